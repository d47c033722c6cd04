"""The tables of answers, events and records, and how an older file is brought up to date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbook.storage import division

if TYPE_CHECKING:
    from collections.abc import Callable


class Unreadable(Exception):
    """What is stored is not what was stored."""


def instant(stored: str) -> datetime:
    """Return the moment that a text stands for, in UTC. Raises Unreadable."""
    try:
        moment = datetime.fromisoformat(stored)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)  # years of them are read while someone waits
    except ValueError:  # it quotes what it could not read: not passed on
        raise Unreadable from None


class Instant(sa.TypeDecorator[datetime]):
    """An aware datetime as ISO text in UTC: sortable, and readable without this program."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: object) -> datetime | None:
        return None if value is None else instant(value)


_schema = sa.MetaData()

migrations = sa.Table(
    "migrations",
    _schema,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

answers = sa.Table(
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
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    # The open page that may still add to this version; NULL: none. Files call it as the first version did.
    sa.Column("sitting", sa.Text, key="page"),
    sa.Column("begun", sa.Integer, nullable=False, server_default="0"),
    sa.Column("saved", sa.Integer, nullable=False, server_default="0"),
    sa.Column("zone", sa.Integer),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),  # whose it is; a file is one person's: ""
    sqlite_with_rowid=False,  # one tree, sorted as it is read: a save writes one page, not three
)

events = sa.Table(
    "events",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("after", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
)

_saved_last = sa.Index(
    "answers_saved",
    answers.c.saved,
    sqlite_where=answers.c.saved > 0,
)

records = sa.Table(
    "records",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("payload", sa.JSON(none_as_null=True)),  # NULL: removed
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Index("records_latest", "client", "kind", "key", "number"),
)


KEY = tuple(column.name for column in answers.primary_key)


def itself() -> list[sa.ColumnElement[bool]]:
    """The row of which the key is given as `its_client`, `its_item` and so on."""
    return [answers.c[name] == sa.bindparam(f"its_{name}") for name in KEY]


def _first_tables(connection: sa.Connection) -> None:
    """Answers, events and records."""
    _in_words_of(connection)
    _schema.create_all(connection, tables=[answers, events, records])


def _order_and_zone(connection: sa.Connection) -> None:
    """In which order answers were saved, and in which time zone; until now their clock was all there was to tell."""
    for table, added in ((answers, ("begun", "saved", "zone")), (events, ("after",))):
        _add(connection, table, *added)
    _in_words_of(connection)
    _saved_last.create(connection, checkfirst=True)
    c = answers.c
    for name, by in (("begun", c.begun_at), ("saved", c.answered_at)):
        order = connection.execute(sa.select(c.client, c.item, c.occasion, c.version).order_by(by, c.item, c.version))
        rows = [{**{f"its_{key}": one for key, one in row._mapping.items()}, name: n} for n, row in enumerate(order, 1)]
        if rows:
            connection.execute(sa.update(answers).where(*itself()).values({name: sa.bindparam(name)}), rows)


def _owner(connection: sa.Connection) -> None:
    """Whose each row is; on a server, where many have theirs, the server watches over it too."""
    for table in (answers, events, records):
        _add(connection, table, "owner")
    if connection.dialect.name == "postgresql":
        division.divide(connection)


def _in_words_of(connection: sa.Connection) -> None:
    """Say in a server's words, too, which rows an index has; said earlier, its dialect would be loaded for a file."""
    if connection.dialect.name == "postgresql":
        _saved_last.dialect_kwargs["postgresql_where"] = answers.c.saved > 0


def _add(connection: sa.Connection, table: sa.Table, *names: str) -> None:
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    for name in names:
        if name not in there:  # a new file has them from the start
            said = sa.schema.CreateColumn(table.c[name]).compile(connection)
            connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {said}"))


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first_tables, _order_and_zone, _owner)
"""In order, each in its own transaction. Only ever add at the end: journals remember how far they are.

On a server one that comes after `_owner` sees no row until it says NO FORCE ROW LEVEL SECURITY, and FORCE again.
"""

# SQLite does not look into its texts: a value or a time may be damaged in a file that it calls sound.
_NO_JSON = "NOT json_valid({0})"
_DIGITS = "[0-9]"
_WRITTEN = f"{4 * _DIGITS}-{2 * _DIGITS}-{2 * _DIGITS}T{2 * _DIGITS}:[0-5][0-9]:[0-5][0-9].{6 * _DIGITS}+00:00"
_NO_TIME = (
    f"({{0}} GLOB '{_WRITTEN}') IS NOT 1 OR date(substr({{0}}, 1, 10)) IS NOT substr({{0}}, 1, 10)"
    " OR substr({0}, 12, 2) > '23' OR {0} < '0001'"
)
_NO_ZONE = "{0} NOT BETWEEN -1439 AND 1439 OR typeof({0}) NOT IN ('integer', 'null')"


def _unreadable(table: sa.Table) -> str:
    """Return a query that finds a row of a table which cannot be read: one look at each, while someone waits."""
    found = [_NO_ZONE.format(column.name) for column in table.columns if column.name == "zone"]
    for column in table.columns:
        if isinstance(column.type, sa.JSON):
            found.append(_NO_JSON.format(column.name))
        elif column.name == "begun_at":  # most were begun and saved at one moment
            found.append(f"(begun_at IS NOT answered_at AND ({_NO_TIME.format(column.name)}))")
        elif isinstance(column.type, Instant):
            found.append(_NO_TIME.format(column.name))
    return f"SELECT 1 FROM {table.name} WHERE {' OR '.join(found)} LIMIT 1"  # noqa: S608 # our own names


UNREADABLE = (
    "SELECT 1 FROM sqlite_schema WHERE type IN ('trigger', 'view') LIMIT 1",  # not ours: it would change what is saved
    *map(_unreadable, (answers, events, records, migrations)),
)
