"""What part of a run its engine takes, and where the rest goes.

Runs are timed as they are. Where their time goes is seen in the same run under a profiler, which
makes calls look dearer than they are, those of small functions most.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import keep, say, sized
from sim.chain import open_engine
from sim.chain.engine import Block, BlockRequest, Call, CallResult, Engine
from sim.chain.tape import Tape
from sim.experiments.run import set_up_kept
from sim.model import StressModel
from sim.scenario import load

BLOCKS = f"run.blocks={sized(7_200, 60)}"
TIMES = 10
UNBOUND = "protocol.debt_ceiling=1e12"
BLACK_THURSDAY = ("black-thursday", ())
LOADS: dict[str, tuple[str, tuple[str, ...]]] = {
    "black-thursday": BLACK_THURSDAY,
    "the same, 10,000 traders, 50 liquidators": (
        "black-thursday",
        (f"traders.count={sized(10_000, 400)}", "liquidators.count=50", UNBOUND),
    ),
    "calm": ("calm", ()),
    f"calm, {TIMES} times the traders, each as much less active": (
        "calm",
        (f"traders.count={300 * TIMES}", f"traders.adjust_days={5 * TIMES}", UNBOUND),
    ),
}
ROOT = Path(__file__).parents[1]
FEWEST = 0.01
"""Of the time: rooms with less are not listed."""


class Watch:
    """Adds up the seconds that an engine is at work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = 0.0
        self.transactions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def mine(self, request: BlockRequest) -> Block:
        self.transactions += len(request.transactions)
        return self._timed(self._engine.mine, request)

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return self._timed(self._engine.call, calls)

    def _timed(self, work: Callable[[Any], Any], what: Any) -> Any:
        start = time.perf_counter()
        done = work(what)
        self.seconds += time.perf_counter() - start
        return done


@dataclass(frozen=True)
class Spent:
    transactions: int
    seconds: float
    engine_seconds: float


def timed(name: str, overrides: tuple[str, ...]) -> Spent:
    """A run after its set-up."""
    scenario = load(name, (*overrides, BLOCKS))
    with open_engine("auto") as engine:
        watch = Watch(engine)
        model = StressModel(scenario, engine=Tape(watch))
        sent, busy = watch.transactions, watch.seconds
        with set_up_kept(model):
            start = time.perf_counter()
            for _ in range(scenario.run.blocks):
                model.step()
            seconds = time.perf_counter() - start
        return Spent(watch.transactions - sent, seconds, watch.seconds - busy)


def rooms(name: str, overrides: tuple[str, ...]) -> list[tuple[str, float]]:
    """(folder or library, share of the time) of the same."""
    scenario = load(name, (*overrides, BLOCKS))
    with open_engine("auto") as engine:
        model = StressModel(scenario, engine=engine)
        with cProfile.Profile() as profile:
            for _ in range(scenario.run.blocks):
                model.step()
    spent: Counter[str] = Counter()
    for (file, _, function), (_, _, own, *_) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_room(file, function)] += own
    return [(room, own / spent.total()) for room, own in spent.most_common()]


def _room(file: str, function: str) -> str:
    if "plimsoll_engine" in function:
        return "engine"
    path = Path(file)
    if path.is_relative_to(ROOT) and ".venv" not in path.parts:
        return "/".join(path.relative_to(ROOT).parent.parts)
    for library in ("numpy", "mesa", "pandas"):
        if library in path.parts or library in function:
            return library
    return "Python itself"


def main() -> None:
    found = {}
    for name, (scenario, overrides) in LOADS.items():
        say(name)
        found[name] = timed(scenario, overrides)
    width = max(map(len, found))
    head = ("transactions", "seconds", "in the engine", "ratio")
    blocks = f"{BLOCKS.partition('=')[2]} blocks"
    print(f"{blocks:<{width}}" + "".join(f"{title:>15}" for title in head))
    for name, spent in found.items():
        ratio = spent.seconds / spent.engine_seconds
        print(
            f"{name:<{width}}{spent.transactions:>15,}{spent.seconds:>15.2f}"
            f"{spent.engine_seconds:>15.2f}{ratio:>15.2f}"
        )
    say("black-thursday under the profiler")
    shares = rooms(*BLACK_THURSDAY)
    print("\nblack-thursday, share of its time by room:")
    for room, share in shares:
        if share >= FEWEST:
            print(f"  {room:<20}{share:>6.1%}")
    keep("share", {"runs": {name: vars(spent) for name, spent in found.items()}, "rooms": shares})
