"""Wording cues mark pressure and half apologies, leave plain words alone, and never write for anyone."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbook import definition
from workbook.safety import language

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("language.yaml").read_text("utf-8"))
WANTED = ["but", "conditional", "blame", "demand", "deadline", "guilt", "ultimatum", "declaration", "absolute"]


def found(text: str) -> set[str]:
    return {hint.cue for hint in language.find(text)}


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    """Of what is marked at least nine in ten should be, and of what should be marked at least nine in ten are."""
    rows = [(row["text"], set(row["cues"])) for row in CASES["marked"]] + [(text, set()) for text in CASES["clear"]]
    right = wrong = missed = 0
    notes = []
    for text, wanted in rows:
        marked = found(text)
        right += len(marked & wanted)
        wrong += len(marked - wanted)
        missed += len(wanted - marked)
        if marked != wanted:
            notes.append(f"  {text}  marked {sorted(marked)}, should be {sorted(wanted)}")
    precision, recall = right / (right + wrong), right / (right + missed)
    with capsys.disabled():
        print(f"\nwording cues: {len(CASES['marked'])} to mark, {len(CASES['clear'])} to leave")
        print(f"wording cues: precision {precision:.3f}, recall {recall:.3f}", *notes, sep="\n")
    assert len(CASES["marked"]) >= 60
    assert len(CASES["clear"]) >= 60
    assert precision >= 0.9
    assert recall >= 0.9


def test_every_cue_is_there_and_tested() -> None:
    """All nine kinds of wording are covered, each with at least five sentences."""
    assert [cue.id for cue in language.cues()] == WANTED
    for cue in WANTED:
        assert sum(cue in row["cues"] for row in CASES["marked"]) >= 5, cue


def test_a_hint_says_where_and_why() -> None:
    """A hint points at the words as they were typed, says how they may land, and which way to look."""
    text = "Ich weiß 😀. I’m SORRY, BUT you know."
    assert language.find(text) == (
        language.Hint(
            start=text.index("BUT"),
            end=text.index("BUT") + 3,
            text="BUT",
            cue="but",
            why="A “but” can take back what stands before it.",
            direction="Try ending the sentence before it. If the second half matters, give it a place of its own.",
        ),
    )


def test_hints_never_offer_a_sentence_to_copy() -> None:
    """A direction is not a script: no first person, nothing in quotes longer than a word or two."""
    for cue in language.cues():
        said = f"{cue.why} {cue.direction}"
        assert not re.search(r"\b(I|I’m|I'm|my|we)\b", said), cue.id
        assert all(len(quoted.split()) <= 2 for quoted in re.findall("“([^”]*)”", said))


def test_letters_are_read_part_by_part() -> None:
    """Hints for a letter name the part they belong to; an item without cues gets none."""
    letter = definition.load().item("responsibility.apology.letter")
    hints = language.hints(letter, {"ack": "I lied, but you knew.", "change": "I go to the group."})
    assert [(hint["part"], hint["text"], hint["start"]) for hint in hints] == [("ack", "but", 8)]
    assert str(hints[0]["why"]).startswith("A “but” can take back")
    assert language.hints(definition.load().item("start.hopes.hope"), "but") == []


def test_a_language_without_cues_gives_no_hints() -> None:
    """Where nobody has written cues yet, the form stays quiet."""
    assert language.find("but", "xx") == ()


@pytest.mark.parametrize(
    "unit",
    [
        "but ",
        "a",
        " ",
        "if you don't ",
        "either you ",
        "you never you always ",
        "not " * 3,
        "i'll ",
        "because you\n",
        "’",
    ],
)
def test_a_very_long_text_takes_bounded_time(unit: str) -> None:
    """A million characters, friendly or not, are read within seconds."""
    text = (unit * 1_000_000)[:1_000_000]
    started = time.process_time()
    assert len(language.find(text)) <= language.MOST
    assert time.process_time() - started < 10


@given(st.text(max_size=200))
def test_any_text_gets_hints_that_lie_in_it(text: str) -> None:
    """Whatever was typed, a hint points at words that are there."""
    for hint in language.find(text):
        assert text[hint.start : hint.end] == hint.text != ""
