"""Files on their way to a hub's mailbox: kept on the disk until it has acknowledged them, and who is who there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from workbook import files
from workbook.errors import Refused, UnknownId
from workbook.sharing import envelope, kept
from workbook.sharing.kept import Address
from workbook.sharing.post import NotSent
from workbook.storage import seal
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbook.sharing.clients import Client
    from workbook.sharing.post import Mailbox
    from workbook.storage.store import Store

_FOLDER = "unsent"  # beside the keys of a caseload: a folder for each client and mailbox
_WAY = "way.json"  # in each: whose the files are, and who that is on which hub
_REFUSED = "refused"  # in each: what the mailbox will never take, and is tried no more
_KINDS = (".assignment", ".feedback")


class Caseload(Protocol):
    """What is asked of a caseload here."""

    home: Path
    store: Store

    def client(self, name: str) -> Client: ...
    def clients(self) -> list[Client]: ...


class Way(NamedTuple):
    """Where the files of one folder go."""

    folder: Path
    mailbox: str  # a digest of its address: what is for one hub never goes to another
    client: str  # by id
    to: str  # who that is on the hub; "": there was nobody of the name that was said


class Tried(NamedTuple):
    """What came of sending one file."""

    file: Path
    way: Way
    why: str  # it was not acknowledged; "": it was
    nobody: bool  # it goes nowhere until it is said anew who it is for
    never: bool  # the mailbox will not take it: it is kept aside, and tried no more
    ended: bool  # the mailbox does not know who asks, or not any more

    @property
    def to(self) -> str:
        return self.way.to


def keep(opened: Caseload, mailbox: Mailbox, name: str, to: str, data: bytes) -> Path:
    """Keep a file for a client, who is `to` on the hub, on the disk when this returns; return where.

    What is kept for them from before goes to `to` as well. Raises UnknownId, and Refused when it cannot be kept.
    """
    folder = opened.home / _FOLDER
    try:
        folder = lead(opened, mailbox, name, to)
        file = folder / f"{stem(data)}.{envelope.outside(data)}"
        files.write(file, data)
    except OSError as problem:  # its own trouble: in a transaction the store would take it for its own
        raise Refused(f"{problem.filename or folder}: {problem.strerror}.") from None
    return file


def lead(opened: Caseload, mailbox: Mailbox, name: str, to: str) -> Path:
    """What is kept for a client goes to who is `to` on the hub; return the folder. Raises UnknownId and OSError."""
    client = opened.client(name).id
    folder = opened.home / _FOLDER / hashlib.sha256(f"{mailbox.digest} {client}".encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _note(Way(folder, mailbox.digest, client, to))
    return folder


def send(opened: Caseload, mailbox: Mailbox) -> list[Tried]:
    """Send what is kept for this mailbox; what was acknowledged is kept no more.

    One that is refused keeps no other waiting, and one that is refused for good is put aside. Where there is nobody of
    a name, nothing goes to that name later either.
    """
    return settle(opened, carry(mailbox, ready(opened, mailbox)))


def ready(opened: Caseload, mailbox: Mailbox) -> list[tuple[Path, Way]]:
    """Return what is kept for this mailbox, for clients who are there, the oldest first."""
    there = {one.id for one in opened.clients() if not one.revoked}
    ways = [one for one in _ways(opened.home) if one.mailbox == mailbox.digest and one.client in there]
    every = [(file, way) for way in ways for file in _files(way.folder)]
    return sorted(every, key=lambda one: (one[0].stat().st_mtime_ns, one[0].name))


def carry(mailbox: Mailbox, every: Iterable[tuple[Path, Way]]) -> list[Tried]:
    """Hand files to the mailbox, each until it is acknowledged or said why not. Nothing is asked of the caseload."""
    tried: list[Tried] = []
    down: NotSent | None = None
    nobody: dict[Path, NotSent] = {}
    for file, way in every:
        problem = nobody.get(way.folder) or (NotSent(say("sharing.post.no_name")) if not way.to else down)
        never = False
        if problem is None:
            try:
                mailbox.send(way.to, files.read(file, seal.LARGEST))
            except FileNotFoundError:  # withdrawn meanwhile, or sent by another program of theirs
                continue
            except NotSent as why:
                problem, never = why, why.never
                down = why if why.down else None
                if why.nobody:
                    nobody[way.folder] = why
                    _note(way._replace(to=""))
        lost = not way.to or way.folder in nobody
        ended = problem is not None and problem.ended
        tried.append(Tried(_aside(file) if never else file, way, str(problem or ""), lost, never, ended))
    return tried


def settle(opened: Caseload, tried: list[Tried]) -> list[Tried]:
    """Keep what was acknowledged no more, and remember who that was on the hub; return what was tried."""
    there = {one.id for one in opened.clients()}
    for one in tried:
        if one.why:
            continue
        if one.way.client in there:  # else they were erased meanwhile
            known = kept.of(opened.store, Address, one.way.client)
            if known.get(one.way.mailbox) != Address(name=one.to):
                known.put(one.way.mailbox, Address(name=one.to))
        one.file.unlink(missing_ok=True)
        if not _files(one.way.folder) and not _files(one.way.folder / _REFUSED):
            shutil.rmtree(one.way.folder, ignore_errors=True)
    return tried


def _aside(file: Path) -> Path:
    """Keep a file where it is tried no more."""
    folder = file.parent / _REFUSED
    folder.mkdir(exist_ok=True, mode=0o700)
    return file.replace(folder / file.name)


def count(home: Path) -> int:
    """Return how many files wait to be sent, to whomever and whatever the mailbox."""
    return sum(len(_files(folder)) for folder in (home / _FOLDER).glob("*"))


def stems(home: Path) -> set[str]:
    """Return the `stem` of each file that no mailbox has acknowledged."""
    folders = [one for folder in (home / _FOLDER).glob("*") for one in (folder, folder / _REFUSED)]
    return {file.stem for folder in folders for file in _files(folder)}


def stem(data: bytes) -> str:
    """Return what a file is called here, without its ending."""
    return hashlib.sha256(data).hexdigest()[:16]


def withdraw(home: Path, client: str) -> int:
    """Remove what has not gone out to a client, by id, whatever the mailbox; return how many files. Raises Refused."""
    count = 0
    for way in _ways(home):
        if way.client == client:
            try:
                for file in [*_files(way.folder), *_files(way.folder / _REFUSED)]:
                    files.erase(file)
                    count += 1
                shutil.rmtree(way.folder)
            except OSError as problem:
                said = {"file": problem.filename or way.folder, "why": problem.strerror}
                raise Refused(say("sharing.post.not_withdrawn", **said)) from None
    return count


def address(opened: Caseload, mailbox: Mailbox, name: str) -> str | None:
    """Return who a client is on the hub of a mailbox; None when nothing of theirs was acknowledged there yet."""
    try:
        client = opened.client(name)
    except UnknownId:  # a new one
        return None
    found = kept.of(opened.store, Address, client.id).get(mailbox.digest)
    return found.name if found else None


def _note(way: Way) -> None:
    said = {"mailbox": way.mailbox, "client": way.client, "to": way.to}
    files.write(way.folder / _WAY, json.dumps(said).encode())


def _ways(home: Path) -> Iterator[Way]:
    """Whose the files of each folder are. Raises Refused when one cannot be read: they are somebody's all the same."""
    for file in sorted((home / _FOLDER).glob(f"*/{_WAY}")):
        try:
            said = json.loads(files.read(file, seal.LARGEST))
            way = Way(file.parent, *(str(said[name]) for name in ("mailbox", "client", "to")))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise Refused(say("sharing.post.no_way", file=file)) from None
        yield way


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [one for one in folder.iterdir() if one.suffix in _KINDS and one.is_file() and not one.is_symlink()]
