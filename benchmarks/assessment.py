"""How long the self-assessment takes beside one pandas groupby-mean of the same frame, and how it grows.

With more sizes and the memory: python -m benchmarks.assessment [10000 100000 1000000 10000000].

Prints ratios and growth, no seconds: those are a machine's, not ours. Aims: at most 1.5 × at 1,000,000 answers, linear
growth from 10,000 to 10,000,000, and under 1 KB of memory per answer.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.ratios import Ratio
from workbook import definition
from workbook.assessment import assessment, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
NOW = datetime.fromisoformat("2026-03-28T20:00:00+01:00")


def answers(count: int) -> pd.DataFrame:
    """Weekly ratings of all four principles, one occasion after another, as `journal.answers()` gives them."""
    book = definition.load()
    items = [book.item(id) for scale in book.scales if scale.id != "wellbeing" for id in scale.items]
    occasions = -(-count // len(items))
    item = np.tile(np.arange(len(items)), occasions)[:count]
    occasion = np.repeat(np.arange(occasions), len(items))[:count]
    days = [(date(1, 1, 3) + timedelta(days=day)).isoformat() for day in range(occasions)]
    points = np.random.default_rng(7).integers(0, 5, count)
    labels = np.array(list(items[0].points.values()), dtype=object)

    def named(codes: np.ndarray, names: list[str]) -> pd.Categorical:
        kinds = list(dict.fromkeys(names))
        return pd.Categorical.from_codes(np.array([kinds.index(name) for name in names])[codes], kinds)

    table = {
        "chapter": named(item, [one.id.split(".")[0] for one in items]),
        "exercise": named(item, [one.exercise_id for one in items]),
        "occasion": pd.Categorical.from_codes(occasion, days),
        "item": named(item, [one.id for one in items]),
        "kind": named(item, [one.kind for one in items]),
        "prompt": named(item, [one.prompt for one in items]),
        "value": points.astype(object),
        "label": labels[points],
        "score": points.astype(float),
        "status": pd.Categorical.from_codes(np.zeros(count, dtype="int8"), ["answered"]),
        "share": pd.Categorical.from_codes(np.zeros(count, dtype="int8"), ["ask"]),
        "answered_at": np.full(count, np.datetime64("2026-03-01T12:00:00", "us")),
    }
    made = pd.DataFrame(table)
    return made.assign(answered_at=made["answered_at"].dt.tz_localize("UTC"))[list(frame.COLUMNS)]


def fastest(call: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of a few runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def ratios() -> Iterator[Ratio]:
    """Of a million answers, and from there to ten million."""
    book = definition.load()
    seconds = []
    for size in (1_000_000, 10_000_000):
        table = answers(size)
        seconds.append(fastest(lambda table=table: assessment.assess(book, table, now=NOW)))
        if size == 1_000_000:
            means = fastest(lambda table=table: table.groupby(["chapter", "occasion"], observed=True)["score"].mean())
            yield Ratio("assessing 1,000,000 answers", "one groupby-mean of them", seconds[0] / means, 1.5)
    yield Ratio("assessing 10,000,000 answers", "10 × assessing 1,000,000", seconds[1] / seconds[0] / 10, 1.2)


def main() -> None:
    """Print one line per size."""
    book = definition.load()
    before = None
    for size in SIZES if len(sys.argv) < 2 else [int(argument) for argument in sys.argv[1:]]:
        table = answers(size)
        mine = fastest(lambda table=table: assessment.assess(book, table, now=NOW))
        theirs = fastest(lambda table=table: table.groupby(["chapter", "occasion"], observed=True)["score"].mean())
        tracemalloc.start()
        assessment.assess(book, table, now=NOW)
        peak = tracemalloc.get_traced_memory()[1] / size
        tracemalloc.stop()
        own = table.memory_usage(deep=False).sum() / size
        growth = "" if before is None else f", {mine / before[1] / (size / before[0]):.2f} × linear"
        print(
            f"{size:>10,} answers: {mine / theirs:.2f} × one groupby-mean{growth}, "
            f"{peak:.0f} bytes an answer while assessing, {own:.0f} in the table",
            flush=True,
        )
        before = size, mine


if __name__ == "__main__":
    main()
