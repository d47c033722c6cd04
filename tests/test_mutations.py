"""Whatever a definition, an answer or a database was turned into, a person gets a sentence, and soon."""

from __future__ import annotations

from tests.soak import mutations


def test_nothing_damaged_gives_a_traceback() -> None:
    """Some hundred cases of each kind. (`python -m tests.soak.mutations` tries 100,000.)"""
    assert mutations.run(cases=600, seed=7, patience=20).surprises == []
