// A step of a chapter: an exercise closed up to its title, its minutes and its state. Its form is there while it is open.
//
// Reading order: step (one heading, opened and closed) · here (the form in it) · the last step has the acts for all of them.
// A closed step holds no word of an answer, unless that word is not saved yet.

import { dayNear } from "./dates.js";
import { channel, counted, fill, focused, h, unique } from "./elements.js";
import { PACE } from "./exercise.js";
import { Form } from "./form.js";

export { evaluate } from "./conditions.js";
export { mount } from "./form.js";
export { numberOr, tidy } from "./typed.js";

/**
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {import("./elements.js").Transport} Transport
 * @typedef {{answered: number, total: number, minutes: number, done: boolean, day: string | null, closed: string | null,
 *            next: string | null, first: boolean}} State   see form.py
 */

const MANY = 3; // closed steps, above which a page with something to do folds them into one line
const IDLE = 1; // steps with nothing to do yet, above which they are folded as well
const VISIT = "mend-steps"; // in sessionStorage: step → whether it was opened or closed, and nothing else

const ends = (/** @type {string} */ id) => id.split(".").at(-1) ?? id;

/** What the address names, if it is one of these steps: `#now`, or in full `#start.now`. */
const addressed = (/** @type {string[]} */ steps) => steps.find((id) => [`#${id}`, `#${ends(id)}`].includes(location.hash));

/** @returns {Record<string, boolean>} */
function visit() {
  try { return JSON.parse(sessionStorage.getItem(VISIT) ?? "{}"); } catch { return {}; }
}

function remember(/** @type {string} */ id, /** @type {boolean} */ open) {
  try { sessionStorage.setItem(VISIT, JSON.stringify({ ...visit(), [id]: open })); } catch { /* no storage here */ }
}

/** Whether this tab holds words of an exercise that were not saved. */
function held(/** @type {string} */ id) {
  try { return Object.keys(sessionStorage).some((key) => key.startsWith("mend ") && key.includes(` ${id} `)); } catch { return false; }
}

export class Step {
  /** @type {State | null} */ state = null;
  /** @type {Form | null} */ form = null;
  open = false;
  settled = false; // someone, or the first state, has decided whether it is open
  resting = false; // to be closed as soon as everything is saved
  /** @type {boolean | null} */ marked = null; // as done, on the occasion that is shown
  occasion = "";
  page = Math.random().toString(36).slice(2);
  leaving = new AbortController();
  /** @type {any} */ asking;
  unfolded = false; // of the last one: someone asked for the closed steps of the page

  constructor(/** @type {Exercise} */ exercise, /** @type {Transport} */ transport, pace = PACE) {
    const { id, title, words, steps, language } = exercise;
    this.exercise = exercise;
    this.words = words;
    this.transport = transport;
    this.pace = pace;
    this.place = steps.indexOf(id) + 1;
    const [heading, within] = [unique(), unique()];
    this.heading = heading;
    this.mark = h("span", { class: "mend-step-mark", "aria-hidden": "true" }, this.#number());
    this.told = h("span", { class: "mend-step-state" }, this.#minutes(exercise.minutes));
    this.button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": within, onclick: () => this.turn(), onkeydown: (/** @type {KeyboardEvent} */ key) => this.#go(key) },
      this.mark, h("span", { class: "mend-step-title", id: heading }, title), h("span", { class: "mend-hidden" }, ": "), this.told);
    this.said = h("p", { class: "mend-step-said", role: "status" });
    this.body = h("div", { id: within, hidden: true });
    this.after = h("div", { class: "mend-step-after", hidden: true });
    this.root = h("div", { class: "mend-step", "data-step": id, "data-open": "false", lang: language, "data-lm-suppress-shortcuts": "true" },
      h("h2", {}, this.button), this.said, h("p", { class: "mend-step-unprinted" }, words.unprinted), this.body, this.after);
    this.root.step = this; // how the steps of a page, each in a cell of its own, find each other
    this.last = this.place === steps.length ? this.#acts() : null;
  }

  begin() {
    const listen = { signal: this.leaving.signal };
    for (const event of ["keydown", "keypress", "keyup"]) this.root.addEventListener(event, (/** @type {Event} */ key) => key.stopPropagation());
    window.addEventListener("hashchange", () => { if (this.addressed()) this.show(); }, listen);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask(), listen);
    if (this.last) document.addEventListener("mend:print", (event) => { event.preventDefault(); this.print(); }, listen);
    this.unlisten = this.transport.listen((message) => this.receive(message));
    this.ask();
  }

  stop() {
    this.unlisten?.();
    this.leaving.abort();
    clearTimeout(this.asking);
    this.form?.stop();
    this.root.remove();
    this.last?.remove();
  }

  // What is said to the kernel, and heard .............................................................................

  ask() {
    clearTimeout(this.asking);
    try { this.transport.post({ type: "step", page: this.page }); } catch { /* a closed channel: asked again below */ }
    if (!this.state) this.asking = setTimeout(() => this.ask(), this.pace.acknowledge);
  }

  receive(/** @type {any} */ message) {
    if (message?.type === "saved" || message?.type === "changed") this.ask();
    if (message?.type === "failed" && message.page === this.page && !this.state) this.said.textContent = message.reason;
    if (message?.type !== "step") return;
    clearTimeout(this.asking);
    if (!this.state) this.said.textContent = "";
    const before = this.state?.next;
    this.state = message;
    if (this.after.firstChild && before !== message.next && !this.after.contains(focused(this.root))) this.#offer(); // what is next came after “done”
    this.draw();
    if (!this.settled) this.#settle(message);
    this.root.dataset.known = "true";
    this.#gather();
  }

  /** Open what the address names, else what was open before, else the first that is not done. */
  #settle(/** @type {State} */ { first }) {
    const { id, steps } = this.exercise;
    const before = visit()[id];
    this.settled = true;
    if (this.addressed()) this.show();
    else if (before ?? (first && !addressed(steps))) this.unfold(before === undefined);
    else if (held(id)) this.unfold(); // they come back with the form, and are saved
  }

  addressed() { return addressed([...this.exercise.steps, this.exercise.id]) === this.exercise.id; }

  // Open and closed ...................................................................................................

  turn() {
    if (this.open) this.fold();
    else this.unfold();
    remember(this.exercise.id, this.open);
  }

  /** Open it; `itself`: nobody asked for it, so a long form shows its first questions, and none that was answered before. */
  unfold(itself = false) {
    this.settled = true;
    this.open = true;
    this.resting = false;
    this.said.textContent = "";
    if (!this.form) {
      this.form = new Form(this.exercise, this.transport, this.pace, { heading: this.heading, moved: () => this.moved() });
      this.form.sheet.asking.few = itself;
      this.body.replaceChildren(this.form.sheet.root);
      this.form.begin();
    }
    this.draw();
  }

  fold() {
    this.settled = true;
    this.open = false;
    this.form?.box.flush();
    this.#letGo();
    this.draw();
  }

  /** Take the form away once it is closed and everything in it is saved. */
  #letGo() {
    if (this.open || !this.form || this.form.box.size) return;
    this.form.stop();
    this.form = null;
    this.marked = null;
    this.after.replaceChildren();
    this.draw();
  }

  /** Open it and go there: the address names it, or the step before led here. */
  show() {
    this.unfold();
    remember(this.exercise.id, true);
    this.button.focus({ preventScroll: true });
    this.root.scrollIntoView();
  }

  /** Every answer of the form is drawn. */
  get ready() { return Boolean(this.form?.now); }

  /** The form changed: is it saved, done, begun on another day? */
  moved() {
    const { form } = this;
    if (!form?.now) return;
    if (this.addressed() && !this.arrived && focused(this.root) === this.button) this.root.scrollIntoView();
    this.arrived = true;
    const done = form.shown.get(`${this.exercise.id}.done`)?.value === "yes";
    if (form.now.occasion !== this.occasion) this.marked = null;
    if (done && this.marked === false) this.#offer();
    else if (!done) this.after.replaceChildren();
    this.occasion = form.now.occasion;
    this.marked = done;
    if (this.resting && !form.box.size) this.#rest();
    else if (!this.open) queueMicrotask(() => this.#letGo()); // the form is still at work on a message
    this.draw();
  }

  /** After “mark as done”: the next step, and that this may be enough. */
  #offer() {
    const { words } = this;
    const next = this.others().find(({ exercise }) => exercise.id === this.state?.next);
    this.after.replaceChildren(
      h("p", {}, next ? words.marked : `${words.marked} ${words.last}`),
      next ? h("button", { type: "button", class: "mend-step-next", onclick: () => this.#leadTo(next) }, fill(words.next, next.exercise)) : "",
      h("button", { type: "button", onclick: () => this.#enough() }, words.enough));
  }

  #leadTo(/** @type {Step} */ next) {
    this.fold();
    remember(this.exercise.id, false);
    next.show();
  }

  #enough() {
    this.resting = true;
    this.form?.box.flush();
    if (!this.form?.box.size) this.#rest();
  }

  #rest() {
    this.resting = false;
    remember(this.exercise.id, false);
    queueMicrotask(() => {
      this.fold();
      this.said.textContent = this.words.rest;
      this.button.focus();
    });
  }

  // How it looks ......................................................................................................

  /** What is asked here for another chapter has no number on this page. */
  #number() { return this.place ? String(this.place) : "•"; }

  #minutes(/** @type {number} */ minutes) { return counted({ texts: this.words, language: this.exercise.language }, "minutes", minutes); }

  /** The state in words, and in one word for the look. @returns {[string, string]} */
  #how() {
    const { state, words, exercise: { language, repeats, minutes } } = this;
    if (!state) return [this.#minutes(minutes), ""];
    if (state.closed) return [fill(words.closed, { why: state.closed }), "closed"];
    if (state.done) {
      const day = state.day && dayNear(state.day, language);
      return [[day ? fill(words.done, { day }) : words.done_today, words[repeats]].filter(Boolean).join(" · "), "done"];
    }
    if (!state.total) return [words.nothing, "nothing"];
    const left = this.#minutes(state.minutes);
    if (!state.answered) return [fill(words.new, { minutes: left }), "new"];
    return [fill(state.minutes ? words.begun_left : words.begun, { ...state, minutes: left }), "begun"];
  }

  draw() {
    const [text, how] = this.#how();
    const unsaved = !this.open && this.form?.box.size;
    const told = unsaved ? `${text} · ${this.words.unsaved}` : text;
    if (this.told.textContent !== told) this.told.textContent = told;
    this.mark.textContent = how === "done" ? "✓" : how === "closed" || how === "nothing" ? "–" : this.#number();
    this.root.dataset.how = how;
    this.root.dataset.open = String(this.open);
    this.button.setAttribute("aria-expanded", String(this.open));
    this.body.hidden = !this.open;
    if (this.open) this.root.removeAttribute("data-folded");
    this.#recount();
    this.after.hidden = !this.open || !this.after.firstChild;
  }

  // All steps of the page .............................................................................................

  get folded() { return "folded" in this.root.dataset; }

  /** Nothing is asked in it yet: its day comes. */
  get idle() { return Boolean(this.state && !this.state.closed && !this.state.done && !this.state.total); }

  /**
   * Where there is something to do, many closed steps are one line, and those that come later, until someone asks for
   * them. One that holds words that are not saved, or where someone is, stays in sight.
   */
  #gather(unfolding = false) {
    const all = this.others();
    const last = all.find((step) => step.last);
    if (!last) return;
    last.unfolded ||= unfolding;
    const still = all.filter(({ open, form, root }) => !open && !form?.box.size && !root.contains(focused(root)));
    const closed = still.filter(({ state }) => state?.closed);
    const idle = still.filter(({ idle }) => idle);
    const waits = all.some(({ state }) => state && !state.closed && !state.done && state.total);
    const folds = waits && !last.unfolded ? [...(closed.length > MANY ? closed : []), ...(idle.length > IDLE ? idle : [])] : [];
    for (const step of all) step.root.toggleAttribute("data-folded", folds.includes(step));
    this.#recount();
  }

  /** Say how many are behind the one line now (one that was opened is not), and whether all can be opened or closed. */
  #recount() {
    const all = this.others();
    const last = all.find((step) => step.last);
    const folded = all.filter((step) => step.folded);
    if (!last?.all) return;
    last.all.textContent = all.every((step) => step.open) ? this.words.close_all : this.words.open_all;
    last.more.hidden = !folded.length;
    const why = folded.some((step) => step.idle) ? "not_now" : "folded";
    last.more.textContent = counted({ texts: this.words, language: this.exercise.language }, why, folded.length);
  }

  /** Every step on this page, in order; in JupyterLab's editor another notebook may stand beside it. @returns {Step[]} */
  others() {
    const page = this.root.closest(".jp-Notebook") ?? document;
    return [...page.querySelectorAll(".mend-step")].map((each) => /** @type {any} */ (each).step).filter(Boolean);
  }

  /** From heading to heading, with the arrows, to either end, or by number. */
  #go(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = this.others();
    const at = all.indexOf(this);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key] ?? (/^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1);
    if (!all[to]) return;
    event.preventDefault();
    if (all[to].folded) this.#gather(true);
    all[to].button.focus();
  }

  #acts() {
    const { words } = this;
    const all = h("button", { type: "button", hidden: this.place === 1, onclick: () => { // a step alone has its own heading for it
      const open = this.others().some((step) => !step.open);
      for (const step of this.others()) {
        if (step.open !== open) step.turn();
      }
    } }, words.open_all);
    this.all = all;
    this.printed = h("p", { role: "status" });
    this.more = h("button", { type: "button", class: "mend-step-more", "aria-expanded": "false", hidden: true, onclick: () => {
      const first = this.others().find((step) => step.folded);
      this.#gather(true);
      first?.button.focus();
    } });
    return h("div", { class: "mend-step-acts" }, this.more, all, h("button", { type: "button", onclick: () => this.print() }, words.print), this.printed);
  }

  /** Open every step, wait for its answers, print, and close again what was closed. */
  async print() {
    const all = this.others();
    const closed = all.filter((step) => !step.open);
    const back = () => {
      closed.forEach((step) => step.fold());
      this.#gather();
    };
    this.printed.textContent = this.words.printing;
    for (const step of closed) step.unfold();
    const until = Date.now() + 2 * this.pace.acknowledge;
    while (!all.every((step) => step.ready) && Date.now() < until) await new Promise((go) => setTimeout(go, 50));
    const complete = all.every((step) => step.ready);
    this.printed.textContent = complete ? "" : this.words.print_missing;
    if (!complete) {
      back();
      this.printed.scrollIntoView({ block: "nearest" });
      return;
    }
    window.addEventListener("afterprint", back, { once: true });
    window.print();
  }
}

export default {
  render(/** @type {{model: any, el: HTMLElement}} */ { model, el }) {
    const step = new Step(model.get("exercise"), channel(model));
    el.replaceChildren(step.root, ...(step.last ? [step.last] : []));
    step.begin();
    return () => step.stop();
  },
};
