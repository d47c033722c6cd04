"""What someone is writing stays as they write it, and what a field shows is what is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.form_page import HERE, Desk, every_kind, open_form
from workbook import definition
from workbook.answers import kinds
from workbook.errors import InvalidAnswer
from workbook.page import assets, head

QUICK = {"typing": 5, "refresh": 10**9}  # a pause after each keystroke
WORKBOOK = definition.load(HERE / "writing.yaml")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def desk() -> Desk:
    return Desk(judge=lambda item, value: kinds.check(WORKBOOK.item(item), value))


@pytest.fixture
def page(context: BrowserContext, desk: Desk) -> Page:
    return open_form(context, desk, every_kind("writing.fields", "writing.yaml"), QUICK)


def heard(page: Page) -> None:
    """Wait until the kernel has said what became of the last keystroke."""
    page.wait_for_function("document.querySelector('.mend-form').dataset.state !== 'saving'")


def write(page: Page, field: Any, text: str) -> None:
    """Type letter by letter, with a pause after each in which it is saved or refused."""
    field.focus()
    for letter in text:
        page.keyboard.press("Enter" if letter == "\n" else letter)
        heard(page)


def number(text: str) -> float | None:
    """Read a text as a person does who writes decimals with a comma or a point; None: it is no number."""
    plain = text.strip().replace(",", ".", 1)
    return float(plain) if NUMBER.fullmatch(plain) else None


# field → the item's id, and how its part of the item's value is found
NUMBERS = {
    "A number": ("writing.fields.number", lambda value: value, -1e12, 1e12),
    "Mine": ("writing.fields.parts", lambda value: value["mine"], 0, 100),
    "How many": ("writing.fields.rows", lambda value: value[0]["count"], -1e12, 1e12),
}


@given(label=st.sampled_from(sorted(NUMBERS)), text=st.text("0123456789.,-+e ", min_size=1, max_size=6))
@example(label="A number", text="12,5")
@example(label="Mine", text="12,5")
@example(label="How many", text="12.5")
@example(label="A number", text="0.05")
@example(label="Mine", text="0.0")
@example(label="How many", text="-")
@example(label="A number", text="1e")
@example(label="Mine", text="12,")
@example(label="How many", text="12,")
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_number_is_shown_as_it_is_typed_and_kept_as_it_reads(page: Page, desk: Desk, label: str, text: str) -> None:
    """After each keystroke the field says what was typed; that is what is kept, or it is said that it is not."""
    id, part, least, most = NUMBERS[label]
    field = page.get_by_label(label)
    field.fill("")
    heard(page)
    write(page, field, text)
    expect(field).to_have_value(text)
    read = number(text)
    wrong = page.locator(".mend-item", has=field).locator(".mend-wrong")
    if not text.strip():
        assert desk.value(id) in ("blank", None)
    elif read is None or not least <= read <= most:
        expect(wrong).to_have_text(re.compile("number"))
    else:
        expect(wrong).to_have_count(0)
        assert part(desk.value(id)) == read
    field.blur()
    heard(page)
    if wrong.count():
        expect(field).to_have_value(text)
    elif text.strip():
        assert float(field.input_value()) == part(desk.value(id))
    else:
        expect(field).to_have_value("")
    field.fill("")
    heard(page)


WORDS = {
    "A line": ("writing.fields.line", lambda value: value),
    "A text": ("writing.fields.text", lambda value: value),
    "Of what": ("writing.fields.rows", lambda value: value[0]["what"]),
    "What I did": ("writing.fields.letter", lambda value: value["did"]),
}


@given(label=st.sampled_from(sorted(WORDS)), text=st.text(" \nab", min_size=1, max_size=6))
@example(label="A text", text="\n\nSo")
@example(label="What I did", text="\n \nSo")
@example(label="Of what", text="\nSo")
@example(label="A line", text="  so ")
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_words_stand_as_they_are_typed_blank_lines_too(page: Page, desk: Desk, label: str, text: str) -> None:
    """Leading blank lines stay under the hands; a field left with nothing but blanks is an empty one."""
    id, part = WORDS[label]
    text = text.replace("\n", "") if label == "A line" else text
    field = page.get_by_label(label)
    field.fill("")
    heard(page)
    write(page, field, text)
    expect(field).to_have_value(text)
    field.blur()
    heard(page)
    if text.strip():
        assert part(desk.value(id)) == text
    else:
        assert desk.value(id) in ("blank", None)
    expect(field).to_have_value(text if text.strip() else "")


def test_a_day_half_written_is_said_not_to_be_kept(page: Page, desk: Desk) -> None:
    """A date field that shows a day without a year has no answer to keep, and says so."""
    field = page.get_by_label("A day")
    field.focus()
    page.keyboard.type("1103")
    field.blur()
    expect(page.locator(".mend-wrong")).to_have_text("This answer is a day, written like 2026-05-03.")
    field.fill("2025-11-03")
    heard(page)
    expect(page.locator(".mend-wrong")).to_have_count(0)
    assert desk.value("writing.fields.day") == "2025-11-03"


def test_a_row_that_was_never_filled_stays_while_someone_writes_in_it(page: Page, desk: Desk) -> None:
    """The store leaves empty rows out; the page lets them stand, and the focus with them."""
    page.get_by_role("button", name="Add: row").click()
    page.keyboard.type("7")
    heard(page)
    expect(page.get_by_role("group", name="row 2").get_by_label("How many")).to_be_focused()
    expect(page.get_by_role("group", name="row 2").get_by_label("How many")).to_have_value("7")
    assert desk.value("writing.fields.rows") == [{"count": 7}]


def test_what_comes_from_another_page_waits_until_the_hands_rest(context: BrowserContext, desk: Desk) -> None:
    """While keys are pressed in a field nothing is written into it; the later words win, and the page says so."""
    pace = {**QUICK, "refresh": 100, "hands": 60_000}
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml"), pace)
    field = page.get_by_label("A text")
    write(page, field, "Mine")
    desk.save(item="writing.fields.text", value="Theirs.", status="answered", occasion="once", seen=1, page="other")
    page.wait_for_timeout(500)  # several polls come back meanwhile
    expect(field).to_have_value("Mine")
    page.keyboard.type("!")
    heard(page)
    expect(page.get_by_text("Yours is the later one and is kept")).to_be_visible()
    assert desk.value("writing.fields.text") == "Mine!"
    desk.save(item="writing.fields.text", value="Theirs.", status="answered", occasion="once", seen=3, page="other")
    field.blur()
    expect(field).to_have_value("Theirs.")
    expect(page.get_by_text("Changed on another page at")).to_be_visible()


# --- over midnight ---

PERIODS = {  # rhythm → the occasion it began in, the next one, and what they are called then
    "daily": ("2026-03-02", "2026-03-03"),
    "weekly": ("2026-03-02", "2026-03-09"),
    "monthly": ("2026-03-01", "2026-04-01"),
    "any": ("2026-03-02", "2026-03-03"),
}


@pytest.mark.parametrize("repeats", PERIODS)
def test_a_form_someone_writes_in_stays_open_over_midnight(context: BrowserContext, repeats: str) -> None:
    """A new day takes neither the field nor the focus away; words go to the occasion they were begun in."""
    begun, following = PERIODS[repeats]
    note, more = f"writing.{repeats}.note", f"writing.{repeats}.more"
    desk = Desk(occasions=[{"id": begun, "label": "The one begun", "current": True}])
    pace = {"typing": 50, "refresh": 100, "rest": 1_000}
    page = open_form(context, desk, every_kind(f"writing.{repeats}", "writing.yaml"), pace, still=True)
    field, which = page.get_by_label("What helped?"), page.get_by_label("Which one to look at")
    field.press_sequentially("A walk")
    page.clock.run_for(50)
    heard(page)
    desk.occasions = [
        {"id": following, "label": "The next one", "current": True},
        {"id": begun, "label": "The one begun", "current": False},
    ]
    page.clock.run_for(1_500)  # someone thinks, for longer than a form rests, with the caret in the field
    expect(which.locator("option")).to_have_count(2)
    expect(which).to_have_value(begun)
    expect(field).to_be_focused()
    page.keyboard.type(", and tea")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("What else?")).to_be_focused()
    page.keyboard.type("Sleep")
    page.clock.run_for(50)
    heard(page)
    kept = {place: answer["value"] for place, answer in desk.answers.items()}
    assert kept == {(note, begun): "A walk, and tea", (more, begun): "Sleep"}
    page.get_by_label("What else?").blur()
    page.clock.run_for(900)
    expect(field).to_be_visible()  # they may only have clicked beside it
    page.clock.run_for(200)
    expect(page.get_by_text("An earlier one, as you left it.")).to_be_visible()
    expect(page.locator(".mend-readings")).to_have_text("What helped?A walk, and teaWhat else?Sleep")
    which.select_option("The next one")
    expect(field).to_have_value("")
    which.select_option("The one begun")
    expect(field).to_be_hidden()


# --- what is pasted, and digits of any script ---

TYPED = json.loads((HERE.parent / "cases" / "typed.json").read_text("utf-8"))


def test_the_page_reads_what_is_typed_as_python_does(page: Page) -> None:
    """Words and numbers of the same cases come out alike; a text that is no number goes to Python as it is."""
    read = page.evaluate(
        """async ({ words, numbers }) => {
          const { tidy, numberOr } = await import("./form.js");
          return { words: words.map(([typed]) => tidy(typed)), numbers: numbers.map(([typed]) => numberOr(typed)) };
        }""",
        TYPED,
    )
    assert read["words"] == [meant for _, meant in TYPED["words"]]
    assert read["numbers"] == [typed if meant is None else meant for typed, meant in TYPED["numbers"]]


@pytest.mark.parametrize(
    ("label", "id", "kept"),
    [
        ("A text", "writing.fields.text", "said:\nI am leaving"),
        ("A line", "writing.fields.line", "said: I am leaving"),
        ("Of what", "writing.fields.rows", [{"what": "said:\nI am leaving"}]),
        ("What I did", "writing.fields.letter", {"did": "said:\nI am leaving"}),
    ],
)
def test_a_line_break_from_a_word_processor_stays_one(
    context: BrowserContext, desk: Desk, label: str, id: str, kept: object
) -> None:
    """Pasted words are not glued, and are no news from another page."""
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml"), {**QUICK, "refresh": 100})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('said:\\vI am leaving')")
    field = page.get_by_label(label)
    field.focus()
    page.keyboard.press("Control+v")
    shown = "said: I am leaving" if label == "A line" else "said:\nI am leaving"
    expect(field).to_have_value(shown)
    heard(page)
    assert desk.value(id) == kept
    field.blur()
    page.wait_for_timeout(500)  # several polls come back meanwhile
    expect(field).to_have_value(shown)
    expect(page.locator(".mend-notice:not(:empty)")).to_have_count(0)


def test_what_is_kept_otherwise_than_written_is_shown_without_an_alarm(context: BrowserContext) -> None:
    """The kernel may know better what was meant; the page then shows that, and does not call it news."""
    desk = Desk(judge=lambda item, value: str(value).replace("colour", "color"))
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml"), {**QUICK, "refresh": 100})
    field = page.get_by_label("A text")
    write(page, field, "a colour")
    expect(field).to_have_value("a colour")
    field.blur()
    expect(field).to_have_value("a color")
    page.wait_for_timeout(500)  # several polls come back meanwhile
    expect(page.locator(".mend-notice:not(:empty)")).to_have_count(0)
    assert len(desk.saves) == len("a colour")


# --- what is said, and to whom ---


def test_a_count_is_spoken_when_someone_pauses(context: BrowserContext, desk: Desk) -> None:
    """What changes with every key is seen at once and said once: no region that speaks by itself changes meanwhile."""
    pace = {**QUICK, "typing": 300, "speak": 700}
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml"), pace, still=True)

    def spoken() -> list[str]:
        """What was said once nothing was typed for long enough."""
        page.clock.run_for(700)
        said: list[str] = page.evaluate("window.spoken.splice(0)")
        return said

    page.evaluate(
        """() => {
          window.spoken = [];
          const live = ":is([aria-live], [role=status], output):not([aria-live=off])";
          new MutationObserver((changes) => {
            for (const { target } of changes) {
              const region = (target instanceof Element ? target : target.parentElement).closest(live);
              if (region && !region.closest(".mend-foot")) window.spoken.push(region.textContent);
            }
          }).observe(document.querySelector(".mend-form"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.get_by_label("A text").press_sequentially("x" * 99)
    expect(page.get_by_text("Room for 1 more character", exact=True).first).to_be_visible()
    assert spoken() == ["Room for 1 more character"]
    page.get_by_label("Mine").press_sequentially("60")
    expect(page.locator(".mend-remaining")).to_have_text("40 of 100 left to share out")
    assert spoken() == ["40 of 100 left to share out"]
    page.get_by_label("A number").press_sequentially("12")
    assert spoken() == ["The number again 12"]
    page.get_by_label("A text").press_sequentially("xx")
    assert spoken() == ["1 character more than this place needs. It is saved all the same."]


def test_answers_are_marked_as_nobody_else_s(context: BrowserContext, desk: Desk) -> None:
    """A browser that translates, corrects over the network or fills in is told to leave every answer alone."""
    desk.occasions.append({"id": "before", "label": "Before", "current": False})
    for occasion in ("once", "before"):
        desk.save(item="writing.fields.text", value="Mine.", status="answered", occasion=occasion, seen=0, page="other")
        desk.answers["writing.fields.text", occasion]["comment"] = {"text": "Yours.", "from": "Dr. Kim"}
    desk.answers["writing.fields.text", "once"]["hints"] = [{"start": 0, "end": 4, "text": "Mine", "why": "is short."}]
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml") | {"repeats": "any"}, QUICK)
    fields = page.locator(".mend-form :is(textarea, input[type=text], input[type=date])")
    assert fields.count() == 10
    told = fields.evaluate_all(
        "all => all.map((each) => [each.translate, each.spellcheck, each.autocomplete, each.form.autocomplete])"
    )
    assert told == [[False, False, "off", "off"]] * 10
    assert page.get_by_text("Mine.", exact=True).count() == 0  # it stands in its field alone
    kept = page.get_by_text(re.compile("“Mine”|Yours"))
    assert kept.evaluate_all("all => all.map((each) => each.translate)") == [False, False]
    page.get_by_label("Which one to look at").select_option("Before")
    expect(page.locator(".mend-readings")).to_have_text("A textMine.Dr. KimYours.")
    read = page.locator(".mend-readings dd")
    assert read.evaluate_all("all => all.map((each) => each.translate)") == [False]


# --- a small window, and paper ---

HELP = """({ html, css, script }) => {
  document.body.insertAdjacentHTML("afterbegin", html);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  document.body.append(Object.assign(document.createElement("script"), { type: "module", textContent: script }));
}"""

COVERED = """() => {
  const at = document.activeElement.closest("label") ?? document.activeElement;
  const one = at.getBoundingClientRect();
  const fixed = [...document.querySelectorAll(".mend-fixed > button, .mend-foot")].filter((each) => !each.contains(at));
  const over = fixed.map((each) => each.getBoundingClientRect()).map((two) =>
    Math.max(0, Math.min(one.right, two.right) - Math.max(one.left, two.left)) *
    Math.max(0, Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top)));
  const hidden = one.bottom <= 0 || one.top >= innerHeight;
  return hidden ? "outside" : over.some((area) => area > 0) ? "covered" : "seen";
}"""


@pytest.mark.parametrize("size", [(320, 256), (640, 360), (360, 640), (1280, 720)])
def test_nothing_fixed_covers_what_the_keyboard_has_reached(
    browser: Browser, desk: Desk, size: tuple[int, int]
) -> None:
    """At 400 % zoom (320 × 256), on a phone in both ways, and on a desk: each stop of Tab is in sight as a whole."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = open_form(context, desk, every_kind())
    help = {"html": head.help_html(page=True), "css": assets.look("help.css")}
    page.evaluate(HELP, {**help, "script": assets.module("help.js")})
    page.locator("aside[data-ready]").wait_for()
    page.locator(".mend-form").evaluate("(form) => form.focus()")
    found = []
    for key in ["Tab"] * 45 + ["Shift+Tab"] * 45:
        page.keyboard.press(key)
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if page.evaluate("document.activeElement.closest('.mend-form') !== null"):
            name = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            found.append((page.evaluate(COVERED), key, name))
    assert len(found) > 60
    assert [each for each in found if each[0] != "seen"] == []
    sticks = "(foot) => getComputedStyle(foot).position"
    foot = page.locator(".mend-foot")
    assert foot.evaluate(sticks) == ("sticky" if size == (1280, 720) else "static")
    desk.error = InvalidAnswer("Write a number, such as 3.")
    page.get_by_label("How many times did this happen last week?").press_sequentially("often")
    expect(foot).to_contain_text("Not saved yet")
    assert foot.evaluate(sticks) == "sticky"  # what went wrong is seen wherever someone is, and not on where they are
    page.wait_for_function(
        """(fits) => {
          const [bar, one] = [document.querySelector(".mend-foot"), document.activeElement.closest(fits)];
          const [{ top, bottom }, its] = [bar, one].map((each) => each.getBoundingClientRect());
          return bottom - top < innerHeight * 0.45 && its.top >= 0 && (its.bottom <= top || its.top >= bottom);
        }""",
        arg=".mend-input" if size == (320, 256) else ".mend-item",  # what has room above the bar
    )
    context.close()


def test_a_form_on_paper_shows_every_answer_whole(context: BrowserContext, desk: Desk) -> None:
    """What is printed has the words of each field to their end, what was chosen, and nothing to press."""
    long = "A line that is much longer than the field it was written in, " * 4
    desk.save(item="writing.fields.line", value=long, status="answered", occasion="once", seen=0, page="")
    desk.save(item="writing.fields.text", value="One.\n" * 30, status="answered", occasion="once", seen=0, page="")
    page = open_form(context, desk, every_kind("writing.fields", "writing.yaml"), QUICK)
    page.emulate_media(media="print")
    line = page.locator(".mend-line[data-words]")
    assert line.evaluate("(line) => getComputedStyle(line, '::before').content").startswith('"A line that is much')
    assert line.bounding_box()["height"] > 40  # two lines
    expect(page.get_by_label("A line")).to_be_hidden()
    text = page.get_by_label("A text")
    assert text.evaluate("(field) => field.scrollHeight - field.clientHeight") <= 1
    assert text.evaluate("(field) => field.clientHeight") > 29 * 16
    assert page.locator(".mend-form button:visible, .mend-foot:visible").count() == 0
    page.emulate_media(media="screen")
    page.get_by_label("A line").fill("Short.")
    page.emulate_media(media="print")
    assert line.evaluate("(line) => getComputedStyle(line, '::before').content") == '"Short."'
