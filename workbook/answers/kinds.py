"""What an answer may be: one row per kind of item. Nothing else judges a value."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbook import dates
from workbook.definition import conditions
from workbook.definition.models import LARGEST, LONGEST, NO_OPPORTUNITY, Exercise
from workbook.errors import InvalidAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbook.definition.models import Column, Item, Workbook

Status = Literal["answered", "skipped"]

SKIPPED = "Skipped"
_YESNO = {"yes": "Yes", "no": "No", "unsure": "Not sure"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)
_SIGNS = {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d", "-"), "\uff0b": "+"}
_SIGNS |= dict.fromkeys(",\u066b\uff0c\uff0e", ".")
# What a paste from another program may bring along, and what it meant there: a line break within a paragraph (Word,
# PowerPoint), a page break, hyphens of Word's, quotation marks of Windows. The page does the same: `tidy` in form.js.
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
_MEANT = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)} | {0x1E: "-", 0x1F: ""}
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1d\x7f]")
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Response:
    """What a person gave to one item on one occasion."""

    value: object  # None when skipped
    status: Status
    at: dt.datetime  # aware


def check(item: Item, value: object) -> Any:
    """Return `value` as it is kept, or raise InvalidAnswer with a sentence that says what would fit.

    Texts keep their words; characters that cannot be shown become what they meant, or are taken out. Numbers may be
    texts, with the digits of any script and a point or a comma. Choices come back in the order of the options, whole
    numbers as int, empty rows and parts are left out.
    """
    return _ROWS[item.kind].check(item, value)


def label(item: Item, value: object) -> str:
    """Return `value` as a person reads it: "often", "Me 60 / Them 40"; None: "Skipped".

    A value from before the item was changed is shown as it is.
    """
    if value is None:
        return SKIPPED
    try:
        return _ROWS[item.kind].label(item, check(item, value))
    except InvalidAnswer:
        return str(value)


# --- the kinds ---


def _clean(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidAnswer(f"{what} is text.")
    if len(value) > LONGEST:
        raise InvalidAnswer(f"This has {len(value):,} characters; {LONGEST:,} fit. Please shorten it.")
    return _HALVES.sub("\ufffd", _UNSEEN.sub("", _BREAKS.sub("\n", value).translate(_MEANT)))


def _text(item: Any, value: object) -> str:
    text = _clean(value, "This answer")
    if not text.strip():
        raise InvalidAnswer("There is nothing here yet. Write something, or leave it blank.")
    return text


def _whole(value: object) -> object:
    """Return a float without a fraction as int: JavaScript has only one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(item: Any, value: object) -> int | float:
    return _in_range(value, item.minimum, item.maximum)


def _read_number(text: str) -> float | str:
    """Return the number a text says, in the digits of any script, or the text as it is."""
    plain = "".join(_SIGNS.get(one, str(unicodedata.decimal(one, one))) for one in text.strip())
    return float(plain) if _NUMBER.fullmatch(plain) else text


def _in_range(value: object, low: float | None, high: float | None) -> int | float:
    if isinstance(value, str):
        value = _read_number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidAnswer("This answer is a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidAnswer("This answer is a number that can be written down.")
    least, most = -LARGEST if low is None else low, LARGEST if high is None else high
    if not least <= value <= most:
        raise InvalidAnswer(f"This answer is a number from {least:,g} to {most:,g}.")
    return _whole(value)  # type: ignore[return-value]  # a number stays one


def _date(item: Any, value: object) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise InvalidAnswer("This answer is a day, written like 2026-05-03.")
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise InvalidAnswer("There is no such day. Check the month and the day.") from None
    if not 1900 <= day.year <= 2200:
        raise InvalidAnswer("Check the year.")
    return value


def _yesno(item: Any, value: object) -> str:
    possible = ("yes", "no", "unsure") if item.unsure else ("yes", "no")
    if not isinstance(value, str) or value not in possible:
        raise InvalidAnswer(f"This answer is {_either(possible)}.")
    return value


def _key(options: Mapping[str, object], value: object) -> str:
    if not isinstance(value, str) or value not in options:
        raise InvalidAnswer(f"This answer is {_either(options)}.")
    return value


def _choice(item: Any, value: object) -> str:
    return _key(item.options, value)


def _choices(item: Any, value: object) -> list[str]:
    chosen = {_key(item.options, one) for one in _listed(value)}
    if not chosen:
        raise InvalidAnswer("Nothing is chosen yet. Choose something, or leave it blank.")
    return [key for key in item.options if key in chosen]


def _scale(item: Any, value: object) -> int | str:
    if item.no_opportunity and value == NO_OPPORTUNITY:
        return NO_OPPORTUNITY
    value = _in_range(value, min(item.points), max(item.points))
    if value not in item.points:
        raise InvalidAnswer(f"This answer is {_either(map(str, item.points))}.")
    return int(value)


def _ruler(item: Any, value: object) -> int:
    value = _in_range(value, item.minimum, item.maximum)
    if not isinstance(value, int):
        raise InvalidAnswer("This answer is a whole number.")
    return value


def _rank(item: Any, value: object) -> list[str]:
    ranked = [_key(item.options, one) for one in _listed(value)]
    if sorted(ranked) != sorted(item.options):
        raise InvalidAnswer("This answer is every option once, the highest first.")
    return ranked


def _shares(item: Any, value: object) -> dict[str, int | float]:
    given = {_key(item.options, key): _in_range(part, 0, 100) for key, part in _mapping(value).items()}
    if not given:
        raise InvalidAnswer("Nothing is shared out yet. Give a part, or leave it blank.")
    return {key: given[key] for key in item.options if key in given}


def _table(item: Any, value: object) -> list[dict[str, object]]:
    rows = _listed(value)
    if len(rows) > item.max_rows:
        raise InvalidAnswer(f"This has {len(rows):,} rows; {item.max_rows:,} fit.")
    columns = {column.id: column for column in item.columns}
    kept = []
    for row in rows:
        cells = _mapping(row)
        for key in cells:
            _key(columns, key)
        given = {id: _cell(column, cells[id]) for id, column in columns.items() if cells.get(id) not in (None, "")}
        kept.append(given)
    kept = [row for row in kept if row]
    if not kept:
        raise InvalidAnswer("There is nothing in the table yet. Fill in a row, or leave it blank.")
    return kept


class _Cell(NamedTuple):
    """What the checks ask of an item, for one column of a table."""

    options: Mapping[str, str]
    minimum: float | None = None
    maximum: float | None = None
    unsure: bool = False


def _cell(column: Column, value: object) -> object:
    try:
        return _ROWS[column.kind].check(_Cell(column.options or {}), value)
    except InvalidAnswer as error:
        raise InvalidAnswer(f"{column.label}: {error}") from None


def _letter(item: Any, value: object) -> dict[str, str]:
    given = {_key(item.parts, key): _clean(part, "A part of a letter") for key, part in _mapping(value).items()}
    kept = {key: given[key] for key in item.parts if given.get(key, "").strip()}
    if not kept:
        raise InvalidAnswer("There is nothing in the letter yet. Write something, or leave it blank.")
    return kept


def _never(item: Any, value: object) -> Any:
    raise InvalidAnswer("There is nothing to answer here.")


def _listed(value: object) -> list[object]:
    if not isinstance(value, (list, tuple)) or len(value) > 1000:
        raise InvalidAnswer("This answer is a list of at most 1,000 members.")
    return list(value)


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidAnswer("This answer has named parts.")
    return value


def _either(words: Any) -> str:
    *most, last = list(words)[:12]
    return f"{', '.join(most)} or {last}" if most else last


def _day(value: str) -> str:
    return dates.day(dt.date.fromisoformat(value))


def _cells(item: Any, row: dict[str, Any]) -> str:
    columns = {column.id: column for column in item.columns}
    shown = {id: _ROWS[columns[id].kind].label(_Cell(columns[id].options or {}), value) for id, value in row.items()}
    return "; ".join(f"{columns[id].label}: {text}" for id, text in shown.items())


class _Row(NamedTuple):
    """One kind of item: what its value may be, and how a person reads it."""

    check: Callable[[Any, object], Any]
    label: Callable[[Any, Any], str]


_ROWS: dict[str, _Row] = {
    "text": _Row(_text, lambda item, value: value),
    "longtext": _Row(_text, lambda item, value: value),
    "number": _Row(
        _number, lambda item, value: f"{value:.12g}" + (f" {u}" if (u := getattr(item, "unit", "")) else "")
    ),
    "date": _Row(_date, lambda item, value: _day(value)),
    "yesno": _Row(_yesno, lambda item, value: _YESNO[value]),
    "choice": _Row(_choice, lambda item, value: item.options[value]),
    "choices": _Row(_choices, lambda item, value: ", ".join(item.options[key] for key in value)),
    "scale": _Row(_scale, lambda item, value: item.no_opportunity if value == NO_OPPORTUNITY else item.points[value]),
    "ruler": _Row(_ruler, lambda item, value: f"{value} of {item.maximum}"),
    "rank": _Row(_rank, lambda item, value: ", ".join(f"{n}. {item.options[key]}" for n, key in enumerate(value, 1))),
    "shares": _Row(_shares, lambda item, value: " / ".join(f"{item.options[k]} {v:g}" for k, v in value.items())),
    "table": _Row(_table, lambda item, value: "\n".join(_cells(item, row) for row in value)),
    "letter": _Row(_letter, lambda item, value: "\n\n".join(value.values())),
    "note": _Row(_never, lambda item, value: ""),
    "computed": _Row(_never, lambda item, value: ""),
}


# --- answers together ---


def latest(responses: Mapping[tuple[str, str], Response]) -> dict[str, Response]:
    """Return the newest response of each item, whatever its occasion."""
    ordered = sorted(responses.items(), key=lambda pair: pair[1].at)
    return {item: response for (item, _), response in ordered}


def active(of: Workbook | Exercise, responses: Mapping[str, Response]) -> set[str]:
    """Return the ids of the items that are shown now, `responses` being keyed by item id.

    An item is shown when its exercise's condition and its own are true; what is not known yet hides. An item that is
    not shown counts as blank for the conditions of others; items outside `of` count as they stand in `responses`.
    """
    exercises = (of,) if isinstance(of, Exercise) else of.exercises
    inside = {item.id: exercise for exercise in exercises for item in exercise.items}
    rules: dict[str, list[conditions.Condition]] = {}
    for exercise in exercises:
        shared = [conditions.parse(exercise.show_if)] if exercise.show_if is not None else []
        for item in exercise.items:
            own = [conditions.parse(item.show_if)] if item.show_if is not None else []
            rules[item.id] = shared + own
            if item.retired or exercise.retired:
                del inside[item.id]
    shown: set[str] = set()

    def get(id: str) -> object:
        known = id in shown or id not in rules
        return responses[id].value if known and id in responses and responses[id].status == "answered" else None

    graph = {id: {other for rule in own for other in rule.ids if other in rules} for id, own in rules.items()}
    for id in TopologicalSorter(graph).static_order():  # whatever a condition asks about is decided before it
        if id in inside and all(rule.evaluate(get) for rule in rules[id]):
            shown.add(id)
    return shown


def computed(item: Item, responses: Mapping[str, Response]) -> float | None:
    """Return the number a computed item shows, from the responses of its exercise, keyed by item id.

    Sum and mean take the numbers there are, a difference needs both; with none there is no number, never 0.
    """
    if item.kind != "computed":
        return None
    ways: dict[str, tuple[str, ...]] = {how: ids for how, ids in item.compute if ids}
    ((how, ids),) = ways.items()
    values = [responses[id].value for id in ids if id in responses and responses[id].status == "answered"]
    if how == "count":
        return len(values)
    numbers = [value for value in values if isinstance(value, (int, float))]
    if not numbers or (how == "difference" and len(numbers) < 2):
        return None
    return _COMPUTE[how](numbers)


_COMPUTE: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda numbers: math.fsum(numbers) / len(numbers),
    "difference": lambda numbers: numbers[0] - numbers[1],
}
