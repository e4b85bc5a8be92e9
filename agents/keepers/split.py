"""Two steps where the close factor then allows more."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from agents.intent import Bid, Intent
from agents.keepers.private import PrivateKeeper
from agents.market import Terms
from agents.take import HEADROOM, LIQUIDATE_GAS, Means, Take, liquidate
from agents.view import Opportunity

STILL_BELOW = 0.99
"""Part of the healing repayment that a first of two steps makes: it must not heal."""


class SplitKeeper(PrivateKeeper):
    """Liquidates in two steps of one bundle where the close factor then allows more in total.

    A first repayment that just does not heal the account leaves it liquidatable, and the close
    factor k then applies to what is left: of the debt D it repays R + k·(D − R) rather than
    k·D, R(1 − k)/(k·D) more (Qin et al., An Empirical Study of DeFi Liquidations, 2021). Where
    capital or the pool is the limit rather than k, or the gas of a second liquidation is not
    paid by it, it takes one step. Rivals as a `PrivateKeeper` believes; the bundle is what
    keeps them from the second step.
    """

    def size(self, opportunity: Opportunity, means: Means) -> Take | None:
        one = super().size(opportunity, means)
        first, total = two_steps(opportunity, means.market.terms)
        if one is None or total <= opportunity.repaid:
            return one
        seized = opportunity.seized * total // opportunity.repaid
        wider = replace(opportunity, repaid=total, seized=seized)
        two = super().size(wider, means)
        more = two.gross - one.gross if two and two.repaid > opportunity.repaid else 0.0
        if two is None or more <= means.market.gas_usd(LIQUIDATE_GAS, 0):
            return one
        return replace(two, opportunity=opportunity, gas=2 * LIQUIDATE_GAS, first=first)

    def steps(self, take: Take, offer: Bid) -> tuple[Intent, ...]:
        if not take.first:
            return super().steps(take, offer)
        seized, left = take.seized * take.first // take.repaid, take.max_repay - take.first
        start = replace(take, max_repay=take.first, seized=seized)
        rest = replace(take, max_repay=left, seized=take.seized - seized)
        return liquidate(start, offer), liquidate(rest, offer)


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
