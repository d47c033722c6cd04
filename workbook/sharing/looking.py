"""What a caseload shows: everyone at a glance, one client's page, and a page for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbook.definition.models import FOOT
from workbook.errors import UnknownId
from workbook.sharing import asking, inbox
from workbook.sharing import overview as overviews
from workbook.sharing.bundles import GateEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import pandas as pd

    from workbook.definition.asks import Asks, Assigned
    from workbook.definition.models import Instrument, Workbook
    from workbook.sharing.clients import Client
    from workbook.sharing.overview import Asked
    from workbook.storage.store import Record, Store


class Caseload(Protocol):
    """What is read of a caseload here."""

    store: Store

    def clients(self) -> list[Client]: ...
    def now(self) -> datetime: ...
    def today(self) -> date: ...
    def workbook(self, client: Client) -> Workbook: ...
    def asked_workbook(self, asks: Asks) -> Workbook: ...
    def assigned(self, client: Client) -> Assigned | None: ...
    def read_assigned(self, payload: Mapping[str, Any]) -> Assigned: ...
    def words_of(self, client: Client) -> tuple[str, ...]: ...
    def instruments_of(self, name: str) -> tuple[Instrument, ...]: ...


def overview(caseload: Caseload) -> pd.DataFrame:
    """Return one row per client, by name: `overview.CLIENT_COLUMNS`, the scale of each principle, and two more.

    client (pseudonym), id, since and last (when something came), asked, done and overdue (exercises), due (the
    next date), new (answers since their page was last looked at), gates (openings and closings they told of); per
    scale the word of the self-assessment, "" without a sitting; revoked; keep_until.
    """
    glanced = glances(caseload)
    kept: dict[str, dict[str, list[Record]]] = {}
    for kind in ("assignment", "submission", "gates", "looked"):
        for record in caseload.store.records_of_everyone(kind):
            kept.setdefault(record.client, {}).setdefault(kind, []).append(record)
    today = caseload.today()
    scales = [scale.id for scale in asking.principle_scales()]
    rows = [
        _row(caseload, client, kept.get(client.id, {}), glanced.get(client.id, {}), today)
        for client in caseload.clients()
    ]
    return overviews.table(rows, scales)


def _row(
    caseload: Caseload, client: Client, kept: Mapping[str, list[Record]], glance: Mapping[str, Any], today: date
) -> dict[str, Any]:
    looked = max((record.at for record in kept.get("looked", ())), default=None)
    submissions = kept.get("submission", [])
    tasks = caseload.read_assigned(kept["assignment"][0].payload).asks.tasks if "assignment" in kept else ()
    asked = overviews.asked(tasks, glance.get("exercises", {}), None, today)
    open_ = [one.due for one in asked if one.state != "done" and one.due is not None]
    return {
        "client": client.name,
        "id": client.id,
        "since": client.since,
        "last": max((record.at for record in submissions), default=None),
        "asked": len(asked),
        "done": sum(one.state == "done" for one in asked),
        "overdue": sum(one.overdue for one in asked),
        "due": min(open_, default=None),
        "new": sum(record.payload["new"] for record in submissions if looked is None or record.at > looked),
        "gates": sum(len(record.payload["events"]) for record in kept.get("gates", ())),
        **glance.get("change", {}),
        "revoked": client.revoked,
        "keep_until": client.keep_until,
    }


def glances(caseload: Caseload) -> dict[str, dict[str, Any]]:
    """Return per client what `overview.glances` says, worked out anew only where something came since."""
    newest = {record.client: record.at for record in caseload.store.records_of_everyone("submission")}
    for record in caseload.store.records_of_everyone("submission"):
        newest[record.client] = max(newest[record.client], record.at)
    used = {
        record.client: caseload.read_assigned(record.payload).asks
        for record in caseload.store.records_of_everyone("assignment")
    }
    kept = {record.client: record.payload for record in caseload.store.records_of_everyone("glance")}
    stamps = {client: f"{at.isoformat()} {used[client].key if client in used else ''}" for client, at in newest.items()}
    stale = {client for client, stamp in stamps.items() if kept.get(client, {}).get("of") != stamp}
    if stale:
        few = sorted(stale) if len(stale) <= 500 else None
        by_asks: dict[str, list[tuple[Any, ...]]] = {}
        for row in caseload.store.everyone(*overviews.ROWS, clients=few):
            if row[0] in stale and row[0] in used:
                by_asks.setdefault(used[row[0]].key, []).append(row)
        asks = {one.key: one for one in used.values()}
        seen: dict[str, dict[str, Any]] = {}
        for key, rows in by_asks.items():
            seen |= overviews.glances(rows, overviews.principles(caseload.asked_workbook(asks[key])))
        with caseload.store.together():
            for client in stale:
                kept[client] = {**seen.get(client, {"exercises": {}, "change": {}}), "of": stamps[client]}
                caseload.store.record("glance", "glance", kept[client], client=client)
    return kept


def page(caseload: Caseload, client: Client, *, look: bool) -> dict[str, Any]:
    """Return all there is to see of one client, as plain JSON; `look` remembers that it was seen now."""
    workbook, assigned = caseload.workbook(client), caseload.assigned(client)
    fresh, current = _fresh(caseload, client), caseload.store.current(client=client.id)
    if look:
        caseload.store.record("looked", "looked", {}, client=client.id)
    comments = {record.key: record.payload for record in caseload.store.records("comment", client.id)}
    chapters = overviews.page(workbook, current, caseload.store.history(client=client.id), fresh)
    for answer in (one for chapter in chapters for exercise in chapter["exercises"] for one in exercise["answers"]):
        answer["comment"] = comments.get(answer["id"])
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
            {"title": area.title, "verdict": area.verdict, "reason": area.reason, "sittings": area.sittings}
            for area in overviews.change(workbook, current, caseload.now()).areas
        ],
        "questions": list(overviews.questions(workbook, current)),
        "chapters": chapters,
        "withdrawn": [
            {"prompt": _prompt(workbook, record.key), "at": record.at.isoformat()}
            for record in _taken_back(caseload, client)
        ],
        "gates": [
            {"title": overviews.gate_title(workbook, event.gate), "change": event.change, "at": event.at.isoformat()}
            for event in _gate_events(caseload, client)
        ],
        "notes": [
            {"text": record.payload["text"], "at": record.key} for record in caseload.store.records("note", client.id)
        ],
        "replies": [
            {"text": record.payload["reply"], "comments": record.payload["comments"], "at": record.at.isoformat()}
            for record in sorted(caseload.store.records("feedback", client.id), key=lambda one: int(one.key))
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
        notes=[record.payload["text"] for record in caseload.store.records("note", client.id)],
        now=caseload.now(),
    )


def _fresh(caseload: Caseload, client: Client) -> set[str]:
    """The ids of the answers that came since their page was last looked at."""
    looked = max((record.at for record in caseload.store.records("looked", client.id)), default=None)
    arrived = [one for one in caseload.store.records("arrived", client.id) if looked is None or one.at > looked]
    return {id_ for one in arrived for id_ in one.payload["answers"]}


def _asked(caseload: Caseload, client: Client, workbook: Workbook) -> tuple[Asked, ...]:
    assigned = caseload.assigned(client)
    glance = glances(caseload).get(client.id, {})
    tasks = assigned.asks.tasks if assigned else ()
    return overviews.asked(tasks, glance.get("exercises", {}), workbook, caseload.today())


def _taken_back(caseload: Caseload, client: Client) -> list[Record]:
    """What was here and was taken back, and is not here again."""
    held = inbox.holdings(caseload.store, client.id)
    gone = caseload.store.records("withdrawn", client.id)
    return [record for record in gone if record.key not in held and record.payload.get("was", True)]


def _gate_events(caseload: Caseload, client: Client) -> list[GateEvent]:
    told: Mapping[str, Any] = next((one.payload for one in caseload.store.records("gates", client.id)), {"events": []})
    return [GateEvent.model_validate(event) for event in told["events"]]


def _prompt(workbook: Workbook, key: str) -> str:
    try:
        return workbook.item(key.partition("@")[0]).prompt
    except UnknownId:
        return key


def event(event: Any) -> dict[str, Any]:
    """Return one line of an audit: when, what and how many; no content."""
    return {"at": event.at.isoformat(), "what": event.kind, "count": event.count}
