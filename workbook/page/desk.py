"""What a journal shows as forms, and what those send back to it."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workbook import dates, words
from workbook.answers import kinds, occasions
from workbook.definition.items import Note
from workbook.page import form as forms
from workbook.page import today
from workbook.safety import coverage, helplines, language
from workbook.storage import exchange

_PAUSE = 0.05  # seconds without another form: the cells of a page have run

if TYPE_CHECKING:
    from ipywidgets import VBox

    from workbook.definition.items import Item
    from workbook.definition.models import Exercise, Workbook
    from workbook.journal import Journal
    from workbook.page.form import Form
    from workbook.safety.gates import Closing, Standing


@dataclass(frozen=True)
class Saved:
    """What a form hears back."""

    value: object  # as it is kept
    at: datetime
    version: int
    overtaken: bool
    hints: tuple[dict[str, object], ...]


class Desk:
    """The forms of one journal on the open pages of one kernel."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._forms: weakref.WeakKeyDictionary[Form, frozenset[str]] = weakref.WeakKeyDictionary()
        self._guests: weakref.WeakKeyDictionary[VBox, tuple[str, str]] = weakref.WeakKeyDictionary()  # → form, chapter
        self._before: tuple[Workbook, Mapping[str, tuple[str, ...]]] | None = None  # see `_asked_before`
        self._saving = False  # a form of this desk does, and the others are told what concerns them
        self._ahead: asyncio.TimerHandle | None = None  # see `_read_ahead`
        journal.attend(self._all_changed)
        journal.listen(self._saved)

    def _all_changed(self) -> None:
        for form in list(self._forms):
            form.changed()

    def _saved(self) -> None:
        """Let every form read again when something else on this page has saved."""
        if not self._saving:
            self._all_changed()

    def form(self, id: str, occasion: str | None = None, *, within: str | None = None) -> Form:
        """Return an exercise as a form; `occasion` is the one it opens on, `within` the chapter whose page it is on."""
        journal = self._journal
        exercise = journal.workbook.exercise(id)

        def save(*, item: str, value: object, status: str, occasion: str, seen: int, page: str) -> Saved:
            before = journal.stands
            self._saving = True
            try:
                answer = journal.save(item, value, occasion, status, page=page)
            finally:
                self._saving = False
            self._tell_others(widget, item, before)
            return Saved(
                value=answer.value,
                at=answer.answered_at.astimezone(journal.now().tzinfo),
                version=answer.version,
                overtaken=answer.version > seen + 1,
                hints=_hints(journal.workbook.item(item), answer.value),
            )

        def read(wanted: str | None) -> dict[str, object]:
            return self.payload(exercise, wanted or occasion)

        def step() -> dict[str, object]:
            return self.step(exercise, within or exercise.chapter_id)

        widget = forms.Form(forms.payload(exercise, journal.workbook, within), save=save, read=read, step=step)
        self._forms[widget] = self._context_ids(exercise)
        self._read_ahead()
        return widget

    def _read_ahead(self) -> None:
        """Read what every form asks about, once the cells of a page have run: while the browser draws it.

        After years that takes as long as drawing does. Without an event loop, as at a prompt, nothing is read ahead.
        """
        self._read_no_more()
        with contextlib.suppress(RuntimeError):
            self._ahead = asyncio.get_running_loop().call_later(_PAUSE, self._read)

    def _read_no_more(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()
        self._ahead = None

    def _read(self) -> None:
        with contextlib.suppress(Exception):  # it is said to the form that asks next
            self._journal.progress()
            self._seat()
        self._read_no_more()  # the forms that were seated

    def guest(self, id: str, chapter: str) -> VBox:
        """Return room for a form on the page of another chapter: it is there once something waits for its answers."""
        from ipywidgets import VBox

        box = VBox()
        self._journal.workbook.exercise(id)  # one that does not exist is said as such
        self._guests[box] = (id, chapter)
        self._read_ahead()
        if self._ahead is None:
            self._seat()
        return box

    def _seat(self) -> None:
        """Show the guests that are waited for by now; none goes again while its page is open, under someone's hands."""
        standing = self._journal.standing()
        for box, (id, chapter) in list(self._guests.items()):
            closings = (standing.closing(each.id) for each in self._journal.workbook.chapter(chapter).exercises)
            if not box.children and not standing.closing(id) and any(one and id in one.asks for one in closings):
                box.children = (self.form(id, within=chapter),)

    def _tell_others(self, saved: Form, item: str, before: Standing | None) -> None:
        """Let the other forms of this page read again when this answer changes what they show."""
        after = self._journal.stands
        moved = after is not before and (
            before is None or after is None or before.hidden != after.hidden or before.gates != after.gates
        )
        for form, context in list(self._forms.items()):
            if form is not saved and (moved or item in context):
                form.changed()

    def _context_ids(self, exercise: Exercise) -> frozenset[str]:
        """The items of other exercises that decide what this one shows, and those it quotes."""
        rules = [exercise.condition, *(item.condition for item in exercise.items)]
        ids = {id for rule in rules if rule for id in rule.ids} | set(_quotes(exercise))
        return frozenset(ids - {item.id for item in exercise.items})

    def payload(self, exercise: Exercise, wanted: str | None) -> dict[str, object]:
        """Return what a form shows on an occasion (None: the current one): answers, what is closed, what is asked."""
        journal = self._journal
        now_occasion = journal.occasion_now(exercise.id)
        occasion = journal.place(exercise, wanted) if wanted else now_occasion
        standing = journal.standing()
        closing = standing.closing(exercise.id)
        self._seat()
        latest = journal.newest()
        progress = journal.progress_on(exercise, occasion)
        return {
            "occasion": occasion,
            "occasions": list(self._choices(exercise, now_occasion, occasion)),
            "answers": self._shown(exercise, occasion),
            "context": {id: latest[id].value for id in self._context_ids(exercise) & latest.keys()},
            "quoted": {
                id: kinds.label(journal.workbook.item(id), latest[id].value).splitlines()
                for id in _quotes(exercise)
                if id in latest and latest[id].status == "answered" and id not in standing.hidden
            },
            "closed": closing and self._closed(closing),
            "later": self._later(exercise),
            "night": self._night(exercise) if occasion == now_occasion else None,
            "journal": journal.id,
            "keep": journal.page_key,
            "hidden": sorted(standing.hidden),
            "assigned": self._assigned_task(exercise.id),
            "progress": {"answered": progress.answered, "total": progress.total, "done": progress.done},
        }

    def _night(self, exercise: Exercise) -> dict[str, str] | None:
        """Say which day before may be meant, shortly after midnight."""
        now = self._journal.now()
        yesterday = occasions.still_meant(exercise.repeats, now, self._journal.occasions(exercise.id))
        if yesterday is None:
            return None
        named = {"today": dates.weekday(now.date()), "yesterday": dates.weekday(now.date() - timedelta(days=1))}
        return {"occasion": yesterday} | {word: words.say(f"page.day.{word}", day=day) for word, day in named.items()}

    def _later(self, exercise: Exercise) -> str | None:
        """Say when an exercise comes, while it is not there yet."""
        comes = self._journal.comes(exercise)
        if comes is None:
            return None
        if isinstance(comes, int):
            second = comes == 2  # which is the next one
            return words.say("page.later.next") if second else words.say("page.later.visit", number=comes)
        return words.say("page.later.day", day=dates.day(comes))

    def _closed(self, closing: Closing) -> dict[str, object]:
        journal = self._journal
        here = {id: chapter for box, (id, chapter) in self._guests.items() if box.children}

        def page(chapter: str) -> str:
            return f"{journal.workbook.chapter(chapter).notebook}.ipynb"

        asked = [form for form in reversed(closing.asks) if form in here]
        near = {page(form.partition(".")[0]): f"{page(here[form])}#{form}" for form in asked}
        return {
            "title": closing.title,
            "html": closing.reason_html,
            "instead": [{"label": label, "href": near.get(href, href)} for label, href in closing.instead],
            "resources": list(helplines.brief(journal.region, closing.resources, journal.now())),
            "urgent": closing.urgent,
        }

    def step(self, exercise: Exercise, chapter: str) -> dict[str, object]:
        """Return how far an exercise is, and which is next on the page of a chapter: nothing of what was written."""
        journal = self._journal
        self._seat()
        here = journal.progress_on(exercise)
        closing = journal.standing().closing(exercise.id)
        zone = journal.now().tzinfo
        times = [
            given.at.astimezone(journal.versions(item, here.occasion)[-1].local(zone).tzinfo)
            for item, given in journal.responses_for(exercise.id, here.occasion).items()
        ]
        steps = self._steps(chapter)
        place = steps.index(exercise)
        todo = (one.id for one in (*steps[place + 1 :], *steps[:place]) if self._is_to_do(one))
        opens = sorted(filter(self._is_to_do, steps), key=self._is_later(chapter))
        return {
            "answered": here.answered,
            "total": here.total,
            "minutes": here.minutes,
            "done": here.done,
            "day": max(times).date().isoformat() if times else None,
            "closed": closing and closing.title.rstrip(".?"),
            "next": next(todo, None),
            "first": opens[:1] == [exercise] and not today.stands(self._journal, chapter),  # it says what matters now
        }

    def _steps(self, chapter: str) -> list[Exercise]:
        """The exercises on the page of a chapter, each after those that are asked there because it waits for them."""
        workbook = self._journal.workbook
        guests = {id for box, (id, page) in self._guests.items() if page == chapter and box.children}
        before = self._asked_before()
        return [
            step
            for one in workbook.chapter(chapter).exercises
            if not one.retired
            for step in (*(workbook.exercise(id) for id in before.get(one.id, ()) if id in guests), one)
        ]

    def _asked_before(self) -> Mapping[str, tuple[str, ...]]:
        """Which forms are asked before which exercise: worked out once for a workbook, since each step asks."""
        workbook = self._journal.workbook
        if self._before is None or self._before[0] is not workbook:
            self._before = (workbook, coverage.asked_before(workbook))
        return self._before[1]

    def _is_later(self, chapter: str) -> Callable[[Exercise], bool]:
        """Whether an exercise is neither of a chapter's first sitting nor asked because one of that waits for it."""
        workbook = self._journal.workbook
        before = self._asked_before()
        sitting = {f"{chapter}.{word}" for word in workbook.chapter(chapter).first}
        sitting |= {guest for id in sitting for guest in before.get(id, ())}
        return lambda exercise: exercise.id not in sitting

    def _is_to_do(self, exercise: Exercise) -> bool:
        here = self._journal.progress_on(exercise)
        return bool(here.total) and not here.done and not here.closed

    def _assigned_task(self, exercise_id: str) -> dict[str, object] | None:
        assigned = self._journal.assigned
        for task in assigned.asks.tasks if assigned else ():
            if task.exercise == exercise_id and assigned:
                due = task.due.isoformat() if task.due else None
                return {"from": assigned.counselor, "instruction": task.instruction, "due": due}
        return None

    def _shown(self, exercise: Exercise, occasion: str) -> dict[str, dict[str, object]]:
        comments = {
            (row.value.item, row.value.occasion): row.value
            for row in exchange.comments(self._journal.store).whole()  # a damaged one must not close the form
        }
        shown: dict[str, dict[str, object]] = {}
        for item in exercise.items:
            versions = self._journal.versions(item.id, occasion)
            if not versions:
                continue
            newest = versions[-1]
            shown[item.id] = {
                "value": newest.value,
                "status": newest.status,
                "at": newest.answered_at.astimezone(self._journal.now().tzinfo).isoformat(),
                "version": newest.version,
                "hints": list(_hints(item, newest.value)),
            }
            if (item.id, occasion) in comments:
                comment = comments[item.id, occasion]
                shown[item.id]["comment"] = comment.model_dump(include={"text", "by", "at"}, by_alias=True)
        return shown

    def _choices(self, exercise: Exercise, now_occasion: str, shown: str) -> Iterator[dict[str, object]]:
        """The occasions a form offers, newest first; also the one that is shown, when nothing is saved in it yet."""
        today = self._journal.now().date()
        before = sorted({*self._journal.occasions(exercise.id), shown} - {now_occasion}, key=occasions.order)
        yield {"id": now_occasion, "label": occasions.name(exercise, now_occasion, today), "current": True}
        if exercise.repeats == "any":
            free = occasions.next_free([*before, now_occasion], today)
            if now_occasion in self._journal.occasions(exercise.id):
                yield {"id": free, "label": words.say("page.panels.new_occasion"), "current": True}
        meant = occasions.still_meant(exercise.repeats, self._journal.now(), self._journal.occasions(exercise.id))
        for occasion in reversed(before):
            yield {"id": occasion, "label": occasions.name(exercise, occasion, today), "current": occasion == meant}


def _hints(item: Item, value: object) -> tuple[dict[str, object], ...]:
    """What `language` notices in a text, letter parts each on their own."""
    if value is None or not getattr(item, "cues", False):
        return ()
    return tuple(language.hints(item, value))


def _quotes(exercise: Exercise) -> tuple[str, ...]:
    """The questions of other forms whose answers an exercise shows under its notes."""
    return tuple(id for item in exercise.items if isinstance(item, Note) for id in item.quotes)
