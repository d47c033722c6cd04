"""Conditions as data: when an item is shown, when a gate opens; true, false or not known yet."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from workbook.errors import InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Callable

    Get = Callable[[str], object]  # item id → its answer's value; None: blank, skipped or not shown
    Path = tuple[str | int, ...]
    Fault = tuple[Path, object, str, str]  # where in the condition, the value there, what is wrong, the cure

DEEPEST = 20  # levels of all, any, not
MANY = 500  # comparisons and groups in one condition

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _same(answer: object, operand: object) -> bool:
    alike = (_number(answer) and _number(operand)) or (isinstance(answer, str) and isinstance(operand, str))
    return alike and answer == operand


def _ordered(test: Callable[[float], bool]) -> Callable[[object, object], bool | None]:
    """Compare two numbers or two days; anything else (“no opportunity”, say) has no order: not known."""

    def compare(answer: object, operand: object) -> bool | None:
        if _number(answer) and _number(operand):
            return test((answer > operand) - (answer < operand))  # type: ignore[operator]  # both are numbers
        if isinstance(answer, str) and isinstance(operand, str) and _DAY.fullmatch(answer) and _DAY.fullmatch(operand):
            return test((answer > operand) - (answer < operand))
        return None

    return compare


# One row per comparison: (the answer, what the definition says) → true, false or not known. An answer is there.
COMPARISONS: dict[str, Callable[[object, object], bool | None]] = {
    "is": _same,
    "is_not": lambda answer, operand: not _same(answer, operand),
    "one_of": lambda answer, operand: any(_same(answer, one) for one in operand),  # type: ignore[attr-defined]
    "includes": lambda answer, operand: isinstance(answer, list) and any(_same(a, operand) for a in answer),
    "less_than": _ordered(lambda order: order < 0),
    "at_most": _ordered(lambda order: order <= 0),
    "greater_than": _ordered(lambda order: order > 0),
    "at_least": _ordered(lambda order: order >= 0),
    "answered": lambda _, operand: operand is True,
}


class Condition:
    """A comparison, or comparisons joined by all, any, not."""

    def evaluate(self, get: Get) -> bool | None:
        """Return True, False, or None while an answer it needs is blank (Kleene's three values)."""
        raise NotImplementedError

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every comparison, in reading order."""
        raise NotImplementedError

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The item ids it asks about, each once, in reading order."""
        return tuple(dict.fromkeys(comparison.question for comparison in self.comparisons))

    def data(self) -> dict[str, object]:
        """Return plain data that `parse` reads back; what a form is handed."""
        raise NotImplementedError

    def mapped(self, change: Callable[[Comparison], Comparison]) -> Condition:
        """Return a copy with every comparison changed."""
        raise NotImplementedError


@dataclass(frozen=True)
class Comparison(Condition):
    """One question and what its answer is compared with."""

    question: str
    how: str  # a key of COMPARISONS
    operand: object
    path: Path = field(default=(), compare=False, repr=False)  # where it stands in the whole condition

    def evaluate(self, get: Get) -> bool | None:
        answer = get(self.question)
        if self.how == "answered":
            return (answer is not None) is self.operand
        return None if answer is None else COMPARISONS[self.how](answer, self.operand)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return (self,)

    def data(self) -> dict[str, object]:
        operand = list(self.operand) if isinstance(self.operand, tuple) else self.operand
        return {"question": self.question, self.how: operand}

    def mapped(self, change: Callable[[Comparison], Comparison]) -> Condition:
        return change(self)


@dataclass(frozen=True)
class Group(Condition):
    """Conditions joined by `all` or `any`."""

    how: str
    parts: tuple[Condition, ...]

    def evaluate(self, get: Get) -> bool | None:
        decisive = self.how == "any"  # one true decides any, one false decides all
        values = [part.evaluate(get) for part in self.parts]
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return tuple(comparison for part in self.parts for comparison in part.comparisons)

    def data(self) -> dict[str, object]:
        return {self.how: [part.data() for part in self.parts]}

    def mapped(self, change: Callable[[Comparison], Comparison]) -> Condition:
        return Group(self.how, tuple(part.mapped(change) for part in self.parts))


@dataclass(frozen=True)
class Not(Condition):
    """The opposite; of what is not known, not known."""

    part: Condition

    def evaluate(self, get: Get) -> bool | None:
        value = self.part.evaluate(get)
        return None if value is None else not value

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return self.part.comparisons

    def data(self) -> dict[str, object]:
        return {"not": self.part.data()}

    def mapped(self, change: Callable[[Comparison], Comparison]) -> Condition:
        return Not(self.part.mapped(change))


def numeric(comparison: Comparison) -> Comparison:
    """Read a number that YAML handed over as text. Raises ValueError for what is none."""
    sized = comparison.how in ("less_than", "at_most", "greater_than", "at_least")
    if not sized or not isinstance(comparison.operand, str):
        return comparison
    return Comparison(comparison.question, comparison.how, float(comparison.operand))


def parse(data: object) -> Condition:
    """Return the condition that `data` (mappings, lists, plain values) describes.

    Raises InvalidCondition with every fault and where it is.
    """
    faults: list[Fault] = []
    room = [MANY]

    def fault(path: Path, value: object, message: str, cure: str) -> None:
        faults.append((path, value, message, cure))

    def read(data: object, path: Path, depth: int) -> Condition | None:
        room[0] -= 1
        if depth > DEEPEST or room[0] < 0:
            if depth > DEEPEST or room[0] == -1:  # said once
                fault(path, None, "is too large a condition.", f"Use at most {DEEPEST} levels and {MANY} parts.")
            return None
        if not isinstance(data, dict) or not data:
            fault(path, data, "is not a condition.", "Write one like {question: had_contact, is: yes}.")
            return None
        if "question" in data:
            return compare(data, path)
        how = next(iter(data))
        if len(data) > 1 or how not in ("all", "any", "not"):
            odd = next((key for key in data if key not in ("all", "any", "not")), None)
            if odd is None:
                fault(path, None, f"joins {' and '.join(data)} at one level.", "Put one inside the other.")
            else:
                fault((*path, odd), None, "is not known in a condition.", _cure(odd, ("question", "all", "any", "not")))
            return None
        if how == "not":
            part = read(data["not"], (*path, "not"), depth + 1)
            return Not(part) if part else None
        listed = data[how]
        if not isinstance(listed, (list, tuple)) or not listed:
            fault((*path, how), None, "is not a list of conditions.", "Write at least one, each after “- ”.")
            return None
        parts = [read(part, (*path, how, index), depth + 1) for index, part in enumerate(listed)]
        return Group(how, tuple(part for part in parts if part)) if all(parts) else None

    def compare(data: dict[str, object], path: Path) -> Condition | None:
        question = data["question"]
        if not isinstance(question, str) or not question:
            fault((*path, "question"), question, "is not an item's id.", "Write one id.")
            return None
        hows = [key for key in data if key != "question"]
        unknown = [key for key in hows if key not in COMPARISONS]
        for key in unknown:
            fault((*path, key), None, "is not known in a condition.", _cure(key, tuple(COMPARISONS)))
        if unknown:
            return None
        if len(hows) != 1:
            says = "compares with nothing" if not hows else f"has {' and '.join(hows)} at once"
            fault(path, None, f"{says}.", f"Use one of: {', '.join(COMPARISONS)}.")
            return None
        operand = _operand(hows[0], data[hows[0]])
        if operand is None:
            fault((*path, hows[0]), data[hows[0]], *_WANTED.get(hows[0], _WANTED["is"]))
            return None
        return Comparison(question, hows[0], operand, path)

    condition = read(data, (), 1)
    if condition is None or faults:
        raise InvalidCondition(tuple(faults))
    return condition


_WANTED = {
    "is": ("is not one value.", "Write one value."),
    "one_of": ("is not a list of values.", "Write them like [often, always]."),
    "answered": ("is not true or false.", "Write true or false."),
}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def _operand(how: str, value: object) -> object:
    """Return the operand as compared; None when it does not fit the comparison."""
    if how == "answered":
        return _TRUTH.get(value.lower()) if isinstance(value, str) else value if isinstance(value, bool) else None
    if how == "one_of":
        values = tuple(value) if isinstance(value, (list, tuple)) else ()
        return values if values and all(_plain(one) for one in values) else None
    return value if _plain(value) else None


def _plain(value: object) -> bool:
    return _number(value) or (isinstance(value, str) and value != "")


def _cure(word: object, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(word)[:60], known, n=1)
    return f"Use one of: {', '.join(known)}." + (f"  Did you mean “{near[0]}”?" if near else "")
