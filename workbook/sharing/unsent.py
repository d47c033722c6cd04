"""Files on their way to a hub's mailbox: kept on the disk until it has acknowledged them, and who is who there."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from workbook import files
from workbook.errors import UnknownId
from workbook.sharing import envelope, kept
from workbook.sharing.kept import Address
from workbook.sharing.post import NotSent

if TYPE_CHECKING:
    from workbook.sharing.caseload import Caseload
    from workbook.sharing.post import Mailbox

_FOLDER = "unsent"  # beside the keys of a caseload
_KINDS = ("assignment", "feedback")
_TO = "to-"  # so that no name is a folder of the system's own


class Tried(NamedTuple):
    """What came of sending one file."""

    file: Path
    to: str
    why: str  # it was not acknowledged; "": it was, and is not kept any more


def keep(home: Path, to: str, data: bytes) -> Path:
    """Keep a file for someone on the hub, on the disk when this returns; return where. Raises OSError."""
    folder = home / _FOLDER / (_TO + quote(to, safe=""))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.{envelope.outside(data)}"
    files.write(file, data)
    return file


def send(home: Path, mailbox: Mailbox) -> list[Tried]:
    """Send what is kept; what was acknowledged is removed, and one that is refused keeps no other waiting."""
    tried: list[Tried] = []
    down = ""
    files_kept = [one for kind in _KINDS for one in (home / _FOLDER).glob(f"{_TO}*/*.{kind}")]
    for file in sorted(files_kept, key=lambda one: (one.stat().st_mtime_ns, one.name)):
        to, why = unquote(file.parent.name.removeprefix(_TO)), down
        if not down:
            try:
                mailbox.send(to, file.read_bytes())
                file.unlink()
                with contextlib.suppress(OSError):  # there may be others for the same person
                    file.parent.rmdir()
            except NotSent as problem:
                why, down = str(problem), str(problem) if problem.down else ""
        tried.append(Tried(file, to, why))
    return tried


def address(opened: Caseload, name: str) -> str | None:
    """Return who a client is on the hub; None when that was not said yet."""
    try:
        client = opened.client(name)
    except UnknownId:  # a new one
        return None
    found = kept.of(opened.store, Address, client.id).get("hub")
    return found.name if found else None


def remember(opened: Caseload, name: str, to: str) -> None:
    """Remember who a client is on the hub. Raises UnknownId."""
    if address(opened, name) != to:
        kept.of(opened.store, Address, opened.client(name).id).put("hub", Address(name=to))
