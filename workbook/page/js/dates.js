// Days and times for people, in the language spoken; one order of day, month and year wherever there is a date.

const place = (/** @type {string} */ language) => (language === "en" ? "en-GB" : language);

/** A date such as “4 January 2027”; what cannot be read is shown as it is. */
export function day(/** @type {string} */ iso, /** @type {string} */ language) {
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(iso) ? `${iso}T12:00` : iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(place(language), { day: "numeric", month: "long", year: "numeric" }).format(date);
}

/** The month of a day, such as “January 2027”. */
export const monthOf = (/** @type {string} */ iso, /** @type {string} */ language) =>
  new Intl.DateTimeFormat(place(language), { month: "long", year: "numeric" }).format(new Date(`${iso}T12:00`));

/** “4 January” of this year, “4 January 2026” of another; null for today. */
export function dayNear(/** @type {string} */ iso, /** @type {string} */ language, now = new Date()) {
  const date = new Date(`${iso}T12:00`);
  if (date.toDateString() === now.toDateString()) return null;
  if (date.getFullYear() !== now.getFullYear()) return day(iso, language);
  return new Intl.DateTimeFormat(place(language), { day: "numeric", month: "long" }).format(date);
}

/** "4 January 2027, 14:03"; a day without a time has no clock. */
export function when(/** @type {string} */ iso, /** @type {string} */ language) {
  if (/^\d{4}-\d{2}-\d{2}$/.test(iso)) return day(iso, language);
  return new Intl.DateTimeFormat(place(language), { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));
}

export function clock(/** @type {string | undefined} */ iso, /** @type {string} */ language) {
  const date = iso ? new Date(iso) : new Date();
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
}

/** When the newest of these answers was saved, if that was today. */
export const latestToday = (/** @type {Record<string, {at?: string}>} */ answers) => Object.values(answers).map(({ at }) => at ?? "")
  .filter((at) => new Date(at).toDateString() === new Date().toDateString()).sort().at(-1) ?? "";
