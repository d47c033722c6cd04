// Parts of a hundred.

import { fill, h, own, unique } from "./elements.js";
import { WRITTEN, setWords } from "./fields.js";
import { numberOr } from "./typed.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Tools} Tools
 * @typedef {import("./exercise.js").Control} Control
 */

/**
 * Parts of a hundred with a live remainder; any sum is saved.
 * @returns {Control}
 */
export function shares(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const { texts } = tools;
  const fields = new Map();
  const bar = h("div", { class: "mend-bar", "aria-hidden": "true" });
  const left = h("p", { class: "mend-remaining", id: unique() });
  const value = () => {
    const filled = [...fields].map(([key, field]) => [key, numberOr(field.value)]).filter(([, part]) => part !== null);
    return filled.length ? Object.fromEntries(filled) : null;
  };
  const sum = () => {
    const parts = [...fields.values()].map((field) => Number(numberOr(field.value)) || 0);
    const total = Math.round(parts.reduce((a, b) => a + b, 0) * 100) / 100;
    const said = total > 100 ? fill(texts.shares_over, { over: Math.round((total - 100) * 100) / 100 })
      : total === 100 ? texts.shares_whole
      : fill(texts.shares_left, { left: Math.round((100 - total) * 100) / 100 });
    if (left.textContent !== said) left.textContent = said;
    left.dataset.whole = String(total === 100);
    bar.replaceChildren(...parts.map((part) => h("i", { style: { "inline-size": `${Math.max(0, (part / Math.max(100, total)) * 100)}%` } })));
  };
  const rows = item.options.map((/** @type {string[]} */ [key, label]) => {
    const field = h("input", {
      type: "text", inputmode: "decimal", class: "mend-input mend-number", ...WRITTEN,
      "aria-describedby": `${tools.describe} ${left.id}`.trim(),
      oninput: () => {
        sum();
        tools.sayLater(left.textContent);
        tools.change(value(), true);
      },
    });
    fields.set(key, field);
    return h("label", { class: "mend-share" }, h("span", {}, label), field, h("span", { class: "mend-unit" }, texts.shares_part));
  });
  return {
    node: h("div", {}, ...rows, bar, left),
    show: (parts) => { fields.forEach((field, key) => setWords(field, own(parts, key))); sum(); },
    focus: () => fields.values().next().value.focus(),
  };
}
