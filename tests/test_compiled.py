"""What is kept beside the compiled modules: of these files and this code alone, whole, and only where modules are."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from workbook import compiled, definition, example, resources
from workbook.assessment import printing
from workbook.definition import models, shipped, sources
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

load = importlib.import_module("workbook.definition.load")  # the room calls its verb by the same name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package's own, where Python may keep what it compiled."""
    folder = tmp_path / "package"
    (folder / "__pycache__").mkdir(parents=True)
    module = folder / "compiled.py"
    module.write_text("")
    monkeypatch.setattr(compiled, "__file__", str(module))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


def _kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").iterdir())


def test_what_is_kept_comes_back_only_for_what_it_was_made_from(folder: Path) -> None:
    """Another byte of the origin, another name: nothing is found, and the newest takes the place."""
    compiled.keep("one", b"origin", b"made")
    assert compiled.found("one", b"origin") == b"made"
    assert compiled.found("one", b"another") is None
    assert compiled.found("two", b"origin") is None
    compiled.keep("one", b"another", b"")
    assert (compiled.found("one", b"another"), compiled.found("one", b"origin")) == (b"", None)
    assert len(_kept(folder)) == 1


@pytest.mark.parametrize("cut", [0, 1, 40, 64, 70, -1])
def test_what_was_cut_short_or_changed_is_not_found(folder: Path, cut: int) -> None:
    """A full disk, a computer that lost power: it is made again."""
    compiled.keep("one", b"origin", b"made of this")
    (path,) = _kept(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    assert compiled.found("one", b"origin") is None
    path.write_bytes(whole[:cut] + bytes([whole[cut] ^ 1]) + whole[cut:][1:])
    assert compiled.found("one", b"origin") is None
    compiled.keep("one", b"origin", b"made of this")
    assert compiled.found("one", b"origin") == b"made of this"


def test_nothing_is_kept_where_python_keeps_no_modules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody asked for that; or there is no such folder, or something else in its place."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        compiled.keep("one", b"origin", b"made")
    assert not _kept(folder)
    (folder / "__pycache__").rmdir()
    compiled.keep("one", b"origin", b"made")
    assert compiled.found("one", b"origin") is None
    (folder / "__pycache__").write_text("no folder")
    compiled.keep("one", b"origin", b"made")
    assert compiled.found("one", b"origin") is None


def test_whoever_may_read_the_module_may_read_what_is_kept(folder: Path) -> None:
    """One install serves many people."""
    for mode in (0o644, 0o640):
        (folder / "compiled.py").chmod(mode)
        compiled.keep("one", b"origin", b"made")
        (path,) = _kept(folder)
        assert path.stat().st_mode & 0o777 == mode or os.name == "nt"


def test_a_digest_is_of_names_contents_and_versions(tmp_path: Path) -> None:
    """Moving a byte from one file into the next changes it."""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    seen = set()
    for first, second in (("ab", "c"), ("a", "bc"), ("abc", ""), ("ab", "d")):
        one.write_text(first)
        two.write_text(second)
        seen |= {compiled.digest([one, two]), compiled.digest([two, one]), compiled.digest([one, two], "2")}
    assert len(seen) == 12
    assert compiled.digest([one, two]) == compiled.digest([one, two])


def test_the_shipped_workbook_is_judged_once_and_the_same_when_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it comes back: words, rules, scales, what was worked out."""
    whole = load._whole(resources.data("workbook"))
    assert load._shipped.__wrapped__() == whole
    with monkeypatch.context() as patch:
        patch.setattr(load, "_whole", lambda folder: pytest.fail("It was judged again."))
        again = load._shipped.__wrapped__()
        patch.setattr(models, "unfed", lambda workbook: pytest.fail("Its rules were looked through again."))
        assert again.unfed is False
    assert again == whole
    assert again.model_dump() == whole.model_dump()
    assert [*map(definition.fingerprint, again.items)] == [*map(definition.fingerprint, whole.items)]
    assert sources.works.__wrapped__() == sources.works.__wrapped__() == sources.works()


@pytest.mark.process
def test_what_the_shipped_workbook_is_made_from_is_every_file_that_is_read_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A citation stands in the workbook as well: one that was mended there is another workbook."""
    asked: list[list[Path]] = []
    monkeypatch.setattr(compiled, "digest", lambda parts, *_: asked.append(list(parts)) or b"")
    load._shipped.__wrapped__()
    code = (
        "import sys\nopened = []\n"
        "sys.addaudithook(lambda event, about: opened.append(str(about[0])) if event == 'open' else None)\n"
        "import importlib\nfrom workbook import resources\n"
        "load = importlib.import_module('workbook.definition.load')\n"
        "load._whole(resources.data('workbook'))\nprint(*opened, sep='\\n')"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    read = {one for one in said.stdout.splitlines() if one.startswith(str(resources.data()))}
    assert str(resources.data("sources.yaml")) in read
    assert read <= {*map(str, asked[0])}


def test_a_changed_file_or_another_version_is_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words that are shown are those of the file, from the first start after the change."""
    path = tmp_path / "some.yaml"
    path.write_text("a: 1")
    assert shipped.judged("some", [path], path.read_text) == "a: 1"
    assert shipped.judged("some", [path], lambda: pytest.fail("It was judged again.")) == "a: 1"
    path.write_text("a: 2")
    assert shipped.judged("some", [path], path.read_text) == "a: 2"
    monkeypatch.setattr(shipped.pydantic, "VERSION", "another")
    assert shipped.judged("some", [path], lambda: "anew") == "anew"


def test_what_cannot_be_judged_is_not_kept(folder: Path, tmp_path: Path) -> None:
    """A fault is said each time."""

    def fails() -> str:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            shipped.judged("some", [], fails)
    assert not _kept(folder)


def test_a_workbook_that_somebody_named_is_never_taken_from_what_is_kept(folder: Path, tmp_path: Path) -> None:
    """Beside their files might lie something that runs; nothing of theirs is kept either."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for path in resources.data("workbook").glob("*.yaml"):
        (theirs / path.name).write_bytes(path.read_bytes())
    (theirs / "__pycache__").mkdir()

    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("It ran.",)

    made_from = compiled.digest(sorted(theirs.glob("*.yaml")))
    trap = compiled._head(made_from, pickle.dumps(Runs())) + pickle.dumps(Runs())
    for name in ("workbook", "sources"):
        (theirs / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.kept").write_bytes(trap)
    ours = definition.load()
    before = _kept(folder)
    assert definition.load(theirs) == ours
    assert _kept(folder) == before


def test_templates_are_compiled_once_and_anew_when_their_words_change(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library asks whether the text is the same; what is kept is used by the next process."""
    look = tmp_path / "look"
    look.mkdir()
    (look / "said.html").write_text("One {{ word }}.")
    monkeypatch.setattr(resources, "data", lambda *parts: look)

    def said() -> str:
        return printing._environment.__wrapped__().get_template("said.html").render(word="<w>")

    assert said() == "One &lt;w&gt;."
    (path,) = _kept(folder)
    first = path.read_bytes()
    assert said() == "One &lt;w&gt;."
    assert path.read_bytes() == first
    path.write_bytes(first[:-9])
    assert said() == "One &lt;w&gt;."
    (look / "said.html").write_text("Two {{ word }}.")
    assert said() == "Two &lt;w&gt;."
    assert _kept(folder) == [path]
    assert path.read_bytes() != first


@pytest.mark.process
def test_the_command_does_not_load_what_it_does_not_show(tmp_path: Path) -> None:
    """Neither a reader of Markdown nor a server's dialect is needed for a report, which would wait for them."""
    with Journal.create(tmp_path / "journal", now=lambda: example.ENDS) as journal:
        example.fill(journal)
    code = (
        "import sys\nfrom workbook.cli.client import main\n"
        "main(['report', '--journal', sys.argv[1], '-o', sys.argv[2]], standalone_mode=False)\n"
        "print(sorted({'pandas', 'markdown_it', 'sqlalchemy.dialects.postgresql'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "journal"), str(tmp_path / "x.html")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "['pandas']"
