"""What is written in a page is in the store and nowhere else on the disk; in a locked journal, nowhere at all.

A canary, a word that exists only in this run, is typed into every field that takes words or digits. Then every byte
of the home folder, the temporary folder, the browser's profile and the server's output is searched for it.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import random
import re
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import form_page, safe_answers
from tests.conftest import ARGUMENTS
from tests.journeys import filling
from tests.journeys.serving import children, kill, serving
from tests.journeys.test_journeys import until
from workbook import definition
from workbook.journal import Journal
from workbook.jupyter import notebooks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.journeys.serving import Lab, Place

PASSPHRASE = "otter lantern gravel teapot 58"
_chance = random.SystemRandom()
STEM = "qz" + "".join(_chance.choices(string.ascii_lowercase, k=14))
DIGITS = "7" + "".join(_chance.choices(string.digits, k=11))
DAY = f"19{_chance.randint(10, 39)}-{_chance.randint(1, 12):02}-{_chance.randint(1, 28):02}"

# The fields that take words or digits, by label; the rest is chosen from what the page itself says.
FIELDS = {
    filling.NAME: f"{STEM}text",
    "What would a camera have seen?": f"{STEM}longtext",
    "What do I guess": f"{STEM}shownif",
    "How many times": DIGITS,
    "When was it?": DAY,
    "When this happens": f"{STEM}cell",
    "What I did": f"{STEM}letter",
    "What it may have meant": f"{STEM}part",
}


def make_journal(folder: Path, passphrase: str | None) -> None:
    """A journal with open gates on a chapter with every kind of item, whose number knows no limit."""
    text = (form_page.HERE / "every.yaml").read_text().replace("minimum: 0", "").replace("maximum: 50", "")
    file = folder.with_name("every.yaml")
    file.write_text(text)
    shipped, every = definition.load(), definition.load(file)
    with Journal.create(folder) as journal:
        journal.install(shipped.model_copy(update={"chapters": (*shipped.chapters, *every.chapters)}))
        safe_answers.answer_safely(journal.save)
        notebooks.write(journal.workbook, folder)  # as the first opening did, before there was a lock
        if passphrase:
            journal.lock(passphrase)


@contextlib.contextmanager
def browsing(browser: Browser, chromium: str, place: Place) -> Iterator[Page]:
    """A Chromium with a profile on the disk, as a person's is."""
    context = browser.browser_type.launch_persistent_context(
        place.profile, executable_path=chromium, args=ARGUMENTS, env={**os.environ, **place.environment}
    )
    try:
        yield context.pages[0]
    finally:
        context.close()


def type_everything(form: Locator) -> None:
    """Give every item an answer, with the canary wherever words or digits can be typed."""
    form.get_by_role("group", name="Do I know their side").get_by_text("No", exact=True).click()
    for label, text in FIELDS.items():
        form.get_by_label(label).first.fill(text)
    form.get_by_label("When was it?").blur()


def wait_for(wanted: Iterable[str], journal: Path, passphrase: str | None = None) -> None:
    """Wait until the journal holds each of these."""
    end = time.monotonic() + 30
    with Journal.open(journal, passphrase=passphrase) as opened:
        while missing := [each for each in wanted if each not in json.dumps([one.value for one in opened.current()])]:
            assert time.monotonic() < end, missing
            time.sleep(0.2)


def forms(word: str) -> dict[str, bytes]:
    """How a word may lie in a file: as bytes, as a browser keeps texts, and inside base64."""
    found = {"utf-8": word.encode(), "utf-16": word.encode("utf-16-le")}
    for skip in range(3):
        coded = base64.b64encode(b"\0" * skip + word.encode())
        found[f"base64, {skip} bytes in"] = coded[4 if skip else 0 : len(coded) - 4]  # the ends vary
    return found


def everything(*folders: Path) -> list[Path]:
    """Return all that lies in folders which are in use: what goes meanwhile is left out, with what was in it."""
    return sorted(
        Path(here, name) for folder in folders for here, *names in os.walk(folder) for name in itertools.chain(*names)
    )


def files_with(words: tuple[str, ...], *folders: Path) -> set[str]:
    """Return `folder/file: word (how)` for each file, byte by byte, that holds one of the words."""
    wanted = {f"{word} ({how})": data for word in words for how, data in forms(word).items()}
    found = set()
    for folder in folders:
        for path in everything(folder):
            if not path.is_file() or path.is_symlink():
                continue
            try:
                data = path.read_bytes()
            except FileNotFoundError:  # the browser's own coming and going
                continue
            name = path.relative_to(folder.parent)
            found |= {f"{name}: {what}" for what, each in wanted.items() if each in data}
            found |= {f"{name}: {what} (in the name)" for what, each in wanted.items() if each in bytes(name)}
    return found


def processes_with(words: tuple[str, ...], pid: int) -> set[str]:
    """Return which of a process and its children has one of the words in its arguments or environment."""
    found = set()
    for each in (pid, *children(pid)):
        for part in ("cmdline", "environ"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                data = Path(f"/proc/{each}/{part}").read_bytes()
                found |= {f"{part} of {each}: {word}" for word in words if word.encode() in data}
    return found


def open_page(lab: Lab, page: Page, passphrase: str | None = None) -> Locator:
    page.goto(lab.page("01-every"))
    if passphrase:
        page.get_by_label("Passphrase").fill(passphrase)
        page.get_by_role("button", name="Open", exact=True).click()
    return filling.every_kind(page)


def allowed(journal: Path) -> set[str]:
    """The store's own files: the only ones that may hold words, and only while there is no lock."""
    hidden = Path(journal.parent.name, journal.name, ".mend")
    return {str(hidden / name) for name in ("answers.sqlite", "answers.sqlite-wal", "backups")}


def leaks(words: tuple[str, ...], place: Place) -> set[str]:
    """Return what `files_with` finds outside the store's own files."""
    ours = tuple(allowed(place.journal))
    return {found for found in files_with(words, *place) if not found.startswith(ours)}


# All that a page holds besides its scripts: what is drawn, what stands in fields, and what its browser keeps for it.
HOLDS = """() => JSON.stringify([document.documentElement.outerHTML, { ...sessionStorage }, { ...localStorage },
  [...document.querySelectorAll("input, textarea, select")].map((one) => one.value), history.state, document.cookie])"""
PRINTED = """
window.print = () => {
    document.documentElement.dataset.printed = document.querySelectorAll(".mend-form").length;
    setTimeout(() => window.dispatchEvent(new Event("afterprint")));
};
"""


def held(page: Page) -> tuple[str, str]:
    """Return what a page holds, and what it gives to a screen reader."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return page.evaluate(HOLDS), json.dumps(tree, ensure_ascii=False)


def test_a_closed_step_holds_no_word(browser: Browser, chromium: str, place: Place) -> None:
    """Once all is saved the browser keeps nothing; a closed step, also after paper, has no word in any place."""
    make_journal(place.journal, None)
    with serving(place.journal, environment=place.environment) as lab, browsing(browser, chromium, place) as page:
        page.add_init_script(PRINTED)
        form = open_page(lab, page)
        type_everything(form)
        wait_for(FIELDS.values(), place.journal)
        filling.saved(form)
        assert [STEM in all_ for all_ in held(page)] == [True, True]  # as long as it is open: the search does find it
        keys = "Object.keys({ ...sessionStorage, ...localStorage })"
        assert page.evaluate(keys) in ([], ["mend-steps"])
        assert not any(word in page.evaluate("JSON.stringify({ ...sessionStorage })") for word in (STEM, DIGITS, DAY))
        step = page.locator('.mend-step[data-step="every.kind"]')
        step.locator("h2 button").click()
        expect(page.locator(".mend-form")).to_have_count(0)
        assert [word for word in (STEM, DIGITS, DAY) for all_ in held(page) if word in all_] == []
        page.get_by_role("button", name="Print this chapter").click()
        # The forms are there only as long as paper asks for them.
        expect(page.locator("html")).to_have_attribute("data-printed", re.compile("^[1-9]"))
        expect(page.locator(".mend-form")).to_have_count(0)
        assert [word for word in (STEM, DIGITS, DAY) for all_ in held(page) if word in all_] == []
        assert page.evaluate(keys) == ["mend-steps"]


def test_answers_are_in_the_store_alone(browser: Browser, chromium: str, place: Place) -> None:
    """Typed in the page, then in the editor, which saves outputs and widget state: only the store has it."""
    make_journal(place.journal, None)
    secret = (STEM, DIGITS, DAY)
    with serving(place.journal, environment=place.environment) as lab, browsing(browser, chromium, place) as page:
        type_everything(open_page(lab, page))
        wait_for(FIELDS.values(), place.journal)
        assert STEM not in page.title() + page.url
    with (
        serving(place.journal, "--plain", environment=place.environment) as lab,
        browsing(browser, chromium, place) as page,
    ):
        page.goto(lab.url("lab/tree/01-every.ipynb"))
        page.locator(".jp-Notebook").wait_for()
        page.evaluate(_RUN_IN_THE_EDITOR)
        form = filling.every_kind(page)
        expect(form.get_by_label(filling.NAME)).to_have_value(FIELDS[filling.NAME])
        form.get_by_label(filling.NAME).fill(f"{STEM}editor")
        wait_for([f"{STEM}editor"], place.journal)
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        saved = place.journal / "01-every.ipynb"
        until(lambda: "application/vnd.jupyter.widget-state+json" in saved.read_text(), True)
        assert STEM not in page.title() + page.url
        assert leaks(secret, place) == set()
        assert processes_with(secret, lab.process.pid) == set()
    assert leaks(secret, place) == set()
    assert any(word in "".join(files_with(secret, place.home)) for word in secret)  # the search does find it
    assert not [line for line in lab.said if any(word in line for word in secret)]


def test_a_locked_journal_leaves_no_word_anywhere(browser: Browser, chromium: str, place: Place) -> None:
    """Not in the store either, nor while a dead kernel makes the page keep words; nor the passphrase."""
    make_journal(place.journal, PASSPHRASE)
    secret = (STEM, DIGITS, DAY, PASSPHRASE)
    with serving(place.journal, environment=place.environment) as lab, browsing(browser, chromium, place) as page:
        type_everything(open_page(lab, page, PASSPHRASE))
        wait_for(FIELDS.values(), place.journal, PASSPHRASE)
        form = filling.every_kind(page)
        kill(lab.kernel_of(page))
        form.get_by_label(filling.NAME).fill(f"{STEM}unsaved")
        form.get_by_label("What I did").fill(f"{STEM}unsent")
        expect(form.locator(".mend-state")).to_have_text(re.compile("Not saved yet"))
        page.wait_for_timeout(6_000)  # a browser writes what a tab holds every five seconds
        assert files_with(secret, *place) == set()
        open_page(lab, page)  # a new kernel has the key from `workbook open`
        wait_for([f"{STEM}unsaved", f"{STEM}unsent"], place.journal, PASSPHRASE)
        assert processes_with(secret, lab.process.pid) == set()
        page.wait_for_timeout(1_000)
    assert files_with(secret, *place) == set()
    assert not [line for line in lab.said if any(word in line for word in secret)]


_RUN_IN_THE_EDITOR = """async () => {
  const app = window.jupyterapp;
  await app.commands.execute("@jupyter-widgets/jupyterlab-manager:saveWidgetState"); // switches it on
  const opened = await app.commands.execute("docmanager:open", { path: "01-every.ipynb", factory: "Notebook" });
  await opened.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
}"""
