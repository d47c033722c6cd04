// Help and the way out: they stand in a page's own HTML, and work before, without and after any kernel.
// @ts-check

const SPECIAL = /** @type {Record<string, string>} */ ({ GB: "GB-IE", IE: "GB-IE", "zh-Hant": "TW", "zh-Hans": "CN", zh: "CN" });

/**
 * Guess where someone is from the browser's languages: a first choice in the list, nothing is looked up.
 * @param {readonly string[]} languages @param {string[]} known
 */
export function guess(languages, known) {
  for (const language of languages) {
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

/**
 * Put a neutral page here at once. The words on this page go first, because loading takes a moment.
 * @param {string} address
 */
export function leave(address) {
  inEach((frame) => {
    frame.document.documentElement.style.visibility = "hidden";
    frame.document.title = "";
  });
  (window.top ?? window).location.replace(address);
}

/**
 * Let the buttons of a help block work. A head that a kernel draws later speaks with it in two events: `mend:region`
 * says that someone chose where they are, `mend:show` shows another region.
 * @param {HTMLElement} aside @returns {() => void} takes the keys away again
 */
export function attach(aside) {
  const dialog = /** @type {HTMLDialogElement} */ (aside.querySelector(".mend-sos-list"));
  const where = /** @type {HTMLSelectElement} */ (aside.querySelector("select"));
  const lists = /** @type {HTMLElement[]} */ ([...aside.querySelectorAll("[data-region]")]);
  const codes = lists.map((list) => list.dataset.region ?? "");
  const show = (/** @type {string} */ code) => {
    const shown = codes.includes(code) ? code : codes[codes.length - 1];
    where.value = shown;
    for (const list of lists) list.hidden = list.dataset.region !== shown;
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
  aside.querySelector(".mend-leave")?.addEventListener("click", () => leave(aside.dataset.neutral ?? ""));
  where.addEventListener("change", () => {
    show(where.value);
    aside.dispatchEvent(new CustomEvent("mend:region", { detail: where.value }));
  });
  aside.addEventListener("mend:show", (event) => show(/** @type {CustomEvent<string>} */ (event).detail));
  show(guess(navigator.languages ?? [], codes));
  const remove = () => inEach((frame) => frame.removeEventListener("keydown", key, true));
  inEach((frame) => frame.addEventListener("keydown", key, true));
  window.addEventListener("pagehide", remove);
  window.addEventListener("pageshow", (event) => { if (event.persisted) inEach((frame) => frame.addEventListener("keydown", key, true)); });
  return remove;
}

const own = /** @type {HTMLElement | null} */ (document.querySelector("aside.mend-fixed[data-page]:not([data-ready])"));
if (own) {
  own.dataset.ready = "";
  attach(own);
}
