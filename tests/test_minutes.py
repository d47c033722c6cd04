"""The card of the next ten minutes is plain HTML that says every word of its file, and has numbers for every region."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import html5lib
import pytest

from workbook.page import assets, minutes
from workbook.safety import helplines

if TYPE_CHECKING:
    from collections.abc import Iterator


def texts(node: object) -> Iterator[str]:
    """Every text of the file; numbers are how long to breathe."""
    if isinstance(node, dict):
        for inner in node.values():
            yield from texts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from texts(inner)
    elif not str(node).isdecimal():
        yield str(node).strip().replace("**", "")


def said(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("html", [minutes.section(), minutes.folded()], ids=["first page", "help"])
def test_the_card_is_whole_plain_html(html: str) -> None:
    """Every word stands in it, nothing is typed, runs or is fetched, and it is well-formed."""
    folded = ["Count instead"] if html == minutes.folded() else []  # in help the counting stands there, unfolded
    card = {key: text for key, text in minutes.words().items() if key != "skip"}
    assert [text for text in texts(card) if text not in said(html)] == folded
    assert re.findall(r"<(?:script|textarea|select|img|iframe|form)|\bstyle=|\bon\w+=|type=\"text", html) == []
    html5lib.HTMLParser(strict=True).parseFragment(html)


@pytest.mark.parametrize("region", helplines.regions())
def test_the_card_has_numbers_for_every_region(region: str) -> None:
    """Whom to call in danger, and someone to talk to."""
    lists = re.findall(rf'<ul class="mend-lines" data-region="{region}"[^>]*>(.*?)</ul>', minutes.section())
    danger, talk = lists
    emergency = helplines.helplines(region, ("emergency",))[0].number
    assert f">{emergency}</a>" in danger
    assert re.search(r'href="(tel:|https://)', talk)


def test_the_circle_keeps_to_the_seconds_that_are_said() -> None:
    """The style sheet breathes as long as the words count."""
    breathing = minutes.words()["breathing"]
    inside, outside = int(breathing["seconds_in"]), int(breathing["seconds_out"])
    css = assets.style("minutes.css").read_text(encoding="utf-8")
    assert set(re.findall(r"animation: \S+ (\d+)s", css)) == {str(inside + outside)}
    assert f"{100 * inside // (inside + outside)}% {{ transform: scale(1); }}" in css
