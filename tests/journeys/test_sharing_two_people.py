"""Two people, two computers, four files between them: everything by mouse, and what one writes the other sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import safe_answers
from tests.caseload_sample import CAMERA, PART, PASSPHRASE
from tests.journeys import filling
from tests.journeys.serving import ALONE, serving
from workbook import definition
from workbook.journal import Journal
from workbook.sharing import caseload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.journeys.serving import Lab

WORDS = {PART: "I left without a word.", CAMERA: "They asked. I went out."}


class Person:
    """Someone at a computer of their own, with a folder for the files they are given."""

    def __init__(self, browser: Browser, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True)
        context.set_default_timeout(60_000)
        self.page = context.new_page()

    def at(self, notebook: str) -> Page:
        self.page.goto(self.lab.page(notebook))
        return self.page

    def keeps(self, button: str) -> Path:
        """Press a button that gives a file, and keep the file."""
        with self.page.expect_download() as given:
            self.page.get_by_role("button", name=button).click()
        file = self.folder / given.value.suggested_filename
        given.value.save_as(file)
        return file


@pytest.fixture
def counselor(browser: Browser, tmp_path: Path) -> Iterator[Person]:
    with serving(tmp_path / "caseload", command=("caseload", "--home")) as lab:
        person = Person(browser, lab, tmp_path)
        yield person
        person.page.context.close()


@pytest.fixture
def client(browser: Browser, tmp_path: Path) -> Iterator[Person]:
    with Journal.create(tmp_path / "journal") as journal:
        safe_answers.answer_safely(journal.save)
    with serving(tmp_path / "journal", *ALONE) as lab:
        person = Person(browser, lab, tmp_path)
        yield person
        person.page.context.close()


def set_up(counselor: Person) -> None:
    page = counselor.at("caseload")
    page.get_by_label("How your clients see you").fill("Dr. Example")
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_label("The same once more").fill(PASSPHRASE)
    page.get_by_label("I understand").check()
    counselor.keeps("Make the keys")
    page.get_by_role("button", name="Go to my caseload").click()


def assign(counselor: Person, chapter: str) -> Path:
    page = counselor.page
    page.get_by_label(f"All of “{chapter}”").check()
    return counselor.keeps("Make the file")


def take_in(client: Person, file: Path) -> Locator:
    """Let the client's first page take a file in; return the part of it that shows what came."""
    page = client.at("00-start")
    page.get_by_text("Got a file from a counselor?").click()
    given = page.locator("#mend-given")
    given.locator("input[type=file]").set_input_files(file)
    yes = page.get_by_role("button", name="Yes, take it in")
    preview = given.locator(".mend-good", has=yes)  # an older reply says who it is from, too
    expect(preview).to_contain_text("From Dr. Example")
    yes.click()
    given.get_by_role("button", name="Reload this page").wait_for()
    return given


def answer(client: Person) -> None:
    form = filling.open_step(client.at("10-responsibility"), "responsibility.incident")
    for item, words in WORDS.items():
        form.get_by_label(definition.load().item(item).prompt).fill(words)
        form.locator(".mend-state").click()
        filling.saved(form)


def share(client: Person, *, tick: str, untick: str | None = None) -> Path:
    page = client.at("70-share")
    page.get_by_label("Choose one by one: One moment I regret").click()
    if untick:
        page.get_by_role("checkbox", name=re.compile(re.escape(WORDS[untick]))).uncheck()
    page.get_by_role("checkbox", name=re.compile(re.escape(WORDS[tick]))).check()
    page.get_by_role("button", name="See what they will see").click()
    page.get_by_role("heading", name="2. What they will see").wait_for()
    seal = page.locator(".mend-part", has=page.get_by_role("button", name="Seal into a file"))
    seal.get_by_role("radio", name="Where my browser keeps its downloads").check()
    return client.keeps("Seal into a file")


def receive(counselor: Person, file: Path) -> str:
    page = counselor.page
    page.locator(".mend-drop input[type=file]").set_input_files(file)
    page.get_by_text("1 file looked at").wait_for()  # the list is drawn anew by then
    return page.locator(".mend-outcome li").inner_text()


def test_a_round_trip_between_two_people(counselor: Person, client: Person, tmp_path: Path) -> None:
    """keygen, assign, open, answer, share part, receive, comment, reply; then reassign, withdraw, again, erase."""
    set_up(counselor)
    counselor.page.get_by_role("button", name="New assignment").click()
    counselor.page.get_by_label("Pseudonym of the client").fill("A.")
    take_in(client, assign(counselor, "Take responsibility"))
    answer(client)
    first = share(client, tick=PART)

    desk = counselor.at("caseload")
    desk.get_by_label("Passphrase").fill(PASSPHRASE)
    desk.get_by_role("button", name="Open", exact=True).click()
    assert receive(counselor, first) == "A.: 1 new."
    desk.get_by_role("button", name="A.", exact=True).click()
    expect(desk.get_by_text(WORDS[PART])).to_be_visible()
    expect(desk.get_by_text(WORDS[CAMERA])).to_have_count(0)
    desk.get_by_role("button", name=re.compile("Comment: ")).click()
    desk.get_by_label("Your comment beside").fill("Thank you for this.")
    desk.get_by_role("button", name="Keep the comment").click()
    expect(desk.locator(".mend-comment")).to_contain_text("Thank you for this.")
    desk.get_by_label("To the whole of it").fill("See you on Thursday.")
    reply = counselor.keeps("Seal a reply")

    expect(take_in(client, reply).get_by_text("See you on Thursday.")).to_be_visible()
    form = filling.open_step(client.at("10-responsibility"), "responsibility.incident")
    expect(
        form.locator(".mend-item", has_text=definition.load().item(PART).prompt).locator(".mend-comment")
    ).to_contain_text("Thank you for this.")

    desk.get_by_role("button", name="Change what A. is asked").click()
    again = assign(counselor, "Give space")
    expect(take_in(client, again).get_by_role("link", name="When the urge comes")).to_be_visible()
    second = share(client, tick=CAMERA, untick=PART)
    desk.get_by_role("button", name="All clients").click()
    assert receive(counselor, second) == "A.: 1 new, 1 withdrawn."
    desk.get_by_role("button", name="A.", exact=True).click()
    expect(desk.get_by_text(WORDS[CAMERA])).to_be_visible()
    expect(desk.get_by_text(WORDS[PART])).to_have_count(0)
    expect(desk.get_by_role("heading", name="Taken back by them")).to_be_visible()

    desk.get_by_text("Rights of the client").click()
    desk.get_by_role("button", name="Erase this client").click()
    desk.get_by_role("button", name="Yes, erase everything").click()
    expect(desk.get_by_text("A. is erased. 0 of their records are left.")).to_be_visible()
    with caseload.open_caseload(tmp_path / "caseload", PASSPHRASE) as opened:
        assert opened.clients() == []
