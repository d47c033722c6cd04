// One exercise as one form.
//
//   mount(element, exercise, transport)   draws the form and keeps it in step with its answers
//   transport = { post(message), listen(receive) → stop }   is all it knows of the outside
//
// Reading order: exercise (shapes) · fields, choosing, shares, table (controls) · kinds (one row each) · question ·
// outbox (saving) · sheet (what is drawn) · this (what is said). It holds no sentence of its own: every text comes with
// the exercise, so that a workbook has one language.

import { clock, latestToday } from "./dates.js";
import { UNTRANSLATED, fill, h, own, quiet, same } from "./elements.js";
import { BLANK, PACE, gist } from "./exercise.js";
import { pasteAsMeant } from "./fields.js";
import { Outbox } from "./outbox.js";
import { reading, said } from "./parts.js";
import { Sheet } from "./sheet.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Answer} Answer
 * @typedef {import("./exercise.js").Status} Status
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {import("./exercise.js").Pace} Pace
 * @typedef {import("./elements.js").Transport} Transport
 * @typedef {import("./outbox.js").Pending} Pending
 * @typedef {import("./question.js").Question} Question
 */

const FIELDS = ["input", "textarea", "button", "select"].map((tag) => `.mend-control ${tag}`).join(", ");

/**
 * An exercise in step with its answers. Controls are made once and only ever change their values, so that nothing that
 * arrives can take the focus or the caret away.
 */
export class Form {
  /** @type {Map<string, Answer>} what the kernel last said */ known = new Map();
  /** @type {Map<string, Answer>} what is on the page */ shown = new Map();
  /** @type {any} the latest `answers` message */ now = null;
  savedAt = "";
  touched = 0; // when a key was last pressed here
  trouble = ""; // of the whole form, not of one answer
  onScreen = true;
  page = Math.random().toString(36).slice(2);
  /** @type {any} */ expecting;
  leaving = new AbortController();

  /** `heading`: the id of one that stands above it, else it draws its own; `moved`: there may be something new to say. */
  constructor(/** @type {Exercise} */ exercise, /** @type {Transport} */ transport, /** @type {Pace} */ pace, { heading = "", moved = () => {} } = {}) {
    this.exercise = exercise;
    this.heading = heading;
    this.moved = moved;
    this.transport = transport;
    this.pace = pace;
    this.box = new Outbox((message) => this.post(message), pace, () => this.drawState());
    this.sheet = new Sheet(this);
  }

  begin() {
    const { root } = this.sheet;
    this.watch = new IntersectionObserver((seen) => { this.onScreen = seen.some((each) => each.isIntersecting); });
    this.watch.observe(root);
    const listen = { signal: this.leaving.signal };
    root.addEventListener("focusout", () => this.box.flush());
    root.addEventListener("beforeinput", pasteAsMeant);
    root.addEventListener("input", () => { this.touched = Date.now(); });
    for (const event of ["keydown", "keypress", "keyup"]) root.addEventListener(event, (/** @type {KeyboardEvent} */ key) => this.pressed(key));
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? this.box.flush() : this.refresh()), listen);
    window.addEventListener("pagehide", () => this.box.flush(), listen);
    window.addEventListener("focus", () => this.refresh(), listen);
    this.poll = setInterval(() => this.visible() && !this.box.size && this.refresh(), this.pace.refresh);
    this.unlisten = this.transport.listen((message) => this.receive(message));
    this.ask({ type: "ready" });
  }

  stop() {
    this.box.stop();
    this.unlisten?.();
    this.leaving.abort();
    this.watch?.disconnect();
    clearInterval(this.poll);
    clearTimeout(this.expecting);
    this.sheet.stop();
  }

  /** JupyterLab's single keys delete cells; what is typed here stays here. */
  pressed(/** @type {KeyboardEvent} */ key) {
    key.stopPropagation();
    this.touched = Date.now();
    if (key.type !== "keydown" || key.key !== "s" || !(key.ctrlKey || key.metaKey)) return;
    key.preventDefault();
    this.box.flush();
  }

  visible() { return document.visibilityState === "visible" && this.onScreen; }

  asked(/** @type {string} */ id) { return this.sheet.questions.find((each) => each.item.id === id); }

  /** The person answered: show it, keep it, and let the rest of the page follow. */
  change(/** @type {Item} */ item, /** @type {any} */ value, typing = false, /** @type {Status | null} */ status = null) {
    if (!this.now) return;
    this.sheet.answered = Date.now();
    const last = this.known.get(item.id) ?? BLANK;
    /** @type {Answer} */
    const answer = { ...last, value, status: status ?? (value === null ? "blank" : "answered"), hints: this.shown.get(item.id)?.hints };
    this.shown.set(item.id, answer);
    const asked = this.asked(item.id);
    if (asked && !asked.notice.querySelector("button")) asked.notice.replaceChildren(); // an offer stays until it is taken or left
    asked?.invalid(false);
    if (typing) asked?.node.querySelector(".mend-acts .mend-away")?.classList.remove("mend-away");
    else asked?.show(answer);
    this.box.put({ item: item.id, occasion: this.now.occasion, value, status: answer.status, seen: last.version, last: gist(last) }, typing);
    this.sheet.follow();
  }

  // What is said to the kernel, and heard .............................................................................

  post(/** @type {object} */ message) {
    try { this.transport.post({ ...message, page: this.page }); } catch { /* a closed channel: no reply comes, and the form says so */ }
  }

  /** Ask the kernel for answers; when none come, say so and ask again. */
  ask(/** @type {any} */ message) {
    this.post(message);
    this.expecting ??= setTimeout(() => {
      this.expecting = undefined;
      if (this.now && !this.trouble) this.box.lost = true; // else the kernel has said what is wrong
      else if (!this.now) this.sheet.wait.textContent = this.exercise.texts.waiting;
      this.drawState();
      if (!this.now || this.visible()) this.ask(message);
    }, this.pace.acknowledge);
  }

  refresh() { if (this.now) this.ask({ type: "refresh", occasion: this.now.occasion }); }

  receive(/** @type {any} */ message) {
    if (typeof message !== "object" || message === null || !Object.hasOwn(HEARD, message.type)) return;
    const { lost } = this.box;
    HEARD[message.type](this, message);
    this.box.alive();
    if (lost) this.sheet.say(this.exercise.texts.back);
    this.drawState();
  }

  answers(/** @type {any} */ message) {
    if (message.page && message.page !== this.page) return; // meant for another view of this form
    if (typeof message.occasion !== "string" || typeof message.answers !== "object") return;
    clearTimeout(this.expecting);
    this.expecting = undefined;
    this.trouble = "";
    if (message.closed) this.box.flush(); // a safety rule closes the form: what was being written goes out first
    const first = !this.now;
    const turned = message.occasion !== this.now?.occasion;
    if (turned) this.sheet.turn();
    this.now = message;
    this.box.hold(`mend ${message.journal ?? ""} ${this.exercise.id} `, message.keep);
    for (const asked of this.sheet.questions.filter(({ kind }) => kind.control)) {
      const incoming = { ...BLANK, ...own(message.answers, asked.item.id) };
      if (turned) this.load(asked, incoming);
      else this.merge(asked, incoming);
      asked.comment.replaceChildren(...(incoming.comment ? [said(incoming.comment, this.exercise)] : []));
    }
    for (const asked of this.sheet.questions.filter(({ item }) => item.kind === "note")) asked.show(message.quoted);
    if (turned) this.savedAt = latestToday(message.answers);
    if (first) this.restore();
    this.draw();
    if (first && !this.heading && location.hash === `#${this.exercise.id}`) this.sheet.root.scrollIntoView();
  }

  saved(/** @type {any} */ message) {
    if (message.page !== this.page) { this.refresh(); return; } // another view of this form saved something
    const change = this.box.acknowledge(message);
    this.savedAt = message.at;
    if (!change || message.occasion !== this.now?.occasion) return;
    const { item, at, version } = message;
    const value = "value" in message ? message.value : change.value; // as it is kept
    this.known.set(item, { ...this.known.get(item), value, status: change.status, at, version });
    const asked = this.asked(item);
    const answer = this.shown.get(item);
    if (!asked || !answer || !same(answer.value, change.value)) return;
    const kept = { ...answer, value, at, version, hints: message.hints ?? [] };
    this.shown.set(item, kept);
    asked.show(kept);
    if (message.overtaken) asked.notice.replaceChildren(h("p", {}, this.exercise.texts.changed_overtaken));
  }

  notSaved(/** @type {any} */ message, /** @type {boolean} */ refused) {
    if (message.page && message.page !== this.page) return;
    if (!message.seq) {
      this.trouble = message.reason;
      if (!this.now) this.sheet.wait.textContent = message.reason;
      return;
    }
    this.box.trouble(message, refused);
    const asked = this.asked(message.item);
    if (!refused || !asked || this.box.waiting(this.now?.occasion, message.item)?.seq !== message.seq) return;
    asked.notice.replaceChildren(h("p", { class: "mend-wrong" }, message.reason));
    asked.invalid(true);
  }

  // Two versions of one answer ........................................................................................

  /** Another occasion, or the first: show what is there, or what waits to be saved. */
  load(/** @type {Question} */ asked, /** @type {Answer} */ incoming) {
    const { id } = asked.item;
    const waiting = this.box.waiting(this.now.occasion, id);
    this.known.set(id, incoming);
    const answer = waiting ? { ...incoming, value: waiting.value, status: waiting.status } : incoming;
    this.shown.set(id, answer);
    asked.notice.replaceChildren();
    asked.show(answer, true);
  }

  /** The same occasion again: what another page changed is shown, unless the person is writing here. */
  merge(/** @type {Question} */ asked, /** @type {Answer} */ incoming) {
    const { id } = asked.item;
    const { texts, language } = this.exercise;
    const before = this.known.get(id) ?? BLANK;
    const waiting = this.box.waiting(this.now.occasion, id);
    if (!waiting && asked.inHand()) return; // asked again soon; words written until then are the later ones, and say so
    this.known.set(id, incoming);
    if (same(gist(incoming), gist(before))) {
      if (!waiting) this.shown.set(id, { ...incoming, hints: incoming.hints ?? this.shown.get(id)?.hints });
      return;
    }
    if (!waiting) {
      this.shown.set(id, incoming);
      asked.show(incoming, true);
      const text = incoming.at ? fill(texts.changed, { time: clock(incoming.at, language) }) : texts.changed_sometime;
      asked.notice.replaceChildren(h("p", {}, text));
    } else if (!same(gist(incoming), gist(waiting))) {
      const text = fill(texts.changed_typing, { time: clock(incoming.at, language) });
      this.offer(asked, text, incoming, [texts.use_other, texts.keep_mine]);
    }
  }

  /** Both are shown, and the person chooses. `labels`: of the button that takes the other, and of the one that leaves it. */
  offer(/** @type {Question} */ asked, /** @type {string} */ text, /** @type {Answer} */ other, /** @type {string[]} */ labels, chosen = () => {}) {
    const settle = (/** @type {boolean} */ taken) => {
      const focus = /** @type {HTMLElement | null} */ (asked.node.querySelector(FIELDS));
      asked.notice.replaceChildren();
      chosen();
      if (taken) this.change(asked.item, other.value, false, other.status);
      focus?.focus();
    };
    asked.notice.replaceChildren(h("p", {}, text), h("blockquote", UNTRANSLATED, reading(asked.item, other, this.exercise)),
      h("p", { class: "mend-offer" }, quiet(labels[0], () => settle(true)), quiet(labels[1], () => settle(false))));
  }

  /** What this tab held when the connection was lost: saved now, unless something later was saved elsewhere. */
  async restore() {
    for (const entry of await this.box.held()) {
      if (!this.box.waiting(entry.occasion, entry.item)) this.restoreOne(entry); // else it was already written anew
    }
    this.draw();
  }

  restoreOne(/** @type {Pending} */ entry) {
    const { item, occasion, value, status } = entry;
    const { texts } = this.exercise;
    const asked = this.asked(item);
    const stored = this.known.get(item) ?? BLANK;
    const here = occasion === this.now.occasion;
    const ours = same(gist(stored), entry.last);
    if (!asked || (here && same(stored.value, value) && stored.status === status)) {
      this.box.release(entry);
    } else if (here && stored.at && !ours && new Date(stored.at) > new Date(entry.held)) {
      this.box.putAside(entry);
      this.offer(asked, texts.held, { ...BLANK, value, status }, [texts.use_mine, texts.use_other], () => this.box.release(entry));
    } else {
      if (here) {
        const answer = { ...stored, value, status };
        this.shown.set(item, answer);
        asked.show(answer, true);
      }
      this.box.put({ item, occasion, value, status, seen: here ? stored.version : entry.seen, last: here ? gist(stored) : entry.last });
      if (entry.place?.endsWith(entry.held)) this.box.release(entry); // it had been put aside
    }
  }

  draw() {
    this.sheet.draw();
    this.drawState();
  }

  drawState() {
    this.sheet.drawState();
    this.moved();
  }
}

/** Every message the kernel may write; anything else is left alone. @type {Record<string, (form: Form, message: any) => void>} */
const HEARD = {
  answers: (form, message) => form.answers(message),
  saved: (form, message) => form.saved(message),
  refused: (form, message) => form.notSaved(message, true),
  failed: (form, message) => form.notSaved(message, false),
  changed: (form) => form.refresh(),
};

/**
 * Draw an exercise and keep it in step with its answers.
 *
 * @param {HTMLElement} element
 * @param {Exercise} exercise
 * @param {Transport} transport
 * @param {Partial<Pace>} [pace]
 * @returns {() => void} take it away again
 */
export function mount(element, exercise, transport, pace = {}) {
  const form = new Form(exercise, transport, { ...PACE, ...pace });
  element.replaceChildren(form.sheet.root);
  form.begin();
  return () => form.stop();
}
