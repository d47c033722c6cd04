// One client: what changed, what was asked, what came, what goes back.

import { shared, unsent, waiting } from "./caseload-answers.js";
import { button, field, more, part, small, title } from "./caseload-pieces.js";
import { addressed, posting } from "./caseload-post.js";
import { when } from "./dates.js";
import { counted, fill, h } from "./elements.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

export async function client(/** @type {Desk} */ desk, /** @type {string} */ name, look = false, /** @type {string} */ goTo = "") {
  const { texts, body, day, ask, show, saved, go } = desk;
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
    h("div", { class: "mend-row" }, button(texts.back, go.list), button(texts.summary, toFile("summary", "text/html")), it.revoked ? null : button(fill(texts.assign_again, { client: name }), () => go.assigning(it))),
    outcome,
    it.words.length ? small(fill(texts.words, { client: name, words: it.words.join(" ") })) : null,
    it.questions.length ? part(texts.questions, it.questions.map((/** @type {string} */ one) => h("blockquote", { class: "mend-words", dir: "auto" }, one))) : null,
    changed(desk, it), tasks(desk, it), shared(desk, it, drafts), replying(desk, it, drafts), rules(desk, it), taken(desk, it), noting(desk, it), rights(desk, it, toFile));
  if (goTo) body.querySelector(`#${goTo}`)?.focus();
}

const changed = (/** @type {Desk} */ desk, /** @type {any} */ it) => {
  const { texts } = desk;
  const known = it.change.filter((/** @type {any} */ one) => one.occasions);
  return part(texts.change, known.length ? h("dl", { class: "mend-facts" }, known.map((/** @type {any} */ one) =>
    h("div", {}, h("dt", {}, one.title, " ", h("b", { class: "mend-verdict", "data-verdict": one.verdict }, texts[one.verdict])), h("dd", { class: "mend-small" }, fill(texts.they_read, one))))) : small(texts.change_none));
};

const tasks = (/** @type {Desk} */ desk, /** @type {any} */ it) => {
  const { texts, day } = desk;
  return it.tasks.length ? part(texts.asked, h("ul", { class: "mend-tasks" }, it.tasks.map((/** @type {any} */ one) => {
  const due = one.due && one.state !== "done" ? fill(one.overdue ? texts.was_due : texts.by, { date: day(one.due) }) : null;
  return h("li", {}, h("span", {}, one.title, one.instruction ? small(fill(texts.your_words, { text: one.instruction })) : null),
    h("span", { class: "mend-state", "data-state": one.state }, texts[`state_${one.state}`], due && [" · ", one.overdue ? h("b", { class: "mend-was-due" }, due) : due]));
}))) : null;
};

function replying(/** @type {Desk} */ desk, /** @type {any} */ it, /** @type {Map<string, any>} */ drafts) {
  const { texts, language, ask, saved, hold } = desk;
  if (it.revoked) return null;
  if (!it.can_reply) return part(texts.replying, small(texts.no_key));
  const words = hold("textarea", { rows: 4, maxlength: 20000, dir: "auto" });
  const outcome = h("div");
  const count = unsent(it);
  const carried = addressed(desk, it.to, () => it.client, () => make(true));
  const seal = button(texts.seal, () => make(false), carried.send ? "mend-plain" : "");
  const sealed = () => it.chapters.flatMap((/** @type {any} */ chapter) => chapter.exercises).flatMap((/** @type {any} */ exercise) => exercise.answers).filter((/** @type {any} */ one) => one.comment && !one.comment.sent);
  async function make(/** @type {boolean} */ post) {
    for (const store of drafts.values()) if (!(await store())) return;
    const got = await ask("reply", { client: it.client, words: words.value, ...(post ? carried.said() : {}) }, outcome);
    if (!got) return;
    words.value = "";
    const along = sealed();
    for (const one of along) Object.assign(one.comment, { sent: 1, waits: Boolean(got.message.kept) });
    waiting(desk, it);
    if (got.message.kept) {
      await posting(desk, got, it.client, carried.said, outcome, () => { for (const one of along) one.comment.waits = false; });
      return;
    }
    outcome.replaceChildren(h("div", { class: "mend-good", role: "status" }, h("p", {}, fill(texts.sealed, { file: got.message.file, client: it.client })), h("p", {}, saved(got, "application/octet-stream"))));
  }
  const before = it.replies.length ? more(texts.replies, h("ul", {}, it.replies.map((/** @type {any} */ one) => h("li", {}, small(counted(desk, "reply_line", one.comments, { date: when(one.at, language) }), one.waits && ` · ${texts.reply_unsent}`),
    one.text && h("p", { class: "mend-words" }, one.text))))) : null;
  return part(texts.replying, h("p", { class: "mend-small mend-waiting", role: "status" }, count ? counted(desk, "reply_waiting", count) : texts.reply_none), field(texts.reply_words, words), carried.shown, outcome, h("div", { class: "mend-row" }, carried.send, seal), before);
}

const rules = (/** @type {Desk} */ desk, /** @type {any} */ it) => {
  const { texts, language } = desk;
  return it.gates.length ? part(texts.gates, small(texts.gates_how), h("ul", {}, it.gates.map((/** @type {any} */ one) => h("li", {}, `${one.title}: ${texts[one.change]}, ${when(one.at, language)}`)))) : null;
};

const taken = (/** @type {Desk} */ desk, /** @type {any} */ it) => {
  const { texts, day } = desk;
  return it.withdrawn.length ? part(texts.withdrawn, small(texts.withdrawn_how), h("ul", {}, it.withdrawn.map((/** @type {any} */ one) => h("li", {}, `${one.prompt} (${day(one.at)})`)))) : null;
};

function noting(/** @type {Desk} */ desk, /** @type {any} */ it) {
  const { texts, language, ask, hold } = desk;
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

function rights(/** @type {Desk} */ desk, /** @type {any} */ it, /** @type {any} */ toFile) {
  const { texts, say, ask, go } = desk;
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
    await go.list();
    say(fill(texts.erased, { client: it.client, left: got.message.left }));
  };
  const revoke = async () => { if (await ask("revoke", { client: it.client }, outcome)) go.client(it.client); };
  const remember = button(texts.keep, async () => { if (await ask("keep", { client: it.client, day: until.value || null }, outcome)) outcome.replaceChildren(small(texts.kept)); });
  return h("section", { class: "mend-part" }, more(h("b", {}, texts.rights), h("div", { class: "mend-stack" }, button(texts.export, toFile("export", "application/json")),
    h("div", { class: "mend-inline" }, field(texts.keep_until, until), remember), h("div", { class: "mend-row" }, it.revoked ? null : sure("revoke", revoke), sure("erase", erase)), outcome)));
}
