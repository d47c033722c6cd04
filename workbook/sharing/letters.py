"""A client's side of a hub's mailbox: a file goes out and counts as sent once it is acknowledged; what came is lent.

Nothing here asks the mailbox itself: that takes as long as it takes, and a page has answers to save meanwhile.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from workbook import files
from workbook.errors import Refused, WorkbookError
from workbook.sharing import outbox
from workbook.sharing.post import Mailbox, NotSent
from workbook.storage import exchange, seal
from workbook.storage.exchange import Carrier, Fetched, Unsent
from workbook.words import on_hub, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from workbook.journal import Journal
    from workbook.sharing.bundles import Submission
    from workbook.sharing.post import Waiting

ADDRESS = "WORKBOOK_MAILBOX"
_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 # the name of a variable
_FOLDER = "unsent"  # beside the answers: sealed files, which nobody can open here
_KINDS = ("assignment", "feedback")


class Kept(NamedTuple):
    """A sealed file that waits to be acknowledged, and who it is for on the hub."""

    to: str
    held: Unsent
    data: bytes


def here(environ: Mapping[str, str] = os.environ) -> Mailbox | None:
    """Return the mailbox of the hub this runs on, for the person whose server it is; None where there is none."""
    address = environ.get(ADDRESS, "")
    if not address or not on_hub():
        return None
    try:
        return Mailbox(address, environ.get(_TOKEN, ""))
    except WorkbookError:  # whoever looks after the hub wrote no address: then it is as without one
        return None


# --- what goes out ---


def counselor(journal: Journal, mailbox: Mailbox) -> str | None:
    """Return who the client's counselor is on the hub; None: they have not written from there."""
    assigned = journal.assigned
    found = exchange.carriers(journal.store).get(assigned.token) if assigned else None
    return found.name if found and found.mailbox == mailbox.digest else None


def keep(journal: Journal, chosen: Submission, *, refused: str = "") -> None:
    """Seal a submission and keep it in the journal, on the disk when this returns; nothing counts as sent yet.

    It takes the place of one that was kept before, which may have arrived, but for the file `refused`. Raises Refused.
    """
    records = exchange.unsent(journal.store)
    for token, before in records.all().items():
        if before.file != refused:
            outbox.perhaps(journal, token, before.sent)
        if token != chosen.token:  # of another counselor; this one's is kept until there is a new one
            records.remove(token)
    data = outbox.sealed(journal, chosen)
    name = files.named("kept", data, "submission")
    held = Unsent(
        token=chosen.token,
        file=name,
        sent=outbox.handing(journal, chosen),
        answers=tuple(answer.id for answer in chosen.answers),
        taken_back=len(outbox.preview(journal, chosen).taken_back),
        gates=len(chosen.gates),
    )
    folder = _folder(journal)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        files.write(folder / name, data)
    except OSError as problem:
        raise Refused(say("sharing.outbox.not_written", file=folder / name, why=problem.strerror)) from None
    records.put(chosen.token, held)
    for other in folder.iterdir():
        if other.name != name:
            other.unlink(missing_ok=True)


def waiting(journal: Journal) -> Unsent | None:
    """Return what is kept and was not acknowledged; None: nothing is."""
    assigned = journal.assigned
    held = exchange.unsent(journal.store).get(assigned.token) if assigned else None
    return held if held and (_folder(journal) / held.file).is_file() else None


def kept(journal: Journal, mailbox: Mailbox) -> Kept:
    """Return what is to be handed to the mailbox. Raises Refused without a file that is kept, or a counselor there."""
    to = counselor(journal, mailbox)
    held = waiting(journal)
    if held is None or to is None:
        raise Refused(say("page.panels.look_first"))
    return Kept(to, held, data(journal, held))


def data(journal: Journal, held: Unsent) -> bytes:
    """Return the sealed file itself."""
    return files.read(_folder(journal) / held.file, seal.LARGEST)


def acknowledged(journal: Journal, held: Unsent) -> None:
    """Remember that it is handed over, and keep it no longer."""
    outbox.handed_over(journal, held.token, held.sent, held.answers)
    _forget(journal, held)


def drop(journal: Journal, *, refused: str = "") -> None:
    """Keep nothing that was not acknowledged; it may have arrived all the same, but for the file `refused`."""
    held = waiting(journal)
    if held is not None:
        if held.file != refused:
            outbox.perhaps(journal, held.token, held.sent)
        _forget(journal, held)


def _forget(journal: Journal, held: Unsent) -> None:
    records = exchange.unsent(journal.store)
    if records.get(held.token) == held:  # another page may keep a newer one by now
        records.remove(held.token)
        (_folder(journal) / held.file).unlink(missing_ok=True)


def _folder(journal: Journal) -> Path:
    return journal.path / ".mend" / _FOLDER


# --- what came ---


def asking(journal: Journal, mailbox: Mailbox) -> Callable[[], list[Waiting]]:
    """Return what asks the mailbox for files of a counselor's that are not in the journal yet; it raises NotSent.

    Of those that are, the mailbox is told once more.
    """
    taken_in = exchange.fetched(journal.store).keys()

    def ask() -> list[Waiting]:
        found = mailbox.waiting()
        for one in found:
            if _place(mailbox, one) in taken_in:
                with contextlib.suppress(NotSent):  # one that cannot be let go hides no other
                    mailbox.taken(one.number)
        return [one for one in found if one.kind in _KINDS and _place(mailbox, one) not in taken_in]

    return ask


def said_by(journal: Journal, mailbox: Mailbox, sender: str) -> str:
    """Return how a client knows who sent something: by the counselor's own name, where it is they."""
    assigned = journal.assigned
    return assigned.counselor if assigned and counselor(journal, mailbox) == sender else sender


def other_sender(journal: Journal, mailbox: Mailbox, sender: str) -> str:
    """Why a file of this sender needs a second yes: the counselor wrote as somebody else before; else empty."""
    before = counselor(journal, mailbox)
    return say("sharing.letters.moved", before=before, now=sender) if before not in (None, sender) else ""


def taken(journal: Journal, mailbox: Mailbox, letter: Waiting) -> None:
    """Remember that a file is in the journal now, and who the counselor is on the hub."""
    exchange.fetched(journal.store).put(_place(mailbox, letter), Fetched())
    assigned = journal.assigned
    if assigned is not None and counselor(journal, mailbox) != letter.sender:
        said = Carrier(name=letter.sender, mailbox=mailbox.digest)
        exchange.carriers(journal.store).put(assigned.token, said)


def _place(mailbox: Mailbox, letter: Waiting) -> str:
    """Which file it is: a number alone comes back, for another one, where a mailbox's dump was put back."""
    return f"{mailbox.digest}:{letter.number}:{letter.at}"
