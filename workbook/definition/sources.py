"""The works the workbook leans on, each once: `@lewicki2016` in a `source:` stands for its citation."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from workbook import resources
from workbook.definition import shipped
from workbook.definition.reading import read

if TYPE_CHECKING:
    from pathlib import Path

KEY = re.compile(r"(?<![\w@])@([a-z][a-z0-9]*)")
_Line = Annotated[str, Field(min_length=1)]


class Work(BaseModel):
    """One published work, and what may be made of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    cite: _Line  # what a page prints
    full: _Line  # the whole reference
    read: Literal["abstract", "book", "secondary"]  # how far we read it ourselves
    shows: _Line
    does_not: _Line


def file() -> Path:
    """Return where they are written down."""
    return resources.data("sources.yaml")


@functools.cache
def works() -> dict[str, Work]:
    """Return every work of `data/sources.yaml` by its key."""
    return shipped.judged("sources", [file()], lambda: TypeAdapter(dict[str, Work]).validate_python(read(file()).data))


def cited(text: object) -> object:
    """Return a source with each `@key` as its citation; what is no text stays as it is.

    Raises a pydantic error when there is no work of that key.
    """
    if not isinstance(text, str):
        return text
    for key in KEY.findall(text):
        if key not in works():
            raise PydanticCustomError("uncited", "cites a work that data/sources.yaml does not have")
    return KEY.sub(lambda found: works()[found[1]].cite, text)


Source = Annotated[str, BeforeValidator(cited), Field(min_length=1)]
