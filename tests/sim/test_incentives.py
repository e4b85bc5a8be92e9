"""What the literature says of liquidators' incentives, in short comparisons by the same seeds:
each sign with the 95 % interval of the paired difference on its side of 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.experiments.compare import comparison
from sim.experiments.compared import runs
from sim.experiments.run import run
from sim.experiments.sweep import sweep
from sim.metrics.interval import Interval, paired_difference
from sim.scenario import load
from tests.sim.runs import IN_PROCESS

SEEDS = 5
SHORT = ("run.blocks=1200", "traders.count=150")
FALLEN = ("run.blocks=600", "price.anchors=[[0,200],[2,165]]", "traders.count=60")
"""The same fall in two hours."""
ALONE = (
    'liquidators.strategies=["auctioneer"]',
    "liquidators.count=1",
    "liquidators.min_profit=0",
    "liquidators.failure_rate=0",
    "traders.equity_median=100",
    "protocol.min_debt=1",
)
"""Wants no profit, and has small debts to choose from."""
CASES: dict[str, tuple[str, str, tuple[str, ...], dict[str, int]]] = {
    "more rivals who see each other": (
        "incentives",
        "liquidators.count=1,4",
        (*SHORT, 'liquidators.strategies=["auctioneer"]', "searchers.copycats=0"),
        {"builders' share of the gain": 1},
    ),
    "more rivals in sealed bids": (
        "incentives",
        "liquidators.count=1,4",
        (*SHORT, 'liquidators.strategies=["private"]'),
        {"builders' share of the gain": 1},
    ),
    "a larger penalty": (
        "incentives",
        "penalty.fixed=0.01,0.05",
        SHORT,
        {"average penalty": 1, "collateral in the first block": 1},
    ),
    "private flow": (
        "incentives",
        'liquidators.strategies=["keeper"],["private"]',
        (*SHORT, "searchers.copycats=2"),
        {"front-run share of liquidations": -1},
    ),
    "a larger penalty, in calm": (
        "correction",
        "penalty.fixed=0.01,0.05",
        FALLEN,
        {"average penalty": 1, "borrowers' loss, USD": 1},
    ),
    "an auction of the penalty, in calm": (
        "correction",
        "penalty=fixed,dutch",
        (*FALLEN, "penalty.dutch_start=0"),
        {"average penalty": -1, "blocks to liquidation, median": 1, "borrowers' loss, USD": -1},
    ),
    "higher gas, in calm": (
        "correction",
        "gas.level=[[0,12]],[[0,200]]",
        (*FALLEN, *ALONE),
        {"smallest debt liquidated, USD": 1, "debt that pays its gas, USD": 1},
    ),
}


def difference(
    scenario: str, vary: str, sets: tuple[str, ...], figures: Any, folder: Path
) -> dict[str, Interval]:
    sweep(comparison(scenario, sets, [vary], SEEDS, IN_PROCESS), folder)
    compared = runs(folder)
    base, other = dict.fromkeys(compared["point"])
    found = {}
    for figure in figures:
        by_seed = compared.pivot(index="seed", columns="point", values=figure)
        found[figure] = paired_difference(by_seed[other].tolist(), by_seed[base].tolist())
    return found


@pytest.mark.parametrize("case", CASES)
def test_incentives__sign_is_sure(case: str, tmp_path: Path) -> None:
    scenario, vary, sets, signs = CASES[case]
    found = difference(scenario, vary, sets, signs, tmp_path)
    for figure, sign in signs.items():
        assert found[figure].sure, f"{figure}: {found[figure]}"
        assert found[figure].mean * sign > 0


def test_sales__many_who_sell_on_one_pool__do_not_run_into_each_other() -> None:
    terms = load("black-thursday", ["venue.model=none", "run.blocks=3300"])
    sent = run(terms, engine=IN_PROCESS).tables["transactions"]
    sales = sent[(sent["role"] == "liquidator") & (sent["kind"] == "Swap")]
    assert len(sales) > 50
    assert (sales["status"] == "reverted").mean() < 0.1
