"""A case executed again, on any engine, and told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sim.chain import open_engine
from sim.chain.engine import Engine
from sim.check.build import build
from sim.check.case import Case
from sim.check.rerun import Rerun
from sim.check.runner import Effort, Finding, Runner
from sim.check.story import Teller
from sim.check.target import Target, find
from sim.check.world import Step, World
from sim.protocol.adapter import Adapter
from sim.protocol.blame import mending
from sim.scenario import Scenario

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
    case = replace(case, scenario=_on(case.scenario, target))
    with open_engine(engine) as opened:
        adapter = target.make(case.scenario)
        with mending(adapter):
            if case.until:
                told = _tell_run(case, Rerun(adapter, opened, case.seed))
            else:
                told = _tell(case, build(opened, case.scenario, case.hostile, target.make))
    told.lines.append(f"BROKEN HERE: {told.finding.sentence}" if told.finding else "It holds.")
    return told


def _tell(case: Case, world: World) -> Told:
    teller = Teller(world.adapter, world.names)
    everything = Runner(world, Effort()).invariants()
    runner = Runner(world, Effort(), set(everything) - {case.invariant})
    told = _begin(case, world.engine, world.adapter, everything.get(case.invariant, ""))

    def listen(step: Step) -> None:
        if step.receipt is None:
            told.lines.append(f"block {world.engine.block_number}")
        told.lines.extend(teller.tell(step))

    told.finding = runner.run(case.actions, probe=True, listen=listen)
    return told


def _tell_run(case: Case, rerun: Rerun) -> Told:
    told = _begin(case, rerun.engine, rerun.adapter, f"in {case.scenario.name}, seed {case.seed}")
    teller = Teller(rerun.adapter, rerun.names)
    time = 0
    for sent, receipt, before, after in rerun.steps(case.sent):
        if sent.time != time:
            told.lines.append(f"block at {datetime.fromtimestamp(sent.time, UTC):%d %b %H:%M:%S}")
        time = sent.time
        told.lines.extend(teller.tell_sent(sent, receipt, before, after))
    sentence = rerun.broken(case.sent, case.invariant, case.until)
    told.finding = Finding(case.invariant, sentence, len(case.sent) - 1) if sentence else None
    return told


def _begin(case: Case, engine: Engine, adapter: Adapter, says: str) -> Told:
    now = bytecode(adapter)
    differs = sorted(name for name, code in case.bytecode.items() if now.get(name, code) != code)
    told = Told(case, engine.name, None, differs)
    told.lines = [f"{case.path} and `{case.invariant}`: {says}"]
    if differs:
        told.lines.append(f"(not the bytecode it was found with: {', '.join(differs)})")
    return told


def _on(scenario: Scenario, target: Target) -> Scenario:
    """The scenario on the contract where it now is."""
    protocol = scenario.protocol.model_copy(update={"contract": target.protocol})
    return scenario.model_copy(update={"protocol": protocol})


def _beside(path: str, file: Path) -> str:
    """The contract where it was, else as seen from the case's folder."""
    there = file.parent / path
    return str(there) if not Path(path).exists() and there.exists() else path


def bytecode(adapter: Adapter) -> dict[str, str]:
    return {contract.name: contract.runtime_hash for contract in adapter.everything()}


def as_test(told: Told, case: Path, test: Path) -> str:
    """A pytest module, to be written to `test`, that fails while the case is broken."""
    name = "".join(each if each.isalnum() else "_" for each in told.case.invariant)
    place = os.path.relpath(case.resolve(), test.resolve().parent)
    return TEST.format(says=told.case.sentence, file=place, name=name)
