"""YAML files → `Workbook`: everything is judged here, and all problems are said at once."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field

from workbook import resources
from workbook.definition import conditions, feeding, instruments, kinds, lookback, raw, shipped, sources
from workbook.definition.base import CHAPTER_ID, LANGUAGE_FILE, Model, Words, did_you_mean
from workbook.definition.coherence import Piece, judge
from workbook.definition.items import BaseItem, Computed, Item, Text
from workbook.definition.known import Known
from workbook.definition.lookback import LookBack
from workbook.definition.measures import Measures
from workbook.definition.models import (
    FOOT,
    INSTRUMENTS,
    STATEMENTS,
    Chapter,
    Exercise,
    Gate,
    Instrument,
    Workbook,
    foot,
)
from workbook.definition.reading import Outline, Problem, read
from workbook.definition.scales import Scale
from workbook.definition.wording import fitted
from workbook.errors import DefinitionError, InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.definition.reading import Keys


class _Contents(Model):
    """`workbook.yaml`: the title, the language, and the chapters in order."""

    title: Words
    language: Words = "en"
    chapters: Annotated[tuple[Annotated[str, Field(pattern=f"^{CHAPTER_ID}$")], ...], Field(min_length=1)]


class _Gates(Model):
    """`safety.yaml`."""

    gates: tuple[Gate, ...] = ()


_BESIDE = ("workbook", "safety", "measures", "lookback", "minutes")  # “minutes”: the card of the next ten minutes
_MODELS: tuple[type[Model], ...] = (
    _Contents,
    _Gates,
    LookBack,
    Measures,
    Chapter,
    Instrument,
    *(kind.model for kind in kinds.KINDS.values()),
)


def load(path: Path | None = None) -> Workbook:
    """Return the workbook in a folder, or in one chapter's file; None: the shipped one.

    Raises DefinitionError with every problem, when there is any.
    """
    return _shipped() if path is None else _whole(path)


@functools.cache
def _shipped() -> Workbook:
    folder = resources.data("workbook")
    parts = (*sorted(folder.glob("*.yaml")), sources.file())  # what it cites stands in it

    def whole() -> Workbook:
        workbook = _whole(folder)
        _ = workbook.unfed  # kept with it: every page asks first whether its rules are whole
        return workbook

    return shipped.judged("workbook", parts, whole)


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


def _load(path: Path) -> tuple[Workbook | None, tuple[Problem, ...]]:
    draft = _Draft()
    contents = draft.contents(path) if path.is_dir() else None
    if contents:
        draft.chapters = [draft.read(path / f"{name}.yaml") for name in dict.fromkeys(contents.chapters)]
        draft.safety = draft.read(path / "safety.yaml") if (path / "safety.yaml").exists() else None
        draft.lookback = draft.read(path / "lookback.yaml") if (path / "lookback.yaml").exists() else None
        draft.measures = draft.read(path / "measures.yaml") if (path / "measures.yaml").exists() else None
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
    lookback: Outline | None = None
    measures: Outline | None = None
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
        raw.small(self.outlines[-1], _MODELS)
        return self.outlines[-1]

    def contents(self, folder: Path) -> _Contents | None:
        """Read `workbook.yaml`, and note which files of the folder it does not name."""
        outline = self.read(folder / "workbook.yaml")
        contents = fitted(_Contents, outline.data, outline, ()) if outline else None
        if contents is None or outline is None:
            return None
        for index, name in enumerate(contents.chapters):
            if name in contents.chapters[:index]:
                outline.add(("chapters", index), name, "This chapter is in the list already.", "Remove one.")
        for path in sorted(folder.glob("*.yaml")):
            known = path.stem in {*_BESIDE, *contents.chapters} or LANGUAGE_FILE.fullmatch(path.name)
            if not known and not path.name.startswith("."):  # “._start.yaml” is a Mac's, and nobody sees it
                cure = "Add it there, or move the file away."
                outline.add(("chapters",), None, f"does not name “{path.name}”, which is in the folder.", cure)
        return contents

    def build(self, contents: _Contents | None) -> Workbook | None:
        """Return the workbook of all that is whole; whatever is not is noted."""
        outlines = [outline for outline in self.chapters if outline]
        self.kinds = {id: kind for outline in outlines for id, kind in raw.scan(outline.data)}
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
            retired=frozenset(one.id for one in things if isinstance(one, Exercise) and one.retired),
        )
        if self.instruments:
            known = _beside_ours(known)
        judge(self.pieces, known)
        back = fitted(LookBack, self.lookback.data, self.lookback, ()) if self.lookback else None
        for fault in lookback.faults(back, known) if back and self.lookback else ():
            self.lookback.add(*fault)  # type: ignore[union-attr]  # there is one, or no fault
        measures = self.fed(known)
        chapters = tuple(chapter.model_copy(update={"scales": _ranged(chapter.scales, known)}) for chapter in chapters)
        if not chapters:
            return None
        title, language = (contents.title, contents.language) if contents else (chapters[0].title, "en")
        return Workbook.model_construct(
            title=title, language=language, chapters=chapters, gates=gates, lookback=back, measures=measures
        )

    def fed(self, known: Known) -> Measures:
        """Return what feeds the rules; what is wrong with it, or with a rule that nothing feeds, is noted."""
        rules = [piece for piece in self.pieces if isinstance(piece.thing, Gate)]
        if self.measures is None:
            if rules and "measures.yaml" not in self.files:  # or what keeps it from being read is said already
                cure = "Write it: it says which forms the rules ask."
                rules[0].outline.add(("gates",), None, "has no measures.yaml beside this file.", cure)
            return Measures()
        measures = fitted(Measures, self.measures.data, self.measures, ())
        if measures is None:
            return Measures()
        gates = [cast("Gate", rule.thing) for rule in rules]
        scales = [piece.thing for piece in self.pieces if isinstance(piece.thing, Scale)]
        for fault in feeding.faults(measures, known, gates, scales):
            self.measures.add(*fault)
        for rule in rules:
            for fault in feeding.gate_faults(cast("Gate", rule.thing), measures):
                rule.add(*fault)
        return measures

    def found(self) -> tuple[Problem, ...]:
        """Return every problem, in the order of files and lines."""
        every = [*self.lost, *(problem for outline in self.outlines for problem in outline.problems)]
        return tuple(sorted(every, key=lambda problem: (self.files.index(problem.file), problem.line)))

    def chapter(self, outline: Outline) -> Chapter | None:
        """Build a chapter from its file, with full ids and the items every exercise ends with."""
        data = outline.data
        if not isinstance(data, dict):
            fitted(Chapter, data, outline, ())
            return None
        if "instrument" in data:
            return self.instrument(outline, data)
        chapter = fitted(Chapter, {**data, "exercises": (), "scales": ()}, outline, ())
        if chapter:
            self.pieces.append(Piece(outline, (), chapter))
            if outline.file != f"{chapter.id}.yaml":
                outline.add(("chapter",), chapter.id, f"The file is named “{outline.file}”.", "Give both one name.")
        exercises = [
            self.exercise(outline, keys, one, raw.chapter_id(data))
            for keys, one in raw.members(outline, data, (), "exercises")
        ]
        whole = {"scales": self.scales(outline, data), "exercises": tuple(filter(None, exercises))}
        return chapter.model_copy(update=whole) if chapter else None

    def instrument(self, outline: Outline, data: dict[str, object]) -> Chapter | None:
        """Build a questionnaire, as the chapter it will stand in."""
        stand_in = {"id": "any", "title": "any", "minutes": 1, "items": ()}  # the exercise is judged by itself
        shell = {**data, "scales": (), **({"exercise": stand_in} if "exercise" in data else {})}
        instrument = fitted(Instrument, shell, outline, ())
        if "scales" not in data:
            outline.add(("scales",), None, "is missing.", "Write at least one scale.")
        scales = self.scales(outline, data, raw.exercise_id(INSTRUMENTS, raw.mapping(data.get("exercise"))))
        exercise = self.exercise(outline, ("exercise",), data.get("exercise"), INSTRUMENTS) if instrument else None
        if not instrument or not exercise:
            return None
        self.instruments.append(instrument.model_copy(update={"exercise": exercise}))
        return instruments.chapter_of((exercise,), scales)

    def scales(self, outline: Outline, data: dict[str, object], exercise: str = "") -> tuple[Scale, ...]:
        """Build the scales of a chapter, or of an instrument: there a bare word is an item of its `exercise`."""
        built = []
        for keys, one in raw.members(outline, data, (), "scales"):
            if scale := fitted(Scale, one, outline, keys):
                scale = scale.model_copy(
                    update={
                        "items": tuple(raw.full(id, exercise) for id in scale.items),
                        "reverse": tuple(raw.full(id, exercise) for id in scale.reverse),
                        "weights": {raw.full(id, exercise): weight for id, weight in scale.weights.items()},
                    }
                )
                self.pieces.append(Piece(outline, keys, scale))
                built.append(scale)
        return tuple(built)

    def exercise(self, outline: Outline, keys: Keys, data: object, chapter: str) -> Exercise | None:
        """Build an exercise and its items."""
        exercise = fitted(Exercise, {**data, "items": ()} if isinstance(data, dict) else data, outline, keys)
        if not isinstance(data, dict):
            return None
        full = raw.exercise_id(chapter, data)
        if exercise:
            raw.one_word(outline, keys, exercise.id, full)
            shown = self.condition(exercise.show_if, full)
            exercise = exercise.model_copy(update={"id": full, "show_if": shown})
            self.pieces.append(Piece(outline, keys, exercise))
        members = raw.members(outline, data, keys, "items")
        if data.get("items") in (None, []):
            outline.add((*keys, "items"), None, "is missing.", "Every exercise has at least one item.")
        items = [self.item(outline, at, one, full) for at, one in members]
        whole = tuple(filter(None, items))
        return exercise.model_copy(update={"items": (*whole, *foot(exercise))}) if exercise else None

    def item(self, outline: Outline, keys: Keys, data: object, exercise: str) -> BaseItem | None:
        """Build one item of whatever kind it says."""
        kind = data.get("kind") if isinstance(data, dict) else ""
        row = kinds.KINDS.get(kind) if isinstance(kind, str) else None
        if isinstance(data, dict) and row is None:
            cure = f"Use one of: {', '.join(kinds.KINDS)}."
            near = did_you_mean(kind, kinds.KINDS) if isinstance(kind, str) else ""
            message = "is missing." if kind is None else "" if isinstance(kind, str) else "is not one word."
            outline.add((*keys, "kind"), kind, message, "  ".join(filter(None, (cure, near))))
            return None
        item = fitted(row.model if row else Text, data, outline, keys)
        if item is None:
            return None
        full = f"{exercise}.{item.word}"
        raw.one_word(outline, keys, item.id, full)
        if item.id in FOOT:
            cure = "Choose another word."
            outline.add((*keys, "id"), item.id, "Every exercise ends with an item of this name.", cure)
        update: dict[str, object] = {"id": full, "show_if": self.condition(item.show_if, exercise)}
        if isinstance(item, Computed):
            ways = {how: tuple(raw.full(id, exercise) for id in ids) for how, ids in item.compute if ids}
            update["compute"] = item.compute.model_copy(update=ways)
        item = item.model_copy(update=update)
        self.pieces.append(Piece(outline, keys, item))
        return item

    def gates(self, outline: Outline) -> Iterator[Gate]:
        """Build the gates of `safety.yaml`."""
        data = outline.data
        if fitted(_Gates, {**data, "gates": ()} if isinstance(data, dict) else data, outline, ()) is None:
            return
        for keys, one in raw.members(outline, data, (), "gates"):  # type: ignore[arg-type]  # a mapping, or no model
            if gate := fitted(Gate, one, outline, keys):
                rules = {"when": self.condition(gate.when, ""), "reopens": self.condition(gate.reopens, "")}
                gate = gate.model_copy(update=rules)
                self.pieces.append(Piece(outline, keys, gate))
                yield gate

    def condition(self, data: dict[str, object] | None, exercise: str) -> dict[str, object] | None:
        """Return a condition with full ids, and numbers where it asks about a number; a faulty one as it is."""
        if data is None:
            return None

        def change(comparison: conditions.Comparison) -> conditions.Comparison:
            id = raw.full(comparison.question, exercise)
            numeric = self.kinds.get(id, "number") in kinds.those("numeric")
            operand = comparison.operand
            if numeric and isinstance(operand, tuple):
                operand = tuple(map(raw.number, operand))
            return conditions.Comparison(
                id, comparison.how, raw.number(operand) if numeric else operand, comparison.path
            )

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
    spans = {id: kinds.of(item).span(item) for id, item in known.items.items() if item is not None}
    return tuple(
        scale.model_copy(update={"ranges": {id: span for id in scale.items if (span := spans.get(id))}})
        for scale in scales
    )


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
