"""What a counselor mistypes, or says at too great a length, is said in a sentence before anything is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.caseload_sample import NOW, PART, Clock, ask, journal_of, sealed
from workbook import definition
from workbook.errors import JournalError, Refused
from workbook.sharing import asking, caseload, inbox, keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCIDENT = "responsibility.incident"
NAME = "The one with the very long name " * 3


@pytest.fixture
def opened(home: Path, keyed: tuple[Path, keys.Keys]) -> Iterator[caseload.Caseload]:
    with caseload.open_caseload(home, keyed[1], now=Clock(NOW)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"repeats": {INCIDENT: "weeekly"}},
            "“weeekly” is not how often something can be asked. "
            "Write one of: once, daily, weekly, monthly, any. Did you mean “weekly”?",
        ),
        (
            {"repeats": {INCIDENT: "1"}},
            "“1” is not how often something can be asked. Write one of: once, daily, weekly, monthly, any.",
        ),
        (
            {"instructions": {INCIDENT: "x" * 5001}},
            "What you say to “responsibility.incident” is longer than 5000 characters. Make it shorter. "
            "Nothing was written.",
        ),
    ],
)
def test_how_often_and_words_that_no_task_can_hold_are_named(said: dict[str, dict[str, str]], sentence: str) -> None:
    """With what can be written instead."""
    with pytest.raises(Refused) as refused:
        asking.tasks_for(definition.load(), [INCIDENT], **said)  # type: ignore[arg-type] # a made-up call
    assert str(refused.value) == sentence


def test_names_and_words_that_no_file_can_hold_are_refused_and_nothing_is_kept(
    opened: caseload.Caseload, tmp_path: Path
) -> None:
    """A name, a comment, a reply, a name of one's own: else no file could be made any more."""
    long = "“The one with the very long nam…” has 95 characters; at most 80 go into a file. Make it shorter."
    with pytest.raises(Refused) as refused:
        opened.assign(NAME, asking.tasks_for(definition.load(), [INCIDENT]))
    assert str(refused.value) == f"{long} Nothing was changed."
    assert opened.clients() == []
    with pytest.raises(Refused) as refused:
        keys.keygen(tmp_path / "other", "otter lamp quiet seven maple", counselor=NAME)
    assert (str(refused.value), (tmp_path / "other").exists()) == (f"{long} Nothing was changed.", False)

    with journal_of(tmp_path / "journal", Clock(NOW + timedelta(minutes=1))) as journal:
        ask(opened, journal, "A.", [INCIDENT])
        journal.save(PART, "I left.")
        opened.receive(sealed(journal, INCIDENT))
    for say in (lambda: opened.comment("A.", PART, "x" * 20_001), lambda: opened.reply("A.", "x" * 20_001)):
        with pytest.raises(Refused, match="has 20001 characters; at most 20000 go into a file"):
            say()
    with pytest.raises(Refused, match="There is nothing new to say to A"):
        opened.reply("A.")


def test_a_folder_with_a_caseload_in_it_is_looked_through_for_what_was_sent(home: Path, tmp_path: Path) -> None:
    """What a caseload and a journal are made of is nothing that anyone sent; a file dropped among it is."""
    (home / "a.submission").write_bytes(b"sent")
    (home / keys.PAGES).mkdir()
    (home / keys.PAGES / "caseload.ipynb").write_text("{}")
    hidden = tmp_path / "journal" / ".mend"
    hidden.mkdir(parents=True)
    (hidden / "journal.json").write_text("{}")
    (tmp_path / "journal" / "b.submission").write_bytes(b"sent")
    found = inbox.found([tmp_path]).files
    assert {one.relative_to(tmp_path).as_posix() for one in found} == {
        (home / "a.submission").relative_to(tmp_path).as_posix(),
        "journal/b.submission",
    }


def test_the_command_that_makes_a_caseload_is_quoted(tmp_path: Path) -> None:
    """Where a folder's name has a space in it, what is suggested can be typed as it stands."""
    home = tmp_path / "my cases"
    with pytest.raises(JournalError) as refused:
        keys.refuse_missing(home)
    assert f"workbook keygen --home '{home}'" in str(refused.value)
