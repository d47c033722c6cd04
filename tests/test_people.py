"""Twenty people, each read whole: what is open, what is said, which lines are offered, in what order."""

from __future__ import annotations

import pytest

from tests.people import GOLDEN, PEOPLE, stands, told

PURSUES = ("thirty-messages-a-day", "bound-by-an-order")
HURT = ("abused-and-blaming-oneself", "protected-by-an-order")  # and bound to nothing, so that nobody else speaks


@pytest.mark.parametrize("name", PEOPLE)
def test_each_reads_what_was_read_through(name: str) -> None:
    """A change of rules, words or lines shows here; `python -m tests.people` writes them anew, to be read."""
    assert told(PEOPLE[name]) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_there_is_no_one_else_in_the_folder() -> None:
    """Each file belongs to someone."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(PEOPLE)
    assert len(PEOPLE) == 20


@pytest.mark.parametrize("name", PEOPLE)
def test_one_notice_stands_open(name: str) -> None:
    """At most one notice is in full, whatever closes; a crisis and an age folds nothing beside it."""
    standing, _ = stands(PEOPLE[name])
    assert len(standing.notices) <= 3
    assert len({notice.gate for notice in standing.notices}) == len(standing.notices)


@pytest.mark.parametrize("name", [*PURSUES, *HURT])
def test_nobody_is_offered_the_other_sides_line(name: str) -> None:
    """Someone who pursues is not sent to a victims' line, nor someone who was hurt to a perpetrators' line."""
    text = told(PEOPLE[name])
    theirs = (
        ("Refuge", "National Domestic Abuse Helpline", "Stalking", "Women’s Aid")
        if name in PURSUES
        else ("Respect", "MOVE")
    )
    assert [one for one in theirs if one in text] == []
