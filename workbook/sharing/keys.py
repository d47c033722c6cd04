"""The keys of a caseload: one file under the counselor's passphrase, and a sheet to print.

Each secret key both opens what was sealed for it and signs what the counselor makes. The newest signs; older ones
still open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import dates, files, words
from workbook.errors import Damaged, JournalError, Refused, SealError, one_name
from workbook.sharing import bundles, envelope, signing
from workbook.storage import lock, seal
from workbook.storage import sheet as sheets
from workbook.storage.database import local_now
from workbook.storage.folder import MARK
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from workbook.sharing.signing import Party

FORMAT = 1
KEYS = "keys.age"
ABOUT = "caseload.json"
STORE = "caseload.sqlite"
PAGES = "pages"  # a folder: what the browser is shown
FILES = (KEYS, ABOUT, STORE)  # what names of a caseload's own files begin with
_START = "AGE-SECRET-KEY-1"


@dataclass(frozen=True)
class Keys:
    """What the passphrase opens."""

    identities: tuple[str, ...] = field(repr=False)  # newest first; older ones still open what was sealed for them
    store: str = field(repr=False)  # 64 hex digits

    @property
    def party(self) -> Party:
        """The public halves of the newest key: what clients seal to, and what they know the counselor by."""
        return signing.party(self.identities[0])

    @property
    def owner(self) -> str:
        """Whose rows are theirs on a server: 32 hex digits that nobody can guess, the same after each new key."""
        return hashlib.sha256(b"mend: whose rows these are\n" + self.identities[-1].encode()).hexdigest()[:32]


def keygen(home: Path, passphrase: str, *, counselor: str = "", now: Callable[[], datetime] = local_now) -> Path:
    """Make a caseload's folder and keys, under a passphrase; return the folder.

    Raises JournalError when there is one already or it cannot be made, WeakPassphrase when the passphrase could be
    guessed, and Refused for a name that is too long.
    """
    home = Path(home)
    bundles.refuse_too_long(one_name(counselor), bundles.LONGEST_NAME)
    lock.judge(passphrase)
    refuse_existing(home)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
    except OSError as problem:
        raise JournalError(words.say("sharing.keys.refused", home=home, problem=problem.strerror)) from None
    keys = Keys((seal.new_identity(),), secrets.token_hex(32))
    _write_keys(home, keys, passphrase)
    about = {
        "format": FORMAT,
        "counselor": one_name(counselor) or words.say("sharing.keys.counselor"),
        "created": now().isoformat(),
    }
    files.write(home / ABOUT, json.dumps(about, indent=1).encode())
    return home


def is_caseload(home: Path) -> bool:
    """Say whether a folder holds a caseload."""
    return (Path(home) / ABOUT).exists()


def refuse_existing(home: Path) -> None:
    """Raise JournalError when a folder holds a caseload already, or a journal."""
    if is_caseload(home):
        raise JournalError(words.say("sharing.keys.there", home=home))
    if (Path(home) / MARK).exists():
        raise JournalError(words.say("sharing.keys.journal", home=home))


def refuse_missing(home: Path) -> None:
    """Raise JournalError when a folder holds no caseload."""
    if not is_caseload(home):
        command = f"workbook keygen --home {files.typed(home)}"
        raise JournalError(words.say("sharing.keys.none", home=home, command=command))


def unlock(home: Path, passphrase: str) -> Keys:
    """Read the keys of a caseload; takes a second or two, on purpose.

    Raises JournalError when `home` holds no caseload, and SealError when the passphrase is wrong.
    """
    refuse_missing(home)
    try:
        sealed = files.read(home / KEYS, seal.LARGEST)
    except OSError:
        command = f"workbook keygen --home {files.typed(home)} --recover sheet.txt"
        raise JournalError(words.say("sharing.keys.no_keys", file=home / KEYS, command=command)) from None
    try:
        plain = json.loads(seal.unseal_with_passphrase(sealed, _one_form(passphrase)))
    except SealError:
        if _one_form(passphrase) == files.said(passphrase):
            raise
        plain = json.loads(seal.unseal_with_passphrase(sealed, passphrase))  # as an earlier version kept it
    return Keys(tuple(plain["identities"]), plain["store"])


def counselor(home: Path) -> str:
    """Return the counselor's name, as a caseload keeps it. Raises JournalError when it cannot be read."""
    file = Path(home) / ABOUT
    try:
        return one_name(json.loads(files.read(file, seal.LARGEST))["counselor"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise JournalError(words.say("sharing.keys.unread", file=file)) from None


def recover(home: Path, sheet: str | bytes, passphrase: str) -> int:
    """Put a caseload under a new passphrase, with its recovery sheet; return how many keys that held.

    `sheet` is what was typed, or the bytes of a file, in any case, grouping, folding and encoding. Raises Refused when
    it is not whole, and WeakPassphrase. Nothing else of the caseload changes.
    """
    home = Path(home)
    lock.judge(passphrase)
    refuse_missing(home)
    found = sheets.read(sheet)
    kind = envelope.kind_of(sheet) if isinstance(sheet, bytes) else "text"
    if kind not in ("text", "page", "unknown") and not (found.identities or found.broken):
        what = words.say(f"sharing.envelope.is.{kind}")
        raise Refused(words.say("sharing.keys.no_sheet", what=what, start=_START))
    if not found.identities or found.broken or not found.stores:
        raise Refused(words.say("sharing.keys.not_whole", home=home, lacks=_lacks(found)))
    _write_keys(home, Keys(found.identities, _fitting(home, found.stores)), passphrase)
    return len(found.identities)


def _lacks(found: sheets.Sheet) -> str:
    """What of a recovery sheet could not be read."""
    if found.broken:
        return words.say("sharing.keys.broken", start=_START)
    if not found.identities:
        return words.say("sharing.keys.no_key", start=_START)
    return words.say("sharing.keys.no_store", heading=words.say("assessment.recovery.store"))


def _fitting(home: Path, stores: Sequence[str]) -> str:
    """Return the key that opens the store of a caseload. Raises StoreError when none does."""
    for store in stores if (home / STORE).exists() else ():
        with contextlib.suppress(Damaged):
            Store(home / STORE, key=bytes.fromhex(store)).close()
            return store
    if not (home / STORE).exists():
        return stores[0]
    raise Refused(words.say("sharing.keys.other_store", home=home))


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
        title=words.say("assessment.recovery.title"),
        counselor=counselor(home),
        home=str(home),
        identities=keys.identities,
        store=keys.store,
        day=dates.day(now()),
    )


def _write_keys(home: Path, keys: Keys, passphrase: str) -> None:
    plain = json.dumps({"identities": keys.identities, "store": keys.store}).encode()
    files.write(home / KEYS, seal.seal_with_passphrase(plain, _one_form(passphrase)))


def _one_form(passphrase: str) -> str:
    """A passphrase as it is used: letters that look the same are the same, whatever keyboard they come from."""
    return unicodedata.normalize("NFKC", files.said(passphrase))
