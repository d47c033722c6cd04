"""Records of one kind as typed models: judged when they are read, and a damaged one is a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from workbook.errors import Damaged

if TYPE_CHECKING:
    from workbook.storage.store import Store

M = TypeVar("M", bound=BaseModel)


class Kept(BaseModel):
    """What a record holds: whole, of the right types, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Secret(Kept):
    """A key made when it was first needed: `client` opens feedback, `page` seals what a page holds."""

    secret: str


class Region(Kept):
    """Where the client is, for help lines; as chosen, or as guessed by the page."""

    region: str


class Private(Kept):
    """An answer (its key: item@occasion) that was written while its question was private."""


KINDS: dict[str, type[Kept]] = {"key": Secret, "setting": Region, "private": Private}
"""The kinds of record that are a journal's own, with what each holds."""


class Records(Generic[M]):
    """The records of one kind of one client, by key. Raises Damaged when one is not what its model says."""

    def __init__(self, store: Store, kind: str, model: type[M], client: str | None = None) -> None:
        self._store, self._kind, self._model, self._client = store, kind, model, client

    def all(self) -> dict[str, M]:
        """Return the newest version of each that was not removed, by key."""
        return {one.key: self._judged(one.payload) for one in self._store.records(self._kind, self._client)}

    def get(self, key: str) -> M | None:
        """Return one, or None."""
        found = (one.payload for one in self._store.records(self._kind, self._client) if one.key == key)
        payload = next(found, None)
        return None if payload is None else self._judged(payload)

    def put(self, key: str, value: M) -> None:
        """Add a version."""
        self._store.record(self._kind, key, value.model_dump(mode="json"), client=self._client)

    def remove(self, key: str) -> None:
        """Let one be gone; its history stays."""
        self._store.record(self._kind, key, None, client=self._client)

    def _judged(self, payload: object) -> M:
        try:
            return self._model.model_validate(payload)
        except ValidationError:  # it quotes what it could not read: not passed on
            raise Damaged(
                f"What is kept as “{self._kind}” beside the answers is damaged. Nothing was changed. A backup may hold "
                "it whole: workbook restore"
            ) from None
