"""What a counselor sees of what was shared: each thing once, in its order, with what it was before."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from workbook import definition
from workbook.definition.asks import Task
from workbook.sharing import overview
from workbook.sharing.bundles import GateEvent
from workbook.storage.store import StoredAnswer

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
INCIDENT, URGES = "responsibility.incident", "space.urges"
WORKBOOK = definition.load()
TITLES = {one.id: one.title for one in WORKBOOK.exercises}


def answer(item: str, occasion: str = "once", version: int = 1, **more: Any) -> StoredAnswer:
    said: dict[str, Any] = {
        "id": f"{item}@{occasion}/{version}", "item": item, "exercise": item.rpartition(".")[0], "occasion": occasion,
        "version": version, "status": "answered", "value": "words", "label": "Words.", "prompt": "What?",
        "kind": "text", "fingerprint": "f", "begun_at": AT, "answered_at": AT,
    }  # fmt: skip
    return StoredAnswer(**said | more)


def test_how_far_each_task_is() -> None:
    """Due today is not late, and what is done is never late; an exercise that is not there has its id for a title."""
    today = date(2027, 1, 9)
    tasks = [
        Task(exercise=INCIDENT, due=date(2027, 1, 8), instruction="One.", repeats="daily"),
        Task(exercise=URGES, due=date(2027, 1, 8)),
        Task(exercise="space.letter", due=today),
        Task(exercise="other.one"),
    ]
    found = overview.asked(tasks, {INCIDENT: "begun", URGES: "done"}, WORKBOOK, today)
    assert [tuple(one) for one in found] == [
        (INCIDENT, TITLES[INCIDENT], "One.", date(2027, 1, 8), "daily", "begun", True),
        (URGES, TITLES[URGES], None, date(2027, 1, 8), None, "done", False),
        ("space.letter", TITLES.get("space.letter", "space.letter"), None, today, None, "open", False),
        ("other.one", "other.one", None, None, None, "open", False),
    ]
    assert [one.title for one in overview.asked(tasks, {}, None, today)] == [one.exercise for one in tasks]


def test_a_title_says_its_chapter_where_the_chapter_is_not_beside_it() -> None:
    """Several have the same title: in a list of tasks they are told apart, below their chapter they need not be."""
    rating = "responsibility.rating"
    [task] = overview.asked([Task(exercise=rating)], {}, WORKBOOK, date(2027, 1, 9))
    [chapter] = overview.page(WORKBOOK, [answer(f"{rating}.done", value="yes")], [], set())
    assert task.title == WORKBOOK.named(rating) != TITLES[rating]
    assert [one["title"] for one in chapter["exercises"]] == [TITLES[rating]]


def test_a_glance_is_the_states_and_the_words_of_the_scales() -> None:
    """“done” by its own item and its own word; a scale that nobody can count has no word."""
    scales = overview.principles(WORKBOOK)
    assert [scale.id.partition(".")[0] for scale in scales] == [
        chapter.id for chapter in WORKBOOK.chapters if chapter.principle for scale in chapter.scales if scale.scored
    ]
    assert overview.glances([], scales) == {}
    scale = scales[0]
    days = [f"2027-{month:02}-{day:02}" for month in (1, 2) for day in (4, 11, 18, 25)]
    of = scale.items[0].rpartition(".")[0]
    rows = [
        (client, of, item, day, "answered", str(value))
        for place, day in enumerate(days)
        for client, value in (("one", place // 2), ("three", 3 - place // 2))
        for item in scale.items
    ]
    rows += [
        ("one", INCIDENT, f"{INCIDENT}.done", "2027-01-04", "answered", '"yes"'),
        ("two", INCIDENT, f"{INCIDENT}.done", "2027-01-04", "answered", '"no"'),
        ("two", URGES, f"{URGES}.helped", "2027-01-04", "answered", '"yes"'),
        ("two", of, scale.items[0], "2027-01-04", "answered", '"many"'),
    ]
    found = overview.glances(rows, scales)
    assert {one: seen["exercises"] for one, seen in found.items()} == {
        "one": {of: "begun", INCIDENT: "done"},
        "two": {INCIDENT: "begun", URGES: "begun", of: "begun"},
        "three": {of: "begun"},
    }
    assert list(found["one"]["change"]) == [scale.id]
    assert found["two"]["change"] == {}
    few = overview.glances([row for row in rows if row[3] < "2027-01-18"], scales)["one"]["change"]
    words = [few[scale.id], found["one"]["change"][scale.id], found["three"]["change"][scale.id]]
    assert words == ["too few occasions", "better", "worse"]


def test_a_page_has_the_questions_in_their_order_and_what_they_were_before() -> None:
    """The newest occasion first; what this workbook does not have comes last, by its id; the foot stands by itself."""
    words = [item.id.rpartition(".")[2] for item in WORKBOOK.exercise(INCIDENT).items][:2]
    first, second = (f"{INCIDENT}.{word}" for word in words)
    current = [
        answer(second, "2027-01-04", 3, prompt="Now?", label="New."),
        answer(first, "2027-01-04"),
        answer(second, "2027-01-05", status="skipped"),
        answer(f"{INCIDENT}.done", "2027-01-05", value="yes", label="Yes"),
        answer(f"{URGES}.useful", "2027-01-02", value=4, label="4 of 5"),
        answer("newer.one.b"),
        answer("newer.one.a"),
    ]
    history = [
        answer(second, "2027-01-04", 1, label="Old."),
        answer(second, "2027-01-04", 2, prompt="Now?", label="Later."),
        *current,
        answer(second, "2027-01-03", 1),
    ]
    found = overview.page(WORKBOOK, current, history, {current[1].id})
    titles = {chapter.id: chapter.title for chapter in WORKBOOK.chapters}
    assert [chapter["title"] for chapter in found] == [
        *(titles[id] for id in titles if id in ("responsibility", "space")), "newer",
    ]  # fmt: skip
    chapters = {chapter["title"]: chapter["exercises"] for chapter in found}
    mine = chapters[titles["responsibility"]]
    assert [(one["id"], one["title"], one["occasion"], one["foot"]) for one in mine] == [
        (INCIDENT, TITLES[INCIDENT], "2027-01-05", {"done": "yes"}),
        (INCIDENT, TITLES[INCIDENT], "2027-01-04", {}),
    ]
    assert [(one["key"], one["label"], one["status"]) for one in mine[0]["answers"]] == [
        (f"{second}@2027-01-05", "Skipped", "skipped")
    ]
    said = {"status": "answered", "at": AT.isoformat()}
    one = {"prompt": "What?", "label": "Words.", "fresh": True, "versions": [], "id": current[1].id} | said
    other = {"prompt": "Now?", "label": "New.", "fresh": False, "id": current[0].id} | said
    assert mine[1]["answers"] == [
        one | {"key": f"{first}@2027-01-04"},
        other
        | {
            "key": f"{second}@2027-01-04",
            "versions": [
                {"prompt": "Now?", "label": "Later.", "reworded": False} | said,
                {"prompt": "What?", "label": "Old.", "reworded": True} | said,
            ],
        },
    ]
    assert [(one["answers"], one["foot"]) for one in chapters[titles["space"]]] == [([], {"useful": "4 of 5"})]
    assert [(one["title"], [each["key"] for each in one["answers"]]) for one in chapters["newer"]] == [
        ("newer.one", ["newer.one.a@once", "newer.one.b@once"])
    ]


def test_exercises_of_a_chapter_stand_in_its_order_whichever_is_newest() -> None:
    """Within each the newest occasion is first; one that is not in the chapter any more comes after them."""
    first, second = (one.id for one in WORKBOOK.chapter("responsibility").exercises[:2])
    days = [(f"{first}.done", "2027-01-02"), (f"{second}.done", "2027-01-05"), (f"{first}.done", "2027-01-03")]
    current = [answer("responsibility.aaa.done", "2027-01-09"), *(answer(item, day) for item, day in days)]
    [chapter] = overview.page(WORKBOOK, current, [], set())
    assert [(one["id"], one["occasion"]) for one in chapter["exercises"]] == [
        (first, "2027-01-03"), (first, "2027-01-02"), (second, "2027-01-05"), ("responsibility.aaa", "2027-01-09"),
    ]  # fmt: skip


def test_questions_for_the_session_come_newest_first() -> None:
    """Those that were answered, in the client's words, and no others."""
    from workbook.assessment import steps

    asked = steps.rules(WORKBOOK).question
    assert asked is not None
    current = [
        answer(asked, "2027-01-04", label="One?"),
        answer(asked, "2027-01-11", label="Two?"),
        answer(asked, "2027-01-18", label="Three?", status="skipped"),
        answer(f"{INCIDENT}.my_part", label="No question."),
    ]
    assert overview.questions(WORKBOOK, current) == ("Two?", "One?")


def test_a_session_page_holds_the_last_of_each_and_says_how_many_more() -> None:
    """Twelve new answers, six lines of rules, six notes: what is older is on the client's page."""
    fresh = [answer(f"{INCIDENT}.my_part", version=number, label=f"Words {number}.") for number in range(1, 15)]
    gates = [GateEvent(gate=f"old{number}", change="closed", at=AT + timedelta(days=number)) for number in range(8)]

    def page(fresh: list[StoredAnswer]) -> str:
        said = overview.session(
            client="A.", workbook=WORKBOOK, current=fresh[-1:], tasks=(), fresh=fresh, withdrawn=0, gates=gates,
            notes=[f"Note {number}." for number in range(8)], now=AT,
        )  # fmt: skip
        return re.sub(r"<[^>]*>", "", said)

    said = page(fresh)
    assert re.findall(r"Words \d+\.", said) == [f"Words {number}." for number in range(3, 15)]
    assert re.findall(r"Note \d\.", said) == [f"Note {number}." for number in range(2, 8)]
    assert re.findall(r"old\d", said) == [f"old{number}" for number in range(2, 8)]
    more = re.sub(r"\s+", " ", said), re.sub(r"\s+", " ", page(fresh[:12]))
    assert ("2 more" in more[0], " more" in more[1].partition("Words 12.")[2][:80]) == (True, False)


def test_a_rule_of_another_workbook_is_called_by_its_id() -> None:
    """One of this has its title."""
    gate = WORKBOOK.gates[0]
    assert (overview.gate_title(WORKBOOK, gate.id), overview.gate_title(WORKBOOK, "gone")) == (gate.title, "gone")


def test_an_overview_has_its_columns_in_order_also_without_a_client() -> None:
    """The first of them, the scales, and what ends a row."""
    table = overview.table([], ["calm"])
    assert list(table) == [*overview.CLIENT_COLUMNS, "calm", "revoked", "keep_until", "damaged"]
    table = overview.table([{"client": "A.", "calm": "steady", "damaged": ""}], ["calm"])
    assert table.loc[0, ["client", "calm", "damaged"]].tolist() == ["A.", "steady", ""]
