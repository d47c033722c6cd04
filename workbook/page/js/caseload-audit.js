// The key changed, and what was done with it.

import { button, field, part, secret, small, title } from "./caseload-pieces.js";
import { when } from "./dates.js";
import { counted, h } from "./elements.js";
import { keep } from "./panel.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

const LATEST = 20; // lines of the audit; the earlier ones come when asked for
const COLUMNS = ["at", "client", "what", "count"];

export async function settings(/** @type {Desk} */ desk) {
  const { texts, body, ask, show, go } = desk;
  const place = h("div");
  body.append(place);
  const answered = await ask("audit", {}, place);
  if (!answered) return;
  const passphrase = secret();
  const outcome = h("div");
  const rotate = button(texts.rotate, async () => {
    const got = await ask("rotate", { passphrase: passphrase.value }, outcome);
    passphrase.value = "";
    if (got) outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, texts.rotated), h("p", {}, texts.sheet), h("p", {}, keep(got.buffers[0], got.message.file, "text/html", texts.sheet_save))));
  });
  const { rows } = answered.message;
  show(title(texts.settings), h("div", { class: "mend-row" }, button(texts.back, go.list)),
    part(texts.keys, small(texts.keys_how), field(texts.passphrase, passphrase), outcome, h("div", { class: "mend-row" }, rotate)),
    part(texts.audit, small(texts.audit_how), rows.length ? audit(rows, desk) : small(texts.audit_none)));
}

/** What happened, the latest first. */
function audit(/** @type {any[]} */ rows, /** @type {Desk} */ { texts, language }) {
  const cell = (/** @type {any} */ one, /** @type {string} */ name) =>
    (name === "at" ? when(one.at, language) : name === "what" ? texts[`what_${one.what}`] ?? one.what : String(one[name]));
  const line = (/** @type {any} */ one) => h("tr", {}, COLUMNS.map((name) => h("td", { "data-label": texts[`col_${name}`] }, cell(one, name))));
  const body = h("tbody", {}, rows.slice(0, LATEST).map(line));
  const earlier = rows.slice(LATEST);
  const more = button(counted({ texts, language }, "earlier", earlier.length), () => {
    const lines = earlier.map(line);
    body.append(...lines);
    more.remove();
    lines[0].tabIndex = -1;
    lines[0].focus();
  });
  return h("div", {}, h("table", { class: "mend-list mend-audit" }, h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, texts[`col_${name}`])))), body),
    earlier.length ? h("div", { class: "mend-row" }, more) : "");
}
