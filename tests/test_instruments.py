"""A questionnaire a counselor brings is asked, scored, shown and exported like the rest, however often it is asked."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.clock import Clock
from workbook import definition
from workbook.answers import kinds
from workbook.assessment import assessment, change, export, frame, report, scoring
from workbook.definition import kinds as item_kinds
from workbook.definition import models
from workbook.definition.models import Instrument, Workbook
from workbook.definition.scales import Scale
from workbook.errors import DefinitionError
from workbook.journal import Journal
from workbook.page.desk import Desk
from workbook.sharing import asking
from workbook.storage.store import StoredAnswer

EXAMPLE = Path(__file__).parent / "cases" / "instrument-example.yaml"
BOOK = definition.load()


def asked(repeats: str, brought: Instrument | None = None) -> Workbook:
    """Return the shipped workbook, its safety rules left out, with the invented questionnaire, asked this often."""
    brought = brought or definition.load_instrument(EXAMPLE)
    exercise = brought.exercise.model_copy(update={"repeats": repeats})
    return definition.with_instruments(
        BOOK.model_copy(update={"gates": ()}), [brought.model_copy(update={"exercise": exercise})]
    )


def answer(journal: Journal, rest: int, tense: int) -> None:
    for word, point in (("rest", rest), ("tense", tense)):
        journal.save(f"instruments.calm.{word}", point)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.fromisoformat("2026-03-03T20:00:00+01:00"))


@pytest.mark.parametrize("repeats", ["once", "daily", "weekly", "monthly", "any"])
def test_a_scale_of_any_repeat_is_scored_shown_reported_and_exported(
    tmp_path: Path, clock: Clock, repeats: str
) -> None:
    """One filling has its score and its day in Look back, in the report and in the export."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.install(asked(repeats))
        answer(journal, 2, 3)
        seen = journal.assessment()
        area = seen.area("calm")
        assert (area.score, area.k, area.n, area.occasions) == (2.0, 2, 2, 1)
        shown = seen._repr_html_() or ""
        day = {"weekly": "2 March 2026", "monthly": "1 March 2026"}.get(repeats, "3 March 2026")
        assert f"{day} · 2 points from 2 of 2 answered" in shown
        assert f"{day} · 2 points from 2 of 2 answered" in journal.report(tmp_path / "report.html").read_text("utf-8")
        journal.report(tmp_path / "page.html", summary=True)
        file, _ = export.write(journal.told(), tmp_path / "answers.csv")
        rows = export.read(file)
        assert sorted(rows[rows["exercise"] == "instruments.calm"]["score"]) == [2.0, 3.0]


def test_a_scale_that_is_asked_more_often_later_keeps_its_order(tmp_path: Path, clock: Clock) -> None:
    """What was asked once has the day it was answered, and stands before what came after, whatever it was called."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.install(asked("once"))
        answer(journal, 0, 3)
        for repeats, rest, tense in (("any", 1, 3), ("daily", 2, 2), ("weekly", 3, 1)):
            clock.forward(days=8)
            journal.install(asked(repeats))
            answer(journal, rest, tense)
        scores = journal.assessment().scores
        assert scores.loc[scores["scale"] == "calm", ["occasion", "day", "score"]].to_numpy().tolist() == [
            ["once", "2026-03-03", 0.0],
            ["2026-03-11", "2026-03-11", 1.0],
            ["2026-03-19", "2026-03-19", 3.0],
            ["2026-03-23", "2026-03-23", 5.0],
        ]
        assert journal.assessment().area("calm").reason.startswith("From 0 to 5.")
        page = journal.report(tmp_path / "report.html").read_text("utf-8")
        assert '<th scope="col">3 Mar</th><th scope="col">11 Mar</th><th scope="col">19 Mar</th>' in page


def test_more_than_nine_fillings_of_one_day_stay_in_order(tmp_path: Path, clock: Clock) -> None:
    """The tenth filling of a day comes after the ninth."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.install(asked("any"))
        for number in range(11):
            answer(journal, 3 if number == 10 else 0, 0 if number == 10 else 3)
            journal.save("instruments.calm.done", "yes")
            clock.forward(minutes=5)
        scores = journal.assessment().scores
        assert scores.loc[scores["scale"] == "calm", "score"].tolist() == [0.0] * 10 + [6.0]


def test_fillings_from_when_it_was_asked_otherwise_can_still_be_opened_and_changed(
    tmp_path: Path, clock: Clock
) -> None:
    """A form that repeats otherwise since offers its earlier fillings, shows them, and saves into them."""
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        journal.install(asked("once"))
        answer(journal, 0, 3)
        journal.install(asked("daily"))
        answer(journal, 1, 3)
        clock.forward(days=1)
        journal.install(asked("weekly"))
        exercise = journal.workbook.exercise("instruments.calm")
        offered = Desk(journal).payload(exercise, None)["occasions"]
        assert [(one["id"], one["label"]) for one in offered] == [
            ("2026-03-02", "This week"),
            ("2026-03-03", "3 March 2026"),
            ("once", "The first one"),
        ]
        for occasion, rest in (("once", 0), ("2026-03-03", 1)):
            assert Desk(journal).payload(exercise, occasion)["answers"]["instruments.calm.rest"]["value"] == rest
        journal.save("instruments.calm.rest", 2, "once")
        assert journal.responses()["instruments.calm.rest", "once"].value == 2


# --- any questionnaire that `check` accepts ---

NUMBERS = st.integers(-50, 50)


@st.composite
def scored_items(draw: st.DrawFn, word: str) -> dict[str, Any]:
    """One item that can be scored, with a range of its own."""
    low = draw(NUMBERS)
    kind = draw(st.sampled_from(["scale", "ruler", "number"]))
    item: dict[str, Any] = {"id": word, "kind": kind, "prompt": f"Prompt of {word}?"}
    if kind == "scale":
        points = sorted(draw(st.sets(st.integers(low, low + 20), min_size=2, max_size=6)))
        item["points"] = {point: f"p{point}" for point in points}
        item |= draw(st.sampled_from([{}, {"no_opportunity": "none"}]))
    elif kind == "ruler":
        item |= {"minimum": low, "maximum": low + draw(st.integers(1, 20)), "low": "little", "high": "much"}
    else:
        item |= {
            "minimum": low + draw(st.sampled_from([0, 0.5])),
            "maximum": low + draw(st.sampled_from([1, 7.25, 1e6])),
        }
    return item


@st.composite
def questionnaires(draw: st.DrawFn) -> dict[str, Any]:
    """A questionnaire as an author may write it: mostly right, with numbers that may belong to other scores."""
    words = [f"i{number}" for number in range(draw(st.integers(1, 4)))]
    items = [draw(scored_items(word)) for word in words]
    ends = {item["id"]: definition_range(item) for item in items}
    more = [{"id": "words", "kind": "longtext", "prompt": "Anything else?"}] * draw(st.integers(0, 1))
    scale: dict[str, Any] = {"id": "brought", "title": "Brought", "items": words, "source": "Invented"}
    scale["min_answered"] = draw(st.integers(1, len(words)))
    scale |= draw(st.sampled_from([{}, {"score": "sum"}, {"score": "mean"}, {"score": "percent"}]))
    scale |= draw(st.sampled_from([{}, {"better": "lower"}, {"better": "higher"}]))
    scale["reverse"] = draw(st.lists(st.sampled_from(words), unique=True))
    scale["weights"] = draw(st.dictionaries(st.sampled_from(words), st.sampled_from([0.5, 2, 10])))
    low, high = (sum(scale["weights"].get(word, 1) * ends[word][end] for word in words) for end in (0, 1))
    if draw(st.booleans()):
        span = draw(st.sampled_from([(low, high), (low, high), (0, 100), (low / len(words), high / len(words))]))
        sd = (span[1] - span[0]) * draw(st.sampled_from([0.01, 0.1, 0.4]))
        scale["norms"] = {"range": list(span), "source": "Invented"}
        if draw(st.booleans()):
            scale["norms"] |= {"sd": sd, "reliability": draw(st.sampled_from([0, 0.8, 0.95]))}
        if draw(st.booleans()):
            scale["norms"]["cutoff"] = span[0] + (span[1] - span[0]) * draw(st.sampled_from([0, 0.3, 0.5, 1]))
    if draw(st.integers(0, 5)) == 0 and high - low < 200 and scale.get("score") == "sum":
        scale["table"] = {point: 40 + point * 0.5 for point in range(math.floor(low), math.ceil(high) + 1)}
    exercise: dict[str, Any] = {"id": "asked", "title": "Asked", "minutes": 1, "items": items + more}
    exercise |= draw(
        st.sampled_from([{}, *({"repeats": how} for how in ("once", "daily", "weekly", "monthly", "any"))])
    )
    return {
        "instrument": "brought", "title": "Brought", "source": "Invented", "licence": "Invented",
        "exercise": exercise, "scales": [scale],
    }  # fmt: skip


def definition_range(item: dict[str, Any]) -> tuple[float, float]:
    return (min(item["points"]), max(item["points"])) if "points" in item else (item["minimum"], item["maximum"])


def plainly(scale: Scale, points: dict[str, float]) -> float:
    """The score of a scale with every item answered, as a textbook has it."""
    turned = {id: sum(scale.ranges[id]) - x if id in scale.reverse else x for id, x in points.items()}
    weight = {id: scale.weights.get(id, 1.0) for id in points}
    total = sum(weight[id] * turned[id] for id in points)
    low, high = (sum(weight[id] * scale.ranges[id][end] for id in points) for end in (0, 1))
    if scale.score == "percent":
        return 100 * (total - low) / (high - low)
    score = total if scale.score == "sum" else total / sum(weight.values())
    return score if scale.table is None else scale.table.get(round(score), math.nan)


def filled(instrument: Instrument, occasion: str, at: datetime, end: int) -> list[StoredAnswer]:
    """Every scored item answered with its lowest (0) or highest (1) value, as the store would keep it."""
    found = []
    for item in instrument.exercise.items:
        span = item_kinds.of(item).span(item) if item.word not in models.FOOT else None
        if span is None:
            continue
        value = kinds.check(item, span[end])
        found.append(
            StoredAnswer(
                id=f"{item.id}@{occasion}", item=item.id, exercise=instrument.exercise.id, occasion=occasion, version=1,
                status="answered", value=value, label=kinds.label(item, value), prompt=item.prompt, kind=item.kind,
                fingerprint="", begun_at=at, answered_at=at,
            )
        )  # fmt: skip
    return found


def brought(data: dict[str, Any], folder: Path) -> Instrument | None:
    """Return the questionnaire, when `workbook check` accepts it."""
    file = folder / "brought.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    accepted = definition.check(file) == ()
    try:
        found = definition.load_instrument(file)
    except DefinitionError:
        found = None
    assert accepted == (found is not None)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=questionnaires())
def test_what_check_accepts_is_assigned_and_judged_as_an_independent_computation_judges_it(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
) -> None:
    """Answered at its extremes, its scores, its verdict and the numbers in its sentence are those of a textbook."""
    instrument = brought(data, tmp_path_factory.mktemp("brought"))
    assume(instrument is not None)
    assert instrument is not None
    book = asking.workbook_for("en", [instrument])
    assert definition.problems(book) == ()
    assert Workbook.model_validate_json(book.model_dump_json()) == book

    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    whens = ["once"] if instrument.exercise.repeats == "once" else ["2026-03-02", "2026-06-01"]
    given_ = [filled(instrument, when, start + timedelta(days=90 * place), place) for place, when in enumerate(whens)]
    rows = [row for one in given_ for row in one]
    table = frame.answers(book, rows, {(row.item, row.occasion) for row in rows})
    seen = assessment.assess(book, table, now=datetime(2026, 6, 2, tzinfo=UTC), show=report.panel)
    scale = next(scale for scale in book.scales if scale.id == "brought")
    wanted = [plainly(scale, {row.item: float(row.value) for row in one}) for one in given_]
    scores = seen.scores[seen.scores["scale"] == "brought"]["score"].tolist()
    assert scores == pytest.approx(wanted, nan_ok=True)
    assert "Brought" in (seen._repr_html_() or "")

    area, change = seen.area("brought"), seen.change.set_index("scale").loc["brought"]
    if len(wanted) < 2 or any(math.isnan(score) for score in wanted):
        assert area.verdict == "too few occasions"
        return
    before, after = wanted
    norms = scale.norms
    if norms is None or norms.sd is None or norms.reliability is None:
        assert (change["method"], area.verdict) == ("nonoverlap of all pairs", "too few occasions")
    else:
        assert norms.range == pytest.approx(scale.bounds)
        rc = (after - before) / (math.sqrt(2) * norms.sd * math.sqrt(1 - norms.reliability))
        gain = rc if scale.better == "higher" else -rc
        assert change["value"] == pytest.approx(rc)
        assert area.verdict == ("better" if gain > 1.96 else "worse" if gain < -1.96 else "no clear change")
        said = re.match(
            r"From (-?[\d.]+) to (-?[\d.]+)\. This questionnaire moves by up to ([\d.]+) points? by itself", area.reason
        )
        assert said, area.reason
        least = 1.96 * math.sqrt(2) * norms.sd * math.sqrt(1 - norms.reliability)
        assert [float(one) for one in said.groups()] == pytest.approx([before, after, least], abs=0.06)
    if norms is not None and norms.cutoff is not None:
        line = norms.cutoff.value
        sides = ["above" if score > line else "below" if score < line else "on" for score in wanted]
        moved = f"was {sides[0]} and is now {sides[1]}" if sides[0] != sides[1] else f"is still {sides[1]}"
        line_said = scoring.said(line, scale.bounds, decimals=1)
        assert area.reason.endswith(f" Your score {moved} the published line of {line_said}.")


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=questionnaires())
def test_what_check_accepts_is_asked_reported_and_exported_in_a_journal(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
) -> None:
    """In a real journal the form is drawn, its lowest and highest answers are kept, and every way out has them."""
    folder = tmp_path_factory.mktemp("brought")
    instrument = brought(data, folder)
    assume(instrument is not None)
    assert instrument is not None
    clock = Clock()
    with Journal.create(folder / "journal", now=clock) as journal:
        book = asking.workbook_for("en", [instrument])
        journal.install(book.model_copy(update={"gates": ()}))
        for end in (0, 1):
            assert journal.exercise("instruments.asked").exercise["id"] == "instruments.asked"
            for row in filled(instrument, "once", clock(), end):
                journal.save(row.item, row.value)
            clock.forward(days=40)
        assert "Brought" in (journal.assessment()._repr_html_() or "")
        assert "Brought" in journal.report(folder / "report.html").read_text("utf-8")
        journal.report(folder / "page.html", summary=True)
        file, codebook = export.write(journal.told(), folder / "answers.csv")
        rows = export.read(file)
        assert len(rows) == len(journal.answers())
        assert "brought" in codebook.read_text("utf-8-sig")


# --- what check says of numbers that belong to other scores, and of ids ---


def said(folder: Path, *edits: tuple[str, str]) -> list[str]:
    """Return what is said of the example after these edits, each problem without its file."""
    text = EXAMPLE.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file = folder / "calm.yaml"
    file.write_text(text, encoding="utf-8")
    return [str(problem).partition(" ")[2] for problem in definition.check(file)]


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        (
            [("    score: sum\n", "")],
            "scales[1].norms.range These numbers are for scores from 0 to 6; this scale gives 0 to 100.  "
            "Write “score: sum”.",
        ),
        (
            [("score: sum", "score: mean")],
            "scales[1].norms.range These numbers are for scores from 0 to 6; this scale gives 0 to 3.  "
            "Write “score: sum”.",
        ),
        (
            [("range: [0, 6]", "range: [0, 27]")],
            "scales[1].norms.range These numbers are for scores from 0 to 27; this scale gives 0 to 6.  "
            "Check the points and the items, or leave norms out.",
        ),
        (
            [("      range: [0, 6]\n", "")],
            "scales[1].norms.range is missing.  Write the lowest and the highest score that these numbers were "
            "published for, like [0, 27].",
        ),
        (
            [("      better: higher", "      better: lower")],
            'scales[1].norms.better is "lower". The scale says higher.  Give both the same.',
        ),
        (
            [("value: 3", "value: 30")],
            'scales[1].norms.cutoff.value is "30.0". This scale gives 0 to 6.  Check the number, and how the scale is '
            "scored.",
        ),
        (
            [("sd: 1.5", "sd: 15")],
            'scales[1].norms.sd is "15.0". Scores from 0 to 6 cannot spread that far.  Check the number, and how the '
            "scale is scored.",
        ),
        (
            [("      reliability: 0.8\n", "")],
            "scales[1].norms.reliability is missing.  Reliable change needs sd and reliability: write both, or none.",
        ),
        (
            [("items: [rest, tense]", "items: [calm.calm.rest, tense]")],
            'scales[1].items[1] is "calm.calm.rest". There is no such item.  Did you mean “instruments.calm.rest”?',
        ),
        (
            [("  - id: calm\n    title", "  - id: space\n    title")],
            'scales[1].id is "space". The workbook has a scale of this id already.  Give this one its own.',
        ),
        (
            [("prompt: I was tense.", "prompt: I was tense.\n      show_if: {question: start.safety.afrayd, is: x}")],
            'exercise.items[2].show_if.question is "start.safety.afrayd". There is no such item.  Did you mean '
            "“start.safety.afraid”?",
        ),
    ],
)
def test_numbers_of_other_scores_and_unknown_ids_are_refused_with_the_cure(
    tmp_path: Path, edits: list[tuple[str, str]], problem: str
) -> None:
    """An SD in points is never set against a percentage, and `check` finds what an assignment would be refused for."""
    assert said(tmp_path, *edits) == [problem]


def test_two_questionnaires_of_one_id_are_refused() -> None:
    """Neither replaces the other in silence."""
    calm = definition.load_instrument(EXAMPLE)
    other = calm.model_copy(update={"exercise": calm.exercise.model_copy(update={"id": "instruments.other"})})
    with pytest.raises(DefinitionError) as refused:
        asking.workbook_for("en", [calm, other])
    assert [str(problem) for problem in refused.value.problems] == [
        'questionnaires scale id is "calm". Two of the questionnaires have a scale of this id.  Give each its own.'
    ]


def test_a_questionnaire_brought_again_with_other_scales_leaves_none_behind() -> None:
    """The scales of its first form go with it."""
    calm = definition.load_instrument(EXAMPLE)
    scale = calm.scales[0].model_copy(update={"id": "calmer"})
    book = definition.with_instruments(
        asking.workbook_for("en", [calm]), [calm.model_copy(update={"scales": (scale,)})]
    )
    assert [one.id for one in book.chapter("instruments").scales] == ["calmer"]


def test_an_older_journal_with_numbers_of_other_scores_is_judged_without_them() -> None:
    """What was told “better” because of points set against a percentage is so no longer; names of then are read."""
    calm = definition.load_instrument(EXAMPLE).scales[0]
    norms = {"sd": 1.5, "reliability": 0.8, "cutoff": 3, "clinical_mean": 1, "clinical_sd": 1, "source": "Nobody"}
    kept = Scale.model_validate(
        calm.model_dump() | {"norms": norms | {"functional_mean": 5, "functional_sd": 1}, "score": "percent"}
    )
    assert kept.norms is not None
    assert (kept.norms.cutoff.value, kept.norms.clinical.mean, kept.norms.functional.sd) == (3, 1, 1)  # type: ignore[union-attr]
    assert change.verdict(kept, [0, 100 / 6]) == "too few occasions"
    assert change.verdict(kept.model_copy(update={"score": "sum"}), [0, 5]) == "better"
