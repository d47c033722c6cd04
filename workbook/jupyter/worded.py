"""Pages that the server shows before any of ours can be: files here below one head, their words in `data/words`."""

from __future__ import annotations

import html
import re
from importlib import resources as package
from urllib.parse import quote

from workbook import words
from workbook.page import assets

_PLACE = re.compile(r"\[\[([a-z_.]+)\]\]")  # what Jupyter's own templates never write


def page(name: str, first: str = "") -> str:
    """Return a file of this room below the head they share, with a sentence in place of each `[[path]]`.

    `first` is the notebook that a link to the first page leads to.
    """
    room = package.files("workbook").joinpath("jupyter")
    text = "".join(room.joinpath(file).read_text(encoding="utf-8") for file in ("head.html", name))
    return _PLACE.sub(lambda found: quote(first) if found[1] == "first" else _said(found[1]), text)


def _said(path: str) -> str:
    if path == "colours":
        return assets.surroundings(by_system=True)
    sentence = words.code() if path == "language" else words.say(path)
    return html.escape(sentence).replace("{", "&#123;")
