"""Liquidators: they repay debt of failing accounts for collateral worth more."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Intent, Liquidate, MarginCall, Swap
from agents.view import Market, Opportunity, View

LIQUIDATE_GAS = 190_000
CALL_GAS = 90_000
SWAP_GAS = 120_000
OUTBID = 1.125
"""A rival's pending transaction is outbid by this much or left alone."""
CAUTION = 0.98
"""Least part of the previewed collateral it accepts."""


class Liquidator(Participant):
    """Liquidates where profit after gas, slippage and failure is worth it; sells what it seizes.

    For each account it weighs (1 − q)·gain − q·gas of a failed attempt, where q is its believed
    chance to be beaten, the gain is what its size sells for on the pool, less what it repays,
    less gas. The size is what its capital, the close factor and the pool allow: the best size
    into x·y = k at a discount b is x·(sqrt((1 − f)(1 + b)) − 1)/(1 − f). A share of the gain
    is bid as tip; a rival's pending bid is outbid while the gain still bears it.
    """

    role = "liquidator"
    every_block = True
    watches_liquidations = True

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        min_profit: float,
        failure_rate: float,
        bid_share: float,
        max_tip_gwei: float,
        latency_blocks: int = 0,
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.failure_rate = failure_rate
        self.bid_share = bid_share
        self.max_tip = int(max_tip_gwei * GWEI)
        self.latency_blocks = latency_blocks

    def decide(self, view: View) -> Sequence[Intent]:
        intents: list[Intent] = list(self.sales(view))
        budget = view.wallet.stable
        busy = {i.account for i in view.pending if isinstance(i, Liquidate | MarginCall)}
        ranked = sorted(
            (o for o in view.opportunities if o.account not in busy),
            key=lambda o: (-o.debt, o.account),
        )
        for opportunity in ranked:
            intent = self.act_on(opportunity, view.market, budget)
            if intent is None:
                continue
            intents.append(intent)
            if isinstance(intent, Liquidate):
                budget -= intent.max_repay
        return intents

    def act_on(
        self, opportunity: Opportunity, market: Market, budget: int
    ) -> Liquidate | MarginCall | None:
        if opportunity.callable:
            return self.call(opportunity, market)
        if opportunity.repaid == 0:
            return None
        repay = min(opportunity.repaid, budget, self.best_repay(opportunity, market))
        if 0 < opportunity.debt - repay < market.terms.min_debt:
            return None
        seized = opportunity.seized * repay // opportunity.repaid
        gross = (self.proceeds(market, opportunity.asset, seized) - repay) / 10**18
        offer = self.offer(gross, opportunity.rival_tip, market)
        cost = market.gas_usd(LIQUIDATE_GAS + SWAP_GAS, offer.tip)
        lost = market.gas_usd(LIQUIDATE_GAS // 3, offer.tip)
        expected = (1 - self.failure_rate) * (gross - cost) - self.failure_rate * lost
        beaten = opportunity.rival_tip >= offer.tip
        if beaten or expected < self.min_profit:
            return None
        return Liquidate(
            bid=offer,
            account=opportunity.account,
            asset=opportunity.asset,
            max_repay=repay,
            min_seize=int(seized * CAUTION),
        )

    def call(self, opportunity: Opportunity, market: Market) -> MarginCall | None:
        """Calls when half the penalty on the account would pay for the gas of it."""
        if opportunity.rival_tip >= 0:
            return None
        offer = bid(market, GWEI)
        prize = opportunity.debt / 10**18 * market.terms.max_penalty / 2
        if prize - market.gas_usd(CALL_GAS, offer.tip) < self.min_profit:
            return None
        return MarginCall(bid=offer, account=opportunity.account)

    def offer(self, gross: float, rival_tip: int, market: Market) -> Bid:
        """Bids `bid_share` of the gain over bare gas; more if a rival's bid asks for it."""
        wei_per_gas = 1e18 / market.eth_usd / LIQUIDATE_GAS
        gain = max(0.0, gross - market.gas_usd(LIQUIDATE_GAS + SWAP_GAS, 0))
        own = gain * self.bid_share * wei_per_gas
        limit = gain * (1 - self.bid_share) * wei_per_gas
        tip = max(own, min(limit, rival_tip * OUTBID), GWEI)
        return bid(market, min(int(tip), self.max_tip))

    def best_repay(self, opportunity: Opportunity, market: Market) -> int:
        """The repayment whose collateral the pool takes at the best total gain."""
        pool = market.pools[opportunity.asset]
        if pool is None or pool.collateral == 0:
            return opportunity.repaid
        revenue = opportunity.seized * pool.stable / pool.collateral
        discount = revenue / opportunity.repaid
        keep = 1 - pool.fee
        best = pool.collateral * (sqrt(max(1.0, keep * discount)) - 1) / keep
        return int(min(1.0, best / max(1, opportunity.seized)) * opportunity.repaid)

    def proceeds(self, market: Market, asset: int, seized: int) -> int:
        """Stable that selling `seized` brings now: on the pool, or outside where there is none."""
        pool = market.pools[asset]
        if pool is None:
            unit: int = 10 ** market.terms.assets[asset].decimals
            return int(seized / unit * market.prices[asset] * 10**18)
        return pool.quote(False, seized)

    def sales(self, view: View) -> list[Swap]:
        """Sell seized collateral on the pools, as much as pays more than the outside price less
        half the fee again; the rest waits for arbitrageurs to refill the pool."""
        if any(isinstance(i, Swap) for i in view.pending):
            return []
        market = view.market
        found = []
        for index, (held, pool) in enumerate(zip(view.wallet.tokens, market.pools, strict=True)):
            if held == 0 or pool is None or pool.collateral == 0:
                continue
            price = market.prices[index] * 10 ** (18 - market.terms.assets[index].decimals)
            floor = price * (1 - 4 * pool.fee)
            room = sqrt(pool.collateral * pool.stable * (1 - pool.fee) / floor) - pool.collateral
            amount = min(held, max(0, int(room)))
            out = pool.quote(False, amount)
            offer = bid(market, GWEI)
            if out / 10**18 <= 10 * market.gas_usd(SWAP_GAS, offer.tip):
                continue
            found.append(
                Swap(
                    bid=offer,
                    pool=index,
                    sell_stable=False,
                    amount_in=amount,
                    min_out=int(out * CAUTION),
                )
            )
        return found
