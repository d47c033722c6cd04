"""Wording cues: text → hints that say how words may land and which way to look; nothing is blocked or rewritten."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook import resources
from workbook.definition import reading
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from workbook.definition.items import Item

AROUND = 120  # characters on each side of what was found, within which an exception is looked for
MOST = 100  # hints for one text; more would help nobody

# One character for one character, so that places in the plain text are places in what was typed.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "\u00a0": " ", "\t": " "}) | {
    code: code + 32 for code in range(ord("A"), ord("Z") + 1)
}


@dataclass(frozen=True)
class Hint:
    """Words that may press on the reader. `start` and `end` count characters of the text."""

    start: int
    end: int
    text: str  # the words as typed
    cue: str
    why: str
    direction: str


@dataclass(frozen=True)
class Cue:
    """One kind of wording: what to find, what to leave alone, and what to say."""

    id: str
    title: str
    why: str
    direction: str
    find: re.Pattern[str]
    spare: re.Pattern[str] | None


def find(text: str, language: str = "en") -> tuple[Hint, ...]:
    """Return what the cues notice in `text`, in reading order, at most 100 and none twice in one place."""
    plain = text.translate(_PLAIN)
    hints: list[Hint] = []
    for cue in cues(language):
        count = 0
        for match in cue.find.finditer(plain):
            if _spared(cue, plain, match):
                continue
            words = text[match.start() : match.end()]
            hints.append(Hint(match.start(), match.end(), words, cue.id, cue.why, cue.direction))
            count += 1
            if count == MOST:
                break
    return tuple(sorted(hints, key=lambda hint: (hint.start, hint.end))[:MOST])


def hints(item: Item, value: object, language: str = "en") -> list[dict[str, object]]:
    """Return the hints for an item's answer as a form shows them; those of a letter also name their `part`."""
    if not getattr(item, "cues", False):
        return []
    parts = value.items() if isinstance(value, dict) else [(None, value)]
    return [
        {
            "start": hint.start,
            "end": hint.end,
            "text": hint.text,
            "cue": hint.cue,
            "why": f"{hint.why} {hint.direction}",
        }
        | ({"part": part} if part is not None else {})
        for part, text in parts
        if isinstance(text, str)
        for hint in find(text, language)
    ]


@functools.cache
def cues(language: str = "en") -> tuple[Cue, ...]:
    """Return the cues of a language, from `data/language/LANG.yaml`; none, when the language has no file."""
    path = resources.data("language", f"{language}.yaml")
    return cues_of(path) if path.is_file() else ()


def cues_of(path: Path) -> tuple[Cue, ...]:
    """Return the cues of a file like `data/language/en.yaml`; raise WorkbookError when it does not fit."""
    data: Any = reading.read(path).data
    try:
        return tuple(_cue(row, data["words"]) for row in data["cues"])
    except (AttributeError, KeyError, TypeError, re.error) as error:
        raise WorkbookError(f"{path.name}: a cue does not fit ({error}). Compare it with en.yaml.") from error


def _cue(row: Mapping[str, object], words: Mapping[str, str]) -> Cue:
    spare = row.get("except")
    return Cue(
        id=str(row["id"]),
        title=str(row["title"]),
        why=str(row["why"]),
        direction=str(row["direction"]),
        find=_pattern(row["find"], words),  # type: ignore[arg-type]  # a list of patterns
        spare=_pattern(spare, words) if spare else None,  # type: ignore[arg-type]  # a list of patterns
    )


def _pattern(rows: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str]:
    """Join patterns into one that meets whole words only."""
    joined = "|".join(f"(?:{row})" for row in rows)
    for name, alternatives in words.items():
        joined = joined.replace(f"<{name}>", alternatives)
    return re.compile(rf"(?<![\w'])(?:{joined})(?!\w)")


def _spared(cue: Cue, plain: str, match: re.Match[str]) -> bool:
    """Say whether an exception covers some of what was found."""
    if cue.spare is None:
        return False
    start = max(0, match.start() - AROUND)
    for exception in cue.spare.finditer(plain, start, match.end() + AROUND):
        if exception.start() < match.end() and match.start() < exception.end():
            return True
        if exception.start() >= match.end():
            return False
    return False
