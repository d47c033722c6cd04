"""Make a journal of years of use, the same each time: `python -m tests.years FOLDER --answers 18000` (five years).

The answers end at `ENDS`; more of them begin earlier. Every gate is left open, so that each chapter shows its forms.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.safe_answers import SAFE
from workbook import definition, example
from workbook.answers import kinds, occasions
from workbook.journal import Journal
from workbook.storage.store import StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.items import Item
    from workbook.definition.models import Exercise, Workbook

    Given = tuple[Item, str, datetime, object]  # occasion, moment, value

ENDS = example.ENDS
SEED = 7
WRITTEN = 0.55  # the share of days with an entry in the log
SOMETIMES = {"space.urges": 0.03, "communication.listening": 0.02, "improvement.lapse": 0.01, "start.rulers": 0.01}
LINES = ("Slept badly, went for a walk.", "Called Sam.", "Wrote nothing, waited until it passed.", "Cooked. It helped.")


def fill(journal: Journal, answers: int, seed: int = SEED) -> None:
    """Put so many answers into a new journal, in the order in which they were given."""
    chance = random.Random(seed)  # noqa: S311 # invented answers, the same each time
    book = journal.workbook
    given = list(itertools.islice(_once(_backwards(book, chance)), answers))
    journal.store.save_many(
        _answer(item, occasion, at, value, number)
        for number, (item, occasion, at, value) in enumerate(reversed(given), start=1)
    )


def _backwards(book: Workbook, chance: random.Random) -> Iterator[Given]:
    """Yield answers from the newest to the oldest: item, occasion, moment, value."""
    for item, value in reversed(SAFE.items()):
        exercise = book.exercise(item.rpartition(".")[0])
        yield book.item(item), occasions.start(exercise.repeats, ENDS.date()), ENDS - timedelta(minutes=1), value
    for days in itertools.count(1):
        evening = ENDS.replace(hour=20, minute=0) - timedelta(days=days)
        asked = [
            (item, occasions.start(exercise.repeats, evening.date()))
            for exercise in _of_a_day(book, evening.date(), chance)
            for item in exercise.questions
        ]
        for place, (item, occasion) in reversed(list(enumerate(asked))):
            value = SAFE[item.id] if item.id in SAFE else _value(item, chance)
            if value is not None:
                yield item, occasion, evening + timedelta(seconds=20 * place), value


def _once(given: Iterator[Given]) -> Iterator[Given]:
    """Leave out what was answered later on the same occasion."""
    seen: set[tuple[str, str]] = set()
    for one in given:
        if (one[0].id, one[1]) not in seen:
            seen.add((one[0].id, one[1]))
            yield one


def _of_a_day(book: Workbook, day: date, chance: random.Random) -> Iterator[Exercise]:
    if day.weekday() == 0:
        yield book.exercise("start.now")
        yield from (one for one in book.exercises if one.repeats == "weekly")
    if chance.random() < WRITTEN:
        yield book.exercise("improvement.log")
    yield from (book.exercise(id) for id, share in SOMETIMES.items() if chance.random() < share)


def _value(item: Item, chance: random.Random) -> object:
    """Return an answer that fits, None for a kind that these years do without."""
    if item.retired or item.condition is not None:
        return None
    match item.kind:
        case "scale":
            return chance.choice(list(item.points))
        case "ruler":
            return chance.randint(int(item.minimum), min(int(item.maximum), 6))
        case "number":
            return chance.randint(0, 4)
        case "yesno":
            return chance.choice(("yes", "no"))
        case "choice":
            return chance.choice(list(item.options))
        case "text" | "longtext":
            return chance.choice(LINES)
    return None


def _answer(item: Item, occasion: str, at: datetime, value: object, number: int) -> StoredAnswer:
    kept = kinds.check(item, value)
    return StoredAnswer(
        id=hashlib.sha256(f"{item.id} {occasion}".encode()).hexdigest()[:32],
        item=item.id,
        exercise=item.exercise_id,
        occasion=occasion,
        version=1,
        status="answered",
        value=kept,
        label=kinds.label(item, kept),
        prompt=item.prompt,
        kind=item.kind,
        fingerprint=definition.fingerprint(item),
        begun_at=at,
        answered_at=at,
        begun=number,
        saved=number,
        zone=round(at.utcoffset() / timedelta(minutes=1)),
    )


def main() -> None:
    """Make one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", type=int, default=18_000)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    with Journal.create(asked.folder, now=lambda: ENDS) as journal:
        fill(journal, asked.answers, asked.seed)
        print(f"{asked.folder}: {len(journal.responses()):,} answers, until {ENDS:%Y-%m-%d}")


if __name__ == "__main__":
    main()
