"""Everything in a workbook that another part of it may refer to by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.definition.base import did_you_mean

if TYPE_CHECKING:
    from workbook.definition.items import Item
    from workbook.definition.reading import Keys

    Fault = tuple[Keys, object, str, str]  # where inside the thing, the value there, what is wrong, the cure


@dataclass(frozen=True)
class Known:
    """Everything that can be referred to by id."""

    items: dict[str, Item | None]  # None: there is one, but it is broken or not here to look at
    exercises: frozenset[str]
    chapters: frozenset[str]
    scales: frozenset[str]
    taken: frozenset[str] = frozenset()  # of `scales`, those that another file has
    absent: frozenset[str] | None = frozenset()  # chapters not at hand, their ids are trusted; None: all others
    retired: frozenset[str] = frozenset()  # of `exercises`

    def item(self, id: str) -> Item | None:
        """Return the item, or None when it is broken or in a chapter that is not at hand; KeyError: no such item."""
        chapter, dot, _ = id.partition(".")
        if dot and chapter not in self.chapters and (self.absent is None or chapter in self.absent):
            return None
        return self.items[id]

    def trusts(self, id: str) -> bool:
        """Tell whether an id is in a chapter that is not at hand."""
        return self.absent is not None and id.partition(".")[0] in self.absent

    def has(self, id: str) -> bool:
        """Tell whether there is such an item, at hand or not."""
        try:
            self.item(id)
        except KeyError:
            return False
        return True


def unknown_item(id: str, known: Known) -> tuple[str, str]:
    """Return what is said of an id that no item has, and the cure."""
    return "There is no such item.", did_you_mean(id, known.items) or "Write the id of an item: chapter.exercise.item."
