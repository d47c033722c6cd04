"""What only shows when a workbook is seen whole: ids used twice, unknown ids, circles, comparisons that cannot fit."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from workbook.definition import comparisons, conditions, kinds, norms
from workbook.definition.base import LARGEST, Model, did_you_mean
from workbook.definition.items import TAGS, BaseItem, Compute, Computed, Item, Note
from workbook.definition.known import Known, unknown_item
from workbook.definition.markdown import left_out
from workbook.definition.models import Chapter, Exercise, Gate, Workbook
from workbook.definition.reading import Outline, Problem
from workbook.definition.scales import Scale
from workbook.errors import InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbook.definition.known import Fault
    from workbook.definition.reading import Keys


def _item_faults(item: Item, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(item, "help", *(["prompt"] if isinstance(item, Note) else []))
    if item.show_if is not None:
        yield from comparisons.faults(item.show_if, "show_if", known)
    yield from kinds.of(item).faults(item)
    if isinstance(item, Computed):
        yield from _compute_faults(item, known)
    if isinstance(item, Note):
        yield from _quote_faults(item, known)


def _quote_faults(item: Note, known: Known) -> Iterator[Fault]:
    for index, id in enumerate(item.quotes):
        try:
            quoted = known.item(id)
        except KeyError:
            yield ("quotes", index), id, *unknown_item(id, known)
            continue
        if id.rpartition(".")[0] == item.exercise_id:
            yield ("quotes", index), id, "It stands in the same form.", "Quote a question of another form."
        elif quoted is not None and (quoted.kind in kinds.those("asked", False) or quoted.retired):
            yield ("quotes", index), id, "It is not asked, so there is nothing to show.", "Quote a question that is."


def _compute_faults(item: Computed, known: Known) -> Iterator[Fault]:
    ways = {name: getattr(item.compute, name) for name in Compute.model_fields if getattr(item.compute, name)}
    if len(ways) != 1:
        says = f"has {' and '.join(ways)} at once." if ways else "says nothing to work out."
        yield ("compute",), None, says, f"Use exactly one of: {', '.join(Compute.model_fields)}."
    for how, ids in ways.items():
        for index, id in enumerate(ids):
            keys: Keys = ("compute", how, index)
            if id not in known.items:
                yield keys, id, *unknown_item(id, known)
                continue
            other = known.items[id]
            if id.rpartition(".")[0] != item.exercise_id:
                yield keys, id, "It stands in another exercise.", "Use items of this exercise only."
            elif other is None:
                continue
            elif how == "count" and not kinds.of(other).asked:
                yield keys, id, f"It is never answered: it is a {other.kind}.", "Count items that are."
            elif how != "count" and not kinds.of(other).numeric:
                numeric = ", ".join(name for name, kind in kinds.KINDS.items() if kind.numeric)
                yield keys, id, f"It is a {other.kind}, not a number.", f"Use items of kind {numeric}."


def _scale_faults(scale: Scale, known: Known) -> Iterator[Fault]:
    first = scale.items[0].rpartition(".")[0] if known.has(scale.items[0]) else None
    for index, id in enumerate(scale.items):
        keys: Keys = ("items", index)
        try:
            item = known.item(id)
        except KeyError:
            yield keys, id, *unknown_item(id, known)
            continue
        span = kinds.of(item).span(item) if item is not None else None
        if id in scale.items[:index]:
            yield keys, id, "It is in this scale already.", "Remove one."
        elif first is not None and id.rpartition(".")[0] != first:
            yield keys, id, "It stands in another exercise than the first.", "Score items of one exercise."
        elif item is not None and span is None:
            says = f"It is a {item.kind} without a range, so it cannot be scored."
            yield keys, id, says, "Use a scale, a ruler, or a number with minimum and maximum."
        elif scale.ranges and scale.ranges.get(id) != span:
            yield ("ranges", id), None, "is not the range the item declares.", "Leave ranges out."
    for key, ids in (("reverse", scale.reverse), ("weights", tuple(scale.weights))):
        for index, id in enumerate(ids):
            if id not in scale.items:
                cure = did_you_mean(id, scale.items) or "Remove it, or add it to the items."
                yield (key, index if key == "reverse" else id), id, "It is not an item of this scale.", cure
    spans = {id: span for id in scale.items if (item := known.items.get(id)) and (span := kinds.of(item).span(item))}
    if spans.keys() == set(scale.items):
        yield from norms.faults(scale.model_copy(update={"ranges": spans}))
    for id, weight in scale.weights.items():
        if not 0.001 <= weight <= 1000:
            yield ("weights", id), weight, "is no weight that can be added up.", "Use a number from 0.001 to 1,000."
    for points, score in (scale.table or {}).items():
        if abs(score) > LARGEST:
            yield ("table", str(points)), score, "is too large.", f"Use a number up to {LARGEST:,}."
    if scale.id in known.taken:
        yield ("id",), scale.id, "The workbook has a scale of this id already.", "Give this one its own."
    if scale.min_answered > len(scale.items):
        yield ("min_answered",), scale.min_answered, f"The scale has {len(scale.items)} items.", "Use at most that."
    if scale.part_of is not None and scale.part_of not in known.scales - {scale.id}:
        cure = did_you_mean(scale.part_of, known.scales) or "Write the id of another scale."
        yield ("part_of",), scale.part_of, "There is no such scale.", cure


def _gate_faults(gate: Gate, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(gate, "reason", "blank_reason", "notice")
    yield from comparisons.faults(gate.when, "when", known)
    if gate.reopens is not None:
        yield from comparisons.faults(gate.reopens, "reopens", known)
    names = {"all", "here", *TAGS, *known.chapters, *known.exercises, *known.items, *known.scales}
    for key in ("closes", "keeps", "hides", "unscored", "blank"):
        for index, name in enumerate(getattr(gate, key)):
            if name not in names:
                cure = did_you_mean(name, names) or "Name a tag, a chapter, an exercise, an item, a scale or all."
                yield (key, index), name, "There is no such thing to name here.", cure
    for key in gate.said:
        if not key.startswith("measured.") and not {key, key.rpartition(".")[0]} & set(known.items):
            yield ("said", key), key, *unknown_item(key, known)


# What is wrong with a link or a picture that `markdown.html` leaves out, and the cure.
_LEFT_OUT = {
    "link": ("A link cannot lead there.", "Use a notebook, like 30-space.ipynb, or https://…, mailto:… or tel:…."),
    "picture": ("Pictures are not shown.", "Say it in words."),
}


def _markdown_faults(thing: Model, *fields: str) -> Iterator[Fault]:
    """Yield each link or picture in these fields that nobody would see: it is better said to the author."""
    for field in fields:
        for what, address in left_out(getattr(thing, field) or ""):
            yield (field,), address, *_LEFT_OUT[what]


def _chapter_faults(chapter: Chapter, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(chapter, "title", "lede", "opening", "more", "closing")
    for number, why in enumerate(chapter.why):
        for keys, *fault in _markdown_faults(why, "text", "source"):
            yield (("why", number, *keys), *fault)  # type: ignore[misc] # the rest of a fault
    for index, word in enumerate(chapter.first):
        id = f"{chapter.id}.{word}"
        if id not in known.exercises:
            words = [one.partition(".")[2] for one in known.exercises if one.startswith(f"{chapter.id}.")]
            cure = did_you_mean(word, words) or "Name exercises of this chapter."
            yield ("first", index), word, "There is no such exercise in this chapter.", cure


def _exercise_faults(exercise: Exercise, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(exercise, "intro")
    if exercise.show_if is not None:
        yield from comparisons.faults(exercise.show_if, "show_if", known)
    twice = {number for number in exercise.serves if exercise.serves.count(number) > 1}
    for number in sorted(twice):
        yield ("serves",), None, f"names statement {number} twice.", "Name it once."


@dataclass(frozen=True)
class Piece:
    """A thing that has an id, and the file and place where it is written."""

    outline: Outline
    keys: Keys
    thing: Chapter | Exercise | BaseItem | Scale | Gate

    def add(self, keys: Keys, value: object, message: str, cure: str) -> None:
        self.outline.add((*self.keys, *keys), value, message, cure)

    def where(self, key: str) -> str:
        """Return where one of its fields stands: " in start.yaml:3", or nothing when it is in no file."""
        line = self.outline.lines.get((*self.keys, key))
        return f" in {self.outline.file}:{line}" if line else ""


# One row per sort of thing: what it is called, and what is judged about it beyond its own fields.
_JUDGES: tuple[tuple[type[Model], str, Callable[[Any, Known], Iterator[Fault]]], ...] = ()


def judge(pieces: list[Piece], known: Known) -> None:
    """Note on each piece's outline whatever only shows when the pieces are seen together."""
    first: dict[tuple[str, str], Piece] = {}
    twice: list[tuple[Outline, Keys]] = []
    for piece in pieces:
        if any(piece.outline is outline and piece.keys[:-2] == keys != () for outline, keys in twice):
            continue  # an item of an exercise that is there already
        what, faults = next((what, faults) for model, what, faults in _JUDGES if isinstance(piece.thing, model))
        key = "chapter" if what == "chapter" else "id"
        earlier = first.setdefault((what, piece.thing.id), piece)
        if earlier is not piece:
            id = piece.thing.id.rpartition(".")[2]
            twice.append((piece.outline, piece.keys))
            piece.add(
                (key,), id, f"Another {what} has this id{earlier.where(key)}.", "Give this one its own, for good."
            )
            continue
        for fault in faults(piece.thing, known):
            piece.add(*fault)
    _judge_chapters([piece for piece in first.values() if isinstance(piece.thing, Chapter)])
    _judge_cycles(list(first.values()))


def _judge_chapters(pieces: list[Piece]) -> None:
    for key in ("notebook", "principle"):
        first: dict[object, Piece] = {}
        for piece in pieces:
            value = getattr(piece.thing, key)
            if value is not None and first.setdefault(value, piece) is not piece:
                piece.add((key,), value, f"Another chapter has it{first[value].where(key)}.", "Give this one its own.")


def _judge_cycles(pieces: list[Piece]) -> None:
    asks: dict[str, set[str]] = {}
    places: dict[str, Piece] = {}
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
    (Chapter, "chapter", _chapter_faults),
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
        pieces.append(Piece(outline, at, chapter))
        pieces += [Piece(outline, (*at, "scales", s), scale) for s, scale in enumerate(chapter.scales)]
        for e, exercise in enumerate(chapter.exercises):
            inside = (*at, "exercises", e)
            pieces.append(Piece(outline, inside, exercise))
            if not exercise.id.startswith(f"{chapter.id}."):
                outline.add((*inside, "id"), exercise.id, f"It stands in chapter “{chapter.id}”.", "")
            for i, item in enumerate(exercise.items):
                pieces.append(Piece(outline, (*inside, "items", i), item))
                if not item.id.startswith(f"{exercise.id}."):
                    outline.add((*inside, "items", i, "id"), item.id, f"It stands in “{exercise.id}”.", "")
    pieces += [Piece(outline, ("gates", g), gate) for g, gate in enumerate(workbook.gates)]
    known = Known(
        items={item.id: item for item in workbook.items},
        exercises=frozenset(exercise.id for exercise in workbook.exercises),
        chapters=frozenset(chapter.id for chapter in workbook.chapters),
        scales=frozenset(scale.id for scale in workbook.scales),
    )
    judge(pieces, known)
    return tuple(outline.problems)
