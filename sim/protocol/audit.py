"""The ledger held against the chain, to the last unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.chain.engine import Call, Engine
from sim.errors import LedgerMismatch
from sim.protocol.abi import Contract, Method, Word
from sim.protocol.deploy import Deployment
from sim.protocol.ledger import Ledger, debt_up
from sim.units import Address

BATCH = 200
"""Accounts in one Lens call; each costs it memory."""


def audit(engine: Engine, system: Deployment, ledger: Ledger) -> int:
    """Compare every account, total, price, pool and balance; the number of figures compared.

    Raises LedgerMismatch with the first that differs.
    """
    compared = 0
    for name, ours, theirs in _pairs(engine, system, ledger):
        compared += 1
        if ours != theirs:
            raise LedgerMismatch(
                f"block {engine.block_number}: {name} is {ours} in the ledger and {theirs} on chain"
            )
    return compared


def _pairs(
    engine: Engine, system: Deployment, ledger: Ledger
) -> Iterator[tuple[str, object, object]]:
    totals = _read(engine, system.core.totals)
    index = ledger.index_at(engine.timestamp)
    yield "index", index, totals[2]
    yield "total debt", debt_up(ledger.total_shares, index), totals[0]
    yield "total shares", ledger.total_shares, totals[1]
    yield "unminted", ledger.unminted_at(index), totals[3]
    yield "bad debt", ledger.bad_debt, totals[4]
    yield "number of accounts", len(ledger), _read(engine, system.core.account_count)
    yield from _accounts(engine, system, ledger, index)
    for asset, token in enumerate(system.tokens):
        price = (ledger.oracle.prices[asset], ledger.oracle.is_valid(asset, engine.timestamp))
        yield f"price of asset {asset}", price, _read(engine, system.feed.price, token.address)
        pool = system.pools[asset]
        if pool:
            yield f"pool of asset {asset}", ledger.pools[asset], _read(engine, pool.reserves)
    yield "supply of the stable", ledger.stable_supply, _read(engine, system.stable.totalSupply)
    for token in (system.stable, system.coin, *system.tokens):
        yield from _balances(engine, token, ledger)


def _accounts(
    engine: Engine, system: Deployment, ledger: Ledger, index: int
) -> Iterator[tuple[str, object, object]]:
    for start in range(1, len(ledger) + 1, BATCH):
        states = _read(engine, system.lens.accounts, start, BATCH)
        positions = _read(engine, system.lens.positions, start, BATCH)
        for state, position in zip(states, positions, strict=True):
            account, owner, shares, called_at, amounts = state
            row = account - 1
            where = f"account {account}: "
            yield where + "owner", ledger.owners[row].hex(), owner.removeprefix("0x")
            yield where + "shares", ledger.shares[row], shares
            yield where + "margin call", ledger.standing_call(row, engine.timestamp), called_at
            yield where + "collateral", ledger.amounts[row], list(amounts)
            yield where + "value", ledger.value_of(row), position[0]
            yield where + "debt", debt_up(ledger.shares[row], index), position[1]


def _balances(
    engine: Engine, token: Contract, ledger: Ledger
) -> Iterator[tuple[str, object, object]]:
    held = ledger.balances[token.address]
    holders: list[Address] = list(held)
    results = engine.call([Call(token.address, token.balanceOf(h)) for h in holders])
    for holder, result in zip(holders, results, strict=True):
        chain = int.from_bytes(result.output, "big")
        yield f"{token.name} {token.address.hex()} of {holder.hex()}", held[holder], chain


def _read(engine: Engine, method: Method, *arguments: Word) -> Any:
    result = engine.call([Call(method.to, method(*arguments))])[0]
    return method.decode(result.output)
