"""What a workbook is: frozen models of chapters, exercises, gates, and of the whole."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from workbook import words
from workbook.definition.base import CHAPTER_ID, WORD_ID, Model, Reference, Word, Words, nearest
from workbook.definition.conditions import Condition, numeric, parse
from workbook.definition.feeding import unfed
from workbook.definition.items import Item, ScalePoints, Share, Tag, YesNo
from workbook.definition.lookback import LookBack
from workbook.definition.markdown import ADDRESS
from workbook.definition.measures import Measures
from workbook.definition.scales import Scale
from workbook.definition.sources import Source
from workbook.errors import UnknownId

T = TypeVar("T")

Repeats = Literal["once", "daily", "weekly", "monthly", "any"]

STATEMENTS = range(1, 19)  # what the workbook must cover, by number


class Later(Model):
    """When an exercise comes: exactly one of these. It is never held back once it has an answer."""

    visit: Annotated[int, Field(ge=2, le=20)] | None = None  # from this visit on
    days: Annotated[int, Field(ge=1, le=90)] | None = None  # this many days after the first answer of all

    @model_validator(mode="after")
    def _one(self) -> Later:
        if (self.visit is None) == (self.days is None):
            raise PydanticCustomError("later_one", "needs either “visit” or “days”")
        return self


class Exercise(Model):
    """One form."""

    # in the file: one word; once loaded: chapter.word
    id: Annotated[str, Field(pattern=rf"^({CHAPTER_ID}\.)?{WORD_ID}$", max_length=120)]
    title: Words
    intro: Words | None = None  # Markdown, short
    minutes: Annotated[int, Field(ge=1, le=120)]
    repeats: Repeats = "once"
    share: Share = "ask"
    tags: tuple[Tag, ...] = ()  # e.g. contact, repair, narrative, draft, own-fault
    serves: tuple[Annotated[int, Field(ge=1, le=18)], ...] = ()  # of the 18 statements in domain.md
    source: Source | None = None
    useful: bool = True  # ask "How useful was this?" at the end
    show_if: dict[str, object] | None = None
    later: Later | None = None  # it says when it comes until then, and can be done all the same
    retired: bool = False
    items: tuple[SerializeAsAny[Item], ...]

    @field_validator("later")
    @classmethod
    def _helps_at_once(cls, later: Later | None, given: ValidationInfo) -> Later | None:
        if later is not None and "calming" in given.data.get("tags", ()):
            raise PydanticCustomError("later_calming", "does not fit what helps in a hard hour (“calming”)")
        return later

    @cached_property
    def condition(self) -> Condition | None:
        """When it is asked, parsed once; None: always."""
        return None if self.show_if is None else parse(self.show_if)

    @property
    def chapter_id(self) -> str:
        """The id of the chapter it stands in."""
        return self.id.partition(".")[0]

    @property
    def questions(self) -> tuple[Item, ...]:
        """The items asked for themselves: no notes or timers, nothing computed or retired, not the two in the foot."""
        return tuple(
            item
            for item in self.items
            if item.kind not in ("note", "timer", "computed") and not item.retired and item.word not in FOOT
        )


class Instrument(Model):
    """A questionnaire a counselor brings and may use: one exercise, scored."""

    instrument: Word  # its id; once loaded its exercise is `instruments.ID`
    title: Words
    source: Source  # who made it, and where it was published
    licence: Words  # why it may be used here
    exercise: Exercise
    scales: tuple[Scale, ...]


class Why(Model):
    """One finding behind a chapter."""

    text: Words
    source: Source


class Chapter(Model):
    """One notebook."""

    chapter: Annotated[str, Field(pattern=f"^{CHAPTER_ID}$", max_length=60)]  # its id: responsibility
    # a file name without its ending: 10-responsibility
    notebook: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    title: Words
    principle: Annotated[int, Field(ge=1, le=4)] | None = None
    lede: Words
    minutes: Annotated[int, Field(ge=1, le=240)]  # of the first sitting
    first: tuple[Word, ...] = ()  # the exercises of the first sitting, by their last word; none: all
    why: tuple[Why, ...] = ()
    opening: Words | None = None  # Markdown after the lede
    more: Words | None = None  # goes on from the opening; a page folds it
    closing: Words | None = None  # Markdown before the links to other chapters
    shows: tuple[Literal["assessment", "given", "lock", "share", "today"], ...] = ()  # built-in panels
    scales: tuple[Scale, ...] = ()
    exercises: tuple[Exercise, ...] = ()

    @property
    def id(self) -> str:
        """Its id, the same as `.chapter`."""
        return self.chapter


class Instead(Model):
    """Something to do in place of what is closed."""

    label: Words
    href: Annotated[str, Field(pattern=f"^({ADDRESS})$")]


class Gate(Model):
    """A safety rule: answers → what is closed and what is shown. `safety` says what each field does."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
    title: Words
    source: Source
    closed: bool = False  # always, whatever is answered; judged before every other field
    when: dict[str, object]  # true closes; unknown closes `blank`
    reopens: dict[str, object] | None = None  # once closed, only this answer, given later, opens it
    hold_hours: Annotated[int, Field(ge=1, le=8784)] | None = None  # from the answer that closed it
    until_later_visit: bool = False  # opens by an answer at a later sitting only, never by a second click
    recheck_days: Annotated[int, Field(ge=1, le=10_000)] | None = None
    closes: tuple[Words, ...] = ()  # tags, ids, `all`; `here`: the exercise the answer stands in
    keeps: tuple[Words, ...] = ()
    hides: tuple[Words, ...] = ()
    unscored: tuple[Words, ...] = ()
    blank: tuple[Words, ...] = ("contact", "outreach", "draft")
    blank_reason: Words | None = None
    first: bool = False
    firm: bool = False
    track: Literal["moving-on"] | None = None
    quiet_under: tuple[Words, ...] = ()  # says nothing at the top of a page while one of these gates is closed
    said: dict[Reference, Words] = Field(
        default={}
    )  # an item, an item.option or a measure → the clause that is true of it
    reason: Words  # Markdown; `{said}` in it stands for what the answers behind it say
    notice: Words | None = None  # Markdown
    instead: tuple[Instead, ...] = ()
    resources: tuple[Words, ...] = ()

    @cached_property
    def condition(self) -> Condition:
        """When it closes, parsed once. Raises InvalidCondition and ValueError."""
        return parse(self.when).mapped(numeric)

    @cached_property
    def reopening(self) -> Condition | None:
        """When it opens again, parsed once; None: no answer alone opens it. Raises as `condition` does."""
        return None if self.reopens is None else parse(self.reopens).mapped(numeric)


class Workbook(Model):
    """Every chapter, in notebook order, in one language."""

    title: Words
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$")] = "en"
    chapters: tuple[Chapter, ...]
    gates: tuple[Gate, ...] = ()
    lookback: LookBack | None = None
    measures: Measures = Field(default_factory=Measures)

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """Every exercise, in notebook order."""
        return tuple(exercise for chapter in self.chapters for exercise in chapter.exercises)

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, in notebook order."""
        return tuple(item for exercise in self.exercises for item in exercise.items)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Every scale, in notebook order."""
        return tuple(scale for chapter in self.chapters for scale in chapter.scales)

    def chapter(self, id: str) -> Chapter:
        """Return the chapter with this id, or raise UnknownId."""
        return _find("chapter", id, self._chapters)

    def exercise(self, id: str) -> Exercise:
        """Return the exercise with this id (`responsibility.incident`), or raise UnknownId."""
        return _find("exercise", id, self._exercises)

    def named(self, id: str) -> str:
        """Return the title of an exercise, with its chapter's where another has the same one. Raises UnknownId."""
        one = self.exercise(id)
        if sum(other.title == one.title for other in self.exercises) < 2:
            return one.title
        return words.say("definition.named", title=one.title, chapter=self.chapter(one.chapter_id).title)

    def item(self, id: str) -> Item:
        """Return the item with this id (`responsibility.incident.my_part`), or raise UnknownId."""
        return _find("item", id, self._items)

    def scale(self, id: str) -> Scale:
        """Return the scale with this id, or raise UnknownId."""
        return _find("scale", id, {scale.id: scale for scale in self.scales})

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 in hex, the same as long as nothing in the workbook changes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @cached_property
    def unfed(self) -> bool:
        """Whether its measures are not whole: then what its gates ask may never be answered, and all of them close."""
        return unfed(self)

    @cached_property
    def _chapters(self) -> dict[str, Chapter]:
        return {chapter.id: chapter for chapter in self.chapters}

    @cached_property
    def _exercises(self) -> dict[str, Exercise]:
        return {exercise.id: exercise for exercise in self.exercises}

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}


def _find(what: str, id: str, known: dict[str, T]) -> T:
    try:
        return known[id]
    except KeyError:
        near = nearest(id, known)
        cure = words.say("definition.unknown.near", near=near) if near else words.say("definition.unknown.check")
        raise UnknownId(f"{words.say(f'definition.unknown.{what}', id=id)} {cure}") from None


INSTRUMENTS = "instruments"  # the chapter of what a counselor brings

# The two items every exercise ends with; the form shows them in its foot.
FOOT = ("useful", "done")
USEFUL = {0: "not at all", 1: "a little", 2: "somewhat", 3: "quite", 4: "very"}


def foot(exercise: Exercise) -> tuple[Item, ...]:
    """Return the items an exercise ends with; the exercise has its full id."""
    useful = ScalePoints(id=f"{exercise.id}.useful", kind="scale", prompt="How useful was this?", points=USEFUL)
    done = YesNo(id=f"{exercise.id}.done", kind="yesno", prompt="Marked as done")
    return (useful, done) if exercise.useful else (done,)
