"""What an answer was given to: a short text that stays the same as long as its question means the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from workbook.definition import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.items import Item


def fingerprint(item: Item) -> str:
    """Return what an answer to this item means, as `kind codes words looks`; `drift.change` compares two.

    `codes` is JSON of what values are made of (keys, points, a range, columns); `words` a hash of the letters of
    prompt and labels; `looks` a hash of everything else: help, tags, commas. It is worked out once for each item.
    """
    known: str | None = item.__dict__.get("fingerprint")
    if known is None:
        known = item.__dict__["fingerprint"] = _worked_out(item)
    return known


def _worked_out(item: Item) -> str:
    codes = json.dumps(kinds.of(item).codes(item), ensure_ascii=False, separators=(",", ":"))
    if len(codes) > _LONGEST_CODES:
        codes = f'"{_hashed(codes)}"'
    spoken = {"prompt", "options", "points", "no_opportunity", "low", "high", "parts", "columns"}
    words = json.dumps(sorted(_words(item.model_dump(mode="json", include=spoken))))
    return f"{item.kind} {codes} {_hashed(words)} {_hashed(item.model_dump_json(exclude={'id'}))}"


_LONGEST_CODES = 2000  # characters


def _words(data: object) -> Iterator[str]:
    """Yield every text in `data` after its key, letters and digits only."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if isinstance(value, str):
            yield f"{key} {''.join(filter(str.isalnum, value.casefold()))}"
        yield from _words(value)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
