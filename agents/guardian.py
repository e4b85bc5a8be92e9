"""The guardian: it stops what may be stopped when the sea is too rough."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Intent, Pause
from agents.market import Market
from agents.view import View

BORROW, WITHDRAW = 1, 2
"""Flags of what is paused."""


class Guardian(Participant):
    """Pauses borrowing when volatility or utilisation is high, withdrawing too when extreme.

    Margin models never change once deployed, so pausing is what a guardian has. With σ the
    largest realised volatility of the last hour (annualised) and U the utilisation:
    borrowing stops at σ ≥ `volatility_high` or U ≥ `utilisation_high`; withdrawing with debt
    stops too at σ ≥ `volatility_extreme`. With `resumes` all is opened again, but only when σ
    and U are both below `calm` times their limits, so that it does not flicker; the core lets
    nobody but its owner do that, so a guardian who is not the owner only ever tightens.
    Never stops repayments, deposits or liquidations: the core would not let it. Switched off,
    it does nothing.
    """

    role = "guardian"
    every_block = True

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        volatility_high: float,
        volatility_extreme: float,
        utilisation_high: float,
        calm: float = 0.7,
        resumes: bool = False,
        tip_gwei: float = 2.0,
        enabled: bool = True,
        latency_blocks: int = 0,
    ) -> None:
        super().__init__(model, name, address)
        self.volatility_high = volatility_high
        self.volatility_extreme = volatility_extreme
        self.utilisation_high = utilisation_high
        self.calm = calm
        self.resumes = resumes
        self.tip = int(tip_gwei * GWEI)
        self.enabled = enabled
        self.latency_blocks = latency_blocks

    def decide(self, view: View) -> Sequence[Intent]:
        if not self.enabled or view.pending:
            return ()
        wanted = self.flags(view.market)
        if wanted == view.market.paused:
            return ()
        offer = bid(view.market, self.tip)
        return (Pause(bid=offer, borrow=bool(wanted & BORROW), withdraw=bool(wanted & WITHDRAW)),)

    def flags(self, market: Market) -> int:
        """What should be paused, given what is."""
        volatility = max(market.volatility, default=0.0)
        if self.resumes and self.is_calm(volatility, market.utilisation):
            return 0
        flags = market.paused
        if volatility >= self.volatility_high or market.utilisation >= self.utilisation_high:
            flags |= BORROW
        if volatility >= self.volatility_extreme:
            flags |= BORROW | WITHDRAW
        return flags

    def is_calm(self, volatility: float, utilisation: float) -> bool:
        quiet = volatility < self.calm * self.volatility_high
        return quiet and utilisation < self.calm * self.utilisation_high
