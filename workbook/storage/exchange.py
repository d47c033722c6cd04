"""What a journal keeps of the exchange with a counselor: what was handed over, what is there, what they wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field, PlainSerializer, model_validator

from workbook.storage.records import At, Kept, Records

if TYPE_CHECKING:
    from workbook.storage.store import Store

_NEVER = datetime.min.replace(tzinfo=UTC)


class Source(Kept):
    """Which copy of the journal this is, and the place it was made at."""

    id: str
    place: str


class Handed(NamedTuple):
    """An answer that was handed over."""

    id: str  # which answer, by its content
    at: At  # when the file that held it was made


class Sent(Kept):
    """What a copy of the journal has handed over to one counselor (its key: their token)."""

    source: str = ""  # which copy
    sequence: int = 0
    at: At = _NEVER
    holds: dict[str, Handed] = Field(default_factory=dict)
    inherited: dict[str, Handed] = Field(default_factory=dict)  # by the copy this one was made from, or perhaps
    taken_back: dict[str, At] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_the_first_version(cls, payload: Any) -> Any:
        """The first version knew answers by something else: what it handed over counts as not handed over."""
        first = isinstance(payload, dict) and payload.keys() == {"sequence", "holds"}
        return {} if first else payload


class Unsent(Kept):
    """A sealed file for a counselor (its key: their token) that no mailbox has acknowledged yet."""

    token: str  # whose it is, whoever the counselor is when it is acknowledged
    file: str  # the name of the file, in the journal
    sent: Sent  # what is remembered once it has
    answers: tuple[str, ...]  # that it holds, each by its content
    taken_back: int
    gates: int


class Carrier(Kept):
    """Who a counselor (its key: their token) is on a hub."""

    name: str
    mailbox: str  # a digest of its address


class Fetched(Kept):
    """That a file of a mailbox (its key: the mailbox, its number there, and since when) is in the journal."""


class There(Kept):
    """What a counselor (its key: their token) had, by their newest feedback."""

    at: At
    there: Annotated[frozenset[str], PlainSerializer(sorted)]


class Beside(Kept):
    """What a counselor wrote beside an answer (its key: by its content)."""

    item: str
    occasion: str
    by: str = Field(validation_alias="from", serialization_alias="from")
    text: str
    at: At


class Answered(Kept):
    """What a counselor wrote to the whole (its key: a digest of the file)."""

    token: str
    sequence: int
    by: str = Field(validation_alias="from", serialization_alias="from")
    reply: str | None
    at: At


KINDS: dict[str, type[Kept]] = {
    "source": Source,
    "sent": Sent,
    "unsent": Unsent,
    "carrier": Carrier,
    "fetched": Fetched,
    "there": There,
    "comment": Beside,
    "feedback": Answered,
}
"""The kinds of record of the exchange, with what each holds; beside what is asked, see `asked`."""

STAYS = ("key", "assignment", *KINDS)
"""The kinds that going back to a backup leaves as they are."""


def sent(store: Store) -> Records[Sent]:
    return Records(store, "sent", Sent)


def unsent(store: Store) -> Records[Unsent]:
    return Records(store, "unsent", Unsent)


def carriers(store: Store) -> Records[Carrier]:
    return Records(store, "carrier", Carrier)


def fetched(store: Store) -> Records[Fetched]:
    return Records(store, "fetched", Fetched)


def there(store: Store) -> Records[There]:
    return Records(store, "there", There)


def sources(store: Store) -> Records[Source]:
    return Records(store, "source", Source)


def comments(store: Store) -> Records[Beside]:
    return Records(store, "comment", Beside)


def replies(store: Store) -> Records[Answered]:
    return Records(store, "feedback", Answered)
