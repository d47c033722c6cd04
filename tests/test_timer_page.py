"""A timer in a form: two people see it, either stops it, and nothing of it is kept; its minutes pass at once here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.form_page import Desk, open_form
from workbook import definition, resources
from workbook.page import form

BOOK = definition.load(resources.data("workbook"))
BEGUN = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
OPENS = ("my_yes", "their_yes", "free")
QUIET = {"acknowledge": 10**9, "refresh": 10**9}  # an hour that passes at once would else look like a lost connection
LISTENING = """
  window.sounds = [];
  window.AudioContext = class {
    currentTime = 0;
    constructor() { window.sounds.push("ready"); }
    createOscillator() {
      return {
        frequency: {}, connect: (to) => to, start: () => window.sounds.push("note"), stop() { this.onended(); },
      };
    }
    async close() { window.sounds.push("closed"); }
    createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} }; }
  };
  window.lit = [];
  Object.defineProperty(navigator, "wakeLock", { value: { async request(what) {
    window.lit.push(what);
    return { async release() { window.lit.push("released"); } };
  } } });
  window.spoken = [];
  document.addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.nodeType === 1 && target.matches(".mend-hidden[aria-live]")) window.spoken.push(target.textContent);
    }
  }).observe(document.body, { childList: true, subtree: true }));
"""


@pytest.fixture(params=["no-preference", "reduce"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 800}, reduced_motion=request.param)
    context.clock.install(time=BEGUN)
    context.add_init_script(LISTENING)
    yield context
    context.close()


def opened(context: BrowserContext, desk: Desk) -> Page:
    """Return the form for two, both of them willing, its clock standing still."""
    for word in OPENS:
        desk.save(
            item=f"communication.together.{word}", value="yes", status="answered", occasion="once", seen=0, page=""
        )
    desk.saves.clear()
    page = open_form(context, desk, form.payload(BOOK.exercise("communication.together"), BOOK), QUIET)
    context.clock.pause_at(BEGUN + timedelta(hours=1))
    page.evaluate("window.spoken = []")
    return page


def test_a_turn_runs_down_in_whole_minutes_and_speaks_three_times(context: BrowserContext) -> None:
    """Started by a key, it says the minutes left, speaks at the start, for the last minute and at the end; no sound."""
    desk = Desk()
    page = opened(context, desk)
    turn = page.get_by_role("group", name="First turn", exact=True)
    time, passed = turn.get_by_role("timer"), turn.locator(".mend-bar i")
    start = turn.get_by_role("button", name="Start", exact=True)
    expect(time).to_have_text("10 minutes")
    expect(turn.get_by_label("A quiet sound at the end")).not_to_be_checked()
    start.press("Enter")
    expect(turn.get_by_role("button", name="Stop", exact=True)).to_be_focused()  # the same key stops it
    seen = []
    for seconds in (30, 30, 7 * 60 + 59, 1, 59, 1):
        context.clock.run_for(seconds * 1000)
        seen.append((time.inner_text(), passed.evaluate("one => parseFloat(one.style.inlineSize)")))
    still = page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert seen == [
        ("10 minutes left", 0 if still else 5),
        ("9 minutes left", 10),
        ("2 minutes left", 80 if still else pytest.approx(100 * 539 / 600, abs=0.01)),
        ("1 minute left", 90),
        ("1 minute left", 90 if still else pytest.approx(100 * 599 / 600, abs=0.01)),
        ("The time is up.", 0),
    ]
    assert page.evaluate("window.spoken") == ["Started: 10 minutes.", "1 minute left", "The time is up."]
    expect(start).to_be_focused()
    assert page.evaluate("window.sounds") == []
    expect(page.get_by_role("group", name="Second turn", exact=True).get_by_role("timer")).to_have_text("10 minutes")
    context.clock.run_for(3_600_000)
    assert time.inner_text() == "The time is up."
    assert (desk.saves, page.evaluate("Object.keys(sessionStorage)")) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_either_stops_it_and_it_ends_with_the_form(context: BrowserContext) -> None:
    """One press ends the turn for both, without a sound; so does an answer that is no longer a free yes."""
    desk = Desk()
    page = opened(context, desk)
    turn = page.get_by_role("group", name="First turn", exact=True)
    turn.get_by_text("A quiet sound at the end").click()
    turn.get_by_role("button", name="Start", exact=True).click()
    context.clock.run_for(61_000)
    turn.get_by_role("button", name="Stop", exact=True).click()
    expect(turn.get_by_role("timer")).to_have_text("Stopped. Nobody needs a reason.")
    context.clock.run_for(3_600_000)
    assert page.evaluate("window.sounds") == ["ready", "closed"]
    assert page.evaluate("window.lit") == ["screen", "released"]
    turn.get_by_role("button", name="Start", exact=True).click()
    expect(turn.get_by_role("timer")).to_have_text("10 minutes left")  # a turn begins anew
    context.clock.run_for(600_000)
    rung = ["ready", "closed", "ready", "note", "closed"]
    assert page.evaluate("window.sounds") == rung
    turn.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("group", name="Could each of us say no, and nothing bad would follow?").get_by_text(
        "not sure"
    ).click()
    expect(turn).to_be_hidden()
    context.clock.run_for(3_600_000)
    assert page.evaluate("window.sounds") == [*rung, "ready", "closed"]
    assert page.evaluate("window.lit") == ["screen", "released"] * 3
    assert page.locator(".mend-time").first.text_content() == "10 minutes"  # for the next time, not where it stood
    begun, stopped, ended = "Started: 10 minutes.", "Stopped. Nobody needs a reason.", "The time is up."
    assert page.evaluate("window.spoken") == [begun, stopped, begun, "1 minute left", ended, begun, ""]
    assert [(save["item"], save["value"]) for save in desk.saves] == [("communication.together.free", "unsure")]


def test_one_turn_at_a_time_and_no_sound_is_no_trouble(context: BrowserContext) -> None:
    """Starting the second turn ends the first; a browser without sound or a lit screen times it as well."""
    context.add_init_script(
        "window.AudioContext = class { constructor() { throw new Error(); } };"
        " navigator.wakeLock.request = async () => { throw new Error(); };"
    )
    page = opened(context, Desk())
    first, second = (page.get_by_role("group", name=f"{one} turn", exact=True) for one in ("First", "Second"))
    first.get_by_text("A quiet sound at the end").click()
    first.get_by_role("button", name="Start", exact=True).click()
    context.clock.run_for(61_000)
    expect(first.get_by_role("timer")).to_have_text("9 minutes left")
    second.get_by_role("button", name="Start", exact=True).click()
    expect(first.get_by_role("timer")).to_have_text("10 minutes")
    expect(first.get_by_role("button", name="Start", exact=True)).to_be_visible()
    context.clock.run_for(61_000)
    expect(second.get_by_role("timer")).to_have_text("9 minutes left")
    expect(first.get_by_role("timer")).to_have_text("10 minutes")
    second.get_by_role("button", name="Stop", exact=True).click()
    expect(second.get_by_role("timer")).to_have_text("Stopped. Nobody needs a reason.")
