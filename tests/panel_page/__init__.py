"""A panel without Jupyter: its own script and style sheet in a bare page, the real panel behind it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from workbook.page.panels.panel import Panel

HERE = Path(__file__).parent
SITE = "http://panel.test/"


def listening(panel: Panel) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Return a list in which everything appears that a panel says to its pages."""
    heard: list[tuple[dict[str, Any], list[bytes]]] = []
    panel.send = lambda content, buffers=None: heard.append((json.loads(json.dumps(content)), list(buffers or ())))  # type: ignore[method-assign]  # the wire
    return heard


def ask(panel: Panel, message: object, *buffers: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Give a panel a page's message; return its one reply and the bytes with it."""
    heard = listening(panel)
    panel._handle_custom_msg(message, list(buffers))
    (reply,) = (each for each in heard if each[0].get("type") != "changed")
    return reply


# For a context: whatever is asked takes too long at once.
IMPATIENT = """{
  const wait = window.setTimeout;
  window.setTimeout = (act, after, ...more) => [10_000, 30_000].includes(after) ? act() : wait(act, after, ...more);
}"""


def open_panel(context: Any, panel: Panel, drawn: str = ".mend-sheet") -> Any:
    """Open a page in a browser context that shows the panel; `drawn` is the card that it draws."""
    page = context.new_page()
    heard = listening(panel)
    files = {
        "page.html": ((HERE / "page.html").read_text("utf-8"), "text/html"),
        "panel.js": (panel._esm, "text/javascript"),
        "panel.css": (panel._css, "text/css"),
    }

    def serve(route: Any) -> None:
        body, kind = files[urlsplit(route.request.url).path.strip("/")]
        route.fulfill(body=str(body), content_type=f"{kind}; charset=utf-8")

    def to_kernel(message: object, buffers: list[str]) -> list[tuple[object, list[str]]]:
        heard.clear()
        panel._handle_custom_msg(message, [base64.b64decode(buffer) for buffer in buffers])
        return [(content, [base64.b64encode(each).decode() for each in enclosed]) for content, enclosed in heard]

    page.route(f"{SITE}**", serve)
    page.expose_function("toKernel", to_kernel)
    page.expose_function("panel", lambda: panel.panel)
    page.goto(f"{SITE}page.html")
    page.locator(drawn).wait_for()
    return page
