"""Copies of the answers beside them: a few recent ones and one of each of the last days, as locked as the journal."""

from __future__ import annotations

import contextlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workbook import dates, files, words
from workbook.errors import Damaged, StoreError
from workbook.storage import sqlite
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from workbook.storage.store import StoredAnswer

HOUR = timedelta(hours=1)  # between two backups
NEWEST, DAYS = 5, 7  # kept: these many newest, and the newest of each of these many days

_NAME = "answers-%Y-%m-%dT%H-%M-%S.%fZ.sqlite"
APART = "answers.unknown-"  # how the names of those begin that were set apart


class Backup(NamedTuple):
    """One copy, and when it was made (UTC)."""

    at: datetime
    file: Path


class Preview(NamedTuple):
    """What going back to a backup would mean."""

    at: datetime
    answers: int  # current answers in the backup
    changed: int  # of them, how many differ from the journal's
    missing: int  # current answers of the journal that the backup does not have
    kept: Path | None = None  # once gone back: the copy of what was there before

    def __str__(self) -> str:
        return " ".join(
            (
                words.say("storage.backups.holds", count=self.answers, at=in_words(self.at)),
                words.say("storage.backups.differ", count=self.changed),
                words.say("storage.backups.missing", count=self.missing),
            )
        )


def anything(_: Path) -> bool:
    """Where nothing is locked, whatever lies among the backups is one."""
    return True


def listed(folder: Path, ours: Callable[[Path], bool] = anything) -> list[Backup]:
    """Return the backups in a folder, newest first; `ours`: only those it says yes to."""
    files = (one for one in named(folder) if one.file.is_file() and not one.file.is_symlink())
    return sorted((backup for backup in files if ours(backup.file)), reverse=True)


def named(folder: Path) -> Iterator[Backup]:
    """Whatever bears the name of a backup; what is no file, or lies elsewhere, is none that is read or locked."""
    for file in folder.glob("answers-*.sqlite"):
        with contextlib.suppress(ValueError):
            yield Backup(datetime.strptime(file.name, _NAME).replace(tzinfo=UTC), file)


def set_apart(folder: Path, ours: Callable[[Path], bool]) -> tuple[Path, ...]:
    """Give other names to what is not `ours`, so that it counts as no backup; return what kept its name."""
    kept = []
    for backup in listed(folder, lambda file: not ours(file)):
        name = APART + backup.file.name.removeprefix("answers-")
        while (folder / name).exists():
            name = name.removesuffix(".sqlite") + f"-{secrets.token_hex(4)}.sqlite"
        try:
            backup.file.rename(folder / name)
        except OSError:  # a folder that may only be read, or on Windows a program that has it open
            kept.append(backup.file)
    return tuple(kept)


def make(answers: Store, folder: Path, now: datetime, ours: Callable[[Path], bool] = anything) -> Backup:
    """Copy the answers into a folder, check the copy, and let old ones of `ours` go. Raises StoreError."""
    at = now.astimezone(UTC)
    file = folder / at.strftime(_NAME)
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    try:
        answers.copy_to(half)
    except StoreError:
        half.unlink(missing_ok=True)
        raise
    half.replace(file)
    for old in _too_many(listed(folder, ours)):
        old.file.unlink(missing_ok=True)
    return Backup(at, file)


def due(folder: Path, now: datetime, ours: Callable[[Path], bool] = anything) -> bool:
    """Say whether the newest of `ours` is an hour old; a clock that was set back does not stop backups."""
    return all(abs(now - backup.at) >= HOUR for backup in listed(folder, ours))


def newest_good(folder: Path, key: bytes | None, ours: Callable[[Path], bool] = anything) -> Backup | None:
    """Return the newest backup that is whole. Raises OSError when there is no room to look into one."""
    for backup in listed(folder, ours):
        with contextlib.suppress(StoreError), _looked_into(backup.file, folder, key) as copy:
            copy.check()
            return backup
    return None


def preview(answers: Store, file: Path, at: datetime, key: bytes | None, folder: Path) -> Preview:
    """Compare a backup with the answers now; `folder` has room for a copy. Raises StoreError when it is damaged."""
    with sqlite.in_words(str(file)), _looked_into(file, folder, key) as copy:
        copy.check()
        then = _by_place(copy.current())
    now = _by_place(answers.current())
    changed = sum(
        1
        for place, answer in then.items()
        if place in now and (answer.value, answer.status) != (now[place].value, now[place].status)
    )
    return Preview(at, len(then), changed, len(now.keys() - then.keys()))


class Rekeyed(NamedTuple):
    """Which backups are not under the new key."""

    left: tuple[Path, ...]  # as they were: there was no room, or the folder may only be read
    removed: tuple[Path, ...]  # readable and damaged: such a one cannot be locked, and the journal itself is whole


def lock(folder: Path, key: bytes | None, new_key: bytes | None, ours: Callable[[Path], bool] = anything) -> Rekeyed:
    """Put every backup under another key (None: readable by anyone), where it is not yet."""
    left, removed = [], []
    for backup in listed(folder, ours):
        try:
            plain = sqlite.is_plain(backup.file)
            if plain == (new_key is None):
                continue
            try:
                sqlite.rewrite(backup.file, None if plain else key, new_key)
            except Damaged:
                if new_key is not None:
                    files.erase(backup.file)
                    removed.append(backup.file)
        except (StoreError, OSError):  # no room, or a folder that may only be read
            left.append(backup.file)
    return Rekeyed(tuple(left), tuple(removed))


def sweep(folder: Path) -> None:
    """Remove files that were left half made when the power went, here and in the folder above."""
    for place, pattern in ((folder, "*.half*"), (folder, "*.new*"), (folder.parent, "answers.sqlite.new*")):
        for half in place.glob(pattern):
            with contextlib.suppress(OSError):
                half.unlink()


def in_words(at: datetime) -> str:
    """Return a time as a person reads it, where they are: 2 March 2026, 09:00."""
    return dates.moment(at.astimezone())


@contextlib.contextmanager
def _looked_into(file: Path, folder: Path, key: bytes | None) -> Iterator[Store]:
    """A copy of a backup, opened: opening brings one that an older version made up to date, and it stays as it is."""
    copy = folder / f"look-{secrets.token_hex(4)}.half"
    try:
        files.copy(file, copy, sqlite.LARGEST)
        if not copy.stat().st_size:  # SQLite would take it for a store that is new
            raise Damaged(words.say("storage.recovery.gone", file=file))
        with Store(copy, None if sqlite.is_plain(copy) else key, wal=False) as store:
            yield store
    except Damaged as problem:  # of the copy, which nobody knows
        raise Damaged(str(problem).replace(str(copy), str(file))) from None
    finally:
        copy.unlink(missing_ok=True)


def _by_place(answers: Iterable[StoredAnswer]) -> dict[tuple[str, str], StoredAnswer]:
    return {(answer.item, answer.occasion): answer for answer in answers if answer.status != "blank"}


def _too_many(newest_first: list[Backup]) -> list[Backup]:
    keep = set(newest_first[:NEWEST])
    newest_of_day: dict[object, Backup] = {}
    for backup in newest_first:
        newest_of_day.setdefault(backup.at.date(), backup)
    keep |= set(list(newest_of_day.values())[:DAYS])
    return [backup for backup in newest_first if backup not in keep]
