"""LAWS 3, 4, 5 and 7: what a liquidation does to health, where a spiral ends, and which
debts are worth it.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from sim.units import WAD

from .system import (
    PERCENT,
    System,
    levered,
)

LAW = {"grace": 0, "full_liquidation_health": 0, "cap_toxic": False, "min_left": 0}
FIVE_PERCENT = ("FixedPenalty", 5 * PERCENT)


def _at_health(health: Fraction, **terms: object) -> tuple[System, int]:
    """Ten ether, 10,000 owed, LT 0.8: 10 p 0.8 / 10,000 = health."""
    system, account = levered(
        debt=10_000 * WAD, penalty=FIVE_PERCENT, reserve_share=0, **(LAW | terms)
    )
    system.price(0, int(health * 10_000 * WAD / 8))
    return system, account


@pytest.mark.parametrize(
    ("health", "least_share", "health_after_half"),
    [
        # golden_dev.json, liq: LT .8, b .05, k .5
        (Fraction(97, 100), Fraction(1875, 10_000), Fraction(11, 10)),
        (Fraction(9, 10), Fraction(625, 1000), Fraction(96, 100)),
        # LAW 4: heals with k = 1/2 if and only if HF >= .92; at .99 only 6.25 % is needed
        (Fraction(92, 100), Fraction(1, 2), Fraction(1)),
        (Fraction(99, 100), Fraction(625, 10_000), None),
    ],
)
def test_laws_3_and_4__health_after_repaying(
    health: Fraction, least_share: Fraction, health_after_half: Fraction | None
) -> None:
    assert least_share == (1 - health) / (1 - Fraction(8, 10) * Fraction(105, 100))
    system, account = _at_health(health)
    start = system.snapshot()
    if health_after_half is not None:
        collateral, debt = 10 * int(health * 10_000 * WAD / 8), 10_000 * WAD
        law = Fraction(8, 10) * (collateral - Fraction(105, 100) * debt / 2) / (debt - debt / 2)
        assert system.liquidate(account, 10**6 * WAD).event("Liquidated")["repaid"] == debt // 2
        after = Fraction(system.read(system.core.health_factor, account), WAD)
        assert abs(after - health_after_half) < Fraction(1, 10**15)
        assert abs(law - health_after_half) < Fraction(1, 10**15)
        system.restore(start)
    if least_share <= Fraction(1, 2):
        least = int(least_share * 10_000 * WAD)
        # The seizure is rounded by a unit of ether, some 1,200 wei of value, of which 0.8
        # counts; a wei repaid raises the buffer by 1 - 0.84.
        rounding = 1_300 * 80 // 16
        assert system.liquidate(account, least - rounding).ok
        assert system.read(system.core.maintenance_buffer, account) < 0
        system.restore(start)
        assert system.liquidate(account, least + rounding).ok
        assert system.read(system.core.maintenance_buffer, account) >= 0


def test_law_5__spiral_run_to_its_end__bad_debt() -> None:
    """LTV 1.0 > 1/1.05: each liquidation lowers health; the end is D - C/(1 + b)."""
    system, account = levered(
        debt=10_000 * WAD, penalty=FIVE_PERCENT, **LAW, min_debt=0, loss_threshold=10**24
    )
    system.price(0, 1_000 * WAD)
    healths, steps = [], 0
    while system.collateral_of(account):
        healths.append(system.read(system.core.health_factor, account))
        assert system.liquidate(account, 1_500 * WAD).ok
        steps += 1
    assert steps == 8  # five of 1,500, then half the debt: 1,250, 625, and the rest
    assert healths == sorted(healths, reverse=True)
    law = Fraction(10_000 * WAD) - Fraction(10_000 * WAD * 100, 105)
    bad = system.read(system.core.bad_debt)
    # Rounding of each step goes against the liquidator: less bad debt, never more.
    assert law - 2_000 * steps < bad <= law + 1
    assert system.debt_of(account) == 0


def test_law_7__smallest_debt_worth_liquidating() -> None:
    """gas * price / (b k): 500k gas at 200 gwei and 110 USD cost 11 USD; at 5 % that is 220
    of debt when all of it may be repaid (k = 1) and 440 when half of it may."""
    cost = 500_000 * 200 * 110 * 10**9
    for close_factor, smallest in ((WAD, 220 * WAD), (WAD // 2, 440 * WAD)):
        assert Fraction(cost * WAD * WAD, 5 * PERCENT * close_factor) == smallest
        for debt, pays in ((smallest + 10**6, True), (smallest - 10**6, False)):
            system, account = levered(
                debt=debt, amount=WAD, penalty=FIVE_PERCENT, grace=0, reserve_share=0,
                close_factor=close_factor, min_left=0, full_liquidation_health=0,
            )  # fmt: skip
            price = debt * 124 // 100
            system.price(0, price)
            event = system.liquidate(account, 10**6 * WAD).event("Liquidated")
            assert event["repaid"] == ceil(Fraction(debt * close_factor, WAD))
            profit = Fraction(event["seized"] * price, WAD) - event["repaid"]
            assert (profit >= cost) == pays
