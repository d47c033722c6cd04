"""Close every contact exercise under every subset of up to three blocking answers: `python -m tests.soak.every_subset`.

The test in `tests/test_safety.py` tries every pair, and triples with one value for each rule; this tries every triple.
"""

from __future__ import annotations

import itertools
import sys
import time

from tests.test_safety import BLOCKING, CONTACT, stand


def main() -> int:
    """Print how many subsets were tried, and each that left something open; 1 when there was one."""
    began, tried, opened = time.monotonic(), 0, 0
    for size in (1, 2, 3):
        for subset in itertools.combinations(BLOCKING, size):
            if len({item for item, _ in subset}) < size:
                continue  # two answers to one question
            tried += 1
            standing = stand(dict(subset))
            for exercise in CONTACT:
                if standing.closing(exercise) is None:
                    opened += 1
                    print(f"open: {exercise} with {subset}")
    print(f"{tried} subsets of blocking answers, {len(CONTACT)} contact exercises, {opened} left open, ", end="")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if opened else 0


if __name__ == "__main__":
    sys.exit(main())
