"""A language in which each sentence stands in ⟦brackets⟧, and what finds the words outside them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.caseload_sample import PASSPHRASE, RECHECK
from tests.clock import Clock
from workbook import definition, example, resources, words
from workbook.definition import kinds, overlay
from workbook.definition.models import Workbook
from workbook.journal import Journal
from workbook.page.panels import caseload_panel
from workbook.sharing import caseload
from workbook.sharing.keys import Keys

# --- the language ---


def wrapped(sentence: words.Sentence) -> words.Sentence:
    if isinstance(sentence, dict):
        return {form: f"⟦{text}⟧" for form, text in sentence.items()}
    return f"⟦{sentence}⟧"


BRACKETS = words.Language("ja", {path: wrapped(text) for path, text in words.load().sentences.items()})
"""Its days have no Latin letter, so that each such letter is a sentence of ours or a name."""


def in_brackets(made: Workbook) -> Workbook:
    return overlay.apply(made, "ja", {path: f"⟦{text}⟧" for path, text in overlay.texts(made).items()})


def brackets_workbook() -> Workbook:
    return in_brackets(definition.load())


def installed(patch: pytest.MonkeyPatch) -> Workbook:
    """Let the workbook in the made-up language be the one of this installation."""
    made = brackets_workbook()
    patch.setattr(overlay, "spoken", lambda: made)
    patch.setattr(overlay, "shipped", lambda language: made)
    return made


# --- what is seen ---

_SEEN = {"title", "aria-label", "alt", "placeholder", "label", "summary"}  # attributes that are read to someone


class _Text(HTMLParser):
    """The words of a page: its text, without styles and scripts, and the attributes that are shown or read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in _SEEN]
        if tag in ("style", "script", "code"):  # a command in a line of its own stands in `code`
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)


def text_of(html: str) -> str:
    read = _Text()
    read.feed(html)
    return "\n".join(read.found)


def outside(text: str, *names: str) -> list[str]:
    """Return the words with a letter that stand in no brackets and are none of `names`."""
    for name in sorted(names, key=len, reverse=True):
        text = (
            text.replace(name, "")
            if " " in name or "\n" in name
            else re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
        )
    before = ""
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", "", text)
    return re.findall(r"[^\s⟦⟧]*[A-Za-z][^\s⟦⟧]*", text)


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from strings(value)


def shown(node: object, key: str = "") -> Iterator[str]:
    """Yield what is shown of a payload: what stands under a name that is no id, kind or rule."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in _CODES:
                yield from shown(value, name)
    elif isinstance(node, (list, tuple)):
        pair = 2 <= len(node) <= 3 and isinstance(node[0], str) and re.fullmatch("[a-z0-9_]+", node[0])
        for one in node[1:] if pair else node:  # a code and its words
            yield from shown(one, key)
    elif isinstance(node, str) and not re.fullmatch(r"[a-z-]+(\.[a-z_]+)+", node):  # an item's id
        yield text_of(node) if "<" in node else node


_CODES = {
    "id", "kind", "repeats", "language", "show_if", "share", "exercise_id", "notebook", "chapter", "href", "neutral",
    "type", "zone", "region", "cues", "source", "tags", "track", "quotes", "uses", "before", "from",
}  # fmt: skip


def said_in(folder: str) -> list[str]:
    """Return every text of the YAML files in a folder of data that is not overlaid: names, lines, the first card."""
    found: list[str] = []
    place = resources.data(*folder.split("/"))
    for file in [place] if place.is_file() else place.rglob("*.yaml"):
        found += strings(yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader))  # noqa: S506
    return [text.strip() for text in found if len(text.strip()) > 1]


def free_texts() -> list[str]:
    """Return what the invented person wrote: their words are nobody's to translate."""
    made, told = definition.load(), kinds.those("words")
    found = [text for row in example.read() if made.item(row["item"]).kind in told for text in strings(row["value"])]
    found = [text for text in found if text not in ("yes", "no")]  # in a table
    return [*found, *(line for text in found for line in text.split("\n"))]


# --- a journal in it ---


def filled(folder: Path, now: Callable[[], datetime] = lambda: example.ENDS) -> Journal:
    """A journal with the invented person's twelve weeks, on the made-up workbook."""
    journal = Journal.create(folder / "journal", now=now)
    journal.install(brackets_workbook())
    example.fill(journal)
    return journal


@contextlib.contextmanager
def exchanging(
    folder: Path, home: Path, keys: Keys, patch: pytest.MonkeyPatch
) -> Iterator[tuple[Journal, caseload_panel.Page, Clock]]:
    """A filled journal, and the page of a caseload that may ask them for something; both speak the made-up language."""
    installed(patch)
    clock = Clock(example.ENDS)

    def opener(home: Path, passphrase: str) -> caseload.Caseload:
        return caseload.open_caseload(home, keys if passphrase == PASSPHRASE else passphrase, now=clock)

    with filled(folder, now=clock) as journal:
        for word, value in RECHECK.items():
            journal.save(f"start.now.{word}", value)
        yield journal, caseload_panel.Page(home, opener=opener), clock


NAMES = [*free_texts(), *(one.source for one in definition.load().scales), "Mend"]
ADDRESS = r"[\w/:-]+(\.[\w/-]+)+"  # of a help line
KEYS = ["Mend", "F1", "Ctrl-C", *said_in("workbook/minutes.yaml")]
