"""Who speaks: each side signs with a key of its own, and both see the same six words to compare aloud."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from workbook import resources
from workbook.storage import seal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE = 64  # bytes
PUBLIC = 32  # bytes
_FOR = b"mend: the signing key of this identity"  # one secret to keep and to print, for two keys
_WORK = {"n": 2**14, "r": 8, "p": 1, "dklen": 8}  # a twentieth of a second: nobody looks for keys with the same words


class Party(NamedTuple):
    """The public keys of one side."""

    signs: str  # Ed25519, 64 hex digits
    opens: str  # age1…


def party(identity: str) -> Party:
    """Return the public keys that belong to a secret key (`AGE-SECRET-KEY-…`). Raises SealError."""
    return Party(signer(identity), seal.recipient(identity))


def signer(identity: str) -> str:
    """Return the public half of the signing key of a secret key, as 64 hex digits."""
    return _key(identity).public_key().public_bytes_raw().hex()


def sign(words: bytes, identity: str) -> bytes:
    """Return the signature (64 bytes) of `words`."""
    return bytes(_key(identity).sign(words))


def is_by(words: bytes, signature: bytes, public: str) -> bool:
    """Say whether the one with this public key signed exactly these words."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, words)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=1024)
def six_words(counselor: Party, client: Party, language: str = "en") -> tuple[str, ...]:
    """Return six words that both sides see alike as long as nobody stands between them."""
    said = "\n".join((*counselor, *client)).encode()
    number = int.from_bytes(hashlib.scrypt(said, salt=b"mend: six words", **_WORK), "big")
    words = word_list(language)
    found = []
    for _ in range(6):
        number, which = divmod(number, len(words))
        found.append(words[which])
    return tuple(found)


@lru_cache
def word_list(language: str = "en") -> tuple[str, ...]:
    """Return the 1024 words of a language, or the English ones."""
    file = resources.data("language", f"words-{language}.txt")
    if not file.is_file():
        file = resources.data("language", "words-en.txt")
    return tuple(file.read_text(encoding="utf-8").split())


def _key(identity: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    seal.recipient(identity)  # raises when it is no key
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_FOR).derive(identity.strip().encode())
    return ed25519.Ed25519PrivateKey.from_private_bytes(derived)
