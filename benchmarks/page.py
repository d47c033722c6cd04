"""A chapter opened in a browser, beside a page with one HTML widget: time to a usable form, and the kernels' memory.

Both pages come from the same JupyterLab and the same template. A form is usable when its first answer can be given;
the widget, when its word is on the screen. Each opening has a kernel of its own, as a person's has: the one that
waits for the next page, or, of pages opened in quick succession, a new one.
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
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import sync_playwright

from benchmarks.ratios import Ratio
from tests.conftest import ARGUMENTS
from tests.journeys.serving import Lab, children
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.jupyter import notebooks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

    from playwright.sync_api import Page

TIMES = 15
CHAPTER, WIDGET = "10-responsibility", "90-widget"
_SEEN = {  # page → what is there when it can be used
    CHAPTER: ".mend-form input[type=radio]:visible",
    WIDGET: ".widget-html >> text=Ready",
}
_SHOW_WIDGET = "import ipywidgets\nipywidgets.HTML('Ready')"
# What `workbook open` does, with the other page among those that may run.
_SERVE = """
import sys
from pathlib import Path
from workbook.jupyter import lab
from workbook.storage.keeper import Keeper
folder, port = Path(sys.argv[2]), int(sys.argv[-1])
with Keeper(None) as keeper:
    lab.serve(folder, {}, sorted(folder.glob("*.ipynb")), port=port, browser=False,
              environment={"WORKBOOK_HOME": str(folder), **keeper.environment})
"""


def ratios() -> Iterator[Ratio]:
    """Open the pages in turn, and look."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "Mend")
        _make(folder)
        lab = Lab(folder, program=("-c", _SERVE))
        try:
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                page = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS).new_page()
                seconds: dict[tuple[str, bool], list[float]] = {}
                memory: dict[str, list[float]] = {CHAPTER: [], WIDGET: []}
                waiting: list[float] = []
                for turn in range(TIMES + 1):
                    for notebook in _SEEN:
                        for waits in (True, False):
                            waiting.append(_settle(lab, page))
                            took = _open(lab, page, notebook, waits=waits)
                            if turn:  # the first fills the browser's cache
                                seconds.setdefault((notebook, waits), []).append(took)
                            time.sleep(1)
                            memory[notebook].append(_memory(lab.kernels()[-1]))
        finally:
            lab.stop()
    for waits, how in ((True, ""), (False, ", no kernel waiting")):
        form, widget = (statistics.median(seconds[notebook, waits]) for notebook in (CHAPTER, WIDGET))
        yield Ratio(f"first usable form of a chapter{how}", f"a page with one HTML widget{how}", form / widget, 1.1)
    chapter, waiter = statistics.median(memory[CHAPTER]), statistics.median(waiting)
    empty, widget = _kernel("'Nothing is imported here'"), _kernel(_SHOW_WIDGET)
    yield Ratio("memory of a chapter’s kernel", "an empty kernel", chapter / empty)
    yield Ratio("memory of a chapter’s kernel", "a kernel with one HTML widget", chapter / widget)
    yield Ratio("memory of the kernel that waits", "an empty kernel", waiter / empty)


def _make(folder: Path) -> None:
    with Journal.create(folder) as journal:
        answer_safely(journal.save)
        notebooks.write(journal.workbook, folder)
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(_SHOW_WIDGET)]
    nbformat.write(nbformat.v4.new_notebook(metadata=about, cells=cells), folder / f"{WIDGET}.ipynb")


def _settle(lab: Lab, page: Page) -> float:
    """Leave the page, end its kernel, and wait until one waits for the next; return that one's memory in bytes."""
    page.goto("about:blank")
    for kernel in json.load(_ask(lab, "api/kernels")):
        _ask(lab, f"api/kernels/{kernel['id']}", "DELETE")
    before = 0.0
    while True:
        time.sleep(1)
        waiting = [psutil.Process(pid) for pid in children(lab.process.pid)]
        if len(waiting) == 1:
            spent = waiting[0].cpu_times().user
            if spent == before:  # it has imported what it needs
                return float(waiting[0].memory_full_info().uss)
            before = spent


def _open(lab: Lab, page: Page, notebook: str, *, waits: bool) -> float:
    """Return the seconds until a page can be used."""
    if not waits:
        _ask(lab, "api/kernels", "POST")  # takes the kernel that waits
    began = time.perf_counter()
    page.goto(lab.page(notebook), wait_until="commit")
    page.locator(_SEEN[notebook]).first.wait_for()
    return time.perf_counter() - began


def _kernel(code: str) -> float:
    """Return the memory of a kernel of its own that ran `code`, in bytes."""
    manager, client = start_new_kernel()
    try:
        client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
        return _memory(manager.provisioner.pid)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _memory(pid: int) -> float:
    return float(psutil.Process(pid).memory_full_info().uss)


def _ask(lab: Lab, path: str, method: str = "GET") -> HTTPResponse:
    data = b'{"path": ""}' if method == "POST" else None
    return urllib.request.urlopen(urllib.request.Request(lab.url(path), data=data, method=method))  # noqa: S310 # our own server
