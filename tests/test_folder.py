"""A folder becomes a journal whole or not at all, and says plainly when it is none."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from workbook import files
from workbook.errors import JournalError
from workbook.storage import folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.clock import Clock


def refused(do: Callable[[], object]) -> str:
    """What is said where something is not done."""
    with pytest.raises(JournalError) as said:
        do()
    return str(said.value)


def test_a_journal_s_folders_are_its_owner_s_alone(tmp_path: Path, clock: Clock) -> None:
    """Whatever the system allows others; a folder that is there is taken, a journal is not made twice."""
    home = tmp_path / "Mend"
    before = os.umask(0)
    try:
        folder.make(home, clock())
    finally:
        os.umask(before)
    made = {str(one.relative_to(tmp_path)): stat.S_IMODE(one.stat().st_mode) for one in tmp_path.rglob("*")}
    assert made == {
        "Mend": 0o700,
        "Mend/.mend": 0o700,
        "Mend/.mend/backups": 0o700,
        "Mend/.mend/keys": 0o700,
        "Mend/.mend/journal.json": 0o600,
    }
    mark = json.loads((home / folder.MARK).read_text())
    assert mark == {"format": 1, "id": folder.check(home), "created": "2026-03-02T09:00:00+00:00"}
    assert (len(mark["id"]), set(mark["id"]) <= set("0123456789abcdef")) == (32, True)
    assert refused(lambda: folder.make(home, clock())) == (
        f"{home} is already a journal. Open it with: workbook open {files.typed(home)}"
    )
    assert folder.check(home) == mark["id"]


def test_where_there_is_no_room_for_a_journal_it_can_be_made_later(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is a sentence, and what was made by then, or a power cut left, is no reason to refuse the folder."""
    home = tmp_path / "Mend"
    assert folder.may_be_made(home)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        assert refused(lambda: folder.make(home, clock())) == (
            f"{home} cannot be made into a journal: No space left on device. Choose a folder you may write in, or free "
            "some space if the disk is full."
        )
    assert folder.may_be_made(home)
    half = home / ".mend" / "journal.json.0a1b2c3d.new"
    half.touch()
    (home / ".DS_Store").touch()
    assert folder.may_be_made(home)
    for other in (home / "holiday.txt", home / ".mend" / "answers.sqlite", home / ".mend" / "keys" / "lock.json"):
        other.touch()
        assert not folder.may_be_made(home)
        assert not folder.may_be_made(other)
        other.unlink()
    folder.make(home, clock())
    assert len(folder.check(home)) == 32


def test_a_mark_that_cannot_be_read_is_said(tmp_path: Path, clock: Clock) -> None:
    """Missing, no JSON, another shape, or one of a newer version: each is a sentence."""
    mark = tmp_path / folder.MARK
    unread = (
        f"{mark} cannot be read, so it is not certain that {tmp_path} is a journal. Nothing was changed. Give yourself "
        "the right to read it, or put it back from a copy."
    )
    assert refused(lambda: folder.check(tmp_path)) == unread
    folder.make(tmp_path, clock())
    for text in ("", "{", "[]", "{}", '{"format": 1}', '{"format": "x", "id": "a"}'):
        mark.write_text(text)
        assert refused(lambda: folder.check(tmp_path)) == unread
    for text in ("[" * 100_000, '{"format": 1e400, "id": "a"}', '{"format": ' + "9" * 5000 + ', "id": "a"}'):
        mark.write_text(text)
        assert refused(lambda: folder.check(tmp_path)) == unread
    mark.write_text('{"format": 2, "id": "a"}')
    assert refused(lambda: folder.check(tmp_path)) == (
        f"{tmp_path} was made by a newer version of Mend (format 2; this one knows 1). Nothing was changed. Install "
        "the newer version to open it."
    )
    mark.write_text('{"format": 0, "id": "a"}')
    assert folder.check(tmp_path) == "a"


def test_a_mark_is_read_up_to_its_bound(tmp_path: Path, clock: Clock) -> None:
    """A mebibyte is read, and a byte more is not: whatever somebody puts there, no page waits for it."""
    folder.make(tmp_path, clock())
    mark = tmp_path / folder.MARK
    id_, filled = folder.check(tmp_path), mark.read_bytes().ljust(1_048_576)
    mark.write_bytes(filled)
    assert folder.check(tmp_path) == id_
    mark.write_bytes(filled + b" ")
    assert refused(lambda: folder.check(tmp_path)).startswith(f"{mark} cannot be read")


def test_a_place_where_no_folder_can_be_made_is_said(tmp_path: Path, clock: Clock) -> None:
    """A folder that is missing on the way, and a file in the place of one."""
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.touch()
    assert refused(lambda: folder.make(gone / "Mend", clock())) == (
        f"{gone} does not exist. Make that folder first, or choose another."
    )
    assert refused(lambda: folder.make(file / "Mend", clock())) == (
        f"{file / 'Mend'} cannot be made into a journal: Not a directory. Choose a folder you may write in, or free "
        "some space if the disk is full."
    )
