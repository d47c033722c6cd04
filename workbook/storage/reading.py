"""The answers of one store as they are now, held in memory and read again when another kernel has written."""

from __future__ import annotations

import bisect
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from workbook.answers import occasions
from workbook.answers.kinds import Response
from workbook.answers.shown import latest
from workbook.storage.store import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from workbook.storage.store import Event, Store, StoredAnswer

Place = tuple[str, str]  # item, occasion

_NEVER = datetime.min.replace(tzinfo=UTC)
_FEW = 500  # versions that are asked for one by one

_Given = defaultdict[str, defaultdict[str, dict[str, Response]]]


class Index(NamedTuple):
    """The same answers by exercise."""

    given: dict[str, dict[str, dict[str, Response]]]  # current answers by exercise, occasion and item
    first: dict[str, list[StoredAnswer]]  # the first version of each answer, by exercise
    newest: dict[str, Response]  # of each item, whatever its occasion
    times: list[datetime]  # when each of them was given, oldest first
    order: dict[str, dict[object, list[str]]]  # kept by who works it out: an exercise's occasions, oldest first

    def take(self, answer: StoredAnswer, response: Response, before: Response | None) -> None:
        """Take in a current answer that is newer than all others, in the place of the one `before`."""
        exercise = answer.item.rpartition(".")[0]
        self.given.setdefault(exercise, {}).setdefault(answer.occasion, {})[answer.item] = response
        self.newest[answer.item] = response
        if before is not None:
            del self.times[bisect.bisect_left(self.times, before.at)]
        self.times.append(response.at)
        self.order.pop(exercise, None)

    def begin(self, answer: StoredAnswer, replaced: StoredAnswer | None) -> None:
        """Take in the first version of an answer, in the place of what it was."""
        first = self.first.setdefault(answer.item.rpartition(".")[0], [])
        if replaced is None:
            first.append(answer)
        else:
            first[:] = [answer if one is replaced else one for one in first]


class InTime(NamedTuple):
    """Everything at one moment, in order, at times put right: see `occasions.in_time`."""

    current: Mapping[Place, Response]
    history: list[StoredAnswer]  # every version
    events: list[Event]  # every closing and opening of a rule


class Reading:
    """Every version and every current answer of a store.

    `anew` is called before the answers are read again, because another kernel has written.
    """

    def __init__(self, store: Callable[[], Store], now: Callable[[], datetime], anew: Callable[[], object]) -> None:
        self._store, self._now, self._anew = store, now, anew
        self.forget()

    def forget(self) -> None:
        """Hold nothing in memory: what is asked for next is read."""
        self._rows: dict[str, StoredAnswer] | None = None  # every version by its imprint, where they were kept
        self._state = object()
        self._text: str | None = None  # their imprint, while `_versions` are those
        self._versions: dict[Place, list[StoredAnswer]] = {}
        self._current: dict[Place, Response] = {}  # at times put right, see `occasions.in_time`
        self._indexed: Index | None = None
        self._seen: object = None  # the store's stamp when they were read
        self._newest_at = _NEVER  # the largest time of any answer
        self._line: _Line | None = None
        self._moved = False  # times were put right when `_current` was made: they move as time passes

    def versions(self) -> Mapping[Place, list[StoredAnswer]]:
        """Return every version by item and occasion, the newest last."""
        stamp = self._store().stamp()
        if stamp != self._seen:
            self._anew()
            if self._rows is None:
                self._take(self._store().history())
            else:
                self._read_again(self._rows)
            self._seen = stamp
        return self._versions

    def state(self) -> object:
        """Return what is another as soon as any answer is; None while times are put right, which moves them."""
        self.versions()
        return None if self._moved else self._state

    def keep(self) -> None:
        """Compare what is held with the store, which may be another, when next asked; then read only what is new."""
        self._rows, self._seen = self._rows or {}, None

    def hold(self, stamp: object) -> None:
        """Take what was kept for what the store says while it has this stamp: nobody has written since it was read."""
        if self._text is not None:
            self._anew()
            self._seen = stamp

    def _take(self, history: Collection[StoredAnswer]) -> None:
        """Let this be every version there is; it is sorted by item, occasion and version."""
        self._state = object()
        self._versions, self._line = {}, None
        for answer in history:
            self._versions.setdefault((answer.item, answer.occasion), []).append(answer)
        self._newest_at = max(self._newest_at, max((answer.answered_at for answer in history), default=_NEVER))
        self._current, self._indexed = _responses(self._in_time()[0]), None
        self._moved = self._line is None

    def _read_again(self, before: dict[str, StoredAnswer]) -> None:
        """Read what has changed since `before` was read."""
        store = self._store()
        if self._text is not None and store.imprint() == self._text:
            return
        texts = store.imprints() if before else []
        lacking = {text.partition(BETWEEN)[0] for text in texts if text not in before}
        found = store.imprinted(lacking) if len(lacking) <= _FEW else {}
        rows = {text: row for text in texts if (row := before.get(text) or found.get(text)) is not None}
        if not rows or len(rows) != len(texts):  # nothing was read before, or much, or it was written just now
            rows = store.imprinted()
        new = _only_added(before, rows, self._versions) if self._text is not None else None
        if new is None:
            self._take(rows.values())
        for answer in new or ():
            self.remember(answer)
        self._rows, self._text = rows, BETWEEN.join(rows)

    def current(self) -> Mapping[Place, Response]:
        """Return the current answers and refusals by item and occasion; cleared ones are left out."""
        self.versions()
        return self._current

    def first(self) -> Iterator[StoredAnswer]:
        """Yield the first version of every answer."""
        return (versions[0] for versions in self.versions().values())

    def index(self) -> Index:
        """Return the current answers and the first versions, by exercise."""
        self.versions()
        if self._indexed is None:
            given: _Given = defaultdict(lambda: defaultdict(dict))
            first: defaultdict[str, list[StoredAnswer]] = defaultdict(list)
            exercises = {item: item.rpartition(".")[0] for item in {item for item, _ in self._versions}}
            for (item, occasion), response in self._current.items():
                given[exercises[item]][occasion][item] = response
            for (item, _), versions in self._versions.items():
                first[exercises[item]].append(versions[0])
            times = sorted([response.at for response in self._current.values()])
            # Plain ones from here on: what is asked for and not there must not be made.
            plain = {exercise: dict(occasions) for exercise, occasions in given.items()}
            self._indexed = Index(plain, dict(first), latest(self._current), times, {})
        return self._indexed

    def in_time(self) -> InTime:
        """Return what safety rules ask about, all of one moment."""
        self.versions()
        history, events = self._in_time()
        if self._line is None or self._moved:
            self._current, self._indexed, self._moved = _responses(history), None, self._line is None
        return InTime(self._current, history, events)

    def remember(self, answer: StoredAnswer) -> None:
        """Take in an answer that was just saved."""
        self._text, self._state = None, object()
        place = (answer.item, answer.occasion)
        versions = self._versions.setdefault(place, [])
        replaced = versions.pop() if versions and versions[-1].version == answer.version else None
        begins = not versions
        versions.append(answer)
        self._line = self._line and self._line.with_next(answer, replaced)
        newest = answer.answered_at > self._newest_at
        if answer.answered_at < self._newest_at:  # the clock was set back: which answer is the newest is seen anew
            self._current, self._moved = _responses(self._in_time()[0]), True
        elif answer.status == "blank":
            self._current.pop(place, None)
        else:
            before = self._current.get(place)
            self._current[place] = given = Response(answer.value, answer.status, answer.answered_at)
            if newest and self._indexed is not None:
                self._indexed.take(answer, given, before)
                if begins:
                    self._indexed.begin(answer, replaced)
        if not newest or answer.status == "blank":
            self._indexed = None
        self._newest_at = max(self._newest_at, answer.answered_at)

    def gate_log(self) -> list[Event]:
        """Return when safety rules closed and opened, in order."""
        return [event for event in self._store().events() if event.kind.startswith("gate-")]

    def _in_time(self) -> tuple[list[StoredAnswer], list[Event]]:
        log, now = self.gate_log(), self._now()
        if self._line is not None and self._line.log == log and self._line.until <= now:
            return self._line.history, self._line.events
        versions = [version for versions in self._versions.values() for version in versions]
        history, events = occasions.in_time(versions, log, now)
        right = events == log and {*map(id, history)} == {*map(id, versions)}
        self._line = _Line(history, events, log) if right else None  # else a clock was wrong: it is seen anew each time
        return history, events


class _Line(NamedTuple):
    """What was found in order, with no time in it to be put right: it holds as long as nothing is written."""

    history: list[StoredAnswer]
    events: list[Event]
    log: list[Event]  # the events it was found from

    @property
    def until(self) -> datetime:
        """Its newest moment; looked at from before that, it is another."""
        newest = [one.answered_at for one in self.history[-1:]] + [one.at for one in self.events[-1:]]
        return max(newest, default=_NEVER)

    def with_next(self, answer: StoredAnswer, replaced: StoredAnswer | None) -> _Line | None:
        """Return it with an answer just saved, in the place of `replaced`; None: it has to be seen anew."""
        if answer.answered_at <= self.until:
            return None
        history = [*self.history, answer]
        for place in reversed(range(len(self.history)) if replaced is not None else ()):
            if history[place] is replaced:
                del history[place]
                break
        return self._replace(history=history)


def _only_added(
    before: Mapping[str, StoredAnswer], after: Mapping[str, StoredAnswer], versions: Mapping[Place, list[StoredAnswer]]
) -> list[StoredAnswer] | None:
    """Return what was saved since, in order, as long as that is all that happened; None: it is not."""
    new = sorted((after[text] for text in after.keys() - before.keys()), key=lambda one: one.saved)
    places = {(one.item, one.occasion, one.version) for one in new}
    gone = (before[text] for text in before.keys() - after.keys())
    if not all((one.item, one.occasion, one.version) in places for one in gone):
        return None
    last = max((one.saved for one in before.values()), default=0)
    ends = {place: every[-1].version for one in new if (every := versions.get(place := (one.item, one.occasion)))}
    at_end = all(one.version >= ends.get((one.item, one.occasion), 0) for one in new)
    return new if at_end and all(one.saved > last for one in new) else None


def _responses(history: Iterable[StoredAnswer]) -> dict[Place, Response]:
    """The newest version of each answer that was not cleared; `history` has the oldest first."""
    newest = {(version.item, version.occasion): version for version in history}
    return {
        place: Response(version.value, version.status, version.answered_at)
        for place, version in newest.items()
        if version.status != "blank"
    }
