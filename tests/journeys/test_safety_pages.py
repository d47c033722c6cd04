"""What a safety rule closes says so kindly, with a reason and a next step; help is one key away on every chapter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines, safe_answers
from tests.journeys import filling
from tests.journeys.serving import ALONE, serving
from tests.journeys.test_journeys import BUSY, until
from workbook import definition, example
from workbook.journal import Journal, open_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

WORKBOOK = definition.load()
APOLOGY = "responsibility.apology"
WORDS = "I am sorry that I left without a word."

# A page that hears nothing for a second or two after all of it has come: until it has asked four times.
DEAF = """
let asked = 0;
const Line = WebSocket;
window.WebSocket = class extends Line {
  set onmessage(hear) { super.onmessage = (message) => { if (asked > 3) hear(message); }; }
  send(frame) {
    if (document.readyState !== "loading") asked += 1;
    super.send(frame);
  }
};
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Lab]:
    """A journal in which nothing was asked or answered yet."""
    with serving(tmp_path_factory.mktemp("safety") / "journal", *ALONE) as lab:
        yield lab


def test_nothing_can_be_typed_before_the_privacy_question(lab: Lab, page: Page) -> None:
    """On a new journal only the question of who can see this takes an answer; every other form says that it waits."""
    page.goto(lab.page("10-responsibility"))
    steps = page.locator(".mend-step")
    said = ["closed for now: Who else can read this"] * len(WORKBOOK.chapter("responsibility").exercises)
    expect(steps.locator(".mend-step-state")).to_have_text(said)
    expect(page.locator(".mend-form")).to_have_count(0)
    page.get_by_role("button", name="Open all steps").click()
    expect(page.locator(".mend-closed:visible")).to_have_count(len(said))
    assert page.locator(".mend-form :is(input, textarea, select):visible").count() == 0
    page.goto(lab.page("00-start"))
    filling.settle(page)
    expect(page.locator('[id="start.privacy"] input:visible').first).to_be_visible()
    assert page.locator(".mend-form textarea:visible").count() == 0


@pytest.mark.parametrize("notebook", [chapter.notebook for chapter in WORKBOOK.chapters])
def test_a_first_opening_is_short_and_help_opens_with_one_key_and_no_network(
    lab: Lab, page: Page, notebook: str
) -> None:
    """No more than a few screens; F1 shows numbers to call, with the network gone; Escape closes it."""
    page.goto(lab.page(notebook))
    filling.settle(page)
    tall = []
    for width in filling.TALLEST:
        page.set_viewport_size({"width": width, "height": 740})
        tall += filling.too_tall(page, width)
    assert tall == []
    page.get_by_role("button", name="Need help now?").wait_for()
    page.context.set_offline(True)
    page.keyboard.press("F1")
    help_ = page.get_by_role("dialog", name="Help, now")
    expect(help_).to_be_visible()
    expect(help_.get_by_role("link").first).to_have_attribute("href", re.compile("^tel:"))
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.context.set_offline(False)


def test_who_is_very_stirred_up_meets_short_pages_too(page: Page, tmp_path: Path, chromium: str) -> None:
    """What calms opens with its first questions and a button for the others, and without a barrier in either engine."""
    with Journal.create(tmp_path / "journal") as journal:
        safe_answers.answer_safely(journal.save)
        journal.save("start.now.stirred", 9)
    tall = []
    with serving(journal.path, *ALONE) as lab:
        for chapter in WORKBOOK.chapters:
            page.goto(lab.page(chapter.notebook))
            filling.settle(page)
            for width in filling.TALLEST:
                page.set_viewport_size({"width": width, "height": 740})
                tall += [(chapter.id, each) for each in filling.too_tall(page, width)]
            page.set_viewport_size({"width": 1280, "height": 900})
            if chapter.id in ("start", "space"):  # one that was begun, one that was not
                assert engines.faults(page) == []
    assert tall == []


def test_look_back_is_no_wall_after_three_months(page: Page, tmp_path: Path) -> None:
    """Its parts are folded to their headings; both engines find nothing, with all of them open neither."""
    with Journal.create(tmp_path / "journal", now=lambda: example.ENDS) as journal:
        example.fill(journal)
    with serving(tmp_path / "journal", *ALONE) as lab:
        page.goto(lab.page("60-review"))
        filling.settle(page)
        expect(page.get_by_role("heading", name="What changed", exact=True)).to_be_visible()
        tall = []
        for width in filling.TALLEST:
            page.set_viewport_size({"width": width, "height": 740})
            tall += filling.too_tall(page, width)
        assert tall == []
        assert engines.faults(page) == []
        page.locator(".part").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
        expect(page.locator(".mend-chart").first).to_be_visible()
        assert engines.faults(page) == []


def test_the_head_uses_the_help_of_the_page_and_remembers_where_someone_is(lab: Lab, page: Page) -> None:
    """There is one button for help, not two; a region that was chosen is shown again next time, and stays as chosen."""
    page.goto(lab.page("00-start"))
    page.locator(".mend-chapter").wait_for()
    expect(page.get_by_role("button", name="Need help now?")).to_have_count(1)
    page.keyboard.press("F1")
    page.get_by_label("Where are you?").select_option("AU")
    with open_journal(lab.journal) as journal:
        until(lambda: [held.payload for held in journal.store.records("setting")], [{"region": "AU"}])
    page.reload()
    page.locator(".mend-chapter").wait_for()
    page.keyboard.press("F1")
    expect(page.get_by_label("Where are you?")).to_have_value("AU")
    page.add_init_script(BUSY)
    page.reload()
    page.keyboard.press("F1")
    page.get_by_label("Where are you?").select_option("US")  # before the head knows what was kept
    page.evaluate("busy.tell()")
    with open_journal(lab.journal) as journal:
        until(lambda: [held.payload for held in journal.store.records("setting")], [{"region": "US"}])
    expect(page.get_by_label("Where are you?")).to_have_value("US")


def test_a_question_a_page_waits_for_is_answered_there(lab: Lab, page: Page) -> None:
    """The message waits for one answer: its link leads to the question on the same page, and the answer opens it.

    The question is there although the page heard nothing while Python said so.
    """
    page.add_init_script(DEAF)
    with open_journal(lab.journal) as journal:
        for item, value in safe_answers.SAFE.items():
            if item != "start.safety.affair":
                journal.save(item, value)
    page.goto(lab.page("20-communication"))
    message = filling.open_step(page, "communication.message")
    message.get_by_role("link", name="Answer the questions").click()
    asked = page.locator('[id="start.safety"]')
    expect(asked).to_be_in_viewport()
    expect(asked.locator(".mend-prompt:visible")).to_have_count(1)  # so many, and so direct: one at a time
    asked.get_by_role("button", name="Next").click()
    asked.get_by_role("group", name=re.compile("^Did an affair")).get_by_role("radio", name="No", exact=True).check()
    expect(message.locator(".mend-body")).to_be_visible()
    expect(message.locator(".mend-closed")).to_be_hidden()
    expect(asked).to_be_visible()
    page.reload()
    filling.settle(page)
    expect(message.locator(".mend-body")).to_be_visible()
    assert page.locator('[data-step^="start."]').count() == 0


def test_a_closed_page_says_why_what_instead_and_keeps_what_was_written(lab: Lab, page: Page) -> None:
    """A court order closes the apology: reason, other pages, help to call; earlier words can be read, none added."""
    with open_journal(lab.journal) as journal:
        safe_answers.answer_safely(journal.save)
        letter = next(item for item in journal.workbook.exercise(APOLOGY).items if item.kind == "letter")
        journal.save(letter.id, {next(iter(letter.parts)): WORDS})
        journal.save("start.safety.binds_me", "yes")
        closing = journal.standing().closing(APOLOGY)
        assert closing is not None
    page.goto(lab.page("10-responsibility"))
    form = filling.open_step(page, APOLOGY)
    expect(form.get_by_role("heading", name=closing.title)).to_be_visible()
    closed = form.locator(".mend-closed")
    assert len(closed.inner_text()) > len(closing.title) + 80  # a reason, not only a title
    expect(closed.locator(".mend-instead a").first).to_have_attribute("href", re.compile(r"\.ipynb"))
    expect(closed.locator(".mend-resources li").first).to_be_visible()
    assert form.locator(":is(input, textarea, button):visible").count() == 0  # the list of earlier ones may stay
    closed.locator("summary").click()
    expect(closed.get_by_text(WORDS)).to_be_visible()
    assert engines.axe_in_both(page) == []
    closed.get_by_role("link", name="Get through an urge").click()  # the form itself, not the top of its chapter
    expect(page.locator('[data-step="space.urges"]')).to_have_attribute("data-open", "true")
    with Journal.open(lab.journal) as journal:  # nothing was lost, and the log holds the rule without a word of theirs
        assert [event.rule for event in journal.store.events() if event.kind == "gate-closed"][-1] == "G5"
