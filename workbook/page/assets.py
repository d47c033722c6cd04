"""The scripts and style sheets of a page, by name."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> Path:
    """Return the file of a script, such as `form.js`."""
    return _HERE / "js" / name


def style(name: str) -> Path:
    """Return the file of a style sheet, such as `form.css`."""
    return _HERE / "css" / name
