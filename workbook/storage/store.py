"""Answers and their history: the only SQL. SQLite by default, SQLCipher with a key, PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from workbook import files
from workbook.errors import Damaged, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo

Status = Literal["answered", "skipped", "blank"]

ZERO = timedelta(0)
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
    begun: int = 0  # first and
    saved: int = 0  # last save, counted through all answers: a clock may be wrong, this is not; 0: came from elsewhere
    zone: int | None = None  # minutes east of UTC where it was saved; None: not known

    def local(self, otherwise: tzinfo | None = None) -> datetime:
        """Return the last save by the person's own clock; where that is not known, in `otherwise` (None: here)."""
        return self.answered_at.astimezone(otherwise if self.zone is None else timezone(timedelta(minutes=self.zone)))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, without content: a gate closed, answers were shared."""

    kind: str
    rule: str
    count: int
    at: datetime
    client: str
    after: int = 0  # `saved` of the newest answer when it happened; 0: not known


@dataclass(frozen=True, slots=True)
class Record:
    """Anything that is neither an answer nor an event, such as an assignment or a setting."""

    kind: str
    key: str
    at: datetime
    payload: dict[str, Any] = field(repr=False)
    client: str


class _Unreadable(Exception):
    """What is stored is not what was stored."""


class _Instant(sa.TypeDecorator[datetime]):
    """An aware datetime as ISO text in UTC: sortable, and readable without this program."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: object) -> datetime | None:
        if value is None:
            return None
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:  # it quotes what it could not read: not passed on
            raise _Unreadable from None


_schema = sa.MetaData()

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
    sa.Column("item", sa.Text, primary_key=True),
    sa.Column("occasion", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("status", sa.Text, sa.CheckConstraint("status IN ('answered', 'skipped', 'blank')"), nullable=False),
    sa.Column("value", sa.JSON(none_as_null=True)),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("begun_at", _Instant, nullable=False),
    sa.Column("answered_at", _Instant, nullable=False),
    sa.Column("sitting", sa.Text),  # who may still add to this version; NULL: nobody
    sa.Column("begun", sa.Integer, nullable=False, server_default="0"),
    sa.Column("saved", sa.Integer, nullable=False, server_default="0"),
    sa.Column("zone", sa.Integer),
    sqlite_with_rowid=False,  # one tree, sorted as it is read: a save writes one page, not three
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
    sa.Column("after", sa.Integer, nullable=False, server_default="0"),
)

_saved_last = sa.Index(
    "answers_saved",
    _answers.c.saved,
    sqlite_where=_answers.c.saved > 0,
    postgresql_where=_answers.c.saved > 0,
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


_KEY = tuple(column.name for column in _answers.primary_key)


def _itself() -> list[sa.ColumnElement[bool]]:
    """The row of which the key is given as `its_client`, `its_item` and so on."""
    return [_answers.c[name] == sa.bindparam(f"its_{name}") for name in _KEY]


def _first_tables(connection: sa.Connection) -> None:
    """Answers, events and records."""
    _schema.create_all(connection, tables=[_answers, _events, _records])


def _order_and_zone(connection: sa.Connection) -> None:
    """In which order answers were saved, and in which time zone; until now their clock was all there was to tell."""
    for table, added in ((_answers, ("begun", "saved", "zone")), (_events, ("after",))):
        there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        for name in added:
            if name not in there:  # a new file has them from the start
                said = sa.schema.CreateColumn(table.c[name]).compile(connection)
                connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {said}"))
    _saved_last.create(connection, checkfirst=True)
    c = _answers.c
    for name, by in (("begun", c.begun_at), ("saved", c.answered_at)):
        order = connection.execute(sa.select(c.client, c.item, c.occasion, c.version).order_by(by, c.item, c.version))
        rows = [{**{f"its_{key}": one for key, one in row._mapping.items()}, name: n} for n, row in enumerate(order, 1)]
        if rows:
            connection.execute(sa.update(_answers).where(*_itself()).values({name: sa.bindparam(name)}), rows)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first_tables, _order_and_zone)
"""In order, each in its own transaction. Only ever add at the end: journals remember how far they are."""


def utc_now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def local_now() -> datetime:
    """Return the time now, aware, in this computer's time zone: its date is the person's day."""
    return datetime.now().astimezone()


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
        *,
        wal: bool = True,
    ) -> None:
        self.client = client
        self.now = now
        self.sitting = uuid.uuid4().hex
        self._file = None if isinstance(where, str) and "://" in where else Path(where)
        self._name = "the database" if self._file is None else str(self._file)
        self._key = key
        self._at = _identity(self._file) if self._file else None
        self._within = threading.local()  # .connection: the transaction this thread is in
        self._schema = 0  # which one this program knows; 0: it is not made yet
        self._engine = _postgresql(str(where)) if self._file is None else _sqlite(self._file, key, wal)
        try:
            self._migrate(migrations)
            self._schema = len(migrations)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"Store({self._name})"

    def close(self) -> None:
        """Let go of the file, and of the key."""
        self._engine.dispose()
        self._key = None

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
        with self._writing() as connection:
            one = {"client": client, "item": item, "occasion": occasion}
            newest = connection.execute(_NEWEST_OF_ONE, one).first()
            count = connection.execute(_SAVED_LAST).scalar_one() + 1
            version, begun_at, begun, id_, merged = 1, now, count, uuid.uuid4().hex, False
            if newest is not None:
                same = (newest.sitting, newest.status, newest.prompt, newest.fingerprint)
                version = newest.version + 1
                if same == (sitting, status, prompt, fingerprint) and ZERO <= now - newest.answered_at < SITTING:
                    version, begun_at, begun, id_ = newest.version, newest.begun_at, newest.begun, newest.id
                    merged = True
            answer = StoredAnswer(
                id=id_,
                item=item,
                exercise=exercise,
                occasion=occasion,
                version=version,
                status=status,
                value=value,
                label=_encodable(label),
                prompt=prompt,
                kind=kind,
                fingerprint=fingerprint,
                begun_at=begun_at,
                answered_at=now,
                begun=begun,
                saved=count,
                zone=_zone(now),
            )
            row = _row(answer) | {"client": client, "sitting": sitting}
            if merged:
                its = {f"its_{name}": row[name] for name in _KEY}
                connection.execute(_CHANGE, its | {name: row[name] for name in _EDITED})
            else:
                connection.execute(_ADD, row)
        return answer

    def save_many(self, answers: Iterable[StoredAnswer], client: str | None = None) -> int:
        """Store answers that come from elsewhere, all or none; return how many were new.

        An id that is already there is left alone, so receiving twice changes nothing. A version number is
        kept when it is free, so that an older answer arriving late does not become the newest.
        """
        client, rows = client or self.client, []
        with self._writing() as connection:
            c = _answers.c
            mine = sa.select(c.id, c.item, c.occasion, c.version).where(c.client == client)
            ids, versions = set(), set()
            for known in connection.execute(mine):
                ids.add(known.id)
                versions.add((known.item, known.occasion, known.version))
            for answer in answers:
                if answer.id in ids:
                    continue
                version = answer.version
                while (answer.item, answer.occasion, version) in versions:
                    version += 1
                ids.add(answer.id)
                versions.add((answer.item, answer.occasion, version))
                rows.append(_row(answer) | {"version": version, "client": client, "sitting": None})
            if rows:
                connection.execute(sa.insert(_answers), rows)
        return len(rows)

    def forget(self, item: str, occasion: str, *, client: str | None = None) -> int:
        """Remove every version of one answer, overwriting where it was; return how many there were."""
        c = _answers.c
        one = (c.client == (client or self.client)) & (c.item == item) & (c.occasion == occasion)
        with self._writing() as connection:
            return connection.execute(sa.delete(_answers).where(one)).rowcount

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
        return self._read(_newest().where(*self._which(client, exercise, occasion)).order_by(*_BY_TIME))

    def everyone(self, *columns: str, clients: Iterable[str] | None = None) -> list[tuple[Any, ...]]:
        """Return columns of the newest version of every answer of every client, for tables of many.

        As stored, for speed: `value` is JSON text, times are ISO text in UTC. `client` is a column too.
        `clients`: only theirs.
        """
        c = _answers.c
        wanted = (
            sa.cast(c.value, sa.Text) if name == "value" else sa.type_coerce(c[name], sa.String) for name in columns
        )
        query = _newest(*wanted)
        if clients is not None:
            query = query.where(c.client.in_(list(clients)))
        with self._reading() as connection:
            return [tuple(row) for row in connection.execute(query).cursor.fetchall()]

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
        self.shrink()

    # --- events and records ---

    def event(self, kind: str, rule: str = "", count: int = 0, *, client: str | None = None) -> None:
        """Remember that something happened: `event("gate-closed", "G5")`. Never what was answered."""
        row = {"client": client or self.client, "at": self.now(), "kind": kind, "rule": rule, "count": count}
        with self._writing() as connection:
            row["after"] = connection.execute(_SAVED_LAST).scalar_one()
            connection.execute(sa.insert(_events).values(row))

    def events(self, client: str | None = None) -> list[Event]:
        """Return what happened, in order."""
        return self._events(sa.select(_events).where(_events.c.client == (client or self.client)))

    def events_of_everyone(self) -> list[Event]:
        """Return what happened to every client, in order."""
        return self._events(sa.select(_events))

    def _events(self, query: sa.Select[Any]) -> list[Event]:
        query = query.order_by(_events.c.number)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            Event(kind=r.kind, rule=r.rule, count=r._mapping["count"], at=r.at, client=r.client, after=r.after)
            for r in rows
        ]

    def record(self, kind: str, key: str, payload: dict[str, Any] | None, *, client: str | None = None) -> None:
        """Add a version of a record; None removes it from `records`, not from history."""
        row = {"client": client or self.client, "kind": kind, "key": key, "at": self.now(), "payload": payload}
        with self._writing() as connection:
            connection.execute(sa.insert(_records).values(row))

    def records(self, kind: str, client: str | None = None) -> list[Record]:
        """Return the newest version of every record of one kind that was not removed, by key."""
        c = _records.c
        return self._records((c.client == (client or self.client)) & (c.kind == kind))

    def records_of_everyone(self, kind: str) -> list[Record]:
        """Return the same of every client at once, by client and key."""
        return self._records(_records.c.kind == kind)

    def _records(self, which: sa.ColumnElement[bool]) -> list[Record]:
        c = _records.c
        newest = sa.select(sa.func.max(c.number)).where(which).group_by(c.client, c.key)
        query = sa.select(_records).where(c.number.in_(newest)).order_by(c.client, c.key)
        with self._reading() as connection:
            rows = connection.execute(query).all()
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
            return _driver(connection).execute("PRAGMA data_version").fetchone()[0]

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
            if not sound or any(connection.exec_driver_sql(query).first() for query in _UNREADABLE):
                raise Damaged(_SENTENCES["malformed"].format(where=self._name))

    def copy_to(self, file: Path) -> None:
        """Write a whole copy of the database to a new file, as locked as this one, and check it."""
        with self._reading() as connection:
            copy = connect(file, self._key, wal=False)
            with contextlib.closing(copy), _in_words(str(file)):
                _driver(connection).backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
                if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise Damaged(_SENTENCES["malformed"].format(where=self._name))
        _to_disk(file)

    def copy_from(self, file: Path) -> None:
        """Become what is in `file`, a whole database with the same key; others who have this one open see it."""
        with self._reading() as connection:
            source = connect(file, self._key, wal=False)
            with contextlib.closing(source), _in_words(str(file)):
                source.backup(_driver(connection))

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
        with _in_words(self._name), self._connected() as connection:
            if self._file is None:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7105)"))  # one writer at a time, as in SQLite
            else:
                connection.begin()
                _driver(connection).execute("BEGIN IMMEDIATE")
            self._within.connection = connection
            try:
                self._refuse_newer(connection)
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
        with _in_words(self._name), self._connected() as connection:
            self._refuse_newer(connection)
            yield connection

    def _refuse_newer(self, connection: sa.Connection) -> None:
        """Another program may have brought the file up to date while this one had it open."""
        if not self._schema:  # being made
            return
        ask = connection.exec_driver_sql if self._file is None else _driver(connection).execute  # it is asked often
        newest: Any = ask(_SCHEMA_NOW).fetchone()
        if newest[0] > self._schema:
            raise StoreError(
                f"{self._name} was brought up to date by a newer version of Mend while this page was open, so this "
                "page cannot save any more. What you wrote is kept in the page. Close Mend everywhere, and open it "
                "again."
            )

    def _connected(self) -> sa.Connection:
        """Connect to what is at the path now: a restored or synced file may have taken the place of ours."""
        if self._file is not None:
            at = _identity(self._file)
            if at is None and self._schema:  # SQLite would begin a new one without a word
                raise StoreError(
                    f"{self._file} is gone. Was it moved or deleted? Close Mend and open it again: the newest backup "
                    "takes its place."
                )
            if at != self._at:
                self._engine.dispose()
                self._at = at or self._at
        return self._engine.connect()

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
            raise StoreError(
                f"{self._name} was written by a newer version of Mend (schema {done}; this one knows "
                f"{len(migrations)}). Nothing was changed. Install the newer version to open it."
            )

    def _version(self) -> int:
        """Return how many migrations were made. Raises Damaged when that is not to be told."""
        with self._reading() as connection:
            if not sa.inspect(connection).has_table(_migrations.name):
                return 0
            version = _migrations.c.version
            newest, count = connection.execute(sa.select(sa.func.max(version), sa.func.count())).one()
        if (newest or 0) != count:
            raise Damaged(_SENTENCES["malformed"].format(where=self._name))
        return int(count)


# SQLite does not look into its texts: a value or a time may be damaged in a file that it calls sound.
_NO_JSON = "NOT json_valid({0})"
_NO_TIME = (
    "date(substr({0}, 1, 10)) IS NOT substr({0}, 1, 10) OR time(substr({0}, 12, 8)) IS NOT substr({0}, 12, 8)"
    " OR substr({0}, 11, 1) IS NOT 'T' OR substr({0}, 20) NOT GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'"
    " OR {0} < '0001'"
)
_NO_ZONE = "{0} NOT BETWEEN -1439 AND 1439 OR typeof({0}) NOT IN ('integer', 'null')"
_UNREADABLE = (
    f"SELECT 1 FROM answers WHERE {_NO_ZONE.format('zone')} LIMIT 1",  # noqa: S608 # our own names
    *(
        f"SELECT 1 FROM {table.name} WHERE {test.format(column.name)} LIMIT 1"  # noqa: S608 # our own names
        for table in (_answers, _events, _records, _migrations)
        for column in table.columns
        for kind, test in ((sa.JSON, _NO_JSON), (_Instant, _NO_TIME))
        if isinstance(column.type, kind)
    ),
)

_SCHEMA_NOW = "SELECT max(version) FROM migrations"
_EDITED = ("value", "label", "answered_at", "saved", "zone")  # what an edit within a version changes

# The statements of a save, built once: building them takes longer than running them.
_NEWEST_OF_ONE = (
    sa.select(
        *(_answers.c[name] for name in ("id", "version", "status", "sitting", "prompt", "fingerprint", "begun")),
        _answers.c.begun_at,
        _answers.c.answered_at,
    )
    .where(*(_answers.c[name] == sa.bindparam(name) for name in ("client", "item", "occasion")))
    .order_by(_answers.c.version.desc())
    .limit(1)
)
_SAVED_LAST = sa.select(sa.func.coalesce(sa.func.max(_answers.c.saved), 0)).where(_answers.c.saved > 0)
_ADD = sa.insert(_answers)
_CHANGE = sa.update(_answers).where(*_itself()).values({name: sa.bindparam(name) for name in _EDITED})

_BY_TIME = (_answers.c.answered_at, _answers.c.item, _answers.c.occasion)


def _newest(*columns: Any) -> sa.Select[Any]:
    """Select from those versions that have none after them."""
    c, later = _answers.c, _answers.alias("later")
    same = (later.c.client == c.client) & (later.c.item == c.item) & (later.c.occasion == c.occasion)
    after = sa.select(sa.literal(1)).select_from(later).where(same, later.c.version > c.version)
    return sa.select(*(columns or (_answers,))).where(~sa.exists(after.correlate(_answers)))


def _row(answer: StoredAnswer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in StoredAnswer.__dataclass_fields__}


def _answer(row: sa.Row[Any]) -> StoredAnswer:
    return StoredAnswer(**{name: getattr(row, name) for name in StoredAnswer.__dataclass_fields__})


def _zone(now: datetime) -> int | None:
    away = now.utcoffset()
    return None if away is None else round(away / timedelta(minutes=1))


def _encodable(text: str) -> str:
    """Half an emoji, as a browser may send it, becomes "?" instead of an answer that cannot be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: object) -> str:
    return _encodable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


# --- connections ---

# Every SQLite file is opened with the one SQLite library in sqlcipher3, locked or not: two copies of SQLite
# in a process do not see each other's file locks.


def connect(file: Path, key: bytes | None = None, *, wal: bool = True) -> Any:
    """Return a bare DB-API connection to a SQLite file (made when missing, for its owner only).

    `wal`: several may write at once, with a log beside the file; a copy is one file and has none.
    """
    from sqlcipher3 import dbapi2

    if not file.exists():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = dbapi2.connect(str(file), timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # it would print a wrong key's trouble on stderr
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        if wal:
            _set_wal(connection)
        for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def is_plain(file: Path) -> bool:
    """Say whether a file is a SQLite database anyone can read; a locked one looks like noise."""
    with file.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\0"


def rewrite(file: Path, key: bytes | None, new_key: bytes | None) -> None:
    """Replace a SQLite file by the same under another key; what was there is overwritten first.

    The old file is whole until the new one is, whenever the power goes.
    Raises StoreError when another program has the file open.
    """
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    try:
        _rewrite(file, key, new, new_key)
    except BaseException:
        new.unlink(missing_ok=True)  # half of it may be readable
        raise


def _rewrite(file: Path, key: bytes | None, new: Path, new_key: bytes | None) -> None:
    with _in_words(str(file)), contextlib.closing(connect(file, key, wal=False)) as connection:
        connection.execute("PRAGMA busy_timeout = 3000")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # held until closed
        connection.execute("PRAGMA journal_mode = DELETE")  # fails while anyone else has it open
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        hexed = f"x'{new_key.hex()}'" if new_key else ""
        connection.execute("ATTACH DATABASE ? AS new KEY ?", (str(new), hexed))
        connection.execute("SELECT sqlcipher_export('new')").fetchall()
        connection.execute("DETACH new")
        with contextlib.closing(connect(new, new_key, wal=False)) as copy:
            if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise Damaged(_SENTENCES["malformed"].format(where=file))
        _to_disk(new)
        if os.name != "nt":
            _replace(file, new)
    if os.name == "nt":  # an open file cannot be replaced there
        _replace_closed(file, new)


def _replace(file: Path, new: Path) -> None:
    """Put `new` in the place of `file` in one step, then write zeros over what `file` was."""
    with file.open("r+b") as old:
        size = os.fstat(old.fileno()).st_size
        new.replace(file)
        files.settle(file.parent)  # the new file has the name for good before the old one goes
        with contextlib.suppress(OSError):  # it has no name any more; the new one is in its place whatever happens here
            for _ in range(0, size, 65536):
                old.write(bytes(65536))
            old.flush()
            os.fsync(old.fileno())


def _replace_closed(file: Path, new: Path) -> None:
    """Do the same where a file in use cannot be replaced: a second name keeps the old one within reach."""
    old = file.with_name(f"{file.name}.new-old")
    old.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # a stick may have no second names; then the old blocks stay as they are
        os.link(file, old)
    new.replace(file)
    with contextlib.suppress(OSError):
        files.erase(old)


def _to_disk(file: Path) -> None:
    with file.open("r+b") as opened:  # Windows flushes only what may be written
        os.fsync(opened.fileno())


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


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


def _sqlite(file: Path, key: bytes | None, wal: bool) -> sa.Engine:
    from sqlcipher3 import dbapi2

    return sa.create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect(file, key, wal=wal),
        poolclass=QueuePool,
        pool_size=1,  # one connection: PRAGMA data_version counts the writes of others only
        max_overflow=0,
        pool_timeout=BUSY,
        json_serializer=_json,
        hide_parameters=True,  # an answer must not stand in a traceback
    )


def _postgresql(url: str) -> sa.Engine:
    return sa.create_engine(url, json_serializer=_json, hide_parameters=True, pool_pre_ping=True)


# --- words for what goes wrong ---

_SENTENCES = {
    "disk is full": "The disk is full, so {where} could not be written. Free some space; nothing saved was lost.",
    "no space left": "The disk is full, so {where} could not be written. Free some space; nothing saved was lost.",
    "disk i/o error": "The disk refused to write {where}. Is it full, or was it removed? Nothing saved was lost.",
    "readonly": "{where} is read-only, so nothing can be saved. Make its folder writable or move the journal.",
    "read-only": "{where} is read-only, so nothing can be saved. Make its folder writable or move the journal.",
    "permission": "{where} may not be read or written by you. Give yourself the right, or move the journal.",
    "no such file": "{where} cannot be opened. Does its folder exist, and may you write in it?",
    "unable to open": "{where} cannot be opened. Does its folder exist, and may you write in it?",
    "not a database": "{where} is damaged, or it is locked and needs its passphrase. It was not changed.",
    "malformed": "{where} is damaged. It was not changed. A backup beside it may be whole.",
    "could not decode": "{where} is damaged. It was not changed. A backup beside it may be whole.",
    "database is locked": "{where} is in use by another program or page. Close the others and try again.",
}
_DAMAGE = ("not a database", "malformed", "could not decode")


@contextlib.contextmanager
def _in_words(where: str) -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as problem:
        raise _in_sentence(problem, where) from problem
    except (_Unreadable, json.JSONDecodeError, UnicodeDecodeError):  # each quotes what it could not read: not passed on
        raise Damaged(_SENTENCES["malformed"].format(where=where)) from None
    except Exception as problem:
        if type(problem).__module__.startswith("sqlcipher3"):
            raise _in_sentence(problem, where) from problem
        raise


def _in_sentence(problem: BaseException, where: str) -> StoreError:
    """The error for a person; never with an answer in it."""
    said = str(getattr(problem, "orig", None) or problem).lower()
    for sign, sentence in _SENTENCES.items():
        if sign in said:
            return (Damaged if sign in _DAMAGE else StoreError)(sentence.format(where=where))
    kind = type(problem).__name__
    return StoreError(f"{where} could not be read or written ({kind}). Nothing saved was lost. Try again.")
