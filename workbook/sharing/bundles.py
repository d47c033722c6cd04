"""What counselor and client hand each other: what may stand in an assignment, a submission and feedback, and no more.

Every bound is here: lengths, counts, days that exist, numbers that are finite. What passes was signed by the one
whose public key comes with it; whether that is the right one is for `client` and `caseload` to say.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbook.definition.asks import Asks, Id
from workbook.errors import Refused, one_name, plain
from workbook.words import say

if TYPE_CHECKING:
    from typing import Self

    from workbook.storage.store import StoredAnswer

VERSION = 2
MOST_ANSWERS = 20_000  # of one file
DEEPEST = 8  # lists and tables within each other, in a value
LARGEST_NUMBER = 2**53  # beyond it a whole number is not the same everywhere
_YEARS = (2000, 2199)
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]+|\\.)*+"?|[\[\]{}]', re.DOTALL)
_OCCASION = re.compile(r"once|([0-9]{4}-[0-9]{2}-[0-9]{2})(-[1-9][0-9]{0,2})?")


def _real_day(text: str) -> str:
    if not _YEARS[0] <= date.fromisoformat(text).year <= _YEARS[1]:
        raise ValueError("not a day of these times")
    return text


def _real_occasion(text: str) -> str:
    found = _OCCASION.fullmatch(text)
    if found is None:
        raise ValueError("not an occasion")
    if found[1]:
        _real_day(found[1])
    return text


def _real_key(text: str) -> str:
    item, _, occasion = text.partition("@")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_]*){2}", item):
        raise ValueError("not an item")
    _real_occasion(occasion)
    return text


def _real_time(at: datetime) -> datetime:
    if not _YEARS[0] < at.year < _YEARS[1]:  # not at the edge: any time zone must be able to show it
        raise ValueError("not a time of these times")
    return at.astimezone(UTC)


def _a_name(text: str) -> str:
    name = one_name(text)
    if not name:
        raise ValueError("no name")
    return name


At = Annotated[AwareDatetime, AfterValidator(_real_time)]
Occasion = Annotated[str, Field(max_length=14), AfterValidator(_real_occasion)]
AnswerKey = Annotated[str, Field(max_length=160), AfterValidator(_real_key)]
Token = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
ContentId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]  # a digest: see `content_id`
PublicKey = Annotated[str, Field(pattern=r"^age1[0-9a-z]{20,120}$")]
Number = Annotated[int, Field(ge=1, le=1_000_000_000)]
LONGEST_NAME, LONGEST_WORDS = 80, 20_000  # characters
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_a_name)]
Words = Annotated[str, Field(max_length=LONGEST_WORDS), AfterValidator(plain)]


def refuse_too_long(text: str, most: int = LONGEST_WORDS) -> None:
    """Raise Refused for a name, or words, that no file between counselor and client can hold."""
    if len(text) > most:
        begins = f"{text[:30]}…"
        raise Refused(say("sharing.bundles.too_long", begins=begins, count=len(text), most=most))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Assignment(_Part):
    """What a counselor asks of one client. Data only: no code, no notebooks, no workbook."""

    format: Literal["mend.assignment"] = "mend.assignment"
    version: Literal[2] = 2
    token: Token  # ties every later file of this client to this counselor
    sequence: Number
    made_at: At
    counselor: Name
    counselor_key: PublicKey
    client: Name  # a pseudonym
    asks: Asks


class SharedAnswer(_Part):
    """One answer the client ticked. `value` is JSON text, so nothing unexpected is built from it."""

    id: ContentId
    item: Id
    exercise: Id
    occasion: Occasion
    kind: Annotated[str, Field(max_length=20)]
    prompt: Words
    label: Annotated[str, Field(max_length=60_000), AfterValidator(plain)]
    value: Annotated[str, Field(max_length=60_000)]
    status: Literal["answered", "skipped"]
    fingerprint: Annotated[str, Field(max_length=4000)]
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    answered_at: At

    @property
    def key(self) -> str:
        """Its place: item@occasion."""
        return f"{self.item}@{self.occasion}"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _real_key(self.key)
        if not self.item.startswith(f"{self.exercise}."):
            raise ValueError("it stands elsewhere")
        read_value(self.value)
        fields = {name: getattr(self, name) for name in SharedAnswer.model_fields if name != "id"}
        if self.id != _digest(fields | {"answered_at": _iso(self.answered_at)}):
            raise ValueError("it is not what its id says")
        return self


class GateEvent(_Part):
    """That a safety rule opened or closed, and when. Never why."""

    gate: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")]
    change: Literal["opened", "closed"]
    at: At


class Submission(_Part):
    """What a client chose to share, sealed to one counselor."""

    format: Literal["mend.submission"] = "mend.submission"
    version: Literal[2] = 2
    token: Token
    source: Token  # the copy of the journal it comes from
    sequence: Number  # of this copy's files
    made_at: At
    definition: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    client_key: PublicKey
    holds: Annotated[dict[AnswerKey, ContentId], Field(max_length=MOST_ANSWERS)]  # all this copy shares now
    answers: Annotated[tuple[SharedAnswer, ...], Field(max_length=MOST_ANSWERS)]  # those of `holds` that go along
    taken_back: Annotated[dict[AnswerKey, At], Field(max_length=MOST_ANSWERS)] = {}  # by the person's own act, and when
    gates: Annotated[tuple[GateEvent, ...], Field(max_length=10_000)] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        seen: set[str] = set()
        for answer in self.answers:
            if self.holds.get(answer.key) != answer.id or answer.key in seen:
                raise ValueError("an answer is not among what is shared, or comes twice")
            seen.add(answer.key)
        if self.holds.keys() & self.taken_back.keys():
            raise ValueError("something is shared and taken back")
        return self


class Comment(_Part):
    """A counselor's words beside one answer."""

    answer: ContentId
    text: Words


class Feedback(_Part):
    """A counselor's reply, sealed to one client."""

    format: Literal["mend.feedback"] = "mend.feedback"
    version: Literal[2] = 2
    token: Token
    sequence: Number
    made_at: At
    counselor: Name
    counselor_key: PublicKey
    reply: Words | None = None
    comments: Annotated[tuple[Comment, ...], Field(max_length=10_000)] = ()
    there: Annotated[tuple[ContentId, ...], Field(max_length=MOST_ANSWERS)] = ()  # what the counselor has from them
    assignment: Assignment | None = None


B = TypeVar("B", Assignment, Submission, Feedback)


# --- answers ---


def content_id(answer: StoredAnswer) -> str:
    """Return what an answer is known by in every file: a digest of all that is sent of it."""
    return _digest(_sent(answer))


def shared(answer: StoredAnswer) -> SharedAnswer:
    """Return an answer as a submission holds it. Raises Refused for one that no file could hold."""
    fields = _sent(answer)
    try:
        return SharedAnswer.model_validate(fields | {"id": _digest(fields)})
    except ValidationError:
        raise Refused(say("sharing.bundles.no_room", prompt=plain(answer.prompt))) from None


def _sent(answer: StoredAnswer) -> dict[str, Any]:
    names = SharedAnswer.model_fields.keys() - {"id", "value", "prompt", "label", "answered_at"}
    return {name: getattr(answer, name) for name in names} | {
        "prompt": plain(answer.prompt),
        "label": plain(answer.label),
        "value": json.dumps(answer.value, ensure_ascii=False),
        "answered_at": _iso(answer.answered_at),
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:32]


def read_value(text: str) -> Any:
    """Return the value in JSON text. Raises ValueError unless it is shallow and its numbers are finite and exact."""
    if depth(text) > DEEPEST:
        raise ValueError("nested too deep")
    return json.loads(text, parse_float=_finite, parse_int=_exact, parse_constant=_finite)


def depth(text: str) -> int:
    """Return how deep lists and tables stand in each other in JSON text; in time proportional to its length."""
    deepest = now = 0
    for sign in _STRING_OR_BRACKET.findall(text):
        if sign in ("[", "{"):
            now += 1
            deepest = max(deepest, now)
        elif sign in ("]", "}"):
            now -= 1
    return deepest


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _exact(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_NUMBER:
        raise ValueError("too large a number")
    return int(text)
