// On the first page: a file from a counselor, seen before it is taken in; what they ask, and what they wrote.
// See share_panel.py.

import { when } from "./dates.js";
import { fill, h } from "./elements.js";
import { errand, line, onReturn, sheet, telling, widget } from "./panel.js";

const LARGEST = 8e6; // bytes; a real one is far smaller, and the line to the kernel carries no more

/**
 * @typedef {import("./panel.js").PanelWords} PanelWords
 * @typedef {import("./panel.js").Transport} Transport
 */

class Given {
  waiting = "[]"; // what is said to have come
  drawn = ""; // what is shown of it: reading the same again takes nobody's place away

  constructor(/** @type {HTMLElement} */ element, /** @type {PanelWords} */ panel, /** @type {Transport} */ transport) {
    const { texts } = panel;
    this.texts = texts;
    this.language = panel.language;
    this.root = sheet(element, panel, "mend-given", texts.label);
    this.root.classList.add("mend-quietly");
    const { said, say, slow, done } = telling(texts);
    this.say = say;
    this.about = h("div");
    this.came = h("div"); // a line for each file that waits in the mailbox of a hub
    this.outcome = h("div");
    this.input = h("input", { type: "file", accept: ".assignment,.feedback", onchange: () => this.take(this.input.files?.[0]) });
    this.root.append(this.about, this.came, h("details", {}, h("summary", {}, texts.got), h("p", { class: "mend-small" }, texts.how), this.drop()), this.outcome, said);
    this.kernel = line(transport, () => this.read(), slow, done);
  }

  drop() {
    const drop = h("label", { class: "mend-drop",
      ondragover: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.dataset.over = "true"; },
      ondragleave: () => { delete drop.dataset.over; },
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        event.stopPropagation();
        delete drop.dataset.over;
        this.take(event.dataTransfer?.files[0]);
      },
    }, this.input, h("span", { class: "mend-filepick" }, this.texts.pick), h("span", { class: "mend-small" }, this.texts.drop));
    return drop;
  }

  refused(/** @type {any} */ message) {
    if (message.type !== "refused" && message.type !== "locked") return false;
    this.outcome.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, message.type === "locked" ? this.texts.locked : message.reason));
    return true;
  }

  /** Look at a file: who it is from, and what it would change. Nothing changes yet. */
  async take(/** @type {File | undefined} */ file) {
    const { texts } = this;
    if (!file) return;
    this.input.value = ""; // so that the same file can be chosen again
    if (file.size > LARGEST) {
      this.refused({ type: "refused", reason: texts.too_large });
      return;
    }
    this.say(texts.reading);
    this.shows((await this.kernel.ask("look", {}, [await file.arrayBuffer()])).message);
  }

  shows(/** @type {any} */ message) {
    const { texts } = this;
    this.say("");
    if (this.refused(message)) return;
    const heading = h("h2", { tabindex: -1 }, texts.look);
    const yes = h("button", { type: "button", disabled: Boolean(message.ask), onclick: () => this.accept(message.look) }, texts.yes);
    // Another key, another counselor, an older list: that needs more than the usual yes.
    const sure = message.ask ? h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, message.ask), h("label", { class: "mend-tick" },
      h("input", { type: "checkbox", onchange: (/** @type {any} */ event) => { yes.disabled = !event.target.checked; } }), h("span", {}, texts.asked_them))) : null;
    const lines = [...message.lines, ...message.words].map((/** @type {string} */ one) => h("li", {}, one));
    this.outcome.replaceChildren(h("div", { class: "mend-good" }, heading, h("ul", {}, lines), sure, h("p", {}, texts.ask),
      h("div", { class: "mend-row" }, yes, h("button", { type: "button", class: "mend-plain", onclick: () => this.settle(texts.left) }, texts.no))));
    heading.focus();
  }

  async accept(/** @type {string} */ look) {
    for (const button of this.outcome.querySelectorAll("button")) button.disabled = true;
    const { message } = await this.kernel.ask("accept", { look, sure: true });
    if (this.refused(message)) return;
    this.settle(this.texts.taken, h("button", { type: "button", onclick: () => window.location.reload() }, this.texts.reload));
    this.read();
    this.ask();
  }

  settle(/** @type {string} */ text, /** @type {HTMLElement | null} */ next = null) {
    const words = h("p", { tabindex: -1, role: "status" }, text);
    this.outcome.replaceChildren(h("div", { class: "mend-good" }, words, next && h("div", { class: "mend-row" }, next)));
    (next ?? words).focus();
  }

  // What waits in the mailbox of a hub ................................................................................

  /** Say quietly what has come; nothing is said of what is the same. */
  async ask() {
    const { message } = await errand(this.kernel, "came");
    if (message.type !== "came") return;
    const same = JSON.stringify(message.letters);
    if (same === this.waiting) return;
    this.waiting = same;
    this.came.replaceChildren(...message.letters.map((/** @type {any} */ one) => h("p", {}, fill(this.texts.came, one), " ",
      h("button", { type: "button", class: "mend-plain", onclick: () => this.collect(one.number) }, this.texts.came_look))));
  }

  async collect(/** @type {number} */ number) {
    this.say(this.texts.reading);
    const { message } = await errand(this.kernel, "fetch", { number });
    if (message.type !== "unfit") {
      this.shows(message);
      return;
    }
    this.say("");
    const remove = h("button", { type: "button", class: "mend-plain", onclick: async () => {
      remove.disabled = true;
      const done = (await errand(this.kernel, "remove", { number })).message;
      if (this.refused(done)) return;
      this.settle(this.texts.removed);
      this.ask();
    } }, this.texts.remove);
    this.outcome.replaceChildren(h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, message.reason), h("div", { class: "mend-row" }, remove)));
  }

  // What they ask, and what they wrote ...............................................................................

  async read() {
    const { texts } = this;
    const { message } = await this.kernel.ask("ready");
    this.say("");
    const same = JSON.stringify({ ...message, seq: 0 });
    if (same === this.drawn) return;
    this.drawn = same;
    if (message.type === "locked") {
      this.about.replaceChildren(h("p", { class: "mend-small" }, texts.locked));
      return;
    }
    if (this.refused(message)) return;
    const { counselor, tasks, reply, comments, words } = message;
    const day = (/** @type {string} */ iso) => when(iso.slice(0, 10), this.language);
    this.root.classList.toggle("mend-quietly", !tasks.length && !reply && !comments.length);
    const below = tasks.length ? "h3" : "h2"; // a reply without a list stands under the page's own title
    this.about.replaceChildren(...[
      tasks.length && h("section", {}, h("h2", {}, fill(texts.asked_title, { counselor })), h("p", { class: "mend-small" }, texts.asked_how),
        h("ul", { class: "mend-given" }, tasks.map((/** @type {any} */ one) => this.task(one)))),
      reply && h("section", { class: "mend-part" }, h(below, {}, fill(texts.reply, { counselor: reply.from, date: day(reply.at) })), h("p", { class: "mend-words" }, reply.reply)),
      comments.length && h("section", { class: "mend-part" }, h(below, {}, texts.comments), h("ul", {}, comments.map((/** @type {any} */ one) =>
        h("li", {}, h("a", { href: one.href }, one.title), " ", h("span", { class: "mend-small" }, day(one.at)))))),
      words && h("p", { class: "mend-small" }, fill(texts.words, { counselor, words })),
    ].filter(Boolean));
  }

  task(/** @type {any} */ one) {
    const { texts } = this;
    const tags = [one.due && fill(texts.due, { date: when(one.due, this.language) }), one.done && texts.done, one.closed && (one.waits ? texts.opens_after : texts.closed_task)].filter(Boolean);
    return h("li", {}, one.closed ? h("span", {}, one.title) : h("a", { href: one.href }, one.title),
      tags.map((/** @type {string} */ tag) => [" ", h("span", { class: "mend-tag" }, tag)]),
      one.instruction && h("p", { class: "mend-words" }, one.instruction));
  }
}

/** @type {(element: HTMLElement, panel: PanelWords, transport: Transport) => () => void} */
export function mount(element, panel, transport) {
  const given = new Given(element, panel, transport);
  const read = () => { given.read(); given.ask(); };
  const stop = onReturn(read);
  read();
  return () => { stop(); given.kernel.stop(); given.root.remove(); };
}

export default widget(mount);
