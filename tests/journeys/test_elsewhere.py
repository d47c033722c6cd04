"""The notebooks are ordinary ones: they work in Voilà and in JupyterLab without `workbook open`."""

from __future__ import annotations

import contextlib
import shutil
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.serving import serving
from tests.journeys.test_journeys import SAVED, choose, state, until
from workbook import resources
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab, Place

LONDON = {"TZ": "Europe/London"}  # whose numbers are shown follows the clock's zone


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


def test_the_notebooks_work_in_jupyterlab(page: Page, notebooks: Path, place: Place) -> None:
    """`jupyter lab notebooks/` and Run All show the same form, and keep what is answered in the same place."""
    command = ("--allow-root", "-y")
    with serving(
        notebooks, program=("-m", "jupyterlab"), command=command, environment=place.environment | LONDON
    ) as jupyter:
        until(lambda: listens(jupyter), True)  # it says where it is a moment before it is there
        page.goto(jupyter.url("lab/tree/00-start.ipynb"))
        page.get_by_text("(ipykernel) | Idle").wait_for()  # until then JupyterLab runs nothing, and says nothing
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        answer(page, place)
        ask_for_help(page)
        jupyter.process.terminate()  # a Ctrl-C is asked about
