"""Slips of newcomers' hands in YAML: each is named where it stands, and mended so that reading goes on."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import yaml


class Slip(NamedTuple):
    """One slip: where, what is wrong, the cure."""

    line: int  # from 1
    column: int  # of the character to point at, from 1; 0: the whole line
    message: str
    cure: str


# Spaces that look like one and are another: of word processors, of web pages, of Chinese and Japanese keyboards.
_BLANKS = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_BULLETS = "–—‒−•‣·∙●▪"
OPENING, CLOSING = "“„‟«‘‚", "”“»’‘"

LONGEST_LINE = 3000  # characters; a longer one is named, not mended

_QUOTE = 'Put the text in quotes: key: "…".'
_STRAIGHT = 'Use straight ones: key: "…".'

_SUSPECT = re.compile(
    rf"^[ \t]*[{_BLANKS}{_UNSEEN}]|[:\-][{_BLANKS}{_UNSEEN}]|[{_BLANKS}{_UNSEEN}]+:|^ *(?:[{_BULLETS}]|\*)[ {_BLANKS}]"
    r"|^ *-[A-Za-z_“\"'][^:]*:|^ *(?:- +)?[A-Za-z_]{2,40}(?:：|:(?![\s/:]|$))",
    re.M,
)
_KEY = re.compile(r"(?P<front> *(?:- +)*)(?P<key>[^\s:#'\"\[\]{},&*!|>%@`-][^:#]{0,80}?|\"[^\"]*\"|'[^']*') *:(?= |$)")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\s*(#.*)?$")


class _Line(NamedTuple):
    """A line that is no comment, not empty, and not inside a block of text."""

    number: int  # from 0
    text: str
    indent: int  # spaces in front
    bullet: bool  # begins with “- ”
    key: str | None
    column: int  # where the key, or what there is, begins after indent and bullets, from 0
    value: str  # after the colon, else all there is


def _line(number: int, text: str) -> _Line:
    front = re.match(r" *(?:- +)*", text)
    column = front.end() if front else 0
    indent = len(text) - len(text.lstrip(" "))
    found = _KEY.match(text)
    key, value = (found["key"].strip("\"' "), text[found.end() :].strip()) if found else (None, text[column:].strip())
    return _Line(number, text, indent, text[indent : indent + 2] in ("- ", "-"), key, column, value)


def _lines(rows: list[str], until: int | None = None) -> Iterator[_Line]:
    """Yield the lines that make up the file's structure, as far as one can tell line by line."""
    inside = -1  # the indent below which a block of text ends; -1: there is none
    for number, row in enumerate(rows[:until]):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if inside >= 0 and len(row) - len(row.lstrip()) > inside:
            continue
        line = _line(number, row)
        inside = (line.column if line.key else line.indent) if _BLOCK.match(line.value) else -1
        yield line


# --- before reading: what YAML would take for something else ---


def mended(text: str) -> tuple[str, list[Slip]]:
    """Return the text as it was meant, and the slips to name; what only looks like a space is changed in silence."""
    if not _SUSPECT.search(text):
        return text, []
    rows = text.split("\n")
    slips: list[Slip] = []
    inside = -1
    for number, row in enumerate(rows):
        row = re.sub(rf"^[ {_BLANKS}{_UNSEEN}]+", _spaces, row)
        rows[number] = row
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if inside >= 0 and len(row) - len(row.lstrip()) > inside:
            continue
        for mend in (_mend_blanks, _mend_bullet, _mend_colon):
            row = mend(row, rows, number, slips)
        rows[number] = row
        line = _line(number, row)
        inside = (line.column if line.key else line.indent) if _BLOCK.match(line.value) else -1
    return "\n".join(rows), slips


def _spaces(found: re.Match[str]) -> str:
    return re.sub(rf"[{_BLANKS}]", " ", re.sub(rf"[{_UNSEEN}]", "", found[0]))


def _mend_blanks(row: str, rows: list[str], number: int, slips: list[Slip]) -> str:
    row = re.sub(rf"^( *(?:- *)?-)[{_BLANKS}]+", r"\1 ", row)
    return re.sub(
        rf"^( *(?:- +)*[\w-]+)[ {_BLANKS}{_UNSEEN}]*:[ {_BLANKS}{_UNSEEN}]*(?=[{_BLANKS}{_UNSEEN} ]|(?<=[^:]))",
        _colon,
        row,
    )


def _colon(found: re.Match[str]) -> str:
    whole = found[0]
    odd = re.search(rf"[{_BLANKS}{_UNSEEN}]", whole)
    return f"{found[1]}: " if odd else whole


def _mend_bullet(row: str, rows: list[str], number: int, slips: list[Slip]) -> str:
    found = re.match(rf"( *)([{_BULLETS}]|\*)[ {_BLANKS}]+(?=\S)", row)
    if found and len(found[1]) in _columns(rows, number, bullets=True):
        named = "An asterisk" if found[2] == "*" else "A long dash" if found[2] in "–—‒−" else "A dot"
        says = f"{named} does not begin a member of a list."
        slips.append(Slip(number + 1, found.end(1) + 1, says, "Use a hyphen and a space: “- ”."))
        return f"{found[1]}- {row[found.end() :]}"
    found = re.match(r"( *)-(?=[A-Za-z_“\"'][^:]*:(?:\s|$))", row)
    if found and len(found[1]) in _columns(rows, number, bullets=True):
        slips.append(Slip(number + 1, found.end() + 1, "There is no space after the hyphen.", "Write “- ” before it."))
        return f"{found[1]}- {row[found.end() :]}"
    return row


def _mend_colon(row: str, rows: list[str], number: int, slips: list[Slip]) -> str:
    found = re.match(r"( *(?:- +)*)([A-Za-z_]{2,40})(：|:(?![\s/:]|$))", row)
    if not found or (not found[1].strip() and len(found[1]) not in _columns(rows, number, bullets=False)):
        return row
    if found[3] == "：":
        says, cure = "A full-width colon does not end a name.", f"Use a colon and a space: “{found[2]}: ”."
    else:
        says, cure = f"There is no space after “{found[2]}:”.", "Write a colon and a space."
    slips.append(Slip(number + 1, found.end(), says, cure))
    return f"{found[1]}{found[2]}: {row[found.end() :].lstrip()}"


# --- while reading: a “#” that cuts a text off ---


def cut_off(rows: list[str], line: int, column: int) -> Slip | None:
    """Return a slip when the rest of the line behind a plain text, which ends here, is a comment by accident."""
    rest = rows[line][column:] if line < len(rows) else ""
    found = re.match(r"\s+(?=#[^\s#!])", rest)
    if not found:
        return None
    says = "A “#” after a space begins a comment: the text ends before it."
    cure = 'Put the text in quotes: key: "…". A comment has a space after its “#”.'
    return Slip(line + 1, column + found.end() + 1, says, cure)


# --- after a stop: what it looks like, and the text with that place mended ---


def stopped(text: str, error: yaml.YAMLError) -> tuple[Slip, str | None]:
    """Return the slip that YAML stopped at, and the text with it mended, so that reading can go on; None: it cannot."""
    rows = text.split("\n")
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    at = mark or context
    line = at.line if at else text.count("\n", 0, position) if isinstance(position, int) else 0
    line = min(line, len(rows) - 1)
    column = at.column if at else 0
    begun = context.line if context else line
    for look in _LOOKS:
        found = look(rows, line, column, begun, str(error))
        if found:
            slip, row = found
            if row is None or len(row) > LONGEST_LINE:
                return slip, None
            rows[slip.line - 1] = row
            return slip, "\n".join(rows)
    cure = "Check the indentation and the quotes of this line and the one above. " + _QUOTE
    return Slip(line + 1, 0, "This line cannot be read as YAML.", cure), None


_Found = tuple[Slip, str | None] | None


def _tabs(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    """A tab in front: every line that has one is set where what it belongs to begins."""
    here = rows[line]
    at = _front(here).find("\t")
    if at < 0:
        return None
    places: dict[int, int] = {}  # how many tabs → the column they stand for
    tabbed = [number for number, row in enumerate(rows) if "\t" in _front(row)]
    for number in tabbed:
        tabs, row = _front(rows[number]).count("\t"), rows[number].lstrip()
        nearest = min(places, key=lambda one: abs(one - tabs), default=None)
        if nearest is None:
            fitting = _columns(rows, number, bullets=row.startswith("- "))
            above = _above(rows, number)
            places[tabs] = above.column + 2 if above and above.key and not above.value else fitting[0]
        else:
            places.setdefault(tabs, max(0, places[nearest] + 2 * (tabs - nearest)))
        rows[number] = " " * places[tabs] + row
    more = len(tabbed) - 1
    others = f" So {'is' if more == 1 else 'are'} {more} more." if more else ""
    slip = Slip(line + 1, at + 1, f"This line is indented with a tab.{others}", "Indent with spaces.")
    return slip, rows[line]


def _front(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]


_BACKSLASH = "Use single quotes, or write it twice."
# One row per slip that YAML reports with words of its own: a piece of its message, what it means here, the cure.
_SAID: tuple[tuple[str, str, str], ...] = (
    ("found duplicate anchor", "“&” names an anchor, and these are not used here.", _QUOTE),
    ("undefined tag handle", "“!” at the beginning of a text has a meaning in YAML.", _QUOTE),
    ("unknown escape", "A backslash in double quotes starts an escape.", _BACKSLASH),
    ("special characters are not allowed", "A character that cannot be shown stands here.", "Delete it."),
    ("maximum nesting depth", "More than 40 levels stand inside each other.", "Use fewer."),  # libyaml from 0.2.6 on
    ("control characters are not allowed", "A character that cannot be shown stands here.", "Delete it."),
)


def _open_quote(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    """A quote that does not close on its line, where YAML stopped at or before the one that it took for its end."""
    for one in _lines(rows, line + 1):
        quote = one.value[:1]
        if one.number < begun - 1 or quote not in ('"', "'"):
            continue
        body = one.value[1:].replace('\\"', "").replace("''", "")
        if quote not in body and (one.number < line or "quoted scalar" in said):
            slip = Slip(one.number + 1, one.text.index(one.value) + 1, "A quoted text does not end.", _CLOSE)
            return slip, one.text.rstrip() + quote
    return None


_CLOSE = "Close it with the same quote it begins with."


def _known(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    for piece, message, cure in _SAID:
        if piece in said:
            here = _line(line, rows[line])
            mend = cure in (_QUOTE, _BACKSLASH) and here.value
            return Slip(line + 1, 0, message, cure), _quoted(here) if mend else None
    return None


def _quoted(line: _Line) -> str | None:
    """Return the line with its value in quotes; None when it has them already."""
    value = line.value
    if (
        len(value) > 1
        and value[0] == value[-1] == '"'
        and '"' not in value[1:-1].replace('\\"', "")
        and "\\" not in value
    ):
        return None
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        value = value[1:-1]
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{line.text[: line.text.index(line.value)]}"{escaped}"'


def _after_quote(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    here = _line(line, rows[line])
    found = re.match(r"\"(?:[^\"\\]|\\.)*\"\s*(?=[^\s#])|'(?:[^']|'')*'\s*(?=[^\s#])", here.value)
    if not found:
        return None
    at = here.text.index(here.value) + found.end() + 1
    cure = "Put quotes around the whole, and curly ones (“ ”) or none inside."
    return Slip(line + 1, at, "There is more text after the closing quote.", cure), _quoted(here)


def _colon_in_text(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    """A second colon in a line that has its name already; its text may only look as if it were in quotes."""
    here = _line(line, rows[line])
    if "mapping values are not allowed" not in said or here.key is None or not here.value:
        return None
    if column <= here.text.index(here.value):
        return None
    if here.value[0] in OPENING:
        at = here.text.index(here.value) + 1
        return Slip(line + 1, at, "Curly quotes do not hold a text together.", _STRAIGHT), _quoted(here)
    return Slip(line + 1, column + 1, "This line has a colon inside its text.", _QUOTE), _quoted(here)


def _no_colon(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    """A line that should be a name and is none: its colon is missing, or it goes on from the line above."""
    cut = "could not find expected ':'" in said
    alone = _line(begun, rows[begun]) if cut else _above(rows, line) if "mapping values are not" in said else None
    if alone and alone.key is None and alone.value in _NAMES:
        says = f"There is no colon after “{alone.value}”."
        return Slip(alone.number + 1, len(alone.text.rstrip()) + 1, says, "Write one."), alone.text.rstrip() + ":"
    if not cut:
        return None
    here = _line(begun, rows[begun])
    word = re.match(r"[a-z_]+(?= )", here.value)
    if word and word[0] in _NAMES:
        at = here.column + word.end()
        says = f"There is no colon after “{word[0]}”."
        return Slip(begun + 1, at + 1, says, "Write a colon and a space."), f"{here.text[:at]}: {here.text[at + 1 :]}"
    if here.value[:1] in _SIGNS:
        return None
    above = _above(rows, begun)
    goes_on = f"{' ' * (above.column + 2)}{here.text.strip()}" if above and above.key and above.value else None
    cure = "If it goes on from the line above, indent it further. Else begin it with its name: name: text."
    return Slip(begun + 1, here.column + 1, "This line has no colon.", cure), goes_on


# Names that a line may begin with; after them a colon is what is missing, not a part of a text.
_PROSE = frozenset(
    {"prompt", "help", "title", "lede", "intro", "text", "source", "opening", "more", "closing", "low", "high"}
)
_NAMES = _PROSE | {
    *("chapter", "notebook", "minutes", "exercises", "items", "scales", "why", "id", "kind", "options", "points"),
    *("share", "tags", "repeats", "label", "columns", "parts", "show_if", "question", "instrument", "licence"),
    *("exercise", "norms", "scale", "principle", "unsure", "unit", "unit_one", "row"),
}
_SIGNS = ("@", "`", "%", "*", "&", "!", "|", ">", "{", "[", '"', "'")


def _sign(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    for number in dict.fromkeys((line, begun)):
        here = _line(number, rows[number])
        start = here.value[:1]
        if start in _SIGNS and not _BLOCK.match(here.value):
            says = f"A text beginning with “{start}” is not read as text."
            return Slip(number + 1, here.text.index(here.value) + 1, says, _QUOTE), _quoted(here)
    return None


def _indent(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    """A line that begins where nothing around it begins."""
    here, above = _line(line, rows[line]), _above(rows, line)
    if above is None or (here.key is None and not here.bullet):
        return None
    fitting = _columns(rows, line, bullets=here.bullet)
    if here.indent in fitting:
        return None
    right = min(fitting, key=lambda one: (abs(one - here.indent), one))
    off = here.indent - right
    many = "one space" if abs(off) == 1 else f"{abs(off)} spaces"
    says = f"This line begins {many} too far {'in' if off > 0 else 'out'}."
    cure = f"Put {right} spaces in front, as what it belongs to has." if right else "Let it begin at the very left."
    return Slip(line + 1, here.indent + 1, says, cure), " " * right + here.text.lstrip()


def _columns(rows: list[str], line: int, *, bullets: bool) -> list[int]:
    """Return where a line here may begin: below the names, or the hyphens, of what is still open above it."""
    fitting: list[int] = []
    least = 10_000
    for one in reversed(list(_lines(rows, line))):
        if one.indent >= least and not (one.bullet and one.column < least):
            continue
        if bullets and one.bullet:
            fitting.append(one.indent)
        elif not bullets and one.key is not None and one.column < least:
            fitting.append(one.column)
        if bullets and not fitting and one.key is not None and not one.value:
            fitting.append(one.column + 2)
        least = min(least, one.indent if one.bullet or one.key is None else one.column)
    return fitting or [0]


def _above(rows: list[str], line: int) -> _Line | None:
    last = deque(_lines(rows, line), maxlen=1)
    return last[0] if last else None


def _flow(rows: list[str], line: int, column: int, begun: int, said: str) -> _Found:
    if "',' or ']'" not in said and "',' or '}'" not in said:
        return None
    here = _line(begun, rows[begun])
    if here.key in _PROSE and here.value[:1] in ("[", "{"):
        return _sign(rows, begun, column, begun, said)
    says = "What begins with “[” or “{” here does not end, or a comma is missing in it."
    closing = {"[": "]", "{": "}"}.get(here.value[:1])
    whole = here.text.rstrip() + closing if closing and closing not in here.value else None
    return Slip(
        begun + 1, here.text.index(here.value) + 1, says, "Check the brackets and commas, or use quotes."
    ), whole


_LOOKS: tuple[Callable[[list[str], int, int, int, str], _Found], ...] = (
    *(_tabs, _open_quote, _known, _colon_in_text, _no_colon, _after_quote, _indent, _flow, _sign),
)
