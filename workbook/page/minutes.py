"""The card “the next ten minutes” as plain HTML: nothing to type, nothing kept, no Python and no script needed."""

from __future__ import annotations

import functools
import re
from html import escape
from typing import TYPE_CHECKING, Any, cast

from workbook import resources
from workbook.definition import reading
from workbook.safety import helplines

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES = 2  # people to call are few here; the whole list is one step away
_STRONG = re.compile(r"\*\*(.+?)\*\*")


@functools.cache
def words() -> dict[str, Any]:
    """Return the card's words from `data/workbook/minutes.yaml`; a test reads every one of them."""
    return cast("dict[str, Any]", reading.read(resources.data("workbook", "minutes.yaml")).data)


def section() -> str:
    """Return the card as it stands at the top of the first page, to be seen at once: breathing, the others folded."""
    card = words()
    title = f'<h2 id="minutes-title">{_text(card["title"])}</h2>'
    start = '<section class="mend-minutes" id="minutes" aria-labelledby="minutes-title">'
    skip = f'<p><a href="#begin">{_text(words()["skip"])}</a></p>'
    return f"{start}{title}{_body(folded=True)}{skip}</section>"


def folded() -> str:
    """Return the card folded under its title, as it stands in the help of every page."""
    return f'<details class="mend-minutes"><summary>{_text(words()["title"])}</summary>{_body(folded=False)}</details>'


def _body(*, folded: bool) -> str:
    card = words()
    senses, water, person, after = (card[name] for name in ("senses", "water", "person", "after"))
    steps = "".join(f"<li>{_text(step)}</li>" for step in senses["steps"])
    return "".join(
        (
            _paragraph(card["intro"]),
            f'<div class="mend-danger">{_paragraph(card["danger"])}{_numbers(("emergency",), 1)}</div>',
            '<div class="mend-ways">',
            _breathing(card["breathing"], folded=folded),
            _way(
                senses["title"],
                f"{_paragraph(senses['intro'])}<ol>{steps}</ol>{_paragraph(senses['after'])}",
                folded=folded,
            ),
            _way(
                water["title"],
                _paragraph(water["intro"]) + _paragraph(water["stronger"]) + _small(water["caution"]),
                folded=folded,
            ),
            _way(
                person["title"],
                _paragraph(person["intro"]) + _paragraph(person["nobody"]) + _numbers(("crisis", "listening"), LINES),
                folded=folded,
            ),
            _way(after["title"], _paragraph(after["text"]), folded=folded),
            "</div>",
        )
    )


def _breathing(words: dict[str, str], *, folded: bool) -> str:
    """The circle moves by its style sheet alone, from the moment someone asks it to; its words count for a reader.

    Folded, the counting is one click away; whoever asked for less motion sees it at once.
    """
    still = _paragraph(words["still"])
    if folded:
        summary = f"<summary>{_text(words['without'])}</summary>"
        still = f'<div class="mend-still">{still}</div><details class="mend-moving">{summary}{still}</details>'
    return (
        '<section class="mend-calm"><div class="mend-circle" aria-hidden="true"><span></span>'
        f"<b>{_text(words['in'])}</b><b>{_text(words['out'])}</b></div>"
        f"<div><h3>{_text(words['title'])}</h3>{_paragraph(words['intro'])}"
        '<label class="mend-breathe"><input type="checkbox">'
        f"<span>{_text(words['start'])}</span><span>{_text(words['stop'])}</span></label>"
        f"{still}{_small(words['caution'])}</div></section>"
    )


def _way(title: str, inside: str, *, folded: bool) -> str:
    heading = f"<h3>{_text(title)}</h3>"
    if folded:
        return f'<details class="mend-way" name="mend-way"><summary>{heading}</summary>{inside}</details>'
    return f'<section class="mend-way">{heading}{inside}</section>'


def _numbers(kinds: Iterable[str], most: int) -> str:
    """For each region whom to call; the page shows those of one, “elsewhere” until it has guessed."""
    wanted = tuple(kinds)
    lists = []
    for code in helplines.regions():
        found = "".join(f"<li>{_reach(line)}</li>" for line in helplines.helplines(code, wanted)[:most])
        hidden = "" if code == "elsewhere" else " hidden"
        lists.append(f'<ul class="mend-lines" data-region="{escape(code)}"{hidden}>{found}</ul>')
    return "".join(lists)


def _reach(line: helplines.Line) -> str:
    ways = [f"<strong>{escape(line.name)}</strong>"]
    if line.number:
        ways.append(f'<a class="mend-dial" href="tel:{re.sub(r"[^0-9+]", "", line.number)}">{escape(line.number)}</a>')
    ways += [f"<span>{escape(each)}</span>" for each in (line.text, line.hours) if each]
    if line.url and not line.number:
        ways.append(f'<a href="{escape(line.url)}" target="_blank" rel="noopener noreferrer">{escape(line.url)}</a>')
    return " ".join(ways)


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _small(text: str) -> str:
    return f'<p class="mend-caution">{_text(text)}</p>'


def _text(text: str) -> str:
    return _STRONG.sub(r"<strong>\1</strong>", escape(text.strip()))
