"""Today: what someone who comes back meets first, and the day told in one tap."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.clock import Clock
from tests.panel_page import ask, listening
from tests.safe_answers import SAFE, answer_safely
from workbook.definition.asks import Asks, Assigned, Task
from workbook.journal import Journal
from workbook.page import today
from workbook.page.panels.today_panel import TodayPanel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG, COMMITMENT = "improvement.log", "improvement.plans.commitment"
WENT, DONE = f"{LOG}.went", f"{LOG}.done"
SMALL = "The phone stays in the hall at dinner."
OPTIONS = [["kept", "I kept it"], ["rest", "Not planned for this day"], ["slipped", "It slipped"]]


@pytest.fixture
def clock() -> Clock:
    """Tuesday 3 March 2026, nine in the morning."""
    return Clock(datetime(2026, 3, 3, 9, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    """Someone whose first sitting was on the day before."""
    with Journal.create(tmp_path / "journal", now=clock) as made:
        clock.forward(days=-1)
        answer_safely(made.save)
        clock.forward(days=1)
        yield made


def check(journal: Journal) -> None:
    """Answer the short check of this sitting."""
    for item in ("thoughts", "harm_others", "stirred", "drunk_or_high"):
        journal.save(f"start.now.{item}", SAFE[f"start.now.{item}"])
    journal.save("start.now.changed", "no")


def commit(journal: Journal, clock: Clock, days: int = 1) -> None:
    """Let a small thing have been planned some days ago."""
    clock.forward(days=-days)
    journal.save(COMMITMENT, SMALL)
    clock.forward(days=days)


def stored(journal: Journal, occasion: str) -> dict[str, object]:
    return {item: response.value for item, response in journal.responses_for(LOG, occasion).items()}


def test_a_first_visit_meets_the_start_as_it_is(tmp_path: Path, clock: Clock) -> None:
    """In a new journal there is no Today; the last form of the first sitting, or a break, makes one who comes back."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        assert today.read(journal) == {"back": False}
        answer_safely(journal.save)
        assert today.read(journal) == {"back": False}
        clock.forward(hours=2)
        assert today.read(journal) == {"back": False}
        journal.save("start.want.most", "calm")
        assert today.read(journal)["back"] is True
        journal.save("start.want.most", None, status="blank")
        clock.forward(hours=4)
        assert today.read(journal)["back"] is True


def test_without_the_safety_questions_nobody_comes_back(journal: Journal, tmp_path: Path, clock: Clock) -> None:
    """Whoever has not answered them meets the start, however much else is there."""
    with Journal.create(tmp_path / "other", now=clock) as other:
        for item in ("shared_device", "watched"):
            other.save(f"start.privacy.{item}", "no")
        clock.forward(days=3)
        assert today.read(other) == {"back": False}


def test_the_whole_of_today_before_the_short_check_and_after_it(journal: Journal, clock: Clock) -> None:
    """The check first, the urge, the day in one tap, what is due, where someone left off, and what changed."""
    clock.forward(days=-1)
    journal.save(COMMITMENT, SMALL)
    journal.save("improvement.rating.planned_action", 2)
    journal.save("responsibility.shares.moment", "The evening about the holiday.")
    clock.forward(days=7)
    here = today.read(journal)
    assert here == {
        "back": True,
        "days": False,
        "greeting": "Good to see you. It is Monday.",
        "lede": "This is what lies in your hands today. Take one thing, or none.",
        "check": "00-start.ipynb#now",
        "urge": "30-space.ipynb#urges",
        "tap": {
            "small": SMALL,
            "options": OPTIONS,
            "today": {"occasion": "2026-03-09", "name": "Monday", "value": None},
            "yesterday": {"occasion": "2026-03-08", "name": "Sunday", "value": None},
            "blank": True,
            "night": False,
            "more": "40-improvement.ipynb#log",
        },
        "due": [
            {"text": "Start here: How I have been", "href": "00-start.ipynb#wellbeing"},
            {
                "text": "Change step by step: The past seven days",
                "href": "40-improvement.ipynb#rating",
            },
        ],
        "left": here["left"],
        "change": None,
    }
    check(journal)
    after = today.read(journal)
    assert after == {**here, "check": None, "left": after["left"]}
    assert after["left"] == {
        "kind": "left",
        "text": "“My part, their part, and the rest”, 1 of 4 answered",
        "href": "10-responsibility.ipynb#shares",
    }


def test_what_a_rule_closes_is_not_offered(journal: Journal, clock: Clock) -> None:
    """Under fear no step of repair is left off, due or counted; under a crisis only what helps in it is there."""
    commit(journal, clock)
    check(journal)
    journal.save("responsibility.shares.moment", "The evening about the holiday.")
    journal.save("improvement.lapse.came_back", "yes")
    assert today.read(journal)["change"] == "You came back once after a gap or a slip. That is a success of its own."
    journal.save("start.safety.afraid", "yes")
    afraid = today.read(journal)
    assert afraid["change"] is None
    assert afraid["left"] is None or "responsibility" not in str(afraid["left"])
    journal.save("start.safety.afraid", "no")
    journal.save("start.now.thoughts", ["suicide"])
    assert today.read(journal) == {
        "back": True,
        "days": False,
        "greeting": "It is good that you are here.",
        "lede": "Nothing else has to be done today.",
        "check": None,
        "urge": "30-space.ipynb#urges",
        "tap": None,
        "due": [],
        "left": None,
        "change": None,
    }


def test_what_a_counselor_asks_comes_first_with_its_day(journal: Journal, clock: Clock) -> None:
    """What has a day, soonest first; then the rest; what is done, closed or unknown here is left out."""
    check(journal)
    journal.save("start.hopes.done", "yes")
    tasks = [
        Task(exercise="space.people"),
        Task(exercise="space.plan", due=date(2026, 3, 6)),
        Task(exercise="start.hopes", due=date(2026, 3, 4)),
        Task(exercise="other.thing", due=date(2026, 3, 4)),
        Task(exercise="space.boundary", due=date(2026, 3, 5)),
    ]
    journal.take(
        Assigned(
            token="t",
            sequence=1,
            made_at=clock(),
            counselor="Dr. Lee",
            counselor_key="age1",
            client="R.",
            asks=Asks(tasks=tuple(tasks)),
        )
    )
    titles = {one: journal.workbook.exercise(one).title for one in ("space.boundary", "space.plan", "space.people")}
    assert [one["text"] for one in today.read(journal)["due"]] == [
        f"Asked by Dr. Lee: {titles['space.boundary']}, by 5 March",
        f"Asked by Dr. Lee: {titles['space.plan']}, by 6 March",
        f"Asked by Dr. Lee: {titles['space.people']}",
    ]


def test_when_nothing_is_half_done_the_next_step_of_the_same_chapter_is_named(journal: Journal, clock: Clock) -> None:
    """A step that was begun is gone on with, else the next of its chapter follows; a new journal begins anywhere."""
    check(journal)
    found = []
    for done in ("start.want", "space.people"):
        found.append(today.read(journal)["left"])
        clock.forward(minutes=1)
        journal.save(f"{done}.done", "yes")
        found.append(today.read(journal)["left"])
    assert [(one["kind"], one["href"]) for one in found] == [
        ("next", "00-start.ipynb#want"),
        ("next", "10-responsibility.ipynb#rating"),
        ("next", "10-responsibility.ipynb#rating"),
        ("next", "30-space.ipynb#boundary"),
    ]
    assert found[1]["text"] == "“The past seven days”, about 2 minutes"


def test_a_line_on_what_changed_speaks_of_what_someone_did(journal: Journal, clock: Clock) -> None:
    """Coming back first, then what was kept of what was planned, then what was finished; never days in a row."""
    check(journal)
    journal.save("space.people.done", "yes")
    assert today.read(journal)["change"] == "In the past seven days you finished one step."
    for day, word in (("2026-03-01", "kept"), ("2026-03-02", "slipped"), ("2026-03-03", "rest")):
        journal.save(WENT, word, day)
    assert today.read(journal)["change"] == (
        "In the past seven days you planned a small thing on 2 days, and kept it on 1."
    )
    for day in ("2026-03-01", "2026-03-02"):
        journal.save(f"{LOG}.resumed", "yes", day)
    assert today.read(journal)["change"] == (
        "You came back after a gap or a slip 2 times. Each one is a success of its own."
    )


def test_one_tap_tells_the_day_and_undo_takes_it_back(journal: Journal, clock: Clock) -> None:
    """A tap saves the answer and marks the day as told; undo restores what was there, a blank or another answer."""
    check(journal)
    commit(journal, clock)
    panel = TodayPanel(journal)
    tap = {"type": "tap", "occasion": "2026-03-03"}
    reply, _ = ask(panel, {**tap, "value": "kept"})
    assert (reply["tap"]["today"]["value"], reply["undo"]) == ("kept", "2026-03-03")
    assert reply["did"] == {"kind": "saved", "day": "Tuesday", "word": "I kept it", "at": "2026-03-03T09:00:00+00:00"}
    assert stored(journal, "2026-03-03") == {WENT: "kept", DONE: "yes"}
    clock.forward(minutes=10)
    ask(panel, {**tap, "value": "slipped"})
    reply, _ = ask(panel, {"type": "undo"})
    assert reply["did"] == {"kind": "undone", "day": "Tuesday", "word": "", "at": "2026-03-03T09:10:00+00:00"}
    assert (reply["tap"]["today"]["value"], reply["undo"]) == ("kept", None)
    assert stored(journal, "2026-03-03") == {WENT: "kept", DONE: "yes"}

    panel = TodayPanel(journal)
    clock.forward(days=1)
    ask(panel, {**tap, "occasion": "2026-03-04", "value": "rest"})
    assert stored(journal, "2026-03-04") == {WENT: "rest", DONE: "yes"}
    ask(panel, {"type": "undo"})
    assert stored(journal, "2026-03-04") == {}


def test_undo_leaves_alone_what_was_changed_elsewhere(journal: Journal, clock: Clock) -> None:
    """When another page has answered since, its answer stays, and a second undo has nothing to take back."""
    check(journal)
    commit(journal, clock)
    panel = TodayPanel(journal)
    ask(panel, {"type": "tap", "occasion": "2026-03-03", "value": "kept"})
    journal.save(WENT, "slipped", "2026-03-03")
    reply, _ = ask(panel, {"type": "undo"})
    assert (reply["type"], reply["reason"]) == (
        "refused",
        "This was changed on another page since, so nothing was undone. What is shown is what is kept.",
    )
    assert stored(journal, "2026-03-03") == {WENT: "slipped", DONE: "yes"}
    reply, _ = ask(panel, {"type": "undo"})
    assert reply["reason"] == "There is nothing to undo any more. What is shown is what is kept."


def test_yesterday_can_be_told_once_while_it_is_blank(journal: Journal, clock: Clock) -> None:
    """It is offered when something was planned by then and nothing is written; an older day has its own page."""
    check(journal)
    journal.save(COMMITMENT, SMALL)
    panel = TodayPanel(journal)
    assert ask(panel, {"type": "ready"})[0]["tap"]["blank"] is False  # planned only today
    clock.forward(days=1)
    assert ask(panel, {"type": "ready"})[0]["tap"]["blank"] is True
    reply, _ = ask(panel, {"type": "tap", "occasion": "2026-03-03", "value": "slipped"})
    assert (reply["tap"]["blank"], reply["tap"]["yesterday"]["value"]) == (False, "slipped")
    assert stored(journal, "2026-03-03") == {WENT: "slipped", DONE: "yes"}
    reply, _ = ask(panel, {"type": "tap", "occasion": "2026-03-02", "value": "kept"})
    assert reply["reason"] == "That day is over for this button. You can still fill it in on the page of the chapter."
    assert stored(journal, "2026-03-02") == {}


@pytest.mark.parametrize(("hour", "night"), [(23, False), (0, True), (3, True), (4, False)])
def test_after_midnight_the_page_asks_which_day_is_meant(
    journal: Journal, clock: Clock, hour: int, night: bool
) -> None:
    """From midnight to four, someone who is still up may mean the day before."""
    commit(journal, clock)
    clock.time = datetime(2026, 3, 4, hour, 0, tzinfo=UTC)
    check(journal)
    assert today.read(journal)["tap"]["night"] is night


def test_a_closed_day_takes_no_tap(journal: Journal, clock: Clock) -> None:
    """What a safety rule closes is neither shown nor saved from here, though the page still has its button."""
    check(journal)
    commit(journal, clock)
    panel = TodayPanel(journal)
    journal.save("start.now.thoughts", ["suicide"])
    reply, _ = ask(panel, {"type": "tap", "occasion": "2026-03-03", "value": "kept"})
    assert (reply["type"], stored(journal, "2026-03-03")) == ("refused", {})


def test_no_word_of_an_answer_is_in_a_trait(journal: Journal, clock: Clock) -> None:
    """Widget state is written into notebooks: it holds words of ours only, whatever was shown and tapped."""
    check(journal)
    commit(journal, clock)
    panel = TodayPanel(journal)
    shown, _ = ask(panel, {"type": "ready"})
    assert shown["tap"]["small"] == SMALL
    ask(panel, {"type": "tap", "occasion": "2026-03-03", "value": "kept"})
    assert SMALL not in repr(panel) + str(panel.get_state())


def test_the_forms_on_the_page_hear_of_a_tap(journal: Journal, clock: Clock) -> None:
    """A form of the same day that is open beside Today reads again, and so it never shows the day as blank."""
    check(journal)
    commit(journal, clock)
    form, panel = journal.exercise(LOG), TodayPanel(journal)
    heard = listening(form)
    ask(panel, {"type": "tap", "occasion": "2026-03-03", "value": "kept"})
    assert {"type": "changed"} in [message for message, _ in heard]


def test_days_told_in_one_tap_count_as_small_things_planned_and_done(journal: Journal) -> None:
    """Look back counts them beside days told in numbers; numbers of a day come first."""
    for day, word in (("2026-02-23", "kept"), ("2026-02-24", "slipped"), ("2026-02-25", "rest")):
        journal.save(WENT, word, day)
    journal.save(WENT, "slipped", "2026-02-26")
    journal.save(f"{LOG}.planned", 3, "2026-02-26")
    journal.save(f"{LOG}.kept", 2, "2026-02-26")
    practice = journal.assessment().practice
    week = practice.weeks.iloc[0]
    assert (week["week"], week["days"], week["planned"], week["kept"]) == ("2026-02-23", 4, 5, 3)
    assert practice.sentences[0] == (
        "On 4 days you planned 5 small things and did 3. Days without an entry do not count against you."
    )
