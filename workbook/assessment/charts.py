"""Pictures of an assessment as accessible SVG: each has a title and a description, and a table stands behind it.

Lines and words take the colours of the page (`currentColor` and the properties `--accent`, `--soft`, `--line`), so that
the same picture reads in light, in dark and in print.
"""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from workbook import dates, words
from workbook.assessment import scoring

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Matplotlib has no currentColor: these stand for the page's colours and are replaced in the finished picture.
_COLOURS = {
    "#010101": "currentColor",
    "#020202": "var(--accent, #2f6f6b)",
    "#030303": "var(--soft, #5a6a75)",
    "#040404": "var(--line, #d9dedb)",
}
_INK, _ACCENT, _SOFT, _LINE = _COLOURS

_SETTINGS: Any = {
    "svg.fonttype": "none",  # words stay words: they can be read aloud, searched and scaled
    "svg.hashsalt": "mend",  # the same answers draw the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "path.simplify": True,
}


def timeline(scores: pd.DataFrame, *, id: str, title: str, better: str = "higher") -> str:
    """Return a scale's scores over time as SVG, or "" with fewer than two scores.

    `scores`: the rows of one scale (`scoring.COLUMNS`, their `day`, and `reworded` where a question changed:
    a dashed line).
    `id`: unique on the page, letters, digits and hyphens.
    """
    given = scores[scores["score"].notna()]
    if len(given) < 2:  # one point is no line
        return ""
    days = [date.fromisoformat(str(day)) for day in given["day"]]
    values = [float(value) for value in given["score"]]
    low, high = float(given["minimum"].iloc[0]), float(given["maximum"].iloc[0])
    figure, axes = _axes(2.1)
    axes.set_ylim(low - 0.04 * (high - low), high + 0.06 * (high - low))
    axes.set_yticks([low, (low + high) / 2, high])
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    axes.plot(_places(days), values, color=_ACCENT, linewidth=2, marker="o", markersize=5, clip_on=False)
    for index in (0, -1):
        axes.annotate(
            scoring.said(values[index], (low, high)),
            (days[index].toordinal(), values[index]),
            (0, 8),
            textcoords="offset points",
            ha="center",
            color=_INK,
        )
    reworded = given[given.get("reworded", "") != ""]
    for day in reworded["day"]:
        axes.axvline(date.fromisoformat(str(day)).toordinal(), color=_SOFT, linestyle=(0, (3, 3)), linewidth=1)
    _days(axes, days)
    points = [scoring.said(one, (low, high)) for one in (values[0], values[-1], min(values), max(values))]
    says = words.say(
        f"assessment.charts.{'lower' if better == 'lower' else 'higher'}",
        title=title,
        count=len(values),
        since=dates.day(days[0]),
        until=dates.day(days[-1]),
        low=f"{low:g}",
        high=f"{high:g}",
        **dict(zip(("first", "latest", "lowest", "highest"), points, strict=True)),
    )
    if len(reworded):
        says += " " + words.say("assessment.charts.reworded")
    return _svg(figure, id, words.say("assessment.charts.over_time", title=title), says)


def practice(weeks: pd.DataFrame, *, id: str) -> str:
    """Return planned against done, week by week, as SVG, or "" when nothing was planned.

    `weeks`: one row per week with an entry (`assessment.Practice.weeks`).
    """
    shown = weeks[weeks["planned"].fillna(0) > 0].tail(16)
    if shown.empty:
        return ""
    planned, kept = shown["planned"].tolist(), shown["kept"].fillna(0).tolist()
    figure, axes = _axes(1.9)
    places = range(len(planned))
    axes.bar(
        places,
        planned,
        width=0.62,
        facecolor="none",
        edgecolor=_SOFT,
        linewidth=1.2,
        label=words.say("assessment.charts.planned"),
    )
    axes.bar(places, kept, width=0.62, color=_ACCENT, label=words.say("assessment.charts.done"))
    axes.set_ylim(0, max(planned + kept) * 1.25)
    _whole_numbers(axes)
    every = max(1, -(-len(planned) // 6))
    weeks_said = [_short(date.fromisoformat(week)) for week in shown["week"]]
    axes.set_xticks(list(places)[::every], weeks_said[::every])
    axes.legend(frameon=False, loc="upper left", ncols=2, borderpad=0, handlelength=1.2, labelcolor=_INK)
    sums = {"planned": f"{sum(planned):.0f}", "done": f"{sum(kept):.0f}"}
    says = words.say("assessment.charts.practice", count=len(planned), **sums)
    return _svg(figure, id, words.say("assessment.charts.practice_title"), says)


def habits(weeks: pd.DataFrame, *, id: str) -> str:
    """Return the old habit against the new one, week by week, as SVG, or "" with fewer than two weeks."""
    shown = weeks[weeks["old_habit"].notna() & weeks["replacement"].notna()].tail(26)
    if len(shown) < 2:
        return ""
    days = [date.fromisoformat(week) for week in shown["week"]]
    figure, axes = _axes(1.9, right=0.86)
    for name, word, colour, style in (
        ("old_habit", words.say("assessment.charts.old"), _SOFT, (0, (4, 2))),
        ("replacement", words.say("assessment.charts.new"), _ACCENT, "-"),
    ):
        values = shown[name].tolist()
        axes.plot(_places(days), values, color=colour, linewidth=2, linestyle=style, marker="o", markersize=4)
        axes.annotate(
            word, (days[-1].toordinal(), values[-1]), (8, 0), textcoords="offset points", va="center", color=colour
        )
    axes.set_ylim(bottom=0)
    _whole_numbers(axes)
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    _days(axes, days)
    first, last = shown.iloc[0], shown.iloc[-1]
    says = words.say(
        "assessment.charts.habits",
        count=len(shown),
        old=f"{first['old_habit']:.0f}",
        old_now=f"{last['old_habit']:.0f}",
        new=f"{first['replacement']:.0f}",
        new_now=f"{last['replacement']:.0f}",
    )
    return _svg(figure, id, words.say("assessment.charts.habits_title"), says)


def _axes(height: float, right: float = 0.985) -> tuple[Figure, Axes]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.2, height))  # margins by hand: working them out takes longer than drawing
        axes = figure.add_axes((0.065, 0.17, right - 0.065, 0.79))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    return figure, axes


def _days(axes: Axes, days: list[date]) -> None:
    """Name at most six days below the line, always the first and the last."""
    count = min(6, len(days))
    chosen = [days[round(index * (len(days) - 1) / (count - 1))] for index in range(count)]
    axes.set_xticks(_places(chosen), [_short(day) for day in chosen])
    axes.margins(x=0.06)


def _places(days: list[date]) -> list[int]:
    return [day.toordinal() for day in days]


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def _short(day: date) -> str:
    return dates.short(day)


_TIDY = (  # what an inline picture does not need
    (r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", ""),
    (r"<defs>\s*</defs>", ""),
    (r"font: ([\d.]+px)[^;]*;", r"font-size: \1;"),  # the page's font
    (r"font-family: [^;\"]*;?", ""),
    (r' transform="rotate\(-?0 [^"]*\)"', ""),
    (r'<g id="(?:text|line2d|patch|[xy]tick|matplotlib.axis)_\d+"/>', ""),
    (r' id="(?:text|line2d|patch|[xy]tick|matplotlib.axis|figure|axes)_\d+"', ""),
    (r"(\d+\.\d)\d+", r"\1"),
    (r"\s*\n\s*", " "),
)


def _svg(figure: Figure, id: str, title: str, description: str) -> str:
    """Return a figure as one inline SVG element whose ids and colours fit into any page."""
    import matplotlib

    written = io.StringIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = written.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    for pattern, instead in _TIDY:
        drawn = re.sub(pattern, instead, drawn, flags=re.S)
    drawn = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{id}-", drawn)
    for stand_in, colour in _COLOURS.items():
        drawn = drawn.replace(stand_in, colour)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)
    box = size.group(0) if size else ""
    # What Matplotlib says in a style sheet for the whole page, we say on the picture alone.
    title, description = html.escape(title), html.escape(description)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box} class="mend-chart" '
        f'stroke-linejoin="round" role="img" aria-labelledby="{id}-title {id}-desc">'
        f'<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>'
    )
    return head + drawn[drawn.index(">") + 1 :].strip()
