"""The list of chapters: each with its link, and how far it is in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook import words
from workbook.page import today

if TYPE_CHECKING:
    from workbook.definition.models import Chapter
    from workbook.journal import Journal


def read(journal: Journal) -> list[dict[str, str]]:
    """Return one row for each chapter, in notebook order: `href`, `title`, `how` and `mark`, plain words.

    `mark` is done, begun, open, closed or nothing; `how` says the same: “2 of 6”, “begun”, “open”, “closed for now”.
    """
    back = today.comes_back(journal)
    return [
        {
            "href": f"{chapter.notebook}.ipynb",
            "title": _title(chapter, back=back),
            **_far(journal, chapter.id),
        }
        for chapter in journal.workbook.chapters
    ]


def _title(chapter: Chapter, *, back: bool) -> str:
    if back and "today" in chapter.shows:
        return words.say("page.today.label")
    return f"{chapter.principle} · {chapter.title}" if chapter.principle else chapter.title


def _far(journal: Journal, chapter: str) -> dict[str, str]:
    """How far a chapter is: of its steps that are open and ask something now, how many are done."""
    steps = journal.progress(chapter)
    asked = [one for one in steps if not one.closed and not one.later and one.total]
    done = sum(one.done for one in asked)
    if not asked:
        closed = any(one.closed for one in steps)
        return {"mark": "closed", "how": words.say("page.contents.closed")} if closed else {"mark": "", "how": ""}
    if not any(one.answered or one.done for one in asked):
        return {"mark": "open", "how": words.say("page.contents.open")}
    if not done:
        return {"mark": "begun", "how": words.say("page.contents.begun")}
    how = words.say("page.contents.of", done=done, total=len(asked))
    return {"mark": "done" if done == len(asked) and not any(one.closed for one in steps) else "begun", "how": how}
