"""A kind of item is one row: every column of it is full, and a new one needs nothing else but a control."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest

from tests.clock import Clock
from tests.form_page import every_kind
from workbook import definition
from workbook.answers import kinds as judged
from workbook.assessment import export
from workbook.definition import conditions, items, kinds, models, values
from workbook.definition.drift import change
from workbook.definition.items import BaseItem
from workbook.errors import InvalidAnswer
from workbook.journal import Journal
from workbook.page import form

FIELDS: dict[str, dict[str, Any]] = {  # what a kind must have besides id, kind and prompt
    "choice": {"options": {"a": "A", "b": "B"}},
    "choices": {"options": {"a": "A", "b": "B"}},
    "rank": {"options": {"a": "A", "b": "B"}},
    "shares": {"options": {"a": "A", "b": "B"}},
    "scale": {"points": {0: "never", 1: "often"}},
    "ruler": {"low": "little", "high": "much"},
    "number": {"minimum": 0, "maximum": 10},
    "table": {"columns": [{"id": "c", "kind": "text", "label": "C"}]},
    "letter": {"parts": {"p": {"label": "P"}}},
    "timer": {"minutes": 10},
    "computed": {"compute": {"sum": ["a.b.c"]}},
}
VALUES: dict[str, Any] = {
    "text": "a", "longtext": "a", "number": 3, "date": "2026-03-02", "yesno": "yes", "choice": "a", "choices": ["a"],
    "scale": 1, "ruler": 3, "rank": ["b", "a"], "shares": {"a": 40}, "table": [{"c": "x"}], "letter": {"p": "x"},
}  # fmt: skip


def item(kind: str) -> Any:
    return kinds.KINDS[kind].model.model_validate({"id": "a.b.c", "kind": kind, "prompt": "?", **FIELDS.get(kind, {})})


def test_the_rows_are_those_of_the_models() -> None:
    """Each kind that a file may name has a row, and each row is one of them."""
    assert {name: kind.model for name, kind in kinds.KINDS.items()} == items.KINDS


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_column_of_a_row_is_full_and_does_its_work(name: str) -> None:
    """Each column gives what the table says it gives, for an item and an answer of its kind."""
    row, one = kinds.KINDS[name], item(name)
    assert [field.name for field in dataclasses.fields(kinds.Kind) if getattr(row, field.name) is None] == []
    assert list(row.faults(one)) == []
    assert set(row.fitting) <= set(conditions.COMPARISONS)
    assert isinstance(row.possible(one), tuple)
    assert row.span(one) is None or len(row.span(one) or ()) == 2
    assert all(pair[0] for key, pairs in row.pairs(one).items() for pair in pairs if key not in ("points",))
    assert isinstance(row.options(one), str)
    assert json.loads(json.dumps(row.codes(one))) == json.loads(json.dumps(row.codes(one), default=str))
    assert row.widened(row.codes(one), row.codes(one)) is None
    assert (row.seconds(one) > 0) == row.asked
    if not row.asked:
        with pytest.raises(InvalidAnswer):
            row.check(one, "anything")
        return
    kept = row.check(one, VALUES[name])
    assert kept == VALUES[name]
    assert row.label(one, kept)
    assert row.look(one, kept, "label")["kind"] in ("text", "parts", "table")
    assert row.scored(kept) or not row.numeric
    assert row.sheet(one, kept, "label")
    assert len(row.sheet(one, kept, "label")) == len(row.columns)


# --- a kind that is not there yet ---


class Tally(BaseItem):
    """Strokes on a sheet. Value: int."""

    kind: Literal["tally"]
    most: int = 20


def _strokes(one: Any, value: object) -> int:
    number = values.in_range(value, 0, one.most)
    if not isinstance(number, int):
        raise InvalidAnswer("This answer is a number of strokes.")
    return number


TALLY = dataclasses.replace(
    kinds.KINDS["ruler"],
    model=Tally,
    check=_strokes,
    faults=lambda one: iter(()) if one.most > 0 else iter([(("most",), one.most, "leaves no room.", "Use 1 or more.")]),
    span=lambda one: (0, one.most),
    label=lambda one, value: "|" * value or "none",
    options=lambda one: f"0 to {one.most} strokes",
    codes=lambda one: [0, one.most],
    cell="label",
)
FILE = """\
chapter: strokes
notebook: 92-strokes
title: Strokes
lede: One chapter with a kind that is not there yet.
minutes: 1
exercises:
  - id: day
    title: One day
    minutes: 1
    repeats: daily
    useful: false
    items:
      - {id: slips, kind: tally, prompt: How many slips?, most: 5}
      - {id: more, kind: text, prompt: What helped?, show_if: {question: slips, at_least: 3}}
scales:
  - {id: slips, title: Slips, items: [strokes.day.slips], score: sum, better: lower, min_answered: 1, source: Own (S)}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chapter with a made-up kind, for which there is nothing but its model and its row."""
    monkeypatch.setitem(kinds.KINDS, "tally", TALLY)
    (tmp_path / "strokes.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path / "strokes.yaml"


def test_a_new_kind_is_checked_with_its_own_faults(file: Path) -> None:
    """`check` accepts it, knows its fields, what may be asked of it, and what is wrong with it."""
    assert definition.check(file) == ()
    file.write_text(FILE.replace("most: 5", "most: 0").replace("at_least: 3", "includes: x"), encoding="utf-8")
    assert [str(problem) for problem in definition.check(file)] == [
        'strokes.yaml:13 exercises[1].items[1].most is "0". It leaves no room.  Use 1 or more.',
        "strokes.yaml:14 exercises[1].items[2].show_if.includes does not fit “strokes.day.slips”, which is of kind "
        "tally.  Use one of: is, is_not, one_of, less_than, at_most, greater_than, at_least, answered.",
    ]


def test_a_new_kind_walks_through_form_journal_assessment_report_and_exports(file: Path, tmp_path: Path) -> None:
    """It is drawn, saved, judged, scored, shown and written out by its row alone."""
    book = definition.load(file)
    asked = book.item("strokes.day.slips")
    drawn = form.payload(book.exercise("strokes.day"), book)
    items: Any = drawn["items"]
    assert items[0] == {"id": "strokes.day.slips", "kind": "tally", "prompt": "How many slips?", "most": 5}
    clock = Clock()
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.install(book)
        for strokes in (1, 2, 3, 4):
            saved = journal.save("strokes.day.slips", strokes)
            assert (saved.value, saved.label, saved.kind) == (strokes, "|" * strokes, "tally")
            clock.forward(days=1)
        with pytest.raises(InvalidAnswer, match="from 0 to 5"):
            journal.save("strokes.day.slips", 6)
        assert journal.progress()[0].total == 1  # below three nothing more is asked
        table = journal.answers()
        assert table["score"].tolist() == [1.0, 2.0, 3.0, 4.0]
        assert journal.assessment().area("slips").score == 4.0
        page = journal.report(tmp_path / "report.html").read_text("utf-8")
        assert "||||" in page
        csv, codebook = export.write(journal.told(), tmp_path / "answers.csv")
        assert export.read(csv)["value"].tolist() == [1, 2, 3, 4]
        assert "0 to 5 strokes" in codebook.read_text("utf-8-sig")
        (sheets,) = export.write(journal.told(), tmp_path / "answers.xlsx")
        cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(sheets)["One day"].iter_rows()]
        assert [row[-1] for row in cells] == ["How many slips?", 1, 2, 3, 4]
    wider = asked.model_copy(update={"most": 9})
    assert change(definition.fingerprint(asked), definition.fingerprint(wider)) == "breaking"
    assert judged.label(asked, None) == "Skipped"


def test_a_condition_is_parsed_and_a_fingerprint_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again what is shown, or what an answer was given to, reads no condition and hashes nothing anew."""
    from workbook.answers import shown
    from workbook.definition import meaning

    book = definition.load(Path(__file__).parent / "form_page" / "every.yaml")
    first = shown.active(book, {}), [definition.fingerprint(one) for one in book.items]

    def never(*_: object) -> Any:
        raise AssertionError("once is enough")

    monkeypatch.setattr(items, "parse", never)
    monkeypatch.setattr(models, "parse", never)
    monkeypatch.setattr(meaning, "_worked_out", never)
    assert (shown.active(book, {}), [definition.fingerprint(one) for one in book.items]) == first
    monkeypatch.undo()
    guess = book.item("every.kind.guess")
    assert guess.condition is not None
    assert guess.model_copy(update={"show_if": None}).condition is None
    other = guess.model_copy(update={"prompt": "Something else?"})
    assert definition.fingerprint(other) != definition.fingerprint(guess)
    assert every_kind()["items"]
