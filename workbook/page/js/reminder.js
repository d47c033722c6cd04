// A reminder for someone's own calendar: when, and then a file. See reminder.py.

import { h, unique } from "./elements.js";
import { keep } from "./panel.js";

/**
 * @param {Record<string, string>} texts @param {string[]} weekdays
 * @param {(fields: object) => Promise<import("./panel.js").Answered>} ask
 */
export function reminder(texts, weekdays, ask) {
  const today = (new Date().getDay() + 6) % 7; // 0 is Monday
  const days = h("select", { id: unique() }, weekdays.map((name, at) => h("option", { value: at, selected: at === today }, name)));
  const time = h("input", { id: unique(), type: "time", value: "19:00", required: true });
  const when = h("select", { id: unique() }, h("option", { value: "weekly" }, texts.reminder_weekly), h("option", { value: "due" }, texts.reminder_due));
  const said = h("p", { role: "status" });
  const labelled = (/** @type {string} */ text, /** @type {any} */ field) => h("p", {}, h("label", { for: field.id }, text), field);
  const [which, day] = [labelled(texts.reminder_when, when), labelled(texts.reminder_day, days)];
  when.addEventListener("change", () => { day.hidden = when.value === "due"; });

  async function make() {
    const { message, buffers } = await ask({ weekday: Number(days.value), time: time.value, due: !which.hidden && when.value === "due" });
    if (message.type === "reminder") said.replaceChildren(texts.reminder_made, " ", keep(buffers[0], "quiet-half-hour.ics", "text/calendar", texts.reminder_again));
    else said.replaceChildren(message.reason ?? texts.locked);
  }

  const node = h("details", { class: "mend-what" }, h("summary", {}, texts.reminder), h("p", {}, texts.reminder_how),
    h("form", { class: "mend-when", autocomplete: "off", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); make(); } },
      which, day, labelled(texts.reminder_at, time), h("button", { type: "submit", class: "mend-go" }, texts.reminder_make)), said);
  return {
    node,
    /** Whether there are days by which something is due. */
    offer(/** @type {boolean} */ due) {
      which.hidden = !due;
      if (!due) day.hidden = false;
    },
  };
}
