"""On a hub with a mailbox: what was chosen and seen goes to the counselor, and is sent once that is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbook import files
from workbook.errors import Refused
from workbook.page.panels.errand import AWAY, Errands
from workbook.sharing import letters
from workbook.sharing.post import NotSent
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Handler, Message, Reply
    from workbook.sharing.bundles import Submission
    from workbook.storage.exchange import Unsent


class _Done(NamedTuple):
    held: Unsent
    why: NotSent | None  # it was not acknowledged


class Sending:
    """What the page 70-share asks about its counselor's mailbox; `fresh` makes anew what was looked at last.

    `send` seals it and sends it, `resend` sends what is kept from before: answered with `sent`, or `not-sent` and why;
    `never`: it would be refused each time.
    `by_hand` gives what is kept as a file, and it counts as handed over; `drop` lets it be.
    """

    def __init__(self, journal: Journal, fresh: Callable[[], Submission]) -> None:
        self._journal, self._fresh = journal, fresh
        self._errands = Errands()
        self.refused = ""
        """The file that was refused for good when it was sent for the first time: it is not with the counselor."""
        self.handlers: dict[str, Handler] = {
            **{"send": self._send, "resend": self._send},
            **{"by_hand": self._by_hand, "drop": self._drop},
        }

    def state(self) -> dict[str, object]:
        """Return `carried`: a mailbox takes files to the counselor; `unsent`: when a file was made that waits here."""
        mailbox = letters.here()
        held = letters.waiting(self._journal)
        return {
            "carried": bool(mailbox and letters.counselor(self._journal, mailbox)),
            "unsent": held and held.sent.at.isoformat(),
        }

    def _send(self, message: Message, buffers: Buffers) -> Reply:
        mailbox = letters.here()
        if mailbox is None:
            raise Refused(say("sharing.post.down"))

        def begin() -> Callable[[], _Done]:
            if message["type"] == "send":
                letters.keep(self._journal, self._fresh(), refused=self.refused)
            to, held, data = letters.kept(self._journal, mailbox)

            def send() -> _Done:
                try:
                    mailbox.send(to, data)
                except NotSent as why:
                    return _Done(held, why)
                return _Done(held, None)

            return send

        done = self._errands.run(message, begin)
        if done is None:
            return AWAY
        held, why = done.result()
        if why is not None:
            if message["type"] == "send":
                self.refused = held.file if why.never else ""
            reason = say("page.coming.log_in") if why.ended else str(why)
            return {"type": "not-sent", "reason": reason, "never": why.never}
        letters.acknowledged(self._journal, held)
        return {"type": "sent", **_held(held)}

    def _by_hand(self, message: Message, buffers: Buffers) -> Reply:
        held = letters.waiting(self._journal)
        if held is None:
            raise Refused(say("page.panels.look_first"))
        data = letters.data(self._journal, held)
        letters.acknowledged(self._journal, held)
        file = files.named(f"{self._journal.now():%Y-%m-%d}", data, "submission")
        return {"type": "sealed", "file": file, "size": len(data), **_held(held)}, [data]

    def _drop(self, message: Message, buffers: Buffers) -> Reply:
        letters.drop(self._journal, refused=self.refused)
        return {"type": "dropped"}


def _held(held: Unsent) -> dict[str, object]:
    return {"answers": len(held.answers), "taken_back": held.taken_back, "gates": held.gates}
