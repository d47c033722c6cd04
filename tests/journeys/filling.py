"""Answer one item of every kind, once with the mouse and once with nothing but the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from workbook import definition

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

WORKBOOK = definition.load()
TALLEST = {1280: 2_500, 360: 4_000}  # pixels of a chapter that was just opened, by the width of the window

NAME = "What shall this page call them?"

# What the journal holds afterwards, by item.
MOUSE: dict[str, Any] = {
    "rating": 3,
    "stirred": 4,
    "name": "R.",
    "camera": "I came home late and had not called.",
    "known": "no",
    "guess": "She was worried.",
    "often": 2,
    "when": "2026-03-05",
    "place": "home",
    "felt": ["afraid", "tired"],
    "matters": ["heard", "right", "rest", "close"],
    "parts": {"me": 60, "them": 30, "circumstances": 10},
    "plans": [{"cue": "I am late", "action": "call before eight", "sure": "no"}],
    "words": {"did": "I did not call.", "effect": "You waited.", "repair": "I call ahead."},
    "after": 2,
}
KEYBOARD: dict[str, Any] = {
    "rating": 2,
    "stirred": 5,
    "name": "Robin",
    "camera": "I left the room while R. was speaking.",
    "known": "unsure",
    "guess": "It felt like being shut out.",
    "often": 3,
    "when": "2026-05-05",
    "place": "work",
    "felt": ["hurt", "afraid", "tired"],
    "matters": ["right", "heard", "rest", "close"],
    "parts": {"me": 50, "them": 25, "circumstances": 25},
    "plans": [{"cue": "I want to leave", "action": "say when I am back", "sure": "yes"}],
    "words": {"did": "I left.", "effect": "You were alone with it.", "repair": "I stay."},
    "after": 3,
}


def with_the_mouse(form: Locator) -> None:
    """Click and type through the form."""
    form.get_by_role("group", name="In the past seven days").get_by_text("often", exact=True).click()
    _ruler(form, "How stirred up am I right now?", 4).click()
    form.get_by_label(NAME).click()
    form.get_by_label(NAME).fill("R.")
    form.get_by_label("What would a camera have seen?").fill(MOUSE["camera"])
    form.get_by_role("group", name="Do I know their side").get_by_text("No", exact=True).click()
    form.get_by_label("What do I guess").fill(MOUSE["guess"])
    form.get_by_label("How many times").fill("2")
    form.get_by_label("When was it?").fill("2026-03-05")
    form.get_by_text("At home").click()
    form.get_by_text("afraid", exact=True).click()
    form.get_by_text("tired", exact=True).click()
    form.get_by_role("button", name="Move Being heard up").click()
    for label, part in (("Mine", "60"), ("Theirs", "30"), ("Circumstances", "10")):
        form.get_by_label(label).fill(part)
    form.get_by_label("When this happens").fill("I am late")
    form.get_by_label("I will").fill("call before eight")
    form.get_by_label("Tried it?").select_option("No")
    form.get_by_label("What I did").fill("I did not call.")
    form.get_by_label("What it may have meant").fill("You waited.")
    form.get_by_label("What I can repair").fill("I call ahead.")
    _ruler(form, "And how stirred up am I now?", 2).click()


def with_the_keyboard(page: Page, form: Locator) -> None:
    """Go through a form filled with the mouse, changing every answer, using Tab, arrows, Space, Enter and letters."""
    keys = page.keyboard

    def tab_to(target: Locator) -> None:
        for _ in range(60):
            if target.evaluate("e => e === document.activeElement"):
                return
            keys.press("Tab")
        raise AssertionError(f"Tab never reached {target}")

    def write(target: Locator, text: str) -> None:
        tab_to(target)
        keys.press("ControlOrMeta+a")
        keys.type(text)

    form.get_by_role("radio", name="often").first.focus()  # the one place where a hand was needed: where to start
    keys.press("ArrowLeft")
    tab_to(form.get_by_role("group", name="How stirred up am I right now?").locator("input:checked"))
    keys.press("ArrowRight")
    write(form.get_by_label(NAME), KEYBOARD["name"])
    write(form.get_by_label("What would a camera have seen?"), KEYBOARD["camera"])
    tab_to(form.get_by_role("group", name="Do I know their side").locator("input:checked"))
    keys.press("ArrowRight")
    write(form.get_by_label("What do I guess"), KEYBOARD["guess"])
    write(form.get_by_label("How many times"), "3")
    date = form.get_by_label("When was it?")
    if date.get_attribute("type") == "date":
        tab_to(date)
        keys.type("05052026")  # the same in every order of day and month
    else:
        write(date, KEYBOARD["when"])
    tab_to(form.get_by_role("group", name="Where did it begin?").locator("input:checked"))
    keys.press("ArrowDown")
    tab_to(form.get_by_role("checkbox", name="hurt"))
    keys.press("Space")
    tab_to(form.get_by_role("button", name="Move Being right up"))
    keys.press("Enter")
    for label, part in (("Mine", "50"), ("Theirs", "25"), ("Circumstances", "25")):
        write(form.get_by_label(label), part)
    write(form.get_by_label("When this happens"), KEYBOARD["plans"][0]["cue"])
    write(form.get_by_label("I will"), KEYBOARD["plans"][0]["action"])
    tab_to(form.get_by_label("Tried it?"))
    keys.type("Y")
    write(form.get_by_label("What I did"), "I left.")
    write(form.get_by_label("What it may have meant"), "You were alone with it.")
    write(form.get_by_label("What I can repair"), "I stay.")
    tab_to(form.get_by_role("group", name="And how stirred up am I now?").locator("input:checked"))
    keys.press("ArrowRight")
    keys.press("Tab")  # leaving a field saves it


def saved(form: Locator) -> None:
    """Wait until nothing in a form waits to be saved. Its “Saved 14:03” may be of an earlier answer."""
    expect(form).to_have_attribute("data-state", "saved")


def shown(form: Locator) -> dict[str, object]:
    """Return what the form shows now, as plain words, to be compared after a reload."""
    found: dict[str, object] = form.evaluate(
        """form => Object.fromEntries([...form.querySelectorAll("input, textarea, select")].map((each, at) => [
             at, each.type === "radio" || each.type === "checkbox" ? each.checked : each.value]))"""
    )
    places = form.get_by_role("group", name="What mattered most").get_by_role("listitem").all_inner_texts()
    found["order"] = sorted(places)  # each begins with its number
    return found


def _ruler(form: Locator, question: str, point: int) -> Locator:
    return form.get_by_role("group", name=question).get_by_role("radio").nth(point)


# What panels look like once they have heard from Python.
PANELS = {
    "00-start": (".mend-today.mend-known", "#mend-lock details"),
    "60-review": (".mend-look:not(:has(> [role=status]))",),
    "70-share": ("#mend-share h2",),
}


def settle(page: Page) -> None:
    """Wait until everything a page draws by itself is there: forms, panels, letters."""
    page.locator(".mend-chapter").wait_for()
    page.locator("#loading").wait_for(state="hidden")
    forms = {chapter.notebook: [one for one in chapter.exercises if not one.retired] for chapter in WORKBOOK.chapters}
    notebook = urlsplit(page.url).path.rpartition("/")[2].removesuffix(".ipynb")
    own = [f'.mend-step[data-step="{one.id}"][data-known]' for one in forms[notebook]]
    if own:
        expect(page.locator(", ".join(own))).to_have_count(len(own))
    for panel in PANELS.get(notebook, ()):
        expect(page.locator(panel)).to_be_attached()
    expect(page.locator(".mend-step:not([data-known])")).to_have_count(0)
    expect(page.locator(".mend-form .mend-wait:visible, .mend-look > [role=status]")).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => null)")


def too_tall(page: Page, width: int) -> list[str]:
    """Say if a page in a window of this width is taller than a chapter may be that was just opened."""
    height = page.evaluate("document.documentElement.scrollHeight")
    return [] if height <= TALLEST.get(width, height) else [f"{width}: {height} px tall"]


def open_step(page: Page | FrameLocator, exercise: str) -> Locator:
    """Open a step, unless it stands open, and return its form."""
    step = page.locator(f'.mend-step[data-step="{exercise}"][data-known]')
    button = step.locator("h2 button")
    step.wait_for(state="attached")
    page.locator(".mend-step-acts").wait_for(state="attached")  # the last step of the page is there,
    expect(page.locator(".mend-step:not([data-known])")).to_have_count(0)  # and none is yet to be folded away
    if step.get_attribute("data-folded") is not None:
        page.locator(".mend-step-more").click()
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    return step.locator(".mend-form")


def every_kind(page: Page | FrameLocator) -> Locator:
    """Return the form with every kind, once it holds its answers."""
    form = open_step(page, "every.kind")
    form.locator(".mend-control:visible").first.wait_for()
    # It may have opened by itself, begun before or not. In one go: words that the tab held may just be coming back.
    for held in (".mend-given", ".mend-others"):
        form.locator(held).evaluate("(held) => { if (!held.hidden) held.querySelector('button').click(); }")
    form.get_by_label(NAME).wait_for()
    return form
