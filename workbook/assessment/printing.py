"""Templates become pages and pictures: what is put in is escaped, and nothing unprintable comes through."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import compiled, resources
from workbook.definition import sources
from workbook.words import say

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

# Control characters and non-characters have no place in HTML (NUL cuts a page off in some readers).
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_UNPRINTABLE_BEYOND = re.compile(
    "[" + "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF)) + "]"
)


def filled(template: str, **context: object) -> str:
    """Return a file in `templates/` with its blanks filled in."""
    return _environment().get_template(template).render(context)


def read(*templates: str) -> None:
    """Read templates ahead of their use."""
    for name in templates:
        _environment().get_template(name)


@lru_cache
def _environment() -> Environment:
    from jinja2 import BytecodeCache, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, compiler

    class Compiled(BytecodeCache):
        """Templates as Python code; jinja2 asks whether their text is still the same."""

        made_from = compiled.digest([Path(__file__), Path(compiler.__file__)])  # the settings below are part of it

        def load_bytecode(self, bucket: Bucket) -> None:
            if kept := compiled.found(bucket.key, self.made_from):
                bucket.bytecode_from_string(kept)

        def dump_bytecode(self, bucket: Bucket) -> None:
            compiled.keep(bucket.key, self.made_from, bucket.bytecode_to_string())

    made = Environment(
        loader=ChoiceLoader([PackageLoader("workbook.assessment"), FileSystemLoader(resources.data("look"))]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
        bytecode_cache=Compiled(),
    )
    made.globals["say"] = say
    made.filters["cited"] = sources.cited
    return made


def _printable(value: object) -> object:
    """Return what a template puts in, with every character that HTML forbids shown as �."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNPRINTABLE_BEYOND.sub("\ufffd", _UNPRINTABLE.sub("\ufffd", value))
