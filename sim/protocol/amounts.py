"""Amounts for people to read: in their tokens, with the digits that tell."""

from __future__ import annotations

from decimal import Decimal

FEW = 1_000
"""Last units that are said as such."""
SIGNIFICANT, LEAST = 6, 2
"""Digits altogether, and decimals at least, that are shown of an amount."""


def exact(amount: int, decimals: int = 18) -> str:
    """Every digit there is, and no more."""
    number = Decimal(amount).scaleb(-decimals)
    return f"{number.normalize():,f}" if amount else "0"


def readable(symbol: str, decimals: int, *amounts: int) -> list[str]:
    """Native units as `12.5 ETH`: rounded, unless that makes different amounts look the same;
    a few last units as such."""
    shown = [_rounded(amount, symbol, decimals) for amount in amounts]
    if len(set(shown)) < len(set(amounts)):
        return [f"{exact(amount, decimals)} {symbol}" for amount in amounts]
    return shown


def usd(*amounts: int) -> list[str]:
    """WAD USD, or stable."""
    return readable("USD", 18, *amounts)


def _rounded(amount: int, symbol: str, decimals: int) -> str:
    if 0 < abs(amount) < FEW < 10**decimals:
        return f"{amount} unit{'s' * (abs(amount) != 1)} of {symbol}"
    number = Decimal(amount).scaleb(-decimals)
    places = max(LEAST, SIGNIFICANT - 1 - number.adjusted()) if amount else 0
    text = exact(int(round(number, min(places, decimals)).scaleb(decimals)), decimals)
    return f"{text} {symbol}"
