"""The outside world's price: one path model a file, all of the same shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.price import anchored, dip, garch, gbm, hawkes, kou, merton, ou, replay
from sim.scenario import (
    LARGEST,
    Anchored,
    Garch,
    Gbm,
    Hawkes,
    Kou,
    Merton,
    OrnsteinUhlenbeck,
    PriceModel,
    Replay,
)

__all__ = ["checked", "simulate"]


HIGHEST, LOWEST = LARGEST, 1e-9
"""USD; beyond them a price does not fit the chain or is worth nothing in it."""


def simulate(
    spec: PriceModel,
    times: NDArray[np.float64],
    rng: np.random.Generator,
    paths: int = 1,
) -> NDArray[np.float64]:
    """Prices in USD, shape ``(paths, len(times))``.

    ``times`` are seconds, rising from 0: index 0 is block 0. Raises DataError when a file
    is wrong, or when the data of an anchored or replayed price end before the last time;
    ScenarioError when the parameters carry the price out of any market.
    """
    if len(times) == 0 or times[0] != 0 or np.any(np.diff(times) <= 0):
        raise ValueError("times must rise from 0")
    with np.errstate(over="ignore", invalid="ignore"):
        return checked(_simulate(spec, times, rng, paths), spec)


def checked(prices: NDArray[np.float64], spec: PriceModel) -> NDArray[np.float64]:
    """The same prices; raises ScenarioError when one is outside any market."""
    outside = ~((prices >= LOWEST) & (prices <= HIGHEST))
    if outside.any():
        path, block = np.argwhere(outside)[0]
        raise ScenarioError(
            f"price: the model {spec.model!r} comes to {prices[path, block]:g} USD in block "
            f"{block:,}; prices from {LOWEST:g} to {HIGHEST:g} are allowed"
        )
    return prices


def _simulate(
    spec: PriceModel, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    match spec:
        case Gbm():
            return gbm.simulate(spec, times, rng, paths)
        case dip.Dip():  # before what it extends
            return dip.simulate(spec, times, rng, paths)
        case Merton():
            return merton.simulate(spec, times, rng, paths)
        case Kou():
            return kou.simulate(spec, times, rng, paths)
        case Garch():
            return garch.simulate(spec, times, rng, paths)
        case Hawkes():
            return hawkes.simulate(spec, times, rng, paths)
        case OrnsteinUhlenbeck():
            return ou.simulate(spec, times, rng, paths)
        case Anchored():
            return anchored.simulate(spec, times, rng, paths)
        case Replay():
            return replay.simulate(spec, times, paths)
