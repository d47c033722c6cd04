"""Mend: a reflective workbook in Jupyter notebooks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from workbook import drawing

if TYPE_CHECKING:
    from workbook.assessment import scoring
    from workbook.journal import Journal, open_journal
    from workbook.page.desk import Desk
    from workbook.storage.store import StoredAnswer as Answer

__all__ = ["Answer", "Journal", "open_journal", "scoring"]

# Public name → module and name there; None: the module itself. Imported when first asked for: pandas is slow to load.
_HOMES = {
    "Answer": ("workbook.storage.store", "StoredAnswer"),
    "Journal": ("workbook.journal", "Journal"),
    "open_journal": ("workbook.journal", "open_journal"),
    "scoring": ("workbook.assessment.scoring", None),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module “workbook” has no “{name}”; it has {', '.join(__all__)}")
    module, inner = _HOMES[name]
    home = import_module(module)
    return home if inner is None else getattr(home, inner)


def __dir__() -> list[str]:
    return sorted(__all__)


def _desk(journal: Journal) -> Desk:
    from workbook.page.desk import Desk

    return Desk(journal)


drawing.by(_desk)  # imported when the first exercise is shown
