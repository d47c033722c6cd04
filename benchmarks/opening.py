"""`workbook open`: to its printed address beside a bare `jupyter lab --no-browser`, and to a form beside its notebook.

Each is started anew each time, ours on a new journal, in a browser that never saw it. A form is usable when its first
answer can be given, a notebook shown when its cell is.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks import beside
from benchmarks.page import FORM
from benchmarks.ratios import Ratio
from tests.conftest import ARGUMENTS
from tests.journeys.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

TIMES = 7


def ratios() -> Iterator[Ratio]:
    """Start both in turn."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        notebook = beside.widget(Path(name, "bare"))
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        ours, theirs = [], []
        for turn in range(TIMES):
            with serving(Path(name, f"Mend{turn}")) as lab:
                ours.append((lab.took, _until(browser, lab.address, ours=True)))
            with beside.jupyterlab(notebook.parent) as bare:
                there = bare.address.replace("/lab?", f"/lab/tree/{notebook.name}?")
                theirs.append((bare.took, _until(browser, there, ours=False)))
    printed, bare_printed = (statistics.median(took for took, _ in each) for each in (ours, theirs))
    whole, bare_whole = (statistics.median(sum(each) for each in both) for both in (ours, theirs))
    yield Ratio("`workbook open` to its printed address", "`jupyter lab --no-browser`", printed / bare_printed, 1.3)
    yield Ratio("first opening to a usable form", "JupyterLab, showing a notebook", whole / bare_whole, 1.5)


def _until(browser: Browser, address: str, *, ours: bool) -> float:
    """Return the seconds until the page can be used."""
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    seen = page.frame_locator("iframe").locator(FORM) if ours else page.locator(".jp-Notebook .jp-Cell:visible")
    seen.first.wait_for(timeout=beside.PATIENCE)
    took = time.perf_counter() - began
    context.close()
    return took
