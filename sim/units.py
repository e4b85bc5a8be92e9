"""Fixed-point units of the chain, and the only conversions between them and floats."""

from __future__ import annotations

from decimal import Decimal

WAD = 10**18
RAY = 10**27
GWEI = 10**9
YEAR = 365 * 86_400
"""Seconds; the year of every annual rate on chain and of every volatility off chain."""

MAX_UINT256 = 2**256 - 1

Address = bytes
"""Twenty bytes."""


def to_wad(amount: float) -> int:
    """The integer closest to ``amount * 1e18``, without binary rounding of the literal.

    ``to_wad(0.05) == 5 * 10**16``; raises ValueError when not finite.
    """
    return to_units(amount, 18)


def to_units(amount: float, decimals: int) -> int:
    """``amount`` whole tokens in native units, rounded down."""
    number = Decimal(repr(float(amount)))
    if not number.is_finite():
        raise ValueError(f"{amount!r} is not a finite number")
    return int(number.scaleb(decimals))


def from_wad(amount: int) -> float:
    return amount / WAD


def to_gwei(wei: int) -> float:
    return wei / GWEI


def from_gwei(gwei: float) -> int:
    return to_units(gwei, 9)
