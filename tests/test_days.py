"""A day is the one the person had, whatever zone they were in and whatever their clock has shown before."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.clock import Clock
from tests.safe_answers import SAFE, answer_safely
from workbook import definition
from workbook.answers import occasions
from workbook.answers.occasions import Begun, in_order, in_time, still_meant
from workbook.assessment import export, report, steps
from workbook.assessment.frame import by_item
from workbook.cli import counselor
from workbook.journal import Journal, open_journal
from workbook.page import today
from workbook.sharing import overview
from workbook.sharing.bundles import GateEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOG, INCIDENT = "improvement.log.planned", "responsibility.incident.my_part"  # daily, and as often as one likes
WEEK, MONTH = "improvement.checkin.plan", "improvement.goals.goal"
GIVEN = {LOG: 2, INCIDENT: "I shouted.", WEEK: "keep", MONTH: "To sleep."}
ONCE = [item for item in SAFE if item.startswith(("start.privacy.", "start.safety."))]


@pytest.fixture
def journal(tmp_path: Path, clock: Clock):
    with open_journal(tmp_path / "Mend", now=clock) as journal:
        answer_safely(journal.save)
        yield journal


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Take this computer to another time zone, and home again after the test."""

    def to(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield to
    monkeypatch.undo()
    time.tzset()


def test_the_newest_filling_is_the_one_begun_last(journal: Journal, clock: Clock):
    """Begun far in the east or by a wrong clock, an older filling does not close the one begun now."""
    for there in (datetime(2026, 3, 3, 8, tzinfo=timezone(timedelta(hours=14))), datetime(2036, 1, 1, tzinfo=UTC)):
        clock.time = there
        answer_safely(journal.save)
        journal.save("responsibility.incident.done", "yes")
    clock.time = datetime(2026, 3, 2, 9, tzinfo=timezone(-timedelta(hours=10)))
    answer_safely(journal.save)

    first = journal.save(INCIDENT, "I shouted.")
    clock.forward(minutes=10)
    second = journal.save(INCIDENT, "I shouted at her.")

    assert (first.occasion, second.occasion, second.version) == ("2026-03-02", "2026-03-02", 2)
    assert journal.occasions("responsibility.incident") == ["2026-03-03", "2036-01-01", "2026-03-02"]
    table = journal.answers()
    rows = table[table["exercise"] == "responsibility.incident"]
    assert list(rows.sort_values("occasion")["occasion"]) == ["2026-03-03", "2036-01-01", "2026-03-02"]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 # the zone is drawn
    st.sampled_from([-720, -570, 0, 330, 840]),
    st.sets(st.sampled_from([0, 1, 2]), max_size=3),
    st.sampled_from(["once", "daily", "weekly", "monthly", "any"]),
)
def test_yesterday_may_be_meant_only_at_night_and_while_neither_day_has_an_entry(
    local: datetime, zone: int, told: set[int], repeats: str
):
    """By the person's own clock: from midnight until four, for what is asked daily; else the day is today."""
    now = local.replace(tzinfo=timezone(timedelta(minutes=zone)))
    given = {(local.date() - timedelta(days=back)).isoformat() for back in told}
    asks = repeats == "daily" and local.hour in (0, 1, 2, 3) and not told & {0, 1}
    assert still_meant(repeats, now, given) == ((local.date() - timedelta(days=1)).isoformat() if asks else None)


@pytest.mark.parametrize(("hour", "minute", "asks"), [(23, 59, False), (0, 0, True), (3, 59, True), (4, 0, False)])
def test_which_day_is_meant_is_asked_once(journal: Journal, clock: Clock, hour: int, minute: int, asks: bool):
    """At the limits of the night; what is then told of yesterday is yesterday's, and nobody is asked again."""
    clock.time = datetime(2026, 3, 4, hour, minute, tzinfo=timezone(timedelta(hours=2)))
    answer_safely(journal.save)
    form = journal.exercise("improvement.log")
    desk, log = journal._desk, journal.workbook.exercise(form.exercise["id"])
    asked = {"occasion": "2026-03-03", "today": "Wednesday, the new day", "yesterday": "Still Tuesday"}
    assert desk.payload(log, None)["night"] == (asked if asks else None)
    if asks:
        chosen = desk.payload(log, "2026-03-03")
        assert (chosen["occasion"], chosen["night"]) == ("2026-03-03", None)
        assert {one["id"]: one["current"] for one in chosen["occasions"]} == {"2026-03-04": True, "2026-03-03": True}
        journal.save(LOG, 2, "2026-03-03")
        assert journal.occasions("improvement.log") == ["2026-03-03"]
        assert desk.payload(log, None)["night"] is None


def test_a_day_told_half_a_year_later_is_the_one_that_person_had(journal: Journal, clock: Clock):
    """At twenty past midnight in summer is that day in winter too, an hour behind: on its step and in a report."""
    clock.time = datetime(2026, 7, 1, 0, 20, tzinfo=timezone(timedelta(hours=2)))
    journal.save("start.hopes.hope", "I hope to sleep again.")
    clock.time = datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    journal.exercise("start.hopes")
    hopes = journal.workbook.exercise("start.hopes")
    assert journal._desk.step(hopes, "start")["day"] == "2026-07-01"
    told = by_item(journal.answers(), journal.local_times(), clock.time.tzinfo)
    assert [given.day for given in told["start.hopes.hope"]] == ["2026-07-01"]


def test_what_counts_is_what_was_begun_last_not_what_is_dated_furthest(journal: Journal, clock: Clock):
    """What a wrong clock wrote in 2036 is neither the newest goal, line or question, nor what was done this week."""
    right, question, line, goal = clock.time, "review.next.question", "space.take.line", "improvement.goals.goal"
    for at, said in ((datetime(2036, 1, 7, 9, tzinfo=UTC), "before"), (right + timedelta(hours=1), "now")):
        clock.time = at
        answer_safely(journal.save)
        journal.save("review.next.session", "yes")
        for item in (question, line, goal):
            journal.save(item, said)
        if said == "before":
            journal.save(LOG, 1)
            journal.save("improvement.log.went", "kept")
            journal.save("review.next.done", "yes")

    told = journal.assessment()
    assert told.asks == ("now",)
    assert [one.text for one in told.lines] == ["now"]
    assert told.practice is not None
    assert [(one.month, one.goal) for one in told.practice.goals] == [("2036-01-01", "before"), ("2026-03-01", "now")]
    given = by_item(journal.answers(), journal.local_times(), clock.time.tzinfo)
    seen = steps.Seen(journal.workbook, given, told.areas, told.practice, None, clock.time.date())
    assert (seen.idle("improvement.log"), seen.idle("review.next")) == (True, False)
    clock.forward(hours=4)
    answer_safely(journal.save)
    assert today.read(journal)["change"] == "In the past seven days you finished one step."  # and kept nothing


def test_an_entry_for_yesterday_comes_before_todays():
    """What is written in later for an earlier day keeps its place by date; so does what came without an order."""
    day = date(2026, 3, 9)
    assert in_order({"2026-03-09": Begun(1, day), "2026-03-08": Begun(2, day)}) == ["2026-03-08", "2026-03-09"]
    assert in_order({"2026-03-09-10": Begun(0, day), "2026-03-09-2": Begun(0, day), "once": Begun(0, day)}) == [
        "once",
        "2026-03-09-2",
        "2026-03-09-10",
    ]


def test_an_answer_by_a_wrong_clock_does_not_outlast_the_next(journal: Journal, clock: Clock):
    """Safe answers of 2036 do not keep a rule open that a later answer closes, nor is a hold of then one of years."""
    clock.forward(days=3653)
    answer_safely(journal.save)
    journal.save("start.now.stirred", 9)
    clock.time = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    for item, value in SAFE.items():
        if item.startswith("start.now"):
            journal.save(item, value)
    journal.save("start.now.thoughts", ["suicide"])

    def closed() -> set[str]:
        return {gate.id for gate in journal.gates() if gate.state == "closed"}

    assert closed() == {"G2", "G11"}
    with open_journal(journal.path, now=clock) as again:
        assert {gate.id for gate in again.gates() if gate.state == "closed"} == {"G2", "G11"}
    clock.forward(hours=25)
    answer_safely(journal.save)
    assert closed() == set()


def test_a_hold_is_not_ended_by_a_clock_that_fell_back(journal: Journal, clock: Clock):
    """A flat battery sets the clock to 1970; what was said then still holds for its day once the clock is right."""
    clock.forward(minutes=10)
    now = clock.time
    clock.time = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    journal.save("start.now.stirred", 9)
    clock.time = now + timedelta(minutes=5)
    journal.save("start.now.drunk_or_high", "no")

    held = {gate.id: gate.until for gate in journal.gates() if gate.state == "closed"}
    assert held.keys() == {"G11"}
    assert held["G11"] >= now - timedelta(minutes=10) + timedelta(hours=24)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/Berlin"])
def test_when_a_page_opens_again_is_said_by_the_clock_on_the_wall(
    journal: Journal, clock: Clock, move: Callable[[str], None], zone: str
):
    """Also after the journal was read anew, and on the day on which the clocks change: never by that of Greenwich."""
    wall = ZoneInfo(zone)
    clock.time = fixed(datetime(2026, 10, 24, 21, 30, tzinfo=wall))
    answer_safely(journal.save)
    journal.save("start.now.stirred", 9)
    move(zone)
    with open_journal(journal.path, now=clock) as again:
        said = again.standing().closings["responsibility.incident"].reason_html
    ends = (clock.time + timedelta(hours=24)).astimezone(wall)
    assert (ends.day, ends.hour) == (25, 20 if zone == "Europe/Berlin" else 21)
    assert f"It opens again on Sunday 25 October, {ends:%H:%M}." in said


def fixed(at: datetime) -> datetime:
    """A time as a computer's clock gives it: it knows how far it is from Greenwich, not when that changes."""
    return at.astimezone(timezone(at.utcoffset() or timedelta()))


def test_a_counselor_reads_on_which_day_of_theirs_a_page_closed(clock: Clock):
    """What happened in the evening in Greenwich was the next day where they are."""
    clock.time = datetime(2026, 3, 9, 9, tzinfo=timezone(timedelta(hours=13)))
    closed = GateEvent(gate="G2", change="closed", at=datetime(2026, 3, 2, 20, tzinfo=UTC))
    asked = {"current": [], "tasks": [], "fresh": [], "withdrawn": 0, "notes": []}
    page = overview.session(client="A.", workbook=definition.load(), gates=[closed], now=clock(), **asked)
    assert ("3 March 2026" in page, "2 March 2026" in page) == (True, False)


def test_a_counselors_tables_are_by_the_clock_on_the_wall(move: Callable[[str], None]):
    """In the terminal too: Monday evening in Greenwich is Tuesday morning on Kiritimati."""
    move("Pacific/Kiritimati")
    at = pd.Timestamp("2026-03-02T20:00:00Z")
    event = {"at": [at], "client": ["A."], "what": ["assigned"], "count": [1]}
    for table in (pd.DataFrame(event), pd.DataFrame(event | {"at": [at.to_pydatetime()]}, dtype=object)):
        assert "2026-03-03 10:00" in counselor._table(table)


@dataclass(frozen=True)
class Save:
    saved: int
    answered_at: datetime


@given(st.lists(st.integers(-3000, 3000), max_size=12), st.integers(-1000, 1000))
def test_times_put_right_keep_the_order_of_saving(minutes: list[int], now: int):
    """However a clock jumps, what was saved later is never earlier, nothing is still to come; a right time stays."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    here = start + timedelta(minutes=now)
    saves = [Save(n, start + timedelta(minutes=minute)) for n, minute in enumerate(minutes, 1)]
    told, _ = in_time(reversed(saves), (), here)

    assert [one.saved for one in told] == [one.saved for one in saves]
    times = [one.answered_at for one in told]
    assert times == sorted(times)
    assert all(at <= here for at in times)
    right = [one for one in saves if one.answered_at <= here]
    if right == saves and minutes == sorted(minutes):
        assert told == saves


@dataclass(frozen=True)
class Happening:
    after: int
    at: datetime


_AT = st.integers(0, 9).map(lambda minute: datetime(2026, 3, 2, 12, minute, tzinfo=UTC))
_SAVES = st.lists(st.tuples(st.sampled_from([1, 1, 1, 1, 0]), st.integers(0, 2)), max_size=8)


@given(_SAVES, st.lists(st.builds(Happening, st.integers(0, 8), _AT), max_size=4), _AT, st.booleans())
@settings(max_examples=400)
def test_a_clock_that_was_right_is_seen_at_once_and_nothing_else_is_taken_for_one(
    saves: list[tuple[int, int]], log: list[Happening], here: datetime, right: bool
):
    """What is seen at a glance is what looking closely would find; for an ordinary journal the glance is enough."""
    start, minute, versions = datetime(2026, 3, 2, 12, tzinfo=UTC), 0, []
    for number, (known, later) in enumerate(saves, 1):
        minute += later
        versions.append(Save(number if known or right else 0, start + timedelta(minutes=minute)))
    if right:
        here = max(here, start + timedelta(minutes=minute))
        log = [Happening(one.saved, one.answered_at) for one in versions[::2]]
    at_once = occasions._as_it_was(versions, log, here)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(occasions, "_as_it_was", lambda *_: None)
        closely = in_time(reversed(versions), log, here)
    assert at_once in (None, closely)
    assert at_once == closely or not (right and versions)


ZONES = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"),  # where clocks change, by half an hour in the last
    *("Pacific/Kiritimati", "Pacific/Pago_Pago"),  # on both sides of the line where a day ends
    "Asia/Kathmandu",
]
NIGHTS = [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)]  # Berlin's clocks change
STEP = st.tuples(
    st.sampled_from(ZONES),
    st.sampled_from([0, 0, 0, -3650, 3650, 1, -1]),  # days the clock is wrong by
    st.sampled_from([1, 50, 150, 600, 1500]),  # minutes that pass before the next
    st.sampled_from(sorted(GIVEN)),
)
LOOK = st.tuples(st.sampled_from(ZONES), st.sampled_from([-3650, -1, 0, 1, 183, 3650]))  # where from, and days later


@contextlib.contextmanager
def travelling() -> Iterator[Callable[[str], None]]:
    """Take this computer to one time zone after another, and home again."""
    with pytest.MonkeyPatch.context() as patch:

        def to(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield to
    time.tzset()


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking takes long
@given(st.sampled_from(NIGHTS), st.lists(STEP, min_size=2, max_size=5), st.lists(LOOK, min_size=1, max_size=3))
@example(NIGHTS[0], [("Europe/Berlin", 0, 150, LOG), ("Europe/Berlin", 0, 50, INCIDENT)], [("Europe/Berlin", 183)])
@example(NIGHTS[1], [("Europe/Berlin", 0, 150, LOG), ("Europe/Berlin", 0, 50, INCIDENT)], [("Europe/Berlin", 183)])
def test_every_answer_stays_on_the_day_the_person_had(
    true: datetime, steps: list[tuple[str, int, int, str]], looks: list[tuple[str, int]]
):
    """Any sequence of zones, wrong clocks and saves: each answer is on the day their clock showed, wherever and

    whenever someone looks at it afterwards: on its form, in the self-assessment, a report and an export.
    """
    clock = Clock(true)
    with travelling() as to, tempfile.TemporaryDirectory() as folder:
        had: dict[tuple[str, str], date] = {}
        newest: dict[str, str] = {}
        with open_journal(Path(folder, "Mend"), now=clock) as journal:
            for zone, wrong, passes, item in steps:
                true += timedelta(minutes=passes)
                to(zone)
                clock.time = (true + timedelta(days=wrong)).astimezone()
                answer_safely(journal.save)
                had |= dict.fromkeys([(one, "once") for one in ONCE], clock.time.date())
                exercise = item.rpartition(".")[0]
                before = set(journal.occasions(exercise))
                saved = journal.save(item, GIVEN[item])
                had[item, saved.occasion] = clock.time.date()
                if saved.occasion not in before:
                    assert saved.occasion == occasions.start(
                        journal.workbook.exercise(exercise).repeats, clock.time.date()
                    )
                    newest[exercise] = saved.occasion
                assert journal.occasion_now(exercise) == saved.occasion  # the next words go to the same filling
        for zone, later in looks:
            to(zone)
            clock.time = (true + timedelta(days=later)).astimezone()
            with open_journal(Path(folder, "Mend"), now=clock) as journal:
                look(journal, had, newest, Path(folder, "answers.csv"))


def look(journal: Journal, had: dict[tuple[str, str], date], newest: dict[str, str], file: Path) -> None:
    """Find each answer on its day in all that tells of days, and each filling in its place."""
    times, told = journal.local_times(), journal.answers()
    assert {place: times[place].date() for place in had} == had
    once = by_item(told, times, journal.now().tzinfo)
    assert {item: once[item][0].day for item in ONCE} == {item: had[item, "once"].isoformat() for item in ONCE}
    assert {exercise: journal.occasions(exercise)[-1] for exercise in newest} == newest
    export.write(journal.told(), file)
    rows = export.read(file)
    days = {(row.item, row.occasion): date.fromisoformat(row.answered_here[:10]) for row in rows.itertuples()}
    assert {place: days[place] for place in had} == had
    chosen, reported = report._answered(journal.told())
    days = dict(zip(zip(chosen["item"], chosen["occasion"], strict=True), reported, strict=True))
    assert {place: days[place] for place in had} == had
