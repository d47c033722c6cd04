"""When an exercise that repeats is filled: `once`, or the ISO date its period starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from workbook.errors import InvalidAnswer

if TYPE_CHECKING:
    from workbook.definition import Exercise

_STARTS: dict[str, Callable[[date], str]] = {
    "once": lambda day: "once",
    "daily": lambda day: day.isoformat(),
    "weekly": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "monthly": lambda day: day.replace(day=1).isoformat(),
    "any": lambda day: day.isoformat(),  # and a number from the second of a day on: 2026-03-02-2
}
_NOW = {"daily": "Today", "weekly": "This week", "monthly": "This month"}


def start(repeats: str, day: date) -> str:
    """Return the occasion a day belongs to."""
    return _STARTS[repeats](day)


def order(occasion: str) -> tuple[str, int]:
    """Return what occasions are sorted by: the day, then the number within it; what is asked once comes first."""
    return ("", 0) if occasion == "once" else (occasion[:10], int(occasion[11:] or 1))


def day(occasion: str, answered: date) -> date:
    """Return the day an occasion stands for: its own, or for what is asked once the day it was answered."""
    return answered if occasion == "once" else date.fromisoformat(occasion[:10])


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
        raise InvalidAnswer(
            f"“{occasion}” is not an occasion of “{exercise.title}”, which is asked {exercise.repeats}. "
            f"Use one like “{start(exercise.repeats, date(2026, 3, 2))}”. Nothing was saved."
        )
    return occasion


def name(exercise: Exercise, occasion: str, today: date) -> str:
    """Say an occasion in words: "This week", "Week of 2 March 2026", "2 March 2026 (2)"."""
    if occasion == "once":
        return "" if exercise.repeats == "once" else "The first one"
    if exercise.repeats in _NOW and occasion == start(exercise.repeats, today):
        return _NOW[exercise.repeats]
    day, number = date.fromisoformat(occasion[:10]), order(occasion)[1]
    whole = occasion == start(exercise.repeats, day)  # else it was another period when it was answered
    if exercise.repeats == "monthly" and whole:
        return f"{day:%B %Y}"
    named = f"{day.day} {day:%B %Y}" if number == 1 else f"{day.day} {day:%B %Y} ({number})"
    return f"Week of {named}" if exercise.repeats == "weekly" and whole else named
