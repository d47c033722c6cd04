// What a form looks like: its head, its questions, its foot, and which of them are there just now.

import { Asking } from "./asking.js";
import { clock } from "./dates.js";
import { counted, fill, focused, h, quiet, reopens, unique } from "./elements.js";
import { BLANK } from "./exercise.js";
import { following, isAsked } from "./following.js";
import { drawAssigned, drawClosed, readings, written } from "./parts.js";
import { drawPicker } from "./picker.js";
import { question } from "./question.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Answer} Answer
 * @typedef {import("./exercise.js").Status} Status
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {import("./exercise.js").Pace} Pace
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {{exercise: Exercise, pace: Pace, box: Outbox, shown: Map<string, Answer>, now: any, savedAt: string, trouble: string, heading: string,
 *            touched: number, ask: (message: object) => void, draw: () => void,
 *            change: (item: Item, value: any, typing?: boolean, status?: Status | null) => void}} Keeper
 *   what a sheet is drawn from: a form
 */

export class Sheet {
  editing = false; // an earlier occasion, opened for changes
  meant = false; // the day that someone up after midnight writes about was chosen
  early = false; // what comes later, opened all the same
  answered = 0; // when something was last answered on this occasion
  /** @type {any} */ #speech;

  constructor(/** @type {Keeper} */ form) {
    const { exercise } = form;
    const { id, texts, items } = exercise;
    this.form = form;
    this.heading = form.heading || unique();
    this.questions = items.map((item) => question(item, this.#desk()));
    this.done = items.find((item) => item.id === `${id}.done`);
    const useful = this.questions.find(({ item }) => item.id === `${id}.useful`);
    this.main = this.questions.filter(({ item }) => item !== useful?.item && item !== this.done);

    this.picker = h("div", { class: "mend-occasion" });
    this.assigned = h("div", { class: "mend-assigned", hidden: true });
    this.voice = h("div", { class: "mend-hidden", "aria-live": "polite" });
    this.wait = h("p", { class: "mend-wait", role: "status" }, texts.opening);
    this.closed = h("div", { class: "mend-closed", hidden: true });
    this.unasked = h("div", { hidden: true });
    this.earlier = h("div", { class: "mend-earlier", hidden: true });
    this.later = h("div", { class: "mend-earlier", hidden: true });
    this.night = h("div", { class: "mend-earlier", role: "group", "aria-label": texts.day_question, hidden: true });
    this.doneButton = h("button", { type: "button", class: "mend-done", onclick: () => this.#toggleDone() });
    const close = h("div", { class: "mend-close" }, useful?.node, this.done ? this.doneButton : null);
    const answered = (/** @type {Item} */ item) => (form.shown.get(item.id) ?? BLANK).status !== "blank";
    this.asking = new Asking(this.main, close, texts,
      { say: (text) => this.say(text), answered: ({ item }) => answered(item),
        unsaved: ({ item }) => Boolean(form.now && form.box.waiting(form.now.occasion, item.id)), begun: () => items.some(answered), calming: exercise.calming, whole: exercise.whole });
    // A browser writes what stands in fields to the disk, to restore tabs, unless a form around them says not to.
    this.body = h("form", { class: "mend-body", autocomplete: "off", novalidate: true, hidden: true,
      onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    this.asking.earlier, this.asking.choice, this.main.map(({ node }) => node), this.asking.others, this.asking.steps, close);
    this.again = quiet(texts.reopen, () => (window.top ?? window).location.assign(reopens() ?? ""), { hidden: true });
    this.settled = h("span", { class: "mend-settled", role: "status" }, texts.nothing_yet);
    this.progress = h("span", { class: "mend-progress" });
    this.foot = h("div", { class: "mend-foot" }, h("span", { class: "mend-state" },
      this.settled, h("span", { class: "mend-saving", "aria-hidden": "true" }, texts.saving)), this.again, this.progress);
    this.root = this.#root(exercise);
  }

  #root(/** @type {Exercise} */ exercise) {
    const { id, texts, language } = exercise;
    return h("section", { class: "mend-form", id, "aria-labelledby": this.heading, lang: language, "data-lm-suppress-shortcuts": "true" },
      h("header", { class: "mend-head" },
        this.form.heading ? null : h("h2", { id: this.heading }, exercise.title),
        h("p", { class: "mend-meta" }, this.form.heading ? texts.private : `${counted(exercise, "minutes", exercise.minutes)} · ${texts.private}`)),
      this.picker, this.assigned,
      exercise.intro_html ? h("div", { class: "mend-intro", html: exercise.intro_html }) : null,
      this.wait, this.closed, this.unasked, this.earlier, this.later, this.night, this.body, this.foot, this.voice);
  }

  /** What a question may ask of its form. @returns {import("./question.js").Desk} */
  #desk() {
    const { form } = this;
    return {
      exercise: form.exercise, heading: this.heading, hands: form.pace.hands, touched: () => form.touched,
      say: (text) => this.say(text), sayLater: (text) => this.sayLater(text),
      answer: (id) => form.shown.get(id), unsaved: (id) => Boolean(form.box.waiting(form.now?.occasion, id)),
      change: (item, value, typing, status) => form.change(item, value, typing, status),
    };
  }

  #toggleDone() {
    if (this.done) this.form.change(this.done, this.form.shown.get(this.done.id)?.value === "yes" ? null : "yes");
  }

  stop() {
    clearTimeout(this.#speech);
    this.asking.stop();
    this.root.remove();
  }

  /** Say something to a screen reader; `sayLater`: once nothing was typed for a moment. */
  say(/** @type {string} */ text) { this.voice.textContent = text; }

  sayLater(/** @type {string} */ text) {
    clearTimeout(this.#speech);
    this.#speech = setTimeout(() => this.say(text), this.form.pace.speak);
  }

  /** Another occasion comes: nobody is at work on it yet. */
  turn() {
    this.editing = false;
    this.answered = 0;
    this.asking.turn();
    this.body.hidden = true;
  }

  /** Show and hide by the conditions, work out numbers, count. */
  follow() {
    const { now, shown, exercise: { texts } } = this.form;
    const { isActive, get } = following(this.form.exercise, now, shown);
    let [answered, skipped, total] = [0, 0, 0];
    for (const asked of this.main) {
      asked.node.hidden = !isActive(asked.item);
      if (asked.item.kind === "computed") asked.show(get(asked.item.id));
      if (asked.node.hidden || !asked.kind.control) continue;
      const status = shown.get(asked.item.id)?.status;
      total += 1;
      answered += Number(status === "answered");
      skipped += Number(status === "skipped");
    }
    this.asking.draw(now.journal);
    this.progress.textContent = total ? fill(skipped ? texts.progress_skipped : texts.progress, { answered, skipped, total }) : "";
    const marked = this.done && shown.get(this.done.id)?.value === "yes";
    this.doneButton.textContent = marked ? texts.done_marked : texts.done;
    this.doneButton.setAttribute("aria-pressed", String(Boolean(marked)));
  }

  drawState() {
    const { box, trouble, savedAt, exercise: { texts, language } } = this.form;
    const reason = box.reason || trouble;
    const busy = box.size > 0 && !box.lost && !reason;
    const text = box.lost ? (box.size ? texts.lost : texts.asleep)
      : reason ? fill(texts.not_saved, { reason })
      : savedAt ? fill(texts.saved, { time: clock(savedAt, language) })
      : texts.nothing_yet;
    if (this.settled.textContent !== text && !busy) this.settled.textContent = text;
    this.again.hidden = !box.lost || !reopens();
    if (this.form.now) this.asking.draw(); // what was not taken stays in sight
    const before = this.root.dataset.state;
    this.root.dataset.state = box.lost ? "lost" : reason ? "trouble" : busy ? "saving" : savedAt ? "saved" : "quiet";
    if ((box.lost || reason) && this.root.dataset.state !== before) requestAnimationFrame(() => this.#uncover());
  }

  /** What went wrong sticks at the bottom from now on: not on the question someone is in. */
  #uncover() {
    const at = /** @type {HTMLElement | null} */ (focused(this.root));
    const item = /** @type {HTMLElement | null} */ (at?.closest(".mend-item"));
    if (!at || !item || !this.body.contains(item)) return;
    const { top, bottom } = this.foot.getBoundingClientRect();
    const seen = [item, at].find((each) => each.offsetHeight < top - 16);
    const place = seen?.getBoundingClientRect();
    if (!seen || !place || place.bottom < top || place.top > bottom) return;
    seen.style.scrollMarginBlock = `8px ${window.innerHeight - top + 8}px`;
    seen.scrollIntoView({ block: "nearest" });
    seen.style.scrollMarginBlock = "";
  }

  /** Whether someone is filling in the occasion that is shown. */
  #atWork() {
    const { now, box, pace } = this.form;
    return !this.body.hidden && (this.body.contains(focused(this.root)) || box.at(now.occasion) || Date.now() - this.answered < pace.rest);
  }

  draw() {
    const { now, exercise, exercise: { texts } } = this.form;
    const all = now.occasions ?? [];
    const occasion = all.find((/** @type {any} */ each) => each.id === now.occasion);
    // A new day closes no form under the hands: its words belong to the occasion they were begun in.
    const past = Boolean(occasion && !occasion.current && !this.editing && !this.#atWork());
    const inside = this.body.contains(focused(this.root));
    this.wait.hidden = true;
    this.picker.hidden = exercise.repeats === "once";
    drawPicker(this.picker, all, now.occasion, exercise, (id) => { this.form.box.flush(); this.form.ask({ type: "occasion", occasion: id }); });
    drawAssigned(this.assigned, now.assigned, exercise);
    this.closed.hidden = !now.closed;
    this.unasked.hidden = Boolean(now.closed) || isAsked(exercise, now);
    this.earlier.hidden = !past || Boolean(now.closed) || !this.unasked.hidden;
    this.later.hidden = !now.later || Boolean(now.closed) || !this.unasked.hidden || this.early || this.#atWork();
    this.body.hidden = past || Boolean(now.closed) || !this.unasked.hidden || !this.later.hidden;
    this.foot.hidden = this.body.hidden;
    const choosing = this.night.contains(focused(this.root));
    this.night.hidden = this.body.hidden || this.meant || !now.night || this.#atWork();
    if (!this.night.hidden) this.#drawNight();
    else if (choosing) this.#first()?.focus();
    if (now.closed) drawClosed(this.closed, now.closed, written(this.#told(), exercise), exercise);
    if (!this.unasked.hidden) this.unasked.replaceChildren(h("p", { class: "mend-help", tabindex: "-1" }, texts.unasked), written(this.#told(), exercise));
    if (!this.earlier.hidden) this.#drawEarlier();
    if (!this.later.hidden) this.#drawLater();
    if (inside && now.closed) this.closed.querySelector("h3").focus();
    else if (inside && !this.unasked.hidden) this.unasked.querySelector("p").focus();
    this.follow();
  }

  #drawEarlier() {
    const { texts } = this.form.exercise;
    const open = () => {
      this.editing = true;
      this.form.draw();
      this.#first()?.focus();
    };
    this.earlier.replaceChildren(h("p", { class: "mend-help" }, texts.earlier), readings(this.#told(), this.form.exercise), quiet(texts.earlier_edit, open));
  }

  /** Shortly after midnight: the new day, or still the one before. */
  #drawNight() {
    const { now: { night }, exercise: { texts } } = this.form;
    if (this.night.dataset.said === night.occasion) return; // nothing in it loses the focus
    this.night.dataset.said = night.occasion;
    const choose = (/** @type {string | null} */ occasion) => {
      this.meant = true;
      if (occasion) this.form.ask({ type: "occasion", occasion });
      else this.form.draw();
    };
    this.night.replaceChildren(h("p", { class: "mend-help" }, texts.day_question),
      quiet(night.yesterday, () => choose(night.occasion)), " ", quiet(night.today, () => choose(null)));
  }

  /** The first field that is shown. @returns {HTMLElement | null} */
  #first() { return this.body.querySelector(".mend-item:not([hidden], .mend-later) .mend-control :is(input, textarea, select, button)"); }

  /** It comes on another day, and may be done now by whoever wants to. */
  #drawLater() {
    if (this.later.dataset.said === this.form.now.later) return; // nothing in it loses the focus
    this.later.dataset.said = this.form.now.later;
    this.later.replaceChildren(h("p", { class: "mend-help" }, this.form.now.later), quiet(this.form.exercise.texts.later_now, () => {
      this.early = true;
      this.form.draw();
      this.#first()?.focus();
    }));
  }

  /** What was answered or skipped here. */
  #told() {
    return this.main.filter(({ kind }) => kind.control)
      .map(({ item }) => ({ item, answer: this.form.shown.get(item.id) ?? BLANK }))
      .filter(({ answer }) => answer.status !== "blank");
  }
}
