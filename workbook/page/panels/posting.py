"""With a hub's mailbox: what the caseload page makes goes to its client from there, and what came is taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbook.errors import Refused, WorkbookError
from workbook.page.panels.errand import AWAY, Errands
from workbook.sharing import unsent
from workbook.sharing.post import TOKEN, NotSent
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.page.panels.panel import Buffers, Handler, Message, Reply
    from workbook.sharing.caseload import Caseload
    from workbook.sharing.post import Mailbox, Waiting
    from workbook.sharing.unsent import Tried


class _Found(NamedTuple):
    tried: list[Tried]
    letters: list[Waiting]
    why: NotSent | None = None  # it said nothing of what waits


class Posting:
    """What the caseload page asks about its mailbox; `opened` raises Locked, `mailbox` Refused where it has no way.

    `post` sends what is kept: answered with `posted`, and `why` it was not acknowledged. `came` sends that too, and
    says what waits for this counselor; `fetch` takes in one file of it, and `settle` lets it go there afterwards.
    `discard` lets go of one that cannot be taken in. What the mailbox does is done beside the page.
    """

    def __init__(self, opened: Callable[[], Caseload], mailbox: Callable[[], Mailbox] | None) -> None:
        self._opened, self._mailbox = opened, mailbox
        self._errands = Errands()
        self._listed: dict[int, Waiting] = {}
        self._taken: set[int] = set()  # taken in: these the mailbox may let go
        self._held: dict[int, bytes] = {}  # wait for a yes, which is to these very bytes
        self.handlers: dict[str, Handler] = {
            **{"post": self._post, "came": self._came, "fetch": self._fetch},
            **{"settle": self._settle, "discard": self._discard},
        }

    def state(self) -> dict[str, object]:
        """Return `mailbox`: there is one; `unsent`: how many files wait here."""
        return {"mailbox": self._mailbox is not None, "unsent": unsent.count(self._opened().home)}

    def address(self, client: str) -> dict[str, object]:
        """Return as `to` who a client is on the hub; "" while nobody knows."""
        try:
            known = unsent.address(self._opened(), self._way(), client)
        except Refused:  # no mailbox, or no way to it: that is said where something is to go there
            known = None
        return {"to": known or ""}

    def _way(self) -> Mailbox:
        if self._mailbox is None:
            raise Refused(say("sharing.post.down"))
        return self._mailbox()

    # --- out ---

    def to(self, message: Message) -> str | None:
        """Return who a file is for on the hub; None: it goes by hand. Raises Refused when nobody could be asked."""
        if "to" not in message:
            return None
        self._way()
        to = str(message["to"]).strip()
        if not to:
            raise Refused(say("page.panels.post_which"))
        return to

    def keep(self, client: str, to: str | None, data: bytes) -> str | None:
        """Keep a file until it is acknowledged; return what it is called. None: it goes by hand. Raises Refused."""
        return None if to is None else unsent.keep(self._opened(), self._way(), client, to, data).name

    def _post(self, message: Message, buffers: Buffers) -> Reply:
        opened, file = self._opened(), str(message["file"])

        def begin() -> Callable[[], list[Tried]]:
            mailbox = self._way()
            if message.get("to"):
                unsent.lead(opened, mailbox, str(message["client"]), str(message["to"]).strip())
            every = unsent.ready(opened, mailbox)
            return lambda: unsent.carry(mailbox, every)

        done = self._errands.run(message, begin)
        if done is None:
            return AWAY
        tried = unsent.settle(opened, done.result())
        others = [_said(one) for one in tried if one.file.name != file]
        mine = next((one for one in tried if one.file.name == file), None)
        if mine is None:
            raise Refused(say("page.panels.post_gone"))
        said = {"type": "posted", "said": "" if mine.why else say("sharing.post.sent", to=mine.to), "others": others}
        return said | {"why": _why(mine, mine.why), "never": mine.never, "nobody": mine.nobody}

    # --- in ---

    def _came(self, message: Message, buffers: Buffers) -> Reply:
        opened = self._opened()

        def begin() -> Callable[[], _Found]:
            mailbox = self._way()
            every = unsent.ready(opened, mailbox)

            def ask() -> _Found:
                tried = unsent.carry(mailbox, every)
                try:
                    return _Found(tried, mailbox.waiting())
                except NotSent as why:
                    return _Found(tried, [], why)

            return ask

        done = self._errands.run(message, begin)
        if done is None:
            return AWAY
        found: _Found = done.result()
        said = [_said(one) for one in unsent.settle(opened, found.tried)]
        mine = [one for one in found.letters if one.kind == "submission"]
        if not found.why:
            self._listed = {one.number: one for one in mine}
        return {
            "type": "came",
            "letters": [{"number": one.number, "sender": one.sender} for one in mine],
            "passed": len(found.letters) - len(mine),
            "sent": said,
            "why": found.why and _why(found.why, str(found.why)),
        }

    def _fetch(self, message: Message, buffers: Buffers) -> Reply:
        opened, number, sure = self._opened(), int(message["number"]), message.get("sure") is True
        if sure:
            if number not in self._held:
                raise Refused(say("page.panels.choose_again"))
            data = self._held[number]
        else:
            mailbox, letter = self._one(number)
            done = self._errands.run(message, lambda: lambda: mailbox.fetch(letter.number))
            if done is None:
                return AWAY
            try:
                data = done.result()
            except NotSent as why:
                return {"type": "unfetched", "reason": _why(why, str(why)), "down": why.down}
        try:
            receipt = opened.receive(data, sure=sure)
        except WorkbookError as problem:  # it would come again and again
            return {"type": "unfit", "reason": str(problem)}
        self._held.pop(number, None)
        if receipt.held:
            self._held[number] = data
        else:
            self._taken.add(number)
        return {"type": "received", "said": str(receipt), "held": receipt.held, "client": receipt.client}

    def _one(self, number: int) -> tuple[Mailbox, Waiting]:
        if number not in self._listed:
            raise Refused(say("page.panels.choose_again"))
        return self._way(), self._listed[number]

    def _settle(self, message: Message, buffers: Buffers) -> Reply:
        """Of a file that was not taken in, the mailbox is told nothing."""
        self._opened()
        if int(message["number"]) not in self._taken:
            raise Refused(say("page.panels.choose_again"))
        return self._let_go(message, "settled")

    def _discard(self, message: Message, buffers: Buffers) -> Reply:
        return self._let_go(message, "discarded")

    def _let_go(self, message: Message, done_as: str) -> Reply:
        self._opened()
        mailbox, letter = self._one(int(message["number"]))
        done = self._errands.run(message, lambda: lambda: mailbox.taken(letter.number))
        if done is None:
            return AWAY
        try:
            done.result()
        except NotSent as why:
            return {"type": "unsettled", "reason": _why(why, str(why))}
        self._taken.discard(letter.number)
        return {"type": done_as}


def _said(one: Tried) -> str:
    """What came of a file that was kept from before."""
    return say("page.panels.post_left", why=_why(one, one.why)) if one.why else say("sharing.post.earlier", to=one.to)


def _why(one: Tried | NotSent, said: str) -> str:
    """The same, in a counselor's words where the hub does not know their token any more."""
    return say("page.panels.post_ended", variable=TOKEN) if one.ended else said
