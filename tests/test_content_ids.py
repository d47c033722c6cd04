"""What a workbook holds is named in `data/`: no module knows an id of the shipped one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import workbook
from workbook import definition

PACKAGE = Path(workbook.__file__).parent

EXAMPLES = {"cli/client.py": {"responsibility.incident"}, "cli/counselor.py": {"responsibility.incident.my_part"}}


def named(file: Path, ids: re.Pattern[str]) -> set[str]:
    """Return the ids that a module's strings name; what it says of itself in docstrings is not meant."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said]
    return {found for text in texts if isinstance(text, str) for found in ids.findall(text)}


def test_no_module_knows_what_the_shipped_workbook_holds() -> None:
    """No exercise and no item of it is named in Python, but in the examples of commands."""
    made = definition.load()
    every = sorted({one.id for one in (*made.exercises, *made.items)}, key=len, reverse=True)
    ids = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, every))})(?![\w-])")
    files = {file.relative_to(PACKAGE).as_posix(): file for file in PACKAGE.rglob("*.py")}
    found = {name: known for name, file in files.items() if (known := named(file, ids))}
    assert found == EXAMPLES


# The rules without which contact stays closed, so that a workbook cannot leave one out; and what an author reads.
GUARD = {"safety/gates.py": {"G1", "G2", "G3", "G4", "G5", "G5_protects", "G6_severe"}}
SUCH_AS = {"definition/coherence.py": {"30-space"}, "definition/wording.py": {"10-responsibility", "30-space"}}


def test_no_module_knows_a_page_or_a_rule_of_the_shipped_workbook() -> None:
    """Which page is the first is the order of the pages; which rules there are is said in their file."""
    made = definition.load()
    every = [*(one.notebook for one in made.chapters), *(one.id for one in made.gates if re.search(r"\d", one.id))]
    ids = re.compile(rf"(?<![\w.-])(?:{'|'.join(sorted(every, key=len, reverse=True))})(?![\w-])")
    files = {file.relative_to(PACKAGE).as_posix(): file for file in PACKAGE.rglob("*.py")}
    found = {name: known for name, file in files.items() if (known := named(file, ids))}
    assert found == GUARD | SUCH_AS
    for file in (*PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.j2")):
        code = re.sub(r"^\s*//.*", "", file.read_text("utf-8"), flags=re.M)
        assert ids.findall(code) == [], file.name


def test_an_id_in_a_module_is_found(tmp_path: Path) -> None:
    """In a string, whole or in a longer one; not in a docstring, and not as a part of another word."""
    file = tmp_path / "module.py"
    file.write_text('"""Of space.urges."""\nA = "space.urges"\nB = f"see space.urges, {A}"\nC = "my.space.urges_too"\n')
    assert named(file, re.compile(r"(?<![\w.-])space\.urges(?![\w-])")) == {"space.urges"}
