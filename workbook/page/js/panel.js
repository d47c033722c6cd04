// What panels share: elements, a line to the kernel on this computer, and the outer card. See panel.py.
//
//   mount(element, panel, transport)   each panel's own script draws itself with `sheet` and a `line`
//   transport = { post(message, buffers), listen(receive(message, buffers)) → stop }
// It holds no sentence of its own: every text comes with the panel.

/**
 * @typedef {{post: (message: object, buffers?: ArrayBuffer[]) => void,
 *            listen: (receive: (message: any, buffers: DataView[]) => void) => () => void}} Transport
 * @typedef {{language: string, texts: Record<string, string>} & Record<string, any>} PanelWords
 * @typedef {{message: any, buffers: DataView[]}} Answered
 * @typedef {{ask: (type: string, fields?: object, buffers?: ArrayBuffer[]) => Promise<Answered>, stop: () => void}} Line
 */

/** A link leads to a notebook beside this one, the web, an e-mail or a telephone; any other address is left out. */
const LINK = new RegExp("^(?:" + [
  "[a-z0-9][a-z0-9-]*\\.ipynb(?:#[\\w.-]+)?",
  "https?://[A-Za-z0-9.-]+(?::\\d{1,5})?(?:[/?#][\\w.~:/?#@!$&'()*+,;=%[\\]-]*)?",
  "mailto:[\\w.+-]+@[A-Za-z0-9.-]+",
  "tel:\\+?[\\d().-]{2,30}",
].join("|") + ")$");

/**
 * An element: `on…` properties become listeners; null, undefined and false are left out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "href" && !LINK.test(value)) continue;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** `fill("{count} answers", {count: 3})` */
export const fill = (/** @type {string} */ text, /** @type {Record<string, any>} */ values = {}) =>
  (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/** A text for one or for many: `counted(texts, "answers", 1)` reads `answers_one`. */
export const counted = (/** @type {Record<string, string>} */ texts, /** @type {string} */ key, /** @type {number} */ count, more = {}) =>
  fill((count === 1 && texts[`${key}_one`]) || texts[key], { count, ...more });

let made = 0;
export const unique = () => `mend-sheet-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;

/** "4 January 2027, 14:03" in the panel's language; a day without a time has no clock. */
export function when(/** @type {string} */ iso, /** @type {string} */ language) {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(iso);
  const options = /** @type {Intl.DateTimeFormatOptions} */ (day ? { dateStyle: "long", timeZone: "UTC" } : { dateStyle: "long", timeStyle: "short" });
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(new Date(iso));
}

/**
 * Questions to the kernel, each with its own answer; `changed` is called when the kernel says to read again.
 * @param {Transport} transport @param {() => void} changed @param {() => void} slow
 * @returns {Line}
 */
export function line(transport, changed, slow, patience = 10_000) {
  const page = unique();
  /** @type {Map<string, (answered: Answered) => void>} */
  const waiting = new Map();
  let asked = 0;
  const stop = transport.listen((message, buffers) => {
    if (message?.type === "changed") changed();
    const answer = waiting.get(message?.seq);
    if (!answer) return;
    waiting.delete(message.seq);
    answer({ message, buffers: buffers ?? [] });
  });
  return {
    stop,
    ask(type, fields = {}, buffers = []) {
      const seq = `${page}-${(asked += 1)}`;
      return new Promise((resolve) => {
        const clock = setTimeout(slow, patience);
        waiting.set(seq, (answered) => { clearTimeout(clock); resolve(answered); });
        transport.post({ ...fields, type, seq }, buffers);
      });
    },
  };
}

/** Answers stand in panels: not for a browser that translates, or corrects over the network. */
const OWN = { translate: "no", spellcheck: "false", autocorrect: "off", writingsuggestions: "false" };

/** The card around a panel: its keys stay inside, where JupyterLab's single keys cannot take them. */
export function sheet(/** @type {HTMLElement} */ element, /** @type {PanelWords} */ panel, /** @type {string} */ id, /** @type {string} */ label) {
  const root = h("section", { class: "mend-sheet", id, lang: panel.language, "aria-label": label, "data-lm-suppress-shortcuts": "true", ...OWN });
  for (const event of ["keydown", "keypress", "keyup"]) root.addEventListener(event, (/** @type {Event} */ key) => key.stopPropagation());
  element.replaceChildren(root);
  return root;
}

/**
 * A field for words that the browser must not write into its own files, as it does to bring back a closed tab: it
 * leaves out only what belongs to a form with autocomplete off, so each such field belongs to an empty one.
 * @type {(root: HTMLElement) => (tag: string, properties: Record<string, any>) => any}
 */
export function unkept(root) {
  const form = h("form", { id: unique(), autocomplete: "off", hidden: true, onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
  root.append(form);
  return (tag, properties) => h(tag, { ...properties, form: form.id });
}

/** Read again when the person comes back to this page. */
export function onReturn(/** @type {() => void} */ read) {
  const leaving = new AbortController();
  window.addEventListener("focus", read, { signal: leaving.signal });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && read(), { signal: leaving.signal });
  return () => leaving.abort();
}

/** Let the browser keep bytes as a file. Returns a link that does it once more; nothing leaves this computer. */
export function keep(/** @type {DataView} */ bytes, /** @type {string} */ name, /** @type {string} */ type, /** @type {string} */ label) {
  const link = h("a", { download: name }, label);
  link.href = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)], { type })); // just made, and here
  link.click();
  return link;
}

/** What anywidget calls; the one place that knows of its channel to the kernel. */
export const widget = (/** @type {(element: HTMLElement, panel: PanelWords, transport: Transport) => () => void} */ mount) => ({
  render: (/** @type {{model: any, el: HTMLElement}} */ { model, el }) => mount(el, model.get("panel"), {
    post: (message, buffers) => model.send(message, undefined, buffers),
    listen(receive) {
      model.on("msg:custom", receive);
      return () => model.off("msg:custom", receive);
    },
  }),
});
