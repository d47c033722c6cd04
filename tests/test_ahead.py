"""What a kernel read while it waited is shown only as far as the file still says so, and never of a locked journal."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tornado.ioloop import IOLoop

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.errors import Locked
from workbook.journal import Journal
from workbook.jupyter import ahead as aheads
from workbook.jupyter import pages
from workbook.jupyter.ahead import Ahead
from workbook.page.panels import assessment_panel
from workbook.storage import sqlite, vault
from workbook.storage.folder import ANSWERS
from workbook.storage.sqlite import connect
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PART, LINE = "responsibility.incident.my_part", "improvement.log.line"
GOOD = "otter lantern gravel teapot"


class Place(NamedTuple):
    """A journal's folder, and the clock of all who look at it."""

    path: Path
    clock: Clock

    def open(self) -> Journal:
        return Journal.open(self.path, now=self.clock, environ={})

    def long_ago(self) -> None:
        """Let it be ten seconds since anything was written."""
        for file in (self.path / ANSWERS, self.path / f"{ANSWERS}-wal"):
            if file.exists():
                then = file.stat().st_mtime_ns - 10**10
                os.utime(file, ns=(then, then))

    def waiting(self, *, tables: bool = False) -> Ahead:
        """Return what has read ahead."""
        waits = Ahead(self.clock)
        waits._tables = tables
        waits._read_if_due(self.path)
        return waits


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A journal in which every chapter is open, with a backup of the time before its last answer."""
    found = Place(tmp_path / "Mend", Clock())
    monkeypatch.setenv("WORKBOOK_HOME", str(found.path))
    with found.open() as journal:
        answer_safely(journal.save)
        journal.save(LINE, "Before", occasion="2026-03-01")
        journal.backup()
        found.clock.forward(minutes=5)
        journal.save(PART, "I shouted")
    found.clock.forward(minutes=5)
    return found


def _saves(journal: Journal) -> None:
    journal.save(PART, "I shouted, and left")


def _closes(journal: Journal) -> None:
    journal.save("start.now.drunk_or_high", "yes")


def _clears(journal: Journal) -> None:
    journal.save(PART, status="blank")


def _loses(journal: Journal) -> None:
    journal.store.forget(LINE, "2026-03-01")


def _erases(journal: Journal) -> None:
    journal.store.erase("me")


def _goes_back(journal: Journal) -> None:
    journal.restore()


def _takes_in(journal: Journal) -> None:
    older = next(one for one in journal.store.history() if one.item == LINE)
    journal.store.save_many([older._replace(id="elsewhere", occasion="2026-02-01", saved=0, begun=0)])


def _changes_by_hand(journal: Journal) -> None:
    with journal.store._writing() as connection:
        connection.exec_driver_sql("UPDATE answers SET value = '\"By hand\"' WHERE item = ?", (PART,))


def _nothing(journal: Journal) -> None:
    """Only the clock goes on."""


@pytest.mark.parametrize(
    ("write", "looks_again"),
    [
        (_saves, False), (_saves, True), (_closes, False), (_clears, True), (_loses, False), (_erases, True),
        (_goes_back, False), (_goes_back, True), (_takes_in, False), (_changes_by_hand, False), (_nothing, True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rested", [False, True])
def test_a_page_shows_what_the_file_says(
    write: Callable[[Journal], None], looks_again: bool, rested: bool, place: Place
) -> None:
    """Whatever another page or command wrote since it was read ahead, and whether that was noticed meanwhile."""
    if rested:
        place.long_ago()
    waits = place.waiting(tables=True)
    with place.open() as other:
        write(other)
        place.clock.forward(hours=4)
        if looks_again:
            waits._read_if_due(place.path)
            waits._read_if_due(place.path)
        with closing(_taken(waits)) as page, place.open() as plain:
            assert _all_of(page) == _all_of(plain)
            page.save("start.privacy.watched", "no")  # it goes on as any page does
            other.save("start.privacy.shared_device", "no")
            plain._reading.forget()
            assert _all_of(page) == _all_of(plain)


@pytest.mark.parametrize("other_page", [False, True])
def test_where_nobody_has_written_nothing_is_compared(
    other_page: bool, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as a write would show in the file's times, and whether or not another page has it open."""
    compared: list[object] = []
    monkeypatch.setattr(Store, "imprint", lambda _: compared.append("all") or "")
    with place.open() as other:
        if not other_page:
            other.close()
        for rested, times in ((False, 1), (True, 0)):
            if rested:
                place.long_ago()
            compared.clear()
            with closing(_taken(place.waiting())) as page:
                assert page._reading.current()[PART, "2026-03-02"].value == "I shouted"
            assert (rested, len(compared)) == (rested, times)


def test_a_write_while_a_page_is_opened_is_seen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """One before the file was looked at, and one after."""
    place.long_ago()
    for when in ("stamp", "written"):
        waits = place.waiting()
        with place.open() as other, monkeypatch.context() as patched:
            target, name = (Store, "stamp") if when == "stamp" else (vault, "written")
            plain = getattr(target, name)

            def writes_once(*given: object, told: str = when, plain: Any = plain, other: Journal = other) -> object:
                patched.undo()
                other.save(PART, f"Meanwhile, {told}")
                return plain(*given)

            patched.setattr(target, name, writes_once)
            with closing(_taken(waits)) as page:
                assert page._reading.current()[PART, "2026-03-02"].value == f"Meanwhile, {when}"
        place.long_ago()


def test_what_was_written_just_now_or_moved_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    """Two writes in one step of a file's clock look alike; a log that was put into the file has changed it."""
    file = tmp_path / "one"
    file.write_text("words")
    then = time.time_ns() - 10**10
    os.utime(file, ns=(then, then))
    old = sqlite.written(file)
    assert sqlite.settled(old, old)
    file.with_name("one-wal").write_text("")
    empty = sqlite.written(file)
    assert (sqlite.settled(empty, old), sqlite.unwritten(old, empty)) == (True, True)
    file.with_name("one-wal").write_text("more")
    full = sqlite.written(file)
    assert (sqlite.settled(full, old), sqlite.unwritten(old, full)) == (False, False)
    file.write_text("words")
    new = sqlite.written(file)._replace(log=None)
    assert (sqlite.settled(new, new), sqlite.unwritten(old, new)) == (False, False)


def _taken(waits: Ahead) -> Journal:
    journal = waits.take()
    assert journal is not None
    return journal


def _all_of(journal: Journal) -> tuple[object, ...]:
    standing, known = journal.standing(), journal._reading.in_time()
    return (
        journal._reading.versions(), dict(known.current), known.history, known.events, standing, standing.closings,
        journal.progress(), [journal.occasions(one.id) for one in journal.workbook.exercises],
        journal.answers().to_csv(), journal.made(assessment_panel.shown),
    )  # fmt: skip


def test_what_look_back_shows_is_made_once_and_anew_when_something_is_otherwise(place: Place) -> None:
    """An answer, a rule or the day; then it is as if it had never been made before."""
    made: list[Journal] = []

    def shown(journal: Journal) -> str:
        made.append(journal)
        return assessment_panel.shown(journal)

    with place.open() as journal:
        first = journal.made(shown)
        assert (journal.made(shown), len(made)) == (first, 1)
        for number, change in enumerate((_saves, _closes, lambda _: place.clock.forward(days=1)), start=2):
            change(journal)
            assert (journal.made(shown), len(made)) == (assessment_panel.shown(journal), number)


def test_nothing_is_read_of_a_locked_journal(place: Place) -> None:
    """What was read before it was locked is forgotten, a page of it asks for the passphrase, and locking succeeds."""
    waits = place.waiting()
    held = waits._journal
    assert held is not None
    assert held._reading._versions
    with place.open() as journal:
        journal.lock(GOOD)  # refused while anyone has the file open
    waits._read_if_due(place.path)
    assert (waits._journal, held._reading._versions, held._reading._rows, held._made) == (None, {}, None, {})
    assert (waits.take(), place.waiting()._journal) == (None, None)


@pytest.mark.parametrize("gone", ["all", "answers"])
def test_what_was_read_of_a_journal_that_is_gone_is_forgotten(gone: str, place: Place) -> None:
    """Someone who deletes the folder, or what is in it, leaves no word in a kernel that waits."""
    waits = place.waiting()
    held = waits._journal
    assert held is not None
    if gone == "all":
        shutil.rmtree(place.path)
    else:
        (place.path / ANSWERS).unlink()
    waits._look()
    waits._look()
    assert (waits._journal, held._reading._versions) == (None, {})


@pytest.mark.process
def test_locking_waits_for_a_kernel_that_only_looks(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins while the file is read ahead, and succeeds once that has been let go of."""
    monkeypatch.setattr(sqlite, "GLANCE", 60)  # however slow this machine is
    reading, beginning = threading.Event(), threading.Event()
    waits = Journal.ahead(place.path, now=place.clock)

    def read(journal: Journal) -> None:
        journal.progress()
        reading.set()
        assert beginning.wait(60)

    def look() -> None:
        waits.read_ahead(read)

    with place.open() as journal:
        kernel = threading.Thread(target=look)
        kernel.start()
        assert reading.wait(60)
        threading.Timer(0.2, beginning.set).start()
        journal.lock(GOOD)
        kernel.join()
        assert journal.locked


def test_a_journal_that_was_locked_just_now_is_not_shown(place: Place) -> None:
    """Also when the kernel has not looked since."""
    waits = place.waiting()
    held = waits._journal
    with place.open() as journal:
        journal.lock(GOOD)
    assert held is not None
    assert (waits.take(), held._reading._versions) == (None, {})
    page = pages._Page()
    page.ahead = waits
    with pytest.raises(Locked):
        page.open()


def test_what_is_damaged_while_a_kernel_waits_is_a_sentence(place: Place) -> None:
    """The page hears of it as if nothing had been read ahead; a kernel that only looks puts nothing right."""
    for kernel_looks in (True, False):
        waits = place.waiting()
        with closing(connect(place.path / ANSWERS)) as file:
            file.execute("UPDATE answers SET value = '{' WHERE item = ?", (PART,))
        if kernel_looks:
            waits._look()
            waits._look()
        with closing(waits.take() or place.open()) as page:
            assert [warning.count("damaged") > 0 for warning in page.warnings] == [True]
            _saves(page)
            page.backup()
        for kept in (place.path / ANSWERS).parent.glob("answers.damaged-*"):
            kept.unlink()


def test_a_kernel_that_waits_reads_when_its_loop_runs_and_leaves_the_file_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And again once what was written has been left alone; then it holds what the file says, and has it not open."""
    monkeypatch.setattr(aheads, "_EVERY", 0.01)
    before = (place.path / ANSWERS).read_bytes(), sorted(place.path.rglob("*"))
    waits = Ahead(place.clock)

    async def until(item: str) -> None:
        async with asyncio.timeout(30):
            while waits._journal is None or (item, "2026-03-02") not in waits._journal._reading._versions:
                await asyncio.sleep(0.01)

    async def story() -> None:
        waits.begin(IOLoop.current(), tables=False)
        await until(PART)
        assert ((place.path / ANSWERS).read_bytes(), sorted(place.path.rglob("*"))) == before
        with place.open() as other:
            other.save("responsibility.incident.trigger", "They went quiet")
        await until("responsibility.incident.trigger")
        waits.end()

    asyncio.run(story())
    assert (waits._journal, waits.take()) == (None, None)


def test_where_there_is_no_journal_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel for a caseload, or in a folder that is to become a journal, makes none."""
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "Mend"))
    waits = Ahead(Clock())
    waits._look()
    assert (waits.take(), list(tmp_path.iterdir())) == (None, [])
