"""What a client shares is what they ticked; what does not belong is refused with one sentence."""

from __future__ import annotations

import json
import shutil
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.caseload_sample import PASSPHRASE
from tests.clock import Clock
from tests.safe_answers import SAFE, answer_safely
from workbook import definition, resources
from workbook.definition.asks import Task
from workbook.errors import Refused, WorkbookError
from workbook.journal import Journal
from workbook.safety import settings
from workbook.sharing import client as share
from workbook.sharing import envelope, signing
from workbook.sharing.bundles import Assignment, Feedback, GateEvent, Submission, content_id
from workbook.sharing.caseload import Caseload, open_caseload
from workbook.sharing.keys import Keys, keygen
from workbook.storage import seal
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = "responsibility.incident.my_part"
CAMERA = "responsibility.incident.camera"
TRIGGER = "responsibility.incident.trigger"
TASKS = (Task(exercise="responsibility.incident", instruction="One moment is enough."),)
STRANGER = seal.new_identity()


@pytest.fixture
def caseload(keyed: tuple[Path, Keys], home: Path, clock: Clock) -> Iterator[Caseload]:
    with open_caseload(home, keyed[1], now=clock) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=clock) as made:
        answer_safely(lambda item, value: made.save(item, value))
        yield made


def meet(journal: Journal, caseload: Caseload, name: str = "A.") -> None:
    """Give the client an assignment, and take it in."""
    share.given(journal, caseload.assign(name, TASKS)).accept()


def sealed(journal: Journal, *keys: str, **options: Any) -> bytes:
    chosen = share.submission(journal, keys, now=journal.now(), **options)
    file = journal.path / f"{chosen.source}-{chosen.sequence}.submission"
    return share.write_submission(journal, chosen, file).read_bytes()


def key_of(journal: Journal, item: str) -> str:
    return next(choice.key for choice in share.choices(journal) if choice.item == item)


def there(caseload: Caseload, name: str = "A.") -> dict[str, Any]:
    """What a caseload holds of a client: item → the value of its newest version."""
    return {one.item: one.value for one in caseload.store.current(client=caseload.client(name).id)}


# --- the round trip ---


def test_nothing_is_ticked_and_only_what_is_ticked_arrives(journal: Journal, caseload: Caseload) -> None:
    """A submission holds the ticked answer, and no other answer of the journal."""
    meet(journal, caseload)
    journal.save(PART, "I left without a word.")
    journal.save(CAMERA, "They asked. I went out.")
    assert [choice for choice in share.choices(journal) if choice.shared] == []
    receipt = caseload.receive(sealed(journal, key_of(journal, PART)))
    assert str(receipt) == "A.: 1 new."
    assert there(caseload) == {PART: "I left without a word."}


def test_a_comment_comes_back_beside_its_answer(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Feedback is tied to the answer by its content, and stands beside it in the form."""
    meet(journal, caseload)
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
    meet(journal, caseload)
    journal.save(PART, "I left.")
    journal.save(CAMERA, "They asked.")
    part, camera = key_of(journal, PART), key_of(journal, CAMERA)
    caseload.receive(sealed(journal, part, camera))
    receipt = caseload.receive(sealed(journal, camera))
    client = caseload.client("A.")
    assert str(receipt) == "A.: 0 new, 1 withdrawn."
    assert [one.item for one in caseload.store.history(client=client.id)] == [CAMERA]
    assert [gone["prompt"] for gone in caseload.page("A.")["withdrawn"]] == [definition.load().item(PART).prompt]
    assert [choice.item for choice in share.choices(journal) if choice.shared] == [CAMERA]
    caseload.receive(sealed(journal, part, camera))
    assert there(caseload) == {PART: "I left.", CAMERA: "They asked."}
    assert caseload.page("A.")["withdrawn"] == []


def test_a_later_submission_sends_only_what_is_new(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """What has not changed is named, not sent again; an edit is sent as a new version."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    journal.save(CAMERA, "They asked.")
    part, camera = key_of(journal, PART), key_of(journal, CAMERA)
    caseload.receive(sealed(journal, part, camera))
    clock.forward(seconds=30)  # within the two minutes in which an edit is not a version of its own
    journal.save(PART, "I left without a word.", occasion=part.partition("@")[2])
    second = share.submission(journal, [part, camera], now=clock())
    assert [answer.item for answer in second.answers] == [PART]
    assert list(second.holds) == sorted([part, camera])
    caseload.receive(sealed(journal, part, camera))
    versions = [one.value for one in caseload.store.history(client=caseload.client("A.").id) if one.item == PART]
    assert versions == ["I left.", "I left without a word."]


def test_a_lost_file_is_noticed(journal: Journal, caseload: Caseload) -> None:
    """A counselor who misses one file is told, and everything can be sent again."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    sealed(journal, part)  # never arrives
    receipt = caseload.receive(sealed(journal, part))
    assert receipt.missing == 1
    assert "ask them to share everything again" in str(receipt)
    assert caseload.receive(sealed(journal, part, everything=True)).missing == 0


def test_nothing_is_said_to_be_there_that_is_not(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Sealed is “handed over”; “they have this” comes with feedback that names it, and what is not there goes again."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    caseload.receive(sealed(journal, part))
    clock.forward(minutes=1)
    journal.save(CAMERA, "They asked.")
    camera = key_of(journal, CAMERA)
    sealed(journal, part, camera)  # never arrives

    def known() -> dict[str, tuple[bool, bool]]:
        return {one.item: (one.shared, one.there) for one in share.choices(journal) if one.key in (part, camera)}

    assert known() == {PART: (True, False), CAMERA: (True, False)}
    again = share.preview(journal, share.submission(journal, [part, camera], now=clock()))
    assert share.contents(journal.workbook, again) == ["In a file you made before, unchanged: 2."]
    clock.forward(minutes=1)
    share.accept_feedback(journal, caseload.reply("A.", "Thank you."))
    assert known() == {PART: (True, True), CAMERA: (True, False)}
    again = share.preview(journal, share.submission(journal, [part, camera], now=clock()))
    assert share.contents(journal.workbook, again) == [
        "One moment I regret: 1 once more.",
        "They have already, unchanged: 1.",
    ]
    caseload.receive(sealed(journal, part, camera))
    assert there(caseload) == {PART: "I left.", CAMERA: "They asked."}


def test_private_answers_cannot_be_shared(journal: Journal, caseload: Caseload) -> None:
    """What is marked private stays, even when someone asks for it by name."""
    meet(journal, caseload)
    private = next(choice for choice in share.choices(journal) if choice.share == "private")
    with pytest.raises(Refused, match="is private and stays here"):
        share.submission(journal, [private.key], now=journal.now())


def test_an_answer_written_as_private_stays_private(journal: Journal, caseload: Caseload) -> None:
    """Also when its question is no longer private; one that was open and is private now stays here too."""
    meet(journal, caseload)

    def with_share(level: str) -> None:
        exercise = journal.installed.exercise("responsibility.incident")
        items = tuple(one.model_copy(update={"share": level}) for one in exercise.items)
        chapters = tuple(
            chapter.model_copy(
                update={
                    "exercises": tuple(
                        one.model_copy(update={"items": items}) if one.id == exercise.id else one
                        for one in chapter.exercises
                    )
                }
            )
            for chapter in journal.installed.chapters
        )
        journal.install(journal.installed.model_copy(update={"chapters": chapters}))

    with_share("private")
    journal.save(PART, "I left.", occasion="2026-03-02")
    with_share("counselor")
    journal.save(PART, "I came back.", occasion="2026-03-03")
    levels = {choice.key: choice.share for choice in share.choices(journal) if choice.item == PART}
    assert levels == {f"{PART}@2026-03-02": "private", f"{PART}@2026-03-03": "counselor"}
    with pytest.raises(Refused, match="is private and stays here"):
        share.submission(journal, [f"{PART}@2026-03-02"], now=journal.now())
    with_share("private")
    assert {choice.share for choice in share.choices(journal) if choice.item == PART} == {"private"}


def test_gate_events_go_only_when_chosen_and_without_content(journal: Journal, caseload: Caseload) -> None:
    """A counselor learns that a rule closed, never why, and only when the client ticks it."""
    meet(journal, caseload)
    journal.save("start.safety.binds_me", "yes")
    assert share.submission(journal, [], now=journal.now()).gates == ()
    chosen = share.submission(journal, [], now=journal.now(), with_gates=True)
    assert ("G5", "closed") in [(event.gate, event.change) for event in chosen.gates]
    assert set(GateEvent.model_fields) == {"gate", "change", "at"}


def test_a_changed_assignment_keeps_every_answer(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Reassigning says what it changes first, and no answer is touched; an older one needs a second yes."""
    first = caseload.assign("A.", TASKS)
    share.given(journal, first).accept()
    journal.save(PART, "I left.")
    before = journal.answers()
    clock.forward(days=1)
    given = share.given(journal, caseload.assign("A.", [Task(exercise="space.boundary")]))
    assert given.lines[0] == "From Dr. Example, for “A.”."
    assert given.lines[-1] == "None of your answers change. Nothing is shared unless you choose it."
    assert given.ask == ""
    given.accept()
    assert journal.answers().equals(before)
    older = share.given(journal, first)
    assert older.ask.startswith("It is older than what you have from them: made on")
    with pytest.raises(Refused, match="This needs a second yes: It is older"):
        older.accept()
    assert [task.exercise for task in journal.assigned.asks.tasks] == ["space.boundary"]
    older.accept(sure=True)
    assert [task.exercise for task in journal.assigned.asks.tasks] == ["responsibility.incident"]


# --- what an assignment may carry ---


def test_an_assignment_holds_no_workbook(caseload: Caseload) -> None:
    """Gates, their words, tags, share levels, panels and chapters have no place in it."""
    plain = json.loads(
        envelope.open_assignment(caseload.assign("A.", TASKS), definition.load()).bundle.model_dump_json()
    )
    assert set(plain) == {
        *("format", "version", "token", "sequence", "made_at", "counselor", "counselor_key", "client", "asks"),
    }
    assert set(plain["asks"]) == {"language", "tasks", "instruments", "tighten"}
    assert set(plain["asks"]["tasks"][0]) == {"exercise", "instruction", "due", "repeats"}


def test_what_the_clients_mend_lacks_is_said(journal: Journal, keyed: tuple[Path, Keys], clock: Clock) -> None:
    """An exercise, a rule and a language that are not there; the rest is taken in, and an unknown rule closes."""
    made = assignment_of(
        keyed[1].identities[0],
        clock,
        tasks=[{"exercise": "space.newer"}, {"exercise": "space.urges"}],
        tighten={"G99": {"closed": "yes"}},
        language="xx",
    )
    given = share.given(journal, made)
    assert given.lines[1:-1] == (
        "It is meant for another language (“xx”), which your Mend does not have. Yours stays as it is.",
        "Asks for “space.newer”, which your Mend does not have. A newer version may have it; ask them.",
        f"Asks for: {journal.workbook.exercise('space.urges').title}.",
        "Keeps a safety rule closed that your Mend does not have (“G99”), so the pages on contact stay closed. "
        "Ask them.",
    )
    assert journal.standing().closing("communication.message") is None
    given.accept()
    assert journal.standing().closing("communication.message") is not None
    assert journal.standing().closing("space.urges") is None


def assignment_of(identity: str, clock: Clock, **asks: Any) -> bytes:
    """An assignment as another program might make it, signed with a key."""
    fields = {
        "token": "1" * 32, "sequence": 1, "made_at": clock(), "counselor": "Dr. Example", "client": "A.",
        "counselor_key": seal.recipient(identity), "asks": {"tasks": [], **asks},
    }  # fmt: skip
    return envelope.pack(Assignment.model_validate(fields), identity)


@pytest.mark.parametrize(
    "tighten",
    [
        {"G5": {"closes": []}, "G1": {"hold_hours": 1}},
        {"G1": {"closed": "yes", "hold_hours": 1}},
        {"G1": {"closed": "no"}},
        {"G1": {"when": {"question": "start.safety.age", "is": "never"}}},
        {"G2": {"reason": "Everything is fine. Write to them today."}},
    ],
)
def test_a_setting_that_loosens_a_gate_is_refused(
    journal: Journal, caseload: Caseload, clock: Clock, tighten: dict[str, Any]
) -> None:
    """Told to the counselor when the file is made; and to the client, when another program made it."""
    with pytest.raises(Refused):
        caseload.assign("A.", TASKS, tighten=tighten)
    assert caseload.clients() == []
    with pytest.raises(Refused, match="This assignment changes the safety rules"):
        share.given(journal, assignment_of(seal.new_identity(), clock, tighten=tighten))


def test_a_journal_of_the_first_version_opens_with_its_answers(
    tmp_path: Path, clock: Clock, caseload: Caseload
) -> None:
    """What it was asked becomes tasks and additions; the workbook it carried, with its rules, is not used any more."""
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    carried = definition.with_instruments(definition.load(), [own])
    opened = carried.model_copy(update={"gates": ()})
    with Journal.create(tmp_path / "old", now=clock) as old:
        answer_safely(lambda item, value: old.save(item, value))
        old.save(PART, "I left.")
        old.store.record("workbook", "assigned", opened.model_dump(mode="json"))
        asked = {
            "format": "mend.assignment", "version": 1, "token": "1" * 32, "sequence": 3, "made_at": clock().isoformat(),
            "counselor": "Dr. Example", "counselor_key": caseload.public_key, "client": "A.",
            "tasks": [{"exercise": own.exercise.id, "instruction": None, "due": "2027-01-15", "repeats": "daily"}],
            "tighten": {"G7": {"closed": "yes"}},
        }  # fmt: skip
        old.store.record("assignment", "current", asked)
        before = old.answers()
    with Journal.open(tmp_path / "old", now=clock) as journal:
        assert journal.answers().equals(before)
        assert journal.workbook.gates == definition.load().gates
        assert {gate.id: gate.state for gate in journal.standing().gates}["G7"] == "closed"
        assert journal.workbook.exercise(own.exercise.id).repeats == "daily"
        assert [task.due.isoformat() for task in journal.assigned.asks.tasks if task.due] == ["2027-01-15"]
        assert share.words(journal) == ()
        given = share.given(journal, caseload.assign("A.", TASKS))
        assert given.ask != ""  # until now there was no key to compare


def test_a_stricter_rule_holds_on_every_open_page(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """A page that was open before the assignment came closes what it closes."""
    with Journal.open(journal.path, now=clock) as other:
        assert {gate.id: gate.state for gate in other.standing().gates}["G7"] == "open"
        share.given(journal, caseload.assign("A.", TASKS, tighten={"G7": {"closed": "yes"}})).accept()
        assert {gate.id: gate.state for gate in other.standing().gates}["G7"] == "closed"


GATES = {gate.id: gate for gate in definition.load().gates}
LOW = dict.fromkeys([id for id in SAFE if id.startswith("start.wellbeing.")], 1)
CONTACT = {"communication.message", "communication.together", "responsibility.apology"}
CALMING = {exercise.id for exercise in definition.load().exercises if "calming" in exercise.tags}
# What can be set → a rule, what it is set to, what was answered, how many hours ago, and what the client finds for it.
STRICTER: dict[str, tuple[str, object, dict[str, object], int, set[str]]] = {
    "closed": ("G7", "yes", {}, 0, {"G7 closed", *CONTACT}),
    "closes": ("G9", ["responsibility.rating"], LOW, 0, {"responsibility.rating"}),
    "keeps": ("G11", [], {"start.now.stirred": 8}, 0, CALMING),
    "hides": ("G9", ["space.urges.trigger"], LOW, 0, {"space.urges.trigger"}),
    "hold_hours": ("G11_inside", 48, {"responsibility.incident.arousal_before": 8}, 30, {"G11_inside closed"}),
    "recheck_days": ("G9", 7, LOW, 24 * 8, {"G9 asks again"}),
}


def found(journal: Journal) -> set[str]:
    """What the safety rules do at a client: rules that are closed or ask again, exercises closed, items hidden."""
    standing = journal.standing()
    again = {f"{one.gate} asks again" for one in standing.notices if say("safety.over") in one.html}
    rules = {f"{gate.id} closed" for gate in standing.gates if gate.state == "closed"}
    return {*rules, *again, *standing.closings, *standing.hidden}


@pytest.mark.parametrize("setting", settings.SETTINGS)
def test_whatever_a_counselor_makes_stricter_the_client_reads_and_finds(
    journal: Journal, caseload: Caseload, clock: Clock, setting: str
) -> None:
    """Each setting there is: its rule is named before the yes, and after it more is closed, hidden or asked again."""
    gate, value, answers, hours, wanted = STRICTER[setting]
    for item, answer in answers.items():
        journal.save(item, answer)
    clock.forward(hours=hours)
    before = found(journal)
    given = share.given(journal, caseload.assign("A.", TASKS, tighten={gate: {setting: value}}))
    how = "stays_closed" if setting == "closed" else "stricter"
    assert [line for line in given.lines if GATES[gate].title in line] == [
        say(f"sharing.client.{how}", title=GATES[gate].title)
    ]
    assert found(journal) == before
    given.accept()
    assert found(journal) - before == wanted
    assert before <= found(journal)
    assert journal.assigned is not None
    assert journal.assigned.asks.tighten == {gate: {setting: value}}


def test_every_rule_can_be_kept_closed_and_each_is_named(journal: Journal, caseload: Caseload) -> None:
    """All rules at once: the client reads each by its title, in their order, and finds every one of them closed."""
    given = share.given(journal, caseload.assign("A.", TASKS, tighten={id: {"closed": "yes"} for id in GATES}))
    said = [say("sharing.client.stays_closed", title=gate.title) for gate in GATES.values()]
    assert [line for line in given.lines if line in said] == said
    given.accept()
    assert {gate.id: gate.state for gate in journal.standing().gates} == dict.fromkeys(GATES, "closed")


# --- who speaks ---


def test_both_sides_see_the_same_six_words(journal: Journal, caseload: Caseload) -> None:
    """The client from the first assignment on, the counselor from the first submission on."""
    given = share.given(journal, caseload.assign("A.", TASKS))
    given.accept()
    words = share.words(journal)
    assert given.words == (f"Six words to compare with them, aloud: {' '.join(words)}.",)
    assert caseload.words("A.") == ()
    caseload.receive(sealed(journal))
    assert caseload.words("A.") == words


def test_another_key_waits_for_a_yes_that_shows_both_sets_of_words(
    journal: Journal, caseload: Caseload, clock: Clock
) -> None:
    """Whoever saw an assignment sends the same token and a key of their own: nothing changes before a second yes."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    before, kept = share.words(journal), journal.assigned
    real = envelope.open_assignment(caseload.assign("A.", TASKS), definition.load()).bundle
    forged = real.model_copy(update={"counselor_key": seal.recipient(STRANGER), "sequence": 10**6})
    given = share.given(journal, envelope.pack(forged, STRANGER))
    after = signing.six_words(signing.party(STRANGER), signing.party(journal.key))
    assert given.words == (
        f"The six words until now: {' '.join(before)}.",
        f"The six words with this file: {' '.join(after)}.",
    )
    assert given.ask.startswith("This file is signed with another key than the files from Dr. Example so far.")
    with pytest.raises(Refused, match="This needs a second yes"):
        given.accept()
    assert journal.assigned == kept
    assert caseload.receive(sealed(journal, key_of(journal, PART))).new == 1
    given.accept(sure=True)
    assert share.words(journal) == after


def test_the_key_to_seal_to_is_pinned_beside_the_one_that_signs(journal: Journal, caseload: Caseload) -> None:
    """With the same signature, another key to seal to waits for a yes as well, on both sides."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    keys, other = caseload._keys, seal.recipient(STRANGER)
    asked = envelope.open_assignment(caseload.assign("A.", TASKS), definition.load()).bundle
    given = share.given(journal, envelope.pack(asked.model_copy(update={"counselor_key": other}), keys.identities[0]))
    assert (bool(given.ask), len(given.words)) == (True, 2)
    file = sealed(journal, key_of(journal, PART))
    caseload.receive(file)
    sent = envelope.open_submission(file, keys.identities).bundle
    changed = sent.model_copy(update={"client_key": other})
    receipt = caseload.receive(envelope.pack_sealed(changed, journal.key, keys.party.opens))
    assert receipt.held.startswith("This file is signed with another key than")
    assert caseload.client("A.").key == seal.recipient(journal.key)


def test_feedback_from_another_key_waits_too(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Whoever learned the client's public key cannot put words beside an answer."""
    meet(journal, caseload)
    fields = {
        "token": journal.assigned.token, "sequence": 1, "made_at": clock(), "counselor": "Dr. Example",
        "counselor_key": seal.recipient(STRANGER), "reply": "Send me your journal.",
    }  # fmt: skip
    forged = envelope.pack_sealed(Feedback.model_validate(fields), STRANGER, seal.recipient(journal.key))
    given = share.given(journal, forged)
    assert len(given.words) == 2
    with pytest.raises(Refused, match="This needs a second yes"):
        given.accept()
    with pytest.raises(Refused, match="This needs a second yes"):
        share.accept_feedback(journal, forged)
    assert journal.store.records("feedback") == []


def test_a_reply_that_is_not_for_this_client_is_refused(journal: Journal, caseload: Caseload) -> None:
    """Another client's reply, and in a reply another's assignment or one that loosens a rule: nothing changes."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    identity, public = caseload._keys.identities[0], seal.recipient(journal.key)
    reply = envelope.open_feedback(caseload.reply("A.", "On Thursday."), journal.key).bundle
    theirs = envelope.open_assignment(caseload.assign("B.", TASKS), definition.load()).bundle
    ours = envelope.open_assignment(caseload.assign("A.", TASKS), definition.load()).bundle
    loose = ours.model_copy(update={"asks": ours.asks.model_copy(update={"tighten": {"G7": {"closes": []}}})})
    kept = journal.assigned
    for sentence, changed in (
        ("does not belong to your assignment", {"token": "0" * 32}),
        ("The assignment in this feedback is for someone else", {"assignment": theirs}),
        ("This assignment changes the safety rules", {"assignment": loose}),
    ):
        file = envelope.pack_sealed(reply.model_copy(update=changed), identity, public)
        for take in (share.given, share.accept_feedback):
            with pytest.raises(Refused, match=sentence):
                take(journal, file)
    assert (journal.assigned, journal.store.records("feedback")) == (kept, [])
    for file in (caseload.assign("B.", TASKS), envelope.pack(ours, STRANGER)):
        with pytest.raises(Refused, match="was not made here for A"):
            caseload.reply("A.", assignment=file)


def test_a_counselors_new_key_is_taken_after_a_yes(journal: Journal, caseload: Caseload) -> None:
    """A rotated key: the client asks, says yes, and both see the same new words."""
    meet(journal, caseload)
    caseload.receive(sealed(journal))
    before = share.words(journal)
    caseload.rotate(PASSPHRASE)
    given = share.given(journal, caseload.assign("A.", TASKS))
    assert given.ask != ""
    given.accept(sure=True)
    assert share.words(journal) == caseload.words("A.") != before
    assert caseload.receive(sealed(journal)).held == ""


def test_a_counselor_with_a_new_caseload_is_taken_after_a_yes(
    journal: Journal, caseload: Caseload, tmp_path: Path, clock: Clock
) -> None:
    """All is lost on their side: the client says yes to the new one and can share all of it again."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    home = keygen(tmp_path / "new", PASSPHRASE, counselor="Dr. Example")
    with open_caseload(home, PASSPHRASE, now=clock) as new:
        given = share.given(journal, new.assign("A.", TASKS))
        assert given.ask.startswith("It is from another counselor than before, or from a new caseload")
        given.accept(sure=True)
        assert [one for one in share.choices(journal) if one.shared or one.there] == []
        assert new.receive(sealed(journal, key_of(journal, PART))).new == 1


def test_a_client_who_lost_the_journal_has_a_way_back(
    journal: Journal, caseload: Caseload, tmp_path: Path, clock: Clock
) -> None:
    """A new journal has a new key: the counselor asks, says yes, and what was shared before is still there."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    before = caseload.words("A.")
    with Journal.create(tmp_path / "again", now=clock) as new:
        answer_safely(lambda item, value: new.save(item, value))
        meet(new, caseload)
        new.save(CAMERA, "They asked.")
        file = sealed(new, key_of(new, CAMERA))
        held = caseload.receive(file)
        after = share.words(new)
        assert held.held.endswith(
            f"Six words until now: {' '.join(before)}. Six words with this file: {' '.join(after)}."
        )
        assert (there(caseload), caseload.words("A.")) == ({PART: "I left."}, before)
        assert caseload.receive(file, sure=True).new == 1
        assert (there(caseload), caseload.words("A.")) == ({PART: "I left.", CAMERA: "They asked."}, after)
        share.accept_feedback(new, caseload.reply("A.", "Welcome back."))


def test_whoever_knows_the_token_cannot_be_the_client(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """A forged file replaces no answer, takes none back, shuts nobody out, and gets no reply."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    caseload.receive(sealed(journal, part))
    clock.forward(minutes=5)
    real = share.submission(journal, [part], now=clock(), everything=True)
    lie = {
        "sequence": 10**6,
        "client_key": seal.recipient(STRANGER),
        "holds": {},
        "answers": (),
        "taken_back": {part: clock()},
    }
    forged = envelope.pack_sealed(real.model_copy(update=lie), STRANGER, caseload.public_key)
    before = state(caseload)
    assert caseload.receive(forged).held.startswith("This file is signed with another key than before.")
    assert state(caseload) == before
    journal.save(CAMERA, "They asked.")
    assert caseload.receive(sealed(journal, part, key_of(journal, CAMERA))).new == 1
    with pytest.raises(Refused):
        envelope.open_feedback(caseload.reply("A.", "Thank you."), STRANGER)


# --- copies, backups, second computers ---


def test_going_back_to_a_backup_does_not_undo_what_was_handed_over(journal: Journal, caseload: Caseload) -> None:
    """After `restore` the next submission is taken in, and only what is new to the counselor goes along."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    caseload.receive(sealed(journal, part))
    backup = journal.backup()
    journal.save(CAMERA, "They asked.")
    camera = key_of(journal, CAMERA)
    caseload.receive(sealed(journal, part, camera))
    caseload.receive(sealed(journal, part))
    journal.restore(backup)
    journal.save(TRIGGER, "They were late.")
    trigger = key_of(journal, TRIGGER)
    chosen = share.submission(journal, [part, trigger], now=journal.now())
    assert [answer.item for answer in chosen.answers] == [TRIGGER]
    assert str(caseload.receive(sealed(journal, part, trigger))) == "A.: 1 new."
    assert set(there(caseload)) == {PART, TRIGGER}


def test_what_a_backup_lost_is_not_taken_back(journal: Journal, caseload: Caseload) -> None:
    """An answer written after the backup is gone here; nobody took it back, so it stays with the counselor."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    backup = journal.backup()
    journal.save(CAMERA, "They asked.")
    caseload.receive(sealed(journal, key_of(journal, PART), key_of(journal, CAMERA)))
    journal.restore(backup)
    assert str(caseload.receive(sealed(journal, key_of(journal, PART)))) == "A.: 0 new."
    assert set(there(caseload)) == {PART, CAMERA}


@pytest.mark.parametrize("how", ["a backup elsewhere", "a copied folder"])
def test_a_copy_never_takes_back_what_another_copy_sent(
    how: str, journal: Journal, caseload: Caseload, tmp_path: Path, clock: Clock
) -> None:
    """A copy notices that it is one, claims nothing of what the other handed over, and withdraws nothing of it."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    journal.save(CAMERA, "They asked.")
    part, camera = key_of(journal, PART), key_of(journal, CAMERA)
    caseload.receive(sealed(journal, part, camera))
    if how == "a copied folder":
        shutil.copytree(journal.path, tmp_path / "copy")
    else:
        journal.backup(tmp_path / "copy")
    clock.forward(minutes=1)
    with Journal.open(tmp_path / "copy", now=clock) as copy:
        assert share.source(copy) != share.source(journal)
        assert {one.key: (one.shared, one.elsewhere) for one in share.choices(copy) if one.key in (part, camera)} == {
            part: (False, True),
            camera: (False, True),
        }
        copy.save(TRIGGER, "They were late.")
        chosen = share.submission(copy, [key_of(copy, TRIGGER)], now=clock())
        assert share.contents(copy.workbook, share.preview(copy, chosen)) == ["One moment I regret: 1 new."]
        assert str(caseload.receive(sealed(copy, key_of(copy, TRIGGER)))) == "A.: 1 new."
        assert set(there(caseload)) == {PART, CAMERA, TRIGGER}
        clock.forward(minutes=1)
        gone = share.taking_back(copy, [PART])  # but by name it can
        assert str(caseload.receive(sealed(copy, take_back=gone))) == "A.: 0 new, 2 withdrawn."
    assert set(there(caseload)) == {CAMERA}
    assert caseload.receive(sealed(journal, part, camera)).missing == 0


def test_a_folder_put_back_by_another_program_is_another_copy(
    journal: Journal, caseload: Caseload, tmp_path: Path, clock: Clock
) -> None:
    """Copied away and back to the same place, a journal claims nothing that it may not have sent."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    sealed(journal, key_of(journal, PART))
    before = share.source(journal)
    journal.close()
    shutil.copytree(journal.path, tmp_path / "kept")
    shutil.rmtree(journal.path)
    shutil.copytree(tmp_path / "kept", journal.path)
    with Journal.open(journal.path, now=clock) as again:
        assert share.source(again) != before
        assert [one for one in share.choices(again) if one.shared] == []
    with Journal.open(journal.path, now=clock) as again:
        assert share.source(again) != before


def test_two_copies_of_a_caseload_can_both_be_answered(
    journal: Journal, caseload: Caseload, keyed: tuple[Path, Keys], tmp_path: Path, clock: Clock
) -> None:
    """Replies from both computers are taken in, and so is a changed assignment from the other one."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    caseload.close()
    with (
        open_caseload(shutil.copytree(caseload.home, tmp_path / "laptop"), keyed[1], now=clock) as laptop,
        open_caseload(caseload.home, keyed[1], now=clock) as desk,
    ):
        for opened, words in ((desk, "From my desk."), (laptop, "From home.")):
            clock.forward(minutes=1)
            given = share.given(journal, opened.reply("A.", words))
            assert given.ask == ""
            given.accept()
        clock.forward(minutes=1)
        desk.assign("A.", TASKS)
        changed = share.given(journal, laptop.assign("A.", [Task(exercise="space.boundary")]))
        assert changed.ask == ""
        changed.accept()
    replies = [record.payload["reply"] for record in journal.store.records("feedback")]
    assert sorted(replies) == ["From home.", "From my desk."]


def test_the_order_in_which_files_arrive_changes_nothing(
    journal: Journal, caseload: Caseload, clock: Clock, keyed: tuple[Path, Keys], tmp_path: Path
) -> None:
    """Late, twice, or with a withdrawal before what it withdraws: the caseload ends the same."""
    meet(journal, caseload)
    journal.save(PART, "I left.", occasion="2026-03-02")
    part = f"{PART}@2026-03-02"
    files = [sealed(journal, part)]
    clock.forward(minutes=5)
    journal.save(PART, "I left without a word.", occasion="2026-03-02")
    files.append(sealed(journal, part))
    clock.forward(minutes=-60)  # the clock was wrong
    files.append(sealed(journal))  # taken back
    files.append(sealed(journal, part))  # and given again
    caseload.close()
    for number, order in enumerate(([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1, 0], [1, 3, 2, 0])):
        home = shutil.copytree(caseload.home, tmp_path / f"caseload-{number}")
        with open_caseload(home, keyed[1], now=clock) as opened:
            for file in order:
                opened.receive(files[file])
            assert there(opened) == {PART: "I left without a word."}, order
            history = [one.value for one in opened.store.history(client=opened.client("A.").id)]
            assert history in (["I left without a word."], ["I left.", "I left without a word."])
    with open_caseload(shutil.copytree(caseload.home, tmp_path / "last"), keyed[1], now=clock) as opened:
        for file in (2, 0, 1):
            opened.receive(files[file])
        assert opened.store.history(client=opened.client("A.").id) == []


def test_an_earlier_file_that_comes_later_replaces_nothing(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """What was given last is the newest, whenever it arrives; the earlier words stay in the history before it."""
    meet(journal, caseload)
    journal.save(PART, "I left.", occasion="2026-03-02")
    part = f"{PART}@2026-03-02"
    first = sealed(journal, part)
    clock.forward(minutes=5)
    journal.save(PART, "I left without a word.", occasion="2026-03-02")
    caseload.receive(sealed(journal, part))
    caseload.receive(first)
    assert there(caseload) == {PART: "I left without a word."}
    history = [one.value for one in caseload.store.history(client=caseload.client("A.").id)]
    assert history == ["I left.", "I left without a word."]


def test_a_mass_withdrawal_waits_for_a_yes(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Half of what is there, and at least five answers: the counselor asks first, and nothing changes before."""
    meet(journal, caseload)
    for day in range(1, 8):
        journal.save(PART, f"Day {day}.", occasion=f"2026-03-0{day}")
    keys = [f"{PART}@2026-03-0{day}" for day in range(1, 8)]
    caseload.receive(sealed(journal, *keys))
    assert caseload.receive(sealed(journal, *keys[4:])).withdrawn == 4
    caseload.receive(sealed(journal, *keys))
    file = sealed(journal, keys[0])
    before = state(caseload)
    assert str(caseload.receive(file)) == (
        "A.: waits for your yes. It takes back 6 of the 7 answers that are here. Ask A. whether that is meant."
    )
    assert state(caseload) == before
    assert str(caseload.receive(file, sure=True)) == "A.: 0 new, 6 withdrawn."


# --- what is refused ---


def state(caseload: Caseload) -> list[object]:
    clients = caseload.store.clients()
    kinds = ("profile", "submission", "held", "withdrawn")
    return [
        (
            caseload.store.history(client=one),
            caseload.store.events(one),
            [caseload.store.records(kind, one) for kind in kinds],
        )
        for one in clients
    ]


def test_the_same_file_twice_changes_nothing(journal: Journal, caseload: Caseload) -> None:
    """Receiving is idempotent."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    file = sealed(journal, key_of(journal, PART))
    caseload.receive(file)
    before = state(caseload)
    assert str(caseload.receive(file)) == "A.: this file was received before. Nothing changed."
    assert state(caseload) == before


def test_what_does_not_belong_is_refused_and_changes_nothing(journal: Journal, caseload: Caseload) -> None:
    """Another token, another key, damage, another kind, a value that does not fit: one sentence each."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    part = key_of(journal, PART)
    good = sealed(journal, part)
    caseload.receive(good)
    other = seal.recipient(seal.new_identity())
    plain = share.submission(journal, [part], now=journal.now(), everything=True)
    damaged = "was not sealed for this key, or it is damaged"
    answer = plain.answers[0].model_dump() | {"value": '["a list"]'}
    fields = {name: value for name, value in answer.items() if name != "id"} | {
        "answered_at": plain.answers[0].model_dump(mode="json")["answered_at"]
    }
    from workbook.sharing import bundles

    id = bundles._digest(fields)
    unfit = Submission.model_validate(plain.model_dump() | {"holds": {part: id}, "answers": [answer | {"id": id}]})

    def by_client(made: Submission, recipient: str = caseload.public_key) -> bytes:
        return envelope.pack_sealed(made, journal.key, recipient)

    refused = {
        "another client's token": (by_client(plain.model_copy(update={"token": "0" * 32})), "answers no assignment"),
        "another counselor's key": (by_client(plain, other), damaged),
        "a flipped bit": (good[:-1] + bytes([good[-1] ^ 1]), damaged),
        "a cut": (good[:-1], damaged),
        "an assignment": (caseload.assign("B.", TASKS), "This is an assignment: a counselor makes it for a client"),
        "a value that does not fit": (by_client(unfit), "does not fit its question"),
    }
    for what, (file, sentence) in refused.items():
        before = state(caseload)
        with pytest.raises(WorkbookError, match=sentence) as problem:
            caseload.receive(file)
        assert "\n" not in str(problem.value), what
        assert state(caseload) == before, what


def test_a_file_that_unpacks_to_ten_gigabytes_is_refused_in_little_memory(journal: Journal, caseload: Caseload) -> None:
    """A bomb is noticed while it unpacks, long before memory runs out, also when it is signed."""
    squeeze = zlib.compressobj(9)
    start = squeeze.compress(bytes(2**24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = squeeze.compress(bytes(2**24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = start + block * 639  # 640 blocks of 16 MB: 10 GiB
    label, public = b"mend-submission 2\n", bytes.fromhex(signing.signer(journal.key))
    signed = signing.sign(label + public + bomb, journal.key) + public + bomb
    file = label + seal.seal(signed, caseload.public_key)
    tracemalloc.start()
    with pytest.raises(Refused, match="unpacks to more than 8 MB"):
        caseload.receive(file)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


# --- rights ---


def test_an_erased_client_is_gone(journal: Journal, caseload: Caseload) -> None:
    """Erasing leaves nothing of the client, byte by byte, and one line in the audit."""
    meet(journal, caseload, "Heron-7")
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    assert caseload.erase("Heron-7") == 0
    assert caseload.clients() == []
    assert list(caseload.audit()["what"]) == ["erased"]
    assert b"Heron-7" not in b"".join(file.read_bytes() for file in caseload.home.iterdir())


def test_one_name_is_one_client_and_erasing_finds_every_twin(caseload: Caseload, clock: Clock) -> None:
    """Whatever a keyboard made of it; twins that an earlier version kept apart go together."""
    for name in ("Zoë", "Zoe\u0308", " Zoë ", "Zo\u200bë"):
        caseload.assign(name, TASKS)
    assert [client.name for client in caseload.clients()] == ["Zoë"]
    twin = caseload._new_client("Zoë")
    caseload.remember(twin, name="Zoe\u0308 ")
    assert len(caseload.clients()) == 2
    assert caseload.erase("Zoe\u0308") == 0
    assert caseload.clients() == []
    with pytest.raises(Refused, match="Give the client a pseudonym"):
        caseload.assign(" \u200b ", TASKS)


def test_the_caseload_is_unreadable_without_its_passphrase(journal: Journal, caseload: Caseload) -> None:
    """Nothing a client wrote, nor their pseudonym, stands in the folder in the clear."""
    meet(journal, caseload, "Heron-7")
    journal.save(PART, "canaryword")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    on_disk = b"".join(file.read_bytes() for file in caseload.home.iterdir())
    assert b"canaryword" not in on_disk
    assert b"Heron-7" not in on_disk
    with pytest.raises(WorkbookError, match="The passphrase is not right"):
        open_caseload(caseload.home, "four calm grey heron")


def test_an_old_key_still_opens_what_was_sealed_for_it(journal: Journal, caseload: Caseload) -> None:
    """After a rotation, what clients had sealed before still opens, and new assignments carry the new key."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    file = sealed(journal, key_of(journal, PART))
    old = caseload.public_key
    new = caseload.rotate(PASSPHRASE)
    assert caseload.receive(file).new == 1
    made = envelope.open_assignment(caseload.assign("A.", TASKS), definition.load())
    assert made.bundle.counselor_key == new != old


def test_after_sharing_is_ended_nothing_more_is_taken_in(journal: Journal, caseload: Caseload) -> None:
    """Revoked: what was sent stays, what comes later is refused."""
    meet(journal, caseload)
    journal.save(PART, "I left.")
    caseload.receive(sealed(journal, key_of(journal, PART)))
    caseload.revoke("A.")
    with pytest.raises(Refused, match="Sharing with A\\. was ended"):
        caseload.receive(sealed(journal, key_of(journal, PART), everything=True))
    assert there(caseload) == {PART: "I left."}


def test_an_answer_is_known_by_its_content(journal: Journal, caseload: Caseload, clock: Clock) -> None:
    """Two copies that wrote differently at one place are two answers; the same words twice are one."""
    meet(journal, caseload)
    answer = journal.save(PART, "I left.")
    assert content_id(answer) == content_id(journal.current()[-1])
    clock.forward(minutes=5)
    assert content_id(journal.save(PART, "I left!")) != content_id(answer)
