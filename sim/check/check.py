"""Does it hold? Scenarios, then a search, for as long as there is time; then what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from sim.chain import open_engine
from sim.check.code import reached
from sim.check.found import of_run, of_search, save
from sim.check.runner import Effort, Runner
from sim.check.search import Broken, Search, search, searches_of
from sim.check.target import Target
from sim.check.trial import Trial, applicable, short, trial
from sim.errors import PlimsollError
from sim.protocol.blame import mending

SCENARIOS = 1 / 3
"""Share of the budget that scenarios may take."""
Progress = Callable[[str, Effort, float], None]
"""(what is being done, effort so far, share of the budget spent)"""


@dataclass(frozen=True)
class Answer:
    """About one invariant."""

    name: str
    says: str
    tried: int
    """How often it was held against something."""
    sentence: str = ""
    """What is broken; empty when it holds."""
    case: Path | None = None

    @property
    def verdict(self) -> str:
        return "broken" if self.sentence else "holds" if self.tried else "not met"


@dataclass(repr=False)
class Verdict:
    """On one contract."""

    target: Target
    engine: str
    seed: int
    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)
    blocks: int = 0
    """Mined altogether, for what was tried and undone too."""
    branches: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Contract -> (reached, there are); empty where the engine cannot say."""
    scenarios: list[Trial] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    """Scenario -> why it cannot be run on the contract."""
    interrupted: bool = False

    @property
    def holds(self) -> bool:
        return not any(answer.sentence for answer in self.answers)

    def __repr__(self) -> str:
        """What is broken, for a failing `assert verdict.holds`."""
        broken = [f"{each.name}: {each.sentence}" for each in self.answers if each.sentence]
        return f"<{self.target.name}: {'; '.join(broken) or 'holds'}>"

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "path": self.target.path,
            "protocol": self.target.protocol,
            "engine": self.engine,
            "seed": self.seed,
            "holds": self.holds,
            "interrupted": self.interrupted,
            "actions": self.effort.actions,
            "sequences": self.effort.sequences,
            "blocks": self.blocks,
            "states": len(self.effort.states),
            "branches": {name: list(counts) for name, counts in self.branches.items()},
            "scenarios": [
                {"name": t.name, "blocks": t.blocks, "liquidations": t.liquidations}
                for t in self.scenarios
            ],
            "not_run": self.not_run,
            "invariants": [
                {
                    "name": answer.name,
                    "says": answer.says,
                    "verdict": answer.verdict,
                    "tried": answer.tried,
                    "broken": answer.sentence,
                    "case": str(answer.case) if answer.case else None,
                }
                for answer in self.answers
            ],
        }


def check(
    target: Target,
    budget: float,
    engine: str = "auto",
    seed: int = 1,
    out: Path | None = None,
    progress: Progress | None = None,
    most_actions: int | None = None,
) -> Verdict:
    """For `budget` seconds, or an interrupt. Cases are written into `out`. With `most_actions`
    the search is the same every time, and there are no scenarios.

    Raises ContractError, AdapterError or UsageError when there is nothing that can be checked.
    """
    begun = monotonic()
    tell = progress or (lambda *_: None)
    with ExitStack() as stack:
        searches = searches_of(target, engine, seed, stack)
        runner = searches[0].runner
        verdict = Verdict(target, runner.world.engine.name, seed, effort=runner.effort)
        found: list[Broken] = []
        with mending(runner.world.adapter):
            try:
                if most_actions is None:
                    _scenarios(verdict, budget * SCENARIOS, tell)
                left = budget - (monotonic() - begun)
                found = search(
                    searches,
                    left,
                    lambda effort, _: tell("searching", effort, (monotonic() - begun) / budget),
                    most_actions=most_actions,
                )
            except KeyboardInterrupt:
                verdict.interrupted = True
            tell("shrinking", runner.effort, 1.0)
            verdict.answers = _answers(verdict, runner, found, out)
            verdict.branches = _branches(searches)
        verdict.blocks = sum(each.runner.world.blocks for each in searches)
        verdict.blocks += sum(each.blocks for each in verdict.scenarios)
        verdict.seconds = monotonic() - begun
    return verdict


def _scenarios(verdict: Verdict, budget: float, tell: Progress) -> None:
    begun = monotonic()

    def over() -> bool:
        return monotonic() - begun > budget

    for name in applicable(verdict.target):
        if over():
            return
        tell(name, verdict.effort, (monotonic() - begun) / budget * SCENARIOS)
        scenario = short(name, verdict.target)
        with open_engine(verdict.engine) as opened:
            try:
                done = trial(verdict.target, scenario, opened, verdict.seed, over)
            except PlimsollError as error:
                verdict.not_run[name] = str(error)
            else:
                verdict.scenarios.append(done)


def _answers(
    verdict: Verdict, runner: Runner, found: Sequence[Broken], out: Path | None
) -> list[Answer]:
    tried = Counter(runner.effort.tried)
    sentences: dict[str, str] = {}
    cases: dict[str, Path | None] = {}
    for each in verdict.scenarios:
        tried.update(each.tried)
    for broken in found:
        name = broken.finding.invariant
        case = of_search(verdict.target, broken, verdict.engine, verdict.seed)
        sentences[name], cases[name] = case.sentence, save(case, out)
    for each in verdict.scenarios:
        for name in each.broken.keys() - sentences.keys():
            case = of_run(verdict.target, each, name, verdict.engine, verdict.seed)
            sentences[name], cases[name] = case.sentence, save(case, out)
    return [
        Answer(name, says, tried[name], sentences.get(name, ""), cases.get(name))
        for name, says in runner.invariants().items()
    ]


def _branches(searches: Sequence[Search]) -> dict[str, tuple[int, int]]:
    """Of all worlds together: a deployment puts a contract at the same address in each."""
    effort, world = searches[0].runner.effort, searches[0].runner.world
    world.reset()
    return reached(world.engine, world.adapter.contracts(), effort.branches)
