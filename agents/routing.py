"""Where to trade a collateral: on its pool, at the venue outside, or on both, so that the last
unit costs or pays the same on each. No other split pays more, because both give less for every
further unit.
"""

from __future__ import annotations

from collections.abc import Callable

from agents.view import Pool, Venue

STEPS = 24
"""Of a bisection: to one part in 10^7 of its bracket."""


def split(pool: Pool | None, venue: Venue, amount: int) -> tuple[int, int]:
    """(to the pool, to the venue) of collateral sold."""
    if pool is None or pool.collateral == 0:
        return 0, amount
    best = max(pool.price(False), venue.price(False))
    price = _meeting(lambda p: room(pool, venue, p) - amount, 0.0, best)
    to_pool = min(amount, pool.room(False, price))
    return to_pool, amount - to_pool


def quote(pool: Pool | None, venue: Venue, amount: int) -> int:
    """Stable that so much collateral brings, sold on both."""
    to_pool, to_venue = split(pool, venue, amount)
    return venue.quote(False, to_venue) + (pool.quote(False, to_pool) if pool and to_pool else 0)


def room(pool: Pool | None, venue: Venue, price: float) -> int:
    """Collateral that can be sold on both until the last unit brings `price`."""
    return venue.room(False, price) + (pool.room(False, price) if pool else 0)


def gap(pool: Pool, venue: Venue) -> tuple[bool, int]:
    """(sell stable on the pool?, amount sold there) of the best trade between the two: bought
    where it is cheap and sold where it is dear until both prices meet. Nothing where their
    spreads overlap."""
    cheap, dear = pool.price(True), pool.price(False)
    bid, ask = venue.price(False), venue.price(True)
    if cheap < bid:
        price = _meeting(
            lambda p: venue.room(False, p) - pool.quote(True, pool.room(True, p)), cheap, bid
        )
        return True, pool.room(True, price)
    if ask < dear:
        price = _meeting(
            lambda p: pool.room(False, p) - venue.quote(True, venue.room(True, p)), ask, dear
        )
        return False, pool.room(False, price)
    return False, 0


def _meeting(excess: Callable[[float], float], low: float, high: float) -> float:
    """Where something that falls as the price rises is 0."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
    return high
