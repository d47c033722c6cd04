"""What a counselor asks of one client: choices among the exercises of the client's own Mend, and additions to it.

It never holds the workbook. Safety rules and their words, help lines, tags, share levels and chapters are those of
the installation it meets; what is added stands in a chapter of its own and says who wrote it.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from workbook.definition import conditions, passphrases
from workbook.definition.base import Model
from workbook.definition.coherence import problems
from workbook.definition.feeding import guarded
from workbook.definition.instruments import with_instruments
from workbook.definition.models import INSTRUMENTS, Instrument, Repeats
from workbook.errors import DefinitionError, Refused, plain
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workbook.definition.models import Exercise, Workbook

HARMLESS = ("calming", "wellbeing")  # an addition with no other tag stays open when contact is closed

MOST_TASKS = 500
MOST_ADDITIONS = 20
MOST_QUESTIONS = 300  # of all additions together
LARGEST = 300_000  # characters of all additions together
_LONGEST = 5000  # characters of an instruction

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_]*){0,2}$", max_length=120)]
Gate = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
Said = Annotated[str, Field(max_length=_LONGEST), AfterValidator(plain)]
_ONE_LINE = ("title", "label", "labels", "source", "licence")  # a second line could pass for one of ours


def _shown(node: Any, *, line: bool = False) -> Any:
    """The same with nothing unseen in its texts, and one line where there is to be one."""
    if isinstance(node, str):
        return " ".join(plain(node).split()) if line else plain(node)
    if isinstance(node, dict):
        return {key: _shown(value, line=line or key in _ONE_LINE) for key, value in node.items()}
    return [_shown(value, line=line) for value in node] if isinstance(node, (list, tuple)) else node


def _as_shown(one: Instrument) -> Instrument:
    said = one.model_dump(mode="json")
    return one if (shown := _shown(said)) == said else Instrument.model_validate(shown)


Addition = Annotated[Instrument, AfterValidator(_as_shown)]


class Task(Model):
    """One exercise a counselor asks for."""

    exercise: Id
    instruction: Said | None = None
    due: date | None = None
    repeats: Repeats | None = None


class Asks(Model):
    """Choices and additions; all of what an assignment can say."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$")] = "en"
    tasks: Annotated[tuple[Task, ...], Field(max_length=MOST_TASKS)] = ()
    instruments: Annotated[tuple[Addition, ...], Field(max_length=MOST_ADDITIONS)] = ()
    # gate → settings: see `safety.tighten`
    tighten: Annotated[dict[Gate, dict[str, JsonValue]], Field(max_length=50, default_factory=dict)]

    @property
    def key(self) -> str:
        """A digest that stays equal as long as the questions it leads to do."""
        how = sorted((task.exercise, task.repeats) for task in self.tasks if task.repeats)
        said = json.dumps([self.language, how, [one.model_dump(mode="json") for one in self.instruments]])
        return hashlib.sha256(said.encode()).hexdigest()


class Assigned(Model):
    """An assignment that a journal has taken in, and who made it."""

    token: str
    sequence: int
    made_at: AwareDatetime
    counselor: str
    counselor_key: str  # age1…: what is shared is sealed to it
    signer: str | None = None  # the key that signed it; None: it came before files were signed
    client: str
    asks: Asks
    digest: str = ""


def read_assigned(payload: Mapping[str, Any], workbook: Mapping[str, Any] | None) -> Assigned:
    """Return what a journal's record of an assignment says; one of the first version carried a workbook beside it.

    Raises ValueError when it cannot be read.
    """
    if "asks" in payload:
        return Assigned.model_validate(payload)
    names = ("token", "sequence", "made_at", "counselor", "counselor_key", "client")
    kept = {name: payload[name] for name in names}
    return Assigned.model_validate(kept | {"asks": from_first_version(payload, workbook)})


def workbook_of(installed: Workbook, asks: Asks, counselor: str) -> Workbook:
    """Return the installed workbook with what was asked: how often, and the additions, marked as such.

    What the installation lacks is left out: see `lacking`.
    """
    kept = guarded(installed)  # they feed the rules, and are never changed; where they are not known, nothing is
    often = {task.exercise: task.repeats for task in asks.tasks if task.repeats and task.exercise not in kept}
    often = {} if installed.unfed else often
    chapters = tuple(
        chapter
        if not often.keys() & {one.id for one in chapter.exercises}
        else chapter.model_copy(update={"exercises": tuple(_as_often(one, often) for one in chapter.exercises)})
        for chapter in installed.chapters
    )
    workbook = installed.model_copy(update={"chapters": chapters})
    marked = [one.model_copy(update={"exercise": _marked(one.exercise, often, counselor)}) for one in asks.instruments]
    workbook = with_instruments(workbook, marked)
    lede = say("definition.asks.written_by", counselor=counselor)
    return workbook.model_copy(
        update={
            "chapters": tuple(
                one.model_copy(update={"lede": lede}) if one.id == INSTRUMENTS else one for one in workbook.chapters
            )
        }
    )


def lacking(installed: Workbook, asks: Asks) -> tuple[str, ...]:
    """Return the exercises asked for that neither the installation nor the additions have."""
    there = {one.id for one in installed.exercises} | {one.exercise.id for one in asks.instruments}
    return tuple(task.exercise for task in asks.tasks if task.exercise not in there)


def judge(asks: Asks, installed: Workbook) -> None:
    """Raise Refused at the first thing that no assignment may add or say; takes time in proportion to its length."""
    for task in asks.tasks:
        _refuse_secrets(task.exercise, [task.instruction or ""])
    questions = sum(len(one.exercise.items) for one in asks.instruments)
    if questions > MOST_QUESTIONS:
        raise Refused(say("definition.asks.too_many", count=questions, most=MOST_QUESTIONS))
    texts = [one.model_dump_json() for one in asks.instruments]
    if sum(map(len, texts)) > LARGEST:
        raise Refused(say("definition.asks.too_large", most=LARGEST))
    known = {item.id for item in installed.items}
    scales = {scale.id for scale in installed.scales}
    exercises: set[str] = set()
    for one in asks.instruments:
        _refuse_secrets(one.title, _texts(one.model_dump()))
        mine = {item.id for item in one.exercise.items}
        for id in _references(one):
            if id not in mine and id not in known:
                raise Refused(say("definition.asks.foreign", title=one.title, id=id))
        if one.exercise.id in exercises or any(scale.id in scales for scale in one.scales):
            raise Refused(say("definition.asks.wrong", title=one.title, problem=say("definition.asks.other_s_id")))
        exercises.add(one.exercise.id)
        scales |= {scale.id for scale in one.scales}
    found: tuple[object, ...]
    try:
        found = problems(with_instruments(_only(installed), asks.instruments)) if asks.instruments else ()
    except DefinitionError as problem:
        found = problem.problems
    if found:
        raise Refused(say("definition.asks.wrong", title=asks.instruments[0].title, problem=f"{found[0]}"))


def from_first_version(asked: Mapping[str, Any], workbook: Mapping[str, Any] | None) -> Asks:
    """Return what an assignment of the first version asked, which carried a whole workbook: only its additions stay."""
    chapters = [one for one in (workbook or {}).get("chapters", ()) if one["chapter"] == INSTRUMENTS]
    instruments = [
        {
            "instrument": exercise["id"].partition(".")[2],
            "title": exercise["title"],
            "source": exercise["source"] or exercise["title"],
            "licence": "as when it was first given",
            "exercise": exercise,
            "scales": [one for one in chapter["scales"] if one["items"][0].startswith(f"{exercise['id']}.")],
        }
        for chapter in chapters
        for exercise in chapter["exercises"]
    ]
    language = (workbook or {}).get("language", "en")
    asks = {"language": language, "tasks": asked["tasks"], "tighten": asked["tighten"], "instruments": instruments}
    return Asks.model_validate(asks)


def _as_often(exercise: Exercise, often: Mapping[str, Any]) -> Exercise:
    if exercise.id not in often:
        return exercise
    return exercise.model_copy(update={"repeats": often[exercise.id]})


def _marked(exercise: Exercise, often: Mapping[str, Any], counselor: str) -> Exercise:
    """An addition says who wrote it, and is closed when contact is, unless its tags say that it is harmless."""
    written = f"*{_escaped(say('definition.asks.written_by', counselor=counselor))}*"
    tags = exercise.tags if exercise.tags and set(exercise.tags) <= set(HARMLESS) else (*exercise.tags, "contact")
    intro = f"{written}\n\n{exercise.intro}" if exercise.intro else written
    marked = exercise.model_copy(update={"intro": intro, "tags": tuple(dict.fromkeys(tags))})
    return _as_often(marked, often)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]()#+.!<>|~&-])", r"\\\1", text)


def _only(installed: Workbook) -> Workbook:
    """The installation without additions of its own making, to judge others' beside it."""
    return installed.model_copy(update={"chapters": tuple(one for one in installed.chapters if one.id != INSTRUMENTS)})


def _refuse_secrets(where: str, texts: Iterable[str]) -> None:
    if any(passphrases.asks_for_one(text) for text in texts):
        raise Refused(say("definition.asks.asks_too_much", where=where))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _texts(value)


def _references(one: Instrument) -> Iterator[str]:
    for rule in (one.exercise.show_if, *(item.show_if for item in one.exercise.items)):
        if rule is not None:
            yield from conditions.parse(rule).ids
    for scale in one.scales:
        yield from (*scale.items, *scale.reverse, *scale.weights)
