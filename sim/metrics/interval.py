"""How sure a figure over several runs is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the half width of its confidence interval; nan where one run was had."""

    mean: float
    half: float
    runs: int

    @property
    def low(self) -> float:
        return self.mean - self.half

    @property
    def high(self) -> float:
        return self.mean + self.half

    @property
    def sure(self) -> bool:
        """Whether 0 is outside."""
        return self.low > 0 or self.high < 0


def mean_interval(figures: Sequence[float], level: float = 0.95) -> Interval:
    """Student's interval for the mean of independent runs; runs without the figure left out."""
    found = np.array([f for f in figures if f is not None and np.isfinite(f)], dtype=float)
    if len(found) == 0:
        return Interval(float("nan"), float("nan"), 0)
    if len(found) == 1:
        return Interval(float(found[0]), float("nan"), 1)
    spread = float(found.std(ddof=1)) / sqrt(len(found))
    return Interval(
        float(found.mean()),
        float(student.ppf((1 + level) / 2, len(found) - 1)) * spread,
        len(found),
    )


def paired_difference(
    figures: Sequence[float], base: Sequence[float], level: float = 0.95
) -> Interval:
    """Of the mean difference between runs of the same seeds, which share all their noise."""
    pairs = [(a, b) for a, b in zip(figures, base, strict=True) if a is not None and b is not None]
    return mean_interval([a - b for a, b in pairs], level)
