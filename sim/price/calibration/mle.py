"""Maximum likelihood: the search, and what it leaves in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Report = Callable[[Floats], Mapping[str, float]]
"""Search space to the fields of a price model."""
IMPOSSIBLE = 1e12
"""Minus the log likelihood of parameters that are out of bounds."""


class Unidentified(Exception):
    """These data do not say what a model's parameters are; the text says why."""


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    error: float
    """One standard error."""


@dataclass(frozen=True)
class Fit:
    model: str
    estimates: Mapping[str, Estimate]
    """Fields of the price model, in its order."""
    log_likelihood: float | None
    """Of the returns; None where it is of something else."""
    known: Mapping[str, float] = field(default_factory=dict)
    """Fields that are given, not estimated."""

    @property
    def aic(self) -> float | None:
        """Akaike's criterion: the lower, the better, a parameter costing 2."""
        if self.log_likelihood is None:
            return None
        return 2 * len(self.estimates) - 2 * self.log_likelihood


def maximise(
    minus_log_likelihood: Callable[[Floats], float], starts: Sequence[Sequence[float]]
) -> Floats:
    """The best of several searches, each from its own start, by simplex.

    Raises Unidentified when none of them settles.
    """
    found = []
    for start in starts:
        options = {"maxiter": 4_000, "maxfev": 6_000, "xatol": 1e-5, "fatol": 1e-6}
        first = minimize(minus_log_likelihood, start, method="Nelder-Mead", options=options)
        # A simplex may have collapsed early: a fresh one from where it stopped tells.
        found.append(minimize(minus_log_likelihood, first.x, method="Nelder-Mead", options=options))
    settled = [result for result in found if result.success and result.fun < IMPOSSIBLE]
    if not settled:
        raise Unidentified("the likelihood has no maximum that the search can find")
    best: Floats = min(settled, key=lambda result: float(result.fun)).x
    return best


def estimates(
    minus_log_likelihood: Callable[[Floats], float], at: Floats, report: Report
) -> dict[str, Estimate]:
    """Fields with standard errors: the inverse of the observed information, carried over to
    the fields by their gradient (the delta method).

    Raises Unidentified when the likelihood is flat in some direction.
    """
    try:
        root = np.linalg.inv(np.linalg.cholesky(_hessian(minus_log_likelihood, at)))
    except np.linalg.LinAlgError:
        raise Unidentified("the likelihood is flat in some direction") from None
    covariance = root.T @ root
    values = report(at)
    gradients = {name: np.zeros(len(at)) for name in values}
    for i, step in enumerate(_steps(at)):
        up, down = report(at + step), report(at - step)
        for name in values:
            gradients[name][i] = (up[name] - down[name]) / (2 * step[i])
    found = {}
    for name, value in values.items():
        error = sqrt(max(0.0, float(gradients[name] @ covariance @ gradients[name])))
        if not (isfinite(value) and isfinite(error)):
            raise Unidentified(f"{name} has no bound")
        found[name] = Estimate(float(value), error)
    return found


def _steps(at: Floats) -> list[Floats]:
    sizes = 1e-3 * np.maximum(np.abs(at), 0.1)
    return list(np.diag(sizes))


def _hessian(f: Callable[[Floats], float], at: Floats) -> Floats:
    """By central differences."""
    steps = _steps(at)
    size = len(at)
    hessian = np.empty((size, size))
    for i, a in enumerate(steps):
        for j, b in enumerate(steps[: i + 1]):
            corners = f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)
            hessian[i, j] = hessian[j, i] = corners / (4 * a[i] * b[j])
    return hessian
