"""An invented person's twelve weeks, to try the workbook, its report and its pictures on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbook import definition, resources
from workbook.answers import kinds as answers
from workbook.storage.store import StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.definition.models import Workbook
    from workbook.journal import Journal

ENDS = datetime.fromisoformat("2026-03-28T10:55:00+01:00")
"""A moment just after the last answer: the `now` to look at the example with."""


def read(path: Path | None = None) -> list[dict[str, Any]]:
    """Return the answers in the order they were given: `{item, occasion, value, status, at}`; None: Robin Sample's."""
    file = path or resources.data("example", "robin.json")
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["answers"]
    return rows


def fill(journal: Journal, path: Path | None = None) -> int:
    """Put the example's answers into a journal with the times they bear; return how many were new.

    Filling twice changes nothing. Raises UnknownId or InvalidAnswer when an answer does not fit the journal's workbook.
    """
    return journal.store.save_many(_versions(journal.workbook, read(path)))


def _versions(workbook: Workbook, rows: list[dict[str, Any]]) -> Iterator[StoredAnswer]:
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        item, place = workbook.item(row["item"]), (row["item"], row["occasion"])
        seen[place] += 1
        value = answers.check(item, row["value"]) if row["status"] == "answered" else None
        at = datetime.fromisoformat(row["at"])
        yield StoredAnswer(
            id=hashlib.sha256(f"{place} {seen[place]}".encode()).hexdigest()[:32],
            item=item.id,
            exercise=item.exercise_id,
            occasion=row["occasion"],
            version=seen[place],
            status=row["status"],
            value=value,
            label="" if row["status"] == "blank" else answers.label(item, value),
            prompt=item.prompt,
            kind=item.kind,
            fingerprint=definition.fingerprint(item),
            begun_at=at,
            answered_at=at,
        )
