"""Where the shipped files are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    shipped = _PACKAGE / "shipped"
    return shipped if shipped.is_dir() else _PACKAGE.parent


def data(*parts: str) -> Path:
    """Return a path below the shipped `data/` folder."""
    return _root().joinpath("data", *parts)


def notebooks(*parts: str) -> Path:
    """Return a path below the shipped `notebooks/` folder."""
    return _root().joinpath("notebooks", *parts)
