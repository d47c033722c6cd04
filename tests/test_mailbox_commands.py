"""A counselor asks, receives and replies through a hub's mailbox, with the keys on their own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tests.caseload_sample import NOW, PART, PASSPHRASE, journal_of, sealed
from tests.clock import Clock
from tests.mailboxes import Served, served
from workbook.cli import client as cli
from workbook.sharing import client as share
from workbook.sharing import keys, unsent
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.journal import Journal


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Served]:
    with served(str(tmp_path / "mail.sqlite")) as one:
        yield one


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with journal_of(tmp_path / "journal", clock) as made:
        yield made


def run(home: Path, *arguments: object, token: str = "t-lee") -> Result:  # noqa: S107 # made up
    environ = {"WORKBOOK_PASSPHRASE": PASSPHRASE, "WORKBOOK_HUB_TOKEN": token}
    ran = CliRunner().invoke(cli.main, [*map(str, arguments), "--home", str(home)], env=environ)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran


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
    unsent.keep(home, "ann", data)  # as if the power had gone before the answer came
    run(home, "receive", "--mailbox", box.url)
    assert (kinds(box, "ann"), [*home.rglob("*.assignment")]) == (["assignment"], [])

    unsent.keep(home, "..", data)  # nobody of this name; it keeps no other waiting
    again = run(home, *ask)
    assert (again.exit_code, "There is nobody of this name on the hub." in again.stderr) == (0, True)
    assert kinds(box, "ann") == ["assignment", "assignment"]
    assert [one.parent.name for one in home.rglob("*.assignment")] == ["to-.."]


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
    assert (refused.exit_code, "was not sealed for this key" in refused.stderr) == (1, True)
    assert (kinds(box, "lee"), [*(home / "arrived").iterdir()]) == (["submission"], [])


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
    (home / "unsent").rmdir()
    (home / "unsent").write_text("in the way")
    reply = ("reply", "--client", "A.", *at)
    failed = run(home, *reply, "--comment", f"{PART}=Thank you.")
    assert (failed.exit_code, failed.stderr) == (1, f"Error: {home / 'unsent' / 'to-ann'}: Not a directory.\n")
    (home / "unsent").unlink()
    after = run(home, "caseload", "--client", "A.", "--export", home / "after.json").exit_code
    assert (before, after, kinds(box, "ann")) == (0, 0, ["assignment"])
    assert (home / "before.json").read_bytes() == (home / "after.json").read_bytes()
    by_hand = home / "a.feedback"
    assert run(home, *reply, "--comment", f"{PART}=Thank you.", "-o", by_hand).exit_code == 0
    assert ann.fetch(ann.waiting()[1].number) == by_hand.read_bytes()
    assert [one.text for one in share.accept_feedback(journal, by_hand.read_bytes()).comments] == ["Thank you."]


@pytest.mark.parametrize(
    ("arguments", "token", "status", "sentence"),
    [
        (("assign", "--client", "A.", "--mailbox", "URL", "--to", "ann"), "", 1, "There is no hub token."),
        (("assign", "--client", "A.", "--mailbox", "URL"), "t", 1, "Say who A. is on the hub, with --to."),
        (("assign", "--client", "A."), "t", 2, "Name a file with -o, or a mailbox with --mailbox."),
        (("reply", "--client", "A."), "t", 2, "Name a file with -o, or a mailbox with --mailbox."),
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
