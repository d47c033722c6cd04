// With a hub's mailbox: what is made goes to the client from here, and what they sent is got. See panels/posting.py.

import { button, field, small } from "./caseload-pieces.js";
import { counted, fill, h } from "./elements.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */
/** @typedef {import("./panel.js").Answered} Answered */

/**
 * Where a client is written to: the field for their name on the hub, the button, and what is said then; without a
 * mailbox there is none of it. `client` returns their pseudonym.
 */
export function addressed(/** @type {Desk} */ desk, /** @type {string} */ known, /** @type {() => string} */ client, /** @type {() => any} */ act) {
  const { texts, hold } = desk;
  if (!desk.everyone.mailbox) return { shown: null, send: null, said: () => ({}), named: () => {} };
  const to = hold("input", { type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none", maxlength: 300, value: known });
  const send = button("", act, "");
  const named = () => { send.textContent = client() ? fill(texts.send_to, { client: client() }) : texts.send; };
  named();
  return { shown: field(texts.on_hub, to, texts.on_hub_hint), send, said: () => ({ to: to.value.trim() }), named };
}

/**
 * Send the file that an answer says is kept, and draw what came of it; whether it was acknowledged.
 * @param {Desk} desk @param {Answered} made @param {string} client @param {() => object} said @param {HTMLElement} outcome
 * @returns {Promise<boolean>}
 */
export async function posting(desk, made, client, said, outcome, done = () => {}) {
  const { texts, say, away } = desk;
  const place = h("div");
  const file = made.message.kept;
  say(texts.sending);
  const got = await away("post", { file, client, ...said() }, place);
  say("");
  const lines = (got?.message.others ?? []).map((/** @type {string} */ one) => small(one));
  if (got?.message.said) {
    outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, h("b", {}, got.message.said)), lines));
    done();
    return true;
  }
  const how = got?.message.never ? texts.not_sent_never : got?.message.nobody ? texts.not_sent_nobody : got ? texts.not_sent_how : null;
  outcome.replaceChildren(h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, h("b", {}, texts.not_sent)),
    got ? h("p", {}, got.message.why) : place, how && h("p", {}, how), lines, h("div", { class: "mend-row" },
      got?.message.never ? null : button(texts.send_again, () => posting(desk, made, client, said, outcome, done)),
      button(texts.save_instead, () => { desk.saved(made, "application/octet-stream"); }, "mend-quiet"))));
  return false;
}

/**
 * The button that gets what came; `take` goes through it, and shows what came of each below what is said already.
 * @param {Desk} desk @param {(many: number, each: () => AsyncGenerator<HTMLElement>, said: HTMLElement[]) => Promise<void>} take
 */
export function getting(desk, take) {
  const { texts, everyone, away, say } = desk;
  if (!everyone.mailbox) return null;
  const place = h("div", { role: "status" });
  const get = async () => {
    say(texts.asking);
    const got = await away("came", {}, place);
    say("");
    if (!got) return;
    const { letters, passed, sent, why } = got.message;
    const lines = [...sent, why, passed ? counted(desk, "came_passed", passed) : null].filter(Boolean).map((text) => h("li", {}, text));
    if (letters.length || lines.length) {
      await take(letters.length, async function* each() {
        for (const letter of letters) {
          const { line, down } = await one(desk, letter);
          yield line;
          if (down) return; // the mailbox answers nothing else now either
        }
      }, lines);
    } else place.replaceChildren(small(texts.came_none));
  };
  return h("div", {}, small(texts.came_how), everyone.unsent ? small(counted(desk, "unsent_count", everyone.unsent)) : null,
    h("div", { class: "mend-row" }, button(texts.came, get, "")), place);
}

/** Fetch one and take it in; only then does the mailbox let it go. */
async function one(/** @type {Desk} */ desk, /** @type {any} */ letter) {
  const { texts, away } = desk;
  const place = h("div");
  const line = h("li");
  const { number, sender } = letter;
  const from = h("b", {}, `${sender}: `);
  const letGo = async (/** @type {string} */ said) => {
    const got = await away("settle", { number }, place);
    const stays = got?.message.type === "unsettled";
    line.replaceChildren(said, stays ? small(fill(texts.came_stays, got.message)) : place);
  };
  const discard = button(texts.discard, async () => {
    const got = await away("discard", { number }, place);
    if (got?.message.type === "discarded") line.replaceChildren(from, texts.discarded);
    else if (got) place.replaceChildren(small(got.message.reason));
  }, "mend-quiet");
  const message = (await away("fetch", { number }, place))?.message;
  const type = message?.type;
  if (type === "received" && message.held) {
    const sure = async () => {
      const yes = await away("fetch", { number, sure: true }, place);
      if (yes?.message.type === "received") await letGo(yes.message.said);
      else if (yes) place.replaceChildren(small(yes.message.reason));
    };
    line.append(h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, h("b", {}, `${message.client}: `), message.held), place,
      h("div", { class: "mend-row" }, button(texts.held_yes, sure, "mend-plain"), button(texts.held_no, () => line.replaceChildren(from, texts.held_left), "mend-quiet"))));
  } else if (type === "received") await letGo(message.said);
  else line.append(from, message ? message.reason : place, type === "unfit" ? discard : "");
  return { line, down: !message || Boolean(message.down) };
}
