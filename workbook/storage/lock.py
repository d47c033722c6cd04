"""A journal's lock: one random key for the answers, kept under a passphrase.

The key never stands on the disk by itself, nor in arguments, environment or logs. A changed passphrase wraps the
same key anew; a forgotten one, without a recovery key, means that the answers are gone.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import files, words
from workbook.errors import Locked, SealError, StoreError, WeakPassphrase
from workbook.storage import seal, sqlite
from workbook.storage.folder import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KEY_BYTES = 32
STRONG = 3  # of zxcvbn's 0–4: safe from someone who has the file and tries for weeks
LONGEST_WAIT = timedelta(minutes=15)
_MOST_WRONG = 1000  # counted; the wait is the longest long before


class Lock:
    """The passphrase of one journal. `folder` is its `.mend/keys`; `now` is the clock.

    `wrap` and `unwrap` seal bytes under a passphrase; each takes about a second, on purpose.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        wrap: Callable[[bytes, str], bytes] = seal.seal_with_passphrase,
        unwrap: Callable[[bytes, str], bytes] = seal.unseal_with_passphrase,
    ) -> None:
        self._wrap_bytes, self._unwrap_bytes = wrap, unwrap
        self._file = folder / "lock.json"
        self._attempts = folder / "attempts.json"  # how many were wrong and when; nothing secret
        self._now = now

    def __repr__(self) -> str:
        return f"Lock({self._file})"

    @property
    def exists(self) -> bool:
        """Whether there is a passphrase."""
        return os.path.lexists(self._file)  # one that cannot be read is no reason to ask for nothing

    def make(self, key: bytes, passphrase: str, readable: Iterable[Path] = ()) -> None:
        """Keep `key` under a passphrase, before the files are locked with it; then `done`. Raises WeakPassphrase.

        `readable`: files that are to be locked too, and that `knows` tells from others until they are.
        """
        judge(passphrase)
        held = {"format": 1, "check": _check(key), "passphrase": self._wrap(key, _same(passphrase))}
        marks = []
        for file in readable:
            with contextlib.suppress(OSError):  # one that cannot be read cannot be locked either
                marks.append(_mark(key, file))
        self._write(held | ({"readable": " ".join(marks)} if marks else {}) | {"under_way": _under_way(key)})

    def knows(self, key: bytes, file: Path) -> bool:
        """Say whether a readable file is one that was there when the lock was made, under its name and unchanged.

        Only who has the key can make a file that is known. Raises OSError.
        """
        with contextlib.suppress(Locked):  # the passphrase's file is damaged: nothing is known
            return _mark(key, file) in str(self._read().get("readable")).split()
        return False

    @property
    def under_way(self) -> bool:
        """Whether it says that locking or unlocking has begun and is not done; who has the files can write that."""
        return "under_way" in self._read()

    def began(self, key: bytes) -> bool:
        """Say whether that was written by who has the key: only then may the answers lie open under a lock."""
        return self._read().get("under_way") == _under_way(key)

    def begin(self, key: bytes) -> None:
        """Remember that the files are about to be unlocked."""
        self._write(self._read() | {"under_way": _under_way(key)})

    def done(self) -> None:
        """Remember that the answers are locked."""
        self._write({name: held for name, held in self._read().items() if name != "under_way"})

    def fits(self, key: bytes) -> bool:
        """Say whether a key is the one of this journal."""
        return secrets.compare_digest(self._read()["check"], _check(key))

    def change(self, key: bytes, passphrase: str) -> None:
        """Put a new passphrase in the place of the old one; a recovery key stays good. Raises WeakPassphrase."""
        judge(passphrase)
        self._write(self._read() | {"passphrase": self._wrap(key, _same(passphrase))})

    def recovery(self, key: bytes) -> str:
        """Return a new recovery key, to be written on paper; an earlier one opens nothing any more."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(30))
        self._write(self._read() | {"recovery": self._wrap(key, code)})
        return "-".join(code[n : n + 5] for n in range(0, 30, 5))

    def open(self, secret: str) -> bytes:
        """Return the key, for a passphrase or a recovery key.

        Raises Locked when it is wrong, or when the wait after earlier wrong ones is not over.
        """
        wrong = self._wait()
        held = self._read()
        tries = [("passphrase", _same(secret))]
        code = _code(secret)
        if code is not None and "recovery" in held:
            tries.insert(0, ("recovery", code))
        for name, word in tries:
            with contextlib.suppress(SealError):
                key = self._unwrap_bytes(base64.b64decode(held[name]), word)
                with contextlib.suppress(OSError):
                    self._attempts.unlink(missing_ok=True)
                return key
        self._remember(wrong + 1)
        raise Locked(words.say("storage.lock.wrong", after=_after(wrong + 1)))

    def remove(self) -> None:
        """Forget the passphrase and the recovery key."""
        self._file.unlink(missing_ok=True)
        self._attempts.unlink(missing_ok=True)

    def _wrap(self, key: bytes, word: str) -> str:
        return base64.b64encode(self._wrap_bytes(key, word)).decode()

    def _wait(self) -> int:
        """Return how many were wrong so far, or raise Locked while it is too early for another."""
        try:
            said = json.loads(files.read(self._attempts, LARGEST))
            wrong, last = min(max(int(said["wrong"]), 0), _MOST_WRONG), datetime.fromisoformat(said["last"])
            passed = self._now() - last
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):  # damaged, or made to look so
            return 0
        if passed < timedelta(0):  # the clock was set back: the wait begins again, it does not last for ever
            self._remember(wrong)
            passed = timedelta(0)
        left = _pause(wrong) - passed
        if left > timedelta(0):
            raise Locked(words.say("storage.lock.too_early", time=_seconds(left)))
        return wrong

    def _remember(self, wrong: int) -> None:
        """Keep the count; on a full or read-only disk there is none, and the passphrase alone must do."""
        with contextlib.suppress(OSError):
            _write(self._attempts, {"wrong": wrong, "last": self._now().isoformat()})

    def _read(self) -> dict[str, str]:
        try:
            held = json.loads(files.read(self._file, LARGEST))
            if held["format"] != 1:
                raise Locked(words.say("storage.lock.newer"))
            for sealed in held["passphrase"], held.get("recovery", ""):
                base64.b64decode(sealed)
            held["check"].encode("ascii")
            return dict(held)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # damaged, or made so
            raise Locked(words.say("storage.lock.lost", file=self._file)) from None

    def _write(self, held: Mapping[str, object]) -> None:
        try:
            _write(self._file, held)
        except OSError as problem:
            said = words.say("storage.lock.unwritten", file=self._file, problem=problem.strerror)
            raise StoreError(said) from None


def new_key() -> bytes:
    """Return a random key."""
    return secrets.token_bytes(KEY_BYTES)


def judge(passphrase: str) -> None:
    """Raise WeakPassphrase, with advice, when a passphrase could be guessed by someone who has the file."""
    from zxcvbn import zxcvbn

    found = zxcvbn(_same(passphrase)[:72] or " ", user_inputs=["mend", "workbook", "journal"])
    if not passphrase.strip() or found["score"] < STRONG:
        why = _weakness(found["sequence"]) if passphrase.strip() else ""
        said = (
            words.say("storage.lock.weak"),
            why and words.say(f"storage.lock.weak_{why}"),
            words.say("storage.lock.good"),
        )
        raise WeakPassphrase(" ".join(part for part in said if part))


_PATTERNS = {"spatial": "keys", "repeat": "repeat", "sequence": "row", "regex": "day", "date": "day"}


def _weakness(sequence: list[dict[str, Any]]) -> str:
    """Name what is guessed first in the longest part that zxcvbn knows; its own advice is in English only."""
    longest = max(sequence, key=lambda part: len(part["token"]), default={"pattern": ""})
    if longest["pattern"] == "dictionary":
        return "common" if longest["dictionary_name"] == "passwords" else "word"
    return _PATTERNS.get(longest["pattern"], "")


# --- how it is kept ---

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread on paper
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def _same(passphrase: str) -> str:
    """The same words typed on another keyboard are the same passphrase."""
    return unicodedata.normalize("NFKC", files.said(passphrase))


def _code(secret: str) -> str | None:
    """A recovery key however it was typed, grouped and folded, or None."""
    code = "".join(filter(str.isalnum, _same(secret))).upper().translate(_MISREAD)
    return code if len(code) == 30 and set(code) <= set(_LETTERS) else None


def _check(key: bytes) -> str:
    """Tell one key from another; it says nothing about a key of 32 random bytes."""
    return hashlib.blake2b(key, digest_size=16, person=b"mend.check").hexdigest()


def _under_way(key: bytes) -> str:
    """A word that nobody can make without the key."""
    return hashlib.blake2b(key=key, digest_size=16, person=b"mend.under_way").hexdigest()


def _mark(key: bytes, file: Path) -> str:
    """A digest of a file and its name that nobody can make without the key."""
    digest = hashlib.blake2b(f"{file.name}\0".encode(), key=key, digest_size=16, person=b"mend.readable")
    with files.opened(file, sqlite.LARGEST) as opened:
        while piece := opened.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def _pause(wrong: int) -> timedelta:
    """1, 2, 4, … seconds from the second wrong one on."""
    return min(timedelta(seconds=2 ** min(wrong - 2, 10)), LONGEST_WAIT) if wrong >= 2 else timedelta(0)


def _after(wrong: int) -> str:
    pause = _pause(wrong)
    return words.say("storage.lock.wait", time=_seconds(pause)) if pause else words.say("storage.lock.look")


def _seconds(time_: timedelta) -> str:
    seconds = max(1, round(time_.total_seconds()))
    if seconds < 120:
        return words.say("storage.lock.seconds", count=seconds)
    return words.say("storage.lock.minutes", count=round(seconds / 60))


def _write(file: Path, held: Mapping[str, object]) -> None:
    files.write(file, json.dumps(dict(held)).encode())
