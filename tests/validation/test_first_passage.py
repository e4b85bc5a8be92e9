"""Laws 1 and 2: when a static account falls below its maintenance margin.

Its health is proportional to the price, so it is called when a geometric Brownian motion first
falls below start / health. Watched without a break the chance is the reflection principle's;
watched every so often the barrier is lower by e^(-beta sigma sqrt(dt)), beta = -zeta(1/2) /
sqrt(2 pi) (Broadie, Glasserman & Kou 1997, "A continuity correction for discrete barrier
options").
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from sim.price import simulate
from sim.scenario import Gbm
from sim.units import YEAR

BETA = 0.5825971579390106
PATHS, BATCH = 60_000, 6_000

# health, sigma, seconds, seconds between blocks, and two golden chances of the validation set
CASES = {
    "a month, hourly": (1.25, 0.75, 30 * 86_400, 3_600, 0.3336668729483957, 0.3232659279207717),
    "a wild day, 5 min": (1.1, 2.4458, 86_400, 300, 0.4784354192252714, 0.45795234864261936),
}


def chance(health: float, sigma: float, years: float) -> float:
    """P(min of the price < start / health) for drift 0, watched without a break."""
    barrier, slope, spread = -math.log(health), -(sigma**2) / 2, sigma * math.sqrt(years)
    normal = NormalDist().cdf
    reflected = math.exp(2 * slope * barrier / sigma**2) * normal(
        (barrier + slope * years) / spread
    )
    return normal((barrier - slope * years) / spread) + reflected


def simulated(health: float, sigma: float, seconds: int, step: int) -> float:
    times = np.arange(0, seconds + 1, step, dtype=float)
    stream = np.random.default_rng(2020)
    called = 0
    for _ in range(PATHS // BATCH):
        prices = simulate(Gbm(start=1.0, sigma=sigma), times, stream, BATCH)
        called += int((health * prices.min(axis=1) < 1).sum())
    return called / PATHS


@pytest.mark.parametrize("case", CASES)
def test_first_passage__formulas__are_the_golden_values(case):
    health, sigma, seconds, step, continuous, discrete = CASES[case]
    lower = health * math.exp(BETA * sigma * math.sqrt(step / YEAR))
    assert chance(health, sigma, seconds / YEAR) == pytest.approx(continuous, rel=1e-12)
    assert chance(lower, sigma, seconds / YEAR) == pytest.approx(discrete, rel=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_first_passage__simulated__is_the_discrete_chance_and_no_other(case):
    """A run must find the discrete value, and reject the continuous one and the wrong sign."""
    health, sigma, seconds, step, continuous, discrete = CASES[case]
    higher = health * math.exp(-BETA * sigma * math.sqrt(step / YEAR))
    found = simulated(health, sigma, seconds, step)
    error = math.sqrt(discrete * (1 - discrete) / PATHS)
    assert abs(found - discrete) < 3 * error
    assert found < continuous - 3 * error
    assert found < chance(higher, sigma, seconds / YEAR) - 6 * error
