"""The list of chapters says how far each is, and what is closed for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clock import Clock
from tests.safe_answers import SAFE, answer_safely
from workbook.journal import Journal
from workbook.page import contents

if TYPE_CHECKING:
    from pathlib import Path


def test_each_chapter_says_how_far_it_is(tmp_path: Path) -> None:
    """Before the first questions all is closed; then open, so many of so many, done; what has no steps says nothing."""
    clock = Clock()
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        rows = contents.read(journal)
        assert [row["href"] for row in rows] == [f"{one.notebook}.ipynb" for one in journal.workbook.chapters]
        found = {row["title"]: (row["how"], row["mark"]) for row in rows}
        assert found["Start here"] == ("open", "open")
        assert found["1 · Take responsibility"] == ("closed for now", "closed")
        answer_safely(journal.save)
        journal.save("responsibility.shares.moment", "The evening about the holiday.")
        journal.save("space.boundary.done", "yes")
        clock.forward(days=1)
        for item in ("thoughts", "harm_others", "stirred", "drunk_or_high"):
            journal.save(f"start.now.{item}", SAFE[f"start.now.{item}"])
        journal.save("start.now.changed", "no")
        for exercise in journal.workbook.chapter("safety-plan").exercises:
            journal.save(f"{exercise.id}.done", "yes")
        found = {row["title"]: (row["how"], row["mark"]) for row in contents.read(journal)}
        asked = {
            chapter: sum(one.total > 0 and not one.closed and not one.later for one in journal.progress(chapter))
            for chapter in ("responsibility", "space")
        }
        assert found["1 · Take responsibility"] == ("begun", "begun")
        assert found["2 · Talk and listen"] == ("open", "open")
        assert found["3 · Give space"] == (f"1 of {asked['space']}", "begun")
        assert found["My safety plan"] == ("1 of 1", "done")
        assert "Today" in found
        assert "Start here" not in found
        journal.save("start.safety.afraid", "yes")
        found = {row["title"]: (row["how"], row["mark"]) for row in contents.read(journal)}
        assert found["1 · Take responsibility"] == ("closed for now", "closed")
