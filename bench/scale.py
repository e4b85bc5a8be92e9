"""What a study costs: runs a minute, memory, and how a run grows with its people and blocks.

``python -m bench scale`` takes a few minutes; ``PLIMSOLL_SCALE=long`` makes a tenth of the
thousand black-thursday days too, which it otherwise only estimates.

Runs a minute are of the same jobs by one worker and by two, both on the cluster, so that the
efficiency is that of adding a worker; the plain loop is beside them. Workers are started and
have made a run each before the clock starts, as in a study of hours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil

from sim.chain import in_process
from sim.experiments.outcome import Done
from sim.experiments.start import StartedEngine, prepare
from sim.experiments.work import Job, execute
from sim.experiments.workers import Workers, open_workers
from sim.model import StressModel
from sim.scenario import Scenario, load

DAYS, TENTH = 1_000, 100
JOBS = 40
"""Runs for a rate."""
SHORT = ("run.blocks=600",)
MEMORY_RUNS = 500
MEMORY = ("run.blocks=30", "traders.count=60")
PEOPLE = (100, 200, 400, 800, 1_600)
BLOCKS = (450, 900, 1_800, 3_600, 7_200)
REPEATS = 3
CHART = Path("out/bench/scale.png")


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


def jobs(overrides: Iterable[str], count: int, first: int = 1) -> list[Job]:
    terms = load("black-thursday", tuple(overrides))
    start = prepare(terms, (first, first + 1)) if in_process() == "revm" else None
    one = Job(0, first, terms, in_process(), start=start)
    return [replace(one, seed=first + i) for i in range(count)]


def timed(who: Workers, work: Sequence[Job], name: str, workers: int) -> Rate:
    """Raises SystemExit where a run fails: then there is nothing to measure."""
    _all(who, [replace(job, point=1) for job in work[: 2 * workers]])
    start, own = time.perf_counter(), time.process_time()
    _all(who, work)
    seconds, own = time.perf_counter() - start, time.process_time() - own
    return Rate(name, workers, seconds, len(work), own)


def _all(who: Workers, work: Sequence[Job]) -> None:
    for outcome in who.run(work):
        if not isinstance(outcome, Done):
            raise SystemExit(f"seed {outcome.seed}: {outcome.reason}")


def rates() -> list[Rate]:
    work = jobs(SHORT, JOBS)
    found = []
    with open_workers(1) as loop:
        found.append(timed(loop, work, "plain loop", 1))
    for workers in (1, 2):
        with open_workers(workers, cluster=True) as who:
            found.append(timed(who, work, f"cluster, {workers}", workers))
    return found


def show_rates(found: Sequence[Rate]) -> None:
    one = next(rate for rate in found if rate.name == "cluster, 1")
    print(f"black-thursday, 300 traders, 600 blocks, {JOBS} runs on {in_process()}, "
          f"{os.cpu_count()} cores")  # fmt: skip
    print(f"{'':24}{'runs a minute':>16}{'efficiency':>14}{'own CPU, ms a run':>20}")
    for rate in found:
        share = rate.a_minute / (rate.workers * one.a_minute)
        own = 1e3 * rate.own / rate.runs
        print(f"{rate.name:24}{rate.a_minute:16,.1f}{share:14.2f}{own:20,.1f}")


def show_memory() -> None:
    """Of the one worker of a cluster, after every hundred runs."""
    work = jobs(MEMORY, MEMORY_RUNS)
    sizes = []
    with open_workers(1, cluster=True) as who:
        children = psutil.Process().children(recursive=True)
        (worker,) = (c for c in children if "spawn_main" in " ".join(c.cmdline()))
        for number, _ in enumerate(who.run(work), start=1):
            if number % (MEMORY_RUNS // 5) == 0:
                sizes.append(worker.memory_info().rss / 2**20)
    print(f"\na worker's memory over {MEMORY_RUNS} runs, MB after each hundred: "
          + " ".join(f"{size:,.0f}" for size in sizes))  # fmt: skip


def show_start() -> None:
    """What starting from a dump spares, of a run's set-up."""
    if in_process() != "revm":
        return
    print("\nset-up of a run, ms, and what of it is shared")
    for name, overrides in (("contracts", ()), ("contracts and people", ("run.people_seed=1",))):
        terms = load("black-thursday", overrides)
        packed = prepare(terms, (1, 2))
        fresh, shared = (
            median(_set_up(terms, packed if started else None) for _ in range(9))
            for started in (False, True)
        )
        print(f"{name:24}{1e3 * fresh:8.1f} alone{1e3 * shared:8.1f} from a dump of "
              f"{len(packed) / 1e3:,.0f} kB")  # fmt: skip


def _set_up(terms: Scenario, packed: bytes | None) -> float:
    start = time.perf_counter()
    StressModel(terms, rng=1, engine=StartedEngine(packed) if packed else None)
    return time.perf_counter() - start


def costs(field: str, sizes: Sequence[int], *fixed: str) -> list[tuple[int, float]]:
    """(size, seconds a run): the median of a few seeds."""
    found = []
    for size in sizes:
        work = jobs((f"{field}={size}", *fixed), REPEATS)
        found.append((size, median(_seconds(job) for job in work)))
    return found


def _seconds(job: Job) -> float:
    start = time.perf_counter()
    execute(job)
    return time.perf_counter() - start


def draw(people: Sequence[tuple[int, float]], blocks: Sequence[tuple[int, float]]) -> None:
    import altair as alt
    import pandas as pd
    import vl_convert

    def one(rows: Sequence[tuple[int, float]], title: str) -> alt.Chart:
        table = pd.DataFrame(rows, columns=["size", "seconds"])
        return (
            alt.Chart(table)
            .mark_line(point=True, color="#0072B2")
            .encode(
                x=alt.X("size:Q", title=title),
                y=alt.Y("seconds:Q", title="seconds a run"),
            )
            .properties(width=380, height=280)
        )

    chart = one(people, "traders, 600 blocks") | one(blocks, "blocks, 300 traders")
    CHART.parent.mkdir(parents=True, exist_ok=True)
    CHART.write_bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2))


def show_costs(what: str, found: Sequence[tuple[int, float]]) -> None:
    print(f"\nseconds a run by {what}: "
          + ", ".join(f"{size:,} {seconds:.2f}" for size, seconds in found))  # fmt: skip


def show_days(day: float) -> None:
    """A thousand whole days: from one run's cost, and a tenth of them if asked."""
    hours = DAYS * day / 2 / 3_600
    print(f"\n{DAYS:,} black-thursday days of 7,200 blocks by two workers: about "
          f"{60 * hours:,.0f} minutes at {day:.2f} s a run")  # fmt: skip
    if os.environ.get("PLIMSOLL_SCALE") != "long":
        return
    with open_workers(2) as who:
        rate = timed(who, jobs((), TENTH), "days", 2)
    print(f"{TENTH} of them took {rate.seconds / 60:,.1f} minutes: "
          f"{DAYS / rate.a_minute:,.0f} for all")  # fmt: skip


def main() -> None:
    show_rates(rates())
    show_memory()
    show_start()
    people = costs("traders.count", PEOPLE, *SHORT)
    blocks = costs("run.blocks", BLOCKS)
    show_costs("traders", people)
    show_costs("blocks", blocks)
    draw(people, blocks)
    print(f"drawn in {CHART}")
    show_days(blocks[-1][1])


if __name__ == "__main__":
    main()
