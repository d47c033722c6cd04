"""`workbook lock`, `unlock`, `backup` and `restore`: asked once, said before, and able to work without a terminal."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from workbook import files, words
from workbook.cli.client import main
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

GOOD = "otter lantern gravel teapot"
OTHER = "saddle orbit mustard fjord"
KEY = re.compile(r"([0-9A-Z]{5}-){5}[0-9A-Z]{5}")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    with Journal.open(tmp_path / "Mend", environ={}) as made:
        made.save("start.privacy.shared_device", "no")
    return tmp_path / "Mend"


def run(journal: Path, *words: str, given: str | None = None, typed: str | None = None) -> Result:
    return CliRunner().invoke(
        main, [*words, "--journal", str(journal)], input=typed, env={"WORKBOOK_PASSPHRASE": given}
    )


def is_open(journal: Path, passphrase: str | None = None) -> bool:
    with Journal.open(journal, passphrase=passphrase, environ={}) as opened:
        return len(opened.responses()) == 1


def test_what_forgetting_means_is_said_before_the_passphrase_is_asked(journal: Path) -> None:
    """Also what stays readable; then it is asked twice, locks, and a recovery key is printed."""
    done = run(journal, "lock", typed=f"{GOOD}\n{GOOD}\n")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == [words.say("storage.lock.forgetting"), words.say("storage.lock.stays_readable")]
    assert lines[2] == ("The journal is locked. This recovery key opens it too; write it on paper, and keep it apart:")
    assert KEY.fullmatch(lines[3])
    assert GOOD not in done.output
    assert is_open(journal, GOOD)
    assert is_open(journal, lines[3])


def test_without_a_terminal_the_passphrase_comes_from_the_environment(journal: Path) -> None:
    """Locking, a new recovery key, and taking the lock off; nothing is asked."""
    assert run(journal, "lock", given=GOOD).exit_code == 0
    assert is_open(journal, GOOD)
    recovery = run(journal, "lock", "--recovery", given=GOOD)
    assert (recovery.exit_code, recovery.stderr) == (0, "")
    assert KEY.fullmatch(recovery.stdout.strip())
    assert is_open(journal, recovery.stdout.strip())
    off = run(journal, "unlock", given=GOOD)
    assert (off.exit_code, off.stdout) == (0, "The answers need no passphrase any more.\n")
    assert is_open(journal)


def test_a_passphrase_is_changed(journal: Path) -> None:
    """The old one is asked once, the new one twice."""
    run(journal, "lock", given=GOOD)
    done = run(journal, "lock", "--change", typed=f"{GOOD}\n{OTHER}\n{OTHER}\n")
    assert (done.exit_code, done.stdout) == (0, "The passphrase is changed.\n")
    assert is_open(journal, OTHER)


@pytest.mark.parametrize("words", [("unlock",), ("lock", "--change"), ("lock", "--recovery")])
def test_a_journal_without_a_passphrase_says_so(journal: Path, words: tuple[str, ...]) -> None:
    """Nothing is asked when there is nothing to open."""
    done = run(journal, *words, typed="")
    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: The journal at {journal} has no passphrase. To lock it: workbook lock --journal {journal}\n",
    )


def test_a_wrong_passphrase_and_a_weak_one_are_sentences(journal: Path) -> None:
    """Nothing changes, and nothing that was typed is repeated."""
    weak = run(journal, "lock", given="password1")
    assert (weak.exit_code, weak.stderr.startswith("Error: This passphrase is too easy to guess.")) == (1, True)
    assert "password1" not in weak.output
    assert is_open(journal)
    run(journal, "lock", given=GOOD)
    wrong = run(journal, "unlock", given=OTHER)
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "Error: This passphrase did not open the journal. Check capitals and spaces, and try again.\n",
    )


def test_going_back_is_shown_before_it_is_done(journal: Path, tmp_path: Path) -> None:
    """A backup is written where it is asked for; without --yes, restoring only says what it would change."""
    stick = tmp_path / "stick"
    assert run(journal, "backup", str(stick)).stdout == f"Written: {stick}\n"
    with Journal.open(journal, environ={}) as opened:
        opened.save("start.privacy.shared_device", "yes")
    seen = run(journal, "restore", str(stick))
    assert seen.stdout.splitlines()[0].endswith(
        "holds 1 answer. 1 of them differs from what is there now. 0 answers that are there now are not in it."
    )
    assert seen.stdout.splitlines()[1] == "Nothing was changed. To do it, type the same with --yes."
    done = run(journal, "restore", str(stick), "--yes").stdout.splitlines()
    assert done[1] == "Done: the 1 answer of that backup is what the journal holds now."
    kept = "What was there before is kept. To go back to it: workbook restore "
    assert done[2].startswith(kept)
    assert done[2].endswith(f" --yes --journal {files.typed(journal)}")
    with Journal.open(journal, environ={}) as opened:
        assert opened.responses()["start.privacy.shared_device", "once"].value == "no"
    run(journal, *shlex.split(done[2].removeprefix(kept.removesuffix("restore "))))
    with Journal.open(journal, environ={}) as opened:
        assert opened.responses()["start.privacy.shared_device", "once"].value == "yes"
