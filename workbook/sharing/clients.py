"""One client of a caseload, and the record they are kept in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from workbook.errors import one_name

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def read(id: str, payload: Mapping[str, Any]) -> Client:
    """Return a client as their record says."""
    day = payload["keep_until"]
    fields = {
        **payload,
        "name": one_name(payload["name"]),
        "signer": payload.get("signer"),
        "since": datetime.fromisoformat(payload["since"]),
        "keep_until": date.fromisoformat(day) if day else None,
    }
    return Client(id=id, **fields)


def payload(client: Client) -> dict[str, Any]:
    """Return what is kept of a client."""
    return {
        "name": client.name,
        "token": client.token,
        "since": client.since.isoformat(),
        "key": client.key,
        "signer": client.signer,
        "revoked": client.revoked,
        "keep_until": client.keep_until.isoformat() if client.keep_until else None,
    }
