"""A counselor sees everyone at a glance and one client whole, and never more than was shared."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from tests.caseload_sample import CAMERA, NOW, PART, PASSPHRASE, Clock, ask, journal_of, rate, sealed
from workbook import definition, files, resources
from workbook.cli import client as cli
from workbook.definition.asks import Task
from workbook.errors import Refused, SealError, UnknownId, WeakPassphrase
from workbook.journal import Journal
from workbook.sharing import asking, caseload, keys, overview
from workbook.sharing import client as share
from workbook.storage import sheet
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(params=["file", "postgresql"])
def opened(
    request: pytest.FixtureRequest, home: Path, keyed: tuple[Path, keys.Keys], clock: Clock
) -> Iterator[caseload.Caseload]:
    """A caseload in its encrypted file, and the same on a PostgreSQL server."""
    url = request.getfixturevalue("postgresql").database() if request.param == "postgresql" else None
    with caseload.open_caseload(home, keyed[1], store=url, now=clock) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with journal_of(tmp_path / "journal", clock) as made:
        yield made


# --- looking ---


def test_an_overview_says_what_is_asked_done_due_overdue_and_new(
    opened: caseload.Caseload, journal: Journal, clock: Clock
) -> None:
    """One row per client, by name, and the word of the self-assessment for each principle."""
    ask(opened, journal, "B.", ["responsibility.rating", "responsibility.incident"], due=date(2027, 1, 10))
    opened.assign("A.", asking.tasks_for(definition.load(), ["space.urges"]))
    journal.save(PART, "I left.")
    journal.save("responsibility.incident.done", "yes")
    rate(journal, clock, [0, 0, 1, 3, 4, 4])
    opened.receive(sealed(journal, "responsibility"))

    table = opened.overview()
    assert list(table.columns) == [
        *overview.CLIENT_COLUMNS,
        *("responsibility", "communication", "improvement"),
        *("revoked", "keep_until", "damaged"),
    ]
    first, second = table.drop(columns=["id", "since", "last"]).to_dict("records")
    assert first["client"] == "A."
    assert (first["asked"], first["done"], first["overdue"], first["new"]) == (1, 0, 0, 0)
    assert (second["client"], second["asked"], second["done"], second["overdue"]) == ("B.", 2, 1, 1)
    assert (second["due"], second["new"], second["responsibility"]) == (date(2027, 1, 10), 32, "better")

    opened.page("B.")
    assert list(opened.overview()["new"]) == [0, 0]


def test_a_glance_is_renewed_by_what_comes(opened: caseload.Caseload, journal: Journal, clock: Clock) -> None:
    """What was worked out before is not shown after a new submission, nor after a withdrawal."""
    ask(opened, journal, "A.", ["responsibility.incident"])
    journal.save(PART, "I left.")
    journal.save("responsibility.incident.done", "yes")
    opened.receive(sealed(journal, "responsibility.incident"))
    assert list(opened.overview()["done"]) == [1]
    clock.forward(minutes=5)
    opened.receive(sealed(journal, withdraw=["responsibility.incident.done"]))
    assert list(opened.overview()["done"]) == [0]


def test_that_something_is_done_is_a_code(opened: caseload.Caseload, journal: Journal) -> None:
    """A page is told “yes”, not the word of some language; how useful it was, in the words it was answered in."""
    ask(opened, journal, "A.", ["responsibility.incident"])
    for item, value in (
        (PART, "I left."),
        ("responsibility.incident.useful", 4),
        ("responsibility.incident.done", "yes"),
    ):
        journal.save(item, value)
    opened.receive(sealed(journal, "responsibility.incident"))
    [chapter] = opened.page("A.")["chapters"]
    assert [one["foot"] for one in chapter["exercises"]] == [{"done": "yes", "useful": "very"}]


def test_a_page_holds_what_was_shared_and_nothing_else(
    opened: caseload.Caseload, journal: Journal, clock: Clock
) -> None:
    """Answers with versions and comments, what was taken back, safety rules without content, questions, notes."""
    ask(opened, journal, "A.", ["responsibility.incident"], instructions={"responsibility.incident": "One is enough."})
    journal.save(PART, "I left.")
    journal.save(CAMERA, "They asked.")
    journal.save("review.next.session", "yes")
    journal.save("review.next.question", "How do I stop?")
    journal.save("responsibility.incident.trigger", "canaryword")
    opened.receive(sealed(journal, PART, CAMERA, "review.next.question", with_gates=True))
    opened.comment("A.", PART, "Thank you.")
    opened.note("A.", "Ask about January.")
    clock.forward(minutes=10)
    journal.save(PART, "I left without a word.", occasion="2027-01-04")
    opened.page("A.")
    clock.forward(minutes=10)
    opened.receive(sealed(journal, withdraw=[CAMERA]))

    page = opened.page("A.")
    answers = {
        answer["key"]: answer
        for chapter in page["chapters"]
        for exercise in chapter["exercises"]
        for answer in exercise["answers"]
    }
    assert list(answers) == [f"{PART}@2027-01-04", "review.next.question@2027-01-04"]
    part = answers[f"{PART}@2027-01-04"]
    assert (part["label"], part["fresh"], [old["label"] for old in part["versions"]]) == (
        "I left without a word.",
        True,
        ["I left."],
    )
    assert not answers["review.next.question@2027-01-04"]["fresh"]
    assert page["questions"] == ["How do I stop?"]
    assert [gone["prompt"] for gone in page["withdrawn"]] == [definition.load().item(CAMERA).prompt]
    assert [(one["title"], one["state"], one["instruction"]) for one in page["tasks"]] == [
        ("One moment I regret", "begun", "One is enough.")
    ]
    assert {tuple(event) for event in page["gates"]} == {("title", "change", "at")}
    assert [note["text"] for note in page["notes"]] == ["Ask about January."]
    assert "canaryword" not in json.dumps(page)


def test_a_session_summary_is_one_page(opened: caseload.Caseload, journal: Journal, clock: Clock) -> None:
    """What to read before a session: no script, nothing fetched, everything escaped."""
    ask(opened, journal, "A.", ["responsibility"], due=date(2027, 1, 5))
    journal.save(PART, "<script>alert(1)</script>")
    opened.receive(sealed(journal, PART))
    clock.forward(days=3)
    html = opened.summary("A.")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not re.search(r"<script|https?://", html)
    assert "<b>Overdue</b>" in html


# --- asking ---


def test_chapters_and_exercises_are_asked_in_the_order_said() -> None:
    """A chapter stands for its exercises; more can be said about single ones."""
    tasks = asking.tasks_for(
        definition.load(),
        ["space.urges", "responsibility", "space.urges"],
        due=date(2027, 1, 15),
        due_each={"space.urges": date(2027, 1, 20)},
        instructions={"responsibility.incident": "One is enough."},
        repeats={"space.urges": "daily"},
    )
    assert tasks[0] == Task(exercise="space.urges", due=date(2027, 1, 20), repeats="daily")
    assert [task.exercise.partition(".")[0] for task in tasks[1:]] == ["responsibility"] * len(
        definition.load().chapter("responsibility").exercises
    )
    assert {task.due for task in tasks[1:]} == {date(2027, 1, 15)}
    with pytest.raises(UnknownId):
        asking.tasks_for(definition.load(), ["spaces"])
    with pytest.raises(Refused, match="did not ask for it"):
        asking.tasks_for(definition.load(), ["space"], instructions={"responsibility.incident": "?"})


def test_days_that_have_passed_are_said_before_they_are_asked_for() -> None:
    """One day or several, each once; today has not passed, and no day is none."""
    today = date(2027, 1, 4)
    book = definition.load()

    def said(**more: Any) -> str:
        return asking.passed(asking.tasks_for(book, ["space.urges", "space.boundary"], **more), today)

    assert [said(), said(due=today), said(due=date(2027, 1, 5))] == ["", "", ""]
    late = "What is due then is overdue as soon as your client has it."
    assert said(due=date(2027, 1, 3)) == f"3 January 2027 has passed. {late}"
    each = {"space.urges": date(2020, 2, 1)}
    assert said(due=date(2027, 1, 3), due_each=each) == (
        f"2 of these days have passed, the first of them 1 February 2020. {late}"
    )


def test_an_assignment_carries_how_often_own_questions_and_stricter_rules(
    opened: caseload.Caseload, journal: Journal
) -> None:
    """What the counselor chose is what the client's journal asks."""
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    workbook = asking.workbook_for(instruments=[own])
    tasks = asking.tasks_for(workbook, ["space.urges", own.exercise.id], repeats={"space.urges": "daily"})
    packed = opened.assign("A.", tasks, instruments=[own], tighten={"G7": {"closed": "yes"}})
    given = share.given(journal, packed)
    assert f"Adds, written by Dr. Example, not part of Mend: {own.title}." in given.lines
    given.accept()
    assert journal.workbook.exercise("space.urges").repeats == "daily"
    assert journal.workbook.exercise(own.exercise.id).title == own.exercise.title
    assert {gate.id: gate.state for gate in journal.standing().gates}["G7"] == "closed"
    assert (
        journal.standing().closing(own.exercise.id) is not None
    )  # contact is closed, and it does not say it is harmless


def test_the_client_reads_every_rule_that_is_kept_stricter_by_name(opened: caseload.Caseload, journal: Journal) -> None:
    """What closes and what no longer does is named before it is taken in."""
    workbook = definition.load()
    tasks = asking.tasks_for(workbook, ["space.urges"])
    titles = {gate.id: gate.title for gate in workbook.gates}

    def given(tighten: dict[str, Any]) -> list[str]:
        made = share.given(journal, opened.assign("A.", tasks, tighten=tighten))
        made.accept()
        return [line for line in made.lines if "“" in line and "for “A.”" not in line]

    assert given({"G7": {"closed": "yes"}, "G11": {"hold_hours": 48}}) == [
        f"Stays closed, whatever you answer: “{titles['G7']}”.",
        f"Stricter from now on: “{titles['G11']}”.",
    ]
    assert given({"G7": {"closed": "yes"}}) == [
        f"Stays closed, whatever you answer: “{titles['G7']}”.",
        f"Back to Mend's own rule: “{titles['G11']}”.",
    ]


def test_a_language_that_is_not_there_is_said() -> None:
    """No half translated workbook goes out."""
    with pytest.raises(UnknownId, match="not there in “xx”"):
        asking.workbook_for("xx")


def test_no_workbook_is_kept_with_a_client(opened: caseload.Caseload) -> None:
    """What was asked is kept, a few lines; the questions are those of this installation."""
    opened.assign("A.", asking.tasks_for(definition.load(), ["space"]))
    kept = opened.store.records("assignment", opened.client("A.").id)
    assert [set(one.payload) >= {"asks", "token"} for one in kept] == [True]
    assert len(json.dumps(kept[0].payload)) < 3000


# --- keys ---


def test_a_weak_passphrase_makes_no_keys(tmp_path: Path) -> None:
    """Strength is judged before anything is made."""
    with pytest.raises(WeakPassphrase):
        keys.keygen(tmp_path / "new", "password1")
    assert not (tmp_path / "new").exists()


def test_a_recovery_sheet_opens_the_caseload_under_a_new_passphrase(home: Path, keyed: tuple[Path, Any]) -> None:
    """Printed once, it is the way back in; a sheet of another caseload is refused."""
    page = keys.recovery_sheet(home, keyed[1])
    caseload.open_caseload(home, keyed[1]).close()
    assert keys.recover(home, page, "six loud green parrots") == 1
    assert keys.unlock(home, "six loud green parrots") == keyed[1]
    with pytest.raises(SealError):
        keys.unlock(home, PASSPHRASE)
    with pytest.raises(Refused) as said:
        keys.recover(home, page.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2"), PASSPHRASE)
    assert str(said.value) == (
        f"This is not the whole recovery sheet of the caseload in {home}: a key that starts with AGE-SECRET-KEY-1 has "
        "a letter missing or wrong. Compare it with the paper. Small or large letters, blanks and folds do not matter. "
        "Nothing was changed."
    )
    with pytest.raises(Refused, match="does not open the caseload"):
        keys.recover(home, page.replace(keyed[1].store, "ab" * 32), PASSPHRASE)


def _folded(text: str, width: int) -> str:
    return "\n    ".join(text[n : n + width] for n in range(0, len(text), width))


@pytest.mark.parametrize(
    "saved",
    [
        lambda page, key, store: page.encode("utf-16"),
        lambda page, key, store: page.encode("utf-16-le"),
        lambda page, key, store: page.encode("utf-8-sig"),
        lambda page, key, store: page.replace("Dr. Example", "Dr. Müller").encode("latin-1", "replace"),
        lambda page, key, store: f"{key.lower()}\r\n{store.upper()}\r\n".encode(),
        lambda page, key, store: f"The key\n{_folded(key, 20)}\n\nThe store\n{_folded(store, 16)}\n".encode(),
        lambda page, key, store: f"> {' '.join(key)}\n> add {_folded(store, 4).replace(chr(10), ' ')} \n".encode(),
        lambda page, key, store: f"{key[:40]}\u00ad\n{key[40:]}\n{store[:32]}-{store[32:]}".encode(),
    ],
    ids=["utf-16", "utf-16 without its mark", "utf-8 with a mark", "latin-1", "other case", "folded", "quoted", "cut"],
)
def test_a_recovery_sheet_is_read_however_it_was_typed_or_saved(
    home: Path, keyed: tuple[Path, Any], saved: Any
) -> None:
    """Case, grouping, folds and encoding do not matter: the paper is the last way back in."""
    mine = keyed[1]
    found = sheet.read(saved(keys.recovery_sheet(home, mine), mine.identities[0], mine.store))
    assert (found.identities, found.broken) == (mine.identities, 0)
    assert mine.store in found.stores


# --- the same by commands ---


def run(*arguments: object, **environment: str) -> Result:
    outcome = CliRunner().invoke(
        cli.main, [str(each) for each in arguments], env={"WORKBOOK_PASSPHRASE": PASSPHRASE, **environment}
    )
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome


def done(*arguments: object, **environment: str) -> str:
    outcome = run(*arguments, **environment)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


@pytest.mark.process
def test_what_was_done_is_said_also_where_its_name_has_no_place(home: Path, tmp_path: Path) -> None:
    """A client called 李, printed into a file of an older code page, is shown as well as that can be."""
    environ = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "WORKBOOK_PASSPHRASE": PASSPHRASE}
    words = ("assign", "--home", home, "--client", "李", "--only", "space.urges", "-o", tmp_path / "a.assignment")
    said = subprocess.run(
        [sys.executable, "-m", "workbook", *map(str, words)], env=environ, capture_output=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, b"")
    assert b"It asks \\u674e for 1 exercise." in said.stdout


def test_the_documented_commands_make_a_round_trip(tmp_path: Path, clock: Clock) -> None:
    """keygen, assign, open, share, receive, reply, open: as docs/sharing.md says, and then the rights."""
    home, folder, out = tmp_path / "caseload", tmp_path / "journal", tmp_path
    said = done("keygen", "--home", home, "--name", "Dr. Example", "--recovery-sheet", out / "sheet.html")
    assert said.startswith(say("sharing.keys.lost"))
    assert "AGE-SECRET-KEY-1" in (out / "sheet.html").read_text()
    ids = "responsibility,space"
    done("assign", "--home", home, "--client", "A.", "--only", ids, "--due", "2027-01-15", "-o", out / "a.assignment")

    with journal_of(folder, clock) as journal:  # `workbook open a.assignment` would go on to serve it
        given = share.given(journal, (out / "a.assignment").read_bytes())
        assert given.lines[0] == "From Dr. Example, for “A.”."
        given.accept()
        journal.save(PART, "I left.")
        journal.save("responsibility.take.line", "canaryword")
    done("share", "--journal", folder, "--include", "responsibility.incident", "-o", out / "a.submission")

    assert done("receive", "--home", home, out / "a.submission") == "A.: 1 new.\n"
    again = done("receive", "--home", home, out / "a.submission")
    assert again == "A.: this file was received before. Nothing changed.\n"
    comment = f"{PART}=Thank you for this."
    done("reply", "--home", home, "--client", "A.", "--comment", comment, "-o", out / "a.feedback")
    with Journal.open(folder, now=clock) as journal:
        share.given(journal, (out / "a.feedback").read_bytes()).accept()
        assert [one.payload["text"] for one in journal.store.records("comment")] == ["Thank you for this."]

    about = ("caseload", "--home", home, "--client", "A.")
    assert "A." in done("caseload", "--home", home, "--list")
    done(*about, "--summary", out / "session.html")
    done(*about, "--export", out / "record.json", "--keep-until", "2027-12-31")
    record = json.loads((out / "record.json").read_text())
    assert [answer["value"] for answer in record["answers"]] == ["I left."]
    done(*about, "--revoke")
    assert run("receive", "--home", home, out / "a.submission").exit_code == 1
    assert done(*about, "--erase").startswith("A. is erased. 0 of their records are left.")
    audit = done("caseload", "--home", home, "--audit")
    assert "erased" in audit
    assert "A." not in audit
    everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"canaryword" not in everything


def test_a_questionnaire_given_along_is_asked_for_too(tmp_path: Path, clock: Clock) -> None:
    """Whatever else is named, in one option or several; and the folder of a next command is quoted where it must be."""
    home, file, own = tmp_path / "case load", tmp_path / "a.assignment", "tests/cases/instrument-example.yaml"
    assert f"workbook assign --home {files.typed(home)} --client A." in done("keygen", "--home", home)
    named = ("--only", "space.urges, communication.pause,", "--only", "start.privacy")
    done("assign", "--home", home, "--client", "A.", *named, "--instrument", resources.data().parent / own, "-o", file)
    with journal_of(tmp_path / "journal", clock) as journal:
        share.given(journal, file.read_bytes()).accept()
        asked = [] if journal.assigned is None else [task.exercise for task in journal.assigned.asks.tasks]
    assert asked == ["space.urges", "communication.pause", "start.privacy", "instruments.calm"]
    refused = run("assign", "--home", home, "--client", "B.", "--only", " , ", "-o", tmp_path / "b.assignment")
    assert (refused.exit_code, "There is no id between the commas." in refused.stderr) == (2, True)


def test_keys_are_renewed_by_command(tmp_path: Path) -> None:
    """Another passphrase, a new key, and the way back in with the sheet."""
    home, other = tmp_path / "caseload", "six loud green parrots"
    done("keygen", "--home", home)
    assert "already holds a caseload" in run("keygen", "--home", home).stderr
    done("keygen", "--home", home, "--change-passphrase", WORKBOOK_NEW_PASSPHRASE=other)
    assert "not right" in run("keygen", "--home", home, "--rotate").stderr
    sheet = tmp_path / "sheet.html"
    assert "age1" in done("keygen", "--home", home, "--rotate", "--recovery-sheet", sheet, WORKBOOK_PASSPHRASE=other)
    done("keygen", "--home", home, "--recover", sheet, WORKBOOK_NEW_PASSPHRASE=PASSPHRASE)
    assert len(keys.unlock(home, PASSPHRASE).identities) == 2


def test_a_folder_gives_every_good_file_whatever_the_others_are(tmp_path: Path, clock: Clock) -> None:
    """By what is in a file and not by its name; what was passed over is named for what it is."""
    home, post = tmp_path / "caseload", tmp_path / "post"
    (post / "march").mkdir(parents=True)
    done("keygen", "--home", home, "--name", "Dr. Example")
    for name, place in (("A.", "a.submission.txt"), ("B.", "march/b.submission"), ("C.", "no-ending")):
        done(
            "assign", "--home", home, "--client", name, "--only", "responsibility", "-o", tmp_path / f"{name}assignment"
        )
        with journal_of(tmp_path / f"journal-{name}", clock) as journal:
            share.given(journal, (tmp_path / f"{name}assignment").read_bytes()).accept()
            journal.save(PART, f"I left, {name}")
            (post / place).write_bytes(sealed(journal, PART))
    good = (post / "no-ending").read_bytes()
    (post / "._a.submission").write_bytes(b"\x00\x05\x16\x07\x00\x02")
    (post / "all.zip").write_bytes(b"PK\x03\x04...")
    (post / "letter.assignment").write_bytes((tmp_path / "A.assignment").read_bytes())
    (post / "x\x1b[31m.submission").write_bytes(good[:-5])
    (post / "empty.submission").write_bytes(b"")
    (post / ".localized").write_bytes(b"")  # a Mac leaves such a file in folders of its own
    outcome = run("receive", "--home", home, post)
    assert outcome.stdout.splitlines() == ["A.: 1 new.", "B.: 1 new.", "C.: 1 new."]
    said = [line for line in outcome.stderr.splitlines() if line]
    assert said == [
        "._a.submission: This is a file that a Mac makes beside others; nothing of yours is in it. "
        "What is needed here ends in .submission. Nothing was changed.",
        ".localized: This file is empty: it was cut off while it was copied or sent. "
        "What is needed here ends in .submission. Nothing was changed.",
        "all.zip: This is a packed folder. Unpack it first. What is needed here ends in .submission. "
        "Nothing was changed.",
        "letter.assignment: This is an assignment: a counselor makes it for a client, who opens it in their journal. "
        "What is needed here ends in .submission. Nothing was changed.",
        "empty.submission: This file is empty: it was cut off while it was copied or sent. "
        "What is needed here ends in .submission. Nothing was changed.",
        "x[31m.submission: This file was not sealed for this key, or it is damaged. Ask the sender to make it again, "
        "and check that it comes from the right person.",
        "Passed over: 4 files that are no submission.",
        "Error: 2 files of 9 could not be taken in.",
    ]
    assert outcome.exit_code == 1
    again = run("receive", "--home", home, post / "letter.assignment")
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (
        1,
        "Error: There is no submission here. Nothing was changed.",
    )


def test_names_and_words_can_be_given_in_a_file(tmp_path: Path, clock: Clock) -> None:
    """So that they stand neither in the list of processes nor in a shell's history."""
    home, name = tmp_path / "caseload", tmp_path / "name.txt"
    name.write_text("Heron\n", encoding="utf-8-sig")
    (tmp_path / "words.txt").write_text("One moment is enough.\n")
    done("keygen", "--home", home)
    instruction = f"responsibility.incident=@{tmp_path / 'words.txt'}"
    ids = ("--only", "responsibility", "--instruction", instruction)
    done("assign", "--home", home, "--client", f"@{name}", *ids, "-o", tmp_path / "a.assignment")
    with journal_of(tmp_path / "journal", clock) as journal:
        given = share.given(journal, (tmp_path / "a.assignment").read_bytes())
        given.accept()
        assert given.lines[0] == "From Your counselor, for “Heron”."
        assert "One moment is enough." in {task.instruction for task in journal.assigned.asks.tasks}
        assert done("share", "--journal", journal.path, "--words") == " ".join(share.words(journal)) + "\n"
    missing = run("caseload", "--home", home, "--client", "@nowhere.txt", "--words")
    assert (missing.exit_code, "cannot be read as a text" in missing.stderr) == (2, True)
    store = run("caseload", "--home", home, "--client", f"@{name}", "--words", "--store", "@nowhere.txt")
    assert (store.exit_code, "'--store': “nowhere.txt” cannot be read as a text" in store.stderr) == (2, True)
    said = done("caseload", "--home", home, "--client", f"@{name}", "--words")
    assert said == "Nothing has come from Heron yet.\n"


def test_another_key_waits_at_the_command_too(tmp_path: Path, clock: Clock) -> None:
    """Without a terminal nothing is taken in that needs a yes, unless it is said with --sure."""
    home = tmp_path / "caseload"
    done("keygen", "--home", home)
    done("assign", "--home", home, "--client", "A.", "--only", "responsibility", "-o", tmp_path / "a.assignment")
    for number in (1, 2):  # the second journal is another one, with another key
        with journal_of(tmp_path / f"journal-{number}", clock) as journal:
            share.given(journal, (tmp_path / "a.assignment").read_bytes()).accept()
            journal.save(PART, f"words {number}")
            (tmp_path / f"{number}.submission").write_bytes(sealed(journal, PART))
    assert done("receive", "--home", home, tmp_path / "1.submission") == "A.: 1 new.\n"
    held = run("receive", "--home", home, tmp_path / "2.submission")
    assert (held.exit_code, held.stdout) == (1, "")
    assert "2.submission: A.: waits for your yes. This file is signed with another key than before." in held.stderr
    assert done("receive", "--home", home, "--sure", tmp_path / "2.submission") == "A.: 1 new.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("receive", "nothing.submission"), "There is no file nothing.submission"),
        (("caseload", "--list", "--home", "nowhere"), "nowhere holds no caseload"),
        (("caseload", "--erase"), "Say which client, with --client NAME."),
        (("caseload", "--client", "A."), "Say what to do"),
        (("open", "a.assignment.txt"), "There is no file a.assignment.txt"),
        (("open", "a.assigment"), "There is no file a.assigment"),
        (("open", "A.Feedbak", "--no-browser"), "There is no file A.Feedbak"),
        (("open", "letters/a.submission"), "There is no file letters/a.submission"),
        (("open", "10-responsibility.ipynb"), "There is no file 10-responsibility.ipynb"),
        (("open", "from my counselor", "--journal", "mine"), "There is no file from my counselor"),
        (("assign", "--client", "A.", "--due", "soon", "-o", "new.assignment"), "“soon” is not a day"),
        (("caseload", "--client", "A.", "--keep-until", "soon"), "“soon” is not a day"),
        (("assign", "--client", "A.", "--only", "spce", "-o", "new.assignment"), "spce"),
        (("assign", "--client", "A.", "--instruction", "space", "-o", "new.assignment"), "needs a name"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    outcome = run(*arguments)
    assert outcome.exit_code in (1, 2)
    assert sentence in outcome.stderr
    assert "Traceback" not in outcome.output
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_or_a_passphrase_the_command_says_so(home: Path) -> None:
    """A script is told where the passphrase is read from."""
    assert "Put it in WORKBOOK_PASSPHRASE." in run("caseload", "--home", home, "--list", WORKBOOK_PASSPHRASE="").stderr


def test_a_store_whose_part_is_missing_says_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mend is whole without PostgreSQL's part, so nobody is told to install Mend again."""
    home = tmp_path / "caseload"
    done("keygen", "--home", home)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = run("caseload", "--list", "--home", home, "--store", "postgresql://nowhere/x")
    assert (found.exit_code, found.stdout, found.stderr) == (
        1,
        "",
        "Error: This needs a part that is not installed, psycopg."
        ' To install it: pip install "mend-workbook[postgresql]"\n',
    )
