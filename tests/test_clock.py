"""On a hub the day is the day of who looks at the page, wherever the machine stands; at home nothing is other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from workbook import dates, words
from workbook.journal import Journal
from workbook.jupyter import pages
from workbook.jupyter.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

EVENING = datetime(2027, 1, 4, 20, 0, tzinfo=UTC)  # in Tokyo it is five in the morning of the day after
LOG = "space.urges"  # asked daily
NOTE = "start.privacy.alias"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pages._Page:
    """An open notebook of a journal that is new, on a machine in UTC."""
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "journal"))
    return opened()


def opened() -> pages._Page:
    page = pages._Page()
    page.clock = Clock(lambda: EVENING)
    return page


def test_a_clock_follows_the_zone_of_a_browser() -> None:
    """A name that is none, of a folder, or too long to be one changes nothing."""
    clock = Clock(lambda: EVENING)
    assert (clock().isoformat(), clock.follow("Asia/Tokyo"), clock.follow("Asia/Tokyo")) == (
        "2027-01-04T20:00:00+00:00",
        True,
        False,
    )
    for name in ("", "Asia", "../etc/passwd", "/etc/localtime", "Asia/Tokyo\0", "Nowhere/At_all", "x" * 1000):
        assert clock.follow(name) is False
    assert clock().isoformat() == "2027-01-05T05:00:00+09:00"
    assert clock.follow("America/New_York") is True
    assert clock().isoformat() == "2027-01-04T15:00:00-05:00"


def test_on_a_hub_the_day_is_that_of_the_browser(page: pages._Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The occasion of an answer, when something opens again, and the next page before its browser has said anything."""
    monkeypatch.setenv(words.PLACE, words.HUB)
    journal = page.open()
    told: list[str] = []
    journal.attend(lambda: told.append("read again"))
    assert journal.occasion_now(LOG) == "2027-01-04"
    page.follow("Asia/Tokyo")
    assert (journal.occasion_now(LOG), told) == ("2027-01-05", ["read again"])
    page.follow("Asia/Tokyo")
    assert told == ["read again"]
    answer = journal.save(NOTE, "R.")
    assert (answer.zone, answer.local().isoformat()) == (540, "2027-01-05T05:00:00+09:00")
    soon = dates.here(EVENING + timedelta(days=1), journal.now())
    assert soon.isoformat() == "2027-01-06T05:00:00+09:00"  # when something opens again
    journal.close()
    later = opened()
    assert later.open().occasion_now(LOG) == "2027-01-05"
    later.open().close()


def test_at_home_the_clock_is_the_computer_s(page: pages._Page) -> None:
    """A browser that says something else, as one that hides where it is does, changes no day."""
    journal = page.open()
    page.follow("Asia/Tokyo")
    assert (journal.occasion_now(LOG), journal.save(NOTE, "R.").zone) == ("2027-01-04", 0)
    journal.close()
    with Journal.open(journal.path) as again:
        assert again.store.zone() is not None


def test_a_journal_without_answers_knows_no_zone(page: pages._Page) -> None:
    """Nor does one that another computer wrote before zones were kept."""
    assert page.open().store.zone() is None
    page.open().close()
