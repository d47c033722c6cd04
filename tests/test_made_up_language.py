"""In a language in which each sentence stands in ⟦brackets⟧, nothing that anyone sees stands outside them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import workbook
from tests.made_up import (
    ADDRESS,
    BRACKETS,
    KEYS,
    NAMES,
    brackets_workbook,
    filled,
    installed,
    outside,
    said_in,
    shown,
    strings,
    text_of,
)  # fmt: skip
from workbook import definition, example, resources, words
from workbook.cli import client as cli
from workbook.cli import counselor, opening
from workbook.definition import overlay
from workbook.definition.asks import Asks, judge
from workbook.errors import Refused, WorkbookError
from workbook.journal import Journal
from workbook.jupyter import lab, notebooks, worded
from workbook.page import form, head
from workbook.page.panels import assessment_panel, caseload_panel, lock_panel, share_panel, today_panel
from workbook.safety import settings
from workbook.sharing import asking, caseload, envelope, inbox, keys

PACKAGE = Path(workbook.__file__).parent
PASSPHRASE = "otter lamp quiet seven"
RECOVER = "workbook keygen --home CASELOAD --recover sheet.txt"

# --- the test can fail ---


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>⟦Saved⟧ 14:03</p>", []),
        ("<p>⟦Written ⟦by⟧ Robin⟧</p><style>p { color: red }</style>", []),
        ("<p>Saved 14:03</p>", ["Saved"]),
        ('<p title="Close">⟦Saved⟧</p>', ["Close"]),
        ("<table><caption>⟦1⟧ Robin never</caption></table>", ["never"]),
    ],
)
def test_a_sentence_outside_is_found(html: str, found: list[str]) -> None:
    """Text and attributes are looked at, styles and names are not, and brackets may stand in brackets."""
    assert outside(text_of(html), "Robin") == found


@pytest.mark.usefixtures("language")
def test_one_sentence_put_back_is_found(tmp_path: Path) -> None:
    """The same report with one sentence in English shows just that one."""
    english = {"assessment.report.anyone": words.load().say("assessment.report.anyone")}
    with words.spoken(words.Language("ja", {**BRACKETS.sentences, **english})), filled(tmp_path) as journal:
        text = text_of(journal.report(tmp_path / "report.html").read_text(encoding="utf-8"))
    said = " ".join(outside(text, *NAMES))
    assert said.startswith("Anyone who has this file can read it.")
    assert str(english["assessment.report.anyone"]).startswith(said)  # its last word is one that was written too


# --- pages ---


@pytest.mark.usefixtures("language")
def test_a_form_and_a_page_s_head_say_nothing_else() -> None:
    """Every exercise and every chapter, with all that a page is given of them."""
    made, names = brackets_workbook(), [*said_in("resources"), *KEYS]
    pages = {one.id: shown(form.payload(one, made)) for one in made.exercises}
    pages |= {one.id: shown(head.payload(made, one)) for one in made.chapters}
    found = {id: outside(re.sub(ADDRESS, "", "\n".join(texts)), *names) for id, texts in pages.items()}
    assert {id: left for id, left in found.items() if left} == {}


@pytest.mark.usefixtures("language")
def test_panels_say_nothing_else(tmp_path: Path) -> None:
    """The lock, sharing, a counselor's file, the caseload, the self-assessment and what meets who comes back."""
    with filled(tmp_path) as journal:
        panels = [
            lock_panel.LockPanel(journal),
            share_panel.Sharing(journal, folder=tmp_path),
            share_panel.Given(journal, refresh=lambda: None),
            caseload_panel.Page(tmp_path / "caseload"),
            assessment_panel.AssessmentPanel(journal),
            today_panel.TodayPanel(journal),
        ]
        found = {type(one).__name__: outside("\n".join(shown(one.panel)), *KEYS) for one in panels}
    assert {name: left for name, left in found.items() if left} == {}


@pytest.mark.usefixtures("language")
def test_what_stands_before_any_page_says_nothing_else() -> None:
    """Help beside its lines, a tab that is not open, a page that is not there, a notebook that is not ours."""
    lines = said_in("resources")  # in the languages that are spoken there
    pages = {
        "help": outside(re.sub(ADDRESS, "", text_of(head.help_html(page=True))), *lines, *KEYS),
        "login": outside(text_of(worded.page("login.html"))),
        "error": outside(re.sub(r"\{%.*?%\}", "", text_of(worded.page("error.html")))),
        "not ours": outside(lab._not_ours("00-start.ipynb"), "00-start.ipynb"),
        "viewer": outside("\n".join(strings(words.section("jupyter.viewer")))),
    }
    cells = json.loads(notebooks.caseload())["cells"]
    pages["caseload"] = outside("".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown"))
    assert {name: left for name, left in pages.items() if left} == {}


JINJA = r"\{% block kind %\}.*?\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|\[\[.*?\]\]"  # and the name of a style


def test_the_page_s_template_has_no_words_of_its_own() -> None:
    """What is no tag, no script and no Jinja in the templates is a sign or the name."""
    for file in (*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.j2")):
        text = re.sub(JINJA, "", file.read_text(encoding="utf-8"), flags=re.S)
        assert outside(text_of(text), "Mend", RECOVER) == [], file.name


def test_a_journal_is_spoken_of_in_its_workbook_s_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that opens it speaks as its workbook does, from then on."""
    followed: list[str] = []
    monkeypatch.setattr(words, "follow", followed.append)
    with Journal.create(tmp_path / "journal") as journal:
        journal.install(overlay.apply(definition.load(), "ja", {}))
    opening.opened(tmp_path / "journal", {}).close()
    assert followed == ["ja"]


# --- files ---


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("summary", [False, True], ids=["report", "one page"])
def test_the_report_says_nothing_else(summary: bool, tmp_path: Path) -> None:
    """The whole report with its pictures and tables, and the page for a session."""
    with filled(tmp_path) as journal:
        file = journal.report(tmp_path / "report.html", private=True, summary=summary)
    assert outside(text_of(file.read_text(encoding="utf-8")), *NAMES) == []


@pytest.mark.usefixtures("language")
def test_a_counselor_s_pages_say_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recovery sheet, the page for the session, and the tables of clients and of what happened."""
    home, client, made = tmp_path / "caseload", "A.", installed(monkeypatch)
    keys.keygen(home, PASSPHRASE, counselor="Dr. Lee")
    opened = keys.unlock(home, PASSPHRASE)
    sheet = text_of(keys.recovery_sheet(home, opened))
    assert outside(sheet, *opened.identities, opened.store, str(home), "Dr. Lee", RECOVER) == []
    with caseload.open_caseload(home, opened) as cases:
        cases.assign(client, asking.tasks_for(made, ["responsibility"], due=example.ENDS.date()), language="ja")
        assert outside(text_of(cases.summary(client)), client) == []
        for table in (cases.overview(), cases.audit()):
            assert outside(counselor._table(table), client) == []


# --- commands ---

# What click says by itself, through gettext, and the grammar of a command line: options, values in capitals.
CLICKS = (
    r"Usage: |Options:|Show this message and exit\.|Show the version and exit\.|\[required\]|\[default: [^\]]*\]"
    r"|Error: "
    r"|Aborted!|--?[a-z][\w-]*|\[OPTIONS\]|\b[A-Z]{2,}\b(\.\.\.)?|COMMAND \[ARGS\]|[a-z]*<=?x<=?\w*|x[<>]=?[\d.]+"
)


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("name", [None, *cli.main.list_commands(SimpleNamespace())])  # type: ignore[arg-type]
def test_help_says_nothing_else(name: str | None) -> None:
    """The list of commands, and what each says of itself."""
    said = CliRunner().invoke(cli.main, [*([name] if name else []), "--help"], terminal_width=10_000)
    names = [*cli.main.list_commands(SimpleNamespace()), "workbook", "main"]  # type: ignore[arg-type]
    text = re.sub(CLICKS, "", said.output)
    assert (said.exit_code, outside(text, *names, "answers.csv", "mend.html")) == (0, [])


@pytest.mark.usefixtures("language")
def test_what_commands_print_says_nothing_else(tmp_path: Path) -> None:
    """What a client's commands say when they work, and when there is nothing to do."""
    home = tmp_path / "journal"
    with Journal.create(home) as journal:
        journal.save("start.privacy.shared_device", "no")
    for line, code in {
        ("report", "-o", "a.html"): 0,
        ("export", "-o", "a.csv"): 0,
        ("backup",): 0,
        ("restore",): 0,
        ("share", "-o", "a.submission", "--include", "start"): 1,
        ("share", "--words"): 0,
        ("unlock",): 1,
    }.items():
        made = [str(tmp_path / part) if part.startswith("a.") else part for part in line]
        said = CliRunner().invoke(cli.main, [*made, "--journal", str(home)])
        names = [str(tmp_path), "Error:", "journal/.mend/backups", ".sqlite", "-codebook", ".html", ".csv"]
        left = [one for one in outside(said.output, *names) if not re.fullmatch(r"[/a]*|.*\d{4}-\d\d-\d\dT.*", one)]
        assert (line, said.exit_code, left) == (line, code, [])
    checked = CliRunner().invoke(cli.main, ["check", str(resources.data("workbook"))])
    assert (checked.exit_code, outside(checked.output)) == (0, [])


# --- errors ---

ERRORS: dict[str, Callable[[], object]] = {
    "an unknown ending": lambda: workbook.assessment.export.read(Path("a.pdf")),  # type: ignore[attr-defined]
    "a rule made looser": lambda: settings.tighten(definition.load().gates, {"G1": {"closed": "no"}, "G99": {}}),
    "no such file": lambda: inbox.found([Path("nowhere")]),
    "no caseload": lambda: keys.refuse_missing(Path("nowhere")),
    "a picture": lambda: envelope.open_submission(b"\x89PNG\r\n", ()),
    "a web page": lambda: envelope.open_feedback(b"<html>", ""),
    "nothing": lambda: envelope.open_assignment(b"", definition.load()),
    "of the other side": lambda: envelope.open_assignment(b"mend-submission 2\n", definition.load()),
    "damaged": lambda: envelope.open_assignment(b"mend-assignment 2\n" + b"x" * 200, definition.load()),
    "a newer format": lambda: envelope.open_assignment(b"mend-assignment 99\n", definition.load()),
    "a passphrase asked for": lambda: judge(
        Asks.model_validate({"tasks": [{"exercise": "space.urges", "instruction": "Your password?"}]}),
        definition.load(),
    ),
    "a language": lambda: words.load("xx"),
    "a port": lambda: lab._free_port(99_999),
}


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_nothing_else(name: str) -> None:
    """Each is raised where it comes from."""
    import workbook.assessment.export  # noqa: F401  for the first

    with pytest.raises((WorkbookError, Refused)) as said:
        ERRORS[name]()
    assert outside(str(said.value)) == []


# --- the source ---

# Modules whose sentences are for authors, who write in English (docs/architecture.md), or for who reads a log.
AUTHORS = {
    "definition/base.py", "definition/coherence.py", "definition/comparisons.py", "definition/conditions.py",
    "definition/drift.py", "definition/feeding.py", "definition/items.py", "definition/known.py",
    "definition/load.py", "definition/lookback.py", "definition/meaning.py", "definition/minutes.py",
    "definition/models.py", "definition/norms.py", "definition/overlay.py", "definition/raw.py",
    "definition/reading.py", "definition/slips.py", "definition/sources.py", "definition/wording.py",
    "page/assets.py", "safety/coverage.py", "safety/helplines.py", "safety/judgements.py", "safety/language.py",
}  # fmt: skip
# Whoever calls these from Python of their own reads English: the messages of wrong arguments.
CALLERS = {"assessment/scoring.py", "__init__.py", "drawing.py"}
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:]? [^\W\d_]+[,;:]? [^\W\d_]{2,}|^[A-Z][a-z]+( [a-z]+)*[.?!…]$")
# Texts of another kind: what SQL, a style, a pattern, a log or a command line is written in.
_OTHER = re.compile(
    r"^\s*(SELECT|PRAGMA|BEGIN|ALTER|ATTACH|DETACH|status IN|CREATE|date\(|\{0\})|[{<(].*[:=].*[;>)]|^workbook [a-z]+"
    r"|%s|^--|^from workbook| -m |is not what the definition gives|^no-cache|^EEEE d MMMM$"
)


NAMED = {
    "assessment/change.py": {"nonoverlap of all pairs", "too few occasions", "no clear change"},  # how a table names it
    "assessment/report.py": {"too few occasions", "no clear change"},  # the same names, looked up
    "definition/asks.py": {"as when it was first given"},  # the licence of what an old file brought, nowhere shown
    "files.py": {"system volume information"},  # another system's folder
    "definition/kinds.py": {  # what an author reads of an item
        "Make the minimum the smaller number.", "The maximum is {}.", "A ruler has at most 21 numbers.",
        "Use a number item.", "are not in rising order.", "Write the lowest number first.",
        "Write the options of this choice.", "do not belong to this kind of column.",
        "Remove them, or make it a choice.", "is too large.", "Use a number up to {}.",
        "Another column has this id.", "Give it its own.", "is missing.",
    },
    "storage/database.py": {"a server needs an owner, and a file has none"},  # to whoever calls it otherwise
    "storage/division.py": {  # SQL, as the next two
        "owner = (SELECT own.owner FROM caseloads AS own WHERE own.{})",
        "UPDATE {} AS its SET owner = asked.key FROM asked WHERE its.client = asked.client",
    },
    "storage/mail.py": {"SET LOCAL synchronous_commit TO on"},
    "storage/owners.py": {"UPDATE {} SET owner = :owner WHERE owner IN :keys"},
    "storage/records.py": {"no time zone"},  # why pydantic refuses, as below
    "storage/schema.py": {  # SQL again
        "({0} GLOB '{}') IS NOT 1 OR date(substr({0}, 1, 10)) IS NOT substr({0}, 1, 10) OR substr({0}, 12, 2) > '23' "
        "OR {0} < '0001'",
        "(begun_at IS NOT answered_at AND ({}))",
    },
    "storage/sqlite.py": {  # how the library's errors are known
        "disk is full", "no space left", "no such file", "unable to open", "not a database", "could not decode",
        "database is locked",
    },
    "jupyter/viewer.py": {
        "A page was left before it was whole.",  # for the log
        "import os; os.environ[{}] = {}",  # a line for a page's own Python
    },
    "sharing/bundles.py": {  # why pydantic refuses: what is shown says where, never why
        "not a day", "not a day of these times", "not an occasion", "not an item", "not a time of these times",
        "nested too deep", "not a number", "too large a number", "it stands elsewhere", "it is not what its id says",
        "something is shared and taken back", "an answer is not among what is shared, or comes twice",
    },
    "words.py": {"{file} cannot be read as sentences: {problem}."},  # of the words themselves
}  # fmt: skip


def _sentences(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            said |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_no_sentence_stands_in_python() -> None:
    """What has three words in a row, or ends as a sentence does, stands in data; each exception above has a reason."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name not in AUTHORS | CALLERS:
            left = [one for one in _sentences(file) if _SENTENCE.search(one) and not _OTHER.search(one)]
            left = [one for one in left if one not in NAMED.get(name, ()) and "kennwort" not in one]  # a pattern
            found |= {name: left} if left else {}
    assert found == {}


# --- what is shown decides nothing ---

# Names that a table of scores carries, and other programs read: shown by the sentence of the same path.
VERDICTS = {"too few occasions", "no clear change"}
_SHOWN_COMPARED = re.compile(
    r"texts(?:\.\w+|\[[^\]]*\])\s*[!=]==|[!=]==\s*(?:this\.)?texts[.\[]|\[[^\]]*texts[.\[][^\]]*\]\.includes"
)


def shown_words() -> set[str]:
    """Every text that may be shown and is no code: it has a blank, a capital or a sign."""
    texts = {*strings(list(words.load().sentences.values())), *overlay.texts(definition.load()).values()}
    return {text for text in texts if not re.fullmatch(r"[a-z0-9_-]+", text)}


def compared(tree: ast.AST) -> set[str]:
    """The strings that a module compares with something, or looks for in something."""
    sides = [
        side for node in ast.walk(tree) if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)
    ]
    sides += [case.value for case in ast.walk(tree) if isinstance(case, ast.MatchValue)]
    inside = [
        one for side in sides for one in (side.elts if isinstance(side, (ast.Tuple, ast.List, ast.Set)) else [side])
    ]
    return {one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_nothing_compares_a_word_that_is_shown() -> None:
    """In another language it would be another word: what is compared is a code, in Python and in scripts."""
    said = shown_words()
    found = {file.name: compared(ast.parse(file.read_text("utf-8"))) & said for file in PACKAGE.rglob("*.py")}
    assert {word for words in found.values() for word in words} <= VERDICTS
    for file in PACKAGE.rglob("*.js"):
        script = file.read_text("utf-8")
        named = {
            *re.findall(r'(?:[!=]==\s*|includes\(|case )"([^"]+)"', script),
            *re.findall(r'"([^"]+)"\s*[!=]==', script),
        }
        assert (file.name, named & said - VERDICTS) == (file.name, set())
        assert (file.name, _SHOWN_COMPARED.findall(script)) == (file.name, [])


def test_what_is_decided_is_the_same_in_another_language(tmp_path: Path) -> None:
    """Twelve weeks in two languages: the same rules are closed, steps offered, verdicts given, and words chosen."""

    def decided(journal: Journal) -> tuple[object, ...]:
        example.fill(journal)
        told, standing = journal.assessment(), journal.standing()
        return (
            [(gate.id, gate.state, gate.until) for gate in standing.gates],
            [(notice.urgent, notice.resources) for notice in standing.notices],
            (standing.hidden, standing.unscored, standing.track, standing.recheck_due),
            [(area.id, area.verdict, area.score, area.day) for area in told.areas],
            told.change.drop(columns=["title", "reason"]).to_dict("records"),
            [step.href for step in told.steps],
            (len(told.lines), len(told.questions), len(told.asks), len(told.unscored)),
            [(one.exercise, one.answered, one.total, one.done) for one in journal.progress()],
            {name: bool(said) for name, said in today_panel.today.read(journal).items()},
            journal.answers()[["item", "occasion", "score", "status", "share"]].to_dict("records"),
        )

    with Journal.create(tmp_path / "plain", now=lambda: example.ENDS) as plain:
        expected = decided(plain)
    with words.spoken(BRACKETS), Journal.create(tmp_path / "other", now=lambda: example.ENDS) as other:
        other.install(brackets_workbook())
        found = decided(other)
    assert repr(found) == repr(expected)  # NaN is not itself


@pytest.mark.parametrize(
    "script", ["if (done === texts.yes) {}", "if (texts.wait === said) {}", "[texts.a, texts.b].includes(said)"]
)
def test_a_shown_word_that_is_compared_is_found(script: str) -> None:
    """In the ways that a script may write it."""
    assert _SHOWN_COMPARED.search(script)
    assert compared(ast.parse('if done == "Yes" or done in ("No", x): pass')) == {"Yes", "No"}
