"""Who trades where that pays, for a tip of its own."""

from __future__ import annotations

import mesa

from agents.base import GWEI, Participant


class Dealer(Participant):
    """Wants `min_profit` USD of a trade after gas."""

    every_block = True

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, min_profit: float, tip_gwei: float
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.tip = int(tip_gwei * GWEI)
