// On the first page: the lock. What forgetting means comes before the button. See lock_panel.py.
import { h, unique } from "./elements.js";
import { line, sheet, widget } from "./panel.js";

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const { texts } = panel;
  const root = sheet(element, panel, "mend-lock", texts.label);
  root.classList.add("mend-quietly");
  const said = h("p", { class: "mend-small mend-said", role: "status" });
  const kernel = line(transport, () => read(), () => { said.textContent = texts.waiting; });
  const body = h("div");
  root.append(body, said);

  /** A password field with its label. @type {(label: string, kind: "new-password" | "current-password", help?: string) => {field: any, input: any}} */
  function secret(label, kind, help) {
    const id = unique();
    const input = h("input", { type: "password", id, autocomplete: kind, required: true, autocapitalize: "off", spellcheck: "false", "aria-describedby": help && `${id}-help` });
    return { input, field: h("p", { class: "mend-field" }, h("label", { for: id }, label), help && h("span", { class: "mend-small", id: `${id}-help` }, help), input) };
  }

  /** A small form: fields, a button, and what went wrong beside them. */
  function asking(/** @type {any[]} */ fields, /** @type {string} */ button, /** @type {() => string | undefined} */ wrong, /** @type {() => Promise<void>} */ act) {
    const trouble = h("p", { class: "mend-heeded", role: "alert", hidden: true });
    const press = h("button", { type: "submit" }, button);
    return h("form", { novalidate: true, onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      const reason = wrong();
      trouble.hidden = !reason;
      trouble.textContent = reason ?? "";
      if (reason) return;
      press.disabled = true;
      said.textContent = texts.wait;
      await act();
      if ([texts.wait, texts.locking].includes(said.textContent)) said.textContent = ""; // else there is news in it
      press.disabled = false;
    } }, ...fields, trouble, h("div", { class: "mend-row" }, press));
  }

  /** Ask the kernel; a refusal is shown in the form it came from. @type {(form: any, type: string, fields: object) => Promise<any>} */
  async function ask(form, type, fields) {
    const { message } = await kernel.ask(type, fields);
    if (message.type !== "refused" && message.type !== "locked") return message;
    const trouble = form().querySelector("[role=alert]");
    trouble.hidden = false;
    trouble.textContent = message.type === "locked" ? texts.locked : message.reason;
    return null;
  }

  /** @type {(...inputs: any[]) => void} */
  const clear = (...inputs) => { for (const input of inputs) input.value = ""; };

  function unlocked() {
    const first = secret(texts.passphrase, "new-password", texts.good);
    const second = secret(texts.once_more, "new-password");
    const read_it = h("input", { type: "checkbox" });
    const tick = h("label", { class: "mend-tick" }, read_it, h("span", {}, texts.understood));
    const form = asking(
      [h("p", { class: "mend-heeded" }, texts.forgetting), tick, first.field, second.field], texts.lock,
      () => (first.input.value === second.input.value ? undefined : texts.differ),
      async () => {
        said.textContent = texts.locking;
        const done = await ask(() => form, "lock", { passphrase: first.input.value, understood: read_it.checked });
        if (!done) return;
        clear(first.input, second.input);
        recovery(done.recovery);
      },
    );
    body.replaceChildren(h("details", {}, h("summary", {}, texts.open_title), h("p", {}, texts.open_how, " ", texts.stays_readable), form));
  }

  function recovery(/** @type {string} */ key) {
    const heading = h("h3", { tabindex: -1 }, texts.recovery_title);
    body.replaceChildren(h("div", { class: "mend-good" }, heading, h("p", {}, texts.recovery_how),
      h("p", { class: "mend-key" }, h("code", {}, key)),
      h("div", { class: "mend-row" }, h("button", { type: "button", onclick: () => locked() }, texts.recovery_written))));
    heading.focus();
  }

  function locked(/** @type {string | null} */ news = "") { // null: nobody did anything yet, so focus stays where it is
    const old = secret(texts.old, "current-password");
    const first = secret(texts.new, "new-password", texts.good);
    const second = secret(texts.once_more, "new-password");
    const changing = asking([old.field, first.field, second.field], texts.change,
      () => (first.input.value === second.input.value ? undefined : texts.differ),
      async () => {
        const done = await ask(() => changing, "change", { old: old.input.value, passphrase: first.input.value });
        if (done) locked(texts.changed);
      });
    const known = secret(texts.old, "current-password");
    const again = asking([h("p", { class: "mend-small" }, texts.recovery_again_how), known.field], texts.recovery_again, () => undefined,
      async () => {
        const done = await ask(() => again, "recovery", { old: known.input.value });
        if (done) recovery(done.recovery);
      });
    const last = secret(texts.old, "current-password");
    const off = asking([h("p", { class: "mend-heeded" }, texts.take_off_how), last.field], texts.take_off, () => undefined,
      async () => {
        const done = await ask(() => off, "take_off", { old: last.input.value });
        if (done) { unlocked(); said.textContent = texts.taken_off; }
      });
    body.replaceChildren(h("details", {}, h("summary", {}, texts.locked_title), h("p", {}, texts.locked_how),
      h("details", {}, h("summary", {}, texts.change), changing),
      h("details", {}, h("summary", {}, texts.recovery_again), again),
      h("details", {}, h("summary", {}, texts.take_off), off)));
    if (news === null) return;
    said.textContent = news;
    body.querySelector("summary")?.focus();
  }

  async function read() {
    const { message } = await kernel.ask("ready");
    said.textContent = "";
    if (message.type === "locked") return body.replaceChildren(h("p", { class: "mend-small" }, texts.locked));
    if (message.type === "refused") return body.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, message.reason));
    if (message.locked) locked(null);
    else unlocked();
  }

  read();
  return () => { kernel.stop(); root.remove(); };
}

export default widget(mount);
