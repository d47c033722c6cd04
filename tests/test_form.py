"""Forms without a kernel: what a page says to a Form, and what it hears back."""

from __future__ import annotations

import json
import logging
import re

import pytest

from tests.form_page import Desk, Heard, every_kind
from workbook import definition, words
from workbook.errors import InvalidAnswer, StoreError
from workbook.page import assets, form

PAGE = "page-1"


def answer(item: str, value: object, seq: int = 1, **more: object) -> dict[str, object]:
    return {
        "type": "answer", "page": PAGE, "seq": seq, "item": f"every.kind.{item}", "occasion": "once",
        "value": value, "status": "answered", "seen": 0, **more,
    }  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def widget(desk: Desk) -> Heard:
    return Heard(every_kind(), save=desk.save, read=desk.read)


def test_a_new_page_is_given_its_answers(widget: Heard, desk: Desk) -> None:
    """`ready` is answered with the answers of the current occasion, addressed to the page that asked."""
    desk.save(item="every.kind.name", value="R.", status="answered", occasion="once", seen=0, page="")
    [heard] = widget.ask({"type": "ready", "page": PAGE})
    assert heard == {
        "type": "answers", "page": PAGE, "occasion": "once", "journal": "test", "keep": "A" * 43 + "=", "context": {},
            "closed": None,
        "occasions": [{"id": "once", "label": "", "current": True}],
        "answers": {
            "every.kind.name": {"value": "R.", "status": "answered", "version": 1, "at": desk.now.isoformat()}
        },
    }  # fmt: skip


def test_an_answer_is_saved_and_acknowledged(widget: Heard, desk: Desk) -> None:
    """The acknowledgement names the message, the time, the version and what the wording brought up."""
    hint = {"start": 0, "end": 3, "text": "but", "why": "takes it back."}
    desk.hints["every.kind.camera"] = [hint]
    [heard] = widget.ask(answer("camera", "but …", seq=7))
    assert heard == {
        "type": "saved", "page": PAGE, "seq": 7, "item": "every.kind.camera", "occasion": "once", "version": 1,
        "at": desk.now.isoformat(), "hints": [hint], "overtaken": False,
    }  # fmt: skip
    assert desk.saves == [
        {"item": "every.kind.camera", "value": "but …", "status": "answered", "occasion": "once", "seen": 0}
    ]


def test_a_message_that_comes_twice_is_saved_once(widget: Heard, desk: Desk) -> None:
    """A page repeats what was not acknowledged; the second is answered like the first."""
    assert widget.ask(answer("name", "R.")) == widget.ask(answer("name", "R."))
    assert len(desk.saves) == 1
    widget.ask(answer("name", "R.", page="page-2"))
    assert len(desk.saves) == 2


@pytest.mark.parametrize("status", ["skipped", "blank"])
def test_a_refusal_and_a_blank_carry_no_value(widget: Heard, desk: Desk, status: str) -> None:
    """What is skipped or cleared is saved as such, whatever value the page had."""
    widget.ask(answer("name", "R.", status=status))
    assert [(save["value"], save["status"]) for save in desk.saves] == [(None, status)]


def test_a_refused_answer_says_why(widget: Heard, desk: Desk) -> None:
    """A sentence meant for the person reaches the person."""
    desk.error = InvalidAnswer("“often” is not a number. Write one like 3.")
    [heard] = widget.ask(answer("often", "often"))
    assert heard == {
        "type": "refused", "page": PAGE, "seq": 1, "item": "every.kind.often",
        "reason": "“often” is not a number. Write one like 3.",
    }  # fmt: skip


def test_a_store_that_is_busy_is_a_failure_to_try_again(widget: Heard, desk: Desk) -> None:
    """Only what may pass is `failed`; the page then tries again, and the retry is saved."""
    desk.error = StoreError("The disk is full. Make room, then go on.")
    [heard] = widget.ask(answer("name", "R."))
    assert (heard["type"], heard["reason"]) == ("failed", "The disk is full. Make room, then go on.")
    desk.error = None
    assert [reply["type"] for reply in widget.ask(answer("name", "R."))] == ["saved"]


def test_nothing_unexpected_is_silent_or_tells_an_answer(
    widget: Heard, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error becomes a general sentence; the log has its type and no word of the answer."""
    desk.error = RuntimeError("secret words")
    with caplog.at_level(logging.DEBUG):
        [heard] = widget.ask(answer("camera", "secret words"))
    assert heard["type"] == "failed"
    assert "secret" not in heard["reason"]
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": "erase"},
        {"type": ["answer"]},
        {"type": "occasion"},
        answer("name", "R.", seq="1"),
        answer("name", "R.", seq=True),
        answer("name", "R.", status="kept"),
        answer("nobody", "R."),
        {key: value for key, value in answer("name", "R.").items() if key != "seen"},
        answer("name", "R.") | {"seq": float("inf"), "page": float("nan")},  # would not go into a reply
    ],
)
def test_a_malformed_message_changes_nothing(widget: Heard, desk: Desk, message: object) -> None:
    """Only whole messages about items of this exercise are taken; the others hear a sentence."""
    [heard] = widget.ask(message)
    assert heard["type"] == "failed"
    assert json.dumps(heard, allow_nan=False)
    assert not desk.saves


def test_the_first_message_of_a_page_may_have_any_number(widget: Heard, desk: Desk) -> None:
    """Nothing was said to the page before, so nothing is said again."""
    assert [reply["type"] for reply in widget.ask(answer("name", "R.", seq=0))] == ["saved"]
    assert len(desk.saves) == 1


def test_answers_are_never_in_the_widget(widget: Heard, desk: Desk) -> None:
    """State is written into notebooks, so neither state, repr nor what a cell shows holds an answer."""
    widget.ask(answer("camera", "a secret"))
    widget.ask({"type": "ready", "page": PAGE})
    state = json.dumps({key: str(value) for key, value in widget.get_state().items() if key != "_esm"})
    assert "secret" not in state + repr(widget) + str(widget._repr_mimebundle_())
    assert repr(widget) == 'Form("every.kind")'
    assert set(widget.keys) - set(form.anywidget.AnyWidget().keys) == {"exercise", "_css"}


def test_the_payload_is_plain_data_in_order() -> None:
    """What a page is given survives JSON, keeps the order of options, and leaves out what is not for it."""
    payload = every_kind()
    assert json.loads(json.dumps(payload)) == payload
    items = {item["id"]: item for item in payload["items"]}
    assert items["every.kind.rating"] == {
        "id": "every.kind.rating", "kind": "scale",
        "prompt": "In the past seven days I named what I did without adding “but” or “if”.",
        "help_html": "<p>With anyone, not only with the person you miss.</p>",
        "points": [[0, "never"], [1, "seldom"], [2, "sometimes"], [3, "often"], [4, "almost always"]],
        "no_opportunity": "no opportunity this week",
    }  # fmt: skip
    assert items["every.kind.guess"]["show_if"] == {"question": "every.kind.known", "is_not": "yes"}
    assert [word.rpartition(".")[2] for word in items][-2:] == ["useful", "done"]
    assert payload["show_if"] is None
    assert every_kind("every.after")["show_if"] == {"question": "every.kind.known", "is": "yes"}


def test_a_form_says_truly_what_becomes_of_its_answers() -> None:
    """Only what is never offered for sharing says so; one question that may be ticked is enough to say the other."""
    book = definition.load()
    said = {id: form.payload(book.exercise(id), book)["texts"]["private"] for id in ("moving-on.grief", "space.urges")}
    assert said == {
        "moving-on.grief": "only for you, never offered for sharing",
        "space.urges": "shared with no one unless you tick it",
    }
    grief = book.exercise("moving-on.grief")
    mixed = grief.model_copy(update={"items": (grief.items[0].model_copy(update={"share": "ask"}), *grief.items[1:])})
    assert form.payload(mixed, book)["texts"]["private"] == said["space.urges"]


def test_a_form_for_a_hard_hour_says_so_and_the_safety_plan_is_never_cut_to_its_first_questions() -> None:
    """Its payload says that it calms, as its tag does; and that it is whole, where it has a page for itself."""
    book = definition.load()
    sent = {each.id: form.payload(each, book) for each in book.exercises}
    assert {id for id, one in sent.items() if one["calming"]} == {e.id for e in book.exercises if "calming" in e.tags}
    assert {id for id, one in sent.items() if one["whole"]} == {"safety-plan.plan"}


def test_form_js_takes_every_sentence_from_python() -> None:
    """Each text form.js asks for stands in data, each text there is asked for, and it has no sentence of its own."""
    source = assets.module("form.js")
    assert set(re.findall(r'(?:\btexts\.|\bcounted\(\w+, ")(\w+)', source)) == {*words.section("page.form"), "private"}
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)
    assert re.findall(r"""["'`][A-Z][a-z’]+ [a-z’]+[^"'`]*["'`]""", code) == []


def test_nothing_in_the_form_reaches_out() -> None:
    """There is no control to hand words on; the one `send` is the channel to the kernel on this computer."""
    source = assets.module("form.js")
    found = [line.strip() for line in source.splitlines() if re.search("send|copy|schedule|clipboard", line, re.I)]
    assert found == ["post: (message, buffers) => model.send(message, undefined, buffers),"]
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|localStorage|https?:)", source)
    assert not re.search("send|copy|schedule", " ".join(map(str, words.section("page.form").values())), re.I)
