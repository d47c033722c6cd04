"""A journal that an older version of Mend wrote opens with every answer, and goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clock import Clock
from tests.safe_answers import SAFE
from workbook import definition
from workbook.definition import drift
from workbook.journal import Journal, open_journal

CASES = Path(__file__).parent / "cases" / "older"


@pytest.fixture(params=sorted(CASES.glob("*.sql")), ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Journal, dict]:
    """The journal, and what was in it by the words of the version that wrote it."""
    told = json.loads(request.param.with_suffix(".json").read_text("utf-8"))
    hidden = tmp_path / "Mend" / ".mend"
    for folder in (hidden, hidden / "backups", hidden / "keys"):
        folder.mkdir(parents=True)
    (hidden / "journal.json").write_text(json.dumps(told["mark"]))
    with closing(sqlite3.connect(hidden / "answers.sqlite")) as made:
        made.executescript(request.param.read_text("utf-8"))
    clock = Clock(datetime(2026, 3, 3, 8, 30, tzinfo=UTC))
    with open_journal(tmp_path / "Mend", now=clock) as journal:
        yield journal, told


def test_every_version_of_every_answer_is_there(older: tuple[Journal, dict]) -> None:
    """Values, words, status and times are as they were, of all kinds of question."""
    journal, told = older
    names = ("item", "occasion", "version", "status", "value", "label")
    found = [
        {name: getattr(one, name) for name in names} | {"answered_at": one.answered_at.isoformat()}
        for one in journal.store.history()
    ]
    assert found == [one | {"answered_at": _utc(one["answered_at"])} for one in told["versions"]]
    assert {one.kind for one in journal.store.history()} >= {
        *("text", "longtext", "number", "date", "yesno", "choice", "choices"),
        *("scale", "ruler", "rank", "shares", "table", "letter"),
    }
    assert journal.warnings == ()


def test_it_goes_on_where_it_was(older: tuple[Journal, dict], tmp_path: Path) -> None:
    """The rules stand as they stood, the newest fillings are the newest, and answers can be added and taken out."""
    journal, _ = older
    assert "G7" in {gate.id for gate in journal.gates() if gate.state == "closed"}
    assert journal.occasions("responsibility.incident") == ["2026-03-02"]
    for item in ("thoughts", "harm_others", "stirred", "drunk_or_high"):  # new since: asked before anything else opens
        journal.save(f"start.now.{item}", SAFE[f"start.now.{item}"])
    assert journal.save("improvement.log.kept", 2).version == 2
    assert journal.store.history()[-1].saved < journal.save("improvement.log.planned", 3).saved
    assert journal.report(tmp_path / "mend.html").stat().st_size > 10_000
    assert journal.restore(journal.backup()).missing == 0


class Asked(NamedTuple):
    """A question as an older version asked it: what an answer to it was kept with."""

    item: str
    prompt: str
    fingerprint: str


@pytest.mark.parametrize("path", sorted(CASES.glob("questions-*.json")), ids=lambda path: path.stem)
def test_no_question_of_an_older_version_is_lost_or_asks_something_else(path: Path) -> None:
    """A question that changed its meaning has a new id, and the old one is retired with its answers."""
    asked = [Asked(item, *rest) for item, rest in json.loads(path.read_text("utf-8")).items()]
    changes = drift.compare(asked, definition.load())
    assert [str(one) for one in changes if one.severity == "breaking" or " is gone" in one.message] == []


def _utc(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(UTC).isoformat()
