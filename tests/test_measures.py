"""Which questions feed the safety rules stands in `measures.yaml`; whatever is left out of it closes, and is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests import people
from tests.safe_answers import SAFE
from workbook import definition, resources
from workbook.answers.kinds import Response
from workbook.definition.asks import Asks, Task, workbook_of
from workbook.definition.measures import FED_BY, Measures
from workbook.definition.reading import read
from workbook.errors import DefinitionError
from workbook.safety import coverage, facts
from workbook.safety import gates as safety

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.definition.models import Workbook
    from workbook.safety.gates import Standing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHIPPED = definition.load()
MAPPING: Any = read(resources.data("workbook", "measures.yaml")).data


def test_each_measure_of_the_rules_has_a_name_and_says_what_feeds_it() -> None:
    """What is worked out, what may be named in a rule, and the parts of the file are one list."""
    assert facts.MEASURES.keys() - {"never"} == FED_BY.keys()
    assert {part for part in FED_BY.values() if part} | {"forms", "inside", "former"} == set(Measures.model_fields)
    assert MAPPING.keys() == set(Measures.model_fields)


# --- whatever is missing closes ---


def lost(data: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the mapping without each of its parts, and with each id or word misspelt."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        here = (*way, key)
        name = ".".join(map(str, here))
        yield f"{name} is gone", (here, None)
        if isinstance(value, str):
            yield f"{name} is misspelt", (here, f"{value}x")
        yield from lost(value, here)


def damaged(way: tuple[str | int, ...], value: str | None) -> dict[str, Any]:
    whole: Any = json.loads(json.dumps(MAPPING))
    at = whole
    for key in way[:-1]:
        at = at[key]
    if value is None:
        del at[way[-1]]
    else:
        at[way[-1]] = value
    return whole  # type: ignore[no-any-return]  # the mapping it was


DAMAGES = dict(lost(MAPPING))

# What an author may choose differently, so that nothing is wrong with the file: which acts are grave.
CHOICES = {f"pursuit.grave.{place} is gone" for place in range(4)}


def test_the_shipped_mapping_chooses_four_grave_acts_and_compares_two_pairs() -> None:
    """What no check can know better than we do stands here word for word."""
    assert MAPPING["pursuit"] == {
        "question": "start.safety.acts",
        "none": "none",
        "grave": ["contacted_often", "followed", "tracked", "threatened"],
    }
    assert MAPPING["distress"] == {"arousal_after": "arousal_before", "distress_after": "distress_before"}
    assert MAPPING["wellbeing"] == "wellbeing"


def shut(workbook: Workbook, responses: dict[tuple[str, str], Response], now: datetime = NOW) -> set[str]:
    return set(safety.standing(workbook, responses, now).closings)


def given(at: datetime = NOW, **other: object) -> dict[tuple[str, str], Response]:
    """Safe answers to everything, but for these."""
    values = SAFE | {id.replace("__", "."): value for id, value in other.items()}
    return {
        (id, "2026-11-23" if id.startswith(("start.now", "start.wellbeing")) else "once"): Response(
            value, "answered", at
        )
        for id, value in values.items()
    }


@pytest.mark.parametrize("name", DAMAGES)
def test_a_mapping_with_something_missing_or_misspelt_opens_nothing(name: str) -> None:
    """It is a problem for the author, and met all the same it closes everything that a rule can close."""
    way, value = DAMAGES[name]
    try:
        measures = Measures.model_validate(damaged(way, value))
    except ValueError:
        return  # it is not even read: `check` names the field
    workbook = SHIPPED.model_copy(update={"measures": measures})
    if not workbook.unfed:
        assert name in CHOICES, "nobody is told"
        return
    assert shut(SHIPPED, given()) == set()
    every = {one.id for one in SHIPPED.exercises if not one.retired}
    assert shut(workbook, given()) >= every - {"start.privacy", "start.now", "start.safety", "safety-plan.plan"}


EARLIER = "former.reworded"
# Each leaves every id in place, and would open something: (where, what stands there then).
LOOSER: dict[str, tuple[tuple[str, object], ...]] = {
    "nothing compares one pair": (("distress", {"distress_after": "distress_before"}),),
    "both pairs are the wrong way round": (
        ("distress", {"arousal_before": "arousal_after", "distress_before": "distress_after"}),
    ),
    "a number is compared with itself": (("distress.arousal_after", "arousal_after"),),
    "a pair is named crosswise": (("distress.arousal_after", "distress_before"),),
    "following is nothing": (("pursuit.none", "followed"),),
    "a message is nothing": (("pursuit.none", "contacted"),),
    "not sure is nothing": (("pursuit.none", "unsure"),),
    "well-being is another chapter's": (("wellbeing", "space"),),
    **{
        f"after a change nobody waits for {word}": (
            ("short_check.changes", [one for one in MAPPING["short_check"]["changes"] if one != word]),
            ("short_check.also", [*MAPPING["short_check"]["also"], word]),
        )
        for word in MAPPING["short_check"]["changes"]
    },
    "an earlier limit is none": ((f"{EARLIER}.legal.answers.yes", "no"),),
    "an earlier “not sure” is a no": ((f"{EARLIER}.legal.answers.unsure", "no"),),
    "earlier thoughts are none": ((f"{EARLIER}.suicide.answers.yes", ["none"]),),
    "earlier thoughts are none besides": ((f"{EARLIER}.suicide.answers.yes", ["none", "suicide"]),),
    "earlier harm is nothing known": ((f"{EARLIER}.hurt_them.answers.yes", ["nonsense"]),),
    "an earlier contact opens": (
        (f"{EARLIER}.reached_out.answers", {"yes": "contact"}), (f"{EARLIER}.reached_out.blank", ["unsure"]),
    ),
    **{
        f"earlier answers to {word} are lost": (
            (f"{EARLIER}.{word}.answers", {}), (f"{EARLIER}.{word}.blank", ["yes", "unsure"]),
        )
        for word in ("suicide", "harm_others", "drunk_or_high", "hurt_them", "legal")
    },
    "earlier messages are nothing": (("former.ticks.since_no.options", {"contacted_again": "none"}),),
    "an earlier block is a wish of both": (("former.ticks.their_no.options", {"blocked": "both"}),),
    "an earlier block is nothing": (("former.ticks.their_no.options", {"blocked": "none"}),),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOSER)
def test_a_mapping_that_would_open_more_is_refused_and_opens_nothing(name: str) -> None:
    """Every id in it is there and of the right kind; what it says of them would take a reason to close away."""
    whole: Any = json.loads(json.dumps(MAPPING))
    for where, value in LOOSER[name]:
        *way, last = where.split(".")
        at = whole
        for key in way:
            at = at[key]
        assert at.get(last) != value
        at[last] = value
    workbook = SHIPPED.model_copy(update={"measures": Measures.model_validate(whole)})
    assert workbook.unfed
    every = {one.id for one in SHIPPED.exercises if not one.retired}
    assert shut(workbook, given()) >= every - {"start.privacy", "start.now", "start.safety", "safety-plan.plan"}


def test_the_first_thing_a_page_says_without_a_whole_mapping_is_that_it_stays_closed() -> None:
    """Nobody is sent to questions that are closed too, and the lines for a crisis stand there."""
    workbook = SHIPPED.model_copy(update={"measures": Measures()})
    found = safety.standing(workbook, {}, NOW)
    (notice,) = found.notices
    assert found.closing("start.privacy") is not None
    assert (notice.title, notice.resources, notice.urgent) == ("This stays closed for now", ("crisis",), "after")
    assert "Something went wrong with this safety rule." in notice.html
    assert "two short questions" not in notice.html
    (asked,) = safety.standing(SHIPPED, {}, NOW).notices
    assert "two short questions" in asked.html


@pytest.mark.parametrize("name", ["absent", *(name for name in DAMAGES if name.count(".") == 0)])
def test_without_a_whole_mapping_nobody_finds_more_open(name: str) -> None:
    """Each of the twenty people finds closed whatever is closed to them today."""
    try:
        measures = Measures() if name == "absent" else Measures.model_validate(damaged(*DAMAGES[name]))
    except ValueError:
        return
    workbook = SHIPPED.model_copy(update={"measures": measures})
    assert workbook.unfed
    for person in people.PEOPLE.values():
        now, found = set(people.stands(person)[0].closings), set(people.stands(person, workbook)[0].closings)
        assert found >= now - set(SHIPPED.measures.forms), person.about


def test_an_assignment_neither_feeds_a_rule_nor_asks_its_questions_less_often() -> None:
    """The installation's own mapping holds; where that is not whole, nothing is asked otherwise at all."""
    asks = Asks(tasks=(Task(exercise="start.now", repeats="monthly"), Task(exercise="space.urges", repeats="daily")))
    asked = workbook_of(SHIPPED, asks, "Dr. Kim")
    assert asked.measures == SHIPPED.measures
    assert [asked.exercise(id).repeats for id in ("start.now", "space.urges")] == ["any", "daily"]
    every = Asks(tasks=tuple(Task(exercise=one.id, repeats="monthly") for one in SHIPPED.exercises if not one.retired))
    asked = workbook_of(SHIPPED, every, "Dr. Kim")
    assert {one.id for one in asked.exercises if one.repeats != "monthly" and not one.retired} == {
        "start.privacy", "start.now", "start.safety",  # the forms behind the rules
        "start.wellbeing",  # its scale
        "responsibility.incident", "moving-on.acceptance", "moving-on.grief",  # numbers before and after
    }  # fmt: skip
    broken = SHIPPED.model_copy(update={"measures": Measures()})
    assert workbook_of(broken, asks, "Dr. Kim") == broken


# --- a workbook with other chapters ---

RULES = "\n".join(
    f"  - {{id: {id}, title: {id}, source: Own (S), reason: Because., closes: [outreach], when: {when}}}"
    for id, when in {
        **dict.fromkeys(("G1", "G2", "G3", "G4", "G5", "G5_protects"), "{question: gate.trust.safe, is: no}"),
        "G6_severe": "{question: measured.pursuit, is: grave}",
        "day": "{not: {question: measured.agreed_day, is: come}}",
        "mood": "{question: measured.wellbeing, less_than: 50}",
        "rises": "{question: measured.distress_rises, at_least: 2}",
        "inside": "{question: beds.letter.after, at_least: 7}, hold_hours: 24",
        "again": "{question: measured.recheck, is_not: done}",
    }.items()
)
OTHER = {
    "workbook.yaml": "title: Garden\nchapters: [gate, beds]\n",
    "gate.yaml": """\
chapter: gate
notebook: 07-gate
title: The gate
lede: Questions of its own.
minutes: 5
scales:
  - {id: mood, title: Mood, items: [gate.mood.light], min_answered: 1, source: Own (S)}
exercises:
  - id: today
    title: Today
    minutes: 1
    repeats: any
    items:
      - {id: drunk, kind: yesno, unsure: true, prompt: Am I drunk?}
      - {id: new, kind: yesno, unsure: true, prompt: Is anything new?}
      - {id: safe, kind: yesno, unsure: true, prompt: Am I safe?}
      - {id: did, kind: choices, prompt: What did I do?, options: {wrote: Wrote, came: Came, nothing: Nothing}}
  - id: trust
    title: Trust
    minutes: 1
    items:
      - {id: safe, kind: yesno, unsure: true, prompt: Am I safe?}
      - {id: did, kind: choices, prompt: What did I do?, options: {wrote: Wrote, came: Came, nothing: Nothing}}
      - {id: meet, kind: date, prompt: When do we meet?}
  - id: mood
    title: Mood
    minutes: 1
    items:
      - {id: light, kind: ruler, prompt: How light?, low: heavy, high: light}
""",
    "beds.yaml": """\
chapter: beds
notebook: 10-beds
title: The beds
lede: Other chapters than ours.
minutes: 5
exercises:
  - id: letter
    title: A letter
    minutes: 1
    tags: [outreach]
    items:
      - {id: before, kind: ruler, prompt: Before?, low: calm, high: stirred}
      - {id: words, kind: longtext, prompt: What?}
      - {id: after, kind: ruler, prompt: After?, low: calm, high: stirred}
  - id: dig
    title: Dig
    minutes: 1
    items:
      - {id: deep, kind: text, prompt: How deep?}
""",
    "safety.yaml": f"gates:\n{RULES}\n",
    "measures.yaml": """\
forms: [gate.trust, gate.today]
inside: [beds.letter.after]
short_check: {form: gate.today, each_time: [drunk], changed: new, again: gate.trust, changes: [safe, did]}
pursuit: {question: gate.trust.did, none: nothing, grave: [came]}
agreed_day: gate.trust.meet
wellbeing: mood
distress: {after: before}
""",
}
CALM = {
    "gate.trust.safe": "yes", "gate.trust.did": ["nothing"], "gate.trust.meet": "2026-11-20", "gate.today.drunk": "no",
    "gate.mood.light": 9,
}  # fmt: skip


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    for name, text in OTHER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def stand(workbook: Workbook, at: datetime = NOW, *, later: timedelta = timedelta(0), **other: object) -> Standing:
    """Return where someone stands `later` than these answers; None: it was not answered."""
    values = CALM | {name.replace("__", "."): value for name, value in other.items()}
    answers = {
        (id, "2026-11-23" if id.startswith("gate.today") else "once"): Response(value, "answered", at)
        for id, value in values.items()
        if value is not None
    }
    return safety.standing(workbook, answers, at + later)


def states(standing: Standing) -> dict[str, str]:
    return {gate.id: gate.state for gate in standing.gates if gate.state != "open"}


FIRM = ("G1", "G2", "G3", "G4", "G5", "G5_protects")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, {}),
        ({"gate__trust__safe": "no"}, dict.fromkeys(FIRM, "closed")),
        ({"gate__trust__safe": "unsure"}, dict.fromkeys(FIRM, "closed")),
        ({"gate__trust__safe": None}, dict.fromkeys(FIRM, "unknown")),
        ({"gate__today__safe": "no"}, dict.fromkeys(FIRM, "closed")),  # asked again, and the later answer
        ({"gate__trust__did": ["came"]}, {"G6_severe": "closed"}),
        ({"gate__trust__did": ["wrote"]}, {}),
        ({"gate__trust__did": None}, {"G6_severe": "unknown"}),
        ({"gate__trust__meet": "2026-11-24"}, {"day": "closed"}),
        ({"gate__trust__meet": None}, {"day": "unknown"}),
        ({"gate__mood__light": 4}, {"mood": "closed"}),
        ({"gate__mood__light": None}, {"mood": "unknown"}),
        ({"beds__letter__after": 7}, {"inside": "closed"}),
        ({"beds__letter__after": 6}, {}),
        ({"gate__today__drunk": None}, {"again": "closed"}),
    ],
)
def test_rules_of_other_chapters_ask_questions_of_their_own(
    garden: Path, other: dict[str, object], found: dict[str, str]
) -> None:
    """Each rule is fed by what its own file names; a blank, or “not sure”, closes there as it does here."""
    workbook = definition.load(garden)
    standing = stand(workbook, **other)
    assert states(standing) == found
    assert set(standing.closings) == ({"beds.letter"} if found else set())


def test_a_short_check_of_other_chapters_is_asked_at_each_sitting(garden: Path) -> None:
    """After three hours its own question is due, before its own first page that waits; its link leads there."""
    workbook = definition.load(garden)
    assert states(stand(workbook, later=timedelta(hours=3))) == {}
    due = stand(workbook, later=timedelta(hours=4))
    assert (states(due), due.recheck_due, due.closings["beds.letter"].asks) == (
        {"again": "closed"},
        True,
        ("gate.today",),
    )
    assert coverage.asked_before(workbook) == {"beds.letter": ("gate.today", "gate.trust")}
    blank = stand(workbook, gate__trust__safe=None).closings["beds.letter"]
    assert (blank.asks, [href for _, href in blank.instead]) == (("gate.trust",), ["07-gate.ipynb"])


BEFORE, AFTER = "beds.letter.before", "beds.letter.after"

WRONG = {
    "inside: [beds.letter.after]\n": (
        "",
        ['safety.yaml:12 gates[11].when.question is "beds.letter.after". Nothing in measures.yaml says whether a blank '
         "there closes.  Name its exercise under forms, or the question under inside: a blank then closes nothing."],
    ),
    "pursuit: {question: gate.trust.did, none: nothing, grave: [came]}\n": (
        "",
        ['safety.yaml:8 gates[7].when.question is "measured.pursuit". No question feeds this measure.  '
         "Write “pursuit” in measures.yaml."],
    ),
    "question: gate.trust.did": (
        "question: gate.trust.safe",
        ['measures.yaml:4 pursuit.question is "gate.trust.safe". It is a yesno.  Name a question of kind choices.'],
    ),
    "grave: [came]": (
        "grave: [cane]",
        ['measures.yaml:4 pursuit.grave[1] is "cane". It is no option of “gate.trust.did”.  Did you mean “came”?'],
    ),
    "agreed_day: gate.trust.meet": (
        "agreed_day: gate.trust.met",
        ['measures.yaml:5 agreed_day is "gate.trust.met". There is no such item.  Did you mean “gate.trust.meet”?'],
    ),
    "wellbeing: mood": (
        "wellbeing: moods",
        ['measures.yaml:6 wellbeing is "moods". There is no such scale.  Did you mean “mood”?'],
    ),
    "{after: before}": (
        "{after: befor}",
        ['measures.yaml:7 distress.after is "befor". No exercise asks both.  Name two questions of one exercise.'],
    ),
    "after: before}": (
        "before: after}",
        ["measures.yaml:7 distress does not compare “beds.letter.after” with the number before it.  "
         "Write after: before.",
         'measures.yaml:7 distress.before is "after". It is not asked before the other.  '
         "Write the number after an exercise first, then a colon and the one before it."],
    ),
    "none: nothing": (
        "none: came",
        ['measures.yaml:4 pursuit.none is "came". It is one of the grave ones.  '
         "Name the option that says: nothing of this."],
    ),
    "changes: [safe, did]}": (
        "changes: [safe], also: [did]}",
        ['measures.yaml:3 short_check.also[1] is "did". A rule closes by its answer.  '
         "Name it under changes, so that it is waited for."],
    ),
    "changes: [safe, did]": (
        "changes: [safe]",
        ["measures.yaml:3 short_check says nothing of “gate.today.did”, which is asked there.  "
         "Name it under each_time, changes or also."],
    ),
    "changed: new": (
        "changed: did",
        ["measures.yaml:3 short_check says nothing of “gate.today.new”, which is asked there.  "
         "Name it under each_time, changes or also.",
         'measures.yaml:3 short_check.changed is "gate.today.did". It is a choices.  Name a question of kind yesno.'],
    ),
    "wellbeing:": (
        "welbeing:",
        ['measures.yaml:6 welbeing is not known here.  Did you mean “wellbeing”?'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_feeds_no_rule_is_said_with_its_file_and_a_cure(garden: Path, text: str) -> None:
    """An id that is not there, a question of another kind, a measure without one, a question that is left out."""
    file = garden / "measures.yaml"
    assert OTHER["measures.yaml"].count(text) == 1
    instead, said = WRONG[text]
    file.write_text(OTHER["measures.yaml"].replace(text, instead), encoding="utf-8")
    assert sorted(map(str, definition.check(garden))) == sorted(said)
    with pytest.raises(DefinitionError):
        definition.load(garden)


def test_a_rule_may_not_ask_for_a_measure_that_nobody_works_out(garden: Path) -> None:
    """It could only ever stay closed: it is said, with what was meant."""
    text = OTHER["safety.yaml"].replace("measured.pursuit", "measured.persuit")
    (garden / "safety.yaml").write_text(text, encoding="utf-8")
    assert [str(problem) for problem in definition.check(garden)] == [
        'safety.yaml:8 gates[7].when.question is "measured.persuit". There is no such measure.  Did you mean “pursuit”?'
    ]


def test_rules_without_the_file_that_feeds_them_are_no_workbook(garden: Path) -> None:
    """One problem says so, not one for each rule; without rules the file is not needed."""
    (garden / "measures.yaml").unlink()
    assert [str(problem) for problem in definition.check(garden)] == [
        "safety.yaml:1 gates has no measures.yaml beside this file.  Write it: it says which forms the rules ask."
    ]
    (garden / "safety.yaml").unlink()
    assert definition.check(garden) == ()
    assert not definition.load(garden).unfed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "measures.yaml: The file is empty.  Write the chapter, or delete the file."),
        ("forms: \a\n", "measures.yaml:1: A character that cannot be shown stands here.  Delete it."),
    ],
)
def test_a_mapping_that_cannot_be_read_is_not_said_to_be_absent(garden: Path, text: str, said: str) -> None:
    """Only what is wrong with it is said."""
    (garden / "measures.yaml").write_text(text, encoding="utf-8")
    assert [str(problem) for problem in definition.check(garden)] == [said]


def test_an_earlier_tick_of_nothing_is_asked_anew_whatever_it_is_called() -> None:
    """The word for “nothing of this” is the measure's own; any other tick of then counts now."""
    whole = json.loads(json.dumps(MAPPING).replace('"none": "none"', '"none": "nothing"'))
    asked = Measures.model_validate(whole)
    for ticked, kept in ((["nothing"], []), (["followed"], ["followed"]), (["contacted_again"], ["contacted_often"])):
        answers = {("start.safety.since_no", "once"): Response(ticked, "answered", NOW)}
        (entry,) = facts.entries_of(answers, (), asked)
        assert (entry.item, entry.value) == ("start.safety.acts", kept)


def test_an_earlier_question_goes_on_closing(garden: Path) -> None:
    """A question that is retired, or a whole form, has to be named under “former”, and each answer it could have."""
    old = "      - {id: well, kind: yesno, unsure: true, retired: true, prompt: Am I well?}\n"
    form = "  - {id: old, title: Old, minutes: 1, retired: true, items: [{id: did, kind: text, prompt: Did?}]}\n"
    gate = OTHER["gate.yaml"].replace("      - {id: meet", f"{old}      - {{id: meet") + form
    (garden / "gate.yaml").write_text(gate, encoding="utf-8")
    file = garden / "measures.yaml"
    assert sorted(map(str, definition.check(garden))) == [
        'measures.yaml:1 former is "gate.trust.well". It is no longer asked, and nothing hears its answers.  '
        "Name it under former: its answers closed rules, and must go on closing them.",
        'measures.yaml:1 former.forms is "gate.old". It asked what the forms ask now.  '
        "Name it here, or its answers are lost.",
    ]
    former = """\
former:
  forms: [gate.trust, gate.old]
  same: {did: gate.trust.did}
  reworded: {well: {now: gate.trust.safe, answers: {"yes": "no"}}}
"""
    file.write_text(OTHER["measures.yaml"] + former, encoding="utf-8")
    assert [str(problem) for problem in definition.check(garden)] == [
        "measures.yaml:11 former.reworded.well does not say what “unsure” means now.  "
        "Write it under answers, or under blank."
    ]
    file.write_text(OTHER["measures.yaml"] + former.replace('{"yes": "no"}', '{"yes": "yes", unsure: unsure}'))
    assert [str(problem) for problem in definition.check(garden)] == [
        "measures.yaml:11 former.reworded.well.answers.yes leaves open what “gate.trust.safe” closes.  "
        "Write an answer that closes: what closed a rule then closes it now."
    ]
    blank = former.replace('answers: {"yes": "no"}', 'answers: {unsure: unsure}, blank: ["yes"]')
    file.write_text(OTHER["measures.yaml"] + blank, encoding="utf-8")
    assert [str(problem) for problem in definition.check(garden)] == [
        'measures.yaml:11 former.reworded.well.blank is "yes". Nothing would close by it any more.  '
        "Write under answers what it means now. Only what opened a rule is asked anew."
    ]
    file.write_text(OTHER["measures.yaml"] + former.replace('{"yes": "no"}', '{"yes": "no", unsure: unsure}'))
    found = stand(definition.load(garden), gate__trust__safe=None, gate__trust__well="yes")
    assert states(found) == dict.fromkeys(FIRM, "closed")
