"""What two steps in a row pay."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from agents.market import Pool


@dataclass(frozen=True, slots=True)
class Chain:
    """Two steps in a row, out = k·a / (l + m·a) of the amount a that goes in, in real numbers.

    Two pools x·y = c with fees f, g are such a chain: with s = (1 − f)·a·y₁/(x₁ + (1 − f)·a)
    between them k = (1 − f)(1 − g)·y₁·y₂, l = x₁·x₂, m = (1 − f)·x₂ + (1 − f)(1 − g)·y₁.
    """

    k: float
    l: float  # noqa: E741, as in the formula
    m: float

    def out(self, amount: float) -> float:
        return self.k * amount / (self.l + self.m * amount) if self.l else 0.0

    def best(self, worth: float) -> float:
        """The amount that earns most where a unit out is worth so many units in: out'(a) = 1
        over that. 0 where none earns."""
        if not self.m or self.k * worth <= self.l:
            return 0.0
        return (sqrt(self.k * self.l * worth) - self.l) / self.m

    def reaching(self, out: float) -> float:
        """Least amount in that pays so much out; inf where no amount does."""
        left = self.k - self.m * out
        return self.l * out / left if left > 0 else inf


def through(first: Pool, second: Pool) -> Chain:
    """A coin or collateral into `first`, and the stable that comes out into `second`."""
    f, g = 1 - first.fee, 1 - second.fee
    x1, y1 = _sides(first, sell_stable=False)
    x2, y2 = _sides(second, sell_stable=True)
    return Chain(f * g * y1 * y2, float(x1) * x2, f * x2 + f * g * y1)


def into(pool: Pool, sell_stable: bool) -> Chain:
    """One pool alone."""
    keep = 1 - pool.fee
    x, y = _sides(pool, sell_stable)
    return Chain(keep * y, float(x), keep)


def _sides(pool: Pool, sell_stable: bool) -> tuple[int, int]:
    return (pool.stable, pool.collateral) if sell_stable else (pool.collateral, pool.stable)
