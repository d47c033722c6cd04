"""A journal of five years beside a new one, and the self-assessment from disk beside reading the same rows in tables.

Each is read from its file as a kernel does that has just got its page: the answers, the rules, how far each form is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.ratios import Ratio, medians
from tests import years
from workbook.journal import Journal
from workbook.jupyter import pages
from workbook.storage.folder import ANSWERS
from workbook.storage.sqlite import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1_000, 18_000, 100_000)
TIMES = 5


def ratios() -> Iterator[Ratio]:
    """Make the journals, and read each in turn."""
    pages.prepare()
    with tempfile.TemporaryDirectory() as name:
        folders = {size: Path(name, str(size)) for size in SIZES}
        for size, folder in folders.items():
            with Journal.create(folder, now=lambda: years.ENDS) as journal:
                years.fill(journal, size)
        few, five, _ = folders.values()
        new, old = medians(lambda: _page(few), lambda: _page(five), times=TIMES)
        yield Ratio("what a chapter reads, 18,000 answers", "the same, 1,000 answers", old / new)
        seconds = dict(
            zip(SIZES, medians(*(lambda at=at: _assess(at) for at in folders.values()), times=TIMES), strict=True)
        )
        yield Ratio(
            "the self-assessment from disk, 100,000 answers",
            "100 × 1,000 answers",
            seconds[SIZES[2]] / seconds[SIZES[0]] / 100,
            1.2,
        )
        for size, folder in folders.items():
            (table,) = medians(lambda folder=folder: _table(folder), times=TIMES)
            beside = "reading the rows with pandas, one groupby"
            yield Ratio(f"the self-assessment from disk, {size:,} answers", beside, seconds[size] / table, 2)


def _page(folder: Path) -> None:
    with Journal.open(folder, now=lambda: years.ENDS) as journal:
        journal.standing()
        journal.progress("improvement")


def _assess(folder: Path) -> None:
    with Journal.open(folder, now=lambda: years.ENDS) as journal:
        journal.assessment()


def _table(folder: Path) -> None:
    connection = connect(folder / ANSWERS)
    read = connection.execute("SELECT * FROM answers")
    rows = pd.DataFrame(read.fetchall(), columns=[column[0] for column in read.description])
    connection.close()
    rows.assign(value=pd.to_numeric(rows["value"], errors="coerce")).groupby(["exercise", "occasion"])["value"].mean()
