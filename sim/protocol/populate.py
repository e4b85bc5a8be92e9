"""Everyone's starting positions: tokens, approvals and open accounts before block 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.protocol.deploy import DEPLOYER, MARKET, Deployment, mint_stable
from sim.protocol.script import Script
from sim.units import MAX_UINT256, Address

SETTLING = 300
"""Seconds before block 0 in which the accounts are opened, where an oracle was poked first."""


@dataclass(frozen=True, slots=True)
class Endowment:
    """What a participant has at block 0; amounts in native units."""

    address: Address
    wei: int
    stable: int = 0
    tokens: dict[int, int] = field(default_factory=dict)
    """Asset index -> amount in the wallet."""
    collateral: dict[int, int] = field(default_factory=dict)
    """Asset index -> amount in its account; none is no account."""
    debt: int = 0
    """Drawn against it and sold outside before the run."""


def populate(
    script: Script,
    system: Deployment,
    endowments: Sequence[Endowment],
    prices: Sequence[int],
    starts_at: int,
) -> None:
    """Endow everyone, post the first prices (WAD) and open the accounts, ending at timestamp
    `starts_at`. Accounts are numbered in the order of those endowments that have one.

    Raises ContractError when a position is refused.
    """
    for one in endowments:
        _endow(script, system, one)
    _warm_up(script, system, prices, starts_at)
    holders = [one for one in endowments if one.collateral]
    for account, one in enumerate(holders, start=1):
        script.send(one.address, system.core.open)
        for asset, amount in one.collateral.items():
            script.send(
                one.address, system.core.deposit, account, system.tokens[asset].address, amount
            )
        if one.debt:
            script.send(one.address, system.core.borrow, account, one.debt, MARKET)
    script.flush()
    for reporter in system.reporters:
        _post(script, system, reporter, prices)
    script.flush(starts_at)


def _endow(script: Script, system: Deployment, one: Endowment) -> None:
    script.pay(DEPLOYER, one.address, one.wei)
    mint_stable(script, system, one.address, one.stable)
    for asset, token in enumerate(system.tokens):
        amount = one.tokens.get(asset, 0) + one.collateral.get(asset, 0)
        if amount:
            script.send(DEPLOYER, token.mint, one.address, amount)
    if one.address in system.reporters:
        return
    spenders = [system.core, *(pool for pool in system.pools if pool)]
    for spender in spenders:
        script.send(one.address, system.stable.approve, spender.address, MAX_UINT256)
    for asset, token in enumerate(system.tokens):
        script.send(one.address, token.approve, system.core.address, MAX_UINT256)
        pool = system.pools[asset]
        if pool:
            script.send(one.address, token.approve, pool.address, MAX_UINT256)


def _warm_up(script: Script, system: Deployment, prices: Sequence[int], starts_at: int) -> None:
    """First prices; an oracle that is poked is poked twice, a period apart."""
    readings = (system.period + SETTLING, SETTLING) if system.period else (None,)
    for early in readings:
        for reporter in system.reporters:
            _post(script, system, reporter, prices)
        if early is not None:
            for token in system.tokens:
                script.send(DEPLOYER, system.feed.poke, token.address)
        script.flush(None if early is None else starts_at - early)


def _post(script: Script, system: Deployment, reporter: Address, prices: Sequence[int]) -> None:
    tokens = [token.address for token in system.tokens]
    script.send(reporter, system.oracle.post, tokens, list(prices))
