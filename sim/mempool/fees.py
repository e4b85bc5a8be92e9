"""The base fee, and the demand of everyone who is not in the model."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from sim.scenario import Gas
from sim.units import GWEI

ELASTICITY = 2
"""Block gas limit over gas target (EIP-1559)."""
DENOMINATOR = 8
"""The base fee moves by at most one part in so many (EIP-1559)."""

CALM_GWEI = 12.0
"""Level at which the median background tip is `Gas.tip_median_gwei`."""
BUCKETS = 10
"""Background tips in one block; each stands for an equal part of its gas."""

_SCORES = [NormalDist().inv_cdf((i + 0.5) / BUCKETS) for i in reversed(range(BUCKETS))]


def next_base_fee(base_fee: int, gas_used: int, gas_limit: int) -> int:
    """Base fee in wei of the block after one with this base fee and use (EIP-1559)."""
    target = gas_limit // ELASTICITY
    change = base_fee * abs(gas_used - target) // target // DENOMINATOR
    if gas_used > target:
        return base_fee + max(change, 1)
    return base_fee - change


class Background:
    """Other people's transactions: gas wanted and tips bid for it, block by block.

    The gas wanted is half a block when the base fee is at the level, more below it, less
    above it; so the base fee settles at the level. Where more than a block is wanted, the
    highest tips get in.
    """

    def __init__(self, gas: Gas, rng: np.random.Generator) -> None:
        self._gas = gas
        self._rng = rng
        hours, self._gwei = zip(*gas.level, strict=True)
        self._seconds = [hour * 3_600 for hour in hours]
        self._tips = [math.exp(gas.tip_sigma * z) for z in _SCORES]

    def level(self, time_s: float) -> float:
        """Gwei; the base fee at which half a block is wanted."""
        return float(np.interp(time_s, self._seconds, self._gwei))

    def base_fee_start(self) -> int:
        """Wei, of block 1."""
        return int((self._gas.base_fee_start or self.level(0)) * GWEI)

    def bids(self, time_s: float, base_fee: int) -> list[tuple[int, int]]:
        """``(tip in wei, gas)``, highest tip first. Draws one block's noise."""
        level = self.level(time_s)
        sd = self._gas.noise
        noise = math.exp(sd * self._rng.standard_normal() - sd**2 / 2)
        demand = (level * GWEI / max(base_fee, 1)) ** self._gas.elasticity * noise
        gas = int(self._gas.block_gas_limit / ELASTICITY * demand / BUCKETS)
        median = self._gas.tip_median_gwei * GWEI * level / CALM_GWEI
        return [(int(median * tip), gas) for tip in self._tips]
