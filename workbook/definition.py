"""The workbook as data: frozen models, read from YAML and judged all at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Repeats = Literal["once", "daily", "weekly", "monthly", "any"]
Share = Literal["private", "ask", "counselor"]


class Model(BaseModel):
    """Frozen; a key it does not know is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- conditions (the models; `conditions` parses and evaluates them) is imported once it exists ---


class _Item(Model):
    """What every kind of item has."""

    id: str  # in the file: one word; once loaded: chapter.exercise.word
    prompt: str  # plain text, one question
    help: str | None = None  # inline Markdown
    show_if: dict[str, object] | None = None  # a condition; None: always shown
    share: Share | None = None  # None: as the exercise
    tags: tuple[str, ...] = ()
    source: str | None = None
    retired: bool = False  # kept in history and exports, no longer asked


class Text(_Item):
    """One line of words. Value: str."""

    kind: Literal["text"]
    max_length: int = 300


class LongText(_Item):
    """A few sentences. Value: str."""

    kind: Literal["longtext"]
    max_length: int = 2000
    cues: bool = False  # wording hints from `language`


class Number(_Item):
    """A number. Value: int or float."""

    kind: Literal["number"]
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    unit: str | None = None


class Date(_Item):
    """A day. Value: "YYYY-MM-DD"."""

    kind: Literal["date"]


class YesNo(_Item):
    """Yes or no. Value: "yes", "no" or, where offered, "unsure"."""

    kind: Literal["yesno"]
    unsure: bool = False


class Choice(_Item):
    """One of several. Value: an option's key."""

    kind: Literal["choice"]
    options: dict[str, str]


class Choices(_Item):
    """Any of several. Value: list of option keys, in the order of the options."""

    kind: Literal["choices"]
    options: dict[str, str]


class ScalePoints(_Item):
    """A labelled scale. Value: a point (int), or "no_opportunity" (stored, not scored)."""

    kind: Literal["scale"]
    points: dict[int, str]
    no_opportunity: str | None = None  # its label


class Ruler(_Item):
    """A row of numbers with words at both ends. Value: int."""

    kind: Literal["ruler"]
    minimum: int = 0
    maximum: int = 10
    low: str
    high: str


class Rank(_Item):
    """Options in order. Value: list of all option keys, first is highest."""

    kind: Literal["rank"]
    options: dict[str, str]


class Shares(_Item):
    """Parts of a whole. Value: {key: number}; complete when they sum to 100."""

    kind: Literal["shares"]
    options: dict[str, str]


class Column(Model):
    """A column of a table."""

    id: str
    kind: Literal["text", "number", "date", "yesno", "choice"]
    label: str
    options: dict[str, str] | None = None


class Table(_Item):
    """Rows to add and remove. Value: list of {column id: value}."""

    kind: Literal["table"]
    columns: tuple[Column, ...]
    max_rows: int = 50
    row: str = "row"  # what one row is called: "Add a …"


class Part(Model):
    """A named part of a letter."""

    label: str
    help: str | None = None
    optional: bool = False


class Letter(_Item):
    """A text in named parts. Value: {part id: str}."""

    kind: Literal["letter"]
    parts: dict[str, Part]
    max_length: int = 1500  # each part
    cues: bool = True


class Note(_Item):
    """Words only, nothing to answer; `prompt` is Markdown."""

    kind: Literal["note"]


class Compute(Model):
    """A number from other answers of the same exercise: exactly one of these."""

    sum: tuple[str, ...] | None = None
    mean: tuple[str, ...] | None = None
    count: tuple[str, ...] | None = None  # how many are answered
    difference: tuple[str, str] | None = None  # first minus second


class Computed(_Item):
    """A number the page works out; never stored."""

    kind: Literal["computed"]
    compute: Compute
    unit: str | None = None


Item = Annotated[
    Text | LongText | Number | Date | YesNo | Choice | Choices | ScalePoints | Ruler | Rank | Shares
    | Table | Letter | Note | Computed,
    Field(discriminator="kind"),
]


class Exercise(Model):
    """One form."""

    id: str  # once loaded: chapter.exercise
    title: str
    intro: str | None = None  # Markdown, short
    minutes: int
    repeats: Repeats = "once"
    share: Share = "ask"
    tags: tuple[str, ...] = ()  # e.g. contact, repair, narrative, draft, own-fault
    serves: tuple[int, ...] = ()  # of the 18 statements in domain.md
    source: str | None = None
    useful: bool = True  # ask "How useful was this?" at the end
    show_if: dict[str, object] | None = None
    retired: bool = False
    items: tuple[Item, ...]


class Scale(Model):
    """A scored set of items."""

    id: str
    title: str
    items: tuple[str, ...]  # full item ids
    score: Literal["mean", "sum", "percent"] = "percent"  # percent: of the declared range, 0–100
    reverse: tuple[str, ...] = ()
    min_answered: int
    better: Literal["higher", "lower"] = "higher"
    source: str


class Why(Model):
    """One finding behind a chapter."""

    text: str
    source: str


class Chapter(Model):
    """One notebook."""

    chapter: str  # its id: responsibility
    notebook: str  # file name without ending: 10-responsibility
    title: str
    principle: int | None = None
    lede: str
    minutes: int
    why: tuple[Why, ...] = ()
    opening: str | None = None  # Markdown after the lede
    closing: str | None = None  # Markdown before the links to other chapters
    shows: tuple[Literal["assessment", "share", "lock", "resources"], ...] = ()  # built-in panels
    scales: tuple[Scale, ...] = ()
    exercises: tuple[Exercise, ...] = ()


class Workbook(Model):
    """Every chapter, in notebook order, in one language."""

    title: str
    language: str = "en"
    chapters: tuple[Chapter, ...]
    gates: tuple[dict[str, object], ...] = ()
