// On the page Look back: the self-assessment, ready made. See assessment_panel.py.
import { h } from "./elements.js";
import { line, widget } from "./panel.js";

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const { texts } = panel;
  const root = h("div", { class: "mend-look", lang: panel.language, translate: "no" }, h("p", { role: "status" }, texts.opening));
  const kernel = line(transport, () => read(), () => { root.replaceChildren(h("p", { role: "status" }, texts.waiting)); });

  async function read() {
    const { message } = await kernel.ask("ready");
    if (message.type === "shown") root.innerHTML = message.html; // from a template that escapes everything put into it
    else root.replaceChildren(h("p", { role: "alert" }, message.type === "locked" ? texts.locked : message.reason));
  }

  element.replaceChildren(root);
  read();
  return () => { kernel.stop(); root.remove(); };
}

export default widget(mount);
