"""How long a form takes, counted from what is on it, beside the minutes it announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.definition import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbook.definition.items import Item
    from workbook.definition.models import Chapter, Exercise, Workbook

WORDS_A_MINUTE = 180  # read slowly, by someone who is tired
SEEN_BY_SOME = 0.5  # what is shown only after some answers counts half
LEEWAY = 0.25  # of the counted minutes; half a minute is always allowed, since minutes are announced whole


@dataclass(frozen=True)
class Minutes:
    """The minutes of one exercise, or of a chapter's first sitting."""

    id: str
    announced: int
    least: float  # with what everyone is asked
    counted: float  # with half of what only some are asked

    @property
    def fits(self) -> bool:
        """Whether what is announced lies between the two, or no more than a quarter, or half a minute, beside them."""
        low, high = self.least - max(LEEWAY * self.least, 0.5), self.counted + max(LEEWAY * self.counted, 0.5)
        return low <= self.announced <= high

    def __str__(self) -> str:
        says = f"{self.id:32} {self.announced:3} announced {self.least:5.1f} to {self.counted:4.1f} counted"
        return f"{says}{'' if self.fits else '  differ'}"


def minutes(workbook: Workbook) -> tuple[Minutes, ...]:
    """Return each chapter's first sitting, followed by its exercises."""
    return tuple(one for chapter in workbook.chapters for one in _chapter(chapter))


def _chapter(chapter: Chapter) -> Iterator[Minutes]:
    asked = [exercise for exercise in chapter.exercises if not exercise.retired]
    first = [one for one in asked if not chapter.first or one.id.partition(".")[2] in chapter.first]
    around = _reading([chapter.title, chapter.lede, chapter.opening, chapter.more, *(why.text for why in chapter.why)])
    least = around + sum(counted(one, some=0) for one in first)
    yield Minutes(chapter.id, chapter.minutes, least, around + sum(map(counted, first)))
    for exercise in asked:
        yield Minutes(exercise.id, exercise.minutes, counted(exercise, some=0), counted(exercise))


def counted(exercise: Exercise, some: float = SEEN_BY_SOME) -> float:
    """Return the minutes of reading and answering an exercise once; `some`: how much counts what not all are asked."""
    asked = [item for item in exercise.items if not item.retired]
    return _reading([exercise.title, exercise.intro]) + sum(
        _item(item) * (1 if item.show_if is None else some) for item in asked
    )


def _item(item: Item) -> float:
    options = getattr(item, "options", {}).values()
    parts = [text for part in getattr(item, "parts", {}).values() for text in (part.label, part.help)]
    return kinds.of(item).seconds(item) / 60 + _reading([item.prompt, item.help, *options, *parts])


def _reading(texts: Iterable[str | None]) -> float:
    return sum(len(text.split()) for text in texts if text) / WORDS_A_MINUTE
