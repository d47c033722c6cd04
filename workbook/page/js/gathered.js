// What stands in the first page's own HTML, there without any Python, takes its place in Today while Today is there.

import { h } from "./elements.js";

/**
 * Fold the page's opening words into `what`, and put the card of the next ten minutes into `hard`, folded too. A card
 * that someone is using stays where it is, and JupyterLab's editor has none: then a button leads to it.
 * @param {HTMLDetailsElement} what @param {HTMLElement} hard @param {Record<string, string>} texts
 * @returns {() => void} put all of it back
 */
export function gather(what, hard, texts) {
  const words = /** @type {HTMLElement[]} */ ([document.querySelector("main > section.words"), ...document.querySelectorAll("main > details.words")].filter(Boolean));
  const card = /** @type {HTMLElement | null} */ (document.querySelector("main > section.mend-minutes, main > .mend-folded > section.mend-minutes"));
  const fold = /** @type {HTMLDetailsElement | null} */ (card?.closest("details.mend-folded") ?? null);
  const taken = card && (!fold?.open || fold.dataset.opened) && !inUse(card) ? card : null;
  const place = taken && h("span", { hidden: true });
  hard.append(h("h2", {}, texts.hard), h("p", {}, texts.hard_how));
  if (taken) {
    taken.before(place);
    hard.append(h("details", { class: "mend-ten" }, h("summary", {}, texts.minutes), taken));
    if (fold) fold.hidden = true;
  } else {
    hard.append(h("button", { type: "button", class: "mend-go", onclick: () => (card ? goTo(card, fold) : folded()) }, texts.minutes));
  }
  const places = words.map(() => h("span", { hidden: true }));
  words.forEach((each, at) => each.before(places[at]));
  what.append(...words);
  what.hidden = words.length === 0;
  return () => {
    if (taken) place.replaceWith(taken);
    if (fold) fold.hidden = false;
    words.forEach((each, at) => places[at].replaceWith(each));
  };
}

/** Open the card's fold: nothing will take it in here, and someone may need it. What opened by itself is taken all the same later. */
export function unfold() {
  const fold = /** @type {HTMLDetailsElement | null} */ (document.querySelector("main > details.mend-folded"));
  if (!fold || fold.open) return;
  fold.open = true;
  fold.dataset.opened = "itself";
}

function goTo(/** @type {HTMLElement} */ card, /** @type {HTMLDetailsElement | null} */ fold) {
  if (fold) fold.open = true;
  card.scrollIntoView();
}

const inUse = (/** @type {HTMLElement} */ card) => card.contains(document.activeElement) || card.querySelector("input:checked, details[open]") !== null;

/** The card as it stands in the help of every page. */
function folded() {
  /** @type {HTMLElement | null} */ (document.querySelector("aside.mend-fixed .mend-sos"))?.click();
  const details = /** @type {HTMLDetailsElement | null} */ (document.querySelector("aside.mend-fixed details.mend-minutes"));
  if (!details) return;
  details.open = true;
  details.querySelector("summary")?.focus();
}
