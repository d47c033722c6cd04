"""The invented person's answers fit the shipped workbook and show what the pages must be able to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbook import definition, example
from workbook.answers import kinds as answers
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def robin(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "robin", now=lambda: example.ENDS) as journal:
        example.fill(journal)
        yield journal


def test_every_answer_is_stored_as_it_would_be_had_the_person_typed_it() -> None:
    """The example may not hold a value that a form would refuse or change."""
    workbook = definition.load()
    for row in example.read():
        if row["status"] == "answered":
            assert answers.check(workbook.item(row["item"]), row["value"]) == row["value"], row


def test_filling_twice_changes_nothing(robin: Journal) -> None:
    """The example can be put into a journal again without doubling a version."""
    before = robin.store.history()
    assert example.fill(robin) == 0
    assert robin.store.history() == before
    assert len(before) == len(example.read())


def test_it_shows_what_a_real_journal_holds(robin: Journal) -> None:
    """Twelve weeks, every exercise, and every way an answer can be there or not."""
    table = robin.answers()
    weeks = table.loc[table["exercise"] == "responsibility.rating", "occasion"].nunique()
    assert weeks == 12
    asked = {exercise.id for exercise in robin.workbook.exercises if not exercise.retired}
    # K. says no in the fifth week, so what two do together never opens for Robin
    assert asked - set(table["exercise"]) == {"communication.together"}
    assert {"answered", "skipped", "inactive"} <= set(table["status"])
    assert "no_opportunity" in list(table["value"])
    assert "blank" in set(robin.history()["status"])


def test_it_is_plainly_invented_and_names_no_one(robin: Journal) -> None:
    """Nobody may take the example for a person."""
    text = example.resources.data("example", "robin.json").read_text(encoding="utf-8")
    assert "Example person, invented: Robin Sample" in text
    assert "invented" in robin.responses()["start.hopes.hope", "once"].value


def test_their_no_stands_at_the_end(robin: Journal) -> None:
    """In the fifth week K. says no: contact stays closed, and moving on is the path."""
    standing = robin.standing()
    assert standing.track == "moving-on"
    assert standing.closing("responsibility.apology") is not None
    assert standing.closing("communication.message") is not None
    assert standing.closing("moving-on.values") is None
