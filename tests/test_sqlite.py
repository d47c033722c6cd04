"""A file of answers is opened carefully, replaced without a trace, and what goes wrong with it is a sentence."""

from __future__ import annotations

import contextlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from workbook.errors import Damaged, StoreError
from workbook.storage import sqlite
from workbook.storage.schema import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
BLOCK = 65536


@pytest.mark.parametrize(("wal", "log"), [(True, "wal"), (False, "delete")])
def test_a_file_is_made_for_its_owner_and_loses_nothing(tmp_path: Path, wal: bool, log: str) -> None:
    """What is said to be written is on the disk, what was removed is overwritten, and nothing lies elsewhere."""
    file = tmp_path / "answers.sqlite"
    with contextlib.closing(sqlite.connect(file, wal=wal)) as opened:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
        said = {name: opened.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    assert said == {"journal_mode": log, "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "temp_store": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.process  # a thread
def test_a_file_opened_in_one_thread_is_used_in_another(tmp_path: Path) -> None:
    """As a page's kernel does: it opens in one, and hears in another that the key is gone."""
    with contextlib.closing(sqlite.connect(tmp_path / "answers.sqlite")) as opened, ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: opened.execute("SELECT 1").fetchone()).result() == (1,)


def _filled(file: Path, key: bytes | None) -> None:
    with contextlib.closing(sqlite.connect(file, key, wal=False)) as made:
        made.execute("CREATE TABLE answers (value)")
        made.execute("INSERT INTO answers VALUES ('canary')")


def _held(file: Path, key: bytes | None) -> list[Any]:
    with contextlib.closing(sqlite.connect(file, key, wal=False)) as opened:
        return list(opened.execute("SELECT value FROM answers").fetchall())


@pytest.mark.parametrize(("key", "new_key"), [(None, KEY), (KEY, OTHER), (KEY, None)], ids=["on", "another", "off"])
def test_a_file_put_under_another_key_opens_with_that_alone(
    tmp_path: Path, key: bytes | None, new_key: bytes | None
) -> None:
    """What is in it stays, an older half is no obstacle, and nothing is left beside it."""
    file = tmp_path / "answers.sqlite"
    _filled(file, key)
    (tmp_path / "answers.sqlite.new").write_bytes(b"half")
    sqlite.rewrite(file, key, new_key)

    assert _held(file, new_key) == [("canary",)]
    assert sqlite.is_plain(file) == (new_key is None)
    with contextlib.closing(sqlite.connect(file, new_key, wal=False)) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)  # it is one file, without a log
    with pytest.raises(dbapi2.DatabaseError):
        _held(file, key)
    assert [each.name for each in tmp_path.iterdir()] == ["answers.sqlite"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_put_under_another_key_stays_as_it_is(tmp_path: Path) -> None:
    """The wrong key, or another program that has it open: a sentence, and no half beside it."""
    file = tmp_path / "answers.sqlite"
    _filled(file, KEY)
    before = file.read_bytes()
    with pytest.raises(Damaged, match="is damaged, or it is locked and needs its passphrase"):
        sqlite.rewrite(file, OTHER, None)
    assert (file.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (before, ["answers.sqlite"])


@pytest.mark.parametrize("replace", [sqlite._replace, sqlite._replace_closed])
@pytest.mark.parametrize("names", [1, 2])
def test_what_a_file_was_is_overwritten_where_it_was(
    tmp_path: Path, replace: Callable[[Path, Path], None], names: int
) -> None:
    """Down to its last byte, unless it has a second name: that is a copy, which stays as it is."""
    file, new, copy = (tmp_path / name for name in ("answers.sqlite", "answers.sqlite.new", "copy"))
    before = b"x" * (2 * BLOCK + 1)
    file.write_bytes(before)
    new.write_bytes(b"new")
    if names == 2:
        copy.hardlink_to(file)
    with file.open("rb") as old:
        replace(file, new)
        left = old.read()

    assert left.strip(b"\0") == (b"" if names == 1 else before)
    assert len(left) >= len(before)
    assert file.read_bytes() == b"new"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answers.sqlite", "copy"][:names]


class Busy:
    """A connection whose first calls are refused."""

    def __init__(self, refused: int, said: str, mode: str = "delete") -> None:
        self.refused, self.said, self.mode = refused, said, mode
        self.asked: list[str] = []

    def execute(self, asked: str) -> Busy:
        if self.refused:
            self.refused -= 1
            raise dbapi2.OperationalError(self.said)
        self.asked.append(asked)
        return self

    def fetchone(self) -> tuple[str]:
        return (self.mode,)


def test_first_openings_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One waits for another for as long as it says, and not where waiting is of no use, or nothing is to be done."""
    first, later, never = Busy(3, "database is locked"), Busy(0, "", "wal"), Busy(10**9, "database is locked")
    sqlite._set_wal(first)
    sqlite._set_wal(later)
    assert (first.asked, later.asked) == (
        ["PRAGMA journal_mode", "PRAGMA journal_mode = WAL"],
        ["PRAGMA journal_mode"],
    )
    with pytest.raises(dbapi2.OperationalError, match="disk I/O error"):
        sqlite._set_wal(Busy(1, "disk I/O error"))
    monkeypatch.setattr(sqlite, "BUSY", 0.05)
    with pytest.raises(dbapi2.OperationalError, match="database is locked"):
        sqlite._set_wal(never)


def _of_the_driver(said: str) -> Exception:
    return sa.exc.OperationalError("SELECT 'canary'", {}, dbapi2.OperationalError(said))


@pytest.mark.parametrize(
    ("problem", "error", "said"),
    [
        (_of_the_driver("database or disk is full"), StoreError, "The disk is full, so X could not be written."),
        (OSError(28, "No space left on device"), StoreError, "The disk is full, so X could not be written."),
        (dbapi2.OperationalError("disk I/O error"), StoreError, "The disk refused to write X."),
        (dbapi2.OperationalError("attempt to write a readonly database"), StoreError, "X is read-only"),
        (OSError(30, "Read-only file system"), StoreError, "X is read-only"),
        (PermissionError(13, "Permission denied"), StoreError, "X may not be read or written by you."),
        (FileNotFoundError(2, "No such file or directory"), StoreError, "X cannot be opened."),
        (_of_the_driver("unable to open database file"), StoreError, "X cannot be opened."),
        (dbapi2.DatabaseError("file is not a database"), Damaged, "X is damaged, or it is locked"),
        (dbapi2.DatabaseError("database disk image is malformed"), Damaged, "X is damaged. It was not changed."),
        (dbapi2.OperationalError("Could not decode to UTF-8"), Damaged, "X is damaged. It was not changed."),
        (dbapi2.OperationalError("database is locked"), StoreError, "X is in use by another program or page."),
        (_of_the_driver("no such table: canary"), StoreError, "X could not be read or written (OperationalError)."),
        (Unreadable("canary"), Damaged, "X is damaged. It was not changed."),
        (json.JSONDecodeError("canary", "canary", 0), Damaged, "X is damaged. It was not changed."),
        (RecursionError("canary"), Damaged, "X is damaged. It was not changed."),
    ],
)
def test_what_goes_wrong_with_a_file_is_a_sentence(problem: Exception, error: type[StoreError], said: str) -> None:
    """It says what to do and quotes nothing; only a file that is not what was stored counts as damaged."""
    with pytest.raises(StoreError) as raised, sqlite.in_words("X"):
        raise problem
    assert (type(raised.value), str(raised.value)[: len(said)]) == (error, said)
    assert "canary" not in str(raised.value)


def test_what_is_not_about_the_file_is_no_sentence_about_it() -> None:
    """A fault of ours stays one."""
    with pytest.raises(ZeroDivisionError), sqlite.in_words("X"):
        raise ZeroDivisionError


def test_what_is_kept_as_text_is_short_whole_and_a_number_where_it_is_one() -> None:
    """Letters of any script as they are; half an emoji is a question mark; what is no number is refused."""
    assert sqlite.as_json({"ä": [1, "\ud83d"]}) == '{"ä":[1,"?"]}'
    with pytest.raises(ValueError, match="JSON"):
        sqlite.as_json(float("nan"))


def test_a_file_is_known_again_by_what_it_is(tmp_path: Path) -> None:
    """Not by its name: the same file under another is the same, another under the same is not."""
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"")
    known = sqlite.identity(file)
    file.rename(other)
    assert (sqlite.identity(file), sqlite.identity(other)) == (None, known)
    file.write_bytes(b"")
    assert sqlite.identity(file) not in (None, known)


def test_a_file_has_one_connection_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By which it is seen that somebody else wrote: another of our own would count as somebody else."""
    monkeypatch.setattr(sqlite, "BUSY", 0.05)
    engine = sqlite.engine(tmp_path / "answers.sqlite", None, wal=False)
    with engine.connect(), pytest.raises(sa.exc.TimeoutError):
        engine.connect()
    engine.dispose()


@pytest.mark.parametrize("server", [True, False])
def test_no_answer_stands_in_a_traceback(tmp_path: Path, server: bool) -> None:
    """Neither of a file nor of a server: what was to be stored is not part of what is said to be wrong."""
    engine = sqlite.server("sqlite://") if server else sqlite.engine(tmp_path / "answers.sqlite", None, wal=False)
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as raised:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:value)"), {"value": "canary"})
    engine.dispose()
    assert "canary" not in str(raised.value)
    assert "nowhere" in str(raised.value)


def test_a_connection_to_a_server_says_whose_it_is_where_it_is_somebody_s() -> None:
    """Before anything else is asked on it: a server that does not understand that is asked nothing."""
    for owner, said in (("", [(1,)]), ("lee", "syntax error")):
        engine = sqlite.server("sqlite://", owner)
        try:
            with engine.connect() as connection:
                told: object = connection.execute(sa.text("SELECT 1")).fetchall()
        except Exception as problem:
            told = "syntax error" if "syntax error" in str(problem) else problem
        engine.dispose()
        assert told == said


@pytest.mark.parametrize(
    ("held", "may"), [(None, False), ("", False), ("none", False), ("one", True), ("locked", True), ("damaged", True)]
)
def test_whether_a_file_may_hold_answers_is_seen_without_a_key(tmp_path: Path, held: str | None, may: bool) -> None:
    """None in a file that is missing, empty or without one; a locked or damaged one may, whatever is in it."""
    file = tmp_path / "answers.sqlite"
    if held == "":
        file.write_bytes(b"")
    elif held is not None:
        _filled(file, KEY if held == "locked" else None)
    if held == "damaged":
        file.write_bytes(file.read_bytes()[:16] + b"x" * 8192)
    if held == "none":
        with contextlib.closing(sqlite.connect(file, wal=False)) as opened:
            opened.execute("DELETE FROM answers")
    assert sqlite.begun(file) is may
