"""Words from someone who means harm in the panels: as a counselor's file, as answers, as a client's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import hostile_files
from tests.caseload_sample import CAMERA, NOW, PART, PASSPHRASE, ask, journal_of, sealed
from tests.clock import Clock
from tests.hostile_files import EVERY, NAME
from tests.panel_page import open_panel
from workbook.page.panels import caseload_panel, share_panel
from workbook.sharing import caseload, keys
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

ACTS = "img, svg, iframe, object, embed, base, script, form[action], [formaction], [onclick], [onerror], [onload]"


@pytest.fixture
def shown(browser: Browser) -> Iterator[Callable[[Any], Page]]:
    """A page of a panel; at the end of the test it asked for nothing, and nothing in it ran or can run."""
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    asked: list[str] = []
    failed: list[str] = []

    def open_one(panel: Any) -> Page:
        page: Page = open_panel(context, panel)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        return page

    yield open_one
    for page in context.pages:
        page.locator(".mend-sheet :not(button, a, input, select, summary)").evaluate_all(
            "(all) => all.forEach((one) => one.click?.())"
        )
        assert page.evaluate("window.ran ?? 'nothing'") == "nothing"
        assert page.locator(".mend-sheet").locator(ACTS).evaluate_all("(all) => all.map((one) => one.outerHTML)") == []
        assert (page.evaluate("document.title === 'ran'"), page.url) == (False, "http://panel.test/page.html")
    assert [url for url in asked if not url.startswith("blob:")] == []  # a file that was just made
    assert failed == []
    context.close()


def test_a_counselors_file_is_words_before_and_after_it_is_taken_in(
    shown: Callable[[Any], Page], tmp_path: Path
) -> None:
    """Name, pseudonym, instruction, questionnaire, reply and comment: all of it is shown, and none of it acts."""
    counselor = seal.new_identity()
    with journal_of(tmp_path / "journal", Clock(NOW)) as journal:
        journal.save(PART, EVERY[:4000])
        page = shown(share_panel.Given(journal, refresh=lambda: ()))
        page.get_by_text("Got a file from a counselor?").click()
        for name, data in (
            (f"{NAME}.assignment", hostile_files.assignment(counselor)),
            ("b.feedback", hostile_files.feedback(counselor, journal, PART)),
        ):
            page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/html", "buffer": data})
            expect(page.locator(".mend-sheet").get_by_text(NAME).first).to_be_visible()
            page.get_by_role("button", name="Yes, take it in").click()
            expect(page.get_by_role("button", name="Yes, take it in")).to_have_count(0)
        expect(page.get_by_text("javascript:").first).to_be_attached()
        assert {one.kind for kind in ("assignment", "comment") for one in journal.store.records(kind)} == {
            "assignment", "comment"
        }  # fmt: skip


def test_answers_that_look_like_code_are_chosen_and_seen_as_words(shown: Callable[[Any], Page], tmp_path: Path) -> None:
    """The list of what can be shared and the preview show the client's own words as they are."""
    counselor = seal.new_identity()
    with journal_of(tmp_path / "journal", Clock(NOW)) as journal:
        from workbook.sharing import client as share

        share.given(journal, hostile_files.assignment(counselor)).accept()
        journal.save(PART, EVERY[:4000])
        journal.save(CAMERA, NAME)
        page = shown(share_panel.Sharing(journal))
        page.get_by_role("button", name="See what they will see").wait_for()
        for each in page.locator("details").all():
            each.locator("summary").click()
        page.get_by_role("checkbox", name="All of “One moment I regret”").check()
        page.get_by_role("button", name="See what they will see").click()
        expect(page.locator(".mend-sight").get_by_text(NAME, exact=True)).to_be_visible()


def test_a_clients_words_and_name_are_words_to_the_counselor(shown: Callable[[Any], Page], tmp_path: Path) -> None:
    """Received, read, commented and noted: the caseload shows what they wrote, and locks itself by its button."""
    home = keys.keygen(tmp_path / "caseload", PASSPHRASE, counselor=NAME)
    clock = Clock(NOW)
    with (
        caseload.open_caseload(home, keys.unlock(home, PASSPHRASE), now=clock) as opened,
        journal_of(tmp_path / "journal", clock) as journal,
    ):
        ask(opened, journal, NAME, ["responsibility.incident"])
        journal.save(PART, EVERY[:4000])
        journal.save(CAMERA, NAME)
        file = tmp_path / "a.submission"
        file.write_bytes(sealed(journal, PART, CAMERA))
    page = shown(caseload_panel.Page(home))
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    page.locator(".mend-drop input[type=file]").set_input_files(file)
    expect(page.locator(".mend-outcome")).to_contain_text(f"{NAME}: 2 new.")
    expect(page.get_by_text("1 file looked at", exact=True)).to_be_visible()  # the list was drawn anew
    page.get_by_role("button", name=NAME).click()
    answer = page.locator(".mend-answer", has_text=NAME).first
    expect(answer).to_be_visible()
    answer.get_by_role("button", name="Comment").click()
    page.keyboard.type(NAME)
    page.get_by_role("button", name="All clients").click()
    page.get_by_role("button", name="New assignment").click()
    page.get_by_role("button", name="All clients").click()
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_label("Passphrase")).to_be_focused()
    expect(page.get_by_role("button", name=NAME)).to_have_count(0)
