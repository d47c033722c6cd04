"""A chapter opened by a click, beside a bare Voilà with one HTML widget: time, memory, and how much a page loads.

A form is usable when its first answer can be given; the widget, when its word is on the screen. Each opening has a
kernel of its own, as a person's has: here the one that waits for the next page, or, of pages opened in quick
succession, a new one; there a new one, as Voilà does it.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import sync_playwright

from benchmarks import beside
from benchmarks.ratios import Ratio
from tests.conftest import ARGUMENTS
from tests.journeys.serving import children, serving
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.jupyter import notebooks
from workbook.jupyter.kernels import Kernels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

TIMES = 9
WAIT = int(Kernels.most.default_value)  # kernels, for pages that nobody has asked for yet
CHAPTER, LOOK_BACK = "10-responsibility", "60-review"
FORM = ".mend-form :is(input, textarea, select):visible"
WORDS = ".mend-look .mend-panel"  # of the self-assessment
SEEN = {CHAPTER: FORM, LOOK_BACK: WORDS}

# What a page has loaded: scripts and style sheets by their size unpacked.
_LOADED = """
() => performance.getEntriesByType("resource")
  .filter((one) => /\\.(m?js|css)(\\?|$)/.test(one.name))
  .reduce((sum, one) => sum + one.decodedBodySize, 0)
  + [...document.querySelectorAll("style, script:not([src])")].reduce((sum, one) => sum + one.textContent.length, 0)
"""


def ratios() -> Iterator[Ratio]:
    """Open the pages in turn, and look."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page, other = browser.new_page(), browser.new_page()
        took: dict[str, list[float]] = {}
        waiting: list[float] = []
        journal, notebook = make(Path(name, "Mend")), beside.widget(Path(name, "bare"))
        with serving(journal) as lab, beside.voila(notebook) as bare:
            opened(page, lab.page(CHAPTER), FORM)  # after a first page as many kernels wait as may
            for turn in range(TIMES + 1):
                for chapter, seen in SEEN.items():
                    for waits in (True, False):
                        waiting.append(settle(lab, page))
                        if not waits:
                            for _ in range(WAIT):
                                _ask(lab, "api/kernels", "POST")  # takes a kernel that waits
                        seconds = opened(page, lab.page(chapter), seen)
                        if turn:  # the first fills the browser's cache
                            took.setdefault(f"{chapter} {waits}", []).append(seconds)
                settle(lab, page)
                seconds = opened(other, bare.address, beside.READY)
                if turn:
                    took.setdefault("widget", []).append(seconds)
                other.goto("about:blank")
            settle(lab, page)
            sizes = _size(page, lab.page(CHAPTER), FORM), _size(other, bare.address, beside.READY)
            for _ in range(2):
                opened(browser.new_page(), lab.page(CHAPTER), FORM)
                opened(browser.new_page(), bare.address, beside.READY)
            time.sleep(10)  # until the next kernels wait
            ours, theirs = beside.memory(lab.process.pid), beside.memory(bare.process.pid)
    widget = statistics.median(took["widget"])
    for chapter, what in ((CHAPTER, "a click to a usable form"), (LOOK_BACK, "a click to Look back's words")):
        for waits, how, aim in ((True, "", 0.5), (False, ", no kernel waiting", None)):
            ratio = statistics.median(took[f"{chapter} {waits}"]) / widget
            yield Ratio(f"{what}{how}", "a bare Voilà page with one HTML widget", ratio, aim)
    yield Ratio("scripts and styles of a chapter", "those of that page", sizes[0] / sizes[1])
    yield Ratio("memory with three pages open", "a bare Voilà with three of its pages open", ours / theirs)
    empty = _kernel("'Nothing is imported here'")
    held = statistics.median(waiting) / (WAIT * empty)
    yield Ratio("memory of the kernels that wait, one of them with tables", f"{WAIT} empty kernels", held)


def make(folder: Path) -> Path:
    """Make a journal whose rules leave every chapter open, and return it."""
    with Journal.create(folder) as journal:
        answer_safely(journal.save)
        notebooks.write(journal.workbook, folder)
    return folder


def settle(lab: Lab, page: Page) -> float:
    """Leave the page, end its kernel, wait until as many wait as may; return the memory of these in bytes."""
    page.goto("about:blank")
    for kernel in json.load(_ask(lab, "api/kernels")):
        _ask(lab, f"api/kernels/{kernel['id']}", "DELETE")
    before = 0.0
    while True:
        time.sleep(1)
        waiting = [psutil.Process(pid) for pid in children(lab.process.pid)]
        if len(waiting) == WAIT:
            spent = sum(one.cpu_times().user for one in waiting)
            if spent == before:  # they have imported what they need
                return float(sum(one.memory_full_info().uss for one in waiting))
            before = spent


def opened(page: Page, address: str, seen: str) -> float:
    """Return the seconds until a page can be used."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(seen).first.wait_for(timeout=beside.PATIENCE)
    return time.perf_counter() - began


def _size(page: Page, address: str, seen: str) -> float:
    """Return how many bytes of scripts and style sheets a page loads."""
    opened(page, address, seen)
    return float(page.evaluate(_LOADED))


def _kernel(code: str) -> float:
    """Return the memory of a kernel of its own that ran `code`, in bytes."""
    manager, client = start_new_kernel()
    try:
        client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
        return float(psutil.Process(manager.provisioner.pid).memory_full_info().uss)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _ask(lab: Lab, path: str, method: str = "GET") -> HTTPResponse:
    data = b'{"path": ""}' if method == "POST" else None
    return urllib.request.urlopen(urllib.request.Request(lab.url(path), data=data, method=method))  # noqa: S310 # our own server
