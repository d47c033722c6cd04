"""Every benchmark but `hub`, and one table of ratios: python -m benchmarks [command opening page …].

Takes some minutes, and wants a machine that does nothing else. Lines go to the table as they are measured.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

NAMES = ("command", "opening", "page", "saved", "save", "report", "assessment", "years", "longer", "caseload")
NAMED = ("hub",)  # only when it is named: it needs PostgreSQL and the hub's proxy


def main() -> int:
    """Print the table; exit 1 when an aim is missed."""
    chosen = sys.argv[1:] or NAMES
    if unknown := set(chosen) - {*NAMES, *NAMED}:
        print(
            f"No benchmark is called {', '.join(sorted(unknown))}. There are: {', '.join((*NAMES, *NAMED))}",
            file=sys.stderr,
        )
        return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's Python compiles a module once, not at each start
    missed = 0
    print("| what | beside | times | aim |\n|---|---|---|---|", flush=True)
    for name in chosen:
        for what, beside, ratio, aim in import_module(f"benchmarks.{name}").ratios():
            missed += aim is not None and ratio > aim
            wanted = "" if aim is None else f"≤ {aim:g}" + (", missed" if ratio > aim else "")
            print(f"| {what} | {beside} | {ratio:.3g} | {wanted} |", flush=True)
    return bool(missed)


sys.exit(main())
