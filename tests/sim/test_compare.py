"""Comparisons: points, the same seeds for all, intervals, the table."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, sqrt
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from agents import attacker, keepers, searcher
from sim.chain import in_process
from sim.errors import ScenarioError, UsageError
from sim.experiments.compare import comparison, points
from sim.experiments.compared import (
    BY_CAUSE,
    FIGURES,
    LEFT_UNDONE,
    STRATEGIES,
    label,
    liquidations,
    runs,
)
from sim.experiments.run import run
from sim.experiments.sweep import Plan, sweep
from sim.metrics.interval import mean_interval, paired_difference
from sim.report.collect import collect
from sim.report.comparison import cells, draw, table
from tests.sim.studies import content, source

SHORT = ("run.blocks=60", "traders.count=30")


Asked = Callable[[int], Plan]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Two points, of so many seeds."""
    fallen = source(tmp_path_factory.mktemp("fallen"))
    return lambda seeds: comparison(fallen, (), ["penalty=fixed,health"], seeds, in_process())


@pytest.fixture(scope="module")
def compared(asked: Asked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two seeds."""
    folder = tmp_path_factory.mktemp("compared") / "out"
    sweep(asked(2), folder)
    return folder


def test_points__every_combination__a_bare_section_is_its_model() -> None:
    found = points("flash-crash", (), ["penalty=fixed,dutch", "protocol.grace=0,600"])
    assert [label(point.params) for point in found] == [
        "penalty=fixed, protocol.grace=0",
        "penalty=fixed, protocol.grace=600",
        "penalty=dutch, protocol.grace=0",
        "penalty=dutch, protocol.grace=600",
    ]
    assert found[0].overrides == ("penalty.model=fixed", "protocol.grace=0")
    assert [point.scenario.protocol.grace for point in found] == [0, 600, 0, 600]
    (bare,) = points("flash-crash", (), ["protocol=vault"])
    assert bare.overrides == ("protocol.contract=vault",)


def test_points__a_list__is_one_setting() -> None:
    found = points("flash-crash", (), ["gas.level=[[0,20]],[[0,200],[1,20]]"])
    assert [point.overrides for point in found] == [
        ("gas.level=[[0,20]]",),
        ("gas.level=[[0,200],[1,20]]",),
    ]


@pytest.mark.parametrize(
    "vary",
    [
        ["penalty"],
        ["penalty="],
        ["penalty=fixed,,dutch"],
        ["penalty=fixed,fixed"],
        ["protocol.grace=1", "protocol.grace=2"],
        ["run.seed=1,2"],
    ],
)
def test_points__bad_form__is_one_sentence(vary: list[str]) -> None:
    with pytest.raises(UsageError, match="--vary"):
        points("flash-crash", (), vary)


def test_points__one_the_scenario_refuses__before_anything_is_run() -> None:
    with pytest.raises(ScenarioError, match="initial"):
        points("flash-crash", SHORT, ["margin.initial=0.2,0.1"])


def test_compare__rows__are_the_runs_of_the_same_seeds(asked: Asked, compared: Path) -> None:
    found = runs(compared)
    assert found["point"].tolist() == ["penalty=fixed"] * 2 + ["penalty=health"] * 2
    assert found["seed"].tolist() == [1, 2, 1, 2]
    assert list(found.columns) == ["point", "seed", *FIGURES]
    alone = run(asked(2).points[1].scenario, engine=in_process(), seed=2)
    summary = alone.record["summary"]
    mine = found.iloc[3]
    assert mine["borrowers' loss, USD"] == summary["liquidation"]["borrower_loss_usd"] > 0
    late = summary["liquidation"]["failure_causes"]["too slow"]
    assert mine["borrowers' loss, too slow, USD"] == late["borrower_loss_usd"] > 0
    ((strategy, earned),) = summary["incentives"]["by_strategy"].items()
    assert mine[f"{strategy}'s net profit, USD"] == earned["profit_usd"]
    kept = liquidations(compared)
    kept = kept[(kept["point"] == "penalty=health") & (kept["seed"] == 2)]
    pd.testing.assert_frame_equal(
        kept.drop(columns=["point", "seed"]).reset_index(drop=True), alone.tables["liquidations"]
    )


def test_figures__each__is_one_of_a_summary(asked: Asked) -> None:
    """One that was misspelt would be missing in every comparison, and in silence."""
    summary = run(asked(2).points[0].scenario, engine=in_process()).record["summary"]
    for column in FIGURES.values():
        found = summary
        for part in column.split("."):
            if found is None or part in STRATEGIES:
                break  # a section or a strategy that this run does not have
            found = found[part]
    there = {*vars(keepers), *vars(attacker), *vars(searcher)}
    assert set(STRATEGIES) <= there


def test_compare__taken_up_again__makes_what_is_missing_and_ends_at_the_same(
    asked: Asked, compared: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        sweep(asked(2), tmp_path / "out", progress=_interrupt_at(3))
    assert len(runs(tmp_path / "out")) == 3
    (left,) = [said for said in collect(tmp_path / "out").answer if "still to be made" in said]
    assert left == "1 of 4 runs are still to be made."
    sweep(asked(2), tmp_path / "out", resume=True)
    assert content(tmp_path / "out") == content(compared)


def _interrupt_at(count: int) -> Callable[[int, int], None]:
    def progress(there: int, _: int) -> None:
        if there == count:
            raise KeyboardInterrupt

    return progress


def test_compare__more_seeds__go_on_with_it(asked: Asked, compared: Path, tmp_path: Path) -> None:
    sweep(asked(1), tmp_path)
    sweep(asked(2), tmp_path, resume=True)
    assert runs(tmp_path).equals(runs(compared))


def test_compare__an_adapter_that_was_changed__is_not_gone_on_with(tmp_path: Path) -> None:
    shop = Path("tests/e2e/pawnshop")
    (tmp_path / "contracts").mkdir()
    for file in ("plimsoll_adapter.py", "contracts/Pawnshop.vy"):
        (tmp_path / file).write_bytes((shop / file).read_bytes())
    vary = [f"protocol=plimsoll,{tmp_path / 'plimsoll_adapter.py'}"]

    def asked() -> Plan:
        return comparison("flash-crash", SHORT, vary, 1, in_process())

    sweep(asked(), tmp_path / "out")
    sweep(asked(), tmp_path / "out", resume=True)
    contract = tmp_path / "contracts/Pawnshop.vy"
    contract.write_text(contract.read_text() + "\n# another\n")
    with pytest.raises(UsageError, match="it was begun with adapters"):
        sweep(asked(), tmp_path / "out", resume=True)


def test_table__every_point__has_a_column(compared: Path, tmp_path: Path) -> None:
    draw(liquidations(compared), tmp_path / "bids.png")
    assert (tmp_path / "bids.png").stat().st_size > 10_000
    console = Console(width=120, record=True)
    console.print(table(runs(compared), "flash-crash"))
    assert "penalty=health" in console.export_text()


def test_interval__students_by_hand() -> None:
    """1, 2, 3: mean 2, standard error 1/sqrt(3), t(2, 97.5 %) = 4.3027 (any table of t)."""
    interval = mean_interval([1.0, 2.0, 3.0])
    assert interval.mean == 2
    assert interval.half == pytest.approx(4.302653 / sqrt(3), rel=1e-6)
    assert (interval.low, interval.high) == (2 - interval.half, 2 + interval.half)


def test_interval__runs_without_the_figure__are_left_out() -> None:
    assert mean_interval([1.0, float("nan")]).runs == 1
    assert isnan(mean_interval([1.0]).half)
    assert mean_interval([]).runs == 0


def test_paired_difference__shared_noise_cancels() -> None:
    interval = paired_difference([11.0, 21.0, 31.5], [10.0, 20.0, 30.5])
    assert (interval.mean, interval.half) == (1, 0)


def test_cells__parts_that_are_nothing__take_no_row() -> None:
    """A figure of its own that is 0 does, and so does a part that some run has."""
    (some, *others), hindered = LEFT_UNDONE, next(iter(BY_CAUSE))
    made = pd.DataFrame({"point": ["a", "b"], "seed": [1, 1], "bad debt, USD": [0.0, 0.0]})
    made = made.assign(**{some: [0.0, 3.0], hindered: [0.0, 0.0], others[0]: [0.0, 0.0]})
    assert cells(made)[""].tolist() == ["bad debt, USD", some]
