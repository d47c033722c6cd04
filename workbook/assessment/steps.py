"""What to do next, the lines to keep, and questions worth taking along: by the rules of `lookback.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from workbook import definition, words
from workbook.assessment.practice import monday
from workbook.definition.lookback import LookBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from workbook.assessment.change import Area
    from workbook.assessment.frame import Given
    from workbook.assessment.practice import Practice
    from workbook.definition import lookback
    from workbook.definition.models import Workbook
    from workbook.safety.gates import Standing

STEPS = 4  # things to do next, at most
QUESTIONS = 5  # questions for the next session, at most


class Step(NamedTuple):
    """Something to do next."""

    text: str
    label: str
    href: str


class Line(NamedTuple):
    """The client's own words at the end of a chapter."""

    chapter: str
    text: str


def rules(workbook: Workbook) -> LookBack:
    """Return the workbook's own rules; one from before there were any has ours, as far as it has what they name."""
    return workbook.lookback or definition.load().lookback or LookBack()


def lines(workbook: Workbook, told: Mapping[str, list[Given]]) -> tuple[Line, ...]:
    """Return what the client took from each chapter, in notebook order, the newest of each."""
    take, found = rules(workbook).take, []
    for chapter in workbook.chapters if take else ():
        newest = told.get(f"{chapter.id}.{take}", [])[-1:]
        found += [Line(chapter.title, str(one.value)) for one in newest if one.value]
    return tuple(found)


def asks(workbook: Workbook, told: Mapping[str, list[Given]]) -> tuple[str, ...]:
    """Return the newest question the client wrote down for a session."""
    return tuple(str(one.value) for one in told.get(rules(workbook).question or "", [])[-1:])


@dataclass(frozen=True)
class Seen:
    """All that steps and questions are chosen from. `told`: the answers that are not scored, by item, oldest first."""

    workbook: Workbook
    told: Mapping[str, list[Given]]
    areas: tuple[Area, ...]
    practice: Practice | None
    standing: Standing | None
    day: date

    @cached_property
    def rules(self) -> LookBack:
        """What fits when."""
        return rules(self.workbook)

    @cached_property
    def answered(self) -> frozenset[str]:
        """The items that have an answer."""
        return frozenset(self.told)

    @cached_property
    def ratings(self) -> frozenset[str]:
        """The exercises that are scored."""
        return frozenset(_exercise(item) for scale in self.workbook.scales for item in scale.items)

    def open(self, exercise: str) -> bool:
        known = {one.id for one in self.workbook.exercises}
        return exercise in known and (self.standing is None or self.standing.closing(exercise) is None)

    def begun(self, chapter: str) -> bool:
        """Tell whether anything but a rating was answered in a chapter."""
        return any(item.startswith(f"{chapter}.") and _exercise(item) not in self.ratings for item in self.answered)

    def idle(self, exercise: str) -> bool:
        """Tell whether an exercise has no answer of this week."""
        days = (one.day for item, given in self.told.items() if _exercise(item) == exercise for one in given)
        return not any(map(self.this_week, days))

    def this_week(self, day: str) -> bool:
        """Tell whether a day is of this week; one further ahead than a zone in the east can be is a wrong clock's."""
        return monday(self.day) <= day <= (self.day + timedelta(days=1)).isoformat()


def _exercise(item: str) -> str:
    return item.rpartition(".")[0]


_Wish = tuple[str, str]  # what to do, and the exercise it is done in, which this workbook may not have


def steps(seen: Seen) -> tuple[Step, ...]:
    """Return what to do next: the first few that fit, in order of importance."""
    if seen.standing is not None and "all" in seen.standing.unscored:
        return ()  # the page says what comes first; nothing is asked of anyone beside it
    found: list[Step] = []
    for rule in seen.rules.steps:
        for text, exercise in _wishes(rule, seen):
            if not seen.open(exercise):
                continue
            chapter = seen.workbook.chapter(exercise.partition(".")[0])
            step = Step(text, chapter.title, f"{chapter.notebook}.ipynb#{exercise}")
            if step not in found:
                found.append(step)
    return tuple(found[:STEPS])


def _wishes(rule: lookback.Step, seen: Seen) -> Iterator[_Wish]:
    """Yield what a rule asks for now."""
    title = next((area.title for area in seen.areas if area.id == rule.worse and area.verdict == "worse"), "")
    fits = (
        (rule.worse is None or bool(title))
        and (rule.track is None or (seen.standing is not None and seen.standing.track == rule.track))
        and (rule.unbegun is None or not seen.begun(rule.unbegun))
        and (rule.answered is None or rule.answered in seen.answered)
        and (rule.unanswered is None or rule.unanswered not in seen.answered)
        and (rule.idle is None or seen.idle(rule.idle))
    )
    if fits and rule.exercise is not None:
        yield rule.text.format(title=title), rule.exercise
    elif fits and rule.for_each is not None:
        for about, exercise in _EACH[rule.for_each](seen):
            yield rule.text.format(title=about), exercise


def _unbegun(seen: Seen) -> Iterator[_Wish]:
    """Each principle of which nothing was done yet: its first open form that is neither a rating nor the last line."""
    last = (seen.rules.take or "").partition(".")[0]
    for chapter in seen.workbook.chapters:
        if chapter.principle is not None and not seen.begun(chapter.id):
            asked = (one.id for one in chapter.exercises if one.id not in {*seen.ratings, f"{chapter.id}.{last}"})
            for exercise in filter(seen.open, asked):
                yield chapter.title, exercise
                break


def _unrated(seen: Seen) -> Iterator[_Wish]:
    """The first principle whose rating is due this week."""
    for area in seen.areas:
        if area.principle is not None and (area.day is None or not seen.this_week(area.day.isoformat())):
            yield area.title, _exercise(seen.workbook.scale(area.id).items[0])
            return


def _untaken(seen: Seen) -> Iterator[_Wish]:
    """Each chapter that was begun and has no line to keep."""
    take = seen.rules.take
    for chapter in seen.workbook.chapters if take else ():
        if seen.begun(chapter.id) and f"{chapter.id}.{take}" not in seen.answered:
            yield chapter.title, _exercise(f"{chapter.id}.{take}")


# Title of what a step is about, and the exercise it is done in.
_EACH: dict[str, Callable[[Seen], Iterator[_Wish]]] = {"unbegun": _unbegun, "unrated": _unrated, "untaken": _untaken}


def questions(seen: Seen) -> tuple[str, ...]:
    """Return questions worth taking to a counselor or a good friend."""
    found: list[str] = []
    for verdict in ("worse", "better"):
        areas = [
            words.say("assessment.questions.area", title=one.title) for one in seen.areas if one.verdict == verdict
        ]
        if areas:
            found.append(words.say(f"assessment.questions.{verdict}", areas=words.listed(areas)))
    if seen.practice is not None:
        totals = seen.practice.totals
        if totals["planned"] and totals["kept"] < totals["planned"] / 2:
            found.append(words.say("assessment.questions.too_big"))
        if totals["resumed"]:
            found.append(words.say("assessment.questions.came_back"))
    useful = {item: given for item, given in seen.told.items() if item.endswith(".useful")}
    for point, how in ((4, "useful"), (0, "no_help")):
        for item in [item for item, given in useful.items() if any(one.score == point for one in given)][-1:]:
            title = _title(seen.workbook, item.rpartition(".")[0])
            found.append(words.say(f"assessment.questions.{how}", title=title))
    if not any(area.occasions for area in seen.areas):
        found.append(words.say("assessment.questions.begin"))
    return tuple(found[:QUESTIONS])


def _title(workbook: Workbook, exercise: str) -> str:
    return next((one.title for one in workbook.exercises if one.id == exercise), exercise)
