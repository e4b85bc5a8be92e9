"""A diffusion with jumps that bring further jumps: a self-exciting process (Hawkes 1971).

The intensity is mu + sum of n/decay exp(-(t - t_i)/decay) over the jumps so far: every jump has
on average `branching` children, so jumps come in clusters, at a mean rate mu / (1 - n). Jump
sizes are normal in the log price. The drift is that of the expected price: what the present
intensity leads one to expect of jumps is taken off as it goes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.price.gbm import cumulative, diffusion
from sim.scenario import Hawkes
from sim.units import YEAR

MEMORY = 20.0
"""Cluster lifetimes before time 0 that are drawn too: the process starts in its long run, to
within exp(-20)."""


def simulate(
    spec: Hawkes, times: NDArray[np.float64], rng: np.random.Generator, paths: int
) -> NDArray[np.float64]:
    """Exact in distribution at every time: clusters are drawn as such, not step by step."""
    years = np.diff(times) / YEAR
    path, at = jump_times(spec, float(times[-1]), rng, paths)
    counts, excited = _watched(spec, times, path, at, paths)
    expected = spec.jumps * years + spec.branching * counts - np.diff(excited, axis=1)
    mean_jump = math.expm1(spec.jump_mean + spec.jump_sd**2 / 2)
    size = counts * spec.jump_mean + np.sqrt(counts) * spec.jump_sd * rng.standard_normal(
        counts.shape
    )
    steps = diffusion(spec.drift, spec.sigma, years, rng, paths)
    return spec.start * np.exp(cumulative(steps + size - mean_jump * expected))


def jump_times(
    spec: Hawkes, seconds: float, rng: np.random.Generator, paths: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(path, seconds) of every jump up to `seconds`, those of the memory before 0 included.

    Immigrants are Poisson; each generation's children are Poisson in number and exponential in
    delay, all paths at once.
    """
    memory = MEMORY * spec.decay / (1 - spec.branching)
    number = rng.poisson(spec.jumps / YEAR * (seconds + memory), paths)
    path = np.repeat(np.arange(paths), number)
    at = rng.uniform(-memory, seconds, len(path))
    generations = [(path, at)]
    while len(path):
        children = rng.poisson(spec.branching, len(path))
        path = np.repeat(path, children)
        at = np.repeat(at, children) + rng.exponential(spec.decay, len(path))
        path, at = path[at <= seconds], at[at <= seconds]
        generations.append((path, at))
    return (
        np.concatenate([path for path, _ in generations]),
        np.concatenate([at for _, at in generations]),
    )


def _watched(
    spec: Hawkes,
    times: NDArray[np.float64],
    path: NDArray[np.int64],
    at: NDArray[np.float64],
    paths: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Jumps in each step, shape (paths, steps), and the children still expected at each time
    of all jumps before it, shape (paths, times)."""
    after = np.searchsorted(times, at, side="left")  # the first time that has seen it
    seen = after < len(times)
    path, at, after = path[seen], at[seen], after[seen]
    fresh = np.zeros((paths, len(times)))
    np.add.at(fresh, (path, after), spec.branching * np.exp((at - times[after]) / spec.decay))
    counts = np.zeros((paths, len(times)), dtype=np.int64)
    np.add.at(counts, (path, after), 1)
    for step, kept in enumerate(np.exp(-np.diff(times) / spec.decay), start=1):
        fresh[:, step] += kept * fresh[:, step - 1]
    return counts[:, 1:], fresh
