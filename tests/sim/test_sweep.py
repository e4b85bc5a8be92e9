"""Sweeps in one process: what is written, what is never done twice, what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from sim.chain import in_process
from sim.chain.engine import Block, BlockRequest
from sim.errors import LedgerMismatch, UsageError
from sim.experiments import dataset, work
from sim.experiments.figures import REPORTED, estimate, figure
from sim.experiments.outcome import FIXED, Done, Failed
from sim.experiments.run import run
from sim.experiments.start import StartedEngine
from sim.experiments.sweep import Plan, sweep, sweep_with
from sim.experiments.until import Until
from sim.experiments.work import Job, execute, flat
from sim.price.tilt import Sampling
from sim.tables import TABLES
from tests.sim.studies import content, plan

SEEDS = 4


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """Two points of four seeds, undisturbed."""
    home = tmp_path_factory.mktemp("swept")
    asked = plan(home, seeds=SEEDS)
    sweep(asked, home / "out")
    return asked, home / "out"


def test_sweep__rows__are_the_runs_of_the_same_seeds(swept: tuple[Plan, Path]) -> None:
    asked, out = swept
    rows = dataset.runs(out)
    assert rows[["point", "seed"]].values.tolist() == [[p, s] for p in (0, 1) for s in (1, 2, 3, 4)]
    alone = run(asked.points[1].scenario, engine=asked.engine, seed=3)
    (row,) = rows[(rows["point"] == 1) & (rows["seed"] == 3)].to_dict("records")
    assert row["fingerprint"] == alone.record["fingerprint"]
    figures = flat(alone.record["summary"])
    assert {name: row[name] for name in figures} == figures
    assert (rows["weight"] == 1).all()


def test_sweep__points__share_their_noise(swept: tuple[Plan, Path]) -> None:
    rows = dataset.runs(swept[1]).set_index(["point", "seed"])
    for name in ("market.assets.ETH.lowest", "solvency.debt_start_usd"):
        assert rows.loc[0, name].tolist() == rows.loc[1, name].tolist()
    assert rows.loc[0, "fingerprint"].tolist() != rows.loc[1, "fingerprint"].tolist()


def test_sweep__folder__says_what_was_asked_and_what_came_of_it(swept: tuple[Plan, Path]) -> None:
    asked, out = swept
    study = dataset.study(out)
    assert study["points"] == [
        {"point": 0, "params": {"penalty.fixed": 0.03}},
        {"point": 1, "params": {"penalty.fixed": 0.05}},
    ]
    assert (study["kind"], study["seeds"]) == ("sweep", {"first": 1, "count": SEEDS})
    assert study["scenario"] == asked.scenario.model_dump(mode="json")
    tails = dataset.tails(out)
    assert set(tails["figure"]) == set(REPORTED)
    assert (tails["runs"] == SEEDS).all()
    assert sorted(path.name for path in (out / "runs/point=0").iterdir()) == ["all.parquet"]


@pytest.mark.skipif(in_process() != "revm", reason="needs an engine that can be dumped")
def test_sweep__runs_of_a_point__deploy_and_populate_nothing_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the set-up comes from the dump that their point was prepared with."""
    started: list[StartedEngine] = []

    executed = []

    class Watched(StartedEngine):
        def __init__(self, packed: bytes) -> None:
            super().__init__(packed)
            started.append(self)

        def mine(self, request: BlockRequest) -> Block:
            if not self.left:
                executed.append(request)
            return super().mine(request)

    monkeypatch.setattr(work, "StartedEngine", Watched)
    asked = plan(tmp_path, overrides=["run.people_seed=1"], seeds=8)
    sweep(asked, tmp_path / "out")
    assert [engine.left for engine in started] == [0] * 16
    assert len(executed) == 16 * asked.scenario.run.blocks, "the blocks of the run, and no other"


def test_sweep__anyone__reads_it_as_a_partitioned_dataset(swept: tuple[Plan, Path]) -> None:
    found = pd.read_parquet(swept[1] / "runs")
    assert len(found) == 2 * SEEDS
    assert set(found["point"].astype(int)) == {0, 1}


# ------------------------------------------------------------------ stopped, taken up again


def stop_after(runs: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """An interrupt comes after so many more runs; the list is of those that were made."""
    made: list[tuple[int, int]] = []

    def interrupted(job: Job) -> object:
        if len(made) == runs:
            raise KeyboardInterrupt
        made.append((job.point, job.seed))
        return execute(job)

    monkeypatch.setattr("sim.experiments.workers.execute", interrupted)
    return made


def test_sweep__interrupted_twice__repeats_nothing_and_ends_at_the_same_bytes(
    swept: tuple[Plan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, undisturbed = swept
    out = tmp_path / "out"
    made = []
    for runs in (3, 2):
        session = stop_after(runs, monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            sweep(asked, out, resume=True)
        made += session
        assert len(dataset.runs(out)) == len(made), "readable while it grows"
        assert dataset.tails(out).empty
    made += (session := stop_after(99, monkeypatch))
    sweep(asked, out, resume=True)
    made += session
    assert sorted(made) == [(p, s) for p in (0, 1) for s in (1, 2, 3, 4)]
    assert content(out) == content(undisturbed)


def test_sweep__resumed_when_it_was_done__runs_nothing(
    swept: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, out = swept
    before = content(out)
    stop_after(0, monkeypatch)
    sweep(asked, out, resume=True)
    assert content(out) == before


def test_sweep__more_seeds__go_on_from_those_that_are_there(
    swept: tuple[Plan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, undisturbed = swept
    fewer = plan(tmp_path, seeds=2)
    sweep(fewer, tmp_path / "out")
    made = stop_after(99, monkeypatch)
    sweep(plan(tmp_path, seeds=SEEDS), tmp_path / "out", resume=True)
    assert sorted(made) == [(0, 3), (0, 4), (1, 3), (1, 4)]
    assert content(tmp_path / "out") == content(undisturbed)


def test_gather__cut_short_between_writing_and_unlinking__counts_no_run_twice(
    swept: tuple[Plan, Path], tmp_path: Path
) -> None:
    asked, _ = swept
    kept = dataset.Dataset(tmp_path)
    for seed in (2, 1):
        outcome = execute(Job(0, seed, asked.points[0].scenario, asked.engine))
        assert isinstance(outcome, Done)
        kept.add(outcome)
    one = (tmp_path / "runs/point=0/seed-1.parquet").read_bytes()
    kept.gather(0)
    (tmp_path / "runs/point=0/seed-1.parquet").write_bytes(one)
    (tmp_path / "runs/point=0/.seed-3.parquet.77").write_bytes(b"half")
    assert dataset.runs(tmp_path)["seed"].tolist() == [1, 2]
    assert kept.finished(0) == {1, 2}
    before = (tmp_path / "runs/point=0/all.parquet").read_bytes()
    kept.gather(0)
    assert (tmp_path / "runs/point=0/all.parquet").read_bytes() == before
    assert [p.name for p in (tmp_path / "runs/point=0").iterdir()] == ["all.parquet"]


@pytest.mark.parametrize(
    ("changes", "resume", "says"),
    [
        ({}, False, "--resume goes on"),
        ({"engine": "anvil"}, True, "engine"),
        ({"sampling": Sampling(2.0)}, True, "sampling"),
        ({"tables": ("events",)}, True, None),
    ],
)
def test_sweep__into_a_study_that_is_there__only_the_same_goes_on(
    swept: tuple[Plan, Path],
    tmp_path: Path,
    changes: dict[str, object],
    resume: bool,
    says: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, out = swept
    home = Path(asked.source).parent
    other = plan(home, seeds=SEEDS, **changes)
    stop_after(0, monkeypatch)
    if says is None:
        sweep(other, out, resume=resume)
        return
    with pytest.raises(UsageError, match=says):
        sweep(other, out, resume=resume)


def test_sweep__begun_by_other_code__is_not_gone_on_with(
    swept: tuple[Plan, Path], tmp_path: Path
) -> None:
    asked, out = swept
    record = {**dataset.study(out), "code": {**dataset.study(out)["code"], "numpy": "1.0"}}
    (tmp_path / "study.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match=r"other code \(numpy 1.0"):
        sweep(asked, tmp_path, resume=True)


def test_sweep__folder_of_something_else__is_left_alone(
    swept: tuple[Plan, Path], tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="no study"):
        sweep(swept[0], tmp_path, resume=True)


# ------------------------------------------------------------------------- what goes wrong


def test_sweep__a_run_that_fails__costs_itself_alone_and_is_tried_again(
    swept: tuple[Plan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, undisturbed = swept

    def unlucky(*arguments: object, seed: int, **options: object) -> object:
        if seed == 2:
            raise LedgerMismatch("the books are wrong")
        if seed == 3:
            raise ZeroDivisionError("nobody thought of that")
        return run(*arguments, seed=seed, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(work, "run", unlucky)
        found = sweep(asked, tmp_path / "out")
    assert found.failures.values.tolist() == [
        [point, seed, reason]
        for point in (0, 1)
        for seed, reason in (
            (2, "the books are wrong"),
            (3, "ZeroDivisionError: nobody thought of that"),
        )
    ]
    assert dataset.runs(tmp_path / "out")["seed"].tolist() == [1, 4, 1, 4]
    again = sweep(asked, tmp_path / "out", resume=True)
    assert again.failures.empty
    assert content(tmp_path / "out") == content(undisturbed)


def test_execute__in_a_process_of_other_code__makes_nothing() -> None:
    asked = Job(0, 1, None, "revm", code={"numpy": "1.0"})  # type: ignore[arg-type]
    assert isinstance(execute(asked), work.OtherCode)


def test_sweep__tables_asked_for__are_those_of_each_run(tmp_path: Path) -> None:
    asked = plan(tmp_path, seeds=1, tables=TABLES)
    sweep(asked, tmp_path / "out")
    alone = run(asked.points[0].scenario, engine=asked.engine, seed=1)
    assert set(alone.tables) == set(TABLES)
    for name, table in alone.tables.items():
        kept = pd.read_parquet(tmp_path / f"out/tables/point=0/seed=1/{name}.parquet")
        pd.testing.assert_frame_equal(kept, table.reset_index(drop=True))


# ------------------------------------------------------------------------------ precision


class Coins:
    """Workers whose runs lose 1 or nothing, by the seed."""

    count = 1

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.made: list[tuple[int, int]] = []

    def run(self, jobs: Iterator[Job]) -> Iterator[Done | Failed]:
        for job in jobs:
            self.made.append((job.point, job.seed))
            loss = {0: 100.0 + job.seed % 2, 1: 1.0 * (job.seed % 7 == 0)}[job.point]
            row = dict.fromkeys(FIXED, "") | {"seed": job.seed, "weight": 1.0}
            row |= {"tilted": False, "transactions": 1, "solvency.loss_usd": loss}
            yield Done(job.point, job.seed, row)


def test_until__adds_seeds_only_where_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Point 0 is nearly certain; point 1 loses in every seventh run, whose mean is known to
    30 % after about (2 / 0.3)^2 * 6 = 270 runs."""
    coins = Coins()
    monkeypatch.setattr("sim.experiments.sweep.prepare", lambda *_: None)
    monkeypatch.setattr("sim.experiments.sweep.figures.REPORTED", ("loss_mean",))
    asked = plan(tmp_path, seeds=20, until=Until("loss_mean", 0.3, 4_000))
    said: list[str] = []
    found = sweep_with(coins, asked, tmp_path / "out", say=said.append).tails.set_index("point")
    assert found.loc[0, "runs"] == 20
    assert 200 < found.loc[1, "runs"] < 400
    row = found.loc[1]
    assert (row["high"] - row["low"]) / 2 / row["value"] <= 0.3
    assert len(coins.made) == len(set(coins.made)) == found["runs"].sum()
    assert "loss_mean is not yet known to within 0.3 of its value at 1 of 2 points" in said[0]
    assert "it takes about " in said[0]
    assert said[0].endswith("up to 40 seeds a point are made next")
    assert "known to within 0.3 of its value at every point, with no more than" in said[-1]
    assert len(said) > 2
    fewer = plan(tmp_path, seeds=20, until=Until("loss_mean", 0.3, 100))
    found = sweep_with(Coins(), fewer, tmp_path / "fewer", say=said.append).tails.set_index("point")
    assert said[-1].endswith("100 seeds a point are the most that --until allows, so it ends")
    assert found.loc[1, "runs"] == 100
    assert 1_800 < found.loc[1, "runs_needed"] < 3_200


def test_importance__odd_number_of_seeds__is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="even"):
        sweep(plan(tmp_path, seeds=3, sampling=Sampling(2.0)), tmp_path / "out")


@pytest.mark.parametrize("minimum", [False, True], ids=["close", "minimum"])
def test_importance__every_second_seed__is_drawn_from_the_deeper_fall(
    tmp_path: Path, minimum: bool
) -> None:
    price = "price={model='gbm', start=200, sigma=2.45}"
    asked = plan(tmp_path, (), [price, "run.blocks=20"], seeds=4, sampling=Sampling(3.0, minimum))
    sweep(asked, tmp_path / "out")
    rows = dataset.runs(tmp_path / "out")
    assert rows["tilted"].tolist() == [False, True, False, True]
    plain = run(asked.scenario, engine=asked.engine, seed=1)
    assert rows["fingerprint"][0] == plain.record["fingerprint"]
    last = rows["market.assets.ETH.last"]
    assert last[rows["tilted"]].max() < last[~rows["tilted"]].min()
    assert (rows["weight"][rows["tilted"]] < 1).all()


# -------------------------------------------------------------------------------- figures


def test_figure__insolvency__counts_shortfall_above_one_percent_of_debt() -> None:
    runs = pd.DataFrame(
        {
            "point": 0,
            "weight": 1.0,
            "solvency.debt_start_usd": 100.0,
            "solvency.shortfall_worst_usd": [0.0, 0.9, 1.1, 0.0],
            "solvency.loss_usd": [0.0, 0.9, 0.0, 50.0],
        }
    )
    found = estimate(runs, ["insolvency"], 24.0).iloc[0]
    assert (found["value"], found["runs"], found["horizon_hours"]) == (0.5, 4, 24.0)


def test_figure__liquidation_at_risk__is_the_quantile_of_debt_liquidated() -> None:
    runs = pd.DataFrame(
        {"point": 0, "weight": 1.0, "liquidation.repaid_usd": [float(i) for i in range(1, 101)]}
    )
    found = estimate(runs, ["liquidation_at_risk", "liquidated_mean"], 24.0)
    assert found["value"].tolist() == [95.0, 50.5]
    assert found["quantile"].iloc[0] == 0.95


def test_figure__evar__knows_that_no_more_than_all_debt_can_be_lost() -> None:
    runs = pd.DataFrame(
        {
            "point": 0,
            "weight": 1.0,
            "solvency.loss_usd": [0.0] * 499 + [5.0],
            "solvency.debt_highest_usd": 90.0,
        }
    )
    found = figure("loss_evar99").of(runs)
    assert 0 < found.value < 5.0
    assert 5.0 < found.high <= 90.0


@pytest.mark.parametrize("name", ["loss_es9", "profit", "loss_var101", "es99", "loss_es40", ""])
def test_figure__unknown_name__is_one_sentence(name: str) -> None:
    with pytest.raises(UsageError, match=r"figure|quantile"):
        figure(name)


def test_figure__bare_name__is_its_mean() -> None:
    assert figure("capital_efficiency").name == "capital_efficiency_mean"
    assert figure("capital_efficiency").more_is_better
    assert not figure("bad_debt_es99").more_is_better
