"""A client's folder, opened: the answers' files, their lock and backups, what is asked, and what is kept beside."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files, words
from workbook.errors import JournalError
from workbook.storage import asked, folder, vault
from workbook.storage.asked import Asked
from workbook.storage.database import local_now
from workbook.storage.folder import MARK
from workbook.storage.own import Own
from workbook.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import Self

    from workbook.definition.asks import Assigned
    from workbook.definition.models import Workbook
    from workbook.storage.backups import Preview
    from workbook.storage.store import Store


class Opened:
    """One opened folder. A journal is one: it says in `_begin` what it has beside, and in `_anew`, `_forget` and `_ask`
    what it does when these change.
    """

    def __init__(
        self,
        path: Path,
        key: bytes | None = None,
        now: Callable[[], datetime] = local_now,
        environ: Mapping[str, str] = os.environ,
        *,
        ahead: bool = False,
    ) -> None:
        self.path = path
        self.now = now
        self._vault = Vault(path, now=now, environ=environ, judge=asked.judge, opened=self._anew)
        self._asked = Asked(lambda: self.store, self._ask)
        self._own = Own(lambda: self.store)
        self._listeners: list[Callable[[], None]] = []
        self._attending: list[Callable[[], None]] = []
        self._keeps = False  # what was read, while it is opened again: see `resume`
        self._begin()
        if not ahead:
            self._vault.open(key)

    def _begin(self) -> None:
        """Make what a journal has beside; nothing is open yet."""

    def _anew(self) -> None:
        """The store is another than before: nothing that was read of it holds."""
        self._asked.read()
        self._forget()

    def _hold(self, stamp: object) -> None:
        """What was read holds as long as the store has this stamp."""

    def _forget(self) -> None:
        """Hold nothing of the store in memory."""
        self._own.forget()

    def _ask(self) -> None:
        """The workbook is another than before."""

    @property
    def store(self) -> Store:
        """The answers. Raises Locked after the journal locked itself."""
        return self._vault.store

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences to show once: what was damaged, what a synced drive left."""
        return self._vault.warnings

    @property
    def workbook(self) -> Workbook:
        """What is asked: the installed workbook, with what a counselor asks."""
        return self._asked.workbook

    @property
    def assigned(self) -> Assigned | None:
        """What a counselor asked for last, if there is one."""
        return self._asked.assigned

    @property
    def id(self) -> str:
        """The random name of this journal. Raises JournalError when its mark is damaged."""
        return folder.check(self.path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def create(cls, path: str | Path, *, now: Callable[[], datetime] = local_now) -> Self:
        """Make a folder into a journal and open it. Raises JournalError when it holds something else."""
        path = Path(path)
        folder.make(path, now())
        return cls(path, now=now)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        passphrase: str | None = None,
        now: Callable[[], datetime] = local_now,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """Open the journal in a folder, made when the folder is missing or empty.

        The key of a locked one comes from `passphrase` (or a recovery key), else from the `workbook open` this
        kernel belongs to, else from `$WORKBOOK_PASSPHRASE`.
        """
        path = Path(path)
        if not (path / MARK).exists():
            if not folder.may_be_made(path):
                inside = files.typed(path / "Mend")
                raise JournalError(words.say("storage.folder.is_none", path=path, typed=inside))
            return cls.create(path, now=now)
        folder.check(path)
        journal = cls(path, vault.unlock(path, passphrase, now, environ), now, environ)
        journal._watch()
        return journal

    # --- read ahead of its page ---

    @classmethod
    def ahead(cls, path: Path, *, now: Callable[[], datetime] = local_now) -> Self:
        """Return the journal in a folder with nothing opened yet: for `read_ahead`, and then for `resume`."""
        return cls(path, now=now, ahead=True)

    def read_ahead(self, read: Callable[[Self], object]) -> bool:
        """Let `read` read, and let go of the files again; False: there is nothing, or a lock, and nothing was read.

        Called again, it reads what was written since. Nothing is written. Raises StoreError.
        """
        with self._keeping():
            if not self._vault.glance():
                return False
            try:
                read(self)
            finally:
                self._vault.rest()
        return True

    @property
    def has_lock(self) -> bool:
        """Whether a passphrase was set, also while the answers are not locked with it yet."""
        return self._vault.has_lock

    def resume(self) -> bool:
        """Open for a page what was read ahead, as `open` does: of that holds what the file still says.

        False: it was locked meanwhile; then nothing of it is held, and it is to be opened like any other.
        """
        folder.check(self.path)
        if self._vault.has_lock:
            self.close()
            return False
        with self._keeping():
            self._vault.open(None)
        if self._vault.untouched is not None:
            self._hold(self._vault.untouched)
        return True

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[None]:
        self._keeps = True
        try:
            yield
        except BaseException:
            self._keeps = False
            self.close()
            raise
        finally:
            self._keeps = False

    def close(self) -> None:
        """Let go of the files and of the key."""
        self._vault.close()
        self._forget()

    # --- who hears of it ---

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` after every save of this journal."""
        self._listeners.append(heard)

    def attend(self, heard: Callable[[], None]) -> None:
        """Call `heard` when the journal has locked itself, and when it is open again."""
        self._attending.append(heard)

    def moved(self) -> None:
        """The clock shows the time of another zone: what was worked out by it is worked out again, on every page."""
        self._forget()
        self._tell(*self._attending, *self._listeners)

    def _tell(self, *listeners: Callable[[], None]) -> None:
        for heard in listeners:
            heard()

    # --- the lock, and backups ---

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed to read the answers."""
        return self._vault.locked

    def lock(self, passphrase: str) -> None:
        """Lock the answers and their backups with a passphrase. `storage.lock.forgetting` is to be said before.

        Raises WeakPassphrase, and StoreError while another page has the journal open.
        """
        self._vault.lock(passphrase)
        self._watch()

    def unlock(self, passphrase: str) -> None:
        """Take the lock away; the answers can be read by anyone who has the files.

        For a backup that could not be unlocked the passphrase stays as it is; it is named in `warnings`.
        Raises Locked, and JournalError while a file lies among the backups that would pass for one without the lock.
        """
        self._vault.unlock(passphrase)

    def change_passphrase(self, old: str, new: str) -> None:
        """Put a new passphrase in the place of the old one, or of a recovery key. Raises Locked, WeakPassphrase."""
        self._vault.change_passphrase(old, new)

    def recovery_key(self, passphrase: str) -> str:
        """Return a recovery key to write on paper; an earlier one opens nothing any more. Raises Locked."""
        return self._vault.recovery_key(passphrase)

    def wake(self, passphrase: str) -> None:
        """Open again after the journal locked itself; forms on the page go on. Raises Locked."""
        if self._vault.asleep:
            self._vault.wake(passphrase)
            self._watch()
            self._tell(*self._attending, *self._listeners)

    def _watch(self) -> None:
        """Fall asleep when `workbook open` forgets the key."""
        sleep: Callable[[], object] = self._sleep
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()  # a kernel's; its widgets may only be used from there
            sleep = functools.partial(loop.call_soon_threadsafe, self._sleep)
        self._vault.watch(sleep)

    def _sleep(self) -> None:
        if self._vault.keyed:  # else the lock was taken off meanwhile
            self.close()
            self._tell(*self._attending, *self._listeners)

    def backup(self, folder: str | Path | None = None) -> Path:
        """Copy the answers now: beside the others, or as a journal of its own in an empty or missing folder."""
        return self._vault.backup(folder)

    def preview(self, backup: str | Path | None = None) -> Preview:
        """Say what going back to a backup (None: the newest) would mean. Nothing changes."""
        return self._vault.preview(backup)

    def restore(self, backup: str | Path | None = None) -> Preview:
        """Go back to a backup (None: the newest). What is there now becomes a backup first, so nothing is lost.

        What went to and came from a counselor is not undone by it, so it stays as it is.
        """
        return self._vault.restore(backup)

    # --- what a counselor gave ---

    @property
    def key(self) -> str:
        """The client's secret key, with which a counselor's feedback opens; made when first needed."""
        return self._own.key

    @property
    def page_key(self) -> str:
        """32 bytes in base64, with which pages seal what they hold until it is saved; made when first needed."""
        return self._own.page_key

    @property
    def region(self) -> str | None:
        """Where the client is, as chosen or as guessed by the page; settable."""
        return self._own.region

    @region.setter
    def region(self, region: str) -> None:
        self._own.region = region

    @property
    def installed(self) -> Workbook:
        """The workbook of this installation, in the language that was asked for if it is there."""
        return self._asked.installed

    def speaks(self, language: str) -> bool:
        """Say whether the installed workbook is there in a language."""
        return asked.speaks(language)

    def install(self, workbook: Workbook) -> None:
        """Ask a practice's own workbook from now on, in place of the shipped one; no answer changes."""
        self._asked.install(workbook)

    def take(self, assigned: Assigned) -> None:
        """Ask what a counselor asks from now on; no answer changes."""
        self._asked.take(assigned)
