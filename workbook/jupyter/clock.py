"""The clock of the person in front of the page, where the machine that runs it stands in another part of the world."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from workbook.storage.database import local_now

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 64  # letters of a zone's name; "America/Argentina/ComodRivadavia" has half


class Clock:
    """What time it is for them: by the machine's clock until a zone is known."""

    def __init__(self, now: Callable[[], datetime] = local_now) -> None:
        self._now = now
        self.zone: tzinfo | None = None

    def __call__(self) -> datetime:
        """Return the time now, aware; its date is the person's day."""
        return self._now() if self.zone is None else self._now().astimezone(self.zone)

    def follow(self, name: str) -> bool:
        """Take the zone that a browser names (`Asia/Tokyo`); say whether it is another. Nonsense changes nothing."""
        if len(name) > _LONGEST:
            return False
        try:
            zone = ZoneInfo(name)
        except (ValueError, KeyError, OSError):  # no name, none that is known, or a folder of them
            return False
        changed = zone != self.zone
        self.zone = zone
        return changed
