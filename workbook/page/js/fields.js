// Fields for words and numbers: a line, a text that grows, a letter in parts.

import { OWN, UNTRANSLATED, counted, focused, h, own, unique } from "./elements.js";
import { ODD, oneLine, orBlank, readAs, tidy } from "./typed.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Tools} Tools
 * @typedef {import("./exercise.js").Hint} Hint
 * @typedef {import("./exercise.js").Control} Control
 */

/** A browser fills in nothing that was written in another form. */
export const WRITTEN = { ...OWN, autocomplete: "off" };

/** Whether what has the focus in here takes words: nothing that arrives may write into it. */
export const writingIn = (/** @type {HTMLElement} */ node) =>
  node.contains(focused(node)) && focused(node).matches("textarea, select, input:not([type=radio], [type=checkbox])");

/** A day without its year is no event of the browser's: it is noticed when the field is left. */
export function noticeHalfDays(/** @type {any} */ field, /** @type {() => void} */ changed) {
  let half = false;
  field.addEventListener("blur", () => {
    if (field.validity.badInput === half) return;
    half = !half;
    changed();
  });
  return field;
}

/** Set a field's words without moving the caret of one that already says so. */
export function setWords(/** @type {HTMLInputElement | HTMLTextAreaElement} */ field, /** @type {any} */ value) {
  const whole = value === null || value === undefined ? "" : String(value);
  const words = field.matches("input") ? oneLine(whole) : whole;
  if (field.value !== words) field.value = words;
}

/** Words from another program come in as they were meant. */
export function pasteAsMeant(/** @type {any} */ event) {
  const field = event.target;
  if (event.inputType !== "insertFromPaste" || !field.matches("textarea, input[type=text]")) return;
  const pasted = (event.data ?? "").replace(/\r\n?/g, "\n");
  if (!ODD.test(pasted)) return;
  event.preventDefault();
  field.setRangeText(field.matches("input") ? oneLine(tidy(pasted)) : tidy(pasted), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** A textarea that grows with its words. `most` is where it suggests to stop; it never cuts anything off. */
export function words(/** @type {Tools} */ tools, /** @type {number} */ most, /** @type {string} */ describe, /** @type {(text: string) => void} */ oninput, rows = 3) {
  const left = h("p", { class: "mend-left", id: unique() });
  const field = h("textarea", {
    class: "mend-input", rows, dir: "auto", ...WRITTEN, "aria-describedby": `${describe} ${left.id}`.trim(),
    oninput: () => {
      grow();
      if (left.textContent) tools.sayLater(left.textContent);
      oninput(field.value);
    },
  });
  const node = h("div", { class: "mend-grow" }, field);
  const grow = () => {
    node.dataset.words = `${field.value}\u200b`;
    const rest = most - field.value.length;
    left.textContent = !most || rest > most / 10 ? ""
      : rest < 0 ? counted(tools, "over", -rest)
      : counted(tools, "left", rest);
  };
  return { node: h("div", {}, node, left), field, show: (/** @type {any} */ value) => { setWords(field, value); grow(); } };
}

/** @returns {Control} */
export function line(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const input = h("input", {
    type: item.kind === "date" ? "date" : "text",
    class: `mend-input mend-${item.kind}`,
    dir: item.kind === "text" ? "auto" : null,
    inputmode: item.kind === "number" ? "decimal" : null,
    ...WRITTEN,
    "aria-describedby": tools.describe,
    oninput: () => typed(),
  });
  const twin = () => { if (item.kind === "text" && input.value) node.dataset.words = input.value; else delete node.dataset.words; };
  const typed = () => {
    const said = readAs(item.kind, input);
    twin();
    tools.change(typeof said === "string" ? oneLine(said) : said, true);
  };
  noticeHalfDays(input, typed);
  const node = h("div", { class: "mend-line" }, input, item.unit ? h("span", { class: "mend-unit" }, item.unit) : null);
  return { node, target: input, show: (value) => { setWords(input, value); twin(); }, focus: () => input.focus() };
}

/** @returns {Control} */
export function longtext(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const area = words(tools, item.max_length, tools.describe, (text) => tools.change(orBlank(text), true));
  const hints = h("div", { "aria-live": "polite" });
  return {
    node: h("div", {}, area.node, hints), target: area.field, show: area.show, focus: () => area.field.focus(),
    hint: (found, value) => showHints(hints, found, value),
  };
}

/**
 * A text in named parts.
 * @returns {Control}
 */
export function letter(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const parts = new Map();
  const value = () => {
    const filled = [...parts].map(([key, part]) => [key, orBlank(part.field.value)]).filter(([, text]) => text !== null);
    return filled.length ? Object.fromEntries(filled) : null;
  };
  const node = h("div", { class: "mend-letter" }, ...item.parts.map((/** @type {any[]} */ [key, part]) => {
    const help = part.help ? h("p", { class: "mend-help", id: unique() }, part.help) : null;
    const area = words(tools, item.max_length, `${tools.describe} ${help?.id ?? ""}`.trim(), () => tools.change(value(), true), 2);
    area.field.id = unique();
    const hints = h("div", { "aria-live": "polite" });
    parts.set(key, { ...area, hints });
    return h("div", { class: "mend-part" },
      h("label", { for: area.field.id }, part.label, part.optional ? h("span", { class: "mend-optional" }, ` · ${tools.texts.part_optional}`) : null),
      help, area.node, hints);
  }));
  return {
    node,
    show: (shown) => parts.forEach((part, key) => part.show(own(shown, key))),
    focus: () => parts.values().next().value.field.focus(),
    hint: (found, shown) => {
      const first = item.parts[0][0];
      parts.forEach((part, key) => showHints(part.hints, found.filter((hint) => (hint.part ?? first) === key), (shown ?? {})[key]));
    },
  };
}

/** Wording hints: what was found, and why it may land differently than meant. */
function showHints(/** @type {HTMLElement} */ place, /** @type {Hint[]} */ hints, /** @type {string} */ text) {
  const shown = hints.map((hint) => ({ found: hint.text || String(text ?? "").slice(hint.start, hint.end), why: hint.why }));
  if (place.dataset.shown === JSON.stringify(shown)) return;
  place.dataset.shown = JSON.stringify(shown);
  place.replaceChildren(...shown.map(({ found, why }) =>
    h("p", { class: "mend-hint" }, h("b", UNTRANSLATED, `“${found}”`), " ", why)));
}
