"""A locked journal opens with its passphrase or its recovery key, and with nothing else."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.errors import JournalError, Locked, SealError, StoreError, WeakPassphrase
from workbook.journal import Journal
from workbook.jupyter import viewer
from workbook.storage import keeper as keepers
from workbook.storage import lock, recovery, sqlite, vault
from workbook.storage.keeper import Keeper
from workbook.storage.lock import Lock
from workbook.storage.sqlite import begun, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

PART = "responsibility.incident.my_part"
GOOD = "otter lantern gravel teapot"
CANARY = "zq-canary-7f3a"
NO_KEEPER: dict[str, str] = {}


def quick(folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Lock:
    """A lock whose wrapping takes no time; the real one is used wherever a journal is."""

    def wrap(plain: bytes, word: str) -> bytes:
        return _xored(plain + b"right", word)

    def unwrap(wrapped: bytes, word: str) -> bytes:
        plain = _xored(wrapped, word)
        if not plain.endswith(b"right"):
            raise SealError("wrong")
        return plain.removesuffix(b"right")

    return Lock(folder, now, wrap, unwrap)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock):
    with Journal.open(tmp_path / "Mend", now=clock, environ=NO_KEEPER) as journal:
        answer_safely(journal.save)
        journal.save(PART, CANARY)
        yield journal


def _xored(given: bytes, word: str) -> bytes:
    pad = hashlib.shake_256(word.encode()).digest(len(given))
    return bytes(a ^ b for a, b in zip(given, pad, strict=True))


def reopened(journal: Journal, passphrase: str | None = None, environ: dict[str, str] = NO_KEEPER) -> Journal:
    return Journal.open(journal.path, passphrase=passphrase, now=journal.now, environ=environ)


def files_with(word: str, folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    )


# --- the journal ---


def test_locking_leaves_no_readable_word(journal: Journal):
    """After locking, the words are in no file of the journal: not in the answers, their log, or a backup."""
    journal.backup()
    journal.save(PART, CANARY + " again")
    assert {name.split("/")[1] for name in files_with(CANARY, journal.path)} >= {"backups"}

    for half in ("answers.sqlite.new", "backups/answers-2026-03-01T00-00-00.000000Z.half", "backups/restore.half"):
        (journal.path / ".mend" / half).write_text(CANARY)  # as a power cut may leave them

    journal.lock(GOOD)
    journal.save(PART, CANARY + " after")
    journal.backup()

    assert files_with(CANARY, journal.path) == []
    assert journal.locked
    assert journal.responses()[PART, "2026-03-02"].value == CANARY + " after"


def test_a_locked_journal_opens_with_its_passphrase_only(journal: Journal, clock: Clock):
    """Without it, or with a wrong one, there is a sentence and nothing else."""
    journal.lock(GOOD)
    journal.close()

    with pytest.raises(Locked) as refused:
        reopened(journal)
    assert str(refused.value) == "This journal is locked. Its passphrase opens it."
    with pytest.raises(Locked) as refused:
        reopened(journal, "otter lantern gravel kettle")
    assert str(refused.value) == ("This passphrase did not open the journal. Check capitals and spaces, and try again.")
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY
        assert again.locked


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_lock_does_not_give_way_to_a_readable_file(journal: Journal):
    """A plain file in the place of the locked one is not opened, and nothing is written, until that is confirmed.

    Also where somebody writes beside it that locking was interrupted: only who has the key can say that.
    """
    file, kept = (journal.path / ".mend" / name for name in ("answers.sqlite", "keys/lock.json"))
    plain = journal.backup().read_bytes()
    journal.lock(GOOD)
    journal.close()
    locked, held = file.read_bytes(), json.loads(kept.read_text())
    file.write_bytes(plain)
    (other := quick(journal.path.parent)).make(b"1" * 32, GOOD)
    another = json.loads((journal.path.parent / "lock.json").read_text())["under_way"]

    for written in ({}, {"under_way": "yes"}, {"under_way": another}, {"under_way": held["check"]}, {"under_way": [1]}):
        kept.write_text(json.dumps(held | written))
        before = contents(journal.path)
        with pytest.raises(JournalError) as said:
            reopened(journal, GOOD)
        assert str(said.value) == (
            f"This journal has a passphrase, but {file} is not locked: anyone can read it, or has put it there. It was "
            "not opened, and nothing was changed. If you put it there yourself, take the passphrase off: workbook "
            f"unlock --as-it-is --journal {journal.path}. Then lock the journal again. If you did not, move that file "
            "away and open the journal: its newest backup takes its place."
        )
        with pytest.raises((JournalError, Locked)):
            reopened(journal)
        assert contents(journal.path) == before
    with pytest.raises(Locked):
        vault.accept(journal.path, "otter lantern gravel kettle")
    assert not other.began(bytes(32))

    file.write_bytes(locked)
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY
    file.write_bytes(plain)
    vault.accept(journal.path, GOOD)
    with reopened(journal, GOOD) as again:
        again.unlock(GOOD)
        assert again.responses()[PART, "2026-03-02"].value == CANARY
        assert again.preview().missing == 0


def test_a_lock_that_was_taken_away_is_missed(journal: Journal):
    """Where readable answers lie and no lock is there, the locked backups say that there was one."""
    file, kept = (journal.path / ".mend" / name for name in ("answers.sqlite", "keys/lock.json"))
    plain = journal.backup().read_bytes()
    journal.lock(GOOD)
    journal.close()
    newest = max((journal.path / ".mend" / "backups").iterdir())
    held = kept.read_bytes()
    file.write_bytes(plain)
    kept.unlink()
    with reopened(journal) as again:
        assert again.warnings == (
            f"{newest}, a backup, needs a passphrase or is damaged, but this journal has no passphrase. If you took "
            "the passphrase off yourself, delete that file. If you did not, somebody may have taken "
            f"{kept} away and put other answers in the place of yours: bring that file back.",
        )
    kept.write_bytes(held)
    with pytest.raises(JournalError, match="is not locked"):
        reopened(journal, GOOD)
    file.unlink()
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY


def test_what_was_interrupted_asks_for_the_passphrase_and_then_goes_on(journal: Journal):
    """Killed before the answers were locked, or after they were unlocked: all is there, and the lock can be put on."""
    journal.close()
    Lock(journal.path / ".mend" / "keys").make(key := lock.new_key(), GOOD)
    before = contents(journal.path)
    for wrong, said in (
        (None, "was interrupted. What you wrote is there; its passphrase opens it. Then lock it again, or take"),
        ("otter lantern gravel kettle", "did not open the journal"),
    ):
        with pytest.raises(Locked, match=said):
            reopened(journal, wrong)
    assert {path: held for path, held in contents(journal.path).items() if path.name != "attempts.json"} == before

    with reopened(journal, GOOD) as again:
        assert not again.locked
        again.save(PART, CANARY + " again")
    with Keeper(key) as keeper, reopened(journal, environ=keeper.environment) as again:  # asked once, for every page
        assert again.responses()[PART, "2026-03-02"].value == CANARY + " again"
        again.lock(GOOD)
        assert again.locked
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY + " again"


@pytest.mark.parametrize(
    "written",
    [
        {"check": 5}, {"check": "é"}, {"check": None}, {"passphrase": None}, {"passphrase": "é"}, {"passphrase": [1]},
        {"recovery": 5}, {"format": None}, {"passphrase": "AAA"},
    ],
)  # fmt: skip
def test_a_lock_with_nonsense_in_it_is_said_and_nothing_is_changed(journal: Journal, written: dict[str, object]):
    """Whatever stands in the lock's file, opening says in a sentence that it is damaged; put back, it opens again."""
    journal.lock(GOOD)
    key = Lock(journal.path / ".mend" / "keys").open(GOOD)
    journal.close()
    kept = journal.path / ".mend" / "keys" / "lock.json"
    held = kept.read_bytes()
    for nonsense in (json.dumps(json.loads(held) | written), "[" * 100_000, "[]", "5", ""):
        kept.write_text(nonsense)
        before = contents(journal.path)
        with Keeper(key) as keeper, pytest.raises(Locked, match=r"missing or damaged|newer version"):
            reopened(journal, environ=keeper.environment)
        with pytest.raises(Locked, match=r"missing or damaged|newer version"):
            reopened(journal, GOOD)
        assert contents(journal.path) == before
    kept.write_bytes(held)
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY


@pytest.mark.parametrize(
    "held", ['{"wrong": 1e400, "last": "2026-03-02T09:00:00+00:00"}', "[" * 100_000, '{"wrong": 3}']
)
def test_damaged_attempts_are_no_way_to_shut_someone_out(journal: Journal, held: str):
    """Whatever stands in the count of wrong passphrases, the right one opens."""
    journal.lock(GOOD)
    journal.close()
    (journal.path / ".mend" / "keys" / "attempts.json").write_text(held)
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY


def test_a_recovery_key_opens_however_it_was_typed(tmp_path: Path, clock: Clock):
    """In small letters, folded, in other groups, with another program's hyphens and blanks, with I for 1."""
    held = quick(tmp_path, clock)
    held.make(key := lock.new_key(), GOOD)
    code = held.recovery(key)
    plain = code.replace("-", "")
    folded = "\n ".join(plain[n : n + 7] for n in range(0, 30, 7))
    spread = "\u2011".join(plain[n : n + 3] for n in range(0, 30, 3)).replace("1", "I").replace("0", "o")
    for typed in (code.lower(), plain, folded, spread, f"\ufeff{code}\r\n", code.replace("-", "\u00a0")):
        assert held.open(typed) == key


def test_the_passphrase_may_come_from_the_environment(journal: Journal):
    """Where there is no terminal, $WORKBOOK_PASSPHRASE opens the journal."""
    journal.lock(GOOD)
    journal.close()

    with reopened(journal, environ={"WORKBOOK_PASSPHRASE": GOOD}) as again:
        assert len(again.history())


def test_unlocking_makes_everything_readable_again(journal: Journal):
    """The lock can be taken away by whoever knows the passphrase; answers and backups stay."""
    journal.backup()
    journal.lock(GOOD)
    with pytest.raises(Locked):
        journal.unlock("otter lantern gravel kettle")
    journal.unlock(GOOD)
    journal.close()

    with reopened(journal) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY
        assert not again.locked
        assert again.preview().missing == 0
    assert list((journal.path / ".mend" / "keys").iterdir()) == []


def test_a_changed_passphrase_takes_the_place_of_the_old_one(journal: Journal):
    """The old one opens nothing any more; the recovery key still does."""
    journal.lock(GOOD)
    recovery = journal.recovery_key(GOOD)
    journal.change_passphrase(GOOD, "saddle orbit mustard fjord")
    journal.close()

    with pytest.raises(Locked):
        reopened(journal, GOOD)
    with reopened(journal, "saddle orbit mustard fjord") as again:
        assert len(again.history())
    with reopened(journal, recovery.lower().replace("-", " ")) as again:
        again.change_passphrase(recovery, GOOD)


def test_another_open_page_stops_the_locking(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    """Locking waits for who only glances at the file, and for no page: it says so, and the journal stays as it was."""
    monkeypatch.setattr(sqlite, "GLANCE", 0.05)
    with reopened(journal) as other:
        other.history()
        with pytest.raises(StoreError) as refused:
            journal.lock(GOOD)

    file = journal.path / ".mend" / "answers.sqlite"
    assert str(refused.value) == f"{file} is in use by another program or page. Close the others and try again."
    assert not journal.locked
    assert journal.save(PART, "still works").value == "still works"
    assert list((journal.path / ".mend" / "keys").iterdir()) == []


def test_a_readable_damaged_copy_stops_the_locking(journal: Journal):
    """What cannot be locked is named before anyone believes it is."""
    kept = journal.path / ".mend" / "answers.damaged-2026-03-01T09-00-00Z.sqlite"
    kept.write_bytes(b"words")

    with pytest.raises(JournalError) as refused:
        journal.lock(GOOD)
    assert str(refused.value) == (f"{kept} is readable by anyone. Move it away or delete it, then lock the journal.")


@pytest.mark.process
@pytest.mark.parametrize("moment", ["ATTACH", "sqlcipher_export", "replace"])
def test_a_power_cut_while_locking_loses_nothing(journal: Journal, moment: str, monkeypatch: pytest.MonkeyPatch):
    """Whenever the power goes, the journal opens afterwards, locked or not, with every answer."""
    journal.close()
    script = """
        import os, pathlib, sys
        from workbook.journal import Journal
        from workbook.storage import sqlite
        from tests import cheap_age
        cheap_age.instead()
        folder, moment, passphrase = sys.argv[1:]
        journal = Journal.open(folder, environ={})
        new = pathlib.Path(folder, ".mend", "answers.sqlite.new")

        def off():
            os.kill(os.getpid(), 9)

        def cut(event, args):
            if event == "os.rename" and "answers.sqlite" in str(args[1:]):
                off()

        class Watched:
            def __init__(self, connection):
                self.connection = connection

            def __getattr__(self, name):
                return getattr(self.connection, name)

            def execute(self, asked, *values):
                if moment == "ATTACH" and moment in asked:  # the new file is there, and empty
                    off()
                if moment in asked:  # the first of it is in the new file
                    self.connection.set_progress_handler(lambda: new.stat().st_size and off(), 1)
                return self.connection.execute(asked, *values)

        if moment == "replace":
            sys.addaudithook(cut)
        else:
            connect = sqlite.connect
            sqlite.connect = lambda *which, **how: Watched(connect(*which, **how))
        journal.lock(passphrase)
    """
    typed = [sys.executable, "-c", textwrap.dedent(script), str(journal.path), moment, GOOD]
    died = subprocess.run(typed, check=False, cwd=Path(__file__).parents[1])

    assert died.returncode == -9
    monkeypatch.setattr(recovery, "time", SimpleNamespace(sleep=lambda _: None))  # for the page that is gone: a minute
    with reopened(journal, GOOD) as again:
        assert again.responses()[PART, "2026-03-02"].value == CANARY
        if not again.locked:
            again.lock(GOOD)
        assert files_with(CANARY, again.path) == []


# --- the passphrase ---


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("", ""),
        ("   ", ""),
        ("password", "Many people use it, or one much like it. "),
        ("Summer2024!", "Many people use it, or one much like it. "),
        ("wonderful", "Most of it is a single word or name. "),
        ("dfghjkl;'", "Keys that lie side by side are among the first that are tried. "),
        ("mendmendmend", "What is repeated adds little. "),
        ("abcdefghij", "Rows such as “abc” or “6543” are among the first that are tried. "),
        ("13.07.1988", "Days and years are among the first that are tried. "),
    ],
)
def test_a_weak_passphrase_is_refused_with_advice(tmp_path: Path, weak: str, why: str):
    """The strength is judged before anything is written, and what is said of it is ours to translate."""
    held = quick(tmp_path)

    with pytest.raises(WeakPassphrase) as said:
        held.make(lock.new_key(), weak)
    good = "Four or five words that have nothing to do with each other are good and easy to keep."
    assert str(said.value) == f"This passphrase is too easy to guess. {why}{good}"
    assert not held.exists


def test_the_same_words_from_another_keyboard_open_it(tmp_path: Path):
    """Accents may be typed as one character or two."""
    held, key = quick(tmp_path), lock.new_key()
    held.make(key, "café giraffe pétale lantern")

    assert held.open("cafe\u0301 giraffe pe\u0301tale lantern") == key


def test_each_wrong_passphrase_makes_the_next_wait_longer(tmp_path: Path, clock: Clock):
    """1, 2, 4 … seconds, up to a quarter of an hour; the count survives a restart and the right one ends it."""
    quick(tmp_path, clock).make(key := lock.new_key(), GOOD)
    waits = []
    for _ in range(5):
        with pytest.raises(Locked) as wrong:
            quick(tmp_path, clock).open("wrong")
        waits.append(str(wrong.value).removeprefix("This passphrase did not open the journal. "))
        with pytest.raises(Locked, match="Too early") if len(waits) > 1 else pytest.raises(Locked):
            quick(tmp_path, clock).open(GOOD if len(waits) > 1 else "wrong again")
        clock.forward(hours=1)

    assert waits == [
        "Check capitals and spaces, and try again.",
        "Wait 2 seconds before the next try.",
        "Wait 4 seconds before the next try.",
        "Wait 8 seconds before the next try.",
        "Wait 16 seconds before the next try.",
    ]
    assert quick(tmp_path, clock).open(GOOD) == key
    assert not (tmp_path / "attempts.json").exists()


def test_a_clock_set_back_does_not_lock_for_ever(tmp_path: Path, clock: Clock):
    """The wait begins again and ends."""
    held = quick(tmp_path, clock)
    held.make(key := lock.new_key(), GOOD)
    for _ in range(2):
        with pytest.raises(Locked):
            held.open("wrong")
    clock.forward(days=-300)
    with pytest.raises(Locked, match="Try again in 1 second"):
        held.open(GOOD)
    clock.forward(seconds=2)

    assert held.open(GOOD) == key


def test_nothing_secret_is_on_the_disk(tmp_path: Path):
    """Neither the key nor a word of the passphrase stands in the lock's files."""
    held, key = Lock(tmp_path), lock.new_key()
    held.make(key, GOOD)
    held.done()
    recovery = held.recovery(key)
    with pytest.raises(Locked):
        held.open("not that one")

    said = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (key, key.hex().encode(), GOOD.encode(), b"otter", recovery.encode(), recovery[:5].encode()):
        assert secret not in said
    assert "Lock(" in repr(held)
    assert json.loads((tmp_path / "lock.json").read_text()).keys() == {"format", "check", "passphrase", "recovery"}


@pytest.mark.parametrize(
    ("before", "said", "kept"),
    [
        (-5, "Check capitals and spaces, and try again.", 1),
        (0, "Check capitals and spaces, and try again.", 1),
        (1, "Wait 1 second before the next try.", 2),
        (7, "Wait 64 seconds before the next try.", 8),
        (8, "Wait 2 minutes before the next try.", 9),
        (10, "Wait 9 minutes before the next try.", 11),
        (11, "Wait 15 minutes before the next try.", 12),
        (5000, "Wait 15 minutes before the next try.", 1001),
    ],
)
def test_how_long_to_wait_is_said_in_words(tmp_path: Path, clock: Clock, before: int, said: str, kept: int):
    """Seconds up to two minutes, minutes from then on, a quarter of an hour at most; and the count has an end."""
    held = quick(tmp_path, clock)
    held.make(bytes(32), GOOD)
    last = clock().isoformat()
    (tmp_path / "attempts.json").write_text(json.dumps({"wrong": before, "last": last}))
    clock.forward(minutes=15)  # to the moment
    with pytest.raises(Locked) as wrong:
        held.open("wrong")
    assert str(wrong.value) == f"This passphrase did not open the journal. {said}"
    assert json.loads((tmp_path / "attempts.json").read_text()) == {"wrong": kept, "last": clock().isoformat()}


def test_a_wait_of_two_minutes_is_minutes(tmp_path: Path, clock: Clock):
    """And one that is over to the moment is over."""
    held = quick(tmp_path, clock)
    held.make(bytes(32), GOOD)
    (tmp_path / "attempts.json").write_text(json.dumps({"wrong": 9, "last": clock().isoformat()}))
    for later, said in ((8, "2 minutes"), (1, "119 seconds"), (118.9, "1 second")):
        clock.forward(seconds=later)
        with pytest.raises(Locked) as early:
            held.open(GOOD)
        assert str(early.value) == f"Too early: the last passphrase was wrong. Try again in {said}."
    clock.forward(seconds=0.1)
    assert held.open(GOOD) == bytes(32)


def test_what_a_lock_keeps_is_read_by_later_versions(tmp_path: Path):
    """Digests of an earlier version are those of this one; what is damaged knows no file; three of four is enough."""
    file = tmp_path / "a.sqlite"
    file.write_bytes(b"words")
    held = quick(tmp_path)
    held.make(bytes(32), "zebra kettle", [file, tmp_path / "gone.sqlite", tmp_path])
    kept = tmp_path / "lock.json"
    said = json.loads(kept.read_text())
    assert said == {
        "format": 1,
        "check": "167fb7f5adeeb13fcc9bcd830ff05982",
        "passphrase": said["passphrase"],
        "readable": "bdcd815cb919984abfd01b9af5f1c4d6",
        "under_way": "d9458bddc3231b79af716b3d9d6ed754",
    }
    assert held.began(bytes(32))
    assert (held.knows(bytes(32), file), held.knows(b"1" * 32, file)) == (True, False)
    held.change(bytes(32), GOOD)
    assert held.open(GOOD) == bytes(32)
    assert held.knows(bytes(32), file)
    kept.write_text("{")
    assert not held.knows(bytes(32), file)


def test_what_a_lock_keeps_of_its_key_and_of_what_is_under_way(tmp_path: Path, clock: Clock):
    """From `make` or `begin` to `done`; only its own key fits; nothing of it is left when it is removed."""
    held = quick(tmp_path, clock)
    assert not held.exists
    with pytest.raises(Locked, match="missing or damaged"):
        held.fits(bytes(32))
    held.make(bytes(32), GOOD)
    assert held.exists
    assert (held.fits(bytes(32)), held.fits(b"1" * 32)) == (True, False)
    stood = [(held.under_way, held.began(bytes(32)), held.began(b"1" * 32))]
    held.done()
    stood.append((held.under_way, held.began(bytes(32)), held.began(b"1" * 32)))
    held.begin(bytes(32))
    stood.append((held.under_way, held.began(bytes(32)), held.began(b"1" * 32)))
    assert stood == [(True, True, False), (False, False, False), (True, True, False)]
    assert held.open(GOOD) == bytes(32)

    file = tmp_path / "lock.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))
    with pytest.raises(Locked, match="locked by a newer version"):
        held.open(GOOD)
    held.remove()
    assert list(tmp_path.iterdir()) == []
    held.remove()
    assert len({lock.new_key(), lock.new_key()}) == 2
    assert len(lock.new_key()) == 32


def test_only_thirty_letters_are_a_recovery_key(tmp_path: Path, clock: Clock):
    """What is shorter or longer, or holds another letter, is a passphrase, and opens nothing."""
    held = quick(tmp_path, clock)
    held.make(bytes(32), GOOD)
    code = held.recovery(bytes(32))
    assert [len(group) for group in code.split("-")] == [5] * 6
    for other in (code[:-1], code + "0", code[:-1] + "!", code[:-1] + "É"):
        clock.forward(hours=1)
        with pytest.raises(Locked):
            held.open(other)
    clock.forward(hours=1)
    assert held.open(code.lower()) == bytes(32)


def test_nothing_is_tried_that_cannot_open_it(tmp_path: Path) -> None:
    """Each try takes a second: a recovery key is tried as one first, and what is none as a passphrase alone."""
    tried: list[str] = []
    held = quick(tmp_path)
    unwrap = held._unwrap_bytes
    held._unwrap_bytes = lambda sealed, word: tried.append(word) or unwrap(sealed, word)  # type: ignore[func-returns-value]
    odd = "É" * 30
    held.make(bytes(32), GOOD)
    code = held.recovery(bytes(32))
    assert (held.open(GOOD), held.open(code)) == (bytes(32), bytes(32))
    with pytest.raises(Locked):
        held.open(odd)
    assert tried == [GOOD, code.replace("-", ""), odd]


def test_no_room_for_what_a_lock_keeps_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it is there."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lock.files, "write", full)
    with pytest.raises(StoreError) as said:
        quick(tmp_path).make(bytes(32), GOOD)
    assert str(said.value) == (
        f"{tmp_path / 'lock.json'} could not be written: No space left on device. Nothing was changed. Free some "
        "space, or make the folder writable, and try again."
    )


def test_a_new_recovery_key_replaces_the_earlier(tmp_path: Path):
    """A lost sheet of paper can be made worthless."""
    held, key = quick(tmp_path), lock.new_key()
    held.make(key, GOOD)
    first, second = held.recovery(key), held.recovery(key)

    assert held.open(second) == key
    with pytest.raises(Locked):
        held.open(first)


# --- from `workbook open` to the kernels ---


def test_a_kernel_gets_the_key_from_the_keeper(journal: Journal):
    """Asked once at `workbook open`, every page opens; the environment holds a path and no key."""
    journal.lock(GOOD)
    key = Lock(journal.path / ".mend" / "keys").open(GOOD)
    journal.close()

    with Keeper(key) as keeper:
        assert key.hex() not in str(keeper.environment)
        with reopened(journal, environ=keeper.environment) as again:
            assert again.responses()[PART, "2026-03-02"].value == CANARY
    with pytest.raises(Locked):
        reopened(journal, environ=keeper.environment)


def test_a_page_that_was_asked_lets_the_others_in(journal: Journal):
    """A passphrase typed in one page opens the other pages too."""
    journal.lock(GOOD)
    journal.close()

    with Keeper() as keeper, pytest.raises(Locked):
        reopened(journal, environ=keeper.environment)
    with Keeper() as keeper:
        with reopened(journal, GOOD, environ=keeper.environment):
            pass
        with reopened(journal, environ=keeper.environment) as other:
            assert len(other.history())


@pytest.mark.process
def test_an_idle_workbook_locks_itself_and_wakes(journal: Journal):
    """After a while without anyone, open pages let go of the answers; the passphrase brings them back."""
    journal.lock(GOOD)
    key = Lock(journal.path / ".mend" / "keys").open(GOOD)
    journal.close()
    passed = [0.0]

    def page_of_a_kernel() -> None:
        with Keeper(key, seconds=lambda: passed[0]) as keeper:
            page = reopened(journal, environ=keeper.environment)
            asleep = threading.Event()
            page.listen(asleep.set)
            passed[0] = keepers.IDLE.total_seconds() + 1
            assert asleep.wait(60)
            with pytest.raises(Locked) as refused:
                page.save(PART, "x")
            assert str(refused.value) == (
                "This journal has locked itself. Its passphrase opens it again; what you wrote is safe."
            )
            page.wake(GOOD)
            assert page.save(PART, "back").value == "back"
            page.close()

    with ThreadPoolExecutor() as elsewhere:  # a browser test before this one leaves its event loop in this thread
        elsewhere.submit(page_of_a_kernel).result()


def test_a_key_of_another_journal_is_not_used(journal: Journal):
    """The keeper of one journal cannot make another look damaged."""
    journal.lock(GOOD)
    journal.close()

    with Keeper(lock.new_key()) as keeper, pytest.raises(Locked, match="This journal is locked"):
        reopened(journal, environ=keeper.environment)


def test_a_lock_file_that_is_gone_is_said(journal: Journal):
    """Without it the answers cannot be opened; that is said plainly and nothing is changed."""
    journal.lock(GOOD)
    journal.close()
    file = journal.path / ".mend" / "answers.sqlite"
    before = file.read_bytes()
    (journal.path / ".mend" / "keys" / "lock.json").write_text("{")

    with pytest.raises(Locked, match="missing or damaged, and without it the answers cannot be opened"):
        reopened(journal, GOOD)
    assert file.read_bytes() == before
    assert not is_plain(file)
    assert os.environ.get("WORKBOOK_PASSPHRASE") is None


def test_whether_something_was_answered_is_known_without_a_key(tmp_path: Path) -> None:
    """Nothing in a journal that was only made, something after an answer; a locked or damaged file may hold some."""
    file = tmp_path / "journal" / ".mend" / "answers.sqlite"
    said = [begun(file)]
    with Journal.create(tmp_path / "journal") as journal:
        said.append(begun(file))
        journal.save("start.privacy.shared_device", "no")
        said.append(begun(file))
        journal.lock(GOOD)
    said.append(begun(file))
    file.write_bytes(b"SQLite format 3\0" + b"\0" * 500)
    said.append(begun(file))
    assert said == [False, False, True, True, True]


@pytest.mark.parametrize("how", ["a folder", "not allowed", "no database"])
def test_a_page_is_sent_also_where_nothing_says_whether_it_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A file that cannot be read, and a database's part that is missing, may hide answers, and keep no page away."""
    file = tmp_path / "answers.sqlite"
    if how == "a folder":
        (file / "inside").mkdir(parents=True)
    else:
        with Journal.create(tmp_path / "journal"):
            file = tmp_path / "journal" / ".mend" / "answers.sqlite"
    if how == "not allowed":

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError

        monkeypatch.setattr(Path, "stat", refuse)
    if how == "no database":
        monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    assert begun(file)


@pytest.mark.parametrize(("name", "asked"), [("00-one.ipynb", 1), ("10-two.ipynb", 0)])
def test_only_the_first_page_asks_whether_it_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, asked: int
) -> None:
    """No other page waits for the disk before its first byte."""
    files: list[Path] = []
    monkeypatch.setattr("workbook.storage.sqlite.begun", files.append)
    for chapter in ("00-one", "10-two"):
        (tmp_path / f"{chapter}.ipynb").write_text('{"metadata": {"mend": {"name": "A chapter"}}}', "utf-8")
    given: dict[str, Any] = {}
    page = SimpleNamespace(
        cwd="", page_config={}, resources={}, _begin=None, _cells=None, notebook_path=name,
        request_handler=SimpleNamespace(contents_manager=SimpleNamespace(root_dir=str(tmp_path))),
        notebook=SimpleNamespace(cells=(), metadata={}), base_url="/", ours=True,
        exporter=SimpleNamespace(generate_from_notebook_node=lambda _, **more: given.update(more["extra_context"])),
    )  # fmt: skip
    viewer.Page.generate_content_generator(page)
    assert files == [tmp_path / ".mend" / "answers.sqlite"] * asked
    assert given["first"] is bool(asked)
