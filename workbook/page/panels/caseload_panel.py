"""The counselor's page: the passphrase first, then clients, what came, and what goes back to them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import files, words
from workbook.definition import overlay
from workbook.definition.feeding import guarded
from workbook.errors import Locked, Refused
from workbook.page import assets
from workbook.page.panels import panel
from workbook.page.panels.posting import Posting
from workbook.sharing import asking, caseload, keys, letters, post
from workbook.storage import keeper
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.page.panels.panel import Buffers, Message, Reply
    from workbook.sharing.caseload import Caseload
    from workbook.sharing.post import Mailbox


def panel_here(environ: Mapping[str, str] = os.environ) -> Page:
    """Return the page for the caseload named in the environment, as `workbook caseload` sets it."""
    home = environ.get("WORKBOOK_CASELOAD") or str(Path.home() / "Mend caseload")
    files.forbid_dumps()
    url, token = environ.get(letters.ADDRESS, ""), environ.get(post.TOKEN, "")
    mailbox = (lambda: post.Mailbox(url, token)) if url else None
    return Page(Path(home), store=environ.get("WORKBOOK_STORE") or None, mailbox=mailbox)


class Page(panel.Panel):
    """A caseload as one panel. What it shows travels in messages; nothing of it is in a notebook."""

    _esm = assets.Script("caseload.js")
    _css = assets.look("panel.css", "caseload.css")

    def __init__(
        self,
        home: Path,
        *,
        store: str | None = None,
        mailbox: Callable[[], Mailbox] | None = None,
        opener: Callable[[Path, str], Caseload] | None = None,
        idle: timedelta = keeper.IDLE,
        seconds: Callable[[], float] = keeper.awake_and_asleep,
    ) -> None:
        """`opener` opens the caseload with a passphrase; None: `caseload.open_caseload`.

        `mailbox` is the way to a hub's, and raises Refused when there is none; None: files go by hand.
        Without anyone for `idle`, counted in `seconds`, it locks itself.
        """
        self._posting = Posting(lambda: self._opened, mailbox)
        handlers = {
            **self._posting.handlers,
            **{"ready": self._ready, "make": self._make, "unlock": self._unlock, "rotate": self._rotate},
            **{"list": self._list, "receive": self._take_in, "audit": self._audit, "assign": self._assign},
            **{"client": self._client, "comment": self._comment, "note": self._note, "reply": self._reply},
            **{"summary": self._summary, "export": self._export},
            **{"lock": self._lock, "here": self._here},
            **{"keep": self._keep, "revoke": self._revoke, "erase": self._erase},
        }
        super().__init__("caseload", {"language": words.code(), "texts": panel.texts("page.caseload")}, handlers)
        self._home = home
        self._opener = opener or (lambda home, passphrase: caseload.open_caseload(home, passphrase, store=store))
        self._caseload: Caseload | None = None
        self._idle, self._seconds = idle.total_seconds(), seconds
        self._used = seconds()

    @property
    def _opened(self) -> Caseload:
        self.lock_when_idle()
        if self._caseload is None:
            raise Locked(say("page.panels.locked"))
        self._used = self._seconds()
        return self._caseload

    def _open(self, passphrase: str) -> Caseload:
        self._caseload, self._used = self._opener(self._home, passphrase), self._seconds()
        self._look_again()
        return self._caseload

    def _look_again(self) -> None:
        with contextlib.suppress(RuntimeError):  # no kernel's loop: then it is looked at with the next message
            asyncio.get_running_loop().call_later(min(30.0, self._idle), self._look)

    def _look(self) -> None:
        if self._caseload is not None:
            self.lock_when_idle()
            self._look_again()

    def lock_when_idle(self) -> None:
        """Lock when nobody has been here for too long: the keys and the store are let go, and the page asks again."""
        if self._caseload is not None and self._seconds() - self._used > self._idle:
            self._let_go()
            self.changed()

    def _let_go(self) -> None:
        if self._caseload is not None:
            self._caseload.close()
        self._caseload = None

    def _lock(self, message: Message, buffers: Buffers) -> Reply:
        self._let_go()
        return {"type": "locked-up"}

    def _here(self, message: Message, buffers: Buffers) -> Reply:
        """Someone is writing: nothing is asked yet, and nothing may be locked under their hands."""
        return {"type": "open" if self._opened else "locked-up"}

    # --- keys ---

    def _ready(self, message: Message, buffers: Buffers) -> Reply:
        if not keys.is_caseload(self._home):
            return {"type": "first", "lost": say("sharing.keys.lost"), "home": str(self._home)}
        self.lock_when_idle()
        return {"type": "locked-up" if self._caseload is None else "open"}

    def _make(self, message: Message, buffers: Buffers) -> Reply:
        name = str(message["name"])
        keys.keygen(self._home, str(message["passphrase"]), counselor=name[:80])
        opened = self._open(str(message["passphrase"]))
        return _with_sheet("made", opened)

    def _unlock(self, message: Message, buffers: Buffers) -> Reply:
        self._open(str(message["passphrase"]))
        return {"type": "open"}

    def _rotate(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.rotate(str(message["passphrase"]))
        return _with_sheet("rotated", self._opened)

    # --- everyone ---

    def _list(self, message: Message, buffers: Buffers) -> Reply:
        opened = self._opened
        table = opened.overview()
        today = opened.today()
        rows = [_row(row, today) for row in table.to_dict("records")]
        return {
            "type": "list",
            **self._posting.state(),
            "counselor": opened.counselor,
            "scales": [[scale.id, scale.title] for scale in asking.principle_scales()],
            "clients": rows,
            "chapters": _chapters(),
            "gates": [{"id": gate.id, "title": gate.title} for gate in overlay.spoken().gates],
        }

    def _take_in(self, message: Message, buffers: Buffers) -> Reply:
        receipt = self._opened.receive(buffers[0], sure=message.get("sure") is True)
        return {"type": "received", "said": str(receipt), "held": receipt.held, "client": receipt.client}

    def _audit(self, message: Message, buffers: Buffers) -> Reply:
        rows = self._opened.audit().tail(500).iloc[::-1]
        return {"type": "audit", "rows": [{**row, "at": row["at"].isoformat()} for row in rows.to_dict("records")]}

    def _assign(self, message: Message, buffers: Buffers) -> Reply:
        tasks, to = message["tasks"], self._posting.to(message)
        only = [str(task["exercise"]) for task in tasks]
        often = {str(task["exercise"]): str(task["repeats"]) for task in tasks if task.get("repeats")}
        client = str(message["client"]).strip()
        kept = [one for one in self._opened.instruments_of(client) if one.exercise.id in only]
        new = asking.instruments(buffers)
        own = [*{one.exercise.id: one for one in (*kept, *new)}.values()]
        language = self._opened.language_of(client)
        workbook = asking.workbook_for(language, own)
        only += [instrument.exercise.id for instrument in new if instrument.exercise.id not in only]
        asked = asking.tasks_for(
            workbook,
            only,
            due=_day(message.get("due")),
            due_each={str(task["exercise"]): day for task in tasks if (day := _day(task.get("due")))},
            instructions={str(task["exercise"]): str(words) for task in tasks if (words := task.get("instruction"))},
            repeats=often,
        )
        gone = asking.passed(asked, self._opened.today())
        if gone and message.get("sure") is not True:
            return {"type": "asks", "ask": gone}
        tighten, opened = dict(message["tighten"]), self._opened
        with opened.store.together():  # nothing counts as asked before it is in a file
            packed = opened.assign(client, asked, instruments=own, tighten=tighten, language=language)
            waits = self._posting.keep(client, to, packed)
        return {"type": "assigned", "file": self._named(message, packed, "assignment"), "kept": waits}, [packed]

    # --- one client ---

    def _client(self, message: Message, buffers: Buffers) -> Reply:
        name = str(message["client"])
        shown = self._opened.page(name, look=message.get("look") is True)
        return {"type": "client", **shown, **self._posting.address(name)}

    def _comment(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.comment(str(message["client"]), str(message["answer"]), str(message["text"]).strip())
        return {"type": "commented"}

    def _note(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.note(str(message["client"]), str(message["text"]).strip())
        return {"type": "noted"}

    def _reply(self, message: Message, buffers: Buffers) -> Reply:
        client, to, opened = str(message["client"]), self._posting.to(message), self._opened
        with opened.store.together():  # nothing counts as said before it is in a file
            sealed = opened.reply(client, str(message["words"]).strip() or None)
            kept = self._posting.keep(client, to, sealed)
        return {"type": "replied", "file": self._named(message, sealed, "feedback"), "kept": kept}, [sealed]

    def _summary(self, message: Message, buffers: Buffers) -> Reply:
        page = self._opened.summary(str(message["client"])).encode()
        return {"type": "summary", "file": self._named(message, page, "html")}, [page]

    def _export(self, message: Message, buffers: Buffers) -> Reply:
        plain = json.dumps(self._opened.record_of(str(message["client"])), ensure_ascii=False, indent=1).encode()
        return {"type": "exported", "file": self._named(message, plain, "json")}, [plain]

    def _named(self, message: Message, data: bytes, ending: str) -> str:
        return files.named(message["client"], data, ending, day=self._opened.today())

    def _keep(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.keep_until(str(message["client"]), _day(message["day"]))
        return {"type": "kept"}

    def _revoke(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.revoke(str(message["client"]))
        return {"type": "revoked"}

    def _erase(self, message: Message, buffers: Buffers) -> Reply:
        return {"type": "erased", "left": self._opened.erase(str(message["client"]))}


def _row(row: Mapping[Any, Any], today: date) -> dict[str, object]:
    plain: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, (datetime, date)):
            plain[str(name)] = None if value != value else value.isoformat()
        else:
            plain[str(name)] = None if value != value else value
    until = plain["keep_until"]
    return plain | {"erase_by": until if until and str(until) < today.isoformat() else None}


def _chapters() -> list[dict[str, object]]:
    """Return what can be asked for; what the workbook asks of everyone by itself is left out.

    `fixed`: it feeds the rules, so nobody changes how often it is asked.
    """
    workbook = overlay.spoken()
    fixed = guarded(workbook)
    return [
        {
            "id": chapter.id,
            "title": chapter.title,
            "exercises": [
                {"id": one.id, "title": one.title, "minutes": one.minutes, "repeats": one.repeats}
                | {"named": workbook.named(one.id)}
                | {"fixed": bool(workbook.unfed) or one.id in fixed}
                for one in chapter.exercises
                if not one.retired and one.id not in workbook.measures.forms
            ],
        }
        for chapter in workbook.chapters
        if chapter.exercises
    ]


def _day(said: object) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise Refused(say("page.panels.not_a_day")) from None


def _with_sheet(what: str, opened: Caseload) -> Reply:
    sheet = opened.recovery_sheet().encode()
    return {"type": what, "file": files.named("recovery-sheet", sheet, "html", day=opened.today())}, [sheet]
