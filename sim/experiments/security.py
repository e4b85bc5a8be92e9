"""Economic security: what pushing the price that the core reads costs, what it brings, and how
deep the pool must be for it not to pay; at its spot price and at the time-weighted one.

The accounts are those of a scenario at its start. The attacker has all the capital it could use
and pays builders nothing. The attack on the spot price is also carried out on chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import pandas as pd

from agents.attacker import OracleManipulator
from agents.attacker.manipulator import Attack
from agents.attacker.push import Hold, cheapest_hold, round_trip_cost
from agents.inventory import SWAP_GAS
from agents.view import View
from sim.chain import open_engine
from sim.errors import UsageError
from sim.model import StressModel
from sim.scenario import Scenario, load

PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)
"""Depths looked at, of the scenario's."""
ALONE = (
    "liquidators.count=0", "searchers.copycats=0", "searchers.sandwichers=0",
    "searchers.bid_share=0", "arbitrageurs.count=0", "guardian.enabled=false",
    "attackers.manipulators=1", "attackers.capital=1e10", "oracle.source=spot",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Security:
    """`depths`: a row a depth. Break-even depths, USD of each side: from there on no push pays,
    gas left out; 0 where none ever does."""

    depths: pd.DataFrame
    spot_break_even: float
    average_break_even: float
    window: float
    """Seconds that the time-weighted price is averaged over."""


def security(
    source: str, overrides: Sequence[str] = (), depths: Sequence[float] = (), engine: str = "auto"
) -> Security:
    """Of the first collateral. Raises UsageError where it has no pool."""
    usual = load(source, overrides)
    asset = usual.assets[0]
    if not asset.pool_depth:
        raise UsageError(f"{source}: {asset.symbol} has no pool whose price could be pushed")
    window, seconds = float(usual.oracle.period), float(usual.run.block_seconds)
    rows, spot, average = [], 0.0, 0.0
    for depth in depths or [asset.pool_depth * part for part in PARTS]:
        scenario = load(source, (*overrides, *ALONE, f"assets.0.pool_depth={depth}"))
        attacks, view, measured = carry_out(scenario, engine)
        fee = view.market.terms.assets[0].pool_fee or 0.0
        holds = [cheapest_hold(attack.ratio, window, seconds, fee) for attack in attacks]
        rows.append({"depth_usd": depth, **_of_spot(attacks, measured)}
                    | _of_average(attacks, holds, depth, view))  # fmt: skip
        for attack, hold in zip(attacks, holds, strict=True):
            spot = max(spot, attack.gain / round_trip_cost(1.0, attack.ratio, fee))
            average = max(average, attack.gain / hold.unit_cost)
    return Security(pd.DataFrame(rows), spot, average, window)


def carry_out(scenario: Scenario, engine: str) -> tuple[list[Attack], View, float | None]:
    """(attacks that the manipulator considers in block 1, what it sees, what the best of them
    earned it on chain in USD); None where there is none or it failed."""
    with open_engine(engine) as opened:
        model = StressModel(scenario, engine=opened)
        attacker = next(each for each in model.agents if isinstance(each, OracleManipulator))
        attacker.min_profit = -inf
        view = model.sees(attacker)
        attacks = list(attacker.attacks(0, view))
        model.step()
        return attacks, view, _earned(view, model.sees(attacker))


def _earned(before: View, after: View) -> float | None:
    """USD of the difference in its wallet, all at the same prices; None where nothing is."""
    market, old, new = before.market, before.wallet, after.wallet
    if old == new:
        return None
    stable = (new.stable - old.stable) / 1e18
    gas = (old.wei - new.wei) / 1e18 * market.eth_usd
    tokens = sum(
        (now - then) / 10**terms.decimals * price
        for now, then, terms, price in zip(
            new.tokens, old.tokens, market.terms.assets, market.prices, strict=True
        )
    )
    return float(stable + tokens - gas)


def _of_spot(attacks: Sequence[Attack], measured: float | None) -> dict[str, Any]:
    best = max(attacks, key=lambda attack: attack.profit, default=None)
    if best is None:
        return {}
    return {
        "push": 1 - best.ratio,
        "accounts": len(best.targets),
        "repaid_usd": sum(target.repaid for target in best.targets) / 1e18,
        "cost_usd": best.cost,
        "gain_usd": best.gain,
        "profit_usd": best.profit,
        "measured_usd": measured,
    }


def _of_average(
    attacks: Sequence[Attack], holds: Sequence[Hold], depth: float, view: View
) -> dict[str, Any]:
    swap = view.market.gas_usd(SWAP_GAS, 0)
    weighed = [
        (attack.gain - depth * hold.unit_cost - attack.gas - hold.blocks * swap, attack, hold)
        for attack, hold in zip(attacks, holds, strict=True)
    ]
    if not weighed:
        return {}
    profit, attack, hold = max(weighed, key=lambda each: each[0])
    return {
        "hold_blocks": hold.blocks,
        "hold_push": 1 - hold.ratio,
        "hold_cost_usd": depth * hold.unit_cost,
        "hold_gain_usd": attack.gain,
        "hold_profit_usd": profit,
    }
