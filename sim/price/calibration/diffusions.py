"""Models without jumps, whose maximum likelihood has a closed form."""

from __future__ import annotations

from math import exp, log, pi, sqrt

import numpy as np

from sim.price.calibration.mle import Estimate, Fit, Unidentified
from sim.price.calibration.sample import Sample

HOURS_A_YEAR = 365 * 24
DICKEY_FULLER = 3.43
"""Errors below 1 that a random walk's slope is with a chance of 1 % (constant, no trend)."""


def gaussian(variance: float, count: int) -> float:
    """Maximal log likelihood of so many normal surprises of that mean square."""
    return -count / 2 * (log(2 * pi * variance) + 1)


def gbm(sample: Sample) -> Fit:
    """Log returns are normal: mean (drift - sigma^2/2) dt, variance sigma^2 dt."""
    returns, dt = sample.returns, sample.years
    count, variance = len(returns), float(returns.var())
    sigma = sqrt(variance / dt)
    error = sigma / sqrt(2 * count)
    # The mean's error, and sigma's through sigma^2 / 2; they are independent.
    drift = Estimate(
        float(returns.mean()) / dt + sigma**2 / 2,
        sqrt(sigma**2 / (count * dt) + (sigma * error) ** 2),
    )
    parts = {"drift": drift, "sigma": Estimate(sigma, error)}
    return Fit("gbm", parts, gaussian(variance, count), {"start": float(sample.closes[-1])})


def ou(sample: Sample) -> Fit:
    """x' = m + a (x - m) + surprise: a line through pairs of log prices, a = 2^(-dt/half life).

    Errors are those of the line, carried over by the delta method. Raises Unidentified when
    the slope is not below 1 by the test of Dickey & Fuller: no return to a level shows.
    """
    x = np.log(sample.closes)
    before, after = x[:-1] - x[:-1].mean(), x[1:]
    count, spread = len(after), float(before @ before)
    slope, mean = float(before @ after) / spread, float(after.mean())
    variance = float(np.mean((after - mean - slope * before) ** 2))
    slope_error = sqrt(variance / spread)
    if not 0 < slope < 1 - DICKEY_FULLER * slope_error:
        raise Unidentified("nothing shows that the price is drawn back to a level")
    dt = sample.years
    speed = -log(slope) / dt
    half_life = log(2) / speed * HOURS_A_YEAR
    sigma = sqrt(2 * speed * variance / (1 - slope**2))
    level = x[:-1].mean() + (mean - x[:-1].mean()) / (1 - slope)
    parts = {
        "level": Estimate(exp(level), exp(level) * sqrt(variance / count) / (1 - slope)),
        "half_life_hours": Estimate(half_life, half_life * slope_error / (-slope * log(slope))),
        "sigma": Estimate(sigma, sigma * sqrt(1 / (2 * count) + _by_slope(slope, slope_error))),
    }
    return Fit("ou", parts, gaussian(variance, count), {"start": float(sample.closes[-1])})


def _by_slope(slope: float, error: float) -> float:
    """What doubt in the slope adds to the squared relative error of sigma."""
    return ((1 / (slope * log(slope)) + 2 * slope / (1 - slope**2)) / 2 * error) ** 2
