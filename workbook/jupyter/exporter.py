"""A chapter as one page for Jupyter's own export: what was answered, with no code, and nothing that is fetched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import Exporter
from traitlets import Bool

from workbook import journal as journals
from workbook import words
from workbook.assessment import report
from workbook.errors import Locked, WorkbookError
from workbook.jupyter import notebooks
from workbook.storage.folder import MARK

if TYPE_CHECKING:
    from nbformat import NotebookNode


class MendPage(Exporter):
    """`jupyter nbconvert --to mend 10-responsibility.ipynb`: the chapter as its part of the report."""

    export_from_notebook = words.say("jupyter.exporter.name")
    output_mimetype = "text/html"
    private = Bool(False, help=words.say("jupyter.exporter.private")).tag(config=True)

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override] # every exporter but one returns text
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources; what keeps a page from being made is said on a page instead."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        folder = Path(resources.get("metadata", {}).get("path") or ".").absolute()
        return page(nb.metadata.get("mend", {}).get("chapter", ""), folder, private=self.private), resources


def page(chapter: str, folder: Path, *, private: bool = False) -> str:
    """Return a chapter of the journal that lies at or above `folder` as HTML, or a page that says why not."""
    home = _journal(folder)
    if chapter in ("", notebooks.COUNSELOR):
        return _instead(words.say("jupyter.exporter.not_ours"))
    if home is None:
        return _instead(words.say("jupyter.exporter.no_journal"))
    try:
        with journals.Journal.open(home) as journal:
            return report.chapter(journal.told(), chapter, now=journal.now(), private=private)
    except Locked:
        line = f'workbook report --journal "{home}" --only {chapter}{" --private" if private else ""} -o {chapter}.html'
        return _instead(words.say("jupyter.exporter.locked"), line)
    except WorkbookError as error:
        return _instead(str(error))


def _journal(folder: Path) -> Path | None:
    """Return the journal beside a notebook, else the one Mend would open; nothing is made here."""
    if not os.environ.get("WORKBOOK_HOME"):
        for each in (folder, *folder.parents):
            if (each / MARK).is_file():
                return each
    found = journals.find()
    return found if (found / MARK).is_file() else None


def _instead(text: str, line: str = "") -> str:
    return report.page("instead.html", title="Mend", text=text, line=line)
