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


def refuse_unreadable(store: Store, name: str | None = None) -> None:
    """Raise Damaged while a client's own record is damaged: whoever was not found may be that one.

    `name`: of who was not found; then only where that is what the damaged one is called.
    """
    profiles = of(store, Profile)
    _, unknown = profiles.parted()
    if name is None or any(named == name for one in unknown for named in _names(store, one)):
        profiles.of_everyone()


def unreadable(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return what to call clients whose own record is damaged, by id: the name that still stands somewhere, if any."""
    found = {}
    for id in sorted(ids):
        named = _names(store, id)
        found[id] = named[0] if named else say("sharing.caseload.unnamed", id=id[:6])
    return found


def _names(store: Store, id: str) -> list[str]:
    """The names in what is kept of a client, damaged or not: in their own record, and in what they were asked."""
    return [
        one_name(payload[where])
        for kind, where in (("profile", "name"), ("assignment", "client"))
        for _, _, payload in as_kept(store, [kind], id)
        if isinstance(payload, dict) and isinstance(payload.get(where), str)
    ]


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
