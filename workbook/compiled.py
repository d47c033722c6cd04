"""What was worked out from the program's own files, kept where Python keeps its modules and trusted as they are.

Only what comes with the program is kept here, never anything of a file that somebody named: who may write in this
folder may write in the modules beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 5_000_000  # bytes; the shipped workbook has 210,000
_DIGEST = hashlib.sha256().digest_size


def found(name: str, made_from: bytes) -> bytes | None:
    """Return what is kept under a name, whole; None: nothing, or it was made from something else."""
    try:
        data = files.read(_path(name), _LARGEST)
    except OSError:
        return None
    head, rest = data[: 2 * _DIGEST], data[2 * _DIGEST :]
    return rest if head == _head(made_from, rest) else None


def keep(name: str, made_from: bytes, data: bytes) -> None:
    """Keep `data`, which these bytes and nothing else decide; where Python keeps no modules, nothing is kept."""
    if sys.dont_write_bytecode:
        return
    with contextlib.suppress(OSError):  # a folder that is not ours to write in; a disk that is full
        path = _path(name)
        files.write(path, _head(made_from, data) + data)
        shutil.copymode(__file__, path)  # whoever may read the one may read the other


def digest(parts: Iterable[Path], *versions: str) -> bytes:
    """Return one digest of Python, of these versions, and of what the files hold and are named. Raises OSError."""
    whole = hashlib.sha256("\n".join((sys.version, *versions)).encode())
    for path in parts:
        data = path.read_bytes()
        whole.update(f"\n{path.name} {len(data)}\n".encode())
        whole.update(data)
    return whole.digest()


def _head(made_from: bytes, data: bytes) -> bytes:
    return hashlib.sha256(made_from).digest() + hashlib.sha256(data).digest()


def _path(name: str) -> Path:
    return Path(__file__).parent / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.kept"
