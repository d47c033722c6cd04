"""The client's side: a file from a counselor is judged and taken in. What goes out to them is made in `outbox`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from workbook import dates
from workbook.definition import asks as asking
from workbook.definition.asks import Asks, Assigned
from workbook.errors import Refused
from workbook.safety import settings as safety
from workbook.sharing import envelope, signing
from workbook.sharing.bundles import Feedback, content_id
from workbook.sharing.outbox import (
    Choice,
    Preview,
    choices,
    chosen,
    confirmed,
    contents,
    exercise_title,
    new_file,
    preview,
    sealed,
    source,
    submission,
    taking_back,
    write_submission,
)
from workbook.sharing.signing import Party
from workbook.storage import exchange
from workbook.storage.exchange import Answered, Beside, There
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbook.definition.models import Workbook
    from workbook.journal import Journal
    from workbook.sharing.bundles import Assignment
    from workbook.sharing.envelope import Opened

__all__ = [
    "Choice",
    "Given",
    "Preview",
    "accept",
    "accept_feedback",
    "changes",
    "choices",
    "chosen",
    "contents",
    "exercise_title",
    "given",
    "new_file",
    "preview",
    "sealed",
    "source",
    "submission",
    "taking_back",
    "words",
    "write_submission",
]

# --- what comes in ---


class Accept(Protocol):
    """Take a file in. `sure` is the second yes, where one is needed."""

    def __call__(self, *, sure: bool = False) -> object: ...


class Given(NamedTuple):
    """A file from a counselor, judged; nothing has changed yet."""

    kind: Literal["assignment", "feedback"]
    lines: tuple[str, ...]  # who it is from, and what `accept` would change
    words: tuple[str, ...]  # the six words to compare, before and now where they differ
    accept: Accept  # take it in; raises Refused without the second yes that `ask` asks for
    ask: str = ""  # why a second yes is needed: another key, another counselor, an older list


def given(journal: Journal, data: bytes) -> Given:
    """Judge the bytes of a file from a counselor, whatever its name.

    Raises Refused with one sentence when it is neither an assignment nor feedback for this journal, or is damaged.
    """
    kind = envelope.kind_of(data)
    if kind == "feedback":
        opened, again = _feedback_for(journal, data)
        ask = "" if again else _why_ask(journal, *_speaks(opened))
        lines = _feedback_lines(journal, opened.bundle, again)
        said = _words_lines(journal, *_speaks(opened)) if ask else []
        return Given("feedback", tuple(lines), tuple(said), partial(_take_feedback, journal, opened, again), ask)
    if kind != "assignment":
        raise Refused(envelope.wrong_file(data, "assignment", "feedback"))
    assignment = envelope.open_assignment(data, journal.installed)
    _judge_rules(journal, assignment.bundle.asks)
    ask = _why_ask(journal, *_speaks(assignment)) or _older(journal, assignment.bundle)
    said = _words_lines(journal, *_speaks(assignment))
    lines = changes(journal, assignment)
    return Given("assignment", tuple(lines), tuple(said), partial(accept, journal, assignment), ask)


def _speaks(opened: Opened[Any]) -> tuple[str, Party]:
    return opened.bundle.token, Party(opened.signer, opened.bundle.counselor_key)


def changes(journal: Journal, opened: Opened[Assignment]) -> list[str]:
    """Say, before anything changes, who an assignment is from and what it would change."""
    assignment, before = opened.bundle, journal.assigned
    lines = [say("sharing.client.from_for", counselor=assignment.counselor, client=assignment.client)]
    lines += _asked_lines(journal, assignment, before)
    lines.append(say("sharing.client.nothing_shared"))
    return lines


def _asked_lines(journal: Journal, assignment: Assignment, before: Assigned | None) -> list[str]:
    asks, lines = assignment.asks, []
    if asks.language != journal.installed.language and not journal.speaks(asks.language):
        lines.append(say("sharing.client.lacks_language", language=asks.language))
    workbook = asking.workbook_of(journal.installed, asks, assignment.counselor)
    known = {exercise.id for exercise in journal.workbook.exercises}
    lacking = set(asking.lacking(journal.installed, asks))
    for task in asks.tasks:
        if task.exercise in lacking:
            lines.append(say("sharing.client.lacks", id=task.exercise))
            continue
        title = workbook.named(task.exercise)
        what = title if task.exercise in known else say("sharing.client.new", title=title)
        if task.due:
            lines.append(say("sharing.client.asks_by", what=what, day=dates.day(task.due)))
        else:
            lines.append(say("sharing.client.asks", what=what))
    lines += [say("sharing.client.adds", counselor=assignment.counselor, title=one.title) for one in asks.instruments]
    gone = known - {exercise.id for exercise in workbook.exercises}
    lines += [say("sharing.client.no_longer", title=journal.workbook.named(one)) for one in sorted(gone)]
    return [*lines, *_rules(journal.workbook, before.asks.tighten if before else {}, asks.tighten)]


def _judge_rules(journal: Journal, asks: Asks) -> None:
    """Refuse settings that would loosen a rule of this installation, or are none. Raises Refused."""
    gates = journal.installed.gates
    known = {gate.id for gate in gates}
    try:
        safety.tighten(gates, {id: wanted for id, wanted in asks.tighten.items() if id in known})
    except Refused as refused:
        raise Refused(say("sharing.client.loosens", why=str(refused).splitlines()[0])) from None


def _rules(workbook: Workbook, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name each safety rule that a counselor keeps stricter, or no longer does."""
    titles = {gate.id: gate.title for gate in workbook.gates}
    lines = [say("sharing.client.lacks_rule", id=gate) for gate in now if gate not in titles]
    lines += [
        say(f"sharing.client.{'stays_closed' if settings.get('closed') else 'stricter'}", title=titles[gate])
        for gate, settings in now.items()
        if gate in titles
    ]
    ended = [titles.get(gate, gate) for gate in before if gate not in now]
    return lines + [say("sharing.client.own_rule", title=title) for title in ended]


def accept(journal: Journal, opened: Opened[Assignment], *, sure: bool = False) -> None:
    """Take an assignment into the journal; the client's answers stay.

    Raises Refused without the second yes, when another key, another counselor or an older list needs one.
    """
    why = _why_ask(journal, *_speaks(opened)) or _older(journal, opened.bundle)
    if why and not sure:
        raise Refused(say("sharing.client.sure", why=why))
    _take_assignment(journal, opened.bundle, opened.signer, opened.digest)


def _take_assignment(journal: Journal, assignment: Assignment, signer: str, digest: str) -> None:
    fields = assignment.model_dump(exclude={"format", "version"})
    journal.take(Assigned.model_validate(fields | {"signer": signer, "digest": digest}))


def _why_ask(journal: Journal, token: str, now: Party) -> str:
    """Why a file from this party needs a second yes; empty when it needs none."""
    before = journal.assigned
    if before is None:
        return ""
    if before.token != token:
        return say("sharing.client.other_counselor", before=before.counselor, now=say("sharing.client.who_made_it"))
    return "" if _party(before) == now else say("sharing.client.new_key", before=before.counselor)


def _older(journal: Journal, assignment: Assignment) -> str:
    before = journal.assigned
    if before is None or before.token != assignment.token or before.made_at <= assignment.made_at:
        return ""
    made, kept = assignment.made_at.astimezone(), before.made_at.astimezone()
    return say("sharing.client.older", made=dates.moment(made), kept=dates.moment(kept))


def _party(assigned: Assigned) -> Party | None:
    return None if assigned.signer is None else Party(assigned.signer, assigned.counselor_key)


def words(journal: Journal) -> tuple[str, ...]:
    """Return the six words to compare with the counselor; none while there is no counselor, or no key of theirs."""
    party = _party(journal.assigned) if journal.assigned else None
    return signing.six_words(party, signing.party(journal.key)) if party else ()


def _words_lines(journal: Journal, token: str, now: Party) -> list[str]:
    said = " ".join(signing.six_words(now, signing.party(journal.key)))
    if not _why_ask(journal, token, now):
        return [say("sharing.client.compare", words=said)]
    before = words(journal)
    return [
        say("sharing.client.words_before", words=" ".join(before)) if before else say("sharing.client.no_words"),
        say("sharing.client.words_now", words=said),
    ]


# --- feedback ---


def accept_feedback(journal: Journal, data: bytes, *, sure: bool = False) -> Feedback:
    """Take feedback into the journal, beside the answers it speaks of; twice changes nothing.

    Raises Refused when it is for someone else or from someone else, and without the second yes where one is needed.
    """
    opened, again = _feedback_for(journal, data)
    _take_feedback(journal, opened, again, sure=sure)
    return opened.bundle


def _take_feedback(journal: Journal, opened: Opened[Feedback], again: bool, *, sure: bool = False) -> None:
    if again:
        return
    why = _why_ask(journal, *_speaks(opened))
    if why and not sure:
        raise Refused(say("sharing.client.sure", why=why))
    with journal.store.together():
        _take_in(journal, opened, renew=bool(why))


def _feedback_for(journal: Journal, data: bytes) -> tuple[Opened[Feedback], bool]:
    """Feedback that belongs to this journal, and whether this very one was taken in before."""
    opened = envelope.open_feedback(data, journal.key)
    assigned = journal.assigned
    if assigned is None or assigned.token != opened.bundle.token:
        raise Refused(say("sharing.client.not_yours"))
    if opened.bundle.assignment is not None:
        asking.judge(opened.bundle.assignment.asks, journal.installed)
        _judge_rules(journal, opened.bundle.assignment.asks)
        if opened.bundle.assignment.token != assigned.token:
            raise Refused(say("sharing.client.inside_not_yours"))
    return opened, opened.digest in exchange.replies(journal.store)


def _feedback_lines(journal: Journal, feedback: Feedback, again: bool) -> list[str]:
    lines = [say("sharing.client.from", counselor=feedback.counselor)]
    if again:
        return [*lines, say("sharing.client.opened_before")]
    if feedback.reply:
        lines.append(say("sharing.client.reply"))
    if feedback.comments:
        lines.append(say("sharing.client.comments", count=len(feedback.comments)))
    inside = feedback.assignment
    if inside is None:
        return [*lines, say("sharing.client.none_change")]
    if _older(journal, inside):
        return [*lines, say("sharing.client.older_list")]
    lines += _asked_lines(journal, inside, journal.assigned)
    return [*lines, say("sharing.client.nothing_shared")]


def _take_in(journal: Journal, opened: Opened[Feedback], *, renew: bool) -> None:
    feedback, assigned = opened.bundle, journal.assigned
    if feedback.assignment is not None and not _older(journal, feedback.assignment):
        inside = feedback.assignment.model_copy(update={"counselor_key": feedback.counselor_key})
        _take_assignment(journal, inside, opened.signer, opened.digest)
    elif renew and assigned is not None:
        pinned = {"signer": opened.signer, "counselor_key": feedback.counselor_key}
        journal.take(assigned.model_copy(update=pinned))
    places = {content_id(version): version for version in journal.store.history()}
    comments, at = exchange.comments(journal.store), feedback.made_at
    newest = {row.key: row.value.at for row in comments.whole()}
    for comment in feedback.comments:
        answer = places.get(comment.answer)  # none: it was about an answer of another copy of this journal
        if answer is not None and (comment.answer not in newest or newest[comment.answer] < at):
            place = {"item": answer.item, "occasion": answer.occasion}
            comments.put(comment.answer, Beside(**place, by=feedback.counselor, text=comment.text, at=at))
    reply = Answered(
        token=feedback.token, sequence=feedback.sequence, by=feedback.counselor, reply=feedback.reply, at=at
    )
    exchange.replies(journal.store).put(opened.digest, reply)
    before = confirmed(journal)
    if before is None or before.at < at:
        exchange.there(journal.store).put(feedback.token, There(at=at, there=frozenset(feedback.there)))
