"""YAML → a frozen `Workbook`, with all problems said at once; the room’s verbs."""

from workbook.definition.load import (
    check,
    coverage,
    fingerprint,
    load,
    load_instrument,
    problems,
    schema,
    with_instruments,
    write_schema,
)
from workbook.definition.markdown import html, shows_all

__all__ = [
    "check",
    "coverage",
    "fingerprint",
    "html",
    "load",
    "load_instrument",
    "problems",
    "schema",
    "shows_all",
    "with_instruments",
    "write_schema",
]
