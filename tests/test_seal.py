"""A sealed file opens only for its recipient, whole and unchanged."""

from __future__ import annotations

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import cheap_age
from workbook.errors import SealError
from workbook.storage import seal

WORDS = "My part was: I left the room. 走了".encode()
REFUSED = (
    "This file was not sealed for this key, or it is damaged. "
    "Ask the sender to make it again, and check that it comes from the right person."
)
OWN, OTHER = seal.new_identity(), seal.new_identity()
SEALED = seal.seal(WORDS, seal.recipient(OWN))


def refusal(sealed: bytes, identity: str = OWN) -> str:
    with pytest.raises(SealError) as refused:
        seal.unseal(sealed, identity)
    return str(refused.value)


def test_the_recipient_reads_what_was_sealed() -> None:
    """What goes in for a recipient comes out for them."""
    assert seal.unseal(SEALED, OWN) == WORDS
    assert WORDS not in SEALED


def test_another_key_is_refused() -> None:
    """Another counselor's key opens nothing, and the sentence says what to do."""
    assert refusal(SEALED, OTHER) == REFUSED


def test_a_truncation_at_every_length_is_refused() -> None:
    """A file cut short anywhere is refused whole, never read in part."""
    assert {refusal(SEALED[:length]) for length in range(len(SEALED))} == {REFUSED}


def test_one_flipped_bit_anywhere_is_refused() -> None:
    """One changed bit anywhere is noticed."""
    for place in range(len(SEALED)):
        for bit in range(8):
            changed = bytearray(SEALED)
            changed[place] ^= 1 << bit
            assert refusal(bytes(changed)) == REFUSED, (place, bit)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: SEALED[:200] + tail))
def test_no_bytes_break_it(sealed: bytes) -> None:
    """Whatever the bytes are, they are opened or refused with our sentence."""
    assert refusal(sealed) == REFUSED


def test_a_file_too_large_is_not_opened() -> None:
    """A huge file is refused by its size, before anything is read."""
    huge = bytes(seal.LARGEST + 1)
    assert refusal(huge) == (
        "This file is 64 MB; a sealed file has at most 64 MB. It was not opened. Check that it is the right file."
    )


@pytest.mark.parametrize("identity", ["", "AGE-SECRET-KEY-1", "age1abc", "\0", "AGE-SECRET-KEY-" + "Q" * 5000])
def test_what_is_not_a_key_is_said_to_be_none(identity: str) -> None:
    """A mistyped key gets a sentence that says what a key looks like."""
    with pytest.raises(SealError, match="This is not a key made by `workbook keygen`"):
        seal.recipient(identity)
    with pytest.raises(SealError, match="This is not a public key"):
        seal.seal(WORDS, identity)


@pytest.mark.usefixtures("at_full_price")
def test_a_passphrase_opens_only_what_it_sealed() -> None:
    """A counselor's key at rest needs its own passphrase; however busy the machine, guessing at it costs."""
    kept = seal.seal_with_passphrase(OWN.encode(), "four calm grey herons")
    assert 16 <= seal.LEAST_WORK <= seal.work(kept) <= seal.MOST_WORK
    assert seal.unseal_with_passphrase(kept, "four calm grey herons") == OWN.encode()
    with pytest.raises(SealError, match="The passphrase is not right"):
        seal.unseal_with_passphrase(kept, "four calm grey heron")


# --- the work of a passphrase: age itself is slow on purpose, so here its place is taken by what only counts ---


def scrypt(work: int) -> bytes:
    """How a file begins that asks for so much work."""
    return f"age-encryption.org/v1\n-> scrypt bm90IHNvIHNhbHR5 {work}\nrest".encode()


class Age:
    """Answers what it is given, one after the other, and counts how often it was asked."""

    def __init__(self, *answers: bytes | BaseException) -> None:
        self.answers, self.asked = list(answers), 0

    def encrypt(self, plain: bytes, passphrase: str) -> bytes:
        assert (plain, passphrase) == (b"words", "herons")
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def decrypt(self, sealed: bytes, passphrase: str) -> bytes:
        return self.encrypt(b"words", passphrase)


@pytest.mark.parametrize(("work", "asked"), [(22, 1), (23, 0), (99, 0)])
def test_a_file_that_asks_for_too_much_work_never_comes_to_age(
    work: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hold the machine for minutes before it says no: the bound is ours, and judged first."""
    monkeypatch.setattr(pyrage, "passphrase", age := Age(pyrage.DecryptError("Decryption failed")))
    with pytest.raises(SealError, match="The passphrase is not right, or the file is damaged"):
        seal.unseal_with_passphrase(scrypt(work), "herons")
    assert age.asked == asked


@pytest.mark.parametrize(
    ("answers", "asked", "opens"),
    [
        ([pyrage.DecryptError("Decryption failed"), b"plain"], 1, False),
        ([ValueError("no age file"), b"plain"], 1, False),
        ([pyrage.DecryptError("Excessive work parameter")] * 19 + [b"plain"], 20, True),
        ([pyrage.DecryptError("Excessive work parameter")] * 20 + [b"plain"], 20, False),
    ],
    ids=["wrong", "none", "busy", "always busy"],
)
def test_a_busy_moment_is_no_wrong_passphrase(
    answers: list[bytes | BaseException], asked: int, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """age takes it for a slow machine, and is asked again, twenty times in all; anything else is said at once."""
    monkeypatch.setattr(pyrage, "passphrase", age := Age(*answers))
    if opens:
        assert seal.unseal_with_passphrase(scrypt(18), "herons") == b"plain"
    else:
        with pytest.raises(SealError, match="The passphrase is not right"):
            seal.unseal_with_passphrase(scrypt(18), "herons")
    assert age.asked == asked


@pytest.mark.usefixtures("at_full_price")
@pytest.mark.parametrize(
    ("works", "asked", "kept"), [([16], 1, 16), ([22], 1, 22), ([9, 15, 16, 22], 3, 16), ([15], 20, 15)]
)
def test_a_seal_that_would_be_cheap_to_guess_is_made_again(
    works: list[int], asked: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it asks for enough work; after twenty times the machine is as slow as that."""
    monkeypatch.setattr(pyrage, "passphrase", age := Age(*map(scrypt, works)))
    assert seal.work(seal.seal_with_passphrase(b"words", "herons")) == kept
    assert age.asked == asked


def test_the_largest_file_is_opened_and_one_byte_more_is_not() -> None:
    """Under a key and under a passphrase."""
    huge = bytes(64 * 2**20)
    assert refusal(huge) == REFUSED
    with pytest.raises(SealError, match="The passphrase is not right"):
        seal.unseal_with_passphrase(huge, "herons")
    with pytest.raises(SealError, match="a sealed file has at most 64 MB"):
        seal.unseal_with_passphrase(huge + b"\0", "herons")
    assert seal.work(huge) == seal.work(scrypt(7)[1:]) == 0


@pytest.mark.parametrize("stops", [KeyboardInterrupt, SystemExit, MemoryError])
def test_who_stops_the_program_is_not_told_of_a_key(stops: type[BaseException]) -> None:
    """Only what age says of its input becomes a sentence."""

    def stop() -> None:
        raise stops

    with pytest.raises(stops):
        seal._guarded(stop, "no_key")


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_what_the_tests_seal_is_what_age_seals(size: int) -> None:
    """The cheap seals that all other tests use are opened by age itself, and by their own passphrase alone."""
    plain = bytes(range(256)) * (size // 256 + 1)
    sealed = cheap_age.seal(plain[:size], "four calm grey herons")
    assert (seal.work(sealed), seal.work(seal.seal_with_passphrase(b"", "four"))) == (cheap_age.WORK, cheap_age.WORK)
    assert seal.unseal_with_passphrase(sealed, "four calm grey herons") == plain[:size]
    with pytest.raises(SealError, match="The passphrase is not right"):
        seal.unseal_with_passphrase(sealed, "four calm grey heron")
