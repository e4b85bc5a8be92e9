"""Every engine that is installed, side by side: what is mined on one is mined on all.

A test speaks to the `Arena`; it fails as soon as two engines answer differently, and says
what it expects of the answer they agree on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pytest
from eth_abi import encode

from sim.chain import available_engines, open_engine
from sim.chain.artifacts import load
from sim.chain.engine import (
    GENESIS_TIMESTAMP,
    Block,
    BlockRequest,
    Call,
    CallResult,
    Engine,
    Receipt,
    Status,
    Transaction,
)
from sim.units import GWEI, WAD, Address

BASE_FEE = 7 * GWEI
TIP = 2 * GWEI
FEE_CAP = 100 * GWEI
GAS = 1_000_000
COINBASE = b"\xc0" * 20
SECONDS = 12

Answer = TypeVar("Answer")


def someone(number: int) -> Address:
    """An address nobody else in these tests has."""
    return (0x5EA << 64 | number).to_bytes(20, "big")


SENDER, OTHER, POOR, NEWCOMER = map(someone, range(1, 5))


def data(call: str, *arguments: Any) -> bytes:
    """Call data of the Counter, by signature."""
    types = call[call.index("(") + 1 : -1]
    return load("Counter").selectors[call] + encode(types.split(",") if types else [], arguments)


class Arena:
    """All engines at once. Knows the next nonce of everyone, so that tests need not."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = engines
        self.counter = b""
        self._timestamp = GENESIS_TIMESTAMP

    def all(self, ask: Callable[[Engine], Answer]) -> Answer:
        """The answer of every engine, which is one."""
        answers = {engine.name: ask(engine) for engine in self.engines}
        first, *others = answers.values()
        assert all(answer == first for answer in others), _differences(answers)
        return first

    def transaction(self, **fields: Any) -> Transaction:
        """One of `SENDER`, with its next nonce; it does nothing, unless told."""
        sender = fields.get("sender", SENDER)
        usual = Transaction(
            sender=sender,
            to=OTHER,
            data=b"",
            gas=GAS,
            max_fee=FEE_CAP,
            priority_fee=TIP,
            nonce=self.nonce(sender),
        )
        return usual._replace(**fields)

    def call_counter(self, call: str, *arguments: Any, **fields: Any) -> Transaction:
        return self.transaction(to=self.counter, data=data(call, *arguments), **fields)

    def in_turn(self, *transactions: Transaction) -> list[Transaction]:
        """The same, with nonces that follow one another."""
        seen: dict[Address, int] = {}
        ordered = []
        for transaction in transactions:
            ahead = seen.get(transaction.sender, 0)
            ordered.append(transaction._replace(nonce=transaction.nonce + ahead))
            seen[transaction.sender] = ahead + 1
        return ordered

    def mine(self, *transactions: Transaction, **fields: Any) -> Block:
        self._timestamp += SECONDS
        usual = BlockRequest(transactions, self._timestamp, BASE_FEE, coinbase=COINBASE)
        request = usual._replace(**fields)
        self._timestamp = request.timestamp
        block = self.all(lambda engine: _plain(engine.mine(request)))
        assert self.all(lambda engine: (engine.block_number, engine.timestamp)) == (
            block.number,
            request.timestamp,
        )
        return block

    def receipts(self, *transactions: Transaction, **fields: Any) -> tuple[Receipt, ...]:
        return tuple(self.mine(*transactions, **fields).receipts)

    def receipt(self, transaction: Transaction, **fields: Any) -> Receipt:
        return self.receipts(transaction, **fields)[0]

    def read(self, call: str, *arguments: Any, sender: Address = SENDER) -> CallResult:
        return self.all(
            lambda engine: engine.call([Call(self.counter, data(call, *arguments), sender)])[0]
        )

    def balance(self, address: Address) -> int:
        return self.all(lambda engine: engine.balances([address])[0])

    def nonce(self, address: Address) -> int:
        return self.all(lambda engine: engine.nonces([address])[0])

    def fund(self, address: Address, amount: int) -> None:
        self.all(lambda engine: engine.set_balance(address, amount))

    def rewind(self, snapshots: Sequence[int]) -> None:
        for engine, snapshot in zip(self.engines, snapshots, strict=True):
            engine.restore(snapshot)
        self._timestamp = self.engines[0].timestamp


def _plain(block: Block) -> Block:
    shown = tuple(block.receipts)
    return Block(block.number, block.timestamp, block.base_fee, block.gas_used, shown)


def _differences(answers: dict[str, Any]) -> str:
    (first, expected), *others = answers.items()
    lines = [f"{first}: {expected}"]
    lines += [f"{name}: {answer}" for name, answer in others if answer != expected]
    return "engines differ\n" + "\n".join(lines)


@pytest.fixture(scope="session")
def populated() -> Iterator[tuple[Arena, list[int]]]:
    """One engine of each kind, with a Counter and two rich senders; and where to rewind it to."""
    engines = [open_engine(name) for name in available_engines()]
    arena = Arena(engines)
    try:
        for rich in (SENDER, OTHER):
            arena.fund(rich, 1_000_000 * WAD)
        creation = arena.transaction(to=None, data=load("Counter").bytecode, gas=5_000_000)
        receipt = arena.receipt(creation)
        assert receipt.status == Status.SUCCEEDED
        assert receipt.contract is not None
        arena.counter = receipt.contract
        yield arena, [engine.snapshot() for engine in engines]
    finally:
        for engine in engines:
            engine.close()


@pytest.fixture
def arena(populated: tuple[Arena, list[int]]) -> Arena:
    """Every test starts from the same state."""
    world, start = populated
    world.rewind(start)
    return world
