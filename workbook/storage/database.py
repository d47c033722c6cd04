"""One database of answers: opened, brought up to date, read and written whole or not at all, checked and copied."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbook import words
from workbook.errors import Damaged, StoreError
from workbook.storage import sqlite
from workbook.storage.schema import MIGRATIONS, UNREADABLE
from workbook.storage.schema import migrations as _migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self


def utc_now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def local_now() -> datetime:
    """Return the time now, aware, in this computer's time zone: its date is the person's day."""
    return datetime.now().astimezone()


class Database:
    """What is at one path or address, for several threads and processes at once.

    `where` is a path of a SQLite file, made when missing, or a `postgresql+psycopg://` URL. `key` is the 32
    bytes a locked file is encrypted with. `now` is the clock. `owner` says whose rows are meant where many share a
    server, which needs it; a file is one person's, and has none.

    Raises StoreError when the file cannot be opened, is damaged, needs a key, or comes from a newer version.
    """

    def __init__(
        self,
        where: str | Path,
        key: bytes | None = None,
        now: Callable[[], datetime] = utc_now,
        migrations: tuple[Callable[[sa.Connection], None], ...] = MIGRATIONS,
        *,
        wal: bool = True,
        owner: str = "",
    ) -> None:
        self.now, self.owner = now, owner
        self._file = None if isinstance(where, str) and "://" in where else Path(where)
        if (self._file is None) != bool(owner):
            raise ValueError("a server needs an owner, and a file has none")
        self._name = "the database" if self._file is None else str(self._file)
        self._key = key
        self._at = sqlite.identity(self._file) if self._file else None
        self._within = threading.local()  # .connection: the transaction this thread is in
        self._schema = 0  # which one this program knows; 0: it is not made yet
        self._engine = sqlite.server(str(where), owner) if self._file is None else sqlite.engine(self._file, key, wal)
        try:
            self._migrate(migrations)
            self._schema = len(migrations)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name})"

    def close(self) -> None:
        """Let go of the file, and of the key."""
        self._engine.dispose()
        self._key = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stamp(self) -> object:
        """Return a value that stays equal until another process (or connection) writes.

        Asked hundreds of times for a page, so of the driver itself.
        """
        if self._file is None:
            return object()
        outer = getattr(self._within, "connection", None)
        with sqlite.in_words(self._name):
            if outer is not None:
                return _changes(sqlite.driver(outer))
            self._follow()
            with contextlib.closing(self._engine.raw_connection()) as connection:
                driver: Any = connection.driver_connection
                self._refuse_newer(driver.execute)
                return _changes(driver)

    def shrink(self) -> None:
        """Rewrite the file without what was removed, and empty its log."""
        if self._file is not None:
            with self._reading() as connection:  # neither of them works in a transaction
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> None:
        """Read the whole file; raise StoreError when a part of it is damaged."""
        if self._file is None:
            return
        with self._reading() as connection:
            sound = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() == "ok"
            if not sound or any(connection.exec_driver_sql(query).first() for query in UNREADABLE):
                raise sqlite.damaged(self._name)

    def copy_to(self, file: Path) -> None:
        """Write a whole copy of the database to a new file, as locked as this one, and check it."""
        with self._reading() as connection:
            copy = sqlite.connect(file, self._key, wal=False)
            with contextlib.closing(copy), sqlite.in_words(str(file)):
                sqlite.driver(connection).backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
                if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise sqlite.damaged(self._name)
        sqlite.to_disk(file)

    def copy_from(self, file: Path) -> None:
        """Become what is in `file`, a whole database with the same key; others who have this one open see it."""
        with self._reading() as connection:
            source = sqlite.connect(file, self._key, wal=False)
            with contextlib.closing(source), sqlite.in_words(str(file)):
                source.backup(sqlite.driver(connection))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make every call inside one transaction: all of them are stored, or none."""
        with self._writing():
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start, so that it never has to be refused later."""
        outer = getattr(self._within, "connection", None)
        if outer is not None:
            yield outer
            return
        with sqlite.in_words(self._name), self._connected() as connection:
            if self._file is None:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7105)"))  # one writer at a time, as in SQLite
            else:
                connection.begin()
                sqlite.driver(connection).execute("BEGIN IMMEDIATE")
            self._within.connection = connection
            try:
                self._refuse_newer(self._ask(connection))
                yield connection
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._within.connection = None
            connection.commit()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        outer = getattr(self._within, "connection", None)
        if outer is not None:
            yield outer
            return
        with sqlite.in_words(self._name), self._connected() as connection:
            self._refuse_newer(self._ask(connection))
            yield connection

    def _ask(self, connection: sa.Connection) -> Callable[[str], Any]:
        """What is asked often is asked of the driver, where there is a file."""
        if self._file is None:
            return connection.exec_driver_sql
        driver: Any = sqlite.driver(connection)
        return driver.execute  # type: ignore[no-any-return]  # the driver has no types

    def _refuse_newer(self, ask: Callable[[str], Any]) -> None:
        """Another program may have brought the file up to date while this one had it open."""
        if not self._schema:  # being made
            return
        newest = ask(_SCHEMA_NOW).fetchone()
        if newest[0] > self._schema:
            raise StoreError(words.say("storage.file.brought_up", where=self._name))

    def _connected(self) -> sa.Connection:
        self._follow()
        return self._engine.connect()

    def _follow(self) -> None:
        """Let what is connected to next be at the path now: a restored or synced file may have taken ours' place."""
        if self._file is not None:
            at = sqlite.identity(self._file)
            if at is None and self._schema:  # SQLite would begin a new one without a word
                raise StoreError(words.say("storage.file.gone", where=self._file))
            if at != self._at:
                self._engine.dispose()
                self._at = at or self._at

    def _migrate(self, migrations: tuple[Callable[[sa.Connection], None], ...]) -> None:
        if self._version() == len(migrations):
            return
        with self._writing() as connection:
            _migrations.create(connection, checkfirst=True)
        while (done := self._version()) < len(migrations):
            with self._writing() as connection:
                done = self._version()  # another process may have been faster
                for step in migrations[done : done + 1]:
                    step(connection)
                    row = {"version": done + 1, "name": step.__name__.strip("_"), "at": self.now()}
                    connection.execute(sa.insert(_migrations).values(row))
        if done > len(migrations):
            raise StoreError(words.say("storage.file.newer", where=self._name, done=done, known=len(migrations)))

    def _version(self) -> int:
        """Return how many migrations were made. Raises Damaged when that is not to be told."""
        with self._reading() as connection:
            tables = sa.inspect(connection).get_table_names()
            if _migrations.name not in tables:
                if tables and self._file is not None:
                    raise Damaged(words.say("storage.file.another", where=self._name))
                return 0
            version = _migrations.c.version
            newest, count = connection.execute(sa.select(sa.func.max(version), sa.func.count())).one()
        if (newest or 0) != count:
            raise sqlite.damaged(self._name)
        return int(count)


def _changes(connection: Any) -> object:
    return connection.execute("PRAGMA data_version").fetchone()[0]


_SCHEMA_NOW = "SELECT max(version) FROM migrations"
