"""Ornstein-Uhlenbeck in the log price: what a pegged asset does around its peg."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.scenario import OrnsteinUhlenbeck
from sim.units import YEAR

HOUR = 3_600


def simulate(
    spec: OrnsteinUhlenbeck, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Exact in distribution at every time, whatever the step."""
    years = np.diff(times) / YEAR
    speed = math.log(2) * YEAR / (spec.half_life_hours * HOUR)
    kept = np.exp(-speed * years)
    spread = spec.sigma * np.sqrt(-np.expm1(-2 * speed * years) / (2 * speed))
    shocks = spread * rng.standard_normal((paths, len(years)))
    deviation = np.empty((paths, len(times)))
    deviation[:, 0] = math.log(spec.start / spec.level)
    for step in range(len(years)):
        deviation[:, step + 1] = kept[step] * deviation[:, step] + shocks[:, step]
    prices: NDArray[np.float64] = spec.level * np.exp(deviation)
    prices[:, 0] = spec.start  # exp(log(p)) may miss p by a bit
    return prices
