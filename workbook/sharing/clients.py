"""One client of a caseload, and the record they are kept in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbook.errors import one_name
from workbook.sharing.kept import Profile, of
from workbook.storage.records import as_kept
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from workbook.storage.store import Store


@dataclass(frozen=True)
class Client:
    """One client, by the pseudonym the counselor chose."""

    id: str
    name: str
    token: str = field(repr=False)
    since: datetime
    key: str | None  # their public key, once they have sent something
    signer: str | None  # the key they sign with, pinned by the first file that came
    revoked: bool
    keep_until: date | None


def read(id: str, kept: Profile) -> Client:
    """Return a client as their record says."""
    return Client(
        id=id,
        name=one_name(kept.name),
        token=kept.token,
        since=kept.since,
        key=kept.key,
        signer=kept.signer,
        revoked=kept.revoked,
        keep_until=kept.keep_until,
    )


def everyone(store: Store) -> list[Client]:
    """Return every client whose own record can be read, by name."""
    rows, _ = of(store, Profile).parted()
    return sorted((read(row.client, row.value) for row in rows), key=lambda client: client.name.casefold())


def refuse_unreadable(store: Store) -> None:
    """Raise Damaged while a client's own record is damaged: whoever was not found may be that one."""
    of(store, Profile).of_everyone()


def unreadable(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return what to call clients whose own record is damaged, by id: the name that still stands in it, if one does."""
    found = {}
    for id in sorted(ids):
        named = [
            payload["name"]
            for _, _, payload in as_kept(store, ["profile"], id)
            if isinstance(payload, dict) and isinstance(payload.get("name"), str)
        ]
        found[id] = one_name(named[0]) if named else say("sharing.caseload.unnamed", id=id[:6])
    return found


def profile(client: Client) -> Profile:
    """Return what is kept of a client."""
    return Profile(
        name=client.name,
        token=client.token,
        since=client.since,
        key=client.key,
        signer=client.signer,
        revoked=client.revoked,
        keep_until=client.keep_until,
    )
