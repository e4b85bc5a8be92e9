"""Importance sampling of the price: the tilted process, its weights, and that nothing is biased."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from sim.errors import UsageError
from sim.price import simulate
from sim.price.tilt import SHARE, cumulant, tilt
from sim.scenario import Scenario
from sim.units import YEAR
from tests.sim.runs import STILL, scenario

GBM = {"model": "gbm", "start": 100.0, "sigma": 2.45, "drift": 0.5}
MERTON = {"model": "merton", "start": 100.0}
BLOCKS, SECONDS = 48, 1_800
"""A day, coarse."""
TIMES = np.arange(BLOCKS + 1, dtype=float) * SECONDS
PATHS = 20_000


def day(price: dict[str, object], **sections: object) -> Scenario:
    run = {"blocks": BLOCKS, "block_seconds": SECONDS}
    return scenario({"name": "day", "run": run, "price": price}, **sections)


def half_and_half(
    price: dict[str, object], deviations: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Paths, half of them tilted, and their weights."""
    plain = day(price)
    lean = tilt(plain, deviations)
    streams = np.random.default_rng(1).spawn(2)
    paths = np.vstack(
        [
            simulate(each.price, TIMES, stream, PATHS // 2)
            for each, stream in zip((plain, lean.tilted(plain)), streams, strict=True)
        ]
    )
    returns = np.log(paths[:, -1] / paths[:, 0])
    return paths, np.array([lean.weight(x) for x in returns])


def test_weight__gbm__is_the_ratio_of_normal_densities() -> None:
    plain = day(GBM)
    lean = tilt(plain, 3.0)
    years = BLOCKS * SECONDS / YEAR
    spread = 2.45 * sqrt(years)
    middle = (0.5 - 2.45**2 / 2) * years
    for x in (-0.5, -0.2, 0.0, 0.3):
        ratio = norm.pdf(x, middle - 3 * spread, spread) / norm.pdf(x, middle, spread)
        assert lean.weight(x) == pytest.approx(1 / (1 - SHARE + SHARE * ratio), rel=1e-9)


@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_cumulant__is_that_of_simulated_returns(price: dict[str, object]) -> None:
    plain = day(price)
    years = BLOCKS * SECONDS / YEAR
    paths = simulate(plain.price, TIMES, np.random.default_rng(2), PATHS)
    for theta in (-3.0, 2.0):
        terms = (paths[:, -1] / paths[:, 0]) ** theta
        expected = np.exp(cumulant(plain.price, theta) * years)
        assert abs(terms.mean() - expected) < 4.5 * terms.std() / sqrt(PATHS)


@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_tilted__process__falls_as_far_as_asked(price: dict[str, object]) -> None:
    plain = day(price)
    lean = tilt(plain, 2.0).tilted(plain)
    base, moved = (
        np.log(simulate(each.price, TIMES, np.random.default_rng(3), PATHS)[:, -1] / 100.0)
        for each in (plain, lean)
    )
    error = moved.std() / sqrt(PATHS) + base.std() / sqrt(PATHS)
    assert abs(moved.mean() - (base.mean() - 2.0 * base.std())) < 5 * error


@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_weights__probability_of_a_minimum__is_that_of_plain_paths(
    price: dict[str, object],
) -> None:
    """Of a fall below several levels at any time of the day, common and rare."""
    paths, weights = half_and_half(price, 2.5)
    plain = simulate(day(price).price, TIMES, np.random.default_rng(4), 5 * PATHS).min(axis=1)
    assert abs(weights.mean() - 1) < 4.5 * weights.std() / sqrt(PATHS)
    assert weights.max() <= 1 / (1 - SHARE)
    lowest = paths.min(axis=1)
    for share in (0.3, 0.03, 0.001):
        level = np.quantile(plain, share)
        terms = weights * (lowest < level)
        spread = sqrt(terms.var() / PATHS + share * (1 - share) / len(plain))
        assert abs(terms.mean() - share) < 4.5 * spread


def test_weights__rare_fall__needs_a_hundredth_of_the_runs() -> None:
    """That is what it is for: a fall that one plain path in 5,000 sees."""
    paths, weights = half_and_half(GBM, 3.0)
    level = np.quantile(
        simulate(day(GBM).price, TIMES, np.random.default_rng(4), 5 * PATHS).min(axis=1), 1 / 5_000
    )
    terms = weights * (paths.min(axis=1) < level)
    plain_variance = terms.mean() * (1 - terms.mean())
    assert terms.var() < plain_variance / 100


def test_weight__fall_without_end__is_none_and_no_overflow() -> None:
    lean = tilt(day(MERTON), 3.0)
    assert lean.weight(log(1e-9)) < 1e-9
    assert lean.weight(log(1e9)) == pytest.approx(1 / (1 - SHARE))


@pytest.mark.parametrize(
    "terms",
    [
        scenario(),
        scenario(STILL),
        day(GBM, assets=[{"symbol": "ETH"}, {"symbol": "BTC", "decimals": 8, "price": GBM}]),
    ],
    ids=["anchored", "still", "two assets"],
)
def test_tilt__price_it_cannot_tilt__is_refused(terms: Scenario) -> None:
    with pytest.raises(UsageError, match="importance sampling needs"):
        tilt(terms, 2.0)
