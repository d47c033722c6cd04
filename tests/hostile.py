"""Words from someone who means harm: the snippets in `cases/hostile/`, and what a page must hold of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

CASES = Path(__file__).parent / "cases" / "hostile"
_PLAIN = {
    *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
}


def snippets() -> dict[str, str]:
    """Return every snippet by its name, `schemes-3`; in a file, `{U+0009}` stands for that character."""
    found = {}
    for path in sorted(CASES.glob("*.case")):
        _, *parts = path.read_text(encoding="utf-8").split("\n>>>\n")
        for number, part in enumerate(parts, 1):
            text = re.sub(r"\{U\+([0-9A-F]+)\}", lambda found: chr(int(found[1], 16)), part.removesuffix("\n"))
            found[f"{path.stem}-{number}"] = text.rstrip("\n")
    return found


def parsed(html: str) -> list[Element]:
    """Return every element of a piece of HTML, as a browser reads it."""
    fragment = html5lib.parseFragment(html, container="div", namespaceHTMLElements=False)
    return [element for element in fragment.iter() if isinstance(element.tag, str) and element is not fragment]


def acting(html: str) -> list[str]:
    """Return whatever is more than plain words in a piece of HTML: these snippets hold no link that may stay."""
    return [
        f"{element.tag} {element.attrib}"
        for element in parsed(html)
        if element.tag not in _PLAIN or element.tag == "a" or element.attrib.keys() - {"start"}
    ]


def harmful(elements: Iterable[Element]) -> list[str]:
    """Return what could act of other people's renderings, which put classes, anchors and ids of their own."""
    found = []
    for element in elements:
        for name, value in element.attrib.items():
            leads = re.sub(r"[\x00-\x20]", "", value).lower()
            address = name in ("href", "src", "action", "formaction", "data", "srcdoc", "ping", "xlink:href")
            if name.startswith("on") or (
                address and not re.match(r"#|https?://|mailto:|tel:|[a-z0-9-]+\.ipynb", leads)
            ):
                found.append(f"{element.tag} {name}={value}")
        if element.tag not in {*_PLAIN, "div", "span", "del"}:
            found.append(str(element.tag))
    return found
