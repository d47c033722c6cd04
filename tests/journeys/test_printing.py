"""Printing in `workbook open` prints the chapter with its answers, not one screen of JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from tests.journeys import filling
from tests.journeys.test_journeys import SAVED, state

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

ANSWER = "I left the room before it was said."
LISTEN = "window.top.printed ??= []; window.print = () => window.top.printed.push(window.location.pathname);"


@pytest.fixture
def chapter(lab: Lab, page: Page) -> Any:
    """The chapter with every kind of question inside JupyterLab, with one answer."""
    page.add_init_script(LISTEN)
    page.goto(lab.url("lab/tree/01-every.ipynb"))
    frame = page.frame_locator('iframe[src*="01-every"]')
    form = filling.every_kind(frame)
    form.get_by_label("What would a camera have seen?").fill(ANSWER)
    form.get_by_label("What would a camera have seen?").blur()
    expect(state(form)).to_have_text(SAVED)
    return frame


def test_the_keys_print_the_chapter_wherever_the_focus_is(page: Page, chapter: Any) -> None:
    """Control-P asks the frame of the chapter to print, from inside it and from the window around it."""
    page.keyboard.press("Control+p")
    page.wait_for_function("window.printed?.length === 1")  # its answers are there first
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+p")
    page.wait_for_function("window.printed.length === 2")
    printed = page.evaluate("window.printed")
    assert [path.rsplit("/", 1)[-1] for path in printed] == ["01-every.ipynb"] * 2
    assert all("/voila/render/" in path for path in printed)


def test_the_menu_of_the_browser_prints_the_whole_chapter(page: Page, chapter: Any, tmp_path: Path) -> None:
    """What is printed of the window around it holds the answer and the last words, and no list of chapters."""
    del chapter  # it is open
    text = printed(page, tmp_path)
    assert ANSWER in text
    assert "Moving on" not in text  # a title in the list


def test_what_is_folded_on_look_back_is_printed(page: Page, lab: Lab, tmp_path: Path) -> None:
    """All of it is on paper, to the last words; afterwards it is folded as before."""
    page.goto(lab.page("60-review"))
    filling.settle(page)
    inside = page.get_by_text("The numbers and the answers behind them").first
    expect(page.get_by_role("heading", name="What changed", exact=True)).to_be_visible()
    expect(inside).to_be_hidden()
    text = printed(page, tmp_path)
    assert "The numbers and the answers behind them" in text
    assert "That is enough for today." in text
    expect(inside).to_be_hidden()


def printed(page: Page, folder: Path) -> str:
    """Return all words of what the browser prints."""
    path = folder / "printed.pdf"
    page.pdf(path=path)
    document = pypdfium2.PdfDocument(path)
    text = " ".join(each.get_textpage().get_text_range() for each in document)
    document.close()
    return " ".join(text.split())
