"""A client's own record says who they are, and a damaged one stands in nobody else's way."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.clock import Clock
from workbook.errors import Damaged
from workbook.sharing import clients
from workbook.sharing.clients import Client
from workbook.sharing.kept import Profile, of
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
TOKEN = "5" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "caseload.sqlite", key=bytes(32), client="caseload", now=Clock(AT)) as store:
        yield store


def client(id: str, name: str) -> Client:
    return Client(id, name, TOKEN, AT, "opens", "signs", True, date(2027, 12, 31))


def test_a_client_is_kept_whole_and_listed_by_name(store: Store) -> None:
    """Whatever the case of its letters; nothing of them changes by itself, and their token is not shown."""
    made = [client("3", "b."), client("1", "C."), client("2", "A.")]
    for one in made:
        of(store, Profile, one.id).put("profile", clients.profile(one))
    assert clients.everyone(store) == [made[2], made[0], made[1]]
    assert TOKEN not in repr(made[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        made[0].name = "D."  # type: ignore[misc] # that it cannot be is what is tested
    clients.refuse_unreadable(store)
    assert clients.unreadable(store, []) == {}


def test_a_damaged_client_is_called_what_still_stands_somewhere(store: Store) -> None:
    """Their own record goes before what they were asked; a name that is none counts for nothing."""
    for id, kept in {
        "both-of-them": [("profile", {"name": "A."}), ("assignment", {"client": "Another"})],
        "asked-alone": [("profile", {"name": 5}), ("assignment", {"client": "B."})],
        "nothing-left": [("profile", {"name": None})],
    }.items():
        for kind, payload in kept:
            store.record(kind, "profile" if kind == "profile" else "current", payload, client=id)
    assert clients.unreadable(store, {"nothing-left", "asked-alone", "both-of-them"}) == {
        "asked-alone": "B.",
        "both-of-them": "A.",
        "nothing-left": "A client whose name cannot be read (nothin)",
    }
    assert clients.everyone(store) == []
    for name in (None, "A.", "B.", "Another"):
        with pytest.raises(Damaged):
            clients.refuse_unreadable(store, name)
    clients.refuse_unreadable(store, "C.")
