"""Whatever comes in whatever order, a caseload holds what honest files say, and a client is told the truth of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.exchange import Exchange, Templates

if TYPE_CHECKING:
    from pathlib import Path

    from workbook.sharing.keys import Keys


@pytest.fixture(scope="module")
def templates(keyed: tuple[Path, Keys]) -> Templates:
    return Templates(keyed[1], keyed[0])


def test_the_exchange_under_copies_restores_and_a_stranger(templates: Templates) -> None:
    """A few hundred steps; `python -m tests.soak.exchange` takes ten thousand."""
    Exchange.templates = templates
    steps = settings(
        max_examples=int(os.environ.get("MEND_EXCHANGES", "8")),
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=(Phase.generate,),  # `tests.soak.exchange` makes a failure small; that can take minutes
    )
    run_state_machine_as_test(Exchange, settings=steps)
