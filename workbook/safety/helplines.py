"""Help at hand: who to call, by region and kind, read from `data/resources/`; works with no network."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, cast

from workbook import resources
from workbook.definition import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Line:
    """One place to turn to, and when somebody last checked that it is right."""

    id: str
    name: str
    kinds: tuple[str, ...]  # emergency crisis abuse abusers legal young listening
    number: str | None
    text: str | None  # how to reach them by text message
    url: str | None
    hours: str | None
    languages: tuple[str, ...]
    source: str
    last_checked: date | None
    verified: bool
    note: str | None


def regions() -> dict[str, str]:
    """Return the regions with help lines: code → name, “elsewhere” last."""
    files = sorted(resources.data("resources").glob("*.yaml"), key=lambda path: (path.stem == "elsewhere", path.stem))
    return {path.stem: str(_region(path.stem)["name"]) for path in files}


def helplines(region: str, kinds: Iterable[str] | None = None) -> tuple[Line, ...]:
    """Return a region's help lines, those of the first kind first; an unknown region gets “elsewhere”."""
    lines = _lines(region if region in regions() else "elsewhere")
    if kinds is None:
        return lines
    wanted = list(kinds)
    found = [line for kind in wanted for line in lines if kind in line.kinds]
    return tuple(dict.fromkeys(found))


def brief(region: str | None, kinds: Iterable[str], most: int = 4) -> tuple[str, ...]:
    """Return the first lines for these kinds as HTML, one string each, and where the whole list is."""
    wanted = list(kinds)
    if not wanted:
        return ()
    found = [_lines_of(kind, helplines(region or "elsewhere")) for kind in wanted]
    turns = [line for turn in itertools.zip_longest(*found) for line in turn if line]  # each kind in its turn
    shown = [f"<b>{escape(line.name)}</b>: {escape(_reach(line))}" for line in list(dict.fromkeys(turns))[:most]]
    whole = "More" if region else "Lines for where you are"
    return (*shown, f"{whole}: “Need help now?” on this page.")


def _lines_of(kind: str, lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if kind in line.kinds]


def _reach(line: Line) -> str:
    ways = [way for way in (line.number, line.text, None if line.number else line.url) if way]
    return ", ".join(ways) or (line.note or "")


def stale(today: date) -> tuple[str, ...]:
    """Return a warning for each help line nobody checked within twelve months; never an error."""
    return tuple(
        f"data/resources/{region}.yaml: {line.name} was "
        + (f"last checked on {line.last_checked}." if line.last_checked else "never checked.")
        for region in regions()
        for line in _lines(region)
        if line.last_checked is None or today - line.last_checked > YEAR
    )


@functools.cache
def _region(code: str) -> dict[str, object]:
    return cast("dict[str, object]", reading.read(resources.data("resources", f"{code}.yaml")).data)


@functools.cache
def _lines(code: str) -> tuple[Line, ...]:
    rows = _region(code)["lines"]
    return tuple(_line(row) for row in rows)  # type: ignore[attr-defined]  # a list; tests read every shipped file


def _line(row: Mapping[str, object]) -> Line:
    def word(key: str) -> str | None:
        return str(row[key]) if row.get(key) else None

    checked = word("last_checked")
    return Line(
        id=str(row["id"]),
        name=str(row["name"]),
        kinds=tuple(row["for"]),  # type: ignore[arg-type]  # a list of words
        number=word("number"),
        text=word("text"),
        url=word("url"),
        hours=word("hours"),
        languages=tuple(row.get("languages") or ()),  # type: ignore[arg-type]  # a list of words
        source=str(row["source"]),
        last_checked=date.fromisoformat(checked) if checked else None,
        verified=row.get("verified") == "yes",
        note=word("note"),
    )
