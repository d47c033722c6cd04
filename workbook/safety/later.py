"""What comes later: from the second visit on, or after some days; said in words, never closed, and help never waits."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from workbook.safety.facts import SITTING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbook.definition.models import Exercise


def waits(exercise: Exercise, first: datetime | None, answered: Iterable[datetime], now: datetime) -> date | int | None:
    """Return the day or the number of the visit that an exercise waits for; None: it is there.

    `first`: when the first answer of the journal was given, in the person's own zone. `answered`: when each was, oldest
    first; of years, no more is looked at than it takes. A visit ends after three hours without an answer; a day is one
    of the person's own.
    """
    later = exercise.later
    if later is None:
        return None
    if later.days is not None:
        day = (first or now).date() + timedelta(days=later.days)
        return day if now.date() < day else None
    begun = (b for a, b in itertools.pairwise(itertools.chain(answered, [now])) if b - a > SITTING)
    wanted = later.visit or 1
    return later.visit if len(list(itertools.islice(begun, wanted - 1))) < wanted - 1 else None
