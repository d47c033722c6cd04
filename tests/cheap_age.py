"""What age seals under a passphrase, at a thousandth of its price: these passphrases are made up, and stand here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

import pyrage
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workbook.storage import seal as age

FULL = (pyrage.passphrase.encrypt, age.LEAST_WORK)  # at the real price, and the least that it may be
WORK = 10  # log2 of scrypt's N; age chooses it so that it takes this machine a second or more
_CHUNK = 64 * 1024  # bytes


def instead() -> None:
    """In this process, from here on, what `workbook` seals under a passphrase is sealed here."""
    pyrage.passphrase.encrypt, age.LEAST_WORK = seal, WORK


def seal(plain: bytes, passphrase: str) -> bytes:
    """Return a file of age's format v1 (C2SP age.md), which `pyrage.passphrase.decrypt` opens as any other."""
    key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    salted = b"age-encryption.org/v1/scrypt" + salt
    wrapping = hashlib.scrypt(passphrase.encode(), salt=salted, n=2**WORK, r=8, p=1, dklen=32)
    wrapped = ChaCha20Poly1305(wrapping).encrypt(bytes(12), key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (_text(salt), WORK, _text(wrapped))
    mac = hmac.digest(_derived(key, b"", b"header"), header, "sha256")
    return header + b" " + _text(mac) + b"\n" + nonce + _chunks(plain, _derived(key, nonce, b"payload"))


def _chunks(plain: bytes, key: bytes) -> bytes:
    """Seal piece by piece; each has its number, and the last says that it is."""
    box, starts = ChaCha20Poly1305(key), range(0, len(plain), _CHUNK) or range(1)
    return b"".join(
        box.encrypt((at // _CHUNK).to_bytes(11, "big") + bytes([at == starts[-1]]), plain[at : at + _CHUNK], None)
        for at in starts
    )


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(key)


def _text(bytes_: bytes) -> bytes:
    return base64.b64encode(bytes_).rstrip(b"=")
