"""SQLite files: opened, copied, put under another key; what goes wrong with one is a sentence."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from workbook import files, words
from workbook.errors import Damaged, StoreError
from workbook.storage.schema import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 2**30  # bytes of a file of answers: hundreds of times what many years come to
GLANCE = 3.0  # seconds in which a kernel has read ahead, also on a machine that has much to do
_STEP = 3_000_000_000  # nanoseconds after which a write shows in a file's times, on any file system
BUSY = 60.0  # seconds to wait for other kernels before giving up

# Every SQLite file is opened with the one SQLite library in sqlcipher3, locked or not: two copies of SQLite
# in a process do not see each other's file locks.


def connect(file: Path, key: bytes | None = None, *, wal: bool = True) -> Any:
    """Return a bare DB-API connection to a SQLite file (made when missing, for its owner only).

    `wal`: several may write at once, with a log beside the file; a copy is one file and has none.
    """
    from sqlcipher3 import dbapi2

    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for
            raise files.NotOrdinary(errno.EINVAL, words.say("files.not_ordinary"), str(file))
    except FileNotFoundError:
        if file.is_symlink():  # of a drive that is not there: SQLite would begin a new one where the link leads
            raise
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = dbapi2.connect(str(file), timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # it would print a wrong key's trouble on stderr
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        if wal:
            _set_wal(connection)
        for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def is_plain(file: Path) -> bool:
    """Say whether a file is a SQLite database anyone can read; a locked one looks like noise."""
    with files.opened(file, LARGEST) as opened:
        return opened.read(16) == b"SQLite format 3\0"


def begun(file: Path) -> bool:
    """Say, without a key, whether a file of answers may hold any: a locked one and one that cannot be read may."""
    try:
        if not file.exists() or not file.stat().st_size:
            return False
        if not is_plain(file):
            return True
        from sqlcipher3 import dbapi2

        with contextlib.closing(dbapi2.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as reading:
            return reading.execute("SELECT 1 FROM answers LIMIT 1").fetchone() is not None
    except Exception:  # the disk, the system, a part that is missing: the page that asks is sent whatever it is
        return True


def rewrite(file: Path, key: bytes | None, new_key: bytes | None) -> None:
    """Replace a SQLite file by the same under another key; what was there is overwritten first.

    The old file is whole until the new one is, whenever the power goes.
    Raises StoreError when another program has the file open.
    """
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    try:
        _rewrite(file, key, new, new_key)
    except BaseException:
        new.unlink(missing_ok=True)  # half of it may be readable
        raise


def _rewrite(file: Path, key: bytes | None, new: Path, new_key: bytes | None) -> None:
    with in_words(str(file)), contextlib.closing(connect(file, key, wal=False)) as connection:
        connection.execute("PRAGMA busy_timeout = 3000")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # held until closed
        _leave_wal(connection)
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        hexed = f"x'{new_key.hex()}'" if new_key else ""
        connection.execute("ATTACH DATABASE ? AS new KEY ?", (str(new), hexed))
        connection.execute("SELECT sqlcipher_export('new')").fetchall()
        connection.execute("DETACH new")
        with contextlib.closing(connect(new, new_key, wal=False)) as copy:
            if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise damaged(file)
        to_disk(new)
        if os.name != "nt":
            _replace(file, new)
    if os.name == "nt":  # an open file cannot be replaced there
        _replace_closed(file, new)


def _replace(file: Path, new: Path) -> None:
    """Put `new` in the place of `file` in one step, then write zeros over what `file` was.

    What has a second name is a copy that somebody keeps elsewhere: it stays as it is.
    """
    with file.open("r+b") as old:
        there = os.fstat(old.fileno())
        size = there.st_size if there.st_nlink == 1 else 0
        new.replace(file)
        files.settle(file.parent)  # the new file has the name for good before the old one goes
        with contextlib.suppress(OSError):  # it has no name any more; the new one is in its place whatever happens here
            for _ in range(0, size, 65536):
                old.write(bytes(65536))
            old.flush()
            os.fsync(old.fileno())


def _replace_closed(file: Path, new: Path) -> None:
    """Do the same where a file in use cannot be replaced: a second name keeps the old one within reach."""
    old = file.with_name(f"{file.name}.new-old")
    old.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # a stick may have no second names; then the old blocks stay as they are
        if file.stat().st_nlink == 1:
            os.link(file, old)
    new.replace(file)
    with contextlib.suppress(OSError):
        files.erase(old)


def to_disk(file: Path) -> None:
    with file.open("r+b") as opened:  # Windows flushes only what may be written
        os.fsync(opened.fileno())


def identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


class _State(NamedTuple):
    """Which file it is, how many bytes it has, and when it was written and changed, in nanoseconds since 1970."""

    device: int
    number: int
    size: int
    written: int
    changed: int


class Written(NamedTuple):
    """How a file and its log are: what is another after a write, whoever made it. None: it is not there."""

    file: _State | None
    log: _State | None


def written(file: Path) -> Written:
    """Return how a file of answers and its log are now."""
    return Written(_state(file), _state(file.with_name(f"{file.name}-wal")))


def _state(file: Path) -> _State | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return _State(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def settled(before: Written, after: Written) -> bool:
    """Say whether closing changed nothing but an empty log, and whatever is written now would show in the times.

    A file system counts its times in steps of milliseconds, some in two seconds: two writes in one step look alike.
    """
    times = [state.written for state in after if state is not None]
    return unwritten(after, before) and all(time.time_ns() - at > _STEP for at in times)


def unwritten(before: Written, after: Written) -> bool:
    """Say whether nothing was written between.

    Whoever opens a file makes it a log, which is empty at first, or sets anew who may read the one that is there.
    """
    one, other = (state and state._replace(changed=0) for state in (before.log, after.log))
    made = one is None and other is not None and other.size == 0
    return before.file == after.file and (one == other or made)


def driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _leave_wal(connection: Any) -> None:
    """Have one file without a log. That fails while anyone else has it open; who only glances at it is soon gone."""
    from sqlcipher3 import dbapi2

    until = time.monotonic() + GLANCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            return
        except dbapi2.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _set_wal(connection: Any) -> None:
    """Switch to WAL once; SQLite does not wait for others here, so several first openings take turns."""
    from sqlcipher3 import dbapi2

    until = time.monotonic() + BUSY
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except dbapi2.OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def engine(file: Path, key: bytes | None, wal: bool) -> sa.Engine:
    from sqlcipher3 import dbapi2

    return sa.create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect(file, key, wal=wal),
        poolclass=QueuePool,
        pool_size=1,  # one connection: PRAGMA data_version counts the writes of others only
        max_overflow=0,
        pool_timeout=BUSY,
        json_serializer=as_json,
        hide_parameters=True,  # an answer must not stand in a traceback
    )


def server(url: str, owner: str = "") -> sa.Engine:
    """Return connections to a server, each of which says whose it is where that is anyone's."""
    engine = sa.create_engine(url, json_serializer=as_json, hide_parameters=True, pool_pre_ping=True)
    if not owner:
        return engine

    @sa.event.listens_for(engine, "connect")
    def say(connection: Any, _: object) -> None:
        connection.execute("SELECT set_config('mend.owner', %s, false)", (owner,))
        connection.commit()  # a setting made in a transaction goes with it

    return engine


def encodable(text: str) -> str:
    """Half an emoji, as a browser may send it, becomes "?" instead of an answer that cannot be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def as_json(value: object) -> str:
    return encodable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


# --- words for what goes wrong ---

_SIGNS = {  # what SQLite or the system says → a sentence of `storage.file`
    "disk is full": "full",
    "no space left": "full",
    "disk i/o error": "refused",
    "readonly": "read_only",
    "read-only": "read_only",
    "permission": "not_yours",
    "no such file": "not_there",
    "unable to open": "not_there",
    "not a database": "not_read",
    "malformed": "damaged",
    "could not decode": "damaged",
    "database is locked": "in_use",
}
_DAMAGE = ("not_read", "damaged")


def damaged(where: object) -> Damaged:
    """Return the error for a file that is not what was stored."""
    return Damaged(words.say("storage.file.damaged", where=where))


@contextlib.contextmanager
def in_words(where: str) -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as problem:
        raise _in_sentence(problem, where) from problem
    except (Unreadable, json.JSONDecodeError, UnicodeDecodeError, RecursionError):  # each quotes what it cannot read
        raise damaged(where) from None
    except Exception as problem:
        if type(problem).__module__.startswith("sqlcipher3"):
            raise _in_sentence(problem, where) from problem
        raise


def _in_sentence(problem: BaseException, where: str) -> StoreError:
    """The error for a person; never with an answer in it."""
    if isinstance(problem, files.NotOrdinary):
        return StoreError(words.say("storage.file.no_file", where=where))
    if isinstance(problem, OSError) and problem.errno == errno.EFBIG:
        return StoreError(words.say("storage.file.too_large", where=where))
    said = str(getattr(problem, "orig", None) or problem).lower()
    for sign, what in _SIGNS.items():
        if sign in said:
            return (Damaged if what in _DAMAGE else StoreError)(words.say(f"storage.file.{what}", where=where))
    return StoreError(words.say("storage.file.wrong", where=where, kind=type(problem).__name__))
