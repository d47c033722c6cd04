"""A part of a page that asks and shows, beside the forms: what it holds travels in messages, never in traits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from workbook import words
from workbook.errors import Locked, WorkbookError
from workbook.page import assets

_log = logging.getLogger(__name__)

Message = Mapping[str, Any]
Buffers = Sequence[bytes]
Reply = Mapping[str, object] | tuple[Mapping[str, object], Sequence[bytes]]
Handler = Callable[[Message, Buffers], Reply]


def texts(path: str) -> dict[str, words.Sentence]:
    """Return what a panel says: the sentences below `path`, and those that every panel has."""
    return words.section("page.panel") | words.section(path)


class Panel(anywidget.AnyWidget):
    """A panel with a table of what its page may ask.

    `handlers` maps a message's type to the function that answers it: `handler(message, buffers)` returns the reply,
    or the reply and the bytes that go with it. A WorkbookError becomes `{type: "refused", reason}`, Locked becomes
    `{type: "locked"}`. Anything else raised is a sentence to the person, and its type (no word of theirs) to the log.
    """

    _css = assets.look("panel.css")
    panel = traitlets.Dict().tag(sync=True)  # static words only

    def __init__(self, name: str, static: Mapping[str, object], handlers: Mapping[str, Handler]) -> None:
        super().__init__(panel=dict(static))
        self._name = name
        self._handlers = handlers
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def changed(self) -> None:
        """Ask every page that shows this panel to read again."""
        self.send({"type": "changed"})

    def _receive(self, _widget: object, content: object, buffers: Sequence[Any]) -> None:
        message: Message = content if isinstance(content, dict) else {}
        reply: Reply
        try:
            reply = self._handlers[message["type"]](message, [bytes(buffer) for buffer in buffers])
        except Locked:
            reply = {"type": "locked"}
        except WorkbookError as error:
            reply = {"type": "refused", "reason": str(error)}
        except Exception as error:  # whatever it was, the person hears of it
            _log.error("%s: %s", self._name, type(error).__name__)
            reply = {"type": "refused", "reason": words.say("page.panel.wrong")}
        said, enclosed = reply if isinstance(reply, tuple) else (reply, ())
        self.send({**said, "seq": message.get("seq")}, list(enclosed) or None)
