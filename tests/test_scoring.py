"""Scores are right at the edges, agree with published numbers, and never turn a missing answer into 0."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbook import resources
from workbook.assessment import scoring
from workbook.definition.norms import faults
from workbook.definition.scales import Norms, Scale

ITEMS = tuple(f"own.rating.i{number}" for number in range(6))


def scale(**changes: object) -> Scale:
    fields: dict[str, object] = {
        "id": "own",
        "title": "Own",
        "items": ITEMS,
        "min_answered": 4,
        "ranges": dict.fromkeys(ITEMS, (0, 4)),
        "source": "Own items (S)",
    }
    return Scale.model_validate(fields | changes)


def answers(points: list[float | None], occasion: str = "2026-01-05", items: tuple[str, ...] = ITEMS) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item": items,
            "occasion": occasion,
            "status": ["skipped" if point is None else "answered" for point in points],
            "score": pd.Series(points, dtype=float),
        }
    )


def one(points: list[float | None], **changes: object) -> dict[str, object]:
    table = scoring.score(answers(points), [scale(**changes)])
    assert len(table) == 1
    return table.iloc[0].to_dict()


# --- scale scores ---


def test_a_row_says_everything_about_a_score() -> None:
    """One row per scale and occasion, with the documented columns."""
    table = scoring.score(answers([4, 3, 2, 1, None, 4]), [scale()])
    assert tuple(table.columns) == scoring.COLUMNS
    assert table.to_dict("records") == [
        {
            "scale": "own",
            "chapter": "own",
            "occasion": "2026-01-05",
            "score": 70.0,  # mean of the answered, 2.8, × 25
            "raw": 14.0,
            "k": 5,
            "n": 6,
            "minimum": 0.0,
            "maximum": 100.0,
        }
    ]


@pytest.mark.parametrize(
    ("changes", "lowest", "highest"),
    [
        ({}, 0, 100),
        ({"score": "mean"}, 0, 4),
        ({"score": "sum"}, 0, 24),
        ({"score": "sum", "weights": {ITEMS[0]: 3}}, 0, 32),
        ({"score": "mean", "ranges": dict.fromkeys(ITEMS, (1, 5))}, 1, 5),
        ({"score": "sum", "ranges": dict.fromkeys(ITEMS, (1, 5))}, 6, 30),
    ],
)
def test_all_lowest_and_all_highest_reach_the_ends(changes: dict[str, object], lowest: float, highest: float) -> None:
    """The lowest answers give the lowest score, the highest the highest, whatever the way of scoring."""
    low, high = scale(**changes).ranges[ITEMS[0]]
    for point, end in ((low, lowest), (high, highest)):
        row = one([point] * 6, **changes)
        assert row["score"] == pytest.approx(end)
        assert (row["minimum"], row["maximum"]) == (lowest, highest)


def test_a_reversed_item_is_turned_in_its_declared_range() -> None:
    """Three items up and three reversed items down are the highest score, though no answer equals the other half."""
    up, down = [5.0] * 3, [1.0] * 3
    changes = {"ranges": dict.fromkeys(ITEMS, (1, 5)), "reverse": ITEMS[3:]}
    assert one(up + down, **changes)["score"] == 100
    assert one(down + up, **changes)["score"] == 0
    assert one([5, 4, 4, 2, 2, 3], **changes)["raw"] == 5 + 4 + 4 + 4 + 4 + 3


def test_a_missing_answer_is_never_zero() -> None:
    """With everything missing there is a row, no score and no raw points; below min_answered there is no score."""
    row = one([None] * 6)
    assert (row["k"], row["n"]) == (0, 6)
    assert math.isnan(row["score"])
    assert math.isnan(row["raw"])
    row = one([4, 4, 4, None, None, None])
    assert (row["k"], row["raw"]) == (3, 12)
    assert math.isnan(row["score"])
    assert one([4, 4, 4, 4, None, None])["score"] == 100
    assert one([4, 4, 4, 4, None, None], score="sum")["score"] == 24


def test_no_opportunity_does_not_lower_a_score() -> None:
    """An answered item without a point ("no opportunity") counts as neither answered nor 0."""
    frame = answers([4, 4, 4, 4, math.nan, math.nan])
    assert set(frame["status"]) == {"answered"}
    assert scoring.score(frame, [scale()]).loc[0, ["score", "k"]].tolist() == [100, 4]


def test_hidden_and_retired_answers_do_not_count() -> None:
    """Only what is answered and shown is scored, even where a point is on record."""
    frame = answers([4] * 6)
    frame.loc[4:, "status"] = ["inactive", "retired"]
    assert scoring.score(frame, [scale()]).loc[0, "k"] == 4


def test_an_item_may_belong_to_a_scale_and_its_subscale() -> None:
    """A subscale is scored beside its scale from the same answers."""
    part = scale(id="part", items=ITEMS[:2], min_answered=1, ranges=dict.fromkeys(ITEMS[:2], (0, 4)), part_of="own")
    other = scale(id="other", items=ITEMS[2:3], min_answered=1, ranges={ITEMS[2]: (0, 4)}, part_of="own")
    table = scoring.score(answers([4, 4, 0, 0, 0, 0]), [scale(), part, other])
    assert table[["scale", "score", "k"]].to_numpy().tolist() == [
        ["own", pytest.approx(100 / 3), 6],
        ["part", 100, 2],
        ["other", 0, 1],
    ]


def test_a_weight_counts_an_item_twice() -> None:
    """Weight 2 is the same as the item being there twice."""
    assert one([4, 0, 0, 0, 0, 0], weights={ITEMS[0]: 2}, score="sum")["score"] == 8
    assert one([4, 0, 0, 0, 0, 0], weights={ITEMS[0]: 2})["score"] == pytest.approx(100 * 2 / 7)


def test_a_table_gives_t_scores_and_nothing_outside_it() -> None:
    """A whole raw score is looked up; one that the published table does not have is no score."""
    table = {value: 20.0 + value for value in range(24)}
    row = one([1, 1, 1, 1, 1, 2], score="sum", table=table)
    assert (row["score"], row["minimum"], row["maximum"]) == (27, 20, 43)
    assert math.isnan(one([4] * 6, score="sum", table=table)["score"])


def test_occasions_and_people_are_kept_apart() -> None:
    """Each occasion has its row, and with `by` each person too."""
    frame = pd.concat([answers([4] * 6), answers([0] * 6, "2026-01-12")], ignore_index=True)
    assert scoring.score(frame, [scale()])["score"].tolist() == [100, 0]
    both = pd.concat([frame.assign(client="b"), frame.assign(client="a")], ignore_index=True)
    table = scoring.score(both, [scale()], by=["client"])
    assert table[["client", "occasion", "score"]].to_numpy().tolist() == [
        ["a", "2026-01-05", 100],
        ["a", "2026-01-12", 0],
        ["b", "2026-01-05", 100],
        ["b", "2026-01-12", 0],
    ]


def test_nothing_in_gives_an_empty_table_out() -> None:
    """No answers, or none of these scales, is an empty table with the same columns."""
    for frame, scales in ((answers([1] * 6).iloc[:0], [scale()]), (answers([1] * 6), [])):
        table = scoring.score(frame, scales)
        assert (len(table), tuple(table.columns)) == (0, scoring.COLUMNS)


def test_a_history_is_refused() -> None:
    """Two answers of one item on one occasion are a history; scoring it would count twice."""
    with pytest.raises(ValueError, match="not their history"):
        scoring.score(pd.concat([answers([1] * 6)] * 2), [scale()])


def test_categories_score_like_words() -> None:
    """A table with categorical columns gives the same scores."""
    frame = pd.concat([answers([4, 3, 2, 1, None, 4]), answers([0] * 6, "2026-01-12")], ignore_index=True)
    categories = frame.astype({"item": "category", "occasion": "category", "status": "category"})
    pd.testing.assert_frame_equal(scoring.score(frame, [scale()]), scoring.score(categories, [scale()]))


points = st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=6, max_size=6)
reversed_items = st.sets(st.sampled_from(ITEMS))
RANGE = {"ranges": dict.fromkeys(ITEMS, (1, 5)), "min_answered": 1}


@given(points, reversed_items, st.sampled_from(["mean", "sum", "percent"]))
def test_a_score_stays_in_its_range(given_points: list[float | None], reverse: set[str], how: str) -> None:
    """Whatever was answered, the score is inside the declared range or there is none."""
    row = one(given_points, reverse=tuple(reverse), score=how, **RANGE)
    assert math.isnan(row["score"]) == (row["k"] == 0)
    if row["k"]:
        assert row["minimum"] - 1e-9 <= row["score"] <= row["maximum"] + 1e-9


@given(points, reversed_items)
def test_reversing_twice_changes_nothing(given_points: list[float | None], reverse: set[str]) -> None:
    """Reversed answers on reversed items score as the plain answers on plain items."""
    turned = [
        6 - point if point is not None and item in reverse else point
        for item, point in zip(ITEMS, given_points, strict=True)
    ]
    assert one(turned, reverse=tuple(reverse), **RANGE) == pytest.approx(one(given_points, **RANGE), nan_ok=True)


@given(st.lists(st.integers(1, 5), min_size=6, max_size=6), st.integers(0, 5))
def test_taking_an_answer_away_never_counts_it_as_zero(given_points: list[float | None], gone: int) -> None:
    """Without one answer the mean is that of the others."""
    left = [*given_points]
    left[gone] = None
    others = [point for point in left if point is not None]
    assert one(left, score="mean", **RANGE)["score"] == pytest.approx(sum(others) / len(others))


@given(st.permutations(range(12)))
def test_the_order_of_rows_never_matters(order: list[int]) -> None:
    """Shuffled answers give the same table."""
    frame = pd.concat([answers([4, 3, 2, 1, None, 4]), answers([0, 1, 2, 3, 4, 4], "2026-01-12")], ignore_index=True)
    pd.testing.assert_frame_equal(
        scoring.score(frame, [scale()]), scoring.score(frame.iloc[order], [scale()]), check_exact=False
    )


@given(points)
def test_the_table_handed_in_is_left_alone(given_points: list[float | None]) -> None:
    """Scoring changes nothing in the answers."""
    frame = answers(given_points)
    before = frame.copy(deep=True)
    scoring.score(frame, [scale()])
    pd.testing.assert_frame_equal(frame, before)


# --- change ---


def test_jacobson_and_truax_1991_worked_example() -> None:
    """32.5 → 47.5 with SD 7.5 and r .80 is a reliable change of 3.16."""
    change = scoring.reliable_change(32.5, 47.5, sd=7.5, reliability=0.80)
    assert change.sem == pytest.approx(3.3541, abs=5e-5)
    assert change.s_diff == pytest.approx(4.7434, abs=5e-5)
    assert change.rc == pytest.approx(3.1623, abs=5e-5)
    assert change.rc != pytest.approx(4.472, abs=5e-4)  # what it would be without √2
    assert change.least == pytest.approx(9.297, abs=5e-4)
    assert change.verdict == "better"


def test_cutoffs_of_the_worked_example() -> None:
    """Means 40 and 60 with SD 7.5 give a 55, b 45, c 50, and mirrored the other way round."""
    forth = scoring.cutoffs(clinical_mean=40, clinical_sd=7.5, functional_mean=60, functional_sd=7.5)
    back = scoring.cutoffs(clinical_mean=60, clinical_sd=7.5, functional_mean=40, functional_sd=7.5)
    assert forth == scoring.Cutoffs(a=55, b=45, c=50)
    assert back == scoring.Cutoffs(a=45, b=55, c=50)


@pytest.mark.parametrize(("sd", "reliability", "least"), [(5.9, 0.89, 5.4), (4.7, 0.92, 3.7), (20, 0.85, 21.5)])
def test_least_reliable_change_of_well_known_questionnaires(sd: float, reliability: float, least: float) -> None:
    """PHQ-9, GAD-7 and WHO-5 need 5.4, 3.7 and 21.5 points."""
    assert scoring.reliable_change(0, 0, sd=sd, reliability=reliability).least == pytest.approx(least, abs=0.05)


@pytest.mark.parametrize(
    ("before", "after", "better", "verdict"),
    [
        (10, 20, "higher", "better"),
        (10, 20, "lower", "worse"),
        (20, 10, "lower", "better"),
        (20, 10, "higher", "worse"),
        (10, 14, "higher", "no clear change"),
        (10, math.nan, "higher", "too few occasions"),
    ],
)
def test_the_verdict_follows_the_direction(before: float, after: float, better: str, verdict: str) -> None:
    """Better is up on some scales and down on others; a missing score is no verdict."""
    assert scoring.reliable_change(before, after, sd=5, reliability=0.8, better=better).verdict == verdict


@pytest.mark.parametrize(("sd", "reliability"), [(0, 0.8), (-1, 0.8), (5, 1.0), (5, -0.1), (math.nan, 0.8)])
def test_impossible_norms_are_refused(sd: float, reliability: float) -> None:
    """An SD of 0 or a reliability of 1 would call anything reliable."""
    with pytest.raises(ValueError, match="must be above 0"):
        scoring.reliable_change(1, 2, sd=sd, reliability=reliability)


def test_nap_counts_pairs() -> None:
    """Ties count half: 6 wins, 2 ties and 1 loss of 9 pairs are .778, and that is not enough to tell."""
    assert scoring.nap([1, 2, 3], [2, 3, 4])[0] == pytest.approx(7 / 9)
    assert scoring.nap([1, 2, 3], [2, 3, 4]).verdict == "no clear change"


def test_nap_needs_three_on_each_side() -> None:
    """Two occasions are not enough on either side, and missing ones do not count."""
    for before, after in (([1, 2], [3, 4, 5]), ([1, 2, 3], [4, 5, math.nan])):
        assert scoring.nap(before, after).verdict == "too few occasions"
        assert math.isnan(scoring.nap(before, after).nap)


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=8),
    st.lists(st.integers(0, 4), min_size=3, max_size=8),
)
def test_nap_mirrors_and_its_interval_holds_it(before: list[int], after: list[int]) -> None:
    """Swapping the sides mirrors the value, and the interval always contains it, within 0 and 1."""
    forth, back = scoring.nap(before, after), scoring.nap(after, before)
    assert forth.nap + back.nap == pytest.approx(1)
    assert forth.low + back.high == pytest.approx(1, abs=1e-6)
    assert 0 <= forth.low <= forth.nap <= forth.high <= 1
    assert scoring.nap(before, after, better="lower").nap == pytest.approx(back.nap)


@pytest.mark.parametrize("occasions", [3, 5, 10])
@pytest.mark.parametrize("theta", [0.3, 0.5, 0.8])
def test_the_nap_interval_ends_where_the_score_test_does(occasions: int, theta: float) -> None:
    """At each end the value lies exactly z standard errors away (Hanley & McNeil's variance, Newcombe's method 5)."""
    before = [float(x) for x in range(occasions)]
    after = [x + theta * 2 - 1 for x in before]
    nap = scoring.nap(before, after)
    h = occasions - 1
    for end in (nap.low, nap.high):
        spread = end * (1 - end) / occasions**2 * (1 + h * ((1 - end) / (2 - end) + end / (1 + end)))
        assert (nap.nap - end) ** 2 == pytest.approx(scoring.Z**2 * spread, rel=1e-6)


def test_goal_attainment_by_hand() -> None:
    """T = 50 + 10Σwx/√(.7Σw² + .3(Σw)²): two equal goals at +1 give 62.4, all met gives 50."""
    assert scoring.goal_attainment([0, 0, 0]) == 50
    assert scoring.goal_attainment([1, 1], [1, 1]) == pytest.approx(50 + 20 / math.sqrt(0.7 * 2 + 0.3 * 4))
    assert scoring.goal_attainment([2, -1], [3, 1]) == pytest.approx(50 + 50 / math.sqrt(0.7 * 10 + 0.3 * 16))
    assert scoring.goal_attainment([-1, math.nan], [1, 5]) == pytest.approx(40)
    assert math.isnan(scoring.goal_attainment([math.nan]))
    with pytest.raises(ValueError, match="Levels go from"):
        scoring.goal_attainment([3])


# --- cohorts ---


def test_alpha_of_the_golden_table() -> None:
    """The published alphas of `cronbach_wide_missing`, pairwise and listwise, with Feldt's interval."""
    table = pd.read_csv(Path(__file__).parent / "golden" / "cronbach_wide_missing.csv", encoding="utf-8-sig")
    pairwise, listwise = scoring.alpha(table), scoring.alpha(table, missing="listwise")
    assert pairwise.alpha == pytest.approx(0.732660835, abs=5e-10)
    assert (round(pairwise.low, 3), round(pairwise.high, 3), pairwise.n) == (0.435, 0.909, 12)
    assert listwise.alpha == pytest.approx(0.801694915, abs=5e-10)
    assert listwise.n == 9  # only the complete people count in its interval, which is therefore wider
    assert listwise.low < 0.581


def test_alpha_of_nobody_is_nothing() -> None:
    """One person, one item, or answers that never vary have no alpha."""
    for table in ({"a": [1.0], "b": [2.0]}, {"a": [1.0, 2.0, 3.0]}, {"a": [1.0, 1.0], "b": [2.0, 2.0]}):
        assert math.isnan(scoring.alpha(pd.DataFrame(table)).alpha)


@pytest.mark.parametrize(
    ("p", "df1", "df2", "value"),
    [(0.95, 3, 20, 3.0984), (0.975, 10, 10, 3.7168), (0.5, 2, 2, 1.0), (0.99, 1, 5, 16.2582), (0.05, 5, 10, 0.2112)],
)
def test_quantiles_of_f_agree_with_printed_tables(p: float, df1: int, df2: int, value: float) -> None:
    """The interval of alpha rests on these; the values are those of any statistics table."""
    assert scoring._f_quantile(p, df1, df2) == pytest.approx(value, abs=1e-4)


# --- norms ---


def test_norms_are_numbers_with_a_source() -> None:
    """Each questionnaire has a licence note and a block that an instrument's file takes as it is."""
    norms = yaml.safe_load(resources.data("norms.yaml").read_text("utf-8"))["instruments"]
    assert set(norms) == {"csi32", "csi16", "csi4", "ras", "das", "phq9", "phq2", "gad7", "gad2", "who5"}
    for row in norms.values():
        assert set(row) - {"note"} == {"title", "licence", "norms"}
        numbers = Norms.model_validate(row["norms"])
        assert numbers.range is not None
        assert numbers.better is not None
        assert (numbers.sd is None) == (numbers.reliability is None)
        scale = Scale(
            id="a", title="A", items=("a.b.c",), score="sum", min_answered=1, better=numbers.better,
            ranges={"a.b.c": numbers.range}, norms=numbers, source="s",
        )  # fmt: skip
        assert list(faults(scale)) == []
