"""Comparisons: points, the same seeds for all, intervals, the table."""

from __future__ import annotations

from math import isnan, sqrt
from pathlib import Path

import pytest
from rich.console import Console

from sim.chain import in_process
from sim.errors import ScenarioError, UsageError
from sim.experiments.compare import FIGURES, compare, points
from sim.metrics.interval import mean_interval, paired_difference
from sim.report.comparison import draw, table

SHORT = ("run.blocks=40", "traders.count=30")


def test_points__every_combination__a_bare_section_is_its_model() -> None:
    found = points(["penalty=fixed,dutch", "protocol.grace=0,600"])
    assert [name for name, _ in found] == [
        "penalty=fixed, protocol.grace=0",
        "penalty=fixed, protocol.grace=600",
        "penalty=dutch, protocol.grace=0",
        "penalty=dutch, protocol.grace=600",
    ]
    assert found[0][1] == ("penalty.model=fixed", "protocol.grace=0")
    assert points(["oracle=spot"])[0][1] == ("oracle.source=spot",)


def test_points__a_list__is_one_setting() -> None:
    found = points(["gas.level=[[0,20]],[[0,200],[1,20]]"])
    assert [more for _, more in found] == [
        ("gas.level=[[0,20]]",),
        ("gas.level=[[0,200],[1,20]]",),
    ]


@pytest.mark.parametrize("vary", ["penalty", "penalty=", "penalty=fixed,,dutch"])
def test_points__bad_form__is_one_sentence(vary: str) -> None:
    with pytest.raises(UsageError, match="--vary"):
        points([vary])


def test_compare__a_point_the_scenario_refuses__before_anything_is_run() -> None:
    with pytest.raises(ScenarioError, match="initial"):
        compare("flash-crash", SHORT, ["margin.initial=0.2,0.1"], seeds=1)


@pytest.mark.parametrize("workers", [1, 2])
def test_compare__workers__do_not_matter(workers: int, tmp_path: Path) -> None:
    found = compare(
        "flash-crash", SHORT, ["penalty=fixed,health"], 2, in_process(), workers=workers
    )
    assert found.runs["seed"].tolist() == [1, 2, 1, 2]
    assert list(found.runs.columns) == ["point", "seed", *FIGURES]
    alone = compare("flash-crash", SHORT, ["penalty=fixed,health"], 2, in_process(), workers=1)
    assert found.runs.equals(alone.runs)
    draw(found.liquidations, tmp_path / "bids.png")
    console = Console(width=120, record=True)
    console.print(table(found.runs, "flash-crash"))
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
