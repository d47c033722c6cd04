"""Keys as people type, print, photograph, fold and save them: read in any case, grouping, folding and encoding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from workbook import files
from workbook.errors import SealError
from workbook.storage import seal

# What may stand between two letters of a key: blanks, folds, hyphens of any kind, the marks of a quoted mail.
_BETWEEN = r"[\s\-‐‑‒–—―_.·:|>\"'“”„«»,;\u00ad\u200b-\u200f\u2060\ufeff]*"
_START = "AGE-SECRET-KEY-1"
_LENGTH = 58  # letters after the start
_SECRET = re.compile(
    _BETWEEN.join(re.escape(letter) for letter in _START.replace("-", "")) + f"((?:{_BETWEEN}[0-9A-Z]){{{_LENGTH}}})",
    re.IGNORECASE,
)
_BEGUN = re.compile(_BETWEEN.join("AGESECRETKEY"), re.IGNORECASE)
_MISREAD = str.maketrans({"O": "0", "I": "L", "1": "L"})  # a key has no O, I or (after its start) 1
_HEX = re.compile(r"[0-9a-fA-F]+")
_STORE = 64  # hex digits


class Sheet(NamedTuple):
    """What a recovery sheet holds, as far as it can be read."""

    identities: tuple[str, ...]  # secret keys, each whole and right, in order
    stores: tuple[str, ...]  # what may be the key of the store, 64 hex digits each, the likeliest first
    broken: int  # secret keys that were begun and are not whole, or have a wrong letter


def read(said: str | bytes) -> Sheet:
    """Return the keys in a recovery sheet that was typed, copied or saved."""
    plain = unicodedata.normalize("NFKC", said if isinstance(said, str) else files.text(said))
    plain = re.sub(r"<[^<>]*>", " ", plain)  # the page itself, saved from a browser
    identities: dict[str, None] = {}
    broken = len(_BEGUN.findall(plain))
    for found in _SECRET.finditer(plain):
        identity = _START + re.sub("[^0-9A-Z]", "", found[1].upper()).translate(_MISREAD)
        try:
            seal.recipient(identity)
        except SealError:  # its letters check each other
            continue
        identities[identity] = None
        broken -= 1
    stores = dict.fromkeys(sorted(_stores(_SECRET.sub(" ", plain)), key=lambda one: one[0]))
    return Sheet(tuple(identities), tuple(dict.fromkeys(store for _, store in stores)), max(broken, 0))


def _stores(plain: str) -> Iterator[tuple[int, str]]:
    """Each run of groups that makes 64 hex digits, with how many groups it took: words such as “add” are hex too."""
    groups = [each for each in re.split(_BETWEEN.replace("*", "+"), plain) if each]
    for first in range(len(groups)):
        joined = ""
        for last in range(first, len(groups)):
            if not _HEX.fullmatch(groups[last]):
                break
            joined += groups[last].lower()
            if len(joined) == _STORE:
                yield last - first, joined
            if len(joined) >= _STORE:
                break
