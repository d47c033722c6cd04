// A page's line to its Python: each form is drawn as it comes, and what both say to each other goes through here.
// Voilà's own program for this, three megabytes, begins only when all of a page is there; a notebook that is not one of
// ours still has it.

import { PROTOCOL, packed, random, unpacked } from "./frames.js";

/**
 * What Python shows: a script that draws, with what it is handed, or room for others.
 * @typedef {{script?: string, state?: Record<string, any>, css?: string, children?: string[]}} Shown
 * @typedef {(content: any, buffers: DataView[]) => void} Hear
 */

const PATIENCE = 60_000; // ms until a page without a line says so
const SOON = 50; // ms until Python is asked once more whether it hears; what it says first often nobody hears yet
const AGAIN = 500; // ms until it is asked later on, and until a lost line is tried again
const LONGEST = 15_000; // ms between two tries

/** What a script is handed: its words, and how it speaks with its half in Python. */
class Model {
  /** @type {Set<Hear>} */ hearers = new Set();
  /** @type {Set<HTMLElement>} */ places = new Set();

  constructor(/** @type {Line} */ line, /** @type {string} */ id, /** @type {Shown} */ shown) {
    this.line = line;
    this.id = id;
    this.shown = shown;
  }

  get(/** @type {string} */ key) { return this.shown.state?.[key]; }
  on(/** @type {string} */ _event, /** @type {Hear} */ hear) { this.hearers.add(hear); }
  off(/** @type {string} */ _event, /** @type {Hear} */ hear) { this.hearers.delete(hear); }

  send(/** @type {object} */ content, /** @type {unknown} */ _callbacks, /** @type {ArrayBuffer[]} */ buffers = []) {
    this.line.say("comm_msg", { comm_id: this.id, data: { method: "custom", content } }, buffers);
  }
}

/** What is written in the page for this script, of one kind. @returns {any} */
const written = (/** @type {Element} */ script) => JSON.parse(script.textContent ?? "{}");

class Line {
  /** @type {Map<string, Model>} */ models = new Map();
  /** @type {Map<string, [string, object, ArrayBuffer[]]>} */ #unsaid = new Map(); // while there is no line: each thing once, by what it says
  /** @type {Map<string, HTMLElement[]>} */ #waiting = new Map(); // places of what is not known yet
  /** @type {Set<string>} */ #worn = new Set(); // style sheets
  /** @type {WebSocket | null} */ #socket = null;
  #protocols = [PROTOCOL]; // none where a proxy on the way lets none through
  #session = random();
  /** @type {Set<string>} what was asked on this line */ #asked = new Set();
  #heard = false;
  #wait = SOON;
  #pause = AGAIN;
  /** @type {any} */ #next;
  #isUp = () => {};
  /** @type {Record<string, string>} where each script is */ #scripts;

  constructor(/** @type {{baseUrl: string, kernelId: string}} */ { baseUrl, kernelId }) {
    const address = new URL(`${baseUrl}api/kernels/${kernelId}/channels?session_id=${this.#session}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.address = address;
    this.#scripts = JSON.parse(document.body.dataset.scripts ?? "{}");
    /** @type {Promise<void>} */ this.up = new Promise((resolve) => { this.#isUp = resolve; });
    this.#open();
    window.addEventListener("online", () => this.#atOnce());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#atOnce());
  }

  // The line itself ...................................................................................................

  #open() {
    const socket = new WebSocket(this.address, this.#protocols);
    let agreed = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      agreed = socket.protocol === (this.#protocols[0] ?? "");
      if (!agreed) return socket.close(); // most browsers do so by themselves
      this.#asked.clear();
      this.#wait = SOON;
      this.#call();
    };
    socket.onmessage = ({ data }) => this.#hear(unpacked(socket.protocol, data));
    socket.onclose = () => {
      if (!agreed) this.#protocols = this.#protocols.length ? [] : [PROTOCOL];
      clearTimeout(this.#next);
      this.#heard = false;
      this.#next = setTimeout(() => this.#open(), this.#pause);
      this.#pause = Math.min(2 * this.#pause, LONGEST);
    };
    this.#socket = socket;
  }

  /** The computer woke, or its network is back: do not wait for the next try. */
  #atOnce() {
    if (this.#socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#next);
    this.#open();
  }

  /** A line is there when an answer was heard on it: what Python says before, nobody hears. */
  #call() {
    clearTimeout(this.#next);
    if (this.#heard || this.#socket?.readyState !== WebSocket.OPEN) return;
    const { id, frame } = packed(this.#socket.protocol, "kernel_info_request", {}, this.#session);
    this.#asked.add(id);
    this.#socket.send(frame);
    this.#next = setTimeout(() => this.#call(), this.#wait);
    this.#wait = Math.min(2 * this.#wait, AGAIN);
  }

  say(/** @type {string} */ type, /** @type {object} */ content, /** @type {ArrayBuffer[]} */ buffers = []) {
    if (this.#heard && this.#socket?.readyState === WebSocket.OPEN) {
      const { frame } = packed(this.#socket.protocol, type, content, this.#session, buffers);
      this.#socket.send(frame);
    } else this.#unsaid.set(buffers.length ? random() : JSON.stringify(content), [type, content, buffers]);
  }

  #hear(/** @type {import("./frames.js").Message} */ { header, parent_header: parent, content, buffers }) {
    if (!this.#heard && header.msg_type === "status" && this.#asked.has(parent.msg_id)) {
      clearTimeout(this.#next);
      this.#heard = true;
      this.#pause = AGAIN;
      const unsaid = [...this.#unsaid.values()];
      this.#unsaid.clear();
      for (const each of unsaid) this.say(...each);
      this.#isUp();
      for (const { id, shown } of this.models.values()) if (shown.children) this.#ask(id); // what came while nobody heard it
    }
    const data = content.data ?? {};
    const id = content.comm_id;
    if (header.msg_type === "comm_close") this.models.delete(id);
    else if (data.method === "custom") for (const hear of this.models.get(id)?.hearers ?? []) hear(data.content, buffers);
    else if (data.state) this.show({ [id]: this.#of(data.state) }); // it is made, it is another, or it was asked for
  }

  /** Let Python say what something is now. */
  #ask(/** @type {string} */ id) { this.say("comm_msg", { comm_id: id, data: { method: "request_state" } }); }

  // What is drawn .....................................................................................................

  /** What a widget says of itself, as the page's own source has it; see drawn.py. @returns {Shown} */
  #of(/** @type {Record<string, any>} */ state) {
    if (Array.isArray(state.children)) return { children: state.children.map((each) => each.replace("IPY_MODEL_", "")) };
    const script = Object.keys(this.#scripts).find((each) => state._esm?.includes(`[${JSON.stringify(each)}]`));
    return { script, state, css: state._css };
  }

  show(/** @type {Record<string, Shown>} */ all) {
    for (const [id, shown] of Object.entries(all)) {
      if (!shown.children && !shown.script) continue; // it says how another is laid out
      const model = this.models.get(id) ?? new Model(this, id, shown);
      if (shown.children) model.shown = shown; // all else stays what it is made with
      this.models.set(id, model);
      this.#wear(shown.css);
      for (const place of this.#waiting.get(id) ?? []) this.draw(place);
      this.#waiting.delete(id);
      for (const place of shown.children ? model.places : []) this.#fill(place, shown.children ?? []);
    }
  }

  #wear(/** @type {string | undefined} */ css) {
    if (!css || this.#worn.has(css)) return;
    this.#worn.add(css);
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  }

  /** Room for others: those that are there stay where they are, so that nothing loses the focus. */
  #fill(/** @type {HTMLElement} */ place, /** @type {string[]} */ children) {
    const there = /** @type {HTMLElement[]} */ ([...place.children]);
    for (const each of there) if (!children.includes(each.dataset.model ?? "")) each.remove();
    for (const id of children.filter((one) => !there.some((each) => each.dataset.model === one))) {
      const made = document.createElement("div");
      made.dataset.model = id;
      place.append(made);
      this.draw(made);
    }
  }

  /** Draw what Python shows at a place: its script is fetched at once, and draws when the line is there. */
  async draw(/** @type {HTMLElement} */ place) {
    const id = place.dataset.model ?? "";
    const model = this.models.get(id);
    if (!model) {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), place]);
      this.#ask(id);
      return;
    }
    model.places.add(place);
    const { script, children } = model.shown;
    if (!script) {
      this.#fill(place, children ?? []);
      if (this.#heard) this.#ask(id); // what is written in the page may be older than what it is now
      return;
    }
    const coming = import(new URL(this.#scripts[script], location.href).href).catch(() => tell(true)); // it did not come
    const drawn = await coming;
    await this.up;
    drawn?.default.render({ model, el: place });
  }
}

/** @type {Line | null} */
let line = null;
let late = false;

/** Let the page say that its forms have not come, or take it back. */
function tell(/** @type {boolean} */ is) {
  late = is;
  document.dispatchEvent(new CustomEvent("mend:late", { detail: is }));
}

/** Whether all of an element is there: the page comes piece by piece. */
const isWhole = (/** @type {Element} */ element) => element.nextSibling !== null || document.readyState !== "loading";

/** Take in what came of the page so far. */
function look() {
  const config = document.getElementById("jupyter-config-data");
  if (!config || !isWhole(config)) return;
  if (!line) {
    line = new Line(written(config));
    const waiting = setTimeout(() => tell(true), PATIENCE);
    line.up.then(() => {
      clearTimeout(waiting);
      tell(false);
      document.getElementById("loading")?.setAttribute("hidden", "");
    });
  }
  for (const script of document.querySelectorAll('script[type="application/vnd.mend.shown+json"]')) {
    if (!isWhole(script)) continue;
    const places = /** @type {NodeListOf<HTMLElement>} */ (script.parentElement?.querySelectorAll("[data-model]"));
    line.show(written(script));
    script.remove();
    for (const each of places) line.draw(each);
  }
}

const watch = new MutationObserver(look);
watch.observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", () => { watch.disconnect(); look(); if (late) tell(true); });
look();
