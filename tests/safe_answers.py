"""Answers that leave every gate open: what a test gives first when it is about something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE: dict[str, object] = {
    "start.privacy.shared_device": "no",
    "start.privacy.watched": "no",
    "start.now.thoughts": ["none"],
    "start.now.harm_others": "no",
    "start.now.stirred": 2,
    "start.now.drunk_or_high": "no",
    "start.safety.under_18": "no",
    "start.safety.afraid": "no",
    "start.safety.hurt_by_them": "no",
    "start.safety.harmed_them": ["none"],
    "start.safety.they_fear_me": "no",
    "start.safety.binds_me": "no",
    "start.safety.protects_me": "no",
    "start.safety.between_us": ["both"],
    "start.safety.acts": ["none"],
    "start.safety.affair": "no",
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
