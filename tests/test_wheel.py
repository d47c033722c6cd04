"""The wheel holds everything a person needs: installed by itself, it opens a journal."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from workbook import definition
from workbook.storage.folder import MARK

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build backend itself: no network, nothing installed."""
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_workbook_and_no_tests(wheel: Path) -> None:
    """Definitions, notebooks, the form's script and style, and the page's template are inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for chapter in definition.load().chapters:
        assert f"workbook/shipped/notebooks/{chapter.notebook}.ipynb" in names
        assert f"workbook/shipped/data/workbook/{chapter.id}.yaml" in names
    for name in (
        "page/js/form.js", "page/js/elements.js", "page/css/form.css", "page/js/chapter.js", "page/css/chapter.css",
        "page/js/help.js", "page/css/help.css", "page/css/minutes.css",
        "jupyter/cover.css", "jupyter/lab.css", "jupyter/login.html", "jupyter/head.html",
        "jupyter/voila/templates/mend/index.html.j2", "jupyter/voila/templates/mend/static/page.css",
    ):  # fmt: skip
        assert f"workbook/{name}" in names
    assert not [name for name in names if name.startswith("tests/") or name.endswith(".pyc")]


def test_installed_by_itself_it_opens_a_journal(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment, away from the checkout, `workbook` makes a journal with all its notebooks."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(_output(python, "-c", ask))
    zipfile.ZipFile(wheel).extractall(packages)  # what installing a pure wheel does
    (packages / "dependencies.pth").write_text(_output(Path(sys.executable), "-c", ask))  # what it depends on

    journal = tmp_path / "journal"
    code = (
        "import sys, workbook, workbook.jupyter.notebooks as notebooks\n"
        "journal = workbook.open_journal(sys.argv[1])\n"
        "notebooks.refresh(journal.workbook, journal.path)\n"
        "print(workbook.__file__, journal.exercise('start.privacy'), len(journal.answers()), sep='\\n')"
    )
    where, form, answers = _output(python, "-c", code, str(journal)).splitlines()
    assert Path(where).is_relative_to(packages)
    assert (form, answers) == ('Form("start.privacy")', "0")
    assert (journal / MARK).is_file()
    names = {f"{chapter.notebook}.ipynb" for chapter in definition.load().chapters}
    assert {path.name for path in journal.glob("*.ipynb")} == names


def _output(python: Path, *arguments: str) -> str:
    done = subprocess.run([python, *arguments], check=True, capture_output=True, text=True, cwd=python.parent)
    return done.stdout.strip()
