"""A price that falls by one law until it is so low for the first time, and goes on by another.

Not for scenarios: `sim.price.tilt` draws every second run of a study so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.price import gbm, merton
from sim.scenario import Gbm, Merton

Floats = NDArray[np.float64]


class Dip(Merton):
    """Merton's process of these parameters until the floor, that of `after` from there on."""

    floor: float
    """USD."""
    after: Gbm | Merton


def simulate(spec: Dip, times: Floats, rng: np.random.Generator, paths: int) -> Floats:
    """Exact in distribution at every time: both laws have independent steps, and which of them
    draws a step is known when it begins."""
    falling = merton.simulate(spec, times, rng, paths)
    if isinstance(spec.after, Merton):
        after = merton.simulate(spec.after, times, rng, paths)
    else:
        after = gbm.simulate(spec.after, times, rng, paths)
    turn = passage(falling, spec.floor)
    row = np.arange(paths)
    scale = falling[row, turn] / after[row, turn]
    later = np.arange(len(times)) > turn[:, None]
    return np.where(later, after * scale[:, None], falling)


def passage(prices: Floats, floor: float) -> NDArray[np.int64]:
    """Column of each path that is its first at the floor or below, else its last."""
    below = prices <= floor
    return np.where(below.any(axis=1), below.argmax(axis=1), prices.shape[1] - 1)
