"""When an exercise that repeats is filled: `once`, or the ISO date its period starts."""

from __future__ import annotations

import bisect
import dataclasses
import operator
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from workbook import dates, words
from workbook.errors import InvalidAnswer

if TYPE_CHECKING:
    from workbook.definition.models import Exercise

_STARTS: dict[str, Callable[[date], str]] = {
    "once": lambda day: "once",
    "daily": lambda day: day.isoformat(),
    "weekly": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "monthly": lambda day: day.replace(day=1).isoformat(),
    "any": lambda day: day.isoformat(),  # and a number from the second of a day on: 2026-03-02-2
}
NIGHT_ENDS = 4  # until this hour of the clock, someone who is still up may mean the day before
_NOW = ("daily", "weekly", "monthly")  # that have words for the occasion of today


def start(repeats: str, day: date) -> str:
    """Return the occasion a day belongs to."""
    return _STARTS[repeats](day)


def still_meant(repeats: str, now: datetime, given: Container[str]) -> str | None:
    """Return the occasion of yesterday where someone who is up after midnight may mean that day, else None.

    Only what is asked daily, before four in the morning by the person's clock, and while neither day has an entry
    (`given` holds the occasions that have one).
    """
    today, yesterday = (start(repeats, day) for day in (now.date(), now.date() - timedelta(days=1)))
    late = repeats == "daily" and now.hour < NIGHT_ENDS
    return yesterday if late and today not in given and yesterday not in given else None


def order(occasion: str) -> tuple[str, int]:
    """Return what occasions are sorted by: the day, then the number within it; what is asked once comes first."""
    return ("", 0) if occasion == "once" else (occasion[:10], int(occasion[11:] or 1))


def day(occasion: str, answered: date) -> date:
    """Return the day an occasion stands for: its own, or for what is asked once the day it was answered."""
    return answered if occasion == "once" else date.fromisoformat(occasion[:10])


class Begun(NamedTuple):
    """When an occasion got its first answer: the how-manieth of all answers that was, and the person's day."""

    number: int  # 0: not known
    day: date


def in_order(begun: Mapping[str, Begun]) -> list[str]:
    """Return occasions, the oldest first, the newest last.

    The date in its name tells, unless that cannot be: one that was begun before another, but is named for a later day
    than the other was begun on, comes from a clock that was wrong, or from east of here. Then what was begun later
    comes later, also a week or a month, which is named for a day before it was begun.
    """
    known = sorted((one for one in begun if begun[one].number and one != "once"), key=lambda one: begun[one].number)
    days: dict[str, str] = {}  # what each counts as
    bound = first = date.max.isoformat()  # of all begun after it: the earliest day one was begun on, or counts as
    for one in reversed(known):
        day = order(one)[0]
        days[one] = min(day, first) if day > bound else day
        bound, first = min(bound, begun[one].day.isoformat()), min(first, days[one])

    def place(one: str) -> tuple[str, int, int]:
        day, number = order(one)
        return ("", 0, 0) if one == "once" else (days.get(one, day), begun[one].number, number)

    return sorted(begun, key=place)


V = TypeVar("V", bound="Saved")
E = TypeVar("E", bound="Happened")


class Saved(Protocol):
    """A version of an answer, a dataclass or named tuple: when, and the how-manieth of all saves that was."""

    @property
    def saved(self) -> int: ...
    @property
    def answered_at(self) -> datetime: ...


class Happened(Protocol):
    """Something logged, a dataclass: when, and after which save."""

    @property
    def after(self) -> int: ...
    @property
    def at(self) -> datetime: ...


def in_time(versions: Iterable[V], events: Iterable[E], now: datetime) -> tuple[list[V], list[E]]:
    """Return what was saved, and what happened between, in its order, and no time before that of what went before it.

    A clock that runs wrong, or is set right, must not make an old answer the newest one, or end a hold early: a time
    still to come is that of what was saved next (or now), one earlier than what went before is that. What comes from
    elsewhere (`saved` 0) keeps its time.
    """
    versions, events = list(versions), list(events)
    if right := _as_it_was(versions, events, now):
        return right
    line: list[tuple[int, int, datetime, Any]] = [(one.saved, 0, one.answered_at, one) for one in versions]
    line += [(one.after, 1, one.at, one) for one in events]
    known = sorted((one for one in line if one[0]), key=operator.itemgetter(0, 1))
    at, next_ = [one[2] for one in known], now + _MOMENT
    if not at or (at[-1] <= now and all(map(operator.le, at, at[1:]))):  # the clock was right
        told = sorted([*known, *(one for one in line if not one[0])], key=operator.itemgetter(2))
        return [one for _, kind, _, one in told if kind == 0], [one for _, kind, _, one in told if kind == 1]
    for n in reversed(range(len(at))):
        at[n] = next_ = at[n] if at[n] <= now else next_ - _MOMENT  # apart, or two would be taken for one
    for n in range(1, len(at)):
        at[n] = at[n] if at[n] >= at[n - 1] else min(at[n - 1] + _MOMENT, now)
    told = [(*one[:2], when, one[3]) for one, when in zip(known, at, strict=True)]
    told += [one for one in line if not one[0]]
    told.sort(key=operator.itemgetter(2))
    return [_at(one, when, "answered_at") for _, kind, when, one in told if kind == 0], [
        _at(one, when, "at") for _, kind, when, one in told if kind == 1
    ]


def _as_it_was(versions: list[V], events: list[E], now: datetime) -> tuple[list[V], list[E]] | None:
    """Return both in order where every save knows its number and the clock was right, as it nearly always is.

    Someone waits while the saves of years are looked through; None: it has to be looked at more closely.
    """
    saves = sorted(versions, key=operator.attrgetter("saved"))
    at = [one.answered_at for one in saves]
    if not saves or not saves[0].saved or at[-1] > now or not all(map(operator.le, at, at[1:])):
        return None
    log = sorted((one for one in events if one.after), key=operator.attrgetter("after"))
    moments, numbers = [one.at for one in log], [one.saved for one in saves]
    for one in log:
        place = bisect.bisect_right(numbers, one.after)  # of the first save after it
        if (place and one.at < at[place - 1]) or one.at > (at[place] if place < len(at) else now):
            return None
    if not all(map(operator.le, moments, moments[1:])):
        return None
    return saves, sorted([*log, *(one for one in events if not one.after)], key=operator.attrgetter("at"))


_MOMENT = timedelta(microseconds=1)


def _at(one: Any, when: datetime, name: str) -> Any:
    if getattr(one, name) == when:
        return one
    return one._replace(**{name: when}) if hasattr(one, "_replace") else dataclasses.replace(one, **{name: when})


def next_free(before: Iterable[str], today: date) -> str:
    """Return the next occasion of today for an exercise filled as often as one likes."""
    taken = set(before)
    free, number = today.isoformat(), 1
    while free in taken:
        number += 1
        free = f"{today.isoformat()}-{number}"
    return free


def judge(exercise: Exercise, occasion: str) -> str:
    """Return an occasion given from outside, when it is the start of a period this exercise repeats in.

    Raises InvalidAnswer.
    """
    day, dash, number = occasion[:10], occasion[10:11], occasion[11:]
    try:
        good = start(exercise.repeats, date.fromisoformat(day) if occasion != "once" else date.min) == day
    except ValueError:
        good = False
    if dash or number:
        good = good and exercise.repeats == "any" and dash == "-" and number.isdecimal() and number == str(int(number))
    if not good or (occasion == "once") != (exercise.repeats == "once"):
        how = {"exercise": exercise.title, "repeats": exercise.repeats}
        like = start(exercise.repeats, date(2026, 3, 2))
        raise InvalidAnswer(words.say("answers.no_occasion", occasion=occasion, like=like, **how))
    return occasion


def name(exercise: Exercise, occasion: str, today: date) -> str:
    """Say an occasion in words: "This week", "Week of 2 March 2026", "2 March 2026 (2)"."""
    if occasion == "once":
        return "" if exercise.repeats == "once" else words.say("answers.first")
    if exercise.repeats in _NOW and occasion == start(exercise.repeats, today):
        return words.say(f"answers.{exercise.repeats}")
    day, number = date.fromisoformat(occasion[:10]), order(occasion)[1]
    whole = occasion == start(exercise.repeats, day)  # else it was another period when it was answered
    if exercise.repeats == "monthly" and whole:
        return dates.month(day)
    named = dates.day(day) if number == 1 else words.say("answers.numbered", day=dates.day(day), number=number)
    return words.say("answers.week", day=named) if exercise.repeats == "weekly" and whole else named
