"""A record is read as what it was written as, or it is a sentence: never half, and never with what it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import workbook
from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.definition.asks import Task
from workbook.errors import Damaged, UnknownId
from workbook.journal import Journal
from workbook.page.desk import Desk
from workbook.sharing import client as share
from workbook.sharing import kept, keys
from workbook.sharing.caseload import Caseload
from workbook.storage import exchange, records, seal
from workbook.storage.records import KINDS, Kept, Records, Region, Secret
from workbook.storage.store import Store

PART = "responsibility.incident.my_part"


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    with Store(tmp_path / "answers.sqlite", now=clock) as store:
        yield store


def test_a_record_comes_back_as_it_was_put(store: Store) -> None:
    """Each is found by its key, the newest version counts, and a removed one is gone."""
    regions = Records(store, "setting", Region)
    assert (regions.get("region"), regions.all()) == (None, {})
    regions.put("region", Region(region="uk"))
    regions.put("region", Region(region="au"))
    Records(store, "setting", Region, client="someone else").put("region", Region(region="us"))
    assert regions.get("region") == Region(region="au")
    assert regions.all() == {"region": Region(region="au")}
    regions.remove("region")
    assert (regions.get("region"), regions.all()) == (None, {})


def test_records_are_kept_as_they_were_and_can_be_put_back(store: Store) -> None:
    """Under the names that earlier versions know, damaged ones too; nobody changes what was read."""
    said = exchange.Beside(
        item="i", occasion="once", by="Dr. Example", text="I see.", at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    comments = exchange.comments(store)
    comments.put("a", said)
    comments.put_many({"b": said})
    held = {"item": "i", "occasion": "once", "from": "Dr. Example", "text": "I see.", "at": "2026-03-02T00:00:00+00:00"}
    store.record("key", "client", {"damaged": 1})
    everything = [("comment", "a", held), ("comment", "b", held), ("key", "client", {"damaged": 1})]
    assert records.as_kept(store, ("comment", "key")) == everything
    comments.remove("a", "b")
    store.record("key", "client", {"damaged": 2})
    records.put_back(store, everything)
    assert records.as_kept(store, ("comment", "key")) == everything
    assert comments.all() == {"a": said, "b": said}
    with pytest.raises(ValidationError, match="frozen"):
        said.text = "another"
    with pytest.raises(ValidationError) as raised:
        Region.model_validate({"region": ["canary"]})
    assert "canary" not in str(raised.value)


def test_the_whole_ones_do_not_wait_for_a_damaged_one(store: Store) -> None:
    """Those of one client, or of everyone, and whose was damaged; which names there are is known without reading."""
    for client, region in (("me", "uk"), ("a", "au"), ("b", 5), ("b", None), ("c", 5)):
        store.record("setting", "region", region and {"region": region}, client=client)
    store.record("setting", "other", {"region": 5})
    regions = Records(store, "setting", Region)
    mine, theirs = [("me", "region", "uk")], [("a", "region", "au"), ("me", "region", "uk")]
    assert [(row.client, row.key, row.value.region) for row in regions.whole()] == mine
    assert [(row.client, row.key, row.value.region) for row in regions.whole(of_everyone=True)] == theirs
    whole, damaged = regions.parted()
    assert ([(row.client, row.key, row.value.region) for row in whole], damaged) == (theirs, {"c", "me"})
    assert ("other" in regions, "none" in regions, regions.keys()) == (True, False, {"region", "other"})
    for read in (regions.rows, regions.of_everyone):
        with pytest.raises(Damaged):
            read()


@pytest.mark.parametrize("payload", [{}, {"secret": None}, {"secret": ["canary"]}, {"secret": "x", "canary": 1}])
def test_a_damaged_record_is_a_sentence(store: Store, payload: dict[str, object]) -> None:
    """What does not fit is said, without a word of what was there."""
    store.record("key", "client", payload)
    for read in (lambda: Records(store, "key", Secret).get("client"), Records(store, "key", Secret).all):
        with pytest.raises(Damaged) as said:
            read()
        assert str(said.value) == (
            "What is kept as “key” beside the answers is damaged. Nothing was changed. A backup may hold it whole: "
            "workbook restore --journal, and the journal’s folder."
        )


def test_a_journal_keeps_its_own_records_by_their_models(tmp_path: Path, clock: Clock) -> None:
    """Keys, region and private marks: every record a journal writes by itself fits the model of its kind."""
    with Journal.create(tmp_path / "Mend", now=clock) as journal:
        journal.region = "uk"
        journal.save("start.privacy.alias", "A.")
        assert (journal.key, journal.page_key, journal.region) == (journal.key, journal.page_key, "uk")
        found = {kind: Records(journal.store, kind, model).all() for kind, model in KINDS.items()}
    assert {kind: len(one) > 0 for kind, one in found.items()} == {"key": True, "setting": True, "private": True}


OF_A_JOURNAL = (
    "What is kept as “{kind}” beside the answers is damaged. Nothing was changed. A backup may hold it whole: "
    "workbook restore --journal, and the journal’s folder."
)
OF_A_CASELOAD = (
    "What is kept as “{kind}” of a client in this caseload is damaged. Nothing was changed. Put a copy of the "
    "caseload’s folder from before in its place."
)


def test_every_record_is_read_and_written_by_its_model() -> None:
    """No module reads or writes a record's bare fields, but the one that judges them."""
    raw = {"record", "record_many", "records", "records_of_everyone"}
    package = Path(workbook.__file__).parent
    found = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in raw
    }
    assert found == {"storage/records.py"}


@pytest.mark.parametrize("kind", [*KINDS, *exchange.KINDS])
@pytest.mark.parametrize("payload", [{"canary": 1}, ["canary"], "canary", 7])
def test_a_damaged_record_of_a_journal_is_a_sentence(store: Store, kind: str, payload: Any) -> None:
    """Whatever its kind, and without a word of what was there; and those that are whole can be had without it."""
    store.record(kind, "one", payload)
    read = Records(store, kind, (KINDS | exchange.KINDS)[kind])
    with pytest.raises(Damaged) as said:
        read.all()
    assert str(said.value) == OF_A_JOURNAL.format(kind=kind)
    assert (read.whole(), read.keys()) == ([], {"one"})


@pytest.mark.parametrize("kind", [*kept.KINDS])
@pytest.mark.parametrize("payload", [{"canary": 1}, ["canary"], "canary", 7])
def test_a_damaged_record_of_a_caseload_is_a_sentence(store: Store, kind: str, payload: Any) -> None:
    """Whatever its kind, of one client and of everyone."""
    store.record(kind, "one", payload, client="heron")
    read = kept.of(store, kept.KINDS[kind], "heron")
    for every in (read.all, read.of_everyone, lambda: read.get("one")):
        with pytest.raises(Damaged) as said:
            every()
        assert str(said.value) == OF_A_CASELOAD.format(kind=kind)
    assert read.whole(of_everyone=True) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("assignment", "What your counselor asked of you is damaged in the file with your answers."),
        ("workbook", "The workbook of this journal is damaged in the file with your answers."),
    ],
)
def test_what_is_asked_is_a_sentence_when_it_is_damaged(tmp_path: Path, clock: Clock, kind: str, sentence: str) -> None:
    """An assignment, or a practice's own workbook, that cannot be read."""
    with Journal.create(tmp_path / "Mend", now=clock) as journal:
        journal.store.record(kind, "current" if kind == "assignment" else "installed", {"canary": 1})
        with pytest.raises(Damaged) as said:
            journal._asked.read()
    assert str(said.value) == sentence


@pytest.fixture
def exchanged(tmp_path: Path, clock: Clock) -> Iterator[tuple[Journal, Caseload]]:
    """A journal and a caseload between which everything went once."""
    own = keys.Keys((seal.new_identity(),), "0" * 64)
    with (
        Caseload(tmp_path, "Dr. Example", own, Store(tmp_path / "clients.sqlite", now=clock), clock) as opened,
        Journal.create(tmp_path / "Mend", now=clock) as journal,
    ):
        answer_safely(lambda item, value: journal.save(item, value))
        journal.save(PART, "I left.")
        task = Task(exercise="responsibility.incident", due=date(2026, 4, 1))
        share.given(journal, opened.assign("A.", [task])).accept()
        out = tmp_path / "out"
        out.mkdir()
        for number, withdraw in enumerate([(), (PART,)]):
            ticked = share.chosen(journal, [] if withdraw else ["responsibility.incident"], withdraw)
            sent = share.submission(journal, ticked, now=clock(), with_gates=True)
            opened.receive(share.write_submission(journal, sent, out / f"{number}.submission").read_bytes(), sure=True)
            if not withdraw:
                opened.comment("A.", PART, "Thank you.")
                share.accept_feedback(journal, opened.reply("A.", "See you."))
            clock.forward(minutes=5)
        opened.note("A.", "Calm.")
        opened.page("A.")
        opened.overview()
        yield journal, opened


def test_what_is_written_is_read_by_the_model_of_its_kind(exchanged: tuple[Journal, Caseload]) -> None:
    """After a whole exchange there is a record of each kind, and each is what its model says."""
    journal, opened = exchanged
    (client,) = opened.clients()
    of_journal = {kind: Records(journal.store, kind, model).all() for kind, model in exchange.KINDS.items()}
    of_client = {kind: kept.of(opened.store, model, client.id).all() for kind, model in kept.KINDS.items()}
    nothing = {kind for kind, found in (of_journal | of_client).items() if not found}
    # what was shared was taken back, and no mailbox was used
    assert nothing == {"held", "address", "unsent", "carrier", "fetched"}
    (comment,) = of_journal["comment"].values()
    assert comment.model_dump(by_alias=True) == {
        "item": PART,
        "occasion": "2026-03-02",
        "from": "Dr. Example",
        "text": "Thank you.",
        "at": "2026-03-02T09:00:00+00:00",
    }


def test_no_damaged_record_closes_a_form_or_keeps_help_away(exchanged: tuple[Journal, Caseload]) -> None:
    """Whatever is damaged beside the answers: forms open with them, rules stand, and what is typed is saved."""
    journal, _ = exchanged
    exercise = journal.workbook.exercise("responsibility.incident")
    for kind in (*KINDS, *exchange.KINDS, "assignment"):
        for key in Records(journal.store, kind, Kept).keys() | {"page", "region"}:
            journal.store.record(kind, key, {"canary": 1})
        journal._forget()  # as a page opened from now on reads it
        shown: Any = Desk(journal).payload(exercise, None)
        assert (shown["answers"][PART]["value"], shown["closed"]) == ("I left.", None)
        assert journal.save("start.privacy.alias", kind).value == kind
    assert "comment" not in shown["answers"][PART]
    assert journal.save(PART, "I left without a word.").value == "I left without a word."


def test_a_damaged_glance_is_worked_out_anew(exchanged: tuple[Journal, Caseload]) -> None:
    """What can be found out again is no reason to show a counselor nothing."""
    _, opened = exchanged
    (client,) = opened.clients()
    before = opened.glances()
    opened.store.record("glance", "glance", {"canary": 1}, client=client.id)
    assert opened.glances() == before
    assert kept.of(opened.store, kept.Glance, client.id).get("glance") is not None


def test_records_of_the_first_version_are_read(exchanged: tuple[Journal, Caseload]) -> None:
    """Replies without their time, what was taken back without its own, and what was handed over by another name."""
    journal, opened = exchanged
    (client,) = opened.clients()
    opened.store.record("feedback", "7", {"reply": "Hello.", "comments": 0}, client=client.id)
    opened.store.record("withdrawn", f"{PART}@2026-03-02", {"in": 2}, client=client.id)
    first = {"digest": "0" * 64, "made_at": "2026-03-01T09:00:00+00:00", "new": 1, "withdrawn": 0}
    opened.store.record("submission", "1", first, client=client.id)
    profile = records.as_kept(opened.store, ["profile"], client.id)[0][2]
    del profile["signer"]
    opened.store.record("profile", "profile", profile, client=client.id)
    assert journal.assigned is not None
    journal.store.record("sent", journal.assigned.token, {"sequence": 3, "holds": {"a": "b"}})

    assert opened.client("A.").signer is None
    assert [one["text"] for one in opened.page("A.")["replies"]] == ["See you.", "Hello."]
    feedback = share.accept_feedback(journal, opened.reply("A.", "And again."), sure=True)
    assert feedback.sequence == 8
    answers = share.chosen(journal, ["responsibility.incident"])
    sent = share.submission(journal, answers, now=datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    assert (sent.sequence, [one.key for one in sent.answers]) == (1, [f"{PART}@2026-03-02"])
    assert opened.receive(share.sealed(journal, sent), sure=True).new == 1


def test_what_the_first_versions_did_not_say_is_as_it_was_then() -> None:
    """Whoever was kept was not revoked, and what was taken back had been there."""
    profile = kept.Profile.model_validate({"name": "A.", "token": "t", "since": "2026-03-01T09:00:00Z"})
    back = kept.TakenBack.model_validate({"in": 2})
    assert (profile.revoked, profile.keep_until, back.was, back.at, back.sequence) == (False, None, True, None, 2)


LISTED = {"profile", "assignment", "submission", "gates", "looked"}  # what the list of clients reads


@pytest.mark.parametrize("kind", [*kept.KINDS, "assignment"])
def test_one_damaged_record_leaves_the_list_of_the_others(exchanged: tuple[Journal, Caseload], kind: str) -> None:
    """The others are as they were, the row of the client says what happened, and nothing is put over what is there."""
    _, opened = exchanged
    tasks = [Task(exercise="responsibility.incident", due=date(2026, 4, 1))]
    opened.assign("B.", tasks)
    (first, second), before = opened.clients(), opened.overview()
    keys = {key for one, key, _ in records.as_kept(opened.store, [kind], first.id)} or {"one"}
    damage = {"canary": 1} | ({"name": "A."} if kind == "profile" else {})
    for key in keys:
        opened.store.record(kind, key, damage, client=first.id)
    after = opened.overview()
    rows, was = (
        {row["client"]: {name: None if value != value else value for name, value in row.items()} for row in table}
        for table in (after.to_dict("records"), before.to_dict("records"))
    )
    assert rows["B."] == was["B."]
    sentence = (
        f"What is kept of this client as “{kind}” is damaged, so it is not shown. Nothing was changed, and the others "
        "are as they were. Put a copy of the caseload’s folder from before in its place."
    )
    assert (rows["A."]["damaged"], rows["A."]["id"]) == (sentence if kind in LISTED else "", first.id)
    if kind != "glance":  # which is worked out anew
        left = [payload for _, _, payload in records.as_kept(opened.store, [kind], first.id)]
        assert left == [damage] * len(keys)
    assert opened.page("B.")["client"] == "B."
    opened.assign("B.", tasks)
    assert opened.assigned(second).sequence == 2  # type: ignore[union-attr]  # it is there


def test_nothing_new_is_begun_under_a_name_that_is_damaged(exchanged: tuple[Journal, Caseload]) -> None:
    """Whoever is not found may be the one whose record is damaged: their file waits, and no second client is made."""
    journal, opened = exchanged
    (client,) = opened.clients()
    sent = share.submission(journal, share.chosen(journal, ["responsibility.incident"]), now=journal.now())
    file = share.sealed(journal, sent)
    opened.store.record("profile", "profile", {"canary": 1}, client=client.id)
    (row,) = opened.overview().to_dict("records")
    assert (row["client"], row["asked"]) == ("A.", 0)  # as what they were asked says
    for refused in (
        lambda: opened.assign("A.", [Task(exercise="responsibility.incident")]),
        lambda: opened.client("A."),
        lambda: opened.receive(file),
    ):
        with pytest.raises(Damaged) as said:
            refused()
        assert str(said.value) == OF_A_CASELOAD.format(kind="profile")
    assert (opened.clients(), opened.store.clients()) == ([], [client.id])


@pytest.mark.parametrize("unnamed", [False, True])
def test_a_damaged_client_keeps_nobody_else_from_beginning(exchanged: tuple[Journal, Caseload], unnamed: bool) -> None:
    """Another name is another client, also where nothing that is kept says any more what the damaged one is called."""
    _, opened = exchanged
    (client,) = opened.clients()
    opened.store.record("profile", "profile", {"name": 1}, client=client.id)
    if unnamed:
        opened.store.record("assignment", "current", {"canary": 1}, client=client.id)
    opened.assign("B.", [Task(exercise="responsibility.incident")])
    name = f"A client whose name cannot be read ({client.id[:6]})" if unnamed else "A."
    assert {row["client"]: row["asked"] for row in opened.overview().to_dict("records")} == {"B.": 1, name: 0}
    assert opened.client("B.").name == "B."
    with pytest.raises(UnknownId):
        opened.client("C.")
