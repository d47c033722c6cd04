"""What a counselor looks at holds each count, day and word it should, and is worked out anew only where that is due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock
from tests.test_arriving import AT, back, caseload_in, given, sent
from workbook import definition, resources
from workbook.definition.asks import Task
from workbook.sharing import kept, looking, overview
from workbook.sharing.bundles import GateEvent
from workbook.sharing.kept import Glance, Submitted
from workbook.words import listed, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.sharing.caseload import Caseload

INCIDENT = "responsibility.incident"
WORKBOOK = definition.load()
GATE = next(one.title for one in WORKBOOK.gates if one.id == "G5")
EVENTS = (GateEvent(gate="G5", change="closed", at=AT), GateEvent(gate="gone", change="opened", at=AT))


@pytest.fixture
def clock() -> Clock:
    return Clock(AT)


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Caseload]:
    with caseload_in(tmp_path, clock) as opened:
        yield opened


def done(day: int = 4) -> Any:
    return given(day, item=f"{INCIDENT}.done", kind="choice", value='"yes"', label="Yes")


def row(opened: Caseload, name: str = "A.") -> dict[str, Any]:
    """What an overview says of one client, without the scales; a count is a number, and nothing is None."""
    table = opened.overview().astype(object)
    found = table.where(table.notna(), None).set_index("client").loc[name].to_dict()
    return {column: found[column] for column in (*overview.CLIENT_COLUMNS[1:], "revoked", "keep_until", "damaged")}


def test_one_row_says_how_far_a_client_is(opened: Caseload, clock: Clock) -> None:
    """What is asked, done, overdue and due next, when something came last, and how much since the page was seen."""
    days = {INCIDENT: date(2027, 1, 3), "space.urges": date(2027, 1, 4), "start.privacy": date(2027, 1, 9)}
    opened.assign("A.", [Task(exercise=one, due=day) for one, day in days.items()])
    nothing = {
        "id": opened.client("A.").id, "since": AT, "last": None, "asked": 3, "done": 0, "overdue": 1,
        "due": date(2027, 1, 3), "new": 0, "gates": 0, "revoked": False, "keep_until": None, "damaged": "",
    }  # fmt: skip
    assert row(opened) == nothing
    clock.forward(minutes=10)
    opened.receive(sent(opened, given(), given(5), gates=EVENTS))
    first = nothing | {"last": AT + timedelta(minutes=10), "new": 2, "gates": 2}
    assert row(opened) == first
    opened.page("A.", look=False)
    assert row(opened)["new"] == 2
    opened.page("A.")  # in the same moment in which it came
    assert row(opened) == first | {"new": 0}
    clock.forward(minutes=10)
    opened.receive(sent(opened, done(), minute=1))
    opened.keep_until("A.", date(2027, 12, 31))
    opened.revoke("A.")
    assert row(opened) == first | {
        "last": AT + timedelta(minutes=20), "done": 1, "overdue": 0, "due": date(2027, 1, 4), "new": 1,
        "revoked": True, "keep_until": date(2027, 12, 31),
    }  # fmt: skip
    assert (row(opened, "B.")["asked"], row(opened, "B.")["due"], row(opened, "B.")["new"]) == (1, None, 0)


def test_a_glance_is_worked_out_once_for_what_came(opened: Caseload, clock: Clock) -> None:
    """Again when something comes or something else is asked, of that client alone, and never of damaged records."""
    opened.receive(sent(opened, given()))
    who, other = opened.client("A.").id, opened.client("B.").id
    assert opened.glances() == {
        who: {"exercises": {INCIDENT: "begun"}, "change": {}, "of": opened.glances()[who]["of"]}
    }
    glance = kept.of(opened.store, Glance, who)
    noted = Glance(exercises={INCIDENT: "noted"}, change={}, of=glance.all()["glance"].of)
    glance.put("glance", noted)
    clock.forward(minutes=1)
    opened.receive(sent(opened, given(), token=opened.client("B.").token))
    assert {one: found["exercises"] for one, found in opened.glances().items()} == {
        who: {INCIDENT: "noted"},
        other: {INCIDENT: "begun"},
    }
    opened.receive(sent(opened, done(), minute=1))
    assert opened.glances()[who]["exercises"] == {INCIDENT: "done"}
    glance.put("glance", noted.model_copy(update={"of": opened.glances()[who]["of"]}))
    assert opened.glances()[who]["exercises"] == {INCIDENT: "noted"}
    opened.assign("A.", [Task(exercise=INCIDENT, repeats="daily")])
    assert opened.glances()[who]["exercises"] == {INCIDENT: "done"}
    glance.put("glance", noted)
    opened.store.record("submission", "damaged", {"made_at": 5}, client=who)
    assert opened.glances()[who]["exercises"] == {INCIDENT: "noted"}


def test_the_newest_file_renews_a_glance_and_an_older_one_does_not_hide_it(opened: Caseload, clock: Clock) -> None:
    """Of several the last that came, in whichever order they stand."""
    for minute in range(4):
        clock.forward(minutes=1)
        opened.receive(sent(opened, given(words=str(minute)), minute=minute))
    newest = max(one.at for one in kept.of(opened.store, Submitted, opened.client("A.").id).rows())
    assert opened.glances()[opened.client("A.").id]["of"].startswith(f"{newest.isoformat()} ")
    assert newest == AT + timedelta(minutes=4)


def test_a_page_says_all_there_is_of_one_client(opened: Caseload, clock: Clock) -> None:
    """What was asked, came, was taken back, told, noted and answered, with when; plain values, whole."""
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    tasks = [Task(exercise=INCIDENT, due=date(2027, 1, 9), instruction="One."), Task(exercise="space.urges")]
    opened.assign("A.", tasks, instruments=[own], tighten={"G7": {"closed": "yes"}})
    before = opened.page("A.", look=False)
    assert (before["can_reply"], before["words"], before["tasks"][1]["due"]) == (False, [], None)
    opened.receive(sent(opened, given(1), given(2), gates=EVENTS))
    opened.comment("A.", f"{INCIDENT}.my_part@2027-01-01", "Thank you.")
    opened.note("A.", "Ask about January.")
    for number in range(11):
        clock.forward(minutes=1)
        opened.reply("A.", f"Reply {number}.")
    opened.receive(sent(opened, given(3), minute=1, taken_back=back(2, minute=1)))
    opened.keep_until("A.", date(2027, 12, 31))
    page, at = opened.page("A."), AT.isoformat()
    answers = [one for exercise in page["chapters"][0]["exercises"] for one in exercise["answers"]]
    titles = {one.id: one.title for one in WORKBOOK.exercises}
    assert [(one["key"].rpartition("@")[2], one["fresh"], one["comment"]) for one in answers] == [
        ("2027-01-03", True, None),
        ("2027-01-01", True, {"text": "Thank you.", "item": f"{INCIDENT}.my_part", "sent": 1, "waits": False}),
    ]
    later = (AT + timedelta(minutes=11)).isoformat()
    assert {name: value for name, value in page.items() if name not in ("chapters", "change", "audit", "replies")} == {
        "client": "A.",
        "since": at,
        "revoked": False,
        "keep_until": "2027-12-31",
        "can_reply": True,
        "language": "en",
        "tasks": [
            {
                "exercise": INCIDENT, "title": titles[INCIDENT], "instruction": "One.", "due": "2027-01-09",
                "repeats": None, "state": "begun", "overdue": False,
            },
            {
                "exercise": "space.urges", "title": titles["space.urges"], "instruction": None, "due": None,
                "repeats": None, "state": "open", "overdue": False,
            },
        ],
        "words": list(opened.words("A.")),
        "tighten": {"G7": {"closed": "yes"}},
        "own": [
            {"id": own.exercise.id, "title": own.title, "minutes": own.exercise.minutes}
            | {"repeats": own.exercise.repeats}
        ],
        "questions": [],
        "withdrawn": [{"prompt": WORKBOOK.item(f"{INCIDENT}.my_part").prompt, "at": later}],
        "gates": [
            {"title": GATE, "change": "closed", "at": at},
            {"title": "gone", "change": "opened", "at": at},
        ],
        "notes": [{"text": "Ask about January.", "at": at}],
    }  # fmt: skip
    few = {"verdict": "too few occasions", "reason": "0 occasions so far. It takes 2 to compare.", "occasions": 0}
    assert page["change"][-1] == {"title": "Calm"} | few
    assert [(one["text"], one["comments"]) for one in page["replies"]] == [
        (f"Reply {number}.", int(number == 0)) for number in range(11)
    ]
    assert page["audit"][0] == {"at": at, "what": "assigned", "count": 1}
    assert [one["fresh"] for one in opened.page("A.")["chapters"][0]["exercises"][0]["answers"]] == [False]


def test_what_is_fresh_came_after_the_last_look(opened: Caseload, clock: Clock) -> None:
    """Not in the moment of the look, nor before it; and what is given again is not taken back any more."""
    client = opened.client("A.")
    opened.receive(sent(opened, given(1)))
    opened.page("A.")
    assert looking._fresh(opened, client) == set()
    clock.forward(minutes=1)
    opened.receive(sent(opened, given(2), minute=1))
    assert looking._fresh(opened, client) == {given(2).id}
    opened.receive(sent(opened, given(1), minute=2, taken_back=back(2, 3, minute=2)))
    assert [one.key.rpartition("-")[2] for one in looking._taken_back(opened, client)] == ["02"]
    opened.receive(sent(opened, given(2), minute=3))
    assert looking._taken_back(opened, client) == []


def test_a_summary_has_the_words_of_what_is_new(opened: Caseload) -> None:
    """The words of new answers; “done” is no answer to read."""
    opened.receive(sent(opened, given(words="A door slammed."), done(), gates=EVENTS[:1]))
    opened.note("A.", "Ask about January.")
    page = opened.summary("A.")
    assert (page.count("A door slammed."), page.count("Ask about January."), page.count(">Yes<")) == (1, 1, 0)
    assert GATE in page
    opened.page("A.")
    assert "A door slammed." not in opened.summary("A.")


def test_of_a_client_who_cannot_be_read_nothing_is_counted(opened: Caseload) -> None:
    """What is damaged is named, the other rows are as they were, and no row has a number that is not true."""
    opened.receive(sent(opened, given(), gates=EVENTS))
    who, other = opened.client("A.").id, opened.client("B.").id
    nothing = {"last": None, "asked": 0, "done": 0, "overdue": 0, "due": None, "new": 0, "gates": 0, "revoked": False}
    sound = row(opened, "B.")
    for kind in ("looked", "submission"):
        opened.store.record(kind, "damaged", {"made_at": 5}, client=who)
    said = say("sharing.caseload.damaged", kinds=listed(["looked", "submission"]))
    assert row(opened) == nothing | {"id": who, "since": AT, "keep_until": None, "damaged": said}
    assert row(opened, "B.") == sound
    opened.store.record("profile", "profile", {"name": 5}, client=other)
    said = say("sharing.caseload.damaged", kinds=listed(["profile"]))
    assert row(opened, "B.") == nothing | {"id": other, "since": None, "keep_until": None, "damaged": said}
