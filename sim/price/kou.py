"""Kou (2002): a diffusion whose log price jumps by exponentials, up or down, arriving as Poisson.

Sudden falls may be larger and more frequent than rises, and both tails are fatter than
Merton's. The drift is that of the expected price, compensated for the jumps: one up has
E[exp(J)] = 1 / (1 - up_mean), one down 1 / (1 + down_mean).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.price.gbm import cumulative, diffusion
from sim.scenario import Kou
from sim.units import YEAR


def simulate(
    spec: Kou, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Exact in distribution at every time: the sum of k equal exponentials is one gamma."""
    years = np.diff(times) / YEAR
    drift = spec.drift - spec.jumps * mean_jump(spec)
    steps = diffusion(drift, spec.sigma, years, rng, paths)
    ups = rng.poisson(spec.jumps * spec.up_share * years, steps.shape)
    downs = rng.poisson(spec.jumps * (1 - spec.up_share) * years, steps.shape)
    jumps = spec.up_mean * _sums(ups, rng) - spec.down_mean * _sums(downs, rng)
    return spec.start * np.exp(cumulative(steps + jumps))


def mean_jump(spec: Kou) -> float:
    """E[exp(J)] - 1."""
    up, down = spec.up_mean, spec.down_mean
    return spec.up_share * up / (1 - up) - (1 - spec.up_share) * down / (1 + down)


def _sums(counts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Of so many exponentials of mean 1 each; only where there are any."""
    total = np.zeros(counts.shape)
    some = counts > 0
    total[some] = rng.standard_gamma(counts[some])
    return total
