"""The table of answers holds what was said, in documented columns, and a number only where one was chosen."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from workbook.assessment import frame
from workbook.definition.models import Chapter, Workbook
from workbook.storage.store import StoredAnswer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

WORKBOOK = Workbook(
    title="Test",
    chapters=(
        Chapter.model_validate(
            {
                "chapter": "test",
                "notebook": "10-test",
                "title": "Test",
                "lede": "A test.",
                "minutes": "1",
                "exercises": [
                    {
                        "id": "test.form",
                        "title": "Form",
                        "minutes": "1",
                        "share": "counselor",
                        "items": [
                            {
                                "id": "test.form.often",
                                "kind": "scale",
                                "prompt": "How often?",
                                "points": {"0": "never", "4": "always"},
                                "no_opportunity": "no opportunity",
                            },
                            {"id": "test.form.words", "kind": "longtext", "prompt": "Words?", "share": "private"},
                            {
                                "id": "test.form.level",
                                "kind": "choice",
                                "prompt": "Level?",
                                "options": {"-2": "less", "2": "more"},
                            },
                            {"id": "test.form.old", "kind": "number", "prompt": "Old?", "retired": "true"},
                        ],
                    }
                ],
            }
        ),
    ),
)


def stored(item: str, kind: str, value: object, **more: object) -> StoredAnswer:
    fields = {
        "id": item, "item": item, "exercise": "test.form", "occasion": "once", "version": 1, "status": "answered",
        "value": value, "label": str(value), "prompt": "?", "kind": kind, "fingerprint": "f", "begun_at": NOW,
        "answered_at": NOW,
    }  # fmt: skip
    return StoredAnswer(**fields | more)


ANSWERS = [
    stored("test.form.gone", "ruler", 7),
    stored("test.form.old", "number", 2.5),
    stored("test.form.level", "choice", "-2"),
    stored("test.form.words", "longtext", "3"),
    stored("test.form.often", "scale", 4, occasion="2026-03-09"),
    stored("test.form.often", "scale", "no_opportunity", occasion="2026-03-02"),
    stored("test.form.often", "scale", None, occasion="2026-02-23", status="skipped"),
    stored("test.form.often", "scale", 4, occasion="2026-02-16"),
]
ACTIVE = {(answer.item, answer.occasion) for answer in ANSWERS} - {("test.form.often", "2026-02-16")}


def test_each_answer_is_one_row_in_the_order_of_the_workbook():
    """Status, score and share of every kind of row, whole."""
    table = frame.answers(WORKBOOK, ANSWERS, ACTIVE)

    shown = table[["item", "occasion", "status", "score", "share"]].astype({"score": object})
    assert [tuple(None if cell != cell else cell for cell in row) for row in shown.itertuples(index=False)] == [
        ("test.form.often", "2026-02-16", "inactive", None, "counselor"),
        ("test.form.often", "2026-02-23", "skipped", None, "counselor"),
        ("test.form.often", "2026-03-02", "answered", None, "counselor"),
        ("test.form.often", "2026-03-09", "answered", 4.0, "counselor"),
        ("test.form.words", "once", "answered", None, "private"),
        ("test.form.level", "once", "answered", -2.0, "counselor"),
        ("test.form.old", "once", "retired", None, "counselor"),
        ("test.form.gone", "once", "retired", None, "private"),
    ]


@pytest.mark.parametrize("rows", [[], ANSWERS], ids=["empty", "some"])
def test_the_columns_are_the_documented_ones(rows: list[StoredAnswer]):
    """Names, order and dtypes hold with and without rows."""
    current, every = frame.answers(WORKBOOK, rows, ACTIVE), frame.history(WORKBOOK, rows)

    assert {name: str(dtype) for name, dtype in current.dtypes.items()} == frame.COLUMNS
    assert {name: str(dtype) for name, dtype in every.dtypes.items()} == frame.HISTORY_COLUMNS


def test_history_is_every_version_in_order():
    """Earlier versions stand before later ones, each with its own time."""
    versions = [
        stored("test.form.words", "longtext", "second", version=2, answered_at=NOW + timedelta(hours=1)),
        stored("test.form.words", "longtext", "first"),
    ]
    table = frame.history(WORKBOOK, versions)

    assert table[["version", "value"]].to_dict("records") == [
        {"version": 1, "value": "first"},
        {"version": 2, "value": "second"},
    ]


def test_values_stay_what_they_were():
    """A table or letter is one row, with the value as it was stored."""
    rows = [{"cue": "tea", "action": "walk"}]
    table = frame.answers(WORKBOOK, [stored("test.form.words", "table", rows)], {("test.form.words", "once")})

    assert table.loc[0, "value"] == rows


@pytest.mark.process
def test_pandas_is_not_loaded_before_it_is_needed():
    """A form opens without it."""
    script = (
        "import sys, workbook, workbook.journal, workbook.assessment.frame; "
        "print({'pandas', 'matplotlib'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout

    assert said.strip() == "set()"
