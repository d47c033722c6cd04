"""The caseload page and a hub's mailbox: sent means acknowledged, and what came is let go once it was taken in."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tests.caseload_sample import NOW, PART, PASSPHRASE, journal_of, sealed
from tests.clock import Clock
from tests.mailboxes import Served, feedback, person
from tests.panel_page import ask
from workbook.cli import client as cli
from workbook.jupyter import lab
from workbook.page.panels import caseload_panel
from workbook.sharing import caseload, keys, post
from workbook.sharing import client as share
from workbook.sharing.post import Mailbox
from workbook.storage import mail, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.journal import Journal

pytestmark = pytest.mark.process

ENDED = (
    "The hub does not know your token, or not any more. Make a new one on the hub’s page under “Token”, put it into "
    "WORKBOOK_HUB_TOKEN, and open the caseload anew."
)
HUB_DOWN = "The hub does not answer, so it is not known who you are. Nothing was sent. Try again in a few minutes."
NOBODY = "There is nobody of this name on the hub. Check the name. Nothing was sent."
FLOOD = "20 files of yours wait for them already. Wait until they have taken some of them. Nothing was sent."
TASKS = {"tasks": [{"exercise": "responsibility.incident"}], "tighten": {}}


class Counselor:
    """A caseload's page, unlocked, whose mailbox is that of `box`, and what it says; `token` may change."""

    def __init__(self, home: Path, keyed: keys.Keys, url: str, clock: Clock) -> None:
        self.home, self.token = home, "t-lee"
        self._names = itertools.count()
        self.panel = caseload_panel.Page(
            home,
            mailbox=lambda: Mailbox(url, self.token),
            opener=lambda folder, _: caseload.open_caseload(folder, keyed, now=clock),
        )
        self.asks("unlock", passphrase=PASSPHRASE)

    def asks(self, type: str, **fields: Any) -> dict[str, Any]:
        """Do what the page does: ask until the errand is over."""
        end, name = time.monotonic() + 60, f"e{next(self._names)}"
        message = {"type": type, "seq": 1, "errand": name, **fields}
        while (reply := ask(self.panel, message)[0])["type"] == "away":
            assert time.monotonic() < end
            time.sleep(0.01)
        del reply["seq"]
        return reply

    def assigns(self, client: str = "A.", to: str = "ann") -> dict[str, Any]:
        """Make an assignment and send it; return what came of that."""
        made = self.asks("assign", client=client, to=to, **TASKS)
        return self.asks("post", client=client, to=to, file=made["kept"])

    def kept(self) -> list[Path]:
        return sorted(one for one in (self.home / "unsent").rglob("*") if one.suffix in (".assignment", ".feedback"))


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def lee(home: Path, keyed: tuple[Path, keys.Keys], box: Served, clock: Clock) -> Counselor:
    return Counselor(home, keyed[1], box.url, clock)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with journal_of(tmp_path / "journal", clock) as made:
        yield made


def answers(box: Served, journal: Journal, words: str = "I left.") -> None:
    """Ann takes in what came, and sends one answer."""
    ann = box.of("ann")
    for letter in ann.waiting():
        share.given(journal, ann.fetch(letter.number)).accept()
        ann.taken(letter.number)
    journal.save(PART, words)
    ann.send("lee", sealed(journal, PART))


def kinds(box: Served, name: str) -> list[str]:
    return [one.kind for one in box.of(name).waiting()]


SENT = {"type": "posted", "said": "Sent to ann: the mailbox has it.", "why": "", "never": False, "nobody": False}


def test_asking_getting_and_replying_need_no_file(lee: Counselor, box: Served, journal: Journal) -> None:
    """The name on the hub is known from then on; what was taken in waits no more, and nothing is kept here."""
    assert lee.asks("list")["mailbox"] is True
    assert lee.assigns() == SENT | {"others": []}
    assert kinds(box, "ann") == ["assignment"]
    answers(box, journal)
    came = lee.asks("came")
    [letter] = came["letters"]
    assert came == {
        "type": "came",
        "letters": [{"number": letter["number"], "sender": "ann"}],
        "passed": 0,
        "sent": [],
        "why": None,
    }
    number = letter["number"]
    assert lee.asks("settle", number=number)["type"] == "refused"  # nothing is let go that was not taken in
    assert lee.asks("fetch", number=number) == {
        "type": "received",
        "said": "A.: 1 new.",
        "held": "",
        "client": "A.",
    }
    assert kinds(box, "lee") == ["submission"]
    assert lee.asks("settle", number=number) == {"type": "settled"}
    assert (kinds(box, "lee"), lee.asks("came")["letters"]) == ([], [])
    shown = lee.asks("client", client="A.")
    assert shown["to"] == "ann"
    made = lee.asks("reply", client="A.", words="Thank you.", to=shown["to"])
    assert lee.asks("post", client="A.", file=made["kept"]) == SENT | {"others": []}
    [letter_back] = box.of("ann").waiting()
    assert share.accept_feedback(journal, box.of("ann").fetch(letter_back.number)).reply == "Thank you."
    assert (lee.kept(), lee.asks("list")["unsent"]) == ([], 0)


def test_what_was_not_acknowledged_is_kept_and_nothing_is_said_to_be_sent(
    lee: Counselor, box: Served, journal: Journal
) -> None:
    """While the mailbox is down a comment is sealed and not sent, and a file waits; later it is there, once."""
    lee.assigns()
    answers(box, journal)
    [letter] = lee.asks("came")["letters"]
    lee.asks("fetch", number=letter["number"])
    lee.asks("comment", client="A.", answer=PART, text="Thank you.")
    box.hub.down, box.seconds = True, 60.0
    made = lee.asks("reply", client="A.", words="", to="ann")
    down = lee.asks("post", client="A.", file=made["kept"])
    assert down == {"type": "posted", "said": "", "why": HUB_DOWN, "never": False, "nobody": False, "others": []}

    def waits() -> list[object]:
        shown = lee.asks("client", client="A.")
        answer = shown["chapters"][0]["exercises"][0]["answers"][0]
        return [answer["comment"]["sent"], answer["comment"]["waits"], [one["waits"] for one in shown["replies"]]]

    assert (waits(), lee.asks("list")["unsent"]) == ([1, True, [True]], 1)
    came = lee.asks("came")
    assert (came["sent"], came["why"]) == ([f"Not sent, and still kept: {HUB_DOWN}"], HUB_DOWN)
    unsettled = lee.asks("settle", number=letter["number"])
    assert unsettled == {"type": "unsettled", "reason": HUB_DOWN}
    box.hub.down, box.seconds = False, 120.0
    assert lee.asks("settle", number=letter["number"]) == {"type": "settled"}
    assert lee.asks("came")["sent"] == ["Sent now to ann: a file that was kept from before."]
    assert (waits(), lee.asks("list")["unsent"], kinds(box, "ann")) == ([1, False, [False]], 0, ["feedback"])
    again = lee.asks("post", client="A.", file=made["kept"])
    assert (again["type"], again["reason"].startswith("This file is not kept here any more")) == ("refused", True)


@pytest.mark.parametrize(
    ("token", "to", "why", "more"),
    [
        ("t-old", "ann", ENDED, {}),
        (
            "t-lee",
            "anne",
            "There is nobody of this name on the hub. Check the name. Nothing was sent.",
            {"nobody": True},
        ),
        ("t-ben", "ann", "Only a counselor can send this kind of file. Nothing was sent.", {"never": True}),
    ],
)
def test_why_it_was_not_sent_is_a_sentence(
    lee: Counselor, box: Served, token: str, to: str, why: str, more: dict[str, bool]
) -> None:
    """A token that ended, nobody of that name, someone who is no counselor: the file stays, and can be sent rightly."""
    lee.token = token
    said = {"type": "posted", "said": "", "why": why, "never": False, "nobody": False, "others": []}
    assert lee.assigns(to=to) == said | more
    assert (len(lee.kept()), box.of("ann").waiting(), lee.asks("client", client="A.")["to"]) == (1, [], "")
    lee.token = "t-lee"  # made up
    [file] = lee.kept()
    again = lee.asks("post", client="A.", to="ann", file=file.name)
    if more.get("never"):  # it is put aside
        assert (again["type"], kinds(box, "ann"), len(lee.kept())) == ("refused", [], 1)
        return
    assert (again, kinds(box, "ann"), lee.kept()) == (SENT | {"others": []}, ["assignment"], [])
    assert lee.asks("client", client="A.")["to"] == "ann"


def test_a_flood_is_said_and_others_go_out(lee: Counselor, box: Served) -> None:
    """Too many wait for one client already; what is for another goes, and the rest later."""
    for number in range(mail.WAITING):
        box.of("lee").send("ann", feedback(str(number)))
    assert lee.assigns() == SENT | {"said": "", "why": FLOOD, "others": []}
    box.hub.people["t-dan"] = person("dan")
    sent = SENT | {"said": "Sent to dan: the mailbox has it.", "others": [f"Not sent, and still kept: {FLOOD}"]}
    assert lee.assigns("D.", "dan") == sent
    ann = box.of("ann")
    for letter in ann.waiting():
        ann.taken(letter.number)
    assert lee.asks("came")["sent"] == ["Sent now to ann: a file that was kept from before."]
    assert kinds(box, "ann") == ["assignment"]


def test_what_cannot_be_taken_in_waits_and_can_be_taken_off(
    lee: Counselor, box: Served, journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    """A yes is to the bytes that were looked at; what was sealed for another key and what is no submission is named."""
    lee.assigns()
    ann = box.of("ann")
    [letter] = ann.waiting()
    data = ann.fetch(letter.number)
    answers(box, journal)
    [first] = lee.asks("came")["letters"]
    lee.asks("fetch", number=first["number"])
    lee.asks("settle", number=first["number"])
    with journal_of(tmp_path / "another", clock) as another:
        share.given(another, data).accept()
        another.save(PART, "I began anew.")
        ann.send("lee", sealed(another, PART))
    ann.send("lee", b"mend-submission 2\n" + seal.seal(b"x", seal.recipient(seal.new_identity())))
    box.of("kim").send("lee", feedback())
    came = lee.asks("came")
    held, strange = (one["number"] for one in came["letters"])
    assert came["passed"] == 1
    unasked = lee.asks("fetch", number=held, sure=True)
    assert (unasked["type"], kinds(box, "lee")) == ("refused", ["submission", "submission", "feedback"])
    waits = lee.asks("fetch", number=held)
    assert (waits["type"], "Six words with this file" in waits["held"]) == ("received", True)
    assert lee.asks("settle", number=held)["type"] == "refused"
    unfit = lee.asks("fetch", number=strange)
    assert (unfit["type"], unfit["reason"].startswith("This file was not sealed for this key")) == ("unfit", True)
    honest = box.mail.fetch
    box.mail.fetch = lambda *_: data  # type: ignore[method-assign] # a mailbox that gives another file now
    assert lee.asks("fetch", number=held, sure=True)["said"] == "A.: 1 new."
    box.mail.fetch = honest  # type: ignore[method-assign] # the real one
    assert lee.asks("settle", number=held) == {"type": "settled"}
    assert lee.asks("discard", number=strange) == {"type": "discarded"}
    assert lee.asks("discard", number=10**6)["type"] == "refused"  # the page lets go of nothing that was not listed
    assert kinds(box, "lee") == ["feedback"]


def test_who_they_are_is_asked_for_before_anything_is_made(lee: Counselor, home: Path) -> None:
    """Without a name nothing is asked, sealed or kept; and locked, the mailbox is not asked either."""
    assert lee.asks("assign", client="A.", to=" ", **TASKS) == {
        "type": "refused",
        "reason": "Type who they are on the hub: the name they log in with there. Nothing was made.",
    }
    lee.token = ""
    none = lee.asks("assign", client="A.", to="ann", **TASKS)
    assert (none["type"], none["reason"].startswith("There is no hub token.")) == ("refused", True)
    assert (lee.asks("list")["clients"], lee.kept()) == ([], [])
    assert lee.asks("came")["reason"].startswith("There is no hub token.")
    by_hand = lee.asks("assign", client="A.", **TASKS)
    assert (by_hand["kept"], lee.asks("client", client="A.")["to"]) == (None, "")
    (home / "unsent").write_text("in the way")
    lee.token = "t-lee"  # made up
    failed = lee.asks("assign", client="B.", to="ann", **TASKS)
    assert (failed["type"], "Not a directory" in failed["reason"] or "exists" in failed["reason"]) == ("refused", True)
    assert [one["client"] for one in lee.asks("list")["clients"]] == ["A."]
    lee.asks("lock")
    for type in ("post", "came", "fetch", "settle", "discard"):
        assert lee.asks(type, file="x", number=1) == {"type": "locked"}


def test_without_a_mailbox_files_go_by_hand(home: Path, keyed: tuple[Path, keys.Keys], clock: Clock) -> None:
    """The page draws nothing of one, and says so where it is asked all the same."""
    panel = caseload_panel.Page(home, opener=lambda folder, _: caseload.open_caseload(folder, keyed[1], now=clock))
    ask(panel, {"type": "unlock", "passphrase": PASSPHRASE})
    assert ask(panel, {"type": "list"})[0]["mailbox"] is False
    assert ask(panel, {"type": "came", "errand": "e"})[0] == {
        "type": "refused",
        "reason": "The mailbox does not answer. Try again in a few minutes.",
        "seq": None,
    }


def test_the_command_tells_the_page_where_the_mailbox_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its address, or by the environment; what is wrong with either is said before a page opens."""
    told: list[object] = []
    monkeypatch.setattr(lab, "serve", lambda *_, environment, **__: told.append(environment["WORKBOOK_MAILBOX"]))
    at = "https://mailbox--service.hub.example/services/mailbox"

    def run(*arguments: str, **environ: str) -> str:
        return CliRunner().invoke(cli.main, ["caseload", "--home", str(home), *arguments], env=environ).stderr

    assert run("--mailbox", at, WORKBOOK_HUB_TOKEN="t") == ""
    assert run(WORKBOOK_MAILBOX=at, WORKBOOK_HUB_TOKEN="t") == ""
    assert run() == ""
    assert "There is no hub token." in run("--mailbox", at)
    assert "is not encrypted on its way" in run("--mailbox", "http://hub.example/x", WORKBOOK_HUB_TOKEN="t")
    assert told == [at, at, ""]
    page = caseload_panel.panel_here({"WORKBOOK_CASELOAD": str(home), "WORKBOOK_MAILBOX": at, post.TOKEN: "t"})
    assert repr(page._posting._way()) == f"Mailbox({at}/api/mail)"
