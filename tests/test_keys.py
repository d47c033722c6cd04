"""A caseload's keys: the newest signs, the oldest says whose the rows are, and nobody else reads the folder."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.caseload_sample import PASSPHRASE
from tests.clock import Clock
from workbook.errors import JournalError, Refused, SealError
from workbook.sharing import caseload, keys, signing
from workbook.storage import seal, sheet

FIRST, SECOND = (f"AGE-SECRET-KEY-1{letter * 58}" for letter in "QP")


def test_whose_rows_they_are_is_the_same_after_each_new_key_and_in_each_version() -> None:
    """On a server a caseload's rows are found by it: a digest of the first secret key."""
    for identities in ((FIRST,), (SECOND, FIRST), (SECOND, SECOND, FIRST)):
        assert keys.Keys(identities, "").owner == "446f71372e7abbb0f4009d41eeae52db"
    assert keys.Keys((SECOND,), "").owner != "446f71372e7abbb0f4009d41eeae52db"


def test_no_key_stands_in_what_is_printed_of_it() -> None:
    """A repr may end in a log."""
    assert repr(keys.Keys((FIRST,), "ab" * 32)) == "Keys()"


def test_a_caseload_is_made_for_its_owner_alone_and_once(tmp_path: Path, clock: Clock) -> None:
    """In folders that are made on the way, or in one that is there and was open to others."""
    for home in (tmp_path / "far" / "off", tmp_path / "there"):
        if home.name == "there":
            home.mkdir(mode=0o755)
        assert keys.keygen(home, PASSPHRASE, counselor=" Dr.\u202e  Kim ", now=clock) == home
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert keys.counselor(home) == "Dr. Kim"
        kept = json.loads((home / "caseload.json").read_text())
        assert kept == {"format": 1, "counselor": "Dr. Kim", "created": clock().isoformat()}
        held = keys.unlock(home, PASSPHRASE)
        assert (len(held.identities), len(bytes.fromhex(held.store))) == (1, 32)
        with pytest.raises(JournalError, match="already holds a caseload"):
            keys.keygen(home, PASSPHRASE)
        assert keys.unlock(home, PASSPHRASE) == held
    assert keys.counselor(keys.keygen(tmp_path / "nameless", PASSPHRASE)) == "Your counselor"


def test_the_newest_key_is_what_clients_seal_to(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """A new one goes before the others, which go on opening; what is returned is its public half."""
    public = keys.rotate(home, PASSPHRASE)
    held = keys.unlock(home, PASSPHRASE)
    assert (held.identities[1:], held.store) == (keyed[1].identities, keyed[1].store)
    assert public == seal.recipient(held.identities[0])
    assert held.party == signing.party(held.identities[0])
    assert held.party != keyed[1].party


def test_letters_that_look_the_same_are_the_same_passphrase(home: Path) -> None:
    """Also one that an earlier version kept as it was typed; a wrong one is wrong however it is typed."""
    keys.change_passphrase(home, PASSPHRASE, "cafe\u0301 six loud parrots")
    held = keys.unlock(home, "caf\u00e9 six loud parrots")
    plain = json.dumps({"identities": held.identities, "store": held.store}).encode()
    (home / "keys.age").write_bytes(seal.seal_with_passphrase(plain, "cafe\u0301 six loud parrots"))
    assert keys.unlock(home, "cafe\u0301 six loud parrots") == held
    for wrong in ("caf\u00e9 six loud parrots", "cafe\u0301 six loud carrots", "six loud carrots"):
        with pytest.raises(SealError):
            keys.unlock(home, wrong)


def test_a_caseload_that_lost_a_part_says_which(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """What it is called by, or its keys: missing or nonsense, each is one sentence, and put back it opens."""
    about, kept = home / "caseload.json", home / "keys.age"
    before = about.read_bytes()
    for nonsense in ("", "{", "[]", "{}", '"x"', "[" * 100_000):
        about.write_text(nonsense)
        for use in (lambda: caseload.open_caseload(home, keyed[1]), lambda: keys.recovery_sheet(home, keyed[1])):
            with pytest.raises(JournalError) as said:
                use()
            assert str(said.value) == (
                f"{about} cannot be read, and the caseload needs it. Nothing was changed. Give yourself the right to "
                "read it, or put it back from a copy."
            )
    about.unlink()
    about.mkdir()
    with pytest.raises(JournalError, match="the caseload needs it"):
        keys.counselor(home)
    about.rmdir()
    about.write_bytes(before)
    held = kept.read_bytes()
    kept.unlink()
    with pytest.raises(JournalError) as said:
        keys.unlock(home, PASSPHRASE)
    assert str(said.value) == (
        f"{kept} cannot be read, and the caseload opens with nothing else. Nothing was changed. Give yourself the "
        "right to read it, or put it back from a copy. The recovery sheet makes it anew: workbook keygen --home "
        f"{home} --recover sheet.txt"
    )
    kept.write_bytes(held)
    with caseload.open_caseload(home, PASSPHRASE) as opened:
        assert opened.counselor == "Dr. Example"


def test_of_the_lines_of_a_sheet_the_one_that_opens_the_store_is_taken(
    home: Path, keyed: tuple[Path, keys.Keys]
) -> None:
    """Whatever else stands on the paper; where none opens it, the sheet is another's and nothing changes."""
    caseload.open_caseload(home, keyed[1]).close()
    identity, store = keyed[1].identities[0], keyed[1].store
    assert keys.recover(home, f"{identity}\n{'ab' * 32}\n{store}", "six loud green parrots") == 1
    assert keys.unlock(home, "six loud green parrots") == keyed[1]
    with pytest.raises(Refused, match="does not open the caseload"):
        keys.recover(home, f"{identity}\n{'ab' * 32}", PASSPHRASE)
    assert keys.unlock(home, "six loud green parrots") == keyed[1]


def test_a_sheet_without_a_part_says_which(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """Without a key, with one that is not whole beside a good one, without the line of the store: nothing changes."""
    identity, store = keyed[1].identities[0], keyed[1].store
    before = (home / "keys.age").read_bytes()
    for said, lacks in (
        (store, "it needs a line that starts with AGE-SECRET-KEY-1."),
        (f"{identity}\n{identity[:-9]}\n{store}", "a key that starts with AGE-SECRET-KEY-1 has a letter missing"),
        (identity, "it needs a line of 64 digits and letters from a to f"),
    ):
        with pytest.raises(Refused, match=lacks):
            keys.recover(home, said, "six loud green parrots")
    assert (home / "keys.age").read_bytes() == before
    assert sheet.read(f"{identity} {store}") == ((identity,), (store,), 0)


def test_a_sheet_brings_back_the_keys_where_there_is_no_store(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """A practice with a server has none in the folder; keys that were lost are made anew."""
    (home / "caseload.sqlite").unlink(missing_ok=True)
    (home / "keys.age").unlink()
    page = keys.recovery_sheet(home, keyed[1])
    assert keys.recover(home, page, "six loud green parrots") == 1
    assert keys.unlock(home, "six loud green parrots") == keyed[1]
    with pytest.raises(JournalError, match="holds no caseload"):
        keys.recover(home / "none", page, "six loud green parrots")
