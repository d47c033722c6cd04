"""Two people of a practice, each in a browser, on one JupyterHub: each has their own pages, and nobody else has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import ARGUMENTS
from tests.journeys.practice import RESOLVED, Practice, practising
from tests.journeys.test_journeys import SAVED, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FrameLocator, Locator, Page

STARTING = 180_000  # milliseconds for someone's server to start on a busy machine


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Practice]:
    with practising(tmp_path_factory.mktemp("hub")) as practice:
        yield practice


@pytest.fixture(scope="module")
def browsers(browser: Browser, chromium: str) -> Iterator[Browser]:
    """A Chromium for which the names of this hub lead here, and no other name leads anywhere."""
    own = browser.browser_type.launch(executable_path=chromium, args=[*ARGUMENTS, RESOLVED])
    yield own
    own.close()


class Visitor:
    """One person of the practice, with a browser of their own; `asked` is every address it asked for."""

    def __init__(self, practice: Practice, browsers: Browser, name: str) -> None:
        self.practice, self.name = practice, name
        self.context = browsers.new_context(
            ignore_https_errors=True, viewport={"width": 1280, "height": 900}, locale="en-GB"
        )
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))

    def log_in(self) -> None:
        self.page.goto(self.practice.address)
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill("anything")
        self.page.get_by_role("button", name="Sign in").click()
        self.form("start.privacy").wait_for(timeout=STARTING)

    @property
    def shown(self) -> FrameLocator:
        """The chapter in JupyterLab's frame."""
        return self.page.frame_locator('iframe[src*=".ipynb"]')

    def form(self, id: str) -> Locator:
        return self.shown.locator(f'[id="{id}"]')

    def shared_device(self, answer: str) -> Locator:
        """The choice of who can see this screen, which is the first question there is."""
        return self.form("start.privacy").get_by_role("group").first.get_by_role("radio", name=answer, exact=True)


@pytest.fixture(scope="module")
def alice(practice: Practice, browsers: Browser) -> Iterator[Visitor]:
    visitor = Visitor(practice, browsers, "alice")
    visitor.log_in()
    yield visitor
    visitor.context.close()


@pytest.fixture(scope="module")
def bob(practice: Practice, browsers: Browser) -> Iterator[Visitor]:
    visitor = Visitor(practice, browsers, "bob")
    yield visitor
    visitor.context.close()


def test_who_logs_in_answers_and_finds_it_after_a_reload(alice: Visitor) -> None:
    """The first page comes by itself; what is answered on it is kept in that person's journal, and is there again."""
    expect(alice.shared_device("No")).not_to_be_checked()
    alice.form("start.privacy").get_by_role("group").first.get_by_text("No", exact=True).click()
    expect(state(alice.form("start.privacy"))).to_have_text(SAVED)
    alice.page.reload()
    expect(alice.shared_device("No")).to_be_checked()
    assert (alice.practice.journal("alice") / ".mend" / "answers.sqlite").is_file()


def test_nobody_else_comes_in_at_any_address_of_a_person(alice: Visitor, bob: Visitor) -> None:
    """Bob has an account of his own, and is refused at each of Alice's addresses: pages, files, settings, kernels."""
    bob.log_in()
    page = bob.context.new_page()
    for path in (
        "lab/tree/00-start.ipynb",
        "doc/tree/00-start.ipynb",
        "voila/render/00-start.ipynb",
        "custom/custom.css",
        "api/contents/00-start.ipynb",
        "api/kernels",
        "api/sessions",
        "files/00-start.ipynb",
        "files/.mend/answers.sqlite",
        "nbconvert/mend/00-start.ipynb",
    ):
        answer = page.goto(alice.practice.server("alice", path))
        assert (answer.status if answer else None, path) == (403, path)
    page.close()


def test_no_page_asks_anyone_but_the_hub(alice: Visitor, bob: Visitor) -> None:
    """Every address that two whole visits asked for is the hub's, or the person's own server."""
    for visitor in (alice, bob):
        own = (f"{visitor.practice.address}/", visitor.practice.server(visitor.name), "data:", "blob:")
        others = (visitor.practice.server("alice"),) if visitor is bob else ()  # asked for, and refused
        assert [url for url in visitor.asked if not url.startswith((*own, *others))] == []
        assert any(url.startswith(visitor.practice.server(visitor.name, "voila/render/")) for url in visitor.asked)
