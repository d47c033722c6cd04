"""The next ten minutes stand first on the first page and one click away in help, before and without any kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.journeys.serving import serving
from tests.journeys.test_journeys import until
from workbook.definition import kinds
from workbook.definition.minutes import WORDS_A_MINUTE
from workbook.page import minutes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.journeys.serving import Lab

TITLE = str(minutes.words()["title"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Lab]:
    """`workbook open` on a new journal, where no page's own Python comes up."""
    folder: Path = tmp_path_factory.mktemp("minutes")
    code = "import os, sys\nif 'workbook.jupyter.kernel' in sys.orig_argv:\n    os._exit(1)\n"
    (folder / "sitecustomize.py").write_text(code)
    with serving(folder / "journal", environment={"PYTHONPATH": str(folder)}) as lab:
        yield lab


def moving(page: Page) -> int:
    """Count what moves on the page."""
    count: int = page.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length")
    return count


@pytest.mark.parametrize("width", [1280, 360])
def test_the_card_is_the_first_thing_on_the_first_page(lab: Lab, browser: Browser, width: int) -> None:
    """At one glance: its title, whom to call, and a circle that moves when asked to; nothing is found wrong with it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(lab.page("00-start"))
    card = page.get_by_role("region", name=TITLE)
    expect(card.get_by_role("heading", name=TITLE)).to_be_in_viewport()
    expect(card.get_by_role("link", name="999", exact=True)).to_be_in_viewport()
    until(lambda: moving(page), 0)
    card.get_by_text("Start", exact=True).click()
    until(lambda: moving(page), 3)  # the circle, and the two words in it
    card.get_by_text("Stop", exact=True).click()
    until(lambda: moving(page), 0)
    for each in card.locator("summary").all():
        each.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert engines.axe_in_both(page) == []
    context.close()


# How many words can be seen on the page before a control.
READ_BEFORE = """(control) => {
  const range = document.createRange();
  range.setStart(document.body, 0);
  range.setEndBefore(control);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  while (walk.nextNode()) {
    const text = walk.currentNode;
    const seen = range.intersectsNode(text) && text.parentElement.checkVisibility({ visibilityProperty: true });
    words += seen ? text.data.split(/\\s+/).filter(Boolean).length : 0;
  }
  return words;
}"""


@pytest.mark.parametrize("width", [1280, 360])
def test_the_first_thing_that_helps_is_reached_within_three_minutes(lab: Lab, browser: Browser, width: int) -> None:
    """By the counting of `check --minutes`: every word above it is read, and each key counts as a click; no kernel."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(lab.page("00-start"))
    page.locator("aside[data-ready]").wait_for()
    card = page.get_by_role("region", name=TITLE)
    start = card.get_by_role("checkbox")
    keys = 0
    while not start.evaluate("(box) => box === document.activeElement"):
        page.keyboard.press("Tab")
        keys += 1
        assert keys < 15
    page.keyboard.press("Space")
    expect(start).to_be_checked()
    assert moving(page) == 3
    words = start.evaluate(READ_BEFORE)
    assert words > len(str(minutes.words()["intro"]).split())  # they are seen and counted
    assert words / WORDS_A_MINUTE + (keys + 1) * kinds.CLICK / 60 < 3
    context.close()


def test_whoever_asked_for_less_motion_has_a_still_circle_and_the_words(lab: Lab, page: Page) -> None:
    """Nothing moves, nothing can be started, and the counting is said in words."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(lab.page("00-start"))
    card = page.get_by_role("region", name=TITLE)
    expect(card.get_by_text("Start", exact=True)).to_be_hidden()
    expect(card.get_by_text(str(minutes.words()["breathing"]["still"])).first).to_be_visible()
    until(lambda: moving(page), 0)


def test_the_card_is_one_click_away_in_help_by_keyboard_alone(lab: Lab, page: Page) -> None:
    """F1 on any chapter, then its title; its numbers follow the region that is chosen there."""
    page.goto(lab.page("30-space"))
    page.locator("aside[data-ready]").wait_for()
    page.keyboard.press("F1")
    help_ = page.get_by_role("dialog", name="Help, now")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(help_.get_by_role("heading", name=str(minutes.words()["breathing"]["title"]))).to_be_visible()
    help_.get_by_label("Where are you?").select_option("AU")
    expect(help_.locator(".mend-danger").get_by_role("link", name="000", exact=True)).to_be_visible()
    assert engines.axe_in_both(page) == []


def test_without_scripts_the_card_and_every_number_can_be_read(lab: Lab, browser: Browser) -> None:
    """Help is in the page itself, not in what a script makes of it."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(lab.page("00-start"))
    card = page.get_by_role("region", name=TITLE)
    expect(card.get_by_role("link", name="112", exact=True)).to_be_visible()
    card.get_by_text("Start", exact=True).click()
    expect(card.get_by_text("Stop", exact=True)).to_be_visible()
    for number in ("999", "988", "000"):
        expect(page.locator(".mend-sos-list").get_by_role("link", name=number, exact=True).first).to_be_visible()
    context.close()
