"""A client's own record says who they are, and a damaged one stands in nobody else's way."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.clock import Clock
from tests.test_arriving import CLIENT, KEYS, PART, TASKS, caseload_in, given, sent
from workbook.definition import overlay
from workbook.errors import Damaged, Refused, StoreError, UnknownId
from workbook.sharing import caseload, clients, kept, signing
from workbook.sharing.clients import Client
from workbook.sharing.kept import Profile, of
from workbook.storage import owners
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.sharing.caseload import Caseload
    from workbook.sharing.keys import Keys

AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
TOKEN = "5" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "caseload.sqlite", key=bytes(32), client="caseload", now=Clock(AT)) as store:
        yield store


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Caseload]:
    with caseload_in(tmp_path, Clock(AT)) as opened:
        yield opened


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
    for id, said in {
        "both-of-them": [("profile", {"name": "A."}), ("assignment", {"client": "Another"})],
        "asked-alone": [("profile", {"name": 5}), ("assignment", {"client": "B."})],
        "nothing-left": [("profile", {"name": None})],
    }.items():
        for kind, payload in said:
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


def test_a_client_is_found_by_name_and_by_id(opened: Caseload) -> None:
    """Whoever is not found is told of the nearest name, or of how someone is added; no name at all is none."""
    for name in ("A.", "B."):
        one = opened.client(name)
        assert (one.name, one.revoked, opened.client_by(one.id)) == (name, False, one)
    opened.assign("Heron", TASKS)
    for name, error, said in (
        ("heron ", UnknownId, "Did you mean “Heron”"),
        ("Zebra", UnknownId, "Give them an assignment first: workbook assign"),
        (" ", Refused, "Give the client a pseudonym"),
    ):
        with pytest.raises(error, match=said):
            opened.client(name)
    with pytest.raises(Refused, match="Give the client a pseudonym"):
        opened.assign(" ", TASKS)
    with pytest.raises(UnknownId, match="no longer in the caseload"):
        opened.client_by("nobody")


def test_there_are_words_to_compare_with_whoever_has_signed(opened: Caseload) -> None:
    """Both keys of theirs are needed: one alone says nothing of who speaks."""
    one = opened.client("A.")
    party = signing.party(CLIENT)
    for key, signer in ((None, None), (party.opens, None), (None, party.signs)):
        assert opened.words_of(dataclasses.replace(one, key=key, signer=signer)) == ()
    assert opened.words("A.") == ()
    opened.receive(sent(opened, given()))
    assert opened.words("A.") == signing.six_words(KEYS.party, party)


def test_what_was_asked_last_is_where_the_next_begins(opened: Caseload) -> None:
    """Its language and its questionnaires; for a new name, what is spoken here and none."""
    installed = overlay.spoken()
    assert (opened.language_of("New"), opened.instruments_of("New")) == (installed.language, ())
    assert (opened.language_of("A."), opened.instruments_of("A.")) == ("en", ())
    new = dataclasses.replace(opened.client("A."), id="new")
    assert opened.workbook(new) == installed
    asked = opened.workbook(opened.client("A."))
    assert (asked.exercise(TASKS[0].exercise).id, opened.unclaimed) == (TASKS[0].exercise, 0)


def test_a_comment_stands_beside_the_answer_that_is_named(opened: Caseload) -> None:
    """Of several days the last, unless one is named; beside what was not shared there is none."""
    opened.receive(sent(opened, given(4), given(5), given(6)))
    opened.comment("A.", PART, " Last. ")
    opened.comment("A.", f"{PART}@2027-01-04", "First.")
    remarks = kept.of(opened.store, kept.Remark, opened.client("A.").id).all()
    assert {id: (one.text, one.item, one.sent) for id, one in remarks.items()} == {
        given(6).id: ("Last.", PART, 0),
        given(4).id: ("First.", PART, 0),
    }
    for answer in (f"{PART}@2027-01-07", "responsibility.incident.camera"):
        with pytest.raises(UnknownId, match="has shared no answer"):
            opened.comment("A.", answer, "Words.")
    with pytest.raises(Refused, match="There are no words"):
        opened.comment("A.", PART, " ")


def test_a_record_is_all_there_is_of_one_client(opened: Caseload) -> None:
    """Their answers as plain values, and each kind of what is kept beside them; of nobody else anything."""
    opened.receive(sent(opened, given(), token=opened.client("B.").token))
    opened.receive(sent(opened, given(words="I left.")))
    opened.note("A.", "Ask.")
    record = opened.record_of("A.")
    assert record["answers"] == [
        {
            "item": PART, "occasion": "2027-01-04", "version": 1, "status": "answered", "value": "I left.",
            "label": "I left.", "prompt": "My part", "kind": "longtext", "answered_at": AT.isoformat(),
        }
    ]  # fmt: skip
    assert {name: len(found) for name, found in record.items() if name not in ("client", "answers", "audit")} == {
        "profile": 1, "assignment": 1, "submission": 1, "gates": 0, "withdrawn": 0, "comment": 0, "feedback": 0,
        "note": 1, "address": 0,
    }  # fmt: skip
    assert (record["client"], record["profile"][0]["name"], record["note"]) == ("A.", "A.", [{"text": "Ask."}])
    assert [(one["what"], one["count"]) for one in record["audit"]] == [("assigned", 1), ("received", 1)]


def test_erasing_leaves_nothing_of_one_client_and_says_what_it_could_not(
    opened: Caseload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in the list of what was done, without a name; the others stay."""
    opened.receive(sent(opened, given()))
    with monkeypatch.context() as held:
        held.setattr(opened.store, "erase", lambda _: None)
        assert opened.erase("A.") == 5  # an answer, as it is and as it was, two lines of what was done, and the client
    assert opened.erase("A.") == 0
    assert [one.name for one in opened.clients()] == ["B."]
    done = [tuple(row) for row in opened.audit()[["client", "what", "count"]].itertuples(index=False)]
    assert done == [("B.", "assigned", 1), ("—", "erased", 1), ("—", "erased", 1)]


def test_the_day_to_erase_a_client_on_is_kept_and_taken_away(opened: Caseload) -> None:
    """And nothing else of them changes."""
    before = opened.client("A.")
    day = opened.today() + timedelta(days=30)
    opened.keep_until("A.", day)
    assert opened.client("A.") == dataclasses.replace(before, keep_until=day)
    opened.keep_until("A.", None)
    assert opened.client("A.") == before


def test_a_server_that_keeps_a_caseload_for_another_is_let_go_of(
    home: Path, keyed: tuple[Path, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened to ask it is closed, and what it said is passed on."""
    closed = []

    def refuse(*_: object) -> None:
        raise StoreError("Not yours.")

    monkeypatch.setattr(caseload, "Store", lambda *_, **__: SimpleNamespace(close=lambda: closed.append(True)))
    monkeypatch.setattr(owners, "claim", refuse)
    with pytest.raises(StoreError, match="Not yours"):
        caseload.open_caseload(home, keyed[1], store="postgresql://a@127.0.0.1:1/x")
    assert closed == [True]
