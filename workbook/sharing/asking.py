"""What a counselor can ask for: chapters and exercises in an order, and questionnaires of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from workbook import dates, definition
from workbook.definition import overlay
from workbook.definition.asks import Task
from workbook.definition.base import did_you_mean
from workbook.definition.models import Repeats
from workbook.definition.values import tidy
from workbook.errors import Refused
from workbook.sharing import overview
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from workbook.definition.models import Instrument, Workbook
    from workbook.definition.scales import Scale


def everything(workbook: Workbook) -> tuple[str, ...]:
    """Return the chapters to ask for when nothing is said: those of the four principles."""
    return tuple(chapter.id for chapter in workbook.chapters if chapter.principle)


def principle_scales() -> tuple[Scale, ...]:
    """Return the scales an overview has a column for."""
    return overview.principles(overlay.spoken())


def instruments(files: Iterable[bytes]) -> list[Instrument]:
    """Return the questionnaires in the bytes of YAML files.

    Raises DefinitionError with every problem.
    """
    import tempfile

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(files, 1):
            path = Path(folder, f"questionnaire-{number}.yaml")
            path.write_bytes(data)
            found.append(definition.load_instrument(path))
    return found


def tasks_for(
    workbook: Workbook,
    only: Iterable[str],
    *,
    due: date | None = None,
    due_each: Mapping[str, date] | None = None,
    instructions: Mapping[str, str] | None = None,
    repeats: Mapping[str, str] | None = None,
) -> tuple[Task, ...]:
    """Return the tasks `only` names, in its order: chapters (all their exercises) and exercises.

    The mappings say more about single exercises. Raises UnknownId for a name the workbook does not have, and Refused
    for a word about an exercise that is not among them.
    """
    names: dict[str, None] = {}
    for one in only:
        exercises = [workbook.exercise(one)] if "." in one else workbook.chapter(one).exercises
        names |= dict.fromkeys(exercise.id for exercise in exercises if not exercise.retired)
    said: dict[str, dict[str, Any]] = {name: {"due": due} for name in names}
    for key, more in (("due", due_each), ("instruction", instructions), ("repeats", repeats)):
        for name, value in (more or {}).items():
            if name not in said:
                workbook.exercise(name)  # a name that does not exist is said as such
                raise Refused(say("sharing.asking.not_asked", name=name))
            said[name][key] = tidy(value) if isinstance(value, str) else value
    return tuple(_task(name, more) for name, more in said.items())


def _task(name: str, more: Mapping[str, Any]) -> Task:
    """Return one task; raises Refused for how often or words that it cannot hold."""
    try:
        return Task(exercise=name, **more)
    except ValidationError as problem:
        how, most = more.get("repeats"), problem.errors()[0].get("ctx", {}).get("max_length")
        if most is not None:
            raise Refused(say("sharing.asking.too_long", name=name, most=most)) from None
        known = get_args(Repeats)
        cure = did_you_mean(how, known)
        raise Refused(say("sharing.asking.how_often", how=how, known=", ".join(known), cure=cure).strip()) from None


def passed(tasks: Iterable[Task], today: date) -> str:
    """Return a sentence about days that have passed already; empty: there is none. Each would be overdue at once."""
    days = sorted({task.due for task in tasks if task.due is not None and task.due < today})
    return say("sharing.asking.passed", count=len(days), date=dates.day(days[0])) if days else ""


def workbook_for(language: str | None = None, instruments: Iterable[Instrument] = ()) -> Workbook:
    """Return the workbook of this installation in a language (None: the one spoken), with questionnaires.

    Raises UnknownId.
    """
    return definition.with_instruments(overlay.shipped(language) if language else overlay.spoken(), instruments)
