"""A save through the form's handler against a bare commit on the same disk, readable and locked.

"Words" is a text of five sentences, looked through for wording before it is acknowledged; "a click" a point of a scale.
On a disk that is slow to say that something is written, the commit is nearly all of both.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ratios import Ratio
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.storage import lock
from workbook.storage.sqlite import connect
from workbook.storage.store import StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

SAVES = 300
WORDS = "What I did was to shout, and then to leave without a word. " * 5


def bare(folder: Path, key: bytes | None, like: StoredAnswer) -> list[float]:
    """Seconds of each commit of one row, as long as an answer's is, to a file of its own, as SQLite alone does it."""
    connection = connect(folder / f"bare-{like.kind}.sqlite", key)
    connection.execute("CREATE TABLE answers (item TEXT, version INTEGER, row TEXT, PRIMARY KEY (item, version))")
    row = " ".join(str(getattr(like, name)) for name in StoredAnswer._fields)
    times = []
    for number in range(SAVES):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO answers VALUES (?, ?, ?)", (like.item, number, row))
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
                for what, exercise, item, values in (
                    ("words", "responsibility.incident", "responsibility.incident.my_part", [WORDS, WORDS + "."]),
                    ("a click", "responsibility.rating", "responsibility.rating.named", [1, 2, 3]),
                ):
                    ours = statistics.median(form(journal, exercise, item, values))
                    like = next(answer for answer in journal.store.current() if answer.item == item)
                    alone = statistics.median(bare(folder, lock.new_key() if locked else None, like))
                    how = "a locked journal" if locked else "a journal"
                    yield Ratio(f"saving {what} in {how}", "a bare commit of such a row there", ours / alone, 1.5)
