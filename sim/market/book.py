"""The orders of a venue at one moment, and what trading with them pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

Stretch = tuple[float, float, float, float]
"""(from, to, displacement at from, displacement at to): native units sold, net of bought."""


@dataclass(frozen=True)
class Book:
    """Orders as a function of what was sold net of bought and has not come back yet.

    After x of that, the next unit trades at `middle` · (1 − d(x)), less `cost` for a seller and
    plus `cost` for a buyer. d rises and is odd: bids that were hit are offered again where
    they stood, so that buying back what was sold costs no more than `cost` both ways.
    """

    middle: float
    """Stable units of one native unit of collateral where nothing was eaten."""
    stretches: tuple[Stretch, ...]
    """d, rising, without gaps; linear in each, and it may jump between two."""
    eaten: float
    cost: float
    """Half of the spread and the fee, relative to `middle`."""

    @cached_property
    def displacement(self) -> float:
        """d where the book stands now: how far below its undisturbed price it trades."""
        return next((d for _, d, _ in self._ahead(False)), self.stretches[-1][3])

    def quote(self, sell_stable: bool, amount_in: int) -> int:
        """What selling so much pays, native units, rounded down."""
        return self.fill(sell_stable, amount_in)[1]

    def fill(self, sell_stable: bool, amount_in: int) -> tuple[int, int]:
        """(taken, paid): beyond the last order nothing more is taken."""
        left, paid = self._spend(amount_in) if sell_stable else self._sell(amount_in)
        # A whole order is taken to the unit, which a float of this size cannot say.
        return amount_in - min(amount_in, int(left)), int(paid)

    def room(self, sell_stable: bool, price: float) -> int:
        """Of what is sold, how much trades until the last unit does at `price`, stable units of
        one native unit of collateral; 0 where already the first is worse."""
        away = price / self.middle - 1
        limit = (away if sell_stable else -away) - self.cost
        amount = worth = 0.0
        for length, start, end in self._ahead(sell_stable):
            if start >= limit:
                break
            part = length if end <= limit else length * (limit - start) / (end - start)
            slope = (end - start) / length
            amount += part
            worth += part * (1 + self.cost + start + slope * part / 2)
            if end > limit:
                break
        return int(worth * self.middle) if sell_stable else int(amount)

    def price(self, sell_stable: bool) -> float:
        """Of the next unit, stable units of one native unit."""
        away = self.cost + (-self.displacement if sell_stable else self.displacement)
        return self.middle * (1 + away if sell_stable else 1 - away)

    def after(self, sell_stable: bool, amount_in: int) -> Book:
        """The orders left once so much was sold."""
        taken, paid = self.fill(sell_stable, amount_in)
        return replace(self, eaten=self.eaten + (-paid if sell_stable else taken))

    # ------------------------------------------------------------------- along the book

    def _ahead(self, buying: bool) -> Iterator[tuple[float, float, float]]:
        """(length, d at its start, d at its end) of what is ahead of a trader; d is odd, so a
        buyer walks the same stretches from the other side."""
        at = -self.eaten if buying else self.eaten
        for low, high, start, end in self.stretches:
            if high <= at:
                continue
            if low < at:
                start += (end - start) * (at - low) / (high - low)
                low = at
            yield high - low, start, end

    def _sell(self, amount: float) -> tuple[float, float]:
        """(not taken, stable) of collateral sold."""
        left, worth = float(amount), 0.0
        for length, start, end in self._ahead(False):
            part = min(left, length)
            worth += part * (1 - self.cost - start - (end - start) / length * part / 2)
            left -= part
            if left <= 0:
                break
        return max(0.0, left), worth * self.middle

    def _spend(self, amount: float) -> tuple[float, float]:
        """(not taken, collateral) of stable spent."""
        left, bought = amount / self.middle, 0.0
        for length, start, end in self._ahead(True):
            first, slope = 1 + self.cost + start, (end - start) / length
            whole = length * (first + slope * length / 2)
            if whole >= left:
                # first · x + slope · x²/2 = left
                bought += 2 * left / (first + sqrt(first**2 + 2 * slope * left))
                left = 0.0
                break
            bought += length
            left -= whole
        return left * self.middle, bought
