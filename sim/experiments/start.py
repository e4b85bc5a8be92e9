"""What the runs of one scenario start from: its set-up, executed once for all of them.

Set-up (contracts, endowments, accounts) is a list of requests to the engine. `prepare` has it
executed for two seeds and keeps what both begin with: the requests, their receipts, and a dump
of the chain after them. A run that asks for the same gets the same receipts from memory and
goes on on a fork of that chain. A request that is not the one kept is executed, so a start can
save time and never change a result.

What is shared follows from the scenario. The contracts are, always. The people, their tokens
and their accounts are too where `run.people_seed` is set; else every seed draws its own.
"""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Self

from sim.chain.engine import (
    GENESIS_TIMESTAMP,
    Block,
    BlockRequest,
    Call,
    CallResult,
    Engine,
)
from sim.chain.revm import RevmEngine
from sim.chain.tape import Gift, Take, Tape
from sim.model import StressModel
from sim.scenario import Scenario
from sim.units import Address

KEPT = 4
"""Starts that a process keeps unpacked."""


def prepare(scenario: Scenario, seeds: Sequence[int]) -> bytes:
    """The start of a scenario's runs, packed for sending; `seeds` are one or two of theirs.

    Needs the native engine: only it can be dumped and forked.
    """
    tapes = []
    for seed in seeds[:2]:
        tape = Tape(RevmEngine(), keep=True)
        StressModel(scenario, rng=seed, engine=tape)
        tapes.append(tape)
    cues = _shared([tape.cues for tape in tapes])
    engine = RevmEngine()
    _execute(cues, engine)
    with tempfile.TemporaryDirectory() as folder:
        engine.dump(path := Path(folder) / "chain")
        return zlib.compress(pickle.dumps((cues, path.read_bytes())), level=1)


def _shared(tapes: Sequence[list[Gift | Take]]) -> list[Gift | Take]:
    """What all tapes begin with."""
    alike = takewhile(lambda cues: all(cue == cues[0] for cue in cues), zip(*tapes, strict=False))
    return [cues[0] for cues in alike]


def _execute(cues: Sequence[Gift | Take], engine: Engine) -> None:
    for cue in cues:
        if isinstance(cue, Gift):
            engine.set_balance(cue.address, cue.amount)
        else:
            engine.mine(cue.request)


@lru_cache(KEPT)
def _unpacked(packed: bytes) -> tuple[list[Gift | Take], RevmEngine]:
    cues, dump = pickle.loads(zlib.decompress(packed))
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / "chain").write_bytes(dump)
        return cues, RevmEngine.load(path)


class StartedEngine:
    """A fresh engine, see `sim.chain.engine.Engine`, that knows the set-up already."""

    name = RevmEngine.name

    def __init__(self, packed: bytes) -> None:
        self._cues, self._chain = _unpacked(packed)
        self._at = 0
        self._engine: RevmEngine | None = None

    def mine(self, request: BlockRequest) -> Block:
        cue = self._next()
        if isinstance(cue, Take) and cue.request == request:
            self._at += 1
            return cue.block
        return self.engine.mine(request)

    def set_balance(self, address: Address, amount: int) -> None:
        if self._next() == Gift(address, amount):
            self._at += 1
        else:
            self.engine.set_balance(address, amount)

    def _next(self) -> Gift | Take | None:
        """What was kept after what was asked so far; None once something else was asked."""
        ahead = self._engine is None and self._at < len(self._cues)
        return self._cues[self._at] if ahead else None

    @property
    def left(self) -> int:
        """Requests that were kept and not asked for."""
        return len(self._cues) - self._at

    @property
    def engine(self) -> RevmEngine:
        """The chain as it is now, on which everything else is executed."""
        if self._engine is None:
            if self._at == len(self._cues):
                self._engine = self._chain.fork()
            else:
                self._engine = RevmEngine()
                _execute(self._cues[: self._at], self._engine)
        return self._engine

    @property
    def block_number(self) -> int:
        if self._engine is None:
            return sum(isinstance(cue, Take) for cue in self._cues[: self._at])
        return self._engine.block_number

    @property
    def timestamp(self) -> int:
        if self._engine is None:
            mined = [cue for cue in self._cues[: self._at] if isinstance(cue, Take)]
            return mined[-1].request.timestamp if mined else GENESIS_TIMESTAMP
        return self._engine.timestamp

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return self.engine.call(calls)

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        return self.engine.balances(addresses)

    def nonces(self, addresses: Sequence[Address]) -> list[int]:
        return self.engine.nonces(addresses)

    def snapshot(self) -> int:
        return self.engine.snapshot()

    def restore(self, snapshot: int) -> None:
        self.engine.restore(snapshot)

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
