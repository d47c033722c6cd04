"""What was planned and what was done, and the goals: which answers tell it stands in `lookback.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workbook import words
from workbook.answers import occasions
from workbook.assessment import scoring
from workbook.assessment.change import SITTINGS
from workbook.assessment.frame import oldest_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

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
    plans: tuple[tuple[str, str], ...]  # if, then
    commitment: str | None
    goals: tuple[Goal, ...]
    attainment: float | None  # T, 50 when every goal is just met
    sentences: tuple[str, ...]


def practised(rest: pd.DataFrame, asked: lookback.Practice | None, now: datetime) -> Practice | None:
    """Return what was planned and done, of the answers that are not scored; None when nothing of it was answered."""
    items = dict.fromkeys(id for _, id in asked.items) if asked else {}
    told = rest[rest["item"].astype(str).isin(items)]
    if asked is None or told.empty:
        return None
    weeks = _weeks(told, asked.log, now)
    latest = oldest_first(told).drop_duplicates("item", keep="last").set_index("item")["value"]
    rows = latest.get(asked.plans)
    plans = tuple(
        (str(row.get(asked.cue) or "…"), str(row.get(asked.action) or "…"))
        for row in (rows if isinstance(rows, list) else [])
    )
    commitment = next((latest[id] for id in asked.commitment if latest.get(id)), None)
    goals, attainment = _goals(told, asked.goals)
    return Practice(
        weeks=weeks,
        plans=plans,
        commitment=str(commitment) if commitment else None,
        goals=goals,
        attainment=attainment,
        sentences=tuple(_practice_says(weeks, told, asked.slips)),
    )


_COUNTS = ("planned", "kept", "resumed", "old_habit", "replacement")
WENT = {"kept": (1, 1), "slipped": (1, 0), "rest": (0, 0)}  # a day told in one word: small things planned, and done


def _weeks(told: pd.DataFrame, asked: lookback.Log, now: datetime) -> pd.DataFrame:
    import pandas as pd

    log = _counted(told, asked)
    if log.empty:
        return pd.DataFrame(columns=["week", "days", *_COUNTS])
    value = log["value"].map(lambda value: 1.0 if value == "yes" else 0.0 if value == "no" else value)
    table = log.assign(
        value=pd.to_numeric(value, errors="coerce"),
        week=[
            monday(occasions.day(str(occasion), answered))
            for occasion, answered in zip(
                log["occasion"], log["answered_at"].dt.tz_convert(now.tzinfo).dt.date, strict=True
            )
        ],
        day=log["occasion"].astype(object),
    )
    weeks = table.pivot_table(index="week", columns="what", values="value", aggfunc="sum", observed=True)
    weeks = weeks.reindex(columns=list(_COUNTS))
    days = table.groupby("week")["day"].nunique()
    return weeks.assign(days=days).reset_index()[["week", "days", *_COUNTS]].rename_axis(columns=None)


def _counted(told: pd.DataFrame, asked: lookback.Log) -> pd.DataFrame:
    """Return the rows of the log and `what` each counts; a day told in one word counts where no numbers tell of it."""
    import pandas as pd

    names = {getattr(asked, name): name for name in _COUNTS}
    item = told["item"].astype(str)
    log = told[item.isin(names)]
    log = log.assign(what=log["item"].astype(str).map(names))
    counted = log[log["what"].isin(("planned", "kept"))]["occasion"]
    went = told[(item == asked.went) & told["value"].isin(list(WENT)) & ~told["occasion"].isin(counted)]
    said = [
        went.assign(what=what, value=[WENT[str(word)][place] for word in went["value"]])
        for place, what in enumerate(("planned", "kept"))
    ]
    return pd.concat([log, *said]) if len(went) else log


def _practice_says(weeks: pd.DataFrame, told: pd.DataFrame, asked: lookback.Slips) -> Iterable[str]:
    planned, kept, resumed = (weeks[name].sum() for name in ("planned", "kept", "resumed"))
    if planned:
        days = words.say("assessment.practice.days", count=int(weeks["days"].sum()))
        things = words.say("assessment.practice.things", count=int(planned))
        yield words.say("assessment.practice.planned", days=days, things=things, kept=int(kept))
    lapses = told[told["item"].astype(str) == asked.happened]["occasion"].nunique()
    back = told[(told["item"].astype(str) == asked.came_back) & (told["value"] == "yes")]
    if resumed or len(back):
        yield words.say("assessment.practice.came_back", count=int(max(resumed, len(back))))
    if lapses:
        yield words.say("assessment.practice.looked", count=int(lapses))
    habits = weeks[weeks["old_habit"].notna() | weeks["replacement"].notna()]
    side = min(len(habits) // 2, SITTINGS)
    if side:
        first, latest = habits.head(side), habits.tail(side)
        yield words.say(
            "assessment.practice.habits",
            count=side,
            old=f"{first['old_habit'].sum():.0f}",
            new=f"{first['replacement'].sum():.0f}",
            old_now=f"{latest['old_habit'].sum():.0f}",
            new_now=f"{latest['replacement'].sum():.0f}",
        )


def _goals(told: pd.DataFrame, asked: lookback.Goals) -> tuple[tuple[Goal, ...], float | None]:
    names = {asked.goal: "goal", asked.level: "level", asked.weight: "weight"}
    rows = told[told["item"].astype(str).isin(names)]
    goals, levels, weights = [], [], []
    for month, group in oldest_first(rows).groupby(rows["occasion"].astype(str), sort=False):
        said = {
            names[str(item)]: (value, label)
            for item, value, label in group[["item", "value", "label"]].itertuples(index=False)
        }
        if "goal" in said:
            goals.append(Goal(str(month), str(said["goal"][0]), str(said["level"][1]) if "level" in said else ""))
        if "level" in said:
            levels.append(float(str(said["level"][0])))
            weights.append(float(str(said["weight"][0])) if "weight" in said else 1.0)
    return tuple(goals), scoring.goal_attainment(levels, weights) if levels else None


def monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()
