"""A form without Jupyter: form.js in a bare page, the real Form behind it, answers in a dictionary."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from workbook import definition
from workbook.page import assets, form

HERE = Path(__file__).parent
SITE = "http://form.localhost/"  # where a browser can seal, as on 127.0.0.1
CALM = {"acknowledge": 60_000}  # a machine that stands still for a while is no lost connection
_FILES = {
    "page.html": ((HERE / "page.html").read_text("utf-8"), "text/html"),
    "form.js": (assets.module("step.js"), "text/javascript"),
    "form.css": (assets.look("form.css"), "text/css"),
}


class Heard(form.Form):
    """A Form that keeps what it would have said to its pages."""

    def send(self, content: Any, buffers: Any = None) -> None:
        self.__dict__.setdefault("heard", []).append(content)

    def ask(self, message: object) -> list[dict[str, Any]]:
        """Give it a page's message; return what it says."""
        self.__dict__["heard"] = []
        self._handle_custom_msg(message, [])
        return json.loads(json.dumps(self.__dict__["heard"]))


@dataclass
class Desk:
    """Where answers lie in these tests: what a journal is to a form."""

    occasions: list[dict[str, object]] = field(default_factory=lambda: [{"id": "once", "label": "", "current": True}])
    answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)  # besides, in every `answers` message: closed, context, …
    hints: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    saves: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None  # raised by the next saves
    judge: Callable[[str, object], object] | None = None  # (item, value) → as it is kept, or InvalidAnswer
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def save(self, *, item: str, value: object, status: str, occasion: str, seen: int, page: str) -> object:
        if self.error:
            raise self.error
        if self.judge and status == "answered":
            value = self.judge(item, value)
        self.saves.append({"item": item, "value": value, "status": status, "occasion": occasion, "seen": seen})
        self.now += timedelta(seconds=1)
        version = self.answers.get((item, occasion), {"version": 0})["version"]
        self.answers[item, occasion] = {
            "value": value, "status": status, "at": self.now.isoformat(), "version": version + 1
        }  # fmt: skip
        return SimpleNamespace(
            value=value, at=self.now, version=version + 1, hints=self.hints.get(item, []), overtaken=version > seen
        )

    def read(self, occasion: str | None) -> dict[str, object]:
        here = occasion or next(each["id"] for each in self.occasions if each["current"])
        answers = {item: answer for (item, when), answer in self.answers.items() if when == here}
        return {
            "occasion": here, "occasions": self.occasions, "answers": answers, "context": {}, "closed": None,
            "journal": "test", "keep": base64.b64encode(bytes(32)).decode(), **self.more,
        }  # fmt: skip

    def value(self, item: str, occasion: str = "once") -> Any:
        answer = self.answers.get((item, occasion))
        return answer and (answer["value"] if answer["status"] == "answered" else answer["status"])


def every_kind(exercise: str = "every.kind", file: str = "every.yaml") -> dict[str, object]:
    """Return the payload of the exercise with every kind of item, or of another in these files."""
    workbook = definition.load(HERE / file)
    return form.payload(workbook.exercise(exercise), workbook)


def open_form(
    context: Any, desk: Desk, exercise: dict[str, object], pace: dict[str, int] | None = None, *, still: bool = False
) -> Any:
    """
    Open a page in a browser context, showing the exercise with what lies on the desk.

    `still`: its clock stands, and nothing that waits for a time happens until `page.clock.run_for` moves it.
    """
    page = context.new_page()
    if still:
        page.clock.install(time=desk.now)
    widget = Heard(exercise, save=desk.save, read=desk.read)

    def serve(route: Any) -> None:
        name = urlsplit(route.request.url).path.strip("/")
        body, kind = _FILES[name]
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")

    page.route(f"{SITE}**", serve)
    page.expose_function("toKernel", widget.ask)
    page.expose_function("exercise", lambda: exercise)
    page.goto(f"{SITE}page.html?pace={quote(json.dumps(CALM | (pace or {})))}")
    page.locator(".mend-form .mend-wait").wait_for(state="hidden")
    if still:
        page.clock.pause_at(desk.now + timedelta(hours=1))
    return page


def until(page: Any, true: Callable[[], bool]) -> None:
    """Wait until something holds here, while the page goes on and is answered."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "It never came to hold."
        page.wait_for_timeout(20)
