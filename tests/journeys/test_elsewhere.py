"""The notebooks are ordinary ones: they work in Voilà and in JupyterLab without `workbook open`."""

from __future__ import annotations

import contextlib
import shutil
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.exporting import exported, pick, read_offline
from tests.journeys.serving import serving
from tests.journeys.test_journeys import SAVED, choose, run_all, state, until
from tests.safe_answers import answer_safely
from workbook import definition, resources, words
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.journeys.serving import Lab, Place

LONDON = {"TZ": "Europe/London"}  # whose numbers are shown follows the clock's zone
HOPE, WORDS = "start.hopes.hope", "I hope to sleep again."
PRIVATE = "Can anyone else use or look at this device"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def notebooks(place: Place) -> Path:
    """The shipped notebooks, copied to where someone keeps theirs."""
    copied: Path = shutil.copytree(resources.notebooks(), place.home / "own")
    return copied


def answer(page: Page, place: Place) -> None:
    """Say who can see this screen, and find it in the journal in the home folder."""
    form = page.locator('[id="start.privacy"]')
    choose(form.get_by_role("group").first.get_by_role("radio", name="No", exact=True))
    expect(state(form)).to_have_text(SAVED)
    with Journal.open(place.journal) as journal:
        found = [(answer.item, answer.value) for answer in journal.store.current()]
    assert found == [("start.privacy.shared_device", "no")]


def ask_for_help(page: Page) -> None:
    """Open the list of numbers with F1, and close it again: there it is drawn with the head of the chapter."""
    page.keyboard.press("F1")
    help_ = page.get_by_role("dialog", name="Help, now")
    expect(help_.get_by_role("link", name="999", exact=True)).to_be_visible()
    help_.get_by_role("button", name="Close").click()
    expect(help_).to_be_hidden()


def listens(lab: Lab) -> bool:
    """Say whether a server takes connections."""
    with contextlib.suppress(OSError), socket.create_connection(("localhost", urlsplit(lab.address).port or 0)):
        return True
    return False


def test_the_notebooks_work_in_voila(page: Page, notebooks: Path, place: Place) -> None:
    """`voila notebooks/` shows the page; what is answered there is kept in ~/Mend."""
    with serving(notebooks, program=("-m", "voila"), command=(), environment=place.environment | LONDON) as voila:
        page.goto(f"{voila.address}voila/render/00-start.ipynb")
        answer(page, place)
        ask_for_help(page)
        voila.process.terminate()  # after a Ctrl-C it goes on for a minute while a page is open


def test_the_notebooks_work_in_jupyterlab(page: Page, browser: Browser, notebooks: Path, place: Place) -> None:
    """`jupyter lab notebooks/` and Run All show the same form, keep what is answered, and export it from the menu."""
    command = ("--allow-root", "-y", "--MendPage.private=True")
    with serving(
        notebooks, program=("-m", "jupyterlab"), command=command, environment=place.environment | LONDON
    ) as jupyter:
        until(lambda: listens(jupyter), True)  # it says where it is a moment before it is there
        page.goto(jupyter.url("lab/tree/00-start.ipynb"))
        page.get_by_text("(ipykernel) | Idle").wait_for()  # until then JupyterLab runs nothing, and says nothing
        pick(page, "Run", "Run All Cells")
        answer(page, place)
        ask_for_help(page)
        with Journal.open(place.journal) as journal:
            answer_safely(journal.save)
            journal.save(HOPE, WORDS)
        exports(page, browser, place, private=True)
        jupyter.process.terminate()  # a Ctrl-C is asked about


def test_the_editor_of_mend_exports_the_same(page: Page, browser: Browser, place: Place) -> None:
    """`workbook open --plain`: the chapter as a page of its own, and Jupyter's with a sentence for each form."""
    with Journal.create(place.journal) as journal:
        answer_safely(journal.save)
        journal.save(HOPE, WORDS)
    with serving(place.journal, "--plain", environment=place.environment) as lab:
        page.goto(lab.url("lab/tree/00-start.ipynb"))
        run_all(page)
        page.locator(".mend-step .mend-form").first.wait_for(state="attached")  # what is left to answer is drawn
        exports(page, browser, place, private=False)


def put_in_place(own: Path, other: Path) -> None:
    """Let a journal be another one: open pages would keep it from being locked where it is."""
    away = own.parent.parent / "away"
    away.mkdir()
    for each in [one for one in own.iterdir() if one.name not in ("lab", "run")]:  # what the server itself works with
        each.rename(away / each.name)
    for each in other.iterdir():
        each.rename(own / each.name)


def exports(page: Page, browser: Browser, place: Place, *, private: bool) -> None:
    """Export the first chapter both ways, open and locked, and open without a network what Mend's gave.

    Private answers are in it only where the program was started to put them in; of a locked journal, nothing is.
    """
    folder = place.profile
    mend, plain = exported(page, "Mend", folder), exported(page, "HTML", folder).read_text("utf-8")
    said = read_offline(browser, mend)
    assert (WORDS in said, PRIVATE in said) == (True, private)
    told = "This file holds private answers" if private else "private ones. They go in only when you ask"
    assert told in said
    assert mend.stat().st_size < 100_000
    forms = [form.title for form in definition.load().chapter("start").exercises if not form.retired]
    assert [title for title in forms if f"What was answered in “{title}” is in the journal" not in plain] == []
    assert [word for word in (WORDS, "widget-view+json") if word in plain] == []

    with Journal.create(place.home / "locked") as journal:
        answer_safely(journal.save)
        journal.save(HOPE, WORDS)
        journal.lock(PASSPHRASE)
    put_in_place(place.journal / ".mend", place.home / "locked" / ".mend")
    mend, plain = exported(page, "Mend", folder), exported(page, "HTML", folder).read_text("utf-8")
    said = read_offline(browser, mend)
    assert (words.say("jupyter.exporter.locked") in said, "workbook report --journal" in said) == (True, True)
    assert [word for word in (WORDS, PRIVATE) if word in said or word in plain] == []
    assert mend.stat().st_size < 100_000
