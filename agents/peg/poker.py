"""Who keeps the average price of the stable fresh."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import bid
from agents.intent import Intent, PegPoke
from agents.market import Market
from agents.oracle import Poker
from agents.view import Report, View


class PegPoker(Poker):
    """Has the interest rate follow the stable's average price, as soon as a reading of that is
    due."""

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending or not self.stirs(view.market, None):
            return ()
        return (PegPoke(bid=bid(view.market, self.tip)),)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        due = market.peg.reading_due if market.peg else None
        return due is not None and market.timestamp >= due
