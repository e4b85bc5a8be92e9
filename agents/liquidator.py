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
"""A rival's pending transaction is outbid by this much where the gain bears it."""
DUST = 10**18
"""Stable units (one dollar) below which there is no capital left to speak of."""
CAUTION = 0.98
"""Least part of the previewed collateral it accepts."""
HEADROOM = 1_000
"""To repay all that may be repaid it offers one part in so many more than it saw: interest
accrues until the block, and a debt that is repaid whole must be repaid to the last unit."""


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
        committed = sum(i.max_repay for i in view.waiting if isinstance(i, Liquidate))
        budget = view.wallet.stable - committed
        busy = {i.account for i in view.waiting if isinstance(i, Liquidate | MarginCall)}
        for opportunity in sorted(view.opportunities, key=lambda o: (-o.debt, o.account)):
            if opportunity.account in busy or (budget < DUST and not opportunity.callable):
                continue
            intent = self.act_on(opportunity, view.market, budget)
            if intent is None:
                continue
            intents.append(intent)
            busy.add(opportunity.account)
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
        max_repay = self.repayment(opportunity, market, budget)
        if max_repay <= 0:
            return None
        repay = min(max_repay, opportunity.repaid)
        seized = opportunity.seized * repay // opportunity.repaid
        gross = (self.proceeds(market, opportunity.asset, seized) - repay) / 10**18
        offer = self.offer(gross, opportunity.rival_tip, market)
        cost = market.gas_usd(LIQUIDATE_GAS, offer.tip) + market.gas_usd(SWAP_GAS, GWEI)
        lost = market.gas_usd(LIQUIDATE_GAS // 3, offer.tip)
        expected = (1 - self.failure_rate) * (gross - cost) - self.failure_rate * lost
        beaten = opportunity.rival_tip >= offer.tip
        if beaten or expected < self.min_profit:
            return None
        return Liquidate(
            bid=offer,
            account=opportunity.account,
            asset=opportunity.asset,
            max_repay=max_repay,
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
        wanted = bid(market, int(tip))
        above = max(0, wanted.tip - self.max_tip)
        return Bid(tip=wanted.tip - above, max_fee=wanted.max_fee - above)

    def repayment(self, opportunity: Opportunity, market: Market, budget: int) -> int:
        """Most to repay: all that may be repaid, or what capital and pool allow of it; a part
        must leave the least debt. 0 or less for nothing."""
        allowed = opportunity.repaid
        best = self.best_repay(opportunity, market)
        whole = allowed + allowed // HEADROOM
        if best >= allowed and budget >= whole:
            return whole
        return min(best, budget, opportunity.debt - market.terms.min_debt)

    def best_repay(self, opportunity: Opportunity, market: Market) -> int:
        """The repayment whose collateral the pool takes at the best total gain."""
        pool = market.pools[opportunity.asset]
        if pool is None or pool.collateral == 0:
            return opportunity.repaid
        revenue = opportunity.seized * pool.stable / pool.collateral
        discount = revenue / opportunity.repaid
        keep = 1 - pool.fee
        best = pool.collateral * (sqrt(max(1.0, keep * discount)) - 1) / keep
        if best >= opportunity.seized:
            return opportunity.repaid
        return int(best / opportunity.seized * opportunity.repaid)

    def proceeds(self, market: Market, asset: int, seized: int) -> int:
        """Stable that selling `seized` brings now: on the pool, or outside where there is none."""
        pool = market.pools[asset]
        if pool is None:
            unit: int = 10 ** market.terms.assets[asset].decimals
            return int(seized / unit * market.prices[asset] * 10**18)
        return pool.quote(False, seized)

    def sales(self, view: View) -> list[Swap]:
        """Sell seized collateral on the pools while the last unit brings more than the outside
        price less four fees; the rest waits for arbitrageurs to refill the pool."""
        if any(isinstance(i, Swap) for i in view.waiting):
            return []
        market = view.market
        found = []
        for index, (held, pool) in enumerate(zip(view.wallet.tokens, market.pools, strict=True)):
            if held == 0 or pool is None or pool.collateral == 0:
                continue
            price = market.prices[index] * 10 ** (18 - market.terms.assets[index].decimals)
            floor = price * (1 - 4 * pool.fee)
            keep = 1 - pool.fee
            room = (sqrt(pool.collateral * pool.stable * keep / floor) - pool.collateral) / keep
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
