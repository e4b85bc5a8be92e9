"""Shipped scenarios, short, with what must be true of any state looked at every block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sim.chain.engine import Engine
from sim.check.action import Action, Do
from sim.check.rules.declared import Declared
from sim.check.rules.rule import Rule
from sim.check.rules.solvency import solvency, valuation
from sim.check.runner import BOOKS
from sim.check.state import Reader, State
from sim.check.target import Target
from sim.check.world import Step
from sim.errors import LedgerMismatch, ScenarioError
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.scenario import Scenario, load, names

NEEDS_A_FILE = ("replay",)
FIRST = ("black-thursday", "flash-crash")
BLOCKS, TRADERS = 240, 40
"""Of a short run: it takes its whole time, in longer blocks, with fewer people."""
LOOKED_AT: tuple[Rule, ...] = (solvency, valuation)


@dataclass
class Trial:
    """A scenario that was run on the contract."""

    scenario: str
    blocks: int = 0
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)
    """Invariant -> sentence, of the first block in which it was."""

    @property
    def liquidations(self) -> int:
        return len(self.tables["liquidations"])

    @property
    def summary(self) -> dict[str, Any]:
        """Every figure of the run; see `sim.metrics.summary`."""
        return summarise(self.tables)


def applicable(target: Target) -> Iterator[str]:
    """Shipped scenarios that the contract is able to live."""
    for name in sorted(
        set(names()) - set(NEEDS_A_FILE), key=lambda name: (name not in FIRST, name)
    ):
        try:
            target.make(short(name, target))
        except ScenarioError:
            continue
        yield name


def short(
    name: str, target: Target, blocks: int = BLOCKS, overrides: tuple[str, ...] = ()
) -> Scenario:
    """The scenario on that contract, the whole of it, in so many blocks."""
    whole = load(name).run
    blocks = min(whole.blocks, blocks)
    return load(
        name,
        (
            f"run.blocks={blocks}",
            f"run.block_seconds={whole.blocks * whole.block_seconds // blocks}",
            f"traders.count={TRADERS}",
            *overrides,
            f"protocol.contract={target.protocol}",
        ),
    )


def trial(
    target: Target,
    scenario: Scenario,
    engine: Engine,
    seed: int | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Trial:
    """Run until its end, or until `enough` says so, on an engine that nothing was run on."""
    adapter = target.make(scenario)
    model = StressModel(adapter.scenario, rng=seed, engine=engine, adapter=adapter)
    reader, declared, done = Reader(adapter, []), Declared.of(adapter), Trial(scenario.name)
    promises = adapter.invariants()
    while model.running and not enough():
        model.step()
        done.blocks += 1
        state = reader.read(engine, model.system.ledger)
        for rule in LOOKED_AT:
            _note(done, rule.name, rule.of(_still(state), declared))
        for promise, holds in promises.items():
            _note(done, promise, holds(engine, model.system.ledger))
    try:
        model.audit()
        _note(done, BOOKS, "")
    except LedgerMismatch as error:
        _note(done, BOOKS, str(error))
    done.tables = model.tables()
    return done


def _still(state: State) -> Step:
    return Step(0, Action(Do.WAIT), b"", None, (), state, state)


def _note(done: Trial, name: str, answer: str | None) -> None:
    if answer is not None:
        done.tried[name] += 1
    if answer:
        done.broken.setdefault(name, f"block {done.blocks} of {done.scenario}: {answer}")
