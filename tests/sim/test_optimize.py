"""Optimisation: the front, the choice, the confirmation, and going on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.errors import ScenarioError, UsageError
from sim.experiments import dataset
from sim.experiments.aim import Aim, constraint
from sim.experiments.design import space
from sim.experiments.figures import figures
from sim.experiments.optimize import FRESH, Optimized, optimize
from sim.experiments.pareto import front, knee
from sim.experiments.sweep import Progress
from sim.experiments.work import Job, execute
from tests.sim.studies import content, plan, source

PARAMS = ("margin.maintenance=0.06:0.15", "penalty.fixed=0.02:0.05")
TRIALS, SEEDS, CONFIRM = 4, 2, 3


def optimum(
    home: Path, resume: bool = False, progress: Progress | None = None, **aims: Any
) -> Optimized:
    terms: dict[str, Any] = {
        "objectives": figures("capital_efficiency,borrower_loss"),
        "constraints": (),
        "trials": TRIALS,
        "confirm": CONFIRM,
    }
    aim = Aim(**{**terms, **aims})
    names = tuple(each.name for each in aim.figures)
    asked = plan(home, (), seeds=SEEDS, kind="optimize", design="optimize", figures=names)
    asked = replace(asked, params=PARAMS, points=())
    ties = ("margin.initial=margin.maintenance+0.2", "margin.close_out=margin.maintenance*1")
    of = space(source(home), (), PARAMS, ties)
    return optimize(asked, of, aim, home / "out", resume=resume, progress=progress)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Optimized, Path]:
    home = tmp_path_factory.mktemp("optimum")
    return optimum(home), home / "out"


def test_front__points_nobody_beats__by_hand() -> None:
    costs = np.array([[1, 5], [2, 2], [2, 2], [3, 3], [5, 1], [1, 6]], dtype=float)
    assert front(costs) == [0, 1, 4]
    assert knee(costs[[0, 1, 4]]) == 1


def test_knee__units__do_not_matter() -> None:
    costs = np.array([[0.0, 10.0], [0.2, 3.0], [1.0, 0.0]])
    assert knee(costs) == knee(costs * np.array([1e6, 1e-3])) == 1
    assert knee(np.array([[7.0, 7.0]])) == 0


def test_optimize__front__is_what_the_trials_figures_say(done: tuple[Optimized, Path]) -> None:
    found, out = done
    tails = dataset.tails(out).pivot(index="point", columns="figure", values="value")
    gain, loss = tails["capital_efficiency_mean"], tails["borrower_loss_mean"]
    unbeaten = [
        point
        for point in tails.index
        if not ((gain >= gain[point]) & (loss <= loss[point])
                & ((gain > gain[point]) | (loss < loss[point]))).any()
    ]  # fmt: skip
    assert sorted(found.result["front"]) == unbeaten
    assert found.result["recommended"] in unbeaten
    assert len(dataset.runs(out)) == TRIALS * SEEDS
    assert json.loads((out / "optimize.json").read_text()) == found.result


def test_optimize__recommendation__is_run_again_on_seeds_no_trial_saw(
    done: tuple[Optimized, Path],
) -> None:
    found, out = done
    fresh = dataset.runs(out / f"confirm-{found.result['recommended']}")
    assert set(fresh["seed"]) == {1 + FRESH + i for i in range(CONFIRM)}
    assert not set(fresh["seed"]) & set(dataset.runs(out)["seed"])
    for row in found.result["verdicts"]:
        column = {
            "capital_efficiency_mean": "efficiency.capital_efficiency",
            "borrower_loss_mean": "liquidation.borrower_loss_usd",
        }[row["figure"]]
        mean = fresh.groupby("point")[column].mean()
        assert row["confirmed"]["value"] == pytest.approx(mean[0])
        assert row["as_it_is"]["value"] == pytest.approx(mean[1])


def test_optimize__interrupted__goes_on_to_the_same_trials_and_bytes(
    done: tuple[Optimized, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the second trial, of which one run is there."""
    found, undisturbed = done
    made = []

    def interrupted(job: Job) -> object:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append((job.point, job.seed))
        return execute(job)

    with monkeypatch.context() as patch:
        patch.setattr("sim.experiments.workers.execute", interrupted)
        with pytest.raises(KeyboardInterrupt):
            optimum(tmp_path)
    seen: list[int] = []
    again = optimum(tmp_path, resume=True, progress=lambda there, _: seen.append(there))
    assert again.result == found.result
    assert (seen[0], seen[-1]) == (3, TRIALS * SEEDS + 2 * CONFIRM)
    assert content(tmp_path / "out") == content(undisturbed)


def test_optimize__constraint_that_nothing_keeps__is_a_sentence(tmp_path: Path) -> None:
    limits = (constraint("capital_efficiency>=5"),)
    with pytest.raises(ScenarioError, match="none of 1 trials keeps to capital_efficiency_mean>=5"):
        optimum(tmp_path, constraints=limits, trials=1)


def test_optimize__constraint__keeps_points_off_the_front(
    done: tuple[Optimized, Path], tmp_path: Path
) -> None:
    """The first trials are drawn at random, whatever is wanted: they are those done before."""
    free = done[0].result
    losses = {trial["point"]: trial["borrower_loss_mean"]["value"] for trial in free["trials"]}
    bound = sorted(losses.values())[TRIALS // 2]
    limits = (constraint(f"borrower_loss<={bound!r}"),)
    held = optimum(tmp_path, constraints=limits).result
    assert {t["point"]: t["borrower_loss_mean"]["value"] for t in held["trials"]} == losses
    for trial in held["trials"]:
        assert trial["feasible"] == (losses[trial["point"]] <= bound)
        assert trial["feasible"] or trial["point"] not in held["front"]
    assert not all(trial["feasible"] for trial in held["trials"])


@pytest.mark.parametrize("text", ["insolvency", "insolvency<0.1", "luck<=1", "insolvency<=x"])
def test_constraint__bad_form__is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="--constraint"):
        constraint(text)
