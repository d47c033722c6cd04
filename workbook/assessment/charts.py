"""Pictures of an assessment as accessible SVG: each has a title and a description, and a table stands behind it.

Lines and words take the colours of the page (`currentColor` and the properties `--accent`, `--soft`, `--line`), so that
the same picture reads in light, in dark and in print. Places are worked out here, `templates/chart.svg` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from workbook import dates, words
from workbook.assessment import printing, scoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_INK, _ACCENT = "currentColor", "var(--accent, #2f6f6b)"
_SOFT, _LINE = "var(--soft, #5a6a75)", "var(--line, #d9dedb)"

_WIDE = 446.4  # of every picture; everything is in its own units
_LETTER = 15.0  # how high a letter is at most, where a picture is small (`look.css`); elsewhere ten
_LEFT, _RIGHT = 36.0, 439.7  # where what is drawn begins and ends; the numbers of a scale stand before it
_NAMED = 360.0  # where lines end that have their names beside them
_TALL, _LOW = 151.2, 136.8  # a timeline, and a picture of weeks
_THICK = 60.0  # the widest bar
_APART = 64.0  # two days below a picture stand at least so far from each other


class _Rule(NamedTuple):
    """A straight line behind the picture."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float
    dashes: str = ""


class _Bar(NamedTuple):
    x: float
    y: float
    wide: float
    tall: float
    fill: str
    edge: str


class _Line(NamedTuple):
    """Values joined by a line, with a mark at each."""

    points: tuple[tuple[float, float], ...]
    colour: str
    mark: float  # its radius
    dashes: str = ""


class _Word(NamedTuple):
    x: float
    y: float  # of the line it stands on
    text: str
    anchor: str
    colour: str


@dataclass(frozen=True)
class _Frame:
    """Where a value and a day lie in a picture so high, whose values go from `low` to `high`."""

    tall: float
    low: float
    high: float
    right: float = _RIGHT
    first: int = 0
    last: int = 0

    @property
    def bottom(self) -> float:
        return 0.82 * self.tall

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * 0.79 * self.tall

    def x(self, place: int) -> float:
        """The days keep a little away from both ends; a single one stands in the middle."""
        if self.first == self.last:
            return (_LEFT + self.right) / 2
        within = (place - self.first) / (self.last - self.first)
        return _LEFT + (self.right - _LEFT) * (0.06 + within) / 1.12


@dataclass
class _Picture:
    """What is drawn, from the back to the front."""

    rules: list[_Rule] = field(default_factory=list)
    bars: list[_Bar] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    words: list[_Word] = field(default_factory=list)

    def svg(self, tall: float, id: str, title: str, says: str) -> str:
        """Return one inline SVG element whose ids fit into any page."""
        return printing.filled("chart.svg", wide=_WIDE, tall=tall, id=id, title=title, says=says, **vars(self))

    def level(self, frame: _Frame, value: float, *, line: bool = True) -> None:
        """Name a value at the left, with a line across the picture."""
        y = frame.y(value)
        if line:
            self.rules.append(_Rule(_LEFT, y, frame.right, y, _LINE, 0.8))
        self.words.append(_Word(_LEFT - 3.5, y + 3.8, f"{value:g}", "end", _SOFT))

    def below(self, frame: _Frame, x: float, text: str) -> None:
        """Name a day or a week under the picture."""
        self.words.append(_Word(x, frame.bottom + 20, text, "middle", _SOFT))


def timeline(scores: pd.DataFrame, *, id: str, title: str, better: str = "higher") -> str:
    """Return a scale's scores over time as SVG, or "" with fewer than two scores.

    `scores`: the rows of one scale (`scoring.COLUMNS`, their `day`, and `reworded` where a question changed:
    a dashed line).
    `id`: unique on the page, letters, digits and hyphens.
    """
    given = [score == score for score in scores["score"].tolist()]
    if sum(given) < 2:  # one point is no line
        return ""
    days, values = (list(compress(scores[name].tolist(), given)) for name in ("day", "score"))
    days = [date.fromisoformat(day) for day in days]
    low, high = (float(scores[name].iloc[0]) for name in ("minimum", "maximum"))
    span = high - low
    frame = _of_days(days, _Frame(_TALL, low - 0.04 * span, high + 0.06 * span))
    picture = _Picture()
    for value in (low, (low + high) / 2, high):
        picture.level(frame, value)
    marks = compress(scores["reworded"].tolist(), given) if "reworded" in scores else ()
    changed = list(compress(days, marks))  # the days from which on a question read differently
    for day in changed:
        x = frame.x(day.toordinal())
        picture.rules.append(_Rule(x, frame.bottom, x, frame.y(frame.high), _SOFT, 1, "3 3"))
    points = tuple((frame.x(day.toordinal()), frame.y(value)) for day, value in zip(days, values, strict=True))
    picture.lines.append(_Line(points, _ACCENT, 3))
    for index in (0, -1):
        x, y = points[index]
        picture.words.append(_Word(x, y - 8, scoring.said(values[index], (low, high)), "middle", _INK))
    _name_days(picture, frame, days)
    said = [scoring.said(one, (low, high)) for one in (values[0], values[-1], min(values), max(values))]
    says = words.say(
        f"assessment.charts.{'lower' if better == 'lower' else 'higher'}",
        title=title,
        count=len(values),
        since=dates.day(days[0]),
        until=dates.day(days[-1]),
        low=f"{low:g}",
        high=f"{high:g}",
        **dict(zip(("first", "latest", "lowest", "highest"), said, strict=True)),
    )
    if changed:
        says += " " + words.say("assessment.charts.reworded")
    return picture.svg(_TALL, id, words.say("assessment.charts.over_time", title=title), says)


def practice(weeks: pd.DataFrame, *, id: str) -> str:
    """Return planned against done, week by week, as SVG, or "" when nothing was planned.

    `weeks`: one row per week with an entry (`assessment.Practice.weeks`).
    """
    shown = weeks[weeks["planned"].fillna(0) > 0].tail(16)
    if shown.empty:
        return ""
    planned, kept = shown["planned"].tolist(), shown["kept"].fillna(0).tolist()
    frame = _Frame(_LOW, 0, max(planned + kept) * 1.25)
    picture = _Picture()
    for value in _whole_numbers(frame.high):
        picture.level(frame, value, line=False)
    step = (_RIGHT - _LEFT) / (len(planned) + 0.4)
    named = [dates.short(date.fromisoformat(week)) for week in shown["week"]]
    every = max(1, -(-len(planned) // 6))
    for at, (plan, done) in enumerate(zip(planned, kept, strict=True)):
        middle, wide = _LEFT + (at + 0.7) * step, min(0.62 * step, _THICK)
        for value, fill, edge in ((plan, "none", _SOFT), (done, _ACCENT, _ACCENT)):
            top = frame.y(value)
            picture.bars.append(_Bar(middle - wide / 2, top, wide, frame.bottom - top, fill, edge))
        if at % every == 0:
            picture.below(frame, middle, named[at])
    top = frame.y(frame.high)
    x = _LEFT + 4
    for name, fill, edge in (("planned", "none", _SOFT), ("done", _ACCENT, _ACCENT)):
        word = words.say(f"assessment.charts.{name}")
        picture.bars.append(_Bar(x, top, 12, 7, fill, edge))
        picture.words.append(_Word(x + 18, top + 7, word, "start", _INK))
        x += 36 + 0.6 * _LETTER * len(word)
    sums = {"planned": f"{sum(planned):.0f}", "done": f"{sum(kept):.0f}"}
    says = words.say("assessment.charts.practice", count=len(planned), **sums)
    return picture.svg(_LOW, id, words.say("assessment.charts.practice_title"), says)


def habits(weeks: pd.DataFrame, *, id: str) -> str:
    """Return the old habit against the new one, week by week, as SVG, or "" with fewer than two weeks."""
    shown = weeks[weeks["old_habit"].notna() & weeks["replacement"].notna()].tail(26)
    if len(shown) < 2:
        return ""
    days = [date.fromisoformat(week) for week in shown["week"]]
    drawn = (("old_habit", "old", _SOFT, "8 4"), ("replacement", "new", _ACCENT, ""))
    highest = max(max(shown[name]) for name, *_ in drawn)
    frame = _of_days(days, _Frame(_LOW, 0, max(highest, 1) * 1.05, right=_NAMED))
    picture = _Picture()
    for value in _whole_numbers(frame.high):
        picture.level(frame, value)
    ends = _beside([frame.y(float(shown[name].iloc[-1])) for name, *_ in drawn])
    for (name, word, colour, dashes), end in zip(drawn, ends, strict=True):
        values = zip(days, shown[name].tolist(), strict=True)
        points = tuple((frame.x(day.toordinal()), frame.y(value)) for day, value in values)
        picture.lines.append(_Line(points, colour, 2.5, dashes))
        picture.words.append(
            _Word(points[-1][0] + 8, end + 3.5, words.say(f"assessment.charts.{word}"), "start", colour)
        )
    _name_days(picture, frame, days)
    first, last = shown.iloc[0], shown.iloc[-1]
    says = words.say(
        "assessment.charts.habits",
        count=len(shown),
        old=f"{first['old_habit']:.0f}",
        old_now=f"{last['old_habit']:.0f}",
        new=f"{first['replacement']:.0f}",
        new_now=f"{last['replacement']:.0f}",
    )
    return picture.svg(_LOW, id, words.say("assessment.charts.habits_title"), says)


def _of_days(days: Sequence[date], frame: _Frame) -> _Frame:
    places = [day.toordinal() for day in days]
    return _Frame(frame.tall, frame.low, frame.high, frame.right, min(places), max(places))


def _name_days(picture: _Picture, frame: _Frame, days: Sequence[date]) -> None:
    """Name at most six days below the line, always the first and the last, none so near another that they touch."""
    count = min(6, len(days))
    places = [(frame.x(day.toordinal()), dates.short(day)) for day in days]
    chosen = [places[round(index * (len(days) - 1) / (count - 1))] for index in range(count)]
    last, before = chosen[-1], -_WIDE
    for place in chosen[:-1]:
        if place[0] - before >= _APART and last[0] - place[0] >= _APART:
            picture.below(frame, *place)
            before = place[0]
    picture.below(frame, *last)


def _whole_numbers(high: float) -> list[int]:
    """Return at most five round numbers from 0 up to `high`."""
    steps = (digit * 10**power for power in range(18) for digit in (1, 2, 5))
    step = next(step for step in steps if high / step < 5)
    return list(range(0, int(high) + 1, step))


def _beside(heights: Sequence[float]) -> list[float]:
    """Return two heights moved apart as far as two words need that stand one below the other."""
    one, other = heights
    lacking = max(0.0, _LETTER - abs(one - other)) / 2
    return [one - lacking, other + lacking] if one <= other else [one + lacking, other - lacking]
