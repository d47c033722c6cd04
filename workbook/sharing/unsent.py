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
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class Tried(NamedTuple):
    """What came of sending one file."""

    file: Path
    to: str
    why: str  # it was not acknowledged; "": it was, and is not kept any more
    nobody: bool = False  # it goes nowhere until it is said anew who it is for
    never: bool = False  # the mailbox will not take it: it is kept aside, and tried no more


class _Way(NamedTuple):
    """Where the files of one folder go."""

    folder: Path
    mailbox: str  # a digest of its address: what is for one hub never goes to another
    client: str  # by id
    to: str  # who that is on the hub; "": there was nobody of the name that was said


def keep(opened: Caseload, mailbox: Mailbox, name: str, to: str, data: bytes) -> Path:
    """Keep a file for a client, who is `to` on the hub, on the disk when this returns; return where.

    What is kept for them from before goes to `to` as well. Raises UnknownId and OSError.
    """
    client = opened.client(name).id
    folder = opened.home / _FOLDER / hashlib.sha256(f"{mailbox.digest} {client}".encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _lead(_Way(folder, mailbox.digest, client, to))
    file = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.{envelope.outside(data)}"
    files.write(file, data)
    return file


def send(opened: Caseload, mailbox: Mailbox) -> list[Tried]:
    """Send what is kept for this mailbox; what was acknowledged is removed, and then it is remembered who that was.

    One that is refused keeps no other waiting, and one that is refused for good is put aside. Where there is nobody of
    a name, nothing goes to that name later either.
    """
    tried: list[Tried] = []
    down = ""
    there = {one.id for one in opened.clients() if not one.revoked}
    ways = {one.folder: one for one in _ways(opened.home) if one.mailbox == mailbox.digest and one.client in there}
    nobody = {one.folder: say("sharing.post.no_name") for one in ways.values() if not one.to}
    every = [file for folder in ways for file in _files(folder)]
    for file in sorted(every, key=lambda one: (one.stat().st_mtime_ns, one.name)):
        way = ways[file.parent]
        why, never = nobody.get(way.folder) or down, False
        if not why:
            try:
                mailbox.send(way.to, file.read_bytes())
                _done(opened, way, file)
            except NotSent as problem:
                why, down, never = str(problem), str(problem) if problem.down else "", problem.never
                if problem.nobody:
                    nobody[way.folder] = why
                    _lead(way._replace(to=""))
        tried.append(Tried(_aside(file) if never else file, way.to, why, way.folder in nobody, never))
    return tried


def _aside(file: Path) -> Path:
    """Keep a file where it is tried no more."""
    folder = file.parent / _REFUSED
    folder.mkdir(exist_ok=True, mode=0o700)
    return file.replace(folder / file.name)


def _done(opened: Caseload, way: _Way, file: Path) -> None:
    """A file was acknowledged: it was for someone who is there."""
    known = kept.of(opened.store, Address, way.client)
    if known.get(way.mailbox) != Address(name=way.to):
        known.put(way.mailbox, Address(name=way.to))
    file.unlink()
    if not _files(way.folder) and not _files(way.folder / _REFUSED):
        shutil.rmtree(way.folder, ignore_errors=True)


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


def _lead(way: _Way) -> None:
    said = {"mailbox": way.mailbox, "client": way.client, "to": way.to}
    files.write(way.folder / _WAY, json.dumps(said).encode())


def _ways(home: Path) -> Iterator[_Way]:
    for file in sorted((home / _FOLDER).glob(f"*/{_WAY}")):
        said = json.loads(file.read_bytes())
        yield _Way(file.parent, said["mailbox"], said["client"], said["to"])


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.suffix in _KINDS] if folder.is_dir() else []
