"""Pages that the server shows before any of ours can be: files here whose words stand in `data/words`."""

from __future__ import annotations

import html
import re
from importlib import resources as package

from workbook import words

_PLACE = re.compile(r"\[\[([a-z_.]+)\]\]")  # what Jupyter's own templates never write


def page(name: str) -> str:
    """Return a file of this room as a template, with a sentence in place of each `[[path]]`."""
    text = package.files("workbook").joinpath("jupyter", name).read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: _said(found[1]), text)


def _said(path: str) -> str:
    sentence = words.code() if path == "language" else words.say(path)
    return html.escape(sentence).replace("{", "&#123;")
