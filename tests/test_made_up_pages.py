"""In a language of brackets, what the scripts of Today, sharing, lock and caseload draw stands inside them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.caseload_sample import CAMERA, PART, PASSPHRASE, sealed
from tests.made_up import brackets_workbook, filled, said_in, strings
from tests.made_up_page import left, press, unfold, watching
from tests.panel_page import ask, open_panel
from workbook.page import contents, head
from workbook.page.panels import assessment_panel, caseload_panel, lock_panel, share_panel, today_panel
from workbook.sharing import client as share
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator

pytestmark = pytest.mark.usefixtures("language")

OURS = "four other grey herons"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with watching(browser) as context:
        yield context


def button(page: Page | Locator, path: str, **values: object) -> Locator:
    return page.get_by_role("button", name=say(path, **values), exact=True)


def heading(page: Page, path: str, **values: object) -> None:
    """Wait until a view is there."""
    expect(page.get_by_role("heading", name=say(path, **values), exact=True)).to_be_visible()


def give(page: Page, name: str, data: bytes, at: Locator) -> None:
    at.set_input_files({"name": name, "mimeType": "", "buffer": data})


def test_setting_up_a_caseload_draws_nothing_else(context: BrowserContext, tmp_path: Path) -> None:
    """The first time: keys that are refused and made, an empty list, the audit, a key changed, the lock."""
    page = open_panel(context, caseload_panel.Page(tmp_path / "new"))
    heading(page, "page.caseload.first")
    page.get_by_label(say("page.caseload.name"), exact=True).fill("Dr. Example")
    one, two = page.locator("input[type=password]").all()
    page.get_by_role("checkbox").check()
    alert, differ = page.get_by_role("alert"), say("page.caseload.differ")
    one.fill(PASSPHRASE)
    two.fill(OURS)
    press(page, "page.caseload.make")
    expect(alert).to_have_text(differ)
    one.fill("password1")
    two.fill("password1")
    press(page, "page.caseload.make")
    expect(alert.filter(has_not_text=differ)).to_be_visible()  # it is too easy to guess
    one.fill(PASSPHRASE)
    two.fill(PASSPHRASE)
    press(page, "page.caseload.make")
    heading(page, "page.caseload.made")
    press(page, "page.caseload.go_on")
    expect(page.get_by_text(say("page.caseload.none"))).to_be_visible()
    press(page, "page.caseload.settings")
    heading(page, "page.caseload.audit")
    for typed in (OURS, PASSPHRASE):
        page.locator("input[type=password]").fill(typed)
        press(page, "page.caseload.rotate")
        if typed == OURS:
            expect(alert).to_be_visible()
    expect(page.get_by_text(say("page.caseload.rotated"))).to_be_visible()
    press(page, "page.caseload.back")
    press(page, "page.caseload.lock")
    expect(page.get_by_text(say("page.caseload.forgotten"))).to_be_visible()
    assert left(page) == []


def test_the_caseload_draws_nothing_else(context: BrowserContext, exchange: Any, tmp_path: Path) -> None:
    """Everyone, an assignment, what came, one client, comments, a reply, rights, the audit, and each refusal."""
    journal, panel, clock = exchange
    page = open_panel(context, panel)
    heading(page, "page.caseload.title")
    secret = page.get_by_label(say("page.caseload.passphrase"), exact=True)
    for typed in (OURS, PASSPHRASE):
        secret.fill(typed)
        press(page, "page.caseload.open")
        if typed == OURS:
            expect(page.get_by_role("alert")).to_be_visible()
    heading(page, "page.caseload.clients")
    packed = _assigned(page)
    share.given(journal, packed).accept()
    words = (" ".join(share.words(journal)), *share.words(journal))
    journal.save(PART, "I left.")
    journal.save("start.safety.binds_me", "yes")
    sent = sealed(journal, PART, CAMERA, "responsibility", with_gates=True)
    clock.forward(minutes=5)
    taking = sealed(journal, withdraw=[one.key for one in share.choices(journal) if one.shared])
    press(page, "page.caseload.back")
    _received(page, sent, taking)
    _one_client(page)
    press(page, "page.caseload.settings")
    heading(page, "page.caseload.audit")
    expect(page.get_by_role("cell", name=say("page.caseload.what_erased"), exact=True)).to_be_visible()
    gates = [gate.id for gate in journal.workbook.gates]  # beside their titles, as a counselor writes them
    assert left(page, *words, *gates) == []


def _assigned(page: Page) -> bytes:
    """Ask for nothing, for a day that has passed, and then for three things; return the file."""
    press(page, "page.caseload.new_client")
    heading(page, "page.caseload.assign")
    press(page, "page.caseload.make_file")
    expect(page.get_by_role("alert")).to_have_text(say("page.caseload.nothing_asked"))
    unfold(page)
    page.get_by_label(say("page.caseload.pseudonym"), exact=True).fill("A.")
    all_of = brackets_workbook().chapter("responsibility")
    page.get_by_label(say("page.caseload.whole", title=all_of.title), exact=True).check()
    unfold(page)
    order = page.locator(".mend-order")
    order.get_by_role("button").nth(1).click()
    order.get_by_role("button").nth(2).click()
    unfold(page)
    order.locator("textarea").first.fill("Hello.")
    page.locator("input[value=G7]").check()
    due = page.get_by_label(say("page.caseload.due_all"), exact=True)
    due.fill("2026-01-01")
    press(page, "page.caseload.make_file")
    button(page.get_by_role("alertdialog"), "page.caseload.passed_no").click()
    due.fill("2026-12-01")
    with page.expect_download() as made:
        press(page, "page.caseload.make_file")
    expect(page.get_by_text(say("page.caseload.file_next"))).to_be_visible()
    return made.value.path().read_bytes()


def _received(page: Page, sent: bytes, taking: bytes) -> None:
    """Take in a file, the same again and a picture; look; then one that takes all of it back, with a no and a yes."""
    chooser, outcome = page.locator("input[type=file]"), page.locator(".mend-outcome")
    for name, data in (("a.submission", sent), ("b.submission", sent), ("c.submission", b"\x89PNG")):
        give(page, name, data, chooser)
        expect(outcome.locator("li")).to_have_count(1)
        expect(page.get_by_text(say("page.caseload.received", count=1))).to_be_visible()
    client = page.get_by_role("button", name="A.", exact=True)
    client.click()
    heading(page, "page.caseload.shared")
    unfold(page)
    expect(page.locator(".mend-answer").filter(has_text="I left.").first).to_be_visible()
    beside = page.locator(".mend-beside").first
    beside.get_by_role("button").click()  # it is called after the question
    beside.locator("textarea").fill("Thank you.")
    button(beside, "page.caseload.keep_comment").click()
    expect(beside.get_by_text(say("page.caseload.comment_waiting"))).to_be_visible()
    page.get_by_label(say("page.caseload.note"), exact=True).fill("Hello.")
    press(page, "page.caseload.keep_note")
    expect(page.locator(".mend-notes li")).to_have_count(1)
    page.get_by_label(say("page.caseload.reply_words"), exact=True).fill("Hello.")
    press(page, "page.caseload.seal")
    expect(page.get_by_text(say("page.caseload.reply_none"))).to_be_visible()
    press(page, "page.caseload.seal")
    expect(page.get_by_role("alert")).to_be_visible()  # nothing new to say
    press(page, "page.caseload.back")
    for choice, after in (("held_no", "held_left"), ("held_yes", "")):
        give(page, "d.submission", taking, chooser)
        button(outcome, f"page.caseload.{choice}").click()
        expect(outcome.get_by_role("alert")).to_have_count(0)
        expect(outcome).to_contain_text(say("page.caseload.held_left") if after else "A.")


def _one_client(page: Page) -> None:
    """Look again, where all is taken back; a page and a record of it; end sharing, and erase."""
    page.get_by_role("button", name="A.", exact=True).click()
    heading(page, "page.caseload.withdrawn")
    unfold(page)
    press(page, "page.caseload.summary")
    expect(page.get_by_text(say("page.caseload.save_again"))).to_be_visible()
    page.get_by_label(say("page.caseload.keep_until"), exact=True).fill("2026-01-01")
    press(page, "page.caseload.keep")
    expect(page.get_by_text(say("page.caseload.kept"))).to_be_visible()
    press(page, "page.caseload.export")
    press(page, "page.caseload.assign_again", client="A.")
    unfold(page)
    press(page, "page.caseload.back")
    expect(page.get_by_text(say("page.caseload.shown", count=1))).to_be_visible()
    for act in ("revoke", "erase"):
        page.get_by_role("button", name="A.", exact=True).click()
        heading(page, "page.caseload.shared")
        unfold(page)
        press(page, f"page.caseload.{act}")
        button(page.get_by_role("alertdialog"), "page.caseload.cancel").click()
        press(page, f"page.caseload.{act}")
        button(page.get_by_role("alertdialog"), f"page.caseload.{act}_yes").click()
        if act == "revoke":
            expect(page.locator(".mend-small").filter(has_text=say("page.caseload.ended")).first).to_be_visible()
            press(page, "page.caseload.back")
            heading(page, "page.caseload.clients")
    expect(page.get_by_text(say("page.caseload.erased", client="A.", left=0))).to_be_visible()


def test_sharing_draws_nothing_else(context: BrowserContext, exchange: Any, tmp_path: Path) -> None:
    """A file from a counselor, refused and taken in; choosing, seeing, sealing, once and again; a page for oneself."""
    journal, panel, _ = exchange
    sharing = share_panel.Sharing(journal, folder=tmp_path)
    page = open_panel(context, sharing)
    expect(page.get_by_text(say("page.share.no_counselor"))).to_be_visible()
    seen = left(page)
    page.close()
    ask(panel, {"type": "unlock", "passphrase": PASSPHRASE})
    tasks = [{"exercise": "responsibility.incident", "instruction": "Hello.", "due": "2026-12-02"}]
    assign = {"type": "assign", "client": "A.", "tasks": tasks, "tighten": {"G7": {"closed": "yes"}}}
    page = open_panel(context, share_panel.Given(journal, refresh=lambda: None))
    unfold(page)
    chooser = page.locator("input[type=file]")
    give(page, "a.assignment", b"\x89PNG", chooser)
    expect(page.get_by_role("alert")).to_be_visible()
    packed = ask(panel, assign)[1][0]
    for choice in ("no", "yes"):
        give(page, "a.assignment", packed, chooser)
        button(page, f"page.given.{choice}").click()
    heading(page, "page.given.asked_title", counselor="Dr. Example")
    words = (" ".join(share.words(journal)), *share.words(journal))
    seen += left(page, *words)
    page.close()

    journal.save("start.safety.binds_me", "yes")
    beginnings = [text for text in strings(ask(sharing, {"type": "ready"})[0]) if text.endswith("…")]  # of answers
    page = open_panel(context, sharing)
    heading(page, "page.share.choose")
    unfold(page)
    whole = page.get_by_role("checkbox", name=re.compile("^" + re.escape(say("page.share.all_of_it").split("{")[0])))
    whole.nth(0).check()
    whole.nth(1).check()
    page.get_by_role("checkbox", name=re.compile("^" + re.escape(say("page.share.gates")))).check()
    for _ in range(2):
        press(page, "page.share.see")
        heading(page, "page.share.sight")
        press(page, "page.share.seal_button")
        heading(page, "page.share.done_title")
        press(page, "page.share.done_more")
        expect(page.get_by_role("heading", name=say("page.share.title"), exact=True)).to_be_focused()
        unfold(page)
        whole.nth(0).uncheck()  # and so taken back
    press(page, "page.share.page_button")
    expect(page.get_by_role("status").filter(has_text="html")).to_be_visible()
    seen += left(page, *words, *beginnings, str(tmp_path))
    page.close()

    ask(panel, {"type": "receive"}, next(tmp_path.glob("*.submission")).read_bytes())
    key = next(one.key for one in share.choices(journal) if one.shared or one.elsewhere)
    ask(panel, {"type": "comment", "client": "A.", "answer": key, "text": "Thank you."})
    reply = ask(panel, {"type": "reply", "client": "A.", "words": "Hello."})[1][0]
    page = open_panel(context, share_panel.Given(journal, refresh=lambda: None))
    unfold(page)
    give(page, "a.feedback", reply, page.locator("input[type=file]"))
    button(page, "page.given.yes").click()
    heading(page, "page.given.comments")
    seen += left(page, *words)
    assert seen == []


def test_today_draws_nothing_else(context: BrowserContext, exchange: Any) -> None:
    """What meets who comes back: a tap and its undo, a reminder that is refused and made, yesterday, the night."""
    journal, _, clock = exchange
    clock.forward(days=3)
    today = today_panel.TodayPanel(journal)
    page = open_panel(context, today, ".mend-today")
    unfold(page)
    taps = page.locator(".mend-taps").first.get_by_role("button")
    taps.first.click()
    button(page, "page.today.undo").click()
    expect(button(page, "page.today.undo")).to_be_hidden()
    press(page, "page.today.yesterday_fill")
    expect(page.locator(".mend-taps")).to_have_count(2)
    press(page, "page.today.reminder_make")
    expect(page.get_by_text(say("page.today.reminder_made"))).to_be_visible()
    for word, value in {"thoughts": ["none"], "harm_others": "no", "stirred": 2, "drunk_or_high": "no"}.items():
        journal.save(f"start.now.{word}", value)
    clock.forward(hours=1)
    clock.time = clock.time.replace(hour=1)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    assert left(page) == []


def test_the_lock_draws_nothing_else(context: BrowserContext, tmp_path: Path) -> None:
    """Two that differ, a weak one, the recovery key, another passphrase, a wrong one, and the lock taken off."""
    with filled(tmp_path) as journal:
        page = open_panel(context, lock_panel.LockPanel(journal))
        expect(page.get_by_text(say("page.lock.open_title"))).to_be_visible()
        unfold(page)
        fields = page.locator("input[type=password]")
        page.get_by_role("checkbox").check()
        for first, second in ((PASSPHRASE, OURS), ("password1", "password1")):
            fields.nth(0).fill(first)
            fields.nth(1).fill(second)
            press(page, "page.lock.lock")
            expect(page.get_by_role("alert")).to_be_visible()
        fields.nth(0).fill(PASSPHRASE)
        fields.nth(1).fill(PASSPHRASE)
        press(page, "page.lock.lock")
        heading(page, "page.lock.recovery_title")
        recovery = page.locator(".mend-key").inner_text()
        press(page, "page.lock.recovery_written")
        unfold(page)
        off = page.locator("details details").last
        for typed in (OURS, PASSPHRASE):
            off.locator("input[type=password]").fill(typed)
            button(off, "page.lock.take_off").click()
            if typed == OURS:
                expect(off.get_by_role("alert")).to_be_visible()
        expect(page.get_by_text(say("page.lock.taken_off"))).to_be_visible()
        assert left(page, recovery) == []


HEAD = """
<!doctype html><html lang="ja"><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body>
<nav class="mend-contents"><ol>LINKS</ol></nav>
<main><div id="here"></div></main><script type="module">
import all from "./head.js";
const receivers = new Set();
window.receive = (message) => receivers.forEach((receive) => receive(message));
const model = {
  get: () => window.about,
  async send(message) { for (const reply of await window.toKernel(message)) window.receive(reply); },
  on: (_, receive) => receivers.add(receive),
  off: (_, receive) => receivers.delete(receive),
};
window.about = await window.exercise();
all.render({ model, el: document.getElementById("here") });
</script></body></html>
"""


def test_a_page_s_head_and_the_list_of_chapters_draw_nothing_else(context: BrowserContext, exchange: Any) -> None:
    """How far a chapter is, its notices, how far each of the others is, help; the passphrase asked for; no answer."""
    journal, _, _ = exchange
    journal.save("start.safety.afraid", "yes")
    made, said = journal.workbook, []
    chapter = made.chapter("responsibility")
    notice = {"title": say("page.panel.wrong"), "html": f"<p>{say('page.panel.wrong')}</p>"}
    state = {"progress": {"done": 1, "total": 3, "minutes": 12}, "notices": [notice, notice], "region": None}
    widget = head.Head(
        head.payload(made, chapter),
        read=lambda: {**state, "chapters": contents.read(journal)},
        remember=lambda region: None,
        unlock=lambda passphrase: None,
    )
    widget.send = lambda content, buffers=None: said.append(json.loads(json.dumps(content)))

    def ask(message: object) -> list[object]:
        said.clear()
        widget._receive(widget, message, [])
        return list(said)

    links = "".join(
        f'<li><a href="{one.notebook}.ipynb"><span></span><small></small></a></li>' for one in made.chapters
    )
    files = {"head.js": (str(widget._esm), "text/javascript"), "": (HEAD.replace("LINKS", links), "text/html")}
    page = context.new_page()
    page.route(
        "http://head.test/**",
        lambda route: route.fulfill(
            body=files[route.request.url.rpartition("/")[2]][0],
            content_type=files[route.request.url.rpartition("/")[2]][1] + "; charset=utf-8",
        ),
    )
    page.expose_function("toKernel", ask)
    page.expose_function("exercise", lambda: widget.chapter)
    page.goto("http://head.test/")
    expect(page.locator(".mend-count")).not_to_be_empty()
    page.keyboard.press("F1")
    expect(page.get_by_role("dialog")).to_be_visible()
    unfold(page)
    page.keyboard.press("Escape")
    state["progress"] = {"done": 3, "total": 3, "minutes": 0}
    page.evaluate("receive({type: 'failed', reason: '⟦⟧'})")
    page.evaluate("receive({type: 'locked', reason: ''})")
    form = page.locator(".mend-unlock")
    form.locator("input").fill(PASSPHRASE)
    form.get_by_role("button").click()
    expect(page.get_by_text(say("page.head.all_done"))).to_be_visible()
    lines = said_in("resources")
    addresses = [re.sub(r"^https?://(www\.)?|/$", "", line) for line in lines]
    assert left(page, *lines, *addresses) == []


def test_the_self_assessment_draws_nothing_else(context: BrowserContext, exchange: Any) -> None:
    """The tables, the pictures and what is said of each."""
    journal, _, _ = exchange
    page = open_panel(context, assessment_panel.AssessmentPanel(journal), ".mend-look summary >> nth=0")
    unfold(page)
    assert left(page) == []
