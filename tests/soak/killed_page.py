"""The kernel behind a page is killed two hundred times while someone types: what the page called saved is there.

python -m tests.soak.killed_page --kills 200

A real browser, through a real `workbook open`. What a page sent and what was acknowledged is read from its own
connection, so nothing in the form is changed to be watched. After each kill the file must be sound, hold the newest
acknowledged answer to each question (or one that was sent after it), and have lost no earlier version; after each
reload the page must show every word it showed before, and get saved what was not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import playwright.sync_api as playwright

from tests.conftest import ARGUMENTS
from tests.journeys import filling
from tests.journeys.conftest import make_journal
from tests.journeys.serving import Lab, children, command, kill, serving
from workbook.errors import StoreError
from workbook.storage.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, WebSocket

FILE = Path(".mend", "answers.sqlite")
PATIENCE = 30.0  # seconds for a page to come back, or for words to be saved
LONGEST = 200  # characters, then a person begins anew
FIELDS = (filling.NAME, "What would a camera have seen?")
CHOICES = ("In the past seven days", "How stirred up am I right now?", "Do I know their side", "Where did it begin?")
_WORDS = ("late", "door", "said", "quiet", "left", "kitchen", "“no”", "naïve", "再见", "asked", "🙂", "but", "came")


class Result(NamedTuple):
    """What came of it."""

    kills: int
    acknowledged: int
    missing: list[str]  # acknowledged, and not in the history
    unsound: int  # times the file was damaged after a kill
    held: int  # answers the page had not heard of at a reload, and had back afterwards
    lost: list[str]  # shown before a reload and not after it, or never saved
    seconds: float


class Life(NamedTuple):
    """One loading of the page: what it sent, and which of that was acknowledged, in order."""

    sent: dict[tuple[str, int], tuple[str, Any]]  # (view, seq) → item, value
    saved: list[tuple[str, int]]
    kernels: list[str]  # ids

    def waiting(self) -> dict[str, Any]:
        """Return the newest value of each item whose newest value was not acknowledged."""
        newest = {item: (key, value) for key, (item, value) in self.sent.items()}
        return {item: value for item, (key, value) in newest.items() if key not in self.saved}

    def possible(self) -> dict[str, list[Any]]:
        """Return, for each acknowledged item, what it may be now: the acknowledged value, or one sent after it."""
        found = {}
        for key in self.saved:
            item = self.sent[key][0]
            found[item] = [value for (view, seq), (other, value) in self.sent.items()
                           if other == item and (view != key[0] or seq >= key[1])]  # fmt: skip
        return found


class Ear:
    """Hears what the page and its kernel say to each other."""

    def __init__(self, page: Page) -> None:
        self.life = Life({}, [], [])
        page.on("websocket", self._opened)

    def begin(self) -> Life:
        """Forget what was heard: the page is loaded anew."""
        self.life = Life({}, [], [])
        return self.life

    def _opened(self, socket: WebSocket) -> None:
        life = self.life  # what arrives late belongs to the page it was meant for
        if found := re.search(r"/api/kernels/([^/]+)/channels", socket.url):
            life.kernels.append(found[1])
            socket.on("framesent", lambda frame: self._sent(life, _content(frame)))
            socket.on("framereceived", lambda frame: self._received(life, _content(frame)))

    def _sent(self, life: Life, message: dict[str, Any]) -> None:
        if message.get("type") == "answer":
            value = message["value"] if message["status"] == "answered" else None
            life.sent[message["page"], message["seq"]] = (message["item"], value)

    def _received(self, life: Life, message: dict[str, Any]) -> None:
        key = (message.get("page", ""), message.get("seq", 0))
        if message.get("type") == "saved" and key in life.sent and key not in life.saved:
            life.saved.append(key)


def _content(frame: bytes | str) -> dict[str, Any]:
    """Return what a widget's own message holds, `{}` for any other (Jupyter's v1 protocol: offsets, then parts)."""
    if isinstance(frame, bytes):
        places = [int.from_bytes(frame[8 * at : 8 * at + 8], "little") for at in range(1, 1 + frame[0])]
        content = json.loads(frame[places[4] : places[5]])
    else:
        content = json.loads(frame).get("content", {})
    data = content.get("data", {})
    inside = data.get("content") if isinstance(data, dict) and data.get("method") == "custom" else None
    return inside if isinstance(inside, dict) else {}


class Typist:
    """Someone who writes, clicks and pauses, with no knowledge of kernels."""

    def __init__(self, page: Page, chance: random.Random) -> None:
        self.page, self.chance, self.count = page, chance, 0

    def go_on(self, form: Locator) -> None:
        """Do one more thing."""
        self.count += 1
        act = self.chance.randrange(10)
        if act < 6:
            field = form.get_by_label(self.chance.choice(FIELDS))
            field.focus()
            longest = len(field.input_value()) > LONGEST
            self.page.keyboard.press(
                "ControlOrMeta+a" if longest or self.chance.random() < 0.1 else "ControlOrMeta+End"
            )
            words = " ".join(self.chance.choices(_WORDS, k=self.chance.randint(1, 3)))
            self.page.keyboard.type(f"{self.count} {words} ", delay=self.chance.choice([0, 5, 20]))
        elif act < 9:
            group = form.get_by_role("group", name=self.chance.choice(CHOICES))
            radios = group.get_by_role("radio")
            radios.nth(self.chance.randrange(radios.count())).check(force=True)
        else:
            self.page.keyboard.press("Tab")
        self.page.wait_for_timeout(self.chance.choice([0, 0, 50, 300, 600]))


def run(browser: Browser, folder: Path, kills: int, seed: int = 2026) -> Result:
    """Kill the kernel of a page `kills` times while someone types, and compare what was said with what is there."""
    chance, started = random.Random(seed), time.monotonic()  # noqa: S311  no secret
    journal = make_journal(folder / "journal")
    context = browser.new_context(locale="en-GB")
    try:
        with serving(journal, environment={"HOME": str(folder), "USERPROFILE": str(folder)}) as lab:
            watch = Watch(lab, context.new_page(), chance)
            for _ in range(kills):
                watch.type_until_killed()
                watch.look()
                watch.reload()
            watch.end()
    finally:
        context.close()
    found = (watch.acknowledged, watch.missing, watch.unsound, watch.held, watch.lost)
    return Result(kills, *found, time.monotonic() - started)


class Watch:
    """One page, its kernel, and the file behind them."""

    def __init__(self, lab: Lab, page: Page, chance: random.Random) -> None:
        self.lab, self.page, self.chance = lab, page, chance
        page.set_default_timeout(PATIENCE * 1000)
        self.ear, self.typist = Ear(page), Typist(page, chance)
        self.acknowledged, self.unsound, self.held = 0, 0, 0
        self.missing: list[str] = []
        self.lost: list[str] = []
        self.past: dict[tuple[str, str, int], Any] = {}  # versions that are closed, and their values
        page.goto(lab.page("01-every"))
        self.form = filling.every_kind(page)

    def type_until_killed(self) -> None:
        """Write, and have the kernel killed at some moment of that; write on for a while."""
        pid = self._kernel()
        after = self.chance.uniform(0, 2.0)
        death = threading.Timer(after, kill, [pid])
        death.start()
        end = time.monotonic() + after + self.chance.choice([0, 0.1, 0.3, 1.0])
        while time.monotonic() < end:
            self.typist.go_on(self.form)
        death.join()
        while "workbook.jupyter.kernel" in command(pid):  # until the system has ended it
            time.sleep(0.01)
        if self.ear.life.waiting() and self.chance.random() < 0.05:
            self.form.locator(".mend-state").get_by_text("Not saved yet").wait_for()

    def look(self) -> None:
        """Compare the file with what the page was told."""
        self.page.wait_for_timeout(1)  # what has arrived is heard
        life = self.ear.life
        self.acknowledged += len(life.saved)
        try:
            with Store(self.lab.journal / FILE) as store:
                store.check()
                versions = store.history(exercise="every.kind")
        except StoreError:
            self.unsound += 1
            return
        now = {answer.item: answer.value for answer in versions}  # the newest is the last
        for item, values in life.possible().items():
            if now.get(item) not in values:
                self.missing.append(f"{item}: {now.get(item)!r}, acknowledged {values[0]!r}")
        kept = {(answer.item, answer.occasion, answer.version): answer.value for answer in versions}
        self.missing += [f"{key}: {value!r}" for key, value in self.past.items() if kept.get(key, _GONE) != value]
        self.past = kept  # a page that is loaded anew begins a new version

    def reload(self) -> None:
        """Load the page anew; it must show what it showed."""
        before, life = filling.shown(self.form), self.ear.life
        self.held += len(life.waiting())
        self.ear.begin()
        self.page.reload()
        self._come_back()
        for kernel in set(life.kernels):
            self._forget(kernel)
        if not _soon(lambda: filling.shown(self.form) == before):
            now = filling.shown(self.form)
            self.lost += [
                f"{key}: {before[key]!r}, then {now.get(key)!r}" for key in before if before[key] != now.get(key)
            ]
        if self.chance.random() < 0.5:
            self._settle()

    def _come_back(self) -> None:
        """Wait for the form; one that does not come is a finding, and the page is loaded once more."""
        for _ in range(3):
            try:
                self.form = filling.every_kind(self.page)
            except playwright.Error:
                words = self.page.locator("body").inner_text().split("\n")
                self.lost.append(f"the page did not come back: {self.page.url.split('?')[0]} {words[-12:]}")
                self.ear.begin()
                self.page.reload()
            else:
                return
        raise AssertionError(self.lost)

    def end(self) -> None:
        """Wait until all is saved, and compare the file with the page."""
        self._settle()
        self.look()
        with Store(self.lab.journal / FILE) as store:
            now = {answer.item: answer.value for answer in store.current(exercise="every.kind")}
        for item, label in zip(("every.kind.name", "every.kind.camera"), FIELDS, strict=True):
            if (shown := self.form.get_by_label(label).input_value()) != (now.get(item) or ""):
                self.lost.append(f"{item}: the page shows {shown!r}, the file holds {now.get(item)!r}")

    def _settle(self) -> None:
        """Wait until nothing that was sent is without an answer."""

        def settled() -> bool:
            self.page.wait_for_timeout(20)
            return self.form.get_attribute("data-state") in ("saved", "quiet") and not self.ear.life.waiting()

        if not _soon(settled):
            self.lost.append(f"never saved: {self.ear.life.waiting()}")

    def _kernel(self) -> int:
        [kernel] = set(self.ear.life.kernels)
        [pid] = [pid for pid in children(self.lab.process.pid) if kernel in command(pid)]
        return pid

    def _forget(self, kernel: str) -> None:
        """Stop what the server started in place of a dead kernel: two hundred of them are too many for a machine."""
        address = self.lab.url(f"api/kernels/{kernel}")
        asked = urllib.request.Request(  # noqa: S310  http, to our own server
            address.split("?")[0], method="DELETE", headers={"Authorization": f"token {self.lab.token}"}
        )
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(asked).close()  # noqa: S310  the same


_GONE = object()


def _soon(true: Any) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def main(kills: int, seed: int) -> Result:
    """Run with a browser of its own."""
    with playwright.sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            return run(browser, Path(folder), kills, seed)
        finally:
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    result = main(given.kills, given.seed)
    for loss in [*result.missing, *result.lost][:20]:
        print(loss)
    print(
        f"{result.kills} kills, {result.acknowledged} acknowledged, {len(result.missing)} missing, "
        f"{result.unsound} unsound, {result.held} held words restored, {len(result.lost)} lost, {result.seconds:.0f} s"
    )
    sys.exit(bool(result.missing or result.unsound or result.lost))
