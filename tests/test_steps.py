"""How far a step is, and which comes next, goes to the page without a word of an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook import words
from workbook.journal import Journal
from workbook.page import assets

LINE = "I keep the evenings by the sea."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=clock) as journal:
        yield journal


def step(journal: Journal, id: str, within: str | None = None) -> dict[str, Any]:
    form = journal.exercise(id, within=within)
    said: list[Any] = []
    form.send = lambda content, buffers=None: said.append(content)
    form._handle_custom_msg({"type": "step", "page": "p"}, [])
    [told] = json.loads(json.dumps(said))
    assert (told.pop("type"), told.pop("page")) == ("step", "p")
    return dict(told)


def test_a_step_says_how_far_it_is_and_no_word(journal: Journal, clock: Clock) -> None:
    """Not begun, begun, done; the first that is not done, and the one after it."""
    answer_safely(journal.save)
    new = {"answered": 0, "total": 2, "minutes": 1, "done": False, "day": None, "closed": None}
    assert step(journal, "moving-on.take") == {**new, "next": "moving-on.acceptance", "first": False}
    journal.save("moving-on.take.line", LINE)
    begun = {**new, "answered": 1, "minutes": 0, "day": "2026-03-02"}
    assert step(journal, "moving-on.take") == {**begun, "next": "moving-on.acceptance", "first": False}
    journal.save("moving-on.acceptance.done", "yes")
    assert step(journal, "moving-on.take")["next"] == "moving-on.self"
    assert step(journal, "moving-on.self")["first"]
    clock.forward(days=1)
    answer_safely(journal.save)
    journal.save("moving-on.take.done", "yes")
    done = {**begun, "done": True, "minutes": 0, "day": "2026-03-03"}
    assert step(journal, "moving-on.take") == {**done, "next": "moving-on.self", "first": False}


def test_what_is_closed_says_why_and_is_not_next(journal: Journal) -> None:
    """On a new journal only the question of who can read this is open."""
    privacy = step(journal, "start.privacy")
    assert (privacy["closed"], privacy["first"], privacy["next"]) == (None, True, None)
    waiting = step(journal, "start.want")
    assert (waiting["closed"], waiting["first"], waiting["next"]) == (
        "Who else can read this",
        False,
        "start.privacy",
    )


def test_what_repeats_any_time_stays_done(journal: Journal, clock: Clock) -> None:
    """An answer given now would begin a new one; until then the chapter counts it as done."""
    answer_safely(journal.save)
    journal.save("space.not_knowing.done", "yes")
    clock.forward(days=3)
    answer_safely(journal.save)
    now = step(journal, "space.not_knowing")
    assert (now["done"], now["day"]) == (True, "2026-03-02")
    assert next(one for one in journal.progress("space") if one.exercise == "space.not_knowing").done


def test_below_today_no_step_opens_by_itself(journal: Journal, clock: Clock) -> None:
    """In the first sitting the first stands open; who comes back meets Today in its place, and other pages as ever."""
    answer_safely(journal.save)
    start = [one.id for one in journal.workbook.chapter("start").exercises if not one.retired]
    assert [id for id in start if step(journal, id)["first"]] == ["start.privacy"]
    clock.forward(days=8)
    assert [id for id in start if step(journal, id)["first"]] == []
    assert step(journal, "moving-on.self")["first"] is True


def test_what_is_asked_on_the_page_of_another_chapter_is_a_step_there(journal: Journal, clock: Clock) -> None:
    """It stands before what waits for it, is the first to do, and leads on in that chapter."""
    answer_safely(journal.save)
    clock.forward(days=1)
    room = journal.exercise("start.now", within="responsibility")
    [form] = room.children
    told = form._step()
    assert form.exercise["steps"][0] == "responsibility.rating"
    assert (told["first"], told["closed"]) == (True, None)
    assert step(journal, "responsibility.rating")["first"] is False


def test_the_steps_have_every_sentence_from_python() -> None:
    """Each text step.js asks for stands in data, and each text there is asked for."""
    source = assets.script("step.js").read_text(encoding="utf-8")
    repeats = {"daily", "weekly", "monthly", "any", "minutes", "folded", "not_now"}  # asked for by name
    assert set(re.findall(r"\bwords\.(\w+)", source)) | repeats == set(words.section("page.step"))
