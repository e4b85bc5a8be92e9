"""A deployment and the people of a check, at a place that can be gone back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sim.chain.engine import (
    GENESIS_BASE_FEE,
    BlockRequest,
    Engine,
    Receipt,
    Status,
    Transaction,
)
from sim.check.action import Action, Do
from sim.check.edge import Edge
from sim.check.orders import ACCOMPLICE, Orders, Target
from sim.check.state import Reader, State
from sim.errors import LedgerMismatch
from sim.protocol.adapter import Adapter
from sim.protocol.happening import Happening
from sim.protocol.ledger import Ledger
from sim.units import Address

T = TypeVar("T")
BORROWERS = ("borrower", "trader")
KEEPER, STRANGER, LENDER = "keeper", "stranger", "lender"
BANKER = "banker"
"""Has plenty and does nothing but try what must be possible."""
PEOPLE = (*BORROWERS, KEEPER, STRANGER, LENDER, BANKER)
GAS = 6_000_000
"""Of every transaction: what it costs is not the question here."""
BLOCK_GAS = 200_000_000
FEE = 2 * GENESIS_BASE_FEE


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction with the state before and after it, both at its block's time; or time
    passing, which is no transaction."""

    position: int
    """Of its action in the block."""
    action: Action
    sender: Address
    receipt: Receipt | None
    happened: tuple[Happening, ...]
    before: State
    after: State
    amount: int = 0
    """What the action's amount came to, native units; of a price WAD USD."""
    account: int = 0
    """Number of the account it was about; 0 for none."""

    @property
    def ok(self) -> bool:
        return self.receipt is not None and self.receipt.status is Status.SUCCEEDED

    def effects(self, kind: type[T]) -> list[T]:
        return [e for h in self.happened for e in h.effects if isinstance(e, kind)]


@dataclass
class World:
    """Blocks of actions on one deployment. `reset` goes back to its beginning."""

    engine: Engine
    adapter: Adapter
    start: Ledger
    names: Mapping[str, Address]
    ledger: Ledger = field(init=False)
    state: State = field(init=False)
    blocks: int = 0
    """Mined on it so far, probes and repetitions included."""

    def __post_init__(self) -> None:
        self.reader = Reader(self.adapter, list(self.names.values()))
        self.units = self.reader.units
        self._orders = Orders(self.adapter, self.names, Edge(self.reader.book, self.units))
        self.ledger = self.start
        self.state = self.read()
        self.begin_here()

    def begin_here(self) -> None:
        """What was done so far is what every reset goes back to."""
        self.start = self.ledger.copy()
        self._base = self.engine.snapshot()

    def reset(self) -> None:
        self.engine.restore(self._base)
        self.ledger = self.start.copy()
        self.state = self.read()

    def read(self) -> State:
        return self.reader.read(self.engine, self.ledger)

    def block(self, actions: Sequence[Action]) -> Iterator[Step]:
        """Execute actions of one block, the first of which says when it is.

        The state before a transaction is read at the time of its block, so what changes is its
        doing alone: the block is mined with the transactions before it, then again with it.
        """
        begin, time = self.state, self.engine.timestamp + max(actions[0].after, 1)
        mark = self.engine.snapshot()
        self._mine((), time)
        self.ledger.apply((), time)
        before = self.state = self.read()
        yield Step(0, Action(Do.WAIT, after=time - begin.time), b"", None, (), begin, before)
        sent: list[Transaction] = []
        for position, action in enumerate(actions):
            target = self._orders.target(action, before, self.ledger)
            if target is None:
                continue
            sent.append(self._transaction(target))
            self.engine.restore(mark)
            receipt = self._mine(sent, time)[-1]
            happened = self._follow(receipt, time)
            self.state = self.read()
            yield Step(
                position,
                action,
                target.sender,
                receipt,
                happened,
                before,
                self.state,
                target.amount,
                target.account,
            )
            before = self.state

    @property
    def is_hostile(self) -> bool:
        return ACCOMPLICE in self.names

    def give_stable(self, to: Address, amount: int) -> None:
        """From the banker."""
        stable = self.adapter.stable
        data = stable.transfer(to, amount)
        sent = [self._transaction(Target(self.names[BANKER], stable.address, data))]
        time = self.engine.timestamp + 1
        self.ledger.apply(self._mine(sent, time), time)
        self.state = self.read()

    def fork(self) -> tuple[int, Ledger, State]:
        """To try something and `back` from."""
        here = self.engine.snapshot(), self.ledger, self.state
        self.ledger = self.ledger.copy()
        return here

    def back(self, here: tuple[int, Ledger, State]) -> None:
        mark, self.ledger, self.state = here
        self.engine.restore(mark)

    def _mine(self, transactions: Sequence[Transaction], time: int) -> Sequence[Receipt]:
        self.blocks += 1
        request = BlockRequest(tuple(transactions), time, GENESIS_BASE_FEE, BLOCK_GAS)
        return self.engine.mine(request).receipts

    def _follow(self, receipt: Receipt, time: int) -> tuple[Happening, ...]:
        """What happened, in the books. Raises LedgerMismatch where an event names an account
        that is not there."""
        there = "an event names an account that is not there"
        try:
            happened = tuple(self.ledger.apply([receipt], time))
        except LookupError:
            raise LedgerMismatch(there) from None
        named = [getattr(effect, "account", 1) for h in happened for effect in h.effects]
        if not all(0 < account <= max(len(self.ledger), 1) for account in named):
            raise LedgerMismatch(there)
        return happened

    def _transaction(self, target: Target) -> Transaction:
        """At the sender's next nonce on the engine as it stands."""
        nonce = self.engine.nonces([target.sender])[0]
        return Transaction(target.sender, target.to, target.data, GAS, FEE, 0, nonce)
