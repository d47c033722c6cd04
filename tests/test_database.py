"""A database that is a file says when another wrote into it, when it is damaged, and when it is another file now."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from workbook.errors import Damaged, StoreError
from workbook.storage import sqlite
from workbook.storage.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SAID: Any = {
    "item": "responsibility.incident.my_part", "exercise": "responsibility.incident", "status": "answered",
    "prompt": "What was my part?", "kind": "text", "fingerprint": "f",
}  # fmt: skip


def save(store: Store, said: str) -> None:
    store.save(value=said, label=said, occasion=said, **SAID)


def test_a_stamp_is_equal_until_another_writes(tmp_path: Path) -> None:
    """Also within one's own transaction, where it can be asked as well."""
    with Store(tmp_path / "answers.sqlite") as mine, Store(tmp_path / "answers.sqlite") as other:
        before = mine.stamp()
        assert mine.stamp() == before
        with mine.together():
            assert mine.stamp() == before
        save(other, "words")
        assert mine.stamp() != before


@pytest.mark.parametrize("column", ["begun_at", "answered_at"])
@pytest.mark.parametrize(
    "written",
    [
        *("2026-02-29T10:11:12.123456+00:00", "2026-03-02T24:00:00.000000+00:00", "2026-03-02T10:60:12.123456+00:00"),
        *("2026-03-02T10:11:60.123456+00:00", "2026-13-02T10:11:12.123456+00:00", "0000-03-02T10:11:12.123456+00:00"),
        *("2026-03-02 10:11:12.123456+00:00", "2026-03-02T10:11:12.123+00:00", "2026-03-02T10:11:12.123456+01:00"),
        *("2026-03-02T10:11:12.123456+00:00 ", "２026-03-02T10:11:12.123456+00:00", "", "x", 12, b"x", b"\xff"),
    ],
)
def test_a_time_that_python_could_not_read_is_damage(tmp_path: Path, column: str, written: object) -> None:
    """Found when the file is opened, not when a page shows them; among sound rows, and in either time."""
    with Store(tmp_path / "answers.sqlite") as store:
        for said in ("one", "two", "three"):
            save(store, said)
        store.check()
        with store._writing() as connection:
            change = f"UPDATE answers SET {column} = ? WHERE occasion = 'two'"  # noqa: S608 # our own names
            connection.exec_driver_sql(change, (written,))
        with pytest.raises(Damaged):
            store.check()


def test_a_file_that_is_sound_for_sqlite_may_be_damaged_all_the_same(tmp_path: Path) -> None:
    """All of it is read: a time that is none is found too."""
    file = tmp_path / "answers.sqlite"
    with Store(file, wal=False) as store:
        save(store, "words")
        store.check()
    file.write_bytes(file.read_bytes().replace(b"+00:00", b"+00:0x"))
    with Store(file, wal=False) as store, pytest.raises(Damaged):
        store.check()


def test_whoever_has_a_file_open_follows_the_one_that_takes_its_place(tmp_path: Path) -> None:
    """What is read next is what is there now, and it is known as that; where nothing is, that is said."""
    file, new = tmp_path / "answers.sqlite", tmp_path / "new.sqlite"
    with Store(file, wal=False) as store, Store(new, wal=False) as other:
        save(store, "before")
        save(other, "after")
        other.close()
        new.replace(file)
        assert [answer.value for answer in store.current()] == ["after"]
        assert store._at == sqlite.identity(file)
        file.unlink()
        with pytest.raises(StoreError, match="answers"):
            store.current()
        assert not file.exists()


def test_a_copy_holds_the_same_and_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """A copy is one file without a log; what has other tables is no store."""
    copy, other = tmp_path / "copy.sqlite", tmp_path / "other.sqlite"
    with Store(tmp_path / "answers.sqlite") as store:
        save(store, "words")
        store.copy_to(copy)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.sqlite", "copy.sqlite"]
    with Store(copy, wal=False) as store:
        assert [answer.value for answer in store.current()] == ["words"]
    with contextlib.closing(sqlite.connect(other, wal=False)) as made:
        made.execute("CREATE TABLE birds (name)")
    before = other.read_bytes()
    with pytest.raises(Damaged):
        Store(other, wal=False)
    assert other.read_bytes() == before
