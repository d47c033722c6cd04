"""A page that only stands open keeps no server: the culler of docs/hub stops it, and one button brings it back.

python -m tests.soak.idle_page [--idle 45] [--loud]

A real hub, proxy and idle culler with the settings of docs/hub, but for the times, and two people in browsers: alice
answers once and goes away from an open page, bob goes on writing. Hers is stopped, his is not; what she types into the
page that is left stays there, and is saved once she has opened it again. With `--loud` the hub takes what passes the
proxy for a sign of someone, as it does by itself: then hers goes on, because the page asks. Needs
`pip install jupyterhub-idle-culler`. Exit 1 when it is otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from benchmarks.hub import called
from tests import postgresql
from tests.conftest import ARGUMENTS
from tests.journeys import filling
from tests.journeys.practice import RESOLVED, Practice, practising
from tests.journeys.test_hub import STARTING, Visitor, written
from tests.journeys.test_journeys import until

_PAUSE = 5.0  # seconds between two words of bob's


def runs(practice: Practice, person: str) -> bool:
    """Say whether the hub has a server for someone."""
    return bool(
        json.loads(called(practice, "GET", f"/hub/api/users/{person}", practice.mailbox(person)._token)[1])["server"]
    )


def stopped(practice: Practice, bob: Visitor, most: float) -> float | None:
    """Let bob write until alice's server has ended; return after how many seconds, or None if it has not in `most`."""
    began = time.monotonic()
    while runs(practice, "alice"):
        if time.monotonic() - began > most:
            return None
        bob.alias.fill(f"Bob {time.monotonic() - began:.0f}")
        filling.saved(bob.form("start.privacy"))
        bob.page.wait_for_timeout(1000 * _PAUSE)
    return time.monotonic() - began


def story(practice: Practice, alice: Visitor, bob: Visitor, *, idle: float, loud: bool) -> bool:
    """Play it, say what came of it, and return whether it is as it should be."""
    for visitor in (bob, alice):
        visitor.arrive()
        visitor.form("start.privacy").get_by_role("group").first.get_by_text("No", exact=True).click()
        filling.saved(visitor.form("start.privacy"))
        visitor.alias.fill("before")
        filling.saved(visitor.form("start.privacy"))
    after = stopped(practice, bob, 2 * idle + 30)
    told = "goes on" if after is None else f"was stopped after {after:.0f} s"
    print(f"alice's page stood open: her server {told}; bob wrote: his runs: {runs(practice, 'bob')}", flush=True)
    if loud or after is None:
        return loud and after is None
    alice.alias.fill("Jo")
    again = alice.form("start.privacy").get_by_role("button", name="Open this page again")
    expect(again).to_be_visible()
    again.click()
    until(lambda: written(alice)[-1:], ["Jo"], STARTING / 1000)
    expect(alice.alias).to_have_value("Jo")
    filling.saved(alice.form("start.privacy"))
    print("what she typed then was kept, and saved after one button", flush=True)
    return after >= idle - _PAUSE and runs(practice, "bob")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--idle", type=int, default=45, help="seconds after which the culler stops a server")
    parser.add_argument("--loud", action="store_true", help="without what docs/hub sets against it")
    given = parser.parse_args()
    os.environ |= {"HUB_IDLE": str(given.idle), "HUB_PEOPLE": "alice bob", "MEND_DOMAIN": "mend.test"}
    if given.loud:
        os.environ["HUB_LOUD"] = "1"
    programs, chromium = postgresql.programs(), shutil.which("chromium")
    if programs is None or chromium is None:
        raise SystemExit("PostgreSQL or Chromium is not installed.")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        postgresql.running(programs) as server,
        practising(Path(folder), server.database()) as practice,
        sync_playwright() as playwright,
    ):
        expect.set_options(timeout=60_000)
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, RESOLVED])
        alice, bob = (Visitor(practice, browser, name) for name in ("alice", "bob"))
        good = story(practice, alice, bob, idle=given.idle, loud=given.loud)
        browser.close()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
