"""Fifty slips of newcomers' hands are each understood, or named with line, caret and cure, all of a file at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbook import definition
from workbook.definition import reading, slips
from workbook.errors import DefinitionError

_, GOOD, *CASES = (Path(__file__).parent / "cases" / "slips.txt").read_text("utf-8").split("\n>>> ")
GOOD = GOOD.partition("\n")[2].rstrip() + "\n"

# Understood without a word: what only looks like a space.
SILENT = {
    "no-break spaces as indent",
    "a no-break space after a colon",
    "a no-break space before a colon",
    "a no-break space after a hyphen",
    "a zero-width space in front",
}


def slipped(case: str) -> tuple[str, str]:
    """Return the text of a case's file and what it expects."""
    text, rows = GOOD, case.rstrip().split("\n")[1:]
    edits = [row for row in rows if row[:2] in ("- ", "+ ")]
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        before, after = json.loads(old[2:]), json.loads(new[2:])
        assert text.count(before) >= 1
        text = text.replace(before, after, 1)
    return text, "\n".join(row for row in rows if row not in edits)


def said(text: str, folder: Path) -> str:
    """Return every problem with its line and caret, as `workbook check` prints them."""
    file = folder / "kitchen.yaml"
    file.write_text(text, encoding="utf-8")
    return "\n".join("\n".join(filter(None, (str(one), one.pointed))) for one in definition.check(file))


@pytest.mark.parametrize("case", CASES, ids=[case.partition("\n")[0] for case in CASES])
def test_a_slip_is_understood_or_named_with_its_cure(case: str, tmp_path: Path) -> None:
    """All that is said of the file is what its case says: the slip, and nothing that only follows from it."""
    text, expected = slipped(case)
    shown = said(text, tmp_path)
    assert shown.translate({ord(one): " " for one in "\u00a0\u200b\t"}) == expected
    assert bool(expected) == (case.partition("\n")[0] not in SILENT)


def test_there_are_fifty_and_the_file_they_spoil_is_good(tmp_path: Path) -> None:
    """The cases are read from their file, and what they are made from has no problem."""
    assert len(CASES) >= 50
    assert said(GOOD, tmp_path) == ""


def test_what_only_looks_like_a_space_is_read_as_one(tmp_path: Path) -> None:
    """A file indented with no-break spaces is the same workbook; inside a text they stay."""
    file = tmp_path / "kitchen.yaml"
    file.write_text(GOOD, encoding="utf-8")
    plain = definition.load(file)
    file.write_text(GOOD.replace("        kind:", "\u00a0" * 8 + "kind:\u00a0"), encoding="utf-8")
    assert definition.load(file) == plain
    file.write_text(GOOD.replace("Was I invited?", "Was\u00a0I invited?"), encoding="utf-8")
    assert definition.load(file).item("kitchen.table.invited").prompt == "Was\u00a0I invited?"


@pytest.mark.parametrize(
    "text",
    [
        "help: |\n  – a dash\n  * a star\n  -no space: here\n  kind:yes\n",
        "help: >\n  \u00a0\u00a0 in a block\n",
        "help: A text # with a comment\n",
        "help: “Whole in curly quotes”\n",
        "link: https://example.org/a#b\n",
        "list:\n- one\n- two: 2\n",
        'help: "two lines\n  of one text"\n',
    ],
)
def test_what_is_meant_as_it_stands_is_left_alone(text: str) -> None:
    """Inside a block of text, in a link, behind a comment sign with a space: nothing is mended and nothing named."""
    mended, found = slips.mended(text)
    assert found == []
    assert mended.replace("\u00a0", " ") == text.replace("\u00a0", " ")


@pytest.mark.parametrize("line", ["k{n}: What now: this?", "k{n}: @a", "k{n}: [a, b"])
def test_a_file_full_of_slips_is_read_no_further_than_helps(line: str, tmp_path: Path) -> None:
    """Each slip costs one more reading, so after twenty-five the rest waits until those are mended."""
    file = tmp_path / "kitchen.yaml"
    file.write_text("\n".join(line.format(n=number) for number in range(200)), encoding="utf-8")
    with pytest.raises(DefinitionError) as said:
        reading.read(file)
    assert len(said.value.problems) == reading.MOST_STOPS + 1 == 26
