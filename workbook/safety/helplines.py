"""Help at hand: who to call, by region and kind, read from `data/resources/`; works with no network."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, cast

from workbook import resources, words
from workbook.definition import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Line:
    """One place to turn to, and when somebody last checked that it is right."""

    id: str
    name: str
    kinds: tuple[str, ...]  # emergency crisis listening young; by role: abuse abused-legal, abusers abusers-legal
    number: str | None
    text: str | None  # how to reach them by text message
    url: str | None
    hours: str | None
    open: str | None  # when somebody answers: "always", "15:00-24:00", "mon-fri 10:00-20:00"; None: not known
    who: str | None  # for whom only: "women"; None: for anyone
    young: bool  # only for young people
    languages: tuple[str, ...]
    source: str
    last_checked: date | None
    verified: bool
    note: str | None
    zones: tuple[str, ...] = ()  # for a part of its region alone, whose clocks these are; none: for all of it


def regions() -> dict[str, str]:
    """Return the regions with help lines: code → name, “elsewhere” last."""
    files = sorted(resources.data("resources").glob("*.yaml"), key=lambda path: (path.stem == "elsewhere", path.stem))
    return {path.stem: str(_region(path.stem)["name"]) for path in files}


def zones(region: str) -> tuple[str, ...]:
    """Return the time zones of a region, `Australia/` standing for all that begin so; to guess where someone is."""
    return tuple(cast("list[str]", _region(region).get("zones") or ()))


def helplines(region: str, kinds: Iterable[str] | None = None) -> tuple[Line, ...]:
    """Return a region's help lines, those of the first kind first; an unknown region gets “elsewhere”."""
    lines = _lines(region if region in regions() else "elsewhere")
    if kinds is None:
        return lines
    wanted = list(kinds)
    found = [line for kind in wanted for line in lines if kind in line.kinds]
    return tuple(dict.fromkeys(found))


def brief(region: str | None, kinds: Iterable[str], now: datetime, most: int = 4) -> tuple[str, ...]:
    """Return the lines to offer for these kinds at `now`, each as HTML, an emergency number, and where the list is.

    The first is for adults (unless the first kind is `young`) and answered at `now` where any such line is; the others
    take turns by kind, and those for another part of the region than that of `now`, by its time zone, come last.
    Without a region the numbers are those of “elsewhere”.
    """
    wanted = list(kinds)
    if not wanted:
        return ()
    lines = helplines(region or "elsewhere")
    fitting = [line for line in lines if not line.young or wanted[0] == "young"]
    found = _in_turn([_by_need(fitting, kind, now) for kind in wanted])
    first = next((line for line in found if is_open(line, now)), None)
    shown = sorted(found, key=lambda line: line is not first)[:most]  # stable: the others stay in their order
    emergency = [
        f"{words.say('safety.help.danger')}: {_told(line)}{_elsewhere(line)}"
        for line in lines
        if "emergency" in line.kinds
    ][:1]
    whole = words.say("safety.help.more") if region else words.say("safety.help.where")
    parts = [_told(line) for line in shown]
    return (*emergency, *parts, whole) if wanted[0] == "crisis" or first is None else (*parts, *emergency, whole)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(line: Line, now: datetime) -> bool | None:
    """Say whether somebody answers a line at `now`, by the clock on the wall; None: its hours are not known."""
    if line.open is None or line.open == "always":
        return True if line.open else None
    days, _, hours = line.open.rpartition(" ")
    first, _, last = (days or "mon-sun").partition("-")
    if not _DAYS.index(first) <= now.weekday() <= _DAYS.index(last or first):
        return False
    opens, _, closes = hours.partition("-")
    return opens <= f"{now:%H:%M}" < closes


def _by_need(lines: Iterable[Line], kind: str, now: datetime) -> list[Line]:
    """Return the lines of a kind: answered now, then not known, then closed; each in the file's order.

    Those for here come before all that are, or may be, for another part of the region.
    """
    zone = getattr(now.tzinfo, "key", None)  # a clock that knows only how far it is from UTC may be anywhere
    order = (True, None, False)

    def need(line: Line) -> tuple[bool, int]:
        return bool(line.zones) and zone not in line.zones, order.index(is_open(line, now))

    return sorted((line for line in lines if kind in line.kinds), key=need)


def _in_turn(queues: Sequence[Sequence[Line]]) -> list[Line]:
    """Return one line of each queue, then another of each; a turn is not lost on a line that stands there already."""
    found: list[Line] = []
    for _ in range(max(map(len, queues))):
        for queue in queues:
            found += [line for line in queue if line not in found][:1]
    return found


def _elsewhere(line: Line) -> str:
    """Where one number does not fit all, name the others: someone whose region is not known may need them."""
    return f". {escape(line.note)}" if line.note and not line.languages else ""


def _told(line: Line) -> str:
    ways = [way for way in (line.number, line.text, None if line.number else line.url) if way]
    reach = ", ".join(ways) or (line.note or "")
    who = " " + words.say("safety.help.only", who=line.who) if line.who else ""
    hours = line.hours if line.open != "always" else None
    known = "; ".join(filter(None, (hours, None if line.verified else words.say("safety.help.unchecked"))))
    return f"<b>{escape(line.name)}</b>{escape(who)}: {escape(reach)}" + (f" ({escape(known)})" if known else "")


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
        open=word("open"),
        who=word("who"),
        young=row.get("ages") == "young",
        languages=tuple(row.get("languages") or ()),  # type: ignore[arg-type]  # a list of words
        source=str(row["source"]),
        last_checked=date.fromisoformat(checked) if checked else None,
        verified=row.get("verified") == "yes",
        note=word("note"),
        zones=tuple(row.get("zones") or ()),  # type: ignore[arg-type]  # a list of words
    )
