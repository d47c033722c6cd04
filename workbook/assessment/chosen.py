"""Which answers go into a report, and for each reason how many do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from workbook.definition import kinds
from workbook.errors import WorkbookError
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from workbook.definition.models import Workbook

WORDS = kinds.those("words")  # kinds left out without words


@dataclass(frozen=True)
class Chosen:
    """What goes into a report, and what does not."""

    rows: pd.DataFrame  # to show
    scored: pd.DataFrame  # to score: the same, with the words
    left_out: tuple[str, ...]
    partial: bool


def choose(
    workbook: Workbook,
    answers: pd.DataFrame,
    answered: pd.Series,  # the person's day of each
    hidden: Iterable[str],
    only: str | Iterable[str] | None,
    since: date | str | None,
    until: date | str | None,
    words: bool,
    private: bool,
) -> Chosen:
    """Return the answers that go in, and for each reason how many do not."""
    left: list[str] = []

    def drop(rows: pd.DataFrame, out: pd.Series, why: str) -> pd.DataFrame:
        # The two in the foot ("useful", "done") are answers too, but nobody thinks of them as such.
        count = int((out & ~rows["item"].astype(str).str.endswith((".useful", ".done"))).sum())
        if count:
            left.append(say("assessment.left_out.count", count=count, why=why))
        return rows[~out]

    asked = (only,) if isinstance(only, str) else None if only is None else tuple(only)
    occasion = answers["occasion"].astype(str)
    days = occasion.str[:10].where(occasion != "once", answered.astype(str))
    rows = drop(answers, answers["status"] == "retired", say("assessment.left_out.retired"))
    rows = drop(rows, rows["status"] == "inactive", say("assessment.left_out.inactive"))
    rows = drop(rows, rows["item"].isin(list(hidden)), say("assessment.left_out.hidden"))
    if asked is not None:
        for id in asked:
            workbook.exercise(id) if "." in id else workbook.chapter(id)
        wanted = rows["chapter"].isin(asked) | rows["exercise"].isin(asked)
        named = ", ".join(_named(workbook, id) for id in asked)
        rows = drop(rows, ~wanted, say("assessment.left_out.other", parts=named))
    first, last = _iso(since), _iso(until)
    if first and last and first > last:
        raise WorkbookError(say("assessment.no_span", first=first, last=last))
    if first or last:
        when = days.loc[rows.index]
        out = (when < first) | (when > (last or "9999"))
        which = "before_or_after" if first and last else "before" if first else "after"
        rows = drop(rows, out, say(f"assessment.left_out.{which}", first=first, last=last))
    if not private:
        rows = drop(rows, rows["share"] == "private", say("assessment.left_out.private"))
    scored = rows
    if not words:
        rows = drop(rows, rows["kind"].isin(WORDS), say("assessment.left_out.words"))
    return Chosen(rows, scored, tuple(left), bool(asked or first or last))


def _named(workbook: Workbook, id: str) -> str:
    return workbook.exercise(id).title if "." in id else workbook.chapter(id).title


def _iso(day: date | str | None) -> str:
    if day is None:
        return ""
    try:
        return (day if isinstance(day, date) else date.fromisoformat(day)).isoformat()[:10]
    except ValueError:
        raise WorkbookError(say("assessment.not_a_day", day=day)) from None
