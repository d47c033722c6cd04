"""What an answer was given to: a short text that stays the same as long as its question means the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from workbook.definition.models import NO_OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbook.definition.models import Item


def fingerprint(item: Item) -> str:
    """Return what an answer to this item means, as `kind codes words looks`; `drift.change` compares two.

    `codes` is JSON of what values are made of (keys, points, a range, columns); `words` a hash of the letters of
    prompt and labels; `looks` a hash of everything else: help, tags, commas.
    """
    codes = json.dumps(_CODES.get(item.kind, lambda _: None)(item), ensure_ascii=False, separators=(",", ":"))
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


# One row per kind whose values are made of something the definition says.
_CODES: dict[str, Callable[[Any], object]] = {
    "number": lambda item: [item.minimum, item.maximum],
    "ruler": lambda item: [item.minimum, item.maximum],
    "yesno": lambda item: ["yes", "no", *(["unsure"] if item.unsure else [])],
    "scale": lambda item: [*item.points, *([NO_OPPORTUNITY] if item.no_opportunity else [])],
    "choice": lambda item: list(item.options),
    "choices": lambda item: list(item.options),
    "rank": lambda item: list(item.options),
    "shares": lambda item: list(item.options),
    "table": lambda item: {c.id: [c.kind, *(c.options or ())] for c in item.columns},
    "letter": lambda item: list(item.parts),
    "computed": lambda item: item.compute.model_dump(exclude_none=True),
}
