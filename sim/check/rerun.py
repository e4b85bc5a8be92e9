"""A run's transactions after its set-up, executed again and again: in parts, or told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.chain.engine import GENESIS_BASE_FEE, BlockRequest, Engine, Receipt
from sim.check.runner import BOOKS
from sim.check.sent import Sent, in_blocks, request
from sim.check.state import State
from sim.check.watch import Watch, invariant_of
from sim.errors import ContractError, LedgerMismatch
from sim.model import StressModel
from sim.protocol.adapter import Adapter
from sim.protocol.names import DEPLOYER
from sim.protocol.system import System
from sim.units import Address

MOST = 20_000
"""Transactions executed to make a case smaller."""


class Rerun:
    """Of one scenario and seed, on an engine that nothing was run on."""

    def __init__(self, adapter: Adapter, engine: Engine, seed: int) -> None:
        self.adapter, self.engine = adapter, engine
        model = StressModel(adapter.scenario, rng=seed, engine=engine, adapter=adapter)
        self.names: dict[str, Address] = {agent.name: agent.address for agent in model.agents}
        self.names["deployer"] = DEPLOYER
        self._books, self._watch = model.system.ledger, Watch(adapter)
        self._base = engine.snapshot()
        self.executed = 0

    def broken(self, sent: Sequence[Sent], invariant: str, until: int) -> str:
        """What these break of it, looked at after the last and not before `until`; empty when
        nothing."""
        system = self._begin()
        try:
            for block in in_blocks(sent):
                self._mine(block, system)
            self._wait(until, system)
            return self._answer(invariant, system)
        except (ContractError, LedgerMismatch) as error:
            return str(error) if invariant_of(error) == invariant else ""

    def steps(self, sent: Sequence[Sent]) -> Iterator[tuple[Sent, Receipt, State, State]]:
        """Each with the state before and after it, both at its block's time."""
        system = self._begin()
        for block in in_blocks(sent):
            mark, books = self.engine.snapshot(), system.ledger
            system = System(self.adapter, books.copy())
            self._wait(block[0].time, system)
            before = self._watch.reader.read(self.engine, system.ledger)
            for count in range(1, len(block) + 1):
                self.engine.restore(mark)
                system = System(self.adapter, books.copy())
                receipt = self._mine(block[:count], system)[-1]
                after = self._watch.reader.read(self.engine, system.ledger)
                yield block[count - 1], receipt, before, after
                before = after

    def fewest(self, sent: Sequence[Sent], invariant: str, until: int) -> list[Sent]:
        """Delta debugging, for as long as is worth it: people are left out, then transactions."""
        most = self.executed + MOST
        kept = list(sent)

        def still(fewer: list[Sent]) -> bool:
            return self.executed < most and bool(self.broken(fewer, invariant, until))

        for who in dict.fromkeys(each.sender for each in sent):
            fewer = [each for each in kept if each.sender != who]
            kept = fewer if still(fewer) else kept
        size = max(len(kept) // 2, 1)
        while size and self.executed < most:
            for end in range(len(kept), 0, -size):
                fewer = [*kept[: max(end - size, 0)], *kept[end:]]
                kept = fewer if still(fewer) else kept
            size //= 2
        return kept

    def _wait(self, until: int, system: System) -> None:
        if self.engine.timestamp < until:
            self.engine.mine(BlockRequest((), until, GENESIS_BASE_FEE))
            system.follow((), until)

    def _begin(self) -> System:
        self.engine.restore(self._base)
        return System(self.adapter, self._books.copy())

    def _mine(self, block: Sequence[Sent], system: System) -> Sequence[Receipt]:
        receipts = self.engine.mine(request(self.engine, block)).receipts
        self.executed += len(block)
        system.follow(receipts, block[0].time)
        return receipts

    def _answer(self, invariant: str, system: System) -> str:
        system.look_at_prices(self.engine)
        if invariant == BOOKS:
            return self._watch.audit(self.engine, system)
        return dict(self._watch.look(self.engine, system)).get(invariant, "")
