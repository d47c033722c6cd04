"""One client of a caseload, and the record they are kept in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbook.errors import one_name
from workbook.sharing.kept import Profile

if TYPE_CHECKING:
    from datetime import date, datetime


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
