"""Every sentence of ours stands in one place, and another language is another file of the same shape."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Iterator
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import workbook
from workbook import dates, resources, words
from workbook.cli import client as cli
from workbook.errors import WorkbookError

PACKAGE = Path(workbook.__file__).parent


# Where the path stands in a variable: a panel hands its own in, and a page of the server names them itself.
_CHOSEN = {("panel.py", "section"), ("worded.py", "say")}
PANELS = ("page.lock", "page.share", "page.given", "page.caseload", "page.today")  # `panel.texts`
_TEMPLATES = [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.j2")]


def called(name: str) -> list[tuple[str, str]]:
    """Return (file, path) for each call of `words.NAME("path", …)` in the package; `*` where part is worked out."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        plain = any(isinstance(node, ast.ImportFrom) and node.module == "workbook.words" for node in ast.walk(tree))
        names = {f"words.{name}", *([name] if plain or file.name == "words.py" else [])}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                path = _path(node.args[0])
                assert path or (file.name, name) in _CHOSEN, f"{file.name}: {ast.unparse(node)}"
                found += [(file.name, path)] if path else []
    if name == "say":
        for file in _TEMPLATES:
            said = re.findall(r'\bsay\("([^"]+)"( ~)?', file.read_text(encoding="utf-8"))
            found += [(file.name, f"{path}*" if more else path) for path, more in said]
            named = re.findall(r"\[\[([a-z_.]+\.[a-z_.]+)\]\]", file.read_text(encoding="utf-8"))
            found += [(file.name, path) for path in named]
    if name == "say":  # what stands in `help=` of a command's option
        for file in sorted(PACKAGE.joinpath("cli").glob("*.py")):
            said = re.findall(r'\bhelp="([a-z_.]+)"', file.read_text(encoding="utf-8"))
            found += [(file.name, f"cli.{path}") for path in said]
    return found


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return ""


def test_every_sentence_that_is_said_is_there() -> None:
    """What a module asks for by name stands in the file."""
    there = words.load().sentences
    assert [path for _, path in called("say") if not fnmatch.filter(there, path)] == []
    assert [path for _, path in called("section") if not fnmatch.filter(there, f"{path}.*")] == []


def test_every_sentence_there_is_can_be_said() -> None:
    """No sentence is left over: each is said somewhere, or handed to a page with its section."""
    said = [path for _, path in called("say")] + [
        f"{path}.*" for path in (*(one for _, one in called("section")), *PANELS)
    ]
    left = [path for path in words.load().sentences if not any(fnmatch.fnmatchcase(path, one) for one in said)]
    assert left == []


@pytest.mark.parametrize("room", ["answers", "storage", "journal.py"])
def test_a_room_whose_sentences_are_data_has_none_in_its_source(room: str) -> None:
    """What a person reads of answers, files, backups and the lock is said by its name."""
    found = []
    for file in [PACKAGE / room] if room.endswith(".py") else sorted((PACKAGE / room).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in silent:
                text = ast.unparse(node)
                if re.search(r"[a-z]{2,} [a-z]+ [a-z]+.*[.?!:]['\"]?$", text):
                    found.append(f"{file.name}:{node.lineno} {text}")
    assert found == []


@pytest.mark.parametrize("language", words.shipped())
def test_a_language_that_ships_is_whole(language: str) -> None:
    """No sentence is missing, left over, or names something else in braces."""
    assert words.lacks(words.load(language)) == ()


@pytest.mark.parametrize("language", words.shipped())
def test_the_quick_reading_of_a_language_reads_what_yaml_does(language: str) -> None:
    """A file that ships has the plain shape that is read without the YAML library, and means the same."""
    text = resources.data("words", f"{language}.yaml").read_text(encoding="utf-8")
    assert words._lines(text) == yaml.load(text, yaml.BaseLoader)  # noqa: S506  it leaves every scalar text


@pytest.mark.parametrize(
    "text", ["a: |\n  b", "a: 'b'", 'a: "b\\n"', "a: b # c", "a: [b]", "a: b\na: c", "a:\n    b: c", "a: b: c", "a: b "]
)
def test_what_has_another_shape_is_left_to_yaml(text: str) -> None:
    """Blocks, other quotes, escapes, comments, lists, doubles and odd indents are not guessed at."""
    assert words._lines(text) is None


def test_an_open_workbook_s_language_is_spoken() -> None:
    """A language there are no sentences in leaves English; a block of `spoken` goes before both."""
    words.follow("xx")
    assert words.code() == "en"
    words.follow("en")
    with words.spoken(words.Language("fr", {"words.and": "{before} et {last}"})):
        assert words.listed(["a", "b", "c"]) == "a, b et c"
        assert words.number("3.5") == "3,5"
    assert [words.listed(some) for some in ([], ["a"], ["a", "b"])] == ["", "a", "a and b"]
    assert words.number("3.5") == "3.5"


def test_an_installation_says_what_is_spoken_where_no_workbook_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WORKBOOK_LANGUAGE` speaks until a workbook is open, in a language that is there; else English does."""
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "fr.yaml").write_text("words:\n  and: " + '"{before} et {last}"\n', encoding="utf-8")
    (folder / "en.yaml").write_text("words:\n  and: " + '"{before} and {last}"\n', encoding="utf-8")
    monkeypatch.setattr(resources, "_below", lambda _, *parts: str(tmp_path.joinpath(*parts)))
    monkeypatch.setattr(words._Spoken, "followed", None)
    for cache in (words._shipped, words._installed):
        cache.cache_clear()
    said = {}
    for chosen in ("", "xx", "fr"):
        monkeypatch.setenv("WORKBOOK_LANGUAGE", chosen)
        said[chosen] = (words.code(), words.listed(["a", "b"]))
    words.follow("en")
    said["open"] = (words.code(), words.listed(["a", "b"]))
    for cache in (words._shipped, words._installed):
        cache.cache_clear()
    assert said == {"": ("en", "a and b"), "xx": ("en", "a and b"), "fr": ("fr", "a et b"), "open": ("en", "a and b")}


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


def half_of(node: object, keep: Iterator[bool]) -> object:
    """Every second sentence below a mapping of YAML, a counted one with its forms counting as one."""
    if not isinstance(node, dict) or ("other" in node and node.keys() <= words._FORMS):
        return node if next(keep) else None
    below = {key: half_of(inner, keep) for key, inner in node.items()}
    return {key: inner for key, inner in below.items() if inner is not None}


def test_a_half_filled_language_is_told_each_sentence_that_it_lacks(tmp_path: Path) -> None:
    """By command, whole: each missing one by its path, sorted, then how many there are; with all of them, nothing."""
    file = tmp_path / "de.yaml"
    english = yaml.load(resources.text("words", "en.yaml"), yaml.BaseLoader)  # noqa: S506  it leaves every scalar text
    file.write_text(yaml.safe_dump(half_of(english, cycle((True, False))), allow_unicode=True), encoding="utf-8")
    said = CliRunner().invoke(cli.main, ["check", "--words", str(file)])
    missing = [path for path in words.load().sentences][1::2]
    lines = sorted(f"{path}: is missing." for path in missing)
    assert (said.exit_code, said.stdout.splitlines()) == (1, lines)
    assert said.stderr == f"Error: {file} differs from the English sentences in {len(missing)} places.\n"

    file.write_text('page: {lock: {label: "", more: …}}', encoding="utf-8")
    said = CliRunner().invoke(cli.main, ["check", "--words", str(file)])
    assert said.stdout.splitlines() == sorted(
        ["page.lock.more: is not among the English sentences."]
        + [f"{path}: is missing." for path in words.load().sentences]
    )
    whole = CliRunner().invoke(cli.main, ["check", "--words", "en"])
    assert (whole.exit_code, whole.output) == (0, "en has every sentence.\n")


def test_a_language_says_which_plural_forms_it_lacks() -> None:
    """Polish has three for whole numbers; a language that has none may write one text for every count."""
    english = words.load().sentences
    counted = [path for path, text in english.items() if isinstance(text, dict) and text.keys() != {"other"}]
    polish = words.Language("pl", english)
    lines = sorted(f"{path}: has no text for the plural forms few, many." for path in counted)
    assert words.lacks(polish) == tuple(lines)
    plain = {path: text["other"] if isinstance(text, dict) else text for path, text in english.items()}
    found = words.lacks(words.Language("ja", plain))
    assert [line for line in found if "plural" in line or "missing" in line] == []


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
