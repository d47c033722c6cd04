"""The self-assessment on its page: it shows the person's own words, so it travels in a message, not in an output."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from workbook import words
from workbook.errors import Locked
from workbook.page import assets
from workbook.page.panels import panel

if TYPE_CHECKING:
    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply


def shown(journal: Journal) -> str:
    """Return the self-assessment of a journal as HTML."""
    from workbook.assessment import report

    return report.panel(journal.assessment())


def _prepare() -> None:
    """While the page is on its way, load what it will ask for."""
    from workbook.assessment import report

    report.prepare()


class AssessmentPanel(panel.Panel):
    """The self-assessment of one journal, as it stands when the page asks."""

    _esm = assets.Script("assessment.js")
    _css = ""  # what is shown brings its own

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._locked = False  # when the page last asked
        threading.Thread(target=_prepare, daemon=True).start()
        super().__init__(
            "assessment",
            {"language": journal.workbook.language, "texts": words.section("page.panel")},
            {"ready": self._shown},
        )

    def _shown(self, message: Message, buffers: Buffers) -> Reply:
        try:
            found = self._journal.made(shown)
        except Locked:
            self._locked = True
            raise
        self._locked = False
        return {"type": "shown", "html": found}

    def woken(self) -> None:
        """Show it, if the journal was locked when the page asked; nothing moves under a person's eyes otherwise."""
        if self._locked:
            self.changed()
