"""Who trades the stable where it has a market, and with what."""

from __future__ import annotations

from collections.abc import Sequence

import mesa
import numpy as np

from agents.base import Participant
from agents.peg import CoinHolder, PegArbitrageur, PegPoker
from sim.model.traders import HOUR, TASTE, poisson_times
from sim.protocol.names import address_of
from sim.protocol.populate import Endowment
from sim.scenario import Scenario
from sim.units import to_units, to_wad

ETHER = 10**18
GAS_MONEY = {"arbitrageur": 2_000, "poker": 1_000, "holder": 20}
"""Ether each holds for fees at block 0."""
TRUST = 0.3
"""Standard deviation of the log of how far the coin must fall for a holder to leave it."""

Pairs = list[tuple[Participant, Endowment]]


def capital_of(scenario: Scenario, usd: float) -> tuple[int, int]:
    """A liquidator's stable and reserve coin, WAD."""
    share = scenario.liquidators.coin_share if scenario.peg.depth else 0.0
    return to_wad(usd * (1 - share)), to_wad(usd * share)


def peg_arbitrageurs(model: mesa.Model, scenario: Scenario, prices: Sequence[float]) -> Pairs:
    """The capital is in reserve coin and in each collateral that has a pool."""
    terms = scenario.arbitrageurs
    pairs: Pairs = []
    for number in range(terms.count):
        name = f"arbitrageur-{number}"
        tokens = {
            i: to_units(terms.capital / prices[i], asset.decimals)
            for i, asset in enumerate(scenario.assets)
            if asset.pool_depth
        }
        wei = GAS_MONEY["arbitrageur"] * ETHER
        coin = to_wad(terms.capital * max(1, len(tokens)))
        agent = PegArbitrageur(
            model,
            name,
            address_of(name),
            min_profit=terms.min_profit,
            tip_gwei=terms.tip_gwei,
        )
        pairs.append((agent, Endowment(agent.address, wei, 0, tokens, coin)))
    return pairs


def peg_people(model: mesa.Model, scenario: Scenario, rng: np.random.Generator) -> Pairs:
    """Holders of the coin, and who takes readings for the interest rate."""
    if scenario.peg.depth == 0:
        return []
    terms, run = scenario.peg, scenario.run
    tip_gwei = scenario.oracle.tip_gwei
    horizon = float(run.blocks * run.block_seconds)
    pairs: Pairs = []
    for number in range(terms.holders):
        name = f"holder-{number}"
        held = to_wad(terms.holdings * float(rng.lognormal(0, TASTE)))
        agent = CoinHolder(
            model,
            name,
            address_of(name),
            trust=1 - (1 - terms.trust) * float(rng.lognormal(0, TRUST)),
            looks=poisson_times(terms.look_hours * HOUR, horizon, rng),
            tip_gwei=tip_gwei,
        )
        wei = GAS_MONEY["holder"] * ETHER
        pairs.append((agent, Endowment(agent.address, wei, coin=held)))
    if scenario.rate.model == "peg":
        poker = PegPoker(model, "peg-poker", address_of("peg-poker"), tip_gwei=tip_gwei)
        pairs.append((poker, Endowment(poker.address, GAS_MONEY["poker"] * ETHER)))
    return pairs
