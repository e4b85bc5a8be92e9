"""The priority gas auction."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from agents.base import bid
from agents.intent import Bid, Intent, Liquidate, Rebid
from agents.liquidator import OUTBID, Liquidator
from agents.take import Means, Take
from agents.view import Opportunity, View

REPLACEMENT = 1.1
"""Least rise of tip and fee cap that the pool takes for a new bid."""


class GasAuctioneer(Liquidator):
    """Opens with a share of the gain, then raises its pending bid over every visible rival's,
    up to the tip at which its expected profit is `min_profit`: a priority gas auction
    (Daian et al., Flash Boys 2.0, 2020).

    Believes that rivals are seen: it answers a bid in the public pool by an eighth more, and at
    least the 10 % more than its own that the pool asks for. Expected profit is linear in the
    tip t: with q the chance to be beaten and g the gas, the top one solves
    (1 − q)·(gross − g·(base + t) − sale) − q·(g/3)·(base + t) = `min_profit`.
    """

    answers_bids = True

    def decide(self, view: View) -> Sequence[Intent]:
        return [*super().decide(view), *self.raises(view)]

    def offer(self, take: Take, means: Means) -> Bid:
        opening = super().offer(take, means)
        needed = min(take.opportunity.rival_tip * OUTBID, self.top_tip(take, means))
        return self.capped(bid(means.market, max(opening.tip, int(needed))))

    def top_tip(self, take: Take, means: Means) -> float:
        """Wei a gas; negative when not even no tip leaves the least profit."""
        spare = self.expected(take, 0, means) - self.min_profit
        weighted = (1 - means.beaten) * take.gas + means.beaten * (take.gas // 3)
        return min(spare / weighted / means.market.eth_usd * 1e18, self.max_tip)

    def raises(self, view: View) -> list[Rebid]:
        """New bids for own attempts that a rival's bid is above."""
        found = []
        own = {
            (sent.intent.account, sent.intent.asset): (sent.intent, sent.nonce)
            for sent in view.pending
            if isinstance(sent.intent, Liquidate) and sent.since <= view.market.block
        }
        for opportunity in view.opportunities.of(account for account, _ in own):
            intent, nonce = own.get((opportunity.account, opportunity.asset), (None, 0))
            if intent is None or opportunity.rival_tip <= intent.bid.tip:
                continue
            new = self.raised(intent, opportunity, view)
            if new is not None:
                found.append(Rebid(bid=new, nonce=nonce))
        return found

    def raised(self, own: Liquidate, opportunity: Opportunity, view: View) -> Bid | None:
        market = view.market
        means = Means(market, own.max_repay, self.believed(view))
        take = self.size(opportunity, means)
        if take is None:
            return None
        tip = ceil(max(opportunity.rival_tip * OUTBID, own.bid.tip * REPLACEMENT)) + 1
        if tip > self.top_tip(take, means):
            return None
        least_cap = ceil(own.bid.max_fee * REPLACEMENT) + 1
        return Bid(tip=tip, max_fee=max(2 * market.base_fee + tip, least_cap))
