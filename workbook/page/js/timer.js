// A timer for people who take turns: its minutes run down calmly, whoever is there can stop it, and it keeps nothing.

import { counted, fill, h, unique } from "./elements.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const BEGUN = "mend:turn"; // said to the other timers of a page: one turn at a time

/** Whole minutes are said, never seconds: nothing hurries whoever speaks. Aloud it speaks at the start, a minute before the end, and at the end. */
export function timer(/** @type {import("./exercise.js").Item} */ item, /** @type {import("./question.js").Desk} */ { exercise, say }) {
  const { texts } = exercise;
  const whole = item.minutes * MINUTE;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let end = 0; // when the time is up; 0: it does not run
  let left = item.minutes; // whole minutes, a begun one counts
  /** @type {any} */ let ticking;
  /** @type {AudioContext | undefined} */ let sounding;
  /** @type {Promise<WakeLockSentinel | undefined> | undefined} */ let awake;

  const prompt = unique();
  const words = h("p", { class: "mend-time", role: "timer", "aria-live": "off" }, counted(exercise, "minutes", left));
  const passed = h("i");
  const act = h("button", { type: "button", class: "mend-done", "aria-describedby": prompt, onclick: () => (end ? stop(texts.timer_stopped) : start()) }, texts.timer_start);
  // A browser lets a page sound only after a click: each of these is one.
  const ready = () => {
    try { if (sound.checked) sounding ??= new AudioContext(); } catch { /* this browser has no sound: the words say that the time is up */ }
  };
  const sound = h("input", { type: "checkbox", autocomplete: "off", onchange: ready });
  const node = h("div", { class: "mend-item mend-timer", role: "group", "aria-labelledby": prompt },
    h("p", { id: prompt, class: "mend-prompt" }, item.prompt),
    item.help_html ? h("div", { class: "mend-help", html: item.help_html }) : null,
    h("div", { class: "mend-bar", "aria-hidden": "true" }, passed),
    h("div", { class: "mend-running" }, words, act, h("label", { class: "mend-sound" }, sound, texts.timer_sound)));

  function start() {
    ready();
    left = item.minutes;
    end = Date.now() + whole;
    ticking = setInterval(tick, SECOND);
    window.dispatchEvent(new CustomEvent(BEGUN, { detail: node }));
    window.addEventListener(BEGUN, other);
    awake = stayAwake();
    act.textContent = texts.timer_stop;
    words.textContent = counted(exercise, "timer_left", left);
    say(fill(texts.timer_began, { minutes: counted(exercise, "minutes", left) }));
    tick();
  }

  const other = (/** @type {Event} */ event) => { if (/** @type {CustomEvent} */ (event).detail !== node) stop(""); };

  /** `text`: what to say of it; none where nobody stopped it here: then the minutes stand there again, for the next turn. */
  function stop(/** @type {string} */ text, over = false) {
    clearInterval(ticking);
    window.removeEventListener(BEGUN, other);
    awake?.then((lock) => lock?.release()).catch(() => {});
    awake = undefined;
    end = 0;
    act.textContent = texts.timer_start;
    words.textContent = text || counted(exercise, "minutes", item.minutes);
    passed.style.inlineSize = "0";
    say(text);
    const [ends, audio] = [over && sound.checked, sounding];
    sounding = undefined; // the next start makes its own
    if (!audio) return;
    if (ends) chime(audio);
    else close(audio);
  }

  function tick() {
    const rest = end - Date.now();
    if (!node.isConnected || node.closest("[hidden]")) return stop(""); // its form is closed, or is gone
    if (rest <= 0) {
      stop(texts.timer_over, true);
      return;
    }
    const now = Math.ceil(rest / MINUTE);
    passed.style.inlineSize = `${100 - (100 * (still.matches ? now * MINUTE : rest)) / whole}%`;
    if (now === left) return;
    left = now;
    words.textContent = counted(exercise, "timer_left", left);
    if (left === 1) say(words.textContent);
  }

  return node;
}

/** Two people look at each other, not at the screen: it stays lit for as long as the turn, where the browser lets it. */
async function stayAwake() {
  try { return await navigator.wakeLock?.request("screen"); } catch { return undefined; } // not now: a low battery, a hidden page
}

/** Give the computer's sound back. */
const close = (/** @type {AudioContext} */ sounding) => sounding.close().catch(() => {});

/** One soft note that fades. */
function chime(/** @type {AudioContext} */ sounding) {
  const [note, volume, now] = [sounding.createOscillator(), sounding.createGain(), sounding.currentTime];
  note.frequency.value = 440;
  volume.gain.setValueAtTime(0.0001, now);
  volume.gain.exponentialRampToValueAtTime(0.08, now + 0.05);
  volume.gain.exponentialRampToValueAtTime(0.0001, now + 2);
  note.connect(volume).connect(sounding.destination);
  note.onended = () => close(sounding);
  note.start(now);
  note.stop(now + 2);
}
