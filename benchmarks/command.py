"""How long the command line takes to say what it can do, beside a Python that does nothing: `workbook --help`."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.ratios import Ratio, medians

if TYPE_CHECKING:
    from collections.abc import Iterator


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 # our own words


def ratios() -> Iterator[Ratio]:
    """New processes, all three."""
    nothing, click, ours = medians(
        lambda: _run("-c", "pass"),
        lambda: _run("-c", "import click"),
        lambda: _run("-c", "from workbook.cli.client import main; main(['--help'])"),
        times=40,
    )
    yield Ratio("`workbook --help`", "`python -c pass`", ours / nothing, 4)
    yield Ratio("`workbook --help`", "`python -c 'import click'`", ours / click)
