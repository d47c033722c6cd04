// Elements and words: what every script of a page is drawn with.

/**
 * @typedef {{post: (message: object, buffers?: ArrayBuffer[]) => void,
 *            listen: (receive: (message: any, buffers: DataView[]) => void) => () => void}} Transport
 *   all that a script knows of the outside: a line to Python
 */

/** A link leads to a notebook beside this one, the web, an e-mail or a telephone; any other address is left out. */
const LINK = new RegExp("^(?:" + [
  "[a-z0-9][a-z0-9-]*\\.ipynb(?:#[\\w.-]+)?",
  "https?://[A-Za-z0-9.-]+(?::\\d{1,5})?(?:[/?#][\\w.~:/?#@!$&'()*+,;=%[\\]-]*)?",
  "mailto:[\\w.+-]+@[A-Za-z0-9.-]+",
  "tel:\\+?[\\d().-]{2,30}",
].join("|") + ")$");

/**
 * An element: `on…` properties become listeners, `html` is trusted (written or cleaned in Python), `style` is a table;
 * null, undefined and false are left out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, String(each));
    else if (name === "href" && !LINK.test(value)) continue;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** `fill("Saved {time}", {time: "14:03"})`; a full stop behind a value that brings one along goes: “A.”, not “A..”. */
export const fill = (/** @type {string} */ text, /** @type {Record<string, any>} */ values = {}) =>
  (text ?? "").replace(/(\{(\w+)\})(\.(?=\s|$))?/g, (_, place, name, stop = "") => {
    const said = String(values[name] ?? place);
    return /[.!?…]$/.test(said) ? said : said + stop;
  });

/** A text in the form that its language has for a number: `counted(tools, "left", 1)`, of `{left: {one: …, other: …}}`. */
export function counted(/** @type {{texts: Record<string, any>, language: string}} */ { texts, language }, /** @type {string} */ key, /** @type {number} */ count, more = {}) {
  const forms = texts[key];
  return fill(forms[new Intl.PluralRules(language).select(count)] ?? forms.other, { count, ...more });
}

/** A button that stands back. */
export const quiet = (/** @type {string} */ text, /** @type {() => void} */ onclick, properties = {}) =>
  h("button", { type: "button", class: "mend-quiet", onclick, ...properties }, text);

let made = 0;
export const unique = () => `mend-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;

/** A key's own value: an option may be called “constructor”. */
export const own = (/** @type {any} */ object, /** @type {string} */ key) => (object && Object.hasOwn(object, key) ? object[key] : null);

export const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Where a hub starts a person's server again and shows this page; null on a person's own computer. */
export function reopens() {
  const { hub, person } = /** @type {HTMLElement | null} */ (document.querySelector("aside.mend-fixed[data-hub]"))?.dataset ?? {};
  if (!hub) return null; // before any look at the top: where it is another origin's, as in an editor, a look throws
  const { pathname } = (window.top ?? window).location;
  return `${hub}spawn/${person}?next=${encodeURIComponent(pathname)}`;
}

/** What has the focus, also inside a shadow. @returns {any} */
export const focused = (/** @type {Node} */ node) => /** @type {any} */ (node.getRootNode()).activeElement;

/** What a person wrote stays here: not for a browser that translates, or corrects over the network. */
export const UNTRANSLATED = { translate: "no" };
export const OWN = { ...UNTRANSLATED, spellcheck: "false", autocorrect: "off", writingsuggestions: "false" };

/** The one place that knows of anywidget: its channel to the kernel on this computer. @returns {Transport} */
export const channel = (/** @type {any} */ model) => ({
  post: (message, buffers) => model.send(message, undefined, buffers),
  listen(receive) {
    model.on("msg:custom", receive);
    return () => model.off("msg:custom", receive);
  },
});
