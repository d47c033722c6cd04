"""Every sentence of ours stands in one place, and another language is another file of the same shape."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

import workbook
from workbook import dates, words
from workbook.cli import client as cli
from workbook.errors import WorkbookError

PACKAGE = Path(workbook.__file__).parent


# Where the path is worked out: a panel hands its own in, a form has a sentence for each share level, help one
# for each kind of line.
_CHOSEN = {("panel.py", "section"), ("form.py", "say"), ("head.py", "say")}


def called(name: str) -> list[tuple[str, str]]:
    """Return (file, path) for each call of `words.NAME("path", …)` in the package."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"words.{name}":
                assert isinstance(node.args[0], ast.Constant) or (file.name, name) in _CHOSEN, ast.unparse(node)
                if isinstance(node.args[0], ast.Constant):
                    found.append((file.name, str(node.args[0].value)))
    return found


def test_every_sentence_that_is_said_is_there() -> None:
    """What a module asks for by name stands in the file."""
    assert [path for _, path in called("say") if path not in words.load().sentences] == []
    assert [path for _, path in called("section") if not words.load().section(path)] == []


@pytest.mark.parametrize("language", words.shipped())
def test_a_language_that_ships_is_whole(language: str) -> None:
    """No sentence is missing, left over, or names something else in braces."""
    assert words.lacks(words.load(language)) == ()


def test_a_count_chooses_the_form() -> None:
    """One, two and none are said as English says them, and as a language with four forms does."""
    english = words.Language("en", {"files": {"one": "{count} file", "other": "{count} files"}})
    assert [english.say("files", count=n) for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    polish = {"one": "{count} plik", "few": "{count} pliki", "many": "{count} plików", "other": "{count} pliku"}
    said = words.Language("pl", {"files": polish})
    assert [said.say("files", count=n) for n in (1, 3, 5)] == ["1 plik", "3 pliki", "5 plików"]


def test_days_are_said_in_the_language_that_is_spoken() -> None:
    """A language is spoken inside its block, and days and counts follow it."""
    day = date(2026, 11, 5)
    with words.spoken(words.Language("fr", {"greeting": "Bonjour"})):
        assert [words.say("greeting"), dates.day(day)] == ["Bonjour", "5 novembre 2026"]
    assert dates.day(day) == "5 November 2026"


def test_what_a_language_lacks_is_named(tmp_path: Path) -> None:
    """A sentence that is missing, one too many, and one that names something else: each in a line, by command too."""
    english = words.load().sentences
    lacking = {path: text for path, text in english.items() if path != "page.lock.label"}
    lacking |= {"page.lock.more": "…", "page.lock.go_on": "Weiter {where}"}
    assert words.lacks(words.Language("de", lacking)) == (
        "page.lock.go_on: names where in braces, where English names nothing.",
        "page.lock.label: is missing.",
        "page.lock.more: is not among the English sentences.",
    )
    file = tmp_path / "de.yaml"
    file.write_text("page: {lock: {more: …}}", encoding="utf-8")
    said = CliRunner().invoke(cli.main, ["check", "--words", str(file)])
    assert said.exit_code == 1
    assert "page.lock.label: is missing." in said.output.splitlines()
    assert "page.lock.more: is not among the English sentences." in said.output.splitlines()
    whole = CliRunner().invoke(cli.main, ["check", "--words", "en"])
    assert (whole.exit_code, whole.output) == (0, "en has every sentence.\n")


def test_a_language_there_is_none_of_is_said() -> None:
    """A sentence names those there are."""
    with pytest.raises(WorkbookError) as said:
        words.load("xx")
    assert str(said.value) == "Mend does not speak “xx” yet. It speaks en."


def test_check_without_anything_says_what_to_name() -> None:
    """Neither a path nor a language is a mistyped command."""
    said = CliRunner().invoke(cli.main, ["check"])
    assert said.exit_code == 2
    assert "Name the folder or file to check" in said.output
