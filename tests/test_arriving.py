"""What comes to a caseload and goes back: each check of who speaks, to whom, when and how much holds by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock
from workbook import definition
from workbook.definition import fingerprint
from workbook.definition.asks import Task
from workbook.errors import Refused, WorkbookError
from workbook.sharing import bundles, envelope, inbox, kept, signing
from workbook.sharing.bundles import GateEvent, SharedAnswer, Submission
from workbook.sharing.caseload import Caseload
from workbook.sharing.inbox import Outcome, Receipt
from workbook.sharing.kept import Arrived, Held, Submitted, TakenBack, Told
from workbook.sharing.keys import Keys
from workbook.storage import seal
from workbook.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNSELOR, CLIENT, STRANGER = seal.new_identity(), seal.new_identity(), seal.new_identity()
KEYS = Keys((COUNSELOR,), "ab" * 32)
AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
PART = "responsibility.incident.my_part"
TASKS = (Task(exercise="responsibility.incident"),)


def caseload_in(folder: Path, clock: Clock) -> Caseload:
    """A caseload that asked something of A. and of B.; its keys were never under a passphrase, which is slow."""
    store = Store(folder / "caseload.sqlite", key=bytes.fromhex(KEYS.store), client="caseload", now=clock)
    opened = Caseload(folder, "Dr. Kim", KEYS, store, clock)
    for name in ("A.", "B."):
        opened.assign(name, TASKS)
    return opened


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Caseload]:
    with caseload_in(tmp_path, Clock(AT)) as opened:
        yield opened


def given(day: int = 4, words: str = "I left.", **changes: Any) -> SharedAnswer:
    """An answer of that day, its id made to fit."""
    fields = {
        "item": PART, "exercise": "responsibility.incident", "occasion": f"2027-01-{day:02}", "kind": "longtext",
        "prompt": "My part", "label": words, "value": f'"{words}"', "status": "answered", "fingerprint": "{}",
        "version": 1, "answered_at": "2027-01-04T09:00:00Z",
    } | changes  # fmt: skip
    return SharedAnswer.model_validate(fields | {"id": bundles._digest(fields)})


def sent(opened: Caseload, *answers: SharedAnswer, minute: int = 0, by: str = CLIENT, **changes: Any) -> bytes:
    """A file of A.'s with these answers, made so many minutes after nine."""
    fields: dict[str, Any] = {
        "token": opened.client("A.").token, "source": "2" * 32, "sequence": 1, "definition": "3" * 64,
        "made_at": AT + timedelta(minutes=minute), "client_key": seal.recipient(by), "answers": answers,
        "holds": {one.key: one.id for one in answers},
    }  # fmt: skip
    return envelope.pack_sealed(Submission.model_validate(fields | changes), by, opened.public_key)


def back(*days: int, minute: int) -> dict[str, datetime]:
    return {f"{PART}@2027-01-{day:02}": AT + timedelta(minutes=minute) for day in days}


def everything(opened: Caseload) -> list[object]:
    """All that a caseload holds of everyone."""
    store, ids = opened.store, sorted(one.id for one in opened.clients())
    return [
        (store.history(client=id), store.events(id), [store.records(kind, id) for kind in kept.KINDS]) for id in ids
    ]


def there(opened: Caseload) -> dict[str, object]:
    """The newest words at each place of A.'s."""
    return {one.occasion: one.value for one in opened.store.current(client=opened.client("A.").id)}


# --- who speaks ---


@pytest.mark.parametrize(
    ("by", "opens"), [(STRANGER, STRANGER), (STRANGER, CLIENT), (CLIENT, STRANGER)], ids=["both", "signs", "opens"]
)
def test_each_of_two_pinned_keys_holds_a_file_back_when_it_is_another(opened: Caseload, by: str, opens: str) -> None:
    """The one that signs and the one to seal to: nothing changes before a yes, which pins the new ones."""
    assert opened.receive(sent(opened, given())) == Receipt("A.", 1, 1, 0, 0, already=False)
    before, now = opened.words("A."), signing.Party(signing.signer(by), seal.recipient(opens))
    file = sent(opened, given(5), minute=1, by=by, client_key=now.opens)
    kept_before, after = everything(opened), signing.six_words(KEYS.party, now)
    receipt = opened.receive(file)
    assert receipt._replace(held="") == Receipt("A.", 1, 0, 0, 0, already=False)
    assert receipt.held.startswith("This file is signed with another key than before.")
    assert receipt.held.endswith(f"until now: {' '.join(before)}. Six words with this file: {' '.join(after)}.")
    assert (everything(opened), opened.words("A.")) == (kept_before, before)
    assert opened.receive(file, sure=True) == Receipt("A.", 1, 1, 0, 0, already=False)
    who = opened.client("A.")
    assert (who.signer, who.key, opened.words("A.")) == (now.signs, now.opens, after)
    assert opened.receive(sent(opened, given(6), minute=2)).held.startswith("This file is signed with another key")


def test_a_key_that_was_known_without_a_signature_waits_too(opened: Caseload) -> None:
    """The first version pinned no key that signs: the words are compared before one is."""
    opened.remember(opened.client("A."), key=seal.recipient(CLIENT))
    file = sent(opened, given())
    words = " ".join(signing.six_words(KEYS.party, signing.party(CLIENT)))
    held = opened.receive(file).held
    assert words in held
    assert (opened.client("A.").signer, there(opened)) == (None, {})
    assert opened.receive(file, sure=True).new == 1
    assert opened.words("A.") == tuple(words.split())


def test_a_file_is_only_for_the_one_whose_token_it_bears(opened: Caseload) -> None:
    """Nobody's token, one whose sharing was ended, or sealed for somebody else: refused, and nothing changes."""
    opened.receive(sent(opened, given()))
    foreign = envelope.open_submission(sent(opened, given(5)), [COUNSELOR]).bundle
    before = everything(opened)
    for file, sentence in (
        (sent(opened, given(5), token="0" * 32), "answers no assignment"),
        (envelope.pack_sealed(foreign, CLIENT, seal.recipient(STRANGER)), "was not sealed for this key"),
    ):
        with pytest.raises(WorkbookError, match=sentence):
            opened.receive(file, sure=True)
        assert everything(opened) == before
    theirs = sent(opened, given(6), token=opened.client("B.").token, by=STRANGER)
    assert opened.receive(theirs).client == "B."
    assert (there(opened), opened.client("A.").signer) == ({"2027-01-04": "I left."}, signing.signer(CLIENT))
    opened.revoke("A.")
    with pytest.raises(Refused, match=r"Sharing with A\. was ended"):
        opened.receive(sent(opened, given(5)), sure=True)
    assert there(opened) == {"2027-01-04": "I left."}


def test_what_came_once_comes_never_again(opened: Caseload) -> None:
    """Also when it is sealed anew, taken back meanwhile, or given with a yes."""
    file, again = sent(opened, given()), sent(opened, given())
    opened.receive(file)
    opened.receive(sent(opened, minute=1, taken_back=back(4, minute=1)))
    before = everything(opened)
    for copy in (file, again):
        assert opened.receive(copy, sure=True) == Receipt("A.", 1, 0, 0, 0, already=True)
    assert (everything(opened), there(opened)) == (before, {})


def test_what_is_remembered_of_a_file(opened: Caseload) -> None:
    """When it was made, its number and its counts, which answers came with it, and what it told of the rules."""
    opened.receive(sent(opened, given(), given(5), sequence=7))
    event = GateEvent(gate="G5", change="closed", at=AT)
    assert kept.of(opened.store, Told, opened.client("A.").id).all() == {}
    file = sent(opened, given(6), minute=1, sequence=9, taken_back=back(4, 5, minute=1), gates=(event,))
    assert opened.receive(file) == Receipt("A.", 9, 1, 2, 0, already=False)
    who, digest = opened.client("A.").id, envelope.open_submission(file, [COUNSELOR]).digest
    said = Submitted(made_at=AT + timedelta(minutes=1), new=1, withdrawn=2, sequence=9)
    assert kept.of(opened.store, Submitted, who).get(digest) == said
    assert kept.of(opened.store, Arrived, who).get(digest) == Arrived(answers=(given(6).id,))
    assert kept.of(opened.store, Told, who).all() == {"all": Told(events=(event,))}
    assert [(one.kind, one.count) for one in opened.store.events(who)][-2:] == [("received", 2), ("received", 1)]


@pytest.mark.parametrize(
    ("are", "gone", "waits"), [(5, 5, True), (10, 5, True), (11, 5, False), (8, 4, False), (7, 7, True)]
)
def test_five_and_half_of_what_is_there_wait_for_a_yes(opened: Caseload, are: int, gone: int, waits: bool) -> None:
    """Four do not, nor five of eleven."""
    opened.receive(sent(opened, *(given(day) for day in range(1, are + 1))))
    file = sent(opened, minute=1, taken_back=back(*range(1, gone + 1), minute=1))
    said = f"It takes back {gone} of the {are} answers that are here. Ask A. whether that is meant." if waits else ""
    receipt = opened.receive(file)
    assert (receipt.held, receipt.withdrawn, len(there(opened))) == (
        said,
        0 if waits else gone,
        are - gone * (not waits),
    )
    assert opened.receive(file, sure=True)[2:6] == (0, gone * waits, 0, not waits)


# --- in which order ---


@pytest.mark.parametrize(
    ("acts", "left"),
    [
        ([("give", 1), ("back", 1)], ""),  # taken back in the moment it was given
        ([("back", 1), ("give", 1)], ""),
        ([("give", 2), ("back", 1)], "2"),  # an old file that comes late takes nothing newer back
        ([("back", 1), ("give", 2)], "2"),
        ([("back", 2), ("give", 1)], ""),
        ([("back", 3), ("back", 1), ("give", 2)], ""),  # the older act does not stand in for the newer
        ([("back", 1), ("back", 3), ("give", 2)], ""),
        ([("give", 3), ("give", 2)], "3"),
        ([("give", 2), ("give", 3)], "3"),
    ],
)
def test_the_newest_act_counts_whatever_came_first(opened: Caseload, acts: list[tuple[str, int]], left: str) -> None:
    """Giving and taking back at one place, by the time each was done and not by that of arriving."""
    for number, (act, minute) in enumerate(acts, 1):
        answers = [given(words=str(minute))] if act == "give" else []
        gone = back(4, minute=minute) if act == "back" else {}
        opened.receive(sent(opened, *answers, minute=minute, sequence=number, taken_back=gone))
    assert there(opened) == ({"2027-01-04": left} if left else {})


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_given_in_one_moment_the_same_counts_on_every_computer(opened: Caseload, turned: bool) -> None:
    """Whichever file came first: the one with the greater id."""
    one, other = sorted((given(words="here"), given(words="elsewhere")), key=lambda answer: answer.id, reverse=turned)
    for number, answer in enumerate((one, other), 1):
        opened.receive(sent(opened, answer, sequence=number))
    greater = max(one, other, key=lambda answer: answer.id)
    assert there(opened) == {"2027-01-04": greater.label}
    versions = [(each.version, each.value) for each in opened.store.history(client=opened.client("A.").id)]
    assert versions == [(1, min(one, other, key=lambda answer: answer.id).label), (2, greater.label)]


def test_versions_are_numbered_anew_only_where_something_stands_before_what_is_there(opened: Caseload) -> None:
    """A later version comes after; an earlier one that came late goes before, and the words stay the newest."""
    who = opened.client("A.").id

    def versions() -> list[tuple[str, int, object]]:
        return [(one.occasion, one.version, one.value) for one in opened.store.history(client=who)]

    opened.receive(sent(opened, given(words="second", version=2), given(5, "other"), minute=2))
    assert versions() == [("2027-01-04", 2, "second"), ("2027-01-05", 1, "other")]
    opened.receive(sent(opened, given(words="third", version=3), minute=3))
    assert versions() == [("2027-01-04", 2, "second"), ("2027-01-04", 3, "third"), ("2027-01-05", 1, "other")]
    opened.receive(sent(opened, given(words="first"), minute=1))
    assert versions() == [
        *(("2027-01-04", number, words) for number, words in enumerate(("first", "second", "third"), 1)),
        ("2027-01-05", 1, "other"),
    ]
    opened.receive(sent(opened, given(words="copy", version=3), minute=4))
    assert there(opened) == {"2027-01-04": "copy", "2027-01-05": "other"}
    held = kept.of(opened.store, Held, who).all()
    assert {key: one.at for key, one in held.items()} == back(4, minute=4) | back(5, minute=2)


def test_what_is_named_and_not_there_is_missing(opened: Caseload) -> None:
    """Unless it is here from an earlier file, or was taken back."""
    first, second, third = given(1), given(2), given(3)
    opened.receive(sent(opened, first, taken_back=back(3, minute=0)))
    every = {one.key: one.id for one in (first, second, third)}
    assert opened.receive(sent(opened, minute=1, holds=every)).missing == 1
    assert opened.receive(sent(opened, second, minute=2, holds=every)).missing == 0


def test_what_was_here_is_told_from_what_never_was(opened: Caseload) -> None:
    """Only of an answer that was here does the page say that it was taken back, and not when it is given again."""
    opened.receive(sent(opened, given(1), given(2)))
    opened.receive(sent(opened, minute=1, taken_back=back(1, 2, 9, minute=1)))
    who = opened.client("A.").id
    gone = kept.of(opened.store, TakenBack, who).all()
    assert {key.rpartition("-")[2]: one.was for key, one in gone.items()} == {"01": True, "02": True, "09": False}
    assert kept.of(opened.store, Held, who).all() == {}
    opened.receive(sent(opened, given(2, "Again."), minute=2))
    assert [one["prompt"] for one in opened.page("A.")["withdrawn"]] == [definition.load().item(PART).prompt]


# --- what it holds ---


def test_a_value_is_judged_where_its_question_is_known(opened: Caseload) -> None:
    """As it stands; of another wording, skipped, or of a newer workbook, it is kept as it came."""
    known = fingerprint(definition.load().item(PART))
    with pytest.raises(Refused, match="does not fit its question"):
        opened.receive(sent(opened, given(fingerprint=known, value='["a list"]')))
    assert there(opened) == {}
    kept_as_sent = (
        given(1, fingerprint=known),
        given(2, value='["a list"]'),
        given(3, fingerprint=known, value="null", status="skipped"),
        given(4, item="responsibility.incident.newer", value="[1]"),
    )
    assert opened.receive(sent(opened, *kept_as_sent)).new == 4
    assert there(opened) == {"2027-01-01": "I left.", "2027-01-02": ["a list"], "2027-01-03": None, "2027-01-04": [1]}
    first = opened.store.history(client=opened.client("A.").id)[0]
    assert (first.begun_at, first.answered_at) == (AT, AT)


# --- many files ---


def test_many_files_are_taken_in_whatever_the_others_are(opened: Caseload, tmp_path: Path) -> None:
    """What is no submission is passed over; a yes is asked for where one is needed, and only there."""
    opened.receive(sent(opened, given()))
    other = sent(opened, given(6), minute=2, by=STRANGER)
    files = {
        "a.submission": sent(opened, given(5), minute=1),
        "b.submission": other,
        "c.submission": other[:-1],
        "d.submission": b"",
        "e": b"",
        "f.txt": b"words",
        "g.age": b"age-encryption.org/v1\n",
        "h.assignment": opened.assign("A.", TASKS),
    }
    folder = tmp_path / "post"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    asked: list[tuple[str, bool]] = []
    told: list[Outcome] = []

    def no(file: Path, receipt: Receipt) -> bool:
        asked.append((file.name, bool(receipt.held)))
        return len(asked) > 1

    outcomes = opened.receive_many(inbox.found([folder]).files, told.append, sure=no)
    assert (asked, told) == ([("b.submission", True)], outcomes)
    assert [(one.file.name, one.receipt is not None, one.passed_over) for one in outcomes] == [
        ("a.submission", True, False),
        ("b.submission", True, False),
        ("c.submission", False, False),
        ("d.submission", False, False),
        ("e", False, True),
        ("f.txt", False, True),
        ("g.age", False, False),
        ("h.assignment", False, True),
    ]
    assert [one.said for one in outcomes[:2]] == ["A.: 1 new.", str(outcomes[1].receipt)]
    assert "waits for your yes" in outcomes[1].said
    assert outcomes[3].said == envelope.wrong_file(b"", "submission")
    again = opened.receive_many([folder / "b.submission"], sure=no)
    assert ([one.said for one in again], sorted(there(opened))) == (
        ["A.: 1 new."],
        ["2027-01-04", "2027-01-05", "2027-01-06"],
    )
    assert opened.receive_many([folder / "b.submission"])[0].said.endswith("was received before. Nothing changed.")


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        (Receipt("A.", 1, 0, 0, 0, already=False), "A.: 0 new."),
        (Receipt("A.", 1, 2, 1, 0, already=False), "A.: 2 new, 1 withdrawn."),
        (
            Receipt("A.", 1, 2, 0, 3, already=False),
            "A.: 2 new, 3 in an earlier file that has not arrived: ask them to share everything again.",
        ),
        (Receipt("A.", 1, 0, 0, 0, already=True), "A.: this file was received before. Nothing changed."),
        (Receipt("A.", 1, 0, 0, 0, already=False, held="Why."), "A.: waits for your yes. Why."),
    ],
)
def test_a_receipt_is_one_sentence(receipt: Receipt, said: str) -> None:
    """What changed, counted, or why nothing did."""
    assert str(receipt) == said


# --- what goes back ---


def test_what_goes_out_is_numbered_and_never_older_than_what_went_before(tmp_path: Path) -> None:
    """Also when a clock was set back meanwhile: the client's journal goes by when a file was made."""
    clock = Clock(AT)
    with caseload_in(tmp_path, clock) as opened:
        opened.receive(sent(opened, given()))
        clock.forward(minutes=-5)
        asked = [envelope.open_assignment(opened.assign("A.", TASKS), definition.load()).bundle for _ in range(2)]
        replies = [envelope.open_feedback(opened.reply("A.", "Hello."), CLIENT).bundle for _ in range(11)]
    step = timedelta(microseconds=1)
    assert [(one.sequence, one.made_at) for one in asked] == [(2, AT + step), (3, AT + 2 * step)]
    assert [(one.sequence, one.made_at) for one in replies] == [
        (number, AT - timedelta(minutes=5) + (number - 1) * step) for number in range(1, 12)
    ]


def test_a_reply_is_for_one_client_and_holds_an_assignment_of_theirs_alone(opened: Caseload) -> None:
    """Another client's, or one that somebody else signed, goes along with nothing; and only they can open it."""
    with pytest.raises(Refused):
        opened.reply("A.", "Hello.")  # nothing came yet, so there is no key of theirs
    opened.receive(sent(opened, given()))
    mine, theirs = opened.assign("A.", TASKS), opened.assign("B.", TASKS)
    bundle = envelope.open_assignment(mine, definition.load()).bundle
    for file in (theirs, envelope.pack(bundle, STRANGER)):
        with pytest.raises(Refused, match=r"was not made here for A"):
            opened.reply("A.", assignment=file)
    with pytest.raises(Refused):
        opened.reply("A.")  # nothing to say
    opened.comment("A.", PART, "Thank you.")
    reply = opened.reply("A.", assignment=mine)
    told = envelope.open_feedback(reply, CLIENT).bundle
    assert (told.sequence, told.reply, told.assignment, told.there) == (1, None, bundle, (given().id,))
    assert [(one.answer, one.text) for one in told.comments] == [(given().id, "Thank you.")]
    assert envelope.open_feedback(opened.reply("A.", "Again."), CLIENT).bundle.comments == ()
    with pytest.raises(Refused, match="was not sealed for this key"):
        envelope.open_feedback(reply, STRANGER)
