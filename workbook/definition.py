"""YAML files → `Workbook`: everything is judged here, and all problems are said at once."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, get_args

from pydantic import BaseModel, Field, ValidationError

from workbook import conditions, resources
from workbook.errors import DefinitionError, InvalidCondition
from workbook.models import (
    CHAPTER_ID,
    FOOT,
    KINDS,
    NUMERIC,
    STATEMENTS,
    TAGS,
    BaseItem,
    Chapter,
    Choice,
    Choices,
    Column,
    Compute,
    Computed,
    Date,
    Exercise,
    Gate,
    Instead,
    Item,
    Letter,
    LongText,
    Model,
    Note,
    Number,
    Part,
    Rank,
    Repeats,
    Ruler,
    Scale,
    ScalePoints,
    Share,
    Shares,
    Table,
    Text,
    Why,
    Words,
    Workbook,
    YesNo,
    did_you_mean,
    foot,
    item_range,
)
from workbook.reading import Outline, Problem, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from workbook.reading import Keys

# The models are part of what this module offers, whoever uses them imports them from here.
__all__ = [
    "FOOT",
    "KINDS",
    "NUMERIC",
    "STATEMENTS",
    "TAGS",
    "BaseItem",
    "Chapter",
    "Choice",
    "Choices",
    "Column",
    "Compute",
    "Computed",
    "Date",
    "Exercise",
    "Gate",
    "Instead",
    "Item",
    "Letter",
    "LongText",
    "Note",
    "Number",
    "Part",
    "Problem",
    "Rank",
    "Repeats",
    "Ruler",
    "Scale",
    "ScalePoints",
    "Share",
    "Shares",
    "Table",
    "Text",
    "Why",
    "Workbook",
    "YesNo",
    "check",
    "coverage",
    "fingerprint",
    "html",
    "item_range",
    "load",
    "problems",
]

M = TypeVar("M", bound=Model)

_LANGUAGE_FILE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?\.yaml")


class _Contents(Model):
    """`workbook.yaml`: the title, the language, and the chapters in order."""

    title: Words
    language: Words = "en"
    chapters: Annotated[tuple[Annotated[str, Field(pattern=f"^{CHAPTER_ID}$")], ...], Field(min_length=1)]


class _Gates(Model):
    """`safety.yaml`."""

    gates: tuple[Gate, ...] = ()


def load(path: Path | None = None) -> Workbook:
    """Return the workbook in a folder, or in one chapter's file; None: the shipped one.

    Raises DefinitionError with every problem, when there is any.
    """
    workbook, found = _load(path or resources.data("workbook"))
    if workbook is None:
        raise DefinitionError(found)
    return workbook


def check(path: Path | None = None) -> tuple[Problem, ...]:
    """Return every problem in a folder, or in one chapter's file, in the order of files and lines."""
    return _load(path or resources.data("workbook"))[1]


def _load(path: Path) -> tuple[Workbook | None, tuple[Problem, ...]]:
    draft = _Draft()
    contents = draft.contents(path) if path.is_dir() else None
    if contents:
        draft.chapters = [draft.read(path / f"{name}.yaml") for name in dict.fromkeys(contents.chapters)]
        draft.safety = draft.read(path / "safety.yaml") if (path / "safety.yaml").exists() else None
    elif not path.is_dir():
        draft.chapters = [draft.read(path)]
    workbook = draft.build(contents)
    found = draft.found()
    return (None, found) if found else (workbook, ())


@dataclass
class _Draft:
    """A workbook while it is read: its files, the pieces of it that are whole, and what is wrong."""

    files: list[str] = field(default_factory=list)  # in reading order
    outlines: list[Outline] = field(default_factory=list)
    lost: list[Problem] = field(default_factory=list)  # of files that cannot be read at all
    chapters: list[Outline | None] = field(default_factory=list)  # None: cannot be read
    safety: Outline | None = None
    pieces: list[_Piece] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # of every item, whole or not, by its full id

    def read(self, path: Path) -> Outline | None:
        """Read one file; what keeps it from being read is noted."""
        self.files.append(path.name)
        try:
            self.outlines.append(read(path))
        except DefinitionError as error:
            self.lost += [problem for problem in error.problems if isinstance(problem, Problem)]
            return None
        return self.outlines[-1]

    def contents(self, folder: Path) -> _Contents | None:
        """Read `workbook.yaml`, and note which files of the folder it does not name."""
        outline = self.read(folder / "workbook.yaml")
        contents = _model(_Contents, outline.data, outline, ()) if outline else None
        if contents is None or outline is None:
            return None
        for index, name in enumerate(contents.chapters):
            if name in contents.chapters[:index]:
                outline.add(("chapters", index), name, "This chapter is in the list already.", "Remove one.")
        for path in sorted(folder.glob("*.yaml")):
            if path.stem not in {"workbook", "safety", *contents.chapters} and not _LANGUAGE_FILE.fullmatch(path.name):
                cure = "Add it there, or move the file away."
                outline.add(("chapters",), None, f"does not name “{path.name}”, which is in the folder.", cure)
        return contents

    def build(self, contents: _Contents | None) -> Workbook | None:
        """Return the workbook of all that is whole; whatever is not is noted."""
        outlines = [outline for outline in self.chapters if outline]
        self.kinds = {id: kind for outline in outlines for id, kind in _scan(outline.data)}
        chapters = tuple(filter(None, [self.chapter(outline) for outline in outlines]))
        gates = tuple(self.gates(self.safety)) if self.safety else ()
        things = [piece.thing for piece in self.pieces]
        read = frozenset(chapter.id for chapter in things if isinstance(chapter, Chapter))
        known = _Known(
            items={
                **dict.fromkeys(self.kinds),
                **{one.id: cast(Item, one) for one in things if isinstance(one, BaseItem)},
            },
            exercises=frozenset(id.rpartition(".")[0] for id in self.kinds),
            chapters=read.union(id.partition(".")[0] for id in self.kinds),
            scales=frozenset(thing.id for thing in things if isinstance(thing, Scale)),
            absent=frozenset(contents.chapters) - read if contents else None,
        )
        _judge(self.pieces, known)
        chapters = tuple(chapter.model_copy(update={"scales": _ranged(chapter.scales, known)}) for chapter in chapters)
        if not chapters:
            return None
        title, language = (contents.title, contents.language) if contents else (chapters[0].title, "en")
        return Workbook.model_construct(title=title, language=language, chapters=chapters, gates=gates)

    def found(self) -> tuple[Problem, ...]:
        """Return every problem, in the order of files and lines."""
        every = [*self.lost, *(problem for outline in self.outlines for problem in outline.problems)]
        return tuple(sorted(every, key=lambda problem: (self.files.index(problem.file), problem.line)))

    def chapter(self, outline: Outline) -> Chapter | None:
        """Build a chapter from its file, with full ids and the items every exercise ends with."""
        data = outline.data
        shell = {**data, "exercises": (), "scales": ()} if isinstance(data, dict) else data
        chapter = _model(Chapter, shell, outline, ())
        if not isinstance(data, dict):
            return None
        if chapter:
            self.pieces.append(_Piece(outline, (), chapter))
            if outline.file != f"{chapter.id}.yaml":
                outline.add(("chapter",), chapter.id, f"The file is named “{outline.file}”.", "Give both one name.")
        scales = []
        for keys, one in _members(outline, data, (), "scales"):
            if scale := _model(Scale, one, outline, keys):
                self.pieces.append(_Piece(outline, keys, scale))
                scales.append(scale)
        exercises = [
            self.exercise(outline, keys, one, str(data.get("chapter")))
            for keys, one in _members(outline, data, (), "exercises")
        ]
        whole = {"scales": tuple(scales), "exercises": tuple(filter(None, exercises))}
        return chapter.model_copy(update=whole) if chapter else None

    def exercise(self, outline: Outline, keys: Keys, data: object, chapter: str) -> Exercise | None:
        """Build an exercise and its items."""
        exercise = _model(Exercise, {**data, "items": ()} if isinstance(data, dict) else data, outline, keys)
        if not isinstance(data, dict):
            return None
        full = f"{chapter}.{data.get('id')}"
        if "items" not in data:
            outline.add((*keys, "items"), None, "is missing.", "Every exercise has at least one item.")
        if exercise:
            _one_word(outline, keys, exercise.id, full)
            shown = self.condition(exercise.show_if, full)
            exercise = exercise.model_copy(update={"id": full, "show_if": shown})
            self.pieces.append(_Piece(outline, keys, exercise))
        items = [self.item(outline, at, one, full) for at, one in _members(outline, data, keys, "items")]
        whole = tuple(filter(None, items))
        return exercise.model_copy(update={"items": (*whole, *foot(exercise))}) if exercise else None

    def item(self, outline: Outline, keys: Keys, data: object, exercise: str) -> BaseItem | None:
        """Build one item of whatever kind it says."""
        kind = data.get("kind") if isinstance(data, dict) else ""
        model = KINDS.get(kind) if isinstance(kind, str) else None
        if isinstance(data, dict) and model is None:
            cure = f"Use one of: {', '.join(KINDS)}."
            near = did_you_mean(kind, KINDS)
            message = "is missing." if kind is None else "" if isinstance(kind, str) else "is not one word."
            outline.add((*keys, "kind"), kind, message, "  ".join(filter(None, (cure, near))))
            return None
        item = _model(model or Text, data, outline, keys)
        if item is None:
            return None
        full = f"{exercise}.{item.id}"
        _one_word(outline, keys, item.id, full)
        if item.id in FOOT:
            cure = "Choose another word."
            outline.add((*keys, "id"), item.id, "Every exercise ends with an item of this name.", cure)
        update: dict[str, object] = {"id": full, "show_if": self.condition(item.show_if, exercise)}
        if isinstance(item, Computed):
            ways = {how: tuple(_full(id, exercise) for id in ids) for how, ids in item.compute if ids}
            update["compute"] = item.compute.model_copy(update=ways)
        item = item.model_copy(update=update)
        self.pieces.append(_Piece(outline, keys, item))
        return item

    def gates(self, outline: Outline) -> Iterator[Gate]:
        """Build the gates of `safety.yaml`."""
        data = outline.data
        if _model(_Gates, {**data, "gates": ()} if isinstance(data, dict) else data, outline, ()) is None:
            return
        for keys, one in _members(outline, data, (), "gates"):  # type: ignore[arg-type]  # a mapping, or no model
            if gate := _model(Gate, one, outline, keys):
                conditions = {"when": self.condition(gate.when, ""), "reopens": self.condition(gate.reopens, "")}
                gate = gate.model_copy(update=conditions)
                self.pieces.append(_Piece(outline, keys, gate))
                yield gate

    def condition(self, data: dict[str, object] | None, exercise: str) -> dict[str, object] | None:
        """Return a condition with full ids, and numbers where it asks about a number; a faulty one as it is."""
        if data is None:
            return None

        def change(comparison: conditions.Comparison) -> conditions.Comparison:
            id = _full(comparison.question, exercise)
            numeric = self.kinds.get(id, "number") in NUMERIC
            operand = comparison.operand
            if numeric and isinstance(operand, tuple):
                operand = tuple(map(_number, operand))
            return conditions.Comparison(id, comparison.how, _number(operand) if numeric else operand, comparison.path)

        try:
            return conditions.parse(data).mapped(change).data()
        except InvalidCondition:
            return data  # `_judge` says what is wrong with it


def _ranged(scales: tuple[Scale, ...], known: _Known) -> tuple[Scale, ...]:
    """Return the scales with the declared range of each of their items."""
    spans = {id: item_range(item) for id, item in known.items.items() if item is not None}
    return tuple(
        scale.model_copy(update={"ranges": {id: span for id in scale.items if (span := spans.get(id))}})
        for scale in scales
    )


def _full(id: str, exercise: str) -> str:
    """Return the full id: a bare word is an item of the same exercise."""
    return id if "." in id or not exercise else f"{exercise}.{id}"


def _number(value: object) -> object:
    """Return the number a text says; anything else as it is."""
    if not isinstance(value, str) or not re.fullmatch(r"[-+]?\d{1,15}(\.\d{1,15})?", value, re.ASCII):
        return value
    return float(value) if "." in value else int(value)


def _one_word(outline: Outline, keys: Keys, id: str, full: str) -> None:
    if "." in id:
        cure = f"Write “{id.rpartition('.')[2]}”; the rest comes by itself."
        outline.add((*keys, "id"), id, "In a file an id is one word.", cure)


def _members(outline: Outline, data: Mapping[str, object], keys: Keys, name: str) -> list[tuple[Keys, object]]:
    """Return the members of a list in a mapping, each with the way to it."""
    listed = data.get(name, [])
    if not isinstance(listed, list):
        value = listed or None if isinstance(listed, str) else None
        outline.add((*keys, name), value, "is not a list.", "Begin each of its members with “- ”.")
        return []
    return [((*keys, name, index), one) for index, one in enumerate(listed)]


def _scan(data: object) -> Iterator[tuple[str, str]]:
    """Yield id and kind of every item in a chapter's data, however broken the rest is."""
    chapter = data if isinstance(data, dict) else {}
    for exercise in _mappings(chapter, "exercises"):
        full = f"{chapter.get('chapter')}.{exercise.get('id')}"
        for item in _mappings(exercise, "items"):
            yield f"{full}.{item.get('id')}", str(item.get("kind"))
        yield f"{full}.useful", "scale"
        yield f"{full}.done", "yesno"


def _mappings(data: Mapping[str, object], name: str) -> list[dict[str, object]]:
    listed = data.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


# --- pydantic's errors in our words ---

# One row per pydantic error: what is wrong, the cure; {…} is filled from the error's context.
_SAYINGS: dict[str, tuple[str, str]] = {
    "missing": ("is missing.", "Add it."),
    "string_type": ("is not text.", "If the text holds a colon or begins with “[” or “{”, put it in quotes."),
    "string_too_short": ("is empty.", "Write it, or remove the line."),
    "string_too_long": ("It is too long.", "Use at most {max_length} characters."),
    "int_parsing": ("", "Write a whole number."),
    "int_from_float": ("", "Write a whole number."),
    "int_type": ("is not a number.", "Write a whole number."),
    "int_parsing_size": ("", "Write a smaller number."),
    "float_parsing": ("", "Write a number."),
    "float_type": ("is not a number.", "Write a number."),
    "finite_number": ("", "Write a number."),
    "bool_parsing": ("", "Write true or false."),
    "bool_type": ("is not true or false.", "Write true or false."),
    "greater_than": ("", "Use a number above {gt}."),
    "greater_than_equal": ("", "Use {ge} or more."),
    "less_than_equal": ("", "Use {le} or less."),
    "tuple_type": ("is not a list.", "Begin each of its members with “- ”."),
    "dict_type": ("is not a mapping.", "Write one line for each, like “name: text”."),
    "model_type": ("is not a mapping.", "Write its lines like “name: text”."),
    "too_short": ("has too few members.", "Write at least {min_length}."),
    "too_long": ("has too many members.", "Write at most {max_length}."),
}


def _model(model: type[M], data: object, outline: Outline, keys: Keys) -> M | None:
    """Return `data` as `model`; when it does not fit, note every reason and return None."""
    if not isinstance(data, dict):
        outline.add(keys, data, "is not a mapping.", "Write its lines like “name: text”.")
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            path = tuple(key for key in fault["loc"] if key != "[key]")
            value, message, cure = _say(fault, model, path)
            outline.add((*keys, *path), value, message, cure)
        return None


def _say(fault: ErrorDetails, model: type[BaseModel], path: Keys) -> tuple[object, str, str]:
    """Return value, message and cure for one pydantic error."""
    sort, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    if sort == "extra_forbidden":
        fields = _fields(model, path[:-1])
        return None, "is not known here.", did_you_mean(path[-1], fields) or f"Use one of: {', '.join(fields)}."
    if sort == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        cure = f"Use one of: {', '.join(allowed)}."
        message = "" if isinstance(value, str) else "is not one word."
        return value, message, "  ".join(filter(None, (cure, did_you_mean(value, allowed))))
    if sort == "string_pattern_mismatch":
        return value, *_FORMS.get(str(path[-1]), _FORMS["id"])
    message, cure = _SAYINGS.get(sort, (fault["msg"] + ".", ""))
    shown = None if sort in ("missing", "string_too_short") else value
    return shown, message, cure.format(**context)


# What an id looks like, by the field it stands in.
_FORMS = {
    "id": ("This cannot be an id.", "Use letters, digits and _, beginning with a letter."),
    "chapter": ("This cannot be a chapter's id.", "Use small letters, digits and -, beginning with a letter."),
    "notebook": ("This cannot be a file name.", "Use small letters, digits and -, like 10-responsibility."),
    "language": ("This is not a language.", "Write it like en or pt-BR."),
}


def _fields(model: type[BaseModel], path: Keys) -> list[str]:
    """Return the names known at `path` inside `model`."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            inner = _models_in(model.model_fields[key].annotation)
            model = inner[0] if inner else model
    return list(model.model_fields)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def html(markdown: str) -> str:
    """Return Markdown as clean HTML: no raw HTML, no pictures, no scripts."""
    import nh3
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("js-default").render(markdown)
    return nh3.clean(rendered, tags=nh3.ALLOWED_TAGS - {"img"}).strip()


def coverage(workbook: Workbook) -> dict[int, tuple[str, ...]]:
    """Return for each of the 18 statements the ids of the exercises that serve it; none: an empty tuple."""
    return {
        number: tuple(exercise.id for exercise in workbook.exercises if number in exercise.serves)
        for number in STATEMENTS
    }


# --- what is judged across items: the same for files and for a workbook that arrived as JSON ---

Fault = tuple["Keys", object, str, str]  # where inside the thing, the value there, what is wrong, the cure

_ORDER = ("less_than", "at_most", "greater_than", "at_least")
# Which comparisons fit which kind of item; a kind not named can only be asked whether it is `answered`.
_FITTING: dict[str, tuple[str, ...]] = {
    "number": ("is", "is_not", "one_of", *_ORDER),
    "scale": ("is", "is_not", "one_of", *_ORDER),
    "ruler": ("is", "is_not", "one_of", *_ORDER),
    "date": ("is", "is_not", "one_of", *_ORDER),
    "yesno": ("is", "is_not", "one_of"),
    "choice": ("is", "is_not", "one_of"),
    "choices": ("includes",),
}


@dataclass(frozen=True)
class _Known:
    """Everything that can be referred to by id."""

    items: dict[str, Item | None]  # None: there is one, but it is broken or not here to look at
    exercises: frozenset[str]
    chapters: frozenset[str]
    scales: frozenset[str]
    absent: frozenset[str] | None = frozenset()  # chapters not at hand, their ids are trusted; None: all others

    def item(self, id: str) -> Item | None:
        """Return the item, or None when it is broken or in a chapter that is not at hand; KeyError: no such item."""
        chapter, dot, _ = id.partition(".")
        if dot and chapter not in self.chapters and (self.absent is None or chapter in self.absent):
            return None
        return self.items[id]


def _unknown_item(id: str, known: _Known) -> tuple[str, str]:
    return "There is no such item.", did_you_mean(id, known.items) or "Write the id of an item: chapter.exercise.item."


def _condition_faults(data: object, at: str, known: _Known) -> Iterator[Fault]:
    try:
        condition = conditions.parse(data)
    except InvalidCondition as error:
        for path, value, message, cure in error.faults:
            yield (at, *path), value, message, cure
        return
    for comparison in condition.comparisons:
        if comparison.question.startswith("measured."):
            continue  # worked out by `safety`, not answered
        try:
            item = known.item(comparison.question)
        except KeyError:
            yield (at, *comparison.path, "question"), comparison.question, *_unknown_item(comparison.question, known)
            continue
        if item is not None:
            for message, cure, value in _misfit(comparison, item):
                yield (at, *comparison.path, comparison.how), value, message, cure


def _misfit(comparison: conditions.Comparison, item: Item) -> Iterator[tuple[str, str, object]]:
    """Yield what keeps a comparison from ever being meant for this item: message, cure, value."""
    if item.kind in ("note", "computed"):
        yield f"“{item.id}” is never answered: it is a {item.kind}.", "Ask about an item that is.", None
        return
    if comparison.how == "answered":
        return
    fitting = _FITTING.get(item.kind, ())
    if comparison.how not in fitting:
        cure = f"Use {' or '.join((*fitting, 'answered'))}."
        yield f"does not fit “{item.id}”, which is a {item.kind}.", cure, None
        return
    operands = comparison.operand if isinstance(comparison.operand, tuple) else (comparison.operand,)
    for operand in operands:
        message, cure = _operand_misfit(operand, comparison.how, item)
        if message:
            yield message, cure, operand


def _operand_misfit(operand: object, how: str, item: Item) -> tuple[str, str]:
    possible: tuple[object, ...] = ()
    if isinstance(item, (Choice, Choices)):
        possible = tuple(item.options)
    elif isinstance(item, YesNo):
        possible = ("yes", "no", "unsure") if item.unsure else ("yes", "no")
    elif isinstance(item, ScalePoints):
        possible = (*item.points, *(("no_opportunity",) if item.no_opportunity and how not in _ORDER else ()))
    elif isinstance(item, Date):
        day = isinstance(operand, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", operand, re.ASCII)
        return ("", "") if day else ("is not a day.", "Write it like 2026-05-03.")
    if possible:
        if operand in possible:
            return "", ""
        cure = f"Use one of: {', '.join(map(str, possible))}."
        return f"is not an answer to “{item.id}”.", "  ".join(
            filter(None, (cure, did_you_mean(operand, map(str, possible))))
        )
    if isinstance(operand, str):
        return "is not a number.", f"“{item.id}” is answered with a number."
    span = item_range(item)
    if span and isinstance(operand, (int, float)) and not span[0] <= operand <= span[1]:
        return f"is outside “{item.id}”.", f"It goes from {span[0]:g} to {span[1]:g}."
    return "", ""


def _item_faults(item: Item, known: _Known) -> Iterator[Fault]:
    if item.show_if is not None:
        yield from _condition_faults(item.show_if, "show_if", known)
    if isinstance(item, (Number, Ruler)):
        low, high = item.minimum, item.maximum
        if low is not None and high is not None and low >= high:
            yield ("minimum",), f"{low:g}", f"The maximum is {high:g}.", "Make the minimum the smaller number."
        elif isinstance(item, Ruler) and item.maximum - item.minimum > 20:
            yield ("maximum",), item.maximum, "A ruler has at most 21 numbers.", "Use a number item."
    if isinstance(item, ScalePoints) and list(item.points) != sorted(item.points):
        yield ("points",), None, "are not in rising order.", "Write the lowest number first."
    if isinstance(item, Table):
        seen: set[str] = set()
        for index, column in enumerate(item.columns):
            if column.id in seen:
                yield ("columns", index, "id"), column.id, "Another column has this id.", "Give it its own."
            seen.add(column.id)
            if (column.kind == "choice") != (column.options is not None):
                says = ("is missing.", "Write the options of this choice.")
                spare = ("do not belong to this kind of column.", "Remove them, or make it a choice.")
                yield ("columns", index, "options"), None, *(says if column.options is None else spare)
    if isinstance(item, Computed):
        yield from _compute_faults(item, known)


def _compute_faults(item: Computed, known: _Known) -> Iterator[Fault]:
    ways = {name: getattr(item.compute, name) for name in Compute.model_fields if getattr(item.compute, name)}
    if len(ways) != 1:
        says = f"has {' and '.join(ways)} at once." if ways else "says nothing to work out."
        yield ("compute",), None, says, f"Use exactly one of: {', '.join(Compute.model_fields)}."
    for how, ids in ways.items():
        for index, id in enumerate(ids):
            keys: Keys = ("compute", how, index)
            if id not in known.items:
                yield keys, id, *_unknown_item(id, known)
                continue
            other = known.items[id]
            if id.rpartition(".")[0] != item.exercise_id:
                yield keys, id, "It stands in another exercise.", "Use items of this exercise only."
            elif other is None:
                continue
            elif how == "count" and other.kind in ("note", "computed"):
                yield keys, id, f"It is never answered: it is a {other.kind}.", "Count items that are."
            elif how != "count" and other.kind not in NUMERIC:
                yield keys, id, f"It is a {other.kind}, not a number.", f"Use items of kind {', '.join(NUMERIC)}."


def _scale_faults(scale: Scale, known: _Known) -> Iterator[Fault]:
    spans: dict[tuple[float, float], str] = {}
    for index, id in enumerate(scale.items):
        keys: Keys = ("items", index)
        try:
            item = known.item(id)
        except KeyError:
            yield keys, id, *_unknown_item(id, known)
            continue
        if id in scale.items[:index]:
            yield keys, id, "It is in this scale already.", "Remove one."
        elif id.rpartition(".")[0] != scale.items[0].rpartition(".")[0]:
            yield keys, id, "It stands in another exercise than the first.", "Score items of one exercise."
        elif item is not None:
            span = item_range(item)
            if span is None:
                says = f"It is a {item.kind} without a range, so it cannot be scored."
                yield keys, id, says, "Use a scale, a ruler, or a number with minimum and maximum."
            elif spans and span not in spans:
                (low, high), first = next(iter(spans.items()))
                says = f"It goes from {span[0]:g} to {span[1]:g}, but “{first}” from {low:g} to {high:g}."
                yield keys, id, says, "Give every item of a scale the same range."
            else:
                spans[span] = id
    for index, id in enumerate(scale.reverse):
        if id not in scale.items:
            yield (
                ("reverse", index),
                id,
                "It is not an item of this scale.",
                did_you_mean(id, scale.items) or "Remove it.",
            )
    if scale.min_answered > len(scale.items):
        yield ("min_answered",), scale.min_answered, f"The scale has {len(scale.items)} items.", "Use at most that."


def _gate_faults(gate: Gate, known: _Known) -> Iterator[Fault]:
    yield from _condition_faults(gate.when, "when", known)
    if gate.reopens is not None:
        yield from _condition_faults(gate.reopens, "reopens", known)
    names = {"all", *TAGS, *known.chapters, *known.exercises, *known.items, *known.scales}
    for key in ("locks", "keeps", "hides", "unscored", "blank"):
        for index, name in enumerate(getattr(gate, key)):
            if name not in names:
                cure = did_you_mean(name, names) or "Name a tag, a chapter, an exercise, an item, a scale or all."
                yield (key, index), name, "There is no such thing to name here.", cure


def _exercise_faults(exercise: Exercise, known: _Known) -> Iterator[Fault]:
    if exercise.show_if is not None:
        yield from _condition_faults(exercise.show_if, "show_if", known)
    twice = {number for number in exercise.serves if exercise.serves.count(number) > 1}
    for number in sorted(twice):
        yield ("serves",), None, f"names statement {number} twice.", "Name it once."


@dataclass(frozen=True)
class _Piece:
    """A thing that has an id, and the file and place where it is written."""

    outline: Outline
    keys: Keys
    thing: Chapter | Exercise | BaseItem | Scale | Gate

    def add(self, keys: Keys, value: object, message: str, cure: str) -> None:
        self.outline.add((*self.keys, *keys), value, message, cure)

    @property
    def line(self) -> str:
        line = self.outline.lines.get(self.keys)
        return f" in {self.outline.file}:{line}" if line else ""


# One row per sort of thing: what it is called, and what is judged about it beyond its own fields.
_JUDGES: tuple[tuple[type[Model], str, Callable[[Any, _Known], Iterator[Fault]]], ...] = ()


def _judge(pieces: list[_Piece], known: _Known) -> None:
    """Note on each piece's outline whatever only shows when the pieces are seen together."""
    first: dict[tuple[str, str], _Piece] = {}
    for piece in pieces:
        what, faults = next((what, faults) for model, what, faults in _JUDGES if isinstance(piece.thing, model))
        key = "chapter" if what == "chapter" else "id"
        earlier = first.setdefault((what, piece.thing.id), piece)
        if earlier is not piece:
            id = piece.thing.id.rpartition(".")[2]
            piece.add((key,), id, f"Another {what} has this id{earlier.line}.", "Give this one its own, for good.")
            continue
        for fault in faults(piece.thing, known):
            piece.add(*fault)
    _judge_chapters([piece for piece in first.values() if isinstance(piece.thing, Chapter)])
    _judge_cycles(list(first.values()))


def _judge_chapters(pieces: list[_Piece]) -> None:
    for key in ("notebook", "principle"):
        first: dict[object, _Piece] = {}
        for piece in pieces:
            value = getattr(piece.thing, key)
            if value is not None and first.setdefault(value, piece) is not piece:
                piece.add((key,), value, f"Another chapter has it{first[value].line}.", "Give this one its own.")


def _judge_cycles(pieces: list[_Piece]) -> None:
    asks: dict[str, set[str]] = {}
    places: dict[str, _Piece] = {}
    for piece in pieces:
        if isinstance(piece.thing, (Exercise, BaseItem)):
            asks[piece.thing.id] = _asked(piece.thing.show_if)
            places[piece.thing.id] = piece
            if isinstance(piece.thing, BaseItem):
                asks[piece.thing.id].add(piece.thing.exercise_id)
    while True:
        try:
            TopologicalSorter(asks).prepare()
        except CycleError as error:
            ring = [id for id in dict.fromkeys(reversed(error.args[1]))]
            items = [id for id in ring if id in places and _asked(places[id].thing.show_if)]  # type: ignore[union-attr]
            start = items.index(min(items))
            items = items[start:] + items[:start]
            way = " → ".join((*items, items[0])) if len(items) > 1 else f"{items[0]} → itself"
            cure = "Let one of them be shown always."
            places[items[0]].add(("show_if",), None, f"asks in a circle: {way}.", cure)
            for id in ring:
                asks.pop(id, None)
        else:
            return


def _asked(condition: object) -> set[str]:
    try:
        return set(conditions.parse(condition).ids) if condition is not None else set()
    except InvalidCondition:
        return set()


_JUDGES = (
    (Chapter, "chapter", lambda chapter, known: iter(())),
    (Exercise, "exercise", _exercise_faults),
    (BaseItem, "item", _item_faults),
    (Scale, "scale", _scale_faults),
    (Gate, "gate", _gate_faults),
)


def problems(workbook: Workbook) -> tuple[Problem, ...]:
    """Return what is wrong with a workbook that did not come from our files (an assignment), judged like a file."""
    outline = Outline("", None, {})
    pieces = []
    for c, chapter in enumerate(workbook.chapters):
        at: Keys = ("chapters", c)
        pieces.append(_Piece(outline, at, chapter))
        pieces += [_Piece(outline, (*at, "scales", s), scale) for s, scale in enumerate(chapter.scales)]
        for e, exercise in enumerate(chapter.exercises):
            inside = (*at, "exercises", e)
            pieces.append(_Piece(outline, inside, exercise))
            if not exercise.id.startswith(f"{chapter.id}."):
                outline.add((*inside, "id"), exercise.id, f"It stands in chapter “{chapter.id}”.", "")
            for i, item in enumerate(exercise.items):
                pieces.append(_Piece(outline, (*inside, "items", i), item))
                if not item.id.startswith(f"{exercise.id}."):
                    outline.add((*inside, "items", i, "id"), item.id, f"It stands in “{exercise.id}”.", "")
    pieces += [_Piece(outline, ("gates", g), gate) for g, gate in enumerate(workbook.gates)]
    known = _Known(
        items={item.id: item for item in workbook.items},
        exercises=frozenset(exercise.id for exercise in workbook.exercises),
        chapters=frozenset(chapter.id for chapter in workbook.chapters),
        scales=frozenset(scale.id for scale in workbook.scales),
    )
    _judge(pieces, known)
    return tuple(outline.problems)


# --- what an answer was given to ---


def fingerprint(item: Item) -> str:
    """Return what an answer to this item means, as `kind codes words looks`, the last two hashed.

    `codes` is JSON of whatever values are made of: keys, points, a range, columns. `drift.change` compares two.
    """
    codes = json.dumps(_CODES.get(item.kind, lambda _: None)(item), ensure_ascii=False, separators=(",", ":"))
    words = json.dumps([item.prompt, *_labels(item)], ensure_ascii=False)
    looks = item.model_dump_json(exclude={"id", "prompt"})
    return f"{item.kind} {codes} {_hashed(words)} {_hashed(looks)}"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _labels(item: Item) -> list[object]:
    shown = {"options", "points", "no_opportunity", "low", "high", "parts", "columns", "unit"}
    return [item.model_dump_json(include=shown)]


# One row per kind whose values are made of something the definition says.
_CODES: dict[str, Callable[[Any], object]] = {
    "number": lambda item: [item.minimum, item.maximum],
    "ruler": lambda item: [item.minimum, item.maximum],
    "yesno": lambda item: ["yes", "no", *(["unsure"] if item.unsure else [])],
    "scale": lambda item: [*item.points, *(["no_opportunity"] if item.no_opportunity else [])],
    "choice": lambda item: list(item.options),
    "choices": lambda item: list(item.options),
    "rank": lambda item: list(item.options),
    "shares": lambda item: list(item.options),
    "table": lambda item: {c.id: [c.kind, *(c.options or ())] for c in item.columns},
    "letter": lambda item: list(item.parts),
    "computed": lambda item: item.compute.model_dump(exclude_none=True),
}
