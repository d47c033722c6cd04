"""What every model of a definition is made of: frozen fields, words, ids, and a guess at what was meant."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST = 1_000_000_000_000  # of a number
LONGEST = 20_000  # characters: the longest text that is kept; `max_length` is only where the page asks to stop

WORD_ID = r"[A-Za-z][A-Za-z0-9_]*"
LANGUAGE_FILE = re.compile(r"([a-z]{2,3}(?:-[A-Za-z]{2,8})?)\.yaml")  # an overlay: de.yaml, pt-BR.yaml

CHAPTER_ID = r"[a-z][a-z0-9-]*"

Words = Annotated[str, Field(min_length=1)]
Word = Annotated[str, Field(pattern=f"^{WORD_ID}$", max_length=60)]
Reference = Annotated[str, Field(min_length=1, max_length=200)]  # an item's id


class Model(BaseModel):
    """Frozen; a key it does not know is a problem."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        defer_build=True,  # what judges is made when something is judged, which the shipped workbook mostly was before
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other fields; what was worked out once is worked out anew from them."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(copy).model_fields.keys():
            del copy.__dict__[name]
        return copy


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return “Did you mean …?” when something known looks like `word`, else nothing."""
    near = nearest(word, known)
    return f"Did you mean “{near}”?" if near else ""


def nearest(word: object, known: Iterable[str]) -> str:
    """Return what is known and looks like `word`, else nothing."""
    return next(iter(difflib.get_close_matches(str(word)[:200], list(known), n=1)), "")
