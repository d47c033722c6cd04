"""What a counselor sees: everyone at a glance, one client's page, and one page to take into the session."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook import dates, words
from workbook.answers import occasions
from workbook.assessment import assessment, frame, scoring, steps
from workbook.assessment.change import verdict
from workbook.definition.models import FOOT
from workbook.errors import UnknownId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    import pandas as pd

    from workbook.definition.asks import Task
    from workbook.definition.models import Workbook
    from workbook.definition.scales import Scale
    from workbook.sharing.bundles import GateEvent
    from workbook.storage.store import StoredAnswer

CLIENT_COLUMNS = ("client", "id", "since", "last", "asked", "done", "overdue", "due", "new", "gates")
"""The first columns of an overview; one for each principle's scale follows, then `revoked`, `keep_until`, `damaged`."""

ROWS = ("client", "exercise", "item", "occasion", "status", "value")  # what `glances` reads of an answer


class Asked(NamedTuple):
    """One exercise a counselor asked for, and how far it is."""

    exercise: str
    title: str
    instruction: str | None
    due: date | None
    repeats: str | None  # how often, where the counselor said so
    state: str  # "open", "begun" (answers came) or "done" (marked as done, and that was shared)
    overdue: bool


def asked(
    tasks: Iterable[Task], states: Mapping[str, str], workbook: Workbook | None, today: date
) -> tuple[Asked, ...]:
    """Tell how far each task is. `states` is a glance's `exercises`; without `workbook` titles are ids."""
    found = []
    for task in tasks:
        state = states.get(task.exercise, "open")
        overdue = task.due is not None and task.due < today and state != "done"
        title = _title(workbook, task.exercise, among_all=True)
        found.append(Asked(task.exercise, title, task.instruction, task.due, task.repeats, state, overdue))
    return tuple(found)


def _title(workbook: Workbook | None, exercise: str, *, among_all: bool = False) -> str:
    try:
        if workbook is not None:
            return workbook.named(exercise) if among_all else workbook.exercise(exercise).title
        return exercise
    except UnknownId:
        return exercise


def principles(workbook: Workbook) -> tuple[Scale, ...]:
    """Return the scales of the chapters that are principles, in order."""
    return tuple(
        scale for chapter in workbook.chapters if chapter.principle for scale in chapter.scales if scale.scored
    )


def glances(rows: Iterable[tuple[Any, ...]], scales: Sequence[Scale]) -> dict[str, dict[str, Any]]:
    """Return what is worth knowing of each client at a glance, from `ROWS` of their newest answers.

    For each client: `exercises`, id → "begun" or "done"; `change`, scale id → the word of the self-assessment.
    """
    import pandas as pd

    table = pd.DataFrame(list(rows), columns=list(ROWS))
    found: dict[str, dict[str, Any]] = {str(one): {"exercises": {}, "change": {}} for one in table["client"].unique()}
    for client, exercise in table[["client", "exercise"]].drop_duplicates().itertuples(index=False):
        found[client]["exercises"][exercise] = "begun"
    done = table[(table["value"] == '"yes"') & table["item"].str.endswith(".done")]
    for client, exercise in done[["client", "exercise"]].drop_duplicates().itertuples(index=False):
        found[client]["exercises"][exercise] = "done"

    scored = table[table["item"].isin({item for scale in scales for item in scale.items})]
    scored = scored.assign(score=pd.to_numeric(scored["value"], errors="coerce"))
    scores = scoring.score(scored, scales, by=["client"])[["client", "scale", "occasion", "score"]]
    scores = scores[scores["score"].notna()].astype({"client": str, "scale": str, "occasion": str})
    by_id = {scale.id: scale for scale in scales}
    timelines = scores.sort_values(["client", "scale"], kind="stable").itertuples(index=False, name=None)
    for (client, scale), timeline in itertools.groupby(timelines, key=lambda row: row[:2]):
        found[client]["change"][scale] = verdict(by_id[scale], [row[3] for row in timeline])
    return found


def page(
    workbook: Workbook, current: Sequence[StoredAnswer], history: Iterable[StoredAnswer], fresh: set[str]
) -> list[dict[str, Any]]:
    """Return shared answers as a page shows them: chapters → exercises → answers, each with its earlier versions.

    Everything is plain JSON. `fresh` holds the ids of answers that came since someone last looked.
    """
    earlier: dict[tuple[str, str], list[StoredAnswer]] = {}
    for version in history:
        earlier.setdefault((version.item, version.occasion), []).append(version)
    places = {item.id: number for number, item in enumerate(workbook.items)}
    order = sorted(current, key=lambda one: (places.get(one.item, len(places)), one.item))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    feet: dict[tuple[str, str], dict[str, Any]] = {}  # done: a code; useful: in the words it was answered in
    for answer in order:
        word = answer.item.rpartition(".")[2]
        if word in FOOT:
            feet.setdefault((answer.exercise, answer.occasion), {})[word] = (
                answer.value if word == "done" else answer.label
            )
            groups.setdefault((answer.exercise, answer.occasion), [])
            continue
        versions = [one for one in earlier.get((answer.item, answer.occasion), ()) if one.version < answer.version]
        shown = _said(answer) | {
            "key": f"{answer.item}@{answer.occasion}",
            "id": answer.id,
            "fresh": answer.id in fresh,
            "versions": [_said(one) | {"reworded": one.prompt != answer.prompt} for one in reversed(versions)],
        }
        groups.setdefault((answer.exercise, answer.occasion), []).append(shown)
    titles = {chapter.id: chapter.title for chapter in workbook.chapters}
    exercises: dict[str, list[dict[str, Any]]] = {}
    newest_first = sorted(groups, key=lambda one: occasions.order(one[1]), reverse=True)
    for exercise, occasion in sorted(newest_first, key=lambda one: _place(workbook, one[0])):
        found = {
            "id": exercise,
            "title": _title(workbook, exercise),
            "occasion": occasion,
            "answers": groups[exercise, occasion],
            "foot": feet.get((exercise, occasion), {}),
        }
        exercises.setdefault(exercise.partition(".")[0], []).append(found)
    return [{"title": titles.get(id, id), "exercises": found} for id, found in exercises.items()]


def _said(answer: StoredAnswer) -> dict[str, Any]:
    label = words.say("assessment.session.skipped") if answer.status == "skipped" else answer.label
    return {"prompt": answer.prompt, "label": label, "status": answer.status, "at": answer.answered_at.isoformat()}


def _place(workbook: Workbook, exercise: str) -> int:
    return next((n for n, one in enumerate(workbook.exercises) if one.id == exercise), 10_000)


def change(workbook: Workbook, current: Iterable[StoredAnswer], now: datetime) -> assessment.Assessment:
    """Return the self-assessment of what was shared: the same words the client reads."""
    kept = list(current)
    table = frame.answers(workbook, kept, {(one.item, one.occasion) for one in kept})
    return assessment.assess(workbook, table, now=now)


def questions(workbook: Workbook, current: Iterable[StoredAnswer]) -> tuple[str, ...]:
    """Return what the client wants to ask in the next session, newest first, when they shared it."""
    asked = steps.rules(workbook).question
    found = [one for one in current if one.item == asked and one.status == "answered"]
    return tuple(one.label for one in sorted(found, key=lambda one: occasions.order(one.occasion), reverse=True))


def session(
    *,
    client: str,
    workbook: Workbook,
    current: Sequence[StoredAnswer],
    tasks: Sequence[Asked],
    fresh: Sequence[StoredAnswer],
    withdrawn: int,
    gates: Sequence[GateEvent],
    notes: Sequence[str],
    now: datetime,
) -> str:
    """Return one page about one client to read before a session, and to print."""
    from workbook.assessment import report

    return report.page(
        "session.html",
        title=words.say("assessment.session.title", client=client),
        client=client,
        language=workbook.language,
        day=dates.day(now),
        seen=change(workbook, current, now),
        said=scoring.said,
        tasks=tasks,
        day_of_year=dates.day_of_year,
        fresh=fresh[-12:],
        more=max(0, len(fresh) - 12),
        withdrawn=withdrawn,
        gates=[
            (gate_title(workbook, event.gate), event.change, dates.day(dates.here(event.at, now)))
            for event in gates[-6:]
        ],
        questions=questions(workbook, current),
        notes=notes[-6:],
    )


def gate_title(workbook: Workbook, gate: str) -> str:
    """Return the title of a safety rule; a rule of another workbook has its id for one."""
    return next((one.title for one in workbook.gates if one.id == gate), gate)


def table(rows: Sequence[Mapping[str, Any]], scales: Sequence[str]) -> pd.DataFrame:
    """Return the rows of an overview as a table: `CLIENT_COLUMNS`, the scales, `revoked`, `keep_until`, `damaged`."""
    import pandas as pd

    return pd.DataFrame(rows, columns=[*CLIENT_COLUMNS, *scales, "revoked", "keep_until", "damaged"])
