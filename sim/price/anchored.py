"""A price through given points: linear in log between them, plus a Brownian bridge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import DataError
from sim.price.gbm import cumulative, diffusion
from sim.scenario import Anchored
from sim.units import YEAR


def simulate(
    spec: Anchored, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Every path passes exactly through every anchor; raises DataError after the last one."""
    hours, prices = np.array(spec.anchors).T
    anchors = np.round(hours * 3_600, 6)  # so that 23.7 h is on a grid of whole seconds
    if times[-1] > anchors[-1]:
        fit = int(np.searchsorted(times, anchors[-1], side="right")) - 1
        raise DataError(
            f"the anchors of the price end at hour {hours[-1]:g}, which is enough for "
            f"{fit:,} blocks, but the run has {len(times) - 1:,}"
        )
    grid = np.union1d(times, anchors)
    walk = cumulative(diffusion(0.0, spec.sigma, np.diff(grid) / YEAR, rng, paths))
    path = np.exp(np.interp(grid, anchors, np.log(prices)) + _bridge(walk, grid, anchors))
    path[:, np.searchsorted(grid, anchors)] = prices  # exp(log(p)) may miss p by a bit
    return np.ascontiguousarray(path[:, np.searchsorted(grid, times)])


def _bridge(
    walk: NDArray[np.float64], grid: NDArray[np.float64], anchors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``walk`` tied down to 0 at every anchor; any drift it has goes away with the tie."""
    at_anchor = walk[:, np.searchsorted(grid, anchors)]
    segment = np.clip(np.searchsorted(anchors, grid, side="right") - 1, 0, len(anchors) - 2)
    weight = (grid - anchors[segment]) / np.diff(anchors)[segment]
    before, after = at_anchor[:, segment], at_anchor[:, segment + 1]
    tied: NDArray[np.float64] = walk - before * (1 - weight) - after * weight
    return tied
