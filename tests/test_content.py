"""What the first three chapters owe the rest of the project, and the person who reads them."""

from __future__ import annotations

import pytest

from workbook import definition
from workbook.safety import helplines

WORKBOOK = definition.load()

FIXED = {
    "start.privacy": "shared_device watched alias",
    "start.wellbeing": "sleep meals tasks company ease",
    "start.rulers": "importance confidence readiness",
    "responsibility.incident": "arousal_before arousal_after camera feelings their_view trigger my_part differently",
    "responsibility.apology": "letter",
    "responsibility.take": "line",
    "communication.message": "draft",
    "communication.take": "line",
}

RATINGS = {
    "responsibility": "named effect justification apart repair consequence",
    "communication": "soft_start paraphrased validated paused no_horsemen accepted_no",
}


@pytest.mark.parametrize(("exercise", "words"), FIXED.items())
def test_an_id_others_rely_on_stays(exercise: str, words: str) -> None:
    """Ids are permanent: answers, gates and reports are kept under them."""
    present = {item.word for item in WORKBOOK.exercise(exercise).items}
    assert set(words.split()) - present == set()


def test_the_device_question_comes_before_any_other() -> None:
    """Nothing is typed before the person has thought about who can see the screen."""
    first = WORKBOOK.chapters[0].exercises[0].items[0]
    assert first.id == "start.privacy.shared_device"


@pytest.mark.parametrize(("chapter", "words"), RATINGS.items())
def test_keeping_away_never_lowers_a_self_rating(chapter: str, words: str) -> None:
    """Six items a principle, each of which may say that there was no opportunity; four of them make a score."""
    rating = WORKBOOK.exercise(f"{chapter}.rating")
    assert [item.word for item in rating.questions] == words.split()
    assert [item.no_opportunity for item in rating.questions] == ["no opportunity"] * 6
    scale = WORKBOOK.scale(chapter)
    assert (scale.items, scale.min_answered) == (tuple(item.id for item in rating.questions), 4)


def test_an_apology_has_six_parts_and_need_not_ask_forgiveness() -> None:
    """Owning up and repair carry the most weight and are not optional; asking for forgiveness is."""
    letter = WORKBOOK.item("responsibility.apology.letter")
    assert {id: part.optional for id, part in letter.parts.items()} == {
        "ack": False,
        "regret": False,
        "explanation": True,
        "change": False,
        "repair": False,
        "forgiveness": True,
    }
    assert letter.cues


@pytest.mark.parametrize("exercise", ["responsibility.apology", "communication.message"])
def test_a_letter_is_fenced_and_ends_unsent(exercise: str) -> None:
    """Both letters carry the tags that gates lock, and every ending they offer keeps them here."""
    letter = WORKBOOK.exercise(exercise)
    assert {"contact", "draft", "repair"} <= set(letter.tags)
    assert list(WORKBOOK.item(f"{exercise}.ending").options) == ["keep", "read", "rest"]


def test_readiness_asks_why_not_lower_and_only_above_the_lowest() -> None:
    """A ruler asks for what speaks for the change, never why a number is not higher."""
    for ruler in ("importance", "confidence", "readiness"):
        why = WORKBOOK.item(f"start.rulers.{ruler}_why")
        assert why.prompt == "Why this number and not a lower one?"
        assert why.show_if == {"question": f"start.rulers.{ruler}", "at_least": 1}


@pytest.mark.parametrize("chapter", ["start", "responsibility", "communication"])
def test_a_chapter_takes_a_quarter_of_an_hour_or_a_little_more(chapter: str) -> None:
    """The minutes a chapter names hold its exercises, and a sitting stays short."""
    declared = WORKBOOK.chapter(chapter).minutes
    assert sum(exercise.minutes for exercise in WORKBOOK.chapter(chapter).exercises) <= declared <= 20


def test_every_region_has_someone_for_every_need() -> None:
    """Crisis, abuse on both sides, law and young people: nobody opens the help to an empty list."""
    missing = [
        (region, kind)
        for region in helplines.regions()
        for kind in ("emergency", "crisis", "abuse", "abusers", "legal", "young", "listening")
        if not helplines.helplines(region, [kind])
    ]
    assert missing == []


def test_a_help_line_says_how_to_reach_it_and_whether_it_was_checked() -> None:
    """A line marked as checked has a day and a source; one that nobody checked has no day."""
    wrong = [
        (region, line.id)
        for region in helplines.regions()
        for line in helplines.helplines(region)
        if line.verified != (line.last_checked is not None)
        or not line.source
        or not (line.number or line.text or line.url or line.note)
    ]
    assert wrong == []
