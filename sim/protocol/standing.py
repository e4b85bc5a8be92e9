"""Where every account stands against its thresholds, as one vector expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.protocol.ledger import Floats, Ledger

SURE = 1 + 1e-9
"""Above the largest relative error of a float column."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All accounts at given prices and time; arrays are (accounts,), money in USD."""

    value: Floats
    debt: Floats
    maintenance: Floats
    close_out: Floats
    health: Floats
    """(V - M)/D; inf without debt."""
    due: NDArray[np.bool_]
    """The grace of a standing call has run out, or there is no grace."""
    called: NDArray[np.bool_]
    """A margin call stands."""

    @classmethod
    def of(cls, ledger: Ledger, prices: Floats, timestamp: int) -> Standing:
        values = ledger.values(prices)
        value = values.sum(axis=1)
        debt = ledger.debts(timestamp)
        maintenance = values @ ledger.ratios[:, 1]
        health = np.full(len(debt), np.inf)
        np.divide(value - maintenance, debt, out=health, where=debt > 0)
        return cls(
            value=value,
            debt=debt,
            maintenance=maintenance,
            close_out=values @ ledger.ratios[:, 2],
            health=health,
            due=ledger.due(timestamp),
            called=ledger.called(timestamp),
        )

    @property
    def buffer(self) -> Floats:
        """E - M."""
        return self.value - self.debt - self.maintenance

    @property
    def shortfall(self) -> float:
        """Sum of max(0, D - V)."""
        return float(np.maximum(self.debt - self.value, 0.0).sum())

    @property
    def below(self) -> NDArray[np.bool_]:
        """Below maintenance."""
        return self.health < 1.0

    @property
    def liquidatable(self) -> NDArray[np.bool_]:
        """Below close-out, or below maintenance and due."""
        return self.below_close_out() | (self.below & self.due)

    def below_close_out(self, slack: float = 1.0) -> NDArray[np.bool_]:
        """E < X, or E < slack * X."""
        return (self.debt > 0) & (self.value - self.debt < self.close_out * slack)

    def actionable(self) -> NDArray[np.bool_]:
        """Callable or liquidatable as far as floats can tell; a little more than is so."""
        near = self.health < SURE
        return near & (self.due | ~self.called | self.below_close_out(SURE))
