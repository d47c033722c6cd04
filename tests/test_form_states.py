"""Every state in which a form can stand, asked of two engines that look for barriers, in each look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.form_page import Desk, every_kind, open_form
from tests.test_form_page import fill, say_more, skip_one_and_write_another_wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext, Page

QUICK = {"typing": 50, "acknowledge": 1_000, "refresh": 60_000}


def _empty(context: BrowserContext) -> Page:
    return open_form(context, Desk(), every_kind())


def _filled(context: BrowserContext) -> Page:
    desk = Desk()
    fill(desk)
    return open_form(context, desk, every_kind())


def _answered_in_part(context: BrowserContext) -> Page:
    desk = Desk()
    fill(desk)
    say_more(desk)
    page = open_form(context, desk, every_kind())
    skip_one_and_write_another_wrong(page, desk)
    return page


def _later(context: BrowserContext) -> Page:
    page = open_form(context, Desk(more={"later": "This page is for 9 March 2026 or later."}), every_kind())
    expect(page.get_by_role("button", name="I want to do it now")).to_be_visible()
    return page


def _midnight(context: BrowserContext) -> Page:
    labels = {"2026-03-04": "Today", "2026-03-03": "3 March 2026"}
    desk = Desk(occasions=[{"id": each, "label": label, "current": True} for each, label in labels.items()])
    desk.more = {"night": {"occasion": "2026-03-03", "today": "Wednesday, the new day", "yesterday": "Still Tuesday"}}
    page = open_form(context, desk, every_kind("every.weekly") | {"repeats": "daily"})
    expect(page.get_by_role("group", name="It is after midnight. Which day do you mean?")).to_be_visible()
    return page


def _earlier(context: BrowserContext) -> Page:
    occasions = [
        {"id": each, "label": label, "current": not at}
        for at, (each, label) in enumerate({"2026-03-02": "This week", "2026-02-23": "23 February 2026"}.items())
    ]
    desk = Desk(occasions=occasions)
    desk.save(item="every.weekly.kept", value="yes", status="answered", occasion="2026-02-23", seen=0, page="")
    page = open_form(context, desk, every_kind("every.weekly"))
    page.get_by_label("Which one to look at").select_option("2026-02-23")
    expect(page.locator(".mend-earlier dl")).to_be_visible()
    return page


def _one_at_a_time(context: BrowserContext) -> Page:
    page = _empty(context)
    page.get_by_role("button", name="One question at a time").click()
    turns = page.get_by_role("group", name="One question at a time")
    turns.get_by_role("button", name="Next").click()
    expect(turns.get_by_role("button", name="Back")).to_be_enabled()
    return page


def _lost(context: BrowserContext) -> Page:
    page = open_form(context, Desk(), every_kind(), QUICK)
    page.evaluate("window.cut = true")
    page.get_by_label("What would a camera have seen?").fill("Late again.")
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "lost")
    return page


def _closed(context: BrowserContext) -> Page:
    closed = {"title": "Closed for now", "html": "<p>A reason.</p>", "instead": [], "resources": []}
    desk = Desk(more={"closed": closed})
    fill(desk)
    page = open_form(context, desk, every_kind())
    expect(page.get_by_role("heading", name="Closed for now")).to_be_visible()
    return page


STATES = [_empty, _filled, _answered_in_part, _later, _midnight, _earlier, _one_at_a_time, _lost, _closed]


@pytest.mark.parametrize("state", STATES, ids=[each.__name__.strip("_") for each in STATES])
def test_a_form_in_any_state_has_no_barrier(browser: Browser, state: Callable[[BrowserContext], Page]) -> None:
    """Neither engine finds anything, light or dark, at three widths; nothing is wider than the window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = state(context)
    within = ".mend-form"  # the bare page around it has no title of its own
    assert engines.faults(page, within) == []
    context.close()
