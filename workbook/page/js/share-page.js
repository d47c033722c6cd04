// A page for oneself.

import { fill, h } from "./elements.js";
import { keep } from "./panel.js";
import { place, size, tick } from "./share-desk.js";

/** @typedef {import("./share-desk.js").Desk} Desk */

export function page(/** @type {Desk} */ desk) {
  const { texts, say, kernel, refused } = desk;
  const where = place(desk, desk.state.page);
  const outcome = h("div");
  const words = tick(texts.page_words, null, { checked: true });
  const secret = tick(texts.page_private, null, {});
  const button = h("button", { type: "button", class: "mend-plain", onclick: async () => {
    button.disabled = true;
    say(texts.page_saving);
    const ticks = { words: words.querySelector("input").checked, private: secret.querySelector("input").checked };
    const { message, buffers } = await kernel.ask("page", { path: where.path(), ...ticks });
    button.disabled = false;
    say("");
    if (refused(outcome, message)) return;
    outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, fill(texts.page_done, { file: message.file, size: size(message.size, desk.language) })),
      buffers.length ? h("p", {}, keep(buffers[0], message.file, "text/html", texts.done_again)) : null));
  } }, texts.page_button);
  return h("div", { class: "mend-part" }, h("h3", {}, texts.page_title), h("p", {}, texts.page_how), words, secret, where.node, outcome, h("div", { class: "mend-row" }, button));
}
