"""A definition is read whole or refused with every problem, each with its line and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook import definition

CASES = Path(__file__).parent / "cases" / "definitions"


def files_of(case: Path) -> tuple[dict[str, bytes], str]:
    """Return the files of a case and the problems it expects."""
    _, *parts = case.read_bytes().split(b"\n>>> ")
    *files, expected = (part.partition(b"\n") for part in parts)
    return {name.decode(): text for name, _, text in files}, expected[2].decode().strip()


@pytest.mark.parametrize("case", sorted(CASES.glob("*.case")), ids=lambda case: case.stem)
def test_each_bad_definition_is_answered_with_all_its_problems(case: Path, tmp_path: Path) -> None:
    """A bad definition is answered with every problem, and nothing else."""
    files, expected = files_of(case)
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    path = tmp_path if "workbook.yaml" in files else tmp_path / next(iter(files))
    assert "\n".join(map(str, definition.check(path))) == expected
