"""One JupyterLab for all journeys: the shipped workbook, and a chapter with every kind of item beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import form_page, safe_answers
from tests.journeys.serving import Lab, Place, serving
from workbook import definition
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


def make_journal(folder: Path) -> Path:
    """Make a journal whose gates are open, on the shipped workbook and the chapter with every kind."""
    shipped = definition.load()
    every = definition.load(form_page.HERE / "every.yaml")
    with Journal.create(folder) as journal:
        journal.install(shipped.model_copy(update={"chapters": (*shipped.chapters, *every.chapters)}))
        safe_answers.answer_safely(journal.save)
    return folder


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Lab]:
    with serving(make_journal(tmp_path_factory.mktemp("journeys") / "journal")) as lab:
        yield lab


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/London"
    )  # whose numbers are shown follows the clock's zone, before the language
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def place() -> Iterator[Place]:
    """Short paths: a browser's socket lies in the temporary folder, and has room for 100 characters.

    A process that ends a moment after its server may write a last file there; then the folder is left to the system.
    """
    with tempfile.TemporaryDirectory(prefix="leak-", ignore_cleanup_errors=True) as name:
        place = Place(*(Path(name, each) for each in ("home", "t", "profile")))
        for folder in place:
            folder.mkdir(mode=0o700)
        yield place
