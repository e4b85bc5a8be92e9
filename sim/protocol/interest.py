"""Debt in shares of an index and the rate it grows at, to the unit as on chain."""

from __future__ import annotations

from functools import cache

from sim.scenario import Rate
from sim.units import RAY, WAD, YEAR, to_wad

MAX_INDEX = 2**128 - 1


def ceil_div(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def debt_up(shares: int, index: int) -> int:
    """Stable units owed for shares, rounded up."""
    return ceil_div(shares * index, RAY)


def grown(index: int, rate: int, seconds: int) -> int:
    """The index after simple interest at `rate`, WAD a year; rounded up, at most `MAX_INDEX`."""
    return min(index + ceil_div(index * rate * seconds, WAD * YEAR), MAX_INDEX)


def kinked_rate(terms: Rate, utilisation: int) -> int:
    """WAD a year, as KinkedRate answers, to the unit."""
    base, at_kink, above, kink = _in_wad(terms)
    if utilisation <= kink:
        return base + ceil_div(at_kink * utilisation, kink)
    return base + at_kink + ceil_div(above * (utilisation - kink), WAD - kink)


@cache
def _in_wad(terms: Rate) -> tuple[int, int, int, int]:
    return to_wad(terms.base), to_wad(terms.at_kink), to_wad(terms.above), to_wad(terms.kink)
