"""The self-assessment: where a person stands and what changed, in plain words, never more than the answers bear."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workbook.answers import occasions
from workbook.assessment import scoring
from workbook.definition.coherence import unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from workbook.definition.models import Norms, Scale, Workbook
    from workbook.safety.gates import Standing

SITTINGS = 6  # at most this many on each side: the start against now
STEPS = 4  # things to do next, at most
QUESTIONS = 5  # questions for the next session, at most


@dataclass(frozen=True)
class Area:
    """One scale now and over time. Scores are in the scale's points, `minimum` to `maximum`; None: no score."""

    id: str
    title: str
    notebook: str
    principle: int | None
    better: str
    source: str
    minimum: float
    maximum: float
    occasion: str | None  # of the latest sitting with a score, else of the latest
    day: date | None  # of that occasion
    score: float | None
    raw: float | None
    k: int
    n: int
    sittings: int  # with a score
    verdict: scoring.Verdict
    reason: str  # how the verdict was worked out, with its numbers

    @property
    def words(self) -> str:
        """What the verdict means, in one sentence without a number."""
        return _IN_WORDS[self.verdict]


_IN_WORDS: dict[scoring.Verdict, str] = {
    "better": "In the latest weeks this went better than in the first ones, by more than the usual ups and downs.",
    "no clear change": "This went up and down, and there is no clear change. Holding steady is something too.",
    "worse": "The latest weeks were harder than the first ones. That tells about these weeks, not about who you are.",
    "too few sittings": "It is too early to tell. There is nothing wrong with that.",
}


class Change(NamedTuple):
    """One scale, then against now. `value` is NAP (0–1, with its interval) or the reliable change (no interval)."""

    scale: str
    title: str
    method: str  # "nonoverlap of all pairs" or "reliable change"
    first: str | None  # occasions
    latest: str | None
    sittings: int
    value: float
    low: float
    high: float
    verdict: scoring.Verdict
    reason: str


class Step(NamedTuple):
    """Something to do next."""

    text: str
    label: str
    href: str


class Line(NamedTuple):
    """The client's own words at the end of a chapter."""

    chapter: str
    text: str


class Goal(NamedTuple):
    """A goal and where it stands, in the client's own words."""

    month: str
    goal: str
    level: str


@dataclass(frozen=True)
class Practice:
    """Planned against done. `weeks` has one row per week with an entry: week (its Monday), days, planned, kept,
    resumed, old_habit, replacement (all counts; NaN where nothing was written)."""

    weeks: pd.DataFrame = field(repr=False)
    plans: tuple[tuple[str, str], ...]  # if, then
    commitment: str | None
    goals: tuple[Goal, ...]
    attainment: float | None  # T, 50 when every goal is just met
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """What the answers say today. It shows itself in a notebook; nothing in it changes.

    `scores`: `scoring.COLUMNS`, `day` (of the occasion) and `reworded` (the prompts that read differently than the
    time before), of each scale the oldest first.
    `change`: one row per scale, the fields of `Change`. A scale that a gate forbids is in neither but in `unscored`.
    """

    title: str
    language: str
    day: date
    scores: pd.DataFrame = field(repr=False)
    change: pd.DataFrame = field(repr=False)
    areas: tuple[Area, ...]
    practice: Practice | None = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    steps: tuple[Step, ...]
    asks: tuple[str, ...] = field(repr=False)  # questions in the client's own words
    questions: tuple[str, ...] = field(repr=False)
    unscored: tuple[tuple[str, str], ...]  # scale title, why
    answers: pd.DataFrame = field(repr=False)  # of the scales only, for `behind`
    scales: tuple[Scale, ...] = field(repr=False)  # those scored and those only shown
    show: Callable[[Assessment], str] | None = field(default=None, repr=False)  # → HTML; drawing comes after assessing

    def area(self, scale: str) -> Area:
        """Return one area. Raises KeyError when it is not scored now."""
        return next(area for area in self.areas if area.id == scale)

    @property
    def shown(self) -> tuple[Scale, ...]:
        """The scales whose answers stand side by side and are never made into a number."""
        return tuple(scale for scale in self.scales if not scale.scored)

    def behind(self, scale: str) -> pd.DataFrame:
        """Return the answers behind a scale's numbers, a row each.

        Columns: occasion, item, kind, prompt, label, score, status.
        """
        items = next(one.items for one in self.scales if one.id == scale)
        rows = self.answers[self.answers["item"].isin(items)]
        rows = rows[["occasion", "item", "kind", "prompt", "label", "score", "status"]].astype(
            {"occasion": str, "item": str}
        )
        days = self.scores.loc[self.scores["scale"] == scale, "occasion"].astype(str)
        if days.empty:  # only shown: in no table of scores
            days = sorted(rows["occasion"].unique(), key=occasions.order)
        whens = rows["occasion"].map({occasion: when for when, occasion in enumerate(days)})
        places = rows["item"].map({item: place for place, item in enumerate(items)})
        return (
            rows.assign(when=whens, place=places)
            .sort_values(["when", "place"])
            .drop(columns=["when", "place"])
            .reset_index(drop=True)
        )

    def _repr_html_(self) -> str | None:
        return self.show and self.show(self)

    def __repr__(self) -> str:
        said = ", ".join(f"{area.title}: {area.verdict}" for area in self.areas)
        return f"Assessment({self.day}, {said or 'nothing scored'})"


def assess(
    workbook: Workbook,
    answers: pd.DataFrame,
    *,
    standing: Standing | None = None,
    now: datetime,
    show: Callable[[Assessment], str] | None = None,
) -> Assessment:
    """Return the self-assessment of the current answers (tidy, `frame.COLUMNS`) as they stand at `now`.

    `standing` says which scales may be scored and which exercises are open; None: all. `show` turns it into HTML
    when a notebook shows it (`report.panel`). `answers` is left alone.
    """
    import pandas as pd

    allowed = tuple(scale for scale in workbook.scales if standing is None or standing.scored(scale.id))
    counted = tuple(scale for scale in allowed if scale.scored)
    numbers, found = scoring.codes(answers["item"])
    names = [str(name) for name in found]
    scored = {item for scale in allowed for item in scale.items}
    wanted = pd.Series([name in scored for name in names] + [False]).to_numpy()[numbers]
    rated = answers.assign(item=pd.Categorical.from_codes(numbers, names))
    rated, rest = (rated, rated.iloc[:0]) if wanted.all() else (rated[wanted], answers[~wanted])
    rest = rest[rest["status"] == "answered"]

    scores = _placed(scoring.score(rated, counted), rated, counted, now)
    scores["reworded"] = _reworded(rated, counted, scores)
    timelines = [(scale, scores[scores["scale"] == scale.id]) for scale in counted]
    changes = [_change(scale, timeline) for scale, timeline in timelines]
    areas = tuple(
        _area(workbook, scale, timeline, change) for (scale, timeline), change in zip(timelines, changes, strict=True)
    )
    practice = _practice(rest, now)
    seen = _Seen(workbook, rest, areas, practice, standing, now.date())
    return Assessment(
        title=workbook.title,
        language=workbook.language,
        day=now.date(),
        scores=scores,
        change=pd.DataFrame(changes, columns=Change._fields),
        areas=areas,
        practice=practice,
        lines=_lines(workbook, rest),
        steps=_steps(seen),
        asks=_asks(rest),
        questions=_questions(seen),
        unscored=tuple(
            (scale.title, _why_unscored(standing))
            for scale in workbook.scales
            if scale.scored and standing is not None and not standing.scored(scale.id)
        ),
        answers=rated,
        scales=allowed,
        show=show,
    )


# --- scores and change ---


def _placed(scores: pd.DataFrame, rated: pd.DataFrame, scales: tuple[Scale, ...], now: datetime) -> pd.DataFrame:
    """Return the scores with `day`, each scale's in order; what is asked once has the day it was answered."""
    occasion = scores["occasion"].astype(str)
    once = rated[rated["occasion"] == "once"]
    if once.empty:
        return scores.assign(day=occasion.str[:10])
    answered = dict(zip(once["item"].astype(str), once["answered_at"], strict=True))
    days = {
        scale.id: max(at).astimezone(now.tzinfo).date().isoformat()
        for scale in scales
        if (at := [answered[item] for item in scale.items if item in answered])
    }
    day = occasion.str[:10].where(occasion != "once", scores["scale"].astype(str).map(days))
    place = scores.groupby("scale", observed=True).cumcount().astype(float)  # as they come: the oldest first
    for n in occasion.index[occasion == "once"]:
        before = (scores["scale"] == scores["scale"][n]) & (occasion != "once") & (day <= day[n])
        place[n] = before.sum() + 0.5
    order = scores.assign(day=day, place=place).sort_values(["scale", "place"])
    return order.drop(columns="place").reset_index(drop=True)


def _area(workbook: Workbook, scale: Scale, scores: pd.DataFrame, change: Change) -> Area:
    chapter = next(chapter for chapter in workbook.chapters if scale in chapter.scales)
    full = scores[scores["score"].notna()]
    latest = (full if len(full) else scores).tail(1)
    occasion, day, score, raw, k = next(
        latest[["occasion", "day", "score", "raw", "k"]].itertuples(index=False, name=None),
        (None, None, math.nan, math.nan, 0),
    )
    low, high = scoring.bounds(scale)
    return Area(
        id=scale.id,
        title=scale.title,
        notebook=f"{chapter.notebook}.ipynb",
        principle=chapter.principle,
        better=scale.better,
        source=scale.source,
        minimum=low,
        maximum=high,
        occasion=occasion,
        day=day and date.fromisoformat(day),
        score=None if math.isnan(score) else float(score),
        raw=None if math.isnan(raw) else float(raw),
        k=int(k),
        n=len(scale.items),
        sittings=len(full),
        verdict=change.verdict,
        reason=change.reason,
    )


def _change(scale: Scale, scores: pd.DataFrame) -> Change:
    """Judge a timeline: by reliable change where norms are published, else by nonoverlap of all pairs."""
    given = scores[scores["score"].notna()]
    values = given["score"].tolist()
    first, latest = (given["occasion"].iloc[0], given["occasion"].iloc[-1]) if values else (None, None)
    method, value, low, high, verdict, reason = _judged(scale, values)
    return Change(scale.id, scale.title, method, first, latest, len(values), value, low, high, verdict, reason)


def verdict(scale: Scale, values: list[float]) -> scoring.Verdict:
    """Return the word for a timeline of scores (none of them NaN), oldest first."""
    return _judged(scale, values)[4]


_Judged = tuple[str, float, float, float, scoring.Verdict, str]


def _judged(scale: Scale, values: list[float]) -> _Judged:
    # Norms of other scores than these say nothing here. `check` refuses them; an older journal may hold some.
    norms = None if scale.norms is None or unfit(scale) else scale.norms
    if norms is None:
        return _by_pairs(scale, values)
    if norms.sd is not None and norms.reliability is not None:
        judged = _by_error(scale, values, norms.sd, norms.reliability)
    else:
        judged = _by_pairs(scale, values)
    line = _line_said(scale, norms, values)
    return (*judged[:5], f"{judged[5]} {line}" if line else judged[5])


def _by_pairs(scale: Scale, values: list[float]) -> _Judged:
    side = min(len(values) // 2, SITTINGS)
    nap = scoring.nap(values[:side], values[len(values) - side :], better=scale.better)
    if nap.verdict == "too few sittings":
        need = 2 * scoring.SIDE
        return (
            "nonoverlap of all pairs",
            *nap,
            f"{_times(len(values), 'sitting')} so far. It takes at least {need} to tell change from noise.",
        )
    says = (
        f"Comparing your first {side} sittings with your latest {side}: in about {_percent(nap.nap)} of 100 pairs the "
        f"recent one is better (likely {_percent(nap.low)} to {_percent(nap.high)}; no change would be 50). "
    )
    return ("nonoverlap of all pairs", *nap, says + _NAP_MEANS[nap.verdict])


_NAP_MEANS = {
    "better": "That is more than the usual ups and downs.",
    "no clear change": "That is within the usual ups and downs.",
    "worse": "That is more than the usual ups and downs.",
}


def _by_error(scale: Scale, values: list[float], sd: float, reliability: float) -> _Judged:
    """Judge by the reliable change from the first to the latest."""
    if len(values) < 2:
        says = f"{_times(len(values), 'sitting')} so far. It takes 2 to compare."
        return ("reliable change", math.nan, math.nan, math.nan, "too few sittings", says)
    first, latest = values[0], values[-1]
    change = scoring.reliable_change(first, latest, sd=sd, reliability=reliability, better=scale.better)
    more = "more than" if change.verdict != "no clear change" else "within"
    before, after, least = (scoring.said(one, scale.bounds, decimals=1) for one in (first, latest, change.least))
    says = (
        f"From {before} to {after}. This questionnaire moves by up to {least} points by itself, "
        f"so the difference is {more} its own error."
    )
    return ("reliable change", change.rc, math.nan, math.nan, change.verdict, says)


def _line_said(scale: Scale, norms: Norms, values: list[float]) -> str:
    """Say on which side of the published line the first and the latest score are; "" with fewer, or without a line."""
    line, reads = (norms.cutoff.value, norms.cutoff.reads) if norms.cutoff else (None, None)
    if line is None and norms.clinical and norms.functional:
        line = scoring.cutoffs(
            clinical_mean=norms.clinical.mean,
            clinical_sd=norms.clinical.sd,
            functional_mean=norms.functional.mean,
            functional_sd=norms.functional.sd,
        ).c
    if line is None or len(values) < 2:
        return ""
    sides = ["above" if value > line else "below" if value < line else "on" for value in (values[0], values[-1])]
    moved = f"was {sides[0]} and is now {sides[1]}" if sides[0] != sides[1] else f"is still {sides[1]}"
    meant = f" ({reads})" if reads else ""
    return f"Your score {moved} the published line of {scoring.said(line, scale.bounds, decimals=1)}{meant}."


def _reworded(rated: pd.DataFrame, scales: tuple[Scale, ...], scores: pd.DataFrame) -> pd.Categorical | list[str]:
    """Return for each row of scores the new prompts of items that read differently on the occasion before."""
    import numpy as np
    import pandas as pd

    found: dict[tuple[str, str], list[str]] = {}
    prompts, items = scoring.codes(rated["prompt"])[0], rated["item"].cat.codes.to_numpy()
    wording = np.zeros(len(rated["item"].cat.categories), dtype=prompts.dtype)
    wording[items] = prompts  # one of each item's
    other = wording[items] != prompts
    if other.any():
        for item in rated["item"][other].unique():
            rows = _oldest_first(rated[rated["item"] == item])
            new = rows["prompt"].astype(object) != rows["prompt"].astype(object).shift()
            for occasion, prompt in rows.loc[new, ["occasion", "prompt"]].iloc[1:].itertuples(index=False):
                for scale in scales:
                    if item in scale.items:
                        found.setdefault((scale.id, str(occasion)), []).append(str(prompt))
    if not found:
        return pd.Categorical.from_codes([0] * len(scores), [""])
    return [" · ".join(found.get(key, ())) for key in zip(scores["scale"], scores["occasion"], strict=True)]


# --- planned and done ---


def _oldest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of their occasions."""
    known = sorted(rows["occasion"].astype(str).unique(), key=occasions.order)
    place = rows["occasion"].astype(str).map({occasion: place for place, occasion in enumerate(known)})
    return rows.loc[place.sort_values(kind="stable").index]


def _practice(rest: pd.DataFrame, now: datetime) -> Practice | None:
    chapter = rest[rest["item"].astype(str).str.startswith("improvement.")]
    if chapter.empty:
        return None
    weeks = _weeks(chapter, now)
    latest = _oldest_first(chapter).drop_duplicates("item", keep="last").set_index("item")["value"]
    rows = latest.get("improvement.plans.plans")
    plans = tuple(
        (str(row.get("cue") or "…"), str(row.get("action") or "…")) for row in (rows if isinstance(rows, list) else [])
    )
    commitment = latest.get("improvement.checkin.commitment") or latest.get("improvement.plans.commitment")
    goals, attainment = _goals(chapter)
    return Practice(
        weeks=weeks,
        plans=plans,
        commitment=str(commitment) if commitment else None,
        goals=goals,
        attainment=attainment,
        sentences=tuple(_practice_says(weeks, chapter)),
    )


_COUNTS = ("planned", "kept", "resumed", "old_habit", "replacement")


def _weeks(chapter: pd.DataFrame, now: datetime) -> pd.DataFrame:
    import pandas as pd

    log = chapter[chapter["item"].astype(str).isin([f"improvement.log.{name}" for name in _COUNTS])]
    if log.empty:
        return pd.DataFrame(columns=["week", "days", *_COUNTS])
    value = log["value"].map(lambda value: 1.0 if value == "yes" else 0.0 if value == "no" else value)
    table = log.assign(
        what=log["item"].astype(str).str.rpartition(".")[2],
        value=pd.to_numeric(value, errors="coerce"),
        week=[
            _monday(occasions.day(str(occasion), at.astimezone(now.tzinfo).date()))
            for occasion, at in zip(log["occasion"], log["answered_at"], strict=True)
        ],
        day=log["occasion"].astype(object),
    )
    weeks = table.pivot_table(index="week", columns="what", values="value", aggfunc="sum", observed=True)
    weeks = weeks.reindex(columns=list(_COUNTS))
    days = table.groupby("week")["day"].nunique()
    return weeks.assign(days=days).reset_index()[["week", "days", *_COUNTS]].rename_axis(columns=None)


def _practice_says(weeks: pd.DataFrame, chapter: pd.DataFrame) -> Iterable[str]:
    planned, kept, resumed = (weeks[name].sum() for name in ("planned", "kept", "resumed"))
    if planned:
        yield (
            f"On {_times(weeks['days'].sum(), 'day')} you planned {_times(planned, 'small thing')} and did {kept:.0f}. "
            "Days without an entry do not count against you."
        )
    lapses = chapter[chapter["item"].astype(str) == "improvement.lapse.happened"]["occasion"].nunique()
    back = chapter[(chapter["item"].astype(str) == "improvement.lapse.came_back") & (chapter["value"] == "yes")]
    if resumed or len(back):
        times = _times(max(resumed, len(back)), "time")
        yield f"You came back after a gap or a slip {times}. Each one is a success of its own."
    if lapses:
        yield f"You looked at {_times(lapses, 'slip')} calmly, in writing."
    habits = weeks[weeks["old_habit"].notna() | weeks["replacement"].notna()]
    side = min(len(habits) // 2, SITTINGS)
    if side:
        first, latest = habits.head(side), habits.tail(side)
        yield (
            f"Old habit and new one: in your first {_weeks_said(side)}, {first['old_habit'].sum():.0f} and "
            f"{first['replacement'].sum():.0f} times; in your latest {_weeks_said(side)}, "
            f"{latest['old_habit'].sum():.0f} and {latest['replacement'].sum():.0f} times."
        )


def _goals(chapter: pd.DataFrame) -> tuple[tuple[Goal, ...], float | None]:
    rows = chapter[chapter["item"].astype(str).str.startswith("improvement.goals.")]
    goals, levels, weights = [], [], []
    for month, group in _oldest_first(rows).groupby(rows["occasion"].astype(str), sort=False):
        said = {
            str(item).rpartition(".")[2]: (value, label)
            for item, value, label in group[["item", "value", "label"]].itertuples(index=False)
        }
        if "goal" in said:
            goals.append(Goal(str(month), str(said["goal"][0]), str(said["level"][1]) if "level" in said else ""))
        if "level" in said:
            levels.append(float(str(said["level"][0])))
            weights.append(float(str(said["weight"][0])) if "weight" in said else 1.0)
    return tuple(goals), scoring.goal_attainment(levels, weights) if levels else None


# --- words ---


def _lines(workbook: Workbook, rest: pd.DataFrame) -> tuple[Line, ...]:
    """Return what the client took from each chapter, in notebook order, the newest of each."""
    found = []
    for chapter in workbook.chapters:
        rows = rest[rest["item"].astype(str) == f"{chapter.id}.take.line"]
        found += [Line(chapter.title, str(value)) for value in _oldest_first(rows)["value"].tail(1) if value]
    return tuple(found)


def _asks(rest: pd.DataFrame) -> tuple[str, ...]:
    """Return the newest question the client wrote down for a session."""
    rows = rest[rest["item"].astype(str) == "review.next.question"]
    return tuple(str(value) for value in _oldest_first(rows)["value"].tail(1))


@dataclass(frozen=True)
class _Seen:
    """All that steps and questions are chosen from."""

    workbook: Workbook
    rest: pd.DataFrame
    areas: tuple[Area, ...]
    practice: Practice | None
    standing: Standing | None
    day: date

    def open(self, exercise: str) -> bool:
        known = {one.id for one in self.workbook.exercises}
        return exercise in known and (self.standing is None or self.standing.lock(exercise) is None)

    def begun(self, chapter: str) -> bool:
        items = self.rest["item"].astype(str)
        return bool((items.str.startswith(f"{chapter}.") & ~items.str.startswith(f"{chapter}.rating.")).any())

    def step(self, text: str, exercise: str) -> Step:
        chapter = self.workbook.chapter(exercise.partition(".")[0])
        return Step(text, chapter.title, f"{chapter.notebook}.ipynb#{exercise}")


_Wish = tuple[str, str]  # what to do, and the exercise it is done in, which this workbook may not have


def _steps(seen: _Seen) -> tuple[Step, ...]:
    """Return what to do next: the first few that fit, in order of importance."""
    if seen.standing is not None and "all" in seen.standing.unscored:
        return ()  # the page says what comes first; nothing is asked of anyone beside it
    found: list[Step] = []
    for rule in _RULES:
        for text, exercise in rule(seen):
            step = seen.step(text, exercise) if seen.open(exercise) else None
            if step is not None and step not in found:
                found.append(step)
    return tuple(found[:STEPS])


def _step_wellbeing(seen: _Seen) -> Iterable[_Wish]:
    for area in seen.areas:
        if area.id == "wellbeing" and area.verdict == "worse":
            yield ("These weeks have been harder. Do less here, and tell one person how it is.", "space.people")


def _step_worse(seen: _Seen) -> Iterable[_Wish]:
    exercises = {"responsibility": "change", "communication": "pause", "space": "urges", "improvement": "lapse"}
    for area in seen.areas:
        if area.verdict == "worse" and area.id in exercises:
            yield (f"“{area.title}” dipped. Take one small thing from it, no more.", f"{area.id}.{exercises[area.id]}")


def _step_moving_on(seen: _Seen) -> Iterable[_Wish]:
    if seen.standing is not None and seen.standing.track == "moving-on" and not seen.begun("moving-on"):
        yield ("This chapter is yours, whatever anyone else decides.", "moving-on.acceptance")


def _step_begin(seen: _Seen) -> Iterable[_Wish]:
    for chapter in seen.workbook.chapters:
        if chapter.principle is not None and not seen.begun(chapter.id):
            asked = (one for one in chapter.exercises if not one.id.endswith((".rating", ".take")))
            for exercise in asked:
                if seen.open(exercise.id):
                    yield (f"You have not begun “{chapter.title}” yet. One short form is enough.", exercise.id)
                    break


def _step_plan(seen: _Seen) -> Iterable[_Wish]:
    if seen.practice is None or not seen.practice.plans:
        yield ("Turn one wish into a plan: if this happens, then I do that.", "improvement.plans")
    elif seen.practice.weeks.empty or seen.practice.weeks["week"].max() < _monday(seen.day):
        yield ("Write half a minute about today’s plan. An empty day is fine.", "improvement.log")


def _step_rate(seen: _Seen) -> Iterable[_Wish]:
    monday = _monday(seen.day)
    for area in seen.areas:
        if area.principle is not None and (area.day is None or area.day.isoformat() < monday):
            yield (f"Look back on the past seven days: “{area.title}”. Two minutes.", f"{area.id}.rating")
            break


def _step_take(seen: _Seen) -> Iterable[_Wish]:
    taken = set(seen.rest["item"].astype(str))
    for chapter in seen.workbook.chapters:
        if seen.begun(chapter.id) and f"{chapter.id}.take.line" not in taken:
            yield ("Write down the one line you want to keep.", f"{chapter.id}.take")


def _step_go_on(seen: _Seen) -> Iterable[_Wish]:
    yield ("Look back on the week, and choose one small thing for the next.", "improvement.checkin")
    yield ("Say in your own words what changed, and what comes next.", "review.next")


_RULES: tuple[Callable[[_Seen], Iterable[_Wish]], ...] = (
    _step_wellbeing,
    _step_worse,
    _step_moving_on,
    _step_begin,
    _step_plan,
    _step_rate,
    _step_take,
    _step_go_on,
)


def _questions(seen: _Seen) -> tuple[str, ...]:
    """Return questions worth taking to a counselor or a good friend."""
    found: list[str] = []
    worse, better = (
        _listed([f"“{area.title}”" for area in seen.areas if area.verdict == verdict])
        for verdict in ("worse", "better")
    )
    if worse:
        found.append(f"What was different in the weeks when it got harder with {worse}?")
    if better:
        found.append(f"What helped with {better}, and how do I keep it when a week is hard?")
    if seen.practice is not None:
        weeks = seen.practice.weeks
        if weeks["planned"].sum() and weeks["kept"].sum() < weeks["planned"].sum() / 2:
            found.append("Are my plans too big for a normal week? What would half of one look like?")
        if weeks["resumed"].sum():
            found.append("What brought me back after a slip?")
    useful = seen.rest[seen.rest["item"].astype(str).str.endswith(".useful")]
    for point, words in (
        (4, "was very useful to me. What made it so?"),
        (0, "did not help me. What would suit me better?"),
    ):
        for item in useful[useful["score"] == point]["item"].astype(str).unique()[-1:]:
            found.append(f"“{_title(seen.workbook, item.rpartition('.')[0])}” {words}")
    if not any(area.sittings for area in seen.areas):
        found.append("Which of the four parts do I want to begin with, and why that one?")
    return tuple(found[:QUESTIONS])


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _title(workbook: Workbook, exercise: str) -> str:
    return next((one.title for one in workbook.exercises if one.id == exercise), exercise)


def _why_unscored(standing: Standing | None) -> str:
    notices = standing.notices if standing is not None else ()
    because = f" (“{notices[0].title}”)" if notices else ""
    return f"Not scored for now{because}. Your answers are kept."


def _monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _times(count: float, what: str) -> str:
    return f"{count:.0f} {what}" if count == 1 else f"{count:.0f} {what}s"


def _weeks_said(count: int) -> str:
    return "week" if count == 1 else f"{count} weeks"
