"""Where to trade a collateral: on its pool, at the venue outside, or on both, so that the last
unit costs or pays the same on each. No other split pays more, because both give less for every
further unit.
"""

from __future__ import annotations

from collections.abc import Callable

from agents.market import Pool, Venue

STEPS = 24
"""At most, of a search for a price."""
ENOUGH = 1e-6
"""Part of the amounts by which a split may be off."""
FIRST, FURTHEST = 1e-3, 1 - 1e-9
"""Guesses of how far a sale moves the price."""


def split(pool: Pool | None, venue: Venue, amount: int) -> tuple[int, int]:
    """(to the pool, to the venue) of collateral sold."""
    if pool is None or pool.collateral == 0:
        return 0, amount
    here, there = pool.price(False), venue.price(False)
    # The better of the two alone, until it is as bad as the other.
    if here > there and pool.room(False, there) >= amount:
        return amount, 0
    if there >= here and venue.room(False, here) >= amount:
        return 0, amount
    both, far = min(here, there), FIRST
    while far < FURTHEST and room(pool, venue, both * (1 - far)) < amount:
        far = (1 + far) / 2 if far > 0.2 else 4 * far
    price = _meeting(lambda p: room(pool, venue, p) - amount, both * (1 - far), both)
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
    """The price between two at which something that falls as it rises, from above 0 to below, is
    0: false position, with the Illinois rule."""
    at_low, at_high = excess(low), excess(high)
    if at_low <= 0:
        return low
    enough = ENOUGH * max(at_low, -at_high)
    price = high
    for _ in range(STEPS):
        if at_high >= 0:
            break
        price = high + at_high * (high - low) / (at_low - at_high)
        found = excess(price)
        if abs(found) <= enough:
            break
        if found > 0:
            low, at_low, at_high = price, found, at_high / 2
        else:
            high, at_high, at_low = price, found, at_low / 2
    return price
