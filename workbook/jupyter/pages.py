"""What a notebook calls: one line for each thing on the page, and a sentence instead of a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import html
import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from workbook import definition, files, words
from workbook import journal as journals
from workbook.errors import Locked, WorkbookError
from workbook.jupyter.ahead import Ahead
from workbook.jupyter.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ipywidgets import VBox, Widget

    from workbook.answers.progress import Progress
    from workbook.journal import Journal
    from workbook.page.head import Head
    from workbook.safety.gates import Notice

__all__ = ["assessment", "caseload", "chapter", "exercise", "given", "lock", "share", "today"]

_log = logging.getLogger(__name__)
_AFTER = 0.05  # seconds from a save, which is acknowledged meanwhile, until the head of its page says what has changed
_P = ParamSpec("_P")


class Sentence:
    """Words in place of something that could not be shown."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<p class="mend-sentence">{html.escape(self.text)}</p>'


class _Page:
    """One open notebook: its journal, its head, and what waits for a passphrase."""

    def __init__(self) -> None:
        self.journal: Journal | None = None
        self.clock = Clock()
        self.ahead = Ahead(self.clock)
        self.head: Head | None = None
        self.telling: asyncio.TimerHandle | None = None  # until the head says what has changed
        self.chapter: str | None = None  # whose page this is
        self.waiting: list[tuple[Callable[[Journal], Widget], VBox]] = []
        self.listed: tuple[object, list[dict[str, str]]] | None = None  # the list of chapters, and what it was read at

    def open(self, passphrase: str | None = None) -> Journal:
        """Return the journal; raises Locked while it needs a passphrase."""
        if self.journal is None:
            files.forbid_dumps()
            self.journal = self.ahead.take() or journals.open_journal(passphrase=passphrase, now=self.clock)
            if words.on_hub() and self.clock.zone is None:  # the browser has not said: as when they answered last
                self.clock.zone = self.journal.store.zone()
            words.follow(self.journal.workbook.language)
            self.journal.listen(self.changed)
        return self.journal

    def unlock(self, passphrase: str) -> None:
        """Open a locked journal, or wake one that locked itself, and show the forms that waited. Raises Locked."""
        journal = self.open(passphrase)
        journal.wake(passphrase)
        while self.waiting:
            show, box = self.waiting.pop(0)
            box.children = [show(journal)]

    def follow(self, zone: str) -> None:
        """On a hub the day is that of who looks at the page; at home this computer's clock is theirs."""
        if words.on_hub() and self.clock.follow(zone) and self.journal is not None:
            self.journal.moved()

    def changed(self) -> None:
        """Let the head say what is true now, once what was just saved is acknowledged: that comes first."""
        if self.head is None or self.telling is not None:
            return
        try:
            self.telling = asyncio.get_running_loop().call_later(_AFTER, self._tell)
        except RuntimeError:  # nobody asked from a page
            self._tell()

    def _tell(self) -> None:
        self.telling = None
        if self.head is not None:
            self.head.changed()


_page = _Page()


def prepare(*, tables: bool = False, waits: bool = False) -> None:
    """Do ahead what every page needs. `tables`: load what the self-assessment is worked out with, too.

    `waits`: no page has asked yet, so a journal without a lock is read ahead as well; not on a hub, where the time of
    the person is not known before their page is.
    """
    import sqlcipher3.dbapi2  # noqa: F401 # imported to be there

    from workbook.page import form
    from workbook.page import head as chapter
    from workbook.safety import gates, language  # noqa: F401 # the same

    workbook = definition.load()
    chapter.payload(workbook, workbook.chapters[0])
    form.payload(workbook.exercises[0], workbook)
    language.cues()
    if tables:
        from workbook.assessment import report

        report.prepare()
    # All this stays: looking through it for rubbish, again and again, would take longer than reading a year of answers.
    gc.collect()
    gc.freeze()
    gc.set_threshold(300_000)  # more than it takes to put five years of answers in order
    if waits and not words.on_hub():
        from tornado.ioloop import IOLoop

        _page.ahead.begin(IOLoop.current(), tables=tables)


def _for_a_file() -> bool:
    """Say whether this runs for a file alone, as with `jupyter nbconvert --execute`: there no form can be used.

    A notebook that someone looks at is run by a script in their browser, or by Voilà; their messages tell them apart.
    """
    from IPython.core.getipython import get_ipython

    if any(name.startswith("VOILA_") for name in os.environ) or "workbook.jupyter.kernel" in sys.orig_argv:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    message = kernel.get_parent().get("header", {}).get("msg_id", "") if kernel is not None else ""
    return re.search(r"_\d+_\d+$", message) is not None  # how Jupyter's own Python counts what it asks


class Shown:
    """A form or panel as a notebook shows it; a file written of the notebook has a sentence in its place."""

    def __init__(self, widget: Widget, instead: Sentence) -> None:
        self._widget = widget
        self._instead = instead

    def __repr__(self) -> str:
        return repr(self._widget)

    def _repr_mimebundle_(self, **wanted: object) -> tuple[dict[str, object], dict[str, object]]:
        bundle = self._widget._repr_mimebundle_(**wanted)
        data, about = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self._instead._repr_html_()}, about


def _instead(name: str, id: str = "") -> Sentence:
    """Say in place of a form or panel where its answers are, and how to have them as a page."""
    home = Path.home()
    folder = journals.find().absolute()
    place = f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
    with contextlib.suppress(Locked):
        if name == "exercise":
            title = _page.open().workbook.exercise(id).title
            return Sentence(words.say("jupyter.instead.form", title=title, place=place))
    return Sentence(words.say("jupyter.instead.part", place=place))


def _is_guest(name: str, *args: object) -> bool:
    """Say whether this is an exercise of another chapter than the page's."""
    return name == "exercise" and _page.chapter is not None and str(args[0]).partition(".")[0] != _page.chapter


def _kindly(show: Callable[_P, Widget]) -> Callable[_P, object]:
    """Let a page say in a sentence what went wrong."""

    @functools.wraps(show)
    def shown(*args: _P.args, **kwargs: _P.kwargs) -> object:
        try:
            if show.__name__ == "chapter":
                _page.chapter = str(args[0])
            # Of a head, of many clients, and of what is asked here for another page, a journal has no page.
            if show.__name__ in ("chapter", "caseload") or (_for_a_file() and _is_guest(show.__name__, *args)):
                return None if _for_a_file() else show(*args, **kwargs)
            instead = _instead(show.__name__, *map(str, args))
            return instead if _for_a_file() else Shown(show(*args, **kwargs), instead)
        except WorkbookError as error:
            return Sentence(str(error))
        except Exception as error:  # a client cannot use a traceback, and it may quote an answer
            _log.error("%s: %s", show.__name__, type(error).__name__)
            return Sentence(words.say("jupyter.stopped_part"))

    return shown


@_kindly
def chapter(id: str) -> Widget:
    """Show the head of a chapter: progress, notices, help, and the passphrase when the journal is locked."""
    from workbook.page import head as heads

    try:
        workbook = _page.open().workbook
        payload = heads.payload(workbook, workbook.chapter(id))
    except Locked:
        payload = heads.payload(None, None)
    _page.head = heads.Head(
        payload, read=lambda: _state(id), remember=_remember, unlock=_page.unlock, follow=_page.follow
    )
    return _page.head


@_kindly
def exercise(id: str) -> Widget:
    """Show an exercise as a form; in a locked journal, leave room for it."""
    return _when_open(lambda journal: journal.exercise(id, within=_page.chapter))


@_kindly
def assessment() -> Widget:
    """Show the self-assessment."""
    return _when_open(_assessment)


@_kindly
def given() -> Widget:
    """Show what a counselor asks and wrote, and take in a file from one."""
    return _when_open(_given)


@_kindly
def lock() -> Widget:
    """Show the journal's lock: set a passphrase, change it, take it off."""
    return _when_open(_lock)


@_kindly
def share() -> Widget:
    """Show how to give answers to a counselor, and how to keep them as a page."""
    return _when_open(_share)


@_kindly
def today() -> Widget:
    """Show what matters now to someone who comes back."""
    return _when_open(_today)


@_kindly
def caseload() -> Widget:
    """Show a counselor's caseload: the passphrase first."""
    from workbook.page.panels import caseload_panel

    _page.ahead.end()
    return caseload_panel.panel_here()


def _given(journal: Journal) -> Widget:
    from workbook.jupyter import notebooks
    from workbook.page.panels import share_panel

    panel = share_panel.Given(journal, refresh=lambda: notebooks.refresh(journal.workbook, journal.path))
    journal.listen(panel.changed)
    return panel


def _assessment(journal: Journal) -> Widget:
    from workbook.page.panels import assessment_panel

    panel = assessment_panel.AssessmentPanel(journal)
    journal.listen(panel.woken)
    return panel


def _lock(journal: Journal) -> Widget:
    from workbook.page.panels import lock_panel

    return lock_panel.LockPanel(journal)


def _share(journal: Journal) -> Widget:
    from workbook.page.panels import share_panel

    panel = share_panel.Sharing(journal)
    journal.listen(panel.changed)
    return panel


def _today(journal: Journal) -> Widget:
    from workbook.page.panels import today_panel

    panel = today_panel.TodayPanel(journal)
    journal.listen(panel.changed)
    return panel


def _when_open(show: Callable[[Journal], Widget]) -> Widget:
    """Show something of the journal; while that is locked, leave room for it."""
    try:
        return show(_page.open())
    except Locked:
        from ipywidgets import VBox

        box = VBox()
        _page.waiting.append((show, box))
        return box


def _state(chapter_id: str) -> Mapping[str, object]:
    from workbook.page import today

    journal = _page.open()
    progress = journal.progress(chapter_id)
    exercises = [one for one in progress if not one.closed and not one.later]
    return {
        "title": words.say("page.today.label") if today.stands(journal, chapter_id) else "",  # as in the list
        "chapters": _chapters(journal, tuple(progress)),
        "progress": {
            "done": sum(one.done for one in exercises),
            "total": len(exercises),
            "minutes": sum(one.minutes for one in exercises),
        },
        "notices": [
            *(
                {"title": words.say("page.head.notices"), "html": f"<p>{html.escape(each)}</p>"}
                for each in journal.warnings
            ),
            *({"title": notice.title, "html": _told(journal, notice)} for notice in _notices(journal, chapter_id)),
        ],
        "region": _region(journal),
    }


def _chapters(journal: Journal, here: tuple[Progress, ...]) -> list[dict[str, str]]:
    """Return the list of chapters, read anew when a step of this page or a rule has moved: saves are many."""
    from workbook.page import contents

    at = ([(one.answered > 0, one.done, one.closed, one.total) for one in here], journal.standing().gates)
    if _page.listed is None or _page.listed[0] != at:
        _page.listed = (at, contents.read(journal))
    return _page.listed[1]


def _notices(journal: Journal, chapter_id: str) -> tuple[Notice, ...]:
    """Return what a page says at its top; that the short check is due stands in Today, where Today is."""
    from workbook.page import today

    notices = tuple(one for one in journal.standing().notices if not _asked_here(journal, chapter_id, one))
    if not today.stands(journal, chapter_id):
        return notices
    return tuple(notice for notice in notices if notice.gate != today.CHECK)


def _asked_here(journal: Journal, chapter_id: str, notice: Notice) -> bool:
    """Say whether a notice only waits for questions that stand on this page, as its first step."""
    unknown = {gate.id for gate in journal.standing().gates if gate.state == "unknown"}
    gates = (gate for gate in journal.workbook.gates if gate.id == notice.gate and gate.id in unknown)
    here = [form for form in journal.workbook.measures.forms if form.partition(".")[0] == chapter_id]
    return any(form in gate.keeps for gate in gates for form in here)


def _told(journal: Journal, notice: Notice) -> str:
    """Return a notice with the lines to call: before its words in a crisis, after them where a rule is firm."""
    from workbook.safety import helplines

    told = notice.html.replace(f"<p><strong>{html.escape(notice.title)}.</strong> ", "<p>", 1)  # the title says it
    if not notice.urgent:
        return told
    brief = helplines.brief(_region(journal), notice.resources, journal.now())
    lines = f"<ul>{''.join(f'<li>{line}</li>' for line in brief)}</ul>"
    return lines + told if notice.urgent == "first" else told + lines


def _remember(region: str) -> None:
    _page.open().region = region


def _region(journal: Journal) -> str | None:
    return journal.region
