"""A locked journal in real pages: asked for in place, locked when left alone, and nothing of it in a saved notebook."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.journeys import filling
from tests.journeys.serving import ALONE, serving
from tests.journeys.test_journeys import until
from tests.journeys.test_leaks import browsing, everything, files_with, leaks, make_journal
from workbook.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.journeys.serving import Lab, Place

PASSPHRASE = "otter lantern gravel teapot 58"
WORD = "qzcanarylookback"


def unlock(page: Page, passphrase: str) -> None:
    page.get_by_label("Passphrase").fill(passphrase)
    page.get_by_role("button", name="Open", exact=True).click()


def test_a_page_left_alone_locks_itself_and_goes_on_where_it_was(page: Page, tmp_path: Path) -> None:
    """Open on the screen, with nobody there: its words go, it asks in place, and what was typed last is saved then."""
    folder = tmp_path / "journal"
    make_journal(folder, PASSPHRASE)
    with serving(folder, "--lock-after", "0.5", *ALONE) as lab:
        page.goto(lab.page("01-every"))
        unlock(page, PASSPHRASE)
        form = filling.every_kind(page)
        name = form.get_by_label(filling.NAME)
        name.fill("Before the pause")
        name.blur()
        filling.saved(form)

        page.get_by_label("Passphrase").wait_for(timeout=60_000)  # though the page stood open and visible
        expect(form).to_be_hidden()
        name.evaluate("(field) => { field.value = 'On its way'; field.dispatchEvent(new Event('input')); }")
        page.wait_for_timeout(2_000)

        unlock(page, "not this one")
        page.get_by_text(
            "This passphrase did not open the journal. Check capitals and spaces, and try again."
        ).wait_for()
        unlock(page, "nor this one")
        page.get_by_text("This passphrase did not open the journal. Wait 1 second before the next try.").wait_for()
        page.wait_for_timeout(1_200)
        unlock(page, PASSPHRASE)
        expect(form).to_be_visible()
        expect(name).to_have_value("On its way")
        filling.saved(form)
    with Journal.open(folder, passphrase=PASSPHRASE) as journal:
        assert journal.responses()["every.kind.name", "once"].value == "On its way"


def test_too_early_is_said_as_that(page: Page, tmp_path: Path) -> None:
    """The right passphrase, typed before the wait is over, is not called wrong."""
    folder = tmp_path / "journal"
    make_journal(folder, PASSPHRASE)
    with serving(folder, *ALONE) as lab:
        page.goto(lab.page("00-start"))
        expect(page.get_by_role("region", name="The next ten minutes")).to_be_visible()  # it waits for no passphrase
        for wrong in ("one", "two", "three", "four"):
            page.wait_for_timeout(2_500)
            unlock(page, wrong)
            page.get_by_text("This passphrase did not open the journal.").wait_for()
        unlock(page, PASSPHRASE)  # within the four seconds that follow the fourth
        page.get_by_text(
            re.compile(r"^Too early: the last passphrase was wrong\. Try again in \d seconds?\.$")
        ).wait_for()
        page.wait_for_timeout(4_500)
        unlock(page, PASSPHRASE)
        page.locator('[id="start.privacy"]').wait_for()


def test_a_locked_copy_with_answers_alone_has_its_pages(page: Page, tmp_path: Path) -> None:
    """A backup kept elsewhere is opened as any journal, and asks on its first page."""
    make_journal(tmp_path / "journal", PASSPHRASE)
    with Journal.open(tmp_path / "journal", passphrase=PASSPHRASE) as journal:
        copy = journal.backup(tmp_path / "copy")
    assert list(copy.glob("*.ipynb")) == []
    with serving(copy, *ALONE) as lab:
        page.goto(lab.page("00-start"))
        page.get_by_label("Passphrase").wait_for()
        assert engines.faults(page) == []
        unlock(page, PASSPHRASE)
        page.locator('[id="start.privacy"]').wait_for()


def test_the_self_assessment_is_in_no_saved_notebook(browser: Browser, chromium: str, place: Place) -> None:
    """It shows the person's own words: in the editor, which saves outputs, they are in no file but the store's."""
    make_journal(place.journal, None)
    with Journal.open(place.journal) as journal:
        shown = [
            item.id
            for item in journal.workbook.items
            if not item.retired and (item.word == "takeaway" or item.kind in ("text", "longtext"))
        ]
        for item in shown:
            if item.split(".")[0] not in ("every", "start"):
                journal.save(item, WORD)
        assert WORD in str(journal.assessment()._repr_html_())
    with serving(place.journal, environment=place.environment) as lab, browsing(browser, chromium, place) as page:
        page.goto(lab.page("60-review"))
        page.locator(".mend-look").get_by_text(WORD).first.wait_for(state="attached")  # in a part that is folded
        assert WORD not in page.title() + page.url
    with (
        serving(place.journal, "--plain", environment=place.environment) as lab,
        browsing(browser, chromium, place) as page,
    ):
        page.goto(lab.url("lab/tree/60-review.ipynb"))
        page.locator(".jp-Notebook").wait_for()
        page.evaluate(_RUN)
        page.locator(".mend-look").get_by_text(WORD).first.wait_for(state="attached")  # in a part that is folded
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        saved = place.journal / "60-review.ipynb"
        until(lambda: "application/vnd.jupyter.widget-view+json" in saved.read_text(), True)
        assert leaks((WORD,), place) == set()
    assert leaks((WORD,), place) == set()
    assert files_with((WORD,), place.home)  # the search does find it


_RUN = """async () => {
  const app = window.jupyterapp;
  await app.commands.execute("@jupyter-widgets/jupyterlab-manager:saveWidgetState"); // switches it on
  const opened = await app.commands.execute("docmanager:open", { path: "60-review.ipynb", factory: "Notebook" });
  await opened.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
}"""


def core_limit(pid: int) -> tuple[str, str] | None:
    """Return how much memory a process may leave in a file, `(soft, hard)`; nothing when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next(((line.split()[4], line.split()[5]) for line in lines if "core file" in line), None)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says it on Linux only")
def test_a_crash_writes_no_memory_to_the_disk(lab: Lab, page: Page) -> None:
    """Neither the server nor a kernel may leave a core file: the answers would be in it."""
    page.goto(lab.page("01-every"))
    filling.every_kind(page)
    limits = {pid: core_limit(pid) for pid in (lab.process.pid, *lab.started())}
    assert {limits[lab.process.pid], limits[lab.kernel_of(page)]} == {("0", "0")}
    assert set(limits.values()) <= {("0", "0"), None}  # a kernel that waited for a page may have ended


def test_no_history_and_no_checkpoint_lies_beside_the_pages(browser: Browser, chromium: str, place: Place) -> None:
    """What Jupyter keeps of a session goes with it: no commands, no copies of pages, no layout."""
    make_journal(place.journal, None)
    kept = ("history.sqlite", ".ipynb_checkpoints", "workspaces", "ipython", ".jupyter", "jupyter")
    with serving(place.journal, environment=place.environment) as lab, browsing(browser, chromium, place) as page:
        page.goto(lab.address)
        page.frame_locator("iframe").locator(".mend-chapter").wait_for()
        page.evaluate(
            "window.jupyterapp.commands.execute('docmanager:open', { path: '01-every.ipynb', factory: 'Notebook' })"
        )
        page.wait_for_timeout(2_000)
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_timeout(2_000)
        run = place.journal / ".mend" / "run"  # of this start alone: it goes with it
        found = [path for path in everything(place.home) if path.name in kept and not path.is_relative_to(run)]
        assert found == []
        assert [path for path in everything(place.home, place.temporary) if path.name == "history.sqlite"] == []
    assert [path for path in place.home.rglob("*") if path.name in kept] == []
    assert [path.name for path in place.temporary.iterdir() if path.name.startswith("mend")] == []
