// What every view of the counselor's page is given: words, a line to Python, and the place it draws in.

import { when } from "./dates.js";
import { h } from "./elements.js";
import { errand, keep, line, sheet, telling, unkept } from "./panel.js";

/**
 * @typedef {import("./panel.js").PanelWords} PanelWords
 * @typedef {import("./panel.js").Transport} Transport
 * @typedef {import("./panel.js").Answered} Answered
 * @typedef {{list: () => Promise<void>, client: (name: string, look?: boolean, goTo?: string) => Promise<void>,
 *            assigning: (it: any) => void, settings: () => Promise<void>, lock: () => Promise<void>, begin: () => Promise<void>}} Views   where one view leads to
 * @typedef {ReturnType<typeof desk>} Desk
 */

const PATIENCE = 30_000; // milliseconds: opening many files takes a while

export function desk(/** @type {HTMLElement} */ element, /** @type {PanelWords} */ panel, /** @type {Transport} */ transport, /** @type {Views} */ go) {
  const { texts, language } = panel;
  const root = sheet(element, panel, "mend-caseload", texts.title);
  root.classList.add("mend-caseload");
  const { said, say, slow, done } = telling(texts);
  const body = h("div", {}, h("p", { class: "mend-small" }, texts.opening));
  root.append(body, said);
  const kernel = line(transport, () => { void go.begin(); }, slow, done, PATIENCE);
  const judged = (/** @type {Answered} */ answered, /** @type {HTMLElement} */ place) => {
    const { message } = answered;
    const wrong = message.type === "refused" ? message.reason : message.type === "locked" ? texts.locked : null;
    place.replaceChildren(...(wrong ? [h("p", { class: "mend-heeded", role: "alert" }, wrong)] : []));
    return wrong ? null : answered;
  };
  return {
    texts, language, root, body, say, kernel, go, everyone: /** @type {any} */ (null), query: "",
    hold: unkept(root),
    day: (/** @type {string} */ iso) => when(iso.slice(0, 10), language),
    saved: (/** @type {Answered} */ { message, buffers }, /** @type {string} */ type) => keep(buffers[0], message.file, type, texts.save_again),

    /** Ask, and say what was refused where the person is looking. Returns null when it was. */
    async ask(/** @type {string} */ type, /** @type {object} */ fields, /** @type {HTMLElement} */ place, /** @type {ArrayBuffer[]} */ buffers = []) {
      return judged(await kernel.ask(type, fields, buffers), place);
    },

    /** Likewise, for what takes as long as a mailbox makes it. */
    async away(/** @type {string} */ type, /** @type {object} */ fields, /** @type {HTMLElement} */ place) {
      return judged(await errand(kernel, type, fields), place);
    },

    /** A view begins with its heading, and a screen reader goes on from there. */
    show(/** @type {any} */ heading, /** @type {any[]} */ ...children) {
      say("");
      body.replaceChildren(heading, ...children.flat(Infinity).filter(Boolean));
      heading.focus();
      if (root.getBoundingClientRect().top < 0) root.scrollIntoView();
    },
  };
}
