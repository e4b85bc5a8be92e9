"""Which of several points cannot be beaten in every objective, and which of these to take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def front(costs: Floats) -> list[int]:
    """Rows of `costs`, shape (points, objectives), that no other row is below in one objective
    and not above in any; of equal rows the first."""
    found = []
    for i, mine in enumerate(costs):
        no_worse = (costs <= mine).all(axis=1)
        better = no_worse & (costs < mine).any(axis=1)
        same_before = (costs[:i] == mine).all(axis=1)
        if not better.any() and not same_before.any():
            found.append(i)
    return found


def knee(costs: Floats) -> int:
    """The row of a front that is nearest to the best of each objective, when each is measured
    by its range on the front: the usual compromise where nobody says what is worth what."""
    best, span = costs.min(axis=0), np.ptp(costs, axis=0)
    scaled = (costs - best) / np.where(span > 0, span, 1.0)
    return int(np.argmin((scaled**2).sum(axis=1)))
