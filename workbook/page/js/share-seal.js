// What they will see, and the file that holds it.

import { when } from "./dates.js";
import { counted, fill, h } from "./elements.js";
import { leaves, place } from "./share-desk.js";
import { sealed } from "./share-sealed.js";
import { sending } from "./share-send.js";

/** @typedef {import("./share-desk.js").Desk} Desk */

export async function look(/** @type {Desk} */ desk, /** @type {HTMLButtonElement} */ see) {
  const { texts, below, say, kernel, refused, ticked, choice } = desk;
  see.disabled = true;
  say(texts.looking);
  const keys = [...leaves(desk.state.chapters)].flatMap((leaf) => (leaf.key && ticked.has(leaf.key) ? [leaf.key] : []));
  const { message } = await kernel.ask("preview", { keys, ...choice });
  see.disabled = false;
  say("");
  if (refused(below, message)) return;
  const heading = h("h3", { tabindex: -1 }, texts.sight);
  const empty = !message.new.length && !message.changed.length && !message.again.length && !message.taken_back.length && !message.gates.length;
  below.replaceChildren(h("div", { class: "mend-part" }, heading, empty ? h("p", {}, texts.nothing_new) : sight(desk, message)), ...(empty ? [] : [desk.state.carried ? sending(desk, "send", sealing(desk)) : sealing(desk)]));
  heading.focus();
}

function sight(/** @type {Desk} */ desk, /** @type {any} */ seen) {
  const { texts, language, named } = desk;
  const part = (/** @type {string} */ name) => seen[name].length ? h("section", {}, h("h4", {}, texts[name === "changed" ? "sight_changed" : name]),
    seen[name].map((/** @type {any} */ group) => answers(desk, group))) : null;
  return [h("p", { class: "mend-small" }, fill(texts.sight_how, desk.state)), h("div", { class: "mend-sight" },
    part("new"), part("changed"), part("again"),
    seen.gates.length ? h("section", {}, h("h4", {}, texts.gates_seen), h("ul", {}, seen.gates.map((/** @type {any} */ gate) =>
      h("li", {}, `${gate.title}: ${texts[gate.change]}, ${when(gate.at, language)}`)))) : null,
    seen.taken_back.length ? h("section", {}, h("h4", {}, texts.taken_back), h("p", { class: "mend-small" }, texts.taken_back_how), h("ul", {},
      seen.taken_back.map((/** @type {any} */ gone) => h("li", {}, [gone.title, named(gone.day)].filter(Boolean).join(", "), ": ", gone.prompt)))) : null,
    seen.there ? h("p", { class: "mend-small" }, counted(desk, "kept", seen.there)) : null,
    seen.handed ? h("p", { class: "mend-small" }, counted(desk, "handed", seen.handed)) : null)];
}

const answers = (/** @type {Desk} */ desk, /** @type {any} */ group) => {
  const { texts, language, named } = desk;
  return h("div", {}, h("p", { class: "mend-small" }, [group.title, named(group.day)].filter(Boolean).join(" · ")),
  h("dl", {}, group.answers.map((/** @type {any} */ one) => [h("dt", {}, one.prompt), h("dd", {}, one.status === "skipped" ? texts.skipped : one.label),
    h("dd", { class: "mend-small" }, fill(texts.answered, { time: when(one.at, language) }))])));
};

function sealing(/** @type {Desk} */ desk) {
  const { texts, say, kernel, refused } = desk;
  const where = place(desk, desk.state.file);
  const wrong = h("div");
  const button = h("button", { type: "button", onclick: async () => {
    button.disabled = true;
    say(texts.sealing);
    const { message, buffers } = await kernel.ask("seal", { path: where.path() });
    button.disabled = false;
    say("");
    if (!refused(wrong, message)) sealed(desk, message, buffers);
  } }, texts.seal_button);
  return h("div", { class: "mend-part" }, h("h3", {}, texts.seal), h("p", { class: "mend-small" }, texts.where), where.node, wrong, h("div", { class: "mend-row" }, button));
}
