"""The questionnaires a counselor brings, as a chapter of the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook import words
from workbook.definition.models import INSTRUMENTS, Chapter
from workbook.definition.reading import Problem
from workbook.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbook.definition.models import Exercise, Instrument, Workbook
    from workbook.definition.scales import Scale


def with_instruments(workbook: Workbook, instruments: Iterable[Instrument]) -> Workbook:
    """Return the workbook with a chapter of these questionnaires, before the review; one brought again is replaced.

    Raises DefinitionError when two of them have one id.
    """
    brought = tuple(instruments)
    if not brought:
        return workbook
    _refuse_twins(brought)
    new = {instrument.exercise.id: instrument for instrument in brought}
    earlier = next((chapter for chapter in workbook.chapters if chapter.id == INSTRUMENTS), None)
    exercises = {exercise.id: exercise for exercise in (earlier.exercises if earlier else ())}
    exercises |= {id: instrument.exercise for id, instrument in new.items()}
    kept = (scale for scale in (earlier.scales if earlier else ()) if scale.items[0].rpartition(".")[0] not in new)
    scales = {scale.id: scale for scale in kept}
    scales |= {scale.id: scale for instrument in brought for scale in instrument.scales}
    chapter = chapter_of(tuple(exercises.values()), tuple(scales.values()))
    others = tuple(other for other in workbook.chapters if other is not earlier)
    after = sum(other.notebook < chapter.notebook for other in others)
    return workbook.model_copy(update={"chapters": (*others[:after], chapter, *others[after:])})


def _refuse_twins(brought: tuple[Instrument, ...]) -> None:
    """Raise DefinitionError when two questionnaires have one id, or two of their scales."""
    found = []
    for what, ids in (
        ("exercise", [instrument.exercise.id for instrument in brought]),
        ("scale", [scale.id for instrument in brought for scale in instrument.scales]),
    ):
        for id in dict.fromkeys(id for id in ids if ids.count(id) > 1):
            said = words.section(f"definition.instruments.{what}")
            says, cure = str(said["twice"]), words.say("definition.instruments.own_id")
            found.append(Problem(words.say("definition.instruments.file"), 0, str(said["id"]), id, says, cure))
    if found:
        raise DefinitionError(tuple(found))


def chapter_of(exercises: tuple[Exercise, ...], scales: tuple[Scale, ...]) -> Chapter:
    return Chapter(
        chapter=INSTRUMENTS,
        notebook="55-instruments",
        title=words.say("definition.instruments.title"),
        lede=words.say("definition.instruments.lede"),
        minutes=max(1, sum(exercise.minutes for exercise in exercises)),
        exercises=exercises,
        scales=scales,
    )
