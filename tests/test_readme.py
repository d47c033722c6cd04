"""What the README and the page for those who fill it in say to type works, line by line, on a clean copy of this."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import threading
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/using.md")
FENCED = re.compile(r"^```\n(.*?)^```$", re.M | re.S)

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="What is typed there is another shell's."),
]


class Terminal:
    """Someone's terminal: a folder they are in, a home of their own, and a browser that tells what it was to open.

    What another program would fetch from the network is here already: uv's and pip's part is done with the libraries
    that run this test.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.python = sys.executable
        self.opened = folder / "opened"
        os.mkfifo(self.opened)
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {self.opened}\n')
        browser.chmod(0o700)
        self.place = {**os.environ, "HOME": str(self.home), "BROWSER": str(browser), "PYTHONDONTWRITEBYTECODE": "1"}

    def type(self, line: str) -> None:
        """Do what a line says."""
        for pattern, act in TYPED.items():
            if found := re.fullmatch(pattern, line):
                act(self, *found.groups())
                return
        raise AssertionError(f"Nobody tried what this line does: {line}")

    def run(self, *typed: str) -> str:
        done = subprocess.run(
            typed, cwd=self.folder, env=self.place, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def clone(self) -> None:
        self.run("git", "clone", "--quiet", str(ROOT), "mend")

    def go_into(self, name: str) -> None:
        self.folder /= name
        assert self.folder.is_dir()

    def environment(self, name: str) -> None:
        venv.create(self.folder / name, with_pip=False)
        self.python = str(self.folder / name / "bin" / "python")

    def install(self) -> None:
        """As pip does: the wheel, unpacked, and the libraries that it needs."""
        built = self.folder / "built"
        self.run(sys.executable, "-c", f"from hatchling.build import build_wheel; build_wheel({str(built)!r})")
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = Path(self.run(self.python, "-c", ask).strip())
        [wheel] = built.glob("*.whl")
        zipfile.ZipFile(wheel).extractall(packages)
        (packages / "dependencies.pth").write_text(self.run(sys.executable, "-c", ask))

    def open(self) -> None:
        """It makes the journal, and a browser opens on its first page; Ctrl-C ends it."""
        journal = self.home / "Mend"
        assert not journal.exists()
        heard = os.open(self.opened, os.O_RDWR | os.O_NONBLOCK)
        with subprocess.Popen(
            [self.python, "-m", "workbook", "open"],
            cwd=self.folder, env=self.place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            impatient = threading.Timer(300, process.kill)
            impatient.start()
            try:
                assert process.stdout is not None
                said = ""
                while "http://" not in said and (line := process.stdout.readline()):
                    said += line  # the address is said once there is someone to answer
                ready, _, _ = select.select([heard], [], [], 300)
                assert ready, f"no browser was opened: {said}"
                address = os.read(heard, 4096).decode()
                with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310  on this machine
                    assert (page.status, b"jupyter-config-data" in page.read()) == (200, True)
            finally:
                process.send_signal(signal.SIGINT)
                said += process.communicate(timeout=120)[0]
                impatient.cancel()
                os.close(heard)
        assert process.returncode == 0, said
        assert re.match(r"http://127\.0\.0\.1:\d+/.*00-start\.ipynb", address)
        assert address in said
        assert (journal / "00-start.ipynb").is_file()

    def test(self) -> None:
        """One small file of all the tests, as they are in the copy."""
        assert re.search(r"\d+ passed", self.run(sys.executable, "-m", "pytest", "-q", "tests/test_content_ids.py"))


TYPED = {
    r"git clone <this repository> mend": Terminal.clone,
    r"cd (mend)": Terminal.go_into,
    r"python -m venv (\.venv)": Terminal.environment,
    r"\.venv/bin/pip install \.": Terminal.install,
    r"(?:uv run|\.venv/bin/)\s?workbook open": Terminal.open,
    r"uv run pytest": Terminal.test,
}
BLOCKS = [
    (page, block.splitlines()) for page in PAGES for block in FENCED.findall((ROOT / page).read_text(encoding="utf-8"))
]


def test_there_is_something_to_type() -> None:
    """Every fence is seen, whichever language it names."""
    fences = sum((ROOT / page).read_text(encoding="utf-8").count("\n```") for page in PAGES)
    assert fences == 2 * len(BLOCKS) >= 8


@pytest.mark.parametrize(("page", "lines"), BLOCKS, ids=[f"{page}-{at}" for at, (page, _) in enumerate(BLOCKS)])
def test_what_a_page_says_to_type_works(page: str, lines: list[str], tmp_path: Path) -> None:
    """Each block of lines from top to bottom, in a folder with nothing of ours but what the lines before brought."""
    terminal = Terminal(tmp_path)
    if not lines[0].startswith("git clone"):  # the page says to be in the folder
        terminal.clone()
        terminal.go_into("mend")
    for line in lines:
        terminal.type(line)
