"""YAML files → `Workbook`: everything is judged here, and all problems are said at once."""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, get_args

from pydantic import BaseModel, Field, ValidationError

from workbook import resources
from workbook.definition import conditions
from workbook.definition.coherence import Known, Piece, judge, problems
from workbook.definition.models import (
    CHAPTER_ID,
    FOOT,
    INSTRUMENTS,
    KINDS,
    LANGUAGE_FILE,
    NO_OPPORTUNITY,
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
    Instrument,
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
from workbook.definition.reading import Outline, Problem, read
from workbook.definition.slips import CLOSING, OPENING
from workbook.errors import DefinitionError, InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from workbook.definition.reading import Keys

# The models are part of what this module offers, whoever uses them imports them from here.
__all__ = [
    "FOOT",
    "INSTRUMENTS",
    "KINDS",
    "NO_OPPORTUNITY",
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
    "Instrument",
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
    "item_range",
    "load",
    "load_instrument",
    "problems",
    "schema",
    "with_instruments",
    "write_schema",
]

M = TypeVar("M", bound=Model)


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
    return _shipped() if path is None else _whole(path)


@functools.cache
def _shipped() -> Workbook:
    return _whole(resources.data("workbook"))


def _whole(path: Path) -> Workbook:
    workbook, found = _load(path)
    if workbook is None:
        raise DefinitionError(found)
    return workbook


def check(path: Path | None = None) -> tuple[Problem, ...]:
    """Return every problem in a folder, or in one chapter's file, in the order of files and lines."""
    return _load(path or resources.data("workbook"))[1]


def load_instrument(path: Path) -> Instrument:
    """Return the questionnaire in a file: one exercise and its scales, ids beginning `instruments.`.

    Raises DefinitionError with every problem, when there is any.
    """
    draft = _Draft()
    draft.chapters = [draft.read(path)]
    workbook = draft.build(None)
    if not draft.instruments and not draft.found():
        draft.lost.append(Problem(path.name, 1, "instrument", None, "is missing.", "Begin with “instrument: its-id”."))
    if workbook is None or draft.found():
        raise DefinitionError(draft.found())
    return draft.instruments[0].model_copy(update={"scales": workbook.scales})


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
    chapter = _instruments_chapter(tuple(exercises.values()), tuple(scales.values()))
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
            says = f"Two of the questionnaires have a{'n' if what == 'exercise' else ''} {what} of this id."
            found.append(Problem("questionnaires", 0, f"{what} id", id, says, "Give each its own."))
    if found:
        raise DefinitionError(tuple(found))


def _instruments_chapter(exercises: tuple[Exercise, ...], scales: tuple[Scale, ...]) -> Chapter:
    return Chapter(
        chapter=INSTRUMENTS,
        notebook="55-instruments",
        title="From your counselor",
        lede="Questions your counselor asked you to answer.",
        minutes=max(1, sum(exercise.minutes for exercise in exercises)),
        exercises=exercises,
        scales=scales,
    )


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
    pieces: list[Piece] = field(default_factory=list)
    instruments: list[Instrument] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # of every item, whole or not, by its full id

    def read(self, path: Path) -> Outline | None:
        """Read one file; what keeps it from being read is noted."""
        self.files.append(path.name)
        try:
            self.outlines.append(read(path))
        except DefinitionError as error:
            self.lost += [problem for problem in error.problems if isinstance(problem, Problem)]
            return None
        _small(self.outlines[-1])
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
            known = {"workbook", "safety", "minutes", *contents.chapters}  # “minutes”: the card of the next ten minutes
            if path.stem not in known and not LANGUAGE_FILE.fullmatch(path.name):
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
        known = Known(
            items={
                **dict.fromkeys(self.kinds),
                **{one.id: cast(Item, one) for one in things if isinstance(one, BaseItem)},
            },
            exercises=frozenset(id.rpartition(".")[0] for id in self.kinds),
            chapters=read.union(id.partition(".")[0] for id in self.kinds),
            scales=frozenset(thing.id for thing in things if isinstance(thing, Scale)),
            absent=frozenset(contents.chapters) - read if contents else None,
        )
        if self.instruments:
            known = _beside_ours(known)
        judge(self.pieces, known)
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
        if not isinstance(data, dict):
            _model(Chapter, data, outline, ())
            return None
        if "instrument" in data:
            return self.instrument(outline, data)
        chapter = _model(Chapter, {**data, "exercises": (), "scales": ()}, outline, ())
        if chapter:
            self.pieces.append(Piece(outline, (), chapter))
            if outline.file != f"{chapter.id}.yaml":
                outline.add(("chapter",), chapter.id, f"The file is named “{outline.file}”.", "Give both one name.")
        exercises = [
            self.exercise(outline, keys, one, _chapter_id(data))
            for keys, one in _members(outline, data, (), "exercises")
        ]
        whole = {"scales": self.scales(outline, data), "exercises": tuple(filter(None, exercises))}
        return chapter.model_copy(update=whole) if chapter else None

    def instrument(self, outline: Outline, data: dict[str, object]) -> Chapter | None:
        """Build a questionnaire, as the chapter it will stand in."""
        stand_in = {"id": "any", "title": "any", "minutes": 1, "items": ()}  # the exercise is judged by itself
        shell = {**data, "scales": (), **({"exercise": stand_in} if "exercise" in data else {})}
        instrument = _model(Instrument, shell, outline, ())
        if "scales" not in data:
            outline.add(("scales",), None, "is missing.", "Write at least one scale.")
        scales = self.scales(outline, data, _exercise_id(INSTRUMENTS, _mapping(data.get("exercise"))))
        exercise = self.exercise(outline, ("exercise",), data.get("exercise"), INSTRUMENTS) if instrument else None
        if not instrument or not exercise:
            return None
        self.instruments.append(instrument.model_copy(update={"exercise": exercise}))
        return _instruments_chapter((exercise,), scales)

    def scales(self, outline: Outline, data: dict[str, object], exercise: str = "") -> tuple[Scale, ...]:
        """Build the scales of a chapter, or of an instrument: there a bare word is an item of its `exercise`."""
        built = []
        for keys, one in _members(outline, data, (), "scales"):
            if scale := _model(Scale, one, outline, keys):
                scale = scale.model_copy(
                    update={
                        "items": tuple(_full(id, exercise) for id in scale.items),
                        "reverse": tuple(_full(id, exercise) for id in scale.reverse),
                        "weights": {_full(id, exercise): weight for id, weight in scale.weights.items()},
                    }
                )
                self.pieces.append(Piece(outline, keys, scale))
                built.append(scale)
        return tuple(built)

    def exercise(self, outline: Outline, keys: Keys, data: object, chapter: str) -> Exercise | None:
        """Build an exercise and its items."""
        exercise = _model(Exercise, {**data, "items": ()} if isinstance(data, dict) else data, outline, keys)
        if not isinstance(data, dict):
            return None
        full = _exercise_id(chapter, data)
        if exercise:
            _one_word(outline, keys, exercise.id, full)
            shown = self.condition(exercise.show_if, full)
            exercise = exercise.model_copy(update={"id": full, "show_if": shown})
            self.pieces.append(Piece(outline, keys, exercise))
        members = _members(outline, data, keys, "items")
        if data.get("items") in (None, []):
            outline.add((*keys, "items"), None, "is missing.", "Every exercise has at least one item.")
        items = [self.item(outline, at, one, full) for at, one in members]
        whole = tuple(filter(None, items))
        return exercise.model_copy(update={"items": (*whole, *foot(exercise))}) if exercise else None

    def item(self, outline: Outline, keys: Keys, data: object, exercise: str) -> BaseItem | None:
        """Build one item of whatever kind it says."""
        kind = data.get("kind") if isinstance(data, dict) else ""
        model = KINDS.get(kind) if isinstance(kind, str) else None
        if isinstance(data, dict) and model is None:
            cure = f"Use one of: {', '.join(KINDS)}."
            near = did_you_mean(kind, KINDS) if isinstance(kind, str) else ""
            message = "is missing." if kind is None else "" if isinstance(kind, str) else "is not one word."
            outline.add((*keys, "kind"), kind, message, "  ".join(filter(None, (cure, near))))
            return None
        item = _model(model or Text, data, outline, keys)
        if item is None:
            return None
        full = f"{exercise}.{item.word}"
        _one_word(outline, keys, item.id, full)
        if item.id in FOOT:
            cure = "Choose another word."
            outline.add((*keys, "id"), item.id, "Every exercise ends with an item of this name.", cure)
        update: dict[str, object] = {"id": full, "show_if": self.condition(item.show_if, exercise)}
        if isinstance(item, Computed):
            ways = {how: tuple(_full(id, exercise) for id in ids) for how, ids in item.compute if ids}
            update["compute"] = item.compute.model_copy(update=ways)
        item = item.model_copy(update=update)
        self.pieces.append(Piece(outline, keys, item))
        return item

    def gates(self, outline: Outline) -> Iterator[Gate]:
        """Build the gates of `safety.yaml`."""
        data = outline.data
        if _model(_Gates, {**data, "gates": ()} if isinstance(data, dict) else data, outline, ()) is None:
            return
        for keys, one in _members(outline, data, (), "gates"):  # type: ignore[arg-type]  # a mapping, or no model
            if gate := _model(Gate, one, outline, keys):
                rules = {"when": self.condition(gate.when, ""), "reopens": self.condition(gate.reopens, "")}
                gate = gate.model_copy(update=rules)
                self.pieces.append(Piece(outline, keys, gate))
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
            return data  # `judge` says what is wrong with it


def _beside_ours(known: Known) -> Known:
    """Return what an instrument may refer to: its own ids and those of the shipped workbook."""
    ours = _shipped()
    return Known(
        items={**{item.id: item for item in ours.items}, **known.items},
        exercises=known.exercises.union(exercise.id for exercise in ours.exercises),
        chapters=known.chapters.union(chapter.id for chapter in ours.chapters),
        scales=known.scales.union(scale.id for scale in ours.scales),
        taken=frozenset(scale.id for scale in ours.scales),
        absent=frozenset(),
    )


def _ranged(scales: tuple[Scale, ...], known: Known) -> tuple[Scale, ...]:
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
    mapping = _mapping(data)
    exercises = _mappings(mapping, "exercises")
    if "instrument" in mapping:
        exercises = [_mapping(mapping.get("exercise"))]
    for exercise in exercises:
        full = _exercise_id(_chapter_id(mapping), exercise)
        for item in _mappings(exercise, "items"):
            yield f"{full}.{str(item.get('id')).strip(OPENING + CLOSING)}", str(item.get("kind"))
        yield f"{full}.useful", "scale"
        yield f"{full}.done", "yesno"


def _chapter_id(data: Mapping[str, object]) -> str:
    """Return the id a file's ids begin with, a stand-in when the file gives none."""
    if "instrument" in data:
        return INSTRUMENTS
    id = data.get("chapter")
    fits = isinstance(id, str) and len(id) <= 60 and re.fullmatch(CHAPTER_ID, id)
    return str(id) if fits else "chapter"


def _exercise_id(chapter: str, data: Mapping[str, object]) -> str:
    return f"{chapter}.{str(data.get('id')).rpartition('.')[2]}"


_FREE = frozenset({"options", "points", "parts", "weights", "table", "ranges"})  # their keys are an author's own


@functools.cache
def _every_name() -> frozenset[str]:
    """Every field of every model a file is made of."""
    found: set[str] = set()
    left: list[type[BaseModel]] = [_Contents, _Gates, Chapter, Instrument, *KINDS.values()]
    seen: set[type[BaseModel]] = set()
    while left:
        model = left.pop()
        if model not in seen:
            seen.add(model)
            found |= set(model.model_fields)
            left += [one for field in model.model_fields.values() for one in _models_in(field.annotation)]
    return frozenset(found | set(conditions.COMPARISONS) | {"question", "all", "any", "not"})


def _small(outline: Outline) -> None:
    """Read names that begin with a capital, or stand in curly quotes, as the names they are, and say so."""
    names = _every_name()
    left: list[tuple[Keys, object]] = [((), outline.data)]
    while left:
        keys, data = left.pop()
        if isinstance(data, list):
            left += [((*keys, index), one) for index, one in enumerate(data)]
        if not isinstance(data, dict):
            continue
        for key in [] if keys and keys[-1] in _FREE else list(data):
            name = key.strip(OPENING + CLOSING).casefold()
            if name == key or name not in names or name in data:
                continue
            cure = (
                f"Write “{name}”, with a small letter." if name == key.casefold() else f"Write {name} without quotes."
            )
            outline.add((*keys, key), None, "is not how a name is written.", cure)
            rest = list(data.items())
            data.clear()
            data |= {name if one == key else one: value for one, value in rest}
            for way in [way for way in outline.lines if way[: len(keys) + 1] == (*keys, key)]:
                outline.lines[*keys, name, *way[len(keys) + 1 :]] = outline.lines[way]
        left += [((*keys, key), one) for key, one in data.items()]


def _mapping(data: object) -> dict[str, object]:
    return data if isinstance(data, dict) else {}


def _mappings(data: Mapping[str, object], name: str) -> list[dict[str, object]]:
    listed = data.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


# --- pydantic's errors in our words ---

# One row per pydantic error: what is wrong, the cure; {…} is filled from the error's context.
_SAYINGS: dict[str, tuple[str, str]] = {
    "missing": ("is missing.", "Add it."),
    "string_type": ("is not text.", "If the text holds a colon or begins with “[” or “{{”, put it in quotes."),
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
    "greater_than": ("", "Use a number above {gt:g}."),
    "greater_than_equal": ("", "Use {ge:g} or more."),
    "less_than_equal": ("", "Use {le:g} or less."),
    "tuple_type": ("is not a list.", "Begin each of its members with “- ”."),
    "dict_type": ("is not a mapping.", "Write one line for each, like “name: text”."),
    "model_type": ("is not a mapping.", "Write its lines like “name: text”."),
    "named_twice": ("names an option twice.", "Name each once."),
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
        faults = error.errors(include_url=False)
        meant = {_meant(model, fault) for fault in faults if fault["type"] == "extra_forbidden"}
        for fault in faults:
            inside = any(other["loc"][: len(fault["loc"])] == fault["loc"] != other["loc"] for other in faults)
            if fault["loc"] in meant or (fault["type"] == "too_short" and inside) or _twice(fault, faults):
                continue  # only there because of another: a mistyped key, a member that is broken
            path = tuple(key for key in fault["loc"] if key != "[key]")
            value, message, cure = _say(fault, model)
            outline.add((*keys, *path), value, message, cure)
        return None


def _meant(model: type[BaseModel], fault: ErrorDetails) -> Keys:
    """Return the way to the key a mistyped key was meant to be; () when it looks like none."""
    *path, key = fault["loc"]
    near = difflib.get_close_matches(str(key)[:60], _fields(model, tuple(path)), n=1)
    return (*path, near[0]) if near else ()


def _twice(fault: ErrorDetails, faults: list[ErrorDetails]) -> bool:
    """Tell whether a key that is no number is the rest of a text that a comma cut off, which is said already."""
    way = fault["loc"][:-1]
    return fault["loc"][-1] == "[key]" and any(
        other["loc"] == way and other["type"] == "string_too_short" and re.search(r"\s", str(way[-1]))
        for other in faults
    )


_COMMA = (None, "is no name.", "Inside { } a comma ends a text: put the whole text in quotes.")


def _say(fault: ErrorDetails, model: type[BaseModel]) -> tuple[object, str, str]:
    """Return value, message and cure for one pydantic error."""
    sort, value, context, path = fault["type"], fault["input"], fault.get("ctx", {}), fault["loc"]
    if sort == "extra_forbidden":
        fields = _fields(model, path[:-1])
        if value == "" and re.search(r"\W", str(path[-1])):  # {prompt: Was it you, or me?}
            return _COMMA
        return None, "is not known here.", did_you_mean(path[-1], fields) or f"Use one of: {', '.join(fields)}."
    if sort == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        cure = f"Use one of: {', '.join(allowed)}."
        if not isinstance(value, str):
            return None, "is not one word.", cure
        return value, "", "  ".join(filter(None, (cure, did_you_mean(value, allowed))))
    if sort == "string_pattern_mismatch":
        named = str(path[-1])
        if named == "id" and context.get("pattern") == f"^{CHAPTER_ID}$":
            named = "scale"
        return value, *_FORMS.get(named, _FORMS["id"])
    if sort == "string_too_short" and len(path) > 1 and path[-2] in _FREE and re.search(r"\s", str(path[-1])):
        return _COMMA
    if sort == "int_parsing" and path[-1] == "[key]":
        return value, "The number comes first, then its words.", "Write it like 0: never."
    if sort == "dict_type" and path[-1] in ("show_if", "when", "reopens"):
        return value, "is not a condition.", "Write one like {question: had_contact, is: yes}."
    message, cure = _SAYINGS.get(sort, (fault["msg"] + ".", ""))
    shown = None if sort in ("missing", "string_too_short") else value
    return shown, message, cure.format(**context)


# What an id looks like, by the field it stands in.
_FORMS = {
    "[key]": ("This cannot be a key.", "Use letters, digits and _, beginning with a letter."),
    "id": ("This cannot be an id.", "Use letters, digits and _, beginning with a letter."),
    "chapter": ("This cannot be a chapter's id.", "Use small letters, digits and -, beginning with a letter."),
    "scale": ("This cannot be a scale's id.", "Use small letters, digits and -, beginning with a letter."),
    "notebook": ("This cannot be a file name.", "Use small letters, digits and -, like 10-responsibility."),
    "language": ("This is not a language.", "Write it like en or pt-BR."),
    "href": ("A link cannot lead there.", "Use a notebook, like 30-space.ipynb, or https://…, mailto:… or tel:…."),
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


def schema() -> dict[str, object]:
    """Return the JSON Schema of a chapter's file, for an editor that completes and checks while one writes."""
    written = Chapter.model_json_schema()
    written["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    written["title"] = "A chapter of the workbook"
    return written


def write_schema(path: Path | None = None) -> Path:
    """Write the schema where editors look for it; None: the shipped `data/schema/chapter.json`."""
    path = path or resources.data("schema", "chapter.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def coverage(workbook: Workbook) -> dict[int, tuple[str, ...]]:
    """Return for each of the 18 statements the ids of the exercises that serve it; none: an empty tuple."""
    return {
        number: tuple(exercise.id for exercise in workbook.exercises if number in exercise.serves)
        for number in STATEMENTS
    }


# --- what an answer was given to ---


def fingerprint(item: Item) -> str:
    """Return what an answer to this item means, as `kind codes words looks`; `drift.change` compares two.

    `codes` is JSON of what values are made of (keys, points, a range, columns); `words` a hash of the letters of
    prompt and labels; `looks` a hash of everything else: help, tags, commas.
    """
    codes = json.dumps(_CODES.get(item.kind, lambda _: None)(item), ensure_ascii=False, separators=(",", ":"))
    if len(codes) > _LONGEST_CODES:
        codes = f'"{_hashed(codes)}"'
    spoken = {"prompt", "options", "points", "no_opportunity", "low", "high", "parts", "columns"}
    words = json.dumps(sorted(_words(item.model_dump(mode="json", include=spoken))))
    return f"{item.kind} {codes} {_hashed(words)} {_hashed(item.model_dump_json(exclude={'id'}))}"


_LONGEST_CODES = 2000  # characters


def _words(data: object) -> Iterator[str]:
    """Yield every text in `data` after its key, letters and digits only."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if isinstance(value, str):
            yield f"{key} {''.join(filter(str.isalnum, value.casefold()))}"
        yield from _words(value)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# One row per kind whose values are made of something the definition says.
_CODES: dict[str, Callable[[Any], object]] = {
    "number": lambda item: [item.minimum, item.maximum],
    "ruler": lambda item: [item.minimum, item.maximum],
    "yesno": lambda item: ["yes", "no", *(["unsure"] if item.unsure else [])],
    "scale": lambda item: [*item.points, *([NO_OPPORTUNITY] if item.no_opportunity else [])],
    "choice": lambda item: list(item.options),
    "choices": lambda item: list(item.options),
    "rank": lambda item: list(item.options),
    "shares": lambda item: list(item.options),
    "table": lambda item: {c.id: [c.kind, *(c.options or ())] for c in item.columns},
    "letter": lambda item: list(item.parts),
    "computed": lambda item: item.compute.model_dump(exclude_none=True),
}
