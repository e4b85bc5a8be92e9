"""The trials of an optimisation: asked of Optuna, made, judged, told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import ScenarioError
from sim.experiments import figures, store
from sim.experiments.aim import Aim
from sim.experiments.dataset import Dataset
from sim.experiments.design import Axis, Point, Refused, Space, Value, refusal
from sim.experiments.sweep import Maker, Plan, Progress
from sim.experiments.workers import Workers

JOURNAL = "study.journal"
MOST_REFUSED = 20
"""Points refused for each trial wanted, after which the space is taken to be empty."""


class Search:
    """The trials of a study and what is known of them."""

    def __init__(
        self,
        plan: Plan,
        space: Space,
        aim: Aim,
        folder: Path,
        workers: Workers,
        progress: Progress | None = None,
    ) -> None:
        self.plan, self.space, self.aim = plan, space, aim
        self.points: list[Point] = []
        self.refused: list[Refused] = []
        self.kept = Dataset(folder)
        store.prepare_folder(folder)
        self.study = _study(folder, aim)
        self.maker = Maker(plan, self.kept, workers, progress)

    def run(self) -> None:
        """Ask and tell until there are enough trials; those of earlier sessions count."""
        from optuna.trial import Trial, TrialState

        for past in self.study.get_trials():
            if past.state == TrialState.RUNNING:
                self.study.sampler = _sampler(self.plan.first_seed + past.number)
                self._try(Trial(self.study, past._trial_id))
            elif point := self._know(past.number, past.params):
                self.maker.count(len(self.kept.finished(point.number)))
        while len(self.points) < self.aim.trials:
            if len(self.refused) > MOST_REFUSED * self.aim.trials:
                self._leave_nothing()
                raise ScenarioError(refusal(self.refused, len(self.points) + len(self.refused)))
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

    def _leave_nothing(self) -> None:
        """No folder in the way of the next try, where this one made no run."""
        if not self.points:
            (self.kept.folder / JOURNAL).unlink()
            self.kept.folder.rmdir()

    def record(self) -> dict[str, Any]:
        return replace(self.plan, points=self.points, refused=self.refused).record()

    def write(self) -> pd.DataFrame:
        """The study as it is now, with the figures of every trial."""
        self.kept.begin(self.record())
        names = [*(each.name for each in self.aim.figures), *figures.REPORTED]
        return self.maker.tails(list(dict.fromkeys(names)))


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
