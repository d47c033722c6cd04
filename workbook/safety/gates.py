"""Gates: answers and their times → what is closed, what is shown, which path; pure, and closed on doubt."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from workbook import words
from workbook.definition import html
from workbook.definition.models import Gate
from workbook.safety import facts as measures
from workbook.safety import sentences
from workbook.safety.facts import Facts
from workbook.safety.settings import tighten as tightened
from workbook.safety.verdicts import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from workbook.answers.kinds import Response
    from workbook.definition.models import Workbook
    from workbook.safety.verdicts import State

CONTACT = ("contact", "outreach", "draft", "together")  # what stays closed when a rule cannot be worked out
# A workbook without one of these keeps contact closed.
FIRM = ("G1", "G2", "G3", "G4", "G5", "G5_protects", "G6_severe")
CALM = "calming"
HURT, HURTS = ("abuse", "abused-legal"), ("abusers", "abusers-legal")  # help lines for the hurt, and for who hurts
OTHER_SIDE = dict.fromkeys(HURT, HURTS) | dict.fromkeys(HURTS, HURT)


@dataclass(frozen=True)
class Closing:
    """Why an exercise is closed, what to do instead, and whom to turn to."""

    gates: tuple[str, ...]  # most important first
    title: str
    reason: str  # Markdown
    instead: tuple[tuple[str, str], ...]  # label, and where: a notebook, or an exercise in it that is open
    resources: tuple[str, ...]  # kinds of help lines, most important first
    urgent: bool  # the lines to call stand before the words
    asks: tuple[str, ...]  # the forms whose answers it waits for
    waits: bool  # for those answers alone: nothing that was answered closes it

    @property
    def reason_html(self) -> str:
        """The reason, clean. It is asked for where there is a page: a command judges without reading Markdown."""
        return _html(self.reason)


@dataclass(frozen=True)
class Notice:
    """What a page says at its top while a gate is closed."""

    gate: str
    title: str
    text: str  # Markdown
    resources: tuple[str, ...]
    urgent: Literal["", "after", "first"] = ""  # the lines to call stand in the notice, after or before its words

    @property
    def html(self) -> str:
        """Its words, clean."""
        return _html(self.text)


@dataclass(frozen=True)
class GateState:
    """One gate now. `closes` are exercise ids; `until` is set while a hold runs."""

    id: str
    state: State
    closes: tuple[str, ...]
    why: str
    title: str
    until: datetime | None
    kept: bool  # a counselor keeps it closed: no answer closed it, and the log holds nothing of it


@dataclass(frozen=True)
class Standing:
    """Where a person stands with the gates at one moment."""

    gates: tuple[GateState, ...]
    notices: tuple[Notice, ...]  # most important first
    track: Literal["principles", "moving-on"]
    hidden: frozenset[str]  # items a form must not show
    unscored: frozenset[str]  # scale ids, or "all"
    recheck_due: bool
    closings: Mapping[str, Closing] = field(repr=False)

    def closing(self, exercise_id: str) -> Closing | None:
        """Return why an exercise is closed, or None: it is open."""
        return self.closings.get(exercise_id)

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
    looked: measures.Looked | None = None,
) -> Standing:
    """Return what the answers so far close and show at `now` (aware).

    `responses`: current answers by item and occasion. `history`: every stored version; holds, the no of G7 and the
    limits of G10 need it. `events`: openings and closings from the log, newest last; only G2 asks it. `tighten`: a
    counselor's settings (see `settings.tighten`). `looked`: what `facts.looked` returns of both. Never raises because
    of an answer: a rule that cannot be worked out closes, and says so.
    """
    gates, broken = _gates(workbook, tighten)
    facts = None
    try:
        if workbook.unfed:  # kept out by `check`; a rule that asks what nobody answers must still not open anything
            broken = (*broken, words.say("safety.unfed"))
        else:
            facts = Facts(workbook, responses, history, tuple(events), now, looked)
    except Exception:
        broken = (*broken, words.say("safety.unread"))
    judged = [judge(gate, facts) for gate in gates]
    judged += [Verdict(_missing(id, why), "unknown", broken=True) for id, why in broken_rows(broken)]
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
        if gate.state in names and not gate.kept and was.get(gate.id, "open") != gate.state
    )


# --- the gates in force ---------------------------------------------------------------------------------------------


def _gates(workbook: Workbook, settings: Mapping[str, object] | None) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """Return the gates in force, and a sentence for each thing that is wrong with them."""
    gates, broken = workbook.gates, []
    if settings:
        try:
            known = {gate.id for gate in gates}
            gates = tightened(gates, {id: wanted for id, wanted in settings.items() if id in known})
            if settings.keys() - known:
                broken.append(words.say("safety.unknown"))
        except Exception:  # kept out on import; a damaged file must still not open anything
            broken.append(words.say("safety.settings"))
    missing = [id for id in FIRM if id not in {gate.id for gate in gates}]
    if missing:
        broken.append(words.say("safety.lacks", rules=", ".join(missing)))
    return gates, tuple(broken)


def _missing(id: str, why: str) -> Gate:
    return Gate(
        id=id,
        title=words.say("safety.stays_closed"),
        source=words.say("safety.on_doubt"),
        when={"question": "measured.never", "answered": "yes"},
        closes=CONTACT,
        reason=words.say("safety.not_whole", why=why),
    )


# --- all gates -------------------------------------------------------------------------------------------------------


def _stand(workbook: Workbook, judged: list[Verdict], facts: Facts | None) -> Standing:
    order = sorted(range(len(judged)), key=lambda index: (_rank(judged[index]), index))
    served = [judged[index] for index in order if judged[index].state != "open"]
    targets = {one.gate.id: _targets(one) for one in judged}
    shut: dict[str, list[Verdict]] = {}
    for exercise in workbook.exercises:
        if exercise.retired or (CALM in exercise.tags and not exercise.questions):
            continue  # what calms and asks nothing is open always
        names = {exercise.id, exercise.chapter_id, *exercise.tags}
        asked = exercise.id in workbook.measures.forms
        by = [one for one in served if _closes(one, targets[one.gate.id], exercise.id, names, asked)]
        if by:
            shut[exercise.id] = by
    closed = [one for one in served if one.state == "closed"]
    closes: dict[int, list[str]] = {}  # by which verdict it is
    for exercise_id, by in shut.items():
        for one in by:
            closes.setdefault(id(one), []).append(exercise_id)
    return Standing(
        gates=tuple(
            GateState(
                one.gate.id,
                one.state,
                tuple(closes.get(id(one), ())),
                sentences.why(one),
                one.gate.title,
                one.until,
                one.gate.closed,
            )
            for one in judged
        ),
        notices=_notices(served, facts.now if facts else None),
        track="moving-on" if any(one.gate.track for one in closed) else "principles",
        hidden=_hidden(workbook, judged, targets),
        unscored=frozenset(id for one in served if one.state == "closed" or one.broken for id in one.gate.unscored),
        recheck_due=_asking(facts),
        closings=_closings(workbook, shut),
    )


def _asking(facts: Facts | None) -> bool:
    """Say whether the short check is due; when in doubt, it is."""
    try:
        return facts is None or _due(facts)
    except Exception:
        return True


def _due(facts: Facts) -> bool:
    """Say whether the short check is to be asked again: once a sitting, and not before it was ever asked."""
    check = facts.asked.short_check
    asked = check is not None and any(f"{check.form}.{word}" in facts.newest for word in check.each_time)
    return asked and measures.recheck(facts) != "done"


def _rank(one: Verdict) -> tuple[bool, ...]:
    """Order what is shown: a page that speaks first, the first questions, closed rows, blanks; each in table order."""
    closed = one.state == "closed"
    return not (closed and one.gate.first), closed or "all" not in one.gate.blank, not closed


def _targets(one: Verdict) -> frozenset[str]:
    if one.state == "open":
        return frozenset()
    if one.broken:
        return frozenset({*one.gate.closes, *one.gate.blank, *CONTACT})
    names = one.gate.closes if one.state == "closed" else ()
    if "here" in names:
        names = (*names, *(measures.exercise_id(entry.item) for entry in one.causes))
    return frozenset((*names, *one.gate.blank) if one.state == "unknown" or one.waits else names)


def _closes(one: Verdict, targets: frozenset[str], exercise: str, names: set[str], asked: bool) -> bool:
    """Say whether a gate closes an exercise; `names`: all by which a rule may mean it."""
    if not targets or not names.isdisjoint(one.gate.keeps):
        return False
    if asked:  # closed only where a rule names it, since it is to be answered
        return exercise in targets
    return "all" in targets or not names.isdisjoint(targets)


def _hidden(workbook: Workbook, judged: list[Verdict], targets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return items whose own tag or id is hidden, or closed within an exercise that is not."""
    hides = {name for one in judged if one.state == "closed" or one.broken for name in one.gate.hides}
    hides |= {name for found in targets.values() for name in found} - {"all"}
    return frozenset(item.id for item in workbook.items if hides & {item.id, *item.tags})


def _closings(workbook: Workbook, shut: Mapping[str, list[Verdict]]) -> dict[str, Closing]:
    """Return why each exercise is closed; worked out once for all that the same verdicts close, as for most."""
    alike: dict[tuple[int, ...], Closing] = {}
    found: dict[str, Closing] = {}
    for exercise, by in shut.items():
        which = tuple(map(id, by))
        found[exercise] = alike[which] = alike.get(which) or _closing(workbook, by, shut)
    return found


def _closing(workbook: Workbook, by: list[Verdict], shut: Mapping[str, object]) -> Closing:
    top = by[0]
    blank = tuple(dict.fromkeys(id for one in by if one.state == "unknown" for id in one.blank))
    asks = tuple(form for form in workbook.measures.forms if any(form in one.asks for one in by))
    waits = top.state == "unknown" and not top.broken
    if waits:
        chapter = workbook.chapter(asks[0].partition(".")[0]) if asks else workbook.chapters[0]
        title, reason = sentences.waiting(top, blank)
        instead: tuple[tuple[str, str], ...] = ((words.say("safety.answer"), f"{chapter.notebook}.ipynb"),)
    else:
        title, reason = top.gate.title, sentences.reason(top)
        instead = tuple((one.label, one.href) for one in top.gate.instead if one.href.partition("#")[2] not in shut)
    return Closing(
        gates=tuple(one.gate.id for one in by),
        title=title,
        reason=reason,
        instead=instead,
        resources=_one_role(kind for one in by if one.state == "closed" for kind in one.gate.resources),
        urgent=top.gate.first and top.state == "closed",
        asks=asks,
        waits=waits,
    )


def _one_role(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return each kind of help line once; of the lines for the hurt and for who hurts, those that are named first.

    The page speaks to one of the two: to someone who is afraid as well as sorry, to the one who is afraid.
    """
    found = tuple(dict.fromkeys(kinds))
    others = next((OTHER_SIDE[kind] for kind in found if kind in OTHER_SIDE), ())
    return tuple(kind for kind in found if kind not in others)


def _notices(served: list[Verdict], now: datetime | None) -> tuple[Notice, ...]:
    """Return the notices, gravest first; in a crisis only that one, before the first questions only theirs."""
    found = []
    closed = {one.gate.id for one in served if one.state == "closed"}
    for one in served:
        if one.state == "unknown" and "all" in one.gate.blank and one.gate.blank_reason:
            if one.broken:  # its questions may be closed themselves
                title, text = words.say("safety.stays_closed"), sentences.reason(one)
                found.append(Notice(one.gate.id, title, text, ("crisis",), "after"))
            else:
                found.append(Notice(one.gate.id, one.gate.title, one.gate.blank_reason, one.gate.resources))
            return tuple(found)
        told = one.gate.notice and not (one.gate.closed and not one.causes)
        if one.state == "closed" and told and not closed & set(one.gate.quiet_under):
            text = str(one.gate.notice)
            if one.since and now and now >= one.since:
                text += f" **{words.say('safety.over')}**"
            urgent: Literal["", "after", "first"] = "first" if one.gate.first else "after" if one.gate.firm else ""
            found.append(Notice(one.gate.id, one.gate.title, text, one.gate.resources, urgent))
        if one.gate.first and one.state == "closed":
            return tuple(found)
    return tuple(found)


@functools.lru_cache(maxsize=256)
def _html(markdown: str) -> str:
    return html(markdown)
