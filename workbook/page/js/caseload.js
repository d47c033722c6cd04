// The counselor's page: the passphrase, everyone at a glance, one client, an assignment. See caseload_panel.py.

import { assigning } from "./caseload-assign.js";
import { settings } from "./caseload-audit.js";
import { client } from "./caseload-client.js";
import { desk } from "./caseload-desk.js";
import { first, locked } from "./caseload-keys.js";
import { list } from "./caseload-list.js";
import { widget } from "./panel.js";

const TELL = 60_000; // milliseconds between two words to the kernel that someone writes

/** @type {(element: HTMLElement, panel: import("./panel.js").PanelWords, transport: import("./panel.js").Transport) => () => void} */
export function mount(element, panel, transport) {
  const here = desk(element, panel, transport, {
    list: () => list(here),
    client: (name, look, goTo) => client(here, name, look, goTo),
    assigning: (it) => assigning(here, it),
    settings: () => settings(here),
    lock: async () => {
      await here.kernel.ask("lock");
      locked(here);
    },
    async begin() {
      const { message } = await here.kernel.ask("ready");
      if (message.type === "first") first(here, message);
      else if (message.type !== "open") locked(here);
      else if (!here.everyone) list(here); // else someone may be writing in what is drawn
    },
  });
  let told = 0; // when the kernel last heard that someone writes
  here.root.addEventListener("input", () => {
    if (!here.everyone || Date.now() - told < TELL) return;
    told = Date.now();
    void here.kernel.ask("here");
  });
  here.go.begin();
  return () => { here.kernel.stop(); here.root.remove(); };
}

export default widget(mount);
