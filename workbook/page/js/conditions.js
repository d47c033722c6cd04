// Conditions: true, false, or null for unknown; the same cases as workbook/definition/conditions.py.

/** @typedef {Record<string, any>} Condition */

export const isNumber = (/** @type {any} */ value) => typeof value === "number" && Number.isFinite(value);
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
