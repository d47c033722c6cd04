"""Each scale now and over time: its score, whether it changed by more than noise, and why we say so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from workbook import words
from workbook.assessment import scoring
from workbook.assessment.frame import day_had, oldest_first
from workbook.definition.norms import unfit

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd

    from workbook.assessment.frame import Times
    from workbook.definition.models import Workbook
    from workbook.definition.scales import Norms, Scale

PAIRS = "nonoverlap of all pairs"  # how a change was judged, as a table names it
ERROR = "reliable change"
OCCASIONS = 6  # at most this many on each side: the start against now


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
    occasion: str | None  # of the latest with a score, else of the latest
    day: date | None  # of that occasion
    score: float | None
    raw: float | None
    k: int
    n: int
    occasions: int  # with a score
    verdict: scoring.Verdict
    reason: str  # how the verdict was worked out, with its numbers

    @property
    def words(self) -> str:
        """What the verdict means, in one sentence without a number."""
        return words.say(f"assessment.change.means.{self.verdict}")


class Timeline(NamedTuple):
    """One scale over time, as plain values: of a few, those are quicker than tables."""

    scores: list[float]  # those there are, the oldest first
    first: str | None  # occasion of the first and
    latest: str | None  # of the latest of them
    newest: str | None  # occasion of the latest with a score, else of the latest
    day: str | None  # ISO, of that one
    raw: float  # NaN where nothing was answered
    k: int


NEVER = Timeline([], None, None, None, None, math.nan, 0)  # a scale that nothing was answered of


class Change(NamedTuple):
    """One scale, then against now. `value` is NAP (0–1, with its interval) or the reliable change (no interval)."""

    scale: str
    title: str
    method: str  # PAIRS or ERROR
    first: str | None  # occasions
    latest: str | None
    occasions: int
    value: float
    low: float
    high: float
    verdict: scoring.Verdict
    reason: str


def placed(
    scores: pd.DataFrame, rated: pd.DataFrame, scales: tuple[Scale, ...], times: Times, zone: tzinfo | None
) -> pd.DataFrame:
    """Return the scores with `day`, each scale's in order; what is asked once has the day the person had then."""
    occasion = scores["occasion"].astype(str)
    once = rated[rated["occasion"] == "once"]
    if once.empty:
        return scores.assign(day=occasion.str[:10])
    answered = dict(zip(once["item"].astype(str), once["answered_at"], strict=True))
    latest = {
        scale.id: max(here, key=answered.__getitem__)
        for scale in scales
        if (here := [item for item in scale.items if item in answered])
    }
    days = {scale: day_had(item, answered[item], times, zone) for scale, item in latest.items()}
    day = occasion.str[:10].where(occasion != "once", scores["scale"].astype(str).map(days))
    place = scores.groupby("scale", observed=True).cumcount().astype(float)  # as they come: the oldest first
    for n in occasion.index[occasion == "once"]:
        before = (scores["scale"] == scores["scale"][n]) & (occasion != "once") & (day <= day[n])
        place[n] = before.sum() + 0.5
    order = scores.assign(day=day, place=place).sort_values(["scale", "place"])
    return order.drop(columns="place").reset_index(drop=True)


def timelines(scores: pd.DataFrame) -> dict[str, Timeline]:
    """Return each scale that has a row in `scores`, which are in order."""
    import numpy as np

    found: dict[str, Timeline] = {}
    number, names = scoring.codes(scores["scale"])
    score, raw, k = (scores[name].to_numpy() for name in ("score", "raw", "k"))
    occasion, day = scores["occasion"], scores["day"]
    for at, name in enumerate(names):
        rows = np.flatnonzero(number == at)
        if not len(rows):
            continue
        given = rows[~np.isnan(score[rows])]
        first, latest = [str(one) for one in occasion.iloc[given[[0, -1]]]] if len(given) else (None, None)
        newest = (given if len(given) else rows)[-1]
        found[str(name)] = Timeline(
            score[given].tolist(),
            first,
            latest,
            str(occasion.iloc[newest]),
            str(day.iloc[newest]),
            float(raw[newest]),
            int(k[newest]),
        )
    return found


def area(workbook: Workbook, scale: Scale, timeline: Timeline, change: Change) -> Area:
    chapter = next(chapter for chapter in workbook.chapters if scale in chapter.scales)
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
        occasion=timeline.newest,
        day=date.fromisoformat(timeline.day) if timeline.day else None,
        score=timeline.scores[-1] if timeline.scores else None,
        raw=None if math.isnan(timeline.raw) else timeline.raw,
        k=timeline.k,
        n=len(scale.items),
        occasions=len(timeline.scores),
        verdict=change.verdict,
        reason=change.reason,
    )


def judged(scale: Scale, timeline: Timeline) -> Change:
    """Judge a timeline: by reliable change where norms are published, else by nonoverlap of all pairs."""
    values, first, latest = timeline[:3]
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
    side = min(len(values) // 2, OCCASIONS)
    nap = scoring.nap(values[:side], values[len(values) - side :], better=scale.better)
    if nap.verdict == "too few occasions":
        need = 2 * scoring.SIDE
        return (PAIRS, *nap, words.say("assessment.change.pairs.few", count=len(values), need=need))
    shares = {name: _percent(getattr(nap, name)) for name in ("nap", "low", "high")}
    says = words.say("assessment.change.pairs.compared", side=side, **shares)
    clear = "within" if nap.verdict == "no clear change" else "more"
    return (PAIRS, *nap, f"{says} {words.say(f'assessment.change.pairs.{clear}')}")


def _by_error(scale: Scale, values: list[float], sd: float, reliability: float) -> _Judged:
    """Judge by the reliable change from the first to the latest."""
    if len(values) < 2:
        says = words.say("assessment.change.error.few", count=len(values))
        return (ERROR, math.nan, math.nan, math.nan, "too few occasions", says)
    first, latest = values[0], values[-1]
    change = scoring.reliable_change(first, latest, sd=sd, reliability=reliability, better=scale.better)
    more = "more" if change.verdict != "no clear change" else "within"
    before, after, least = (scoring.said(one, scale.bounds, decimals=1) for one in (first, latest, change.least))
    count = round(change.least, 1)
    says = words.say(f"assessment.change.error.{more}", before=before, after=after, least=least, count=count)
    return (ERROR, change.rc, math.nan, math.nan, change.verdict, says)


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
    return words.say(
        f"assessment.change.line.{'moved' if sides[0] != sides[1] else 'still'}",
        before=words.say(f"assessment.change.line.{sides[0]}"),
        now=words.say(f"assessment.change.line.{sides[1]}"),
        line=scoring.said(line, scale.bounds, decimals=1),
        meant=f" ({reads})" if reads else "",
    )


def reworded(rated: pd.DataFrame, scales: tuple[Scale, ...], scores: pd.DataFrame) -> pd.Categorical | list[str]:
    """Return for each row of scores the new prompts of items that read differently on the occasion before."""
    import numpy as np

    found: dict[tuple[str, str], list[str]] = {}
    prompts, items = scoring.codes(rated["prompt"])[0], rated["item"].cat.codes.to_numpy()
    wording = np.zeros(len(rated["item"].cat.categories), dtype=prompts.dtype)
    wording[items] = prompts  # one of each item's
    other = wording[items] != prompts
    if other.any():
        for item in rated["item"][other].unique():
            rows = oldest_first(rated[rated["item"] == item])
            new = rows["prompt"].astype(object) != rows["prompt"].astype(object).shift()
            for occasion, prompt in rows.loc[new, ["occasion", "prompt"]].iloc[1:].itertuples(index=False):
                for scale in scales:
                    if item in scale.items:
                        found.setdefault((scale.id, str(occasion)), []).append(str(prompt))
    if not found:
        return scoring.named([0] * len(scores), [""])
    return [" · ".join(found.get(key, ())) for key in zip(scores["scale"], scores["occasion"], strict=True)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
