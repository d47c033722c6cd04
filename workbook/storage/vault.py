"""The answers of one journal on the disk: opened, locked, backed up, and put right."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files, words
from workbook.errors import JournalError, Locked, StoreError, plain
from workbook.storage import backups, exchange, keeper, lock, records, recovery
from workbook.storage.database import local_now
from workbook.storage.folder import ANSWERS, BACKUPS, HIDDEN, KEYS, MARK, make_folders
from workbook.storage.folder import LARGEST as SMALL
from workbook.storage.sqlite import LARGEST, Written, in_words, is_plain, rewrite, settled, unwritten, written
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PING = 5.0  # seconds between telling `workbook open` that someone is here


class Vault:
    """What lies in a journal's folder besides its notebooks, for the one `Journal` that has it open.

    `judge` looks at a store that was opened and raises Damaged when it will not do. `opened` is called whenever the
    store is another than before, or holds something else.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = local_now,
        environ: Mapping[str, str] = os.environ,
        judge: Callable[[Store], object] = lambda store: None,
        opened: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self._told: tuple[str, ...] = ()  # see `warnings`
        self._no_room = False  # for a backup
        self._now, self._environ = now, environ
        self._judge, self._opened = judge, opened
        self._lock = lock.Lock(path / KEYS, now)
        self._store: Store | None = None
        self._key: bytes | None = None
        self._pinged = 0.0
        self._backed_up: datetime | None = None
        self._at_glance: object = None  # the store's stamp
        self._sound: object = None  # the state of the file when `glance` had found no damage in it
        self._as_read: Written | None = None  # the same, once whatever was written would show in it
        self.untouched: object = None  # the store's stamp, where nobody has written since the last glance

    @property
    def store(self) -> Store:
        """The answers. Raises Locked after the journal locked itself."""
        if self._store is None:
            raise Locked(words.say("storage.vault.asleep"))
        return self._store

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences to show once: what was damaged, what a synced drive left, that no backup could be made."""
        told = map(plain, self._told)  # what somebody has put here may be called anything
        return (*told, words.say("storage.vault.no_backup_made")) if self._no_room else tuple(told)

    @property
    def keyed(self) -> bool:
        """Whether the answers are open with a key, which `workbook open` may forget."""
        return self._key is not None

    @property
    def asleep(self) -> bool:
        """Whether the files are closed."""
        return self._store is None

    def open(self, key: bytes | None) -> None:
        """Open the answers, and put right what an interruption left. Raises StoreError."""
        ours = self._ours(key)
        strange = backups.set_apart(self.path / BACKUPS, ours)  # before a damaged file gives way to one of them
        sound = key is None and self._sound is not None and self._sound == written(self.path / ANSWERS)
        self._store, damage = recovery.open_store(self.path, key, self._now, self._judge, ours, sound=sound)
        self._sound, as_read, self._as_read = None, self._as_read, None
        self._key, self._backed_up = key, None
        unknown = (recovery.unknown(self.path, file) for file in strange)
        self._told = (*damage, *unknown, *recovery.conflicts(self.path), *self._without_lock())
        if damage:  # an older state is here now: to a counselor this is another copy
            exchange.sources(self._store).remove("mine")
        self._opened()
        if key is not None:  # what an interrupted locking left readable
            left, removed = backups.lock(self.path / BACKUPS, key, key, ours)
            self._told += tuple(words.say("storage.vault.readable", file=file) for file in left)
            self._told += tuple(words.say("storage.vault.removed", file=file) for file in removed)
            with contextlib.suppress(StoreError):  # no room: it is said when there is something to save
                if self._lock.exists and self._lock.under_way and not is_plain(self.path / ANSWERS):
                    self._lock.done()
        self.back_up_if_due()
        stamp = self.store.stamp()  # what is written after this makes it another; what was before shows in the file
        same = as_read is not None and key is None and unwritten(as_read, written(self.path / ANSWERS))
        self.untouched = stamp if same else None

    def glance(self) -> bool:
        """Open answers that no lock keeps, to read them ahead; say whether there are any.

        Nothing is put right, copied or said: that is for the page which opens them. Raises StoreError, as `open` does.
        """
        file = self.path / ANSWERS
        with in_words(str(file)):
            begun = file.is_file() and file.stat().st_size > 0 and is_plain(file)
        if not begun or self._lock.exists or recovery.under_way(self.path):
            return False
        store, before = Store(file, now=self._now), self._sound
        self._sound = None
        try:
            self._at_glance = store.stamp()
            if before is None or before != written(file):
                store.check()
            self._judge(store)
        except BaseException:
            store.close()
            raise
        self._store, self._key = store, None
        self._opened()
        return True

    def rest(self) -> None:
        """Let go of the files after a glance: whoever wants to lock them must find them alone."""
        before = written(self.path / ANSWERS)
        same = self.store.stamp() == self._at_glance
        self.close()
        after = written(self.path / ANSWERS)
        self._sound = after if same else None
        self._as_read = after if same and settled(before, after) else None

    @property
    def has_lock(self) -> bool:
        """Whether a passphrase was set, also while the answers are not locked with it yet."""
        return self._lock.exists

    def _without_lock(self) -> Iterator[str]:
        """Name a backup that needs a passphrase where the journal has none: its own may have been put aside."""
        for backup in () if self._lock.exists else backups.listed(self.path / BACKUPS):
            with contextlib.suppress(OSError):  # one that cannot be read
                if not is_plain(backup.file):
                    yield words.say("storage.vault.no_lock", file=backup.file, lock=self.path / KEYS / "lock.json")
                    return

    def close(self) -> None:
        """Let go of the files and of the key."""
        if self._store is not None:
            self._store.close()
        self._store, self._key = None, None

    def used(self) -> None:
        """Tell `workbook open` that someone is here; not when something is read: pages read by themselves."""
        if self._key is not None and time.monotonic() - self._pinged > _PING:
            self._pinged = time.monotonic()
            keeper.used(self._environ)

    # --- the lock ---

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed to read the answers."""
        return self._lock.exists and not is_plain(self.path / ANSWERS)

    def lock(self, passphrase: str) -> None:
        """Lock the answers and their backups with a passphrase; say `storage.lock.forgetting` before.

        Raises WeakPassphrase, and StoreError while another page has the journal open.
        """
        with recovery.alone(self.path, patience=60):
            if self.locked:
                raise JournalError(words.say("storage.vault.locked_already", typed=files.typed(self.path)))
            try:
                self._refuse_to_lock()
            except OSError as problem:
                raise JournalError(words.say("storage.vault.copy_unread", copy=problem.filename)) from None
            key = lock.new_key()
            self._lock.make(key, passphrase, (backup.file for backup in backups.listed(self.path / BACKUPS)))
            try:
                self._rekey(key)
            except BaseException:
                if is_plain(self.path / ANSWERS):  # else they need the key that is kept there
                    self._lock.remove()
                raise
            self._lock.done()
        keeper.lend(key, self._environ)

    def _refuse_to_lock(self) -> None:
        """Raise JournalError while a file would stay readable, or would lose the only key it opens with."""
        damaged = sorted((self.path / HIDDEN).glob("answers.damaged-*"))  # with their logs
        for copy in (*damaged, *filter(is_plain, recovery.copies(self.path))):
            raise JournalError(words.say("storage.vault.copy_readable", copy=copy))
        for backup in backups.listed(self.path / BACKUPS) if self._lock.exists else ():
            if not is_plain(backup.file):
                raise JournalError(
                    words.say("storage.vault.earlier_lock", file=backup.file, typed=files.typed(self.path))
                )

    def unlock(self, passphrase: str) -> None:
        """Take the lock away; the answers can be read by anyone who has the files.

        For a backup that could not be unlocked the passphrase stays as it is; it is named in `warnings`.
        Raises Locked, and JournalError while a file lies among the backups that would pass for one without the lock.
        """
        with recovery.alone(self.path, patience=60):
            if not self._lock.exists:
                return
            key = self._lock.open(passphrase)
            if self.locked:
                for strange in backups.set_apart(self.path / BACKUPS, self._ours(key)):
                    raise JournalError(words.say("storage.vault.not_apart", file=strange))
                self._lock.begin(key)
                try:
                    self._rekey(None)
                except BaseException:
                    if not is_plain(self.path / ANSWERS):
                        self._lock.done()
                    raise
            left = backups.lock(self.path / BACKUPS, key, None).left  # those too that an interruption left locked
            self._told += tuple(words.say("storage.vault.stays_locked", file=file) for file in left)
            if not left:
                self._lock.remove()

    def change_passphrase(self, old: str, new: str) -> None:
        """Put a new passphrase in the place of the old one, or of a recovery key. Raises Locked, WeakPassphrase."""
        self._lock.change(self._lock.open(old), new)

    def recovery_key(self, passphrase: str) -> str:
        """Return a recovery key to write on paper; an earlier one opens nothing any more. Raises Locked."""
        return self._lock.recovery(self._lock.open(passphrase))

    def wake(self, passphrase: str) -> None:
        """Open again after the files were closed. Raises Locked."""
        self.open(unlock(self.path, passphrase, self._now, self._environ))

    def _rekey(self, new_key: bytes | None) -> None:
        key = self._key
        self.close()
        removed: tuple[Path, ...] = ()
        try:
            rewrite(self.path / ANSWERS, key, new_key)  # from here on no other page has it open
            backups.sweep(self.path / BACKUPS)
            removed = backups.lock(self.path / BACKUPS, key, new_key).removed
        finally:
            self.open(None if is_plain(self.path / ANSWERS) else new_key or key)
            self._told += tuple(words.say("storage.vault.removed", file=file) for file in removed)

    def watch(self, gone: Callable[[], object]) -> None:
        """Call `gone`, from another thread, when `workbook open` forgets the key of these answers."""
        if self._key is not None:
            keeper.watch(gone, self._environ)

    # --- backups ---

    def backup(self, folder: str | Path | None = None) -> Path:
        """Copy the answers now: beside the others, or as a journal of its own in an empty or missing folder."""
        if folder is None:
            return self._copied()
        folder = Path(folder)
        if folder.exists() and not files.is_empty(folder):
            raise JournalError(words.say("storage.vault.not_empty", folder=folder))
        make_folders(folder)
        try:
            self.store.copy_to(folder / ANSWERS)
            for name in (KEYS / "lock.json", MARK):
                if (self.path / name).exists():
                    files.copy(self.path / name, folder / name, SMALL)
        except (StoreError, OSError):
            shutil.rmtree(folder / HIDDEN, ignore_errors=True)  # half a copy would only look like one
            raise
        return folder

    def preview(self, backup: str | Path | None = None) -> backups.Preview:
        """Say what going back to a backup (None: the newest) would mean. Nothing changes."""
        file, at = self._backup(backup)
        return backups.preview(self.store, file, at, self._key, self.path / BACKUPS)

    def restore(self, backup: str | Path | None = None) -> backups.Preview:
        """Go back to a backup (None: the newest). What is there now becomes a backup first, so nothing is lost.

        What went to and came from a counselor is not undone by it, so it stays as it is.
        """
        file, at = self._backup(backup)
        said = backups.preview(self.store, file, at, self._key, self.path / BACKUPS)
        exchanged = records.as_kept(self.store, exchange.STAYS)
        if not any(kind == "assignment" for kind, _, _ in exchanged):  # no exchange yet
            exchanged = []
        half = self.path / BACKUPS / "restore.half"
        files.copy(file, half, LARGEST)
        try:
            kept = self._copied()
            if is_plain(half) and self._key is not None:
                rewrite(half, None, self._key)
            self.store.copy_from(half)
        finally:
            half.unlink(missing_ok=True)
        with self.store.together():
            records.put_back(self.store, exchanged)
            if not exchanged:  # what the backup knows of an exchange is older than what was handed over since
                exchange.sources(self.store).remove("mine")
        self._opened()
        return said._replace(kept=kept)

    def _copied(self) -> Path:
        ours = self._ours(self._key)
        backups.set_apart(self.path / BACKUPS, ours)
        return backups.make(self.store, self.path / BACKUPS, self._now(), ours).file

    def _ours(self, key: bytes | None) -> Callable[[Path], bool]:
        """What tells a backup of the journal from a readable file that was put beside it while it was locked."""

        def ours(file: Path) -> bool:
            with contextlib.suppress(OSError):  # one that cannot be read is named when it is to be locked
                return key is None or not is_plain(file) or self._lock.knows(key, file)
            return True

        return ours

    def _backup(self, backup: str | Path | None) -> tuple[Path, datetime]:
        if backup is None:
            for newest in backups.listed(self.path / BACKUPS, self._ours(self._key)):
                return newest.file, newest.at
            raise JournalError(words.say("storage.vault.no_backup", path=self.path, typed=files.typed(self.path)))
        file = Path(backup)
        file = file / ANSWERS if file.is_dir() else file
        if not file.is_file():
            raise JournalError(words.say("storage.vault.not_there", backup=backup, folder=self.path / BACKUPS))
        made = {one.file.resolve(): one.at for one in backups.listed(file.parent)}
        return file, made.get(file.resolve()) or datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def back_up_if_due(self) -> None:
        """At most hourly; that there is no room for a backup must not cost the answer just saved."""
        now = self._now()
        if self._backed_up is not None and abs(now - self._backed_up) < backups.HOUR:
            return
        self._backed_up = now
        self._no_room = False
        try:
            if backups.due(self.path / BACKUPS, now, self._ours(self._key)):
                self._copied()
        except (StoreError, OSError):
            self._no_room = True


def unlock(
    path: Path,
    passphrase: str | None = None,
    now: Callable[[], datetime] = local_now,
    environ: Mapping[str, str] = os.environ,
) -> bytes | None:
    """Return the key of the journal in a folder; None when it is not locked. Raises Locked."""
    held, file = lock.Lock(path / KEYS, now), path / ANSWERS
    if not held.exists:
        return None
    with in_words(str(file)):
        readable = file.exists() and is_plain(file)
    if readable and not held.under_way:
        raise _unlocked(path)
    key = None
    if passphrase is None:
        borrowed = keeper.borrow(environ)
        key = borrowed if borrowed is not None and held.fits(borrowed) else None
        passphrase = environ.get("WORKBOOK_PASSPHRASE")
    if key is None:
        if not passphrase:
            raise Locked(words.say("storage.vault.interrupted") if readable else words.say("storage.vault.locked"))
        key = held.open(passphrase)
        keeper.lend(key, environ)
    if readable and not held.began(key):
        raise _unlocked(path)
    return None if readable else key


def _unlocked(path: Path) -> JournalError:
    return JournalError(words.say("storage.vault.unlocked", file=path / ANSWERS, path=files.typed(path)))


def accept(path: Path, passphrase: str, now: Callable[[], datetime] = local_now) -> None:
    """Take answers that lie open under a lock for the journal's own; then `unlock` can take the lock off.

    Raises Locked when the passphrase is not that of the journal.
    """
    held = lock.Lock(path / KEYS, now)
    held.begin(held.open(passphrase))
