"""How far an exercise is on one occasion, and whether that occasion goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbook.answers import kinds
from workbook.answers.shown import active, seen_by

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbook.answers.kinds import Response
    from workbook.definition.models import Exercise


class Progress(NamedTuple):
    """How far one exercise is, on its current occasion."""

    exercise: str
    title: str
    occasion: str
    answered: int  # answered or skipped, of
    total: int  # the questions shown now
    done: bool  # marked as done, or nothing left to answer
    minutes: int  # the definition's estimate for what is left
    closed: bool
    later: bool = False  # it comes on another day, so there is nothing to do yet


def questions(
    exercise: Exercise, newest: Mapping[str, Response], here: Mapping[str, Response], hidden: Collection[str]
) -> set[str]:
    """Return the items shown now that a person answers, without the form's own foot.

    `newest` has the newest response of every item, `here` those of one occasion, `hidden` what safety rules hide.
    """
    foot = {f"{exercise.id}.useful", f"{exercise.id}.done"}
    answerable = {item.id for item in exercise.items if item.kind not in kinds.NOT_ASKED and not item.retired}
    return (answerable & active(exercise, seen_by(exercise, newest, here))) - foot - set(hidden)


def marked_done(exercise: Exercise, here: Mapping[str, Response]) -> bool:
    """Say whether a person marked an occasion as done."""
    marked = here.get(f"{exercise.id}.done")
    return bool(marked and marked.value == "yes")


def progress(
    exercise: Exercise, occasion: str, here: Mapping[str, Response], asked: Collection[str], *, closed: bool
) -> Progress:
    """Return how far an exercise is: `here` of what is `asked` (see `questions`) is answered."""
    total, answered = len(asked), len(here.keys() & set(asked))
    done = marked_done(exercise, here) or (bool(total) and answered == total)
    return Progress(
        exercise=exercise.id,
        title=exercise.title,
        occasion=occasion,
        answered=answered,
        total=total,
        done=done,
        minutes=0 if done else round(exercise.minutes * (1 - answered / (total or 1))),
        closed=closed,
    )
