"""A client's pages on a hub: what came waits to be looked at, and what goes out is sent once that is acknowledged."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
import urllib.request
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.mailboxes import held_port, served
from tests.panel_page import ask, open_panel
from tests.safe_answers import answer_safely
from tests.test_share_page import CAMERA, NOW, PART, STRANGER, WORDS, assignment, feedback, key, opened
from workbook import words
from workbook.errors import Refused
from workbook.journal import Journal
from workbook.jupyter import hub, notebooks
from workbook.page.panels import share_panel
from workbook.sharing import client as share
from workbook.sharing import letters
from workbook.sharing.post import Mailbox, NotSent, Waiting
from workbook.storage import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.mailboxes import Served

pytestmark = pytest.mark.process

ENDED = (
    "Your login has ended. Log out, log in again and open this page anew. Nothing you wrote is lost, and what was"
    " sealed is kept."
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal's folder with two answers and no counselor."""
    folder = tmp_path_factory.mktemp("letters") / "journal"
    with Journal.create(folder, now=lambda: NOW) as journal:
        answer_safely(lambda item, value: journal.save(item, value))
        for item in (PART, CAMERA):
            journal.save(item, WORDS[item])
    return folder


@pytest.fixture
def journal(written: Path, tmp_path: Path, box: Served) -> Iterator[Journal]:
    with Journal.open(shutil.copytree(written, tmp_path / "journal"), now=lambda: NOW) as journal:
        yield journal


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The mailbox of the hub on which these pages are Ann's; Lee and Kim are counselors there."""
    monkeypatch.setenv(words.PLACE, words.HUB)
    with served(str(tmp_path / "mail.sqlite")) as box:
        monkeypatch.setenv("WORKBOOK_MAILBOX", box.url)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t-ann")
        yield box


def given_of(journal: Journal) -> share_panel.Given:
    return share_panel.Given(journal, refresh=lambda: notebooks.refresh(journal.workbook, journal.path))


def run(panel: Any, type: str, **fields: Any) -> dict[str, Any]:
    """Do what a page does: ask until the errand is over."""
    end = time.monotonic() + 60
    while (reply := ask(panel, {"type": type, "seq": "s", "errand": f"{type}-{end}", **fields})[0])["type"] == "away":
        assert time.monotonic() < end
        time.sleep(0.01)
    return {name: value for name, value in reply.items() if name != "seq"}


@pytest.fixture
def sharing(journal: Journal, box: Served) -> share_panel.Sharing:
    """The page 70-share of a client who has taken in what Lee sent, and who looked at one answer to share."""
    box.of("lee").send("ann", assignment())
    take_in(given_of(journal))
    return looked_at(journal)


def looked_at(journal: Journal, *items: str) -> share_panel.Sharing:
    panel = share_panel.Sharing(journal)
    keys = [key(journal, item) for item in items or (PART,)]
    assert ask(panel, {"type": "preview", "keys": keys, "gates": False, "everything": False})[0]["type"] == "preview"
    return panel


def take_in(panel: share_panel.Given) -> None:
    """Say yes to all that has come, one after the other."""
    for one in run(panel, "came")["letters"]:
        look = run(panel, "fetch", number=one["number"])["look"]
        assert ask(panel, {"type": "accept", "look": look, "sure": True})[0]["type"] == "accepted"


def shared(journal: Journal) -> set[str]:
    """Which answers count as handed over."""
    return {one.item for one in share.choices(journal) if one.shared}


def arrived(box: Served) -> list[set[str]]:
    """The answers in each file that waits for Lee."""
    lee = box.of("lee")
    return [{answer.item for answer in opened(lee.fetch(one.number)).answers} for one in lee.waiting()]


def test_what_came_is_said_quietly_and_taken_in_after_a_look(journal: Journal, box: Served) -> None:
    """The first assignment shows the six words; after the yes the mailbox lets it go, and it is said no more."""
    number = box.of("lee").send("ann", assignment())
    panel = given_of(journal)
    assert run(panel, "came") == {"type": "came", "letters": [{"number": number, "counselor": "lee"}]}
    look = run(panel, "fetch", number=number)
    assert (look["kind"], look["lines"][0], look["ask"]) == ("assignment", "From Dr. Example, for “A.”.", "")
    assert len(look["words"]) == 1
    assert journal.assigned is None
    assert ask(panel, {"type": "accept", "look": look["look"]})[0]["type"] == "accepted"
    assert journal.assigned is not None
    assert " ".join(share.words(journal)) in look["words"][0]
    assert run(panel, "came") == {"type": "came", "letters": []}
    assert box.of("ann").waiting() == []


def test_a_reply_is_said_to_be_from_the_counselor_whose_key_is_known(
    sharing: Any, journal: Journal, box: Served
) -> None:
    """It is named as in the journal, and nothing more is asked; a client's own kind of file is never offered."""
    number = box.of("lee").send("ann", feedback(journal))
    panel = given_of(journal)
    assert run(panel, "came")["letters"] == [{"number": number, "counselor": "Dr. Example"}]
    assert run(panel, "fetch", number=number)["ask"] == ""


def test_another_key_and_another_sender_each_need_a_second_yes(sharing: Any, journal: Journal, box: Served) -> None:
    """Whoever carries files can put their own key into one, or another's name on it: both are asked about."""
    panel = given_of(journal)
    fake = box.of("lee").send("ann", feedback(journal, STRANGER))
    moved = box.of("kim").send("ann", feedback(journal))
    assert [one["counselor"] for one in run(panel, "came")["letters"]] == ["Dr. Example", "kim"]
    look = run(panel, "fetch", number=fake)
    assert "key" in look["ask"]
    assert len(look["words"]) == 2
    assert run(panel, "fetch", number=moved)["ask"] == (
        "This came from “kim” on your service’s server. Your counselor was “lee” there until now."
        " Ask them, in person or by telephone, whether it is theirs."
    )
    assert letters.counselor(journal, box.of("ann")) == "lee"


def test_the_mailbox_is_told_again_of_what_it_was_not_told(journal: Journal, box: Served) -> None:
    """It was down when something had been taken in: that is not offered twice, and let go once it answers."""
    number = box.of("lee").send("ann", assignment())
    panel = given_of(journal)
    run(panel, "came")
    look = run(panel, "fetch", number=number)["look"]
    box.hub.down, box.seconds = True, 60.0
    assert ask(panel, {"type": "accept", "look": look})[0]["type"] == "accepted"
    assert run(panel, "came")["letters"] == []
    box.hub.down = False
    assert [one.number for one in box.of("ann").waiting()] == [number]
    assert run(panel, "came")["letters"] == []
    assert box.of("ann").waiting() == []


def test_a_number_that_comes_back_is_another_letter(sharing: Any, journal: Journal, box: Served) -> None:
    """Where the mailbox was emptied or a dump was put back, numbers begin anew: what bears an old one is shown."""
    [(old,)] = _mail(box, "SELECT number FROM mail")
    _mail(box, "DELETE FROM mail")
    assert box.of("lee").send("ann", feedback(journal)) == old
    panel, came = given_of(journal), {"type": "came", "letters": [{"number": old, "counselor": "Dr. Example"}]}
    assert (run(panel, "came"), run(panel, "came")) == (came, came)
    assert [one.number for one in box.of("ann").waiting()] == [old]
    take_in(panel)
    assert run(panel, "came")["letters"] == []


def test_one_letter_that_cannot_be_let_go_hides_no_other(
    sharing: Any, journal: Journal, box: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox still offers what is in the journal, and fails at letting it go: what is new is said all the same."""

    def fails(self: Mailbox, number: int) -> None:
        raise NotSent("no")

    number = box.of("lee").send("ann", feedback(journal))
    _mail(box, "UPDATE mail SET body = 'x' WHERE body IS NULL")
    monkeypatch.setattr(Mailbox, "taken", fails)
    assert [one["number"] for one in run(given_of(journal), "came")["letters"]] == [number]


def _mail(box: Served, query: str) -> list[Any]:
    """Do something in the mailbox's own store."""
    with box.mail._engine.begin() as connection:
        found = connection.execute(sa.text(query))
        return [*found] if found.returns_rows else []


def test_what_cannot_be_taken_in_can_be_taken_away(sharing: Any, journal: Journal, box: Served) -> None:
    """A reply for somebody else says so, stays until the person takes it away, and changes nothing."""
    from tests.mailboxes import feedback as foreign

    number = box.of("lee").send("ann", foreign())
    panel = given_of(journal)
    run(panel, "came")
    unfit = run(panel, "fetch", number=number)
    assert (unfit["type"], unfit["number"]) == ("unfit", number)
    assert [one.number for one in box.of("ann").waiting()] == [number]
    assert run(panel, "remove", number=number) == {"type": "removed"}
    assert box.of("ann").waiting() == []


def test_what_is_acknowledged_is_sent_and_counts_as_handed_over(sharing: Any, journal: Journal, box: Served) -> None:
    """It is sealed for the counselor, is there once, and is kept here no longer."""
    assert ask(sharing, {"type": "ready"})[0]["carried"] is True
    assert run(sharing, "send") == {"type": "sent", "answers": 1, "taken_back": 0, "gates": 0}
    assert arrived(box) == [{PART}]
    assert WORDS[PART].encode() not in box.of("lee").fetch(box.of("lee").waiting()[0].number)
    assert shared(journal) == {PART}
    assert ask(sharing, {"type": "ready"})[0]["unsent"] is None
    assert [*(journal.path / ".mend" / "unsent").iterdir()] == []


def test_nothing_goes_out_that_was_not_looked_at(journal: Journal, sharing: Any, box: Served) -> None:
    """An answer that changed since the preview is not sent in its place."""
    journal.save(PART, "Something else.")
    refused = run(sharing, "send")
    assert refused["type"] == "refused"
    assert arrived(box) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("hub", "The hub does not answer, so it is not known who you are."),
        ("login", ENDED),
        ("mailbox", "The mailbox does not answer. Try again in a few minutes."),
        ("store", "The mailbox cannot reach the place where it keeps files."),
        ("flood", "20 files of yours wait"),
    ],
)
def test_what_is_not_acknowledged_is_not_sent_and_can_be_sent_later(
    fault: str, said: str, sharing: Any, journal: Journal, box: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails: nothing counts as handed over, the page says why, and once more is there once."""
    box.seconds += 60  # the hub is asked anew who it is
    if fault == "hub":
        box.hub.down = True
    elif fault == "login":
        box.hub.people.pop("t-ann")
    elif fault == "mailbox":
        box.loop.run(box._server.stop)
        box.loop.run(box._server.close_all_connections())
    elif fault == "store":
        hidden = box.mail._engine
        monkeypatch.setattr(box.mail, "_engine", _Gone())
    else:
        from tests.mailboxes import submission

        for _ in range(20):
            box.of("ann").send("lee", submission())
    failed = run(sharing, "send")
    assert (failed["type"], shared(journal)) == ("not-sent", set())
    assert failed["reason"].startswith(said) or said in failed["reason"]
    assert ask(sharing, {"type": "ready"})[0]["unsent"] is not None
    if fault == "hub":
        box.hub.down = False
    elif fault == "login":
        box.hub.people["t-new"] = box.hub.people["t-ben"] | {"name": "ann"}
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t-new")  # that of the next server, which draws the page anew
        sharing = share_panel.Sharing(journal)
    elif fault == "store":
        monkeypatch.setattr(box.mail, "_engine", hidden)
    else:
        return
    box.seconds += 60
    assert run(sharing, "resend")["type"] == "sent"
    assert (arrived(box), shared(journal)) == ([{PART}], {PART})


class _Gone:
    """A database that nobody reaches."""

    def connect(self) -> Any:
        import sqlalchemy as sa

        raise sa.exc.OperationalError("", {}, Exception("gone"))

    def dispose(self) -> None:
        """There is nothing to let go."""


def test_after_a_crash_it_is_sent_again_and_is_there_once(sharing: Any, journal: Journal, box: Served) -> None:
    """The mailbox had it, and the server went before anyone could remember that: the next visit says so and asks."""
    mailbox = letters.here()
    assert mailbox is not None
    letters.keep(journal, sharing._fresh())
    to, _, data = letters.kept(journal, mailbox)
    mailbox.send(to, data)
    again = share_panel.Sharing(journal)  # nothing is remembered of the page before
    assert (ask(again, {"type": "ready"})[0]["unsent"], shared(journal)) == (NOW.isoformat(), set())
    assert run(again, "resend")["type"] == "sent"
    assert (arrived(box), shared(journal)) == ([{PART}], {PART})


def test_instead_of_being_sent_it_can_be_a_file_or_be_left(sharing: Any, journal: Journal, box: Served) -> None:
    """The same sealed file goes to the browser's downloads and counts as handed over; what is left does not."""
    box.hub.down, box.seconds = True, 60.0
    assert run(sharing, "send")["type"] == "not-sent"
    assert ask(sharing, {"type": "drop"})[0]["type"] == "dropped"
    assert (ask(sharing, {"type": "ready"})[0]["unsent"], shared(journal)) == (None, set())
    looked = looked_at(journal)
    assert run(looked, "send")["type"] == "not-sent"
    said, (data,) = ask(looked, {"type": "by_hand"})
    assert (said["type"], said["answers"], said["size"]) == ("sealed", 1, len(data))
    assert ({answer.item for answer in opened(data).answers}, shared(journal)) == ({PART}, {PART})
    assert ask(looked, {"type": "ready"})[0]["unsent"] is None


def test_what_is_sent_later_takes_the_place_of_what_waits(sharing: Any, journal: Journal, box: Served) -> None:
    """Who chooses anew after a failure sends one file, with all of it."""
    box.hub.down, box.seconds = True, 60.0
    assert run(sharing, "send")["type"] == "not-sent"
    box.hub.down = False
    assert run(looked_at(journal, PART, CAMERA), "send")["type"] == "sent"
    assert (arrived(box), shared(journal)) == ([{PART, CAMERA}], {PART, CAMERA})
    assert letters.waiting(journal) is None


def perhaps(journal: Journal) -> set[str]:
    """Which answers may be with the counselor, though they do not count as handed over."""
    return {one.item for one in share.choices(journal) if one.elsewhere}


def test_what_arrived_unsaid_and_was_left_may_be_with_them(
    sharing: Any, journal: Journal, box: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox was not heard, and the file left or replaced: what it holds is shown and can be taken back."""
    send = Mailbox.send

    def unheard(self: Mailbox, to: str, data: bytes) -> int:
        send(self, to, data)
        raise NotSent("no", down=True)

    monkeypatch.setattr(Mailbox, "send", unheard)
    assert run(sharing, "send")["type"] == "not-sent"
    assert (perhaps(journal), arrived(box)) == (set(), [{PART}])
    assert ask(sharing, {"type": "drop"})[0]["type"] == "dropped"
    assert (perhaps(journal), shared(journal)) == ({PART}, set())
    looked = looked_at(journal, CAMERA)
    assert run(looked, "send")["type"] == "not-sent"
    monkeypatch.setattr(Mailbox, "send", send)
    assert run(looked_at(journal, PART), "send")["type"] == "sent"
    assert (perhaps(journal), shared(journal)) == ({CAMERA}, {PART})
    assert arrived(box) == [{PART}, {CAMERA}, {PART}]
    assert share.chosen(journal, [], [CAMERA]) == {key(journal, PART)}


def test_a_file_made_after_a_failure_takes_the_place_of_what_waits(sharing: Any, journal: Journal, box: Served) -> None:
    """Nothing older is offered to be sent after it."""
    box.hub.down, box.seconds = True, 60.0
    assert run(sharing, "send")["type"] == "not-sent"
    looked = looked_at(journal, PART, CAMERA)
    assert ask(looked, {"type": "seal"})[0]["type"] == "sealed"
    assert ask(looked, {"type": "ready"})[0]["unsent"] is None
    assert (shared(journal), perhaps(journal)) == ({PART, CAMERA}, set())


def test_of_two_tabs_the_later_file_stays_what_was_handed_over(sharing: Any, journal: Journal, box: Served) -> None:
    """What was made first is acknowledged last: it adds what it holds to what they may have, and undoes nothing."""
    mailbox = letters.here()
    assert mailbox is not None
    letters.keep(journal, sharing._fresh())
    first = letters.kept(journal, mailbox).held
    later = looked_at(journal, CAMERA)._fresh()
    letters.keep(journal, later.model_copy(update={"made_at": later.made_at + timedelta(seconds=1)}))
    letters.acknowledged(journal, letters.kept(journal, mailbox).held)
    letters.acknowledged(journal, first)
    assert (shared(journal), perhaps(journal), letters.waiting(journal)) == ({CAMERA}, {PART}, None)


def test_what_goes_to_one_counselor_is_not_remembered_of_the_next(sharing: Any, journal: Journal, box: Served) -> None:
    """An assignment of another was taken in while the file was on its way."""
    mailbox = letters.here()
    assert mailbox is not None
    letters.keep(journal, sharing._fresh())
    held = letters.kept(journal, mailbox).held
    share.given(journal, assignment(token="6" * 32)).accept(sure=True)
    letters.acknowledged(journal, held)
    assert shared(journal) == set()
    assert {token: one.at for token, one in exchange.sent(journal.store).all().items()} == {held.token: held.sent.at}
    assert exchange.unsent(journal.store).all() == {}


def test_what_is_refused_for_good_is_not_offered_again(
    sharing: Any, journal: Journal, box: Served, browser: Browser
) -> None:
    """It can be a file, or be left; and it is with nobody."""
    context = browser.new_context()
    panel = open_panel(context, share_panel.Sharing(journal)).locator("#mend-share")
    panel.get_by_role("checkbox", name="All of “One moment I regret”").check()
    panel.get_by_role("button", name="See what they will see").click()
    _mail(box, "DELETE FROM mail")  # so that nobody has written to her
    panel.get_by_role("button", name="Send to Dr. Example").click()
    expect(panel.get_by_role("heading", name="Not sent. Your answers are saved")).to_be_focused()
    expect(panel.get_by_text("It would be refused each time.")).to_be_visible()
    expect(panel.get_by_role("button", name="Have it as a file")).to_be_visible()
    expect(panel.get_by_role("button", name="Send to Dr. Example")).to_have_count(0)
    panel.get_by_role("button", name="Leave it").click()
    expect(panel.get_by_role("heading", name="Not sent. Your answers are saved")).to_have_count(0)
    expect(panel.get_by_role("button", name="See what they will see")).to_be_visible()
    assert (letters.waiting(journal), perhaps(journal)) == (None, set())
    context.close()


def test_without_a_mailbox_or_a_counselor_there_files_go_by_hand(
    journal: Journal, box: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At home, on a hub without one, and where the assignment came as a file, nothing is offered that cannot be."""
    share.given(journal, assignment()).accept()
    panel = share_panel.Sharing(journal)
    assert ask(panel, {"type": "ready"})[0]["carried"] is False
    box.of("lee").send("ann", feedback(journal))
    take_in(given_of(journal))
    assert ask(panel, {"type": "ready"})[0]["carried"] is True
    monkeypatch.delenv(words.PLACE)
    assert ask(panel, {"type": "ready"})[0]["carried"] is False
    assert run(given_of(journal), "came") == {"type": "came", "letters": []}
    monkeypatch.setenv(words.PLACE, words.HUB)
    for address in ("", "http://example.org/services/mailbox"):
        monkeypatch.setenv("WORKBOOK_MAILBOX", address)
        assert ask(panel, {"type": "ready"})[0]["carried"] is False


def test_the_page_says_sent_only_when_it_is(sharing: Any, journal: Journal, box: Served, browser: Browser) -> None:
    """Not sent, with what to do; tried again, sent. What was on its way when the page went is offered at its top."""
    context = browser.new_context()
    page = open_panel(context, share_panel.Sharing(journal))
    panel = page.locator("#mend-share")
    panel.get_by_role("checkbox", name="All of “One moment I regret”").check()
    panel.get_by_role("button", name="See what they will see").click()
    box.hub.down, box.seconds = True, 60.0
    send = panel.get_by_role("button", name="Send to Dr. Example")
    send.click()
    expect(panel.get_by_role("heading", name="Not sent. Your answers are saved")).to_be_focused()
    expect(panel.get_by_text("The hub does not answer")).to_be_visible()
    page.close()
    page = open_panel(context, share_panel.Sharing(journal))
    panel = page.locator("#mend-share")
    expect(panel.get_by_role("heading", name="One file may not have arrived")).to_be_visible()
    box.hub.down = False
    panel.get_by_role("button", name="Send to Dr. Example").click()
    expect(panel.get_by_role("heading", name="Sent", exact=True)).to_be_focused()
    expect(panel.get_by_text("The mailbox of your service has it.")).to_be_visible()
    assert len(arrived(box)) == 1
    context.close()


def test_no_new_journal_is_begun_for_who_had_one(
    journal: Journal, box: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opened it once, sent or took in something had a journal: an empty folder is a volume that is not there.

    So it is when the mailbox, which knows, does not answer, or its address is none. What only waits is for someone who
    may be new.
    """
    mailbox, empty = letters.here(), tmp_path / "empty"
    box.of("lee").send("ann", assignment())
    hub.refuse_empty(empty, mailbox)
    take_in(given_of(journal))
    run(given_of(journal), "came")
    with pytest.raises(hub.Gone, match=r"so there was one\. Nothing new was begun in its place"):
        hub.refuse_empty(empty, mailbox)
    hub.refuse_empty(journal.path, mailbox)
    ben = box.of("ben")
    hub.remember(empty, ben)
    hub.refuse_empty(empty, ben)
    hub.remember(journal.path, ben)  # at each start, whether they use the mailbox or not
    with pytest.raises(hub.Gone):
        hub.refuse_empty(empty, ben)
    hub.remember(journal.path, None)
    monkeypatch.setenv("WORKBOOK_MAILBOX", "http://example.org/services/mailbox")  # in clear, to another machine
    with pytest.raises(hub.Gone, match="WORKBOOK_MAILBOX is set to what is no address of a mailbox"):
        hub.refuse_empty(empty, letters.here())
    hub.refuse_empty(journal.path, None)
    monkeypatch.delenv("WORKBOOK_MAILBOX")
    hub.refuse_empty(empty, letters.here())
    box.hub.down, box.seconds = True, 60.0
    with pytest.raises(hub.Gone, match="the mailbox does not answer"):
        hub.refuse_empty(empty, mailbox)
    hub.remember(journal.path, mailbox)  # who has a journal opens it all the same
    assert not empty.exists()


def test_who_had_a_journal_reads_whom_to_tell(box: Served) -> None:
    """Each address of their server says it, with the way to log out, and nothing of anyone: no login is asked."""
    with held_port() as port:
        server = box.loop.run(lambda: hub.telling("https://example.org/hub/", port, "127.0.0.1"))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/user/ann/lab") as answer:
        assert (answer.status, answer.headers["Content-Security-Policy"]) == (200, "default-src 'none'")
        page = answer.read().decode()
    assert (
        "<h1>Your pages cannot be opened just now</h1><p>Nothing is lost by waiting, and nothing was changed. Log out,"
        " and log in again in a few minutes. If it stays so, please tell whoever looks after this service.</p>"
    ) in page
    assert '<a href="https://example.org/hub/logout">Log out</a>' in page
    box.loop.run(server.stop)


def test_the_way_to_log_out_is_that_of_any_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of one without an address for each person, or below another path: that hub says only where it begins."""
    asked: list[str] = []
    monkeypatch.setattr(hub, "telling", lambda at, port, host: asked.append(f"{at} {host}:{port}"))
    monkeypatch.setattr(asyncio, "Event", lambda: SimpleNamespace(wait=lambda: asyncio.sleep(0)))
    listens = {"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8888/practice/user/ann/"}
    for more in (
        {"JUPYTERHUB_PUBLIC_HUB_URL": "https://example.org/hub/", "JUPYTERHUB_BASE_URL": "/"},
        {"JUPYTERHUB_PUBLIC_HUB_URL": "", "JUPYTERHUB_BASE_URL": "/practice/"},
    ):
        hub.tell(listens | more)
    assert asked == ["https://example.org/hub/ 127.0.0.1:8888", "/practice/hub/ 127.0.0.1:8888"]


# --- without a mailbox that answers ---


class Box:
    """As much of a mailbox as is asked: what waits, and what it was told."""

    digest = "d" * 32

    def __init__(self, *mail: Waiting, gone: bool = False) -> None:
        self.mail, self.gone, self.told = list(mail), gone, list[int]()

    def waiting(self) -> list[Waiting]:
        return self.mail

    def taken(self, number: int) -> None:
        self.told.append(number)
        if self.gone:
            raise NotSent("no")


def letter(number: int = 1, sender: str = "lee", **more: Any) -> Waiting:
    return Waiting(**{"number": number, "kind": "feedback", "sender": sender, "size": 9, "at": NOW.isoformat()} | more)


@pytest.fixture
def alone(written: Path, tmp_path: Path) -> Iterator[Journal]:
    """The same journal where nothing is served; its counselor has written."""
    with Journal.open(shutil.copytree(written, tmp_path / "alone"), now=lambda: NOW) as journal:
        share.given(journal, assignment()).accept()
        yield journal


def chosen(journal: Journal, *items: str, seconds: int = 0, **more: Any) -> Any:
    ticked = [key(journal, item) for item in items]
    return share.submission(journal, ticked, now=NOW + timedelta(seconds=seconds), **more)


def folder(journal: Journal) -> list[str]:
    place = journal.path / ".mend" / "unsent"
    return sorted(one.name for one in place.iterdir()) if place.is_dir() else []


def test_the_mailbox_is_that_of_the_hub_this_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """None elsewhere, none without an address, and none at an address that is none."""
    there = {letters.ADDRESS: "https://hub.example/services/mailbox", "JUPYTERHUB_API_TOKEN": "t-ann"}
    monkeypatch.delenv(words.PLACE, raising=False)
    assert letters.here(there) is None
    monkeypatch.setenv(words.PLACE, words.HUB)
    found = letters.here(there)
    assert found is not None
    assert found.digest == Mailbox(there[letters.ADDRESS], "t-ann").digest
    assert [letters.here({}), letters.here(there | {letters.ADDRESS: "hub"})] == [None, None]
    assert letters.here({letters.ADDRESS: there[letters.ADDRESS]}) is None  # nobody is logged in


def test_who_the_counselor_is_there_is_known_from_what_they_sent(alone: Journal) -> None:
    """Of this mailbox alone; another sender is named as the hub does, and asked about."""
    box: Any = Box()
    assert (letters.counselor(alone, box), letters.said_by(alone, box, "lee")) == (None, "lee")
    assert letters.other_sender(alone, box, "lee") == ""
    letters.taken(alone, box, letter())
    assert (letters.counselor(alone, box), letters.said_by(alone, box, "lee")) == ("lee", "Dr. Example")
    assert (letters.said_by(alone, box, "kim"), letters.other_sender(alone, box, "lee")) == ("kim", "")
    assert letters.other_sender(alone, box, "kim") == words.say("sharing.letters.moved", before="lee", now="kim")
    other: Any = Box()
    other.digest = "e" * 32
    assert (letters.counselor(alone, other), letters.other_sender(alone, other, "kim")) == (None, "")
    letters.taken(alone, box, letter(2, "kim"))
    assert letters.counselor(alone, box) == "kim"
    assert {*exchange.fetched(alone.store).keys()} == {f"{box.digest}:{one}:{NOW.isoformat()}" for one in (1, 2)}


def test_without_a_counselor_nothing_is_kept_or_known(written: Path, tmp_path: Path) -> None:
    """A journal that nobody has written to yet."""
    box: Any = Box()
    with Journal.open(shutil.copytree(written, tmp_path / "new"), now=lambda: NOW) as journal:
        assert (letters.counselor(journal, box), letters.waiting(journal)) == (None, None)
        assert letters.said_by(journal, box, "lee") == "lee"
        letters.taken(journal, box, letter())
        assert exchange.carriers(journal.store).all() == {}
        with pytest.raises(Refused, match=words.say("page.panels.look_first")):
            letters.kept(journal, box)
        letters.drop(journal)


def test_what_is_in_the_journal_is_told_again_and_what_is_not_is_offered(alone: Journal) -> None:
    """A number at another time, or of another mailbox, is another file; of a client's own kind none is offered."""
    here, new, later = letter(), letter(2, kind="assignment"), letter(at="later")
    box: Any = Box(here, new, later, letter(3, kind="submission"))
    letters.taken(alone, box, here)
    ask = letters.asking(alone, box)
    assert (ask(), box.told) == ([new, later], [1])
    box.gone = True
    assert (ask(), box.told) == ([new, later], [1, 1])
    other: Any = Box(here)
    other.digest = "e" * 32
    assert (letters.asking(alone, other)(), other.told) == ([here], [])


def test_one_sealed_file_is_kept_with_all_that_is_to_be_remembered_of_it(alone: Journal) -> None:
    """Whose it is, its answers and counts; and what it replaces may have arrived."""
    first, box = chosen(alone, PART), Box()
    letters.keep(alone, first)
    held = letters.waiting(alone)
    assert held is not None
    assert (held.token, held.answers, held.taken_back, held.gates) == (first.token, (first.answers[0].id,), 0, 0)
    assert folder(alone) == [held.file]
    if os.name == "posix":
        assert (alone.path / ".mend" / "unsent").stat().st_mode & 0o777 == 0o700
    assert opened(letters.data(alone, held)) == first
    with pytest.raises(Refused, match=words.say("page.panels.look_first")):
        letters.kept(alone, box)  # type: ignore[arg-type] # as much of one as is asked
    letters.taken(alone, box, letter())  # type: ignore[arg-type] # the same
    assert letters.kept(alone, box) == ("lee", held, letters.data(alone, held))  # type: ignore[arg-type] # the same
    letters.keep(alone, chosen(alone, CAMERA, seconds=1, with_gates=True))
    newer = letters.waiting(alone)
    assert newer is not None
    assert (folder(alone), newer.gates) == ([newer.file], len(alone.gate_events()))
    assert (perhaps(alone), shared(alone)) == ({PART}, set())
    letters.keep(alone, chosen(alone, PART, seconds=2), refused=newer.file)  # it was refused for good: nobody has it
    assert (perhaps(alone), shared(alone)) == ({PART}, set())
    last = letters.waiting(alone)
    assert last is not None
    letters.acknowledged(alone, last)
    assert (perhaps(alone), shared(alone), folder(alone), letters.waiting(alone)) == (set(), {PART}, [], None)
    letters.keep(alone, chosen(alone, CAMERA, seconds=3))
    assert [one.taken_back for one in exchange.unsent(alone.store).all().values()] == [1]


@pytest.mark.parametrize("refused", [False, True])
def test_what_is_left_may_have_arrived_unless_it_was_refused(alone: Journal, refused: bool) -> None:
    """It is kept no more either way."""
    letters.keep(alone, chosen(alone, PART))
    held = letters.waiting(alone)
    assert held is not None
    letters.drop(alone, refused=held.file if refused else "another")
    assert (perhaps(alone), folder(alone), letters.waiting(alone)) == (set() if refused else {PART}, [], None)


def test_a_kept_file_goes_with_its_own_record_alone(alone: Journal) -> None:
    """An older page acknowledges what it sent: what another page keeps by now stays. A file that is gone is none."""
    letters.keep(alone, chosen(alone, PART))
    old = letters.waiting(alone)
    letters.keep(alone, chosen(alone, CAMERA, seconds=1))
    new = letters.waiting(alone)
    assert old is not None
    assert new is not None
    letters.acknowledged(alone, old)
    assert (letters.waiting(alone), folder(alone)) == (new, [new.file])
    share.given(alone, assignment(token="6" * 32)).accept(sure=True)
    assert letters.waiting(alone) is None
    letters.keep(alone, chosen(alone, PART, seconds=2))
    assert {*exchange.unsent(alone.store).keys()} == {"6" * 32}
    gone = letters.waiting(alone)
    assert gone is not None
    (alone.path / ".mend" / "unsent" / gone.file).unlink()
    assert letters.waiting(alone) is None
    letters.acknowledged(alone, gone)  # another page was quicker
    assert (shared(alone), exchange.unsent(alone.store).all()) == ({PART}, {})


def test_a_file_that_cannot_be_kept_is_a_sentence_and_nothing_waits(alone: Journal) -> None:
    """A file stands where the folder should."""
    (alone.path / ".mend" / "unsent").write_text("in the way")
    with pytest.raises(Refused, match="unsent"):
        letters.keep(alone, chosen(alone, PART))
    assert exchange.unsent(alone.store).all() == {}
