"""A bundle as the bytes of a file, and back: signed, compressed, sealed, and refused with one sentence.

A file begins with a line that says what it is, so that a wrong one is named. Then comes, sealed except in an
assignment: the signature, the public key of who signed, and compressed JSON. The signature is over all of it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from typing import TYPE_CHECKING, Generic, NamedTuple

from pydantic import ValidationError

from workbook.definition.asks import judge
from workbook.errors import Refused, SealError
from workbook.sharing import signing
from workbook.sharing.bundles import VERSION, Assignment, B, Feedback, Submission, depth
from workbook.storage import seal
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbook.definition.models import Workbook

LARGEST = 8 * 1024 * 1024  # bytes of any file once opened
DEEPEST = 64
_KINDS: dict[type, str] = {Assignment: "assignment", Submission: "submission", Feedback: "feedback"}
_LABEL = re.compile(rb"mend-(assignment|submission|feedback) ([0-9]{1,9})\n")
_LABEL_LENGTH = 32
_SEALED = re.compile(rb"age-encryption\.org/v1\n-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n")

# What the packed documents of Word and of LibreOffice begin with.
_DOCUMENT = re.compile(rb"\[Content_Types\]\.xml|_rels/|mimetypeapplication/")

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"age-encryption.org/", "sealed"),
    (b"\xd0\xcf\x11\xe0", "document"),
    (b"{\\rtf", "document"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"SQLite format 3", "store"),
    (b"\x00\x05\x16\x07", "mac"),
    (b"<!doctype html", "page"),
    (b"<html", "page"),
)


class Opened(NamedTuple, Generic[B]):
    """A file that was opened: what is in it, whose signature it bears, and a digest it is known by."""

    bundle: B
    signer: str
    digest: str


def new_token() -> str:
    """Return a random token (32 hex digits)."""
    return secrets.token_hex(16)


def pack(bundle: Assignment, identity: str) -> bytes:
    """Return an assignment as the bytes of a file, signed with `identity`. Raises Refused when it is too large."""
    return _label(bundle) + _signed(bundle, identity)


def pack_sealed(bundle: Submission | Feedback, identity: str, recipient: str) -> bytes:
    """Return a bundle as the bytes of a file, signed with `identity` and sealed to `recipient`."""
    return _label(bundle) + seal.seal(_signed(bundle, identity), recipient)


def open_assignment(data: bytes, installed: Workbook) -> Opened[Assignment]:
    """Return the assignment in a file's bytes, its additions judged beside what is installed.

    Raises Refused with one sentence when anything in it is not right.
    """
    opened = _opened(Assignment, _body(Assignment, data))
    judge(opened.bundle.asks, installed)
    return opened


def open_submission(data: bytes, identities: Iterable[str]) -> Opened[Submission]:
    """Return the submission sealed for one of `identities` (newest first). Raises Refused."""
    return _opened(Submission, _unsealed(_body(Submission, data), tuple(identities)))


def open_feedback(data: bytes, identity: str) -> Opened[Feedback]:
    """Return the feedback sealed for `identity`. Raises Refused."""
    return _opened(Feedback, _unsealed(_body(Feedback, data), (identity,)))


def outside(data: bytes) -> str:
    """Say what a file is, without opening it: "assignment" (signed), "submission" or "feedback" (sealed).

    Raises Refused for anything else, and for an assignment whose signature does not hold.
    """
    kind = kind_of(data)
    if kind not in _KINDS.values():
        raise Refused(say("sharing.envelope.unsealed", what=say(f"sharing.envelope.is.{kind}")))
    label, newline, body = data.partition(b"\n")
    if label + newline != f"mend-{kind} {VERSION}\n".encode():
        raise _refused("version", kind, format=int(label.rpartition(b" ")[2]), reads=VERSION)
    if kind != "assignment":
        if not _SEALED.match(body):
            raise Refused(say("sharing.envelope.unsealed", what=say(f"sharing.envelope.is.{kind}")))
    elif not _holds(label + newline, body):
        raise _refused("changed", kind)
    return kind


def _holds(label: bytes, signed: bytes) -> bool:
    """Whether the one named in it signed exactly this."""
    start = signing.SIGNATURE + signing.PUBLIC
    signature, public = signed[: signing.SIGNATURE], signed[signing.SIGNATURE : start].hex()
    return len(signed) > start and signing.is_by(label + signed[signing.SIGNATURE :], signature, public)


def kind_of(data: bytes) -> str:
    """Say what a file is by its first bytes: a key of the sentences above, such as "submission" or "zip"."""
    if not data:
        return "empty"
    label = _LABEL.match(data[:_LABEL_LENGTH])
    if label:
        return label[1].decode()
    if data[:1] == b"\x78" and _is_first_version(data):
        return "first"
    start = data.lstrip()[:16].lower()
    for begins, kind in _STARTS:
        if data.startswith(begins) or start.startswith(begins):
            return "document" if kind == "zip" and _DOCUMENT.search(data[:200]) else kind
    return "unknown" if b"\x00" in data[:1000] or _not_text(data[:1000]) else "text"


def _not_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as problem:
        return problem.start < len(data) - 4
    return False


def _is_first_version(data: bytes) -> bool:
    try:
        return b'"mend.' in zlib.decompressobj().decompress(data, 200)
    except zlib.error:
        return False


def wrong_file(data: bytes, *wanted: str) -> str:
    """Say what a file is that is not of a kind `wanted`."""
    kind = kind_of(data)
    if kind in ("first", "sealed"):
        more = say("sharing.envelope.make_anew")
    elif len(wanted) > 1:
        more = say("sharing.envelope.needed_two", one=f".{wanted[0]}", other=f".{wanted[1]}")
    else:
        more = say("sharing.envelope.needed", one=f".{wanted[0]}")
    return f"{say(f'sharing.envelope.is.{kind}')} {more}"


def _refused(why: str, what: str, **values: object) -> Refused:
    """What is wrong with a file of the kind `what`."""
    return Refused(say(f"sharing.envelope.{why}", what=say(f"sharing.envelope.this.{what}"), **values))


def _label(bundle: Assignment | Submission | Feedback) -> bytes:
    return f"mend-{_KINDS[type(bundle)]} {VERSION}\n".encode()


def _signed(bundle: Assignment | Submission | Feedback, identity: str) -> bytes:
    words = bundle.model_dump_json().encode()
    if len(words) > LARGEST:
        raise Refused(say("sharing.envelope.too_large", size=len(words) // 2**20 + 1, most=LARGEST // 2**20))
    body = zlib.compress(words, 9)
    public = bytes.fromhex(signing.signer(identity))
    return signing.sign(_label(bundle) + public + body, identity) + public + body


def _body(kind: type[B], data: bytes) -> bytes:
    """What follows the label of a file of this kind and version."""
    what = _KINDS[kind]
    label = _LABEL.match(data[:_LABEL_LENGTH])
    if label is None or label[1].decode() != what:
        raise Refused(wrong_file(data, what))
    if int(label[2]) != VERSION:
        raise _refused("version", what, format=int(label[2]), reads=VERSION)
    return data[label.end() :]


def _unsealed(body: bytes, identities: tuple[str, ...]) -> bytes:
    problem: SealError | None = None
    for identity in identities:
        try:
            return seal.unseal(body, identity)
        except SealError as refused:
            problem = problem or refused
    raise Refused(str(problem or say("sharing.envelope.no_key", command="workbook keygen")))


def _opened(kind: type[B], signed: bytes) -> Opened[B]:
    what = _KINDS[kind]
    start = signing.SIGNATURE + signing.PUBLIC
    public, body = signed[signing.SIGNATURE : start].hex(), signed[start:]
    label = f"mend-{what} {VERSION}\n".encode()
    if not _holds(label, signed):
        raise _refused("changed", what)
    words = _inflated(body, what)
    try:
        if depth(words.decode()) > DEEPEST:
            raise _refused("deep", what)
        bundle = kind.model_validate_json(words)
    except UnicodeDecodeError:
        raise _refused("not_ours", what, where=say("sharing.envelope.start")) from None
    except ValidationError as problem:
        raise _refused("not_ours", what, where=_where(problem)) from None
    return Opened(bundle, public, hashlib.sha256(label + words).hexdigest())


def _inflated(packed: bytes, what: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise _refused("damaged", what) from None
    if len(plain) > LARGEST:
        raise _refused("unpacks", what, most=LARGEST // 2**20)
    if not stream.eof or stream.unused_data:
        raise _refused("cut", what)
    return plain


def _where(problem: ValidationError) -> str:
    """Where it is not as it should be; never the file's own words, which may be private."""
    first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
    # A file's own keys are its own words: only names of ours are told.
    steps = [str(step) for step in first["loc"] if isinstance(step, int) or re.fullmatch(r"[a-z_]{1,20}", str(step))]
    return ".".join(steps[:6]) or say("sharing.envelope.start")
