"""The worlds of a check: one deployment with few rich people, terms tight enough to meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.chain.artifacts import Artifact, load
from sim.chain.engine import Engine
from sim.check.orders import ACCOMPLICE
from sim.check.world import LENDER, PEOPLE, World
from sim.protocol.adapter import Ability, Adapter
from sim.protocol.establish import establish
from sim.protocol.ledger import Ledger
from sim.protocol.names import DEPLOYER, GUARDIAN, address_of
from sim.protocol.populate import Endowment
from sim.protocol.script import Script
from sim.scenario import Scenario, validate
from sim.units import MAX_UINT256, WAD, Address, to_wad

MakeAdapter = Callable[[Scenario, Mapping[str, Artifact]], Adapter]
PRICES = (100.0, 2_000.0)
STARTS_AT = 1_600_000_000
WEI = 10**24
STABLE = 10**6 * WAD
TOKENS = 2_000
"""Whole tokens of each collateral."""

ASSETS = [
    {"symbol": "ETH", "pool_depth": 0},
    {"symbol": "BTC", "decimals": 8, "pool_depth": 0},
]
TERMS = {
    "margin": {"initial": 0.3, "maintenance": 0.2, "close_out": 0.15},
    "penalty": {"fixed": 0.08, "reserve_share": 0.2},
    "oracle": {"reporters": 1, "quorum": 1, "max_age": 3_600, "max_deviation": 0},
}
PROTOCOL = {
    "call_window": 3_600,
    "debt_ceiling": 100_000,
    "account_ceiling": 50_000,
    "min_debt": 100,
    "min_left": 10,
    "loss_threshold": 2_000,
    "reserve": 1_000,
}
GRACE = 600


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the worlds that a contract is looked at in."""

    name: str
    grace: int = 0
    hostile: bool = False


KINDS = (Kind("plain"), Kind("patient", grace=GRACE), Kind("hostile", hostile=True))


def kinds(abilities: Ability) -> list[Kind]:
    """Those that differ for a contract of these abilities."""
    return [kind for kind in KINDS if not kind.grace or Ability.MARGIN_CALLS in abilities]


def scenario_of(kind: Kind, contract: str = "plimsoll", assets: int = len(ASSETS)) -> Scenario:
    """The terms of a world, with the first so many collaterals."""
    protocol = {**PROTOCOL, "grace": kind.grace, "contract": contract}
    terms = {**TERMS, "name": kind.name, "protocol": protocol, "assets": ASSETS[:assets]}
    return validate(terms, "check")


def build(engine: Engine, scenario: Scenario, hostile: bool, make: MakeAdapter) -> World:
    """Deploy on an engine that nothing was run on. Raises ContractError when that fails."""
    adapter = make(scenario, {"MockToken": load("HostileToken")} if hostile else {})
    names = {name: address_of(f"check-{name}") for name in PEOPLE}
    names[GUARDIAN] = address_of(GUARDIAN)
    lent = to_wad(scenario.protocol.debt_ceiling) if Ability.LENDERS in adapter.abilities else 0
    endowments = [
        _endowment(scenario, who, lent if name == LENDER else 0) for name, who in names.items()
    ]
    reporters = [address_of(f"reporter-{i}") for i in range(scenario.oracle.reporters)]
    endowments += [Endowment(reporter, WEI) for reporter in reporters]
    system = establish(
        engine, scenario, PRICES[: len(scenario.assets)], endowments, STARTS_AT, adapter
    )
    names["owner"] = DEPLOYER
    if hostile:
        names[ACCOMPLICE] = _accomplice(engine, adapter, system.ledger)
    return World(engine, adapter, system.ledger, names)


def _endowment(scenario: Scenario, who: Address, lent: int) -> Endowment:
    tokens = {i: TOKENS * 10**asset.decimals for i, asset in enumerate(scenario.assets)}
    return Endowment(who, WEI, STABLE, tokens, lent=lent)


def _accomplice(engine: Engine, adapter: Adapter, ledger: Ledger) -> Address:
    """Created and given tokens and stable, approved; the first collateral lets it strike."""
    token, other, stable = adapter.tokens[0], adapter.tokens[-1], adapter.stable
    script = Script(engine)
    contract = script.create(DEPLOYER, load("Accomplice"))
    me, giver = contract.address, address_of(f"check-{PEOPLE[0]}")
    engine.set_balance(me, WEI)
    script.send(giver, stable.transfer, me, STABLE // 10)
    for coin, asset in zip(adapter.tokens, adapter.scenario.assets, strict=True):
        script.send(DEPLOYER, coin.mint, me, TOKENS * 10**asset.decimals)
    script.flush()
    for spender in adapter.spenders():
        for coin in {stable, token, other}:
            script.send(me, coin.approve, spender.address, MAX_UINT256)
    script.send(DEPLOYER, token.set_accomplice, me)
    script.flush()
    for block in script.blocks:
        ledger.apply(block.receipts, block.timestamp)
    return me
