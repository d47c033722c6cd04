// Everyone at a glance, and files that came.

import { button, field, small, title } from "./caseload-pieces.js";
import { getting } from "./caseload-post.js";
import { counted, fill, h } from "./elements.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

const AT_ONCE = 100; // clients drawn at a time
const VERDICTS = ["worse", "better", "no clear change", "too few occasions"];

/** A name as it is looked for: “zoe” finds Zoë, whichever way a keyboard writes that. */
export const alike = (/** @type {string} */ name) => name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

export async function list(/** @type {Desk} */ desk) {
  const { texts, body, ask, show, hold, go } = desk;
  const place = h("div");
  body.append(place);
  const answered = await ask("list", {}, place);
  if (!answered) return;
  desk.everyone = answered.message;
  const rows = h("tbody");
  const count = small();
  count.setAttribute("role", "status");
  const rest = h("div");
  let shown = AT_ONCE;
  const draw = () => {
    const found = desk.everyone.clients.filter((/** @type {any} */ one) => alike(one.client).includes(alike(desk.query)));
    rows.replaceChildren(...found.slice(0, shown).map((/** @type {any} */ one) => row(desk, one)));
    table.hidden = !found.length;
    count.textContent = desk.everyone.clients.length === 0 ? texts.none : found.length ? counted(desk, "shown", found.length) : texts.none_found;
    const left = found.length - shown;
    rest.replaceChildren(...(left > 0 ? [button(fill(texts.more, { count: Math.min(left, AT_ONCE) }), () => { shown += AT_ONCE; draw(); })] : []));
  };
  const find = hold("input", { type: "search", value: desk.query, autocomplete: "off", oninput: () => { desk.query = find.value; shown = AT_ONCE; draw(); } });
  const columns = ["client", "done", "due", "new", "change"].map((name) => h("th", { scope: "col" }, texts[`col_${name}`]));
  const table = h("table", { class: "mend-list" }, h("thead", {}, h("tr", {}, columns)), rows);
  draw();
  show(title(texts.title), receiving(desk),
    h("section", { class: "mend-part" }, h("div", { class: "mend-between" }, h("h3", {}, texts.clients), button(texts.new_client, () => go.assigning(null), "")),
      desk.everyone.clients.length > 5 ? field(texts.search, find) : null, table, rest, count),
    h("div", { class: "mend-row mend-foot-row" }, button(texts.settings, go.settings), button(texts.lock, go.lock)));
}

function row(/** @type {Desk} */ desk, /** @type {any} */ one) {
  const { texts, day, go } = desk;
  const open = h("button", { type: "button", class: "mend-link", onclick: () => go.client(one.client, true) }, one.client);
  if (one.damaged) {
    return h("tr", {}, h("th", { scope: "row" }, one.since ? open : one.client), h("td", { colspan: 4 }, h("p", { class: "mend-heeded" }, one.damaged)));
  }
  const notes = [
    one.revoked ? texts.ended : one.last ? fill(texts.last, { date: day(one.last) }) : texts.never_sent,
    one.gates ? counted(desk, "gates_count", one.gates) : null,
    one.erase_by && fill(texts.erase_by, { date: day(one.erase_by) }),
  ].filter(Boolean).join(" · ");
  const cell = (/** @type {string} */ name, /** @type {any[]} */ ...children) => h("td", { "data-label": texts[`col_${name}`] }, children);
  return h("tr", {}, h("th", { scope: "row" }, open, small(notes)),
    cell("done", one.asked ? fill(texts.of, one) : "–", one.overdue ? [" ", h("span", { class: "mend-tag mend-late" }, fill(texts.overdue, { count: one.overdue }))] : null),
    cell("due", one.due ? day(one.due) : h("span", { class: "mend-soft" }, texts.nothing_due)),
    cell("new", one.new ? h("span", { class: "mend-tag" }, one.new) : h("span", { class: "mend-soft" }, "0")),
    cell("change", changes(desk, one)));
}

/** The four words of the self-assessment, worked out from what was shared, each with the parts it is true of. */
function changes(/** @type {Desk} */ desk, /** @type {any} */ one) {
  const { texts } = desk;
  const lines = VERDICTS.map((word) => [word, desk.everyone.scales.filter((/** @type {string[]} */ [id]) => one[id] === word).map((/** @type {string[]} */ [, name]) => name)]);
  const found = lines.filter(([, names]) => names.length);
  return found.length ? found.map(([word, names]) => h("span", { class: "mend-change" }, h("b", { "data-verdict": word }, texts[/** @type {string} */ (word)]), ` ${names.join(", ")}`)) : h("span", { class: "mend-soft" }, "–");
}

function receiving(/** @type {Desk} */ desk) {
  const { texts, body, ask, go } = desk;
  const outcome = h("ul", { class: "mend-outcome" });
  const progress = h("p", { class: "mend-small", role: "status" });
  const input = h("input", { type: "file", multiple: true, accept: ".submission", class: "mend-hidden", onchange: () => take(input.files) });
  const zone = h("div", { class: "mend-drop" }, h("p", {}, texts.receive_how, " ", h("label", { class: "mend-filepick" }, input, texts.choose_files)));
  for (const event of ["dragenter", "dragover"]) zone.addEventListener(event, (/** @type {Event} */ drag) => { drag.preventDefault(); drag.stopPropagation(); zone.dataset.over = "true"; });
  zone.addEventListener("dragleave", () => { delete zone.dataset.over; });
  zone.addEventListener("drop", (/** @type {any} */ drop) => { drop.preventDefault(); drop.stopPropagation(); delete zone.dataset.over; take(drop.dataTransfer.files); });
  async function take(/** @type {Iterable<File>} */ files) {
    const all = [...files];
    if (all.length) await through(all.length, each);
    async function* each() {
      for (const file of all) {
        const place = h("div");
        const answered = await ask("receive", { sure: false }, place, [await file.arrayBuffer()]);
        yield answered?.message.held ? holding(desk, file, answered.message) : h("li", {}, answered ? answered.message.said : [h("b", {}, file.name), place]);
      }
    }
  }
  async function through(/** @type {number} */ many, /** @type {() => AsyncGenerator<HTMLElement>} */ each, /** @type {HTMLElement[]} */ said = []) {
    outcome.replaceChildren(...said);
    let done = 0;
    const tell = () => { progress.textContent = done < many ? fill(texts.receiving, { done: done + 1, of: many }) : ""; };
    tell();
    for await (const line of each()) {
      outcome.append(line);
      done += 1;
      tell();
    }
    const lines = outcome;
    const last = many ? counted(desk, "received", done) : "";
    await go.list();
    // The list is drawn anew, with what came of each file above it.
    body.querySelector(".mend-outcome").replaceWith(h("p", { class: "mend-small", role: "status" }, last), lines);
  }
  return h("section", { class: "mend-part" }, h("h3", {}, texts.receive), getting(desk, through), zone, progress, outcome);
}

/** A file that waits for a yes: another key, or very much taken back. Nothing of it is taken in before. */
function holding(/** @type {Desk} */ desk, /** @type {File} */ file, /** @type {any} */ message) {
  const { texts, ask } = desk;
  const place = h("div");
  const node = h("li", {}, h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, h("b", {}, `${message.client}: `), message.held), place, h("div", { class: "mend-row" },
    button(texts.held_yes, async () => {
      const got = await ask("receive", { sure: true }, place, [await file.arrayBuffer()]);
      if (got) node.replaceChildren(got.message.said);
    }, "mend-plain"),
    button(texts.held_no, () => node.replaceChildren(`${file.name}: ${texts.held_left}`), "mend-quiet"))));
  return node;
}
