"""What a counselor may set: rules made stricter, never looser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbook.definition.models import Gate
from workbook.errors import Refused
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SETTINGS = ("closes", "keeps", "hides", "hold_hours", "recheck_days", "closed")
_LISTS = ("closes", "hides", "unscored", "blank")  # longer is stricter


def tighten(gates: tuple[Gate, ...], settings: Mapping[str, object]) -> tuple[Gate, ...]:
    """Return gates made stricter by `settings`: gate id → {closes, keeps, hides, hold_hours, recheck_days, closed}.

    A list adds to the gate's own, a number replaces it; `closed: yes` keeps the gate closed whatever is answered and
    whatever else is set.
    Raises Refused, with one sentence for each setting that is not known or that loosens a gate.
    """
    known = {gate.id: gate for gate in gates}
    faults: list[str] = []
    for id, wanted in settings.items():
        if id not in known:
            faults.append(say("safety.tighten.no_gate", id=id, known=", ".join(known)))
        elif not isinstance(wanted, dict):
            faults.append(say("safety.tighten.not_lines", id=id))
        else:
            known[id] = _tightened(known[id], wanted, faults)
    faults += loosened(known.values(), gates)
    if faults:
        raise Refused("\n".join(faults))
    return tuple(_with_all(known[own.id], own) for own in gates)


def _with_all(gate: Gate, own: Gate) -> Gate:
    """Return the stricter gate with everything its own lists held, also where it says “all”."""
    lists = {name: tuple(dict.fromkeys((*getattr(gate, name), *getattr(own, name)))) for name in _LISTS}
    return gate.model_copy(update=lists)


def _tightened(gate: Gate, wanted: Mapping[str, object], faults: list[str]) -> Gate:
    changed: dict[str, object] = {}
    for name, value in wanted.items():
        if name not in SETTINGS:
            faults.append(say("safety.tighten.no_setting", id=gate.id, name=name, known=", ".join(SETTINGS)))
        elif name == "closed":
            if value in ("yes", "true", True):
                changed[name] = True
            else:
                faults.append(say("safety.tighten.not_open", id=gate.id))
        else:
            changed[name] = value
    try:
        return Gate.model_validate(gate.model_dump() | changed)
    except ValueError:
        faults.append(say("safety.tighten.not_fitting", id=gate.id, names=", ".join(map(str, changed))))
        return gate


def loosened(gates: Iterable[Gate], than: Iterable[Gate]) -> tuple[str, ...]:
    """Return one sentence for each way in which `gates` protect less `than` others do; empty: they do not."""
    mine = {gate.id: gate for gate in gates}
    return tuple(
        f"{say(f'safety.looser.{fault}', id=gate.id, **values)} {say(f'safety.looser.{_never(gate)}')}"
        for gate in than
        for fault, values in _looser(mine.get(gate.id), gate)
    )


def _never(gate: Gate) -> str:
    return "no_setting" if gate.firm else "only_stricter"


def _looser(mine: Gate | None, gate: Gate) -> Iterable[tuple[str, dict[str, object]]]:
    """Yield each way in which `mine` protects less, by the name of its sentence, with what that names."""
    if mine is None:
        yield "missing", {}
        return
    if gate.closed and not mine.closed:
        yield "closed", {}
    if mine.when != gate.when or mine.reopens != gate.reopens:
        yield "other_answers", {}
    if gate.until_later_visit and not mine.until_later_visit:
        yield "same_visit", {}
    if mine.hold_hours and not gate.hold_hours:
        yield "no_hold", {}
    elif (mine.hold_hours or 0) < (gate.hold_hours or 0):
        yield "less_hold", {"count": gate.hold_hours}
    if (mine.recheck_days or math.inf) > (gate.recheck_days or math.inf):
        yield "later", {"count": gate.recheck_days}
    for name in _LISTS:
        kept = getattr(mine, name)
        every = "all" in kept and name != "hides"  # nothing hides “all”: it would hide less
        lost = [] if every else [one for one in getattr(gate, name) if one not in kept]
        if lost:
            yield "lost", {"lost": ", ".join(lost), "name": name}
    if spared := [one for one in mine.keeps if one not in gate.keeps]:
        yield "spared", {"spared": ", ".join(spared)}
    if (gate.firm and not mine.firm) or (gate.first and not mine.first) or (gate.track and not mine.track):
        yield "marks", {}
