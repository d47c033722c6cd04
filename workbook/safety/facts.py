"""What gates ask about: the newest answer to each question, and what is measured from all answers and their times."""

from __future__ import annotations

import functools
import itertools
import operator
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from workbook.definition import kinds
from workbook.definition.models import ScalePoints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbook.answers.kinds import Response
    from workbook.definition.models import Workbook

SITTING = timedelta(hours=3)  # without activity for this long, a sitting is over
RETELLING_DAYS = 30  # how far back retellings of one incident are counted
DISTRESS_DAYS = 14  # how far back rises in distress are counted
DISTRESS = {"arousal_after": "arousal_before", "distress_after": "distress_before"}  # asked after writing, and before
KEYS_A_MINUTE = 120  # slow, thoughtful typing; turns characters into minutes of writing
PAUSE = timedelta(minutes=5)  # two saves of free text no further apart are one stretch of writing
DRAFT_HOURS = 24  # how long a draft rests
LEFT_ALONE = timedelta(hours=1)  # a draft not touched for this long has been left, and rests

CHECK = "start.safety"  # the questions behind the gates
RIGHT_NOW = "start.now"  # asked at every sitting, after a change with the check's; the newest answer counts
NOW = ("thoughts", "harm_others", "stirred", "drunk_or_high")
CHANGES = (
    *("afraid", "hurt_by_them", "harmed_them", "they_fear_me", "binds_me", "protects_me"),
    *("between_us", "acts", "affair"),
)
ALSO = ("reached", "agreed_on")  # asked with the changes, and never needed
GRAVE = {"contacted_often", "followed", "tracked", "threatened"}  # one of these is a matter for a specialist

# Questions that were asked in other words before. What closed a rule then closes it now; what opened one is asked
# anew. Each old word: the question now, and old answer → answer now; what is not named was a no, and is a blank now.
_UNSURE = {"unsure": "unsure"}
_FORMER: dict[str, tuple[str, Mapping[str, object]]] = {
    "suicide": (f"{RIGHT_NOW}.thoughts", {"yes": ["earlier"], "unsure": ["unsure"]}),
    "harm_others": (f"{RIGHT_NOW}.harm_others", {"yes": "yes", **_UNSURE}),
    "drunk_or_high": (f"{RIGHT_NOW}.drunk_or_high", {"yes": "yes", **_UNSURE}),
    "hurt_them": (f"{CHECK}.harmed_them", {"yes": ["earlier"], "unsure": ["unsure"]}),
    "legal": (f"{CHECK}.binds_me", {"yes": "yes", **_UNSURE}),
    "reached_out": (f"{CHECK}.reached", {}),
}
_FORMER_TICKS = {
    "their_no": (f"{CHECK}.between_us", {}),
    "since_no": (f"{CHECK}.acts", {"contacted_again": "contacted_often"}),
}
_FORMER_FORMS = (CHECK, "start.recheck")


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

    @property
    def given(self) -> object:
        """The value; None when skipped, cleared or an empty list."""
        return self.value if self.status == "answered" and self.value != [] else None


@functools.lru_cache(maxsize=4096)
def canonical(item: str) -> str:
    """Name a question asked again by the id it has in the safety check."""
    form, _, word = item.rpartition(".")
    return f"{CHECK}.{word}" if form == RIGHT_NOW and word in (*CHANGES, *ALSO) else item


def entries_of(responses: Mapping[tuple[str, str], Response], history: Iterable[Past]) -> list[Entry]:
    """Return every version known, oldest first, each once; earlier wordings as answers to the questions of now.

    Two saved at one moment are two: what closes a rule must not be lost to what was clicked after it.
    """
    entries = [Entry(past.answered_at, past.item, past.occasion, past.value, past.status) for past in history]
    known = {(entry.item, entry.occasion, entry.at): entry for entry in entries}  # the last of each moment
    for (item, occasion), response in responses.items():
        entry = Entry(response.at, item, occasion, response.value, response.status)
        if known.get((item, occasion, response.at)) != entry:
            entries.append(entry)
    former = {item for item in {entry.item for entry in entries} if exercise_id(item) in _FORMER_FORMS}
    asked_now = [_as_asked_now(entry) if entry.item in former else entry for entry in entries]
    return sorted(asked_now, key=operator.attrgetter("at"))


def _as_asked_now(entry: Entry) -> Entry:
    """Return an answer in one of the `_FORMER_FORMS` as one to what is asked now that closes at least as much."""
    word = entry.item.rpartition(".")[2]
    if word == "arousal":
        return entry._replace(item=f"{RIGHT_NOW}.stirred")
    if ticks := _FORMER_TICKS.get(word):
        item, renamed = ticks
        given = entry.value if isinstance(entry.value, (list, tuple)) else []
        kept = [renamed.get(one, one) for one in given if one != "none"]
        return entry._replace(item=item, value=kept)
    if former := _FORMER.get(word):
        item, answers = former
        value = answers.get(entry.value) if isinstance(entry.value, str) else None
        status = "blank" if value is None and entry.status == "answered" else entry.status
        return entry._replace(item=item, value=value, status=status)
    return entry._replace(item=f"{CHECK}.{word}") if word in CHANGES else entry


def sitting_start(times: Iterable[datetime], now: datetime) -> datetime:
    """Return when the sitting that goes on at `now` began; `now` itself when nothing happened for three hours."""
    start = now
    for at in sorted((at for at in times if at <= now), reverse=True):
        if start - at > SITTING:
            break
        start = at
    return start


def sitting_of(entries: list[Entry], now: datetime) -> datetime:
    """Return the same of entries, oldest first; only the newest are looked at."""
    start = now
    for entry in reversed(entries):
        if start - entry.at > SITTING:
            break
        start = min(start, entry.at)
    return start


def recheck_state(entries: list[Entry], newest: Mapping[str, Entry], now: datetime) -> str:
    """Return "done", or why it is not: "due" or "changed" (something changed, and what it was is still blank)."""
    start = sitting_of(entries, now)

    def asked(word: str, form: str = CHECK) -> bool:
        entry = newest.get(f"{form}.{word}")
        return entry is not None and entry.at >= start and (entry.status == "skipped" or entry.given is not None)

    if not all(asked(word, RIGHT_NOW) for word in NOW):
        return "due"
    if all(asked(word) for word in CHANGES if _given(newest, word)):
        return "done"  # just asked, or never: the blanks close what they must
    changed = newest.get(f"{RIGHT_NOW}.changed")
    if changed is None or changed.at < start or changed.status == "blank":
        return "due"
    return "done" if changed.given == "no" else "changed"


def _given(newest: Mapping[str, Entry], word: str) -> bool:
    entry = newest.get(f"{CHECK}.{word}")
    return entry is not None and entry.given is not None


@dataclass
class Facts:
    """What gates ask about: the newest answers, and what is measured from all of them."""

    workbook: Workbook
    responses: Mapping[tuple[str, str], Response]
    past: Iterable[Past]
    events: tuple[Mapping[str, object], ...]
    now: datetime

    def __post_init__(self) -> None:
        self.entries = entries_of(self.responses, self.past)
        self.newest = {canonical(entry.item): entry for entry in self.entries}  # a cleared answer too
        newest = {(e.item, e.occasion): e for e in self.entries}
        current = sorted(newest.values(), key=operator.attrgetter("at"))
        # The newest that was not cleared: clearing an answer must not undo the yes that stands elsewhere.
        self.kept = {canonical(entry.item): entry for entry in current if entry.status != "blank"}

    def get(self, id: str) -> object:
        """Return what a condition compares: a newest answer, or a measure; None when blank or skipped."""
        if id.startswith("measured."):
            return MEASURES[id.removeprefix("measured.")](self)
        entry = self.newest.get(id)
        return entry.given if entry else None

    def is_blank(self, id: str) -> bool:
        """Say whether a question has neither an answer nor a “prefer not to say”."""
        entry = self.newest.get(id)
        return entry is None or (entry.status != "skipped" and entry.given is None)

    def given_at(self, id: str) -> datetime | None:
        """Return when the newest answer behind a question or a measure was given."""
        entry = self.newest.get(behind(id))
        return entry.at if entry else None

    def sitting_of(self, at: datetime) -> datetime:
        """Return when the sitting began in which something happened `at` a time."""
        return sitting_of(self.entries, at)

    def answers_to(self, questions: Iterable[str]) -> list[Entry]:
        """Return every version of the answers to some questions, oldest first."""
        places = sorted(place for id in set(questions) for place in self._places.get(id, ()))
        return [self.entries[place] for place in places]

    @functools.cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, entry in enumerate(self.entries):
            places.setdefault(canonical(entry.item), []).append(place)
        return places

    @functools.cached_property
    def free_text(self) -> list[Entry]:
        """Every version of every free text, oldest first."""
        told = kinds.those("told")
        texts = {item.id for item in self.workbook.items if item.kind in told}
        return [entry for entry in self.entries if entry.item in texts]

    @functools.cached_property
    def story(self) -> list[Entry]:
        """Every version of every free text that tells the story, oldest first."""
        stories = self.tagged("narrative")
        return [entry for entry in self.free_text if exercise_id(entry.item) in stories]

    def tagged(self, tag: str) -> set[str]:
        """Return the ids of the exercises with a tag."""
        return {exercise.id for exercise in self.workbook.exercises if tag in exercise.tags}


def behind(id: str) -> str:
    """Return the question behind a measure, or the id itself."""
    return _FROM.get(id, id)


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
    today = [entry for entry in facts.story if midnight <= entry.at < midnight + timedelta(days=1)]
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(today)]
    spans = sum((gap for gap in gaps if gap <= PAUSE), timedelta())
    length: dict[tuple[str, str], int] = {}
    keys = 0
    for entry in facts.story:
        place = (entry.item, entry.occasion)
        if midnight <= entry.at < midnight + timedelta(days=1):
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
    earliest = facts.now - timedelta(days=DISTRESS_DAYS)
    for (item, occasion), after in facts.responses.items():
        if after.at < earliest:
            continue
        exercise, _, word = item.rpartition(".")
        before = facts.responses.get((f"{exercise}.{DISTRESS.get(word)}", occasion))
        if before is None:
            continue
        pair = (before.value, after.value)
        if before.status == after.status == "answered" and all(isinstance(value, (int, float)) for value in pair):
            rises += pair[1] - pair[0] >= 2  # type: ignore[operator]  # both are numbers
    return rises


def wellbeing(facts: Facts) -> float | None:
    """Return the newest well-being answers as a percentage of their range; skipped ones count as lowest."""
    scale = next(
        (scale for chapter in facts.workbook.chapters for scale in chapter.scales if scale.id == "wellbeing"), None
    )
    if scale is None:
        return None
    items = frozenset(scale.items)
    filled = [(entry.at, entry.occasion) for entry in facts.entries if entry.item in items]
    if not filled:
        return None
    occasion = max(filled)[1]
    parts: list[float] = []
    for id in scale.items:
        item, response = facts.workbook.item(id), facts.responses.get((id, occasion))
        if response is None or not isinstance(item, ScalePoints):
            continue
        low, high = min(item.points), max(item.points)
        if response.status == "skipped":
            parts.append(0)
        elif isinstance(response.value, int):
            parts.append((response.value - low) / (high - low) * 100)
    return sum(parts) / len(parts) if len(parts) >= scale.min_answered else None


def pursuit(facts: Facts) -> str | None:
    """Return "none", "some" or "grave": what was done since a no; two kinds of acts, or one of `GRAVE`, are grave."""
    entry = facts.kept.get(f"{CHECK}.acts")
    if entry is not None and entry.status == "skipped":
        return "some"
    ticked = entry.given if entry else None
    if not isinstance(ticked, (list, tuple)):
        return None
    acts = set(ticked) - {"none"}
    if not acts:
        return None if facts.is_blank(f"{CHECK}.acts") else "none"
    return "grave" if acts & GRAVE or len(acts) > 1 else "some"


def agreed_day(facts: Facts) -> str | None:
    """Return "come" or "ahead": the day both agreed on, by the client's own calendar; None: there is none."""
    day = facts.get(f"{CHECK}.agreed_on")
    if not isinstance(day, str):
        return None
    return "come" if date.fromisoformat(day) <= facts.now.date() else "ahead"


def right_now(facts: Facts) -> str | None:
    """Return "known" once each question about right now was answered or declined; None before."""
    blank = any(facts.is_blank(f"{RIGHT_NOW}.{word}") for word in NOW)
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
    return recheck_state(facts.entries, facts.newest, facts.now)


_FROM = {"measured.pursuit": f"{CHECK}.acts", "measured.agreed_day": f"{CHECK}.agreed_on"}  # the question behind it
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
