"""Gates: what closes them, which pages they close, what they show, and that doubt never opens anything."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.safe_answers import SAFE, answer_safely
from workbook import definition, resources, words
from workbook.answers.kinds import Response
from workbook.definition.items import TAGS
from workbook.errors import Closed, Refused
from workbook.journal import Journal
from workbook.safety import gates as safety
from workbook.safety import helplines, judgements
from workbook.safety import settings as rules

WORKBOOK = definition.load()
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
EARLIER = NOW - timedelta(minutes=10)
CONTACT = [e.id for e in WORKBOOK.exercises if {"contact", "outreach", "draft", "together"} & set(e.tags)]
GATES = [gate.id for gate in WORKBOOK.gates]
OPEN = [e.id for e in WORKBOOK.exercises if not e.retired]
CALM = {e.id for e in WORKBOOK.exercises if "calming" in e.tags}
SKIP, BLANK = object(), object()
RECHECKED: dict[str, object] = {"thoughts": ["none"], "harm_others": "no", "stirred": 3, "drunk_or_high": "no"}

# One answer that closes each row, and only it (a severe row closes its mild one too).
CLOSES = {
    "G0": ("start.privacy.shared_device", "yes"),
    "G1": ("start.safety.under_18", "yes"),
    "G2": ("start.now.thoughts", ["suicide"]),
    "G3": ("start.safety.afraid", "yes"),
    "G5_protects": ("start.safety.protects_me", "yes"),
    "G4": ("start.safety.harmed_them", ["controlled"]),
    "G5": ("start.safety.binds_me", "yes"),
    "G6_severe": ("start.safety.acts", ["followed"]),
    "G6": ("start.safety.acts", ["contacted"]),
    "G7": ("start.safety.between_us", ["both", "said_no"]),
    "G7_space": ("start.safety.between_us", ["both", "space"]),
    "G7_silence": ("start.safety.between_us", ["both", "silence"]),
    "G7_mixed": ("start.safety.between_us", ["both", "mixed"]),
    "both_willing": ("start.safety.between_us", ["i_ended"]),
    "G8": ("start.safety.affair", "yes"),
    "G9": ("start.wellbeing.sleep", [0, 0, 0, 1, 1]),
    "G11": ("start.now.stirred", 7),
}


def respond(value: object, at: datetime = EARLIER) -> Response:
    return Response(None, "skipped", at) if value is SKIP else Response(value, "answered", at)


def responses(changed: dict[str, object] | None = None, at: datetime = EARLIER) -> dict[tuple[str, str], Response]:
    """Every safe answer, with some changed, skipped or left blank."""
    answers = SAFE | (changed or {})
    if isinstance(low := answers["start.wellbeing.sleep"], list):  # all five at once
        words = ("sleep", "meals", "tasks", "company", "ease")
        answers |= {f"start.wellbeing.{word}": value for word, value in zip(words, low, strict=True)}
    return {
        (item, "2026-11-23" if item.startswith(("start.wellbeing", "start.now")) else "once"): respond(value, at)
        for item, value in answers.items()
        if value is not BLANK
    }


def stand(changed: dict[str, object] | None = None, now: datetime = NOW, **more: object) -> safety.Standing:
    return safety.standing(WORKBOOK, responses(changed), now, **more)


def version(
    item: str, value: object, at: datetime, occasion: str = "once", status: str = "answered"
) -> SimpleNamespace:
    return SimpleNamespace(item=item, occasion=occasion, value=value, status=status, answered_at=at)


def states(standing: safety.Standing) -> dict[str, str]:
    return {gate.id: gate.state for gate in standing.gates if gate.state != "open"}


def shut(standing: safety.Standing) -> set[str]:
    return set(standing.closings)


# --- nothing in the way ---


def test_safe_answers_open_everything() -> None:
    """Someone for whom nothing speaks against it can use the whole workbook."""
    standing = stand()
    assert states(standing) == {}
    assert shut(standing) == set()
    assert (standing.notices, standing.track, standing.hidden, standing.recheck_due) == (
        (),
        "principles",
        frozenset(),
        False,
    )


def test_contact_exercises_are_known() -> None:
    """The exercises that could lead to contact carry the tags that close them."""
    assert {"responsibility.apology", "communication.message"} <= set(CONTACT)
    assert {"contact", "outreach", "draft"} <= set(WORKBOOK.exercise("communication.message").tags)
    assert {"contact", "draft"} <= set(WORKBOOK.exercise("responsibility.apology").tags)


def test_nothing_is_typed_before_the_privacy_question() -> None:
    """With no answer at all, only the privacy questions and the safety plan are open, and each page says why."""
    standing = safety.standing(WORKBOOK, {}, NOW)
    assert set(standing.closings) == set(OPEN) - {"start.privacy", "safety-plan.plan"}
    assert {closing.title for closing in standing.closings.values()} == {"Who else can read this?"}
    assert [notice.gate for notice in standing.notices] == ["G0"]


@pytest.mark.parametrize("word", ["thoughts", "harm_others", "stirred", "drunk_or_high"])
def test_before_the_four_questions_only_what_calms_is_open(word: str) -> None:
    """With one of “right now” never answered, everything but the calming pages waits, and one sentence says so."""
    standing = stand({f"start.now.{word}": BLANK})
    assert set(OPEN) - shut(standing) == {"start.privacy", "start.now"} | CALM
    assert {standing.closings[id].title for id in shut(standing)} == {"First, how are you right now?"}
    assert [notice.gate for notice in standing.notices] == ["now"]
    assert "now" not in states(stand({f"start.now.{word}": SKIP}))  # declined is asked, and closes by its own rule


def test_a_safety_plan_waits_for_no_question() -> None:
    """It is open before anything is answered, and under each rule alone."""
    first = {key: r for key, r in responses().items() if key[0].startswith("start.privacy")}
    for told in ({}, first):
        assert safety.standing(WORKBOOK, told, NOW).closing("safety-plan.plan") is None
    closing = {gate for gate, (item, value) in CLOSES.items() if stand({item: value}).closing("safety-plan.plan")}
    assert closing == set()


def test_blank_safety_check_closes_what_could_lead_to_contact() -> None:
    """After the first questions, blanks keep contact closed while plain exercises open."""
    first = {key: r for key, r in responses().items() if key[0].startswith(("start.privacy", "start.now"))}
    standing = safety.standing(WORKBOOK, first, NOW)
    assert set(CONTACT) <= set(standing.closings)
    assert (
        standing.closing("start.safety")
        is standing.closing("space.boundary")
        is standing.closing("moving-on.support")
        is None
    )
    assert not standing.recheck_due


@pytest.mark.parametrize(
    ("left", "said"),
    [(("afraid",), "1 question is still blank."), (("afraid", "acts", "affair"), "3 questions are still blank.")],
)
def test_a_page_that_waits_says_how_many_are_blank(left: tuple[str, ...], said: str) -> None:
    """Each question left blank is counted once, whichever rules ask it; one that was answered is not."""
    closing = stand({f"start.safety.{word}": BLANK for word in left}).closing("communication.message")
    assert closing is not None
    assert said in closing.reason_html


# --- each row ---


@pytest.mark.parametrize(("gate", "answer"), CLOSES.items())
def test_each_row_closes_on_its_answer(gate: str, answer: tuple[str, object]) -> None:
    """Each row of the table closes on its own answer, and on no more than that."""
    expected = {gate, "G6"} if gate == "G6_severe" else {gate}
    assert states(stand(dict([answer]))) == dict.fromkeys(expected, "closed")


IN = {name: {e.id for e in WORKBOOK.exercises if e.chapter_id == name} for name in ("responsibility", "communication")}
TAGGED = {tag: {e.id for e in WORKBOOK.exercises if tag in e.tags} for tag in TAGS}
MESSAGES = TAGGED["contact"] | TAGGED["outreach"]
TOGETHER = TAGGED["together"]
ABOUT_ME = {"start.rulers", "space.rating", "improvement.rating", "improvement.habit", "improvement.lapse"}
SHUTS = {
    "G0": set(),
    "G1": set(OPEN) - {"start.privacy", "start.now", "start.safety"} - CALM,
    "G2": set(OPEN) - {"start.privacy", "start.now"} - CALM,
    "G3": IN["responsibility"]
    | (IN["communication"] - {"communication.pause"})
    | set(CONTACT)
    | TAGGED["repair"]
    | TAGGED["own-fault"]
    | ABOUT_ME,
    "G5_protects": set(CONTACT) | TAGGED["repair"],
    "G4": set(CONTACT),
    "G5": set(CONTACT),
    "G6_severe": set(CONTACT),
    "G6": set(CONTACT),
    "G7": set(CONTACT),
    "G7_space": MESSAGES | TOGETHER,
    "G7_silence": MESSAGES | TOGETHER,
    "G7_mixed": MESSAGES | TOGETHER,
    "both_willing": TOGETHER,
    "G8": {
        *CONTACT,
        *(f"responsibility.{word}" for word in ("rating", "shares", "pattern", "statement", "change", "guilt")),
    },
    "G9": set(),
    "G11": set(OPEN) - {"start.privacy", "start.now"} - CALM,
}


@pytest.mark.parametrize(("gate", "answer"), CLOSES.items())
def test_each_row_closes_the_pages_it_names(gate: str, answer: tuple[str, object]) -> None:
    """Each row closes exactly what the table says; each has a reason, a next step and, where needed, help."""
    standing = stand(dict([answer]))
    assert shut(standing) == SHUTS[gate]
    for closing in map(standing.closing, SHUTS[gate]):
        assert closing is not None
        assert closing.gates[0] == gate
        assert closing.title
        assert closing.reason_html.startswith("<p>")
        assert closing.instead
        assert closing.resources or gate == "both_willing"  # nobody needs a line because they ended it
        ways = [href.partition("#") for _, href in closing.instead]
        notebooks = {f"{chapter.notebook}.ipynb": chapter.id for chapter in WORKBOOK.chapters}
        named = [(notebooks[page], WORKBOOK.exercise(id)) for page, _, id in ways if id]
        assert {page for page, _, _ in ways} <= set(notebooks)
        assert [
            (chapter, one.id) for chapter, one in named if one.chapter_id != chapter or standing.closing(one.id)
        ] == []


# Where the words at the top of a page send someone, or what they say is open.
LEADS = {
    **dict.fromkeys(("G1", "G2", "G11"), CALM),
    "G6_severe": {"space.plan"},
    "G6": {"space.urges"},
    "G7": {e.id for e in WORKBOOK.exercises if e.chapter_id == "moving-on"},
    "G7_space": {"space.boundary", "responsibility.statement", "improvement.habit", "moving-on.self"},
    "G7_silence": {"space.boundary", "responsibility.statement", "improvement.habit", "moving-on.self"},
    "G7_mixed": {"space.boundary", "responsibility.statement", "improvement.habit"},
    "G8": {"responsibility.incident", "responsibility.take"},
    "G10": {"improvement.plans"},
}


def misled(standing: safety.Standing) -> list[tuple[str, str]]:
    """Return what the words at the top of a page send someone to although it is closed."""
    return [(one.gate, id) for one in standing.notices for id in LEADS.get(one.gate, ()) if standing.closing(id)]


PAIRS = [pair for pair in itertools.combinations(CLOSES, 2) if CLOSES[pair[0]][0] != CLOSES[pair[1]][0]]


@pytest.mark.parametrize(("low", "high"), PAIRS)
def test_of_two_rows_both_close_and_the_higher_speaks(low: str, high: str) -> None:
    """For all pairs the higher row's effect holds; nobody is sent to what is closed, nor told of their part in fear."""
    (first, one), (second, other) = CLOSES[low], CLOSES[high]
    standing = stand({first: one, second: other})
    assert set(standing.closings) >= SHUTS[low] | SHUTS[high]
    serving = "G2" if "G2" in (low, high) else low
    for exercise in SHUTS[serving]:
        assert standing.closings[exercise].gates[0] == serving
    hurt, hurts = {"abuse", "abused-legal"}, {"abusers", "abusers-legal"}  # a page speaks to one of the two
    kinds = {id: {*closing.resources} for id, closing in standing.closings.items()}
    assert [id for id, offered in kinds.items() if offered & hurt and offered & hurts] == []
    assert misled(standing) == []
    ways = {href.partition("#")[2] for closing in standing.closings.values() for _, href in closing.instead}
    assert [id for id in ways if standing.closing(id)] == []


def test_two_answers_to_one_question_send_nobody_to_what_is_closed() -> None:
    """A no beside a wish for time, mixed signs after a no: one way is shown, and it is open."""
    given = [value for item, value in CLOSES.values() if item == "start.safety.between_us"]
    for one, other in itertools.combinations(given, 2):
        assert misled(stand({"start.safety.between_us": [*one, *other]})) == []  # type: ignore[misc]  # two lists


def test_who_prefers_not_to_say_finds_open_what_helps() -> None:
    """Each question met and none answered: a crisis page that is true, with what calms open, and no word of an age."""
    standing = stand(dict.fromkeys(SAFE, SKIP))
    assert [notice.gate for notice in standing.notices] == ["G2"]
    assert set(OPEN) - shut(standing) == {"start.privacy", "start.now"} | CALM
    young = stand({"start.safety.under_18": SKIP}).closings["start.want"].reason_html
    assert young.startswith(
        "<p>You were not sure whether you are under 18, or chose not to say. To be on the safe side"
    )


def test_crisis_page_comes_first() -> None:
    """G2 is the only notice and the first reason whatever else is closed; nothing is scored."""
    everything = dict(CLOSES.values()) | {"start.safety.acts": ["followed", "threatened"]}
    standing = stand(everything)
    assert [notice.gate for notice in standing.notices] == ["G2"]
    assert {standing.closings[id].title for id in SHUTS["G2"]} == {"You first"}
    assert standing.notices[0].resources[0] == "crisis"
    assert not standing.scored("responsibility")


def test_fear_is_served_before_harm_done() -> None:
    """Someone afraid who also did harm: the page offers lines for the hurt alone, the other rule's notice its own."""
    standing = stand({"start.safety.afraid": "yes", "start.safety.they_fear_me": "yes"})
    closing = standing.closing("responsibility.apology")
    assert closing is not None
    assert closing.gates[:2] == ("G3", "G4")
    assert closing.resources == ("abuse", "crisis", "abused-legal")
    assert [(notice.gate, notice.resources) for notice in standing.notices] == [
        ("G3", ("abuse", "crisis", "abused-legal")),
        ("G4", ("abusers", "crisis", "abusers-legal")),
    ]


def test_prompts_on_own_fault_are_hidden_from_someone_who_is_afraid() -> None:
    """G3 hides single questions about fault, not only whole exercises, and leaves nothing to score there."""
    standing = stand({"start.safety.hurt_by_them": "unsure"})
    tagged = {item.id for item in WORKBOOK.items if "own-fault" in item.tags}
    assert tagged
    assert tagged <= standing.hidden
    assert not [scale.id for scale in WORKBOOK.scales if standing.scored(scale.id)]
    assert standing.track == "moving-on"


def test_after_a_disclosure_only_feelings_stay() -> None:
    """G8 leaves the feelings of the incident and hides the rest."""
    standing = stand({"start.safety.affair": "yes"})
    assert standing.closing("responsibility.incident") is None
    left = {item.word for item in WORKBOOK.exercise("responsibility.incident").items if item.id not in standing.hidden}
    assert "feelings" in left
    assert not left & {"camera", "their_view", "my_part", "trigger", "differently"}


@pytest.mark.parametrize("gate", ["G5", "G6", "G6_severe", "G7"])
def test_moving_on_is_the_default_path(gate: str) -> None:
    """Where contact is closed for good reason, moving on is the main path, and it is open."""
    standing = stand(dict([CLOSES[gate]]))
    assert standing.track == "moving-on"
    assert not [id for id in standing.closings if id.startswith("moving-on") and id not in CONTACT]


@pytest.mark.parametrize(
    ("acts", "severe"),
    [
        (["contacted"], False),
        (["turned_up"], False),
        (["others"], False),
        (["unsure"], False),
        (["contacted_often"], True),
        (["tracked"], True),
        (["threatened"], True),
        (["contacted", "turned_up"], True),
        (["others", "fake"], True),
        (SKIP, False),
    ],
)
def test_two_acts_or_a_grave_one_are_severe(acts: object, severe: bool) -> None:
    """Any contact since a no closes outreach; two kinds, repeats, following, tracking or threats name a specialist."""
    closed = states(stand({"start.safety.acts": acts}))
    assert closed == ({"G6_severe": "closed"} if severe else {}) | {"G6": "closed"}


TICKED = {item.id for item in WORKBOOK.items if item.kind == "choices"}
DOUBTS = [
    (item, value)
    for item in SAFE
    if not item.startswith("start.wellbeing")
    for value in (["unsure"] if item in TICKED else "unsure", SKIP)
    if (item, value) != ("start.now.stirred", "unsure")  # a ruler has none
]


@pytest.mark.parametrize(("item", "value"), DOUBTS)
def test_unsure_and_prefer_not_to_say_count_as_yes(item: str, value: object) -> None:
    """Each safety question closes its gate when the answer is unsure or withheld."""
    standing = stand({item: value})
    assert "closed" in states(standing).values()


@pytest.mark.parametrize("item", [item for item in SAFE if item.startswith(("start.safety", "start.now"))])
def test_each_blank_keeps_contact_closed(item: str) -> None:
    """Leaving any one safety question blank keeps contact exercises closed."""
    standing = stand({item: BLANK})
    for exercise in CONTACT:
        assert standing.closing(exercise) is not None


# --- doubt never opens ---

FREE = {"none", "i_ended", "living", "both"}  # what closes no page that could lead to contact, but those for two
BLOCKING: list[tuple[str, object]] = [
    (item, value)
    for item in SAFE
    if item.startswith(("start.now", "start.safety", "start.privacy"))
    for value in (
        ([[one] for one in WORKBOOK.item(item).options if one not in FREE] + [[], ["none", "unsure"]])
        if item in TICKED
        else [7, 10]
        if item.endswith("stirred")
        else ["yes", "unsure"]
    )
    + [SKIP, BLANK]
]
BLOCKING = [pair for pair in BLOCKING if "privacy" not in pair[0] or pair[1] is BLANK]  # a warning, not a closing
ONE_EACH = [(item, value) for gate, (item, value) in CLOSES.items() if gate not in ("G0", "G9")]
ONE_EACH += [(item, BLANK) for item in dict.fromkeys(item for item, _ in BLOCKING)] + [
    ("start.wellbeing.sleep", [BLANK] * 5)
]
SUBSETS = [
    *((pair,) for pair in BLOCKING),
    *itertools.combinations(BLOCKING, 2),
    *itertools.combinations(ONE_EACH, 3),
]


def test_no_subset_of_blocking_answers_opens_contact() -> None:
    """Every contact exercise is closed under every subset of blocking answers up to size 3, blanks included."""
    subsets = [dict(subset) for subset in SUBSETS if len({item for item, _ in subset}) == len(subset)]
    opened = [
        (exercise, subset)
        for subset in subsets
        for standing in [stand(subset)]
        for exercise in MESSAGES
        if standing.closing(exercise) is None
    ]
    assert opened == []
    assert len(subsets) > 3000


_VALUES = st.sampled_from(
    [
        *BLOCKING,
        *((item, value) for item, value in SAFE.items() if item.startswith(("start.now", "start.safety"))),
        ("start.safety.reached", "contact"),
        ("start.safety.reached", "logistics"),
    ]
)
_STEPS = st.lists(
    st.tuples(_VALUES, st.booleans(), st.integers(1, 5000)),  # what, in the short check or the check, minutes later
    max_size=14,
)
LASTING = {"start.safety.between_us": {"none", *FREE}, "start.safety.acts": {"none"}}  # taking these back opens nothing


@settings(max_examples=150, deadline=None)
@given(_STEPS)
def test_no_sequence_of_answers_opens_contact_while_a_blocking_one_stands(steps: list) -> None:
    """Whatever is answered, in whatever order and at whatever times, a standing yes keeps contact closed."""
    now, history, current = NOW, [], responses(at=EARLIER)
    newest = {item: value for item, value in SAFE.items()}
    stands: dict[str, bool] = {}
    for (item, value), again, minutes in steps:
        now += timedelta(minutes=minutes)
        form, _, word = item.rpartition(".")
        checked = form == "start.safety" and word != "under_18"
        place = (f"start.now.{word}", f"day{len(history)}") if again and checked else (item, "once")
        if form == "start.now":
            place = (item, f"day{len(history)}")
        if value is BLANK:
            history.append(version(place[0], None, now, place[1], "blank"))
            current.pop(place, None)
        else:
            given_now = respond(value, now)
            current[place] = given_now
            history.append(version(place[0], given_now.value, now, place[1], given_now.status))
        newest[item] = value
        if item in LASTING and value is not BLANK and value != []:
            stands[item] = stands.get(item, False) or value is SKIP or bool(set(value) - LASTING[item])
        if (item, value) == ("start.safety.reached", "contact"):
            stands.clear()
    standing = safety.standing(WORKBOOK, current, now, history=history)
    plain = [pair for pair in newest.items() if "stirred" not in pair[0] and (pair[0] not in LASTING or not pair[1])]
    if any(stands.values()) or any(pair in BLOCKING for pair in plain):
        assert all(standing.closing(exercise) for exercise in MESSAGES)


def test_an_answer_that_cannot_be_read_closes_and_says_so() -> None:
    """A broken answer closes the gate that needs it; the page says that something went wrong."""

    class Broken:
        def __eq__(self, other: object) -> bool:
            raise ValueError("broken")

        __hash__ = None  # type: ignore[assignment]

    standing = stand({"start.safety.binds_me": Broken()})
    assert states(standing)["G5"] == "unknown"
    for exercise in CONTACT:
        assert standing.closings[exercise].reason_html.startswith("<p>Something went wrong")


def test_answers_without_a_time_zone_close() -> None:
    """When no time can be compared, no gate can be worked out, and contact stays closed."""
    standing = safety.standing(WORKBOOK, responses(), NOW.replace(tzinfo=None))
    assert all(standing.closing(exercise) for exercise in CONTACT)
    assert standing.recheck_due


def test_a_workbook_without_its_rules_keeps_contact_closed() -> None:
    """Taking a safety rule out of a workbook opens nothing."""
    for gates in ((), tuple(gate for gate in WORKBOOK.gates if gate.id != "G4")):
        standing = safety.standing(WORKBOOK.model_copy(update={"gates": gates}), responses(), NOW)
        assert all(standing.closing(exercise) for exercise in CONTACT)
        assert "lacks the safety rules" in standing.closings["responsibility.apology"].reason_html


def test_clearing_an_answer_does_not_undo_a_yes() -> None:
    """A yes in the safety check stands when a later answer in the recheck is cleared."""
    history = [version("start.now.afraid", None, NOW, "2026-11-23", "blank")]
    assert states(stand({"start.safety.afraid": "yes"}, history=history))["G3"] == "closed"


# --- time ---


@pytest.mark.parametrize(("hours", "state"), [(0, "closed"), (23.9, "closed"), (24, "open")])
def test_a_stirred_up_answer_holds_for_a_day(hours: float, state: str) -> None:
    """G11 holds for 24 hours from the answer, though a calmer one came since; then it opens."""
    history = [version("start.now.stirred", 8, NOW)]
    now = NOW + timedelta(hours=hours)
    calm = responses(at=NOW + timedelta(minutes=5))
    gate = next(gate for gate in safety.standing(WORKBOOK, calm, now, history=history).gates if gate.id == "G11")
    assert gate.state == state
    assert gate.until == (NOW + timedelta(hours=24) if state == "closed" else None)


def test_a_high_number_inside_an_exercise_rests_that_exercise_and_contact() -> None:
    """A 7 on the incident's ruler rests the incident and contact for a day, and nothing else."""
    answers = responses() | {("responsibility.incident.arousal_after", "2026-11-23"): respond(7)}
    standing = safety.standing(WORKBOOK, answers, NOW)
    assert states(standing) == {"G11_inside": "closed"}
    assert shut(standing) == {"responsibility.incident", *CONTACT}
    assert "It opens again on Tuesday 24 November, 13:50." in standing.closings["responsibility.incident"].reason_html


def test_a_clock_that_goes_back_does_not_open_a_hold() -> None:
    """An answer from the future still holds."""
    assert states(stand({"start.now.drunk_or_high": "yes"}, now=NOW - timedelta(days=3)))["G11"] == "closed"


@pytest.mark.parametrize(
    ("minutes", "done", "rests"), [(1, False, False), (61, False, True), (1, True, True), (1441, True, False)]
)
def test_a_draft_rests_for_a_day(minutes: int, done: bool, rests: bool) -> None:
    """A draft rests once it is marked done or left for an hour, for 24 hours from its last word, and not mid-typing."""
    written = NOW - timedelta(minutes=minutes)
    message = next(item for item in WORKBOOK.exercise("communication.message").items if item.kind == "letter")
    answers = responses(at=written) | {(message.id, "once"): respond(dict.fromkeys(message.parts, "words"), written)}
    if done:
        answers[("communication.message.done", "once")] = respond("yes", written)
    answers |= {key: respond(r.value, NOW) for key, r in responses().items()}  # this sitting's check is done
    closing = safety.standing(WORKBOOK, answers, NOW).closing("communication.message")
    assert (closing is not None) == rests
    assert closing is None or closing.title == "Your draft is resting"


def test_time_alone_never_undoes_a_no() -> None:
    """G7 stays closed for ten years, and when the answer is taken back; it opens when they reached out after it."""
    history = [version("start.safety.between_us", ["said_no"], NOW)]
    late = NOW + timedelta(days=3650)
    changed_mind = responses(at=late)
    assert states(safety.standing(WORKBOOK, changed_mind, late, history=history)) == {"G7": "closed"}
    reached = changed_mind | {("start.safety.reached", "once"): respond("contact", late)}
    assert states(safety.standing(WORKBOOK, reached, late, history=history)) == {}
    later = late + timedelta(minutes=30)
    again = [*history, version("start.now.between_us", ["both", "said_no"], later, "2036-11-20")]
    assert states(safety.standing(WORKBOOK, reached, later, history=again)) == {"G7": "closed"}


def test_the_log_alone_keeps_a_crisis_closed_and_no_no() -> None:
    """The log of closings stands for a crisis; of a no only kept answers tell, since a slip put right is none."""
    closed = [{"gate": gate, "change": "closed", "at": NOW - timedelta(minutes=1)} for gate in ("G2", "G7", "G6")]
    assert states(stand(events=closed)) == {"G2": "closed"}


def test_low_wellbeing_is_asked_again_after_two_weeks() -> None:
    """G9 lightens the plan, closes nothing, and asks again after 14 days."""
    low = dict([CLOSES["G9"]])
    soon, late = stand(low), stand(low, now=NOW + timedelta(days=14))
    assert shut(soon) == set()
    assert words.say("safety.over") not in soon.notices[0].html
    assert words.say("safety.over") in next(n.html for n in late.notices if n.gate == "G9")


@pytest.mark.parametrize(
    ("values", "state"), [([2, 2, 2, 3, 3], "closed"), ([3, 3, 3, 2, 2], "open"), ([SKIP] * 5, "closed")]
)
def test_low_is_under_half_of_the_range(values: list, state: str) -> None:
    """Under half of the well-being range is low; refusing to say counts as low."""
    assert states(stand({"start.wellbeing.sleep": values})).get("G9", "open") == state


def _story(minutes: list[float], length: int = 10, occasion: str = "2026-11-01") -> list[SimpleNamespace]:
    return [
        version("responsibility.incident.camera", "x" * length * (i + 1), NOW - timedelta(minutes=m), occasion)
        for i, m in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("history", "state"),
    [
        (_story([m for m in range(24, 0, -3)]), "closed"),  # 21 minutes, saved every three
        (_story([m for m in range(21, 0, -4)]), "open"),  # 20 minutes: not over 20
        (_story([60, 50, 40, 30, 20, 10]), "open"),  # pauses of ten minutes between
        (_story([5], length=2401), "closed"),  # pasted or typed without a pause: the characters count
        (_story([24 * 60, 24 * 60 - 3], length=1300), "open"),  # yesterday
        (_story([d * 1440 for d in (9, 7, 5, 3)]), "closed"),  # four sittings on one incident
        (_story([d * 1440 for d in (9, 7, 5)]), "open"),
        (_story([d * 1440 for d in (40, 7, 5, 3)]), "open"),  # the first is over 30 days ago
        (_story([9 * 1440, 7 * 1440]) + _story([5 * 1440, 3 * 1440], occasion="2026-11-02"), "open"),  # two incidents
    ],
)
def test_the_story_is_closed_after_much_of_it(history: list, state: str) -> None:
    """G10 counts minutes of free text in a day, and sittings on one incident."""
    standing = stand(history=history)
    assert states(standing).get("G10", "open") == state
    assert (standing.closing("responsibility.incident") is not None) == (state == "closed")


@pytest.mark.parametrize(
    ("rises", "state"), [([(3, 5), (4, 6)], "closed"), ([(3, 5)], "open"), ([(3, 4), (4, 5)], "open")]
)
def test_rising_distress_twice_closes_the_story(rises: list[tuple[int, int]], state: str) -> None:
    """G10 closes after distress went up by 2 points twice within 14 days, and opens when that is past."""
    answers = responses()
    for day, (before, after) in enumerate(rises, 10):
        at = NOW - timedelta(days=day - 9)
        answers[("responsibility.incident.arousal_before", f"2026-11-{day}")] = respond(before, at)
        answers[("responsibility.incident.arousal_after", f"2026-11-{day}")] = respond(after, at)
    assert states(safety.standing(WORKBOOK, answers, NOW)).get("G10", "open") == state
    assert "G10" not in states(safety.standing(WORKBOOK, answers, NOW + timedelta(days=15)))


# --- the recheck ---


def test_recheck_is_asked_once_a_sitting() -> None:
    """After three quiet hours the short check is due; its answers settle it, and nobody is asked twice."""
    answers = responses(at=NOW)
    assert not safety.standing(WORKBOOK, answers, NOW + timedelta(hours=3)).recheck_due
    later = NOW + timedelta(hours=4)
    assert safety.standing(WORKBOOK, answers, later).recheck_due
    standing = safety.standing(WORKBOOK, answers, later)
    assert states(standing) == {"recheck": "closed"}
    assert set(CONTACT) <= set(standing.closings)
    assert standing.closing("space.urges") is None
    for word, value in (RECHECKED | {"changed": "no"}).items():
        assert safety.standing(WORKBOOK, answers, later).recheck_due
        assert safety.standing(WORKBOOK, answers, later).closing("start.now") is None
        answers[(f"start.now.{word}", "2026-11-23")] = respond(value, later)
    assert not safety.standing(WORKBOOK, answers, later + timedelta(minutes=5)).recheck_due
    assert states(safety.standing(WORKBOOK, answers, later + timedelta(hours=2))) == {}


def test_a_change_asks_for_what_changed() -> None:
    """When something changed, contact opens only after the questions behind it were answered again."""
    later = NOW + timedelta(hours=4)
    answers = responses(at=NOW)
    for word, value in (RECHECKED | {"changed": "unsure"}).items():
        answers[(f"start.now.{word}", "x")] = respond(value, later)
    assert states(safety.standing(WORKBOOK, answers, later)) == {"recheck": "closed"}
    for item, value in SAFE.items():
        word = item.rpartition(".")[2]
        if f"start.now.{word}" in {i.id for i in WORKBOOK.items}:
            answers[(f"start.now.{word}", "x")] = respond(value, later)
    assert states(safety.standing(WORKBOOK, answers, later)) == {}
    answers[("start.now.binds_me", "x")] = respond("yes", later)
    assert states(safety.standing(WORKBOOK, answers, later)) == {"G5": "closed"}


def test_nobody_is_asked_to_recheck_before_the_first_check() -> None:
    """Someone new is sent to the safety check, not to the recheck."""
    assert not safety.standing(WORKBOOK, {}, NOW).recheck_due


def test_a_journal_goes_through_its_gates(tmp_path: Path) -> None:
    """In a real journal: closed at first, open after the check, asked again at the next sitting, closed by a no."""
    clock = [NOW]
    journal = Journal.create(tmp_path / "journal", now=lambda: clock[0])

    def closed() -> set[str]:
        return {gate.id for gate in journal.gates() if gate.state == "closed"}

    with pytest.raises(Closed):
        journal.save("communication.message.draft", {"feel": "words"})
    answer_safely(journal.save)
    journal.save("communication.message.draft", {"feel": "words"})
    clock[0] += timedelta(days=2)
    assert closed() == {"recheck"}
    for again in (clock[0], clock[0] + timedelta(hours=5)):  # twice on one day, each with a filling of its own
        clock[0] = again
        for word, value in (RECHECKED | {"changed": "no"}).items():
            journal.save(f"start.now.{word}", value)
        assert closed() == set()
    assert journal.occasions("start.now") == ["2026-11-23", "2026-11-25", "2026-11-25-2"]
    journal.save("start.safety.between_us", ["both", "blocked"])
    assert closed() == {"G7"}
    clock[0] += timedelta(minutes=10)
    with pytest.raises(Closed, match="The pages for contact are closed"):
        journal.save("communication.message.draft", {"feel": "more"})
    assert journal.answers().query("item == 'communication.message.draft'")["value"].tolist() == [{"feel": "words"}]
    assert [(event["gate"], event["change"]) for event in journal.gate_events()][-1] == ("G7", "closed")
    assert not any("blocked" in str(event) or "words" in str(event) for event in journal.gate_events())


# --- the log, the counselor, the help lines ---


def test_log_says_what_opened_and_closed_and_nothing_else() -> None:
    """The event log holds rule ids, times and the word opened or closed: never an answer."""
    before, after = stand(), stand({"start.safety.binds_me": "yes"})
    assert safety.changes(None, before, NOW) == ()
    assert safety.changes(before, after, NOW) == ({"gate": "G5", "change": "closed", "at": NOW},)
    assert safety.changes(after, before, NOW) == ({"gate": "G5", "change": "opened", "at": NOW},)


def test_a_counselor_may_tighten() -> None:
    """More closed pages, longer holds, earlier rechecks, a gate kept closed: all allowed; the original stays."""
    contact = ["contact", "outreach", "draft", "together"]
    tightened = {
        "G7": {"closes": [*contact, "repair"]},
        "G11": {"hold_hours": "48", "keeps": []},
        "G9": {"recheck_days": 7},
        "G10": {"closed": "yes"},
    }
    standing = stand(tighten=tightened)
    assert states(standing) == {"G10": "closed"}
    assert standing.closing("responsibility.incident") is not None
    held = stand({"start.now.stirred": 7}, now=NOW + timedelta(hours=30), tighten=tightened)
    assert states(held)["G11"] == "closed"
    assert "G11" not in states(stand({"start.now.stirred": 7}, now=NOW + timedelta(hours=30)))
    assert definition.load().gates == WORKBOOK.gates


def test_no_sentence_names_a_time_that_a_counselor_may_change() -> None:
    """A rule's own words hold whatever its hours and days are; when it opens is said with the real time."""
    named = re.compile(r"\d+ (?:hour|day|week)|(?:one|two|three) (?:hour|day|week)s|tomorrow|for a day", re.IGNORECASE)
    changed = [gate for gate in WORKBOOK.gates if gate.hold_hours or gate.recheck_days]
    assert {gate.id for gate in changed} == {"G9", "G11", "G11_inside"}
    said = [text for gate in changed for text in (gate.title, gate.reason, gate.notice, gate.blank_reason) if text]
    assert [text for text in [*said, words.say("safety.over")] if named.search(text)] == []
    told = [item.help for item in WORKBOOK.items if item.help and "24 hours" in item.help]
    assert told
    assert all("at least 24 hours" in text for text in told)  # a counselor may only make it longer


FIRM_REST = "No setting can loosen this gate."
HIDDEN = ", ".join(next(gate.hides for gate in WORKBOOK.gates if gate.id == "G3"))


@pytest.mark.parametrize(
    ("gate", "setting", "sentence"),
    [
        *(
            (
                gate,
                {"closes": []},
                f"{gate} must keep {', '.join(next(g.closes for g in WORKBOOK.gates if g.id == gate))} "
                f"under “closes”. You may add to the list. {FIRM_REST}",
            )
            for gate in safety.FIRM
        ),
        ("G2", {"keeps": ["communication"]}, f"G2 may not leave communication open. {FIRM_REST}"),
        ("G3", {"hides": []}, f"G3 must keep {HIDDEN} under “hides”. You may add to the list. {FIRM_REST}"),
        ("G5", {"closed": "no"}, "G5 can be set to closed, but not to open: its answers decide. Remove that line."),
        (
            "G4",
            {"when": {"question": "start.safety.binds_me", "is": "yes"}},
            "G4 has no setting “when”. Use one of: closes, keeps, hides, hold_hours, recheck_days, closed.",
        ),
        (
            "G11",
            {"hold_hours": 1},
            "G11 would hold for less than 24 hours. A gate can be made stricter, never looser.",
        ),
        ("G11", {"hold_hours": "soon"}, "A setting of G11 has a value that does not fit: hold_hours."),
    ],
)
def test_a_counselor_may_not_loosen(gate: str, setting: dict, sentence: str) -> None:
    """Loosening is refused with a sentence; settings damaged later still open nothing."""
    with pytest.raises(Refused) as refused:
        rules.tighten(WORKBOOK.gates, {gate: setting})
    assert str(refused.value) == sentence
    standing = stand(tighten={gate: setting})
    assert all(standing.closing(exercise) for exercise in CONTACT)


@pytest.mark.parametrize("more", [{}, {"hold_hours": 1}, {"hold_hours": 48}, {"recheck_days": 1}, {"keeps": []}])
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_is_always_closed_is_closed_whatever_else_is_set(gate: str, more: dict) -> None:
    """“Always closed” is judged first: nothing set beside it, before or after, opens anything."""
    for wanted in ({"closed": "yes"} | more, more | {"closed": "yes"}):
        standing = stand(tighten={gate: wanted})
        try:
            rules.tighten(WORKBOOK.gates, {gate: wanted})
        except Refused:  # such settings are not taken; were they in a damaged file, contact would be closed
            assert set(CONTACT) <= shut(standing)
        else:
            assert states(standing) == {gate: "closed"}
            assert shut(standing) >= SHUTS.get(gate, set(CONTACT) if gate in ("G6_severe", "recheck") else set())


def test_a_gate_without_a_hold_cannot_be_given_one() -> None:
    """A hold ends by itself: a rule that stays closed until its answer changes would open after an hour."""
    with pytest.raises(Refused) as refused:
        rules.tighten(WORKBOOK.gates, {"G2": {"hold_hours": 1}})
    assert str(refused.value) == f"G2 has no hold of hours: it stays closed as long as its answers say so. {FIRM_REST}"


def test_a_rule_closed_for_everyone_still_waits_for_its_blanks() -> None:
    """The privacy questions come first also where a counselor closed their rule."""
    closed = safety.standing(WORKBOOK, {}, NOW, tighten={"G0": {"closed": "yes"}})
    assert set(closed.closings) == set(safety.standing(WORKBOOK, {}, NOW).closings)


_NAMES = sorted({"all", "start", "space", "own-fault", "narrative", "contact", *(e.id for e in WORKBOOK.exercises)})
_SETTING = st.fixed_dictionaries(
    {},
    optional={
        "closed": st.sampled_from(["yes", True]),
        "closes": st.lists(st.sampled_from(_NAMES), max_size=4),
        "hides": st.lists(st.sampled_from(_NAMES), max_size=4),
        "keeps": st.lists(st.sampled_from(["start.privacy", "calming", "space.urges"]), max_size=3),
        "hold_hours": st.sampled_from([1, 23, 24, 25, "48", 8784, 10**12]),
        "recheck_days": st.sampled_from([1, 13, 14, 15, 10**12]),
    },
)


def _kept(gate: str, setting: dict) -> dict:
    """Let lists hold what the gate's own hold, so that most settings are taken."""
    own = next(one for one in WORKBOOK.gates if one.id == gate)
    return {
        name: [*value, *getattr(own, name)] if name in ("closes", "hides") else value for name, value in setting.items()
    }


_SETTINGS = st.dictionaries(st.sampled_from(GATES), st.tuples(_SETTING, st.booleans()), min_size=1, max_size=4).map(
    lambda found: {gate: _kept(gate, one) if whole else one for gate, (one, whole) in found.items()}
)
_SAID = st.dictionaries(
    st.sampled_from(sorted(set(SAFE) - {"start.wellbeing.sleep"})),
    st.sampled_from(["yes", "no", "unsure", SKIP, BLANK, 0, 6, 7, ["none"], ["space"], ["both"]]),
    max_size=5,
)
_PAST = st.lists(st.tuples(_SAID, st.sampled_from([1, 59, 179, 181, 1439, 1441, 30000])), max_size=3)


@settings(deadline=None, max_examples=300)
@given(_SETTINGS, _SAID, _PAST, st.booleans())
def test_no_setting_opens_anything(wanted: dict, said: dict, past: list, damaged: bool) -> None:
    """Whatever is set, answered and answered before: what is closed without the settings is closed with them."""
    history = [
        version(item, one.value, NOW - timedelta(minutes=ago), "once", one.status)
        for before, ago in past
        for item, value in before.items()
        if value is not BLANK
        for one in [respond(value)]
    ]
    answers = None if damaged else responses(said)
    without = safety.standing(WORKBOOK, answers, NOW, history=history)  # type: ignore[arg-type]  # damaged
    under = safety.standing(WORKBOOK, answers, NOW, history=history, tighten=wanted)  # type: ignore[arg-type]
    assert (
        set(without.closings) <= set(under.closings),
        without.hidden <= under.hidden,
        without.unscored <= under.unscored,
        {one.id for one in without.gates if one.state == "closed"}
        <= {one.id for one in under.gates if one.state == "closed"},
    ) == (True, True, True, True)


def test_an_unknown_gate_is_refused() -> None:
    """A typing mistake in a settings file is named, not passed over."""
    with pytest.raises(Refused, match="There is no gate “G12”"):
        rules.tighten(WORKBOOK.gates, {"G12": {"closed": "yes"}})


def test_loosened_rules_of_an_assigned_workbook_are_named() -> None:
    """Rules that came with an assignment are judged against the shipped ones."""
    assert rules.loosened(WORKBOOK.gates, WORKBOOK.gates) == ()
    other = tuple(
        gate.model_copy(update={"when": {"question": "measured.never", "is": "x"}}) if gate.id == "G5" else gate
        for gate in WORKBOOK.gates
        if gate.id != "G1"
    )
    assert rules.loosened(other, WORKBOOK.gates) == (
        f"G1 is missing. {FIRM_REST}",
        f"G5 would close on other answers than before. {FIRM_REST}",
    )


def test_every_region_has_every_kind_of_help() -> None:
    """Each region has lines for crisis, abuse (both sides), law, the young and listening, each with a source."""
    for region in helplines.regions():
        lines = helplines.helplines(region)
        assert {kind for line in lines for kind in line.kinds} >= {
            "crisis",
            "abuse",
            "abusers",
            "abused-legal",
            "abusers-legal",
            "young",
            "listening",
        }
        assert all(line.source and (line.number or line.text or line.url or line.note) for line in lines)
        assert helplines.helplines(region, ["abuse"])[0].kinds.count("abuse") == 1
    assert list(helplines.regions())[-1] == "elsewhere"
    assert helplines.helplines("nowhere") == helplines.helplines("elsewhere")


def test_kinds_named_by_gates_exist() -> None:
    """Every kind of help a gate names is one the regions have."""
    kinds = {kind for region in helplines.regions() for line in helplines.helplines(region) for kind in line.kinds}
    assert {kind for gate in WORKBOOK.gates for kind in gate.resources} <= kinds


def test_old_help_lines_warn_and_do_not_fail() -> None:
    """A line nobody checked for over a year is listed; the build goes on."""
    for warning in helplines.stale(datetime.now(UTC).date()):
        print(warning)
    everything = helplines.stale(date(2040, 1, 1))
    assert len(everything) == sum(len(helplines.helplines(region)) for region in helplines.regions())


def test_review_list_names_every_judgement() -> None:
    """Each text marked (S), and only such, is listed with the file and line where it stands."""
    listed = judgements.review()
    where = {
        (file.relative_to(resources.data()).as_posix(), number)
        for file in resources.data().rglob("*.yaml")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if "(S)" in line and not line.lstrip().startswith("#")
    }
    assert len(listed) >= len(WORKBOOK.gates)
    assert {(one.file, one.line) for one in listed} == where
    assert any(
        str(one).endswith(
            "The pages for contact are closed: A no, a block or a final end is an answer; time does not change it (S)"
        )
        for one in listed
    )
