"""Change one thing in a room's code and see whether its tests notice, again and again.

python -m tests.soak.mutants safety
python -m tests.soak.mutants safety --module safety/later
python -m tests.soak.mutants sharing --sample 100 --seed 1

Each mutant is made by cosmic-ray (`pip install -e ".[mutants]"`) in a copy of the project. What differs only in its
annotations is left out; of operators that can be swapped for many others at one place, one is tried. Prints each
mutant that no test noticed, with its change, and at the end how many were tried and caught. Exit 1 below `--least`.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Room(NamedTuple):
    """What is changed, and which tests are to notice, the quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "safety": Room(
        (
            *("safety/facts", "safety/gates", "safety/judgements", "safety/verdicts", "safety/settings"),
            *("safety/helplines", "safety/sentences", "safety/later", "safety/coverage"),
        ),
        (
            *("test_stricter", "test_gates", "test_safety", "test_language", "test_people", "test_measures"),
            *("test_coverage", "test_later", "test_guests", "test_older_journals"),
        ),
    ),
    "sharing": Room(
        ("sharing/envelope", "sharing/bundles", "sharing/signing", "sharing/inbox", "sharing/looking", "storage/seal"),
        ("test_bundles", "test_seal", "test_exchange", "test_mutations", "test_share", "test_caseload"),
    ),
    "storage": Room(
        ("storage/backups", "storage/folder", "storage/lock", "storage/records", "storage/recovery", "storage/sqlite"),
        ("test_store", "test_records", "test_backups", "test_lock", "test_faults", "test_files"),
    ),
}


class Mutant(NamedTuple):
    """A module's path below workbook/, its code with one thing changed, and that change as lines."""

    module: str
    code: str
    change: str


def mutants(module: str) -> list[Mutant]:
    """Return the mutants of one module; of those at one place by one family of operators, one."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    source = (ROOT / "workbook" / f"{module}.py").read_text(encoding="utf-8")
    plain = _without_annotations(source)
    found: dict[tuple[str, str], Mutant] = {}
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        if name.startswith("core/Variable"):
            continue  # these want the name of a variable
        operator = get_operator(name)()
        places = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        for occurrence in range(places):
            try:
                code = mutate_code(source, operator, occurrence)
            except AttributeError:  # it replaces exceptions by name, and knows none with a dot
                continue
            if code is None or _without_annotations(code) in (plain, ""):
                continue
            change = "\n".join(
                line
                for line in difflib.unified_diff(source.splitlines(), code.splitlines(), lineterm="", n=0)
                if not line.startswith(("---", "+++"))
            )
            family = name.partition("_")[0]
            found.setdefault((family, change.partition("\n+")[0] + str(_column(change))), Mutant(module, code, change))
    return list(found.values())


def _column(change: str) -> int:
    """Where in its line a change begins."""
    before, after = [*change.splitlines()[1:], "", ""][:2]
    return next((at for at, (old, new) in enumerate(zip(before[1:], after[1:], strict=False)) if old != new), 0)


def _without_annotations(code: str) -> str:
    """The code's tree without what is never run; "" when it cannot be read."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases):
            node.body = [ast.Pass()]  # shapes, for mypy alone
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.dump(tree)


def caught(copy: Path, mutant: Mutant, tests: list[str], patience: float) -> bool:
    """Say whether a test fails, or does not end, with the mutant in place."""
    path = copy / "workbook" / f"{mutant.module}.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(mutant.code, encoding="utf-8")
    try:
        return _run(copy, tests, patience) != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(before, encoding="utf-8")


def _nearest(module: str, tests: list[str]) -> list[str]:
    """The tests in the order in which they are likely to notice: first those that are named for the module."""
    own = f"tests/test_{module.rpartition('/')[2]}.py"
    return sorted(tests, key=lambda name: name != own)


def _run(copy: Path, tests: list[str], patience: float) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=patience).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--module", help="only this one of the room, such as safety/later")
    parser.add_argument("--sample", type=int, help="how many, chosen by chance; without it: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0, help="percent that must be caught")
    parser.add_argument("--list", action="store_true", help="only say how many there are")
    given = parser.parse_args()
    room = ROOMS[given.room]
    modules = [module for module in room.modules if given.module in (None, module)]
    every = [mutant for module in modules for mutant in mutants(module)]
    chosen = random.Random(given.seed).sample(every, min(given.sample or len(every), len(every)))  # noqa: S311 # no secret
    print(f"{len(every)} mutants of {', '.join(modules)}; {len(chosen)} are tried.", flush=True)
    if given.list:
        return 0
    tests = [f"tests/{name}.py" for name in room.tests]
    survivors = 0
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__"))
        began = time.monotonic()
        if _run(copy, tests, 3600):
            print("The tests fail with nothing changed.")
            return 1
        patience = 3 * (time.monotonic() - began) + 60  # seconds
        for at, mutant in enumerate(chosen, 1):
            if not caught(copy, mutant, _nearest(mutant.module, tests), patience):
                survivors += 1
                print(
                    f"\nnot noticed ({at} of {len(chosen)}): workbook/{mutant.module}.py\n{mutant.change}", flush=True
                )
    share = 100 * (1 - survivors / len(chosen))
    print(f"\n{len(chosen)} tried, {len(chosen) - survivors} caught: {share:.1f} %")
    return int(share < given.least)


if __name__ == "__main__":
    sys.exit(main())
