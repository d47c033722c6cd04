// On the first page, for who comes back: what matters now, one card for each thing. See today_panel.py.

import { gather, unfold } from "./gathered.js";
import { OWN, h, same } from "./elements.js";
import { line, onReturn, widget } from "./panel.js";
import { reminder } from "./reminder.js";
import { Tap } from "./tap.js";

/**
 * @typedef {{text: string, href: string}} Step
 * @typedef {{back: boolean, days: boolean, greeting: string, lede: string, check: string | null, urge: string | null, due: Step[],
 *            left: (Step & {kind: "left" | "next"}) | null, change: string | null,
 *            tap: import("./tap.js").Taps | null, undo: string | null, did: import("./tap.js").Did | null}} State
 */

const PAUSE = 800; // milliseconds: while someone writes below, Today follows when they pause

class Today {
  /** @type {State | null} */ state = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ soon;
  /** @type {(() => void) | undefined} put back what was gathered from the page */ scattered;
  first = true;

  constructor(/** @type {HTMLElement} */ element, /** @type {import("./panel.js").PanelWords} */ panel, /** @type {import("./panel.js").Transport} */ transport) {
    const { texts } = this.panel = panel;
    this.kernel = line(transport, () => this.follow(), () => this.tap.lost());
    this.tap = new Tap(texts, panel.language, (type, fields) => this.ask(type, fields));
    this.head = h("div");
    this.check = h("div");
    this.hard = h("section", { class: "mend-now mend-hard" });
    this.rest = h("div", { class: "mend-nows" });
    this.reminder = reminder(texts, panel.weekdays, (fields) => this.kernel.ask("reminder", fields));
    this.what = h("details", { class: "mend-what", hidden: true }, h("summary", {}, texts.what));
    this.root = h("section", { class: "mend-today", lang: panel.language, "aria-label": texts.label, hidden: true,
      "data-lm-suppress-shortcuts": "true", ...OWN }, this.head, this.check, this.hard, this.tap.node, this.rest, this.reminder.node, this.what);
    for (const event of ["keydown", "keypress", "keyup"]) this.root.addEventListener(event, (/** @type {Event} */ key) => key.stopPropagation());
    element.replaceChildren(this.root);
  }

  /** @returns {() => void} take it away again */
  begin() {
    const away = onReturn(() => this.ask("ready"));
    this.ask("ready");
    return () => {
      clearTimeout(this.soon);
      away();
      this.kernel.stop();
      this.scattered?.();
      this.root.remove();
    };
  }

  follow() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask("ready"), PAUSE);
  }

  /** @returns {Promise<void>} */
  async ask(/** @type {string} */ type, fields = {}) {
    const { message } = await this.kernel.ask(type, fields);
    this.root.classList.add("mend-known"); // what stood back for Today need not any more
    if (message.type === "state") this.show(message);
    else if (message.type === "locked") this.empty();
    else if (type !== "ready") { // not saved, or not undone: say why, and show what is kept
      this.tap.say(message.reason);
      await this.ask("ready");
    }
  }

  /** While the journal is locked no word of it stays here; the card does. */
  empty() {
    this.state = null;
    if (!this.scattered) unfold();
    for (const part of [this.head, this.check, this.rest]) part.replaceChildren();
    this.tap.draw(null);
  }

  show(/** @type {State} */ state) {
    const { texts } = this.panel;
    const begun = !this.first;
    this.first = false;
    if (!begun && !state.back) unfold(); // the first sitting goes on: the card stands first, as it did
    if (this.root.hidden && (begun || !state.back)) return; // nothing comes up over what someone is reading
    this.root.hidden = false;
    this.scattered ??= gather(this.what, this.hard, texts);
    const was = this.state;
    this.state = state;
    const fresh = (/** @type {(state: State) => unknown} */ of) => !was || !same(of(was), of(state));
    if (fresh(({ greeting, lede }) => [greeting, lede])) this.head.replaceChildren(h("h1", {}, state.greeting), h("p", { class: "mend-lede" }, state.lede));
    if (fresh(({ check }) => check)) {
      this.check.replaceChildren(...(state.check ? [card(texts.check, h("p", {}, texts.check_how), go(state.check, texts.check_open, "mend-first"))] : []));
    }
    if (fresh(({ urge }) => urge)) {
      this.hard.querySelector(".mend-urge")?.remove();
      if (state.urge) this.hard.append(h("p", { class: "mend-urge" }, go(state.urge, texts.urge)));
    }
    this.tap.draw(state);
    this.reminder.offer(state.days);
    if (fresh(({ due, left, change }) => [due, left, change])) this.rest.replaceChildren(...this.cards(state));
  }

  /** @returns {HTMLElement[]} */
  cards(/** @type {State} */ { due, left, change }) {
    const { texts } = this.panel;
    return [
      due.length ? card(texts.due, h("ul", {}, due.map(({ text, href }) => h("li", {}, h("a", { href }, text))))) : null,
      left ? card(texts[left.kind], h("p", {}, left.text), go(left.href, texts[`${left.kind}_open`])) : null,
      change ? card(texts.change, h("p", {}, change)) : null,
    ].filter((each) => each !== null);
  }
}

const card = (/** @type {string} */ title, /** @type {any[]} */ ...children) => h("section", { class: "mend-now" }, h("h2", {}, title), children);

const go = (/** @type {string} */ href, /** @type {string} */ text, more = "") => h("a", { class: `mend-go ${more}`.trim(), href, onclick: again }, text);

/** The address is this one already: then the browser says nothing to the step that was closed since. */
function again(/** @type {Event} */ event) {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  if (link.href === window.location.href) window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export const mount = (element, panel, transport) => new Today(element, panel, transport).begin();

export default widget(mount);
