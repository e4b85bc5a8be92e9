"""How a run grows with its people and its blocks, plotted; and a thousand black-thursday days
(300 traders, 7,200 blocks each) by two workers, estimated from one and a tenth of them run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from bench.load import KEPT, jobs, keep, made, say, sized
from sim.experiments.work import Job, execute
from sim.experiments.workers import open_workers

DAYS, TENTH = 1_000, sized(100, 4)
DAY = sized(7_200, 120)
"""Blocks."""
SHORTER = f"run.blocks={sized(600, 60)}"
"""Of runs with more and fewer people."""
PEOPLE = (100, 200, 400, 800, 1_600)
BLOCKS = tuple(DAY // part for part in (16, 8, 4, 2, 1))
REPEATS = sized(3, 1)
BLUE = "#0072B2"


def costs(field: str, sizes: Sequence[int], *fixed: str) -> list[tuple[int, float]]:
    """(size, seconds a run): the median of a few seeds."""
    found = []
    for size in sizes:
        say(f"{field}={size:,}")
        work = jobs((f"{field}={size}", *fixed), max(2, REPEATS))[:REPEATS]
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
            .mark_line(point={"color": BLUE}, color=BLUE)
            .encode(
                x=alt.X("size:Q", title=title),
                y=alt.Y("seconds:Q", title="seconds a run"),
            )
            .properties(width=380, height=280)
        )

    fewer = SHORTER.partition("=")[2]
    chart = one(people, f"traders, {fewer} blocks") | one(blocks, "blocks, 300 traders")
    path = KEPT / "scale.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2))
    print(f"drawn in {path}")


def show_costs(what: str, found: Sequence[tuple[int, float]]) -> None:
    print(f"seconds a run by {what}: "
          + ", ".join(f"{size:,} {seconds:.2f}" for size, seconds in found))  # fmt: skip
    keep("scale", {f"seconds_by_{what}": dict(found)})


def show_days(day: float) -> None:
    """A thousand whole days: from one run's cost, and from a tenth of them that is run."""
    print(f"\n{DAYS:,} black-thursday days of {DAY:,} blocks by two workers: about "
          f"{DAYS * day / 2 / 60:,.0f} minutes at {day:.2f} s a run")  # fmt: skip
    say(f"{TENTH} days by two workers")
    start = time.perf_counter()
    with open_workers(2) as who:
        for _ in made(who, jobs((f"run.blocks={DAY}",), TENTH)):
            pass
    minutes = (time.perf_counter() - start) / 60
    whole = minutes * DAYS / TENTH
    print(f"{TENTH} of them took {minutes:,.1f} minutes, workers' start included: {whole:,.0f} "
          "for all")  # fmt: skip
    keep("scale", {"day_seconds": day, "tenth_minutes": minutes, "all_minutes": whole})


def main() -> None:
    _seconds(jobs((SHORTER,), 1)[0])  # what the first run of a process loads
    people = costs("traders.count", PEOPLE, SHORTER, "protocol.debt_ceiling=1e9")
    show_costs("traders", people)
    blocks = costs("run.blocks", BLOCKS)
    show_costs("blocks", blocks)
    draw(people, blocks)
    show_days(blocks[-1][1])


if __name__ == "__main__":
    main()
