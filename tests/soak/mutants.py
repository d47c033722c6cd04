"""Change one thing in a room's code and see whether its tests notice, again and again.

python -m tests.soak.mutants safety
python -m tests.soak.mutants safety --module safety/later
python -m tests.soak.mutants sharing --sample 30 --seed 1 --within 5

Each mutant is made by cosmic-ray (`pip install -e ".[mutants]"`) in a copy of the project. What differs only in its
annotations is left out; of operators that can be swapped for many others at one place, one is tried. Where only
functions differ, their code is put into a process that has gathered the tests already; what is not noticed so is tried
once more in one that reads everything anew, but with `--quick`. What noticed lately comes first, then the file named
for the module, the slow tests last; `--within` leaves those out, and what only they notice counts as not noticed.
Prints each mutant that no test noticed, with its change, and how many were tried and caught, by module and in all. Exit
1 below `--least`. Not on Windows, which cannot fork.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.soak import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
SLOW = 2.0  # seconds; such a test comes last


class Room(NamedTuple):
    """What is changed, and which tests are to notice, the quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "safety": Room(
        (
            *("safety/facts", "safety/gates", "safety/judgements", "safety/verdicts", "safety/settings"),
            *("safety/helplines", "safety/sentences", "safety/later", "safety/coverage", "safety/language"),
        ),
        (
            *("test_people", "test_stricter", "test_visits", "test_later", "test_coverage", "test_judgements"),
            *("test_guests", "test_language", "test_gates", "test_safety", "test_measures", "test_older_journals"),
        ),
    ),
    "sharing": Room(
        (
            *("sharing/envelope", "sharing/bundles", "sharing/signing", "sharing/arriving", "sharing/inbox"),
            *("sharing/looking", "sharing/letters", "sharing/client", "sharing/outbox", "sharing/caseload"),
            *("sharing/keys", "sharing/kept", "sharing/overview", "sharing/post", "sharing/unsent", "sharing/asking"),
            *("sharing/clients", "storage/seal"),
        ),
        (
            *("test_bounds", "test_arriving", "test_looking", "test_taking_in", "test_bundles", "test_seal"),
            *("test_overview", "test_asking", "test_outbox", "test_odd_files"),
            *(
                "test_keys",
                "test_unsent",
                "test_post",
                "test_days",
                "test_records",
                "test_share",
                "test_letters",
                "test_caseload",
            ),
            *("test_mailbox", "test_mailbox_commands", "test_exchange", "test_mutations"),
        ),
    ),
    "storage": Room(
        (
            *("storage/backups", "storage/database", "storage/exchange", "storage/folder", "storage/keeper"),
            *("storage/lock", "storage/mail", "storage/opened", "storage/owners", "storage/reading"),
            *("storage/records", "storage/recovery", "storage/sqlite", "storage/store", "storage/vault"),
        ),
        (
            *("test_folder", "test_keeper", "test_database", "test_vault", "test_reading", "test_records"),
            *("test_backups", "test_lock", "test_mailbox", "test_store", "test_journal", "test_owners"),
            *("test_faults", "test_share", "test_files"),
        ),
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
    found: list[Mutant] = []
    seen: set[tuple[str, object]] = set()  # a family of operators, and a place
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        if name.startswith("core/Variable"):
            continue  # these want the name of a variable
        operator = get_operator(name)()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, place in enumerate(places):
            one = (name.partition("_")[0], place)
            if one in seen:
                continue
            try:
                code = mutate_code(source, operator, occurrence)
            except AttributeError:  # it replaces exceptions by name, and knows none with a dot
                continue
            if code is None or _without_annotations(code) in (plain, ""):
                continue
            seen.add(one)
            found.append(Mutant(module, code, _change(source.splitlines(), code.splitlines())))
    return found


def _change(before: list[str], after: list[str]) -> str:
    """The lines that differ, with the number of the first."""
    first = _alike(before, after)
    last = min(_alike(before[::-1], after[::-1]), len(before) - first - 1)
    lines = [f"-{line}" for line in before[first : len(before) - last]]
    return "\n".join([f"line {first + 1}", *lines, *(f"+{line}" for line in after[first : len(after) - last])])


def _alike(some: list[str], others: list[str]) -> int:
    """How many lines are the same before the first that is not."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(some), len(others)))


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
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(value=None)
        elif isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases):
            node.body = [ast.Pass()]  # shapes, for mypy alone
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):  # and its contrary
            node.test, node.body = ast.Constant(value=False), [ast.Pass()]
    return ast.dump(tree)


class Tests:
    """The tests of a room in a copy of the project, which are run once for each mutant."""

    def __init__(self, copy: Path, room: Room, within: float, *, quick: bool) -> None:
        self.copy, self.within, self.quick = copy, within, quick
        self.telling: list[str] = []  # those that noticed lately, the newest first
        self.gathered = gathered.Gathered(copy, room.modules, [f"tests/{name}.py" for name in room.tests])
        whole = self.gathered.run(dict.fromkeys(self.gathered.names, 600.0))
        assert whole
        self.whole, self.seconds = whole, whole.seconds
        self.gathered.ready(whole.modules)
        gathered.ready(whole.modules)

    def notice(self, mutant: Mutant, stamp: int) -> bool:
        """Say whether a test fails, or does not end, with the mutant in place."""
        path = self.copy / "workbook" / f"{mutant.module}.py"
        before = path.read_text(encoding="utf-8")
        try:
            path.write_text(mutant.code, encoding="utf-8")
            os.utime(path, (stamp, stamp))  # compiled code is known by the time of its source: each has its own
            names = self._turns(mutant.module)
            run = self.gathered.run({name: 30 + 10 * self.seconds.get(name, 0) for name in names}, mutant.module)
            if run is None or not (run.failed or self.quick):
                run = self._anew(names)
        finally:
            path.write_text(before, encoding="utf-8")
        if run.first:
            self.telling[:] = [run.first, *(name for name in self.telling if name != run.first)][:40]
        return run.failed

    def _turns(self, module: str) -> list[str]:
        """The tests in the order in which they are likely to notice: lately, by their file's name, soon."""
        own = f"test_{module.rpartition('/')[2]}.py"
        places = {name: place for place, name in enumerate(self.telling)}
        files = {file: place for place, file in enumerate(dict.fromkeys(map(_file, self.gathered.names)))}

        def turn(name: str) -> tuple[float, ...]:
            took, file = self.seconds.get(name, 0), _file(name)
            return places.get(name, len(places)), took > SLOW, not file.endswith(own), files[file], took

        return sorted((name for name in self.gathered.names if self.seconds.get(name, 0) <= self.within), key=turn)

    def _anew(self, names: Sequence[str]) -> gathered.Noticed:
        """The first file by itself, which is soon read, and then the others."""
        first, *others = dict.fromkeys(map(_file, names))
        run = gathered.Noticed(False, "", {})
        for files in filter(None, ([first], others)):
            some = [name for name in names if _file(name) in files]
            run = gathered.run_anew(self.copy, files, some, 60 + 3 * sum(self.seconds.get(name, 0) for name in some))
            if run.failed:
                break
        return run


def _file(name: str) -> str:
    return name.partition("::")[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--module", action="append", help="only this one of the room, such as safety/later; again: too")
    parser.add_argument("--sample", type=int, help="how many of each module, chosen by chance; without it: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=math.inf, help="leave out each test that took more seconds")
    parser.add_argument("--quick", action="store_true", help="what is not noticed in place is not tried anew")
    parser.add_argument("--least", type=float, default=0, help="percent that must be caught")
    parser.add_argument("--list", action="store_true", help="only say how many there are")
    given = parser.parse_args()
    room = ROOMS[given.room]
    modules = [module for module in room.modules if module in (given.module or room.modules)]
    chosen: list[Mutant] = []
    for module in modules:
        every = mutants(module)
        few = min(given.sample or len(every), len(every))
        chosen += random.Random(given.seed).sample(every, few)  # noqa: S311 # no secret
        print(f"{module}: {len(every)} mutants, {few} are tried", flush=True)
    if given.list:
        return 0
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__"))
        tests = Tests(copy, room, given.within, quick=given.quick)
        if tests.whole.failed:
            print(f"The tests fail with nothing changed. {tests.whole.first}")
            return 1
        tried, caught = Counter[str](), Counter[str]()
        for at, mutant in enumerate(chosen, 1):
            noticed = tests.notice(mutant, at)
            tried[mutant.module] += 1
            caught[mutant.module] += noticed
            if not noticed:
                where = f"({at} of {len(chosen)}): workbook/{mutant.module}.py"
                print(f"\nnot noticed {where}\n{mutant.change}", flush=True)
            if tried[mutant.module] == sum(one.module == mutant.module for one in chosen):
                print(f"\n{mutant.module}: {tried[mutant.module]} tried, {caught[mutant.module]} caught", flush=True)
    share = 100 * caught.total() / tried.total()
    print(f"\n{tried.total()} tried, {caught.total()} caught: {share:.1f} %")
    return int(share < given.least)


if __name__ == "__main__":
    sys.exit(main())
