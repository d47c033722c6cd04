// Which questions are asked now, and the numbers worked out from their answers.

import { compute, evaluate } from "./conditions.js";
import { own } from "./elements.js";

/**
 * @typedef {import("./exercise.js").Item} Item
 * @typedef {import("./exercise.js").Answer} Answer
 * @typedef {import("./exercise.js").Exercise} Exercise
 * @typedef {{context?: Record<string, any>, hidden?: string[]}} Now   of the latest `answers` message
 */

/** Whether the exercise itself is asked: its condition is about answers of other exercises only. */
export const isAsked = (/** @type {Exercise} */ { show_if }, /** @type {Now | null} */ now) =>
  !show_if || evaluate(show_if, (other) => own(now?.context, other)) === true;

/**
 * @param {Exercise} exercise
 * @param {Now | null} now
 * @param {Map<string, Answer>} shown   the answers on the page
 * @returns {{isActive: (item: Item) => boolean, get: (id: string) => any}}
 *   get: an answer's value or a number that is worked out; null when it is blank, skipped or not asked
 */
export function following(exercise, now, shown) {
  const whole = isAsked(exercise, now);
  const items = new Map(exercise.items.map((item) => [item.id, item]));
  /** @type {Map<string, boolean>} */ const active = new Map();
  const isActive = (/** @type {Item} */ item) => {
    if (!active.has(item.id)) {
      active.set(item.id, false); // a circle would be refused when loading; here it only must end
      const hidden = (now?.hidden ?? []).includes(item.id);
      active.set(item.id, whole && !hidden && (!item.show_if || evaluate(item.show_if, get) === true));
    }
    return active.get(item.id) ?? false;
  };
  const get = (/** @type {string} */ id) => {
    const item = items.get(id);
    if (!item) return own(now?.context, id);
    if (!isActive(item)) return null;
    if (item.kind === "computed") return compute(item.compute, get);
    const answer = shown.get(id);
    return answer?.status === "answered" ? answer.value : null;
  };
  return { isActive, get };
}
