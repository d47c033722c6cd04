// What of it goes: a tick for each answer, each exercise, each occasion.

import { counted, fill, h } from "./elements.js";
import { leaves, tick } from "./share-desk.js";

/**
 * @typedef {import("./share-desk.js").Desk} Desk
 * @typedef {import("./share-desk.js").Day} Day
 * @typedef {import("./share-desk.js").Leaf} Leaf
 * @typedef {import("./share-desk.js").Branch} Branch
 */

export function choosing(/** @type {Desk} */ desk) {
  const { texts, below, ticked, choice } = desk;
  const intro = h("div", {}, h("p", {}, fill(texts.sealed_for, desk.state)), desk.state.words ? h("p", { class: "mend-small" }, fill(texts.words, desk.state)) : null);
  if (!desk.state.chapters.length && !desk.state.gates) return [intro, h("p", {}, texts.empty)];
  const any = [...leaves(desk.state.chapters)].some((leaf) => leaf.shared);
  const count = h("p", { class: "mend-small", role: "status" });
  const see = h("button", { type: "button", onclick: () => desk.go.look(see) }, texts.see);
  /** @type {(() => void)[]} every tick above a leaf follows the leaves below it */
  const follow = [];
  const update = () => {
    for (const each of follow) each();
    count.textContent = ticked.size ? fill(texts.chosen, { count: ticked.size }) : texts.chosen_none;
    below.replaceChildren(); // what was seen is no longer what would go
  };
  const option = (/** @type {"gates" | "everything"} */ name) => tick(texts[name], texts[`${name}_help`], {
    checked: choice[name],
    onchange: (/** @type {any} */ event) => { choice[name] = event.target.checked; update(); },
  });
  const tree = h("ul", { class: "mend-chapters" }, desk.state.chapters.map((/** @type {any} */ chapter) => h("li", {}, h("h4", {}, chapter.title),
    h("ul", { class: "mend-exercises" }, chapter.exercises.map((/** @type {Branch} */ one) => h("li", {}, branch(desk, one, update, follow)))))));
  update();
  return [intro, h("div", { class: "mend-part" }, h("h3", {}, texts.choose), h("p", { class: "mend-small" }, any ? texts.choose_how : texts.choose_new), tree,
    desk.state.gates ? option("gates") : null, any ? option("everything") : null, h("div", { class: "mend-row" }, see, count)), below];
}

/** One exercise: all of it with one tick, or one by one. The list is made when it is opened: there may be hundreds. */
function branch(/** @type {Desk} */ desk, /** @type {Branch} */ one, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
  const { texts } = desk;
  const all = one.occasions.flatMap((occasion) => occasion.answers);
  const open = all.filter((leaf) => leaf.key);
  const stay = all.length - open.length;
  if (!open.length) return h("div", { class: "mend-stays" }, one.title, h("small", {}, texts.private));
  const counts = [counted(desk, "counts", open.length), stay && fill(texts.counts_private, { count: stay })].filter(Boolean).join(", ");
  const details = h("details", { ontoggle: () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(...one.occasions.map((occasion) => group(desk, one, occasion, update, follow)));
    for (const each of follow) each();
  } }, h("summary", { "aria-label": `${texts.one_by_one}: ${one.title}` }, texts.one_by_one));
  const tag = one.asked ? h("span", { class: "mend-tag" }, fill(texts.asked_for, desk.state)) : null;
  return [several(desk, one.title, [counts, tag && " ", tag], open, update, follow, fill(texts.all_of_it, one)), details];
}

function group(/** @type {Desk} */ desk, /** @type {Branch} */ one, /** @type {{day: Day, answers: Leaf[]}} */ { day, answers }, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
  const { texts, named } = desk;
  const open = answers.filter((leaf) => leaf.key);
  const name = named(day);
  const rows = h("div", { class: name && "mend-occasion-answers" }, answers.map((leaf) => leaf.key ? single(desk, leaf, update, follow)
    : h("div", { class: "mend-stays" }, leaf.prompt, h("small", {}, texts.private))));
  if (!name) return h("div", { class: "mend-occasion" }, rows);
  return h("div", { class: "mend-occasion", role: "group", "aria-label": `${one.title}, ${name}` },
    open.length ? several(desk, name, null, open, update, follow, `${one.title}, ${name}`) : h("div", { class: "mend-stays" }, name), rows);
}

function single(/** @type {Desk} */ desk, /** @type {Leaf} */ leaf, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
  const { texts, ticked } = desk;
  const key = /** @type {string} */ (leaf.key);
  const state = leaf.changed ? texts.changed : leaf.there ? texts.there : leaf.shared ? texts.shared : leaf.elsewhere ? texts.elsewhere : null;
  const node = tick(leaf.prompt, [leaf.words, state && " ", state && h("span", { class: "mend-tag" }, state)], { onchange: () => set(desk, [key], box.checked, update) });
  const box = node.querySelector("input");
  follow.push(() => { box.checked = ticked.has(key); });
  return node;
}

function several(/** @type {Desk} */ desk, /** @type {any} */ title, /** @type {any} */ below, /** @type {Leaf[]} */ open, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow, /** @type {string} */ label) {
  const { ticked } = desk;
  const keys = /** @type {string[]} */ (open.map((leaf) => leaf.key));
  const node = tick(title, below, { "aria-label": label, onchange: () => set(desk, keys, box.checked, update) });
  const box = node.querySelector("input");
  follow.push(() => {
    const chosen = keys.filter((key) => ticked.has(key)).length;
    box.checked = chosen === keys.length;
    box.indeterminate = chosen > 0 && chosen < keys.length;
  });
  return node;
}

function set(/** @type {Desk} */ desk, /** @type {string[]} */ keys, /** @type {boolean} */ on, /** @type {() => void} */ update) {
  const { ticked, touched } = desk;
  for (const key of keys) {
    touched.add(key);
    if (on) ticked.add(key);
    else ticked.delete(key);
  }
  update();
}
