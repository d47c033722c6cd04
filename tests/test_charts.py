"""Pictures are accessible, fit any page, and say nothing the table behind them does not."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from workbook.assessment import charts

SCORES = pd.DataFrame(
    {
        "occasion": ["once", "2026-01-12", "2026-01-19", "2026-01-26"],
        "day": ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"],
        "score": [40.0, math.nan, 55.0, 70.0],
        "minimum": 0.0,
        "maximum": 100.0,
        "reworded": ["", "", "New words", ""],
    }
)
WEEKS = pd.DataFrame(
    {
        "week": ["2026-01-05", "2026-01-12", "2026-01-19"],
        "days": [3, 2, 1],
        "planned": [4.0, 3.0, math.nan],
        "kept": [2.0, 3.0, math.nan],
        "resumed": [0.0, 1.0, 0.0],
        "old_habit": [5.0, 4.0, 2.0],
        "replacement": [1.0, 2.0, 4.0],
    }
)
DRAWN = {
    "timeline": charts.timeline(SCORES, id="a", title="Giving <space>"),
    "practice": charts.practice(WEEKS, id="b"),
    "habits": charts.habits(WEEKS, id="c"),
}


def below(svg: str) -> list[str]:
    """Return the days named below a picture, from left to right."""
    named = re.findall(r'<text x="([^"]+)" y="[^"]+" style="text-anchor: middle; fill: var[^>]+>([^<]+)', svg)
    return [word for _, word in sorted(named, key=lambda one: float(one[0]))]


@pytest.mark.parametrize("svg", DRAWN.values(), ids=DRAWN.keys())
def test_each_picture_has_a_role_a_title_and_a_description(svg: str) -> None:
    """A screen reader hears what the picture shows."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    title, desc = root.find(f"{space}title"), root.find(f"{space}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert len(title.text) > 5
    assert len(desc.text) > 40


@pytest.mark.parametrize("svg", DRAWN.values(), ids=DRAWN.keys())
def test_a_picture_takes_the_colours_of_the_page(svg: str) -> None:
    """No colour is fixed but as a fallback, no style sheet leaks into the page, and words stay words."""
    assert not re.findall(r"(?<!, )#[0-9a-f]{6}", svg)
    assert "var(--accent" in svg
    assert "<style" not in svg
    assert all("fill: " in text for text in re.findall(r"<text[^>]*>", svg))  # else black, and unseen in the dark
    assert "<text" in svg
    assert "font-family" not in svg


def test_ids_do_not_meet_on_a_page() -> None:
    """Every id and every reference in a picture carries its prefix."""
    svg = DRAWN["timeline"]
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    assert ids
    assert all(id.startswith("a-") for id in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) <= ids


def test_the_description_says_the_numbers() -> None:
    """First, latest, lowest, highest and what a dashed line means are in words, with the title escaped."""
    assert (
        "Giving &lt;space&gt;: 3 occasions from 5 January 2026 to 26 January 2026, on a scale from 0 to 100 where "
        "higher is better. First 40, latest 70, lowest 40, highest 70. "
        "A dashed line marks where a question was reworded."
    ) in DRAWN["timeline"]


def test_the_same_answers_draw_the_same_picture() -> None:
    """Nothing in a picture depends on the moment it is drawn."""
    assert charts.timeline(SCORES, id="a", title="Giving <space>") == DRAWN["timeline"]


def test_days_below_a_picture_do_not_touch() -> None:
    """Three occasions in three days and one in June: the days named are those there is room for, the ends always."""
    days = ["2026-01-05", "2026-01-06", "2026-01-07", "2026-02-20", "2026-06-08"]
    scores = pd.DataFrame({"occasion": days, "day": days, "score": 50.0, "minimum": 0.0, "maximum": 100.0})
    assert below(charts.timeline(scores, id="a", title="x")) == ["5 Jan", "20 Feb", "8 Jun"]


def test_occasions_of_one_day_stand_in_the_middle() -> None:
    """Two occasions on one day are two marks above each other, and the day is named once."""
    scores = pd.DataFrame({"day": ["2026-01-05"] * 2, "score": [20.0, 60.0], "minimum": 0.0, "maximum": 100.0})
    drawn = charts.timeline(scores, id="a", title="x")
    assert re.findall(r'<circle cx="([^"]+)"', drawn) == ["237.8", "237.8"]
    assert below(drawn) == ["5 Jan"]


def test_two_lines_that_end_together_keep_their_names_apart() -> None:
    """The names of the old habit and the new one are a line of words from each other."""
    weeks = WEEKS.assign(old_habit=3.0, replacement=3.0)
    heights = {
        word: float(y)
        for y, word in re.findall(r'<text x="[^"]+" y="([^"]+)"[^>]*>([^<]+)', charts.habits(weeks, id="c"))
    }
    assert abs(heights["old habit"] - heights["new one"]) == pytest.approx(15, abs=0.2)


@pytest.mark.parametrize(
    ("high", "named"),
    [
        (0.5, [0]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (13.75, [0, 5, 10]),
        (23, [0, 5, 10, 15, 20]),
        (260, [0, 100, 200]),
    ],
)
def test_a_scale_of_counts_has_few_whole_numbers(high: float, named: list[int]) -> None:
    """At most five, round, from 0 up."""
    assert charts._whole_numbers(high) == named


def test_too_little_is_no_picture() -> None:
    """One occasion is no line, and nothing planned is no bar."""
    assert charts.timeline(SCORES.head(2), id="a", title="x") == ""
    assert charts.practice(WEEKS.tail(1), id="b") == ""
    assert charts.habits(WEEKS.head(1), id="c") == ""


def test_the_numbers_handed_in_are_left_alone() -> None:
    """Drawing changes nothing in the tables."""
    scores, weeks = SCORES.copy(), WEEKS.copy()
    charts.timeline(scores, id="a", title="x")
    charts.practice(weeks, id="b")
    pd.testing.assert_frame_equal(scores, SCORES)
    pd.testing.assert_frame_equal(weeks, WEEKS)
