"""Tests that are gathered once, and then run again and again, each time in a process forked from there.

Where a module differs from before only within functions, the forked process puts their code into those that are
there already, so that whoever imported them has it, and forgets what was cached; nothing has to be read anew.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import inspect
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

ROOT = Path(__file__).parents[2]
OURS = ("workbook", "tests", "conftest")
FORK = multiprocessing.get_context("fork")  # a run begins with everything of other projects read already
ARGUMENTS = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist")


class Noticed(NamedTuple):
    """What one run of the tests came to: did one fail, which first, and how many seconds each took."""

    failed: bool
    first: str
    seconds: Mapping[str, float]
    modules: tuple[str, ...] = ()  # of other projects, which a later run finds ready


class Watch:
    """Puts the tests into the order of `names`, leaves out the others, and looks on while they run."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = names
        self.failed, self.seconds = "", defaultdict[str, float](float)

    def pytest_sessionstart(self) -> None:
        """The same examples each time, and none is made small: that it fails is enough."""
        from hypothesis import Phase, settings

        few = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.get_profile("mend"), derandomize=True, phases=few)
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.names:
            known = {item.nodeid: item for item in items}
            items[:] = [known[name] for name in self.names if name in known]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def noticed(self, failed: bool) -> Noticed:
        others = (name for name in sys.modules if name.partition(".")[0] not in OURS and "__" not in name)
        return Noticed(failed, self.failed, dict(self.seconds), tuple(others))


def settle(copy: Path) -> None:
    """Let this process, just forked, read our modules from the copy and say nothing."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(quiet, each)
    os.chdir(copy)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *(place for place in sys.path if place not in ("", str(ROOT)))]
    os.environ["PYTHONPATH"] = str(copy)
    os.environ.pop("CI", None)  # there, some tests get a second try


def ready(modules: Sequence[str]) -> None:
    """Read modules beforehand, in the process from which others are forked."""
    for module in modules:
        with contextlib.suppress(Exception):  # what cannot be had beforehand is had later
            importlib.import_module(module)


class Gathered:
    """A room's tests, gathered in a process that has read the modules from the copy and starts nothing else."""

    def __init__(self, copy: Path, modules: Sequence[str], tests: Sequence[str]) -> None:
        """Raises: EOFError, when the tests cannot be gathered."""
        self._ours, theirs = FORK.Pipe()
        self._process = FORK.Process(target=_gather, args=(copy, modules, tests, self._ours, theirs))
        self._process.start()
        theirs.close()
        self.names: tuple[str, ...] = self._ours.recv()

    def run(self, names: Mapping[str, float], module: str = "") -> Noticed | None:
        """Run tests, given with the seconds that each may take, up to the first that fails.

        `module`: its code in the copy is not what it was. None: that cannot be put in place.
        """
        self._ours.send((dict(names), module))
        said = self._ours.recv()
        return said and Noticed(*said)

    def ready(self, modules: Sequence[str]) -> None:
        """Read modules of other projects, so that no run has to."""
        self._ours.send(tuple(modules))

    def end(self) -> None:
        self._ours.close()
        self._process.join()


def _gather(copy: Path, modules: Sequence[str], tests: Sequence[str], theirs: Connection, answer: Connection) -> None:
    theirs.close()  # or this would never hear that it was closed
    settle(copy)
    pytest.main([*ARGUMENTS, *tests], plugins=[_Serving(copy, modules, answer)])
    os._exit(0)


class _Serving(Watch):
    """Answers what `Gathered` asks, in place of running the tests that were gathered."""

    def __init__(self, copy: Path, modules: Sequence[str], answer: Connection) -> None:
        super().__init__()
        self.copy, self.answer = copy, answer
        self.files = {module: copy / "workbook" / f"{module}.py" for module in modules}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        ready([f"workbook.{module.replace('/', '.')}" for module in self.files])
        self.items = {item.nodeid: item for item in session.items}
        before = {name: _compiled(path) for name, path in self.files.items()}
        self.answer.send(tuple(self.items))
        with contextlib.suppress(EOFError):  # it was closed: no more is asked
            while True:
                asked = self.answer.recv()
                if isinstance(asked, tuple) and all(isinstance(each, str) for each in asked):
                    ready(asked)
                    continue
                names, module = asked
                pairs = pairs_of(before[module], _compiled(self.files[module])) if module else []
                if pairs is None or not can_be_put(pairs):
                    self.answer.send(None)
                else:
                    self.answer.send(tuple(self._forked(names, pairs)))
        return True

    def _forked(self, names: Mapping[str, float], pairs: Pairs) -> Noticed:
        """Run tests in a process of their own, with its own place for temporary files; wait for it, or end it."""
        if threading.active_count() > 1:
            raise RuntimeError(f"No process can be forked beside threads: {threading.enumerate()}")
        ours, theirs = FORK.Pipe(duplex=False)
        place = tempfile.mkdtemp(prefix="mutant-")
        os.chmod(place, 0o711)  # noqa: PTH101, S103 # a server that runs as somebody else has its own folder in it
        process = FORK.Process(target=self._tested, args=(names, pairs, place, theirs))
        process.start()
        theirs.close()
        test, patience = "", 60.0
        try:
            while ours.poll(patience):
                said = ours.recv()
                if not isinstance(said, str):
                    return Noticed(*said)
                test, patience = said, names[said]
            return Noticed(True, test, {})
        except EOFError:  # it died
            return Noticed(True, test, {})
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.kill()
            process.join()
            ours.close()
            shutil.rmtree(place, ignore_errors=True)

    def _tested(self, names: Mapping[str, float], pairs: Pairs, place: str, answer: Connection) -> None:
        os.setsid()
        os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = tempfile.tempdir = place
        try:
            put(pairs)
            self._one_by_one([self.items[name] for name in names], answer)
        except BaseException:
            self.failed = self.failed or "all"
        answer.send(tuple(self.noticed(bool(self.failed))))
        answer.close()
        os._exit(0)

    def _one_by_one(self, items: Sequence[pytest.Item], answer: Connection) -> None:
        for item, following in zip(items, [*items[1:], None], strict=True):
            answer.send(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                if following:
                    item.session._setupstate.teardown_exact(None)  # what the next would have used too
                return


# --- code put into functions that are there already ---

Pairs = list[tuple[CodeType, CodeType]]  # before, after


def _compiled(path: Path) -> CodeType:
    return compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)


def pairs_of(before: CodeType, after: CodeType) -> Pairs | None:
    """Return the outermost functions that differ; None when what runs while the module is read does."""
    if before.co_flags & inspect.CO_OPTIMIZED:  # a function
        return [] if before == after else [(before, after)]
    if _outline(before) != _outline(after):
        return None
    found: Pairs = []
    for one, other in zip(_within(before), _within(after), strict=True):
        pairs = pairs_of(one, other)
        if pairs is None:
            return None
        found += pairs
    return found


def _within(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _outline(code: CodeType) -> tuple[object, ...]:
    """What a module or the body of a class does, without what is in its functions."""
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags)
    constants = [each.co_name if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_exceptiontable, *names, constants


def _key(code: CodeType) -> tuple[object, ...]:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_linetable, code.co_code


@functools.cache
def _living() -> Mapping[tuple[object, ...], list[FunctionType]]:
    """Our functions by their code, wherever they are held; asked first when all is read."""
    found = defaultdict[tuple[object, ...], list[FunctionType]](list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and (each.__module__ or "").startswith("workbook"):
            found[_key(each.__code__)].append(each)
    return found


def can_be_put(pairs: Pairs) -> bool:
    """Whether each function is there, and asks for the same of what is around it."""
    return all(_key(one) in _living() and one.co_freevars == other.co_freevars for one, other in pairs)


def put(pairs: Pairs) -> None:
    """Give our functions, and those made in them already, the code that they would have; forget what was cached."""
    for one, other in pairs:
        for before, after in _nested(one, other):
            if before.co_freevars == after.co_freevars:
                for function in _living().get(_key(before), ()):
                    function.__code__ = after
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper) and (each.__module__ or "").startswith("workbook"):
            each.cache_clear()


def _nested(one: CodeType, other: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield one, other
    if len(_within(one)) == len(_within(other)):
        for before, after in zip(_within(one), _within(other), strict=True):
            yield from _nested(before, after)


# --- the same in a process that reads everything anew ---


def run_anew(copy: Path, tests: Sequence[str], names: Sequence[str], patience: float) -> Noticed:
    """Run tests of some files in a process that has read nothing of ours, up to the first that fails."""
    ours, theirs = FORK.Pipe(duplex=False)
    process: Any = FORK.Process(target=_anew, args=(copy, tests, names, theirs))
    process.start()
    theirs.close()
    try:
        return Noticed(*ours.recv()) if ours.poll(patience) else Noticed(True, "", {})
    except EOFError:  # it died
        return Noticed(True, "", {})
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join()
        ours.close()


def _anew(copy: Path, tests: Sequence[str], names: Sequence[str], answer: Connection) -> None:
    os.setsid()
    settle(copy)
    watch = Watch(names)
    code = pytest.main([*ARGUMENTS, *tests], plugins=[watch])
    answer.send(tuple(watch.noticed(code != 0)))
    answer.close()
    os._exit(0)
