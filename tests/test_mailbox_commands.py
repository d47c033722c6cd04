"""A counselor asks, receives and replies through a hub's mailbox, with the keys on their own machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tests.caseload_sample import NOW, PART, PASSPHRASE, journal_of, sealed
from tests.clock import Clock
from tests.mailboxes import PREFIX, Served, person, served
from workbook.cli import client as cli
from workbook.sharing import caseload, envelope, keys, unsent
from workbook.sharing import client as share
from workbook.sharing.post import Mailbox, NotSent
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.journal import Journal
    from workbook.sharing.caseload import Caseload

pytestmark = pytest.mark.process


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with journal_of(tmp_path / "journal", clock) as made:
        yield made


def run(home: Path, *arguments: object, token: str = "t-lee") -> Result:  # noqa: S107 # made up
    environ = {"WORKBOOK_PASSPHRASE": PASSPHRASE, "WORKBOOK_HUB_TOKEN": token}
    ran = CliRunner().invoke(cli.main, [*map(str, arguments), "--home", str(home)], env=environ)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran


def opened(home: Path) -> Caseload:
    return caseload.open_caseload(home, PASSPHRASE)


def kinds(box: Served, name: str) -> list[str]:
    return [one.kind for one in box.of(name).waiting()]


def test_asking_receiving_and_replying_need_no_file(home: Path, box: Served, journal: Journal) -> None:
    """Who a client is on the hub is said once; what was taken in waits no more; nothing is left beside the keys."""
    at = ("--mailbox", box.url)
    ask = ("assign", "--client", "A.", "--only", "responsibility.incident", *at)
    asked = run(home, *ask, "--to", "ann")
    assert (asked.exit_code, asked.output) == (0, "Sent to ann: the mailbox has it.\nIt asks A. for 1 exercise.\n")
    ann = box.of("ann")
    [letter] = ann.waiting()
    share.given(journal, ann.fetch(letter.number)).accept()
    ann.taken(letter.number)

    journal.save(PART, "I left.")
    ann.send("lee", sealed(journal, PART))
    assert run(home, "receive", *at).stdout == "A.: 1 new.\n"
    assert (kinds(box, "lee"), run(home, "receive", *at).output) == ([], "Nothing waits in the mailbox.\n")

    replied = run(home, "reply", "--client", "A.", "--words", "Thank you.", *at)
    assert (replied.exit_code, replied.output.splitlines()[0]) == (0, "Sent to ann: the mailbox has it.")
    [letter] = ann.waiting()
    assert share.accept_feedback(journal, ann.fetch(letter.number)).reply == "Thank you."
    left = {one.name for one in home.rglob("*") if one.is_file()}
    assert {one for one in left if not one.startswith("caseload.sqlite")} == {keys.KEYS, keys.ABOUT}


def test_what_the_mailbox_did_not_acknowledge_is_kept_and_goes_out_once(
    home: Path, box: Served, journal: Journal
) -> None:
    """Down: a file to hand over instead, and the next command sends it; acknowledged already, it is there once."""
    ask = ("assign", "--client", "A.", "--only", "responsibility.incident", "--mailbox", box.url)
    box.hub.down = True
    down = run(home, *ask, "--to", "ann")
    [file] = (home / "unsent").rglob("*.assignment")
    assert (down.exit_code, down.output) == (
        1,
        "Error: Not sent. The hub does not answer, so it is not known who you are. Nothing was sent. Try again in a "
        "few minutes. It is kept, and goes out with your next command to this mailbox. To hand it over in another way: "
        f"{file}\n",
    )
    data = file.read_bytes()
    share.given(journal, data).accept()
    assert run(home, "receive", "--mailbox", box.url).exit_code == 1
    assert file.read_bytes() == data
    box.hub.down = False
    sent = run(home, "receive", "--mailbox", box.url)
    assert sent.output == ("Sent now to ann: a file that was kept from before.\nNothing waits in the mailbox.\n")
    assert (kinds(box, "ann"), [*home.rglob("*.assignment")]) == (["assignment"], [])
    with opened(home) as mine:
        unsent.keep(mine, box.of("lee"), "A.", "ann", data)  # as if the power had gone before the answer came
    run(home, "receive", "--mailbox", box.url)
    assert (kinds(box, "ann"), [*home.rglob("*.assignment")]) == (["assignment"], [])

    lost = run(home, *ask, "--client", "B.", "--to", "..")  # nobody of this name; it keeps no other waiting
    assert (lost.exit_code, "There is nobody of this name on the hub." in lost.stderr) == (1, True)
    again = run(home, *ask)
    assert (again.exit_code, "On the hub there was nobody of the name that was said." in again.stderr) == (0, True)
    assert kinds(box, "ann") == ["assignment", "assignment"]
    assert len([*home.rglob("*.assignment")]) == 1


def test_what_is_refused_for_good_is_said_once_and_tried_no_more(home: Path, box: Served) -> None:
    """It lies aside, to hand over in another way; the others go out, and with the client it goes too."""
    ask = ("assign", "--client", "A.", "--only", "responsibility.incident", "--mailbox", box.url, "--to", "ann")
    why = "Only a counselor can send this kind of file. Nothing was sent."
    first = run(home, *ask, token="t-ben")  # made up
    [file] = home.rglob("*.assignment")
    assert (first.exit_code, first.output) == (
        1,
        f"Error: Not sent. {why} So it is not tried again. To hand it over in another way: {file}\n",
    )
    assert envelope.outside(file.read_bytes()) == "assignment"
    assert run(home, "receive", "--mailbox", box.url).output == "Nothing waits in the mailbox.\n"
    assert kinds(box, "ann") == []
    assert run(home, *ask).exit_code == 0
    assert (kinds(box, "ann"), [*home.rglob("*.assignment")]) == (["assignment"], [file])
    with opened(home) as mine:
        assert unsent.withdraw(home, mine.client("A.").id) == 1
    assert [*home.rglob("*.assignment")] == []


@pytest.mark.parametrize(
    ("status", "body", "never"),
    [
        (400, {"message": "This is a text."}, True),
        (403, {"message": "Only a counselor."}, True),
        (413, {"message": "Too large."}, True),
        (413, None, True),
        (403, None, False),  # of something on the way, not of a mailbox
        (404, {"message": "Nobody."}, False),
        (429, {"message": "Wait."}, False),
        (503, {"message": "Later."}, False),
    ],
)
def test_only_what_the_mailbox_refuses_each_time_is_refused_for_good(
    status: int, body: dict[str, str] | None, never: bool
) -> None:
    """Too many, nobody, nothing there: that may be another tomorrow."""

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>no</html>" if body is None else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(NotSent) as said:
            Mailbox(f"http://127.0.0.1:{server.server_port}", "t").send("ann", b"x")
        thread.join()
    assert (said.value.never, str(said.value) == (body or {}).get("message")) == (never, body is not None)


def test_what_waits_for_a_yes_goes_on_waiting_in_the_mailbox(
    home: Path, box: Served, journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    """A submission signed with another key, and one for somebody else's key, are not let go."""
    at = ("--mailbox", box.url)
    run(home, "assign", "--client", "A.", "--only", "responsibility.incident", *at, "--to", "ann")
    ann = box.of("ann")
    data = ann.fetch(ann.waiting()[0].number)
    with journal_of(tmp_path / "another", clock) as another:
        for one in (journal, another):
            share.given(one, data).accept()
            one.save(PART, "I left.")
            ann.send("lee", sealed(one, PART))
    came = run(home, "receive", *at)
    assert (came.exit_code, came.stdout, "waits for your yes" in came.stderr) == (0, "A.: 1 new.\n", True)
    assert kinds(box, "lee") == ["submission"]
    assert run(home, "receive", *at, "--sure").exit_code == 0
    assert kinds(box, "lee") == []
    strange = b"mend-submission 2\n" + seal.seal(b"x", seal.recipient(seal.new_identity()))
    ann.send("lee", strange)
    refused = run(home, "receive", *at)
    [number] = [one.number for one in box.of("lee").waiting()]
    assert (refused.exit_code, refused.stderr.strip().splitlines()) == (
        1,
        [
            f"{number}.submission, from ann: This file was not sealed for this key, or it is damaged. Ask the sender "
            "to make it again, and check that it comes from the right person.",
            "To take a file off the mailbox that cannot be taken in, for good: --discard NUMBER",
            "Error: 1 file of 1 could not be taken in.",
        ],
    )
    assert (kinds(box, "lee"), [*(home / "arrived").iterdir()]) == (["submission"], [])
    gone = run(home, "receive", *at, "--discard", number)
    assert (gone.exit_code, gone.output, kinds(box, "lee")) == (0, f"Number {number} is taken off the mailbox.\n", [])
    again = run(home, "receive", *at, "--discard", number + 1)
    assert (again.exit_code, "Nothing waits for you under this number." in again.stderr) == (1, True)


def test_nothing_counts_as_said_before_it_is_in_a_file(home: Path, box: Served, journal: Journal) -> None:
    """When a reply cannot be kept, it was not made; what goes by hand and by mailbox is one file."""
    at = ("--mailbox", box.url)
    run(home, "assign", "--client", "A.", "--only", "responsibility.incident", *at, "--to", "ann")
    ann = box.of("ann")
    share.given(journal, ann.fetch(ann.waiting()[0].number)).accept()
    journal.save(PART, "I left.")
    ann.send("lee", sealed(journal, PART))
    run(home, "receive", *at)
    before = run(home, "caseload", "--client", "A.", "--export", home / "before.json").exit_code
    (home / "unsent").rmdir()  # nothing is on its way any more
    (home / "unsent").write_text("in the way")
    reply = ("reply", "--client", "A.", *at)
    failed = run(home, *reply, "--comment", f"{PART}=Thank you.")
    assert (failed.exit_code, failed.stderr.startswith(f"Error: {home / 'unsent'}")) == (1, True)
    assert failed.stderr.endswith(": Not a directory.\n")
    (home / "unsent").unlink()
    after = run(home, "caseload", "--client", "A.", "--export", home / "after.json").exit_code
    assert (before, after, kinds(box, "ann")) == (0, 0, ["assignment"])
    assert (home / "before.json").read_bytes() == (home / "after.json").read_bytes()
    by_hand = home / "a.feedback"
    assert run(home, *reply, "--comment", f"{PART}=Thank you.", "-o", by_hand).exit_code == 0
    assert ann.fetch(ann.waiting()[1].number) == by_hand.read_bytes()
    assert [one.text for one in share.accept_feedback(journal, by_hand.read_bytes()).comments] == ["Thank you."]


def test_what_is_for_one_mailbox_never_goes_to_another(home: Path, box: Served, tmp_path: Path) -> None:
    """Nor is who someone is on one hub taken for who they are on another."""
    ask = ("assign", "--client", "A.", "--only", "responsibility.incident")
    box.hub.down = True
    assert run(home, *ask, "--mailbox", box.url, "--to", "ann").exit_code == 1
    [file] = home.rglob("*.assignment")
    with served(str(tmp_path / "other.sqlite")) as other:
        at = ("--mailbox", other.url)
        assert run(home, "receive", *at).output == "Nothing waits in the mailbox.\n"
        assert (other.of("ann").waiting(), file.exists()) == ([], True)
        box.hub.down = False
        assert run(home, "receive", "--mailbox", box.url.upper().replace("/SERVICES/MAILBOX/", PREFIX)).exit_code == 0
        assert (kinds(box, "ann"), file.exists()) == (["assignment"], False)
        unsaid = run(home, *ask, *at)
        assert (unsaid.exit_code, unsaid.stderr) == (
            1,
            "Error: Say who A. is on the hub, with --to. It is remembered.\n",
        )


def test_a_name_on_the_hub_may_be_any(home: Path, box: Served) -> None:
    """Long, in any script, with a dot at its end: two names are two, also where a disk does not tell them apart."""
    names = ("鷺" * 40, "Ann", "ann.", "aux", "x" * 300)
    box.hub.people.update({f"t-{number}": person(name) for number, name in enumerate(names)})
    lee = box.of("lee")
    with opened(home) as mine:
        for number, name in enumerate(names):
            unsent.keep(mine, lee, f"Heron {number}", name, mine.assign(f"Heron {number}", []))
        folders = {one.parent.name for one in home.rglob("*.assignment")}
        assert len(folders) == len(names)
        assert all(len(one) == 32 and int(one, 16) for one in folders)
        assert [(one.to, one.why) for one in unsent.send(mine, lee)] == [(name, "") for name in names]
        assert [unsent.address(mine, lee, f"Heron {number}") for number in range(len(names))] == [*names]
    for number in range(len(names)):
        assert kinds(box, str(number)) == ["assignment"]


def test_a_wrong_name_is_not_remembered_and_what_went_there_goes_to_the_right_one(home: Path, box: Served) -> None:
    """Nothing goes to a name that was wrong, also when someone has that name later."""
    ask = ("assign", "--client", "A.", "--only", "responsibility.incident", "--mailbox", box.url)
    wrong = run(home, *ask, "--to", "anne")
    [file] = home.rglob("*.assignment")
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "Error: Not sent. There is nobody of this name on the hub. Check the name. Nothing was sent. It is kept, and "
        "goes to nobody until you say with --to, in your next command for this client, who it is for. To hand it over "
        f"in another way: {file} To withdraw it, delete that file.\n",
    )
    box.hub.people["t-anne"] = person("anne")
    assert "On the hub there was nobody of the name that was said." in run(home, "receive", "--mailbox", box.url).stderr
    assert (kinds(box, "anne"), run(home, *ask).exit_code) == ([], 1)
    right = run(home, *ask, "--to", "ann")
    assert (right.exit_code, kinds(box, "ann"), kinds(box, "anne")) == (0, ["assignment", "assignment"], [])
    assert (run(home, *ask).exit_code, [*home.rglob("*.assignment")]) == (0, [])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("--erase", "A. is erased. 0 of their records are left. Backups made by other programs are not.\n"),
        (
            "--revoke",
            "Nothing more is taken in from A. What they sent is still here.\n"
            "1 file that had not gone out to them was removed.\n",
        ),
    ],
)
def test_nothing_goes_out_to_who_was_erased_or_revoked(home: Path, box: Served, how: str, said: str) -> None:
    """What had not gone out to them is removed, and to others it goes."""
    box.hub.down = True
    for client, to in (("A.", "ann"), ("B.", "kim")):
        ask = ("assign", "--client", client, "--only", "responsibility.incident", "--mailbox", box.url)
        assert run(home, *ask, "--to", to).exit_code == 1
    assert run(home, "caseload", "--client", "A.", how).output == said
    assert len([*home.rglob("*.assignment")]) == 1
    box.hub.down = False
    run(home, "receive", "--mailbox", box.url)
    assert (kinds(box, "ann"), kinds(box, "kim"), [*home.rglob("*.assignment")]) == ([], ["assignment"], [])


def test_who_is_gone_while_a_file_goes_out_is_not_written_of_again(home: Path, box: Served) -> None:
    """Nothing that is kept goes to who was revoked; of who was erased meanwhile the caseload keeps no name."""
    lee = box.of("lee")
    with opened(home) as mine:
        data = mine.assign("A.", [])
        client = mine.client("A.").id
        unsent.keep(mine, lee, "A.", "ann", data)
        tried = unsent.carry(lee, unsent.ready(mine, lee))
        mine.erase("A.")
        assert [one.why for one in unsent.settle(mine, tried)] == [""]
        assert (client in mine.store.clients(), [*home.rglob("*.assignment")]) == (False, [])
        data = mine.assign("B.", [])
        mine.revoke("B.")
        unsent.keep(mine, lee, "B.", "kim", data)
        assert (unsent.send(mine, lee), kinds(box, "kim")) == ([], [])


def test_one_file_that_cannot_be_fetched_keeps_no_other_waiting(
    home: Path, box: Served, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said of which and why; and nothing stays on the disk when taking in ends midway."""
    at = ("--mailbox", box.url)
    run(home, "assign", "--client", "A.", "--only", "responsibility.incident", *at, "--to", "ann")
    ann = box.of("ann")
    share.given(journal, ann.fetch(ann.waiting()[0].number)).accept()
    for words in ("I left.", "I left early."):
        journal.save(PART, words)
        ann.send("lee", sealed(journal, PART))
    first = box.of("lee").waiting()[0].number
    fetch = Mailbox.fetch

    def fetched(mailbox: Mailbox, number: int) -> bytes:
        if number == first:
            raise NotSent("It is gone.")
        return fetch(mailbox, number)

    monkeypatch.setattr(Mailbox, "fetch", fetched)
    with monkeypatch.context() as broken:
        broken.setattr(caseload.Caseload, "receive_many", lambda *_, **__: 1 / 0)
        environ = {"WORKBOOK_PASSPHRASE": PASSPHRASE, "WORKBOOK_HUB_TOKEN": "t-lee"}
        ran = CliRunner().invoke(cli.main, ["receive", *at, "--home", str(home)], env=environ)
    assert (type(ran.exception), [*(home / "arrived").iterdir()]) == (ZeroDivisionError, [])
    came = run(home, "receive", *at)
    assert (came.exit_code, came.stdout.startswith("A.: 1 new")) == (0, True)
    assert f"{first}.submission, from ann: It is gone." in came.stderr
    assert [one.number for one in box.of("lee").waiting()] == [first]
    alone = run(home, "receive", *at)
    assert (alone.exit_code, alone.stderr.endswith("Error: It is gone.\n")) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "token", "status", "sentence"),
    [
        (("assign", "--client", "A.", "--mailbox", "URL", "--to", "ann"), "", 1, "There is no hub token."),
        (("assign", "--client", "A.", "--mailbox", "URL"), "t", 1, "Say who A. is on the hub, with --to."),
        (("assign", "--client", "A."), "t", 2, "Name a file with -o, or a mailbox with --mailbox."),
        (("reply", "--client", "A."), "t", 2, "Name a file with -o, or a mailbox with --mailbox."),
        (("receive", "x", "--discard", "1"), "t", 2, "Name the mailbox with --mailbox."),
        (("receive",), "t", 2, "Name a file with PATH, or a mailbox with --mailbox."),
        (("receive", "--mailbox", "http://hub.example/x"), "t", 1, "is not encrypted on its way"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(
    home: Path, arguments: tuple[str, ...], token: str, status: int, sentence: str
) -> None:
    """No client, no file, and nothing went out."""
    before = {one.name for one in home.rglob("*")} | {"caseload.sqlite", "caseload.sqlite-wal", "caseload.sqlite-shm"}
    said = ["http://127.0.0.1:9/services/mailbox" if one == "URL" else one for one in arguments]
    ran = run(home, *said, token=token)
    assert (ran.exit_code, sentence in ran.stderr) == (status, True)
    assert {one.name for one in home.rglob("*")} <= before
    assert run(home, "caseload", "--list").output.strip() == "Nothing yet."
