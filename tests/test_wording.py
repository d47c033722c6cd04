"""No text that a person can see promises, predicts, pushes, scolds or is hard to read."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import pytest
import textstat
import yaml
from pydantic import BaseModel

import workbook
from workbook import definition, resources
from workbook.page import assets
from workbook.safety import helplines, language

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKBOOK = definition.load()
PACKAGE = Path(workbook.__file__).parent

# Fields of a definition that a person reads; the keys of options and points are not among them.
SEEN = {
    *("title", "lede", "text", "opening", "closing", "intro", "prompt", "help", "label", "low", "high", "row"),
    *("unit", "unit_one"),
    *("options", "points", "no_opportunity", "reason", "notice", "blank_reason", "source"),
}

BANNED = {
    "a way back": r"\b(w[io]n|winning|get|getting|bring) (them|him|her|you|(your|my|the) ex) back\b|\bback together\b",
    "pressure": r"\bmake (them|him|her) (?!part|safe)|\bpersuade them\b|\bconvince them\b",
    "chances": r"\bchances?\b|\bodds\b|\blikelihood\b|\bpredict",
    "countdown": r"\bcountdown|\bdays? (until|left|to go)\b|\bstreaks?\b|\b(days|weeks) in a row\b",
    "promise": r"\bguarantee|\b(I|we) promise\b|\bwill (surely|certainly|definitely)\b|\b(love|want|miss) you again\b",
    "results": r"\bdid it work\b|\bworked on them\b",
    "gender": r"\b(he|she|him|her|his|hers|husband|wife|boyfriend|girlfriend)\b",
    "scolding": r"\bwrong with (me|you)\b|\byou (must|should have)\b|\bfailures?\b|\bfail(ed|ing)?\b|\bjust get over\b",
}

# Sentences that name such a thing to say no to it, each read by a person and found right.
ALLOWED = {
    "It never asks *what is wrong with me?*",
    "If we do not get back together, what will I do?",
    "A day you leave empty is not a failure and needs no filling in later.",
}


def _texts(thing: object, field: str | None = None) -> Iterator[str]:
    """Every text of a model that a person may read."""
    if isinstance(thing, BaseModel):
        for name in type(thing).model_fields:
            yield from _texts(getattr(thing, name), name)
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from _texts(value, field)
    elif isinstance(thing, (list, tuple)):
        for value in thing:
            yield from _texts(value, field)
    elif isinstance(thing, str) and field in SEEN and thing.strip():
        yield " ".join(thing.split())


def _strings(path: Path) -> Iterator[str]:
    """Every string of a module but its docstrings: messages, labels, errors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _has_doc(node)}
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | loose:
            yield " ".join(node.value.split())


def _has_doc(node: ast.AST) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)  # type: ignore[attr-defined]  # such nodes have a body


def _found(texts: Iterator[str] | list[str], *, spare: tuple[str, ...] = ()) -> list[str]:
    found = []
    for text in texts:
        rest = text
        for sentence in ALLOWED:
            rest = rest.replace(sentence, "")
        for name, pattern in BANNED.items():
            if name not in spare and (hit := re.search(pattern, rest, re.IGNORECASE)):
                found.append(f"{name}: “{hit[0]}” in “{rest}”")
    return found


@pytest.mark.parametrize("chapter", [chapter.id for chapter in WORKBOOK.chapters])
def test_a_chapter_neither_promises_nor_pushes(chapter: str) -> None:
    """Every text of the chapter, the sentences of our own judgement and the findings too."""
    assert _found(_texts(WORKBOOK.chapter(chapter))) == []


def test_the_safety_rules_neither_promise_nor_push() -> None:
    """What a closed page says is read by someone who was just told no."""
    assert _found(_texts(WORKBOOK.gates, "reason")) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_what_the_program_says_neither_promises_nor_pushes(path: Path) -> None:
    """Labels, errors and hints come from modules; "failed" may be said of a machine."""
    assert _found(_strings(path), spare=("scolding",)) == []


@pytest.mark.parametrize(
    "path",
    sorted([*PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.html.j2")]),
    ids=lambda path: path.name,
)
def test_pages_and_exports_neither_promise_nor_push(path: Path) -> None:
    """What stands in scripts and templates is seen as well."""
    assert _found(path.read_text(encoding="utf-8").splitlines(), spare=("scolding",)) == []


@pytest.mark.parametrize("path", sorted(resources.data("language").glob("*.yaml")), ids=lambda path: path.name)
def test_a_hint_about_wording_does_not_push(path: Path) -> None:
    """The cues name what to look for; what the person reads is the `why`."""
    whys = re.findall(r"^\s*(?:- )?why: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert _found(whys, spare=("scolding",)) == []


@pytest.mark.parametrize("chapter", [chapter.id for chapter in WORKBOOK.chapters])
def test_a_chapter_is_easy_to_read(chapter: str) -> None:
    """Flesch–Kincaid grade of 6 or less, as the mean of all texts and for the longer ones alone."""
    texts = [re.sub(r"[*_#>`]|\[|\]\([^)]*\)", "", text) for text in _texts(WORKBOOK.chapter(chapter))]
    long = [text for text in texts if len(text.split()) >= 12]
    assert mean(map(textstat.flesch_kincaid_grade, texts)) <= 6
    assert mean(map(textstat.flesch_kincaid_grade, long)) <= 6


FIGURES = {
    row["find"]: re.compile(row["find"], re.IGNORECASE)
    for row in yaml.safe_load(resources.data("language", "figurative.yaml").read_text(encoding="utf-8"))["figurative"]
}


def _asked(chapter: definition.Chapter) -> definition.Chapter:
    """A chapter as a person meets it: without what is no longer asked."""
    exercises = [
        exercise.model_copy(update={"items": tuple(item for item in exercise.items if not item.retired)})
        for exercise in chapter.exercises
        if not exercise.retired
    ]
    return chapter.model_copy(update={"exercises": tuple(exercises)})


@pytest.mark.parametrize("chapter", [chapter.id for chapter in WORKBOOK.chapters])
def test_a_chapter_says_what_it_means(chapter: str) -> None:
    """No figure of speech from the list: a tired reader, or one who learned English later, reads it as it stands."""
    texts = [*_texts(_asked(WORKBOOK.chapter(chapter)))]
    assert [(find, text) for find, pattern in FIGURES.items() for text in texts if pattern.search(text)] == []


def test_rules_cues_and_our_own_sentences_say_what_they_mean() -> None:
    """What a closed page says, what a hint says, and every sentence of the program are held to the same list."""
    ours = yaml.safe_load(resources.data("words", "en.yaml").read_text(encoding="utf-8"))
    hints = [text for cue in language.cues() for text in (cue.title, cue.why, cue.direction)]
    texts = [*_texts(WORKBOOK.gates, "reason"), *hints, *_leaves(ours)]
    assert [(find, text) for find, pattern in FIGURES.items() for text in texts if pattern.search(text)] == []


def test_the_card_and_the_help_say_what_they_mean() -> None:
    """The card of the next ten minutes is held to the same list, and the list finds what it is there for."""
    card = yaml.safe_load(resources.data("workbook", "minutes.yaml").read_text(encoding="utf-8"))
    assert [text for text in _leaves(card) if any(pattern.search(text) for pattern in FIGURES.values())] == []
    said = "When the pull comes, ride it out. What would a camera see? Do not run yourself down."
    assert sum(bool(pattern.search(said)) for pattern in FIGURES.values()) == 4


def test_the_card_of_ten_minutes_is_plain_and_does_not_push() -> None:
    """It is read in the worst minutes: grade 6 at most in each text, and no promise in any."""
    card = yaml.safe_load(resources.data("workbook", "minutes.yaml").read_text(encoding="utf-8"))
    said = [text for text in _leaves(card) if len(text.split()) >= 8]
    assert _found(said) == []
    assert {text: textstat.flesch_kincaid_grade(text) for text in said if textstat.flesch_kincaid_grade(text) > 6} == {}


def test_cold_water_on_the_face_names_who_should_leave_it_out() -> None:
    """The cold cloth slows the heart, so its caution stands beside it."""
    water = yaml.safe_load(resources.data("workbook", "minutes.yaml").read_text(encoding="utf-8"))["water"]
    missing = [word for word in ("heart", "eating disorder", "pregnant", "drinking") if word not in water["caution"]]
    assert missing == []


def _leaves(thing: object) -> Iterator[str]:
    """Every text of a file as it is read, the numbers left out."""
    inner = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ()
    for one in inner:
        yield from _leaves(one)
    if isinstance(thing, str):
        yield thing


def test_the_words_are_looked_for_at_all() -> None:
    """A sentence of each banned sort is found, so that an empty list means something."""
    bad = {
        "a way back": "How to win them back",
        "pressure": "This will make them think again.",
        "chances": "Your chances are good.",
        "countdown": "Five days until you may write.",
        "promise": "They will surely see it.",
        "results": "Did it work?",
        "gender": "Tell her.",
        "scolding": "You failed.",
    }
    assert [len(_found([text])) for text in bad.values()] == [1] * len(BANNED)
    assert set(bad) == set(BANNED)


def test_the_safety_rules_are_easy_to_read() -> None:
    """What a closed page says, read in a bad hour, stays at grade 7 or less on the whole and 8 at most in one text."""
    said = [text for gate in WORKBOOK.gates for text in (gate.reason, gate.notice, gate.blank_reason) if text]
    grades = {text: textstat.flesch_kincaid_grade(re.sub(r"[*\s]+", " ", text)) for text in said}
    assert mean(grades.values()) <= 7
    assert {text: grade for text, grade in grades.items() if grade > 8} == {}


def test_cues_and_help_lines_neither_promise_nor_push() -> None:
    """What a hint says, which way it points, and the notes beside help lines."""
    cues = [text for cue in language.cues() for text in (cue.title, cue.why, cue.direction)]
    notes = [line.note or "" for region in helplines.regions() for line in helplines.helplines(region)]
    assert _found(cues) == []
    assert _found(notes, spare=("gender",)) == []  # “for women”, “for men who were abused” is what some lines are
    assert mean(map(textstat.flesch_kincaid_grade, cues)) <= 8


# Controls that would hand a text on: their labels, and what the browser offers for it. `model.send` is Jupyter's own.
CONTROLS = re.compile(
    r"clipboard|execCommand|mailto:|sms:|wa\.me|navigator\.share"
    r"|(?<!model\.)(?<!self\.)\b(send|copy|schedule|forward)\b(?! for yourself)",
    re.IGNORECASE,
)


# Panels hand files to a counselor: what they may say of it is judged where they are tested.
PANELS = ("panel", "share-", "share.", "given", "caseload", "lock", "assessment")


@pytest.mark.parametrize(
    "path",
    sorted(
        [
            *(path for path in assets.script("form.js").parent.glob("*.js") if not path.name.startswith(PANELS)),
            PACKAGE / "jupyter" / "pages.py",
            *resources.notebooks().glob("*.ipynb"),
        ]
    ),
    ids=lambda path: path.name,
)
def test_nothing_sends_copies_or_schedules(path: Path) -> None:
    """No control, link or browser call hands a draft on."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [
        line.strip()
        for line in lines
        if CONTROLS.search(
            line.replace("#socket", "model").replace("model?.", "model.")
        )  # the page's line to its Python
        and not any(own(line) for own in (_wires_the_passphrase, _judges_links, _is_a_model))
    ]
    assert found == []
    assert CONTROLS.search('h("button", {}, "Copy")')
    assert CONTROLS.search("navigator.clipboard.writeText(text)")


def _wires_the_passphrase(line: str) -> bool:
    """The one function called `send` in the chapter's script hands the passphrase to the program."""
    return "passphrase" in line or line.strip() == "send(input.value);"


def _is_a_model(line: str) -> bool:
    """What a script hands its words to, which go to the program: it is called as a widget's is."""
    return line.strip().startswith("send(/** @type {object} */ content, ")


def _judges_links(line: str) -> bool:
    """The one pattern that says which addresses a link may have; it makes none."""
    return line.strip() == r'"mailto:[\\w.+-]+@[A-Za-z0-9.-]+",'
