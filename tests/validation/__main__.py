"""`make validate`: every law with all its paths, as a table and a page; 1 when one is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.validation.law import Effort, Law, laws, measured
from tests.validation.page import COLUMNS, Row, cells, write

OUT = Path("out/validation")


def main() -> int:
    options = _options()
    effort, chosen = Effort(options.effort), _chosen(options.law)
    started = time.perf_counter()
    rows = _measure_all(chosen, effort, options.workers)
    seconds = time.perf_counter() - started
    missed = sum(not check.holds for _, check in rows)
    print_table(rows)
    verdict = f"{len(rows) - missed} of {len(rows)} checks of {len(chosen)} laws hold"
    path = write(OUT, rows, verdict)
    print(f"{verdict}; {seconds:.0f} s on {options.workers} processes; {path}")
    return 1 if missed else 0


def print_table(rows: Sequence[Row]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        right = column in ("expected", "measured", "tolerance")
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    for law, check in rows:
        table.add_row(*cells(law, check))
    width = None if sys.stdout.isatty() else 180
    Console(width=width, highlight=False, markup=False).print(table)


def _measure_all(chosen: Sequence[Law], effort: Effort, workers: int) -> list[Row]:
    started = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        jobs = {pool.submit(measured, law.key, effort): law for law in chosen}
        for count, job in enumerate(as_completed(jobs), start=1):
            law, held = jobs[job], [check.holds for check in job.result()]
            verdict = "all hold" if all(held) else f"{held.count(False)} missed"
            print(
                f"{count}/{len(chosen)}, {time.perf_counter() - started:.0f} s: "
                f"law {law.number}, {law.name}: {len(held)} checks, {verdict}",
                file=sys.stderr,
            )
        return [(law, check) for job, law in jobs.items() for check in job.result()]


def _chosen(numbers: Sequence[int]) -> list[Law]:
    return [law for law in laws() if not numbers or law.number in numbers]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.validation", description=__doc__)
    parser.add_argument("--law", type=int, action="append", default=[], help="Only this number.")
    parser.add_argument("--effort", choices=[e.value for e in Effort], default=Effort.FULL.value)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
