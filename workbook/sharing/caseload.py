"""Many clients: what was asked of them, what came back, and the answer to it.

A caseload is one folder: its keys (`keys`), and a store encrypted with SQLCipher, or on a PostgreSQL server the
practice runs.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import files
from workbook.definition import overlay
from workbook.definition.asks import Asks, Assigned, Task, judge, lacking, read_assigned, workbook_of
from workbook.definition.values import tidy
from workbook.errors import Refused, UnknownId, one_name, plain
from workbook.safety import settings as safety
from workbook.sharing import arriving, clients, envelope, kept, looking, signing, unsent
from workbook.sharing import keys as keeping
from workbook.sharing.bundles import LONGEST_NAME, Assignment, Comment, Feedback, refuse_too_long
from workbook.sharing.clients import Client
from workbook.sharing.inbox import Outcome, Receipt
from workbook.sharing.kept import Note, Profile, Remark, Replied
from workbook.sharing.signing import Party
from workbook.storage import owners, seal
from workbook.storage.database import local_now
from workbook.storage.records import Carried, Records, as_kept
from workbook.storage.store import Store
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from workbook.definition.models import Instrument, Workbook
    from workbook.sharing.keys import Keys
    from workbook.storage.store import StoredAnswer

_OWN = "caseload"  # the store's client for what belongs to no client: the audit of erasures


def open_caseload(
    home: Path, opener: str | Keys, *, store: str | None = None, now: Callable[[], datetime] = local_now
) -> Caseload:
    """Open a caseload with its passphrase, or with keys `unlock` has read. `store`: a PostgreSQL URL, else the
    encrypted file in `home`. On a server only what is this counselor's is there for them.

    Raises JournalError when `home` holds no caseload, SealError when the passphrase is wrong, and StoreError when the
    server cannot be used, or keeps this caseload for another of its accounts.
    """
    home = Path(home)
    keys = keeping.unlock(home, opener) if isinstance(opener, str) else opener
    counselor = keeping.counselor(home)
    if store:
        shared = Store(owners.address(store), client=_OWN, now=now, owner=keys.owner)
        try:
            owners.claim(shared, [seal.recipient(one) for one in keys.identities])
        except BaseException:
            shared.close()
            raise
        opened = Caseload(home, counselor, keys, shared, now)
        opened.unclaimed = owners.unclaimed(shared)
        return opened
    file = Store(home / keeping.STORE, key=bytes.fromhex(keys.store), client=_OWN, now=now)
    return Caseload(home, counselor, keys, file, now)


class Caseload:
    """An open caseload. Nothing of a client is in its repr."""

    unclaimed = 0  # rows of an older database on a server that no key could prove: shown to nobody

    def __init__(self, home: Path, counselor: str, keys: Keys, store: Store, now: Callable[[], datetime]) -> None:
        self.home = home
        self.counselor = counselor
        self.store = store
        self._keys = keys
        self._now = now
        self._workbooks: dict[str, Workbook] = {}  # by what is asked: most are the same

    def __repr__(self) -> str:
        return f"Caseload({self.home})"

    def __enter__(self) -> Caseload:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    # --- keys ---

    @property
    def public_key(self) -> str:
        """The key clients seal their submissions for."""
        return seal.recipient(self._keys.identities[0])

    def rotate(self, passphrase: str) -> str:
        """Make a new key and use it from now on; see `rotate`."""
        public = keeping.rotate(self.home, passphrase)
        self._keys = keeping.unlock(self.home, passphrase)
        self.store.event("key-rotated")
        return public

    def recovery_sheet(self) -> str:
        """Return a page to print; see `recovery_sheet`."""
        return keeping.recovery_sheet(self.home, self._keys, now=self._now)

    # --- clients ---

    def clients(self) -> list[Client]:
        """Return every client whose own record can be read, by name."""
        return clients.everyone(self.store)

    def client(self, name: str) -> Client:
        """Return the client with this pseudonym.

        Raises UnknownId, naming the nearest ones.
        """
        import difflib

        wanted, everyone = one_name(name), self.clients()
        for client in everyone:
            if client.name == wanted:
                return client
        clients.refuse_unreadable(self.store, wanted)
        named = {client.name.casefold(): client.name for client in everyone}
        near = difflib.get_close_matches(wanted.casefold(), named, n=1)
        if near:
            raise UnknownId(say("sharing.caseload.did_you_mean", name=plain(name), near=named[near[0]]))
        if not wanted:
            raise Refused(say("sharing.caseload.pseudonym"))
        command = f"workbook assign --home {files.typed(self.home)} --client {files.typed(wanted)} -o new.assignment"
        raise UnknownId(say("sharing.caseload.no_client", name=plain(name), command=command))

    def words(self, name: str) -> tuple[str, ...]:
        """Return the six words to compare with a client; none before something came from them."""
        return self.words_of(self.client(name))

    def words_of(self, client: Client) -> tuple[str, ...]:
        if client.key is None or client.signer is None:
            return ()
        return signing.six_words(self._keys.party, Party(client.signer, client.key))

    # --- out: assignments and feedback ---

    def assign(
        self,
        name: str,
        tasks: Sequence[Task],
        *,
        instruments: Iterable[Instrument] = (),
        tighten: Mapping[str, Any] | None = None,
        language: str = "en",
    ) -> bytes:
        """Return the file that asks `tasks` of a client; a client who is new is added.

        Given again, it changes what is asked; the client's answers stay. Raises UnknownId when a task names an
        exercise that neither this installation nor `instruments` have, and Refused for what no client would take.
        """
        name = one_name(name)
        if not name:
            raise Refused(say("sharing.caseload.pseudonym"))
        refuse_too_long(name, LONGEST_NAME)
        asks = Asks(language=language, tasks=tuple(tasks), instruments=tuple(instruments), tighten=dict(tighten or {}))
        installed = overlay.shipped(language)
        judge(asks, installed)  # what the client would refuse is refused here
        safety.tighten(installed.gates, asks.tighten)
        for one in lacking(installed, asks):
            installed.exercise(one)  # raises UnknownId, naming the nearest
        found = [client for client in self.clients() if client.name == name]
        client = found[0] if found else self._new_client(name)
        if client.revoked:
            raise Refused(say("sharing.caseload.ended", client=name))
        earlier = self.assigned(client)
        assignment = Assignment(
            token=client.token,
            sequence=1 if earlier is None else earlier.sequence + 1,
            made_at=self._later_than(None if earlier is None else earlier.made_at),
            counselor=self.counselor,
            counselor_key=self.public_key,
            client=name,
            asks=asks,
        )
        packed = envelope.pack(assignment, self._keys.identities[0])
        with self.store.together():
            if not found:
                self.remember(client)
            Records(self.store, "assignment", Assignment, client.id).put("current", assignment)
            self.store.event("assigned", "", len(tasks), client=client.id)
        return packed

    def _new_client(self, name: str) -> Client:
        clients.refuse_unreadable(self.store, name)
        return Client(secrets.token_hex(16), name, envelope.new_token(), self._now(), None, None, False, None)

    def _later_than(self, before: datetime | None) -> datetime:
        """Now, or just after what was made before, when a clock was set back meanwhile."""
        now = self._now().astimezone(UTC)
        return now if before is None else max(now, before + timedelta(microseconds=1))

    def instruments_of(self, name: str) -> tuple[Instrument, ...]:
        """Return the questionnaires a client was given last; none for a name that is new."""
        assigned = self._asked_of(name)
        return assigned.asks.instruments if assigned else ()

    def language_of(self, name: str) -> str:
        """Return the language a client was asked in last; for a name that is new, the one spoken here."""
        assigned = self._asked_of(name)
        return assigned.asks.language if assigned else overlay.spoken().language

    def _asked_of(self, name: str) -> Assigned | None:
        return next((self.assigned(one) for one in self.clients() if one.name == one_name(name)), None)

    def comment(self, name: str, answer: str, text: str) -> None:
        """Write beside one answer, named by item (`responsibility.incident.my_part`) or `item@occasion`.

        It goes out with the next reply. Raises UnknownId when the client has shared no such answer.
        """
        client, text = self.client(name), tidy(text).strip()
        if not text:
            raise Refused(say("sharing.caseload.no_words"))
        refuse_too_long(text)
        stored = self._shared_answer(client, answer)
        kept.of(self.store, Remark, client.id).put(stored.id, Remark(text=text, item=stored.item, sent=0))

    def reply(self, name: str, words: str | None = None, *, assignment: bytes | None = None) -> bytes:
        """Return a file with every comment not yet sent, and `words` to the whole, sealed to the client.

        Raises Refused when there is nothing to say, or the client has not sent anything to reply to.
        """
        client, words = self.client(name), tidy(words or "").strip() or None
        if client.key is None:
            raise Refused(say("sharing.caseload.nothing_sent", client=name))
        remarks, replies = kept.of(self.store, Remark, client.id), kept.of(self.store, Replied, client.id)
        waiting = {answer: one for answer, one in remarks.all().items() if not one.sent}
        if not waiting and not words and assignment is None:
            raise Refused(say("sharing.caseload.nothing_to_say", client=name))
        refuse_too_long(words or "")
        before = replies.rows()
        sequence = 1 + max((int(row.key) for row in before), default=0)
        last = max((row.value.made_at or row.at for row in before), default=None)
        feedback = Feedback(
            token=client.token,
            sequence=sequence,
            made_at=self._later_than(last),
            counselor=self.counselor,
            counselor_key=self.public_key,
            reply=words,
            comments=tuple(Comment(answer=answer, text=one.text) for answer, one in waiting.items()),
            there=tuple(sorted(answer.id for answer in self.store.history(client=client.id))),
            assignment=None if assignment is None else self._own(assignment, client),
        )
        sealed = envelope.pack_sealed(feedback, self._keys.identities[0], client.key)
        with self.store.together():
            remarks.put_many({answer: one.model_copy(update={"sent": sequence}) for answer, one in waiting.items()})
            said = Replied(reply=words, comments=len(waiting), made_at=feedback.made_at, file=unsent.stem(sealed))
            replies.put(str(sequence), said)
            self.store.event("replied", "", len(waiting), client=client.id)
        return sealed

    def _own(self, data: bytes, client: Client) -> Assignment:
        """An assignment of this caseload for this client. Raises Refused."""
        opened = envelope.open_assignment(data, overlay.shipped("en"))
        if opened.signer != self._keys.party.signs or opened.bundle.token != client.token:
            raise Refused(say("sharing.caseload.not_made_here", client=client.name))
        return opened.bundle

    # --- in: submissions ---

    def receive(self, data: bytes, *, sure: bool = False) -> Receipt:
        """Take one submission; see `arriving.receive`."""
        return arriving.receive(self, self._keys, data, self.clients(), sure=sure)

    def receive_many(
        self,
        files: Iterable[Path],
        progress: Callable[[Outcome], None] | None = None,
        *,
        sure: Callable[[Path, Receipt], bool] | None = None,
    ) -> list[Outcome]:
        """Receive many files, whatever the others are; see `arriving.receive_many`."""
        outcomes = arriving.receive_many(self, self._keys, files, progress, sure=sure)
        self.glances()  # now, so that looking at them later does not wait for it
        return outcomes

    def client_by(self, id: str) -> Client:
        """Return a client as they are kept now. Raises UnknownId for one who was erased."""
        for client in self.clients():
            if client.id == id:
                return client
        raise UnknownId(say("sharing.caseload.client_gone"))

    # --- rights ---

    def erase(self, name: str) -> int:
        """Remove everything of a client and show that it is gone: returns what is left, which is 0.

        A client whose name differs only in what cannot be seen is the same client, and goes too.
        """
        wanted = self.client(name).name
        left = 0
        for client in [one for one in self.clients() if one.name == wanted]:
            unsent.withdraw(self.home, client.id)
            self.store.erase(client.id)
            self.store.event("erased", "", 1)
            rows = [*self.store.current(client=client.id), *self.store.history(client=client.id)]
            left += len(rows) + len(self.store.events(client.id)) + (client.id in self.store.clients())
        return left

    def revoke(self, name: str) -> int:
        """End sharing with a client: what they sent stays. Return how many files on their way to them were removed."""
        client = self.client(name)
        gone = unsent.withdraw(self.home, client.id)
        self.remember(client, revoked=True)
        self.store.event("revoked", "", gone, client=client.id)
        return gone

    def keep_until(self, name: str, day: date | None) -> None:
        """Set the day after which this client's record should be erased."""
        self.remember(self.client(name), keep_until=day)

    def record_of(self, name: str) -> dict[str, Any]:
        """Return all that is kept about one client, as plain data for `json`: their right to a copy."""
        client = self.client(name)
        kinds = ("profile", "assignment", "submission", "gates", "withdrawn", "comment", "feedback", "note", "address")
        return {
            "client": client.name,
            "answers": [_plain(answer) for answer in self.store.history(client=client.id)],
            **{kind: [payload for _, _, payload in as_kept(self.store, [kind], client.id)] for kind in kinds},
            "audit": [looking.event(event) for event in self.store.events(client.id)],
        }

    def audit(self) -> pd.DataFrame:
        """Return what was assigned, received, replied and erased: columns at, client, what, count. No content."""
        import pandas as pd

        names = {client.id: client.name for client in self.clients()}
        rows = [
            {"at": event.at, "client": names.get(event.client, "—"), "what": event.kind, "count": event.count}
            for event in self.store.events_of_everyone()
        ]
        return pd.DataFrame(rows, columns=["at", "client", "what", "count"])

    def note(self, name: str, text: str) -> None:
        """Keep a note of the counselor's own; it is never sent."""
        kept.of(self.store, Note, self.client(name).id).put(self._now().isoformat(), Note(text=tidy(text)))

    # --- looking ---

    def today(self) -> date:
        """Return the day by this caseload's clock."""
        return self._now().date()

    def now(self) -> datetime:
        """Return the time by this caseload's clock."""
        return self._now()

    def overview(self) -> pd.DataFrame:
        """Return one row per client, by name; see `looking.overview`."""
        return looking.overview(self)

    def glances(self) -> dict[str, dict[str, Any]]:
        """Return what is worth knowing of each client at a glance; see `looking.glances`."""
        return looking.glances(self)

    def page(self, name: str, *, look: bool = True) -> dict[str, Any]:
        """Return all there is to see of one client, as plain JSON; `look` remembers that it was seen now."""
        return looking.page(self, self.client(name), look=look)

    def summary(self, name: str) -> str:
        """Return one page about a client to read before a session, as HTML to print."""
        return looking.summary(self, self.client(name))

    # --- inside ---

    def workbook(self, client: Client) -> Workbook:
        assigned = self.assigned(client)
        return overlay.spoken() if assigned is None else self.asked_workbook(assigned.asks)

    def asked_workbook(self, asks: Asks) -> Workbook:
        if asks.key not in self._workbooks:
            self._workbooks[asks.key] = workbook_of(overlay.shipped(asks.language), asks, self.counselor)
        return self._workbooks[asks.key]

    def assigned(self, client: Client) -> Assigned | None:
        return self.assignments(client.id).get("current")

    def assignments(self, client: str | None = None) -> Records[Assigned]:
        """Return what was asked of a client last, as `current`."""

        def read(payload: Mapping[str, Any]) -> Assigned:
            carried = None
            if "asks" not in payload:  # the first version kept whole workbooks beside
                carried = Records(self.store, "workbook", Carried).get(payload["workbook"])
            plain = {name: value for name, value in payload.items() if name not in ("format", "version")}
            return read_assigned(plain, None if carried is None else carried.root)

        return Records(self.store, "assignment", Assigned, client, read=read, where="caseload")

    def _shared_answer(self, client: Client, answer: str) -> StoredAnswer:
        item, _, occasion = answer.partition("@")
        fitting = [
            one
            for one in self.store.current(client=client.id)
            if one.item == item and (not occasion or one.occasion == occasion)
        ]
        if not fitting:
            raise UnknownId(say("sharing.caseload.no_answer", client=client.name, answer=answer))
        return fitting[-1]

    def remember(self, client: Client, **changes: Any) -> None:
        """Keep a client's own record, changed so."""
        profile = clients.profile(client).model_copy(update=changes)
        kept.of(self.store, Profile, client.id).put("profile", profile)


def _plain(answer: StoredAnswer) -> dict[str, Any]:
    names = ("item", "occasion", "version", "status", "value", "label", "prompt", "kind")
    return {name: getattr(answer, name) for name in names} | {"answered_at": answer.answered_at.isoformat()}
