"""Words from someone who means harm stay words, on whatever way they reach a page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from nbconvert.filters import markdown2html

from tests import safe_answers
from tests.clock import Clock
from tests.form_page import Desk, open_form
from tests.hostile import acting, harmful, parsed, snippets
from workbook import definition, jupyter
from workbook.definition import models
from workbook.definition.items import Note, Text
from workbook.definition.markdown import ADDRESS
from workbook.journal import Journal
from workbook.jupyter import harmless, notebooks
from workbook.page import assets, form
from workbook.safety import gates, helplines

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SNIPPETS = snippets()
BOOK = definition.load()
EACH = pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)


def test_there_are_snippets_of_every_kind() -> None:
    """They are read from their folder, not lost from it, and nobody wrote one twice."""
    kinds = {name.rpartition("-")[0] for name in SNIPPETS}
    assert kinds == {
        "attachments", "autolinks", "breakouts", "controls", "encodings", "html", "images", "nested", "references",
        "schemes", "tables",
    }  # fmt: skip
    assert len(SNIPPETS) >= 250
    assert len(set(SNIPPETS.values())) == len(SNIPPETS)


@EACH
def test_the_renderer_lets_nothing_through_that_acts(snippet: str) -> None:
    """Nothing but words and their order is left, also when a browser has read it and written it again."""
    rendered = definition.html(snippet)
    assert acting(rendered) == []
    assert acting("".join(html5lib.serialize(one) for one in parsed(rendered)[:1])) == []


@EACH
def test_what_a_form_is_given_does_not_act(snippet: str) -> None:
    """The words before an exercise, notes, and the help of a question."""
    note = Note(id="a.b.note", kind="note", prompt=snippet)
    text = Text(id="a.b.text", kind="text", prompt=snippet, help=snippet)
    exercise = models.Exercise(id="a.b", title=snippet, intro=snippet, minutes=1, items=(note, text))
    given = form.payload(exercise, BOOK)
    found = [given["intro_html"], *(item[key] for item in given["items"] for key in item if key.endswith("_html"))]  # type: ignore[attr-defined, union-attr] # JSON
    assert len(found) == 3
    assert [acting(str(each)) for each in found] == [[], [], []]


@EACH
def test_the_words_of_a_gate_do_not_act(snippet: str) -> None:
    """Why something is closed, what is left blank, and the notice on each page."""
    own = {"reason": snippet, "notice": snippet, "blank_reason": snippet, "title": snippet}
    always = {"all": [{"question": "start.safety.under_18", "answered": False}]}
    changed = tuple(gate.model_copy(update={**own, "when": always}) for gate in BOOK.gates[:2])
    book = BOOK.model_copy(update={"gates": (*changed, *BOOK.gates[2:])})
    standing = gates.standing(book, {}, datetime(2026, 11, 23, 14, tzinfo=UTC))
    found = [one.reason_html for one in standing.closings.values()] + [notice.html for notice in standing.notices]
    assert any(notice.title == snippet for notice in standing.notices)
    assert [act for each in set(found) for act in acting(each)] == []


@EACH
def test_a_notebook_made_of_them_is_words_in_every_renderer(snippet: str) -> None:
    """In ours, and in the one of Voilà alone, which shows HTML and follows any address."""
    first = BOOK.chapters[0].model_copy(
        update={"title": snippet, "lede": snippet, "opening": snippet, "closing": snippet}
    )
    made = notebooks.generate(BOOK.model_copy(update={"chapters": (first, *BOOK.chapters[1:])}))["00-start.ipynb"]
    assert harmless.is_harmless(made)
    for cell in json.loads(made)["cells"]:
        if cell["cell_type"] == "markdown":
            words = "".join(cell["source"])
            links = {element.get("href") for element in parsed(definition.html(words)) if element.tag == "a"}
            assert links <= {"10-responsibility.ipynb"}
            assert harmful(parsed(markdown2html(words))) == []


@EACH
def test_a_notebook_that_holds_one_opens_unasked_only_if_it_acts_nowhere(snippet: str) -> None:
    """What we call harmless is harmless in a renderer that shows HTML and follows any address, too."""
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [snippet]}
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    text = json.dumps({"cells": [cell], "metadata": about, "nbformat": 4, "nbformat_minor": 5})
    if harmless.is_harmless(text):
        assert harmful(parsed(markdown2html(snippet))) == []


def test_a_report_of_them_differs_from_one_of_plain_words_in_its_words_only(tmp_path: Path, clock: Clock) -> None:
    """Titles, prompts and answers: every element and attribute is the same as if somebody had written “Words”."""
    shapes = []
    for number, words in enumerate(("\n\n".join(SNIPPETS.values()), "Words")):
        chapter = BOOK.chapter("responsibility")
        items = tuple(
            item.model_copy(update={"prompt": words}) for item in BOOK.exercise("responsibility.incident").items
        )
        exercises = tuple(
            exercise.model_copy(update={"title": words, "items": items})
            if exercise.id == "responsibility.incident"
            else exercise
            for exercise in chapter.exercises
        )
        hostile = chapter.model_copy(update={"title": words, "lede": words, "exercises": exercises})
        book = BOOK.model_copy(update={"chapters": tuple(hostile if one is chapter else one for one in BOOK.chapters)})
        with Journal.create(tmp_path / str(number), now=clock) as journal:
            journal.install(book)
            safe_answers.answer_safely(journal.save)
            journal.save("responsibility.incident.my_part", words[:19_000])
            page = journal.report(tmp_path / f"{number}.html").read_text(encoding="utf-8")
        document = html5lib.parse(page, namespaceHTMLElements=False)
        shapes.append([(element.tag, sorted(element.attrib.items())) for element in document.iter()])
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 50


def test_in_one_page_they_run_nothing_ask_for_nothing_and_lead_nowhere(browser: Browser) -> None:
    """All of them as prompts, help, notes, instruction, comment and reason, in a real browser; then all are clicked."""
    items: list[Any] = []
    for number, snippet in enumerate(SNIPPETS.values()):
        items.append(Note(id=f"a.b.note{number}", kind="note", prompt=snippet))
        items.append(Text(id=f"a.b.text{number}", kind="text", prompt=snippet, help=snippet))
    every = "\n\n".join(SNIPPETS.values())
    exercise = models.Exercise(id="a.b", title=every, intro=every, minutes=1, items=tuple(items))
    desk = Desk(more={"assigned": {"from": every, "instruction": every, "due": None}})
    comment = {"text": every, "from": every, "at": "2026-01-03T10:00:00+00:00"}
    desk.answers["a.b.text0", "once"] = {
        "value": every, "status": "answered", "at": "2026-01-03T10:00:00+00:00", "version": 1, "comment": comment
    }  # fmt: skip
    context = browser.new_context()
    page = open_form(context, desk, form.payload(exercise, BOOK))
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    address = page.url
    assert page.locator(".mend-note").count() == len(SNIPPETS)
    _click_all(page, ".mend-note, .mend-note *, .mend-help *, .mend-intro *, .mend-comment *, legend, label, h2, h3")
    links = [{"label": words, "href": words} for words in SNIPPETS.values()]
    desk.more["closed"] = {"title": every, "html": definition.html(every), "instead": links, "resources": []}
    page.evaluate("window.receive({ type: 'changed' })")
    page.locator(".mend-closed h3").wait_for()
    _click_all(page, ".mend-form a, .mend-form p, .mend-form h2, .mend-form li")
    assert (asked, failed, page.url) == ([], [], address)
    assert page.evaluate("window.ran ?? 'nothing'") == "nothing"
    acts = "a[href], img, svg, iframe, object, embed, [action], [formaction], base, style, script"
    assert page.locator(".mend-form").locator(acts).evaluate_all("(found) => found.map((one) => one.outerHTML)") == []
    context.close()


LEADS = (
    "00-start.ipynb", "30-space.ipynb#space.urges", "https://example.org", "http://127.0.0.1:8000/a?b=c#d",
    "https://example.org/a(b)'c", "mailto:help@example.org", "tel:988", "tel:+44-20-7946-0000",
)  # fmt: skip
SCRIPTS = [
    path.name for path in sorted(assets.script("form.js").parent.glob("*.js")) if "const LINK" in path.read_text()
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_python_and_the_page_agree_on_every_address(browser: Browser, script: str) -> None:
    """What a definition is refused for, the page does not set either; what may stand there, it sets."""
    [link] = re.findall(
        r"^const LINK = .*?;$", assets.script(script).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    snippets = " ".join(SNIPPETS.values())
    tried = [*LEADS, *re.findall(r"\]\(<?(.*?)>?\)", snippets), *re.split(r"[<>()\s]", snippets), *SNIPPETS.values()]
    page = browser.new_page()
    said = page.evaluate(f"(tried) => {{ {link} return tried.map((one) => LINK.test(one)); }}", tried)
    page.close()
    judged = [re.fullmatch(ADDRESS, one) is not None for one in tried]
    assert [one for one, here, there in zip(tried, said, judged, strict=True) if here != there] == []
    assert said[: len(LEADS)] == [True] * len(LEADS)


# Each place where a script writes HTML, or an address, by itself; all else goes through `h`, as text or judged by LINK.
WRITES = {
    "assessment.js": ["root.innerHTML = message.html"],  # from a template that escapes whatever is put into it
    "chapter.js": ["made.innerHTML = html"],  # help, written and escaped in Python
    "elements.js": ["element.innerHTML = value"],  # what `h` is given as `html`, below
    "help.js": ["location.replace(address)"],  # the neutral page, from our own HTML
    "page.js": ["location.assign(url.href)"],  # a chapter of this server
    "panel.js": ["link.href = URL"],  # a file just made
    "sheet.js": ["location.assign(reopens()"],  # this page again, by the hub that this server belongs to
}
GIVEN_AS_HTML = {
    "chapter.js": ["html", "html"],  # a notice, from `definition.html`
    "parts.js": ['html: closed.html ?? ""', "html: each"],  # help lines, escaped in `helplines`; `definition.html`
    "question.js": ['html: bare.item.prompt_html ?? ""', "html: item.help_html"],  # `definition.html`
    "sheet.js": ["html: exercise.intro_html"],  # the same
    "timer.js": ["html: item.help_html"],  # the same
}
_WRITES = re.compile(
    r"\w+\.(?:inner|outer)HTML = [\w.]+|insertAdjacentHTML|createContextualFragment|setHTML\w*\(|document\.write|"
    r"\beval\(|new Function|\w+\.srcdoc|\w+\.(?:href|src) = \w+|location\.(?:assign|replace)\(\S*?\)|window\.open"
)


def test_html_is_written_in_few_places_and_only_what_python_has_cleaned() -> None:
    """A new place where words could act has to be named here, with where its HTML comes from."""
    template = Path(jupyter.__file__).parent / "voila" / "templates" / "mend" / "static"
    files = [*assets.script("form.js").parent.glob("*.js"), *template.glob("*.js")]
    found = {path.name: _WRITES.findall(path.read_text(encoding="utf-8")) for path in files}
    assert {name: writes for name, writes in found.items() if writes} == WRITES
    given = {
        path.name: re.findall(r"\bh\([^{}()]*\{[^{}]*?\b(html(?:: [^{}]+?)?) \}", path.read_text("utf-8"))
        for path in files
    }
    assert {name: sorted(html) for name, html in given.items() if html} == GIVEN_AS_HTML


def test_every_help_line_leads_somewhere() -> None:
    """What stands in `data/resources/` is judged like any other address."""
    urls = {line.url for region in helplines.regions() for line in helplines.helplines(region) if line.url}
    assert [url for url in urls if not re.fullmatch(ADDRESS, url)] == []
    assert urls


def _click_all(page: Page, selector: str) -> None:
    assert page.evaluate(
        "(selector) => { const all = [...document.querySelectorAll(selector)]; for (const one of all) one.click();"
        " return all.length; }",
        selector,
    )  # fmt: skip
