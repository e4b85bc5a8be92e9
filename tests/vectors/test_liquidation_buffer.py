"""The buffer E - M after a liquidation: when it may fall, and by how much."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest

from sim.units import WAD

from .system import (
    BITCOIN,
    BORROWER,
    ETHER,
    LIQUIDATOR,
    PERCENT,
    System,
    levered,
)

FIVE_PERCENT = ("FixedPenalty", 5 * PERCENT)


def hedged(price: int, debt: int = 15_000 * WAD) -> tuple[System, int]:
    """5 ether against 5 bitcoin that are short the market, both at `price`.
    M = 0.3 * 0.4 * V while they are level, 0.4 * V of what is left without the hedge."""
    terms = (30 * PERCENT, 2 * WAD, 90 * PERCENT)
    margin = ("ScenarioMargin", [40 * PERCENT] * 2, [WAD, -WAD], *terms)
    system = System(
        assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 2_000 * WAD), margin=margin,
        penalty=FIVE_PERCENT, grace=0, full_liquidation_health=0,
    )  # fmt: skip
    account = system.account(BORROWER, [5 * WAD, 5 * 10**8], debt)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.price(0, price * WAD)
    system.price(1, price * WAD)
    return system, account


def test_buffer__seizing_the_hedge_that_raises_the_requirement__refused() -> None:
    """V = 17,000, M = 2,040, X = 1,836, D = 15,000: E = 2,000. Without the hedge M would be
    above 2,800."""
    system, account = hedged(1_700)
    assert system.read(system.core.maintenance_buffer, account) == -40 * WAD
    outcome = system.liquidate(account, 7_000 * WAD, asset=1)
    assert outcome.reason == "liquidation: lowers the buffer"
    preview = system.read(system.core.preview_liquidate, account, system.token(1), 7_000 * WAD)
    assert preview[0] is False
    assert system.liquidate(account, 100 * WAD, asset=1).ok


def test_buffer__insolvent_account__may_fall() -> None:
    """V = 14,000 < D: what is lost is lost, and the liquidator may take either asset whole.
    The buffer goes from 14,000 - 15,000 - 1,680 to 7,000 - 8,069.31 - 2,800."""
    system, account = hedged(1_400)
    assert system.read(system.core.maintenance_buffer, account) == -2_680 * WAD
    assert system.liquidate(account, 7_000 * WAD, asset=1).ok
    left = 15_000 * WAD - ceil(Fraction(7_000 * WAD * 100, 101))
    assert system.read(system.core.maintenance_buffer, account) == 4_200 * WAD - left


@pytest.mark.parametrize(("more", "ok"), [(0, False), (1, True)])
def test_buffer__below_close_out__may_fall(more: int, ok: bool) -> None:
    """At V = 17,000 X = 1,836: a debt of 15,164 leaves just that, and one unit more less."""
    system, account = hedged(1_700, 15_164 * WAD + more)
    outcome = system.liquidate(account, 7_000 * WAD, asset=1)
    assert outcome.reason == ("" if ok else "liquidation: lowers the buffer")


def test_buffer__may_fall_by_the_rounding_and_not_by_a_unit_more() -> None:
    """16 units of value, debt and requirements, and one share (CollateralizedDebt). Seizing the
    smaller of two opposite assets lowers the buffer by about 0.47 of what is repaid."""
    margin = ("ScenarioMargin", [40 * PERCENT] * 2, [WAD, -WAD], 30 * PERCENT, 130 * PERCENT,
              90 * PERCENT)  # fmt: skip
    system = System(
        assets=(ETHER, ETHER), prices=(2 * WAD, 2 * WAD), margin=margin, penalty=FIVE_PERCENT,
        grace=0, full_liquidation_health=0,
    )  # fmt: skip
    amounts = [7_000 * WAD, 3_000 * WAD]
    account = system.account(BORROWER, amounts, 14_400 * WAD)
    price = 17 * WAD // 10
    for i in range(2):
        system.price(i, price)

    def value_less_maintenance(taken: int) -> int:
        left = [floor(Fraction(a * price, WAD)) for a in (amounts[0], amounts[1] - taken)]
        return sum(left) - ceil(Fraction(40 * abs(left[0] - left[1]), 100))

    seen = set()
    for repay in range(1, 60):
        taken = floor(Fraction(repay * 105 * WAD, 100 * price))
        fall = value_less_maintenance(0) - value_less_maintenance(taken) - repay
        preview = system.read(system.core.preview_liquidate, account, system.token(1), repay)
        assert preview[0] == (fall <= 17)
        seen.add(fall)
    assert {17, 18} <= seen


def test_buffer__linear_margin__never_falls() -> None:
    system, account = levered(grace=0, full_liquidation_health=0)
    system.price(0, 1_450 * WAD + 1)
    for repay in (1, 2, 3, WAD + 1, 777 * WAD + 3):
        before = system.read(system.core.maintenance_buffer, account)
        assert system.liquidate(account, repay).ok
        assert system.read(system.core.maintenance_buffer, account) >= before - 2
