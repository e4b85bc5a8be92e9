"""What all liquidators share: how they value, size and order a liquidation, and sell what it
brings. How each bids, by which route and when, is in `agents.keepers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, FlashLiquidate, Intent, Liquidate, MarginCall, Swap
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


class Inventory(Enum):
    """What a liquidator does with seized collateral, and so what it thinks it is worth."""

    SELL = auto()
    """Sold on the pool at once: worth what the pool pays, impact and all."""
    HOLD = auto()
    """Kept, which ties up capital for good: worth the outside price less `HOLD_DISCOUNT`."""
    HEDGE = auto()
    """Sold short outside at once, so that no later price matters: worth the outside price less
    `HEDGE_COST`, of whatever size. It goes to the pool only when that is above the outside
    price. The short is outside the model: tables show the collateral, not the hedge."""


HOLD_DISCOUNT = 0.02
"""Of the price outside, for bearing its moves."""
HEDGE_COST = 0.002
"""Of the price outside: fees of opening and closing the short."""


@dataclass(frozen=True, slots=True)
class Take:
    """A liquidation of the size that capital, terms and pool allow."""

    opportunity: Opportunity
    max_repay: int
    """Stable offered, with headroom when all that may be repaid is."""
    repaid: int
    seized: int
    gross: float
    """USD: what the collateral brings less what is repaid, before gas."""
    gas: int
    first: int = 0
    """Of `max_repay`, what a first of two steps repays; 0 for one step."""


class Liquidator(Participant):
    """Liquidates where profit after gas, slippage and failure is worth it; sells what it seizes.

    For each account it weighs (1 − q)·gain − q·gas of a failed attempt, where q is its believed
    chance to be beaten, the gain is what its size sells for on the pool, less what it repays,
    less gas. The size is what its capital, the close factor and the pool allow: the best size
    into x·y = k at a discount b is x·(sqrt((1 − f)(1 + b)) − 1)/(1 − f). A share of the gain
    is bid as tip; a rival's pending bid is outbid while the gain still bears it.

    Capital is its stable, and at most `capital_limit` of it at work in pending attempts.
    """

    role = "liquidator"
    every_block = True
    watches_liquidations = True
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
        latency_blocks: int = 0,
        capital_limit: int | None = None,
        inventory: Inventory = Inventory.SELL,
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.failure_rate = failure_rate
        self.bid_share = bid_share
        self.max_tip = int(max_tip_gwei * GWEI)
        self.latency_blocks = latency_blocks
        self.capital_limit = capital_limit
        self.inventory = inventory

    def decide(self, view: View) -> Sequence[Intent]:
        intents: list[Intent] = list(self.sales(view))
        budget = self.budget(view)
        busy = {
            i.account
            for i in view.waiting
            if isinstance(i, Liquidate | FlashLiquidate | MarginCall)
        }
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

    def act_on(self, opportunity: Opportunity, market: Market, budget: int) -> Intent | None:
        if opportunity.callable:
            return self.call(opportunity, market)
        take = self.size(opportunity, market, budget)
        if take is None:
            return None
        offer = self.offer(take, market)
        if self.is_beaten(opportunity, offer) or not self.pays(take, offer.tip, market):
            return None
        return self.order(take, offer, market)

    def budget(self, view: View) -> int:
        """Stable it may still commit."""
        committed = sum(i.max_repay for i in view.waiting if isinstance(i, Liquidate))
        capital = view.wallet.stable
        if self.capital_limit is not None:
            capital = min(capital, self.capital_limit)
        return capital - committed

    # -------------------------------------------------------- how it bids: for subclasses

    def offer(self, take: Take, market: Market) -> Bid:
        """Bids `bid_share` of the gain over bare gas; more if a rival's bid asks for it."""
        wei_per_gas = 1e18 / market.eth_usd / take.gas
        gain = max(0.0, take.gross - market.gas_usd(take.gas + self.sale_gas, 0))
        own = gain * self.bid_share * wei_per_gas
        limit = gain * (1 - self.bid_share) * wei_per_gas
        tip = max(own, min(limit, take.opportunity.rival_tip * OUTBID), GWEI)
        return self.capped(bid(market, int(tip)))

    def is_beaten(self, opportunity: Opportunity, offer: Bid) -> bool:
        return opportunity.rival_tip >= offer.tip

    def pays(self, take: Take, tip: int, market: Market) -> bool:
        return self.expected(take, tip, market) >= self.min_profit

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        return liquidate(take, offer)

    # ------------------------------------------------------------------------ valuation

    @property
    def sale_gas(self) -> int:
        return SWAP_GAS if self.inventory is Inventory.SELL else 0

    def capped(self, wanted: Bid) -> Bid:
        """With a tip of no more than its own limit."""
        above = max(0, wanted.tip - self.max_tip)
        return Bid(tip=wanted.tip - above, max_fee=wanted.max_fee - above)

    def expected(self, take: Take, tip: int, market: Market) -> float:
        """USD: (1 − q)·(gross − gas) − q·gas of a failed attempt, a third of a whole one's."""
        cost = market.gas_usd(take.gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        lost = market.gas_usd(take.gas // 3, tip)
        return (1 - self.failure_rate) * (take.gross - cost) - self.failure_rate * lost

    def size(self, opportunity: Opportunity, market: Market, budget: int) -> Take | None:
        """None where there is nothing to repay, or not the capital for it."""
        if opportunity.repaid == 0:
            return None
        max_repay = self.repayment(opportunity, market, budget)
        if max_repay <= 0:
            return None
        repaid = min(max_repay, opportunity.repaid)
        seized = opportunity.seized * repaid // opportunity.repaid
        gross = (self.proceeds(market, opportunity.asset, seized) - repaid) / 10**18
        return Take(opportunity, max_repay, repaid, seized, gross, self.gas)

    def call(self, opportunity: Opportunity, market: Market) -> MarginCall | None:
        """Calls when half the penalty on the account would pay for the gas of it."""
        if opportunity.rival_tip >= 0:
            return None
        offer = bid(market, GWEI)
        prize = opportunity.debt / 10**18 * market.terms.max_penalty / 2
        if prize - market.gas_usd(CALL_GAS, offer.tip) < self.min_profit:
            return None
        return MarginCall(bid=offer, account=opportunity.account)

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
        if pool is None or pool.collateral == 0 or self.inventory is not Inventory.SELL:
            return opportunity.repaid
        revenue = opportunity.seized * pool.stable / pool.collateral
        discount = revenue / opportunity.repaid
        keep = 1 - pool.fee
        best = pool.collateral * (sqrt(max(1.0, keep * discount)) - 1) / keep
        if best >= opportunity.seized:
            return opportunity.repaid
        return int(best / opportunity.seized * opportunity.repaid)

    def proceeds(self, market: Market, asset: int, seized: int) -> int:
        """Stable that `seized` is worth to it: on the pool, or outside where there is none or
        where it does not sell."""
        pool = market.pools[asset]
        if pool is not None and self.inventory is Inventory.SELL:
            return pool.quote(False, seized)
        unit: int = 10 ** market.terms.assets[asset].decimals
        less = {Inventory.HOLD: HOLD_DISCOUNT, Inventory.HEDGE: HEDGE_COST}
        part = 1 - less.get(self.inventory, 0.0)
        return int(seized / unit * market.prices[asset] * part * 10**18)

    # ------------------------------------------------------------------------ inventory

    def sales(self, view: View) -> list[Swap]:
        """Sell seized collateral on the pools while the last unit brings more than the outside
        price less four fees; the rest waits for arbitrageurs to refill the pool. Hedged, it
        can wait until the pool is above the outside price."""
        waits = any(isinstance(i, Swap) for i in view.waiting)
        if waits or self.inventory is Inventory.HOLD:
            return []
        fees = 1 if self.inventory is Inventory.HEDGE else 4
        market = view.market
        found = []
        for index, (held, pool) in enumerate(zip(view.wallet.tokens, market.pools, strict=True)):
            if held == 0 or pool is None or pool.collateral == 0:
                continue
            price = market.prices[index] * 10 ** (18 - market.terms.assets[index].decimals)
            floor = price * (1 - fees * pool.fee)
            keep = 1 - pool.fee
            room = (sqrt(pool.collateral * pool.stable * keep / floor) - pool.collateral) / keep
            amount = min(held, max(0, int(room)))
            out = pool.quote(False, amount)
            offer = bid(market, GWEI)
            if out / 10**18 <= 10 * market.gas_usd(SWAP_GAS, offer.tip):
                continue
            found.append(sale(offer, index, amount, int(out * CAUTION)))
        return found


def liquidate(take: Take, offer: Bid) -> Liquidate:
    return Liquidate(
        bid=offer,
        account=take.opportunity.account,
        asset=take.opportunity.asset,
        max_repay=take.max_repay,
        min_seize=int(take.seized * CAUTION),
    )


def sale(offer: Bid, asset: int, amount: int, min_out: int) -> Swap:
    """Of collateral, for the stable."""
    return Swap(bid=offer, pool=asset, sell_stable=False, amount_in=amount, min_out=min_out)
