"""The exchange in any order, with copies, restores, clocks set back and a stranger, for a long time.

python -m tests.soak.exchange --steps 10000     (about a quarter of an hour; --seed for others)
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.exchange import Exchange, Templates
from workbook.sharing.keys import keygen, unlock

PASSPHRASE = "four calm grey herons"
AT_ONCE = 50  # steps of one run


def run(steps: int, number: int) -> int:
    """Take about `steps` steps; return how many runs that were. A run that fails is raised, shrunk."""
    with tempfile.TemporaryDirectory() as folder:
        home = keygen(Path(folder) / "caseload", PASSPHRASE, counselor="Dr. Example")
        Exchange.templates = Templates(unlock(home, PASSPHRASE), home)
        how = settings(
            max_examples=max(1, steps // AT_ONCE),
            stateful_step_count=AT_ONCE,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        run_state_machine_as_test(seed(number)(Exchange), settings=how)
    return how.max_examples


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 # no secret
    given = parser.parse_args()
    began = time.monotonic()
    runs = run(given.steps, given.seed)
    print(f"{runs} runs of up to {AT_ONCE} steps, nothing wrong, seed {given.seed}, {time.monotonic() - began:.0f} s")
