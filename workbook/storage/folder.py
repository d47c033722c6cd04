"""What makes a folder a journal, and where in it things are."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from workbook import files, words
from workbook.errors import JournalError

FORMAT = 1
LARGEST = 1024 * 1024  # bytes of a small file beside the answers: the mark, the lock
HIDDEN = ".mend"  # everything but the notebooks
MARK = Path(HIDDEN, "journal.json")  # a folder that has it is a journal
ANSWERS = Path(HIDDEN, "answers.sqlite")
BACKUPS = Path(HIDDEN, "backups")
KEYS = Path(HIDDEN, "keys")


def make(path: Path, now: datetime) -> None:
    """Make a folder into a journal. Raises JournalError when it is one already, or cannot be one."""
    if (path / MARK).exists():
        raise JournalError(words.say("storage.folder.is_one", path=path, typed=files.typed(path)))
    make_folders(path)
    mark = {"format": FORMAT, "id": secrets.token_hex(16), "created": now.astimezone(UTC).isoformat()}
    try:
        files.write(path / MARK, json.dumps(mark).encode())
    except OSError as problem:
        raise JournalError(words.say("storage.folder.refused", path=path, problem=problem.strerror)) from None


def may_be_made(path: Path) -> bool:
    """Say whether there is nothing in a folder, or no folder; what an interrupted `make` left is nothing."""
    if not path.exists():
        return True
    if not path.is_dir() or not files.is_empty(path, besides=HIDDEN):
        return False
    return all(one.is_dir() or one.match("journal.json.*.new") for one in (path / HIDDEN).rglob("*"))


def make_folders(path: Path) -> None:
    """Make a journal's folders, for their owner alone. Raises JournalError."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        for folder in (HIDDEN, BACKUPS, KEYS):
            (path / folder).mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise JournalError(words.say("storage.folder.no_parent", path=path.parent)) from None
    except OSError as problem:
        raise JournalError(words.say("storage.folder.refused", path=path, problem=problem.strerror)) from None


def check(path: Path) -> str:
    """Return the id of a journal. Raises JournalError when its mark is damaged, or a newer version made it."""
    try:
        mark = json.loads(files.read(path / MARK, LARGEST))
        made, id_ = int(mark["format"]), str(mark["id"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):  # damaged, or made to look so
        raise JournalError(words.say("storage.folder.unread", mark=path / MARK, path=path)) from None
    if made > FORMAT:
        raise JournalError(words.say("storage.folder.newer", path=path, made=made, known=FORMAT))
    return id_
