"""Bytes in, sealed bytes out: a sealed file opens only for the one it was sealed for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from workbook import words
from workbook.errors import SealError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LEAST_WORK = 16  # log2 of scrypt's N: about 64 MB and a quarter of a second
MOST_WORK = 22  # no file of ours asks for more; one that does would hold the machine for a minute
_TRIES = 20
LARGEST = 64 * 1024 * 1024  # bytes; a sealed file above this is not opened at all


def new_identity() -> str:
    """Return a new secret key (one line, `AGE-SECRET-KEY-…`)."""
    from pyrage import x25519

    return str(x25519.Identity.generate())


def recipient(identity: str) -> str:
    """Return the public key (`age1…`) that belongs to a secret key.

    Raises SealError when `identity` is not a secret key.
    """
    from pyrage import x25519

    public = _guarded(lambda: x25519.Identity.from_str(identity.strip()).to_public(), "no_key")
    return str(public)


def seal(plain: bytes, for_recipient: str) -> bytes:
    """Return `plain` sealed for one public key.

    Raises SealError when `for_recipient` is not a public key.
    """
    import pyrage

    key = _guarded(lambda: pyrage.x25519.Recipient.from_str(for_recipient.strip()), "no_recipient")
    return bytes(pyrage.encrypt(plain, [key]))


def unseal(sealed: bytes, identity: str) -> bytes:
    """Return the bytes sealed for this secret key.

    Raises SealError when they were sealed for another key, or one bit of them was changed.
    """
    import pyrage

    _small_enough(sealed)
    key = _guarded(lambda: pyrage.x25519.Identity.from_str(identity.strip()), "no_key")
    return bytes(_guarded(lambda: pyrage.decrypt(sealed, [key]), "not_for_this_key"))


def seal_with_passphrase(plain: bytes, passphrase: str) -> bytes:
    """Return `plain` sealed under a passphrase; takes a second or two, on purpose.

    age measures how much work this machine does in a second. A busy moment makes the machine look slow, and the
    seal cheap to guess, so a seal below `LEAST_WORK` is made again.
    """
    import pyrage

    sealed = b""
    for _ in range(_TRIES):
        sealed = bytes(pyrage.passphrase.encrypt(plain, passphrase))
        if work(sealed) >= LEAST_WORK:
            break
    return sealed


def unseal_with_passphrase(sealed: bytes, passphrase: str) -> bytes:
    """Return the bytes sealed under this passphrase.

    Raises SealError when the passphrase is wrong or the bytes were changed.
    """
    import pyrage

    _small_enough(sealed)
    if work(sealed) > MOST_WORK:
        raise SealError(words.say("storage.seal.wrong_words"))
    for _ in range(_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(sealed, passphrase))
        except pyrage.DecryptError as problem:
            if "Excessive work" not in str(problem):  # age took a busy moment for a slow machine: measure again
                break
        except Exception:  # bytes that are no age file at all
            break
    raise SealError(words.say("storage.seal.wrong_words"))


def work(sealed: bytes) -> int:
    """Return the work a passphrase seal asks for, as a power of two; 0 when it is none."""
    found = re.match(rb"age-encryption\.org/v1\n-> scrypt \S+ (\d{1,2})\n", sealed)
    return int(found[1]) if found else 0


def _small_enough(sealed: bytes) -> None:
    if len(sealed) > LARGEST:
        size, most = len(sealed) // 2**20, LARGEST // 2**20
        raise SealError(words.say("storage.seal.too_large", size=size, most=most))


def _guarded(call: Callable[[], T], what: str) -> T:
    """Run a call into age; whatever it says of bad input becomes one sentence of `storage.seal`."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as problem:  # a panic in age's Rust code is a BaseException
        raise SealError(words.say(f"storage.seal.{what}")) from problem
