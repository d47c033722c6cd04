// What stands in the first page's own HTML, there without any Python, takes its place in Today while Today is there.

import { h } from "./elements.js";

/**
 * Fold the page's opening words into `what`, and put the card of the next ten minutes into `hard`, folded too. A card
 * that someone is using stays where it is, and JupyterLab's editor has none: then a button leads to it.
 * @param {HTMLDetailsElement} what @param {HTMLElement} hard @param {Record<string, string>} texts
 * @returns {() => void} put all of it back
 */
export function gather(what, hard, texts) {
  const words = /** @type {HTMLElement | null} */ (document.querySelector("main > section.words"));
  const card = /** @type {HTMLElement | null} */ (document.querySelector("main > section.mend-minutes"));
  const taken = card && !inUse(card) ? card : null;
  const place = taken && h("span", { hidden: true });
  const told = h("div", { class: "mend-opening" });
  hard.append(h("h2", {}, texts.hard), h("p", {}, texts.hard_how));
  if (taken) {
    taken.before(place);
    hard.append(h("details", { class: "mend-ten" }, h("summary", {}, texts.minutes), taken));
  } else {
    hard.append(h("button", { type: "button", class: "mend-go", onclick: () => (card ? card.scrollIntoView() : folded()) }, texts.minutes));
  }
  if (words) {
    told.className = `${words.className} mend-opening`;
    told.append(...words.childNodes);
    words.hidden = true;
    what.append(told);
    what.hidden = false;
  }
  return () => {
    if (taken) place.replaceWith(taken);
    if (!words) return;
    words.append(...told.childNodes);
    words.hidden = false;
  };
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
