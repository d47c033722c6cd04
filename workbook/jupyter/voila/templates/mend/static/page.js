// The page beside JupyterLab: tidy what surrounds it, and let links between chapters open as chapters.

/** JupyterLab's application when it shows pages beside its list of chapters, as this one; else null. */
function lab() {
  try {
    const config = JSON.parse(window.parent.document.getElementById("jupyter-config-data")?.textContent || "{}");
    return window.parent !== window && config.mend === "pages" ? (window.parent.jupyterapp ?? null) : null;
  } catch {
    return null; // another site's frame
  }
}

/** Leave one chapter and the list of chapters; everything else is for people who program. */
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

/** One control brings JupyterLab's list of files back, and folds it away again. */
function offerFiles(app) {
  const nav = document.querySelector(".mend-contents");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "files";
  button.textContent = nav.dataset.files;
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
  const nav = document.querySelector(".mend-contents");
  const button = nav.querySelector("button");
  const turn = (open) => {
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
 */
function hush(app) {
  const lost = app.serviceManager.connectionFailure;
  lost.constructor.disconnectSender?.(app.serviceManager);
}

/** Say once that the forms have not come, and take it back when they have. */
function late(is) {
  const said = document.querySelector("main > .trouble.late");
  if (said && !is) said.remove();
  if (said || !is) return;
  const trouble = document.createElement("div");
  trouble.className = "trouble late";
  trouble.setAttribute("role", "alert");
  trouble.append(document.getElementById("mend-late").content.cloneNode(true));
  document.getElementById("begin").before(trouble);
}

const PATIENCE = 60_000; // ms until a page without forms says so

/**
 * What draws a form looks for it among what came from Python, ten times a second for two seconds, and then says that
 * there is none: also when all came during its last pause, which on a busy computer is a long one. So we look once more.
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

/** Voilà hands over its application in a name of the window, before any form is looked for. */
{
  let voila;
  Object.defineProperty(window, "jupyterapp", {
    configurable: true,
    get: () => voila,
    set: (application) => {
      voila = application;
      if (voila.widgetManager) lookAgain(voila.widgetManager);
      else late(true); // its Python has ended meanwhile
    },
  });
}

/** The head stands above the words, and is heard before them; they were sent first, while Python started. */
{
  const head = document.querySelector("main > .head");
  if (head) document.querySelector("main > .words")?.before(head);
}

/** The first key on a page leads past its words, to the step that stands open. */
document.querySelector("a.skip").addEventListener("click", (event) => {
  const step = document.querySelector('.mend-step[data-open="true"] h2 button') ?? document.querySelector(".mend-step h2 button");
  if (!step) return;
  event.preventDefault();
  step.focus();
});

/** Where no Python comes, no Today does: the card is open. */
if (document.querySelector(".trouble")) document.querySelector("main > .mend-folded")?.setAttribute("open", "");

function isChapter(link) {
  const url = new URL(link.href, window.location.href);
  return url.origin === window.location.origin && url.pathname.endsWith(".ipynb") ? url : null;
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const url = isChapter(link);
  if (!url || (url.pathname === window.location.pathname && link.target !== "_blank")) return;
  event.preventDefault(); // in a new tab, too, a chapter would be a second page of the same answers
  const app = lab();
  if (!app || url.pathname === window.location.pathname) {
    window.location.assign(url.href);
    return;
  }
  const name = decodeURIComponent(url.pathname.split("/").pop());
  if (url.hash) window.parent.sessionStorage.setItem("mend:go", name + url.hash);
  app.commands.execute("docmanager:open", { path: name });
});

/**
 * Printing prints the chapter, with the answers of its closed steps: they are fetched first. JupyterLab around it would
 * print one screen of itself.
 */
function printChapter(event) {
  if (event.key?.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  const taken = !document.dispatchEvent(new CustomEvent("mend:print", { cancelable: true }));
  if (!taken) window.print(); // a page without steps
}
window.addEventListener("keydown", printChapter, true);

/** The browser's own menu prints the window around the chapter: there the chapter is shown in its whole length. */
function makeRoom() {
  const frame = window.frameElement;
  frame.style.setProperty("--mend-length", `${document.documentElement.scrollHeight}px`);
}

const app = lab();
if (app) {
  const around = window.parent;
  around.addEventListener("keydown", printChapter, true);
  around.addEventListener("beforeprint", makeRoom);
  window.addEventListener("pagehide", () => {
    around.removeEventListener("keydown", printChapter, true);
    around.removeEventListener("beforeprint", makeRoom);
  });
  app.restored.then(() => { tidy(app); hush(app); offerFiles(app); });
  const name = decodeURIComponent(window.location.pathname.split("/").pop());
  const go = window.parent.sessionStorage.getItem("mend:go");
  if (go?.startsWith(`${name}#`)) {
    window.parent.sessionStorage.removeItem("mend:go");
    window.location.hash = go.slice(name.length);
  }
}
