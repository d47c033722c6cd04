"""Today on the first page, for who comes back: it shows the person's own words, so they travel in messages."""

from __future__ import annotations

import secrets
from datetime import date, time
from typing import TYPE_CHECKING, NamedTuple

from workbook import dates, words
from workbook.errors import Refused
from workbook.page import assets, minutes, reminder, today
from workbook.page.panels import panel

if TYPE_CHECKING:
    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply
    from workbook.storage.store import StoredAnswer


class _Before(NamedTuple):
    """What an answer was before a tap, and the how-manieth of all saves the tap was."""

    item: str
    value: object
    status: str
    saved: int


class TodayPanel(panel.Panel):
    """Today, of one journal: what matters now, and the day in one tap with undo beside it.

    A page says `ready`; `tap` with `occasion` and `value`; `undo`. Each is answered with what Today shows (see
    `page.today.read`), `undo` (the occasion whose tap can be taken back, or None), and `did`: `{kind, day, word, at}`
    of what was just saved or undone, or None. `reminder` with `weekday` (0 is Monday), `time` (`19:00`) and `due` (on
    the days something is due, not each week) is answered with a file for a calendar.
    """

    _esm = assets.Script("today.js")
    _css = assets.look("today.css")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._page = secrets.token_hex(8)
        self._tapped: tuple[str, list[_Before]] | None = None  # the last tap: its occasion, what was there before
        super().__init__(
            "today",
            {
                "language": journal.workbook.language,
                "texts": panel.texts("page.today")
                | {"minutes": str(minutes.words()["title"]), "night": words.say("page.form.day_question")},
                "weekdays": [dates.weekday(date(2026, 3, 2 + number)) for number in range(7)],  # 2 March is a Monday
            },
            {"ready": self._shown, "tap": self._tap, "undo": self._undo, "reminder": self._reminder},
        )

    def _shown(self, message: Message, buffers: Buffers) -> Reply:
        return self._state(None)

    def _state(self, did: dict[str, object] | None) -> dict[str, object]:
        undo = self._tapped[0] if self._tapped else None
        return {"type": "state", **today.read(self._journal), "undo": undo, "did": did}

    def _tap(self, message: Message, buffers: Buffers) -> Reply:
        occasion, value = message["occasion"], message["value"]
        found = today.tap(self._journal)
        if found is None or occasion not in today.days(self._journal.now()):
            raise Refused(words.say("page.today.over"))
        before = []
        for item, new in ((found.item.id, value), (found.done, "yes")):
            newest = self._newest(item, occasion)
            if newest is None or (newest.status, newest.value) != ("answered", new):
                value, status = (newest.value, newest.status) if newest else (None, "blank")
                kept = self._journal.save(item, new, occasion, page=self._page)
                before.append(_Before(item, value, status, kept.saved))
        if before:
            self._tapped = (occasion, before)
        return self._state(self._did("saved", occasion, found.item.options[str(message["value"])]))

    def _undo(self, message: Message, buffers: Buffers) -> Reply:
        tapped, self._tapped = self._tapped, None
        if tapped is None:
            raise Refused(words.say("page.today.nothing_to_undo"))
        occasion, before = tapped
        newest = [self._newest(one.item, occasion) for one in before]
        if [one and one.saved for one in newest] != [one.saved for one in before]:
            raise Refused(words.say("page.today.changed_elsewhere"))
        for one in before:
            self._journal.save(one.item, one.value, occasion, one.status, page=self._page)
        return self._state(self._did("undone", occasion, ""))

    def _reminder(self, message: Message, buffers: Buffers) -> Reply:
        now = self._journal.now()
        try:
            at, weekday = time.fromisoformat(message["time"]), int(message["weekday"])
        except (TypeError, ValueError):
            raise Refused(words.say("page.today.reminder_time")) from None
        if message.get("due") is True:
            return {"type": "reminder"}, [reminder.on(today.due_days(self._journal), at, now)]
        return {"type": "reminder"}, [reminder.weekly(weekday % 7, at, now)]

    def _newest(self, item: str, occasion: str) -> StoredAnswer | None:
        versions = self._journal.versions(item, occasion)
        return versions[-1] if versions else None

    def _did(self, kind: str, occasion: str, word: str) -> dict[str, object]:
        day = dates.weekday(date.fromisoformat(occasion))
        return {"kind": kind, "day": day, "word": word, "at": self._journal.now().isoformat()}
