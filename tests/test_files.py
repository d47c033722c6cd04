"""Files are for their owner only, also where modes mean nothing; and no page hands words to anything else."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path

import pytest

import workbook
from workbook import files

PACKAGE = Path(workbook.__file__).parent
PAGES = sorted(path for path in PACKAGE.rglob("*.js"))


def test_a_file_is_erased_and_not_only_removed(tmp_path: Path) -> None:
    """Under a second name, one sees zeros."""
    path, other = tmp_path / "words", tmp_path / "same"
    path.write_bytes(b"words" * 1000)
    os.link(path, other)
    files.erase(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(5000)


def test_files_that_differ_have_names_that_differ() -> None:
    """Two replies to one client on one day are two files in one folder; a name holds what any computer takes."""
    first, second = (files.named("A. 2026-11-26", data, "feedback") for data in (b"one", b"two"))
    assert (first, second) == ("A-2026-11-26-7692c3.feedback", "A-2026-11-26-3fc4cc.feedback")
    assert files.named("A. 2026-11-26", b"one", "feedback") == first
    assert files.named("../CON: Zoë\n李", b"", "html") == "CON-Zoë-李-e3b0c4.html"
    assert files.named("…", b"", "json") == "file-e3b0c4.json"
    assert len(files.named("李" * 300, b"", "html").encode()) < 255


def test_a_long_name_keeps_its_day(tmp_path: Path) -> None:
    """What a client is called is cut, and the day behind it is not; without a name the day stands alone."""
    day = date(2026, 11, 26)
    assert files.named("A. ", b"one", "json", day=day) == "A-2026-11-26-7692c3.json"
    assert files.named("a" * 58 + " b c", b"one", "json", day=day) == f"{'a' * 58}-b-2026-11-26-7692c3.json"
    assert files.named("…", b"one", "json", day=day) == "2026-11-26-7692c3.json"
    longest = files.named("李" * 300, b"one", "json", day=day)
    assert longest == f"{'李' * 60}-2026-11-26-7692c3.json"
    (tmp_path / longest).touch()  # a system takes it


def test_every_folder_of_a_journal_is_made_for_its_owner_alone() -> None:
    """mode=0o700, which Python turns into an access list of the owner on Windows: whatever is put in inherits it."""
    loose = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mkdir":
                modes = [ast.unparse(word.value) for word in node.keywords if word.arg == "mode"]
                if modes != ["448"]:
                    loose.append(path.name)
    # Inside a folder of the owner already: settings of one run, and a sign with nothing in it; the others are authors'.
    assert sorted(loose) == ["load.py", "notebooks.py", "notebooks.py", "prepared.py", "recovery.py"]


WINDOWS = """
    import os, signal, socket, sys, time
    from pathlib import Path

    # What Windows does not have.
    for module in ("fcntl", "grp", "pwd", "resource", "termios"):
        sys.modules[module] = None
    for place, names in (
        (os, ("chown", "fork", "getuid", "geteuid", "getgid", "fchmod", "O_NOFOLLOW", "O_DIRECTORY")),
        (signal, ("SIGHUP", "SIGKILL")),
        (socket, ("AF_UNIX", "SO_PEERCRED")),
        (time, ("clock_gettime", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC")),
    ):
        for name in names:
            if hasattr(place, name):
                delattr(place, name)

    from workbook import files
    from workbook.errors import Locked
    from workbook.journal import Journal
    from workbook.storage.keeper import Keeper

    files.forbid_dumps()
    folder, words = Path(sys.argv[1]), "otter lantern gravel teapot"
    with Keeper() as keeper:
        print(keeper.environment)
        with Journal.open(folder, environ=keeper.environment) as journal:
            journal.save("start.privacy.shared_device", "no")
            journal.lock(words)
            journal.backup()
        try:
            Journal.open(folder, environ=keeper.environment)
        except Locked as locked:
            print(locked)
        with Journal.open(folder, passphrase=words, environ=keeper.environment) as journal:
            print(len(journal.responses()))
"""


@pytest.mark.process
def test_nothing_is_needed_that_windows_does_not_have(tmp_path: Path) -> None:
    """Without Unix's modules, sockets and signals a journal opens, locks and backs up; each page asks by itself."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WINDOWS), str(tmp_path / "Mend")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["{}", "This journal is locked. Its passphrase opens it.", "1"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_hands_words_to_the_clipboard_the_title_the_address_or_the_console(path: Path) -> None:
    """Each of them is read, kept or shown elsewhere. Titles and addresses come from the workbook alone."""
    text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text(encoding="utf-8"))
    found = re.findall(
        r"clipboard|execCommand|console\.|localStorage|indexedDB|caches\.|history\.\w+State|sendBeacon|Notification\(|"
        r"document\.cookie|document\.title = (?!\"\")|location\.hash = (?!go\.)|fetch\(|XMLHttpRequest|WebSocket",
        text,
    )
    # Leaving tells the server, and the hub it belongs to, that the visit is over: no word of anyone's.
    told = re.findall(r"fetch\((?:exit|`\$\{hub\}logout`), \{ [^}]*\}\)", text) if path.name == "help.js" else []
    assert not any("body" in each or "method" in each for each in told)
    # What is written goes to the page's own Python, and to nothing else: the address is that of the page.
    own = r"new URL\(`\$\{baseUrl\}api/kernels/[^;]*, location\.href\);"
    line = re.findall(own, text) if path.name == "line.js" else []
    opened = re.findall(r"new WebSocket\(.*\)", text)
    assert (len(told), len(line)) == (2 * (path.name == "help.js"), path.name == "line.js")
    assert opened == ["new WebSocket(this.address, this.#protocols)"] * len(line)
    assert [each for each in found if each != "WebSocket" or not line] == ["fetch("] * len(told)


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="what a Windows prompt takes is not what this shell takes")
@pytest.mark.parametrize("name", ["Mend", "my folder", "it's", "a;b", "$HOME", "李 的", 'say "so"'])
def test_a_path_in_a_suggested_command_can_be_typed(name: str, tmp_path: Path) -> None:
    """What a sentence tells someone to type means the same path to the shell."""
    said = f"echo {files.typed(tmp_path / name)}"
    done = subprocess.run(["/bin/sh", "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / name}\n"
