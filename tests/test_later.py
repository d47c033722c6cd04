"""What comes later says when, opens for whoever wants it now, and never holds back help or what was begun."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.clock import Clock
from tests.safe_answers import SAFE, answer_safely
from workbook import definition
from workbook.definition import drift
from workbook.definition.asks import Asks, Assigned, Task
from workbook.journal import Journal, open_journal
from workbook.safety.later import waits

WORKBOOK = definition.load()
WELLBEING, HOPES = WORKBOOK.exercise("start.wellbeing"), WORKBOOK.exercise("start.hopes")
FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock):
    clock.time = FIRST
    with open_journal(tmp_path / "Mend", now=clock) as journal:
        journal.save("start.privacy.watched", "no")
        yield journal


def test_what_comes_later_is_named_in_the_file() -> None:
    """Well-being from the second visit, hopes and rulers after a week; everything else is there at once."""
    held = {one.id: one.later.model_dump(exclude_none=True) for one in WORKBOOK.exercises if one.later}
    assert held == {"start.wellbeing": {"visit": 2}, "start.hopes": {"days": 7}, "start.rulers": {"days": 7}}


@pytest.mark.parametrize(("after", "comes"), [(0, 2), (3, 2), (3.01, None), (100, None)])
def test_a_second_visit_begins_after_more_than_three_hours(after: float, comes: int | None) -> None:
    """One step before, at and after the limit; a week of answers in one visit would still be one."""
    now, before = FIRST + timedelta(hours=after), FIRST - timedelta(hours=2)
    assert waits(WELLBEING, FIRST, [FIRST], now) == comes
    assert waits(WELLBEING, before, [before, FIRST], now) == comes


def test_before_the_first_answer_it_is_the_first_visit() -> None:
    """Nothing was answered yet: the second visit and the week are still to come."""
    assert (waits(WELLBEING, None, [], FIRST), waits(HOPES, None, [], FIRST)) == (2, date(2026, 3, 9))


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 0, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 9, 1, 0, tzinfo=timezone(timedelta(hours=2))), None),
    ],
)
def test_a_week_is_seven_of_the_persons_own_days(now: datetime, comes: date | None) -> None:
    """It comes at midnight of the seventh day, by the clock on the wall."""
    assert waits(HOPES, FIRST, [FIRST, FIRST + timedelta(days=3)], now) == comes


def test_it_says_when_it_comes_and_saves_all_the_same(journal: Journal, clock: Clock) -> None:
    """On the first day the forms say so; there is nothing to do in them yet, and whoever answers is not refused."""
    for item in SAFE:
        if item.startswith(("start.privacy", "start.now")):
            journal.save(item, SAFE[item])
    forms: Any = journal.exercise("start.hopes")
    desk = journal._desk
    assert forms.exercise["texts"]["later_now"] == "I want to do it now"
    said = {one.id: desk.payload(one, None)["later"] for one in (WELLBEING, HOPES)}  # type: ignore[union-attr]  # made
    assert said == {
        "start.wellbeing": "This page is for your next visit. There is nothing to do here today.",
        "start.hopes": "This page is for 9 March 2026 or later. There is nothing to do here before that.",
    }
    here = journal.progress_on(HOPES)
    assert (here.later, here.total, here.minutes, here.closed) == (True, 0, HOPES.minutes, False)
    journal.save("start.hopes.hope", "To sleep.")
    assert journal.comes(HOPES) is None, "what was begun stays"
    assert journal.progress_on(HOPES).answered == 1
    clock.forward(hours=4)
    assert journal.comes(WELLBEING) is None


def test_a_counselor_may_ask_for_it_at_once(journal: Journal) -> None:
    """A task of theirs is not held back; the others are."""
    asks = Asks(tasks=(Task(exercise="start.hopes"),))
    told = {"token": "t", "sequence": 1, "made_at": FIRST, "counselor_key": "age1", "client": "Robin"}
    journal.take(Assigned(asks=asks, counselor="Dr. Lee", **told))
    assert (journal.comes(HOPES), journal.comes(WORKBOOK.exercise("start.rulers"))) == (None, date(2026, 3, 9))


def test_an_older_journal_keeps_what_it_holds(journal: Journal) -> None:
    """An answer from before this rule is there with its form, and no edit of the workbook is named."""
    answer_safely(journal.save)
    assert journal.comes(WELLBEING) is None
    assert drift.compare(journal.store.history(), WORKBOOK) == ()


@pytest.mark.parametrize(
    ("later", "tags", "said"),
    [
        ("{visit: 2, days: 7}", "[]", "needs either “visit” or “days”"),
        ("{}", "[]", "needs either “visit” or “days”"),
        ("{visit: 1}", "[]", "Use 2 or more."),
        ("{weeks: 1}", "[]", "weeks"),
        ("{visit: 2}", "[calming]", "does not fit what helps in a hard hour"),
    ],
)
def test_check_names_what_cannot_be_held_back(tmp_path: Path, later: str, tags: str, said: str) -> None:
    """Neither both nor none, no first visit, and nothing that helps in a hard hour."""
    file = tmp_path / "late.yaml"
    file.write_text(
        f"""chapter: late
notebook: 95-late
title: Late
lede: A chapter.
minutes: 1
exercises:
  - id: one
    title: One
    minutes: 1
    later: {later}
    tags: {tags}
    source: Own question (S)
    items:
      - {{id: words, kind: text, prompt: What do I say?}}
""",
        encoding="utf-8",
    )
    assert any(said in str(problem) for problem in definition.check(file)), list(map(str, definition.check(file)))
