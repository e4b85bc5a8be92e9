"""Does a check find bugs? ``python -m tests.hunt``: a table, fault by fault.

Every planted fault is hunted for at most MINUTES, and the sound contracts for as long as is said
with --sound. Exit code 1 when fewer than 95 % are found, or anything on a sound contract.
Arguments choose faults by a part of their name.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from tests.hunt.faults import Fault, faults, hunt, sound

MINUTES = 5
ENOUGH = 0.95
SOUND = ("plimsoll", "vault", "pool")
ROW = "{:<38}{:<34}{:>9}{:>9}"


class Row(NamedTuple):
    name: str
    by: str
    """The invariant that is broken; empty when nothing was found."""
    actions: int
    seconds: float

    def print(self, otherwise: str) -> None:
        cells = self.name, self.by or otherwise, f"{self.actions:,}", f"{self.seconds:.1f}"
        print(ROW.format(*cells), flush=True)


def main() -> int:
    given = _arguments()
    chosen = [
        fault for fault in faults() if not given.names or any(n in fault.name for n in given.names)
    ]
    contracts = () if given.names else SOUND
    found = false = 0
    print(ROW.format("fault", "found by", "actions", "seconds"))
    with ProcessPoolExecutor(given.workers) as pool:
        planted = pool.map(_hunted, chosen)
        sound_ones = pool.map(_let_be, contracts, [given.sound] * len(contracts))
        for row in planted:
            row.print("NOT FOUND")
            found += bool(row.by)
        for row in sound_ones:
            row.print("nothing, and there is none")
            false += bool(row.by)
    print(f"{found} of {len(chosen)} found; {false} false alarms on the sound contracts")
    return int(found < ENOUGH * len(chosen) or false > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument(
        "--sound", type=float, default=60.0, help="Seconds for each sound contract."
    )
    parser.add_argument("--workers", type=int, default=1, help="Processes; rows stay in order.")
    return parser.parse_args()


def _hunted(fault: Fault) -> Row:
    broken, effort, seconds = hunt(fault.planted(), MINUTES * 60)
    return Row(fault.name, broken.finding.invariant if broken else "", effort.actions, seconds)


def _let_be(protocol: str, seconds: float) -> Row:
    broken, effort, spent = hunt(sound(protocol), seconds)
    by = f"FALSE: {broken.finding.invariant}" if broken else ""
    return Row(protocol, by, effort.actions, spent)


if __name__ == "__main__":
    sys.exit(main())
