"""The command line parses, calls and prints; what goes wrong is one sentence on stderr."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from workbook import definition, resources
from workbook.cli import client as cli
from workbook.cli import counselor, frame
from workbook.journal import Journal

DOCUMENTED = Path(__file__).parents[1].joinpath("docs", "commands.md")
COMMANDS = cli.main.list_commands(click.Context(cli.main))
COMMAND = {name: cli.main.get_command(click.Context(cli.main), name) for name in COMMANDS}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, [str(each) for each in arguments])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_one_sentence_of_help_and_one_example(name: str) -> None:
    """`--help` says what it does and shows a line that can be typed."""
    command = COMMAND[name]
    assert command.help
    assert re.fullmatch(r"[A-Z][^.]+\.", command.help.strip())
    assert re.fullmatch(rf"Example: workbook {name}( .+)?", command.epilog or "")
    assert run(name, "--help").exit_code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    """The list does not load the counselor's commands, and reads the same sentence as they do."""
    listed = " ".join(run("--help").output.split())
    assert f"{name} {COMMAND[name].help}" in listed
    assert {command.name for command in counselor.COMMANDS} == {*frame.COUNSELOR}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented(name: str) -> None:
    """Every command is in the list of commands."""
    assert f"| `workbook {name}` |" in DOCUMENTED.read_text("utf-8")


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name not in ("check", "keygen", "receive", "caseload", "mailbox")]
)
def test_a_command_about_a_journal_takes_its_path(name: str) -> None:
    """`--journal PATH` means the same everywhere."""
    if not any(option in ("--caseload", "--home") for each in COMMAND[name].params for option in each.opts):
        assert any("--journal" in each.opts for each in COMMAND[name].params)


def test_an_example_of_check_runs() -> None:
    """The shipped definition has no problems, and checking it says so."""
    result = run("check", resources.data("workbook"))
    assert (result.exit_code, result.output) == (0, f"{resources.data('workbook')} has no problems.\n")


def test_check_prints_every_problem_and_fails(tmp_path: Path) -> None:
    """All problems at once on stdout, how many on stderr, exit 1."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("chapter: x\ntitel: X\n")
    result = run("check", broken)
    assert result.exit_code == 1
    assert "titel" in result.stdout
    assert re.search(r"broken\.yaml has \d+ problems\.", result.stderr)


def test_report_writes_one_file(tmp_path: Path) -> None:
    """The path written is printed."""
    Journal.create(tmp_path / "journal").close()
    result = run("report", "--journal", tmp_path / "journal", "-o", tmp_path / "mend.html")
    assert (result.exit_code, result.output) == (0, f"Written: {tmp_path / 'mend.html'}\n")
    assert (tmp_path / "mend.html").read_text().lower().startswith("<!doctype html>")


def test_only_open_makes_a_journal(tmp_path: Path) -> None:
    """A mistyped path is said, not created."""
    result = run("report", "--journal", tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: There is no journal at {tmp_path / 'nowhere'}. Name one with --journal, or make it: "
        f"workbook open {tmp_path / 'nowhere'}\n"
    )
    assert not (tmp_path / "nowhere").exists()


def test_a_usage_error_exits_with_2() -> None:
    """An unknown option or a port out of range is not a failure of the journal."""
    assert run("open", "--colour").exit_code == 2
    assert run("open", "--port", "0").exit_code == 2
    assert run("reprot").exit_code == 2


def _taken(folder: Path) -> list[object]:
    return ["open", folder / "journal", "--no-browser", "--port", _PORT]


_SERVER = socket.create_server(("127.0.0.1", 0))  # held while the tests run
_PORT = _SERVER.getsockname()[1]


def _other_folder(folder: Path) -> list[object]:
    (folder / "letters").mkdir()
    (folder / "letters" / "letter.txt").write_text("Dear R.")
    return ["open", folder / "letters", "--no-browser"]


def _read_only(folder: Path) -> list[object]:
    if os.geteuid() == 0:  # who may write everywhere but on a system folder
        return ["open", "/sys/journal", "--no-browser"]
    (folder / "disk").mkdir(mode=0o500)
    return ["open", folder / "disk" / "journal", "--no-browser"]


TROUBLE = {
    "the port is in use": _taken,
    "the folder above is missing": lambda folder: ["open", folder / "no" / "such", "--no-browser"],
    "the folder is something else": _other_folder,
    "the disk is read-only": _read_only,
}


@pytest.mark.parametrize("make", TROUBLE.values(), ids=TROUBLE)
def test_open_says_in_a_sentence_why_it_cannot(tmp_path: Path, make: object) -> None:
    """One line on stderr, nothing else, exit 1, no traceback."""
    result = run(*make(tmp_path))  # type: ignore[operator] # a table of functions
    assert result.exit_code == 1
    assert result.stdout == ""
    assert re.fullmatch(r"Error: [^\n]+\.?\n", result.stderr)
    assert "Traceback" not in result.stderr


@pytest.mark.process
@pytest.mark.parametrize("part", ["ipykernel", "nbformat", "voila"])
def test_a_part_that_is_missing_is_one_sentence(tmp_path: Path, part: str) -> None:
    """A Python without something Mend needs, also when only the pages need it: said before anything opens."""
    lines = f"import sys; sys.modules[{part!r}] = None; from workbook.cli.client import main; main()"
    found = _elsewhere(tmp_path, "-c", lines, "open", "--no-browser")
    assert found == (
        1,
        "",
        f"Error: A part of Mend, {part}, is missing from {sys.prefix}. Install Mend again, in a folder of its own as "
        "the README says. What you wrote is safe.\n",
    )


@pytest.mark.process
def test_a_python_that_leaves_out_texts_is_one_sentence(tmp_path: Path) -> None:
    """Jupyter cannot be imported then."""
    assert _elsewhere(tmp_path, "-OO", "-m", "workbook", "open", "--no-browser") == (
        1,
        "",
        "Error: Mend cannot open: Python was told to leave out the texts that its libraries need. Type the command "
        "again without -OO, and without the variable PYTHONOPTIMIZE.\n",
    )


def _elsewhere(home: Path, *typed: str) -> tuple[int, str, str]:
    """Run Python for someone whose home is `home`; returns the exit code and what was said, on both streams."""
    place = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    ran = subprocess.run([sys.executable, *typed], env=place, capture_output=True, text=True, check=False, timeout=120)
    return ran.returncode, ran.stdout, ran.stderr


def test_a_page_someone_changed_is_kept_and_said(tmp_path: Path) -> None:
    """Opening again brings notebooks up to date without losing what was written in one."""
    folder = tmp_path / "journal"
    Journal.create(folder).close()
    (folder / "00-start.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    result = run("open", folder, "--no-browser", "--port", _PORT)  # stops at the port, after the notebooks
    assert result.stdout == "You had changed a page, so your own is kept as 00-start-mine-1.ipynb.\n"
    names = {f"{chapter.notebook}.ipynb" for chapter in definition.load().chapters}
    assert {path.name for path in folder.glob("*.ipynb")} == names | {"00-start-mine-1.ipynb"}


@pytest.mark.parametrize(("asked", "most"), [([], None), (["--ahead", "0"], 0), (["--ahead", "1"], 1)])
def test_how_many_pages_are_made_ready_is_ones_own_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], most: int | None
) -> None:
    """It reaches what starts them; more than two, or fewer than none, is refused."""
    given: dict[str, object] = {}
    monkeypatch.setattr("workbook.jupyter.lab.serve", lambda *_, **how: given.update(how))
    assert run("open", tmp_path / "journal", "--no-browser", *asked).exit_code == 0
    assert given["ahead"] == most
    assert [run("open", tmp_path / "journal", "--ahead", many).exit_code for many in ("3", "-1")] == [2, 2]


@pytest.mark.process
def test_nothing_else_that_is_installed_has_a_say_in_what_is_judged(tmp_path: Path) -> None:
    """A plugin for the library that judges is not even loaded; without the command's word it would be."""
    about = tmp_path / "saying-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: saying\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pydantic]\nsaying = saying:plugin\n")
    (tmp_path / "saying.py").write_text("print('loaded')\nplugin = None\n")
    place = {**os.environ, "PYTHONPATH": str(tmp_path)}
    place.pop("PYDANTIC_DISABLE_PLUGINS", None)
    judging = "import pydantic; pydantic.TypeAdapter(int).validate_python(1)"
    codes = (judging, f"from workbook.cli.client import main; main(['--version'], standalone_mode=False); {judging}")
    said = [subprocess.run([sys.executable, "-c", code], env=place, capture_output=True, text=True) for code in codes]
    assert ["loaded" in one.stdout for one in said] == [True, False]


@pytest.mark.process
def test_help_loads_nothing_heavy() -> None:
    """`workbook --help` imports click and our errors, none of the libraries the commands need."""
    heavy = {"pandas", "matplotlib", "pydantic", "sqlalchemy", "jupyterlab", "rich", "shutil"}
    code = (
        "import sys; from workbook.cli.client import main; main(['--help'], standalone_mode=False); "
        f"print(sorted(sys.modules.keys() & {heavy}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.process
def test_import_workbook_imports_neither_pandas_nor_matplotlib() -> None:
    """Nor does the code a page runs to show a form."""
    code = (
        "import sys, workbook; workbook.open_journal; import workbook.pages, workbook.page.form; "
        "print(sorted(sys.modules.keys() & {'pandas', 'matplotlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_commands_are_the_design_s() -> None:
    """No command beyond those documented in the design, and none that pretends."""
    assert set(COMMANDS) <= {
        "open", "check", "report", "export", "lock", "unlock", "keygen", "assign", "share", "receive", "caseload",
        "reply", "backup", "restore", "hub", "mailbox",
    }  # fmt: skip
    assert all(isinstance(command, click.Command) for command in COMMAND.values())
