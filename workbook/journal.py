"""One client's journal: what is saved, what is read, where a person stands. Joins the definition and the store."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import os
import secrets
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
from workbook.errors import Closed, Damaged, InvalidAnswer, JournalError, StoreError, UnknownId
from workbook.safety import facts as measures
from workbook.storage import folder, seal, vault
from workbook.storage.database import local_now
from workbook.storage.folder import MARK
from workbook.storage.records import Private, Records, Region, Secret
from workbook.storage.store import PAUSE, Event, Status, Store, StoredAnswer
from workbook.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from workbook.answers.kinds import Response
    from workbook.assessment.assessment import Assessment
    from workbook.definition.models import Exercise, Item, Workbook
    from workbook.safety.gates import GateState, Standing
    from workbook.storage.backups import Preview

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


class _Index(NamedTuple):
    given: dict[str, dict[str, dict[str, Response]]]  # current answers by exercise, occasion and item
    first: dict[str, list[StoredAnswer]]  # the first version of each answer, by exercise


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
        self._vault = Vault(path, now=now, environ=environ, judge=_judge, opened=self._anew)
        self._listeners: list[Callable[[], None]] = []
        self._attending: list[Callable[[], None]] = []
        self._desk: Any = None
        self._vault.open(key)

    def _anew(self) -> None:
        """The store is another than before: nothing that was read of it holds."""
        self._installed = _installed(self.store)
        self.assigned = _assigned(self.store)
        self.workbook = self._asked()
        self._asked_by_rules = _asked_by_rules(self.workbook)
        self._forget()
        self._newest_at = datetime.min.replace(tzinfo=UTC)  # the largest time of any answer
        self._stood_at: datetime | None = None
        self._closed_since: dict[str, datetime] = {}

    def _forget(self) -> None:
        self._versions: dict[tuple[str, str], list[StoredAnswer]] = {}
        self._current: dict[tuple[str, str], Response] = {}  # at times put right, see `occasions.in_time`
        self._indexed: _Index | None = None
        self._seen: object = None  # the store's stamp when they were read
        self._private: set[str] | None = None  # read when first asked for
        self._stood: tuple[datetime, Standing] | None = None
        self._stands: Standing | None = None  # as last worked out

    @property
    def store(self) -> Store:
        """The answers. Raises Locked after the journal locked itself."""
        return self._vault.store

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences to show once: what was damaged, what a synced drive left."""
        return self._vault.warnings

    @property
    def id(self) -> str:
        """The random name of this journal. Raises JournalError when its mark is damaged."""
        return folder.check(self.path)

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
        folder.make(path, now())
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
        folder.check(path)
        journal = cls(path, vault.unlock(path, passphrase, now, environ), now, environ)
        journal._watch()
        return journal

    def close(self) -> None:
        """Let go of the files and of the key."""
        self._vault.close()
        self._forget()

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
        occasion = self.occasion_now(exercise.id) if occasion is None else self.place(exercise, occasion)
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
        self._vault.used()
        self._remember(answer)
        if self._may_move_a_rule(asked):
            self._stood = None
        self._note_gates()
        self._vault.back_up_if_due()
        self._tell(*self._listeners)
        return answer

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` after every save of this journal."""
        self._listeners.append(heard)

    def attend(self, heard: Callable[[], None]) -> None:
        """Call `heard` when the journal has locked itself, and when it is open again."""
        self._attending.append(heard)

    def _tell(self, *listeners: Callable[[], None]) -> None:
        for heard in listeners:
            heard()

    def _refuse_if_closed(self, exercise: Exercise, standing: Standing) -> None:
        lock = standing.closing(exercise.id)
        # Words written while a rule closed (or just before) are kept: the page hears of it with its next message.
        if lock is not None and not timedelta(0) <= self.now() - self._closed_since[exercise.id] < PAUSE:
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
        self._newest_at, self._indexed = max(self._newest_at, answer.answered_at), None

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
            change = None if gate.kept else _CHANGES.get(gate.state)
            if change and logged.get(gate.id, "opened") != change:
                self.store.event(f"gate-{change}", gate.id)

    # --- reading ---

    def versions(self, item: str, occasion: str) -> list[StoredAnswer]:
        """Return every version of one answer, the newest last."""
        return list(self._read().get((item, occasion), ()))

    @property
    def stands(self) -> Standing | None:
        """What `standing` returned last; it may be old."""
        return self._stands

    def _read(self) -> dict[tuple[str, str], list[StoredAnswer]]:
        """Every version by item and occasion, read again only when another kernel has written."""
        stamp = self.store.stamp()
        if stamp != self._seen:
            self._versions, self._stood, self._private = {}, None, None
            self.assigned = _assigned(self.store)  # a rule that a counselor keeps closed is closed on every open page
            for answer in self.store.history():
                self._versions.setdefault((answer.item, answer.occasion), []).append(answer)
                self._newest_at = max(self._newest_at, answer.answered_at)
            self._current, self._indexed = _responses(self._in_time()[0]), None
            self._seen = stamp
        return self._versions

    def _index(self) -> _Index:
        """The current answers and the first versions, by exercise."""
        self._read()
        if self._indexed is None:
            self._indexed = _Index({}, {})
            for (item, occasion), response in self._current.items():
                by_occasion = self._indexed.given.setdefault(item.rpartition(".")[0], {})
                by_occasion.setdefault(occasion, {})[item] = response
            for (item, _), versions in self._versions.items():
                self._indexed.first.setdefault(item.rpartition(".")[0], []).append(versions[0])
        return self._indexed

    def responses(self) -> dict[tuple[str, str], Response]:
        """Return the current answers and refusals by item and occasion; cleared ones are left out."""
        self._read()
        return dict(self._current)

    def responses_for(self, exercise_id: str, occasion: str) -> dict[str, Response]:
        """Return the current answers of one exercise on one occasion, by item."""
        self.workbook.exercise(exercise_id)  # one that does not exist is said as such
        return dict(self._index().given.get(exercise_id, {}).get(occasion, {}))

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
        given = self._index().given
        for exercise in self.workbook.exercises:
            asked = {item.id for item in exercise.items if not item.retired}
            for occasion, every in given.get(exercise.id, {}).items():
                here = {item: response for item, response in every.items() if item in asked}
                if here:
                    visible = asked_now(exercise, seen_by(exercise, latest, here))
                    shown |= {(item, occasion) for item in visible & here.keys()}
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
            self._private = set(Records(self.store, "private", Private).all())
        return self._private

    def _keep_private(self, item: str, occasion: str) -> None:
        key = f"{item}@{occasion}"
        if self.share_level(item) == "private" and key not in self._kept_private:
            Records(self.store, "private", Private).put(key, Private())
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
            self._current, self._indexed = _responses(history), None
        standing = safety.standing(
            self.workbook,
            self._current,
            now,
            tighten=self.assigned.asks.tighten if self.assigned else None,
            events=_told(events),
            history=history,
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

        return report.write(self.told(), Path(path), now=self.now(), **options)

    def told(self) -> frame.Told:
        """Return what a report and an export read: plain values, as they stand now."""
        return frame.Told(self.workbook, self.answers(), self.local_times(), self.standing())

    def progress(self, chapter_id: str | None = None) -> list[Progress]:
        """Return how far each exercise is, of one chapter or of all."""
        chapters = self.workbook.chapters if chapter_id is None else (self.workbook.chapter(chapter_id),)
        return [self.progress_on(one) for chapter in chapters for one in chapter.exercises if not one.retired]

    def progress_on(self, exercise: Exercise, occasion: str | None = None) -> Progress:
        """Return how far one exercise is on an occasion; None: the current one."""
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
            locked=self.standing().closing(exercise.id) is not None,
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
        self.workbook.exercise(exercise_id)  # one that does not exist is said as such
        index = self._index()
        given = index.given.get(exercise_id, {})
        begun = frame.begun(index.first.get(exercise_id, ()), self.now().tzinfo)
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

    def place(self, exercise: Exercise, occasion: str) -> str:
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

    def exercise(self, id: str, occasion: str | None = None) -> Any:
        """Return an exercise as a form for the page; `occasion` is the one it opens on.

        A form is always returned: what is closed, and why, is what it reads first.
        """
        from workbook.page.desk import Desk

        self._desk = self._desk or Desk(self)
        return self._desk.form(id, occasion)

    # --- the lock, and backups ---

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed to read the answers."""
        return self._vault.locked

    def lock(self, passphrase: str) -> None:
        """Lock the answers and their backups with a passphrase. `storage.lock.forgetting` is to be said before.

        Raises WeakPassphrase, and StoreError while another page has the journal open.
        """
        self._vault.lock(passphrase)
        self._watch()

    def unlock(self, passphrase: str) -> None:
        """Take the lock away; the answers can be read by anyone who has the files. Raises Locked.

        For a backup that could not be unlocked the passphrase stays as it is; it is named in `warnings`.
        """
        self._vault.unlock(passphrase)

    def change_passphrase(self, old: str, new: str) -> None:
        """Put a new passphrase in the place of the old one, or of a recovery key. Raises Locked, WeakPassphrase."""
        self._vault.change_passphrase(old, new)

    def recovery_key(self, passphrase: str) -> str:
        """Return a recovery key to write on paper; an earlier one opens nothing any more. Raises Locked."""
        return self._vault.recovery_key(passphrase)

    def wake(self, passphrase: str) -> None:
        """Open again after the journal locked itself; forms on the page go on. Raises Locked."""
        if self._vault.asleep:
            self._vault.wake(passphrase)
            self._watch()
            self._tell(*self._attending, *self._listeners)

    def _watch(self) -> None:
        """Fall asleep when `workbook open` forgets the key."""
        sleep: Callable[[], object] = self._sleep
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()  # a kernel's; its widgets may only be used from there
            sleep = functools.partial(loop.call_soon_threadsafe, self._sleep)
        self._vault.watch(sleep)

    def _sleep(self) -> None:
        if self._vault.keyed:  # else the lock was taken off meanwhile
            self.close()
            self._tell(*self._attending, *self._listeners)

    def backup(self, folder: str | Path | None = None) -> Path:
        """Copy the answers now: beside the others, or as a journal of its own in an empty or missing folder."""
        return self._vault.backup(folder)

    def preview(self, backup: str | Path | None = None) -> Preview:
        """Say what going back to a backup (None: the newest) would mean. Nothing changes."""
        return self._vault.preview(backup)

    def restore(self, backup: str | Path | None = None) -> Preview:
        """Go back to a backup (None: the newest). What is there now becomes a backup first, so nothing is lost.

        What went to and came from a counselor is not undone by it, so it stays as it is.
        """
        return self._vault.restore(backup)

    # --- what a counselor gave ---

    @property
    def key(self) -> str:
        """The client's secret key, with which a counselor's feedback opens; made when first needed."""
        secrets_ = Records(self.store, "key", Secret)
        held = secrets_.get("client")
        if held is None:
            secrets_.put("client", held := Secret(secret=seal.new_identity()))
        return held.secret

    @property
    def page_key(self) -> str:
        """32 bytes in base64, with which pages seal what they hold until it is saved; made when first needed."""
        secrets_ = Records(self.store, "key", Secret)
        held = secrets_.get("page")
        if held is None:
            held = Secret(secret=base64.b64encode(secrets.token_bytes(32)).decode())
            with contextlib.suppress(StoreError):  # nothing can be saved: the page says so when there is something to
                secrets_.put("page", held)
                held = secrets_.get("page") or held  # another kernel may have been quicker
        return held.secret

    @property
    def region(self) -> str | None:
        """Where the client is, as chosen or as guessed by the page; settable."""
        held = None
        with contextlib.suppress(Damaged):  # help lines are shown whatever is kept
            held = Records(self.store, "setting", Region).get("region")
        return None if held is None else held.region

    @region.setter
    def region(self, region: str) -> None:
        Records(self.store, "setting", Region).put("region", Region(region=region))

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


def _judge(store: Store) -> None:
    """Raise Damaged when what is asked cannot be read."""
    _assigned(store)
    _installed(store)


def _assigned(store: Store) -> Assigned | None:
    """What a counselor asked for last. The first version carried a workbook, of which only the additions stay."""
    for record in store.records("assignment"):
        first = "asks" not in record.payload
        carried = {one.key: one.payload for one in store.records("workbook")} if first else {}
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
