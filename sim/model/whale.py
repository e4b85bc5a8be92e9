"""One account that holds a given share of all debt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agents.trader import Trader
from sim.errors import ScenarioError
from sim.protocol.columns import Floats
from sim.protocol.margin import margin_book
from sim.protocol.populate import Endowment
from sim.scenario import Scenario
from sim.units import from_wad, to_wad

Pair = tuple[Trader, Endowment]
ROOM = 0.99
"""Part of what the initial requirement allows that it may have borrowed."""


def with_whale(pairs: Sequence[Pair], scenario: Scenario, prices: Sequence[float]) -> list[Pair]:
    """The first account with debt is the whale: so much more of what it held, at its leverage,
    that it owes its share. It has no stop-loss, for its own sale would be the fall. Prices are
    USD at block 0.

    Raises ScenarioError where nobody has debt, or the contract would not lend it so much.
    """
    terms = scenario.traders
    place = next((i for i, (_, endowed) in enumerate(pairs) if endowed.debt), None)
    if place is None:
        raise ScenarioError("traders.whale_share needs a trader with debt at block 0")
    agent, small = pairs[place]
    others = from_wad(sum(endowed.debt for _, endowed in pairs) - small.debt)
    debt = others * terms.whale_share / (1 - terms.whale_share)
    _check(scenario, prices, small, debt)
    equity = debt / (terms.whale_leverage - 1)
    growth = equity * terms.whale_leverage / _values(scenario, prices, small).sum()
    funds = to_wad(equity * terms.reserves_share)
    agent.habits = replace(agent.habits, leverage=terms.whale_leverage, funds=funds, stop_loss=0.0)
    whale = replace(
        small,
        stable=funds,
        collateral={asset: int(amount * growth) for asset, amount in small.collateral.items()},
        debt=to_wad(debt),
    )
    return [*pairs[:place], (agent, whale), *pairs[place + 1 :]]


def _values(scenario: Scenario, prices: Sequence[float], one: Endowment) -> Floats:
    """USD of each collateral."""
    return np.array(
        [
            one.collateral.get(i, 0) / 10**asset.decimals * price
            for i, (asset, price) in enumerate(zip(scenario.assets, prices, strict=True))
        ]
    )


def _check(scenario: Scenario, prices: Sequence[float], small: Endowment, debt: float) -> None:
    terms, ceiling = scenario.traders, scenario.protocol.account_ceiling
    if debt > ceiling:
        raise ScenarioError(
            f"traders.whale_share ({terms.whale_share}) makes an account that owes {debt:,.0f}; "
            f"protocol.account_ceiling allows {ceiling:,.0f}"
        )
    values = _values(scenario, prices, small)
    initial = margin_book(scenario).of_all(values[None, :])[0][0] / values.sum()
    most = 1 / (1 - ROOM * (1 - initial))
    if terms.whale_leverage > most:
        raise ScenarioError(
            f"traders.whale_leverage ({terms.whale_leverage}) is above the {most:.3g} that "
            "margin.initial allows"
        )
