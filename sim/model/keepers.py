"""The liquidators that a scenario asks for."""

from __future__ import annotations

from collections.abc import Sequence

import mesa
import numpy as np

from agents.base import Participant
from agents.inventory import Inventory
from agents.keepers import (
    DutchSniper,
    FlashKeeper,
    GasAuctioneer,
    Keeper,
    PrivateKeeper,
    SplitKeeper,
)
from agents.liquidator import Liquidator
from sim.model.pegged import capital_of
from sim.protocol.names import address_of
from sim.protocol.populate import Endowment
from sim.scenario import Liquidators, Scenario
from sim.units import to_units

ETHER = 10**18
GAS_MONEY = 20_000
"""Ether each holds for fees at block 0: enough never to be what limits it."""
LATENCIES = 256
"""Delays drawn for each liquidator, used in turn."""
STRATEGIES: dict[str, type[Liquidator]] = {
    "keeper": Keeper,
    "auctioneer": GasAuctioneer,
    "private": PrivateKeeper,
    "flash": FlashKeeper,
    "sniper": DutchSniper,
    "split": SplitKeeper,
}


def draw_liquidators(
    model: mesa.Model,
    scenario: Scenario,
    prices: Sequence[float],
    rng: np.random.Generator,
    delays: np.random.Generator,
) -> list[tuple[Participant, Endowment]]:
    """By turns of each strategy asked for; `delays` is the stream of their latencies."""
    terms = scenario.liquidators
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.count):
        name = f"liquidator-{number}"
        capital = terms.capital * float(rng.lognormal(0, 0.5))
        stable, coin = capital_of(scenario, capital * (1 - terms.collateral_share))
        each = capital * terms.collateral_share / len(scenario.assets)
        endowment = Endowment(
            address=address_of(name),
            wei=GAS_MONEY * ETHER,
            stable=stable,
            coin=coin,
            tokens={
                i: to_units(each / prices[i], asset.decimals)
                for i, asset in enumerate(scenario.assets)
                if each
            },
        )
        strategy = STRATEGIES[terms.strategies[number % len(terms.strategies)]]
        agent = strategy(
            model,
            name,
            endowment.address,
            min_profit=terms.min_profit * float(rng.lognormal(0, 0.5)),
            failure_rate=terms.failure_rate,
            bid_share=min(0.9, terms.bid_share * float(rng.lognormal(0, 0.3))),
            max_tip_gwei=terms.max_tip_gwei,
            latencies=_latencies(terms.latency_blocks, delays),
            inventory=Inventory[terms.inventory.upper()],
            **_beliefs(strategy, terms),
        )
        pairs.append((agent, endowment))
    return pairs


def _latencies(mean: float, rng: np.random.Generator) -> tuple[int, ...]:
    if mean == 0:
        return (0,)
    return tuple((rng.geometric(1 / (1 + mean), LATENCIES) - 1).tolist())


def _beliefs(strategy: type[Liquidator], terms: Liquidators) -> dict[str, int]:
    """Those who send to the builder directly know how many others do."""
    if not issubclass(strategy, PrivateKeeper):
        return {}
    names = [terms.strategies[number % len(terms.strategies)] for number in range(terms.count)]
    return {"rivals": sum(issubclass(STRATEGIES[name], PrivateKeeper) for name in names) - 1}
