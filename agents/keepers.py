"""Six ways to liquidate. They share what `agents.liquidator` knows of value and size, and
differ in what they believe of rivals, how they bid, by which route, and when.

Capital is the stable in the wallet, up to `capital_limit` at work at once; collateral is sold,
held or hedged as `Inventory` says; `latency_blocks` pass before what they send to the public
pool is seen (a bundle goes to the builder directly). Exceptions are said in each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, inf
from typing import Any

import mesa

from agents.base import GWEI, bid
from agents.intent import Bid, Bundle, FlashLiquidate, Intent, Liquidate, Rebid, Swap
from agents.liquidator import (
    HEADROOM,
    LIQUIDATE_GAS,
    OUTBID,
    Inventory,
    Liquidator,
    Take,
    liquidate,
    sale,
)
from agents.view import Market, Opportunity, Terms, View

WAD = 10**18
REPLACEMENT = 1.1
"""Least rise of tip and fee cap that the pool takes for a new bid."""
FLASH_GAS = 280_000
ROUNDING = 16
"""Native units by which what is seized may differ from what was previewed."""
STILL_BELOW = 0.99
"""Part of the healing repayment that a first of two steps makes: it must not heal."""


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

    def offer(self, take: Take, market: Market) -> Bid:
        return self.capped(bid(market, GWEI))

    def pays(self, take: Take, tip: int, market: Market) -> bool:
        gas = market.gas_usd(take.gas, tip) + market.gas_usd(self.sale_gas, GWEI)
        return take.gross >= (1 + self.margin) * gas


class GasAuctioneer(Liquidator):
    """Opens with a share of the gain, then raises its pending bid over every visible rival's,
    up to the tip at which its expected profit is `min_profit`: a priority gas auction
    (Daian et al., Flash Boys 2.0, 2020).

    Believes that rivals are seen: it answers a bid in the public pool by an eighth more, and at
    least the 10 % more than its own that the pool asks for. Expected profit is linear in the
    tip t: with q the chance to be beaten and g the gas, the top one solves
    (1 − q)·(gross − g·(base + t) − sale) − q·(g/3)·(base + t) = `min_profit`.
    """

    def decide(self, view: View) -> Sequence[Intent]:
        return [*super().decide(view), *self.raises(view)]

    def offer(self, take: Take, market: Market) -> Bid:
        opening = super().offer(take, market)
        needed = min(take.opportunity.rival_tip * OUTBID, self.top_tip(take, market))
        return self.capped(bid(market, max(opening.tip, int(needed))))

    def top_tip(self, take: Take, market: Market) -> float:
        """Wei a gas; negative when not even no tip leaves the least profit."""
        spare = self.expected(take, 0, market) - self.min_profit
        weighted = (1 - self.failure_rate) * take.gas + self.failure_rate * (take.gas // 3)
        return min(spare / weighted / market.eth_usd * 1e18, self.max_tip)

    def raises(self, view: View) -> list[Rebid]:
        """New bids for own attempts that a rival's bid is above."""
        found = []
        shown = {(o.account, o.asset): o for o in view.opportunities}
        for sent in view.pending:
            if not isinstance(sent.intent, Liquidate):
                continue
            opportunity = shown.get((sent.intent.account, sent.intent.asset))
            if opportunity is None or opportunity.rival_tip <= sent.intent.bid.tip:
                continue
            new = self.raised(sent.intent, opportunity, view.market)
            if new is not None:
                found.append(Rebid(bid=new, nonce=sent.nonce))
        return found

    def raised(self, own: Liquidate, opportunity: Opportunity, market: Market) -> Bid | None:
        take = self.size(opportunity, market, own.max_repay)
        if take is None:
            return None
        tip = ceil(max(opportunity.rival_tip * OUTBID, own.bid.tip * REPLACEMENT)) + 1
        if tip > self.top_tip(take, market):
            return None
        least_cap = ceil(own.bid.max_fee * REPLACEMENT) + 1
        return Bid(tip=tip, max_fee=max(2 * market.base_fee + tip, least_cap))


class PrivateKeeper(Liquidator):
    """Sends liquidation and sale as a bundle to the builder, and pays it `bid_share` of the gain
    after gas; acts while the rest is `min_profit` or more.

    Believes that rivals do the same unseen, so that the share decides, and that losing costs
    nothing: a bundle that fails is not included. One bundle a block, the one that pays most,
    and only when nothing of its own is on the way: its nonces follow on what is on chain.
    """

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        intents = super().decide(view)
        bundles = [intent for intent in intents if isinstance(intent, Bundle)]
        if not bundles:
            return intents
        best = max(bundles, key=lambda bundle: bundle.payment)
        return (replace(best, payment=min(best.payment, view.wallet.wei // 2)),)

    def offer(self, take: Take, market: Market) -> Bid:
        return Bid(tip=0, max_fee=2 * market.base_fee)

    def is_beaten(self, opportunity: Opportunity, offer: Bid) -> bool:
        return False

    def pays(self, take: Take, tip: int, market: Market) -> bool:
        return (1 - self.bid_share) * self.gain(take, market) >= self.min_profit

    def gain(self, take: Take, market: Market) -> float:
        """USD, after gas at the base fee."""
        return take.gross - market.gas_usd(take.gas + self.sale_gas, 0)

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        parts = self.steps(take, offer)
        asset, sold = take.opportunity.asset, take.seized - ROUNDING
        if self.inventory is Inventory.SELL and market.pools[asset] and sold > 0:
            parts = (*parts, sale(offer, asset, sold, take.repaid))
        payment = int(self.bid_share * self.gain(take, market) / market.eth_usd * 1e18)
        return Bundle(bid=offer, parts=parts, payment=payment)

    def steps(self, take: Take, offer: Bid) -> tuple[Intent, ...]:
        return (liquidate(take, offer),)


class FlashKeeper(Liquidator):
    """Liquidates with flash-minted stable and sells on the pool in the same transaction.

    No capital, so no limit but the pool: the size is the best one into x·y = k. No inventory
    whatever is asked of it, and nothing without a pool. It bids and fears rivals as
    `Liquidator` does, at more gas; on chain it asks for no less than its gas, or reverts.
    """

    gas = FLASH_GAS

    def __init__(self, model: mesa.Model, name: str, address: bytes, **terms: Any) -> None:
        super().__init__(model, name, address, **{**terms, "inventory": Inventory.SELL})

    @property
    def sale_gas(self) -> int:
        return 0

    def budget(self, view: View) -> int:
        return 2**127  # more than any debt

    def size(self, opportunity: Opportunity, market: Market, budget: int) -> Take | None:
        if market.pools[opportunity.asset] is None:
            return None
        return super().size(opportunity, market, budget)

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        return FlashLiquidate(
            bid=offer,
            account=take.opportunity.account,
            asset=take.opportunity.asset,
            max_repay=take.max_repay,
            min_profit=int(market.gas_usd(take.gas, offer.tip) * WAD),
        )

    def sales(self, view: View) -> list[Swap]:
        return []


class DutchSniper(Liquidator):
    """Waits for a penalty that rises with time, while waiting is worth the risk to be beaten.

    With G what it gains now, Δ what one block adds to that and λ its believed chance that
    someone else takes the account within a block, waiting one block pays when
    (1 − λ)·(G + Δ) > G: it waits while G < Δ·(1 − λ)/λ. G only rises and the limit never
    does, so that looking one block ahead is optimal (the monotone case of optimal stopping,
    Chow and Robbins 1961). A visible rival means λ = 1: it acts at once. Where nobody has
    called the account yet nothing rises, and it calls first if waiting would pay.
    """

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, hazard: float = 0.05, **terms: Any
    ) -> None:
        """``hazard``: λ."""
        super().__init__(model, name, address, **terms)
        self.hazard = hazard

    def act_on(self, opportunity: Opportunity, market: Market, budget: int) -> Intent | None:
        if opportunity.rival_tip < 0 and self.waits(opportunity, market, budget):
            return None if opportunity.called_at else self.call(opportunity, market)
        return super().act_on(opportunity, market, budget)

    def waits(self, opportunity: Opportunity, market: Market, budget: int) -> bool:
        rise = self.rise(opportunity, market, budget)
        if rise <= 0:
            return False
        take = self.size(opportunity, market, budget)
        gas = market.gas_usd(self.gas + self.sale_gas, GWEI)
        return take is None or take.gross - gas < waiting_value(rise, self.hazard)

    def rise(self, opportunity: Opportunity, market: Market, budget: int) -> float:
        """USD that one block more adds to its gain: its part of the penalty's rise, which does
        not begin before the grace of a standing call has ended."""
        terms = market.terms
        if opportunity.called_at and market.timestamp < opportunity.called_at + terms.grace:
            return 0.0
        left = max(0.0, terms.max_penalty - opportunity.penalty)
        step = min(terms.penalty_rise * terms.block_seconds, left)
        return min(opportunity.repaid, budget) / WAD * step * (1 - terms.reserve_share)


class SplitKeeper(PrivateKeeper):
    """Liquidates in two steps of one bundle where the close factor then allows more in total.

    A first repayment that just does not heal the account leaves it liquidatable, and the close
    factor k then applies to what is left: of the debt D it repays R + k·(D − R) rather than
    k·D, R(1 − k)/(k·D) more (Qin et al., An Empirical Study of DeFi Liquidations, 2021). Where
    capital or the pool is the limit rather than k, or the gas of a second liquidation is not
    paid by it, it takes one step. Rivals as a `PrivateKeeper` believes; the bundle is what
    keeps them from the second step.
    """

    def size(self, opportunity: Opportunity, market: Market, budget: int) -> Take | None:
        one = super().size(opportunity, market, budget)
        first, total = two_steps(opportunity, market.terms)
        if one is None or total <= opportunity.repaid:
            return one
        seized = opportunity.seized * total // opportunity.repaid
        wider = replace(opportunity, repaid=total, seized=seized)
        two = super().size(wider, market, budget)
        more = two.gross - one.gross if two and two.repaid > opportunity.repaid else 0.0
        if two is None or more <= market.gas_usd(LIQUIDATE_GAS, 0):
            return one
        return replace(two, opportunity=opportunity, gas=2 * LIQUIDATE_GAS, first=first)

    def steps(self, take: Take, offer: Bid) -> tuple[Intent, ...]:
        if not take.first:
            return super().steps(take, offer)
        seized, left = take.seized * take.first // take.repaid, take.max_repay - take.first
        start = replace(take, max_repay=take.first, seized=seized)
        rest = replace(take, max_repay=left, seized=take.seized - seized)
        return liquidate(start, offer), liquidate(rest, offer)


def waiting_value(rise: float, hazard: float) -> float:
    """Gain below which one block more is worth waiting for: Δ·(1 − λ)/λ."""
    return rise * (1 - hazard) / hazard if hazard else inf


def healing_repay(debt: float, health: float, threshold: float, penalty: float) -> float:
    """Least repayment after which health is 1: D(1 − HF)/(1 − LT(1 + b)), of which the
    liquidation threshold LT is 1 less the maintenance margin."""
    return debt * (1 - health) / (1 - threshold * (1 + penalty))


def two_steps(opportunity: Opportunity, terms: Terms) -> tuple[int, int]:
    """(first repayment, both together); (0, 0) where a second step allows no more: one step may
    repay all, or does not heal and may be repeated anyway, or the asset does not suffice."""
    debt, factor = opportunity.debt, terms.close_factor
    limit = ceil(debt * factor)
    by_factor = abs(opportunity.repaid - limit) <= limit // HEADROOM
    threshold = 1 - terms.assets[opportunity.asset].maintenance
    solvable = threshold * (1 + opportunity.penalty) < 1
    if not by_factor or factor >= 1 or not solvable or opportunity.health >= 1:
        return 0, 0
    healing = healing_repay(debt, opportunity.health, threshold, opportunity.penalty)
    if healing >= limit:
        return 0, 0
    first = int(healing * STILL_BELOW)
    total = first + int((debt - first) * factor)
    if debt - total < terms.min_debt:
        total = debt
    enough = opportunity.seized * total <= opportunity.held * opportunity.repaid
    return (first, total) if first > 0 and enough else (0, 0)
