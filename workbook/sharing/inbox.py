"""What clients sent: files are found and named for what they are, and each submission is merged by what is in it.

A file is known by a digest of its content and an answer by a digest of its own, so the order of files, copies of a
journal and repeated files change nothing. An answer is taken back only by name; newest is what was shared last.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook import files
from workbook.answers import kinds
from workbook.definition import fingerprint
from workbook.errors import InvalidAnswer, Refused, UnknownId, plain
from workbook.sharing import bundles, envelope, kept, keys
from workbook.sharing.kept import Held, TakenBack
from workbook.storage import seal
from workbook.storage.folder import HIDDEN
from workbook.storage.store import StoredAnswer
from workbook.words import say

if TYPE_CHECKING:
    from datetime import datetime

    from workbook.definition.models import Workbook
    from workbook.sharing.bundles import SharedAnswer, Submission
    from workbook.storage.store import Store

MOST_FILES = 20_000  # looked at in one folder
MANY = 5  # answers taken back by one file, and half of all there are: is that meant?


class Receipt(NamedTuple):
    """What receiving one submission changed."""

    client: str  # the pseudonym
    sequence: int
    new: int  # answers that were not there, or have changed
    withdrawn: int
    missing: int  # named as shared, but sent in a file that never came
    already: bool  # this very file was received before; nothing changed
    held: str = ""  # why a yes is needed first; nothing changed

    def __str__(self) -> str:
        if self.held:
            return say("sharing.inbox.held", client=self.client, why=self.held)
        if self.already:
            return say("sharing.inbox.already", client=self.client)
        parts = [say("sharing.inbox.new", count=self.new)]
        if self.withdrawn:
            parts.append(say("sharing.inbox.withdrawn", count=self.withdrawn))
        if self.missing:
            parts.append(say("sharing.inbox.missing", count=self.missing))
        return say("sharing.inbox.received", client=self.client, parts=", ".join(parts))


class Outcome(NamedTuple):
    """What came of one file: a receipt, or the sentence that says why there is none."""

    file: Path
    receipt: Receipt | None
    said: str
    passed_over: bool = False  # it was no submission at all, so nothing is wrong with it


# --- files ---


class Found(NamedTuple):
    """What there is to look at, and a sentence for each folder in which there is more."""

    files: list[Path]
    more: list[str]


def found(paths: Iterable[Path]) -> Found:
    """Return the files to look at: those named, and those below the folders named, sorted; links are not followed.

    What a caseload or a journal is made of is nothing that anyone sent: in a folder it is not looked at.
    Raises Refused for a path where there is nothing.
    """
    found = Found([], [])
    for path in paths:
        if path.is_dir():
            every = [one for folder, within, names in os.walk(path) for one in _sent(Path(folder), within, names)]
            inside = sorted(one for one in every if not one.is_symlink())
            found.files.extend(inside[:MOST_FILES])
            if (more := len(inside) - MOST_FILES) > 0:
                said = {"folder": plain(path), "count": f"{more:,}", "most": f"{MOST_FILES:,}"}
                found.more.append(say("sharing.inbox.beyond", **said))
        elif path.exists():
            found.files.append(path)
        else:
            raise Refused(say("sharing.inbox.no_file", file=plain(path)))
    return found


def _sent(folder: Path, within: list[str], names: list[str]) -> list[Path]:
    """Return the files of one folder but for a caseload's own; of the folders `within` it, take away what is ours."""
    home = keys.is_caseload(folder)
    within[:] = [one for one in within if one != HIDDEN and not (home and one == keys.PAGES)]
    return [folder / one for one in names if not (home and one.startswith(keys.FILES))]


def read(file: Path) -> bytes:
    """Return a file's bytes. Raises Refused with a sentence when they cannot be read, or are too many."""
    try:
        return files.read(file, seal.LARGEST)
    except files.NotOrdinary:
        raise Refused(say("sharing.inbox.not_a_file", file=plain(file.name))) from None
    except OSError as problem:
        if problem.errno == errno.EFBIG:
            raise Refused(say("sharing.inbox.too_large", file=plain(file.name))) from None
        raise Refused(say("sharing.inbox.unreadable", file=plain(file.name), why=problem.strerror)) from None


# --- one submission ---


class Plan(NamedTuple):
    """What a submission would change, worked out before anything does."""

    answers: tuple[StoredAnswer, ...]  # that came along and were not taken back since
    current: dict[str, str]  # item@occasion → the answer that is the newest from now on
    gone: tuple[str, ...]  # taken back by this file
    backs: dict[str, datetime]  # what is remembered as taken back, and when
    missing: int


def plan(sent: Submission, store: Store, client: str, workbook: Workbook) -> Plan:
    """Work out what a submission changes of what is there. Raises Refused when a value does not fit its question."""
    along = {answer.key: judged(answer, workbook) for answer in sent.answers}
    held, back = holdings(store, client), taken_back(store, client)
    there = {answer.id for answer in store.history(client=client)}
    gone = [key for key, at in sent.taken_back.items() if key in held and held[key].at <= at]
    backs = {key: at for key, at in sent.taken_back.items() if key not in back or back[key] < at}
    answers, current, missing = [], {}, 0
    for key, id in sent.holds.items():
        if key not in along:
            missing += id not in there and key not in back
        elif key not in back or back[key] < sent.made_at:  # else it was taken back later, by a file that came first
            answers.append(along[key])
            if key not in held or (held[key].at, held[key].id) <= (sent.made_at, id):
                current[key] = id
    return Plan(tuple(answers), current, tuple(sorted(gone)), backs, missing)


def many(planned: Plan, store: Store, client: str) -> bool:
    """Say whether so much is taken back that it may not be meant."""
    return len(planned.gone) >= MANY and 2 * len(planned.gone) >= len(holdings(store, client))


def carry_out(planned: Plan, sent: Submission, store: Store, client: str) -> int:
    """Change what a plan says, within the caller's transaction; return how many answers are new."""
    gone = set(planned.gone)
    for key in planned.gone:
        item, _, occasion = key.partition("@")
        store.forget(item, occasion, client=client)
    kept.of(store, Held, client).remove(*planned.gone)
    backs = {key: TakenBack(at=at, was=key in gone) for key, at in planned.backs.items()}
    kept.of(store, TakenBack, client).put_many(backs)
    there = store.history(client=client)
    before = {answer.id for answer in there}
    new = [answer for answer in planned.answers if answer.id not in before]
    _place(planned, new, there, store, client)
    held = {key: Held(id=id, at=sent.made_at) for key, id in planned.current.items()}
    kept.of(store, Held, client).put_many(held)
    return len(new)


def _place(planned: Plan, new: list[StoredAnswer], there: list[StoredAnswer], store: Store, client: str) -> None:
    """Store new answers so that at each place the newest version is what was given last."""
    touched = {f"{one.item}@{one.occasion}" for one in new} | planned.current.keys()
    old: dict[str, list[StoredAnswer]] = {key: [] for key in touched}
    add: dict[str, list[StoredAnswer]] = {key: [] for key in touched}
    for group, answers in ((old, there), (add, new)):
        for one in answers:
            if (key := f"{one.item}@{one.occasion}") in touched:
                group[key].append(one)
    held = holdings(store, client)
    fresh: list[StoredAnswer] = []
    for key in sorted(touched):
        before = sorted(old[key], key=lambda one: one.version)
        last = planned.current.get(key) or (held[key].id if key in held else "")
        order = sorted([*before, *add[key]], key=lambda one: (one.id == last, one.version, one.answered_at))
        if order[: len(before)] == before and all(
            one.version > (before[-1].version if before else 0) for one in add[key]
        ):
            fresh += add[key]  # nothing there moves
            continue
        item, _, occasion = key.partition("@")
        store.forget(item, occasion, client=client)
        fresh += [one._replace(version=number) for number, one in enumerate(order, 1)]
    store.save_many(fresh, client=client)


def taken_back(store: Store, client: str) -> dict[str, datetime]:
    """Return what was taken back, by item@occasion, and when last."""
    return {row.key: row.value.at or row.at for row in kept.of(store, TakenBack, client).rows()}


def holdings(store: Store, client: str) -> dict[str, Held]:
    """Return what is there of a client, by item@occasion."""
    return kept.of(store, Held, client).all()


def judged(sent: SharedAnswer, workbook: Workbook) -> StoredAnswer:
    """Check a value that came from outside against the item it answers, when we know that item. Raises Refused."""
    value: Any = bundles.read_value(sent.value)
    try:
        item = workbook.item(sent.item)
        if sent.status == "answered" and fingerprint(item) == sent.fingerprint:
            value = kinds.check(item, value)
    except UnknownId:
        pass  # an item of a newer workbook: kept as the words it came with
    except (ValueError, InvalidAnswer):
        raise Refused(say("sharing.inbox.not_fitting")) from None
    fields = sent.model_dump(exclude={"value"})
    return StoredAnswer(**fields, value=value, begun_at=sent.answered_at)


def opened(data: bytes, identities: Iterable[str]) -> envelope.Opened[Submission]:
    """Open one submission. Raises Refused."""
    return envelope.open_submission(data, identities)
