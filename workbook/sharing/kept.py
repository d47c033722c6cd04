"""What a caseload keeps of its clients beside their answers: who they are, what came, what was said and seen."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from workbook.sharing.bundles import GateEvent
from workbook.storage.records import At, Kept, Records

if TYPE_CHECKING:
    from workbook.storage.store import Store


class Profile(Kept):
    """One client, by the pseudonym the counselor chose."""

    name: str
    token: str
    since: At
    key: str | None = None
    signer: str | None = None
    revoked: bool = False
    keep_until: date | None = None


class Submitted(Kept):
    """A submission that was taken in (its key: a digest of the file; its number in the first version)."""

    made_at: At
    new: int
    withdrawn: int
    sequence: int | None = None
    digest: str | None = None  # kept by the first version


class Arrived(Kept):
    """The answers that came with one submission."""

    answers: tuple[str, ...]


class Told(Kept):
    """What a client told of their safety rules."""

    events: tuple[GateEvent, ...]


class TakenBack(Kept):
    """An answer (its key: item@occasion) that the client took back."""

    at: At | None = None  # None: when this was written
    was: bool = True  # it was here
    sequence: int | None = Field(
        default=None, validation_alias="in", serialization_alias="in"
    )  # kept by the first version


class Held(Kept):
    """What a caseload has at one place (its key: item@occasion): which answer is the newest, and when it was given."""

    id: str
    at: At


class Remark(Kept):
    """The counselor's words beside one answer (its key: the answer's id)."""

    text: str
    item: str
    sent: int  # with which reply; 0: not yet


class Replied(Kept):
    """A reply that was made (its key: its number)."""

    reply: str | None
    comments: int
    made_at: At | None = None  # None: kept by the first version
    file: str | None = None  # its `unsent.stem`; None: kept by an earlier version


class Note(Kept):
    """A note of the counselor's own (its key: when)."""

    text: str


class Address(Kept):
    """Who the client is on a hub, for its mailbox (its key: a digest of the mailbox's address)."""

    name: str


class Looked(Kept):
    """That a client's page was looked at."""


class Glance(Kept):
    """What is worth knowing of a client at a glance, worked out anew when `of` is another."""

    exercises: dict[str, str]
    change: dict[str, str]
    of: str


KINDS: dict[str, type[Kept]] = {
    "profile": Profile,
    "submission": Submitted,
    "arrived": Arrived,
    "gates": Told,
    "withdrawn": TakenBack,
    "held": Held,
    "comment": Remark,
    "feedback": Replied,
    "note": Note,
    "address": Address,
    "looked": Looked,
    "glance": Glance,
}
"""What a caseload keeps of a client, by kind, beside what was asked of them."""

_NAMES = {model: kind for kind, model in KINDS.items()}

M = TypeVar("M", bound=Kept)


def of(store: Store, model: type[M], client: str | None = None) -> Records[M]:
    """Return the records that a model says, of one client."""
    return Records(store, _NAMES[model], model, client, where="caseload")
