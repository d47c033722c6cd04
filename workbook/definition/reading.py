"""A YAML file as plain data that knows its lines; every scalar is the text as written."""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbook import files
from workbook.definition import slips
from workbook.definition.slips import CLOSING, OPENING
from workbook.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import yaml

    Keys = tuple[str | int, ...]  # the way to a value: ("exercises", 1, "items", 3, "kind")

LARGEST = 500_000  # bytes in one file; a long chapter has 60,000
MOST_STOPS = 25  # places in one file that are mended to read on
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
    source: str = ""  # the line as it stands in the file, where something in it is to be pointed at
    column: int = 0  # of that, from 1

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = self.path if self.value is None else f"{self.path} is {_quoted(self.value)}."
        message = f"It {self.message}" if self.value is not None and self.message[:1].islower() else self.message
        said = " ".join(filter(None, (where if what else f"{where}:", what, message)))
        return f"{said}  {self.cure}".rstrip()

    @property
    def pointed(self) -> str:
        """The line of the file with a caret below the place, or "" when there is nothing to point at."""
        if not self.column:
            return ""
        start = max(0, self.column - 60)
        cut = "…" if start else ""
        shown = cut + self.source[start : start + 100].replace("\t", " ")
        return f"    {shown}\n    {' ' * (self.column - 1 - start + len(cut))}^"


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
        if shown and len(shown) > 1 and shown[0] in OPENING and shown[-1] in CLOSING:
            message, cure = "The curly quotes count as part of it.", f'Write {shown[1:-1]}, or "{shown[1:-1]}".'
        path = dotted(keys) or "the file"
        self.problems.append(Problem(self.file, self.lines.get(near, 0), path, shown, message, cure))


def dotted(keys: Keys) -> str:
    """Return the way to a value as a person reads it, counted from 1: `exercises[1].items[3].kind`."""
    path = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{_short(str(key))}" for key in keys)
    return path.removeprefix(".")


def read(path: Path, file: str | None = None) -> Outline:
    """Return what the YAML file at `path` says; scalars are str, `key:` alone is "".

    Raises DefinitionError when the file cannot be read as YAML at all; a key written twice is among `.problems`.
    """
    import yaml

    file = file or path.name
    raw = _text(path, file)
    text, found = slips.mended(raw)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    written = raw.split("\n")
    stops: list[int] = []
    tabbed: set[int] = set()
    while True:
        problems = [_named(file, written, slip) for slip in found]
        try:
            outline = _outline(file, yaml.parse(text, Loader=loader), text.split("\n"), written)
        except yaml.YAMLError as error:
            slip, whole = slips.stopped(text, error)
            if slip.line not in tabbed:  # a line with a tab is named for that
                found.append(slip)
            if "tab" in slip.message:
                tabbed.update(n for n, row in enumerate(written, 1) if "\t" in row[: len(row) - len(row.lstrip())])
            if whole is None or stops.count(slip.line) > 1 or len(stops) >= MOST_STOPS:
                named = {(slip.line, slip.message): _named(file, written, slip) for slip in found}
                raise DefinitionError(tuple(named.values())) from None
            stops.append(slip.line)
            text = whole
        except DefinitionError as error:
            raise DefinitionError((*problems, *error.problems)) from None
        else:
            outline.problems.extend(problems)
            return outline


def _named(file: str, written: list[str], slip: slips.Slip) -> Problem:
    return Problem(file, slip.line, "", None, slip.message, slip.cure, written[slip.line - 1].rstrip("\r"), slip.column)


def _text(path: Path, file: str) -> str:
    def refused(message: str, cure: str, line: int = 0) -> DefinitionError:
        return DefinitionError((Problem(file, line, "", None, message, cure),))

    try:
        raw = files.read(path, LARGEST)
    except FileNotFoundError:
        raise refused("There is no such file.", "Check the name.") from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            cure = "Split it into several chapters."
            raise refused(f"The file is too large: a chapter has at most {LARGEST // 1000} kB.", cure) from None
        raise refused(f"The file cannot be read: {error.strerror}.", "Check that it is a file you may read.") from None
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


def _outline(file: str, events: Iterator[yaml.Event], rows: list[str], written: list[str]) -> Outline:
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
            raise refuse(
                event, f"“{tag}” is a YAML tag, and these are not used here.", "Remove it, or put the text in quotes."
            )
        top = stack[-1]
        wants_key = isinstance(top.data, dict) and top.key is None
        if isinstance(event, yaml.ScalarEvent):
            slip = (
                slips.cut_off(rows, event.end_mark.line, event.end_mark.column)
                if event.end_mark and not event.style
                else None
            )
            if slip:
                outline.problems.append(_named(file, written, slip))
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


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _quoted(value: str) -> str:
    return json.dumps(_short(value), ensure_ascii=False)
