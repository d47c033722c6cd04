"""A PostgreSQL server of the tests' own, in a temporary folder, gone when they are."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def programs() -> Path | None:
    """Return the folder with `initdb` and `postgres`, newest version first; None when none is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    # Debian and Ubuntu keep each version apart, off the PATH.
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in versions), key=lambda path: float(path.parent.name), default=None)


class Server:
    """One running server. It listens on a socket in its own folder, and to nobody else."""

    def __init__(self, folder: Path, call: Callable[..., None], started: tuple[object, ...]) -> None:
        self._folder, self._call, self._started = folder, call, started
        self._made = 0

    @property
    def log(self) -> Path:
        """All that the server itself says."""
        return self._folder / "log"

    def kill(self) -> None:
        """End it as a power cut would, whatever it is doing."""
        self._call("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again; when this returns, it answers."""
        self._call("pg_ctl", *self._started)

    def dump(self, url: str) -> bytes:
        """Return all of a database as `pg_dump` writes it, as the administrator."""
        name = url.partition("@/")[2].partition("?")[0]
        file = self._folder / f"{name}.dump"
        self._call("pg_dump", "-h", self._folder, "-U", "mend", "-f", file, name)
        return file.read_bytes()

    def database(self) -> str:
        """Make an empty database and return its URL."""
        import psycopg

        self._made += 1
        name = f"mend{self._made}"
        with psycopg.connect(f"host={self._folder} user=mend dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://mend@/{name}?host={self._folder}"

    def account(self, url: str, name: str, *, owns: bool = False) -> str:
        """Return the URL of a database for an ordinary account, made when missing; it may own the database."""
        if not self.ask(url, ("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))):
            self.ask(url, f"CREATE ROLE {name} LOGIN")
        if owns:
            self.ask(url, f"ALTER DATABASE {url.partition('@/')[2].partition('?')[0]} OWNER TO {name}")
        return url.replace("//mend@", f"//{name}@")

    def ask(self, url: str, *statements: str | tuple[str, tuple[object, ...]]) -> list[Any]:
        """Make statements, all or none, with the account the URL names; return the rows of the last."""
        import psycopg

        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            for one in statements:
                said, values = (one, None) if isinstance(one, str) else one
                cursor = connection.execute(said.encode(), values)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running(bin_: Path, *, fsync: bool = False) -> Iterator[Server]:
    """Make and start a server, and stop it afterwards whatever happened. `fsync`: it waits for the disk."""
    with tempfile.TemporaryDirectory(prefix="mend-pg-", ignore_cleanup_errors=True) as name:
        folder, data = Path(name), Path(name, "data")
        account: dict[str, str] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; its package made this account
            account = {"user": "postgres", "group": "postgres"}
            shutil.chown(folder, **account)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={'on' if fsync else 'off'}"

        def call(program: str, *arguments: object) -> None:
            command = [str(bin_ / program), *map(str, arguments)]
            with Path(os.devnull).open("w") as nowhere:
                subprocess.run(command, check=True, stdout=nowhere, cwd=folder, **account)

        call("initdb", "-D", data, "-U", "mend", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        server = Server(folder, call, ("-D", data, "-o", options, "-l", folder / "log", "-w", "start"))
        server.start()
        try:
            yield server
        finally:
            server.kill()
