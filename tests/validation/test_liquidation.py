"""Laws 3, 4 and what follows from them, on the contract: what a liquidation does to health.

C collateral value, D debt, LT = 1 - maintenance margin, HF = LT C / D, b penalty, k close factor.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from sim.units import WAD
from tests.invariants.core_world import Asset
from tests.validation.law import Check, Effort, exact, law
from tests.vectors.system import BORROWER, LIQUIDATOR, PERCENT, System

DEBT = 10_000
AMOUNT = 100 * WAD
TERMS = {"grace": 0, "full_liquidation_health": 0, "cap_toxic": False, "min_left": 0, "min_debt": 0}
ROUNDING = 1e-15
"""A health factor has 18 digits, and seizing rounds by one of the 20 of the collateral."""


def margined(threshold: int, penalty: int, close_factor: int = WAD, **terms: int) -> System:
    """LT and b in percent; one account owes 10,000, the price is set by `at_health`."""
    maintenance = WAD - threshold * PERCENT
    asset = Asset(18, maintenance + PERCENT, maintenance, maintenance)
    system = System(
        assets=(asset,), prices=(1_000 * WAD,), penalty=("FixedPenalty", penalty * PERCENT),
        close_factor=close_factor, reserve_share=0, loss_threshold=10**24,
        **(TERMS | terms),
    )  # fmt: skip
    system.account(BORROWER, [AMOUNT], DEBT * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system


def at_health(system: System, threshold: int, health: Fraction) -> Fraction:
    """Sets the price; the collateral's value, USD."""
    value = health * DEBT * 100 / threshold
    price = int(value * WAD * WAD / AMOUNT)
    system.price(0, price)
    return Fraction(price * AMOUNT, WAD * WAD)


def health(system: System) -> Fraction:
    return Fraction(system.read(system.core.health_factor, 1), WAD)


@law(3, "Health after a repayment")
def test_health_after_repaying__is_the_formula(effort: Effort) -> Iterator[Check]:
    """LT (C - (1 + b) R) / (D - R), which is above HF if and only if D / C < 1 / (1 + b)."""
    draw = random.Random(3)
    worst, wrong, toxic, cases = 0.0, 0, 0, 0
    for threshold, penalty in ((80, 5), (85, 8), (92, 3)):
        system = margined(threshold, penalty)
        start = system.snapshot()
        for _ in range(effort.of(15, 300)):
            before = Fraction(draw.randrange(7_000, 9_999), 10_000)
            value = at_health(system, threshold, before)
            repay = Fraction(draw.randrange(1, 7_000), 10_000) * DEBT
            was = health(system)
            assert system.liquidate(1, int(repay * WAD)).ok
            now = health(system)
            left = value - (1 + Fraction(penalty, 100)) * repay
            formula = Fraction(threshold, 100) * left / (DEBT - repay)
            worst = max(worst, float(abs(now - formula)))
            is_toxic = DEBT / value * (1 + Fraction(penalty, 100)) > 1
            wrong += (now > was) == is_toxic
            toxic += is_toxic
            cases += 1
            system.restore(start)
    yield exact(
        f"largest error of {cases:,} liquidations", 0, worst, ROUNDING, "rounding of the contract"
    )
    yield exact(f"cases of a wrong sign, {toxic:,} toxic of {cases:,}", 0, wrong)


@law(4, "Least repayment that heals")
def test_least_repayment_that_heals__is_the_formula(effort: Effort) -> Iterator[Check]:
    """D (1 - HF) / (1 - LT (1 + b)): found on the contract by bisection, as a share of D."""
    for shown in (Fraction(97, 100), Fraction(9, 10), Fraction(99, 100)):
        yield from least_of(80, 5, shown)
    for threshold, penalty in list(product((70, 85, 92), (1, 5)))[: effort.of(1, 6)]:
        yield from least_of(threshold, penalty, Fraction(98, 100))
    half = margined(80, 5, WAD // 2)
    start = half.snapshot()
    for shown, heals in ((Fraction(92, 100), 1), (Fraction(9_199, 10_000), 0)):
        at_health(half, 80, shown)
        assert half.liquidate(1, DEBT * WAD).ok
        name = f"LT .8, b .05, HF {float(shown):g}: half heals (1) or not (0)"
        yield exact(name, heals, health(half) >= 1)
        half.restore(start)


def least_of(threshold: int, penalty: int, shown: Fraction) -> Iterator[Check]:
    system = margined(threshold, penalty)
    at_health(system, threshold, shown)
    start = system.snapshot()
    low, high = 0, DEBT * WAD
    while high - low > DEBT:  # wei: one part in 10^18
        middle = (low + high) // 2
        assert system.liquidate(1, middle).ok
        low, high = (low, middle) if health(system) >= 1 else (middle, high)
        system.restore(start)
    expected = (1 - shown) / (1 - Fraction(threshold * (100 + penalty), 10_000))
    name = f"LT {threshold / 100:g}, b {penalty / 100:g}, HF {float(shown):g}"
    # A wei repaid raises the buffer by 1 - LT (1 + b); seizing rounds by less than 100 wei.
    yield exact(name, float(expected), high / (DEBT * WAD), 1e-15, "rounding of the contract")


@law(4, "Two-step liquidation")
def test_two_steps__repay_more_than_one__by_the_formula(effort: Effort) -> Iterator[Check]:
    """Just less than what heals, then the close factor of the rest: more by the share
    r (1 - k) / k of one step, with r the least repayment that heals (Qin et al. 2021, "An
    empirical study of DeFi liquidations", the optimal strategy)."""
    system = margined(80, 5, WAD // 2)
    at_health(system, 80, Fraction(97, 100))
    start = system.snapshot()
    one = system.liquidate(1, DEBT * WAD).event("Liquidated")["repaid"]
    system.restore(start)
    r = Fraction(3, 16)
    first = system.liquidate(1, int(r * DEBT * WAD) - 10**6).event("Liquidated")["repaid"]
    second = system.liquidate(1, DEBT * WAD).event("Liquidated")["repaid"]
    yield exact("HF .97, k ½: gain", 0.1875, (first + second) / one - 1, 1e-12, "a step short")


@law(5, "A gap of the price")
def test_gap__bad_debt_of_100_of_collateral(effort: Effort) -> Iterator[Check]:
    """Leverage V/E of 12, penalty 1 %: D - C / (1 + b) after a fall, liquidated to the end."""
    for gap, golden in (
        (Fraction(8, 100), 0.5775577557755724),
        (Fraction(2, 10), 12.45874587458745),
    ):
        system = margined(96, 1)
        value = Fraction(12 * DEBT, 11)
        price = int((1 - gap) * value * WAD * WAD / AMOUNT)
        system.price(0, price)
        while system.collateral_of(1):
            assert system.liquidate(1, DEBT * WAD).ok
        lost = Fraction(system.read(system.core.bad_debt), WAD) / value * 100
        yield exact(f"gap of {float(gap):.0%}", golden, float(lost), 1e-12, "rounding")
