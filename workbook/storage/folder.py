"""What makes a folder a journal, and where in it things are."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from workbook import files
from workbook.errors import JournalError

FORMAT = 1
HIDDEN = ".mend"  # everything but the notebooks
MARK = Path(HIDDEN, "journal.json")  # a folder that has it is a journal
ANSWERS = Path(HIDDEN, "answers.sqlite")
BACKUPS = Path(HIDDEN, "backups")
KEYS = Path(HIDDEN, "keys")


def make(path: Path, now: datetime) -> None:
    """Make a folder into a journal. Raises JournalError when it is one already, or cannot be one."""
    if (path / MARK).exists():
        raise JournalError(f"{path} is already a journal. Open it with: workbook open {files.typed(path)}")
    make_folders(path)
    mark = {"format": FORMAT, "id": secrets.token_hex(16), "created": now.astimezone(UTC).isoformat()}
    files.write(path / MARK, json.dumps(mark).encode())


def make_folders(path: Path) -> None:
    """Make a journal's folders, for their owner alone. Raises JournalError."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        for folder in (HIDDEN, BACKUPS, KEYS):
            (path / folder).mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise JournalError(f"{path.parent} does not exist. Make that folder first, or choose another.") from None
    except OSError as problem:
        raise JournalError(
            f"{path} cannot be made into a journal: {problem.strerror}. Choose a folder you may write in."
        ) from None


def check(path: Path) -> str:
    """Return the id of a journal. Raises JournalError when its mark is damaged, or a newer version made it."""
    try:
        mark = json.loads((path / MARK).read_text())
        made, id_ = int(mark["format"]), str(mark["id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise JournalError(
            f"{path / MARK} cannot be read, so it is not certain that {path} is a journal. Nothing was changed. "
            "Give yourself the right to read it, or put it back from a copy."
        ) from None
    if made > FORMAT:
        raise JournalError(
            f"{path} was made by a newer version of Mend (format {made}; this one knows {FORMAT}). "
            "Nothing was changed. Install the newer version to open it."
        )
    return id_
