"""Blocks executed in process by revm, through the native module of `engine/`.

A block crosses into native code once and comes back as a whole; receipts become Python
objects where someone looks. Its whole state can be forked in microseconds and kept in a
file, so that a populated protocol is deployed once for all runs of a study.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap
from pathlib import Path
from typing import Any, Self

from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    CHAIN_ID,
    GENESIS_BASE_FEE,
    GENESIS_TIMESTAMP,
    MAX_TRANSACTION_GAS,
    Block,
    BlockRequest,
    Branch,
    Call,
    CallResult,
    Log,
    Receipt,
    Refusal,
    Status,
)
from sim.errors import EngineError
from sim.units import Address

_REFUSALS = tuple(Refusal)


def _receipt(row: Any) -> Receipt:
    """Of what the native module knows of a transaction."""
    if isinstance(row, int):
        return Receipt(Status.REFUSED, 0, 0, (), refusal=_REFUSALS[row])
    succeeded, gas_used, price, logs, output, contract = row
    return Receipt(
        Status.SUCCEEDED if succeeded else Status.REVERTED,
        gas_used,
        price,
        tuple(Log(*log) for log in logs),
        output,
        contract,
    )


class RevmEngine:
    """See `sim.chain.engine.Engine`. Raises EngineError when the native module was not built.

    A value of the wrong type is a TypeError, one out of its range a ValueError.
    """

    name = "revm"
    mine: Callable[[BlockRequest], Block]
    """The native one itself: a frame of Python would take a small block a twentieth longer."""

    def __init__(
        self, *, timestamp: int = GENESIS_TIMESTAMP, base_fee: int = GENESIS_BASE_FEE
    ) -> None:
        self._wrap(_native().Engine(CHAIN_ID, timestamp, base_fee, BLOCK_GAS_LIMIT))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The chain that `dump` wrote. Raises EngineError when the file is not a sound one."""
        return cls._over(_native().Engine.load(path))

    @classmethod
    def _over(cls, engine: Any) -> Self:
        self = cls.__new__(cls)
        self._wrap(engine)
        return self

    def _wrap(self, engine: Any) -> None:
        self._engine = engine
        self.mine = engine.mine

    @property
    def block_number(self) -> int:
        return int(self._engine.block_number)

    @property
    def timestamp(self) -> int:
        return int(self._engine.timestamp)

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return list(starmap(CallResult, self._engine.call(calls, MAX_TRANSACTION_GAS)))

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        return list(self._engine.balances(addresses))

    def nonces(self, addresses: Sequence[Address]) -> list[int]:
        return list(self._engine.nonces(addresses))

    def set_balance(self, address: Address, amount: int) -> None:
        self._engine.set_balance(address, amount)

    def snapshot(self) -> int:
        return int(self._engine.snapshot())

    def restore(self, snapshot: int) -> None:
        self._engine.restore(snapshot)

    def watch_branches(self) -> None:
        """See `sim.chain.engine.Watching`; a fork does not watch."""
        self._engine.watch_branches()

    def new_branches(self) -> list[Branch]:
        return list(self._engine.new_branches())

    def fork(self) -> Self:
        """Another engine that goes on from here; neither sees what the other does next."""
        return self._over(self._engine.fork())

    def dump(self, path: Path | str) -> None:
        """Write the chain, without snapshots, into a file. Equal chains make equal files."""
        self._engine.dump(path)

    def close(self) -> None:
        """Nothing to end: memory is freed with the engine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _native() -> Any:
    try:
        import plimsoll_engine
    except ImportError:
        raise EngineError(
            "The native engine is not built: `make setup` builds it where cargo is installed."
        ) from None
    plimsoll_engine.raise_as(EngineError)
    plimsoll_engine.show_as(_receipt, Block)
    Sequence.register(plimsoll_engine.Receipts)
    return plimsoll_engine
