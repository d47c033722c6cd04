"""What a workbook is: frozen models of chapters, exercises, the kinds of item, scales and gates."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, get_args

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from workbook import words
from workbook.definition.base import CHAPTER_ID, LONGEST, WORD_ID, Model, Reference, Word, Words, nearest
from workbook.definition.conditions import Condition, parse
from workbook.definition.feeding import unfed
from workbook.definition.lookback import LookBack
from workbook.definition.markdown import ADDRESS
from workbook.definition.measures import Measures
from workbook.definition.scales import Scale
from workbook.definition.sources import Source
from workbook.errors import UnknownId

if TYPE_CHECKING:
    pass

T = TypeVar("T")

Repeats = Literal["once", "daily", "weekly", "monthly", "any"]
Share = Literal["private", "ask", "counselor"]

# What an exercise or an item may be tagged with, and what the tag means.
TAGS = {
    "contact": "could lead to contacting the other person",
    "outreach": "prepares words for the other person",
    "repair": "means to mend things with the other person",
    "own-fault": "asks about one's own fault",
    "narrative": "asks for the story in free text",
    "draft": "holds a letter that is not sent",
    "calming": "helps to get through a hard hour, and stays open when other pages rest",
    "together": "is done by two people, who both want to",
    "wellbeing": "asks how one is, and nothing about the other person",
}
STATEMENTS = range(1, 19)  # what the workbook must cover, by number


def _listed(value: object) -> object:
    """Read a plain list of options as labels that are their own keys."""
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return value
    if len(set(value)) < len(value):
        raise PydanticCustomError("named_twice", "an option is named twice")
    return {label: label for label in value}


Key = Annotated[str, Field(pattern=r"^[^_]", max_length=60)]  # of an option: never `__proto__`
Tag = Literal["contact", "outreach", "repair", "own-fault", "narrative", "draft", "calming", "together", "wellbeing"]
Options = Annotated[
    dict[Key, Words],
    BeforeValidator(_listed, json_schema_input_type=dict[Key, Words] | list[Words]),
    Field(min_length=2, max_length=60),
]


class BaseItem(Model):
    """What every kind of item has."""

    # in the file: one word; once loaded: chapter.exercise.word
    id: Annotated[str, Field(pattern=rf"^({CHAPTER_ID}\.{WORD_ID}\.)?{WORD_ID}$", max_length=200)]
    prompt: Words  # plain text, one question
    help: Words | None = None  # inline Markdown
    show_if: dict[str, object] | None = None  # a condition; None: always shown
    share: Share | None = None  # None: as the exercise
    tags: tuple[Tag, ...] = ()
    source: Source | None = None
    retired: bool = False  # kept in history and exports, no longer asked

    @cached_property
    def condition(self) -> Condition | None:
        """When it is shown, parsed once; None: always."""
        return None if self.show_if is None else parse(self.show_if)

    @property
    def word(self) -> str:
        """The last part of the id."""
        return self.id.rpartition(".")[2]

    @property
    def exercise_id(self) -> str:
        """The id of the exercise it stands in."""
        return self.id.rpartition(".")[0]


class Text(BaseItem):
    """One line of words. Value: str."""

    kind: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = 300


class LongText(BaseItem):
    """A few sentences. Value: str."""

    kind: Literal["longtext"]
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = 2000
    cues: bool = False  # wording hints from `language`


class Number(BaseItem):
    """A number. Value: int or float."""

    kind: Literal["number"]
    minimum: float | None = None
    maximum: float | None = None
    step: Annotated[float, Field(gt=0)] = 1
    unit: Words | None = None


class Date(BaseItem):
    """A day. Value: "YYYY-MM-DD"."""

    kind: Literal["date"]


class YesNo(BaseItem):
    """Yes or no. Value: "yes", "no" or, where offered, "unsure"."""

    kind: Literal["yesno"]
    unsure: bool = False


class Choice(BaseItem):
    """One of several. Value: an option's key."""

    kind: Literal["choice"]
    options: Options


class Choices(BaseItem):
    """Any of several. Value: list of option keys, in the order of the options."""

    kind: Literal["choices"]
    options: Options


class ScalePoints(BaseItem):
    """A labelled scale. Value: a point (int), or "no_opportunity" (stored, not scored)."""

    kind: Literal["scale"]
    points: Annotated[dict[int, Words], Field(min_length=2, max_length=20)]
    no_opportunity: Words | None = None  # its label


class Ruler(BaseItem):
    """A row of numbers with words at both ends. Value: int."""

    kind: Literal["ruler"]
    minimum: int = 0
    maximum: int = 10
    low: Words
    high: Words


class Rank(BaseItem):
    """Options in order. Value: list of all option keys, first is highest."""

    kind: Literal["rank"]
    options: Options


class Shares(BaseItem):
    """Parts of a whole. Value: {key: number}; complete when they sum to 100."""

    kind: Literal["shares"]
    options: Options


class Column(Model):
    """A column of a table."""

    id: Word
    kind: Literal["text", "number", "date", "yesno", "choice"]
    label: Words
    options: Options | None = None


class Table(BaseItem):
    """Rows to add and remove. Value: list of {column id: value}."""

    kind: Literal["table"]
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=20)]
    max_rows: Annotated[int, Field(ge=1, le=500)] = 50
    row: Words = "row"  # what one row is called: "Add: …", which needs no article


class Part(Model):
    """A named part of a letter."""

    label: Words
    help: Words | None = None
    optional: bool = False


class Letter(BaseItem):
    """A text in named parts. Value: {part id: str}."""

    kind: Literal["letter"]
    parts: Annotated[dict[Word, Part], Field(min_length=1)]
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = 1500  # each part
    cues: bool = True


class Note(BaseItem):
    """Words only, nothing to answer; `prompt` is Markdown."""

    kind: Literal["note"]
    quotes: tuple[Reference, ...] = ()  # questions of other forms, whose newest answers are shown under the words


class Timer(BaseItem):
    """Minutes that run down in the page, stopped by whoever wants to; nothing to answer, nothing kept."""

    kind: Literal["timer"]
    minutes: Annotated[int, Field(ge=1, le=60)]


class Compute(Model):
    """A number from other answers of the same exercise: exactly one of these."""

    sum: tuple[Reference, ...] | None = None
    mean: tuple[Reference, ...] | None = None
    count: tuple[Reference, ...] | None = None  # how many are answered
    difference: tuple[Reference, Reference] | None = None  # first minus second


class Computed(BaseItem):
    """A number the page works out; never stored."""

    kind: Literal["computed"]
    compute: Compute
    unit: Words | None = None


Item = Annotated[
    Text
    | LongText
    | Number
    | Date
    | YesNo
    | Choice
    | Choices
    | ScalePoints
    | Ruler
    | Rank
    | Shares
    | Table
    | Letter
    | Note
    | Timer
    | Computed,
    Field(discriminator="kind"),
]


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


class Workbook(Model):
    """Every chapter, in notebook order, in one language."""

    title: Words
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$")] = "en"
    chapters: tuple[Chapter, ...]
    gates: tuple[Gate, ...] = ()
    lookback: LookBack | None = None
    measures: Measures = Measures()

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


KINDS: dict[str, type[BaseItem]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Item)[0])
}

NO_OPPORTUNITY = "no_opportunity"  # the value of a scale's point of that name: stored, not scored

INSTRUMENTS = "instruments"  # the chapter of what a counselor brings

# The two items every exercise ends with; the form shows them in its foot.
FOOT = ("useful", "done")
USEFUL = {0: "not at all", 1: "a little", 2: "somewhat", 3: "quite", 4: "very"}


def foot(exercise: Exercise) -> tuple[Item, ...]:
    """Return the items an exercise ends with; the exercise has its full id."""
    useful = ScalePoints(id=f"{exercise.id}.useful", kind="scale", prompt="How useful was this?", points=USEFUL)
    done = YesNo(id=f"{exercise.id}.done", kind="yesno", prompt="Marked as done")
    return (useful, done) if exercise.useful else (done,)
