"""What someone who comes back meets first, as plain values; nothing that is closed or hidden is among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workbook import dates, definition, words
from workbook.answers import occasions
from workbook.assessment.practice import WENT
from workbook.definition.items import Choice
from workbook.definition.lookback import LookBack
from workbook.safety import facts as measures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from workbook.answers.kinds import Response
    from workbook.answers.progress import Progress
    from workbook.definition.models import Exercise
    from workbook.journal import Journal
    from workbook.safety.gates import Standing

CHECK = "recheck"  # the safety rule that asks for the short check
DUE = 4  # things that are due, at most
WEEK = timedelta(days=7)


class Tap(NamedTuple):
    """The question that one tap answers, and the exercise it stands in."""

    item: Choice
    exercise: Exercise

    @property
    def done(self) -> str:
        """The mark at the foot of its exercise: a day told in one tap is told."""
        return f"{self.exercise.id}.done"


@dataclass(frozen=True)
class _Seen:
    """A journal as it is now, read once."""

    journal: Journal
    rules: LookBack
    standing: Standing
    responses: Mapping[tuple[str, str], Response]
    now: datetime

    def open(self, exercise: str) -> bool:
        """Tell whether a step is there and no rule closes it."""
        return _exercise(self.journal, exercise) is not None and self.standing.closing(exercise) is None

    def told(self, item: str) -> Iterator[tuple[str, Response]]:
        """Yield the occasions and answers of one question; none of one that is hidden, or whose step is closed."""
        if self.open(item.rpartition(".")[0]) and item not in self.standing.hidden:
            for (id, occasion), response in self.responses.items():
                if id == item and response.status == "answered":
                    yield occasion, response


def read(journal: Journal) -> dict[str, object]:
    """Return what Today shows, plain JSON values: `{"back": False}` at a first visit.

    Else `greeting`, `lede`, `days` (a counselor asks for something by a day still to come), and where something is
    there (else None, or empty): `check` and `urge`, each a link; `tap`, the day in one tap (see `_tap`); `due`,
    `{text, href}` each; `left`, `{kind, text, href}`, where someone left off or what comes next; `change`, words. In a
    crisis only what helps in it.
    """
    if not comes_back(journal):
        return {"back": False}
    seen = _see(journal)
    crisis = any(notice.urgent == "first" for notice in seen.standing.notices)
    urge = seen.rules.today.urge
    due = [] if crisis else list(_due(seen))[:DUE]
    check = journal.workbook.measures.now
    return {
        "back": True,
        **_greeting(seen.now, crisis=crisis),
        "days": bool(due_days(journal)),
        "check": address(journal, check) if check and seen.standing.recheck_due else None,
        "urge": address(journal, urge) if urge and seen.open(urge) else None,
        "tap": None if crisis else _tap(seen),
        "due": due,
        "left": None if crisis else _left(seen) or _next(seen, {str(one["href"]) for one in due}),
        "change": None if crisis else _change(seen),
    }


def _greeting(now: datetime, *, crisis: bool) -> dict[str, object]:
    if crisis:
        return {"greeting": words.say("page.today.greeting_crisis"), "lede": words.say("page.today.lede_crisis")}
    day = dates.weekday(now)
    return {"greeting": words.say("page.today.greeting", day=day), "lede": words.say("page.today.lede")}


def _see(journal: Journal) -> _Seen:
    return _Seen(journal, rules(journal), journal.standing(), journal.responses(), journal.now())


def comes_back(journal: Journal) -> bool:
    """Tell whether the forms of the first sitting are answered, or one sitting is over; the safety questions always."""
    answered, times = set(journal.answered()), journal.times()
    asked = journal.workbook.measures
    start = next((one for one in journal.workbook.chapters if one.id == _chapter(asked.now)), None)
    first = {f"{start.id}.{word}" for word in start.first} if start else set()
    if not first or not first & set(asked.forms) <= answered:
        return False
    return first <= answered or (bool(times) and times[0] < measures.sitting_start(times, journal.now()))


def stands(journal: Journal, chapter: str) -> bool:
    """Tell whether Today stands on a chapter's page, in place of the words of a first visit."""
    return "today" in journal.workbook.chapter(chapter).shows and comes_back(journal)


def _chapter(exercise: str | None) -> str | None:
    return exercise and exercise.partition(".")[0]


def rules(journal: Journal) -> LookBack:
    """Return the workbook's own rules; one from before there were any has ours, as far as it has what they name."""
    return journal.workbook.lookback or definition.load().lookback or LookBack()


def address(journal: Journal, exercise: str) -> str:
    """Return where a step is, as a link beside any chapter: `10-responsibility.ipynb#shares`."""
    chapter = next(one for one in journal.workbook.chapters if any(each.id == exercise for each in one.exercises))
    return f"{chapter.notebook}.ipynb#{exercise.rpartition('.')[2]}"


def due_days(journal: Journal) -> list[date]:
    """Return the days still to come by which a counselor asks for something that is open and not done."""
    seen, assigned = _see(journal), journal.assigned
    found = [(task.due, _progress(seen, task.exercise)) for task in (assigned.asks.tasks if assigned else ())]
    return [day for day, here in found if day and day >= seen.now.date() and here and not here.done]


def tap(journal: Journal) -> Tap | None:
    """Return the question that tells a day in one tap; None: there is none, or it is closed or hidden now."""
    wanted, standing = rules(journal).today.day, journal.standing()
    found = next((item for item in journal.workbook.items if item.id == wanted), None)
    if not isinstance(found, Choice) or found.retired or found.id in standing.hidden:
        return None
    exercise = _exercise(journal, found.exercise_id)
    if exercise is None or exercise.repeats != "daily" or standing.closing(exercise.id) is not None:
        return None
    return Tap(found, exercise)


def days(now: datetime) -> tuple[str, str]:
    """Return the occasions of today and of yesterday."""
    return now.date().isoformat(), (now.date() - timedelta(days=1)).isoformat()


def _exercise(journal: Journal, id: str) -> Exercise | None:
    return next((one for one in journal.workbook.exercises if one.id == id and not one.retired), None)


# --- the day in one tap ---


def _tap(seen: _Seen) -> dict[str, object] | None:
    """The day in one tap: `small`, what the client commits to; `options`; two days, `{occasion, name, value}` each.

    `blank`: yesterday has no answer, though there was something to tell. `night`: yesterday may still be meant.
    """
    found = tap(seen.journal)
    if found is None:
        return None
    small = _small(seen)
    filled = seen.journal.occasions(found.exercise.id)
    today, yesterday = days(seen.now)
    began = min([*filled, *([small[1]] if small else [])], default=None)
    if began is None:
        return None  # nothing was planned yet
    return {
        "small": small[0] if small else "",
        "options": [[code, label] for code, label in found.item.options.items()],
        "today": _day(seen, found, today),
        "yesterday": _day(seen, found, yesterday),
        "blank": yesterday not in filled and began <= yesterday,
        "night": seen.now.hour < occasions.NIGHT_ENDS,
        "more": address(seen.journal, found.exercise.id),
    }


def _day(seen: _Seen, found: Tap, occasion: str) -> dict[str, object]:
    given = seen.responses.get((found.item.id, occasion))
    return {
        "occasion": occasion,
        "name": dates.weekday(date.fromisoformat(occasion)),
        "value": given.value if given else None,
    }


def _small(seen: _Seen) -> tuple[str, str] | None:
    """What the client commits to, and since which day; only what is still asked and may be shown."""
    practice = seen.rules.practice
    asked = {item.id for item in seen.journal.workbook.items if not item.retired}
    for item in practice.commitment if practice else ():
        told = list(seen.told(item)) if item in asked else []
        if told:
            occasion, given = max(told, key=lambda one: one[1].at)
            first = seen.journal.versions(item, occasion)[0]
            return str(given.value), first.local(seen.now.tzinfo).date().isoformat()
    return None


# --- what is due, where someone left off, what changed ---


def _due(seen: _Seen) -> Iterator[dict[str, object]]:
    """What a counselor asks for by a day first, then the rest of it, then what was begun and comes again each week."""
    assigned = seen.journal.assigned
    tasks = sorted(assigned.asks.tasks, key=lambda task: task.due or date.max) if assigned else []
    asked = {task.exercise for task in tasks}
    for task in tasks:
        here = _progress(seen, task.exercise)
        if here is None or here.done:
            continue
        said = (
            {"counselor": assigned.counselor, "title": seen.journal.workbook.named(here.exercise)} if assigned else {}
        )
        if task.due:
            text = words.say("page.today.due_asked_by", date=dates.day_of_year(task.due), **said)
        else:
            text = words.say("page.today.due_asked", **said)
        yield {"text": text, "href": address(seen.journal, task.exercise)}
    for exercise in seen.journal.workbook.exercises:
        if exercise.repeats not in ("weekly", "monthly") or exercise.id in asked:
            continue
        here = _progress(seen, exercise.id)
        if here is not None and not here.answered and seen.journal.occasions(exercise.id):
            chapter = seen.journal.workbook.chapter(exercise.chapter_id).title
            text = words.say("page.today.due_again", chapter=chapter, title=exercise.title)
            yield {"text": text, "href": address(seen.journal, exercise.id)}


def _progress(seen: _Seen, id: str) -> Progress | None:
    """How far a step is, when it is open and has something to ask now."""
    exercise = _exercise(seen.journal, id) if seen.open(id) else None
    here = seen.journal.progress_on(exercise) if exercise else None
    return here if here and here.total else None


def _left(seen: _Seen) -> dict[str, object] | None:
    """The step that was answered last and is neither done nor a new one by now."""
    for id in _newest_first(seen):
        here = _progress(seen, id)
        if here and here.answered and not here.done:
            text = words.say("page.today.left_how", title=here.title, answered=here.answered, total=here.total)
            return {"kind": "left", "text": text, "href": address(seen.journal, id)}
    return None


def _next(seen: _Seen, due: set[str]) -> dict[str, object] | None:
    """The next step that was never begun, of the chapter someone was in last, else of the first one that has any."""
    workbook = seen.journal.workbook
    forms, start = workbook.measures.forms, _chapter(workbook.measures.now)
    worked = [id.partition(".")[0] for id in _newest_first(seen)]
    chapters = [workbook.chapter(worked[0])] if worked else []
    chapters += [one for one in workbook.chapters if one.principle is not None and one not in chapters]
    for chapter in chapters:
        first = [f"{chapter.id}.{word}" for word in chapter.first]
        later = [] if chapter.id == start else [one.id for one in chapter.exercises if one.id not in first]
        for id in (*first, *later):
            here = None if id in forms or seen.journal.occasions(id) else _progress(seen, id)
            if here and address(seen.journal, id) not in due:
                text = words.say("page.today.next_how", count=here.minutes, title=here.title)
                return {"kind": "next", "text": text, "href": address(seen.journal, id)}
    return None


def _newest_first(seen: _Seen) -> list[str]:
    """The exercises with an answer, that of the newest first; without the safety questions and the day in one tap."""
    newest: dict[str, datetime] = {}
    for (item, _), response in seen.responses.items():
        exercise = item.rpartition(".")[0]
        newest[exercise] = max(newest.get(exercise, response.at), response.at)
    day = (seen.rules.today.day or "").rpartition(".")[0]
    workbook = seen.journal.workbook
    known = {one.id for one in workbook.exercises if one.id not in (*workbook.measures.forms, day)}
    return sorted(newest.keys() & known, key=lambda id: (newest[id], id), reverse=True)


def _change(seen: _Seen) -> str | None:
    """One line of what someone did: coming back first, then what was kept, then what was finished; never a score."""
    if "all" in seen.standing.unscored:
        return None  # nothing about oneself is judged now
    practice, since = seen.rules.practice, seen.now - WEEK
    if practice is None:
        return None
    back = [
        [one for _, one in seen.told(item) if one.value == "yes"]
        for item in (practice.log.resumed, practice.slips.came_back)
    ]
    most = max(back, key=len)
    if any(one.at >= since for each in back for one in each):
        return words.say("page.today.change_back", count=len(most))
    tomorrow = (seen.now.date() + timedelta(days=1)).isoformat()  # of where it is later; what is later still is not so
    went = [
        WENT[str(one.value)]
        for occasion, one in (seen.told(practice.log.went) if practice.log.went else ())
        if since.date().isoformat() < occasion <= tomorrow and one.value in WENT
    ]
    planned, kept = sum(each[0] for each in went), sum(each[1] for each in went)
    if kept:
        return words.say("page.today.change_kept", count=planned, kept=kept)
    day = (seen.rules.today.day or "").rpartition(".")[0]
    finished = {
        item
        for (item, _), one in seen.responses.items()
        if item.endswith(".done")
        and (one.value == "yes" and one.at >= since)
        and item.rpartition(".")[0] not in (*seen.journal.workbook.measures.forms, day)
        and seen.open(item.rpartition(".")[0])
    }
    return words.say("page.today.change_done", count=len(finished)) if finished else None
