// Rows to add and remove, each a small group; one column on a phone.

import { fill, h, own, quiet, same } from "./elements.js";
import { WRITTEN, noticeHalfDays, setWords, words } from "./fields.js";
import { readAs } from "./typed.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Tools} Tools
 * @typedef {import("./exercise.js").Control} Control
 * @typedef {{node: HTMLElement, field: any, show: (content: any) => void}} Cell
 * @typedef {{node: HTMLElement, cells: Map<string, Cell>}} Row
 * @typedef {{id: string, kind: string, label: string, options?: string[][]}} Column
 */

const WIDE = "minmax(0, 2fr)"; // for words
const NARROW = "minmax(6.5rem, 1fr)";

class Table {
  /** @type {Row[]} */ rows = [];
  /** @type {{content: any, place: number} | null} */ removed = null;

  constructor(/** @type {Item} */ item, /** @type {Tools} */ tools) {
    this.item = item;
    this.tools = tools;
    /** @type {Column[]} */ this.columns = item.columns;
    const { texts } = tools;
    this.list = h("div", { class: "mend-rows" });
    this.add = quiet(fill(texts.table_add, { row: item.row }), () => first(this.insert({}, this.rows.length)).focus(),
      { class: "mend-quiet", "aria-describedby": tools.describe });
    this.full = h("span", { class: "mend-help", hidden: true }, texts.table_full);
    this.undo = quiet(texts.table_undo, () => this.putBack(), { hidden: true });
    this.node = h("div", {}, this.list, h("div", { class: "mend-tablefoot" }, this.add, this.full, this.undo));
  }

  /** What a row says, without its empty cells. */
  contents(/** @type {Row} */ { cells }) {
    const said = this.columns.map((column) => [column.id, readAs(column.kind, cells.get(column.id)?.field)]);
    return Object.fromEntries(said.filter(([, value]) => value !== null));
  }

  value() {
    const filled = this.rows.map((row) => this.contents(row)).filter((row) => Object.keys(row).length);
    return filled.length ? filled : null;
  }

  /** @returns {Cell} */
  cell(/** @type {Column} */ column, /** @type {any} */ content) {
    const { texts } = this.tools;
    const options = column.kind === "yesno" ? [["yes", texts.yes], ["no", texts.no]] : column.options;
    const typed = () => this.tools.change(this.value(), true);
    if (column.kind === "text") {
      const area = words(this.tools, 0, "", typed, 1);
      area.show(content);
      return area;
    }
    const field = options
      ? h("select", { class: "mend-input", onchange: () => this.tools.change(this.value()) }, h("option", { value: "" }, texts.choose),
          options.map(([key, name]) => h("option", { value: key }, name)))
      : h("input", {
          type: column.kind === "date" ? "date" : "text", class: "mend-input",
          inputmode: column.kind === "number" ? "decimal" : null, ...WRITTEN, oninput: typed,
        });
    setWords(field, content);
    noticeHalfDays(field, typed);
    return { node: field, field, show: (other) => setWords(field, other) };
  }

  insert(/** @type {any} */ content, /** @type {number} */ place) {
    const cells = new Map(this.columns.map((column) => [column.id, this.cell(column, own(content, column.id))]));
    const node = h("div", { class: "mend-row", role: "group" },
      this.columns.map((column) => h("label", { class: `mend-cell mend-${column.kind}` }, h("span", {}, column.label), cells.get(column.id)?.node)),
      quiet(this.tools.texts.table_remove, () => this.drop(row), { class: "mend-quiet mend-remove" }));
    node.style.setProperty("--columns", this.columns.map(({ kind }) => (kind === "text" ? WIDE : NARROW)).join(" "));
    const row = { node, cells };
    this.list.insertBefore(node, this.list.children[place] ?? null);
    this.rows.splice(place, 0, row);
    this.label();
    return row;
  }

  /** Number the rows, and say when there is no room for another. */
  label() {
    const { texts } = this.tools;
    this.rows.forEach(({ node }, place) => {
      const words = { row: this.item.row, number: place + 1 };
      node.setAttribute("aria-label", fill(texts.table_row, words));
      node.querySelector(".mend-remove")?.setAttribute("aria-label", fill(texts.table_remove_row, words));
    });
    this.add.hidden = this.rows.length >= this.item.max_rows;
    this.full.hidden = !this.add.hidden;
  }

  drop(/** @type {Row} */ row) {
    const place = this.rows.indexOf(row);
    const content = this.contents(row);
    this.rows.splice(place, 1);
    row.node.remove();
    if (this.rows.length === 0) this.insert({}, 0);
    this.label();
    if (Object.keys(content).length) {
      this.removed = { content, place };
      this.undo.hidden = false;
      this.tools.change(this.value());
    }
    this.tools.say(fill(this.tools.texts.table_removed, { row: this.item.row, number: place + 1 }));
    (this.undo.hidden ? first(this.rows[Math.min(place, this.rows.length - 1)]) : this.undo).focus();
  }

  putBack() {
    if (!this.removed) return;
    const row = this.insert(this.removed.content, this.removed.place);
    this.forget();
    first(row).focus();
    this.tools.change(this.value());
  }

  forget() {
    this.removed = null;
    this.undo.hidden = true;
  }

  show(/** @type {any[] | null} */ shown) {
    if (this.rows.length && same(shown, this.value())) { // the rows that are there, as they are kept; empty ones stay
      const kept = (shown ?? []).values();
      for (const row of this.rows) {
        const content = Object.keys(this.contents(row)).length ? kept.next().value : {};
        row.cells.forEach((cell, column) => cell.show(own(content, column)));
      }
      return;
    }
    this.rows = [];
    this.list.replaceChildren();
    this.forget();
    (shown ?? [{}]).forEach((row, place) => this.insert(row, place));
  }
}

const first = (/** @type {Row} */ { cells }) => /** @type {Cell} */ (cells.values().next().value).field;

/** @returns {Control} */
export function table(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const all = new Table(item, tools);
  return { node: all.node, show: (shown) => all.show(shown), focus: () => first(all.rows[0]).focus() };
}
