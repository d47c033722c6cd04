"""Where the shipped files are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120  `--help` comes before pathlib would


def _below(*parts: str) -> str:
    shipped = os.path.join(_PACKAGE, "shipped")  # noqa: PTH118  likewise
    return os.path.join(shipped if os.path.isdir(shipped) else os.path.dirname(_PACKAGE), *parts)  # noqa: PTH112, PTH118, PTH120


def data(*parts: str) -> Path:
    """Return a path below the shipped `data/` folder."""
    from pathlib import Path

    return Path(_below("data", *parts))


def notebooks(*parts: str) -> Path:
    """Return a path below the shipped `notebooks/` folder."""
    from pathlib import Path

    return Path(_below("notebooks", *parts))


def text(*parts: str) -> str:
    """Return the text of a file below the shipped `data/` folder. Raises OSError when it is not there."""
    with open(_below("data", *parts), encoding="utf-8") as file:  # noqa: PTH123  likewise
        return file.read()
