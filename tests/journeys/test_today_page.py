"""The sitting of someone who comes back: the short check, the day in one tap, a step; and the list of chapters."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.journeys.serving import ALONE, serving
from tests.journeys.test_journeys import until
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.storage.database import local_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

SMALL = "The phone stays in the hall at dinner."


def noon() -> str:
    """Name a time zone in which it is between twelve and one now: after midnight the page asks more."""
    return f"NOON{datetime.now(UTC).hour - 12:+d}"


@pytest.fixture
def back(tmp_path: Path, chromium: str) -> Iterator[Lab]:
    """A journal begun eight days ago, in another week, with something planned and a step half done."""
    then = timedelta(days=8)
    with Journal.create(tmp_path / "journal", now=lambda: local_now() - then) as journal:
        answer_safely(journal.save)
        journal.save("improvement.plans.commitment", SMALL)
        journal.save("responsibility.shares.moment", "The evening about the holiday.")
    with serving(journal.path, *ALONE, environment={"TZ": noon()}) as lab:
        yield lab


def days(journal: Path) -> list[object]:
    """What the journal holds of the days told in one tap, the oldest first."""
    with Journal.open(journal) as opened:
        told = {
            occasion: one.value for (item, occasion), one in opened.responses().items() if item.endswith(".log.went")
        }
    return [told[occasion] for occasion in sorted(told)]


# The list of chapters lies on no word of the page: it stands above it, or beside it, help and the way out below it.
BESIDE = """() => {
  const box = (named) => document.querySelector(named).getBoundingClientRect();
  const [list, help, page] = [".mend-contents", ".mend-fixed", "main"].map(box);
  return list.bottom <= page.top || list.right <= page.left && help.right <= list.right && list.bottom <= help.top;
}"""


# In each frame until Today is there: what keeps the words of the first visit from being seen, and how long.
WATCH = """
window.stands = null;
const look = () => {
  const today = document.querySelector(".mend-today");
  if (today && !today.hidden) return;
  for (const each of document.querySelectorAll("main > .words, main > .mend-minutes")) {
    const style = getComputedStyle(each);
    if (each.checkVisibility({ visibilityProperty: true })) continue;
    window.stands = ["Name", "Duration", "IterationCount", "FillMode"].map((each) => style[`animation${each}`]);
  }
  requestAnimationFrame(look);
};
look();
"""


def test_who_comes_back_does_not_meet_the_words_of_a_first_visit(back: Lab, page: Page) -> None:
    """Until Today is there its place stays quiet, with help beside it; for four seconds at most, if nothing comes."""
    page.add_init_script(WATCH)
    page.emulate_media(reduced_motion="reduce")
    page.goto(back.page("00-start"), wait_until="commit")
    page.get_by_role("button", name="Need help now?").wait_for()
    expect(page.get_by_role("region", name="Today").get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("window.stands") == ["mend-quiet", "4s", "1", "none"]


def test_in_the_first_sitting_the_card_stays_open(page: Page, tmp_path: Path, chromium: str) -> None:
    """Who reloads the page after the first answer meets no Today, and the card as it stood: open, its numbers seen."""
    with Journal.create(tmp_path / "journal") as journal:
        journal.save("start.privacy.shared_device", "no")
    with serving(tmp_path / "journal", *ALONE) as lab:
        page.goto(lab.page("00-start"), wait_until="commit")
        expect(page.locator("main > .mend-folded > summary")).to_be_visible()  # at once, whatever comes
        expect(page.locator(".mend-today.mend-known")).to_be_attached()
        expect(page.locator(".mend-today.mend-known")).to_be_hidden()
        expect(page.get_by_role("region", name="The next ten minutes")).to_be_visible()
        expect(page.get_by_text("If you are reading this")).to_be_visible()


def test_the_sitting_of_someone_who_comes_back(back: Lab, page: Page) -> None:
    """Check, day and step take eight clicks, five of them the answers of the check; undo brings back a blank."""
    clicks = 0
    page.goto(back.page("00-start"))
    today = page.get_by_role("region", name="Today")
    expect(today.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Good to see you\. It is \w+day\.$"))
    cards = ["How are you right now?", "A hard moment?", "Today’s small thing", "What is due", "Where you left off"]
    expect(today.get_by_role("heading", level=2)).to_have_text(cards)
    expect(page.locator(".mend-heed")).to_have_count(0)  # that the check is due is said in its card
    for named in (page.locator(".mend-crumb b"), page.locator(".mend-contents [aria-current] span").first):
        expect(named).to_have_text("Today")
    for width in (1280, 1056, 800, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(BESIDE)
        assert width != 1056 or engines.axe_in_both(page) == []  # the others: in the sitting after a week
    page.emulate_media(media="print")
    expect(page.locator(":is(.mend-today, .mend-sheet) :is(a.mend-go, button, summary):visible")).to_have_count(0)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.get_by_text("If you are reading this")).to_be_hidden()  # folded, and the card as well
    expect(today.get_by_text("Breathe with the circle")).to_be_hidden()
    card = today.locator("summary", has_text="The next ten minutes")
    card.click()
    expect(today.get_by_role("heading", name="Breathe with the circle")).to_be_visible()
    card.click()

    day = today.get_by_role("group", name="How it went on")
    day.get_by_role("button", name="I kept it").evaluate("(button) => { window.held = button; }")
    today.get_by_role("link", name="Answer them").click()
    clicks += 1
    check = page.locator("[id='start.now']")
    check.get_by_label("None of these", exact=True).first.check()
    check.get_by_role("group", name="How stirred up am I right now?").get_by_role("radio").nth(2).check()
    for question in ("hurting or killing someone else?", "Am I drunk or high", "Since last time, has anything changed"):
        check.get_by_role("group", name=question).get_by_label("No", exact=True).check()
    clicks += 5
    expect(today.get_by_role("link", name="Answer them")).to_have_count(0)
    assert page.evaluate("window.held.isConnected")  # Today was told anew, and took no button from under a finger

    day.get_by_role("button", name="I kept it").click()
    clicks += 1
    expect(today.get_by_role("status")).to_have_text(re.compile(r"^Saved \d\d:\d\d\. \w+day: I kept it$"))
    expect(day.get_by_role("button", name="I kept it")).to_have_attribute("aria-pressed", "true")
    until(lambda: days(back.journal), ["kept"])
    today.get_by_role("button", name="Undo").press("Enter")
    expect(today.get_by_role("status")).to_have_text(re.compile(r"^Undone\. \w+day is as it was before\.$"))
    until(lambda: days(back.journal), [])
    day.get_by_role("button", name="I kept it").click()
    expect(today.get_by_role("status")).to_have_text(re.compile(r"^Saved "))
    until(lambda: days(back.journal), ["kept"])
    today.get_by_role("button", name="Fill in yesterday").click()
    today.get_by_role("group", name="How it went on").nth(1).get_by_role("button", name="It slipped").click()
    until(lambda: days(back.journal), ["slipped", "kept"])
    expect(today.get_by_role("button", name="Undo")).to_be_focused()
    expect(today.get_by_text("Yesterday is still blank")).to_have_count(0)

    today.get_by_role("link", name="Go on").click()
    clicks += 1
    field = page.locator("[id='responsibility.shares']").get_by_role("textbox").first
    expect(field).to_have_value("The evening about the holiday.")
    assert clicks == 8  # five of them are the answers of the check
    chapters = page.get_by_role("navigation", name="Chapters").get_by_role("link")
    expect(chapters.first).to_have_text(re.compile(r"^Today\s*1 of \d$"))
    expect(chapters.nth(1)).to_have_attribute("aria-current", "page")
