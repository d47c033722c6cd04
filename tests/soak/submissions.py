"""A hundred thousand broken files of each kind in turn: each is refused with one sentence, and nothing changes.

python tests/soak/submissions.py --inputs 100000

Every input starts as something real (a file, the JSON in it, or noise) and is damaged: bits, cuts, joins, other types,
other names, deep nesting, wrong keys. Half of what is made anew is signed by the right one, so that bounds are tried
and not the signature alone. The caseload and the journal are the same before and after, and memory stays small.
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
from workbook import definition, resources
from workbook.errors import Refused
from workbook.sharing import asking, caseload, envelope, keys, signing
from workbook.sharing import client as share
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.journal import Journal

MEMORY = 200 * 2**20  # bytes more than at the start
STRANGER = seal.new_identity()


class Result(NamedTuple):
    """What came of it."""

    refused: int
    wrong: list[str]  # not refused, refused with more than a sentence, or raised something else
    grown: int  # bytes


class Kind(NamedTuple):
    """One kind of file: a good one, what is in it, whose it is, for whom, and how it is taken in."""

    name: str
    good: bytes
    plain: dict[str, Any]
    signer: str
    recipient: str | None
    take: Callable[[bytes], str]  # says "refused", "waits" or "taken"

    def made(self, plain: bytes, by: str, recipient: str | None = None) -> bytes:
        """A file whose signature and seal are right, whatever is in it."""
        label = f"mend-{self.name} 2\n".encode()
        public = bytes.fromhex(signing.signer(by))
        signed = signing.sign(label + public + plain, by) + public + plain
        return label + (signed if self.recipient is None else seal.seal(signed, recipient or self.recipient))


def run(inputs: int, seed: int = 1) -> Result:
    """Try `inputs` damaged files on one caseload and one journal."""
    chance = random.Random(seed)  # noqa: S311  no secret
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock(NOW)
        home = keys.keygen(folder / "caseload", PASSPHRASE)
        with (
            caseload.open_caseload(home, PASSPHRASE, now=clock) as opened,
            journal_of(folder / "journal", clock) as journal,
        ):
            kinds = _kinds(opened, journal)
            before, began = _state(opened, journal), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            refused, wrong = 0, []
            for number in range(inputs):
                how, kind = chance.choice(_WAYS), kinds[number % len(kinds)]
                where = f"{number} {kind.name} {how.__name__}"
                try:
                    outcome = kind.take(how(chance, kind))
                except Refused as problem:
                    refused += 1
                    if "\n" in str(problem) or len(str(problem)) > 700:
                        wrong.append(f"{where}: {problem}")
                except Exception as problem:
                    wrong.append(f"{where}: {type(problem).__name__}")
                else:
                    if outcome == "taken":
                        wrong.append(f"{where}: taken in")
                if number % 1000 == 999 and _state(opened, journal) != before:
                    wrong.append(f"{number}: something changed")
            if _state(opened, journal) != before:
                wrong.append("at the end: something changed")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began) * 1024
    return Result(refused, wrong, grown)


def _kinds(opened: caseload.Caseload, journal: Journal) -> tuple[Kind, ...]:
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    ask(opened, journal, "A.", ["responsibility.incident"])
    journal.save(PART, "I left.")
    journal.save(CAMERA, "They asked.")
    submission = sealed(journal, PART, CAMERA)
    opened.receive(submission)
    tasks = asking.tasks_for(definition.load(), ["space"])
    assignment = opened.assign("A.", tasks, instruments=[own], tighten={"G7": {"closed": "yes"}})
    share.given(journal, assignment).accept()
    opened.comment("A.", PART, "Thank you.")
    feedback = opened.reply("A.", "See you on Thursday.")
    share.given(journal, feedback).accept()

    def receive(data: bytes) -> str:
        receipt = opened.receive(data)
        return "waits" if receipt.held else "refused" if receipt.already else "taken"

    def give(data: bytes) -> str:
        given = share.given(journal, data)
        if given.ask or "Nothing changes" in given.lines[-1] or data == assignment:
            return "waits"
        return "taken"

    mine, theirs = opened._keys.identities[0], journal.key
    found = {
        "submission": envelope.open_submission(submission, [mine]),
        "assignment": envelope.open_assignment(assignment, journal.installed),
        "feedback": envelope.open_feedback(feedback, theirs),
    }
    plain = {name: json.loads(one.bundle.model_dump_json()) for name, one in found.items()}
    return (
        Kind("submission", submission, plain["submission"], theirs, seal.recipient(mine), receive),
        Kind("assignment", assignment, plain["assignment"], mine, None, give),
        Kind("feedback", feedback, plain["feedback"], mine, seal.recipient(theirs), give),
    )


def _state(opened: caseload.Caseload, journal: Journal) -> object:
    clients = opened.store.clients()
    kinds = ("profile", "submission", "held", "withdrawn", "gates", "arrived")
    of_client = ("assignment", "comment", "feedback", "there", "sent")
    return [
        [
            (one, opened.store.history(client=one), [opened.store.records(kind, one) for kind in kinds])
            for one in clients
        ],
        (journal.store.history(), [journal.store.records(kind) for kind in of_client]),
    ]


# --- ways to break a file ---


def _noise(chance: random.Random, kind: Kind) -> bytes:
    return chance.randbytes(chance.randrange(400))


def _bits(chance: random.Random, kind: Kind) -> bytes:
    data = bytearray(kind.good)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data) if bytes(data) != kind.good else b""


def _cut(chance: random.Random, kind: Kind) -> bytes:
    return kind.good[: chance.randrange(len(kind.good))]


def _joined(chance: random.Random, kind: Kind) -> bytes:
    return kind.good + (chance.choice([kind.good, b"\0", b"\n", chance.randbytes(50)]))


def _signed_noise(chance: random.Random, kind: Kind) -> bytes:
    data = chance.randbytes(chance.randrange(300))
    return kind.made(zlib.compress(data) if chance.random() < 0.7 else data, kind.signer)


def _other_json(chance: random.Random, kind: Kind) -> bytes:
    """The real JSON with one thing in it changed to what it should not be.

    What the right one signed names another client, so that nothing of it is taken in however small the change is.
    """
    copy = json.loads(json.dumps(kind.plain))
    by = chance.choice([kind.signer, STRANGER])
    if by == kind.signer:
        copy["token"] = "0" * 32
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
    other = seal.recipient(seal.new_identity()) if chance.random() < 0.1 else None
    return kind.made(zlib.compress(data), by, other)


def _deep(chance: random.Random, kind: Kind) -> bytes:
    depth = chance.randrange(1, 20_000)
    return kind.made(zlib.compress(b"[" * depth + b"]" * (depth - chance.randrange(2))), kind.signer)


_ODD: tuple[Callable[[random.Random], object], ...] = (
    lambda chance: None,
    lambda chance: chance.choice([-1, 0, 10**30, 1e308, True, float("nan"), float("inf")]),
    lambda chance: "../" * chance.randrange(1, 30) + "etc/passwd",
    lambda chance: "/etc/passwd",
    lambda chance: "\ud800\0" + chr(chance.randrange(0x110000)),
    lambda chance: "x" * chance.randrange(200_000),
    lambda chance: [[[[]]]] * chance.randrange(50),
    lambda chance: {"a": {}},
    lambda chance: chance.choice(["2026-13-45", "9999-12-31T23:59:59-12:00", "٢٠٢٦-٠١-٠١", "once", "1e999", "NaN"]),
)
_WAYS = (_noise, _bits, _bits, _cut, _joined, _signed_noise, _other_json, _other_json, _other_json, _deep)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    outcome = run(given.inputs, given.seed)
    print(
        f"{outcome.refused} of {given.inputs} refused (the rest waits for a yes, or was taken in before), "
        f"{len(outcome.wrong)} wrong, memory grew by {outcome.grown / 2**20:.0f} MB, {time.monotonic() - started:.0f} s"
    )
    print("\n".join(outcome.wrong[:20]))
    sys.exit(bool(outcome.wrong) or outcome.grown > MEMORY)
