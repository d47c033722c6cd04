"""What only shows when a workbook is seen whole: ids used twice, unknown ids, circles, comparisons that cannot fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from workbook.definition import conditions, kinds
from workbook.definition.base import LARGEST, Model, did_you_mean
from workbook.definition.lookback import LookBack
from workbook.definition.markdown import left_out
from workbook.definition.models import TAGS, BaseItem, Chapter, Compute, Computed, Exercise, Gate, Item, Note, Workbook
from workbook.definition.reading import Outline, Problem
from workbook.definition.scales import Norms, Scale
from workbook.errors import InvalidAnswer, InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbook.definition.reading import Keys

    Fault = tuple[Keys, object, str, str]  # where inside the thing, the value there, what is wrong, the cure


@dataclass(frozen=True)
class Known:
    """Everything that can be referred to by id."""

    items: dict[str, Item | None]  # None: there is one, but it is broken or not here to look at
    exercises: frozenset[str]
    chapters: frozenset[str]
    scales: frozenset[str]
    taken: frozenset[str] = frozenset()  # of `scales`, those that another file has
    absent: frozenset[str] | None = frozenset()  # chapters not at hand, their ids are trusted; None: all others
    retired: frozenset[str] = frozenset()  # of `exercises`

    def item(self, id: str) -> Item | None:
        """Return the item, or None when it is broken or in a chapter that is not at hand; KeyError: no such item."""
        chapter, dot, _ = id.partition(".")
        if dot and chapter not in self.chapters and (self.absent is None or chapter in self.absent):
            return None
        return self.items[id]

    def trusts(self, id: str) -> bool:
        """Tell whether an id is in a chapter that is not at hand."""
        return self.absent is not None and id.partition(".")[0] in self.absent

    def has(self, id: str) -> bool:
        """Tell whether there is such an item, at hand or not."""
        try:
            self.item(id)
        except KeyError:
            return False
        return True


def _unknown_item(id: str, known: Known) -> tuple[str, str]:
    return "There is no such item.", did_you_mean(id, known.items) or "Write the id of an item: chapter.exercise.item."


def _condition_faults(data: object, at: str, known: Known) -> Iterator[Fault]:
    try:
        condition = conditions.parse(data)
    except InvalidCondition as error:
        for path, value, message, cure in error.faults:
            yield (at, *path), value, message, cure
        return
    for comparison in condition.comparisons:
        if comparison.question.startswith("measured."):
            continue  # not answered but worked out: see `measures`
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
    kind = kinds.of(item)
    if not kind.asked:
        yield f"asks about “{item.id}”, a {item.kind}, which is never answered.", "Ask about an item that is.", None
        return
    if comparison.how == "answered":
        return
    if comparison.how not in kind.fitting:
        cure = f"Use one of: {', '.join((*kind.fitting, 'answered'))}." if kind.fitting else "Use answered."
        yield f"does not fit “{item.id}”, which is of kind {item.kind}.", cure, None
        return
    operands = comparison.operand if isinstance(comparison.operand, tuple) else (comparison.operand,)
    for operand in operands:
        message, cure = _operand_misfit(operand, comparison.how, item)
        if message:
            yield message, cure, operand


def _operand_misfit(operand: object, how: str, item: Item) -> tuple[str, str]:
    kind = kinds.of(item)
    possible = kind.possible(item)
    if kind.numeric and how not in ("is", "is_not", "one_of"):
        possible = tuple(one for one in possible if not isinstance(one, str))  # “no opportunity” has no order
    if possible:
        if operand in possible:
            return "", ""
        cure = f"Use one of: {', '.join(map(str, possible))}."
        return f"is not an answer to “{item.id}”.", "  ".join(
            filter(None, (cure, did_you_mean(operand, map(str, possible))))
        )
    if kind.numeric and isinstance(operand, str):
        return "is not a number.", f"“{item.id}” is answered with a number."
    span = kind.span(item)
    if span and isinstance(operand, (int, float)) and not span[0] <= operand <= span[1]:
        return f"is outside “{item.id}”.", f"It goes from {span[0]:g} to {span[1]:g}."
    if not kind.numeric:
        try:
            kind.check(item, operand)
        except InvalidAnswer as wanted:
            return f"is not an answer to “{item.id}”.", str(wanted)
    return "", ""


def _item_faults(item: Item, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(item, "help", *(["prompt"] if isinstance(item, Note) else []))
    if item.show_if is not None:
        yield from _condition_faults(item.show_if, "show_if", known)
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
            yield ("quotes", index), id, *_unknown_item(id, known)
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
                yield keys, id, *_unknown_item(id, known)
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
            yield keys, id, *_unknown_item(id, known)
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
        yield from norms_faults(scale.model_copy(update={"ranges": spans}))
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


def norms_faults(scale: Scale) -> Iterator[Fault]:
    """Yield why the published numbers cannot belong to the scores of a scale, which knows the ranges of its items."""
    low, high = scale.bounds
    if low == high and scale.table:
        yield ("table",), None, "looks every score up as the same.", "Write the scores that belong to each."
    norms = scale.norms
    if norms is None or low == high:  # an item without room is named by itself
        return
    if (norms.sd is None) != (norms.reliability is None):
        missing = "sd" if norms.sd is None else "reliability"
        yield ("norms", missing), None, "is missing.", "Reliable change needs sd and reliability: write both, or none."
    if norms.range is None:
        cure = "Write the lowest and the highest score that these numbers were published for, like [0, 27]."
        yield ("norms", "range"), None, "is missing.", cure
    elif norms.range[0] >= norms.range[1]:
        yield ("norms", "range"), None, "does not rise.", "Write the lowest score first, then the highest."
    elif not _alike(norms.range, (low, high)):
        says = f"These numbers are for scores from {_span(norms.range)}; this scale gives {_span((low, high))}."
        yield ("norms", "range"), None, says, _other_score(scale, norms.range)
        return  # the others would only say it again
    if norms.better is not None and norms.better != scale.better:
        yield ("norms", "better"), norms.better, f"The scale says {scale.better}.", "Give both the same."
    yield from _norm_numbers(norms, low, high)
    if norms.clinical and norms.functional:
        gain = norms.functional.mean - norms.clinical.mean
        if gain == 0 or (gain > 0) != (scale.better == "higher"):
            says = f"is not better than the clinical one, while {scale.better} is better."
            yield ("norms", "functional", "mean"), norms.functional.mean, says, "Check both, and better."


def _norm_numbers(norms: Norms, low: float, high: float) -> Iterator[Fault]:
    """Yield the numbers that scores from `low` to `high` cannot have."""
    groups = [
        (name, group) for name, group in (("clinical", norms.clinical), ("functional", norms.functional)) if group
    ]
    scores: list[tuple[Keys, float]] = [((name, "mean"), group.mean) for name, group in groups]
    spreads: list[tuple[Keys, float]] = [((name, "sd"), group.sd) for name, group in groups]
    if norms.cutoff:
        scores.append((("cutoff", "value"), norms.cutoff.value))
    if norms.sd:
        spreads.append((("sd",), norms.sd))
    cure = "Check the number, and how the scale is scored."
    for keys, value in scores:
        if not low <= value <= high:
            yield ("norms", *keys), value, f"This scale gives {_span((low, high))}.", cure
    for keys, value in spreads:
        if value > (high - low) / 2:
            yield ("norms", *keys), value, f"Scores from {_span((low, high))} cannot spread that far.", cure


def unfit(scale: Scale) -> bool:
    """Tell whether a scale's norms cannot be those of its scores; an older file may not say which they belong to."""
    unsaid = scale.norms is not None and scale.norms.range is None and scale.score != "percent"
    return any(keys != ("norms", "range") or not unsaid for keys, *_ in norms_faults(scale))


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(one, other, strict=True))


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g} to {ends[1]:g}"


def _other_score(scale: Scale, wanted: tuple[float, float]) -> str:
    """Return the cure for norms of other scores: the way of scoring that they fit, where there is one."""
    for score in ("sum", "mean", "percent"):
        if scale.table is None and _alike(scale.model_copy(update={"score": score}).points, wanted):
            return f"Write “score: {score}”."
    return "Check the points and the items, or leave norms out."


def _gate_faults(gate: Gate, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(gate, "reason", "blank_reason", "notice")
    yield from _condition_faults(gate.when, "when", known)
    if gate.reopens is not None:
        yield from _condition_faults(gate.reopens, "reopens", known)
    names = {"all", "here", *TAGS, *known.chapters, *known.exercises, *known.items, *known.scales}
    for key in ("closes", "keeps", "hides", "unscored", "blank"):
        for index, name in enumerate(getattr(gate, key)):
            if name not in names:
                cure = did_you_mean(name, names) or "Name a tag, a chapter, an exercise, an item, a scale or all."
                yield (key, index), name, "There is no such thing to name here.", cure
    for key in gate.said:
        if not key.startswith("measured.") and not {key, key.rpartition(".")[0]} & set(known.items):
            yield ("said", key), key, *_unknown_item(key, known)


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


def lookback_faults(lookback: LookBack, known: Known) -> Iterator[Fault]:
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


def _exercise_faults(exercise: Exercise, known: Known) -> Iterator[Fault]:
    yield from _markdown_faults(exercise, "intro")
    if exercise.show_if is not None:
        yield from _condition_faults(exercise.show_if, "show_if", known)
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
