// On the first page: the lock. What forgetting means comes before the button. See lock_panel.py.

import { h, unique } from "./elements.js";
import { line, sheet, telling, widget } from "./panel.js";

/**
 * @typedef {import("./panel.js").PanelWords} PanelWords
 * @typedef {import("./panel.js").Transport} Transport
 * @typedef {{field: any, input: any}} Secret
 */

/** A password field with its label. @returns {Secret} */
function secret(/** @type {string} */ label, /** @type {"new-password" | "current-password"} */ kind, /** @type {string} */ help = "") {
  const id = unique();
  const input = h("input", { type: "password", id, autocomplete: kind, required: true, autocapitalize: "off", spellcheck: "false", "aria-labelledby": `${id}-label`, "aria-describedby": help ? `${id}-help` : null });
  return { input, field: h("p", { class: "mend-field" }, h("label", { for: id, id: `${id}-label` }, label), help && h("span", { class: "mend-small", id: `${id}-help` }, help), input) };
}

const clear = (/** @type {Secret[]} */ ...fields) => { for (const { input } of fields) input.value = ""; };

class Lock {
  /** @type {"" | "locked" | "unlocked"} what is drawn: not drawn anew, since a passphrase may be half typed */ drawn = "";

  constructor(/** @type {HTMLElement} */ element, /** @type {PanelWords} */ panel, /** @type {Transport} */ transport) {
    this.texts = panel.texts;
    this.root = sheet(element, panel, "mend-lock", this.texts.label);
    this.root.classList.add("mend-quietly");
    const { said, say, slow, done } = telling(this.texts);
    this.say = say;
    this.done = done;
    this.body = h("div");
    this.root.append(this.body, said);
    this.kernel = line(transport, () => this.read(), slow, done);
  }

  /** A small form: fields, a button, and what went wrong beside them. */
  asking(/** @type {any[]} */ fields, /** @type {string} */ button, /** @type {() => string | undefined} */ wrong, /** @type {() => Promise<void>} */ act) {
    const trouble = h("p", { class: "mend-heeded", role: "alert", hidden: true });
    const press = h("button", { type: "submit" }, button);
    return h("form", { novalidate: true, onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      const reason = wrong();
      trouble.hidden = !reason;
      trouble.textContent = reason ?? "";
      if (reason) return;
      press.disabled = true;
      this.say(this.texts.wait, true);
      await act();
      this.done(); // unless there is news in it
      press.disabled = false;
    } }, ...fields, trouble, h("div", { class: "mend-row" }, press));
  }

  /** Ask the kernel; a refusal is shown in the form it came from. @returns {Promise<any>} */
  async ask(/** @type {HTMLElement} */ form, /** @type {string} */ type, /** @type {object} */ fields) {
    const { message } = await this.kernel.ask(type, fields);
    if (message.type !== "refused" && message.type !== "locked") return message;
    const trouble = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
    trouble.hidden = false;
    trouble.textContent = message.type === "locked" ? this.texts.locked : message.reason;
    return null;
  }

  unlocked() {
    const { texts } = this;
    this.drawn = "unlocked";
    const [first, second] = [secret(texts.passphrase, "new-password", texts.good), secret(texts.once_more, "new-password")];
    const read_it = h("input", { type: "checkbox" });
    const tick = h("label", { class: "mend-tick" }, read_it, h("span", {}, texts.understood));
    const form = this.asking(
      [h("p", { class: "mend-heeded" }, texts.forgetting), tick, first.field, second.field], texts.lock,
      () => (first.input.value === second.input.value ? undefined : texts.differ),
      async () => {
        this.say(texts.locking, true);
        const done = await this.ask(form, "lock", { passphrase: first.input.value, understood: read_it.checked });
        if (!done) return;
        clear(first, second);
        this.recovery(done.recovery);
      },
    );
    this.body.replaceChildren(h("details", {}, h("summary", {}, texts.open_title), h("p", {}, texts.open_how, " ", texts.stays_readable), form));
  }

  recovery(/** @type {string} */ key) {
    const { texts } = this;
    this.drawn = "locked";
    const heading = h("h3", { tabindex: -1 }, texts.recovery_title);
    this.body.replaceChildren(h("div", { class: "mend-good" }, heading, h("p", {}, texts.recovery_how),
      h("p", { class: "mend-key" }, h("code", {}, key)),
      h("div", { class: "mend-row" }, h("button", { type: "button", onclick: () => this.locked() }, texts.recovery_written))));
    heading.focus();
  }

  changing() {
    const { texts } = this;
    const old = secret(texts.old, "current-password");
    const [first, second] = [secret(texts.new, "new-password", texts.good), secret(texts.once_more, "new-password")];
    const form = this.asking([old.field, first.field, second.field], texts.change,
      () => (first.input.value === second.input.value ? undefined : texts.differ),
      async () => {
        const done = await this.ask(form, "change", { old: old.input.value, passphrase: first.input.value });
        if (done) this.locked(texts.changed);
      });
    return form;
  }

  /** A form that asks for the passphrase of now, and hands on what came of it. */
  once(/** @type {HTMLElement} */ above, /** @type {string} */ button, /** @type {string} */ type, /** @type {(done: any) => void} */ then) {
    const known = secret(this.texts.old, "current-password");
    const form = this.asking([above, known.field], button, () => undefined, async () => {
      const done = await this.ask(form, type, { old: known.input.value });
      if (done) then(done);
    });
    return form;
  }

  locked(/** @type {string | null} */ news = "") { // null: nobody did anything yet, so focus stays where it is
    const { texts } = this;
    this.drawn = "locked";
    const again = this.once(h("p", { class: "mend-small" }, texts.recovery_again_how), texts.recovery_again, "recovery", (done) => this.recovery(done.recovery));
    const off = this.once(h("p", { class: "mend-heeded" }, texts.take_off_how), texts.take_off, "take_off", () => {
      this.unlocked();
      this.say(texts.taken_off);
    });
    this.body.replaceChildren(h("details", {}, h("summary", {}, texts.locked_title), h("p", {}, texts.locked_how),
      h("details", {}, h("summary", {}, texts.change), this.changing()),
      h("details", {}, h("summary", {}, texts.recovery_again), again),
      h("details", {}, h("summary", {}, texts.take_off), off)));
    if (news === null) return;
    this.say(news);
    this.body.querySelector("summary")?.focus();
  }

  async read() {
    const { message } = await this.kernel.ask("ready");
    this.say("");
    if (message.type === "locked" || message.type === "refused") {
      this.drawn = "";
      this.body.replaceChildren(message.type === "locked" ? h("p", { class: "mend-small" }, this.texts.locked)
        : h("p", { class: "mend-heeded", role: "alert" }, message.reason));
    } else if (this.drawn !== (message.locked ? "locked" : "unlocked")) {
      if (message.locked) this.locked(null);
      else this.unlocked();
    }
  }
}

/** @type {(element: HTMLElement, panel: PanelWords, transport: Transport) => () => void} */
export function mount(element, panel, transport) {
  const lock = new Lock(element, panel, transport);
  lock.read();
  return () => { lock.kernel.stop(); lock.root.remove(); };
}

export default widget(mount);
