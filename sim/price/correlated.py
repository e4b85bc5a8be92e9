"""Several assets together: the others' returns go, in part, with those of the first one.

In units of each asset's own volatility, a return is rho times the first asset's and
sqrt(1 - rho^2) times what the asset would have done alone. So the correlation is rho, the
volatility stays its own, and a fall that was anchored or replayed for the first asset, or its
jumps, reach the others. rho is the base correlation, and the one of stress while the first
asset stands far below its highest of the last window: correlations rise in falls (Longin &
Solnik 2001, "Extreme correlation of international equity markets").

Pegged, anchored and replayed prices keep to their own path. Without correlation every asset is
drawn as if it were alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.price import checked, kou, simulate
from sim.scenario import (
    Anchored,
    Correlation,
    Garch,
    Gbm,
    Hawkes,
    Kou,
    Merton,
    OrnsteinUhlenbeck,
    PriceModel,
    Replay,
)
from sim.units import YEAR

Floats = NDArray[np.float64]


def simulate_all(
    specs: Sequence[PriceModel],
    correlation: Correlation,
    times: Floats,
    streams: Sequence[np.random.Generator],
    paths: int = 1,
) -> Floats:
    """Prices in USD, shape ``(assets, paths, len(times))``; a stream for each asset.

    Raises as `simulate` does, and ScenarioError when the first asset cannot lead.
    """
    drawn = zip(specs, streams, strict=True)
    prices = np.array([simulate(spec, times, stream, paths) for spec, stream in drawn])
    rho = rho_of(correlation, prices[0], times)
    if not rho.any():
        return prices
    years = np.diff(times) / YEAR
    shocks = _shocks(specs[0], prices[0], years)
    for asset, spec in enumerate(specs[1:], start=1):
        if isinstance(spec, OrnsteinUhlenbeck | Anchored | Replay):
            continue
        mean, variance = growth(spec)
        alone = np.diff(np.log(prices[asset])) - mean * years
        led = rho * np.sqrt(variance * years) * shocks
        steps = mean * years + np.sqrt(1 - rho**2) * alone + led
        with np.errstate(over="ignore"):
            prices[asset, :, 1:] = spec.start * np.exp(np.cumsum(steps, axis=1))
        checked(prices[asset], spec)
    return prices


def rho_of(correlation: Correlation, first: Floats, times: Floats) -> Floats:
    """Correlation in each step, shape (paths, steps), from what is known when it begins."""
    base, stress = correlation.base, correlation.stress
    rho = np.full((first.shape[0], len(times) - 1), base)
    if stress is None or stress == base:
        return rho
    since = np.searchsorted(times, times - correlation.window)
    for step in range(len(times) - 1):
        highest = first[:, since[step] : step + 1].max(axis=1)
        rho[first[:, step] <= (1 - correlation.fall) * highest, step] = stress
    return rho


def _shocks(spec: PriceModel, prices: Floats, years: Floats) -> Floats:
    """Returns of the first asset less their mean, in units of its volatility."""
    returns = np.diff(np.log(prices))
    match spec:
        case OrnsteinUhlenbeck():
            raise ScenarioError("correlation: the first asset leads, and must not be pegged (ou)")
        case Anchored():
            mean, variance = 0.0, spec.sigma**2
        case Replay():
            mean, variance = 0.0, float(np.mean(returns**2 / years))
        case _:
            mean, variance = growth(spec)
    if variance == 0:
        raise ScenarioError("correlation: the first asset leads, and must have a volatility")
    shocks: Floats = (returns - mean * years) / np.sqrt(variance * years)
    return shocks


def growth(spec: Gbm | Merton | Kou | Garch | Hawkes) -> tuple[float, float]:
    """Mean and variance of the log price's growth, a year; of jumps, as of single ones."""
    mean, variance = spec.drift - spec.sigma**2 / 2, spec.sigma**2
    match spec:
        case Merton() | Hawkes():
            rate = spec.jumps / (1 - spec.branching) if isinstance(spec, Hawkes) else spec.jumps
            mean_jump = math.expm1(spec.jump_mean + spec.jump_sd**2 / 2)
            square = spec.jump_mean**2 + spec.jump_sd**2
            return mean + rate * (spec.jump_mean - mean_jump), variance + rate * square
        case Kou():
            up, down = spec.up_share, 1 - spec.up_share
            jump = up * spec.up_mean - down * spec.down_mean
            square = 2 * (up * spec.up_mean**2 + down * spec.down_mean**2)
            return mean + spec.jumps * (jump - kou.mean_jump(spec)), variance + spec.jumps * square
        case _:
            return mean, variance
