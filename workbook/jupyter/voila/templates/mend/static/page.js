// The page beside JupyterLab: tidy what surrounds it, and let links between chapters open as chapters.

/**
 * What we use of JupyterLab's application.
 * @typedef {{close: () => void}} Tab
 * @typedef {{
 *   collapseLeft: () => void, collapseRight: () => void, activateById: (id: string) => void,
 *   isSideTabBarVisible?: (side: string) => boolean, toggleSideTabBarVisibility: (side: string) => void,
 *   widgets: (area: string) => Iterable<Tab>, currentWidget: Tab | null,
 * }} Shell
 * @typedef {{constructor: {disconnectSender?: (sender: object) => void}}} Signal
 * @typedef {{
 *   shell: Shell, restored: Promise<void>, serviceManager: {connectionFailure: Signal},
 *   commands: {execute: (command: string, options: {path: string}) => void},
 * }} Lab
 */

/**
 * What we use of Voilà's application: what draws the forms.
 * @typedef {{
 *   get_model: (id: string) => Promise<unknown>, has_model: (id: string) => boolean,
 *   restoredStatus: boolean, restored: {connect: (then: () => void) => void},
 * }} Manager
 * @typedef {{widgetManager?: Manager}} Voila
 */

/**
 * The element that the template writes for this script.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
function ours(selector, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}.`);
  return found;
}

/**
 * JupyterLab's application when it shows pages beside its list of chapters, as this one; else null.
 * @returns {Lab | null}
 */
function lab() {
  try {
    const config = JSON.parse(window.parent.document.getElementById("jupyter-config-data")?.textContent || "{}");
    const around = /** @type {Window & {jupyterapp?: Lab}} */ (window.parent);
    return around !== window && config.mend === "pages" ? (around.jupyterapp ?? null) : null;
  } catch {
    return null; // another site's frame
  }
}

/**
 * Leave one chapter and the list of chapters; everything else is for people who program.
 * @param {Lab} app
 */
function tidy(app) {
  const shell = app.shell;
  shell.collapseRight();
  if (shell.isSideTabBarVisible?.("left")) shell.toggleSideTabBarVisibility("left");
  for (const widget of [...shell.widgets("main")]) {
    if (widget !== shell.currentWidget) widget.close(); // one chapter, one kernel
  }
  if (!showsFiles()) shell.collapseLeft(); // the page has a list of chapters of its own
}

const FILES = "mend:files"; // in sessionStorage, when someone asked for JupyterLab's own list beside the page
const showsFiles = () => window.parent.sessionStorage.getItem(FILES) !== null;

/**
 * One control brings JupyterLab's list of files back, and folds it away again.
 * @param {Lab} app
 */
function offerFiles(app) {
  const nav = ours(".mend-contents");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "files";
  button.textContent = nav.dataset.files ?? "";
  button.setAttribute("aria-expanded", String(showsFiles()));
  button.addEventListener("click", () => {
    const shown = showsFiles();
    button.setAttribute("aria-expanded", String(!shown));
    if (shown) window.parent.sessionStorage.removeItem(FILES);
    else window.parent.sessionStorage.setItem(FILES, "");
    if (shown) app.shell.collapseLeft();
    else app.shell.activateById("filebrowser");
  });
  nav.append(button);
}

/** Where there is little room, the list of chapters unfolds under its button. */
{
  const nav = ours(".mend-contents");
  const button = ours("button", nav);
  const turn = (/** @type {boolean} */ open) => {
    nav.toggleAttribute("data-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => turn(!nav.hasAttribute("data-open")));
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !nav.hasAttribute("data-open")) return;
    turn(false);
    button.focus();
  });
}

/**
 * JupyterLab's own words about a lost server speak of configuration, and take the focus from who is writing. The page
 * says what it means for them: forms keep the words, and say that they are not saved.
 * @param {Lab} app
 */
function hush(app) {
  const lost = app.serviceManager.connectionFailure;
  lost.constructor.disconnectSender?.(app.serviceManager);
}

/**
 * Say once that the forms have not come, and take it back when they have.
 * @param {boolean} is
 */
function late(is) {
  const said = document.querySelector("main > .trouble.late");
  if (said && !is) said.remove();
  if (said || !is) return;
  const trouble = document.createElement("div");
  trouble.className = "trouble late";
  trouble.setAttribute("role", "alert");
  const words = /** @type {HTMLTemplateElement} */ (ours("#mend-late"));
  trouble.append(words.content.cloneNode(true));
  ours("#begin").before(trouble);
  if (window.location.hash) trouble.scrollIntoView({ block: "nearest" }); // who came for a step is told where it would be
}

const PATIENCE = 60_000; // ms until a page without forms says so

/**
 * What draws a form looks for it among what came from Python, ten times a second for two seconds, and then says that
 * there is none: also when all came during its last pause, which on a busy computer is a long one. So we look once more.
 * @param {Manager} manager
 */
function lookAgain(manager) {
  const look = manager.get_model.bind(manager);
  manager.get_model = async (id) => {
    try {
      return await look(id);
    } catch (problem) {
      if (manager.has_model(id)) return look(id);
      if (manager.restoredStatus) late(true); // all came, and this did not
      throw problem;
    }
  };
  if (manager.restoredStatus) return;
  const waiting = setTimeout(() => late(true), PATIENCE);
  manager.restored.connect(() => {
    clearTimeout(waiting);
    late(false);
  });
}

/** A page of ours draws its forms itself, see line.js. */
document.addEventListener("mend:late", (event) => late(/** @type {CustomEvent<boolean>} */ (event).detail));

/** Voilà hands over its application in a name of the window, before any form is looked for. */
{
  /** @type {Voila | undefined} */
  let voila;
  Object.defineProperty(window, "jupyterapp", {
    configurable: true,
    get: () => voila,
    set: (/** @type {Voila} */ application) => {
      voila = application;
      if (application.widgetManager) lookAgain(application.widgetManager);
      else late(true); // its Python has ended meanwhile
    },
  });
}

/** The head stands above the words, and is heard before them; they were sent first, while Python started. */
{
  const head = document.querySelector("main > .head");
  if (head) document.querySelector("main > .words")?.before(head);
}

/** Where that link leads without steps: to what is not here and why, or to the first that a notebook of another kind shows. */
if (!document.getElementById("begin")) (document.querySelector("main > .trouble, main > .work") ?? ours("main")).id = "begin";

/** The first key on a page leads past its words, to the step that stands open. */
ours("a.skip").addEventListener("click", (event) => {
  const step = document.querySelector('.mend-step[data-open="true"] h2 button') ?? document.querySelector(".mend-step h2 button");
  if (!(step instanceof HTMLElement)) return;
  event.preventDefault();
  step.focus();
});

/** A browser shows the line with the caret of the field that Tab leads to, and may leave the rest under the page's buttons. */
window.addEventListener("keyup", (event) => {
  const to = document.activeElement;
  if (event.key === "Tab" && to instanceof HTMLTextAreaElement && to.offsetHeight < window.innerHeight / 2) to.scrollIntoView({ block: "nearest" });
}, true);

/** Where no Python comes, no Today does: the card is open. */
const trouble = document.querySelector(".trouble");
if (trouble) document.querySelector("main > .mend-folded")?.setAttribute("open", "");

/**
 * The address of a chapter of this server, or null: the link leads elsewhere.
 * @param {HTMLAnchorElement} link
 */
function isChapter(link) {
  const url = new URL(link.href, window.location.href);
  return url.origin === window.location.origin && url.pathname.endsWith(".ipynb") ? url : null;
}

/**
 * The name of the file that a path ends in.
 * @param {string} path
 */
const last = (path) => decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const url = isChapter(link);
  if (!url || (url.pathname === window.location.pathname && link.target !== "_blank")) return;
  event.preventDefault(); // in a new tab, too, a chapter would be a second page of the same answers
  const app = lab();
  if (!app || url.pathname === window.location.pathname) {
    window.location.assign(url.href);
    return;
  }
  const name = last(url.pathname);
  if (url.hash) window.parent.sessionStorage.setItem("mend:go", name + url.hash);
  app.commands.execute("docmanager:open", { path: name });
});

/**
 * Printing prints the chapter, with the answers of its closed steps: they are fetched first. JupyterLab around it would
 * print one screen of itself.
 * @param {KeyboardEvent} event
 */
function printChapter(event) {
  if (event.key?.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  const taken = !document.dispatchEvent(new CustomEvent("mend:print", { cancelable: true }));
  if (!taken) window.print(); // a page without steps
}
window.addEventListener("keydown", printChapter, true);

/** @type {HTMLDetailsElement[]} the parts of Look back that are folded, but not on paper */
const unfolded = [];
function unfold() {
  for (const part of /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.part:not([open])"))) {
    part.open = true;
    unfolded.push(part);
  }
}
function fold() {
  for (const part of unfolded.splice(0)) part.open = false;
}
window.addEventListener("beforeprint", unfold);
window.addEventListener("afterprint", fold);

/** The browser's own menu prints the window around the chapter: there the chapter is shown in its whole length. */
function makeRoom() {
  unfold();
  const frame = /** @type {HTMLElement} */ (window.frameElement); // only asked for where there is one
  frame.style.setProperty("--mend-length", `${document.documentElement.scrollHeight}px`);
}

const app = lab();
if (app) {
  const around = window.parent;
  around.addEventListener("keydown", printChapter, true);
  around.addEventListener("beforeprint", makeRoom);
  around.addEventListener("afterprint", fold);
  window.addEventListener("pagehide", () => {
    around.removeEventListener("keydown", printChapter, true);
    around.removeEventListener("beforeprint", makeRoom);
    around.removeEventListener("afterprint", fold);
  });
  app.restored.then(() => { tidy(app); hush(app); offerFiles(app); });
  const name = last(window.location.pathname);
  const go = window.parent.sessionStorage.getItem("mend:go");
  if (go?.startsWith(`${name}#`)) {
    window.parent.sessionStorage.removeItem("mend:go");
    window.location.hash = go.slice(name.length);
  }
}

/** Who came for a step is led to what is said in its place. */
if (window.location.hash) trouble?.scrollIntoView();
