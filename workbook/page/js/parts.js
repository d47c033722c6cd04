// What stands around the questions of a form: what was asked, why it is closed, what was written before.

import { day } from "./dates.js";
import { UNTRANSLATED, fill, h } from "./elements.js";
import { KINDS } from "./kinds.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Answer} Answer
 * @typedef {import("./exercise.js").Comment} Comment
 * @typedef {import("./exercise.js").Exercise} Exercise
 */

/** @type {WeakMap<HTMLElement, string>} */
const DRAWN = new WeakMap();

/** Whether a place shows this already: then it is not drawn anew, so that nothing in it loses the focus. */
export function drawn(/** @type {HTMLElement} */ place, /** @type {any} */ what) {
  const said = JSON.stringify(what);
  if (DRAWN.get(place) === said) return true;
  DRAWN.set(place, said);
  return false;
}

/** What a counselor asked, and until when. */
export function drawAssigned(/** @type {HTMLElement} */ place, /** @type {any} */ task, /** @type {Exercise} */ { texts, language }) {
  place.hidden = !task;
  if (!task) return;
  place.replaceChildren(
    h("p", { class: "mend-from" }, fill(texts.assigned, task), task.due ? ` · ${fill(texts.due, { date: day(task.due, language) })}` : ""),
    task.instruction ? h("p", UNTRANSLATED, task.instruction) : "");
}

/** Why the form is closed, what to do instead, whom to call; and what was written before, behind one line. */
export function drawClosed(/** @type {HTMLElement} */ place, /** @type {any} */ closed, /** @type {Node | string} */ written, /** @type {Exercise} */ { texts }) {
  if (drawn(place, closed)) return;
  const instead = (closed.instead ?? []).map((/** @type {any} */ each) => h("li", {}, h("a", { href: each.href }, each.label)));
  const resources = (closed.resources ?? []).map((/** @type {string} */ each) => h("li", { html: each }));
  const calls = resources.length ? h("ul", { class: "mend-resources" }, resources) : "";
  place.replaceChildren(
    h("h3", { tabindex: "-1" }, closed.title),
    closed.urgent ? calls : "",
    h("div", { html: closed.html ?? "" }),
    instead.length ? h("div", { class: "mend-instead" }, h("p", {}, texts.closed_instead), h("ul", {}, instead)) : "",
    closed.urgent ? "" : calls,
    written);
}

/** An answer as words. */
export function reading(/** @type {Item} */ item, /** @type {Answer} */ answer, /** @type {Exercise} */ { texts, language }) {
  if (answer.status === "skipped") return texts.reading_skipped;
  if (answer.status === "blank" || answer.value === null) return texts.reading_blank;
  return KINDS[item.kind].reading?.(item, answer.value, texts, language) ?? "";
}

/** Questions with their answers as words, to read and not to change. */
export function readings(/** @type {{item: Item, answer: Answer}[]} */ all, /** @type {Exercise} */ exercise) {
  return h("dl", { class: "mend-readings" }, all.map(({ item, answer }) => [
    h("dt", {}, item.prompt),
    h("dd", UNTRANSLATED, reading(item, answer, exercise), answer.comment ? said(answer.comment, exercise) : null),
  ]));
}

/** What was written here before, behind one line; nothing when there is nothing. */
export const written = (/** @type {{item: Item, answer: Answer}[]} */ all, /** @type {Exercise} */ exercise) =>
  (all.length ? h("details", {}, h("summary", {}, exercise.texts.closed_answers), readings(all, exercise)) : "");

/** A counselor's words beside an answer. */
export const said = (/** @type {Comment} */ comment, /** @type {Exercise} */ { texts, language }) =>
  h("aside", { class: "mend-comment", role: "note" },
    h("p", { class: "mend-from" }, comment.at ? fill(texts.comment, { from: comment.from, date: day(comment.at, language) }) : comment.from),
    h("p", UNTRANSLATED, comment.text));
