"""Answers and their history: the only SQL. SQLite by default, SQLCipher with a key, PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from workbook.errors import StoreError, WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Status = Literal["answered", "skipped", "blank"]

SITTING = timedelta(minutes=2)  # an edit this soon after the last one belongs to the same version
BUSY = 60.0  # seconds to wait for other kernels before giving up


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One version of one item's answer on one occasion. What was said is kept out of its repr."""

    id: str  # of this version, unique everywhere
    item: str
    exercise: str
    occasion: str
    version: int  # 1, 2, … per item and occasion
    status: Status
    value: Any = field(repr=False)  # plain JSON; None unless answered
    label: str = field(repr=False)  # the value for people, in the words of that day
    prompt: str = field(repr=False)
    kind: str
    fingerprint: str
    begun_at: datetime  # first and
    answered_at: datetime  # last save of this version, UTC


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, without content: a gate closed, answers were shared."""

    kind: str
    rule: str
    count: int
    at: datetime
    client: str


@dataclass(frozen=True, slots=True)
class Record:
    """Anything that is neither an answer nor an event, such as an assignment or a setting."""

    kind: str
    key: str
    at: datetime
    payload: dict[str, Any] = field(repr=False)
    client: str


class _Instant(sa.TypeDecorator[datetime]):
    """An aware datetime as ISO text in UTC: sortable, and readable without this program."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: object) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


_schema = sa.MetaData()
_ID = sa.String(32)

_migrations = sa.Table(
    "migrations",
    _schema,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("at", _Instant, nullable=False),
)

_answers = sa.Table(
    "answers",
    _schema,
    sa.Column("client", sa.Text, primary_key=True),
    sa.Column("id", _ID, primary_key=True),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, sa.CheckConstraint("status IN ('answered', 'skipped', 'blank')"), nullable=False),
    sa.Column("value", sa.JSON(none_as_null=True)),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("begun_at", _Instant, nullable=False),
    sa.Column("answered_at", _Instant, nullable=False),
    sa.Column("sitting", sa.Text),  # who may still add to this version; NULL: nobody
    sa.UniqueConstraint("client", "item", "occasion", "version"),
)

_events = sa.Table(
    "events",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("at", _Instant, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)

_records = sa.Table(
    "records",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", _Instant, nullable=False),
    sa.Column("payload", sa.JSON(none_as_null=True)),  # NULL: removed
    sa.Index("records_latest", "client", "kind", "key", "number"),
)


def _first_tables(connection: sa.Connection) -> None:
    """Answers, events and records."""
    _schema.create_all(connection, tables=[_answers, _events, _records])


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first_tables,)
"""In order, each in its own transaction. Only ever add at the end: journals remember how far they are."""


def utc_now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


class Store:
    """The answers of one client (a journal) or of many (a caseload).

    `where` is a path of a SQLite file, made when missing, or a `postgresql+psycopg://` URL. `key` is the 32
    bytes a locked file is encrypted with. `now` is the clock. Several processes may use one file at once.

    Raises StoreError when the file cannot be opened, is damaged, needs a key, or comes from a newer version.
    """

    def __init__(
        self,
        where: str | Path,
        key: bytes | None = None,
        client: str = "me",
        now: Callable[[], datetime] = utc_now,
        migrations: tuple[Callable[[sa.Connection], None], ...] = MIGRATIONS,
    ) -> None:
        self.client = client
        self.now = now
        self.sitting = uuid.uuid4().hex
        self._file = None if isinstance(where, str) and "://" in where else Path(where)
        self._name = "the database" if self._file is None else str(self._file)
        self._engine = _postgresql(str(where)) if self._file is None else _sqlite(self._file, key)
        try:
            self._migrate(migrations)
        except WorkbookError:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"Store({self._name})"

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- answers ---

    def save(
        self,
        *,
        item: str,
        exercise: str,
        occasion: str,
        value: Any,
        status: Status,
        prompt: str,
        label: str,
        kind: str,
        fingerprint: str,
        client: str | None = None,
        sitting: str | None = None,
    ) -> StoredAnswer:
        """Store an answer and return it; when this returns, it is on the disk.

        Less than two minutes after the last save of the newest version, by the same sitting, with the same
        status and wording, it replaces that version; else it is a new one. The clock never decides which
        version is newest, so one that goes backwards loses nothing.
        """
        client, sitting, now = client or self.client, sitting or self.sitting, self.now()
        one = (_answers.c.client == client) & (_answers.c.item == item) & (_answers.c.occasion == occasion)
        with self._writing() as connection:
            newest = connection.execute(
                sa.select(
                    _answers.c.id, _answers.c.version, _answers.c.status, _answers.c.sitting, _answers.c.prompt,
                    _answers.c.fingerprint, _answers.c.begun_at, _answers.c.answered_at,
                )
                .where(one)
                .order_by(_answers.c.version.desc())
                .limit(1)
            ).first()  # fmt: skip
            merged = (
                newest is not None
                and (newest.sitting, newest.status, newest.prompt, newest.fingerprint)
                == (sitting, status, prompt, fingerprint)
                and timedelta(0) <= now - newest.answered_at < SITTING
            )
            answer = StoredAnswer(
                id=newest.id if newest and merged else uuid.uuid4().hex,
                item=item,
                exercise=exercise,
                occasion=occasion,
                version=0 if newest is None else newest.version + (not merged),
                status=status,
                value=value,
                label=_encodable(label),
                prompt=prompt,
                kind=kind,
                fingerprint=fingerprint,
                begun_at=newest.begun_at if newest and merged else now,
                answered_at=now,
            )
            if newest is None:
                answer = replace(answer, version=1)
            row = _row(answer) | {"client": client, "sitting": sitting}
            if merged:
                connection.execute(sa.update(_answers).where(one, _answers.c.version == answer.version).values(row))
            else:
                connection.execute(sa.insert(_answers).values(row))
        return answer

    def save_many(self, answers: Iterable[StoredAnswer], client: str | None = None) -> int:
        """Store answers that come from elsewhere, all or none; return how many were new.

        An id that is already there is left alone, so receiving twice changes nothing. A version number is
        kept when it is free, so that an older answer arriving late does not become the newest.
        """
        client, new = client or self.client, 0
        with self._writing() as connection:
            for answer in answers:
                c = _answers.c
                if connection.scalar(sa.select(c.id).where(c.client == client, c.id == answer.id)):
                    continue
                taken = connection.scalars(
                    sa.select(c.version).where(c.client == client, c.item == answer.item, c.occasion == answer.occasion)
                ).all()
                version = max(taken) + 1 if answer.version in taken else answer.version
                row = _row(replace(answer, version=version)) | {"client": client, "sitting": None}
                connection.execute(sa.insert(_answers).values(row))
                new += 1
        return new

    def close_versions(self, ids: Iterable[str], client: str | None = None) -> None:
        """Let nothing more be added to these versions, because someone has been sent them."""
        c = _answers.c
        with self._writing() as connection:
            for id_ in ids:
                connection.execute(
                    sa.update(_answers).where(c.client == (client or self.client), c.id == id_).values(sitting=None)
                )

    def current(
        self, *, client: str | None = None, exercise: str | None = None, occasion: str | None = None
    ) -> list[StoredAnswer]:
        """Return the newest version of every item and occasion, cleared ones (`blank`) too, oldest first."""
        c = _answers.c
        newest = (
            sa.select(c.item, c.occasion, sa.func.max(c.version).label("version"))
            .where(*self._which(client, exercise, occasion))
            .group_by(c.item, c.occasion)
            .subquery()
        )
        query = (
            sa.select(_answers)
            .join(
                newest,
                (c.item == newest.c.item) & (c.occasion == newest.c.occasion) & (c.version == newest.c.version),
            )
            .where(*self._which(client, exercise, occasion))
            .order_by(c.answered_at, c.item)
        )
        return self._read(query)

    def history(
        self, *, client: str | None = None, exercise: str | None = None, occasion: str | None = None
    ) -> list[StoredAnswer]:
        """Return every version of every answer, by item, occasion and version."""
        c = _answers.c
        query = sa.select(_answers).where(*self._which(client, exercise, occasion))
        return self._read(query.order_by(c.item, c.occasion, c.version))

    def clients(self) -> list[str]:
        """Return every client with an answer, an event or a record, sorted."""
        everyone = sa.union(*(sa.select(table.c.client) for table in (_answers, _events, _records)))
        with self._reading() as connection:
            return sorted(connection.scalars(everyone))

    def erase(self, client: str) -> None:
        """Remove everything of one client, and overwrite where it was. Backups are the caller's to remove."""
        with self._writing() as connection:
            for table in (_answers, _events, _records):
                connection.execute(sa.delete(table).where(table.c.client == client))
        if self._file is not None:
            with self._reading() as connection:  # neither of them works in a transaction
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- events and records ---

    def event(self, kind: str, rule: str = "", count: int = 0, *, client: str | None = None) -> None:
        """Remember that something happened: `event("gate-closed", "G5")`. Never what was answered."""
        row = {"client": client or self.client, "at": self.now(), "kind": kind, "rule": rule, "count": count}
        with self._writing() as connection:
            connection.execute(sa.insert(_events).values(row))

    def events(self, client: str | None = None) -> list[Event]:
        """Return what happened, in order."""
        query = sa.select(_events).where(_events.c.client == (client or self.client)).order_by(_events.c.number)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [Event(kind=r.kind, rule=r.rule, count=r._mapping["count"], at=r.at, client=r.client) for r in rows]

    def record(self, kind: str, key: str, payload: dict[str, Any] | None, *, client: str | None = None) -> None:
        """Add a version of a record; None removes it from `records`, not from history."""
        row = {"client": client or self.client, "kind": kind, "key": key, "at": self.now(), "payload": payload}
        with self._writing() as connection:
            connection.execute(sa.insert(_records).values(row))

    def records(self, kind: str, client: str | None = None) -> list[Record]:
        """Return the newest version of every record of one kind that was not removed, by key."""
        c = _records.c
        mine = (c.client == (client or self.client)) & (c.kind == kind)
        newest = sa.select(sa.func.max(c.number)).where(mine).group_by(c.key)
        with self._reading() as connection:
            rows = connection.execute(sa.select(_records).where(c.number.in_(newest)).order_by(c.key)).all()
        return [
            Record(kind=r.kind, key=r.key, at=r.at, payload=r.payload, client=r.client)
            for r in rows
            if r.payload is not None
        ]

    # --- the file ---

    def stamp(self) -> object:
        """Return a value that stays equal until another process (or connection) writes."""
        if self._file is None:
            return object()
        with self._reading() as connection:
            return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    def _which(self, client: str | None, exercise: str | None, occasion: str | None) -> list[Any]:
        which = [_answers.c.client == (client or self.client)]
        if exercise is not None:
            which.append(_answers.c.exercise == exercise)
        if occasion is not None:
            which.append(_answers.c.occasion == occasion)
        return which

    def _read(self, query: sa.Select[Any]) -> list[StoredAnswer]:
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [_answer(row) for row in rows]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start, so that it never has to be refused later."""
        with _in_words(self._name), self._engine.connect() as connection:
            if self._file is None:
                # One writer per client at a time, as SQLite has it.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7105)"))
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _in_words(self._name), self._engine.connect() as connection:
            yield connection

    def _migrate(self, migrations: tuple[Callable[[sa.Connection], None], ...]) -> None:
        if self._version() == len(migrations):
            return
        with self._writing() as connection:
            _migrations.create(connection, checkfirst=True)
        while (done := self._version()) < len(migrations):
            with self._writing() as connection:
                # Another process may have been faster between the question and the write lock.
                if done != connection.scalar(sa.select(sa.func.count()).select_from(_migrations)):
                    continue
                step = migrations[done]
                step(connection)
                row = {"version": done + 1, "name": step.__name__.strip("_"), "at": self.now()}
                connection.execute(sa.insert(_migrations).values(row))
        if done > len(migrations):
            raise StoreError(
                f"{self._name} was written by a newer version of Mend (schema {done}; this one knows "
                f"{len(migrations)}). Nothing was changed. Install the newer version to open it."
            )

    def _version(self) -> int:
        with self._reading() as connection:
            if not sa.inspect(connection).has_table(_migrations.name):
                return 0
            return connection.scalar(sa.select(sa.func.max(_migrations.c.version))) or 0


def _row(answer: StoredAnswer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in StoredAnswer.__dataclass_fields__}


def _answer(row: sa.Row[Any]) -> StoredAnswer:
    return StoredAnswer(**{name: getattr(row, name) for name in StoredAnswer.__dataclass_fields__})


def _encodable(text: str) -> str:
    """Half an emoji, as a browser may send it, becomes "?" instead of an answer that cannot be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: object) -> str:
    return _encodable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


# --- connections ---

# Every SQLite file is opened with the one SQLite library in sqlcipher3, locked or not: two copies of SQLite
# in a process do not see each other's file locks.


def connect(file: Path, key: bytes | None = None) -> Any:
    """Return a bare DB-API connection to a SQLite file (made when missing, for its owner only)."""
    from sqlcipher3 import dbapi2

    if not file.exists():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = dbapi2.connect(str(file), timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # it would print a wrong key's trouble on stderr
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        _set_wal(connection)
        for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_wal(connection: Any) -> None:
    """Switch to WAL once; SQLite does not wait for others here, so several first openings take turns."""
    from sqlcipher3 import dbapi2

    until = time.monotonic() + BUSY
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except dbapi2.OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _sqlite(file: Path, key: bytes | None) -> sa.Engine:
    from sqlcipher3 import dbapi2

    return sa.create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect(file, key),
        poolclass=QueuePool,
        pool_size=1,  # one connection: PRAGMA data_version counts the writes of others only
        max_overflow=0,
        pool_timeout=BUSY,
        json_serializer=_json,
        skip_autocommit_rollback=True,
        hide_parameters=True,  # an answer must not stand in a traceback
    )


def _postgresql(url: str) -> sa.Engine:
    return sa.create_engine(url, json_serializer=_json, hide_parameters=True, pool_pre_ping=True)


# --- words for what goes wrong ---

_SENTENCES = (
    ("disk is full", "The disk is full, so {where} could not be written. Free some space; nothing saved was lost."),
    ("disk i/o error", "The disk refused to write {where}. Is it full, or was it removed? Nothing saved was lost."),
    ("readonly", "{where} is read-only, so nothing can be saved. Make its folder writable or move the journal."),
    ("read-only", "{where} is read-only, so nothing can be saved. Make its folder writable or move the journal."),
    ("permission", "{where} may not be read or written by you. Give yourself the right, or move the journal."),
    ("unable to open", "{where} cannot be opened. Does its folder exist, and may you write in it?"),
    ("not a database", "{where} is damaged, or it is locked and needs its passphrase. It was not changed."),
    ("malformed", "{where} is damaged. It was not changed. A backup beside it may be whole."),
    ("database is locked", "Another program has held {where} for a minute. Close it and try again."),
)


@contextlib.contextmanager
def _in_words(where: str) -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as problem:
        raise StoreError(in_words(problem, where)) from problem
    except Exception as problem:
        if type(problem).__module__.startswith("sqlcipher3"):
            raise StoreError(in_words(problem, where)) from problem
        raise


def in_words(problem: BaseException, where: str) -> str:
    """Return the sentence for a database error; never with an answer in it."""
    said = str(getattr(problem, "orig", None) or problem).lower()
    for sign, sentence in _SENTENCES:
        if sign in said:
            return sentence.format(where=where)
    return f"{where} could not be read or written ({type(problem).__name__}). Nothing saved was lost. Try again."
