"""The scripts and style sheets of a page, by name; a script and the modules it imports as one, with no build step."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import resources

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent

# What our modules may say of each other: names from a module beside them, and their own.
_IMPORT = re.compile(r'^import \{([^{}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{([^{}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function\*?) (\w+))", re.MULTILINE)
_OTHERWISE = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_TWO = re.compile(r"light-dark\(([^,()]+), ([^,()]+)\)")
_OWN = re.compile(r"export (?:default|const|class|function|async function)\b")


def script(name: str) -> Path:
    """Return the file of a script, such as `form.js`."""
    return _HERE / "js" / name


def style(name: str) -> Path:
    """Return the file of a style sheet, such as `form.css`."""
    return _HERE / "css" / name


@functools.cache
def look(*names: str) -> str:
    """Return the palette and style sheets as one text: what a widget, or a page without one, is given."""
    sheets = (resources.data("look", "palette.css"), *map(style, names))
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


@functools.cache
def surroundings(*, by_system: bool = False) -> str:
    """Return the colours of what lies around our parts of a page.

    `by_system`: as the computer is set, light or dark, whatever the page they are for says of itself.
    """
    text = resources.data("look", "surroundings.css").read_text(encoding="utf-8")
    if not by_system:
        return text
    light, dark = (_TWO.sub(rf"\{which}", text[text.index(":root") :]).strip() for which in (1, 2))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


SCRIPTS = (
    "assessment.js",
    "caseload.js",
    "chapter.js",
    "given.js",
    "lock.js",
    "share.js",
    "step.js",
    "today.js",
)  # of widgets


class Script:
    """What a widget is given as its script: the module's text, or on our own page a word of where that page has it.

    A chapter has ten forms. Each would bring the whole script, which the browser would read and compile anew.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        if not _on_our_page():
            return module(self.name)
        place = f"JSON.parse(document.body.dataset.scripts)[{json.dumps(self.name)}]"
        return f"export default (await import(new URL({place}, location.href).href)).default;"


def _on_our_page() -> bool:
    """Say whether this is a kernel of ours that Voilà asked for a page, which then is of our template."""
    return "workbook.jupyter.kernel" in sys.orig_argv and "VOILA_KERNEL_ID" in os.environ


@functools.cache
def module(name: str) -> str:
    """Return a script and every module it imports as one ES module: what a widget, or a page in one file, is given.

    Each imported module becomes a function that is called once, before those that need it, and returns what it exports;
    so its other names stay its own. The script itself comes last and stays a module, with its exports.
    """
    return join(name, lambda one: script(one).read_text(encoding="utf-8"))


def join(entry: str, read: Callable[[str], str]) -> str:
    """Return `entry` and what it imports as one module; `read` gives a module's text by its name.

    Raises ValueError for a circle, and for an `import` or `export` of another form than our modules use.
    """
    parts: list[str] = []
    done: set[str] = set()

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"Scripts import each other in a circle: {' → '.join((*above, name))}.")
        if name in done:
            return
        done.add(name)
        text = read(name)
        for pattern in (_IMPORT, _PASSED_ON):
            for found in pattern.finditer(text):
                add(found[2], (*above, name))
        parts.append(_last(name, text) if not above else _scope(name, text))

    add(entry, ())
    return "\n".join(parts)


def _last(name: str, text: str) -> str:
    text = _taken(text)
    return _known(name, text, [line for line in _OTHERWISE.findall(text) if not _OWN.match(line)])


def _scope(name: str, text: str) -> str:
    given = _EXPORT.findall(text)
    if _PASSED_ON.search(text):
        raise ValueError(f"{name} passes on what it imports; only the script itself may.")
    text = _taken(_EXPORT.sub("", text))
    body = _known(name, text, _OTHERWISE.findall(text))
    return f"const {_place(name)} = (() => {{\n{body}\nreturn {{ {', '.join(given)} }};\n}})();"


def _taken(text: str) -> str:
    """Let names come from what holds another module's exports."""
    return _PASSED_ON.sub(_names("export const"), _IMPORT.sub(_names("const"), text))


def _names(how: str) -> Callable[[re.Match[str]], str]:
    return lambda found: f"{how} {{{found[1].replace(' as ', ': ')}}} = {_place(found[2])};"


def _known(name: str, text: str, odd: list[str]) -> str:
    if odd:
        raise ValueError(f"{name} has a line that cannot be joined: {odd[0]}")
    return text


def _place(name: str) -> str:
    """What holds the exports of a module: `$form` for `form.js`."""
    return "$" + name.removesuffix(".js").replace("-", "_")
