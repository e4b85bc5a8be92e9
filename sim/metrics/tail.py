"""Figures of the tail of a loss over many runs, each with its interval.

Losses are in USD, never negative, larger is worse; `quantile` is that of the tail, 0.95 or 0.99.
Runs may carry weights whose mean is 1 (importance sampling, see `sim.price.tilt`); without them
all weights are 1. Intervals are for a confidence of `LEVEL`, and say so where runs are too few:
then the upper end is infinite.

- Value at risk (VaR): the quantile itself; liquidation-at-risk is the VaR of debt liquidated.
  Interval: order statistics by the binomial distribution of runs below the quantile, free of any
  assumption; the same inverted from the interval of the tail's probability under weights.
- Expected shortfall (ES): mean loss of the worst 1 - q (Rockafellar and Uryasev 2000). Interval:
  Student's in the logarithm, with the freedom of as many runs as carry the tail.
- Entropic value at risk (EVaR): inf over t > 0 of log(mean exp(tL) / (1 - q)) / t (Ahmadi-Javid
  2012), at least ES and at most the largest loss. It hangs on losses that were never seen, so
  its interval is free of assumptions and wide: from the lower end of ES to where it would be if
  as many runs as the binomial distribution allows beyond the largest loss had lost all there is.
- Difference of two ES over runs of the same seeds: percentiles of a bootstrap that draws seeds
  with both of their runs, so that what the two share is not taken for doubt.
- Probability: share of runs in which something happened. Interval: Clopper and Pearson (1934);
  under weights that of Fay and Feuer (1997) for weighted Poisson counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, log, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import beta, binom, chi2
from scipy.stats import t as student

Floats = NDArray[np.float64]
LEVEL = 0.95
"""Confidence of every interval."""
ALPHA = 1 - LEVEL
RESAMPLES = 1_000
VAGUE = 2.0
"""Relative half width above which an interval says nothing of the one that more runs would give."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `runs` runs, and its interval."""

    value: float
    low: float
    high: float
    runs: int

    @property
    def precision(self) -> float:
        """Half the width of the interval, relative to the figure; 0 where it has no width."""
        if self.high == self.low:
            return 0.0
        half = (self.high - self.low) / 2
        return half / abs(self.value) if self.value else inf

    def runs_needed(self, precision: float) -> int | None:
        """About so many in all for that precision, since an interval shrinks as the root of the
        runs; None where these runs cannot say."""
        if self.precision <= precision:
            return self.runs
        if not self.precision <= VAGUE:
            return None
        return ceil(self.runs * (self.precision / precision) ** 2)


def value_at_risk(
    losses: Sequence[float] | Floats,
    quantile: float,
    weights: Sequence[float] | Floats | None = None,
) -> Estimate:
    x, w = _sorted(losses, weights)
    n = len(x)
    if n == 0:
        return Estimate(nan, 0.0, inf, 0)
    if weights is None:
        first = int(binom.ppf(ALPHA / 2, n, quantile))
        last = int(binom.ppf(1 - ALPHA / 2, n, quantile)) + 1
        low = float(x[first - 1]) if first >= 1 else 0.0
        high = float(x[last - 1]) if last <= n else inf
        return Estimate(float(x[_rank(n, quantile) - 1]), low, high, n)
    beyond = _mass_beyond(w)
    next_one = float(w[x == x[-1]].max())
    low_mass, high_mass = _poisson(beyond * n, _mass_beyond(w**2) * n, next_one, n)
    return Estimate(
        _first_below(x, beyond, 1 - quantile),
        _first_below(x, low_mass, 1 - quantile),
        _first_below(x, high_mass, 1 - quantile),
        n,
    )


def expected_shortfall(
    losses: Sequence[float] | Floats,
    quantile: float,
    weights: Sequence[float] | Floats | None = None,
) -> Estimate:
    x, w = _sorted(losses, weights)
    worst = value_at_risk(losses, quantile, weights)
    if worst.runs == 0:
        return worst
    parts = worst.value + w * np.maximum(x - worst.value, 0) / (1 - quantile)
    return _log_student(parts, parts - worst.value, worst)


def entropic_value_at_risk(
    losses: Sequence[float] | Floats,
    quantile: float,
    weights: Sequence[float] | Floats | None = None,
    most: float = inf,
) -> Estimate:
    """`most` is the largest loss there can be."""
    x, w = _sorted(losses, weights)
    short = expected_shortfall(losses, quantile, weights)
    if short.runs == 0:
        return short
    mass = w / len(x)
    unseen = float(mass[x == x[-1]].max()) * -log(ALPHA / 2)
    high = inf if most == inf else _entropic(np.append(x, most), np.append(mass, unseen), quantile)
    value = min(float(x[-1]), _entropic(x, mass, quantile))
    return Estimate(value, min(short.low, value), max(high, value), short.runs)


def shortfall_difference(
    losses: Sequence[float] | Floats,
    base: Sequence[float] | Floats,
    quantile: float,
    weights: Sequence[float] | Floats | None = None,
    base_weights: Sequence[float] | Floats | None = None,
) -> Estimate:
    """How much larger the expected shortfall of `losses` is than that of `base`, whose runs are
    of the same seeds in the same order."""
    x, y = np.asarray(losses, dtype=float), np.asarray(base, dtype=float)
    n = len(x)
    if n == 0:
        return Estimate(nan, -inf, inf, 0)
    w, v = (
        np.ones(n) if given is None else np.asarray(given, dtype=float)
        for given in (weights, base_weights)
    )
    drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    drawn[0] = np.arange(n)
    found = _shortfalls(x[drawn], w[drawn], quantile) - _shortfalls(y[drawn], v[drawn], quantile)
    low, high = np.quantile(found, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(float(found[0]), float(low), float(high), n)


def _shortfalls(x: Floats, w: Floats, quantile: float) -> Floats:
    """Expected shortfall of every row."""
    order = np.argsort(x, axis=1, kind="stable")
    x, w = np.take_along_axis(x, order, 1), np.take_along_axis(w, order, 1)
    beyond = (w.sum(axis=1, keepdims=True) - np.cumsum(w, axis=1)) / x.shape[1]
    first = np.argmax(beyond <= (1 - quantile) * (1 + 1e-9), axis=1, keepdims=True)
    worst = np.take_along_axis(x, first, 1)
    carried = (w * np.maximum(x - worst, 0)).mean(axis=1) / (1 - quantile)
    return np.asarray(worst[:, 0] + carried)


def probability(
    happened: Sequence[bool] | NDArray[np.bool_],
    weights: Sequence[float] | Floats | None = None,
) -> Estimate:
    """Share of runs in which it happened."""
    event = np.asarray(happened, dtype=bool)
    n, k = len(event), int(event.sum())
    if n == 0:
        return Estimate(nan, 0.0, 1.0, 0)
    if weights is None:
        low = float(beta.ppf(ALPHA / 2, k, n - k + 1)) if k else 0.0
        high = float(beta.ppf(1 - ALPHA / 2, k + 1, n - k)) if k < n else 1.0
        return Estimate(k / n, low, high, n)
    w = np.asarray(weights, dtype=float)
    mine = w[event]
    sums = np.array([mine.sum()]), np.array([(mine**2).sum()])
    least, most = _poisson(*sums, float((mine if k else w).max()), n)
    return Estimate(float(mine.sum() / n), float(least[0]), min(1.0, float(most[0])), n)


def mean(
    figures: Sequence[float] | Floats, weights: Sequence[float] | Floats | None = None
) -> Estimate:
    """Student's interval. Under weights the ratio of weighted sums, which is exact for a constant,
    and its interval by the delta method."""
    x = np.asarray(figures, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    n = len(x)
    if n == 0:
        return Estimate(nan, -inf, inf, 0)
    value = float((w * x).sum() / w.sum())
    if n == 1:
        return Estimate(value, -inf, inf, 1)
    parts = w * (x - value) / w.mean()
    half = float(student.ppf(1 - ALPHA / 2, n - 1) * parts.std(ddof=1) / sqrt(n))
    return Estimate(value, value - half, value + half, n)


def effective_runs(weights: Sequence[float] | Floats) -> float:
    """So many runs of one weight would know a mean as well (Kish 1965)."""
    w = np.asarray(weights, dtype=float)
    return float(w.sum() ** 2 / (w**2).sum()) if w.any() else 0.0


def _entropic(x: Floats, mass: Floats, quantile: float) -> float:
    """EVaR of a law with `mass` at each x. Exponents are relative to the largest x, so that none
    overflows."""
    top, scale = float(x.max()), float(np.abs(x).max())
    if scale == 0:
        return 0.0

    def bound(log_t: float) -> float:
        t = exp(log_t)
        mean = float((mass * np.exp(t * (x - top) / scale)).sum())
        return top / scale + (log(mean) - log(1 - quantile)) / t

    best = minimize_scalar(bound, bounds=(-7.0, 12.0), method="bounded", options={"xatol": 1e-9})
    return scale * float(best.fun)


def _sorted(
    losses: Sequence[float] | Floats, weights: Sequence[float] | Floats | None
) -> tuple[Floats, Floats]:
    x = np.asarray(losses, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    order = np.argsort(x, kind="stable")
    return x[order], w[order]


def _rank(n: int, quantile: float) -> int:
    """Of the order statistic that is the quantile, from 1; 0.95 of 20 is the 19th."""
    return max(1, ceil(round(n * quantile, 9)))


def _mass_beyond(w: Floats) -> Floats:
    """Mean weight of the runs after each in the order, as if the others had none."""
    return np.asarray((w.sum() - np.cumsum(w)) / len(w))


def _first_below(x: Floats, mass: Floats, tail: float) -> float:
    """The smallest loss with no more than `tail` beyond it."""
    below = np.flatnonzero(mass <= tail * (1 + 1e-12))
    return float(x[below[0]]) if len(below) else inf


def _poisson(total: Floats, squares: Floats, next_one: float, n: int) -> tuple[Floats, Floats]:
    """Fay and Feuer's interval of sums of weights of rare runs, as a share of n runs; the next
    such run would have no more than the weight `next_one`."""
    total, squares = np.maximum(total, 0.0), np.maximum(squares, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(
            total > 1e-12,
            squares / (2 * total) * chi2.ppf(ALPHA / 2, 2 * total**2 / squares),
            0.0,
        )
    more, more_squares = total + next_one, squares + next_one**2
    high = more_squares / (2 * more) * chi2.ppf(1 - ALPHA / 2, 2 * more**2 / more_squares)
    return np.nan_to_num(low) / n, np.asarray(high) / n


def _log_student(parts: Floats, carried: Floats, worst: Estimate) -> Estimate:
    """The mean of `parts`, most of it `carried` by few runs.

    A mean of few large and many small parts is skewed: its logarithm is closer to normal, and
    what is known of its spread is as much as those few runs tell.
    """
    value, n = float(parts.mean()), worst.runs
    carriers = effective_runs(carried)
    if not carried.any() and worst.high < inf:
        return Estimate(value, worst.low, worst.high, n)
    if carriers <= 2 or worst.high == inf:
        return Estimate(value, min(worst.low, value), inf, n)
    spread = float(parts.std(ddof=1)) / sqrt(n) / value
    factor = exp(float(student.ppf(1 - ALPHA / 2, carriers - 1)) * spread)
    return Estimate(value, value / factor, value * factor, n)
