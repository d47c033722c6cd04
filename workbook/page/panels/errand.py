"""What takes long for reasons of others, such as a mailbox: done beside the page, which saves answers meanwhile."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.page.panels.panel import Message

AWAY = {"type": "away"}
"""What a page is told while it goes on: it asks again, with the same `errand`."""


class Errands:
    """The errands of one panel, each known by what its page calls it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._away: dict[str, Future[Any]] = {}

    def run(self, message: Message, begin: Callable[[], Callable[[], Any]]) -> Future[Any] | None:
        """Return the errand of a message once it is done; None while it goes on.

        `begin` is called once, in the page's own thread, and returns what is done beside it. Raises what `begin` does.
        """
        name = str(message["errand"])
        if name not in self._away:
            self._away[name] = self._threads.submit(begin())
        if not self._away[name].done():
            return None
        return self._away.pop(name)
