"""Law 11: the contract's portfolio margin is the worst loss of the whole SPAN scan.

Moves are {0, ±1/3, ±2/3, ±1} of the range, and the two extremes of twice the range of which 35 %
is covered; in each, one asset may fall on its own besides.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil

from sim.units import WAD
from tests.invariants.core_world import Asset
from tests.validation.law import Check, Effort, exact, law
from tests.vectors.system import BORROWER, PERCENT, System

RANGES = (20, 15, 8)
FACTORS = (50, 100, -70)
"""Percent: share of the range that follows the market, down for an inverse asset."""
FLOOR = 30
MARGIN = (
    "ScenarioMargin",
    tuple(share * PERCENT for share in RANGES),
    tuple(factor * PERCENT for factor in FACTORS),
    FLOOR * PERCENT,
    130 * PERCENT,
    90 * PERCENT,
)
MOVES = [Fraction(thirds, 3) for thirds in range(-3, 4)] + [Fraction(-70, 100), Fraction(70, 100)]


def portfolio() -> System:
    """One account with 1,000 whole tokens of each of three assets."""
    assets = [Asset(18, (r + 10) * PERCENT, r * PERCENT, r * PERCENT) for r in RANGES]
    system = System(
        assets=assets, prices=[WAD] * 3, margin=MARGIN, penalty=("FixedPenalty", PERCENT)
    )
    system.account(BORROWER, [1_000 * WAD] * 3, 0)
    return system


def scanned(values: Sequence[int]) -> int:
    """Every move with every asset, or none, falling on its own; not below the floor."""
    own = [
        Fraction(v * r * (100 - abs(f)), 10_000)
        for v, r, f in zip(values, RANGES, FACTORS, strict=True)
    ]
    follows = [Fraction(v * r * f, 10_000) for v, r, f in zip(values, RANGES, FACTORS, strict=True)]
    losses = [-move * sum(follows) + fall for move in MOVES for fall in (0, *own)]
    linear = sum(Fraction(v * r, 100) for v, r in zip(values, RANGES, strict=True))
    return ceil(max(*losses, linear * FLOOR / 100))


@law(11, "SPAN scan")
def test_scan__maintenance_of_an_account__is_the_worst_loss(effort: Effort) -> Iterator[Check]:
    """Through the core, at prices that make any mix of values."""
    system, draw = portfolio(), random.Random(11)
    cases, off = effort.of(25, 500), 0
    for _ in range(cases):
        prices = [int(10 ** draw.uniform(15, 21)) for _ in RANGES]
        for asset, price in enumerate(prices):
            system.price(asset, price)
        maintenance = system.read(system.core.position, 1)[3]
        off += maintenance != scanned([1_000 * price for price in prices])
    yield exact(f"accounts of {cases} off by a unit or more", 0, off)


@law(11, "SPAN scan")
def test_scan__is_subadditive(effort: Effort) -> Iterator[Check]:
    """Together never more than apart; less where one hedges or diversifies the other."""
    system, draw = portfolio(), random.Random(12)
    cases, more = effort.of(100, 5_000), 0
    for _ in range(cases):
        one, other = ([draw.randrange(10 ** draw.randrange(15, 25)) for _ in RANGES] for _ in "ab")
        both = [a + b for a, b in zip(one, other, strict=True)]
        needs = [system.read(system.margin.requirements, v)[1] for v in (one, other, both)]
        more += needs[2] > needs[0] + needs[1]
    yield exact(f"portfolios of {cases:,} that need more than their parts", 0, more)
    hedged = system.read(system.margin.requirements, [0, 10**21, 10**21])[1] / 10**21
    # The second falls by 15 %, the inverse one gains 5.6 % and falls by its own 2.4 %.
    yield exact("a hedged pair, per unit of value", 0.15 - 0.056 + 0.024, hedged, 1e-12, "a float")
