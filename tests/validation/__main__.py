"""`make validate`: every law with all its paths, as a table and a page; 1 when one is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.validation.law import Check, Effort, Law, laws, measured
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
    rows: list[Row] = []
    for count, (law, checks) in enumerate(_as_measured(chosen, effort, workers), start=1):
        rows += [(law, check) for check in checks]
        missed = sum(not check.holds for check in checks)
        print(
            f"{count}/{len(chosen)}, {time.perf_counter() - started:.0f} s: law {law.number}, "
            f"{law.name}: {len(checks)} checks, {f'{missed} missed' if missed else 'all hold'}",
            file=sys.stderr,
        )
    return sorted(rows, key=lambda row: chosen.index(row[0]))


def _as_measured(
    chosen: Sequence[Law], effort: Effort, workers: int
) -> Iterator[tuple[Law, list[Check]]]:
    if workers == 1:
        yield from ((law, list(law.measure(effort))) for law in chosen)
        return
    with ProcessPoolExecutor(workers) as pool:
        # The last ones, which run whole days, take longest: they begin first.
        jobs = {pool.submit(measured, law.key, effort): law for law in reversed(chosen)}
        yield from ((jobs[job], job.result()) for job in as_completed(jobs))


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
