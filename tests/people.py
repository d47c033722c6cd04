"""Twenty people who may open this workbook: what each finds open, what each reads, whom each is offered to call.

`python -m tests.people` writes their golden files anew; read what changed before you keep it.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.safe_answers import SAFE
from workbook import definition
from workbook.answers.kinds import Response
from workbook.definition.models import Workbook
from workbook.safety import gates, helplines

GOLDEN = Path(__file__).with_name("golden") / "people"
WORKBOOK = definition.load()


@dataclass(frozen=True)
class Person:
    """Someone at the first visit: what differs from safe answers, where, and at what hour."""

    about: str
    answers: dict[str, object]
    region: str = "GB-IE"
    zone: str = "Europe/London"
    at: datetime = datetime(2026, 11, 23, 20, 0)  # a Monday evening  # noqa: DTZ001 # the zone is added
    left_blank: tuple[str, ...] = field(default=())


NONE = {"start.safety.between_us": ["none"]}
SKIP = object()  # prefers not to say
TEN = tuple(item for item in SAFE if item.startswith("start.safety"))
PEOPLE = {
    "asked-for-space": Person("Two weeks ago they said: I need time.", {"start.safety.between_us": ["space"]}),
    "no-and-blocked": Person(
        "They said it is over, and blocked every way to write.", {"start.safety.between_us": ["said_no", "blocked"]}
    ),
    "abused-and-blaming-oneself": Person(
        "Was controlled and hit; is sure that it was their own fault.",
        {
            "start.safety.afraid": "unsure",
            "start.safety.hurt_by_them": "yes",
            "start.safety.between_us": ["said_no"],
            "start.now.stirred": 5,
        },
        region="US",
        zone="America/Chicago",
    ),
    "thirty-messages-a-day": Person(
        "Writes thirty times a day since the no, and drove past the house.",
        {
            "start.safety.between_us": ["said_no", "blocked"],
            "start.safety.acts": ["contacted_often", "turned_up"],
            "start.safety.they_fear_me": "unsure",
        },
    ),
    "co-parent-in-contact": Person(
        "They share two children and write about them as agreed; the rest is over.",
        {"start.safety.between_us": ["said_no", "final"], "start.safety.reached": "logistics"},
        region="AU",
        zone="Australia/Sydney",
    ),
    "protected-by-an-order": Person(
        "An order keeps the other person away.",
        {**NONE, "start.safety.protects_me": "yes", "start.safety.afraid": "yes", "start.safety.hurt_by_them": "yes"},
        region="CA",
        zone="America/Toronto",
    ),
    "bound-by-an-order": Person(
        "A court forbids every contact.",
        {
            "start.safety.between_us": ["said_no"],
            "start.safety.binds_me": "yes",
            "start.safety.harmed_them": ["threatened"],
        },
    ),
    "both-willing": Person("They talk, and both want to.", {"start.safety.between_us": ["both"]}),
    "drunk-at-two": Person(
        "Two in the morning, drunk, the phone in the hand. Of the ten questions none is answered.",
        {"start.now.stirred": 9, "start.now.drunk_or_high": "yes"},
        at=datetime(2026, 11, 24, 2, 0),  # noqa: DTZ001 # the zone is added
        left_blank=TEN,
    ),
    "thoughts-of-suicide": Person(
        "Wishes not to wake up; has not chosen a region. Of the ten questions none is answered.",
        {"start.now.thoughts": ["wish_dead"], "start.now.stirred": 6},
        region="",
        at=datetime(2026, 11, 24, 3, 0),  # noqa: DTZ001 # the zone is added
        left_blank=TEN,
    ),
    "under-18": Person("Is sixteen.", {**NONE, "start.safety.under_18": "yes"}, region="TW", zone="Asia/Taipei"),
    "ended-it-oneself": Person("Ended it, and is sorry.", {"start.safety.between_us": ["i_ended"]}),
    # Eight more, whom nobody had named beforehand.
    "talk-agreed-for-tomorrow": Person(
        "They asked for time, and both agreed to talk on Tuesday.",
        {"start.safety.between_us": ["space"], "start.safety.agreed_on": "2026-11-24"},
    ),
    "one-home-and-a-secret": Person(
        "They asked for space, still live together, and an affair has come out.",
        {"start.safety.between_us": ["space", "living"], "start.safety.affair": "yes"},
        region="US",
        zone="America/Chicago",
    ),
    "mixed-signs-after-a-no": Person(
        "They said no, came by one night, and have been silent since.",
        {"start.safety.between_us": ["said_no", "mixed", "silence"], "start.safety.reached": "unsure"},
    ),
    "same-workplace": Person(
        "The employer told them to keep apart; they still write about work.",
        {
            "start.safety.between_us": ["said_no"],
            "start.safety.binds_me": "yes",
            "start.safety.acts": ["contacted"],
            "start.safety.reached": "logistics",
        },
        region="HK",
        zone="Asia/Hong_Kong",
    ),
    "stalked-and-blaming-oneself": Person(
        "Is followed by the one they left, answered too often, and is sure that it is their own fault.",
        {
            "start.safety.between_us": ["i_ended", "space"],
            "start.safety.afraid": "unsure",
            "start.safety.harmed_them": ["unsure"],
            "start.safety.acts": ["contacted"],
        },
        zone="Europe/Dublin",
    ),
    "prefers-not-to-say": Person("Declines each question.", dict.fromkeys(SAFE, SKIP)),
    "seventeen-and-drunk": Person(
        "Is seventeen, drunk, and was told no. One in the morning.",
        {
            "start.safety.under_18": "yes",
            "start.safety.between_us": ["said_no"],
            "start.now.stirred": 8,
            "start.now.drunk_or_high": "yes",
        },
        region="AU",
        zone="Australia/Perth",
        at=datetime(2026, 11, 22, 1, 0),  # noqa: DTZ001 # the zone is added
    ),
    "no-answers": Person("Has answered nothing yet.", {}, left_blank=tuple(SAFE)),
}


def stands(person: Person, workbook: Workbook = WORKBOOK) -> tuple[gates.Standing, datetime]:
    """Return where a person stands ten minutes after the last answer, and when that is."""
    now = person.at.replace(tzinfo=ZoneInfo(person.zone))
    day = str(now.date())
    given = {item: value for item, value in (SAFE | person.answers).items() if item not in person.left_blank}
    answers = {
        (item, day if item.startswith(("start.now", "start.wellbeing")) else "once"): Response(
            *((None, "skipped") if value is SKIP else (value, "answered")), now - timedelta(minutes=10)
        )
        for item, value in given.items()
    }
    return gates.standing(workbook, answers, now), now


def told(person: Person) -> str:
    """Return as plain text what is open, what is said at the top, what each closed page says, and whom to call."""
    standing, now = stands(person)
    shown = [exercise for exercise in WORKBOOK.exercises if not exercise.retired]
    parts = [person.about, f"{now:%A %H:%M}, {person.region or 'no region chosen'}; the path is {standing.track}."]
    parts += ["OPEN", *_by_chapter([e.id for e in shown if standing.closing(e.id) is None])]
    for place, notice in enumerate(standing.notices):
        parts += [f"AT THE TOP{', folded' if place else ''}: {notice.title}", _plain(notice.html)]
        if notice.urgent:
            parts += _lines(helplines.brief(person.region or None, notice.resources, now))
    seen: dict[str, list[str]] = {}
    for exercise in shown:
        if closing := standing.closing(exercise.id):
            ways = [f"  → {label} ({page})" for label, page in closing.instead]
            calls = _lines(helplines.brief(person.region or None, closing.resources, now))
            told = "\n".join((closing.title, _plain(closing.reason_html), *ways, *calls))
            seen.setdefault(told, []).append(exercise.id)
    for said, closed in seen.items():
        title, _, rest = said.partition("\n")
        parts += [f"CLOSED: {title}", *_by_chapter(closed), rest]
    hidden = sorted(standing.hidden & {i.id for e in shown if standing.closing(e.id) is None for i in e.items})
    parts += ["HIDDEN QUESTIONS", *_by_chapter(hidden)] if hidden else []
    parts += [f"NOT RATED: {', '.join(sorted(standing.unscored))}"] if standing.unscored else []
    return "\n".join(parts) + "\n"


def _by_chapter(ids: list[str]) -> list[str]:
    chapters: dict[str, list[str]] = {}
    for id in ids:
        chapter, _, rest = id.partition(".")
        chapters.setdefault(chapter, []).append(rest)
    return [f"  {chapter}: {', '.join(rest)}" for chapter, rest in chapters.items()] or ["  nothing"]


def _plain(html: str) -> str:
    paragraphs = re.findall(r"<p>(.*?)</p>", html, re.S)
    words = [unescape(re.sub(r"<[^>]+>", "", " ".join(one.split()))) for one in paragraphs]
    return "\n".join(textwrap.fill(one, 110, initial_indent="  ", subsequent_indent="  ") for one in words)


def _lines(brief: tuple[str, ...]) -> list[str]:
    return [f"  ☎ {unescape(re.sub(r'<[^>]+>', '', line))}" for line in brief]


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, person in PEOPLE.items():
        (GOLDEN / f"{name}.txt").write_text(told(person), encoding="utf-8")
