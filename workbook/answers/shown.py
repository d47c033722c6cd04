"""Which questions are asked now, and what the numbers of a form work out to."""

from __future__ import annotations

import math
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from workbook.definition.models import Exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbook.answers.kinds import Response
    from workbook.definition import conditions
    from workbook.definition.items import Item
    from workbook.definition.models import Workbook


def latest(responses: Mapping[tuple[str, str], Response]) -> dict[str, Response]:
    """Return the newest response of each item, whatever its occasion."""
    newest: dict[str, Response] = {}
    for (item, _), response in responses.items():
        if item not in newest or response.at >= newest[item].at:
            newest[item] = response
    return newest


def seen_by(exercise: Exercise, newest: Mapping[str, Response], here: Mapping[str, Response]) -> dict[str, Response]:
    """Return what an exercise’s conditions see on one occasion: its own answers of then, of others as they are."""
    own = {item.id for item in exercise.items}
    return {id: response for id, response in newest.items() if id not in own} | dict(here)


def active(of: Workbook | Exercise, responses: Mapping[str, Response]) -> set[str]:
    """Return the ids of the items that are shown now, `responses` being keyed by item id.

    An item is shown when its exercise's condition and its own are true; what is not known yet hides. An item that is
    not shown counts as blank for the conditions of others; items outside `of` count as they stand in `responses`.
    """
    return _shown(_plan(of), responses)


class _Plan(NamedTuple):
    """What is known of some items whatever is answered."""

    order: tuple[str, ...]  # whatever a condition asks about stands before it
    asked: frozenset[str]  # neither retired nor in an exercise that is
    rules: Mapping[str, list[conditions.Condition]]


def _plan(of: Workbook | Exercise) -> _Plan:
    exercises = (of,) if isinstance(of, Exercise) else of.exercises
    asked: set[str] = set()
    rules: dict[str, list[conditions.Condition]] = {}
    for exercise in exercises:
        shared = [exercise.condition] if exercise.condition else []
        for item in exercise.items:
            rules[item.id] = shared + ([item.condition] if item.condition else [])
            if not (item.retired or exercise.retired):
                asked.add(item.id)
    graph = {id: {other for rule in own for other in rule.ids if other in rules} for id, own in rules.items()}
    return _Plan(tuple(TopologicalSorter(graph).static_order()), frozenset(asked), rules)


def _shown(plan: _Plan, responses: Mapping[str, Response]) -> set[str]:
    shown: set[str] = set()

    def get(id: str) -> object:
        known = id in shown or id not in plan.rules
        return responses[id].value if known and id in responses and responses[id].status == "answered" else None

    for id in plan.order:
        rules = plan.rules[id]
        if id in plan.asked and (not rules or all(rule.evaluate(get) for rule in rules)):
            shown.add(id)
    return shown


def places(
    exercises: Iterable[Exercise],
    given: Mapping[str, Mapping[str, Mapping[str, Response]]],
    newest: Mapping[str, Response],
) -> set[tuple[str, str]]:
    """Return the items and occasions that have an answer, are still asked, and are shown by their conditions.

    `given` has the responses by exercise, occasion and item, `newest` the newest of every item.
    """
    found: set[tuple[str, str]] = set()
    for exercise in exercises:
        if exercise.id not in given:
            continue
        plan = _plan(exercise)
        elsewhere = {id for rules in plan.rules.values() for rule in rules for id in rule.ids} & newest.keys()
        others = {id: newest[id] for id in elsewhere - plan.rules.keys()}
        asked = {item.id for item in exercise.items if not item.retired}
        # What is shown depends on a few answers only, which are the same on many occasions of years.
        decide = [
            id for id in {id for rules in plan.rules.values() for rule in rules for id in rule.ids} if id in asked
        ]
        visible: dict[tuple[str, ...], set[str]] = {}
        for occasion, every in given[exercise.id].items():
            said = tuple([repr(every[id][:2]) if id in every else "" for id in decide])
            if said not in visible:
                here = {id: every[id] for id in decide if id in every}
                visible[said] = _shown(plan, others | here)  # what `seen_by` says, as far as a condition asks for it
            found.update([(item, occasion) for item in every if item in visible[said]])
    return found


def sources(item: Item) -> tuple[str, ...]:
    """Return the items that a computed one is worked out from."""
    return tuple(id for _, ids in item.compute if ids for id in ids) if item.kind == "computed" else ()


def computed(item: Item, responses: Mapping[str, Response]) -> float | None:
    """Return the number a computed item shows, from the responses of its exercise, keyed by item id.

    Sum and mean take the numbers there are, a difference needs both; with none there is no number, never 0.
    """
    if item.kind != "computed":
        return None
    ways: dict[str, tuple[str, ...]] = {how: ids for how, ids in item.compute if ids}
    ((how, ids),) = ways.items()
    values = [responses[id].value for id in ids if id in responses and responses[id].status == "answered"]
    if how == "count":
        return len(values)
    numbers = [value for value in values if isinstance(value, (int, float))]
    if not numbers or (how == "difference" and len(numbers) < 2):
        return None
    return _COMPUTE[how](numbers)


_COMPUTE: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda numbers: math.fsum(numbers) / len(numbers),
    "difference": lambda numbers: numbers[0] - numbers[1],
}
