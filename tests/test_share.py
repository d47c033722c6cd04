"""What a client shares is what they ticked; what does not belong is refused with one sentence."""

from __future__ import annotations

import json
import shutil
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook import definition
from workbook.errors import Refused, WorkbookError
from workbook.journal import Journal
from workbook.sharing import client as share
from workbook.sharing.caseload import Caseload, Keys, keygen, open_caseload, unlock
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSPHRASE = "four calm grey herons"
PART = "responsibility.incident.my_part"
TASKS = (share.Task(exercise="responsibility.incident", instruction="One moment is enough."),)


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Keys]:
    """A caseload folder and its keys; the passphrase is slow on purpose, so it is used once."""
    home = keygen(tmp_path_factory.mktemp("keyed") / "caseload", PASSPHRASE, counselor="Dr. Example")
    return home, unlock(home, PASSPHRASE)


@pytest.fixture
def caseload(keyed: tuple[Path, Keys], tmp_path: Path, clock: Clock) -> Iterator[Caseload]:
    home = shutil.copytree(keyed[0], tmp_path / "caseload")
    with open_caseload(home, keyed[1], now=clock) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=clock) as made:
        answer_safely(lambda item, value: made.save(item, value))
        yield made


def asked(caseload: Caseload, name: str = "A.") -> share.Assignment:
    return share.read_assignment(caseload.assign(name, TASKS, workbook=definition.load()))


def sealed(journal: Journal, *keys: str, **options: bool) -> bytes:
    chosen = share.submission(journal, keys, now=journal.now(), **options)
    return share.write_submission(journal, chosen, journal.path / "a.submission").read_bytes()


def key_of(journal: Journal, item: str) -> str:
    return next(choice.key for choice in share.choices(journal) if choice.item == item)


# --- the round trip ---


def test_nothing_is_ticked_and_only_what_is_ticked_arrives(journal: Journal, caseload: Caseload) -> None:
    """A submission holds the ticked answer, and no other answer of the journal."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left without a word.")
    journal.save("responsibility.incident.camera", "They asked. I went out.")
    assert [choice for choice in share.choices(journal) if choice.shared] == []
    receipt = caseload.receive(sealed(journal, key_of(journal, PART)))
    client = caseload.client("A.")
    assert str(receipt) == "A.: 1 new."
    assert [(one.item, one.value) for one in caseload.store.current(client=client.id)] == [
        (PART, "I left without a word.")
    ]


def test_a_comment_comes_back_beside_its_answer(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Feedback is tied to the answer by id, and stands beside it in the form."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    caseload.comment("A.", PART, "Thank you for this.")
    feedback = caseload.reply("A.", "See you on Thursday.")
    share.accept_feedback(journal, feedback)
    share.accept_feedback(journal, feedback)  # twice changes nothing
    comments = [record.payload for record in journal.store.records("comment")]
    assert comments == [
        {
            "item": PART,
            "occasion": journal.current()[-1].occasion,
            "from": "Dr. Example",
            "text": "Thank you for this.",
            "at": clock().isoformat(),
        }
    ]
    assert [record.payload["reply"] for record in journal.store.records("feedback")] == ["See you on Thursday."]


def test_a_withdrawn_answer_is_gone_on_the_other_side(journal: Journal, caseload: Caseload) -> None:
    """Unticked later, an answer leaves the caseload whole: content, versions and all."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    journal.save("responsibility.incident.camera", "They asked.")
    part, camera = key_of(journal, PART), key_of(journal, "responsibility.incident.camera")
    caseload.receive(sealed(journal, part, camera))
    receipt = caseload.receive(sealed(journal, camera))
    client = caseload.client("A.")
    assert str(receipt) == "A.: 0 new, 1 withdrawn."
    assert [one.item for one in caseload.store.history(client=client.id)] == ["responsibility.incident.camera"]
    assert [record.key for record in caseload.store.records("withdrawn", client.id)] == [part]
    assert [choice.item for choice in share.choices(journal) if choice.shared] == ["responsibility.incident.camera"]


def test_a_later_submission_sends_only_what_is_new(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """What has not changed is named, not sent again; an edit is sent as a new version."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    journal.save("responsibility.incident.camera", "They asked.")
    part, camera = key_of(journal, PART), key_of(journal, "responsibility.incident.camera")
    caseload.receive(sealed(journal, part, camera))
    clock.forward(seconds=30)  # within the two minutes in which an edit is not a version of its own
    journal.save(PART, "I left without a word.", occasion=part.partition("@")[2])
    second = share.submission(journal, [part, camera], now=clock())
    assert [answer.item for answer in second.answers] == [PART]
    assert second.holds == tuple(sorted([part, camera]))
    caseload.receive(sealed(journal, part, camera))
    versions = [one.value for one in caseload.store.history(client=caseload.client("A.").id) if one.item == PART]
    assert versions == ["I left.", "I left without a word."]


def test_a_lost_file_is_noticed(journal: Journal, caseload: Caseload) -> None:
    """A counselor who misses one file is told, and everything can be sent again."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    sealed(journal, part)  # never arrives
    receipt = caseload.receive(sealed(journal, part))
    assert receipt.missing == 1
    assert "ask them to share everything again" in str(receipt)
    assert caseload.receive(sealed(journal, part, everything=True)).missing == 0


def test_going_back_to_a_backup_does_not_undo_what_was_handed_over(journal: Journal, caseload: Caseload) -> None:
    """After `restore` the next submission is taken in, and only what is new to the counselor goes along."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    caseload.receive(sealed(journal, part))
    backup = journal.backup()
    journal.save("responsibility.incident.camera", "They asked.")
    camera = key_of(journal, "responsibility.incident.camera")
    caseload.receive(sealed(journal, part, camera))
    caseload.receive(sealed(journal, part))
    journal.restore(backup)
    journal.save("responsibility.incident.trigger", "They were late.")
    trigger = key_of(journal, "responsibility.incident.trigger")
    chosen = share.submission(journal, [part, trigger], now=journal.now())
    assert [answer.item for answer in chosen.answers] == ["responsibility.incident.trigger"]
    assert str(caseload.receive(sealed(journal, part, trigger))) == "A.: 1 new."
    there = {one.item for one in caseload.store.current(client=caseload.client("A.").id)}
    assert there == {PART, "responsibility.incident.trigger"}


def test_private_answers_cannot_be_shared(journal: Journal, caseload: Caseload) -> None:
    """What is marked private stays, even when someone asks for it by name."""
    share.accept(journal, asked(caseload))
    private = next(choice for choice in share.choices(journal) if choice.share == "private")
    with pytest.raises(Refused, match="is private and stays here"):
        share.submission(journal, [private.key], now=journal.now())


def test_gate_events_go_only_when_chosen_and_without_content(journal: Journal, caseload: Caseload) -> None:
    """A counselor learns that a rule closed, never why, and only when the client ticks it."""
    share.accept(journal, asked(caseload))
    journal.save("start.safety.binds_me", "yes")
    assert share.submission(journal, [], now=journal.now()).gates == ()
    chosen = share.submission(journal, [], now=journal.now(), with_gates=True)
    assert ("G5", "closed") in [(event.gate, event.change) for event in chosen.gates]
    assert set(share.GateEvent.model_fields) == {"gate", "change", "at"}


def test_a_changed_assignment_keeps_every_answer(journal: Journal, caseload: Caseload) -> None:
    """Reassigning says what it changes first, and no answer is touched."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    before = journal.answers()
    new = share.read_assignment(
        caseload.assign("A.", [share.Task(exercise="space.boundary")], workbook=definition.load())
    )
    lines = share.changes(journal, new)
    assert lines[0] == "From Dr. Example, for “A.”."
    assert lines[-1] == "None of your answers change. Nothing is shared unless you choose it."
    share.accept(journal, new)
    assert journal.answers().equals(before)
    older = new.model_copy(update={"sequence": 1})
    with pytest.raises(Refused, match="A newer assignment from this counselor is already here"):
        share.accept(journal, older)


# --- what is refused ---


def state(caseload: Caseload) -> list[object]:
    clients = caseload.store.clients()
    return [
        (caseload.store.history(client=one), caseload.store.events(one), caseload.store.records("submission", one))
        for one in clients
    ]


def test_the_same_file_twice_changes_nothing(journal: Journal, caseload: Caseload) -> None:
    """Receiving is idempotent."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    file = sealed(journal, key_of(journal, PART))
    caseload.receive(file)
    before = state(caseload)
    assert str(caseload.receive(file)) == "A.: this file was received before. Nothing changed."
    assert state(caseload) == before


def forged(journal: Journal, caseload: Caseload, **changes: object) -> bytes:
    """A submission as anyone who knows the public key could make one."""
    made = share.submission(journal, [key_of(journal, PART)], now=journal.now())
    return seal.seal(share.pack(made.model_copy(update=changes)), caseload.public_key)


def test_what_does_not_belong_is_refused_and_changes_nothing(journal: Journal, caseload: Caseload) -> None:
    """Another token, another key, an older sequence, an unknown version, damage: one sentence each."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    good = sealed(journal, key_of(journal, PART))
    caseload.receive(good)
    caseload.receive(sealed(journal, key_of(journal, PART)))
    other = seal.recipient(seal.new_identity())
    plain = share.submission(journal, [], now=journal.now())
    again = share.submission(journal, [key_of(journal, PART)], now=journal.now(), everything=True)
    wrong_value = again.model_copy(
        update={"sequence": 9, "answers": tuple(one.model_copy(update={"value": "[1"}) for one in again.answers)}
    )
    climbing = zlib.compress(plain.model_dump_json().replace(plain.token, "../../etc").encode())
    key = caseload.public_key
    damaged = "was not sealed for this key, or it is damaged"
    refused = {
        "another client's token": (forged(journal, caseload, token="0" * 32), "answers no assignment of this caseload"),
        "another counselor's key": (seal.seal(share.pack(plain), other), damaged),
        "an older sequence": (forged(journal, caseload, sequence=1), "A newer submission from A. is already here"),
        "a newer version": (forged(journal, caseload, version=2), "made by another version of Mend \\(format 2"),
        "a flipped bit": (good[:-1] + bytes([good[-1] ^ 1]), damaged),
        "a cut": (good[:-1], damaged),
        "a wrong kind": (seal.seal(share.pack(asked(caseload)), key), "This is not a Mend submission"),
        "a path as a name": (seal.seal(climbing, key), "is not as Mend makes them \\(at “token”\\)"),
        "a value that is no JSON": (seal.seal(share.pack(wrong_value), key), "does not fit its question"),
    }
    for what, (file, sentence) in refused.items():
        before = state(caseload)
        with pytest.raises(WorkbookError, match=sentence) as problem:
            caseload.receive(file)
        assert "\n" not in str(problem.value), what
        assert state(caseload) == before, what


def test_a_file_that_unpacks_to_ten_gigabytes_is_refused_in_little_memory(caseload: Caseload) -> None:
    """A bomb is noticed while it unpacks, long before memory runs out."""
    squeeze = zlib.compressobj(9)
    start = squeeze.compress(bytes(2**24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = squeeze.compress(bytes(2**24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = start + block * 639  # 640 blocks of 16 MB: 10 GiB
    file = seal.seal(bomb, caseload.public_key)
    tracemalloc.start()
    with pytest.raises(Refused, match="unpacks to more than 8 MB"):
        caseload.receive(file)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_deep_or_wide_values_are_refused_in_little_memory(journal: Journal, caseload: Caseload) -> None:
    """JSON inside JSON is read only after its length is judged."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    made = share.submission(journal, [key_of(journal, PART)], now=journal.now())
    deep = made.model_copy(
        update={"answers": tuple(one.model_copy(update={"value": "[" * 50_000}) for one in made.answers)}
    )
    with pytest.raises(Refused, match="does not fit its question"):
        caseload.receive(seal.seal(share.pack(deep), caseload.public_key))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda wb: wb["gates"].pop(), "loosens the safety rules"),
        (lambda wb: _exercise(wb, "start.safety")["items"].pop(0), "workbook in this assignment has"),
        (lambda wb: _exercise(wb, "start.privacy").update(title="Hello"), "changes the safety questions"),
        (lambda wb: _exercise(wb, "communication.message").update(tags=[]), "takes a safety mark off"),
        (lambda wb: wb["chapters"][1].update(notebook="../../evil"), "is not as Mend makes them"),
        (lambda wb: wb["chapters"][1].update(notebook="/etc/evil"), "is not as Mend makes them"),
    ],
)
def test_an_assignment_cannot_make_the_workbook_less_safe(caseload: Caseload, change: object, sentence: str) -> None:
    """Rules, safety questions and marks of the shipped workbook stand, whatever a file says."""
    plain = json.loads(asked(caseload).model_dump_json())
    change(plain["workbook"])  # type: ignore[operator]
    with pytest.raises(Refused, match=sentence):
        share.read_assignment(zlib.compress(json.dumps(plain).encode()))


def _exercise(plain: dict, id_: str) -> dict:  # type: ignore[type-arg]
    return next(one for chapter in plain["chapters"] for one in chapter["exercises"] if one["id"] == id_)


def test_a_setting_that_loosens_a_gate_is_refused(caseload: Caseload) -> None:
    """A counselor can tighten, never loosen; told when the file is made, not when it is opened."""
    with pytest.raises(Refused, match="changes the safety rules"):
        caseload.assign("A.", TASKS, workbook=definition.load(), tighten={"G5": {"locks": []}})


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_the_reading(data: bytes, squeezed: bool) -> None:
    """Any bytes at all are refused with one sentence. (`tests/soak/submissions.py` tries 100,000.)"""
    for read in (
        share.read_assignment,
        lambda it: share.unpack(share.Submission, it),
        lambda it: share.unpack(share.Feedback, it),
    ):
        with pytest.raises(Refused) as refused:
            read(zlib.compress(data) if squeezed else data)
        assert "\n" not in str(refused.value)


# --- rights ---


def test_an_erased_client_is_gone(journal: Journal, caseload: Caseload) -> None:
    """Erasing leaves nothing of the client, byte by byte, and one line in the audit."""
    share.accept(journal, asked(caseload, "Heron-7"))
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    assert caseload.erase("Heron-7") == 0
    assert caseload.clients() == []
    assert list(caseload.audit()["what"]) == ["erased"]
    assert b"Heron-7" not in b"".join(file.read_bytes() for file in caseload.home.iterdir())


def test_the_caseload_is_unreadable_without_its_passphrase(journal: Journal, caseload: Caseload) -> None:
    """Nothing a client wrote, nor their pseudonym, stands in the folder in the clear."""
    share.accept(journal, asked(caseload, "Heron-7"))
    journal.save(PART, "canaryword")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    on_disk = b"".join(file.read_bytes() for file in caseload.home.iterdir())
    assert b"canaryword" not in on_disk
    assert b"Heron-7" not in on_disk
    with pytest.raises(WorkbookError, match="The passphrase is not right"):
        open_caseload(caseload.home, "four calm grey heron")


def test_an_old_key_still_opens_what_was_sealed_for_it(journal: Journal, caseload: Caseload) -> None:
    """After a rotation, what clients had sealed before still opens, and new assignments carry the new key."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    file = sealed(journal, key_of(journal, PART))
    old = caseload.public_key
    new = caseload.rotate(PASSPHRASE)
    assert caseload.receive(file).new == 1
    assert asked(caseload).counselor_key == new != old


def test_after_sharing_is_ended_nothing_more_is_taken_in(journal: Journal, caseload: Caseload) -> None:
    """Revoked: what was sent stays, what comes later is refused."""
    share.accept(journal, asked(caseload))
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    caseload.revoke("A.")
    with pytest.raises(Refused, match="Sharing with A\\. was ended"):
        caseload.receive(sealed(journal, key_of(journal, PART), everything=True))
    assert len(caseload.store.current(client=caseload.client("A.").id)) == 1
