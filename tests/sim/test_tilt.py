"""Importance sampling of the price: the tilted process, its weights, and that nothing is biased."""

from __future__ import annotations

from functools import cache
from math import log, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from sim.errors import UsageError
from sim.price import simulate
from sim.price.dip import passage
from sim.price.tilt import SHARE, Sampling, cumulant, tilt
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
    price: dict[str, object], how: Sampling, seed: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Paths, half of them tilted, and their weights."""
    plain = day(price)
    lean = tilt(plain, how)
    streams = np.random.default_rng(seed).spawn(2)
    paths = np.vstack(
        [
            simulate(each.price, TIMES, stream, PATHS // 2)
            for each, stream in zip((plain, lean.tilted(plain)), streams, strict=True)
        ]
    )
    return paths, np.array([lean.weight(path) for path in paths])


@cache
def _lows(model: str) -> NDArray[np.float64]:
    price = {"gbm": GBM, "merton": MERTON}[model]
    return simulate(day(price).price, TIMES, np.random.default_rng(4), 5 * PATHS).min(axis=1)


def lows(price: dict[str, object]) -> NDArray[np.float64]:
    """Minima of plain paths."""
    return _lows(str(price["model"]))


def ending(log_return: float) -> NDArray[np.float64]:
    """A path."""
    return 100.0 * np.exp(np.linspace(0.0, log_return, BLOCKS + 1))


def test_weight__gbm__is_the_ratio_of_normal_densities() -> None:
    plain = day(GBM)
    lean = tilt(plain, Sampling(3.0))
    years = BLOCKS * SECONDS / YEAR
    spread = 2.45 * sqrt(years)
    middle = (0.5 - 2.45**2 / 2) * years
    for x in (-0.5, -0.2, 0.0, 0.3):
        ratio = norm.pdf(x, middle - 3 * spread, spread) / norm.pdf(x, middle, spread)
        assert lean.weight(ending(x)) == pytest.approx(1 / (1 - SHARE + SHARE * ratio), rel=1e-9)


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
    lean = tilt(plain, Sampling(2.0)).tilted(plain)
    base, moved = (
        np.log(simulate(each.price, TIMES, np.random.default_rng(3), PATHS)[:, -1] / 100.0)
        for each in (plain, lean)
    )
    error = moved.std() / sqrt(PATHS) + base.std() / sqrt(PATHS)
    assert abs(moved.mean() - (base.mean() - 2.0 * base.std())) < 5 * error


@pytest.mark.parametrize("minimum", [False, True], ids=["close", "minimum"])
@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_weights__probability_of_a_minimum__is_that_of_plain_paths(
    price: dict[str, object], minimum: bool
) -> None:
    """Of a fall below several levels at any time of the day, common and rare."""
    paths, weights = half_and_half(price, Sampling(2.5, minimum))
    plain = lows(price)
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
    paths, weights = half_and_half(GBM, Sampling(3.0))
    level = np.quantile(lows(GBM), 1 / 5_000)
    terms = weights * (paths.min(axis=1) < level)
    plain_variance = terms.mean() * (1 - terms.mean())
    assert terms.var() < plain_variance / 100


def test_weight__fall_without_end__is_none_and_no_overflow() -> None:
    lean = tilt(day(MERTON), Sampling(3.0))
    assert lean.weight(ending(log(1e-9))) < 1e-9
    assert lean.weight(ending(log(1e9))) == pytest.approx(1 / (1 - SHARE))


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
        tilt(terms, Sampling(2.0))


def test_minimum__above_the_start__is_refused() -> None:
    with pytest.raises(UsageError, match="needs a fall"):
        tilt(day({**GBM, "drift": 500.0}), Sampling(2.0, minimum=True))


# ------------------------------------------------------------------ of the minimum of a path


@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_minimum__tilted_paths__fall_to_the_floor_and_go_on_by_their_own_law(
    price: dict[str, object],
) -> None:
    plain = day(price)
    lean = tilt(plain, Sampling(2.0, minimum=True))
    paths = simulate(lean.tilted(plain).price, TIMES, np.random.default_rng(5), PATHS)
    reached = paths.min(axis=1) <= lean.floor
    assert reached.mean() > 0.4
    assert (lows(price) <= lean.floor).mean() < 0.05
    turn = passage(paths, lean.floor)
    half = turn < BLOCKS // 2
    after = np.log(paths[half, -1] / paths[half, turn[half]])
    own = np.log(simulate(plain.price, TIMES, np.random.default_rng(6), PATHS))
    mean = (own[:, -1] - own[:, 0]).mean() / BLOCKS * (BLOCKS - turn[half])
    assert abs((after - mean).mean()) < 4.5 * after.std() / sqrt(half.sum())


@pytest.mark.parametrize("price", [GBM, MERTON], ids=["gbm", "merton"])
def test_minimum__fall_to_its_depth__has_less_than_half_the_variance_of_the_close(
    price: dict[str, object],
) -> None:
    """And less than a twelfth of plain paths; of many seeds, so that it is no luck of one."""
    variances = {}
    for minimum in (False, True):
        how = Sampling(2.5, minimum)
        level = tilt(day(price), Sampling(2.5, minimum=True)).floor
        found = [half_and_half(price, how, seed) for seed in (1, 2, 3)]
        terms = np.concatenate([w * (paths.min(axis=1) <= level) for paths, w in found])
        variances[minimum] = terms.var()
    share = (lows(price) <= level).mean()
    assert variances[True] < variances[False] / 2
    assert variances[True] < share * (1 - share) / 12


def test_minimum__weights_that_forget_where_the_tilt_ended__would_be_caught() -> None:
    """The ratio at the close is not that of paths tilted to the floor only."""
    how = Sampling(2.5, minimum=True)
    paths, weights = half_and_half(GBM, how)
    close = tilt(day(GBM), Sampling(2.5))
    wrong = np.array([close.weight(path) for path in paths])
    level = tilt(day(GBM), how).floor
    share = (lows(GBM) <= level).mean()
    right, false = ((w * (paths.min(axis=1) <= level)).mean() for w in (weights, wrong))
    assert abs(right / share - 1) < 0.1 < abs(false / share - 1)
