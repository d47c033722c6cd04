"""The self-assessment: where a person stands and what changed, in plain words, never more than the answers bear."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from workbook import words
from workbook.assessment import scoring
from workbook.assessment.change import NEVER, Area, Change, area, judged, placed, reworded, timelines
from workbook.assessment.frame import by_item, places
from workbook.assessment.practice import Practice, practised
from workbook.assessment.steps import Line, Seen, Step, asks, lines, questions, rules, steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    import pandas as pd

    from workbook.assessment.frame import Times
    from workbook.definition.models import Workbook
    from workbook.definition.scales import Scale
    from workbook.safety.gates import Standing


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
        rows = self.answers.iloc[self.rows_behind(scale)]
        named = {name: rows[name].tolist() for name in ("occasion", "item")}
        columns = ["occasion", "item", "kind", "prompt", "label", "score", "status"]
        return rows[columns].assign(**named).reset_index(drop=True)

    def rows_behind(self, scale: str) -> list[int]:
        """Return which rows of `answers` those are: the oldest occasion first, on each in the order of the scale."""
        items = next(one.items for one in self.scales if one.id == scale)
        whens = self._whens.get(scale) or places(self.answers["occasion"])  # only shown: in no table of scores
        given = [
            (whens.get(occasion, len(whens)), asked, row)
            for asked, item in enumerate(items)
            for occasion, row in self._given.get(item, ())
        ]
        return [row for *_, row in sorted(given)]

    @cached_property
    def _given(self) -> dict[str, list[tuple[str, int]]]:
        """The occasion and the row of each answer, by item."""
        found: dict[str, list[tuple[str, int]]] = {}
        columns = (self.answers[name].tolist() for name in ("item", "occasion"))
        for row, (item, occasion) in enumerate(zip(*columns, strict=True)):
            found.setdefault(item, []).append((occasion, row))
        return found

    @cached_property
    def _whens(self) -> dict[str, dict[str, int]]:
        """The place of each occasion among those of a scale, by scale."""
        found: dict[str, dict[str, int]] = {}
        for scale, occasion in zip(*(self.scores[name].tolist() for name in ("scale", "occasion")), strict=True):
            whens = found.setdefault(scale, {})
            whens[occasion] = len(whens)
        return found

    def _repr_html_(self) -> str | None:
        return self.show and self.show(self)

    def __repr__(self) -> str:
        said = ", ".join(f"{area.id}: {area.verdict}" for area in self.areas)
        return f"Assessment({self.day}, {said or '-'})"


def assess(
    workbook: Workbook,
    answers: pd.DataFrame,
    *,
    standing: Standing | None = None,
    now: datetime,
    times: Times = MappingProxyType({}),
    show: Callable[[Assessment], str] | None = None,
) -> Assessment:
    """Return the self-assessment of the current answers (tidy, `frame.COLUMNS`) as they stand at `now`.

    `times` says when each was saved by the person's own clock; what it lacks was answered in the zone of `now`.
    `standing` says which scales may be scored and which exercises are open; None: all. `show` turns it into HTML
    when a notebook shows it (`report.panel`). `answers` is left alone.
    """
    import numpy as np
    import pandas as pd

    allowed = tuple(scale for scale in workbook.scales if standing is None or standing.scored(scale.id))
    counted = tuple(scale for scale in allowed if scale.scored)
    numbers, found = scoring.codes(answers["item"])
    names = [str(name) for name in found]
    scored = {item for scale in allowed for item in scale.items}
    wanted = np.array([name in scored for name in names] + [False])[numbers]
    rated = answers.assign(item=scoring.named(numbers, names))
    rest = rated.iloc[:0]
    if not wanted.all():
        rated, rest = rated[wanted], answers[~wanted & (answers["status"] == "answered").to_numpy()]

    scores = placed(scoring.score(rated, counted), rated, counted, times, now.tzinfo)
    scores["reworded"] = reworded(rated, counted, scores)
    over_time = timelines(scores)
    changes = [judged(scale, over_time.get(scale.id, NEVER)) for scale in counted]
    areas = tuple(
        area(workbook, scale, over_time.get(scale.id, NEVER), one) for scale, one in zip(counted, changes, strict=True)
    )
    told = by_item(rest, times, now.tzinfo)
    done = practised(told, rules(workbook).practice, now)
    seen = Seen(workbook, told, areas, done, standing, now.date())
    return Assessment(
        title=workbook.title,
        language=workbook.language,
        day=now.date(),
        scores=scores,
        change=pd.DataFrame(changes, columns=Change._fields),
        areas=areas,
        practice=done,
        lines=lines(workbook, told),
        steps=steps(seen),
        asks=asks(workbook, told),
        questions=questions(seen),
        unscored=tuple(
            (scale.title, _why_unscored(standing))
            for scale in workbook.scales
            if scale.scored and standing is not None and not standing.scored(scale.id)
        ),
        answers=rated,
        scales=allowed,
        show=show,
    )


def _why_unscored(standing: Standing | None) -> str:
    notices = standing.notices if standing is not None else ()
    if notices:
        return words.say("assessment.unscored_because", title=notices[0].title)
    return words.say("assessment.unscored")
