"""What gates ask about: the newest answer to each question, and what is measured from all answers and their times."""

from __future__ import annotations

import functools
import itertools
import operator
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from workbook.definition import kinds
from workbook.definition.measures import MEASURED, Measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from workbook.answers.kinds import Response
    from workbook.definition.measures import ShortCheck
    from workbook.definition.models import Workbook

T = TypeVar("T")

SITTING = timedelta(hours=3)  # without activity for this long, a sitting is over
RETELLING_DAYS = 30  # how far back retellings of one incident are counted
DISTRESS_DAYS = 14  # how far back rises in distress are counted
KEYS_A_MINUTE = 120  # slow, thoughtful typing; turns characters into minutes of writing
PAUSE = timedelta(minutes=5)  # two saves of free text no further apart are one stretch of writing
DRAFT_HOURS = 24  # how long a draft rests
LEFT_ALONE = timedelta(hours=1)  # a draft not touched for this long has been left, and rests


class Past(Protocol):
    """One stored version of an answer; what `store.StoredAnswer` is."""

    @property
    def item(self) -> str: ...
    @property
    def occasion(self) -> str: ...
    @property
    def value(self) -> object: ...
    @property
    def status(self) -> str: ...
    @property
    def answered_at(self) -> datetime: ...


class Entry(NamedTuple):
    """One version of an answer, wherever it came from."""

    at: datetime
    item: str
    occasion: str
    value: object
    status: str
    again: str = ""  # the id of the question that this one asks again

    @property
    def question(self) -> str:
        """The id by which the rules know the question."""
        return self.again or self.item

    @property
    def given(self) -> object:
        """The value; None when skipped, cleared or an empty list."""
        return self.value if self.status == "answered" and self.value != [] else None


def entries_of(
    responses: Mapping[tuple[str, str], Response], history: Iterable[Past], asked: Measures | None = None
) -> list[Entry]:
    """Return every version known, oldest first, each once; earlier wordings as answers to the questions of now.

    Two saved at one moment are two: what closes a rule must not be lost to what was clicked after it.
    """
    entries = [Entry(past.answered_at, past.item, past.occasion, past.value, past.status) for past in history]
    known = {(entry.item, entry.occasion, entry.at): entry for entry in entries}  # the last of each moment
    for (item, occasion), response in responses.items():
        entry = Entry(response.at, item, occasion, response.value, response.status)
        if known.get((item, occasion, response.at)) != entry:
            entries.append(entry)
    asked = asked or Measures()
    former = asked.former.forms if asked.former else ()
    others = {
        item
        for item in {entry.item for entry in entries}
        if exercise_id(item) in former or asked.canonical(item) != item
    }
    known_as = [_as_known(entry, asked) if entry.item in others else entry for entry in entries]
    return sorted(known_as, key=operator.attrgetter("at"))


def _as_known(entry: Entry, asked: Measures) -> Entry:
    """Return an answer with the id by which the rules know its question."""
    entry = _as_asked_now(entry, asked)
    id = asked.canonical(entry.item)
    return entry if id == entry.item else entry._replace(again=id)


def _as_asked_now(entry: Entry, asked: Measures) -> Entry:
    """Return an answer to a question worded otherwise as one that closes at least as much; others as they are."""
    form, _, word = entry.item.rpartition(".")
    former, check = asked.former, asked.short_check
    if former is None or form not in former.forms:
        return entry
    if word in former.same:
        return entry._replace(item=former.same[word])
    if ticks := former.ticks.get(word):
        given = entry.value if isinstance(entry.value, (list, tuple)) else []
        nothing = asked.nothing_of(ticks.now)  # a “no” said nothing, and is a blank now
        kept = [called for one in given if nothing not in (one, called := ticks.options.get(one, one))]
        return entry._replace(item=ticks.now, value=kept)
    if reworded := former.reworded.get(word):
        value = reworded.answers.get(entry.value) if isinstance(entry.value, str) else None
        status = "blank" if value is None and entry.status == "answered" else entry.status
        return entry._replace(
            item=reworded.now, value=list(value) if isinstance(value, tuple) else value, status=status
        )
    return entry._replace(item=f"{check.again}.{word}") if check and word in check.changes else entry


def sitting_start(times: Sequence[datetime], now: datetime) -> datetime:
    """Return when the sitting that goes on at `now` began; `now` itself when nothing happened for three hours.

    `times`: when something happened, oldest first; only the newest are looked at.
    """
    start = now
    for at in reversed(times):
        if start - at > SITTING:
            return start
        start = min(start, at)
    return start


def recheck_state(times: Sequence[datetime], newest: Mapping[str, Entry], check: ShortCheck, now: datetime) -> str:
    """Return "done", or why it is not: "due" or "changed" (something changed, and what it was is still blank)."""
    start = sitting_start(times, now)

    def asked(word: str, form: str) -> bool:
        entry = newest.get(f"{form}.{word}")
        return entry is not None and entry.at >= start and (entry.status == "skipped" or entry.given is not None)

    if not all(asked(word, check.form) for word in check.each_time):
        return "due"
    if all(asked(word, check.again) for word in check.changes if _given(newest, f"{check.again}.{word}")):
        return "done"  # just asked, or never: the blanks close what they must
    changed = newest.get(f"{check.form}.{check.changed}")
    if changed is None or changed.at < start or changed.status == "blank":
        return "due"
    return "done" if changed.given == "no" else "changed"


def _given(newest: Mapping[str, Entry], id: str) -> bool:
    entry = newest.get(id)
    return entry is not None and entry.given is not None


class _Newest(Mapping[str, Entry]):
    """One entry for each question that has one, found when it is asked for."""

    def __init__(self, questions: Iterable[str], find: Callable[[str], Entry | None]) -> None:
        self._questions, self._find = frozenset(questions), functools.cache(find)

    def __getitem__(self, question: str) -> Entry:
        found = self._find(question) if question in self._questions else None
        if found is None:
            raise KeyError(question)
        return found

    def __iter__(self) -> Iterator[str]:
        return (question for question in self._questions if self._find(question) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _places(items: Iterable[str]) -> dict[str, list[int]]:
    """Return at which places each item stands."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[item].append(place)
    return dict(places)


class Looked(NamedTuple):
    """Where in the answers what is, and when anything happened: the same as long as they are."""

    past: Sequence[Past]
    current: Sequence[tuple[str, str]]
    places: tuple[Mapping[str, list[int]], Mapping[str, list[int]]]  # of an item, in each of the two
    times: Sequence[datetime]  # oldest first
    told: dict[frozenset[str], tuple[Measures, list[Entry]]]  # what of them the rules asked, as they ask it


def looked(history: Iterable[Past], responses: Mapping[tuple[str, str], Response]) -> Looked:
    """Look through every version and the current answers, once for all rules and for as long as they are the same."""
    past, current = list(history), list(responses)
    places = _places(one.item for one in past), _places(item for item, _ in current)
    times = sorted([*(one.answered_at for one in past), *(one.at for one in responses.values())])
    return Looked(past, current, places, times, {})


@dataclass
class Facts:
    """What gates ask about: the newest answers, and what is measured from all of them.

    Rules ask about few of the questions, and after years about few of the answers: only those are looked at.
    """

    workbook: Workbook
    responses: Mapping[tuple[str, str], Response]
    past: Iterable[Past]
    events: tuple[Mapping[str, object], ...]
    now: datetime
    seen: Looked | None = None  # of both, where it is known already

    def __post_init__(self) -> None:
        self.asked = self.workbook.measures
        self._past, self._current, self._places, self.times, self._told = self.seen or looked(self.past, self.responses)
        blank = Entry(self.now, "", "", None, "blank")
        items = (item for places in self._places for item in places)
        self._known = {item: _as_known(blank._replace(item=item), self.asked) for item in items}  # by ids alone
        self._items: dict[str, list[str]] = {}  # that are known as a question
        for item, one in self._known.items():
            self._items.setdefault(one.question, []).append(item)
        questions = self._items.keys()
        self.newest = _Newest(questions, self._newest)  # a cleared answer too
        # The newest that was not cleared: clearing an answer must not undo the yes that stands elsewhere.
        self.kept = _Newest(questions, self._kept)

    def get(self, id: str) -> object:
        """Return what a condition compares: a newest answer, or a measure; None when blank or skipped."""
        if id.startswith(MEASURED):
            return MEASURES[id.removeprefix(MEASURED)](self)
        entry = self.newest.get(id)
        return entry.given if entry else None

    def is_blank(self, id: str) -> bool:
        """Say whether a question has neither an answer nor a “prefer not to say”."""
        entry = self.newest.get(id)
        return entry is None or (entry.status != "skipped" and entry.given is None)

    def given_at(self, id: str) -> datetime | None:
        """Return when the newest answer behind a question or a measure was given."""
        entry = self.newest.get(self.asked.behind(id))
        return entry.at if entry else None

    def sitting_of(self, at: datetime) -> datetime:
        """Return when the sitting began in which something happened `at` a time."""
        return sitting_start(self.times, at)

    def answers_to(self, questions: Iterable[str]) -> list[Entry]:
        """Return every version of the answers to some questions, oldest first."""
        return self._entries(item for one in questions for item in self._items.get(one, ()))

    def answers_in(self, fits: Callable[[str], bool]) -> list[Entry]:
        """Return every version of what was answered in items whose id fits, oldest first."""
        return self._entries(item for item, known in self._known.items() if fits(known.item))

    def _entries(self, items: Iterable[str]) -> list[Entry]:
        named = frozenset(items)
        asked, told = self._told.get(named, (None, []))
        if asked is not self.asked:  # not asked yet, or by the rules of another workbook
            told = self._read(named)
            self._told[named] = self.asked, told
        return told

    def _read(self, items: frozenset[str]) -> list[Entry]:
        past, current = (sorted(place for item in items for place in places.get(item, ())) for places in self._places)
        keys = [self._current[place] for place in current]
        return entries_of({key: self.responses[key] for key in keys}, [self._past[place] for place in past], self.asked)

    def _newest(self, question: str) -> Entry:
        return self.answers_to([question])[-1]

    def _kept(self, question: str) -> Entry | None:
        newest = {(entry.item, entry.occasion): entry for entry in self.answers_to([question])}
        standing = [entry for entry in newest.values() if entry.status != "blank"]
        return sorted(standing, key=operator.attrgetter("at"))[-1] if standing else None

    @functools.cached_property
    def free_text(self) -> list[Entry]:
        """Every version of every free text, oldest first."""
        told = kinds.those("told")
        texts = {item.id for item in self.workbook.items if item.kind in told}
        return self.answers_in(texts.__contains__)

    @functools.cached_property
    def story(self) -> list[Entry]:
        """Every version of every free text that tells the story, oldest first."""
        stories = self.tagged("narrative")
        return [entry for entry in self.free_text if exercise_id(entry.item) in stories]

    def tagged(self, tag: str) -> set[str]:
        """Return the ids of the exercises with a tag."""
        return {exercise.id for exercise in self.workbook.exercises if tag in exercise.tags}


def exercise_id(item: str) -> str:
    return item.rpartition(".")[0]


def _length(value: object) -> int:
    parts = value.values() if isinstance(value, dict) else [value]
    return sum(len(part) for part in parts if isinstance(part, str))


def writing_minutes(facts: Facts) -> float:
    """Return minutes spent on the story today: the longer of two estimates, since a save tells when writing paused.

    One adds up the time between saves at most five minutes apart; the other takes the characters added, at 120 a
    minute. Deleted text is not taken off. A day is the client's own, midnight to midnight.
    """
    midnight = facts.now.replace(hour=0, minute=0, second=0, microsecond=0)

    def today(entry: Entry) -> bool:
        return midnight <= entry.at < midnight + timedelta(days=1)

    saves = [entry.at for entry in facts.story if today(entry)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(saves)]
    spans = sum((gap for gap in gaps if gap <= PAUSE), timedelta())
    length: dict[tuple[str, str], int] = {}
    keys = 0
    for entry in facts.story:
        place = (entry.item, entry.occasion)
        if today(entry):
            keys += max(0, _length(entry.given) - length.get(place, 0))
        length[place] = _length(entry.given)
    return max(spans.total_seconds() / 60, keys / KEYS_A_MINUTE)


def retellings(facts: Facts) -> int:
    """Return in how many sittings of the last 30 days the same incident was written about; the most for any one."""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for entry in facts.story:
        if facts.now - entry.at <= timedelta(days=RETELLING_DAYS):
            times[exercise_id(entry.item), entry.occasion].append(entry.at)
    return max((1 + sum(b - a > SITTING for a, b in itertools.pairwise(at)) for at in times.values()), default=0)


def distress_rises(facts: Facts) -> int:
    """Return how often in 14 days distress was higher after an exercise than before it, by 2 points or more."""
    rises = 0
    pairs = facts.workbook.measures.distress
    earliest = (facts.now - timedelta(days=DISTRESS_DAYS)).astimezone(UTC)  # as answers are: quicker to compare
    for (item, occasion), after in facts.responses.items():
        if after.at < earliest:
            continue
        exercise, _, word = item.rpartition(".")
        before = facts.responses.get((f"{exercise}.{pairs.get(word)}", occasion))
        if before is None:
            continue
        pair = (before.value, after.value)
        if before.status == after.status == "answered" and all(isinstance(value, (int, float)) for value in pair):
            rises += pair[1] - pair[0] >= 2  # type: ignore[operator]  # both are numbers
    return rises


def wellbeing(facts: Facts) -> float | None:
    """Return the newest well-being answers as a percentage of their range; skipped ones count as lowest."""
    scale = facts.workbook.scale(_fed(facts.workbook.measures.wellbeing))
    items = frozenset(scale.items)
    filled = [(entry.at, entry.occasion) for entry in facts.answers_in(items.__contains__)]
    if not filled:
        return None
    occasion = max(filled)[1]
    parts: list[float] = []
    for id in scale.items:
        item, response = facts.workbook.item(id), facts.responses.get((id, occasion))
        span = kinds.of(item).span(item)
        if response is None or span is None:
            continue
        low, high = span
        if response.status == "skipped":
            parts.append(0)
        elif isinstance(response.value, (int, float)):
            parts.append((response.value - low) / (high - low) * 100)
    return sum(parts) / len(parts) if len(parts) >= scale.min_answered else None


def _fed(part: T | None) -> T:
    """Return what feeds a measure. Raises LookupError when nothing does: the rule then closes."""
    if part is None:
        raise LookupError
    return part


def pursuit(facts: Facts) -> str | None:
    """Return "none", "some" or "grave": what was done since a no; two kinds of acts, or a grave one, are grave."""
    fed = _fed(facts.workbook.measures.pursuit)
    entry = facts.kept.get(fed.question)
    if entry is not None and entry.status == "skipped":
        return "some"
    ticked = entry.given if entry else None
    if not isinstance(ticked, (list, tuple)):
        return None
    acts = set(ticked) - {fed.none}
    if not acts:
        return None if facts.is_blank(fed.question) else "none"
    return "grave" if acts & {*fed.grave} or len(acts) > 1 else "some"


def agreed_day(facts: Facts) -> str | None:
    """Return "come" or "ahead": the day both agreed on, by the client's own calendar; None: there is none."""
    day = facts.get(_fed(facts.workbook.measures.agreed_day))
    if not isinstance(day, str):
        return None
    return "come" if date.fromisoformat(day) <= facts.now.date() else "ahead"


def right_now(facts: Facts) -> str | None:
    """Return "known" once each question about right now was answered or declined; None before."""
    check = _fed(facts.workbook.measures.short_check)
    blank = any(facts.is_blank(f"{check.form}.{word}") for word in check.each_time)
    return None if blank else "known"


def draft_resting(facts: Facts) -> str:
    """Return "yes" while a draft rests: 24 hours from its last word, once it is marked done or left for an hour."""
    drafts = facts.tagged("draft")
    last: dict[str, datetime] = {}
    for entry in facts.free_text:
        if exercise_id(entry.item) in drafts and entry.given:
            last[exercise_id(entry.item)] = entry.at
    for exercise, at in last.items():
        done = facts.newest.get(f"{exercise}.done")
        finished = done is not None and done.given == "yes" and done.at >= at
        since = facts.now - at
        if since < timedelta(hours=DRAFT_HOURS) and (finished or since > LEFT_ALONE):
            return "yes"
    return "no"


def recheck(facts: Facts) -> str:
    """Return "done", "due" or "changed": how the short check of this sitting stands."""
    return recheck_state(facts.times, facts.newest, _fed(facts.workbook.measures.short_check), facts.now)


MEASURES: dict[str, Callable[[Facts], object]] = {
    "writing_minutes": writing_minutes,
    "retellings": retellings,
    "distress_rises": distress_rises,
    "wellbeing": wellbeing,
    "pursuit": pursuit,
    "agreed_day": agreed_day,
    "right_now": right_now,
    "draft_resting": draft_resting,
    "recheck": recheck,
    "never": lambda _: None,
}
