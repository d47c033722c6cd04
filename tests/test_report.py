"""The report is one file that anyone can open: complete, readable, printable, and harmless whatever was typed."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import html5lib
import pandas as pd
import pytest

from tests import engines
from tests.clock import Clock
from workbook import definition, example
from workbook.assessment import frame, report
from workbook.errors import UnknownId, WorkbookError
from workbook.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BOOK = definition.load()
GOLDEN = Path(__file__).parent / "golden" / "report.html"


@pytest.fixture(scope="module")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    """The invented person's twelve weeks."""
    journal = Journal.create(tmp_path_factory.mktemp("example") / "journal", now=lambda: example.ENDS)
    example.fill(journal)
    return journal


@pytest.fixture(scope="module")
def written(robin: Journal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their whole report."""
    return robin.report(tmp_path_factory.mktemp("report") / "mend.html")


def told(table: pd.DataFrame) -> frame.Told:
    """As much of a journal as a report reads."""
    standing: Any = SimpleNamespace(
        scored=lambda scale: True,
        closing=lambda exercise: None,
        notices=(),
        unscored=frozenset(),
        hidden=frozenset({"responsibility.incident.their_view"}),
        track="principles",
    )
    rows = zip(table["item"], table["occasion"], table["answered_at"], strict=True)
    return frame.Told(BOOK, table, {(item, occasion): at for item, occasion, at in rows}, standing)


def by_hand(*given: tuple[str, object], **also: object) -> frame.Told:
    book = BOOK
    rows = [
        {
            "chapter": item.split(".")[0],
            "exercise": item.rpartition(".")[0],
            "occasion": "once" if book.exercise(item.rpartition(".")[0]).repeats == "once" else "2026-03-02",
            "item": item,
            "kind": book.item(item).kind,
            "prompt": book.item(item).prompt,
            "value": value,
            "label": str(value),
            "score": float("nan"),
            "status": "answered",
            "share": book.item(item).share or book.exercise(item.rpartition(".")[0]).share,
            "answered_at": pd.Timestamp("2026-03-01T12:00:00Z"),
        }
        | also
        for item, value in given
    ]
    return told(pd.DataFrame(rows, columns=list(frame.COLUMNS)).astype(frame.COLUMNS))


class Words(HTMLParser):
    """What a reader sees: the text of a page, and its headings in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: Counter[str] = Counter()
        self.headings: list[int] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def words(path: Path) -> str:
    return "".join(Words(path.read_text("utf-8")).text)


# --- the whole example ---


def test_every_shared_answer_of_the_example_is_in_it(robin: Journal, written: Path) -> None:
    """Each answer that is not private, hidden or retired stands in the report as it was given."""
    shown = words(written)
    answers = robin.answers()
    own = answers[(answers["share"] != "private") & (answers["status"] == "answered")]
    texts = own[own["kind"].isin(["text", "longtext"])]
    assert len(texts) > 50
    assert [value for value in texts["value"] if value not in shown] == []


def test_no_private_answer_is_in_it_unasked(robin: Journal, written: Path) -> None:
    """A private text is nowhere in the file, and the cover says how many stayed out."""
    html = written.read_text("utf-8")
    private = robin.answers().query("share == 'private' and status == 'answered' and kind in ('text', 'longtext')")
    assert len(private)
    assert [value for value in private["value"] if len(value) > 12 and value in html] == []
    assert re.search(r"\d+ answers: private ones\. They go in only when you ask for them\.", words(written))


def test_private_answers_are_named_on_the_cover(robin: Journal, tmp_path: Path) -> None:
    """Asked for, they go in, and the first thing on the page is which."""
    html = robin.report(tmp_path / "all.html", private=True).read_text("utf-8")
    cover = html[: html.index('id="assessment"')]
    assert "This file holds private answers:" in cover
    private = robin.answers().query("share == 'private' and status == 'answered'")
    for exercise in private["exercise"].unique():
        assert definition.html(robin.workbook.exercise(exercise).title)[3:-5] in cover


def test_it_is_valid_html(written: Path, robin: Journal, tmp_path: Path) -> None:
    """A strict HTML5 parser finds no error, in the whole report and in the one-page summary."""
    for path in (written, robin.report(tmp_path / "one.html", summary=True)):
        html5lib.HTMLParser(strict=True).parse(path.read_text("utf-8"))


def test_it_is_self_contained(written: Path) -> None:
    """No script, no outside address, a policy that forbids both, a language, one h1, headings without a jump."""
    html = written.read_text("utf-8")
    page = Words(html)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert "Content-Security-Policy\" content=\"default-src 'none';" in html
    assert '<html lang="en">' in html
    addresses = [value for name, value in page.attributes if name in ("href", "src", "xlink:href", "action")]
    assert all(value is not None and value.startswith("#") for value in addresses)
    assert "url(http" not in html
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))


def test_it_stays_small(written: Path, robin: Journal, tmp_path: Path) -> None:
    """Under 300 KB with pictures, under 100 KB without."""
    assert written.stat().st_size < 300_000
    assert robin.report(tmp_path / "plain.html", pictures=False).stat().st_size < 100_000


def test_it_says_what_it_is_not(written: Path) -> None:
    """A finished workbook is not proof of change, on the cover and after the assessment."""
    assert words(written).count("A finished workbook is not proof of change.") == 2


def test_the_golden_report_is_up_to_date(written: Path) -> None:
    """What the example's report says and shows has not changed unnoticed; it is the same on every computer."""
    assert written.read_text("utf-8") == GOLDEN.read_text("utf-8"), (
        "Look at the difference; if it is meant, write the golden report again: python -m tests.golden.make"
    )


@pytest.mark.process
def test_what_a_page_shows_may_be_loaded_before_it_asks(robin: Journal) -> None:
    """After `prepare`, the self-assessment loads no further library: nobody who looks waits for one."""
    code = (
        "import sys\ndef libraries(): return {name.split('.')[0] for name in sys.modules}\n"
        "from workbook import example; from workbook.assessment import report; report.prepare();"
        "from workbook.journal import Journal; journal = Journal.open(sys.argv[1], now=lambda: example.ENDS);"
        "journal.standing(); before = libraries();"
        "assert len(report.panel(journal.assessment())) > 1000; print(*libraries() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(robin.path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")


# --- choosing ---


def test_only_some_chapters(robin: Journal, tmp_path: Path) -> None:
    """With `only`, other parts are left out, counted, and nothing is concluded about them."""
    path = robin.report(tmp_path / "some.html", only=["space", "improvement.habit"])
    page = path.read_text("utf-8")
    assert re.findall(r'class="chapter" id="([a-z-]+)"', page) == ["space", "improvement"]
    assert re.search(r"\d+ answers: other parts; you chose Give space, An old habit", words(path))
    assert "What to do next" not in page
    with pytest.raises(UnknownId, match="Did you mean"):
        robin.report(tmp_path / "none.html", only="spce")


def test_only_some_weeks(robin: Journal, tmp_path: Path) -> None:
    """With first and last day, only occasions between them are shown and scored, both days included."""
    path = robin.report(tmp_path / "weeks.html", since="2026-02-02", until="2026-02-09", only="space.rating")
    page = words(path)
    assert "2 Feb" in page
    assert "9 Feb" in page
    assert "26 Jan" not in page
    assert "16 Feb" not in page
    with pytest.raises(WorkbookError, match="Write it like 2026-03-31"):
        robin.report(tmp_path / "never.html", since="last week")


def test_a_day_is_the_day_the_person_had(tmp_path: Path) -> None:
    """What is asked once belongs to the day it was answered on, east and west of Greenwich, wherever it is read."""
    asked = "start.privacy.shared_device"
    for hours in (14, -10):
        clock = Clock(datetime(2026, 3, 3, 23 if hours < 0 else 1, 0, tzinfo=timezone(timedelta(hours=hours))))
        with Journal.create(tmp_path / f"{hours}", now=clock) as journal:
            journal.save(asked, "no")
            clock.time = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
            said = BOOK.item(asked).prompt
            shown = {
                day: said in words(journal.report(tmp_path / "day.html", since=day, until=day, private=True))
                for day in ("2026-03-02", "2026-03-03", "2026-03-04")
            }
        assert shown == {"2026-03-02": False, "2026-03-03": True, "2026-03-04": False}


def test_without_words(robin: Journal, tmp_path: Path) -> None:
    """Without words, no typed sentence is in the file; numbers and choices are."""
    path = robin.report(tmp_path / "numbers.html", words=False)
    html = path.read_text("utf-8")
    texts = robin.answers().query("status == 'answered' and kind in ('text', 'longtext')")["value"]
    assert [text for text in texts if len(text) > 12 and text in html] == []
    assert "Where I am now" in html
    assert re.search(r"\d+ answers: free words; you left them out\.", words(path))


def test_a_hidden_prompt_stays_hidden(tmp_path: Path) -> None:
    """What a safety rule hides from the form is not printed either."""
    journal = by_hand(("responsibility.incident.their_view", "they felt"), ("responsibility.incident.camera", "I left"))
    path = report.write(journal, tmp_path / "r.html", now=example.ENDS)
    assert "they felt" not in path.read_text("utf-8")
    assert "I left" in words(path)
    assert "1 answer: questions that a safety rule hides for now." in words(path)


def test_nothing_answered_is_a_report_too(tmp_path: Path) -> None:
    """An empty journal gives a page that says so."""
    assert "There are no answers to show." in words(report.write(by_hand(), tmp_path / "r.html", now=example.ENDS))


def test_skipped_lists_tables_and_letters_read_well(tmp_path: Path) -> None:
    """A refusal is a sentence, a table a table, a letter its named parts."""
    book = BOOK
    letter = next(iter(book.item("responsibility.apology.letter").parts.items()))
    journal = by_hand(
        ("improvement.plans.plans", [{"cue": "I am tired", "action": "I rest"}]),
        ("responsibility.apology.letter", {letter[0]: "I was late."}),
    )
    shown = words(report.write(journal, tmp_path / "r.html", private=True, now=example.ENDS))
    assert re.search(r"If….*then I will.*I am tired.*I rest", shown, flags=re.S)
    assert re.search(re.escape(letter[1].label) + r"\s*I was late\.", shown)
    skipped = by_hand(("space.take.line", None), status="skipped", label="Skipped")
    assert "I chose not to answer this one." in words(report.write(skipped, tmp_path / "s.html", now=example.ENDS))


def test_a_number_that_a_form_works_out_is_in_the_report_as_on_the_page(tmp_path: Path) -> None:
    """Where it stands, with its sign and unit; none where an answer behind it is missing, or is left out."""
    form = "moving-on.acceptance"
    before, after, moved = (BOOK.item(f"{form}.distress_{which}") for which in ("before", "after", "change"))
    given = ((before.id, 7), (after.id, 4))
    shown = words(report.write(by_hand(*given), tmp_path / "r.html", now=example.ENDS))
    assert re.search(rf"{re.escape(after.prompt)}\s*4\s*{re.escape(moved.prompt)}\s*−3 points", shown)
    whole = by_hand(*given)
    half = told(whole.answers.assign(share=["private", "ask"]))
    for journal, has in ((whole, True), (by_hand(given[0]), False), (half, False)):
        assert (moved.prompt in words(report.write(journal, tmp_path / "r.html", now=example.ENDS))) is has
    assert moved.prompt in words(report.write(half, tmp_path / "r.html", private=True, now=example.ENDS))


def test_the_file_is_for_its_owner_only_and_whole_or_not_there(tmp_path: Path) -> None:
    """Nobody else may read it; a folder that is missing is said in a sentence and leaves nothing behind."""
    journal = by_hand(("space.take.line", "A line"))
    assert stat.S_IMODE(report.write(journal, tmp_path / "r.html", now=example.ENDS).stat().st_mode) == 0o600
    with pytest.raises(WorkbookError, match="Choose a folder that exists"):
        report.write(journal, tmp_path / "missing" / "r.html", now=example.ENDS)
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_it_says_how_far_it_is(tmp_path: Path) -> None:
    """Progress goes from nothing to done."""
    said: list[tuple[int, int, str]] = []
    report.write(by_hand(), tmp_path / "r.html", progress=lambda *step: said.append(step), now=example.ENDS)
    assert [step[0] for step in said] == [0, 1, 2, 3]


# --- hostile words ---

HOSTILE = {
    "script": "<script>document.title='owned'</script>",
    "style": "</style><style>body{display:none}</style>",
    "link": "javascript:alert(1)",
    "image": "<img src=x onerror=document.title='owned'>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "comment": "<!-- --> ]]> <![CDATA[ x",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "marks": "\u202edesrever\u202c \u2066isolated\u2069",
    "emoji": "🌧️👩‍👩‍👧🏳️‍🌈",
    "null": "before\x00after\x0b\x1b[31m\ufffe",
    "long": "word " * 200_000,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_answers_are_harmless_text(hostile: str, tmp_path: Path) -> None:
    """Whatever was typed is shown as text: no new element, valid HTML, in report, summary and panel."""
    plain, given = (
        by_hand(
            ("space.take.line", text),
            ("improvement.plans.plans", [{"cue": text, "action": text}]),
            ("responsibility.apology.letter", {"acknowledge": text}),
            ("review.next.question", text),
            ("improvement.plans.commitment", text),
        )
        for text in ("plain", hostile)
    )
    for summary in (False, True):
        tags = []
        for journal in (plain, given):
            path = report.write(journal, tmp_path / "r.html", summary=summary, private=True, now=example.ENDS)
            html = path.read_text("utf-8")
            html5lib.HTMLParser(strict=True).parse(html)
            tags.append(Words(html).tags)
        assert tags[0] == tags[1]
    readable = re.sub("[\x00\x0b\x1b\ufffe]", "\ufffd", hostile)
    assert readable.strip()[:100] in words(report.write(given, tmp_path / "r.html", private=True, now=example.ENDS))


# --- in a browser ---


def opened(browser: Browser, path: Path, **options: Any) -> tuple[Page, list[str]]:
    """A page of a file with the network cut off, and all that went wrong on it."""
    page = browser.new_context(offline=True, **options).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
    page.goto(path.as_uri())
    return page, wrong


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(browser: Browser, written: Path, scheme: str, width: int) -> None:
    """With the network blocked: no failed request, no axe violation with everything unfolded, no sideways scrolling."""

    page, wrong = opened(
        browser, written, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert engines.axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []


# The words of every picture: those too small, those that touch another, and those that leave the window.
PICTURED = """() => [...document.querySelectorAll(".mend-chart")].flatMap((chart) => {
  const scale = chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
  const words = [...chart.querySelectorAll("text")].map((one) => [one.textContent, one.getBoundingClientRect(), one]);
  return words.flatMap(([word, box, one], at) => [
    parseFloat(getComputedStyle(one).fontSize) * scale < 9 && `${word} is small`,
    (box.left < 0 || box.right > innerWidth) && `${word} is cut`,
    ...words.slice(at + 1).map(([other, its]) => box.left < its.right && its.left < box.right
      && box.top + 2 < its.bottom && its.top + 2 < box.bottom && `${word} touches ${other}`),
  ].filter(Boolean));
})"""


@pytest.mark.browser
def test_the_words_in_a_picture_can_be_read_on_a_phone_and_touch_nothing(browser: Browser, written: Path) -> None:
    page, _ = opened(browser, written, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    for width in (1280, 800, 360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator(".mend-chart text").count() > 20
        assert page.evaluate(PICTURED) == [], width
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".mend-panel").evaluate("(panel) => { panel.style.width = '330px'; }")  # beside something wide
    assert page.evaluate(PICTURED) == []


@pytest.mark.browser
def test_on_a_page_its_parts_are_folded_and_on_paper_they_stand_open(
    browser: Browser, robin: Journal, written: Path, tmp_path: Path
) -> None:
    """After months it would be eight screens of tables and pictures; what is printed is whole, and so is a report."""
    file = tmp_path / "panel.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{report.panel(robin.assessment())}", "utf-8")
    page, _ = opened(browser, file, viewport={"width": 1280, "height": 900})
    heading, picture = page.get_by_role("heading", name="What changed"), page.locator(".mend-chart").first
    assert (page.locator(".part").count(), page.locator(".part[open]").count()) == (5, 0)
    assert (heading.is_visible(), picture.is_visible()) == (True, False)
    page.emulate_media(media="print")
    assert picture.is_visible()
    page.emulate_media(media="screen")
    assert not picture.is_visible()
    heading.click()
    assert picture.is_visible()
    assert '<details class="part"' not in written.read_text("utf-8")


@pytest.mark.browser
def test_no_word_in_a_table_lies_over_the_next(browser: Browser, written: Path) -> None:
    """A table of words over twelve weeks is wide, and scrolls in its place; on paper its words may break."""
    page, _ = opened(browser, written, viewport={"width": 360, "height": 900}, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    over = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.trim())"
    for width, media in ((360, "screen"), (1280, "screen"), (680, "print")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=media)  # type: ignore[arg-type] # the two names it knows
        assert page.locator(".grid td").evaluate_all(over) == [], (width, media)


@pytest.mark.browser
def test_hostile_answers_do_nothing_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    """No script runs and no style is lost, whatever was typed."""
    journal = by_hand(*(("space.take.line", text) for text in HOSTILE.values() if len(text) < 1000))
    page, wrong = opened(browser, report.write(journal, tmp_path / "r.html", now=example.ENDS))
    assert page.title() == "Mend"
    assert page.locator("h1").is_visible()
    assert wrong == []


@pytest.mark.browser
def test_it_prints_without_a_cut_line(browser: Browser, written: Path, tmp_path: Path) -> None:
    """On paper every line of text lies whole inside the margins of one page, and chapters begin on a new page."""
    import pypdfium2

    page, _ = opened(browser, written)
    page.pdf(path=tmp_path / "mend.pdf", format="A4", prefer_css_page_size=True)
    pdf = pypdfium2.PdfDocument(tmp_path / "mend.pdf")
    margin = 14 / 25.4 * 72  # points; the page style asks for 16 mm
    tops = []
    for sheet in pdf:
        text = sheet.get_textpage()
        boxes = [text.get_rect(index) for index in range(text.count_rects())]
        width, height = sheet.get_size()
        assert all(left > margin and right < width - margin for left, _, right, _ in boxes)
        assert all(bottom > margin and top < height - margin for _, bottom, _, top in boxes)
        tops.append(text.get_text_bounded().strip().splitlines()[0])
    chapters = re.findall(r'class="chapter" id="[a-z-]+">\s*<h2>(.*?)</h2>', written.read_text("utf-8"))
    assert len(chapters) == 8
    assert [title for title in chapters if title not in tops] == []


@pytest.mark.browser
def test_a_safety_plan_prints_on_one_page(browser: Browser, robin: Journal, tmp_path: Path) -> None:
    """With the longest answers its lines have room for, it is one sheet to keep at night, with no score beside it."""
    import pypdfium2

    for item in robin.workbook.exercise("safety-plan.plan").questions:
        if item.kind == "text":
            robin.save(item.id, ("a name and a number " * 20)[: item.max_length])
    page, wrong = opened(browser, robin.report(tmp_path / "plan.html", only=["safety-plan"]))
    page.pdf(path=tmp_path / "plan.pdf", format="A4", prefer_css_page_size=True)
    assert len(pypdfium2.PdfDocument(tmp_path / "plan.pdf")) == 1
    assert page.get_by_text("Not rated yet").count() == 0
    assert wrong == []


@pytest.mark.browser
def test_the_summary_is_one_page(browser: Browser, robin: Journal, tmp_path: Path) -> None:
    """What a counselor and a client look at together fits on one sheet of A4."""
    import pypdfium2

    page, wrong = opened(browser, robin.report(tmp_path / "one.html", summary=True))
    page.pdf(path=tmp_path / "one.pdf", format="A4", prefer_css_page_size=True)
    assert len(pypdfium2.PdfDocument(tmp_path / "one.pdf")) == 1
    assert wrong == []
