"""Who draws an exercise: the page says so, and a journal asks here, so that it knows no page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Desk(Protocol):
    """The forms of one journal."""

    def form(self, id: str, occasion: str | None = None) -> Any:
        """Return an exercise as a form for the page; `occasion` is the one it opens on."""

    def guest(self, id: str, chapter: str) -> Any:
        """Return room for a form on the page of another chapter."""


def by(make: Callable[[Any], Desk]) -> None:
    """Let `make(journal)` be what draws a journal's exercises from now on."""
    _Drawn.by = make


def desk(journal: object) -> Desk:
    """Return what draws a journal's exercises. Raises RuntimeError when nothing was said to."""
    if _Drawn.by is None:
        raise RuntimeError("Nothing draws exercises here: see `drawing.by`.")
    return _Drawn.by(journal)


class _Drawn:
    by: Callable[[Any], Desk] | None = None
