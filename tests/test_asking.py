"""What a counselor mistypes, or says at too great a length, is said in a sentence before anything is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.caseload_sample import NOW, PART, Clock, ask, journal_of, sealed
from workbook import definition, resources
from workbook.definition import overlay
from workbook.definition.asks import Task
from workbook.errors import DefinitionError, JournalError, Refused, UnknownId
from workbook.sharing import asking, caseload, inbox, keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCIDENT = "responsibility.incident"
NAME = "The one with the very long name " * 3


@pytest.fixture
def opened(home: Path, keyed: tuple[Path, keys.Keys]) -> Iterator[caseload.Caseload]:
    with caseload.open_caseload(home, keyed[1], now=Clock(NOW)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"repeats": {INCIDENT: "weeekly"}},
            "“weeekly” is not how often something can be asked. "
            "Write one of: once, daily, weekly, monthly, any. Did you mean “weekly”?",
        ),
        (
            {"repeats": {INCIDENT: "1"}},
            "“1” is not how often something can be asked. Write one of: once, daily, weekly, monthly, any.",
        ),
        (
            {"instructions": {INCIDENT: "x" * 5001}},
            "What you say to “responsibility.incident” is longer than 5000 characters. Make it shorter. "
            "Nothing was written.",
        ),
    ],
)
def test_how_often_and_words_that_no_task_can_hold_are_named(said: dict[str, dict[str, str]], sentence: str) -> None:
    """With what can be written instead."""
    with pytest.raises(Refused) as refused:
        asking.tasks_for(definition.load(), [INCIDENT], **said)  # type: ignore[arg-type] # a made-up call
    assert str(refused.value) == sentence


def test_names_and_words_that_no_file_can_hold_are_refused_and_nothing_is_kept(
    opened: caseload.Caseload, tmp_path: Path
) -> None:
    """A name, a comment, a reply, a name of one's own: else no file could be made any more."""
    long = "“The one with the very long nam…” has 95 characters; at most 80 go into a file. Make it shorter."
    with pytest.raises(Refused) as refused:
        opened.assign(NAME, asking.tasks_for(definition.load(), [INCIDENT]))
    assert str(refused.value) == f"{long} Nothing was changed."
    assert opened.clients() == []
    with pytest.raises(Refused) as refused:
        keys.keygen(tmp_path / "other", "otter lamp quiet seven maple", counselor=NAME)
    assert (str(refused.value), (tmp_path / "other").exists()) == (f"{long} Nothing was changed.", False)

    with journal_of(tmp_path / "journal", Clock(NOW + timedelta(minutes=1))) as journal:
        ask(opened, journal, "A.", [INCIDENT])
        journal.save(PART, "I left.")
        opened.receive(sealed(journal, INCIDENT))
    for say in (lambda: opened.comment("A.", PART, "x" * 20_001), lambda: opened.reply("A.", "x" * 20_001)):
        with pytest.raises(Refused, match="has 20001 characters; at most 20000 go into a file"):
            say()
    with pytest.raises(Refused, match="There is nothing new to say to A"):
        opened.reply("A.")


def test_what_no_client_would_take_is_not_asked_of_them(opened: caseload.Caseload) -> None:
    """Refused where it is written, and nobody is added."""
    with pytest.raises(Refused, match="asks for a password or a passphrase"):
        opened.assign("A.", [Task(exercise=INCIDENT, instruction="Write your password here.")])
    with pytest.raises(Refused):
        opened.assign("A.", [Task(exercise=INCIDENT)], tighten={"G1": {"hold_hours": 1}})
    with pytest.raises(UnknownId, match=r"responsibility\.incident"):
        opened.assign("A.", [Task(exercise="responsibility.incidend")])
    assert opened.clients() == []


def test_nothing_is_asked_any_more_where_sharing_was_ended(opened: caseload.Caseload) -> None:
    """What was asked last stays as it was."""
    opened.assign("A.", [Task(exercise=INCIDENT)])
    opened.revoke("A.")
    before = opened.assigned(opened.client("A."))
    with pytest.raises(Refused, match=r"Sharing with A\. was ended"):
        opened.assign("A.", [Task(exercise="space.urges")])
    assert opened.assigned(opened.client("A.")) == before


def test_a_folder_with_a_caseload_in_it_is_looked_through_for_what_was_sent(home: Path, tmp_path: Path) -> None:
    """What a caseload and a journal are made of is nothing that anyone sent; a file dropped among it is."""
    (home / "a.submission").write_bytes(b"sent")
    (home / keys.PAGES).mkdir()
    (home / keys.PAGES / "caseload.ipynb").write_text("{}")
    hidden = tmp_path / "journal" / ".mend"
    hidden.mkdir(parents=True)
    (hidden / "journal.json").write_text("{}")
    (tmp_path / "journal" / "b.submission").write_bytes(b"sent")
    elsewhere = tmp_path / "post" / keys.PAGES  # where there is no caseload, such names are anyone's
    elsewhere.mkdir(parents=True)
    for name in (f"{keys.KEYS}.submission", "c.submission"):
        (elsewhere / name).write_bytes(b"sent")
    found = inbox.found([tmp_path]).files
    assert {one.relative_to(tmp_path).as_posix() for one in found} == {
        (home / "a.submission").relative_to(tmp_path).as_posix(),
        "journal/b.submission",
        f"post/{keys.PAGES}/{keys.KEYS}.submission",
        f"post/{keys.PAGES}/c.submission",
    }


def test_the_command_that_makes_a_caseload_is_quoted(tmp_path: Path) -> None:
    """Where a folder's name has a space in it, what is suggested can be typed as it stands."""
    home = tmp_path / "my cases"
    with pytest.raises(JournalError) as refused:
        keys.refuse_missing(home)
    assert f"workbook keygen --home '{home}'" in str(refused.value)


def test_days_that_have_passed_are_named_before_they_are_asked_for() -> None:
    """Today has not; of several the first is named."""
    today = date(2026, 11, 27)

    def due(*days: int | None) -> list[Task]:
        return [Task(exercise=INCIDENT, due=None if one is None else today + timedelta(days=one)) for one in days]

    late = "What is due then is overdue as soon as your client has it."
    assert asking.passed(due(None, 0, 1), today) == ""
    assert asking.passed([], today) == ""
    assert asking.passed(due(1, -1, -1), today) == f"26 November 2026 has passed. {late}"
    assert asking.passed(due(-1, None, -2), today) == (
        f"2 of these days have passed, the first of them 25 November 2026. {late}"
    )


def test_what_is_asked_for_stands_in_the_order_it_was_named_in_and_without_what_is_retired() -> None:
    """A chapter is all its exercises; what is said of one goes before what is said of all."""
    workbook = definition.load()
    chapter = workbook.chapter("responsibility")
    gone = chapter.exercises[1].model_copy(update={"retired": True})
    few = chapter.model_copy(update={"exercises": (chapter.exercises[0], gone)})
    workbook = workbook.model_copy(
        update={"chapters": tuple(few if one.id == few.id else one for one in workbook.chapters)}
    )
    first, other = chapter.exercises[0].id, workbook.chapter("space").exercises[0].id
    all_due, one_due = date(2027, 1, 15), date(2027, 1, 10)
    found = asking.tasks_for(workbook, [other, "responsibility", other], due=all_due, due_each={first: one_due})
    assert [(one.exercise, one.due, one.instruction, one.repeats) for one in found] == [
        (other, all_due, None, None),
        (first, one_due, None, None),
    ]
    with pytest.raises(Refused, match="space"):
        asking.tasks_for(workbook, ["responsibility"], instructions={other: "Well."})
    with pytest.raises(UnknownId):
        asking.tasks_for(workbook, ["responsibility"], repeats={"space.nothing": "daily"})
    assert asking.everything(workbook) == tuple(one.id for one in workbook.chapters if one.principle)


def test_words_for_a_task_are_kept_as_they_were_meant() -> None:
    """What a paste brought along that cannot be seen is left out; a day is a day."""
    day = date(2027, 1, 15)
    [task] = asking.tasks_for(
        definition.load(),
        [INCIDENT],
        due_each={INCIDENT: day},
        instructions={INCIDENT: "One\u202e is\r\nenough."},
        repeats={INCIDENT: "weekly"},
    )
    assert task == Task(exercise=INCIDENT, due=day, instruction="One is\nenough.", repeats="weekly")


def test_a_workbook_to_ask_from_is_in_the_language_that_was_said() -> None:
    """Without one, in the one that is spoken here; a questionnaire given along can be asked for."""
    own = (resources.data().parent / "tests" / "cases" / "instrument-example.yaml").read_bytes()
    assert asking.workbook_for() == overlay.spoken()
    assert asking.workbook_for("en").language == "en"
    with pytest.raises(UnknownId):
        asking.workbook_for("xx")
    [one] = asking.instruments([own])
    assert asking.workbook_for("en", [one]).exercise(one.exercise.id).items == one.exercise.items


def test_a_questionnaire_is_named_by_its_number_when_something_is_wrong_with_it() -> None:
    """Those that are chosen in a page have no names here."""
    with pytest.raises(DefinitionError) as wrong:
        asking.instruments([b"instrument: [", b""])
    assert str(wrong.value).startswith("questionnaire-1.yaml:1")
