"""What may go out: answers to choose from, what a choice changes on the other side, and one sealed file.

What was handed over is remembered for each copy of the journal by itself; whether it arrived is known from feedback.
"""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, NamedTuple

from workbook import files
from workbook.errors import Refused, UnknownId
from workbook.sharing import bundles, envelope, signing
from workbook.sharing.bundles import GateEvent, SharedAnswer, Submission, content_id
from workbook.storage import exchange
from workbook.storage.exchange import Handed, Sent, Source
from workbook.storage.folder import MARK
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from workbook.definition.models import Workbook
    from workbook.journal import Journal
    from workbook.storage.exchange import There
    from workbook.storage.store import StoredAnswer as Answer


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
    elsewhere: bool  # an earlier copy of this journal handed it over, or a file of this one that may have arrived


def choices(journal: Journal) -> list[Choice]:
    """List every current answer with what may be done with it; nothing is chosen yet."""
    sent, told = _sent(journal), confirmed(journal)
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
                there=told is not None and id in told.there,
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
            raise Refused(say("sharing.outbox.no_answer", name=name))
        if not open_to_share:
            raise Refused(say("sharing.outbox.all_private", name=name))
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
            raise Refused(say("sharing.outbox.not_shared", name=name))
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
    sent, told = _sent(journal), confirmed(journal)
    kinds: dict[str, list[SharedAnswer]] = {"new": [], "changed": [], "again": []}
    for answer in submission.answers:
        before = sent.holds.get(answer.key) or sent.inherited.get(answer.key)
        kinds["new" if before is None else "again" if before.id == answer.id else "changed"].append(answer)
    with_them = told.there if told else frozenset()
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
        ("again", [answer.item for answer in seen.again]),
        ("taken_back", [key.partition("@")[0] for key in seen.taken_back]),
    ):
        counts = Counter(exercise_title(workbook, item.rpartition(".")[0]) for item in items)
        lines += [say(f"sharing.outbox.{what}", title=title, count=count) for title, count in counts.items()]
    if seen.gates:
        lines.append(say("sharing.outbox.gates", count=len(seen.gates)))
    if seen.there:
        lines.append(say("sharing.outbox.there", count=seen.there))
    if seen.handed:
        lines.append(say("sharing.outbox.handed", count=seen.handed))
    return lines


def exercise_title(workbook: Workbook, id: str) -> str:
    """Return what to call an exercise among all, or its id when the workbook no longer has it."""
    try:
        return workbook.named(id)
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
        raise Refused(say("sharing.outbox.no_counselor"))
    wanted = set(ticked)
    rows = {choice.key: choice for choice in choices(journal)}
    for key in sorted(wanted):
        if key not in rows:
            raise Refused(say("sharing.outbox.gone", name=key))
        if rows[key].share == "private":
            raise Refused(say("sharing.outbox.private", prompt=rows[key].prompt))
    sent, told = _sent(journal), confirmed(journal)
    at = max(now.astimezone(UTC), sent.at + timedelta(microseconds=1))  # a clock that was set back orders nothing anew
    answers = {_key(answer): answer for answer in journal.current() if _key(answer) in wanted}
    holds = {key: content_id(answers[key]) for key in sorted(wanted)}
    along = [key for key, id in holds.items() if everything or _needs(sent, told, key, id)]
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

    Raises Refused where there is no folder for it, and when a file is there already: it may be a sealed one that was
    not handed over yet.
    """
    path = files.placed(path, name)
    if not path.parent.is_dir():
        raise Refused(say("sharing.outbox.no_folder", folder=path.parent))
    if path.exists():
        raise Refused(say("sharing.outbox.file_there", file=path))
    return path


def sealed(journal: Journal, chosen: Submission) -> bytes:
    """Return a submission as the bytes of a file; nothing is remembered. Raises Refused."""
    assigned = journal.assigned
    if assigned is None or assigned.token != chosen.token:
        raise Refused(say("sharing.outbox.changed_meantime"))
    return envelope.pack_sealed(chosen, journal.key, assigned.counselor_key)


def write_submission(journal: Journal, chosen: Submission, file: Path) -> Path:
    """Seal a submission into `file`, and remember what it holds so that the next one sends only what is new.

    Raises Refused when the file cannot be written; then nothing is remembered as sent.
    """
    data = sealed(journal, chosen)
    try:
        file.write_bytes(data)
    except OSError as problem:
        raise Refused(say("sharing.outbox.not_written", file=file, why=problem.strerror)) from None
    handed_over(journal, chosen.token, handing(journal, chosen), [answer.id for answer in chosen.answers])
    return file


# --- what is remembered of it ---


def handing(journal: Journal, chosen: Submission) -> Sent:
    """Return what is remembered of a submission once it is handed over."""
    sent, at = _sent(journal), chosen.made_at
    along = {answer.key for answer in chosen.answers}
    return Sent(
        source=chosen.source,
        sequence=chosen.sequence,
        at=at,
        holds={key: Handed(id, at if key in along else sent.holds[key].at) for key, id in chosen.holds.items()},
        inherited={
            key: one for key, one in sent.inherited.items() if key not in chosen.holds and key not in chosen.taken_back
        },
        taken_back=chosen.taken_back,
    )


def handed_over(journal: Journal, token: str, now: Sent, answers: Sequence[str]) -> None:
    """Remember that a file for a counselor, by their token, was handed over; `answers` in it, each by its content."""
    ids = {content_id(answer): answer.id for answer in journal.store.history()}
    journal.store.close_versions(ids[answer] for answer in answers if answer in ids)  # an edit is a version
    before = exchange.sent(journal.store).get(token)
    if before is not None and before.at > now.at:  # a file made after this one was handed over first
        perhaps(journal, token, now)
    else:
        exchange.sent(journal.store).put(token, now)
    journal.store.event("shared", "", len(answers))


def perhaps(journal: Journal, token: str, now: Sent) -> None:
    """Remember that a file may be with a counselor: what it holds counts as not handed over, and can be taken back."""
    sent = exchange.sent(journal.store)
    before = sent.get(token)
    if before is None or not before.source:
        before = Sent(source=now.source)
    gone = before.taken_back
    more = {
        key: one
        for key, one in now.holds.items()
        if key not in before.holds and (key not in gone or gone[key] < one.at)
    }
    sent.put(token, before.model_copy(update={"inherited": before.inherited | more}))


def _needs(sent: Sent, told: There | None, key: str, id: str) -> bool:
    """Say whether an answer goes along: not handed over as it is, or handed over and not there."""
    before = sent.holds.get(key)
    if before is None or before.id != id:
        return True
    return told is not None and told.at > before.at and id not in told.there


def _sent(journal: Journal) -> Sent:
    """What this copy of the journal has handed over to the counselor of the current assignment."""
    assigned, mine = journal.assigned, source(journal)
    held = exchange.sent(journal.store).get(assigned.token) if assigned else None
    if held is None or not held.source:
        return Sent(source=mine)
    if held.source == mine:
        return held
    others = {"source": mine, "sequence": 0, "holds": {}, "inherited": held.inherited | held.holds}
    return held.model_copy(update=others)


def confirmed(journal: Journal) -> There | None:
    """Return what the counselor had by their newest feedback; None before there was any."""
    assigned = journal.assigned
    return exchange.there(journal.store).get(assigned.token) if assigned else None


def source(journal: Journal) -> str:
    """Return the random id of this copy of the journal; a copied or restored folder has another from then on.

    The id stands in the journal beside the place it was made at: inode and change time of the journal's mark, which
    no way of copying keeps.
    """
    place, kept = _place(journal.path / MARK), exchange.sources(journal.store)
    held = kept.get("mine")
    if held is None or held.place != place:
        kept.put("mine", held := Source(id=secrets.token_hex(16), place=place))
    return held.id


def _place(mark: Path) -> str:
    found = mark.stat()
    return f"{found.st_ino}:{found.st_ctime_ns}"
