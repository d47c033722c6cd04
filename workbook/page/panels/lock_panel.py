"""The lock on the first page: a passphrase is set, changed or taken off; what forgetting it means is said before."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from workbook.errors import Locked, Refused
from workbook.page.panels import panel
from workbook.storage import lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply

TEXTS: dict[str, str] = {
    "label": "The lock",
    "open_title": "Lock these answers with a passphrase",
    "open_how": "Without a lock, anyone who can use this account can read what you write here. With one, the answers "
    "and their backups are encrypted on the disk.",
    "stays_readable": lock.STAYS_READABLE,
    "forgetting": lock.FORGETTING,
    "understood": "I have read this",
    "passphrase": "Passphrase",
    "once_more": "Once more",
    "old": "Passphrase now",
    "new": "New passphrase",
    "good": "Four or five words that have nothing to do with each other are good.",
    "differ": "The two are not the same. Type them again.",
    "lock": "Lock",
    "locking": "Locking. This takes a few seconds…",
    "locked_title": "These answers are locked",
    "locked_how": "Mend asks for the passphrase when you open it, and again when nobody has written for a while.",
    "recovery_title": "Your recovery key",
    "recovery_how": "It opens the answers too. Write it on paper and keep it apart from this computer. It is shown "
    "only now.",
    "recovery_written": "I have written it down",
    "recovery_again": "Make a new recovery key",
    "recovery_again_how": "The one you have now stops working.",
    "change": "Change the passphrase",
    "changed": "The passphrase is changed.",
    "take_off": "Take the lock off",
    "take_off_how": "Anyone who can use this account can then read the answers.",
    "taken_off": "The lock is off.",
    "go_on": "Go on",
    "wait": "A few seconds…",
}


class LockPanel(panel.Panel):
    """The lock of one journal. Passphrases arrive in messages and are kept nowhere."""

    _esm = panel.script("lock.js")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        super().__init__(
            "lock",
            {"language": journal.workbook.language, "texts": panel.TEXTS | TEXTS},
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
            raise Refused("Please read what forgetting the passphrase means, and tick that you have. Nothing changed.")
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
    words: Any = message.get(name)
    if not isinstance(words, str) or not words.strip():
        raise Refused("Type the passphrase first. Nothing changed.")
    return words
