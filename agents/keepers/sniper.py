"""Waiting for a better penalty."""

from __future__ import annotations

from math import inf
from typing import Any

import mesa

from agents.base import GWEI
from agents.intent import Intent
from agents.liquidator import Liquidator
from agents.take import Means
from agents.view import Opportunities, Opportunity

WAD = 10**18


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

    def hopeful(self, opportunities: Opportunities, means: Means) -> Opportunities:
        """All: the penalty may yet rise."""
        return opportunities

    def act_on(self, opportunity: Opportunity, means: Means) -> Intent | None:
        if opportunity.rival_tip < 0 and self.waits(opportunity, means):
            return None if opportunity.called_at else self.call(opportunity, means.market)
        return super().act_on(opportunity, means)

    def waits(self, opportunity: Opportunity, means: Means) -> bool:
        rise = self.rise(opportunity, means)
        if rise <= 0:
            return False
        take = self.size(opportunity, means)
        gas = means.market.gas_usd(self.gas + self.sale_gas, GWEI)
        return take is None or take.gross - gas < waiting_value(rise, self.hazard)

    def rise(self, opportunity: Opportunity, means: Means) -> float:
        """USD that one block more adds to its gain: its part of the penalty's rise, which does
        not begin before the grace of a standing call has ended."""
        market = means.market
        terms = market.terms
        if opportunity.called_at and market.timestamp < opportunity.called_at + terms.grace:
            return 0.0
        left = max(0.0, terms.max_penalty - opportunity.penalty)
        step = min(terms.penalty_rise * terms.block_seconds, left)
        return min(opportunity.repaid, means.budget) / WAD * step * (1 - terms.reserve_share)


def waiting_value(rise: float, hazard: float) -> float:
    """Gain below which one block more is worth waiting for: Δ·(1 − λ)/λ."""
    return rise * (1 - hazard) / hazard if hazard else inf
