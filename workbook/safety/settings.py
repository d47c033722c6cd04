"""What a counselor may set: rules made stricter, never looser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook.definition.models import Gate
from workbook.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SETTINGS = ("closes", "keeps", "hides", "hold_hours", "recheck_days", "closed")
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
            faults.append(f"There is no gate “{id}”. The gates are {', '.join(known)}.")
        elif not isinstance(wanted, dict):
            faults.append(f"The settings of {id} are not a list of “name: value” lines.")
        else:
            known[id] = _tightened(known[id], wanted, faults)
    stricter = tuple(known.values())
    faults += loosened(stricter, gates)
    if faults:
        raise Refused("\n".join(faults))
    return tuple(_with_all(gate, own) for gate, own in zip(stricter, gates, strict=True))


def _with_all(gate: Gate, own: Gate) -> Gate:
    """Return the stricter gate with everything its own lists held, also where it says “all”."""
    lists = {name: tuple(dict.fromkeys((*getattr(gate, name), *getattr(own, name)))) for name in _LISTS}
    return gate.model_copy(update=lists)


def _tightened(gate: Gate, wanted: Mapping[str, object], faults: list[str]) -> Gate:
    changed: dict[str, object] = {}
    for name, value in wanted.items():
        if name not in _SETTINGS:
            faults.append(f"{gate.id} has no setting “{name}”. Use one of: {', '.join(_SETTINGS)}.")
        elif name == "closed":
            if value in ("yes", "true", True):
                changed[name] = True
            else:
                faults.append(f"{gate.id} can be set to closed, but not to open: its answers decide. Remove that line.")
        else:
            changed[name] = value
    try:
        return Gate.model_validate(gate.model_dump() | changed)
    except ValueError:
        faults.append(f"A setting of {gate.id} has a value that does not fit: {', '.join(map(str, changed))}.")
        return gate


def loosened(gates: Iterable[Gate], than: Iterable[Gate]) -> tuple[str, ...]:
    """Return one sentence for each way in which `gates` protect less `than` others do; empty: they do not."""
    mine = {gate.id: gate for gate in gates}
    return tuple(f"{gate.id} {fault}" for gate in than for fault in _looser(mine.get(gate.id), gate))


def _looser(mine: Gate | None, gate: Gate) -> Iterable[str]:
    rest = "No setting can loosen this gate." if gate.firm else "A gate can be made stricter, never looser."
    if mine is None:
        yield f"is missing. {rest}"
        return
    if gate.closed and not mine.closed:
        yield f"must stay closed. {rest}"
    if mine.when != gate.when or mine.reopens != gate.reopens:
        yield f"would close on other answers than before. {rest}"
    if gate.until_later_visit and not mine.until_later_visit:
        yield f"would open by a second answer at the same visit. {rest}"
    if mine.hold_hours and not gate.hold_hours:
        yield f"has no hold of hours: it stays closed as long as its answers say so. {rest}"
    elif (mine.hold_hours or 0) < (gate.hold_hours or 0):
        yield f"would hold for less than {gate.hold_hours} hours. {rest}"
    if (mine.recheck_days or 10_000) > (gate.recheck_days or 10_000):
        yield f"would be looked at again later than after {gate.recheck_days} days. {rest}"
    for name in _LISTS:
        kept = getattr(mine, name)
        every = "all" in kept and name != "hides"  # nothing hides “all”: it would hide less
        lost = [] if every else [one for one in getattr(gate, name) if one not in kept]
        if lost:
            yield f"must keep {', '.join(lost)} under “{name}”. You may add to the list. {rest}"
    if spared := [one for one in mine.keeps if one not in gate.keeps]:
        yield f"may not leave {', '.join(spared)} open. {rest}"
    if (gate.firm and not mine.firm) or (gate.first and not mine.first) or (gate.track and not mine.track):
        yield f"must stay marked as it is (firm, first, track). {rest}"
