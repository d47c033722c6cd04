"""The list a clinician signs: each sentence of our own judgement as it reads, with what it is written under."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest

from workbook.safety import judgements

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
source: Ours, under the same title (S)
title: Rest
when: A finding of others
parts:
  - source: Ours, under the title (S)
  - text: Ours, and the text itself (S)
  - prompt: How was it?
    help: >-
      Over
      two lines (S)
"""


@pytest.mark.parametrize("whole", [True, False], ids=["a folder", "one file"])
def test_a_judgement_is_read_with_what_it_is_written_under(tmp_path: Path, whole: bool) -> None:
    """Nearest title, text or prompt first; the sentence alone where it is that text; what bears no mark is left out."""
    file = tmp_path / "part" / "a.yaml" if whole else tmp_path / "a.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(FILE, encoding="utf-8")
    name = file.relative_to(tmp_path).as_posix()
    assert [str(one) for one in judgements.review(tmp_path if whole else file)] == [
        f"{name}:1  Rest: Ours, under the same title (S)",
        f"{name}:5  Rest: Ours, under the title (S)",
        f"{name}:6  Ours, and the text itself (S)",
        f"{name}:8  How was it?: Over two lines (S)",
    ]


def test_what_stands_under_nothing_begins_with_itself(tmp_path: Path) -> None:
    """No colon before it; an empty file holds none; what was found is not changed by whoever lists it."""
    (tmp_path / "a.yaml").write_text("- Ours (S)\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("", encoding="utf-8")
    [one] = judgements.review(tmp_path)
    assert str(one) == "a.yaml:1  Ours (S)"
    with pytest.raises(FrozenInstanceError):
        one.line = 2  # type: ignore[misc]  # that is what is tried
