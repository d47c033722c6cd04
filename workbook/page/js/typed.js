// What is typed or pasted, read as it was meant: words, numbers in the digits of any script, half a day.

import { isNumber } from "./conditions.js";

// What a paste from another program may bring along, and what it meant there; the kernel does the same (kinds.py).
const BREAKS = /\r\n|[\r\v\f\u2028\u2029]/g;
const UNSEEN = /[\x00-\x08\x0e-\x1d\x1f\x7f]/g;
const WINDOWS = "€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ"; // its 0x80 to 0x9f

export const ODD = /[\x00-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u;

/** Words as they were meant: a line break within a paragraph, hyphens and quotation marks of other programs. */
export const tidy = (/** @type {string} */ text) => (!ODD.test(text) ? text : text.replace(BREAKS, "\n")
  .replace(/[\x80-\x9f]/g, (one) => WINDOWS[one.charCodeAt(0) - 0x80]).replace(/\x1e/g, "-")
  .replace(UNSEEN, "").replace(/[\ud800-\udfff]/gu, "\ufffd"));

export const oneLine = (/** @type {string} */ text) => text.replace(/\n+/g, " ");

/** The words of a value on their way out: nothing typed is no answer. */
export const orBlank = (/** @type {string} */ text) => (tidy(text).trim() === "" ? null : tidy(text));

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

/** What a field of a kind says: nothing, a value, or what is no value yet. */
const READ = /** @type {Record<string, (field: any) => any>} */ ({
  number: (field) => numberOr(field.value),
  date: (field) => (field.validity.badInput ? "…" : orBlank(field.value)), // half a day: the kernel says that it is none
});

export const readAs = (/** @type {string} */ kind, /** @type {any} */ field) => (READ[kind] ?? ((/** @type {any} */ { value }) => orBlank(value)))(field);
