// All questions one under the other, or one at a time: for whoever wants it so, and in a form that would be a wall of them.
// Of a form that nobody opened, the first few; of one that was begun before, what is still open.

import { fill, h, quiet } from "./elements.js";

/**
 * @typedef {import("./question.js").Question} Question
 * @typedef {{one: boolean, journal: string}} Choice
 * @typedef {{say: (text: string) => void, answered: (question: Question) => boolean, unsaved: (question: Question) => boolean, begun: () => boolean, calming: boolean, whole: boolean}} Sheet
 *   unsaved: words of it are in this tab alone; begun: anything of it is answered, be it only whether it was useful; calming, whole: see exercise.js
 */

const CHOSEN = "mend:asking"; // said to the other forms of a page
const FEW = 2; // questions of a form that opened by itself, until someone begins
const MANY = 5; // questions from which on the others wait
const LONG = 65; // lines of questions and options, above which a form is a wall

/** What is remembered, for this tab and journal only: a way of reading, and nothing that was answered. */
const memory = {
  name: (/** @type {string} */ journal) => `mend one ${journal}`,
  /** @returns {boolean | null} null: nobody chose */
  read(/** @type {string} */ journal) {
    try { return { one: true, all: false }[sessionStorage.getItem(memory.name(journal)) ?? ""] ?? null; } catch { return null; }
  },
  write(/** @type {Choice} */ { one, journal }) {
    try { sessionStorage.setItem(memory.name(journal), one ? "one" : "all"); } catch { /* no storage here: it holds until the page is left */ }
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

const asks = (/** @type {Question[]} */ turn) => /** @type {Question} */ (turn.find(({ kind }) => kind.control));

/** About how many lines a form takes: three a question, and one an option. */
const lines = (/** @type {Question[][]} */ all) => all.reduce((sum, turn) => sum + 3 + (asks(turn).item.options?.length ?? 0), 0);

export class Asking {
  few = false; // the form opened by itself: its first questions are enough to see what it is
  /** @type {boolean | null} */ #one = null; // null: nobody chose
  /** @type {boolean | null} */ #long = null; // it was a wall of questions when it came; null: it has not come yet
  /** @type {Set<Question> | null} */ #given = null; // answered before it opened by itself
  #all = false; // someone asked for the other questions
  #journal = "";
  /** @type {Question | null} */ #at = null; // whose turn it is
  #place = 0;
  /** @type {Question[][]} */ #turns = [];

  /**
   * @param {Question[]} questions
   * @param {HTMLElement} close   what stands below the last one
   * @param {Record<string, string>} texts
   * @param {Sheet} form
   */
  constructor(questions, close, texts, form) {
    this.questions = questions;
    this.close = close;
    this.texts = texts;
    this.form = form;
    this.choice = h("div", { class: "mend-choice" }, quiet(texts.one_at_a_time, () => this.#choose(this.steps.hidden)));
    this.back = quiet(texts.one_back, () => this.#go(-1));
    this.count = h("span", { class: "mend-count" });
    this.next = quiet(texts.one_next, () => this.#go(1), { class: "mend-quiet mend-next" });
    this.earlier = h("div", { class: "mend-given", hidden: true }, quiet(texts.given, () => this.#recall()));
    this.others = h("div", { class: "mend-others", hidden: true }, quiet(texts.others, () => this.#unfold()));
    this.steps = h("div", { class: "mend-turns", role: "group", "aria-label": texts.one_at_a_time, hidden: true }, this.back, this.count, this.next);
    window.addEventListener(CHOSEN, this.#heard);
  }

  stop() { window.removeEventListener(CHOSEN, this.#heard); }

  /** Another occasion: begin with what is not answered there. Whoever went to it sees all of it. */
  turn() {
    if (this.#given) this.few = false;
    this.#at = this.#long = this.#given = null;
    this.#all = false;
  }

  /** Show what is to be seen of the questions that are asked now. */
  draw(journal = this.#journal) {
    if (journal !== this.#journal) [this.#one, this.#journal] = [memory.read(journal), journal];
    this.#turns = turns(this.questions);
    this.#long ??= lines(this.#turns) > LONG;
    this.#given ??= this.#before();
    for (const each of this.#given) if (this.form.unsaved(each)) this.#given.delete(each); // what nobody keeps yet is seen
    const several = this.#turns.length > 2;
    const one = (this.#one ?? (this.#long && !this.#all)) && several;
    const now = one ? this.#now() : null;
    this.choice.hidden = !several || (!now && this.#turns.length - (this.#given?.size ?? 0) <= 2);
    this.choice.firstChild.textContent = one ? this.texts.all_at_once : this.texts.one_at_a_time;
    this.steps.hidden = !now;
    this.steps.parentElement?.classList.toggle("mend-one", Boolean(now));
    const seen = now ? [now] : this.#seen();
    const held = this.#turns.filter((turn) => !seen.includes(turn));
    this.earlier.hidden = Boolean(now) || !held.some(this.#isGiven);
    this.others.hidden = Boolean(now) || held.every(this.#isGiven);
    const stays = (/** @type {Question} */ each) => waits(each) || (!now && this.form.calming && each.item.kind === "note");
    const later = new Set(held.flat().filter((each) => !stays(each)));
    for (const each of this.questions) each.node.classList.toggle("mend-later", later.has(each));
    const last = this.#place === this.#turns.length - 1;
    const more = !this.others.hidden && !(this.form.calming && this.form.begun());
    this.close.classList.toggle("mend-later", now ? !last : more);
    this.back.classList.toggle("mend-away", this.#place === 0);
    this.next.classList.toggle("mend-away", last);
    this.count.textContent = this.#where();
  }

  /** What was answered before it opened by itself is not read out to whoever comes, if anything is left to ask. */
  #before() {
    const answered = this.#turns.map(asks).filter(this.form.answered);
    return new Set(this.few && !this.form.calming && answered.length < this.#turns.length ? answered : []);
  }

  #where() { return fill(this.texts.one_place, { place: this.#place + 1, total: this.#turns.length }); }

  #isGiven = (/** @type {Question[]} */ turn) => Boolean(this.#given?.has(asks(turn)));

  /** The turns that are shown where they stand one under the other. */
  #seen() {
    const all = this.#turns.filter((turn) => !this.#isGiven(turn));
    const { calming, whole, begun } = this.form;
    this.few &&= this.#turns.length >= MANY && (calming ? !whole : !begun());
    if (this.few && !calming) return all.slice(0, FEW);
    return this.few || (this.#one === null && !this.#all && lines(this.#turns) > LONG) ? this.#growing(all) : all;
  }

  /** What is answered, and the next questions: the others come one by one. */
  #growing(/** @type {Question[][]} */ all) {
    const open = all.filter((turn) => !this.form.answered(asks(turn)));
    return all.filter((turn) => !open.includes(turn) || open.indexOf(turn) < FEW);
  }

  /** Someone asked for the questions that wait. */
  #unfold() {
    const seen = this.#seen();
    const next = this.#turns.find((turn) => !seen.includes(turn) && !this.#isGiven(turn));
    this.few = false;
    this.#all = true;
    this.draw();
    if (next) this.#meet(next);
  }

  /** Someone asked for what was answered before. */
  #recall() {
    const first = this.#turns.find(this.#isGiven);
    this.#given = new Set();
    this.draw();
    if (first) this.#meet(first);
  }

  /** The turn it is: the one it was, the one before where that is asked no more, the first without an answer. */
  #now() {
    const all = this.#turns;
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
    this.#given = new Set();
    this.draw();
  };
}
