"""The page's scripts are small modules that are joined without a build, and nothing in them outgrows its neighbours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbook import definition
from workbook.answers import kinds
from workbook.page import assets

FOLDER = assets.script("form.js").parent
SCRIPTS = sorted(FOLDER.rglob("*.js"))
ROOT = Path(__file__).parent.parent
SHIPPED = sorted((ROOT / "workbook").rglob("*.js"))  # those, and what stands around them in a page

MODULES = {
    "end.js": 'import { twice, unlike as other } from "./middle.js";\nimport {\n  one,\n} from "./one.js";\n\n'
    'export { Two, three as four } from "./one.js";\n\nconst hidden = other;\n'
    "export function sum() { return twice + one + hidden; }\n"
    "export default { sum };\n",
    "middle.js": 'import { one } from "./one.js";\n\nconst hidden = 5;\nexport const twice = one * 2;\n'
    "export const unlike = hidden;\n",
    "one.js": "const hidden = 1;\nexport const one = hidden;\nexport class Two {}\nexport async function three() {}\n",
}


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed.")
    return found


def run(node: str, source: str, asked: str, folder: Path) -> object:
    """Run a joined module and return what an expression about it (`all`) is."""
    (folder / "joined.mjs").write_text(source, encoding="utf-8")
    code = f'import * as all from "./joined.mjs"; console.log(JSON.stringify({asked}));'
    done = subprocess.run(
        [node, "--input-type=module", "--eval", code], cwd=folder, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def test_modules_become_one_that_exports_what_the_last_does(node: str, tmp_path: Path) -> None:
    """Names that modules keep to themselves stay apart; what is imported twice is there once."""
    joined = assets.join("end.js", MODULES.__getitem__)
    assert run(node, joined, "[Object.keys(all), all.sum(), all.default.sum(), typeof all.four]", tmp_path) == [
        ["Two", "default", "four", "sum"],
        8,
        8,
        "function",
    ]  # twice 1, and 1, and 5
    assert joined.count("const hidden = 1;") == 1


@pytest.mark.parametrize(
    ("modules", "sentence"),
    [
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n'},
            "Scripts import each other in a circle: a.js → b.js → a.js.",
        ),
        (
            {"a.js": 'import * as b from "./b.js";\n'},
            'a.js has a line that cannot be joined: import * as b from "./b.js";',
        ),
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": "export default 1;\n"},
            "b.js has a line that cannot be joined: export default 1;",
        ),
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": 'export { b } from "./c.js";\n', "c.js": "\n"},
            "b.js passes on what it imports; only the script itself may.",
        ),
        (
            {"a.js": 'import { b } from "https://example.org/b.js";\n'},
            'a.js has a line that cannot be joined: import { b } from "https://example.org/b.js";',
        ),
    ],
)
def test_what_cannot_be_joined_is_said(modules: dict[str, str], sentence: str) -> None:
    """A circle, and any other form of import or export, is a sentence and no broken page."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        assets.join("a.js", modules.__getitem__)


def test_every_name_a_script_imports_is_there() -> None:
    """A joined script would find `undefined` under a name that its neighbour does not export."""
    exported = {path.name: set(assets._EXPORT.findall(path.read_text("utf-8"))) for path in SCRIPTS}
    missing = [
        f"{path.name}: {name}"
        for path in SCRIPTS
        for pattern in (assets._IMPORT, assets._PASSED_ON)
        for names, home in pattern.findall(path.read_text("utf-8"))
        for name in (each.split(" as ")[0].strip() for each in names.split(",") if each.strip())
        if name not in exported[home]
    ]
    assert missing == []


def test_a_script_is_read_and_joined_once() -> None:
    """Every form of a page is given the same text."""
    assert assets.module("form.js") is assets.module("form.js")


@pytest.mark.parametrize(
    ("command", "variable", "whole"),
    [
        (["-m", "workbook.jupyter.kernel"], "VOILA_KERNEL_ID", False),
        (["-m", "workbook.jupyter.kernel"], "OTHER", True),  # JupyterLab's editor shows the widget itself
        (["-m", "ipykernel_launcher"], "VOILA_KERNEL_ID", True),  # another's Voilà, with a template of its own
    ],
)
def test_a_widget_brings_its_script_to_every_page_but_ours(
    monkeypatch: pytest.MonkeyPatch, command: list[str], variable: str, whole: bool
) -> None:
    """Our page has the scripts already, by the names of `SCRIPTS`: there a form says only where its own is."""
    monkeypatch.setattr(sys, "orig_argv", ["python", *command])
    monkeypatch.delenv("VOILA_KERNEL_ID", raising=False)
    monkeypatch.setenv(variable, "1")
    given = {name: str(assets.Script(name)) for name in assets.SCRIPTS}
    place = "new URL(JSON.parse(document.body.dataset.scripts)[{}], location.href).href"
    there = f"export default (await import({place})).default;"
    assert given == {name: assets.module(name) if whole else there.format(json.dumps(name)) for name in assets.SCRIPTS}


def test_our_page_has_the_script_of_every_widget() -> None:
    """A widget whose script is not in `SCRIPTS` would find none on the page."""
    used = [
        name
        for path in sorted(FOLDER.parent.rglob("*.py"))
        for name in re.findall(r"assets\.Script\(\"(.+?)\"\)", path.read_text(encoding="utf-8"))
    ]
    assert sorted(used) == sorted(assets.SCRIPTS)


def functions(source: str) -> list[tuple[str, int]]:
    """Return each function with its lines: from the one that opens it to the one that closes it as far in."""
    lines = source.splitlines()
    found = []
    for at, line in enumerate(lines):
        if re.search(r"(=>|\)) \{$", line) and not re.match(r"\s*(if|for|while|switch|try|\} )\b", line):
            indent = len(line) - len(line.lstrip())
            end = next(
                (n for n in range(at + 1, len(lines)) if lines[n].startswith(" " * indent + "}")), len(lines) - 1
            )
            found.append((line.strip(), end - at + 1))
    return found


def test_the_measure_of_functions_measures() -> None:
    """It sees a function, a method and an arrow, and how long they are."""
    source = "function a() {\n  const b = () => {\n    1;\n  };\n}\nclass C {\n  d() {\n    if (e) {\n    }\n  }\n}\n"
    assert functions(source) == [("function a() {", 5), ("const b = () => {", 3), ("d() {", 4)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_script_and_no_function_outgrows_its_neighbours(path: Path) -> None:
    """A module has at most 500 lines, a function 80."""
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 500
    assert [(name, length) for name, length in functions(source) if length > 80] == []
    assert source.startswith("// ")


def test_a_count_is_said_as_its_language_says_it(node: str, tmp_path: Path) -> None:
    """One, few and many are the language's own; a form it lacks is the one for all others."""
    texts = {"rows": {"one": "{count} wiersz", "few": "{count} wiersze", "other": "{count} wiersza, {where}"}}
    asked = (
        "(language) => [1, 2, 5, 22].map((count) => "
        f"all.counted({{ texts: {json.dumps(texts)}, language }}, 'rows', count, {{ where: 'tu' }}))"
    )
    said = {code: run(node, assets.module("elements.js"), f"({asked})('{code}')", tmp_path) for code in ("pl", "en")}
    assert said == {
        "pl": ["1 wiersz", "2 wiersze", "5 wiersza, tu", "22 wiersze"],
        "en": ["1 wiersz", "2 wiersza, tu", "5 wiersza, tu", "22 wiersza, tu"],
    }


def test_one_of_something_and_a_full_stop_are_said_as_in_python(node: str, tmp_path: Path) -> None:
    """“1 point”, “−1 point” and “0 points”; no second full stop behind a name that ends in one."""
    item = definition.load().item("responsibility.incident.arousal_change")
    numbers = [0, 1, -1, 2, 1.5]
    asked = f"{json.dumps(numbers)}.map((value) => all.plain({json.dumps(item.model_dump(mode='json'))}, value))"
    expected = ["0 points", "1 point", "-1 point", "2 points", "1.5 points"]
    assert run(node, assets.module("kinds.js"), asked, tmp_path) == expected
    assert [kinds.label(item, value).replace("−", "-") for value in numbers] == expected
    sentences = {"To {who}.": "To A.", "To {who}. Then": "To A. Then", "{who}.feedback": "A..feedback", "{who}…": "A.…"}
    asked = f"{json.dumps(list(sentences))}.map((text) => all.fill(text, {{ who: 'A.' }}))"
    assert run(node, assets.module("elements.js"), asked, tmp_path) == list(sentences.values())


def test_a_client_is_found_however_a_keyboard_writes_their_name(node: str, tmp_path: Path) -> None:
    """In small letters, without accents, and in either way in which they are put together."""
    names = ["Zoë", "Zoe\u0308", " ZOE ", "\uff3a\uff4f\uff45", "李", "שָׁלוֹם", "שלום"]
    asked = f"{json.dumps(names)}.map(all.alike)"
    assert run(node, assets.module("caseload-list.js"), asked, tmp_path) == ["zoe"] * 4 + ["李", "שלום", "שלום"]


def test_colours_stand_in_one_palette() -> None:
    """Form, head, help, panels and the report mix theirs from the same few; no sheet has a colour of its own."""
    sheets = [
        *assets.style("form.css").parent.glob("*.css"),
        assets.style("form.css").parents[2] / "assessment/templates/look.css",
    ]
    jupyter = ROOT / "workbook" / "jupyter"
    around = [*jupyter.rglob("*.css"), *jupyter.rglob("*.html")]
    own = {
        f"{sheet.name}: {found}"
        for sheet in sheets
        for found in re.findall(
            r"#[0-9a-f]{3,8}\b|--(?:ink|card|soft|line|accent|warn|focus)\S*:|system-ui", sheet.read_text("utf-8")
        )
    }
    own |= {
        f"{sheet.name}: {found}"
        for sheet in around
        for found in re.findall(r"#[0-9a-f]{3,8}\b", sheet.read_text("utf-8"))
    }
    assert own == set()
    assert "--ink: " in assets.look("form.css")


def test_no_script_writes_style_as_text() -> None:
    """A policy that forbids style attributes holds: styles are set through the object model. A number may have one."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in SHIPPED
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"style: (?!\"unit\")[`\"']|setAttribute\(\"style|cssText| style=", line)
    ]
    assert found == []


def test_the_types_of_every_script_are_checked() -> None:
    """No script that is shipped stands outside the folders whose types are checked."""
    inside = json.loads((ROOT / "tsconfig.json").read_text("utf-8"))["include"]
    assert {path.name for path in SHIPPED} >= {"form.js", "page.js"}
    assert [path for path in SHIPPED if not any(path.is_relative_to(ROOT / folder) for folder in inside)] == []


@pytest.mark.skipif(not (ROOT / "node_modules" / "typescript").is_dir(), reason="npm install was not run here.")
def test_the_types_in_the_scripts_hold(node: str) -> None:
    """Every comment about types is checked, strictly."""
    done = subprocess.run(
        [node, str(ROOT / "node_modules" / "typescript" / "bin" / "tsc"), "--project", str(ROOT)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == ""
