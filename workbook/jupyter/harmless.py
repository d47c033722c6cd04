"""A notebook that can do nothing but show our pages: every field is known, every line is ours."""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbook import definition

# A line of code that a notebook of ours may hold.
_OURS = re.compile(
    r"(from workbook\.pages import \*; )?"
    r'(chapter|exercise|assessment|given|lock|share|today|caseload)\(("[A-Za-z0-9_.-]+")?\)',
    re.ASCII,
)
TAG = re.compile(r"<(?=[A-Za-z/!?])")


def is_harmless(text: str) -> bool:
    """Return whether a notebook, as text, can do nothing but show our pages.

    Every field is one we know. Each code cell is one of our own lines, without an output; words hold no HTML, no
    picture, and no link that `definition.html` would leave out.
    """
    try:
        notebook = _Notebook.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        return False
    return all(cell.is_harmless for cell in notebook.cells)


class _Known(BaseModel):
    """A part of a notebook in which no field may stand that is not named here."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Hidden(_Known):
    source_hidden: bool = False
    outputs_hidden: bool = False


class _CellAbout(_Known):
    deletable: bool = True
    editable: bool = True
    jupyter: _Hidden = _Hidden()
    trusted: bool = False  # written by the server for this reading only, whatever the file says


class _Cell(_Known):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "cell"
    metadata: _CellAbout
    source: str | list[str]

    @property
    def words(self) -> str:
        return self.source if isinstance(self.source, str) else "".join(self.source)


class _Code(_Cell):
    cell_type: Literal["code"]
    execution_count: int | None = None
    outputs: Annotated[list[object], Field(max_length=0)] = []

    @property
    def is_harmless(self) -> bool:
        return _OURS.fullmatch(self.words) is not None


class _Markdown(_Cell):
    cell_type: Literal["markdown"]
    attachments: Annotated[dict[str, object], Field(max_length=0)] = {}

    @property
    def is_harmless(self) -> bool:
        return is_plain(self.words)


class _Kernel(_Known):
    name: Literal["python3"]
    display_name: str = ""
    language: Literal["python"] = "python"


class _Language(_Known):
    """What JupyterLab writes about Python when it saves a notebook."""

    name: Literal["python"]
    version: str = ""
    mimetype: Literal["text/x-python"] = "text/x-python"
    file_extension: Literal[".py"] = ".py"
    codemirror_mode: dict[str, str | int] = {}
    nbconvert_exporter: Literal["python"] = "python"
    pygments_lexer: Literal["ipython3"] = "ipython3"


class _About(_Known):
    kernelspec: _Kernel
    language_info: _Language = _Language(name="python")
    mend: dict[str, str] = {}
    title: str = ""


class _Notebook(_Known):
    nbformat: Literal[4]  # an older one keeps its cells elsewhere
    nbformat_minor: int
    metadata: _About
    cells: list[Annotated[_Code | _Markdown, Field(discriminator="cell_type")]]


def is_plain(markdown: str) -> bool:
    """Return whether these words hold no HTML, no picture and no link elsewhere, whoever renders them."""
    return not TAG.search(markdown) and definition.shows_all(markdown)
