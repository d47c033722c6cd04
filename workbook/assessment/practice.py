"""What was planned and what was done, and the goals: which answers tell it stands in `lookback.yaml`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook import words
from workbook.assessment import scoring
from workbook.assessment.change import OCCASIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from workbook.assessment.frame import Given
    from workbook.definition import lookback


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
    totals: Mapping[str, float] = field(repr=False)  # planned, kept and resumed, of all weeks
    plans: tuple[tuple[str, str], ...]  # if, then
    commitment: str | None
    goals: tuple[Goal, ...]
    attainment: float | None  # T, 50 when every goal is just met
    sentences: tuple[str, ...]


def practised(told: Mapping[str, list[Given]], asked: lookback.Practice | None, now: datetime) -> Practice | None:
    """Return what was planned and done, of the answers by item; None when nothing of it was answered."""
    if asked is None or not any(id in told for _, id in asked.items):
        return None
    import pandas as pd

    weeks = _weeks(told, asked.log)
    totals = {name: _sum(weeks[name]) for name in ("planned", "kept", "resumed")}
    rows = _latest(told, asked.plans)
    plans = tuple(
        (str(row.get(asked.cue) or "…"), str(row.get(asked.action) or "…"))
        for row in (rows if isinstance(rows, list) else [])
    )
    commitment = next((said for id in asked.commitment if (said := _latest(told, id))), None)
    goals, attainment = _goals(told, asked.goals)
    return Practice(
        weeks=pd.DataFrame(weeks),
        totals=totals,
        plans=plans,
        commitment=str(commitment) if commitment else None,
        goals=goals,
        attainment=attainment,
        sentences=tuple(_practice_says(weeks, totals, told, asked.slips)),
    )


def _latest(told: Mapping[str, list[Given]], item: str) -> object:
    return told[item][-1].value if item in told else None


_COUNTS = ("planned", "kept", "resumed", "old_habit", "replacement")
WENT = {"kept": (1, 1), "slipped": (1, 0), "rest": (0, 0)}  # a day told in one word: small things planned, and done


def _weeks(told: Mapping[str, list[Given]], asked: lookback.Log) -> dict[str, list[Any]]:
    """Return the columns of `Practice.weeks`."""
    sums: dict[str, dict[str, float]] = {}
    days: dict[str, set[str]] = {}
    for what, given, value in _counted(told, asked):
        week = monday(date.fromisoformat(given.day))
        days.setdefault(week, set()).add(given.occasion)
        here = sums.setdefault(week, {})
        here[what] = here.get(what, 0.0) + (0.0 if math.isnan(value) else value)
    weeks = sorted(sums)
    counts = {name: [sums[week].get(name, math.nan) for week in weeks] for name in _COUNTS}
    return {"week": weeks, "days": [len(days[week]) for week in weeks], **counts}


def _counted(told: Mapping[str, list[Given]], asked: lookback.Log) -> Iterator[tuple[str, Given, float]]:
    """Yield what each answer of the log counts: a day told in one word where no numbers tell of it."""
    numbers = {name: told.get(getattr(asked, name), []) for name in _COUNTS}
    for what, given in numbers.items():
        yield from ((what, one, _number(one.value)) for one in given)
    counted = {one.occasion for what in ("planned", "kept") for one in numbers[what]}
    for one in told.get(asked.went, []) if asked.went else []:
        if isinstance(one.value, str) and one.value in WENT and one.occasion not in counted:
            for what, value in zip(("planned", "kept"), WENT[one.value], strict=True):
                yield what, one, float(value)


def _number(value: object) -> float:
    if isinstance(value, str):
        return _SAID.get(value, math.nan)
    return float(value) if isinstance(value, (int, float)) else math.nan


_SAID = {"yes": 1.0, "no": 0.0}


def _practice_says(
    weeks: Mapping[str, list[Any]],
    totals: Mapping[str, float],
    told: Mapping[str, list[Given]],
    asked: lookback.Slips,
) -> Iterable[str]:
    planned, kept, resumed = totals.values()
    if planned:
        days = words.say("assessment.practice.days", count=sum(weeks["days"]))
        things = words.say("assessment.practice.things", count=int(planned))
        yield words.say("assessment.practice.planned", days=days, things=things, kept=int(kept))
    lapses = len({one.occasion for one in told.get(asked.happened, ())})
    back = sum(one.value == "yes" for one in told.get(asked.came_back, ()))
    if resumed or back:
        yield words.say("assessment.practice.came_back", count=int(max(resumed, back)))
    if lapses:
        yield words.say("assessment.practice.looked", count=int(lapses))
    both = zip(weeks["old_habit"], weeks["replacement"], strict=True)
    habits = [week for week in both if not all(map(math.isnan, week))]
    if side := min(len(habits) // 2, OCCASIONS):
        first, latest = (tuple(map(_sum, zip(*part, strict=True))) for part in (habits[:side], habits[-side:]))
        counts = dict(zip(("old", "new", "old_now", "new_now"), (*first, *latest), strict=True))
        yield words.say(
            "assessment.practice.habits", count=side, **{name: f"{value:.0f}" for name, value in counts.items()}
        )


def _sum(counts: Iterable[float]) -> float:
    """Add up what was written."""
    return sum(count for count in counts if not math.isnan(count))


def _goals(told: Mapping[str, list[Given]], asked: lookback.Goals) -> tuple[tuple[Goal, ...], float | None]:
    months: dict[str, dict[str, Given]] = {}  # those with a goal first, the oldest first
    for name in ("goal", "level", "weight"):
        for one in told.get(getattr(asked, name), ()):
            months.setdefault(one.occasion, {})[name] = one
    goals, levels, weights = [], [], []
    for month, said in months.items():
        if "goal" in said:
            goals.append(Goal(month, str(said["goal"].value), said["level"].label if "level" in said else ""))
        if "level" in said:
            levels.append(float(str(said["level"].value)))
            weights.append(float(str(said["weight"].value)) if "weight" in said else 1.0)
    return tuple(goals), scoring.goal_attainment(levels, weights) if levels else None


def monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()
