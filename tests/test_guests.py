"""Questions that a page waits for are asked on that page too, where its first closed exercise stands."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.safe_answers import SAFE, answer_safely
from workbook import definition
from workbook.answers.kinds import Response
from workbook.journal import Journal
from workbook.jupyter import notebooks
from workbook.safety import coverage
from workbook.safety import gates as safety

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKBOOK = definition.load()
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
MESSAGE = "communication.message"
CHECK = {item for item in SAFE if item.startswith("start.safety.")}


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def journal(tmp_path: Path, clock: list[datetime]) -> Iterator[Journal]:
    """Someone who has answered what comes first, and none of the questions before contact."""
    with Journal.create(tmp_path / "journal", now=lambda: clock[0]) as journal:
        for item, value in SAFE.items():
            if item not in CHECK:
                journal.save(item, value)
        yield journal


def shown(guest: Any) -> list[str]:
    """The exercises that stand in the room left for a guest."""
    return [form.exercise["id"] for form in guest.children]


def test_they_are_asked_before_the_first_that_waits() -> None:
    """The four questions stand first in each chapter, the others before the apology and before the message."""
    assert coverage.asked_before(WORKBOOK) == {
        "responsibility.rating": ("start.now",),
        "responsibility.apology": ("start.safety",),
        "communication.rating": ("start.now",),
        "communication.message": ("start.safety",),
        "space.rating": ("start.now",),
        "improvement.rating": ("start.now",),
        "moving-on.acceptance": ("start.now",),
        "review.next": ("start.now",),
    }


@pytest.mark.parametrize("left", ["start.now", "start.safety"])
@pytest.mark.parametrize("hours", [0, 4])
def test_whatever_waits_has_its_questions_on_its_page(left: str, hours: int) -> None:
    """Each page that is closed for want of answers holds the form that asks them, or is that form's own."""
    given = {
        (item, "2026-11-23" if item.startswith(("start.now", "start.wellbeing")) else "once"): Response(
            value, "answered", NOW - timedelta(hours=hours)
        )
        for item, value in SAFE.items()
        if hours or not item.startswith(left)
    }
    pages = notebooks.generate(WORKBOOK)
    waiting = safety.standing(WORKBOOK, given, NOW).closings.items()
    assert {form for _, closing in waiting for form in closing.asks} == ({"start.now"} if hours else {left})
    for id, closing in waiting:
        page = pages[f"{WORKBOOK.chapter(WORKBOOK.exercise(id).chapter_id).notebook}.ipynb"]
        asked = re.findall(r'exercise\(\\"([a-z._-]+)\\"\)', page)
        for form in closing.asks:
            assert asked.index(form) < asked.index(id)


def test_someone_answers_where_they_are_and_the_page_opens(journal: Journal) -> None:
    """The form stands there while the message waits for it, is what the closed page points to, and then opens it."""
    guest: Any = journal.exercise("start.safety", within="communication")
    desk = journal._desk
    message = journal.workbook.exercise(MESSAGE)
    assert shown(guest) == ["start.safety"]
    closed = desk.payload(message, None)["closed"]
    assert closed["instead"] == [{"label": "Answer the questions", "href": "20-communication.ipynb#start.safety"}]
    assert "They stand before it on this page" in closed["html"]
    answer_safely(journal.save)
    assert desk.payload(message, None)["closed"] is None
    assert shown(guest) == ["start.safety"], "it does not go from under the hands of someone who reads it again"
    assert shown(journal.exercise("start.safety", within="communication")) == []


def test_a_page_is_read_while_the_browser_draws_it(journal: Journal) -> None:
    """In a kernel the cells of a page wait for no answer of years; what is read comes right after the last of them."""

    async def page() -> list[str]:
        guest: Any = journal.exercise("start.safety", within="communication")
        journal.exercise(MESSAGE, within="communication")
        assert shown(guest) == []
        async with asyncio.timeout(30):
            while not guest.children:
                await asyncio.sleep(0.01)
        return shown(guest)

    assert asyncio.run(page()) == ["start.safety"]
    journal.close()
    journal._desk._read()  # a page that closed meanwhile: whoever asks hears of it


def test_nobody_is_asked_where_nothing_waits_or_something_graver_closes(journal: Journal) -> None:
    """Space waits for none of these answers; in a crisis the questions on contact are not asked."""
    assert shown(journal.exercise("start.safety", within="space")) == []
    journal.save("start.now.thoughts", ["suicide"])
    assert shown(journal.exercise("start.safety", within="communication")) == []


@pytest.mark.parametrize("hours", [0, 4])
def test_half_of_the_questions_answered_just_now_is_no_change_to_ask_about(
    journal: Journal, clock: list[datetime], hours: int
) -> None:
    """Someone in the middle of the questions is sent to those that are left; on another visit, to the short check."""
    for item in sorted(CHECK - {"start.safety.affair"}):
        journal.save(item, SAFE[item])
    clock[0] += timedelta(hours=hours)
    if hours:
        for item in ("thoughts", "harm_others", "stirred", "drunk_or_high"):
            journal.save(f"start.now.{item}", SAFE[f"start.now.{item}"])
    closing = journal.standing().closings[MESSAGE]
    assert closing.asks == (("start.now", "start.safety") if hours else ("start.safety",))


def test_the_short_check_comes_to_the_page_when_it_is_due(journal: Journal, clock: list[datetime]) -> None:
    """On a page that stays open over three hours the four questions appear when it is read again, with their link."""
    answer_safely(journal.save)
    guest: Any = journal.exercise("start.now", within="communication")
    message = journal.workbook.exercise(MESSAGE)
    assert shown(guest) == []
    clock[0] += timedelta(hours=4)
    closed = journal._desk.payload(message, None)["closed"]
    assert shown(guest) == ["start.now"]
    assert closed["instead"] == [{"label": "The short check", "href": "20-communication.ipynb#start.now"}]


def test_in_its_own_chapter_a_form_is_always_there(journal: Journal) -> None:
    """On the first page nothing is a guest, and a notebook of someone's own shows what it names."""
    assert journal.exercise("start.safety", within="start").exercise["id"] == "start.safety"
    answer_safely(journal.save)
    assert journal.exercise("start.safety").exercise["id"] == "start.safety"
    journal.save("start.safety.between_us", ["said_no"])
    closed = journal._desk.payload(journal.workbook.exercise(MESSAGE), None)["closed"]
    assert {"label": "They reached out to me", "href": "00-start.ipynb#start.safety"} in closed["instead"]
