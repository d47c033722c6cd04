"""Pydantic's errors in our words: what is wrong, and the cure, for everything a field may refuse."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from workbook.definition.base import CHAPTER_ID, Model, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from workbook.definition.reading import Keys, Outline

M = TypeVar("M", bound=Model)

FREE = frozenset({"options", "points", "parts", "weights", "table", "ranges"})  # fields whose keys are an author's own

# One row per pydantic error: what is wrong, the cure; {…} is filled from the error's context.
_SAYINGS: dict[str, tuple[str, str]] = {
    "missing": ("is missing.", "Add it."),
    "string_type": ("is not text.", "If the text holds a colon or begins with “[” or “{{”, put it in quotes."),
    "string_too_short": ("is empty.", "Write it, or remove the line."),
    "string_too_long": ("It is too long.", "Use at most {max_length} characters."),
    "int_parsing": ("", "Write a whole number."),
    "int_from_float": ("", "Write a whole number."),
    "int_type": ("is not a number.", "Write a whole number."),
    "int_parsing_size": ("", "Write a smaller number."),
    "float_parsing": ("", "Write a number."),
    "float_type": ("is not a number.", "Write a number."),
    "finite_number": ("", "Write a number."),
    "bool_parsing": ("", "Write true or false."),
    "bool_type": ("is not true or false.", "Write true or false."),
    "greater_than": ("", "Use a number above {gt:g}."),
    "greater_than_equal": ("", "Use {ge:g} or more."),
    "less_than_equal": ("", "Use {le:g} or less."),
    "tuple_type": ("is not a list.", "Begin each of its members with “- ”."),
    "dict_type": ("is not a mapping.", "Write one line for each, like “name: text”."),
    "model_type": ("is not a mapping.", "Write its lines like “name: text”."),
    "named_twice": ("names an option twice.", "Name each once."),
    "too_short": ("has too few members.", "Write at least {min_length}."),
    "too_long": ("has too many members.", "Write at most {max_length}."),
}


def fitted(model: type[M], data: object, outline: Outline, keys: Keys) -> M | None:
    """Return `data` as `model`; when it does not fit, note every reason and return None."""
    if not isinstance(data, dict):
        outline.add(keys, data, "is not a mapping.", "Write its lines like “name: text”.")
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        meant = {_meant(model, fault) for fault in faults if fault["type"] == "extra_forbidden"}
        for fault in faults:
            inside = any(other["loc"][: len(fault["loc"])] == fault["loc"] != other["loc"] for other in faults)
            if fault["loc"] in meant or (fault["type"] == "too_short" and inside) or _twice(fault, faults):
                continue  # only there because of another: a mistyped key, a member that is broken
            path = tuple(key for key in fault["loc"] if key != "[key]")
            value, message, cure = _say(fault, model)
            outline.add((*keys, *path), value, message, cure)
        return None


def _meant(model: type[BaseModel], fault: ErrorDetails) -> Keys:
    """Return the way to the key a mistyped key was meant to be; () when it looks like none."""
    *path, key = fault["loc"]
    near = difflib.get_close_matches(str(key)[:60], fields(model, tuple(path)), n=1)
    return (*path, near[0]) if near else ()


def _twice(fault: ErrorDetails, faults: list[ErrorDetails]) -> bool:
    """Tell whether a key that is no number is the rest of a text that a comma cut off, which is said already."""
    way = fault["loc"][:-1]
    return fault["loc"][-1] == "[key]" and any(
        other["loc"] == way and other["type"] == "string_too_short" and re.search(r"\s", str(way[-1]))
        for other in faults
    )


_COMMA = (None, "is no name.", "Inside { } a comma ends a text: put the whole text in quotes.")


def _say(fault: ErrorDetails, model: type[BaseModel]) -> tuple[object, str, str]:
    """Return value, message and cure for one pydantic error."""
    sort, value, context, path = fault["type"], fault["input"], fault.get("ctx", {}), fault["loc"]
    if sort == "extra_forbidden":
        known = fields(model, path[:-1])
        if value == "" and re.search(r"\W", str(path[-1])):  # {prompt: Was it you, or me?}
            return _COMMA
        return None, "is not known here.", did_you_mean(path[-1], known) or f"Use one of: {', '.join(known)}."
    if sort == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        cure = f"Use one of: {', '.join(allowed)}."
        if not isinstance(value, str):
            return None, "is not one word.", cure
        return value, "", "  ".join(filter(None, (cure, did_you_mean(value, allowed))))
    if sort == "string_pattern_mismatch":
        named = str(path[-1])
        if named == "id" and context.get("pattern") == f"^{CHAPTER_ID}$":
            named = "scale"
        return value, *_FORMS.get(named, _FORMS["id"])
    if sort == "string_too_short" and len(path) > 1 and path[-2] in FREE and re.search(r"\s", str(path[-1])):
        return _COMMA
    if sort == "int_parsing" and path[-1] == "[key]":
        return value, "The number comes first, then its words.", "Write it like 0: never."
    if sort == "dict_type" and path[-1] in ("show_if", "when", "reopens"):
        return value, "is not a condition.", "Write one like {question: had_contact, is: yes}."
    message, cure = _SAYINGS.get(sort, (fault["msg"] + ".", ""))
    shown = None if sort in ("missing", "string_too_short") else value
    return shown, message, cure.format(**context)


# What an id looks like, by the field it stands in.
_FORMS = {
    "[key]": ("This cannot be a key.", "Use letters, digits and _, beginning with a letter."),
    "id": ("This cannot be an id.", "Use letters, digits and _, beginning with a letter."),
    "chapter": ("This cannot be a chapter's id.", "Use small letters, digits and -, beginning with a letter."),
    "scale": ("This cannot be a scale's id.", "Use small letters, digits and -, beginning with a letter."),
    "notebook": ("This cannot be a file name.", "Use small letters, digits and -, like 10-responsibility."),
    "language": ("This is not a language.", "Write it like en or pt-BR."),
    "href": ("A link cannot lead there.", "Use a notebook, like 30-space.ipynb, or https://…, mailto:… or tel:…."),
}


def fields(model: type[BaseModel], path: Keys) -> list[str]:
    """Return the names known at `path` inside `model`."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            inner = models_in(model.model_fields[key].annotation)
            model = inner[0] if inner else model
    return list(model.model_fields)


def models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]
