"""What comes to a caseload: one sealed file, or many; each is taken in whole, waits for a yes, or changes nothing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Protocol

from workbook.errors import Refused, WorkbookError, plain
from workbook.sharing import clients, envelope, inbox, kept, signing
from workbook.sharing.inbox import Outcome, Receipt
from workbook.sharing.kept import Arrived, Submitted, Told
from workbook.sharing.signing import Party
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from workbook.definition.models import Workbook
    from workbook.sharing.clients import Client
    from workbook.sharing.keys import Keys
    from workbook.storage.store import Store


class Caseload(Protocol):
    """Where it is taken in."""

    store: Store

    def clients(self) -> list[Client]: ...
    def client_by(self, id: str) -> Client: ...
    def workbook(self, client: Client) -> Workbook: ...
    def words_of(self, client: Client) -> tuple[str, ...]: ...
    def remember(self, client: Client, **changes: Any) -> None: ...


def receive(caseload: Caseload, keys: Keys, data: bytes, everyone: Iterable[Client], *, sure: bool = False) -> Receipt:
    """Take one submission, of one of these clients; the same file twice changes nothing.

    One that takes back much, or is signed with another key than before, waits for a yes: its receipt says why
    under `held`, nothing changes, and with `sure` it is taken in. Raises Refused, and changes nothing, when it is
    damaged, sealed for someone else, or from no client here.
    """
    store = caseload.store
    opened = envelope.open_submission(data, keys.identities)
    sent = opened.bundle
    client = next((one for one in everyone if secrets.compare_digest(one.token, sent.token)), None)
    if client is None:
        clients.refuse_unreadable(store)
        raise Refused(say("sharing.caseload.answers_none"))
    if client.revoked:
        raise Refused(say("sharing.caseload.not_taken_in", client=client.name))
    client = caseload.client_by(client.id)
    if opened.digest in kept.of(store, Submitted, client.id):
        return Receipt(client.name, sent.sequence, 0, 0, 0, already=True)
    now = Party(opened.signer, sent.client_key)
    planned = inbox.plan(sent, store, client.id, caseload.workbook(client))
    held = _why_held(caseload, keys, client, now, planned)
    if held and not sure:
        return Receipt(client.name, sent.sequence, 0, 0, 0, already=False, held=held)
    with store.together():
        new = inbox.carry_out(planned, sent, store, client.id)
        came = Submitted(made_at=sent.made_at, new=new, withdrawn=len(planned.gone), sequence=sent.sequence)
        kept.of(store, Submitted, client.id).put(opened.digest, came)
        arrived = Arrived(answers=tuple(one.id for one in planned.answers))
        kept.of(store, Arrived, client.id).put(opened.digest, arrived)
        if sent.gates:
            kept.of(store, Told, client.id).put("all", Told(events=sent.gates))
        if (client.signer, client.key) != now:
            caseload.remember(client, signer=now.signs, key=now.opens)
        store.event("received", "", new, client=client.id)
    return Receipt(client.name, sent.sequence, new, len(planned.gone), planned.missing, already=False)


def receive_many(
    caseload: Caseload,
    keys: Keys,
    files: Iterable[Path],
    progress: Callable[[Outcome], None] | None = None,
    *,
    sure: Callable[[Path, Receipt], bool] | None = None,
) -> list[Outcome]:
    """Receive many files, whatever the others are; return what came of each.

    `progress` is called after each file with what came of it. `sure` answers for a file that waits for a yes.
    """
    outcomes: list[Outcome] = []
    everyone = caseload.clients()
    for file in files:
        outcome = _one_of_many(caseload, keys, file, everyone, sure)
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome)
    return outcomes


def _one_of_many(
    caseload: Caseload,
    keys: Keys,
    file: Path,
    everyone: Iterable[Client],
    sure: Callable[[Path, Receipt], bool] | None,
) -> Outcome:
    try:
        data = inbox.read(file)
        wanted = {"submission", "first", "sealed"} | ({"empty"} if ".submission" in file.name.lower() else set())
        if envelope.kind_of(data) not in wanted:  # systems leave empty files of their own in folders
            return Outcome(file, None, envelope.wrong_file(data, "submission"), passed_over=True)
        receipt = receive(caseload, keys, data, everyone)
        if receipt.held and sure is not None and sure(file, receipt):
            receipt = receive(caseload, keys, data, everyone, sure=True)
    except WorkbookError as problem:
        return Outcome(file, None, plain(problem))
    return Outcome(file, receipt, str(receipt))


def _why_held(caseload: Caseload, keys: Keys, client: Client, now: Party, planned: inbox.Plan) -> str:
    why = []
    after = " ".join(signing.six_words(keys.party, now))
    if client.signer is None and client.key is not None:
        why.append(say("sharing.caseload.first_key", client=client.name, now=after))
    elif client.signer is not None and (client.signer, client.key) != now:
        before = " ".join(caseload.words_of(client))
        why.append(say("sharing.caseload.new_key", client=client.name, before=before, now=after))
    if inbox.many(planned, caseload.store, client.id):
        there = len(inbox.holdings(caseload.store, client.id))
        why.append(say("sharing.caseload.many_gone", client=client.name, gone=len(planned.gone), there=there))
    return " ".join(why)
