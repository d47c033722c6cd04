"""The parts stand in one order: each imports only what stands above it, and heavy libraries come late."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbook

PACKAGE = Path(workbook.__file__).parent

STAGES = (
    "errors resources files reading conditions models coherence definition answers occasions drift overlay",
    "measures safety helplines language seal store lock backups",
    "frame scoring assessment charts example report export form journal share overview caseload",
    "panel assessment_panel lock_panel share_panel caseload_panel chapter notebooks pages kernels lab counselor cli",
)
ORDER = " ".join(STAGES).split()

HEAVY = ("pandas", "matplotlib", "jinja2", "sqlalchemy", "pyarrow", "IPython", "jupyterlab", "anywidget", "ipywidgets")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.glob("*.py") if path.stem not in ("__init__", "__main__"))


def imported(tree: ast.AST, *, lazily: bool) -> set[str]:
    """Return the modules of ours that a file imports; `lazily`: inside functions as well."""
    found: set[str] = set()
    nodes = list(tree.body) if isinstance(tree, ast.Module) else []
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not lazily:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "workbook":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbook."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("workbook.")}
        nodes += list(ast.iter_child_nodes(node))
    return found


def test_every_module_has_its_place_in_the_order() -> None:
    """A new module says where it stands."""
    assert {path.stem for path in modules()} - set(ORDER) == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    """Nothing reaches back: a module knows only the stages before its own."""
    above = set(ORDER[: ORDER.index(path.stem)])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert imported(tree, lazily=True) & set(ORDER) - above == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_module_opens_with_one_sentence(path: Path) -> None:
    """A stranger learns from the first line what a module is for."""
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    assert first
    assert first[-1] in ".:;!?"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import workbook` is quick: it imports neither pandas nor matplotlib nor anything of Jupyter."""
    loaded = run("import sys, workbook; print(*sys.modules)").split()
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()


def test_reading_a_definition_loads_nothing_heavy() -> None:
    """Checking a file or judging an answer needs no tables, pictures or pages."""
    loaded = run("import sys, workbook.definition, workbook.answers; print(*sys.modules)").split()
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()


def test_the_public_names_are_few_and_there() -> None:
    """The package offers four names; each can be had, and a wrong one is answered with them."""
    assert dir(workbook) == ["Answer", "Journal", "open_journal", "scoring"]
    assert [getattr(workbook, name).__name__ for name in dir(workbook)] == [
        "StoredAnswer",
        "Journal",
        "open_journal",
        "workbook.scoring",
    ]
    with pytest.raises(AttributeError, match="it has Answer, Journal, open_journal, scoring"):
        workbook.open_jurnal  # noqa: B018  asking is the test


def test_every_module_is_explained_in_its_own_words() -> None:
    """docs/architecture.md lists every module in order, with the first line of its docstring."""
    first = {
        path.stem: str(ast.get_docstring(ast.parse(path.read_text("utf-8")))).splitlines()[0] for path in modules()
    }
    table = re.findall(
        r"^\| `(\w+)` \| (.+) \|$", (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8"), re.M
    )
    assert table == [(name, first[name]) for name in ORDER]
