"""What a study costs: runs a minute by one and by two workers, their memory, the set-up spared.

Runs a minute are of the same jobs by one worker and by two, both on the cluster, so that the
efficiency is that of adding a worker; the plain loop is beside them. Workers are started and
have made a run each before the clock starts, as in a study of hours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import psutil

from bench.load import jobs, keep, made, say, sized
from sim.chain import in_process
from sim.experiments.start import StartedEngine, prepare
from sim.experiments.work import Job
from sim.experiments.workers import Workers, open_workers
from sim.model import StressModel
from sim.scenario import Scenario, load

JOBS = sized(60, 6)
"""Runs for a rate."""
BLOCKS = f"run.blocks={sized(600, 60)}"
MEMORY_RUNS = sized(500, 20)
MEMORY = ("run.blocks=30", "traders.count=60")


@dataclass(frozen=True)
class Rate:
    name: str
    workers: int
    seconds: float
    runs: int
    own: float
    """Seconds of this process' CPU: for the loop all of it, for a cluster what leading it takes."""

    @property
    def a_minute(self) -> float:
        return 60 * self.runs / self.seconds


def timed(who: Workers, work: Sequence[Job], name: str, workers: int) -> Rate:
    """Of runs by workers that are warm."""
    list(made(who, [replace(job, point=1) for job in work[: 2 * workers]]))
    start, own = time.perf_counter(), time.process_time()
    list(made(who, work))
    seconds, own = time.perf_counter() - start, time.process_time() - own
    return Rate(name, workers, seconds, len(work), own)


def rates() -> list[Rate]:
    work = jobs((BLOCKS,), JOBS)
    found = []
    say("a plain loop")
    with open_workers(1) as loop:
        found.append(timed(loop, work, "plain loop", 1))
    for workers in (1, 2):
        say(f"a cluster of {workers}")
        with open_workers(workers, cluster=True) as who:
            found.append(timed(who, work, f"cluster, {workers}", workers))
    return found


def show_rates(found: Sequence[Rate]) -> None:
    one = next(rate for rate in found if rate.name == "cluster, 1")
    print(f"black-thursday, 300 traders, {BLOCKS.partition('=')[2]} blocks, {JOBS} runs on "
          f"{in_process()}, {os.cpu_count()} cores")  # fmt: skip
    print(f"{'':24}{'runs a minute':>16}{'efficiency':>14}{'own CPU, ms a run':>20}")
    kept = {}
    for rate in found:
        share = rate.a_minute / (rate.workers * one.a_minute)
        own = 1e3 * rate.own / rate.runs
        print(f"{rate.name:24}{rate.a_minute:16,.1f}{share:14.2f}{own:20,.1f}")
        kept[rate.name] = {"runs_a_minute": rate.a_minute, "efficiency": share, "own_cpu_ms": own}
    keep("studies", {"rates": kept})


def show_memory() -> None:
    """Of the one worker of a cluster, after every fifth of the runs."""
    say(f"memory over {MEMORY_RUNS} runs")
    work = jobs(MEMORY, MEMORY_RUNS)
    sizes = []
    with open_workers(1, cluster=True) as who:
        children = psutil.Process().children(recursive=True)
        (worker,) = (c for c in children if "spawn_main" in " ".join(c.cmdline()))
        for number, _ in enumerate(made(who, work), start=1):
            if number % (MEMORY_RUNS // 5) == 0:
                sizes.append(worker.memory_info().rss / 2**20)
    print(f"\na worker's memory over {MEMORY_RUNS} runs, MB after each fifth: "
          + " ".join(f"{size:,.0f}" for size in sizes)
          + f"; {1024 * (sizes[-1] - sizes[0]) / (0.8 * MEMORY_RUNS):+,.1f} kB a run")  # fmt: skip
    keep("studies", {"memory_mb": sizes})


def show_start() -> None:
    """What starting from a dump spares, of a run's set-up."""
    if in_process() != "revm":
        return
    say("set-up")
    print("\nset-up of a run, ms, and what of it is shared")
    kept = {}
    for name, overrides in (("contracts", ()), ("contracts and people", ("run.people_seed=1",))):
        terms = load("black-thursday", overrides)
        packed = prepare(terms, (1, 2))
        fresh, shared = (
            1e3 * median(_set_up(terms, packed if started else None) for _ in range(9))
            for started in (False, True)
        )
        print(f"{name:24}{fresh:8.1f} alone{shared:8.1f} from a dump of "
              f"{len(packed) / 1e3:,.0f} kB")  # fmt: skip
        kept[name] = {"alone_ms": fresh, "from_dump_ms": shared, "dump_bytes": len(packed)}
    keep("studies", {"start": kept})


def _set_up(terms: Scenario, packed: bytes | None) -> float:
    start = time.perf_counter()
    StressModel(terms, rng=1, engine=StartedEngine(packed) if packed else None)
    return time.perf_counter() - start


def main() -> None:
    show_rates(rates())
    show_memory()
    show_start()


if __name__ == "__main__":
    main()
