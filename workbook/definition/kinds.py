"""What kinds of item there are: one row each, and all in which they differ stands in it.

A kind has its fields in `items` and its control in the page; everything else is its row here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbook import dates, words
from workbook.definition import items, values
from workbook.definition.base import LARGEST
from workbook.definition.items import NO_OPPORTUNITY
from workbook.errors import InvalidAnswer

Fault = tuple[tuple[str | int, ...], object, str, str]  # where inside it, the value there, what is wrong, the cure
Span = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """One kind of item. `item` is one of its model; a value has been checked unless it says otherwise."""

    model: type[items.BaseItem]
    asked: bool  # a person answers it
    # what a value may be, and what is wrong with an item besides its single fields
    check: Callable[[Any, object], Any]  # (item, anything) → the value as kept; raises InvalidAnswer
    faults: Callable[[Any], Iterator[Fault]]
    # what conditions, sums and scales may make of it
    fitting: tuple[str, ...]  # comparisons besides `answered`
    possible: Callable[[Any], tuple[object, ...]]  # what it may be compared with; (): numbers, days
    numeric: bool  # a value is a number to add up
    span: Callable[[Any], Span | None]  # the smallest and the largest value, as declared; None: it has no such range
    scored: Callable[[object], bool]  # (any value) → whether it is a score by itself
    # how it reads
    label: Callable[[Any, Any], str]
    pairs: Callable[[Any], dict[str, list[list[object]]]]  # fields whose order matters to the page, as pairs
    words: bool  # free words: left out of a report without words, hashed into drift
    told: bool  # long enough for the time of writing to be watched
    cell: str  # in a table of a report it stands as its "number", its "label", or "" not at all
    look: Callable[[Any, Any, str], dict[str, Any]]  # (item, any value, label) → how a report shows it
    options: Callable[[Any], str]  # what may be answered, in the words of a codebook
    columns: tuple[str, ...]  # of a spreadsheet: "number", "text", "words" (the number's words)
    sheet: Callable[[Any, Any, str], list[object]]  # (item, value, label) → its cell in each of these columns
    # what an answer was given to
    codes: Callable[[Any], Any]  # plain JSON of what values are made of
    widened: Callable[[Any, Any], bool | None]  # (codes then, now) → still fitting, not fitting, or None: no change
    seconds: Callable[[Any], float]  # that answering takes


CLICK, LINE, BOX = 8, 30, 90  # seconds for a tick, for a line of words, for a box of sentences
OFTEN_LEFT = 0.5  # the share of people who write what is optional
ROWS = 2  # of a table

_ORDER = ("less_than", "at_most", "greater_than", "at_least")
_COMPARED = ("is", "is_not", "one_of")


# --- what may be wrong with an item ---


def _no_faults(item: Any) -> Iterator[Fault]:
    return iter(())


def _range_faults(item: Any) -> Iterator[Fault]:
    for key, end in (("minimum", item.minimum), ("maximum", item.maximum)):
        if end is not None and abs(end) > LARGEST:
            yield (key,), f"{end:g}", "is too large.", f"Use a number up to {LARGEST:,}."
    if item.minimum is not None and item.maximum is not None and item.minimum >= item.maximum:
        cure = "Make the minimum the smaller number."
        yield ("minimum",), f"{item.minimum:g}", f"The maximum is {item.maximum:g}.", cure


def _ruler_faults(item: Any) -> Iterator[Fault]:
    yield from _range_faults(item)
    if item.minimum < item.maximum and item.maximum - item.minimum > 20:
        yield ("maximum",), item.maximum, "A ruler has at most 21 numbers.", "Use a number item."


def _points_faults(item: Any) -> Iterator[Fault]:
    if list(item.points) != sorted(item.points):
        yield ("points",), None, "are not in rising order.", "Write the lowest number first."


def _table_faults(item: Any) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, column in enumerate(item.columns):
        if column.id in seen:
            yield ("columns", index, "id"), column.id, "Another column has this id.", "Give it its own."
        seen.add(column.id)
        if (column.kind == "choice") != (column.options is not None):
            says = ("is missing.", "Write the options of this choice.")
            spare = ("do not belong to this kind of column.", "Remove them, or make it a choice.")
            yield ("columns", index, "options"), None, *(says if column.options is None else spare)


# --- tables ---


class _Cell(NamedTuple):
    """What the rows below ask of an item, for one column of a table."""

    options: Mapping[str, str]
    minimum: float | None = None
    maximum: float | None = None
    unsure: bool = False
    unit: str | None = None
    unit_one: str | None = None


def _table(item: Any, value: object) -> list[dict[str, object]]:
    rows = values.listed(value)
    if len(rows) > item.max_rows:
        raise InvalidAnswer(words.say("definition.values.rows", rows=len(rows), most=item.max_rows))
    columns = {column.id: column for column in item.columns}
    kept = []
    for row in rows:
        cells = values.mapping(row)
        for key in cells:
            values.key(columns, key)
        kept.append({id: _cell(column, cells[id]) for id, column in columns.items() if cells.get(id) not in (None, "")})
    kept = [row for row in kept if row]
    if not kept:
        raise InvalidAnswer(words.say("definition.values.empty_table"))
    return kept


def _cell(column: items.Column, value: object) -> object:
    try:
        return KINDS[column.kind].check(_Cell(column.options or {}), value)
    except InvalidAnswer as error:
        raise InvalidAnswer(f"{column.label}: {error}") from None


def _cells(item: Any, row: dict[str, Any]) -> str:
    columns = {column.id: column for column in item.columns}
    shown = {id: KINDS[columns[id].kind].label(_Cell(columns[id].options or {}), value) for id, value in row.items()}
    return "; ".join(f"{columns[id].label}: {text}" for id, text in shown.items())


def _columns(item: Any) -> dict[str, list[list[object]]]:
    return {column.id: _pairs(column.options) for column in item.columns if column.options}


# --- how it looks in a report ---


def _as_label(item: Any, value: object, label: str) -> dict[str, Any]:
    return {"kind": "text", "text": label}


def _as_words(item: Any, value: object, label: str) -> dict[str, Any]:
    return {"kind": "text", "text": value if isinstance(value, str) else label}


def _as_parts(item: Any, value: object, label: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return _as_label(item, value, label)
    parts = [(part.label, value[key]) for key, part in item.parts.items() if value.get(key)]
    return {"kind": "parts", "parts": parts}


def _as_table(item: Any, value: object, label: str) -> dict[str, Any]:
    if not isinstance(value, list):
        return _as_label(item, value, label)
    return {
        "kind": "table",
        "name": item.prompt,
        "columns": [column.label for column in item.columns],
        "rows": [[_column_text(column, line.get(column.id)) for column in item.columns] for line in value],
    }


def _column_text(column: items.Column, value: object) -> str:
    if value is None:
        return ""
    try:
        return KINDS[column.kind].label(_Cell(column.options or {}), value)
    except (LookupError, TypeError, ValueError):  # answered when the column was another
        return str(value)


# --- in a codebook ---


def _said(pairs: Mapping[Any, str]) -> str:
    return "; ".join(f"{key} = {label}" for key, label in pairs.items())


def _span_said(item: Any) -> str:
    low, high = item.minimum, item.maximum
    return f"{low if low is not None else '…'} to {high if high is not None else '…'}" if low is not high else ""


# --- what became of a value since it was given ---


def _unchanged(old: Any, new: Any) -> bool | None:
    return None if old == new else False


def _wider_range(old: Any, new: Any) -> bool | None:
    """Of numbers; None: no limit on that side."""
    if old == new:
        return None
    (low, high), (low_now, high_now) = old, new
    down = low_now is None or (low is not None and low_now <= low)
    return down and (high_now is None or (high is not None and high_now >= high))


def _more_options(old: Any, new: Any) -> bool | None:
    if not isinstance(old, list) or not isinstance(new, list):
        return _unchanged(old, new)
    if set(map(str, old)) == set(map(str, new)):
        return None  # another order
    return set(old) <= set(new)


def _same_options(old: Any, new: Any) -> bool | None:
    """Of a ranking: an old one would not rank the new option."""
    return None if _more_options(old, new) is None else False


def _more_points(old: Any, new: Any) -> bool | None:
    """Of a scale: a point more changes what the others mean; a “no opportunity” does not."""
    return None if old == new else new == [*old, NO_OPPORTUNITY] if isinstance(old, list) else False


def _more_columns(old: Any, new: Any) -> bool | None:
    """Of a table: kind, then options, of each column."""
    if old == new or not isinstance(old, dict) or not isinstance(new, dict):
        return _unchanged(old, new)
    return all(id in new and new[id][0] == was[0] and set(was) <= set(new[id]) for id, was in old.items())


# --- the rows ---


def _pairs(mapping: Mapping[Any, object]) -> list[list[object]]:
    return [[key, label] for key, label in mapping.items()]


def _options(item: Any) -> dict[str, list[list[object]]]:
    return {"options": _pairs(item.options)}


def _parts(item: Any) -> dict[str, list[list[object]]]:
    return {"parts": [[id, part.model_dump(mode="json", exclude_none=True)] for id, part in item.parts.items()]}


def _range(item: Any) -> Span | None:
    return None if item.minimum is None or item.maximum is None else (item.minimum, item.maximum)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _rounded(value: float) -> str:
    """Return a number as the page shows one that is worked out: to one decimal, with a minus of its own."""
    return f"{value:.1f}".removesuffix(".0").replace("-", "−")


_NOTHING: dict[str, Any] = {  # what most kinds have of a column
    "asked": True,
    "faults": _no_faults,
    "fitting": (),
    "possible": lambda item: (),
    "numeric": False,
    "span": lambda item: None,
    "scored": lambda value: False,
    "pairs": lambda item: {},
    "words": False,
    "told": False,
    "cell": "",
    "look": _as_label,
    "options": lambda item: "",
    "columns": ("text",),
    "sheet": lambda item, value, label: [label],
    "codes": lambda item: None,
    "widened": _unchanged,
    "seconds": lambda item: CLICK,
}


def _kind(model: type[items.BaseItem], **columns: Any) -> Kind:
    return Kind(model=model, **{**_NOTHING, **columns})


_NEVER: dict[str, Any] = {
    "asked": False,
    "check": values.never,
    "label": lambda item, value: "",
    "seconds": lambda item: 0,
}
_WORDS: dict[str, Any] = {"check": values.text, "label": lambda item, value: value, "words": True, "look": _as_words}
_OPTIONS: dict[str, Any] = {
    "possible": lambda item: tuple(item.options),
    "pairs": _options,
    "options": lambda item: _said(item.options),
    "codes": lambda item: list(item.options),
    "widened": _more_options,
}
_RANGE: dict[str, Any] = {
    "fitting": (*_COMPARED, *_ORDER),
    "numeric": True,
    "span": _range,
    "cell": "number",
    "columns": ("number",),
    "sheet": lambda item, value, label: [value],
    "options": _span_said,
    "codes": lambda item: [item.minimum, item.maximum],
}


def _with_unit(item: Any, value: float, number: str) -> str:
    """Return a number with what it counts. The page says the same: `plain` in kinds.js."""
    unit = item.unit_one if abs(value) == 1 and item.unit_one else item.unit
    return f"{number} {unit}" if unit else number


KINDS: dict[str, Kind] = {
    "text": _kind(items.Text, **_WORDS, seconds=lambda item: LINE),
    "longtext": _kind(items.LongText, **_WORDS, told=True, seconds=lambda item: BOX),
    "number": _kind(
        items.Number,
        **_RANGE,
        check=values.number,
        faults=_range_faults,
        scored=_is_number,
        label=lambda item, value: _with_unit(item, value, f"{value:.12g}"),
        widened=_wider_range,
    ),
    "date": _kind(
        items.Date,
        check=values.date,
        fitting=(*_COMPARED, *_ORDER),
        label=lambda item, value: dates.day(dt.date.fromisoformat(value)),
        cell="label",
        sheet=lambda item, value, label: [dt.date.fromisoformat(str(value))],
    ),
    "yesno": _kind(
        items.YesNo,
        check=values.yesno,
        fitting=_COMPARED,
        possible=lambda item: ("yes", "no", *(("unsure",) if item.unsure else ())),
        label=lambda item, value: words.say(f"definition.kinds.answer.{value}"),
        cell="label",
        options=lambda item: "; ".join(KINDS["yesno"].codes(item)),
        codes=lambda item: ["yes", "no", *(["unsure"] if item.unsure else [])],
        widened=_more_options,
    ),
    "choice": _kind(
        items.Choice,
        **_OPTIONS,
        check=values.choice,
        fitting=_COMPARED,
        scored=lambda value: isinstance(value, str) and value.lstrip("+-").isdecimal(),  # options like -2 … 2
        label=lambda item, value: item.options[value],
        cell="label",
    ),
    "choices": _kind(
        items.Choices,
        **_OPTIONS,
        check=values.choices,
        fitting=("includes",),
        label=lambda item, value: ", ".join(item.options[key] for key in value),
        seconds=lambda item: 2 * CLICK,
    ),
    "scale": _kind(
        items.ScalePoints,
        check=values.scale,
        faults=_points_faults,
        fitting=(*_COMPARED, *_ORDER),
        possible=lambda item: (*item.points, *((NO_OPPORTUNITY,) if item.no_opportunity else ())),
        numeric=True,
        span=lambda item: (min(item.points), max(item.points)),
        scored=lambda value: isinstance(value, int),
        label=lambda item, value: item.no_opportunity if value == NO_OPPORTUNITY else item.points[value],
        pairs=lambda item: {"points": _pairs(item.points)},
        cell="label",
        columns=("number", "words"),
        sheet=lambda item, value, label: [value if isinstance(value, int) else None, label],
        options=lambda item: (
            _said(item.points) + (f"; {NO_OPPORTUNITY} = {item.no_opportunity}" if item.no_opportunity else "")
        ),
        codes=lambda item: [*item.points, *([NO_OPPORTUNITY] if item.no_opportunity else [])],
        widened=_more_points,
    ),
    "ruler": _kind(
        items.Ruler,
        **_RANGE,
        check=values.ruler,
        faults=_ruler_faults,
        scored=lambda value: isinstance(value, int),
        label=lambda item, value: words.say("definition.kinds.ruler", value=value, most=item.maximum),
    ),
    "rank": _kind(
        items.Rank,
        **{**_OPTIONS, "possible": lambda item: (), "widened": _same_options},
        check=values.rank,
        label=lambda item, value: ", ".join(f"{n}. {item.options[key]}" for n, key in enumerate(value, 1)),
        seconds=lambda item: CLICK * len(item.options),
    ),
    "shares": _kind(
        items.Shares,
        **{**_OPTIONS, "possible": lambda item: ()},
        check=values.shares,
        label=lambda item, value: " / ".join(f"{item.options[k]} {v:g}" for k, v in value.items()),
        seconds=lambda item: CLICK * len(item.options),
    ),
    "table": _kind(
        items.Table,
        check=_table,
        faults=_table_faults,
        label=lambda item, value: "\n".join(_cells(item, row) for row in value),
        pairs=_columns,
        words=True,
        look=_as_table,
        options=lambda item: words.say(
            "definition.kinds.rows", columns=", ".join(f"{column.id} ({column.label})" for column in item.columns)
        ),
        codes=lambda item: {c.id: [c.kind, *(c.options or ())] for c in item.columns},
        widened=_more_columns,
        seconds=lambda item: ROWS * sum(LINE if column.kind == "text" else CLICK for column in item.columns),
    ),
    "letter": _kind(
        items.Letter,
        check=values.letter,
        label=lambda item, value: "\n\n".join(value.values()),
        pairs=_parts,
        words=True,
        told=True,
        look=_as_parts,
        options=lambda item: words.say(
            "definition.kinds.parts", parts=", ".join(f"{key} ({part.label})" for key, part in item.parts.items())
        ),
        codes=lambda item: list(item.parts),
        widened=_more_options,
        seconds=lambda item: sum(BOX * (OFTEN_LEFT if part.optional else 1) for part in item.parts.values()),
    ),
    "note": _kind(items.Note, **_NEVER),
    "timer": _kind(items.Timer, **_NEVER),  # its minutes pass in a talk; those of the form are for its questions
    "computed": _kind(
        items.Computed,
        **_NEVER | {"label": lambda item, value: _with_unit(item, value, words.number(_rounded(value)))},
        cell="label",
        codes=lambda item: item.compute.model_dump(exclude_none=True),
    ),
}


def of(item: Any) -> Kind:
    """Return the row of an item."""
    return KINDS[item.kind]


def those(column: str, value: object = True) -> frozenset[str]:
    """Return the names of the kinds whose column is this."""
    return frozenset(name for name, kind in KINDS.items() if getattr(kind, column) == value)
