"""No transaction costs more than 2 % above the committed snapshot."""

from __future__ import annotations

import json

import pytest

from .__main__ import CODE, SNAPSHOT, TARGETS, Table, risen
from .measure import measure


@pytest.fixture(scope="module")
def now() -> Table:
    return measure()


def test_gas__within_two_percent_of_the_snapshot(now: Table) -> None:
    assert risen(now, json.loads(SNAPSHOT.read_text())) == []


def test_gas_targets__met(now: Table) -> None:
    """Gas, and 1.5 KB to spare of what may be deployed."""
    above = {
        (name, count): now[name][count]
        for (name, count), target in TARGETS.items()
        if now[name][count] > target
    }
    assert above == {}


def test_risen__names_rows_that_rose_and_no_other() -> None:
    before = {"a": {"1": 10_000, "3": 10_000}, "gone": {"1": 1}, CODE: {"8": 100}}
    now = {"a": {"1": 10_201, "3": 10_200}, "new": {"1": 5}, CODE: {"8": 90}}
    assert risen(now, before) == [
        "gone: gone, --update if that is meant",
        "a, 1 collateral(s): 10,201, +2.0% from 10,000",
        "new, 1 collateral(s): 5, not in the snapshot, --update if that is meant",
    ]
