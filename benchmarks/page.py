"""A chapter opened in a browser, beside a page with one HTML widget: time to a usable form, and the kernel's memory.

Both pages come from the same JupyterLab and the same template. A form is usable when its first answer can be given;
the widget, when its word is on the screen. Each opening starts a kernel, as a person's does.
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

import nbformat
import psutil
from playwright.sync_api import sync_playwright

from benchmarks.ratios import Ratio
from tests.conftest import ARGUMENTS
from tests.journeys.serving import Lab
from tests.safe_answers import answer_safely
from workbook import notebooks
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

    from playwright.sync_api import Page

TIMES = 7
CHAPTER, WIDGET, EMPTY = "10-responsibility", "90-widget", "91-empty"
_SEEN = {  # page → what is there when it can be used
    CHAPTER: ".mend-form input[type=radio]:visible",
    WIDGET: ".widget-html >> text=Ready",
    EMPTY: "text=Nothing is imported here",
}
# What `workbook open` does, with the two other pages among those that may run.
_SERVE = """
import sys
from pathlib import Path
from workbook import lab, lock
folder, port = Path(sys.argv[2]), int(sys.argv[-1])
with lock.Keeper(None) as keeper:
    lab.serve(folder, {}, sorted(folder.glob("*.ipynb")), port=port, browser=False,
              environment={"WORKBOOK_HOME": str(folder), **keeper.environment})
"""


def ratios() -> Iterator[Ratio]:
    """Open the pages in turn, and look."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "Mend")
        _make(folder)
        lab = _Served(folder)
        try:
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                page = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS).new_page()
                seconds: dict[str, list[float]] = {CHAPTER: [], WIDGET: [], EMPTY: []}
                memory: dict[str, list[float]] = {CHAPTER: [], WIDGET: [], EMPTY: []}
                for turn in range(TIMES + 1):
                    for notebook, taken in seconds.items():
                        took, size = _open(lab, page, notebook)
                        if turn:  # the first fills the browser's cache
                            taken.append(took)
                            memory[notebook].append(size)
        finally:
            lab.stop()
    form, widget = statistics.median(seconds[CHAPTER]), statistics.median(seconds[WIDGET])
    yield Ratio("first usable form of a chapter", "a page with one HTML widget", form / widget, 1.1)
    ours = statistics.median(memory[CHAPTER])
    yield Ratio(
        "memory of a chapter’s kernel", "a kernel with one HTML widget", ours / statistics.median(memory[WIDGET])
    )
    yield Ratio("memory of a chapter’s kernel", "an empty kernel", ours / statistics.median(memory[EMPTY]))


def _make(folder: Path) -> None:
    with Journal.create(folder) as journal:
        answer_safely(journal.save)
        notebooks.write(journal.workbook, folder)
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    for name, code in ((WIDGET, "import ipywidgets\nipywidgets.HTML('Ready')"), (EMPTY, "'Nothing is imported here'")):
        cells = [nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(metadata=about, cells=cells), folder / f"{name}.ipynb")


class _Served(Lab):
    """Our JupyterLab, with two pages more."""

    program = ("-c", _SERVE)


def _open(lab: Lab, page: Page, notebook: str) -> tuple[float, float]:
    """Return the seconds until a page can be used, and its kernel's memory in bytes."""
    page.goto("about:blank")
    for kernel in json.load(_ask(lab, "api/kernels")):
        _ask(lab, f"api/kernels/{kernel['id']}", "DELETE")
    while lab.kernels():
        time.sleep(0.1)
    time.sleep(1)
    began = time.perf_counter()
    page.goto(lab.page(notebook), wait_until="commit")
    page.locator(_SEEN[notebook]).first.wait_for()
    took = time.perf_counter() - began
    time.sleep(1)
    [kernel] = lab.kernels()
    return took, psutil.Process(kernel).memory_full_info().uss


def _ask(lab: Lab, path: str, method: str = "GET") -> HTTPResponse:
    return urllib.request.urlopen(urllib.request.Request(lab.url(path), method=method))  # noqa: S310 # our own server
