"""What someone finds closed who comes back: an answer taken back, cleared or declined later, and the short check."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.test_safety import (
    BLANK,
    CLOSES,
    EARLIER,
    NOW,
    RECHECKED,
    SKIP,
    WORKBOOK,
    _story,
    respond,
    responses,
    stand,
    states,
    version,
)
from workbook import words
from workbook.answers.kinds import Response
from workbook.safety import facts, helplines, language, verdicts
from workbook.safety import gates as safety

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=4)  # another visit
STAYS = {  # what an answer leaves closed that is put right six minutes later; the others open at once
    "G2": {"G2"},
    "G6_severe": {"G6"},
    "G6": {"G6"},
    "G7": {"G7"},
    "G7_space": {"G7_space"},
    "G7_silence": {"G7_silence"},
    "G7_mixed": {"G7_mixed"},
    "G11": {"G11"},
}


@pytest.mark.parametrize(("gate", "answer"), CLOSES.items())
def test_an_answer_put_right_at_the_same_visit_opens_what_only_asks(gate: str, answer: tuple[str, object]) -> None:
    """Someone who ticked yes and meant no is not kept out, but by a crisis, a no, what was done since, and a rest."""
    item, value = answer
    said = value if isinstance(value, list) and item == "start.wellbeing.sleep" else [value]
    occasion = "2026-11-23" if item.startswith(("start.now", "start.wellbeing")) else "once"
    told = [version(item, one, EARLIER - 6 * MINUTE, occasion) for one in said]
    assert set(states(stand(history=told))) == STAYS.get(gate, set())


@pytest.mark.parametrize(
    ("item", "yes"), [("start.now.thoughts", ["suicide"]), ("start.now.harm_others", "yes")], ids=["thoughts", "harm"]
)
@pytest.mark.parametrize(
    ("later", "status", "opens"),
    [(None, "blank", False), (None, "skipped", False), ([], "answered", False), ("no", "answered", True)],
)
def test_a_crisis_opens_by_an_answer_alone(item: str, yes: object, later: object, status: str, opens: bool) -> None:
    """At another visit a cleared answer, a declined one and an empty list leave it closed; a plain no opens it."""
    told = responses(at=LATER)
    told.pop((item, "2026-11-23"))
    given = (["none"] if yes == ["suicide"] else "no") if later == "no" else later
    past = [version(item, yes, NOW, "2026-11-23"), version(item, given, LATER, "2026-11-23", status)]
    if status != "blank":
        told[item, "2026-11-23"] = Response(given, status, LATER)  # type: ignore[arg-type]  # one of two
    standing = safety.standing(WORKBOOK, told, LATER, history=past)
    assert states(standing).get("G2") == (None if opens else "closed")
    assert opens or [notice.gate for notice in standing.notices] == ["G2"]
    assert (standing.closing("responsibility.incident") is None) == opens


def test_a_no_in_the_visit_of_the_yes_opens_nothing_however_long_it_lasted() -> None:
    """The visit had begun an hour before the yes; the no comes a minute after it."""
    told = responses(at=NOW - 60 * MINUTE)
    past = [version("start.now.thoughts", ["suicide"], NOW - 10 * MINUTE, "2026-11-23")]
    told["start.now.thoughts", "2026-11-23"] = respond(["none"], NOW - 9 * MINUTE)
    assert states(safety.standing(WORKBOOK, told, NOW, history=past)) == {"G2": "closed"}


def test_of_two_answers_to_one_question_the_newest_is_said() -> None:
    """Someone who first wished to be dead and then thinks of killing themself reads the second."""
    past = [version("start.now.thoughts", ["wish_dead"], EARLIER - MINUTE, "2026-11-23")]
    told = stand({"start.now.thoughts": ["suicide"]}, history=past)
    assert "<p>You said that you think about killing yourself. Thank you" in told.closings["start.want"].reason_html


def test_what_was_answered_speaks_before_what_was_left_blank() -> None:
    """A limit that was told is named first, though a rule above it still waits for its answer."""
    closing = stand({"start.safety.afraid": BLANK, "start.safety.binds_me": "yes"}).closings["communication.message"]
    assert (closing.gates[:2], closing.title, closing.waits) == (("G5", "G3"), "A limit on contact comes first", False)


@pytest.mark.parametrize(
    ("changed", "page", "asks"),
    [
        ({"start.safety.under_18": BLANK}, "communication.message", ("start.safety",)),
        ({"start.now.stirred": BLANK}, "start.hopes", ("start.now",)),
        (
            {"start.now.stirred": BLANK, "start.safety.affair": BLANK},
            "responsibility.apology",
            ("start.now", "start.safety"),
        ),
        ({"start.safety.afraid": "yes", "start.safety.hurt_by_them": BLANK}, "start.rulers", ()),
    ],
)
def test_a_page_asks_for_the_forms_it_waits_for(changed: dict[str, object], page: str, asks: tuple[str, ...]) -> None:
    """In the order in which they are asked; a page that an answer closes asks for none, whatever else is blank."""
    assert stand(changed).closings[page].asks == asks


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ({"start.privacy.watched": BLANK, "start.safety.afraid": "yes"}, "G0"),
        ({"start.privacy.watched": BLANK, "start.safety.afraid": "yes", "start.now.thoughts": ["suicide"]}, "G2"),
        ({"start.safety.afraid": "yes", "start.safety.binds_me": BLANK}, "G3"),
    ],
)
def test_the_gravest_speaks_first_in_whatever_order_the_rules_stand(changed: dict[str, object], first: str) -> None:
    """A crisis, then the first questions, then what was answered, then what is blank; the table's order comes after."""
    turned = WORKBOOK.model_copy(update={"gates": WORKBOOK.gates[::-1]})
    standing = safety.standing(turned, responses(changed), NOW)
    assert standing.closings["responsibility.apology"].gates[0] == first
    assert standing.notices[0].gate == first


FELT = ("responsibility.incident.arousal_before", "responsibility.incident.arousal_after")


@pytest.mark.parametrize(
    ("history", "felt", "said"),
    [
        (_story([5], length=2401), [], "You have written about the story for more than 20 minutes today."),
        (
            _story([day * 1440 for day in (9, 7, 5, 3)]),
            [],
            "You have come back to the same moment more than three times.",
        ),
        ([], [(3, 5), (4, 6)], "Twice you felt worse after the questions than before them."),
    ],
)
def test_the_story_rests_for_the_reason_that_is_said(history: list, felt: list[tuple[int, int]], said: str) -> None:
    """Too long, too often or worse each time: what is true is named and nothing else."""
    told = responses()
    for day, pair in enumerate(felt, 10):
        told |= {(item, f"2026-11-{day}"): respond(value) for item, value in zip(FELT, pair, strict=True)}
    standing = safety.standing(WORKBOOK, told, NOW, history=history)
    assert states(standing) == {"G10": "closed"}
    assert standing.closings["responsibility.incident"].reason_html.startswith(f"<p>{said} Going over it again")


# --- the short check ---


def checked(answers: dict[str, object], at: dict[str, object] | None = None) -> set[str]:
    """The rules closed at a later visit, with these answers to the short check, a minute apart."""
    told = responses(at=NOW)
    past = []
    for minute, (word, value) in enumerate(answers.items()):
        when = (at or {}).get(word, LATER + minute * MINUTE)
        place = (f"start.now.{word}", "later")
        if value is None:
            past.append(version(place[0], None, when, place[1], "blank"))  # type: ignore[arg-type]  # a time
        else:
            told[place] = respond(value, when)  # type: ignore[arg-type]  # a time
    return set(states(safety.standing(WORKBOOK, told, LATER + 10 * MINUTE, history=past)))


WHOLE = RECHECKED | {"changed": "no"}


def test_the_short_check_is_done_when_each_of_its_questions_was_met() -> None:
    """Answered or declined, minutes apart, it is done for this visit; what is declined closes by its own rule."""
    assert checked(WHOLE) == set()
    closes = {"thoughts": "G2", "harm_others": "G2", "stirred": "G11", "drunk_or_high": "G11"}
    assert {word: checked(WHOLE | {word: SKIP}) for word in RECHECKED} == {
        word: {gate} for word, gate in closes.items()
    }


@pytest.mark.parametrize("word", WHOLE)
def test_what_was_cleared_at_this_visit_is_asked_again(word: str) -> None:
    """An answer taken out is no answer, whichever of them it is."""
    assert "recheck" in checked(WHOLE | {word: None})


@pytest.mark.parametrize("word", WHOLE)
def test_what_was_answered_at_the_last_visit_is_asked_again(word: str) -> None:
    """That nothing had changed then says nothing of today, and nor do the four."""
    assert checked(WHOLE, {word: NOW}) == {"recheck"}


@pytest.mark.parametrize("said", ["yes", "unsure", SKIP])
def test_after_a_change_what_changed_is_asked(said: object) -> None:
    """A yes, a doubt and a declined answer are a change."""
    assert checked(WHOLE | {"changed": said}) == {"recheck"}


# --- the first page, and what cannot be read ---


def spoken(standing: safety.Standing) -> list[tuple[str, str, str, tuple[str, ...], str]]:
    """What stands at the top: which rule, its title, how its words begin, whom to call, and where that stands."""
    return [
        (one.gate, one.title, one.html.partition(".")[0].partition(":")[0], one.resources, one.urgent)
        for one in standing.notices
    ]


def test_the_first_page_asks_who_can_see_it_and_then_warns() -> None:
    """Before the two questions it says that there are two; once someone else may see the device, it says that."""
    asks = (
        "G0",
        "Who else can read this?",
        "<p>Before you type anything, there are two short questions on the first page",
        (),
        "",
    )
    warns = ("G0", "Who else can read this?", "<p><strong>Someone else may be able to see this device", (), "")
    assert spoken(safety.standing(WORKBOOK, {}, NOW)) == [asks]
    assert spoken(stand({"start.privacy.shared_device": "yes"})) == [warns]
    assert spoken(stand({"start.privacy.shared_device": "yes", "start.privacy.watched": BLANK})) == [warns]


def test_answers_that_cannot_be_read_at_all_leave_the_numbers_and_what_calms() -> None:
    """Every rule is closed and says that something went wrong; whom to call stands under the words."""
    standing = safety.standing(WORKBOOK, None, NOW)  # type: ignore[arg-type]  # a damaged file
    assert spoken(standing) == [
        (
            "G0",
            words.say("safety.stays_closed"),
            "<p>Something went wrong with this safety rule",
            ("crisis",),
            "after",
        )
    ]
    assert {one.state for one in standing.gates} == {"unknown"}
    assert {one.reason_html for one in standing.closings.values()} == {f"<p>{words.say('safety.broken')}</p>"}
    assert (standing.scored("wellbeing"), standing.recheck_due) == (False, True)


def test_a_rule_of_someones_own_that_waits_for_a_measure_leads_to_the_first_page() -> None:
    """Where no form behind the rules has the answer that is blank, the page points to the first chapter."""
    gates = tuple(
        gate.model_copy(update={"blank": ("narrative",)}) if gate.id == "G9" else gate for gate in WORKBOOK.gates
    )
    told = {key: one for key, one in responses().items() if not key[0].startswith("start.wellbeing")}
    closing = safety.standing(WORKBOOK.model_copy(update={"gates": gates}), told, NOW).closings["moving-on.grief"]
    assert (closing.gates, closing.waits, closing.asks) == (("G9",), True, ())
    assert closing.instead == ((words.say("safety.answer"), "00-start.ipynb"),)


# --- what others hold ---


def test_what_a_rule_said_cannot_be_changed_afterwards() -> None:
    """Whoever is handed where someone stands can open nothing in it, and does not print what was answered."""
    standing = stand({"start.safety.binds_me": "yes"})
    told = (standing, standing.gates[0], standing.notices[0], standing.closings["responsibility.apology"])
    behind = (verdicts.judge(WORKBOOK.gates[0], None), helplines.helplines("US")[0])
    for one in (*told, *behind, language.cues()[0], language.find("I am sorry, but you left.")[0]):
        for name in vars(one):
            with pytest.raises(AttributeError, match="cannot assign"):
                setattr(one, name, None)
    assert "You said that there is a limit" in standing.closings["responsibility.apology"].reason_html
    assert "You said" not in repr(standing)


def test_what_one_workbook_s_rules_asked_serves_no_other_s() -> None:
    """Answers looked through once are read anew where a question is known otherwise, as after an assignment."""
    former = WORKBOOK.measures.former
    assert former is not None
    word, now = next(iter(former.same.items()))
    past = [version(f"{former.forms[0]}.{word}", 3, EARLIER)]
    seen = facts.looked(past, {})
    other = WORKBOOK.model_copy(update={"measures": WORKBOOK.measures.model_copy(update={"former": None})})
    for workbook, found in ((WORKBOOK, 3), (other, None), (WORKBOOK, 3)):
        assert facts.Facts(workbook, {}, past, (), NOW, seen).get(now) == found
