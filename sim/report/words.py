"""Amounts of money and the figures of a study in words."""

from __future__ import annotations

import re
from typing import Any

UNITS = ((1e9, "billion USD"), (1e6, "million USD"), (1e3, "thousand USD"))
WORDS = {
    "bad_debt": "bad debt",
    "borrower_loss": "borrowers' loss",
    "liquidator_profit": "liquidators' profit",
    "liquidation_at_risk": "liquidation at risk",
    "capital_efficiency": "capital efficiency",
    "borrowing_power": "borrowing power",
    "penalty_paid": "penalty paid",
}
"""What of a run, where its name alone does not read."""
MEASURES = {
    "insolvency": "% of runs",
    "capital_efficiency": "debt per USD of collateral",
    "borrowing_power": "debt per USD of collateral",
}
"""What a figure is measured in, where that is not USD."""
COLUMN_UNITS = {"usd": "USD", "gwei": "gwei"}
_TAIL = re.compile(r"(.+)_(mean|e?var\d\d|es\d\d)")


def called(figure: str) -> str:
    """``loss_es99`` is "loss, ES99", and a mean is called as what it is of."""
    found = _TAIL.fullmatch(figure)
    what, kind = found.groups() if found else (figure, "mean")
    name = WORDS.get(what, what.replace("_", " "))
    return name if kind == "mean" else f"{name}, {kind.upper().replace('VAR', 'VaR')}"


def measured(figure: str) -> str:
    """The same with its unit."""
    found = _TAIL.fullmatch(figure)
    return f"{called(figure)}, {MEASURES.get(found[1] if found else figure, 'USD')}"


def heading(column: str) -> str:
    """``profit_usd`` of a table is "profit, USD"."""
    what, _, unit = column.rpartition("_")
    return f"{what.replace('_', ' ')}, {COLUMN_UNITS[unit]}" if unit in COLUMN_UNITS else column


def short(value: Any) -> str:
    """A parameter's value."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def unit(highest: float) -> tuple[str, float]:
    """Unit for amounts up to so many USD, and what to divide them by."""
    return next(((name, size) for size, name in UNITS if highest >= size), ("USD", 1.0))


def money(amount: float) -> str:
    """``7.11 million USD``; 0 or more."""
    rounded = float(f"{amount:.3g}")
    name, size = unit(rounded)
    return f"{rounded / size:.3g} {name}"


def count(number: int, thing: str) -> str:
    """``1 account``, ``2,000 accounts``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
