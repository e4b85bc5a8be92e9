"""The command `plimsoll`: one command a file; an error is one sentence and exit code 2."""

from sim.cli import (
    calibrate,
    check,
    compare,
    crosscheck,
    map,
    optimize,
    replay,
    report,
    run,
    scenarios,
    security,
    sweep,
)
from sim.cli.app import main

__all__ = [
    "calibrate", "check", "compare", "crosscheck", "main", "map", "optimize", "replay", "report",
    "run", "scenarios", "security", "sweep",
]  # fmt: skip
