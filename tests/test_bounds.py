"""A bound of a file from outside is where it says: what is just within is read, and one more is refused."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from workbook import definition, resources
from workbook.errors import Refused
from workbook.sharing import bundles, envelope, signing
from workbook.sharing.bundles import Assignment, Feedback, SharedAnswer, Submission
from workbook.storage import seal
from workbook.storage.store import StoredAnswer

COUNSELOR, CLIENT = seal.new_identity(), seal.new_identity()
AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
ITEM = "responsibility.incident.my_part"
ID = "0" * 32


def reads(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "within", "beyond"),
    [
        (bundles.Name, ["A", "A" * 80], ["", " ", "A" * 81]),
        (bundles.Words, ["", "x" * 20_000], ["x" * 20_001]),
        (bundles.Number, [1, 10**9], [0, 10**9 + 1]),
        (bundles.Token, ["a" * 32], ["a" * 31, "a" * 33, "G" * 32, "a" * 32 + "\n"]),
        (bundles.ContentId, ["a" * 32], ["a" * 31, "a" * 33, "A" * 32]),
        (bundles.PublicKey, ["age1" + "a" * 20, "age1" + "a" * 120], ["age1" + "a" * 19, "age1" + "a" * 121, "a" * 60]),
        (bundles.Occasion, ["once", "2027-01-04", "2027-01-04-9", "2027-01-04-999"], ["2027-01-04-1000", "twice", ""]),
        (bundles.Occasion, ["2000-01-01", "2199-12-31"], ["1999-12-31", "2200-01-01", "2027-02-29"]),
        (bundles.At, [datetime(2001, 1, 1, tzinfo=UTC), datetime(2198, 12, 31, tzinfo=UTC)], [datetime(2027, 1, 4)]),  # noqa: DTZ001 # without a zone it is no moment
        (bundles.At, [AT], [datetime(2000, 12, 31, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)]),
        (bundles.AnswerKey, [f"{ITEM}@once", f"a.b.{'c' * 151}@once"], [f"a.b.{'c' * 152}@once", ITEM, "a.b@once"]),
    ],
)
def test_each_kind_of_word_and_number_ends_where_it_says(kind: object, within: list[Any], beyond: list[Any]) -> None:
    """Names, words, numbers, keys, days and places."""
    assert [reads(kind, one) for one in within] == [True] * len(within)
    assert [reads(kind, one) for one in beyond] == [False] * len(beyond)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[[[[[[[[1]]]]]]]]", [[[[[[[[1]]]]]]]]),
        (str(2**53), 2**53),
        (str(-(2**53)), -(2**53)),
        ("1.5e3", 1500.0),
        ('"]]]]]]]]]["', "]]]]]]]]]["),
    ],
)
def test_a_value_just_within_its_bounds_is_read(text: str, value: object) -> None:
    """Eight lists within each other, and whole numbers that are the same everywhere."""
    assert bundles.read_value(text) == value


@pytest.mark.parametrize(
    "text", ["[" * 9 + "]" * 9, str(2**53 + 1), str(-(2**53) - 1), "1e309", "-Infinity", "NaN", "["]
)
def test_a_value_just_beyond_its_bounds_is_refused(text: str) -> None:
    """One list more, one more than the largest number, and what is no number."""
    with pytest.raises(ValueError):  # noqa: PT011 # what it says is told to nobody
        bundles.read_value(text)


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        *(("", 0), ("1", 0), ("[]", 1), ("[[],[[]]]", 3), ("[]" * 9, 1), ('[{},{"a":[{}]}]', 4)),
        *(('["[[["]', 1), ('["\\\\"[[]]]', 3), ('["\\"[[]]', 1), ("]]][", 0), ('"[[[', 0)),
    ],
)
def test_depth_is_what_stands_within_each_other(text: str, deep: int) -> None:
    """Side by side is not deeper, and brackets in words are none, also where the words never end."""
    assert bundles.depth(text) == deep


def answer(**changes: Any) -> dict[str, Any]:
    fields = {
        "item": ITEM, "exercise": "responsibility.incident", "occasion": "once", "kind": "longtext",
        "prompt": "My part", "label": "I left.", "value": '"I left."', "status": "answered", "fingerprint": "{}",
        "version": 1, "answered_at": "2027-01-04T09:00:00Z",
    } | changes  # fmt: skip
    return fields | {"id": bundles._digest(fields)}


@pytest.mark.parametrize(
    ("name", "within", "beyond"),
    [
        ("kind", "k" * 20, "k" * 21),
        ("label", "x" * 60_000, "x" * 60_001),
        ("value", f'"{"x" * 59_998}"', f'"{"x" * 59_999}"'),
        ("fingerprint", "x" * 4000, "x" * 4001),
        ("version", 1_000_000, 1_000_001),
        ("version", 1, 0),
    ],
)
def test_each_field_of_an_answer_ends_where_it_says(name: str, within: object, beyond: object) -> None:
    """A longer one is not cut: the file is refused."""
    assert getattr(SharedAnswer.model_validate(answer(**{name: within})), name) == within
    with pytest.raises(ValidationError):
        SharedAnswer.model_validate(answer(**{name: beyond}))
    with pytest.raises(ValidationError):  # what was judged stays as it was judged
        SharedAnswer.model_validate(answer()).label = "Another"


@pytest.mark.parametrize("item", ["responsibility.incident", "responsibility.incident.my.part"])
def test_an_answer_has_a_place_as_long_as_every_other(item: str) -> None:
    """A chapter, an exercise and an item: with fewer or more it would be found at none."""
    with pytest.raises(ValidationError):
        SharedAnswer.model_validate(answer(item=item, exercise=item.rpartition(".")[0]))


def assignment(**changes: Any) -> Assignment:
    fields = {"token": ID, "sequence": 1, "made_at": AT, "counselor": "Dr. Kim", "client": "A.", "asks": {}}
    return Assignment.model_validate(fields | {"counselor_key": seal.recipient(COUNSELOR)} | changes)


def feedback(**changes: Any) -> Feedback:
    fields = {"token": ID, "sequence": 1, "made_at": AT, "counselor": "Dr. Kim", "reply": "Hello."}
    return Feedback.model_validate(fields | {"counselor_key": seal.recipient(COUNSELOR)} | changes)


def submission() -> Submission:
    fields = {"token": ID, "source": ID, "sequence": 1, "made_at": AT, "definition": "f" * 64, "holds": {}}
    return Submission.model_validate(fields | {"answers": (), "client_key": seal.recipient(CLIENT)})


def test_each_kind_of_file_comes_back_as_it_went() -> None:
    """With its format and version, its signer, and a digest that is another for another file."""
    asked, told, sent = assignment(), feedback(assignment=assignment()), submission()
    files = (
        envelope.pack(asked, COUNSELOR),
        envelope.pack_sealed(told, COUNSELOR, seal.recipient(CLIENT)),
        envelope.pack_sealed(sent, CLIENT, seal.recipient(COUNSELOR)),
    )
    opened = (
        envelope.open_assignment(files[0], definition.load()),
        envelope.open_feedback(files[1], CLIENT),
        envelope.open_submission(files[2], [seal.new_identity(), COUNSELOR]),
    )
    assert [one.bundle for one in opened] == [asked, told, sent]
    assert [one.signer for one in opened] == [signing.signer(key) for key in (COUNSELOR, COUNSELOR, CLIENT)]
    assert len({one.digest for one in opened}) == 3
    assert [envelope.outside(file) for file in files] == ["assignment", "feedback", "submission"]
    assert reads(bundles.Token, envelope.new_token())
    assert [file.partition(b"\n")[0] for file in files] == [
        b"mend-assignment 2",
        b"mend-feedback 2",
        b"mend-submission 2",
    ]
    assert [(one.format, one.version) for one in (asked, told, sent)] == [
        ("mend.assignment", 2),
        ("mend.feedback", 2),
        ("mend.submission", 2),
    ]


def test_a_file_of_another_version_or_signature_is_refused_from_outside() -> None:
    """Without a key: by its first line, by its seal, and by the signature of an assignment."""
    file = envelope.pack(assignment(), COUNSELOR)
    for data, sentence in (
        (file.replace(b"mend-assignment 2", b"mend-assignment 3", 1), "(format 3; this one reads 2)"),
        (file[:-1] + bytes([file[-1] ^ 1]), "was changed after it was made"),
        (file[: len(b"mend-assignment 2\n") + 96], "was changed after it was made"),
        (b"mend-submission 2\nplain words", "This is a submission: a client seals it"),
    ):
        with pytest.raises(Refused) as refused:
            envelope.outside(data)
        assert sentence in str(refused.value)


def test_a_key_that_opens_nothing_leaves_one_sentence() -> None:
    """Of several keys the newest speaks; without any it is said what makes one."""
    file = envelope.pack_sealed(submission(), CLIENT, seal.recipient(COUNSELOR))
    with pytest.raises(Refused, match="was not sealed for this key, or it is damaged"):
        envelope.open_submission(file, [seal.new_identity(), seal.new_identity()])
    with pytest.raises(Refused, match="workbook keygen"):
        envelope.open_submission(file, [])


def test_what_is_too_large_is_said_before_it_is_made_and_when_it_is_read() -> None:
    """8 MB once opened, on both sides."""
    words = tuple({"answer": ID, "text": "x" * 19_000} for _ in range(450))  # 8.2 MB
    with pytest.raises(Refused) as refused:
        envelope.pack_sealed(feedback(comments=words), COUNSELOR, seal.recipient(CLIENT))
    assert str(refused.value) == "This is 9 MB; one file holds at most 8 MB. Share fewer exercises at a time."
    label, public = b"mend-feedback 2\n", bytes.fromhex(signing.signer(COUNSELOR))
    for size, sentence in (
        (8 * 2**20 + 1, "unpacks to more than 8 MB, which no real one does"),
        (8 * 2**20, "is not as Mend makes them (at “its start”)"),
    ):
        body = zlib.compress(b" " * size)
        signed = signing.sign(label + public + body, COUNSELOR) + public + body
        with pytest.raises(Refused) as refused:
            envelope.open_feedback(label + seal.seal(signed, seal.recipient(CLIENT)), CLIENT)
        assert sentence in str(refused.value)


def test_what_is_needed_is_named_where_there_are_two_kinds() -> None:
    """A file of neither kind: both endings are said."""
    said = envelope.wrong_file(b"%PDF-1.7", "assignment", "feedback")
    assert said == "This is a PDF. What is needed here ends in .assignment or .feedback. Nothing was changed."


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"xylophone", "text"),  # it begins as compressed words do
        (b" \n<HTML><body>", "page"),
        (b"a" * 999 + b"\0", "unknown"),
        (b"a" * 1000 + b"\0", "text"),  # only the beginning is looked at
        (b"a" * 996 + "🔑".encode(), "text"),
        (b"a" * 997 + "🔑".encode(), "text"),  # a letter that is cut off by the end of the beginning
        (b"a" * 995 + b"\xf0aaaa", "unknown"),
        (b"a" * 996 + b"\xf0aaa", "text"),
        (b"mend-assignment 999999999\n", "assignment"),
        (b"mend-assignment 1000000000\n", "text"),
        (zlib.compress(b"[" * 194 + b'"mend.'), "first"),
        (zlib.compress(b"[" * 195 + b'"mend.'), "unknown"),
    ],
)
def test_what_a_file_is_is_seen_at_its_beginning(data: bytes, kind: str) -> None:
    """In the first thousand bytes, whatever comes behind them."""
    assert envelope.kind_of(data) == kind


def test_where_it_is_wrong_is_told_in_our_own_names_alone() -> None:
    """The first place of several, six steps at most, and never a name that the file brought along."""
    whole = assignment().model_dump(mode="json")
    own = definition.load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")
    deep = own.model_dump(mode="json")
    deep["exercise"]["items"][0] |= {"kind": {"Heron": 1}}
    for changes, where in (
        ({"sequence": 0, "token": "x"}, "token"),
        ({"Heron": 1}, "its start"),
        ({"asks": {"tasks": [{"exercise": "space.urges", "repeats": 1}]}}, "asks.tasks.0.repeats"),
        ({"asks": {"instruments": [deep]}}, "asks.instruments.0.exercise.items.0"),
    ):
        label, public = b"mend-assignment 2\n", bytes.fromhex(signing.signer(COUNSELOR))
        body = zlib.compress(json.dumps(whole | changes).encode())
        signed = signing.sign(label + public + body, COUNSELOR) + public + body
        with pytest.raises(Refused) as refused:
            envelope.open_assignment(label + signed, definition.load())
        assert f"(at “{where}”)" in str(refused.value)
        assert "Heron" not in str(refused.value)


def test_a_file_is_known_by_its_content_however_it_was_packed() -> None:
    """Packed more or less tightly, or signed by another: the digest is the same, and it is that of a kind."""
    label, words = b"mend-feedback 2\n", feedback().model_dump_json().encode()
    digests = set()
    for by, tightly in ((COUNSELOR, 9), (COUNSELOR, 0), (CLIENT, 9)):
        public, body = bytes.fromhex(signing.signer(by)), zlib.compress(words, tightly)
        signed = signing.sign(label + public + body, by) + public + body
        digests.add(envelope.open_feedback(label + seal.seal(signed, seal.recipient(CLIENT)), CLIENT).digest)
    assert digests == {hashlib.sha256(label + words).hexdigest()}


def test_a_signature_of_a_key_that_is_none_is_none() -> None:
    """Not hex, too short, of another, of other words: no, and never an error."""
    signature = signing.sign(b"words", CLIENT)
    good = signing.signer(CLIENT)
    assert (len(signature), len(good)) == (signing.SIGNATURE, 2 * signing.PUBLIC)
    assert signing.is_by(b"words", signature, good)
    for words, signed, public in (
        (b"other", signature, good),
        (b"words", signature[:-1], good),
        (b"words", signature, signing.signer(COUNSELOR)),
        (b"words", signature, good[:-2]),
        (b"words", signature, "no hex"),
    ):
        assert not signing.is_by(words, signed, public)


def test_the_six_words_of_two_people_never_change() -> None:
    """They were written down: the same four keys give them in every version, and a language without words has ours."""
    here, there = signing.Party("11" * 32, "age1" + "q" * 58), signing.Party("22" * 32, "age1" + "p" * 58)
    assert signing.six_words(here, there) == ("crumb", "motor", "chime", "spring", "creek", "list")
    assert signing.six_words(here, there, "xx") == signing.six_words(here, there)
    assert signing.six_words(there, here) != signing.six_words(here, there)


def stored(**changes: Any) -> StoredAnswer:
    fields = {"id": "x", "item": ITEM, "exercise": "responsibility.incident", "occasion": "once", "version": 1}
    fields |= {
        "status": "answered",
        "value": ["é", 1],
        "label": "I\u202e left.",
        "prompt": "My\x1b part",
        "kind": "table",
    }
    fields |= {"fingerprint": "{}", "begun_at": AT, "answered_at": AT}
    return StoredAnswer(**fields | changes)


def test_an_answer_is_sent_as_it_is_shown_and_known_by_all_that_is_sent() -> None:
    """Its id is a digest of each field; nothing unseen goes along, and the value as JSON, letters as they are."""
    sent = bundles.shared(stored())
    assert sent.model_dump(exclude={"id"}) == {
        "item": ITEM,
        "exercise": "responsibility.incident",
        "occasion": "once",
        "kind": "table",
        "prompt": "My part",
        "label": "I left.",
        "value": '["é", 1]',
        "status": "answered",
        "fingerprint": "{}",
        "version": 1,
        "answered_at": AT,
    }
    assert (sent.id, sent.key, len(sent.id)) == (bundles.content_id(stored()), f"{ITEM}@once", 32)
    assert bundles.content_id(stored(id="y", begun=3, saved=4)) == sent.id
    changed = (
        {"version": 2},
        {"value": ["e", 1]},
        {"label": "I"},
        {"kind": "text"},
        {"answered_at": AT.replace(hour=10)},
    )
    assert len({sent.id, *(bundles.content_id(stored(**one)) for one in changed)}) == 6
    with pytest.raises(Refused, match="My part"):
        bundles.shared(stored(label="x" * 60_001))


def test_the_lists_of_a_file_end_where_they_say() -> None:
    """Comments, gate events and answers named: each has a largest number."""
    comment = {"answer": ID, "text": ""}
    event = {"gate": "G1", "change": "closed", "at": AT}
    assert len(feedback(comments=(comment,) * 10_000).comments) == 10_000
    assert len(feedback(there=(ID,) * bundles.MOST_ANSWERS).there) == bundles.MOST_ANSWERS == 20_000
    whole = submission().model_dump()
    assert len(Submission.model_validate(whole | {"gates": (event,) * 10_000}).gates) == 10_000
    places = {f"{ITEM}@2027-01-04-{number % 999 + 1}": ID for number in range(3)}
    assert Submission.model_validate(whole | {"holds": places}).holds == places
    many = {f"a.b.c{number}@once": AT for number in range(bundles.MOST_ANSWERS + 1)}
    for beyond in (
        lambda: feedback(comments=(comment,) * 10_001),
        lambda: feedback(there=(ID,) * (bundles.MOST_ANSWERS + 1)),
        lambda: Submission.model_validate(whole | {"gates": (event,) * 10_001}),
        lambda: Submission.model_validate(whole | {"holds": dict.fromkeys(many, ID)}),
        lambda: Submission.model_validate(whole | {"taken_back": many}),
    ):
        with pytest.raises(ValidationError):
            beyond()


@pytest.mark.parametrize(("depth", "what"), [(64, "is not as Mend makes them"), (65, "is nested deeper than any real")])
def test_a_file_is_refused_for_its_depth_from_one_more_than_may_be(depth: int, what: str) -> None:
    """Before it is read as JSON."""
    label, public = b"mend-feedback 2\n", bytes.fromhex(signing.signer(COUNSELOR))
    body = zlib.compress(b"[" * depth + b"]" * depth)
    signed = signing.sign(label + public + body, COUNSELOR) + public + body
    with pytest.raises(Refused, match=what):
        envelope.open_feedback(label + seal.seal(signed, seal.recipient(CLIENT)), CLIENT)
