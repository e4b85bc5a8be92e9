"""What all liquidators share: how they value, size and order a liquidation, and sell what it
brings. How each bids, by which route and when, is in `agents.keepers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, groupby
from math import inf
from operator import attrgetter

import mesa

from agents import routing
from agents.base import GWEI, Participant, bid
from agents.intent import Bid, FlashLiquidate, Intent, Liquidate, MarginCall, Swap, VenueOrder
from agents.inventory import (
    CAUTION,
    Inventory,
    after_pending,
    best_sale,
    disposal,
    first_price,
    funding,
    gas_of_sale,
    price_risk,
    proceeds,
    sold,
)
from agents.market import Market
from agents.peg import replenish
from agents.take import HEADROOM, LIQUIDATE_GAS, Means, Take, brings, liquidate, spent
from agents.view import Opportunities, Opportunity, View

CALL_GAS = 90_000
OUTBID = 1.125
"""A rival's pending transaction is outbid by this much where the gain bears it."""
PRIOR = 2
"""Attempts that its first belief counts for."""
DUST = 10**18
"""Stable units (one dollar) below which there is no capital left to speak of."""


class Liquidator(Participant):
    """Liquidates where profit after gas, slippage and failure is worth it; sells what it seizes.

    For each account, the largest debt first, it weighs (1 − q)·gain − q·gas of a failed
    attempt. q is its believed chance to be beaten: at first `failure_rate`, later what its own
    last attempts say, as if that rate were `PRIOR` attempts more. The gain is what its size
    sells for on the pool, less what its price may lose until then (`price_risk`), less what it
    repays, less gas. The size is what its capital, the close factor and the pool allow: the best
    into x·y = k at a discount b is x·(sqrt((1 − f)(1 + b)) − 1)/(1 − f). The pool it reckons
    with is the one left by all that it holds and has on the way: its own sales do not surprise
    it, those of others may. A share of the gain is bid as tip; a rival's pending bid is outbid
    while the gain still bears it.

    Capital is its stable, and at most `capital_limit` of it at work in pending attempts.
    """

    role = "liquidator"
    every_block = True
    watches_liquidations = True
    watches_mempool = True
    gas = LIQUIDATE_GAS

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
        latencies: Sequence[int] = (0,),
        capital_limit: int | None = None,
        inventory: Inventory = Inventory.SELL,
    ) -> None:
        """`latencies`: blocks until what it decides in a block is there, used in turn."""
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.failure_rate = failure_rate
        self.bid_share = bid_share
        self.max_tip = int(max_tip_gwei * GWEI)
        self.latencies = tuple(latencies)
        self.capital_limit = capital_limit
        self.inventory = inventory

    def decide(self, view: View) -> Sequence[Intent]:
        intents: list[Intent] = [*self.sales(view), *replenish(view)]
        means, busy = self.means(view), self.busy(view)
        waiting, place = self.ranked(self.hopeful(view.opportunities, means), means.market), 0
        while place < len(waiting):
            opportunity = waiting[place]
            place += 1
            broke = means.budget < DUST and not opportunity.callable
            if opportunity.account in busy or broke:
                continue
            intent = self.act_on(opportunity, means)
            if intent is None:
                continue
            intents.append(intent)
            busy.add(opportunity.account)
            means = self.after(means, opportunity, intent)
            waiting, place = self.hopeful(waiting.since(place), means), 0
        return intents

    def busy(self, view: View) -> set[int]:
        """Accounts with an attempt of its own on the way."""
        attempts = Liquidate | FlashLiquidate | MarginCall
        return {intent.account for intent in view.waiting if isinstance(intent, attempts)}

    def hopeful(self, opportunities: Opportunities, means: Means) -> Opportunities:
        """Those to call, and those that would pay, and be won, if all they bring sold at the price
        of the first unit: in a crash a thousand accounts may wait for a market that takes none."""
        market, assets = means.market, range(len(means.market.pools))
        first = [first_price(self.inventory, market, i) * self.certain(market, i) for i in assets]
        return opportunities.worth(first, self.least(means) * 10**18, means.budget, self.best_tip)

    def ranked(self, opportunities: Opportunities, market: Market) -> Opportunities:
        """As they are shown; of an account's collaterals the one that brings most first."""
        if len(market.pools) == 1:
            return opportunities

        def brought(o: Opportunity) -> float:
            return proceeds(self.inventory, market, o.asset, o.seized) / o.repaid if o.repaid else 0

        accounts = groupby(opportunities, key=attrgetter("account"))
        ranked = (sorted(group, key=brought, reverse=True) for _, group in accounts)
        return Opportunities(chain.from_iterable(ranked))

    def latency(self, block: int) -> int:
        return self.latencies[block % len(self.latencies)]

    def act_on(self, opportunity: Opportunity, means: Means) -> Intent | None:
        if opportunity.callable:
            return self.call(opportunity, means.market)
        take = self.size(opportunity, means)
        if take is None:
            return None
        offer = self.offer(take, means)
        if self.is_beaten(opportunity, offer) or not self.pays(take, offer.tip, means):
            return None
        return self.order(take, offer, means.market)

    # -------------------------------------------------------- how it bids: for subclasses

    def offer(self, take: Take, means: Means) -> Bid:
        """Bids `bid_share` of the gain over bare gas; more if a rival's bid asks for it."""
        market = means.market
        wei_per_gas = 1e18 / market.eth_usd / take.gas
        gain = max(0.0, take.gross - market.gas_usd(take.gas + self.sale_gas, 0))
        own = gain * self.bid_share * wei_per_gas
        limit = gain * (1 - self.bid_share) * wei_per_gas
        tip = max(own, min(limit, take.opportunity.rival_tip * OUTBID), GWEI)
        return self.capped(bid(market, int(tip)))

    @property
    def best_tip(self) -> float:
        """Wei a gas: where a rival bids so much in public it never wins."""
        return self.max_tip

    def is_beaten(self, opportunity: Opportunity, offer: Bid) -> bool:
        return opportunity.rival_tip >= offer.tip

    def pays(self, take: Take, tip: int, means: Means) -> bool:
        return self.expected(take, tip, means) >= self.min_profit

    def least(self, means: Means) -> float:
        """USD that an attempt must bring to pay at any tip it bids: at the least, that is."""
        market, beaten, tip = means.market, means.beaten, min(GWEI, self.max_tip)
        cost = market.gas_usd(self.gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        lost = market.gas_usd(self.gas // 3, tip)
        return cost + (self.min_profit + beaten * lost) / (1 - beaten) if beaten < 1 else inf

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        return liquidate(take, offer)

    # ------------------------------------------------------------------------ valuation

    @property
    def sale_gas(self) -> int:
        return gas_of_sale(self.inventory)

    def capped(self, wanted: Bid) -> Bid:
        """With a tip of no more than its own limit."""
        above = max(0, wanted.tip - self.max_tip)
        return Bid(tip=wanted.tip - above, max_fee=wanted.max_fee - above)

    def expected(self, take: Take, tip: int, means: Means) -> float:
        """USD: (1 − q)·(gross − gas) − q·gas of a failed attempt, a third of a whole one's."""
        market, beaten = means.market, means.beaten
        cost = market.gas_usd(take.gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        lost = market.gas_usd(take.gas // 3, tip)
        return (1 - beaten) * (take.gross - cost) - beaten * lost

    def size(self, opportunity: Opportunity, means: Means) -> Take | None:
        """None where there is nothing to repay, or not the capital for it."""
        if opportunity.repaid == 0:
            return None
        max_repay = self.repayment(opportunity, means)
        if max_repay <= 0:
            return None
        repaid, seized = brings(opportunity, max_repay)
        gross = self.worth(opportunity.asset, seized, means.market) - repaid
        return Take(opportunity, max_repay, repaid, seized, gross / 10**18, self.gas)

    def worth(self, asset: int, seized: int, market: Market) -> float:
        """Stable: what it sells for, less what its price may lose until then."""
        risk = price_risk(market, asset, seized) if self.waits_to_sell else 0.0
        return proceeds(self.inventory, market, asset, seized) * (1 - risk)

    @property
    def waits_to_sell(self) -> bool:
        """Sells after the block in which it liquidates."""
        return self.inventory is Inventory.SELL

    def call(self, opportunity: Opportunity, market: Market) -> MarginCall | None:
        """Calls when half the penalty on the account would pay for the gas of it."""
        if opportunity.rival_tip >= 0:
            return None
        offer = bid(market, GWEI)
        prize = opportunity.debt / 10**18 * market.terms.max_penalty / 2
        if prize - market.gas_usd(CALL_GAS, offer.tip) < self.min_profit:
            return None
        return MarginCall(bid=offer, account=opportunity.account)

    def repayment(self, opportunity: Opportunity, means: Means) -> int:
        """Most to repay: all that may be repaid, or what capital and pool allow of it; a part
        must leave the least debt. 0 or less for nothing."""
        allowed, market, budget = opportunity.repaid, means.market, means.budget
        best = self.best_repay(opportunity, market)
        whole = allowed + allowed // HEADROOM
        if best >= allowed and budget >= whole:
            return whole
        if not market.terms.partial:
            return 0
        return min(best, budget, opportunity.debt - market.terms.min_debt)

    def best_repay(self, opportunity: Opportunity, market: Market) -> int:
        """The repayment whose collateral pool and venue take at the best total gain."""
        pool = market.pools[opportunity.asset]
        if self.inventory is not Inventory.SELL:
            return opportunity.repaid
        certain = self.certain(market, opportunity.asset)
        if market.venues:
            paid = opportunity.repaid / max(1, opportunity.seized) / certain
            best: float = routing.room(pool, market.venues[opportunity.asset], paid)
        elif pool is None or pool.collateral == 0:
            return opportunity.repaid
        else:
            revenue = opportunity.seized * pool.stable / pool.collateral * certain
            best = best_sale(pool, revenue / opportunity.repaid)
        if best >= opportunity.seized:
            return opportunity.repaid
        return int(best / opportunity.seized * opportunity.repaid)

    def certain(self, market: Market, asset: int) -> float:
        """Part of the first unit's price that it reckons with."""
        return 1 - price_risk(market, asset, 0) if self.waits_to_sell else 1.0

    # ------------------------------------------------------------- capital and inventory

    def means(self, view: View) -> Means:
        return Means(self.foreseen(view), self.budget(view), self.believed(view))

    def believed(self, view: View) -> float:
        """Its chance to be beaten."""
        failed = view.record.count(False)
        return (PRIOR * self.failure_rate + failed) / (PRIOR + len(view.record))

    def budget(self, view: View) -> int:
        committed = sum(spent(intent) for intent in view.waiting)
        capital = view.wallet.stable
        if self.capital_limit is not None:
            capital = min(capital, self.capital_limit)
        return capital - committed

    def foreseen(self, view: View) -> Market:
        """The market once what it holds and has on the way is sold, where it sells. Who sells in
        the very transaction has the pool alone."""
        market = view.market
        if self.inventory is not Inventory.SELL:
            return market
        if not self.waits_to_sell:
            market = replace(market, venues=())
        coming = list(view.wallet.tokens)
        for intent in view.waiting:
            if isinstance(intent, Liquidate):
                coming[intent.asset] += int(intent.min_seize / CAUTION)
        for asset, amount in enumerate(coming):
            market = sold(market, asset, amount)
        return market

    def after(self, means: Means, opportunity: Opportunity, intent: Intent) -> Means:
        """What is left for its next attempt in the same block."""
        left = replace(means, budget=means.budget - spent(intent))
        if self.inventory is not Inventory.SELL:
            return left
        offered = intent.max_repay if isinstance(intent, Liquidate | FlashLiquidate) else 0
        _, seized = brings(opportunity, offered)
        return replace(left, market=sold(means.market, opportunity.asset, seized))

    def sales(self, view: View) -> list[Swap | VenueOrder]:
        """Of what it holds, one at a time, and of that what the swaps it sees leave room for."""
        if any(isinstance(i, Swap | VenueOrder) for i in view.waiting):
            return []
        view = replace(view, market=after_pending(view.market, view.mempool))
        if self.inventory is Inventory.HOLD:
            return funding(view, self.budget(view))
        return [
            sale
            for asset, held in enumerate(view.wallet.tokens)
            for sale in disposal(self.inventory, view.market, asset, held)
        ]
