"""Two people of a practice, each in a browser, on one JupyterHub: each has their own pages, and nobody else has."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import expect

from tests import engines
from tests.conftest import ARGUMENTS
from tests.journeys import filling
from tests.journeys.practice import NAME, RESOLVED, Practice, practising
from tests.journeys.test_journeys import SAVED, state, until
from tests.mailboxes import assignment, feedback, submission
from tests.safe_answers import answer_safely
from tests.test_hub import UNTRUE
from tests.test_share_page import PART, opened
from tests.test_share_page import assignment as asked_of_one
from tests.test_share_page import feedback as reply_to
from workbook.journal import Journal
from workbook.page import head
from workbook.sharing.post import NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FrameLocator, Locator, Page

    from tests.postgresql import Server

CANARY = "quagga-marzipan"
ZONE, EAST = "Asia/Tokyo", 540  # of every browser here, and its minutes east of UTC; the machine of the hub is in UTC
STARTING = 180_000  # milliseconds for someone's server to start on a busy machine


@pytest.fixture(scope="module")
def store(postgresql: Server) -> str:
    """The database of the mailbox."""
    return postgresql.database()


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, chromium: str, store: str) -> Iterator[Practice]:
    with practising(tmp_path_factory.mktemp("hub"), store) as practice:
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
            ignore_https_errors=True, viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id=ZONE
        )
        self.context.set_default_navigation_timeout(STARTING)
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))

    def log_in(self) -> None:
        self.page.goto(self.practice.address)
        if self.page.get_by_label("Username").is_visible():
            self.page.get_by_label("Username").fill(self.name)
            self.page.get_by_label("Password").fill("anything")
            self.page.get_by_role("button", name="Sign in").click()

    def arrive(self) -> None:
        """Be on one's first page, logged in, whatever happened before."""
        self.log_in()
        self.form("start.privacy").wait_for(timeout=STARTING)
        self.recall()

    def recall(self) -> None:
        """Show what was answered before, which stands behind one line where a page has just been opened."""
        form = self.form("start.privacy")
        form.locator(".mend-wait").wait_for(state="hidden", timeout=STARTING)
        form.locator(".mend-given").evaluate("(held) => { if (!held.hidden) held.querySelector('button').click(); }")

    @property
    def shown(self) -> FrameLocator:
        """The chapter in JupyterLab's frame."""
        return self.page.frame_locator('iframe[src*=".ipynb"]')

    def form(self, id: str) -> Locator:
        return self.shown.locator(f'[id="{id}"]')

    @property
    def alias(self) -> Locator:
        """The first field for words."""
        return self.form("start.privacy").get_by_role("textbox").first

    def shared_device(self, answer: str) -> Locator:
        """The choice of who can see this screen, which is the first question there is."""
        return self.form("start.privacy").get_by_role("group").first.get_by_role("radio", name=answer, exact=True)


def written(visitor: Visitor) -> list[object]:
    """Return all that was ever written in the field `alias`, as the journal has it."""
    with Journal.open(visitor.practice.journal(visitor.name)) as journal:
        return [answer.value for answer in journal.versions("start.privacy.alias", "once")]


@pytest.fixture(scope="module")
def alice(practice: Practice, browsers: Browser) -> Iterator[Visitor]:
    """Whoever answered and wrote something on her first visit; a test begins with `arrive`, and needs no other test."""
    visitor = Visitor(practice, browsers, "alice")
    visitor.arrive()
    form = visitor.form("start.privacy")
    expect(visitor.shared_device("No")).not_to_be_checked()
    form.get_by_role("group").first.get_by_text("No", exact=True).click()
    expect(state(form)).to_have_text(SAVED)
    visitor.alias.fill(CANARY)
    until(lambda: CANARY in written(visitor), True)
    yield visitor
    visitor.context.close()


@pytest.fixture(scope="module")
def bob(practice: Practice, browsers: Browser) -> Iterator[Visitor]:
    visitor = Visitor(practice, browsers, "bob")
    visitor.arrive()
    yield visitor
    visitor.context.close()


def test_who_logs_in_answers_and_finds_it_after_a_reload(alice: Visitor) -> None:
    """The first page comes by itself; what is answered on it is kept in that person's journal, and is there again.

    Which day it is, the browser says.
    """
    alice.arrive()
    with Journal.open(alice.practice.journal("alice")) as journal:
        assert {answer.zone for answer in journal.store.history()} == {EAST}
    alice.page.reload()
    alice.form("start.privacy").locator(".mend-given button:visible").click(timeout=STARTING)
    expect(alice.shared_device("No")).to_be_checked()
    assert (alice.practice.journal("alice") / ".mend" / "answers.sqlite").is_file()


def test_nobody_else_comes_in_at_any_address_of_a_person(alice: Visitor, bob: Visitor) -> None:
    """Bob has an account of his own, and is refused at each of Alice's addresses: pages, files, settings, kernels."""
    bob.arrive()
    page = bob.context.new_page()
    for path in (
        "lab/tree/00-start.ipynb",
        "doc/tree/00-start.ipynb",
        "voila/render/00-start.ipynb",
        "custom/custom.css",
        "api/contents/00-start.ipynb",
        "api/kernels",
        "api/sessions",
        "api/me",
        "lab/api/settings",
        "lab/api/workspaces/default",
        "voila/api/contents",
        "view/00-start.ipynb",
        "files/00-start.ipynb",
        "files/.mend/answers.sqlite",
        "nbconvert/mend/00-start.ipynb",
    ):
        answer = page.goto(alice.practice.server("alice", path))
        assert (answer.status if answer else None, path) == (403, path)
    page.close()


def test_no_page_of_a_hub_says_what_is_true_at_home_only(bob: Visitor) -> None:
    """Each chapter says where answers lie on a hub, and has a way to log out; axe finds nothing on any."""
    bob.arrive()
    page = bob.context.new_page()
    for notebook in sorted(path.stem for path in bob.practice.journal("bob").glob("*.ipynb")):
        page.goto(bob.practice.server("bob", f"voila/render/{notebook}.ipynb"))
        expect(page.locator("#loading")).to_be_hidden()
        expect(page.get_by_role("button", name="Log out", exact=True)).to_be_visible()
        source = page.content()  # what is folded, and the words of forms that are not drawn yet, with it
        assert [each for each in UNTRUE if each in source] == [], notebook
        if notebook.startswith("00"):
            expect(page.locator('[id="start.privacy"]').get_by_text("They are kept on a server")).to_be_visible()
            expect(state(page.locator('[id="start.privacy"]'))).to_contain_text("on your service’s server")
        assert engines.axe(page) == [], notebook
    page.close()


def test_words_survive_a_server_that_stops_and_one_button_opens_the_page_again(alice: Visitor) -> None:
    """The hub stops a server while someone types: the page says so, keeps the words, and saves them once it is back."""
    alice.arrive()
    home = alice.context.new_page()
    home.goto(f"{alice.practice.address}/hub/home")
    home.get_by_role("button", name="Stop My Server").click()
    expect(home.get_by_role("button", name="Stop My Server")).to_be_hidden(timeout=STARTING)
    home.close()
    alice.alias.fill("Jo")  # words that no server has heard
    again = alice.form("start.privacy").get_by_role("button", name="Open this page again")
    expect(again).to_be_visible()
    again.click()
    until(lambda: written(alice)[-1:], ["Jo"], STARTING / 1000)  # by the new page: the old one shows the same word
    alice.recall()
    expect(alice.alias).to_have_value("Jo")
    filling.saved(alice.form("start.privacy"))


def test_words_survive_a_hub_and_a_proxy_that_start_again(alice: Visitor) -> None:
    """Both go while someone types, and come back: the same button opens the page, and what was typed is saved."""
    alice.arrive()
    alice.practice.end()
    alice.alias.fill("Joan")
    again = alice.form("start.privacy").get_by_role("button", name="Open this page again")
    expect(again).to_be_visible()
    assert "Joan" not in written(alice)
    alice.practice.start()
    alice.practice.wait()
    again.dispatch_event("click")  # the page may have found the way back by itself: then the button is away
    until(lambda: written(alice)[-1:], ["Joan"], STARTING / 1000)  # by the new page, as above
    alice.recall()
    expect(alice.alias).to_have_value("Joan")
    filling.saved(alice.form("start.privacy"))


def test_who_logs_out_is_out_and_so_is_who_leaves_the_page(alice: Visitor, bob: Visitor) -> None:
    """After either, going back meets the hub's question who one is, and no word of the page."""
    alice.arrive()
    bob.arrive()
    alice.shown.get_by_role("button", name="Log out", exact=True).click()
    expect(alice.page.get_by_label("Username")).to_be_visible(timeout=STARTING)
    alice.page.go_back()
    expect(alice.page.get_by_label("Username")).to_be_visible()
    with bob.page.expect_request(lambda asked: asked.url.endswith("/hub/logout")):  # the page is gone before an answer
        bob.shown.get_by_role("button", name="Leave this page").click()
    until(lambda: [each["name"] for each in bob.context.cookies() if "user-bob" in each["name"]], [])
    until(lambda: [each["name"] for each in bob.context.cookies() if "hub-login" in each["name"]], [], 60)


def test_a_client_takes_in_what_came_and_sends_an_answer_from_the_page(
    practice: Practice, browsers: Browser, postgresql: Server, store: str
) -> None:
    """No file goes by hand: the counselor's list is looked at and taken in, the answer sent, the reply read.

    PostgreSQL goes while it is being sent: that is said, it is kept, and sent again it is there once.
    """
    folder = practice.journal("cleo")
    folder.parent.mkdir()
    with Journal.create(folder) as journal:
        answer_safely(journal.save)
        journal.save(PART, CANARY)
    cleo, lee = Visitor(practice, browsers, "cleo"), practice.mailbox("lee")
    cleo.log_in()
    cleo.shown.locator("#mend-given").wait_for(timeout=STARTING)
    lee.send("cleo", asked_of_one())
    page = cleo.context.new_page()
    page.goto(practice.server("cleo", "voila/render/00-start.ipynb"))
    given = page.locator("#mend-given")
    expect(given.get_by_text("Something from lee has come.")).to_be_visible(timeout=STARTING)
    given.get_by_role("button", name="Look at it").click()
    expect(given.get_by_text("From Dr. Example, for “A.”.")).to_be_visible()
    assert engines.axe(page) == []
    given.get_by_role("button", name="Yes, take it in").click()
    expect(given.get_by_role("button", name="Reload this page")).to_be_visible()
    expect(given.get_by_text("has come.")).to_be_hidden()
    page.goto(practice.server("cleo", "voila/render/70-share.ipynb"))
    panel = page.locator("#mend-share")
    panel.get_by_role("checkbox", name="All of “One moment I regret”").check(timeout=STARTING)
    panel.get_by_role("button", name="See what they will see").click()
    expect(panel.locator(".mend-sight")).to_contain_text(CANARY)
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(store.replace("+psycopg", "")) as holding:
        holding.execute("LOCK TABLE mail")
        panel.get_by_role("button", name="Send to Dr. Example").click()
        waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%mail%'"
        until(lambda: postgresql.ask(store, waits), [(True,)])
        postgresql.kill()
    expect(panel.get_by_role("heading", name="Not sent. Your answers are saved")).to_be_visible()
    expect(panel.get_by_text("The mailbox cannot reach the place where it keeps files.")).to_be_visible()
    expect(panel.get_by_role("button", name="Have it as a file")).to_be_visible()
    postgresql.start()
    panel.get_by_role("button", name="Send to Dr. Example").click()
    expect(panel.get_by_role("heading", name="Sent", exact=True)).to_be_visible()
    assert engines.axe(page) == []
    sent = [opened(lee.fetch(one.number)) for one in lee.waiting() if one.sender == "cleo"]
    assert [[answer.label for answer in one.answers] for one in sent] == [[CANARY]]
    with Journal.open(folder) as journal:
        lee.send("cleo", reply_to(journal))
    page.goto(practice.server("cleo", "voila/render/00-start.ipynb"))
    given.get_by_role("button", name="Look at it").click(timeout=STARTING)
    given.get_by_role("button", name="Yes, take it in").click()
    with page.expect_event("load"):  # what stands there before it is of the page that is left
        given.get_by_role("button", name="Reload this page").click()
    expect(given.get_by_text("See you on Thursday.")).to_be_visible(timeout=STARTING)
    expect(given.get_by_text("has come.")).to_be_hidden()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_label("Username")).to_be_visible(timeout=STARTING)
    cleo.context.close()


def test_who_had_a_journal_gets_no_new_one_and_reads_whom_to_tell(
    alice: Visitor, practice: Practice, browsers: Browser, postgresql: Server, store: str
) -> None:
    """Whoever was there once is known for it, also without a letter; an empty home is a volume that is not there."""
    until(lambda: ("alice",) in postgresql.ask(store, "SELECT person FROM begun"), True)
    postgresql.ask(store, "INSERT INTO begun VALUES ('dora', '2027-01-04T09:00:00.000000+00:00')")
    dora = Visitor(practice, browsers, "dora")
    dora.log_in()
    expect(dora.page.get_by_role("heading", name="Your pages cannot be opened just now")).to_be_visible(
        timeout=STARTING
    )
    expect(dora.page.get_by_text("please tell whoever looks after this service")).to_be_visible()
    assert not practice.journal("dora").exists()
    dora.page.get_by_role("link", name="Log out").click()
    expect(dora.page.get_by_label("Username")).to_be_visible(timeout=STARTING)
    dora.context.close()


def test_nothing_anyone_wrote_is_in_the_hub_s_database_or_log_or_a_dump(
    alice: Visitor, postgresql: Server, store: str
) -> None:
    """What was written and sent is in the journal, and nowhere that hub, mailbox and PostgreSQL keep anything."""
    assert CANARY in written(alice)
    lee, bea = alice.practice.mailbox("lee"), alice.practice.mailbox("bea")
    lee.send("bea", assignment())  # the only kind that is not sealed
    lee.send("bea", feedback(CANARY))
    bea.send("lee", submission())
    kept = {path.name: path.read_bytes() for path in alice.practice.folder.iterdir() if path.is_file()}
    assert {"hub.sqlite", "hub.log"} <= kept.keys()
    kept |= {"postgresql.log": postgresql.log.read_bytes(), "mailbox.dump": postgresql.dump(store)}
    as_dumped = lambda word: word.encode().hex().encode()  # noqa: E731 # read beside its use
    assert all(word in kept["mailbox.dump"] for word in (b"feedback", b"submission", as_dumped("mend-assignment")))
    hidden = (CANARY.encode(), as_dumped(CANARY))
    assert [name for name, data in kept.items() if any(each in data for each in hidden)] == []


def test_no_page_asks_anyone_but_the_hub(alice: Visitor, bob: Visitor) -> None:
    """Every address that two whole visits asked for is the hub's, or the person's own server."""
    for visitor in (alice, bob):
        own = (f"{visitor.practice.address}/", visitor.practice.server(visitor.name), "data:", "blob:")
        others = (visitor.practice.server("alice"),) if visitor is bob else ()  # asked for, and refused
        left_for = {head.NEUTRAL} if visitor is bob else set()  # what bob's page makes room for, where he has left it
        assert {url for url in visitor.asked if not url.startswith((*own, *others))} <= left_for
        assert any(url.startswith(visitor.practice.server(visitor.name, "voila/render/")) for url in visitor.asked)


def test_files_go_through_the_hubs_mailbox_and_the_hub_says_who_is_who(practice: Practice) -> None:
    """A counselor of the hub's group writes first, the client answers; tokens and the address are the hub's."""
    lee, ann = practice.mailbox("lee"), practice.mailbox("ann")
    asked, answer = assignment(), submission()
    with pytest.raises(NotSent, match="You can write to a counselor who has written to you first"):
        ann.send("lee", answer)
    with pytest.raises(NotSent, match="Only a counselor can send this kind of file"):
        ann.send("lee", asked)
    with pytest.raises(NotSent, match="There is nobody of this name on the hub"):
        lee.send("anne", asked)
    number = lee.send("ann", asked)
    assert ann.fetch(number) == asked
    assert [one.sender for one in ann.waiting()] == ["lee"]
    ann.taken(number)
    assert lee.fetch(ann.send("lee", answer)) == answer
    with pytest.raises(NotSent, match="does not know this token any more"):
        practice.mailbox("nobody").waiting()

    context = ssl.create_default_context(cafile=str(practice.folder / "certificate.pem"))
    context.check_hostname = False  # the name leads here in the browsers only
    connection = http.client.HTTPSConnection("127.0.0.1", practice.port, context=context)
    with contextlib.closing(connection):
        headers = {"Host": f"mailbox--service.{NAME}:{practice.port}", "Authorization": f"token {lee._token}"}
        connection.request("GET", "/services/mailbox/api/mail", headers=headers)
        found = [one["from"] for one in json.loads(connection.getresponse().read())["mail"]]
        assert [name for name in found if name not in ("cleo", "bea")] == ["ann"]  # those are of other tests
