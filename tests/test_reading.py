"""What a journal holds in memory is what its file says, whatever was saved since it was read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests import years
from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.answers import shown
from workbook.journal import Journal
from workbook.storage.reading import Index, Reading

if TYPE_CHECKING:
    from pathlib import Path

STEPS = {  # after how long → what is saved
    "a new answer": (timedelta(minutes=5), "improvement.log.line", "One line"),
    "the same version again": (timedelta(seconds=30), "improvement.log.line", "One line more"),
    "another version": (timedelta(minutes=5), "improvement.log.line", "Another"),
    "cleared": (timedelta(minutes=5), "improvement.log.line", None),
    "a rule closes": (timedelta(minutes=5), "start.now.drunk_or_high", "yes"),
    "a rule opens": (timedelta(minutes=5), "start.now.drunk_or_high", "no"),
    "the clock is set back": (-timedelta(days=3), "start.now.stirred", 3),
    "and runs on": (timedelta(minutes=5), "start.now.harm_others", "no"),
    "the clock is set right": (timedelta(days=3), "start.now.stirred", 1),
}


def test_what_is_held_is_what_a_new_reading_finds(tmp_path: Path) -> None:
    """After each save, with rules that close and open and a clock set back and right: the same, in the same order."""
    clock = Clock()
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        answer_safely(journal.save)
        for what, (later, item, value) in STEPS.items():
            clock.time += later
            journal.standing()
            journal.save(item, value, status="blank" if value is None else "answered")
            again = Reading(lambda: journal.store, clock, lambda: None)
            assert _sorted(journal._reading.index()) == _sorted(again.index()), what
            held, found = journal._reading.in_time(), again.in_time()
            assert (dict(held.current), held.events) == (dict(found.current), found.events), what
            assert held.history == found.history, what


def _sorted(index: Index) -> Index:
    """The same, whatever order it was learnt in."""
    return index._replace(first={id: sorted(first) for id, first in index.first.items()}, order={})


def test_what_is_shown_of_years_is_what_each_form_shows(tmp_path: Path) -> None:
    """Worked out for all occasions together, the questions shown are those of each occasion by itself."""
    with Journal.create(tmp_path / "journal", now=lambda: years.ENDS) as journal:
        years.fill(journal, 600)
        index = journal._reading.index()
        assert journal.active() == {
            (item, occasion)
            for exercise in journal.workbook.exercises
            for occasion, here in index.given.get(exercise.id, {}).items()
            for item in shown.active(exercise, shown.seen_by(exercise, index.newest, here)) & here.keys()
        }


@pytest.mark.parametrize("answers", [40, 600])
def test_years_of_use_are_made_the_same_each_time(answers: int, tmp_path: Path) -> None:
    """The journal of the benchmarks has as many answers as asked for, every gate open, and nothing left to chance."""
    made = []
    for name in ("one", "other"):
        with Journal.create(tmp_path / name, now=lambda: years.ENDS) as journal:
            years.fill(journal, answers)
            made.append(journal.store.history())
            assert {gate.id: gate.state for gate in journal.gates() if gate.state != "open"} == {}
    assert len(made[0]) == answers
    assert made[0] == made[1]
