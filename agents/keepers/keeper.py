"""The plain keeper."""

from __future__ import annotations

from typing import Any

import mesa

from agents.base import GWEI, bid
from agents.intent import Bid
from agents.liquidator import Liquidator
from agents.market import Market
from agents.take import Means, Take


class Keeper(Liquidator):
    """Liquidates when the gain pays its gas `1 + margin` times over; bids the going tip.

    Believes nothing about rivals: it neither looks at their bids before, nor answers them
    after, and only saves its gas where one as good as its own is already there.
    """

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, margin: float = 0.5, **terms: Any
    ) -> None:
        super().__init__(model, name, address, **terms)
        self.margin = margin

    def offer(self, take: Take, means: Means) -> Bid:
        return self.capped(bid(means.market, GWEI))

    @property
    def best_tip(self) -> float:
        return min(GWEI, self.max_tip)

    def pays(self, take: Take, tip: int, means: Means) -> bool:
        return take.gross >= self.asked(take.gas, tip, means.market)

    def least(self, means: Means) -> float:
        return self.asked(self.gas, min(GWEI, self.max_tip), means.market)

    def asked(self, gas: int, tip: int, market: Market) -> float:
        """USD that it asks of an attempt at so much gas."""
        cost = market.gas_usd(gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        return (1 + self.margin) * cost
