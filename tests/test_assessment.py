"""The assessment says what the answers bear and no more, and it scores nothing that a gate forbids."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pandas as pd
import pytest

from workbook import definition, example
from workbook.assessment import assessment, frame, practice, report, scoring
from workbook.definition.scales import Norms
from workbook.journal import Journal

NOW = datetime.fromisoformat("2026-03-28T20:00:00+01:00")
BOOK = definition.load()


def rows(*given: tuple[str, str, object, float | None], prompt: str | None = None) -> pd.DataFrame:
    """Answers by hand: item, occasion, value, score."""
    table = [
        {
            "chapter": item.split(".")[0],
            "exercise": item.rpartition(".")[0],
            "occasion": occasion,
            "item": item,
            "kind": BOOK.item(item).kind,
            "prompt": prompt or BOOK.item(item).prompt,
            "value": value,
            "label": str(value),
            "score": math.nan if score is None else score,
            "status": "answered",
            "share": "ask",
            "answered_at": pd.Timestamp("2026-03-01T12:00:00Z"),
        }
        for item, occasion, value, score in given
    ]
    return pd.DataFrame(table, columns=list(frame.COLUMNS)).astype(frame.COLUMNS)


def ratings(scale: str, points: list[int | None], first: str = "2026-01-05") -> pd.DataFrame:
    """One weekly rating after another, each item of the scale given the same point."""
    items = next(one.items for one in BOOK.scales if one.id == scale)
    weeks = [(date.fromisoformat(first) + timedelta(weeks=week)).isoformat() for week in range(len(points))]
    return rows(
        *(
            (item, week, point, point)
            for week, point in zip(weeks, points, strict=True)
            for item in items
            if point is not None
        )
    )


def assess(answers: pd.DataFrame, **kwargs: object) -> assessment.Assessment:
    return assessment.assess(BOOK, answers, now=NOW, show=report.panel, **kwargs)


def standing(
    *, unscored: frozenset[str] = frozenset(), closed: frozenset[str] = frozenset(), track: str = "principles"
):
    return SimpleNamespace(
        unscored=unscored,
        scored=lambda id: not unscored & {"all", id},
        closing=lambda id: "closed" if id in closed else None,
        notices=(SimpleNamespace(title="You first"),),
        track=track,
        hidden=frozenset(),
    )


def test_what_is_rated_once_is_of_the_day_the_person_had():
    """Noon in Greenwich was the next morning far in the east; of what came without a clock, the zone of now decides."""
    given = rows(*((item, "once", 2, 2) for item in next(one.items for one in BOOK.scales if one.id == "improvement")))
    east = datetime(2026, 3, 2, 2, 0, tzinfo=timezone(timedelta(hours=14)))
    assert list(assess(given, times={(item, "once"): east for item in given["item"]}).scores["day"]) == ["2026-03-02"]
    assert list(assess(given).scores["day"]) == ["2026-03-01"]


def test_no_answers_is_a_kind_beginning() -> None:
    """Before the first answer nothing is scored, nothing is judged, and there is a first step."""
    seen = assess(rows())
    assert {area.verdict for area in seen.areas} == {"too few occasions"}
    assert all(area.score is None and area.occasions == 0 for area in seen.areas)
    assert seen.practice is None
    assert seen.steps[0].href.startswith("10-responsibility.ipynb#responsibility.")
    assert "Where I am now" in seen._repr_html_()


@pytest.mark.parametrize(
    ("points", "verdict"),
    [
        ([1, 1, 1, 1, 3, 3, 3, 3], "better"),
        ([3, 3, 3, 3, 1, 1, 1, 1], "worse"),
        ([1, 3, 2, 1, 3, 2, 1, 3], "no clear change"),
        ([1, 1, 1, 3, 3], "too few occasions"),
        ([1, 1, None, None, None, 3, 3, 3], "too few occasions"),
    ],
)
def test_the_four_verdicts(points: list[int | None], verdict: str) -> None:
    """Better, worse, no clear change, or too few occasions to tell; the reason is always given."""
    seen = assess(ratings("responsibility", points))
    change = seen.change.set_index("scale").loc["responsibility"]
    assert change["verdict"] == verdict == seen.area("responsibility").verdict
    assert change["method"] == "nonoverlap of all pairs"
    assert change["reason"].endswith(".")


def test_the_reason_can_be_read_aloud() -> None:
    """The reason names the occasions compared and what no change would look like."""
    seen = assess(ratings("improvement", [1, 1, 1, 2, 3, 3, 3, 3]))
    assert seen.area("improvement").reason == (
        "Comparing your first 4 occasions with your latest 4: in about 100 of 100 pairs the recent one is better "
        "(likely 58 to 100; no change would be 50). That is more than the usual ups and downs."
    )


def test_words_come_before_numbers() -> None:
    """What a verdict means is one sentence without a number; how it was worked out is folded behind it."""
    seen = assess(ratings("improvement", [1, 1, 1, 2, 3, 3, 3, 3]))
    words = {verdict: replace(seen.areas[0], verdict=verdict).words for verdict in get_args(scoring.Verdict)}
    assert [text for text in words.values() if re.search(r"\d", text)] == []
    page = report.panel(seen)
    said = page.index(words["better"])
    assert said < page.index("<summary>The numbers and the answers behind them") < page.index("100 pairs")


def test_giving_space_is_shown_side_by_side_and_never_scored() -> None:
    """Keeping silent is no score: the answers stand in a table of words, in no number, verdict or picture."""
    seen = assess(ratings("space", [1, 1, 1, 3, 3, 3]))
    assert "space" not in {*seen.scores["scale"], *seen.change["scale"], *(area.id for area in seen.areas)}
    assert [scale.id for scale in seen.shown] == ["space"]
    page = report.panel(seen)
    assert "They are not scored" in page
    assert "Giving space over time" not in page


def test_worse_comes_with_a_next_step() -> None:
    """A dip is followed by something small to do and a question to take along."""
    seen = assess(ratings("communication", [3, 3, 3, 3, 1, 1, 1, 1]))
    assert "dipped" in seen.steps[0].text
    assert seen.steps[0].href == "20-communication.ipynb#communication.pause"
    assert "What was different in the weeks when it got harder with “Talking and listening”?" in seen.questions


def test_a_closed_exercise_is_never_a_next_step() -> None:
    """What a gate closes is not suggested."""
    answers = ratings("communication", [3, 3, 3, 3, 1, 1, 1, 1])
    closed = frozenset(exercise.id for exercise in BOOK.exercises)
    assert assess(answers, standing=standing(closed=closed)).steps == ()
    some = assess(answers, standing=standing(closed=frozenset({"communication.pause"})))
    assert all("communication.pause" not in step.href for step in some.steps)


def test_nothing_is_scored_that_a_gate_forbids() -> None:
    """A forbidden scale is in no table, no area and no picture; the page names it and says why."""
    answers = pd.concat([ratings("responsibility", [1] * 8), ratings("improvement", [2] * 8)], ignore_index=True)
    seen = assess(answers, standing=standing(unscored=frozenset({"responsibility"})))
    assert "responsibility" not in set(seen.scores["scale"]) | set(seen.change["scale"])
    assert "improvement" in set(seen.scores["scale"])
    assert seen.unscored == (("Taking responsibility", "Not scored for now (“You first”). Your answers are kept."),)
    assert "Taking responsibility over time" not in seen._repr_html_()


def test_in_a_crisis_nothing_is_scored_and_nothing_is_asked() -> None:
    """With every scale forbidden there is no number, no verdict and no task."""
    seen = assess(ratings("responsibility", [1, 1, 1, 3, 3, 3]), standing=standing(unscored=frozenset({"all"})))
    assert (len(seen.scores), len(seen.change), seen.areas, seen.steps) == (0, 0, (), ())
    assert len(seen.unscored) == len([scale for scale in BOOK.scales if scale.scored])


def test_answering_the_crisis_question_hides_the_scores(tmp_path) -> None:
    """In a real journal, a yes to the question about suicide takes every score away and keeps every answer."""
    journal = Journal.create(tmp_path / "journal", now=lambda: example.ENDS)
    example.fill(journal)
    before = journal.assessment()
    assert len(before.scores)
    journal.save("start.now.thoughts", ["suicide"])
    after = journal.assessment()
    assert (len(after.scores), after.areas) == (0, ())
    assert len(journal.answers()) == len(example_rows(journal))
    journal.close()


def example_rows(journal: Journal) -> dict:
    return journal.responses()


def test_a_published_scale_is_judged_by_reliable_change() -> None:
    """With norms, the first and the latest score are compared against the instrument's own error and its cut-off."""
    norms = {"sd": 7.5, "reliability": 0.8, "cutoff": 50, "range": (0, 100), "source": "Invented"}
    scales = [one.model_copy(update={"norms": Norms.model_validate(norms)}) for one in BOOK.scales]
    chapters = [
        chapter.model_copy(update={"scales": tuple(one for one in scales if one.id in {s.id for s in chapter.scales})})
        for chapter in BOOK.chapters
    ]
    book = BOOK.model_copy(update={"chapters": tuple(chapters)})
    seen = assessment.assess(book, ratings("improvement", [1, 3]), now=NOW)
    change = seen.change.set_index("scale").loc["improvement"]
    assert (change["method"], change["verdict"]) == ("reliable change", "better")
    assert change["value"] == pytest.approx(50 / 4.7434, abs=1e-3)
    assert change["reason"] == (
        "From 25 to 75. This questionnaire moves by up to 9.3 points by itself, so the difference is more than its own "
        "error. Your score was below and is now above the published line of 50."
    )
    one = assessment.assess(book, ratings("improvement", [1]), now=NOW)
    assert one.area("improvement").verdict == "too few occasions"


def test_a_reworded_question_is_marked_on_the_timeline() -> None:
    """The occasion from which a question reads differently carries the new words."""
    old = ratings("improvement", [1, 1, 1])
    new = ratings("improvement", [2, 2, 2], first="2026-01-26").assign(prompt="I kept the line they drew.")
    seen = assess(pd.concat([old, new], ignore_index=True).astype({"prompt": "category", "item": "category"}))
    found = seen.scores[seen.scores["scale"] == "improvement"].set_index("occasion")["reworded"]
    assert "I kept the line they drew." in found["2026-01-26"]
    assert set(found.drop("2026-01-26")) == {""}


def test_behind_each_number_are_its_answers() -> None:
    """Every score can be opened to the answers it came from."""
    seen = assess(ratings("space", [1, 3]))
    behind = seen.behind("space")
    assert len(behind) == 12
    assert behind["occasion"].tolist() == ["2026-01-05"] * 6 + ["2026-01-12"] * 6
    assert behind["score"].tolist() == [1] * 6 + [3] * 6


def test_planned_against_done_forgives_empty_days() -> None:
    """Kept of planned, over the days with an entry; coming back counts by itself; there is no streak."""
    seen = assess(
        rows(
            ("improvement.log.planned", "2026-03-02", 2, 2),
            ("improvement.log.kept", "2026-03-02", 1, 1),
            ("improvement.log.resumed", "2026-03-04", "yes", None),
            ("improvement.log.planned", "2026-03-16", 3, 3),
            ("improvement.log.kept", "2026-03-16", 3, 3),
            ("improvement.log.old_habit", "2026-03-02", 5, 5),
            ("improvement.log.replacement", "2026-03-02", 1, 1),
            ("improvement.log.old_habit", "2026-03-16", 2, 2),
            ("improvement.log.replacement", "2026-03-16", 4, 4),
            ("improvement.plans.plans", "once", [{"cue": "tired", "action": "walk"}], None),
        )
    )
    practice = seen.practice
    assert practice is not None
    assert practice.sentences == (
        "On 3 days you planned 5 small things and did 4. Days without an entry do not count against you.",
        "You came back after a gap or a slip 1 time. Each one is a success of its own.",
        "Old habit and new one: in your first week, 5 and 1 times; in your latest week, 2 and 4 times.",
    )
    assert practice.plans == (("tired", "walk"),)
    assert practice.weeks[["week", "days", "planned", "kept"]].to_numpy().tolist() == [
        ["2026-03-02", 2, 2, 1],
        ["2026-03-16", 1, 3, 3],
    ]
    assert "streak" not in seen._repr_html_().lower()


def test_goals_are_read_with_their_weights() -> None:
    """Levels and weights of the months make one T-score."""
    seen = assess(
        rows(
            ("improvement.goals.goal", "2026-01-01", "Hear people out", None),
            ("improvement.goals.level", "2026-01-01", "1", 1),
            ("improvement.goals.weight", "2026-01-01", 2, 2),
            ("improvement.goals.goal", "2026-02-01", "Call my sister", None),
        )
    )
    assert seen.practice is not None
    assert seen.practice.goals == (
        practice.Goal("2026-01-01", "Hear people out", "1"),
        practice.Goal("2026-02-01", "Call my sister", ""),
    )
    assert seen.practice.attainment == pytest.approx(60)


def test_lines_are_the_newest_words_of_each_chapter() -> None:
    """What the client took from a chapter is shown in notebook order."""
    seen = assess(
        rows(
            ("space.take.line", "once", "Waves fall.", None), ("responsibility.take.line", "once", "I did that.", None)
        )
    )
    assert [line.text for line in seen.lines] == ["I did that.", "Waves fall."]


def test_the_answers_handed_in_are_left_alone() -> None:
    """Assessing changes nothing in the table."""
    answers = ratings("space", [1, 2, 3])
    before = answers.copy(deep=True)
    assess(answers)
    pd.testing.assert_frame_equal(answers, before)


def test_it_promises_nothing() -> None:
    """No chance, no grade, no comparison and no win in anything the panel says."""
    html = assess(ratings("responsibility", [1, 1, 1, 3, 3, 3]))._repr_html_()
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S).lower()
    for banned in ("win back", "get them back", "chance", "streak", "days until", "failed", "failure"):
        assert banned not in words
    assert "a finished workbook is not proof of change" in words


def test_the_quiet_repr_quotes_no_answer() -> None:
    """What lands in a log names scales and verdicts, never an answer."""
    seen = assess(rows(("space.take.line", "once", "Secret words", None)))
    assert "Secret" not in repr(seen)


def test_a_questionnaire_of_a_counselor_is_assessed_like_the_rest() -> None:
    """One file brings items, scoring and norms; its change is judged by its norms."""
    brought = definition.load_instrument(Path(__file__).parent / "cases" / "instrument-example.yaml")
    book = definition.with_instruments(BOOK, [brought])
    weeks = ("2026-01-05", "2026-01-12")
    given = [("rest", 0, "tense", 3), ("rest", 3, "tense", 1)]
    table = pd.DataFrame(
        [
            {"item": f"instruments.calm.{item}", "occasion": week, "score": float(point), "status": "answered"}
            | {"prompt": item, "label": str(point), "kind": "scale", "value": point}
            for week, row in zip(weeks, given, strict=True)
            for item, point in zip(row[::2], row[1::2], strict=True)
        ]
    )
    seen = assessment.assess(book, table, now=NOW, show=report.panel)
    assert seen.scores[["scale", "score", "maximum"]].to_numpy().tolist() == [["calm", 0, 6], ["calm", 5, 6]]
    assert seen.area("calm").verdict == "better"
    assert seen.area("calm").reason == (
        "From 0 to 5. This questionnaire moves by up to 1.9 points by itself, so the difference is more than its own "
        "error. Your score was below and is now above the published line of 3 (at or below it, somebody to talk to)."
    )
    assert "Calm over time" in seen._repr_html_()


# --- what fits next is named in lookback.yaml ---

OTHER = {
    "workbook.yaml": "title: Garden\nchapters: [beds]\n",
    "beds.yaml": """\
chapter: beds
notebook: 10-beds
title: The beds
principle: 1
lede: Other chapters than ours.
minutes: 5
scales:
  - {id: care, title: Care, items: [beds.week.looked], min_answered: 1, source: Own (S)}
exercises:
  - id: week
    title: The week
    minutes: 1
    repeats: weekly
    items:
      - {id: looked, kind: ruler, prompt: Did I look?, low: no, high: yes}
  - id: plan
    title: A plan
    minutes: 1
    items:
      - id: steps
        kind: table
        prompt: What next?
        columns: [{id: when, kind: text, label: When}, {id: what, kind: text, label: What}]
  - id: end
    title: The end
    minutes: 1
    items:
      - {id: keep, kind: text, prompt: What do I keep?}
""",
    "lookback.yaml": """\
steps:
  - {id: dip, worse: care, exercise: beds.plan, text: "“{title}” got less. One bed is enough."}
  - {id: begin, for_each: unbegun, text: "Begin with “{title}”."}
  - {id: rate, for_each: unrated, text: "How was “{title}” this week?"}
  - {id: keep, for_each: untaken, text: "Keep one line of “{title}”."}
take: end.keep
""",
}


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    for name, text in OTHER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def told(*given: tuple[str, str, object, float | None]) -> pd.DataFrame:
    """Answers of the garden: item, occasion, value, score."""
    table = rows(("space.take.line", "once", "", None)).iloc[:0]
    made = [
        {"item": item, "exercise": item.rpartition(".")[0], "chapter": "beds", "occasion": occasion, "value": value}
        | {"score": math.nan if score is None else score, "label": str(value), "status": "answered", "prompt": item}
        | {"kind": "text", "share": "ask", "answered_at": pd.Timestamp("2026-03-01T12:00:00Z")}
        for item, occasion, value, score in given
    ]
    return pd.DataFrame(made, columns=list(table.columns)).astype(frame.COLUMNS)


def test_a_workbook_with_other_chapters_has_next_steps_of_its_own(garden: Path) -> None:
    """Its steps come from its own file: what dipped, what is not begun, what is due, the line to keep."""
    book = definition.load(garden)

    def said(*given: tuple[str, str, object, float | None]) -> list[tuple[str, str]]:
        seen = assessment.assess(book, told(*given), now=NOW)
        return [(step.text, step.href) for step in seen.steps]

    begin = ("Begin with “The beds”.", "10-beds.ipynb#beds.plan")
    rate = ("How was “The beds” this week?".replace("The beds", "Care"), "10-beds.ipynb#beds.week")
    keep = ("Keep one line of “The beds”.", "10-beds.ipynb#beds.end")
    assert said() == [begin, rate]
    assert said(("beds.plan.steps", "once", [{"what": "Dig"}], None)) == [rate, keep]
    kept = (("beds.plan.steps", "once", [{"what": "Dig"}], None), ("beds.end.keep", "once", "Slowly", None))
    assert said(*kept) == [rate]
    weeks = [(NOW.date() - timedelta(weeks=week)).isoformat() for week in range(7, -1, -1)]
    fell = [
        ("beds.week.looked", week, point, float(point))
        for week, point in zip(weeks, [9, 9, 9, 9, 1, 1, 1, 1], strict=True)
    ]
    assert said(*kept, *fell) == [("“Care” got less. One bed is enough.", "10-beds.ipynb#beds.plan")]


def test_what_the_workbook_does_not_have_is_found_when_it_is_checked(garden: Path) -> None:
    """Every id in lookback.yaml is judged, with a guess at what was meant."""
    file = garden / "lookback.yaml"
    text = OTHER["lookback.yaml"].replace("worse: care", "worse: cares").replace("beds.plan,", "beds.plans,")
    file.write_text(text.replace("end.keep", "end.kept") + "question: beds.end.kep\n", encoding="utf-8")
    assert [str(problem) for problem in definition.check(garden)] == [
        'lookback.yaml:2 steps[1].exercise is "beds.plans". There is no such exercise.  Did you mean “beds.plan”?',
        'lookback.yaml:2 steps[1].worse is "cares". There is no such scale.  Did you mean “care”?',
        'lookback.yaml:6 take is "end.kept". No chapter has such an item.  Write exercise.item, like take.line.',
        'lookback.yaml:7 question is "beds.end.kep". There is no such item.  Did you mean “beds.end.keep”?',
    ]


def test_no_id_of_the_content_stands_in_the_code_of_the_assessment() -> None:
    """What is asked where is the workbook's to say: the code names no chapter's exercise or item."""
    ids = {exercise.id for exercise in BOOK.exercises} | {item.id for item in BOOK.items}
    for module in ("assessment", "change", "practice", "steps"):
        code = (Path(assessment.__file__).parent / f"{module}.py").read_text("utf-8")
        assert {id for id in re.findall(r"[\"']([a-z-]+\.[a-z_]+(?:\.[a-z_]+)?)[\"']", code)} & ids == set()
        assert not re.findall(r"\b(improvement|responsibility|communication|moving-on|wellbeing)\b[.\"']", code)
