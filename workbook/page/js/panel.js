// What panels share: a line to the kernel on this computer, and the outer card. See panel.py.
//
//   mount(element, panel, transport)   each panel's own script draws itself with `sheet` and a `line`
//   transport = { post(message, buffers), listen(receive(message, buffers)) → stop }
// It holds no sentence of its own: every text comes with the panel.

import { OWN, channel, h, unique } from "./elements.js";

/**
 * @typedef {import("./elements.js").Transport} Transport
 * @typedef {{language: string, texts: Record<string, string>} & Record<string, any>} PanelWords
 * @typedef {{message: any, buffers: DataView[]}} Answered
 * @typedef {{ask: (type: string, fields?: object, buffers?: ArrayBuffer[]) => Promise<Answered>, stop: () => void}} Line
 */

/**
 * The line in which a panel says how things stand. What is said in `passing` holds only until `done`.
 * @param {Record<string, string>} texts
 */
export function telling(texts) {
  const said = h("p", { class: "mend-small mend-said", role: "status" });
  let passes = false;
  const say = (/** @type {string} */ text, passing = false) => {
    said.textContent = text;
    passes = passing;
  };
  return { said, say, slow: () => say(texts.waiting, true), done: () => { if (passes) say(""); } };
}

/**
 * Questions to the kernel, each with its own answer; `changed` is called when the kernel says to read again, `slow` when
 * an answer takes long, and `came` when none is late any more.
 * @param {Transport} transport @param {() => void} changed @param {() => void} slow
 * @returns {Line}
 */
export function line(transport, changed, slow, came = () => {}, patience = 10_000) {
  const page = unique();
  /** @type {Map<string, (answered: Answered) => void>} */
  const waiting = new Map();
  let asked = 0;
  let late = 0;
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
        let over = false;
        const clock = setTimeout(() => {
          over = true;
          late += 1;
          slow();
        }, patience);
        waiting.set(seq, (answered) => {
          clearTimeout(clock);
          if (over && (late -= 1) === 0) came();
          resolve(answered);
        });
        transport.post({ ...fields, type, seq }, buffers);
      });
    },
  };
}

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

const PAUSE = 250; // milliseconds

/** Ask for something that takes as long as others make it: ask again until it is done. See panels/errand.py. */
export async function errand(/** @type {Line} */ kernel, /** @type {string} */ type, fields = {}) {
  const name = unique();
  for (;;) {
    const answered = await kernel.ask(type, { ...fields, errand: name });
    if (answered.message.type !== "away") return answered;
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
  }
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

/** What anywidget calls. */
export const widget = (/** @type {(element: HTMLElement, panel: PanelWords, transport: Transport) => () => void} */ mount) => ({
  render: (/** @type {{model: any, el: HTMLElement}} */ { model, el }) => mount(el, model.get("panel"), channel(model)),
});
