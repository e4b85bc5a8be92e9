"""``python -m bench`` prints every table, ``python -m bench model steps`` those named."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

TABLES = {
    "engines": "engines alone: transactions a second",
    "model": "the model, against one contract call per action",
    "steps": "a small model: agent-steps a second",
    "share": "what part of a run its engine takes, and where the rest goes",
    "studies": "studies: runs a minute by one and two workers, memory, set-up",
    "scale": "what a run costs by its people and blocks, and a thousand days",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="|".join(TABLES), help="default: all of them")
    names = parser.parse_args().tables
    if unknown := [name for name in names if name not in TABLES]:
        parser.error(f"there is no table {unknown[0]!r}, only {', '.join(TABLES)}")
    try:
        for name in names or TABLES:
            print(f"{name}: {TABLES[name]}\n", flush=True)
            import_module(f"bench.{name}").main()
            print(flush=True)
    except KeyboardInterrupt:
        print("bench: interrupted; what was measured stays in out/bench", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
