"""What a lending contract finds around it: tokens, pools, an oracle with reporters, people.

The same for every contract, so that what differs between two runs is the contract.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.intent import Poke, Swap
from sim.protocol.abi import Contract
from sim.protocol.adapter import Adapter, Order
from sim.protocol.names import DEPLOYER, address_of
from sim.protocol.script import Script
from sim.protocol.terms import POOL_FEE
from sim.scenario import Oracle, Scenario
from sim.units import MAX_UINT256, Address, to_units, to_wad

POKE_GAS, SWAP_GAS = 150_000, 160_000


def surround(script: Script, adapter: Adapter) -> None:
    """Queue the creation of everything around the contract, and hand it to the adapter."""
    scenario = adapter.scenario
    adapter.stable = adapter.issue(script)
    adapter.oracle = script.create(DEPLOYER, adapter.artifact("PriceOracle"), [DEPLOYER])
    adapter.prepare(script)
    adapter.tokens = tuple(
        script.create(
            DEPLOYER, adapter.artifact("MockToken"), [asset.symbol, asset.symbol, asset.decimals]
        )
        for asset in scenario.assets
    )
    adapter.pools = tuple(
        script.create(
            DEPLOYER,
            adapter.artifact("AmmPool"),
            [token.address, adapter.stable.address, to_wad(POOL_FEE)],
        )
        if asset.pool_depth
        else None
        for token, asset in zip(adapter.tokens, scenario.assets, strict=True)
    )
    adapter.feed = _feed(script, adapter, scenario.oracle)
    adapter.reporters = tuple(address_of(f"reporter-{i}") for i in range(scenario.oracle.reporters))
    pokes = scenario.oracle.source in ("delayed", "twap")
    adapter.period = scenario.oracle.period if pokes else 0


def _feed(script: Script, adapter: Adapter, terms: Oracle) -> Contract:
    match terms.source:
        case "reporters":
            return adapter.oracle
        case "delayed":
            arguments: list[object] = [adapter.oracle.address, terms.period]
            return script.create(DEPLOYER, adapter.artifact("DelayedOracle"), arguments)
        case _:
            window = terms.period if terms.source == "twap" else 0
            arguments = [[pool.address for pool in adapter.pools if pool], window]
            return script.create(DEPLOYER, adapter.artifact("PoolOracle"), arguments)


def list_assets(script: Script, adapter: Adapter) -> None:
    """The oracle knows its reporters and its rules."""
    terms = adapter.scenario.oracle
    for reporter in adapter.reporters:
        script.send(DEPLOYER, adapter.oracle.set_reporter, reporter, True)
    for token in adapter.tokens:
        script.send(
            DEPLOYER,
            adapter.oracle.set_asset,
            token.address,
            terms.max_age,
            to_wad(terms.max_deviation),
            terms.quorum,
        )


def seeded(scenario: Scenario) -> int:
    """Stable that all pools are seeded with."""
    return to_wad(sum(asset.pool_depth for asset in scenario.assets))


def seed_pools(script: Script, adapter: Adapter, prices: Sequence[float]) -> None:
    """With the deployer's stable, at USD prices."""
    stable = adapter.stable
    seeds = zip(adapter.scenario.assets, adapter.tokens, adapter.pools, prices, strict=True)
    for asset, token, pool, price in seeds:
        if pool is None:
            continue
        collateral = to_units(asset.pool_depth / price, asset.decimals)
        script.send(DEPLOYER, token.mint, DEPLOYER, collateral)
        script.send(DEPLOYER, token.approve, pool.address, MAX_UINT256)
        script.send(DEPLOYER, stable.approve, pool.address, MAX_UINT256)
        script.send(DEPLOYER, pool.add_liquidity, collateral, to_wad(asset.pool_depth), 0, DEPLOYER)


def poke(adapter: Adapter, intent: Poke) -> Order:
    feed = adapter.feed
    return Order(feed.address, feed.poke(adapter.tokens[intent.asset].address), POKE_GAS)


def swap(adapter: Adapter, intent: Swap, sender: Address) -> Order:
    """Raises ValueError where the collateral has no pool."""
    pool = adapter.pools[intent.pool]
    if pool is None:
        raise ValueError(f"asset {intent.pool} has no pool")
    sold = adapter.stable if intent.sell_stable else adapter.tokens[intent.pool]
    data = pool.swap(sold.address, intent.amount_in, intent.min_out, sender)
    return Order(pool.address, data, SWAP_GAS)
