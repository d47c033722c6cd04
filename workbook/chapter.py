"""The head of a page as one widget: where I am, how far, what to know first, and help one click away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from workbook import helplines
from workbook.errors import Locked, WorkbookError

if TYPE_CHECKING:
    from workbook.definition import Chapter, Workbook

_log = logging.getLogger(__name__)

# A search page says nothing about who looked at it. Shown when someone leaves in a hurry.
NEUTRAL = "https://www.bing.com/"

TEXTS: dict[str, str] = {
    "help": "Need help now?",
    "help_title": "Help, now",
    "help_intro": "If you or someone else is in danger this minute, call your local emergency number first. "
    "These lines are free or cheap, and they are for people in just this kind of pain. F1 opens this list on any page.",
    "close": "Close",
    "region": "Where are you?",
    "checked": "last checked {date}",
    "unchecked": "not checked by us yet",
    "web": "Website",
    "emergency": "Danger right now",
    "crisis": "Someone to talk to, now",
    "listening": "Someone who listens",
    "abuse": "I am being hurt or controlled",
    "abusers": "I hurt or controlled someone",
    "young": "Under 18",
    "legal": "Legal advice",
    "leave": "Leave this page",
    "leave_note": "“Leave this page” puts a search page here at once. It does not clear the browser’s history, and "
    "Mend keeps running until its window is closed.",
    "progress": "{done} of {total} done",
    "left": "about {minutes} minutes left",
    "left_one": "about a minute left",
    "all_done": "all done here",
    "notices": "Before you go on",
    "locked": "This journal is locked. Its passphrase opens this page, and is not kept anywhere. What you wrote is "
    "safe.",
    "passphrase": "Passphrase",
    "open": "Open",
    "opening": "Opening…",
    "asleep": "This page has lost its connection. Reload it before you go on.",
    "reload": "Reload this page",
}

# The order in which kinds of help are shown; a line stands under the first that fits.
KINDS = ("emergency", "crisis", "abuse", "abusers", "young", "listening", "legal")

_GENERAL = "Something went wrong inside the workbook. What you wrote is safe; reload this page to go on."


def payload(workbook: Workbook | None, chapter: Chapter | None) -> dict[str, object]:
    """Return the static half of a head: words and helplines, plain JSON values, nothing about the person."""
    number = chapter.principle if chapter else None
    title = chapter.title if chapter else ""
    return {
        "language": workbook.language if workbook else "en",
        "name": workbook.title if workbook else "Mend",
        "title": f"{number} {title}" if number else title,
        "regions": [_region(code, name) for code, name in helplines.regions().items()],
        "kinds": list(KINDS),
        "neutral": NEUTRAL,
        "texts": TEXTS,
    }


def _region(code: str, name: str) -> dict[str, object]:
    return {"code": code, "name": name, "lines": [_line(line) for line in helplines.helplines(code)]}


def _line(line: helplines.Line) -> dict[str, object]:
    kinds = [kind for kind in KINDS if kind in line.kinds]
    return {
        "kind": kinds[0] if kinds else "listening",
        "name": line.name,
        "number": line.number or "",
        "text": line.text or "",
        "url": line.url or "",
        "hours": line.hours or "",
        "note": line.note or "",
        "checked": line.last_checked.isoformat() if line.last_checked else "",
        "source": line.source,
    }


class Head(anywidget.AnyWidget):
    """What stands above a chapter.

    `read()` gives the part that changes: `{progress: {done, total, minutes}, notices: [{title, html}], region}`,
    or raises `Locked`; `remember(region)` keeps where the person is; `unlock(passphrase)` raises `Locked` when wrong.
    """

    _esm = Path(__file__).with_name("chapter.js")
    _css = Path(__file__).with_name("chapter.css")
    chapter = traitlets.Dict().tag(sync=True)  # static; what the person did is never a trait

    def __init__(
        self,
        chapter: Mapping[str, object],
        *,
        read: Callable[[], Mapping[str, object]],
        remember: Callable[[str], None],
        unlock: Callable[[str], None],
    ) -> None:
        super().__init__(chapter=dict(chapter))
        self._read = read
        self._remember = remember
        self._unlock = unlock
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f'Head("{self.chapter.get("title", "")}")'

    def changed(self) -> None:
        """Tell the page what is true now: after a save, a lock or its opening."""
        self.send(self._state())

    def _receive(self, _widget: object, content: object, _buffers: Sequence[object]) -> None:
        message: Mapping[str, Any] = content if isinstance(content, dict) else {}
        try:
            if message.get("type") == "region":
                self._remember(str(message["region"]))
                return
            if message.get("type") == "unlock":
                self._unlock(str(message["passphrase"]))
        except Locked as refused:  # wrong, or too early after a wrong one
            self.send({"type": "locked", "reason": str(refused)})
            return
        except WorkbookError as error:
            self.send({"type": "failed", "reason": str(error)})
            return
        except Exception as error:  # whatever it was, the person hears of it
            _log.error("head: %s", type(error).__name__)
            self.send({"type": "failed", "reason": _GENERAL})
            return
        self.send(self._state())

    def _state(self) -> dict[str, object]:
        try:
            return {"type": "state", **self._read()}
        except Locked:
            return {"type": "locked", "reason": ""}
        except WorkbookError as error:
            return {"type": "failed", "reason": str(error)}
        except Exception as error:  # whatever it was, the person hears of it
            _log.error("head: %s", type(error).__name__)
            return {"type": "failed", "reason": _GENERAL}
