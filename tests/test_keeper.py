"""The key of a locked journal is lent to the pages of one person while someone is there, and to nobody else."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from multiprocessing import connection
from multiprocessing.connection import Client
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbook.storage import keeper as keepers
from workbook.storage.keeper import Keeper

KEY, OTHER = b"k" * 32, b"o" * 32
HALF_AN_HOUR = 1800.0

pytestmark = pytest.mark.process  # each keeper and its callers are threads


def test_someone_writing_keeps_it_open() -> None:
    """Each sign of life starts the half hour again; a moment after it nobody is given the key."""
    passed = [0.0]
    with Keeper(KEY, seconds=lambda: passed[0]) as keeper:
        for _ in range(5):
            passed[0] += HALF_AN_HOUR
            keepers.used(keeper.environment)
        passed[0] += HALF_AN_HOUR
        assert keepers.borrow(keeper.environment) == KEY
        passed[0] += HALF_AN_HOUR + 0.1
        assert keepers.borrow(keeper.environment) is None
        keepers.used(keeper.environment)
        assert keepers.borrow(keeper.environment) is None
        keepers.lend(OTHER, keeper.environment)
        passed[0] += HALF_AN_HOUR
        assert keepers.borrow(keeper.environment) == OTHER


def test_a_night_with_the_lid_closed_counts() -> None:
    """The keeper's clock goes on while the computer sleeps: in the morning the key is gone before anyone asks."""
    passed = [0.0]
    with Keeper(KEY, seconds=lambda: passed[0]) as keeper:
        passed[0] = 8 * 3600.0
        assert keepers.borrow(keeper.environment) is None


def test_a_page_that_stands_open_is_no_sign_of_life_and_hears_when_the_key_is_gone() -> None:
    """It waits as long as there is a key; where there is none any more it is told at once."""
    passed = [0.0]
    with Keeper(KEY, seconds=lambda: passed[0]) as keeper:
        where = keeper.environment[keepers.ADDRESS]
        with Client(where) as early, Client(where) as late:
            passed[0] = HALF_AN_HOUR
            early.send_bytes(b"watch")
            assert not early.poll(0.3)
            passed[0] += 0.1
            assert early.poll(60)
            assert early.recv_bytes() == b"gone"
            late.send_bytes(b"watch")
            assert late.poll(60)
            assert late.recv_bytes() == b"gone"
        for _ in range(2):  # with a key that is forgotten, and with none
            gone = threading.Event()
            keepers.watch(gone.set, keeper.environment)
            keeper.forget()
            assert gone.wait(60)
            keepers.lend(KEY, keeper.environment)
        closed = threading.Event()
        keepers.watch(closed.set, keeper.environment)
    assert closed.wait(60)


def test_a_caller_who_says_nothing_or_nonsense_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes over the line is bytes of a bounded length: never an object, and one caller is heard beside others.

    Each has seconds to speak: a busy machine may hold up whoever asks.
    """
    kind: Any = getattr(connection, "PipeConnection", connection.Connection)
    poll, given = kind.poll, list[float]()
    monkeypatch.setattr(kind, "poll", lambda self, timeout=0.0: given.append(timeout) or poll(self, timeout))
    with Keeper(KEY) as keeper:
        where = keeper.environment[keepers.ADDRESS]
        silent, late = Client(where), Client(where)
        for said in (b"keep zz", b"\x80\x04K\x01.", b"keep " + b"00" * 5000, b""):
            with contextlib.suppress(OSError, EOFError), Client(where) as asking:
                asking.send_bytes(said)
                assert asking.recv_bytes() in (b"kept", b"gone")
        assert keepers.borrow(keeper.environment) == KEY
        late.send_bytes(b"key")
        assert late.recv_bytes() == KEY.hex().encode()
        silent.close()
        late.close()
    assert min(given) >= 5


def test_its_clock_is_one_that_counts_a_sleep_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux has one of its own for that, macOS has it under another name, and Windows neither."""
    clocks = {"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1}
    asked = {"monotonic": lambda: 3.0, "clock_gettime": lambda clock: clock * 100.0}
    for seconds in (700.0, 100.0, 3.0):
        monkeypatch.setattr(keepers, "time", SimpleNamespace(**clocks, **asked))
        assert keepers.awake_and_asleep() == seconds
        clocks.pop(next(iter(clocks), ""), None)


def test_who_leaves_before_being_heard_does_not_end_it() -> None:
    """The next caller is waited for, until the keeper itself is closed."""
    keeper, left = Keeper(KEY), [OSError(), EOFError(), OSError()]

    def accept() -> None:
        problem = left.pop()
        if not left:
            keeper._closed.set()
        raise problem

    listener: Any = SimpleNamespace(accept=accept)
    keeper._serve(listener)
    assert left == []


def test_only_its_owner_reaches_the_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket stands in a folder no one else may enter, and it is gone afterwards; who calls is looked at too."""
    with Keeper(KEY) as keeper:
        folder = Path(keeper.environment[keepers.ADDRESS]).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        if hasattr(socket, "SO_PEERCRED"):
            own = os.getuid()
            with monkeypatch.context() as patch:
                patch.setattr(os, "getuid", lambda: own + 1)
                assert keepers.borrow(keeper.environment) is None
                keepers.lend(OTHER, keeper.environment)
        with monkeypatch.context() as patch:
            patch.delattr(socket, "SO_PEERCRED", raising=False)  # where the system does not say who calls
            assert keepers.borrow(keeper.environment) == KEY
        assert repr(keeper) == "Keeper()"
    assert not folder.exists()


def test_without_a_keeper_nothing_is_asked(tmp_path: Path) -> None:
    """A kernel that nobody's `workbook open` started has none, and one whose workbook is closed has none any more."""
    heard: list[str] = []
    assert Keeper().environment == {}
    for environ in ({}, {keepers.ADDRESS: ""}):
        keepers.lend(KEY, environ)
        keepers.used(environ)
        keepers.watch(lambda: heard.append("gone"), environ)
        assert keepers.borrow(environ) is None
    assert heard == []

    closed = {keepers.ADDRESS: str(tmp_path / "key")}
    gone = threading.Event()
    keepers.lend(KEY, closed)
    keepers.used(closed)
    keepers.watch(gone.set, closed)
    assert keepers.borrow(closed) is None
    assert gone.wait(60)


def test_no_program_stays_because_of_its_keeper() -> None:
    """What waits for a caller, for idleness or for the key to go keeps neither a page's Python nor Mend from ending."""
    with Keeper(KEY) as keeper, Client(keeper.environment[keepers.ADDRESS]):
        keepers.watch(lambda: None, keeper.environment)
        waiting = [thread for thread in threading.enumerate() if thread.name.startswith("keeper")]
        assert {thread.name for thread in waiting} >= {"keeper", "keeper-idle", "keeper-watch"}
        assert all(thread.daemon for thread in waiting)


def test_a_keeper_whose_folder_was_cleaned_away_is_closed_all_the_same(tmp_path: Path) -> None:
    """A system that tidies its temporary files is nothing to speak of."""
    keeper, closed = Keeper(KEY), list[str]()
    listener: Any = SimpleNamespace(close=lambda: closed.append("closed"))
    keeper._listener, keeper._folder, keeper._address = listener, str(tmp_path / "gone"), str(tmp_path / "gone" / "key")
    keeper.__exit__()
    assert (closed, keeper._key) == (["closed"], None)
