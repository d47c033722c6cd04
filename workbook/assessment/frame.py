"""Answers as a tidy table: one row each, with documented columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbook.answers import occasions
from workbook.definition.kinds import KINDS
from workbook.errors import UnknownId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    import pandas as pd

    from workbook.definition.models import Item, Workbook
    from workbook.safety.gates import Standing
    from workbook.storage.store import StoredAnswer

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
    times: Mapping[tuple[str, str], datetime] = field(repr=False)  # of each, by the person's own clock
    standing: Standing = field(repr=False)


def begun(first: Iterable[StoredAnswer], here: tzinfo | None = None) -> dict[str, occasions.Begun]:
    """Return when each occasion was begun, from the first version of its answers; `here`: where no zone is kept.

    Where exercises share the name of an occasion, it is when the last of them began it: that shows a wrong clock.
    """
    each: dict[tuple[str, str], occasions.Begun] = {}
    for version in first:
        place = (version.exercise, version.occasion)
        if place not in each or version.begun <= each[place].number:  # only of these need the day be known
            one = occasions.Begun(version.begun, version.local(here).date())
            each[place] = min(each.get(place, one), one)
    found: dict[str, occasions.Begun] = {}
    for (_, occasion), one in each.items():
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
    dates = _dates(current)
    order = [*(one for one in order if one in dates), *(one for one in dates if one not in order)]
    kept = _sorted(items, current, order)
    columns = _columns(workbook, items, kept)
    for number, answer in enumerate(kept):
        if items.get(answer.item) is None or items[answer.item].retired:
            columns["status"][number] = "retired"
        elif (answer.item, answer.occasion) not in active:
            columns["status"][number] = "inactive"
        if columns["status"][number] != "answered":
            columns["score"][number] = None
    table = _table(columns, COLUMNS)
    table["occasion"] = table["occasion"].cat.set_categories(order, ordered=True)
    return table


def history(workbook: Workbook, versions: Iterable[StoredAnswer]) -> pd.DataFrame:
    """Return every version as a table with `HISTORY_COLUMNS`, in the order of the workbook, then by version."""
    items, versions = _items(workbook), list(versions)
    kept = _sorted(items, versions, _dates(versions))
    also = {name: [getattr(one, name) for one in kept] for name in ("version", "begun_at", "fingerprint", "id")}
    return _table(_columns(workbook, items, kept) | also, HISTORY_COLUMNS)


def _items(workbook: Workbook) -> dict[str, Item]:
    return {item.id: item for item in workbook.items}


def _dates(stored: Iterable[StoredAnswer]) -> list[str]:
    return sorted({one.occasion for one in stored}, key=occasions.order)


def _sorted(items: dict[str, Item], stored: Iterable[StoredAnswer], order: Sequence[str]) -> list[StoredAnswer]:
    places = {id: place for place, id in enumerate(items)}
    days = {occasion: place for place, occasion in enumerate(order)}
    return sorted(
        stored, key=lambda one: (places.get(one.item, len(places)), one.item, days[one.occasion], one.version)
    )


def _columns(workbook: Workbook, items: dict[str, Item], kept: Sequence[StoredAnswer]) -> dict[str, list[Any]]:
    """Return the columns of the answers: by column, since a frame of rows takes much longer to make."""
    shares = {id: _share(workbook, items.get(id)) for id in {answer.item for answer in kept}}
    scored = {name: kind.scored for name, kind in KINDS.items()}
    columns: dict[str, list[Any]] = {
        name: [getattr(answer, name) for answer in kept]
        for name in ("exercise", "occasion", "item", "kind", "prompt", "value", "label", "status", "answered_at")
    }
    columns["chapter"] = [answer.item.split(".")[0] for answer in kept]
    columns["share"] = [shares[answer.item] for answer in kept]
    columns["score"] = [
        float(answer.value)
        if answer.status == "answered" and answer.kind in scored and scored[answer.kind](answer.value)
        else None
        for answer in kept
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


def _table(columns: Mapping[str, list[Any]], kinds: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in kinds.items()})


def oldest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of their occasions."""
    if rows.empty:
        return rows
    known = sorted(rows["occasion"].astype(str).unique(), key=occasions.order)
    place = rows["occasion"].astype(str).map({occasion: place for place, occasion in enumerate(known)})
    return rows.loc[place.sort_values(kind="stable").index]
