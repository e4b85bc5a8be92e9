"""Importance sampling of the price: half of the runs draw it lower, weights make up for it.

The log price X is tilted exponentially: under Q the density of a path up to a time t is that under
P times exp(theta X_t - kappa(theta) t), with kappa its cumulant a year. A tilted GBM is a GBM of
another drift and a tilted Merton process a Merton process (Glasserman 2003, "Monte Carlo Methods
in Financial Engineering", 4.6), so tilted runs are plain runs of another scenario.

It is tilted to be expected so many standard deviations lower at the close; or, of its minimum,
only until it first is so low, from where it goes on by its own law. The first block in which it
is, or the last, is a stopping time, and the ratio there is exact (optional stopping), blocks and
all. The close is the better aim for losses of any size; the minimum for falls to about that depth
however they end, for then no weight depends on what came after.

With half of the runs from P and half from Q each run, of either half, has the weight
1 / (1/2 + 1/2 dQ/dP): the balance heuristic (Veach and Guibas 1995; Owen and Zhou 2000). Means
under the weights are unbiased, and no weight is above 2, so a figure that has nothing to do with
the price is never much worse for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, log, sqrt

from sim.errors import UsageError
from sim.price.dip import Dip, Floats, passage
from sim.scenario import Gbm, Merton, Scenario
from sim.units import YEAR

SHARE = 0.5
"""Of the runs that are tilted."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Importance sampling as asked for."""

    deviations: float
    """By which tilted runs fall deeper."""
    minimum: bool = False
    """Whether only until they are so deep."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """theta of a price model over a horizon; see above."""

    spec: Gbm | Merton
    years: float
    theta: float
    floor: float = 0.0
    """USD; where the tilt ends, 0 for the close."""

    def tilted(self, scenario: Scenario) -> Scenario:
        """The scenario of the tilted runs."""
        falling = tilted(self.spec, self.theta)
        if self.floor:
            terms = {"jumps": 0.0, **falling.model_dump(), "model": "merton"}
            falling = Dip(**terms, floor=self.floor, after=self.spec)
        return scenario.model_copy(update={"price": falling})

    def weight(self, path: Floats) -> float:
        """Of a run with those prices, one a block from the first to the last."""
        turn = int(passage(path[None], self.floor)[0])
        years = self.years * turn / (len(path) - 1)
        exponent = self.theta * log(path[turn] / path[0]) - cumulant(self.spec, self.theta) * years
        if exponent > 700:
            return 0.0
        return 1 / (1 - SHARE + SHARE * exp(exponent))


def tilt(scenario: Scenario, how: Sampling) -> Tilt:
    """Moves the mean log return of a run down by so many of its standard deviations.

    Raises UsageError where the price is not one asset's GBM or Merton process.
    """
    spec, asset = scenario.assets[0].price or scenario.price, scenario.assets[0]
    if len(scenario.assets) > 1 or not isinstance(spec, Gbm | Merton) or asset.price:
        raise UsageError(
            f"importance sampling needs one asset and a [price] of model gbm or merton; "
            f"{scenario.name} has {len(scenario.assets)} of {spec.model!r}"
        )
    years = scenario.run.blocks * scenario.run.block_seconds / YEAR
    variance = _derivative(spec, 2)(0.0)
    if variance == 0:
        raise UsageError("importance sampling needs a price that moves: its volatility is 0")
    slope = _derivative(spec, 1)
    aim = slope(0.0) - how.deviations * sqrt(variance / years)
    if how.minimum and aim >= 0:
        raise UsageError(
            f"importance sampling of the minimum needs a fall: the price drifts up by more than "
            f"{how.deviations:g} standard deviations"
        )
    floor = spec.start * exp(aim * years) if how.minimum else 0.0
    return Tilt(spec, years, _root(slope, aim), floor)


def cumulant(spec: Gbm | Merton, theta: float) -> float:
    """kappa(theta): log of the mean of exp(theta X), a year."""
    found = theta * _slope(spec) + theta**2 * spec.sigma**2 / 2
    if isinstance(spec, Merton):
        found += spec.jumps * expm1(theta * spec.jump_mean + theta**2 * spec.jump_sd**2 / 2)
    return found


def tilted(spec: Gbm | Merton, theta: float) -> Gbm | Merton:
    """The process under Q, as parameters of the same model."""
    slope = _slope(spec) + theta * spec.sigma**2
    if isinstance(spec, Gbm):
        return spec.model_copy(update={"drift": slope + spec.sigma**2 / 2})
    mean = spec.jump_mean + theta * spec.jump_sd**2
    more = spec.jumps * exp(theta * spec.jump_mean + theta**2 * spec.jump_sd**2 / 2)
    compensator = more * expm1(mean + spec.jump_sd**2 / 2)
    moved = {"jumps": more, "jump_mean": mean, "drift": slope + spec.sigma**2 / 2 + compensator}
    return spec.model_copy(update=moved)


def _slope(spec: Gbm | Merton) -> float:
    """Of the log price between jumps, a year."""
    found = spec.drift - spec.sigma**2 / 2
    if isinstance(spec, Merton):
        found -= spec.jumps * expm1(spec.jump_mean + spec.jump_sd**2 / 2)
    return found


def _derivative(spec: Gbm | Merton, order: int) -> Callable[[float], float]:
    """Of the cumulant."""

    def first(theta: float) -> float:
        found = _slope(spec) + theta * spec.sigma**2
        if isinstance(spec, Merton):
            found += _jumps(spec, theta) * (spec.jump_mean + theta * spec.jump_sd**2)
        return found

    def second(theta: float) -> float:
        found = spec.sigma**2
        if isinstance(spec, Merton):
            mean = spec.jump_mean + theta * spec.jump_sd**2
            found += _jumps(spec, theta) * (spec.jump_sd**2 + mean**2)
        return found

    return first if order == 1 else second


def _jumps(spec: Merton, theta: float) -> float:
    """Jumps a year under the tilt."""
    return spec.jumps * exp(theta * spec.jump_mean + theta**2 * spec.jump_sd**2 / 2)


def _root(slope: Callable[[float], float], aim: float) -> float:
    """theta with that slope, by bisection: the slope rises."""
    low, high = -1.0, 0.0
    while slope(low) > aim:
        low *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < aim else (low, middle)
    return (low + high) / 2
