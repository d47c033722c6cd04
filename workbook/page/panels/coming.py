"""On a hub with a mailbox: what came from a counselor is said quietly, and taken in as a file is, after a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbook.errors import Refused, WorkbookError
from workbook.page.panels.errand import AWAY, Errands
from workbook.sharing import letters
from workbook.sharing.post import NotSent
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Handler, Message, Reply
    from workbook.sharing.post import Mailbox, Waiting


class _Show(Protocol):
    """Say what a file would change; `ask` is why it needs a second yes besides."""

    def __call__(self, message: Message, data: bytes, ask: str = "") -> dict[str, object]: ...


class Coming:
    """What the first page asks about the mailbox: `came`, `fetch` a file to look at it, `remove` one.

    One that was looked at and taken in is let go there. A mailbox that is silent says nothing on this page but where
    someone asked it for a file.
    """

    def __init__(self, journal: Journal, show: _Show) -> None:
        self._journal, self._show = journal, show
        self._errands = Errands()
        self._letters: dict[int, Waiting] = {}
        self._looked: tuple[str, Waiting] | None = None  # the message that fetched it, and what it is
        self.handlers: dict[str, Handler] = {
            **{"came": self._came, "fetch": self._fetch, "remove": self._remove},
        }

    def _came(self, message: Message, buffers: Buffers) -> Reply:
        mailbox = letters.here()
        if mailbox is None:
            return {"type": "came", "letters": []}
        done = self._errands.run(message, lambda: letters.asking(self._journal, mailbox))
        if done is None:
            return AWAY
        try:
            found: list[Waiting] = done.result()
        except NotSent:
            found = []
        self._letters = {one.number: one for one in found}
        shown = [
            {"number": one.number, "counselor": letters.said_by(self._journal, mailbox, one.sender)} for one in found
        ]
        return {"type": "came", "letters": shown}

    def _one(self, message: Message) -> tuple[Mailbox, Waiting]:
        mailbox, letter = letters.here(), self._letters.get(int(message["number"]))
        if mailbox is None or letter is None:
            raise Refused(say("page.panels.choose_again"))
        return mailbox, letter

    def _fetch(self, message: Message, buffers: Buffers) -> Reply:
        mailbox, letter = self._one(message)
        done = self._ask(message, lambda: mailbox.fetch(letter.number))
        if done is None:
            return AWAY
        try:
            data = done.result()
            shown = self._show(message, data, letters.other_sender(self._journal, mailbox, letter.sender))
        except WorkbookError as problem:  # it would come again and again
            return {"type": "unfit", "reason": str(problem), "number": letter.number}
        self._looked = (str(message["seq"]), letter)
        return shown

    def taken(self, message: Message) -> None:
        """What was looked at was taken in: remember that, if it came through the mailbox."""
        looked, mailbox = self._looked, letters.here()
        if mailbox is not None and looked is not None and looked[0] == str(message["look"]):
            letters.taken(self._journal, mailbox, looked[1])
            self._looked = None

    def _remove(self, message: Message, buffers: Buffers) -> Reply:
        mailbox, letter = self._one(message)
        return AWAY if self._ask(message, lambda: mailbox.taken(letter.number)) is None else {"type": "removed"}

    def _ask(self, message: Message, errand: Callable[[], Any]) -> Future[Any] | None:
        """Return what an errand to the mailbox came back with; None while it is away. Raises NotSent."""
        done = self._errands.run(message, lambda: errand)
        if done is not None and isinstance(why := done.exception(), NotSent):
            raise _ended(why)
        return done


def _ended(why: NotSent) -> NotSent:
    """The same, in a client's words where their login has ended."""
    return NotSent(say("page.coming.log_in")) if why.ended else why
