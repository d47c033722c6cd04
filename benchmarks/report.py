"""The whole report of the invented example beside `jupyter nbconvert --execute --to html` of its notebooks.

Aims: 20 × faster, 10 × smaller.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ratios import Ratio, medians
from workbook import example, resources
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 9
_REPORT = "import sys; from workbook import example; from workbook.journal import Journal; " + (
    "Journal.open(sys.argv[1], now=lambda: example.ENDS).report(sys.argv[2])"
)


def ratios() -> Iterator[Ratio]:
    """Run both in new processes, on the same journal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Journal.create(folder / "journal", now=lambda: example.ENDS) as journal:
            example.fill(journal)
        notebooks = sorted(resources.notebooks().glob("*.ipynb"))
        ours = _seconds([sys.executable, "-c", _REPORT, str(folder / "journal"), str(folder / "mend.html")])
        convert = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--output-dir", str(folder / "html")]
        theirs = _seconds([*convert, *map(str, notebooks)], WORKBOOK_HOME=str(folder / "journal"))
        size = sum(path.stat().st_size for path in (folder / "html").glob("*.html"))
        beside = f"nbconvert of the {len(notebooks)} notebooks"
        yield Ratio("the whole report, from the command line", beside, ours / theirs, 1 / 20)
        yield Ratio("the whole report, from a page that is open", beside, _again(folder) / theirs, 1 / 20)
        yield from _cold(folder)
        yield Ratio("its size", "the size of those pages", (folder / "mend.html").stat().st_size / size, 1 / 10)


def _cold(folder: Path) -> Iterator[Ratio]:
    """What someone waits for who types the command, beside the library of tables that it needs."""
    command = [sys.executable, "-m", "workbook", "report"]
    ours = [*command, "--journal", str(folder / "journal"), "-o", str(folder / "cold.html")]
    tables, report = medians(
        lambda: _seconds([sys.executable, "-c", "import pandas"]), lambda: _seconds(ours), times=TIMES
    )
    yield Ratio("`workbook report`", "`python -c 'import pandas'`", report / tables, 2)


def _again(folder: Path) -> float:
    with Journal.open(folder / "journal", now=lambda: example.ENDS) as journal:
        journal.report(folder / "warm.html")
        start = time.perf_counter()
        journal.report(folder / "warm.html")
        return time.perf_counter() - start


def _seconds(command: list[str], **environment: str) -> float:
    """Return what a process takes on somebody's computer, where Python keeps what it compiled."""
    around = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=around | environment)  # noqa: S603 - our own words
    return time.perf_counter() - start
