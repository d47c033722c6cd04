// The head of a page: progress, notices, and where help is. No answers pass through here.

import { counted, fill, h } from "./elements.js";
import { unfold } from "./gathered.js";
import { attach } from "./help.js";

/**
 * @typedef {Record<string, string>} Texts
 * @typedef {{language: string, name: string, title: string, help: string, texts: Texts}} Chapter
 * @typedef {{done: number, total: number, minutes: number}} Progress
 * @typedef {{title: string, html: string}} Notice
 * @typedef {{href: string, title: string, how: string, mark: string}} Listed
 */

const ASLEEP = 8_000; // milliseconds after which a page that heard nothing says so

/**
 * The page's own help; where a notebook has none, in JupyterLab's editor, one is made from the same HTML.
 * @returns {{ node: HTMLElement, remove: () => void }}
 */
function help(/** @type {string} */ html) {
  const own = /** @type {HTMLElement | null} */ (document.querySelector("aside.mend-fixed[data-page]"));
  if (own) return { node: own, remove() {} };
  const made = document.createElement("template");
  made.innerHTML = html; // written and escaped in Python
  const node = /** @type {HTMLElement} */ (made.content.firstElementChild);
  document.querySelector("aside.mend-fixed")?.remove();
  document.body.prepend(node);
  const quiet = attach(node);
  return { node, remove() { quiet(); node.remove(); } };
}

function progress(/** @type {Chapter} */ chapter, /** @type {Progress} */ { done, total, minutes }) {
  const { texts } = chapter;
  const parts = [fill(texts.progress, { done, total })];
  if (done >= total) parts.push(texts.all_done);
  else if (minutes > 0) parts.push(counted(chapter, "left", minutes));
  return parts.join(" · ");
}

/** One notice in full, the others folded under their titles: most important first. The HTML is cleaned in Python. */
function notices(/** @type {Texts} */ texts, /** @type {Notice[]} */ found) {
  if (found.length === 0) return [];
  return [h("section", { "aria-label": texts.notices },
    found.map(({ title, html }, at) => (at === 0
      ? h("div", { class: "mend-heed" }, h("h2", {}, title), h("div", { html }))
      : h("details", { class: "mend-heed" }, h("summary", {}, title), h("div", { html })))))];
}

/** Say in the page's list of chapters how far each is; its links stay, so that none that has the focus goes. */
function list(/** @type {Listed[]} */ chapters) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("nav.mend-contents a"))) {
    const found = chapters.find(({ href }) => href === link.getAttribute("href"));
    const [title, how] = link.children;
    if (!found) continue;
    link.dataset.mark = found.mark;
    if (title.textContent !== found.title) title.textContent = found.title;
    how.textContent = found.how;
  }
}

/** Ask for the passphrase. */
function ask(/** @type {Texts} */ texts, /** @type {string} */ reason, /** @type {(passphrase: string) => void} */ send) {
  const input = h("input", {
    id: "mend-passphrase", type: "password", autocomplete: "off", spellcheck: "false",
    "aria-describedby": reason ? "mend-denied" : null, "aria-invalid": reason ? "true" : null });
  const state = h("p", { id: "mend-denied", role: "status" }, reason);
  const form = h("form", { class: "mend-unlock", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!input.value) return;
    state.textContent = texts.opening;
    send(input.value);
    input.value = "";
  } }, h("p", {}, texts.locked), h("label", { for: "mend-passphrase" }, texts.passphrase),
  h("div", {}, input, h("button", { type: "submit" }, texts.open)), state);
  queueMicrotask(() => input.focus());
  return form;
}

class Head {
  heard = false;
  told = false; // whether the state of the journal has come

  constructor(/** @type {any} */ model, /** @type {HTMLElement} */ element) {
    /** @type {Chapter} */ this.chapter = model.get("chapter");
    this.model = model;
    this.element = element;
    const { name, title, language } = this.chapter;
    this.title = h("b", {}, title);
    this.count = h("span", { class: "mend-count" });
    this.filled = h("i");
    this.gauge = h("div", { class: "mend-gauge", role: "progressbar", "aria-label": title, "aria-valuemin": 0, hidden: true }, this.filled);
    this.below = h("div", { class: "mend-below" });
    element.replaceChildren(h("div", { class: "mend-chapter", lang: language, "data-lm-suppress-shortcuts": "true" },
      h("div", { class: "mend-crumb" }, h("span", {}, name, title ? [" · ", this.title] : null), this.count), this.gauge, this.below));
  }

  /** @returns {() => void} take it away again */
  begin() {
    const aside = help(this.chapter.help);
    const moved = (/** @type {Event} */ event) => this.model.send({ type: "region", region: /** @type {CustomEvent<string>} */ (event).detail });
    const receive = (/** @type {any} */ message) => this.receive(message, aside.node);
    aside.node.addEventListener("mend:region", moved);
    const asleep = setTimeout(() => this.heard || this.fallAsleep(), ASLEEP);
    this.model.on("msg:custom", receive);
    this.model.send({ type: "ready", zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
    return () => {
      clearTimeout(asleep);
      this.model.off("msg:custom", receive);
      aside.node.removeEventListener("mend:region", moved);
      aside.remove();
    };
  }

  receive(/** @type {any} */ message, /** @type {HTMLElement} */ aside) {
    this.heard = true;
    if (message.type === "locked" || message.type === "state") {
      // The notebook's own element: in JupyterLab's editor another journal's may stand beside it.
      (this.element.closest(".jp-Notebook") ?? document.body).classList.toggle("mend-asleep", message.type === "locked");
    }
    if (message.type === "state") {
      this.state(message);
      const { chosen } = aside.dataset;
      if (chosen) { // what was chosen here stays, also where it was before anyone listened
        if (!this.told) this.model.send({ type: "region", region: chosen });
      } else if (message.region) aside.dispatchEvent(new CustomEvent("mend:show", { detail: message.region }));
      else { // the guess is kept, so that a page which sends someone to a line has numbers; one choice changes it
        this.model.send({ type: "region", guessed: true, region: aside.querySelector("select")?.value });
      }
      this.told = true;
    } else if (message.type === "locked") {
      unfold();
      if (!message.reason && this.below.querySelector(".mend-unlock")) return; // a passphrase may be half typed
      this.below.replaceChildren(ask(this.chapter.texts, message.reason, (passphrase) => this.model.send({ type: "unlock", passphrase })));
    } else if (message.type === "failed") {
      this.below.replaceChildren(h("p", { class: "mend-heed", role: "alert" }, message.reason));
    }
  }

  /** `title`: what the page is called now, where that is not its chapter's title. */
  state(/** @type {{progress: Progress, notices: Notice[], title?: string, chapters?: Listed[]}} */ message) {
    const { texts } = this.chapter;
    const title = message.title || this.chapter.title;
    if (this.title.textContent !== title) this.title.textContent = title;
    this.gauge.setAttribute("aria-label", title);
    list(message.chapters ?? []);
    const { done, total } = message.progress;
    this.count.textContent = total ? progress(this.chapter, message.progress) : "";
    this.gauge.hidden = !total;
    this.gauge.setAttribute("aria-valuemax", String(total));
    this.gauge.setAttribute("aria-valuenow", String(done));
    this.filled.style.inlineSize = total ? `${(100 * done) / total}%` : "0";
    const named = (/** @type {Element} */ each) => each.querySelector("summary")?.textContent ?? "";
    const open = [...this.below.querySelectorAll("details[open]")].map(named);
    this.below.replaceChildren(...notices(texts, message.notices));
    for (const each of this.below.querySelectorAll("details")) each.open = open.includes(named(each));
  }

  fallAsleep() {
    const { texts } = this.chapter;
    unfold();
    this.below.replaceChildren(h("p", { class: "mend-heed", role: "alert" }, texts.asleep, " ",
      h("button", { type: "button", class: "mend-plain", onclick: () => window.location.reload() }, texts.reload)));
  }
}

export default {
  render: (/** @type {{model: any, el: HTMLElement}} */ { model, el }) => new Head(model, el).begin(),
};
