"""A case executed again, on any engine, and told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sim.chain import open_engine
from sim.check.build import build
from sim.check.case import Case
from sim.check.runner import Effort, Finding, Runner
from sim.check.story import Teller
from sim.check.target import find
from sim.check.world import Step, World
from sim.protocol.blame import mending

TEST = '''"""A case that a check found: {says}"""

from __future__ import annotations

from pathlib import Path

from sim.check.replay import replay

CASE = Path(__file__).parent / {file!r}


def test_{name}__case__holds() -> None:
    told = replay(CASE)
    assert told.finding is None, told.text()
'''


@dataclass
class Told:
    """What became of a case."""

    case: Case
    engine: str
    finding: Finding | None
    """None when it holds now."""
    differs: list[str]
    """Contracts whose bytecode is not what it was."""
    lines: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "\n".join(self.lines)


def replay(file: Path | str, engine: str = "auto", path: str | None = None) -> Told:
    """On a fresh engine by name; `path` is another place, or version, of the contract."""
    case = Case.load(Path(file))
    target = find(path or _beside(case.path, Path(file)))
    with open_engine(engine) as opened:
        adapter = target.make(case.scenario)
        with mending(adapter):
            world = build(opened, case.scenario, case.hostile, target.make)
            return _tell(case, world, _differs(case, world))


def _tell(case: Case, world: World, differs: list[str]) -> Told:
    teller = Teller(world.adapter, world.names)
    everything = Runner(world, Effort()).invariants()
    runner = Runner(world, Effort(), set(everything) - {case.invariant})
    told = Told(case, world.engine.name, None, differs)
    told.lines = [f"{case.path} and `{case.invariant}`: {everything.get(case.invariant, '')}"]
    if differs:
        told.lines.append(f"(not the bytecode it was found with: {', '.join(differs)})")

    def listen(step: Step) -> None:
        if step.receipt is None:
            told.lines.append(f"block {world.engine.block_number}")
        told.lines.extend(teller.tell(step))

    told.finding = runner.run(case.actions, probe=True, listen=listen)
    if told.finding:
        told.lines.append(f"BROKEN HERE: {told.finding.sentence}")
    else:
        told.lines.append("It holds.")
    return told


def _beside(path: str, file: Path) -> str:
    """The contract where it was, else as seen from the case's folder."""
    there = file.parent / path
    return str(there) if not Path(path).exists() and there.exists() else path


def _differs(case: Case, world: World) -> list[str]:
    now = bytecode(world)
    return sorted(name for name, code in case.bytecode.items() if now.get(name, code) != code)


def bytecode(world: World) -> dict[str, str]:
    return {contract.name: contract.runtime_hash for contract in world.adapter.everything()}


def as_test(told: Told, case: Path, test: Path) -> str:
    """A pytest module, to be written to `test`, that fails while the case is broken."""
    name = "".join(each if each.isalnum() else "_" for each in told.case.invariant)
    place = os.path.relpath(case.resolve(), test.resolve().parent)
    return TEST.format(says=told.case.sentence, file=place, name=name)
