"""What an edit of the workbook does to the answers already given."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from workbook import definition
from workbook.definition import kinds, models

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbook.definition.items import Item
    from workbook.definition.models import Workbook

Severity = Literal["same", "cosmetic", "wording", "compatible", "breaking"]
_SEVERITIES: tuple[Severity, ...] = ("same", "cosmetic", "wording", "compatible", "breaking")


class Kept(Protocol):
    """What the store keeps of an answer, as far as it matters here."""

    @property
    def item(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True)
class Change:
    """One edit, seen from the answers it touches; `str()` is one line."""

    id: str  # of an item, or of an exercise that is gone
    severity: Severity
    answers: int  # how many were given before the edit
    message: str
    cure: str = ""

    def __str__(self) -> str:
        many = "1 answer" if self.answers == 1 else f"{self.answers:,} answers"
        return f"{self.severity}: {self.id} ({many}) {self.message}  {self.cure}".rstrip()


def change(before: str, after: str) -> Severity:
    """Return how far two fingerprints of one item are apart.

    cosmetic: help, tags, commas, the order of options · wording: the words of the prompt or of labels · compatible:
    every value that was possible still is, with the same meaning · breaking: it is not, or the kind is another.
    """
    if before == after:
        return "same"
    old, new = _Parts.of(before), _Parts.of(after)
    if old.kind != new.kind:
        return "breaking"
    row = kinds.KINDS.get(new.kind)
    widened = row.widened(old.codes, new.codes) if row else None
    if widened is not None:
        return "compatible" if widened else "breaking"
    return "wording" if old.words != new.words else "cosmetic"


def compare(kept: Iterable[Kept], workbook: Workbook) -> tuple[Change, ...]:
    """Return what the workbook, as it is now, changes about answers given before, the worst first.

    `kept` are a journal's answers, however many versions. An item that is not named is untouched.
    """
    by_item: dict[str, list[Kept]] = {}
    for answer in kept:
        by_item.setdefault(answer.item, []).append(answer)
    now = {item.id: item for item in workbook.items}
    edited = [_edited(now[id], given) for id, given in by_item.items() if id in now]
    gone = {id: given for id, given in by_item.items() if id not in now}
    fresh = [item for id, item in now.items() if id not in by_item]
    changes = [*filter(None, edited), *_gone(gone, fresh, {exercise.id for exercise in workbook.exercises})]
    return tuple(sorted(changes, key=lambda change: (-_SEVERITIES.index(change.severity), change.id)))


_NEW_ID = "Give it a new id, and keep the old item with “retired: true”."
_MARKED = "Timelines mark the day."


class _Parts(NamedTuple):
    """A fingerprint taken apart."""

    kind: str
    codes: Any
    words: str

    @classmethod
    def of(cls, fingerprint: str) -> _Parts:
        front, words, _ = fingerprint.rsplit(" ", 2)
        kind, _, codes = front.partition(" ")
        return cls(kind, json.loads(codes), words)


def _edited(item: Item, given: list[Kept]) -> Change | None:
    """Say the worst that was done to an item that is still there."""
    after = definition.fingerprint(item)
    severities = [change(answer.fingerprint, after) for answer in given]
    severity = max(severities, key=_SEVERITIES.index)
    touched = [answer for answer, one in zip(given, severities, strict=True) if one == severity]
    before = touched[-1]
    old, new = _Parts.of(before.fingerprint), _Parts.of(after)

    def said(severity: Severity, message: str, cure: str = "") -> Change:
        return Change(item.id, severity, len(touched), message, cure)

    if old.kind != new.kind:
        return said("breaking", f"was a {old.kind} and is now a {new.kind}.", _NEW_ID)
    if severity == "breaking":
        return said(severity, _difference(old.codes, new.codes), _NEW_ID)
    if severity == "wording" and difflib.SequenceMatcher(None, before.prompt, item.prompt).ratio() < _SAME_QUESTION:
        return said("breaking", f"asked “{before.prompt}” and now asks “{item.prompt}”.", _NEW_ID)
    if item.retired:
        return said("compatible", "is retired: not asked any more, kept in history and exports.")
    if severity == "compatible":
        return said(severity, _difference(old.codes, new.codes))
    if severity == "wording":
        same = before.prompt == item.prompt
        asked = f"asked “{before.prompt}” and now asks “{item.prompt}”."
        return said(severity, "has other words at its answers." if same else asked, _MARKED)
    return said(severity, "looks different and asks the same.") if severity == "cosmetic" else None


_SAME_QUESTION = 0.4  # how alike two prompts are at least (difflib's ratio) for the second to be the first, reworded


def _gone(gone: dict[str, list[Kept]], fresh: list[Item], exercises: set[str]) -> Iterator[Change]:
    """Say what became of items that are not there any more: moved, or gone alone, or with their exercise."""
    with_exercise: dict[str, int] = {}
    for id, given in gone.items():
        exercise = id.rpartition(".")[0]
        now = next((item for item in fresh if _asks_the_same(given[-1], item)), None)
        if now is not None:
            cure = f"An id is for good: call it “{id}” again, or its answers stay behind."
            yield Change(id, "breaking", len(given), f"is now called “{now.id}”.", cure)
        elif exercise in exercises:
            yield Change(id, "compatible", len(given), f"is gone. {_STAY}", "Better: keep it with “retired: true”.")
        else:
            with_exercise[exercise] = with_exercise.get(exercise, 0) + len(given)
    for exercise, count in with_exercise.items():
        cure = "Better: keep the exercise with “retired: true”."
        yield Change(exercise, "compatible", count, f"is gone, with its items. {_STAY}", cure)


_STAY = "Answers stay in history and exports."


def _asks_the_same(given: Kept, item: Item) -> bool:
    return _Parts.of(given.fingerprint) == _Parts.of(definition.fingerprint(item)) and item.word not in models.FOOT


def _difference(old: Any, new: Any) -> str:
    """Say in words what values were made of, and are."""
    if isinstance(old, list) and isinstance(new, list):
        gone = [one for one in old if one not in new]
        added = [one for one in new if one not in old]
        if all(isinstance(one, str) for one in (*old, *new)):
            parts = [f"no longer has {_named(gone)}"] * bool(gone) + [f"now also has {_named(added)}"] * bool(added)
            return f"{' and '.join(parts)}."
        return f"went from {_span(old)} to {_span(new)}."
    if isinstance(old, dict) and isinstance(new, dict):
        gone = [id for id in old if id not in new]
        other = [id for id in old if id in new and old[id] != new[id]]
        added = [id for id in new if id not in old]
        rows = ((gone, "no longer has"), (other, "changed"), (added, "now also has"))
        return f"{' and '.join(f'{says} {_named(ids)}' for ids, says in rows if ids)}."
    return "is answered with other values."


def _named(ids: list[str]) -> str:
    return ", ".join(f"“{id}”" for id in ids)


def _span(codes: list[Any]) -> str:
    numbers = [code for code in codes if code is None or isinstance(code, (int, float))]
    words = [f"“{code}”" for code in codes if isinstance(code, str)]
    low, high = ("…" if end is None else f"{end:g}" for end in (numbers[0], numbers[-1]))
    return " and ".join((f"{low}–{high}", *words))
