"""Every edit of the workbook is named by what it does to the answers already given."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from workbook import definition
from workbook.assessment import export
from workbook.cli.client import main
from workbook.definition import drift, models
from workbook.definition.items import KINDS
from workbook.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from workbook.definition.models import Workbook

TRIGGER = "      - {id: trigger, kind: longtext, prompt: What set it off?, help: A few words.}\n"
CHAPTER = """
chapter: space
notebook: 30-space
title: Give space
lede: Short.
minutes: 10
exercises:
  - id: urges
    title: Urges
    minutes: 5
    items:
      - {id: trigger, kind: longtext, prompt: What set it off?, help: A few words.}
      - {id: strength, kind: ruler, prompt: How strong was it?, low: weak, high: strong}
      - {id: did, kind: choice, prompt: What did I do?, options: {walked: I walked, called: I called a friend}}
  - id: people
    title: People
    minutes: 5
    items:
      - {id: night, kind: text, prompt: Who may I call at night?}
"""


@dataclass(frozen=True)
class Given:
    """An answer as the store keeps it."""

    item: str
    prompt: str
    fingerprint: str


def workbook(folder: Path, text: str) -> Workbook:
    path = folder / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return definition.load(path)


# The edit: the words before → the words after, and what is said of it.
EDITS = {
    "nothing": ((), ()),
    "rename": (
        (("id: trigger", "id: cue"),),
        (
            "breaking: space.urges.trigger (2 answers) is now called “space.urges.cue”.  "
            "An id is for good: call it “space.urges.trigger” again, or its answers stay behind.",
        ),
    ),
    "retype": (
        (
            (
                "kind: ruler, prompt: How strong was it?, low: weak, high: strong",
                "kind: text, prompt: How strong was it?",
            ),
        ),
        (
            "breaking: space.urges.strength (2 answers) was a ruler and is now a text.  "
            "Give it a new id, and keep the old item with “retired: true”.",
        ),
    ),
    "reorder options": (
        (("{walked: I walked, called: I called a friend}", "{called: I called a friend, walked: I walked}"),),
        ("cosmetic: space.urges.did (2 answers) looks different and asks the same.",),
    ),
    "reorder items": (
        (
            (TRIGGER, ""),
            (
                "  - id: people\n",
                TRIGGER + "  - id: people\n",
            ),
        ),
        (),
    ),
    "insert an option": (
        (("options: {walked: I walked,", "options: {walked: I walked, wrote: I wrote it down,"),),
        ("compatible: space.urges.did (2 answers) now also has “wrote”.",),
    ),
    "remove an option": (
        (("called: I called a friend", "slept: I slept"),),
        (
            "breaking: space.urges.did (2 answers) no longer has “called” and now also has “slept”.  "
            "Give it a new id, and keep the old item with “retired: true”.",
        ),
    ),
    "change a range": (
        (("high: strong}", "high: strong, maximum: 5}"),),
        (
            "breaking: space.urges.strength (2 answers) went from 0–10 to 0–5.  "
            "Give it a new id, and keep the old item with “retired: true”.",
        ),
    ),
    "split an item": (
        (
            (
                TRIGGER,
                "      - {id: place, kind: text, prompt: Where was I?}\n"
                "      - {id: thought, kind: text, prompt: What did I think?}\n",
            ),
        ),
        (
            "compatible: space.urges.trigger (2 answers) is gone. Answers stay in history and exports.  "
            "Better: keep it with “retired: true”.",
        ),
    ),
    "delete an exercise": (
        ((CHAPTER[CHAPTER.index("  - id: people") :], ""),),
        (
            "compatible: space.people (2 answers) is gone, with its items. Answers stay in history and exports.  "
            "Better: keep the exercise with “retired: true”.",
        ),
    ),
    "retire": (
        (("help: A few words.}", "help: A few words., retired: true}"),),
        ("compatible: space.urges.trigger (2 answers) is retired: not asked any more, kept in history and exports.",),
    ),
    "change the prompt": (
        (("prompt: How strong was it?", "prompt: How strong was it at its peak?"),),
        (
            "wording: space.urges.strength (2 answers) asked “How strong was it?” and now asks “How strong was it at "
            "its peak?”.  Timelines mark the day.",
        ),
    ),
    "change a label": (
        (("high: strong", "high: as strong as can be"),),
        ("wording: space.urges.strength (2 answers) has other words at its answers.  Timelines mark the day.",),
    ),
    "change tags and help": (
        (("help: A few words.", "help: A few words will do., tags: [narrative]"),),
        ("cosmetic: space.urges.trigger (2 answers) looks different and asks the same.",),
    ),
    "add a comma": (
        (("prompt: How strong was it?", "prompt: '“How strong” was it?'"),),
        ("cosmetic: space.urges.strength (2 answers) looks different and asks the same.",),
    ),
    "move to another exercise": (
        (
            (TRIGGER, ""),
            (
                "      - {id: night",
                TRIGGER + "      - {id: night",
            ),
        ),
        (
            "breaking: space.urges.trigger (2 answers) is now called “space.people.trigger”.  "
            "An id is for good: call it “space.urges.trigger” again, or its answers stay behind.",
        ),
    ),
    "reuse an id": (
        (("prompt: What set it off?", "prompt: Whom shall I thank for this day?"),),
        (
            "breaking: space.urges.trigger (2 answers) asked “What set it off?” and now asks “Whom shall I thank for "
            "this day?”.  Give it a new id, and keep the old item with “retired: true”.",
        ),
    ),
}


@pytest.mark.parametrize(("edits", "said"), EDITS.values(), ids=EDITS)
def test_each_edit_is_named(edits: tuple[tuple[str, str], ...], said: tuple[str, ...], tmp_path: Path) -> None:
    """Each way a workbook drifts from its answers is named with its severity, its count and its cure."""
    before = workbook(tmp_path, CHAPTER)
    asked = [item for item in before.items if item.word not in models.FOOT]
    kept = [Given(item.id, item.prompt, definition.fingerprint(item)) for item in asked for _ in range(2)]
    assert tuple(map(str, drift.compare(kept, workbook(tmp_path, edited(edits))))) == said


def edited(edits: tuple[tuple[str, str], ...]) -> str:
    text = CHAPTER
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


GIVEN = {
    "space.urges.trigger": "A song.",
    "space.urges.strength": 7,
    "space.urges.did": "called",
    "space.people.night": "My sister.",
}


@pytest.mark.parametrize("edits", [edits for edits, _ in EDITS.values()], ids=EDITS)
def test_no_edit_loses_an_answer(edits: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    """Whatever the workbook becomes, history and exports hold what was answered in the words of that day."""
    asked = workbook(tmp_path, CHAPTER)
    with Journal.create(tmp_path / "Mend") as journal:
        journal.install(asked)
        for item, value in GIVEN.items():
            journal.save(item, value)
        before = journal.store.history()

        journal.install(workbook(tmp_path, edited(edits)))

        assert journal.store.history() == before
        history = journal.history().set_index("item")
        assert history["value"].to_dict() == GIVEN
        assert history["prompt"].to_dict() == {item: asked.item(item).prompt for item in GIVEN}
        journal.report(tmp_path / "mend.html")
        rows, _ = export.write(journal.told(), tmp_path / "mend.csv")
        with rows.open(encoding="utf-8", newline="") as file:
            assert {row["item"] for row in csv.DictReader(file)} == GIVEN.keys()


def test_the_command_names_each_change_and_stops_at_a_breaking_one(tmp_path: Path) -> None:
    """An author sees what an edit does to a journal's answers before anyone opens it with them."""
    file, folder = tmp_path / "space.yaml", tmp_path / "Mend"
    with Journal.create(folder) as journal:
        journal.install(workbook(tmp_path, CHAPTER))
        for item, value in GIVEN.items():
            journal.save(item, value)

    workbook(tmp_path, edited(EDITS["change the prompt"][0]))
    said = CliRunner().invoke(main, ["check", str(file), "--against", str(folder)])
    assert (said.exit_code, said.stdout) == (
        0,
        "wording: space.urges.strength (1 answer) asked “How strong was it?” and now asks “How strong was it at its "
        f"peak?”.  Timelines mark the day.\n{file} keeps every answer in {folder}.\n",
    )

    workbook(tmp_path, edited(EDITS["change a range"][0]))
    said = CliRunner().invoke(main, ["check", str(file), "--against", str(folder)])
    assert (said.exit_code, said.stdout, said.stderr) == (
        1,
        "breaking: space.urges.strength (1 answer) went from 0–10 to 0–5.  "
        "Give it a new id, and keep the old item with “retired: true”.\n",
        f"Error: {file} has 1 breaking change for the answers in {folder}.\n",
    )


def item(fields: dict[str, object]) -> str:
    """Return the fingerprint of an item with these fields."""
    return definition.fingerprint(KINDS[fields["kind"]].model_validate({"id": "q", "prompt": "?", **fields}))


# One row per way values may change: before, after, severity.
WIDTHS = [
    (dict(kind="number", minimum=0, maximum=10), dict(kind="number", minimum=0, maximum=20), "compatible"),
    (dict(kind="number", minimum=0, maximum=10), dict(kind="number", minimum=0), "compatible"),
    (dict(kind="number", minimum=0), dict(kind="number", minimum=1), "breaking"),
    (dict(kind="number"), dict(kind="number", maximum=9), "breaking"),
    (dict(kind="yesno"), dict(kind="yesno", unsure=True), "compatible"),
    (dict(kind="yesno", unsure=True), dict(kind="yesno"), "breaking"),
    (dict(kind="scale", points={0: "a", 1: "b"}), dict(kind="scale", points={0: "a", 1: "b", 2: "c"}), "breaking"),
    (dict(kind="scale", points={0: "a", 1: "b"}), dict(kind="scale", points={0: "a", 1: "c"}), "wording"),
    (
        dict(kind="scale", points={0: "a", 1: "b"}),
        dict(kind="scale", points={0: "a", 1: "b"}, no_opportunity="none"),
        "compatible",
    ),
    (dict(kind="rank", options=["a", "b"]), dict(kind="rank", options=["a", "b", "c"]), "breaking"),
    (dict(kind="shares", options=["a", "b"]), dict(kind="shares", options=["a", "b", "c"]), "compatible"),
    (dict(kind="choices", options=["a", "b", "c"]), dict(kind="choices", options=["a", "b"]), "breaking"),
    (
        dict(kind="table", columns=[dict(id="a", kind="text", label="A")]),
        dict(kind="table", columns=[dict(id="a", kind="text", label="A"), dict(id="b", kind="date", label="B")]),
        "compatible",
    ),
    (
        dict(kind="table", columns=[dict(id="a", kind="text", label="A")]),
        dict(kind="table", columns=[dict(id="a", kind="number", label="A")]),
        "breaking",
    ),
    (dict(kind="letter", parts={"a": {"label": "A"}}), dict(kind="letter", parts={"b": {"label": "A"}}), "breaking"),
    (dict(kind="text", max_length=20), dict(kind="text", max_length=30), "cosmetic"),
    (dict(kind="text"), dict(kind="longtext"), "breaking"),
    (dict(kind="text"), dict(kind="text"), "same"),
]


@pytest.mark.parametrize(("before", "after", "severity"), WIDTHS)
def test_values_that_stay_possible_are_compatible(
    before: dict[str, object], after: dict[str, object], severity: str
) -> None:
    """A change is breaking exactly when a value that was possible is not, or means something else."""
    assert drift.change(item(before), item(after)) == severity


def test_the_worst_that_was_done_to_an_item_is_said(tmp_path: Path) -> None:
    """Answers to several earlier wordings are counted by the worst of them."""
    now = workbook(tmp_path, CHAPTER)
    did = now.item("space.urges.did")
    wider = definition.fingerprint(did.model_copy(update={"options": {**did.options, "shouted": "I shouted"}}))
    kept = [Given(did.id, did.prompt, definition.fingerprint(did)), Given(did.id, did.prompt, wider)]
    (change,) = drift.compare(kept, now)
    assert (change.severity, change.answers) == ("breaking", 1)
