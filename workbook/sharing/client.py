"""The client's side: a file from a counselor is judged and taken in, and chosen answers are sealed for them."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from workbook import dates
from workbook.definition import asks as asking
from workbook.definition.asks import Asks, Assigned
from workbook.errors import Refused, UnknownId
from workbook.safety import settings as safety
from workbook.sharing import bundles, envelope, signing
from workbook.sharing.bundles import Feedback, GateEvent, SharedAnswer, Submission, content_id
from workbook.sharing.signing import Party
from workbook.storage.folder import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from workbook.definition.models import Workbook
    from workbook.journal import Journal
    from workbook.sharing.bundles import Assignment
    from workbook.sharing.envelope import Opened
    from workbook.storage.store import StoredAnswer as Answer

# --- sentences ---

_COMPARE = "Six words to compare with them, aloud: {words}."
_NEW_KEY = (
    "This file is signed with another key than the files from {before} so far. That is so when they have a new "
    "computer or a new key, and when somebody takes their place. Ask them, in person or by telephone, before you go on."
)
_OTHER_COUNSELOR = (
    "It is from another counselor than before, or from a new caseload of the same one. From now on you share with "
    "them: with {now}, no longer with {before}. What you shared before stays where it is."
)
_WORDS_BEFORE = "The six words until now: {words}."
_WORDS_NOW = "The six words with this file: {words}."
_NO_WORDS = "Until now there was no key to compare."
_OLDER = (
    "It is older than what you have from them: made on {made}, and yours on {kept}. Take it in only if they say so."
)
_LACKS = "Asks for “{id}”, which your Mend does not have. A newer version may have it; ask them."
_LACKS_RULE = (
    "Keeps a safety rule closed that your Mend does not have (“{id}”), so the pages on contact stay closed. Ask them."
)
_LACKS_LANGUAGE = (
    "It is meant for another language (“{language}”), which your Mend does not have. Yours stays as it is."
)
_ADDS = "Adds, written by {counselor}, not part of Mend: {title}."
_NO_COUNSELOR = (
    "No counselor has given you an assignment yet, so there is no one to seal this for. "
    "Open the file they gave you first."
)
_LOOSENS = "This assignment changes the safety rules. {why} Nothing was changed."
_SURE = "This needs a second yes: {why} Nothing was changed."


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
        raise Refused(envelope.wrong_file(data, "assignment or .feedback"))
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
    lines = [f"From {assignment.counselor}, for “{assignment.client}”."]
    lines += _asked_lines(journal, assignment, before)
    lines.append("None of your answers change. Nothing is shared unless you choose it.")
    return lines


def _asked_lines(journal: Journal, assignment: Assignment, before: Assigned | None) -> list[str]:
    asks, lines = assignment.asks, []
    if asks.language != journal.installed.language and not journal.speaks(asks.language):
        lines.append(_LACKS_LANGUAGE.format(language=asks.language))
    workbook = asking.workbook_of(journal.installed, asks, assignment.counselor)
    known = {exercise.id for exercise in journal.workbook.exercises}
    lacking = set(asking.lacking(journal.installed, asks))
    for task in asks.tasks:
        if task.exercise in lacking:
            lines.append(_LACKS.format(id=task.exercise))
            continue
        title = workbook.exercise(task.exercise).title
        new = "" if task.exercise in known else " (new)"
        due = f", by {dates.day(task.due)}" if task.due else ""
        lines.append(f"Asks for: {title}{new}{due}.")
    lines += [_ADDS.format(counselor=assignment.counselor, title=one.title) for one in asks.instruments]
    gone = known - {exercise.id for exercise in workbook.exercises}
    lines += [f"No longer asked: {journal.workbook.exercise(one).title}. Your answers stay." for one in sorted(gone)]
    return [*lines, *_rules(journal.workbook, before.asks.tighten if before else {}, asks.tighten)]


def _judge_rules(journal: Journal, asks: Asks) -> None:
    """Refuse settings that would loosen a rule of this installation, or are none. Raises Refused."""
    gates = journal.installed.gates
    known = {gate.id for gate in gates}
    try:
        safety.tighten(gates, {id: wanted for id, wanted in asks.tighten.items() if id in known})
    except Refused as refused:
        raise Refused(_LOOSENS.format(why=str(refused).splitlines()[0])) from None


def _rules(workbook: Workbook, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name each safety rule that a counselor keeps stricter, or no longer does."""
    titles = {gate.id: gate.title for gate in workbook.gates}
    lines = [_LACKS_RULE.format(id=gate) for gate in now if gate not in titles]
    lines += [
        f"Stays closed, whatever you answer: “{titles[gate]}”."
        if settings.get("closed")
        else f"Stricter from now on: “{titles[gate]}”."
        for gate, settings in now.items()
        if gate in titles
    ]
    return lines + [f"Back to Mend's own rule: “{titles.get(gate, gate)}”." for gate in before if gate not in now]


def accept(journal: Journal, opened: Opened[Assignment], *, sure: bool = False) -> None:
    """Take an assignment into the journal; the client's answers stay.

    Raises Refused without the second yes, when another key, another counselor or an older list needs one.
    """
    why = _why_ask(journal, *_speaks(opened)) or _older(journal, opened.bundle)
    if why and not sure:
        raise Refused(_SURE.format(why=why))
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
        return _OTHER_COUNSELOR.format(before=before.counselor, now="the one who made this file")
    return "" if _party(before) == now else _NEW_KEY.format(before=before.counselor)


def _older(journal: Journal, assignment: Assignment) -> str:
    before = journal.assigned
    if before is None or before.token != assignment.token or before.made_at <= assignment.made_at:
        return ""
    made, kept = assignment.made_at.astimezone(), before.made_at.astimezone()
    return _OLDER.format(made=dates.moment(made), kept=dates.moment(kept))


def _party(assigned: Assigned) -> Party | None:
    return None if assigned.signer is None else Party(assigned.signer, assigned.counselor_key)


def words(journal: Journal) -> tuple[str, ...]:
    """Return the six words to compare with the counselor; none while there is no counselor, or no key of theirs."""
    party = _party(journal.assigned) if journal.assigned else None
    return signing.six_words(party, signing.party(journal.key)) if party else ()


def _words_lines(journal: Journal, token: str, now: Party) -> list[str]:
    said = " ".join(signing.six_words(now, signing.party(journal.key)))
    if not _why_ask(journal, token, now):
        return [_COMPARE.format(words=said)]
    before = words(journal)
    return [_WORDS_BEFORE.format(words=" ".join(before)) if before else _NO_WORDS, _WORDS_NOW.format(words=said)]


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
        raise Refused(_SURE.format(why=why))
    with journal.store.together():
        _take_in(journal, opened, renew=bool(why))


def _feedback_for(journal: Journal, data: bytes) -> tuple[Opened[Feedback], bool]:
    """Feedback that belongs to this journal, and whether this very one was taken in before."""
    opened = envelope.open_feedback(data, journal.key)
    assigned = journal.assigned
    if assigned is None or assigned.token != opened.bundle.token:
        raise Refused("This feedback does not belong to your assignment. Check who sent it. Nothing was changed.")
    if opened.bundle.assignment is not None:
        asking.judge(opened.bundle.assignment.asks, journal.installed)
        _judge_rules(journal, opened.bundle.assignment.asks)
        if opened.bundle.assignment.token != assigned.token:
            raise Refused("The assignment in this feedback is for someone else. Nothing was changed.")
    return opened, any(record.key == opened.digest for record in journal.store.records("feedback"))


def _feedback_lines(journal: Journal, feedback: Feedback, again: bool) -> list[str]:
    lines = [f"From {feedback.counselor}."]
    if again:
        return [*lines, "You opened this file before. Nothing changes."]
    if feedback.reply:
        lines.append("It holds a reply to you.")
    if feedback.comments:
        count = len(feedback.comments)
        lines.append(f"It puts {count} comment{'s' if count > 1 else ''} beside your answers.")
    inside = feedback.assignment
    if inside is None:
        return [*lines, "None of your answers change."]
    if _older(journal, inside):
        return [*lines, "It holds an older list of what they ask; the newer one that you have stays."]
    lines += _asked_lines(journal, inside, journal.assigned)
    return [*lines, "None of your answers change. Nothing is shared unless you choose it."]


def _take_in(journal: Journal, opened: Opened[Feedback], *, renew: bool) -> None:
    feedback, assigned = opened.bundle, journal.assigned
    if feedback.assignment is not None and not _older(journal, feedback.assignment):
        inside = feedback.assignment.model_copy(update={"counselor_key": feedback.counselor_key})
        _take_assignment(journal, inside, opened.signer, opened.digest)
    elif renew and assigned is not None:
        pinned = {"signer": opened.signer, "counselor_key": feedback.counselor_key}
        journal.take(assigned.model_copy(update=pinned))
    places = {content_id(version): version for version in journal.store.history()}
    newest = {record.key: record.payload["at"] for record in journal.store.records("comment")}
    at = feedback.made_at.isoformat()
    for comment in feedback.comments:
        answer = places.get(comment.answer)  # none: it was about an answer of another copy of this journal
        if answer is not None and newest.get(comment.answer, "") < at:
            beside = {"item": answer.item, "occasion": answer.occasion, "from": feedback.counselor}
            journal.store.record("comment", comment.answer, beside | {"text": comment.text, "at": at})
    reply = {"token": feedback.token, "sequence": feedback.sequence, "from": feedback.counselor}
    journal.store.record("feedback", opened.digest, reply | {"reply": feedback.reply, "at": at})
    before = _there(journal)
    if before is None or before.at < feedback.made_at:
        there = {"at": at, "there": list(feedback.there)}
        journal.store.record("there", feedback.token, there)


# --- what may go out ---


class Choice(NamedTuple):
    """One answer a client may share."""

    key: str  # item@occasion
    chapter: str
    exercise: str
    item: str
    occasion: str
    prompt: str
    label: str
    share: str  # private, ask or counselor
    shared: bool  # handed over by this copy of the journal, and not taken back
    changed: bool  # handed over, and answered anew since
    there: bool  # this very answer was with the counselor when they last wrote
    elsewhere: bool  # an earlier copy of this journal handed it over, and this one has not


def choices(journal: Journal) -> list[Choice]:
    """List every current answer with what may be done with it; nothing is chosen yet."""
    sent, there = _sent(journal), _there(journal)
    rows = []
    for answer in journal.current():
        key, id = _key(answer), content_id(answer)
        rows.append(
            Choice(
                key=key,
                chapter=answer.item.split(".")[0],
                exercise=answer.exercise,
                item=answer.item,
                occasion=answer.occasion,
                prompt=answer.prompt,
                label=answer.label,
                share=journal.share_level(answer.item, answer.occasion),
                shared=key in sent.holds,
                changed=key in sent.holds and sent.holds[key].id != id,
                there=there is not None and id in there.ids,
                elsewhere=key in sent.inherited,
            )
        )
    return rows


def chosen(journal: Journal, include: Iterable[str], withdraw: Iterable[str] = ()) -> set[str]:
    """Return what is shared from now on (`item@occasion`): what was, and what `include` names, less `withdraw`.

    Each name is a chapter, an exercise, an item or `item@occasion`. What is private in a chapter or an exercise
    stays out of it. Raises UnknownId for a name that does not exist, Refused for one that has nothing to give.
    """
    rows = choices(journal)
    ticked = {choice.key for choice in rows if choice.shared}
    for name in include:
        found = _named(journal, rows, name)
        open_to_share = {choice.key for choice in found if choice.share != "private"}
        if not found:
            raise Refused(f"There is no answer in “{name}” yet. Nothing was sealed.")
        if not open_to_share:
            raise Refused(f"Everything in “{name}” is private and stays here. Nothing was sealed.")
        ticked |= open_to_share
    return ticked - taking_back(journal, withdraw)


def taking_back(journal: Journal, names: Iterable[str]) -> set[str]:
    """Return the answers (`item@occasion`) that `names` name and the counselor may have, from whichever copy.

    Raises UnknownId for a name that does not exist, Refused for one in which nothing is shared.
    """
    rows, gone = choices(journal), set()
    for name in names:
        found = {one.key for one in _named(journal, rows, name) if one.shared or one.elsewhere or one.there}
        if not found:
            raise Refused(f"Nothing in “{name}” is shared, so there is nothing to take back. Nothing was sealed.")
        gone |= found
    return gone


def _named(journal: Journal, rows: Iterable[Choice], name: str) -> list[Choice]:
    id, at, occasion = name.partition("@")
    known = (journal.workbook.chapter, journal.workbook.exercise, journal.workbook.item)
    known[min(id.count("."), 2)](id)  # raises UnknownId, naming the nearest
    return [
        choice
        for choice in rows
        if id in (choice.chapter, choice.exercise, choice.item) and (not at or occasion == choice.occasion)
    ]


class Preview(NamedTuple):
    """What a submission changes on the counselor's side."""

    new: tuple[SharedAnswer, ...]
    changed: tuple[SharedAnswer, ...]  # an earlier version was handed over
    again: tuple[SharedAnswer, ...]  # this very one was handed over before
    there: int  # answers not in the file, which the counselor had when they last wrote
    handed: int  # answers not in the file, handed over before; whether they arrived is not known yet
    taken_back: tuple[str, ...]  # item@occasion: gone on their side once they open the file
    gates: tuple[GateEvent, ...]


def preview(journal: Journal, submission: Submission) -> Preview:
    """Tell what of a submission is new to the counselor, what has changed, and what they lose."""
    sent, there = _sent(journal), _there(journal)
    kinds: dict[str, list[SharedAnswer]] = {"new": [], "changed": [], "again": []}
    for answer in submission.answers:
        before = sent.holds.get(answer.key) or sent.inherited.get(answer.key)
        kinds["new" if before is None else "again" if before.id == answer.id else "changed"].append(answer)
    with_them = there.ids if there else frozenset()
    along = {answer.key for answer in submission.answers}
    rest = [id for key, id in submission.holds.items() if key not in along]
    known = sum(id in with_them for id in rest)
    return Preview(
        new=tuple(kinds["new"]),
        changed=tuple(kinds["changed"]),
        again=tuple(kinds["again"]),
        there=known,
        handed=len(rest) - known,
        taken_back=tuple(sorted(submission.taken_back.keys() - sent.taken_back.keys())),
        gates=submission.gates,
    )


def contents(workbook: Workbook, seen: Preview) -> list[str]:
    """Say what is in a submission by titles and counts, without a word of an answer."""
    lines = []
    for what, items in (
        ("new", [answer.item for answer in seen.new]),
        ("changed", [answer.item for answer in seen.changed]),
        ("once more", [answer.item for answer in seen.again]),
        ("taken back", [key.partition("@")[0] for key in seen.taken_back]),
    ):
        counts = Counter(exercise_title(workbook, item.rpartition(".")[0]) for item in items)
        lines += [f"{title}: {count} {what}." for title, count in counts.items()]
    if seen.gates:
        lines.append(f"Safety rules, closed or opened, never why: {len(seen.gates)}.")
    if seen.there:
        lines.append(f"They have already, unchanged: {seen.there}.")
    if seen.handed:
        lines.append(f"In a file you made before, unchanged: {seen.handed}.")
    return lines


def exercise_title(workbook: Workbook, id: str) -> str:
    """Return the title of an exercise, or its id when the workbook no longer has it."""
    try:
        return workbook.exercise(id).title
    except UnknownId:
        return id


def submission(
    journal: Journal,
    ticked: Iterable[str],
    *,
    now: datetime,
    take_back: Iterable[str] = (),
    with_gates: bool = False,
    everything: bool = False,
) -> Submission:
    """Build what a client would send: the ticked answers (`item@occasion`), and nothing else.

    What this copy of the journal handed over and has not changed is named, not sent again; `everything` sends it
    again all the same, for a counselor who lost a file. What this copy handed over and is not ticked now is taken
    back, and so is what `take_back` names, from whichever copy it came. Nothing else ever is.
    Raises Refused when there is no counselor yet, or a ticked answer is private or gone.
    """
    assigned = journal.assigned
    if assigned is None:
        raise Refused(_NO_COUNSELOR)
    wanted = set(ticked)
    rows = {choice.key: choice for choice in choices(journal)}
    for key in sorted(wanted):
        if key not in rows:
            raise Refused(f"There is no answer “{key}” to share. Look at the list again. Nothing was sealed.")
        if rows[key].share == "private":
            raise Refused(f"“{rows[key].prompt}” is private and stays here. Take it off the list. Nothing was sealed.")
    sent, there = _sent(journal), _there(journal)
    at = max(now.astimezone(UTC), sent.at + timedelta(microseconds=1))  # a clock that was set back orders nothing anew
    answers = {_key(answer): answer for answer in journal.current() if _key(answer) in wanted}
    holds = {key: content_id(answers[key]) for key in sorted(wanted)}
    along = [key for key, id in holds.items() if everything or sent.needs(key, id, there)]
    known = {_key(version) for version in journal.store.history()}  # what a backup lost was not taken back by anyone
    gone = {key for key in sent.holds if key not in wanted and key in known} | (set(take_back) - wanted)
    taken_back = {key: when for key, when in sent.taken_back.items() if key not in wanted} | dict.fromkeys(gone, at)
    return Submission(
        token=assigned.token,
        source=sent.source,
        sequence=sent.sequence + 1,
        made_at=at,
        definition=journal.workbook.fingerprint,
        client_key=signing.party(journal.key).opens,
        holds=holds,
        answers=tuple(bundles.shared(answers[key]) for key in along),
        taken_back=taken_back,
        gates=tuple(GateEvent.model_validate(event) for event in journal.gate_events()) if with_gates else (),
    )


def _key(answer: Answer) -> str:
    return f"{answer.item}@{answer.occasion}"


def new_file(path: Path, name: str) -> Path:
    """Return where a new file goes: a folder gets `name` added, a name without an ending gets that of `name`.

    Raises Refused when a file is there already: it may be a sealed one that was not handed over yet.
    """
    path = path / name if path.is_dir() else path
    path = path if path.suffix else path.with_name(f"{path.name}.{name.rpartition('.')[2]}")
    if path.exists():
        raise Refused(f"There is a file {path} already. Choose another name. Nothing was written.")
    return path


def sealed(journal: Journal, chosen: Submission) -> bytes:
    """Return a submission as the bytes of a file; nothing is remembered. Raises Refused."""
    assigned = journal.assigned
    if assigned is None or assigned.token != chosen.token:
        raise Refused("Your assignment changed in the meantime. Look at the list again. Nothing was sealed.")
    return envelope.pack_sealed(chosen, journal.key, assigned.counselor_key)


def write_submission(journal: Journal, chosen: Submission, file: Path) -> Path:
    """Seal a submission into `file`, and remember what it holds so that the next one sends only what is new.

    Raises Refused when the file cannot be written; then nothing is remembered as sent.
    """
    data = sealed(journal, chosen)
    try:
        file.write_bytes(data)
    except OSError as problem:
        raise Refused(f"{file} cannot be written: {problem.strerror}. Choose another place.") from None
    sent, at = _sent(journal), chosen.made_at.isoformat()
    before = sent.holds
    inherited = {
        key: [one.id, one.at.isoformat()]
        for key, one in sent.inherited.items()
        if key not in chosen.holds and key not in chosen.taken_back
    }
    along = {answer.key for answer in chosen.answers}
    ids = {content_id(answer): answer.id for answer in journal.store.history()}
    journal.store.close_versions(
        ids[answer.id] for answer in chosen.answers if answer.id in ids
    )  # an edit is a version
    journal.store.record(
        "sent",
        chosen.token,
        {
            "source": chosen.source,
            "sequence": chosen.sequence,
            "at": at,
            "holds": {
                key: [id, at if key in along else before[key].at.isoformat()] for key, id in chosen.holds.items()
            },
            "inherited": inherited,
            "taken_back": {key: when.isoformat() for key, when in chosen.taken_back.items()},
        },
    )
    journal.store.event("shared", "", len(chosen.answers))
    return file


# --- what is remembered of it ---


class _Handed(NamedTuple):
    id: str  # which answer, by its content
    at: datetime  # when the file that held it was made


class _There(NamedTuple):
    """What the counselor had, by their newest feedback."""

    at: datetime
    ids: frozenset[str]


class _Sent(NamedTuple):
    """What this copy of the journal has handed over to the counselor of the current assignment."""

    source: str
    sequence: int
    at: datetime
    holds: dict[str, _Handed]
    inherited: dict[str, _Handed]  # handed over by the copy that this one was made from
    taken_back: dict[str, datetime]

    def needs(self, key: str, id: str, there: _There | None) -> bool:
        """Say whether an answer goes along: not handed over as it is, or handed over and not there."""
        before = self.holds.get(key)
        if before is None or before.id != id:
            return True
        return there is not None and there.at > before.at and id not in there.ids


def _sent(journal: Journal) -> _Sent:
    assigned, mine = journal.assigned, source(journal)
    never = datetime.min.replace(tzinfo=UTC)
    for record in journal.store.records("sent"):
        if assigned is None or record.key != assigned.token or "source" not in record.payload:
            continue
        held = record.payload
        holds, inherited = _handed(held["holds"]), _handed(held["inherited"])
        back = {key: datetime.fromisoformat(at) for key, at in held["taken_back"].items()}
        at = datetime.fromisoformat(held["at"])
        if held["source"] == mine:
            return _Sent(mine, held["sequence"], at, holds, inherited, back)
        return _Sent(mine, 0, at, {}, inherited | holds, back)
    return _Sent(mine, 0, never, {}, {}, {})


def _handed(kept: Mapping[str, list[str]]) -> dict[str, _Handed]:
    return {key: _Handed(id, datetime.fromisoformat(at)) for key, (id, at) in kept.items()}


def _there(journal: Journal) -> _There | None:
    assigned = journal.assigned
    for record in journal.store.records("there"):
        if assigned is not None and record.key == assigned.token:
            return _There(datetime.fromisoformat(record.payload["at"]), frozenset(record.payload["there"]))
    return None


def source(journal: Journal) -> str:
    """Return the random id of this copy of the journal; a copied or restored folder has another from then on.

    The id stands in the journal beside the place it was made at: inode and change time of the journal's mark, which
    no way of copying keeps.
    """
    place = _place(journal.path / MARK)
    held = next((record.payload for record in journal.store.records("source")), None)
    if held is None or held["place"] != place:
        held = {"id": secrets.token_hex(16), "place": place}
        journal.store.record("source", "mine", held)
    return str(held["id"])


def _place(mark: Path) -> str:
    found = mark.stat()
    return f"{found.st_ino}:{found.st_ctime_ns}"
