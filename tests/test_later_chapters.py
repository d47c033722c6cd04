"""What the chapters from space to sharing owe the person who reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.safe_answers import answer_safely
from workbook import definition
from workbook.answers import kinds as answers
from workbook.answers import shown as asked_now
from workbook.errors import InvalidAnswer
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)

WORKBOOK = definition.load()
CHAPTERS = ("space", "improvement", "moving-on", "review", "share")

RATINGS = {
    "space": "boundary no_contact no_checking no_messengers rode_out own_life",
    "improvement": "planned_action if_then resumed avoided_habit unasked unobserved",
}
EXERCISES = {
    "space": "rating boundary plan urges exposure not_knowing people take",
    "improvement": "rating habit plans goals needs log lapse checkin take",
    "moving-on": "acceptance self values support grief bond take",
    "review": "next",
    "share": "",
}


@pytest.mark.parametrize(("chapter", "words"), EXERCISES.items())
def test_a_chapter_holds_its_exercises_in_order(chapter: str, words: str) -> None:
    """Answers, gates, assignments and links rely on these ids."""
    assert [exercise.id for exercise in WORKBOOK.chapter(chapter).exercises] == [
        f"{chapter}.{word}" for word in words.split()
    ]


@pytest.mark.parametrize(("chapter", "words"), RATINGS.items())
def test_keeping_away_never_lowers_a_self_rating(chapter: str, words: str) -> None:
    """Six items, each of which may say that there was no opportunity; four of them make a score."""
    rating = WORKBOOK.exercise(f"{chapter}.rating")
    assert [item.word for item in rating.questions] == words.split()
    assert [item.no_opportunity for item in rating.questions] == ["no opportunity"] * 6
    scale = WORKBOOK.scale(chapter)
    assert (scale.items, scale.min_answered) == (tuple(item.id for item in rating.questions), 4)


def test_giving_space_is_shown_and_never_scored() -> None:
    """Keeping silent earns no “better”: the weeks stand side by side, and no number is made of them."""
    assert [scale.id for scale in WORKBOOK.scales if not scale.scored] == ["space"]


def _shown(exercise: str, **given: object) -> set[str]:
    asked = WORKBOOK.exercise(exercise)
    responses = {
        f"{exercise}.{word}": answers.Response(value, "answered", None)  # type: ignore[arg-type]  # no time is needed
        for word, value in given.items()
    }
    return {id.removeprefix(f"{exercise}.") for id in asked_now.active(asked, responses)}


@pytest.mark.parametrize(
    ("own", "contact_free", "taken"),
    [("yes", "yes", True), ("no", "yes", False), ("unsure", "yes", False), ("yes", "no", False), ("yes", None, False)],
)
def test_a_goal_that_hangs_on_another_person_gets_no_ladder(own: str, contact_free: str | None, taken: bool) -> None:
    """Such a goal is not one's own: it cannot be weighed or scored, and the page says why."""
    given = {"goal": "…", "own": own} | ({"contact_free": contact_free} if contact_free else {})
    shown = _shown("improvement.goals", **given)
    ladder = {"step_minus1", "step_0", "step_plus1", "level"}
    assert shown & ladder == (ladder if taken else set())
    assert ("not_own" in shown) == bool({own, contact_free} & {"no", "unsure"})
    assert "depends on the other person’s response is not your own goal" in (
        WORKBOOK.exercise("improvement.goals").intro or ""
    )


def test_the_ladder_runs_from_two_down_to_two_up() -> None:
    """Goal attainment is worked out from these five keys, which a person reads as words; every goal counts the same."""
    level, weight = WORKBOOK.item("improvement.goals.level"), WORKBOOK.item("improvement.goals.weight")
    assert list(level.options) == ["-2", "-1", "0", "1", "2"]
    assert [label for label in level.options.values() if any(map(str.isdigit, label))] == []
    assert weight.retired


def test_an_empty_day_is_an_answer_the_log_accepts() -> None:
    """Nothing planned and nothing done can be said without a word of blame, and nothing has to be said."""
    for word in ("planned", "kept", "old_habit", "replacement"):
        assert answers.check(WORKBOOK.item(f"improvement.log.{word}"), 0) == 0
        with pytest.raises(InvalidAnswer):
            answers.check(WORKBOOK.item(f"improvement.log.{word}"), -1)
    assert "not a failure" in (WORKBOOK.exercise("improvement.log").intro or "")


def test_coming_back_is_a_success_of_its_own() -> None:
    """After a slip the page asks whether the person came back, and only then on which day."""
    assert "came_back_on" not in _shown("improvement.lapse", came_back="no")
    assert {"came_back_on", "came_back_how", "came_back_note"} <= _shown("improvement.lapse", came_back="yes")
    assert "success of its own" in WORKBOOK.item("improvement.lapse.came_back_note").prompt


def test_an_urge_is_measured_twice_and_the_fall_is_worked_out() -> None:
    """Strength, then strength fifteen minutes later: above zero means that it fell."""
    fell = WORKBOOK.item("space.urges.fell")
    given = {"space.urges.strength": 8, "space.urges.strength_later": 3}
    responses = {id: answers.Response(value, "answered", None) for id, value in given.items()}  # type: ignore[arg-type]
    assert asked_now.computed(fell, responses) == 5


@pytest.mark.parametrize("word", ["court", "police", "work", "lawyer", "unsure"])
def test_any_legal_limit_is_followed_by_what_it_means(word: str) -> None:
    """An apology is contact; someone who is not sure reads that too."""
    assert "legal_note" in _shown("space.boundary", legal=[word])
    assert "legal_note" not in _shown("space.boundary", legal=["no"])


@pytest.mark.parametrize("exercise", ["moving-on.acceptance", "moving-on.grief"])
def test_grief_is_short_and_watched_over(exercise: str) -> None:
    """Short fields, distress before and after, and a word to stop when it is too much."""
    asked = WORKBOOK.exercise(exercise)
    words = [item.word for item in asked.questions]
    assert (words[0], words[-1]) == ("distress_before", "distress_after")
    assert max(item.max_length for item in asked.items if item.kind in ("text", "longtext")) <= 300
    assert "narrative" in asked.tags
    assert "bear_note" in _shown(exercise, distress_before=8)
    assert "rest_note" in _shown(exercise, distress_after=7)


def test_grief_that_hurts_more_twice_closes_the_story_for_a_while(tmp_path: Path) -> None:
    """Two rises of two points in two weeks, whether in the chapter on one's part or on moving on."""
    with Journal.create(tmp_path / "journal", now=lambda: NOW) as journal:
        answer_safely(journal.save)
        for occasion, after, closed in (("2026-03-01", 6, False), ("2026-03-02", 5, False), ("2026-03-03", 6, True)):
            journal.save("moving-on.grief.distress_before", 4, occasion)
            journal.save("moving-on.grief.distress_after", after, occasion)
            assert (journal.standing().closing("moving-on.acceptance") is not None) is closed
        assert journal.standing().closing("moving-on.support") is None


def test_nothing_about_the_other_person_is_logged() -> None:
    """Tables and dates hold what one does oneself; no column asks what they did, where they were or with whom."""
    dates = [
        item.id
        for chapter in CHAPTERS
        for e in WORKBOOK.chapter(chapter).exercises
        for item in e.items
        if item.kind == "date"
    ]
    assert dates == [
        "improvement.lapse.came_back_on",
        "moving-on.self.when",
        "moving-on.values.day",
        "moving-on.grief.ritual_day",
    ]


def test_all_eighteen_statements_are_served() -> None:
    """Each of the statements the workbook is built on has at least one exercise."""
    assert {number for number, exercises in definition.coverage(WORKBOOK).items() if exercises} >= set(range(1, 19))


@pytest.mark.parametrize(("whose", "goes_on"), [("mine", True), ("part", True), ("not_mine", False), ("unsure", False)])
def test_guilt_that_is_not_owed_is_not_worked_on(whose: str, goes_on: bool) -> None:
    """Someone who was hurt and blames themself is asked nothing more, and reads who is on their side."""
    shown = _shown("responsibility.guilt", whose=whose)
    assert shown & {"did", "left", "again", "friend", "both"} == (
        {"did", "left", "again", "friend", "both"} if goes_on else set()
    )
    assert ("whose_note" in shown) is not goes_on


@pytest.mark.parametrize(
    ("afraid", "bound", "goes_on"),
    [("no", "no", True), ("yes", "no", False), ("unsure", "no", False), ("no", "yes", False)],
)
def test_fear_and_law_come_before_any_answer_to_them(afraid: str, bound: str, goes_on: bool) -> None:
    """When they reached out, someone who is afraid or bound by an order is told not to answer, and asked no further."""
    shown = _shown("communication.reached_out", afraid=afraid, bound=bound)
    assert shown & {"sort", "asked", "answer"} == ({"sort", "asked", "answer"} if goes_on else set())


@pytest.mark.parametrize("no", ["my_yes", "their_yes", "free"])
def test_two_turns_need_two_free_yeses(no: str) -> None:
    """With one doubt the form holds no topic, no turns, no timer and no look at trust."""
    given = {"my_yes": "yes", "their_yes": "yes", "free": "yes"}
    asked = {"topic", "turns", "first_turn", "second_turn", "went", "look"}
    assert asked <= _shown("communication.together", **given)
    for doubt in ("no", "unsure"):
        shown = _shown("communication.together", **(given | {no: doubt}))
        assert shown & asked == set()
        assert {"not_today", "not_free"} & shown
