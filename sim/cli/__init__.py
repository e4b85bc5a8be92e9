"""The command `plimsoll`: one command a file; an error is one sentence and exit code 2."""

from sim.cli import (
    calibrate,
    compare,
    crosscheck,
    map,
    optimize,
    report,
    run,
    scenarios,
    security,
    sweep,
)
from sim.cli.app import main

__all__ = [
    "calibrate", "compare", "crosscheck", "main", "map", "optimize", "report", "run", "scenarios",
    "security", "sweep",
]  # fmt: skip
