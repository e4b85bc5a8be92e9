"""The terms of a scenario as a contract of certain abilities has them."""

from __future__ import annotations

from agents.market import AssetTerms, Terms
from sim.protocol.adapter import Ability, Adapter
from sim.protocol.margin import ratios_of
from sim.units import to_wad

POOL_FEE = 0.003


def terms_of(adapter: Adapter) -> Terms:
    """What agents know of a contract."""
    scenario, abilities = adapter.scenario, adapter.abilities
    protocol, oracle, penalty = scenario.protocol, scenario.oracle, scenario.penalty
    terms = Terms(
        assets=tuple(
            AssetTerms(
                symbol=asset.symbol,
                decimals=asset.decimals,
                initial=ratios.initial,
                maintenance=ratios.maintenance,
                close_out=ratios.close_out,
                pool_fee=POOL_FEE if asset.pool_depth else None,
            )
            for asset, ratios in zip(scenario.assets, ratios_of(scenario), strict=True)
        ),
        min_debt=to_wad(protocol.min_debt),
        max_penalty=penalty.largest,
        grace=protocol.grace,
        block_seconds=scenario.run.block_seconds,
        opens=Ability.OPENS in abilities,
        partial=Ability.PARTIAL_LIQUIDATION in abilities,
        close_factor=protocol.close_factor,
        full_liquidation_health=protocol.full_liquidation_health,
        reserve_share=penalty.reserve_share,
        penalty_floor=min(penalty.liquidator_floor, penalty.largest),
        penalty_rise=penalty.rise,
        oracle_window={"spot": 0, "twap": oracle.period}.get(oracle.source),
        oracle_period=oracle.period if oracle.source in ("delayed", "twap") else 0,
    )
    return adapter.terms(terms)
