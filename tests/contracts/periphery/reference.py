"""What the contracts should answer, worked out in exact rationals from their definitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from statistics import median

from sim.units import WAD


def share(wad: int) -> Fraction:
    """A WAD ratio as a number."""
    return Fraction(wad, WAD)


def swap_out(amount_in: int, reserve_in: int, reserve_out: int, fee: int) -> int:
    """x * y = k on what is left after the fee, both in whole units, floored."""
    after_fee = floor(amount_in * (1 - share(fee)))
    return floor(Fraction(reserve_out * after_fee, reserve_in + after_fee))


def followed(price: int, spot: int, seconds: int) -> tuple[int, int]:
    """(sum, price at the end) of a pool's followed price, rounded as it rounds: with every
    second by a hundredth nearer to the spot price."""
    powers = [WAD + WAD // 100]
    while len(powers) < 13:
        powers.append(powers[-1] ** 2 // WAD)

    def after(second: int) -> int:
        moved = price
        for bit in reversed(range(13)):
            if second >> bit & 1:
                up = moved < spot
                moved = -(-moved * powers[bit] // WAD) if up else moved * WAD // powers[bit]
        return moved

    def is_short(second: int) -> bool:
        return after(second) < spot if price < spot else after(second) > spot

    short = next((n for n in range(min(seconds, 2**13 - 1)) if not is_short(n + 1)), seconds)
    way = abs(after(short) - price) * (101 if price < spot else 100)
    return way + spot * (seconds - short), after(short) if short == seconds else spot


def nearly_followed(price: float, spot: float, seconds: int) -> tuple[float, float]:
    """The same without rounding, second by second."""
    total = 0.0
    for _ in range(seconds):
        price = min(price * 1.01, spot) if price < spot else max(price / 1.01, spot)
        total += price
    return total, price


def scenario_requirement(
    values: list[int], ranges: list[int], factors: list[int], floor_share: int
) -> int:
    """The whole scan: sixteen moves with one asset at a time falling on its own as well.

    No asset falls by more than all it is worth.
    """
    steps = [Fraction(n, 3) for n in range(-3, 4)] + [Fraction(-2), Fraction(2)]
    worst = Fraction(0)
    for move in steps:
        cover = 1 if abs(move) <= 1 else Fraction(35, 100)
        for alone in range(len(values)):
            loss = Fraction(0)
            for i, value in enumerate(values):
                full, factor = share(ranges[i]), share(factors[i])
                fall = -move * factor * full
                if i == alone:
                    fall += abs(move) * (1 - abs(factor)) * full
                loss += value * min(fall, 1)
            worst = max(worst, cover * loss)
    linear = sum(value * share(full) for value, full in zip(values, ranges, strict=True))
    return ceil(max(worst, share(floor_share) * linear))


@dataclass
class Median:
    """PriceOracle for one asset, from its NatSpec."""

    max_age: int
    max_deviation: int
    quorum: int
    price: int = 0
    updated_at: int = 0
    within_guard: bool = False
    reports: dict[str, tuple[int, int]] = field(default_factory=dict)

    def post(self, reporter: str, price: int, now: int) -> None:
        self.reports[reporter] = (price, now)
        fresh = [p for p, at in self.reports.values() if now <= at + self.max_age]
        if len(fresh) < self.quorum:
            return
        target = floor(median(Fraction(p) for p in fresh))
        self.price, self.within_guard = self._guarded(target)
        self.updated_at = now

    def _guarded(self, target: int) -> tuple[int, bool]:
        step = max(1, floor(self.price * share(self.max_deviation)))
        if not self.price or not self.max_deviation or abs(target - self.price) <= step:
            return target, True
        return (self.price + step if target > self.price else self.price - step), False

    def valid(self, now: int) -> bool:
        fresh = [at for _, at in self.reports.values() if now <= at + self.max_age]
        return self.within_guard and len(fresh) >= self.quorum
