"""In a language of brackets, nothing that Python answers a page with stands outside them, whatever the page asks."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.caseload_sample import CAMERA, PART, PASSPHRASE, sealed
from tests.made_up import KEYS, NAMES, outside, said_in, shown
from tests.panel_page import ask
from workbook.journal import Journal
from workbook.page import contents, head
from workbook.page.desk import Desk
from workbook.page.panels import assessment_panel, caseload_panel, lock_panel, share_panel, today_panel
from workbook.sharing import asking
from workbook.sharing import client as share

if TYPE_CHECKING:
    from pathlib import Path

    from workbook.page.panels.panel import Panel

pytestmark = pytest.mark.usefixtures("language")

WHO = ["A.", "Dr. Example", "B."]
# What a script chooses a sentence by, and never shows: tests/test_made_up_scripts.py reads what is drawn.
CODES = {
    "type", "seq", "state", "verdict", "change", "what", "status", "value", "repeats", "mark", "look", "digest", "key",
    "keep", "journal", "done", "closed", "occasion", *(scale.id for scale in asking.principle_scales()),
}  # fmt: skip
FILES = r"[^\s⟦⟧]+\.(submission|assignment|feedback|html|ipynb|json|ics)\b(#[\w.-]+)?|\d{4}-\d\d-\d\dT[\d:.+]+"
PLACES = r"[\w-]+(\.[\w-]+)+@(once|[\d.-]+)"  # of answers


def left(reply: object, *names: str) -> list[str]:
    """Return the words of a reply that stand outside the brackets."""
    text = "\n".join(shown(without(reply)))
    return outside(re.sub(f"{FILES}|{PLACES}", "", text), *names, *NAMES, *KEYS, *WHO)


def without(node: object) -> object:
    """A reply without the codes in it: a sentence under one of their names stays."""
    if isinstance(node, dict):
        return {
            name: without(value)
            for name, value in node.items()
            if not (name in CODES and re.fullmatch(r"[\w -]*", str(value)))
            and not (name == "words" and str(value).endswith("…"))  # the beginning of an answer
        }
    return [without(one) for one in node] if isinstance(node, (list, tuple)) else node


def found(panel: Panel, *messages: Any, names: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Ask a panel one thing after the other; return what was outside, by message and by what it was answered with."""
    outside_of: dict[str, list[str]] = {}
    for number, message in enumerate(messages):
        asked, *buffers = message if isinstance(message, tuple) else (message,)
        reply, _ = ask(panel, {"seq": number, **asked}, *buffers)
        outside_of |= {f"{number} {asked['type']} → {reply['type']}": left(reply, *names)}
    return {name: words for name, words in outside_of.items() if words}


def answers(panel: Panel, **message: Any) -> dict[str, Any]:
    return ask(panel, {"seq": 0, **message})[0]


RULES = {"G7": {"closed": "yes"}}
TASKS = [
    {"exercise": "responsibility.incident", "instruction": "", "due": "2026-04-02"},
    {"exercise": "responsibility.rating", "repeats": "weekly"},
]


def test_the_caseload_answers_in_no_other_language(exchange: Any, tmp_path: Path) -> None:
    """Keys, everyone, one client, what came, what goes back, the audit, rights, and each refusal."""
    journal, panel, clock = exchange
    first = caseload_panel.Page(tmp_path / "another")
    assert found(first, {"type": "ready"}, names=(str(tmp_path / "another"),)) == {}
    assign = {"type": "assign", "client": "A.", "tasks": TASKS, "tighten": RULES, "due": "2026-04-01"}
    assert (
        found(
            panel,
            {"type": "ready"},
            {"type": "list"},
            {"type": "unlock", "passphrase": "four other grey herons"},
            {"type": "unlock", "passphrase": PASSPHRASE},
            {"type": "list"},
            {"type": "client", "client": "B."},
            {**assign, "due": "2026-01-01"},
            {**assign, "due": "soon"},
            {**assign, "client": " "},
            assign,
            {"type": "client", "client": "A"},
            {"type": "reply", "client": "A.", "words": "Hello."},
            {"type": "nothing of ours"},
        )
        == {}
    )
    packed = ask(panel, {"type": "assign", **assign})[1][0]
    share.given(journal, packed).accept()
    journal.save(PART, "I left.")
    sent = sealed(journal, PART, CAMERA, "responsibility", with_gates=True)
    words = (" ".join(share.words(journal)), *share.words(journal))
    clock.forward(minutes=5)
    gone = [one.key for one in share.choices(journal) if one.shared]
    taking = sealed(journal, withdraw=gone)
    late = {"type": "keep", "client": "A.", "day": "2026-01-01"}
    assert found(
        panel,
        ({"type": "receive"}, sent),
        ({"type": "receive"}, sent),
        ({"type": "receive"}, b"\x89PNG"),
        ({"type": "receive"}, packed),
        {"type": "list"},
        {"type": "client", "client": "A.", "look": True},
        {"type": "comment", "client": "A.", "answer": PART, "text": "Thank you."},
        {"type": "comment", "client": "A.", "answer": "space.urges.trigger", "text": "Thank you."},
        {"type": "note", "client": "A.", "text": "Hello."},
        {"type": "reply", "client": "A.", "words": "Hello."},
        {"type": "reply", "client": "A.", "words": ""},
        ({"type": "receive"}, taking),
        ({"type": "receive", "sure": True}, taking),
        {"type": "summary", "client": "A."},
        {"type": "export", "client": "A."},
        late,
        {"type": "keep", "client": "A.", "day": "soon"},
        {"type": "client", "client": "A."},
        {"type": "list"},
        {"type": "revoke", "client": "A."},
        assign,
        ({"type": "receive"}, sent),
        {"type": "rotate", "passphrase": "four other grey herons"},
        {"type": "audit"},
        {"type": "erase", "client": "A."},
        {"type": "lock"},
        names=(*words, "Thank you.", "Hello.", "I left."),
    ) == {}  # fmt: skip


def test_sharing_answers_in_no_other_language(exchange: Any, tmp_path: Path) -> None:
    """What comes from a counselor, what is chosen, seen and sealed, and each refusal."""
    journal, panel, clock = exchange
    given = share_panel.Given(journal, refresh=lambda: None)
    sharing = share_panel.Sharing(journal, folder=tmp_path)
    names = (str(tmp_path), os.strerror(errno.ENOENT))
    ask(panel, {"type": "unlock", "passphrase": PASSPHRASE})
    packed = ask(panel, {"type": "assign", "client": "A.", "tasks": TASKS, "tighten": RULES})[1][0]
    assert found(sharing, {"type": "ready"}, {"type": "seal", "path": "a"}, names=names) == {}
    assert found(given, {"type": "ready"}) == {}
    signing = journal_words(journal, packed)
    assert found(
        given,
        ({"type": "look"}, b"\x89PNG"),
        ({"type": "look"}, packed[:-1]),
        {"type": "accept", "look": "nothing"},
        ({"type": "look"}, packed),
        {"type": "accept", "look": 3},
        {"type": "ready"},
        names=(*names, *signing),
    ) == {}  # fmt: skip
    keys = [one.key for one in share.choices(journal)][:200]
    preview = {"type": "preview", "keys": keys, "gates": True, "everything": False}
    assert (
        found(
            sharing,
            {"type": "ready"},
            preview,
            {"type": "seal", "path": " "},
            {"type": "seal", "path": "a.submission"},
            {"type": "ready"},
            {**preview, "keys": keys[:3], "everything": True},
            {"type": "page", "path": "b.html", "words": True, "private": False},
            {"type": "page", "path": "nowhere/b.html", "words": True, "private": False},
            {"type": "page", "words": False, "private": False},
            names=(*names, *signing),
        )
        == {}
    )
    sent = (tmp_path / "a.submission").read_bytes()
    ask(panel, {"type": "receive"}, sent)
    ask(panel, {"type": "comment", "client": "A.", "answer": keys[0], "text": "Hello."})
    reply = ask(panel, {"type": "reply", "client": "A.", "words": "Hello."})[1][0]
    clock.forward(days=1)
    changed = ask(panel, {"type": "assign", "client": "A.", "tasks": TASKS[1:], "tighten": {}})[1][0]
    assert (
        found(
            given,
            ({"type": "look"}, reply),
            {"type": "accept", "look": 0},
            ({"type": "look"}, reply),
            ({"type": "look"}, changed),
            {"type": "accept", "look": 3},
            ({"type": "look"}, packed),
            {"type": "ready"},
            names=(*names, *signing, "Hello."),
        )
        == {}
    )


def journal_words(journal: Journal, packed: bytes) -> tuple[str, ...]:
    """The six words that both sides would compare."""
    said = share.given(journal, packed).words
    return tuple(re.findall(r"[a-z]+", " ".join(said).replace("⟦", " ").replace("⟧", " ")))


def test_today_the_lock_and_the_head_answer_in_no_other_language(exchange: Any) -> None:
    """Today with what is done and undone, the lock with what is refused, and a page that is locked or open."""
    journal, _, clock = exchange
    today = today_panel.TodayPanel(journal)
    day = journal.now().date().isoformat()
    assert (
        found(
            today,
            {"type": "ready"},
            {"type": "undo"},
            {"type": "tap", "occasion": day, "value": "kept"},
            {"type": "undo"},
            {"type": "tap", "occasion": "2026-01-01", "value": "kept"},
            {"type": "reminder", "time": "", "weekday": 1},
        )
        == {}
    )
    clock.forward(days=3)
    assert found(today, {"type": "ready"}) == {}
    assert found(assessment_panel.AssessmentPanel(journal), {"type": "ready"}) == {}
    lock = lock_panel.LockPanel(journal)
    fresh = {"type": "lock", "passphrase": PASSPHRASE, "understood": True}
    assert (
        found(
            lock,
            {"type": "ready"},
            {**fresh, "understood": False},
            {**fresh, "passphrase": ""},
            {**fresh, "passphrase": "password1"},
            {"type": "take_off", "old": "four other grey herons"},
        )
        == {}
    )
    before = head.payload(None, None)
    assert (before["language"], left({**before, "help": ""})) == ("ja", [])


def test_forms_answer_in_no_other_language(exchange: Any) -> None:
    """Each exercise with the invented person's answers, what closes it, its step, its occasions; the chapters' list."""
    journal, _, _ = exchange
    desk = Desk(journal)
    lines = said_in("resources")
    for closed in ("no", "yes"):
        journal.save("start.safety.afraid", closed)
        shown_of = {
            one.id: left({**desk.payload(one, None), "keep": "", "answers": {}}, *lines)
            + left(desk.step(one, one.chapter_id))
            for one in journal.workbook.exercises
            if not one.retired
        }
        assert {id: words for id, words in shown_of.items() if words} == {}
        assert left(contents.read(journal)) == []
