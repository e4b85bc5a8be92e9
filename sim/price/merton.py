"""Merton (1976): a diffusion with normal jumps in the log price, arriving as Poisson.

The drift is that of the expected price, so it is compensated for the jumps:
log S has slope drift - sigma^2/2 - jumps (exp(jump_mean + jump_sd^2/2) - 1).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.price.gbm import cumulative, diffusion
from sim.scenario import Merton
from sim.units import YEAR


def simulate(
    spec: Merton, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Exact in distribution at every time: the sum of k normal jumps is one normal."""
    years = np.diff(times) / YEAR
    mean_jump = math.expm1(spec.jump_mean + spec.jump_sd**2 / 2)
    steps = diffusion(spec.drift - spec.jumps * mean_jump, spec.sigma, years, rng, paths)
    count = rng.poisson(spec.jumps * years, steps.shape)
    size = rng.standard_normal(steps.shape)
    jumps = count * spec.jump_mean + np.sqrt(count) * spec.jump_sd * size
    return spec.start * np.exp(cumulative(steps + jumps))
