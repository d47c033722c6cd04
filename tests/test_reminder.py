"""A reminder is a file for someone's own calendar, and its words say nothing of what it is for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from workbook.page import reminder

NOW = datetime(2026, 3, 4, 19, 0, tzinfo=UTC)  # a Wednesday


def events(file: bytes) -> list[tuple[object, object, str, str, object]]:
    """Start, length, title, how often and whether it calls, of each event of a file."""
    return [
        (
            one.decoded("dtstart"),
            one.decoded("duration"),
            str(one["summary"]),
            one["rrule"].to_ical().decode() if "rrule" in one else "",
            [alarm.decoded("trigger") for alarm in one.walk("VALARM")],
        )
        for one in Calendar.from_ical(file).walk("VEVENT")
    ]


@pytest.mark.parametrize(
    ("weekday", "at", "first"),
    [
        (3, time(7, 30), datetime(2026, 3, 5, 7, 30)),  # noqa: DTZ001 # a calendar's own clock
        (2, time(19, 30), datetime(2026, 3, 4, 19, 30)),  # noqa: DTZ001 # today, still to come
        (2, time(19, 0), datetime(2026, 3, 11, 19, 0)),  # noqa: DTZ001 # today, over
        (1, time(19, 0), datetime(2026, 3, 10, 19, 0)),  # noqa: DTZ001 # yesterday's day of the week
    ],
)
def test_each_week_from_the_next_such_day_on(weekday: int, at: time, first: datetime) -> None:
    """The first is the next one that is still to come; it takes half an hour, by the calendar's own clock."""
    wanted = (first, timedelta(minutes=30), "A quiet half hour", "FREQ=WEEKLY", [timedelta(minutes=-5)])
    assert events(reminder.weekly(weekday, at, NOW)) == [wanted]


def test_on_the_days_something_is_due() -> None:
    """One event for each day, once, in their order."""
    file = reminder.on([date(2026, 3, 9), date(2026, 3, 6), date(2026, 3, 9)], time(18, 0), NOW)
    assert [(one[0], one[3]) for one in events(file)] == [
        (datetime(2026, 3, 6, 18, 0), ""),  # noqa: DTZ001 # a calendar's own clock
        (datetime(2026, 3, 9, 18, 0), ""),  # noqa: DTZ001 # the same
    ]


def test_nothing_in_the_file_says_what_it_is_for_or_where_it_was_made() -> None:
    """Every line is known: no program, no place, no address and no word beside the title."""
    text = reminder.weekly(3, time(19, 0), NOW).decode()
    assert sorted(re.sub(r"UID:[0-9a-f]{32}", "UID:…", text).split()) == [
        "ACTION:DISPLAY",
        "BEGIN:VALARM",
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "CLASS:PRIVATE",
        "DESCRIPTION:A",
        "DTSTAMP:20260304T190000Z",
        "DTSTART:20260305T190000",
        "DURATION:PT30M",
        "END:VALARM",
        "END:VCALENDAR",
        "END:VEVENT",
        "PRODID:-//-//-//",
        "RRULE:FREQ=WEEKLY",
        "SUMMARY:A",
        "TRIGGER:-PT5M",
        "UID:…",
        "VERSION:2.0",
        *("half", "half", "hour", "hour", "quiet", "quiet"),
    ]
