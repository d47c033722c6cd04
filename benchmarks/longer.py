"""A chapter of a journal of five years beside one of a new journal, each opened by a click in a browser.

Each page has a kernel that waited for it, and reads the answers of its journal for the first time.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks.page import CHAPTER, FORM, LOOK_BACK, WORDS, make, opened, settle
from benchmarks.ratios import Ratio
from tests import years
from tests.conftest import ARGUMENTS
from tests.journeys.serving import serving
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.jupyter import notebooks

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 5
ANSWERS = 18_000


def ratios() -> Iterator[Ratio]:
    """Open the same pages of both journals in turn."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        new, old = make(Path(name, "new")), Path(name, "old")
        with Journal.create(old, now=lambda: years.ENDS) as journal:
            years.fill(journal, ANSWERS)
        with Journal.open(old) as journal:
            answer_safely(journal.save)
            notebooks.write(journal.workbook, old)
        took: dict[tuple[str, str], list[float]] = {}
        with serving(new) as few, serving(old) as many:
            labs = {"new": (few, browser.new_page()), "old": (many, browser.new_page())}
            for lab, page in labs.values():
                opened(page, lab.page(CHAPTER), FORM)
            for turn in range(TIMES + 1):
                for chapter, seen in ((CHAPTER, FORM), (LOOK_BACK, WORDS)):
                    for which, (lab, page) in labs.items():
                        settle(lab, page)
                        seconds = opened(page, lab.page(chapter), seen)
                        if turn:  # the first fills the browser's cache
                            took.setdefault((chapter, which), []).append(seconds)
                        page.goto("about:blank")
    for chapter, what in ((CHAPTER, "a click to a usable form"), (LOOK_BACK, "a click to Look back's words")):
        ratio = statistics.median(took[chapter, "old"]) / statistics.median(took[chapter, "new"])
        yield Ratio(f"{what}, five years of answers", "the same in a new journal", ratio, 1.2)
