"""The ledger held against the chain, to the last unit."""

from __future__ import annotations

from collections.abc import Iterator

from sim.chain.engine import Call, Engine
from sim.errors import LedgerMismatch
from sim.protocol.abi import Contract, read
from sim.protocol.adapter import Adapter, Figure
from sim.protocol.ledger import Ledger, tokens_of
from sim.units import Address


def audit(engine: Engine, adapter: Adapter, ledger: Ledger) -> int:
    """Compare every account, total, price, pool and balance; the number of figures compared.

    Raises LedgerMismatch with the first that differs.
    """
    compared = 0
    for figure in _figures(engine, adapter, ledger):
        compared += 1
        if figure.ours != figure.theirs:
            raise LedgerMismatch(
                f"block {engine.block_number}: {figure.name} is {figure.ours} in the ledger and "
                f"{figure.theirs} on chain{_hint(adapter)}"
            )
    return compared


def _hint(adapter: Adapter) -> str:
    """Where to look, when it is not Plimsoll's own adapter."""
    if type(adapter).__module__.startswith("sim."):
        return ""
    return f": the adapter {adapter.name} misses an event, or has its effects wrong"


def _figures(engine: Engine, adapter: Adapter, ledger: Ledger) -> Iterator[Figure]:
    yield from adapter.figures(engine, ledger)
    oracle = ledger.oracle
    for asset, token in enumerate(adapter.tokens):
        price = (oracle.prices[asset], oracle.is_valid(asset, engine.timestamp))
        yield Figure(
            f"price of asset {asset}", price, read(engine, adapter.feed.price, token.address)
        )
        pool = adapter.pools[asset]
        if pool:
            yield Figure(f"pool of asset {asset}", ledger.pools[asset], read(engine, pool.reserves))
    supply = read(engine, adapter.stable.totalSupply)
    yield Figure("supply of the stable", ledger.stable_supply, supply)
    for contract in tokens_of(adapter):
        yield from _balances(engine, contract, ledger)


def _balances(engine: Engine, token: Contract, ledger: Ledger) -> Iterator[Figure]:
    held = ledger.balances[token.address]
    holders: list[Address] = list(held)
    results = engine.call([Call(token.address, token.balanceOf(h)) for h in holders])
    for holder, result in zip(holders, results, strict=True):
        chain = int.from_bytes(result.output, "big")
        name = f"{token.name} {token.address.hex()} of {holder.hex()}"
        yield Figure(name, held[holder], chain)
