// Pieces of the counselor's page.

import { h, unique } from "./elements.js";

export const title = (/** @type {string} */ text) => h("h2", { tabindex: -1 }, text);
export const part = (/** @type {string} */ heading, /** @type {any[]} */ ...children) => h("section", { class: "mend-part" }, h("h3", {}, heading), children);
export const small = (/** @type {any[]} */ ...children) => h("p", { class: "mend-small" }, children);
export const button = (/** @type {string} */ text, /** @type {(event: any) => any} */ act, kind = "mend-plain", more = {}) => {
  const node = h("button", { type: "button", class: kind || null, ...more, onclick: async (/** @type {any} */ event) => {
    node.disabled = true;
    await act(event);
    node.disabled = false;
  } }, text);
  return node;
};
export const field = (/** @type {string} */ label, /** @type {any} */ control, /** @type {string} */ hint = "") => {
  const id = unique();
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "mend-field" }, h("label", { for: id }, label), hint && h("p", { class: "mend-small", id: `${id}-hint` }, hint), control);
};
export const tick = (/** @type {any} */ label, /** @type {any} */ properties, /** @type {any} */ below = null) =>
  h("label", { class: "mend-tick" }, h("input", { type: "checkbox", ...properties }), h("span", {}, label, below && h("small", {}, below)));
export const more = (/** @type {any} */ summary, /** @type {any[]} */ ...children) => h("details", {}, h("summary", {}, summary), children);
export const secret = (again = false) => h("input", { type: "password", autocomplete: again ? "new-password" : "current-password", spellcheck: "false" });
