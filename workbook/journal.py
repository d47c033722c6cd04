"""One client's folder: find, create, open, lock. Joins the definition and the store."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
import os
import secrets
import shutil
import time
import weakref
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from workbook import definition, files
from workbook.answers import kinds, occasions
from workbook.answers.shown import active as asked_now
from workbook.answers.shown import latest as newest_of
from workbook.answers.shown import seen_by
from workbook.assessment import frame
from workbook.definition import conditions, models, overlay
from workbook.definition.asks import Assigned, read_assigned, workbook_of
from workbook.errors import Closed, Damaged, InvalidAnswer, JournalError, Locked, StoreError, UnknownId
from workbook.safety import facts as measures
from workbook.storage import backups, lock, seal
from workbook.storage.database import local_now
from workbook.storage.sqlite import is_plain, rewrite
from workbook.storage.store import SITTING, Event, Status, Store, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    from workbook.answers.kinds import Response
    from workbook.assessment.assessment import Assessment
    from workbook.definition.models import Exercise, Item, Workbook
    from workbook.page.form import Form
    from workbook.safety.gates import GateState, Standing

FORMAT = 1
HIDDEN = ".mend"  # everything but the notebooks
MARK = Path(HIDDEN, "journal.json")  # a folder that has it is a journal
ANSWERS = Path(HIDDEN, "answers.sqlite")
BACKUPS = Path(HIDDEN, "backups")
KEYS = Path(HIDDEN, "keys")

_CHANGES = {"closed": "closed", "open": "opened"}  # state of a gate → what the log says happened
_EXCHANGE = ("key", "assignment", "source", "sent", "there", "feedback", "comment")  # kinds of records
_PING = 5.0  # seconds between telling `workbook open` that someone is here
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
    for folder in (here, *here.parents):
        if (folder / MARK).is_file():
            return folder
    return Path.home() / "Mend"


class Progress(NamedTuple):
    """How far one exercise is, on its current occasion."""

    exercise: str
    title: str
    occasion: str
    answered: int  # answered or skipped, of
    total: int  # the questions shown now
    done: bool  # marked as done, or nothing left to answer
    minutes: int  # the definition's estimate for what is left
    locked: bool


@dataclass(frozen=True)
class _Saved:
    """What a form hears back."""

    value: object  # as it is kept
    at: datetime
    version: int
    overtaken: bool
    hints: tuple[dict[str, object], ...]


class Journal:
    """One client's answers, on the questions of one workbook."""

    def __init__(
        self,
        path: Path,
        key: bytes | None = None,
        now: Callable[[], datetime] = local_now,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.path = path
        self.now = now
        self.warnings: tuple[str, ...] = ()  # sentences to show once: what was damaged, what a synced drive left
        self._environ = environ
        self._lock = lock.Lock(path / KEYS, now)
        self._store: Store | None = None
        self._key: bytes | None = None
        self._pinged = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._forms: weakref.WeakKeyDictionary[Form, frozenset[str]] = weakref.WeakKeyDictionary()
        self._wake(key)

    def _wake(self, key: bytes | None) -> None:
        self._store, damage = _open_store(self.path, key, self.now)
        self._key = key
        self.warnings = (*damage, *_conflicts(self.path))
        if damage:  # an older state is here now: to a counselor this is another copy
            self._store.record("source", "mine", None)
        self._installed = _installed(self._store)
        self.assigned = _assigned(self._store)
        self.workbook = self._asked()
        self._asked_by_rules = _asked_by_rules(self.workbook)
        self._versions: dict[tuple[str, str], list[StoredAnswer]] = {}
        self._current: dict[tuple[str, str], Response] = {}  # at times put right, see `occasions.in_time`
        self._newest_at = datetime.min.replace(tzinfo=UTC)  # the largest time of any answer
        self._seen: object = None  # the store's stamp when they were read
        self._stood: tuple[datetime, Standing] | None = None
        self._stood_at: datetime | None = None
        self._stands: Standing | None = None  # as last worked out
        self._locked_since: dict[str, datetime] = {}
        self._private: set[str] | None = None  # read when first asked for
        self._backed_up: datetime | None = None
        if key is not None:  # what an interrupted locking left readable
            left, removed = backups.lock(self.path / BACKUPS, key, key)
            self.warnings += tuple(_READABLE.format(file=file) for file in left)
            self.warnings += tuple(_REMOVED.format(file=file) for file in removed)
            with contextlib.suppress(StoreError):  # no room: it is said when there is something to save
                if self._lock.exists and self._lock.under_way and not is_plain(self.path / ANSWERS):
                    self._lock.done()
        self._back_up_if_due()

    @property
    def store(self) -> Store:
        """The answers. Raises Locked after the journal locked itself."""
        if self._store is None:
            raise Locked(_ASLEEP)
        return self._store

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def create(cls, path: str | Path, *, now: Callable[[], datetime] = local_now) -> Journal:
        """Make a folder into a journal and open it. Raises JournalError when it holds something else."""
        path = Path(path)
        if (path / MARK).exists():
            raise JournalError(f"{path} is already a journal. Open it with: workbook open {files.typed(path)}")
        _make_folders(path)
        mark = {"format": FORMAT, "id": secrets.token_hex(16), "created": now().astimezone(UTC).isoformat()}
        files.write(path / MARK, json.dumps(mark).encode())
        return cls(path, now=now)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        passphrase: str | None = None,
        now: Callable[[], datetime] = local_now,
        environ: Mapping[str, str] = os.environ,
    ) -> Journal:
        """Open the journal in a folder, made when the folder is missing or empty.

        The key of a locked one comes from `passphrase` (or a recovery key), else from the `workbook open` this
        kernel belongs to, else from `$WORKBOOK_PASSPHRASE`.
        """
        path = Path(path)
        if not (path / MARK).exists():
            if path.exists() and (not path.is_dir() or not files.is_empty(path)):
                raise JournalError(
                    f"{path} is not a journal, and it is not empty. Choose another folder, or make a new one: "
                    f"workbook open {files.typed(path / 'Mend')}"
                )
            return cls.create(path, now=now)
        _check_mark(path)
        journal = cls(path, unlock(path, passphrase, now, environ), now, environ)
        journal._watch()
        return journal

    def close(self) -> None:
        """Let go of the files and of the key."""
        if self._store is not None:
            self._store.close()
        self._store, self._key = None, None
        self._versions, self._current, self._seen, self._stood = {}, {}, None, None

    # --- saving ---

    def save(
        self,
        item: str,
        value: object = None,
        occasion: str | None = None,
        status: str = "answered",
        *,
        sitting: str | None = None,
    ) -> StoredAnswer:
        """Store one answer and return it; when this returns, it is on the disk.

        `occasion` is "once" or the ISO date its period starts; None: the current one. `status` may also be
        "skipped" (chosen not to answer) or "blank" (cleared). `sitting` names the open page it comes from.
        Raises UnknownId, InvalidAnswer, Closed (a safety rule keeps the exercise closed) or StoreError.
        """
        asked = self.workbook.item(item)
        exercise = self.workbook.exercise(asked.exercise_id)
        _can_be_answered(asked)
        value, label = _judged(asked, value, status)
        occasion = self.occasion_now(exercise.id) if occasion is None else self._place(exercise, occasion)
        self._refuse_if_closed(exercise, self.standing())
        self._keep_private(item, occasion)
        answer = self.store.save(
            item=item,
            exercise=exercise.id,
            occasion=occasion,
            value=value,
            status=_status(status),
            prompt=asked.prompt,
            label=label,
            kind=asked.kind,
            fingerprint=definition.fingerprint(asked),
            sitting=sitting,
        )
        if self._key is not None and time.monotonic() - self._pinged > _PING:  # not when read: pages read by themselves
            self._pinged = time.monotonic()
            lock.used(self._environ)
        self._remember(answer)
        if self._may_move_a_rule(asked):
            self._stood = None
        self._note_gates()
        self._back_up_if_due()
        self._tell_listeners()
        return answer

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` after every save of this journal."""
        self._listeners.append(heard)

    def _tell_listeners(self) -> None:
        for heard in self._listeners:
            heard()

    def _refuse_if_closed(self, exercise: Exercise, standing: Standing) -> None:
        lock = standing.lock(exercise.id)
        # Words written while a rule closed (or just before) are kept: the page hears of it with its next message.
        if lock is not None and not timedelta(0) <= self.now() - self._locked_since[exercise.id] < SITTING:
            why = lock.title.rstrip(".?")
            raise Closed(
                f"“{exercise.title}” is closed for now: {why}. Nothing new is saved in it; what you wrote before is "
                "still there. The first page, 00-start, says what you can do instead."
            )

    def _remember(self, answer: StoredAnswer) -> None:
        place = (answer.item, answer.occasion)
        versions = self._versions.setdefault(place, [])
        if versions and versions[-1].version == answer.version:
            versions.pop()
        versions.append(answer)
        if answer.answered_at < self._newest_at:  # the clock was set back: which answer is the newest is seen anew
            self._current = _responses(self._in_time()[0])
        elif answer.status == "blank":
            self._current.pop(place, None)
        else:
            self._current[place] = kinds.Response(answer.value, answer.status, answer.answered_at)
        self._newest_at = max(self._newest_at, answer.answered_at)

    def _in_time(self) -> tuple[list[StoredAnswer], list[Event]]:
        """Every version, and every closing and opening of a rule, in order, at times put right."""
        versions = (version for versions in self._versions.values() for version in versions)
        return occasions.in_time(versions, self._gate_log(), self.now())

    def _may_move_a_rule(self, item: Item) -> bool:
        """Rules ask about the first chapter, named items and rulers; how long someone writes can wait a little."""
        return item.kind == "ruler" or item.id.startswith("start.") or item.id in self._asked_by_rules

    def _note_gates(self) -> None:
        """Log each rule that is not as the log has it; several kernels may find the same change."""
        if self._stood is not None:
            return
        logged = {event["gate"]: event["change"] for event in self.gate_events()}
        for gate in self.standing().gates:
            change = _CHANGES.get(gate.state)
            if change and logged.get(gate.id, "opened") != change:
                self.store.event(f"gate-{change}", gate.id)

    # --- reading ---

    def _read(self) -> dict[tuple[str, str], list[StoredAnswer]]:
        """Every version by item and occasion, read again only when another kernel has written."""
        stamp = self.store.stamp()
        if stamp != self._seen:
            self._versions, self._stood, self._private = {}, None, None
            for answer in self.store.history():
                self._versions.setdefault((answer.item, answer.occasion), []).append(answer)
                self._newest_at = max(self._newest_at, answer.answered_at)
            self._current = _responses(self._in_time()[0])
            self._seen = stamp
        return self._versions

    def responses(self) -> dict[tuple[str, str], Response]:
        """Return the current answers and refusals by item and occasion; cleared ones are left out."""
        self._read()
        return dict(self._current)

    def responses_for(self, exercise_id: str, occasion: str) -> dict[str, Response]:
        """Return the current answers of one exercise on one occasion, by item."""
        items = {item.id for item in self.workbook.exercise(exercise_id).items}
        return {
            item: response for (item, when), response in self.responses().items() if when == occasion and item in items
        }

    def current(self) -> list[StoredAnswer]:
        """Return the newest version of every answer or refusal whose question is still asked and shown."""
        active = self.active()
        return [
            versions[-1]
            for place, versions in self._read().items()
            if versions[-1].status != "blank" and place in active
        ]

    def active(self) -> set[tuple[str, str]]:
        """Return the items and occasions that have an answer, are still asked, and are shown by their conditions."""
        responses = self.responses()
        latest = newest_of(responses)
        shown: set[tuple[str, str]] = set()
        for exercise in self.workbook.exercises:
            asked = {item.id for item in exercise.items if not item.retired}
            occasions = {occasion for item, occasion in responses if item in asked}
            for occasion in occasions:
                here = {item: r for (item, when), r in responses.items() if when == occasion and item in asked}
                visible = asked_now(exercise, seen_by(exercise, latest, here)) & asked
                shown |= {(item, occasion) for item in visible if (item, occasion) in responses}
        return shown

    def answers(self) -> pd.DataFrame:
        """Return one row per current answer; `frame.COLUMNS` says what each column holds."""
        rows = [versions[-1] for versions in self._read().values() if versions[-1].status != "blank"]
        order = occasions.in_order(frame.begun((each[0] for each in self._versions.values()), self.now().tzinfo))
        return frame.answers(self.workbook, rows, self.active(), order)

    def local_times(self) -> dict[tuple[str, str], datetime]:
        """Return when each current answer was saved by the person's own clock, by item and occasion.

        Its date is the day they had. Answers that do not know their time zone are given in that of now.
        """
        here = self.now().tzinfo
        return {place: versions[-1].local(here) for place, versions in self._read().items()}

    def history(self) -> pd.DataFrame:
        """Return one row per version of every answer, cleared ones too; see `frame.HISTORY_COLUMNS`."""
        return frame.history(self.workbook, [version for versions in self._read().values() for version in versions])

    def share_level(self, item: str, occasion: str | None = None) -> str:
        """Return who may be shown an item: "private", "ask" or "counselor". What is not known stays private.

        With an occasion: who may be shown that answer, which stays private when it was written as private.
        """
        if occasion is not None and f"{item}@{occasion}" in self._kept_private:
            return "private"
        try:
            asked = self.workbook.item(item)
        except UnknownId:
            return "private"
        return asked.share or self.workbook.exercise(asked.exercise_id).share

    @property
    def _kept_private(self) -> set[str]:
        """The answers (item@occasion) that were written while their question was private."""
        if self._private is None:
            self._private = {record.key for record in self.store.records("private")}
        return self._private

    def _keep_private(self, item: str, occasion: str) -> None:
        key = f"{item}@{occasion}"
        if self.share_level(item) == "private" and key not in self._kept_private:
            self.store.record("private", key, {})
            self._kept_private.add(key)

    # --- safety ---

    def standing(self) -> Standing:
        """Return what the safety rules say now: locks, notices, hidden items, track."""
        from workbook.safety import gates as safety

        self._read()
        now = self.now()
        if self._stood is not None and timedelta(0) <= now - self._stood[0] < _STANDING_HOLDS:
            return self._stood[1]
        history, events = self._in_time()
        if self._newest_at > now:  # a time still to come moves as time passes
            self._current = _responses(history)
        standing = safety.standing(
            self.workbook,
            self._current,
            now,
            tighten=self.assigned.asks.tighten if self.assigned else None,
            events=_told(events),
            history=history,
        )
        seen_just_now = self._stood_at is not None and timedelta(0) <= now - self._stood_at < SITTING
        for exercise in self.workbook.exercises:
            if standing.lock(exercise.id) is None:
                self._locked_since.pop(exercise.id, None)
            else:
                self._locked_since.setdefault(exercise.id, now if seen_just_now else now - SITTING)
        self._stood, self._stood_at, self._stands = (now, standing), now, standing
        return standing

    def gates(self) -> tuple[GateState, ...]:
        """Return each safety rule: open, closed or unknown, what it locks, and why."""
        return self.standing().gates

    def gate_events(self) -> list[dict[str, object]]:
        """Return when safety rules closed and opened: `{gate, change, at}`, never why."""
        return _told(self._gate_log())

    def _gate_log(self) -> list[Event]:
        return [event for event in self.store.events() if event.kind.startswith("gate-")]

    # --- what is built from the answers ---

    def assessment(self) -> Assessment:
        """Return the self-assessment; it shows itself in a notebook."""
        from workbook.assessment import assessment, report

        return assessment.assess(
            self.workbook, self.answers(), standing=self.standing(), now=self.now(), show=report.panel
        )

    def report(self, path: str | Path, **options: Any) -> Path:
        """Write the report, one self-contained HTML file, and return where it is; see `report.write`."""
        from workbook.assessment import report

        return report.write(self, Path(path), now=self.now(), **options)

    def progress(self, chapter_id: str | None = None) -> list[Progress]:
        """Return how far each exercise is, of one chapter or of all."""
        chapters = self.workbook.chapters if chapter_id is None else (self.workbook.chapter(chapter_id),)
        return [self._progress(exercise) for chapter in chapters for exercise in chapter.exercises if _asked(exercise)]

    def _progress(self, exercise: Exercise, occasion: str | None = None) -> Progress:
        occasion = occasion or self.occasion_now(exercise.id)
        here = self.responses_for(exercise.id, occasion)
        total = self._questions(exercise, here)
        answered = len(total & here.keys())
        marked = here.get(f"{exercise.id}.done")
        done = bool(marked and marked.value == "yes") or (bool(total) and answered == len(total))
        return Progress(
            exercise=exercise.id,
            title=exercise.title,
            occasion=occasion,
            answered=answered,
            total=len(total),
            done=done,
            minutes=0 if done else round(exercise.minutes * (1 - answered / (len(total) or 1))),
            locked=self.standing().lock(exercise.id) is not None,
        )

    def _questions(self, exercise: Exercise, here: Mapping[str, Response]) -> set[str]:
        """The items shown now that a person answers, without the form's own foot."""
        foot = {f"{exercise.id}.useful", f"{exercise.id}.done"}
        answerable = {item.id for item in exercise.items if item.kind not in _NOT_ASKED and not item.retired}
        shown = asked_now(exercise, seen_by(exercise, newest_of(self.responses()), here))
        return (answerable & shown) - foot - self.standing().hidden

    # --- occasions ---

    def occasions(self, exercise_id: str) -> list[str]:
        """Return the occasions of an exercise that have an answer, oldest first; see `occasions.in_order`."""
        items = {item.id for item in self.workbook.exercise(exercise_id).items}
        given = {occasion for item, occasion in self.responses() if item in items}
        begun = frame.begun(
            (versions[0] for (item, occasion), versions in self._versions.items() if item in items), self.now().tzinfo
        )
        return [occasion for occasion in occasions.in_order(begun) if occasion in given]

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

    def _place(self, exercise: Exercise, occasion: str) -> str:
        """Return an occasion given from outside: one that has answers, however it repeated then, or a new one.

        Raises InvalidAnswer.
        """
        return occasion if occasion in self.occasions(exercise.id) else occasions.judge(exercise, occasion)

    def _goes_on(self, exercise: Exercise, occasion: str, today: date) -> bool:
        here = self.responses_for(exercise.id, occasion)
        if exercise.id == measures.RIGHT_NOW:  # asked anew at each sitting, also twice a day
            start = measures.sitting_start((each.at for each in self.responses().values()), self.now())
            return any(each.at >= start for each in here.values())
        marked = here.get(f"{exercise.id}.done")
        if marked and marked.value == "yes":
            return False
        return occasion[:10] == today.isoformat() or bool(self._questions(exercise, here) - here.keys())

    # --- the form ---

    def exercise(self, id: str, occasion: str | None = None) -> Form:
        """Return an exercise as a form for the page; `occasion` is the one it opens on.

        A form is always returned: what is locked, and why, is what it reads first.
        """
        from workbook.page import form

        exercise = self.workbook.exercise(id)

        def save(*, item: str, value: object, status: str, occasion: str, seen: int, page: str) -> _Saved:
            before = self._stands
            answer = self.save(item, value, occasion, status, sitting=page)
            self._tell_others(widget, item, before)
            return _Saved(
                value=answer.value,
                at=answer.answered_at.astimezone(self.now().tzinfo),
                version=answer.version,
                overtaken=answer.version > seen + 1,
                hints=_hints(self.workbook.item(item), answer.value),
            )

        def read(wanted: str | None) -> dict[str, object]:
            return self._payload(exercise, wanted or occasion)

        widget = form.Form(form.payload(exercise, self.workbook), save=save, read=read)
        self._forms[widget] = self._context_ids(exercise)
        return widget

    def _tell_others(self, saved: Form, item: str, before: Standing | None) -> None:
        """Let the other forms of this page read again when this answer changes what they show."""
        after = self._stands
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

    def _payload(self, exercise: Exercise, wanted: str | None) -> dict[str, object]:
        now_occasion = self.occasion_now(exercise.id)
        occasion = self._place(exercise, wanted) if wanted else now_occasion
        standing = self.standing()
        lock = standing.lock(exercise.id)
        latest = newest_of(self.responses())
        progress = self._progress(exercise, occasion)
        return {
            "occasion": occasion,
            "occasions": list(self._choices(exercise, now_occasion, occasion)),
            "answers": self._shown(exercise, occasion),
            "context": {id: latest[id].value for id in self._context_ids(exercise) & latest.keys()},
            "quoted": {
                id: kinds.label(self.workbook.item(id), latest[id].value).splitlines()
                for id in _quotes(exercise)
                if id in latest and latest[id].status == "answered" and id not in standing.hidden
            },
            "lock": lock and _lock_payload(lock, self._region(), self.now()),
            "journal": json.loads((self.path / MARK).read_text())["id"],
            "keep": self._page_key,
            "hidden": sorted(standing.hidden),
            "assigned": self._assigned_task(exercise.id),
            "progress": {"answered": progress.answered, "total": progress.total, "done": progress.done},
        }

    def _region(self) -> str | None:
        """Where the client is, as chosen or as guessed by the page."""
        return (self._record("setting", "region") or {}).get("region")

    def _shown(self, exercise: Exercise, occasion: str) -> dict[str, dict[str, object]]:
        comments = {
            (record.payload["item"], record.payload["occasion"]): record.payload
            for record in self.store.records("comment")
        }
        shown: dict[str, dict[str, object]] = {}
        for item in exercise.items:
            versions = self._read().get((item.id, occasion))
            if not versions:
                continue
            newest = versions[-1]
            shown[item.id] = {
                "value": newest.value,
                "status": newest.status,
                "at": newest.answered_at.astimezone(self.now().tzinfo).isoformat(),
                "version": newest.version,
                "hints": list(_hints(item, newest.value)),
            }
            if (item.id, occasion) in comments:
                comment = comments[item.id, occasion]
                shown[item.id]["comment"] = {key: comment[key] for key in ("text", "from", "at")}
        return shown

    def _choices(self, exercise: Exercise, now_occasion: str, shown: str) -> Iterator[dict[str, object]]:
        """The occasions a form offers, newest first; also the one that is shown, when nothing is saved in it yet."""
        today = self.now().date()
        before = sorted({*self.occasions(exercise.id), shown} - {now_occasion}, key=occasions.order)
        yield {"id": now_occasion, "label": occasions.name(exercise, now_occasion, today), "current": True}
        if exercise.repeats == "any":
            free = occasions.next_free([*before, now_occasion], today)
            if now_occasion in self.occasions(exercise.id):
                yield {"id": free, "label": "A new one", "current": True}
        for occasion in reversed(before):
            yield {"id": occasion, "label": occasions.name(exercise, occasion, today), "current": False}

    # --- the lock ---

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed to read the answers."""
        return self._lock.exists and not is_plain(self.path / ANSWERS)

    def lock(self, passphrase: str) -> None:
        """Lock the answers and their backups with a passphrase; say `storage.lock.forgetting` before.

        Raises WeakPassphrase, and StoreError while another page has the journal open.
        """
        with _alone(self.path, patience=60):
            if self.locked:
                raise JournalError(
                    "This journal is locked already. To choose another passphrase: workbook lock --change"
                )
            self._refuse_to_lock()
            key = lock.new_key()
            self._lock.make(key, passphrase)
            try:
                self._rekey(key)
            except BaseException:
                if is_plain(self.path / ANSWERS):  # else they need the key that is kept there
                    self._lock.remove()
                raise
            self._lock.done()
        lock.lend(key, self._environ)
        self._watch()

    def _refuse_to_lock(self) -> None:
        """Raise JournalError while a file would stay readable, or would lose the only key it opens with."""
        damaged = sorted((self.path / HIDDEN).glob("answers.damaged-*"))  # with their logs
        for copy in (*damaged, *filter(is_plain, _copies(self.path))):
            raise JournalError(f"{copy} is readable by anyone. Move it away or delete it, then lock the journal.")
        for backup in backups.listed(self.path / BACKUPS) if self._lock.exists else ():
            if not is_plain(backup.file):
                raise JournalError(
                    f"{backup.file} still needs the earlier passphrase. Take that off first, with: workbook unlock"
                )

    def unlock(self, passphrase: str) -> None:
        """Take the lock away; the answers can be read by anyone who has the files. Raises Locked.

        For a backup that could not be unlocked the passphrase stays as it is; it is named in `warnings`.
        """
        with _alone(self.path, patience=60):
            if not self._lock.exists:
                return
            key = self._lock.open(passphrase)
            if self.locked:
                self._lock.begin()
                try:
                    self._rekey(None)
                except BaseException:
                    if not is_plain(self.path / ANSWERS):
                        self._lock.done()
                    raise
            left = backups.lock(self.path / BACKUPS, key, None).left  # those too that an interruption left locked
            self.warnings += tuple(_STAYS_LOCKED.format(file=file) for file in left)
            if not left:
                self._lock.remove()

    @classmethod
    def accept(cls, path: Path, passphrase: str, *, now: Callable[[], datetime] = local_now) -> None:
        """Take answers that lie open under a lock for the journal's own; then `unlock` can take the lock off.

        Raises Locked when the passphrase is not that of the journal.
        """
        held = lock.Lock(path / KEYS, now)
        held.open(passphrase)
        held.begin()

    def change_passphrase(self, old: str, new: str) -> None:
        """Put a new passphrase in the place of the old one, or of a recovery key. Raises Locked, WeakPassphrase."""
        self._lock.change(self._lock.open(old), new)

    def recovery_key(self, passphrase: str) -> str:
        """Return a recovery key to write on paper; an earlier one opens nothing any more. Raises Locked."""
        return self._lock.recovery(self._lock.open(passphrase))

    def wake(self, passphrase: str) -> None:
        """Open again after the journal locked itself; forms on the page go on. Raises Locked."""
        if self._store is None:
            self._wake(unlock(self.path, passphrase, self.now, self._environ))
            self._watch()
            for form in list(self._forms):
                form.changed()
            self._tell_listeners()

    def _rekey(self, new_key: bytes | None) -> None:
        key = self._key
        self.close()
        removed: tuple[Path, ...] = ()
        try:
            rewrite(self.path / ANSWERS, key, new_key)  # from here on no other page has it open
            backups.sweep(self.path / BACKUPS)
            removed = backups.lock(self.path / BACKUPS, key, new_key).removed
        finally:
            self._wake(None if is_plain(self.path / ANSWERS) else new_key or key)
            self.warnings += tuple(_REMOVED.format(file=file) for file in removed)

    def _watch(self) -> None:
        """Fall asleep when `workbook open` forgets the key."""
        if self._key is None:
            return
        sleep: Callable[[], object] = self._sleep
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()  # a kernel's; its widgets may only be used from there
            sleep = functools.partial(loop.call_soon_threadsafe, self._sleep)
        lock.watch(sleep, self._environ)

    def _sleep(self) -> None:
        if self._key is None:  # the lock was taken off meanwhile
            return
        self.close()
        for form in list(self._forms):
            form.changed()
        self._tell_listeners()

    # --- backups ---

    def backup(self, folder: str | Path | None = None) -> Path:
        """Copy the answers now: beside the others, or as a journal of its own in an empty or missing folder."""
        if folder is None:
            return backups.make(self.store, self.path / BACKUPS, self.now()).file
        folder = Path(folder)
        if folder.exists() and not files.is_empty(folder):
            raise JournalError(f"{folder} is not empty. Name a folder that is not there yet.")
        _make_folders(folder)
        try:
            self.store.copy_to(folder / ANSWERS)
            for name in (KEYS / "lock.json", MARK):
                if (self.path / name).exists():
                    files.write(folder / name, (self.path / name).read_bytes())
        except (StoreError, OSError):
            shutil.rmtree(folder / HIDDEN, ignore_errors=True)  # half a copy would only look like one
            raise
        return folder

    def preview(self, backup: str | Path | None = None) -> backups.Preview:
        """Say what going back to a backup (None: the newest) would mean. Nothing changes."""
        file, at = self._backup(backup)
        return backups.preview(self.store, file, at, self._key)

    def restore(self, backup: str | Path | None = None) -> backups.Preview:
        """Go back to a backup (None: the newest). What is there now becomes a backup first, so nothing is lost.

        What went to and came from a counselor is not undone by it, so it stays as it is.
        """
        file, at = self._backup(backup)
        said = backups.preview(self.store, file, at, self._key)
        exchanged = self._exchanged()
        half = self.path / BACKUPS / "restore.half"
        files.write(half, file.read_bytes())
        try:
            kept = backups.make(self.store, self.path / BACKUPS, self.now()).file
            if is_plain(half) and self._key is not None:
                rewrite(half, None, self._key)
            self.store.copy_from(half)
        finally:
            half.unlink(missing_ok=True)
        with self.store.together():
            for kind, key, payload in exchanged:
                self.store.record(kind, key, payload)
            if not exchanged:  # what the backup knows of an exchange is older than what was handed over since
                self.store.record("source", "mine", None)
        self.assigned = _assigned(self.store)
        self._ask()
        self._seen = None
        return said._replace(kept=kept)

    def _exchanged(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What is held of the exchange with a counselor, once there is one: kind, key, payload."""
        if not self.store.records("assignment"):
            return []
        return [(kind, one.key, one.payload) for kind in _EXCHANGE for one in self.store.records(kind)]

    def _backup(self, backup: str | Path | None) -> tuple[Path, datetime]:
        if backup is None:
            for newest in backups.listed(self.path / BACKUPS):
                return newest.file, newest.at
            raise JournalError(f"{self.path} has no backup yet. Make one with: workbook backup")
        file = Path(backup)
        file = file / ANSWERS if file.is_dir() else file
        if not file.is_file():
            raise JournalError(f"{backup} is not there. The backups of this journal are in {self.path / BACKUPS}")
        made = {one.file.resolve(): one.at for one in backups.listed(file.parent)}
        return file, made.get(file.resolve()) or datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def _back_up_if_due(self) -> None:
        """At most hourly; that there is no room for a backup must not cost the answer just saved."""
        now = self.now()
        if self._backed_up is not None and abs(now - self._backed_up) < backups.HOUR:
            return
        self._backed_up = now
        self.warnings = tuple(warning for warning in self.warnings if warning != _NO_BACKUP)
        try:
            if backups.due(self.path / BACKUPS, now):
                backups.make(self.store, self.path / BACKUPS, now)
        except (StoreError, OSError):
            self.warnings += (_NO_BACKUP,)

    # --- what a counselor gave ---

    @property
    def key(self) -> str:
        """The client's secret key, with which a counselor's feedback opens; made when first needed."""
        held = self._record("key", "client")
        if held is None:
            held = {"secret": seal.new_identity()}
            self.store.record("key", "client", held)
        return str(held["secret"])

    @property
    def _page_key(self) -> str:
        """32 bytes in base64, with which pages seal what they hold until it is saved; made when first needed."""
        held = self._record("key", "page")
        if held is None:
            held = {"secret": base64.b64encode(secrets.token_bytes(32)).decode()}
            with contextlib.suppress(StoreError):  # nothing can be saved: the page says so when there is something to
                self.store.record("key", "page", held)
                held = self._record("key", "page") or held  # another kernel may have been quicker
        return str(held["secret"])

    @property
    def installed(self) -> Workbook:
        """The workbook of this installation, in the language that was asked for if it is there."""
        if self._installed is not None:
            return self._installed
        language = self.assigned.asks.language if self.assigned else "en"
        return overlay.shipped(language if self.speaks(language) else "en")

    def speaks(self, language: str) -> bool:
        """Say whether the installed workbook is there in a language."""
        try:
            return overlay.shipped(language) is not None
        except UnknownId:
            return False

    def install(self, workbook: Workbook) -> None:
        """Ask a practice's own workbook from now on, in place of the shipped one; no answer changes."""
        self.store.record("workbook", "installed", workbook.model_dump(mode="json"))
        self._installed = workbook
        self._ask()

    def take(self, assigned: Assigned) -> None:
        """Ask what a counselor asks from now on; no answer changes."""
        self.store.record("assignment", "current", assigned.model_dump(mode="json"))
        self.assigned = assigned
        self._ask()

    def _asked(self) -> Workbook:
        return (
            workbook_of(self.installed, self.assigned.asks, self.assigned.counselor)
            if self.assigned
            else self.installed
        )

    def _ask(self) -> None:
        self.workbook = self._asked()
        self._asked_by_rules = _asked_by_rules(self.workbook)
        self._stood = None

    def _assigned_task(self, exercise_id: str) -> dict[str, object] | None:
        for task in self.assigned.asks.tasks if self.assigned else ():
            if task.exercise == exercise_id and self.assigned:
                due = task.due.isoformat() if task.due else None
                return {"from": self.assigned.counselor, "instruction": task.instruction, "due": due}
        return None

    def _record(self, kind: str, key: str) -> dict[str, Any] | None:
        return next((record.payload for record in self.store.records(kind) if record.key == key), None)


# --- the answers' file ---

_NO_BACKUP = (
    "No backup of your answers could be made. Is the disk full? What you write is saved all the same; free some space."
)
_READABLE = (
    "{file} could not be locked, so anyone can read it. Is the disk full, or may its folder only be read? Put that "
    "right and open the journal again, or delete the file."
)
_STAYS_LOCKED = (
    "{file} could not be unlocked, and still needs the passphrase. Is the disk full, or may its folder only be read? "
    "Put that right and unlock the journal again."
)
_REMOVED = (
    "{file}, a backup, was damaged and could be read by anyone, so it was removed. Your answers and the other backups "
    "are whole."
)
_UNLOCKED = (
    "This journal has a passphrase, but {file} is not locked: anyone can read it, or has put it there. It was not "
    "opened, and nothing was changed. If you put it there yourself, take the passphrase off: workbook unlock "
    '--as-it-is --journal "{path}". Then lock the journal again. If you did not, move that file away and open '
    "the journal: its newest backup takes its place."
)
_ASLEEP = "This journal has locked itself. Its passphrase opens it again; what you wrote is safe."


def unlock(
    path: Path,
    passphrase: str | None = None,
    now: Callable[[], datetime] = local_now,
    environ: Mapping[str, str] = os.environ,
) -> bytes | None:
    """Return the key of the journal in a folder; None when it is not locked. Raises Locked."""
    held, file = lock.Lock(path / KEYS, now), path / ANSWERS
    if not held.exists:
        return None
    if file.exists() and is_plain(file):
        if held.under_way:
            return None
        raise JournalError(_UNLOCKED.format(file=file, path=path, keys=path / KEYS / "lock.json"))
    if passphrase is None:
        borrowed = lock.borrow(environ)
        if borrowed is not None and held.fits(borrowed):
            return borrowed
        passphrase = environ.get("WORKBOOK_PASSPHRASE")
    if not passphrase:
        raise Locked("This journal is locked. Its passphrase opens it.")
    key = held.open(passphrase)
    lock.lend(key, environ)
    return key


def _open_store(path: Path, key: bytes | None, now: Callable[[], datetime]) -> tuple[Store, tuple[str, ...]]:
    """Open and check the answers; a damaged file gives way to the newest good backup, and says so."""
    try:
        return _checked(path, key, now), ()
    except Damaged as damage:
        try:
            with _alone(path):
                try:
                    return _checked(path, key, now), ()  # another page was faster
                except Damaged:
                    said = _recover(path, key, now(), damage)
                return _checked(path, key, now), (said,)
        except OSError as problem:
            raise Damaged(
                f"{damage} The newest backup could not take its place: {problem.strerror}. Free some space, or make "
                "the folder writable, and open the journal again."
            ) from None


def _checked(path: Path, key: bytes | None, now: Callable[[], datetime]) -> Store:
    file = path / ANSWERS
    if (not file.exists() or file.stat().st_size == 0) and backups.listed(path / BACKUPS):
        file.touch(mode=0o600)  # SQLite would begin a new one without a word
        raise Damaged(f"{file} is empty or gone.")
    store = Store(file, key, now=now)
    try:
        store.check()
        _assigned(store)
        _installed(store)
    except StoreError:
        store.close()
        raise
    return store


def _recover(path: Path, key: bytes | None, now: datetime, damage: Damaged) -> str:
    """Put the newest good backup in the place of a damaged file, keep that beside, and say what may be missing."""
    file = path / ANSWERS
    good = backups.newest_good(path / BACKUPS, key)
    if good is None:
        raise Damaged(f"{damage} There is no whole backup either. Make a copy of the folder before you try anything.")
    kept = file.with_name(f"answers.damaged-{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}.sqlite")
    new = file.with_name("answers.sqlite.new")
    files.write(new, good.file.read_bytes())
    if key is not None and is_plain(new):  # a backup there was no room to lock
        rewrite(new, None, key)
    for end in ("-wal", "-shm"):
        log = file.with_name(file.name + end)
        if log.exists():
            log.replace(kept.with_name(kept.name + end))
    file.replace(kept)
    new.replace(file)
    files.settle(file.parent)
    return (
        f"The file with your answers was damaged, so the backup of {backups.in_words(good.at)} was opened instead. "
        f"What you wrote after that may be missing. The damaged file is kept: {kept}"
    )


@contextlib.contextmanager
def _alone(path: Path, patience: float = 10) -> Iterator[None]:
    """Let one page at a time put a damaged file right, or lock it; after `patience` seconds whoever began is gone."""
    turn = path / HIDDEN / "recovering"
    for _ in range(round(10 * patience)):
        try:
            turn.mkdir()
            break
        except FileExistsError:
            time.sleep(0.1)
        except OSError:  # no room, or a folder that may only be read: what comes next says so
            break
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            turn.rmdir()


def _conflicts(path: Path) -> Iterator[str]:
    """Name what a synced drive left beside our files when two computers wrote at once."""
    for copy in _copies(path):
        if not copy.name.startswith("answers.damaged-"):
            yield (
                f"A synced drive has left a second copy of your answers: {copy}. Two computers wrote at once. This "
                "journal goes on with its own file. To see what the copy holds: "
                f"workbook restore {files.typed(copy)}. Then move it away, and keep the journal on one computer only."
            )
    for name in (KEYS / "lock.json", MARK):
        for copy in sorted((path / name).parent.glob(f"{name.stem}*.json")):
            if copy.name != name.name:
                yield (
                    f"A synced drive has left a second copy of {path / name}: {copy}. The journal goes on with its "
                    "own. While it opens with your passphrase, you can delete the copy."
                )


def _copies(path: Path) -> Iterator[Path]:
    """Answers in the journal's folder that are neither its own nor one of its backups."""
    ours = {path / ANSWERS, *(backup.file for backup in backups.listed(path / BACKUPS))}
    for folder in (path / HIDDEN, path / BACKUPS):
        yield from sorted(set(folder.glob("answers*.sqlite")) - ours)


# --- answers ---

_NOT_ASKED = {
    "note": "is words only",
    "computed": "is worked out from other answers",
}


def _can_be_answered(item: Item) -> None:
    if item.kind in _NOT_ASKED:
        raise InvalidAnswer(f"“{item.id}” {_NOT_ASKED[item.kind]}, so it takes no answer. Nothing was saved.")
    if item.retired:
        raise InvalidAnswer(f"“{item.id}” is no longer asked. What was answered before is kept. Nothing was saved.")


def _judged(item: Item, value: object, status: str) -> tuple[object, str]:
    """The value as stored, and its label for people."""
    if status == "answered":
        value = kinds.check(item, value)
        return value, kinds.label(item, value)
    if status not in ("skipped", "blank"):
        raise InvalidAnswer(f"“{status}” is not a status. Use one of: answered, skipped, blank. Nothing was saved.")
    return None, kinds.SKIPPED if _status(status) == "skipped" else ""


def _status(word: str) -> Status:
    for status in get_args(Status):
        if word == status:
            return cast("Status", status)
    raise InvalidAnswer(f"“{word}” is not a status. Use one of: answered, skipped, blank. Nothing was saved.")


def _hints(item: Item, value: object) -> tuple[dict[str, object], ...]:
    """What `language` notices in a text, letter parts each on their own."""
    if value is None or not getattr(item, "cues", False):
        return ()
    try:
        from workbook.safety import language
    except ImportError:
        return ()
    return tuple(language.hints(item, value))


def _quotes(exercise: Exercise) -> tuple[str, ...]:
    """The questions of other forms whose answers an exercise shows under its notes."""
    return tuple(id for item in exercise.items if isinstance(item, models.Note) for id in item.quotes)


def _lock_payload(lock: Any, region: str | None, now: datetime) -> dict[str, object]:
    from workbook.safety import helplines

    return {
        "title": lock.title,
        "html": lock.reason_html,
        "instead": [{"label": label, "href": href} for label, href in lock.instead],
        "resources": list(helplines.brief(region, lock.resources, now)),
    }


def _asked_by_rules(workbook: Workbook) -> frozenset[str]:
    rules = [rule for gate in workbook.gates for rule in (gate.when, gate.reopens) if rule is not None]
    return frozenset(id for rule in rules for id in conditions.parse(rule).ids)


def _responses(history: Iterable[StoredAnswer]) -> dict[tuple[str, str], Response]:
    """The newest version of each answer that was not cleared; `history` has the oldest first."""
    newest = {(version.item, version.occasion): version for version in history}
    return {
        place: kinds.Response(version.value, version.status, version.answered_at)
        for place, version in newest.items()
        if version.status != "blank"
    }


def _told(events: Iterable[Event]) -> list[dict[str, object]]:
    return [{"gate": event.rule, "change": event.kind.removeprefix("gate-"), "at": event.at} for event in events]


def _asked(exercise: Exercise) -> bool:
    return not exercise.retired


# --- the folder ---


def _make_folders(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        for folder in (HIDDEN, BACKUPS, KEYS):
            (path / folder).mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise JournalError(f"{path.parent} does not exist. Make that folder first, or choose another.") from None
    except OSError as problem:
        raise JournalError(
            f"{path} cannot be made into a journal: {problem.strerror}. Choose a folder you may write in."
        ) from None


def _check_mark(path: Path) -> None:
    try:
        mark = json.loads((path / MARK).read_text())
        made = int(mark["format"])
    except (OSError, ValueError, KeyError, TypeError):
        raise JournalError(
            f"{path / MARK} cannot be read, so it is not certain that {path} is a journal. Nothing was changed. "
            "Give yourself the right to read it, or put it back from a copy."
        ) from None
    if made > FORMAT:
        raise JournalError(
            f"{path} was made by a newer version of Mend (format {made}; this one knows {FORMAT}). "
            "Nothing was changed. Install the newer version to open it."
        )


def _assigned(store: Store) -> Assigned | None:
    """What a counselor asked for last. The first version carried a workbook, of which only the additions stay."""
    carried = {record.key: record.payload for record in store.records("workbook")}
    for record in store.records("assignment"):
        try:
            return read_assigned(record.payload, carried.get("assigned"))
        except (ValueError, KeyError, TypeError):  # it quotes what it could not read: not passed on
            raise Damaged("What your counselor asked of you is damaged in the file with your answers.") from None
    return None


def _installed(store: Store) -> Workbook | None:
    """The workbook of a practice's own that this journal asks, if there is one."""
    for record in store.records("workbook"):
        if record.key == "installed":
            try:
                return models.Workbook.model_validate(record.payload)
            except ValueError:
                raise Damaged("The workbook of this journal is damaged in the file with your answers.") from None
    return None
