"""YAML → a frozen `Workbook`, with all problems said at once; the room’s verbs."""

from workbook.definition.coherence import problems
from workbook.definition.instruments import with_instruments
from workbook.definition.load import check, coverage, load, load_instrument, schema, write_schema
from workbook.definition.markdown import html, shows_all
from workbook.definition.meaning import fingerprint

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
