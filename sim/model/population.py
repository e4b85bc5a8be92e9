"""Who takes part: agents drawn from a scenario, and what each has at block 0."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import mesa
import numpy as np

from agents.arbitrageur import Arbitrageur
from agents.attacker import Griefer, OracleManipulator, StaleBorrower
from agents.base import Participant
from agents.exchange import Exchange
from agents.guardian import Guardian
from agents.lender import Lender
from agents.oracle import Poker, Reporter
from agents.redeemer import Redeemer
from agents.searcher import CopyCat, Sandwicher
from sim.model.keepers import draw_liquidators
from sim.model.pegged import peg_arbitrageurs, peg_people
from sim.model.traders import Streams, draw_traders
from sim.protocol.names import GUARDIAN, VENUE, address_of
from sim.protocol.populate import Endowment
from sim.scenario import Oracle, Scenario
from sim.units import to_units, to_wad

ETHER = 10**18
HOUR = 3_600
GAS_MONEY = {
    "searcher": 20_000,
    "arbitrageur": 2_000,
    "reporter": 1_000,
    "attacker": 1,
    "guardian": 20,
    "lender": 1,
    "venue": 10_000,
}
"""Ether each holds for fees at block 0: enough never to be what limits it."""


def draw(
    model: mesa.Model,
    scenario: Scenario,
    prices: Sequence[float],
    seed: np.random.SeedSequence,
) -> list[tuple[Participant, Endowment]]:
    """Agents with their endowments; those that have an account at block 0 come first.

    Prices are USD at block 0. Each role has its own random stream, so that changing one
    role's numbers leaves the others' draws as they were.
    """
    streams = [np.random.default_rng(s) for s in seed.spawn(8)]
    own = Streams(people=streams[0], baskets=streams[4], peg=streams[5], runs=streams[6])
    traders: list[tuple[Participant, Endowment]] = []
    traders += draw_traders(model, scenario, prices, own)
    traders.sort(key=lambda pair: not pair[1].collateral)
    people = [
        *traders,
        *draw_liquidators(model, scenario, prices, streams[1], streams[7]),
        *_reporters(model, scenario),
        *(_arbitrageurs if scenario.peg.depth == 0 else peg_arbitrageurs)(model, scenario, prices),
        *_searchers(model, scenario),
        *_attackers(model, scenario, prices),
        *_guardian(model, scenario),
        *_poker(model, scenario),
        *peg_people(model, scenario, streams[3]),
        *_lenders(model, scenario),
        *_redeemers(model, scenario),
    ]
    return [*people, *_venue(model, scenario, prices, [endowed for _, endowed in people])]


def _reporters(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    terms = scenario.oracle
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.reporters):
        name = f"reporter-{number}"
        endowment = Endowment(address_of(name), GAS_MONEY["reporter"] * ETHER)
        agent = Reporter(
            model,
            name,
            endowment.address,
            heartbeat=terms.heartbeat,
            deviation=terms.deviation,
            tip_gwei=terms.tip_gwei,
            headroom=terms.budget_multiple,
            latency_blocks=terms.latency_blocks,
            silence=_silence(terms, number),
            lie_factor=terms.lie_factor,
            lies_from=terms.lie_from * HOUR if number >= terms.reporters - terms.liars else inf,
        )
        pairs.append((agent, endowment))
    return pairs


def _silence(terms: Oracle, number: int) -> tuple[float, float]:
    """From when to when a reporter is silent, seconds since block 0."""
    if terms.outage is None or number >= terms.silenced:
        return inf, inf
    return terms.outage[0] * HOUR, terms.outage[1] * HOUR


def _searchers(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    terms = scenario.searchers
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.copycats + terms.sandwichers):
        copies = number < terms.copycats
        kind = f"copycat-{number}" if copies else f"sandwicher-{number - terms.copycats}"
        endowment = Endowment(
            address_of(kind), GAS_MONEY["searcher"] * ETHER, to_wad(terms.capital)
        )
        agent: Participant
        if copies:
            agent = CopyCat(
                model,
                kind,
                endowment.address,
                min_profit=terms.min_profit,
                failure_rate=scenario.liquidators.failure_rate,
                bid_share=terms.bid_share,
                max_tip_gwei=scenario.liquidators.max_tip_gwei,
            )
        else:
            agent = Sandwicher(
                model,
                kind,
                endowment.address,
                min_profit=terms.min_profit,
                bid_share=terms.bid_share,
            )
        pairs.append((agent, endowment))
    return pairs


def _attackers(
    model: mesa.Model, scenario: Scenario, prices: Sequence[float]
) -> list[tuple[Participant, Endowment]]:
    """Manipulators with capital; griefers with a dollar of stable and dust of every collateral;
    who borrows against a price that is gone, with stable to begin with."""
    terms = scenario.attackers
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.manipulators):
        name = f"manipulator-{number}"
        tokens = {
            i: to_units(terms.capital / prices[i], asset.decimals)
            for i, asset in enumerate(scenario.assets)
        }
        wei = GAS_MONEY["searcher"] * ETHER
        endowment = Endowment(address_of(name), wei, to_wad(terms.capital), tokens)
        attacker = OracleManipulator(
            model,
            name,
            endowment.address,
            min_profit=scenario.searchers.min_profit,
            bid_share=scenario.searchers.bid_share,
        )
        pairs.append((attacker, endowment))
    for number in range(scenario.attackers.griefers):
        name = f"griefer-{number}"
        dust = dict.fromkeys(range(len(scenario.assets)), 1000)
        wei = to_wad(scenario.attackers.budget_eth)
        endowment = Endowment(address_of(name), GAS_MONEY["attacker"] * ETHER + wei, ETHER, dust)
        least = GAS_MONEY["attacker"] * ETHER
        pairs.append((Griefer(model, name, endowment.address, least_wei=least), endowment))
    for number in range(terms.stale_borrowers):
        name = f"stale-borrower-{number}"
        wei = GAS_MONEY["searcher"] * ETHER
        endowment = Endowment(address_of(name), wei, to_wad(terms.stale_capital))
        pairs.append((StaleBorrower(model, name, endowment.address), endowment))
    return pairs


def _poker(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    """Where the core's oracle needs readings taken."""
    if scenario.oracle.source not in ("delayed", "twap"):
        return []
    agent = Poker(model, "poker", address_of("poker"), tip_gwei=scenario.oracle.tip_gwei)
    return [(agent, Endowment(agent.address, GAS_MONEY["reporter"] * ETHER))]


def _venue(
    model: mesa.Model,
    scenario: Scenario,
    prices: Sequence[float],
    customers: Sequence[Endowment],
) -> list[tuple[Participant, Endowment]]:
    """Holds as much as all customers together could sell to it, at the prices of block 0."""
    if scenario.venue.model == "none":
        return []
    stable = sum(one.stable + one.debt for one in customers)
    tokens = {
        asset: sum(one.tokens.get(asset, 0) + one.collateral.get(asset, 0) for one in customers)
        for asset in range(len(scenario.assets))
    }
    units = [10**asset.decimals for asset in scenario.assets]
    worth = sum(tokens[i] / units[i] * price for i, price in enumerate(prices))
    buyable = {i: int(stable / ETHER / price * units[i]) for i, price in enumerate(prices)}
    endowment = Endowment(VENUE, GAS_MONEY["venue"] * ETHER, to_wad(worth), buyable)
    return [(Exchange(model, "venue", VENUE), endowment)]


def _lenders(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    terms = scenario.lenders
    supply = terms.supply or scenario.protocol.debt_ceiling
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.count):
        name = f"lender-{number}"
        lent = to_wad(supply / terms.count)
        wei = GAS_MONEY["lender"] * ETHER
        endowment = Endowment(address_of(name), wei, lent=lent)
        pairs.append((Lender(model, name, endowment.address), endowment))
    return pairs


def _redeemers(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    terms = scenario.arbitrageurs
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.redeemers):
        name = f"redeemer-{number}"
        wei = GAS_MONEY["searcher"] * ETHER
        endowment = Endowment(address_of(name), wei, to_wad(terms.capital))
        agent = Redeemer(
            model, name, endowment.address, min_profit=terms.min_profit, tip_gwei=terms.tip_gwei
        )
        pairs.append((agent, endowment))
    return pairs


def _guardian(model: mesa.Model, scenario: Scenario) -> list[tuple[Participant, Endowment]]:
    terms = scenario.guardian
    if not terms.enabled:
        return []
    agent = Guardian(
        model,
        GUARDIAN,
        address_of(GUARDIAN),
        volatility_high=terms.volatility_high,
        volatility_extreme=terms.volatility_extreme,
        utilisation_high=terms.utilisation_high,
    )
    return [(agent, Endowment(agent.address, GAS_MONEY["guardian"] * ETHER))]


def _arbitrageurs(
    model: mesa.Model, scenario: Scenario, prices: Sequence[float]
) -> list[tuple[Participant, Endowment]]:
    terms = scenario.arbitrageurs
    pairs: list[tuple[Participant, Endowment]] = []
    for number in range(terms.count):
        name = f"arbitrageur-{number}"
        tokens = {
            i: to_units(terms.capital / prices[i], asset.decimals)
            for i, asset in enumerate(scenario.assets)
            if asset.pool_depth
        }
        endowment = Endowment(
            address_of(name),
            GAS_MONEY["arbitrageur"] * ETHER,
            to_wad(terms.capital * max(1, len(tokens))),
            tokens,
        )
        agent = Arbitrageur(
            model,
            name,
            endowment.address,
            min_profit=terms.min_profit,
            tip_gwei=terms.tip_gwei,
            stock=[tokens.get(i, 0) for i in range(len(scenario.assets))],
        )
        pairs.append((agent, endowment))
    return pairs
