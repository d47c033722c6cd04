"""A client's half of sharing, in real pages: an assignment comes in, a sealed file is made, the reply is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import safe_answers
from tests.journeys.serving import ALONE, serving
from tests.test_share_page import CAMERA, PART, WORDS, assignment, feedback, opened
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab


@pytest.fixture
def lab(tmp_path: Path, chromium: str) -> Iterator[Lab]:
    """`workbook open a.assignment`, for a journal with two answers that nobody was shown."""
    folder = tmp_path / "sharing"
    folder.mkdir()
    (folder / "a.assignment").write_bytes(assignment())
    with Journal.create(folder / "journal") as journal:
        safe_answers.answer_safely(journal.save)
        for item in (PART, CAMERA):
            journal.save(item, WORDS[item])
    with serving(folder / "a.assignment", "--journal", str(folder / "journal"), *ALONE) as lab:
        yield lab


@pytest.fixture
def folder(lab: Lab) -> Path:
    return lab.journal.parent  # the "journal" this lab was started with is the assignment


def test_the_client_is_asked_answers_seals_and_reads_the_reply(lab: Lab, page: Page, folder: Path) -> None:
    """Opened by command, asked on the first page and in the form, chosen and sealed, answered beside the answer."""
    assert lab.said[:2] == [
        "From Dr. Example, for “A.”.\n",
        "Asks for: One moment I regret, by 15 January 2027.\n",
    ]
    page.goto(lab.page("00-start"))
    page.get_by_role("region", name="Your counselor").get_by_role("link", name="One moment I regret").click()
    form = page.locator('[id="responsibility.incident"]')  # the link opens its step
    expect(form.get_by_text("Dr. Example asked you to do this")).to_be_visible()
    expect(form.get_by_text("One moment is enough.")).to_be_visible()

    page.goto(lab.page("70-share"))
    page.get_by_label("Choose one by one: One moment I regret").click()
    with Journal.open(folder / "journal") as journal:
        journal.save("responsibility.incident.trigger", "The door.")
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # as when one comes back from another window
    expect(page.get_by_role("checkbox", name="The door.")).to_be_visible()  # what was opened stays open
    page.get_by_label("What was my part").check()
    page.get_by_role("button", name="See what they will see").click()
    expect(page.locator(".mend-sight")).to_contain_text(WORDS[PART])
    page.get_by_label("In this place on my computer").and_(page.get_by_role("textbox")).first.fill(
        str(folder / "a.submission")
    )
    page.get_by_role("button", name="Seal into a file").click()
    expect(page.get_by_role("heading", name="Sealed")).to_be_visible()
    sent = opened(folder / "a.submission")
    assert [answer.item for answer in sent.answers] == [PART]
    assert WORDS[CAMERA] not in sent.model_dump_json()

    with Journal.open(folder / "journal") as journal:
        reply = feedback(journal)
    page.goto(lab.page("00-start"))
    page.get_by_text("Got a file from a counselor?").click()
    given = page.locator("#mend-given")
    given.locator("input[type=file]").set_input_files({"name": "a.feedback", "mimeType": "", "buffer": reply})
    given.get_by_role("button", name="Yes, take it in").click()
    with page.expect_event("load"):  # what stands there before it is of the page that is left
        given.get_by_role("button", name="Reload this page").click()
    expect(given.get_by_text("See you on Thursday.")).to_be_visible()
    given.get_by_role("link", name="One moment I regret").last.click()
    expect(form.locator(".mend-comment")).to_contain_text("Thank you for this.")


def test_a_download_comes_out_of_jupyterlab(lab: Lab, page: Page) -> None:
    """Inside JupyterLab's frame, too, the browser gets the sealed file."""
    page.goto(lab.url("lab/tree/70-share.ipynb"))
    inside = page.frame_locator('iframe[src*="70-share"]')
    inside.get_by_role("checkbox", name="All of “One moment I regret”").check()
    inside.get_by_role("button", name="See what they will see").click()
    seal = inside.locator(".mend-part", has=page.get_by_role("button", name="Seal into a file"))
    seal.get_by_label("Where my browser keeps its downloads").check()
    with page.expect_download() as download:
        seal.get_by_role("button", name="Seal into a file").click()
    assert CAMERA in {answer.item for answer in opened(download.value.path()).answers}
