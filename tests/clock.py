"""A clock the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Monday 2 March 2026, nine in the morning, until told otherwise."""

    def __init__(self, time: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **step: float) -> None:
        """Move by so many seconds, minutes, days …"""
        self.time += timedelta(**step)
