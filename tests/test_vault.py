"""What lies in a journal's folder besides its notebooks: only what is the journal's own is taken for it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.clock import Clock
from workbook import files
from workbook.errors import Damaged, JournalError, SealError, StoreError
from workbook.storage import backups, exchange, folder, keeper, recovery
from workbook.storage import vault as vaults
from workbook.storage.exchange import Source
from workbook.storage.lock import Lock
from workbook.storage.sqlite import is_plain, rewrite
from workbook.storage.store import Store
from workbook.storage.vault import Vault, unlock

GOOD = "otter lantern gravel teapot"
ITEM = "responsibility.incident.my_part"
SAID = {
    "item": ITEM, "exercise": "responsibility.incident", "occasion": "2026-03-02", "status": "answered",
    "prompt": "What was my part?", "kind": "text", "fingerprint": "f",
}  # fmt: skip


def wrap(plain: bytes, word: str) -> bytes:
    """Seal in no time; the real seal is tried where a journal is."""
    return hashlib.sha256(word.encode()).digest() + plain


def unwrap(sealed: bytes, word: str) -> bytes:
    if not sealed.startswith(wrap(b"", word)):
        raise SealError("wrong")
    return sealed[32:]


class Place:
    """A journal's folder without notebooks, and the lock of it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self.clock = path, clock
        self.answers, self.backups = path / folder.ANSWERS, path / folder.BACKUPS
        self.held = Lock(path / folder.KEYS, clock, wrap, unwrap)

    def open(self, key: bytes | None = None) -> Vault:
        vault = Vault(self.path, now=self.clock, environ={})
        vault._lock = self.held
        vault.open(key)
        return vault

    def key(self) -> bytes:
        return self.held.open(GOOD)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.backups.iterdir())


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Place:
    folder.make(tmp_path / "Mend", clock())
    return Place(tmp_path / "Mend", clock)


def save(vault: Vault, words: str) -> None:
    vault.store.save(value=words, label=words, page=words, **SAID)


def newest(vault: Vault) -> str:
    return vault.store.current()[0].value


def locked_with(place: Place, words: str) -> tuple[Path, bytes]:
    """Save words, make a backup of them, and lock both; return the backup and its bytes while anyone could read it."""
    vault = place.open()
    save(vault, words)
    backup = vault.backup()
    held = backup.read_bytes()
    vault.lock(GOOD)
    vault.close()
    return backup, held


def of_a_stranger(place: Place, tmp_path: Path, name: str) -> Path:
    """Put a readable backup that holds other words among those of the journal."""
    other = Place(tmp_path / name, place.clock)
    folder.make(other.path, place.clock())
    vault = other.open()
    save(vault, "words of a stranger")
    made = vault.backup()
    vault.close()
    return Path(shutil.copyfile(made, place.backups / name))


PLANTED = "answers-2026-03-02T20-00-00.000000Z.sqlite"
ASIDE = "answers.unknown-2026-03-02T20-00-00.000000Z.sqlite"


def named(place: Place, aside: Path) -> str:
    return (
        f"{aside} lay among the backups of this locked journal, but anyone can read it, and it is none of those that "
        "were there when the journal was locked: another program may have put it there. It is not used. To see what it "
        f"holds: workbook restore {files.typed(aside)} --journal {files.typed(place.path)}. If it is not yours, "
        "delete it."
    )


def test_a_readable_backup_put_into_a_locked_journal_is_not_taken_for_its_own(place: Place, tmp_path: Path) -> None:
    """It is set apart as it is and named at each opening; nothing goes back to it, nothing of the journal's is lost."""
    mine, _ = locked_with(place, "my words")
    own = place.names()
    planted = of_a_stranger(place, tmp_path, PLANTED)
    held = planted.read_bytes()

    for _ in range(2):
        vault = place.open(place.key())
        assert vault.warnings == (named(place, place.backups / ASIDE),)
        assert place.names() == sorted([*own, ASIDE])
        assert (place.backups / ASIDE).read_bytes() == held
        assert vault.preview().at == place.clock()
        vault.close()

    shutil.copyfile(place.backups / ASIDE, planted)  # once more, and the answers are gone
    place.answers.unlink()
    vault = place.open(place.key())
    assert newest(vault) == "my words"
    assert is_plain(place.answers) is is_plain(mine) is False
    apart = sorted(place.backups.glob("answers.unknown-*"))
    assert [path.read_bytes() for path in apart] == [held, held]
    assert vault.warnings[1:] == tuple(named(place, path) for path in apart)
    vault.close()


def test_what_is_set_apart_can_be_gone_back_to_by_name(place: Place, tmp_path: Path) -> None:
    """Someone who put it there themselves says so, and loses nothing by it."""
    locked_with(place, "my words")
    of_a_stranger(place, tmp_path, PLANTED)
    vault = place.open(place.key())
    said = vault.restore(place.backups / ASIDE)
    assert (said.answers, said.changed, said.missing) == (1, 1, 0)
    assert newest(vault) == "words of a stranger"
    assert said.kept is not None
    vault.restore(said.kept)
    assert newest(vault) == "my words"
    vault.close()


def test_a_backup_put_there_while_the_journal_is_open_is_not_used_either(place: Place, tmp_path: Path) -> None:
    """Neither going back to the newest, nor the next backup, nor taking the lock off takes it for the journal's own."""
    locked_with(place, "my words")
    vault = place.open(place.key())
    own = place.names()
    planted = of_a_stranger(place, tmp_path, PLANTED).read_bytes()
    assert vault.preview()[1:4] == (1, 0, 0)
    vault.restore()
    assert newest(vault) == "my words"
    assert place.names() == sorted([*own, ASIDE])

    for hour in range(20, 24):  # newer than all of the journal's: what is too much would go
        for minute in range(4):
            (place.backups / PLANTED.replace("20-00", f"{hour}-0{minute}")).write_bytes(planted)
    place.clock.forward(hours=2)
    vault.back_up_if_due()
    own = [*own, "answers-2026-03-02T11-00-00.000000Z.sqlite"]
    assert [name for name in place.names() if name.startswith("answers-")] == own
    apart = list(place.backups.glob("answers.unknown-*"))
    assert [file.read_bytes() for file in apart] == [planted] * 17

    for file in apart:
        file.unlink()
    (place.backups / PLANTED).write_bytes(planted)
    vault.unlock(GOOD)
    assert place.names() == sorted([*own, ASIDE])
    assert vault.warnings == (named(place, place.backups / ASIDE),)
    assert vault.preview()[1:4] == (1, 0, 0)
    vault.close()


def test_a_backup_from_before_locking_is_the_journal_s_own_however_late_it_comes_back(place: Place) -> None:
    """An interrupted locking, no room, a synced drive: what was there when the journal was locked gets locked."""
    mine, held = locked_with(place, "in the backup")
    key = place.key()
    vault = place.open(key)
    save(vault, "later")
    vault.close()
    for _ in range(2):
        mine.write_bytes(held)
        vault = place.open(key)
        assert vault.warnings == ()
        assert not is_plain(mine)
        vault.restore(mine)
        assert newest(vault) == "in the backup"
        vault.close()

    mine.write_bytes(held)  # the newest there is, readable still, and the answers are gone
    place.answers.unlink()
    for other in place.backups.glob("answers-*"):
        if other != mine:
            other.unlink()
    vault = place.open(key)
    assert newest(vault) == "in the backup"
    assert not is_plain(place.answers)
    assert not is_plain(mine)
    vault.close()


def test_only_what_was_there_when_it_was_locked_is_its_own(place: Place) -> None:
    """Not one byte may differ, nor its name; and who does not have the key cannot add to what counts as own."""
    mine, held = locked_with(place, "in the backup")
    lock = place.path / folder.KEYS / "lock.json"
    said = json.loads(lock.read_text())

    mine.write_bytes(held.replace(b"in the backup", b"in the bACkup"))
    (place.backups / PLANTED).write_bytes(held)
    place.open(place.key()).close()
    aside = mine.with_name(mine.name.replace("answers-", "answers.unknown-"))
    assert place.names() == [mine.name, aside.name, ASIDE]  # and a new one, locked
    assert not is_plain(mine)

    for known in (hashlib.sha256(held).hexdigest(), 5, None):
        mine.write_bytes(held)
        aside.unlink()
        lock.write_text(json.dumps(said | {"readable": known, "under_way": "yes"}))
        vault = place.open(place.key())
        assert vault.warnings == (named(place, aside), named(place, place.backups / ASIDE))
        assert aside.read_bytes() == held
        vault.close()


@pytest.fixture
def kept(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's backup among those of a locked journal, which keeps its name: on Windows a program has it open."""
    locked_with(place, "my words")
    planted = of_a_stranger(place, tmp_path, PLANTED)
    rename = Path.rename

    def refuse(path: Path, to: Path) -> Path:
        if path == planted:
            raise PermissionError
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refuse)
    return planted


def test_what_cannot_be_set_apart_is_named_and_not_used(place: Place, kept: Path) -> None:
    """Nothing goes back to it, and no backup of the journal's is left out or let go because it is there."""
    held = kept.read_bytes()
    place.answers.unlink()
    vault = place.open(place.key())
    assert vault.warnings[1:] == (named(place, kept),)
    assert newest(vault) == "my words"
    assert vault.preview()[1:4] == (1, 0, 0)
    made = [place.clock()]
    for hours in (10.5, 1, 1, 1):  # two of these are within an hour of the planted one, which would be one of five
        place.clock.forward(hours=hours)
        vault.back_up_if_due()
        made.insert(0, place.clock())
    assert [backup.at for backup in backups.listed(place.backups, lambda file: file != kept)] == made
    assert kept.read_bytes() == held
    vault.close()


def test_no_lock_is_taken_off_while_a_stranger_s_backup_would_pass_for_the_journal_s(place: Place, kept: Path) -> None:
    """Without the lock nothing tells them apart, so it stays until somebody has moved that file away."""
    held = kept.read_bytes()
    vault = place.open(place.key())
    names = place.names()
    with pytest.raises(JournalError) as said:
        vault.unlock(GOOD)
    assert str(said.value) == (
        f"{kept} lies among the backups of this locked journal, but anyone can read it, and it is none of those that "
        "were there when the journal was locked. It could not be given another name, so the lock was not taken off: "
        "without it, that file would pass for a backup of yours. Move it away or delete it, then unlock the journal "
        "again."
    )
    assert (vault.locked, place.held.under_way, place.names(), kept.read_bytes()) == (True, False, names, held)
    assert newest(vault) == "my words"
    kept.unlink()
    vault.unlock(GOOD)
    assert (vault.locked, place.held.exists, vault.preview()[1:4]) == (False, False, (1, 0, 0))
    vault.close()


def test_a_backup_that_cannot_be_read_stops_neither_locking_nor_opening(place: Place) -> None:
    """Whatever lies among the backups, the answers open, with a lock and without; of another copy it is said."""
    vault = place.open()
    save(vault, "my words")
    (place.backups / PLANTED).mkdir()
    vault.close()
    vault = place.open()
    assert (newest(vault), vault.warnings) == ("my words", ())
    copy = place.answers.with_name("answers 2.sqlite")
    copy.mkdir()
    with pytest.raises(JournalError) as said:
        vault.lock(GOOD)
    assert str(said.value) == (
        f"{copy} cannot be read, so it is not certain that nobody can read it. Move it away or delete it, then lock "
        "the journal."
    )
    assert (vault.locked, place.held.exists) == (False, False)
    copy.rmdir()
    vault.lock(GOOD)
    vault.close()
    vault = place.open(place.key())
    assert newest(vault) == "my words"
    assert vault._ours(place.key())(place.backups / "gone.sqlite")  # so that it keeps its name, and is named
    vault.unlock(GOOD)
    assert (newest(vault), vault.locked) == ("my words", False)
    vault.close()


def test_answers_that_cannot_be_read_under_a_lock_are_a_sentence(place: Place) -> None:
    """Before anybody is asked for a passphrase."""
    locked_with(place, "my words")
    place.answers.unlink()
    place.answers.mkdir()
    with pytest.raises(StoreError) as said:
        unlock(place.path, environ={})
    assert str(said.value) == (
        f"{place.answers} is a folder, a pipe or a device, where a file of answers should be. It was not opened. Move "
        "it away, and put the file itself there, or leave it to the newest backup of a journal."
    )


def test_every_file_is_its_owner_s_alone_whatever_was_done(place: Place, tmp_path: Path) -> None:
    """Whatever the system would allow others: answers, what is kept of damaged ones, copies, the lock, the stick."""
    before = os.umask(0)
    try:
        locked_with(place, "my words")
        place.answers.unlink()
        vault = place.open(place.key())
        assert newest(vault) == "my words"
        vault.restore()
        vault.backup(tmp_path / "stick")
        vault.unlock(GOOD)
        vault.close()
    finally:
        os.umask(before)
    files_ = [path for folder in (place.path, tmp_path / "stick") for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files_} >= {"answers.sqlite", "answers.damaged-2026-03-02T09-00-00Z.sqlite"}
    assert {(path.name, oct(path.stat().st_mode & 0o777)) for path in files_} == {(p.name, "0o600") for p in files_}


def test_each_backup_that_came_back_readable_is_locked(place: Place) -> None:
    """Whether those before and after it are locked already or not."""
    vault = place.open()
    save(vault, "my words")
    made = []
    for _ in range(4):
        place.clock.forward(hours=1)
        made.append(vault.backup())
    held = [backup.read_bytes() for backup in made]
    vault.lock(GOOD)
    vault.close()
    for at in (0, 2):
        made[at].write_bytes(held[at])
    place.open(place.key()).close()
    assert [is_plain(backup) for backup in made] == [False] * 4


def test_one_page_at_a_time_puts_a_journal_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second waits until the first is done, or has been gone for so long; with no room nobody waits."""
    waited: list[float] = []
    monkeypatch.setattr(recovery, "time", SimpleNamespace(sleep=waited.append))
    turn = tmp_path / folder.HIDDEN / "recovering"
    with recovery.alone(tmp_path, patience=2):  # there is no such folder to say it in
        assert not turn.exists()
    turn.parent.mkdir()
    with recovery.alone(tmp_path, patience=2):
        assert turn.is_dir()
        assert recovery.under_way(tmp_path)
    assert (waited, turn.exists(), recovery.under_way(tmp_path)) == ([], False, False)

    turn.mkdir()
    with recovery.alone(tmp_path, patience=2):
        assert waited == [0.1] * 20
    assert not turn.exists()
    waited.clear()
    turn.mkdir()
    with pytest.raises(KeyError), recovery.alone(tmp_path):
        raise KeyError
    assert (waited, turn.exists()) == ([0.1] * 100, False)


def test_every_other_copy_of_the_answers_is_found(tmp_path: Path) -> None:
    """Those beside the journal's own and those among its backups, by name; no backup is one, nor any other file."""
    folder.make_folders(tmp_path)
    named_ = (
        "answers (1).sqlite",
        "answers.damaged-2026.sqlite",
        "backups/answers-2026 (1).sqlite",
        f"backups/{ASIDE}",
    )
    for name in (*named_, "answers.sqlite", "answers.sqlite-wal", "notes.sqlite", f"backups/{PLANTED}"):
        (tmp_path / folder.HIDDEN / name).touch()
    assert list(recovery.copies(tmp_path)) == [tmp_path / folder.HIDDEN / name for name in named_]

    for name in ("journal.json", "journal (1).json", "keys/lock.json", "keys/lock 2.json"):
        (tmp_path / folder.HIDDEN / name).touch()
    said = list(recovery.conflicts(tmp_path))
    first = "A synced drive has left a second copy of "
    hidden = tmp_path / folder.HIDDEN
    assert [one.startswith(first + "your answers: ") for one in said] == [True, True, False, False, False]
    assert said[2] == named(Place(tmp_path, Clock()), hidden / named_[3])
    assert [one.split(". The journal")[0] for one in said[3:]] == [
        f"{first}{hidden / 'keys' / 'lock.json'}: {hidden / 'keys' / 'lock 2.json'}",
        f"{first}{hidden / 'journal.json'}: {hidden / 'journal (1).json'}",
    ]


def refuse(*_: object) -> None:
    raise StoreError("no room")


def test_what_fails_while_locking_or_unlocking_leaves_no_mark_of_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock stays as long as it is needed, and says that it is being taken off only while it is: else a readable file
    that somebody puts there later would pass for answers that were half unlocked.
    """
    vault = place.open()
    save(vault, "my words")
    with monkeypatch.context() as patch:
        patch.setattr(vaults, "rewrite", refuse)
        with pytest.raises(StoreError, match="no room"):
            vault.lock(GOOD)
    assert (vault.locked, place.held.exists, newest(vault)) == (False, False, "my words")
    with monkeypatch.context() as patch:
        patch.setattr(backups, "sweep", refuse)  # the answers are locked by then
        with pytest.raises(StoreError, match="no room"):
            vault.lock(GOOD)
    assert (vault.locked, place.held.under_way, newest(vault)) == (True, False, "my words")
    assert place.held.fits(place.key())
    with monkeypatch.context() as patch:
        patch.setattr(vaults, "rewrite", refuse)
        with pytest.raises(StoreError, match="no room"):
            vault.unlock(GOOD)
    assert (vault.locked, place.held.under_way, newest(vault)) == (True, False, "my words")
    vault.unlock(GOOD)
    assert (vault.locked, place.held.exists, newest(vault)) == (False, False, "my words")
    vault.close()


def test_a_stick_that_is_pulled_out_is_what_is_said(place: Place, tmp_path: Path) -> None:
    """Half a copy is taken away where it can be; where it cannot, what went wrong first is the sentence."""
    vault = place.open()
    stick = tmp_path / "stick"

    def pulled_out(file: Path) -> None:
        shutil.rmtree(stick)
        refuse()

    for copy_to in (refuse, pulled_out):
        vault.store.copy_to = copy_to  # type: ignore[method-assign, assignment]
        with pytest.raises(StoreError, match="no room"):
            vault.backup(stick)
        assert list(tmp_path.glob("stick/*")) == []
    vault.close()


def test_a_page_says_that_someone_is_here_at_most_every_five_seconds(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`workbook open` is told while there is a lock; who types fast waits for nobody."""
    passed, told = [100.0], []
    monkeypatch.setattr(vaults, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    monkeypatch.setattr(keeper, "used", lambda _: told.append(passed[0]))
    vault = place.open()
    vault.used()
    vault.lock(GOOD)
    for seconds in (0.0, 1.0, 4.0, 0.5, 5.0, 0.5):
        passed[0] += seconds
        vault.used()
    vault.unlock(GOOD)
    passed[0] += 60
    vault.used()
    assert told == [100.0, 105.5, 111.0]
    vault.close()


def test_only_answers_that_no_lock_keeps_are_read_ahead(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only what was settled by then is taken at the opening for what the file says."""
    ahead = Vault(place.path, now=place.clock, environ={})
    ahead._lock = place.held
    assert (ahead.glance(), ahead.warnings) == (False, ())
    vault = place.open()
    save(vault, "my words")
    vault.close()
    with recovery.alone(place.path):
        assert not ahead.glance()
    check, looked = Store.check, list[Store]()
    monkeypatch.setattr(Store, "check", lambda store: (looked.append(store), check(store)))
    for settled in (True, False):
        monkeypatch.setattr(vaults, "settled", lambda *_, said=settled: said)
        assert ahead.glance()
        assert (newest(ahead), ahead.warnings) == ("my words", ())
        ahead.rest()
        assert ahead.asleep
        ahead.open(None)
        assert (ahead.untouched is not None) is settled
        ahead.close()
    assert len(looked) == 2  # for damage: before the file is read ahead, and not again while nobody writes
    assert ahead.glance()
    ahead.rest()
    held = place.answers.read_bytes()
    place.answers.write_bytes(held.replace(b"+00:00", b"+00:0x"))  # sound for SQLite, until all of it is read
    os.utime(place.answers, (1, 1))
    with pytest.raises(Damaged):
        ahead.glance()
    place.answers.write_bytes(held)
    vault = place.open()
    vault.lock(GOOD)
    vault.close()
    assert not ahead.glance()
    assert ahead.asleep


def test_the_next_opening_ends_an_interrupted_locking(place: Place) -> None:
    """Once: a lock that nothing is wrong with is not written again."""
    locked_with(place, "my words")
    key, lock = place.key(), place.path / folder.KEYS / "lock.json"
    place.held.begin(key)
    place.open(key).close()
    assert not place.held.under_way
    before = lock.stat()
    place.open(key).close()
    assert (lock.stat().st_ino, lock.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_log_of_answers_that_are_gone_is_kept(place: Place) -> None:
    """What was written last may be in it, and the file that takes its place has nothing to do with it."""
    vault = place.open()
    save(vault, "my words")
    vault.backup()
    vault.close()
    place.answers.unlink()
    for end in ("-wal", "-shm"):
        place.answers.with_name(f"answers.sqlite{end}").write_text(end)
    vault = place.open()
    assert newest(vault) == "my words"
    vault.close()
    kept = "answers.damaged-2026-03-02T09-00-00Z.sqlite"
    held = {path.name: path.read_text() for path in place.answers.parent.glob(f"{kept}*")}
    assert held == {kept: "", f"{kept}-wal": "-wal", f"{kept}-shm": "-shm"}


def test_what_is_found_damaged_is_let_go_of(place: Place) -> None:
    """No page of this Python has it open any more, so that whatever is to be done with the file can be."""
    vault = place.open()
    save(vault, "my words")
    vault.close()
    opened: list[object] = []

    def judge(store: object) -> None:
        opened.append(store)
        raise Damaged("damaged")

    for backup in backups.listed(place.backups):
        backup.file.unlink()
    with pytest.raises(Damaged):
        recovery.open_store(place.path, None, place.clock, judge)
    assert len(opened) == 2
    rewrite(place.answers, None, None)

    held = place.answers.read_bytes()
    place.answers.write_bytes(held.replace(b"+00:00", b"+00:0x"))  # sound for SQLite, until all of it is read
    with pytest.raises(Damaged, match="There is no whole backup either"):
        recovery.open_store(place.path, None, place.clock)


@pytest.mark.parametrize("given", [True, False])
def test_what_was_handed_over_stays_when_one_goes_back(place: Place, given: bool) -> None:
    """With a counselor, keys and what was handed over are as now; with none, as in the backup, and another copy."""
    vault = place.open()
    save(vault, "my words")
    vault.store.record("key", "client", {"secret": "then"})
    backup = vault.backup()
    vault.store.record("key", "client", {"secret": "now"})
    if given:
        vault.store.record("assignment", "newest", {"of": "a counselor"})
    mine = Source(id="a", place="here")
    exchange.sources(vault.store).put("mine", mine)
    vault.restore(backup)

    def kept(kind: str) -> list[object]:
        return [record.payload for record in vault.store.records(kind)]

    assert kept("key") == [{"secret": "now" if given else "then"}]
    assert kept("assignment") == [{"of": "a counselor"}] * given
    assert exchange.sources(vault.store).get("mine") == (mine if given else None)

    exchange.sources(vault.store).put("mine", mine)
    place.clock.forward(hours=1)
    vault.backup()
    vault.close()
    vault = place.open()
    assert exchange.sources(vault.store).get("mine") == mine
    vault.close()
    place.answers.unlink()
    vault = place.open()  # what was handed over since that backup is not known here: another copy
    assert exchange.sources(vault.store).get("mine") is None
    vault.close()


@pytest.mark.parametrize("error", [StoreError("full"), OSError("full")])
def test_that_no_backup_can_be_made_is_said_until_one_can(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """An hour later it is tried again; what was saved is saved."""
    vault = place.open()
    assert vault.warnings == ()

    def full(*_: object) -> None:
        raise error

    place.clock.forward(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(backups, "make", full)
        save(vault, "my words")
        vault.back_up_if_due()
    said = (
        "No backup of your answers could be made. Is the disk full? What you write is saved all the same; free some "
        "space."
    )
    place.clock.forward(minutes=59)
    vault.back_up_if_due()
    assert (vault.warnings, newest(vault)) == ((said,), "my words")
    place.clock.forward(minutes=1)
    vault.back_up_if_due()
    assert vault.warnings == ()
    assert backups.listed(place.backups)[0].at == place.clock()
    vault.close()
