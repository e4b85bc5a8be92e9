"""Facts 13 and 15: losses rise with volatility; how levered borrowers are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.chain import in_process
from sim.experiments.run import run
from sim.metrics.tail import value_at_risk
from sim.price.tilt import Sampling, tilt
from sim.scenario import load
from tests.sim.runs import model
from tests.validation.law import ABOVE, AT_MOST, Check, Effort, law, mean, share

LADDER = {"calm": 0.75, "neutral": 2.45, "adverse": 3.67, "severe": 5.78}
"""Ether's volatility a year: usual; 99th percentile of days; beyond it; 12 and 13 March 2020."""
DEVIATIONS = 2.0
"""Of a day's return by which every other run is drawn lower; weights make up for it."""


@law(13, "Severity")
def losses_rise_with_volatility(effort: Effort) -> Iterator[Check]:
    """In `severity`, bad debt and shortfall as a share of the debt at first: the 99th percentile
    with its order-statistic interval, and the mean difference between runs of the same seed."""
    found = {name: losses(sigma, effort.of(4, 120)) for name, sigma in LADDER.items()}
    worst = {name: value_at_risk(loss, 0.99, weights) for name, (loss, weights) in found.items()}
    calm = worst["calm"].value
    yield Check("calm: p99 of the loss", 0.0, calm, 0.001, AT_MOST, "a thousandth is about 0")
    for milder, harsher in pairwise(LADDER):
        p99 = worst[harsher]
        basis = f"95 % interval {p99.low:.3g} to {p99.high:.3g}, {p99.runs} weighted runs"
        name = f"{harsher} above {milder}"
        yield Check(f"{name}: p99 of the loss", worst[milder].value, p99.value, 0.0, ABOVE, basis)
        more = np.prod(found[harsher], axis=0) - np.prod(found[milder], axis=0)
        yield mean(f"{name}: mean loss, same seeds", 0.0, more, ABOVE, of="weighted pairs")


def losses(sigma: float, runs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the debt lost in each run, and the run's weight."""
    scenario = load("severity", [f"price.sigma={sigma}"])
    lower = tilt(scenario, Sampling(DEVIATIONS))
    found, weights = [], []
    for number in range(runs):
        drawn = lower.tilted(scenario) if number % 2 else scenario
        done = run(drawn, engine=in_process(), seed=1 + number)
        solvency = done.record["summary"]["solvency"]
        found.append(solvency["loss_usd"] / solvency["debt_start_usd"])
        weights.append(lower.weight(done.drawn[0]))
    return np.array(found), np.array(weights)


@law(15, "Leverage of borrowers")
def test_leverage__as_opened_on_the_contract(effort: Effort) -> Iterator[Check]:
    """V/E mostly 1.4 to 1.9, larger wallets higher (BIS Working Paper 1171): of the accounts that
    a scenario opens, at the contract's prices and debts."""
    terms = load("calm", [f"traders.count={effort.of(400, 4_000)}", "protocol.debt_ceiling=1e9"])
    default = terms.traders.model_copy(update={"leverage_size_slope": 0.08, "late_share": 0.0})
    with model(terms.model_copy(update={"traders": default}), rng=15) as opened:
        accounts = opened.tables()["accounts"]
    equity = (accounts["collateral_usd"] - accounts["debt_usd"]).to_numpy()
    leverage = accounts["collateral_usd"].to_numpy() / equity
    usual = int(((leverage >= 1.4) & (leverage <= 1.9)).sum())
    yield share("accounts from 1.4 to 1.9, most", 0.5, usual, len(leverage), ABOVE)
    by_size = leverage[np.argsort(equity)]
    quarter = len(leverage) // 4
    more = by_size[-quarter:] - by_size[:quarter]
    yield mean("largest quarter of wallets above the smallest", 0.0, more, ABOVE, of="pairs")
