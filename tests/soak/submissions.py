"""A hundred thousand broken submissions: each is refused with one sentence, and nothing changes.

python tests/soak/submissions.py --inputs 100000

Every input starts as something real (a sealed file, the JSON in it, or noise) and is damaged: bits, cuts, joins, other
types, other names, deep nesting, wrong keys. The caseload is the same before and after, and memory stays small.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.caseload_sample import CAMERA, NOW, PART, PASSPHRASE, Clock, ask, journal_of, sealed
from workbook.errors import Refused
from workbook.sharing import caseload, keys
from workbook.sharing import client as share
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = 200 * 2**20  # bytes more than at the start


class Result(NamedTuple):
    """What came of it."""

    refused: int
    wrong: list[str]  # not refused, refused with more than a sentence, or raised something else
    grown: int  # bytes


def run(inputs: int, seed: int = 1) -> Result:
    """Try `inputs` damaged files on one caseload."""
    chance = random.Random(seed)  # noqa: S311  no secret
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock(NOW)
        home = keys.keygen(folder / "caseload", PASSPHRASE)
        with (
            caseload.open_caseload(home, PASSPHRASE, now=clock) as opened,
            journal_of(folder / "journal", clock) as journal,
        ):
            ask(opened, journal, "A.", ["responsibility.incident"])
            journal.save(PART, "I left.")
            journal.save(CAMERA, "They asked.")
            good = sealed(journal, PART, CAMERA)
            plain = json.loads(share.read_submission(good, opened._keys.identities).model_dump_json())
            opened.receive(good)
            before, began = _state(opened), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            refused, wrong = 0, []
            for number in range(inputs):
                how = chance.choice(_WAYS)
                data = how(chance, good, plain, opened.public_key)
                try:
                    receipt = opened.receive(data)
                except Refused as problem:
                    refused += 1
                    if "\n" in str(problem) or len(str(problem)) > 500:
                        wrong.append(f"{number} {how.__name__}: {problem}")
                except Exception as problem:
                    wrong.append(f"{number} {how.__name__}: {type(problem).__name__}")
                else:
                    if not receipt.already:
                        wrong.append(f"{number} {how.__name__}: taken in")
                if number % 1000 == 999 and _state(opened) != before:
                    wrong.append(f"{number}: something changed")
            if _state(opened) != before:
                wrong.append("at the end: something changed")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began) * 1024
    return Result(refused, wrong, grown)


def _state(opened: caseload.Caseload) -> object:
    clients = opened.store.clients()
    kinds = ("profile", "submission", "withdrawn", "gates", "arrived")
    return [
        (one, opened.store.history(client=one), [opened.store.records(kind, one) for kind in kinds]) for one in clients
    ]


# --- ways to break a file ---


def _noise(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    return chance.randbytes(chance.randrange(400))


def _bits(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    data = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data) if bytes(data) != good else b""


def _cut(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    return good[: chance.randrange(len(good))]


def _joined(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    return good + (chance.choice([good, b"\0", b"\n", chance.randbytes(50)]))


def _sealed_noise(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    data = chance.randbytes(chance.randrange(300))
    return seal.seal(zlib.compress(data) if chance.random() < 0.7 else data, key)


def _other_json(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    """The real JSON with one thing in it changed to what it should not be; its number is never the next one."""
    copy = json.loads(json.dumps(plain))
    copy["sequence"] = chance.choice([0, 1, 1, -1, 10**9, "two", None])
    node: Any = copy
    while True:
        step = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[step], (dict, list)) and node[step] and chance.random() < 0.8:
            node = node[step]
            continue
        node[step] = chance.choice(_ODD)(chance)
        break
    if chance.random() < 0.2:
        copy[chance.choice(["extra", "__class__", "../../x"])] = 1
    data = json.dumps(copy).encode()
    if chance.random() < 0.1:
        data = data.replace(b'"', b"", 1)
    return seal.seal(zlib.compress(data), key if chance.random() < 0.9 else seal.recipient(seal.new_identity()))


def _deep(chance: random.Random, good: bytes, plain: dict[str, Any], key: str) -> bytes:
    depth = chance.randrange(1, 20_000)
    return seal.seal(zlib.compress(b"[" * depth + b"]" * (depth - chance.randrange(2))), key)


_ODD: tuple[Callable[[random.Random], object], ...] = (
    lambda chance: None,
    lambda chance: chance.choice([-1, 0, 10**30, 1e308, True]),
    lambda chance: "../" * chance.randrange(1, 30) + "etc/passwd",
    lambda chance: "/etc/passwd",
    lambda chance: "\ud800\0" + chr(chance.randrange(0x110000)),
    lambda chance: "x" * chance.randrange(200_000),
    lambda chance: [[[[]]]] * chance.randrange(50),
    lambda chance: {"a": {}},
)
_WAYS = (_noise, _bits, _bits, _cut, _joined, _sealed_noise, _other_json, _other_json, _other_json, _deep)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    outcome = run(given.inputs, given.seed)
    print(
        f"{outcome.refused} of {given.inputs} refused (the rest had been received before), {len(outcome.wrong)} wrong, "
        f"memory grew by {outcome.grown / 2**20:.0f} MB, {time.monotonic() - started:.0f} s"
    )
    print("\n".join(outcome.wrong[:20]))
    sys.exit(bool(outcome.wrong) or outcome.grown > MEMORY)
