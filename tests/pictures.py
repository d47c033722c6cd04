"""Take the pictures of the documentation: `python -m tests.pictures`. They go to `docs/pictures/`.

Everyone in them is made up: a journal of someone who was asked for time, and a counselor's caseload.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import caseload_sample, safe_answers
from tests.caseload_sample import CAMERA, PART, PASSPHRASE
from tests.clock import Clock
from tests.conftest import ARGUMENTS
from tests.journeys.serving import Lab, serving
from workbook.journal import Journal
from workbook.sharing import caseload, keys

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDE = {"width": 1120, "height": 760}
WORDS = {PART: "I left without a word.", CAMERA: "They asked a question. I went out and closed the door."}


def main() -> None:
    """Make a journal and a caseload, open both as a person would, and look at them."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("Install Chromium first.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        home = make(folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with serving(folder / "first") as lab:
            first_visit(page_of(browser, lab), lab)
        with serving(folder / "journal") as lab:
            client(page_of(browser, lab), lab)
        with serving(home, command=("caseload", "--home")) as lab:
            counselor(page_of(browser, lab), lab, folder)
        browser.close()


def make(folder: Path) -> Path:
    """Make a new journal, one that has been used for a week and shared from, and the caseload beside them."""
    Journal.create(folder / "first").close()
    clock = Clock(datetime.now(UTC).astimezone() - timedelta(days=8))
    home = keys.keygen(folder / "caseload", PASSPHRASE, counselor="Dr. Example")
    with caseload.open_caseload(home, keys.unlock(home, PASSPHRASE), now=clock) as opened:
        with Journal.create(folder / "journal", now=clock) as journal:
            safe_answers.answer_safely(journal.save)
            caseload_sample.ask(opened, journal, "Heron", ["responsibility.incident", "space.urges"])
            for item, words in WORDS.items():
                journal.save(item, words)
            (folder / "heron.submission").write_bytes(caseload_sample.sealed(journal, PART, CAMERA))
            journal.save("improvement.plans.commitment", "My phone stays in the hall at dinner.")
            journal.save("improvement.log.went", "kept")
        with caseload_sample.journal_of(folder / "other", clock) as journal:
            caseload_sample.ask(opened, journal, "Maple", ["responsibility.rating"])
    return home


def page_of(browser: Browser, lab: Lab) -> Page:
    """Return a fresh window of a browser, as wide as a picture."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", accept_downloads=True, locale="en-GB")  # type: ignore[arg-type]  # the two sizes
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def first_visit(page: Page, lab: Lab) -> None:
    """What someone meets who opens it for the first time."""
    page.goto(lab.address)
    page.frame_locator("iframe").locator(".mend-chapter").wait_for()
    page.wait_for_timeout(3000)  # the words first, then the forms, then what they know
    shoot(page, "start")


def client(page: Page, lab: Lab) -> None:
    """Today, and how something is chosen to be shared."""
    for notebook, name in (("00-start", "today"), ("70-share", "share")):
        page.goto(lab.page(notebook))
        page.locator(".mend-chapter").wait_for()
        page.wait_for_timeout(2000)  # the words first, then the panels, then what they know
        if name == "share":
            page.locator("#mend-share").evaluate("(panel) => scrollTo(0, panel.offsetTop - 24)")
            page.wait_for_timeout(300)
        shoot(page, name)


def counselor(page: Page, lab: Lab, folder: Path) -> None:
    """Everyone at a glance, and one client."""
    page.goto(lab.page("caseload"))
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    page.locator(".mend-drop input[type=file]").set_input_files(folder / "heron.submission")
    page.get_by_text("Heron: 2 new.").wait_for()
    page.wait_for_timeout(1500)  # the list is drawn anew
    shoot(page, "caseload")
    page.get_by_role("button", name="Heron").click()
    page.get_by_text(WORDS[PART]).wait_for()
    shoot(page, "client")


def shoot(page: Page, name: str) -> None:
    """Keep what is on the screen."""
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    print(f"docs/pictures/{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
