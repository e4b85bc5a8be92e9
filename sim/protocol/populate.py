"""Everyone's starting positions: tokens, approvals and open accounts before block 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.intent import Bid, Borrow, Deposit, Intent, Lend, Open, Poke, Post
from sim.protocol.adapter import Ability, Adapter, Who
from sim.protocol.names import DEPLOYER, MARKET
from sim.protocol.script import Script
from sim.protocol.surroundings import poke
from sim.units import MAX_UINT256, Address

FREE = Bid(tip=0, max_fee=0)
"""Set-up bids for nothing."""
SETTLING = 300
"""Seconds before block 0 in which the accounts are opened, where an oracle was poked first."""


@dataclass(frozen=True, slots=True)
class Endowment:
    """What a participant has at block 0; amounts in native units. One without wei is a further
    account of someone endowed before."""

    address: Address
    wei: int
    stable: int = 0
    tokens: dict[int, int] = field(default_factory=dict)
    """Asset index -> amount in the wallet."""
    coin: int = 0
    """Reserve coin of the stable, a whole one 10^18 whatever its decimals."""
    collateral: dict[int, int] = field(default_factory=dict)
    """Asset index -> amount in its account; none is no account."""
    debt: int = 0
    """Drawn against it and sold outside before the run."""
    lent: int = 0
    """Stable it has lent to the protocol, besides what is in its wallet."""


def populate(
    script: Script,
    adapter: Adapter,
    endowments: Sequence[Endowment],
    prices: Sequence[int],
    starts_at: int,
) -> None:
    """Endow everyone, post the first prices (WAD) and open the accounts, ending at timestamp
    `starts_at`. Accounts are numbered in the order of those endowments that have one.

    Raises ContractError when a position is refused.
    """
    for one in endowments:
        _endow(script, adapter, one)
    _warm_up(script, adapter, prices, starts_at)
    for one in endowments:
        _lend(script, adapter, one)
    holders = [one for one in endowments if one.collateral]
    for account, one in enumerate(holders, start=1):
        _enter(script, adapter, account, one)
    script.flush()
    adapter.begin(script)
    for reporter in adapter.reporters:
        _post(script, adapter, reporter, prices)
    script.flush(starts_at)


def _endow(script: Script, adapter: Adapter, one: Endowment) -> None:
    if one.wei:
        script.pay(DEPLOYER, one.address, one.wei)
    adapter.fund(script, one.address, one.stable + one.lent)
    if one.coin:
        adapter.endow_coin(script, one.address, one.coin)
    for asset, token in enumerate(adapter.tokens):
        amount = one.tokens.get(asset, 0) + one.collateral.get(asset, 0)
        if amount:
            script.send(DEPLOYER, token.mint, one.address, amount)
    if one.address in adapter.reporters or not one.wei:
        return
    spenders = adapter.spenders()
    for spender in [*spenders, *(pool for pool in adapter.pools if pool)]:
        script.send(one.address, adapter.stable.approve, spender.address, MAX_UINT256)
    for token, pool in zip(adapter.tokens, adapter.pools, strict=True):
        for spender in [*spenders, pool] if pool else spenders:
            script.send(one.address, token.approve, spender.address, MAX_UINT256)


def _lend(script: Script, adapter: Adapter, one: Endowment) -> None:
    if one.lent:
        who = Who(one.address, one.address, one.address)
        script.order(one.address, adapter.order(Lend(bid=FREE, amount=one.lent), who), "Lend")


def _enter(script: Script, adapter: Adapter, account: int, one: Endowment) -> None:
    """Open the account, put the collateral in, draw the debt and sell it to the world."""
    pays = Ability.PAYS_ANYONE in adapter.abilities
    opens = Ability.OPENS in adapter.abilities
    who = Who(one.address, MARKET if pays else one.address, one.address, next(iter(one.collateral)))

    def do(intent: Intent) -> None:
        script.order(one.address, adapter.order(intent, who), type(intent).__name__)

    if opens:
        do(Open(bid=FREE))
    for number, (asset, amount) in enumerate(one.collateral.items()):
        target = account if opens or number else 0
        do(Deposit(bid=FREE, account=target, asset=asset, amount=amount))
    if one.debt:
        do(Borrow(bid=FREE, account=account, amount=one.debt))
        if not pays:
            script.send(one.address, adapter.stable.transfer, MARKET, one.debt)


def _warm_up(script: Script, adapter: Adapter, prices: Sequence[int], starts_at: int) -> None:
    """First prices; an oracle that is poked is poked twice, a period apart."""
    readings = (adapter.period + SETTLING, SETTLING) if adapter.period else (None,)
    for early in readings:
        for reporter in adapter.reporters:
            _post(script, adapter, reporter, prices)
        if early is not None:
            for asset in range(len(adapter.tokens)):
                script.order(DEPLOYER, poke(adapter, Poke(bid=FREE, asset=asset)), "poke")
        script.flush(None if early is None else starts_at - early)


def _post(script: Script, adapter: Adapter, reporter: Address, prices: Sequence[int]) -> None:
    order = adapter.post(Post(bid=FREE, prices=tuple(prices)))
    script.order(reporter, order, "post")
