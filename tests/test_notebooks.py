"""Notebooks are made from the definition, and nothing a person wrote in one is lost or trusted by mistake."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbook import definition, resources
from workbook.definition import models
from workbook.jupyter import harmless, notebooks
from workbook.safety import coverage

WORKBOOK = definition.load()
NAMES = [f"{chapter.notebook}.ipynb" for chapter in WORKBOOK.chapters]


def with_opening(markdown: str) -> models.Workbook:
    """The shipped workbook, its first chapter opening with other words."""
    first = WORKBOOK.chapters[0].model_copy(update={"opening": markdown})
    return WORKBOOK.model_copy(update={"chapters": (first, *WORKBOOK.chapters[1:])})


def edit(path: Path, source: str, cell: int = 0, **more: Any) -> None:
    """Change a cell as someone would in an editor."""
    notebook = json.loads(path.read_text())
    notebook["cells"][cell].update(source=[source], **more)
    path.write_text(json.dumps(notebook))


def test_the_shipped_notebooks_are_what_the_definition_gives() -> None:
    """After a change in data/, `python -m workbook.jupyter.notebooks` has to be run."""
    assert notebooks.stale(WORKBOOK, resources.notebooks()) == ()


def test_a_stale_a_missing_and_a_foreign_notebook_are_named(tmp_path: Path) -> None:
    """The freshness check can fail in each of the three ways."""
    notebooks.write(WORKBOOK, tmp_path)
    edit(tmp_path / NAMES[0], "# Other words")
    (tmp_path / NAMES[1]).unlink()
    (tmp_path / "99-mine.ipynb").write_text("{}")
    assert notebooks.stale(WORKBOOK, tmp_path) == (NAMES[0], NAMES[1], "99-mine.ipynb")


def test_the_same_definition_gives_the_same_bytes() -> None:
    """Cell ids, hashes and order do not depend on when or where notebooks are made."""
    assert notebooks.generate(WORKBOOK) == notebooks.generate(definition.load())


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_valid_and_short_and_holds_no_results(name: str) -> None:
    """Each is valid nbformat; code cells are one hidden line that cannot be deleted by accident."""
    notebook = nbformat.reads(notebooks.generate(WORKBOOK)[name], as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.cells[1].source.startswith("from workbook.pages import *; chapter(")
    for cell in notebook.cells:
        assert cell.metadata.deletable is False
        if cell.cell_type == "code":
            assert "\n" not in cell.source
            assert cell.outputs == []
            assert cell.execution_count is None
            assert cell.metadata.jupyter.source_hidden is True


def test_no_committed_notebook_holds_output_or_widget_state() -> None:
    """What is in the repository was never run."""
    for path in resources.notebooks().glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        assert [cell.get("outputs") for cell in notebook["cells"] if cell.get("outputs")] == []
        assert "widgets" not in notebook["metadata"]


def test_every_exercise_has_its_cell_and_panels_come_first() -> None:
    """A chapter shows its panels, then its exercises, in the definition's order, and before one what it waits for."""
    before = coverage.asked_before(WORKBOOK)
    for chapter in WORKBOOK.chapters:
        cells = json.loads(notebooks.generate(WORKBOOK)[f"{chapter.notebook}.ipynb"])["cells"]
        lines = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][1:]
        assert lines == [
            *(f"{panel}()" for panel in chapter.shows),
            *(
                f'exercise("{id}")'
                for exercise in chapter.exercises
                if not exercise.retired
                for id in (*before.get(exercise.id, ()), exercise.id)
            ),
        ]


def test_each_page_begins_with_one_cell_and_folds_what_is_folded() -> None:
    """How a page draws a cell is known from its id; where it begins is one cell of code, a counselor's page too."""
    made = {**notebooks.generate(WORKBOOK), notebooks.CASELOAD: notebooks.caseload()}
    for name, text in made.items():
        chapter = next((one for one in WORKBOOK.chapters if name == f"{one.notebook}.ipynb"), None)
        own = chapter.id if chapter else notebooks.COUNSELOR
        parts = [(notebooks.part(cell["id"], own), cell["cell_type"]) for cell in json.loads(text)["cells"]]
        folded = [part for part in ("more", "why") if chapter and getattr(chapter, part)]
        assert [part for part in parts if part[0]] == [
            ("head" if chapter else "panel", "code"),
            *((part, "markdown") for part in folded),
        ]


def test_a_cell_is_drawn_as_a_part_only_where_it_is_that_part() -> None:
    """An exercise may be called “head”, and a cell of somebody else's “my-why”: neither begins a page or is folded."""
    names = ("head", "title", "why", "closing", "a" * 60, f"{'a' * 59}b")
    for chapter_id in ("space", "s" * 60):
        chapter = WORKBOOK.chapters[1]
        exercises = tuple(
            chapter.exercises[0].model_copy(update={"id": f"{chapter_id}.{name}", "retired": False}) for name in names
        )
        made = chapter.model_copy(update={"chapter": chapter_id, "exercises": exercises})
        workbook = WORKBOOK.model_copy(update={"chapters": (made,)})
        text, again = (notebooks.generate(workbook)[f"{made.notebook}.ipynb"] for _ in range(2))
        assert text == again
        cells = json.loads(text)["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)
        drawn = [(notebooks.part(cell["id"], chapter_id), "".join(cell["source"])[:8]) for cell in cells]
        own = [part for part, source in drawn if not source.startswith("exercise")]
        assert [part for part in own if part] == ["head", "why"]
        assert [part for part, source in drawn if source.startswith("exercise")] == [""] * len(names)
    assert [notebooks.part(id, "space") for id in ("my-why", "space-my-why", "space-why")] == ["", "", "why"]


def test_html_in_a_definition_does_not_reach_the_page() -> None:
    """A definition may come from someone else; a notebook's Markdown is shown as it is by Voilà."""
    made = notebooks.generate(with_opening("Hello <script>alert(1)</script> <b>you</b>, 1 < 2"))[NAMES[0]]
    assert "<script" not in made
    assert "&lt;script>alert(1)&lt;/script> &lt;b>you&lt;/b>, 1 < 2" in made


def test_our_own_notebooks_follow_the_definition(tmp_path: Path) -> None:
    """An untouched notebook is brought up to date, one that was only run as well; nothing is kept beside it."""
    notebooks.refresh(WORKBOOK, tmp_path)
    ran = json.loads((tmp_path / NAMES[0]).read_text())
    ran["cells"][1]["execution_count"] = 1
    (tmp_path / NAMES[0]).write_text(json.dumps(ran))
    assert notebooks.refresh(with_opening("Other words."), tmp_path) == ()
    assert "Other words." in (tmp_path / NAMES[0]).read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_a_notebook_that_someone_changed_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    """Their words stay, under a name that says whose they are; a second time they get the next number."""
    for number in (1, 2):
        notebooks.refresh(WORKBOOK, tmp_path)
        edit(tmp_path / NAMES[0], f"# My words {number}")
        [kept] = notebooks.refresh(with_opening(f"Version {number}."), tmp_path)
        assert kept.name == f"00-start-mine-{number}.ipynb"
        assert f"My words {number}" in kept.read_text()
        assert f"Version {number}." in (tmp_path / NAMES[0]).read_text()


def test_contents_are_the_chapters_by_name(tmp_path: Path) -> None:
    """The list beside the page: principles with their number, others by title; other notebooks stay as they are."""
    notebooks.write(WORKBOOK, tmp_path)
    (tmp_path / "mine.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    contents = notebooks.contents(tmp_path)
    assert list(contents) == NAMES
    assert contents["00-start.ipynb"] == "Start here"
    assert contents["10-responsibility.ipynb"] == "1 · Take responsibility"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize(
    "name",
    [
        '0"], * { display: none } a[b="',
        "0?x",
        "0#x",
        "0%2e",
        "0\x1b[2J",
        "0\n a line",
        "0 \u202e",
        "0](javascript:x)",
    ],
)
def test_a_notebook_s_name_puts_nothing_into_an_address_a_style_sheet_or_a_terminal(tmp_path: Path, name: str) -> None:
    """A file that somebody dropped into the folder does not become the first page, and no part of the list's style."""
    notebooks.write(WORKBOOK, tmp_path)
    (tmp_path / f"{name}.ipynb").write_bytes((tmp_path / NAMES[1]).read_bytes())
    assert list(notebooks.contents(tmp_path)) == NAMES


def test_a_title_from_outside_is_one_short_line(tmp_path: Path) -> None:
    """Whatever a notebook says that it is called: nothing unseen in it acts, and it fills no window."""
    text = (tmp_path / "a.ipynb", json.dumps({"metadata": {"mend": {"name": "My \u202e\x1b[2J\nwords " + "x" * 999}}}))
    text[0].write_text(text[1])
    assert notebooks.contents(tmp_path) == {"a.ipynb": "My [2J words " + "x" * 187}


def test_a_journal_begins_with_its_first_chapter(tmp_path: Path) -> None:
    """Whatever that is called; a kept copy of it comes after it, and a counselor's one page is no journal's."""
    chapters = [WORKBOOK.chapters[0].model_copy(update={"notebook": "00-hello"}), *WORKBOOK.chapters[1:]]
    hello = WORKBOOK.model_copy(update={"chapters": tuple(chapters)})
    notebooks.write(hello, tmp_path)
    (tmp_path / "00-hello-mine-1.ipynb").write_bytes((tmp_path / "00-hello.ipynb").read_bytes())
    contents = notebooks.contents(tmp_path)
    assert [*contents][:3] == ["00-hello.ipynb", "00-hello-mine-1.ipynb", NAMES[1]]
    assert (notebooks.first(contents), notebooks.first({})) == ("00-hello.ipynb", "")
    assert [name for name in contents if notebooks.begins(name, contents)] == ["00-hello.ipynb"]
    assert not notebooks.begins(notebooks.CASELOAD, {notebooks.CASELOAD: "Caseload"})


HARMFUL = {
    "other code": {"source": "import os; exercise('start.privacy')", "cell": 4},
    "more behind our line": {"source": 'exercise("start.privacy"); import os', "cell": 4},
    "a second line": {"source": 'exercise("start.privacy")\nimport os', "cell": 4},
    "code in the name": {"source": 'exercise("x" + str(__import__("os")))', "cell": 4},
    "HTML in words": {"source": "# Hello\n\n<img src=x onerror=alert(1)>", "cell": 0},
    "an output": {"source": 'exercise("start.privacy")', "cell": 4, "outputs": [{"output_type": "stream"}]},
    "a raw cell": {"source": "<script>1</script>", "cell": 0, "cell_type": "raw"},
    "a link that runs": {"source": "# Hello\n\n[Go](javascript:alert(1))", "cell": 0},
    "a link that runs, written apart": {"source": "# Hello\n\n[Go][a]\n\n[a]: JavaScript:alert(1)", "cell": 0},
    "a link to a file": {"source": "[Go](../../secret.txt)", "cell": 0},
    "a picture": {"source": "![x](https://example.org/x.png)", "cell": 0},
    "a field of the cell": {"source": "# Hello", "cell": 0, "onclick": "alert(1)"},
    "a field about the cell": {"source": "# Hello", "cell": 0, "metadata": {"tags": ["x"]}},
    "a kind of cell that is a list": {"source": "# Hello", "cell": 0, "cell_type": ["code"]},
    "an attachment": {"source": "# Hello", "cell": 0, "attachments": {"a.svg": {"image/svg+xml": "…"}}},
}


@pytest.mark.parametrize("change", HARMFUL.values(), ids=HARMFUL)
def test_only_harmless_notebooks_open_without_a_question(tmp_path: Path, change: dict[str, Any]) -> None:
    """A notebook is trusted for what it holds: our own lines and plain Markdown, nothing else."""
    notebooks.write(WORKBOOK, tmp_path)
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES)
    edit(tmp_path / NAMES[0], **change)
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES[1:])


KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
ODD = {
    "stored widget state": {"metadata": {"kernelspec": KERNEL, "widgets": {}}},
    "Voilà's own settings": {"metadata": {"kernelspec": KERNEL, "voila": {"template": "mine"}}},
    "another kernel": {"metadata": {"kernelspec": {**KERNEL, "name": "bash"}}},
    "a kernel with arguments": {"metadata": {"kernelspec": {**KERNEL, "argv": ["sh"]}}},
    "an older format": {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "import os"}]}]},
    "an older format alone": {"nbformat": 3},
    "a format that is no number": {"nbformat": "4"},
    "a part nobody knows": {"scripts": []},
    "a cell that is none": {"cells": ["exercise('x')"]},
    "cells that are none": {"cells": {"cell_type": "code"}},
}


def test_nothing_but_our_own_fields_is_harmless() -> None:
    """The notebook from which each of the odd ones differs in one thing passes; so does what JupyterLab makes of it."""
    assert harmless.is_harmless(json.dumps(PLAIN))
    lab = {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
           "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3",
           "version": "3.11.2"}  # fmt: skip
    assert harmless.is_harmless(json.dumps({**PLAIN, "metadata": {"kernelspec": KERNEL, "language_info": lab}}))


PLAIN = {"cells": [], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_a_field_that_could_act_or_is_not_known_needs_a_question(change: dict[str, Any]) -> None:
    """Stored widget state, settings, other kernels and older formats could change what a page does."""
    assert not harmless.is_harmless(json.dumps({**PLAIN, **change}))


BROKEN = {
    "half": b"{",
    "a list": b"[]",
    "no text": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "odd": b'{"metadata": {"mend": 1}}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_notebook_is_neither_harmless_nor_in_the_way(tmp_path: Path, content: bytes) -> None:
    """It is no chapter, and the others open; one in a chapter's place is kept beside it."""
    notebooks.write(WORKBOOK, tmp_path)
    (tmp_path / "15-broken.ipynb").write_bytes(content)
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES)
    assert list(notebooks.contents(tmp_path)) == NAMES
    (tmp_path / "15-broken.ipynb").rename(tmp_path / NAMES[0])
    [kept] = notebooks.refresh(WORKBOOK, tmp_path)
    assert kept.read_bytes() == content
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES)


HOSTILE = [
    "[Click here](javascript:alert(1))",
    "![view](https://example.org/x.png)",
    "[Click here][it]",  # what `it` is, says the next chapter part
    "<javascript:alert(1)>",
    "Write \\[Click here](data:text/html,1) and <img src=x onerror=alert(1)>.",
]


@pytest.mark.parametrize("markdown", HOSTILE)
def test_a_notebook_of_a_hostile_definition_is_words_everywhere(markdown: str) -> None:
    """Not every page that shows a notebook is ours: what ours would leave out is written so that nobody's acts."""
    first = WORKBOOK.chapters[0].model_copy(
        update={"lede": "[it]: javascript:alert(2)", "opening": f"Hello.\n\n[it]: javascript:alert(1)\n\n{markdown}"}
    )
    made = notebooks.generate(WORKBOOK.model_copy(update={"chapters": (first, *WORKBOOK.chapters[1:])}))[NAMES[0]]
    assert harmless.is_harmless(made)
    words = "".join(json.loads(made)["cells"][0]["source"])
    assert "<a" not in definition.html(words)
    assert markdown.replace("\\", "") in html.unescape(re.sub("<.*?>", "", definition.html(words))).replace("\\", "")
