"""What an answer may be: every value is judged here, by the row of its kind of item, and nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from workbook import words
from workbook.definition import kinds
from workbook.errors import InvalidAnswer

if TYPE_CHECKING:
    from workbook.definition.items import Item

Status = Literal["answered", "skipped"]

Kept = Literal["answered", "skipped", "blank"]  # blank: cleared

NOT_ASKED = {"note": "words_only", "timer": "time_only", "computed": "worked_out"}
"""The kinds of item that take no answer, and why: a sentence of `answers`."""


class Response(NamedTuple):
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
    return words.say("answers.skipped") if kept is None else kinds.of(item).label(item, kept)


def judged(item: Item, value: object, status: str) -> tuple[Any, str, Kept]:
    """Return an answer as it is kept: its value, its label for people and its status.

    Raises InvalidAnswer for what does not fit, for an unknown status, and for an item that takes no answer.
    """
    if item.kind in NOT_ASKED:
        why = words.say(f"answers.{NOT_ASKED[item.kind]}")
        raise InvalidAnswer(words.say("answers.takes_none", item=item.id, why=why))
    if item.retired:
        raise InvalidAnswer(words.say("answers.retired", item=item.id))
    if status not in get_args(Kept):
        raise InvalidAnswer(words.say("answers.no_status", status=status, statuses=", ".join(get_args(Kept))))
    if status == "answered":
        value = check(item, value)
        return value, label(item, value), "answered"
    return None, label(item, None) if status == "skipped" else "", cast("Kept", status)
