"""The lock on the first page: said before it is made, made once, and taken off only with the passphrase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.panel_page import IMPATIENT, ask, open_panel
from workbook import words
from workbook.journal import Journal
from workbook.page.panels.lock_panel import LockPanel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

WORDS = "four calm grey herons wading"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=lambda: datetime(2027, 1, 4, 9, tzinfo=UTC)) as made:
        yield made


def test_a_lock_is_made_only_after_what_forgetting_means_was_read(journal: Journal) -> None:
    """Without the tick, with a weak passphrase or with none, nothing is locked and a sentence says why."""
    panel = LockPanel(journal)
    for message, sentence in (
        ({"passphrase": WORDS}, "Please read what forgetting the passphrase means"),
        ({"passphrase": "  ", "understood": True}, "Type the passphrase first"),
        ({"passphrase": "password1", "understood": True}, "This passphrase is too easy to guess"),
    ):
        reply, _ = ask(panel, {"type": "lock", **message})
        assert reply["type"] == "refused"
        assert reply["reason"].startswith(sentence)
        assert not journal.locked


def test_no_passphrase_stays_in_the_widget(journal: Journal) -> None:
    """What is typed travels in a message; state and repr know nothing of it."""
    panel = LockPanel(journal)
    ask(panel, {"type": "lock", "passphrase": "password1 canary", "understood": True})
    assert "canary" not in repr(panel) + str(panel.get_state())


def test_locking_changing_and_taking_off_on_the_page(browser: Browser, journal: Journal) -> None:
    """By hand in the page: lock, write down the recovery key, change the passphrase, take the lock off; axe agrees."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(IMPATIENT)
    page = open_panel(context, LockPanel(journal))
    page.set_default_timeout(60_000)  # the passphrase is slow on purpose, several times
    page.get_by_text("Lock these answers with a passphrase").click()
    expect(page.get_by_text(words.say("storage.lock.forgetting"))).to_be_visible()
    page.get_by_label("I have read this").check()
    page.get_by_label("Passphrase", exact=True).fill(WORDS)
    page.get_by_label("Once more").fill(WORDS + "!")
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_text("The two are not the same.")).to_be_visible()
    page.get_by_label("Once more").fill(WORDS)
    assert engines.axe_in_both(page, ".mend-sheet") == []
    page.get_by_role("button", name="Lock").click()
    page.get_by_role("heading", name="Your recovery key").wait_for()
    expect(page.locator(".mend-sheet .mend-said")).to_have_text("")  # it came, so nothing is waited for
    recovery = page.locator(".mend-key").inner_text()
    assert journal.locked
    page.get_by_role("button", name="I have written it down").click()
    page.get_by_text("These answers are locked").click()
    page.get_by_text("Take the lock off").first.click()
    assert engines.axe_in_both(page, ".mend-sheet") == []
    page.get_by_label("Passphrase now").last.fill("not this one")
    page.get_by_role("button", name="Take the lock off").click()
    page.get_by_text("This passphrase did not open the journal").wait_for()
    page.get_by_label("Passphrase now").last.fill(recovery)
    page.get_by_role("button", name="Take the lock off").click()
    page.get_by_text("The lock is off.").wait_for()
    assert not journal.locked
    context.close()
