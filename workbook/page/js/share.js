// The page 70-share: choose, see what they will see, seal; and a page for oneself. See share_panel.py.
// Nothing here passes anything on: a file is made where the person says, and that is all.

import { h } from "./elements.js";
import { onReturn, widget } from "./panel.js";
import { choosing } from "./share-choose.js";
import { desk, leaves } from "./share-desk.js";
import { page } from "./share-page.js";
import { look } from "./share-seal.js";
import { unsent } from "./share-send.js";

/** @typedef {import("./share-desk.js").Desk} Desk */

async function read(/** @type {Desk} */ desk) {
  const { message } = await desk.kernel.ask("ready");
  desk.say("");
  const same = JSON.stringify({ ...message, seq: 0 });
  if (message.type === "state" && same === desk.drawn) return;
  if (message.type === "state" && desk.below.hasChildNodes() && desk.drawn) return; // not under their eyes
  desk.drawn = "";
  if (desk.refused(desk.body, message)) return;
  desk.drawn = same;
  desk.state = message;
  draw(desk);
}

function draw(/** @type {Desk} */ desk) {
  const { texts, state, ticked, touched } = desk;
  for (const leaf of leaves(state.chapters)) {
    if (leaf.key && leaf.shared && !touched.has(leaf.key)) ticked.add(leaf.key);
  }
  const name = (/** @type {Element} */ each) => each.querySelector("summary")?.getAttribute("aria-label") ?? "";
  const open = [...desk.body.querySelectorAll("details[open]")].map(name).filter(Boolean);
  desk.body.replaceChildren(h("h2", { tabindex: -1 }, texts.title), ...unsent(desk), ...(state.counselor ? choosing(desk) : [stranger(desk)]), page(desk));
  for (const each of desk.body.querySelectorAll("details")) if (open.includes(name(each))) each.open = true; // someone is choosing there
}

const stranger = (/** @type {Desk} */ { texts, state }) => h("div", { class: "mend-good" }, h("p", {}, texts.no_counselor), h("p", {}, texts.no_counselor_do),
  h("p", {}, h("a", { href: state.start }, texts.start_here)));

/** Begin anew, as if nothing had been chosen. */
async function again(/** @type {Desk} */ desk) {
  desk.below.replaceChildren();
  desk.ticked.clear();
  desk.touched.clear();
  desk.drawn = "";
  await read(desk);
  desk.body.querySelector("h2")?.focus();
}

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const here = desk(element, panel, transport, { read: () => read(here), again: () => again(here), look: (see) => look(here, see) });
  const stop = onReturn(here.go.read);
  here.go.read();
  return () => { stop(); here.kernel.stop(); here.root.remove(); };
}

export default widget(mount);
