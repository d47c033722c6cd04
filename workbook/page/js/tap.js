// The day in one tap: a button for each answer, undo beside it, and what became of it said.

import { clock } from "./dates.js";
import { UNTRANSLATED, fill, focused, h, quiet } from "./elements.js";

/**
 * @typedef {{occasion: string, name: string, value: string | null}} Day
 * @typedef {{small: string, options: [string, string][], today: Day, yesterday: Day, blank: boolean, night: boolean, more: string}} Taps
 * @typedef {{kind: "saved" | "undone", day: string, word: string, at: string}} Did
 * @typedef {{tap: Taps | null, undo: string | null, did: Did | null}} Told
 */

export class Tap {
  /** @type {Told | null} */ told = null;
  /** @type {"today" | "yesterday" | null} the day that was asked for */ chosen = null;
  asked = 0; // what was tapped and not answered yet
  drawn = ""; // the buttons: what is heard again takes none from under a finger
  undoing = false;

  /** @param {Record<string, string>} texts @param {string} language @param {(type: string, fields?: object) => Promise<void>} ask */
  constructor(texts, language, ask) {
    this.texts = texts;
    this.language = language;
    this.ask = ask;
    this.title = h("h2");
    this.body = h("div", { class: "mend-days" });
    this.said = h("span", { role: "status" });
    this.undo = quiet(texts.undo, () => this.post("undo"), { hidden: true });
    this.node = h("section", { class: "mend-now", hidden: true }, this.title, this.body, h("p", { class: "mend-did" }, this.said, this.undo));
  }

  /** Draw it anew, and leave the focus where it is: on the same button, or on what comes in its place. */
  draw(/** @type {Told | null} */ told) {
    const tap = told?.tap ?? null;
    const at = this.node.contains(focused(this.node)) ? focused(this.node) : null;
    if (tap?.today.occasion !== this.told?.tap?.today.occasion) this.chosen = null; // a new day
    this.told = told;
    this.node.hidden = !tap;
    this.title.textContent = tap?.small ? this.texts.small : this.texts.small_none;
    const drawn = JSON.stringify([tap, this.chosen]);
    if (drawn !== this.drawn) this.body.replaceChildren(...(tap ? this.parts(tap) : []));
    this.drawn = drawn;
    this.undo.hidden = !told?.undo;
    if (told?.did) this.say(fill(this.texts[told.did.kind], { ...told.did, time: clock(told.did.at, this.language) }));
    else if (!tap) this.say("");
    if (!at || at.isConnected && !at.hidden) return;
    const same = at.dataset.key && this.body.querySelector(`[data-key="${CSS.escape(at.dataset.key)}"]`);
    (same || (this.undo.hidden ? this.body.querySelector("button") : this.undo))?.focus();
  }

  /** @returns {HTMLElement[]} */
  parts(/** @type {Taps} */ tap) {
    const { texts } = this;
    const small = tap.small ? [h("p", { class: "mend-small-thing", ...UNTRANSLATED }, `“${tap.small}”`)] : [];
    if (tap.night && !this.chosen) {
      return [...small, h("p", {}, texts.night), h("p", { class: "mend-taps" },
        this.choose("yesterday", fill(texts.night_yesterday, { day: tap.yesterday.name })), this.choose("today", fill(texts.night_today, { day: tap.today.name })))];
    }
    if (tap.night && this.chosen === "yesterday") return [...small, this.group(tap, tap.yesterday)];
    const before = !tap.blank || tap.night ? []
      : this.chosen === "yesterday" ? [h("p", {}, tap.yesterday.name), this.group(tap, tap.yesterday)]
      : [h("p", {}, texts.yesterday, " ", this.choose("yesterday", texts.yesterday_fill))];
    return [...small, this.group(tap, tap.today), ...before];
  }

  group(/** @type {Taps} */ tap, /** @type {Day} */ { occasion, name, value }) {
    return h("div", { class: "mend-taps", role: "group", "aria-label": fill(this.texts.went, { day: name }) }, tap.options.map(([code, label]) =>
      h("button", { type: "button", "aria-pressed": String(code === value), "data-key": `${occasion} ${code}`, onclick: () => this.post("tap", { occasion, value: code }) }, label)));
  }

  choose(/** @type {"today" | "yesterday"} */ day, /** @type {string} */ text) {
    return quiet(text, () => {
      this.chosen = day;
      const { told } = this;
      this.draw(told && { ...told, did: null });
      this.body.querySelector(`[data-key^="${told?.tap?.[day].occasion}"]`)?.focus();
    });
  }

  async post(/** @type {string} */ type, fields = {}) {
    if (type === "undo" && this.undoing) return;
    this.undoing = type === "undo";
    this.asked += 1;
    this.say(this.texts.saving);
    await this.ask(type, fields);
    this.asked -= 1;
    this.undoing = false;
  }

  /** Nothing was heard for a while. */
  lost() {
    if (this.asked) this.say(this.texts.lost);
    this.undoing = false;
  }

  say(/** @type {string} */ text) { if (this.said.textContent !== text) this.said.textContent = text; }
}
