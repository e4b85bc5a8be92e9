"""A debt ceiling that is less than what people want to borrow at block 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from sim.model.traders import LEAST_DEBT
from sim.protocol.populate import Endowment
from sim.scenario import Scenario
from sim.units import to_wad

ROOM = 0.999
"""Part of the ceiling that is lent: interest accrues while accounts are opened."""
Agent = TypeVar("Agent")


def within_ceiling(
    people: Sequence[tuple[Agent, Endowment]], scenario: Scenario, prices: Sequence[float]
) -> list[tuple[Agent, Endowment]]:
    """First come, first served: everyone borrows as wanted while there is room. Who finds none
    puts in what is their own, and may borrow when others have repaid. USD prices at block 0."""
    left = to_wad(scenario.protocol.debt_ceiling * ROOM)
    least = to_wad(scenario.protocol.min_debt * LEAST_DEBT)
    found = []
    for agent, one in people:
        if one.debt > left:
            one = _owing(one, left if left >= least else 0, scenario, prices)
        left -= one.debt
        found.append((agent, one))
    return found


def _owing(one: Endowment, debt: int, scenario: Scenario, prices: Sequence[float]) -> Endowment:
    """With so much less debt, and so much less bought with it."""
    units = [10**asset.decimals for asset in scenario.assets]
    value = sum(
        amount / units[asset] * to_wad(prices[asset]) for asset, amount in one.collateral.items()
    )
    kept = 1 - (one.debt - debt) / value
    # A unit more, so that rounding never leaves less than the initial requirement.
    held = {asset: int(amount * kept) + 1 for asset, amount in one.collateral.items()}
    return replace(one, collateral=held, debt=debt)
