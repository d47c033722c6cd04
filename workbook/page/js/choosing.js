// Fields to choose in: cards, a ruler, several of a list, an order.

import { fill, h, quiet, same, unique } from "./elements.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Tools} Tools
 * @typedef {import("./exercise.js").Control} Control
 */

/**
 * A radio group of cards. `points` are [value, label, note?]; `layout` is a class; `apart` is a point that stands beside them.
 * @returns {Control}
 */
export function radios(/** @type {any[][]} */ points, /** @type {string} */ layout, /** @type {Tools} */ tools, /** @type {any[] | null} */ apart = null) {
  const name = unique();
  const inputs = new Map();
  const card = (/** @type {any[]} */ [value, label, note]) => {
    const input = h("input", { type: "radio", name, value, onchange: () => tools.change(value) });
    inputs.set(value, input);
    return h("label", { class: "mend-card" }, input, h("span", {}, label, note ? h("span", { class: "mend-hidden" }, ` ${note}`) : null));
  };
  const node = h("div", {}, h("div", { class: `mend-cards ${layout}`, style: { "--points": points.length } }, ...points.map(card)));
  return {
    node,
    beside: apart ? h("div", { class: "mend-apart" }, card(apart)) : undefined,
    show: (value) => inputs.forEach((input, each) => { input.checked = same(each, value); }),
    focus: () => (node.querySelector("input:checked") ?? node.querySelector("input")).focus(),
  };
}

/**
 * Named points in a row. Where it is narrow their words have no room: those of the ends are seen below, between them the
 * one that is chosen; each radio keeps its own word for a screen reader.
 * @returns {Control}
 */
export function scale(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const control = radios(item.points, "mend-points", tools, item.no_opportunity ? ["no_opportunity", item.no_opportunity] : null);
  const words = item.points.map((/** @type {any[]} */ [value, label]) => [value, h("span", { "data-words": label })]);
  const seen = words.map((/** @type {any[]} */ [, word]) => word);
  control.node.append(h("div", { class: "mend-ends mend-narrow", "aria-hidden": "true" },
    seen[0], h("span", { class: "mend-between" }, ...seen.slice(1, -1)), seen[seen.length - 1]));
  return { ...control, show: (value) => {
    control.show(value);
    for (const [each, word] of words) word.classList.toggle("mend-chosen", same(each, value));
  } };
}

export const yesNo = (/** @type {Item} */ item, /** @type {Record<string, string>} */ texts) =>
  [["yes", texts.yes], ["no", texts.no], ...(item.unsure ? [["unsure", texts.unsure]] : [])];

/** @returns {Control} */
export function ruler(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const points = [];
  for (let point = item.minimum; point <= item.maximum; point += 1) {
    points.push([point, String(point), point === item.minimum ? item.low : point === item.maximum ? item.high : ""]);
  }
  const control = radios(points, "mend-ruler", tools);
  control.node.append(h("div", { class: "mend-ends", "aria-hidden": "true" }, h("span", {}, item.low), h("span", {}, item.high)));
  return control;
}

const SHORT = 27; // characters, so that two stand side by side

/** Many short options stand in two columns where there is room. */
export const columns = (/** @type {any[][]} */ options) =>
  (options.length > 3 && options.every(([, label]) => label.length <= SHORT) ? "mend-list mend-pairs" : "mend-list");

/** @returns {Control} */
export function choices(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const inputs = new Map();
  const chosen = () => item.options.map((/** @type {any[]} */ [key]) => key).filter((/** @type {string} */ key) => inputs.get(key).checked);
  const node = h("div", { class: `mend-cards ${columns(item.options)}` }, ...item.options.map((/** @type {any[]} */ [key, label]) => {
    const input = h("input", { type: "checkbox", onchange: () => tools.change(chosen().length ? chosen() : null) });
    inputs.set(key, input);
    return h("label", { class: "mend-card" }, input, h("span", {}, label));
  }));
  return {
    node,
    show: (value) => inputs.forEach((input, key) => { input.checked = (value ?? []).includes(key); }),
    focus: () => node.querySelector("input").focus(),
  };
}

/**
 * Options in order, moved by two named buttons each; focus stays on the button that was pressed.
 * @returns {Control}
 */
export function rank(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const { texts } = tools;
  const labels = new Map(item.options);
  let order = [...labels.keys()];
  const list = h("ol", { class: "mend-rank" });
  const untouched = h("p", { class: "mend-untouched" }, texts.rank_untouched, " ",
    quiet(texts.rank_keep, () => { settle(); list.querySelector("button").focus(); }));
  const settle = () => { untouched.hidden = true; tools.change([...order]); };
  const move = (/** @type {string} */ key, /** @type {number} */ step, /** @type {HTMLElement} */ button) => {
    const [from, to] = [order.indexOf(key), order.indexOf(key) + step];
    if (to < 0 || to >= order.length) return;
    [order[from], order[to]] = [order[to], order[from]];
    arrange();
    button.focus();
    settle();
    tools.say(fill(texts.rank_moved, { label: labels.get(key), place: to + 1, total: order.length }));
  };
  const rows = new Map([...labels].map(([key, label]) => {
    const arrow = (/** @type {string} */ sign, /** @type {string} */ name, /** @type {number} */ step) => {
      const button = h("button", {
        type: "button", class: "mend-arrow", "aria-label": fill(name, { label }), onclick: () => move(key, step, button),
      }, sign);
      return button;
    };
    return [key, h("li", {}, h("span", { class: "mend-place", "aria-hidden": "true" }), h("span", { class: "mend-ranked" }, label),
      arrow("↑", texts.rank_up, -1), arrow("↓", texts.rank_down, 1))];
  }));
  const arrange = () => {
    if (!same([...list.children], order.map((key) => rows.get(key)))) list.append(...order.map((key) => rows.get(key)));
    order.forEach((key, place) => {
      const row = rows.get(key);
      row.querySelector(".mend-place").textContent = String(place + 1);
      const [up, down] = row.querySelectorAll("button"); // not `disabled`: that would drop the focus
      up.setAttribute("aria-disabled", String(place === 0));
      down.setAttribute("aria-disabled", String(place === order.length - 1));
    });
  };
  return {
    node: h("div", {}, list, untouched),
    show: (value) => {
      order = Array.isArray(value) ? value.filter((key) => labels.has(key)) : [...labels.keys()];
      for (const key of labels.keys()) if (!order.includes(key)) order.push(key);
      untouched.hidden = Array.isArray(value);
      arrange();
    },
    focus: () => list.querySelector("button").focus(),
  };
}
