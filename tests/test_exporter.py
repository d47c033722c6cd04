"""Jupyter's own export gives a chapter as a page of its own: what was answered, no code, nothing fetched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import execute
from nbconvert.exporters import get_exporter

from tests import safe_answers
from workbook import words
from workbook.errors import InvalidAnswer
from workbook.journal import Journal
from workbook.jupyter import exporter, notebooks

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parent.parent
SHARED = "I left the room before it was said."
PRIVATE = "A word for nobody else."
NAME = "workbook.jupyter.exporter.MendPage"  # as `--to mend` finds it once installed


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "Mend") as journal:
        safe_answers.answer_safely(journal.save)
        notebooks.refresh(journal.workbook, journal.path)
        yield journal


def answer(journal: Journal) -> tuple[str, str]:
    """Write into a private form and one that may be shared, of one chapter; returns the chapter and its notebook."""
    chapter = journal.workbook.chapter("moving-on")
    written: dict[str, str] = {}
    for exercise in chapter.exercises:
        free = [
            item for item in exercise.items if item.kind == "longtext" and not item.retired and item.show_if is None
        ]
        word = PRIVATE if exercise.share == "private" else SHARED
        if free and word not in written.values():
            journal.save(free[0].id, word, occasion=journal.occasion_now(exercise.id))
            written[exercise.id] = word
    assert set(written.values()) == {PRIVATE, SHARED}
    return chapter.id, chapter.notebook


def test_jupyter_finds_it_by_its_short_name() -> None:
    """The entry point names the exporter, which says what the menu calls it."""
    points = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    module, _, name = points["nbconvert.exporters"]["mend"].partition(":")
    found = getattr(import_module(module), name)
    assert (f"{module}.{name}", found.export_from_notebook) == (NAME, "Mend page (HTML)")
    assert found().file_extension == ".html"


def test_the_page_holds_what_may_be_shown_and_nothing_else(journal: Journal) -> None:
    """Words are there, private ones only when asked for; no code, no script, nothing from elsewhere, under 100 KB."""
    chapter, notebook = answer(journal)
    page = exporter.page(chapter, journal.path)
    assert (SHARED in page, PRIVATE in page) == (True, False)
    assert "private ones. They go in only when you ask for them." in page
    private = exporter.page(chapter, journal.path, private=True)
    assert (SHARED in private, PRIVATE in private) == (True, True)
    assert "This file holds private answers" in private
    for each in (page, private):
        assert re.findall(r"<script|src=|url\(|<link|import \*|exercise\(|@import", each) == []
        assert len(each.encode()) < 100_000
    other = next(each for each in journal.workbook.chapters if each.notebook != notebook and each.principle)
    assert other.title not in page


def test_the_review_has_the_whole_self_assessment(journal: Journal) -> None:
    """The chapter that shows it on the page shows it in the file."""
    page = exporter.page("review", journal.path)
    assert 'id="assessment"' in page
    assert f"<h1>{journal.workbook.title}: {journal.workbook.chapter('review').title}</h1>" in page


def test_what_cannot_be_shown_says_so(tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another notebook, a folder without a journal, and a locked journal: each a page with one sentence."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    chapter, _ = answer(journal)
    assert words.say("jupyter.exporter.not_ours") in unescape(exporter.page("", journal.path))
    assert words.say("jupyter.exporter.no_journal") in unescape(exporter.page(chapter, tmp_path))
    assert list((tmp_path).glob("home/*")) == []  # and none was made
    assert "The workbook has no chapter “nowhere”." in exporter.page("nowhere", journal.path)
    journal.lock("correct horse battery staple")
    journal.close()
    locked = unescape(exporter.page(chapter, journal.path))
    assert words.say("jupyter.exporter.locked") in locked
    assert "workbook report --journal" in locked
    assert SHARED not in locked


def convert(notebook: Path, *options: str) -> str:
    """Run `jupyter nbconvert`, and return the page it wrote."""
    command = [sys.executable, "-m", "nbconvert", str(notebook), "--output", "out.html", *options]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (notebook.parent / "out.html").read_text("utf-8")


@pytest.mark.process
def test_nbconvert_writes_the_chapter_and_its_plain_page_says_where_the_answers_are(journal: Journal) -> None:
    """`--to mend` finds the journal beside the notebook; `--to html --execute` has a sentence for each form."""
    chapter, name = answer(journal)
    notebook = journal.path / f"{name}.ipynb"
    assert SHARED in convert(notebook, "--to", NAME)
    plain = convert(notebook, "--to", "html", "--execute")
    forms = [each for each in journal.workbook.chapter(chapter).exercises if not each.retired]
    assert plain.count('class="mend-sentence"') == len(forms)
    assert all(f"What was answered in “{form.title}” is in the journal" in plain for form in forms)
    assert "widget-view" not in plain
    assert SHARED not in plain
    assert json.loads(notebook.read_text("utf-8"))["cells"][1]["outputs"] == []  # the notebook itself is as it was


def write_everywhere(journal: Journal) -> dict[bool, list[str]]:
    """Write a word of its own into every question that takes words; returns them, by whether they are private."""
    written: dict[bool, list[str]] = {True: [], False: []}
    for exercise in journal.workbook.exercises:
        for item in exercise.items if not exercise.retired else ():
            if item.kind in ("text", "longtext") and not item.retired:
                private = exercise.share == "private"
                word = f"qz{len(written[private])}{'private' if private else 'shared'}"
                try:
                    journal.save(item.id, word, occasion=journal.occasion_now(exercise.id))
                except InvalidAnswer:  # words of a certain form
                    continue
                written[private].append(word)
    return written


def every_chapter(journal: Journal) -> nbformat.NotebookNode:
    """Return one notebook with each different cell of all of them: run once, it has every form and panel there is."""
    read = [nbformat.read(path, as_version=4) for path in sorted(journal.path.glob("*.ipynb"))]
    cells = {cell.source: cell for notebook in read for cell in notebook.cells}
    whole: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=list(cells.values()), metadata=read[0].metadata)
    return whole


@pytest.mark.process
@pytest.mark.parametrize("locked", [False, True])
def test_no_export_holds_what_is_private_or_locked(journal: Journal, locked: bool) -> None:
    """Every form and panel, run and exported as the notebook and as pages; then each chapter as a page of Mend."""
    written, notebook = write_everywhere(journal), every_chapter(journal)
    assert (len(written[True]) > 3, len(written[False]) > 100) == (True, True)
    if locked:
        journal.lock("correct horse battery staple")
    journal.close()
    run = execute(notebook, cwd=str(journal.path), kernel_name="python3", timeout=120)
    for kind in ("html", "notebook", "markdown", "slides", "script"):
        came, _ = get_exporter(kind)().from_notebook_node(run)  # type: ignore[no-untyped-call] # it says no types
        assert [word for words in written.values() for word in words if word in came] == [], kind
        assert (came.count("mend-sentence") > 50) is (kind != "script"), kind
    pages = "".join(exporter.page(chapter.id, journal.path) for chapter in journal.workbook.chapters)
    assert [word for word in written[True] if word in pages] == []
    assert any(word in pages for word in written[False]) is not locked
