"""A record is read as what it was written as, or it is a sentence: never half, and never with what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clock import Clock
from workbook.errors import Damaged
from workbook.journal import Journal
from workbook.storage.records import KINDS, Records, Region, Secret
from workbook.storage.store import Store


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    with Store(tmp_path / "answers.sqlite", now=clock) as store:
        yield store


def test_a_record_comes_back_as_it_was_put(store: Store) -> None:
    """Each is found by its key, the newest version counts, and a removed one is gone."""
    regions = Records(store, "setting", Region)
    assert (regions.get("region"), regions.all()) == (None, {})
    regions.put("region", Region(region="uk"))
    regions.put("region", Region(region="au"))
    Records(store, "setting", Region, client="someone else").put("region", Region(region="us"))
    assert regions.get("region") == Region(region="au")
    assert regions.all() == {"region": Region(region="au")}
    regions.remove("region")
    assert (regions.get("region"), regions.all()) == (None, {})


@pytest.mark.parametrize("payload", [{}, {"secret": None}, {"secret": ["canary"]}, {"secret": "x", "canary": 1}])
def test_a_damaged_record_is_a_sentence(store: Store, payload: dict[str, object]) -> None:
    """What does not fit is said, without a word of what was there."""
    store.record("key", "client", payload)
    for read in (lambda: Records(store, "key", Secret).get("client"), Records(store, "key", Secret).all):
        with pytest.raises(Damaged) as said:
            read()
        assert str(said.value) == (
            "What is kept as “key” beside the answers is damaged. Nothing was changed. A backup may hold it whole: "
            "workbook restore"
        )


def test_a_journal_keeps_its_own_records_by_their_models(tmp_path: Path, clock: Clock) -> None:
    """Keys, region and private marks: every record a journal writes by itself fits the model of its kind."""
    with Journal.create(tmp_path / "Mend", now=clock) as journal:
        journal.region = "uk"
        journal.save("start.privacy.alias", "A.")
        assert (journal.key, journal.page_key, journal.region) == (journal.key, journal.page_key, "uk")
        found = {kind: Records(journal.store, kind, model).all() for kind, model in KINDS.items()}
    assert {kind: len(one) > 0 for kind, one in found.items()} == {"key": True, "setting": True, "private": True}
