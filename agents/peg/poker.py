"""Who keeps the average price of the stable fresh."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Intent, PegPoke
from agents.view import Market, Report, View


class PegPoker(Participant):
    """Has the average that the interest rate reads take its readings as soon as they are due."""

    role = "reporter"
    every_block = True

    def __init__(self, model: mesa.Model, name: str, address: bytes, *, tip_gwei: float) -> None:
        super().__init__(model, name, address)
        self.tip = int(tip_gwei * GWEI)

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending or not self.stirs(view.market, None):
            return ()
        return (PegPoke(bid=bid(view.market, self.tip)),)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        due = market.peg.reading_due if market.peg else None
        return due is not None and market.timestamp >= due
