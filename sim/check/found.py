"""What a check has found, made as small as it gets and kept as a case."""

from __future__ import annotations

from pathlib import Path

from sim.chain import open_engine
from sim.check.case import Case
from sim.check.replay import bytecode
from sim.check.rerun import Rerun
from sim.check.search import Broken
from sim.check.shrink import Shrinker
from sim.check.target import Target
from sim.check.trial import Trial


def of_search(target: Target, broken: Broken, engine: str, seed: int) -> Case:
    runner, name = broken.search.runner, broken.finding.invariant
    actions, finding = Shrinker(runner, name).shrink(broken.actions)
    return Case(
        path=target.path,
        scenario=runner.world.adapter.scenario,
        hostile=runner.world.is_hostile,
        seed=seed,
        engine=engine,
        bytecode=bytecode(runner.world.adapter),
        invariant=name,
        sentence=finding.sentence,
        actions=tuple(actions),
    )


def of_run(target: Target, trial: Trial, name: str, engine: str, seed: int) -> Case:
    """With fewer of the run's transactions, which may break it in other words; and how many
    there are of how many."""
    failure, adapter = trial.broken[name], target.make(trial.scenario)
    with open_engine(engine) as opened:
        rerun = Rerun(adapter, opened, seed)
        fewer = rerun.fewest(failure.sent, name, failure.until)
        sentence = rerun.broken(fewer, name, failure.until) or failure.sentence
    return Case(
        path=target.path,
        scenario=trial.scenario,
        hostile=False,
        seed=seed,
        engine=engine,
        bytecode=bytecode(adapter),
        invariant=name,
        sentence=f"{trial.name}: {sentence} ({_enough(len(fewer), len(failure.sent))})",
        sent=tuple(fewer),
        until=failure.until,
    )


def _enough(few: int, all_of_them: int) -> str:
    if not few:
        return "its set-up does it"
    return f"{few:,} of its {all_of_them:,} transactions until then do it"


def save(case: Case, folder: Path | None) -> Path | None:
    """Under the name of what is broken."""
    if folder is None:
        return None
    file = folder / f"{case.invariant.replace(' ', '-')}.json"
    case.save(file)
    return file
