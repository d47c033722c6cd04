// Which occasion of a form is shown: one list while it is short; for years of them the month first, then the day.

import { monthOf } from "./dates.js";
import { fill, h } from "./elements.js";
import { drawn } from "./parts.js";

/**
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {{id: string, label: string, current: boolean}} Occasion
 * @typedef {{key: string, year: string, label: string, all: Occasion[]}} Shelf   a month, or a year of months
 */

const FEW = 31; // more than a month of days is more than one wants to look through

const dated = (/** @type {Occasion} */ { id }) => /^\d{4}-\d\d-\d\d/.test(id);
const option = (/** @type {Occasion} */ { id, label }) => h("option", { value: id }, label);

/** Occasions by the month they begin in, and those that come once a month by the year; in the order they come in. */
function shelves(/** @type {Occasion[]} */ all, /** @type {Exercise} */ { repeats, language }) {
  /** @type {Map<string, Shelf>} */ const found = new Map();
  for (const each of all) {
    const year = each.id.slice(0, 4);
    const key = repeats === "monthly" ? year : each.id.slice(0, 7);
    if (!found.has(key)) found.set(key, { key, year, label: key === year ? year : monthOf(each.id.slice(0, 10), language), all: [] });
    found.get(key)?.all.push(each);
  }
  return [...found.values()];
}

/** Months stand under their years. */
function grouped(/** @type {Shelf[]} */ found) {
  const choice = (/** @type {Shelf} */ { key, label, all }) => h("option", { value: key, "data-newest": all[0].id }, label);
  if (found.every(({ key, year }) => key === year)) return found.map(choice);
  return [...new Set(found.map(({ year }) => year))]
    .map((year) => h("optgroup", { label: year }, found.filter((each) => each.year === year).map(choice)));
}

/** The two lists of a place, made once, so that what was just chosen in keeps the focus. */
function lists(/** @type {HTMLElement} */ place, /** @type {(id: string) => void} */ choose) {
  const [first, second] = place.querySelectorAll("select");
  const list = () => {
    /** @type {HTMLSelectElement} */
    const select = h("select", { class: "mend-input", onchange: () => choose(select.selectedOptions[0].dataset.newest ?? select.value) });
    return select;
  };
  return [first ?? list(), second ?? list()];
}

/** Show which occasion it is, and a choice where there are several. */
export function drawPicker(/** @type {HTMLElement} */ place, /** @type {Occasion[]} */ all, /** @type {string} */ id, /** @type {Exercise} */ exercise, /** @type {(id: string) => void} */ choose) {
  if (drawn(place, [all, id])) return;
  if (all.length < 2) {
    place.replaceChildren(h("span", {}, all.find((each) => each.id === id)?.label ?? ""));
    return;
  }
  const { texts } = exercise;
  const apart = (/** @type {Occasion} */ each) => all.length <= FEW || each.current || !dated(each);
  const found = shelves(all.filter((each) => !apart(each)), exercise);
  const shelf = found.find((each) => each.all.some((one) => one.id === id));
  const [first, second] = lists(place, choose);
  const current = all.filter((each) => apart(each) && dated(each));
  const rest = all.filter((each) => apart(each) && !dated(each));
  first.setAttribute("aria-label", texts.occasion);
  first.replaceChildren(...current.map(option), ...grouped(found), ...rest.map(option));
  first.value = shelf?.key ?? id;
  if (shelf) {
    second.setAttribute("aria-label", fill(texts.occasion_in, { when: shelf.label }));
    second.replaceChildren(...shelf.all.map(option));
    second.value = id;
  } else second.remove();
  for (const list of shelf ? [first, second] : [first]) if (list.parentNode !== place) place.append(list);
  for (const other of place.querySelectorAll(":scope > :not(select)")) other.remove();
}
