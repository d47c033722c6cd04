"""The key of a locked journal, from `workbook open` to the kernels of the same person: held, lent, and forgotten."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import struct
import tempfile
import threading
import time
from datetime import timedelta
from multiprocessing.connection import Client, Connection, Listener
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IDLE = timedelta(minutes=30)  # without anyone, until the journal locks itself
ADDRESS = "MEND_KEEPER"  # the environment variable that tells a kernel where to ask; not a secret

_LONGEST = 200  # bytes of a message; bytes as they are, never objects that would be unpacked
_PATIENCE = 10.0  # seconds to wait for a word from the other side: a busy machine may hold it up


def awake_and_asleep() -> float:
    """Seconds, counted on while the computer sleeps: a lid closed in the evening has locked by the morning.

    Linux calls that clock BOOTTIME, on macOS it is MONOTONIC itself; Python's own stands still there.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Keeper:
    """Holds the key while the workbook is open, gives it to kernels of the same person, forgets it when idle.

    It listens on a socket in a folder only its owner may enter, on Windows on a pipe with a random name; `environment`
    tells kernels where.
    """

    def __init__(
        self, key: bytes | None = None, idle: timedelta = IDLE, seconds: Callable[[], float] = awake_and_asleep
    ) -> None:
        self._key = key
        self._idle = idle.total_seconds()
        self._seconds = seconds
        self._used = seconds()
        self._watchers: list[Connection] = []
        self._guard = threading.Lock()
        self._folder: str | None = None
        self._address = ""
        self._listener: Listener | None = None
        self._closed = threading.Event()

    def __repr__(self) -> str:
        return "Keeper()"

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel's environment needs: where to ask, never a key."""
        return {ADDRESS: self._address} if self._address else {}

    def __enter__(self) -> Keeper:
        if os.name == "nt":
            self._address = rf"\\.\pipe\mend-{secrets.token_hex(16)}"
            self._listener = Listener(self._address, "AF_PIPE")
        elif hasattr(socket, "AF_UNIX"):
            self._folder = tempfile.mkdtemp(prefix="mend-key-")  # 0700
            self._address = f"{self._folder}/key"
            self._listener = Listener(self._address, "AF_UNIX", backlog=32)
        else:  # nowhere to ask: each page asks for the passphrase
            return self
        threading.Thread(target=self._serve, args=(self._listener,), name="keeper", daemon=True).start()
        threading.Thread(target=self._look, name="keeper-idle", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()
        self._closed.set()
        if self._listener is not None:
            with contextlib.suppress(OSError), Client(self._address):  # wakes who waits for a caller
                pass
            with contextlib.suppress(FileNotFoundError):  # a system cleans its temporary folder after days
                self._listener.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def forget(self) -> None:
        """Lock now: drop the key and tell every kernel."""
        with self._guard:
            self._key = None
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            with contextlib.suppress(OSError), watcher:
                watcher.send_bytes(b"gone")

    def _look(self) -> None:
        """Forget the key when nobody has been here for too long."""
        while not self._closed.wait(min(1.0, self._idle / 4)):
            self._forget_when_idle()

    def _forget_when_idle(self) -> None:
        if self._key is not None and self._seconds() - self._used > self._idle:
            self.forget()

    def _serve(self, listener: Listener) -> None:
        while not self._closed.is_set():
            try:
                caller = listener.accept()
            except (OSError, EOFError):  # closed: the workbook is; or a caller who left at once
                continue
            self._forget_when_idle()
            # Each is heard apart, so that one who says nothing keeps nobody waiting.
            threading.Thread(target=self._hear, args=(caller,), name="keeper-answer", daemon=True).start()

    def _hear(self, caller: Connection) -> None:
        kept = False
        with contextlib.suppress(OSError, EOFError, ValueError):
            if _same_person(caller) and caller.poll(_PATIENCE):
                kept = self._answer(caller, caller.recv_bytes(_LONGEST))
        if not kept:
            caller.close()

    def _answer(self, caller: Connection, asked: bytes) -> bool:
        """Answer one caller; return whether the line stays open."""
        word, _, rest = asked.partition(b" ")
        with self._guard:
            if word == b"keep":
                self._key = bytes.fromhex(rest.decode("ascii"))
            if self._key is not None and word != b"watch":  # a page says that a little after it has asked for the key
                self._used = self._seconds()
            if word == b"watch" and self._key is not None:
                self._watchers.append(caller)
                return True
            key = self._key
        caller.send_bytes(b"gone" if key is None else key.hex().encode() if word == b"key" else b"kept")
        return False


def borrow(environ: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the key from the keeper of this workbook; None when there is none, or it has forgotten it."""
    said = _ask(b"key", environ)
    return bytes.fromhex(said.decode("ascii")) if said not in (None, b"gone", b"kept") else None


def lend(key: bytes, environ: Mapping[str, str] = os.environ) -> None:
    """Give the keeper a key that was just unlocked, so that other pages need not ask."""
    _ask(b"keep " + key.hex().encode(), environ)


def used(environ: Mapping[str, str] = os.environ) -> None:
    """Tell the keeper that someone is here, so that it does not lock."""
    _ask(b"used", environ)


def watch(gone: Callable[[], object], environ: Mapping[str, str] = os.environ) -> None:
    """Call `gone`, from another thread, when the keeper forgets the key or the workbook is closed."""
    where = environ.get(ADDRESS)
    if not where:
        return

    def wait() -> None:
        with contextlib.suppress(OSError, EOFError), Client(where) as asking:
            asking.send_bytes(b"watch")
            asking.recv_bytes(_LONGEST)
        gone()

    threading.Thread(target=wait, name="keeper-watch", daemon=True).start()


def _ask(said: bytes, environ: Mapping[str, str]) -> bytes | None:
    where = environ.get(ADDRESS)
    if not where:
        return None
    with contextlib.suppress(OSError, EOFError), Client(where) as asking:
        asking.send_bytes(said)
        if asking.poll(_PATIENCE):
            return asking.recv_bytes(_LONGEST)
    return None


def _same_person(caller: Connection) -> bool:
    """The folder keeps others out; where the system also says who is calling, that is checked too."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    with socket.socket(fileno=os.dup(caller.fileno())) as line:
        _, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(uid == os.getuid())
