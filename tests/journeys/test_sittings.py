"""Two sittings of one person, whole, with every click and key counted: the first, and the one after a week."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import engines
from tests.journeys import filling
from tests.journeys.serving import ALONE, serving
from tests.journeys.test_journeys import until
from tests.journeys.test_today_page import days, noon
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.storage.database import local_now

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

WANTED = "To own my part in it"


# At the top nothing touches the window's edge; at the end nothing lies under what floats there.
CLEAR = """() => {
  const all = (named) => [...document.querySelectorAll(named)].filter((one) => one.checkVisibility());
  const boxes = (named) => all(named).map((one) => one.getBoundingClientRect());
  const said = "main .mend-chapter, main .words";
  scrollTo(0, 0);
  const above = Math.min(...boxes(said).map(({ top }) => top));
  scrollTo(0, document.documentElement.scrollHeight);
  const under = Math.max(...boxes(said).flatMap((one) => boxes(".mend-fixed > button")
    .filter(({ left, right }) => left < one.right && right > one.left).map(({ top }) => one.bottom - top)));
  scrollTo(0, 0);
  return [
    above < 16 && `${innerWidth}: ${above} px above the first words`,
    under > 0 && `${innerWidth}: ${under} px of the last words are covered`,
  ].filter(Boolean);
}"""


@dataclass
class Hands:
    """What a person does: each click and each key pressed is one."""

    page: Page
    clicks: int = 0
    keys: int = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1


def answers(journal: Path) -> dict[str, object]:
    """What the journal holds now, by item."""
    with Journal.open(journal) as opened:
        return {answer.item: answer.value for answer in opened.current()}


def choose(hands: Hands, form: Locator, question: str, answer: str) -> None:
    """Click the card of an answer, as a person does: its words, not the small circle."""
    group = form.get_by_role("group", name=question)
    hands.click(group.locator("label.mend-card").filter(has_text=re.compile(rf"^{re.escape(answer)}$")))
    expect(group.get_by_label(answer, exact=True)).to_be_checked()


def mark_done(hands: Hands, form: Locator) -> None:
    """Say that a step is done, and wait until that is saved."""
    hands.click(form.get_by_role("button", name="Mark as done"))
    expect(form.get_by_role("button", name="Done")).to_have_attribute("aria-pressed", "true")
    expect(form).to_have_attribute("data-state", "saved")


def test_the_first_sitting(page: Page, tmp_path: Path, chromium: str) -> None:
    """From the card to “that is enough for today” in thirteen clicks and not one key."""
    with serving(tmp_path / "journal", *ALONE, environment={"TZ": noon()}) as lab:
        hands = Hands(page)
        page.goto(lab.page("00-start"))
        filling.settle(page)
        expect(page.get_by_role("region", name="The next ten minutes")).to_be_visible()  # before anything is asked
        expect(page.locator(".mend-today")).to_be_hidden()
        assert engines.faults(page) == []

        privacy = page.locator("[id='start.privacy']")
        choose(hands, privacy, "Can anyone else use or look at this device", "No")
        choose(hands, privacy, "Has anyone ever checked my messages", "No")
        mark_done(hands, privacy)
        hands.click(page.get_by_role("button", name="Next: Right now"))

        now = page.locator("[id='start.now']")
        expect(page.locator('[data-step="start.now"] h2 button')).to_be_focused()
        choose(hands, now, "Do I have any of these thoughts right now?", "None of these")
        choose(hands, now, "Am I having thoughts of hurting or killing someone else?", "No")
        choose(hands, now, "How stirred up am I right now?", "2")
        choose(hands, now, "Am I drunk or high right now?", "No")
        mark_done(hands, now)
        hands.click(page.get_by_role("button", name="Next: "))

        want = page.locator("[id='start.want']")
        choose(hands, want, "What do I want most from this workbook?", WANTED)
        mark_done(hands, want)
        hands.click(page.locator('[data-step="start.want"]').get_by_role("button", name="That is enough for today"))
        expect(page.locator('[data-step="start.want"] [role=status]').first).to_have_text(
            "That is enough for today. What you wrote is saved, and you can close this page."
        )
        expect(want).to_have_count(0)  # closed: no word of it is on the page
        assert engines.axe_in_both(page) == []  # some steps done, and none open
        said = {item: value for item, value in answers(lab.journal).items() if not item.endswith((".done", ".useful"))}
        print(f"\nfirst sitting: {hands.clicks} clicks, {hands.keys} keys")
        assert said == {
            "start.privacy.shared_device": "no",
            "start.privacy.watched": "no",
            "start.now.thoughts": ["none"],
            "start.now.harm_others": "no",
            "start.now.stirred": 2,
            "start.now.drunk_or_high": "no",
            "start.want.most": "part",
        }
        assert (hands.clicks, hands.keys) == (13, 0)


def test_the_sitting_after_a_week(page: Page, tmp_path: Path, chromium: str) -> None:
    """Check, the day in one tap and yesterday in two, and on where one left off: ten clicks, six of them the check."""
    then = timedelta(days=8)
    with Journal.create(tmp_path / "journal", now=lambda: local_now() - then) as journal:
        answer_safely(journal.save)
        journal.save("improvement.plans.commitment", "The phone stays in the hall at dinner.")
        journal.save("responsibility.shares.moment", "The evening about the holiday.")
    with serving(journal.path, *ALONE, environment={"TZ": noon()}) as lab:
        hands = Hands(page)
        page.goto(lab.page("00-start"))
        today = page.get_by_role("region", name="Today")
        filling.settle(page)
        expect(today.get_by_role("heading", level=1)).to_be_visible()
        assert page.locator('.mend-step[data-open="true"]').count() == 0  # Today says what matters now
        reminder = today.locator("details.mend-what").first
        reminder.evaluate("(each) => { each.open = true; }")
        found = engines.faults(page)
        reminder.evaluate("(each) => { each.open = false; }")
        for width in filling.TALLEST:
            page.set_viewport_size({"width": width, "height": 740})
            found += filling.too_tall(page, width)
            found += page.evaluate(CLEAR)
        assert found == []
        page.set_viewport_size({"width": 1280, "height": 900})

        hands.click(today.get_by_role("link", name="Answer them"))
        now = page.locator("[id='start.now']")
        choose(hands, now, "Do I have any of these thoughts right now?", "None of these")
        choose(hands, now, "Am I having thoughts of hurting or killing someone else?", "No")
        choose(hands, now, "How stirred up am I right now?", "2")
        choose(hands, now, "Am I drunk or high right now?", "No")
        choose(hands, now, "Since last time, has anything changed", "No")
        expect(today.get_by_role("link", name="Answer them")).to_have_count(0)

        before = hands.clicks
        day = today.get_by_role("group", name="How it went on")
        hands.click(day.get_by_role("button", name="I kept it"))
        expect(today.get_by_role("status")).to_have_text(re.compile(r"^Saved \d\d:\d\d\. \w+day: I kept it$"))
        assert hands.clicks - before == 1
        hands.click(today.get_by_role("button", name="Fill in yesterday"))
        hands.click(day.nth(1).get_by_role("button", name="It slipped"))
        expect(today.get_by_text("Yesterday is still blank")).to_have_count(0)
        assert hands.clicks - before == 3

        hands.click(today.get_by_role("link", name="Go on"))
        field = page.locator("[id='responsibility.shares']").get_by_role("textbox").first
        expect(field).to_have_value("The evening about the holiday.")
        print(f"\nafter a week: {hands.clicks} clicks, {hands.keys} keys")
        assert (hands.clicks, hands.keys) == (10, 0)
        until(lambda: days(lab.journal), ["slipped", "kept"])
