// What was answered and not yet acknowledged.

import { gist } from "./exercise.js";

/**
 * @typedef {import("./exercise.js").Status} Status
 * @typedef {import("./exercise.js").Pace} Pace
 * @typedef {{item: string, occasion: string, value: any, status: Status, seen: number, last?: any[]}} Change
 *   last: what was saved before, as far as this page knows, or was posted before and may have been saved
 * @typedef {Change & {seq: number, held: string, place?: string, reason?: string, refused?: boolean, heard?: boolean}} Pending
 *   seq 0: not posted yet; held: when it was written; heard: there was a reply since it was last posted;
 *   place: its name in sessionStorage, for one found there
 */

/** Bytes as a text of as many letters, and back. */
const letters = (/** @type {Uint8Array} */ all) => Array.from(all, (byte) => String.fromCharCode(byte)).join("");
const bytes = (/** @type {string} */ text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const name = (/** @type {{occasion: string, item: string}} */ { occasion, item }) => `${occasion} ${item}`;

/**
 * Keeps every change until the kernel has acknowledged it: posts it after a pause (or at once), holds it in
 * sessionStorage meanwhile, posts it again when no acknowledgement comes, and forgets it once acknowledged.
 * Browsers write sessionStorage to the disk, so what is held is sealed with a key that comes from the journal.
 */
export class Outbox {
  lost = false;
  /** @type {Map<string, Pending>} */ #pending = new Map();
  /** @type {Map<number, Change>} */ #posted = new Map();
  /** @type {any} */ #pause;
  /** @type {any} */ #patience;
  #seq = 0;
  #silent = 0; // since when something was posted and nothing at all was heard, in ms; 0: it is not
  #prefix = "";
  /** @type {Promise<CryptoKey> | null} */ #key = null;

  /**
   * @param {(message: object) => void} post
   * @param {Pace} pace
   * @param {() => void} changed   called when there is something new to say about saving
   */
  constructor(post, pace, changed) {
    this.post = post;
    this.pace = pace;
    this.changed = changed;
  }

  get size() { return this.#pending.size; }
  get reason() { return [...this.#pending.values()].find((entry) => entry.reason)?.reason ?? ""; }

  at(/** @type {string} */ occasion) { return [...this.#pending.values()].some((entry) => entry.occasion === occasion); }

  waiting(/** @type {string} */ occasion, /** @type {string} */ item) { return this.#pending.get(name({ occasion, item })); }

  /** From now on hold what waits, under names beginning with `where`, sealed with `secret` (32 bytes as base64). */
  hold(/** @type {string} */ where, /** @type {string | undefined} */ secret) {
    if (this.#prefix === where) return;
    this.#prefix = where;
    this.#key = secret && crypto.subtle // there is none on an insecure address; then only the page has the words
      ? crypto.subtle.importKey("raw", bytes(atob(secret)), "AES-GCM", false, ["encrypt", "decrypt"]) : null;
  }

  /** Take a change; `typing`: wait for a pause first. */
  put(/** @type {Change} */ change, typing = false) {
    const before = this.#pending.get(name(change));
    const last = before?.seq ? gist(before) : before?.last ?? change.last;
    const entry = { ...change, last, seq: 0, held: new Date().toISOString() };
    this.#pending.set(name(change), entry);
    this.#keep(entry).catch(() => { /* no storage here: the page still has it */ });
    clearTimeout(this.#pause);
    if (typing) this.#pause = setTimeout(() => this.flush(), this.pace.typing);
    else this.flush();
    this.changed();
  }

  /** Post what is not posted yet. */
  flush() {
    clearTimeout(this.#pause);
    for (const entry of this.#pending.values()) if (!entry.seq) this.#postOne(entry);
  }

  /** The kernel has it; returns what it has. */
  acknowledge(/** @type {any} */ message) {
    const entry = this.#pending.get(name(message));
    const change = this.#posted.get(message.seq);
    this.#posted.delete(message.seq);
    if (entry && entry.seq === message.seq) {
      this.#pending.delete(name(entry));
      this.release(entry);
    } else if (entry) entry.seen = message.version; // something newer is on its way
    return change;
  }

  /** The kernel could not save it: for now (it goes again), or for good (the words wait here for a change). */
  trouble(/** @type {any} */ message, /** @type {boolean} */ refused) {
    for (const entry of this.#pending.values()) {
      if (entry.seq === message.seq) Object.assign(entry, { reason: message.reason, refused, heard: true });
    }
  }

  /** Something was heard: the connection works, and what waited while it did not goes again. */
  alive() {
    this.#silent = [...this.#pending.values()].some((entry) => entry.seq && !entry.heard) ? Date.now() : 0;
    if (!this.lost) return;
    this.lost = false;
    this.#again();
  }

  /** What this tab held when it went away. @returns {Promise<Pending[]>} */
  async held() {
    const found = [];
    try {
      for (const each of Object.keys(sessionStorage).filter((one) => one.startsWith(this.#prefix))) {
        const entry = await this.#unseal(sessionStorage.getItem(each) ?? "").catch(() => null); // not written by us
        if (typeof entry?.item === "string" && typeof entry.occasion === "string") found.push({ ...entry, place: each });
      }
    } catch { /* no storage here */ }
    return found;
  }

  release(/** @type {Pending} */ entry) {
    try { sessionStorage.removeItem(entry.place ?? this.#prefix + name(entry)); } catch { /* no storage here */ }
  }

  /** Hold it beside what is written from now on, until it is released. */
  putAside(/** @type {Pending} */ entry) {
    const place = `${this.#prefix + name(entry)} ${entry.held}`;
    try {
      const sealed = sessionStorage.getItem(entry.place ?? "");
      if (entry.place === place || sealed === null) return;
      sessionStorage.setItem(place, sealed);
      this.release(entry);
      entry.place = place;
    } catch { /* no room: it stays where it is */ }
  }

  stop() {
    this.flush();
    clearTimeout(this.#patience);
  }

  /** Hold an entry unless it was acknowledged, or followed by another, while it was being sealed. */
  async #keep(/** @type {Pending} */ entry) {
    if (!this.#key) return;
    const once = crypto.getRandomValues(new Uint8Array(12));
    const words = new TextEncoder().encode(JSON.stringify(entry));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: once }, await this.#key, words));
    if (this.#pending.get(name(entry)) === entry) sessionStorage.setItem(this.#prefix + name(entry), letters(once) + letters(sealed));
  }

  async #unseal(/** @type {string} */ held) {
    if (!this.#key) return null;
    const all = bytes(held);
    const words = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await this.#key, all.slice(12));
    return JSON.parse(new TextDecoder().decode(words));
  }

  #postOne(/** @type {Pending} */ entry) {
    entry.seq ||= this.#seq += 1;
    entry.heard = false;
    this.#silent ||= Date.now();
    this.#posted.set(entry.seq, entry);
    const { seq, item, occasion, value, status, seen } = entry;
    this.post({ type: "answer", seq, item, occasion, value, status, seen });
    this.#patience ??= setTimeout(() => this.#check(), this.pace.acknowledge);
  }

  #again() {
    for (const entry of this.#pending.values()) if (entry.seq && !entry.refused) this.#postOne(entry);
  }

  /** Was anything left without a word for too long? Then say so, and go on trying. */
  #check() {
    this.#patience = undefined;
    const left = this.#silent ? this.#silent + this.pace.acknowledge - Date.now() : 0;
    if (left > 0) this.#patience = setTimeout(() => this.#check(), left);
    else if (this.#silent) this.lost = true;
    this.#again();
    this.changed();
  }
}
