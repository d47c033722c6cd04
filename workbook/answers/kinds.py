"""What an answer may be: every value is judged here, by the row of its kind of item, and nowhere else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbook.definition import kinds

if TYPE_CHECKING:
    from workbook.definition.models import Item

Status = Literal["answered", "skipped"]

SKIPPED = "Skipped"


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
    return kinds.of(item).check(item, value)


def label(item: Item, kept: object) -> str:
    """Return a value that was checked as a person reads it: "often", "Me 60 / Them 40"; None: "Skipped"."""
    return SKIPPED if kept is None else kinds.of(item).label(item, kept)
