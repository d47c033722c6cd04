"""One client's journal: what is saved, what is read, where a person stands. Joins the definition and the store."""

from __future__ import annotations

import contextlib
import os
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from workbook import definition, drawing, words
from workbook.answers import kinds, occasions, shown
from workbook.answers.progress import Progress, marked_done, progress, questions
from workbook.assessment import frame
from workbook.errors import Closed, Damaged, UnknownId
from workbook.safety import facts as measures
from workbook.storage.database import local_now
from workbook.storage.folder import MARK
from workbook.storage.opened import Opened
from workbook.storage.reading import Reading
from workbook.storage.store import PAUSE, Event, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from workbook.answers.kinds import Response
    from workbook.assessment.assessment import Assessment
    from workbook.definition.items import Item
    from workbook.definition.models import Exercise, Workbook
    from workbook.safety.gates import GateState, Standing

T = TypeVar("T")

_CHANGES = {"closed": "closed", "open": "opened"}  # state of a gate → what the log says happened
_STANDING_HOLDS = timedelta(seconds=30)  # a rule may also move because time passes


def open_journal(
    path: str | Path | None = None, *, passphrase: str | None = None, now: Callable[[], datetime] = local_now
) -> Journal:
    """Open a journal; an empty or missing folder becomes one.

    Without a path: `$WORKBOOK_HOME`, else the nearest journal at or above the working folder, else `~/Mend`.
    Raises JournalError when the folder is something else, Locked when it needs a passphrase.
    """
    return Journal.open(find(path), passphrase=passphrase, now=now)


def find(path: str | Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder `open_journal` would open; it need not exist yet."""
    if path is not None:
        return Path(path).expanduser()
    if environ.get("WORKBOOK_HOME"):
        return Path(environ["WORKBOOK_HOME"]).expanduser()
    here = Path.cwd()
    for above in (here, *here.parents):
        if (above / MARK).is_file():
            return above
    return Path.home() / "Mend"


class Journal(Opened):
    """One client's answers, on the questions of one workbook."""

    def _begin(self) -> None:
        self._reading = Reading(lambda: self.store, lambda: self.now(), self._written_elsewhere)
        self._desk: drawing.Desk | None = None
        self._looked: tuple[object, measures.Looked] | None = None
        self._made: dict[Callable[[Journal], object], tuple[_Moment, object]] = {}

    def _anew(self) -> None:
        super()._anew()
        self._stood_at: datetime | None = None
        self._closed_since: dict[str, datetime] = {}

    def _hold(self, stamp: object) -> None:
        self._reading.hold(stamp)

    def _forget(self) -> None:
        super()._forget()
        if self._keeps:
            self._reading.keep()
        else:
            self._reading.forget()
            self._looked = None
            self._made.clear()
        self._stood: tuple[datetime, Standing] | None = None
        self._stands: Standing | None = None  # as last worked out

    def _written_elsewhere(self) -> None:
        """Another kernel has written: what was seen of the store may be otherwise."""
        self._stood = None
        self._own.forget()
        with contextlib.suppress(Damaged):  # then what was asked before holds, until the journal is opened again
            self._asked.read_assigned()  # a rule that a counselor keeps closed is closed on every open page

    def _ask(self) -> None:
        """The workbook is another than before."""
        self._asked_by_rules = _asked_by_rules(self.workbook)
        self._stood = None

    # --- saving ---

    def save(
        self,
        item: str,
        value: object = None,
        occasion: str | None = None,
        status: str = "answered",
        *,
        page: str | None = None,
    ) -> StoredAnswer:
        """Store one answer and return it; when this returns, it is on the disk.

        `occasion` is "once" or the ISO date its period starts; None: the current one. `status` may also be
        "skipped" (chosen not to answer) or "blank" (cleared). `page` names the open page it comes from.
        Raises UnknownId, InvalidAnswer, Closed (a safety rule keeps the exercise closed) or StoreError.
        """
        asked = self.workbook.item(item)
        exercise = self.workbook.exercise(asked.exercise_id)
        value, label, kept = kinds.judged(asked, value, status)
        occasion = self.occasion_now(exercise.id) if occasion is None else self.place(exercise, occasion)
        self._refuse_if_closed(exercise, self.standing())
        if self.share_level(item) == "private":
            self._own.keep_private(item, occasion)
        answer = self.store.save(
            item=item,
            exercise=exercise.id,
            occasion=occasion,
            value=value,
            status=kept,
            prompt=asked.prompt,
            label=label,
            kind=asked.kind,
            fingerprint=definition.fingerprint(asked),
            page=page,
        )
        self._vault.used()
        self._reading.remember(answer)
        if self._may_move_a_rule(asked):
            self._stood = None
        self._note_gates()
        self._vault.back_up_if_due()
        self._tell(*self._listeners)
        return answer

    def _refuse_if_closed(self, exercise: Exercise, standing: Standing) -> None:
        closing = standing.closing(exercise.id)
        # Words written while a rule closed (or just before) are kept: the page hears of it with its next message.
        if closing is not None and not timedelta(0) <= self.now() - self._closed_since[exercise.id] < PAUSE:
            raise Closed(words.say("journal.closed", exercise=exercise.title, why=closing.title.rstrip(".?")))

    def _may_move_a_rule(self, item: Item) -> bool:
        """Rules ask about their forms' chapter, named items and rulers; how long someone writes can wait a little."""
        return item.kind == "ruler" or {item.id, item.id.partition(".")[0]} & self._asked_by_rules != set()

    def _note_gates(self) -> None:
        """Log each rule that is not as the log has it; several kernels may find the same change."""
        if self._stood is not None:
            return
        logged = {event["gate"]: event["change"] for event in self.gate_events()}
        for gate in self.standing().gates:
            change = None if gate.kept else _CHANGES.get(gate.state)
            if change and logged.get(gate.id, "opened") != change:
                self.store.event(f"gate-{change}", gate.id)

    # --- reading ---

    def versions(self, item: str, occasion: str) -> list[StoredAnswer]:
        """Return every version of one answer, the newest last."""
        return list(self._reading.versions().get((item, occasion), ()))

    @property
    def stands(self) -> Standing | None:
        """What `standing` returned last; it may be old."""
        return self._stands

    def responses(self) -> dict[tuple[str, str], Response]:
        """Return the current answers and refusals by item and occasion; cleared ones are left out."""
        return dict(self._reading.current())

    def newest(self) -> Mapping[str, Response]:
        """Return the newest answer or refusal to each question, whatever its occasion."""
        return self._reading.index().newest

    def times(self) -> Sequence[datetime]:
        """Return when each current answer or refusal was given, oldest first."""
        return self._reading.index().times

    def answered(self) -> Collection[str]:
        """Return the exercises with an answer or refusal."""
        return self._reading.index().given.keys()

    def responses_for(self, exercise_id: str, occasion: str) -> dict[str, Response]:
        """Return the current answers of one exercise on one occasion, by item."""
        self.workbook.exercise(exercise_id)  # one that does not exist is said as such
        return dict(self._reading.index().given.get(exercise_id, {}).get(occasion, {}))

    def current(self) -> list[StoredAnswer]:
        """Return the newest version of every answer or refusal whose question is still asked and shown."""
        active = self.active()
        return [
            versions[-1]
            for place, versions in self._reading.versions().items()
            if versions[-1].status != "blank" and place in active
        ]

    def active(self) -> set[tuple[str, str]]:
        """Return the items and occasions that have an answer, are still asked, and are shown by their conditions."""
        index = self._reading.index()
        return shown.places(self.workbook.exercises, index.given, index.newest)

    def answers(self) -> pd.DataFrame:
        """Return one row per current answer; `frame.COLUMNS` says what each column holds."""
        rows = [versions[-1] for versions in self._reading.versions().values() if versions[-1].status != "blank"]
        order = occasions.in_order(frame.begun(self._reading.first(), self.now().tzinfo))
        return frame.answers(self.workbook, rows, self.active(), order)

    def local_times(self, occasion: str | None = None) -> dict[tuple[str, str], datetime]:
        """Return when each current answer was saved by the person's own clock, by item and occasion.

        Its date is the day they had. Answers that do not know their time zone are given in that of now. `occasion`:
        of those on that one.
        """
        here = self.now().tzinfo
        return {
            place: versions[-1].local(here)
            for place, versions in self._reading.versions().items()
            if occasion is None or place[1] == occasion
        }

    def history(self) -> pd.DataFrame:
        """Return one row per version of every answer, cleared ones too; see `frame.HISTORY_COLUMNS`."""
        every = [version for versions in self._reading.versions().values() for version in versions]
        return frame.history(self.workbook, every)

    def share_level(self, item: str, occasion: str | None = None) -> str:
        """Return who may be shown an item: "private", "ask" or "counselor". What is not known stays private.

        With an occasion: who may be shown that answer, which stays private when it was written as private.
        """
        if occasion is not None and self._own.is_private(item, occasion):
            return "private"
        try:
            asked = self.workbook.item(item)
        except UnknownId:
            return "private"
        return asked.share or self.workbook.exercise(asked.exercise_id).share

    # --- safety ---

    def standing(self) -> Standing:
        """Return what the safety rules say now: what is closed, notices, hidden items, track."""
        from workbook.safety import gates as safety

        self._reading.versions()
        now = self.now()
        if self._stood is not None and timedelta(0) <= now - self._stood[0] < _STANDING_HOLDS:
            return self._stood[1]
        known = self._reading.in_time()
        if self._looked is None or self._looked[0] is not known.history:
            self._looked = known.history, measures.looked(known.history, known.current)
        standing = safety.standing(
            self.workbook,
            known.current,
            now,
            tighten=self.assigned.asks.tighten if self.assigned else None,
            events=_told(known.events),
            history=known.history,
            looked=self._looked[1],
        )
        seen_just_now = self._stood_at is not None and timedelta(0) <= now - self._stood_at < PAUSE
        for exercise in self.workbook.exercises:
            if standing.closing(exercise.id) is None:
                self._closed_since.pop(exercise.id, None)
            else:
                self._closed_since.setdefault(exercise.id, now if seen_just_now else now - PAUSE)
        self._stood, self._stood_at, self._stands = (now, standing), now, standing
        return standing

    def gates(self) -> tuple[GateState, ...]:
        """Return each safety rule: open, closed or unknown, what it closes, and why."""
        return self.standing().gates

    def gate_events(self) -> list[dict[str, object]]:
        """Return when safety rules closed and opened: `{gate, change, at}`, never why."""
        return _told(self._reading.gate_log())

    # --- what is built from the answers ---

    def made(self, make: Callable[[Journal], T]) -> T:
        """Return what `make` makes of this journal, made again only when an answer, a rule or the day is another."""
        now, standing = self.now(), self.standing()
        here = _Moment(self._reading.state(), self.workbook, standing, now.date(), now.tzinfo, words.code())
        known, made = self._made.get(make, (None, None))
        if known is None or not here.is_like(known):
            made = make(self)
            self._made[make] = (here, made)
        return cast("T", made)

    def assessment(self) -> Assessment:
        """Return the self-assessment; it shows itself in a notebook."""
        from workbook.assessment import assessment, report

        return assessment.assess(
            self.workbook,
            self.answers(),
            standing=self.standing(),
            now=self.now(),
            times=self.local_times("once"),  # what comes again says its day itself
            show=report.panel,
        )

    def report(self, path: str | Path, **options: Any) -> Path:
        """Write the report, one self-contained HTML file, and return where it is; see `report.write`."""
        from workbook.assessment import report

        return report.write(self.told(), Path(path), now=self.now(), **options)

    def told(self) -> frame.Told:
        """Return what a report and an export read: plain values, as they stand now."""
        return frame.Told(self.workbook, self.answers(), self.local_times(), self.standing())

    def progress(self, chapter_id: str | None = None) -> list[Progress]:
        """Return how far each exercise is, of one chapter or of all."""
        chapters = self.workbook.chapters if chapter_id is None else (self.workbook.chapter(chapter_id),)
        return [self.progress_on(one) for chapter in chapters for one in chapter.exercises if not one.retired]

    def progress_on(self, exercise: Exercise, occasion: str | None = None) -> Progress:
        """Return how far one exercise is on an occasion; None: the current one.

        What repeats any time and was done is done, though an answer given now would begin a new one.
        """
        occasion = occasion or self._latest(exercise)
        here = self.responses_for(exercise.id, occasion)
        closed = self.standing().closing(exercise.id) is not None
        later = self.comes(exercise) is not None
        asked = set() if later else self._questions(exercise, here)
        return progress(exercise, occasion, here, asked, closed=closed)._replace(later=later)

    def comes(self, exercise: Exercise) -> date | int | None:
        """Return the day or the number of the visit an exercise comes on; None: it is there.

        What has an answer, and what a counselor asks for, is never held back.
        """
        from workbook.safety.later import waits

        asked = self.assigned.asks.tasks if self.assigned else ()
        if exercise.id in self.workbook.measures.forms:
            return None
        if exercise.later is None or self.occasions(exercise.id) or exercise.id in {task.exercise for task in asked}:
            return None
        now = self.now()
        history = self._reading.in_time().history
        first = history[0].local(now.tzinfo) if history else None
        return waits(exercise, first, (each.answered_at for each in history), now)

    def _latest(self, exercise: Exercise) -> str:
        now = self.occasion_now(exercise.id)
        if exercise.repeats != "any" or exercise.id == self.workbook.measures.now:
            return now
        before = self.occasions(exercise.id)
        return now if not before or now in before else before[-1]

    def _questions(self, exercise: Exercise, here: Mapping[str, Response]) -> set[str]:
        return questions(exercise, self._reading.index().newest, here, self.standing().hidden)

    # --- occasions ---

    def occasions(self, exercise_id: str) -> list[str]:
        """Return the occasions of an exercise that have an answer, oldest first; see `occasions.in_order`."""
        self.workbook.exercise(exercise_id)  # one that does not exist is said as such
        index, here = self._reading.index(), self.now().tzinfo
        known = index.order.setdefault(exercise_id, {})
        if here not in known:
            given = index.given.get(exercise_id, {})
            order = occasions.in_order(frame.begun(index.first.get(exercise_id, ()), here))
            known[here] = [occasion for occasion in order if occasion in given]
        return list(known[here])

    def occasion_now(self, exercise_id: str) -> str:
        """Return the occasion an answer given now belongs to.

        "once"; the day; the week's Monday; the month's first day. An exercise that repeats any time goes on
        with its newest filling while that is unfinished, or was begun today and is not marked as done.
        """
        exercise = self.workbook.exercise(exercise_id)
        today = self.now().date()
        if exercise.repeats != "any":
            return occasions.start(exercise.repeats, today)
        before = [occasion for occasion in self.occasions(exercise_id) if occasion != "once"]
        if before and self._goes_on(exercise, before[-1], today):
            return before[-1]
        return occasions.next_free(before, today)

    def place(self, exercise: Exercise, occasion: str) -> str:
        """Return an occasion given from outside: one that has answers, however it repeated then, or a new one.

        Raises InvalidAnswer.
        """
        return occasion if occasion in self.occasions(exercise.id) else occasions.judge(exercise, occasion)

    def _goes_on(self, exercise: Exercise, occasion: str, today: date) -> bool:
        here = self.responses_for(exercise.id, occasion)
        if exercise.id == self.workbook.measures.now:  # asked anew at each sitting, also twice a day
            start = measures.sitting_start(self.times(), self.now())
            return any(each.at >= start for each in here.values())
        if marked_done(exercise, here):
            return False
        return occasion[:10] == today.isoformat() or bool(self._questions(exercise, here) - here.keys())

    def exercise(self, id: str, occasion: str | None = None, *, within: str | None = None) -> Any:
        """Return an exercise as a form for the page; `occasion` is the one it opens on.

        `within`: the chapter of the page. What belongs to another is there only while something waits for its answers.

        A form is always returned: what is closed, and why, is what it reads first.
        """
        self._desk = self._desk or drawing.desk(self)
        if within is not None and within != self.workbook.exercise(id).chapter_id:
            return self._desk.guest(id, within)
        return self._desk.form(id, occasion)


class _Moment(NamedTuple):
    """All that the self-assessment depends on."""

    answers: object  # None: they may be otherwise at any time
    workbook: Workbook
    standing: Standing
    day: date
    zone: tzinfo | None
    language: str

    def is_like(self, other: _Moment) -> bool:
        same = self.answers is other.answers is not None and self.workbook is other.workbook
        return same and self[2:] == other[2:]


def _asked_by_rules(workbook: Workbook) -> frozenset[str]:
    rules = [rule for gate in workbook.gates for rule in (gate.condition, gate.reopening) if rule is not None]
    asked, fed = workbook.measures, workbook.measures.wellbeing
    found = {id for rule in rules for id in rule.ids} | {id.partition(".")[0] for id in asked.forms}
    found |= {item.id for item in workbook.items if item.word in {*asked.distress, *asked.distress.values()}}
    return frozenset(found.union(*(scale.items for scale in workbook.scales if scale.id == fed)))


def _told(events: Iterable[Event]) -> list[dict[str, object]]:
    return [{"gate": event.rule, "change": event.kind.removeprefix("gate-"), "at": event.at} for event in events]
