"""How long the state machines run.

PLIMSOLL_FUZZ_RUNS of them over both machines, each of PLIMSOLL_FUZZ_STEPS: the same ones every
time, unless PLIMSOLL_FUZZ is set, which makes them look elsewhere.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from sim.chain import in_process

MACHINES = 2
STEPS = int(os.environ.get("PLIMSOLL_FUZZ_STEPS", "50"))
RUNS = int(os.environ.get("PLIMSOLL_FUZZ_RUNS", "220" if in_process() == "revm" else "12"))

SETTINGS = settings(
    max_examples=-(-RUNS // MACHINES),
    stateful_step_count=STEPS,
    deadline=None,
    derandomize="PLIMSOLL_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
