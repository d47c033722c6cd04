// All questions one under the other, or one at a time for whoever wants it so; of a form that nobody opened, the first few.

import { fill, h, quiet } from "./elements.js";

/**
 * @typedef {import("./question.js").Question} Question
 * @typedef {{one: boolean, journal: string}} Choice
 */

const CHOSEN = "mend:asking"; // said to the other forms of a page
const FEW = 2; // questions of a form that opened by itself, until someone begins
const MANY = 5; // questions from which on the others wait

/** What is remembered, for this tab and journal only: a way of reading, and nothing that was answered. */
const memory = {
  name: (/** @type {string} */ journal) => `mend one ${journal}`,
  read(/** @type {string} */ journal) {
    try { return sessionStorage.getItem(memory.name(journal)) !== null; } catch { return false; }
  },
  write(/** @type {Choice} */ { one, journal }) {
    try {
      if (one) sessionStorage.setItem(memory.name(journal), "");
      else sessionStorage.removeItem(memory.name(journal));
    } catch { /* no storage here: it holds until the page is left */ }
  },
};

/**
 * Questions as one meets them: each with the notes above it, and the numbers worked out from it below.
 * @returns {Question[][]}
 */
function turns(/** @type {Question[]} */ questions) {
  /** @type {Question[][]} */ const found = [];
  /** @type {Question[]} */ let above = [];
  for (const each of questions) {
    if (each.node.hidden) continue;
    if (each.kind.control) found.push([...above.splice(0), each]);
    else if (each.item.kind === "computed" && found.length && !above.length) found[found.length - 1].push(each);
    else above.push(each);
  }
  if (found.length) found[found.length - 1].push(...above);
  return found;
}

/** Whether something at a question waits for the person: it was not taken, or two versions are offered. */
const waits = (/** @type {Question} */ { notice }) => notice.querySelector(".mend-wrong, button") !== null;

export class Asking {
  few = false; // the form opened by itself: its first questions are enough to see what it is
  /** @type {boolean | null} */ #one = null; // null: nobody was asked yet
  #journal = "";
  /** @type {Question | null} */ #at = null; // whose turn it is
  #place = 0;
  /** @type {Question[][]} */ #turns = [];

  /**
   * @param {Question[]} questions
   * @param {HTMLElement} close   what stands below the last one
   * @param {Record<string, string>} texts
   * @param {{say: (text: string) => void, answered: (question: Question) => boolean, begun: () => boolean}} form
   *   begun: anything of it is answered, be it only whether it was useful
   */
  constructor(questions, close, texts, form) {
    this.questions = questions;
    this.close = close;
    this.texts = texts;
    this.form = form;
    this.choice = h("div", { class: "mend-choice" }, quiet(texts.one_at_a_time, () => this.#choose(!this.#one)));
    this.back = quiet(texts.one_back, () => this.#go(-1));
    this.count = h("span", { class: "mend-count" });
    this.next = quiet(texts.one_next, () => this.#go(1), { class: "mend-quiet mend-next" });
    this.others = h("div", { class: "mend-others", hidden: true }, quiet(texts.others, () => this.#unfold()));
    this.steps = h("div", { class: "mend-turns", role: "group", "aria-label": texts.one_at_a_time, hidden: true }, this.back, this.count, this.next);
    window.addEventListener(CHOSEN, this.#heard);
  }

  stop() { window.removeEventListener(CHOSEN, this.#heard); }

  /** Another occasion: begin with what is not answered there. */
  turn() { this.#at = null; }

  /** Show what is to be seen of the questions that are asked now. */
  draw(journal = this.#journal) {
    if (this.#one === null || journal !== this.#journal) [this.#one, this.#journal] = [memory.read(journal), journal];
    this.#turns = turns(this.questions);
    const several = this.#turns.length > 2;
    const one = this.#one && several;
    const now = one ? this.#now() : null;
    this.choice.hidden = !several;
    this.choice.firstChild.textContent = one ? this.texts.all_at_once : this.texts.one_at_a_time;
    this.steps.hidden = !now;
    this.steps.parentElement?.classList.toggle("mend-one", Boolean(now));
    const few = now ? null : this.#first();
    this.others.hidden = !few;
    const seen = now ?? few;
    for (const each of this.questions) each.node.classList.toggle("mend-later", Boolean(seen && !seen.includes(each) && !waits(each)));
    const last = this.#place === this.#turns.length - 1;
    this.close.classList.toggle("mend-later", Boolean(few || (now && !last)));
    this.back.classList.toggle("mend-away", this.#place === 0);
    this.next.classList.toggle("mend-away", last);
    this.count.textContent = this.#where();
  }

  #where() { return fill(this.texts.one_place, { place: this.#place + 1, total: this.#turns.length }); }

  /** The first few questions, while nobody has begun: the others come with the first answer. @returns {Question[] | null} */
  #first() {
    this.few &&= this.#turns.length >= MANY && !this.form.begun();
    return this.few ? this.#turns.slice(0, FEW).flat() : null;
  }

  #unfold() {
    this.few = false;
    this.draw();
    this.#meet(this.#turns[FEW]);
  }

  /** The turn it is: the one it was, the one before where that is asked no more, the first without an answer. */
  #now() {
    const all = this.#turns;
    const asks = (/** @type {Question[]} */ turn) => /** @type {Question} */ (turn.find(({ kind }) => kind.control));
    const first = all.findIndex((turn) => !this.form.answered(asks(turn)));
    const before = all.findIndex((turn) => asks(turn) === this.#at);
    this.#place = before >= 0 ? before : this.#at ? Math.min(this.#place, all.length - 1) : Math.max(0, first);
    this.#at = asks(all[this.#place]);
    return all[this.#place];
  }

  #go(/** @type {number} */ step) {
    const turn = this.#turns[this.#place + step];
    if (!turn) return;
    this.#at = turn.find(({ kind }) => kind.control) ?? null;
    this.draw();
    this.#meet(turn);
    this.form.say(this.#where());
  }

  /** Go to a question, not to its field: a phone would put its keyboard over it. */
  #meet(/** @type {Question[]} */ [{ node }]) {
    node.tabIndex = -1;
    node.focus();
  }

  #choose(/** @type {boolean} */ one) {
    const choice = { one, journal: this.#journal };
    memory.write(choice);
    window.dispatchEvent(new CustomEvent(CHOSEN, { detail: choice }));
  }

  #heard = (/** @type {Event} */ event) => {
    const { one, journal } = /** @type {CustomEvent<Choice>} */ (event).detail;
    if (journal !== this.#journal) return;
    this.#one = one;
    this.#at = null;
    this.draw();
  };
}
