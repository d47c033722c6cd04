"""Answers and their history, events and records: what is asked of them, in SQLite, SQLCipher or PostgreSQL."""

from __future__ import annotations

import functools
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa

from workbook.storage import sqlite
from workbook.storage.database import Database, utc_now
from workbook.storage.schema import KEY, MIGRATIONS, instant, itself
from workbook.storage.schema import answers as _answers
from workbook.storage.schema import events as _events
from workbook.storage.schema import records as _records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo

Status = Literal["answered", "skipped", "blank"]

ZERO = timedelta(0)
PAUSE = timedelta(minutes=2)  # an edit this soon after the last one belongs to the same version


class StoredAnswer(NamedTuple):
    """One version of one item's answer on one occasion. What was said is kept out of its repr.

    A named tuple, because a journal of years is eighteen thousand of them, and someone waits until they are there.
    """

    id: str  # of this version, unique everywhere
    item: str
    exercise: str
    occasion: str
    version: int  # 1, 2, … per item and occasion
    status: Status
    value: Any  # plain JSON; None unless answered
    label: str  # the value for people, in the words of that day
    prompt: str
    kind: str
    fingerprint: str
    begun_at: datetime  # first and
    answered_at: datetime  # last save of this version, UTC
    begun: int = 0  # first and
    saved: int = 0  # last save, counted through all answers: a clock may be wrong, this is not; 0: came from elsewhere
    zone: int | None = None  # minutes east of UTC where it was saved; None: not known

    def local(self, otherwise: tzinfo | None = None) -> datetime:
        """Return the last save by the person's own clock; where that is not known, in `otherwise` (None: here)."""
        return self.answered_at.astimezone(otherwise if self.zone is None else _clock(self.zone))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._fields if name not in _UNSAID)
        return f"StoredAnswer({', '.join(shown)})"


_UNSAID = ("value", "label", "prompt")


@functools.cache
def _clock(zone: int) -> tzinfo:
    return timezone(timedelta(minutes=zone))


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


class Store(Database):
    """The answers of one client (a journal) or of many (a caseload). See `Database` for what it is opened with."""

    def __init__(
        self,
        where: str | Path,
        key: bytes | None = None,
        client: str = "me",
        now: Callable[[], datetime] = utc_now,
        migrations: tuple[Callable[[sa.Connection], None], ...] = MIGRATIONS,
        *,
        wal: bool = True,
        owner: str = "",
    ) -> None:
        self.client = client
        self.page = uuid.uuid4().hex
        super().__init__(where, key, now, migrations, wal=wal, owner=owner)

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
        page: str | None = None,
    ) -> StoredAnswer:
        """Store an answer and return it; when this returns, it is on the disk.

        Less than two minutes after the last save of the newest version, from the same open page, with the same
        status and wording, it replaces that version; else it is a new one. The clock never decides which
        version is newest, so one that goes backwards loses nothing.
        """
        client, page, now = client or self.client, page or self.page, self.now()
        with self._writing() as connection:
            one = {"owner": self.owner, "client": client, "item": item, "occasion": occasion}
            newest = connection.execute(_NEWEST_OF_ONE, one).first()
            count = connection.execute(_SAVED_LAST, {"owner": self.owner}).scalar_one() + 1
            version, begun_at, begun, id_, merged = 1, now, count, uuid.uuid4().hex, False
            if newest is not None:
                same = (newest.page, newest.status, newest.prompt, newest.fingerprint)
                version = newest.version + 1
                if same == (page, status, prompt, fingerprint) and ZERO <= now - newest.answered_at < PAUSE:
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
                label=sqlite.encodable(label),
                prompt=prompt,
                kind=kind,
                fingerprint=fingerprint,
                begun_at=begun_at,
                answered_at=now,
                begun=begun,
                saved=count,
                zone=_zone(now),
            )
            row = _row(answer) | {"owner": self.owner, "client": client, "page": page}
            if merged:
                its = {f"its_{name}": row[name] for name in ("owner", *KEY)}
                connection.execute(_CHANGE, its | {name: row[name] for name in _EDITED})
            else:
                connection.execute(_ADD, row)
        return answer

    def zone(self) -> tzinfo | None:
        """Return the time zone of the newest save, as far from UTC as it was then; None: it is not known."""
        query = sa.select(_answers.c.zone).where(self._mine(_answers), _answers.c.saved > 0)
        with self._reading() as connection:
            zone = connection.execute(query.order_by(_answers.c.saved.desc()).limit(1)).scalar()
        return None if zone is None else _clock(zone)

    def save_many(self, answers: Iterable[StoredAnswer], client: str | None = None) -> int:
        """Store answers that come from elsewhere, all or none; return how many were new.

        An id that is already there is left alone, so receiving twice changes nothing. A version number is
        kept when it is free, so that an older answer arriving late does not become the newest.
        """
        client, rows = client or self.client, []
        with self._writing() as connection:
            c = _answers.c
            theirs = sa.select(c.id, c.item, c.occasion, c.version).where(self._mine(_answers), c.client == client)
            ids, versions = set(), set()
            for known in connection.execute(theirs):
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
                more = {"owner": self.owner, "version": version, "client": client, "page": None}
                rows.append(_row(answer) | more)
            if rows:
                connection.execute(sa.insert(_answers), rows)
        return len(rows)

    def forget(self, item: str, occasion: str, *, client: str | None = None) -> int:
        """Remove every version of one answer, overwriting where it was; return how many there were."""
        c = _answers.c
        one = (c.client == (client or self.client)) & (c.item == item) & (c.occasion == occasion)
        with self._writing() as connection:
            return connection.execute(sa.delete(_answers).where(self._mine(_answers), one)).rowcount

    def close_versions(self, ids: Iterable[str], client: str | None = None) -> None:
        """Let nothing more be added to these versions, because someone has been sent them."""
        c = _answers.c
        theirs = sa.update(_answers).where(self._mine(_answers), c.client == (client or self.client))
        with self._writing() as connection:
            for id_ in ids:
                connection.execute(theirs.where(c.id == id_).values(page=None))

    def current(
        self, *, client: str | None = None, exercise: str | None = None, occasion: str | None = None
    ) -> list[StoredAnswer]:
        """Return the newest version of every item and occasion, cleared ones (`blank`) too, oldest first."""
        return self._read(_newest(*_STORED).where(*self._which(client, exercise, occasion)).order_by(*_BY_TIME))

    def everyone(self, *columns: str, clients: Iterable[str] | None = None) -> list[tuple[Any, ...]]:
        """Return columns of the newest version of every answer of every client, for tables of many.

        As stored, for speed: `value` is JSON text, times are ISO text in UTC. `client` is a column too.
        `clients`: only theirs.
        """
        c = _answers.c
        wanted = (
            sa.cast(c.value, sa.Text) if name == "value" else sa.type_coerce(c[name], sa.String) for name in columns
        )
        query = _newest(*wanted).where(self._mine(_answers))
        if clients is not None:
            query = query.where(c.client.in_(list(clients)))
        with self._reading() as connection:
            return [tuple(row) for row in connection.execute(query).cursor.fetchall()]

    def history(
        self, *, client: str | None = None, exercise: str | None = None, occasion: str | None = None
    ) -> list[StoredAnswer]:
        """Return every version of every answer, by item, occasion and version."""
        query = sa.select(*_STORED).where(*self._which(client, exercise, occasion))
        return self._read(query.order_by(*_IN_ORDER))

    def imprint(self) -> str:
        """Return the texts of `imprints` as one, which is quicker to read, and to compare with what was read before."""
        each = sa.select(_IMPRINT.label("one")).where(*self._which(None, None, None)).order_by(*_IN_ORDER).subquery()
        with self._reading() as connection:
            return connection.execute(sa.select(sa.func.group_concat(each.c.one, BETWEEN))).scalar() or ""

    def imprints(self) -> list[str]:
        """Return a text for each version of this client's answers, in the order of `history`; no two are equal.

        Who finds one again has that version as it is: see `_IMPRINT`. A text begins with its id and `BETWEEN`.
        """
        query = sa.select(_IMPRINT).where(*self._which(None, None, None)).order_by(*_IN_ORDER)
        with self._reading() as connection:
            return [row[0] for row in connection.execute(query).cursor.fetchall()]

    def imprinted(self, ids: Iterable[str] | None = None) -> dict[str, StoredAnswer]:
        """Return every version by its imprint, in the order of `history`; `ids`: only these."""
        query = sa.select(*_STORED, _IMPRINT).where(*self._which(None, None, None)).order_by(*_IN_ORDER)
        if ids is not None:
            query = query.where(_answers.c.id.in_(list(ids)))
        with self._reading() as connection:
            rows = connection.execute(query).cursor.fetchall()
            return dict(zip([row[-1] for row in rows], _answers_in(row[:-1] for row in rows), strict=True))

    def clients(self) -> list[str]:
        """Return every client with an answer, an event or a record, sorted."""
        everyone = sa.union(
            *(sa.select(table.c.client).where(self._mine(table)) for table in (_answers, _events, _records))
        )
        with self._reading() as connection:
            return sorted(connection.scalars(everyone))

    def erase(self, client: str) -> None:
        """Remove everything of one client, and overwrite where it was. Backups are the caller's to remove."""
        with self._writing() as connection:
            for table in (_answers, _events, _records):
                connection.execute(sa.delete(table).where(self._mine(table), table.c.client == client))
        self.shrink()

    # --- events and records ---

    def event(self, kind: str, rule: str = "", count: int = 0, *, client: str | None = None) -> None:
        """Remember that something happened: `event("gate-closed", "G5")`. Never what was answered."""
        row = {"client": client or self.client, "at": self.now(), "kind": kind, "rule": rule, "count": count}
        row["owner"] = self.owner
        with self._writing() as connection:
            row["after"] = connection.execute(_SAVED_LAST, {"owner": self.owner}).scalar_one()
            connection.execute(sa.insert(_events).values(row))

    def events(self, client: str | None = None) -> list[Event]:
        """Return what happened, in order."""
        return self._events(sa.select(_events).where(_events.c.client == (client or self.client)))

    def events_of_everyone(self) -> list[Event]:
        """Return what happened to every client, in order."""
        return self._events(sa.select(_events))

    def _events(self, query: sa.Select[Any]) -> list[Event]:
        query = query.where(self._mine(_events)).order_by(_events.c.number)
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
            connection.execute(sa.insert(_records).values(row | {"owner": self.owner}))

    def record_many(
        self, kind: str, payloads: Mapping[str, dict[str, Any] | None], *, client: str | None = None
    ) -> None:
        """Add versions of many records of one kind at once, by key."""
        about: dict[str, Any] = {"owner": self.owner, "client": client or self.client, "kind": kind}
        rows = [about | {"key": key, "at": self.now(), "payload": payload} for key, payload in payloads.items()]
        if rows:
            with self._writing() as connection:
                connection.execute(sa.insert(_records), rows)

    def records(self, kind: str, client: str | None = None) -> list[Record]:
        """Return the newest version of every record of one kind that was not removed, by key."""
        c = _records.c
        return self._records((c.client == (client or self.client)) & (c.kind == kind))

    def records_of_everyone(self, kind: str) -> list[Record]:
        """Return the same of every client at once, by client and key."""
        return self._records(_records.c.kind == kind)

    def _records(self, which: sa.ColumnElement[bool]) -> list[Record]:
        c = _records.c
        newest = sa.select(sa.func.max(c.number)).where(self._mine(_records), which).group_by(c.client, c.key)
        query = sa.select(_records).where(c.number.in_(newest)).order_by(c.client, c.key)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            Record(kind=r.kind, key=r.key, at=r.at, payload=r.payload, client=r.client)
            for r in rows
            if r.payload is not None
        ]

    def _which(self, client: str | None, exercise: str | None, occasion: str | None) -> list[Any]:
        which = [self._mine(_answers), _answers.c.client == (client or self.client)]
        if exercise is not None:
            which.append(_answers.c.exercise == exercise)
        if occasion is not None:
            which.append(_answers.c.occasion == occasion)
        return which

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The rows of this owner; every statement says so, whatever the server watches besides."""
        return table.c.owner == self.owner

    def _read(self, query: sa.Select[*tuple[Any, ...]]) -> list[StoredAnswer]:
        """Return answers; `query` selects `_STORED`."""
        with self._reading() as connection:
            return _answers_in(connection.execute(query).cursor.fetchall())


_EDITED = ("value", "label", "answered_at", "saved", "zone")  # what an edit within a version changes

# The statements of a save, built once: building them takes longer than running them.
_NEWEST_OF_ONE = (
    sa.select(
        *(_answers.c[name] for name in ("id", "version", "status", "page", "prompt", "fingerprint", "begun")),
        _answers.c.begun_at,
        _answers.c.answered_at,
    )
    .where(*(_answers.c[name] == sa.bindparam(name) for name in ("owner", "client", "item", "occasion")))
    .order_by(_answers.c.version.desc())
    .limit(1)
)
_SAVED_LAST = sa.select(sa.func.coalesce(sa.func.max(_answers.c.saved), 0)).where(
    _answers.c.owner == sa.bindparam("owner"), _answers.c.saved > 0
)
_ADD = sa.insert(_answers)
_CHANGE = (
    sa.update(_answers)
    .where(_answers.c.owner == sa.bindparam("its_owner"), *itself())
    .values({name: sa.bindparam(name) for name in _EDITED})
)

_BY_TIME = (_answers.c.answered_at, _answers.c.item, _answers.c.occasion)


def _newest(*columns: Any) -> sa.Select[Any]:
    """Select from those versions that have none after them."""
    c, later = _answers.c, _answers.alias("later")
    same = sa.and_(*(later.c[name] == c[name] for name in ("owner", "client", "item", "occasion")))
    after = sa.select(sa.literal(1)).select_from(later).where(same, later.c.version > c.version)
    return sa.select(*(columns or (_answers,))).where(~sa.exists(after.correlate(_answers)))


def _row(answer: StoredAnswer) -> dict[str, Any]:
    return answer._asdict()


# The columns of an answer as they are stored, in its own order: someone waits while a journal of years is read, and
# most values and times in it are there more than once.
_STORED: tuple[sa.ColumnElement[Any], ...] = tuple(
    sa.cast(_answers.c.value, sa.Text).label(name) if name == "value" else sa.type_coerce(_answers.c[name], sa.String)
    for name in StoredAnswer._fields
)


BETWEEN = "\x1f"  # stands in no id, and in no JSON
_IN_ORDER = (_answers.c.item, _answers.c.occasion, _answers.c.version)
# All that a save or a bringing back can change of a version; its question and the words of that stay what they were.
_IMPRINT: sa.ColumnElement[str] = sa.literal_column(
    f"id || '{BETWEEN}' || item || ' ' || occasion || ' ' || version || ' ' || saved || ' ' || answered_at || status"
    " || coalesce(value, '') || label",
    sa.Text,
)


def _answers_in(rows: Iterable[Sequence[Any]]) -> list[StoredAnswer]:
    """Return answers of rows as stored; a text that is there many times is held once."""
    moments: dict[str, datetime] = {}
    plain: dict[str | None, Any] = {None: None}  # no list among them: each answer has its own
    texts: dict[str, str] = {}
    once, answer, found = texts.setdefault, StoredAnswer._make, []
    for id_, item, exercise, occasion, version, status, value, label, prompt, kind, fingerprint, *times in rows:
        begun_at, answered_at, begun, saved, zone = times
        for text in (begun_at, answered_at):
            if text not in moments:
                moments[text] = instant(text)
        if value in plain:
            value = plain[value]
        else:
            text, value = value, json.loads(value)
            if text[:1] not in "[{":
                plain[text] = value
        found.append(
            answer(
                (
                    id_, once(item, item), once(exercise, exercise), once(occasion, occasion), version,
                    once(status, status), value, once(label, label), once(prompt, prompt), once(kind, kind),
                    once(fingerprint, fingerprint), moments[begun_at], moments[answered_at], begun, saved, zone,
                )
            )
        )  # fmt: skip
    return found


def _zone(now: datetime) -> int | None:
    away = now.utcoffset()
    return None if away is None else round(away / timedelta(minutes=1))
