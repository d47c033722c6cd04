"""What a counselor sends is taken in by who speaks, to whom and in which order; each check holds by itself."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock
from workbook import dates, definition, resources
from workbook.definition.asks import Asks, Task
from workbook.errors import Refused, WorkbookError
from workbook.journal import Journal
from workbook.sharing import client, envelope, outbox, signing
from workbook.sharing.bundles import Assignment, Comment, Feedback, content_id
from workbook.storage import exchange, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
COUNSELOR, STRANGER = seal.new_identity(), seal.new_identity()
OWN = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
TOKEN, OTHER = "5" * 32, "6" * 32
PLACE = "start.privacy.shared_device@once"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with one answer that nobody has asked for anything."""
    folder = tmp_path_factory.mktemp("taking-in") / "journal"
    with Journal.create(folder, now=Clock(AT)) as journal:
        journal.save("start.privacy.shared_device", "yes")
    return folder


@pytest.fixture
def new(made: Path, tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(shutil.copytree(made, tmp_path / "journal"), now=Clock(AT)) as journal:
        yield journal


@pytest.fixture
def journal(new: Journal) -> Journal:
    """The same, with an assignment."""
    client.given(new, envelope.pack(asked(), COUNSELOR)).accept()
    return new


def asked(*exercises: str, minute: int = 0, **changes: Any) -> Assignment:
    fields = {
        "token": TOKEN, "sequence": 1, "made_at": AT + timedelta(minutes=minute), "counselor": "Dr. Kim",
        "counselor_key": seal.recipient(COUNSELOR), "client": "A.",
        "asks": Asks(tasks=tuple(Task(exercise=one) for one in exercises or ("space.urges",))),
    }  # fmt: skip
    return Assignment.model_validate(fields | changes)


def told(journal: Journal, by: str = COUNSELOR, minute: int = 0, **changes: Any) -> bytes:
    fields = {
        "token": TOKEN, "sequence": 1, "made_at": AT + timedelta(minutes=minute), "counselor": "Dr. Kim",
        "counselor_key": seal.recipient(COUNSELOR),
    }  # fmt: skip
    return envelope.pack_sealed(Feedback.model_validate(fields | changes), by, seal.recipient(journal.key))


def kept(journal: Journal) -> list[object]:
    """All that is kept of the exchange."""
    store = journal.store
    return [
        journal.assigned,
        exchange.comments(store).all(),
        exchange.replies(store).all(),
        exchange.there(store).all(),
    ]


def tasks(journal: Journal) -> list[str]:
    return [] if journal.assigned is None else [task.exercise for task in journal.assigned.asks.tasks]


NEW_KEY = "This file is signed with another key than the files from Dr. Kim so far."
PAIRS = [(STRANGER, STRANGER), (STRANGER, COUNSELOR), (COUNSELOR, STRANGER)]


@pytest.mark.parametrize(("by", "opens"), PAIRS, ids=["both", "signs", "opens"])
def test_each_of_two_pinned_keys_of_a_counselor_asks_when_it_is_another(journal: Journal, by: str, opens: str) -> None:
    """In an assignment and in feedback: both sets of words are shown, and nothing changes before a second yes."""
    public, before, words = seal.recipient(opens), kept(journal), client.words(journal)
    now = signing.Party(signing.signer(by), public)
    after = signing.six_words(now, signing.party(journal.key))
    lines = (f"The six words until now: {' '.join(words)}.", f"The six words with this file: {' '.join(after)}.")
    for file in (
        envelope.pack(asked("space.boundary", minute=1, counselor_key=public), by),
        told(journal, by, counselor_key=public, reply="Send me your journal."),
    ):
        given = client.given(journal, file)
        assert (given.words, given.ask.startswith(NEW_KEY)) == (lines, True)
        with pytest.raises(Refused, match="This needs a second yes"):
            given.accept()
        assert (kept(journal), client.words(journal)) == (before, words)
    with pytest.raises(Refused, match="This needs a second yes"):
        client.accept_feedback(journal, file)
    assert kept(journal) == before
    client.accept_feedback(journal, file, sure=True)
    assert journal.assigned is not None
    assert (journal.assigned.signer, journal.assigned.counselor_key, client.words(journal)) == (*now, after)
    assert client.given(journal, told(journal, by, 1, counselor_key=public)).ask == ""
    assert client.given(journal, envelope.pack(asked(minute=1), COUNSELOR)).ask.startswith(NEW_KEY)


def test_the_first_assignment_shows_the_words_and_asks_nothing_more(new: Journal) -> None:
    """The same key again is no other; before there is a counselor there are no words, and no feedback is for anyone."""
    with pytest.raises(Refused, match="does not belong to your assignment"):
        client.given(new, told(new))
    assert client.words(new) == ()
    given = client.given(new, envelope.pack(asked(), COUNSELOR))
    words = " ".join(signing.six_words(signing.party(COUNSELOR), signing.party(new.key)))
    assert (given.kind, given.ask, given.words) == (
        "assignment", "", (f"Six words to compare with them, aloud: {words}.",)
    )  # fmt: skip
    assert new.assigned is None
    given.accept()
    assert " ".join(client.words(new)) == words
    again = client.given(new, envelope.pack(asked(minute=1), COUNSELOR))
    assert (again.ask, again.words) == ("", given.words)


def test_what_is_for_somebody_else_is_refused_or_asked_about(journal: Journal) -> None:
    """Feedback of another token, or with an assignment of another; an assignment of another caseload needs a yes."""
    before = kept(journal)
    theirs = asked("space.boundary", minute=1, token=OTHER)
    for file, sentence in (
        (told(journal, token=OTHER, reply="Hello."), "does not belong to your assignment"),
        (told(journal, assignment=theirs), "The assignment in this feedback is for someone else"),
        (envelope.pack_sealed(asked_back(), COUNSELOR, seal.recipient(STRANGER)), "was not sealed for this key"),
    ):
        for take in (client.given, client.accept_feedback):
            with pytest.raises(WorkbookError, match=sentence):
                take(journal, file)
    given = client.given(journal, envelope.pack(theirs, COUNSELOR))
    assert given.ask.startswith("It is from another counselor than before, or from a new caseload")
    with pytest.raises(Refused, match="This needs a second yes"):
        given.accept()
    assert kept(journal) == before
    given.accept(sure=True)
    assert tasks(journal) == ["space.boundary"]


def asked_back() -> Feedback:
    return Feedback(
        token=TOKEN,
        sequence=1,
        made_at=AT,
        counselor="Dr. Kim",
        counselor_key=seal.recipient(COUNSELOR),
        reply="Hello.",
    )


def test_an_older_list_needs_a_yes_and_comes_never_with_feedback(journal: Journal) -> None:
    """By when it was made; one of the same moment is none, and what else the feedback says is taken in."""
    client.given(journal, envelope.pack(asked("space.boundary", minute=2), COUNSELOR)).accept()
    older = client.given(journal, envelope.pack(asked("start.privacy", minute=1), COUNSELOR))
    assert older.ask.startswith("It is older than what you have from them")
    with pytest.raises(Refused, match="This needs a second yes: It is older"):
        older.accept()
    feedback = told(journal, minute=3, reply="Hello.", assignment=asked("start.privacy", minute=1))
    client.given(journal, feedback).accept()
    assert (tasks(journal), [one.reply for one in exchange.replies(journal.store).all().values()]) == (
        ["space.boundary"], ["Hello."]
    )  # fmt: skip
    client.given(journal, told(journal, minute=4, assignment=asked("space.urges", minute=2))).accept()
    assert tasks(journal) == ["space.urges"]
    older.accept(sure=True)
    assert tasks(journal) == ["start.privacy"]


def test_the_key_of_feedback_counts_and_not_that_of_the_list_in_it(journal: Journal) -> None:
    """Its key was compared with the one that is known; the other was looked at by nobody."""
    inside = asked("space.boundary", minute=1, counselor_key=seal.recipient(STRANGER))
    given = client.given(journal, told(journal, minute=1, assignment=inside))
    assert given.ask == ""
    given.accept()
    assert journal.assigned is not None
    assert (tasks(journal), journal.assigned.counselor_key) == (["space.boundary"], seal.recipient(COUNSELOR))


def test_feedback_comes_once_and_the_newest_words_stay(journal: Journal) -> None:
    """Twice changes nothing; older words beside an answer, and an older list of what is there, replace nothing."""
    answer = content_id(journal.current()[0])

    def of(minute: int) -> bytes:
        words = (Comment(answer=answer, text=str(minute)), Comment(answer="0" * 32, text="of another copy"))
        return told(journal, minute=minute, comments=words, there=(f"{minute:032}",))

    for minute, newest in ((2, 2), (1, 2), (3, 3)):
        assert client.given(journal, of(minute)).ask == ""
        client.accept_feedback(journal, of(minute))
        [(key, beside)] = exchange.comments(journal.store).all().items()
        assert (key, f"{beside.item}@{beside.occasion}", beside.by, beside.text) == (
            answer,
            PLACE,
            "Dr. Kim",
            str(newest),
        )
        there = outbox.confirmed(journal)
        assert there is not None
        assert (there.at, there.there) == (AT + timedelta(minutes=newest), {f"{newest:032}"})
    before = kept(journal)
    again = client.given(journal, of(1))
    assert (again.kind, again.lines, again.words, again.ask) == (
        "feedback",
        ("From Dr. Kim.", "You opened this file before. Nothing changes."),
        (),
        "",
    )
    again.accept()
    client.accept_feedback(journal, of(1))
    assert (kept(journal), len(exchange.replies(journal.store).all())) == (before, 3)


def test_a_rule_is_loosened_neither_by_an_assignment_nor_by_feedback(journal: Journal) -> None:
    """Judged before it is offered; and so is what asks for a passphrase."""
    before = kept(journal)
    words = Asks(tasks=(Task(exercise="space.urges", instruction="Write your password here."),))
    for asks, sentence in (
        (Asks(tighten={"G1": {"hold_hours": 1}}), "This assignment changes the safety rules"),
        (words, "asks for a password or a passphrase"),
    ):
        for file in (
            envelope.pack(asked(minute=1, asks=asks), COUNSELOR),
            told(journal, assignment=asked(minute=1, asks=asks)),
        ):
            with pytest.raises(Refused, match=sentence):
                client.given(journal, file)
    assert kept(journal) == before


def test_each_thing_that_an_assignment_changes_is_a_line(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it asks for and until when, what is not here, what is added and what is gone, and each rule, by its name."""
    first = asked("space.urges", minute=1, asks=Asks(tasks=(Task(exercise="space.urges"),), instruments=(OWN,)))
    client.given(journal, envelope.pack(first, COUNSELOR)).accept()
    titles = {one.id: one.title for one in journal.workbook.gates}
    rules = {"G7": {"closed": "yes"}, "G11": {"hold_hours": 48}, "Gone": {"closed": "yes"}}
    day = date(2027, 1, 15)
    tasks = (Task(exercise="no.such"), Task(exercise="space.urges", due=day), Task(exercise="space.boundary"))
    named = journal.installed.named
    expected = [
        "From Dr. Kim, for “A.”.",
        "It is meant for another language (“xx”), which your Mend does not have. Yours stays as it is.",
        "Asks for “no.such”, which your Mend does not have. A newer version may have it; ask them.",
        f"Asks for: {named('space.urges')}, by {dates.day(day)}.",
        f"Asks for: {named('space.boundary')}.",
        f"No longer asked: {OWN.exercise.title}. Your answers stay.",
        "Keeps a safety rule closed that your Mend does not have (“Gone”), so the pages on contact stay closed. Ask "
        "them.",
        f"Stays closed, whatever you answer: “{titles['G7']}”.",
        f"Stricter from now on: “{titles['G11']}”.",
        "None of your answers change. Nothing is shared unless you choose it.",
    ]
    second = asked(minute=2, asks=Asks(language="xx", tasks=tasks, tighten=rules))
    given = client.given(journal, envelope.pack(second, COUNSELOR))
    assert list(given.lines) == expected
    opened = envelope.open_assignment(envelope.pack(second, COUNSELOR), journal.installed)
    with monkeypatch.context() as held:
        held.setattr(Journal, "speaks", lambda *_: True)
        assert client.changes(journal, opened) == [one for one in expected if "another language" not in one]
    inside = client.given(journal, told(journal, minute=2, reply="Hello.", assignment=second))
    assert list(inside.lines) == ["From Dr. Kim.", "It holds a reply to you.", *expected[1:]]
    given.accept()
    third = asked(minute=3, asks=Asks(tasks=(Task(exercise=OWN.exercise.id),), instruments=(OWN,)))
    assert list(client.given(journal, envelope.pack(third, COUNSELOR)).lines) == [
        "From Dr. Kim, for “A.”.",
        f"Asks for: {OWN.exercise.title} (new).",
        f"Adds, written by Dr. Kim, not part of Mend: {OWN.title}.",
        *(f"Back to Mend's own rule: “{titles.get(one, one)}”." for one in rules),
        "None of your answers change. Nothing is shared unless you choose it.",
    ]


def test_what_feedback_holds_is_said_before_it_is_taken_in(journal: Journal) -> None:
    """A reply, comments, an older list than the one that is here, or nothing that changes anything."""
    words = (Comment(answer="0" * 32, text="One."), Comment(answer="1" * 32, text="Two."))
    older = asked(minute=-1)
    for changes, lines in (
        ({"there": ()}, ["None of your answers change."]),
        ({"reply": "Hello."}, ["It holds a reply to you.", "None of your answers change."]),
        ({"comments": words[:1]}, ["It puts 1 comment beside your answers.", "None of your answers change."]),
        (
            {"comments": words, "assignment": older},
            [
                "It puts 2 comments beside your answers.",
                "It holds an older list of what they ask; the newer one that you have stays.",
            ],
        ),
    ):
        assert list(client.given(journal, told(journal, **changes)).lines) == ["From Dr. Kim.", *lines]  # type: ignore[arg-type] # a made-up call


def test_a_file_of_neither_kind_is_named(journal: Journal) -> None:
    """And both kinds that are needed."""
    with pytest.raises(Refused) as refused:
        client.given(journal, b"%PDF-1.7")
    assert str(refused.value) == envelope.wrong_file(b"%PDF-1.7", "assignment", "feedback")


def test_nothing_is_sealed_to_a_counselor_who_is_not_theirs_any_more(journal: Journal) -> None:
    """What was looked at goes to whom it was meant for; after another assignment it is looked at anew."""
    chosen = outbox.submission(journal, [], now=AT)
    assert envelope.open_submission(outbox.sealed(journal, chosen), [COUNSELOR]).bundle == chosen
    client.given(journal, envelope.pack(asked(token=OTHER, minute=1), COUNSELOR)).accept(sure=True)
    with pytest.raises(Refused):
        outbox.sealed(journal, chosen)
