"""Geometric Brownian motion: the expected price grows by the drift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.scenario import Gbm
from sim.units import YEAR


def simulate(
    spec: Gbm, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Exact in distribution at every time, whatever the step."""
    return spec.start * np.exp(
        cumulative(diffusion(spec.drift, spec.sigma, np.diff(times) / YEAR, rng, paths))
    )


def diffusion(
    drift: float, sigma: float, years: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Log returns over steps of ``years``, shape ``(paths, len(years))``."""
    normal = rng.standard_normal((paths, len(years)))
    return (drift - sigma**2 / 2) * years + sigma * np.sqrt(years) * normal


def cumulative(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of ``steps`` along each path, from a leading 0."""
    log_price = np.zeros((steps.shape[0], steps.shape[1] + 1))
    np.cumsum(steps, axis=1, out=log_price[:, 1:])
    return log_price
