"""The counselor's page: the passphrase first, then clients, what came, and what goes back to them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import definition, words
from workbook.definition import models
from workbook.definition.asks import SAFETY_QUESTIONS
from workbook.errors import Locked, Refused
from workbook.page import assets
from workbook.page.panels import panel
from workbook.sharing import asking, caseload, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.page.panels.panel import Buffers, Message, Reply
    from workbook.sharing.caseload import Caseload

TEXTS: dict[str, str] = {
    "title": "Your caseload",
    "locked": "The caseload is locked. Reload this page and type the passphrase.",
    # the first time
    "first": "Set up your caseload",
    "first_what": "Two keys are made on this computer: one that closes, for your clients, and one that opens, for you "
    "alone. A passphrase keeps yours.",
    "before": "Before you go on",
    "name": "How your clients see you",
    "name_hint": "For example: Dr. Lee",
    "passphrase": "Passphrase",
    "again": "The same once more",
    "differ": "The two are not the same. Type both again.",
    "understood": "I understand that nobody can help me if I lose both",
    "make": "Make the keys",
    "making": "Making the keys. This takes a few seconds, on purpose.",
    "made": "The keys are made",
    "sheet": "Print this recovery sheet now. It opens everything when the passphrase is lost. Keep the paper where "
    "only you can reach it, then delete the file.",
    "sheet_save": "Save the recovery sheet",
    "go_on": "Go to my caseload",
    # opening
    "open": "Open",
    "opening": "Opening…",
    "forgotten": "Lost it? The recovery sheet opens the caseload: workbook keygen --recover",
    # the list
    "receive": "Take in what clients sent",
    "receive_how": "Drop files ending in .submission here, or",
    "choose_files": "choose files",
    "receiving": "Taking in {done} of {of}…",
    "held_yes": "I asked them, and it is so: take it in",
    "held_no": "Leave it",
    "held_left": "left. Nothing was changed.",
    "received": "{count} files looked at",
    "received_one": "1 file looked at",
    "clients": "Clients",
    "search": "Find a client",
    "none": "No clients yet. Give someone an assignment, and they are here.",
    "none_found": "No client has this in their name.",
    "shown": "{count} clients",
    "shown_one": "1 client",
    "more": "Show {count} more",
    "new_client": "New assignment",
    "col_client": "Client",
    "col_done": "Done",
    "col_due": "Next date",
    "col_new": "New",
    "col_change": "Change, by what they shared",
    "of": "{done} of {asked}",
    "overdue": "{count} overdue",
    "nothing_due": "none",
    "ended": "sharing ended",
    "erase_by": "to be erased since {date}",
    "never_sent": "nothing received yet",
    "last": "last heard {date}",
    "gates_count": "safety rules: {count} changes",
    "gates_count_one": "safety rules: 1 change",
    "settings": "Keys, audit and rights",
    # an assignment
    "assign": "An assignment",
    "assign_again": "Change what {client} is asked",
    "assign_how": "Out comes one file. Give it to your client in your own way; the client’s answers always stay.",
    "pseudonym": "Pseudonym of the client",
    "pseudonym_hint": "An initial or an invented name. It stands in the file.",
    "ask_for": "What you ask for",
    "whole": "All of “{title}”",
    "order": "In this order",
    "up": "Earlier: {title}",
    "down": "Later: {title}",
    "remove": "Leave out: {title}",
    "due": "By",
    "due_all": "By when, for all of it",
    "repeats": "How often",
    "as_is": "as it is ({how})",
    "once": "once",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "any": "any time",
    "instruction": "Your words to this exercise",
    "nothing_asked": "Tick at least one exercise.",
    "tighten": "Make safety rules stricter",
    "tighten_how": "A rule you tick stays closed for this client whatever they answer. No rule can be made looser.",
    "instruments": "Questionnaires of your own",
    "instruments_before": "Questionnaires they have from you",
    "instruments_how": "YAML files with questions you have the right to use.",
    "make_file": "Make the file",
    "file_made": "The assignment is made: {file}",
    "file_next": "Anyone who has this file can read what you ask, so treat it like an appointment letter.",
    "save_again": "Save it once more",
    "back": "All clients",
    # one client
    "since": "since {date}",
    "asked": "Asked for",
    "state_open": "nothing shared yet",
    "state_begun": "begun",
    "state_done": "done",
    "by": "by {date}",
    "was_due": "overdue since {date}",
    "your_words": "You wrote: {text}",
    "change": "What changed, by what they shared",
    "words": "Six words to compare with {client}, aloud: {words}",
    "they_read": "From what they shared, worked out here: “{reason}” What they read in their own journal may differ.",
    "change_none": "No ratings were shared yet.",
    "questions": "They want to ask in the next session",
    "shared": "What they shared",
    "shared_none": "Nothing is shared at the moment.",
    "expand": "{count} answers",
    "expand_one": "1 answer",
    "foot_done": "marked as done",
    "foot_useful": "useful: {useful}",
    "fresh": "new",
    "skipped": "Skipped",
    "versions": "{count} earlier versions",
    "versions_one": "1 earlier version",
    "reworded": "the question read differently then",
    "comment": "Comment",
    "comment_on": "Your comment beside “{prompt}”",
    "comment_edit": "Change the comment",
    "comment_sent": "sent",
    "comment_waiting": "goes out with your next reply",
    "keep_comment": "Keep the comment",
    "cancel": "Cancel",
    "withdrawn": "Taken back by them",
    "withdrawn_how": "These answers are gone from here: words, versions and all.",
    "gates": "Safety rules",
    "gates_how": "That a rule opened or closed, and when. Never why.",
    "opened": "opened",
    "closed": "closed",
    "notes": "My notes",
    "notes_how": "Only here. They are never sent, but the client has a right to a copy of what is kept.",
    "note": "A note",
    "keep_note": "Keep the note",
    "replying": "Reply",
    "reply_words": "To the whole of it",
    "reply_waiting": "{count} comments are waiting to go out.",
    "reply_waiting_one": "1 comment is waiting to go out.",
    "reply_none": "No comment is waiting.",
    "seal": "Seal a reply",
    "sealed": "Sealed: {file}. Only {client} can open it.",
    "no_key": "They have not sent you anything yet, so there is no key of theirs to seal a reply for.",
    "replies": "Replies so far",
    "reply_line": "{date}, with {count} comments",
    "reply_line_one": "{date}, with 1 comment",
    "summary": "Page for the session",
    "rights": "Rights of the client",
    "export": "Save all that is kept about them",
    "keep_until": "To be erased after",
    "keep": "Remember",
    "kept": "Remembered.",
    "revoke": "End sharing",
    "revoke_sure": "End sharing with {client}? What they sent stays. Nothing more is taken in from them. This cannot "
    "be taken back.",
    "revoke_yes": "Yes, end sharing",
    "erase": "Erase this client",
    "erase_sure": "Erase everything of {client}: answers, comments, notes. This cannot be undone. Copies that other "
    "programs made are out of reach.",
    "erase_yes": "Yes, erase everything",
    "erased": "{client} is erased. {left} of their records are left.",
    # keys and audit
    "keys": "Keys",
    "keys_how": "A new key is for everything from now on; the old ones still open what was sealed for them. "
    "Afterwards, send each client a new assignment, and print a new sheet.",
    "rotate": "Make a new key",
    "rotated": "There is a new key. Send each client a new assignment.",
    "audit": "What happened",
    "audit_how": "What was assigned, received, replied to and erased: times and counts, no content.",
    "audit_none": "Nothing yet.",
    "col_at": "When",
    "col_what": "What",
    "col_count": "How many",
    "what_assigned": "assigned",
    "what_received": "received",
    "what_replied": "replied",
    "what_revoked": "sharing ended",
    "what_erased": "erased",
    "what_key-rotated": "new key",
    # the words of the self-assessment
    "better": "better",
    "no clear change": "no clear change",
    "worse": "worse",
    "too few sittings": "too few sittings",
}


def panel_here(environ: Mapping[str, str] = os.environ) -> Page:
    """Return the page for the caseload named in the environment, as `workbook caseload` sets it."""
    home = environ.get("WORKBOOK_CASELOAD") or str(Path.home() / "Mend caseload")
    return Page(Path(home), store=environ.get("WORKBOOK_STORE") or None)


class Page(panel.Panel):
    """A caseload as one panel. What it shows travels in messages; nothing of it is in a notebook."""

    _esm = assets.module("caseload.js")
    _css = assets.look("panel.css", "caseload.css")

    def __init__(
        self, home: Path, *, store: str | None = None, opener: Callable[[Path, str], Caseload] | None = None
    ) -> None:
        """`opener` opens the caseload with a passphrase; None: `caseload.open_caseload`."""
        handlers = {
            **{"ready": self._ready, "make": self._make, "unlock": self._unlock, "rotate": self._rotate},
            **{"list": self._list, "receive": self._take_in, "audit": self._audit, "assign": self._assign},
            **{"client": self._client, "comment": self._comment, "note": self._note, "reply": self._reply},
            **{"summary": self._summary, "export": self._export},
            **{"keep": self._keep, "revoke": self._revoke, "erase": self._erase},
        }
        super().__init__("caseload", {"language": "en", "texts": {**words.section("page.panel"), **TEXTS}}, handlers)
        self._home = home
        self._opener = opener or (lambda home, passphrase: caseload.open_caseload(home, passphrase, store=store))
        self._caseload: Caseload | None = None

    @property
    def _opened(self) -> Caseload:
        if self._caseload is None:
            raise Locked("The caseload is locked.")
        return self._caseload

    # --- keys ---

    def _ready(self, message: Message, buffers: Buffers) -> Reply:
        if not keys.is_caseload(self._home):
            return {"type": "first", "lost": keys.LOST_KEY, "home": str(self._home)}
        return {"type": "locked-up" if self._caseload is None else "open"}

    def _make(self, message: Message, buffers: Buffers) -> Reply:
        name = str(message["name"]).strip() or "Your counselor"
        keys.keygen(self._home, str(message["passphrase"]), counselor=name[:80])
        self._caseload = self._opener(self._home, str(message["passphrase"]))
        return {"type": "made", "file": "recovery-sheet.html"}, [self._caseload.recovery_sheet().encode()]

    def _unlock(self, message: Message, buffers: Buffers) -> Reply:
        self._caseload = self._opener(self._home, str(message["passphrase"]))
        return {"type": "open"}

    def _rotate(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.rotate(str(message["passphrase"]))
        return {"type": "rotated", "file": "recovery-sheet.html"}, [self._opened.recovery_sheet().encode()]

    # --- everyone ---

    def _list(self, message: Message, buffers: Buffers) -> Reply:
        opened = self._opened
        table = opened.overview()
        today = opened.today()
        rows = [_row(row, today) for row in table.to_dict("records")]
        return {
            "type": "list",
            "counselor": opened.counselor,
            "scales": [[scale.id, scale.title] for scale in asking.principle_scales()],
            "clients": rows,
            "chapters": _chapters(),
            "gates": [{"id": gate.id, "title": gate.title} for gate in _shipped().gates],
        }

    def _take_in(self, message: Message, buffers: Buffers) -> Reply:
        receipt = self._opened.receive(buffers[0], sure=message.get("sure") is True)
        return {"type": "received", "said": str(receipt), "held": receipt.held, "client": receipt.client}

    def _audit(self, message: Message, buffers: Buffers) -> Reply:
        rows = self._opened.audit().tail(500).iloc[::-1]
        return {"type": "audit", "rows": [{**row, "at": row["at"].isoformat()} for row in rows.to_dict("records")]}

    def _assign(self, message: Message, buffers: Buffers) -> Reply:
        tasks = message["tasks"]
        only = [str(task["exercise"]) for task in tasks]
        often = {str(task["exercise"]): str(task["repeats"]) for task in tasks if task.get("repeats")}
        client = str(message["client"]).strip()
        kept = [one for one in self._opened.instruments_of(client) if one.exercise.id in only]
        new = asking.instruments(buffers)
        own = [*{one.exercise.id: one for one in (*kept, *new)}.values()]
        workbook = asking.workbook_for("en", own)
        only += [instrument.exercise.id for instrument in new if instrument.exercise.id not in only]
        asked = asking.tasks_for(
            workbook,
            only,
            due=_day(message.get("due")),
            due_each={str(task["exercise"]): day for task in tasks if (day := _day(task.get("due")))},
            instructions={str(task["exercise"]): str(words) for task in tasks if (words := task.get("instruction"))},
            repeats=often,
        )
        packed = self._opened.assign(client, asked, instruments=own, tighten=dict(message["tighten"]))
        return {"type": "assigned", "file": _file(message["client"], "assignment")}, [packed]

    # --- one client ---

    def _client(self, message: Message, buffers: Buffers) -> Reply:
        return {"type": "client", **self._opened.page(str(message["client"]), look=message.get("look") is True)}

    def _comment(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.comment(str(message["client"]), str(message["answer"]), str(message["text"]).strip())
        return {"type": "commented"}

    def _note(self, message: Message, buffers: Buffers) -> Reply:
        self._opened.note(str(message["client"]), str(message["text"]).strip())
        return {"type": "noted"}

    def _reply(self, message: Message, buffers: Buffers) -> Reply:
        sealed = self._opened.reply(str(message["client"]), str(message["words"]).strip() or None)
        return {"type": "replied", "file": _file(message["client"], "feedback")}, [sealed]

    def _summary(self, message: Message, buffers: Buffers) -> Reply:
        html = self._opened.summary(str(message["client"]))
        return {"type": "summary", "file": _file(message["client"], "html")}, [html.encode()]

    def _export(self, message: Message, buffers: Buffers) -> Reply:
        plain = json.dumps(self._opened.record_of(str(message["client"])), ensure_ascii=False, indent=1)
        return {"type": "exported", "file": _file(message["client"], "json")}, [plain.encode()]

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


@lru_cache
def _shipped() -> models.Workbook:
    return definition.load()


def _chapters() -> list[dict[str, object]]:
    """Return what can be asked for; what the workbook asks of everyone by itself is left out."""
    return [
        {
            "id": chapter.id,
            "title": chapter.title,
            "exercises": [
                {"id": one.id, "title": one.title, "minutes": one.minutes, "repeats": one.repeats}
                for one in chapter.exercises
                if not one.retired and one.id not in SAFETY_QUESTIONS
            ],
        }
        for chapter in _shipped().chapters
        if chapter.exercises
    ]


def _day(said: object) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise Refused("This is not a day. Choose one like 2027-01-15.") from None


def _file(client: object, ending: str) -> str:
    """A file name that any computer takes."""
    return (re.sub(r"[^\w-]+", "-", str(client)).strip("-") or "client") + f".{ending}"
