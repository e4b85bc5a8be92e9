"""GARCH(1,1) (Bollerslev 1986): the variance of a period follows from the last period's return.

h' = omega + alpha e^2 + beta h, with e the return's surprise and omega such that the long-run
volatility is `sigma`. Inside a period the log price is a Brownian motion of that period's
variance, so a path may be watched more often than the variance changes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.price.gbm import cumulative
from sim.scenario import Garch
from sim.units import YEAR


def simulate(
    spec: Garch, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """The first period has the long-run variance. E[price] grows by the drift."""
    grid = np.union1d(times, np.arange(0.0, times[-1], spec.step))
    years = np.diff(grid) / YEAR
    period = np.searchsorted(np.arange(spec.step, times[-1], spec.step), grid[:-1], side="right")
    surprise = np.sqrt(years) * rng.standard_normal((paths, len(years)))
    variance = np.empty_like(surprise)
    starts = np.flatnonzero(np.diff(period, prepend=-1))
    long_run = spec.sigma**2
    now = np.full(paths, long_run)
    for first, last in pairwise([*starts, len(years)]):
        surprise[:, first:last] *= np.sqrt(now)[:, None]
        variance[:, first:last] = now[:, None]
        squared = surprise[:, first:last].sum(axis=1) ** 2 * YEAR / spec.step
        now = (1 - spec.alpha - spec.beta) * long_run + spec.alpha * squared + spec.beta * now
    log_price = cumulative((spec.drift - variance / 2) * years + surprise)
    prices: NDArray[np.float64] = spec.start * np.exp(log_price[:, np.searchsorted(grid, times)])
    return prices
