"""A file's plain data before it is a model: how its names are written, the ids in it, the members of its lists."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from workbook.definition import conditions
from workbook.definition.base import CHAPTER_ID
from workbook.definition.models import INSTRUMENTS
from workbook.definition.slips import CLOSING, OPENING
from workbook.definition.wording import FREE, models_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from workbook.definition.reading import Keys, Outline


def full(id: str, exercise: str) -> str:
    """Return the full id: a bare word is an item of the same exercise."""
    return id if "." in id or not exercise else f"{exercise}.{id}"


def number(value: object) -> object:
    """Return the number a text says; anything else as it is."""
    if not isinstance(value, str) or not re.fullmatch(r"[-+]?\d{1,15}(\.\d{1,15})?", value, re.ASCII):
        return value
    return float(value) if "." in value else int(value)


def one_word(outline: Outline, keys: Keys, id: str, full: str) -> None:
    if "." in id:
        cure = f"Write “{id.rpartition('.')[2]}”; the rest comes by itself."
        outline.add((*keys, "id"), id, "In a file an id is one word.", cure)


def members(outline: Outline, data: Mapping[str, object], keys: Keys, name: str) -> list[tuple[Keys, object]]:
    """Return the members of a list in a mapping, each with the way to it."""
    listed = data.get(name, [])
    if not isinstance(listed, list):
        value = listed or None if isinstance(listed, str) else None
        outline.add((*keys, name), value, "is not a list.", "Begin each of its members with “- ”.")
        return []
    return [((*keys, name, index), one) for index, one in enumerate(listed)]


def scan(data: object) -> Iterator[tuple[str, str]]:
    """Yield id and kind of every item in a chapter's data, however broken the rest is."""
    file = mapping(data)
    exercises = mappings(file, "exercises")
    if "instrument" in file:
        exercises = [mapping(file.get("exercise"))]
    for exercise in exercises:
        full = exercise_id(chapter_id(file), exercise)
        for item in mappings(exercise, "items"):
            yield f"{full}.{str(item.get('id')).strip(OPENING + CLOSING)}", str(item.get("kind"))
        yield f"{full}.useful", "scale"
        yield f"{full}.done", "yesno"


def chapter_id(data: Mapping[str, object]) -> str:
    """Return the id a file's ids begin with, a stand-in when the file gives none."""
    if "instrument" in data:
        return INSTRUMENTS
    id = data.get("chapter")
    fits = isinstance(id, str) and len(id) <= 60 and re.fullmatch(CHAPTER_ID, id)
    return str(id) if fits else "chapter"


def exercise_id(chapter: str, data: Mapping[str, object]) -> str:
    return f"{chapter}.{str(data.get('id')).rpartition('.')[2]}"


@functools.cache
def _every_name(models: tuple[type[BaseModel], ...]) -> frozenset[str]:
    """Every field of the models a file is made of, and of what is in them."""
    found: set[str] = set()
    left: list[type[BaseModel]] = list(models)
    seen: set[type[BaseModel]] = set()
    while left:
        model = left.pop()
        if model not in seen:
            seen.add(model)
            found |= set(model.model_fields)
            left += [one for field in model.model_fields.values() for one in models_in(field.annotation)]
    return frozenset(found | set(conditions.COMPARISONS) | {"question", "all", "any", "not"})


def small(outline: Outline, models: tuple[type[BaseModel], ...]) -> None:
    """Read names with a capital or in curly quotes as the names (of `models`) that they are, and say so."""
    names = _every_name(models)
    left: list[tuple[Keys, object]] = [((), outline.data)]
    while left:
        keys, data = left.pop()
        if isinstance(data, list):
            left += [((*keys, index), one) for index, one in enumerate(data)]
        if not isinstance(data, dict):
            continue
        for key in [] if keys and keys[-1] in FREE else list(data):
            name = key.strip(OPENING + CLOSING).casefold()
            if name == key or name not in names or name in data:
                continue
            cure = (
                f"Write “{name}”, with a small letter." if name == key.casefold() else f"Write {name} without quotes."
            )
            outline.add((*keys, key), None, "is not how a name is written.", cure)
            rest = list(data.items())
            data.clear()
            data |= {name if one == key else one: value for one, value in rest}
            for way in [way for way in outline.lines if way[: len(keys) + 1] == (*keys, key)]:
                outline.lines[*keys, name, *way[len(keys) + 1 :]] = outline.lines[way]
        left += [((*keys, key), one) for key, one in data.items()]


def mapping(data: object) -> dict[str, object]:
    return data if isinstance(data, dict) else {}


def mappings(data: Mapping[str, object], name: str) -> list[dict[str, object]]:
    listed = data.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
