"""One run of a scenario: executed, audited, summarised, kept."""

from __future__ import annotations

import gc
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import __version__
from sim.chain import open_engine
from sim.chain.engine import Engine
from sim.chain.tape import Tape, replay
from sim.errors import EngineLost
from sim.experiments import store
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.scenario import Scenario

Progress = Callable[[StressModel], None]
"""Called after every block."""
LARGE = 1_000
"""Accounts."""
YOUNG = 10_000
"""Objects that a large model makes before the collector looks among them."""
PACKAGES = ("eth-ape", "mesa", "numpy", "py-evm", "vyper", "web3")


@dataclass(frozen=True)
class Run:
    """What a run gave. `record` is the content of run.json; times are beside it, because the
    record and the tables are the same for the same scenario, seed and engine."""

    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    tape: Tape
    seconds: float
    figures_audited: int
    interrupted: bool
    drawn: NDArray[np.float64]
    """Outside prices as they were drawn, USD, of each asset in each block from 0 on."""


def run(
    scenario: Scenario,
    *,
    engine: str | Engine = "auto",
    seed: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    keep_blocks: int = 0,
) -> Run:
    """Run a scenario to its end, or to an interrupt; write it to `out` when given.

    `engine` is a name, or one that nothing was run on yet and that is closed afterwards. The
    ledger is held against the chain at the end, and a difference is a LedgerMismatch.
    With `keep_blocks` the tape keeps the requests of set-up and of the first so many blocks.
    When the engine dies, what was run until then is written before EngineLost goes on.
    """
    if out:
        store.prepare(out)
    with open_engine(engine) if isinstance(engine, str) else engine as opened:
        tape = Tape(opened, keep=keep_blocks > 0)
        model = StressModel(scenario, rng=seed, engine=tape)
        drawn = model.outside.paths.copy()
        started = time.perf_counter()
        ended, lost, figures = "complete", None, 0
        try:
            with _stop_on_interrupt() as stop, set_up_kept(model):
                for block in range(1, scenario.run.blocks + 1):
                    if stop.is_set():
                        ended = "interrupted"
                        break
                    model.step()
                    if block == keep_blocks:
                        tape.stop_keeping()
                    if progress:
                        progress(model)
            seconds = time.perf_counter() - started
            tape.stop_keeping()
            figures = model.audit()
        except EngineLost as error:
            ended, lost = "engine lost", error
        tables = model.tables()
        record = _record(model, tape, ended, tables)
        if out:
            store.write(out, record, tables)
        if lost:
            kept = f"; blocks 1 to {len(tables['blocks'])} are in {out}" if out else ""
            raise EngineLost(f"{str(lost).rstrip('.')}{kept}") from lost
        return Run(record, tables, tape, seconds, figures, ended == "interrupted", drawn)


def crosscheck(tape: Tape, engine: str) -> Tape:
    """Execute a kept tape on another engine, fresh. Raises EnginesDiffer at the first
    difference in a receipt or a balance."""
    with open_engine(engine) as other:
        return replay(tape, other)


def _record(
    model: StressModel, tape: Tape, ended: str, tables: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    return {
        "scenario": model.scenario.model_dump(mode="json"),
        "not_applied": model.system.adapter.not_applied,
        "turned_away": model.turned_away,
        "seed": model.seed,
        "engine": tape.name,
        "ended": ended,
        "blocks": len(tables["blocks"]),
        "transactions": tape.transactions,
        "fingerprint": tape.fingerprint,
        "versions": dict(_versions()),
        "bytecode": model.system.bytecode_hashes(),
        "summary": summarise(tables),
    }


@cache
def _versions() -> dict[str, str]:
    ours = {"plimsoll": __version__, "python": platform.python_version()}
    return {**ours, **{name: version(name) for name in PACKAGES}}


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """An interrupt ends the run after the block it falls in; a second one ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def set_up_kept(model: StressModel) -> Iterator[None]:
    """What a large model is made of stays until the end, and what a block makes comes by the
    thousand: to look for garbage among them every few blocks would take a quarter of the time.
    A small one would lose more by the last look."""
    if len(model.system.ledger) < LARGE:
        yield
        return
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
