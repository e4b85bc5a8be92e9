"""Figures of all accounts as arrays that grow with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GROWTH = 256
"""Accounts by which they grow at a time."""

Floats = NDArray[np.float64]


class Columns:
    """One row an account."""

    def __init__(self, assets: int) -> None:
        self._debts: Floats = np.zeros(GROWTH)
        self._amounts: Floats = np.zeros((GROWTH, assets))
        self._called = np.zeros(GROWTH, dtype=np.int64)
        self._rows = 0

    def add(self) -> None:
        """A row of zeros."""
        if self._rows == len(self._debts):
            self._debts = _longer(self._debts)
            self._amounts = _longer(self._amounts)
            self._called = _longer(self._called)
        self._rows += 1

    @property
    def debts(self) -> Floats:
        """Shares of debt, whole ones."""
        return self._debts[: self._rows]

    @property
    def amounts(self) -> Floats:
        """Collateral, whole tokens, shape (accounts, assets)."""
        return self._amounts[: self._rows]

    @property
    def called(self) -> NDArray[np.int64]:
        """Timestamp of the last margin call, 0 for none."""
        return self._called[: self._rows]


def _longer(column: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([column, np.zeros_like(column, shape=(GROWTH, *column.shape[1:]))])
