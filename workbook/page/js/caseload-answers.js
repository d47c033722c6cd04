// What a client shared, and the words beside an answer.

import { button, more, part, small } from "./caseload-pieces.js";
import { when } from "./dates.js";
import { counted, fill, h } from "./elements.js";

/** @typedef {import("./caseload-desk.js").Desk} Desk */

export function shared(/** @type {Desk} */ desk, /** @type {any} */ it, /** @type {Map<string, any>} */ drafts) {
  const { texts, day } = desk;
  const opened = new Set();
  return part(texts.shared, it.chapters.length ? it.chapters.map((/** @type {any} */ chapter) => [h("h4", {}, chapter.title), chapter.exercises.map((/** @type {any} */ exercise) => {
    const fresh = exercise.answers.filter((/** @type {any} */ one) => one.fresh).length;
    const when_ = exercise.occasion === "once" ? null : day(exercise.occasion);
    const { done, useful } = exercise.foot;
    const foot = [counted(desk, "expand", exercise.answers.length), done === "yes" && texts.foot_done, useful && fill(texts.foot_useful, { useful })].filter(Boolean).join(" · ");
    const name = h("span", {}, h("b", {}, exercise.title), when_ && `, ${when_}`, h("small", {}, ` ${foot}`), fresh ? [" ", h("span", { class: "mend-tag" }, counted(desk, "fresh_count", fresh))] : null);
    // What is not open is not drawn yet: there may be hundreds of answers.
    const details = h("details", { class: "mend-exercise", ontoggle: () => {
      if (details.open && details.childElementCount === 1) details.append(h("div", {}, exercise.answers.map((/** @type {any} */ one) => answer(desk, it, one, drafts))));
    } }, h("summary", {}, name));
    if (fresh && fresh <= 20 && !opened.has(exercise.id)) details.open = true;
    opened.add(exercise.id); // of what repeats, the newest
    return details;
  })]) : small(texts.shared_none));
}

function answer(/** @type {Desk} */ desk, /** @type {any} */ it, /** @type {any} */ one, /** @type {Map<string, any>} */ drafts) {
  const { texts, language } = desk;
  const meta = small(when(one.at, language), one.fresh ? [" ", h("span", { class: "mend-tag" }, texts.fresh)] : null);
  const versions = one.versions.length ? more(counted(desk, "versions", one.versions.length), h("ol", { class: "mend-versions", reversed: true }, one.versions.map((/** @type {any} */ old) =>
    h("li", {}, h("p", { class: "mend-words", dir: "auto" }, old.label), small(when(old.at, language), old.reworded ? ` · ${texts.reworded}: “${old.prompt}”` : null))))) : null;
  return h("div", { class: "mend-answer" }, h("div", {}, h("p", { class: "mend-asked" }, one.prompt), h("p", { class: "mend-words", dir: "auto", "data-skipped": one.status === "skipped" }, one.label), meta, versions),
    commenting(desk, it, one, drafts));
}

/** The words beside one answer: shown, or a field to write them in. */
function commenting(/** @type {Desk} */ desk, /** @type {any} */ it, /** @type {any} */ one, /** @type {Map<string, any>} */ drafts) {
  const { texts, ask, hold } = desk;
  const beside = h("div", { class: "mend-beside" });
  const shown = () => {
    const label = { "aria-label": `${one.comment ? texts.comment_edit : texts.comment}: ${one.prompt}` };
    const said = one.comment && h("div", { class: "mend-comment" }, h("p", { class: "mend-words", dir: "auto" }, one.comment.text), small(!one.comment.sent ? texts.comment_waiting : one.comment.waits ? texts.comment_unsent : texts.comment_sent));
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
      waiting(desk, it);
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

/** How many comments wait to go. */
export const unsent = (/** @type {any} */ it) => it.chapters.flatMap((/** @type {any} */ chapter) => chapter.exercises).flatMap((/** @type {any} */ exercise) => exercise.answers)
  .filter((/** @type {any} */ one) => one.comment && !one.comment.sent).length;

export const waiting = (/** @type {Desk} */ desk, /** @type {any} */ it) => {
  const { texts, body } = desk;
  const count = unsent(it);
  const place = body.querySelector(".mend-waiting");
  if (place) place.textContent = count ? counted(desk, "reply_waiting", count) : texts.reply_none;
};
