// What every part of the page 70-share is given: words, a line to Python, what is ticked, and places to draw in.

import { when } from "./dates.js";
import { fill, h, unique } from "./elements.js";
import { line, sheet, telling } from "./panel.js";

/**
 * @typedef {{date: string, number: number, week: boolean} | null} Day
 * @typedef {{key?: string, prompt: string, words?: string, private?: boolean, shared?: boolean, changed?: boolean, there?: boolean, elsewhere?: boolean}} Leaf
 * @typedef {{id: string, title: string, asked: boolean, occasions: {day: Day, answers: Leaf[]}[]}} Branch
 * @typedef {import("./panel.js").PanelWords} PanelWords
 * @typedef {import("./panel.js").Transport} Transport
 * @typedef {{read: () => Promise<void>, again: () => Promise<void>, look: (see: HTMLButtonElement) => Promise<void>}} Steps
 * @typedef {ReturnType<typeof desk>} Desk
 */

export function desk(/** @type {HTMLElement} */ element, /** @type {PanelWords} */ panel, /** @type {Transport} */ transport, /** @type {Steps} */ go) {
  const { texts, language } = panel;
  const root = sheet(element, panel, "mend-share", texts.title);
  const { said, say, slow, done } = telling(texts);
  const body = h("div", {}, h("p", { class: "mend-small" }, texts.opening));
  root.append(body, said);
  return {
    texts, language, root, body, say, go,
    kernel: line(transport, () => go.read(), slow, done),
    below: h("div"), // what they will see, and then what was sealed
    ticked: /** @type {Set<string>} */ (new Set()),
    touched: /** @type {Set<string>} keys the person has ticked or unticked: reading again leaves those alone */ (new Set()),
    state: /** @type {any} */ (null),
    drawn: "",
    choice: { gates: false, everything: false },

    /** A day or a week, and which of several on it. */
    named: (/** @type {Day} */ day) =>
      day && fill(day.week ? texts.week : "{date}", { date: when(day.date, language) }) + (day.number > 1 ? ` (${day.number})` : ""),

    /** Say what went wrong where the person is looking; whether anything did. */
    refused(/** @type {HTMLElement} */ place, /** @type {any} */ message) {
      if (message.type !== "refused" && message.type !== "locked") return false;
      place.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, message.type === "locked" ? texts.locked : message.reason));
      return true;
    },
  };
}

export function* leaves(/** @type {any[]} */ chapters) {
  for (const chapter of chapters) for (const branch of chapter.exercises) for (const occasion of branch.occasions) yield* /** @type {Leaf[]} */ (occasion.answers);
}

/** A native checkbox with its label, and a smaller line below it. */
export const tick = (/** @type {any} */ label, /** @type {any} */ below, /** @type {any} */ properties) =>
  h("label", { class: "mend-tick" }, h("input", { type: "checkbox", ...properties }), h("span", {}, label, below && h("small", {}, below)));

export const size = (/** @type {number} */ bytes, /** @type {string} */ language) => {
  const [unit, by, digits] = bytes < 1e6 ? ["kilobyte", 1e3, bytes < 1000 ? 1 : 0] : ["megabyte", 1e6, 1];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: digits }).format(bytes / by);
};

/** Where a file goes: a path on this computer, or the browser's own downloads; with no path proposed, only there. */
export function place(/** @type {Desk} */ { texts }, /** @type {string} */ proposed) {
  if (!proposed) return { node: h("div"), path: () => null };
  const name = unique();
  const path = h("input", { type: "text", value: proposed, "aria-label": texts.folder, spellcheck: "false", autocomplete: "off", dir: "ltr" });
  const radio = (/** @type {string} */ label, /** @type {boolean} */ checked) => h("label", { class: "mend-tick" },
    h("input", { type: "radio", name, checked, onchange: () => { field.hidden = download.querySelector("input").checked; } }), h("span", {}, label));
  const download = radio(texts.download, false);
  const field = h("div", { class: "mend-field" }, path);
  const node = h("div", { role: "group", "aria-label": texts.where }, radio(texts.folder, true), field, download);
  return { node, path: () => (download.querySelector("input").checked ? null : path.value) };
}
