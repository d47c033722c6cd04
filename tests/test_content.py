"""What the first three chapters owe the rest of the project, and the person who reads them."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from workbook import definition, resources
from workbook.definition import minutes, sources
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
    "responsibility": "named effect left_out own_part repair followed_up",
    "communication": "soft_start paraphrased validated paused waited accepted_no",
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
    """Both letters carry the tags that gates close, and every ending they offer keeps them here."""
    letter = WORKBOOK.exercise(exercise)
    assert {"contact", "draft", "repair"} <= set(letter.tags)
    assert list(WORKBOOK.item(f"{exercise}.ending").options) == ["keep", "read", "rest"]


def test_readiness_asks_why_not_lower_and_only_above_the_lowest() -> None:
    """A ruler asks for what speaks for the change, never why a number is not higher."""
    for ruler in ("importance", "confidence", "readiness"):
        why = WORKBOOK.item(f"start.rulers.{ruler}_why")
        assert why.prompt == "Why this number and not a lower one?"
        assert why.show_if == {"question": f"start.rulers.{ruler}", "at_least": 1}


COUNTED = minutes.minutes(WORKBOOK)


@pytest.mark.parametrize("one", COUNTED, ids=lambda one: one.id)
def test_announced_minutes_are_counted_minutes(one: minutes.Minutes) -> None:
    """What a form says it takes and what its clicks, lines, boxes and words add up to differ by a quarter at most."""
    assert one.fits, str(one)


@pytest.mark.parametrize("chapter", [one for one in COUNTED if "." not in one.id], ids=lambda one: one.id)
def test_a_first_sitting_stays_under_a_quarter_of_an_hour(chapter: minutes.Minutes) -> None:
    """Nobody is kept longer the first time; the other forms are for other days, and the opening says so."""
    assert chapter.counted < 15


def test_the_first_thing_to_do_comes_within_three_minutes() -> None:
    """The opening, two questions on the device and four on right now: then a page that helps is open."""
    first = {"privacy": ("shared_device", "watched"), "now": WORKBOOK.measures.short_check.each_time}
    [start] = [chapter for chapter in WORKBOOK.chapters if chapter.id == "start"]
    words = sum(len(str(text).split()) for text in (start.title, start.lede, start.opening))
    forms = [WORKBOOK.exercise(f"start.{form}") for form in first]
    asked = [
        form.model_copy(
            update={"items": tuple(item for item in form.items if item.word in first[form.id.partition(".")[2]])}
        )
        for form in forms
    ]
    assert [len(form.items) for form in asked] == [2, 4]
    assert words / minutes.WORDS_A_MINUTE + sum(map(minutes.counted, asked)) < 3


def test_minutes_are_counted_by_clicks_lines_boxes_and_words() -> None:
    """Eight seconds a tick, half a minute a line, a minute and a half a box; half of it where only some see it."""
    form = WORKBOOK.exercise("responsibility.take")
    words = sum(
        len(f"{item.prompt} {item.help or ''} {' '.join(getattr(item, 'options', {}).values())}".split())
        for item in form.items
    ) + len(form.title.split())
    [done] = [item for item in form.items if item.word == "done"]
    assert [item.kind for item in form.items] == ["text", "text", done.kind]
    assert minutes.counted(form) == pytest.approx((30 + 30 + 8) / 60 + words / 180)
    hidden = [
        item.model_copy(update={"show_if": {"question": "start.safety.afraid", "is": "no"}}) for item in form.items
    ]
    halved = form.model_copy(update={"items": tuple(hidden)})
    assert minutes.counted(halved) == pytest.approx((minutes.counted(form) + len(form.title.split()) / 180) / 2)
    fits = [(announced, minutes.Minutes("a", announced, 4.0, 8.0).fits) for announced in (2, 3, 10, 11)]
    assert fits == [(2, False), (3, True), (10, True), (11, False)]


RAW = {path.name: path.read_text(encoding="utf-8") for path in resources.data("workbook").glob("*.yaml")}
SAID = "".join(resources.data(room, "en.yaml").read_text(encoding="utf-8") for room in ("words", "language"))


def test_every_work_is_cited_somewhere_and_every_citation_has_a_work() -> None:
    """A citation that leads nowhere is refused by `workbook check`; a work that nothing leans on is taken out."""
    cited = {key for text in (*RAW.values(), SAID) for key in sources.KEY.findall(text)}
    assert cited == set(sources.works())
    with pytest.raises(ValidationError, match="does not have"):
        WORKBOOK.exercises[0].model_validate({**WORKBOOK.exercises[0].model_dump(), "source": "@nobody1900"})


def test_a_source_is_printed_as_its_citation() -> None:
    """The page shows who found it and with how many, and keeps what stands beside it."""
    assert WORKBOOK.exercise("responsibility.apology").source == (
        "Parts of an apology, Lewicki, Polin & Lount 2016, 755 people; unsent as the ending (S)"
    )
    assert sources.cited("mail to a@example.org, not cited (S)") == "mail to a@example.org, not cited (S)"


def test_every_exercise_says_where_it_is_from_and_what_it_serves() -> None:
    """Its source in one line; one of the 18 statements, but for what is about the device, how one is, and a crisis."""
    asked = [one for one in WORKBOOK.exercises if not one.retired]
    assert [one.id for one in asked if not one.source] == []
    assert [one.id for one in asked if not one.serves] == ["start.privacy", "start.wellbeing", "safety-plan.plan"]


BOLD = re.compile(
    r"\b(proves?|proven|always works|guarantee\w*|cures?|causes|will (make|heal|save|restore))\b", re.IGNORECASE
)


def test_a_finding_is_told_with_care() -> None:
    """Each work says what must not be made of it, and no finding claims more than a study can."""
    told = [work.shows for work in sources.works().values()]
    told += [why.text for chapter in WORKBOOK.chapters for why in chapter.why]
    assert [text for text in told if BOLD.search(text)] == []
    short = {key: work.does_not for key, work in sources.works().items() if len(work.does_not.split()) < 6}
    assert short == {}
    assert BOLD.search("This proves that saying sorry will heal a bond.")


def test_no_text_names_a_year_beside_the_list_of_works() -> None:
    """A citation written out in a chapter, or in a sentence of the program, would not be put right with the others."""
    loose = [
        (name, line.strip())
        for name, text in RAW.items()
        for line in text.splitlines()
        if re.search(r"source:.*\b(19|20)\d\d\b", sources.KEY.sub("", line))
    ]
    assert loose == []
    assert re.findall(r"\b[A-Z]\w+ (?:19|20)\d\d\b", SAID) == []


def test_every_region_has_someone_for_every_need() -> None:
    """Crisis, abuse on both sides, law and young people: nobody opens the help to an empty list."""
    missing = [
        (region, kind)
        for region in helplines.regions()
        for kind in ("emergency", "crisis", "abuse", "abusers", "abused-legal", "abusers-legal", "young", "listening")
        if not helplines.helplines(region, [kind])
    ]
    assert missing == []


def test_a_help_line_says_how_to_reach_it_and_whether_it_was_checked() -> None:
    """A line marked as checked has a day and names the page; one that nobody checked has no day."""
    wrong = [
        (region, line.id)
        for region in helplines.regions()
        for line in helplines.helplines(region)
        if line.verified != (line.last_checked is not None)
        or (line.verified and not re.match(r"https?://\S+\.\S+", line.source))
        or not line.source
        or not (line.number or line.text or line.url or line.note)
    ]
    assert wrong == []
