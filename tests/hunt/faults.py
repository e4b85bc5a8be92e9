"""Planted faults: read, planted in a copy of the contracts, hunted."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from sim.chain import in_process
from sim.chain.artifacts import compile_file
from sim.check.runner import Effort
from sim.check.search import Broken, search, searches_of
from sim.check.target import CORES, Target
from sim.check.target import find as find_target

HERE = Path(__file__).parent
CONTRACTS = HERE.parents[1] / "contracts"


@dataclass(frozen=True)
class Fault:
    """In `file`, under contracts/, `good` is replaced by `bad`."""

    name: str
    of: str
    """The protocol whose check must find it."""
    file: str
    good: str
    bad: str

    def occurrences(self) -> int:
        """Of what is replaced: one, or the corpus is out of date."""
        return (CONTRACTS / self.file).read_text(encoding="utf-8").count(self.good)

    def planted(self) -> Target:
        """The protocol with it; compiled in a scratch folder."""
        with tempfile.TemporaryDirectory(prefix="plimsoll-hunt-") as scratch:
            contracts = Path(shutil.copytree(CONTRACTS, Path(scratch) / "contracts"))
            file = contracts / self.file
            source = file.read_text(encoding="utf-8")
            file.write_text(source.replace(self.good, self.bad), encoding="utf-8")
            core = next(contracts.rglob(f"{CORES[self.of]}.vy"))
            artifact = compile_file(core, contracts)
        return Target(self.name, self.name, self.of, {CORES[self.of]: artifact})


def faults() -> list[Fault]:
    tables = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    return [Fault(name, **fields) for name, fields in tables.items()]


def sound(protocol: str) -> Target:
    return find_target(protocol)


def hunt(
    target: Target, seconds: float, seed: int = 1, most_actions: int | None = None
) -> tuple[Broken | None, Effort, float]:
    """The first thing found broken, what was tried until then, and the time it took, set-up
    included."""
    begun = monotonic()
    with ExitStack() as stack:
        searches = searches_of(target, in_process(), seed, stack)
        found = search(searches, seconds, first_only=True, most_actions=most_actions)
    return (found[0] if found else None), searches[0].runner.effort, monotonic() - begun
