"""What a benchmark gives: ratios, which hold on any machine, and no seconds, which hold on one."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Ratio(NamedTuple):
    """How many times as much ours takes as the other; `aim` is the most it should be, None for information only."""

    what: str
    beside: str
    ratio: float
    aim: float | None = None


def medians(*calls: Callable[[], object], times: int) -> list[float]:
    """Return the median seconds of each call; they take turns, so that a busy moment meets all of them."""
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, seconds in zip(calls, found, strict=True):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
    return [statistics.median(seconds) for seconds in found]
