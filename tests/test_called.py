"""What a notebook calls is read from its code, whoever wrote it, and from no word about it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat import v4

from workbook import definition
from workbook.jupyter import notebooks, viewer
from workbook.jupyter.called import called

CASES = {
    "assessment()": True,
    "from workbook.pages import *; assessment()": True,
    "import workbook.pages as pages\npages.assessment()": True,
    "from workbook.pages import assessment as look_back\nlook_back()": True,
    "journal = workbook.open_journal()\njournal.assessment()": True,
    "assessment ( )": True,
    "if True:\n    display(assessment())": True,
    "%matplotlib inline\nassessment()": True,
    "!ls\nassessment()\nassessment?": True,
    "# assessment() comes later": False,
    '"assessment()"': False,
    'print("""\nassessment(\n""")': False,
    "exercise('start.now')  # before assessment()": False,
    "def assessment(): ...": False,
    "my_assessment()": False,
    "assessment": False,
    "assessment(": False,
    "\0assessment()": False,
    "(" * 10_000 + "assessment()": False,
    "-" * 100_000 + "1": False,
    "(lambda: None)()": False,
}


@pytest.mark.parametrize(("source", "calls"), CASES.items(), ids=lambda each: str(each)[:40])
def test_a_call_is_known_from_a_word_about_it(source: str, calls: bool) -> None:
    """Imported under another name, within another call, beside a line of Jupyter's own; and no Python calls nothing."""
    assert ("assessment" in called([v4.new_code_cell(source)])) == calls


def test_words_of_a_chapter_call_nothing() -> None:
    """Python in Markdown is something to read; what is imported in one cell is known in the next."""
    assert called([v4.new_markdown_cell("assessment()\n\n```\nexercise('a.b')\n```")]) == frozenset()
    both = [v4.new_code_cell("from workbook.pages import exercise as step"), v4.new_code_cell("step('start.now')")]
    assert called(both) == {"exercise"}


def test_a_warning_about_another_s_code_is_not_ours(recwarn: pytest.WarningsRecorder) -> None:
    """Python would complain of a stroke in a text, in the place where the server says what it has to say."""
    assert called([v4.new_code_cell(r"show('\d', assessment())")]) == {"show", "assessment"}
    assert list(recwarn) == []


def test_our_own_chapters_call_what_their_definition_names() -> None:
    """Look back alone shows the self-assessment, and each chapter with an exercise calls for one."""
    workbook = definition.load()
    calls = {
        name: called(nbformat.reads(text, as_version=4).cells) for name, text in notebooks.generate(workbook).items()
    }
    for chapter in workbook.chapters:
        own = {*chapter.shows, "chapter"} | ({"exercise"} if chapter.exercises else set())
        assert calls[f"{chapter.notebook}.ipynb"] == own, chapter.notebook


@pytest.mark.parametrize(
    "source", ["assessment()", "# assessment() and exercise('start.now')", "exercise('start.now')"]
)
def test_a_page_goes_by_what_is_called(source: str) -> None:
    """Look back is given the kernel that has the tables, and the link past the words says what it leads to."""
    asked: dict[str, Any] = {}
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source)])

    def start_kernel(**given: Any) -> None:
        asked.update(given)
        raise InterruptedError  # the rest is not asked for here

    manager = SimpleNamespace(start_kernel=start_kernel)
    here = SimpleNamespace(contents_manager=SimpleNamespace(root_dir="nowhere"), kernel_manager=manager)
    page: Any = SimpleNamespace(
        cwd="", page_config={}, resources={}, _begin=None, _cells=None, notebook_path="10-a.ipynb", base_url="/",
        request_handler=here,
        notebook=notebook, ours=False,
        exporter=SimpleNamespace(generate_from_notebook_node=lambda _, **more: asked.update(more["extra_context"])),
    )  # fmt: skip
    with pytest.raises(InterruptedError):
        asyncio.run(viewer.Page._start(page, notebook))
    viewer.Page.generate_content_generator(page)
    assert (asked["tables"], asked["steps"]) == (source == "assessment()", source.startswith("exercise"))
