"""A caseload with clients who shared something, for tests, pictures and benchmarks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook import definition
from workbook.journal import Journal
from workbook.sharing import asking, caseload
from workbook.sharing import client as share

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PASSPHRASE = "four calm grey herons"
PART = "responsibility.incident.my_part"
CAMERA = "responsibility.incident.camera"
RATED = tuple(f"responsibility.rating.{word}" for word in ("named", "effect", "left_out", "own_part", "repair"))
RECHECK = {"thoughts": ["none"], "harm_others": "no", "stirred": 2, "drunk_or_high": "no", "changed": "no"}


NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)


def journal_of(folder: Path, clock: Clock) -> Journal:
    """Make a journal whose gates are open."""
    journal = Journal.create(folder, now=clock)
    answer_safely(lambda item, value: journal.save(item, value))
    return journal


def ask(opened: caseload.Caseload, journal: Journal, name: str, only: Iterable[str], **more: object) -> None:
    """Give a client an assignment, and take it in on their side."""
    tasks = asking.tasks_for(definition.load(), only, **more)  # type: ignore[arg-type]  # as the test says it
    share.given(journal, opened.assign(name, tasks)).accept()


def sealed(journal: Journal, *names: str, withdraw: Iterable[str] = (), **options: bool) -> bytes:
    """Share what `names` name, and return the file."""
    ticked, gone = share.chosen(journal, names, withdraw), share.taking_back(journal, withdraw)
    made = share.submission(journal, ticked, now=journal.now(), take_back=gone, **options)
    file = journal.path / f"{made.source}-{made.sequence}.submission"
    return share.write_submission(journal, made, file).read_bytes()


def rate(journal: Journal, clock: Clock, points: Iterable[int]) -> None:
    """Rate the first principle once a week, with these points."""
    for point in points:
        for word, value in RECHECK.items():
            journal.save(f"start.now.{word}", value)
        for item in RATED:
            journal.save(item, point)
        clock.forward(weeks=1)
