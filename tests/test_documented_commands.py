"""Every command that the documentation or a sentence shows is one that can be typed: its name and its options exist."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import click
import pytest

from workbook import words
from workbook.cli.client import main

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_TYPED = re.compile(r"^\s*(?:uv run |\.venv/bin/)?workbook [^\n`]*|`(?:uv run |\.venv/bin/)?(workbook [^`\n]*)`", re.M)
_LEFT_OUT = re.compile(r"…|\[|^workbook(?: [a-z]+| -\S+)?$")  # a form of words, not a line to type


def lines(text: str) -> list[str]:
    """The lines to type in a text, without what runs them and without a comment."""
    found = [(match.group(1) or match.group()).strip() for match in _TYPED.finditer(text)]
    plain = [re.sub(r"^(uv run |\.venv/bin/)|\s+#.*$", "", line) for line in found]
    return [line for line in plain if not _LEFT_OUT.search(line)]


SHOWN = sorted({(page.name, line) for page in PAGES for line in lines(page.read_text("utf-8"))})


def parse(line: str) -> None:
    """Read a line as its command would, which is not run. Raises click's errors for what it does not know."""
    name, *arguments = shlex.split(line)[1:]
    command = main.get_command(click.Context(main), name)
    assert command is not None, f"no command {name}"
    with contextlib.suppress(click.MissingParameter):  # a sentence names the option it is about, and not all besides
        command.make_context(name, arguments)


def test_there_are_commands_to_look_at() -> None:
    """The pages for a counselor and at a prompt show more than a few."""
    assert len(SHOWN) > 30
    assert ("sharing.md", "workbook receive  --home CASELOAD a.submission") in SHOWN


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_in_the_documentation_can_be_typed(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the files that it names there."""
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"@([\w.]+)", line):
        (tmp_path / name).write_text("Words.", "utf-8")
    parse(line)


@pytest.mark.parametrize("line", ["workbook assign --caseload CASELOAD --client A.", "workbook shar -o a.submission"])
def test_what_no_command_knows_is_found(line: str) -> None:
    """An option or a name that is not there."""
    with pytest.raises((click.UsageError, AssertionError)):
        parse(line)


def test_a_command_in_a_sentence_names_which_journal_it_is_for() -> None:
    """Someone whose answers lie elsewhere than ~/Mend must not go back, lock or copy in another journal."""
    shown = {
        key: line
        for key, sentence in words.load().sentences.items()
        for line in re.findall(r": (workbook (?:backup|restore|lock|unlock|keygen) [^.”\"]*)", str(sentence))
    }
    assert len(shown) >= 5
    assert {key: line for key, line in shown.items() if "--journal" not in line and "--home" not in line} == {}
