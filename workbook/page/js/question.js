// One question of a form: its words, its control, what is said about it.

import { focused, h, own, quiet, unique } from "./elements.js";
import { BLANK } from "./exercise.js";
import { writingIn } from "./fields.js";
import { KINDS, plain } from "./kinds.js";
import { timer } from "./timer.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Answer} Answer
 * @typedef {import("./exercise.js").Status} Status
 * @typedef {import("./exercise.js").Control} Control
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {{exercise: Exercise, heading: string, hands: number, touched: () => number, say: (text: string) => void,
 *            sayLater: (text: string) => void, answer: (id: string) => Answer | undefined, unsaved: (id: string) => boolean,
 *            change: (item: Item, value: any, typing?: boolean, status?: Status | null) => void}} Desk
 *   what a question asks of its form; heading: the id of the form's; touched: when a key was last pressed; unsaved: its answer waits to be saved
 * @typedef {{item: Item, kind: import("./kinds.js").Kind, node: HTMLElement, notice: HTMLElement, comment: HTMLElement,
 *            inHand: () => boolean, show: (answer: any, anyway?: boolean) => void, invalid: (wrong: boolean) => void}} Question
 *   inHand: someone is writing in it; show: an answer, or the number of a computed one
 */

/** @returns {Question} */
export function question(/** @type {Item} */ item, /** @type {Desk} */ desk) {
  const kind = KINDS[item.kind] ?? {};
  const bare = {
    item, kind, inHand: () => false, show() {}, invalid() {},
    notice: h("div", { class: "mend-notice", id: unique(), "aria-live": "polite" }),
    comment: h("div", {}),
  };
  if (item.kind === "note") return note(bare);
  if (item.kind === "timer") return { ...bare, node: timer(item, desk) };
  return item.kind === "computed" ? computed(bare, desk) : asked(bare, desk);
}

const help = (/** @type {Item} */ item) => (item.help_html ? h("div", { class: "mend-help", id: unique(), html: item.help_html }) : null);

/** Words, and under them what other forms hold, line by line as it was written. @returns {Question} */
function note(/** @type {Omit<Question, "node">} */ bare) {
  const node = h("div", { class: "mend-note", html: bare.item.prompt_html ?? "" });
  const list = h("ul", { class: "mend-quoted", translate: "no", hidden: true });
  if (bare.item.quotes) node.append(list);
  const show = (/** @type {Record<string, string[]> | undefined} */ quoted) => {
    const lines = (bare.item.quotes ?? []).flatMap((/** @type {string} */ id) => own(quoted, id) ?? []);
    list.hidden = lines.length === 0;
    list.replaceChildren(...lines.map((/** @type {string} */ line) => h("li", { dir: "auto" }, line)));
  };
  return { ...bare, node, show };
}

/** A number that is worked out; it speaks on a pause. @returns {Question} */
function computed(/** @type {Omit<Question, "node">} */ bare, /** @type {Desk} */ { exercise, sayLater }) {
  const { item } = bare;
  const numbers = new Intl.NumberFormat(exercise.language, { maximumFractionDigits: 1 });
  const output = h("output", { id: unique(), "aria-live": "off" });
  const node = h("div", { class: "mend-item mend-computed" }, h("label", { for: output.id, class: "mend-prompt" }, item.prompt), help(item), output);
  const show = (/** @type {number | null} */ value) => {
    const text = value === null ? "–" : plain(item, numbers.format(value).replace("-", "−"));
    if (output.textContent === text) return;
    if (output.textContent) sayLater(`${item.prompt} ${text}`);
    output.textContent = text;
  };
  return { ...bare, node, show };
}

/** A question with a control. @returns {Question} */
function asked(/** @type {Omit<Question, "node">} */ bare, /** @type {Desk} */ desk) {
  const { item, kind, notice } = bare;
  const { texts, language } = desk.exercise;
  const helping = help(item);
  const describe = [helping?.id, notice.id].filter(Boolean).join(" ");
  const control = /** @type {Control} */ (kind.control?.(item, {
    texts, language, say: desk.say, sayLater: desk.sayLater, describe: kind.group ? "" : describe,
    change: (value, typing) => desk.change(item, value, typing),
  }));
  const prompt = unique();
  const { skipped, skip, clear, acts } = quietActs(item, kind.clear ?? false, control, prompt, desk);
  keepInStep(item, control, desk);
  const inside = [helping, h("div", { class: "mend-control" }, control.node), skipped, notice, bare.comment, acts];
  if (control.target && !kind.group) control.target.id = unique();
  const node = kind.group
    ? h("fieldset", { class: "mend-item", "aria-describedby": describe, "aria-labelledby": item.again ? `${prompt} ${desk.heading}` : null }, h("legend", { id: prompt, class: "mend-prompt" }, item.prompt), inside)
    : h("div", { class: "mend-item" }, h("label", { id: prompt, for: control.target?.id, class: "mend-prompt" }, item.prompt), inside);
  // Not before the click: a tap would land on what it has only just brought up.
  node.addEventListener("click", (/** @type {any} */ event) => ["mouse", ""].includes(event.pointerType) || here(node));
  return {
    ...bare, node,
    inHand: () => writingIn(control.node) && Date.now() - desk.touched() < desk.hands,
    /** Show an answer without touching what already says so, nor the field someone writes in. */
    show(/** @type {Answer} */ answer, anyway = false) {
      const off = answer.status === "skipped";
      if (anyway || off || !writingIn(control.node)) control.show(off ? null : answer.value);
      control.hint?.(off ? [] : answer.hints ?? [], answer.value);
      for (const each of [control.node, control.beside]) if (each) each.hidden = off;
      skipped.hidden = !off;
      node.toggleAttribute("data-off", off);
      skip.textContent = off ? texts.unskip : texts.skip;
      clear?.classList.toggle("mend-away", answer.status !== "answered");
    },
    invalid(wrong) {
      control.target?.setAttribute("aria-invalid", String(wrong));
    },
  };
}

/** Someone tapped in a question: where there is no mouse to show it, this is where they are. */
function here(/** @type {HTMLElement} */ node) {
  for (const other of document.querySelectorAll("[data-here]")) other.removeAttribute("data-here");
  node.setAttribute("data-here", "");
}

/** The quiet acts below a question, seen where someone is: clear it, skip it. */
function quietActs(/** @type {Item} */ item, /** @type {boolean} */ clearing, /** @type {Control} */ control, /** @type {string} */ prompt, /** @type {Desk} */ desk) {
  const { id, texts } = desk.exercise;
  const skip = quiet(texts.skip, () => {
    if (desk.answer(item.id)?.status === "skipped") desk.change(item, null);
    else desk.change(item, null, false, "skipped");
  }, { "aria-describedby": prompt });
  const clear = clearing ? quiet(texts.clear, () => { desk.change(item, null); control.focus(); }, { "aria-describedby": prompt }) : null;
  const acts = h("div", { class: "mend-acts" }, control.beside, h("span", { class: "mend-quiets" }, clear, item.id === `${id}.useful` ? null : skip));
  return { skip, clear, acts, skipped: h("p", { class: "mend-skipped", hidden: true }, texts.skipped) };
}

/** What is shown is what is kept, as soon as nobody writes here any more; what was refused stays as it is. */
function keepInStep(/** @type {Item} */ item, /** @type {Control} */ control, /** @type {Desk} */ desk) {
  control.node.addEventListener("focusout", () => queueMicrotask(() => { // a row that is just removed has its say first
    if (control.node.contains(focused(control.node)) || desk.unsaved(item.id)) return;
    const answer = desk.answer(item.id) ?? BLANK;
    if (answer.status !== "skipped") control.show(answer.value);
  }));
}
