"""Many clients: keys, what was asked of them, what came back, and the answer to it.

A caseload is one folder. Its secret keys and the key of its store lie in one file under the counselor's
passphrase; the store is encrypted with SQLCipher, or is a PostgreSQL server the practice runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook import dates, definition, files
from workbook.answers import kinds as answers
from workbook.definition import models, overlay
from workbook.definition.models import FOOT
from workbook.errors import Damaged, InvalidAnswer, JournalError, Refused, SealError, UnknownId
from workbook.sharing import client as share
from workbook.sharing import overview
from workbook.storage import lock, seal
from workbook.storage import sheet as sheets
from workbook.storage.database import local_now
from workbook.storage.store import Store, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from workbook.definition.models import Instrument, Scale, Workbook
    from workbook.sharing.overview import Asked
    from workbook.storage.store import Record

FORMAT = 1
_KEYS = "keys.age"
_ABOUT = "caseload.json"
_STORE = "caseload.sqlite"
_OWN = "caseload"  # the store's client for what belongs to no client: the audit of erasures

SAFETY_QUESTIONS = share.SAFETY_QUESTIONS  # asked of everyone; not for a counselor to ask, or to leave out

LOST_KEY = (
    "If this passphrase is lost, and the recovery sheet too, nobody can open what your clients sent you: "
    "not you, not us. Print the recovery sheet and keep it where only you can reach it."
)


class Receipt(NamedTuple):
    """What receiving one submission changed."""

    client: str  # the pseudonym
    sequence: int
    new: int  # answers that were not there, or have changed
    withdrawn: int
    missing: int  # named as shared, but sent in a file that never came
    already: bool  # this very file was received before; nothing changed

    def __str__(self) -> str:
        if self.already:
            return f"{self.client}: this file was received before. Nothing changed."
        parts = [f"{self.new} new"]
        if self.withdrawn:
            parts.append(f"{self.withdrawn} withdrawn")
        if self.missing:
            parts.append(f"{self.missing} in an earlier file that has not arrived: ask them to share everything again")
        return f"{self.client}: {', '.join(parts)}."


@dataclass(frozen=True)
class Client:
    """One client, by the pseudonym the counselor chose."""

    id: str
    name: str
    token: str = field(repr=False)
    since: datetime
    key: str | None  # their public key, once they have sent something
    revoked: bool
    keep_until: date | None


@dataclass(frozen=True)
class Keys:
    """What the passphrase opens."""

    identities: tuple[str, ...] = field(repr=False)  # newest first; older ones still open what was sealed for them
    store: str = field(repr=False)  # 64 hex digits


def keygen(
    home: Path, passphrase: str, *, counselor: str = "Your counselor", now: Callable[[], datetime] = local_now
) -> Path:
    """Make a caseload's folder and keys, under a passphrase; return the folder.

    Raises JournalError when there is one already, and WeakPassphrase when the passphrase could be guessed.
    """
    home = Path(home)
    lock.judge(passphrase)
    refuse_existing(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    keys = Keys((seal.new_identity(),), secrets.token_hex(32))
    _write_keys(home, keys, passphrase)
    about = {"format": FORMAT, "counselor": counselor, "created": now().isoformat()}
    files.write(home / _ABOUT, json.dumps(about, indent=1).encode())
    return home


def is_caseload(home: Path) -> bool:
    """Say whether a folder holds a caseload."""
    return (Path(home) / _ABOUT).exists()


def refuse_existing(home: Path) -> None:
    """Raise JournalError when a folder holds a caseload already."""
    if is_caseload(home):
        raise JournalError(f"{home} already holds a caseload and its keys. Choose another folder, or use that one.")


def refuse_missing(home: Path) -> None:
    """Raise JournalError when a folder holds no caseload."""
    if not is_caseload(home):
        raise JournalError(f"{home} holds no caseload. Make one with: workbook keygen --home {home}")


def open_caseload(
    home: Path, opener: str | Keys, *, store: str | None = None, now: Callable[[], datetime] = local_now
) -> Caseload:
    """Open a caseload with its passphrase, or with keys `unlock` has read. `store`: a PostgreSQL URL, else the
    encrypted file in `home`.

    Raises JournalError when `home` holds no caseload, and SealError when the passphrase is wrong.
    """
    home = Path(home)
    keys = unlock(home, opener) if isinstance(opener, str) else opener
    about = json.loads((home / _ABOUT).read_text())
    if store:
        store = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", store)
        return Caseload(home, about["counselor"], keys, Store(store, client=_OWN, now=now), now)
    file = Store(home / _STORE, key=bytes.fromhex(keys.store), client=_OWN, now=now)
    return Caseload(home, about["counselor"], keys, file, now)


def unlock(home: Path, passphrase: str) -> Keys:
    """Read the keys of a caseload; takes a second or two, on purpose.

    Raises JournalError when `home` holds no caseload, and SealError when the passphrase is wrong.
    """
    refuse_missing(home)
    plain = json.loads(seal.unseal_with_passphrase((home / _KEYS).read_bytes(), passphrase))
    return Keys(tuple(plain["identities"]), plain["store"])


def recover(home: Path, sheet: str | bytes, passphrase: str) -> int:
    """Put a caseload under a new passphrase, with its recovery sheet; return how many keys that held.

    `sheet` is what was typed, or the bytes of a file, in any case, grouping, folding and encoding. Raises Refused when
    it is not whole, and WeakPassphrase. Nothing else of the caseload changes.
    """
    home = Path(home)
    lock.judge(passphrase)
    refuse_missing(home)
    found = sheets.read(sheet)
    if not found.identities or found.broken or not found.stores:
        raise Refused(
            f"This is not the whole recovery sheet of the caseload in {home}: {_lacks(found)} Small or large letters, "
            "blanks and folds do not matter. Nothing was changed."
        )
    _write_keys(home, Keys(found.identities, _fitting(home, found.stores)), passphrase)
    return len(found.identities)


def _lacks(found: sheets.Sheet) -> str:
    """What of a recovery sheet could not be read."""
    if found.broken:
        return "a key that starts with AGE-SECRET-KEY-1 has a letter missing or wrong. Compare it with the paper."
    if not found.identities:
        return "it needs a line that starts with AGE-SECRET-KEY-1. Check that it was copied whole."
    return "it needs a line of 64 digits and letters from a to f, below “The store”. Check that it was copied whole."


def _fitting(home: Path, stores: Sequence[str]) -> str:
    """Return the key that opens the store of a caseload. Raises StoreError when none does."""
    for store in stores if (home / _STORE).exists() else ():
        with contextlib.suppress(Damaged):
            Store(home / _STORE, key=bytes.fromhex(store)).close()
            return store
    if not (home / _STORE).exists():
        return stores[0]
    raise Refused(
        f"The line of 64 digits on this sheet does not open the caseload in {home}. Is it the sheet of another one, or "
        "was a digit misread? Nothing was changed."
    )


def rotate(home: Path, passphrase: str) -> str:
    """Make a new key for everything from now on, and return its public half; old ones still open what they did.

    Clients seal for the new key after their next assignment. Raises SealError when the passphrase is wrong.
    """
    keys = unlock(home, passphrase)
    keys = Keys((seal.new_identity(), *keys.identities), keys.store)
    _write_keys(Path(home), keys, passphrase)
    return seal.recipient(keys.identities[0])


def change_passphrase(home: Path, passphrase: str, new: str) -> None:
    """Put the keys under a new passphrase. Raises SealError when the old one is wrong, and WeakPassphrase."""
    keys = unlock(home, passphrase)
    lock.judge(new)
    _write_keys(Path(home), keys, new)


def recovery_sheet(home: Path, opener: str | Keys, *, now: Callable[[], datetime] = local_now) -> str:
    """Return a page to print: all that opens this caseload without the passphrase."""
    from workbook.assessment import report

    keys = unlock(home, opener) if isinstance(opener, str) else opener
    return report.page(
        "recovery.html",
        title="Recovery sheet",
        counselor=json.loads((Path(home) / _ABOUT).read_text())["counselor"],
        home=str(home),
        identities=keys.identities,
        store=keys.store,
        day=dates.day(now()),
    )


def submissions(paths: Iterable[Path]) -> list[Path]:
    """Return the files to receive: those named, and every `*.submission` in the folders named, sorted.

    Raises Refused for a path where there is nothing.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.glob("*.submission"))
        elif path.exists():
            found.append(path)
        else:
            raise Refused(f"There is no file {path}. Nothing was changed.")
    return found


def everything(workbook: Workbook) -> tuple[str, ...]:
    """Return the chapters to ask for when nothing is said: those of the four principles."""
    return tuple(chapter.id for chapter in workbook.chapters if chapter.principle)


@lru_cache
def principle_scales() -> tuple[Scale, ...]:
    """Return the scales an overview has a column for."""
    return overview.principles(definition.load())


def instruments(files: Iterable[bytes]) -> list[Instrument]:
    """Return the questionnaires in the bytes of YAML files.

    Raises DefinitionError with every problem.
    """
    import tempfile

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(files, 1):
            path = Path(folder, f"questionnaire-{number}.yaml")
            path.write_bytes(data)
            found.append(definition.load_instrument(path))
    return found


def tasks_for(
    workbook: Workbook,
    only: Iterable[str],
    *,
    due: date | None = None,
    due_each: Mapping[str, date] | None = None,
    instructions: Mapping[str, str] | None = None,
    repeats: Mapping[str, str] | None = None,
) -> tuple[share.Task, ...]:
    """Return the tasks `only` names, in its order: chapters (all their exercises) and exercises.

    The mappings say more about single exercises. Raises UnknownId for a name the workbook does not have, and Refused
    for a word about an exercise that is not among them.
    """
    names: dict[str, None] = {}
    for one in only:
        exercises = [workbook.exercise(one)] if "." in one else workbook.chapter(one).exercises
        names |= dict.fromkeys(exercise.id for exercise in exercises if not exercise.retired)
    said: dict[str, dict[str, Any]] = {name: {"due": due} for name in names}
    for key, more in (("due", due_each), ("instruction", instructions), ("repeats", repeats)):
        for name, value in (more or {}).items():
            if name not in said:
                workbook.exercise(name)  # a name that does not exist is said as such
                raise Refused(f"You said something about “{name}” but did not ask for it. Add it to what you ask for.")
            said[name][key] = value
    return tuple(share.Task(exercise=name, **more) for name, more in said.items())


def workbook_for(
    language: str = "en", instruments: Iterable[Instrument] = (), repeats: Mapping[str, str] | None = None
) -> Workbook:
    """Return the shipped workbook as an assignment carries it: in a language, with questionnaires, asked as often.

    All its chapters go along, whatever is asked: the safety rules point into them. Raises UnknownId.
    """
    workbook = definition.with_instruments(overlay.shipped(language), instruments)
    for name in repeats or {}:
        workbook.exercise(name)
    chapters = [
        chapter.model_copy(
            update={
                "exercises": tuple(
                    one.model_copy(update={"repeats": repeats[one.id]}) if repeats and one.id in repeats else one
                    for one in chapter.exercises
                )
            }
        )
        for chapter in workbook.chapters
    ]
    return workbook.model_copy(update={"chapters": tuple(chapters)})


class Caseload:
    """An open caseload. Nothing of a client is in its repr."""

    def __init__(self, home: Path, counselor: str, keys: Keys, store: Store, now: Callable[[], datetime]) -> None:
        self.home = home
        self.counselor = counselor
        self.store = store
        self._keys = keys
        self._now = now
        self._workbooks: dict[str, Workbook] = {}  # by fingerprint: reading one takes a moment, and most are the same

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
        public = rotate(self.home, passphrase)
        self._keys = unlock(self.home, passphrase)
        self.store.event("key-rotated")
        return public

    def recovery_sheet(self) -> str:
        """Return a page to print; see `recovery_sheet`."""
        return recovery_sheet(self.home, self._keys, now=self._now)

    # --- clients ---

    def clients(self) -> list[Client]:
        """Return every client, by name."""
        found = [
            Client(id=record.client, **_profile(record.payload)) for record in self.store.records_of_everyone("profile")
        ]
        return sorted(found, key=lambda client: client.name.casefold())

    def client(self, name: str) -> Client:
        """Return the client with this pseudonym.

        Raises UnknownId, naming the nearest ones.
        """
        import difflib

        everyone = {client.name: client for client in self.clients()}
        if name not in everyone:
            near = difflib.get_close_matches(name, everyone, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else " Give them an assignment first: workbook assign."
            raise UnknownId(f'There is no client "{name}" in this caseload.{hint}')
        return everyone[name]

    # --- out: assignments and feedback ---

    def assign(
        self,
        name: str,
        tasks: Sequence[share.Task],
        *,
        workbook: Workbook,
        tighten: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the file that asks `tasks` of a client; a client who is new is added.

        Given again, it changes what is asked; the client's answers stay.
        Raises UnknownId when a task names an exercise the workbook does not have.
        """
        for task in tasks:
            workbook.exercise(task.exercise)
        if not name.strip():
            raise Refused("Give the client a pseudonym, such as A. or Heron: no full name is needed.")
        known = {client.name: client for client in self.clients()}
        client = known.get(name) or Client(
            secrets.token_hex(16), name, share.new_token(), self._now(), None, False, None
        )
        if client.revoked:
            raise Refused(f"Sharing with {name} was ended. Erase them, or choose another pseudonym.")
        earlier = self._latest("assignment", client.id)
        assignment = share.Assignment(
            token=client.token,
            sequence=1 if earlier is None else earlier["sequence"] + 1,
            made_at=self._now(),
            counselor=self.counselor,
            counselor_key=self.public_key,
            client=name,
            tasks=tuple(tasks),
            tighten=dict(tighten or {}),
            workbook=workbook,
        )
        packed = share.pack(assignment)
        share.read_assignment(packed)  # what the client would refuse is refused here
        with self.store.together():
            if name not in known:
                self._remember(client)
            kept = assignment.model_dump(mode="json", exclude={"workbook"})
            self._keep_workbook(workbook)
            self.store.record("assignment", "current", kept | {"workbook": workbook.fingerprint}, client=client.id)
            self.store.event("assigned", "", len(tasks), client=client.id)
        return packed

    def instruments_of(self, name: str) -> tuple[Instrument, ...]:
        """Return the questionnaires a client was given last; none for a name that is new."""
        known = {client.name: client for client in self.clients()}
        chapters = self._workbook(known[name]).chapters if name in known else ()
        return tuple(
            models.Instrument(
                instrument=one.id.partition(".")[2],
                title=one.title,
                source=one.source or one.title,
                licence="as when it was first given",
                exercise=one,
                scales=tuple(scale for scale in chapter.scales if _exercise_of(scale) == one.id),
            )
            for chapter in chapters
            if chapter.id == models.INSTRUMENTS
            for one in chapter.exercises
        )

    def comment(self, name: str, answer: str, text: str) -> None:
        """Write beside one answer, named by item (`responsibility.incident.my_part`) or `item@occasion`.

        It goes out with the next reply. Raises UnknownId when the client has shared no such answer.
        """
        client = self.client(name)
        stored = self._shared_answer(client, answer)
        self.store.record("comment", stored.id, {"text": text, "item": stored.item, "sent": 0}, client=client.id)

    def reply(self, name: str, words: str | None = None, *, assignment: bytes | None = None) -> bytes:
        """Return a file with every comment not yet sent, and `words` to the whole, sealed to the client.

        Raises Refused when there is nothing to say, or the client has not sent anything to reply to.
        """
        client = self.client(name)
        if client.key is None:
            raise Refused(f"{name} has not sent you anything yet, so there is no key of theirs to seal a reply for.")
        waiting = [record for record in self.store.records("comment", client.id) if not record.payload["sent"]]
        if not waiting and not words and assignment is None:
            raise Refused(f"There is nothing new to say to {name}. Write a comment or a reply first.")
        sequence = 1 + max((int(record.key) for record in self.store.records("feedback", client.id)), default=0)
        feedback = share.Feedback(
            token=client.token,
            sequence=sequence,
            made_at=self._now(),
            counselor=self.counselor,
            reply=words,
            comments=tuple(share.Comment(answer=one.key, text=one.payload["text"]) for one in waiting),
            assignment=None if assignment is None else share.read_assignment(assignment),
        )
        sealed = seal.seal(share.pack(feedback), client.key)
        with self.store.together():
            for one in waiting:
                self.store.record("comment", one.key, one.payload | {"sent": sequence}, client=client.id)
            self.store.record("feedback", str(sequence), {"reply": words, "comments": len(waiting)}, client=client.id)
            self.store.event("replied", "", len(waiting), client=client.id)
        return sealed

    # --- in: submissions ---

    def receive(self, sealed: bytes) -> Receipt:
        """Take one submission; the same file twice changes nothing.

        Raises Refused, and changes nothing, when it is damaged, sealed for someone else, from no client here,
        or older than what is there.
        """
        return self._receive(sealed, self.clients())

    def _receive(self, sealed: bytes, clients: Iterable[Client]) -> Receipt:
        sent = share.read_submission(sealed, self._keys.identities)
        client = next((one for one in clients if secrets.compare_digest(one.token, sent.token)), None)
        if client is None:
            raise Refused("This submission answers no assignment of this caseload. Nothing was changed.")
        if client.revoked:
            raise Refused(f"Sharing with {client.name} was ended, so this was not taken in. Nothing was changed.")
        digest = hashlib.sha256(share.pack(sent)).hexdigest()
        before = {int(record.key): record.payload for record in self.store.records("submission", client.id)}
        if any(payload["digest"] == digest for payload in before.values()):
            return Receipt(client.name, sent.sequence, 0, 0, 0, already=True)
        if before and sent.sequence <= max(before):
            raise Refused(
                f"A newer submission from {client.name} is already here (number {max(before)}; "
                f"this is number {sent.sequence}). Nothing was changed."
            )
        workbook = self._workbook(client)
        stored = [_judged(answer, workbook) for answer in sent.answers]
        return self._take_in(client, sent, stored, digest)

    def receive_many(
        self, files: Iterable[Path], progress: Callable[[Path, Receipt | str], None] | None = None
    ) -> tuple[list[Receipt], dict[Path, str]]:
        """Receive many files; return the receipts, and for each refused file its sentence.

        `progress` is called after each file with what came of it.
        """
        receipts: list[Receipt] = []
        refused: dict[Path, str] = {}
        clients = {client.id: client for client in self.clients()}
        for file in files:
            try:
                outcome: Receipt | str = self._receive(_read(file), clients.values())
            except (Refused, SealError) as problem:
                outcome = str(problem)
            if isinstance(outcome, str):
                refused[file] = outcome
            else:
                receipts.append(outcome)
            if progress is not None:
                progress(file, outcome)
        self.glances()  # now, so that looking at them later does not wait for it
        return receipts, refused

    def _take_in(self, client: Client, sent: share.Submission, stored: list[StoredAnswer], digest: str) -> Receipt:
        holds = set(sent.holds)
        with self.store.together():
            there = {_key(answer) for answer in self.store.current(client=client.id)}
            new = self.store.save_many(stored, client=client.id)
            gone = sorted(there - holds)
            for key in gone:
                item, _, occasion = key.partition("@")
                self.store.forget(item, occasion, client=client.id)
                self.store.record("withdrawn", key, {"in": sent.sequence}, client=client.id)
            taken_back = {record.key for record in self.store.records("withdrawn", client.id)}
            for key in taken_back & {_key(answer) for answer in stored}:  # and now given again
                self.store.record("withdrawn", key, None, client=client.id)
            self.store.record(
                "submission",
                str(sent.sequence),
                {"digest": digest, "made_at": sent.made_at.isoformat(), "new": new, "withdrawn": len(gone)},
                client=client.id,
            )
            self.store.record("arrived", str(sent.sequence), {"answers": [one.id for one in stored]}, client=client.id)
            if sent.gates:
                gates = [event.model_dump(mode="json") for event in sent.gates]
                self.store.record("gates", "all", {"events": gates}, client=client.id)
            if client.key != sent.client_key:
                self._remember(client, key=sent.client_key)
            self.store.event("received", "", new, client=client.id)
            missing = len(holds - there - {_key(answer) for answer in stored})
        return Receipt(client.name, sent.sequence, new, len(gone), missing, already=False)

    # --- rights ---

    def erase(self, name: str) -> int:
        """Remove everything of a client and show that it is gone: returns what is left, which is 0."""
        client = self.client(name)
        self.store.erase(client.id)
        self.store.event("erased", "", 1)
        left = self.store.current(client=client.id), self.store.history(client=client.id), self.store.events(client.id)
        return sum(len(rows) for rows in left) + (client.id in self.store.clients())

    def revoke(self, name: str) -> None:
        """End sharing with a client: what they sent stays, nothing more is taken in."""
        client = self.client(name)
        self._remember(client, revoked=True)
        self.store.event("revoked", "", client=client.id)

    def keep_until(self, name: str, day: date | None) -> None:
        """Set the day after which this client's record should be erased."""
        self._remember(self.client(name), keep_until=day.isoformat() if day else None)

    def overdue_for_erasure(self) -> list[Client]:
        """Return the clients whose retention date has passed. Nothing is erased unasked."""
        today = self._now().date()
        return [client for client in self.clients() if client.keep_until is not None and client.keep_until < today]

    def record_of(self, name: str) -> dict[str, Any]:
        """Return all that is kept about one client, as plain data for `json`: their right to a copy."""
        client = self.client(name)
        kinds = ("profile", "assignment", "submission", "gates", "withdrawn", "comment", "feedback", "note")
        return {
            "client": client.name,
            "answers": [_plain(answer) for answer in self.store.history(client=client.id)],
            **{kind: [record.payload for record in self.store.records(kind, client.id)] for kind in kinds},
            "audit": [_event(event) for event in self.store.events(client.id)],
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
        self.store.record("note", self._now().isoformat(), {"text": text}, client=self.client(name).id)

    # --- looking ---

    def today(self) -> date:
        """Return the day by this caseload's clock."""
        return self._now().date()

    def overview(self) -> pd.DataFrame:
        """Return one row per client, by name: `overview.CLIENT_COLUMNS`, the scale of each principle, and two more.

        client (pseudonym), id, since and last (when something came), asked, done and overdue (exercises), due (the
        next date), new (answers since their page was last looked at), gates (openings and closings they told of); per
        scale the word of the self-assessment, "" without a sitting; revoked; keep_until.
        """
        glances = self.glances()
        kept: dict[str, dict[str, list[Record]]] = {}
        for kind in ("assignment", "submission", "gates", "looked"):
            for record in self.store.records_of_everyone(kind):
                kept.setdefault(record.client, {}).setdefault(kind, []).append(record)
        today = self._now().date()
        scales = [scale.id for scale in principle_scales()]
        rows = [
            self._row(client, kept.get(client.id, {}), glances.get(client.id, {}), today) for client in self.clients()
        ]
        return overview.table(rows, scales)

    def _row(
        self, client: Client, kept: Mapping[str, list[Record]], glance: Mapping[str, Any], today: date
    ) -> dict[str, Any]:
        looked = max((record.at for record in kept.get("looked", ())), default=None)
        submissions = kept.get("submission", [])
        tasks = _tasks(kept["assignment"][0].payload) if "assignment" in kept else ()
        asked = overview.asked(tasks, glance.get("exercises", {}), None, today)
        open_ = [one.due for one in asked if one.state != "done" and one.due is not None]
        return {
            "client": client.name,
            "id": client.id,
            "since": client.since,
            "last": max((record.at for record in submissions), default=None),
            "asked": len(asked),
            "done": sum(one.state == "done" for one in asked),
            "overdue": sum(one.overdue for one in asked),
            "due": min(open_, default=None),
            "new": sum(record.payload["new"] for record in submissions if looked is None or record.at > looked),
            "gates": sum(len(record.payload["events"]) for record in kept.get("gates", ())),
            **glance.get("change", {}),
            "revoked": client.revoked,
            "keep_until": client.keep_until,
        }

    def glances(self) -> dict[str, dict[str, Any]]:
        """Return per client what `overview.glances` says, worked out anew only where something came since."""
        newest = {record.client: record.at for record in self.store.records_of_everyone("submission")}
        for record in self.store.records_of_everyone("submission"):
            newest[record.client] = max(newest[record.client], record.at)
        used = {r.client: r.payload["workbook"] for r in self.store.records_of_everyone("assignment")}
        kept = {record.client: record.payload for record in self.store.records_of_everyone("glance")}
        stamps = {client: f"{at.isoformat()} {used.get(client)}" for client, at in newest.items()}
        stale = {client for client, stamp in stamps.items() if kept.get(client, {}).get("of") != stamp}
        if stale:
            few = sorted(stale) if len(stale) <= 500 else None
            by_workbook: dict[str, list[tuple[Any, ...]]] = {}
            for row in self.store.everyone(*overview.ROWS, clients=few):
                if row[0] in stale:
                    by_workbook.setdefault(used[row[0]], []).append(row)
            seen: dict[str, dict[str, Any]] = {}
            for fingerprint, rows in by_workbook.items():
                seen |= overview.glances(rows, overview.principles(self._kept_workbook(fingerprint)))
            with self.store.together():
                for client in stale:
                    kept[client] = {**seen.get(client, {"exercises": {}, "change": {}}), "of": stamps[client]}
                    self.store.record("glance", "glance", kept[client], client=client)
        return kept

    def page(self, name: str, *, look: bool = True) -> dict[str, Any]:
        """Return all there is to see of one client, as plain JSON; `look` remembers that it was seen now."""
        client = self.client(name)
        workbook = self._workbook(client)
        fresh, current = self._fresh(client), self._answered(client)
        if look:
            self.store.record("looked", "looked", {}, client=client.id)
        comments = {record.key: record.payload for record in self.store.records("comment", client.id)}
        chapters = overview.page(workbook, current, self.store.history(client=client.id), fresh)
        for answer in (one for chapter in chapters for exercise in chapter["exercises"] for one in exercise["answers"]):
            answer["comment"] = comments.get(answer["id"])
        return {
            "client": client.name,
            "since": client.since.isoformat(),
            "revoked": client.revoked,
            "keep_until": client.keep_until.isoformat() if client.keep_until else None,
            "can_reply": client.key is not None,
            "language": workbook.language,
            "tasks": [
                one._asdict() | {"due": one.due and one.due.isoformat()} for one in self._asked(client, workbook)
            ],
            "tighten": (self._latest("assignment", client.id) or {}).get("tighten", {}),
            "own": [
                {"id": one.exercise.id, "title": one.title, "minutes": one.exercise.minutes}
                | {"repeats": one.exercise.repeats}
                for one in self.instruments_of(name)
            ],
            "change": [
                {"title": area.title, "verdict": area.verdict, "reason": area.reason, "sittings": area.sittings}
                for area in overview.change(workbook, current, self._now()).areas
            ],
            "questions": list(overview.questions(current)),
            "chapters": chapters,
            "withdrawn": [
                {"prompt": _prompt(workbook, record.key), "at": record.at.isoformat()}
                for record in self.store.records("withdrawn", client.id)
            ],
            "gates": [
                {"title": overview.gate_title(workbook, event.gate), "change": event.change, "at": event.at.isoformat()}
                for event in self._gate_events(client)
            ],
            "notes": [
                {"text": record.payload["text"], "at": record.key} for record in self.store.records("note", client.id)
            ],
            "replies": [
                {"text": record.payload["reply"], "comments": record.payload["comments"], "at": record.at.isoformat()}
                for record in sorted(self.store.records("feedback", client.id), key=lambda one: int(one.key))
            ],
            "audit": [_event(event) for event in self.store.events(client.id)],
        }

    def summary(self, name: str) -> str:
        """Return one page about a client to read before a session, as HTML to print."""
        client = self.client(name)
        workbook, fresh, current = self._workbook(client), self._fresh(client), self._answered(client)
        return overview.session(
            client=client.name,
            workbook=workbook,
            current=current,
            tasks=self._asked(client, workbook),
            fresh=[one for one in current if one.id in fresh and one.item.rpartition(".")[2] not in FOOT],
            withdrawn=len(self.store.records("withdrawn", client.id)),
            gates=self._gate_events(client),
            notes=[record.payload["text"] for record in self.store.records("note", client.id)],
            now=self._now(),
        )

    # --- inside ---

    def _workbook(self, client: Client) -> Workbook:
        assigned = self._latest("assignment", client.id)
        return definition.load() if assigned is None else self._kept_workbook(assigned["workbook"])

    def _keep_workbook(self, workbook: Workbook) -> None:
        """Keep a workbook once, however many clients have it."""
        if all(record.key != workbook.fingerprint for record in self.store.records("workbook")):
            self.store.record("workbook", workbook.fingerprint, workbook.model_dump(mode="json"))
        self._workbooks[workbook.fingerprint] = workbook

    def _kept_workbook(self, fingerprint: str) -> Workbook:
        if fingerprint not in self._workbooks:
            for record in self.store.records("workbook"):
                if record.key == fingerprint:
                    self._workbooks[fingerprint] = models.Workbook.model_validate(record.payload)
        return self._workbooks[fingerprint]

    def _answered(self, client: Client) -> list[StoredAnswer]:
        return self.store.current(client=client.id)

    def _fresh(self, client: Client) -> set[str]:
        """The ids of the answers that came since their page was last looked at."""
        looked = max((record.at for record in self.store.records("looked", client.id)), default=None)
        arrived = [one for one in self.store.records("arrived", client.id) if looked is None or one.at > looked]
        return {id_ for one in arrived for id_ in one.payload["answers"]}

    def _asked(self, client: Client, workbook: Workbook) -> tuple[Asked, ...]:
        assigned = self._latest("assignment", client.id)
        glance = self.glances().get(client.id, {})
        tasks = _tasks(assigned) if assigned else ()
        return overview.asked(tasks, glance.get("exercises", {}), workbook, self._now().date())

    def _gate_events(self, client: Client) -> list[share.GateEvent]:
        told = self._latest("gates", client.id) or {"events": []}
        return [share.GateEvent.model_validate(event) for event in told["events"]]

    def _shared_answer(self, client: Client, answer: str) -> StoredAnswer:
        item, _, occasion = answer.partition("@")
        fitting = [
            one
            for one in self.store.current(client=client.id)
            if one.item == item and (not occasion or one.occasion == occasion)
        ]
        if not fitting:
            raise UnknownId(f'{client.name} has shared no answer "{answer}". Their page lists what they shared.')
        return fitting[-1]

    def _latest(self, kind: str, client: str) -> dict[str, Any] | None:
        return next((record.payload for record in self.store.records(kind, client)), None)

    def _remember(self, client: Client, **changes: Any) -> None:
        profile = {
            "name": client.name,
            "token": client.token,
            "since": client.since.isoformat(),
            "key": client.key,
            "revoked": client.revoked,
            "keep_until": client.keep_until.isoformat() if client.keep_until else None,
        }
        self.store.record("profile", "profile", profile | changes, client=client.id)


def _profile(payload: Mapping[str, Any]) -> dict[str, Any]:
    day = payload["keep_until"]
    return {
        **payload,
        "since": datetime.fromisoformat(payload["since"]),
        "keep_until": date.fromisoformat(day) if day else None,
    }


def _tasks(assigned: Mapping[str, Any]) -> tuple[share.Task, ...]:
    return tuple(share.Task.model_validate(task) for task in assigned["tasks"])


def _exercise_of(scale: Scale) -> str:
    return scale.items[0].rpartition(".")[0]


def _prompt(workbook: Workbook, key: str) -> str:
    try:
        return workbook.item(key.partition("@")[0]).prompt
    except UnknownId:
        return key


def _judged(sent: share.SharedAnswer, workbook: Workbook) -> StoredAnswer:
    """Check a value that came from outside against the item it answers, when we know that item."""
    try:
        value = json.loads(sent.value)
        item = workbook.item(sent.item)
        if sent.status == "answered" and definition.fingerprint(item) == sent.fingerprint:
            value = answers.check(item, value)
    except UnknownId:
        pass  # an item of a newer workbook: kept as the words it came with
    except (ValueError, RecursionError, InvalidAnswer):
        raise Refused("An answer in this submission does not fit its question. Nothing was changed.") from None
    fields = sent.model_dump(exclude={"value"})
    return StoredAnswer(**fields, value=value, begun_at=sent.answered_at)


def _key(answer: StoredAnswer | share.SharedAnswer) -> str:
    return f"{answer.item}@{answer.occasion}"


def _plain(answer: StoredAnswer) -> dict[str, Any]:
    names = ("item", "occasion", "version", "status", "value", "label", "prompt", "kind")
    return {name: getattr(answer, name) for name in names} | {"answered_at": answer.answered_at.isoformat()}


def _event(event: Any) -> dict[str, Any]:
    return {"at": event.at.isoformat(), "what": event.kind, "count": event.count}


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > seal.LARGEST:
            raise Refused(f"{file.name} is larger than any sealed file can be. It was not opened.")
        return file.read_bytes()
    except OSError as problem:
        raise Refused(f"{file.name} cannot be read: {problem.strerror}. Nothing was changed.") from None


def _write_keys(home: Path, keys: Keys, passphrase: str) -> None:
    plain = json.dumps({"identities": keys.identities, "store": keys.store}).encode()
    files.write(home / _KEYS, seal.seal_with_passphrase(plain, passphrase))
