"""What Look back and a session's page make of the answers: which next step fits when, and which questions they read.

`lookback.yaml` stands beside the chapters. Everything in it is named by id, so that a workbook with other chapters has
steps and a practice of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbook.definition.base import Model, Reference, Word, Words


class Step(Model):
    """Something to do next, and when it fits; without a condition it always does.

    `for_each` says it once for every chapter, or scale, that it is true of; `{title}` in its text is that one's title.
    """

    id: Word
    text: Words
    exercise: Reference | None = None  # where it is done; None: in the one that `for_each` is about
    worse: Reference | None = None  # when this scale got worse
    track: Literal["moving-on"] | None = None  # when a safety rule leads this way
    unbegun: Reference | None = None  # when nothing in this chapter was answered
    answered: Reference | None = None  # when this item was
    unanswered: Reference | None = None  # when this item was not
    idle: Reference | None = None  # when this exercise has no answer of this week
    for_each: Literal["unbegun", "unrated", "untaken"] | None = None


class Log(Model):
    """The items of a daily log: counts, or a yes; `went` tells a day in one word: kept, rest or slipped."""

    went: Reference | None = None
    planned: Reference
    kept: Reference
    resumed: Reference
    old_habit: Reference
    replacement: Reference


class Goals(Model):
    """The items of goal attainment: words, a level from −2 to 2, a weight."""

    goal: Reference
    level: Reference
    weight: Reference


class Slips(Model):
    """The items that tell of a slip and of coming back."""

    happened: Reference
    came_back: Reference


class Practice(Model):
    """Which items tell what was planned and what was done."""

    plans: Reference  # a table, with the two columns `cue` and `action`
    cue: Word = "cue"
    action: Word = "action"
    commitment: Annotated[tuple[Reference, ...], Field(min_length=1)]  # the first that is answered
    log: Log
    goals: Goals
    slips: Slips

    @property
    def items(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Every item it names, with the way to it."""
        found: list[tuple[tuple[str | int, ...], str]] = [(("plans",), self.plans)]
        found += [(("commitment", place), id) for place, id in enumerate(self.commitment)]
        for name in ("log", "goals", "slips"):
            part = getattr(self, name)
            found += [((name, key), id) for key in type(part).model_fields if (id := getattr(part, key)) is not None]
        return tuple(found)


class Today(Model):
    """What someone who comes back finds on the first page."""

    urge: Reference | None = None  # the exercise where an urge is written down
    day: Reference | None = None  # the choice of a daily exercise that tells the day in one tap


class LookBack(Model):
    """`lookback.yaml`."""

    steps: tuple[Step, ...] = ()  # the most important first
    take: Annotated[str, Field(pattern=r"^\w+\.\w+$")] | None = None  # a chapter's exercise and item: the line to keep
    practice: Practice | None = None
    question: Reference | None = None  # what the client wants to ask in the next session
    today: Today = Today()
