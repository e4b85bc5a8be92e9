"""The plain keeper."""

from __future__ import annotations

from typing import Any

import mesa

from agents.base import GWEI, bid
from agents.intent import Bid
from agents.liquidator import Liquidator
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

    def pays(self, take: Take, tip: int, means: Means) -> bool:
        market = means.market
        gas = market.gas_usd(take.gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        return take.gross >= (1 + self.margin) * gas
