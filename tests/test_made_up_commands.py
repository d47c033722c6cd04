"""In a language of brackets, what commands and files tell when there are answers of every kind stands inside them."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner

from tests.caseload_sample import CAMERA, PART, PASSPHRASE, sealed
from tests.made_up import NAMES, outside, text_of
from tests.test_made_up_language import CLICKS
from workbook.assessment import export
from workbook.cli import client as cli
from workbook.definition import kinds
from workbook.sharing import client as share

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("language")

WHO = ["A.", "Dr. Example", "Hello.", "Thank you.", "I left.", "Try", "for", "help."]
LINES = r"workbook( [a-z]+)( --?[a-z]+| [\w./-]+)*"  # to be typed: in a sentence they would stand in its brackets


@pytest.fixture
def typed(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Type a command; returns its exit code, and the words outside the brackets in all it printed."""
    monkeypatch.setenv("WORKBOOK_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("WORKBOOK_NEW_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("COLUMNS", "10000")
    monkeypatch.chdir(tmp_path)

    def typed(*line: object, names: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        said = CliRunner().invoke(cli.main, [str(part) for part in line])
        text = re.sub(CLICKS, "", re.sub(LINES, "", said.output.replace(str(tmp_path), "")))
        text = re.sub(r"[\w./-]+\.(submission|assignment|feedback|html|json|csv|sqlite|txt)\b", "", text)
        return said.exit_code, outside(text, *names, *WHO)

    return typed


def test_a_counselor_s_commands_print_nothing_else(exchange: Any, typed: Any, home: Path, tmp_path: Path) -> None:
    """From keys to erasing, with what is refused on the way."""
    journal, _, _ = exchange
    at = ("--home", home)
    assert typed("keygen", "--home", "new", "--name", "Dr. Example", "--recovery-sheet", "sheet.html") == (0, [])
    assert typed("keygen", "--home", "new") == (1, [])
    assert typed("caseload", *at, "--list") == (0, [])
    ask = ("assign", *at, "--client", "A.", "--only", "responsibility", "-o")
    assert typed(*ask, "a.assignment", "--due", "2099-01-15", "--tighten", "G7") == (0, [])
    assert typed(*ask, "a.assignment") == (1, [])  # a file of this name is there
    assert typed(*ask, "b.assignment", "--due", "soon")[0] == 2
    assert typed(*ask, "b.assignment", "--due", "2001-01-15", "--instruction", "responsibility.incident=Hello.") == (
        0,
        [],
    )
    share.given(journal, (tmp_path / "b.assignment").read_bytes()).accept()
    journal.save(PART, "I left.")
    (tmp_path / "a.submission").write_bytes(sealed(journal, PART, CAMERA, "responsibility", with_gates=True))
    (tmp_path / "b.submission").write_bytes(b"\x89PNG")
    words = share.words(journal)
    assert typed("receive", *at, "a.submission") == (0, [])
    assert typed("receive", *at, "a.submission", "b.submission") == (0, [])  # a picture is passed over
    assert typed("receive", *at, "c.submission") == (1, [])
    one = ("caseload", *at, "--client", "A.")
    assert typed(*one, "--words", names=words) == (0, [])
    assert typed(*one, "--summary", "a.html", "--keep-until", "2099-01-15") == (0, [])
    sheet = text_of((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert outside(sheet, *words, " ".join(words), *WHO, *NAMES) == []
    assert typed("reply", *at, "--client", "A.", "--comment", f"{PART}=Thank you.", "-o", "a.feedback") == (0, [])
    assert typed("reply", *at, "--client", "A.", "-o", "b.feedback") == (1, [])
    assert typed("reply", *at, "--client", "B.", "--words", "Hello.", "-o", "b.feedback", names=("B.",)) == (1, [])
    assert typed("caseload", *at, "--list") == (0, [])
    assert typed(*one, "--revoke", "--erase") == (0, [])
    assert typed("caseload", *at, "--audit") == (0, [])
    assert typed(*one)[0] == 2


def test_a_client_s_commands_print_nothing_else(exchange: Any, typed: Any, home: Path, tmp_path: Path) -> None:
    """Sharing, keeping, going back, locking: with answers, and with a counselor."""
    journal, _, _ = exchange
    at = ("--journal", journal.path)
    assert typed("assign", "--home", home, "--client", "A.", "--only", "responsibility", "-o", "a.assignment") == (
        0,
        [],
    )
    share.given(journal, (tmp_path / "a.assignment").read_bytes()).accept()
    words = share.words(journal)
    assert typed("share", *at, "--words", names=words) == (0, [])
    assert typed("share", *at, "--include", "responsibility", "-o", "a.submission") == (0, [])
    assert typed("share", *at, "--withdraw", "responsibility", "-o", "b.submission") == (0, [])
    assert typed("share", *at, "--include", "nothing.here", "-o", "c.submission", names=("nothing.here",)) == (1, [])
    assert typed("report", *at, "-o", "mend.html", "--summary") == (0, [])
    assert typed("export", *at, "-o", "a.pdf", names=("a.pdf",)) == (1, [])
    assert typed("backup", *at) == (0, [])
    assert typed("restore", *at) == (0, [])


def test_an_export_s_words_are_in_the_language(exchange: Any, tmp_path: Path) -> None:
    """Questions and answers of every kind there is; ids, codes, columns and sources stay as they are."""
    journal, _, _ = exchange
    told = {str(kind) for kind in journal.answers()["kind"].unique()}
    assert told >= {*kinds.KINDS} - {"note", "timer", "computed"}
    scales = [scale.id for scale in journal.workbook.scales]
    export.write(journal.told(), tmp_path / "a.csv")
    found: dict[str, list[str]] = {}
    for file, columns in (("a.csv", ("prompt", "label")), ("a-codebook.csv", ("prompt", "scales", "retired"))):
        with (tmp_path / file).open(encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                for name in columns:
                    found |= {row[name]: outside(row[name], *NAMES, *scales)}
    export.write(journal.told(), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for sheet in book.worksheets[:-1]:
        for row in sheet.iter_rows(values_only=True):
            found |= {cell: outside(cell, *NAMES) for cell in row if isinstance(cell, str)}
    assert all(sheet.title.startswith("⟦") for sheet in book.worksheets)
    left = {text: words for text, words in found.items() if words}
    assert left == {}, left
