"""Private order flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any

import mesa

from agents.intent import Bid, Bundle, Intent
from agents.inventory import Inventory, sale
from agents.liquidator import Liquidator
from agents.market import Market
from agents.take import Means, Take, liquidate
from agents.view import Opportunity, View

ROUNDING = 16
"""Native units by which what is seized may differ from what was previewed."""


class PrivateKeeper(Liquidator):
    """Sends liquidation and sale as a bundle to the builder, and pays it a share of the gain
    after gas; acts while the rest is `min_profit` or more.

    Believes that `rivals` others do the same unseen, and that losing costs nothing: a bundle
    that fails is not included. Such a sealed first-price auction among n + 1 bidders, whose
    gains are independent draws alike, has its equilibrium at n/(n + 1) of one's own (Vickrey
    1961, for uniform ones); it pays that, and `bid_share` at least. One bundle a block, the one
    that pays most, and only when nothing of its own is on the way: its nonces follow on what
    is on chain.
    """

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, rivals: int = 0, **terms: Any
    ) -> None:
        super().__init__(model, name, address, **terms)
        self.share = max(self.bid_share, rivals / (rivals + 1))

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        intents = super().decide(view)
        bundles = [intent for intent in intents if isinstance(intent, Bundle)]
        if not bundles:
            return intents
        best = max(bundles, key=lambda bundle: bundle.payment)
        return (replace(best, payment=min(best.payment, view.wallet.wei // 2)),)

    def offer(self, take: Take, means: Means) -> Bid:
        return Bid(tip=0, max_fee=2 * means.market.base_fee)

    @property
    def best_tip(self) -> float:
        return inf

    def is_beaten(self, opportunity: Opportunity, offer: Bid) -> bool:
        return False

    def pays(self, take: Take, tip: int, means: Means) -> bool:
        return (1 - self.share) * self.gain(take, means.market) >= self.min_profit

    def least(self, means: Means) -> float:
        """Bare gas: two steps may bring more than the one that is previewed."""
        return means.market.gas_usd(self.gas, 0)

    @property
    def waits_to_sell(self) -> bool:
        return False

    def gain(self, take: Take, market: Market) -> float:
        """USD, after gas at the base fee."""
        return take.gross - market.gas_usd(take.gas + self.sale_gas, 0)

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        parts = self.steps(take, offer)
        asset, sold = take.opportunity.asset, take.seized - ROUNDING
        if self.inventory is Inventory.SELL and market.pools[asset] and sold > 0:
            parts = (*parts, sale(offer, asset, sold, take.repaid))
        payment = int(self.share * self.gain(take, market) / market.eth_usd * 1e18)
        return Bundle(bid=offer, parts=parts, payment=payment)

    def steps(self, take: Take, offer: Bid) -> tuple[Intent, ...]:
        return (liquidate(take, offer),)
