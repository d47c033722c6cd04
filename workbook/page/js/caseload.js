// The counselor's page: the passphrase, everyone at a glance, one client, an assignment. See caseload_panel.py.
import { when } from "./dates.js";
import { counted, fill, h, unique } from "./elements.js";
import { keep, line, sheet, unkept, widget } from "./panel.js";

/**
 * @typedef {import("./panel.js").PanelWords} PanelWords
 * @typedef {import("./panel.js").Transport} Transport
 * @typedef {{exercise: string, title: string, repeats: string, chosen?: string, due?: string, instruction?: string}} Task
 */

const AT_ONCE = 100; // clients drawn at a time
const VERDICTS = ["worse", "better", "no clear change", "too few sittings"];

/** @type {(element: HTMLElement, panel: PanelWords, transport: Transport) => () => void} */
export function mount(element, panel, transport) {
  const { texts, language } = panel;
  const root = sheet(element, panel, "mend-caseload", texts.title);
  root.classList.add("mend-caseload");
  const said = h("p", { class: "mend-small mend-said", role: "status" });
  const body = h("div", {}, h("p", { class: "mend-small" }, texts.opening));
  root.append(body, said);
  const hold = unkept(root);
  const say = (/** @type {string} */ text) => { said.textContent = text; };
  const kernel = line(transport, () => { void begin(); }, () => say(texts.waiting), 30_000);
  const day = (/** @type {string} */ iso) => when(iso.slice(0, 10), language);
  let everyone = /** @type {any} */ (null);
  let query = "";

  // Pieces ........................................................................................................

  /** Ask, and say what was refused where the person is looking. Returns null when it was. */
  async function ask(/** @type {string} */ type, /** @type {object} */ fields, /** @type {HTMLElement} */ place, /** @type {ArrayBuffer[]} */ buffers = []) {
    const answered = await kernel.ask(type, fields, buffers);
    const { message } = answered;
    const wrong = message.type === "refused" ? message.reason : message.type === "locked" ? texts.locked : null;
    place.replaceChildren(...(wrong ? [h("p", { class: "mend-heeded", role: "alert" }, wrong)] : []));
    return wrong ? null : answered;
  }

  /** A view begins with its heading, and a screen reader goes on from there. */
  function show(/** @type {any} */ heading, /** @type {any[]} */ ...children) {
    say("");
    body.replaceChildren(heading, ...children.flat(Infinity).filter(Boolean));
    heading.focus();
    if (root.getBoundingClientRect().top < 0) root.scrollIntoView();
  }
  const title = (/** @type {string} */ text) => h("h2", { tabindex: -1 }, text);
  const part = (/** @type {string} */ heading, /** @type {any[]} */ ...children) => h("section", { class: "mend-part" }, h("h3", {}, heading), children);
  const small = (/** @type {any[]} */ ...children) => h("p", { class: "mend-small" }, children);
  const button = (/** @type {string} */ text, /** @type {(event: any) => any} */ act, kind = "mend-plain", more = {}) => {
    const node = h("button", { type: "button", class: kind || null, ...more, onclick: async (/** @type {any} */ event) => {
      node.disabled = true;
      await act(event);
      node.disabled = false;
    } }, text);
    return node;
  };
  const field = (/** @type {string} */ label, /** @type {any} */ control, /** @type {string} */ hint = "") => {
    const id = unique();
    control.id = id;
    if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
    return h("div", { class: "mend-field" }, h("label", { for: id }, label), hint && h("p", { class: "mend-small", id: `${id}-hint` }, hint), control);
  };
  const tick = (/** @type {any} */ label, /** @type {any} */ properties, /** @type {any} */ below = null) =>
    h("label", { class: "mend-tick" }, h("input", { type: "checkbox", ...properties }), h("span", {}, label, below && h("small", {}, below)));
  const saved = (/** @type {{message: any, buffers: DataView[]}} */ { message, buffers }, /** @type {string} */ type) =>
    keep(buffers[0], message.file, type, texts.save_again);
  const more = (/** @type {any} */ summary, /** @type {any[]} */ ...children) => h("details", {}, h("summary", {}, summary), children);
  const secret = (again = false) => h("input", { type: "password", autocomplete: again ? "new-password" : "current-password", spellcheck: "false" });

  // Keys ..........................................................................................................

  function first(/** @type {any} */ message) {
    const name = hold("input", { type: "text", autocomplete: "off", maxlength: 80 });
    const [one, two] = [secret(true), secret(true)];
    const wrong = h("div");
    const go = h("button", { disabled: true }, texts.make);
    const understood = tick(texts.understood, { onchange: (/** @type {any} */ event) => { go.disabled = !event.target.checked; } });
    const form = h("form", { onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (one.value !== two.value) { wrong.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, texts.differ)); return; }
      go.disabled = true;
      say(texts.making);
      const answered = await ask("make", { name: name.value, passphrase: one.value }, wrong);
      say("");
      go.disabled = false;
      if (answered) made(answered);
    } }, field(texts.name, name, texts.name_hint), field(texts.passphrase, one), field(texts.again, two),
    h("div", { class: "mend-heeded" }, h("h3", {}, texts.before), h("p", {}, message.lost), understood), wrong, h("div", { class: "mend-row" }, go));
    show(title(texts.first), h("p", {}, texts.first_what), form);
  }

  function made(/** @type {{message: any, buffers: DataView[]}} */ { message, buffers }) {
    const link = keep(buffers[0], message.file, "text/html", texts.sheet_save);
    show(title(texts.made), h("div", { class: "mend-good" }, h("p", {}, texts.sheet), h("p", {}, link)), h("div", { class: "mend-row" }, button(texts.go_on, list, "")));
  }

  async function lock() {
    await kernel.ask("lock");
    locked();
  }

  let told = 0; // when the kernel last heard that someone writes
  root.addEventListener("input", () => {
    if (!everyone || Date.now() - told < 60_000) return;
    told = Date.now();
    void kernel.ask("here");
  });

  function locked() {
    everyone = null;
    const passphrase = secret();
    const wrong = h("div");
    const go = h("button", {}, texts.open);
    show(title(texts.title), h("form", { onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      go.disabled = true;
      say(texts.opening);
      const answered = await ask("unlock", { passphrase: passphrase.value }, wrong);
      say("");
      go.disabled = false;
      if (answered) list();
      else { passphrase.select(); passphrase.focus(); }
    } }, field(texts.passphrase, passphrase), wrong, h("div", { class: "mend-row" }, go), small(texts.forgotten)));
    passphrase.focus();
  }

  // Everyone ......................................................................................................

  async function list() {
    const place = h("div");
    body.append(place);
    const answered = await ask("list", {}, place);
    if (!answered) return;
    everyone = answered.message;
    const rows = h("tbody");
    const count = small();
    count.setAttribute("role", "status");
    const rest = h("div");
    let shown = AT_ONCE;
    const draw = () => {
      const found = everyone.clients.filter((/** @type {any} */ one) => one.client.toLowerCase().includes(query.toLowerCase()));
      rows.replaceChildren(...found.slice(0, shown).map(row));
      table.hidden = !found.length;
      count.textContent = everyone.clients.length === 0 ? texts.none : found.length ? counted(texts, "shown", found.length) : texts.none_found;
      const left = found.length - shown;
      rest.replaceChildren(...(left > 0 ? [button(fill(texts.more, { count: Math.min(left, AT_ONCE) }), () => { shown += AT_ONCE; draw(); })] : []));
    };
    const find = hold("input", { type: "search", value: query, autocomplete: "off", oninput: () => { query = find.value; shown = AT_ONCE; draw(); } });
    const columns = ["client", "done", "due", "new", "change"].map((name) => h("th", { scope: "col" }, texts[`col_${name}`]));
    const table = h("table", { class: "mend-list" }, h("thead", {}, h("tr", {}, columns)), rows);
    draw();
    show(title(texts.title), receiving(),
      h("section", { class: "mend-part" }, h("div", { class: "mend-between" }, h("h3", {}, texts.clients), button(texts.new_client, () => assigning(null), "")),
        everyone.clients.length > 5 ? field(texts.search, find) : null, table, rest, count),
      h("div", { class: "mend-row mend-foot-row" }, button(texts.settings, settings), button(texts.lock, lock)));
  }

  function row(/** @type {any} */ one) {
    const notes = [
      one.revoked ? texts.ended : one.last ? fill(texts.last, { date: day(one.last) }) : texts.never_sent,
      one.gates ? counted(texts, "gates_count", one.gates) : null,
      one.erase_by && fill(texts.erase_by, { date: day(one.erase_by) }),
    ].filter(Boolean).join(" · ");
    const cell = (/** @type {string} */ name, /** @type {any[]} */ ...children) => h("td", { "data-label": texts[`col_${name}`] }, children);
    return h("tr", {}, h("th", { scope: "row" }, h("button", { type: "button", class: "mend-link", onclick: () => client(one.client, true) }, one.client), small(notes)),
      cell("done", one.asked ? fill(texts.of, one) : "–", one.overdue ? [" ", h("span", { class: "mend-tag mend-late" }, fill(texts.overdue, { count: one.overdue }))] : null),
      cell("due", one.due ? day(one.due) : h("span", { class: "mend-soft" }, texts.nothing_due)),
      cell("new", one.new ? h("span", { class: "mend-tag" }, one.new) : h("span", { class: "mend-soft" }, "0")),
      cell("change", changes(one)));
  }

  /** The four words of the self-assessment, worked out from what was shared, each with the parts it is true of. */
  function changes(/** @type {any} */ one) {
    const lines = VERDICTS.map((word) => [word, everyone.scales.filter((/** @type {string[]} */ [id]) => one[id] === word).map((/** @type {string[]} */ [, name]) => name)]);
    const found = lines.filter(([, names]) => names.length);
    return found.length ? found.map(([word, names]) => h("span", { class: "mend-change" }, h("b", { "data-verdict": word }, texts[/** @type {string} */ (word)]), ` ${names.join(", ")}`)) : h("span", { class: "mend-soft" }, "–");
  }

  function receiving() {
    const outcome = h("ul", { class: "mend-outcome" });
    const progress = h("p", { class: "mend-small", role: "status" });
    const input = h("input", { type: "file", multiple: true, accept: ".submission", class: "mend-hidden", onchange: () => take(input.files) });
    const zone = h("div", { class: "mend-drop" }, h("p", {}, texts.receive_how, " ", h("label", { class: "mend-filepick" }, input, texts.choose_files)));
    for (const event of ["dragenter", "dragover"]) zone.addEventListener(event, (/** @type {Event} */ drag) => { drag.preventDefault(); drag.stopPropagation(); zone.dataset.over = "true"; });
    zone.addEventListener("dragleave", () => { delete zone.dataset.over; });
    zone.addEventListener("drop", (/** @type {any} */ drop) => { drop.preventDefault(); drop.stopPropagation(); delete zone.dataset.over; take(drop.dataTransfer.files); });
    async function take(/** @type {Iterable<File>} */ files) {
      const all = [...files];
      if (!all.length) return;
      outcome.replaceChildren();
      for (const [number, file] of all.entries()) {
        progress.textContent = fill(texts.receiving, { done: number + 1, of: all.length });
        const place = h("div");
        const answered = await ask("receive", { sure: false }, place, [await file.arrayBuffer()]);
        outcome.append(answered?.message.held ? holding(file, answered.message) : h("li", {}, answered ? answered.message.said : [h("b", {}, file.name), place]));
      }
      const lines = outcome;
      const last = counted(texts, "received", all.length);
      await list();
      // The list is drawn anew, with what came of each file above it.
      body.querySelector(".mend-outcome").replaceWith(h("p", { class: "mend-small", role: "status" }, last), lines);
    }
    return h("section", { class: "mend-part" }, h("h3", {}, texts.receive), zone, progress, outcome);
  }

  /** A file that waits for a yes: another key, or very much taken back. Nothing of it is taken in before. */
  function holding(/** @type {File} */ file, /** @type {any} */ message) {
    const place = h("div");
    const node = h("li", {}, h("div", { class: "mend-heeded", role: "alert" }, h("p", {}, h("b", {}, `${message.client}: `), message.held), place, h("div", { class: "mend-row" },
      button(texts.held_yes, async () => {
        const got = await ask("receive", { sure: true }, place, [await file.arrayBuffer()]);
        if (got) node.replaceChildren(got.message.said);
      }, "mend-plain"),
      button(texts.held_no, () => node.replaceChildren(`${file.name}: ${texts.held_left}`), "mend-quiet"))));
    return node;
  }

  // One client ....................................................................................................

  async function client(/** @type {string} */ name, look = false, /** @type {string} */ goTo = "") {
    const place = h("div");
    body.append(place);
    const answered = await ask("client", { client: name, look }, place);
    if (!answered) return;
    const it = answered.message;
    /** @type {Map<string, any>} words begun and not yet kept */
    const drafts = new Map();
    const outcome = h("div");
    const toFile = (/** @type {string} */ type, /** @type {string} */ mime) => async () => {
      const got = await ask(type, { client: name }, outcome);
      if (got) outcome.replaceChildren(h("p", { class: "mend-good" }, saved(got, mime)));
    };
    const about = [fill(texts.since, { date: day(it.since) }), it.revoked && texts.ended].filter(Boolean).join(" · ");
    show(title(name), small(about),
      h("div", { class: "mend-row" }, button(texts.back, list), button(texts.summary, toFile("summary", "text/html")), it.revoked ? null : button(fill(texts.assign_again, { client: name }), () => assigning(it))),
      outcome,
      it.words.length ? small(fill(texts.words, { client: name, words: it.words.join(" ") })) : null,
      it.questions.length ? part(texts.questions, it.questions.map((/** @type {string} */ one) => h("blockquote", { class: "mend-words", dir: "auto" }, one))) : null,
      changed(it), tasks(it), shared(it, drafts), replying(it, drafts), rules(it), taken(it), noting(it), rights(it, toFile));
    if (goTo) body.querySelector(`#${goTo}`)?.focus();
  }

  const changed = (/** @type {any} */ it) => {
    const known = it.change.filter((/** @type {any} */ one) => one.sittings);
    return part(texts.change, known.length ? h("dl", { class: "mend-facts" }, known.map((/** @type {any} */ one) =>
      h("div", {}, h("dt", {}, one.title, " ", h("b", { class: "mend-verdict", "data-verdict": one.verdict }, texts[one.verdict])), h("dd", { class: "mend-small" }, fill(texts.they_read, one))))) : small(texts.change_none));
  };

  const tasks = (/** @type {any} */ it) => it.tasks.length ? part(texts.asked, h("ul", { class: "mend-tasks" }, it.tasks.map((/** @type {any} */ one) => {
    const due = one.due && one.state !== "done" ? fill(one.overdue ? texts.was_due : texts.by, { date: day(one.due) }) : null;
    return h("li", {}, h("span", {}, one.title, one.instruction ? small(fill(texts.your_words, { text: one.instruction })) : null),
      h("span", { class: "mend-state", "data-state": one.state }, texts[`state_${one.state}`], due && [" · ", one.overdue ? h("b", { class: "mend-was-due" }, due) : due]));
  }))) : null;

  function shared(/** @type {any} */ it, /** @type {Map<string, any>} */ drafts) {
    const opened = new Set();
    return part(texts.shared, it.chapters.length ? it.chapters.map((/** @type {any} */ chapter) => [h("h4", {}, chapter.title), chapter.exercises.map((/** @type {any} */ exercise) => {
      const fresh = exercise.answers.filter((/** @type {any} */ one) => one.fresh).length;
      const when_ = exercise.occasion === "once" ? null : day(exercise.occasion);
      const { done, useful } = exercise.foot;
      const foot = [counted(texts, "expand", exercise.answers.length), done === "Yes" && texts.foot_done, useful && fill(texts.foot_useful, { useful })].filter(Boolean).join(" · ");
      const name = h("span", {}, h("b", {}, exercise.title), when_ && `, ${when_}`, h("small", {}, ` ${foot}`), fresh ? [" ", h("span", { class: "mend-tag" }, `${fresh} ${texts.fresh}`)] : null);
      // What is not open is not drawn yet: there may be hundreds of answers.
      const details = h("details", { class: "mend-exercise", ontoggle: () => {
        if (details.open && details.childElementCount === 1) details.append(h("div", { class: "mend-answers" }, exercise.answers.map((/** @type {any} */ one) => answer(it, one, drafts))));
      } }, h("summary", {}, name));
      if (fresh && fresh <= 20 && !opened.has(exercise.id)) details.open = true;
      opened.add(exercise.id); // of what repeats, the newest
      return details;
    })]) : small(texts.shared_none));
  }

  function answer(/** @type {any} */ it, /** @type {any} */ one, /** @type {Map<string, any>} */ drafts) {
    const meta = small(when(one.at, language), one.fresh ? [" ", h("span", { class: "mend-tag" }, texts.fresh)] : null);
    const versions = one.versions.length ? more(counted(texts, "versions", one.versions.length), h("ol", { class: "mend-versions", reversed: true }, one.versions.map((/** @type {any} */ old) =>
      h("li", {}, h("p", { class: "mend-words", dir: "auto" }, old.label), small(when(old.at, language), old.reworded ? ` · ${texts.reworded}: “${old.prompt}”` : null))))) : null;
    return h("div", { class: "mend-answer" }, h("div", {}, h("p", { class: "mend-asked" }, one.prompt), h("p", { class: "mend-words", dir: "auto", "data-skipped": one.status === "skipped" }, one.label), meta, versions),
      commenting(it, one, drafts));
  }

  /** The words beside one answer: shown, or a field to write them in. */
  function commenting(/** @type {any} */ it, /** @type {any} */ one, /** @type {Map<string, any>} */ drafts) {
    const beside = h("div", { class: "mend-beside" });
    const shown = () => {
      const label = { "aria-label": `${one.comment ? texts.comment_edit : texts.comment}: ${one.prompt}` };
      const said = one.comment && h("div", { class: "mend-comment" }, h("p", { class: "mend-words", dir: "auto" }, one.comment.text), small(one.comment.sent ? texts.comment_sent : texts.comment_waiting));
      beside.replaceChildren(...[said, it.revoked ? null : button(one.comment ? texts.comment_edit : texts.comment, write, "mend-quiet", label)].filter(Boolean));
    };
    const write = () => {
      const words = hold("textarea", { rows: 3, maxlength: 20000, dir: "auto", "aria-label": fill(texts.comment_on, one) });
      words.value = one.comment?.text ?? "";
      const wrong = h("div");
      const store = async () => {
        if (!words.value.trim() || words.value === one.comment?.text) return true;
        const answered = await ask("comment", { client: it.client, answer: one.key, text: words.value }, wrong);
        if (!answered) return false;
        one.comment = { text: words.value.trim(), sent: 0 };
        drafts.delete(one.key);
        waiting(it);
        shown();
        return true;
      };
      drafts.set(one.key, store);
      beside.replaceChildren(words, wrong, h("div", { class: "mend-row" }, button(texts.keep_comment, store), button(texts.cancel, () => { drafts.delete(one.key); shown(); }, "mend-quiet")));
      words.focus();
    };
    shown();
    return beside;
  }

  const unsent = (/** @type {any} */ it) => it.chapters.flatMap((/** @type {any} */ chapter) => chapter.exercises).flatMap((/** @type {any} */ exercise) => exercise.answers)
    .filter((/** @type {any} */ one) => one.comment && !one.comment.sent).length;
  const waiting = (/** @type {any} */ it) => {
    const count = unsent(it);
    const place = body.querySelector(".mend-waiting");
    if (place) place.textContent = count ? counted(texts, "reply_waiting", count) : texts.reply_none;
  };

  function replying(/** @type {any} */ it, /** @type {Map<string, any>} */ drafts) {
    if (it.revoked) return null;
    if (!it.can_reply) return part(texts.replying, small(texts.no_key));
    const words = hold("textarea", { rows: 4, maxlength: 20000, dir: "auto" });
    const outcome = h("div");
    const count = unsent(it);
    const seal = button(texts.seal, async () => {
      for (const store of drafts.values()) if (!(await store())) return;
      const got = await ask("reply", { client: it.client, words: words.value }, outcome);
      if (!got) return;
      words.value = "";
      for (const chapter of it.chapters) for (const exercise of chapter.exercises) for (const one of exercise.answers) if (one.comment) one.comment.sent ||= 1;
      waiting(it);
      outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, fill(texts.sealed, { file: got.message.file, client: it.client })), h("p", {}, saved(got, "application/octet-stream"))));
    }, "");
    const before = it.replies.length ? more(texts.replies, h("ul", {}, it.replies.map((/** @type {any} */ one) => h("li", {}, small(counted({ ...texts, line: texts.reply_line, line_one: texts.reply_line_one }, "line", one.comments, { date: when(one.at, language) })),
      one.text && h("p", { class: "mend-words" }, one.text))))) : null;
    return part(texts.replying, h("p", { class: "mend-small mend-waiting", role: "status" }, count ? counted(texts, "reply_waiting", count) : texts.reply_none), field(texts.reply_words, words), outcome, h("div", { class: "mend-row" }, seal), before);
  }

  const rules = (/** @type {any} */ it) => it.gates.length ? part(texts.gates, small(texts.gates_how), h("ul", {}, it.gates.map((/** @type {any} */ one) => h("li", {}, `${one.title}: ${texts[one.change]}, ${when(one.at, language)}`)))) : null;
  const taken = (/** @type {any} */ it) => it.withdrawn.length ? part(texts.withdrawn, small(texts.withdrawn_how), h("ul", {}, it.withdrawn.map((/** @type {any} */ one) => h("li", {}, `${one.prompt} (${day(one.at)})`)))) : null;

  function noting(/** @type {any} */ it) {
    const words = hold("textarea", { rows: 2, maxlength: 20000, dir: "auto" });
    const wrong = h("div");
    const store = button(texts.keep_note, async () => {
      if (!words.value.trim()) { words.focus(); return; }
      const text = words.value.trim();
      if (!(await ask("note", { client: it.client, text }, wrong))) return;
      notes.append(h("li", {}, h("p", { class: "mend-words", dir: "auto" }, text)));
      words.value = "";
    });
    const notes = h("ul", { class: "mend-notes" }, it.notes.map((/** @type {any} */ one) => h("li", {}, h("p", { class: "mend-words", dir: "auto" }, one.text), small(when(one.at, language)))));
    return part(texts.notes, small(texts.notes_how), notes, field(texts.note, words), wrong, h("div", { class: "mend-row" }, store));
  }

  function rights(/** @type {any} */ it, /** @type {any} */ toFile) {
    const outcome = h("div");
    const until = h("input", { type: "date", value: it.keep_until });
    const sure = (/** @type {string} */ name, /** @type {() => any} */ act) => button(texts[name], () => {
      const yes = button(texts[`${name}_yes`], act, "mend-danger");
      const box = h("div", { class: "mend-heeded", role: "alertdialog", "aria-label": texts[name] }, h("p", {}, fill(texts[`${name}_sure`], it)), h("div", { class: "mend-row" }, yes, button(texts.cancel, () => outcome.replaceChildren())));
      outcome.replaceChildren(box);
      box.querySelector("button:last-child").focus();
    });
    const erase = async () => {
      const got = await ask("erase", { client: it.client }, outcome);
      if (!got) return;
      await list();
      say(fill(texts.erased, { client: it.client, left: got.message.left }));
    };
    const revoke = async () => { if (await ask("revoke", { client: it.client }, outcome)) client(it.client); };
    const remember = button(texts.keep, async () => { if (await ask("keep", { client: it.client, day: until.value || null }, outcome)) outcome.replaceChildren(small(texts.kept)); });
    return h("section", { class: "mend-part" }, more(h("b", {}, texts.rights), h("div", { class: "mend-stack" }, button(texts.export, toFile("export", "application/json")),
      h("div", { class: "mend-inline" }, field(texts.keep_until, until), remember), h("div", { class: "mend-row" }, it.revoked ? null : sure("revoke", revoke), sure("erase", erase)), outcome)));
  }

  // An assignment .................................................................................................

  function assigning(/** @type {any} */ it) {
    const chapters = it?.own.length ? [...everyone.chapters, { title: texts.instruments_before, exercises: it.own }] : everyone.chapters;
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
    const set = (/** @type {any} */ one, /** @type {boolean} */ on) => {
      if (on && !has(one.id)) chosen.push({ exercise: one.id, title: one.title, repeats: one.repeats });
      if (!on && has(one.id)) chosen.splice(chosen.findIndex((task) => task.exercise === one.id), 1);
    };
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
      more(`${texts.due}, ${texts.repeats.toLowerCase()}, ${texts.instruction.toLowerCase()}`, h("div", { class: "mend-inline" }, field(texts.due, by), field(texts.repeats, often)), field(texts.instruction, words)));
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
        const node = tick(one.title, { onchange: () => { set(one, input.checked); update(); } }, `${one.minutes} min · ${texts[one.repeats]}`);
        const input = node.querySelector("input");
        follow.push(() => { input.checked = has(one.id); });
        return node;
      });
      return h("div", { class: "mend-branch" }, all, more(counted({ n: "{count} exercises", n_one: "1 exercise" }, "n", each.length), each));
    });
    const before = it?.tighten ?? {};
    const gates = everyone.gates.map((/** @type {any} */ gate) => tick(gate.title, { value: gate.id, checked: Boolean(before[gate.id]?.closed) }, gate.id));
    /** What was set before and is not on this page goes along as it was. */
    const stricter = () => Object.fromEntries(gates.map((/** @type {any} */ gate) => gate.querySelector("input")).map((/** @type {any} */ box) => {
      const { closed, ...rest } = before[box.value] ?? {};
      return [box.value, box.checked ? { ...rest, closed: "yes" } : rest];
    }).filter((/** @type {any} */ [, settings]) => Object.keys(settings).length));
    const own = h("input", { type: "file", multiple: true, accept: ".yaml,.yml" });
    const outcome = h("div");
    const make = button(texts.make_file, async () => {
      if (!chosen.length && !own.files.length) { outcome.replaceChildren(h("p", { class: "mend-heeded", role: "alert" }, texts.nothing_asked)); return; }
      const files = await Promise.all([...own.files].map((file) => file.arrayBuffer()));
      const got = await ask("assign", { client: name.value, due: due.value || null, tighten: stricter(),
        tasks: chosen.map((one) => ({ exercise: one.exercise, due: one.due || null, repeats: one.chosen || null, instruction: one.instruction || null })) }, outcome, files);
      if (got) outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, h("b", {}, fill(texts.file_made, { file: got.message.file }))), h("p", {}, texts.file_next), h("p", {}, saved(got, "application/octet-stream"))));
    }, "");
    update();
    show(title(it ? fill(texts.assign_again, it) : texts.assign), h("p", {}, texts.assign_how), h("div", { class: "mend-row" }, button(texts.back, list)),
      h("section", { class: "mend-part" }, field(texts.pseudonym, name, texts.pseudonym_hint)),
      part(texts.ask_for, field(texts.due_all, due), tree, ordered),
      h("section", { class: "mend-part mend-folded" }, more(h("b", {}, texts.tighten), small(texts.tighten_how), gates), more(h("b", {}, texts.instruments), field(texts.instruments_how, own))),
      h("section", { class: "mend-part" }, outcome, h("div", { class: "mend-row" }, make)));
  }

  // Keys and audit ................................................................................................

  async function settings() {
    const place = h("div");
    body.append(place);
    const answered = await ask("audit", {}, place);
    if (!answered) return;
    const passphrase = secret();
    const outcome = h("div");
    const rotate = button(texts.rotate, async () => {
      const got = await ask("rotate", { passphrase: passphrase.value }, outcome);
      passphrase.value = "";
      if (got) outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, texts.rotated), h("p", {}, texts.sheet), h("p", {}, keep(got.buffers[0], got.message.file, "text/html", texts.sheet_save))));
    });
    const { rows } = answered.message;
    const columns = ["at", "client", "what", "count"];
    show(title(texts.settings), h("div", { class: "mend-row" }, button(texts.back, list)),
      part(texts.keys, small(texts.keys_how), field(texts.passphrase, passphrase), outcome, h("div", { class: "mend-row" }, rotate)),
      part(texts.audit, small(texts.audit_how), rows.length ? h("table", { class: "mend-list" }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, texts[`col_${name}`])))),
        h("tbody", {}, rows.map((/** @type {any} */ one) => h("tr", {}, columns.map((name) => h("td", { "data-label": texts[`col_${name}`] },
          name === "at" ? when(one.at, language) : name === "what" ? texts[`what_${one.what}`] ?? one.what : String(one[name]))))))) : small(texts.audit_none)));
  }

  async function begin() {
    const { message } = await kernel.ask("ready");
    if (message.type === "first") first(message);
    else if (message.type === "open") list();
    else locked();
  }
  begin();
  return () => { kernel.stop(); root.remove(); };
}

export default widget(mount);
