// One exercise as one form. No build step: this file is what the browser runs.
//
//   mount(element, exercise, transport)   draws the form and keeps it in step with its answers
//   transport = { post(message), listen(receive) → stop }   is all it knows of the outside
//
// Reading order: elements · conditions · kinds (one row each) · outbox (saving) · mount (the form) · Jupyter.
// It holds no sentence of its own: every text comes with the exercise, so that a workbook has one language.

/**
 * @typedef {"answered" | "skipped" | "blank"} Status
 * @typedef {{value: any, status: Status, at?: string, version: number, hints?: Hint[], comment?: Comment}} Answer
 * @typedef {{start?: number, end?: number, text: string, why: string, part?: string}} Hint
 * @typedef {{text: string, from: string, at?: string}} Comment
 * @typedef {Record<string, any>} Condition
 * @typedef {{id: string, kind: string, prompt: string, help_html?: string, show_if?: Condition} & Record<string, any>} Item
 * @typedef {{id: string, title: string, intro_html: string, minutes: number, repeats: string, language: string,
 *            show_if: Condition | null, items: Item[], texts: Record<string, string>}} Exercise
 * @typedef {{post: (message: object) => void, listen: (receive: (message: any) => void) => () => void}} Transport
 * @typedef {{typing: number, acknowledge: number, refresh: number, hands?: number, rest?: number, speak?: number}} Pace   milliseconds
 */

/** @type {Pace} */
const PACE = { typing: 400, acknowledge: 5_000, refresh: 10_000 };
const HANDS = 3_000; // milliseconds after a key in which a field is being written in
const SPEAK = 1_200; // milliseconds after a key in which a screen reader reads what was typed, and nothing else
const REST = 30 * 60_000; // milliseconds after an answer in which a form is still being filled in

// --- elements ------------------------------------------------------------------------------------------------

/** A link leads to a notebook beside this one, the web, an e-mail or a telephone; any other address is left out. */
const LINK = new RegExp("^(?:" + [
  "[a-z0-9][a-z0-9-]*\\.ipynb(?:#[\\w.-]+)?",
  "https?://[A-Za-z0-9.-]+(?::\\d{1,5})?(?:[/?#][\\w.~:/?#@!$&'()*+,;=%[\\]-]*)?",
  "mailto:[\\w.+-]+@[A-Za-z0-9.-]+",
  "tel:\\+?[\\d().-]{2,30}",
].join("|") + ")$");

/**
 * An element: `on…` properties become listeners, `html` is trusted (cleaned in Python), null children are left out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | undefined)} children
 * @returns {any}
 */
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else if (name === "href" && !LINK.test(value)) continue;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** `fill("Saved {time}", {time: "14:03"})` */
const fill = (/** @type {string} */ text, /** @type {Record<string, any>} */ values = {}) =>
  (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

const quiet = (/** @type {string} */ text, /** @type {() => void} */ onclick, properties = {}) =>
  h("button", { type: "button", class: "mend-quiet", onclick, ...properties }, text);

const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What an answer says, whenever it was given. */
const gist = (/** @type {any} */ { value, status } = BLANK) => [status === "blank" ? null : value, status];

// What a paste from another program may bring along, and what it meant there; the kernel does the same (kinds.py).
const BREAKS = /\r\n|[\r\v\f\u2028\u2029]/g;
const UNSEEN = /[\x00-\x08\x0e-\x1d\x1f\x7f]/g;
const WINDOWS = "€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ"; // its 0x80 to 0x9f

const ODD = /[\x00-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u;

/** Words as they were meant: a line break within a paragraph, hyphens and quotation marks of other programs. */
export const tidy = (/** @type {string} */ text) => (!ODD.test(text) ? text : text.replace(BREAKS, "\n")
  .replace(/[\x80-\x9f]/g, (one) => WINDOWS[one.charCodeAt(0) - 0x80]).replace(/\x1e/g, "-")
  .replace(UNSEEN, "").replace(/[\ud800-\udfff]/gu, "\ufffd"));

const oneLine = (/** @type {string} */ text) => text.replace(/\n+/g, " ");

/** The words of a value on their way out: nothing typed is no answer. */
const orBlank = (/** @type {string} */ text) => (tidy(text).trim() === "" ? null : tidy(text));

/** The digit a character of any script stands for: digits stand ten in a row, one script's after another's. */
function digit(/** @type {string} */ character) {
  const code = /** @type {number} */ (character.codePointAt(0));
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}

/** A number where it reads as one, else the words as typed: the kernel is the one judge and says what is wrong. */
export const numberOr = (/** @type {string} */ text) => {
  const plain = text.trim().replace(/\p{Nd}/gu, digit).replace(/[,\u066b\uff0c\uff0e]/g, ".")
    .replace(/[\u2010-\u2013\u2212\uff0d]/g, "-").replace(/\uff0b/g, "+");
  return plain === "" ? null : /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) && isNumber(Number(plain)) ? Number(plain) : text;
};

/** A key's own value: an option may be called “constructor”. */
const own = (/** @type {any} */ object, /** @type {string} */ key) => (object && Object.hasOwn(object, key) ? object[key] : null);

/** What has the focus, also inside a shadow. */
const focused = (/** @type {Node} */ node) => /** @type {any} */ (node.getRootNode()).activeElement;

/** Whether what has the focus in here takes words: nothing that arrives may write into it. */
const writingIn = (/** @type {HTMLElement} */ node) =>
  node.contains(focused(node)) && focused(node).matches("textarea, select, input:not([type=radio], [type=checkbox])");

/** Bytes as a text of as many letters, and back. */
const letters = (/** @type {Uint8Array} */ all) => Array.from(all, (byte) => String.fromCharCode(byte)).join("");
const bytes = (/** @type {string} */ text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

let count = 0;
const unique = () => `mend-${(count += 1)}-${Math.random().toString(36).slice(2, 8)}`;

// --- conditions: true, false, or null for unknown; the same cases as workbook/definition/conditions.py ---------------------

const isNumber = (/** @type {any} */ value) => typeof value === "number" && Number.isFinite(value);
const isDay = (/** @type {any} */ value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);

/** Two numbers or two days have an order; anything else (“no opportunity”, say) is not known. */
const ordered = (/** @type {(a: any, b: any) => boolean} */ test) => (/** @type {any} */ answer, /** @type {any} */ wanted) =>
  (isNumber(answer) && isNumber(wanted)) || (isDay(answer) && isDay(wanted)) ? test(answer, wanted) : null;

/** @type {Record<string, (answer: any, wanted: any) => boolean | null>} */
const COMPARE = {
  is: (answer, wanted) => answer === wanted,
  is_not: (answer, wanted) => answer !== wanted,
  one_of: (answer, wanted) => wanted.includes(answer),
  includes: (answer, wanted) => Array.isArray(answer) && answer.includes(wanted),
  less_than: ordered((a, b) => a < b),
  at_most: ordered((a, b) => a <= b),
  greater_than: ordered((a, b) => a > b),
  at_least: ordered((a, b) => a >= b),
};

/**
 * @param {Condition} condition
 * @param {(id: string) => any} get   an answer's value, or null when blank, skipped or hidden
 * @returns {boolean | null}
 */
export function evaluate(condition, get) {
  const each = (/** @type {Condition[]} */ parts) => parts.map((part) => evaluate(part, get));
  if (condition.all) {
    const results = each(condition.all);
    return results.includes(false) ? false : results.includes(null) ? null : true;
  }
  if (condition.any) {
    const results = each(condition.any);
    return results.includes(true) ? true : results.includes(null) ? null : false;
  }
  if (condition.not) {
    const result = evaluate(condition.not, get);
    return result === null ? null : !result;
  }
  const value = get(condition.question) ?? null;
  if ("answered" in condition) return (value !== null) === condition.answered;
  if (value === null) return null;
  const [operator, wanted] = Object.entries(condition).find(([key]) => key in COMPARE) ?? ["", null];
  return COMPARE[operator]?.(value, wanted) ?? null;
}

/** The number of a `computed` item, or null when an answer it needs is missing. */
export function compute(/** @type {Record<string, string[]>} */ rule, /** @type {(id: string) => any} */ get) {
  const [[verb, ids]] = Object.entries(rule);
  if (verb === "count") return ids.filter((id) => (get(id) ?? null) !== null).length;
  const values = ids.map((id) => get(id)).map((value) => (typeof value === "number" ? value : null));
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  if (known.length === 0 || (verb === "difference" && known.length < 2)) return null;
  if (verb === "difference") return known[0] - known[1];
  const sum = known.reduce((a, b) => a + b, 0);
  return verb === "mean" ? sum / known.length : sum;
}

// --- kinds: one row each ----------------------------------------------------------------------------------------
//
// control(item, tools) → { node, show(value), focus(), target? }
//   tools.change(value)          a finished act (a click): saved at once
//   tools.change(value, true)    a keystroke: saved after a pause
//   tools.describe               the ids of help and messages, for aria-describedby
// reading(item, value, texts) → the answer as words or a list, for locked and earlier ones

/**
 * @typedef {{texts: Record<string, string>, change: (value: any, typing?: boolean) => void, describe: string,
 *            say: (text: string) => void, sayLater: (text: string) => void, language: string}} Tools
 * @typedef {{node: HTMLElement, show: (value: any) => void, focus: () => void, target?: HTMLElement,
 *            hint?: (hints: Hint[], value: any) => void}} Control
 */

/** What a field of a kind says: nothing, a value, or what is no value yet. */
const READ = /** @type {Record<string, (field: any) => any>} */ ({
  number: (field) => numberOr(field.value),
  date: (field) => (field.validity.badInput ? "…" : orBlank(field.value)), // half a day: the kernel says that it is none
});
const readAs = (/** @type {string} */ kind, /** @type {any} */ field) => (READ[kind] ?? ((/** @type {any} */ { value }) => orBlank(value)))(field);

/** A day without its year is no event of the browser's: it is noticed when the field is left. */
function noticeHalfDays(/** @type {any} */ field, /** @type {() => void} */ changed) {
  let half = false;
  field.addEventListener("blur", () => {
    if (field.validity.badInput === half) return;
    half = !half;
    changed();
  });
  return field;
}

/** @returns {Control} */
function line(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const input = h("input", {
    type: item.kind === "date" ? "date" : "text",
    class: `mend-input mend-${item.kind}`,
    dir: item.kind === "text" ? "auto" : null,
    inputmode: item.kind === "number" ? "decimal" : null,
    ...OWN,
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

/** What a person wrote stays here: not for a browser that translates, corrects over the network, or remembers. */
const OWN = { translate: "no", spellcheck: "false", autocorrect: "off", writingsuggestions: "false", autocomplete: "off" };
const UNTRANSLATED = { translate: "no" };

/** Set a field's words without moving the caret of one that already says so. */
function setWords(/** @type {HTMLInputElement | HTMLTextAreaElement} */ field, /** @type {any} */ value) {
  const whole = value === null || value === undefined ? "" : String(value);
  const words = field.matches("input") ? oneLine(whole) : whole;
  if (field.value !== words) field.value = words;
}

/** Words from another program come in as they were meant. */
function pasteAsMeant(/** @type {any} */ event) {
  const field = event.target;
  if (event.inputType !== "insertFromPaste" || !field.matches("textarea, input[type=text]")) return;
  const pasted = (event.data ?? "").replace(/\r\n?/g, "\n");
  if (!ODD.test(pasted)) return;
  event.preventDefault();
  field.setRangeText(field.matches("input") ? oneLine(tidy(pasted)) : tidy(pasted), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** A textarea that grows with its words. `most` is where it suggests to stop; it never cuts anything off. */
function words(/** @type {Tools} */ tools, /** @type {number} */ most, /** @type {string} */ describe, /** @type {(text: string) => void} */ oninput, rows = 3) {
  const { texts } = tools;
  const left = h("p", { class: "mend-left", id: unique() });
  const field = h("textarea", {
    class: "mend-input", rows, dir: "auto", ...OWN, "aria-describedby": `${describe} ${left.id}`.trim(),
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
      : rest < 0 ? fill(rest === -1 ? texts.over_one : texts.over, { count: -rest })
      : fill(rest === 1 ? texts.left_one : texts.left, { count: rest });
  };
  return { node: h("div", {}, node, left), field, show: (/** @type {any} */ value) => { setWords(field, value); grow(); } };
}

/** @returns {Control} */
function longtext(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const area = words(tools, item.max_length, tools.describe, (text) => tools.change(orBlank(text), true));
  const hints = h("div", { class: "mend-hints", "aria-live": "polite" });
  return {
    node: h("div", {}, area.node, hints), target: area.field, show: area.show, focus: () => area.field.focus(),
    hint: (found, value) => showHints(hints, found, value),
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

/**
 * A radio group of cards. `points` are [value, label, note?]; `layout` is a class.
 * @returns {Control}
 */
function radios(/** @type {any[][]} */ points, /** @type {string} */ layout, /** @type {Tools} */ tools, /** @type {any[] | null} */ apart = null) {
  const name = unique();
  const inputs = new Map();
  const card = (/** @type {any[]} */ [value, label, note]) => {
    const input = h("input", { type: "radio", name, value, onchange: () => tools.change(value) });
    inputs.set(value, input);
    return h("label", { class: "mend-card" }, input, h("span", {}, label, note ? h("span", { class: "mend-hidden" }, ` ${note}`) : null));
  };
  const node = h("div", {},
    h("div", { class: `mend-cards ${layout}`, style: `--points: ${points.length}` }, ...points.map(card)),
    apart ? h("div", { class: "mend-apart" }, card(apart)) : null);
  return {
    node,
    show: (value) => inputs.forEach((input, each) => { input.checked = same(each, value); }),
    focus: () => (node.querySelector("input:checked") ?? node.querySelector("input")).focus(),
  };
}

const yesNo = (/** @type {Item} */ item, /** @type {Record<string, string>} */ texts) =>
  [["yes", texts.yes], ["no", texts.no], ...(item.unsure ? [["unsure", texts.unsure]] : [])];

/** @returns {Control} */
function ruler(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const points = [];
  for (let point = item.minimum; point <= item.maximum; point += 1) {
    points.push([point, String(point), point === item.minimum ? item.low : point === item.maximum ? item.high : ""]);
  }
  const control = radios(points, "mend-ruler", tools);
  control.node.append(h("div", { class: "mend-ends", "aria-hidden": "true" }, h("span", {}, item.low), h("span", {}, item.high)));
  return control;
}

/** @returns {Control} */
function choices(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const inputs = new Map();
  const chosen = () => item.options.map((/** @type {any[]} */ [key]) => key).filter((/** @type {string} */ key) => inputs.get(key).checked);
  const node = h("div", { class: "mend-cards mend-list" }, ...item.options.map((/** @type {any[]} */ [key, label]) => {
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
function rank(/** @type {Item} */ item, /** @type {Tools} */ tools) {
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

/**
 * Parts of a hundred with a live remainder; any sum is saved.
 * @returns {Control}
 */
function shares(/** @type {Item} */ item, /** @type {Tools} */ tools) {
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
    bar.replaceChildren(...parts.map((part) => h("i", { style: `inline-size: ${Math.max(0, (part / Math.max(100, total)) * 100)}%` })));
  };
  const rows = item.options.map((/** @type {string[]} */ [key, label]) => {
    const field = h("input", {
      type: "text", inputmode: "decimal", class: "mend-input mend-number", ...OWN,
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

/**
 * Rows to add and remove, each a small group; one column on a phone.
 * @returns {Control}
 */
function table(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const { texts } = tools;
  /** @type {{node: HTMLElement, cells: Map<string, any>}[]} */
  let rows = [];
  /** @type {{row: any, place: number} | null} */
  let removed = null;
  const list = h("div", { class: "mend-rows" });
  const add = quiet(fill(texts.table_add, { row: item.row }), () => {
    insert({}, rows.length).cells.values().next().value.field.focus();
  }, { class: "mend-quiet mend-add", "aria-describedby": tools.describe });
  const full = h("span", { class: "mend-help", hidden: true }, texts.table_full);
  const undo = quiet(texts.table_undo, () => {
    if (!removed) return;
    const row = insert(removed.row, removed.place);
    forget();
    row.cells.values().next().value.field.focus();
    saveNow();
  }, { hidden: true });
  const forget = () => { removed = null; undo.hidden = true; };
  const contents = (/** @type {Map<string, any>} */ cells) => Object.fromEntries(item.columns
    .map((/** @type {any} */ column) => [column.id, readAs(column.kind, cells.get(column.id).field)])
    .filter((/** @type {any[]} */ [, value]) => value !== null));
  const value = () => {
    const filled = rows.map((row) => contents(row.cells)).filter((row) => Object.keys(row).length);
    return filled.length ? filled : null;
  };
  const saveNow = () => tools.change(value());
  const label = () => {
    rows.forEach((row, place) => {
      row.node.setAttribute("aria-label", fill(texts.table_row, { row: item.row, number: place + 1 }));
      row.node.querySelector(".mend-remove")?.setAttribute("aria-label", fill(texts.table_remove_row, { row: item.row, number: place + 1 }));
    });
    add.hidden = rows.length >= item.max_rows;
    full.hidden = !add.hidden;
  };
  const cell = (/** @type {any} */ column, /** @type {any} */ content) => {
    const options = column.kind === "yesno" ? [["yes", texts.yes], ["no", texts.no]] : column.options;
    const typed = () => tools.change(value(), true);
    if (column.kind === "text") {
      const area = words(tools, 0, "", typed, 1);
      area.show(content);
      return area;
    }
    const field = options
      ? h("select", { class: "mend-input", onchange: saveNow }, h("option", { value: "" }, texts.choose),
          ...options.map((/** @type {string[]} */ [key, name]) => h("option", { value: key }, name)))
      : h("input", {
          type: column.kind === "date" ? "date" : "text", class: "mend-input",
          inputmode: column.kind === "number" ? "decimal" : null, ...OWN, oninput: typed,
        });
    setWords(field, content);
    noticeHalfDays(field, typed);
    return { node: field, field };
  };
  const insert = (/** @type {any} */ content, /** @type {number} */ place) => {
    const cells = new Map(item.columns.map((/** @type {any} */ column) => [column.id, cell(column, own(content, column.id))]));
    const node = h("div", { class: "mend-row", role: "group" },
      ...item.columns.map((/** @type {any} */ column) => h("label", { class: `mend-cell mend-${column.kind}` }, h("span", {}, column.label), cells.get(column.id).node)),
      quiet(texts.table_remove, () => drop(row), { class: "mend-quiet mend-remove" }));
    node.style.setProperty("--columns", item.columns.map((/** @type {any} */ { kind }) => (kind === "text" ? "minmax(0, 2fr)" : "minmax(6.5rem, 1fr)")).join(" "));
    const row = { node, cells };
    list.insertBefore(node, list.children[place] ?? null);
    rows.splice(place, 0, row);
    label();
    return row;
  };
  const drop = (/** @type {any} */ row) => {
    const place = rows.indexOf(row);
    const content = contents(row.cells);
    rows.splice(place, 1);
    row.node.remove();
    if (rows.length === 0) insert({}, 0);
    label();
    if (Object.keys(content).length) {
      removed = { row: content, place };
      undo.hidden = false;
      saveNow();
    }
    tools.say(fill(texts.table_removed, { row: item.row, number: place + 1 }));
    (undo.hidden ? (rows[Math.min(place, rows.length - 1)].cells.values().next().value.field) : undo).focus();
  };
  return {
    node: h("div", {}, list, h("div", { class: "mend-tablefoot" }, add, full, undo)),
    show: (shown) => {
      if (rows.length && same(shown, value())) {
        const kept = (shown ?? []).values();
        for (const { cells } of rows) {
          const row = Object.keys(contents(cells)).length ? kept.next().value : {};
          cells.forEach((each, column) => (each.show ?? ((/** @type {any} */ words) => setWords(each.field, words)))(own(row, column)));
        }
        return;
      }
      rows = [];
      list.replaceChildren();
      forget();
      (shown ?? [{}]).forEach((/** @type {any} */ row, /** @type {number} */ place) => insert(row, place));
    },
    focus: () => rows[0].cells.values().next().value.field.focus(),
  };
}

/**
 * A text in named parts.
 * @returns {Control}
 */
function letter(/** @type {Item} */ item, /** @type {Tools} */ tools) {
  const parts = new Map();
  const value = () => {
    const filled = [...parts].map(([key, part]) => [key, orBlank(part.field.value)]).filter(([, text]) => text !== null);
    return filled.length ? Object.fromEntries(filled) : null;
  };
  const node = h("div", { class: "mend-letter" }, ...item.parts.map((/** @type {any[]} */ [key, part]) => {
    const help = part.help ? h("p", { class: "mend-help", id: unique() }, part.help) : null;
    const area = words(tools, item.max_length, `${tools.describe} ${help?.id ?? ""}`.trim(), () => tools.change(value(), true), 2);
    area.field.id = unique();
    const hints = h("div", { class: "mend-hints", "aria-live": "polite" });
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

const labelled = (/** @type {any[][]} */ pairs, /** @type {any} */ value) =>
  pairs.find(([key]) => String(key) === String(value))?.[1] ?? String(value);
const listed = (/** @type {string} */ tag, /** @type {string[]} */ lines) => h(tag, {}, ...lines.map((each) => h("li", {}, each)));
const plain = (/** @type {Item} */ item, /** @type {any} */ value) => (item.unit ? `${value} ${item.unit}` : String(value));

/** @type {Record<string, {group?: boolean, clear?: boolean, control?: (item: Item, tools: Tools) => Control, reading?: (item: Item, value: any, texts: Record<string, string>, language: string) => Node | string}>} */
const KINDS = {
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
    control: (item, tools) => radios(item.options, "mend-list", tools),
    reading: (item, value) => labelled(item.options, value),
  },
  choices: {
    group: true,
    control: choices,
    reading: (item, value) => listed("ul", value.map((/** @type {string} */ key) => labelled(item.options, key))),
  },
  scale: {
    group: true, clear: true,
    control: (item, tools) => radios(item.points, "mend-points", tools, item.no_opportunity ? ["no_opportunity", item.no_opportunity] : null),
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
  computed: {},
};

/** A date for people, in the workbook's language; what cannot be read is shown as it is. */
function day(/** @type {string} */ iso, /** @type {string} */ language) {
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(iso) ? `${iso}T12:00` : iso);
  return Number.isNaN(date.getTime()) ? iso : new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { day: "numeric", month: "long", year: "numeric" }).format(date);
}

/** When the newest of these answers was saved, if that was today. */
const latestToday = (/** @type {Record<string, Answer>} */ answers) => Object.values(answers).map(({ at }) => at ?? "")
  .filter((at) => new Date(at).toDateString() === new Date().toDateString()).sort().at(-1) ?? "";

function clock(/** @type {string | undefined} */ iso, /** @type {string} */ language) {
  const date = iso ? new Date(iso) : new Date();
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
}

// --- outbox: what was answered and not yet acknowledged -----------------------------------------------------------

/**
 * Keeps every change until the kernel has acknowledged it: posts it after a pause (or at once), holds it in
 * sessionStorage meanwhile, posts it again when no acknowledgement comes, and forgets it once acknowledged.
 * Browsers write sessionStorage to the disk, so what is held is sealed with a key that comes from the journal.
 *
 * @typedef {{item: string, occasion: string, value: any, status: Status, seen: number, last?: any[]}} Change
 *   last: what was saved before, as far as this page knows, or was posted before and may have been saved
 * @typedef {Change & {seq: number, held: string, place?: string, reason?: string, refused?: boolean, heard?: boolean}} Pending
 *   seq 0: not posted yet; held: when it was written; heard: there was a reply since it was last posted;
 *   place: its name in sessionStorage, for one found there
 * @param {(message: object) => void} post
 * @param {Pace} pace
 * @param {() => void} changed   called when there is something new to say about saving
 */
function outbox(post, pace, changed) {
  /** @type {Map<string, Pending>} */
  const pending = new Map();
  /** @type {Map<number, Change>} */
  const posted = new Map();
  /** @type {any} */ let pause;
  /** @type {any} */ let patience;
  let seq = 0;
  let silent = 0; // since when something was posted and nothing at all was heard, in ms; 0: it is not
  let prefix = "";
  /** @type {Promise<CryptoKey> | null} */ let key = null;

  const name = (/** @type {{occasion: string, item: string}} */ { occasion, item }) => `${occasion} ${item}`;

  const box = {
    lost: false,
    get size() { return pending.size; },
    get reason() { return [...pending.values()].find((entry) => entry.reason)?.reason ?? ""; },
    at: (/** @type {string} */ occasion) => [...pending.values()].some((entry) => entry.occasion === occasion),
    waiting: (/** @type {string} */ occasion, /** @type {string} */ item) => pending.get(name({ occasion, item })),

    /** From now on hold what waits, under names beginning with `where`, sealed with `secret` (32 bytes as base64). */
    hold(/** @type {string} */ where, /** @type {string | undefined} */ secret) {
      if (prefix === where) return;
      prefix = where;
      key = secret && crypto.subtle // there is none on an insecure address; then only the page has the words
        ? crypto.subtle.importKey("raw", bytes(atob(secret)), "AES-GCM", false, ["encrypt", "decrypt"]) : null;
    },

    /** Take a change; `typing`: wait for a pause first. */
    put(/** @type {Change} */ change, typing = false) {
      const before = pending.get(name(change));
      const last = before?.seq ? gist(before) : before?.last ?? change.last;
      const entry = { ...change, last, seq: 0, held: new Date().toISOString() };
      pending.set(name(change), entry);
      keep(entry).catch(() => { /* no storage here: the page still has it */ });
      clearTimeout(pause);
      if (typing) pause = setTimeout(box.flush, pace.typing);
      else box.flush();
      changed();
    },

    /** Post what is not posted yet. */
    flush() {
      clearTimeout(pause);
      for (const entry of pending.values()) if (!entry.seq) postOne(entry);
    },

    /** The kernel has it; returns what it has. */
    acknowledge(/** @type {any} */ message) {
      const entry = pending.get(name(message));
      const change = posted.get(message.seq);
      posted.delete(message.seq);
      if (entry && entry.seq === message.seq) {
        pending.delete(name(entry));
        box.release(entry);
      } else if (entry) entry.seen = message.version; // something newer is on its way
      return change;
    },

    /** The kernel could not save it: for now (it goes again), or for good (the words wait here for a change). */
    trouble(/** @type {any} */ message, /** @type {boolean} */ refused) {
      for (const entry of pending.values()) {
        if (entry.seq === message.seq) Object.assign(entry, { reason: message.reason, refused, heard: true });
      }
    },

    /** Something was heard: the connection works, and what waited while it did not goes again. */
    alive() {
      silent = [...pending.values()].some((entry) => entry.seq && !entry.heard) ? Date.now() : 0;
      if (!box.lost) return;
      box.lost = false;
      again();
    },

    /** What this tab held when it went away. @returns {Promise<Pending[]>} */
    async held() {
      const found = [];
      try {
        for (const each of Object.keys(sessionStorage).filter((one) => one.startsWith(prefix))) {
          const entry = await unseal(sessionStorage.getItem(each) ?? "").catch(() => null); // not written by us
          if (typeof entry?.item === "string" && typeof entry.occasion === "string") found.push({ ...entry, place: each });
        }
      } catch { /* no storage here */ }
      return found;
    },

    release(/** @type {Pending} */ entry) {
      try { sessionStorage.removeItem(entry.place ?? prefix + name(entry)); } catch { /* no storage here */ }
    },

    /** Hold it beside what is written from now on, until it is released. */
    putAside(/** @type {Pending} */ entry) {
      const place = `${prefix + name(entry)} ${entry.held}`;
      try {
        const sealed = sessionStorage.getItem(entry.place ?? "");
        if (entry.place === place || sealed === null) return;
        sessionStorage.setItem(place, sealed);
        box.release(entry);
        entry.place = place;
      } catch { /* no room: it stays where it is */ }
    },

    stop() {
      box.flush();
      clearTimeout(patience);
    },
  };

  /** Hold an entry unless it was acknowledged, or followed by another, while it was being sealed. */
  async function keep(/** @type {Pending} */ entry) {
    if (!key) return;
    const once = crypto.getRandomValues(new Uint8Array(12));
    const words = new TextEncoder().encode(JSON.stringify(entry));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: once }, await key, words));
    if (pending.get(name(entry)) === entry) sessionStorage.setItem(prefix + name(entry), letters(once) + letters(sealed));
  }

  async function unseal(/** @type {string} */ held) {
    if (!key) return null;
    const all = bytes(held);
    const words = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await key, all.slice(12));
    return JSON.parse(new TextDecoder().decode(words));
  }

  function postOne(/** @type {Pending} */ entry) {
    entry.seq ||= seq += 1;
    entry.heard = false;
    silent ||= Date.now();
    posted.set(entry.seq, entry);
    const { item, occasion, value, status, seen } = entry;
    post({ type: "answer", seq: entry.seq, item, occasion, value, status, seen });
    patience ??= setTimeout(check, pace.acknowledge);
  }

  function again() {
    for (const entry of pending.values()) if (entry.seq && !entry.refused) postOne(entry);
  }

  /** Was anything left without a word for too long? Then say so, and go on trying. */
  function check() {
    patience = undefined;
    const left = silent ? silent + pace.acknowledge - Date.now() : 0;
    if (left > 0) patience = setTimeout(check, left);
    else if (silent) box.lost = true;
    again();
    changed();
  }

  return box;
}

// --- the form -----------------------------------------------------------------------------------------------------

/** @type {Answer} */
const BLANK = { value: null, status: "blank", version: 0 };

/**
 * Draw an exercise and keep it in step with its answers. Controls are made once and only ever change their values,
 * so that nothing that arrives can take the focus or the caret away.
 *
 * @param {HTMLElement} element
 * @param {Exercise} exercise
 * @param {Transport} transport
 * @param {Pace} [pace]
 * @returns {() => void} take it away again
 */
export function mount(element, exercise, transport, pace = PACE) {
  const { id, texts, language } = exercise;
  const page = Math.random().toString(36).slice(2);
  const post = (/** @type {object} */ message) => {
    try { transport.post({ ...message, page }); } catch { /* a closed channel: no reply comes, and the form says so */ }
  };
  const box = outbox(post, pace, () => drawState());
  const leaving = new AbortController();

  /** @type {Map<string, Answer>} what the kernel last said */ const known = new Map();
  /** @type {Map<string, Answer>} what is on the page */ const shown = new Map();
  let /** @type {any} */ now = null; // the latest `answers` message
  let editing = false; // an earlier occasion, opened for changes
  let savedAt = "";
  let touched = 0; // when a key was last pressed here
  let answered = 0; // when something was last answered on this occasion
  let trouble = ""; // of the whole form, not of one answer

  // Elements ........................................................................................................

  const heading = unique();
  const picker = h("div", { class: "mend-occasion" });
  const assigned = h("div", { class: "mend-assigned", hidden: true });
  const voice = h("div", { class: "mend-hidden", "aria-live": "polite" });
  const say = (/** @type {string} */ text) => { voice.textContent = text; };
  /** @type {any} */ let speech;
  const sayLater = (/** @type {string} */ text) => {
    clearTimeout(speech);
    speech = setTimeout(() => say(text), pace.speak ?? SPEAK);
  };
  const wait = h("p", { class: "mend-wait", role: "status" }, texts.opening);
  const lockPlace = h("div", { class: "mend-lock", hidden: true });
  const earlier = h("div", { class: "mend-earlier", hidden: true });
  const unasked = h("div", { class: "mend-unasked", hidden: true });

  const questions = exercise.items.map(question);
  const useful = questions.find(({ item }) => item.id === `${id}.useful`);
  const done = exercise.items.find((item) => item.id === `${id}.done`);
  const main = questions.filter(({ item }) => item !== useful?.item && item !== done);

  const doneButton = h("button", { type: "button", class: "mend-done", onclick: () => {
    if (!done) return;
    const marked = shown.get(done.id)?.value === "yes";
    change(done, marked ? null : "yes");
  } });
  const close = h("div", { class: "mend-close" }, useful?.node, done ? doneButton : null);
  // A browser writes what stands in fields to the disk, to restore tabs, unless a form around them says not to.
  const body = h("form", { class: "mend-body", autocomplete: "off", novalidate: true, hidden: true,
    onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, ...main.map(({ node }) => node), close);

  const settled = h("span", { class: "mend-settled", role: "status" }, texts.nothing_yet);
  const saving = h("span", { class: "mend-saving", "aria-hidden": "true" }, texts.saving);
  const progress = h("span", { class: "mend-progress" });
  const foot = h("div", { class: "mend-foot" }, h("span", { class: "mend-state" }, settled, saving), progress);

  const root = h("section", { class: "mend-form", id, "aria-labelledby": heading, lang: language, "data-lm-suppress-shortcuts": "true" },
    h("header", { class: "mend-head" },
      h("h2", { id: heading }, exercise.title),
      h("p", { class: "mend-meta" }, `${exercise.minutes === 1 ? texts.minute : fill(texts.minutes, exercise)} · ${texts.private}`)),
    picker, assigned,
    exercise.intro_html ? h("div", { class: "mend-intro", html: exercise.intro_html }) : null,
    wait, lockPlace, unasked, earlier, body, foot, voice);

  // Questions .......................................................................................................

  function question(/** @type {Item} */ item) {
    const kind = KINDS[item.kind] ?? {};
    const name = unique();
    const help = item.help_html ? h("div", { class: "mend-help", id: unique(), html: item.help_html }) : null;
    const notice = h("div", { class: "mend-notice", id: unique(), "aria-live": "polite" });
    const comment = h("div", { class: "mend-comments" });
    if (item.kind === "note") {
      return { item, kind, notice, comment, node: h("div", { class: "mend-note", html: item.prompt_html ?? "" }), inHand: () => false, show() {} };
    }
    if (item.kind === "computed") {
      const output = h("output", { id: name, "aria-live": "off" });
      const node = h("div", { class: "mend-item mend-computed" }, h("label", { for: name, class: "mend-prompt" }, item.prompt), help, output);
      const show = (/** @type {any} */ value) => {
        const text = value === null ? "–" : plain(item, new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value).replace("-", "−"));
        if (output.textContent === text) return;
        if (output.textContent) sayLater(`${item.prompt} ${text}`);
        output.textContent = text;
      };
      return { item, kind, notice, comment, node, inHand: () => false, show };
    }

    const describe = [help?.id, notice.id].filter(Boolean).join(" ");
    const control = /** @type {Control} */ (kind.control?.(item, {
      texts, language, say, sayLater, describe: kind.group ? "" : describe, change: (value, typing) => change(item, value, typing),
    }));
    const skipped = h("p", { class: "mend-skipped", hidden: true }, texts.skipped);
    const skip = quiet(texts.skip, () => {
      if (shown.get(item.id)?.status === "skipped") change(item, null);
      else change(item, null, false, "skipped");
    }, { "aria-describedby": name });
    const clear = kind.clear ? quiet(texts.clear, () => { change(item, null); control.focus(); }, { "aria-describedby": name }) : null;
    const isUseful = item.id === `${id}.useful`;
    const acts = h("div", { class: "mend-acts" }, clear, isUseful ? null : skip);
    const answerOf = () => shown.get(item.id) ?? BLANK;
    // What is shown is what is kept, as soon as nobody writes here any more; what was refused stays as it is.
    control.node.addEventListener("focusout", () => queueMicrotask(() => { // a row that is just removed has its say first
      if (control.node.contains(focused(control.node)) || box.waiting(now?.occasion, item.id)) return;
      if (answerOf().status !== "skipped") control.show(answerOf().value);
    }));
    const inside = [help, h("div", { class: "mend-control" }, control.node), skipped, notice, comment, acts];
    let node;
    if (kind.group) {
      node = h("fieldset", { class: "mend-item", "aria-describedby": describe }, h("legend", { id: name, class: "mend-prompt" }, item.prompt), ...inside);
    } else {
      if (control.target) control.target.id = unique();
      node = h("div", { class: "mend-item" }, h("label", { id: name, for: control.target?.id, class: "mend-prompt" }, item.prompt), ...inside);
    }
    return {
      item, kind, node, notice, comment,
      inHand: () => writingIn(control.node) && Date.now() - touched < (pace.hands ?? HANDS),
      /** Show an answer without touching what already says so, nor the field someone writes in. */
      show(/** @type {Answer} */ answer, anyway = false) {
        const off = answer.status === "skipped";
        if (anyway || off || !writingIn(control.node)) control.show(off ? null : answer.value);
        control.hint?.(off ? [] : answer.hints ?? [], answer.value);
        control.node.hidden = off;
        skipped.hidden = !off;
        skip.textContent = off ? texts.unskip : texts.skip;
        clear?.classList.toggle("mend-away", answer.status !== "answered");
      },
      invalid(/** @type {boolean} */ wrong) {
        control.target?.setAttribute("aria-invalid", String(wrong));
      },
    };
  }

  /** The person answered: show it, keep it, and let the rest of the page follow. */
  function change(/** @type {Item} */ item, /** @type {any} */ value, typing = false, /** @type {Status | null} */ status = null) {
    if (!now) return;
    answered = Date.now();
    const answer = { ...(known.get(item.id) ?? BLANK), value, status: status ?? (value === null ? "blank" : "answered"), hints: shown.get(item.id)?.hints };
    shown.set(item.id, /** @type {Answer} */ (answer));
    const asked = questions.find((each) => each.item === item);
    if (asked && !asked.notice.querySelector("button")) asked.notice.replaceChildren(); // an offer stays until it is taken or left
    asked?.invalid?.(false);
    if (typing) asked?.node.querySelector(".mend-acts .mend-away")?.classList.remove("mend-away");
    else asked?.show(/** @type {Answer} */ (answer));
    const last = known.get(item.id) ?? BLANK;
    box.put({ item: item.id, occasion: now.occasion, value, status: answer.status, seen: last.version, last: gist(last) }, typing);
    follow();
  }

  // Drawing .........................................................................................................

  /** Whether the exercise itself is asked: its condition is about answers of other exercises only. */
  const isAsked = () => !exercise.show_if || evaluate(exercise.show_if, (other) => own(now?.context, other)) === true;

  /** Show and hide by the conditions, work out numbers, count. */
  function follow() {
    const whole = isAsked();
    /** @type {Map<string, boolean>} */ const active = new Map();
    const isActive = (/** @type {Item} */ item) => {
      if (!active.has(item.id)) {
        active.set(item.id, false); // a circle would be refused when loading; here it only must end
        const hidden = (now?.hidden ?? []).includes(item.id);
        active.set(item.id, whole && !hidden && (!item.show_if || evaluate(item.show_if, get) === true));
      }
      return active.get(item.id);
    };
    const get = (/** @type {string} */ other) => {
      const asked = questions.find((each) => each.item.id === other);
      if (!asked) return own(now?.context, other);
      if (!isActive(asked.item)) return null;
      if (asked.item.kind === "computed") return compute(asked.item.compute, get);
      const answer = shown.get(other);
      return answer?.status === "answered" ? answer.value : null;
    };
    let [answered, skipped, total] = [0, 0, 0];
    for (const asked of main) {
      asked.node.hidden = !isActive(asked.item);
      if (asked.item.kind === "computed") asked.show(/** @type {any} */ (get(asked.item.id)));
      if (asked.node.hidden || !asked.kind.control) continue;
      const status = shown.get(asked.item.id)?.status;
      total += 1;
      answered += Number(status === "answered");
      skipped += Number(status === "skipped");
    }
    progress.textContent = total ? fill(skipped ? texts.progress_skipped : texts.progress, { answered, skipped, total }) : "";
    const marked = done && shown.get(done.id)?.value === "yes";
    doneButton.textContent = marked ? texts.done_marked : texts.done;
    doneButton.setAttribute("aria-pressed", String(Boolean(marked)));
  }

  function drawState() {
    const reason = box.reason || trouble;
    const busy = box.size > 0 && !box.lost && !reason;
    const text = box.lost ? (box.size ? texts.lost : texts.asleep)
      : reason ? fill(texts.not_saved, { reason })
      : savedAt ? fill(texts.saved, { time: clock(savedAt, language) })
      : texts.nothing_yet;
    if (settled.textContent !== text && !busy) settled.textContent = text;
    root.dataset.state = box.lost ? "lost" : reason ? "trouble" : busy ? "saving" : savedAt ? "saved" : "quiet";
  }

  /** Whether someone is filling in the occasion that is shown. */
  const atWork = () => !body.hidden && (body.contains(focused(root)) || box.at(now.occasion) || Date.now() - answered < (pace.rest ?? REST));

  function draw() {
    const occasion = (now.occasions ?? []).find((/** @type {any} */ each) => each.id === now.occasion);
    // A new day closes no form under the hands: its words belong to the occasion they were begun in.
    const past = Boolean(occasion && !occasion.current && !editing && !atWork());
    const inside = root.contains(document.activeElement) && body.contains(document.activeElement);
    wait.hidden = true;
    drawPicker(occasion);
    drawAssigned();
    lockPlace.hidden = !now.lock;
    unasked.hidden = Boolean(now.lock) || isAsked();
    earlier.hidden = !past || Boolean(now.lock) || !unasked.hidden;
    body.hidden = past || Boolean(now.lock) || !unasked.hidden;
    foot.hidden = body.hidden;
    if (now.lock) drawLock(now.lock);
    if (!unasked.hidden) unasked.replaceChildren(h("p", { class: "mend-help", tabindex: "-1" }, texts.unasked), written());
    if (!earlier.hidden) {
      earlier.replaceChildren(h("p", { class: "mend-help" }, texts.earlier), readings(),
        quiet(texts.earlier_edit, () => { editing = true; draw(); body.querySelector("input, textarea, select, button")?.focus(); }));
    }
    if (inside && now.lock) lockPlace.querySelector("h3").focus();
    else if (inside && !unasked.hidden) unasked.querySelector("p").focus();
    follow();
    drawState();
  }

  function drawPicker(/** @type {any} */ occasion) {
    const all = now.occasions ?? [];
    picker.hidden = exercise.repeats === "once";
    if (picker.dataset.drawn === JSON.stringify([all, now.occasion])) return;
    picker.dataset.drawn = JSON.stringify([all, now.occasion]);
    if (all.length < 2) {
      picker.replaceChildren(h("span", {}, occasion?.label ?? ""));
      return;
    }
    const select = picker.querySelector("select") ?? h("select", { class: "mend-input", onchange: () => {
      box.flush();
      ask({ type: "occasion", occasion: select.value });
    } });
    select.setAttribute("aria-label", texts.occasion);
    select.replaceChildren(...all.map((/** @type {any} */ each) => h("option", { value: each.id, selected: each.id === now.occasion }, each.label)));
    if (!select.parentNode) picker.replaceChildren(select);
  }

  function drawAssigned() {
    const task = now.assigned;
    assigned.hidden = !task;
    if (!task) return;
    assigned.replaceChildren(
      h("p", { class: "mend-from" }, fill(texts.assigned, task), task.due ? ` · ${fill(texts.due, { date: day(task.due, language) })}` : ""),
      task.instruction ? h("p", UNTRANSLATED, task.instruction) : "");
  }

  function drawLock(/** @type {any} */ lock) {
    if (lockPlace.dataset.drawn === JSON.stringify(lock)) return;
    lockPlace.dataset.drawn = JSON.stringify(lock);
    lockPlace.replaceChildren(
      h("h3", { tabindex: "-1" }, lock.title),
      h("div", { html: lock.html ?? "" }),
      lock.instead?.length ? h("div", { class: "mend-instead" }, h("p", {}, texts.locked_instead),
        h("ul", {}, ...lock.instead.map((/** @type {any} */ each) => h("li", {}, h("a", { href: each.href }, each.label))))) : "",
      lock.resources?.length ? h("ul", { class: "mend-resources" }, ...lock.resources.map((/** @type {string} */ each) => h("li", { html: each }))) : "",
      written());
  }

  /** What was written here before, behind one line; nothing when there is nothing. */
  function written() {
    const wrote = [...shown.values()].some((answer) => answer.status !== "blank");
    return wrote ? h("details", {}, h("summary", {}, texts.locked_answers), readings()) : "";
  }

  function reading(/** @type {Item} */ item, /** @type {Answer} */ answer) {
    if (answer.status === "skipped") return texts.reading_skipped;
    if (answer.status === "blank" || answer.value === null) return texts.reading_blank;
    return KINDS[item.kind].reading?.(item, answer.value, texts, language) ?? "";
  }

  function readings() {
    const told = main.filter(({ item, kind }) => kind.control && (shown.get(item.id) ?? BLANK).status !== "blank");
    return h("dl", { class: "mend-readings" }, ...told.flatMap(({ item }) => {
      const answer = shown.get(item.id) ?? BLANK;
      return [h("dt", {}, item.prompt), h("dd", UNTRANSLATED, reading(item, answer), answer.comment ? said(answer.comment) : null)];
    }));
  }

  /** A counselor's words beside an answer. */
  const said = (/** @type {Comment} */ comment) => h("aside", { class: "mend-comment", role: "note" },
    h("p", { class: "mend-from" }, comment.at ? fill(texts.comment, { from: comment.from, date: day(comment.at, language) }) : comment.from),
    h("p", UNTRANSLATED, comment.text));

  // Messages ........................................................................................................

  /** @type {any} */ let expecting;

  /** Ask the kernel for answers; when none come, say so and ask again. */
  function ask(/** @type {any} */ message) {
    post(message);
    expecting ??= setTimeout(() => {
      expecting = undefined;
      if (now && !trouble) box.lost = true; // else the kernel has said what is wrong
      else if (!now) wait.textContent = texts.waiting;
      drawState();
      if (!now || visible()) ask(message);
    }, pace.acknowledge);
  }
  const refresh = () => now && ask({ type: "refresh", occasion: now.occasion });

  /** Every message the kernel may write; anything else is left alone. @type {Record<string, (message: any) => void>} */
  const RECEIVE = {
    answers(message) {
      if (message.page && message.page !== page) return; // meant for another view of this form
      if (typeof message.occasion !== "string" || typeof message.answers !== "object") return;
      clearTimeout(expecting);
      expecting = undefined;
      trouble = "";
      const first = !now;
      const turned = message.occasion !== now?.occasion;
      if (turned) {
        editing = false;
        answered = 0;
        body.hidden = true; // until it is drawn, so that it does not count as open
      }
      now = message;
      box.hold(`mend ${message.journal ?? ""} ${id} `, message.keep);
      for (const asked of questions) {
        if (!asked.kind.control) continue;
        const incoming = { ...BLANK, ...own(message.answers, asked.item.id) };
        if (turned) load(asked, incoming);
        else merge(asked, incoming);
        asked.comment.replaceChildren(...(incoming.comment ? [said(incoming.comment)] : []));
      }
      if (turned) savedAt = latestToday(message.answers);
      if (first) restore();
      draw();
      if (first && location.hash === `#${id}`) root.scrollIntoView();
    },
    saved(message) {
      if (message.page !== page) { refresh(); return; } // another view of this form saved something
      const change = box.acknowledge(message);
      savedAt = message.at;
      if (!change || message.occasion !== now?.occasion) return;
      const value = "value" in message ? message.value : change.value; // as it is kept
      known.set(message.item, { ...known.get(message.item), value, status: change.status, at: message.at, version: message.version });
      const asked = questions.find((each) => each.item.id === message.item);
      const answer = shown.get(message.item);
      if (!asked || !answer || !same(answer.value, change.value)) return;
      shown.set(message.item, { ...answer, value, at: message.at, version: message.version, hints: message.hints ?? [] });
      asked.show(/** @type {Answer} */ (shown.get(message.item)));
      if (message.overtaken) asked.notice.replaceChildren(h("p", {}, texts.changed_overtaken));
    },
    refused(message) { notSaved(message, true); },
    failed(message) { notSaved(message, false); },
    lock(message) {
      if (!now) return;
      box.flush();
      now = { ...now, lock: message.lock };
      draw();
    },
    changed: () => refresh(),
  };

  function notSaved(/** @type {any} */ message, /** @type {boolean} */ refused) {
    if (message.page && message.page !== page) return;
    if (!message.seq) {
      trouble = message.reason;
      if (!now) wait.textContent = message.reason;
      return;
    }
    box.trouble(message, refused);
    const asked = questions.find((each) => each.item.id === message.item);
    if (!refused || !asked || box.waiting(now?.occasion, message.item)?.seq !== message.seq) return;
    asked.notice.replaceChildren(h("p", { class: "mend-wrong" }, message.reason));
    asked.invalid?.(true);
  }

  function receive(/** @type {any} */ message) {
    if (typeof message !== "object" || message === null || !Object.hasOwn(RECEIVE, message.type)) return;
    const lost = box.lost;
    RECEIVE[message.type](message);
    box.alive();
    if (lost) say(texts.back);
    drawState();
  }

  /** Another occasion, or the first: show what is there, or what waits to be saved. */
  function load(/** @type {any} */ asked, /** @type {Answer} */ incoming) {
    const waiting = box.waiting(now.occasion, asked.item.id);
    known.set(asked.item.id, incoming);
    const answer = waiting ? { ...incoming, value: waiting.value, status: waiting.status } : incoming;
    shown.set(asked.item.id, answer);
    asked.notice.replaceChildren();
    asked.show(answer, true);
  }

  /** The same occasion again: what another page changed is shown, unless the person is writing here. */
  function merge(/** @type {any} */ asked, /** @type {Answer} */ incoming) {
    const before = known.get(asked.item.id) ?? BLANK;
    const waiting = box.waiting(now.occasion, asked.item.id);
    if (!waiting && asked.inHand()) return; // asked again soon; words written until then are the later ones, and say so
    known.set(asked.item.id, incoming);
    if (same(gist(incoming), gist(before))) {
      if (!waiting) shown.set(asked.item.id, { ...incoming, hints: incoming.hints ?? shown.get(asked.item.id)?.hints });
      return;
    }
    if (!waiting) {
      shown.set(asked.item.id, incoming);
      asked.show(incoming, true);
      asked.notice.replaceChildren(h("p", {}, incoming.at ? fill(texts.changed, { time: clock(incoming.at, language) }) : texts.changed_sometime));
    } else if (!same(gist(incoming), gist(waiting))) {
      offer(asked, fill(texts.changed_typing, { time: clock(incoming.at, language) }), incoming, texts.use_other, texts.keep_mine);
    }
  }

  /** Two versions of one answer: both are shown, and the person chooses. */
  function offer(/** @type {any} */ asked, /** @type {string} */ text, /** @type {Answer} */ other, /** @type {string} */ take, /** @type {string} */ leave, chosen = () => {}) {
    const settle = (/** @type {boolean} */ taken) => {
      const focus = asked.node.querySelector(".mend-control input, .mend-control textarea, .mend-control button, .mend-control select");
      asked.notice.replaceChildren();
      chosen();
      if (taken) change(asked.item, other.value, false, other.status);
      focus?.focus();
    };
    asked.notice.replaceChildren(h("p", {}, text), h("blockquote", UNTRANSLATED, reading(asked.item, other)),
      h("p", { class: "mend-offer" }, quiet(take, () => settle(true)), quiet(leave, () => settle(false))));
  }

  /** What this tab held when the connection was lost: saved now, unless something later was saved elsewhere. */
  async function restore() {
    for (const entry of await box.held()) {
      if (box.waiting(entry.occasion, entry.item)) continue; // already written anew
      const asked = questions.find((each) => each.item.id === entry.item);
      const stored = known.get(entry.item) ?? BLANK;
      const here = entry.occasion === now.occasion;
      const ours = same(gist(stored), entry.last);
      if (!asked || (here && same(stored.value, entry.value) && stored.status === entry.status)) {
        box.release(entry);
      } else if (here && stored.at && !ours && new Date(stored.at) > new Date(entry.held)) {
        const mine = { ...BLANK, value: entry.value, status: entry.status };
        box.putAside(entry);
        offer(asked, texts.held, mine, texts.use_mine, texts.use_other, () => box.release(entry));
      } else {
        const { item, occasion, value, status } = entry;
        if (here) {
          shown.set(item, { ...stored, value, status });
          asked.show(/** @type {any} */ (shown.get(item)), true);
        }
        box.put({ item, occasion, value, status, seen: here ? stored.version : entry.seen, last: here ? gist(stored) : entry.last });
        if (entry.place?.endsWith(entry.held)) box.release(entry); // it had been put aside
      }
    }
    draw();
  }

  // The page around .................................................................................................

  let onScreen = true;
  const watch = new IntersectionObserver((seen) => { onScreen = seen.some((each) => each.isIntersecting); });
  const visible = () => document.visibilityState === "visible" && onScreen;
  const listen = { signal: leaving.signal };

  root.addEventListener("focusout", () => box.flush());
  root.addEventListener("beforeinput", pasteAsMeant);
  root.addEventListener("input", () => { touched = Date.now(); });
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? box.flush() : refresh()), listen);
  window.addEventListener("pagehide", () => box.flush(), listen);
  window.addEventListener("focus", () => refresh(), listen);
  for (const event of ["keydown", "keypress", "keyup"]) {
    // JupyterLab's single keys delete cells; what is typed here stays here.
    root.addEventListener(event, (/** @type {KeyboardEvent} */ key) => {
      key.stopPropagation();
      touched = Date.now();
      if (event === "keydown" && key.key === "s" && (key.ctrlKey || key.metaKey)) {
        key.preventDefault();
        box.flush();
      }
    });
  }
  const poll = setInterval(() => visible() && !box.size && refresh(), pace.refresh);

  element.replaceChildren(root);
  watch.observe(root);
  const stop = transport.listen(receive);
  ask({ type: "ready" });

  return () => {
    box.stop();
    stop();
    leaving.abort();
    watch.disconnect();
    clearInterval(poll);
    clearTimeout(expecting);
    clearTimeout(speech);
    root.remove();
  };
}

// --- Jupyter ------------------------------------------------------------------------------------------------------

/** The one place that knows of anywidget: its channel to the kernel on this computer. @returns {Transport} */
function kernel(/** @type {any} */ model) {
  return {
    post: (message) => model.send(message),
    listen(receive) {
      model.on("msg:custom", receive);
      return () => model.off("msg:custom", receive);
    },
  };
}

export default {
  render: (/** @type {{model: any, el: HTMLElement}} */ { model, el }) => mount(el, model.get("exercise"), kernel(model)),
};
