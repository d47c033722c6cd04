"""Files for their owner only, written whole or not at all; read only where they are ordinary, and not too large."""

from __future__ import annotations

import codecs
import contextlib
import errno
import hashlib
import os
import re
import secrets
import shlex
import stat
import unicodedata
from typing import TYPE_CHECKING

from workbook import words
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO


class NotOrdinary(OSError):
    """There is something else under a file's name: a folder, or what may wait for ever (a pipe, a socket, a device)."""


@contextlib.contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """Lend a file for reading that is an ordinary one of at most `most` bytes; nothing is waited for.

    Every file that somebody else may have put there is opened here. Raises NotOrdinary, and OSError, both before a
    byte is read; `strerror` says why.
    """
    _refuse_odd(path, path.stat(), most)  # a device may act when it is opened
    held = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(held, "rb") as file:
        _refuse_odd(path, os.fstat(held), most)  # another may have taken its place
        yield file


def read(path: Path, most: int) -> bytes:
    """Return what an ordinary file of at most `most` bytes holds. Raises as `opened` does."""
    with opened(path, most) as file:
        data = file.read(most + 1)
    if len(data) > most:  # it grew, or its system does not say how long it is
        raise _too_large(path)
    return data


def copy(path: Path, new: Path, most: int) -> None:
    """Copy an ordinary file as `write` would, a piece at a time. Raises as `opened` and `write` do."""

    def pour(into: Path) -> None:
        with opened(path, most) as file, into.open("wb") as out:
            while piece := file.read(2**20):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())

    fill(new, pour)


def _refuse_odd(path: Path, there: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(there.st_mode):
        raise NotOrdinary(errno.EINVAL, words.say("files.not_ordinary"), str(path))
    if there.st_size > most:
        raise _too_large(path)


def _too_large(path: Path) -> OSError:
    return OSError(errno.EFBIG, words.say("files.too_large"), str(path))


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


_ENDING = re.compile(r"[^.]\.[A-Za-z0-9]{1,12}$")  # “Dr. Lee” has none


def named(words: str, data: bytes, ending: str, *, day: object = "") -> str:
    """Return a file name that any computer takes, and another one for other content: none is laid over another.

    `words` are cut where they are long, and `day`, which stands behind them, never is.
    """
    plain = "-".join(filter(None, (_plain(words), _plain(str(day)))))
    return f"{plain or 'file'}-{hashlib.sha256(data).hexdigest()[:6]}.{ending}"


def placed(path: Path, name: str) -> Path:
    """Return where a file goes: a folder gets `name` added, a name without an ending gets that of `name`."""
    if path.is_dir():
        return path / name
    if _ENDING.search(path.name):
        return path
    return path.with_name(f"{path.name.rstrip('. ')}.{name.rpartition('.')[2]}")


def _plain(words: str) -> str:
    # The vowel signs of Hindi, Hebrew or Arabic belong to their letters.
    kept = "".join(
        sign if unicodedata.category(sign) in ("Mn", "Mc") else re.sub(r"[^\w-]", " ", sign) for sign in words
    )
    return "-".join(kept.split())[:60].strip("-")


def erase(path: Path) -> None:
    """Remove a file after writing zeros over it; a disk may keep old blocks all the same. Raises OSError.

    Of a link only the link goes: where it leads may be somebody else's.
    """
    if path.is_symlink():
        path.unlink()
        return
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


_MARKS = (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")


def text(data: bytes) -> str:
    """Return the text of a file, however an editor has saved it: UTF-8, UTF-16 (Notepad), or one byte a letter."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    zeros = data[:200].count(0)
    if zeros > len(data[:200]) // 4:  # UTF-16 without its mark: every other byte of our letters is 0
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def said(words: str) -> str:
    """Return what was typed after a command or put into a variable, where a terminal sent it in an older code page."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return text(words.encode("utf-8", "surrogateescape" if re.search("[\udc80-\udcff]", words) else "replace"))
    return words


def typed(path: Path | str) -> str:
    """Return a path, or a name, as one types it after a command, in quotes where it needs them."""
    text = str(path)
    if os.name == "nt":
        return f'"{text}"' if re.search(r"[\s&()^;,=]", text) else text
    return shlex.quote(text)
