"""Definitions, answers and databases are damaged at random: a person gets a sentence, soon, and never a traceback.

python -m tests.soak.mutations --cases 100000     (about half an hour; --seed for others)
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.form_page import HERE
from tests.safe_answers import SAFE, answer_safely
from workbook import definition, resources
from workbook.answers import kinds as answers
from workbook.errors import InvalidAnswer, WorkbookError
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 2.0  # seconds that anything may take
SHARES = {"definition": 40, "answer": 50, "database": 10}  # of a hundred cases
REPLIES = {"answers", "saved", "refused", "failed"}


class Result(NamedTuple):
    """What came of it."""

    cases: int
    surprises: list[str]  # what was neither a result nor a sentence, or took too long
    slowest: float  # seconds
    growth: float  # memory at the end beside memory after a tenth


class Fuzz:
    """Three kinds of cases, each a call that may raise WorkbookError and nothing else."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 # no secret
        self.folder = folder
        shipped = definition.load()
        files = [HERE / "every.yaml", *sorted(resources.data("workbook").glob("[is]*.yaml"))]
        self.texts = [file.read_text(encoding="utf-8") for file in files]
        self.every = definition.load(HERE / "every.yaml")
        self.whole, self.living = folder / "whole", folder / "living"
        for place in (self.whole, self.living):
            with Journal.create(place) as journal:
                journal.install(shipped.model_copy(update={"chapters": (*shipped.chapters, *self.every.chapters)}))
                answer_safely(journal.save)
                journal.backup()
        self.journal = Journal.open(self.living)
        self.form = self.journal.exercise("every.kind")
        self.said: list[dict[str, Any]] = []
        self.form.send = lambda content, buffers=None: self.said.append(content)

    def close(self) -> None:
        self.journal.close()

    # --- a definition ---

    def definition(self) -> None:
        """Check and load a damaged chapter: problems with sentences, or a workbook."""
        file = self.folder / "chapter.yaml"
        file.write_bytes(self._damaged(self.chance.choice(self.texts)))
        for problem in definition.check(file):
            if "\n" in str(problem) or not (problem.message or problem.cure):
                raise AssertionError(f"not one sentence: {problem}")
        definition.load(file)

    def _damaged(self, text: str) -> bytes:
        lines = text.splitlines()
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(lines))
            line = lines[at]
            act = self.chance.randrange(8)
            if act == 0:
                del lines[at : at + self.chance.randint(1, 5)]
            elif act == 1:
                lines.insert(self.chance.randrange(len(lines)), line)
            elif act == 2:
                lines[at] = " " * self.chance.randrange(12) + line.lstrip()
            elif act == 3 and ":" in line:
                lines[at] = line.split(":")[0] + ": " + self.chance.choice(_SCALARS)
            elif act == 4:
                lines[at] = line.replace(self.chance.choice(line or "x"), self.chance.choice(_SIGNS))
            elif act == 5:
                lines[at] = line + self.chance.choice(_SCALARS)
            elif act == 6:
                pair = f"{self.chance.choice(_SCALARS)}: {self.chance.choice(_SCALARS)}"
                lines.insert(at, " " * self.chance.randrange(8) + pair)
            else:
                other = self.chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], line
            lines = lines or [""]
        data = "\n".join(lines).encode("utf-8", "surrogatepass")
        if self.chance.random() < 0.1:
            place = self.chance.randrange(len(data) + 1)
            data = data[:place] + self.chance.randbytes(self.chance.randint(1, 8)) + data[place + 1 :]
        return data

    # --- an answer ---

    def answer(self) -> None:
        """Judge a value that is none, and give the form a message that no page sends."""
        item = self.chance.choice(self.every.items)
        value = self._value()
        try:
            answers.label(item, answers.check(item, value))
        except InvalidAnswer as refusal:
            if "\n" in str(refusal) or not str(refusal):
                raise AssertionError("not one sentence") from refusal
        message: Any = {
            "type": "answer", "seq": self.chance.choice([1, self.chance.randrange(10**6), self._value()]), "page": "p",
            "item": self.chance.choice([item.id, self._value()]), "value": value, "seen": 0,
            "occasion": self.chance.choice(["once", self._value()]),
            "status": self.chance.choice(["answered", "answered", "skipped", "blank", self._value()]),
        }  # fmt: skip
        for _ in range(self.chance.choice([0, 0, 1, 3])):
            message[self.chance.choice([*message])] = self._value()
        self.said.clear()
        self.form._receive(self.form, self.chance.choice([message, message, message, value]), [])
        if not self.said or self.said[-1]["type"] not in REPLIES:
            raise AssertionError(f"said {self.said}")
        json.dumps(self.said[-1], allow_nan=False, default=str)

    def _value(self, depth: int = 0) -> Any:
        pick = self.chance.randrange(12 if depth < 3 else 8)
        if pick >= 8:
            many = self.chance.randrange(5)
            inner = [self._value(depth + 1) for _ in range(many)]
            keys = [self.chance.choice(["me", "cue", "did", "home", "0", "constructor", "", "é"]) for _ in range(many)]
            return inner if pick < 10 else dict(zip(keys, inner, strict=True))
        return self.chance.choice(_VALUES[pick])

    # --- a database ---

    def database(self) -> None:
        """Open a journal with a damaged file, and read all of it; a backup steps in or a sentence says why not."""
        folder = self.folder / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.whole, folder)
        hidden = folder / ".mend"
        files = [hidden / "answers.sqlite"] * 6 + [path for path in sorted(hidden.rglob("*")) if path.is_file()]
        for file in self.chance.sample(files, self.chance.choice([1, 1, 2])):
            data = bytearray(file.read_bytes())
            act = self.chance.randrange(5)
            for _ in range(self.chance.choice([1, 4, 64])):
                if data and act == 0:
                    data[self.chance.randrange(len(data))] = self.chance.randrange(256)
            if data and act == 1:
                del data[self.chance.randrange(len(data)) :]
            elif act == 2:
                start = self.chance.randrange(len(data) + 1)
                data[start : start + 4096] = bytes(self.chance.choice([0, 4096]))
            elif data and act == 3:
                data[: self.chance.randint(1, min(100, len(data)))] = self.chance.randbytes(self.chance.randint(1, 100))
            elif act == 4:
                data += self.chance.randbytes(self.chance.randint(1, 9000))
            file.write_bytes(data)
        with Journal.open(folder) as journal:
            if len(journal.current()) < len(SAFE) and not journal.warnings:
                raise AssertionError("answers are gone without a word")
            journal.standing()
            journal.progress()
            journal.save("start.wellbeing.sleep", 3)


_SIGNS = "{}[]&*!|>%@`'\"#:-\t\0é🙂"
_SCALARS = (
    "", "~", "null", "true", "-1", "1e999", "9" * 400, "0x1F", ".nan", "2026-13-45", "[]", "{}", "[[[[[[[[]]]]]]]]",
    "{a: {b: {c: d}}}", "&a [*a, *a]", "*missing", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "<<: {}",
    "id", "show_if: {question: kind}", "{question: every.kind.known, is: yes}", "{all: [{any: []}]}", "x" * 5000,
    "'", '"', "|", ">-", "- -", "? x", "--- ", "...", "%YAML 9.9", "\u202e", "\ufeff", "<script>alert(1)</script>",
    "every.kind.rating", "every.kind.change", "{difference: [change, change]}", "scale", "computed", "number",
)  # fmt: skip
_VALUES: tuple[tuple[Any, ...], ...] = (
    (None, True, False),
    (0, 1, -1, 2, 3, 4, 10**30, -(10**30), 2**63),
    (0.5, -0.0, 1e308, float("inf"), float("-inf"), float("nan")),
    ("", " ", "\0", "\n" * 50, "yes", "no", "unsure", "home", "2026-03-05", "9999-12-31", "0000-00-00"),
    ("x" * 19_999, "x" * 20_001, "é" * 30_000, "🙂" * 10_000),
    ("\ud800", "\u202eabc", "<img src=x onerror=alert(1)>", "'; DROP TABLE answers; --", "%s%n", "{0}"),
    ([], {}, [[]], [{}], {"": {}}, b"bytes", (1, 2)),
    ([0] * 5000, {str(each): each for each in range(2000)}),
)  # fmt: skip


def run(cases: int, seed: int, patience: float = PATIENCE) -> Result:
    """Try `cases` cases, four tenths definitions, half answers, one tenth databases, in a random order."""
    surprises, slowest, early = [], 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        fuzz = Fuzz(Path(name), seed)
        for number, (kind, try_one) in enumerate(_order(fuzz, cases)):
            faulthandler.dump_traceback_later(60, exit=True)
            began = time.perf_counter()
            try:
                try_one()
            except WorkbookError as sentence:
                if not str(sentence) or "Traceback" in str(sentence):
                    surprises.append(f"case {number}, {kind}: said {sentence}")
            except Exception:
                surprises.append(f"case {number}, {kind}: {traceback.format_exc()}")
            took = time.perf_counter() - began
            slowest = max(slowest, took)
            if took > patience:
                surprises.append(f"case {number}, {kind}: took {took:.1f} s")
            if number == cases // 10:
                early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        faulthandler.cancel_dump_traceback_later()
        fuzz.close()
    return Result(cases, surprises, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / early)


def _order(fuzz: Fuzz, cases: int) -> Iterator[tuple[str, Callable[[], None]]]:
    order = random.Random(fuzz.chance.random())  # noqa: S311 # no secret
    for kind in order.choices([*SHARES], [*SHARES.values()], k=cases):
        yield kind, getattr(fuzz, kind)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    logging.getLogger("workbook").setLevel(logging.CRITICAL)  # it says the type of each error, for engineers
    result = run(given.cases, given.seed)
    for surprise in result.surprises[:20]:
        print(surprise)
    print(
        f"{result.cases:,} cases, {len(result.surprises)} surprises, the slowest took {result.slowest:.2f} s, "
        f"memory grew {result.growth:.2f} times after the first tenth"
    )
    sys.exit(bool(result.surprises))
