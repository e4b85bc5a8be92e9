"""What the literature says of liquidators' incentives, in short comparisons by the same seeds:
each sign with the 95 % interval of the paired difference on its side of 0."""

from __future__ import annotations

from typing import Any

import pytest

from sim.experiments.compare import compare
from sim.experiments.run import run
from sim.metrics.interval import Interval, paired_difference
from sim.scenario import load
from tests.sim.runs import IN_PROCESS

SHORT = ("run.blocks=1200", "traders.count=150")
SEEDS = 5
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, int]]] = {
    "more rivals who see each other": (
        "liquidators.count=1,4",
        ('liquidators.strategies=["auctioneer"]', "searchers.copycats=0"),
        {"builders' share of the gain": 1},
    ),
    "more rivals in sealed bids": (
        "liquidators.count=1,4",
        ('liquidators.strategies=["private"]',),
        {"builders' share of the gain": 1},
    ),
    "a larger penalty": (
        "penalty.fixed=0.01,0.05",
        (),
        {"average penalty": 1, "collateral in the first block": 1},
    ),
    "private flow": (
        'liquidators.strategies=["keeper"],["private"]',
        ("searchers.copycats=2",),
        {"front-run share of liquidations": -1},
    ),
}


def difference(vary: str, sets: tuple[str, ...], figures: Any) -> dict[str, Interval]:
    runs = compare("incentives", (*SHORT, *sets), [vary], SEEDS, IN_PROCESS).runs
    base, other = dict.fromkeys(runs["point"])
    found = {}
    for figure in figures:
        by_seed = runs.pivot(index="seed", columns="point", values=figure)
        found[figure] = paired_difference(by_seed[other].tolist(), by_seed[base].tolist())
    return found


@pytest.mark.parametrize("case", CASES)
def test_incentives__sign_is_sure(case: str) -> None:
    vary, sets, signs = CASES[case]
    found = difference(vary, sets, signs)
    for figure, sign in signs.items():
        assert found[figure].sure, f"{figure}: {found[figure]}"
        assert found[figure].mean * sign > 0


def test_sales__many_who_sell_on_one_pool__do_not_run_into_each_other() -> None:
    terms = load("black-thursday", ["venue.model=none", "run.blocks=3300"])
    sent = run(terms, engine=IN_PROCESS).tables["transactions"]
    sales = sent[(sent["role"] == "liquidator") & (sent["kind"] == "Swap")]
    assert len(sales) > 50
    assert (sales["status"] == "reverted").mean() < 0.1
