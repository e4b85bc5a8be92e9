"""GARCH(1,1) by Gaussian likelihood, a period being a line of the file."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from scipy.signal import lfilter

from sim.price.calibration.mle import IMPOSSIBLE, Fit, Floats, Unidentified, estimates, maximise
from sim.price.calibration.sample import Sample

LEAST_ALPHA = 0.01
"""Below it the variance hardly moves, and nothing says how long a move of it lasts."""


def fit(sample: Sample) -> Fit:
    """Raises Unidentified when the variance does not show to move."""
    returns, dt = sample.returns, sample.years
    scale = float(returns.std())
    scaled = returns / scale

    def minus(at: Floats) -> float:
        mean, long_run = at[0], exp(2 * at[1])
        if max(abs(at[1:])) > 20:
            return IMPOSSIBLE
        alpha, beta = _weights(at)
        squares = (scaled - mean) ** 2
        news = (1 - alpha - beta) * long_run + alpha * squares[:-1]
        variance = np.append(long_run, lfilter([1.0], [1.0, -beta], news, zi=[beta * long_run])[0])
        return float((np.log(2 * np.pi * variance) + squares / variance).sum()) / 2

    def report(at: Floats) -> dict[str, float]:
        alpha, beta = _weights(at)
        sigma = exp(at[1]) * scale / sqrt(dt)
        drift = at[0] * scale / dt + sigma**2 / 2
        return {"drift": drift, "sigma": sigma, "alpha": alpha, "beta": beta}

    at = maximise(minus, [_start(0.1, 0.8), _start(0.05, 0.94)])
    if _weights(at)[0] < LEAST_ALPHA:
        raise Unidentified("the variance does not show to move")
    likelihood = -minus(at) - len(returns) * log(scale)
    known = {"start": float(sample.closes[-1]), "step": round(sample.seconds)}
    return Fit("garch", estimates(minus, at, report), likelihood, known)


def _weights(at: Floats) -> tuple[float, float]:
    """alpha and beta, adding up to less than 1: shares beside a third, 1 - alpha - beta."""
    a, b = exp(at[2]), exp(at[3])
    return a / (1 + a + b), b / (1 + a + b)


def _start(alpha: float, beta: float) -> list[float]:
    rest = 1 - alpha - beta
    return [0.0, 0.0, log(alpha / rest), log(beta / rest)]
