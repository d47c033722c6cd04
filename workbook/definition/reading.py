"""A YAML file as plain data that knows its lines; every scalar is the text as written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbook.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import yaml

    Keys = tuple[str | int, ...]  # the way to a value: ("exercises", 1, "items", 3, "kind")

LARGEST = 500_000  # bytes in one file; a long chapter has 60,000
DEEPEST = 40  # mappings and lists inside each other


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a definition: where, what, and the cure. `str()` is one line."""

    file: str
    line: int  # from 1; 0: the whole file, or no file at all
    path: str  # exercises[1].items[3].kind
    value: str | None  # what stands there; None: it is missing, or too large to show
    message: str
    cure: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = self.path if self.value is None else f"{self.path} is {_quoted(self.value)}."
        message = f"It {self.message}" if self.value is not None and self.message[:1].islower() else self.message
        said = " ".join(filter(None, (where if what else f"{where}:", what, message)))
        return f"{said}  {self.cure}".rstrip()


@dataclass(frozen=True)
class Outline:
    """What a file says, and the line of every value in it."""

    file: str
    data: object
    lines: dict[Keys, int]
    problems: list[Problem] = field(default_factory=list)

    def add(self, keys: Keys, value: object, message: str, cure: str = "") -> None:
        """Note a problem at `keys`, or at the nearest thing above that has a line."""
        near = keys
        while near not in self.lines and near:
            near = near[:-1]
        shown = str(value) if isinstance(value, (str, int, float)) and keys else None
        path = dotted(keys) or "the file"
        self.problems.append(Problem(self.file, self.lines.get(near, 0), path, shown, message, cure))


def dotted(keys: Keys) -> str:
    """Return the way to a value as a person reads it: `exercises[1].items[3].kind`."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{_short(str(key))}" for key in keys)
    return path.removeprefix(".")


def read(path: Path, file: str | None = None) -> Outline:
    """Return what the YAML file at `path` says; scalars are str, `key:` alone is "".

    Raises DefinitionError when the file cannot be read as YAML at all; a key written twice is among `.problems`.
    """
    import yaml

    file = file or path.name
    text = _text(path, file)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _outline(file, yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        raise DefinitionError((_syntax(file, text, error),)) from None


def _text(path: Path, file: str) -> str:
    def refused(message: str, cure: str, line: int = 0) -> DefinitionError:
        return DefinitionError((Problem(file, line, "", None, message, cure),))

    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise refused("There is no such file.", "Check the name.") from None
    except OSError as error:
        raise refused(f"The file cannot be read: {error.strerror}.", "Check that it is a file you may read.") from None
    if len(raw) > LARGEST:
        cure = "Split it into several chapters."
        raise refused(f"The file is too large: a chapter has at most {LARGEST // 1000} kB.", cure)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        cure = "Save the file again, with the encoding “UTF-8”."
        raise refused("This line is not UTF-8 text.", cure, line) from None
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        raise refused("The file is empty.", "Write the chapter, or delete the file.")
    return text


class _Open:
    """A mapping or list still being read."""

    def __init__(self, data: dict[str, object] | list[object], keys: Keys) -> None:
        self.data = data
        self.keys = keys
        self.key: str | None = None  # of a mapping: read, its value still to come
        self.line = 0  # of that key


def _outline(file: str, events: Iterator[yaml.Event]) -> Outline:
    """Build plain data from YAML events without recursion: depth and size stay bounded."""
    import yaml

    lines: dict[Keys, int] = {(): 1}
    outline = Outline(file, None, lines)
    holder: list[object] = []
    stack = [_Open(holder, ())]
    documents = 0

    def line_of(event: yaml.Event) -> int:
        return event.start_mark.line + 1 if event.start_mark else 1

    def refuse(event: yaml.Event, message: str, cure: str) -> DefinitionError:
        return DefinitionError((*outline.problems, Problem(file, line_of(event), "", None, message, cure)))

    def place(value: object, event: yaml.Event) -> Keys:
        """Put a value where it belongs and return the way to it."""
        top = stack[-1]
        if isinstance(top.data, list):
            keys = (*top.keys, len(top.data)) if top.data is not holder else ()
            top.data.append(value)
            lines[keys] = line_of(event)
            return keys
        key, top.key = str(top.key), None
        keys = (*top.keys, key)
        if key in top.data:
            message = f"is written twice, first in line {lines[keys]}."
            outline.problems.append(Problem(file, top.line, dotted(keys), None, message, "Keep one."))
            return (*keys, "(again)")
        top.data[key] = value
        lines[keys] = top.line
        return keys

    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise refuse(event, "A second document starts here.", "Remove the line “---”.")
        if isinstance(event, yaml.AliasEvent):
            cure = "Write the text out, or put it in quotes if the “*” belongs to it."
            raise refuse(event, f"“*{_short(event.anchor or '')}” is an alias, and these are not used here.", cure)
        if not isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.CollectionEndEvent):
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            continue
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            tag = _short(str(tag).replace("tag:yaml.org,2002:", "!!"))
            raise refuse(event, f"“{tag}” is a YAML tag, and these are not used here.", "Remove it.")
        top = stack[-1]
        wants_key = isinstance(top.data, dict) and top.key is None
        if isinstance(event, yaml.ScalarEvent):
            if wants_key:
                top.key, top.line = event.value, line_of(event)
            else:
                place(event.value, event)
            continue
        if wants_key:
            cure = "If the text begins with “{” or “[”, put it in quotes."
            raise refuse(event, "A list or mapping stands where a name belongs.", cure)
        if len(stack) > DEEPEST:
            raise refuse(event, *_TOO_DEEP)
        data: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
        stack.append(_Open(data, place(data, event)))
    return Outline(file, holder[0] if holder else "", lines, outline.problems)


_TOO_DEEP = (f"More than {DEEPEST} levels stand inside each other.", "Use fewer.")
_QUOTE = 'Put the text in quotes: key: "…".'
# One row per slip that YAML reports: a piece of its message, what it means here, the cure.
_SLIPS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "This line has a colon inside its text.", _QUOTE),
    ("found duplicate anchor", "“&” names an anchor, and these are not used here.", _QUOTE),
    ("unknown escape", "A backslash in double quotes starts an escape.", "Use single quotes, or write it twice."),
    ("while scanning a quoted scalar", "A quoted text does not end.", "Close it with the same quote it begins with."),
    ("special characters are not allowed", "A character that cannot be shown stands here.", "Delete it."),
    ("control characters are not allowed", "A character that cannot be shown stands here.", "Delete it."),
    ("maximum nesting depth", *_TOO_DEEP),  # libyaml from 0.2.6 on looks ahead and gives up first
    ("undefined tag handle", "“!” at the beginning of a text has a meaning in YAML.", _QUOTE),
)


def _syntax(file: str, text: str, error: yaml.YAMLError) -> Problem:
    """Say a YAML error in our words: the line, what it looks like, and the cure."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    rows = text.split("\n")
    line = min(line, len(rows))
    here = rows[line - 1]
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return Problem(file, line, "", None, "This line is indented with a tab.", "Indent with spaces.")
    said = str(error)
    for piece, message, cure in _SLIPS:
        if piece in said:
            return Problem(file, line, "", None, message, cure)
    start = here.partition(":")[2].strip()[:1] if ":" in here else here.strip().removeprefix("- ")[:1]
    if start in ("@", "`", "%", "*", "&", "!", "|", ">", "{", "[", '"', "'"):
        return Problem(file, line, "", None, f"A text beginning with “{start}” is not read as text.", _QUOTE)
    cure = "Check the indentation and the quotes of this line and the one above. " + _QUOTE
    return Problem(file, line, "", None, "This line cannot be read as YAML.", cure)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _quoted(value: str) -> str:
    return json.dumps(_short(value), ensure_ascii=False)
