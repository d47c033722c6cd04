// What became of it: a file, and how much it holds.

import { counted, fill, h } from "./elements.js";
import { keep } from "./panel.js";
import { size } from "./share-desk.js";

/** @typedef {import("./share-desk.js").Desk} Desk */

export function sealed(/** @type {Desk} */ desk, /** @type {any} */ message, /** @type {DataView[]} */ buffers) {
  const { texts, below, choice } = desk;
  const what = held(desk, message);
  const heading = h("h3", { tabindex: -1 }, texts.done_title);
  below.replaceChildren(h("div", { class: "mend-part mend-good" }, heading,
    h("p", {}, h("strong", {}, fill(texts.done, { file: message.file, size: size(message.size, desk.language) }))),
    h("p", {}, fill(texts.done_holds, { what, counselor: desk.state.counselor })), h("p", {}, texts.done_next),
    buffers.length ? h("p", {}, keep(buffers[0], message.file, "application/octet-stream", texts.done_again)) : null,
    h("p", {}, h("button", { type: "button", class: "mend-plain", onclick: desk.go.again }, texts.done_more))));
  choice.everything = false;
  heading.focus();
}

/** How much a file holds. */
export const held = (/** @type {Desk} */ desk, /** @type {any} */ message) =>
  [(message.answers || !(message.taken_back || message.gates)) && counted(desk, "holds_answers", message.answers), message.taken_back && fill(desk.texts.holds_taken, { count: message.taken_back }),
    message.gates && counted(desk, "holds_gates", message.gates)].filter(Boolean).join(", ");
