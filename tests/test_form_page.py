"""form.js and form.css in a bare page, with a real browser, the real Form, and no Jupyter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import engines
from tests.form_page import HERE, SITE, Desk, every_kind, open_form, until
from workbook import definition
from workbook.answers import shown as asked_now
from workbook.answers.kinds import Response
from workbook.errors import InvalidAnswer, StoreError

EVERY_FILE = HERE / "every.yaml"
CASES = Path(__file__).parent / "cases" / "conditions.json"
FAST = {"refresh": 500}  # a wait that a test would only sit through
RARE = {"refresh": 10**9}  # it reads again only when it is told to
SLOW = {"typing": 600_000}  # no pause in writing is long enough to save
LOSING = {"acknowledge": 5_000}  # as it is for people


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def page(context: BrowserContext, desk: Desk) -> Page:
    return open_form(context, desk, every_kind())


def group(page: Page, name: str) -> Any:
    return page.get_by_role("group", name=name, exact=True)


RATING = "In the past seven days I named what I did without adding “but” or “if”."
# The next form of the page asks in the same words: its name says of which this one is.
USEFUL = "How useful was this? One moment, looked at calmly"
EVERY = {  # item → its whole answer, given once by mouse and once by keyboard
    "rating": 3,
    "stirred": 4,
    "name": "R.",
    "camera": "I came home late.",
    "known": "no",
    "guess": "Tired, maybe.",
    "often": 2.5,
    "when": "2025-11-03",
    "place": "work",
    "felt": ["hurt", "tired"],
    "matters": ["heard", "right", "rest", "close"],
    "parts": {"me": 60, "them": 30, "circumstances": 10},
    "plans": [{"cue": "A late train", "action": "Call", "sure": "yes"}],
    "words": {"did": "I left.", "repair": "I can listen."},
    "after": 2,
    "useful": 4,
    "done": "yes",
}


def saved(desk: Desk) -> dict[str, Any]:
    return {item: desk.value(f"every.kind.{item}") for item in EVERY if desk.value(f"every.kind.{item}") is not None}


def settled(page: Page) -> None:
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "saved")


def test_every_kind_is_answered_by_mouse_and_found_again(page: Page, desk: Desk, context: BrowserContext) -> None:
    """Each kind takes an answer from the mouse, saves it whole, and shows it on the next page."""
    group(page, RATING).get_by_text("often").click()
    group(page, "How stirred up am I right now?").get_by_role("radio", name="4", exact=True).click()
    page.get_by_label("What shall this page call them?").fill("R.")
    page.get_by_label("What would a camera have seen?").fill("I came home late.")
    group(page, "Do I know their side from their own words?").get_by_text("No", exact=True).click()
    page.get_by_label("What do I guess it was like for them?").fill("Tired, maybe.")
    page.get_by_label("How many times did this happen last week?").fill("2,5")
    page.get_by_label("When was it?").fill("2025-11-03")
    group(page, "Where did it begin?").get_by_text("At or after work").click()
    for feeling in ("tired", "hurt"):
        group(page, "What was I feeling underneath?").get_by_text(feeling).click()
    page.get_by_role("button", name="Move Being heard up").click()
    for label, part in (("Mine", "60"), ("Theirs", "30"), ("Circumstances", "10")):
        page.get_by_label(label).fill(part)
    page.get_by_label("When this happens").fill("A late train")
    page.get_by_label("I will").fill("Call")
    page.get_by_label("Tried it?").select_option("Yes")
    page.get_by_label("What I did").fill("I left.")
    page.get_by_label("What I can repair").fill("I can listen.")
    group(page, "And how stirred up am I now?").get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="−2 points")).to_be_visible()
    group(page, USEFUL).get_by_text("very").click()
    page.get_by_role("button", name="Mark as done").click()
    settled(page)
    assert saved(desk) == EVERY
    expect(page.locator(".mend-progress")).to_have_text("15 of 15 answered")
    expect(page.locator(".mend-settled")).to_have_text(re.compile(r"^Saved \d\d:\d\d on this computer$"))

    before = len(desk.saves)
    again = open_form(context, desk, every_kind())
    expect(again.locator(".mend-progress")).to_have_text("15 of 15 answered")
    expect(again.get_by_label("What would a camera have seen?")).to_have_value("I came home late.")
    expect(again.get_by_role("radio", name="At or after work")).to_be_checked()
    expect(again.locator(".mend-ranked").first).to_have_text("Being heard")
    expect(again.get_by_label("Tried it?")).to_have_value("yes")
    expect(again.get_by_role("button", name="Marked as done")).to_have_attribute("aria-pressed", "true")
    again.wait_for_timeout(600)  # longer than a pause in writing
    assert len(desk.saves) == before  # looking at a page saves nothing


def test_every_kind_is_answered_by_keyboard_alone(page: Page, desk: Desk) -> None:
    """Tab, arrows, space and typing reach and answer everything."""

    def reach(name: str) -> None:
        """Tab on until the focus is on what has this name."""
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.getAttribute('aria-label') || (at.labels && at.labels[0]?.textContent.trim())"
                " || at.textContent.trim() }"
            ).startswith(name):
                return
        raise AssertionError(f"Tab never reached {name!r}.")

    press, write = page.keyboard.press, page.keyboard.type
    reach("never")
    for _ in range(3):
        press("ArrowRight")
    reach("0")
    for _ in range(4):
        press("ArrowRight")
    reach("What shall this page call them?")
    write("R.")
    reach("What would a camera have seen?")
    write("I came home late.")
    reach("Yes")
    press("ArrowDown")
    reach("What do I guess")
    write("Tired, maybe.")
    reach("How many times")
    write("2.5")
    reach("When was it?")
    write("11032025")
    reach("At home")
    press("ArrowDown")
    reach("hurt")
    press("Space")
    reach("tired")
    press("Space")
    reach("Move Being heard up")
    press("Enter")
    for label, part in (("Mine", "60"), ("Theirs", "30"), ("Circumstances", "10")):
        reach(label)
        write(part)
    reach("When this happens")
    write("A late train")
    reach("I will")
    write("Call")
    reach("Tried it?")
    write("Y")
    reach("What I did")
    write("I left.")
    reach("What I can repair")
    write("I can listen.")
    reach("0")
    press("ArrowRight")
    press("ArrowRight")
    reach("not at all")
    press("ArrowLeft")
    reach("Mark as done")
    press("Space")
    settled(page)
    assert saved(desk) == EVERY


def test_single_keys_never_leave_the_form(page: Page, desk: Desk) -> None:
    """With a radio or checkbox focused, the notebook's own keys reach nothing outside and change nothing here."""
    assert page.locator(".mend-form").get_attribute("data-lm-suppress-shortcuts") == "true"
    page.get_by_role("radio", name="seldom").click()
    page.get_by_role("checkbox", name="hurt").click()
    settled(page)
    before = list(desk.saves)
    for control in (page.get_by_role("radio", name="seldom"), page.get_by_role("checkbox", name="hurt")):
        control.focus()
        for key in "abddx":
            page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert page.evaluate("outside") == []
    assert desk.saves == before


def test_typing_is_saved_after_a_pause_and_at_once_on_leaving_the_field(context: BrowserContext, desk: Desk) -> None:
    """A keystroke is not a save; 400 ms of quiet is, and so is leaving the field."""
    page = open_form(context, desk, every_kind(), still=True)
    field = page.get_by_label("What would a camera have seen?")
    field.press_sequentially("Late agai")
    page.clock.run_for(399)
    field.press_sequentially("n")
    page.clock.run_for(399)
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "saving")
    assert desk.saves == []
    page.clock.run_for(1)
    settled(page)
    assert [save["value"] for save in desk.saves] == ["Late again"]
    field.press_sequentially(".")
    field.blur()
    settled(page)
    assert [save["value"] for save in desk.saves] == ["Late again", "Late again."]


@pytest.mark.parametrize("event", ["pagehide", "visibilitychange"])
def test_leaving_the_page_saves_at_once(context: BrowserContext, desk: Desk, event: str) -> None:
    """A page that is hidden or left waits for no pause."""
    page = open_form(context, desk, every_kind(), SLOW)
    page.get_by_label("What would a camera have seen?").press_sequentially("Late")
    page.evaluate(
        """(event) => {
          if (event === "visibilitychange") Object.defineProperty(document, "visibilityState", { value: "hidden" });
          (event === "pagehide" ? window : document).dispatchEvent(new Event(event));
        }""",
        event,
    )
    settled(page)
    assert desk.value("every.kind.camera") == "Late"


def test_untouched_is_no_answer_and_clearing_and_skipping_are_said(page: Page, desk: Desk) -> None:
    """Blank, skipped and answered are three things, and the focus stays near each act."""
    rating = group(page, RATING)
    expect(rating.get_by_role("button", name="Clear")).to_be_hidden()
    rating.get_by_text("often").click()
    rating.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("radio", name="never")).to_be_focused()
    skip = rating.get_by_role("button", name="Skip this one")
    skip.click()
    expect(rating.get_by_text("Skipped. You can come back to it any time.")).to_be_visible()
    expect(rating.get_by_role("button", name="Answer this one")).to_be_focused()
    expect(page.locator(".mend-progress")).to_have_text("0 of 14 answered, 1 skipped")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="never")).to_be_visible()
    settled(page)
    assert [(save["value"], save["status"]) for save in desk.saves] == [
        (3, "answered"), (None, "blank"), (None, "skipped"), (None, "blank"),
    ]  # fmt: skip


def opacity(button: Any) -> float:
    """Return how much of a button is seen, once it has faded in or out."""
    button.page.wait_for_function("document.getAnimations().length === 0")
    return float(button.evaluate("(button) => getComputedStyle(button.parentElement).opacity"))


def test_skip_and_clear_are_seen_where_someone_is(page: Page, browser: Browser, desk: Desk) -> None:
    """With a mouse, by keyboard, after a tap; elsewhere they keep their place, their names and their turn of Tab."""
    rating, stirred = group(page, RATING), group(page, "How stirred up am I right now?")
    [skip, other] = [each.get_by_role("button", name="Skip this one") for each in (rating, stirred)]
    page.mouse.move(0, 0)
    tall = page.locator(".mend-form").bounding_box()
    assert [opacity(skip), opacity(other)] == [0, 0]
    rating.hover()
    assert [opacity(skip), opacity(other)] == [1, 0]
    page.mouse.move(0, 0)
    rating.get_by_role("radio", name="no opportunity this week").focus()
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    assert [opacity(skip), opacity(other)] == [1, 0]
    assert page.locator(".mend-form").bounding_box() == tall
    page.keyboard.press("Enter")  # it is said, and its button stays, wherever someone goes on to
    page.get_by_label("What shall this page call them?").focus()
    back = rating.get_by_role("button", name="Answer this one")
    assert [opacity(back), opacity(other)] == [1, 0]

    touch = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone = open_form(touch, Desk(), every_kind())
    rating, stirred = group(phone, RATING), group(phone, "How stirred up am I right now?")
    [skip, other] = [each.get_by_role("button", name="Skip this one") for each in (rating, stirred)]
    phone.touchscreen.tap(*middle(skip))  # nobody skips by a tap on what is not seen yet
    expect(rating).to_have_attribute("data-here", "")
    expect(rating.get_by_text("Skipped.")).to_be_hidden()
    assert [opacity(skip), opacity(other)] == [1, 0]
    stirred.locator("legend").tap()
    expect(stirred).to_have_attribute("data-here", "")
    assert [opacity(skip), opacity(other)] == [0, 1]
    phone.touchscreen.tap(*middle(other))
    expect(stirred.get_by_text("Skipped.")).to_be_visible()
    touch.close()


def middle(found: Any) -> tuple[float, float]:
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_on_a_phone_a_scale_is_one_row_and_says_the_chosen_word(browser: Browser) -> None:
    """Only the words of the ends and the chosen one are seen, none touches another, each radio keeps its name."""
    seen = """(scale) => {
      const words = [...scale.querySelectorAll(".mend-ends [data-words]")].filter((word) => getComputedStyle(word).visibility === "visible");
      const boxes = words.map((word) => { const range = document.createRange(); range.selectNode(word); return range.getBoundingClientRect(); });
      const cards = [...scale.querySelectorAll(".mend-points .mend-card")].map((card) => card.getBoundingClientRect());
      return {
        words: words.map((word) => word.dataset.words), chosen: words.filter((word) => word.matches(".mend-chosen")).map((word) => word.dataset.words),
        apart: boxes.slice(1).every((box, at) => box.left >= boxes[at].right), rows: new Set(cards.map((card) => card.top)).size,
        small: cards.filter((card) => card.width < 44 || card.height < 44).length,
      };
    }"""  # noqa: E501  lines of a script
    plain = {"apart": True, "rows": 1, "small": 0}
    for width in (360, 320):
        context = browser.new_context(viewport={"width": width, "height": 740}, has_touch=True)
        page = open_form(context, Desk(), every_kind())
        for name, ends, word in ((RATING, ["never", "almost always"], "sometimes"),
                                 (USEFUL, ["not at all", "very"], "somewhat")):  # fmt: skip
            scale = group(page, name)
            assert scale.evaluate(seen) == plain | {"words": ends, "chosen": []}
            scale.locator("label", has_text=word).tap(position={"x": 30, "y": 22})
            expect(scale.get_by_role("radio", name=word, exact=True)).to_be_checked()
            assert scale.evaluate(seen) == plain | {"words": [ends[0], word, ends[1]], "chosen": [word]}
            scale.get_by_role("radio", name=ends[0], exact=True).check()
            assert scale.evaluate(seen) == plain | {"words": ends, "chosen": ends[:1]}
        context.close()


def test_one_question_at_a_time_for_whoever_wants_it(page: Page, desk: Desk, context: BrowserContext) -> None:
    """One is shown with its place, by keyboard too; what others call for comes in turn; this tab keeps the choice."""

    def shown(of: Page) -> list[str]:
        return [words.strip() for words in of.locator(".mend-body > :is(.mend-item, .mend-note):visible").evaluate_all(
            "all => all.map((each) => (each.querySelector('.mend-prompt') ?? each).textContent)")]  # fmt: skip

    opening = "Take a breath before you begin. Nothing here goes anywhere unless you choose it."
    useful, after = page.get_by_text("How useful was this?"), page.get_by_role("button", name="Next")
    page.get_by_role("radio", name="often").check()
    page.get_by_role("button", name="One question at a time").click()
    assert shown(page) == ["How stirred up am I right now?"]  # the first that has no answer
    expect(useful).to_be_hidden()
    page.get_by_role("button", name="Back").click()
    assert shown(page) == [opening, RATING]
    expect(page.get_by_role("button", name="Back")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="often")).to_be_focused()
    for _ in range(4):
        after.press("Enter")
    assert shown(page) == ["Do I know their side from their own words?"]
    expect(page.locator(".mend-turns")).to_contain_text("Question 5 of 14")
    page.get_by_role("radio", name="No", exact=True).check()
    expect(page.locator(".mend-turns")).to_contain_text("Question 5 of 15")
    after.click()
    assert shown(page) == ["What do I guess it was like for them?"]
    expect(page.locator(".mend-form > .mend-hidden")).to_have_text("Question 6 of 15")
    page.keyboard.press("Tab")
    page.keyboard.type("Tired.")
    after.click()  # leaving a question saves as leaving a field does
    settled(page)
    assert saved(desk) == {"rating": 3, "known": "no", "guess": "Tired."}
    desk.error = InvalidAnswer("Write a number, such as 3.")
    page.get_by_label("How many times").fill("often")
    after.click()
    expect(page.locator(".mend-wrong")).to_be_visible()  # what was not taken stays, above the next one
    assert shown(page) == ["How many times did this happen last week?", "When was it?"]
    desk.error = None
    page.get_by_label("How many times").fill("3")
    settled(page)
    assert shown(page) == ["When was it?"]
    while after.is_visible():
        after.click()
    assert shown(page) == ["And how stirred up am I now?", "Calmer or more stirred up by", "A rest before you go on"]
    expect(useful).to_be_visible()
    page.get_by_role("button", name="Mark as done").click()
    settled(page)
    page.emulate_media(media="print")
    assert len(shown(page)) == 18  # paper has them all
    page.emulate_media(media="screen")

    page.reload()
    expect(page.locator(".mend-turns")).to_contain_text("Question 2 of 15")
    assert len(shown(open_form(context, desk, every_kind()))) == 18  # another tab was not asked
    desk.more = {"journal": "someone else's"}
    page.reload()
    page.locator(".mend-body").wait_for()
    assert len(shown(page)) == 18
    desk.more = {}
    page.reload()
    page.get_by_role("button", name="All questions at once").click()
    assert len(shown(page)) == 18
    assert held(page) == ["all"]  # how someone reads, and nothing of what was written


def test_skip_logic_hides_what_is_not_known_and_keeps_what_was_written(page: Page, desk: Desk) -> None:
    """Unknown hides; a hidden answer is kept and comes back with its question."""
    guess = page.get_by_label("What do I guess it was like for them?")
    expect(guess).to_be_hidden()
    page.get_by_role("radio", name="No", exact=True).check()
    guess.fill("Lonely.")
    page.get_by_role("radio", name="Yes", exact=True).check()
    expect(guess).to_be_hidden()
    settled(page)
    assert desk.value("every.kind.guess") == "Lonely."
    page.get_by_role("radio", name="I’m not sure").check()
    expect(guess).to_have_value("Lonely.")


@pytest.mark.parametrize("known", ["yes", "no", None])
def test_an_exercise_is_asked_when_its_own_condition_says_so(
    context: BrowserContext, desk: Desk, known: str | None
) -> None:
    """The page asks the questions of an exercise that Python counts: all of them after a yes, else none and says so."""
    workbook = definition.load(EVERY_FILE)
    responses = {} if known is None else {"every.kind.known": Response(known, "answered", desk.now)}
    counted = asked_now.active(workbook.exercise("every.after"), responses)
    desk.more["context"] = {id: response.value for id, response in responses.items()}
    page = open_form(context, desk, every_kind("every.after"))
    shown = page.locator(".mend-form .mend-item:visible, .mend-form .mend-done:visible").count()
    assert shown == len(counted)
    told = page.get_by_text("These questions come when your other answers call for them.")
    expect(told).to_be_visible(visible=not counted)
    desk.more["context"] = {"every.kind.known": "yes"}
    page.evaluate("window.receive({type: 'changed'})")
    page.get_by_label("What do I make of it?").fill("A little.")
    expect(page.get_by_label("What else?")).to_be_visible()
    settled(page)
    desk.more["context"] = {"every.kind.known": "no"}
    page.evaluate("window.receive({type: 'changed'})")
    expect(told).to_be_focused()
    page.get_by_text("What you wrote here before").click()
    expect(page.locator(".mend-readings:visible")).to_have_text("What do I make of it?A little.")


def test_shares_say_what_is_left_and_save_any_sum(page: Page, desk: Desk) -> None:
    """The remainder is live; a sum that is not a hundred is saved all the same."""
    left = page.locator(".mend-remaining")
    page.get_by_label("Mine").fill("80")
    expect(left).to_have_text("20 of 100 left to share out")
    page.get_by_label("Theirs").fill("30")
    expect(left).to_have_text(re.compile("^10 more than 100"))
    settled(page)
    assert desk.value("every.kind.parts") == {"me": 80, "them": 30}
    page.get_by_label("Mine").fill("70")
    expect(left).to_have_text("Together they make 100.")


def test_ranking_keeps_the_focus_and_says_the_place(page: Page, desk: Desk) -> None:
    """A moved option takes the focus along; the order as it stands can be kept; the ends stay reachable."""
    page.get_by_role("button", name="Keep this order").click()
    settled(page)
    assert desk.value("every.kind.matters") == ["right", "heard", "rest", "close"]
    up = page.get_by_role("button", name="Move Being close up")
    up.focus()
    for _ in range(4):  # one more than there are places
        page.keyboard.press("Enter")
    expect(up).to_be_focused()
    expect(up).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".mend-form > .mend-hidden")).to_have_text("Being close is now 1 of 4.")
    settled(page)
    assert desk.value("every.kind.matters") == ["close", "right", "heard", "rest"]


def test_table_rows_come_and_go_with_the_focus(page: Page, desk: Desk) -> None:
    """Adding leads into the new row, removing can be undone, a full list says so, empty rows are no answer."""
    add = page.get_by_role("button", name="Add: plan")
    page.get_by_label("When this happens").fill("One")
    for _ in range(3):
        add.click()
    expect(add).to_be_hidden()
    expect(page.get_by_text("This list is full.")).to_be_visible()
    expect(group(page, "plan 4").get_by_label("When this happens")).to_be_focused()
    page.keyboard.type("Four")
    page.get_by_role("button", name="Remove plan 1").click()
    expect(page.get_by_role("button", name="Put it back")).to_be_focused()
    settled(page)
    assert desk.value("every.kind.plans") == [{"cue": "Four"}]
    page.keyboard.press("Enter")
    settled(page)
    assert desk.value("every.kind.plans") == [{"cue": "One"}, {"cue": "Four"}]
    page.get_by_role("button", name="Remove plan 2").click()
    expect(group(page, "plan 2").get_by_label("When this happens")).to_be_focused()


def test_a_textarea_grows_and_never_cuts_off(page: Page) -> None:
    """Long words stay visible without scrolling inside, and past the suggested end nothing is lost."""
    field = page.get_by_label("What would a camera have seen?")
    before = field.bounding_box()["height"]
    field.fill("A line.\n" * 36)
    assert field.bounding_box()["height"] > before * 3
    assert field.evaluate("(field) => field.scrollHeight - field.clientHeight") <= 1
    left = page.locator(".mend-item", has=field).locator(
        ".mend-left"
    )  # it is said in another place, too, after a pause
    expect(left).to_have_text("Room for 12 more characters")
    field.fill("x" * 310)
    assert len(field.input_value()) == 310
    expect(left).to_have_text(re.compile("^10 characters more"))


def test_what_the_kernel_refuses_is_said_at_the_question(page: Page, desk: Desk) -> None:
    """The sentence stands beside the field and at the foot; a value that fits takes it away."""
    desk.error = InvalidAnswer("Write a number, such as 3.")
    field = page.get_by_label("How many times did this happen last week?")
    field.fill("often")
    expect(page.locator(".mend-wrong")).to_have_text("Write a number, such as 3.")
    expect(page.locator(".mend-settled")).to_have_text("Not saved yet: Write a number, such as 3.")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert "Write a number" in field.evaluate(
        "(field) => field.getAttribute('aria-describedby').split(' ')"
        ".map((id) => document.getElementById(id).textContent).join(' ')"
    )
    page.get_by_role("radio", name="seldom").focus()
    expect(field).to_have_value("often")
    desk.error = None
    field.fill("3")
    settled(page)
    expect(page.locator(".mend-wrong")).to_have_count(0)
    expect(field).to_have_attribute("aria-invalid", "false")


def test_what_may_pass_is_tried_again(context: BrowserContext, desk: Desk) -> None:
    """A store that is busy is named, and the answer goes again without a touch."""
    page = open_form(context, desk, every_kind(), {"acknowledge": 600})
    desk.error = StoreError("The disk is full. Make room, then go on.")
    page.get_by_label("What shall this page call them?").fill("R.")
    expect(page.locator(".mend-settled")).to_have_text("Not saved yet: The disk is full. Make room, then go on.")
    desk.error = None
    settled(page)
    assert desk.value("every.kind.name") == "R."


def held(page: Page) -> list[str]:
    """Return what this tab holds, as it lies in the browser's storage."""
    return page.evaluate("Object.values(sessionStorage)")


def holding(page: Page, count: int, but: str = "") -> list[str]:
    """Wait until this tab holds so many answers, none of them `but`: each is sealed first, which takes a moment."""
    page.wait_for_function(
        "([count, but]) => sessionStorage.length === count && !Object.values(sessionStorage).includes(but)",
        arg=[count, but],
    )
    return held(page)


def test_a_lost_connection_is_said_after_five_seconds_and_nothing_is_lost(context: BrowserContext, desk: Desk) -> None:
    """Unacknowledged words are held by this tab only until they are acknowledged."""
    page = open_form(context, desk, every_kind(), {**LOSING, **RARE}, still=True)
    page.evaluate("window.cut = true")
    field = page.get_by_label("What would a camera have seen?")
    field.fill("Late again.")
    [words] = holding(page, 1)
    assert "again" not in words  # sealed: a browser writes this to the disk
    state = page.locator(".mend-settled")
    page.clock.run_for(400 + 4_999)
    expect(state).not_to_contain_text("connection")
    page.clock.run_for(1)
    expect(state).to_contain_text("Not saved yet: the connection is lost. Your words are kept in this tab")
    expect(field).to_have_value("Late again.")
    assert not desk.saves
    page.evaluate("window.cut = false")
    page.clock.run_for(5_000)
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "saved")
    assert [save["value"] for save in desk.saves] == ["Late again."]
    assert held(page) == []


def test_a_lost_connection_is_said_in_a_frame_that_may_not_look_outside(page: Page, desk: Desk) -> None:
    """Within another origin's page, as in an editor, the form says so too, keeps the words and saves them later."""
    outside = SITE.replace("form", "editor")
    pace = quote(json.dumps({**LOSING, **RARE}))
    frame = f'<iframe src="{SITE}page.html?pace={pace}" width="900" height="800"></iframe>'
    page.route(f"{outside}**", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(outside)
    inside = page.frame_locator("iframe")
    field = inside.get_by_label("What would a camera have seen?")
    field.wait_for()
    within = next(each for each in page.frames if each.url.startswith(SITE))
    assert within.evaluate("() => { try { return top.location.pathname } catch (error) { return error.name } }") == (
        "SecurityError"
    )
    within.evaluate("window.cut = true")
    field.fill("Late again.")
    form = inside.locator(".mend-form")
    expect(form).to_have_attribute("data-state", "lost")
    expect(inside.locator(".mend-settled")).to_contain_text("Not saved yet: the connection is lost.")
    expect(inside.get_by_role("button", name="Open this page again")).to_be_hidden()
    within.evaluate("window.cut = false")
    expect(form).to_have_attribute("data-state", "saved")
    assert [save["value"] for save in desk.saves] == ["Late again."]


def test_a_connection_lost_while_words_waited_for_a_pause_is_said(context: BrowserContext, desk: Desk) -> None:
    """What was heard before the words went out is no answer to them: the page does not say “Saving…” for ever."""
    page = open_form(context, desk, every_kind(), {**LOSING, **RARE}, still=True)
    page.get_by_label("What would a camera have seen?").fill("Late again.")
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # the page asks for answers, and hears them
    # The kernel answers in order: when it has answered this, the page has heard that.
    page.evaluate("toKernel({ type: 'refresh', occasion: 'once' }).then(() => new Promise(queueMicrotask))")
    page.evaluate("window.cut = true")
    page.clock.run_for(400 + 5_000)
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "lost")
    assert not desk.saves


def test_what_was_held_is_saved_when_the_page_comes_back(page: Page, desk: Desk) -> None:
    """A reload after the loss finds the words in place and saves them without a touch."""
    page.evaluate("window.cut = true")
    page.get_by_label("What would a camera have seen?").fill("Late again.")
    page.get_by_role("radio", name="often").check()
    holding(page, 2)
    page.reload()
    expect(page.get_by_label("What would a camera have seen?")).to_have_value("Late again.")
    expect(page.get_by_role("radio", name="often")).to_be_checked()
    settled(page)
    assert saved(desk) == {"camera": "Late again.", "rating": 3}
    assert held(page) == []


def test_what_was_held_never_overwrites_a_later_answer_or_another_journal(page: Page, desk: Desk) -> None:
    """A later answer from elsewhere stays, with what was held offered beside it; another journal sees nothing."""
    page.evaluate("window.cut = true")
    page.get_by_label("What would a camera have seen?").fill("Held here.")
    holding(page, 1)
    desk.more = {"journal": "someone else's"}
    page.reload()
    page.locator(".mend-body").wait_for()
    expect(page.get_by_label("What would a camera have seen?")).to_have_value("")
    assert not desk.saves
    desk.more = {}
    desk.now += timedelta(days=366)
    desk.save(item="every.kind.camera", value="Later.", status="answered", occasion="once", seen=0, page="other")
    page.reload()
    expect(page.get_by_label("What would a camera have seen?")).to_have_value("Later.")
    expect(page.locator(".mend-notice blockquote")).to_have_text("Held here.")
    page.get_by_role("button", name="Use mine").click()
    settled(page)
    assert desk.value("every.kind.camera") == "Held here."


def test_words_written_while_an_earlier_answer_was_on_its_way_come_back_in_place(page: Page, desk: Desk) -> None:
    """This page's own earlier answer, saved while the next words were written, is not taken for someone else's."""
    field = page.get_by_label("What would a camera have seen?")
    page.evaluate(
        """() => {
             const kernel = window.toKernel; // it saves, and what it replies is lost
             window.toKernel = async (message) => { await kernel(message); return []; };
           }"""
    )
    desk.now += timedelta(days=366)  # it is saved at a moment after the next words
    field.fill("I came home.")
    [first] = holding(page, 1)
    until(page, lambda: [save["value"] for save in desk.saves] == ["I came home."])
    page.evaluate("window.cut = true")
    field.fill("I came home. And then I left.")
    holding(page, 1, but=first)
    page.reload()
    expect(field).to_have_value("I came home. And then I left.")
    settled(page)
    assert desk.value("every.kind.camera") == "I came home. And then I left."
    expect(page.locator(".mend-notice blockquote")).to_have_count(0)


@pytest.mark.parametrize(("button", "kept"), [("Use mine", "Held here."), ("Use that one", "Written beside it.")])
def test_what_was_held_is_offered_until_someone_has_chosen(page: Page, desk: Desk, button: str, kept: str) -> None:
    """Words offered beside a later answer are there again after another reload, and gone once chosen."""
    page.evaluate("window.cut = true")
    page.get_by_label("What would a camera have seen?").fill("Held here.")
    holding(page, 1)
    desk.now += timedelta(days=366)
    desk.save(item="every.kind.camera", value="Later.", status="answered", occasion="once", seen=0, page="other")
    page.reload()
    expect(page.locator(".mend-notice blockquote")).to_have_text("Held here.")
    page.get_by_label("What would a camera have seen?").fill("Written beside it.")
    settled(page)
    page.reload()
    expect(page.locator(".mend-notice blockquote")).to_have_text("Held here.")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_label("What would a camera have seen?")).to_have_value(kept)
    until(page, lambda: desk.value("every.kind.camera") == kept)
    page.wait_for_function("sessionStorage.length === 0")


def test_of_two_pages_the_later_wins_and_the_earlier_says_so(context: BrowserContext, desk: Desk) -> None:
    """The earlier page shows the newer value and when it was changed."""
    earlier = open_form(context, desk, every_kind(), FAST)
    later = open_form(context, desk, every_kind(), RARE)
    earlier.get_by_label("What shall this page call them?").fill("R.")
    settled(earlier)
    later.get_by_label("What shall this page call them?").fill("Robin")
    settled(later)
    expect(later.get_by_text("Yours is the later one and is kept")).to_be_visible()
    earlier.bring_to_front()
    expect(earlier.get_by_label("What shall this page call them?")).to_have_value("Robin")
    expect(earlier.locator(".mend-notice").filter(has_text="Changed on another page at")).to_be_visible()
    assert [save["value"] for save in desk.saves] == ["R.", "Robin"]


@pytest.mark.parametrize(("button", "kept"), [("Use that one", "Theirs."), ("Keep mine", "Mine, unsaved")])
def test_words_being_typed_are_never_replaced(context: BrowserContext, desk: Desk, button: str, kept: str) -> None:
    """A newer value from elsewhere is offered beside what is being written."""
    page = open_form(context, desk, every_kind(), {**SLOW, **RARE})
    field = page.get_by_label("What would a camera have seen?")
    field.press_sequentially("Mine, unsaved")
    desk.save(item="every.kind.camera", value="Theirs.", status="answered", occasion="once", seen=0, page="other")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".mend-notice blockquote")).to_have_text("Theirs.")
    expect(field).to_have_value("Mine, unsaved")
    expect(field).to_be_focused()
    page.get_by_role("button", name=button).click()
    expect(field).to_have_value(kept)
    settled(page)
    assert desk.value("every.kind.camera") == kept


def test_nothing_that_arrives_takes_the_focus_or_the_caret(context: BrowserContext, desk: Desk) -> None:
    """Refreshes and hints come while someone writes; the caret stays where it was."""
    desk.hints["every.kind.camera"] = [{"start": 0, "end": 4, "text": "Late", "why": "is only an example."}]
    page = open_form(context, desk, every_kind(), FAST)
    field = page.get_by_label("What would a camera have seen?")
    field.press_sequentially("Late again")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".mend-hint")).to_have_text("“Late” is only an example.")
    page.wait_for_timeout(1_200)
    page.evaluate("window.receive({ type: 'changed' })")
    page.wait_for_timeout(200)
    expect(field).to_be_focused()
    page.keyboard.type("!")
    expect(field).to_have_value("Late ag!ain")


def test_a_rule_closes_the_form_and_leaves_the_answers_readable(page: Page, desk: Desk) -> None:
    """The reason, something to do instead and the answers stay; what was being written is saved first."""
    page.get_by_label("What would a camera have seen?").press_sequentially("Late")
    desk.more["closed"] = {
        "title": "Closed for now", "html": "<p>You said you feel overwhelmed.</p>",
        "instead": [{"label": "Something calming", "href": "30-space.ipynb"}], "resources": ["A helpline"],
    }  # fmt: skip
    page.evaluate("window.receive({ type: 'changed' })")
    expect(page.get_by_role("heading", name="Closed for now")).to_be_focused()
    expect(page.get_by_label("What would a camera have seen?")).to_be_hidden()
    expect(page.get_by_role("link", name="Something calming")).to_have_attribute("href", "30-space.ipynb")
    page.get_by_text("What you wrote here before").click()
    expect(page.locator(".mend-readings")).to_have_text("What would a camera have seen?Late")
    until(page, lambda: desk.value("every.kind.camera") == "Late")


@pytest.mark.parametrize("urgent", [True, False])
def test_in_a_crisis_the_numbers_stand_before_the_words(page: Page, desk: Desk, urgent: bool) -> None:
    """Someone in a crisis finds whom to call first and the reason below it; elsewhere the reason comes first."""
    desk.more["closed"] = {
        "title": "You first",
        "html": "<p>The reason.</p>",
        "instead": [],
        "resources": ["999"],
        "urgent": urgent,
    }
    page.evaluate("window.receive({ type: 'changed' })")
    order = ["999", "The reason."] if urgent else ["The reason.", "999"]
    expect(page.locator(".mend-closed li, .mend-closed p")).to_have_text(order)


@pytest.mark.parametrize(
    "href",
    ["javascript:document.title='ran'", "JaVaScRiPt:1", " javascript:1", "java\nscript:1", "data:text/html,1",
     "vbscript:1", "file:///etc/passwd", "blob:null/1", "//example.org", "../notes.ipynb",
     "00-start.ipynb\njavascript:1"],
)  # fmt: skip
def test_something_to_do_instead_never_leads_to_a_script(page: Page, desk: Desk, href: str) -> None:
    """The page looks at an address where it sets it, whatever was let through before: the words stay, the link goes."""
    desk.more["closed"] = {
        "title": "Closed",
        "html": "",
        "instead": [{"label": "Go here", "href": href}],
        "resources": [],
    }
    page.evaluate("window.receive({ type: 'changed' })")
    page.get_by_text("Go here").click()
    assert page.locator("a[href]").evaluate_all("(found) => found.map((one) => one.getAttribute('href'))") == []
    assert page.title() != "ran"


def test_earlier_occasions_are_read_and_only_changed_on_purpose(context: BrowserContext) -> None:
    """A repeating exercise opens on this week; earlier weeks are words to read."""
    desk = Desk(
        occasions=[
            {"id": "2025-11-17", "label": "This week", "current": True},
            {"id": "2025-11-10", "label": "Week of 10 November", "current": False},
        ]
    )
    desk.save(item="every.weekly.note", value="A walk.", status="answered", occasion="2025-11-10", seen=0, page="")
    desk.answers["every.weekly.note", "2025-11-10"]["comment"] = {
        "text": "Good.",
        "from": "Dr. Kim",
        "at": "2025-11-12",
    }
    page = open_form(context, desk, every_kind("every.weekly"))
    expect(page.get_by_label("What helped?")).to_have_value("")
    page.get_by_label("Which one to look at").select_option("Week of 10 November")
    expect(page.locator(".mend-readings")).to_have_text("What helped?A walk.Dr. Kim, 12 November 2025Good.")
    expect(page.get_by_label("What helped?")).to_be_hidden()
    page.get_by_role("button", name="Change this earlier one").click()
    page.get_by_label("What helped?").fill("A long walk.")
    settled(page)
    page.get_by_label("Which one to look at").select_option("This week")
    expect(page.get_by_label("What helped?")).to_have_value("")
    assert desk.value("every.weekly.note", "2025-11-10") == "A long walk."


def test_years_of_occasions_are_chosen_by_month_and_day(context: BrowserContext) -> None:
    """Of 901 days each list is short, newest first, and the focus stays in the one that was chosen in."""
    days = [date(2026, 11, 26) - timedelta(days=back) for back in range(901)]
    labels = {day.isoformat(): f"{day.day} {day:%B %Y}" for day in days} | {"2026-11-26": "Today"}
    desk = Desk(occasions=[{"id": day, "label": label, "current": label == "Today"} for day, label in labels.items()])
    desk.save(item="every.weekly.note", value="A walk.", status="answered", occasion="2025-03-30", seen=0, page="")
    page = open_form(context, desk, every_kind("every.weekly") | {"repeats": "daily"})
    month = page.get_by_label("Which one to look at")
    months = "group => [group.label ?? group.text, [...group.children].map((each) => each.text)]"
    listed = month.evaluate(f"list => [...list.children].map({months})")
    assert [len(each[1]) for each in listed] == [0, 11, 12, 7]
    assert [each[0] for each in listed] == ["Today", "2026", "2025", "2024"]
    assert listed[1][1][:2] == ["November 2026", "October 2026"]
    assert listed[3][1][-1] == "June 2024"
    assert page.locator(".mend-occasion select").count() == 1
    month.focus()
    month.select_option("March 2025")
    day = page.get_by_label("Which one of March 2025")
    expect(day).to_have_value("2025-03-31")
    expect(month).to_be_focused()
    assert day.locator("option").all_inner_texts() == [f"{n} March 2025" for n in range(31, 0, -1)]
    day.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".mend-readings")).to_have_text("What helped?A walk.")
    expect(day).to_have_value("2025-03-30")
    expect(day).to_be_focused()
    month.select_option("Today")
    expect(day).to_have_count(0)
    expect(page.get_by_label("What helped?")).to_be_visible()
    months = [f"{2026 - back // 12}-{12 - back % 12:02}-01" for back in range(1, 60)]
    desk.occasions[1:] = [{"id": each, "label": each, "current": False} for each in months]
    page = open_form(context, desk, every_kind("every.weekly") | {"repeats": "monthly"})
    years = page.get_by_label("Which one to look at").locator("option").all_inner_texts()
    assert years == ["Today", "2026", "2025", "2024", "2023", "2022"]


@pytest.mark.parametrize(("chosen", "day"), [("Still Tuesday", "2026-03-03"), ("Wednesday, the new day", "2026-03-04")])
def test_someone_up_after_midnight_says_once_which_day_they_mean(
    context: BrowserContext, chosen: str, day: str
) -> None:
    """Two buttons stand above the questions; after one the focus is in the first question, of that day."""
    labels = {"2026-03-04": "Today", "2026-03-03": "3 March 2026"}
    desk = Desk(occasions=[{"id": each, "label": label, "current": True} for each, label in labels.items()])
    night = {"occasion": "2026-03-03", "today": "Wednesday, the new day", "yesterday": "Still Tuesday"}
    desk.more = {"night": night}
    page = open_form(context, desk, every_kind("every.weekly") | {"repeats": "daily"})
    asked = page.get_by_role("group", name="It is after midnight. Which day do you mean?")
    expect(asked).to_be_visible()
    asked.get_by_role("button", name=chosen).press("Enter")
    expect(asked).to_be_hidden()
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    settled(page)
    assert desk.value("every.weekly.kept", day) == "yes"
    expect(asked).to_be_hidden()


def test_messages_that_make_no_sense_are_left_alone(page: Page) -> None:
    """Whatever arrives, the form stays as it is."""
    page.get_by_label("What shall this page call them?").fill("R.")
    settled(page)
    page.evaluate(
        """() => [null, 3, "answers", {}, { type: "toString" }, { type: "answers" },
          { type: "answers", occasion: "once" }, { type: "saved" }, { type: "refused" }].forEach(window.receive)"""
    )
    expect(page.get_by_label("What shall this page call them?")).to_have_value("R.")
    expect(page.locator(".mend-body")).to_be_visible()


def test_conditions_decide_as_they_do_in_python(page: Page) -> None:
    """The browser and the kernel agree on every case."""
    cases = json.loads(CASES.read_text("utf-8"))
    wrong = page.evaluate(
        """async (cases) => {
          const { evaluate } = await import("./form.js");
          const get = (answers) => (id) => (Object.hasOwn(answers, id) ? answers[id] : null);
          return cases.filter(([condition, answers, expected]) => evaluate(condition, get(answers)) !== expected);
        }""",
        cases,
    )
    assert len(cases) > 50
    assert wrong == []


FILLED = {
    "rating": 2, "stirred": 4, "name": "R.", "camera": "I came home late.", "known": "no", "guess": "Tired, but",
    "often": 3, "when": "2025-11-03", "place": "work", "felt": ["afraid"],
    "matters": ["heard", "right", "rest", "close"],
    "parts": {"me": 50, "them": 20}, "plans": [{"cue": "Late"}, {"cue": "Hot face"}], "words": {"did": "I left."},
}  # fmt: skip


def test_what_comes_later_says_when_and_opens_for_whoever_wants_it_now(browser: Browser, desk: Desk) -> None:
    """A sentence stands in place of the questions; one press opens them, the focus is in the first, and they save."""
    desk.more = {"later": "This page is for 9 March 2026 or later."}
    context = browser.new_context()
    page = open_form(context, desk, every_kind())
    sentence = page.get_by_text("This page is for 9 March 2026 or later.")
    expect(sentence).to_be_visible()
    assert page.locator(".mend-item:visible, .mend-foot:visible").count() == 0
    page.get_by_role("button", name="I want to do it now").press("Enter")
    expect(sentence).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.mend-item') !== null")
    page.get_by_label("How many times did this happen last week?").fill("3")
    expect(page.locator(".mend-form")).to_have_attribute("data-state", "saved")
    context.close()


def fill(desk: Desk) -> None:
    """Answer one question of every kind."""
    for item, value in FILLED.items():
        desk.save(item=f"every.kind.{item}", value=value, status="answered", occasion="once", seen=0, page="")


def say_more(desk: Desk) -> None:
    """Have a hint at a word, a counselor's comment, and their instruction with a day on it."""
    desk.answers["every.kind.guess", "once"]["hints"] = [
        {"start": 7, "end": 10, "text": "but", "why": "takes it back."}
    ]
    desk.answers["every.kind.camera", "once"]["comment"] = {"text": "Thank you.", "from": "Dr. Kim"}
    desk.more = {"assigned": {"from": "Dr. Kim", "instruction": "Only the first half.", "due": "2025-11-20"}}


def skip_one_and_write_another_wrong(page: Page, desk: Desk) -> None:
    page.get_by_role("button", name="Skip this one").nth(1).click()
    desk.error = InvalidAnswer("Write a number.")
    page.get_by_label("How many times did this happen last week?").fill("x")
    page.locator(".mend-wrong").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("view", ["empty", "filled", "closed"])
def test_axe_finds_nothing_in_jupyterlabs_colours(browser: Browser, scheme: str, width: int, view: str) -> None:
    """No accessibility violation of any impact, nothing wider than a phone; in our own colours: test_form_states."""
    desk = Desk()
    if view != "empty":
        fill(desk)
    if view == "filled":
        say_more(desk)
    if view == "closed":
        desk.more = {"closed": {"title": "Closed for now", "html": "<p>A reason.</p>", "instead": [], "resources": []}}
    # JupyterLab's theme is its own choice: the system's is the opposite here, to see which one wins.
    opposite: Literal["light", "dark"] = "light" if scheme == "dark" else "dark"
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=opposite)
    page = open_form(context, desk, every_kind())
    card, ink = ("#212121", "#ffffff") if scheme == "dark" else ("#ffffff", "rgba(0, 0, 0, 1)")
    page.evaluate(
        """([light, card, ink]) => {
          document.body.dataset.jpThemeLight = light;
          document.body.style.setProperty("--jp-layout-color1", card);
          document.body.style.setProperty("--jp-content-font-color0", ink);
        }""",
        [str(scheme == "light").lower(), card, ink],
    )
    if view == "filled":
        skip_one_and_write_another_wrong(page, desk)
    page.wait_for_function("document.getAnimations().length === 0")  # colours fade for a moment
    assert engines.axe(page, ".mend-form") == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_can_be_seen_in_the_system_s_own_colours(
    browser: Browser, desk: Desk, scheme: Literal["light", "dark"]
) -> None:
    """With high contrast on, colours of ours are gone: a chosen card has a frame, a chosen number a ground."""
    for item in ("rating", "stirred", "felt"):
        value = FILLED[item]
        desk.save(item=f"every.kind.{item}", value=value, status="answered", occasion="once", seen=0, page="")
    context = browser.new_context(color_scheme=scheme, forced_colors="active")
    page = open_form(context, desk, every_kind())
    for name in ("In the past seven days", "What was I feeling"):
        cards = page.get_by_role("group", name=name).locator(".mend-card")
        widths = cards.evaluate_all(
            "all => all.map(e => [e.matches(':has(:checked)'), getComputedStyle(e).outlineStyle])"
        )
        assert set(map(tuple, widths)) == {(True, "solid"), (False, "none")}
    numbers = page.get_by_role("group", name="How stirred up am I right now").locator(".mend-card")
    grounds = numbers.evaluate_all("all => all.map(e => getComputedStyle(e).backgroundColor)")
    assert grounds.count(grounds[FILLED["stirred"]]) == 1
    assert len(set(grounds)) == 2
    context.close()


def test_nothing_moves_for_those_who_asked_for_less_motion(browser: Browser, desk: Desk) -> None:
    """No fading and no sliding, anywhere in the form."""
    moving = """() => [...document.querySelectorAll(".mend-form *")].filter((each) => {
      const { transitionDuration, animationName } = getComputedStyle(each);
      return animationName !== "none" || transitionDuration.split(", ").some((time) => time !== "0s");
    }).length"""
    for motion, found in (("no-preference", True), ("reduce", False)):
        context = browser.new_context(reduced_motion=motion)
        page = open_form(context, desk, every_kind())
        assert bool(page.evaluate(moving)) is found
        context.close()


def test_nothing_is_fetched_from_elsewhere(context: BrowserContext, desk: Desk) -> None:
    """The form needs its own two files and nothing more."""
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = open_form(context, desk, every_kind())
    assert asked == [page.url, f"{SITE}form.css", f"{SITE}form.js"]
