"""Exactly at a threshold: a unit less of price is too little."""

from __future__ import annotations

import pytest

from agents.view import Position
from sim.check.action import Of
from sim.check.edge import LEVELS, Edge
from sim.check.state import Account
from sim.protocol.margin import LinearBook
from sim.units import WAD

BOOK = LinearBook(((3 * WAD // 10,) * 2, (WAD // 5,) * 2, (3 * WAD // 20,) * 2))
UNITS = (10**18, 10**8)
PRICES = [100 * WAD, 2_000 * WAD]
AMOUNTS = (10**18 + 7, 3 * 10**7)


def account(debt: int = 333 * WAD + 1) -> Account:
    values = [a * p // u for a, p, u in zip(AMOUNTS, PRICES, UNITS, strict=True)]
    requirements = BOOK.of_one(values)
    position = Position(1, AMOUNTS, sum(values), debt, *requirements[:2], True, 0)
    return Account(b"", position, sum(values), *requirements, valid=True)


@pytest.mark.parametrize("level", LEVELS)
def test_prices__of_a_level__meet_it_and_not_with_a_unit_less(level: Of) -> None:
    edge, at = Edge(BOOK, UNITS), account()
    found = edge.prices(at, level, PRICES)
    assert found is not None
    assert edge.is_met(at, level, found)
    assert not edge.is_met(at, level, [found[0], found[1] - 1])


def test_prices__of_an_account_without_debt__are_none() -> None:
    assert Edge(BOOK, UNITS).prices(account(0), Of.MAINTENANCE, PRICES) is None


def test_payment__made__leaves_exactly_what_is_required() -> None:
    edge, poor = Edge(BOOK, UNITS), account(690 * WAD)
    paid = edge.payment(poor, Of.MAINTENANCE)
    assert poor.value - (poor.debt - paid) == poor.maintenance
    assert edge.payment(account(), Of.MAINTENANCE) == 0
