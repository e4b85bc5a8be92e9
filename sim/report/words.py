"""Amounts of money in words, to three digits."""

from __future__ import annotations

UNITS = ((1e9, "billion USD"), (1e6, "million USD"), (1e3, "thousand USD"))


def unit(highest: float) -> tuple[str, float]:
    """Unit for amounts up to so many USD, and what to divide them by."""
    return next(((name, size) for size, name in UNITS if highest >= size), ("USD", 1.0))


def money(amount: float) -> str:
    """``7.11 million USD``; 0 or more."""
    rounded = float(f"{amount:.3g}")
    name, size = unit(rounded)
    return f"{rounded / size:.3g} {name}"
