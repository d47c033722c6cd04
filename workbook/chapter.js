// The head of a page: progress, notices, help and the way out. No answers pass through here.
// @ts-check

/** A link leads to a notebook beside this one, the web, an e-mail or a telephone; any other address is left out. */
const LINK = /^(?:https?:\/\/|mailto:|tel:)|^[a-z0-9][a-z0-9-]*\.ipynb(?:#[\w.-]+)?$/;

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

/** Guess where someone is from the browser's languages: a first choice in the list, nothing is looked up. */
function guess(/** @type {readonly string[]} */ languages, /** @type {string[]} */ known) {
  const special = { GB: "GB-IE", IE: "GB-IE", "zh-Hant": "TW", "zh-Hans": "CN", zh: "CN" };
  for (const language of languages) {
    const region = language.split("-").slice(1).find((part) => /^[A-Z]{2}$/.test(part));
    for (const key of [region, region && special[region], special[language], special[language.split("-")[0]]]) {
      if (key && known.includes(key)) return key;
    }
  }
  return known.includes("elsewhere") ? "elsewhere" : known[0];
}

/** The list of lines for one region, grouped by what they are for. */
function lines(chapter, code) {
  const { texts, kinds, regions } = chapter;
  const region = regions.find((each) => each.code === code) ?? regions[0];
  if (!region) return [];
  return kinds.flatMap((kind) => {
    const found = region.lines.filter((line) => line.kind === kind);
    if (!found.length) return [];
    return [
      h("h3", {}, texts[kind] ?? kind),
      h("ul", {}, found.map((line) => h("li", {},
        h("strong", {}, line.name),
        line.number && h("a", { class: "mend-dial", href: `tel:${line.number.replace(/[^\d+]/g, "")}` }, line.number),
        line.text && h("span", {}, line.text),
        line.hours && h("span", {}, line.hours),
        line.note && h("span", {}, line.note),
        line.url && h("a", { href: line.url, target: "_blank", rel: "noopener noreferrer" }, `${texts.web}: ${line.url.replace(/^https?:\/\/(www\.)?|\/$/g, "")}`),
        h("small", {}, line.checked ? fill(texts.checked, { date: line.checked }) : texts.unchecked),
      ))),
    ];
  });
}

/** Put a neutral page here at once. The words on this page go first, because loading takes a moment. */
function leave(/** @type {string} */ address) {
  for (const frame of new Set([window, window.top ?? window])) {
    try {
      frame.document.documentElement.style.visibility = "hidden";
      frame.document.title = "";
    } catch { /* another site's frame: it is not ours to hide */ }
  }
  (window.top ?? window).location.replace(address);
}

/** Help and the way out, fixed on the page whatever else happens to it. */
function bar(chapter, /** @type {(region: string) => void} */ remember) {
  const { texts, regions } = chapter;
  const codes = regions.map((region) => region.code);
  const list = h("div", { class: "mend-lines" });
  const where = h("select", { id: "mend-region", onchange: () => { show(where.value); remember(where.value); } },
    regions.map((region) => h("option", { value: region.code }, region.name)));
  const show = (code) => {
    where.value = codes.includes(code) ? code : codes[0];
    list.replaceChildren(...lines(chapter, where.value));
  };
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "mend-sos-list", "aria-labelledby": "mend-sos-title", lang: chapter.language },
    h("div", { class: "mend-sos-head" },
      h("h2", { id: "mend-sos-title" }, texts.help_title),
      h("button", { type: "button", class: "mend-plain", onclick: () => dialog.close() }, texts.close)),
    h("p", {}, texts.help_intro),
    h("p", {}, h("label", { for: "mend-region" }, texts.region), " ", where),
    list,
    h("p", { class: "mend-small" }, texts.leave_note)));
  const open = () => { if (!dialog.open) dialog.showModal(); };
  const node = h("aside", { class: "mend-fixed", "aria-label": texts.help, lang: chapter.language, "data-lm-suppress-shortcuts": "true" },
    h("button", { type: "button", class: "mend-sos", "aria-keyshortcuts": "F1", "aria-haspopup": "dialog", onclick: open }, texts.help),
    h("button", { type: "button", class: "mend-plain", title: texts.leave_note, onclick: () => leave(chapter.neutral) }, texts.leave),
    dialog);
  show(guess(navigator.languages ?? [], codes));
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "F1") return;
    event.preventDefault();
    event.stopPropagation();
    open();
  };
  const frames = [...new Set([window, window.top ?? window])];
  for (const frame of frames) {
    try { frame.addEventListener("keydown", key, true); } catch { /* another site's frame */ }
  }
  document.querySelector("aside.mend-fixed")?.remove();
  document.body.prepend(node);
  return {
    node, show,
    remove() {
      node.remove();
      for (const frame of frames) {
        try { frame.removeEventListener("keydown", key, true); } catch { /* another site's frame */ }
      }
    },
  };
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
  const help = bar(chapter, (region) => model.send({ type: "region", region }));
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
      if (message.region) help.show(message.region);
    } else if (message.type === "locked") {
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
    help.remove();
  };
}

export { guess, progress, fill };
export default { render };
