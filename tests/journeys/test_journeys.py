"""What a person does in JupyterLab, from a double click to finding everything there tomorrow."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.journeys import filling
from tests.journeys.conftest import make_journal
from tests.journeys.serving import ALONE, children, command, kill, serving
from workbook import words
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page

    from tests.journeys.serving import Lab

SAVED = re.compile(r"Saved \d")  # not “Saved as you go”; of a form that was answered before, see `filling.saved`
# A busy computer: what Python tells of the forms is held back until `busy.tell`; a minute is over when `busy.minute` is
# called.
BUSY = """
const busy = (window.busy = {});
const [wait, Line] = [setTimeout, WebSocket];
const told = new Promise((tell) => (busy.tell = tell));
window.WebSocket = class extends Line {
  set onmessage(hear) { super.onmessage = async (message) => { await told; hear(message); }; }
};
window.setTimeout = (then, ms, ...more) => (ms === 60000 ? (busy.minute = then) : wait(then, ms, ...more));
"""
CELLS = "window.jupyterapp.shell.currentWidget.content.model.cells.length"  # drawn or not


def stored(journal: Path) -> dict[str, Any]:
    """What the journal holds for the exercise with every kind, by item."""
    with Journal.open(journal) as opened:
        return {
            answer.item.removeprefix("every.kind."): answer.value
            for answer in opened.current()
            if answer.exercise == "every.kind"
        }


def until(found: Any, wanted: Any, seconds: float = 30) -> None:
    """Wait until `found()` is what is wanted; then say what it was instead."""
    end = time.monotonic() + seconds
    while (now := found()) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    assert now == wanted


def choose(option: Locator) -> None:
    """Click a card until it is chosen: in JupyterLab the page may still move under the pointer while its cells run."""

    def clicked() -> bool:
        option.locator("..").click()
        return option.is_checked()

    until(clicked, True)


def run_all(page: Page) -> None:
    """Run the notebook that JupyterLab's editor shows."""
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.evaluate(
        """async () => {
             await window.jupyterapp.shell.currentWidget.sessionContext.ready;
             await window.jupyterapp.commands.execute("notebook:run-all-cells");
           }"""
    )


def state(form: Locator) -> Locator:
    return form.locator(".mend-state")


def test_a_click_in_the_list_opens_a_page_that_can_be_used_at_once(lab: Lab, page: Page) -> None:
    """A click on a chapter shows its first form: no Run, no code, no menus; one control brings the files back."""
    page.goto(lab.address)
    start = page.frame_locator('iframe[src*="00-start"]')
    chapters = start.get_by_role("navigation", name="Chapters").get_by_role("link")
    wanted = chapters.filter(has_text="Take responsibility")
    expect(wanted).to_have_text(re.compile(r"^1 · Take responsibility\s*(open|begun|\d of \d)$"))
    expect(chapters.nth(0)).to_have_attribute("aria-current", "page")
    files = page.locator("#filebrowser")
    expect(files).not_to_be_visible()
    start.get_by_role("button", name="The files of this journal").click()
    listed = page.locator('.jp-DirListing-item[title*="10-responsibility.ipynb"]')
    listed.wait_for()
    name = listed.locator(".jp-DirListing-itemName")
    shown = name.evaluate("each => getComputedStyle(each, '::before').content")
    assert shown == '"1 · Take responsibility"'
    start.get_by_role("button", name="The files of this journal").click()
    expect(files).not_to_be_visible()
    wanted.click()
    inside = page.frame_locator('iframe[src*="10-responsibility"]')
    form = inside.locator(".mend-form").first
    radio = form.get_by_role("radio").first
    radio.wait_for()
    radio.check()
    filling.saved(form)
    expect(state(form)).to_have_text(SAVED)
    assert inside.locator(".jp-InputArea, .cm-editor").count() == 0
    for word in ("Run", "Kernel", "File"):
        expect(page.get_by_role("menuitem", name=word)).not_to_be_visible()
    expect(page.locator('iframe[src*="00-start"]')).to_have_count(0)  # one chapter, one kernel


def test_the_first_answer_of_any_step_is_eight_keys_away(lab: Lab, page: Page) -> None:
    """From the address bar: past the words to the open step, by number to another, and into its first question."""
    page.goto(lab.page("10-responsibility"))
    steps = page.locator(".mend-step[data-known] h2 button")
    expect(steps).to_have_count(9)
    for at in (0, 8):
        step = page.locator(".mend-step").nth(at)
        page.reload()
        expect(steps).to_have_count(9)
        for key in ("Tab", "Enter", str(at + 1)):
            page.keyboard.press(key)
        expect(steps.nth(at)).to_be_focused()
        keys = 3
        if steps.nth(at).get_attribute("aria-expanded") == "false":
            page.keyboard.press("Enter")
            keys += 1
        step.locator(".mend-control :is(input, textarea):visible").first.wait_for()
        while not page.evaluate("document.activeElement.matches('.mend-control *')"):
            page.keyboard.press("Tab")
            keys += 1
        assert keys <= 8
        assert step.locator(":focus").count() == 1


def test_a_chapter_is_drawn_by_its_own_scripts_which_come_once(lab: Lab, page: Page) -> None:
    """Nothing of Voilà's program is asked for; opened again, the page asks for no script it has."""
    for _ in range(2):
        page.goto(lab.page("10-responsibility"))
        expect(page.locator(".mend-step[data-known] h2 button")).to_have_count(9)
    asked = page.evaluate(
        """performance.getEntriesByType("resource")
             .filter((one) => one.name.split("?")[0].endsWith(".js"))
             .map((one) => [new URL(one.name).pathname.split("/").pop(), one.transferSize])"""
    )
    assert sorted(asked) == [[name, 0] for name in ("chapter.js", "help.js", "line.js", "page.js", "step.js")]


def test_a_busy_computer_gets_its_forms_late_and_says_so_meanwhile(lab: Lab, page: Page) -> None:
    """After a minute without a word from Python the page says why no form is there; they come when it has time."""
    page.add_init_script(BUSY)
    page.goto(lab.page("10-responsibility"))
    until(lambda: page.evaluate("Boolean(busy.minute)"), True)
    trouble = page.locator("main").get_by_role("alert")
    expect(trouble).to_have_count(0)
    page.evaluate("busy.minute()")
    expect(trouble).to_contain_text(words.say("jupyter.viewer.late"))
    expect(trouble.get_by_role("link", name="Reload this page")).to_be_visible()
    page.evaluate("busy.tell()")
    expect(page.locator(".mend-step[data-known] h2 button")).to_have_count(9)
    expect(trouble).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 640)])
def test_a_step_that_comes_late_is_where_its_address_leads(lab: Lab, page: Page, width: int, height: int) -> None:
    """Until then the page says that it is on its way, or after a minute what is the matter; then it alone is open."""
    page.set_viewport_size({"width": width, "height": height})
    page.add_init_script(BUSY)
    page.goto(f"{lab.page('10-responsibility')}#shares")
    until(lambda: page.evaluate("Boolean(busy.minute)"), True)
    expect(page.locator("#loading")).to_be_in_viewport()
    expect(page.locator('.mend-step[data-open="true"]')).to_have_count(0)
    page.evaluate("busy.minute()")
    late = page.locator("main").get_by_role("alert")
    expect(late.get_by_text(words.say("jupyter.viewer.late"))).to_be_in_viewport(ratio=1)
    page.evaluate("busy.tell()")
    filling.settle(page)
    step = page.locator('.mend-step[data-step="responsibility.shares"]')
    expect(step.locator("h2 button")).to_be_focused()
    expect(step.locator(".mend-item").first).to_be_visible()
    expect(late).to_have_count(0)
    opened = page.locator('.mend-step[data-open="true"]').evaluate_all("(all) => all.map((one) => one.dataset.step)")
    assert opened == ["responsibility.shares"]
    until(lambda: 0 <= step.evaluate("(one) => one.getBoundingClientRect().top") <= 40, True)


def test_the_link_to_the_next_chapter_opens_it_in_place(lab: Lab, page: Page) -> None:
    """Inside JupyterLab the next chapter opens as a chapter: the address and the list follow."""
    page.goto(lab.address)
    start = page.frame_locator('iframe[src*="00-start"]')
    start.get_by_role("link", name=re.compile("Next")).click()
    page.frame_locator('iframe[src*="10-responsibility"]').locator(".mend-form").first.wait_for()
    expect(page).to_have_url(re.compile("10-responsibility"))


def test_every_kind_with_the_mouse_and_then_with_the_keyboard_alone(page: Page, tmp_path: Path) -> None:
    """One answer of each kind is saved, is there after a reload, and can be changed without a mouse."""
    with serving(make_journal(tmp_path / "journal"), *ALONE) as lab:  # nobody has answered here
        page.goto(lab.page("01-every"))
        form = filling.every_kind(page)
        filling.with_the_mouse(form)
        until(lambda: stored(lab.journal), filling.MOUSE)
        filling.saved(form)
        before = filling.shown(form)
        page.reload()
        form = filling.every_kind(page)
        expect(form.get_by_label(filling.NAME)).to_have_value("R.")
        assert filling.shown(form) == before

        filling.with_the_keyboard(page, form)
        until(lambda: stored(lab.journal), filling.KEYBOARD)
        filling.saved(form)
        before = filling.shown(form)
        page.reload()
        form = filling.every_kind(page)
        expect(form.get_by_label(filling.NAME)).to_have_value("Robin")
        assert filling.shown(form) == before


def test_of_two_pages_the_later_answer_wins_and_the_earlier_page_says_so(lab: Lab, context: BrowserContext) -> None:
    """Two pages of one exercise: nothing is lost, the newest is kept, the other page is told."""
    pages = [context.new_page(), context.new_page()]
    forms = []
    for each in pages:
        each.goto(lab.page("01-every"))
        forms.append(filling.every_kind(each))
    field = [form.get_by_label("What would a camera have seen?") for form in forms]
    field[0].fill("Seen from the first page.")
    field[0].blur()
    filling.saved(forms[0])
    field[1].fill("Seen from the second page.")
    field[1].blur()
    filling.saved(forms[1])
    until(lambda: stored(lab.journal).get("camera"), "Seen from the second page.")
    pages[0].bring_to_front()
    pages[0].evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    pages[0].evaluate("window.dispatchEvent(new Event('focus'))")
    expect(forms[0].get_by_text(re.compile("Changed on another page|Also changed on another page"))).to_be_visible()


def test_a_kernel_that_dies_while_someone_types_costs_no_word(lab: Lab, page: Page) -> None:
    """The page keeps the text, says that it is not saved, and saves it once it has come back."""
    page.goto(lab.page("01-every"))
    form = filling.every_kind(page)
    name = form.get_by_label(filling.NAME)
    kill(lab.kernel_of(page))
    name.fill("Typed while it died")
    name.blur()
    expect(state(form)).to_have_text(re.compile("Not saved yet"))
    expect(name).to_have_value("Typed while it died")
    page.reload()
    form = filling.every_kind(page)
    expect(form.get_by_label(filling.NAME)).to_have_value("Typed while it died")
    until(lambda: stored(lab.journal).get("name"), "Typed while it died")


@pytest.mark.parametrize("where", ["in JupyterLab", "by itself", "in the editor"])
def test_leaving_takes_the_words_off_the_screen_and_going_back_shows_none(
    page: Page, tmp_path: Path, where: str
) -> None:
    """“Leave this page” ends the visit: what was typed is kept, and Back meets a page that is not open."""
    page.route("https://**", lambda route: route.fulfill(body="<title>Search</title>", content_type="text/html"))
    journal = make_journal(tmp_path / "journal")
    with serving(journal, *ALONE, *(["--plain"] if where == "in the editor" else [])) as lab:
        page.goto(lab.address)
        if where == "by itself":
            page.goto(lab.page("10-responsibility"))
            page.goto(lab.page("01-every").split("?")[0])
            inside: Page | FrameLocator = page
        elif where == "in JupyterLab":
            page.frame_locator('iframe[src*="00-start"]').locator(".mend-form").first.wait_for()
            page.goto(f"{lab.url('lab/tree/01-every.ipynb').split('?')[0]}")
            inside = page.frame_locator('iframe[src*="01-every"]')
        else:
            page.goto(f"{lab.url('lab/tree/01-every.ipynb').split('?')[0]}")
            run_all(page)
            inside = page
        form = filling.every_kind(inside)
        form.get_by_label(filling.NAME).fill("Typed and left")
        inside.get_by_role("button", name="Leave this page").first.click()
        page.wait_for_url(re.compile("^https://"))
        page.go_back()
        expect(page.get_by_role("heading", name="This tab is not open yet")).to_be_visible()
        assert page.locator("iframe, .mend-form, .words").count() == 0
        page.go_back()
        assert page.locator("iframe, .mend-form, .words").count() == 0
        until(lambda: stored(journal).get("name"), "Typed and left")


def test_nothing_is_asked_of_the_network(lab: Lab, page: Page) -> None:
    """Opening JupyterLab and a chapter asks nobody but this machine."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab.address)
    page.frame_locator('iframe[src*="00-start"]').locator(".mend-form").first.wait_for()
    elsewhere = [url for url in asked if not re.match(r"(https?|wss?)://127\.0\.0\.1:|data:|blob:", url)]
    assert elsewhere == []


@pytest.mark.parametrize("keys", [["a", "b", "d", "d", "x"]])
def test_letters_typed_on_a_radio_button_do_not_edit_the_notebook(
    lab: Lab, page: Page, tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    """In the ordinary notebook editor, single keys with a radio or checkbox focused change nothing."""
    with serving(make_journal(tmp_path_factory.mktemp("plain") / "journal"), "--plain", *ALONE) as plain:
        page.goto(plain.url("lab/tree/01-every.ipynb"))
        run_all(page)
        form = filling.every_kind(page)
        cells = page.evaluate(CELLS)
        for focused in (form.get_by_role("radio").first, form.get_by_role("checkbox").first):
            focused.check()
            for key in keys:
                page.keyboard.press(key)
            assert page.evaluate(CELLS) == cells
            expect(form).to_be_visible()
            expect(focused).to_be_checked()


def test_everything_is_there_after_closing_and_opening_again(page: Page, tmp_path: Path) -> None:
    """Ctrl-C stops with exit 0 and leaves no kernel; the next start is quick and shows what was written."""
    journal = make_journal(tmp_path / "journal")
    with serving(journal, *ALONE) as first:
        page.goto(first.page("01-every"))
        name = filling.every_kind(page).get_by_label(filling.NAME)
        name.fill("R.")
        name.blur()
        filling.saved(filling.every_kind(page))
        kernels = first.kernels()
        assert kernels
        page.goto("about:blank")
        assert first.stop() == 0
        until(lambda: [pid for pid in kernels if "workbook.jupyter.kernel" in command(pid)], [])
        assert children(first.process.pid) == []
    with serving(journal, *ALONE) as second:
        page.goto(second.page("01-every"))
        expect(filling.every_kind(page).get_by_label(filling.NAME)).to_have_value("R.")
        assert not re.search("Traceback|Error", "".join(second.said))
