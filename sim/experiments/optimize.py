"""Liquidation threshold optimisation: several objectives, constraints, a front, a confirmation.

Trials are points that Optuna's TPE sampler proposes; each is run with the same seeds and
judged by its figures. What is recommended was chosen because it looked good on those seeds, so
it is run again on seeds that no trial has seen, beside the scenario as it is, and what comes of
that is reported beside the claim.

The folder is a study like a sweep's (`sim.experiments.dataset`), a point a trial, and more:

    study.journal    Optuna's own: the study can be opened with it
    confirm-7/       a study on fresh seeds: point 0 is the recommended 7, 1 the scenario as it is
    optimize.json    written last:
        objectives   [{"figure": …, "more_is_better": …}, …]
        constraints  ["insolvency<=0.01", …]
        trials       [{"point": …, "feasible": …, "on_front": …, "<figure>": {value, low, high}}, …]
        front        points, the best of the first objective first
        recommended  point
        params       of it
        verdicts     a row an objective and constraint: figure, claimed, confirmed, as_it_is
                     (each {value, low, high, runs}), holds (null where the claim's interval
                     has no end) and, under a constraint, kept, and surely (by all of the interval)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import UsageError
from sim.experiments import dataset, store
from sim.experiments.aim import Aim
from sim.experiments.choice import choose, verdicts
from sim.experiments.design import Point, Space
from sim.experiments.search import Search
from sim.experiments.sweep import Plan, Progress, check, check_sampling, sweep_with
from sim.experiments.workers import open_workers

FRESH = 1_000_000
"""Seeds of the confirmation begin so far after the first of the trials."""
MAY_CHANGE = ("points", "refused", "command")
"""When an optimisation is taken up again: trials of fewer seeds could not stand beside others."""
CONFIRMED = 2
"""Points that are run on them: what is recommended, and the scenario as it is."""


@dataclass(frozen=True)
class Optimized:
    """`result` is the content of optimize.json."""

    result: dict[str, Any]
    tails: pd.DataFrame
    failures: pd.DataFrame
    notes: list[str]


def optimize(
    plan: Plan,
    space: Space,
    aim: Aim,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Optimized:
    """Make the trials that are missing, choose, confirm. An interrupt loses nothing finished,
    not even of the trial it falls in. Raises UsageError, ScenarioError, ClusterError."""
    if not space.axes:
        raise UsageError("there is nothing to optimise: name a --param")
    check_sampling(plan, [plan.scenario])
    check_sampling(replace(plan, seeds=aim.confirm), ())
    check(folder, plan.record(), resume, MAY_CHANGE)
    with open_workers(workers, scheduler) as who:
        tell = _of_all(plan, aim, progress)
        search = Search(plan, space, aim, folder, who, tell and tell(0))
        search.run()
        tails = search.write()
        result = choose(aim, search.points, tails)
        fresh = _confirmation(plan, space, aim, result)
        place = folder / f"confirm-{result['recommended']}"
        confirmed = sweep_with(who, fresh, place, tell and tell(aim.trials * plan.seeds))
        result["verdicts"] = verdicts(aim, tails, confirmed.tails, result["recommended"])
        store.write_json(folder / dataset.OPTIMUM, result)
        failures = pd.concat([dataset.failures(folder), confirmed.failures], ignore_index=True)
        return Optimized(result, tails, failures, who.notes)


def _of_all(plan: Plan, aim: Aim, progress: Progress | None) -> Callable[[int], Progress] | None:
    """Progress of trials and confirmation as one; of a part that begins after so many runs."""
    every = aim.trials * plan.seeds + CONFIRMED * aim.confirm
    return progress and (lambda before: lambda there, _: progress(before + there, every))


def _confirmation(plan: Plan, space: Space, aim: Aim, result: Mapping[str, Any]) -> Plan:
    """The recommended point and the scenario as it is, on seeds that no trial has seen."""
    params = {axis.key: result["params"][axis.key] for axis in space.axes}
    points = [space.point(0, params), replace(space, ties=()).point(1, {})]
    return replace(
        plan,
        kind="confirmation",
        points=[each for each in points if isinstance(each, Point)],
        refused=(),
        first_seed=plan.first_seed + FRESH,
        seeds=aim.confirm,
        figures=tuple(each.name for each in aim.figures),
    )
