"""A file from outside holds only what its bounds allow; anything else is one sentence, soon, and changes nothing."""

from __future__ import annotations

import json
import os
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook import definition, resources
from workbook.definition import passphrases
from workbook.definition.asks import Asks, Task, _texts, judge, workbook_of
from workbook.definition.load import load_instrument
from workbook.errors import Refused, one_name, plain
from workbook.sharing import bundles, envelope, inbox, signing
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Callable

COUNSELOR, CLIENT, STRANGER = seal.new_identity(), seal.new_identity(), seal.new_identity()
AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
OWN = load_instrument(resources.data().parent / "tests" / "cases" / "instrument-example.yaml")


def answer(**changes: Any) -> dict[str, Any]:
    """An answer as a file holds it, its id made to fit."""
    plain_one = {
        "item": "responsibility.incident.my_part", "exercise": "responsibility.incident", "occasion": "2027-01-04",
        "kind": "longtext", "prompt": "My part", "label": "I left.", "value": '"I left."', "status": "answered",
        "fingerprint": "{}", "version": 1, "answered_at": "2027-01-04T09:00:00Z",
    }  # fmt: skip
    fields = plain_one | changes
    return fields | {"id": bundles._digest(fields)}


def submission(*answers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "format": "mend.submission", "version": 2, "token": "1" * 32, "source": "2" * 32, "sequence": 1,
        "made_at": "2027-01-04T10:00:00Z", "definition": "3" * 64, "client_key": seal.recipient(CLIENT),
        "holds": {f"{one['item']}@{one['occasion']}": one["id"] for one in answers}, "answers": list(answers),
        "taken_back": {}, "gates": [],
    } | changes  # fmt: skip


def packed(
    plain_one: object, *, by: str = CLIENT, kind: str = "submission", dumps: Callable[[Any], str] = json.dumps
) -> bytes:
    """A file whose signature is right, whatever is in it."""
    label = f"mend-{kind} 2\n".encode()
    body = zlib.compress(dumps(plain_one).encode())
    public = bytes.fromhex(signing.signer(by))
    signed = signing.sign(label + public + body, by) + public + body
    return label + (signed if kind == "assignment" else seal.seal(signed, seal.recipient(COUNSELOR)))


def why(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        envelope.open_submission(data, [COUNSELOR])
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_is_right_is_opened() -> None:
    """The signature, the signer and every field arrive as they were sent."""
    opened = envelope.open_submission(packed(submission(answer())), [COUNSELOR])
    assert opened.signer == signing.signer(CLIENT)
    assert json.loads(opened.bundle.model_dump_json()) == submission(answer())


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"occasion": "2026-13-45"}, "answers.0.occasion"),
        ({"occasion": "٢٠٢٦-٠١-٠١"}, "answers.0.occasion"),
        ({"occasion": "1999-12-31"}, "answers.0.occasion"),
        ({"occasion": "2027-01-04-0"}, "answers.0.occasion"),
        ({"answered_at": "0001-01-01T00:00:00+14:00"}, "answers.0.answered_at"),
        ({"answered_at": "9999-12-31T23:59:59-12:00"}, "answers.0.answered_at"),
        ({"version": 10**30}, "answers.0.version"),
        ({"value": "NaN"}, "answers.0"),
        ({"value": "Infinity"}, "answers.0"),
        ({"value": "1e999"}, "answers.0"),
        ({"value": "1" + "0" * 30}, "answers.0"),
        ({"value": "[" * 985 + "]" * 985}, "answers.0"),
        ({"value": "[" * 50_000}, "answers.0"),
        ({"exercise": "space.urges"}, "answers.0"),
        ({"status": "blank"}, "answers.0.status"),
    ],
)  # fmt: skip
def test_a_value_out_of_bounds_is_refused(changes: dict[str, Any], where: str) -> None:
    """Numbers that are none, days that are none, other digits, depth: told by place, never by its words."""
    assert why(packed(submission(answer(**changes), holds={}))).startswith(
        f"This submission is not as Mend makes them (at “{where}"
    )


@pytest.mark.parametrize(
    "changed",
    [
        submission(answer(), made_at="9999-12-31T23:59:59-12:00"),
        submission(answer(), sequence=0),
        submission(answer(), sequence=10**12),
        submission(answer(), token="../../etc"),
        submission(answer(), taken_back={"responsibility.incident.my_part@2027-01-04": "2027-01-04T10:00:00Z"}),
        submission(answer(), taken_back={"responsibility.incident.my_part@2027-02-30": "2027-01-04T10:00:00Z"}),
        submission(answer(), holds={}),
        submission(answer(), gates=[{"gate": "../x", "change": "closed", "at": "2027-01-04T10:00:00Z"}]),
        submission(answer()) | {"answers": [answer(), answer()]},
        submission(answer() | {"id": "0" * 32}),
        submission(answer() | {"label": "Something else"}),
        submission(answer(), extra=1),
        {"answers": "x"},
        [],
        None,
    ],
)
def test_what_does_not_fit_together_is_refused(changed: object) -> None:
    """Each bound is there: dropping one of them fails here."""
    assert why(packed(changed)).startswith("This submission is not as Mend makes them")


def test_four_thousand_answers_at_one_place_are_refused_soon() -> None:
    """One file brings at most one answer to a place, and says so before anything is worked out."""
    many = [answer(version=number) for number in range(1, 4001)]
    began = time.process_time()
    why(packed(submission(*many)))
    assert time.process_time() - began < 5


def test_nesting_is_judged_before_it_is_read() -> None:
    """A file of brackets, or of quotes that never end, costs time in proportion to its length."""
    deep, other = "is nested deeper than any real one", "is not as Mend makes them"
    for text, sentence in (("[" * 500_000, deep), ('"' + '\\"' * 500_000, other), ('{"a":' * 200_000, deep)):
        began = time.process_time()
        bundles.depth(text)
        assert sentence in why(packed(None, dumps=lambda _, text=text: text))
        assert time.process_time() - began < 5


# --- who speaks ---


def test_a_changed_file_is_refused() -> None:
    """The signature covers all of it: who signed, what it is, and every byte."""
    good = packed({}, kind="assignment", by=COUNSELOR)
    start = len(b"mend-assignment 2\n")
    swapped = good[: start + 64] + bytes.fromhex(signing.signer(STRANGER)) + good[start + 96 :]
    for data in (swapped, good[:-1], good + b"\0", good[:start] + bytes(64) + good[start + 64 :]):
        with pytest.raises(Refused, match="changed after it was made, or it is damaged"):
            envelope.open_assignment(data, definition.load())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda body: body + b"\0", "cut short or damaged"),
        (lambda body: body + body, "cut short or damaged"),
        (lambda body: body[:-4], "cut short or damaged"),
        (lambda body: b"x" + body, "not from Mend, or it is damaged"),
        (lambda _: b"", "changed after it was made"),
    ],
)
def test_what_was_signed_is_whole_and_nothing_more(change: Callable[[bytes], bytes], what: str) -> None:
    """A right signature is no reason to read what was cut, or has bytes behind it that nobody would look at."""
    body = change(zlib.compress(json.dumps(submission(answer())).encode()))
    label, public = b"mend-submission 2\n", bytes.fromhex(signing.signer(CLIENT))
    signed = signing.sign(label + public + body, CLIENT) + public + body
    assert what in why(label + seal.seal(signed, seal.recipient(COUNSELOR)))


def test_a_signature_for_one_kind_is_none_for_another() -> None:
    """A signed assignment cannot be passed off as a submission."""
    assignment = packed(submission(answer()), kind="assignment")
    inside = assignment.removeprefix(b"mend-assignment 2\n")
    assert "changed after it was made" in why(b"mend-submission 2\n" + seal.seal(inside, seal.recipient(COUNSELOR)))


def test_the_six_words_are_the_same_on_both_sides_and_for_nobody_else() -> None:
    """They come from all four public keys; one other key gives other words."""
    here, there = signing.party(COUNSELOR), signing.party(CLIENT)
    words = signing.six_words(here, there)
    assert len(words) == 6
    assert words == signing.six_words(signing.party(COUNSELOR), signing.party(CLIENT))
    other = signing.party(STRANGER)
    for pair in (
        (other, there),
        (here, other),
        (here._replace(opens=other.opens), there),
        (here, there._replace(signs=other.signs)),
    ):
        assert signing.six_words(*pair) != words


def test_the_words_are_short_plain_and_all_different() -> None:
    """1024 words of three to ten letters, sorted, one a line."""
    words = signing.word_list()
    assert len(set(words)) == 1024
    assert list(words) == sorted(words)
    assert all(word.isascii() and word.isalpha() and word.islower() and 3 <= len(word) <= 10 for word in words)


# --- a wrong file is named ---


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty: it was cut off while it was copied or sent."),
        (b"PK\x03\x04rest", "This is a packed folder. Unpack it first."),
        (b"%PDF-1.7", "This is a PDF."),
        (b"\x89PNG\r\n", "This is a picture."),
        (b"\x00\x05\x16\x07\x00\x02", "This is a file that a Mac makes beside others; nothing of yours is in it."),
        (b"<!doctype html><title>Recovery sheet", "This is a web page: a report, a recovery sheet or the like."),
        (b"SQLite format 3\x00", "This is a file of a journal or a backup, not something to hand over."),
        (b"instrument: calm\n", "This is a text."),
        (bytes(range(256)), "This is not a file that Mend makes, or it is damaged."),
        (
            b"mend-assignment 2\nx",
            "This is an assignment: a counselor makes it for a client, who opens it in their journal.",
        ),
        (b"mend-feedback 2\nx", "This is feedback: a counselor seals it for a client, who opens it in their journal."),
        (
            b"age-encryption.org/v1\n-> X25519",
            "This is a sealed file of another program, or of the first version of Mend.",
        ),
        (
            zlib.compress(b'{"format":"mend.submission","version":1}'),
            "This file was made by the first version of Mend, whose files are no longer read.",
        ),
    ],
)
def test_a_wrong_file_is_named_for_what_it_is(data: bytes, sentence: str) -> None:
    """By its first bytes, whatever its name; and then what is needed."""
    assert why(data).startswith(sentence)
    assert why(data).endswith("Nothing was changed.")


def test_another_version_is_said() -> None:
    """A file of a later format asks for a newer Mend."""
    assert "was made by another version of Mend (format 3; this one reads 2)" in why(b"mend-submission 3\nx")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"mend-submission 2\n", b"mend-assignment 2\n", b"mend-feedback 2\n"]),
)
def test_no_bytes_break_the_reading(data: bytes, label: bytes) -> None:
    """Any bytes at all are refused with one sentence. (`tests/soak/submissions.py` tries 100,000.)"""
    for read in (
        lambda it: envelope.open_assignment(it, definition.load()),
        lambda it: envelope.open_submission(it, [COUNSELOR]),
        lambda it: envelope.open_feedback(it, CLIENT),
    ):
        with pytest.raises(Refused) as refused:
            read(label + data)
        assert "\n" not in str(refused.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_what_is_no_file_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    """A link in a folder leads nowhere; a pipe and a device give a sentence at once; what is too large stays unread."""
    post, secret = tmp_path / "post", tmp_path / "secret"
    post.mkdir()
    secret.write_bytes(b"x")
    (post / "a.submission").write_bytes(b"a")
    (post / "link.submission").symlink_to(secret)
    (post / "folder").symlink_to(tmp_path)
    os.mkfifo(post / "pipe.submission")
    with (post / "large.submission").open("wb") as large:
        large.truncate(seal.LARGEST + 1)
    assert [one.name for one in inbox.found([post]).files] == ["a.submission", "large.submission", "pipe.submission"]
    for file, sentence in (
        (post / "pipe.submission", "pipe.submission is not a file. Nothing was changed."),
        (Path(os.devnull), "null is not a file. Nothing was changed."),
        (post / "large.submission", "large.submission is larger than any sealed file can be. It was not opened."),
    ):
        with pytest.raises(Refused) as refused:
            inbox.read(file)
        assert str(refused.value) == sentence
    with pytest.raises(Refused, match="There is no file"):
        inbox.found([post / "none"])


def test_of_a_folder_the_first_twenty_thousand_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder, however full, keeps a counselor waiting for ever; how many are left is said; what is named is read."""
    named = tmp_path / "z.submission"
    named.touch()
    names = [f"{number:05}.submission" for number in range(20_001)]
    monkeypatch.setattr(os, "walk", lambda path: [(path, [], names[::-1])])
    found = inbox.found([tmp_path, named])
    assert found.files == [*(tmp_path / name for name in names[:20_000]), named]
    assert found.more == [
        f"{tmp_path} holds more than Mend looks at in one go (20,000). Not looked at: 1. Move the files away that were "
        "taken in, and receive the folder again."
    ]


# --- additions ---


def asks(**changes: Any) -> Asks:
    return Asks(tasks=(Task(exercise=OWN.exercise.id),), instruments=(OWN,)).model_copy(update=changes)


def with_prompt(prompt: str) -> Asks:
    first, *rest = OWN.exercise.items
    items = (first.model_copy(update={"prompt": prompt}), *rest)
    return asks(instruments=(OWN.model_copy(update={"exercise": OWN.exercise.model_copy(update={"items": items})}),))


def test_an_addition_says_who_wrote_it_and_is_closed_with_contact() -> None:
    """Unless all its tags are harmless; its tags are never taken for less than they say."""
    workbook = workbook_of(definition.load(), asks(), "Dr. *Example*")
    added = workbook.exercise(OWN.exercise.id)
    assert added.intro == "*Written by Dr\\. \\*Example\\*, not part of Mend\\.*"
    assert added.tags == ("contact",)
    assert workbook.chapter("instruments").lede == "Written by Dr. *Example*, not part of Mend."
    for tags, kept in ((("wellbeing",), ("wellbeing",)), (("calming", "draft"), ("calming", "draft", "contact"))):
        tagged = OWN.model_copy(update={"exercise": OWN.exercise.model_copy(update={"tags": tags})})
        assert workbook_of(definition.load(), asks(instruments=(tagged,)), "X").exercise(OWN.exercise.id).tags == kept


def test_what_is_asked_changes_nothing_of_what_is_installed() -> None:
    """Gates, scales, exercises, tags, share levels and panels are the installation's; only how often may differ."""
    installed = definition.load()
    tasks = (Task(exercise="space.urges", repeats="daily"), Task(exercise="start.safety", repeats="daily"))
    workbook = workbook_of(installed, asks(tasks=tasks), "X")
    assert workbook.gates == installed.gates
    for exercise in installed.exercises:
        often = "daily" if exercise.id == "space.urges" else exercise.repeats
        assert workbook.exercise(exercise.id) == exercise.model_copy(update={"repeats": often})
    assert [one.shows for one in workbook.chapters if one.id != "instruments"] == [
        one.shows for one in installed.chapters
    ]


def test_the_safety_questions_are_those_that_the_rules_are_about() -> None:
    """How often they are asked is never a counselor's to say."""
    installed = definition.load()
    often = asks(tasks=tuple(Task(exercise=id, repeats="daily") for id in (*installed.measures.forms, "space.urges")))
    workbook = workbook_of(installed, often, "Dr. Kim")
    changed = {one.id for one in installed.exercises if workbook.exercise(one.id).repeats != one.repeats}
    assert (installed.measures.forms, changed) == (("start.privacy", "start.now", "start.safety"), {"space.urges"})


@pytest.mark.parametrize(
    "prompt",
    [
        *("Type your passphrase", "Your pass-word?", "Pass\u200bphrase", "ＰＡＳＳＷＯＲＤ"),  # full width
        *(
            "Ihr Passwort",
            "Dites votre mot de passe",
            "你的密码",
            "Введите пароль",
            "كلمة السر",
            "비밀번호",
            "lösenord",
        ),
        *("Your p\u0430ssw\u043erd", "\u03a1\u0391SSWORD", "ᴘᴀssᴡᴏʀᴅ", "passw0rd", "pa\u0301ssword"),  # look alike
        *(
            "pass**word**",
            "pass&#119;ord",
            "p&amp;#97;ssword",
            "p\\assword",
            "[pass](20-x.ipynb)word",
        ),  # as it is shown
        *("P a s s w o r d", "p.a.s.s.w.o.r.d", "pass\nword", "p-a-s-s-p-h-r-a-s-e", "p.a.s.s.c.o.d.e"),
        *("Your pass\u2010word", "Your pass\u2011word", "Your pass\u2013word", "pass\u2014word", "pass - word"),
        *("pass.word", "pass/word", "pass:word", "pass|word", "pass_word", "pass🔑word", "Ihr Pass-Wort"),
        *("passw ord", "pas sword", "pa ss wo rd", "your pass: words", "typeyourpassword"),
        *("pass\ufe0fword", "pa\ufe0fssword"),  # a sign that only chooses how the one before it looks
        *("Your P.I.N.", "Your p i n", "Your P-I-N", "your PINs", "Type a pin", "pin-code", "PIN"),
        *("What is the PIN of your phone?", "Enter your pin to go on", "Your four-digit pin", "Give me the pin"),
        *("Secret code:", "What is the secret key of your journal?", "Type the secret phrase", "Your secret code"),
        *("Your recovery\u2011key", "The unlock code"),
        *("Escribe tu clave", "Tus claves", "¿Cuál es la clave del diario?"),
        *("كلمة المرور", "كلمة سرك", "كلمات السر", "كلمـة السر", "كَلِمَة السِّر"),
    ],
)
def test_an_addition_may_not_ask_for_a_passphrase(prompt: str) -> None:
    """In several languages, and also when it is written so that a search would miss it."""
    with pytest.raises(Refused, match="No exercise may: a counselor never needs it"):
        judge(with_prompt(prompt), definition.load())


@pytest.mark.parametrize(
    "prompt",
    [
        "I let the urge pass. Words came later.",
        "Una parola gentile?",
        "What passed between us, in plain words?",
        "5 a 0 b",
        *(
            "He let it pass. Words came later.",
            "He let it pass: words came.",
            "Did the urge pass? Code it from 0 to 4.",
        ),
        *("Let the moment pass – words can wait.", "Let the moment pass—words can wait.", "Let it pass, word by word."),
        *(
            "Let the urge pass (words can come later).",
            "Time passes wordlessly.",
            "Let it pass wordlessly.",
            "A passport",
        ),
        *("What does love encompass? Words are enough.", "What do encompass words tell you?", "Your grandpa's sword"),
        *("Did you trespass? Key moments first.", "Pa's sword", "Talk about your recovery. Key moments first."),
        *("What can you pin down about that evening?", "Who did you pin it on?", "PIN IT DOWN: what hurt?"),
        *("Could you hear a pin drop?", "Did you feel pins and needles?", "Your pins and needles", "Your spin on it"),
        *("Did you pin your hopes on them?", "Put a pin in it until tomorrow.", "Where do you keep your safety pins?"),
        *("Did you two have a secret code?", "Was there a secret phrase between you two?", "A secret code/phrase"),
        *("Your secret code with each other", "What is the secret key to a good evening?", "Was it a key moment?"),
        *(
            "¿Cuál fue el momento clave?",
            "Los momentos clave",
            "Una persona clave",
            "La palabra clave",
            "El punto clave",
        ),
        *("La clave del éxito", "كلمة السرور", "كلم اسرتك", "كلمة سريعة"),
    ],
)
def test_an_addition_may_speak_of_other_things(prompt: str) -> None:
    """Letters that also stand in such a word are none."""
    judge(with_prompt(prompt), definition.load())


def test_no_question_that_comes_with_mend_asks_for_a_passphrase() -> None:
    """A counselor may ask it in the same words; only notes and the help beside one warn of a shared password."""
    asked = [item for item in definition.load().items if item.kind != "note"]
    items = [item.model_dump(mode="json", exclude={"help"}) for item in asked]
    texts = [text for item in (*items, OWN.model_dump(mode="json")) for text in _texts(item)]
    assert len(texts) > 1_000
    assert [text for text in texts if passphrases.asks_for_one(text)] == []


def test_an_instruction_may_not_ask_for_a_passphrase() -> None:
    """The counselor's words to an exercise are words on the page too."""
    with pytest.raises(Refused, match="asks for a password or a passphrase"):
        judge(asks(tasks=(Task(exercise="space.urges", instruction="Write your password here."),)), definition.load())


def test_what_is_asked_shows_nothing_unseen_and_its_titles_are_one_line() -> None:
    """A title cannot begin a line of ours, and neither direction nor colour of what stands around it changes."""
    bad = "\x1b[31mCalm\u202e\u200b\x07\nMend says: safe"
    words, line = "[31mCalm\nMend says: safe", "[31mCalm Mend says: safe"
    said = OWN.model_dump(mode="json") | {"title": bad, "source": bad, "licence": bad}
    said["exercise"] |= {"title": bad, "intro": bad}
    said["exercise"]["items"][0] |= {"prompt": bad, "help": bad}
    asked = Asks.model_validate({"tasks": [{"exercise": OWN.exercise.id, "instruction": bad}], "instruments": [said]})
    [task], [one] = asked.tasks, asked.instruments
    assert (one.title, one.source, one.licence, one.exercise.title) == (line, line, line, line)
    assert [one.exercise.intro, one.exercise.items[0].prompt, one.exercise.items[0].help] == [words] * 3
    assert task.instruction == words
    assert Asks.model_validate(asked.model_dump(mode="json")) == asked
    assert Asks(instruments=(OWN,)).instruments == (OWN,)


def test_additions_are_bounded() -> None:
    """In number and size, and judged soon: nothing unknown is searched for among all that is known."""
    items = tuple(
        OWN.exercise.items[0].model_copy(update={"id": f"instruments.calm.i{number}"}) for number in range(400)
    )
    many = OWN.model_copy(update={"exercise": OWN.exercise.model_copy(update={"items": items})})
    with pytest.raises(Refused, match="adds 400 questions; at most 300"):
        judge(asks(instruments=(many,)), definition.load())
    long = with_prompt("x" * 400_000)
    with pytest.raises(Refused, match="is too long: at most 300,000 characters"):
        judge(long, definition.load())
    foreign = OWN.model_copy(update={"scales": (OWN.scales[0].model_copy(update={"items": ("no.such.item",) * 3000}),)})
    began = time.process_time()
    with pytest.raises(Refused, match=r"speaks of “no\.such\.item”, which is not one of its questions"):
        judge(asks(instruments=(foreign,)), definition.load())
    assert time.process_time() - began < 2


def test_one_questionnaire_of_an_id_is_added() -> None:
    """Another of the same id is named, also where neither has a scale; and so is one with a scale that there is."""
    installed = definition.load()
    plainly = OWN.model_copy(update={"scales": ()})
    judge(asks(instruments=(plainly,)), installed)
    theirs = tuple(one.model_copy(update={"id": installed.scales[0].id}) for one in OWN.scales[:1])
    for before, scales in ((plainly,), ()), ((), theirs):
        other = OWN.model_copy(update={"title": "Another", "scales": scales})
        with pytest.raises(Refused, match=r"“Another”.* it has the id of something else"):
            judge(asks(instruments=(*before, other)), installed)


# --- names ---


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("A\u202eB", "AB"),
        ("\x1b[31mred\x07", "[31mred"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("a\u2028b", "ab"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("a\u200db", "ab"),
        ("می\u200cروم", "می\u200cروم"),
        ("\ud800x", "x"),
    ],
)
def test_nothing_unseen_acts_where_it_is_shown(said: str, shown: str) -> None:
    """Escapes, marks of direction and half characters go; what joins letters that need it stays."""
    assert plain(said) == shown


@pytest.mark.parametrize("name", ["Zoë", "Zoe\u0308", " Zoë ", "Zo\u200bë", "Zoë\u00a0", "\ufeffZoë", "Ｚoë"])
def test_one_name_is_one_name(name: str) -> None:
    """However a keyboard, a page or a file wrote it."""
    assert one_name(name) == "Zoë"
