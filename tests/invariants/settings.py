"""How long the state machines run.

The same runs every time; PLIMSOLL_FUZZ_STEPS, the length of a run, or PLIMSOLL_FUZZ_RUNS,
their number over both machines, makes them look elsewhere for longer.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from sim.chain import in_process

MACHINES = 2
_ASKED = {"PLIMSOLL_FUZZ_STEPS", "PLIMSOLL_FUZZ_RUNS"} & set(os.environ)
STEPS = int(os.environ.get("PLIMSOLL_FUZZ_STEPS", "50"))
RUNS = int(os.environ.get("PLIMSOLL_FUZZ_RUNS", "200" if in_process() == "revm" else "12"))

SETTINGS = settings(
    max_examples=-(-RUNS // MACHINES),
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not _ASKED,
    suppress_health_check=list(HealthCheck),
)
