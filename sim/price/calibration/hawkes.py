"""Self-exciting jumps: which returns are jumps, how they follow each other, how large they are.

A return is a jump when it is larger than four standard deviations of those that are none; the
first guess is bipower variation, which jumps hardly enter (Barndorff-Nielsen & Shephard 2004;
Lee & Mykland 2008). The times of the jumps give the intensity by maximum likelihood (Ozaki 1979).
Smaller jumps are missed and several in one line of the file count as one, so the lines should be
close together beside the decay.
"""

from __future__ import annotations

from math import exp, expm1, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.price.calibration.mle import (
    IMPOSSIBLE,
    Estimate,
    Fit,
    Floats,
    Unidentified,
    estimates,
    maximise,
)
from sim.price.calibration.sample import Sample

THRESHOLD = 4.0
LEAST_JUMPS = 30
LARGEST_BRANCHING = 0.95


def fit(sample: Sample) -> Fit:
    """Raises Unidentified when there are few jumps, or they show no clusters that last."""
    returns = sample.returns
    is_jump = _jumps(returns)
    at = np.flatnonzero(is_jump).astype(float)
    if len(at) < LEAST_JUMPS:
        raise Unidentified(
            f"{len(at)} returns are beyond {THRESHOLD:g} standard deviations; {LEAST_JUMPS} are "
            "the least"
        )
    intensity = _intensity(at, len(returns), sample)
    sizes, calm = returns[is_jump], returns[~is_jump]
    sigma = float(calm.std()) / sqrt(sample.years)
    size, spread = float(sizes.mean()), sqrt(max(float(sizes.var() - calm.var()), 0.0))
    drift = _drift(sample, sigma, intensity, size, spread)
    parts = {
        "drift": drift,
        "sigma": Estimate(sigma, sigma / sqrt(2 * len(calm))),
        **intensity,
        "jump_mean": Estimate(size, float(sizes.std()) / sqrt(len(sizes))),
        "jump_sd": Estimate(spread, _error_of_sd(sizes, spread)),
    }
    return Fit("hawkes", parts, None, {"start": float(sample.closes[-1])})


def _jumps(returns: Floats) -> NDArray[np.bool_]:
    """Which returns are jumps; repeated until the calm ones and the threshold agree."""
    calm = sqrt(float(np.abs(returns[1:] * returns[:-1]).mean()) * pi / 2)
    for _ in range(20):
        found: NDArray[np.bool_] = np.abs(returns) > THRESHOLD * calm
        before, calm = calm, float(returns[~found].std())
        if calm == before:
            break
    return found


def _intensity(at: Floats, lines: int, sample: Sample) -> dict[str, Estimate]:
    """`jumps`, `branching` and `decay` from the lines at which jumps are."""
    gaps = np.diff(at).tolist()

    def minus(x: Floats) -> float:
        if max(abs(x)) > 20:
            return IMPOSSIBLE
        rate, branching, decay = exp(x[0]), _share(x[1]), exp(x[2])
        excited, total = 0.0, log(rate)
        for gap in gaps:
            excited = (excited + branching / decay) * exp(-gap / decay)
            total += log(rate + excited)
        expected = rate * lines - branching * float(np.expm1((at - lines) / decay).sum())
        return expected - total

    def report(x: Floats) -> dict[str, float]:
        return {
            "jumps": exp(x[0]) / sample.years,
            "branching": _share(x[1]),
            "decay": exp(x[2]) * sample.seconds,
        }

    base = log(len(at) / lines / 2)
    found = maximise(minus, [[base, 0.0, log(decay)] for decay in (2.0, 10.0, 50.0)])
    if exp(found[2]) < 1:
        raise Unidentified("jumps follow each other faster than the lines of the file")
    return estimates(minus, found, report)


def _share(x: float) -> float:
    return LARGEST_BRANCHING / (1 + exp(-x))


def _error_of_sd(sizes: Floats, spread: float) -> float:
    """From the fourth moment: sizes beyond a threshold are not normal."""
    if spread == 0:
        return float(sizes.std()) / sqrt(2 * len(sizes))
    return float(((sizes - sizes.mean()) ** 2).std()) / sqrt(len(sizes)) / (2 * spread)


def _drift(
    sample: Sample, sigma: float, intensity: dict[str, Estimate], size: float, spread: float
) -> Estimate:
    """Of the expected price: the mean log return and what volatility and jumps add to it."""
    mean = float(sample.returns.mean()) / sample.years
    rate = intensity["jumps"].value / (1 - intensity["branching"].value)
    added = sigma**2 / 2 + rate * (expm1(size + spread**2 / 2) - size)
    # Clusters make the sum of jumps vary by 1 / (1 - n)^2 more than single ones would.
    jumpy = rate * (spread**2 + size**2 / (1 - intensity["branching"].value) ** 2)
    horizon = len(sample.returns) * sample.years
    return Estimate(mean + added, sqrt((sigma**2 + jumpy) / horizon))
