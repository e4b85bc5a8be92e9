"""Tail figures: their values by hand, and how often their intervals hold the truth."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, inf, log, nan

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from sim.metrics.tail import (
    Estimate,
    entropic_value_at_risk,
    expected_shortfall,
    mean,
    probability,
    shortfall_difference,
    value_at_risk,
)

Floats = NDArray[np.float64]
HUNDRED = np.arange(1.0, 101.0)


def binomial_below(n: int, k: int, p: float) -> float:
    """P(at most k of n), from the definition."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def test_value_at_risk__hundred_losses__order_statistics_by_the_binomial() -> None:
    """Of 1 to 100 the 95 % quantile is 95. The interval is between the order statistics whose
    ranks the number of losses below the quantile stays outside of with 2.5 % at either end."""
    found = value_at_risk(HUNDRED[::-1], 0.95)
    low = max(r for r in range(1, 100) if binomial_below(100, r - 1, 0.95) <= 0.025)
    high = min(s for s in range(1, 101) if binomial_below(100, s - 1, 0.95) >= 0.975)
    assert found == Estimate(95.0, float(low), float(high), 100)


def test_expected_shortfall__hundred_losses__mean_of_the_worst_five() -> None:
    assert expected_shortfall(HUNDRED, 0.95).value == pytest.approx(np.mean([96, 97, 98, 99, 100]))


def test_entropic__two_losses__its_definition_on_a_fine_grid() -> None:
    losses = np.array([0.0] * 97 + [10.0] * 3)
    grid = np.geomspace(1e-3, 60, 200_001)
    means = 0.97 + 0.03 * np.exp(10 * grid)
    by_hand = float(np.min((np.log(means) - log(0.05)) / grid))
    assert 5.0 < by_hand < 10.0
    assert entropic_value_at_risk(losses, 0.95).value == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("quantile", [0.95, 0.99])
def test_tail__figures_of_one_sample__are_in_their_order(quantile: float) -> None:
    losses = np.random.default_rng(1).lognormal(size=1_000)
    var, es, evar = (
        f(losses, quantile).value
        for f in (value_at_risk, expected_shortfall, entropic_value_at_risk)
    )
    assert var < es < evar <= losses.max()


def test_tail__units__do_not_matter() -> None:
    losses = np.random.default_rng(2).exponential(size=500)
    for figure in (value_at_risk, expected_shortfall, entropic_value_at_risk):
        assert figure(losses * 1e6, 0.95).value == pytest.approx(1e6 * figure(losses, 0.95).value)


def test_tail__too_few_runs__have_no_upper_end() -> None:
    """72 runs are the fewest of which the largest is above the 95 % quantile with 97.5 %."""
    assert 0.95**72 < 0.025 < 0.95**71
    losses = np.arange(73.0) + 1
    assert value_at_risk(losses, 0.95).high < inf
    assert expected_shortfall(losses, 0.95).high < inf
    for figure in (value_at_risk, expected_shortfall, entropic_value_at_risk):
        assert figure(losses[:71], 0.95).high == inf


def test_tail__no_loss_in_any_run__is_none_at_all() -> None:
    nothing = np.zeros(200)
    for figure in (value_at_risk, expected_shortfall):
        assert figure(nothing, 0.95) == Estimate(0.0, 0.0, 0.0, 200)
    assert expected_shortfall(nothing, 0.99).high == inf  # 200 runs say nothing of one in a hundred


def test_tail__no_runs__say_nothing() -> None:
    for figure in (value_at_risk, expected_shortfall, entropic_value_at_risk):
        found = figure([], 0.95)
        assert (str(found.value), found.high, found.runs) == (str(nan), inf, 0)


def test_probability__clopper_and_pearson__closed_forms() -> None:
    """Of none in n the upper end is 1 - 0.025^(1/n); of one in one the lower end is 0.025."""
    assert probability([False] * 10) == Estimate(0.0, 0.0, pytest.approx(1 - 0.025**0.1), 10)
    assert probability([True]) == Estimate(1.0, pytest.approx(0.025), 1.0, 1)


def test_precision__says_how_many_runs_are_needed() -> None:
    found = Estimate(10.0, 8.0, 12.0, 50)
    assert found.precision == 0.2
    assert found.runs_needed(0.1) == 200
    assert found.runs_needed(0.2) == 50
    assert Estimate(10.0, 8.0, inf, 50).runs_needed(0.1) is None
    assert Estimate(10.0, 1.0, 900.0, 50).runs_needed(0.1) is None, "too vague to go by"


Figure = Callable[..., Estimate]


def coverage(figure: Figure, draw: Callable[[], Floats], quantile: float, truth: float) -> float:
    intervals = [figure(draw(), quantile) for _ in range(400)]
    return float(np.mean([found.low <= truth <= found.high for found in intervals]))


@pytest.mark.parametrize("figure", [value_at_risk, expected_shortfall])
@pytest.mark.parametrize("hit", [1.0, 0.1])
def test_intervals__of_95_percent__hold_the_truth_as_often(figure: Figure, hit: float) -> None:
    """Exponential losses, in all runs or in a tenth of them: VaR is log(hit / 0.05), ES one more.
    400 repetitions: a true 95 % is above 92 % but for one in two hundred."""
    stream = np.random.default_rng(5)
    truth = log(hit / 0.05) + (figure is expected_shortfall)

    def draw() -> Floats:
        return stream.exponential(size=400) * (stream.random(400) < hit)

    assert 0.92 <= coverage(figure, draw, 0.95, truth) <= 0.99


def test_entropic__exponential_losses__are_below_the_upper_end() -> None:
    """EVaR of exp(1) is inf over t < 1 of (-log(1-t) - log(1-q)) / t, here by grid; no loss is
    above 30."""
    grid = np.linspace(1e-4, 1 - 1e-6, 100_001)
    truth = float(np.min((-np.log1p(-grid) - log(0.05)) / grid))
    stream = np.random.default_rng(6)
    for _ in range(50):
        found = entropic_value_at_risk(stream.exponential(size=300), 0.95, most=30.0)
        assert found.low <= truth <= found.high


# ---------------------------------------------------------------------------- weights

SHIFT = -2.5


def tilted_normals(stream: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Losses max(0, -x - 1) of normal x; every second x from a shifted normal, and weights."""
    x = stream.standard_normal(n)
    x[::2] += SHIFT
    ratio = norm.pdf(x, SHIFT) / norm.pdf(x)
    return np.maximum(0.0, -x - 1), 2 / (1 + ratio)


@pytest.mark.parametrize("figure", [value_at_risk, expected_shortfall])
def test_weighted__tail_of_one_in_a_thousand__from_400_runs(figure: Figure) -> None:
    """Plain runs could not even bound it; here the interval holds the truth, and is narrow."""
    truth = -1 - float(norm.ppf(0.001))
    if figure is expected_shortfall:
        truth = quad(lambda u: -1 - norm.ppf(u), 0, 0.001)[0] / 0.001
    stream = np.random.default_rng(8)
    found = [figure(losses, 0.999, weights) for losses, weights in
             (tilted_normals(stream, 400) for _ in range(200))]  # fmt: skip
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.91
    assert np.median([each.precision for each in found]) < 0.1
    assert figure(np.abs(stream.standard_normal(400)), 0.999).high == inf


def test_weighted__probability__is_unbiased_and_held() -> None:
    truth = float(norm.cdf(-3.5))
    stream = np.random.default_rng(9)
    found = []
    for _ in range(400):
        losses, weights = tilted_normals(stream, 200)
        found.append(probability(losses > 2.5, weights))
    values = np.array([each.value for each in found])
    assert abs(values.mean() - truth) < 4 * values.std() / 20
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.92


def test_weighted__nothing_happened__the_next_might_be_as_heavy_as_any() -> None:
    """Rule of three, with -log(0.025) for it: of 100 runs 3.69 times the largest weight."""
    weights = np.array([0.2, 1.9] * 50)
    for order in (weights, weights[::-1]):
        found = probability([False] * 100, order)
        assert (found.value, found.low) == (0.0, 0.0)
        assert found.high == pytest.approx(1.9 * -log(0.025) / 100)


def test_weighted__mean_of_a_constant__is_that_constant() -> None:
    _, weights = tilted_normals(np.random.default_rng(1), 50)
    found = mean(np.full(50, 3.0), weights)
    assert (found.low, found.value, found.high) == pytest.approx((3.0, 3.0, 3.0))


def test_mean__is_students() -> None:
    """1, 2, 3: standard error 1/sqrt(3), t(2, 97.5 %) = 4.3027 (any table of t)."""
    found = mean([1.0, 2.0, 3.0])
    assert (found.value, found.high) == (2.0, pytest.approx(2 + 4.302653 / 3**0.5, rel=1e-6))
    assert mean([1.0]).high == inf


# ------------------------------------------------------------------------------ two points


def test_shortfall_difference__by_hand__is_that_of_the_two_figures() -> None:
    rng = np.random.default_rng(5)
    x, y, w = rng.lognormal(size=300), rng.lognormal(size=300), rng.uniform(0.2, 1.8, 300)
    found = shortfall_difference(x, y, 0.95, w, w[::-1])
    by_hand = expected_shortfall(x, 0.95, w).value - expected_shortfall(y, 0.95, w[::-1]).value
    assert found.value == pytest.approx(by_hand)
    assert shortfall_difference(x, x, 0.95, w, w) == Estimate(0.0, 0.0, 0.0, 300)


def test_shortfall_difference__noise_that_is_shared__is_no_doubt() -> None:
    """Each loses 0.3 more than the other in every run: their own intervals overlap."""
    losses = np.random.default_rng(6).lognormal(size=400)
    more, less = expected_shortfall(losses + 0.3, 0.95), expected_shortfall(losses, 0.95)
    assert more.low < less.high
    found = shortfall_difference(losses + 0.3, losses, 0.95)
    assert (found.low, found.high) == (pytest.approx(0.3), pytest.approx(0.3))


def test_shortfall_difference__nothing_but_chance__is_seldom_told_apart() -> None:
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(200):
        shared = rng.exponential(size=200)
        found = shortfall_difference(
            shared + rng.exponential(size=200), shared + rng.exponential(size=200), 0.95
        )
        told += found.low > 0 or found.high < 0
    assert told <= 22, "about one in twenty is expected"


def test_shortfall_difference__one_run_of_many_that_loses__is_not_told_from_none() -> None:
    some = np.zeros(50)
    some[:1] = 9.0
    assert shortfall_difference(some, np.zeros(50), 0.99).low == 0
    some[:10] = 9.0
    assert shortfall_difference(some, np.zeros(50), 0.99).low > 0
