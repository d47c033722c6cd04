"""One gate at one moment: what the answers and their times make of it, and which answers they are; closed on doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from workbook import dates
from workbook.definition.measures import MEASURED, Measures
from workbook.safety import facts as measures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbook.definition.conditions import Condition
    from workbook.definition.models import Gate
    from workbook.safety.facts import Facts

State = Literal["open", "closed", "unknown"]
STATES: dict[bool | None, State] = {True: "closed", False: "open", None: "unknown"}  # what a condition comes to

_NOTHING = Measures()


@dataclass(frozen=True)
class Verdict:
    gate: Gate
    state: State
    until: datetime | None = None
    blank: tuple[str, ...] = ()  # questions still open
    since: datetime | None = None  # of the newest well-being answer and the like; when to look again
    broken: bool = False
    waits: bool = False  # closed whatever is answered, and its answers are blank besides
    causes: tuple[measures.Entry, ...] = ()  # the answers that close it
    measured: frozenset[str] = frozenset()  # and what was measured
    asked: Measures = _NOTHING

    @cached_property
    def asks(self) -> tuple[str, ...]:
        """The forms that it waits for while it closes anything: their answers are blank, or due again."""
        waits = {measures.exercise_id(id) for id in self.blank} if self.state == "unknown" else set()
        waits |= {form for id in self.gate.condition.ids if (form := self.asked.asked_in(id))}
        return tuple(form for form in self.asked.forms if form in waits)


def judge(gate: Gate, facts: Facts | None) -> Verdict:
    answered = _by_answers(gate, facts)
    if not gate.closed:
        return answered
    return replace(answered, state="closed", until=None, waits=answered.state == "unknown")


def _by_answers(gate: Gate, facts: Facts | None) -> Verdict:
    if facts is None:
        return Verdict(gate, "unknown", broken=True)
    try:
        return replace(_evaluate(gate, facts), asked=facts.asked)
    except Exception:  # whatever goes wrong while judging must close, not open
        return Verdict(gate, "unknown", broken=True)


def _evaluate(gate: Gate, facts: Facts) -> Verdict:
    condition = gate.condition
    asked = condition.ids
    questions = [id for id in asked if measures.exercise_id(id) in facts.asked.forms]
    blank = tuple(id for id in questions if facts.is_blank(id))

    def closes(entry: measures.Entry) -> bool:
        id = entry.question
        if id in questions and (entry.status == "skipped" or entry.given == "unsure"):
            return True
        return bool(condition.evaluate(lambda one: entry.given if one == id else None))

    known: dict[str, bool] = {}  # after years most entries say what another has said

    def closed_by(entry: measures.Entry) -> bool:
        said = repr((entry.question, entry.status, entry.given))
        if said not in known:
            known[said] = closes(entry)
        return known[said]

    mine = [entry for entry in facts.answers_to(asked) if closed_by(entry)]
    answered: State = "unknown" if blank else "open"
    if gate.hold_hours:
        hold = timedelta(hours=gate.hold_hours)
        held = [entry for entry in mine if facts.now - entry.at < hold]
        until = dates.here(max(entry.at for entry in held) + hold, facts.now) if held else None
        return Verdict(gate, "closed" if held else answered, until=until, blank=blank, causes=tuple(held))
    if gate.reopening and mine:  # by stored versions only: a slip put right at once is one answer, and closes nothing
        last = max(entry.at for entry in mine)
        if not _reopened(gate.reopening, last, facts):
            return Verdict(gate, "closed", blank=blank, causes=tuple(entry for entry in mine if entry.at == last))
        return Verdict(gate, answered, blank=blank)
    logged = _closed_in_log(gate, facts.events)
    if gate.until_later_visit and (standing := _not_answered_later(questions, mine, logged, facts)) is not None:
        return Verdict(gate, "closed", blank=blank, causes=standing)
    said = [facts.kept[id] for id in questions if id in facts.kept]
    causes = tuple(entry for entry in said if closes(entry))
    value = True if causes else condition.evaluate(facts.get)
    state = STATES[value]
    measured = _measured(condition, facts) if value else frozenset()
    causes += tuple(facts.kept[id] for id in map(facts.asked.behind, measured) if id in facts.kept)
    return Verdict(gate, state, blank=blank, since=_since(gate, facts), causes=causes, measured=measured)


def _measured(condition: Condition, facts: Facts) -> frozenset[str]:
    """Return the measures that make a condition true."""

    def alone(id: str) -> bool:
        return bool(condition.evaluate(lambda one: facts.get(one) if one == id else None))

    return frozenset(id for id in condition.ids if id.startswith(MEASURED) and alone(id))


def _reopened(condition: Condition, last: datetime, facts: Facts) -> bool:
    """Say whether answers given at or after the `last` closing one open the gate again."""

    def since(id: str) -> object:
        at = facts.given_at(id)
        return facts.get(id) if at is not None and at >= last else None

    return bool(condition.evaluate(since))


def _not_answered_later(
    questions: list[str], mine: list[measures.Entry], logged: list[datetime], facts: Facts
) -> tuple[measures.Entry, ...] | None:
    """Return the answers that still close a gate which opens at a later sitting only; None: each was answered since."""
    still: list[measures.Entry] = []
    waits = False
    for id in questions:
        closing = [entry for entry in mine if entry.question == id]
        times = [*logged, *(entry.at for entry in closing)]
        newest = facts.newest.get(id)
        if times and (newest is None or newest.given is None or facts.sitting_of(newest.at) <= max(times)):
            waits = True
            still += closing[-1:]
    return tuple(still) if waits else None


def _closed_in_log(gate: Gate, events: tuple[Mapping[str, object], ...]) -> list[datetime]:
    mine = [event for event in events if event.get("gate") == gate.id]
    at = mine[-1].get("at") if mine and mine[-1].get("change") == "closed" else None
    return [at] if isinstance(at, datetime) else []


def _since(gate: Gate, facts: Facts) -> datetime | None:
    """Return when the answers of a gate that is looked at again are due."""
    if not gate.recheck_days:
        return None
    scale = facts.workbook.measures.wellbeing
    items = facts.workbook.scale(scale).items if scale else ()
    wellbeing = facts.answers_in(items.__contains__)
    return wellbeing[-1].at + timedelta(days=gate.recheck_days) if wellbeing else None
