"""Eight kernels save into one journal at once, half of them the same item: nothing is refused, nothing is lost.

python tests/soak/many_writers.py --writers 8 --saves 1000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from workbook.storage.store import Store

OWNER = "0" * 32  # of the rows, where `where` is a server
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Result(NamedTuple):
    """What came of it."""

    lost: list[str]  # values that were acknowledged and are not in history, and writers that failed
    stored: int
    seconds: float


def run(where: Path | str, writers: int, saves: int, key: str = "") -> Result:
    """Let `writers` processes save `saves` times each; even ones all save one item, odd ones their own.

    `where` is a file or a PostgreSQL URL, `key` 64 hex digits when the file is locked.
    """
    started = time.monotonic()
    owner = "" if isinstance(where, Path) else OWNER
    Store(where, bytes.fromhex(key) or None, owner=owner).close()
    rest = [str(where), "--saves", str(saves), "--key", key]
    processes = [
        subprocess.Popen([sys.executable, __file__, "--write", str(number), *rest]) for number in range(writers)
    ]
    failed = [f"writer {number}" for number, process in enumerate(processes) if process.wait() != 0]
    with Store(where, bytes.fromhex(key) or None, owner=owner) as store:
        kept = {answer.value for answer in store.history()}
    wanted = {f"{number}:{save}" for number in range(writers) for save in range(saves)}
    return Result(failed + sorted(wanted - kept), len(kept), time.monotonic() - started)


def write(number: int, where: str, saves: int, key: str) -> None:
    """Save as a person would who pauses three minutes each time, so that every save is a version."""
    times = iter(range(saves))
    owner = OWNER if "://" in where else ""
    now = lambda: START + timedelta(minutes=3 * next(times))  # noqa: E731
    store = Store(where, bytes.fromhex(key) or None, now=now, owner=owner)
    item = "shared" if number % 2 == 0 else f"own{number}"
    for save in range(saves):
        store.save(
            item=f"test.soak.{item}",
            exercise="test.soak",
            occasion="once",
            value=f"{number}:{save}",
            status="answered",
            prompt="?",
            label="",
            kind="text",
            fingerprint="",
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--saves", type=int, default=1000)
    parser.add_argument("--key", default="", help="64 hex digits: write into a locked file")
    parser.add_argument("--write", nargs=2, metavar=("NUMBER", "WHERE"), help="be one writer")
    given = parser.parse_args()
    if given.write:
        write(int(given.write[0]), given.write[1], given.saves, given.key)
    else:
        with tempfile.TemporaryDirectory() as folder:
            result = run(Path(folder, "answers.sqlite"), given.writers, given.saves, given.key)
        print(f"{result.stored} of {given.writers * given.saves} saves in history, {len(result.lost)} lost, "
              f"{result.seconds:.0f} s")  # fmt: skip
        sys.exit(bool(result.lost))
