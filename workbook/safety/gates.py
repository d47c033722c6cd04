"""Gates: answers and their times → what is locked, what is shown, which path; pure, and closed on doubt."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from workbook import dates, resources
from workbook.definition import conditions, html
from workbook.definition.conditions import Comparison, Condition
from workbook.definition.models import Gate
from workbook.errors import Refused
from workbook.safety import facts as measures
from workbook.safety.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import yaml

    from workbook.answers.kinds import Response
    from workbook.definition.models import Exercise, Workbook

CONTACT = ("contact", "outreach", "draft", "together")  # what stays locked when a rule cannot be worked out
FIRM = (
    "G1",
    "G2",
    "G3",
    "G4",
    "G5",
    "G5_protects",
    "G6_severe",
)  # a workbook without one of these keeps contact locked
ASKS = (
    "start.privacy",
    measures.RIGHT_NOW,
    measures.CHECK,
)  # closed only where a rule names them: they are to be answered
CALM = "calming"
ORDERED = ("less_than", "at_most", "greater_than", "at_least")  # comparisons with a number

State = Literal["open", "closed", "unknown"]


@dataclass(frozen=True)
class Lock:
    """Why an exercise is locked, what to do instead, and whom to turn to."""

    gates: tuple[str, ...]  # most important first
    title: str
    reason_html: str
    instead: tuple[tuple[str, str], ...]  # label, notebook
    resources: tuple[str, ...]  # kinds of help lines, most important first


@dataclass(frozen=True)
class Notice:
    """What a page says at its top while a gate is closed."""

    gate: str
    title: str
    html: str
    resources: tuple[str, ...]
    urgent: Literal["", "after", "first"] = ""  # the lines to call stand in the notice, after or before its words


@dataclass(frozen=True)
class GateState:
    """One gate now. `locks` are exercise ids; `until` is set while a hold runs."""

    id: str
    state: State
    locks: tuple[str, ...]
    why: str
    title: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """Where a person stands with the gates at one moment."""

    gates: tuple[GateState, ...]
    notices: tuple[Notice, ...]  # most important first
    track: Literal["principles", "moving-on"]
    hidden: frozenset[str]  # items a form must not show
    unscored: frozenset[str]  # scale ids, or "all"
    recheck_due: bool
    locks: Mapping[str, Lock] = field(repr=False)

    def lock(self, exercise_id: str) -> Lock | None:
        """Return why an exercise is locked, or None: it is open."""
        return self.locks.get(exercise_id)

    def scored(self, scale_id: str) -> bool:
        """Say whether a scale may be scored and shown now."""
        return not self.unscored & {"all", scale_id}


def standing(
    workbook: Workbook,
    responses: Mapping[tuple[str, str], Response],
    now: datetime,
    *,
    tighten: Mapping[str, object] | None = None,
    events: Iterable[Mapping[str, object]] = (),
    history: Iterable[measures.Past] = (),
) -> Standing:
    """Return what the answers so far lock and show at `now` (aware).

    `responses`: current answers by item and occasion. `history`: every stored version; holds, the no of G7 and the
    limits of G10 need it. `events`: openings and closings from the log, newest last. `tighten`: a counselor's
    settings (see `tighten`). Never raises because of an answer: a rule that cannot be worked out locks, and says so.
    """
    gates, broken = _gates(workbook, tighten)
    try:
        facts = Facts(workbook, responses, history, tuple(events), now)
    except Exception:
        facts, broken = None, (*broken, "The answers could not be read.")
    judged = [_judge(gate, facts) for gate in gates]
    judged += [_Judged(_missing(id, why), "unknown", broken=True) for id, why in broken_rows(broken)]
    return _stand(workbook, judged, facts)


def broken_rows(reasons: Iterable[str]) -> list[tuple[str, str]]:
    """Name each reason why the rules are not whole, so that it is a row like any other."""
    return [(f"broken{number}", reason) for number, reason in enumerate(reasons, 1)]


def changes(before: Standing | None, after: Standing, now: datetime) -> tuple[dict[str, object], ...]:
    """Return what to write to the event log: gates that closed or opened, with the time and never with content."""
    was = {gate.id: gate.state for gate in before.gates} if before else {}
    names = {"closed": "closed", "open": "opened"}
    return tuple(
        {"gate": gate.id, "change": names[gate.state], "at": now}
        for gate in after.gates
        if gate.state in names and was.get(gate.id, "open") != gate.state
    )


def recheck_due(
    responses: Mapping[tuple[str, str], Response], now: datetime, history: Iterable[measures.Past] = ()
) -> bool:
    """Say whether the short check is to be asked again: once a sitting, and not before it was ever asked."""
    entries = measures.entries_of(responses, history)
    return _due(entries, {measures.canonical(entry.item): entry for entry in entries}, now)


# --- a counselor's settings -----------------------------------------------------------------------------------------

_SETTINGS = ("locks", "keeps", "hides", "hold_hours", "recheck_days", "closed")
_LISTS = ("locks", "hides", "unscored", "blank")  # longer is stricter


def tighten(gates: tuple[Gate, ...], settings: Mapping[str, object]) -> tuple[Gate, ...]:
    """Return gates made stricter by `settings`: gate id → {locks, keeps, hides, hold_hours, recheck_days, closed}.

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


def _gates(workbook: Workbook, settings: Mapping[str, object] | None) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """Return the gates in force, and a sentence for each thing that is wrong with them."""
    gates, broken = workbook.gates, []
    if settings:
        try:
            known = {gate.id for gate in gates}
            gates = tighten(gates, {id: wanted for id, wanted in settings.items() if id in known})
            if settings.keys() - known:
                broken.append("Your counselor keeps a safety rule closed that is not known here.")
        except Exception:  # kept out on import; a damaged file must still not open anything
            broken.append("The settings from your counselor could not be read.")
    missing = [id for id in FIRM if id not in {gate.id for gate in gates}]
    if missing:
        broken.append(f"This workbook lacks the safety rules {', '.join(missing)}.")
    return gates, tuple(broken)


def _missing(id: str, why: str) -> Gate:
    return Gate(
        id=id,
        title="This stays closed for now",
        source="Closed on doubt",
        when={"question": "measured.never", "answered": "yes"},
        locks=CONTACT,
        reason=f"{why} So the pages on contact stay closed. Your answers are safe.",
    )


# --- one gate --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judged:
    gate: Gate
    state: State
    until: datetime | None = None
    blank: tuple[str, ...] = ()  # questions still open
    since: datetime | None = None  # of the newest well-being answer and the like; when to look again
    broken: bool = False
    waits: bool = False  # closed whatever is answered, and its answers are blank besides
    causes: tuple[measures.Entry, ...] = ()  # the answers that close it
    measured: frozenset[str] = frozenset()  # and what was measured


def _judge(gate: Gate, facts: Facts | None) -> _Judged:
    answered = _by_answers(gate, facts)
    if not gate.closed:
        return answered
    return replace(answered, state="closed", until=None, waits=answered.state == "unknown")


def _by_answers(gate: Gate, facts: Facts | None) -> _Judged:
    if facts is None:
        return _Judged(gate, "unknown", broken=True)
    try:
        return _evaluate(gate, facts)
    except Exception:  # whatever goes wrong while judging must lock, not open
        return _Judged(gate, "unknown", broken=True)


def _condition(data: Mapping[str, object]) -> Condition:
    return conditions.parse(data).mapped(_numeric)


def _numeric(comparison: Comparison) -> Comparison:
    """Read a number that YAML handed over as text."""
    if comparison.how not in ("less_than", "at_most", "greater_than", "at_least") or not isinstance(
        comparison.operand, str
    ):
        return comparison
    return Comparison(comparison.question, comparison.how, float(comparison.operand))


def _evaluate(gate: Gate, facts: Facts) -> _Judged:
    condition = _condition(gate.when)
    asked = condition.ids
    questions = [id for id in asked if measures.exercise_id(id) in ASKS]
    blank = tuple(id for id in questions if facts.is_blank(id))

    def closes(entry: measures.Entry) -> bool:
        id = measures.canonical(entry.item)
        if id in questions and (entry.status == "skipped" or entry.given == "unsure"):
            return True
        return id in asked and condition.evaluate(lambda one: entry.given if one == id else None) is True

    mine = [entry for entry in facts.entries if closes(entry)]
    answered: State = "unknown" if blank else "open"
    if gate.hold_hours:
        hold = timedelta(hours=gate.hold_hours)
        held = [entry for entry in mine if facts.now - entry.at < hold]
        until = max((entry.at + hold for entry in held), default=None)
        return _Judged(gate, "closed" if held else answered, until=until, blank=blank, causes=tuple(held))
    logged = _closed_in_log(gate, facts.events)
    if gate.reopens and (mine or logged):
        last = max(entry.at for entry in mine) if mine else max(logged)
        if not _reopened(_condition(gate.reopens), max([last, *logged]), facts):
            return _Judged(gate, "closed", blank=blank, causes=tuple(entry for entry in mine if entry.at == last))
        return _Judged(gate, answered, blank=blank)
    if gate.until_later_visit and (standing := _not_answered_later(questions, mine, logged, facts)) is not None:
        return _Judged(gate, "closed", blank=blank, causes=standing)
    said = [facts.kept[id] for id in questions if id in facts.kept]
    causes = tuple(entry for entry in said if closes(entry))
    value = True if causes else condition.evaluate(facts.get)
    state: State = "closed" if value else "open" if value is False else "unknown"
    measured = _measured(condition, facts) if value else frozenset()
    causes += tuple(facts.kept[id] for id in map(measures.behind, measured) if id in facts.kept)
    return _Judged(gate, state, blank=blank, since=_since(gate, facts), causes=causes, measured=measured)


def _measured(condition: Condition, facts: Facts) -> frozenset[str]:
    """Return the measures that make a condition true."""

    def alone(id: str) -> bool:
        return condition.evaluate(lambda one: facts.get(one) if one == id else None) is True

    return frozenset(id for id in condition.ids if id.startswith("measured.") and alone(id))


def _reopened(condition: Condition, last: datetime, facts: Facts) -> bool:
    """Say whether answers given at or after the `last` closing one open the gate again."""

    def since(id: str) -> object:
        at = facts.given_at(id)
        return facts.get(id) if at is not None and at >= last else None

    return condition.evaluate(since) is True


def _not_answered_later(
    questions: list[str], mine: list[measures.Entry], logged: list[datetime], facts: Facts
) -> tuple[measures.Entry, ...] | None:
    """Return the answers that still close a gate which opens at a later sitting only; None: each was answered since."""
    still: list[measures.Entry] = []
    waits = False
    for id in questions:
        closing = [entry for entry in mine if measures.canonical(entry.item) == id]
        times = [*logged, *(entry.at for entry in closing)]
        newest = facts.newest.get(id)
        if times and (newest is None or newest.given is None or facts.sitting_of(newest.at) <= max(times)):
            waits = True
            still += closing[-1:]
    return tuple(still) if waits else None


def _closed_in_log(gate: Gate, events: tuple[Mapping[str, object], ...]) -> list[datetime]:
    mine = [event for event in events if event.get("gate") == gate.id]
    at = mine[-1].get("at") if mine and mine[-1].get("change") == "closed" else None
    return [at] if isinstance(at, datetime) else []


def _since(gate: Gate, facts: Facts) -> datetime | None:
    """Return when the answers of a gate that is looked at again are due."""
    if not gate.recheck_days:
        return None
    at = [entry.at for entry in facts.entries if measures.exercise_id(entry.item) == "start.wellbeing"]
    return max(at) + timedelta(days=gate.recheck_days) if at else None


# --- all gates -------------------------------------------------------------------------------------------------------


def _stand(workbook: Workbook, judged: list[_Judged], facts: Facts | None) -> Standing:
    order = sorted(range(len(judged)), key=lambda index: (_rank(judged[index]), index))
    served = [judged[index] for index in order if judged[index].state != "open"]
    targets = {one.gate.id: _targets(one) for one in judged}
    locked: dict[str, list[_Judged]] = {}
    for exercise in workbook.exercises:
        if exercise.retired:
            continue
        by = [one for one in served if _locks(one, targets[one.gate.id], exercise)]
        if by:
            locked[exercise.id] = by
    closed = [one for one in served if one.state == "closed"]
    locks = {id: _lock(by) for id, by in locked.items()}
    return Standing(
        gates=tuple(
            GateState(
                one.gate.id,
                one.state,
                tuple(id for id, by in locked.items() if one in by),
                _why(one),
                one.gate.title,
                one.until,
            )
            for one in judged
        ),
        notices=_notices(served, facts.now if facts else None),
        track="moving-on" if any(one.gate.track for one in closed) else "principles",
        hidden=_hidden(workbook, judged, targets),
        unscored=frozenset(id for one in served if one.state == "closed" or one.broken for id in one.gate.unscored),
        recheck_due=_asking(facts),
        locks=locks,
    )


def _asking(facts: Facts | None) -> bool:
    """Say whether the short check is due; when in doubt, it is."""
    try:
        return facts is None or _due(facts.entries, facts.newest, facts.now)
    except Exception:
        return True


def _due(entries: list[measures.Entry], newest: Mapping[str, measures.Entry], now: datetime) -> bool:
    asked = any(f"{measures.RIGHT_NOW}.{word}" in newest for word in measures.NOW)
    return asked and measures.recheck_state(entries, newest, now) != "done"


def _rank(one: _Judged) -> int:
    """Order what is shown: a page that speaks first, the privacy question, closed rows, blanks; each in table order."""
    if one.state == "closed":
        return 0 if one.gate.first else 2
    return 1 if one.state == "unknown" and "all" in one.gate.blank else 3


def _targets(one: _Judged) -> frozenset[str]:
    if one.state == "open":
        return frozenset()
    if one.broken:
        return frozenset({*one.gate.locks, *one.gate.blank, *CONTACT})
    names = one.gate.locks if one.state == "closed" else ()
    if "here" in names:
        names = (*names, *(measures.exercise_id(entry.item) for entry in one.causes))
    return frozenset((*names, *one.gate.blank) if one.state == "unknown" or one.waits else names)


def _locks(one: _Judged, targets: frozenset[str], exercise: Exercise) -> bool:
    names = {exercise.id, exercise.chapter_id, *exercise.tags}
    if not targets or names & set(one.gate.keeps) or (CALM in exercise.tags and not exercise.questions):
        return False  # what calms and asks nothing is open always
    if exercise.id in ASKS:
        return exercise.id in targets
    return bool(targets & {"all", *names})


def _hidden(workbook: Workbook, judged: list[_Judged], targets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return items whose own tag or id is hidden, or locked within an exercise that is not."""
    hides = {name for one in judged if one.state == "closed" or one.broken for name in one.gate.hides}
    hides |= {name for found in targets.values() for name in found} - {"all"}
    return frozenset(item.id for item in workbook.items if hides & {item.id, *item.tags})


def _lock(by: list[_Judged]) -> Lock:
    top = by[0]
    closed = [one for one in by if one.state == "closed" or one.broken] or by[:1]
    blank = tuple(dict.fromkeys(id for one in by if one.state == "unknown" for id in one.blank))
    if top.state == "unknown" and not top.broken:
        title, reason = _waiting(top, blank)
        instead: tuple[tuple[str, str], ...] = (("Answer the questions", "00-start.ipynb"),)
    else:
        title, reason = top.gate.title, _reason(top)
        instead = tuple((step.label, step.href) for step in top.gate.instead)
    return Lock(
        gates=tuple(one.gate.id for one in by),
        title=title,
        reason_html=_html(reason),
        instead=instead,
        resources=tuple(dict.fromkeys(kind for one in closed for kind in one.gate.resources if one.state == "closed")),
    )


def _waiting(one: _Judged, blank: tuple[str, ...]) -> tuple[str, str]:
    if one.gate.blank_reason:
        return one.gate.title, one.gate.blank_reason
    many = len(blank)
    left = f" {many} {'question is' if many == 1 else 'questions are'} still blank." if many else ""
    return (
        "A few questions first",
        "This page could lead to contact. So it stays closed until the questions on safety and on well-being are "
        f"answered. They are on the first page.{left} You may choose “prefer not to say”. To be on the safe side, "
        "that counts as yes.",
    )


def _reason(one: _Judged) -> str:
    if one.broken and not one.gate.id.startswith("broken"):
        return (
            "Something went wrong with this safety rule. To be on the safe side, the page stays closed. Your answers "
            "are safe. Close the page and open it again. If it stays so, show it to whoever gave you the workbook."
        )
    if one.gate.closed and not one.causes:
        return KEPT_CLOSED
    until = f"\n\nIt opens again on {_moment(one.until)}." if one.until else ""
    return one.gate.reason.replace("{said}", _said(one)) + until


KEPT_CLOSED = (
    "Your counselor keeps this page closed for now, whatever you answer. Ask them about it when you next talk."
)
SAID = "You said that {clauses}."
UNSURE = "You were not sure {clauses}, or chose not to say. To be on the safe side, that counts as yes."
EARLIER = "Something you answered earlier closed this page."


def _said(one: _Judged) -> str:
    """Return sentences that are true of the answers behind a closed gate, in the order of its table."""
    plain: list[str] = []
    doubted: list[str] = []
    measured = [f"{text}." for key, text in one.gate.said.items() if key in one.measured]
    for key, clause in one.gate.said.items():
        item, _, option = key.rpartition(".")
        for entry in one.causes:
            id, given = measures.canonical(entry.item), entry.given
            doubt = entry.status == "skipped" or given == "unsure"
            if id == key:
                (doubted if doubt else plain).append(f"whether {clause}" if doubt else clause)
            elif id == item and (option in given if isinstance(given, (list, tuple)) else doubt and option == "unsure"):
                (doubted if option == "unsure" else plain).append(clause)
    sentences = [
        SAID.format(clauses=", and that ".join(dict.fromkeys(plain))) if plain else "",
        UNSURE.format(clauses=", or ".join(dict.fromkeys(doubted))) if doubted else "",
        *measured,
    ]
    return " ".join(filter(None, sentences)) or EARLIER


def _moment(at: datetime) -> str:
    return dates.soon(at)


def _why(one: _Judged) -> str:
    if one.broken:
        return "This rule could not be worked out, so it stays closed."
    if one.state == "open":
        return "Open."
    if one.state == "closed":
        return f"{one.gate.title}, until {_moment(one.until)}." if one.until else f"{one.gate.title}."
    return "Not all answered yet." if one.blank else "Not enough answers yet."


def _notices(served: list[_Judged], now: datetime | None) -> tuple[Notice, ...]:
    """Return the notices, gravest first; in a crisis only that one, before the first questions only theirs."""
    found = []
    closed = {one.gate.id for one in served if one.state == "closed"}
    for one in served:
        if one.state == "unknown" and "all" in one.gate.blank and one.gate.blank_reason:
            found.append(Notice(one.gate.id, one.gate.title, _html(one.gate.blank_reason), one.gate.resources))
            return tuple(found)
        told = one.gate.notice and not (one.gate.closed and not one.causes)
        if one.state == "closed" and told and not closed & set(one.gate.quiet_under):
            text = str(one.gate.notice)
            if one.since and now and now >= one.since:
                text += " **The two weeks are over. Please answer the questions again.**"
            urgent: Literal["", "after", "first"] = "first" if one.gate.first else "after" if one.gate.firm else ""
            found.append(Notice(one.gate.id, one.gate.title, _html(text), one.gate.resources, urgent))
        if one.gate.first and one.state == "closed":
            return tuple(found)
    return tuple(found)


# --- what a clinician signs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """A sentence that is our own judgement, and where it stands. `str()` is one line."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.sentence}"


MARK = "(S)"


def review(path: Path | None = None) -> tuple[Judgement, ...]:
    """Return every text marked (S) in the YAML files below `path` (a folder or a file), in file and line order.

    A mark in `source:` stands for what it is written under: the sentence then begins with that thing's title.
    None: the shipped workbook, its help lines, norms and wording cues.
    """
    path = path or resources.data()
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return tuple(judgement for file in files for judgement in _marked(file, path))


def _marked(file: Path, root: Path) -> Iterable[Judgement]:
    import yaml

    name = file.relative_to(root).as_posix() if file != root else file.name
    tree = yaml.compose(file.read_text("utf-8"), yaml.BaseLoader)
    return _marks(tree, name, "") if tree else ()


def _marks(node: yaml.Node, file: str, about: str) -> Iterable[Judgement]:
    """Walk a file's nodes; `about` is the nearest title, prompt or text around a mark."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        own = {key.value: value.value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
        near = next((own[key] for key in ("prompt", "text", "title", "name") if own.get(key)), about)
        for _, value in node.value:
            yield from _marks(value, file, near)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _marks(value, file, about)
    elif MARK in node.value:
        said = " ".join(node.value.split())
        yield Judgement(file, node.start_mark.line + 1, f"{about}: {said}" if about and about != node.value else said)


@functools.lru_cache(maxsize=256)
def _html(markdown: str) -> str:
    return html(markdown)
