"""A journal as one HTML file anyone can open: no script, nothing fetched, every answer shown as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook import dates, files
from workbook.answers import occasions
from workbook.answers import shown as asked_now
from workbook.answers.kinds import Response
from workbook.assessment import frame, printing, scoring
from workbook.assessment.chosen import Chosen, choose
from workbook.definition import kinds
from workbook.errors import UnknownId
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from workbook.assessment.assessment import Assessment
    from workbook.assessment.change import Area
    from workbook.assessment.frame import Told
    from workbook.definition.models import Exercise, Workbook

SHORT = kinds.those("cell", "label") | kinds.those("cell", "number")  # kinds that fit into a cell
WEEK = ("week", "days", "planned", "kept", "resumed", "old_habit", "replacement")  # columns of `Practice.weeks`
_CHANGED = ("occasion", "day", "reworded")  # columns of `Assessment.scores`
DAYS = 12  # columns in a table of occasions; earlier ones are in the export


def write(
    told: Told,
    path: Path,
    *,
    now: datetime,
    only: str | Iterable[str] | None = None,
    since: date | str | None = None,
    until: date | str | None = None,
    words: bool = True,
    private: bool = False,
    pictures: bool = True,
    summary: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Write the report of what a journal told to `path` and return it; a file that is there is replaced.

    `only`: ids of chapters or exercises. `since`, `until`: first and last day (ISO), both included. `words`: with
    free text. `private`: with answers marked private, which the cover then names. `summary`: one page for a session.
    `progress(done, of, what)` is called as it goes on. Raises UnknownId for an id in `only` that does not exist, and
    WorkbookError when a day is not a day or the file cannot be written.
    """
    tell = progress or (lambda done, of, what: None)
    tell(0, 3, say("assessment.doing.reading"))
    answers, days = _answered(told)
    chosen = choose(told.workbook, answers, days, told.standing.hidden, only, since, until, words, private)
    tell(1, 3, say("assessment.doing.change"))
    from workbook.assessment import assessment

    seen = assessment.assess(told.workbook, chosen.scored, standing=told.standing, times=told.times, now=now)
    if chosen.partial:
        seen = replace(seen, steps=(), questions=())  # they speak of the whole workbook
    if not words:
        practice = seen.practice and replace(seen.practice, plans=(), commitment=None, goals=())
        seen = replace(seen, lines=(), asks=(), practice=practice)
    tell(2, 3, say("assessment.doing.page"))
    left_out = (*chosen.left_out, *(() if pictures or summary else (say("assessment.left_out.pictures"),)))
    if summary:
        html = page(
            "summary.html",
            **_cover(told, chosen, days, now),
            left_out=left_out,
            seen=_seen(seen, pictures=False),
            assessed=not chosen.partial or _tells(seen),
        )
    else:
        html = _whole(told, replace(chosen, left_out=left_out), days, seen, now, pictures=pictures)
    files.give(Path(path), lambda new: new.write_bytes(html.encode()))
    tell(3, 3, say("assessment.doing.done"))
    return Path(path)


def chapter(told: Told, id: str, *, now: datetime, private: bool = False) -> str:
    """Return one chapter as its part of the report, a page of its own.

    A chapter that shows the self-assessment has the whole one. Raises UnknownId for a chapter that does not exist.
    """
    from workbook.assessment import assessment

    workbook, hidden = told.workbook, told.standing.hidden
    shown = workbook.chapter(id)
    answers, days = _answered(told)
    mine = answers[answers["chapter"].astype(str) == id]
    chosen, whole = (
        choose(workbook, rows, days.loc[rows.index], hidden, None, None, None, True, private)
        for rows in (mine, answers)
    )
    if "assessment" in shown.shows:
        seen = assessment.assess(workbook, whole.scored, standing=told.standing, times=told.times, now=now)
    else:
        seen = assessment.assess(workbook, chosen.scored, standing=told.standing, times=told.times, now=now)
        seen = replace(seen, steps=(), questions=())  # they speak of the whole workbook
    chosen = replace(chosen, partial="assessment" not in shown.shows)
    return _whole(told, chosen, days, seen, now, title=f"{workbook.title}: {shown.title}")


def _tells(assessment: Assessment) -> bool:
    """Whether the self-assessment of a part holds more than “not rated yet”: of a safety plan it holds nothing."""
    areas = any(area.occasion for area in assessment.areas)
    return areas or bool(assessment.practice or (assessment.shown and len(assessment.answers)) or assessment.lines)


def prepare() -> None:
    """Load ahead what `panel` needs: that takes longer than the self-assessment itself."""
    import pandas  # noqa: F401 # imported to be there

    from workbook.assessment import assessment, charts  # noqa: F401 # the same

    printing.read("panel.html", "chart.svg")
    dates.day(date(2026, 1, 1))


def panel(assessment: Assessment) -> str:
    """Return the self-assessment as an HTML fragment for a notebook, with links to the chapters."""
    return printing.filled("panel.html", seen=_seen(assessment, pictures=True))


def _answered(told: Told) -> tuple[pd.DataFrame, pd.Series]:
    """Return the current answers, and the person's day of each."""
    import pandas as pd

    answers, times = told.answers, told.times
    places = zip(answers["item"], answers["occasion"], strict=True)
    return answers, pd.Series([times[place].date() for place in places], index=answers.index, dtype=object)


def _cover(told: Told, chosen: Chosen, days: pd.Series, now: datetime) -> dict[str, object]:
    """Return what stands first on every report."""
    return {
        "title": told.workbook.title,
        "language": told.workbook.language,
        "day": _day(now.date()),
        "span": _span(days.loc[chosen.rows.index]),
        "private": _private(told.workbook, chosen.rows),
    }


def _span(days: pd.Series) -> str:
    """Return the days of the first and the last answer."""
    if days.empty:
        return ""
    first, last = days.min(), days.max()
    return _day(first) if first == last else say("assessment.report.span", first=_day(first), last=_day(last))


def _private(workbook: Workbook, rows: pd.DataFrame) -> list[str]:
    """Return the titles of exercises whose private answers go in."""
    found = rows[rows["share"] == "private"]["exercise"].astype(str).unique()
    return [_exercise_title(workbook, id) for id in found]


def _exercise_title(workbook: Workbook, id: str) -> str:
    try:
        return workbook.exercise(id).title
    except UnknownId:
        return id


def _whole(
    told: Told,
    chosen: Chosen,
    days: pd.Series,
    seen: Assessment,
    now: datetime,
    *,
    pictures: bool = True,
    title: str | None = None,
) -> str:
    """Return the report of what was chosen."""
    scored = {area.id for area in seen.areas} | {scale.id for scale in seen.shown}
    cover = _cover(told, chosen, days, now)
    return page(
        "report.html",
        **{**cover, "title": title or cover["title"]},
        left_out=chosen.left_out,
        seen=_seen(seen, pictures=pictures),
        assessed=not chosen.partial or _tells(seen),
        chapters=_chapters(told, chosen.rows, scored),
    )


def page(template: str, **context: object) -> str:
    """Return a page of its own from a file in `templates/`; everything put into it is escaped."""
    return printing.filled(template, **context)


# --- the self-assessment ---


_SIGNS = {
    "better": ("▲", "better"),
    "worse": ("▼", "worse"),
    "no clear change": ("●", ""),
    "too few occasions": ("○", "none"),
}


def _seen(assessment: Assessment, *, pictures: bool) -> dict[str, Any]:
    """Return the assessment as the templates read it: words and pictures, no table."""
    from markupsafe import Markup

    from workbook.assessment import charts

    practice = assessment.practice
    every = _rows(assessment.answers)
    behind = {scale.id: [every[row] for row in assessment.rows_behind(scale.id)] for scale in assessment.scales}
    none = assessment.scores.iloc[:0]
    scores = {str(scale): rows for scale, rows in assessment.scores.groupby("scale", observed=True)}
    in_order = sorted(assessment.areas, key=lambda area: area.principle or 9)  # the four principles first
    areas = [_area(area, scores.get(area.id, none), behind[area.id], pictures=pictures) for area in in_order]
    drawn: list[str] = []
    if practice is not None and pictures:
        drawn = [charts.practice(practice.weeks, id="mend-practice"), charts.habits(practice.weeks, id="mend-habits")]
    return {
        "areas": areas,
        "changes": [area for area in areas if area["occasions"]],
        "practice": practice,
        "pictures": [Markup(svg) for svg in drawn if svg],  # noqa: S704 - charts escapes what it is given
        "weeks": None if practice is None or practice.weeks.empty else _weeks(practice.weeks),
        "goals": [] if practice is None else [goal._replace(month=_month(goal.month)) for goal in practice.goals],
        "attainment": None if practice is None or practice.attainment is None else f"{practice.attainment:.0f}",
        "lines": assessment.lines,
        "steps": assessment.steps,
        "asks": assessment.asks,
        "questions": assessment.questions,
        "unscored": assessment.unscored,
        "shown": [
            {"title": scale.title, "table": _grid(behind[scale.id]), "source": scale.source}
            for scale in assessment.shown
            if behind[scale.id]
        ],
    }


def _area(area: Area, scores: pd.DataFrame, behind: Sequence[_Row], *, pictures: bool) -> dict[str, Any]:
    from markupsafe import Markup

    from workbook.assessment import charts

    sign, css = _SIGNS[area.verdict]
    picture = ""
    if pictures:
        picture = charts.timeline(scores, id=f"mend-{area.id}", title=area.title, better=area.better)
    span = (area.maximum - area.minimum) or 1
    percent = 0.0 if area.score is None else 100 * (area.score - area.minimum) / span
    return {
        **{
            name: getattr(area, name)
            for name in ("title", "score", "raw", "occasion", "k", "n", "occasions", "verdict", "words", "reason")
        },
        "verdict_said": say(f"assessment.verdicts.{area.verdict}"),
        "source": area.source,
        "score_said": "" if area.score is None else scoring.said(area.score, (area.minimum, area.maximum)),
        "raw_said": "" if area.raw is None else f"{area.raw:g}",
        "maximum_said": scoring.said(area.maximum, (area.minimum, area.maximum)),
        "percent": f"{percent:.0f}",
        "when": _said(area.occasion, area.day) if area.occasion else "",
        "verdict_sign": sign,
        "verdict_class": css,
        "latest": [(row.prompt, _label(row)) for row in behind if row.occasion == area.occasion],
        "picture": Markup(picture),  # noqa: S704 - charts escapes what it is given
        "table": _grid(behind, scores) if area.occasions else None,
        "reworded": [
            (_said(occasion, date.fromisoformat(day)), prompts)
            for occasion, day, prompts in zip(*(scores[name].tolist() for name in _CHANGED), strict=True)
            if prompts
        ],
    }


def _grid(rows: Sequence[_Row], scores: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return answers as a table: a row per question, a column per occasion, the newest `DAYS` of them."""
    every = _in_order(rows)
    days: dict[str, str] = {}
    if scores is not None:  # in the order of days, where what is asked once has its own
        days = dict(zip(scores["occasion"].tolist(), scores["day"].tolist(), strict=True))
        every = list(days)
    shown = every[-DAYS:]
    rows = [row for row in rows if row.occasion in shown]
    cells = {(row.item, row.occasion): _cell(row, points=scores is not None) for row in rows}
    prompts = {row.item: row.prompt for row in rows}  # the newest words
    caption = _points(rows) if scores is not None else ""
    if len(every) > len(shown):
        caption += " " + say("assessment.report.latest", shown=len(shown), every=len(every))
    found: dict[str, Any] = {
        "caption": caption,
        "days": [_short(days.get(occasion, occasion)) for occasion in shown],
        "rows": [(prompt, [cells.get((item, day), "") for day in shown]) for item, prompt in prompts.items()],
    }
    if scores is not None:
        bounds = (float(scores["minimum"].iloc[0]), float(scores["maximum"].iloc[0]))
        given = dict(zip(days, scores["score"].tolist(), strict=True))
        counted = dict(zip(days, scores["k"].tolist(), strict=True))
        found["scores"] = [scoring.said(given[day], bounds) if given[day] == given[day] else "–" for day in shown]
        found["k"] = [f"{counted[day]}" for day in shown]
    return found


def _points(rows: Iterable[_Row]) -> str:
    """Say what the numbers in the cells stand for."""
    named = {(_cell(row, points=True), row.label): row.score for row in rows if row.status == "answered"}
    in_order = sorted(named, key=lambda one: (named[one] != named[one], named[one]))
    return ", ".join(f"{point} {label}" for point, label in in_order)


class _Row(NamedTuple):
    """One answer as the tables and lists of a report read it."""

    when: int  # its occasion's place among all
    occasion: str
    item: str
    kind: str
    prompt: str
    label: str
    score: float  # NaN where there is none
    status: str
    exercise: str = ""
    value: object = None


def _rows(table: pd.DataFrame) -> list[_Row]:
    """Return the rows of a table of answers; each is read many times, which a table is slow at."""
    places = frame.places(table["occasion"])
    columns = [table[name].tolist() for name in _Row._fields[1:] if name in table]  # the last may not be there
    return [_Row(places[row[0]], *row) for row in zip(*columns, strict=True)]


def _in_order(rows: Iterable[_Row]) -> list[str]:
    """Return the occasions of some rows, oldest first."""
    return [occasion for _, occasion in sorted({(row.when, row.occasion) for row in rows})]


def _cell(row: _Row, *, points: bool) -> str:
    """Return an answer short enough for a cell; as a point where asked for, a dash where the scale gives none."""
    if row.status == "skipped":
        return say("assessment.report.skipped")
    if row.score == row.score and (points or row.kind in kinds.those("cell", "number")):
        return f"{row.score:g}"
    return "–" if points else row.label


def _label(row: _Row) -> str:
    return say("assessment.report.not_answered") if row.status == "skipped" else row.label


def _weeks(weeks: pd.DataFrame) -> dict[str, Any]:
    rows = [
        [_short(row[0]), *("" if value != value else f"{value:.0f}" for value in row[1:])]
        for row in weeks[list(WEEK)].itertuples(index=False)
    ]
    return {"names": [say(f"assessment.report.week.{name}") for name in WEEK], "rows": rows}


# --- the answers ---


def _chapters(told: Told, table: pd.DataFrame, scored: set[str]) -> list[dict[str, Any]]:
    """Return the chapters that have an answer, with their exercises, in notebook order."""
    workbook = told.workbook
    shown_above = {item for scale in workbook.scales if scale.id in scored for item in scale.items}
    given: dict[str, list[_Row]] = {}
    rows, every = _rows(table), [row for row in _rows(told.answers) if row.status in ("answered", "skipped")]
    for row in rows:
        if not row.item.endswith(".done") and row.item not in shown_above:
            given.setdefault(row.exercise, []).append(row)
    left_out = {(row.item, row.occasion) for row in every} - {(row.item, row.occasion) for row in rows}
    for exercise in workbook.exercises:
        if exercise.id in given:
            _work_out(exercise, given[exercise.id], rows, every, left_out)
    found = []
    for chapter in workbook.chapters:
        exercises = [
            _exercise(workbook, exercise.title, given[exercise.id])
            for exercise in chapter.exercises
            if exercise.id in given
        ]
        if exercises:
            found.append({"id": chapter.id, "title": chapter.title, "exercises": exercises})
    return found


def _work_out(
    exercise: Exercise,
    given: list[_Row],
    chosen: Sequence[_Row],
    every: Sequence[_Row],
    left_out: set[tuple[str, str]],
) -> None:
    """Put the numbers that a form works out among the answers `given`, each in its place, for each occasion.

    `chosen` has all that goes into the report, `every` all there is: a number from an answer that is left out (an item
    on an occasion) is left out as well.
    """
    computed = [item for item in exercise.items if item.kind == "computed"]
    newest = {row.item: _response(row) for row in every if row.exercise != exercise.id} if computed else {}
    for when, occasion in sorted({(row.when, row.occasion) for row in given}) if computed else ():
        here = {row.item: _response(row) for row in chosen if (row.exercise, row.occasion) == (exercise.id, occasion)}
        asked = asked_now.active(exercise, asked_now.seen_by(exercise, newest, here))
        for item in computed:
            whole = not left_out & {(id, occasion) for id in asked_now.sources(item)}
            value = asked_now.computed(item, here) if whole and item.id in asked else None
            if value is not None:
                said = (item.kind, item.prompt, kinds.of(item).label(item, value), value, "answered")
                given.append(_Row(when, occasion, item.id, *said, exercise.id, value))
    places = {item.id: place for place, item in enumerate(exercise.items)}
    given.sort(key=lambda row: (places.get(row.item, len(places)), row.when))


def _response(row: _Row) -> Response:
    return Response(row.value, "answered" if row.status == "answered" else "skipped", datetime.min)  # noqa: DTZ901 # when is not asked


def _exercise(workbook: Workbook, title: str, rows: Sequence[_Row]) -> dict[str, Any]:
    """Return one exercise: a table where short answers repeat, else a list per occasion."""
    repeats = len({row.occasion for row in rows}) > 2
    short = [row for row in rows if repeats and row.kind in SHORT]
    rest = [row for row in rows if not (repeats and row.kind in SHORT)]
    parts = [
        {
            "day": "" if occasion == "once" else _said(occasion),
            "entries": [_entry(workbook, row) for row in rest if row.occasion == occasion],
        }
        for occasion in _in_order(rest)
    ]
    return {"title": title, "grid": _grid(short) if short else None, "parts": parts}


def _entry(workbook: Workbook, row: _Row) -> dict[str, Any]:
    return {"prompt": row.prompt, "shown": _shown(workbook, row)}


def _shown(workbook: Workbook, row: _Row) -> dict[str, Any]:
    """Return a value as the template shows it."""
    if row.status == "skipped":
        return {"kind": "skipped"}
    try:
        item: Any = workbook.item(row.item)
    except UnknownId:
        return {"kind": "text", "text": row.label}
    shown: dict[str, Any] = kinds.of(item).look(item, row.value, row.label)
    return shown | ({"name": row.prompt} if "name" in shown else {})


# --- days ---


def _day(day: date) -> str:
    return dates.day(day)


def _said(occasion: str, day: date | None = None) -> str:
    """Say an occasion; of what is asked once, the `day` it was answered."""
    number = occasions.order(str(occasion))[1]
    named = day or (date.fromisoformat(occasion[:10]) if occasion != "once" else None)
    return (_day(named) if named else "") + (f" ({number})" if number > 1 else "")


def _short(occasion: str) -> str:
    if occasion == "once":
        return say("assessment.report.once")
    return dates.short(date.fromisoformat(str(occasion)[:10]))


def _month(occasion: str) -> str:
    return dates.month(date.fromisoformat(occasion[:10])) if occasion != "once" else ""
