// An assignment: what to do, in which order, by when, and with which rules tighter.

import { button, field, more, part, small, tick, title } from "./caseload-pieces.js";
import { addressed, posting } from "./caseload-post.js";
import { counted, fill, h } from "./elements.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

/** @typedef {{exercise: string, title: string, repeats: string, chosen?: string, due?: string, instruction?: string}} Task */

export function assigning(/** @type {Desk} */ desk, /** @type {any} */ it) {
  const { texts, ask, show, hold, go } = desk;
  const chapters = it?.own.length ? [...desk.everyone.chapters, { title: texts.instruments_before, exercises: it.own }] : desk.everyone.chapters;
  const known = new Map(chapters.flatMap((/** @type {any} */ chapter) => chapter.exercises).map((/** @type {any} */ one) => [one.id, one]));
  /** @type {Task[]} */
  const chosen = (it?.tasks ?? []).filter((/** @type {any} */ one) => known.has(one.exercise))
    .map((/** @type {any} */ one) => ({ exercise: one.exercise, title: one.title, repeats: known.get(one.exercise).repeats, chosen: one.repeats, due: one.due, instruction: one.instruction }));
  const name = hold("input", { type: "text", autocomplete: "off", maxlength: 80, value: it?.client, readonly: Boolean(it) });
  const due = h("input", { type: "date" });
  const order = h("ol", { class: "mend-order" });
  const ordered = h("div", { hidden: true }, h("h4", {}, texts.order), order);
  /** @type {(() => void)[]} */
  const follow = [];
  const has = (/** @type {string} */ id) => chosen.some((one) => one.exercise === id);
  const set = (/** @type {any} */ one, /** @type {boolean} */ on) => choose(chosen, one, on);
  const update = () => {
    for (const each of follow) each();
    ordered.hidden = !chosen.length;
    order.replaceChildren(...chosen.map(task));
  };
  const move = (/** @type {number} */ from, /** @type {number} */ by, /** @type {string} */ which) => {
    const [one] = chosen.splice(from, 1);
    chosen.splice(from + by, 0, one);
    update();
    const there = /** @type {any} */ (order.children[from + by]);
    (there.querySelector(`.mend-${which}:not(:disabled)`) ?? there.querySelector(".mend-arrow:not(:disabled)"))?.focus();
  };
  function task(/** @type {Task} */ one, /** @type {number} */ at) {
    const arrow = (/** @type {string} */ which, /** @type {number} */ by, /** @type {string} */ sign, /** @type {boolean} */ off) =>
      h("button", { type: "button", class: `mend-arrow mend-${which}`, "aria-label": fill(texts[which], one), disabled: off, onclick: () => move(at, by, which) }, sign);
    const by = h("input", { type: "date", value: one.due, onchange: () => { one.due = by.value; } });
    const often = h("select", { onchange: () => { one.chosen = often.value; } }, h("option", { value: "" }, fill(texts.as_is, { how: texts[one.repeats] })),
      ["once", "daily", "weekly", "monthly", "any"].filter((how) => how !== one.repeats).map((how) => h("option", { value: how, selected: one.chosen === how }, texts[how])));
    const words = hold("textarea", { rows: 2, maxlength: 2000, dir: "auto", oninput: () => { one.instruction = words.value; } });
    words.value = one.instruction ?? "";
    return h("li", {}, h("div", { class: "mend-between" }, h("b", {}, one.title), h("span", { class: "mend-arrows" },
      arrow("up", -1, "↑", at === 0), arrow("down", 1, "↓", at === chosen.length - 1),
      h("button", { type: "button", class: "mend-arrow", "aria-label": fill(texts.remove, one), onclick: () => { chosen.splice(at, 1); update(); } }, "×"))),
    more(texts.task_more, h("div", { class: "mend-inline" }, field(texts.due, by), known.get(one.exercise).fixed ? null : field(texts.repeats, often)), field(texts.instruction, words)));
  }
  const tree = chapters.map((/** @type {any} */ chapter) => {
    const all = tick(h("b", {}, chapter.title), { "aria-label": fill(texts.whole, chapter), onchange: () => { for (const one of chapter.exercises) set(one, box.checked); update(); } });
    const box = all.querySelector("input");
    follow.push(() => {
      const count = chapter.exercises.filter((/** @type {any} */ one) => has(one.id)).length;
      box.checked = count === chapter.exercises.length;
      box.indeterminate = count > 0 && !box.checked;
    });
    const each = chapter.exercises.map((/** @type {any} */ one) => {
      const node = tick(one.title, { onchange: () => { set(one, input.checked); update(); } }, fill(texts.minutes_how, { minutes: one.minutes, how: texts[one.repeats] }));
      const input = node.querySelector("input");
      follow.push(() => { input.checked = has(one.id); });
      return node;
    });
    return h("div", { class: "mend-branch" }, all, more(counted(desk, "exercises", each.length), each));
  });
  const { gates, stricter } = tightening(desk, it?.tighten ?? {});
  const own = h("input", { type: "file", multiple: true, accept: ".yaml,.yml" });
  const outcome = h("div");
  const carried = addressed(desk, it?.to ?? "", () => name.value.trim(), () => make_it(false, true));
  name.addEventListener("input", carried.named);
  const make = button(texts.make_file, () => make_it(false, false), carried.send ? "mend-plain" : "");
  const make_it = async (/** @type {boolean} */ sure, /** @type {boolean} */ post) => {
    if (!chosen.length && !own.files.length) { outcome.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, texts.nothing_asked)); return; }
    const files = await Promise.all([...own.files].map((file) => file.arrayBuffer()));
    const got = await ask("assign", { client: name.value, ...(post ? carried.said() : {}), sure, due: due.value || null, tighten: stricter(),
      tasks: chosen.map((one) => ({ exercise: one.exercise, due: one.due || null, repeats: (!known.get(one.exercise).fixed && one.chosen) || null, instruction: one.instruction || null })) }, outcome, files);
    if (got?.message.type === "asks") {
      passed(desk, got.message.ask, outcome, due, () => make_it(true, post));
    } else if (got?.message.kept) await posting(desk, got, name.value, carried.said, outcome);
    else if (got) outcome.replaceChildren(made(desk, got));
  };
  update();
  show(title(it ? fill(texts.assign_again, it) : texts.assign), h("p", {}, texts.assign_how), h("div", { class: "mend-row" }, button(texts.back, go.list)),
    h("section", { class: "mend-part" }, field(texts.pseudonym, name, texts.pseudonym_hint), carried.shown),
    part(texts.ask_for, field(texts.due_all, due), tree, ordered),
    h("section", { class: "mend-part mend-folded" }, more(h("b", {}, texts.tighten), small(texts.tighten_how), gates), more(h("b", {}, texts.instruments), field(texts.instruments_how, own))),
    h("section", { class: "mend-part" }, outcome, h("div", { class: "mend-row" }, carried.send, make)));
}

/** Ask for an exercise as the last one, or not any more. */
function choose(/** @type {Task[]} */ chosen, /** @type {any} */ one, /** @type {boolean} */ on) {
  const at = chosen.findIndex((task) => task.exercise === one.id);
  if (on && at < 0) chosen.push({ exercise: one.id, title: one.named ?? one.title, repeats: one.repeats });
  if (!on && at >= 0) chosen.splice(at, 1);
}

const made = (/** @type {Desk} */ { texts, saved }, /** @type {import("./panel.js").Answered} */ got) =>
  h("div", { class: "mend-good", role: "status" }, h("p", {}, h("b", {}, fill(texts.file_made, { file: got.message.file }))), h("p", {}, texts.file_next), h("p", {}, saved(got, "application/octet-stream")));

/** A day that has passed is asked for once more. */
function passed(/** @type {Desk} */ { texts }, /** @type {string} */ asks, /** @type {HTMLElement} */ outcome, /** @type {HTMLElement} */ due, /** @type {() => void} */ go) {
  const correct = button(texts.passed_no, () => { outcome.replaceChildren(); due.focus(); });
  outcome.replaceChildren(h("div", { class: "mend-heeded", role: "alertdialog", "aria-label": texts.make_file }, h("p", {}, asks), h("div", { class: "mend-row" }, button(texts.passed_yes, go), correct)));
  correct.focus();
}

/** The rules a counselor may make stricter; what was set before and is not on this page goes along as it was. */
function tightening(/** @type {Desk} */ desk, /** @type {any} */ before) {
  const gates = desk.everyone.gates.map((/** @type {any} */ gate) => tick(gate.title, { value: gate.id, checked: Boolean(before[gate.id]?.closed) }, gate.id));
  const stricter = () => Object.fromEntries(gates.map((/** @type {any} */ gate) => gate.querySelector("input")).map((/** @type {any} */ box) => {
    const { closed, ...rest } = before[box.value] ?? {};
    return [box.value, box.checked ? { ...rest, closed: "yes" } : rest];
  }).filter((/** @type {any} */ [, settings]) => Object.keys(settings).length));
  return { gates, stricter };
}
