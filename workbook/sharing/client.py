"""What counselor and client hand each other: what is in it, and what is refused.

An assignment goes to the client as plain data. A submission goes back sealed to the counselor. Feedback goes
to the client sealed to them. Each file is judged here, once, and nothing changes unless all of it is right.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections import Counter
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from workbook import dates, definition
from workbook.definition import overlay
from workbook.definition.models import Repeats, Workbook
from workbook.errors import Refused, SealError, UnknownId
from workbook.safety import gates as safety
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from workbook.journal import Journal
    from workbook.storage.store import StoredAnswer as Answer

SAFETY_QUESTIONS = safety.ASKS
LARGEST = 8 * 1024 * 1024  # bytes of any file once opened
VERSION = 1
_SEALED = b"age-encryption.org/"  # how every sealed file begins

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_]*){0,2}$", max_length=120)]
Occasion = Annotated[str, Field(pattern=r"^(once|\d{4}-\d\d-\d\d(-\d{1,3})?)$")]
AnswerKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]*@(once|\d{4}-\d\d-\d\d(-\d{1,3})?)$", max_length=160)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{32,64}$")]
PublicKey = Annotated[str, Field(pattern=r"^age1[0-9a-z]{20,120}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Words = Annotated[str, Field(max_length=20_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Task(_Part):
    """One exercise a counselor asks for."""

    exercise: Id
    instruction: Words | None = None
    due: date | None = None
    repeats: Repeats | None = None


class Assignment(_Part):
    """What a counselor asks of one client. Data only: no code, no notebooks."""

    format: Literal["mend.assignment"] = "mend.assignment"
    version: int = VERSION
    token: Hex  # ties every later file of this client to this counselor
    sequence: Annotated[int, Field(ge=1, le=1_000_000)]
    made_at: AwareDatetime
    counselor: Name
    counselor_key: PublicKey
    client: Name  # a pseudonym
    tasks: Annotated[tuple[Task, ...], Field(max_length=500)]
    tighten: Annotated[dict[str, dict[str, JsonValue]], Field(max_length=50)] = {}  # see `safety.tighten`
    workbook: Workbook


class SharedAnswer(_Part):
    """One answer the client ticked. `value` is JSON text, so nothing unexpected is built from it."""

    id: Hex
    item: Id
    exercise: Id
    occasion: Occasion
    kind: Annotated[str, Field(max_length=20)]
    prompt: Words
    label: Annotated[str, Field(max_length=60_000)]
    value: Annotated[str, Field(max_length=60_000)]
    status: Literal["answered", "skipped"]
    fingerprint: Annotated[str, Field(max_length=4000)]
    version: Annotated[int, Field(ge=1)]
    answered_at: AwareDatetime


class GateEvent(_Part):
    """That a safety rule opened or closed, and when. Never why."""

    gate: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")]
    change: Literal["opened", "closed"]
    at: AwareDatetime


class Submission(_Part):
    """What a client chose to share, sealed to one counselor."""

    format: Literal["mend.submission"] = "mend.submission"
    version: int = VERSION
    token: Hex
    sequence: Annotated[int, Field(ge=1, le=1_000_000)]
    made_at: AwareDatetime
    definition: Annotated[str, Field(max_length=400)]
    client_key: PublicKey
    holds: Annotated[tuple[AnswerKey, ...], Field(max_length=100_000)]  # all that is shared now; the rest is withdrawn
    answers: Annotated[tuple[SharedAnswer, ...], Field(max_length=100_000)]  # those not sent before, or changed since
    gates: Annotated[tuple[GateEvent, ...], Field(max_length=10_000)] = ()


class Comment(_Part):
    """A counselor's words beside one answer."""

    answer: Hex
    text: Words


class Feedback(_Part):
    """A counselor's reply, sealed to one client."""

    format: Literal["mend.feedback"] = "mend.feedback"
    version: int = VERSION
    token: Hex
    sequence: Annotated[int, Field(ge=1, le=1_000_000)]
    made_at: AwareDatetime
    counselor: Name
    reply: Words | None = None
    comments: Annotated[tuple[Comment, ...], Field(max_length=10_000)] = ()
    assignment: Assignment | None = None


Bundle = TypeVar("Bundle", Assignment, Submission, Feedback)


# --- bytes ---


def new_token() -> str:
    """Return a random token (32 hex digits)."""
    return secrets.token_hex(16)


def pack(bundle: Assignment | Submission | Feedback) -> bytes:
    """Return a bundle as compressed JSON bytes.

    Raises Refused when it would be too large to be opened again.
    """
    plain = bundle.model_dump_json().encode()
    if len(plain) > LARGEST:
        raise Refused(
            f"This is {len(plain) // 2**20 + 1} MB; one file holds at most {LARGEST // 2**20} MB. "
            "Share fewer exercises at a time."
        )
    return zlib.compress(plain, 9)


def unpack(kind: type[Bundle], packed: bytes) -> Bundle:
    """Return the bundle in `packed`.

    Raises Refused with one sentence when it is damaged, of another kind, from another version or too large.
    """
    what = kind.__name__.lower()
    plain = _inflate(packed, what)
    try:
        return _this_version(kind.model_validate_json(plain), what)
    except ValidationError as problem:
        raise Refused(_why_refused(problem, plain, what)) from None


def read_assignment(data: bytes) -> Assignment:
    """Return the assignment in a file's bytes, its workbook judged like any other definition.

    Raises Refused with one sentence when anything in it is not right.
    """
    assignment = unpack(Assignment, data)
    problems = definition.problems(assignment.workbook)
    if problems:
        raise Refused(
            f"The workbook in this assignment has {len(problems)} problem(s), the first: {problems[0]} "
            "Ask the counselor to run `workbook check` and make the file again."
        )
    _keeps_us_safe(assignment)
    return assignment


def read_submission(sealed: bytes, identities: Iterable[str]) -> Submission:
    """Return the submission sealed for one of `identities` (newest first)."""
    return unpack(Submission, _unseal_for_one(sealed, tuple(identities)))


def read_feedback(sealed: bytes, identity: str) -> Feedback:
    """Return the feedback sealed for `identity`."""
    return unpack(Feedback, _unseal_for_one(sealed, (identity,)))


def _unseal_for_one(sealed: bytes, identities: tuple[str, ...]) -> bytes:
    problem: SealError | None = None
    for identity in identities:
        try:
            return seal.unseal(sealed, identity)
        except SealError as refused:
            problem = problem or refused
    raise Refused(str(problem or "There is no key to open this file with. Run `workbook keygen` first."))


def _inflate(packed: bytes, what: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise Refused(f"This is not a Mend {what}, or it is damaged. Nothing was changed.") from None
    if len(plain) > LARGEST:
        raise Refused(
            f"This {what} unpacks to more than {LARGEST // 2**20} MB, which no real one does. Nothing was changed."
        )
    if not stream.eof or stream.unused_data:
        raise Refused(f"This {what} is cut short or damaged. Ask for it again. Nothing was changed.")
    return plain


def _this_version(bundle: Bundle, what: str) -> Bundle:
    if bundle.version != VERSION:
        raise Refused(
            f"This {what} was made by another version of Mend (format {bundle.version}; this one reads {VERSION}). "
            "Install the newest version and try again. Nothing was changed."
        )
    return bundle


def _why_refused(problem: ValidationError, plain: bytes, what: str) -> str:
    """One sentence; never the file's own words, which may be private."""
    first = problem.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    version = _stated_version(plain)
    if version is not None and version != VERSION:
        return (
            f"This {what} was made by another version of Mend (format {version}; this one reads {VERSION}). "
            "Install the newest version and try again. Nothing was changed."
        )
    if where == "format":
        return f"This is not a Mend {what}. Check that it is the right file. Nothing was changed."
    return (
        f"This {what} is not as Mend makes them (at “{where or 'its start'}”). Ask for it again. Nothing was changed."
    )


class _Stated(BaseModel):
    version: int | None = None


def _stated_version(plain: bytes) -> int | None:
    try:
        return _Stated.model_validate_json(plain).version
    except ValidationError:
        return None


def _keeps_us_safe(assignment: Assignment) -> None:
    """An assignment keeps every shipped safety rule, question and mark; it may add, never take away."""
    assigned = assignment.workbook
    try:
        shipped = overlay.shipped(assigned.language)
    except UnknownId as unknown:
        raise Refused(f"{unknown} Nothing was changed.") from None
    if safety.loosened(assigned.gates, shipped.gates):
        raise Refused("This assignment loosens the safety rules, which is not allowed. Nothing was changed.")
    try:
        safety.tighten(assigned.gates, assignment.tighten)
    except Refused as refused:
        raise Refused(f"This assignment changes the safety rules. {refused} Nothing was changed.") from None
    theirs = {exercise.id: exercise for exercise in assigned.exercises}
    for exercise in shipped.exercises:
        mine = theirs.get(exercise.id)
        if exercise.id in SAFETY_QUESTIONS and mine != exercise:
            raise Refused("This assignment changes the safety questions, which is not allowed. Nothing was changed.")
        if mine is not None and not set(exercise.tags) <= set(mine.tags):
            raise Refused(f"This assignment takes a safety mark off “{exercise.title}”. Nothing was changed.")


# --- the client’s side ---


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
    shared: bool  # sent, and not withdrawn
    changed: bool  # sent, and answered anew since


class Given(NamedTuple):
    """A file from a counselor, judged; nothing has changed yet."""

    kind: Literal["assignment", "feedback"]
    lines: tuple[str, ...]  # who it is from, and what `accept` would change
    accept: Callable[[], object]  # take it in


def given(journal: Journal, data: bytes) -> Given:
    """Judge the bytes of a file from a counselor, whatever its name.

    Raises Refused with one sentence when it is neither an assignment nor feedback for this journal, or is damaged.
    """
    if data.startswith(_SEALED):
        feedback, again = _feedback_for(journal, data)
        lines = _feedback_lines(journal, feedback, again)
        return Given("feedback", tuple(lines), partial(accept_feedback, journal, data))
    assignment = read_assignment(data)
    _refuse_older(journal, assignment)
    return Given("assignment", tuple(changes(journal, assignment)), partial(accept, journal, assignment))


def changes(journal: Journal, assignment: Assignment) -> list[str]:
    """Say, before anything changes, who an assignment is from and what it would change."""
    workbook = assignment.workbook
    lines = [f"From {assignment.counselor}, for “{assignment.client}”."]
    before = _current_assignment(journal)
    if before is not None and before["token"] != assignment.token:
        lines.append(f"It replaces the assignment from {before['counselor']}. What you shared with them stays there.")
    known = {exercise.id for exercise in journal.workbook.exercises}
    for task in assignment.tasks:
        title = workbook.exercise(task.exercise).title
        new = "" if task.exercise in known else " (new)"
        due = f", by {dates.day(task.due)}" if task.due else ""
        lines.append(f"Asks for: {title}{new}{due}.")
    gone = known - {exercise.id for exercise in workbook.exercises}
    lines += [f"No longer asked: {journal.workbook.exercise(one).title}. Your answers stay." for one in sorted(gone)]
    lines += _rules(journal, before["tighten"] if before else {}, assignment)
    lines.append("None of your answers change. Nothing is shared unless you choose it.")
    return lines


def _rules(journal: Journal, before: Mapping[str, Any], assignment: Assignment) -> list[str]:
    """Name each safety rule that a counselor keeps stricter, or no longer does."""
    titles = {gate.id: gate.title for gate in (*journal.workbook.gates, *assignment.workbook.gates)}
    lines = [
        f"Stays closed, whatever you answer: “{titles[gate]}”."
        if settings.get("closed")
        else f"Stricter from now on: “{titles[gate]}”."
        for gate, settings in assignment.tighten.items()
    ]
    lines += [
        f"Back to Mend's own rule: “{titles.get(gate, gate)}”." for gate in before if gate not in assignment.tighten
    ]
    return lines


def accept(journal: Journal, assignment: Assignment) -> None:
    """Take an assignment into the journal; the client's answers stay.

    Raises Refused when a newer one from the same counselor is already there.
    """
    _refuse_older(journal, assignment)
    with journal.store.together():
        journal.assign(assignment.workbook)
        journal.store.record("assignment", "current", json.loads(assignment.model_dump_json(exclude={"workbook"})))


def _refuse_older(journal: Journal, assignment: Assignment) -> None:
    before = _current_assignment(journal)
    if before is not None and before["token"] == assignment.token and before["sequence"] > assignment.sequence:
        raise Refused("A newer assignment from this counselor is already here. Nothing was changed.")


def choices(journal: Journal) -> list[Choice]:
    """List every current answer with what may be done with it; nothing is chosen yet."""
    sent = _sent(journal).holds
    rows = []
    for answer in journal.current():
        key = _key(answer)
        rows.append(
            Choice(
                key=key,
                chapter=answer.item.split(".")[0],
                exercise=answer.exercise,
                item=answer.item,
                occasion=answer.occasion,
                prompt=answer.prompt,
                label=answer.label,
                share=journal.share_level(answer.item),
                shared=key in sent,
                changed=key in sent and sent[key] != _stamp(answer),
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
    for name in withdraw:
        gone = {choice.key for choice in _named(journal, rows, name)} & ticked
        if not gone:
            raise Refused(f"Nothing in “{name}” is shared, so there is nothing to take back. Nothing was sealed.")
        ticked -= gone
    return ticked


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
    changed: tuple[SharedAnswer, ...]  # they have an earlier version
    again: tuple[SharedAnswer, ...]  # they have this very one
    kept: int  # answers they have already, which are not in the file
    taken_back: tuple[str, ...]  # item@occasion: gone on their side once they open the file
    gates: tuple[GateEvent, ...]


def preview(journal: Journal, submission: Submission) -> Preview:
    """Tell what of a submission is new to the counselor, what has changed, and what they lose."""
    before = _sent(journal).holds
    kinds: dict[str, list[SharedAnswer]] = {"new": [], "changed": [], "again": []}
    for answer in submission.answers:
        stamp = before.get(_key(answer))
        kinds["new" if stamp is None else "again" if stamp == _stamp(answer) else "changed"].append(answer)
    return Preview(
        new=tuple(kinds["new"]),
        changed=tuple(kinds["changed"]),
        again=tuple(kinds["again"]),
        kept=len(submission.holds) - len(submission.answers),
        taken_back=tuple(sorted(before.keys() - set(submission.holds))),
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
    if seen.kept:
        lines.append(f"They have already, unchanged: {seen.kept}.")
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
    with_gates: bool = False,
    everything: bool = False,
) -> Submission:
    """Build what a client would send: the ticked answers (`item@occasion`), and nothing else.

    What was sent before and has not changed is named, not sent again; `everything` sends it again all the same,
    for a counselor who lost a file. What was sent before and is not ticked now is withdrawn.
    Raises Refused when there is no counselor yet, or a ticked answer is private or gone.
    """
    assignment = _current_assignment(journal)
    if assignment is None:
        raise Refused(
            "No counselor has given you an assignment yet, so there is no one to seal this for. "
            "Open the file they gave you first."
        )
    wanted = set(ticked)
    rows = {choice.key: choice for choice in choices(journal)}
    for key in sorted(wanted):
        if key not in rows:
            raise Refused(f"There is no answer “{key}” to share. Look at the list again. Nothing was sealed.")
        if rows[key].share == "private":
            raise Refused(f"“{rows[key].prompt}” is private and stays here. Take it off the list. Nothing was sealed.")
    sent = _sent(journal)
    answers = {_key(answer): answer for answer in journal.current()}
    new = [key for key in sorted(wanted) if everything or sent.holds.get(key) != _stamp(answers[key])]
    return Submission(
        token=assignment["token"],
        sequence=sent.sequence + 1,
        made_at=now,
        definition=journal.workbook.fingerprint,
        client_key=seal.recipient(journal.key),
        holds=tuple(sorted(wanted)),
        answers=tuple(_shared(answers[key]) for key in new),
        gates=tuple(GateEvent.model_validate(event) for event in journal.gate_events()) if with_gates else (),
    )


def _shared(answer: Answer) -> SharedAnswer:
    fields = {name: getattr(answer, name) for name in SharedAnswer.model_fields if name != "value"}
    return SharedAnswer(**fields, value=json.dumps(answer.value, ensure_ascii=False))


def _key(answer: Answer | SharedAnswer) -> str:
    return f"{answer.item}@{answer.occasion}"


def _stamp(answer: Answer | SharedAnswer) -> str:
    """What changes whenever an answer does."""
    return f"{answer.id} {answer.answered_at.isoformat()}"


def new_file(path: Path, name: str) -> Path:
    """Return where a new file goes: a folder gets `name` added, a name without an ending gets that of `name`.

    Raises Refused when a file is there already: it may be a sealed one that was not handed over yet.
    """
    path = path / name if path.is_dir() else path
    path = path if path.suffix else path.with_name(f"{path.name}.{name.rpartition('.')[2]}")
    if path.exists():
        raise Refused(f"There is a file {path} already. Choose another name. Nothing was written.")
    return path


def write_submission(journal: Journal, chosen: Submission, file: Path) -> Path:
    """Seal a submission into `file`, and remember what it holds so that the next one sends only what is new.

    Raises Refused when the file cannot be written; then nothing is remembered as sent.
    """
    assignment = _current_assignment(journal)
    if assignment is None or assignment["token"] != chosen.token:
        raise Refused("Your assignment changed in the meantime. Look at the list again. Nothing was sealed.")
    sealed = seal.seal(pack(chosen), assignment["counselor_key"])
    try:
        file.write_bytes(sealed)
    except OSError as problem:
        raise Refused(f"{file} cannot be written: {problem.strerror}. Choose another place.") from None
    before = _sent(journal).holds
    now = {_key(answer): _stamp(answer) for answer in chosen.answers}
    holds = {key: now.get(key) or before[key] for key in chosen.holds}
    journal.store.close_versions(answer.id for answer in chosen.answers)  # an edit from now on is a new version
    journal.store.record("sent", chosen.token, {"sequence": chosen.sequence, "holds": holds})
    journal.store.event("shared", "", len(chosen.answers))
    return file


def accept_feedback(journal: Journal, sealed: bytes) -> Feedback:
    """Take feedback into the journal, beside the answers it speaks of; twice changes nothing.

    Raises Refused when it is for someone else, from someone else, or older than what is there.
    """
    feedback, again = _feedback_for(journal, sealed)
    if not again:
        with journal.store.together():
            _take_in(journal, feedback)
    return feedback


def _feedback_for(journal: Journal, sealed: bytes) -> tuple[Feedback, bool]:
    """Feedback that belongs to this journal, and whether this very one was taken in before."""
    feedback = read_feedback(sealed, journal.key)
    assignment = _current_assignment(journal)
    if assignment is None or assignment["token"] != feedback.token:
        raise Refused("This feedback does not belong to your assignment. Check who sent it. Nothing was changed.")
    held = [record.payload for record in journal.store.records("feedback")]
    newest = max((reply["sequence"] for reply in held if reply["token"] == feedback.token), default=0)
    if feedback.sequence < newest:
        raise Refused("Newer feedback is already here. Nothing was changed.")
    return feedback, feedback.sequence == newest


def _feedback_lines(journal: Journal, feedback: Feedback, again: bool) -> list[str]:
    lines = [f"From {feedback.counselor}."]
    if again:
        return [*lines, "You opened this file before. Nothing changes."]
    if feedback.reply:
        lines.append("It holds a reply to you.")
    if feedback.comments:
        count = len(feedback.comments)
        lines.append(f"It puts {count} comment{'s' if count > 1 else ''} beside your answers.")
    if feedback.assignment is not None:
        assignment = read_assignment(pack(feedback.assignment))
        _refuse_older(journal, assignment)
        return [*lines, *changes(journal, assignment)[1:]]
    return [*lines, "None of your answers change."]


def _take_in(journal: Journal, feedback: Feedback) -> None:
    if feedback.assignment is not None:
        accept(journal, read_assignment(pack(feedback.assignment)))
    places = {version.id: version for version in journal.store.history()}
    for comment in feedback.comments:
        answer = places.get(comment.answer)
        if answer is not None:  # else it was about an answer from another copy of this journal
            beside = {"item": answer.item, "occasion": answer.occasion, "from": feedback.counselor}
            note = beside | {"text": comment.text, "at": feedback.made_at.isoformat()}
            journal.store.record("comment", comment.answer, note)
    reply = {
        "token": feedback.token,
        "sequence": feedback.sequence,
        "from": feedback.counselor,
        "reply": feedback.reply,
        "at": feedback.made_at.isoformat(),
    }
    journal.store.record("feedback", f"{feedback.token} {feedback.sequence}", reply)


def _current_assignment(journal: Journal) -> Mapping[str, Any] | None:
    return next((record.payload for record in journal.store.records("assignment")), None)


class _Sent(NamedTuple):
    """What the counselor of the current assignment holds."""

    sequence: int
    holds: dict[str, str]  # item@occasion → stamp


def _sent(journal: Journal) -> _Sent:
    assignment = _current_assignment(journal)
    for record in journal.store.records("sent"):
        if assignment is not None and record.key == assignment["token"]:
            return _Sent(record.payload["sequence"], record.payload["holds"])
    return _Sent(0, {})
