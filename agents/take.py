"""A liquidation of some size: what it takes, what may be used for it, and its order."""

from __future__ import annotations

from dataclasses import dataclass

from agents.intent import Bid, Intent, Liquidate
from agents.inventory import CAUTION
from agents.market import Market
from agents.view import Opportunity

LIQUIDATE_GAS = 190_000
HEADROOM = 1_000
"""To repay all that may be repaid it offers one part in so many more than it saw: interest
accrues until the block, and a debt that is repaid whole must be repaid to the last unit."""


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


@dataclass(frozen=True, slots=True)
class Means:
    """What it reckons with for its next attempt in a block."""

    market: Market
    """With the pools that its own sales will leave."""
    budget: int
    """Stable it may still commit."""
    beaten: float
    """Its chance to be beaten, as it believes."""


def brings(opportunity: Opportunity, max_repay: int) -> tuple[int, int]:
    """(repaid, seized) of an offer to repay so much."""
    if opportunity.repaid == 0:
        return 0, 0
    repaid = min(max_repay, opportunity.repaid)
    return repaid, opportunity.seized * repaid // opportunity.repaid


def spent(intent: Intent) -> int:
    """Stable of its own that an attempt ties up; a flash liquidation none, and a bundle none
    beyond its block."""
    return intent.max_repay if isinstance(intent, Liquidate) else 0


def liquidate(take: Take, offer: Bid) -> Liquidate:
    return Liquidate(
        bid=offer,
        account=take.opportunity.account,
        asset=take.opportunity.asset,
        max_repay=take.max_repay,
        min_seize=int(take.seized * CAUTION),
    )
