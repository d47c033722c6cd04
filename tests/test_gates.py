"""Each safety rule at its edges: what closes it, what opens it again, and that what it says is true of the answer."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.safe_answers import SAFE, answer_safely
from workbook import definition, words
from workbook.answers import shown
from workbook.answers.kinds import Response
from workbook.journal import Journal
from workbook.jupyter import pages
from workbook.page import head
from workbook.safety import facts, helplines
from workbook.safety import gates as safety

if TYPE_CHECKING:
    from pathlib import Path

WORKBOOK = definition.load()
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
THEN = NOW - 10 * MINUTE
CONTACT = {e.id for e in WORKBOOK.exercises if {"contact", "outreach", "draft", "together"} & set(e.tags)}
MESSAGES = {e.id for e in WORKBOOK.exercises if {"contact", "outreach"} & set(e.tags)}
GATES = {gate.id: gate for gate in WORKBOOK.gates}
SKIP = object()


def answers(changed: dict[str, object] | None = None, at: datetime = THEN) -> dict[tuple[str, str], Response]:
    """Safe answers with some changed, each given at one time."""
    return {
        (item, "2026-11-23" if item.startswith(("start.now", "start.wellbeing")) else "once"): (
            Response(None, "skipped", at) if value is SKIP else Response(value, "answered", at)
        )
        for item, value in (SAFE | (changed or {})).items()
    }


def stand(changed: dict[str, object] | None = None, now: datetime = NOW, **more: object) -> safety.Standing:
    return safety.standing(WORKBOOK, answers(changed), now, **more)  # type: ignore[arg-type]  # passed on


def closed(standing: safety.Standing) -> set[str]:
    return {gate.id for gate in standing.gates if gate.state == "closed"}


# --- thoughts of suicide, self-harm, harm ---


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start.now.thoughts": ["wish_dead"]}, "You said that you wish you were dead, or would not wake up."),
        ({"start.now.thoughts": ["suicide"]}, "You said that you think about killing yourself."),
        ({"start.now.thoughts": ["self_harm"]}, "You said that you think about hurting your body."),
        ({"start.now.harm_others": "yes"}, "You said that you think about hurting or killing someone else."),
        (
            {"start.now.thoughts": ["suicide", "self_harm"]},
            "You said that you think about killing yourself, and that you think about hurting your body.",
        ),
        (
            {"start.now.thoughts": SKIP},
            "You were not sure whether you have thoughts of dying or of hurting yourself, or chose not to say. To be "
            "on the safe side, that counts as yes.",
        ),
    ],
)
def test_a_crisis_is_met_with_what_was_said(changed: dict[str, object], said: str) -> None:
    """G2 closes on each thought, says which, shows numbers before all else, and leaves what calms open."""
    standing = stand(changed)
    assert closed(standing) == {"G2"}
    assert f"<p>{said} Thank you" in standing.closings["responsibility.apology"].reason_html
    open_now = {e.id for e in WORKBOOK.exercises if not e.retired} - set(standing.closings)
    assert open_now == {"start.privacy", "start.now", *(e.id for e in WORKBOOK.exercises if "calming" in e.tags)}
    assert [(notice.gate, notice.urgent) for notice in standing.notices] == [("G2", "first")]


@pytest.mark.parametrize("minutes", [1, 5, 170])
def test_a_second_click_does_not_open_what_a_crisis_closed(tmp_path: Path, minutes: int) -> None:
    """After a yes, a no at the same visit opens nothing, also within the two minutes in which a slip is one answer."""
    clock = [NOW]
    journal = Journal.create(tmp_path / "journal", now=lambda: clock[0])
    answer_safely(journal.save)
    journal.save("start.now.thoughts", ["suicide"])
    clock[0] += minutes * MINUTE
    journal.save("start.now.thoughts", ["none"])
    assert "G2" in {gate.id for gate in journal.gates() if gate.state == "closed"}
    clock[0] += 181 * MINUTE
    assert "G2" in {gate.id for gate in journal.gates() if gate.state == "closed"}  # time alone opens nothing
    for item in ("thoughts", "harm_others", "stirred", "drunk_or_high"):
        journal.save(f"start.now.{item}", SAFE[f"start.now.{item}"])
    journal.save("start.now.changed", "no")
    assert {gate.id for gate in journal.gates() if gate.state == "closed"} == set()
    journal.close()


def test_two_answers_of_one_moment_are_both_heard() -> None:
    """A yes and the no clicked on another page at the same microsecond: the yes closes, in whatever else is known."""
    word = "start.now.thoughts"
    versions = [_past(word, value, NOW, "2026-11-23") for value in (["suicide"], ["none"])]
    newest = {(word, "2026-11-23"): Response(["none"], "answered", NOW)}
    for known in (versions, versions[:1]):  # the newest may be told by the current answers alone
        entries = facts.entries_of(newest, known)
        assert [(entry.at, entry.value) for entry in entries] == [(NOW, ["suicide"]), (NOW, ["none"])]
        assert "G2" in closed(safety.standing(WORKBOOK, answers() | newest, NOW, history=known))


@pytest.mark.parametrize(("hours", "opens"), [(2.9, False), (3, False), (3.1, True)])
def test_a_visit_ends_after_three_hours(hours: float, opens: bool) -> None:
    """The no that opens G2 comes after a break of more than three hours, counted from the last answer."""
    yes = _past("start.now.thoughts", ["suicide"], NOW)
    later = NOW + timedelta(hours=hours)
    standing = safety.standing(WORKBOOK, answers(at=later), later, history=[yes])
    assert ("G2" not in closed(standing)) == opens


def test_what_closes_needs_its_own_question_answered_later() -> None:
    """Another question answered at a later visit opens nothing; the one that closed, answered there, opens alone."""
    yes = _past("start.now.thoughts", ["suicide"], NOW)
    later = NOW + timedelta(hours=4)

    def at_a_later_visit(item: str) -> set[str]:
        same = answers(at=NOW + MINUTE)
        newest = {place: one._replace(at=later) for place, one in same.items() if place[0] == item}
        return closed(safety.standing(WORKBOOK, same | newest, later, history=[yes]))

    assert "G2" in at_a_later_visit("start.now.harm_others")
    assert "G2" not in at_a_later_visit("start.now.thoughts")


def _past(item: str, value: object, at: datetime, occasion: str = "once") -> _Past:
    return _Past(item, occasion, value, "answered", at)


class _Past:
    """One stored version."""

    def __init__(self, item: str, occasion: str, value: object, status: str, answered_at: datetime) -> None:
        self.item, self.occasion, self.value, self.status, self.answered_at = item, occasion, value, status, answered_at


# --- asked for time, silence, mixed signs; a no ---

SOFT = {"space": "G7_space", "silence": "G7_silence", "mixed": "G7_mixed"}
HARD = ("said_no", "blocked", "final", "new_partner", "unsure")


@pytest.mark.parametrize(("option", "gate"), SOFT.items())
def test_a_wish_for_time_is_not_called_a_no(option: str, gate: str) -> None:
    """Messages close, what is not sent stays open, the principles stay the path, and no sentence speaks of a no."""
    standing = stand({"start.safety.between_us": [option]})
    assert closed(standing) == {gate, "both_willing"}
    assert set(standing.closings) == CONTACT - {e.id for e in WORKBOOK.exercises if "draft" in e.tags} | MESSAGES
    assert standing.track == "principles"
    assert standing.closing("responsibility.statement") is None
    said = standing.notices[0].html + standing.closings["communication.message"].reason_html
    assert "no answer" in said or " no " not in said.replace("it is not a no", "")
    assert [notice.title for notice in standing.notices] == [GATES[gate].title]


@pytest.mark.parametrize("option", HARD)
def test_a_no_closes_contact_and_says_only_what_was_said(option: str) -> None:
    """Each of the five closes the draft too; the reason names the one that was ticked and none of the others."""
    standing = stand({"start.safety.between_us": [option]})
    assert closed(standing) == {"G7", "both_willing"}
    assert set(standing.closings) == CONTACT
    reason = standing.closings["communication.message"].reason_html
    clauses = GATES["G7"].said
    assert [key for key, clause in clauses.items() if clause in reason] == [f"start.safety.between_us.{option}"]


@pytest.mark.parametrize("option", [*SOFT, *HARD])
@pytest.mark.parametrize("reached", ["no", "stop", "logistics", "contact", "unsure"])
def test_only_being_asked_for_contact_opens(option: str, reached: str) -> None:
    """That they wrote about bills, or to ask for quiet, opens nothing; that they want contact does."""
    told = {"start.safety.between_us": ["both", option], "start.safety.reached": reached}
    assert (closed(stand(told)) == set()) == (reached == "contact")


@pytest.mark.parametrize("option", [*SOFT, *HARD])
@pytest.mark.parametrize(("day", "came"), [("2026-11-22", True), ("2026-11-23", True), ("2026-11-24", False)])
def test_a_day_both_agreed_on_opens_a_wish_for_time_and_never_a_no(option: str, day: str, came: bool) -> None:
    """On the day and after it, not before; a no is not opened by a day in a calendar."""
    told = {"start.safety.between_us": ["both", option], "start.safety.agreed_on": day}
    assert (closed(stand(told)) == set()) == (came and option in SOFT)


def test_a_new_wish_for_time_closes_again() -> None:
    """What opened an earlier wish does not open a later one."""
    told = answers({"start.safety.between_us": ["both", "space"], "start.safety.reached": "contact"})
    again = _past("start.now.between_us", ["both", "space"], NOW - 5 * MINUTE, "2026-11-23")
    assert closed(safety.standing(WORKBOOK, told, NOW, history=[again])) == {"G7_space"}


SLIPS: dict[str, tuple[str, str, object]] = {
    **{gate: ("between_us", option, ["both"]) for option, gate in {**SOFT, "said_no": "G7"}.items()},
    "G6": ("acts", "contacted", ["none"]),
}


@pytest.mark.parametrize("form", ["start.safety", "start.now"])
@pytest.mark.parametrize("gate", SLIPS)
@pytest.mark.parametrize(("seconds", "opens"), [(1, True), (119, True), (120, False), (121, False), (3600, False)])
def test_a_slip_put_right_at_once_closes_nothing(
    tmp_path: Path, form: str, gate: str, seconds: int, opens: bool
) -> None:
    """Within the two minutes that are one answer a wrong tick can be taken back; later only their wish opens."""
    word, option, right = SLIPS[gate]
    clock = [NOW]
    journal = Journal.create(tmp_path / "journal", now=lambda: clock[0])
    answer_safely(journal.save)
    if form == "start.now":
        journal.save("start.now.changed", "yes")
    journal.save(f"{form}.{word}", [option])
    assert gate in {one.id for one in journal.gates() if one.state == "closed"}
    clock[0] += timedelta(seconds=seconds)
    journal.save(f"{form}.{word}", right)
    assert (gate not in {one.id for one in journal.gates() if one.state == "closed"}) == opens
    journal.close()
    again = Journal.open(tmp_path / "journal", now=lambda: clock[0])  # as another page reads it
    assert (gate not in {one.id for one in again.gates() if one.state == "closed"}) == opens
    assert ({event["gate"]: event["change"] for event in again.gate_events()}[gate] == "opened") == opens
    if not opens:
        item = f"{form}.reached"
        assert item in asked(again, form), "the way back is asked also when the answer that closed is taken back"
        again.save(item, "contact")
        assert gate not in {one.id for one in again.gates() if one.state == "closed"}
    again.close()


def asked(journal: Journal, form: str) -> set[str]:
    """The questions a form shows now."""
    exercise, here = journal.workbook.exercise(form), journal.responses_for(form, journal.occasion_now(form))
    return shown.active(exercise, shown.seen_by(exercise, shown.latest(journal.responses()), here))


def test_a_slip_on_another_page_is_an_answer_of_its_own(tmp_path: Path) -> None:
    """A no told on one page and taken back on another within a minute was said, and stays."""
    clock = [NOW]
    journal = Journal.create(tmp_path / "journal", now=lambda: clock[0])
    answer_safely(journal.save)
    journal.save("start.safety.between_us", ["said_no"], page="one page")
    clock[0] += MINUTE
    journal.save("start.safety.between_us", ["both"], page="another")
    assert "G7" in {one.id for one in journal.gates() if one.state == "closed"}
    journal.close()


def test_contradictions_close() -> None:
    """“Both of us want to” beside a no, or “none of these” beside a wish for time, is a no and a wish for time."""
    assert "G7" in closed(stand({"start.safety.between_us": ["said_no", "both"]}))
    assert "G7_space" in closed(stand({"start.safety.between_us": ["space", "none"]}))
    assert "G4" in closed(stand({"start.safety.harmed_them": ["hit", "none"]}))
    assert "G2" in closed(stand({"start.now.thoughts": ["wish_dead", "none"]}))


def test_the_same_word_in_another_form_is_another_question() -> None:
    """“They reached out” asks about fear of its own: it points to the safety questions, and is not one of them."""
    told = answers() | {("communication.reached_out.afraid", "2026-11-23"): Response("yes", "answered", THEN)}
    assert closed(safety.standing(WORKBOOK, told, NOW)) == set()


def test_what_calms_and_asks_nothing_is_open_under_every_rule() -> None:
    """A card with nothing to type is there before the first question, for the young, and in a crisis."""
    plan = WORKBOOK.exercise("safety-plan.plan")
    note = next(item for item in WORKBOOK.exercise("start.privacy").items if item.kind == "note")
    card = plan.model_copy(update={"id": "safety-plan.card", "items": (note,)})
    chapters = tuple(
        chapter.model_copy(update={"exercises": (*chapter.exercises, card)}) if chapter.id == "safety-plan" else chapter
        for chapter in WORKBOOK.chapters
    )
    workbook = WORKBOOK.model_copy(update={"chapters": chapters})
    for told in ({}, answers({"start.safety.under_18": "yes"}), answers({"start.now.thoughts": ["suicide"]})):
        standing = safety.standing(workbook, told, NOW)
        assert standing.closing("safety-plan.card") is None
        assert standing.closing("start.hopes") is not None


def test_someone_who_is_afraid_may_calm_down_and_is_not_asked_to_come_back() -> None:
    """Under G3 the pause is open without its words to another person; without fear it is whole."""
    pause = {item.id for item in WORKBOOK.exercise("communication.pause").items}
    for changed in ({"start.safety.afraid": "yes"}, {"start.safety.hurt_by_them": "unsure"}):
        standing = stand(changed)
        assert standing.closing("communication.pause") is None
        assert pause & standing.hidden == {"communication.pause.words", "communication.pause.back"}
        open_there = {e.id for e in WORKBOOK.exercises if e.chapter_id == "communication"} - set(standing.closings)
        assert open_there == {"communication.pause"}
    assert pause & stand().hidden == set()


# --- what was done since a no ---


@pytest.mark.parametrize(
    ("acts", "found"),
    [
        (["none"], "none"),
        (["contacted"], "some"),
        (["turned_up"], "some"),
        (["unsure"], "some"),
        (["contacted", "turned_up"], "grave"),
        (["contacted", "unsure"], "grave"),
        (["contacted_often"], "grave"),
        (["followed"], "grave"),
        (["tracked"], "grave"),
        (["threatened"], "grave"),
        (SKIP, "some"),
        ([], None),
    ],
)
def test_two_kinds_of_acts_or_a_grave_one(acts: object, found: str | None) -> None:
    """One kind is a pause from contact; two, or following, tracking, threats, many messages, need a specialist."""
    known = facts.Facts(WORKBOOK, answers({"start.safety.acts": acts}), (), (), NOW)
    assert facts.pursuit(known) == found


def test_one_notice_where_two_rules_say_the_same() -> None:
    """Someone who followed and wrote reads that this has to stop, and not beside it that it is a pause."""
    standing = stand({"start.safety.acts": ["followed", "contacted"], "start.safety.between_us": ["space"]})
    assert closed(standing) == {"G6_severe", "G6", "G7_space", "both_willing"}
    assert [notice.gate for notice in standing.notices] == ["G6_severe"]


def test_one_message_has_a_way_back_and_following_has_none() -> None:
    """When they ask for contact later, a message sent before no longer closes; following still does."""
    later = {"start.safety.reached": "contact"}
    assert closed(stand({"start.safety.acts": ["contacted"], **later})) == set()
    assert closed(stand({"start.safety.acts": ["followed"], **later})) == {"G6_severe"}


# --- for two ---

NEVER_FOR_TWO = {
    "G3": {"start.safety.afraid": "yes"},
    "G4": {"start.safety.they_fear_me": "yes"},
    "G5": {"start.safety.binds_me": "yes"},
    "G5_protects": {"start.safety.protects_me": "yes"},
    "G6": {"start.safety.acts": ["others"]},
    "G6_severe": {"start.safety.acts": ["tracked"]},
}


@pytest.mark.parametrize("changed", NEVER_FOR_TWO.values(), ids=NEVER_FOR_TWO)
def test_nothing_for_two_where_one_may_be_afraid_or_bound(changed: dict[str, object]) -> None:
    """“When both are willing” is closed under G3 to G6 though both are said to want it."""
    assert stand().closing("communication.together") is None
    assert stand(changed).closing("communication.together") is not None


@pytest.mark.parametrize("answer", ["afraid", "hurt_by_them"])
def test_what_two_still_share_is_settled_by_others_where_one_is_afraid(answer: str) -> None:
    """Someone who is afraid gets no form for writing to them, and reads who can settle it and whom to call."""
    closing = stand({f"start.safety.{answer}": "yes"}).closings["communication.shared"]
    assert closing.gates[0] == "G3"
    assert "you do not have to settle that with them yourself" in closing.reason_html
    assert closing.resources == ("abuse", "crisis", "abused-legal")
    for other in ("G4", "G5", "G6"):
        assert stand(NEVER_FOR_TWO[other]).closing("communication.shared") is None


@pytest.mark.parametrize("option", ["none", "i_ended", "living"])
def test_for_two_only_when_both_want_it(option: str) -> None:
    """Living together, or having ended it, is no yes of both; nothing else closes."""
    standing = stand({"start.safety.between_us": [option]})
    assert (closed(standing), set(standing.closings)) == ({"both_willing"}, {"communication.together"})
    assert standing.notices == ()


# --- the story, and numbers inside an exercise ---


def test_only_the_story_counts_as_the_story() -> None:
    """Ten thousand letters in a plan or a list close nothing; in a story they rest it."""
    for item, rests in (("space.boundary.limits", False), ("responsibility.incident.camera", True)):
        words = next(
            i.id for i in WORKBOOK.exercise(item.rpartition(".")[0]).items if i.kind == "longtext" and not i.retired
        )
        told = answers() | {(words, "2026-11-23"): Response("x" * 10_000, "answered", THEN)}
        assert ("G10" in closed(safety.standing(WORKBOOK, told, NOW))) == rests


DISTRESS = WORKBOOK.measures.distress
RULERS = [item.id for item in WORKBOOK.items if not item.retired and item.word in {*DISTRESS, *DISTRESS.values()}]


@pytest.mark.parametrize("item", RULERS)
@pytest.mark.parametrize("number", [6, 7, 10])
def test_a_high_number_in_an_exercise_rests_it_and_contact(item: str, number: int) -> None:
    """From 7 on, that exercise and contact rest for a day; a 6 does nothing; no other exercise closes."""
    told = answers() | {(item, "2026-11-23"): Response(number, "answered", THEN)}
    standing = safety.standing(WORKBOOK, told, NOW)
    assert set(standing.closings) == (CONTACT | {item.rpartition(".")[0]} if number >= 7 else set())
    day_later = {key: Response(r.value, r.status, NOW + timedelta(days=1)) for key, r in answers().items()}
    over = safety.standing(WORKBOOK, told | day_later, THEN + timedelta(days=1))
    assert "G11_inside" not in closed(over)


@pytest.mark.parametrize("item", RULERS)
def test_what_a_high_number_does_is_said_beforehand(item: str) -> None:
    """The question itself says that from 7 on the page rests, so that nobody learns to answer 6."""
    assert "From 7 on" in (WORKBOOK.item(item).help or "")


@pytest.mark.parametrize(("number", "rests"), [(6, False), (7, True)])
def test_a_high_number_right_now_leaves_what_calms(number: int, rests: bool) -> None:
    """From 7 on only the calming pages are open; the questions of the first page are not among them."""
    standing = stand({"start.now.stirred": number})
    assert (standing.closing("start.hopes") is not None) == rests
    assert (standing.closing("start.rulers") is not None) == rests
    assert (standing.closing("start.safety") is not None) == rests
    assert standing.closing("space.urges") is None


# --- journals that answered earlier wordings ---

OLD = [
    ("start.safety.suicide", "yes", "G2"),
    ("start.recheck.suicide", "unsure", "G2"),
    ("start.safety.harm_others", "yes", "G2"),
    ("start.safety.hurt_them", "yes", "G4"),
    ("start.recheck.hurt_them", "unsure", "G4"),
    ("start.safety.legal", "yes", "G5"),
    ("start.recheck.legal", SKIP, "G5"),
    ("start.recheck.afraid", "yes", "G3"),
    ("start.safety.their_no", ["said_no"], "G7"),
    ("start.recheck.their_no", ["blocked"], "G7"),
    ("start.safety.their_no", SKIP, "G7"),
    ("start.safety.their_no", ["space"], "G7_space"),
    ("start.safety.their_no", ["silence"], "G7_silence"),
    ("start.safety.since_no", ["contacted"], "G6"),
    ("start.safety.since_no", ["contacted_again"], "G6_severe"),
    ("start.recheck.since_no", ["followed"], "G6_severe"),
    ("start.safety.arousal", 7, "G11"),
    ("start.safety.drunk_or_high", "yes", "G11"),
]


@pytest.mark.parametrize(("item", "value", "gate"), OLD)
def test_an_answer_to_an_earlier_wording_still_closes(item: str, value: object, gate: str) -> None:
    """A journal begun before the questions changed is closed by what closed it, in words that are true of it."""
    given = Response(None, "skipped", THEN) if value is SKIP else Response(value, "answered", THEN)
    standing = safety.standing(WORKBOOK, {(item, "once"): given}, NOW)
    assert gate in closed(standing)
    assert all(standing.closing(exercise) for exercise in MESSAGES)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("start.safety.suicide", "no"),
        ("start.safety.hurt_them", "no"),
        ("start.safety.legal", "no"),
        ("start.safety.their_no", ["none"]),
        ("start.safety.since_no", ["none"]),
        ("start.safety.reached_out", "yes"),
    ],
)
def test_what_opened_in_an_earlier_wording_is_asked_anew(item: str, value: object) -> None:
    """A no to an earlier question is no answer to the one of now, so contact waits for it."""
    standing = safety.standing(WORKBOOK, {(item, "once"): Response(value, "answered", THEN)}, NOW)
    assert closed(standing) <= {"recheck"}
    assert all(standing.closing(exercise) for exercise in MESSAGES)


def test_the_answer_of_now_stands_above_the_earlier_one() -> None:
    """Someone who answered yes once and answers no to the new question a week later is believed."""
    old = [_past("start.safety.suicide", "yes", NOW - timedelta(days=7)), _past("start.safety.legal", "yes", NOW)]
    later = NOW + timedelta(hours=4)
    assert closed(safety.standing(WORKBOOK, answers(at=later), later, history=old)) == set()


# --- words ---


def _each_answer() -> list[tuple[str, str, object]]:
    found: list[tuple[str, str, object]] = []
    for gate in WORKBOOK.gates:
        for key in gate.said:
            item, _, option = key.rpartition(".")
            if key.startswith("measured.") or option == "earlier":
                continue
            options = getattr(next((i for i in WORKBOOK.items if i.id == item), None), "options", None)
            value: object = [option] if options else 7 if key.endswith("stirred") else "yes"
            found.append((gate.id, item if options else key, value))
    return found


@pytest.mark.parametrize(("gate", "item", "value"), _each_answer())
def test_every_sentence_is_true_of_the_answer_behind_it(gate: str, item: str, value: object) -> None:
    """Each answer alone, where it closes, is named in the reason, and no other answer is."""
    changed = {item: value} if gate != "G6_severe" or value in (["unsure"],) else {item: [*value, "followed"]}  # type: ignore[misc]  # a list
    standing = stand(changed)
    by_gate = next(one for one in standing.gates if one.id == gate)
    if by_gate.state != "closed":
        assert (gate, value) == ("G6_severe", ["unsure"])
        return
    reasons = [closing.reason_html for closing in standing.closings.values() if closing.gates[0] == gate]
    for reason in reasons:
        assert "{" not in reason
        assert words.say("safety.earlier") not in reason
        ticked = set(changed[item]) if isinstance(value, list) else set()  # type: ignore[call-overload]  # a list
        for key, clause in GATES[gate].said.items():
            named = key.rpartition(".")[2] in ticked if ticked else key == item
            if not any(clause in other for other in GATES[gate].said.values() if other != clause):
                assert (clause in reason) == named, clause


def test_a_rule_a_counselor_keeps_closed_says_so_and_claims_nothing() -> None:
    """Someone who answered no is not told that they said yes because a counselor closed the rule."""
    standing = stand(tighten={"G7": {"closed": "yes"}, "G4": {"closed": "yes"}})
    closing = standing.closings["communication.message"]
    assert closing.reason_html == f"<p>{words.say('safety.kept_closed')}</p>"
    assert standing.notices == ()


def test_a_rule_a_counselor_kept_closed_opens_when_they_let_it_go() -> None:
    """No answer closed it, so the log holds no closing that only the other person's wish could undo."""
    before, kept = stand(), stand(tighten={"G7": {"closed": "yes"}})
    assert safety.changes(before, kept, NOW) == ()
    assert [gate.id for gate in kept.gates if gate.kept] == ["G7"]
    assert safety.changes(before, stand({"start.safety.between_us": ["blocked"]}), NOW) == tuple(
        {"gate": gate, "change": "closed", "at": NOW} for gate in ("G7", "both_willing")
    )


@pytest.mark.parametrize("gate", ["G4", "G5"])
def test_that_it_can_be_asked_for_in_court_comes_first(gate: str) -> None:
    """Before anyone who did harm, or is bound, writes on, they read that what they write can be asked for in court."""
    assert GATES[gate].reason.startswith("**Before you write more: what you write here can be asked for in court.**")
    assert (GATES[gate].notice or "").startswith("**What you write here can be asked for in court.**")
    privacy = [text for item in WORKBOOK.exercise("start.privacy").items for text in (item.prompt, item.help) if text]
    assert sum("**What you write here can be asked for in court**" in text for text in privacy) == 1


# --- whom to call ---

FOR_THE_HURT = {"abuse", "abused-legal"}
FOR_WHO_HURTS = {"abusers", "abusers-legal"}
ROLE = dict.fromkeys(("G3", "G5_protects"), FOR_WHO_HURTS) | dict.fromkeys(
    ("G4", "G5", "G6", "G6_severe", "G7", "G7_space", "G7_silence", "G7_mixed"), FOR_THE_HURT
)
HOURS = [NOW.replace(hour=hour) + timedelta(days=day) for day in (0, 5) for hour in (2, 14)]  # Monday and Saturday
CALLING = [gate.id for gate in WORKBOOK.gates if gate.resources]


@pytest.mark.parametrize("region", [*helplines.regions(), None])
@pytest.mark.parametrize("gate", CALLING)
def test_the_lines_fit_the_role_and_someone_answers_now(region: str | None, gate: str) -> None:
    """Never a victims' line for someone who pursues, nor the reverse; an adult is answered now; always an emergency."""
    lines = helplines.helplines(region or "elsewhere")
    for now in HOURS:
        told = helplines.brief(region, GATES[gate].resources, now)
        emergency = next(line for line in lines if "emergency" in line.kinds)
        assert any(emergency.number in one for one in told if emergency.number)
        shown = [line for one in told for line in lines if f"<b>{helplines.escape(line.name)}</b>" in one]
        first = next(line for line in shown if "emergency" not in line.kinds)
        assert gate == "G1" or not first.young
        answered = [
            line for line in lines if helplines.is_open(line, now) and set(line.kinds) & set(GATES[gate].resources)
        ]
        assert helplines.is_open(first, now) or not [line for line in answered if not line.young]
        wrong = ROLE.get(gate, set())
        assert [line.id for line in shown if set(line.kinds) & wrong and not set(line.kinds) - wrong] == []


@pytest.mark.parametrize(
    ("hours", "day", "time", "answers"),
    [
        ("always", 0, "03:00", True),
        (None, 0, "12:00", None),
        ("15:00-24:00", 6, "14:59", False),
        ("15:00-24:00", 6, "15:00", True),
        ("15:00-24:00", 6, "23:59", True),
        ("mon-fri 10:00-20:00", 0, "10:00", True),
        ("mon-fri 10:00-20:00", 2, "12:00", True),
        ("mon-fri 10:00-20:00", 4, "19:59", True),
        ("mon-fri 10:00-20:00", 4, "20:00", False),
        ("mon-fri 10:00-20:00", 5, "12:00", False),
    ],
)
def test_a_line_is_open_when_its_hours_say_so(hours: str | None, day: int, time: str, answers: bool | None) -> None:
    """By the clock on the wall; hours that nobody wrote down are not known."""
    line = helplines.Line("x", "X", (), "1", None, None, None, hours, None, False, (), "us", None, False, None)
    at = datetime.fromisoformat(f"2026-11-{23 + day}T{time}:00+00:00")
    assert helplines.is_open(line, at) is answers


@pytest.mark.parametrize("region", helplines.regions())
def test_the_list_says_for_whom_a_line_is_and_whether_it_was_checked(region: str) -> None:
    """Nobody calls a line that is for others, or one that nobody looked up, without knowing it."""
    for line in helplines.helplines(region):
        said = head._line(line)
        whom = f" ({line.who} only)" if line.who else ""
        known = f"last checked {line.last_checked}" if line.verified else "not checked by us yet"
        assert said.startswith(f"<li><strong>{helplines.escape(line.name)}</strong>{whom}<"), said
        assert said.endswith(f"<small>{known}</small></li>"), said


def test_every_zone_belongs_to_one_region() -> None:
    """The guess of where someone is has one answer."""
    zones = [zone for region in helplines.regions() for zone in helplines.zones(region)]
    assert len(zones) == len(set(zones)) > 30
    assert not [(a, b) for a, b in itertools.permutations(zones, 2) if a.endswith("/") and b.startswith(a)]


@pytest.mark.parametrize("gate", [gate.id for gate in WORKBOOK.gates if gate.notice])
def test_a_page_says_what_a_notice_is_called_once(gate: str) -> None:
    """Its title stands above it, so its words do not begin with the same words again; numbers stay where they were."""
    one, journal = GATES[gate], SimpleNamespace(region="US", now=lambda: NOW)
    for urgent in ("", "after", "first"):
        notice = safety.Notice(one.id, one.title, str(one.notice), one.resources, urgent)  # type: ignore[arg-type]  # one of three
        told = pages._told(journal, notice)  # type: ignore[arg-type]  # only what it reads
        assert f"<strong>{one.title}.</strong>" not in told
        assert (told.startswith("<ul>"), told.endswith("</ul>")) == (urgent == "first", urgent == "after")


def test_the_warning_stands_above_the_safety_plan_until_its_questions_are_answered(tmp_path: Path) -> None:
    """Only the page that asks who can see the device does not repeat that this is asked first."""
    with Journal.create(tmp_path / "journal", now=lambda: NOW) as journal:
        at = {one: [each.gate for each in pages._notices(journal, one)] for one in ("start", "safety-plan", "space")}
        assert at == {"start": [], "safety-plan": ["G0"], "space": ["G0"]}
        answer_safely(journal.save)
        assert [pages._notices(journal, one) for one in ("start", "safety-plan")] == [(), ()]
        journal.save("start.privacy.watched", "yes")
        at = {one: [each.gate for each in pages._notices(journal, one)] for one in ("start", "safety-plan")}
        assert at == {"start": ["G0"], "safety-plan": ["G0"]}  # now it is a warning, for every page
