"""Shipped scenarios, short, with what must be true of any state looked at every block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sim.chain.engine import Engine
from sim.chain.tape import Tape
from sim.check.runner import BOOKS
from sim.check.sent import Sent, sent_on
from sim.check.target import Target
from sim.check.watch import Watch, invariant_of
from sim.errors import ContractError, LedgerMismatch, ScenarioError
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.scenario import Scenario, load, names

NEEDS_A_FILE = ("replay",)
FIRST = ("black-thursday", "flash-crash")
BLOCKS, TRADERS = 240, 40
"""Of a short run: it takes its whole time, in longer blocks, with fewer people."""


@dataclass(frozen=True)
class Failure:
    """An invariant that a run breaks."""

    sentence: str
    sent: tuple[Sent, ...] = field(repr=False)
    """Everything since the set-up."""
    until: int
    """Timestamp at which it showed."""


@dataclass
class Trial:
    """A scenario that was run on the contract."""

    scenario: Scenario
    blocks: int = 0
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    broken: dict[str, Failure] = field(default_factory=dict)
    """By invariant, of the first block in which it was."""

    @property
    def name(self) -> str:
        return self.scenario.name

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
    """Run until its end, or until `enough` says so, on an engine that nothing was run on.

    Raises PlimsollError where it cannot be set up.
    """
    adapter, tape, done = target.make(scenario), Tape(engine, keep=True), Trial(scenario)
    model = StressModel(adapter.scenario, rng=seed, engine=tape, adapter=adapter)
    watch, set_up = Watch(adapter), len(tape.cues)

    def note(name: str, answer: str) -> None:
        done.tried[name] += 1
        if answer and name not in done.broken:
            sentence = f"block {done.blocks} of {done.name}: {answer}"
            done.broken[name] = Failure(
                sentence, tuple(sent_on(tape.cues[set_up:])), tape.timestamp
            )

    try:
        while model.running and not enough():
            model.step()
            done.blocks += 1
            for name, answer in watch.look(tape, model.system):
                note(name, answer)
        note(BOOKS, watch.audit(tape, model.system))
    except (ContractError, LedgerMismatch) as error:
        note(invariant_of(error), str(error))
    done.tables = model.tables()
    return done
