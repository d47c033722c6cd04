"""Files for their owner only, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Put `data` in a file, on the disk when this returns; a file that is there is replaced at once. Raises OSError."""
    fill(path, lambda new: _flushed(new, data))


def fill(path: Path, write_into: Callable[[Path], object]) -> None:
    """Let `write_into` write a new file, then put it where `path` is. Raises OSError; nothing is left half-written."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        write_into(new)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def give(path: Path, write_into: Callable[[Path], object]) -> None:
    """Do as `fill` does for a file somebody asked for: what goes wrong is a sentence, as a WorkbookError."""
    try:
        fill(path, write_into)
    except OSError as problem:
        raise WorkbookError(
            f"{path} could not be written: {problem.strerror}. Choose a folder that exists and that you may write in."
        ) from None


def _flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
