"""One client's folder: find, create, open, lock. Joins the definition and the store."""

from __future__ import annotations

import json
import os
import secrets
import weakref
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from workbook import answers as kinds
from workbook import definition, seal
from workbook.errors import Closed, InvalidAnswer, JournalError, UnknownId
from workbook.store import SITTING, Status, Store, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from workbook.answers import Response
    from workbook.assessment import Assessment
    from workbook.definition import Exercise, Item, Workbook
    from workbook.form import Form
    from workbook.safety import GateState, Standing

FORMAT = 1
HIDDEN = ".mend"  # everything but the notebooks
MARK = Path(HIDDEN, "journal.json")  # a folder that has it is a journal
ANSWERS = Path(HIDDEN, "answers.sqlite")

_CHANGES = {"closed": "closed", "open": "opened"}  # state of a gate → what the log says happened
_STANDING_HOLDS = timedelta(seconds=30)  # a rule may also move because time passes
_WORDS = frozenset({"text", "longtext", "letter", "table"})  # rules look at how long one writes, never at the words


def local_now() -> datetime:
    """Return the time now, aware, in this computer's time zone: its date is the person's day."""
    return datetime.now().astimezone()


def open_journal(path: str | Path | None = None, *, now: Callable[[], datetime] = local_now) -> Journal:
    """Open a journal; an empty or missing folder becomes one.

    Without a path: `$WORKBOOK_HOME`, else the nearest journal at or above the working folder, else `~/Mend`.
    Raises JournalError when the folder is something else, Locked when it needs a passphrase.
    """
    return Journal.open(find(path), now=now)


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

    at: datetime
    version: int
    overtaken: bool
    hints: tuple[dict[str, object], ...]


class Journal:
    """One client's answers, on the questions of one workbook."""

    def __init__(self, path: Path, store: Store, workbook: Workbook, now: Callable[[], datetime] = local_now) -> None:
        self.path = path
        self.store = store
        self.workbook = workbook
        self.now = now
        self._versions: dict[tuple[str, str], list[StoredAnswer]] = {}
        self._seen: object = None  # the store's stamp when _versions were read
        self._current: dict[tuple[str, str], Response] = {}
        self._stood: tuple[datetime, Standing] | None = None
        self._stood_at: datetime | None = None
        self._locked_since: dict[str, datetime] = {}
        self._forms: weakref.WeakKeyDictionary[Form, frozenset[str]] = weakref.WeakKeyDictionary()
        self._listeners: list[Callable[[], None]] = []

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
            raise JournalError(f"{path} is already a journal. Open it with: workbook open {path}")
        _make_folders(path)
        mark = {"format": FORMAT, "id": secrets.token_hex(16), "created": now().astimezone(UTC).isoformat()}
        _write(path / MARK, json.dumps(mark).encode())
        journal = cls.open(path, now=now)
        return journal

    @classmethod
    def open(cls, path: str | Path, *, now: Callable[[], datetime] = local_now) -> Journal:
        """Open the journal in a folder, made when the folder is missing or empty."""
        path = Path(path)
        if not (path / MARK).exists():
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise JournalError(
                    f"{path} is not a journal, and it is not empty. Choose another folder, or make a new one: "
                    f"workbook open {path / 'Mend'}"
                )
            return cls.create(path, now=now)
        _check_mark(path)
        store = Store(path / ANSWERS, now=now)
        return cls(path, store, _assigned(store) or definition.load(), now)

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()

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
        occasion = self.occasion_now(exercise.id) if occasion is None else _occasion(exercise, occasion)
        self._refuse_if_closed(exercise, self.standing())
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
        self._remember(answer)
        if asked.kind not in _WORDS:
            self._stood = None
        self._note_gates()
        for heard in self._listeners:
            heard()
        return answer

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` after every save of this journal."""
        self._listeners.append(heard)

    def _refuse_if_closed(self, exercise: Exercise, standing: Standing) -> None:
        lock = standing.lock(exercise.id)
        # Words written while a rule closed (or just before) are kept: the page hears of it with its next message.
        if lock is not None and self.now() - self._locked_since[exercise.id] >= SITTING:
            raise Closed(
                f"“{exercise.title}” is closed for now: {lock.title}. Nothing new is saved in it; what you wrote "
                "before is still there. The first page, 00-start, says what you can do instead."
            )

    def _remember(self, answer: StoredAnswer) -> None:
        versions = self._versions.setdefault((answer.item, answer.occasion), [])
        if versions and versions[-1].version == answer.version:
            versions.pop()
        versions.append(answer)
        self._hold(answer)

    def _hold(self, newest: StoredAnswer) -> None:
        place = (newest.item, newest.occasion)
        if newest.status == "blank":
            self._current.pop(place, None)
        else:
            self._current[place] = kinds.Response(newest.value, newest.status, newest.answered_at)

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
            self._versions, self._current, self._stood = {}, {}, None
            for answer in self.store.history():
                self._versions.setdefault((answer.item, answer.occasion), []).append(answer)
            for versions in self._versions.values():
                self._hold(versions[-1])
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
        latest = kinds.latest(responses)
        shown: set[tuple[str, str]] = set()
        for exercise in self.workbook.exercises:
            asked = {item.id for item in exercise.items if not item.retired}
            occasions = {occasion for item, occasion in responses if item in asked}
            for occasion in occasions:
                here = latest | {item: r for (item, when), r in responses.items() if when == occasion and item in asked}
                visible = kinds.active(exercise, here) & asked
                shown |= {(item, occasion) for item in visible if (item, occasion) in responses}
        return shown

    def answers(self) -> pd.DataFrame:
        """Return one row per current answer; `frame.COLUMNS` says what each column holds."""
        from workbook import frame

        rows = [versions[-1] for versions in self._read().values() if versions[-1].status != "blank"]
        return frame.answers(self.workbook, rows, self.active())

    def history(self) -> pd.DataFrame:
        """Return one row per version of every answer, cleared ones too; see `frame.HISTORY_COLUMNS`."""
        from workbook import frame

        return frame.history(self.workbook, [version for versions in self._read().values() for version in versions])

    def share_level(self, item: str) -> str:
        """Return who may be shown an item: "private", "ask" or "counselor". What is not known stays private."""
        try:
            asked = self.workbook.item(item)
        except UnknownId:
            return "private"
        return asked.share or self.workbook.exercise(asked.exercise_id).share

    # --- safety ---

    def standing(self) -> Standing:
        """Return what the safety rules say now: locks, notices, hidden items, track."""
        from workbook import safety

        versions, now = self._read(), self.now()
        if self._stood is not None and timedelta(0) <= now - self._stood[0] < _STANDING_HOLDS:
            return self._stood[1]
        assignment = self._record("assignment", "current") or {}
        standing = safety.standing(
            self.workbook,
            self._current,
            now,
            tighten=assignment.get("tighten"),
            events=self.gate_events(),
            history=[version for each in versions.values() for version in each],
        )
        seen_just_now = self._stood_at is not None and now - self._stood_at < SITTING
        for exercise in self.workbook.exercises:
            if standing.lock(exercise.id) is None:
                self._locked_since.pop(exercise.id, None)
            else:
                self._locked_since.setdefault(exercise.id, now if seen_just_now else now - SITTING)
        self._stood, self._stood_at = (now, standing), now
        return standing

    def gates(self) -> tuple[GateState, ...]:
        """Return each safety rule: open, closed or unknown, what it locks, and why."""
        return self.standing().gates

    def gate_events(self) -> list[dict[str, object]]:
        """Return when safety rules closed and opened: `{gate, change, at}`, never why."""
        return [
            {"gate": event.rule, "change": event.kind.removeprefix("gate-"), "at": event.at}
            for event in self.store.events()
            if event.kind.startswith("gate-")
        ]

    # --- what is built from the answers ---

    def assessment(self) -> Assessment:
        """Return the self-assessment; it shows itself in a notebook."""
        from workbook import assessment

        return assessment.assess(self.workbook, self.answers(), standing=self.standing(), now=self.now())

    def report(self, path: str | Path, **options: Any) -> Path:
        """Write the report, one self-contained HTML file, and return where it is; see `report.write`."""
        from workbook import report

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
        shown = kinds.active(exercise, kinds.latest(self.responses()) | dict(here))
        return (answerable & shown) - foot - self.standing().hidden

    # --- occasions ---

    def occasions(self, exercise_id: str) -> list[str]:
        """Return the occasions of an exercise that have an answer, oldest first."""
        items = {item.id for item in self.workbook.exercise(exercise_id).items}
        return sorted({occasion for item, occasion in self.responses() if item in items}, key=_order)

    def occasion_now(self, exercise_id: str) -> str:
        """Return the occasion an answer given now belongs to.

        "once"; the day; the week's Monday; the month's first day. An exercise that repeats any time goes on
        with its newest filling while that is unfinished, or was begun today and is not marked as done.
        """
        exercise = self.workbook.exercise(exercise_id)
        today = self.now().date()
        if exercise.repeats != "any":
            return _PERIODS[exercise.repeats](today)
        before = self.occasions(exercise_id)
        if before and self._goes_on(exercise, before[-1], today):
            return before[-1]
        return _next_free(before, today)

    def _goes_on(self, exercise: Exercise, occasion: str, today: date) -> bool:
        here = self.responses_for(exercise.id, occasion)
        marked = here.get(f"{exercise.id}.done")
        if marked and marked.value == "yes":
            return False
        return occasion[:10] == today.isoformat() or bool(self._questions(exercise, here) - here.keys())

    # --- the form ---

    def exercise(self, id: str, occasion: str | None = None) -> Form:
        """Return an exercise as a form for the page; `occasion` is the one it opens on.

        A form is always returned: what is locked, and why, is what it reads first.
        """
        from workbook import form

        exercise = self.workbook.exercise(id)

        def save(*, item: str, value: object, status: str, occasion: str, seen: int, page: str) -> _Saved:
            before = self.standing()
            answer = self.save(item, value, occasion, status, sitting=page)
            self._tell_others(widget, item, before)
            return _Saved(
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

    def _tell_others(self, saved: Form, item: str, before: Standing) -> None:
        """Let the other forms of this page read again when this answer changes what they show."""
        after = self.standing()
        moved = after is not before and (before.hidden != after.hidden or before.gates != after.gates)
        for form, context in list(self._forms.items()):
            if form is not saved and (moved or item in context):
                form.changed()

    def _context_ids(self, exercise: Exercise) -> frozenset[str]:
        """The items of other exercises that decide what this one shows."""
        from workbook import conditions

        rules = [exercise.show_if, *(item.show_if for item in exercise.items)]
        ids = {id for rule in rules if rule for id in conditions.parse(rule).ids}
        return frozenset(ids - {item.id for item in exercise.items})

    def _payload(self, exercise: Exercise, wanted: str | None) -> dict[str, object]:
        now_occasion = self.occasion_now(exercise.id)
        occasion = _occasion(exercise, wanted) if wanted else now_occasion
        standing = self.standing()
        lock = standing.lock(exercise.id)
        latest = kinds.latest(self.responses())
        progress = self._progress(exercise, occasion)
        return {
            "occasion": occasion,
            "occasions": list(self._choices(exercise, now_occasion)),
            "answers": self._shown(exercise, occasion),
            "context": {id: latest[id].value for id in self._context_ids(exercise) & latest.keys()},
            "lock": lock and _lock_payload(lock),
            "journal": json.loads((self.path / MARK).read_text())["id"],
            "hidden": sorted(standing.hidden),
            "assigned": self._assigned_task(exercise.id),
            "progress": {"answered": progress.answered, "total": progress.total, "done": progress.done},
        }

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

    def _choices(self, exercise: Exercise, now_occasion: str) -> Iterator[dict[str, object]]:
        """The occasions a form offers, newest first."""
        today = self.now().date()
        before = [occasion for occasion in self.occasions(exercise.id) if occasion != now_occasion]
        yield {"id": now_occasion, "label": _named(exercise, now_occasion, today), "current": True}
        if exercise.repeats == "any":
            free = _next_free([*before, now_occasion], today)
            if now_occasion in self.occasions(exercise.id):
                yield {"id": free, "label": "A new one", "current": True}
        for occasion in reversed(before):
            yield {"id": occasion, "label": _named(exercise, occasion, today), "current": False}

    # --- what a counselor gave ---

    @property
    def key(self) -> str:
        """The client's secret key, with which a counselor's feedback opens; made when first needed."""
        held = self._record("key", "client")
        if held is None:
            held = {"secret": seal.new_identity()}
            self.store.record("key", "client", held)
        return str(held["secret"])

    def assign(self, workbook: Workbook) -> None:
        """Ask the questions of an assigned workbook from now on; no answer changes."""
        self.store.record("workbook", "assigned", workbook.model_dump(mode="json"))
        self.workbook = workbook
        self._stood = None

    def _assigned_task(self, exercise_id: str) -> dict[str, object] | None:
        assignment = self._record("assignment", "current") or {}
        for task in assignment.get("tasks", ()):
            if task["exercise"] == exercise_id:
                return {"from": assignment["counselor"], "instruction": task["instruction"], "due": task["due"]}
        return None

    def _record(self, kind: str, key: str) -> dict[str, Any] | None:
        return next((record.payload for record in self.store.records(kind) if record.key == key), None)


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
        from workbook import language
    except ImportError:
        return ()
    return tuple(language.hints(item, value))


def _lock_payload(lock: Any) -> dict[str, object]:
    return {
        "title": lock.title,
        "html": lock.reason_html,
        "instead": [{"label": label, "href": href} for label, href in lock.instead],
        "resources": list(lock.resources),
    }


def _asked(exercise: Exercise) -> bool:
    return not exercise.retired


# --- occasions ---

_PERIODS: dict[str, Callable[[date], str]] = {
    "once": lambda day: "once",
    "daily": lambda day: day.isoformat(),
    "weekly": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "monthly": lambda day: day.replace(day=1).isoformat(),
    "any": lambda day: day.isoformat(),
}
_THIS = {"daily": "Today", "weekly": "This week", "monthly": "This month"}


def _occasion(exercise: Exercise, occasion: str) -> str:
    """Judge an occasion given from outside: the start of a period this exercise repeats in."""
    day, dash, number = occasion[:10], occasion[10:11], occasion[11:]
    try:
        good = _PERIODS[exercise.repeats](date.fromisoformat(day) if occasion != "once" else date.min) == day
    except ValueError:
        good = False
    if dash or number:
        good = good and exercise.repeats == "any" and dash == "-" and number.isdecimal() and number == str(int(number))
    if not good or (occasion == "once") != (exercise.repeats == "once"):
        example = _PERIODS[exercise.repeats](date(2026, 3, 2))
        raise InvalidAnswer(
            f"“{occasion}” is not an occasion of “{exercise.title}”, which is asked {exercise.repeats}. "
            f"Use one like “{example}”. Nothing was saved."
        )
    return occasion


def _order(occasion: str) -> tuple[str, int]:
    return occasion[:10], int(occasion[11:] or 1)


def _next_free(before: list[str], today: date) -> str:
    free, number = today.isoformat(), 1
    while free in before:
        number += 1
        free = f"{today.isoformat()}-{number}"
    return free


def _named(exercise: Exercise, occasion: str, today: date) -> str:
    """An occasion in words: "This week", "Week of 2 March 2026", "2 March 2026 (second)"."""
    if occasion == "once":
        return ""
    if exercise.repeats in _THIS and occasion == _PERIODS[exercise.repeats](today):
        return _THIS[exercise.repeats]
    day, number = date.fromisoformat(occasion[:10]), _order(occasion)[1]
    if exercise.repeats == "monthly":
        return f"{day:%B %Y}"
    named = f"{day.day} {day:%B %Y}" if number == 1 else f"{day.day} {day:%B %Y} ({number})"
    return f"Week of {named}" if exercise.repeats == "weekly" else named


# --- the folder ---


def _make_folders(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        for folder in (HIDDEN, f"{HIDDEN}/backups", f"{HIDDEN}/keys"):
            (path / folder).mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise JournalError(f"{path.parent} does not exist. Make that folder first, or choose another.") from None
    except OSError as problem:
        raise JournalError(
            f"{path} cannot be made into a journal: {problem.strerror}. Choose a folder you may write in."
        ) from None


def _write(path: Path, data: bytes) -> None:
    """Write a file for its owner only, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


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


def _assigned(store: Store) -> Workbook | None:
    """The workbook a counselor assigned, kept with the answers so that it is as locked as they are."""
    for record in store.records("workbook"):
        return definition.Workbook.model_validate(record.payload)
    return None
