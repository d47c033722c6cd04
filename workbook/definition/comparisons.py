"""What a condition compares: an item that is there, in a way that fits it, with an answer it can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook.definition import conditions, kinds
from workbook.definition.base import did_you_mean
from workbook.definition.known import unknown_item
from workbook.errors import InvalidAnswer, InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.items import Item
    from workbook.definition.known import Fault, Known


def faults(data: object, at: str, known: Known) -> Iterator[Fault]:
    """Yield what is wrong with the condition in the field `at`, also what can never be true of the items it names."""
    try:
        condition = conditions.parse(data)
    except InvalidCondition as error:
        for path, value, message, cure in error.faults:
            yield (at, *path), value, message, cure
        return
    for comparison in condition.comparisons:
        if comparison.question.startswith("measured."):
            continue  # not answered but worked out: see `measures`
        try:
            item = known.item(comparison.question)
        except KeyError:
            yield (at, *comparison.path, "question"), comparison.question, *unknown_item(comparison.question, known)
            continue
        if item is not None:
            for message, cure, value in _misfit(comparison, item):
                yield (at, *comparison.path, comparison.how), value, message, cure


def _misfit(comparison: conditions.Comparison, item: Item) -> Iterator[tuple[str, str, object]]:
    """Yield what keeps a comparison from ever being meant for this item: message, cure, value."""
    kind = kinds.of(item)
    if not kind.asked:
        yield f"asks about “{item.id}”, a {item.kind}, which is never answered.", "Ask about an item that is.", None
        return
    if comparison.how == "answered":
        return
    if comparison.how not in kind.fitting:
        cure = f"Use one of: {', '.join((*kind.fitting, 'answered'))}." if kind.fitting else "Use answered."
        yield f"does not fit “{item.id}”, which is of kind {item.kind}.", cure, None
        return
    operands = comparison.operand if isinstance(comparison.operand, tuple) else (comparison.operand,)
    for operand in operands:
        message, cure = _operand_misfit(operand, comparison.how, item)
        if message:
            yield message, cure, operand


def _operand_misfit(operand: object, how: str, item: Item) -> tuple[str, str]:
    kind = kinds.of(item)
    possible = kind.possible(item)
    if kind.numeric and how not in ("is", "is_not", "one_of"):
        possible = tuple(one for one in possible if not isinstance(one, str))  # “no opportunity” has no order
    if possible:
        if operand in possible:
            return "", ""
        cure = f"Use one of: {', '.join(map(str, possible))}."
        return f"is not an answer to “{item.id}”.", "  ".join(
            filter(None, (cure, did_you_mean(operand, map(str, possible))))
        )
    if kind.numeric and isinstance(operand, str):
        return "is not a number.", f"“{item.id}” is answered with a number."
    span = kind.span(item)
    if span and isinstance(operand, (int, float)) and not span[0] <= operand <= span[1]:
        return f"is outside “{item.id}”.", f"It goes from {span[0]:g} to {span[1]:g}."
    if not kind.numeric:
        try:
            kind.check(item, operand)
        except InvalidAnswer as wanted:
            return f"is not an answer to “{item.id}”.", str(wanted)
    return "", ""
