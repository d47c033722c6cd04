"""What a caseload shows: everyone at a glance, one client's page, and a page for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from workbook.definition.models import FOOT
from workbook.errors import UnknownId
from workbook.sharing import asking, clients, inbox, kept, unsent
from workbook.sharing import overview as overviews
from workbook.sharing.kept import Arrived, Glance, Looked, Note, Profile, Remark, Replied, Submitted, TakenBack, Told
from workbook.words import listed, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    import pandas as pd
    from pydantic import BaseModel

    from workbook.definition.asks import Asks, Assigned, Task
    from workbook.definition.models import Instrument, Workbook
    from workbook.sharing.bundles import GateEvent
    from workbook.sharing.clients import Client
    from workbook.sharing.overview import Asked
    from workbook.storage.records import Records, Row
    from workbook.storage.store import Store


M = TypeVar("M", bound="BaseModel")


class Caseload(Protocol):
    """What is read of a caseload here."""

    home: Path
    store: Store

    def clients(self) -> list[Client]: ...
    def now(self) -> datetime: ...
    def today(self) -> date: ...
    def workbook(self, client: Client) -> Workbook: ...
    def asked_workbook(self, asks: Asks) -> Workbook: ...
    def assigned(self, client: Client) -> Assigned | None: ...
    def assignments(self, client: str | None = None) -> Records[Assigned]: ...
    def words_of(self, client: Client) -> tuple[str, ...]: ...
    def instruments_of(self, name: str) -> tuple[Instrument, ...]: ...


def overview(caseload: Caseload) -> pd.DataFrame:
    """Return one row per client, by name: `overview.CLIENT_COLUMNS`, the scale of each principle, and two more.

    client (pseudonym), id, since and last (when something came), asked, done and overdue (exercises), due (the
    next date), new (answers since their page was last looked at), gates (openings and closings they told of); per
    scale the word of the self-assessment, "" without an occasion; revoked; keep_until; damaged, a sentence for a client
    of whom something cannot be read ("" otherwise): then nothing is counted, and the others are as they are.
    """
    glanced = glances(caseload)
    store, today = caseload.store, caseload.today()
    broken: dict[str, list[str]] = {}

    def whole(kind: str, records: Records[M]) -> list[Row[M]]:
        rows, damaged = records.parted()
        for id in sorted(damaged):
            broken.setdefault(id, []).append(kind)
        return rows

    assigned = {row.client: row.value for row in whole("assignment", caseload.assignments())}
    looked = {row.client: row.at for row in whole("looked", kept.of(store, Looked))}
    told = {row.client: len(row.value.events) for row in whole("gates", kept.of(store, Told))}
    came: dict[str, list[Row[Submitted]]] = {}
    for row in whole("submission", kept.of(store, Submitted)):
        came.setdefault(row.client, []).append(row)
    _, unknown = kept.of(store, Profile).parted()
    scales = [scale.id for scale in asking.principle_scales()]
    rows = []
    for client in caseload.clients():
        if client.id in broken:
            seen = _row(client, (), {}, today) | {"last": None, "new": 0, "gates": 0}
            rows.append(seen | {"damaged": say("sharing.caseload.damaged", kinds=listed(broken[client.id]))})
            continue
        tasks = assigned[client.id].asks.tasks if client.id in assigned else ()
        seen = _row(client, tasks, glanced.get(client.id, {}), today)
        submissions, since = came.get(client.id, []), looked.get(client.id)
        seen["last"] = max((row.at for row in submissions), default=None)
        seen["new"] = sum(row.value.new for row in submissions if since is None or row.at > since)
        seen["gates"] = told.get(client.id, 0)
        rows.append(seen | {"damaged": ""})
    damaged = say("sharing.caseload.damaged", kinds=listed(["profile"]))
    for id, name in clients.unreadable(store, unknown).items():
        rows.append(_NOTHING | {"client": name, "id": id, "damaged": damaged})
    return overviews.table(rows, scales)


_NOTHING = {"asked": 0, "done": 0, "overdue": 0, "new": 0, "gates": 0, "revoked": False}


def _row(client: Client, tasks: Iterable[Task], glance: Mapping[str, Any], today: date) -> dict[str, Any]:
    asked = overviews.asked(tasks, glance.get("exercises", {}), None, today)
    open_ = [one.due for one in asked if one.state != "done" and one.due is not None]
    return {
        "client": client.name,
        "id": client.id,
        "since": client.since,
        "asked": len(asked),
        "done": sum(one.state == "done" for one in asked),
        "overdue": sum(one.overdue for one in asked),
        "due": min(open_, default=None),
        **glance.get("change", {}),
        "revoked": client.revoked,
        "keep_until": client.keep_until,
    }


def glances(caseload: Caseload) -> dict[str, dict[str, Any]]:
    """Return per client what `overview.glances` says, worked out anew only where something came since."""
    newest: dict[str, datetime] = {}
    submitted, unread = kept.of(caseload.store, Submitted).parted()
    assigned, unasked = caseload.assignments().parted()
    for row in submitted:
        newest[row.client] = max(newest.get(row.client, row.at), row.at)
    used = {row.client: row.value.asks for row in assigned}
    known = kept.of(caseload.store, Glance).whole(of_everyone=True)  # a damaged one is worked out anew
    glanced = {row.client: row.value.model_dump() for row in known}
    stamps = {client: f"{at.isoformat()} {used[client].key if client in used else ''}" for client, at in newest.items()}
    stale = {client for client, stamp in stamps.items() if glanced.get(client, {}).get("of") != stamp}
    stale -= unread | unasked  # of these, what was worked out before stays
    if stale:
        few = sorted(stale) if len(stale) <= 500 else None
        by_asks: dict[str, list[tuple[Any, ...]]] = {}
        for answer in caseload.store.everyone(*overviews.ROWS, clients=few):
            if answer[0] in stale and answer[0] in used:
                by_asks.setdefault(used[answer[0]].key, []).append(answer)
        asks = {one.key: one for one in used.values()}
        seen: dict[str, dict[str, Any]] = {}
        for key, rows in by_asks.items():
            seen |= overviews.glances(rows, overviews.principles(caseload.asked_workbook(asks[key])))
        with caseload.store.together():
            for client in stale:
                glance = Glance(**seen.get(client, {"exercises": {}, "change": {}}), of=stamps[client])
                kept.of(caseload.store, Glance, client).put("glance", glance)
                glanced[client] = glance.model_dump()
    return glanced


def page(caseload: Caseload, client: Client, *, look: bool) -> dict[str, Any]:
    """Return all there is to see of one client, as plain JSON; `look` remembers that it was seen now.

    What `waits` was sealed, and no mailbox has acknowledged it.
    """
    workbook, assigned = caseload.workbook(client), caseload.assigned(client)
    fresh, current = _fresh(caseload, client), caseload.store.current(client=client.id)
    if look:
        kept.of(caseload.store, Looked, client.id).put("looked", Looked())
    comments = kept.of(caseload.store, Remark, client.id).all()
    replies = sorted(kept.of(caseload.store, Replied, client.id).rows(), key=lambda one: int(one.key))
    held = unsent.stems(caseload.home)
    waiting = {int(row.key) for row in replies if row.value.file in held}
    chapters = overviews.page(workbook, current, caseload.store.history(client=client.id), fresh)
    for answer in (one for chapter in chapters for exercise in chapter["exercises"] for one in exercise["answers"]):
        comment = comments.get(answer["id"])
        answer["comment"] = comment and {**comment.model_dump(), "waits": comment.sent in waiting}
    return {
        "client": client.name,
        "since": client.since.isoformat(),
        "revoked": client.revoked,
        "keep_until": client.keep_until.isoformat() if client.keep_until else None,
        "can_reply": client.key is not None,
        "language": workbook.language,
        "tasks": [
            one._asdict() | {"due": one.due and one.due.isoformat()} for one in _asked(caseload, client, workbook)
        ],
        "words": list(caseload.words_of(client)),
        "tighten": assigned.asks.tighten if assigned else {},
        "own": [
            {"id": one.exercise.id, "title": one.title, "minutes": one.exercise.minutes}
            | {"repeats": one.exercise.repeats}
            for one in caseload.instruments_of(client.name)
        ],
        "change": [
            {"title": area.title, "verdict": area.verdict, "reason": area.reason, "occasions": area.occasions}
            for area in overviews.change(workbook, current, caseload.now()).areas
        ],
        "questions": list(overviews.questions(workbook, current)),
        "chapters": chapters,
        "withdrawn": [
            {"prompt": _prompt(workbook, row.key), "at": row.at.isoformat()} for row in _taken_back(caseload, client)
        ],
        "gates": [
            {"title": overviews.gate_title(workbook, event.gate), "change": event.change, "at": event.at.isoformat()}
            for event in _gate_events(caseload, client)
        ],
        "notes": [{"text": note.text, "at": at} for at, note in kept.of(caseload.store, Note, client.id).all().items()],
        "replies": [
            {"text": row.value.reply, "comments": row.value.comments, "at": row.at.isoformat()}
            | {"waits": int(row.key) in waiting}
            for row in replies
        ],
        "audit": [event(one) for one in caseload.store.events(client.id)],
    }


def summary(caseload: Caseload, client: Client) -> str:
    """Return one page about a client to read before a session, as HTML to print."""
    workbook, fresh, current = (
        caseload.workbook(client),
        _fresh(caseload, client),
        caseload.store.current(client=client.id),
    )
    return overviews.session(
        client=client.name,
        workbook=workbook,
        current=current,
        tasks=_asked(caseload, client, workbook),
        fresh=[one for one in current if one.id in fresh and one.item.rpartition(".")[2] not in FOOT],
        withdrawn=len(_taken_back(caseload, client)),
        gates=_gate_events(caseload, client),
        notes=[note.text for note in kept.of(caseload.store, Note, client.id).all().values()],
        now=caseload.now(),
    )


def _fresh(caseload: Caseload, client: Client) -> set[str]:
    """The ids of the answers that came since their page was last looked at."""
    looked = max((row.at for row in kept.of(caseload.store, Looked, client.id).rows()), default=None)
    arrived = kept.of(caseload.store, Arrived, client.id).rows()
    return {id for row in arrived if looked is None or row.at > looked for id in row.value.answers}


def _asked(caseload: Caseload, client: Client, workbook: Workbook) -> tuple[Asked, ...]:
    assigned = caseload.assigned(client)
    glance = glances(caseload).get(client.id, {})
    tasks = assigned.asks.tasks if assigned else ()
    return overviews.asked(tasks, glance.get("exercises", {}), workbook, caseload.today())


def _taken_back(caseload: Caseload, client: Client) -> list[Row[TakenBack]]:
    """What was here and was taken back, and is not here again."""
    held = inbox.holdings(caseload.store, client.id)
    gone = kept.of(caseload.store, TakenBack, client.id).rows()
    return [row for row in gone if row.key not in held and row.value.was]


def _gate_events(caseload: Caseload, client: Client) -> list[GateEvent]:
    return [event for told in kept.of(caseload.store, Told, client.id).all().values() for event in told.events]


def _prompt(workbook: Workbook, key: str) -> str:
    try:
        return workbook.item(key.partition("@")[0]).prompt
    except UnknownId:
        return key


def event(event: Any) -> dict[str, Any]:
    """Return one line of an audit: when, what and how many; no content."""
    return {"at": event.at.isoformat(), "what": event.kind, "count": event.count}
