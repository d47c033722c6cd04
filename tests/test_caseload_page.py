"""The counselor's page: what it says and does without a kernel, in a bare page, by mouse and by keyboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import engines
from tests.caseload_sample import CAMERA, NOW, PART, PASSPHRASE, Clock, ask, journal_of, sealed
from tests.mailboxes import Served
from tests.panel_page import IMPATIENT, open_panel
from tests.panel_page import ask as asked
from workbook import definition, resources
from workbook.definition import overlay
from workbook.jupyter import notebooks
from workbook.page.panels import caseload_panel
from workbook.sharing import asking, caseload, envelope, keys
from workbook.sharing import client as share
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def panel(request: pytest.FixtureRequest, home: Path, keyed: tuple[Path, keys.Keys], clock: Clock) -> Any:
    """The page, behind a passphrase that is checked without the second it takes; a test with a mailbox has it there."""

    def opener(folder: Path, passphrase: str) -> caseload.Caseload:
        if passphrase != PASSPHRASE:
            return caseload.open_caseload(folder, passphrase)
        return caseload.open_caseload(folder, keyed[1], now=clock)

    here = "box" in request.fixturenames
    return caseload_panel.Page(
        home, opener=opener, mailbox=(lambda: request.getfixturevalue("box").of("lee")) if here else None
    )


@pytest.fixture
def shared(panel: caseload_panel.Page, home: Path, keyed: tuple[Path, keys.Keys], clock: Clock, tmp_path: Path) -> Any:
    """A client who has an assignment, and shared two answers in a file that is not received yet."""
    with (
        caseload.open_caseload(home, keyed[1], now=clock) as opened,
        journal_of(tmp_path / "journal", clock) as journal,
    ):
        ask(opened, journal, "Heron-7", ["responsibility.incident"])
        journal.save(PART, "I left without a word.")
        journal.save(CAMERA, "They asked.")
        file = tmp_path / "heron.submission"
        file.write_bytes(sealed(journal, PART, CAMERA))
        yield journal, file


@pytest.fixture(params=[(1100, "light"), (360, "dark")], ids=["wide", "phone"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="en-GB", accept_downloads=True
    )
    yield context
    context.close()


def axe(page: Page) -> list[str]:
    heading = "page-has-heading-one"  # that is the notebook's own title
    return [one for one in engines.axe(page) if not one.startswith(heading)]


def sound(page: Page) -> None:
    """Nothing is out of reach, and nothing is wider than the window."""
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def unlock(page: Page) -> None:
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Clients", exact=True)).to_be_visible()


def received(page: Page, said: str) -> Locator:
    """What came of the files, once the list that it stands above was drawn anew."""
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    return page.locator(".mend-outcome")


# --- without a page ---


def test_nothing_is_said_before_the_passphrase(panel: caseload_panel.Page, shared: Any) -> None:
    """Locked, the page learns neither a name nor a number; a wrong passphrase is a sentence."""
    assert asked(panel, {"type": "ready", "seq": 1})[0] == {"type": "locked-up", "seq": 1}
    for kind in ("list", "audit", "client", "summary", "export", "erase"):
        assert asked(panel, {"type": kind, "seq": 2, "client": "Heron-7"})[0] == {"type": "locked", "seq": 2}
    wrong = asked(panel, {"type": "unlock", "seq": 3, "passphrase": "four calm grey heron"})[0]
    assert wrong["type"] == "refused"
    assert wrong["reason"].startswith("The passphrase is not right")


def test_a_caseload_locks_itself_and_by_its_button(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """Half an hour without anyone, or one click, lets go of the keys; writing counts as being there."""
    now = [0.0]
    opened = lambda folder, passphrase: caseload.open_caseload(folder, keyed[1])  # noqa: E731 # read beside its use
    panel = caseload_panel.Page(home, opener=opened, seconds=lambda: now[0])

    def say(kind: str) -> str:
        return str(asked(panel, {"type": kind, "seq": 1, "passphrase": PASSPHRASE})[0]["type"])

    assert [say("unlock"), say("list")] == ["open", "list"]
    now[0] = 29 * 60.0
    assert say("here") == "open"
    now[0] = 58 * 60.0
    assert say("list") == "list"
    now[0] = 89 * 60.0
    panel.lock_when_idle()
    assert [say("list"), say("here"), say("ready")] == ["locked", "locked", "locked-up"]
    assert [say("unlock"), say("lock"), say("list")] == ["open", "locked-up", "locked"]


@pytest.mark.process
def test_the_caseload_writes_no_core_files(home: Path) -> None:
    """A crash of what has the keys leaves no memory on the disk."""
    code = (
        "import resource; from workbook.page.panels.caseload_panel import panel_here; "
        f"panel_here({{'WORKBOOK_CASELOAD': {str(home)!r}}}); print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "(0, 0)"


def test_nothing_of_a_client_is_in_what_a_notebook_keeps(panel: caseload_panel.Page, shared: Any) -> None:
    """Widget state and the repr hold texts of the page, no name and no word of a client."""
    asked(panel, {"type": "unlock", "seq": 1, "passphrase": PASSPHRASE})
    asked(panel, {"type": "receive", "seq": 2}, shared[1].read_bytes())
    page = asked(panel, {"type": "client", "seq": 3, "client": "Heron-7"})[0]
    assert "I left without a word." in json.dumps(page)
    kept = json.dumps({key: value for key, value in panel.get_state().items() if key not in ("_esm", "_css")}) + repr(
        panel
    )
    assert "Heron-7" not in kept
    assert "I left" not in kept


def test_what_was_asked_in_another_language_stays_in_it(
    panel: caseload_panel.Page, home: Path, keyed: tuple[Path, keys.Keys], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page in English changes what a client is asked in German, and the client goes on in German."""
    german = overlay.apply(definition.load(), "de", {})
    monkeypatch.setattr(overlay, "shipped", lambda language: german if language == "de" else definition.load())
    with caseload.open_caseload(home, keyed[1], now=clock) as opened:
        opened.assign("Heron-7", asking.tasks_for(german, ["responsibility.incident"]), language="de")
    asked(panel, {"type": "unlock", "seq": 1, "passphrase": PASSPHRASE})
    said: list[str] = []
    for client in ("Heron-7", "Wren-2"):
        change = {"type": "assign", "client": client, "tasks": [{"exercise": "space.urges"}], "tighten": {}}
        packed = asked(panel, {**change, "seq": 2})[1][0]
        said.append(envelope.open_assignment(packed, german).bundle.asks.language)
    assert said == ["de", "en"]


def test_the_notebook_is_small_and_trusted() -> None:
    """The counselor's notebook ships as it is generated, and may open without a question."""
    cells = json.loads(notebooks.caseload())["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code", "markdown"]
    folder = notebooks.resources.notebooks("counselor")
    assert (folder / notebooks.CASELOAD).read_text(encoding="utf-8") == notebooks.caseload()
    assert notebooks.harmless(folder) == (folder / notebooks.CASELOAD,)


# --- in a page ---


def test_the_first_time_losing_the_passphrase_is_said_before_keys_are_made(
    context: BrowserContext, tmp_path: Path
) -> None:
    """The button waits for “I understand”; a weak passphrase is refused; then comes the recovery sheet."""
    page = open_panel(context, caseload_panel.Page(tmp_path / "new"))
    make = page.get_by_role("button", name="Make the keys")
    expect(page.get_by_text(say("sharing.keys.lost"))).to_be_visible()
    expect(make).to_be_disabled()
    sound(page)
    page.get_by_label("How your clients see you").fill("Dr. Lee")
    for words in ("password1", PASSPHRASE):
        page.get_by_label("Passphrase").fill(words)
        page.get_by_label("The same once more").fill(words)
        page.get_by_label("I understand").check()
        if words != PASSPHRASE:
            make.click()
            expect(page.get_by_role("alert")).to_contain_text("too easy to guess")
    with page.expect_download(timeout=60_000) as sheet:  # making the keys is slow on purpose
        make.click()
    page.get_by_role("heading", name="The keys are made").wait_for()
    assert "AGE-SECRET-KEY-1" in sheet.value.path().read_text()
    sound(page)
    page.get_by_role("button", name="Go to my caseload").click()
    expect(page.get_by_text("No clients yet.")).to_be_visible()


def test_from_the_passphrase_to_a_sealed_reply(
    context: BrowserContext, panel: caseload_panel.Page, shared: Any, box: Served
) -> None:
    """Receive, look, comment, reply: and the client finds the words beside the answer.

    A reply can go through a hub's mailbox as well; it is said to be sent once that has it, and what came is got there.
    """
    journal, file = shared
    context.add_init_script(IMPATIENT)
    page = open_panel(context, panel)
    unlock(page)
    sound(page)
    page.locator("input[type=file]").set_input_files([file, file, __file__])
    outcome = received(page, "3 files looked at")
    expect(outcome).to_contain_text("Heron-7: 2 new.")
    expect(outcome).to_contain_text("received before. Nothing changed.")
    expect(outcome).to_contain_text("This is a text. What is needed here ends in .submission.")
    sound(page)

    page.get_by_role("button", name="Heron-7").click()
    expect(page.get_by_text("I left without a word.")).to_be_visible()
    sound(page)
    beside = page.locator(".mend-answer", has_text="I left without a word.")
    beside.get_by_role("button", name="Comment").click()
    page.keyboard.type("Thank you for this.")
    page.get_by_label("To the whole of it").fill("See you on Thursday.")
    with page.expect_download() as sent:  # what was begun goes along
        page.get_by_role("button", name="Seal a reply").click()
    assert re.fullmatch(r"Heron-7-\d{4}-\d\d-\d\d-[0-9a-f]{6}\.feedback", sent.value.suggested_filename)
    expect(page.get_by_text("Only Heron-7 can open it.")).to_be_visible()
    expect(page.locator(".mend-said")).to_have_text("")  # it came, so nothing is waited for
    sound(page)
    share.given(journal, sent.value.path().read_bytes()).accept()
    assert [(one.payload["item"], one.payload["text"]) for one in journal.store.records("comment")] == [
        (PART, "Thank you for this.")
    ]
    with page.expect_download() as summary:
        page.get_by_role("button", name="Page for the session").click()
    assert "Heron-7" in summary.value.path().read_text()

    page.get_by_label("To the whole of it").fill("Until then.")
    page.get_by_label("Who they are on the hub").fill("anne")
    page.get_by_role("button", name="Send to Heron-7").click()
    expect(page.get_by_role("alert")).to_contain_text("There is nobody of this name on the hub.")
    sound(page)
    page.get_by_label("Who they are on the hub").fill("ann")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("Sent to ann: the mailbox has it.")).to_be_visible()
    [letter] = box.of("ann").waiting()
    assert share.accept_feedback(journal, box.of("ann").fetch(letter.number)).reply == "Until then."
    journal.save(PART, "I left late.")
    box.of("ann").send("lee", sealed(journal, PART))
    page.get_by_role("button", name="All clients").click()
    page.get_by_role("button", name="Get what came").click()
    expect(received(page, "1 file looked at")).to_have_text("Heron-7: 1 new.")
    assert box.of("lee").waiting() == []
    sound(page)


def test_an_assignment_is_made_by_choosing(context: BrowserContext, panel: caseload_panel.Page) -> None:
    """Exercises, order, date, words, a stricter rule: all of it is in the file."""
    page = open_panel(context, panel)
    unlock(page)
    page.get_by_role("button", name="New assignment").click()
    page.get_by_role("button", name="Make the file").click()
    expect(page.get_by_role("alert")).to_have_text("Tick at least one exercise.")
    page.get_by_label("Pseudonym of the client").fill("Maple")
    page.get_by_label("All of “Give space”").check()
    page.get_by_role("button", name="Later: The past seven days").click()
    page.get_by_role("button", name="Leave out: What I take from this").click()
    page.get_by_label("By when, for all of it").fill("2026-12-01")
    page.get_by_role("button", name="Make the file").click()
    asks = page.get_by_role("alertdialog", name="Make the file")
    expect(asks).to_contain_text("1 December 2026 has passed.")
    expect(asks.get_by_role("button", name="Choose another day")).to_be_focused()
    sound(page)
    page.keyboard.press("Enter")
    expect(page.get_by_label("By when, for all of it")).to_be_focused()
    page.get_by_label("By when, for all of it").fill("2027-02-01")
    first = page.locator(".mend-order li").first
    first.locator("summary").click()
    first.get_by_label("Your words to this exercise").fill("Take your time.")
    first.get_by_label("How often").select_option("weekly")
    page.get_by_text("Make safety rules stricter").click()
    page.locator("input[value=G7]").check()
    sound(page)
    with page.expect_download() as made:
        page.get_by_role("button", name="Make the file").click()
    assignment = envelope.open_assignment(made.value.path().read_bytes(), definition.load()).bundle
    assert re.fullmatch(r"Maple-\d{4}-\d\d-\d\d-[0-9a-f]{6}\.assignment", made.value.suggested_filename)
    assert [task.exercise for task in assignment.asks.tasks][:2] == ["space.boundary", "space.rating"]
    assert "space.take" not in {task.exercise for task in assignment.asks.tasks}
    assert assignment.asks.tasks[0].instruction == "Take your time."
    assert {str(task.due) for task in assignment.asks.tasks} == {"2027-02-01"}
    assert assignment.asks.tighten == {"G7": {"closed": "yes"}}
    page.get_by_role("button", name="All clients").click()
    expect(page.get_by_role("button", name="Maple")).to_be_visible()


def test_an_assignment_changed_with_nothing_touched_is_the_same(
    context: BrowserContext,
    panel: caseload_panel.Page,
    home: Path,
    keyed: tuple[Path, keys.Keys],
    clock: Clock,
) -> None:
    """Tasks, dates, how often, words, own questionnaires and stricter rules make the round trip, field by field."""
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    often = {"space.urges": "daily", "space.rating": "weekly"}
    workbook = asking.workbook_for(instruments=[own])
    fixed = "responsibility.incident"  # it feeds the rules: how often it is asked is nobody's to change
    ids = ["space.urges", "space.rating", own.exercise.id, fixed]
    tasks = asking.tasks_for(workbook, ids, due=date(2027, 2, 1), repeats=often, instructions={ids[0]: "Gently."})
    stricter = {"G7": {"closed": "yes"}, "G11": {"hold_hours": 48}}
    with caseload.open_caseload(home, keyed[1], now=clock) as opened:
        packed = opened.assign("Maple", tasks, instruments=[own], tighten=stricter)
        before = envelope.open_assignment(packed, definition.load()).bundle
    page = open_panel(context, panel)
    unlock(page)
    page.get_by_role("button", name="Maple").click()
    page.get_by_role("button", name="Change what Maple is asked").click()
    lines = page.locator(".mend-order li")
    expect(lines).to_have_count(4)
    for at, one in enumerate(ids):
        expect(lines.nth(at).get_by_label("How often")).to_have_count(int(one != fixed))
    with page.expect_download() as made:
        page.get_by_role("button", name="Make the file").click()
    after = envelope.open_assignment(made.value.path().read_bytes(), definition.load()).bundle
    moved = {"sequence": after.sequence, "made_at": after.made_at}
    assert after == before.model_copy(update=moved)


def test_another_key_waits_for_a_yes_on_the_page(
    context: BrowserContext,
    panel: caseload_panel.Page,
    shared: Any,
    home: Path,
    keyed: tuple[Path, keys.Keys],
    clock: Clock,
    tmp_path: Path,
) -> None:
    """The first file shows the six words; a file signed with another key shows both sets, and waits."""
    first, file = shared
    with (
        caseload.open_caseload(home, keyed[1], now=clock) as opened,
        journal_of(tmp_path / "again", clock) as again,
    ):
        ask(opened, again, "Heron-7", ["responsibility.incident"])
        clock.forward(minutes=1)
        again.save(PART, "I began anew.")
        (tmp_path / "again.submission").write_bytes(sealed(again, PART))
        before, after = share.words(first), share.words(again)
    page = open_panel(context, panel)
    unlock(page)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(file)
    expect(received(page, "1 file looked at")).to_contain_text("Heron-7: 2 new.")
    chooser.set_input_files(tmp_path / "again.submission")
    held = page.get_by_role("alert")
    expect(held).to_have_count(1)
    received(page, "1 file looked at")
    expect(held).to_contain_text(f"Six words until now: {' '.join(before)}.")
    expect(held).to_contain_text(f"Six words with this file: {' '.join(after)}.")
    sound(page)
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator(".mend-outcome")).to_contain_text("Nothing was changed.")
    chooser.set_input_files(tmp_path / "again.submission")
    expect(held).to_have_count(1)
    received(page, "1 file looked at")
    page.get_by_role("button", name="I asked them, and it is so: take it in").click()
    expect(page.locator(".mend-outcome")).to_contain_text("Heron-7: 1 new.")
    page.get_by_role("button", name="Heron-7").click()
    expect(page.get_by_text(f"Six words to compare with Heron-7, aloud: {' '.join(after)}")).to_be_visible()
    expect(page.get_by_text("I began anew.")).to_be_visible()


def test_a_long_audit_begins_with_its_latest_lines(
    context: BrowserContext, panel: caseload_panel.Page, shared: Any, home: Path, keyed: tuple[Path, keys.Keys]
) -> None:
    """Twenty, compact on a phone; the earlier ones come when asked for, and the focus is on the first of them."""
    with caseload.open_caseload(home, keyed[1]) as opened:
        for _ in range(30):
            opened.store.event("assigned", "", 1, client=opened.client("Heron-7").id)
    page = open_panel(context, panel)
    unlock(page)
    page.get_by_role("button", name="Keys, audit and rights").click()
    lines = page.locator(".mend-audit tbody tr")
    expect(lines).to_have_count(20)
    assert page.evaluate("document.documentElement.scrollHeight") < 3_000
    sound(page)
    page.get_by_role("button", name=re.compile(r"^Show \d+ earlier lines$")).click()
    expect(lines.nth(20)).to_be_focused()
    assert lines.count() > 30
    expect(page.get_by_role("button", name="earlier lines")).to_have_count(0)
    sound(page)


def test_erasing_asks_first_and_shows_that_it_is_gone(
    context: BrowserContext, panel: caseload_panel.Page, shared: Any
) -> None:
    """Nothing is erased by one click; afterwards the page says what is left, and the audit tells it."""
    page = open_panel(context, panel)
    unlock(page)
    page.get_by_role("button", name="Heron-7").click()
    page.get_by_text("Rights of the client").click()
    page.get_by_label("To be erased after").fill("2027-12-31")
    page.get_by_role("button", name="Remember").click()
    expect(page.get_by_text("Remembered.")).to_be_visible()
    with page.expect_download() as record:
        page.get_by_role("button", name="Save all that is kept about them").click()
    assert json.loads(record.value.path().read_text())["client"] == "Heron-7"
    page.get_by_role("button", name="Erase this client").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("This cannot be undone")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    sound(page)
    page.get_by_role("button", name="Yes, erase everything").click()
    expect(page.get_by_text("Heron-7 is erased. 0 of their records are left.")).to_be_visible()
    page.get_by_role("button", name="Keys, audit and rights").click()
    expect(page.get_by_role("cell", name="erased")).to_be_visible()
    expect(page.locator(".mend-caseload")).not_to_contain_text("Heron-7")
    sound(page)
