"""No barrier that two engines know, on any chapter, light or dark, wide or narrow; and the keys to any answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.journeys import filling
from workbook import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

CHAPTERS = [chapter.notebook for chapter in definition.load().chapters]
NAMES = """all => all.map((group) => {
  const ids = group.getAttribute("aria-labelledby")?.split(" ") ?? [group.querySelector("legend").id];
  return ids.map((id) => document.getElementById(id).textContent).join(" ");
})"""
SIZES = ((1280, 900), (360, 740))
# Where each part of the page begins, in the order in which a screen reader says them.
TOPS = """() => [...document.querySelector("main").children].filter((one) => one.checkVisibility())
  .map((one) => Math.round(one.getBoundingClientRect().top))"""


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_a_chapter_has_no_violation(lab: Lab, page: Page, notebook: str) -> None:
    """Contrast, names, landmarks, order: in each look; nothing is wider than the page or taller than one
    that asks one thing at a time, no two groups share a name.
    """
    page.goto(lab.page(notebook))
    filling.settle(page)
    found = engines.faults(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found += filling.too_tall(page, width)
    page.set_viewport_size({"width": 320, "height": 256})  # 1280 × 1024, magnified four times
    wider = page.evaluate("document.documentElement.scrollWidth") - 320
    found += [f"{wider} px wider than 320"] if wider > 0 else []
    assert found == []
    assert page.locator("h1").count() == 1
    tops = page.evaluate(TOPS)
    assert tops == sorted(tops)  # what is seen first is heard first, as a notice above the words
    names = page.locator("fieldset").evaluate_all(NAMES)
    assert sorted(names) == sorted(set(names))  # axe does not ask for it; whoever hears one group after another does
    page.set_viewport_size({"width": 1280, "height": 900})
    keys = keys_to_each_step(page)
    print(f"\n{notebook}: keys from the address bar to the first answer of each step: {keys}")
    assert [count for count in keys if count > 8] == []


WORDS = ("StaticText", "InlineTextBox")  # what is read of a name, not what has it


def heard(page: Page) -> list[tuple[str, str]]:
    """Return the role and name of all that a screen reader is given, in its order, as the browser's own tree has it."""
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()

    def told(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if not node["ignored"]:
            yield node["role"]["value"], node.get("name", {}).get("value", "")
        for child in node.get("childIds", ()):
            yield from told(nodes[child])

    return list(told(next(node for node in nodes.values() if "parentId" not in node)))


def test_a_screen_reader_is_given_a_whole_chapter_in_its_order(lab: Lab, page: Page) -> None:
    """The way to the open step, help, the chapters, then title, steps and their questions as the workbook has them."""
    chapter = definition.load().chapter("responsibility")
    page.goto(lab.page(chapter.notebook))
    filling.settle(page)
    page.get_by_role("button", name="Open all steps").click()
    expect(page.locator(".mend-form")).to_have_count(len(page.locator(".mend-step:visible").all()))
    filling.settle(page)
    told = heard(page)
    first = [name for role, name in told if role in ("link", "button", "heading")][:4]
    assert first == ["Go to the open step", "Need help now?", "Leave this page", "Start here 1 of 6"]
    shown = [one for one in chapter.exercises if page.locator(f'[data-step="{one.id}"]').is_visible()]
    headings = [name.partition(" : ")[0] for role, name in told if role == "heading"]
    assert headings == [chapter.title, *(one.title for one in shown)]
    begins = [at for at, (role, name) in enumerate(told) if role == "heading"][1:]
    ends = [*begins[1:], next(at for at, one in enumerate(told) if one == ("button", "Close all steps"))]
    for exercise, begin, end in zip(shown, begins, ends, strict=True):
        prompts = [item.prompt for item in exercise.items]
        names = [name for role, name in told[begin:end] if role not in WORDS]
        asked = [one for name in names for one in prompts if name == one or name.startswith(f"{one} {exercise.title}")]
        drawn = page.locator(f'[data-step="{exercise.id}"] .mend-item:visible').count()
        assert (exercise.id, asked, len(asked)) == (exercise.id, [one for one in prompts if one in asked], drawn)
    after = [name for role, name in told[ends[-1] :] if role in ("button", "link")]
    assert after == ["Close all steps", "Print this chapter", "Back: Start here", "Next: Talk and listen"]


# Whether the focus is in an answer, or in what is chosen before one: the day, or to do now what comes later.
THERE = """(step) => step.contains(document.activeElement) && document.activeElement.matches(
  ".mend-control :is(input, textarea, select, button), .mend-earlier button")"""
ASKS = ":is(.mend-control :is(input, textarea, select, button), .mend-earlier button):visible"


def keys_to_each_step(page: Page) -> list[int]:
    """Return how many keys lead from the address bar to the first answer of each step that asks something now.

    The first Tab is the link past the words: a test beside this one presses it, here the focus is put there.
    """
    steps = page.locator(".mend-step")
    many = steps.count()
    counts = []
    for at in range(many):
        way = [str(at + 1)] if at < 9 else ["End"] + ["ArrowUp"] * (many - 1 - at)
        button = steps.nth(at).locator("h2 button")
        page.locator("a.skip").focus()
        keys = ["Tab", "Enter", *way]
        for key in keys[1:]:
            page.keyboard.press(key)
        expect(button).to_be_focused()
        if button.get_attribute("aria-expanded") == "false":
            page.keyboard.press("Enter")
            keys.append("Enter")
        steps.nth(at).locator(".mend-form").wait_for()
        expect(steps.nth(at).locator(".mend-wait:visible")).to_have_count(0)
        if not steps.nth(at).locator(ASKS).count():
            continue  # closed, or it has nothing to ask yet: its words say so
        while not steps.nth(at).evaluate(THERE) and len(keys) < 20:
            page.keyboard.press("Tab")
            keys.append("Tab")
        counts.append(len(keys))
    return counts


def test_the_first_key_leads_past_the_words_to_the_open_step(lab: Lab, page: Page) -> None:
    """Tab from the address bar is the link, Enter the heading of the step that stands open; a number another one."""
    page.goto(lab.page("10-responsibility"))
    filling.settle(page)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator('.mend-step[data-open="true"] h2 button')).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator(".mend-step h2 button").nth(2)).to_be_focused()


def test_an_address_that_leads_nowhere_says_that_words_are_safe_and_where_to_go(lab: Lab, page: Page) -> None:
    """What a mistyped or renamed page shows: no code of an error, a way to the first page, and no barrier."""
    response = page.goto(lab.page("99-nowhere"))
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be shown")
    expect(page.get_by_text("What you wrote is safe.")).to_be_visible()
    assert engines.faults(page) == []
    page.get_by_role("link", name="Go to the first page").click()
    filling.settle(page)
