// What an exercise, its questions and their answers are: the shapes that travel from Python (see form.py).

/**
 * @typedef {"answered" | "skipped" | "blank"} Status
 * @typedef {{value: any, status: Status, at?: string, version: number, hints?: Hint[], comment?: Comment}} Answer
 * @typedef {{start?: number, end?: number, text: string, why: string, part?: string}} Hint
 * @typedef {{text: string, from: string, at?: string}} Comment
 * @typedef {import("./conditions.js").Condition} Condition
 * @typedef {{id: string, kind: string, prompt: string, help_html?: string, again?: boolean, show_if?: Condition} & Record<string, any>} Item
 *   again: another form of the page asks in the same words, so that its name here has the form's title too
 * @typedef {{id: string, title: string, intro_html: string, minutes: number, repeats: string, language: string,
 *            show_if: Condition | null, items: Item[], texts: Record<string, string>,
 *            steps: string[], words: Record<string, any>, calming: boolean, whole: boolean}} Exercise
 *   calming: it helps in a hard hour; whole: and its page is for it alone, so that it is never cut to its first questions; steps: the exercises of its chapter, in order; words: what is said around its form
 * @typedef {{typing: number, acknowledge: number, refresh: number, hands: number, rest: number, speak: number}} Pace
 *   milliseconds: a pause that is a save; how long to wait for Python; how often to read again; after a key a field is
 *   in someone's hands; after an answer a form is; after a key a count is spoken
 * @typedef {{texts: Record<string, string>, change: (value: any, typing?: boolean) => void, describe: string,
 *            say: (text: string) => void, sayLater: (text: string) => void, language: string}} Tools
 *   change(value): a finished act (a click), saved at once; change(value, true): a keystroke, saved after a pause;
 *   describe: the ids of help and messages, for aria-describedby
 * @typedef {{node: HTMLElement, show: (value: any) => void, focus: () => void, target?: HTMLElement, beside?: HTMLElement,
 *            hint?: (hints: Hint[], value: any) => void}} Control
 *   target: its one field, for a label; beside: a part of it that stands in the line below
 */

/** @type {Pace} */
export const PACE = { typing: 400, acknowledge: 5_000, refresh: 10_000, hands: 3_000, rest: 30 * 60_000, speak: 1_200 };

/** @type {Answer} */
export const BLANK = { value: null, status: "blank", version: 0 };

/** What an answer says, whenever it was given. */
export const gist = (/** @type {any} */ { value, status } = BLANK) => [status === "blank" ? null : value, status];
