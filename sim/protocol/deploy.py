"""The whole protocol on an engine: one object that tests, scripts and the model share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from sim.chain.artifacts import load
from sim.chain.engine import Engine
from sim.protocol.abi import Contract
from sim.protocol.script import Script
from sim.scenario import Oracle, Penalty, Ratios, Scenario
from sim.units import MAX_UINT256, WAD, Address, to_units, to_wad

COIN_DECIMALS = 6
POOL_FEE = 0.003
DEPLOYER_WEI = 10**30
FLOAT_USD = 10**12
"""Reserve coin the deployer holds, whole USD: more than anyone needs."""


def address_of(name: str) -> Address:
    """The address of a participant: the last 20 bytes of keccak(name)."""
    return bytes(keccak(text=f"plimsoll/{name}")[12:])


DEPLOYER = address_of("deployer")
GUARDIAN = "guardian"
"""Name of the participant whom the core knows as its guardian."""
MARKET = address_of("market")
"""The world outside: who sold leveraged traders their collateral."""


@dataclass(frozen=True)
class Deployment:
    """Deployed contracts, by role."""

    core: Contract
    lens: Contract
    flash: Contract
    """The FlashLiquidator."""
    stable: Contract
    oracle: Contract
    """Where reporters post."""
    feed: Contract
    """What the core reads: `oracle`, or one over it or over the pools."""
    reserve: Contract
    peg: Contract
    coin: Contract
    """The reserve coin of the PegModule."""
    margin: Contract
    penalty: Contract
    rate: Contract
    tokens: tuple[Contract, ...]
    """Collateral tokens, in the core's asset order."""
    pools: tuple[Contract | None, ...]
    """AmmPool of each collateral against the stable, or None."""
    reporters: tuple[Address, ...]
    period: int
    """Seconds between pokes of the feed; 0 when it needs none."""

    def contracts(self) -> list[Contract]:
        pools = [pool for pool in self.pools if pool]
        named = [v for v in vars(self).values() if isinstance(v, Contract)]
        return list(dict.fromkeys([*named, *self.tokens, *pools]))


def deploy(
    engine: Engine, scenario: Scenario, prices: Sequence[float], not_before: int = 0
) -> tuple[Deployment, Script]:
    """Deploy and wire everything a scenario asks for; `prices` are USD at block 0.

    Pools are seeded at those prices, the Reserve is funded through the PegModule. The
    oracle has reporters but no report yet. `not_before` is a timestamp. The script returned
    can go on with the set-up; its blocks hold every event so far. Raises ContractError when
    a contract refuses.
    """
    engine.set_balance(DEPLOYER, DEPLOYER_WEI)
    script = Script(engine, not_before)
    deployment = _create(script, scenario)
    _wire(script, deployment, scenario)
    _fund(script, deployment, scenario, prices)
    script.flush()
    return deployment, script


def _create(script: Script, scenario: Scenario) -> Deployment:
    def create(name: str, *arguments: object) -> Contract:
        return script.create(DEPLOYER, load(name), arguments)

    stable = create("StableToken", DEPLOYER)
    oracle = create("PriceOracle", DEPLOYER)
    reserve = create("Reserve", DEPLOYER, stable.address)
    coin = create("MockToken", "Reserve Coin", "USDR", COIN_DECIMALS)
    peg = create("PegModule", DEPLOYER, stable.address, coin.address, 0, MAX_UINT256)
    tokens = tuple(
        create("MockToken", asset.symbol, asset.symbol, asset.decimals) for asset in scenario.assets
    )
    pools = tuple(
        create("AmmPool", token.address, stable.address, to_wad(POOL_FEE))
        if asset.pool_depth
        else None
        for token, asset in zip(tokens, scenario.assets, strict=True)
    )
    feed = _feed(script, scenario.oracle, oracle, pools)
    margin = _margin(script, scenario)
    penalty = _penalty(script, scenario.penalty)
    rate = create(
        "KinkedRate",
        *(to_wad(x) for x in (scenario.rate.base, scenario.rate.at_kink, scenario.rate.above)),
        to_wad(scenario.rate.kink),
    )
    core = create(
        "CollateralizedDebt",
        *(c.address for c in (stable, feed, reserve, margin, penalty, rate)),
        [token.address for token in tokens],
        core_config(scenario),
        DEPLOYER,
    )
    return Deployment(
        core=core,
        lens=create("Lens", core.address),
        flash=create("FlashLiquidator", core.address),
        stable=stable,
        oracle=oracle,
        feed=feed,
        reserve=reserve,
        peg=peg,
        coin=coin,
        margin=margin,
        penalty=penalty,
        rate=rate,
        tokens=tokens,
        pools=pools,
        reporters=tuple(address_of(f"reporter-{i}") for i in range(scenario.oracle.reporters)),
        period=scenario.oracle.period if scenario.oracle.source in ("delayed", "twap") else 0,
    )


def ratios_of(scenario: Scenario) -> list[Ratios]:
    """Margin ratios of each asset: its own, or the common ones."""
    return [asset.margin or scenario.margin for asset in scenario.assets]


def _margin(script: Script, scenario: Scenario) -> Contract:
    ratios = ratios_of(scenario)
    return script.create(
        DEPLOYER,
        load("LinearMargin"),
        [
            [to_wad(r.initial) for r in ratios],
            [to_wad(r.maintenance) for r in ratios],
            [to_wad(r.close_out) for r in ratios],
        ],
    )


def _feed(
    script: Script, terms: Oracle, oracle: Contract, pools: Sequence[Contract | None]
) -> Contract:
    match terms.source:
        case "reporters":
            return oracle
        case "delayed":
            arguments: list[object] = [oracle.address, terms.period]
            return script.create(DEPLOYER, load("DelayedOracle"), arguments)
        case _:
            window = terms.period if terms.source == "twap" else 0
            arguments = [[pool.address for pool in pools if pool], window]
            return script.create(DEPLOYER, load("PoolOracle"), arguments)


def _penalty(script: Script, terms: Penalty) -> Contract:
    match terms.model:
        case "fixed":
            return script.create(DEPLOYER, load("FixedPenalty"), [to_wad(terms.fixed)])
        case "health":
            figures = (terms.health_base, terms.health_slope, terms.health_cap)
            arguments = [to_wad(figure) for figure in figures]
            return script.create(DEPLOYER, load("HealthScaledPenalty"), arguments)
        case _:
            auction = (to_wad(terms.dutch_start), to_wad(terms.dutch_cap), terms.dutch_seconds)
            return script.create(DEPLOYER, load("DutchPenalty"), auction)


def core_config(scenario: Scenario) -> tuple[int | bool, ...]:
    """ICollateralizedDebt.Config, in field order."""
    terms = scenario.protocol
    return (
        to_wad(terms.debt_ceiling),
        to_wad(terms.account_ceiling),
        to_wad(terms.min_debt),
        to_wad(terms.min_left),
        to_wad(terms.min_left),
        to_wad(terms.close_factor),
        to_wad(terms.full_liquidation_health),
        to_wad(scenario.penalty.reserve_share),
        0,
        terms.grace,
        terms.call_window,
        to_wad(terms.loss_threshold),
        terms.loss_window,
        terms.cap_toxic,
    )


def _wire(script: Script, system: Deployment, scenario: Scenario) -> None:
    script.send(DEPLOYER, system.stable.set_minter, system.core.address, True)
    script.send(DEPLOYER, system.stable.set_minter, system.peg.address, True)
    script.send(DEPLOYER, system.stable.set_flash_cap, to_wad(scenario.protocol.debt_ceiling))
    script.send(DEPLOYER, system.reserve.set_core, system.core.address)
    script.send(DEPLOYER, system.core.set_guardian, address_of(GUARDIAN))
    for reporter in system.reporters:
        script.send(DEPLOYER, system.oracle.set_reporter, reporter, True)
    for token in system.tokens:
        script.send(
            DEPLOYER,
            system.oracle.set_asset,
            token.address,
            scenario.oracle.max_age,
            to_wad(scenario.oracle.max_deviation),
            scenario.oracle.quorum,
        )


def _fund(script: Script, system: Deployment, scenario: Scenario, prices: Sequence[float]) -> None:
    """Stable comes from the PegModule against reserve coin, so the books balance."""
    coins = FLOAT_USD * 10**COIN_DECIMALS
    script.send(DEPLOYER, system.coin.mint, DEPLOYER, coins)
    script.send(DEPLOYER, system.coin.approve, system.peg.address, MAX_UINT256)
    seeded = sum(asset.pool_depth for asset in scenario.assets)
    mint_stable(script, system, DEPLOYER, to_wad(seeded + scenario.protocol.reserve))
    script.send(
        DEPLOYER, system.stable.transfer, system.reserve.address, to_wad(scenario.protocol.reserve)
    )
    seeds = zip(scenario.assets, system.tokens, system.pools, prices, strict=True)
    for asset, token, pool, price in seeds:
        if pool is None:
            continue
        collateral = to_units(asset.pool_depth / price, asset.decimals)
        script.send(DEPLOYER, token.mint, DEPLOYER, collateral)
        script.send(DEPLOYER, token.approve, pool.address, MAX_UINT256)
        script.send(DEPLOYER, system.stable.approve, pool.address, MAX_UINT256)
        script.send(DEPLOYER, pool.add_liquidity, collateral, to_wad(asset.pool_depth), 0, DEPLOYER)


def mint_stable(script: Script, system: Deployment, to: Address, amount: int) -> None:
    """Queue minting stable to anyone, against the deployer's reserve coin, rounded up to a
    whole unit of the coin."""
    if amount:
        per_coin = WAD // 10**COIN_DECIMALS
        script.send(DEPLOYER, system.peg.mint, -(-amount // per_coin), to)
