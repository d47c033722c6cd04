"""A save through the form's handler against a bare commit on the same disk, readable and locked.

"Words" is a text, "a click" a point of a scale: after a click the safety rules are looked at again before the answer
is acknowledged.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ratios import Ratio
from tests.safe_answers import answer_safely
from workbook import lock
from workbook.journal import Journal
from workbook.store import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

SAVES = 300
WORDS = "What I did was to shout, and then to leave without a word. " * 5


def bare(folder: Path, key: bytes | None) -> list[float]:
    """Seconds of each commit of one row to a table with one key, as SQLite alone does it."""
    connection = connect(folder / "bare.sqlite", key)
    connection.execute("CREATE TABLE answers (item TEXT, version INTEGER, value TEXT, PRIMARY KEY (item, version))")
    times = []
    for number in range(SAVES):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO answers VALUES ('responsibility.incident.my_part', ?, ?)", (number, WORDS))
        connection.execute("COMMIT")
        times.append(time.perf_counter() - began)
    connection.close()
    return times


def form(journal: Journal, exercise: str, item: str, values: list[object]) -> list[float]:
    """Seconds from a message of the page to its acknowledgement."""
    widget = journal.exercise(exercise)
    heard: list[dict[str, object]] = []
    widget.send = lambda content, buffers=None: heard.append(content)
    occasion = journal.occasion_now(exercise)
    times = []
    for seq in range(SAVES):
        message = {
            "type": "answer",
            "seq": seq + 1,
            "page": f"page {seq}",  # each save is a version of its own
            "item": item,
            "value": values[seq % len(values)],
            "occasion": occasion,
            "status": "answered",
            "seen": seq,
        }
        began = time.perf_counter()
        widget._receive(widget, message, [])
        times.append(time.perf_counter() - began)
        if heard[-1]["type"] != "saved":
            raise SystemExit(f"not saved: {heard[-1]}")
    return times


def ratios() -> Iterator[Ratio]:
    """Readable and locked, words and click."""
    for locked in (False, True):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Journal.open(folder / "Mend", environ={}) as journal:
                answer_safely(journal.save)
                if locked:
                    journal.lock("otter lantern gravel teapot")
                alone = statistics.median(bare(folder, lock.new_key() if locked else None))
                for what, exercise, item, values in (
                    ("words", "responsibility.incident", "responsibility.incident.my_part", [WORDS, WORDS + "."]),
                    ("a click", "responsibility.rating", "responsibility.rating.named", [1, 2, 3]),
                ):
                    ours = statistics.median(form(journal, exercise, item, values))
                    how = "a locked journal" if locked else "a journal"
                    yield Ratio(f"saving {what} in {how}", "a bare commit of one row there", ours / alone, 1.5)
