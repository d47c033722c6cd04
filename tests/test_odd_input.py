"""What a counselor types, saves or names oddly is understood, or said in a sentence before anything is done."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.caseload_sample import PART, PASSPHRASE, ask, journal_of, sealed
from tests.test_caseload import done, run
from workbook import files, words
from workbook.assessment import export
from workbook.cli import counselor
from workbook.errors import Refused, UnknownId, WeakPassphrase
from workbook.sharing import asking, caseload, envelope, keys
from workbook.sharing import client as share
from workbook.storage import lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clock import Clock

ZOE = "Zoë sagt: danke – „gut“"
OLD = ZOE.encode("cp1252").decode("utf-8", "surrogateescape")  # as Python hands on what an older terminal sends


@pytest.fixture
def shared(home: Path, keyed: tuple[Path, keys.Keys], clock: Clock, tmp_path: Path) -> Iterator[Any]:
    """A client “A.”, who has shared an answer, and the caseload it is in."""
    with (
        caseload.open_caseload(home, keyed[1], now=clock) as opened,
        journal_of(tmp_path / "journal", clock) as journal,
    ):
        ask(opened, journal, "A.", ["responsibility.incident"])
        journal.save(PART, "I left.")
        opened.receive(sealed(journal, PART))
        yield opened, journal


def said(shared: Any, *arguments: object) -> tuple[str | None, list[str]]:
    """Make a reply by the command, and return what the client reads: the reply, and the comments."""
    opened, journal = shared
    file = journal.path.parent / "new.feedback"
    file.unlink(missing_ok=True)
    done("reply", "--home", opened.home, "--client", "A.", *arguments, "-o", file)
    reply = share.accept_feedback(journal, file.read_bytes()).reply
    return reply, [one.payload["text"] for one in journal.store.records("comment")]


# --- words ---


def test_words_in_a_file_are_read_however_an_editor_saved_it(shared: Any, tmp_path: Path) -> None:
    """Notepad saves UTF-16, an older editor one byte for a letter: the client reads the same."""
    file = tmp_path / "words.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"):
        file.write_bytes(f"{ZOE}\r\n".encode(encoding))
        assert said(shared, "--words", f"@{file}", "--comment", f"{PART}=@{file}") == (ZOE, [ZOE])


def test_words_from_a_terminal_of_an_older_code_page_are_what_was_typed(tmp_path: Path) -> None:
    """Also in a passphrase: what one terminal locked, another opens."""
    home = tmp_path / "caseload"
    assert files.said(OLD) == files.said(ZOE) == ZOE
    assert files.said("half \ud83d of a sign") == "half ? of a sign"
    old = "four calm grey h\udce9rons"
    done("keygen", "--home", home, "--name", "Dr. M\udcfcller", WORKBOOK_PASSPHRASE=old)
    assert keys.counselor(home) == "Dr. Müller"
    given = ("--client", "Zo\udceb", "--only", "space.urges", "--instruction", "space.urges=Gr\udcfc\udcdfe")
    file = tmp_path / "zo\udceb.assignment"
    done("assign", "--home", home, *given, "-o", file, WORKBOOK_PASSPHRASE="four calm grey hérons")
    with caseload.open_caseload(home, old) as opened:
        assert opened.page("Zoë")["tasks"][0]["instruction"] == "Grüße"
    with pytest.raises(WeakPassphrase):
        lock.judge("h\udce9")


def test_what_a_paste_brought_along_is_what_it_meant(shared: Any) -> None:
    """A line break of Word’s in a comment, a reply, a note or an instruction does not glue two words."""
    pasted, meant = "One\x0btwo\x1eand\u2028three \ud83d", "One\ntwo-and\nthree \ufffd"
    opened, journal = shared
    opened.comment("A.", PART, pasted)
    opened.note("A.", pasted)
    reply = share.accept_feedback(journal, opened.reply("A.", pasted)).reply
    [comment] = [one.payload["text"] for one in journal.store.records("comment")]
    [note] = opened.page("A.")["notes"]
    [task] = asking.tasks_for(asking.workbook_for(), ["space.urges"], instructions={"space.urges": pasted})
    assert [reply, comment, note["text"], task.instruction] == [meant] * 4


def test_nothing_is_no_reply_and_no_comment(shared: Any) -> None:
    """What holds no word is not sealed: a client would open an empty letter."""
    opened, _ = shared
    for blank in ("", "   ", "\n\t\n", "\x00"):
        with pytest.raises(Refused, match=r"There is nothing new to say to A\. Write a comment or a reply first\.$"):
            opened.reply("A.", blank)
        with pytest.raises(Refused, match=r"There are no words in this comment\."):
            opened.comment("A.", PART, blank)


def test_a_file_that_is_no_text_is_not_sent_as_one(shared: Any, tmp_path: Path) -> None:
    """A picture named by mistake does not become a letter of strange signs."""
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    for file in (tmp_path / "x.png", tmp_path, tmp_path / "nowhere"):
        refused = run("reply", "--home", shared[0].home, "--client", "A.", "--words", f"@{file}", "-o", "new.feedback")
        assert (refused.exit_code, f"“{file}” cannot be read as a text." in refused.stderr) == (2, True)


def test_a_name_that_is_not_there_leads_to_the_one_that_is_meant(shared: Any) -> None:
    """In capitals or not; the command that is suggested can be typed as it stands."""
    home, new = files.typed(shared[0].home), "O’Neill & co"
    first = f"workbook assign --home {home} --client {files.typed(Path(new))} -o new.assignment"
    for typed, sentence in (
        ("a.", "There is no client “a.” in this caseload. Did you mean “A.”?"),
        ("A", "There is no client “A” in this caseload. Did you mean “A.”?"),
        ("  ", "Give the client a pseudonym, such as A. or Heron: no full name is needed."),
        (new, f"There is no client “{new}” in this caseload. Give them an assignment first: {first}"),
    ):
        with pytest.raises((Refused, UnknownId)) as refused:
            shared[0].client(typed)
        assert str(refused.value) == sentence


def test_exercises_of_one_title_are_told_apart_where_they_stand_side_by_side(shared: Any) -> None:
    """Four chapters have “The past seven days”: what is asked says which, to counselor and client alike."""
    opened, journal = shared
    ids = ["space.rating", "communication.rating", "space.urges"]
    named = ["The past seven days (Give space)", "The past seven days (Talk and listen)", "When the urge comes"]
    given = share.given(journal, opened.assign("A.", asking.tasks_for(journal.workbook, ids)))
    assert [line for line in given.lines if line.startswith("Asks for")] == [f"Asks for: {name}." for name in named]
    assert [task["title"] for task in opened.page("A.")["tasks"]] == named
    assert all(name in opened.summary("A.") for name in named)


def test_a_full_stop_is_said_once() -> None:
    """Also behind a name that ends in one."""
    for name, end in (("A.", "A."), ("Heron", "Heron."), ("Why?", "Why?"), ("Zoë…", "Zoë…")):
        assert words.say("cli.caseload.nothing_came", client=name) == f"Nothing has come from {name} yet."
        assert words.say("sharing.client.from", counselor=name) == f"From {end}"
        assert words.say("sharing.client.no_longer", title=name) == f"No longer asked: {end} Your answers stay."


# --- places ---


@pytest.mark.parametrize(
    ("typed", "file"),
    [
        ("", "a.assignment"),
        ("x (1).assignment", "x (1).assignment"),
        ("X.ASSIGNMENT", "X.ASSIGNMENT"),
        ("=?utf-8?B?eA==?=", "=?utf-8?B?eA==?=.assignment"),
        ("Dr. Lee", "Dr. Lee.assignment"),
        ("A.", "A.assignment"),
        ("A. .. ", "A.assignment"),
        ("a.b", "a.b"),
    ],
)
def test_a_file_has_an_ending(tmp_path: Path, typed: str, file: str) -> None:
    """One that was typed stays as it is; dots and blanks at the end, which Windows drops, are none."""
    assert share.new_file(tmp_path / typed, "a.assignment") == tmp_path / file


def test_a_name_keeps_its_letters_whole_in_the_name_of_a_file() -> None:
    """Vowel signs of Hindi, Hebrew and Arabic belong to their letters; what may not stand in a name is a hyphen."""
    for name, kept in (
        ("हिन्दी", "हिन्दी"),
        ("שָׁלוֹם x", "שָׁלוֹם-x"),
        ("مَريم", "مَريم"),
        ("../a:b*", "a-b"),
        ("A.", "A"),
        ("😀", "file"),
    ):
        assert files.named(name, b"", "json").rpartition("-")[0] == kept


def test_what_cannot_be_written_was_not_done(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Any
) -> None:
    """Without a folder nothing is begun; without room nothing counts as asked or said, and no half file stays."""
    opened, _ = shared
    begins = ("--home", home, "--client")
    acts: list[tuple[object, ...]] = [
        ("assign", *begins, "New", "--only", "space.urges", "-o"),
        ("reply", *begins, "A.", "--words", "Thank you.", "-o"),
        ("caseload", *begins, "A.", "--export"),
        ("caseload", *begins, "A.", "--summary"),
        ("keygen", "--home", home, "--recovery-sheet"),
    ]
    for act in acts:
        nowhere = run(*act, tmp_path / "no" / "x.file")
        sentence = f"Error: There is no folder {tmp_path / 'no'}. Make it first, or choose another place."
        assert (nowhere.exit_code, nowhere.stderr) == (1, f"{sentence} Nothing was written.\n")

    class Full:
        """A file on a disk that becomes full."""

        def __init__(self, made: int, how: str) -> None:
            self._made = made

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self._made)

        def write(self, data: bytes) -> int:
            os.write(self._made, data[:4])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    real = os.fdopen
    monkeypatch.setattr(counselor.os, "fdopen", lambda made, how: (Full if how == "wb" else real)(made, how))
    for act in acts:
        file = tmp_path / "x.file"
        no_room = run(*act, file)
        sentence = f"Error: {file} could not be written: No space left on device."
        assert (no_room.exit_code, no_room.stderr.startswith(sentence), file.exists()) == (1, True, False)
    assert [one.name for one in opened.clients()] == ["A."]
    assert opened.page("A.")["replies"] == []


def test_what_a_client_names_oddly_is_understood_or_said(tmp_path: Path, clock: Clock) -> None:
    """Reports, exports, copies to go back to and files that are not there; nothing is made or changed by mistake."""
    with journal_of(tmp_path / "my journal", clock) as journal:
        folder, about = journal.path, ("--journal", journal.path)
    (tmp_path / "out").mkdir()
    for typed, file in (("out", "out/mend.html"), ("Dr. Lee", "Dr. Lee.html"), ("x.HTML", "x.HTML")):
        assert done("report", *about, "-o", tmp_path / typed) == f"Written: {tmp_path / file}\n"
    assert "x.pdf would not be what its name says" in run("report", *about, "-o", "x.pdf").stderr
    turned = run("report", *about, "--from", "2027-02-01", "--to", "2027-01-01", "-o", tmp_path / "never.html")
    assert turned.stderr == "Error: There is no day from 2027-02-01 to 2027-01-01. Is it the other way round?\n"

    done("export", *about, "-o", tmp_path / "x.CSV")
    assert len(export.read(tmp_path / "x.CSV")) > 0

    (tmp_path / "empty").touch()
    (tmp_path / "other.sqlite").write_bytes(b"not a copy of anything at all")
    assert run("restore", tmp_path / "empty", *about).stderr == f"Error: {tmp_path / 'empty'} is empty or gone.\n"
    other = run("restore", tmp_path / "other.sqlite", *about).stderr
    assert other.startswith(f"Error: {tmp_path / 'other.sqlite'} is damaged, or it is locked and needs its passphrase.")
    assert f"To lock it: workbook lock --journal {files.typed(folder)}" in run("unlock", *about).stderr

    for missing in ("a.assignment.", "a.feedback ", "x (1).submission"):
        said = run("open", tmp_path / missing, "--no-browser")
        assert (said.exit_code, "There is no file" in said.stderr, (tmp_path / missing).exists()) == (1, True, False)
    assert not (tmp_path / "never.html").exists()


def test_a_day_that_has_passed_is_said_where_someone_is_to_be_erased(home: Path, shared: Any) -> None:
    """A reminder for a day long gone begins at once."""
    about = ("caseload", "--home", home, "--client", "A.", "--keep-until")
    gone = "1 January 2020 has passed: from now on you are reminded to erase A.\n"
    assert done(*about, "2020-01-01") == gone
    assert done(*about, "2199-01-01") == "You will be reminded to erase A. after 1 January 2199.\n"


# --- keys ---


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "This file is empty: it was cut off while it was copied or sent."),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(20) + b"[Content_Types].xml", "This is a document of Word, "),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis", "This is a document of Word, LibreOffice"),
        (b"{\\rtf1\\ansi AGE", "This is a document of Word, LibreOffice or the like."),
        (b"PK\x03\x04" + bytes(26) + b"sheet.txt", "This is a packed folder. Unpack it first."),
        (b"%PDF-1.7", "This is a PDF."),
        (b"\xff\xd8\xff\xe0", "This is a picture."),
        (b"mend-feedback 2\n", "This is feedback: a counselor seals it"),
        (b"SQLite format 3\0", "This is a file of a journal or a backup"),
    ],
)
def test_a_file_that_is_no_recovery_sheet_is_named_for_what_it_is(home: Path, data: bytes, what: str) -> None:
    """And what is wanted stands beside it; a text without keys is told what it lacks."""
    before = (home / "keys.age").read_bytes()
    with pytest.raises(Refused) as refused:
        keys.recover(home, data, PASSPHRASE)
    wanted = "The recovery sheet is a page, or a plain text (.txt), with lines that start with AGE-SECRET-KEY-1."
    assert str(refused.value).startswith(what)
    assert str(refused.value).endswith(f"{wanted} Nothing was changed.")
    with pytest.raises(Refused, match="it needs a line that starts with AGE-SECRET-KEY-1"):
        keys.recover(home, b"Dear diary", PASSPHRASE)
    assert (home / "keys.age").read_bytes() == before
    assert envelope.kind_of(b"PK\x03\x04") == "zip"


def test_all_that_was_asked_of_keygen_is_done(tmp_path: Path) -> None:
    """Two options at once are two things done, and none is left out in silence."""
    home, paper, other = tmp_path / "caseload", tmp_path / "paper.html", "six loud green parrots"
    done("keygen", "--home", home, "--recovery-sheet", paper)
    both = done("keygen", "--home", home, "--rotate", "--change-passphrase", WORKBOOK_NEW_PASSPHRASE=other)
    assert [line[:15] for line in both.splitlines()] == ["The new key is ", "The passphrase "]
    new = tmp_path / "new.html"
    done("keygen", "--home", home, "--recover", paper, "--recovery-sheet", new, WORKBOOK_NEW_PASSPHRASE=PASSPHRASE)
    assert keys.unlock(home, PASSPHRASE).identities[0] in new.read_text("utf-8")


def test_no_caseload_is_made_of_a_journal_or_of_a_file(tmp_path: Path, clock: Clock) -> None:
    """A folder of its own, or a sentence; nothing is changed."""
    journal_of(tmp_path / "journal", clock).close()
    before = sorted(tmp_path.joinpath("journal").iterdir())
    refused = run("keygen", "--home", tmp_path / "journal")
    assert refused.stderr == (
        f"Error: {tmp_path / 'journal'} is a journal. A caseload needs a folder of its own: choose another. "
        "Nothing was changed.\n"
    )
    assert sorted(tmp_path.joinpath("journal").iterdir()) == before
    (tmp_path / "file").write_bytes(b"")
    refused = run("keygen", "--home", tmp_path / "file")
    assert refused.stderr.startswith(f"Error: {tmp_path / 'file'} cannot be made into a caseload: File exists.")
