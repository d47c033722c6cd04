"""An answer is kept as it was given, or refused with a sentence that says what would fit."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook import definition
from workbook.answers import kinds as answers
from workbook.answers import shown as asked_now
from workbook.answers.kinds import Response
from workbook.definition.items import KINDS
from workbook.errors import InvalidAnswer

if TYPE_CHECKING:
    from workbook.definition.items import Item
    from workbook.definition.models import Workbook

AB = {"a": "Anna", "b": "Ben", "c": "Cleo"}

# One item of every kind.
FIELDS: dict[str, dict[str, object]] = {
    "text": {},
    "longtext": {"max_length": 10},
    "number": {"minimum": 0, "maximum": 10, "unit": "cups"},
    "date": {},
    "yesno": {"unsure": True},
    "choice": {"options": AB},
    "choices": {"options": AB},
    "scale": {"points": {0: "never", 2: "often"}, "no_opportunity": "no opportunity"},
    "ruler": {"low": "calm", "high": "stirred"},
    "rank": {"options": AB},
    "shares": {"options": AB},
    "table": {
        "columns": [
            {"id": "when", "kind": "date", "label": "When"},
            {"id": "who", "kind": "choice", "label": "Who", "options": AB},
            {"id": "hours", "kind": "number", "label": "Hours"},
        ],
        "max_rows": 3,
    },
    "letter": {"parts": {"ack": {"label": "What I did"}, "repair": {"label": "What I can repair"}}},
    "note": {},
    "timer": {"minutes": 10},
    "computed": {"compute": {"count": ["c.e.q"]}},
}


def item(kind: str, **fields: object) -> Item:
    data = {"id": "c.e.q", "prompt": "What?", "kind": kind, **FIELDS[kind], **fields}
    return KINDS[kind].model_validate(data)  # type: ignore[return-value]  # one of the kinds


def test_there_is_a_row_here_for_every_kind() -> None:
    """A new kind of item gets its cases."""
    assert set(FIELDS) == set(KINDS)


LETTER = "I lied.\n\nI fix it."
# kind, what is given, what is kept, what a person reads.
KEPT = [
    ("text", "  a word ", "  a word ", "  a word "),
    ("text", "a\x00b\x07", "ab", "ab"),
    ("text", "half a \ud83d smile", "half a \ufffd smile", "half a \ufffd smile"),
    ("text", "=SUM(1)", "=SUM(1)", "=SUM(1)"),
    ("longtext", "one\r\ntwo\tthree", "one\ntwo\tthree", "one\ntwo\tthree"),
    ("longtext", "longer than its ten", "longer than its ten", "longer than its ten"),
    ("number", 0, 0, "0 cups"),
    ("number", 2.50, 2.5, "2.5 cups"),
    ("number", 3.0, 3, "3 cups"),
    ("date", "2024-02-29", "2024-02-29", "29 February 2024"),
    ("yesno", "unsure", "unsure", "Not sure"),
    ("yesno", "yes", "yes", "Yes"),
    ("choice", "b", "b", "Ben"),
    ("choices", ["c", "a", "a"], ["a", "c"], "Anna, Cleo"),
    ("choices", ("b",), ["b"], "Ben"),
    ("scale", 2, 2, "often"),
    ("scale", 0.0, 0, "never"),
    ("scale", "no_opportunity", "no_opportunity", "no opportunity"),
    ("ruler", 7, 7, "7 of 10"),
    ("rank", ["c", "a", "b"], ["c", "a", "b"], "1. Cleo, 2. Anna, 3. Ben"),
    ("shares", {"b": 40, "a": 60.0}, {"a": 60, "b": 40}, "Anna 60 / Ben 40"),
    ("shares", {"a": 12.5}, {"a": 12.5}, "Anna 12.5"),
    (
        "table",
        [{"hours": 2, "who": "a", "when": "2026-05-03"}, {}, {"who": "", "hours": None}],
        [{"when": "2026-05-03", "who": "a", "hours": 2}],
        "When: 3 May 2026; Who: Anna; Hours: 2",
    ),
    (
        "letter",
        {"repair": "I fix it.", "ack": "I lied."},
        {"ack": "I lied.", "repair": "I fix it."},
        "I lied.\n\nI fix it.",
    ),
    ("letter", {"ack": "I lied.", "repair": " "}, {"ack": "I lied."}, "I lied."),
]


@pytest.mark.parametrize(("kind", "given_", "kept", "read"), KEPT)
def test_a_fitting_value_is_kept(kind: str, given_: object, kept: object, read: str) -> None:
    """Each kind keeps what fits, in one form, with a label for people; checking twice changes nothing."""
    one = item(kind)
    value = answers.check(one, given_)
    assert (value, type(value)) == (kept, type(kept))
    assert answers.check(one, value) == value
    assert answers.label(one, value) == read


# kind, what is given, the sentence.
REFUSED = [
    ("text", "", "There is nothing here yet. Write something, or leave it blank."),
    ("text", " \n\x00", "There is nothing here yet. Write something, or leave it blank."),
    ("text", 3, "This answer is text."),
    ("text", None, "This answer is text."),
    ("longtext", "x" * 1_000_000, "This has 1,000,000 characters; 20,000 fit. Please shorten it."),
    ("number", "three", "This answer is a number."),
    ("number", True, "This answer is a number."),
    ("number", float("nan"), "This answer is a number that can be written down."),
    ("number", float("inf"), "This answer is a number that can be written down."),
    ("number", 10**400, "This answer is a number from 0 to 10."),
    ("number", -1, "This answer is a number from 0 to 10."),
    ("date", "2025-02-29", "There is no such day. Check the month and the day."),
    ("date", "3 May", "This answer is a day, written like 2026-05-03."),
    ("date", "20260503", "This answer is a day, written like 2026-05-03."),
    ("date", "0202-05-03", "Check the year."),
    ("yesno", "maybe", "This answer is yes, no or unsure."),
    ("yesno", True, "This answer is yes, no or unsure."),
    ("choice", "Anna", "This answer is a, b or c."),
    ("choice", ["a"], "This answer is a, b or c."),
    ("choices", "a", "This answer is a list of at most 1,000 members."),
    ("choices", ["a", "d"], "This answer is a, b or c."),
    ("choices", [], "Nothing is chosen yet. Choose something, or leave it blank."),
    ("scale", 1, "This answer is 0 or 2."),
    ("scale", "often", "This answer is a number."),
    ("scale", 9, "This answer is a number from 0 to 2."),
    ("ruler", 11, "This answer is a number from 0 to 10."),
    ("ruler", 6.5, "This answer is a whole number."),
    ("rank", ["a", "b"], "This answer is every option once, the highest first."),
    ("rank", ["a", "b", "b"], "This answer is every option once, the highest first."),
    ("shares", {"a": 101}, "This answer is a number from 0 to 100."),
    ("shares", {"d": 1}, "This answer is a, b or c."),
    ("shares", {}, "Nothing is shared out yet. Give a part, or leave it blank."),
    ("shares", [60, 40], "This answer has named parts."),
    ("table", [{"hours": "two"}], "Hours: This answer is a number."),
    ("table", [{"where": "here"}], "This answer is when, who or hours."),
    ("table", [{}] * 4, "This has 4 rows; 3 fit."),
    ("table", [{}], "There is nothing in the table yet. Fill in a row, or leave it blank."),
    ("letter", {"ps": "And…"}, "This answer is ack or repair."),
    ("letter", {"ack": 3}, "A part of a letter is text."),
    ("letter", {"ack": ""}, "There is nothing in the letter yet. Write something, or leave it blank."),
    ("note", "yes", "There is nothing to answer here."),
    ("timer", 10, "There is nothing to answer here."),
    ("computed", 3, "There is nothing to answer here."),
]


@pytest.mark.parametrize(("kind", "given_", "sentence"), REFUSED)
def test_a_misfit_is_refused_with_what_would_fit(kind: str, given_: object, sentence: str) -> None:
    """A value that does not fit is refused with one sentence, in words for the person."""
    with pytest.raises(InvalidAnswer) as caught:
        answers.check(item(kind), given_)
    assert str(caught.value) == sentence


TYPED = json.loads((Path(__file__).parent / "cases" / "typed.json").read_text("utf-8"))


@pytest.mark.parametrize(("written", "meant"), TYPED["words"])
def test_words_from_another_program_are_kept_as_they_were_meant(written: str, meant: str) -> None:
    """A line break within a paragraph stays one; the same cases hold in the page."""
    assert answers.check(item("longtext"), written) == meant
    assert answers.check(item("longtext"), meant) == meant


@pytest.mark.parametrize(("written", "meant"), TYPED["numbers"])
def test_digits_of_any_script_are_numbers(written: str, meant: float | None) -> None:
    """A number may be written as one writes numbers at home; the same cases hold in the page."""
    hours = item("number", minimum=-100, maximum=100)
    if meant is None:
        with pytest.raises(InvalidAnswer, match="This answer is a number"):
            answers.check(hours, written)
    else:
        assert answers.check(hours, written) == meant


def test_no_answer_is_read_as_skipped_and_an_old_one_as_it_is() -> None:
    """A refusal has a word of its own; a value from before the item was changed is still shown."""
    assert answers.label(item("scale"), None) == "Skipped"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["a", "b", "yes", "no_opportunity", "2026-05-03", "ack", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "b", "when", "who", "hours", "ack"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FIELDS)), json_values)
def test_any_value_is_kept_or_refused(kind: str, value: object) -> None:
    """Whatever a page sends, it is kept or refused; what is kept is kept the same again, and can be read."""
    one = item(kind)
    try:
        kept = answers.check(one, value)
    except InvalidAnswer as error:
        assert len(str(error)) < 300  # noqa: PT017  any value may be refused, but never without a sentence
    else:
        assert answers.check(one, kept) == kept
        assert isinstance(answers.label(one, kept), str)
        answers.label(one, kept).encode()  # nothing half of a character is left


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_a_deep_value_is_refused_at_once(kind: str) -> None:
    """A value nested ten thousand deep is refused like any other misfit."""
    deep: object = []
    for _ in range(10_000):
        deep = [deep]
    for value in (deep, {"a": deep}, [{"hours": deep}]):
        with pytest.raises(InvalidAnswer):
            answers.check(item(kind), value)


# --- answers together ---

CHAPTER = """
chapter: space
notebook: 30-space
title: Give space
lede: Short.
minutes: 10
exercises:
  - id: urges
    title: Urges
    minutes: 5
    items:
      - {id: had, kind: yesno, prompt: Was there an urge?}
      - {id: strength, kind: ruler, prompt: How strong?, low: weak, high: strong, show_if: {question: had, is: yes}}
      - {id: did, kind: text, prompt: What did I do?, show_if: {question: strength, at_least: 7}}
      - {id: later, kind: ruler, prompt: And later?, low: weak, high: strong}
      - {id: fell, kind: computed, prompt: It fell by, compute: {difference: [strength, later]}}
      - {id: mean, kind: computed, prompt: On average, compute: {mean: [strength, later]}}
      - {id: sum, kind: computed, prompt: Together, compute: {sum: [strength, later]}}
      - {id: count, kind: computed, prompt: Answered, compute: {count: [had, strength, later]}}
      - {id: old, kind: text, prompt: Not asked any more, retired: true}
  - id: call
    title: Call a friend
    minutes: 5
    useful: false
    show_if: {question: space.urges.had, is: yes}
    items:
      - {id: who, kind: text, prompt: Whom?}
"""


@pytest.fixture
def workbook(tmp_path: Path) -> Workbook:
    (tmp_path / "space.yaml").write_text(CHAPTER, encoding="utf-8")
    return definition.load(tmp_path / "space.yaml")


NOW = dt.datetime(2026, 5, 3, 14, 3, tzinfo=dt.UTC)


def given_(**values: object) -> dict[str, Response]:
    """Return responses to the items of `space.urges`; None: skipped."""
    return {
        f"space.urges.{word}": Response(value, "skipped" if value is None else "answered", NOW)
        for word, value in values.items()
    }


ALWAYS = {"had", "later", "fell", "mean", "sum", "count", "useful", "done"}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, ALWAYS),
        ({"had": "no", "strength": 9}, ALWAYS),
        ({"had": None}, ALWAYS),
        ({"had": "yes"}, ALWAYS | {"strength"}),
        ({"had": "yes", "strength": 6}, ALWAYS | {"strength"}),
        ({"had": "yes", "strength": 7}, ALWAYS | {"strength", "did"}),
    ],
)
def test_an_item_is_shown_when_its_condition_is_true(
    values: dict[str, object], shown: set[str], workbook: Workbook
) -> None:
    """What is false or not known yet hides, and an answer to a hidden item counts as blank for others."""
    exercise = workbook.exercise("space.urges")
    assert asked_now.active(exercise, given_(**values)) == {f"space.urges.{word}" for word in shown}


GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "had": st.sampled_from(["yes", "no", None]),
        "strength": st.sampled_from([6, 7, None]),
        "did": st.just("walked"),
        "old": st.just("kept"),
        "useful": st.just("yes"),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing writes into the workbook
@given(st.lists(GIVEN, max_size=6), st.booleans())
def test_of_many_occasions_each_shows_what_it_would_alone(
    workbook: Workbook, occasions: list[dict[str, object]], called: bool
) -> None:
    """The same answers show the same on every occasion, another answer something else, and a retired item nothing."""
    urges = {f"2026-05-{day:02}": given_(**values) for day, values in enumerate(occasions, 1)}
    calls = {"once": {"space.call.who": Response("Sam", "answered", NOW)}} if called else {}
    every = {"space.urges": urges, "space.call": calls}
    newest = {id: one for here in (*urges.values(), *calls.values()) for id, one in here.items()}
    assert asked_now.places(workbook.exercises, every, newest) == {
        (id, occasion)
        for exercise, given in every.items()
        for occasion, here in given.items()
        for id in asked_now.active(
            workbook.exercise(exercise), asked_now.seen_by(workbook.exercise(exercise), newest, here)
        )
        & here.keys()
    }


def test_an_exercise_is_shown_when_its_condition_is_true(workbook: Workbook) -> None:
    """An exercise's condition holds for all its items, whether asked of the workbook or of the exercise alone."""
    call = workbook.exercise("space.call")
    inside = {"space.call.who", "space.call.done"}
    assert asked_now.active(call, given_(had="no")) == set()
    assert asked_now.active(call, given_(had="yes")) == inside
    assert asked_now.active(workbook, given_(had="yes")) >= inside
    assert not asked_now.active(workbook, given_()) & inside


@pytest.mark.parametrize(
    ("word", "values", "number"),
    [
        ("fell", {"strength": 8, "later": 3}, 5),
        ("fell", {"strength": 8}, None),
        ("mean", {"strength": 8, "later": 3}, 5.5),
        ("mean", {"later": 3}, 3),
        ("mean", {}, None),
        ("sum", {"strength": 8, "later": 3}, 11),
        ("sum", {"strength": None}, None),
        ("count", {"had": "no", "strength": None}, 1),
        ("count", {}, 0),
        ("later", {"later": 3}, None),
    ],
)
def test_a_computed_number_needs_its_answers(
    word: str, values: dict[str, object], number: float | None, workbook: Workbook
) -> None:
    """A number is worked out from what is there; out of nothing comes no number, never 0."""
    assert asked_now.computed(workbook.item(f"space.urges.{word}"), given_(**values)) == number


def test_the_latest_response_of_an_item_counts() -> None:
    """Over several occasions the newest response stands, whatever the occasion is called."""
    old, new = Response("no", "answered", NOW), Response("yes", "answered", NOW + dt.timedelta(hours=1))
    assert asked_now.latest({("a", "2026-05-04"): old, ("a", "2026-04-27"): new}) == {"a": new}
