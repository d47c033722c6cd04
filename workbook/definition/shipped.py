"""What ships is judged once: from then on it is as it was judged, until a byte of it or of this code is another."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import pydantic

from workbook import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def judged(name: str, parts: Iterable[Path], judge: Callable[[], T]) -> T:
    """Return what `judge` made of these shipped files, now or earlier. Raises what it raises."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    made_from = compiled.digest((*parts, *code), pydantic.VERSION)
    if kept := compiled.found(name, made_from):
        return cast("T", pickle.loads(kept))  # noqa: S301  trusted as a module is: see `compiled`
    made = judge()
    compiled.keep(name, made_from, pickle.dumps(made, protocol=5))
    return made
