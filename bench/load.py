"""What the benches of studies have in common: jobs, rates, progress, figures kept.

``PLIMSOLL_BENCH=short`` makes everything so small that it only shows that the benches work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.chain import in_process
from sim.experiments.outcome import Done, Outcome
from sim.experiments.start import prepare
from sim.experiments.work import Job
from sim.experiments.workers import Workers
from sim.scenario import load

SHORT = os.environ.get("PLIMSOLL_BENCH") == "short"
KEPT = Path("out/bench")
SAY_SECONDS = 30


def sized(whole: int, short: int) -> int:
    return short if SHORT else whole


def jobs(overrides: Iterable[str], count: int, first: int = 1) -> list[Job]:
    """Black-thursday runs of successive seeds."""
    terms = load("black-thursday", tuple(overrides))
    start = prepare(terms, (first, first + 1)) if in_process() == "revm" else None
    one = Job(0, first, terms, in_process(), start=start)
    return [replace(one, seed=first + i) for i in range(count)]


def made(who: Workers, work: Sequence[Job]) -> Iterator[Done]:
    """The runs as they come, with a line of progress now and then. Raises SystemExit where one
    fails: then there is nothing to measure."""
    began = said = time.monotonic()
    for number, outcome in enumerate(who.run(work), start=1):
        yield _done(outcome)
        now = time.monotonic()
        if now - said >= SAY_SECONDS:
            said = now
            left = (now - began) / number * (len(work) - number)
            print(f"  {number:,} of {len(work):,} runs, {left:,.0f} s left", file=sys.stderr)


def _done(outcome: Outcome) -> Done:
    if not isinstance(outcome, Done):
        raise SystemExit(f"seed {outcome.seed}: {outcome.reason}")
    return outcome


def say(what: str) -> None:
    """What is measured now, for whoever waits."""
    print(f"  {what} …", file=sys.stderr, flush=True)


def keep(name: str, figures: dict[str, Any]) -> None:
    """Add figures to those of their bench, in a file."""
    path = KEPT / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(path.read_text()) if path.is_file() else {}
    where = {"engine": in_process(), "cores": os.cpu_count(), "short": SHORT}
    path.write_text(json.dumps({**before, **where, **figures}, indent=2) + "\n")
