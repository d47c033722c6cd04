"""In a language of brackets, nothing that the scripts of a form ever draw stands outside them, in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.form_page import HERE, Desk, open_form
from tests.made_up import in_brackets
from tests.made_up_page import left, press, unfold, watching
from workbook import definition
from workbook.page import form
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext


pytestmark = pytest.mark.usefixtures("language")

MADE = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with watching(browser) as context:
        yield context


def test_a_form_draws_nothing_else(context: BrowserContext) -> None:
    """Each kind of question, answered, skipped, cleared and refused; done; a lost connection; what is closed."""
    made = in_brackets(definition.load(HERE / "every.yaml"))
    desk = Desk(occasions=[
        {"id": "once", "label": say("answers.daily"), "current": True},
        {"id": "2027-01-01", "label": "1", "current": False},
    ])  # fmt: skip
    desk.more = {"assigned": {"from": "Dr. Example", "instruction": "Hello.", "due": "2027-01-15"}}
    desk.hints = {"every.kind.camera": [{"text": say("page.panel.wrong"), "kind": "but"}]}
    page = open_form(context, desk, form.payload(made.exercise("every.kind"), made), {"acknowledge": 600})
    form_ = page.locator(".mend-form")
    for box in form_.get_by_role("radio").all()[:40:3]:
        box.check(force=True)
    form_.get_by_role("checkbox").first.check(force=True)
    for box in form_.locator("textarea").all():
        box.fill("Hello. " * 60)
    form_.locator(".mend-number").first.fill("99")
    form_.locator("input[type=date]").first.fill("2025-11-03")
    press(page, "page.form.rank_keep")
    form_.locator(".mend-arrow:not([aria-disabled=true])").first.click()
    page.get_by_role("button", name=re.compile("^" + re.escape(say("page.form.table_add").split("{")[0]))).click()
    page.get_by_role("button", name=re.compile(re.escape(say("page.form.table_remove")[:-1]))).first.click()
    press(page, "page.form.table_undo")
    for box in form_.locator(".mend-shares input").all():
        box.fill("60")
    for number in range(3):
        page.get_by_role("button", name=say("page.form.skip")).nth(number).click()
    page.get_by_role("button", name=say("page.form.clear")).first.click()
    expect(form_).to_have_attribute("data-state", "saved")
    press(page, "page.form.one_at_a_time")
    press(page, "page.form.one_next")
    press(page, "page.form.all_at_once")
    press(page, "page.form.done")
    expect(form_).to_have_attribute("data-state", "saved")
    page.evaluate("window.cut = true")
    form_.locator("textarea").first.fill("I left.")
    expect(form_).not_to_have_attribute("data-state", "saved")
    expect(page.get_by_text(say("page.form.lost"))).to_be_visible()
    page.evaluate("window.cut = false")
    closed = {"title": "⟦⟧", "html": "<p>⟦⟧</p>", "instead": [], "resources": [], "urgent": ""}
    desk.more = {"closed": closed}
    page.evaluate("window.receive({type: 'changed'})")
    expect(form_.locator(".mend-closed h3")).to_be_visible()
    unfold(page)
    assert left(page) == []
