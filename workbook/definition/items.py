"""The kinds of item: a frozen model of each, by what it asks, and what an item may be tagged with."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from workbook.definition.base import CHAPTER_ID, LONGEST, WORD_ID, Model, Reference, Word, Words
from workbook.definition.conditions import Condition, parse
from workbook.definition.sources import Source

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
    unit_one: Words | None = None  # stands behind 1 in its place: “1 time”, “3 times”


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
    unit_one: Words | None = None  # stands behind 1 in its place: “1 time”, “3 times”


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


KINDS: dict[str, type[BaseItem]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Item)[0])
}

NO_OPPORTUNITY = "no_opportunity"  # the value of a scale's point of that name: stored, not scored
