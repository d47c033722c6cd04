"""What lies in a mailbox: sealed files between the people of one hub, each there once, and who may write to whom."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from workbook import words
from workbook.errors import Refused, UnknownId
from workbook.storage import sqlite
from workbook.storage.database import utc_now
from workbook.storage.owners import address
from workbook.storage.schema import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAITING = 20  # files of one sender that one recipient has not fetched yet

_schema = sa.MetaData()

_mail = sa.Table(
    "mail",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary),  # NULL once it was taken: the row stays, so that it is there once
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("sender", "recipient", "digest"),
    sa.Index("mail_waiting", "recipient", "number"),
)

_begun = sa.Table(
    "begun",
    _schema,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),  # when it was said first
)


class Foreign(Refused):
    """Who sends it may not write to the recipient."""


class Flood(Refused):
    """Too much of the sender's waits for the recipient already."""


class Letter(NamedTuple):
    """One file that waits, without what is in it."""

    number: int
    kind: str
    sender: str
    size: int
    at: datetime


class Mail:
    """The files of everyone on one hub. `where` is the URL of a PostgreSQL server, or the whole path of a SQLite file.

    Every call raises StoreError when the store cannot be used, and making it Refused for what is neither of the two.
    """

    def __init__(self, where: str | Path, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._server = "://" in str(where)
        if not self._server and (not Path(where).is_absolute() or Path(where).is_dir()):
            raise Refused(words.say("storage.mail.no_store"))  # and repeats nothing: a password may stand in it
        self._engine = sqlite.server(address(str(where))) if self._server else sqlite.engine(Path(where), None, True)
        with self._connected() as connection:
            _schema.create_all(connection)

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def waiting(self, recipient: str) -> list[Letter]:
        """Return what waits for someone, oldest first."""
        c = _mail.c
        query = sa.select(c.number, c.kind, c.sender, c.size, c.at)
        with self._connected() as connection:
            rows = connection.execute(query.where(c.recipient == recipient, c.body.is_not(None)).order_by(c.number))
            return [Letter(*row) for row in rows]

    def began(self, person: str) -> bool:
        """Say whether someone has a journal: they said so, sent answers, or took in what a counselor wrote.

        A counselor's own letters, and the answers they took in, tell nothing of a journal.
        """
        c = _mail.c
        sent = sa.and_(c.sender == person, c.kind == "submission")
        took = sa.and_(c.recipient == person, c.kind != "submission", c.body.is_(None))
        exchanged = sa.select(c.number).where(sa.or_(sent, took)).limit(1)
        said = sa.select(_begun.c.at).where(_begun.c.person == person)
        with self._connected() as connection:
            return any(connection.execute(query).first() is not None for query in (said, exchanged))

    def begin(self, person: str) -> None:
        """Remember that someone has a journal; when this returns, it is on the disk."""
        said = sa.select(_begun.c.at).where(_begun.c.person == person)
        with self._connected(person) as connection:
            if connection.execute(said).first() is None:
                connection.execute(sa.insert(_begun).values(person=person, at=self._now()))

    def put(self, sender: str, recipient: str, kind: str, body: bytes, *, first: bool) -> int:
        """Keep a file for someone and return its number; when this returns, it is on the disk.

        The same file twice is there once, taken or not. `first`: the sender may write to who never wrote to them.
        Raises Foreign and Flood.
        """
        c, digest = _mail.c, hashlib.sha256(body).hexdigest()
        mine = sa.and_(c.sender == sender, c.recipient == recipient)
        with self._connected(sender) as connection:
            wrote = sa.select(c.number).where(c.sender == recipient, c.recipient == sender).limit(1)
            if not first and connection.execute(wrote).first() is None:
                raise Foreign(words.say("storage.mail.foreign"))
            there = connection.execute(sa.select(c.number).where(mine, c.digest == digest)).scalar()
            if there is not None:
                return int(there)
            count = sa.select(sa.func.count()).where(mine, c.body.is_not(None))
            if connection.execute(count).scalar_one() >= WAITING:
                raise Flood(words.say("storage.mail.flood", count=WAITING))
            row = {"sender": sender, "recipient": recipient, "kind": kind, "digest": digest, "size": len(body)}
            added = sa.insert(_mail).values(**row, body=body, at=self._now()).returning(c.number)
            return int(connection.execute(added).scalar_one())

    def fetch(self, recipient: str, number: int) -> bytes:
        """Return a file that waits for someone. Raises UnknownId."""
        c = _mail.c
        with self._connected() as connection:
            body = connection.execute(sa.select(c.body).where(c.number == number, c.recipient == recipient)).scalar()
        if body is None:
            raise UnknownId(words.say("storage.mail.nothing"))
        return bytes(body)

    def taken(self, recipient: str, number: int) -> None:
        """Let a file go that its recipient has. Raises UnknownId when nothing of theirs bears that number."""
        c = _mail.c
        theirs = sa.update(_mail).where(c.number == number, c.recipient == recipient)
        with self._connected() as connection:
            if not connection.execute(theirs.values(body=None)).rowcount:
                raise UnknownId(words.say("storage.mail.nothing"))

    @contextlib.contextmanager
    def _connected(self, sender: str | None = None) -> Iterator[sa.Connection]:
        """A transaction; the files of one `sender` are kept one after the other."""
        with sqlite.in_words(words.say("storage.mail.where")), self._engine.connect() as connection:
            if self._server:
                connection.execute(sa.text("SET LOCAL synchronous_commit TO on"))  # whatever the server is set to
                if sender is not None:
                    lock = sa.text("SELECT pg_advisory_xact_lock(7106, hashtext(:sender))")
                    connection.execute(lock, {"sender": sender})
            else:
                connection.begin()
                sqlite.driver(connection).execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
