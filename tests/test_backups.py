"""An answer that was saved survives a damaged file, a wrong step back, and a second computer."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.errors import Damaged, JournalError, StoreError
from workbook.journal import Journal
from workbook.storage import backups
from workbook.storage.backups import Preview

CASES = Path(__file__).parent / "cases" / "older"
PART = "responsibility.incident.my_part"
PLACE = (PART, "2026-03-02")


@pytest.fixture
def journal(tmp_path: Path, clock: Clock):
    with Journal.open(tmp_path / "Mend", now=clock, environ={}) as journal:
        answer_safely(journal.save)
        yield journal


def reopened(journal: Journal) -> Journal:
    return Journal.open(journal.path, now=journal.now, environ={})


def damage(file: Path, how: str) -> None:
    whole = file.read_bytes()
    changed = {
        "overwritten": b"\0" * 100 + whole[100:],
        "cut short": whole[: len(whole) // 2],
        "a page of noise": whole[:8192] + bytes(range(256)) * 16 + whole[12288:],
        "text": b"This is not a database. " * 400,
        "empty": b"",
        "a time": whole.replace(b"+00:00", b"+00:0x"),
        "one letter": whole.replace(b'"after the backup"', b'"after the backup}'),  # SQLite calls this file sound
    }[how]
    file.write_bytes(changed)


def test_backups_are_made_on_opening_and_at_most_hourly(journal: Journal, clock: Clock):
    """Someone who writes all day has a backup of every hour, without asking for it."""
    folder = journal.path / ".mend" / "backups"
    assert [backup.at for backup in backups.listed(folder)] == [clock()]
    for _ in range(18):
        clock.forward(minutes=10)
        journal.save(PART, f"at {clock()}")

    assert [backup.at.hour for backup in backups.listed(folder)] == [12, 11, 10, 9]
    assert all(stat.S_IMODE(backup.file.stat().st_mode) == 0o600 for backup in backups.listed(folder))
    assert {path.suffix for path in folder.iterdir()} == {".sqlite"}


def test_old_backups_go_and_one_of_each_day_stays(tmp_path: Path, clock: Clock):
    """Five of the newest, and one of each of seven days."""
    answers = SimpleNamespace(copy_to=Path.touch)
    for _ in range(12 * 10 + 2):
        clock.forward(hours=2)
        backups.make(answers, tmp_path, clock())

    kept = [backup.at for backup in backups.listed(tmp_path)]
    nights = [datetime(2026, 3, day, 23, tzinfo=UTC) for day in range(11, 5, -1)]
    assert kept == [clock() - timedelta(hours=2 * n) for n in range(5)] + nights


def test_a_backup_that_fails_leaves_nothing_and_is_said(tmp_path: Path, clock: Clock):
    """Whether half of it was written or nothing at all, what went wrong is what is said."""

    def half(file: Path) -> None:
        file.touch()
        raise StoreError("no room")

    def nothing(file: Path) -> None:
        raise StoreError("no room")

    for copy_to in (half, nothing):
        with pytest.raises(StoreError, match="no room"):
            backups.make(SimpleNamespace(copy_to=copy_to), tmp_path, clock())
        assert list(tmp_path.iterdir()) == []


def test_a_backup_is_due_an_hour_from_the_newest_or_from_one_of_the_future(tmp_path: Path, clock: Clock):
    """To the moment, whichever way the clock was set."""
    assert backups.due(tmp_path, clock())
    made = backups.make(SimpleNamespace(copy_to=Path.touch), tmp_path, clock())
    assert made == backups.listed(tmp_path)[0]
    (tmp_path / "answers-of-mine.sqlite").touch()
    aways = [timedelta(minutes=minutes) for minutes in (-61, -60, -59, 0, 59, 60, 61)]
    assert [backups.due(tmp_path, clock() + away) for away in aways] == [True, True, False, False, False, True, True]


def test_a_clock_set_back_does_not_stop_backups(journal: Journal, clock: Clock):
    """Backups from the future do not count as recent."""
    clock.forward(days=-30)
    journal.save(PART, "a month ago, says the clock")

    assert backups.listed(journal.path / ".mend" / "backups")[-1].at == clock()


@pytest.mark.parametrize(
    "how", ["overwritten", "cut short", "a page of noise", "text", "empty", "one letter", "a time"]
)
def test_a_damaged_journal_opens_from_its_newest_good_backup(journal: Journal, clock: Clock, how: str):
    """It says what may be missing, and keeps the damaged file beside."""
    for n in range(60):
        journal.save(PART, f"{n} " + "x" * 900, page=str(n))
    clock.forward(hours=2)
    journal.save(PART, "in the backup")
    clock.forward(minutes=20)
    journal.save(PART, "after the backup")
    journal.close()
    file = journal.path / ".mend" / "answers.sqlite"
    damage(file, how)
    damaged = file.read_bytes()

    with reopened(journal) as again:
        kept = journal.path / ".mend" / "answers.damaged-2026-03-02T11-20-00Z.sqlite"
        made = backups.in_words(datetime(2026, 3, 2, 11, 0, tzinfo=UTC))
        assert again.warnings == (
            f"The file with your answers was damaged, so the backup of {made} was opened instead. "
            f"What you wrote after that may be missing. The damaged file is kept: {kept}",
        )
        assert kept.read_bytes() == damaged
        assert again.responses()[PLACE].value == "in the backup"
        again.save(PART, "and on")
    with reopened(journal) as third:
        assert third.warnings == ()
        assert third.responses()[PLACE].value == "and on"


def test_a_damaged_backup_is_passed_over(journal: Journal, clock: Clock):
    """The newest backup that is whole is used, not the newest."""
    journal.save(PART, "in the older backup")
    journal.backup()
    clock.forward(hours=2)
    newest = journal.backup()
    journal.close()
    damage(newest, "text")
    damage(journal.path / ".mend" / "answers.sqlite", "text")

    with reopened(journal) as again:
        assert again.responses()[PLACE].value == "in the older backup"


def test_a_damaged_journal_without_a_backup_is_left_as_it_is(journal: Journal):
    """When nothing is whole, nothing is touched."""
    journal.close()
    for backup in backups.listed(journal.path / ".mend" / "backups"):
        backup.file.unlink()
    file = journal.path / ".mend" / "answers.sqlite"
    damage(file, "text")
    before = {path: path.read_bytes() for path in journal.path.rglob("*") if path.is_file()}

    with pytest.raises(Damaged) as refused:
        reopened(journal)
    assert str(refused.value) == (
        f"{file} is damaged, or it is locked and needs its passphrase. It was not changed. "
        "There is no whole backup either. Make a copy of the folder before you try anything."
    )
    assert {path: path.read_bytes() for path in journal.path.rglob("*") if path.is_file()} == before


def test_a_page_that_was_open_goes_on_with_the_recovered_file(journal: Journal, clock: Clock):
    """A kernel that had the damaged file open does not go on writing into it."""
    journal.save(PART, "before")
    journal.backup()
    file = journal.path / ".mend" / "answers.sqlite"
    recovered = file.with_name("answers.sqlite.new")
    shutil.copyfile(backups.listed(journal.path / ".mend" / "backups")[0].file, recovered)
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink()
    recovered.replace(file)
    journal.save(PART, "after", page="later")

    with reopened(journal) as again:
        assert again.responses()[PLACE].value == "after"


def test_restoring_says_first_what_it_would_change(journal: Journal, clock: Clock):
    """A preview counts, changes nothing; going back keeps what was there as a backup."""
    journal.save(PART, "first")
    backup = journal.backup()
    clock.forward(hours=3)
    journal.save(PART, "second")
    journal.save("start.hopes.hope", "new")
    before = journal.history()

    said = journal.preview(backup)
    assert said == Preview(at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), answers=22, changed=1, missing=1)
    assert str(said).endswith(
        "holds 22 answers. 1 of them differs from what is there now. 1 answer that is there now is not in it."
    )
    assert journal.history().equals(before)

    journal.restore(backup)
    assert journal.responses()[PLACE].value == "first"
    clock.forward(hours=1)
    journal.restore()  # the newest backup is what was there before
    assert journal.responses()[PLACE].value == "second"
    assert journal.history().equals(before)


def test_other_open_pages_see_what_was_restored(journal: Journal, clock: Clock):
    """Nobody has to close anything to go back."""
    journal.save(PART, "first")
    backup = journal.backup()
    with reopened(journal) as other:
        other.save(PART, "second")
        journal.restore(backup)
        assert other.responses()[PLACE].value == "first"


def test_a_backup_elsewhere_is_a_journal_of_its_own(journal: Journal, tmp_path: Path, clock: Clock):
    """A copy on a stick opens like the journal, with the same passphrase."""
    journal.save(PART, "kept")
    journal.lock("otter lantern gravel teapot")
    copy = journal.backup(tmp_path / "stick")

    with Journal.open(copy, passphrase="otter lantern gravel teapot", now=clock, environ={}) as again:
        assert again.responses()[PLACE].value == "kept"
    with pytest.raises(JournalError, match="is not empty"):
        journal.backup(tmp_path / "stick")


def test_a_readable_backup_can_be_restored_into_a_locked_journal(journal: Journal, tmp_path: Path):
    """What was copied before locking is still good for going back, and ends up locked."""
    journal.save(PART, "canary-words")
    copy = journal.backup(tmp_path / "stick")
    journal.lock("otter lantern gravel teapot")
    journal.save(PART, "later")
    journal.restore(copy)

    assert journal.responses()[PLACE].value == "canary-words"
    assert all(b"canary-words" not in path.read_bytes() for path in journal.path.rglob("*") if path.is_file())


def test_a_missing_backup_is_said(journal: Journal, tmp_path: Path):
    """A wrong path is one sentence."""
    with pytest.raises(JournalError) as refused:
        journal.restore(tmp_path / "nothing.sqlite")

    assert str(refused.value) == (
        f"{tmp_path / 'nothing.sqlite'} is not there. "
        f"The backups of this journal are in {journal.path / '.mend' / 'backups'}"
    )


def test_a_preview_counts_one_as_one():
    """One answer is not “1 answers”; the time is that of the clock here."""
    at = datetime(2026, 3, 2, 12).astimezone()  # noon wherever the tests run
    assert str(backups.Preview(at, answers=1, changed=1, missing=1)) == (
        "The backup of 2 March 2026, 12:00 holds 1 answer. 1 of them differs from what is there now. 1 answer that "
        "is there now is not in it."
    )
    assert "holds 2 answers. 0 of them differ from" in str(backups.Preview(at, answers=2, changed=0, missing=3))


@pytest.mark.parametrize(
    "added",
    [
        "CREATE TRIGGER t AFTER INSERT ON answers BEGIN UPDATE answers SET value = '\"other\"' WHERE id = new.id; END",
        "CREATE VIEW v AS SELECT * FROM answers",
    ],
)
def test_a_copy_that_would_change_what_is_saved_is_not_gone_back_to(
    journal: Journal, tmp_path: Path, added: str
) -> None:
    """A copy that somebody gave rules of its own is damaged: nothing goes back to it; as the journal it gives way."""
    journal.save(PART, "mine")
    copy = tmp_path / "copy.sqlite"
    shutil.copyfile(journal.backup(), copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(added)
        connection.commit()
    for act in (journal.preview, journal.restore):
        with pytest.raises(Damaged):
            act(copy)
    journal.save(PART, "mine again")
    assert journal.responses()[PLACE].value == "mine again"
    journal.close()
    shutil.copyfile(copy, journal.path / ".mend" / "answers.sqlite")
    with reopened(journal) as again:
        assert again.responses()[PLACE].value == "mine"
        assert [said.split(" ")[3:7] for said in again.warnings] == [["your", "answers", "was", "damaged,"]]


def test_a_copy_with_an_answer_nested_without_end_is_said_to_be_damaged(journal: Journal, tmp_path: Path) -> None:
    """A thousand lists within each other are sound for SQLite and too many for Python: that is said."""
    journal.save(PART, "mine")
    copy = tmp_path / "copy.sqlite"
    shutil.copyfile(journal.backup(), copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE answers SET value = ?", ("[" * 990 + "]" * 990,))
        connection.commit()
    for act in (journal.preview, journal.restore):
        with pytest.raises(Damaged):
            act(copy)
    assert journal.responses()[PLACE].value == "mine"


def test_what_was_left_half_made_goes(tmp_path: Path) -> None:
    """Among the backups and in the folder above, by name; what cannot be removed stops nothing."""
    folder = tmp_path / "backups"
    stays = ("answers.sqlite", "answers.sqlite-wal", "journal.json", "backups/answers-2026.sqlite")
    (folder / "look.half").mkdir(parents=True)
    for name in (*stays, "answers.sqlite.new", "answers.sqlite.new-journal", "backups/a.new", "backups/b.half-wal"):
        (tmp_path / name).touch()
    backups.sweep(folder)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {*map(str, map(Path, stays)), str(Path("backups", "look.half")), "backups"}


def test_what_becomes_of_a_backup_that_is_not_put_under_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room it stays and is named; a damaged one goes where it could be read, and stays where it could not."""
    plain = tmp_path / "answers-2026-03-02T09-00-00.000000Z.sqlite"
    locked = tmp_path / "answers-2026-03-02T10-00-00.000000Z.sqlite"
    plain.write_bytes(b"SQLite format 3\0 and the rest")
    locked.write_bytes(b"nothing that can be read")
    key, problems = bytes(32), list[Exception]()

    def refuse(*_: object) -> None:
        raise problems[-1]

    monkeypatch.setattr(backups.sqlite, "rewrite", refuse)
    for problem in (StoreError("no room"), OSError("no room")):
        problems.append(problem)
        assert backups.lock(tmp_path, None, key) == ((plain,), ())
        assert backups.lock(tmp_path, key, None) == ((locked,), ())
    problems.append(Damaged("damaged"))
    assert backups.lock(tmp_path, key, None) == ((), ())
    assert (plain.exists(), locked.exists()) == (True, True)
    assert backups.lock(tmp_path, None, key) == ((), (plain,))
    assert (plain.exists(), locked.exists()) == (False, True)


def test_only_a_file_in_the_folder_itself_is_a_backup(tmp_path: Path) -> None:
    """A folder that bears such a name is none, and neither is what a link leads to, or a link to nothing."""
    folder, elsewhere = tmp_path / "backups", tmp_path / "elsewhere.sqlite"
    named = [folder / f"answers-2026-03-02T0{hour}-00-00.000000Z.sqlite" for hour in range(4)]
    named[1].mkdir(parents=True)
    elsewhere.touch()
    named[0].touch()
    named[2].symlink_to(elsewhere)
    named[3].symlink_to(tmp_path / "nothing")
    assert sorted(one.file for one in backups.named(folder)) == named
    assert [one.file for one in backups.listed(folder)] == named[:1]
    assert backups.listed(folder, lambda file: file != named[0]) == []


def test_two_pages_may_let_the_same_old_backup_go(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second finds it gone, and has made its own all the same."""
    monkeypatch.setattr(backups, "_too_many", lambda _: [backups.Backup(clock(), tmp_path / "gone")])
    made = backups.make(SimpleNamespace(copy_to=Path.touch), tmp_path, clock())
    assert list(tmp_path.iterdir()) == [made.file]


def test_no_room_to_look_into_a_backup_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that the copy which could not be begun is not there."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "answers-2026-03-02T09-00-00.000000Z.sqlite").touch()
    monkeypatch.setattr(backups.files, "copy", full)
    with pytest.raises(OSError, match="No space left on device"):
        backups.newest_good(tmp_path, None)


def test_looking_into_a_backup_of_an_older_version_leaves_it_as_it_is(journal: Journal) -> None:
    """Whatever it takes to read it is done to a copy, which goes again; also when it takes the damaged one's place."""
    folder = journal.path / ".mend" / "backups"
    older = folder / "answers-2026-03-02T10-00-00.000000Z.sqlite"
    with closing(sqlite3.connect(older)) as made:
        made.executescript((CASES / "journal-0.1.0.sql").read_text("utf-8"))
    before = older.read_bytes()
    names = sorted(folder.iterdir())
    assert journal.preview(older).answers > 10
    assert (older.read_bytes(), sorted(folder.iterdir())) == (before, names)

    good = backups.newest_good(folder, None)
    assert good is not None
    assert (good.file, older.read_bytes(), sorted(folder.iterdir())) == (older, before, names)

    older.write_bytes(before[: len(before) // 2])
    with pytest.raises(Damaged):
        journal.preview(older)
    assert sorted(folder.iterdir()) == names
