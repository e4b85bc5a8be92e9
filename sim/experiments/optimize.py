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
                     (each {value, low, high, runs}) and holds
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import ScenarioError, UsageError
from sim.experiments import dataset, figures, store
from sim.experiments.dataset import Dataset
from sim.experiments.design import Axis, Point, Refused, Space, Value
from sim.experiments.figures import Figure
from sim.experiments.pareto import front, knee
from sim.experiments.sweep import MAY_CHANGE, Maker, Plan, Progress, check, sweep_with
from sim.experiments.workers import open_workers
from sim.metrics.tail import Estimate

RESULT = "optimize.json"
JOURNAL = "study.journal"
FRESH = 1_000_000
"""Seeds of the confirmation begin so far after the first of the trials."""
MOST_REFUSED = 20
"""Points refused for each trial wanted, after which the space is taken to be empty."""
_CONSTRAINT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*([\d.eE+-]+)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a figure must keep to."""

    figure: Figure
    sign: str
    bound: float

    def excess(self, value: float) -> float:
        """By how much it is broken; 0 or below where it is kept."""
        return value - self.bound if self.sign == "<=" else self.bound - value

    def __str__(self) -> str:
        return f"{self.figure.name}{self.sign}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted."""

    objectives: tuple[Figure, ...]
    constraints: tuple[Constraint, ...]
    trials: int
    confirm: int
    """Fresh seeds."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        both = (*self.objectives, *(each.figure for each in self.constraints))
        return tuple({each.name: each for each in both}.values())


@dataclass(frozen=True)
class Optimized:
    """`result` is the content of optimize.json."""

    result: dict[str, Any]
    tails: pd.DataFrame
    failures: pd.DataFrame
    notes: list[str]


def constraint(text: str) -> Constraint:
    """Raises UsageError where it is not of the form ``insolvency<=0.01``."""
    found = _CONSTRAINT.fullmatch(text)
    try:
        name, sign, bound = found.groups() if found else ("", "", "")
        return Constraint(figures.figure(name), sign, float(bound))
    except (UsageError, ValueError) as error:
        why = f": {error}" if found else ""
        raise UsageError(f"--constraint {text!r} is not of the form figure<=number{why}") from None


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
    check(folder, plan.record(), resume, (*MAY_CHANGE, "points", "refused"))
    with open_workers(workers, scheduler) as who:
        search = Search(plan, space, aim, folder)
        search.maker = Maker(plan, search.kept, who, _of_all(aim.trials * plan.seeds, progress))
        search.run()
        tails = search.write()
        result = search.chosen(tails)
        fresh = _confirmation(plan, space, aim, result)
        confirmed = sweep_with(who, fresh, folder / f"confirm-{result['recommended']}")
        result["verdicts"] = _verdicts(aim, tails, confirmed.tails, result["recommended"])
        store.write_json(folder / RESULT, result)
        failures = pd.concat([dataset.failures(folder), confirmed.failures], ignore_index=True)
        return Optimized(result, tails, failures, who.notes)


class Search:
    """The trials of a study and what is known of them."""

    maker: Maker

    def __init__(self, plan: Plan, space: Space, aim: Aim, folder: Path) -> None:
        self.plan, self.space, self.aim, self.folder = plan, space, aim, folder
        self.points: list[Point] = []
        self.refused: list[Refused] = []
        self.kept = Dataset(folder)
        store.prepare_folder(folder)
        self.study = _study(folder, aim)

    def run(self) -> None:
        """Ask and tell until there are enough trials; those of earlier sessions count."""
        from optuna.trial import Trial, TrialState

        for past in self.study.get_trials():
            if past.state == TrialState.RUNNING:
                self.study.sampler = _sampler(self.plan.first_seed + past.number)
                self._try(Trial(self.study, past._trial_id))
            else:
                self._know(past.number, past.params)
        while len(self.points) < self.aim.trials:
            if len(self.refused) > MOST_REFUSED * self.aim.trials:
                raise ScenarioError(
                    f"hardly any of the points is allowed: {self.refused[0].reason}"
                )
            self.study.sampler = _sampler(self.plan.first_seed + len(self.study.trials))
            self._try(self.study.ask())

    def _know(self, number: int, params: Mapping[str, Value]) -> Point | None:
        """A trial's point, listed; None where the scenario does not allow it."""
        point = self.space.point(number, {key: _tidy(value) for key, value in params.items()})
        if isinstance(point, Refused):
            self.refused.append(point)
            return None
        self.points.append(point)
        return point

    def _try(self, trial: Any) -> None:
        """One point: made, judged, told."""
        from optuna.trial import TrialState

        params = {axis.key: _suggest(trial, axis) for axis in self.space.axes}
        point = self._know(trial.number, params)
        if point is None:
            self.study.tell(trial.number, state=TrialState.FAIL)
            return
        self.kept.begin(self.record())
        first = self.plan.first_seed
        self.maker.make({point.number: range(first, first + self.plan.seeds)}, [point])
        runs = self.maker.runs([point.number])
        found = {figure.name: figure.of(runs).value for figure in self.aim.figures}
        if any(isnan(value) for value in found.values()):
            self.study.tell(trial.number, state=TrialState.FAIL)
            return
        for each in self.aim.constraints:
            trial.set_constraint(str(each), each.excess(found[each.figure.name]))
        self.study.tell(trial.number, [found[each.name] for each in self.aim.objectives])

    def record(self) -> dict[str, Any]:
        return replace(self.plan, points=self.points, refused=self.refused).record()

    def write(self) -> pd.DataFrame:
        """The study as it is now, with the figures of every trial."""
        self.kept.begin(self.record())
        names = [*(each.name for each in self.aim.figures), *figures.REPORTED]
        runs = self.maker.runs([point.number for point in self.points])
        tails = figures.estimate(runs, list(dict.fromkeys(names)), self.plan.hours)
        self.kept.write_tails(tails)
        return tails

    def chosen(self, tails: pd.DataFrame) -> dict[str, Any]:
        """The front and the point recommended. Raises ScenarioError where no trial keeps to the
        constraints."""
        aim = self.aim
        found = {
            int(str(point)): {row["figure"]: _estimate(row) for _, row in rows.iterrows()}
            for point, rows in tails.groupby("point")
        }
        feasible = [
            point
            for point, mine in found.items()
            if all(c.excess(mine[c.figure.name].value) <= 0 for c in aim.constraints)
            and not any(isnan(mine[o.name].value) for o in aim.objectives)
        ]
        if not feasible:
            raise ScenarioError(
                f"none of {len(found)} trials keeps to {', '.join(map(str, aim.constraints))}"
            )
        costs = np.array([[_cost(o, found[point]) for o in aim.objectives] for point in feasible])
        rows = sorted(front(costs), key=lambda row: tuple(costs[row]))
        best = [feasible[row] for row in rows]
        recommended = best[knee(costs[rows])]
        return {
            "objectives": [
                {"figure": o.name, "more_is_better": o.more_is_better} for o in aim.objectives
            ],
            "constraints": [str(each) for each in aim.constraints],
            "trials": [
                {
                    "point": point,
                    "feasible": point in feasible,
                    "on_front": point in best,
                    **{each.name: _json(mine[each.name]) for each in aim.figures},
                }
                for point, mine in found.items()
            ],
            "front": best,
            "recommended": recommended,
            "params": dict(next(p.params for p in self.points if p.number == recommended)),
        }


def _study(folder: Path, aim: Aim) -> Any:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        study_name="plimsoll",
        storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
        directions=["maximize" if o.more_is_better else "minimize" for o in aim.objectives],
        load_if_exists=True,
    )


def _sampler(seed: int) -> Any:
    """A new one for every trial, so that a study taken up again proposes what it would have."""
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, multivariate=True)


def _suggest(trial: Any, axis: Axis) -> Value:
    if axis.listed:
        found: Value = trial.suggest_categorical(axis.key, axis.listed)
    elif axis.whole:
        found = trial.suggest_int(axis.key, int(axis.low), int(axis.high))
    else:
        step = (axis.high - axis.low) / (axis.count - 1) if axis.count else None
        found = trial.suggest_float(axis.key, axis.low, axis.high, step=step)
    return found


def _tidy(value: Value) -> Value:
    """Six digits are enough to say what was chosen."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _of_all(runs: int, progress: Progress | None) -> Progress | None:
    """Progress of all trials, not of those asked for so far."""
    return progress and (lambda there, asked: progress(there, max(asked, runs)))


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


def _verdicts(
    aim: Aim, claimed: pd.DataFrame, fresh: pd.DataFrame, point: int
) -> list[dict[str, Any]]:
    rows = []
    for figure in aim.figures:
        claim = _of(claimed, point, figure.name)
        found, before = (_of(fresh, each, figure.name) for each in (0, 1))
        rows.append(
            {
                "figure": figure.name,
                "claimed": _json(claim),
                "confirmed": _json(found),
                "as_it_is": _json(before),
                "holds": found.low <= claim.high and claim.low <= found.high,
            }
        )
    for each in aim.constraints:
        row = next(row for row in rows if row["figure"] == each.figure.name)
        row["kept"] = each.excess(_of(fresh, 0, each.figure.name).value) <= 0
    return rows


def _of(tails: pd.DataFrame, point: int, figure: str) -> Estimate:
    return _estimate(tails[(tails["point"] == point) & (tails["figure"] == figure)].iloc[0])


def _estimate(row: Any) -> Estimate:
    return Estimate(float(row["value"]), float(row["low"]), float(row["high"]), int(row["runs"]))


def _cost(objective: Figure, mine: Mapping[str, Estimate]) -> float:
    return mine[objective.name].value * (-1 if objective.more_is_better else 1)


def _json(of: Estimate) -> dict[str, Any]:
    """Infinite ends are null: JSON has no word for them."""
    return {name: value if np.isfinite(value) else None for name, value in asdict(of).items()}
