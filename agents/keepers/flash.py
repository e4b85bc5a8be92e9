"""Liquidation without capital."""

from __future__ import annotations

from typing import Any

import mesa

from agents.intent import Bid, FlashLiquidate, Intent, Swap, VenueOrder
from agents.inventory import Inventory
from agents.liquidator import Liquidator
from agents.market import Market
from agents.take import Means, Take
from agents.view import Opportunity, View

WAD = 10**18
FLASH_GAS = 280_000


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

    @property
    def waits_to_sell(self) -> bool:
        return False

    def budget(self, view: View) -> int:
        return 2**127  # more than any debt

    def size(self, opportunity: Opportunity, means: Means) -> Take | None:
        if means.market.pools[opportunity.asset] is None:
            return None
        return super().size(opportunity, means)

    def order(self, take: Take, offer: Bid, market: Market) -> Intent:
        return FlashLiquidate(
            bid=offer,
            account=take.opportunity.account,
            asset=take.opportunity.asset,
            max_repay=take.max_repay,
            min_profit=int(market.gas_usd(take.gas, offer.tip) * WAD),
        )

    def sales(self, view: View) -> list[Swap | VenueOrder]:
        return []
