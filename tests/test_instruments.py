"""A questionnaire a counselor brings is asked, scored, shown and exported like the rest, however often it is asked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.clock import Clock
from workbook import definition, export
from workbook.journal import Journal
from workbook.models import Instrument, Workbook

EXAMPLE = Path(__file__).parent / "cases" / "instrument-example.yaml"
BOOK = definition.load()


def asked(repeats: str, brought: Instrument | None = None) -> Workbook:
    """Return the shipped workbook, its safety rules left out, with the invented questionnaire, asked this often."""
    brought = brought or definition.load_instrument(EXAMPLE)
    exercise = brought.exercise.model_copy(update={"repeats": repeats})
    return definition.with_instruments(
        BOOK.model_copy(update={"gates": ()}), [brought.model_copy(update={"exercise": exercise})]
    )


def answer(journal: Journal, rest: int, tense: int) -> None:
    for word, point in (("rest", rest), ("tense", tense)):
        journal.save(f"instruments.calm.{word}", point)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.fromisoformat("2026-03-03T20:00:00+01:00"))


@pytest.mark.parametrize("repeats", ["once", "daily", "weekly", "monthly", "any"])
def test_a_scale_of_any_repeat_is_scored_shown_reported_and_exported(
    tmp_path: Path, clock: Clock, repeats: str
) -> None:
    """One filling has its score and its day in Look back, in the report and in the export."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.assign(asked(repeats))
        answer(journal, 2, 3)
        seen = journal.assessment()
        area = seen.area("calm")
        assert (area.score, area.k, area.n, area.sittings) == (2.0, 2, 2, 1)
        shown = seen._repr_html_() or ""
        day = {"weekly": "2 March 2026", "monthly": "1 March 2026"}.get(repeats, "3 March 2026")
        assert f"{day} · 2 points from 2 of 2 answered" in shown
        assert f"{day} · 2 points from 2 of 2 answered" in journal.report(tmp_path / "report.html").read_text("utf-8")
        journal.report(tmp_path / "page.html", summary=True)
        file, _ = export.write(journal, tmp_path / "answers.csv")
        rows = export.read(file)
        assert sorted(rows[rows["exercise"] == "instruments.calm"]["score"]) == [2.0, 3.0]


def test_a_scale_that_is_asked_more_often_later_keeps_its_order(tmp_path: Path, clock: Clock) -> None:
    """What was asked once has the day it was answered, and stands before what came after, whatever it was called."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.assign(asked("once"))
        answer(journal, 0, 3)
        for repeats, rest, tense in (("any", 1, 3), ("daily", 2, 2), ("weekly", 3, 1)):
            clock.forward(days=8)
            journal.assign(asked(repeats))
            answer(journal, rest, tense)
        scores = journal.assessment().scores
        assert scores.loc[scores["scale"] == "calm", ["occasion", "day", "score"]].to_numpy().tolist() == [
            ["once", "2026-03-03", 0.0],
            ["2026-03-11", "2026-03-11", 1.0],
            ["2026-03-19", "2026-03-19", 3.0],
            ["2026-03-23", "2026-03-23", 5.0],
        ]
        assert journal.assessment().area("calm").reason.startswith("From 0 to 5.")
        page = journal.report(tmp_path / "report.html").read_text("utf-8")
        assert '<th scope="col">3 Mar</th><th scope="col">11 Mar</th><th scope="col">19 Mar</th>' in page


def test_more_than_nine_fillings_of_one_day_stay_in_order(tmp_path: Path, clock: Clock) -> None:
    """The tenth filling of a day comes after the ninth."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.assign(asked("any"))
        for number in range(11):
            answer(journal, 3 if number == 10 else 0, 0 if number == 10 else 3)
            journal.save("instruments.calm.done", "yes")
            clock.forward(minutes=5)
        scores = journal.assessment().scores
        assert scores.loc[scores["scale"] == "calm", "score"].tolist() == [0.0] * 10 + [6.0]


def test_fillings_from_when_it_was_asked_otherwise_can_still_be_opened_and_changed(
    tmp_path: Path, clock: Clock
) -> None:
    """A form that repeats otherwise since offers its earlier fillings, shows them, and saves into them."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.assign(asked("once"))
        answer(journal, 0, 3)
        journal.assign(asked("daily"))
        answer(journal, 1, 3)
        clock.forward(days=1)
        journal.assign(asked("weekly"))
        exercise = journal.workbook.exercise("instruments.calm")
        offered = journal._payload(exercise, None)["occasions"]
        assert [(one["id"], one["label"]) for one in offered] == [
            ("2026-03-02", "This week"),
            ("2026-03-03", "3 March 2026"),
            ("once", "The first one"),
        ]
        for occasion, rest in (("once", 0), ("2026-03-03", 1)):
            assert journal._payload(exercise, occasion)["answers"]["instruments.calm.rest"]["value"] == rest
        journal.save("instruments.calm.rest", 2, "once")
        assert journal.responses()["instruments.calm.rest", "once"].value == 2
