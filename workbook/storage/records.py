"""Records of one kind as typed models: judged when they are read, and a damaged one is a sentence."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    PlainSerializer,
    RootModel,
)

from workbook import words
from workbook.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbook.storage.store import Record, Store

M = TypeVar("M", bound=BaseModel)


def _time(at: object) -> object:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at


At = Annotated[datetime, BeforeValidator(_time), AfterValidator(_aware), PlainSerializer(datetime.isoformat)]
"""A moment, kept as ISO text with its zone."""


class Kept(BaseModel):
    """What a record holds: whole, of the right types, never changed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True, defer_build=True
    )


class Secret(Kept):
    """A key made when it was first needed: `client` opens feedback, `page` seals what a page holds."""

    secret: str


class Region(Kept):
    """Where the client is, for help lines; as chosen, or as guessed by the page."""

    region: str


class Private(Kept):
    """An answer (its key: item@occasion) that was written while its question was private."""


KINDS: dict[str, type[Kept]] = {"key": Secret, "setting": Region, "private": Private}
"""The kinds of record that are a journal's own, with what each holds; `exchange` and `kept` have the others."""


class Carried(RootModel[dict[str, JsonValue]]):
    """A workbook that came with an assignment of the first version."""

    model_config = ConfigDict(defer_build=True)


class Row(NamedTuple, Generic[M]):
    """One record: its newest version."""

    client: str
    key: str
    at: datetime  # when it was written
    value: M


class Records(Generic[M]):
    """The records of one kind of one client, by key. Raises Damaged when one is not what its model says.

    `read` makes a value of what is kept, where the model alone does not (it may raise ValueError, KeyError or
    TypeError); `where` chooses the sentence for a damaged one.
    """

    def __init__(
        self,
        store: Store,
        kind: str,
        model: type[M],
        client: str | None = None,
        *,
        read: Callable[[Any], M] | None = None,
        where: str = "journal",
    ) -> None:
        self._store, self._kind, self._client, self._where = store, kind, client, where
        self._read: Callable[[Any], M] = read or model.model_validate

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def keys(self) -> set[str]:
        """Return the keys of those that were not removed, damaged ones too."""
        return {one.key for one in self._store.records(self._kind, self._client)}

    def rows(self) -> list[Row[M]]:
        """Return the newest version of each that was not removed, by key."""
        return self._rows(self._store.records(self._kind, self._client))

    def of_everyone(self) -> list[Row[M]]:
        """Return the same of every client at once, by client and key."""
        return self._rows(self._store.records_of_everyone(self._kind))

    def all(self) -> dict[str, M]:
        """Return the same as values by key."""
        return {row.key: row.value for row in self.rows()}

    def whole(self, *, of_everyone: bool = False) -> list[Row[M]]:
        """Return those that are not damaged, where nothing must wait for the others."""
        store, found = self._store, []
        for one in store.records_of_everyone(self._kind) if of_everyone else store.records(self._kind, self._client):
            with contextlib.suppress(Damaged):
                found += self._rows([one])
        return found

    def parted(self) -> tuple[list[Row[M]], set[str]]:
        """Return the whole ones of every client, by client and key, and the clients of whom one is damaged."""
        found: list[Row[M]] = []
        damaged: set[str] = set()
        for one in self._store.records_of_everyone(self._kind):
            try:
                found += self._rows([one])
            except Damaged:
                damaged.add(one.client)
        return found, damaged

    def get(self, key: str) -> M | None:
        """Return one, or None."""
        found = (one for one in self._store.records(self._kind, self._client) if one.key == key)
        return next((row.value for row in self._rows(found)), None)

    def put(self, key: str, value: M) -> None:
        """Add a version."""
        self._store.record(self._kind, key, _plain(value), client=self._client)

    def put_many(self, values: Mapping[str, M]) -> None:
        """Add a version of each at once."""
        self._store.record_many(self._kind, {key: _plain(value) for key, value in values.items()}, client=self._client)

    def remove(self, *keys: str) -> None:
        """Let some be gone; their history stays."""
        self._store.record_many(self._kind, dict.fromkeys(keys), client=self._client)

    def _rows(self, found: Iterable[Record]) -> list[Row[M]]:
        return [Row(one.client, one.key, one.at, self._judged(one.payload)) for one in found]

    def _judged(self, payload: Any) -> M:
        try:
            return self._read(payload)
        except (ValueError, KeyError, TypeError):  # it quotes what it could not read: not passed on
            raise Damaged(words.say(f"storage.record.{self._where}", kind=self._kind)) from None


def _plain(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json", by_alias=True)


def as_kept(store: Store, kinds: Iterable[str], client: str | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    """Return records as they are kept, damaged ones too: kind, key, payload. For a copy of everything."""
    return [(kind, one.key, one.payload) for kind in kinds for one in store.records(kind, client)]


def put_back(store: Store, kept: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    """Add versions of records as `as_kept` returned them."""
    for kind, key, payload in kept:
        store.record(kind, key, payload)
