"""Files for their owner only, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shlex
from typing import TYPE_CHECKING

from workbook import words
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
    settle(path.parent)


def give(path: Path, write_into: Callable[[Path], object]) -> None:
    """Do as `fill` does for a file somebody asked for: what goes wrong is a sentence, as a WorkbookError."""
    try:
        fill(path, write_into)
    except OSError as problem:
        raise WorkbookError(words.say("files.unwritten", file=path, problem=problem.strerror)) from None


def named(words: str, data: bytes, ending: str, *, day: object = "") -> str:
    """Return a file name that any computer takes, and another one for other content: none is laid over another.

    `words` are cut where they are long, and `day`, which stands behind them, never is.
    """
    plain = "-".join(filter(None, (_plain(words), _plain(str(day)))))
    return f"{plain or 'file'}-{hashlib.sha256(data).hexdigest()[:6]}.{ending}"


def _plain(words: str) -> str:
    return re.sub(r"[^\w-]+", "-", words)[:60].strip("-")


def erase(path: Path) -> None:
    """Remove a file after writing zeros over it; a disk may keep old blocks all the same. Raises OSError."""
    with path.open("r+b") as old:
        old.write(bytes(os.fstat(old.fileno()).st_size))
        old.flush()
        os.fsync(old.fileno())
    path.unlink()


def forbid_dumps() -> None:
    """Let no crash of this process, or of one it starts, write its memory to the disk: there may be answers in it.

    Windows has no such setting; it keeps dumps of a crash only when someone has asked for them.
    """
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_LEFT = frozenset(  # what file managers and systems leave in a folder someone has only looked into
    {
        *(".ds_store", ".localized", "icon\r", ".spotlight-v100", ".trashes", ".fseventsd", ".apdisk"),
        *("desktop.ini", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "$recycle.bin", "system volume information"),
        *(".directory", ".hidden", ".trash-1000", "lost+found", ".stfolder", ".dropbox", "@eadir", "#recycle"),
    }
)


def is_empty(folder: Path, besides: str = "") -> bool:
    """Say whether a folder holds nothing `besides` one name, and what a file manager leaves in it."""
    names = [one.name for one in folder.iterdir() if one.name != besides]
    return all(name.lower() in _LEFT or name.startswith("._") for name in names)


def settle(folder: Path) -> None:
    """Put a folder's own list of files on the disk: a rename is lasting only then. Windows does it by itself."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some network drives have no such thing
        held = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(held)
        finally:
            os.close(held)


def _flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def typed(path: Path) -> str:
    """Return a path as one types it after a command, in quotes where it needs them."""
    text = str(path)
    if os.name == "nt":
        return f'"{text}"' if re.search(r"[\s&()^;,=]", text) else text
    return shlex.quote(text)
