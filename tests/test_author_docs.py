"""What docs/content.md shows an author can be copied as it stands."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from workbook import definition

DOCS = Path(__file__).parents[1] / "docs" / "content.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.S)

CHAPTER = """\
chapter: kitchen
notebook: 91-kitchen
title: Kitchen
lede: A chapter around an example.
minutes: 5
exercises:
"""
RATING = """\
  - id: rating
    title: Rating
    minutes: 1
    items:
      - {id: heard, kind: ruler, prompt: Heard?, low: no, high: yes}
      - {id: waited, kind: ruler, prompt: Waited?, low: no, high: yes}
      - {id: interrupted, kind: ruler, prompt: Interrupted?, low: no, high: yes}
      - {id: invited, kind: yesno, prompt: Invited?, unsure: true}
      - {id: shared_device, kind: yesno, prompt: Shared?}
      - {id: arousal_after, kind: ruler, prompt: After?, low: calm, high: stirred}
"""
BESIDE = ("steps:", "forms:")  # files of their own, which stand beside the chapters
ITEM = "  - id: shown\n    title: Shown\n    minutes: 1\n    items:\n"


def files() -> dict[str, str]:
    """Each example, set into the smallest file it can stand in; the text of the file, by the example's first line."""
    found: dict[str, str] = {}
    for block in BLOCKS:
        first = block.partition("\n")[0]
        if first.startswith("instrument:"):
            found[first] = block
        elif first.startswith("scales:"):
            found[first] = CHAPTER + RATING + block
        elif first.startswith("source:"):
            for number, one in enumerate(block.splitlines(keepends=True)):
                found[f"{first} {number}"] = CHAPTER + RATING + textwrap.indent(one, " " * 4)
        elif first.startswith(BESIDE):
            found[first] = block
        elif first.startswith("show_if:"):
            for number, one in enumerate(re.split(r"(?m)^(?=show_if)", block)[1:]):
                item = f"- id: shown\n  kind: yesno\n  prompt: Shown?\n{textwrap.indent(one, '  ')}"
                found[f"{first} {number}"] = CHAPTER + RATING + textwrap.indent(item, " " * 6)
        elif "items:" in block:
            item = "\n      - {id: one, kind: text, prompt: One?}\n"
            found[first] = CHAPTER + textwrap.indent(block, "  ").replace(" […]\n", item)
        elif "kind:" in block:
            found[first] = CHAPTER + ITEM + textwrap.indent(block, " " * 6)
    return found


def test_every_example_of_a_definition_is_found() -> None:
    """No example of the page is passed over but that of help lines, which is another kind of file."""
    assert [block.partition("\n")[0] for block in BLOCKS if block.partition("\n")[0] not in str(list(files()))] == [
        "- id: respect"
    ]


@pytest.mark.parametrize("name", files())
def test_an_example_has_no_problems(tmp_path: Path, name: str) -> None:
    """Copied into a file it is accepted as it stands."""
    file = tmp_path / "kitchen.yaml"
    file.write_text(files()[name], encoding="utf-8")
    if name.startswith(BESIDE):
        file.rename(tmp_path / ("lookback.yaml" if name == "steps:" else "measures.yaml"))
        scale = "scales:\n  - {id: listening, title: L, items: [kitchen.rating.heard], min_answered: 1, source: Own}\n"
        pause = (
            "  - id: pause\n    title: P\n    minutes: 1\n    items: [{id: arousal_after, kind: text, prompt: One?}]\n"
        )
        (tmp_path / "kitchen.yaml").write_text(CHAPTER + RATING + pause + scale, encoding="utf-8")
        (tmp_path / "workbook.yaml").write_text("title: Mine\nchapters: [kitchen]\n", encoding="utf-8")
        file = tmp_path
    assert [str(problem) for problem in definition.check(file)] == []
