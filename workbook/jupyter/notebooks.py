"""Each chapter as a notebook: the same definition always gives the same file, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import definition, files, resources, words
from workbook.errors import one_name
from workbook.jupyter.harmless import TAG, is_harmless, is_plain
from workbook.safety import coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbformat import NotebookNode

    from workbook.definition.models import Chapter, Workbook

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.ipynb")
LONGEST = 200  # characters of a title in the table of contents
_MARKS = re.compile(r"[!-/:-@\[-`{-~]")  # every character that can mean something in Markdown


COUNSELOR = "caseload"
"""What stands in a counselor's notebook where another names its chapter."""

LARGEST = 8 * 1024 * 1024  # bytes of a notebook; ours have 30,000

CASELOAD = f"{COUNSELOR}.ipynb"
"""The counselor's one notebook; it ships in `notebooks/counselor/`."""

_LONGEST_ID = 64  # characters of a cell's id, as notebooks have them
_HEAD, _MORE, _WHY, _PANEL = "head", "more", "why", "panel"  # what ids of cells end in that a page draws otherwise


def caseload() -> str:
    """Return the counselor's notebook as JSON."""
    title = words.say("jupyter.caseload.title")
    cells = [
        _markdown(f"{COUNSELOR}-title", f"# {title}\n\n*{words.say('jupyter.caseload.lede')}*"),
        _code(f"{COUNSELOR}-{_PANEL}", "from workbook.pages import *; caseload()"),
        _markdown(f"{COUNSELOR}-closing", f"---\n\n{words.say('jupyter.caseload.closing')}"),
    ]
    about = {"cells": _mark(cells), "chapter": COUNSELOR, "language": words.code(), "name": title}
    return _written(cells, about, title)


def generate(workbook: Workbook) -> dict[str, str]:
    """Return `{file name: the notebook's JSON}` for every chapter, in the workbook's order."""
    names = [chapter.notebook for chapter in workbook.chapters]
    return {
        f"{chapter.notebook}.ipynb": _dump(workbook, chapter, _cells(workbook, chapter, names))
        for chapter in workbook.chapters
    }


def write(workbook: Workbook, folder: Path) -> tuple[Path, ...]:
    """Write every notebook into `folder`, replacing ours that are out of date; returns those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in generate(workbook).items():
        path = folder / name
        if not path.exists() or _text(path) != text:
            files.write(path, text.encode())
            changed.append(path)
    return tuple(changed)


def stale(workbook: Workbook, folder: Path) -> tuple[str, ...]:
    """Return the names in `folder` that differ from the definition: missing, out of date, or no chapter's."""
    wanted = generate(workbook)
    present = {path.name: _text(path) for path in folder.glob("*.ipynb")}
    return tuple(sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)))


def refresh(workbook: Workbook, folder: Path) -> tuple[Path, ...]:
    """Bring a journal's notebooks up to date; one that the person has changed is kept beside, under a new name.

    Which notebooks are ours is known from a mark inside each: a hash of its own cells. Returns what was kept.
    """
    kept = []
    for name, text in generate(workbook).items():
        path = folder / name
        if path.exists():
            present = _text(path)
            if _same_cells(present, text):
                continue
            if not _is_ours(present):
                kept.append(path.rename(_free(path)))
        files.write(path, text.encode())
    return tuple(kept)


def part(id: str, chapter: str) -> str:
    """Return how a page draws a cell of a chapter: "head" and "panel" are what it begins with, "more" and "why" folded.

    Everything else, and whatever somebody put between, is drawn as it comes: "".
    """
    own = (_PANEL,) if chapter == COUNSELOR else (_HEAD, _MORE, _WHY)
    return next((end for end in own if id == f"{chapter}-{end}"[:_LONGEST_ID]), "")


def contents(folder: Path) -> dict[str, str]:
    """Return `{file name: title}` of the chapters in a folder, as its table of contents, in order.

    A file whose name could mean something in an address, a style sheet or a terminal is in the folder, and not here.
    """
    found = {}
    for path in sorted(folder.glob("*.ipynb"), key=lambda path: path.stem):  # one that is kept comes after the new one
        if not _NAME.fullmatch(path.name):
            continue
        metadata = _read(_text(path)).get("metadata")
        mend = metadata.get("mend") if isinstance(metadata, dict) else None
        if isinstance(mend, dict):
            found[path.name] = one_name(mend.get("name", path.stem))[:LONGEST]
    return found


def first(titles: Mapping[str, str]) -> str:
    """Return the notebook that a table of contents begins with; "" for one without any."""
    return next(iter(titles), "")


def begins(name: str, titles: Mapping[str, str]) -> bool:
    """Say whether a notebook is the first page of a journal. A counselor's one page is none."""
    return name == first(titles) and name != CASELOAD


def harmless(folder: Path) -> tuple[Path, ...]:
    """Return the notebooks that can do nothing but show our pages: those may open without a question."""
    return tuple(path for path in sorted(folder.glob("*.ipynb")) if is_harmless(_text(path)))


def _cells(workbook: Workbook, chapter: Chapter, names: list[str]) -> list[NotebookNode]:
    cells = [
        _markdown("title", _safely(lambda said: _title(chapter, said))),
        _code(_HEAD, f"from workbook.pages import *; chapter({_quoted(chapter.id)})"),
    ]
    if chapter.more:
        cells.append(_markdown(_MORE, _safely(lambda said: said(str(chapter.more).strip()))))
    if chapter.why:
        cells.append(_markdown(_WHY, _safely(lambda said: _why(chapter, said))))
    cells += [_code(panel, f"{panel}()") for panel in chapter.shows]
    before = coverage.asked_before(workbook)
    for exercise in chapter.exercises:
        if exercise.retired:
            continue
        cells += [_code(form.replace(".", "-"), f"exercise({_quoted(form)})") for form in before.get(exercise.id, ())]
        cells.append(_code(exercise.id.split(".")[-1], f"exercise({_quoted(exercise.id)})"))
    cells.append(_markdown("closing", _safely(lambda said: _closing(workbook, chapter, names, said))))
    ids: set[str] = set()
    for cell in cells:
        cell["id"] = _unlike(ids, f"{chapter.id}-{cell['id']}"[:_LONGEST_ID])
        ids.add(cell["id"])
    return cells


def _unlike(ids: set[str], wanted: str) -> str:
    """Return an id that no other cell has: an exercise may be called “head”, and two be long and begin alike."""
    numbered = (f"{wanted[: _LONGEST_ID - 4]}-{number}" for number in range(2, 1000))
    return next(id for id in (wanted, *numbered) if id not in ids)


def _title(chapter: Chapter, said: Callable[[str], str]) -> str:
    parts = [f"# {said(chapter.title)}", f"*{said(chapter.lede)}*"]
    if chapter.opening:
        parts.append(said(chapter.opening.strip()))
    return "\n\n".join(parts)


def _why(chapter: Chapter, said: Callable[[str], str]) -> str:
    """What a chapter rests on, in a cell of its own: our page folds it."""
    return "\n\n".join(f"> {said(why.text)}  \n> *{said(why.source)}*" for why in chapter.why)


def _closing(workbook: Workbook, chapter: Chapter, names: list[str], said: Callable[[str], str]) -> str:
    place = names.index(chapter.notebook)
    near = [(words.say("jupyter.back"), place - 1), (words.say("jupyter.next"), place + 1)]
    links = [
        f"[{word}: {said(workbook.chapters[at].title)}]({names[at]}.ipynb)" for word, at in near if 0 <= at < len(names)
    ]
    parts = [said(chapter.closing.strip())] if chapter.closing else []
    return "\n\n".join(["---", *parts, " · ".join(links)])


def _safely(write: Callable[[Callable[[str], str]], str]) -> str:
    """Return a cell's Markdown; when it would show less than it holds, each of its parts is plain words.

    A definition may come from someone else, and not every page that shows a notebook is ours.
    """
    markdown = write(_without_html)
    return markdown if is_plain(markdown) else write(_literally)


def _without_html(markdown: str) -> str:
    return TAG.sub("&lt;", markdown)


def _literally(markdown: str) -> str:
    """Return Markdown that shows these characters as they are."""
    return _MARKS.sub(lambda mark: "&lt;" if mark[0] == "<" else f"\\{mark[0]}", markdown)


def _name(chapter: Chapter) -> str:
    return f"{chapter.principle} · {chapter.title}" if chapter.principle else chapter.title


def _quoted(identifier: str) -> str:
    return json.dumps(identifier)  # ids are ASCII words, so this is Python as well


def _markdown(name: str, source: str) -> NotebookNode:
    from nbformat import v4

    cell: NotebookNode = v4.new_markdown_cell(source, id=name, metadata={"deletable": False, "editable": False})
    return cell


def _code(name: str, source: str) -> NotebookNode:
    from nbformat import v4

    about = {"deletable": False, "editable": False, "jupyter": {"source_hidden": True}}
    cell: NotebookNode = v4.new_code_cell(source, id=name, metadata=about)
    return cell


def _dump(workbook: Workbook, chapter: Chapter, cells: list[NotebookNode]) -> str:
    about = {"cells": _mark(cells), "chapter": chapter.id, "language": workbook.language, "name": _name(chapter)}
    return _written(cells, about, chapter.title)


def _written(cells: list[NotebookNode], about: dict[str, str], title: str) -> str:
    import nbformat

    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "mend": about,
        "title": title,
    }
    text: str = nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))
    return f"{text}\n"


def _essence(cells: Iterable[dict[str, object]]) -> list[tuple[object, str]]:
    """What a person can change in cells: kinds and sources, not outputs or the layout of the JSON."""
    return [(cell.get("cell_type"), "".join(cell.get("source") or ())) for cell in cells]  # type: ignore[arg-type] # JSON


def _mark(cells: Iterable[dict[str, object]]) -> str:
    return hashlib.sha256(json.dumps(_essence(cells)).encode()).hexdigest()[:16]


def _text(path: Path) -> str:
    """Return what a file holds, nothing when it is no text, no ordinary file, or too large for any of ours."""
    try:
        return files.read(path, LARGEST).decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _read(text: str) -> dict[str, object]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return notebook if isinstance(notebook, dict) else {}


def _same_cells(one: str, other: str) -> bool:
    first, second = _read(one), _read(other)
    try:
        return bool(first) and _essence(first.get("cells", [])) == _essence(second.get("cells", []))  # type: ignore[arg-type] # JSON
    except (AttributeError, TypeError):
        return False


def _is_ours(text: str) -> bool:
    notebook = _read(text)
    try:
        return bool(notebook["metadata"]["mend"]["cells"] == _mark(notebook["cells"]))  # type: ignore[index, arg-type] # JSON
    except (AttributeError, KeyError, TypeError):
        return False


def _free(path: Path) -> Path:
    number = 1
    while (other := path.with_name(f"{path.stem}-mine-{number}.ipynb")).exists():
        number += 1
    return other


def main() -> int:
    """Write the shipped notebooks, and the schema for editors; with `--check`, only say which are out of date."""
    workbook = definition.load()
    if "--check" in sys.argv[1:]:
        names = stale(workbook, resources.notebooks())
        counselor = resources.notebooks("counselor", CASELOAD)
        if not counselor.exists() or counselor.read_text(encoding="utf-8") != caseload():
            names = (*names, f"counselor/{CASELOAD}")
        print("\n".join(f"notebooks/{name} is not what the definition gives." for name in names))
        if names:
            print("Run: python -m workbook.jupyter.notebooks")
        return bool(names)
    for path in write(workbook, resources.notebooks()):
        print(path)
    resources.notebooks("counselor").mkdir(exist_ok=True)
    resources.notebooks("counselor", CASELOAD).write_text(caseload(), encoding="utf-8", newline="\n")
    definition.write_schema()
    return 0


if __name__ == "__main__":
    sys.exit(main())
