"""Laws 10 and 12 for what the price models give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kurtosis

from sim.price import simulate
from sim.scenario import Gbm, Merton
from sim.units import YEAR

BETA = 0.5825971579390106

# sigma, jumps a year, mean and standard deviation of a jump; and the volatility of it all
CALM = (0.378, 2_617, 0.0001, 0.0120), 0.72
STRESS = (0.834, 1_441, -0.0032, 0.0415), 1.79


def merton(sigma, jumps, mean, sd):
    return Merton(model="merton", sigma=sigma, jumps=jumps, jump_mean=mean, jump_sd=sd)


@pytest.mark.parametrize(("terms", "whole"), [CALM, STRESS], ids=["calm", "stress"])
def test_merton__volatility_and_kurtosis_of_an_hour(terms, whole):
    """Cumulants of a jump diffusion: variance s^2 t + n t E[J^2], fourth n t E[J^4]."""
    sigma, jumps, mean, sd = terms
    hour = 3_600 / YEAR
    paths = simulate(merton(*terms), np.array([0.0, 3_600.0]), np.random.default_rng(12), 1_000_000)
    returns = np.log(paths[:, 1] / paths[:, 0])
    variance = hour * (sigma**2 + jumps * (mean**2 + sd**2))
    fourth = hour * jumps * (mean**4 + 6 * mean**2 * sd**2 + 3 * sd**4)
    assert math.sqrt(variance / hour) == pytest.approx(whole, abs=0.01)
    assert returns.std() == pytest.approx(math.sqrt(variance), rel=0.005)
    assert kurtosis(returns, fisher=False) == pytest.approx(3 + fourth / variance**2, rel=0.03)


def test_merton__no_jumps__is_the_diffusion():
    times = np.arange(0, 3_601, 12.0)
    plain = simulate(Gbm(sigma=0.9), times, np.random.default_rng(3))
    assert np.array_equal(
        simulate(merton(0.9, 0, 0.1, 0.1), times, np.random.default_rng(3)), plain
    )


def test_deviation_oracle__mean_time_between_posts():
    """delta^2 / sigma^2, with delta + beta sigma sqrt(dt) when watched every dt: law 10."""
    delta, sigma, step = 0.005, 0.75, 12.0
    prices = simulate(
        Gbm(sigma=sigma), np.arange(0, 400 * 86_400, step), np.random.default_rng(10)
    )[0]
    posts, last = 0, math.log(prices[0])
    for log_price in np.log(prices).tolist():
        if abs(log_price - last) >= delta:
            posts, last = posts + 1, log_price
    continuous = (delta / sigma) ** 2 * YEAR
    overshot = (delta + BETA * sigma * math.sqrt(step / YEAR)) ** 2 / sigma**2 * YEAR
    assert continuous == pytest.approx(1_402, abs=1)
    found, error = len(prices) * step / posts, overshot * math.sqrt(2 / 3 / posts)
    assert abs(found - overshot) < 3 * error
    assert found > continuous + 6 * error
