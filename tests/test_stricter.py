"""Whatever protects less is named, field by field; and the numbers, lines and marks that rules rest on are exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.safe_answers import SAFE
from workbook import definition
from workbook.answers.kinds import Response
from workbook.errors import Refused
from workbook.safety import facts, helplines, sentences, verdicts
from workbook.safety import gates as safety
from workbook.safety import settings as rules

WORKBOOK = definition.load()
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SKIP = object()
STRICT = WORKBOOK.gates[0].model_copy(
    update={
        "closed": True, "until_later_visit": True, "hold_hours": 24, "recheck_days": 14, "closes": ("draft",),
        "keeps": (), "hides": ("draft",), "unscored": ("draft",), "blank": ("draft",), "first": True, "firm": True,
        "track": "moving-on", "reopens": {"question": "a.b.c", "is": "yes"},
    }
)  # fmt: skip
WEAKER: dict[str, tuple[object, ...]] = {
    "closed": (False,),
    "when": ({"question": "a.b.c", "is": "never"},),
    "reopens": (None, {"question": "a.b.d", "is": "yes"}),
    "until_later_visit": (False,),
    "hold_hours": (23,),
    "recheck_days": (15, None),
    "closes": ((), ("contact",)),
    "keeps": (("calming",),),
    "hides": ((), ("all",)),
    "unscored": ((),),
    "blank": ((),),
    "first": (False,),
    "firm": (False,),
    "track": (None,),
}


@pytest.mark.parametrize(("field", "value"), [(name, value) for name, values in WEAKER.items() for value in values])
def test_each_way_to_protect_less_is_named(field: str, value: object) -> None:
    """One field weaker, all others as they were: one sentence, which begins with the rule's name."""
    [fault] = rules.loosened([STRICT.model_copy(update={field: value})], [STRICT])
    assert fault.startswith(f"{STRICT.id} ")
    assert fault.endswith("No setting can loosen this gate.")


STRICTER: dict[str, object] = {
    "hold_hours": 25, "recheck_days": 13, "closes": ("draft", "contact"), "hides": ("draft", "contact"),
    "unscored": ("all",), "blank": ("all",),
}  # fmt: skip


@pytest.mark.parametrize("field", STRICTER)
def test_no_way_to_protect_more_is_called_weaker(field: str) -> None:
    """A longer hold, an earlier look, a longer list, or “all” in its place, of a rule that closes."""
    stricter = STRICT.model_copy(update={field: STRICTER[field], "closed": True})
    assert rules.loosened([stricter], [STRICT]) == ()


def test_a_hold_of_hours_where_there_was_none_protects_less() -> None:
    """Without hours a rule stays closed as long as its answers say so; with them it opens again."""
    endless = STRICT.model_copy(update={"hold_hours": None})
    assert rules.loosened([STRICT], [endless]) == (
        f"{STRICT.id} has no hold of hours: it stays closed as long as its answers say so. "
        "No setting can loosen this gate.",
    )
    assert rules.loosened([endless], [endless]) == ()
    hour = STRICT.model_copy(update={"hold_hours": 1})  # the shortest
    assert rules.loosened([endless], [hour]) == (
        f"{STRICT.id} would hold for less than 1 hour. No setting can loosen this gate.",
    )


def _in(entries: list[Any]) -> Callable[[Callable[[str], bool]], list[Any]]:
    """What finds entries by the ids of their items, as `Facts.answers_in` does."""
    return lambda fits: [entry for entry in entries if fits(entry.item)]


@pytest.mark.parametrize(
    ("points", "score"),
    [
        ((5, 5, 5, 5, 5), 100),
        ((0, 0, 0, 0, 0), 0),
        ((5, 0, 0, 5), 50),
        ((1, 2, 3, 4, 0), 40),
        ((4, 0, 0, 0), 20),
        ((None, 5, 0, 0, 5), 50),  # blank: not counted
        ((SKIP, 5, 0, 0, 5), 40),  # declined: counted as the least
        ((SKIP, SKIP, SKIP, SKIP, SKIP), 0),
        ((None, None, 5, 5, 5), None),  # too few
    ],
)
@pytest.mark.parametrize("least", [0, 1, -2])
def test_well_being_is_the_part_of_its_range_in_percent(
    points: tuple[object, ...], score: float | None, least: int
) -> None:
    """From 0, all at their least, to 100, all at their most, wherever the points of a workbook begin."""
    [scale] = [scale for chapter in WORKBOOK.chapters for scale in chapter.scales if scale.id == "wellbeing"]
    day = "2026-11-23"
    responses = {
        (id, day): Response(point + least, "answered", NOW)
        if isinstance(point, int)
        else Response(None, "skipped", NOW)
        for id, point in zip(scale.items, points, strict=False)
        if point is not None
    }
    entries = [SimpleNamespace(item=item, occasion=when, at=NOW) for item, when in responses]
    item = WORKBOOK.item(scale.items[0])
    item = item.model_copy(update={"points": {point + least: word for point, word in item.points.items()}})  # type: ignore[attr-defined]  # it has points
    workbook = SimpleNamespace(measures=WORKBOOK.measures, scale=lambda id: scale, item=lambda id: item)
    known = SimpleNamespace(workbook=workbook, responses=responses, answers_in=_in(entries))
    assert facts.wellbeing(known) == score  # type: ignore[arg-type]  # only what it reads


MOMENT = timedelta(microseconds=1)
INCIDENT = "responsibility.incident.my_part"


def told(now: datetime, *at: datetime, words: str = "") -> SimpleNamespace:
    """What is known of someone who wrote about one incident at these times."""
    return SimpleNamespace(now=now, story=[facts.Entry(one, INCIDENT, "once", words, "answered") for one in at])


def test_a_retelling_counts_for_thirty_days_to_the_moment() -> None:
    """One written thirty days ago counts, one a moment earlier does not."""
    days = [NOW, NOW - timedelta(days=10), NOW - timedelta(days=30)]
    assert facts.retellings(told(NOW, *sorted(days))) == 3  # type: ignore[arg-type]  # only what it reads
    days[-1] -= MOMENT
    assert facts.retellings(told(NOW, *sorted(days))) == 2  # type: ignore[arg-type]  # the same
    assert facts.retellings(told(NOW, days[-1])) == facts.retellings(told(NOW)) == 0  # type: ignore[arg-type]  # the same


def test_a_retelling_is_a_sitting_of_its_own_after_three_hours() -> None:
    """Three hours apart are one sitting, a moment more are two."""
    apart = timedelta(hours=3)
    assert facts.retellings(told(NOW, NOW - apart, NOW)) == 1  # type: ignore[arg-type]  # only what it reads
    assert facts.retellings(told(NOW, NOW - apart - MOMENT, NOW)) == 2  # type: ignore[arg-type]  # the same


def test_writing_is_counted_from_midnight_to_midnight() -> None:
    """What was saved at midnight is of the day that begins; a moment earlier it was the day before."""
    midnight = NOW.replace(hour=0, minute=0)
    words = "w" * 240  # two minutes of typing
    for at, minutes in ((midnight, 2), (midnight - MOMENT, 0), (midnight + timedelta(days=1) - MOMENT, 2)):
        assert facts.writing_minutes(told(NOW, at, words=words)) == minutes  # type: ignore[arg-type]  # only what it reads
    assert facts.writing_minutes(told(NOW, midnight + timedelta(days=1), words=words)) == 0  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize(
    ("texts", "minutes"),
    [
        (((-1, 6000), (0, 6120)), 1),  # a long story of yesterday, and a line of today
        (((0, 240), (0, 120), (0, 240)), 3),  # words taken out were written too
        (((-1, 240), (1, 480)), 0),  # dated yesterday and tomorrow
    ],
)
def test_only_what_was_added_today_counts_as_written_today(texts: tuple[tuple[int, int], ...], minutes: float) -> None:
    """At 120 characters a minute, whatever stood there before."""
    entries = [
        facts.Entry(NOW + timedelta(days=day, minutes=6 * turn), INCIDENT, "once", "w" * length, "answered")
        for turn, (day, length) in enumerate(texts)
    ]
    assert facts.writing_minutes(SimpleNamespace(now=NOW, story=entries)) == minutes  # type: ignore[arg-type]  # only what it reads


def test_saves_of_another_day_are_no_stretch_of_writing() -> None:
    """A clock that was set back left two saves on the day to come."""
    times = [NOW + timedelta(days=1), NOW + timedelta(days=1, minutes=4)]
    assert facts.writing_minutes(told(NOW, *times)) == 0  # type: ignore[arg-type]  # only what it reads


@pytest.mark.parametrize(("gap", "minutes"), [(timedelta(minutes=5), 5), (timedelta(minutes=5) + MOMENT, 0)])
def test_two_saves_five_minutes_apart_are_one_stretch_of_writing(gap: timedelta, minutes: float) -> None:
    """A longer pause was a pause."""
    assert facts.writing_minutes(told(NOW, NOW - gap, NOW)) == minutes  # type: ignore[arg-type]  # only what it reads


@pytest.mark.parametrize(
    ("before", "after", "ago", "rises"),
    [
        (3, 5, timedelta(days=14), 1),
        (3, 6, timedelta(days=14), 1),
        (0, 10, timedelta(0), 1),
        (3, 5, timedelta(days=14) + MOMENT, 0),
        (3, 4, timedelta(0), 0),
        (5, 3, timedelta(0), 0),
    ],
)
def test_distress_rises_by_two_points_within_fourteen_days(before: int, after: int, ago: timedelta, rises: int) -> None:
    """Two points more, or any more than that, after an exercise are a rise, for fourteen days to the moment."""
    word, first = next((later, earlier) for later, earlier in WORKBOOK.measures.distress.items())
    at = NOW - ago
    given = {f"a.b.{first}": before, f"a.b.{word}": after}
    responses = {(item, "once"): Response(value, "answered", at) for item, value in given.items()}
    known = SimpleNamespace(workbook=WORKBOOK, now=NOW, responses=responses)
    assert facts.distress_rises(known) == rises  # type: ignore[arg-type]  # only what it reads


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Response(None, "skipped", NOW), Response(9, "answered", NOW)),
        (Response(1, "answered", NOW), Response(None, "skipped", NOW)),
        (Response(1, "skipped", NOW), Response(9, "answered", NOW)),  # as a damaged record may have it
        (Response(1, "answered", NOW), Response("9", "answered", NOW)),
    ],
)
def test_only_two_numbers_that_were_given_are_compared(before: Response, after: Response) -> None:
    """Distress that someone preferred not to say, or that is no number, has not risen, and breaks no rule."""
    word, first = next((later, earlier) for later, earlier in WORKBOOK.measures.distress.items())
    responses = {(f"a.b.{first}", "once"): before, (f"a.b.{word}", "once"): after}
    known = SimpleNamespace(workbook=WORKBOOK, now=NOW, responses=responses)
    assert facts.distress_rises(known) == 0  # type: ignore[arg-type]  # only what it reads


def test_what_rose_long_ago_hides_nothing_that_rose_since() -> None:
    """Old numbers stand among the answers before new ones, and so do numbers of which one was never given."""
    word, first = next((later, earlier) for later, earlier in WORKBOOK.measures.distress.items())
    days = {"old": 20, "alone": 3, "one": 2, "two": 1}
    responses = {
        (f"a.b.{name}", occasion): Response(value, "answered", NOW - timedelta(days=ago))
        for occasion, ago in days.items()
        for name, value in ((word, 9), (first, 2))
        if (occasion, name) != ("alone", first)
    }
    known = SimpleNamespace(workbook=WORKBOOK, now=NOW, responses=responses)
    assert facts.distress_rises(known) == 2  # type: ignore[arg-type]  # only what it reads


def test_an_answer_to_a_question_that_is_no_more_stays_as_it_was() -> None:
    """What an earlier short check asked and no rule asks now is taken for no other question; nor is another form's."""
    for item in ("start.recheck.changed", "space.boundary.afraid", "communication.reached_out.afraid"):
        past = SimpleNamespace(item=item, occasion="once", value="yes", status="answered", answered_at=NOW)
        assert facts.entries_of({}, [past], WORKBOOK.measures) == [facts.Entry(NOW, item, "once", "yes", "answered")]


def test_what_is_looked_at_again_is_due_by_its_own_answers() -> None:
    """Two weeks after the newest well-being answer, whatever else was answered since; without one, never."""
    [gate] = [gate for gate in WORKBOOK.gates if gate.recheck_days]
    days = {
        "start.wellbeing.sleep": 20,
        "start.wellbeing.tasks": 18,
        "start.wellbeing.meals": 15,
        "start.now.stirred": 1,
    }
    entries = [facts.Entry(NOW - timedelta(days=ago), item, "once", 1, "answered") for item, ago in days.items()]
    due = verdicts._since(gate, SimpleNamespace(workbook=WORKBOOK, answers_in=_in(entries)))  # type: ignore[arg-type]  # only what it reads
    assert due == NOW - timedelta(days=15) + timedelta(days=14)
    assert verdicts._since(gate, SimpleNamespace(workbook=WORKBOOK, answers_in=_in(entries[-1:]))) is None  # type: ignore[arg-type]  # the same


def test_the_list_of_rules_says_in_one_line_how_each_stands() -> None:
    """Open, closed, until when, what it waits for, or that nobody can tell."""
    gate = WORKBOOK.gates[0]
    stands = (
        (verdicts.Verdict(gate, "open"), "Open."),
        (verdicts.Verdict(gate, "closed"), f"{gate.title}."),
        (verdicts.Verdict(gate, "closed", until=NOW), f"{gate.title}, until Monday 23 November, 14:00."),
        (verdicts.Verdict(gate, "unknown", blank=("a.b.c",)), "Not all answered yet."),
        (verdicts.Verdict(gate, "unknown"), "Not enough answers yet."),
        (verdicts.Verdict(gate, "unknown", broken=True), "This rule could not be worked out, so it stays closed."),
    )
    assert [sentences.why(one) for one, _ in stands] == [said for _, said in stands]


def test_a_rule_whose_facts_cannot_be_read_is_broken_and_says_so() -> None:
    """It closes what it closes, and what it would close while its answers are blank."""
    for gate in WORKBOOK.gates:
        found = verdicts.judge(gate, None)
        assert (found.state, found.broken) == ("unknown", True)
        assert found.asks == ()


def test_only_a_crisis_shows_numbers_before_its_words() -> None:
    """Thoughts of suicide do; another closed rule, or a page that merely waits for its questions, does not."""
    answered = {(id, _occasion(id)): Response(value, "answered", NOW) for id, value in SAFE.items()}
    crisis = answered | {
        ("start.now.thoughts", _occasion("start.now.thoughts")): Response(["suicide"], "answered", NOW)
    }
    no = answered | {("start.safety.between_us", "once"): Response(["blocked"], "answered", NOW)}
    found = {
        name: {closing.urgent for closing in safety.standing(WORKBOOK, responses, NOW).closings.values()}
        for name, responses in (("crisis", crisis), ("a no", no), ("nothing answered", {}))
    }
    assert found == {"crisis": {True}, "a no": {False}, "nothing answered": {False}}


def _occasion(id: str) -> str:
    return "2026-11-23" if id.startswith("start.now.") else "once"


def test_lines_come_in_the_order_of_who_answers_now() -> None:
    """Answered now, then those whose hours nobody wrote down, then closed ones; each in the file's order."""
    hours = ["00:00-01:00", None, "always", "00:00-02:00", None, "always"]
    lines = [
        helplines.Line(str(at), "X", ("crisis",), "1", None, None, None, one, None, False, (), "us", None, False, None)
        for at, one in enumerate(hours)
    ]
    assert [line.id for line in helplines._by_need(lines, "crisis", NOW)] == ["2", "5", "1", "4", "0", "3"]


def _offered(region: str, kinds: list[str], now: datetime) -> list[str]:
    """Return the ids of the lines that a page offers, in their order, but for the number for danger."""
    lines = {f"<b>{helplines.escape(line.name)}</b>": line.id for line in helplines.helplines(region)}
    told = [lines[one.partition("</b>")[0] + "</b>"] for one in helplines.brief(region, kinds, now) if one[0] == "<"]
    return told


@pytest.mark.parametrize(
    ("region", "zone", "kinds", "offered"),
    [
        ("CA", "America/Toronto", ["abuse", "crisis", "abused-legal"], ["211", "lifeline", "legal", "sheltersafe"]),
        ("CA", "America/Edmonton", ["abuse"], ["211", "alberta", "sheltersafe", "sos"]),
        ("CA", "America/Toronto", ["abuse"], ["211", "sheltersafe", "alberta", "sos"]),
        ("CA", "", ["abuse"], ["211", "sheltersafe", "alberta", "sos"]),
        ("GB-IE", "Europe/London", ["crisis", "abusers-legal"], ["samaritans", "citizens_advice", "shout", "flac"]),
        ("GB-IE", "Europe/Dublin", ["crisis", "abusers-legal"], ["samaritans", "flac", "shout", "citizens_advice"]),
        ("GB-IE", "Europe/Dublin", ["abuse"], ["womens_aid_ie", "male_advice_ie", "refuge", "mens_advice"]),
        ("GB-IE", "", ["abuse"], ["refuge", "mens_advice", "wales", "scotland"]),
    ],
)
def test_a_line_for_another_part_of_a_region_comes_last(
    region: str, zone: str, kinds: list[str], offered: list[str]
) -> None:
    """Nobody in Toronto is sent to Alberta before legal aid; where the part is not known, lines for all come first."""
    now = NOW.replace(tzinfo=ZoneInfo(zone)) if zone else NOW
    assert _offered(region, kinds, now) == offered


@pytest.mark.parametrize("region", helplines.regions())
def test_the_clocks_of_a_line_are_clocks_of_its_region(region: str) -> None:
    """A line for a part of a region names zones that are there, so that somebody finds it."""
    here = helplines.zones(region)
    wrong = [(line.id, one) for line in helplines.helplines(region) for one in line.zones if one not in here]
    assert wrong == []


def test_a_page_offers_one_number_for_danger_and_four_lines_at_most() -> None:
    """In China there are two such numbers; the police's alone stands first in a crisis, and where the list is, last."""
    told = helplines.brief("CN", ["crisis", "abuse", "abused-legal", "young"], NOW)
    assert [line.partition("</b>")[0].rpartition("<b>")[2].partition(" ")[0] for line in told] == [
        "报警", "希望24热线", "妇女维权公益服务热线", "12348", "全国统一心理援助热线", "More:",
    ]  # fmt: skip
    assert told[0].startswith("In danger now: ")


def test_a_line_is_looked_at_again_after_a_year() -> None:
    """On the day itself it is not yet old, on the next it is; one that nobody checked is named always."""
    line = next(line for line in helplines.helplines("US") if line.verified)
    day = line.last_checked or date(1, 1, 1)
    said = f"data/resources/US.yaml: {line.name} was last checked on {day}."
    assert [said in helplines.stale(day + timedelta(days=days)) for days in (0, 365, 366)] == [False, False, True]
    assert "data/resources/GB-IE.yaml: Citizens Advice was never checked." in helplines.stale(day)


def test_a_line_is_marked_as_confirmed_only_where_its_file_says_so() -> None:
    """What nobody confirmed is never shown as confirmed."""
    row = {"id": "a", "name": "A", "for": ["crisis"], "source": "S"}
    said = [helplines._line(row | more).verified for more in ({"verified": "yes"}, {"verified": "no"}, {})]
    assert said == [True, False, False]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"open": "always", "hours": "day and night", "verified": "yes"}, "<b>A &amp; B</b>: 1"),
        ({"open": "always", "hours": "day and night"}, "<b>A &amp; B</b>: 1 (not checked by us yet)"),
        ({"hours": "<9 to 5>", "verified": "yes"}, "<b>A &amp; B</b>: 1 (&lt;9 to 5&gt;)"),
        ({"open": "mon-fri 09:00-17:00", "hours": "9 to 5"}, "<b>A &amp; B</b>: 1 (9 to 5; not checked by us yet)"),
        ({"who": "men", "text": "Text", "verified": "yes"}, "<b>A &amp; B</b> (men only): 1, Text"),
        ({"number": None, "url": "https://a.b", "verified": "yes"}, "<b>A &amp; B</b>: https://a.b"),
        ({"number": None, "note": "Ask at a help desk.", "verified": "yes"}, "<b>A &amp; B</b>: Ask at a help desk."),
        ({"number": None, "verified": "yes"}, "<b>A &amp; B</b>: "),
    ],
)
def test_a_line_says_how_to_reach_it_when_for_whom_and_that_nobody_checked_it(more: dict, said: str) -> None:
    """Whoever calls knows beforehand: hours that are not all day, for some only, and a number that nobody looked up."""
    row = {"id": "a", "name": "A & B", "for": ["crisis"], "number": 1, "source": "S"}
    assert helplines._told(helplines._line(row | more)) == said


def test_only_a_plain_yes_keeps_a_rule_closed_and_nothing_else_is_taken_for_one() -> None:
    """Settings come from YAML as words and from elsewhere as true and false; false is refused, not read as a yes."""
    for said in ("yes", "true", True):
        assert rules.tighten((STRICT.model_copy(update={"closed": False}),), {STRICT.id: {"closed": said}}) == (STRICT,)
    for said in ("no", "false", False, None, 0):
        with pytest.raises(Refused, match=f"^{STRICT.id} can be set to closed, but not to open: its answers decide"):
            rules.tighten((STRICT,), {STRICT.id: {"closed": said}})


def test_each_reason_for_rules_that_are_not_whole_is_a_row_of_its_own() -> None:
    """Numbered from one, in their order."""
    assert safety.broken_rows(["A.", "B."]) == [("broken1", "A."), ("broken2", "B.")]


@pytest.mark.parametrize(
    ("ago", "done", "rests"),
    [
        (timedelta(hours=1), None, "no"),
        (timedelta(hours=1) + MOMENT, None, "yes"),
        (timedelta(hours=24) - MOMENT, None, "yes"),
        (timedelta(hours=24), None, "no"),
        (timedelta(0), timedelta(0), "yes"),
        (timedelta(0), MOMENT, "no"),  # marked done, then written on
        (timedelta(minutes=1), -timedelta(seconds=30), "yes"),  # marked half a minute after the last word
    ],
)
def test_a_draft_rests_from_an_hour_to_a_day_after_its_last_word(
    ago: timedelta, done: timedelta | None, rests: str
) -> None:
    """To the moment; one that is marked done rests at once, unless words were added after the mark."""
    at, form = NOW - ago, "communication.message"
    marked = {} if done is None else {f"{form}.done": facts.Entry(at - done, f"{form}.done", "once", "yes", "answered")}
    texts = [
        facts.Entry(at - timedelta(days=2), f"{form}.draft", "once", "first words", "answered"),
        facts.Entry(at, f"{form}.draft", "once", "last words", "answered"),
        facts.Entry(NOW, f"{form}.draft", "once", None, "blank"),  # taken out again: no word
        facts.Entry(NOW, "space.plan.first", "once", "a walk", "answered"),  # no draft
    ]
    known = SimpleNamespace(
        now=NOW, free_text=texts, newest=marked, tagged=lambda tag: {form} if tag == "draft" else ()
    )
    assert facts.draft_resting(known) == rests  # type: ignore[arg-type]  # only what it reads


@pytest.mark.parametrize(
    ("day", "found"),
    [("2026-11-22", "come"), ("2026-11-23", "come"), ("2026-11-24", "ahead"), (None, None), (20261123, None)],
)
def test_an_agreed_day_has_come_on_the_day_itself(day: object, found: str | None) -> None:
    """By the person's own calendar; without a day there is none."""
    known = SimpleNamespace(workbook=WORKBOOK, now=NOW, get=lambda id: day)
    assert facts.agreed_day(known) == found  # type: ignore[arg-type]  # only what it reads


@pytest.mark.parametrize(("apart", "began"), [(timedelta(hours=3), 2), (timedelta(hours=3) + MOMENT, 1)])
def test_a_sitting_begins_after_three_quiet_hours(apart: timedelta, began: int) -> None:
    """To the moment; what is dated later than now is no part of it."""
    times = [NOW - timedelta(hours=1) - apart, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]
    start = {1: times[1], 2: times[0]}[began]
    assert (facts.sitting_start(times, NOW), facts.sitting_start(times[:2], NOW)) == (start, start)
    assert facts.sitting_start([], NOW) == NOW


FORMER = WORKBOOK.measures.former
CHECK = WORKBOOK.measures.short_check
ITEMS = (
    *(item.id for form in WORKBOOK.measures.forms for item in WORKBOOK.exercise(form).items),
    *(f"{form}.{word}" for form in FORMER.forms for word in (*FORMER.same, *FORMER.reworded, *FORMER.ticks)),
    *(f"{form}.{word}" for form in FORMER.forms for word in CHECK.changes),
    INCIDENT,
    "start.wellbeing.sleep",
    "gone.long.ago",
)
VALUES = st.one_of(st.none(), st.sampled_from(["yes", "no", "unsure", "none", "words"]), st.lists(st.just("contacted")))
GIVEN = st.tuples(  # item, occasion, hours ago, value, status
    st.sampled_from(ITEMS),
    st.sampled_from(["once", "2026-11-23"]),
    st.integers(-2, 9),
    VALUES,
    st.sampled_from(["answered", "skipped", "blank"]),
)


@given(st.lists(GIVEN, max_size=30), st.lists(GIVEN, max_size=30))
def test_what_is_asked_of_few_answers_is_what_all_of_them_say(past: list[Any], more: list[Any]) -> None:
    """However few questions a rule names: each version once, in order, the newest, and the newest not cleared."""
    history = [
        SimpleNamespace(item=item, occasion=when, answered_at=NOW - timedelta(hours=ago), value=value, status=status)
        for item, when, ago, value, status in past
    ]
    current = [(item, when, NOW - timedelta(hours=ago), value, status) for item, when, ago, value, status in more]
    current += [(one.item, one.occasion, one.answered_at, one.value, one.status) for one in history[::2]]
    responses = {(one[0], one[1]): Response(one[3], one[4], one[2]) for one in current if one[4] != "blank"}
    known = facts.Facts(WORKBOOK, responses, history, (), NOW)
    every = facts.entries_of(responses, history, WORKBOOK.measures)
    newest = {entry.question: entry for entry in every}
    places = {(entry.item, entry.occasion): entry for entry in every}
    kept = sorted((entry for entry in places.values() if entry.status != "blank"), key=lambda entry: entry.at)
    assert dict(known.newest) == newest
    assert dict(known.kept) == {entry.question: entry for entry in kept}
    assert len(known.kept) == len({entry.question for entry in kept})
    for asked in ({*newest}, {*list(newest)[::2]}, {CHECK.each_time[0]}, set[str]()):
        assert known.answers_to(asked) == [entry for entry in every if entry.question in asked]
    assert known.answers_in(lambda item: item == INCIDENT) == [entry for entry in every if entry.item == INCIDENT]
    assert sorted(set(known.times)) == sorted({entry.at for entry in every})
    assert known.times == sorted(known.times)
