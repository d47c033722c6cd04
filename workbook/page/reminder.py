"""A reminder for someone's own calendar: a file in iCalendar's form whose words say nothing of what it is for."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from workbook import words

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG = timedelta(minutes=30)
BEFORE = timedelta(minutes=-5)  # when the calendar calls
_MAKER = "-//-//-//"  # the program that made it is named in every such file: here by nothing


def weekly(weekday: int, at: time, now: datetime) -> bytes:
    """Return a file with one event that comes each week, from the next such day on. `weekday`: 0 is Monday."""
    today = now.date()
    first = today + timedelta(days=(weekday - today.weekday()) % 7)
    if datetime.combine(first, at) <= now.replace(tzinfo=None):
        first += timedelta(days=7)
    return _file([first], at, now, again=True)


def on(days: Iterable[date], at: time, now: datetime) -> bytes:
    """Return a file with one event on each of these days."""
    return _file(sorted(set(days)), at, now, again=False)


def _file(days: Iterable[date], at: time, now: datetime, *, again: bool) -> bytes:
    """Times are those of whatever clock the calendar goes by, so that no place is in the file."""
    from icalendar import Alarm, Calendar, Event

    title = words.say("page.today.reminder_event")
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    for day in days:
        event, alarm = Event(), Alarm()
        event.add("uid", uuid.uuid4().hex)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", datetime.combine(day, at))
        event.add("duration", LONG)
        event.add("summary", title)
        event.add("class", "PRIVATE")
        if again:
            event.add("rrule", {"freq": "weekly"})
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", BEFORE)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
