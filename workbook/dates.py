"""Days and times as people read them: here and nowhere else, in the language spoken or another, on every system."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from workbook import words

if TYPE_CHECKING:
    from datetime import date, datetime


def day(on: date, language: str | None = None) -> str:
    """Return a day: 2 March 2026."""
    return _date(on, "d MMMM y", language)


def day_of_year(on: date, language: str | None = None) -> str:
    """Return a day whose year is plain: 2 March."""
    return _date(on, "d MMMM", language)


def short(on: date, language: str | None = None) -> str:
    """Return a day where there is little room: 2 Mar."""
    return _date(on, "d MMM", language)


def weekday(on: date, language: str | None = None) -> str:
    """Return the day of the week: Monday."""
    return _date(on, "EEEE", language)


def month(on: date, language: str | None = None) -> str:
    """Return a month: March 2026."""
    return _date(on, "MMMM y", language)


def moment(at: datetime, language: str | None = None) -> str:
    """Return a day and a time by the clock of `at`: 2 March 2026, 09:00."""
    return f"{day(at, language)}, {at:%H:%M}"


def soon(at: datetime, language: str | None = None) -> str:
    """Return a time of the next days by the clock of `at`: Monday 2 March, 09:00."""
    return f"{_date(at, 'EEEE d MMMM', language)}, {at:%H:%M}"


def here(at: datetime, now: datetime) -> datetime:
    """Return a moment by the clock that shows `now`; this computer's is known also where it changes in between."""
    own = now.utcoffset() == now.astimezone().utcoffset()
    return at.astimezone(None if own else now.tzinfo)


def _date(on: date, pattern: str, language: str | None) -> str:
    return _formatted(on, pattern, (language or words.code()).replace("-", "_"))


@lru_cache(4096)
def _formatted(on: date, pattern: str, locale: str) -> str:
    from babel.dates import format_date  # when there is a day to say: it takes longer to load than a form

    return str(format_date(on, pattern, locale=locale))
