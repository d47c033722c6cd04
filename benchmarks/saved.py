"""From the end of typing to “Saved” on the screen, less the pause that the page waits for more."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks import beside
from benchmarks.page import make
from benchmarks.ratios import Ratio
from tests.conftest import ARGUMENTS
from tests.journeys.filling import open_step
from tests.journeys.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 60
AIM = 30.0  # milliseconds
PAUSE = 400.0  # milliseconds: what `outbox.js` waits after a key

# Resolves with the milliseconds from the last key to the first moment at which the bar says “Saved”.
_WATCH = """
(field) => new Promise((resolve) => {
  const form = field.closest("[data-state]");
  let typed = null;
  field.addEventListener("input", () => { typed = performance.now(); }, { once: true });
  new MutationObserver((_, watcher) => {
    if (typed !== null && form.dataset.state === "saved" && performance.now() - typed > 50) {
      watcher.disconnect();
      resolve(performance.now() - typed);
    }
  }).observe(form, { attributeFilter: ["data-state"] });
})
"""


def ratios() -> Iterator[Ratio]:
    """Write into a text of the first chapter, again and again."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        journal = make(Path(name, "Mend"))
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with serving(journal) as lab:
            page = browser.new_page()
            page.goto(lab.page("10-responsibility"), wait_until="commit")
            form = open_step(page, "responsibility.incident")
            field = form.locator("textarea:visible").first
            field.wait_for(timeout=beside.PATIENCE)
            took = []
            for _ in range(TIMES):
                found = field.evaluate_handle(f"(field) => ({{ took: ({_WATCH})(field) }})")
                field.press_sequentially("a")
                took.append(float(found.evaluate("(found) => found.took")) - PAUSE)
    late = statistics.quantiles(took, n=20)[-1]
    yield Ratio("end of typing to “Saved”, less the pause, 95th percentile", "30 ms", late / AIM, 1)
    yield Ratio("end of typing to “Saved”, less the pause, median", "30 ms", statistics.median(took) / AIM)
