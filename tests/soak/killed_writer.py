"""A writing process is killed a thousand times: every answer it acknowledged is there, and the file is sound.

python tests/soak/killed_writer.py --kills 1000
"""

from __future__ import annotations

import argparse
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from workbook.errors import StoreError
from workbook.storage.store import Store


class Result(NamedTuple):
    """What came of it."""

    acknowledged: int
    missing: list[str]
    damaged: int  # times the file was not sound after a kill
    seconds: float


def run(file: Path, kills: int, seed: int, key: str = "") -> Result:
    """Kill a writer `kills` times, each after a random part of its work, and compare what it said with the file.

    One interpreter stays and forks a fresh writer each time: starting Python is not what is tested.
    """
    chance, started, damaged, missing, said = random.Random(seed), time.monotonic(), 0, [], 0  # noqa: S311  no secret
    parent = subprocess.Popen(
        [sys.executable, __file__, "--write", str(file), "--key", key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    for kill in range(kills):
        # A fresh writer opens the file too, so some of the kills fall into the opening.
        print(kill, chance.uniform(0, 0.05), file=parent.stdin, flush=True)
        acknowledged = parent.stdout.readline().split()
        said += len(acknowledged)
        try:
            with Store(file, bytes.fromhex(key) or None) as store:
                store.check()
                kept = {str(answer.value) for answer in store.history(occasion=f"{kill}")}
        except StoreError:
            damaged += 1
            continue
        missing += [value for value in acknowledged if value not in kept]
    parent.stdin.close()
    parent.wait()
    return Result(said, missing, damaged, time.monotonic() - started)


def serve(file: Path, key: bytes | None) -> None:
    """For each line: fork a writer, kill it after that time, print what it had acknowledged."""
    import sqlalchemy  # noqa: F401  loaded once, before the forks

    for line in sys.stdin:
        kill, seconds = line.split()
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            write(file, key, kill, theirs)
        os.close(theirs)
        if int(kill) % 2 == 0:  # in the middle of writing; the others may die while opening
            select.select([ours], [], [], 60)
        time.sleep(float(seconds))
        os.kill(child, 9)
        os.waitpid(child, 0)
        with os.fdopen(ours) as said:
            # A line cut off in the middle was not acknowledged.
            print(" ".join(word for word in said.read().split("\n")[:-1]), flush=True)


def write(file: Path, key: bytes | None, kill: str, acknowledge: int) -> None:
    """Save until killed, saying after each save what was saved."""
    store = Store(file, key)
    for number in range(1_000_000):
        value = f"{kill}:{number}"
        store.save(
            item=f"test.soak.item{number}",
            exercise="test.soak",
            occasion=kill,
            value=value,
            status="answered",
            prompt="?",
            label="x" * 300,
            kind="text",
            fingerprint="",
        )
        os.write(acknowledge, f"{value}\n".encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--key", default="", help="64 hex digits: kill the writer of a locked file")
    parser.add_argument("--write", metavar="FILE", help="be the writer")
    given = parser.parse_args()
    if given.write:
        serve(Path(given.write), bytes.fromhex(given.key) or None)
    else:
        with tempfile.TemporaryDirectory() as folder:
            result = run(Path(folder, "answers.sqlite"), given.kills, given.seed, given.key)
        print(
            f"{given.kills} kills, {result.acknowledged} answers acknowledged, {len(result.missing)} missing, "
            f"{result.damaged} times not sound, {result.seconds:.0f} s"
        )
        sys.exit(bool(result.missing or result.damaged))
