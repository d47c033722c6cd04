"""A definition is read whole or refused with every problem, each with its line and its cure."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workbook import definition, resources
from workbook.definition import models
from workbook.definition.items import TAGS, Tag
from workbook.errors import DefinitionError, UnknownId

CASES = Path(__file__).parent / "cases" / "definitions"


def files_of(case: Path) -> tuple[dict[str, bytes], str]:
    """Return the files of a case and the problems it expects."""
    _, *parts = case.read_bytes().split(b"\n>>> ")
    *files, expected = (part.partition(b"\n") for part in parts)
    return {name.decode(): text for name, _, text in files}, expected[2].decode().strip()


@pytest.mark.parametrize("case", sorted(CASES.glob("*.case")), ids=lambda case: case.stem)
def test_each_bad_definition_is_answered_with_all_its_problems(case: Path, tmp_path: Path) -> None:
    """A bad definition is answered with every problem, and nothing else."""
    files, expected = files_of(case)
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    path = tmp_path if "workbook.yaml" in files else tmp_path / next(iter(files))
    assert "\n".join(map(str, definition.check(path))) == expected


def test_there_are_at_least_forty_bad_definitions() -> None:
    """The cases are read from their folder, not lost from it."""
    assert len(list(CASES.glob("*.case"))) >= 40


GOOD = """
chapter: space
notebook: 30-space
title: Give space
lede: Short.
minutes: 10
scales:
  - {id: space, title: Space, items: [space.urges.often], min_answered: 1, source: Own (S)}
exercises:
  - id: urges
    title: Urges
    minutes: 5
    show_if: {question: start.safety.safe, is: yes}
    items:
      - {id: had, kind: yesno, prompt: Was there an urge?}
      - {id: often, kind: scale, prompt: How often?, points: {0: No, 1: Yes}, no_opportunity: off}
      - {id: place, kind: choice, prompt: Where?, options: [Yes, No, 1:30]}
      - {id: what, kind: text, prompt: What was it?, show_if: {question: often, one_of: [1]}}
      - {id: both, kind: computed, prompt: Both, compute: {count: [had, space.urges.often]}}
"""


@pytest.fixture
def good(tmp_path: Path) -> models.Workbook:
    (tmp_path / "space.yaml").write_text(GOOD, encoding="utf-8")
    return definition.load(tmp_path / "space.yaml")


def test_yes_no_and_times_stay_words(good: models.Workbook) -> None:
    """`[Yes, No, 1:30]` are three labels: YAML makes no truth values and no minutes of them."""
    assert good.item("space.urges.place").options == {"Yes": "Yes", "No": "No", "1:30": "1:30"}
    often = good.item("space.urges.often")
    assert (often.points, often.no_opportunity) == ({0: "No", 1: "Yes"}, "off")


def test_a_loaded_workbook_has_full_ids(good: models.Workbook) -> None:
    """Once loaded, every id is the whole one, in conditions and computed items as well."""
    assert [item.id for item in good.items] == [
        f"space.urges.{word}" for word in ("had", "often", "place", "what", "both", "useful", "done")
    ]
    assert good.exercise("space.urges").show_if == {"question": "start.safety.safe", "is": "yes"}
    assert good.item("space.urges.what").show_if == {"question": "space.urges.often", "one_of": [1]}
    assert good.item("space.urges.both").compute.count == ("space.urges.had", "space.urges.often")
    assert good.scale("space").ranges == {"space.urges.often": (0, 1)}


def test_an_unknown_id_is_met_with_the_one_that_was_meant(good: models.Workbook) -> None:
    """Who asks for what is not there learns what is."""
    with pytest.raises(UnknownId, match=r"has no item “space.urge.had”\. Did you mean “space.urges.had”\?"):
        good.item("space.urge.had")
    with pytest.raises(UnknownId, match="no chapter “spice”"):
        good.chapter("spice")


def test_a_copy_looks_its_ids_up_anew(good: models.Workbook) -> None:
    """A changed copy finds what it holds, and the original was not changed."""
    before = good.fingerprint
    assert good.item("space.urges.had")
    empty = good.model_copy(update={"chapters": ()})
    with pytest.raises(UnknownId):
        empty.item("space.urges.had")
    assert good.item("space.urges.had")
    assert empty.fingerprint != before == good.fingerprint


def test_a_workbook_comes_back_from_json() -> None:
    """A workbook sent as JSON comes back equal, and is judged like a file."""
    shipped = definition.load()
    again = models.Workbook.model_validate_json(shipped.model_dump_json())
    assert again == shipped
    assert again.fingerprint == shipped.fingerprint
    assert definition.problems(again) == ()


def test_a_workbook_from_json_is_judged(good: models.Workbook) -> None:
    """What is wrong with a workbook that came as JSON is said like what is wrong in a file."""
    (chapter,) = good.chapters
    (exercise,) = chapter.exercises
    had, *others = exercise.items
    stray = had.model_copy(update={"id": "start.urges.had", "show_if": {"question": "space.urges.hat", "is": "yes"}})
    items = (stray, *(item for item in others if item.kind != "computed"))
    exercise = exercise.model_copy(update={"items": items, "show_if": None})
    chapter = chapter.model_copy(update={"exercises": (exercise,)})
    assert [str(problem) for problem in definition.problems(good.model_copy(update={"chapters": (chapter,)}))] == [
        'chapters[1].exercises[1].items[1].id is "start.urges.had". It stands in “space.urges”.',
        'chapters[1].exercises[1].items[1].show_if.question is "space.urges.hat". There is no such item.  '
        "Did you mean “space.urges.what”?",
    ]


@pytest.mark.parametrize("id", ["../x", "a.b.c.d", "", "a b", "__proto__"])
def test_a_bad_id_does_not_come_in_as_json(good: models.Workbook, id: str) -> None:
    """Ids and notebook names from elsewhere are as narrow as our own."""
    for old in ('"space.urges.had"', '"30-space"'):
        text = good.model_dump_json().replace(old, json.dumps(id), 1)
        with pytest.raises(ValidationError):
            models.Workbook.model_validate_json(text)


def test_the_shipped_workbook_has_no_problem() -> None:
    """What we ship passes its own check, from the folder and each chapter alone."""
    folder = resources.data("workbook")
    assert definition.check(folder) == ()
    for chapter in definition.load().chapters:
        assert definition.check(folder / f"{chapter.id}.yaml") == ()


def test_all_18_statements_are_served() -> None:
    """Each thing the workbook must cover is covered by at least one exercise."""
    covered = definition.coverage(definition.load())
    assert list(covered) == list(range(1, 19))
    assert [number for number, exercises in covered.items() if not exercises] == []


def test_every_tag_says_what_it_means() -> None:
    """The tags a file may use are those that have a sentence."""
    assert set(get_args(Tag)) == set(TAGS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "# " + "x" * 5_000_000, "The file is too large: a chapter has at most 500 kB."),
        ("a: " * 160_000, "This line has a colon inside its text."),
        ("[" * 400_000, "More than 40 levels stand inside each other."),
        ("{a: " * 100_000, "More than 40 levels stand inside each other."),
        ("- " * 200_000, "More than 40 levels stand inside each other."),
    ],
    ids=["5 MB", "colons", "brackets", "braces", "dashes"],
)
def test_a_huge_or_deep_file_is_refused_at_once(text: str, said: str, tmp_path: Path) -> None:
    """No file makes us wait for more than a moment or takes much memory."""
    path = tmp_path / "space.yaml"
    path.write_text(text, encoding="utf-8")
    tracemalloc.start()
    began = time.process_time()
    (problem,) = definition.check(path)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem.message == said
    assert seconds < 2
    assert peak < 20_000_000


def test_a_missing_file_or_folder_is_said(tmp_path: Path) -> None:
    """A path that leads nowhere is a problem like any other, not a traceback."""
    assert [str(one) for one in definition.check(tmp_path / "nowhere.yaml")] == [
        "nowhere.yaml: There is no such file.  Check the name."
    ]
    assert [str(one) for one in definition.check(tmp_path)] == [
        "workbook.yaml: There is no such file.  Check the name."
    ]
    with pytest.raises(DefinitionError, match="There is no such file"):
        definition.load(tmp_path)


INSTRUMENT = """
instrument: own2
title: Two questions
source: Someone 2020
licence: May be used freely
exercise:
  id: own2
  title: Two questions
  minutes: 2
  items:
    - {id: q1, kind: scale, prompt: One?, points: {0: no, 1: yes}}
    - {id: q2, kind: scale, prompt: Two?, points: {0: no, 3: yes}}
scales:
  - id: own2
    title: Two
    items: [instruments.own2.q1, instruments.own2.q2]
    reverse: [instruments.own2.q2]
    score: sum
    min_answered: 2
    source: Someone 2020
"""


def test_an_instrument_becomes_a_chapter(good: models.Workbook, tmp_path: Path) -> None:
    """A counselor's questionnaire stands in a chapter of its own; the workbook itself was not changed."""
    path = tmp_path / "own2.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    instrument = definition.load_instrument(path)
    together = definition.with_instruments(good, [instrument])
    assert [chapter.id for chapter in together.chapters] == ["space", "instruments"]
    assert [chapter.id for chapter in good.chapters] == ["space"]
    assert together.item("instruments.own2.q2").prompt == "Two?"
    assert together.scale("own2").ranges == {"instruments.own2.q1": (0, 1), "instruments.own2.q2": (0, 3)}
    assert definition.with_instruments(together, [instrument]) == together
    assert definition.with_instruments(good, []) == good


def test_a_chapter_is_no_instrument(tmp_path: Path) -> None:
    """Who hands in a chapter as a questionnaire is told how one begins."""
    (tmp_path / "space.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        definition.load_instrument(tmp_path / "space.yaml")
    assert str(caught.value) == "space.yaml:1 instrument is missing.  Begin with “instrument: its-id”."


def test_markdown_becomes_clean_html() -> None:
    """Markdown is rendered; raw HTML, pictures, scripts and odd links are not."""
    assert definition.html("A *warm* word, [a link](30-space.ipynb).\n") == (
        '<p>A <em>warm</em> word, <a href="30-space.ipynb" rel="noopener noreferrer">a link</a>.</p>'
    )
    for bad in ("<script>alert(1)</script>", "![x](https://example.org/x.png)", "[x](javascript:alert(1))"):
        assert not re.search(r"<(script|img|a )", definition.html(bad))


def test_the_published_schema_is_fresh(tmp_path: Path) -> None:
    """`data/schema/chapter.json` is what the models say; `definition.write_schema()` writes it anew."""
    fresh = definition.write_schema(tmp_path / "chapter.json").read_text(encoding="utf-8")
    assert resources.data("schema", "chapter.json").read_text(encoding="utf-8") == fresh


def test_the_schema_helps_an_editor() -> None:
    """The schema accepts what a file says and refuses a mistyped key."""
    validator = jsonschema.Draft202012Validator(definition.schema())
    item = {"id": "had", "kind": "choice", "prompt": "What?", "options": ["a", "b"]}
    chapter = {"chapter": "space", "notebook": "30-space", "title": "Space", "lede": "Short.", "minutes": 10}
    exercise = {"id": "urges", "title": "Urges", "minutes": 5, "items": [item]}
    assert validator.is_valid({**chapter, "exercises": [exercise]})
    assert not validator.is_valid({**chapter, "exercises": [{**exercise, "minuts": 5}]})
    assert not validator.is_valid({**chapter, "exercises": [{**exercise, "items": [{**item, "kind": "choise"}]}]})


# Pieces that break YAML, ids, numbers and conditions; put anywhere into a good file.
BREAKS = [": ", "- ", "\t", "\n", '"', "'", "[", "]", "{", "}", "&a ", "*a ", "!!int ", "? ", "| ", "> ", "# ", "---\n"]
BREAKS += [
    "%",
    "@",
    "\x00",
    "\x85",
    "\ufeff",
    "\ud7ff",
    "<<: ",
    "~",
    "null",
    "1e999",
    "-1",
    ".nan",
    "__proto__",
    "\\",
    "é",
]
WORDS = [
    "kind",
    "items",
    "id",
    "show_if",
    "question",
    "is",
    "all",
    "not",
    "points",
    "options",
    "compute",
    "scales",
    "space",
]

cuts = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), st.sampled_from(BREAKS + WORDS) | st.text(max_size=6))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cuts, min_size=1, max_size=4))
def test_no_change_to_a_file_gives_a_traceback(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    """However a file is broken, it is read or its problems are said, each in one line."""
    text = GOOD
    for at, drop, put in edits:
        text = text[:at] + put + text[at + drop :]
    path = tmp_path / "space.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        workbook = definition.load(path)
    except DefinitionError as error:
        assert error.problems  # noqa: PT017  any text may be refused, but never without a reason
        for problem in error.problems:
            assert "\n" not in str(problem)
    else:
        assert models.Workbook.model_validate_json(workbook.model_dump_json()) == workbook
