"""Nothing in the package calls what Windows lacks, or only where it has asked first."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import workbook
from workbook import dates

PACKAGE = Path(workbook.__file__).parent

LACKING = {  # names Windows' Python does not have
    "os": "chown fchmod fchown fork forkpty getegid geteuid getgid getgroups getpgid getppgid getuid killpg lchown "
    "mkfifo nice pread pwrite sched_getaffinity setgid setsid setuid statvfs uname wait3 wait4 O_CLOEXEC O_DIRECTORY "
    "O_NOFOLLOW O_NONBLOCK WNOHANG",
    "signal": "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 alarm pause setitimer sigwait",
    "socket": "AF_UNIX SO_PEERCRED SO_REUSEPORT socketpair_unix",
    "time": "CLOCK_BOOTTIME CLOCK_MONOTONIC clock_gettime tzset",
}
ELSEWHERE = frozenset(["add_signal_handler", "add_child_handler", "preexec_fn", "pass_fds"])  # of loops and processes
MODULES = frozenset(["fcntl", "grp", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"])
ASKS = re.compile(r"hasattr\(|getattr\(|os\.name|sys\.platform|\bIS_WINDOWS\b|ImportError|AttributeError")
DASHED = re.compile(r"%-[A-Za-z]|%[eklPsR]\b")  # strftime codes of other systems


def _functions(tree: ast.Module) -> list[ast.AST]:
    """Each outermost function or method, and what stands outside of them."""
    found: list[ast.AST] = []
    rest: list[ast.stmt] = []
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inner:
            (found if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) else rest).append(one)
    return [*found, ast.Module(rest, [])]


def lacking(source: str) -> list[str]:
    """Return what a source uses that Windows does not have, in a function that does not ask whether it is there."""
    found: list[str] = []
    tree = ast.parse(source)
    imports = [one for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names]
    aliases = {one.asname: one.name for one in imports if one.asname}
    for part in _functions(tree):
        if ASKS.search(ast.unparse(part)):
            continue
        for node in ast.walk(part):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                home = aliases.get(node.value.id, node.value.id)
                if node.attr in LACKING.get(home, "").split():
                    found.append(f"{home}.{node.attr}")
            if isinstance(node, (ast.Attribute, ast.keyword)):
                name = node.attr if isinstance(node, ast.Attribute) else node.arg
                found += [name] if name in ELSEWHERE else []
            elif isinstance(node, ast.Import):
                found += [one.name for one in node.names if one.name in MODULES]
            elif isinstance(node, ast.ImportFrom):
                home = node.module or ""
                found += [home] if home in MODULES else []
                found += [f"{home}.{one.name}" for one in node.names if one.name in LACKING.get(home, "").split()]
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_call_that_windows_lacks(path: Path) -> None:
    """A socket, a signal, a user's number: each asks first whether the system has it."""
    assert lacking(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.*")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_date_in_the_codes_of_one_system(path: Path) -> None:
    """Days are written by `dates`; codes such as %-d are an error on Windows."""
    if path.suffix in (".py", ".html", ".j2"):
        text = path.read_text(encoding="utf-8")
        assert [
            line for line in text.splitlines() if DASHED.search(line) and ("strftime" in line or ":%" in line)
        ] == []


def test_the_search_finds_what_it_looks_for() -> None:
    """Unguarded calls are named, guarded ones are not."""
    assert lacking("import os\ndef mine():\n    return os.getuid()\n") == ["os.getuid"]
    assert lacking("import fcntl\n") == ["fcntl"]
    assert lacking("from fcntl import flock\nfrom os import fork as f\n") == ["fcntl", "os.fork"]
    assert lacking("import signal as s\nx = s.SIGKILL\n") == ["signal.SIGKILL"]
    assert lacking("def wait(loop):\n    loop.add_signal_handler(2, print)\n") == ["add_signal_handler"]
    assert lacking("run(command, pass_fds=[3])\n") == ["pass_fds"]
    assert lacking("import os\ndef mine():\n    return os.getuid() if hasattr(os, 'getuid') else 0\n") == []
    assert DASHED.search('f"{day:%-d %B}"')


def test_a_day_and_a_time_in_words() -> None:
    """Without a leading zero, in the words of the language, whatever the system's own language is."""
    on, at = date(2026, 3, 2), datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    assert [dates.day(on), dates.day_of_year(on), dates.short(on), dates.month(on)] == [
        "2 March 2026",
        "2 March",
        "2 Mar",
        "March 2026",
    ]
    assert [dates.moment(at), dates.soon(at)] == ["2 March 2026, 09:05", "Monday 2 March, 09:05"]
    assert dates.day(on, "de") == "2 März 2026"
