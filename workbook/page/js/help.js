// Help and the way out: they stand in a page's own HTML, and work before, without and after any kernel.
// @ts-check

const SPECIAL = /** @type {Record<string, string>} */ ({ GB: "GB-IE", IE: "GB-IE", "zh-Hant": "TW", "zh-Hans": "CN", zh: "CN" });

/**
 * Guess where someone is, from the clock's time zone and then from the browser's languages; nothing is looked up.
 * @param {readonly string[]} languages @param {string[]} known
 * @param {string} [zone] @param {Record<string, string[]>} [zones] of each region; `Australia/` stands for all that begin so
 */
export function guess(languages, known, zone = "", zones = {}) {
  const near = known.find((code) => (zones[code] ?? []).some((each) => (each.endsWith("/") ? zone.startsWith(each) : zone === each)));
  if (near) return near;
  const far = /^(Africa|America|Antarctica|Asia|Atlantic|Europe|Indian|Pacific)\//.test(zone) && known.includes("elsewhere");
  for (const language of far ? [] : languages) {
    const region = language.split("-").slice(1).find((part) => /^[A-Z]{2}$/.test(part));
    for (const key of [region, region && SPECIAL[region], SPECIAL[language], SPECIAL[language.split("-")[0]]]) {
      if (key && known.includes(key)) return key;
    }
  }
  return known.includes("elsewhere") ? "elsewhere" : known[0];
}

/** This window and the one around it: JupyterLab shows a page in a frame. */
function windows() {
  return [...new Set([window, window.top ?? window])];
}

/**
 * Do something in each window that is ours; another site's frame is not.
 * @param {(frame: Window) => void} act
 */
function inEach(act) {
  for (const frame of windows()) {
    try { act(frame); } catch { /* another site's frame */ }
  }
}

/** Where a visit ends: an address of the server that `workbook open` started; with any other there is none. */
function exits() {
  /** @type {Set<string>} */
  const found = new Set();
  inEach((frame) => {
    const config = JSON.parse(frame.document.getElementById("jupyter-config-data")?.textContent || "{}");
    const exit = frame.document.body.dataset.exit ?? (config.mend ? `${config.baseUrl}logout` : null);
    if (exit) found.add(exit);
  });
  return [...found];
}

/**
 * Put a neutral page here at once. The words on this page go first, because loading takes a moment; then the visit
 * ends, so that going back shows none either.
 * @param {string} address @param {string} [hub] the hub that this server belongs to: the visit ends there as well
 */
export async function leave(address, hub = "") {
  inEach((frame) => {
    frame.document.documentElement.style.visibility = "hidden";
    frame.document.title = "";
    frame.addEventListener("pageshow", (event) => { if (event.persisted) frame.location.reload(); });
  });
  const ended = exits().map((exit) => fetch(exit, { keepalive: true, redirect: hub ? "manual" : "follow" }).catch(() => null));
  if (hub) ended.push(fetch(`${hub}logout`, { keepalive: true, mode: "no-cors", credentials: "include" }).catch(() => null));
  await Promise.race([Promise.all(ended), new Promise((resolve) => { setTimeout(resolve, 500); })]);
  (window.top ?? window).location.replace(address);
}

/**
 * Let nothing that is fixed on the page cover what the keyboard has reached, however small the window.
 * @param {HTMLElement} aside @param {Element} at
 */
function uncover(aside, at) {
  if (aside.contains(at) || !at.matches(":focus-visible")) return;
  const seen = /** @type {HTMLElement} */ (at.closest("label") ?? at); // a card is what shows the focus of its radio
  const foot = at.closest(".mend-body")?.parentElement?.querySelector(".mend-foot");
  const fixed = [aside, ...(foot && getComputedStyle(foot).position === "sticky" ? [foot] : [])].map((each) => each.getBoundingClientRect());
  const { left, right, top, bottom } = seen.getBoundingClientRect();
  const over = fixed.filter((each) => each.top < bottom + 8 && each.bottom > top && each.left < right && each.right > left);
  if (!over.length) return;
  const free = Math.min(...over.map((each) => each.top)) - 8;
  seen.style.scrollMarginBlock = `8px ${window.innerHeight - free}px`;
  seen.scrollIntoView({ block: bottom - top + 8 > free ? "start" : "nearest", inline: "nearest" });
  seen.style.scrollMarginBlock = "";
}

/**
 * Let the buttons of a help block work. A head that a kernel draws later speaks with it in two events: `mend:region`
 * says that someone chose where they are, `mend:show` shows another region; `data-chosen` is what was chosen here.
 * @param {HTMLElement} aside @returns {() => void} no longer listens to the page
 */
export function attach(aside) {
  const dialog = /** @type {HTMLDialogElement} */ (aside.querySelector(".mend-sos-list"));
  const where = /** @type {HTMLSelectElement} */ (aside.querySelector("select"));
  const codes = [...where.options].map((option) => option.value);
  const show = (/** @type {string} */ code) => {
    const shown = codes.includes(code) ? code : codes[codes.length - 1];
    where.value = shown;
    for (const list of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".mend-lines[data-region]"))) {
      list.hidden = list.dataset.region !== shown;
    }
  };
  const open = () => { if (!dialog.open) dialog.showModal(); };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "F1") return;
    event.preventDefault();
    event.stopPropagation();
    open();
  };
  aside.querySelector(".mend-sos")?.addEventListener("click", open);
  aside.querySelector(".mend-close")?.addEventListener("click", () => dialog.close());
  const { neutral = "", hub } = aside.dataset;
  aside.querySelector(".mend-leave")?.addEventListener("click", () => leave(neutral, hub));
  aside.querySelector(".mend-log-out")?.addEventListener("click", () => leave(`${hub}logout`, hub));
  where.addEventListener("change", () => {
    show(where.value);
    aside.dataset.chosen = where.value; // for a head that is drawn later, and against an answer that is under way
    aside.dispatchEvent(new CustomEvent("mend:region", { detail: where.value }));
  });
  aside.addEventListener("mend:show", (event) => show(/** @type {CustomEvent<string>} */ (event).detail));
  const lists = /** @type {HTMLElement[]} */ ([...aside.querySelectorAll("[data-region]")]);
  const zones = Object.fromEntries(lists.map((list) => [list.dataset.region, (list.dataset.zones ?? "").split(" ").filter(Boolean)]));
  show(guess(navigator.languages ?? [], codes, Intl.DateTimeFormat().resolvedOptions().timeZone ?? "", zones));
  const focus = (/** @type {FocusEvent} */ event) => requestAnimationFrame(() => uncover(aside, /** @type {Element} */ (event.target)));
  document.addEventListener("focusin", focus);
  const remove = () => inEach((frame) => frame.removeEventListener("keydown", key, true));
  inEach((frame) => frame.addEventListener("keydown", key, true));
  window.addEventListener("pagehide", remove);
  window.addEventListener("pageshow", (event) => { if (event.persisted) inEach((frame) => frame.addEventListener("keydown", key, true)); });
  return () => {
    document.removeEventListener("focusin", focus);
    remove();
  };
}

const own = /** @type {HTMLElement | null} */ (document.querySelector("aside.mend-fixed[data-page]:not([data-ready])"));
if (own) {
  own.dataset.ready = "";
  attach(own);
}
