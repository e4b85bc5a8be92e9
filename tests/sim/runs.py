"""Small runs for tests: a crash of twelve minutes, sixty blocks, a few people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sim.chain import available_engines, open_engine
from sim.chain.engine import Block, BlockRequest, Call, CallResult, Engine
from sim.chain.tape import Tape
from sim.model import StressModel
from sim.scenario import Scenario, validate

IN_PROCESS = next(name for name in available_engines() if name != "anvil")
"""The fastest engine that needs no node."""

CRASH: dict[str, Any] = {
    "name": "crash",
    "run": {"blocks": 60},
    "price": {"model": "anchored", "anchors": [[0, 200], [0.15, 120], [1, 120]], "sigma": 0.5},
    "traders": {"count": 60, "late_share": 0.1},
    "liquidators": {"count": 3},
}
"""200 to 120 USD in 45 blocks."""
STILL: dict[str, Any] = {
    "name": "still",
    "run": {"blocks": 30},
    "price": {"model": "gbm", "sigma": 0.0},
    "traders": {"count": 10, "late_share": 0.0, "adjust_days": 1e6, "stop_loss_share": 0.0},
}
"""Nothing moves and nobody wants anything."""


def scenario(base: Mapping[str, Any] = CRASH, **sections: Any) -> Scenario:
    """The base, with the fields of some sections changed."""
    merged = dict(base)
    for name, changes in sections.items():
        usual = merged.get(name)
        merged[name] = {**usual, **changes} if isinstance(usual, dict) else changes
    return validate(merged, "test")


@contextmanager
def model(
    terms: Scenario | None = None, rng: Any = 7, engine: str = IN_PROCESS
) -> Iterator[StressModel]:
    """One that has not stepped yet."""
    with open_engine(engine) as opened:
        yield StressModel(terms or scenario(), rng=rng, engine=opened)


def finish(running: StressModel) -> StressModel:
    while running.running:
        running.step()
    return running


class Watched(Tape):
    """Counts what is read, and keeps the blocks."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.reads = 0
        self.mined: list[Block] = []

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        self.reads += len(calls)
        return super().call(calls)

    def mine(self, request: BlockRequest) -> Block:
        block = super().mine(request)
        self.mined.append(block)
        return block
