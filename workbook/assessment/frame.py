"""Answers as a tidy table: one row each, with documented columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.answers import occasions
from workbook.assessment import scoring
from workbook.definition.kinds import KINDS
from workbook.errors import UnknownId
from workbook.storage.store import StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    import pandas as pd

    from workbook.definition.items import Item
    from workbook.definition.models import Workbook
    from workbook.safety.gates import Standing

    Times = Mapping[tuple[str, str], datetime]  # when each answer was saved by the person's own clock, by place

COLUMNS = {
    "chapter": "category",  # id of the chapter
    "exercise": "category",  # id of the exercise
    "occasion": "category",  # "once", or the ISO date its period starts
    "item": "category",  # id of the item
    "kind": "category",  # of the item, as it was answered
    "prompt": "category",  # the question, in the words that were answered
    "value": "object",  # as stored: str, number, list or dict; None when skipped
    "label": "object",  # the value in words
    "score": "float64",  # the number that was chosen, not reversed; NaN where there is none
    "status": "category",  # answered, skipped, inactive (hidden by a condition) or retired (no longer asked)
    "share": "category",  # private, ask or counselor
    "answered_at": "datetime64[us, UTC]",
}
"""Each column of `answers`, in order, and its dtype."""

HISTORY_COLUMNS = COLUMNS | {
    "version": "int64",  # 1, 2, … per item and occasion; a version ends with a pause
    "begun_at": "datetime64[us, UTC]",  # its first save; answered_at is its last
    "fingerprint": "object",  # of the item's meaning then: a change marks a changed question
    "id": "object",
}
"""Each column of `history`. Its `status` is answered, skipped or blank (cleared)."""


@dataclass(frozen=True)
class Told:
    """What a report and an export read of a journal: plain values, as they stand at one moment."""

    workbook: Workbook
    answers: pd.DataFrame = field(repr=False)  # `COLUMNS`
    times: Times = field(repr=False)
    standing: Standing = field(repr=False)


def begun(first: Iterable[StoredAnswer], here: tzinfo | None = None) -> dict[str, occasions.Begun]:
    """Return when each occasion was begun, from the first version of its answers; `here`: where no zone is kept.

    Where exercises share the name of an occasion, it is when the last of them began it: that shows a wrong clock.
    """
    earliest: dict[tuple[str, str], list[StoredAnswer]] = {}  # only of these need the day be known
    for version in first:
        known = earliest.get(place := (version.exercise, version.occasion))
        if known is None or version.begun < known[0].begun:
            earliest[place] = [version]
        elif version.begun == known[0].begun:
            known.append(version)
    found: dict[str, occasions.Begun] = {}
    for (_, occasion), known in earliest.items():
        one = occasions.Begun(known[0].begun, min(version.local(here).date() for version in known))
        found[occasion] = max(found.get(occasion, one), one)
    return found


def answers(
    workbook: Workbook,
    current: Iterable[StoredAnswer],
    active: set[tuple[str, str]],
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """Return current answers as a table with `COLUMNS`, in the order of the workbook, then by occasion.

    `active` holds the (item, occasion) pairs that are still asked and shown; the others are kept in the table
    as `inactive` or `retired`, without a score. `order` has the occasions, oldest first (else: by date); the category
    `occasion` is ordered like it.
    """
    items = _items(workbook)
    current = list(current)
    dates = dict.fromkeys(_dates(current))
    order = list(dict.fromkeys([*(one for one in order if one in dates), *dates]))
    kept = _sorted(items, current, order)
    columns = _columns(workbook, items, kept)
    retired = {id for id in set(columns["item"]) if id not in items or items[id].retired}
    for number, place in enumerate(zip(columns["item"], columns["occasion"], strict=True)):
        if place not in active or place[0] in retired:
            columns["status"][number] = "retired" if place[0] in retired else "inactive"
            columns["score"][number] = None
    return _table(columns, COLUMNS, order)


def history(workbook: Workbook, versions: Iterable[StoredAnswer]) -> pd.DataFrame:
    """Return every version as a table with `HISTORY_COLUMNS`, in the order of the workbook, then by version."""
    items, versions = _items(workbook), list(versions)
    kept = _sorted(items, versions, _dates(versions))
    return _table(_columns(workbook, items, kept), HISTORY_COLUMNS)


def _items(workbook: Workbook) -> dict[str, Item]:
    return {item.id: item for item in workbook.items}


def _dates(stored: Iterable[StoredAnswer]) -> list[str]:
    return sorted({one.occasion for one in stored}, key=occasions.order)


def _sorted(items: dict[str, Item], stored: Iterable[StoredAnswer], order: Sequence[str]) -> list[StoredAnswer]:
    places = {id: place for place, id in enumerate(items)}
    days = {occasion: place for place, occasion in enumerate(order)}
    by_item: dict[str, list[StoredAnswer]] = {}
    for one in stored:
        by_item.setdefault(one.item, []).append(one)
    found: list[StoredAnswer] = []
    for item in sorted(by_item, key=lambda id: (places.get(id, len(places)), id)):
        found += sorted(by_item[item], key=lambda one: (days[one.occasion], one.version))
    return found


def _columns(workbook: Workbook, items: dict[str, Item], kept: Sequence[StoredAnswer]) -> dict[str, list[Any]]:
    """Return the columns of the answers: by column, since a frame of rows takes much longer to make."""
    shares = {id: _share(workbook, items.get(id)) for id in {answer.item for answer in kept}}
    scored = {name: kind.scored for name, kind in KINDS.items()}
    stored = zip(*kept, strict=True) if kept else ((),) * len(StoredAnswer._fields)
    columns: dict[str, list[Any]] = {
        name: list(column) for name, column in zip(StoredAnswer._fields, stored, strict=True)
    }
    chapters = {id: id.partition(".")[0] for id in shares}
    columns["chapter"] = [chapters[item] for item in columns["item"]]
    columns["share"] = [shares[item] for item in columns["item"]]
    columns["score"] = [
        float(value) if status == "answered" and kind in scored and scored[kind](value) else None
        for value, status, kind in zip(columns["value"], columns["status"], columns["kind"], strict=True)
    ]
    return columns


def _share(workbook: Workbook, item: Item | None) -> str:
    """A question that is no longer known stays private."""
    if item is None:
        return "private"
    try:
        return item.share or workbook.exercise(item.exercise_id).share
    except UnknownId:
        return "private"


def _table(columns: Mapping[str, list[Any]], kinds: dict[str, str], order: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns as a table; `order`: of the occasions, else they have none."""
    import pandas as pd

    return pd.DataFrame(
        {
            name: _category(columns[name], order if name == "occasion" else None)
            if dtype == "category"
            else pd.Series(columns[name], dtype=dtype)
            for name, dtype in kinds.items()
        }
    )


def _category(column: list[str], order: Sequence[str] | None) -> pd.Categorical:
    """Return words of which each comes many times, numbered here: pandas would look at every one as at a text."""
    names = sorted(set(column)) if order is None else order
    numbers = {name: number for number, name in enumerate(names)}
    return scoring.named([numbers[name] for name in column], names, ordered=order is not None)


class Given(NamedTuple):
    """One answer as plain values."""

    occasion: str
    day: str  # ISO: of its occasion, or for what is asked once the day it was answered
    value: Any
    label: str
    score: float  # NaN where there is none


def day_had(item: str, answered_at: datetime, times: Times, zone: tzinfo | None) -> str:
    """Return the day the person had when they answered what is asked once; `zone`: where no clock of theirs is known.

    Clocks change twice a year, and people travel: a moment of last summer is not told by the clock of this winter.
    """
    return times.get((item, "once"), answered_at.astimezone(zone)).date().isoformat()


def by_item(rows: pd.DataFrame, times: Times, zone: tzinfo | None) -> dict[str, list[Given]]:
    """Return rows of a tidy table by item, each item's oldest first: what is asked of a few is quicker without a table.

    `times` and `zone` are as for `day_had`: the day of what is asked once is the person's.
    """
    found: dict[str, list[Given]] = {}
    columns = [rows[name].tolist() for name in ("item", "occasion", "value", "label", "score")]
    answered = rows["answered_at"].array if "once" in columns[1] else ()
    for number, (item, occasion, *said) in enumerate(zip(*columns, strict=True)):
        day = occasion[:10]
        if occasion == "once":
            day = day_had(item, answered[number], times, zone)
        found.setdefault(item, []).append(Given(occasion, day, *said))
    place = places(rows["occasion"])
    for given in found.values():
        given.sort(key=lambda one: place[one.occasion])
    return found


def places(column: pd.Series) -> dict[str, int]:
    """Return the place of each occasion, the oldest first: as a journal's table knows it, else by its date."""
    if getattr(column.dtype, "ordered", False):
        known = [str(one) for one in column.cat.categories]
    else:
        known = sorted(column.astype(str).unique(), key=occasions.order)
    return {occasion: place for place, occasion in enumerate(known)}


def oldest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of their occasions."""
    if rows.empty:
        return rows
    place = rows["occasion"].astype(str).map(places(rows["occasion"]))
    return rows.loc[place.sort_values(kind="stable").index]
