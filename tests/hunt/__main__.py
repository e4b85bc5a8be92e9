"""Does a check find bugs? ``python -m tests.hunt``: a table, fault by fault.

Every planted fault is hunted for at most MINUTES, and the sound contracts for as long as is said
with --sound. Exit code 1 when fewer than 95 % are found, or anything on a sound contract.
Arguments choose faults by a part of their name.
"""

from __future__ import annotations

import argparse
import sys

from tests.hunt.faults import Fault, faults, hunt, sound

MINUTES = 5
ENOUGH = 0.95
ROW = "{:<38}{:<34}{:>9}{:>9}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument(
        "--sound", type=float, default=60.0, help="Seconds for each sound contract."
    )
    given = parser.parse_args()
    chosen = [
        fault for fault in faults() if not given.names or any(n in fault.name for n in given.names)
    ]
    print(ROW.format("fault", "found by", "actions", "seconds"))
    found = sum(_row(fault) for fault in chosen)
    false = (
        0
        if given.names
        else sum(_sound(each, given.sound) for each in ("plimsoll", "vault", "pool"))
    )
    print(f"{found} of {len(chosen)} found; {false} false alarms on the sound contracts")
    return int(found < ENOUGH * len(chosen) or false > 0)


def _row(fault: Fault) -> bool:
    broken, effort, seconds = hunt(fault.planted(), MINUTES * 60)
    by = broken.finding.invariant if broken else "NOT FOUND"
    print(ROW.format(fault.name, by, f"{effort.actions:,}", f"{seconds:.1f}"), flush=True)
    return broken is not None


def _sound(protocol: str, seconds: float) -> bool:
    broken, effort, spent = hunt(sound(protocol), seconds)
    by = f"FALSE: {broken.finding.invariant}" if broken else "nothing, and there is none"
    print(ROW.format(protocol, by, f"{effort.actions:,}", f"{spent:.1f}"), flush=True)
    return broken is not None


if __name__ == "__main__":
    sys.exit(main())
