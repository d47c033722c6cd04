"""What Look back and a session's page make of the answers: which next step fits when, and which questions they read.

`lookback.yaml` stands beside the chapters. Everything in it is named by id, so that a workbook with other chapters has
steps and a practice of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from workbook.definition.base import Model, Reference, Word, Words, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.known import Fault, Known


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
    today: Today = Field(default_factory=Today)


def faults(lookback: LookBack, known: Known) -> Iterator[Fault]:
    """Yield whatever it names that the workbook does not have."""
    seen: set[str] = set()
    for place, step in enumerate(lookback.steps):
        if step.id in seen:
            yield ("steps", place, "id"), step.id, "Another step has this id.", "Give this one its own."
        seen.add(step.id)
        named: list[tuple[str, frozenset[str] | set[str], str]] = [
            ("exercise", known.exercises, "exercise"),
            ("idle", known.exercises, "exercise"),
            ("worse", known.scales, "scale"),
            ("unbegun", known.chapters, "chapter"),
            ("answered", set(known.items), "item"),
            ("unanswered", set(known.items), "item"),
        ]
        for key, ids, what in named:
            id = getattr(step, key)
            if id is not None and id not in ids and not known.trusts(id):
                cure = did_you_mean(id, ids) or f"Write the id of {'an' if what[0] in 'ei' else 'a'} {what}."
                yield ("steps", place, key), id, f"There is no such {what}.", cure
        if (step.exercise is None) == (step.for_each is None):
            says = "says not where it is done." if step.exercise is None else "names an exercise beside for_each."
            yield ("steps", place), None, says, "Name an exercise, or what it is said for each of."
    items = [(("practice", *way), id) for way, id in (lookback.practice.items if lookback.practice else ())]
    if lookback.question is not None:
        items.append((("question",), lookback.question))
    if lookback.today.day is not None:
        items.append((("today", "day"), lookback.today.day))
    urge = lookback.today.urge
    if urge is not None and urge not in known.exercises and not known.trusts(urge):
        cure = did_you_mean(urge, known.exercises) or "Write the id of an exercise."
        yield ("today", "urge"), urge, "There is no such exercise.", cure
    for way, id in items:
        if not known.has(id):
            cure = did_you_mean(id, known.items) or "Write the id of an item: chapter.exercise.item."
            yield way, id, "There is no such item.", cure
    if lookback.take is not None and not any(id.endswith(f".{lookback.take}") for id in known.items):
        yield ("take",), lookback.take, "No chapter has such an item.", "Write exercise.item, like take.line."
