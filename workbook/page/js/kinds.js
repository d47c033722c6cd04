// One row for each kind of item: its control, and its answer as words.

import { choices, columns, radios, rank, ruler, scale, yesNo } from "./choosing.js";
import { day } from "./dates.js";
import { h, own } from "./elements.js";
import { letter, line, longtext } from "./fields.js";
import { shares } from "./shares.js";
import { table } from "./table.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Tools} Tools
 * @typedef {import("./exercise.js").Control} Control
 * @typedef {{group?: boolean, clear?: boolean, control?: (item: Item, tools: Tools) => Control,
 *            reading?: (item: Item, value: any, texts: Record<string, string>, language: string) => Node | string}} Kind
 *   group: several fields under one question; clear: there is a button that takes the answer away
 */

const labelled = (/** @type {any[][]} */ pairs, /** @type {any} */ value) =>
  pairs.find(([key]) => String(key) === String(value))?.[1] ?? String(value);
const listed = (/** @type {string} */ tag, /** @type {string[]} */ lines) => h(tag, {}, ...lines.map((each) => h("li", {}, each)));
export const plain = (/** @type {Item} */ item, /** @type {any} */ value) => {
  const unit = (Math.abs(value) === 1 && item.unit_one) || item.unit;
  return unit ? `${value} ${unit}` : String(value);
};

/** @type {Record<string, Kind>} */
export const KINDS = {
  text: { control: line, reading: plain },
  longtext: { control: longtext, reading: plain },
  number: { control: line, reading: plain },
  date: { control: line, reading: (_item, value, _texts, language) => day(value, language) },
  yesno: {
    group: true, clear: true,
    control: (item, tools) => radios(yesNo(item, tools.texts), "mend-few", tools),
    reading: (item, value, texts) => labelled(yesNo({ ...item, unsure: true }, texts), value),
  },
  choice: {
    group: true, clear: true,
    control: (item, tools) => radios(item.options, columns(item.options), tools),
    reading: (item, value) => labelled(item.options, value),
  },
  choices: {
    group: true,
    control: choices,
    reading: (item, value) => listed("ul", value.map((/** @type {string} */ key) => labelled(item.options, key))),
  },
  scale: {
    group: true, clear: true,
    control: scale,
    reading: (item, value) => (value === "no_opportunity" ? item.no_opportunity : labelled(item.points, value)),
  },
  ruler: { group: true, clear: true, control: ruler, reading: (item, value) => `${value} (${item.minimum} ${item.low} – ${item.maximum} ${item.high})` },
  rank: { group: true, clear: true, control: rank, reading: (item, value) => listed("ol", value.map((/** @type {string} */ key) => labelled(item.options, key))) },
  shares: { group: true, control: shares, reading: (item, value) => listed("ul", Object.entries(value).map(([key, part]) => `${labelled(item.options, key)}: ${part}`)) },
  table: {
    group: true,
    control: table,
    reading: (item, value, texts) => listed("ol", value.map((/** @type {any} */ row) => item.columns
      .filter((/** @type {any} */ column) => own(row, column.id) !== null)
      .map((/** @type {any} */ column) => `${column.label}: ${column.kind === "yesno" ? labelled(yesNo(item, texts), row[column.id]) : labelled(column.options ?? [], row[column.id])}`)
      .join(" · "))),
  },
  letter: {
    group: true,
    control: letter,
    reading: (item, value) => h("div", {}, ...item.parts.filter((/** @type {any[]} */ [key]) => own(value, key))
      .map((/** @type {any[]} */ [key, part]) => h("p", {}, h("b", {}, part.label), h("br"), value[key]))),
  },
  note: {},
  timer: {},
  computed: {},
};
