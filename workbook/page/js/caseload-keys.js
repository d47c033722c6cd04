// The passphrase: chosen once, and asked for.

import { button, field, secret, small, tick, title } from "./caseload-pieces.js";
import { h } from "./elements.js";
import { keep } from "./panel.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

export function first(/** @type {Desk} */ desk, /** @type {any} */ message) {
  const { texts, say, ask, show, hold } = desk;
  const name = hold("input", { type: "text", autocomplete: "off", maxlength: 80 });
  const [one, two] = [secret(true), secret(true)];
  const wrong = h("div");
  const press = h("button", { disabled: true }, texts.make);
  const understood = tick(texts.understood, { onchange: (/** @type {any} */ event) => { press.disabled = !event.target.checked; } });
  const form = h("form", { onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (one.value !== two.value) { wrong.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, texts.differ)); return; }
    press.disabled = true;
    say(texts.making);
    const answered = await ask("make", { name: name.value, passphrase: one.value }, wrong);
    say("");
    press.disabled = false;
    if (answered) made(desk, answered);
  } }, field(texts.name, name, texts.name_hint), field(texts.passphrase, one), field(texts.again, two),
  h("div", { class: "mend-heeded" }, h("h3", {}, texts.before), h("p", {}, message.lost), understood), wrong, h("div", { class: "mend-row" }, press));
  show(title(texts.first), h("p", {}, texts.first_what), form);
}

function made(/** @type {Desk} */ desk, /** @type {{message: any, buffers: DataView[]}} */ { message, buffers }) {
  const { texts, show, go } = desk;
  const link = keep(buffers[0], message.file, "text/html", texts.sheet_save);
  show(title(texts.made), h("div", { class: "mend-good" }, h("p", {}, texts.sheet), h("p", {}, link)), h("div", { class: "mend-row" }, button(texts.go_on, go.list, "")));
}

export function locked(/** @type {Desk} */ desk) {
  const { texts, say, ask, show, go } = desk;
  desk.everyone = null;
  const passphrase = secret();
  const wrong = h("div");
  const press = h("button", {}, texts.open);
  show(title(texts.title), h("form", { onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    press.disabled = true;
    say(texts.opening);
    const answered = await ask("unlock", { passphrase: passphrase.value }, wrong);
    say("");
    press.disabled = false;
    if (answered) go.list();
    else { passphrase.select(); passphrase.focus(); }
  } }, field(texts.passphrase, passphrase), wrong, h("div", { class: "mend-row" }, press), small(texts.forgotten)));
  passphrase.focus();
}
