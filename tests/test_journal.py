"""A journal is one folder: what was answered in it is found again tomorrow, by anyone who may."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.clock import Clock
from tests.safe_answers import SAFE, answer_safely
from workbook import definition
from workbook.answers.kinds import Response
from workbook.answers.progress import Progress
from workbook.assessment.frame import COLUMNS
from workbook.errors import Closed, InvalidAnswer, JournalError, UnknownId
from workbook.journal import Journal, find, open_journal
from workbook.storage.store import PAUSE

PART = "responsibility.incident.my_part"


@pytest.fixture
def fresh(tmp_path: Path, clock: Clock):
    with open_journal(tmp_path / "Mend", now=clock) as journal:
        yield journal


@pytest.fixture
def journal(fresh: Journal) -> Journal:
    """A journal whose safety questions are answered, so that every exercise is open."""
    answer_safely(fresh.save)
    return fresh


class Page:
    """A form as a browser sees it: what it sends, and every message it gets."""

    def __init__(self, journal: Journal, exercise: str, name: str = "page one") -> None:
        self.form, self.name, self.seq, self.heard = journal.exercise(exercise), name, 0, []
        self.form.send = lambda content, buffers=None: self.heard.append(content)

    def say(self, **message: object) -> dict[str, object]:
        self.heard.clear()
        self.form._receive(self.form, message | {"page": self.name}, [])
        return self.heard[-1]

    def answer(self, item: str, value: object, occasion: str = "once", **more: object) -> dict[str, object]:
        self.seq += 1
        fields = {"item": item, "value": value, "occasion": occasion, "status": "answered", "seen": 0} | more
        return self.say(type="answer", seq=self.seq, **fields)


# --- the folder ---


def test_a_new_journal_is_private_to_its_owner(fresh: Journal):
    """Folders are 0700 and files 0600, whatever the umask says."""
    fresh.save("start.privacy.shared_device", "no")

    hidden = fresh.path / ".mend"
    modes = {
        str(path.relative_to(fresh.path)): stat.S_IMODE(path.stat().st_mode)
        for path in (fresh.path, hidden, *hidden.rglob("*"))
    }
    assert {name: mode for name, mode in modes.items() if mode not in (0o700, 0o600)} == {}
    assert {".mend/answers.sqlite", ".mend/journal.json", ".mend/backups", ".mend/keys"} <= modes.keys()


def test_a_journal_opens_again_with_everything_in_it(journal: Journal, clock: Clock):
    """Close and open: the answer, its refusals and its history are there."""
    journal.save(PART, "I shouted.")
    clock.forward(minutes=5)
    journal.save(PART, status="skipped")
    journal.close()

    with open_journal(journal.path, now=clock) as again:
        assert again.responses()[PART, "2026-03-02"] == Response(None, "skipped", clock())
        history = again.history()
        kept = history[history["item"] == PART][["version", "value", "status", "label"]]
        assert kept.to_dict("records") == [
            {"version": 1, "value": "I shouted.", "status": "answered", "label": "I shouted."},
            {"version": 2, "value": None, "status": "skipped", "label": "Skipped"},
        ]


@pytest.mark.process
def test_without_a_path_the_nearest_journal_is_opened(tmp_path: Path, fresh: Journal):
    """$WORKBOOK_HOME, else the folder above the notebook, else ~/Mend."""
    inside = fresh.path / "pictures"
    inside.mkdir()
    where = "import os; os.environ.pop('WORKBOOK_HOME', None); from workbook.journal import find; print(find())"
    environ = {"HOME": str(tmp_path), "PATH": ""}

    def found(folder: Path) -> str:
        return subprocess.run(
            [sys.executable, "-c", where], cwd=folder, env=environ, check=True, capture_output=True, text=True
        ).stdout.strip()

    assert found(inside) == str(fresh.path)
    assert found(tmp_path) == str(tmp_path / "Mend")
    assert find(environ={"WORKBOOK_HOME": "/somewhere"}) == Path("/somewhere")
    assert find(tmp_path, environ={"WORKBOOK_HOME": "/somewhere"}) == tmp_path


def test_a_folder_with_other_things_is_not_made_into_a_journal(tmp_path: Path):
    """Someone else's folder stays as it is."""
    (tmp_path / "holiday.txt").write_text("sun")

    with pytest.raises(JournalError) as refused:
        open_journal(tmp_path)

    assert str(refused.value) == (
        f"{tmp_path} is not a journal, and it is not empty. Choose another folder, or make a new one: "
        f"workbook open {tmp_path / 'Mend'}"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.txt"]


@pytest.mark.parametrize("left", [".DS_Store", "desktop.ini", "Thumbs.db", "._Mend", ".directory"])
def test_a_folder_someone_has_only_looked_into_is_empty(tmp_path: Path, clock: Clock, left: str):
    """What a file manager leaves behind does not keep a folder from becoming a journal, or from taking a backup."""
    for name in ("new", "copy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / left).write_bytes(b"x")
    with open_journal(tmp_path / "new", now=clock) as journal:
        assert journal.backup(tmp_path / "copy") == tmp_path / "copy"


def test_a_missing_parent_folder_is_said(tmp_path: Path):
    """One sentence, no traceback."""
    with pytest.raises(JournalError) as refused:
        open_journal(tmp_path / "gone" / "Mend")

    assert str(refused.value) == (f"{tmp_path / 'gone'} does not exist. Make that folder first, or choose another.")


@pytest.mark.parametrize("text", ["", "[]", '{"format": "x"}', "{"])
def test_a_broken_mark_is_said_and_changes_nothing(fresh: Journal, text: str):
    """What cannot be read is not guessed at."""
    fresh.close()
    mark = fresh.path / ".mend" / "journal.json"
    mark.write_text(text)

    with pytest.raises(JournalError, match="cannot be read, so it is not certain"):
        open_journal(fresh.path)
    assert mark.read_text() == text


def test_a_journal_from_a_newer_version_is_refused(fresh: Journal):
    """An older program does not touch it."""
    fresh.close()
    (fresh.path / ".mend" / "journal.json").write_text('{"format": 2, "id": "x"}')

    with pytest.raises(JournalError) as refused:
        open_journal(fresh.path)

    assert str(refused.value) == (
        f"{fresh.path} was made by a newer version of Mend (format 2; this one knows 1). "
        "Nothing was changed. Install the newer version to open it."
    )


# --- saving ---


def test_a_saved_answer_keeps_the_words_it_answered(journal: Journal):
    """Prompt, label, kind and meaning are stored with the value, in the words of that day."""
    item = journal.workbook.item("responsibility.rating.named")
    saved = journal.save(item.id, 3)

    assert (saved.exercise, saved.occasion, saved.value, saved.label) == (
        "responsibility.rating",
        "2026-03-02",
        3,
        item.points[3],
    )
    assert (saved.prompt, saved.kind, saved.fingerprint) == (item.prompt, "scale", definition.fingerprint(item))


@pytest.mark.parametrize(
    ("item", "value", "more", "error"),
    [
        ("responsibility.incident.my_partt", "x", {}, UnknownId),
        ("responsibility.rating.named", 9, {}, InvalidAnswer),
        (PART, 7, {}, InvalidAnswer),
        (PART, "x", {"occasion": "yesterday"}, InvalidAnswer),
        (PART, "x", {"occasion": "once"}, InvalidAnswer),
        (PART, "x", {"occasion": "2026-02-30"}, InvalidAnswer),
        (PART, "x", {"occasion": "2026-03-02-02"}, InvalidAnswer),
        ("responsibility.rating.named", 3, {"occasion": "2026-03-03"}, InvalidAnswer),  # not a Monday
        ("start.privacy.shared_device", "no", {"occasion": "2026-03-02"}, InvalidAnswer),
        (PART, "x", {"status": "inactive"}, InvalidAnswer),
    ],
)
def test_what_does_not_fit_is_refused_and_not_stored(journal: Journal, item, value, more, error):
    """The value, the occasion and the id are judged before anything is written."""
    before = journal.history()

    with pytest.raises(error):
        journal.save(item, value, **more)

    pd.testing.assert_frame_equal(journal.history(), before)


def test_a_cleared_answer_is_blank_again_but_stays_in_history(journal: Journal, clock: Clock):
    """Clearing is a version like any other."""
    journal.save(PART, "I shouted.")
    journal.save(PART, status="blank")

    assert (PART, "2026-03-02") not in journal.responses()
    assert PART not in set(journal.answers()["item"])
    history = journal.history()
    assert list(history[history["item"] == PART]["status"]) == ["answered", "blank"]


def test_two_kernels_see_each_other(journal: Journal, clock: Clock):
    """What one page saved, another reads, without opening again."""
    with open_journal(journal.path, now=clock) as other:
        other.save(PART, "from the other page")
        assert journal.responses()[PART, "2026-03-02"].value == "from the other page"
        journal.save(PART, "from this one")
        assert other.responses()[PART, "2026-03-02"].value == "from this one"
        assert [v.value for v in other.store.history(exercise="responsibility.incident")] == [
            "from the other page",
            "from this one",
        ]


# --- safety ---


def test_a_fresh_journal_is_closed_until_the_first_questions_are_answered(fresh: Journal):
    """Who else can read this comes before any words; the questions themselves are always open."""
    with pytest.raises(Closed, match="is closed for now: "):
        fresh.save(PART, "I shouted.")

    answer_safely(fresh.save)
    assert fresh.save(PART, "I shouted.").version == 1


def test_a_gate_that_closes_stops_new_answers_and_keeps_the_old(journal: Journal, clock: Clock):
    """Every way to a closed exercise goes through the gate; what was written stays readable."""
    journal.save("responsibility.apology.letter", _letter(journal))
    clock.forward(minutes=1)
    journal.save("start.safety.binds_me", "yes")
    clock.forward(minutes=5)

    with pytest.raises(Closed):
        journal.save("responsibility.apology.letter", _letter(journal))

    assert "responsibility.apology.letter" in set(journal.answers()["item"])
    assert [event for event in journal.gate_events() if event["gate"] == "G5"] == [
        {"gate": "G5", "change": "closed", "at": clock() - timedelta(minutes=5)}
    ]
    assert journal.standing().closing("responsibility.apology") is not None


def test_words_on_their_way_when_a_gate_closes_are_kept(journal: Journal, clock: Clock):
    """A save that comes within two minutes of the closing is stored: nobody loses a sentence to a rule."""
    journal.save("start.now.thoughts", ["suicide"])
    clock.forward(seconds=PAUSE.seconds - 1)
    assert journal.save(PART, "still typing").value == "still typing"

    clock.forward(seconds=1)
    with pytest.raises(Closed):
        journal.save(PART, "later")


def test_a_gate_closed_in_another_kernel_holds_here(journal: Journal, clock: Clock):
    """A second page cannot be a way around a rule."""
    with open_journal(journal.path, now=clock) as other:
        other.save("start.now.thoughts", ["suicide"])
    clock.forward(minutes=10)

    with pytest.raises(Closed):
        journal.save(PART, "around it")


def test_each_closing_is_logged_once(journal: Journal, clock: Clock):
    """The log says when a rule closed and opened, never why, however many kernels looked."""
    with open_journal(journal.path, now=clock) as other:
        journal.save("start.safety.binds_me", "yes")
        other.save("start.wellbeing.sleep", 3)
    journal.save("start.safety.binds_me", "no")

    log = [(event["gate"], event["change"]) for event in journal.gate_events()]
    assert log.count(("G5", "closed")) == 1
    assert "yes" not in repr(journal.gate_events())


# --- occasions and progress ---


@pytest.mark.parametrize(
    ("exercise", "day", "occasion"),
    [
        ("start.privacy", "2026-03-04", "once"),
        ("responsibility.rating", "2026-03-02", "2026-03-02"),
        ("responsibility.rating", "2026-03-08", "2026-03-02"),
        ("responsibility.rating", "2027-01-01", "2026-12-28"),
        ("improvement.log", "2028-02-29", "2028-02-29"),
        ("improvement.goals", "2028-02-29", "2028-02-01"),
        ("responsibility.incident", "2026-03-04", "2026-03-04"),
    ],
)
def test_an_answer_belongs_to_its_period(fresh: Journal, clock: Clock, exercise: str, day: str, occasion: str):
    """A week starts on Monday, a month on its first day, a day is the day where the person is."""
    clock.time = datetime.fromisoformat(f"{day}T23:30:00+09:00")

    assert fresh.occasion_now(exercise) == occasion


def test_an_unfinished_filling_goes_on_and_a_finished_one_makes_room(journal: Journal, clock: Clock):
    """What repeats any time resumes tomorrow, until it is marked as done."""
    journal.save(PART, "begun")
    clock.forward(days=3)
    assert journal.occasion_now("responsibility.incident") == "2026-03-02"

    answer_safely(journal.save)  # each sitting asks again
    journal.save("responsibility.incident.done", "yes")
    assert journal.occasion_now("responsibility.incident") == "2026-03-05"
    journal.save(PART, "another")
    journal.save("responsibility.incident.done", "yes")
    assert journal.occasion_now("responsibility.incident") == "2026-03-05-2"
    assert journal.occasions("responsibility.incident") == ["2026-03-02", "2026-03-05"]


def test_progress_counts_what_is_asked_and_answered(journal: Journal):
    """Answered and skipped both count; the form's own foot does not."""
    items = [item.id for item in journal.workbook.exercise("responsibility.rating").questions]
    for item in items[:3]:
        journal.save(item, 2)
    journal.save(items[3], status="skipped")
    exercise = journal.workbook.exercise("responsibility.rating")

    assert journal.progress("responsibility")[0] == Progress(
        exercise="responsibility.rating",
        title=exercise.title,
        occasion="2026-03-02",
        answered=4,
        total=6,
        done=False,
        minutes=round(exercise.minutes * 2 / 6),
        closed=False,
    )
    assert len(journal.progress()) == sum(not exercise.retired for exercise in journal.workbook.exercises)


# --- tables ---


def test_answers_is_one_row_per_current_answer(journal: Journal, clock: Clock):
    """The columns are the documented ones, in order, with their dtypes."""
    journal.save(PART, "first")
    clock.forward(hours=1)
    journal.save(PART, "second")
    answers = journal.answers()

    assert {name: str(dtype) for name, dtype in answers.dtypes.items()} == COLUMNS
    assert len(answers) == len(SAFE) + 1
    row = answers[answers["item"] == PART].iloc[0].to_dict()
    assert pd.isna(row.pop("score"))
    assert row == {
        "chapter": "responsibility",
        "exercise": "responsibility.incident",
        "occasion": "2026-03-02",
        "item": PART,
        "kind": "longtext",
        "prompt": journal.workbook.item(PART).prompt,
        "value": "second",
        "label": "second",
        "status": "answered",
        "share": journal.share_level(PART),
        "answered_at": pd.Timestamp(clock()),
    }


def test_an_empty_journal_has_an_empty_table(fresh: Journal):
    """No answers is a table without rows, not an error."""
    assert {name: str(dtype) for name, dtype in fresh.answers().dtypes.items()} == COLUMNS
    assert (len(fresh.answers()), len(fresh.history())) == (0, 0)


# --- the form ---


def test_a_form_saves_and_a_second_one_reads(journal: Journal):
    """What was typed in one page is in the next one that opens."""
    page = Page(journal, "responsibility.incident")
    opened = page.say(type="ready")
    saved = page.answer(PART, "I shouted.", opened["occasion"])

    assert (saved["type"], saved["version"], saved["overtaken"]) == ("saved", 1, False)
    again = Page(journal, "responsibility.incident", "page two").say(type="ready")
    assert again["answers"] == {
        PART: {"value": "I shouted.", "status": "answered", "at": saved["at"], "version": 1, "hints": []}
    }
    assert again["journal"] == json.loads((journal.path / ".mend" / "journal.json").read_text())["id"]


def test_the_earlier_of_two_pages_hears_that_it_was_overtaken(journal: Journal):
    """Two pages of one exercise: the later answer wins, both stay, and the page that did not know is told."""
    one, two = Page(journal, "start.hopes", "one"), Page(journal, "start.hopes", "two")
    item = next(item.id for item in journal.workbook.exercise("start.hopes").items if item.kind == "longtext")

    assert one.answer(item, "from one", seen=0)["overtaken"] is False
    assert two.answer(item, "from two", seen=0)["overtaken"] is True
    assert one.answer(item, "from one again", seen=1)["overtaken"] is True
    assert [version.value for version in journal.store.history(exercise="start.hopes")] == [
        "from one",
        "from two",
        "from one again",
    ]


def test_typing_in_one_page_is_one_version(journal: Journal, clock: Clock):
    """Saves of one page less than two minutes apart are one version, and none of them overtakes itself."""
    page = Page(journal, "responsibility.incident")
    said = []
    for words in ("I", "I shout", "I shouted."):
        said.append(page.answer(PART, words, "2026-03-02", seen=len(said) and 1))
        clock.forward(seconds=20)

    assert [(reply["version"], reply["overtaken"]) for reply in said] == [(1, False)] * 3


def test_a_closed_form_reads_why_and_saves_nothing(fresh: Journal):
    """A form is always shown; what it says first is why it is closed."""
    page = Page(fresh, "responsibility.incident")

    closed = page.say(type="ready")["closed"]
    assert closed["title"]
    assert closed["html"].startswith("<")
    assert page.answer(PART, "x", "2026-03-02")["type"] == "refused"


def test_an_answer_that_opens_a_gate_tells_the_other_forms(fresh: Journal):
    """Forms on one page read again when a rule moves."""
    incident = Page(fresh, "responsibility.incident")
    privacy = Page(fresh, "start.privacy")
    privacy.answer("start.privacy.shared_device", "no")
    incident.heard.clear()
    privacy.answer("start.privacy.watched", "no")

    assert {"type": "changed"} in incident.heard


def test_a_form_begun_before_midnight_still_offers_the_day_it_shows(journal: Journal, clock: Clock):
    """Nothing is saved in it yet, and its page goes on with it: it stands among the days, under its own name."""
    page = Page(journal, "improvement.log")
    page.say(type="ready")
    clock.forward(days=1)
    read = page.say(type="refresh", occasion="2026-03-02")
    assert (read["occasion"], read["occasions"]) == (
        "2026-03-02",
        [
            {"id": "2026-03-03", "label": "Today", "current": True},
            {"id": "2026-03-02", "label": "2 March 2026", "current": False},
        ],
    )


def test_a_repeating_form_offers_its_occasions(journal: Journal, clock: Clock):
    """This week first, earlier weeks in words; only this week is open for writing."""
    journal.save("responsibility.rating.named", 2)
    clock.forward(days=7)

    read = Page(journal, "responsibility.rating").say(type="ready")
    assert (read["occasion"], read["occasions"]) == (
        "2026-03-09",
        [
            {"id": "2026-03-09", "label": "This week", "current": True},
            {"id": "2026-03-02", "label": "Week of 2 March 2026", "current": False},
        ],
    )


# --- what a counselor gave ---


def test_an_assigned_workbook_asks_from_now_on(journal: Journal, clock: Clock):
    """The assigned definition is kept with the answers and found on the next opening; no answer changes."""
    journal.save(PART, "kept")
    fewer = journal.workbook.model_copy(
        update={"chapters": tuple(one for one in journal.workbook.chapters if one.id != "responsibility")}
    )
    journal.install(fewer)
    journal.close()

    with open_journal(journal.path, now=clock) as again:
        assert again.workbook == fewer
        answers = again.answers().set_index("item")
        assert (answers.loc[PART, "status"], answers.loc[PART, "share"]) == ("retired", "private")
        assert answers.loc[PART, "value"] == "kept"


def test_the_key_of_a_journal_stays_the_same(fresh: Journal, clock: Clock):
    """Feedback sealed to a client today opens tomorrow."""
    key = fresh.key
    fresh.close()

    with open_journal(fresh.path, now=clock) as again:
        assert again.key == key
        assert key.startswith("AGE-SECRET-KEY-")
    assert not list((fresh.path / ".mend" / "keys").iterdir())


def _letter(journal: Journal) -> dict[str, str]:
    parts = journal.workbook.item("responsibility.apology.letter").parts
    return {next(iter(parts)): "I am sorry."}


def test_what_is_shown_is_found_in_time_that_grows_with_the_answers_alone(journal: Journal):
    """Twice the occasions take twice the steps, not four times: years of a daily log are no burden."""

    def steps(days: int) -> int:
        item = journal.workbook.item("improvement.log.planned")
        for day in range(days):
            journal.store.save(
                item=item.id,
                exercise=item.exercise_id,
                occasion=(datetime(2020, 1, 1) + timedelta(days=day)).date().isoformat(),  # noqa: DTZ001 # a day only
                **{"value": 1, "status": "answered", "prompt": "", "label": "1", "kind": "number", "fingerprint": ""},
            )
        journal._reading.forget()
        journal.responses()
        counted = 0

        def count(frame, event, argument):
            nonlocal counted
            counted += event == "line"
            return count if frame.f_code.co_filename.endswith(("journal.py", "reading.py", "shown.py")) else None

        before = sys.gettrace()
        sys.settrace(count)
        try:
            assert len(journal.active()) > days
        finally:
            sys.settrace(before)
        return counted

    small, large = steps(100), steps(400)
    assert large < 4.4 * small
