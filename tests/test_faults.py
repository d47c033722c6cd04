"""A full disk, a read-only folder, a damaged copy, an older program: nothing is lost, and it is said in words."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.clock import Clock
from tests.form_page import Heard
from tests.safe_answers import answer_safely
from workbook import files
from workbook.errors import Closed, Damaged, JournalError, Locked, StoreError
from workbook.journal import Journal
from workbook.page import form
from workbook.storage import lock, recovery, sqlite
from workbook.storage.keeper import Keeper
from workbook.storage.lock import Lock
from workbook.storage.schema import MIGRATIONS
from workbook.storage.sqlite import is_plain
from workbook.storage.store import Store

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
PART = "responsibility.incident.my_part"
PLACE = (PART, "2026-03-02")
GOOD = "otter lantern gravel teapot"
CANARY = "zq-canary-91c4"
NOBODY = 65534


@pytest.fixture
def journal(tmp_path: Path, clock: Clock):
    with Journal.open(tmp_path / "Mend", now=clock, environ={}) as journal:
        answer_safely(journal.save)
        journal.save(PART, CANARY)
        yield journal


def reopened(journal: Journal, passphrase: str | None = None) -> Journal:
    return Journal.open(journal.path, passphrase=passphrase, now=journal.now, environ={})


def readable_with(word: str, folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    )


def elsewhere(script: str, *arguments: object) -> list[str]:
    """Run a script in another process, which may lower its own limits and rights; return the lines it prints."""
    begin = """
        import os, resource, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from workbook.storage import backups
        from workbook.errors import WorkbookError
        from workbook.journal import Journal
        from tests import cheap_age
        cheap_age.instead()
        folder = Path(sys.argv[1])
        now = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)

        def opened(passphrase=None):
            return Journal.open(folder, passphrase=passphrase, now=lambda: now, environ={})

        def room(size):  # no file may grow beyond it; a disk that is full looks the same to a program
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        def said(act):
            try:
                return act()
            except WorkbookError as error:
                print(error)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(script), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


# --- the key of a locked journal outlives whatever goes wrong while locking ---


def test_a_damaged_backup_does_not_cost_the_key(journal: Journal, clock: Clock):
    """A backup that cannot be read cannot be locked: it goes, and the journal is locked and opens."""
    backup = journal.backup()
    whole = backup.read_bytes()
    backup.write_bytes(whole[:4096] + bytes(range(256)) * 16 + CANARY.encode() + whole[8192 + len(CANARY) :])
    clock.forward(minutes=5)

    journal.lock(GOOD)
    assert journal.warnings == (
        f"{backup}, a backup, was damaged and could be read by anyone, so it was removed. Your answers and the other "
        "backups are whole.",
    )
    journal.close()

    assert not backup.exists()
    assert readable_with(CANARY, journal.path) == []
    with reopened(journal, GOOD) as again:
        assert again.responses()[PLACE].value == CANARY
        assert again.warnings == ()


def test_two_pages_that_lock_at_once_lose_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    """One waits for the other, so that the key that is kept is the key of the answers."""
    monkeypatch.setattr(sqlite, "GLANCE", 0.05)  # each has it open for longer than a kernel that reads ahead
    other = reopened(journal)

    def try_to_lock(page: Journal) -> None:
        with contextlib.suppress(StoreError, JournalError):  # while the other page has the journal open
            page.lock(GOOD)

    with ThreadPoolExecutor() as pages:
        list(pages.map(try_to_lock, (journal, other)))
    journal.close()
    other.close()

    with reopened(journal, GOOD) as again:
        assert again.responses()[PLACE].value == CANARY


def test_no_room_for_the_key_is_said_and_nothing_is_locked(journal: Journal):
    """Before anything is rewritten the key must be on the disk; else the journal stays as it was."""
    keys = journal.path / ".mend" / "keys"
    keys.rename(keys.with_name("moved"))
    keys.write_bytes(b"")  # no file can be made in it

    with pytest.raises(StoreError) as said:
        journal.lock(GOOD)

    assert str(said.value) == (
        f"{keys / 'lock.json'} could not be written: Not a directory. Nothing was changed. Free some space, or make "
        "the folder writable, and try again."
    )
    assert journal.responses()[PLACE].value == CANARY
    assert is_plain(journal.path / ".mend" / "answers.sqlite")


def test_the_log_of_a_damaged_copy_stops_the_locking(journal: Journal):
    """Its words are as readable as those of the copy, which may be gone already."""
    log = journal.path / ".mend" / "answers.damaged-2026-03-02T09-00-00Z.sqlite-wal"
    log.write_bytes(CANARY.encode())

    with pytest.raises(JournalError) as said:
        journal.lock(GOOD)

    assert str(said.value) == f"{log} is readable by anyone. Move it away or delete it, then lock the journal."


def test_a_readable_backup_recovers_a_locked_journal_as_locked(journal: Journal):
    """A backup that could not be locked takes the place of damaged answers only under their key."""
    plain = journal.backup()
    held = plain.read_bytes()
    journal.lock(GOOD)
    journal.close()
    for backup in plain.parent.glob("answers-*.sqlite"):
        backup.unlink()
    plain.write_bytes(held)
    file = journal.path / ".mend" / "answers.sqlite"
    file.write_bytes(file.read_bytes()[:4096] + bytes(8192))
    plain.chmod(0o600)

    key = Lock(journal.path / ".mend" / "keys").open(GOOD)
    said = recovery.recover(journal.path, key, journal.now(), Damaged("Damaged."))

    assert said.startswith("The file with your answers was damaged")
    assert not is_plain(file)
    with reopened(journal, GOOD) as again:
        assert again.locked
        assert again.responses()[PLACE].value == CANARY


def test_answers_that_vanish_under_an_open_page_come_back_from_their_backup(journal: Journal):
    """The page says so and makes no new file: the next opening finds none, and takes the newest backup."""
    journal.backup()
    file = journal.path / ".mend" / "answers.sqlite"
    for part in file.parent.glob("answers.sqlite*"):
        part.unlink()

    with pytest.raises(StoreError) as said:
        journal.save(PART, "x")

    assert str(said.value) == (
        f"{file} is gone. Was it moved or deleted? Close Mend and open it again: the newest backup takes its place."
    )
    assert not file.exists()
    with reopened(journal) as again:
        assert again.responses()[PLACE].value == CANARY
        assert again.warnings[0].startswith("The file with your answers was damaged")


def test_a_page_whose_lock_was_taken_off_does_not_fall_asleep(journal: Journal):
    """`workbook open` may still forget a key that nothing needs any more."""
    journal.lock(GOOD)
    journal.unlock(GOOD)
    journal._sleep()
    assert journal.responses()[PLACE].value == CANARY


def test_what_waits_for_the_passphrase_hears_that_it_was_given(journal: Journal):
    """Panels beside the forms go on too."""
    journal.lock(GOOD)
    heard: list[bool] = []
    journal.listen(lambda: heard.append(not journal._vault.asleep))
    journal._sleep()
    journal.wake(GOOD)
    assert heard == [False, True]


def test_the_right_passphrase_opens_after_any_number_of_wrong_ones(tmp_path: Path, clock: Clock):
    """The wait has an end, however often someone tried."""
    held = Lock(tmp_path, clock)
    held.make(bytes(32), GOOD)
    (tmp_path / "attempts.json").write_text(json.dumps({"wrong": 5000, "last": clock().isoformat()}))
    with pytest.raises(Locked) as early:
        held.open(GOOD)
    assert str(early.value) == "Too early: the last passphrase was wrong. Try again in 15 minutes."
    clock.forward(minutes=16)
    assert held.open(GOOD) == bytes(32)


def test_a_lock_is_not_put_over_backups_that_need_another(journal: Journal):
    """After an interrupted unlocking the earlier key is the only one that opens them."""
    journal.lock(GOOD)
    backup = journal.backup()
    left = {file: file.read_bytes() for file in (journal.path / ".mend" / "keys" / "lock.json", backup)}
    journal.unlock(GOOD)
    for file, held in left.items():
        file.write_bytes(held)

    with pytest.raises(JournalError) as said:
        journal.lock("saddle orbit mustard fjord")

    assert str(said.value) == (
        f"{backup} still needs the earlier passphrase. Take that off first, with: workbook unlock "
        f"--journal {files.typed(journal.path)}"
    )


def test_a_full_disk_while_locking_changes_nothing(journal: Journal):
    """There is no room for the locked file: the journal stays as it was, open, and without half a lock."""
    for n in range(40):
        journal.save(PART, "x" * 900, page=str(n))
    journal.close()
    said = elsewhere(
        f"""
        journal = opened()
        room(40_000)
        said(lambda: journal.lock({GOOD!r}))
        room(-1)
        print(journal.locked, journal.save({PART!r}, "after").value)
        """,
        journal.path,
    )

    file = journal.path / ".mend" / "answers.sqlite"
    assert said[0] in _full(file)
    assert said[1:] == ["False after"]
    assert list((journal.path / ".mend" / "keys").iterdir()) == []
    assert list((journal.path / ".mend").glob("*.new")) == []


def test_an_old_file_that_cannot_be_overwritten_does_not_cost_the_key(journal: Journal):
    """The locked file has its place by then: whatever the disk says about the old one, the passphrase opens it."""
    journal.store.shrink()
    for n in range(40):
        journal.save(PART, "x" * 900, page=str(n))
    journal.store.forget(PART, PLACE[1])
    journal.close()  # the file is larger now than what is in it
    said = elsewhere(
        f"""
        journal = opened()
        room((folder / ".mend" / "answers.sqlite").stat().st_size - 10_000)
        said(lambda: journal.lock({GOOD!r}))
        print(journal.locked)
        """,
        journal.path,
    )

    assert said[0] == "True"
    with reopened(journal, GOOD) as again:
        assert ("start.hopes.hope", "once") not in again.responses()
        assert len(again.responses()) == 21


def test_a_full_disk_while_unlocking_leaves_no_readable_half(journal: Journal):
    """What was written of the readable file goes again; the journal stays locked."""
    for n in range(40):
        journal.save(PART, CANARY + "x" * 900, page=str(n))
    journal.lock(GOOD)
    journal.close()
    said = elsewhere(
        f"""
        journal = opened({GOOD!r})
        room(60_000)
        said(lambda: journal.unlock({GOOD!r}))
        print(journal.locked)
        """,
        journal.path,
    )

    assert said[0] in _full(journal.path / ".mend" / "answers.sqlite")
    assert said[1:] == ["True"]
    assert readable_with(CANARY, journal.path) == []
    with reopened(journal, GOOD) as again:
        assert len(again.history())


def larger_backup(journal: Journal) -> Path:
    """Make a backup that is larger than the answers are now, and close the journal."""
    for n in range(60):
        journal.save(PART, CANARY + "x" * 900, page=str(n))
    large = journal.backup()
    journal.store.forget(PART, PLACE[1])
    journal.store.shrink()
    journal.close()
    return large


def with_room_for_the_answers(folder: Path, opened: str, change: str) -> list[str]:
    """Open a journal and change it with room for its answers, not for a larger backup; return what is said of it."""
    return elsewhere(
        f"""
        journal = {opened}
        room((folder / ".mend" / "answers.sqlite").stat().st_size + 40_000)
        said(lambda: {change})
        print(journal.locked)
        print(*journal.warnings)
        """,
        folder,
    )


def test_a_backup_that_there_is_no_room_to_unlock_keeps_its_passphrase(journal: Journal):
    """The answers are readable; the backup is named, and opens when there is room and it is tried again."""
    journal.lock(GOOD)
    large = larger_backup(journal)
    said = with_room_for_the_answers(journal.path, f"opened({GOOD!r})", f"journal.unlock({GOOD!r})")

    assert said == [
        "False",
        f"{large} could not be unlocked, and still needs the passphrase. Is the disk full, or may its folder only be "
        "read? Put that right and unlock the journal again.",
    ]
    with reopened(journal, GOOD) as again:
        again.unlock(GOOD)
        assert again.warnings == ()
        assert again.preview(large).missing == 0


def test_a_backup_that_there_is_no_room_to_lock_is_named(journal: Journal, clock: Clock):
    """The answers are locked and open; the backup that is still readable is named until there is room for it."""
    large = larger_backup(journal)
    said = with_room_for_the_answers(journal.path, "opened()", f"journal.lock({GOOD!r})")

    assert said == [
        "True",
        f"{large} could not be locked, so anyone can read it. Is the disk full, or may its folder only be read? Put "
        "that right and open the journal again, or delete the file.",
    ]
    with reopened(journal, GOOD) as again:
        assert again.warnings == ()
        assert again.preview(large).missing == 0
    assert readable_with(CANARY, journal.path) == []


@pytest.mark.parametrize(
    "name",
    [
        "answers (conflicted copy 2026-03-02).sqlite",
        "backups/answers-2026-03-02T09-00-00.000000Z (1).sqlite",
    ],
)
def test_a_readable_copy_of_a_synced_drive_stops_the_locking(journal: Journal, name: str):
    """Nobody is told that the answers are locked while a copy beside them can be read by anyone."""
    copy = journal.path / ".mend" / name
    journal.store.copy_to(copy)

    with pytest.raises(JournalError) as refused:
        journal.lock(GOOD)
    assert str(refused.value) == f"{copy} is readable by anyone. Move it away or delete it, then lock the journal."
    assert not journal.locked


def test_the_new_file_has_its_name_for_good_before_the_old_one_is_overwritten(journal: Journal):
    """A power cut between the two leaves one of them whole: the folder is on the disk first."""
    journal.close()
    said = elsewhere(
        f"""
        done = []
        def heard(event, arguments):
            if event == "os.rename" and str(arguments[1]).endswith("answers.sqlite"):
                done.append("renamed")
            if event == "open" and str(arguments[0]).endswith(".mend") and done == ["renamed"]:
                done.append("folder")
        journal = opened()
        sys.addaudithook(heard)
        journal.lock({GOOD!r})
        print(*done)
        """,
        journal.path,
    )

    assert said == ["renamed folder"]


@pytest.mark.parametrize("right", [True, False])
def test_a_passphrase_is_judged_where_nothing_can_be_written(tmp_path: Path, right: bool):
    """On a read-only stick the right passphrase opens the journal, and a wrong one is a sentence."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        held, key = Lock(folder), lock.new_key()
        held.make(key, GOOD)
        (folder / "attempts.json").write_text('{"wrong": 1, "last": "2026-03-02T09:00:00+00:00"}')
        for path in (folder / "lock.json", folder / "attempts.json"):
            path.chmod(0o444)
        folder.chmod(0o555)
        said = elsewhere(
            f"""
            from workbook.storage.lock import Lock
            if os.geteuid() == 0:
                os.seteuid({NOBODY})
            said(lambda: print(len(Lock(folder).open({GOOD if right else "wrong"!r}))))
            """,
            folder,
        )
        folder.chmod(0o755)

    assert said == (
        ["32"] if right else ["This passphrase did not open the journal. Wait 1 second before the next try."]
    )


# --- a full disk ---


def _full(file: Path) -> set[str]:
    return {
        f"The disk is full, so {file} could not be written. Free some space; nothing saved was lost.",
        f"The disk refused to write {file}. Is it full, or was it removed? Nothing saved was lost.",
    }


def test_a_journal_goes_on_when_there_is_room_again(journal: Journal):
    """A save that found the disk full is said; with room again the same page saves, and nothing is missing."""
    journal.close()
    said = elsewhere(
        f"""
        journal = opened()
        journal.save({PART!r}, "before", page="a")
        journal.store.shrink()
        room(12_000)
        said(lambda: journal.save({PART!r}, "x" * 20_000, page="b"))
        room(-1)
        journal.save({PART!r}, "after", page="c")
        print(*[v for v in journal.history()["value"] if v in ("before", "after")])
        """,
        journal.path,
    )

    assert said[0] in _full(journal.path / ".mend" / "answers.sqlite")
    assert said[1:] == ["before after"]


def test_no_room_for_a_backup_costs_no_answer_and_is_said(journal: Journal):
    """The answer is saved, the backups before it stay, no half of one is left, and the page's head says it."""
    for n in range(60):
        journal.save(PART, "x" * 900, page=str(n))
    journal.close()
    said = elsewhere(
        f"""
        journal = opened()
        before = backups.listed(folder / ".mend" / "backups")
        journal.store.shrink()  # its log is empty now, and has room to grow
        room((folder / ".mend" / "answers.sqlite").stat().st_size // 2)
        now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        print(journal.save({PART!r}, "saved all the same").value)
        print(*journal.warnings)
        print(backups.listed(folder / ".mend" / "backups") == before)
        print([path.name for path in (folder / ".mend" / "backups").iterdir() if path.suffix != ".sqlite"])
        room(-1)
        now = datetime(2026, 3, 2, 14, tzinfo=UTC)
        journal.save({PART!r}, "and on")
        print(journal.warnings, len(backups.listed(folder / ".mend" / "backups")) - len(before))
        """,
        journal.path,
    )

    assert said == [
        "saved all the same",
        "No backup of your answers could be made. Is the disk full? What you write is saved all the same; free some "
        "space.",
        "True",
        "[]",
        "() 1",
    ]


def test_half_a_backup_elsewhere_does_not_look_like_a_journal(journal: Journal, tmp_path: Path):
    """A stick without room is said, and nothing on it can be mistaken for the answers."""
    for n in range(60):
        journal.save(PART, "x" * 900, page=str(n))
    journal.close()
    stick = tmp_path / "stick"
    said = elsewhere(
        """
        journal = opened()
        room(60_000)
        said(lambda: journal.backup(sys.argv[2]))
        """,
        journal.path,
        stick,
    )

    assert said[0] in _full(stick / ".mend" / "answers.sqlite")
    assert [path for path in stick.rglob("*") if path.is_file()] == []


def test_no_room_to_recover_is_said_and_nothing_is_moved(journal: Journal):
    """The damaged file stays where it is until its backup can take its place."""
    for n in range(60):
        journal.save(PART, "x" * 900, page=str(n))
    journal.backup()
    journal.close()
    file = journal.path / ".mend" / "answers.sqlite"
    file.write_bytes(b"This is not a database. " * 400)
    said = elsewhere("room(60_000); said(opened)", journal.path)

    assert said == [
        f"{file} is damaged, or it is locked and needs its passphrase. It was not changed. The newest backup could not "
        "take its place: File too large. Free some space, or make the folder writable, and open the journal again."
    ]
    assert file.read_bytes() == b"This is not a database. " * 400
    assert sorted(path.name for path in file.parent.glob("answers*")) == ["answers.sqlite"]
    with reopened(journal) as again:
        assert again.warnings[0].startswith("The file with your answers was damaged")


# --- a folder that may only be read ---


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("what", ["open", "report"])
def test_a_read_only_folder_is_a_sentence_at_the_command(what: str):
    """`workbook open` and the other commands say that nothing can be saved here, and change nothing."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "Mend"
        with Journal.open(folder, environ={}) as made:
            made.save("start.privacy.shared_device", "no")
        every = [folder, *folder.rglob("*")]
        before = {path: path.read_bytes() for path in every if path.is_file()}
        for path in reversed(every):
            path.chmod(0o555 if path.is_dir() else 0o444)
        said = elsewhere(
            """
            import click
            from workbook.cli.client import main
            import _strptime  # which reads the time of a backup
            from workbook.jupyter import lab, notebooks  # while Python's own files can be read, wherever they are
            if os.geteuid() == 0:
                os.seteuid(65534)
            os.chdir("/")
            words = {"open": ["open", str(folder), "--no-browser"], "report": ["report", "--journal", str(folder)]}
            try:
                main(words[sys.argv[2]], standalone_mode=False)
            except click.ClickException as error:
                print(error.format_message())
            """,
            folder,
            what,
        )
        for path in every:
            path.chmod(0o700 if path.is_dir() else 0o600)
        after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    file = folder / ".mend" / "answers.sqlite"
    assert said == [f"{file} is read-only, so nothing can be saved. Make its folder writable or move the journal."]
    assert after == before


# --- an older and a newer program ---


def _move_everything(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE answers ADD COLUMN mood TEXT"))


UPDATED = (
    "{file} was brought up to date by a newer version of Mend while this page was open, so this page cannot save any "
    "more. What you wrote is kept in the page. Close Mend everywhere, and open it again."
)


def test_an_open_page_of_an_older_program_does_not_write_into_a_newer_file(tmp_path: Path):
    """A newer program brings the file up to date under it: the page hears it in words, and keeps what it has."""
    file = tmp_path / "answers.sqlite"
    one = {
        "item": PART, "exercise": "responsibility.incident", "occasion": "once", "status": "answered",
        "prompt": "?", "label": "", "kind": "longtext", "fingerprint": "f",
    }  # fmt: skip
    with Store(file) as older:
        older.save(value="before", **one)
        with Store(file, migrations=(*MIGRATIONS, _move_everything)) as newer:
            newer.save(value="newer", **one, page="n")
            for act in (
                lambda: older.save(value="too late", **one),
                lambda: older.event("gate-closed", "G5"),
                lambda: older.forget(PART, "once"),
                older.history,
                older.stamp,
            ):
                with pytest.raises(StoreError) as refused:
                    act()
                assert str(refused.value) == UPDATED.format(file=file)
            assert [answer.value for answer in newer.history()] == ["before", "newer"]
            assert newer.events() == []


def test_a_form_of_an_older_program_keeps_its_words(journal: Journal):
    """The page is told `failed`, not `refused`: it goes on holding what was typed, and saves it when it may."""
    asked = [item for item in journal.workbook.exercise("responsibility.incident").items if item.id == PART]
    widget = Heard(
        form.payload(journal.workbook.exercise("responsibility.incident"), journal.workbook),
        save=lambda **_: journal.save(asked[0].id, "words"),
        read=lambda _: {},
    )
    file = journal.path / ".mend" / "answers.sqlite"
    Store(file, migrations=(*MIGRATIONS, _move_everything)).close()

    said = widget.ask(
        {"type": "answer", "seq": 1, "item": PART, "occasion": PLACE[1], "status": "answered", "value": "words",
         "seen": 0, "page": "p"}
    )  # fmt: skip
    assert said == [{"type": "failed", "reason": UPDATED.format(file=file), "page": "p", "seq": 1, "item": PART}]


def test_words_typed_while_a_journal_sleeps_wait_for_its_passphrase(journal: Journal):
    """A page whose journal locked itself is told `failed`: it tries again, and saves when the journal wakes."""
    journal.lock(GOOD)
    widget = journal.exercise("responsibility.incident")
    heard: list[dict[str, object]] = []
    widget.send = lambda content, buffers=None: heard.append(content)  # type: ignore[method-assign] # the wire
    answer = {"type": "answer", "seq": 1, "item": PART, "occasion": PLACE[1], "status": "answered", "value": "late",
              "seen": 1, "page": "p"}  # fmt: skip
    journal._sleep()
    heard.clear()
    widget._handle_custom_msg(answer, [])
    assert heard == [
        {
            "type": "failed",
            "reason": "This journal has locked itself. Its passphrase opens it again; what you wrote is safe.",
            "page": "p",
            "seq": 1,
            "item": PART,
        }
    ]

    journal.wake(GOOD)
    heard.clear()
    widget._handle_custom_msg(answer, [])
    assert [message["type"] for message in heard if "seq" in message] == ["saved"]
    assert journal.responses()[PLACE].value == "late"


# --- a clock that goes backwards ---


def test_a_clock_set_back_does_not_open_what_a_rule_closed(journal: Journal, clock: Clock):
    """The two minutes in which late words are kept are over when the clock says they have not begun."""
    journal.exercise("responsibility.incident")
    clock.forward(hours=1)
    journal.save("start.now.thoughts", ["suicide"])
    clock.forward(days=-30)

    with pytest.raises(Closed):
        journal.save(PART, "written in a closed exercise", "2026-03-02")


def test_a_clock_set_back_makes_nothing_seen_just_now(journal: Journal, clock: Clock):
    """A rule that closed in another page, who knows when, leaves no two minutes to write in."""
    journal.standing()
    with reopened(journal) as other:
        other.save("start.now.thoughts", ["suicide"])
    clock.forward(days=-1)

    with pytest.raises(Closed):
        journal.save(PART, "written in a closed exercise", "2026-03-02")


def test_a_clock_set_back_keeps_every_occasion_and_answer(journal: Journal, clock: Clock):
    """An open page goes on with the day it shows; what was written on a later day is still there."""
    clock.forward(days=-40)
    journal.save(PART, "from the page that was open", PLACE[1])
    journal.save("start.hopes.hope", "a month before, says the clock")

    assert journal.responses()[PLACE].value == "from the page that was open"
    assert journal.occasions("responsibility.incident") == ["2026-03-02"]
    with reopened(journal) as again:
        assert again.warnings == ()
        assert again.responses()[PLACE].value == "from the page that was open"
        assert again.responses()["start.hopes.hope", "once"].value == "a month before, says the clock"


# --- left alone ---


def test_reading_is_no_sign_of_life(journal: Journal):
    """A page that stands open reads by itself every few seconds; only someone who writes keeps the journal open."""
    journal.lock(GOOD)
    key = Lock(journal.path / ".mend" / "keys").open(GOOD)
    journal.close()
    passed = [0.0]
    with Keeper(key, seconds=lambda: passed[0]) as keeper:
        page = Journal.open(journal.path, now=journal.now, environ=keeper.environment)
        passed[0] = 1000.0
        page.responses()
        assert keeper._used == 0.0
        page.save(PART, "someone is here")
        assert keeper._used == 1000.0
        page.close()


# --- what a synced drive leaves, by the names it uses ---


@pytest.mark.parametrize(
    "name",
    [
        "answers (Robin's conflicted copy 2026-03-02).sqlite",  # Dropbox
        "answers (conflicted copy 2026-03-02 090000).sqlite",  # Nextcloud
        "answers (conflicted copy 2026-03-02).sqlite",
        "answers_conflict-20260302-090000.sqlite",  # ownCloud
        "answers (SFConflict robin 2026-03-02-09-00-00).sqlite",  # Seafile
        "answers-LAPTOP-7.sqlite",  # OneDrive
        "answers-LAPTOP.sqlite",
        "answers (1).sqlite",  # Google Drive
        "answers 2.sqlite",  # iCloud
        "answers.sync-conflict-20260302-090000-ABCDEFG.sqlite",  # Syncthing
        "answers.Conflict.sqlite",  # Resilio
        "backups/answers-2026-03-02T09-00-00.000000Z (1).sqlite",
    ],
)
def test_each_drive_s_name_for_a_second_copy_is_known(journal: Journal, name: str):
    """The person hears where it is, how to look into it, and what to do then."""
    copy = journal.path / ".mend" / name
    journal.store.copy_to(copy)
    journal.close()

    with reopened(journal) as again:
        assert again.warnings == (
            f"A synced drive has left a second copy of your answers: {copy}. Two computers wrote at once. This "
            "journal goes on with its own file. To see what the copy holds: "
            f"workbook restore {files.typed(copy)} --journal {files.typed(journal.path)}. Then move it away, and keep "
            "the journal on one computer only.",
        )
        assert again.preview(copy).missing == 0


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("keys/lock.json", "lock (Robin's conflicted copy 2026-03-02).json"),
        ("keys/lock.json", "lock.sync-conflict-20260302-090000-ABCDEFG.json"),
        ("journal.json", "journal-LAPTOP-7.json"),
        ("journal.json", "journal 2.json"),
    ],
)
def test_a_second_copy_of_the_lock_or_the_mark_is_named(journal: Journal, own: str, name: str):
    """Two passphrases after a change on two computers: the journal goes on with its own file, and says so."""
    journal.lock(GOOD)
    file = journal.path / ".mend" / own
    copy = file.with_name(name)
    copy.write_bytes(file.read_bytes())
    journal.close()

    with reopened(journal, GOOD) as again:
        assert again.warnings == (
            f"A synced drive has left a second copy of {file}: {copy}. The journal goes on with its own. While it "
            "opens with your passphrase, you can delete the copy.",
        )


def test_a_lock_from_another_computer_damages_nothing(journal: Journal, tmp_path: Path, clock: Clock):
    """A synced drive put another journal's lock here: its passphrase opens nothing, and the answers stay."""
    journal.lock(GOOD)
    mine = journal.path / ".mend" / "keys" / "lock.json"
    held = mine.read_bytes()
    journal.close()
    with Journal.open(tmp_path / "other", now=clock, environ={}) as other:
        other.lock("saddle orbit mustard fjord")
    mine.write_bytes((other.path / ".mend" / "keys" / "lock.json").read_bytes())
    file = journal.path / ".mend" / "answers.sqlite"
    before = file.read_bytes()

    with pytest.raises(Damaged, match="or it is locked and needs its passphrase"):
        reopened(journal, "saddle orbit mustard fjord")
    assert file.read_bytes() == before
    mine.write_bytes(held)
    with reopened(journal, GOOD) as again:
        assert again.responses()[PLACE].value == CANARY


def test_an_interrupted_unlocking_is_finished_by_unlocking_again(journal: Journal):
    """The answers are readable already and the passphrase is still there: it goes, and is asked no more."""
    journal.lock(GOOD)
    backup = journal.backup()
    (held := Lock(journal.path / ".mend" / "keys")).begin(held.open(GOOD))
    left = {file: file.read_bytes() for file in (journal.path / ".mend" / "keys" / "lock.json", backup)}
    journal.unlock(GOOD)
    for file, held in left.items():
        file.write_bytes(held)  # as a power cut leaves it

    with reopened(journal, GOOD) as again:
        assert not again.locked
        again.unlock(GOOD)
        assert again.responses()[PLACE].value == CANARY
        assert again.preview(backup).missing == 0
    assert list((journal.path / ".mend" / "keys").iterdir()) == []
    assert is_plain(journal.path / ".mend" / "answers.sqlite")
    with pytest.raises(Locked):
        Lock(journal.path / ".mend" / "keys").open(GOOD)
