"""What must be true of any state of a run, whatever led to it."""

from __future__ import annotations

from collections.abc import Iterator

from sim.chain.engine import Engine
from sim.check.action import Action, Do
from sim.check.rules.declared import Declared
from sim.check.rules.rule import Rule
from sim.check.rules.solvency import solvency, valuation
from sim.check.runner import BOOKS, VIEWS
from sim.check.state import Reader, State
from sim.check.world import Step
from sim.errors import AdapterError, ContractError, LedgerMismatch
from sim.protocol.adapter import Adapter
from sim.protocol.system import System

LOOKED_AT: tuple[Rule, ...] = (solvency, valuation)


class Watch:
    """Over one deployment."""

    def __init__(self, adapter: Adapter) -> None:
        self.reader = Reader(adapter, [])
        self._declared = Declared.of(adapter)
        self._promises = adapter.invariants()

    def look(self, engine: Engine, system: System) -> Iterator[tuple[str, str]]:
        """(invariant, what is broken) of each that says something."""
        state = self.reader.read(engine, system.ledger)
        for rule in LOOKED_AT:
            answer = rule.of(_still(state), self._declared)
            if answer is not None:
                yield rule.name, answer
        for name, promise in self._promises.items():
            yield name, promise(engine, system.ledger)

    def audit(self, engine: Engine, system: System) -> str:
        """What is wrong in the books; empty when nothing is."""
        try:
            system.audit(engine)
        except LedgerMismatch as error:
            return str(error)
        return ""


def invariant_of(error: ContractError | LedgerMismatch) -> str:
    """The one that an error of a run breaks. Raises it where it is the adapter's own."""
    if isinstance(error, AdapterError):
        raise error
    return BOOKS if isinstance(error, LedgerMismatch) else VIEWS


def _still(state: State) -> Step:
    return Step(0, Action(Do.WAIT), b"", None, (), state, state)
