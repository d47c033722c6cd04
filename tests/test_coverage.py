"""Each of the 18 statements has something a person can do, also one who was asked for space."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from tests.safe_answers import answer_safely
from workbook import definition, resources
from workbook.cli.client import main
from workbook.definition import minutes
from workbook.journal import Journal
from workbook.safety import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
WORKBOOK = definition.load()
SERVED = coverage.served(WORKBOOK)


@pytest.fixture
def asked_for_space(tmp_path: Path) -> Iterator[Journal]:
    """Someone who was asked for space or time, and of whom nothing else is true."""
    with Journal.create(tmp_path / "journal", now=lambda: NOW) as journal:
        answer_safely(journal.save)
        journal.save("start.safety.between_us", ["space"])
        yield journal


def test_every_statement_has_an_open_exercise_for_someone_asked_for_space(asked_for_space: Journal) -> None:
    """The commonest reader is shut out of none of the eighteen, not of the apology and not of the intentions."""
    standing = asked_for_space.standing()
    open_to = {one.statement: one.exercise for one in SERVED if standing.closing(one.exercise) is None}
    assert set(open_to) == set(definition.models.STATEMENTS)
    assert standing.closing("communication.message") is not None
    assert standing.closing("responsibility.statement") is None


def test_the_table_says_what_the_rules_do(asked_for_space: Journal) -> None:
    """What the table calls closed under a rule is what that rule closes in a journal."""
    standing = asked_for_space.standing()
    [gate] = [gate.id for gate in standing.gates if gate.closes and gate.id.startswith("G7")]
    closed = {one.exercise for one in SERVED if gate in one.closed}
    assert closed == {one.exercise for one in SERVED if standing.closing(one.exercise) is not None}


def test_what_a_person_does_is_said_of_every_exercise_that_serves() -> None:
    """The table has a phrase for each exercise in it, and for none that is not."""
    assert set(coverage.statements().does) == {one.exercise for one in SERVED}
    assert set(coverage.statements().says) == set(definition.models.STATEMENTS)


def test_the_statements_are_read_once_and_cannot_be_changed() -> None:
    """Whoever holds the table holds what everyone else does."""
    assert coverage.statements() is coverage.statements()
    with pytest.raises(ValidationError, match="frozen"):
        coverage.statements().says = {}  # type: ignore[misc]  # that is what is tried


def test_no_statement_hangs_on_ticks_alone() -> None:
    """Each has an exercise in which a person writes or does something, besides a rating and the line to keep."""
    bare = {
        number
        for number in definition.models.STATEMENTS
        if not [one for one in SERVED if one.statement == number and not one.exercise.endswith((".rating", ".take"))]
    }
    assert bare == set()


def test_the_table_in_the_documentation_is_the_one_that_is_printed() -> None:
    """After a change in data/, put what `workbook check --coverage data/workbook` prints into docs/content.md."""
    written = (resources.data().parent / "docs" / "content.md").read_text(encoding="utf-8")
    table = coverage.table(WORKBOOK)
    assert table in written
    assert [row.split("`")[1] for row in table.splitlines()[2:]] == [one.exercise for one in SERVED]


def test_the_command_prints_the_table_and_the_minutes() -> None:
    """`check --coverage` prints the statements, `check --minutes` both numbers of each form."""
    run = CliRunner().invoke
    shown = run(main, ["check", "--coverage", str(resources.data("workbook"))])
    assert (shown.exit_code, shown.output.strip()) == (0, coverage.table(WORKBOOK))
    shown = run(main, ["check", "--minutes", str(resources.data("workbook"))])
    assert shown.output.splitlines() == [str(one) for one in minutes.minutes(WORKBOOK)]
