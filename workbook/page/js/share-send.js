// On a hub with a mailbox: a sealed file goes to the counselor from here, and is sent once that is acknowledged.

import { when } from "./dates.js";
import { fill, h } from "./elements.js";
import { errand } from "./panel.js";
import { held, sealed } from "./share-sealed.js";

/** @typedef {import("./share-desk.js").Desk} Desk */

/** The button that sends; and, folded, `instead`. */
export function sending(/** @type {Desk} */ desk, /** @type {string} */ type, /** @type {HTMLElement} */ instead) {
  const { texts, state } = desk;
  return h("div", {}, h("div", { class: "mend-part" }, h("h3", {}, texts.send), h("p", { class: "mend-small" }, fill(texts.send_how, state)),
    go(desk, type, fill(texts.send_button, state))), h("details", {}, h("summary", {}, texts.instead), instead));
}

function go(/** @type {Desk} */ desk, /** @type {string} */ type, /** @type {string} */ label) {
  const wrong = h("div");
  const button = h("button", { type: "button", onclick: async () => {
    button.disabled = true;
    desk.say(desk.texts.sending);
    const { message } = await errand(desk.kernel, type);
    button.disabled = false;
    desk.say("");
    if (message.type === "sent") sent(desk, message);
    else if (message.type === "not-sent") notSent(desk, message);
    else desk.refused(wrong, message);
  } }, label);
  return [wrong, h("div", { class: "mend-row" }, button)];
}

function sent(/** @type {Desk} */ desk, /** @type {any} */ message) {
  const { texts, below, choice, state } = desk;
  const heading = h("h3", { tabindex: -1 }, texts.sent_title);
  below.replaceChildren(h("div", { class: "mend-part mend-good" }, heading, h("p", {}, fill(texts.sent, { what: held(desk, message), counselor: state.counselor })),
    h("p", {}, h("button", { type: "button", class: "mend-plain", onclick: desk.go.again }, texts.done_more))));
  choice.everything = false;
  heading.focus();
}

function notSent(/** @type {Desk} */ desk, /** @type {any} */ message) {
  const { texts, below } = desk;
  const heading = h("h3", { tabindex: -1 }, texts.not_sent);
  below.replaceChildren(h("div", { class: "mend-part mend-heeded" }, heading, h("p", {}, message.reason),
    h("p", {}, message.never ? texts.refused_how : texts.not_sent_how), ...ways(desk, message.never)));
  heading.focus();
}

/** What can be done with a file that waits: send it (unless it would be refused each time), have it as a file, or let it be. */
function ways(/** @type {Desk} */ desk, never = false) {
  const { texts, kernel, state } = desk;
  const wrong = h("div");
  const byHand = async () => {
    const { message, buffers } = await kernel.ask("by_hand");
    if (!desk.refused(wrong, message)) sealed(desk, message, buffers);
  };
  const drop = async () => {
    const { message } = await kernel.ask("drop");
    if (!desk.refused(wrong, message)) await desk.go.again();
  };
  return [...(never ? [] : go(desk, "resend", fill(texts.send_button, state))), wrong, h("div", { class: "mend-row" },
    h("button", { type: "button", class: "mend-plain", onclick: byHand }, texts.by_hand), h("button", { type: "button", class: "mend-plain", onclick: drop }, texts.drop))];
}

/** What was on its way when the page, or the server, went. */
export function unsent(/** @type {Desk} */ desk) {
  const { texts, state, language } = desk;
  if (!state.carried || !state.unsent) return [];
  return [h("div", { class: "mend-part mend-heeded" }, h("h3", {}, texts.unsent_title),
    h("p", {}, fill(texts.unsent, { counselor: state.counselor, time: when(state.unsent, language) })), ...ways(desk))];
}
