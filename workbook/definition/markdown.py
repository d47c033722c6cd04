"""The one renderer of Markdown: what a person can read and follow, and nothing that acts."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

# Where a link may lead, and nowhere else: a notebook of the workbook's own, the web, an e-mail address, a telephone.
ADDRESS = "|".join(
    (
        r"[a-z0-9][a-z0-9-]*\.ipynb(#[A-Za-z0-9_.-]+)?",
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*)?",
        r"mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+",  # no subject, no body, no file to attach
        r"tel:\+?[0-9().-]{2,30}",
    )
)

# What Markdown may become on a page, and nothing else.
_SHOWN = {
    *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_ADDRESS = re.compile(ADDRESS)
_MAY_LEAD = re.compile(r"[\[<]")  # without one of these there is neither a link nor a picture
_HERE = re.compile(
    r"(?<![!\\])\[[^]\[<>\\`]+\]\([a-z0-9][a-z0-9-]*\.ipynb(#[A-Za-z0-9_.-]+)?\)"
)  # leads to one of ours


def html(markdown: str) -> str:
    """Return Markdown as clean HTML: HTML in it is words, a picture its description.

    A link leads where `ADDRESS` allows; of any other link the words stay.
    """
    return _rendered(markdown)[0]


def shows_all(markdown: str) -> bool:
    """Return whether `html` leaves nothing out: no link that leads elsewhere, and no picture."""
    return not left_out(markdown)


def left_out(markdown: str) -> list[tuple[str, str]]:
    """Return what `html` leaves out, in order: (`link` or `picture`, its address)."""
    other = _HERE.sub("", markdown)  # most texts have no other link, and a reader takes long to load
    return _rendered(markdown)[1] if _MAY_LEAD.search(other) else []


def _rendered(markdown: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the HTML, and each link and picture that is not in it, with its address."""
    import nh3

    left_out: list[tuple[str, str]] = []
    rendered = _reader().render(markdown, {"left out": left_out})

    def keep(tag: str, name: str, value: str) -> str | None:
        return value if name != "href" or _ADDRESS.fullmatch(value) else None

    attributes: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
    clean = nh3.clean(rendered, tags=_SHOWN, attributes=attributes, attribute_filter=keep, url_schemes=_SCHEMES)
    return clean.strip(), left_out


@functools.cache
def _reader() -> MarkdownIt:
    """A reader of Markdown that knows every address as one, so that a link which goes nowhere is still found."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("js-default")
    reader.validateLink = lambda url: True  # type: ignore[method-assign] # judged in `_only_ours`, by a list of what may be
    reader.core.ruler.push("only_ours", _only_ours)
    return reader


def _only_ours(state: StateCore) -> None:
    """Leave of a picture its description, and of a link that leads elsewhere its words."""
    from markdown_it.token import Token

    left_out = state.env["left out"]
    for block in state.tokens:
        kept: list[Token] = []
        elsewhere: list[bool] = []  # of each link that is open
        for token in block.children or ():
            if token.type == "link_open":
                address = str(token.attrGet("href"))
                elsewhere.append(_ADDRESS.fullmatch(address) is None)
                if elsewhere[-1]:
                    left_out.append(("link", address))
                    continue
            elif token.type == "link_close" and elsewhere.pop():
                continue
            elif token.type == "image":
                left_out.append(("picture", str(token.attrGet("src"))))
                said = "".join(one.content for one in token.children or ())
                token = Token("text", "", 0, content=said, level=token.level)
            kept.append(token)
        if block.children:
            block.children = kept
