"""A server, a browser or a connection that ends without warning costs no word, and the page says so."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Error, expect

from tests.conftest import ARGUMENTS
from tests.journeys import filling
from tests.journeys.conftest import make_journal
from tests.journeys.serving import children, command, free_port, kill, serving
from tests.journeys.test_journeys import SAVED, state, stored, until
from tests.soak import killed_page
from workbook.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.journeys.serving import Lab

CAMERA = "What would a camera have seen?"
LOST = re.compile("Not saved yet: the connection is lost. Your words are kept in this tab")


def versions(journal: Path, item: str) -> list[Any]:
    """Return the value of each version of an answer in the exercise with every kind, oldest first."""
    with Journal.open(journal) as opened:
        return [answer.value for answer in opened.store.history(exercise="every.kind") if answer.item.endswith(item)]


def test_kills_at_any_moment_lose_nothing_that_the_page_called_saved(browser: Browser, tmp_path: Path) -> None:
    """Two kernels die while someone types; tests/soak/killed_page.py kills two hundred."""
    result = killed_page.run(browser, tmp_path, kills=2)
    assert result.acknowledged > 0
    assert (result.missing, result.unsound, result.lost) == ([], 0, [])


def test_a_server_that_is_killed_costs_no_word_and_leaves_no_kernel(context: BrowserContext, tmp_path: Path) -> None:
    """Nothing hides the page, which says what is not saved; in the old tab the next start's address has it saved."""
    journal, port = make_journal(tmp_path / "journal"), str(free_port())
    with serving(journal, "--port", port) as first:
        old = context.new_page()
        old.goto(first.url("lab/tree/01-every.ipynb"))
        form = filling.every_kind(old.frame_locator('iframe[src*="01-every"]'))
        form.get_by_label(filling.NAME).fill("Saved before")
        form.get_by_label(filling.NAME).blur()
        filling.saved(form)
        kernels = children(first.process.pid)
        assert set(first.kernels()) <= set(kernels)
        kill(first.process.pid)
        form.get_by_label(CAMERA).fill("Typed after.")
        until(lambda: [pid for pid in kernels if "workbook.jupyter.kernel" in command(pid)], [])
        expect(state(form)).to_have_text(LOST)
        old.evaluate("window.jupyterapp.serviceManager.sessions.refreshRunning().catch(() => {})")  # it does by itself
        old.keyboard.type(" And on.")
        expect(form.get_by_label(CAMERA)).to_have_value("Typed after. And on.")
        expect(old.locator(".jp-Dialog")).to_have_count(0)  # nothing about servers is put over what is being written
    with serving(journal, "--port", port) as second:
        new = context.new_page()  # the command opens a tab of its own, with which this browser may come in again
        new.goto(second.page("01-every"))
        again = filling.every_kind(new)
        expect(again.get_by_label(filling.NAME)).to_have_value("Saved before")
        expect(again.get_by_label(CAMERA)).to_have_value("")
        expect(form.get_by_label(CAMERA)).to_have_value("Typed after. And on.")
        old.reload()  # each start has an address of its own, and this page says where to go
        expect(old.get_by_text("open that address here, in this same tab: it comes back.")).to_be_visible()
        old.goto(second.url("lab/tree/01-every.ipynb"))
        form = filling.every_kind(old.frame_locator('iframe[src*="01-every"]'))
        expect(form.get_by_label(CAMERA)).to_have_value("Typed after. And on.")
        until(lambda: stored(journal).get("camera"), "Typed after. And on.")
        assert stored(journal)["name"] == "Saved before"


@contextlib.contextmanager
def browsing(browser: Browser, chromium: str, profile: Path) -> Iterator[Page]:
    """A Chromium of its own with a profile on the disk; it may be killed."""
    context = browser.browser_type.launch_persistent_context(profile, executable_path=chromium, args=ARGUMENTS)
    try:
        yield context.pages[0]
    finally:
        with contextlib.suppress(Error):
            context.close()


def browsers(profile: Path) -> list[int]:
    """Return the process ids of the browser that uses a profile, without its helpers."""
    found = psutil.process_iter(["pid", "cmdline"])
    lines = {process.pid: process.info["cmdline"] or [] for process in found}
    return [
        pid
        for pid, line in lines.items()
        if f"--user-data-dir={profile}" in line and not any(part.startswith("--type=") for part in line)
    ]


def test_a_browser_that_is_killed_costs_nothing_that_was_saved(
    lab: Lab, browser: Browser, chromium: str, tmp_path: Path
) -> None:
    """Words saved by a pause alone are in the store when the browser dies, and the next one shows them."""
    with browsing(browser, chromium, tmp_path / "profile") as page:
        ear = killed_page.Ear(page)
        page.goto(lab.page("01-every"))
        camera = filling.every_kind(page).get_by_label(CAMERA)
        camera.fill("")
        camera.press_sequentially("Written while the browser still ran.")

        def acknowledged() -> Any:
            page.wait_for_timeout(20)
            return ear.life.possible().get("every.kind.camera", [None])[0]

        until(acknowledged, "Written while the browser still ran.")
        camera.press_sequentially(" And then")
        [pid] = browsers(tmp_path / "profile")
        kill(pid)
    assert stored(lab.journal)["camera"].startswith("Written while the browser still ran.")
    with browsing(browser, chromium, tmp_path / "profile") as page:
        page.goto(lab.page("01-every"))
        camera = filling.every_kind(page).get_by_label(CAMERA)
        expect(camera).to_have_value(re.compile(r"^Written while the browser still ran\."))
        until(lambda: camera.input_value() == stored(lab.journal)["camera"], True)  # what was under way may still come


def send(what: signal.Signals, pids: list[int]) -> None:
    """Send a signal to each process that is still there: kernels of pages that were left end meanwhile."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def test_a_computer_that_slept_saves_by_itself_what_was_written_meanwhile(lab: Lab, page: Page) -> None:
    """Everything but the page stands still, longer than the form is patient; then all is saved once, untouched."""
    page.goto(lab.page("01-every"))
    form = filling.every_kind(page)
    asleep = [*children(lab.process.pid), lab.process.pid]
    before = versions(lab.journal, "name")
    try:
        send(signal.SIGSTOP, asleep)
        form.get_by_label(filling.NAME).fill("Written in")
        expect(state(form)).to_have_text(LOST)
        form.get_by_label(filling.NAME).press_sequentially(" the gap")
        form.get_by_role("group", name="Where did it begin?").get_by_text("In messages").click()
        expect(state(form)).to_have_text(LOST)
    finally:
        send(signal.SIGCONT, asleep[::-1])
    filling.saved(form)
    expect(state(form)).to_have_text(SAVED)
    expect(form.get_by_label(filling.NAME)).to_have_value("Written in the gap")
    until(lambda: stored(lab.journal).get("place"), "messages")
    assert versions(lab.journal, "name") == [*before, "Written in the gap"]


class Wire:
    """Passes bytes between a browser and a server; while it is cut, new connections wait.

    `loses`: which of the two, as some proxies do, does not hear of a protocol that the other speaks of.
    """

    def __init__(self, port: int, *, loses: tuple[str, ...] = ()) -> None:
        self.port = port
        self.loses = loses
        self.lost: list[str] = []
        self.whole = threading.Event()
        self.whole.set()
        self.ends: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._answer, daemon=True).start()

    def cut(self) -> None:
        """End every connection."""
        self.whole.clear()
        for end in self.ends:
            _end(end)

    def mend(self) -> None:
        """Let connections through again."""
        self.whole.set()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):  # the door is shut
            while True:
                here, _ = self.door.accept()
                threading.Thread(target=self._connect, args=(here,), daemon=True).start()

    def _connect(self, here: socket.socket) -> None:
        self.whole.wait()
        with contextlib.suppress(OSError):  # the server has gone
            there = socket.create_connection(("127.0.0.1", self.port))
            self.ends += [here, there]
            threading.Thread(target=self._pass, args=(there, here, "browser"), daemon=True).start()
            self._pass(here, there, "server")

    def _pass(self, here: socket.socket, there: socket.socket, to: str) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                if to in self.loses:  # what begins a line to Python comes in one piece, alone
                    data, found = PROTOCOL.subn(b"", data)
                    self.lost += [to] * found
                there.sendall(data)
        _end(here)
        _end(there)


PROTOCOL = re.compile(rb"(?im)^Sec-WebSocket-Protocol: .*\r\n")


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(lab: Lab) -> Iterator[Wire]:
    wire = Wire(urlsplit(lab.address).port or 0)
    yield wire
    wire.cut()
    wire.door.close()


def test_a_connection_that_broke_is_made_again_and_the_words_are_saved(lab: Lab, page: Page, wire: Wire) -> None:
    """Browsers drop their connections when a computer sleeps: the page says so, and goes on without a reload."""
    page.goto(lab.page("01-every").replace(urlsplit(lab.address).netloc, wire.address))
    form = filling.every_kind(page)
    before = versions(lab.journal, "guess")
    form.get_by_role("group", name="Do I know their side").get_by_text("No", exact=True).click()
    filling.saved(form)
    wire.cut()
    form.get_by_label("What do I guess").fill("Written without a connection")
    expect(state(form)).to_have_text(LOST)
    wire.mend()
    filling.saved(form)
    expect(state(form)).to_have_text(SAVED)
    expect(form.get_by_label("What do I guess")).to_have_value("Written without a connection")
    assert versions(lab.journal, "guess") == [*before, "Written without a connection"]


@pytest.mark.parametrize("loses", [("server", "browser"), ("browser",)], ids=" and ".join)
def test_a_proxy_that_lets_no_protocol_through_costs_nothing(lab: Lab, page: Page, loses: tuple[str, ...]) -> None:
    """A chapter shows its forms, keeps an answer, and takes a file, packed as Jupyter packed it before."""
    wire = Wire(urlsplit(lab.address).port or 0, loses=loses)
    with contextlib.closing(wire.door):
        page.goto(lab.page("01-every").replace(urlsplit(lab.address).netloc, wire.address))
        form = filling.every_kind(page)
        words = f"Written where the {loses[0]} heard of no protocol"
        form.get_by_label(filling.NAME).fill(words)
        form.get_by_label(filling.NAME).blur()
        filling.saved(form)
        until(lambda: stored(lab.journal)["name"], words)
        assert set(wire.lost) == {loses[0]}
        page.goto(lab.page("00-start").replace(urlsplit(lab.address).netloc, wire.address))
        page.get_by_text("Got a file from a counselor?").click()
        wrong = {"name": "a.assignment", "mimeType": "text/plain", "buffer": b"\x00\xff not one"}
        page.locator("#mend-given input[type=file]").set_input_files(wrong)
        expect(page.locator("#mend-given").get_by_role("alert")).to_contain_text("file")
        wire.cut()


def test_opening_a_journal_twice_gives_two_pages_that_know_of_each_other(lab: Lab, context: BrowserContext) -> None:
    """A second `workbook open` on an open journal works; each shows what the other saved, and either may end."""
    here = context.new_page()
    here.goto(lab.page("01-every"))
    first = filling.every_kind(here)
    with serving(lab.journal) as other:
        there = context.new_page()
        there.goto(other.page("01-every"))
        second = filling.every_kind(there)
        second.get_by_label(CAMERA).fill("From the second.")
        second.get_by_label(CAMERA).blur()
        filling.saved(second)
        here.bring_to_front()
        here.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(first.get_by_label(CAMERA)).to_have_value("From the second.")
        expect(first.get_by_text(re.compile("Changed on another page"))).to_be_visible()
        there.close()
        assert other.stop() == 0
    first.get_by_label(CAMERA).fill("From the first, which is still open.")
    first.get_by_label(CAMERA).blur()
    filling.saved(first)
    until(lambda: stored(lab.journal).get("camera"), "From the first, which is still open.")
