"""What was written once is shown where it is needed, and not asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.form_page import Desk, open_form
from tests.safe_answers import answer_safely
from workbook import definition
from workbook.definition.items import Note
from workbook.journal import Journal
from workbook.page import form

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKBOOK = definition.load()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=lambda: datetime(2026, 3, 3, 12, tzinfo=UTC)) as made:
        answer_safely(made.save)
        yield made


def quoted(journal: Journal, exercise: str) -> object:
    """What a page of this form is told of other forms."""
    widget, said = journal.exercise(exercise), []
    widget.send = lambda content, buffers=None: said.append(content)
    widget._handle_custom_msg({"type": "ready", "page": "page-1"}, [])
    return said[0]["quoted"]


def test_the_plan_made_by_day_stands_in_the_form_for_the_urge(journal: Journal) -> None:
    """Each line is the newest answer, as the person wrote it; what is blank, skipped or taken out is not there."""
    assert quoted(journal, "space.urges") == {}
    journal.save("space.plan.first", "I drink a glass of water")
    journal.save("space.plan.second", status="skipped")
    journal.save("space.plan.call", "M.")
    assert quoted(journal, "space.urges") == {
        "space.plan.first": ["I drink a glass of water"],
        "space.plan.call": ["M."],
    }
    journal.save("space.plan.call", None, status="blank")
    assert quoted(journal, "space.urges") == {"space.plan.first": ["I drink a glass of water"]}


def test_people_are_listed_once_and_shown_in_every_form_that_needs_them(journal: Journal) -> None:
    """One list, a line for each person, in the plan for urges, in support and in the safety plan."""
    journal.save("space.people.list", [{"who": "M.", "good_for": "listen", "how": "Call"}, {"who": "A."}])
    lines = {"space.people.list": ["Who: M.; Good for: Listening; How to reach them: Call", "Who: A."]}
    for exercise in ("space.plan", "moving-on.support", "safety-plan.plan"):
        assert quoted(journal, exercise) == lines


@pytest.mark.browser
def test_a_note_shows_what_another_form_holds_as_it_was_written(browser: Browser) -> None:
    """Lines stand under the note as plain words, not as Markdown or HTML, and go when they are taken out."""
    desk = Desk(more={"quoted": {"space.plan.first": ["Drink *water*, <b>now</b>"], "space.plan.call": ["M."]}})
    context = browser.new_context()
    page = open_form(context, desk, form.payload(WORKBOOK.exercise("space.urges"), WORKBOOK))
    expect(page.locator(".mend-quoted li")).to_have_text(["Drink *water*, <b>now</b>", "M."])
    desk.more["quoted"] = {}
    page = open_form(context, desk, form.payload(WORKBOOK.exercise("space.urges"), WORKBOOK))
    expect(page.get_by_text("What you decided by day comes first.")).to_be_visible()
    expect(page.locator(".mend-quoted")).to_be_hidden()
    context.close()


def test_one_list_of_people_and_one_home_of_commitments() -> None:
    """No form but one asks for a table of people, and none but one what a person commits to."""
    tables = [
        item.id
        for item in WORKBOOK.items
        if item.kind == "table" and not item.retired and any(column.id == "who" for column in item.columns)
    ]
    assert tables == ["space.people.list"]
    assert [item.id for item in WORKBOOK.items if item.word == "commitment" and not item.retired] == [
        "improvement.plans.commitment"
    ]


def test_nothing_private_is_quoted_into_a_form_that_may_be_shared() -> None:
    """A note shows answers in the page only, and none of a form that is never offered for sharing."""
    shares = {item.id: item.share or WORKBOOK.exercise(item.exercise_id).share for item in WORKBOOK.items}
    quoted = {id for item in WORKBOOK.items if isinstance(item, Note) for id in item.quotes}
    assert {id for id in quoted if shares[id] == "private"} == set()
