"""No test can touch a real journal, and those that need a browser say so."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

import pyrage
import pytest
from hypothesis import HealthCheck, settings

from tests import cheap_age
from tests import postgresql as servers
from tests.caseload_sample import PASSPHRASE
from tests.clock import Clock
from workbook.sharing.keys import keygen, unlock
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.mailboxes import Served
    from workbook.sharing.keys import Keys

# What Playwright leaves out, since a second list takes the place of its own, and what an address bar that nobody sees
# would have ready in each window: two pages of its own, which take more of a machine than most of ours.
_LEFT_OUT = (
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "TcpPortRandomizationWin", "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup", "WebUIOmniboxPopup",
)  # fmt: skip
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", f"--disable-features={','.join(_LEFT_OUT)}",
]  # fmt: skip
_OURS = (
    "WORKBOOK_HOME",
    "WORKBOOK_LANGUAGE",
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "IPYTHONDIR",
)

# What is slow is shown in benchmarks/; a busy machine makes no test red. In CI the same examples are tried each time.
settings.register_profile(
    "mend", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("mend")


# What each of these starts runs beside the test that asks for it.
_STARTING = frozenset({"browser", "postgresql", "desks", "node", "box"})


def _starts(item: pytest.Item) -> bool:
    """Whether a test has a process or a server beside it: by its folder, by what it asks for, or because it says so."""
    cases = item.name.partition("[")[2].rstrip("]").split("-")  # each kind of store is a case
    asked = {*getattr(item, "fixturenames", ()), *cases}
    marked = any(each.name == "process" for each in item.iter_markers())
    return marked or "journeys" in item.path.parts or not _STARTING.isdisjoint(asked)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI what starts a process gets a second try, for machines that stand still; the summary counts and names it."""
    for item in items if os.environ.get("CI") else ():
        if _starts(item):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """In CI the last test of a file gets it too: what the tests of a file, or all tests, shared is ended after it."""
    if os.environ.get("CI") and (nextitem is None or nextitem.path != item.path):
        item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home folder for the whole run, and none of the person's own settings."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        for name in [name for name in os.environ if name in _OURS or name.startswith("XDG_")]:
            patch.delenv(name)
        yield home


@pytest.fixture(autouse=True)
def _no_loop_of_a_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test without a browser does not find the event loop of one that an earlier test opened, as if it ran in it."""
    if "browser" in request.fixturenames:
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session", autouse=True)
def _cheap() -> None:
    """A passphrase costs milliseconds, and not the seconds that age takes on purpose, each time."""
    cheap_age.instead()


@pytest.fixture
def at_full_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase costs what it costs people."""
    encrypt, least = cheap_age.FULL
    monkeypatch.setattr(pyrage.passphrase, "encrypt", encrypt)
    monkeypatch.setattr(seal, "LEAST_WORK", least)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Keys]:
    """A caseload's folder and its keys, to copy; made once."""
    home = keygen(tmp_path_factory.mktemp("keyed") / "caseload", PASSPHRASE, counselor="Dr. Example")
    return home, unlock(home, PASSPHRASE)


@pytest.fixture
def home(keyed: tuple[Path, Keys], tmp_path: Path) -> Path:
    """The folder of a caseload that is a test's own."""
    return shutil.copytree(keyed[0], tmp_path / "caseload")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Served]:
    """A mailbox of this test's own, on loopback."""
    from tests.mailboxes import served  # tornado, which most tests do without

    with served(str(tmp_path / "mail.sqlite")) as one:
        yield one


@pytest.fixture
def language() -> Iterator[None]:
    """Everything in the test is said in a language of brackets."""
    from tests.made_up import BRACKETS  # it reads every sentence there is
    from workbook import words

    with words.spoken(BRACKETS):
        yield


@pytest.fixture
def exchange(tmp_path: Path, home: Path, keyed: tuple[Path, Keys], monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """The invented person's journal, a caseload's page and their clock; both speak the language of brackets."""
    from tests import made_up

    with made_up.exchanging(tmp_path, home, keyed[1], monkeypatch) as both:
        yield both


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without it: skipped here, a failure in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI needs it.")
        pytest.skip("Chromium is not installed.")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for every test that needs one: Playwright runs only once in a thread.

    Where it is installed, the one without windows: the same browser, which draws no address bar that nobody sees.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect.set_options(timeout=30_000)  # a kernel takes its time on a busy machine
    with sync_api.sync_playwright() as playwright:
        bare = shutil.which("chromium-headless-shell")
        browser = playwright.chromium.launch(executable_path=bare or chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[servers.Server]:
    """A PostgreSQL server for every test that needs one. Without it: skipped here, a failure in CI."""
    found = servers.programs()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI needs it.")
        pytest.skip("PostgreSQL is not installed.")
    with servers.running(found) as server:
        yield server
