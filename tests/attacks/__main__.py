"""Attacks held against contracts without their guards: ``python -m tests.attacks``.

An attack that fails on a contract which does not defend itself shows nothing. So each guard in
guards.toml is taken out of a copy of contracts/, and the tests named there must fail on it.
Exit code 1 when one passes. Arguments choose guards by a part of their name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FAILED = 1
"""pytest's exit code when tests ran and some failed."""


@dataclass(frozen=True)
class Guard:
    """`guard` in `file` is replaced by `without`; then some test of `tests` fails."""

    name: str
    file: str
    guard: str
    tests: str
    without: str = ""

    def remove(self, contracts: Path) -> None:
        path = contracts / self.file
        source = path.read_text(encoding="utf-8")
        path.write_text(source.replace(self.guard, self.without), encoding="utf-8")

    def found(self) -> int:
        """How often the guard is in the contracts; once, or guards.toml is out of date."""
        return (ROOT / "contracts" / self.file).read_text(encoding="utf-8").count(self.guard)


def guards() -> list[Guard]:
    tables = tomllib.loads((HERE / "guards.toml").read_text(encoding="utf-8"))
    return [Guard(name, **fields) for name, fields in tables.items()]


def survives(guard: Guard) -> str:
    """What pytest says when the attack still fails without the guard; empty when it succeeds."""
    if guard.found() != 1:
        return f"found {guard.found()} times in {guard.file}"
    with tempfile.TemporaryDirectory(prefix="plimsoll-unguarded-") as copy:
        contracts = Path(copy) / "contracts"
        shutil.copytree(ROOT / "contracts", contracts)
        kept = ROOT / ".build" / "artifacts"
        if kept.is_dir():
            shutil.copytree(kept, Path(copy) / ".build" / "artifacts")
        guard.remove(contracts)
        module, _, part = guard.tests.partition("::")
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
        command += [str(HERE / module), *(["-k", part] if part else [])]
        run = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PLIMSOLL_CONTRACTS": str(contracts)},
            capture_output=True,
            text=True,
            check=False,
        )
    compiled = "does not compile" not in run.stdout
    return "" if run.returncode == FAILED and compiled else run.stdout[-2_000:]


def main() -> int:
    wanted = sys.argv[1:]
    idle = 0
    for guard in guards():
        if wanted and not any(part in guard.name for part in wanted):
            continue
        said = survives(guard)
        idle += bool(said)
        print(f"{guard.name}: {'NOT MISSED' if said else 'missed'}", flush=True)
        if said:
            print(said)
    return int(idle > 0)


if __name__ == "__main__":
    sys.exit(main())
