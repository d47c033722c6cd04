"""What the safety rules ask and measure: which forms stand behind them, and which questions feed which measure.

`measures.yaml` stands beside the chapters, so that a workbook with other chapters has rules of its own. Whatever is
missing in it, unknown or of the wrong kind is a problem for its author; met all the same, it closes every rule.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbook.definition.base import Model, Reference, Word

Way = tuple[str | int, ...]  # to a value in the file

MEASURED = "measured."
NONE = "none"  # the option that says “nothing of this”, where `pursuit` does not name it
# A measure → the part of `measures.yaml` that feeds it; "": answers and their times alone do.
FED_BY = {
    "right_now": "short_check",
    "recheck": "short_check",
    "pursuit": "pursuit",
    "agreed_day": "agreed_day",
    "wellbeing": "wellbeing",
    "distress_rises": "distress",
    "writing_minutes": "",
    "retellings": "",
    "draft_resting": "",
}
_WORDS = Annotated[tuple[Word, ...], Field(min_length=1)]


class ShortCheck(Model):
    """The questions of every sitting, and those of what may have changed since."""

    form: Reference  # the exercise that is asked at every sitting
    each_time: _WORDS  # its questions that wait for an answer at each
    changed: Word  # its yes or no: has anything changed?
    again: Reference  # the exercise of what may change; the short check asks it again in the same words
    changes: _WORDS  # its questions that wait for an answer after a change
    also: tuple[Word, ...] = ()  # asked with them, and never waited for

    def canonical(self, item: str) -> str:
        """Name a question asked again by the id it has in the form of what may change."""
        form, _, word = item.rpartition(".")
        return f"{self.again}.{word}" if form == self.form and word in (*self.changes, *self.also) else item


class Pursuit(Model):
    """What was done since a no: two kinds of acts, or one that is `grave`, are a matter for a specialist."""

    question: Reference  # choices
    none: Word  # its option that says: nothing of this
    grave: _WORDS


class Reworded(Model):
    """A question that replaced another, and what the old answers say to it; a “no” said nothing, and is a blank now."""

    now: Reference
    blank: tuple[str, ...] = ()  # old answers that are asked anew: they opened something
    answers: dict[str, str | _WORDS] = Field(default={})


class Renamed(Model):
    """A question of which one ticks what fits, and the options that are called otherwise now; the others are kept."""

    now: Reference
    options: dict[str, str] = Field(default={})


class Former(Model):
    """Questions that were asked in other words before, by their last word; what closed a rule then closes it now."""

    forms: Annotated[tuple[Reference, ...], Field(min_length=1)]  # where they stood
    same: dict[Word, Reference] = Field(default={})  # asked elsewhere now, with the same answers
    reworded: dict[Word, Reworded] = Field(default={})
    ticks: dict[Word, Renamed] = Field(default={})

    @property
    def now(self) -> tuple[tuple[Way, str], ...]:
        """Every question of now that it names, with the way to it."""
        found: list[tuple[Way, str]] = [(("same", word), id) for word, id in self.same.items()]
        found += [(("reworded", word, "now"), one.now) for word, one in self.reworded.items()]
        return (*found, *((("ticks", word, "now"), one.now) for word, one in self.ticks.items()))


class Measures(Model):
    """`measures.yaml`."""

    forms: tuple[Reference, ...] = ()  # the exercises behind the rules, in the order they are asked: a blank closes
    inside: tuple[Reference, ...] = ()  # questions of other exercises that close by an answer, and never by a blank
    short_check: ShortCheck | None = None
    pursuit: Pursuit | None = None
    agreed_day: Reference | None = None  # a date
    wellbeing: Reference | None = None  # a scale
    distress: dict[Word, Word] = Field(
        default={}
    )  # the number after an exercise → the one before it, in whichever has both
    former: Former | None = None

    @property
    def now(self) -> str | None:
        """The exercise of the short check."""
        return self.short_check.form if self.short_check else None

    def canonical(self, item: str) -> str:
        """Name a question asked again by the id that the rules know it by."""
        return self.short_check.canonical(item) if self.short_check else item

    def nothing_of(self, question: str) -> str:
        """Return the option of a question that says: nothing of this."""
        return self.pursuit.none if self.pursuit and self.pursuit.question == question else NONE

    def behind(self, id: str) -> str:
        """Return the question behind a measure, or the id itself."""
        if id == f"{MEASURED}pursuit" and self.pursuit:
            return self.pursuit.question
        return self.agreed_day if id == f"{MEASURED}agreed_day" and self.agreed_day else id

    def asked_in(self, id: str) -> str | None:
        """Return the form that a measure waits for; None for one that waits for none, and for a question."""
        return self.now if FED_BY.get(id.removeprefix(MEASURED)) == "short_check" else None
