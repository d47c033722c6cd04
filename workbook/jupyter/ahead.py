"""What a kernel reads while it waits for its page: the answers of a journal without a lock."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from workbook import files, words
from workbook import journal as journals
from workbook.errors import WorkbookError
from workbook.journal import Journal
from workbook.storage import sqlite
from workbook.storage.folder import ANSWERS, MARK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from tornado.ioloop import IOLoop

_EVERY = 2.0  # seconds between two looks at whether the file was written; read again once it was left alone so long


class Ahead:
    """The journal of the page to come.

    Nothing of a locked one is read, and what was read is forgotten as soon as one is locked; between its glances the
    file is not open. What a page then shows is what the file says at that moment, see `Opened.resume`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._journal: Journal | None = None
        self._loop: IOLoop | None = None
        self._timer: object = None
        self._tables = False  # whether what Look back shows is made ahead, too
        self._read_at: object = None  # how the file was, and which day it was
        self._before: object = None  # the same, at the last look

    def begin(self, loop: IOLoop, *, tables: bool) -> None:
        """Read as soon as the loop runs, and again whenever something was written, until a page comes."""
        self._loop, self._tables = loop, tables
        self._timer = loop.call_later(0, self._look)

    def end(self) -> None:
        """Read no more, and hold nothing."""
        if self._loop is not None and self._timer is not None:
            self._loop.remove_timeout(self._timer)
        self._timer = None
        self._forget()

    def take(self) -> Journal | None:
        """Return the journal of the page that has come, opened; None: open it as if nothing had been read."""
        journal, self._journal = self._journal, None
        self.end()
        if journal is None:
            return None
        with contextlib.suppress(WorkbookError):  # who opens it anew is told
            if journal.path == journals.find() and journal.resume():
                return journal
        journal.close()
        return None

    def _forget(self) -> None:
        if self._journal is not None:
            self._journal.close()
        self._journal = None

    def _look(self) -> None:
        try:
            self._read_if_due(journals.find())
        except Exception:  # it is said to the page, which opens the journal itself
            self._forget()
        if self._loop is not None:
            self._timer = self._loop.call_later(_EVERY, self._look)

    def _read_if_due(self, path: Path) -> None:
        there = (path / MARK).is_file()
        if self._journal is not None and (self._journal.has_lock or not there):
            self._forget()
        here = (sqlite.written(path / ANSWERS), self._now().date())
        left_alone, self._before = self._before in (None, here), here
        if here == self._read_at or not left_alone or not there:
            return
        files.forbid_dumps()
        self._read_at = here
        journal = self._journal or Journal.ahead(path, now=self._now)
        self._journal = None
        if journal.read_ahead(self._read):
            self._journal = journal
        else:
            journal.close()
        self._read_at = self._before = (sqlite.written(path / ANSWERS), here[1])

    def _read(self, journal: Journal) -> None:
        words.follow(journal.workbook.language)
        journal.progress()
        if self._tables:
            from workbook.page.panels import assessment_panel

            journal.made(assessment_panel.shown)
