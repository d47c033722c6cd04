"""A chapter as a list of steps in a bare page: a real browser, real forms, a real journal, and no Jupyter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.clock import Clock
from tests.form_page import _FILES, HERE, SITE, Heard, until
from tests.safe_answers import answer_safely
from workbook.journal import Journal
from workbook.page import assets

CHAPTER = "moving-on"
WORD = "A harbour in the evening."
FILES = {
    **_FILES,
    "steps.html": ((HERE / "steps.html").read_text("utf-8"), "text/html"),
    "form.css": (assets.look("form.css", "steps.css"), "text/css"),
}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal", now=Clock()) as journal:
        answer_safely(journal.save)
        yield journal


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


def open_chapter(context: BrowserContext, journal: Journal, address: str = "", chapter: str = CHAPTER) -> Page:
    """Open a chapter whose forms are those of a journal."""
    page = context.new_page()
    page.clock.install(time=journal.now())
    exercises = [one for one in journal.workbook.chapter(chapter).exercises if not one.retired]
    forms = [journal.exercise(one.id) for one in exercises]
    heard = {
        form.exercise["id"]: Heard(form.exercise, save=form._save, read=form._read, step=form._step) for form in forms
    }

    def serve(route: Any) -> None:
        body, kind = FILES[route.request.url.removeprefix(SITE).split("#")[0]]
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")

    page.route(f"{SITE}**", serve)
    page.expose_function("toKernel", lambda id, message: heard[id].ask(message))
    page.expose_function("exercises", lambda: [dict(form.exercise) for form in forms])
    page.goto(f"{SITE}steps.html{address}")
    expect(page.locator(".mend-step[data-known]")).to_have_count(len(forms))
    return page


def heading(page: Page, title: str) -> Locator:
    return page.get_by_role("heading", level=2).get_by_role("button", name=title)


def standing(page: Page) -> list[str]:
    """Which steps stand open, by the last part of their ids."""
    return [
        id.rpartition(".")[2]
        for id in page.locator('.mend-step[data-open="true"]').evaluate_all("all => all.map((one) => one.dataset.step)")
    ]


def visit(page: Page) -> dict[str, str]:
    kept: dict[str, str] = page.evaluate("({...sessionStorage})")
    return kept


def done(page: Page, step: str) -> None:
    form = page.locator(f'.mend-step[data-step="{CHAPTER}.{step}"]')
    form.get_by_role("button", name="Mark as done").click()


def test_a_chapter_is_titles_and_one_open_step(context: BrowserContext, journal: Journal) -> None:
    """The first of its first sitting stands open; opening by hand is remembered for the visit, by ids alone."""
    page = open_chapter(context, journal)
    said = page.locator(".mend-step-state").all_inner_texts()
    minutes = [one.minutes for one in journal.workbook.chapter(CHAPTER).exercises]
    assert said == [f"not begun · {each} minute{'s' * (each != 1)}" for each in minutes]
    assert standing(page) == ["self"]
    expect(page.locator(".mend-form")).to_have_count(1)
    assert visit(page) == {}

    was = heading(page, "What was, and what I keep")
    expect(was).to_have_attribute("aria-expanded", "false")
    was.click()
    expect(was).to_have_attribute("aria-expanded", "true")
    expect(was).to_be_focused()
    heading(page, "Who I am apart from this").click()
    assert standing(page) == ["acceptance"]
    page.reload()
    expect(page.locator(".mend-step[data-known]")).to_have_count(len(minutes))
    assert standing(page) == ["acceptance"]
    assert {key: json.loads(value) for key, value in visit(page).items()} == {
        "mend-steps": {"moving-on.acceptance": True, "moving-on.self": False}
    }
    page.get_by_role("button", name="Open all steps").click()
    expect(page.locator(".mend-form")).to_have_count(len(minutes))
    page.reload()
    expect(page.locator(".mend-step[data-known]")).to_have_count(len(minutes))
    page.get_by_role("button", name="Close all steps").click()  # all stand open again, and it says so
    expect(page.locator(".mend-form")).to_have_count(0)
    page.get_by_role("button", name="Open all steps").click()
    expect(page.locator(".mend-form")).to_have_count(len(minutes))
    heading(page, "Who I am apart from this").click()  # one by hand: not all are open any more
    expect(page.get_by_role("button", name="Open all steps")).to_be_visible()
    heading(page, "Who I am apart from this").click()
    page.get_by_role("button", name="Close all steps").click()
    expect(page.locator(".mend-form")).to_have_count(0)


def test_a_long_form_that_opened_by_itself_shows_its_first_questions(context: BrowserContext, journal: Journal) -> None:
    """Two, until someone begins or asks for the others; one that someone opened has all, and so has paper."""
    page = open_chapter(context, journal)
    first = page.locator(f'[data-step="{CHAPTER}.self"]')
    questions = first.locator(".mend-body > .mend-item:visible")
    others = first.get_by_role("button", name="Show the other questions")
    expect(questions).to_have_count(2)
    expect(first.get_by_role("button", name="Mark as done")).to_be_hidden()
    page.emulate_media(media="print")
    expect(questions).to_have_count(6)
    page.emulate_media(media="screen")
    others.click()
    expect(questions).to_have_count(6)
    expect(questions.nth(2)).to_be_focused()
    expect(others).to_be_hidden()

    page.reload()
    expect(questions).to_have_count(2)
    first.get_by_label(journal.workbook.item(f"{CHAPTER}.self.aside").prompt).fill(WORD)
    expect(questions).to_have_count(6)
    expect(first.get_by_role("button", name="Mark as done")).to_be_visible()

    heading(page, "Grief, without contact").click()
    grief = page.locator(f'[data-step="{CHAPTER}.grief"]')
    expect(grief.get_by_role("button", name="Mark as done")).to_be_visible()
    expect(grief.get_by_role("button", name="Show the other questions")).to_be_hidden()


def test_a_form_that_was_begun_before_opens_with_what_is_left(context: BrowserContext, journal: Journal) -> None:
    """What was answered then is behind one line, not read out to whoever comes; what is answered now stays in sight."""
    journal.save(f"{CHAPTER}.self.aside", WORD)
    page = open_chapter(context, journal)
    first = page.locator(f'[data-step="{CHAPTER}.self"]')
    questions = first.locator(".mend-body > .mend-item:visible")
    expect(questions).to_have_count(5)
    first.get_by_label(journal.workbook.item(f"{CHAPTER}.self.try").prompt).fill("Bread.")
    expect(first.locator(".mend-progress")).to_have_text("2 of 6 answered")
    expect(questions).to_have_count(5)
    expect(first.get_by_role("button", name="Mark as done")).to_be_visible()
    first.get_by_role("button", name="Show what I answered before").click()
    expect(questions).to_have_count(6)
    expect(first.locator(".mend-item:focus")).to_contain_text(journal.workbook.item(f"{CHAPTER}.self.aside").prompt)
    expect(first.get_by_role("button", name="Show what I answered before")).to_be_hidden()
    heading(page, "Who I am apart from this").click()
    heading(page, "Who I am apart from this").click()  # opened by hand: all of it
    expect(questions).to_have_count(6)


def test_words_that_only_the_tab_has_are_in_sight_whatever_was_answered_before(
    context: BrowserContext, journal: Journal
) -> None:
    """They were not saved when the page was left: nobody has to ask for them to see them."""
    aside = journal.workbook.item(f"{CHAPTER}.self.aside")
    journal.save(aside.id, WORD)
    page = open_chapter(context, journal)
    first = page.locator(f'[data-step="{CHAPTER}.self"]')
    first.get_by_role("button", name="Show what I answered before").click()
    page.evaluate("void (window.toKernel = () => new Promise(() => {}))")  # nothing is heard of what it is told
    first.get_by_label(aside.prompt).fill("In this tab alone.")
    page.reload()
    expect(first.get_by_label(aside.prompt)).to_have_value("In this tab alone.")
    until(page, lambda: journal.versions(aside.id, "once")[-1].value == "In this tab alone.")
    expect(first.locator(".mend-body > .mend-item:visible")).to_have_count(6)


def test_what_calms_grows_by_the_next_question_and_hides_nothing_that_was_written(
    context: BrowserContext, journal: Journal
) -> None:
    """In a hard hour: what one wrote by day, the next two questions, every note, and a button for the rest."""
    journal.save("start.now.stirred", 9)
    journal.save("space.people.list", [{"who": "Ada"}])
    page = open_chapter(context, journal, chapter="space")
    assert standing(page) == ["plan"]
    plan = page.locator('[data-step="space.plan"]')
    questions = plan.locator(".mend-body > .mend-item:visible")
    expect(questions).to_have_count(2)
    expect(plan.get_by_text("Who: Ada")).to_be_visible()
    expect(plan.get_by_role("button", name="Mark as done")).to_be_hidden()
    plan.get_by_label("Evenings").check()
    expect(questions).to_have_count(3)
    expect(plan.get_by_role("button", name="Mark as done")).to_be_visible()
    page.reload()
    expect(questions).to_have_count(3)
    expect(plan.get_by_label("Evenings")).to_be_checked()
    plan.get_by_role("button", name="Show the other questions").click()
    expect(questions).to_have_count(8)
    expect(plan.locator(".mend-note:focus")).to_contain_text("Ada")  # the note above the next question


def test_a_wall_of_questions_comes_one_at_a_time_until_someone_asks_for_all(
    context: BrowserContext, journal: Journal
) -> None:
    """Before contact one question is shown; “all at once” is remembered; what a change asks comes by twos."""
    page = open_chapter(context, journal, "#safety", chapter="start")
    safety, now = page.locator('[data-step="start.safety"]'), page.locator('[data-step="start.now"]')
    asked, check = (step.locator(".mend-body > .mend-item:visible") for step in (safety, now))
    expect(asked).to_have_count(1)
    heading(page, "Right now").click()
    expect(check).to_have_count(5)
    check.nth(4).get_by_label("Yes", exact=True).check()
    expect(check).to_have_count(7)
    check.nth(5).get_by_label("No", exact=True).check()
    expect(check).to_have_count(8)
    expect(now.get_by_role("button", name="Mark as done")).to_be_hidden()
    now.get_by_role("button", name="Show the other questions").click()
    expect(check).to_have_count(15)
    safety.get_by_role("button", name="All questions at once").click()
    expect(asked).to_have_count(11)
    page.reload()
    expect(asked).to_have_count(11)


def test_a_form_that_was_marked_or_judged_alone_counts_as_begun(context: BrowserContext, journal: Journal) -> None:
    """Whether it was useful is an answer too: someone was here, so no question is held back."""
    journal.save(f"{CHAPTER}.self.useful", 2)
    page = open_chapter(context, journal)
    first = page.locator(f'[data-step="{CHAPTER}.self"]')
    expect(first.locator(".mend-body > .mend-item:visible")).to_have_count(6)
    expect(first.get_by_role("button", name="Show the other questions")).to_be_hidden()


def test_a_safety_plan_that_opened_by_itself_shows_every_line(context: BrowserContext, journal: Journal) -> None:
    """Whoever looks for it in the worst hour does not have to ask for the lines that matter most."""
    page = open_chapter(context, journal, chapter="safety-plan")
    assert standing(page) == ["plan"]
    plan = page.locator('[data-step="safety-plan.plan"]')
    lines = [one.prompt for one in journal.workbook.exercise("safety-plan.plan").items if one.kind == "text"]
    expect(plan.locator(".mend-prompt:visible").filter(has_text="?")).to_contain_text(lines)
    expect(plan.get_by_role("button", name="Mark as done")).to_be_visible()
    expect(plan.get_by_role("button", name="Show the other questions")).to_be_hidden()
    expect(page.get_by_role("button", name="Print this chapter")).to_be_visible()
    expect(page.get_by_text("Open all steps")).to_be_hidden()  # there is one


def test_from_the_open_step_any_other_is_three_keys_away(context: BrowserContext, journal: Journal) -> None:
    """A number, an arrow, Home or End on a heading leads to another; Enter opens it, Tab is in its first answer."""
    page = open_chapter(context, journal)
    steps = page.locator(".mend-step h2 button")
    steps.first.focus()
    for key, at in (("5", 4), ("ArrowDown", 5), ("End", 6), ("ArrowUp", 5), ("Home", 0), ("7", 6)):
        page.keyboard.press(key)
        expect(steps.nth(at)).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(f'[id="{CHAPTER}.take"] input').first.wait_for()
    page.keyboard.press("Tab")
    within = page.evaluate("document.activeElement.closest('.mend-step').dataset.step + document.activeElement.tagName")
    assert within == f"{CHAPTER}.takeINPUT"


def test_after_a_step_the_next_is_offered_and_that_it_is_enough(context: BrowserContext, journal: Journal) -> None:
    """“Next” closes this one and leads there; “enough” saves, closes, and says one sentence; no word stays behind."""
    page = open_chapter(context, journal, "#take")
    assert standing(page) == ["take"]
    page.get_by_role("textbox").first.fill(WORD)
    done(page, "take")
    page.get_by_role("button", name="Next: ").click()
    expect(heading(page, "What was, and what I keep")).to_be_focused()
    assert standing(page) == ["acceptance"]
    take = page.locator(f'.mend-step[data-step="{CHAPTER}.take"]')
    expect(take.locator(".mend-step-state")).to_have_text("done today")
    expect(take.locator(".mend-form")).to_have_count(0)
    assert journal.responses()[f"{CHAPTER}.take.line", "once"].value == WORD
    assert WORD not in page.content()

    done(page, "acceptance")
    page.get_by_role("button", name="That is enough for today").click()
    rest = "That is enough for today. What you wrote is saved, and you can close this page."
    expect(page.get_by_role("status").filter(has_text=rest)).to_be_visible()
    expect(heading(page, "What was, and what I keep")).to_be_focused()
    expect(page.locator(".mend-form")).to_have_count(0)


def test_a_closed_step_keeps_what_is_not_saved(context: BrowserContext, journal: Journal) -> None:
    """Its form stays until the words are saved, and its heading says that they are not."""
    page = open_chapter(context, journal, "#take")
    field = page.locator(f'[id="{CHAPTER}.take"] input').first
    page.evaluate("window.cut = true")
    field.fill(WORD)
    heading(page, "What I take from this").click()
    expect(page.locator(f'[data-step="{CHAPTER}.take"] .mend-step-state')).to_have_text(
        "not begun · 1 minute · not saved yet"
    )
    expect(field).to_have_value(WORD)
    page.evaluate("window.cut = false")
    page.clock.fast_forward(60_000)
    expect(page.locator(".mend-form")).to_have_count(0)
    expect(page.locator(f'[data-step="{CHAPTER}.take"] .mend-step-state')).to_have_text("1 of 2 answered")
    assert journal.responses()[f"{CHAPTER}.take.line", "once"].value == WORD


def test_a_step_has_an_address(context: BrowserContext, journal: Journal) -> None:
    """The end of its id or the whole opens it, alone, on the first load and later, and the focus is there."""
    page = open_chapter(context, journal, "#support")
    assert standing(page) == ["support"]
    expect(page.locator(f'[data-step="{CHAPTER}.support"] h2 button')).to_be_focused()
    page.evaluate(f"location.hash = '#{CHAPTER}.grief'")
    grief = page.locator(f'[data-step="{CHAPTER}.grief"]')
    expect(grief.locator("h2 button")).to_be_focused()
    expect(grief).to_be_in_viewport()
    assert standing(page) == ["support", "grief"]


def test_a_chapter_is_printed_with_the_answers_of_closed_steps(context: BrowserContext, journal: Journal) -> None:
    """They are fetched first and closed again after; when they do not come, nothing is printed and that is said."""
    for item in ("take.line", "acceptance.true_now"):
        journal.save(f"{CHAPTER}.{item}", WORD)
    page = open_chapter(context, journal)
    page.get_by_role("button", name="Print this chapter").click()
    page.wait_for_function("window.printed.length")
    assert page.evaluate("window.printed") == [[WORD, WORD]]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert standing(page) == ["self"]
    expect(page.locator(".mend-form")).to_have_count(1)
    assert WORD not in page.content()

    page.emulate_media(media="print")  # the browser's own menu: nothing can be fetched any more
    missing = page.get_by_text("This step is closed on the page, so what is written in it is not printed here.")
    expect(missing.filter(visible=True)).to_have_count(2)
    page.emulate_media(media="screen")
    page.evaluate("window.cut = true")
    page.get_by_role("button", name="Print this chapter").click()
    page.clock.fast_forward(2 * 60_000)
    expect(page.get_by_role("status").filter(has_text="Not printed, because some answers")).to_be_visible()
    assert page.evaluate("window.printed.length") == 1
    assert standing(page) == ["self"]


def test_many_closed_steps_are_one_line_until_someone_asks(context: BrowserContext, journal: Journal) -> None:
    """It says how many it stands for; its press, a number, an address, “open all” and paper bring them out."""
    journal.save("start.now.stirred", 8)
    page = open_chapter(context, journal, chapter="space")
    buttons = page.locator(".mend-step h2 button")
    folded, more = page.locator(".mend-step[data-folded]"), page.locator(".mend-step-more")
    expect(more).to_have_text("5 more steps are closed for now")
    expect(folded).to_have_count(5)
    page.evaluate("location.hash = '#exposure'")
    expect(page.locator('[data-step="space.exposure"] h2 button')).to_be_focused()
    expect(more).to_have_text("4 more steps are closed for now")
    expect(folded).to_have_count(4)

    page.get_by_role("button", name="Print this chapter").click()
    page.wait_for_function("window.printed.length")
    expect(folded).to_have_count(0)
    expect(more).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(folded).to_have_count(4)
    expect(more).to_have_text("4 more steps are closed for now")

    page.locator('[data-step="space.plan"] h2 button').press("1")
    expect(buttons.first).to_be_focused()
    expect(folded).to_have_count(0)
    expect(more).to_be_hidden()

    for press in (more, page.get_by_role("button", name="Open all steps")):
        page.reload()
        expect(page.locator(".mend-step[data-known]")).to_have_count(8)
        expect(folded).to_have_count(4)
        press.click()
        expect(folded).to_have_count(0)
        expect(more).to_be_hidden()
        if press is more:
            expect(buttons.first).to_be_focused()


def test_a_step_with_words_that_are_not_saved_is_never_behind_the_line(
    context: BrowserContext, journal: Journal
) -> None:
    """A rule closes six steps while one holds words and another has the focus: four are folded, two stay in sight."""
    page = open_chapter(context, journal, "#take", chapter="space")
    take = page.locator('[data-step="space.take"]')
    field = take.get_by_role("textbox").first
    expect(field).to_be_visible()
    page.evaluate("window.cut = true")
    field.fill(WORD)
    take.locator("h2 button").click()
    page.locator('[data-step="space.rating"] h2 button').focus()
    page.evaluate(
        """() => {
          for (const id of ["rating", "boundary", "exposure", "not_knowing", "people", "take"]) {
            const { step } = document.querySelector(`[data-step="space.${id}"]`);
            step.receive({ ...step.state, closed: "it rests for a day" });
          }
        }"""
    )
    folded = page.locator(".mend-step[data-folded]")
    assert folded.evaluate_all("all => all.map((one) => one.dataset.step)") == [
        "space.boundary", "space.exposure", "space.not_knowing", "space.people"
    ]  # fmt: skip
    expect(take.locator(".mend-step-state")).to_have_text("closed for now: it rests for a day · not saved yet")
    expect(page.locator(".mend-step-more")).to_have_text("4 more steps are closed for now")
