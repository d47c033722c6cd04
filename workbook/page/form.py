"""An exercise as one widget: the static exercise is a trait, answers travel only in messages.

A page says (each with `page`, its random name, which the reply carries back):

    {type: "ready"}  {type: "refresh", occasion}  {type: "occasion", occasion}      → answers
    {type: "answer", seq, item, occasion, value, status, seen}                      → saved, refused or failed
    {type: "step"}                                                                  → step

and hears:

    {type: "answers", occasion, occasions, answers, context, closed, later, journal, …}      what `read` returned
                      `night`, {occasion, today, yesterday}: which day is meant is asked, see `occasions.still_meant`
                      `later`, a sentence, says when it comes; it can be done all the same
                      `quoted`, item id → lines, is what notes show of other forms
                      `keep`, 32 bytes as base64, seals what a page holds in the browser until it is saved
    {type: "saved", seq, item, occasion, at, version, hints, overtaken}
                      `value` besides, when it is kept otherwise than it was written
    {type: "refused", seq, item, reason}     not saved, and will not be as it is
    {type: "failed", reason, seq?, item?}    not this time; the page tries again
    {type: "step", answered, total, minutes, done, day, closed, next, first}        how far it is, no word of an answer
                      `day`: when it was last filled in, an ISO date; `closed`: why, for now; `next`: the exercise to
                      do after this one; `first`: of its chapter's first sitting, else of its chapter, this one is the
                      first that is not done
    {type: "changed"}                        something changed elsewhere: read again
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import anywidget
import traitlets

from workbook import definition, words
from workbook.definition import kinds
from workbook.errors import Locked, StoreError, WorkbookError
from workbook.page import assets

if TYPE_CHECKING:
    from workbook.definition.items import Item
    from workbook.definition.models import Exercise, Workbook

_log = logging.getLogger(__name__)

_MESSAGES: dict[object, dict[str, type]] = {  # what a page may say, and the fields it needs
    "ready": {},
    "refresh": {},
    "occasion": {"occasion": str},
    "step": {},
    "answer": {"seq": int, "item": str, "occasion": str, "status": str, "seen": int},
}
_STATUSES = frozenset({"answered", "skipped", "blank"})
_UNSENT = {"share", "tags", "source", "retired", "help"}  # for people and modules behind the form


class Saved(Protocol):
    """What `save` returns. Optional besides: `.value` (as kept), `.hints` (dicts) and `.overtaken` (bool)."""

    @property
    def at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


class Save(Protocol):
    """Save one answer. `seen`: the version the page last saw (0: none); `page`: one open page."""

    def __call__(self, *, item: str, value: object, status: str, occasion: str, seen: int, page: str) -> Saved: ...


Read = Callable[[str | None], Mapping[str, object]]  # occasion (None: the current one) → answers payload
Step = Callable[[], Mapping[str, object]]  # → how far the exercise is


def payload(exercise: Exercise, workbook: Workbook, within: str | None = None) -> dict[str, object]:
    """Return the static half of a form: plain JSON values, Markdown rendered, no answers.

    `within`: the chapter whose page it is on, if that is not its own.

    Options, points and parts become lists of pairs, because JSON objects lose the order of number-like keys.
    """
    beside = _asked_beside(exercise, workbook)
    steps = _steps(workbook, within or exercise.chapter_id) or [exercise.id]
    calming = "calming" in exercise.tags
    return {
        "id": exercise.id,
        "title": exercise.title,
        "intro_html": definition.html(exercise.intro) if exercise.intro else "",
        "minutes": exercise.minutes,
        "repeats": exercise.repeats,
        "language": workbook.language,
        "show_if": exercise.show_if,
        "items": [
            _item(item) | ({"again": True} if item.prompt in beside else {})
            for item in exercise.items
            if not item.retired
        ],
        "texts": {**words.section("page.form"), "private": _privacy(exercise)},
        "steps": steps,
        "words": words.section("page.step"),
        "calming": calming,
        "whole": calming and len(steps) == 1,  # whoever goes to its page in a hard hour sees every line of it at once
    }


def _asked_beside(exercise: Exercise, workbook: Workbook) -> frozenset[str]:
    """The questions that other exercises of the same page ask in the same words."""
    pages = (
        [each for each in chapter.exercises if each.id != exercise.id]
        for chapter in workbook.chapters
        if any(each.id == exercise.id for each in chapter.exercises)
    )
    return frozenset(item.prompt for page in pages for other in page for item in other.items if not item.retired)


def _steps(workbook: Workbook, chapter_id: str) -> list[str]:
    """The exercises of a chapter; none, when a form is shown that is in no workbook."""
    return [one.id for each in workbook.chapters if each.id == chapter_id for one in each.exercises if not one.retired]


def _privacy(exercise: Exercise) -> str:
    """Say the truth of the widest level: a form with one question that may be ticked is not only for oneself."""
    levels = {item.share or exercise.share for item in exercise.questions}
    return words.say(f"page.privacy.{next((level for level in ('counselor', 'ask') if level in levels), 'private')}")


def _item(item: Item) -> dict[str, object]:
    fields: dict[str, Any] = item.model_dump(mode="json", exclude=_UNSENT, exclude_none=True)
    if item.help:
        fields["help_html"] = definition.html(item.help)
    if item.kind == "note":
        fields["prompt_html"] = definition.html(item.prompt)
        if not item.quotes:
            del fields["quotes"]
    pairs = kinds.of(item).pairs(item)
    for column in fields.get("columns", ()):  # of a table: its pairs are those of its columns
        column |= {"options": pairs[column["id"]]} if column["id"] in pairs else {}
    return fields if "columns" in fields else fields | pairs


class Form(anywidget.AnyWidget):
    """One exercise in the page.

    It is handed what it needs and imports no store: `save(item, value, status, occasion, seen, page)`, `read(occasion)`
    and `step()`. In the page it is a step, closed up to its title; its answers go there when it is opened. Nothing
    raised in a callback is silent: the page gets a sentence, the log gets the error's type and never a word of an
    answer.
    """

    _esm = assets.Script("step.js")
    _css = assets.look("form.css", "steps.css")
    exercise = traitlets.Dict().tag(sync=True)  # static; answers are never traits

    def __init__(self, exercise: Mapping[str, object], *, save: Save, read: Read, step: Step = dict) -> None:
        super().__init__(exercise=dict(exercise))
        self._save = save
        self._read = read
        self._step = step
        self._last: dict[tuple[str, str, str], tuple[int, dict[str, object]]] = {}  # resent ones are saved once
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f'Form("{self.exercise.get("id", "")}")'

    def changed(self) -> None:
        """Ask every page showing this form to read again: a safety rule or an answer changed elsewhere."""
        self.send({"type": "changed"})

    def _receive(self, _widget: object, content: object, _buffers: Sequence[object]) -> None:
        message = content if isinstance(content, dict) else {}
        try:
            reply = self._reply(message)
        except (Locked, StoreError) as error:  # may pass: the page keeps the value and tries again
            reply = {"type": "failed", "reason": str(error)}
        except WorkbookError as error:
            reply = {"type": "refused" if message.get("type") == "answer" else "failed", "reason": str(error)}
        except Exception as error:  # whatever it was, the person hears of it
            _log.error("form %s: %s", self.exercise.get("id"), type(error).__name__)
            reply = {"type": "failed", "reason": words.say("page.wrong")}
        told = {key: message.get(key) for key in ("page", "seq", "item")}
        self.send({**reply, **{key: value for key, value in told.items() if isinstance(value, (str, int))}})

    def _reply(self, message: Mapping[str, Any]) -> dict[str, object]:
        kind = message.get("type")
        fields = _MESSAGES[kind]  # an unknown or malformed message is a bug of the page: a general sentence
        for name, type_ in fields.items():
            if not isinstance(message[name], type_) or isinstance(message[name], bool):
                raise TypeError(name)
        if kind == "step":
            return {"type": "step", **self._step()}
        if kind != "answer":
            return {"type": "answers", **self._read(message.get("occasion"))}
        return self._answer(message)

    def _answer(self, message: Mapping[str, Any]) -> dict[str, object]:
        item, status, occasion = message["item"], message["status"], message["occasion"]
        if status not in _STATUSES:
            raise ValueError("status")
        if item not in {each["id"] for each in self.exercise["items"]}:
            raise KeyError("item")
        place = (str(message.get("page")), item, occasion)
        last = self._last.get(place)
        if last is not None and last[0] == message["seq"]:
            return last[1]
        value = message.get("value") if status == "answered" else None
        saved = self._save(
            item=item, value=value, status=status, occasion=occasion, seen=message["seen"], page=place[0]
        )
        reply = {
            "type": "saved",
            "occasion": occasion,
            "at": saved.at.isoformat(),
            "version": saved.version,
            "hints": [dict(hint) for hint in getattr(saved, "hints", ())],
            "overtaken": bool(getattr(saved, "overtaken", False)),
        }
        kept = getattr(saved, "value", value)
        if kept != value:
            reply["value"] = kept
        self._last[place] = (message["seq"], reply)
        return reply
