"""Answers that leave every gate open: what a test gives first when it is about something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE: dict[str, object] = {
    "start.privacy.shared_device": "no",
    "start.privacy.watched": "no",
    "start.safety.under_18": "no",
    "start.safety.suicide": "no",
    "start.safety.harm_others": "no",
    "start.safety.afraid": "no",
    "start.safety.hurt_by_them": "no",
    "start.safety.hurt_them": "no",
    "start.safety.they_fear_me": "no",
    "start.safety.legal": "no",
    "start.safety.their_no": ["none"],
    "start.safety.since_no": ["none"],
    "start.safety.reached_out": "no",
    "start.safety.affair": "no",
    "start.safety.arousal": 2,
    "start.safety.drunk_or_high": "no",
    "start.wellbeing.sleep": 4,
    "start.wellbeing.meals": 4,
    "start.wellbeing.tasks": 4,
    "start.wellbeing.company": 4,
    "start.wellbeing.ease": 4,
}


def answer_safely(save: Callable[[str, object], object]) -> None:
    """Call `save(item, value)` (a journal's own, say) for every safe answer."""
    for item, value in SAFE.items():
        save(item, value)
