"""Notebooks are made from the definition, and nothing a person wrote in one is lost or trusted by mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbook import definition, notebooks, resources

WORKBOOK = definition.load()
NAMES = [f"{chapter.notebook}.ipynb" for chapter in WORKBOOK.chapters]


def with_opening(markdown: str) -> definition.Workbook:
    """The shipped workbook, its first chapter opening with other words."""
    first = WORKBOOK.chapters[0].model_copy(update={"opening": markdown})
    return WORKBOOK.model_copy(update={"chapters": (first, *WORKBOOK.chapters[1:])})


def edit(path: Path, source: str, cell: int = 0, **more: Any) -> None:
    """Change a cell as someone would in an editor."""
    notebook = json.loads(path.read_text())
    notebook["cells"][cell].update(source=[source], **more)
    path.write_text(json.dumps(notebook))


def test_the_shipped_notebooks_are_what_the_definition_gives() -> None:
    """After a change in data/, `python -m workbook.notebooks` has to be run."""
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
    """A chapter shows its panels, then its exercises, in the definition's order."""
    for chapter in WORKBOOK.chapters:
        cells = json.loads(notebooks.generate(WORKBOOK)[f"{chapter.notebook}.ipynb"])["cells"]
        lines = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][1:]
        assert lines == [
            *(f"{panel}()" for panel in chapter.shows),
            *(f'exercise("{exercise.id}")' for exercise in chapter.exercises if not exercise.retired),
        ]


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


HARMFUL = {
    "other code": {"source": "import os; exercise('start.privacy')", "cell": 2},
    "more behind our line": {"source": 'exercise("start.privacy"); import os', "cell": 2},
    "a second line": {"source": 'exercise("start.privacy")\nimport os', "cell": 2},
    "code in the name": {"source": 'exercise("x" + str(__import__("os")))', "cell": 2},
    "HTML in words": {"source": "# Hello\n\n<img src=x onerror=alert(1)>", "cell": 0},
    "an output": {"source": 'exercise("start.privacy")', "cell": 2, "outputs": [{"output_type": "stream"}]},
    "a raw cell": {"source": "<script>1</script>", "cell": 0, "cell_type": "raw"},
    "an attachment": {"source": "# Hello", "cell": 0, "attachments": {"a.svg": {"image/svg+xml": "…"}}},
}


@pytest.mark.parametrize("change", HARMFUL.values(), ids=HARMFUL)
def test_only_harmless_notebooks_open_without_a_question(tmp_path: Path, change: dict[str, Any]) -> None:
    """A notebook is trusted for what it holds: our own lines and plain Markdown, nothing else."""
    notebooks.write(WORKBOOK, tmp_path)
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES)
    edit(tmp_path / NAMES[0], **change)
    assert notebooks.harmless(tmp_path) == tuple(tmp_path / name for name in NAMES[1:])


def test_a_notebook_with_other_metadata_or_no_notebook_at_all_is_not_harmless(tmp_path: Path) -> None:
    """Stored widget state and Voilà's own settings could change what a page does."""
    for name, text in {
        "state.ipynb": '{"cells": [], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}',
        "voila.ipynb": '{"cells": [], "metadata": {"voila": {}}, "nbformat": 4, "nbformat_minor": 5}',
        "broken.ipynb": "{",
        "list.ipynb": "[]",
    }.items():
        (tmp_path / name).write_text(text)
    assert notebooks.harmless(tmp_path) == ()
