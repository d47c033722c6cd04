// The key changed, and what was done with it.

import { button, field, part, secret, small, title } from "./caseload-pieces.js";
import { when } from "./dates.js";
import { h } from "./elements.js";
import { keep } from "./panel.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

export async function settings(/** @type {Desk} */ desk) {
  const { texts, language, body, ask, show, go } = desk;
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
  const columns = ["at", "client", "what", "count"];
  show(title(texts.settings), h("div", { class: "mend-row" }, button(texts.back, go.list)),
    part(texts.keys, small(texts.keys_how), field(texts.passphrase, passphrase), outcome, h("div", { class: "mend-row" }, rotate)),
    part(texts.audit, small(texts.audit_how), rows.length ? h("table", { class: "mend-list" }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, texts[`col_${name}`])))),
      h("tbody", {}, rows.map((/** @type {any} */ one) => h("tr", {}, columns.map((name) => h("td", { "data-label": texts[`col_${name}`] },
        name === "at" ? when(one.at, language) : name === "what" ? texts[`what_${one.what}`] ?? one.what : String(one[name]))))))) : small(texts.audit_none)));
}
