"""The 18 statements: which exercises serve each, what a person does in them, and which rules close them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict

from workbook import resources
from workbook.definition.reading import read
from workbook.safety import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.models import Chapter, Exercise, Gate, Workbook


class Statements(BaseModel):
    """`data/statements.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: dict[int, str]  # statement → its words
    does: dict[str, str]  # exercise → what a person does in it


class Served(NamedTuple):
    """One exercise that serves a statement. `closed`: the ids of the rules that close it, in their order."""

    statement: int
    says: str
    exercise: str
    title: str
    does: str
    closed: tuple[str, ...]


@functools.cache
def statements() -> Statements:
    """Return the statements in our words, and what a person does for them."""
    return Statements.model_validate(read(resources.data("statements.yaml")).data)


def served(workbook: Workbook) -> tuple[Served, ...]:
    """Return every exercise under every statement it serves, in the order of the statements and the chapters."""
    told = statements()
    return tuple(
        Served(
            number,
            says,
            exercise.id,
            exercise.title,
            told.does.get(exercise.id, ""),
            tuple(gate.id for gate in workbook.gates if closes(gate, exercise)),
        )
        for number, says in told.says.items()
        for exercise in workbook.exercises
        if number in exercise.serves and not exercise.retired
    )


def closes(gate: Gate, exercise: Exercise) -> bool:
    """Whether a rule, once it says closed, closes this exercise."""
    names = {exercise.id, exercise.chapter_id, "all", *exercise.tags}
    return bool(names & set(gate.closes)) and not names & set(gate.keeps)


def asked_before(workbook: Workbook) -> dict[str, tuple[str, ...]]:
    """Return exercise → the forms behind the rules that are asked there as well, where the first stands that waits.

    So that a person answers where they are, and the page opens. Nothing before what calms, or in the forms' chapter.
    """
    there = {exercise.id for exercise in workbook.exercises if not exercise.retired}
    found: dict[str, tuple[str, ...]] = {}
    check = workbook.measures.short_check
    for form in (check.form, check.again) if check else ():
        waiting = dict(_waiting(workbook, form))
        for chapter in workbook.chapters:
            first = _first_closed(chapter, waiting)
            if first is not None and form in there and chapter.id != form.partition(".")[0]:
                found[first] = (*found.get(first, ()), form)
    return found


def _waiting(workbook: Workbook, form: str) -> Iterator[tuple[str, tuple[frozenset[str], frozenset[str]]]]:
    """Yield each rule that waits for a form, with what it closes until then and what it keeps open."""
    for gate in workbook.gates:
        ids = gate.condition.ids
        due = form in {workbook.measures.asked_in(id) for id in ids}
        if due or form in {facts.exercise_id(id) for id in ids}:
            yield gate.id, (frozenset((*gate.blank, *(gate.closes if due else ()))), frozenset(gate.keeps))


def _first_closed(chapter: Chapter, waiting: dict[str, tuple[frozenset[str], frozenset[str]]]) -> str | None:
    for exercise in chapter.exercises:
        names = {exercise.id, chapter.id, "all", *exercise.tags}
        if not exercise.retired and any(names & closed and not names & kept for closed, kept in waiting.values()):
            return exercise.id
    return None


def table(workbook: Workbook) -> str:
    """Return the statements as a Markdown table."""
    rows = ["| # | statement | exercise | what a person does | closed under |", "|---|---|---|---|---|"]
    last = 0
    for one in served(workbook):
        number, says = (str(one.statement), one.says) if one.statement != last else ("", "")
        last = one.statement
        closed = " ".join(one.closed) or "none"
        rows.append(f"| {number} | {says} | `{one.exercise}` {one.title} | {one.does} | {closed} |")
    return "\n".join(rows)
