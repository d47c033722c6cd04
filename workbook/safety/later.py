"""What comes later: from the second visit on, or after some days; said in words, never closed, and help never waits."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from workbook.safety.facts import SITTING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbook.definition.models import Exercise


def waits(exercise: Exercise, answered: Iterable[datetime], now: datetime) -> date | int | None:
    """Return the day or the number of the visit that an exercise waits for; None: it is there.

    `answered`: when each answer of the whole journal was given, in any order, each in the person's own zone. A visit
    ends after three hours without an answer; a day is one of the person's own.
    """
    later, times = exercise.later, sorted(answered)
    if later is None:
        return None
    if later.days is not None:
        day = (times[0] if times else now).date() + timedelta(days=later.days)
        return day if now.date() < day else None
    visits = 1 + sum(b - a > SITTING for a, b in itertools.pairwise([*times, now]))
    return later.visit if later.visit is not None and visits < later.visit else None
