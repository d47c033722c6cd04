"""The lock on the first page: a passphrase is set, changed or taken off; what forgetting it means is said before."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from workbook import words
from workbook.errors import Locked, Refused
from workbook.page import assets
from workbook.page.panels import panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply


class LockPanel(panel.Panel):
    """The lock of one journal. Passphrases arrive in messages and are kept nowhere."""

    _esm = assets.Script("lock.js")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        super().__init__(
            "lock",
            {"language": journal.workbook.language, "texts": panel.texts("page.lock") | words.section("storage.lock")},
            {
                "ready": self._state,
                "lock": self._lock,
                "change": self._change,
                "recovery": self._recovery,
                "take_off": self._take_off,
            },
        )

    def _state(self, message: Message, buffers: Buffers) -> Reply:
        return {"type": "state", "locked": self._journal.locked}

    def _lock(self, message: Message, buffers: Buffers) -> Reply:
        if message.get("understood") is not True:
            raise Refused(words.say("page.panels.not_understood"))
        passphrase = _words(message, "passphrase")
        self._journal.lock(passphrase)
        return {"type": "locked_now", "recovery": self._journal.recovery_key(passphrase)}

    def _change(self, message: Message, buffers: Buffers) -> Reply:
        with _wrong_is_refused():
            self._journal.change_passphrase(_words(message, "old"), _words(message, "passphrase"))
        return {"type": "done"}

    def _recovery(self, message: Message, buffers: Buffers) -> Reply:
        with _wrong_is_refused():
            return {"type": "locked_now", "recovery": self._journal.recovery_key(_words(message, "old"))}

    def _take_off(self, message: Message, buffers: Buffers) -> Reply:
        with _wrong_is_refused():
            self._journal.unlock(_words(message, "old"))
        return {"type": "done"}


@contextlib.contextmanager
def _wrong_is_refused() -> Iterator[None]:
    """A wrong passphrase typed here is a refusal of what was asked, not a page that has to be opened again."""
    try:
        yield
    except Locked as wrong:
        raise Refused(str(wrong)) from None


def _words(message: Message, name: str) -> str:
    typed: Any = message.get(name)
    if not isinstance(typed, str) or not typed.strip():
        raise Refused(words.say("page.panels.no_passphrase"))
    return typed
