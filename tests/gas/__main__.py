"""Gas against the committed snapshot: ``python -m tests.gas``, ``--update`` to rewrite it.

Exit code 1 when a row is more than 2 % above its snapshot, or has none.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .measure import COUNTS, measure

SNAPSHOT = Path(__file__).with_name("snapshot.json")
TOLERANCE = 0.02
CODE = "code size, bytes"
TARGETS = {
    ("liquidate", "1"): 150_000,
    ("liquidate", "3"): 180_000,
    ("liquidate, bad debt", "1"): 200_000,
    (CODE, "8"): 24_576 - 1_536,  # EIP-170, with 1.5 KB to spare
}
Table = dict[str, dict[str, int]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gas", description=__doc__)
    parser.add_argument("--update", action="store_true", help="rewrite the snapshot")
    update = parser.parse_args().update
    now = measure()
    before: Table = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    _print(now, before)
    if update:
        SNAPSHOT.write_text(json.dumps(now, indent=2) + "\n")
        print(f"{SNAPSHOT.name} rewritten.")
        return 0
    faults = risen(now, before)
    for fault in faults:
        print(fault)
    return int(bool(faults))


def risen(now: Table, before: Table) -> list[str]:
    """A sentence for each row that rose too much, is new, or is gone."""
    faults = [f"{name}: gone, --update if that is meant" for name in before if name not in now]
    for name, columns in now.items():
        for column, gas in columns.items():
            old = before.get(name, {}).get(column)
            where = name if name == CODE else f"{name}, {column} collateral(s)"
            if old is None:
                faults.append(f"{where}: {gas:,}, not in the snapshot, --update if that is meant")
            elif gas > old * (1 + TOLERANCE):
                faults.append(f"{where}: {gas:,}, {gas / old - 1:+.1%} from {old:,}")
    return faults


def _print(now: Table, before: Table) -> None:
    head = "".join(f"{count:>14} coll." for count in COUNTS)
    print(f"{'':42}{head}")
    for name, columns in now.items():
        cells = ""
        for count in map(str, COUNTS):
            gas = columns.get(count)
            old = before.get(name, {}).get(count)
            change = f" {gas / old - 1:+.1%}" if gas and old and gas != old else ""
            cells += f"{f'{gas:,}{change}' if gas else '':>20}"
        notes = [
            f"{'within' if columns[count] <= target else 'ABOVE'} {target:,} at {count}"
            for (row, count), target in TARGETS.items()
            if row == name
        ]
        print(f"{name:42}{cells}  {', '.join(notes)}")


if __name__ == "__main__":
    sys.exit(main())
