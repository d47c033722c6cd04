"""Start `workbook open` as a person would, and look at what it started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import Page


class Place(NamedTuple):
    """A computer of its own, as far as files go."""

    home: Path
    temporary: Path
    profile: Path

    @property
    def journal(self) -> Path:
        return self.home / "Mend"

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "USERPROFILE": str(self.home), "TMPDIR": str(self.temporary)}


ALONE = ("--ahead", "0")  # for a test of few pages: no kernel waits for the next
WORKBOOK = ("-P", "-m", "workbook")  # -P: like the `workbook` command, import nothing from where it is typed


class Lab:
    """One running `workbook open`, or another `command` (of another `program`), with `environment` besides."""

    def __init__(
        self,
        journal: Path,
        *options: str,
        command: Sequence[str] = ("open",),
        program: Sequence[str] = WORKBOOK,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        browser: bool = False,
    ) -> None:
        self.journal = journal
        if "--port" not in options:
            options = (*options, "--port", str(free_port()))  # two runs on one machine may ask at once
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *program, *command, str(journal), *([] if browser else ["--no-browser"]), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
            cwd=folder,
        )
        self.said: list[str] = []
        self.address = self._wait_for_address()
        self.took = time.monotonic() - began  # seconds until the address was printed
        threading.Thread(target=self.said.extend, args=(self.process.stdout,), daemon=True).start()

    def _wait_for_address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError("workbook open stopped without an address:\n" + "".join(self.said))

    @property
    def token(self) -> str:
        return self.address.split("token=")[1]

    @property
    def base(self) -> str:
        """The path below which this server serves anything: `/…/`, another at each start; elsewhere `/`."""
        return re.sub(r"lab(/tree/.*)?$", "", urlsplit(self.address).path)

    def url(self, path: str) -> str:
        """Return the address of a path on this server, with the token."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}{self.base}{path}?token={self.token}"

    def page(self, notebook: str) -> str:
        """Return the address of a chapter's page by itself."""
        return self.url(f"voila/render/{notebook}.ipynb")

    def kernels(self) -> list[int]:
        """Return the process ids of the pages' kernels, without the one that waits for the next page."""
        with urllib.request.urlopen(self.url("api/kernels")) as answer:  # noqa: S310 # our own server
            ids = [kernel["id"] for kernel in json.load(answer)]
        return [pid for pid in children(self.process.pid) if any(id in command(pid) for id in ids)]

    def started(self) -> list[int]:
        """Return the process ids of all that the server started: the pages' kernels, and those that wait for a page."""
        return children(self.process.pid)

    def kernel_of(self, page: Page) -> int:
        """Return the process id of the kernel behind a page: beside it, others come and go."""
        id = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
        [kernel] = [pid for pid in children(self.process.pid) if id in command(pid)]
        return kernel

    def stop(self) -> int:
        """Press Ctrl-C, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def serving(
    journal: Path,
    *options: str,
    command: Sequence[str] = ("open",),
    program: Sequence[str] = WORKBOOK,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    browser: bool = False,
) -> Iterator[Lab]:
    """Run `workbook open` on a journal, and stop it afterwards whatever happened."""
    lab = Lab(
        journal, *options, command=command, program=program, environment=environment, folder=folder, browser=browser
    )
    try:
        yield lab
    finally:
        left = children(lab.process.pid)
        try:
            with contextlib.suppress(*([] if program == WORKBOOK else [subprocess.TimeoutExpired])):
                lab.stop()  # how long another program takes to end is its own matter
        finally:
            lab.process.kill()
            for pid in left if program != WORKBOOK else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port that no program uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """Return the direct children of a process."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)],  # noqa: S607 # the system's own ps
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(each) for each in found.stdout.split()]


def command(pid: int) -> str:
    """Return the command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pid: int) -> None:
    """End a process without warning."""
    os.kill(pid, signal.SIGKILL)
