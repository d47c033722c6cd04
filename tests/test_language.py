"""Wording cues mark pressure and half apologies, leave plain words alone, and never write for anyone."""

from __future__ import annotations

import re
import time
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbook import definition
from workbook.errors import WorkbookError
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
    assert found("Tell me by Friday.") == {"deadline"}  # a day is one of a list of words


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


def test_only_texts_of_an_item_with_cues_get_hints_and_only_a_letter_names_parts() -> None:
    """What is no text, as a part left out or a number, is passed over; a longer text has no parts to name."""
    items = {item.id: item for item in definition.load().items}
    letter = items["responsibility.apology.letter"]
    plain = next(item for item in items.values() if item.kind == "longtext" and getattr(item, "cues", False))
    way = "Try ending the sentence before it. If the second half matters, give it a place of its own."
    why = f"A “but” can take back what stands before it. {way}"
    hint = {"start": 5, "end": 8, "text": "but", "cue": "but", "why": why}
    assert language.hints(plain, "Yes, but no.") == [hint]
    assert language.hints(letter, {"ack": None, "change": 3, "repair": "Yes, but no."}) == [hint | {"part": "repair"}]
    assert [language.hints(plain, value) for value in (None, 3, ["but"])] == [[], [], []]
    assert language.hints(items["start.want.most"], "Yes, but no.") == []  # a choice has no cues to turn on


def test_capital_letters_and_other_quotes_are_read_as_plain_ones() -> None:
    """Each character for one other, from A to Z and no further, so that places stay where they were typed."""
    assert "AZ[@`{\u2019\u2018\u02bc\u00a0\tÄ".translate(language._PLAIN) == "az[@`{" + 3 * "'" + "  Ä"


@pytest.mark.parametrize(
    ("text", "spare", "spared"),
    [
        ("all but one", "all but", True),
        ("x but for y", "but for", True),
        ("x but y", "x ", False),  # ends where it begins
        ("x but y", " y", False),  # begins where it ends
        ("x but y", "x |but", True),  # an exception before it hides none at it
        ("x but y but not", "but not", False),  # for the first of the two
        (f"x{'a' * 119}but", "xa+but", True),
        (f"x{'a' * 120}but", "xa+but", False),  # too far before
        (f"but{'a' * 119}x", "buta+x", True),
        (f"but{'a' * 120}x", "buta+x", False),  # too far after
        ("but", None, False),
    ],
)
def test_an_exception_spares_only_what_it_covers(text: str, spare: str | None, spared: bool) -> None:
    """It has to share a character with what was found, within 120 of it on either side."""
    cue = language.Cue("x", "X", "Why.", "Where.", re.compile("but"), re.compile(spare) if spare else None)
    match = cue.find.search(text)
    assert match is not None
    assert language._spared(cue, text, match) is spared


def test_the_first_hundred_hints_are_shown_in_reading_order() -> None:
    """Of one wording or of several; those that begin at one place, the shorter first; what comes later waits."""
    hints = language.find("You never listen, but I do. " * 60)
    places = [(hint.start, hint.end) for hint in hints]
    assert (len(hints), places) == (100, sorted(places))
    assert {hint.cue for hint in hints} == {"blame", "absolute", "but"}
    assert [hint.start for hint in language.find("but " * 101)] == list(range(0, 400, 4))
    assert len(language.find("but " * 99)) == 99
    assert [hint.start for hint in language.find("Nothing but the truth, but you left.")] == [23]  # the first is spared


def test_cues_are_read_once_and_cannot_be_changed() -> None:
    """Whoever holds a cue or a hint holds what everyone else does."""
    assert language.cues() is language.cues()
    for held in (language.cues()[0], language.find("but")[0]):
        with pytest.raises(FrozenInstanceError):
            held.why = "Else."  # type: ignore[misc]  # that is what is tried


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("cues: [{}]", "'words'"),
        ("words: {}\ncues: [but]", "'str' object has no attribute 'get'"),
        ("[]", "list indices must be integers"),
        (
            "words: {}\ncues: [{id: x, title: X, why: W, direction: D, find: ['(']}]",
            "missing ), unterminated subpattern",
        ),
    ],
)
def test_a_file_of_cues_that_does_not_fit_is_said_in_a_sentence(text: str, what: str, tmp_path: Path) -> None:
    """No words, a cue that is none, no table at all, a pattern that cannot be read: which file, and where to look."""
    file = tmp_path / "xx.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbookError) as raised:
        language.cues_of(file)
    assert str(raised.value).startswith(f"xx.yaml: a cue does not fit ({what}")
    assert str(raised.value).endswith("Compare it with en.yaml.")


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
