"""The package is a house of rooms in one order: each imports only rooms above it, and heavy libraries come late."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbook

PACKAGE = Path(workbook.__file__).parent

GROUND = ("errors", "resources", "words", "files", "compiled", "dates", "drawing")
ROOMS = (
    *GROUND,
    *("definition", "answers", "safety", "storage", "assessment"),
    *("journal", "example"),
    *("sharing", "page", "jupyter", "cli"),
)
PUBLIC = ("pages",)  # names that notebooks and other tools rely on: each only passes on what a room has

HEAVY = ("pandas", "matplotlib", "jinja2", "sqlalchemy", "pyarrow", "IPython", "jupyterlab", "anywidget", "ipywidgets")


def modules() -> list[Path]:
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and path != PACKAGE / "__init__.py"
    )


def name(path: Path) -> str:
    """`storage.store` for a module, `storage` for the room itself."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


NAMES = {name(path): path for path in modules()}


def room(module: str) -> str:
    return module.split(".")[0]


def imported(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, inside functions and for types alone as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "workbook":
            home = (node.module or "").removeprefix("workbook").removeprefix(".")
            inner = {f"{home}.{alias.name}".strip(".") for alias in node.names}
            found |= {one if one in NAMES else home for one in inner}
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix("workbook.") for alias in node.names if alias.name.startswith("workbook.")
            }
    return found - {""}


@pytest.mark.parametrize("module", NAMES)
def test_a_room_imports_only_rooms_above_it(module: str) -> None:
    """Nothing reaches back: what stands in a room knows only the rooms before its own, for types as well."""
    if module in PUBLIC:
        return
    above = ROOMS[: ROOMS.index(room(module)) + 1]
    back = {(module, one) for one in imported(NAMES[module]) if room(one) not in above}
    assert back == set()


@pytest.mark.parametrize("one", [one for one in ROOMS if (PACKAGE / one).is_dir()])
def test_inside_a_room_there_is_no_circle(one: str) -> None:
    """Within a room modules may know each other in any order, but never in a circle."""
    graph = {
        module: {other for other in imported(path) if room(other) == one and other != one}
        for module, path in NAMES.items()
        if room(module) == one and module != one
    }
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph)


def test_every_room_is_in_the_order() -> None:
    """A new room, or a new module beside the rooms, says where it stands."""
    assert {room(module) for module in NAMES} == {*ROOMS, *PUBLIC}


@pytest.mark.parametrize("module", NAMES)
def test_a_module_opens_with_one_sentence(module: str) -> None:
    """A stranger learns from the first line what a module or a room is for."""
    first = (ast.get_docstring(ast.parse(NAMES[module].read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    assert first
    assert first[-1] in ".:;!?"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.process
def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import workbook` is quick: it imports neither pandas nor matplotlib nor anything of Jupyter."""
    loaded = run("import sys, workbook; print(*sys.modules)").split()
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()


@pytest.mark.process
def test_reading_a_definition_loads_nothing_heavy() -> None:
    """Checking a file or judging an answer needs no tables, pictures or pages."""
    loaded = run("import sys, workbook.definition, workbook.answers.kinds; print(*sys.modules)").split()
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()


@pytest.mark.process
def test_a_journal_knows_no_page_and_still_shows_a_form(tmp_path: Path) -> None:
    """However a journal is imported, its exercise is a form: the package said beforehand who draws it."""
    code = """
import sys
from workbook import drawing
from workbook.journal import Journal
journal = Journal.create(sys.argv[1])
print([name for name in sys.modules if name.startswith("workbook.page")], journal.exercise("responsibility.incident"))
drawing.by(None)
try:
    drawing.desk(journal)
except RuntimeError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "Mend")], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.splitlines() == [
        '[] Form("responsibility.incident")',
        "Nothing draws exercises here: see `drawing.by`.",
    ]


def test_the_public_names_are_few_and_there() -> None:
    """The package offers four names; each can be had, and a wrong one is answered with them."""
    assert dir(workbook) == ["Answer", "Journal", "open_journal", "scoring"]
    assert [getattr(workbook, name).__name__ for name in dir(workbook)] == [
        "StoredAnswer",
        "Journal",
        "open_journal",
        "workbook.assessment.scoring",
    ]
    with pytest.raises(AttributeError, match="it has Answer, Journal, open_journal, scoring"):
        workbook.open_jurnal  # noqa: B018  asking is the test


def test_every_room_is_explained_in_its_own_words() -> None:
    """docs/architecture.md lists the rooms in their order, each with the first line of its docstring."""
    table = re.findall(r"^\| `(\w+)` \| (.+) \|$", (PACKAGE.parent / "docs/architecture.md").read_text("utf-8"), re.M)
    assert table == [
        (one, str(ast.get_docstring(ast.parse(NAMES[one].read_text("utf-8")))).splitlines()[0])
        for one in (*ROOMS, *PUBLIC)
    ]


def test_where_to_change_what_is_there() -> None:
    """Each file that docs/architecture.md sends a stranger to exists, and it names at least ten changes."""
    text = (PACKAGE.parent / "docs/architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+) \| (.+) \|$", text.split("## Where to change what")[1].split("\n## ")[0], re.M)[1:]
    assert len(rows) >= 10
    named = [path for _, touched in rows for path in re.findall(r"`([\w./-]+)`", touched)]
    assert [path for path in named if not (PACKAGE.parent / path).exists()] == []


def test_a_module_is_at_most_500_lines_and_a_function_80() -> None:
    """What does not fit has two stages in it."""
    long = {module for module, path in NAMES.items() if len(path.read_text("utf-8").splitlines()) > 500}
    for module, path in NAMES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= 80:
                long.add(f"{module}:{node.name}")
    assert long == set()
