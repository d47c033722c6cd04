// On the first page: a file from a counselor, seen before it is taken in; what they ask, and what they wrote.
// See share_panel.py.
import { when } from "./dates.js";
import { fill, h } from "./elements.js";
import { line, onReturn, sheet, widget } from "./panel.js";

const LARGEST = 8e6; // bytes; a real one is far smaller, and the line to the kernel carries no more

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const { texts, language } = panel;
  const root = sheet(element, panel, "mend-given", texts.label);
  root.classList.add("mend-quietly");
  const said = h("p", { class: "mend-small mend-said", role: "status" });
  const kernel = line(transport, () => read(), () => { said.textContent = texts.waiting; });
  const about = h("div");
  const outcome = h("div");

  const input = h("input", { type: "file", accept: ".assignment,.feedback", onchange: () => take(input.files?.[0]) });
  const drop = h("label", { class: "mend-drop",
    ondragover: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.dataset.over = "true"; },
    ondragleave: () => { delete drop.dataset.over; },
    ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      delete drop.dataset.over;
      take(event.dataTransfer?.files[0]);
    },
  }, input, h("span", { class: "mend-filepick" }, texts.pick), h("span", { class: "mend-small" }, texts.drop));
  root.append(about, h("details", {}, h("summary", {}, texts.got), h("p", { class: "mend-small" }, texts.how), drop), outcome, said);

  /** @type {(message: any) => boolean} */
  function refused(message) {
    if (message.type !== "refused" && message.type !== "locked") return false;
    outcome.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, message.type === "locked" ? texts.locked : message.reason));
    return true;
  }

  /** Look at a file: who it is from, and what it would change. Nothing changes yet. */
  async function take(/** @type {File | undefined} */ file) {
    if (!file) return;
    input.value = ""; // so that the same file can be chosen again
    if (file.size > LARGEST) return void refused({ type: "refused", reason: texts.too_large });
    said.textContent = texts.reading;
    const { message } = await kernel.ask("look", {}, [await file.arrayBuffer()]);
    said.textContent = "";
    if (refused(message)) return;
    const heading = h("h3", { tabindex: -1 }, texts.look);
    const yes = h("button", { type: "button", disabled: Boolean(message.ask), onclick: () => accept(message.look) }, texts.yes);
    // Another key, another counselor, an older list: that needs more than the usual yes.
    const sure = message.ask ? h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, message.ask), h("label", { class: "mend-tick" },
      h("input", { type: "checkbox", onchange: (/** @type {any} */ event) => { yes.disabled = !event.target.checked; } }), h("span", {}, texts.asked_them))) : null;
    outcome.replaceChildren(h("div", { class: "mend-good" }, heading, h("ul", {}, [...message.lines, ...message.words].map((/** @type {string} */ one) => h("li", {}, one))),
      sure, h("p", {}, texts.ask), h("div", { class: "mend-row" }, yes,
        h("button", { type: "button", class: "mend-plain", onclick: () => settle(texts.left) }, texts.no))));
    heading.focus();
  }

  async function accept(/** @type {string} */ look) {
    for (const button of outcome.querySelectorAll("button")) button.disabled = true;
    const { message } = await kernel.ask("accept", { look, sure: true });
    if (refused(message)) return;
    settle(texts.taken, h("button", { type: "button", onclick: () => window.location.reload() }, texts.reload));
    read();
  }

  function settle(/** @type {string} */ text, /** @type {HTMLElement | null} */ next = null) {
    const words = h("p", { tabindex: -1, role: "status" }, text);
    outcome.replaceChildren(h("div", { class: "mend-good" }, words, next && h("div", { class: "mend-row" }, next)));
    (next ?? words).focus();
  }

  // What they ask, and what they wrote ...............................................................................

  async function read() {
    const { message } = await kernel.ask("ready");
    said.textContent = "";
    if (message.type === "locked") return about.replaceChildren(h("p", { class: "mend-small" }, texts.locked));
    if (refused(message)) return;
    const { counselor, tasks, reply, comments, words } = message;
    root.classList.toggle("mend-quietly", !tasks.length && !reply && !comments.length);
    about.replaceChildren(...[
      tasks.length && h("section", {}, h("h2", {}, fill(texts.asked_title, { counselor })), h("p", { class: "mend-small" }, texts.asked_how), h("ul", { class: "mend-given" }, tasks.map(task))),
      reply && h("section", { class: "mend-part" }, h("h3", {}, fill(texts.reply, { counselor: reply.from, date: when(reply.at.slice(0, 10), language) })), h("p", { class: "mend-words" }, reply.reply)),
      comments.length && h("section", { class: "mend-part" }, h("h3", {}, texts.comments), h("ul", {}, comments.map((/** @type {any} */ one) =>
        h("li", {}, h("a", { href: one.href }, one.title), " ", h("span", { class: "mend-small" }, when(one.at.slice(0, 10), language)))))),
      words && h("p", { class: "mend-small" }, fill(texts.words, { counselor, words })),
    ].filter(Boolean));
  }

  const task = (/** @type {any} */ one) => h("li", {},
    one.locked ? h("span", {}, one.title) : h("a", { href: one.href }, one.title),
    [one.due && fill(texts.due, { date: when(one.due, language) }), one.done && texts.done, one.locked && texts.locked_task].filter(Boolean).map((/** @type {string} */ tag) => [" ", h("span", { class: "mend-tag" }, tag)]),
    one.instruction && h("p", { class: "mend-words" }, one.instruction));

  const stop = onReturn(read);
  read();
  return () => { stop(); kernel.stop(); root.remove(); };
}

export default widget(mount);
