"""A journal's file that is damaged, gone or copied by a synced drive: the newest good backup, and a sentence."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files, words
from workbook.errors import Damaged, StoreError
from workbook.storage import backups
from workbook.storage.folder import ANSWERS, BACKUPS, HIDDEN, KEYS, MARK
from workbook.storage.sqlite import LARGEST, is_plain, rewrite
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_TURN = "recovering"  # a folder that is there while one page has the answers to itself


def open_store(
    path: Path,
    key: bytes | None,
    now: Callable[[], datetime],
    judge: Callable[[Store], object] = lambda store: None,
    ours: Callable[[Path], bool] = backups.anything,
    *,
    sound: bool = False,
) -> tuple[Store, tuple[str, ...]]:
    """Open and check the answers, also by `judge`, which raises Damaged.

    A damaged file gives way to the newest good backup, if it is `ours`, and that is said. `sound`: it was looked
    through for damage already, and nobody has written since.
    """
    try:
        return _checked(path, key, now, judge, sound=sound), ()
    except Damaged as damage:
        try:
            with alone(path):
                try:
                    return _checked(path, key, now, judge), ()  # another page was faster
                except Damaged:
                    said = recover(path, key, now(), damage, ours)
                return _checked(path, key, now, judge), (said,)
        except OSError as problem:
            said = words.say("storage.recovery.no_room", damage=damage, problem=problem.strerror)
            raise Damaged(said) from None


def _checked(
    path: Path,
    key: bytes | None,
    now: Callable[[], datetime],
    judge: Callable[[Store], object],
    *,
    sound: bool = False,
) -> Store:
    file = path / ANSWERS
    if file.is_symlink():
        raise StoreError(words.say("storage.file.a_link", where=file))
    if (not file.exists() or file.stat().st_size == 0) and backups.listed(path / BACKUPS):
        file.touch(mode=0o600)  # SQLite would begin a new one without a word
        raise Damaged(words.say("storage.recovery.gone", file=file))
    store = Store(file, key, now=now)
    try:
        if not sound:
            store.check()
        judge(store)
    except StoreError:
        store.close()
        raise
    return store


def recover(
    path: Path, key: bytes | None, now: datetime, damage: Damaged, ours: Callable[[Path], bool] = backups.anything
) -> str:
    """Put the newest good backup in the place of a damaged file, keep that beside, and say what may be missing."""
    file = path / ANSWERS
    good = backups.newest_good(path / BACKUPS, key, ours)
    if good is None:
        raise Damaged(words.say("storage.recovery.no_backup", damage=damage))
    kept = file.with_name(f"answers.damaged-{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}.sqlite")
    new = file.with_name("answers.sqlite.new")
    files.copy(good.file, new, LARGEST)
    if key is not None and is_plain(new):  # a backup there was no room to lock
        rewrite(new, None, key)
    for end in ("-wal", "-shm"):
        log = file.with_name(file.name + end)
        if log.exists():
            log.replace(kept.with_name(kept.name + end))
    file.replace(kept)
    new.replace(file)
    files.settle(file.parent)
    return words.say("storage.recovery.opened", at=backups.in_words(good.at), kept=kept)


@contextlib.contextmanager
def alone(path: Path, patience: float = 10) -> Iterator[None]:
    """Let one page at a time put a damaged file right, or lock it; after `patience` seconds whoever began is gone."""
    turn = path / HIDDEN / _TURN
    for _ in range(round(10 * patience)):
        try:
            turn.mkdir()
            break
        except FileExistsError:
            time.sleep(0.1)
        except OSError:  # no room, or a folder that may only be read: what comes next says so
            break
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            turn.rmdir()


def under_way(path: Path) -> bool:
    """Say whether a page puts a damaged file right, or locks it, just now."""
    return (path / HIDDEN / _TURN).exists()


def conflicts(path: Path) -> Iterator[str]:
    """Name what a synced drive left beside our files when two computers wrote at once."""
    for copy in copies(path):
        if copy.name.startswith(backups.APART):
            yield unknown(path, copy)
        elif not copy.name.startswith("answers.damaged-"):
            yield words.say(
                "storage.recovery.second_copy", copy=copy, typed=files.typed(copy), journal=files.typed(path)
            )
    for name in (KEYS / "lock.json", MARK):
        for copy in sorted((path / name).parent.glob(f"{name.stem}*.json")):
            if copy.name != name.name:
                yield words.say("storage.recovery.second_small", file=path / name, copy=copy)


def unknown(path: Path, copy: Path) -> str:
    """Name a readable file that lay among the backups of a locked journal and is not known to be the journal's own."""
    return words.say("storage.recovery.unknown", copy=copy, typed=files.typed(copy), journal=files.typed(path))


def copies(path: Path) -> Iterator[Path]:
    """Answers in the journal's folder that are neither its own nor one of its backups."""
    ours = {path / ANSWERS, *(backup.file for backup in backups.named(path / BACKUPS))}
    for folder in (path / HIDDEN, path / BACKUPS):
        yield from sorted(set(folder.glob("answers*.sqlite")) - ours)
