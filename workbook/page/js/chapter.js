// The head of a page: progress, notices, and where help is. No answers pass through here.
// @ts-check

import { attach, guess } from "./help.js";

/** A link leads to a notebook beside this one, the web, an e-mail or a telephone; any other address is left out. */
const LINK = new RegExp("^(?:" + [
  "[a-z0-9][a-z0-9-]*\\.ipynb(?:#[\\w.-]+)?",
  "https?://[A-Za-z0-9.-]+(?::\\d{1,5})?(?:[/?#][\\w.~:/?#@!$&'()*+,;=%[\\]-]*)?",
  "mailto:[\\w.+-]+@[A-Za-z0-9.-]+",
  "tel:\\+?[\\d().-]{2,30}",
].join("|") + ")$");

/**
 * Make an element; `null` and `false` attributes and children are left out.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children
 */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "href" && !LINK.test(value)) continue;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

const fill = (/** @type {string} */ text, /** @type {Record<string, any>} */ values) =>
  text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

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

function progress(texts, { done, total, minutes }) {
  const parts = [fill(texts.progress, { done, total })];
  if (done >= total) parts.push(texts.all_done);
  else if (minutes > 0) parts.push(fill(minutes === 1 ? texts.left_one : texts.left, { minutes }));
  return parts.join(" · ");
}

/** One notice in full, the others folded under their titles: most important first. */
function notices(texts, found) {
  return found.length === 0 ? [] : [h("section", { class: "mend-heeds", "aria-label": texts.notices },
    found.map(({ title, html }, at) => {
      const words = h("div", {});
      words.innerHTML = html; // rendered from the definition's Markdown and cleaned in Python
      return at === 0 ? h("div", { class: "mend-heed" }, h("h2", {}, title), words)
        : h("details", { class: "mend-heed" }, h("summary", {}, title), words);
    }))];
}

function ask(texts, /** @type {string} */ reason, /** @type {(passphrase: string) => void} */ send) {
  const input = /** @type {HTMLInputElement} */ (h("input", {
    id: "mend-passphrase", type: "password", autocomplete: "off", spellcheck: "false",
    "aria-describedby": reason ? "mend-denied" : null, "aria-invalid": reason ? "true" : null }));
  const state = h("p", { id: "mend-denied", role: "status" }, reason);
  const form = h("form", { class: "mend-unlock", onsubmit: (event) => {
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

/** @type {import("@anywidget/types").Render} */
function render({ model, el }) {
  const chapter = model.get("chapter");
  const { texts } = chapter;
  const count = h("span", { class: "mend-count" });
  const filled = h("i", {});
  const gauge = h("div", { class: "mend-gauge", role: "progressbar", "aria-label": chapter.title, "aria-valuemin": 0, hidden: true }, filled);
  const below = h("div", { class: "mend-below" });
  const root = h("div", { class: "mend-chapter", lang: chapter.language, "data-lm-suppress-shortcuts": "true" },
    h("div", { class: "mend-crumb" }, h("span", {}, chapter.name, ...(chapter.title ? [" · ", h("b", {}, chapter.title)] : [])), count), gauge, below);
  el.replaceChildren(root);
  const aside = help(chapter.help);
  const moved = (/** @type {Event} */ event) => model.send({ type: "region", region: /** @type {CustomEvent<string>} */ (event).detail });
  aside.node.addEventListener("mend:region", moved);
  let heard = false;

  const receive = (/** @type {any} */ message) => {
    heard = true;
    if (message.type === "locked" || message.type === "state") {
      // The notebook's own element: in JupyterLab's editor another journal's may stand beside it.
      (el.closest(".jp-Notebook") ?? document.body).classList.toggle("mend-asleep", message.type === "locked");
    }
    if (message.type === "state") {
      const { done, total } = message.progress;
      count.textContent = total ? progress(texts, message.progress) : "";
      gauge.hidden = !total;
      gauge.setAttribute("aria-valuemax", String(total));
      gauge.setAttribute("aria-valuenow", String(done));
      filled.style.inlineSize = total ? `${(100 * done) / total}%` : "0";
      const open = [...below.querySelectorAll("details[open] summary")].map((each) => each.textContent);
      below.replaceChildren(...notices(texts, message.notices));
      for (const each of below.querySelectorAll("details")) each.open = open.includes(each.querySelector("summary")?.textContent ?? "");
      if (message.region) aside.node.dispatchEvent(new CustomEvent("mend:show", { detail: message.region }));
      else { // the guess is kept, so that a page which sends someone to a line has numbers; one choice changes it
        model.send({ type: "region", guessed: true, region: aside.node.querySelector("select")?.value });
      }
    } else if (message.type === "locked") {
      if (!message.reason && below.querySelector(".mend-unlock")) return; // a passphrase may be half typed
      below.replaceChildren(ask(texts, message.reason, (passphrase) => model.send({ type: "unlock", passphrase })));
    } else if (message.type === "failed") {
      below.replaceChildren(h("p", { class: "mend-heed", role: "alert" }, message.reason));
    }
  };
  const asleep = setTimeout(() => {
    if (heard) return;
    below.replaceChildren(h("p", { class: "mend-heed", role: "alert" }, texts.asleep, " ",
      h("button", { type: "button", class: "mend-plain", onclick: () => window.location.reload() }, texts.reload)));
  }, 8000);
  model.on("msg:custom", receive);
  model.send({ type: "ready" });
  return () => {
    clearTimeout(asleep);
    model.off("msg:custom", receive);
    aside.node.removeEventListener("mend:region", moved);
    aside.remove();
  };
}

export { guess, progress, fill };
export default { render };
