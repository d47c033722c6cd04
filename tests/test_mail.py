"""What lies in a mailbox is there once, for whom it is, until they have it; and nobody writes to a stranger."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.clock import Clock
from workbook.errors import Damaged, Refused, UnknownId
from workbook.storage.mail import Flood, Foreign, Letter, Mail
from workbook.storage.sqlite import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path, clock: Clock) -> Iterator[Mail]:
    box = Mail(tmp_path / "mail.sqlite", clock)
    yield box
    box.close()


def _asked(box: Mail, *clients: str) -> None:
    """Lee has written to each, and they have taken it."""
    for client in clients:
        box.taken(client, box.put("lee", client, "assignment", client.encode(), first=True))


def test_what_waits_is_told_to_whom_it_is_for_oldest_first(box: Mail, clock: Clock, tmp_path: Path) -> None:
    """With its number, its kind, who sent it, how long it is and since when; also to who asks beside."""
    began = clock()
    first = box.put("lee", "ann", "assignment", b"one", first=True)
    box.put("lee", "ben", "assignment", b"three", first=True)
    clock.forward(minutes=1)
    second = box.put("kim", "ann", "feedback", b"eleven", first=True)
    expected = [Letter(first, "assignment", "lee", 3, began), Letter(second, "feedback", "kim", 6, clock())]

    beside = Mail(tmp_path / "mail.sqlite", clock)
    assert (box.waiting("ann"), beside.waiting("ann"), box.waiting("lee")) == (expected, expected, [])
    assert (box.fetch("ann", first), box.fetch("ann", second)) == (b"one", b"eleven")
    beside.close()


def test_what_was_taken_is_gone_and_the_others_wait(box: Mail) -> None:
    """It cannot be fetched any more, and to take it twice is no fault."""
    first, second = (box.put("lee", "ann", "assignment", body, first=True) for body in (b"one", b"two"))
    box.taken("ann", first)
    box.taken("ann", first)

    assert [letter.number for letter in box.waiting("ann")] == [second]
    with pytest.raises(UnknownId):
        box.fetch("ann", first)
    assert box.fetch("ann", second) == b"two"


def test_nobody_fetches_or_takes_what_is_for_another(box: Mail) -> None:
    """Neither another client nor its sender; a number that was never given is nobody's."""
    number = box.put("lee", "ann", "assignment", b"one", first=True)
    for who, which in (("ben", number), ("lee", number), ("ann", number + 1)):
        with pytest.raises(UnknownId):
            box.fetch(who, which)
        with pytest.raises(UnknownId):
            box.taken(who, which)
    assert box.fetch("ann", number) == b"one"


def test_the_same_file_from_one_to_another_is_there_once(box: Mail) -> None:
    """Sent again it has its number, taken or not; another file, another recipient and another sender have theirs."""
    numbers = [
        box.put(sender, recipient, "assignment", body, first=True)
        for sender, recipient, body in (
            ("lee", "ann", b"one"), ("lee", "ann", b"one"), ("lee", "ann", b"two"),
            ("lee", "ben", b"one"), ("kim", "ann", b"one"),
        )
    ]  # fmt: skip
    box.taken("ann", numbers[0])
    again = box.put("lee", "ann", "assignment", b"one", first=True)

    assert (numbers[0], again) == (numbers[1], numbers[0])
    assert len(set(numbers)) == 4
    assert [letter.number for letter in box.waiting("ann")] == [numbers[2], numbers[4]]


def test_a_client_writes_only_to_who_wrote_to_them(box: Mail) -> None:
    """Not to another counselor, not to who wrote to another client, and nothing of it is kept."""
    _asked(box, "ann")
    box.put("kim", "ben", "assignment", b"for ben", first=True)
    for sender, recipient in (("ann", "kim"), ("ben", "lee"), ("lee", "ben")):
        with pytest.raises(Foreign):
            box.put(sender, recipient, "submission", b"words", first=False)
    box.put("ann", "lee", "submission", b"words", first=False)

    assert [[letter.sender for letter in box.waiting(who)] for who in ("lee", "kim", "ben")] == [["ann"], [], ["kim"]]


def test_a_sender_fills_a_place_only_so_far(box: Mail) -> None:
    """The next to twenty is refused until one was taken; who else writes, and to whom else, counts for themselves."""
    numbers = [box.put("lee", "ann", "assignment", bytes([n]), first=True) for n in range(20)]
    with pytest.raises(Flood, match="20"):
        box.put("lee", "ann", "assignment", b"one more", first=True)
    assert box.put("lee", "ann", "assignment", bytes([0]), first=True) == numbers[0]
    box.put("lee", "ben", "assignment", b"one more", first=True)
    box.put("kim", "ann", "assignment", b"one more", first=True)
    box.taken("ann", numbers[3])
    box.put("lee", "ann", "assignment", b"one more", first=True)

    assert len(box.waiting("ann")) == 21


def test_who_has_a_journal_said_so_or_shows_it(box: Mail) -> None:
    """By what they sent, or took in of what a counselor wrote; not by what waits, nor by what a counselor does."""
    box.put("lee", "ann", "assignment", b"one", first=True)
    before = [box.began(who) for who in ("ann", "lee", "ben")]
    _asked(box, "cat")
    box.put("cat", "lee", "submission", b"words", first=False)
    letter = box.waiting("lee")[0].number
    shown = [box.began(who) for who in ("ann", "cat", "lee")]
    box.taken("lee", letter)
    box.put("dan", "lee", "submission", b"of dan", first=True)
    box.begin("ben")
    box.begin("ben")

    assert (before, shown) == ([False] * 3, [False, True, False])
    assert [box.began(who) for who in ("ann", "ben", "cat", "dan", "lee")] == [False, True, True, True, False]


def test_what_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    """It says that it is the mailbox, and quotes nothing."""
    (tmp_path / "mail.sqlite").write_bytes(b"canary" * 1000)
    with pytest.raises(Damaged) as raised:
        Mail(tmp_path / "mail.sqlite")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("where", ["", "word", "./mail.sqlite", "name:hidden@host/database", "~/mail", None])
def test_what_is_no_place_for_a_mailbox_is_said_and_nothing_is_made(
    where: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that is no address would be a file in whatever folder this runs in; it may be half an address."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused) as raised:
        Mail(str(tmp_path) if where is None else where)
    assert str(raised.value) == (
        "This is no place for a mailbox to keep files in. One is the address of a PostgreSQL server,"
        " postgresql://NAME:PASSWORD@HOST/DATABASE, or, to try it out, the whole path of a file,"
        " such as /var/lib/mend/mailbox.sqlite."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_mailbox_is_a_file_unless_it_is_an_address(tmp_path: Path) -> None:
    """What has no scheme is made as a file, which keeps a log, so that several may write at once."""
    Mail(str(tmp_path / "mail.sqlite")).close()
    Mail(tmp_path / "mail.sqlite").close()
    assert [each.name for each in tmp_path.iterdir()] == ["mail.sqlite"]
    assert (tmp_path / "mail.sqlite").read_bytes()[18:20] == b"\2\2"  # what SQLite's header says of such a file


def test_a_row_is_whole_but_for_words_that_were_taken(box: Mail, tmp_path: Path) -> None:
    """No part of one may be missing, and each person is there once."""
    with contextlib.closing(connect(tmp_path / "mail.sqlite")) as opened:
        told = {
            table: [(name, kind, bool(needed), bool(key)) for _, name, kind, needed, _, key in opened.execute(asked)]
            for table in ("mail", "begun")
            for asked in [f"PRAGMA table_info({table})"]
        }
    texts = [(name, "TEXT", True, False) for name in ("sender", "recipient", "kind")]
    at = ("at", "VARCHAR(32)", True, False)
    assert told == {
        "mail": [
            *(("number", "INTEGER", True, True), *texts, ("digest", "VARCHAR(64)", True, False)),
            *(("size", "INTEGER", True, False), ("body", "BLOB", False, False), at),
        ],
        "begun": [("person", "TEXT", True, True), at],
    }
