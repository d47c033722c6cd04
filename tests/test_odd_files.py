"""Whatever lies where a file should be, a person gets a sentence, and soon; what it leads to is not touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest
from click.testing import CliRunner

from tests.caseload_sample import PASSPHRASE
from workbook import definition, files
from workbook.cli import client as cli
from workbook.cli import given
from workbook.journal import Journal
from workbook.jupyter import lab, notebooks
from workbook.sharing import inbox, unsent
from workbook.sharing.caseload import open_caseload
from workbook.sharing.keys import Keys
from workbook.storage import backups, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")

PATIENCE = 20  # seconds; each of these takes a fraction of one
A_BACKUP = "answers-2026-01-02T03-04-05.000006Z.sqlite"


class TooLong(BaseException):
    """Something waited for what never comes."""


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Fail, and do not hang, when something inside waits for ever."""

    def late(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _socket(path: Path, _: Path) -> None:
    with pytest.MonkeyPatch.context() as there, socket.socket(socket.AF_UNIX) as door:
        there.chdir(path.parent)  # an address has few letters
        door.bind(path.name)


KINDS: dict[str, Callable[[Path, Path], object]] = {
    "pipe": lambda path, _: os.mkfifo(path),
    "socket": _socket,
    "device": lambda path, _: path.symlink_to("/dev/zero"),
    "folder": lambda path, _: path.mkdir(),
    "nowhere": lambda path, outside: path.symlink_to(outside / "nothing"),
    "elsewhere": lambda path, outside: path.symlink_to(outside / "theirs.sqlite"),
    "same": lambda path, outside: path.hardlink_to(outside / "copy.sqlite"),
}


class Place(NamedTuple):
    """Where something lies, from the folder of all; what is typed then; what is said of a pipe there ("": nothing)."""

    at: str
    typed: tuple[str, ...]
    said: str
    besides: frozenset[str] = frozenset()  # kinds that are right there: a folder is a journal


JOURNAL, HOME = ("--journal", "journal"), ("--home", "caseload")
NOT_A_FILE = "is not a file. Nothing was changed."
UNREAD = "cannot be read: it is a folder, a pipe or a device, not an ordinary file."
PLACES = {
    "receive": Place("x.submission", ("receive", "x.submission", *HOME), NOT_A_FILE, frozenset({"folder"})),
    "receive a folder": Place("post/x.submission", ("receive", "post", *HOME), NOT_A_FILE),
    "recover": Place("sheet.txt", ("keygen", *HOME, "--recover", "sheet.txt"), NOT_A_FILE),
    "reply": Place(
        "x.assignment",
        ("reply", *HOME, "--client", "A.", "--words", "Well.", "--assignment", "x.assignment", "-o", "o"),
        NOT_A_FILE,
    ),
    "instrument": Place("x.yaml", ("assign", *HOME, "--client", "B.", "--instrument", "x.yaml", "-o", "o"), UNREAD),
    "open": Place("x.assignment", ("open", "x.assignment", *JOURNAL), NOT_A_FILE, frozenset({"folder"})),
    "check": Place("x.yaml", ("check", "x.yaml"), UNREAD),
    "check a folder": Place("definition/workbook.yaml", ("check", "definition"), UNREAD),
    "check a language": Place("qq.yaml", ("check", "--words", "qq.yaml"), "it is a folder, a pipe or a device"),
    "restore": Place("x.sqlite", ("restore", "x.sqlite", *JOURNAL), "x.sqlite is not there."),
    "restore a folder": Place(
        "copy/.mend/answers.sqlite", ("restore", "copy", *JOURNAL), "copy is not there. The backups"
    ),
    "mark": Place("journal/.mend/journal.json", ("backup", *JOURNAL), "journal.json cannot be read, so it is not"),
    "answers": Place(
        "journal/.mend/answers.sqlite",
        ("backup", *JOURNAL),
        "where a file of answers should be. It was not opened.",
    ),
    "lock": Place("journal/.mend/keys/lock.json", ("backup", *JOURNAL), "lock.json is missing or damaged"),
    "attempts": Place("journal/.mend/keys/attempts.json", ("lock", *JOURNAL), "The journal is locked."),
    "backup": Place(f"journal/.mend/backups/{A_BACKUP}", ("lock", *JOURNAL), "The journal is locked."),
    "restore a backup": Place(f"journal/.mend/backups/{A_BACKUP}", ("restore", "--yes", *JOURNAL), ""),
    "a second copy": Place("journal/.mend/answers-2.sqlite", ("lock", *JOURNAL), "answers-2.sqlite"),
    "caseload's mark": Place(
        "caseload/caseload.json", ("assign", *HOME, "--client", "B.", "-o", "o"), "caseload.json cannot be read, and"
    ),
    "caseload's keys": Place("caseload/keys.age", ("caseload", *HOME, "--list"), "keys.age cannot be read"),
    "caseload's answers": Place("caseload/caseload.sqlite", ("caseload", *HOME, "--list"), "It was not opened."),
    "unsent": Place("caseload/unsent/x/way.json", ("caseload", *HOME, "--client", "A.", "--revoke"), "way.json"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, keyed: tuple[Path, Keys]) -> Path:
    """A journal, and a caseload with one client, to copy."""
    folder = tmp_path_factory.mktemp("made")
    with Journal.create(folder / "journal"):
        pass
    for backup in backups.listed(folder / "journal" / ".mend" / "backups"):
        backup.file.unlink()
    shutil.copytree(keyed[0], folder / "caseload")
    with open_caseload(folder / "caseload", keyed[1]) as opened:
        opened.assign("A.", [])
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them of its own, in which commands are typed."""
    folder = shutil.copytree(made, tmp_path / "all")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody else's database, which no link leads us to change, and one that has a second name among ours."""
    from sqlcipher3 import dbapi2

    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("theirs.sqlite", "copy.sqlite"):
        with dbapi2.connect(str(folder / name)) as theirs:
            theirs.execute("CREATE TABLE history (address TEXT)")
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_whatever_lies_where_a_file_should_be_is_said_and_not_waited_for(
    place: str, made: Path, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe, a socket, a device, a folder, a link that leads nowhere or to another's file, a second name of one."""
    at, typed, said, besides = PLACES[place]
    theirs = (outside / "theirs.sqlite").read_bytes()
    for kind, put in KINDS.items():
        if kind in besides:
            continue
        folder = shutil.copytree(made, tmp_path / kind)
        monkeypatch.chdir(folder)
        (folder / at).parent.mkdir(parents=True, exist_ok=True)
        (folder / at).unlink(missing_ok=True)
        put(folder / at, outside)
        with patient():
            ran = CliRunner().invoke(
                cli.main,
                typed,
                env={"WORKBOOK_PASSPHRASE": PASSPHRASE, "WORKBOOK_NEW_PASSPHRASE": PASSPHRASE},
            )
        assert isinstance(ran.exception, SystemExit | None), (kind, ran.exception)
        assert "Traceback" not in ran.output
        assert ran.output.strip(), kind
        if kind == "pipe":
            assert said in ran.output
        assert (outside / "theirs.sqlite").read_bytes() == theirs, kind
        assert sorted(one.name for one in outside.iterdir() if "copy" not in one.name) == ["theirs.sqlite"], kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_called_a_notebook_and_is_none_keeps_no_journal_from_opening(
    kind: str, outside: Path, tmp_path: Path
) -> None:
    """One that has a chapter's name makes room for the chapter; nothing of what lies there is marked as harmless."""
    workbook, folder = definition.load(), tmp_path / "journal"
    folder.mkdir()
    chapter = next(iter(notebooks.generate(workbook)))
    for name in (chapter, "mine.ipynb"):
        KINDS[kind](folder / name, outside)
        outside.joinpath("copy.sqlite").touch()
    with patient():
        kept = notebooks.refresh(workbook, folder)
        titles, harmless = notebooks.contents(folder), notebooks.harmless(folder)
        runtime = tmp_path / "runtime"
        runtime.mkdir()
        lab.sign(harmless, runtime)
    assert [one.name for one in kept] == ([] if kind == "nowhere" else [chapter.replace(".ipynb", "-mine-1.ipynb")])
    assert list(titles) == list(notebooks.generate(workbook))
    assert [one.name for one in harmless] == list(titles)


def test_only_what_is_judged_is_signed(tmp_path: Path) -> None:
    """One that took the place of a harmless notebook since is not marked as one."""
    import nbformat
    from nbformat.sign import NotebookNotary

    path = tmp_path / "10-x.ipynb"
    changed = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os")])
    nbformat.write(changed, path)
    lab.sign([path], tmp_path)
    assert not NotebookNotary(data_dir=str(tmp_path)).check_signature(changed)


def test_what_waits_for_a_mailbox_and_is_no_file_is_neither_sent_nor_erased_where_it_leads(
    outside: Path, tmp_path: Path
) -> None:
    """Taking a client's files back overwrites what lies there, and nothing that a link there leads to."""
    folder = tmp_path / "caseload" / "unsent" / "x"
    folder.mkdir(parents=True)
    (folder / "way.json").write_text('{"mailbox": "m", "client": "c", "to": "a"}')
    os.mkfifo(folder / "pipe.assignment")
    (folder / "link.assignment").symlink_to(outside / "theirs.sqlite")
    (folder / "1.assignment").write_bytes(b"words")
    theirs = (outside / "theirs.sqlite").read_bytes()
    with patient():
        assert unsent.count(tmp_path / "caseload") == 1
        assert unsent.withdraw(tmp_path / "caseload", "c") == 1
    assert not folder.exists()
    assert (outside / "theirs.sqlite").read_bytes() == theirs


def test_of_a_link_only_the_link_is_erased(outside: Path) -> None:
    """Where it leads may be somebody else's."""
    link = outside / "link"
    link.symlink_to(outside / "theirs.sqlite")
    before = (outside / "theirs.sqlite").read_bytes()
    files.erase(link)
    assert not link.is_symlink()
    assert (outside / "theirs.sqlite").read_bytes() == before


def test_a_copy_kept_elsewhere_under_a_second_name_outlives_the_lock(here: Path) -> None:
    """As `workbook lock` says: what was put elsewhere before stays as readable as it is, and whole."""
    Path("kept").hardlink_to("journal/.mend/answers.sqlite")
    assert CliRunner().invoke(cli.main, ["lock", *JOURNAL], env={"WORKBOOK_PASSPHRASE": PASSPHRASE}).exit_code == 0
    with contextlib.closing(sqlite.connect(Path("kept"), wal=False)) as kept:
        assert kept.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert kept.execute("SELECT count(*) FROM migrations").fetchone() > (0,)
    assert not sqlite.is_plain(Path("journal/.mend/answers.sqlite"))


@pytest.mark.parametrize("typed", [("restore", "x", *JOURNAL), ("restore", "--yes", "x", *JOURNAL)])
def test_a_copy_larger_than_any_is_not_copied_before_that_is_known(typed: tuple[str, ...], here: Path) -> None:
    """Two gigabytes that begin as answers do: neither memory nor the disk has to hold them."""
    with Path("x").open("wb") as large:
        large.write(b"SQLite format 3\0")
        large.truncate(2 * sqlite.LARGEST)
    tracemalloc.start()
    with patient():
        ran = CliRunner().invoke(cli.main, typed)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (ran.exit_code, ran.output) == (1, "Error: x is larger than any file of answers. It was not opened.\n")
    assert most < 16 * 2**20
    assert not list(here.rglob("*.half"))


def test_how_many_files_of_a_folder_were_left_is_said_by_the_command(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what came of those that were looked at."""
    monkeypatch.setattr(inbox, "MOST_FILES", 1)
    Path("post").mkdir()
    for name in "abc":
        Path("post", f"{name}.submission").write_bytes(b"x")
    ran = CliRunner().invoke(cli.main, ["receive", "post", *HOME], env={"WORKBOOK_PASSPHRASE": PASSPHRASE})
    assert "post holds more than Mend looks at in one go (1). Not looked at: 2." in ran.stderr
    assert "a.submission: This is a text." in ran.stderr


def test_nothing_in_a_definition_or_a_file_s_name_acts_in_a_terminal(here: Path) -> None:
    """What is wrong with a chapter quotes it, and a copy that somebody left is named: without what a terminal obeys."""
    Path("x.yaml").write_text('chapter: x\n"title\\e[2J\\u202e": 5\n')
    Path("tab.yaml").write_text("chapter: \u202e\n\tx: 1\n")
    said = CliRunner().invoke(cli.main, ["check", "x.yaml"], color=True).output
    assert "title[2J is not known here." in said
    said += CliRunner().invoke(cli.main, ["check", "tab.yaml"], color=True).output
    Path("journal/.mend/answers \x1b[2J\u202e.sqlite").write_bytes(b"SQLite format 3\0")
    with Journal.open("journal") as journal:
        [warning] = journal.warnings
    assert "answers [2J.sqlite" in warning
    assert {sign for sign in said + warning if not sign.isprintable()} <= {"\n"}


def test_a_file_is_read_up_to_its_bound_and_not_beyond(tmp_path: Path) -> None:
    """As large as it may be, a byte more, and one whose system says that it is empty."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert files.read(path, 5) == b"12345"
    for odd, most in [(path, 4), (Path("/proc/self/status"), 4)]:
        if odd.exists():
            with pytest.raises(OSError, match="larger than any file of its kind"):
                files.read(odd, most)


def test_words_in_a_file_may_come_from_a_pipe_and_are_bounded(tmp_path: Path) -> None:
    """What another program says, `@/dev/stdin`, is taken; what never ends is not."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as said, os.fdopen(read):
        said.write(b"A.\n")
        said.close()
        assert given._content(f"/dev/fd/{read}") == "A."
    with pytest.raises(click.BadParameter, match="is too long for that"):
        given._content("/dev/zero")
