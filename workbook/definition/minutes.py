"""How long a form takes, counted from what is on it, beside the minutes it announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.definition import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbook.definition.models import Chapter, Exercise, Item, Workbook

WORDS_A_MINUTE = 180  # read slowly, by someone who is tired
SEEN_BY_SOME = 0.5  # what is shown only after some answers counts half
LEEWAY = 0.25  # of the counted minutes; half a minute is always allowed, since minutes are announced whole


@dataclass(frozen=True)
class Minutes:
    """The minutes of one exercise, or of a chapter's first sitting."""

    id: str
    announced: int
    counted: float

    @property
    def fits(self) -> bool:
        """Whether the two differ by no more than a quarter, or half a minute."""
        return abs(self.announced - self.counted) <= max(LEEWAY * self.counted, 0.5)

    def __str__(self) -> str:
        return f"{self.id:32} {self.announced:3} announced {self.counted:5.1f} counted{'' if self.fits else '  differ'}"


def minutes(workbook: Workbook) -> tuple[Minutes, ...]:
    """Return each chapter's first sitting, followed by its exercises."""
    return tuple(one for chapter in workbook.chapters for one in _chapter(chapter))


def _chapter(chapter: Chapter) -> Iterator[Minutes]:
    asked = [exercise for exercise in chapter.exercises if not exercise.retired]
    first = [one for one in asked if not chapter.first or one.id.partition(".")[2] in chapter.first]
    around = _reading([chapter.title, chapter.lede, chapter.opening, *(why.text for why in chapter.why)])
    yield Minutes(chapter.id, chapter.minutes, around + sum(map(counted, first)))
    for exercise in asked:
        yield Minutes(exercise.id, exercise.minutes, counted(exercise))


def counted(exercise: Exercise) -> float:
    """Return the minutes an exercise takes: reading it, and answering all of it once."""
    asked = [item for item in exercise.items if not item.retired]
    return _reading([exercise.title, exercise.intro]) + sum(
        _item(item) * (1 if item.show_if is None else SEEN_BY_SOME) for item in asked
    )


def _item(item: Item) -> float:
    options = getattr(item, "options", {}).values()
    parts = [text for part in getattr(item, "parts", {}).values() for text in (part.label, part.help)]
    return kinds.of(item).seconds(item) / 60 + _reading([item.prompt, item.help, *options, *parts])


def _reading(texts: Iterable[str | None]) -> float:
    return sum(len(text.split()) for text in texts if text) / WORDS_A_MINUTE
