"""YAML → a frozen `Workbook`, with all problems said at once; the room’s verbs."""

from workbook.definition.load import (
    check,
    coverage,
    fingerprint,
    html,
    load,
    load_instrument,
    problems,
    schema,
    shows_all,
    with_instruments,
    write_schema,
)

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
