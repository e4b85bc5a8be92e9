"""Where every account stands against its thresholds, as one vector expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.protocol.columns import Floats
from sim.protocol.ledger import Ledger

SURE = 1 + 1e-9
"""Above the largest relative error of a float column."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All accounts at given prices and time; arrays are (accounts,), money in USD."""

    value: Floats
    debt: Floats
    initial: Floats
    maintenance: Floats
    close_out: Floats
    apart: Floats
    """Maintenance requirement, were each collateral in an account of its own."""
    health: Floats
    """(V - M)/D; inf without debt."""
    buffer: Floats
    """E - M."""
    below: NDArray[np.bool_]
    """Below maintenance."""
    called: NDArray[np.bool_]
    """A margin call stands."""
    liquidatable: NDArray[np.bool_]
    """Below close-out, or below maintenance with the grace of its call run out, or no grace."""
    actionable: NDArray[np.bool_]
    """Callable or liquidatable as far as floats can tell; a little more than is so."""

    @classmethod
    def of(cls, ledger: Ledger, prices: Floats, timestamp: int) -> Standing:
        values = ledger.values(prices)
        value = values.sum(axis=1)
        debt = ledger.debts(timestamp)
        initial, maintenance, close_out = ledger.margin.of_all(values)
        health = np.full(len(debt), np.inf)
        np.divide(value - maintenance, debt, out=health, where=debt > 0)
        equity = value - debt
        below = health < 1.0
        called, due = ledger.called(timestamp), ledger.due(timestamp)
        return cls(
            value=value,
            debt=debt,
            initial=initial,
            maintenance=maintenance,
            close_out=close_out,
            apart=ledger.margin.apart(values),
            health=health,
            buffer=equity - maintenance,
            below=below,
            called=called,
            liquidatable=below & (due | (equity < close_out)),
            actionable=(health < SURE) & (due | ~called | (equity < close_out * SURE)),
        )
