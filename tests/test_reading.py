"""What a journal holds in memory is what its file says, whatever was saved since it was read."""

from __future__ import annotations

import itertools
import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests import years
from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.answers import shown
from workbook.journal import Journal
from workbook.storage.reading import Index, Reading
from workbook.storage.store import Event, Store, StoredAnswer

if TYPE_CHECKING:
    from datetime import datetime
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


STEPS_OF_A_CLOCK = [timedelta(**step) for step in (
    {"seconds": 20}, {"minutes": 5}, {"days": 1}, {"microseconds": 1}, {"minutes": -1},
    {"days": -2}, {"days": 40}, {"days": -40},
)]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_however_a_clock_goes_what_is_held_is_what_a_new_reading_finds(tmp_path: Path, seed: int) -> None:
    """Whatever was saved, cleared, closed or written by another kernel, and also when time has passed since."""
    chosen, clock = random.Random(seed), Clock()  # noqa: S311 # no secret
    with Store(tmp_path / "answers.sqlite", now=clock) as store, Store(tmp_path / "answers.sqlite", now=clock) as other:
        held, kept = (Reading(lambda: store, clock, lambda: None) for _ in range(2))
        kept.keep()
        for _ in range(40):
            clock.time += chosen.choice(STEPS_OF_A_CLOCK[: 8 if seed % 2 else 5])
            found = Reading(lambda: store, clock, lambda: None)
            there = found.in_time()
            if chosen.random() < 0.3:
                kept.keep()
            for reading in (held, kept):
                here = reading.in_time()
                assert (dict(here.current), here.history) == (dict(there.current), there.history)
                assert here.events == there.events
                assert (reading.current(), reading.versions()) == (found.current(), found.versions())
                assert _sorted(reading.index()) == _sorted(found.index())
                assert sorted(reading.first()) == sorted(found.first())
            saved = {
                "item": f"exercise.{chosen.choice('ab')}.item", "occasion": chosen.choice(("once", "2026-03-02")),
                "value": chosen.random(), "status": chosen.choice(("answered", "answered", "answered", "blank")),
                "exercise": "exercise", "label": "", "prompt": "", "kind": "text", "fingerprint": "f",
            }  # fmt: skip
            what = chosen.choice(("saved", "saved", "saved", "closed", "elsewhere", *OTHERS))
            if what == "closed":
                store.event(chosen.choice(("gate-closed", "gate-opened", "shared")), "G1")
            elif what == "elsewhere":
                other.save(**saved)
            elif what in OTHERS:
                OTHERS[what](other, chosen.choice(other.history() or [None]))
            else:
                answer = store.save(**saved)
                held.remember(answer)
                kept.remember(answer)
                found = Reading(lambda: store, clock, lambda: None)
                assert (_said(held), held.versions()) == (_said(found), found.versions())


class Written:
    """A store that is two lists."""

    def __init__(self) -> None:
        self.answers: list[StoredAnswer] = []
        self.happened: list[Event] = []

    def stamp(self) -> int:
        return 0

    def history(self) -> list[StoredAnswer]:
        return sorted(self.answers, key=lambda one: (one.item, one.occasion, one.version))

    def events(self) -> list[Event]:
        return [*self.happened]

    def write(self, what: str, at: datetime) -> StoredAnswer | None:
        """Close a rule, or save: the newest version again, another, or a cleared one."""
        saved = max((one.saved for one in self.answers), default=0)
        if what == "closed":
            self.happened.append(Event("gate-closed", "G1", 0, at, "me", saved))
            return None
        item = "exercise.b" if what == "beside" else "exercise.a"
        newest = max((one for one in self.answers if one.item == item), key=lambda one: one.version, default=None)
        if what == "again" and newest is not None:
            self.answers.remove(newest)
            answer = newest._replace(answered_at=at, saved=saved + 1, value=f"{saved + 1}")
        else:
            version, status = newest.version + 1 if newest else 1, "blank" if what == "cleared" else "answered"
            answer = StoredAnswer(
                f"{saved + 1}", item, "exercise", "once", version, status, f"{saved + 1}", "", "", "text", "f",
                at, at, saved + 1, saved + 1,
            )  # fmt: skip
        self.answers.append(answer)
        return answer


@pytest.mark.parametrize("looked", [True, False])
def test_whatever_is_written_at_whatever_time_is_held_as_it_is_read(looked: bool) -> None:
    """All orders of three writings, each later, at the same moment or before; looked at in between, or at the end."""
    acts = ("again", "another", "beside", "cleared", "closed")
    steps = (timedelta(minutes=5), timedelta(0), timedelta(minutes=-1))
    for writings in itertools.product(itertools.product(acts, steps), repeat=3):
        assert _is_held_as_it_is_read(writings, looked), writings


def _is_held_as_it_is_read(writings: tuple[tuple[str, timedelta], ...], looked: bool) -> bool:
    clock, written = Clock(), Written()

    def reading() -> Reading:
        return Reading(lambda: written, clock, lambda: None)  # type: ignore[arg-type,return-value]

    held = reading()
    held.index()
    for what, step in (("another", timedelta(0)), *writings, ("", timedelta(minutes=10))):
        clock.time += step
        answer = written.write(what, clock()) if what else None
        if answer:
            held.remember(answer)
        if looked or not what:
            found = reading()
            same = [(_said(held), held.versions()) == (_said(found), found.versions())]
            same += [held.in_time() == found.in_time(), _sorted(held.index()) == _sorted(found.index())]
            if not all(same):
                return False
    return True


def test_a_time_that_was_still_to_come_is_right_once_it_has_come() -> None:
    """A clock a day ahead, set right: what is read then is at the times it is held to have, until these have passed."""
    clock, written = Clock(), Written()
    clock.time += timedelta(days=1)
    saved = written.write("another", clock())
    clock.time -= timedelta(days=1)
    held = Reading(lambda: written, clock, lambda: None)  # type: ignore[arg-type,return-value]
    before = [one.at for one in held.current().values()]
    clock.time += timedelta(days=2)

    assert saved is not None
    assert before == [Clock()()]
    assert [one.at for one in held.in_time().current.values()] == [saved.answered_at]


def _lost(other: Store, one: StoredAnswer | None) -> None:
    if one is not None:
        other.forget(one.item, one.occasion)


def _given_back(other: Store, one: StoredAnswer | None) -> None:
    """Erase everything, and bring one answer back under a number of its own."""
    other.erase("me")
    if one is not None:
        other.save_many([one._replace(version=one.version + 1)])


def _brought(other: Store, one: StoredAnswer | None) -> None:
    """As a file from elsewhere brings answers: an older version of one, and one of another day."""
    if one is not None:
        older = one._replace(begun=0, saved=0, answered_at=one.answered_at - timedelta(days=1))
        other.save_many(
            older._replace(id=uuid.uuid4().hex, occasion=occasion) for occasion in (one.occasion, "2026-03-01")
        )


def _changed_by_hand(other: Store, one: StoredAnswer | None) -> None:
    if one is not None:
        with other._writing() as connection:
            which = "WHERE id = :id AND version = :version"
            words = {"id": one.id, "version": one.version, "value": '"by hand"'}
            connection.execute(sa.text(f"UPDATE answers SET value = :value {which}"), words)  # noqa: S608 # our words


OTHERS = {"lost": _lost, "given back": _given_back, "brought": _brought, "by hand": _changed_by_hand}


def _said(reading: Reading) -> tuple[dict[tuple[str, str], object], dict[str, object]]:
    """What was answered at each place, and last to each question."""
    current = {place: response.value for place, response in reading.current().items()}
    return current, {item: response.value for item, response in reading.index().newest.items()}


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
