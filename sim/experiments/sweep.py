"""The same seeds at every point of a parameter space; what is done is never done again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from sim.chain.revm import RevmEngine
from sim.errors import RunsFailed, UsageError
from sim.experiments import dataset, figures, store
from sim.experiments.dataset import Dataset
from sim.experiments.design import Point, Refused
from sim.experiments.identity import differences, identity
from sim.experiments.start import prepare
from sim.experiments.until import Until
from sim.experiments.work import Job, files_of
from sim.experiments.workers import Workers, open_workers
from sim.price.tilt import Sampling, Tilt, tilt
from sim.scenario import Scenario, changed

Progress = Callable[[int, int], None]
"""Runs that are there, and all of them."""
Say = Callable[[str], None]
"""Told where --until stands, a sentence after every round of seeds."""
WORTH_A_START = 8
"""Runs of a point from which on it saves time to execute their set-up beforehand."""


def _nothing(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Plan:
    """What a sweep is to find out."""

    source: str
    scenario: Scenario
    """Without the parameters."""
    overrides: tuple[str, ...]
    params: tuple[str, ...]
    ties: tuple[str, ...]
    design: str
    points: Sequence[Point]
    refused: Sequence[Refused]
    first_seed: int
    seeds: int
    engine: str
    sampling: Sampling | None = None
    """See `sim.price.tilt`; None is plain."""
    until: Until | None = None
    tables: Sequence[str] = ()
    """Of every run, to be kept."""
    command: str = ""
    kind: str = "sweep"
    figures: tuple[str, ...] = ()
    """To be told of every point besides those always told."""
    objectives: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    """Of an optimisation."""

    @property
    def hours(self) -> float:
        return self.scenario.run.blocks * self.scenario.run.block_seconds / 3_600

    def record(self) -> dict[str, Any]:
        """`study.json`."""
        until, how = self.until, self.sampling
        return {
            "kind": self.kind,
            "source": self.source,
            "scenario": self.scenario.model_dump(mode="json"),
            "overrides": list(self.overrides),
            "params": list(self.params),
            "ties": list(self.ties),
            "design": self.design,
            "points": [{"point": p.number, "params": dict(p.params)} for p in self.points],
            "refused": [{"params": dict(r.params), "reason": r.reason} for r in self.refused],
            "seeds": {"first": self.first_seed, "count": self.seeds},
            "until": until
            and {"figure": until.figure, "precision": until.precision, "most": until.most},
            "sampling": how and {"tilt": how.deviations, "minimum": how.minimum},
            "objectives": list(self.objectives),
            "constraints": list(self.constraints),
            "engine": self.engine,
            "adapters": _adapters([self.scenario, *(p.scenario for p in self.points)]),
            "horizon_hours": self.hours,
            "code": identity(),
            "command": self.command,
        }


def _adapters(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Of adapters from files, which are not part of this code: hash over what lies beside them."""
    files = {Path(scenario.protocol.contract) for scenario in scenarios}
    return {str(path): _hash_beside(path) for path in sorted(files) if path.is_file()}


def _hash_beside(adapter: Path) -> str:
    found = sha256()
    for pattern in ("*.py", "*.json", "*.vy*", "contracts/**/*.vy*"):
        for path in sorted(adapter.parent.glob(pattern)):
            found.update(path.relative_to(adapter.parent).as_posix().encode() + b"\0")
            found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()


MAY_CHANGE = ("seeds", "until", "command")
"""When a study is taken up again."""


def check(
    folder: Path,
    asked: Mapping[str, Any],
    resume: bool,
    may_change: Sequence[str] = MAY_CHANGE,
) -> None:
    """Whether a study can be written there: a new one, or more of the same. Raises UsageError."""
    if (folder / dataset.STUDY).is_file():
        if not resume:
            raise UsageError(
                f"--out {folder} holds a study: --resume goes on with it, or name another folder"
            )
        _agree(folder, asked, may_change)
    elif folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--out {folder} holds something that is no study; name another folder")
    store.prepare_folder(folder)


def _agree(folder: Path, asked: Mapping[str, Any], may_change: Sequence[str]) -> None:
    kept = dataset.study(folder)
    if differ := differences(asked["code"], kept["code"]):
        raise UsageError(
            f"--resume {folder}: it was begun by other code ({differ}), whose figures cannot stand "
            "beside these; name another folder"
        )
    fixed = {name: value for name, value in asked.items() if name not in may_change}
    for name, was, value in changed(kept, fixed):
        raise UsageError(f"--resume {folder}: it was begun with {name} {was} and not {value}")


def check_sampling(plan: Plan, scenarios: Sequence[Scenario]) -> None:
    """Raises UsageError where importance sampling is asked for and cannot be had."""
    if plan.sampling is None:
        return
    if plan.seeds % 2:
        raise UsageError(f"--seeds {plan.seeds}: importance sampling needs an even number")
    for scenario in scenarios:
        tilt(scenario, plan.sampling)


class Maker:
    """Makes the runs of a study that are not there yet, and keeps them."""

    def __init__(
        self, plan: Plan, kept: Dataset, workers: Workers, progress: Progress | None = None
    ) -> None:
        self._plan, self.kept, self.workers = plan, kept, workers
        self._progress = progress
        self._asked = self._there = 0

    def make(self, wanted: Mapping[int, Sequence[int]], points: Sequence[Point]) -> None:
        """Runs of the seeds wanted of each point, by its number."""
        missing = {
            point: sorted(set(seeds) - self.kept.finished(point)) for point, seeds in wanted.items()
        }
        self._asked += sum(map(len, wanted.values()))
        self._there += sum(map(len, wanted.values())) - sum(map(len, missing.values()))
        self._say()
        left = {point: len(seeds) for point, seeds in missing.items()}
        for point, count in left.items():
            if not count:
                self.kept.gather(point)
        for outcome in self.workers.run(self._jobs(missing, points)):
            self.kept.add(outcome)
            left[outcome.point] -= 1
            if not left[outcome.point]:
                self.kept.gather(outcome.point)
            self._there += 1
            self._say()

    def count(self, runs: int) -> None:
        """Runs of an earlier session, for the progress."""
        self._asked += runs
        self._there += runs

    def runs(self, points: Sequence[int] | None = None) -> pd.DataFrame:
        return dataset.runs(self.kept.folder, points)

    def tails(self, names: Sequence[str]) -> pd.DataFrame:
        """The figures of every point, written too. Raises RunsFailed where no run came through."""
        runs = self.runs()
        if runs.empty:
            reasons = list(self.kept.failures.values())
            raise RunsFailed(f"all {len(reasons):,} runs failed, the first because: {reasons[0]}")
        tails = figures.estimate(runs, names, self._plan.hours)
        self.kept.write_tails(tails)
        return tails

    def _jobs(self, missing: Mapping[int, Sequence[int]], points: Sequence[Point]) -> Iterator[Job]:
        plan = self._plan
        for point in points:
            seeds = missing.get(point.number, ())
            files = files_of(point.scenario) if seeds else {}
            tilted = _tilt(plan, point)
            start = None
            if plan.engine == RevmEngine.name and len(seeds) >= WORTH_A_START:
                start = prepare(point.scenario, seeds)
            for seed in seeds:
                yield Job(
                    point.number,
                    seed,
                    point.scenario,
                    plan.engine,
                    start=start,
                    tilt=tilted,
                    tilted=tilted is not None and (seed - plan.first_seed) % 2 == 1,
                    files=files,
                    tables=plan.tables,
                )

    def _say(self) -> None:
        if self._progress:
            self._progress(self._there, self._asked)


def _tilt(plan: Plan, point: Point) -> Tilt | None:
    return tilt(point.scenario, plan.sampling) if plan.sampling else None


@dataclass(frozen=True)
class Swept:
    """What came of a sweep: `tails` as in its file, and what went wrong on the way."""

    tails: pd.DataFrame
    failures: pd.DataFrame
    notes: list[str]


def sweep(
    plan: Plan,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    say: Say = _nothing,
) -> Swept:
    """Make all runs that are asked for and not there yet, then the figures of every point.

    An interrupt, a scheduler that is gone or a killed process lose what is being run at that
    moment and nothing else; with `resume` the study goes on. Raises UsageError, ClusterError.
    """
    check_sampling(plan, [point.scenario for point in plan.points])
    check(folder, plan.record(), resume)
    with open_workers(workers, scheduler) as who:
        return sweep_with(who, plan, folder, progress, say)


def sweep_with(
    who: Workers, plan: Plan, folder: Path, progress: Progress | None = None, say: Say = _nothing
) -> Swept:
    """The same by workers that are there, in a folder that was checked."""
    kept = Dataset(folder)
    kept.begin(plan.record())
    maker = Maker(plan, kept, who, progress)
    wanted = {point.number: _seeds(plan, plan.seeds) for point in plan.points}
    while wanted:
        maker.make(wanted, plan.points)
        wanted = _more(plan.until, plan, maker, say) if plan.until else {}
    tails = maker.tails(_names(plan))
    return Swept(tails, dataset.failures(folder), who.notes)


def _seeds(plan: Plan, count: int) -> range:
    return range(plan.first_seed, plan.first_seed + count)


def _names(plan: Plan) -> list[str]:
    more = [plan.until.figure] if plan.until else []
    return list(dict.fromkeys([*more, *plan.figures, *figures.REPORTED]))


def _more(until: Until, plan: Plan, maker: Maker, say: Say) -> dict[int, range]:
    """Seeds of the points whose figure is not precise enough yet."""
    found = until.of(maker.runs())
    failed = Counter(point for point, _ in maker.kept.failures)
    wanted = until.more(found, {point: each.runs + failed[point] for point, each in found.items()})
    say(until.told(found, wanted))
    return {point: _seeds(plan, count) for point, count in wanted.items()}
