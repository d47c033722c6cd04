"""The head of a page: help and the way out as plain HTML, and a widget for where I am, how far, what to know first."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anywidget
import traitlets

from workbook import words
from workbook.errors import Locked, WorkbookError
from workbook.page import assets, minutes
from workbook.safety import helplines

if TYPE_CHECKING:
    from workbook.definition.models import Chapter, Workbook

_log = logging.getLogger(__name__)

# A search page says nothing about who looked at it. Shown when someone leaves in a hurry.
NEUTRAL = "https://www.bing.com/"

# What help and the head look like; a page's own help needs the same without the first.
STYLES = ("chapter.css", "help.css", "minutes.css")

# The order in which kinds of help are shown; a line stands under the first that fits.
KINDS = ("emergency", "crisis", "abuse", "abusers", "young", "listening", "legal", "abused-legal", "abusers-legal")


def payload(workbook: Workbook | None, chapter: Chapter | None) -> dict[str, object]:
    """Return the static half of a head: words and helplines, plain JSON values, nothing about the person."""
    number = chapter.principle if chapter else None
    title = chapter.title if chapter else ""
    return {
        "language": workbook.language if workbook else words.code(),
        "name": workbook.title if workbook else "Mend",
        "title": f"{number} {title}" if number else title,
        "help": help_html(),
        "texts": words.section("page.head"),
    }


def help_html(*, page: bool = False) -> str:
    """Return help and the way out as HTML for a page, which `help.js` wakes; nothing in it waits for Python.

    `page`: it stands in the page's own source, so that a head drawn later uses it in place of a second one.
    """
    return _help_html(words.code(), page, words.on_hub(), os.environ.get("JUPYTERHUB_USER", ""))


def hub_address(environ: Mapping[str, str] = os.environ) -> str:
    """Return where the hub is that started this: what follows is `logout`, or `spawn/` and a person's name."""
    return environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or f"{environ.get('JUPYTERHUB_BASE_URL', '/')}hub/"


@functools.cache
def _help_html(language: str, page: bool, hub: bool, person: str) -> str:
    said = {name: escape(str(text)) for name, text in words.section("page.head").items()}
    at = f' data-hub="{escape(hub_address())}" data-person="{escape(quote(person, safe=""))}"' if hub else ""
    out = f'<button type="button" class="mend-plain mend-log-out">{said["log_out"]}</button>' if hub else ""
    regions = helplines.regions()
    options = "".join(f'<option value="{escape(code)}">{escape(name)}</option>' for code, name in regions.items())
    lists = "".join(
        f'<div class="mend-lines" data-region="{escape(code)}" data-zones="{escape(" ".join(helplines.zones(code)))}"'
        f"{'' if code == 'elsewhere' else ' hidden'}>"
        f"{_lines(helplines.helplines(code))}</div>"
        for code in regions
    )
    return (
        f'<aside class="mend-fixed"{" data-page" if page else ""} aria-label="{said["help"]}" lang="{language}"'
        f' data-neutral="{escape(NEUTRAL)}"{at} data-lm-suppress-shortcuts="true">'
        f'<button type="button" class="mend-sos" aria-keyshortcuts="F1" aria-haspopup="dialog">{said["help"]}</button>'
        f'<button type="button" class="mend-plain mend-leave" title="{said["leave_note"]}">{said["leave"]}</button>'
        f"{out}"
        f'<dialog class="mend-sos-list" aria-labelledby="mend-sos-title"><div class="mend-sos-head">'
        f'<h2 id="mend-sos-title">{said["help_title"]}</h2>'
        f'<button type="button" class="mend-plain mend-close">{said["close"]}</button></div>'
        f"<p>{said['help_intro']}</p>{minutes.folded()}"
        f'<p><label for="mend-region">{said["region"]}</label> <select id="mend-region">{options}</select></p>'
        f'{lists}<p class="mend-small">{said["leave_note"]}</p></dialog></aside>'
    )


def _lines(lines: Sequence[helplines.Line]) -> str:
    """The lines of one region, grouped by what they are for; a line stands under the first kind that fits."""
    groups: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for line in lines:
        legal = ("legal",) if {"abused-legal", "abusers-legal"} <= set(line.kinds) else ()  # for either side
        kinds = [kind for kind in KINDS if kind in (*line.kinds, *legal)]
        groups[kinds[0] if kinds else "listening"].append(_line(line))
    return "".join(
        f"<h3>{escape(words.say(f'page.head.{kind}'))}</h3><ul>{''.join(found)}</ul>"
        for kind, found in groups.items()
        if found
    )


def _line(line: helplines.Line) -> str:
    who = " " + words.say("safety.help.only", who=line.who) if line.who else ""
    parts = [f"<strong>{escape(line.name)}</strong>{escape(who)}"]
    if line.number:
        parts.append(f'<a class="mend-dial" href="tel:{re.sub(r"[^0-9+]", "", line.number)}">{escape(line.number)}</a>')
    parts += [f"<span>{escape(each)}</span>" for each in (line.text, line.hours, line.note) if each]
    if line.url:
        shown = re.sub(r"^https?://(www\.)?|/$", "", line.url)
        link = f'<a href="{escape(line.url)}" target="_blank" rel="noopener noreferrer">'
        parts.append(f"{link}{escape(words.say('page.head.web'))}: {escape(shown)}</a>")
    day = line.last_checked
    checked = words.say("page.head.checked", date=day) if day else words.say("safety.help.unchecked")
    parts.append(f"<small>{escape(checked)}</small>")
    return f"<li>{''.join(parts)}</li>"


class Head(anywidget.AnyWidget):
    """What stands above a chapter.

    `read()` gives the part that changes: `{progress: {done, total, minutes}, notices: [{title, html}], region}`,
    or raises `Locked`; `remember(region)` keeps where the person is; `unlock(passphrase)` raises `Locked` when wrong;
    `follow(zone)` hears which time zone the browser has.
    """

    _esm = assets.Script("chapter.js")
    _css = assets.look(*STYLES)
    chapter = traitlets.Dict().tag(sync=True)  # static; what the person did is never a trait

    def __init__(
        self,
        chapter: Mapping[str, object],
        *,
        read: Callable[[], Mapping[str, object]],
        remember: Callable[[str], None],
        unlock: Callable[[str], None],
        follow: Callable[[str], None] = lambda zone: None,
    ) -> None:
        super().__init__(chapter=dict(chapter))
        self._read = read
        self._remember = remember
        self._unlock = unlock
        self._follow = follow
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
                with contextlib.suppress(*((WorkbookError,) if message.get("guessed") else ())):  # nobody chose it
                    self._remember(str(message["region"]))
                return
            if message.get("type") == "ready":
                self._follow(str(message.get("zone", "")))
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
            self.send({"type": "failed", "reason": words.say("page.wrong_reload")})
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
            return {"type": "failed", "reason": words.say("page.wrong_reload")}
