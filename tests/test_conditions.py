"""Conditions are data with three values: true, false, and not known while an answer is blank."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook.definition import conditions
from workbook.errors import InvalidCondition

CASES = json.loads((Path(__file__).parent / "cases" / "conditions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("data", "answers", "expected"), CASES, ids=[json.dumps(case[:2])[:80] for case in CASES])
def test_each_case_has_the_value_it_says(data: object, answers: dict[str, object], expected: bool | None) -> None:
    """Python gives every condition of the case file the value written there; form.js runs the same file."""
    assert conditions.parse(data).evaluate(answers.get) is expected


@pytest.mark.parametrize("data", [case[0] for case in CASES])
def test_a_condition_comes_back_from_its_data(data: object) -> None:
    """What a condition says as data is what it was read from."""
    condition = conditions.parse(data)
    assert condition.data() == data
    assert conditions.parse(condition.data()) == condition


def test_a_condition_lists_the_ids_it_asks_about_once() -> None:
    """Whoever works out an order needs each id once, in reading order."""
    condition = conditions.parse(
        {"any": [{"question": "b", "is": "x"}, {"not": {"question": "a", "is": "x"}}, {"question": "b", "is": "y"}]}
    )
    assert condition.ids == ("b", "a")


def test_mapping_leaves_the_original_as_it_was() -> None:
    """`mapped` returns a copy."""
    condition = conditions.parse({"not": {"question": "a", "is": "x"}})
    other = condition.mapped(lambda one: conditions.Comparison("b", one.how, one.operand))
    assert (condition.ids, other.ids) == (("a",), ("b",))


# What is wrong → the sentences said about it.
FAULTY = [
    (None, " is not a condition. Write one like {question: had_contact, is: yes}."),
    ("had == 'yes'", " is not a condition. Write one like {question: had_contact, is: yes}."),
    ({}, " is not a condition. Write one like {question: had_contact, is: yes}."),
    ({"question": ""}, "question is not an item's id. Write one id."),
    ({"question": "a", "is": {}}, "is is not one value. Write one value."),
    ({"question": "a", "is": True}, "is is not one value. Write one value."),
    ({"question": "a", "at_least": float("nan")}, "at_least is not one value. Write one value."),
    ({"all": []}, "all is not a list of conditions. Write at least one, each after “- ”."),
    (
        {"any": [{"question": "a", "is": "x"}, {"question": "b", "one_of": []}]},
        "any.1.one_of is not a list of values. Write them like [often, always].",
    ),
]


@pytest.mark.parametrize(("data", "said"), FAULTY)
def test_a_faulty_condition_is_answered_with_what_and_where(data: object, said: str) -> None:
    """What is wrong, where, and what to write instead."""
    with pytest.raises(InvalidCondition) as caught:
        conditions.parse(data)
    assert str(caught.value) == said


def nested(depth: int) -> dict[str, object]:
    data: dict[str, object] = {"question": "a", "is": "x"}
    for _ in range(depth):
        data = {"not": data}
    return data


def test_a_condition_ends_somewhere() -> None:
    """Depth and size have a limit, so reading and evaluating one is always quick."""
    assert conditions.parse(nested(19)).evaluate({}.get) is None
    with pytest.raises(InvalidCondition, match="too large"):
        conditions.parse(nested(100_000))
    with pytest.raises(InvalidCondition, match="too large"):
        conditions.parse({"all": [{"question": "a", "is": "x"}] * 501})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["question", "all", "any", "not", *conditions.COMPARISONS, "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(anything, st.dictionaries(st.text(max_size=8), anything, max_size=3))
def test_any_data_is_a_condition_or_is_refused(data: object, answers: dict[str, object]) -> None:
    """Whatever comes, reading ends in a condition or a refusal, and evaluating in one of three values."""
    try:
        condition = conditions.parse(data)
    except InvalidCondition as error:
        assert error.faults  # noqa: PT017  any data may be refused, but never without a reason
    else:
        assert condition.evaluate(answers.get) in (True, False, None)
