"""What is a counselor's own on a PostgreSQL server that many share: made known, and taken from an older database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbook import words
from workbook.errors import StoreError
from workbook.storage.division import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbook.storage.database import Database


_DRIVER = "postgresql+psycopg"


def address(url: str) -> str:
    """Return the URL of a server as SQLAlchemy knows it. Raises StoreError for any other, and repeats no word of it."""
    found = re.sub(r"^postgres(ql)?://", f"{_DRIVER}://", url)
    try:
        known = sa.make_url(found).drivername == _DRIVER
    except (sa.exc.ArgumentError, ValueError):  # such as a password with a sign that means something in an address
        known = False
    if not known:
        raise StoreError(words.say("storage.owners.no_address"))
    return found


def claim(store: Database, keys: Iterable[str]) -> None:
    """Make the caseload known to the server, and take what an older database holds for these public keys.

    Where there is nothing to do nobody is waited for. Raises StoreError when the server keeps the caseload for another
    of its accounts.
    """
    mine, proofs = {"owner": store.owner}, list(keys)
    with store._reading() as connection:
        if _claimed(connection, mine, proofs):
            return
    with store._writing() as connection:
        connection.execute(
            sa.text("INSERT INTO caseloads (owner, role) VALUES (:owner, current_user) ON CONFLICT DO NOTHING"), mine
        )
        if not connection.execute(_KEPT, mine).scalar():
            role = connection.execute(sa.text("SELECT current_user")).scalar_one()
            raise StoreError(words.say("storage.owners.another_role", role=role, owner=store.owner))
        _show(connection, proofs)
        for table in TABLES:
            take = sa.text(f"UPDATE {table} SET owner = :owner WHERE owner IN :keys")  # noqa: S608 # our own names
            connection.execute(take.bindparams(sa.bindparam("keys", expanding=True)), mine | {"keys": proofs})


_KEPT = sa.text("SELECT role = current_user FROM caseloads WHERE owner = :owner")


def _show(connection: sa.Connection, proofs: list[str]) -> None:
    """Let this transaction see the rows that bear these keys."""
    connection.execute(sa.text("SELECT set_config('mend.keys', :keys, true)"), {"keys": ",".join(proofs)})


def _claimed(connection: sa.Connection, mine: dict[str, str], proofs: list[str]) -> bool:
    """Say whether the server knows the caseload as this account's, and no row bears one of its keys any more."""
    if not connection.execute(_KEPT, mine).scalar():
        return False
    _show(connection, proofs)
    for table in TABLES:
        left = sa.text(f"SELECT 1 FROM {table} WHERE owner IN :keys LIMIT 1")  # noqa: S608 # our own names
        if connection.execute(left.bindparams(sa.bindparam("keys", expanding=True)), {"keys": proofs}).first():
            return False
    return True


def unclaimed(store: Database) -> int:
    """Return how many rows of an older database no key could prove; they are there, and shown to nobody."""
    with store._reading() as connection:
        return int(connection.execute(sa.text("SELECT coalesce(sum(entries), 0) FROM unclaimed")).scalar_one())
