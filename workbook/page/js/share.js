// The page 70-share: choose, see what they will see, seal; and a page for oneself. See share_panel.py.
// Nothing here passes anything on: a file is made where the person says, and that is all.
import { when } from "./dates.js";
import { counted, fill, h, unique } from "./elements.js";
import { keep, line, onReturn, sheet, widget } from "./panel.js";

/**
 * @typedef {{date: string, number: number, week: boolean} | null} Day
 * @typedef {{key?: string, prompt: string, words?: string, private?: boolean, shared?: boolean, changed?: boolean, there?: boolean, elsewhere?: boolean}} Leaf
 * @typedef {{id: string, title: string, asked: boolean, occasions: {day: Day, answers: Leaf[]}[]}} Branch
 */

const size = (/** @type {number} */ bytes) => (bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const { texts, language } = panel;
  const root = sheet(element, panel, "mend-share", texts.title);
  const said = h("p", { class: "mend-small mend-said", role: "status" });
  const say = (/** @type {string} */ text) => { said.textContent = text; };
  const kernel = line(transport, () => read(), () => say(texts.waiting));
  const body = h("div", {}, h("p", { class: "mend-small" }, texts.opening));
  const below = h("div"); // what they will see, and then what was sealed
  root.append(body, said);

  /** @type {Set<string>} */
  const ticked = new Set();
  /** @type {Set<string>} keys the person has ticked or unticked: reading again leaves those alone */
  const touched = new Set();
  /** @type {any} */
  let state = null;
  let drawn = "";
  const choice = { gates: false, everything: false };

  const named = (/** @type {Day} */ day) =>
    day && fill(day.week ? texts.week : "{date}", { date: when(day.date, language) }) + (day.number > 1 ? ` (${day.number})` : "");

  // What goes wrong is said where the person is looking ...........................................................

  /** @type {(place: HTMLElement, message: any) => boolean} */
  function refused(place, message) {
    if (message.type !== "refused" && message.type !== "locked") return false;
    place.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, message.type === "locked" ? texts.locked : message.reason));
    return true;
  }

  async function read() {
    const { message } = await kernel.ask("ready");
    say("");
    const same = JSON.stringify({ ...message, seq: 0 });
    if (message.type === "state" && same === drawn) return;
    if (message.type === "state" && below.hasChildNodes() && drawn) return; // not under their eyes
    drawn = "";
    if (refused(body, message)) return;
    drawn = same;
    state = message;
    draw();
  }

  function draw() {
    for (const leaf of leaves(state.chapters)) {
      if (leaf.key && leaf.shared && !touched.has(leaf.key)) ticked.add(leaf.key);
    }
    body.replaceChildren(h("h2", { tabindex: -1 }, texts.title), ...(state.counselor ? choosing() : [stranger()]), page());
  }

  const stranger = () => h("div", { class: "mend-good" }, h("p", {}, texts.no_counselor), h("p", {}, texts.no_counselor_do),
    h("p", {}, h("a", { href: state.start }, texts.start_here)));

  // 1. Choose .....................................................................................................

  function* leaves(/** @type {any[]} */ chapters) {
    for (const chapter of chapters) for (const branch of chapter.exercises) for (const occasion of branch.occasions) yield* /** @type {Leaf[]} */ (occasion.answers);
  }

  function choosing() {
    const intro = h("div", {}, h("p", {}, fill(texts.sealed_for, state)), state.words ? h("p", { class: "mend-small" }, fill(texts.words, state)) : null);
    if (!state.chapters.length && !state.gates) return [intro, h("p", {}, texts.empty)];
    const any = [...leaves(state.chapters)].some((leaf) => leaf.shared);
    const count = h("p", { class: "mend-small", role: "status" });
    const see = h("button", { type: "button", onclick: () => look(see) }, texts.see);
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
    const tree = h("ul", { class: "mend-chapters" }, state.chapters.map((/** @type {any} */ chapter) => h("li", {}, h("h4", {}, chapter.title),
      h("ul", { class: "mend-exercises" }, chapter.exercises.map((/** @type {Branch} */ one) => h("li", {}, branch(one, update, follow)))))));
    update();
    return [intro, h("div", { class: "mend-part" }, h("h3", {}, texts.choose), h("p", { class: "mend-small" }, any ? texts.choose_how : texts.choose_new), tree,
      state.gates ? option("gates") : null, any ? option("everything") : null, h("div", { class: "mend-row" }, see, count)), below];
  }

  /** One exercise: all of it with one tick, or one by one. The list is made when it is opened: there may be hundreds. */
  function branch(/** @type {Branch} */ one, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
    const all = one.occasions.flatMap((occasion) => occasion.answers);
    const open = all.filter((leaf) => leaf.key);
    const stay = all.length - open.length;
    if (!open.length) return h("div", { class: "mend-stays" }, one.title, h("small", {}, texts.private));
    const counts = [counted(texts, "counts", open.length), stay && fill(texts.counts_private, { count: stay })].filter(Boolean).join(", ");
    const details = h("details", { ontoggle: () => {
      if (!details.open || details.childElementCount > 1) return;
      details.append(...one.occasions.map((occasion) => group(one, occasion, update, follow)));
      for (const each of follow) each();
    } }, h("summary", { "aria-label": `${texts.one_by_one}: ${one.title}` }, texts.one_by_one));
    const tag = one.asked ? h("span", { class: "mend-tag" }, fill(texts.asked_for, state)) : null;
    return [several(one.title, [counts, tag && " ", tag], open, update, follow, fill(texts.all_of_it, one)), details];
  }

  function group(/** @type {Branch} */ one, /** @type {{day: Day, answers: Leaf[]}} */ { day, answers }, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
    const open = answers.filter((leaf) => leaf.key);
    const name = named(day);
    const rows = h("div", { class: name && "mend-occasion-answers" }, answers.map((leaf) => leaf.key ? single(leaf, update, follow)
      : h("div", { class: "mend-stays" }, leaf.prompt, h("small", {}, texts.private))));
    if (!name) return h("div", { class: "mend-occasion" }, rows);
    return h("div", { class: "mend-occasion", role: "group", "aria-label": `${one.title}, ${name}` },
      open.length ? several(name, null, open, update, follow, `${one.title}, ${name}`) : h("div", { class: "mend-stays" }, name), rows);
  }

  function single(/** @type {Leaf} */ leaf, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow) {
    const key = /** @type {string} */ (leaf.key);
    const state = leaf.changed ? texts.changed : leaf.there ? texts.there : leaf.shared ? texts.shared : leaf.elsewhere ? texts.elsewhere : null;
    const node = tick(leaf.prompt, [leaf.words, state && " ", state && h("span", { class: "mend-tag" }, state)], { onchange: () => set([key], box.checked, update) });
    const box = node.querySelector("input");
    follow.push(() => { box.checked = ticked.has(key); });
    return node;
  }

  function several(/** @type {any} */ title, /** @type {any} */ below, /** @type {Leaf[]} */ open, /** @type {() => void} */ update, /** @type {(() => void)[]} */ follow, /** @type {string} */ label) {
    const keys = /** @type {string[]} */ (open.map((leaf) => leaf.key));
    const node = tick(title, below, { "aria-label": label, onchange: () => set(keys, box.checked, update) });
    const box = node.querySelector("input");
    follow.push(() => {
      const chosen = keys.filter((key) => ticked.has(key)).length;
      box.checked = chosen === keys.length;
      box.indeterminate = chosen > 0 && chosen < keys.length;
    });
    return node;
  }

  function set(/** @type {string[]} */ keys, /** @type {boolean} */ on, /** @type {() => void} */ update) {
    for (const key of keys) {
      touched.add(key);
      if (on) ticked.add(key);
      else ticked.delete(key);
    }
    update();
  }

  /** A native checkbox with its label, and a smaller line below it. */
  const tick = (/** @type {any} */ label, /** @type {any} */ below, /** @type {any} */ properties) =>
    h("label", { class: "mend-tick" }, h("input", { type: "checkbox", ...properties }), h("span", {}, label, below && h("small", {}, below)));

  // 2. What they will see ...........................................................................................

  async function look(/** @type {HTMLButtonElement} */ see) {
    see.disabled = true;
    say(texts.looking);
    const keys = [...leaves(state.chapters)].flatMap((leaf) => (leaf.key && ticked.has(leaf.key) ? [leaf.key] : []));
    const { message } = await kernel.ask("preview", { keys, ...choice });
    see.disabled = false;
    say("");
    if (refused(below, message)) return;
    const heading = h("h3", { tabindex: -1 }, texts.sight);
    const empty = !message.new.length && !message.changed.length && !message.again.length && !message.taken_back.length && !message.gates.length;
    below.replaceChildren(h("div", { class: "mend-part" }, heading, empty ? h("p", {}, texts.nothing_new) : sight(message)), ...(empty ? [] : [sealing()]));
    heading.focus();
  }

  function sight(/** @type {any} */ seen) {
    const part = (/** @type {string} */ name) => seen[name].length ? h("section", {}, h("h4", {}, texts[name === "changed" ? "sight_changed" : name]),
      seen[name].map(answers)) : null;
    return [h("p", { class: "mend-small" }, fill(texts.sight_how, state)), h("div", { class: "mend-sight" },
      part("new"), part("changed"), part("again"),
      seen.gates.length ? h("section", {}, h("h4", {}, texts.gates_seen), h("ul", {}, seen.gates.map((/** @type {any} */ gate) =>
        h("li", {}, `${gate.title}: ${texts[gate.change]}, ${when(gate.at, language)}`)))) : null,
      seen.taken_back.length ? h("section", {}, h("h4", {}, texts.taken_back), h("p", { class: "mend-small" }, texts.taken_back_how), h("ul", {},
        seen.taken_back.map((/** @type {any} */ gone) => h("li", {}, [gone.title, named(gone.day)].filter(Boolean).join(", "), ": ", gone.prompt)))) : null,
      seen.there ? h("p", { class: "mend-small" }, counted(texts, "kept", seen.there)) : null,
      seen.handed ? h("p", { class: "mend-small" }, counted(texts, "handed", seen.handed)) : null)];
  }

  const answers = (/** @type {any} */ group) => h("div", {}, h("p", { class: "mend-small" }, [group.title, named(group.day)].filter(Boolean).join(" · ")),
    h("dl", {}, group.answers.map((/** @type {any} */ one) => [h("dt", {}, one.prompt), h("dd", {}, one.status === "skipped" ? texts.skipped : one.label),
      h("dd", { class: "mend-small" }, fill(texts.answered, { time: when(one.at, language) }))])));

  // 3. Seal it ......................................................................................................

  /** Where a file goes: a path on this computer, or the browser's own downloads. */
  function place(/** @type {string} */ proposed) {
    const name = unique();
    const path = h("input", { type: "text", value: proposed, "aria-label": texts.folder, spellcheck: "false", autocomplete: "off", dir: "ltr" });
    const radio = (/** @type {string} */ label, /** @type {boolean} */ checked) => h("label", { class: "mend-tick" },
      h("input", { type: "radio", name, checked, onchange: () => { field.hidden = download.querySelector("input").checked; } }), h("span", {}, label));
    const download = radio(texts.download, false);
    const field = h("div", { class: "mend-field" }, path);
    const node = h("div", { role: "radiogroup", "aria-label": texts.where }, radio(texts.folder, true), field, download);
    return { node, path: () => (download.querySelector("input").checked ? null : path.value) };
  }

  function sealing() {
    const where = place(state.file);
    const wrong = h("div");
    const button = h("button", { type: "button", onclick: async () => {
      button.disabled = true;
      say(texts.sealing);
      const { message, buffers } = await kernel.ask("seal", { path: where.path() });
      button.disabled = false;
      say("");
      if (!refused(wrong, message)) sealed(message, buffers);
    } }, texts.seal_button);
    return h("div", { class: "mend-part" }, h("h3", {}, texts.seal), h("p", { class: "mend-small" }, texts.where), where.node, wrong, h("div", { class: "mend-row" }, button));
  }

  function sealed(/** @type {any} */ message, /** @type {DataView[]} */ buffers) {
    const what = [(message.answers || !(message.taken_back || message.gates)) && counted(texts, "holds_answers", message.answers), message.taken_back && fill(texts.holds_taken, { count: message.taken_back }),
      message.gates && counted(texts, "holds_gates", message.gates)].filter(Boolean).join(", ");
    const heading = h("h3", { tabindex: -1 }, texts.done_title);
    below.replaceChildren(h("div", { class: "mend-part mend-good" }, heading,
      h("p", {}, h("strong", {}, fill(texts.done, { file: message.file, size: size(message.size) }))),
      h("p", {}, fill(texts.done_holds, { what, counselor: state.counselor })), h("p", {}, texts.done_next),
      buffers.length ? h("p", {}, keep(buffers[0], message.file, "application/octet-stream", texts.done_again)) : null,
      h("p", {}, h("button", { type: "button", class: "mend-plain", onclick: again }, texts.done_more))));
    choice.everything = false;
    heading.focus();
  }

  async function again() {
    below.replaceChildren();
    ticked.clear();
    touched.clear();
    drawn = "";
    await read();
    body.querySelector("h2")?.focus();
  }

  // A page for oneself ..............................................................................................

  function page() {
    const where = place(state.page);
    const outcome = h("div");
    const words = tick(texts.page_words, null, { checked: true });
    const secret = tick(texts.page_private, null, {});
    const button = h("button", { type: "button", class: "mend-plain", onclick: async () => {
      button.disabled = true;
      say(texts.page_saving);
      const ticks = { words: words.querySelector("input").checked, private: secret.querySelector("input").checked };
      const { message, buffers } = await kernel.ask("page", { path: where.path(), ...ticks });
      button.disabled = false;
      say("");
      if (refused(outcome, message)) return;
      outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, fill(texts.page_done, { file: message.file, size: size(message.size) })),
        buffers.length ? h("p", {}, keep(buffers[0], message.file, "text/html", texts.done_again)) : null));
    } }, texts.page_button);
    return h("div", { class: "mend-part" }, h("h3", {}, texts.page_title), h("p", {}, texts.page_how), words, secret, where.node, outcome, h("div", { class: "mend-row" }, button));
  }

  const stop = onReturn(read);
  read();
  return () => { stop(); kernel.stop(); root.remove(); };
}

export default widget(mount);
