"""Portfolios shaped so that whatever is seized raises what the rest must keep."""

from __future__ import annotations

import pytest

from sim.units import WAD
from tests.invariants.core_world import Asset
from tests.vectors.system import BORROWER, LIQUIDATOR, PERCENT, System

LIQUIDATABLE = 4
LEG = Asset(18, 30 * PERCENT, 20 * PERCENT, 15 * PERCENT)


def portfolio(factors: tuple[int, int], penalty: int, floor: int, debt: int) -> tuple[System, int]:
    """Two legs of a hundred at 100, range 20 %; both fall together in what follows."""
    margin = ("ScenarioMargin", [20 * PERCENT] * 2, list(factors), floor, 150 * PERCENT,
              80 * PERCENT)  # fmt: skip
    system = System(
        assets=(LEG, LEG), prices=(100 * WAD, 100 * WAD), margin=margin,
        penalty=("FixedPenalty", penalty), grace=0, cap_toxic=False,
    )  # fmt: skip
    account = system.account(BORROWER, [100 * WAD, 100 * WAD], debt)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


@pytest.mark.parametrize(
    ("factors", "penalty", "floor"),
    [
        ((30 * PERCENT, 30 * PERCENT), 8 * PERCENT, 50 * PERCENT),  # little of it in common
        ((0, 0), 8 * PERCENT, 50 * PERCENT),  # nothing
        ((30 * PERCENT, -30 * PERCENT), 4 * PERCENT, 30 * PERCENT),  # the one against the other
    ],
    ids=["diversified", "unrelated", "hedged"],
)
def test_balanced_legs__can_be_liquidated_before_they_are_worth_less_than_the_debt(
    factors: tuple[int, int], penalty: int, floor: int
) -> None:
    """Guard: a liquidation may lower the buffer once E < X, not only once V < D.

    With legs of equal worth the requirement is that of the worse one, which stays whichever is
    seized, while the penalty is paid: no liquidation raises the buffer. If none were allowed
    until V < D, whoever holds such a portfolio would have a put on the protocol.
    """
    system, account = portfolio(factors, penalty, floor, debt=15_900 * WAD)
    for price in range(99, 79, -1):
        for leg in (0, 1):
            system.price(leg, price * WAD)
        p = system.read(system.core.position, account)
        if p[0] < p[1] + p[4]:
            break
    assert system.read(system.core.status, account) == LIQUIDATABLE
    assert p[0] > p[1]
    for leg in (0, 1):
        assert system.liquidate(account, 10**6 * WAD, asset=leg).ok
    assert system.debt_of(account) == 0
    assert system.read(system.core.bad_debt) == 0


def test_between_maintenance_and_close_out__the_legs_are_safe() -> None:
    """Guard: above X a liquidation that lowers the buffer is refused."""
    system, account = portfolio((0, 0), 8 * PERCENT, 50 * PERCENT, debt=15_900 * WAD)
    for leg in (0, 1):
        system.price(leg, 88 * WAD)
    p = system.read(system.core.position, account)
    assert p[1] + p[4] < p[0] < p[1] + p[3]
    for leg in (0, 1):
        for repay in (WAD, 10**6 * WAD):
            outcome = system.liquidate(account, repay, asset=leg)
            assert outcome.reason == "liquidation: lowers the buffer"
