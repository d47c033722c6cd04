"""Help, the way out and F1 stand in a page's own HTML: they are there when no kernel ever comes."""

from __future__ import annotations

import contextlib
import re
import urllib.request
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.serving import serving
from workbook import words
from workbook.journal import Journal
from workbook.safety import helplines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

# What keeps a page's Python from coming up, as code that it runs first.
TROUBLES = {
    "no ipykernel": "os._exit(1)",
    "an import that fails": "sys.modules['pydantic'] = None",
}


@pytest.fixture(scope="module", params=TROUBLES)
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Lab]:
    """`workbook open` on a computer where a page's own Python comes up no more: something was answered before."""
    folder: Path = tmp_path_factory.mktemp("trouble")
    code = f"import os, sys\nif 'workbook.jupyter.kernel' in sys.orig_argv:\n    {TROUBLES[request.param]}\n"
    (folder / "sitecustomize.py").write_text(code)
    with Journal.create(folder / "journal") as journal:
        journal.save("start.privacy.shared_device", "no")
    with serving(folder / "journal", environment={"PYTHONPATH": str(folder)}) as lab:
        yield lab


def test_help_and_the_way_out_need_no_kernel(lab: Lab, page: Page) -> None:
    """F1 shows the emergency sentence and numbers for where one is; another region is one choice away."""
    page.route("https://**", lambda route: route.fulfill(body="elsewhere"))
    page.goto(lab.page("00-start"), wait_until="commit")
    page.locator("aside[data-ready]").wait_for()
    page.keyboard.press("F1")
    help_ = page.get_by_role("dialog", name="Help, now")
    expect(help_).to_contain_text("call your local emergency number first")
    expect(help_.get_by_role("link", name="999", exact=True)).to_be_visible()  # the browser speaks British English
    help_.get_by_label("Where are you?").select_option("US")
    expect(help_.get_by_role("link", name="988", exact=True)).to_be_visible()
    expect(help_.get_by_role("link", name="999", exact=True)).to_be_hidden()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.get_by_role("button", name="Leave this page").click()
    page.wait_for_url("https://www.bing.com/")


def test_a_page_whose_python_does_not_come_says_so_in_words(lab: Lab, page: Page) -> None:
    """The words of the chapter can be read, one sentence says what to do, and nothing speaks of Voilà or tracebacks."""
    page.goto(lab.page("00-start"))
    trouble = page.get_by_role("alert")
    expect(trouble).to_have_count(1)
    expect(trouble).to_contain_text(words.say("jupyter.viewer.not_started"))
    expect(trouble.get_by_role("link", name="Reload this page")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="The next ten minutes")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Next: "))).to_be_visible()  # the last of its words
    expect(page.locator("#loading")).to_be_hidden()
    said = page.locator("body").inner_text()
    assert [word for word in ("Voilà", "traceback", "Error", "kernel") if word.lower() in said.lower()] == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_address_of_a_step_that_cannot_come_leads_to_why(lab: Lab, page: Page, width: int) -> None:
    """Who follows a link to a step, or the link past the words, is told what is the matter where they land."""
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{lab.page('10-responsibility')}#shares")
    trouble = page.get_by_role("alert")
    expect(trouble.get_by_text(words.say("jupyter.viewer.not_started"))).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 0)")
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    expect(trouble.get_by_text(words.say("jupyter.viewer.not_started"))).to_be_in_viewport(ratio=1)
    page.keyboard.press("Tab")
    expect(trouble.get_by_role("link", name="Reload this page")).to_be_focused()


def test_the_numbers_stand_in_the_source_of_the_page(lab: Lab) -> None:
    """Without a script, too: whoever reads the page has the emergency sentence and every region's numbers."""
    with urllib.request.urlopen(lab.page("00-start")) as answer:  # noqa: S310 # our own server
        source = ""
        while "</aside>" not in source:
            source += answer.read1().decode()
    numbers = {line.number for region in helplines.regions() for line in helplines.helplines(region) if line.number}
    assert len(numbers) > 50
    assert {number for number in numbers if f">{number}</a>" not in source} == set()
    assert "call your local emergency number first" in source


def test_an_address_that_leads_nowhere_is_said_in_words(lab: Lab) -> None:
    """The page says what to do and where the first one is, and whom to call; it speaks of no server.

    It does so wherever below our path the address is, also where Voilà would list what there is.
    """
    first = f'<a href="{lab.base}voila/render/00-start.ipynb">'
    there = ("voila/render/99-nowhere.ipynb", "voila/render/a/b.ipynb", "voila/render/", "voila/render", "voila")
    for path in (*there, "voila/", "voila/tree", "voila/tree/a", "nowhere", "a/b/", "robots.txt"):
        with pytest.raises(HTTPError) as missing:
            urllib.request.urlopen(lab.url(path))  # noqa: S310 # our own server
        said = missing.value.read().decode()
        assert (missing.value.code, path) == (404, path)
        assert "There is no page of this name in your journal" in said, path
        assert first in said, path
        assert "call your local emergency number" in said, path
        assert "Voil" not in said, path


def test_the_path_without_its_last_stroke_leads_in(lab: Lab) -> None:
    """Whoever leaves it out is brought to where it is; no other path is answered."""
    where = urlsplit(lab.address)
    asked = HTTPConnection(where.hostname or "", where.port, timeout=30)
    with contextlib.closing(asked):
        asked.request("GET", lab.base.rstrip("/"))
        answer = asked.getresponse()
        assert (answer.status, answer.headers["Location"]) == (302, lab.base)
