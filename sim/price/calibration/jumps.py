"""Jump diffusions: a return is normal, or normal with one or more jumps on top."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, expm1, log, sqrt

import numpy as np
from scipy.special import gammaln

from sim.price.calibration.mle import IMPOSSIBLE, Fit, Floats, estimates, maximise
from sim.price.calibration.sample import Sample

LEAST_SHARE = 0.05
"""Of the spread that must be diffusion: with none the likelihood has no bound."""
MOST_JUMPS = 5.0
"""A return; with more, jumps cannot be told from diffusion."""
GRID = 2**13
"""Points of a density from its characteristic function."""
TINY = 1e-300


def merton(sample: Sample) -> Fit:
    """The density is a Poisson mixture of normals (Merton 1976)."""
    returns, dt, scale = sample.returns, sample.years, float(sample.returns.std())
    scaled = returns[:, None] / scale

    def minus(at: Floats) -> float:
        mean, log_sd, log_rate, jump, log_jump_sd = at
        rate = exp(min(log_rate, 50))
        if rate > MOST_JUMPS or log_sd < log(LEAST_SHARE) or abs(log_jump_sd) > 20:
            return IMPOSSIBLE
        k = np.arange(int(rate + 8 * sqrt(rate)) + 6)
        variance = exp(2 * log_sd) + k * exp(2 * log_jump_sd)
        weight = np.exp(k * log_rate - rate - gammaln(k + 1)) / np.sqrt(2 * np.pi * variance)
        distance = (scaled - mean - k * jump) ** 2 / variance
        return -float(np.log(np.exp(-distance / 2) @ weight + TINY).sum())

    def report(at: Floats) -> dict[str, float]:
        mean, sd, rate, jump, jump_sd = at[0], exp(at[1]), exp(at[2]), at[3], exp(at[4])
        sigma, jumps = sd * scale / sqrt(dt), rate / dt
        jump, jump_sd = jump * scale, jump_sd * scale
        drift = mean * scale / dt + sigma**2 / 2 + jumps * expm1(jump + jump_sd**2 / 2)
        return {"drift": drift, "sigma": sigma, "jumps": jumps,
                "jump_mean": jump, "jump_sd": jump_sd}  # fmt: skip

    starts = [[0.0, log(sd), log(rate), 0.0, log(size)] for sd, rate, size in _guesses(sample)]
    at = maximise(minus, starts)
    likelihood = -minus(at) - len(returns) * log(scale)
    return Fit("merton", estimates(minus, at, report), likelihood, _start(sample))


def kou(sample: Sample) -> Fit:
    """The density by Fourier inversion of the characteristic function (Kou 2002)."""
    returns, dt, scale = sample.returns, sample.years, float(sample.returns.std())
    scaled = returns / scale
    reach = 2 * float(np.abs(scaled).max()) + 20
    grid = (np.arange(GRID) - GRID // 2) * (2 * reach / GRID)
    u = 2 * np.pi * np.fft.fftfreq(GRID, 2 * reach / GRID)

    def minus(at: Floats) -> float:
        mean, log_sd, log_rate, logit_up, log_up, log_down = at
        rate = exp(min(log_rate, 50))
        if rate > MOST_JUMPS or log_sd < log(LEAST_SHARE) or max(abs(at[3:])) > 12:
            return IMPOSSIBLE
        up_share, up, down = _logistic(logit_up), exp(log_up), exp(log_down)
        if up * scale >= 1:
            return IMPOSSIBLE
        jump = up_share / (1 - 1j * u * up) + (1 - up_share) / (1 + 1j * u * down) - 1
        transform = np.exp(1j * u * mean - exp(2 * log_sd) * u**2 / 2 + rate * jump)
        density = np.fft.fftshift(np.fft.fft(transform)).real / (2 * reach)
        likely = np.interp(scaled, grid, density)
        return -float(np.log(np.maximum(likely, TINY)).sum())

    def report(at: Floats) -> dict[str, float]:
        mean, sd, rate, up_share = at[0], exp(at[1]), exp(at[2]), _logistic(at[3])
        up, down = exp(at[4]) * scale, exp(at[5]) * scale
        sigma, jumps = sd * scale / sqrt(dt), rate / dt
        expected = up_share * up / (1 - up) - (1 - up_share) * down / (1 + down)
        drift = mean * scale / dt + sigma**2 / 2 + jumps * expected
        return {"drift": drift, "sigma": sigma, "jumps": jumps, "up_share": up_share,
                "up_mean": up, "down_mean": down}  # fmt: skip

    starts = [
        [0.0, log(sd), log(rate), 0.0, log(size), log(size)] for sd, rate, size in _guesses(sample)
    ]
    at = maximise(minus, starts)
    likelihood = -minus(at) - len(returns) * log(scale)
    return Fit("kou", estimates(minus, at, report), likelihood, _start(sample))


def _guesses(sample: Sample) -> Sequence[tuple[float, float, float]]:
    """(diffusive sd, jumps a return, jump size), in units of the returns' spread: rare large
    jumps, and frequent small ones, with what is left for the diffusion."""
    sizes = np.abs(sample.returns) / sample.returns.std()
    middle = float(np.median(sizes)) / 0.6745
    beyond = sizes[sizes > 4 * middle]
    rare = max(len(beyond), 1) / len(sizes)
    return [
        (max(middle, 0.1), rare, float(beyond.mean()) if len(beyond) else 3.0),
        (max(0.7 * middle, 0.1), 0.3, 1.5),
    ]


def _start(sample: Sample) -> dict[str, float]:
    return {"start": float(sample.closes[-1])}


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-x))
