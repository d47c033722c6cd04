"""The list of checks that are taken out one by one is a list of what stands in the code."""

from __future__ import annotations

import ast
import os

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="what tries them forks")


def test_each_check_stands_once_in_the_code_and_can_be_taken_out() -> None:
    """(`python -m tests.soak.checks` takes them out, and sees whether a test notices.)"""
    from tests.soak import checks

    for check in checks.CHECKS:
        ast.parse(checks.without(check))
    assert len(set(checks.CHECKS)) == len(checks.CHECKS) > 90
