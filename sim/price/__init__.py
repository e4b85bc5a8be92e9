"""The outside world's price: one path model a file, all of the same shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.price import anchored, gbm, merton, replay
from sim.scenario import LARGEST, Anchored, Gbm, Merton, PriceModel, Replay

__all__ = ["simulate"]


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
        prices = _simulate(spec, times, rng, paths)
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
        case Merton():
            return merton.simulate(spec, times, rng, paths)
        case Anchored():
            return anchored.simulate(spec, times, rng, paths)
        case Replay():
            return replay.simulate(spec, times, paths)
